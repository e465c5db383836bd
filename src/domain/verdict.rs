//! The verdict on a new comment: shown at once, held for the author and why, or refused and why.
//!
//! Nothing is dropped in silence: what is suspected is held, what is refused is told to its writer.

pub mod bayes;
pub mod blocks;
mod links;
mod phrases;
mod plain;
mod rates;

use std::net::IpAddr;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};

use super::{comment::NewComment, stamp::StampState};
use bayes::{Learned, SUSPECT, Score};
use blocks::Block;
pub use phrases::Phrases;
pub use rates::{RATE_WINDOW, Rates, too_fast};

/// What `[comments]` in site.toml says about new comments, besides [`Rates`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub moderation: Moderation,
    /// Whatever comes so long after its post has appeared waits; `None`: age does not matter.
    pub hold_after: Option<SignedDuration>,
    /// Most links that pass.
    pub max_links: usize,
    pub hold_words: Phrases,
    pub refuse_words: Phrases,
    /// Whether the filter that learns is asked.
    pub bayes: bool,
}

/// Who waits for the author though nothing is suspicious.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Moderation {
    /// Who has no approved comment yet.
    #[default]
    First,
    All,
    None,
}

impl Moderation {
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "first" => Some(Self::First),
            "all" => Some(Self::All),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

/// Why a comment is held. Kept with it for the moderator.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The site holds everything.
    AllHeld,
    FirstComment,
    /// Its post appeared so many days ago, and [`Rules::hold_after`] is over.
    OldPost(i64),
    StampMissing,
    StampForged,
    StampOld,
    Honeypot,
    /// It is signed with a name that readers could take for an author's, or with the author's e-mail address.
    AuthorName,
    /// So many.
    Links(usize),
    /// A phrase of `hold_words`, as the author wrote it.
    Word(String),
    /// The same text was sent so often within [`REPEAT_WINDOW`].
    Repeated(i64),
    Bayes(Score),
}

impl Reason {
    /// The word in the database and in `instep comments list`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::AllHeld => "all-held",
            Self::FirstComment => "first-comment",
            Self::OldPost(_) => "old-post",
            Self::StampMissing => "stamp-missing",
            Self::StampForged => "stamp-forged",
            Self::StampOld => "stamp-old",
            Self::Honeypot => "honeypot",
            Self::AuthorName => "author-name",
            Self::Links(_) => "links",
            Self::Word(_) => "hold-word",
            Self::Repeated(_) => "repeated",
            Self::Bayes(_) => "bayes",
        }
    }

    /// What the word alone does not say; one line.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::OldPost(days) => Some(format!("{days} days")),
            Self::Links(count) => Some(count.to_string()),
            Self::Word(phrase) => Some(phrase.clone()),
            Self::Repeated(count) => Some(format!("{count} times in a day")),
            Self::Bayes(score) => Some(format!("{:.2}: {}", score.spam, score.words.join(", "))),
            _ => None,
        }
    }

    /// A reason again from the line that its word and its detail make; `None` where it was never one of ours.
    pub fn read(line: &str) -> Option<Self> {
        let (word, detail) = line.split_once(' ').unwrap_or((line, ""));
        Some(match word {
            "all-held" => Self::AllHeld,
            "first-comment" => Self::FirstComment,
            "old-post" => Self::OldPost(detail.split(' ').next()?.parse().ok()?),
            "stamp-missing" => Self::StampMissing,
            "stamp-forged" => Self::StampForged,
            "stamp-old" => Self::StampOld,
            "honeypot" => Self::Honeypot,
            "author-name" => Self::AuthorName,
            "links" => Self::Links(detail.parse().ok()?),
            "hold-word" => Self::Word(detail.to_owned()),
            "repeated" => Self::Repeated(detail.split(' ').next()?.parse().ok()?),
            "bayes" => {
                let (spam, words) = detail.split_once(':')?;
                let words = words.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty());
                Self::Bayes(Score { spam: spam.parse().ok()?, words: words.collect() })
            }
            _ => return None,
        })
    }
}

/// Why a comment is not taken. Told to its writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A phrase of `refuse_words`, as the author wrote it.
    Word(String),
    Blocked(Block),
    /// Try again after this long.
    TooFast(SignedDuration),
}

impl Refusal {
    /// The word in the database and in `instep comments refused`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Word(_) => "refuse-word",
            Self::Blocked(_) => "blocked",
            Self::TooFast(_) => "too-fast",
        }
    }

    /// What the word alone does not say; empty where there is nothing.
    pub fn detail(&self) -> String {
        match self {
            Self::Word(phrase) => phrase.clone(),
            Self::Blocked(block) => block.value(),
            Self::TooFast(_) => String::new(),
        }
    }
}

/// What is known of a comment besides its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    pub stamp: StampState,
    /// How long ago its post appeared; `None` where that is not known.
    pub post_age: Option<SignedDuration>,
    /// A field was filled in that no person sees.
    pub honeypot_filled: bool,
    /// The name could be taken for an author's.
    pub poses_as_author: bool,
    /// It is signed with the e-mail address of the site's author.
    pub has_authors_email: bool,
}

/// What the store knows of the one who sends it, and of what was sent before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Comments of this commenter that the author has let through.
    pub approved: i64,
    /// Comments of this commenter that the author has thrown out and that are still there.
    pub thrown_out: i64,
    /// The e-mail address that the comment is signed with was confirmed from a mail to it, in the browser that sends the
    /// comment. A yes from anywhere else proves nothing: anybody can type a stranger's address.
    pub email_is_theirs: bool,
    /// Comments sent in the last ten minutes by this commenter (or, without a token, from this address).
    pub recent_by_commenter: i64,
    /// How long ago the last of them was.
    pub since_last: Option<SignedDuration>,
    /// How long ago the first of them was.
    pub since_first: Option<SignedDuration>,
    /// Comments sent in the last ten minutes from this network (/24 or /48).
    pub recent_by_network: i64,
    /// How long ago the first of those was.
    pub since_first_of_network: Option<SignedDuration>,
    /// Comments with the same [`mark`] in [`REPEAT_WINDOW`], by anyone and anywhere.
    pub repeated: i64,
    /// All that the author has blocked.
    pub blocks: Vec<Block>,
    /// What the filter has learned about the features of this comment.
    pub learned: Learned,
}

impl History {
    /// Whether the author has met this commenter, or there is a mailbox that answers for them.
    pub fn is_known(&self) -> bool {
        self.approved > 0 || (self.email_is_theirs && self.thrown_out == 0)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    Approve,
    /// Never without a reason.
    Hold(Vec<Reason>),
    Refuse(Refusal),
}

/// Only the author's own word refuses (a block, a phrase); every doubt of ours holds: an over-strict silent filter is
/// worse than spam. Words are looked for in what was typed and in what readers get of it. `from` is the address it was
/// sent from.
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
    let mut reasons = Vec::new();
    match rules.moderation {
        Moderation::All => reasons.push(Reason::AllHeld),
        Moderation::First if !history.is_known() => reasons.push(Reason::FirstComment),
        Moderation::First | Moderation::None => {}
    }
    if let Some(age) = circumstances.post_age.filter(|age| rules.hold_after.is_some_and(|most| *age >= most)) {
        reasons.push(Reason::OldPost(age.as_hours() / 24));
    }
    match circumstances.stamp {
        StampState::Valid => {}
        StampState::Missing => reasons.push(Reason::StampMissing),
        StampState::Forged => reasons.push(Reason::StampForged),
        StampState::Old => reasons.push(Reason::StampOld),
    }
    if circumstances.honeypot_filled {
        reasons.push(Reason::Honeypot);
    }
    if circumstances.poses_as_author || circumstances.has_authors_email {
        reasons.push(Reason::AuthorName);
    }
    let links = reading.links.len() + links::links(&reading.unlinked).0.len();
    if links > rules.max_links {
        reasons.push(Reason::Links(links));
    }
    if let Some(phrase) = rules.hold_words.find(texts()) {
        reasons.push(Reason::Word(phrase.to_owned()));
    }
    if history.repeated > 0 {
        reasons.push(Reason::Repeated(history.repeated + 1));
    }
    let may_judge = rules.bayes && history.learned.comments.are_enough();
    let score = may_judge.then(|| bayes::judge(&history.learned, &features(new))).flatten();
    reasons.extend(score.filter(|score| score.spam >= SUSPECT).map(Reason::Bayes));
    if reasons.is_empty() { Decision::Approve } else { Decision::Hold(reasons) }
}

/// Whether the site's author sent it, who need not wait for themselves. The address alone can be typed by anyone.
pub fn is_by_author(circumstances: Circumstances, history: &History) -> bool {
    circumstances.has_authors_email && history.email_is_theirs
}

/// What the filter looks at.
pub fn features(new: &NewComment) -> Vec<String> {
    bayes::features(&new.name, new.site.as_deref(), &new.text)
}

/// How long a text is remembered as said.
pub const REPEAT_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// Texts with fewer letters than this are often said by many: "Thank you!"
const SHORTEST_REPEAT: usize = 25;

/// By what a text is known again, whatever its case, marks and punctuation; `None` where it is short.
pub fn mark(text: &str) -> Option<String> {
    let words = plain::words(text);
    let letters: usize = words.iter().map(|word| word.chars().count()).sum();
    (letters >= SHORTEST_REPEAT).then(|| BASE64.encode(&Sha256::digest(words.join(" "))[..16]))
}

#[cfg(test)]
mod tests;
