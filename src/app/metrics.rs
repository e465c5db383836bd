//! What has happened since the start, counted without a lock, for whoever watches over the site.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use crate::{domain::comment::Status, store::Added};

/// Upper ends of the buckets of waits, in milliseconds.
pub const BOUNDS: [u64; 7] = [1, 5, 20, 100, 500, 2_000, 10_000];

/// What may become of a comment.
pub const FATES: [&str; 4] = ["approved", "held", "refused", "said_before"];

/// What may become of an attempt to send a mail.
pub const ATTEMPTS: [&str; 4] = ["sent", "not_needed", "put_off", "given_up"];

/// Counters that only grow. Hits of the page cache are counted there.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Answers of the router by the first digit of their status, from 1 to 5.
    answers: [AtomicU64; 5],
    /// How many of them were made within each of [`BOUNDS`] and not within the one before; the last took longer.
    waits: [AtomicU64; BOUNDS.len() + 1],
    /// All waits together, in microseconds.
    waited: AtomicU64,
    comments: [AtomicU64; FATES.len()],
    mails: [AtomicU64; ATTEMPTS.len()],
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub answers: [u64; 5],
    pub waits: [u64; BOUNDS.len() + 1],
    pub waited: Duration,
    pub comments: [u64; FATES.len()],
    pub mails: [u64; ATTEMPTS.len()],
}

/// What became of one attempt to send a mail, in the order of [`ATTEMPTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    Sent,
    NotNeeded,
    PutOff,
    GivenUp,
}

impl Metrics {
    /// An answer that the page cache did not have.
    pub fn answered(&self, status: u16, wait: Duration) {
        let class = usize::from((status / 100).clamp(1, 5)) - 1;
        self.answers[class].fetch_add(1, Relaxed);
        let bucket = BOUNDS.iter().position(|bound| wait <= Duration::from_millis(*bound)).unwrap_or(BOUNDS.len());
        self.waits[bucket].fetch_add(1, Relaxed);
        self.waited.fetch_add(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }

    /// A comment that was sent and judged.
    pub fn commented(&self, added: &Added) {
        let fate = match added {
            Added::Stored(_, Status::Approved) => 0,
            Added::Stored(..) => 1,
            Added::Refused(_) | Added::ParentGone => 2,
            Added::Duplicate(..) => 3,
        };
        self.comments[fate].fetch_add(1, Relaxed);
    }

    /// An attempt to send a mail.
    pub fn mailed(&self, attempt: Attempt) {
        self.mails[attempt as usize].fetch_add(1, Relaxed);
    }

    pub fn counted(&self) -> Counted {
        fn read<const N: usize>(counters: &[AtomicU64; N]) -> [u64; N] {
            std::array::from_fn(|place| counters[place].load(Relaxed))
        }
        Counted {
            answers: read(&self.answers),
            waits: read(&self.waits),
            waited: Duration::from_micros(self.waited.load(Relaxed)),
            comments: read(&self.comments),
            mails: read(&self.mails),
        }
    }
}
