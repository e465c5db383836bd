//! How far a stored time can be trusted: the system's clock may have been wrong when it was written.

use jiff::{SignedDuration, Timestamp};

/// Copies of a site may differ by so much. What was written further ahead was written by a clock that was wrong.
pub const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// The latest time that can have been written before `now`.
pub fn latest(now: Timestamp) -> Timestamp {
    now + SKEW
}
