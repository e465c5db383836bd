//! Schedule of mails: when one is tried again, when it is given up, and when a digest is due.

use jiff::{Timestamp, ToSpan, Zoned, civil::Weekday, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{verdict::Reason, words::parse_word};
pub use crate::domain::limits::GIVE_UP_AFTER;
use crate::domain::limits::{DIGEST_HOUR, RETRY_PAUSES};

/// Kind of a mail in the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Tells the author about a new comment.
    Author,
    /// Tells of a comment that is now public. Becomes an [`Kind::Answer`] or a [`Kind::Thread`] for each subscriber.
    #[default]
    Announce,
    /// Tells a commenter that their comment was answered.
    Answer,
    /// Tells a subscriber of a new comment in a thread.
    Thread,
    /// Asks the holder of a mailbox to confirm a subscription.
    Confirm,
    /// Tells the author which comments are held, and which were refused.
    Digest,
    /// Link that opens the corner (`/me`) of a mailbox.
    Corner,
}

/// Time of the next attempt after this number of attempts; `None`: the mail is given up.
pub fn again(attempts: i64, first: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let last = first + GIVE_UP_AFTER;
    let made = usize::try_from(attempts - 1).unwrap_or(0);
    (now < last).then(|| (now + RETRY_PAUSES[made.min(RETRY_PAUSES.len() - 1)]).min(last))
}

/// True if the confirmation mail must wait until the author approves the comment, by the words of the reasons why it is
/// held. It does not wait if the only reasons are a first comment, or that the site holds all comments.
pub fn is_suspected(reasons: &str) -> bool {
    reasons.split_whitespace().any(|word| !matches!(parse_word(word), Some(Reason::FirstComment | Reason::AllHeld)))
}

/// Interval of the author's digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rhythm {
    Daily,
    /// Every Monday.
    Weekly,
    Never,
}

/// Times at which the newest digest and the one before were due. A missed digest is still sent late; `None` if the next
/// one is nearer.
pub fn digest_due(rhythm: Rhythm, now: Timestamp, zone: &TimeZone) -> Option<(Zoned, Zoned)> {
    let now = now.to_zoned(zone.clone());
    let today = now.date().at(DIGEST_HOUR, 0, 0, 0).to_zoned(zone.clone()).ok()?;
    let mut due = if today <= now { today } else { today.checked_sub(1.day()).ok()? };
    let days = match rhythm {
        Rhythm::Never => return None,
        Rhythm::Daily => 1,
        Rhythm::Weekly => {
            due = due.checked_sub(i64::from(due.weekday().since(Weekday::Monday)).days()).ok()?;
            7
        }
    };
    let (before, next) = (due.checked_sub(days.days()).ok()?, due.checked_add(days.days()).ok()?);
    let is_worth_it = now.duration_since(&due) < next.duration_since(&now);
    is_worth_it.then_some((due, before))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::domain::words::word_of;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn pauses_grow_and_end_after_two_days() {
        let first = at("2026-11-22T12:00:00Z");
        let mut now = first;
        let mut pauses = Vec::new();
        let mut attempts = 1;
        while let Some(next) = again(attempts, first, now) {
            pauses.push(next.duration_since(now));
            now = next;
            attempts += 1;
        }
        assert!(pauses.windows(2).all(|two| two[0] <= two[1] || now == first + GIVE_UP_AFTER), "{pauses:?}");
        assert_eq!(pauses[0], SignedDuration::from_mins(1));
        assert_eq!(now, first + GIVE_UP_AFTER, "the last attempt is made after two days");
        assert!((10..20).contains(&attempts), "{attempts}");
    }

    #[test]
    fn digests_are_due_at_eight_where_the_site_is() {
        let zone = TimeZone::get("America/New_York").expect("a zone");
        for (now, rhythm, expected) in [
            ("2026-11-25T13:00:00Z", Rhythm::Daily, "2026-11-25T08:00 2026-11-24T08:00"),
            // A digest that is sent late, and one that is too late.
            ("2026-11-26T00:59:59Z", Rhythm::Daily, "2026-11-25T08:00 2026-11-24T08:00"),
            ("2026-11-26T01:00:00Z", Rhythm::Daily, ""),
            ("2026-11-26T12:59:59Z", Rhythm::Daily, ""),
            // A Wednesday; the Monday before.
            ("2026-11-25T13:00:00Z", Rhythm::Weekly, "2026-11-23T08:00 2026-11-16T08:00"),
            ("2026-11-27T13:00:00Z", Rhythm::Weekly, ""),
            // A Monday before eight.
            ("2026-11-23T12:00:00Z", Rhythm::Weekly, ""),
            ("2026-11-23T13:00:00Z", Rhythm::Weekly, "2026-11-23T08:00 2026-11-16T08:00"),
            // The clock was turned back on 1 November: a day of 25 hours.
            ("2026-11-01T14:00:00Z", Rhythm::Daily, "2026-11-01T08:00 2026-10-31T08:00"),
        ] {
            let written = |date: &Zoned| date.strftime("%Y-%m-%dT%H:%M").to_string();
            let due = digest_due(rhythm, at(now), &zone);
            let due = due.map(|(due, before)| format!("{} {}", written(&due), written(&before)));
            assert_eq!(due.unwrap_or_default(), expected, "{now}");
        }
    }

    #[test]
    fn kinds_have_the_words_of_the_database() {
        for word in ["author", "announce", "answer", "thread", "confirm", "digest", "corner"] {
            let kind: Option<Kind> = parse_word(word);
            assert_eq!(kind.map(word_of).as_deref(), Some(word));
        }
    }
}
