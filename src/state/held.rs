//! Reasons why a comment is held or was refused, in the site's language. Both mails and pages show them, and neither
//! may depend on the other.

use super::SiteState;
use crate::{
    domain::{
        comment::{Comment, Status},
        verdict::{Finding, Reason, Refusal},
    },
    store::Refused,
    texts::HeldBecause,
};

impl SiteState {
    /// Returns a sentence for the author; `None` if the comment is not held, or only waits for somebody to look, after
    /// an edit or since an older version.
    pub fn why_held(&self, comment: &Comment) -> Option<String> {
        let is_explained = comment.status == Status::Held && !comment.reasons.is_empty();
        is_explained.then(|| self.texts().held_because.sentence.with(self.reasons_said(comment)))
    }

    /// Returns the reasons why a comment is held, without the sentence around them, for a list.
    pub fn reasons_said(&self, comment: &Comment) -> String {
        let texts = &self.texts().held_because;
        // A word that this version does not know is shown as it is.
        let said = |line: &str| Finding::parse(line).map_or_else(|| line.to_owned(), |found| said(texts, &found));
        comment.explained().into_iter().map(said).collect::<Vec<_>>().join("; ")
    }

    /// Returns the name of a reason without a comment, for a choice.
    pub fn reason_named(&self, reason: Reason) -> String {
        let words = &self.texts().desk;
        match reason {
            Reason::OldPost => words.reason_old_post.clone(),
            Reason::Links => words.reason_links.clone(),
            Reason::Word => words.reason_word.clone(),
            Reason::Repeated => words.reason_repeated.clone(),
            Reason::Bayes => words.reason_bayes.clone(),
            reason => said(&self.texts().held_because, &Finding { reason, details: String::new() }),
        }
    }

    /// Returns the reason why a comment was refused.
    pub fn refusal_said(&self, refused: &Refused) -> String {
        let texts = &self.texts().refused_because;
        let (reason, detail) = (refused.reason.as_str(), refused.detail.as_str());
        match reason {
            Refusal::WORD => texts.word.with(detail),
            Refusal::BLOCKED => texts.blocked.with(detail),
            Refusal::TOO_FAST => texts.too_fast.clone(),
            _ => reason.to_owned(),
        }
    }
}

fn said(texts: &HeldBecause, found: &Finding) -> String {
    let number = found.number().unwrap_or_default();
    match found.reason {
        Reason::AllHeld => texts.all_held.clone(),
        Reason::FirstComment => texts.first_comment.clone(),
        Reason::OldPost => texts.old_post.of(number),
        Reason::StampMissing => texts.stamp_missing.clone(),
        Reason::StampForged => texts.stamp_forged.clone(),
        Reason::StampOld => texts.stamp_old.clone(),
        Reason::Honeypot => texts.honeypot.clone(),
        Reason::AuthorName => texts.author_name.clone(),
        Reason::Links => texts.links.of(number),
        Reason::Word => texts.word.with(&found.details),
        Reason::Repeated => texts.repeated.of(number),
        Reason::Bayes => texts.bayes.with(found.words()),
    }
}
