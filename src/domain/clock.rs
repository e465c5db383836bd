//! Limits for stored times: the system's clock may have been wrong when they were written.

use jiff::{SignedDuration, Timestamp};

/// Allowed difference between clocks. A stored time further ahead was written while the clock was wrong.
pub const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// The latest time that can have been written before `now`.
pub fn latest(now: Timestamp) -> Timestamp {
    now + SKEW
}

/// Number of days since 1970, UTC.
pub fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(24 * 60 * 60)
}

/// Earliest time that a correct clock can show: this code was written later. A computer without a battery for its clock
/// starts in 1970.
pub const EARLIEST: Timestamp = Timestamp::constant(1_767_225_600, 0);
