//! Why a comment waits or was refused, in the words of the site. Mails and pages both say it, and neither may know of
//! the other.

use super::App;
use crate::{
    domain::{
        comment::{Comment, Status},
        verdict::Reason,
    },
    store::{Refused, StoreError},
    texts::HeldBecause,
};

impl App {
    /// A sentence for the author; `None` where the comment does not wait.
    ///
    /// # Errors
    /// The comment is gone, or the database is away.
    pub async fn why_held(&self, comment: &Comment) -> Result<Option<String>, StoreError> {
        if comment.status != Status::Held {
            return Ok(None);
        }
        let reasons = self.store.why_held(comment.id).await?;
        // What an edit or an older version left without a reason waits for no other cause than that nobody looked.
        Ok((!reasons.is_empty()).then(|| self.texts().held_because.sentence.with(self.reasons_said(&reasons))))
    }

    /// The same without the sentence around it, for a list.
    pub fn reasons_said<S: AsRef<str>>(&self, lines: &[S]) -> String {
        let texts = &self.texts().held_because;
        // A word that no version of ours knows any more is better than nothing.
        let said = |line: &str| Reason::read(line).map_or_else(|| line.to_owned(), |reason| said(texts, &reason));
        lines.iter().map(|line| said(line.as_ref())).collect::<Vec<_>>().join("; ")
    }

    /// Why that comment was refused.
    pub fn refusal_said(&self, refused: &Refused) -> String {
        let texts = &self.texts().refused_because;
        let (reason, detail) = (refused.reason.as_str(), refused.detail.as_str());
        match reason {
            "refuse-word" => texts.word.with(detail),
            "blocked" => texts.blocked.with(detail),
            "too-fast" => texts.too_fast.clone(),
            _ => reason.to_owned(),
        }
    }
}

fn said(texts: &HeldBecause, reason: &Reason) -> String {
    match reason {
        Reason::AllHeld => texts.all_held.clone(),
        Reason::FirstComment => texts.first_comment.clone(),
        Reason::OldPost(days) => texts.old_post.of(usize::try_from(*days).unwrap_or_default()),
        Reason::StampMissing => texts.stamp_missing.clone(),
        Reason::StampForged => texts.stamp_forged.clone(),
        Reason::StampOld => texts.stamp_old.clone(),
        Reason::Honeypot => texts.honeypot.clone(),
        Reason::AuthorName => texts.author_name.clone(),
        Reason::Links(count) => texts.links.of(*count),
        Reason::Word(phrase) => texts.word.with(phrase),
        Reason::Repeated(count) => texts.repeated.of(usize::try_from(*count).unwrap_or_default()),
        Reason::Bayes(score) => texts.bayes.with(score.words.join(", ")),
    }
}
