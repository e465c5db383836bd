//! The verdict on a new comment: approved, held with reasons, or refused with a reason.
//!
//! Nothing is dropped without a message: suspicious comments are held, refused ones are reported to their writer.

pub mod bayes;
pub mod blocks;
mod facts;
mod links;
mod phrases;
mod plain;
mod rates;

use std::net::IpAddr;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    comment::NewComment,
    stamp::StampState,
    words::{parse_word, word_of},
};
pub use crate::domain::limits::REPEAT_WINDOW;
use crate::domain::limits::SHORTEST_REPEAT;
use bayes::SUSPECT;
use blocks::Block;
pub use facts::{Circumstances, History};
pub use phrases::Phrases;
pub use rates::{RATE_WINDOW, Rates, too_fast};

/// Rules of `[comments]` in site.toml about new comments, besides [`Rates`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub moderation: Moderation,
    /// Age of a post from which its new comments are held; `None`: age does not matter.
    pub hold_after: Option<SignedDuration>,
    /// Most links in a comment that is not held.
    pub max_links: usize,
    pub hold_words: Phrases,
    pub refuse_words: Phrases,
    /// True if the learning spam filter is used.
    pub bayes: bool,
}

/// Comments that are held even if nothing is suspicious.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moderation {
    /// Comments by somebody without an approved comment.
    #[default]
    First,
    All,
    None,
}

/// Reason for holding a comment. Its word is in the database and in `instep comments list`, its sentence in the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Setting of the site: all comments are held.
    AllHeld,
    FirstComment,
    /// Age of its post, in days, beyond [`Rules::hold_after`].
    OldPost,
    StampMissing,
    StampForged,
    StampOld,
    Honeypot,
    /// Name that readers could take for an author's, or the author's e-mail address.
    AuthorName,
    /// Number of links.
    Links,
    /// Phrase of `hold_words`, as the author wrote it.
    #[serde(rename = "hold-word")]
    Word,
    /// Number of times that this text was sent within [`REPEAT_WINDOW`].
    Repeated,
    /// Score of the spam filter, and the words that it is based on.
    Bayes,
}

impl Reason {
    pub const ALL: [Self; 12] = [
        Self::FirstComment,
        Self::AllHeld,
        Self::OldPost,
        Self::StampMissing,
        Self::StampForged,
        Self::StampOld,
        Self::Honeypot,
        Self::AuthorName,
        Self::Links,
        Self::Word,
        Self::Repeated,
        Self::Bayes,
    ];
}

/// Reasons for the states of a stamp that hold a comment.
pub const STAMP_REASONS: [(StampState, Reason); 3] = [
    (StampState::Missing, Reason::StampMissing),
    (StampState::Forged, Reason::StampForged),
    (StampState::Old, Reason::StampOld),
];

/// A reason that was found, with its details. Stored with the comment for the moderator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub reason: Reason,
    /// One line; may be empty.
    pub details: String,
}

impl Finding {
    fn new(reason: Reason, details: impl Into<String>) -> Self {
        Self { reason, details: details.into() }
    }

    /// Parses a line of word and details; `None` if the word is no reason, or if the details are invalid.
    pub fn parse(line: &str) -> Option<Self> {
        let (word, details) = line.split_once(' ').unwrap_or((line, ""));
        let found = Self::new(parse_word(word)?, details);
        let is_complete = match found.reason {
            Reason::OldPost | Reason::Links | Reason::Repeated => found.number().is_some(),
            Reason::Bayes => details.split_once(':').is_some_and(|(score, _)| score.parse::<f64>().is_ok()),
            _ => true,
        };
        is_complete.then_some(found)
    }

    /// Number at the start of the details.
    pub fn number(&self) -> Option<usize> {
        self.details.split(' ').next()?.parse().ok()
    }

    /// Words that the score of the spam filter is based on.
    pub fn words(&self) -> &str {
        self.details.split_once(':').map_or("", |(_, words)| words.trim())
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { reason, details } = self;
        let space = if details.is_empty() { "" } else { " " };
        write!(f, "{}{space}{details}", word_of(reason))
    }
}

/// Reason for refusing a comment. Its writer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Phrase of `refuse_words`, as the author wrote it.
    Word(String),
    Blocked(Block),
    /// Time after which to try again.
    TooFast(SignedDuration),
}

/// Words of the refusals in the database and in `instep comments refused`.
impl Refusal {
    pub const WORD: &'static str = "refuse-word";
    pub const BLOCKED: &'static str = "blocked";
    pub const TOO_FAST: &'static str = "too-fast";

    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Word(_) => Self::WORD,
            Self::Blocked(_) => Self::BLOCKED,
            Self::TooFast(_) => Self::TOO_FAST,
        }
    }

    /// Details besides the name; may be empty.
    pub fn detail(&self) -> String {
        match self {
            Self::Word(phrase) => phrase.clone(),
            Self::Blocked(block) => block.value(),
            Self::TooFast(_) => String::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    Approve,
    /// Reasons; never empty.
    Hold(Vec<Finding>),
    Refuse(Refusal),
}

/// Decides about a new comment. Only the author's own rules refuse (a block, a phrase); every other suspicion holds: an
/// over-strict silent filter is worse than spam. Phrases are looked for in the typed and in the rendered text. `from`
/// is the IP address of the sender.
pub fn verdict(
    new: &NewComment,
    from: IpAddr,
    circumstances: Circumstances,
    history: &History,
    rules: &Rules,
) -> Decision {
    let (email, site) = (new.email.as_deref(), new.site.as_deref());
    if let Some(block) = history.blocks.iter().find(|block| block.covers(email, site, from)) {
        return Decision::Refuse(Refusal::Blocked(block.clone()));
    }
    let (name, text, reading) = (new.name.as_str(), new.text.as_str(), &new.reading);
    let typed = || [Some(name), email, site, Some(text), Some(&reading.words)].into_iter().flatten();
    let texts = || typed().chain(reading.links.iter().map(String::as_str));
    if let Some(phrase) = rules.refuse_words.find(texts()) {
        return Decision::Refuse(Refusal::Word(phrase.to_owned()));
    }
    if is_by_author(circumstances, history) {
        return Decision::Approve;
    }
    let mut found = Vec::new();
    let mut hold = |reason, details: String| found.push(Finding::new(reason, details));
    match rules.moderation {
        Moderation::All => hold(Reason::AllHeld, String::new()),
        Moderation::First if !history.is_known() => hold(Reason::FirstComment, String::new()),
        Moderation::First | Moderation::None => {}
    }
    if let Some(age) = circumstances.post_age.filter(|age| rules.hold_after.is_some_and(|most| *age >= most)) {
        hold(Reason::OldPost, format!("{} days", age.as_hours() / 24));
    }
    if let Some((_, reason)) = STAMP_REASONS.iter().find(|(state, _)| *state == circumstances.stamp) {
        hold(*reason, String::new());
    }
    if circumstances.honeypot_filled {
        hold(Reason::Honeypot, String::new());
    }
    if circumstances.poses_as_author || circumstances.has_authors_email {
        hold(Reason::AuthorName, String::new());
    }
    let links = reading.links.len() + links::links(&reading.unlinked).0.len();
    if links > rules.max_links {
        hold(Reason::Links, links.to_string());
    }
    if let Some(phrase) = rules.hold_words.find(texts()) {
        hold(Reason::Word, phrase.to_owned());
    }
    if history.repeated > 0 {
        hold(Reason::Repeated, format!("{} times in a day", history.repeated + 1));
    }
    let may_judge = rules.bayes && history.learned.comments.are_enough();
    let score = may_judge.then(|| bayes::judge(&history.learned, &features(new))).flatten();
    if let Some(score) = score.filter(|score| score.spam >= SUSPECT) {
        hold(Reason::Bayes, format!("{:.2}: {}", score.spam, score.words.join(", ")));
    }
    if found.is_empty() { Decision::Approve } else { Decision::Hold(found) }
}

/// True if the site's author sent the comment. Such comments are not held. The e-mail address alone is no proof: anyone
/// can type it.
pub fn is_by_author(circumstances: Circumstances, history: &History) -> bool {
    circumstances.has_authors_email && history.email_is_theirs
}

/// Features for the spam filter.
pub fn features(new: &NewComment) -> Vec<String> {
    bayes::features(&new.name, new.site.as_deref(), &new.text)
}

/// Hash of a text without case, marks and punctuation, to recognise it; `None` if it is short.
pub fn mark(text: &str) -> Option<String> {
    let words = plain::words(text);
    let letters: usize = words.iter().map(|word| word.chars().count()).sum();
    (letters >= SHORTEST_REPEAT).then(|| BASE64.encode(&Sha256::digest(words.join(" "))[..16]))
}

#[cfg(test)]
mod tests;
