//! Counters since the start, without a lock, for monitoring.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use crate::{
    domain::comment::Status,
    store::{Added, Outcome},
};

/// Upper bounds of the buckets of response times, in milliseconds.
pub const BOUNDS: [u64; 7] = [1, 5, 20, 100, 500, 2_000, 10_000];

/// Possible results of a comment.
pub const FATES: [&str; 4] = ["approved", "held", "refused", "said_before"];

/// Possible results of an attempt to send a mail.
pub const ATTEMPTS: [&str; 4] = ["sent", "not_needed", "put_off", "given_up"];

/// Counters that only grow. The page cache counts its own hits.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Responses of the router by the first digit of their status, from 1 to 5.
    pub answers: [AtomicU64; 5],
    /// Number of responses within each of [`BOUNDS`] and not within the one before; the last bucket is for slower ones.
    pub waits: [AtomicU64; BOUNDS.len() + 1],
    /// Sum of all response times, in microseconds.
    pub waited_micros: AtomicU64,
    pub comments: [AtomicU64; FATES.len()],
    pub mails: [AtomicU64; ATTEMPTS.len()],
}

impl Metrics {
    /// Counts a response that the page cache did not have.
    pub fn answered(&self, status: u16, wait: Duration) {
        let class = usize::from((status / 100).clamp(1, 5)) - 1;
        self.answers[class].fetch_add(1, Relaxed);
        let bucket = BOUNDS.iter().position(|bound| wait <= Duration::from_millis(*bound)).unwrap_or(BOUNDS.len());
        self.waits[bucket].fetch_add(1, Relaxed);
        self.waited_micros.fetch_add(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }

    /// Counts a comment that was sent and judged.
    pub fn commented(&self, added: &Added) {
        let fate = match added {
            Added::Stored(_, Status::Approved) => 0,
            Added::Stored(..) => 1,
            Added::Refused(_) | Added::ParentGone => 2,
            Added::Duplicate(..) => 3,
        };
        self.comments[fate].fetch_add(1, Relaxed);
    }

    /// Counts an attempt to send a mail.
    pub fn mailed(&self, outcome: &Outcome) {
        let attempt = match outcome {
            Outcome::Sent => 0,
            Outcome::Dropped(_) => 1,
            Outcome::Again { .. } => 2,
            Outcome::GivenUp(_) => 3,
        };
        self.mails[attempt].fetch_add(1, Relaxed);
    }
}
