//! Facts that the verdict needs besides the comment and the rules.

use jiff::SignedDuration;

use super::{bayes::Learned, blocks::Block};
use crate::domain::stamp::StampState;

/// Facts about a comment besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    pub stamp: StampState,
    /// Time since its post was published; `None` if unknown.
    pub post_age: Option<SignedDuration>,
    /// True if the field that is hidden from people was filled in.
    pub honeypot_filled: bool,
    /// True if the name could be taken for an author's.
    pub poses_as_author: bool,
    /// True if its e-mail address is that of the site's author.
    pub has_authors_email: bool,
}

/// Facts from the database about the sender, and about earlier comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Number of approved comments of this commenter.
    pub approved: i64,
    /// Number of comments of this commenter that are spam or in the trash.
    pub thrown_out: i64,
    /// True if the e-mail address of the comment was confirmed from a mail to it, in the browser that sends the
    /// comment. A confirmation in another browser proves nothing: anybody can type a stranger's address.
    pub email_is_theirs: bool,
    /// Number of comments sent in the last ten minutes by this commenter (or, without a token, from this address).
    pub recent_by_commenter: i64,
    /// Time since the last of them.
    pub since_last: Option<SignedDuration>,
    /// Time since the first of them.
    pub since_first: Option<SignedDuration>,
    /// Number of comments sent in the last ten minutes from this network (/24 or /48).
    pub recent_by_network: i64,
    /// Time since the first of those.
    pub since_first_of_network: Option<SignedDuration>,
    /// Number of comments with the same [`super::mark`] in [`super::REPEAT_WINDOW`], by anyone and anywhere.
    pub repeated: i64,
    /// All blocks of the author.
    pub blocks: Vec<Block>,
    /// Counts that the filter has learned for the features of this comment.
    pub learned: Learned,
}

impl History {
    /// True if a comment of theirs was approved, or their e-mail address is confirmed and no comment was removed.
    pub fn is_known(&self) -> bool {
        self.approved > 0 || (self.email_is_theirs && self.thrown_out == 0)
    }
}
