//! The verdict on a new comment: shown at once, or held for the author, and why. And how fast is too fast.

use jiff::SignedDuration;

use super::{comment::Status, stamp::StampState};

/// Why a comment is held. Kept with it for the moderator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    FirstComment,
    StampMissing,
    StampForged,
    StampOld,
    Honeypot,
}

impl Reason {
    /// The word in the database and in `instep comments list`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstComment => "first-comment",
            Self::StampMissing => "stamp-missing",
            Self::StampForged => "stamp-forged",
            Self::StampOld => "stamp-old",
            Self::Honeypot => "honeypot",
        }
    }
}

/// What is known of a comment besides its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    pub stamp: StampState,
    /// A field was filled in that no person sees.
    pub honeypot_filled: bool,
}

/// What the store knows of the one who sends it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Comments of this commenter that the author has let through.
    pub approved: i64,
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
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub status: Status,
    /// Empty where the comment passes.
    pub reasons: Vec<Reason>,
}

/// Every doubt holds a comment, none drops it: an over-strict silent filter is worse than spam.
pub fn verdict(circumstances: Circumstances, history: &History) -> Verdict {
    let mut reasons = Vec::new();
    if history.approved == 0 {
        reasons.push(Reason::FirstComment);
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
    let status = if reasons.is_empty() { Status::Approved } else { Status::Held };
    Verdict { status, reasons }
}

/// The window in which comments are counted.
pub const RATE_WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// How often one may comment; `[comments]` in site.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Between two comments of one commenter.
    pub gap: SignedDuration,
    /// Of one commenter in [`RATE_WINDOW`].
    pub per_window: i64,
    /// From one network in [`RATE_WINDOW`].
    pub network_per_window: i64,
}

/// How long to wait before trying again; `None` where there is no need to.
pub fn too_fast(rates: &Rates, history: &History) -> Option<SignedDuration> {
    // A full window has room again when its first comment leaves it.
    let until_room = |count: i64, most: i64, since_first: Option<SignedDuration>| {
        (count >= most).then(|| RATE_WINDOW - since_first.unwrap_or_default())
    };
    let waits = [
        until_room(history.recent_by_commenter, rates.per_window, history.since_first),
        until_room(history.recent_by_network, rates.network_per_window, history.since_first_of_network),
        history.since_last.map(|since_last| rates.gap - since_last),
    ];
    waits.into_iter().flatten().max().filter(SignedDuration::is_positive)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Circumstances = Circumstances { stamp: StampState::Valid, honeypot_filled: false };

    #[test]
    fn who_passes_and_who_waits() {
        let known = History { approved: 1, ..History::default() };
        let check = |circumstances, history: &History, words: &[&str]| {
            let verdict = verdict(circumstances, history);
            let reasons: Vec<_> = verdict.reasons.iter().map(|reason| reason.as_str()).collect();
            assert_eq!(reasons, words);
            assert_eq!(verdict.status == Status::Approved, words.is_empty());
        };
        check(FINE, &known, &[]);
        check(FINE, &History::default(), &["first-comment"]);
        check(Circumstances { stamp: StampState::Missing, ..FINE }, &known, &["stamp-missing"]);
        check(Circumstances { stamp: StampState::Old, ..FINE }, &known, &["stamp-old"]);
        let bot = Circumstances { stamp: StampState::Forged, honeypot_filled: true };
        check(bot, &History::default(), &["first-comment", "stamp-forged", "honeypot"]);
    }

    #[test]
    fn rates() {
        let rates = Rates { gap: SignedDuration::from_secs(15), per_window: 5, network_per_window: 30 };
        let ago = |seconds| History { since_last: Some(SignedDuration::from_secs(seconds)), ..History::default() };
        assert_eq!(too_fast(&rates, &History::default()), None);
        assert_eq!(too_fast(&rates, &ago(15)), None);
        assert_eq!(too_fast(&rates, &ago(5)), Some(SignedDuration::from_secs(10)));
        assert_eq!(too_fast(&rates, &History { recent_by_commenter: 5, ..ago(60) }), Some(RATE_WINDOW));
        assert_eq!(too_fast(&rates, &History { recent_by_network: 30, ..History::default() }), Some(RATE_WINDOW));
        let nine_minutes = Some(SignedDuration::from_mins(9));
        let full = History { recent_by_commenter: 5, since_first: nine_minutes, ..ago(60) };
        assert_eq!(too_fast(&rates, &full), Some(SignedDuration::from_mins(1)));
        let off = Rates { gap: SignedDuration::ZERO, ..rates };
        assert_eq!(too_fast(&off, &ago(0)), None);
    }
}
