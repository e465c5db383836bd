//! A comment that was sent, with everything that its verdict needs.

use std::{net::IpAddr, sync::Arc};

use jiff::Timestamp;

use crate::domain::{
    comment::{NewComment, ThreadKey},
    verdict::{Circumstances, Rates, Rules},
};

/// Sender of a comment: fingerprints, and an address that is not stored.
#[derive(Clone, Debug)]
pub struct Sender {
    /// Fingerprint of the signed cookie that the comment is stored under; new for a first comment.
    pub commenter: String,
    /// True if the cookie came with the request. Without one, the address is all we know.
    pub is_returning: bool,
    pub address: String,
    /// Fingerprint of the /24 or /48 around the address.
    pub network: String,
    /// Address itself, for the author's blocks: checked, never stored.
    pub ip: IpAddr,
}

/// A comment that has arrived, or a new version of one, with everything that its verdict needs.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Thread that it is posted in.
    pub thread: ThreadKey,
    /// Threads in which its parent may be: the same thread, and those of the post's older slugs. Never empty.
    pub parent_threads: Vec<ThreadKey>,
    pub new: NewComment,
    pub sender: Sender,
    pub circumstances: Circumstances,
    pub rates: Rates,
    pub rules: Arc<Rules>,
    pub at: Timestamp,
}
