//! Rate limits for comments.

use jiff::SignedDuration;

use super::facts::History;
pub use crate::domain::limits::RATE_WINDOW;

/// Rate limits from `[comments]` in site.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Least time between two comments of one commenter.
    pub gap: SignedDuration,
    /// Most comments of one commenter in [`RATE_WINDOW`].
    pub per_window: i64,
    /// Most comments from one network in [`RATE_WINDOW`].
    pub network_per_window: i64,
}

/// Time to wait before trying again; `None` if there is no need to.
pub fn too_fast(rates: &Rates, history: &History) -> Option<SignedDuration> {
    // A full window has room again when its first comment leaves it.
    let until_room = |count: i64, most: i64, since_first: Option<SignedDuration>| {
        (count >= most).then(|| RATE_WINDOW - since_first.unwrap_or_default().max(SignedDuration::ZERO))
    };
    let waits = [
        until_room(history.recent_by_commenter, rates.per_window, history.since_first),
        until_room(history.recent_by_network, rates.network_per_window, history.since_first_of_network),
        // If two arrive at once, the later may be stored first, and the difference is negative.
        history.since_last.map(|since_last| rates.gap - since_last.max(SignedDuration::ZERO)),
    ];
    waits.into_iter().flatten().max().filter(SignedDuration::is_positive)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(too_fast(&off, &ago(-1)), None, "stored before it, sent after it");
        assert_eq!(too_fast(&rates, &ago(-1)), Some(SignedDuration::from_secs(15)));
    }
}
