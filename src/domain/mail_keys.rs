//! Signed keys in links, most of them of mails. A key allows one action on one thing to anybody who has it. So keys
//! contain numbers that are never used twice, and expire where possible.

use jiff::Timestamp;

use super::{
    clock::day,
    comment::CommentId,
    limits::PREVIEW_DAYS,
    signer::{Purpose, Signer},
};
pub use crate::domain::limits::{CONFIRMATION_DAYS, CORNER_MINUTES, MODERATION_DAYS};

/// Number in a [`WishKey`] that belongs to no comment. Such a key can only stop all mails to the address.
pub const NO_COMMENT: CommentId = 0;

/// Reason for which a key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Signature that is wrong, or for another purpose.
    Forged,
    /// Key that has expired.
    Old,
}

/// Subscription that a link is about: an address, and a comment: the one with which it was made, or the one in the
/// mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WishKey {
    pub address_id: i64,
    pub comment: CommentId,
}

/// Key to moderate and answer one comment.
pub fn moderation(signer: &Signer, comment: CommentId, now: Timestamp) -> String {
    sign(signer, Purpose::Moderate, &[comment, day(now)])
}

/// # Errors
/// The reason if the key is invalid.
pub fn open_moderation(signer: &Signer, key: &str, now: Timestamp) -> Result<CommentId, Refused> {
    let [comment, issued] = open(signer, Purpose::Moderate, key).ok_or(Refused::Forged)?;
    if is_old(issued, MODERATION_DAYS, now) { Err(Refused::Old) } else { Ok(comment) }
}

/// Key to confirm a subscription.
pub fn confirmation(signer: &Signer, wish: WishKey, now: Timestamp) -> String {
    sign(signer, Purpose::Confirm, &[wish.address_id, wish.comment, day(now)])
}

/// # Errors
/// The reason if the key is invalid.
pub fn open_confirmation(signer: &Signer, key: &str, now: Timestamp) -> Result<WishKey, Refused> {
    let [address_id, comment, issued] = open(signer, Purpose::Confirm, key).ok_or(Refused::Forged)?;
    if is_old(issued, CONFIRMATION_DAYS, now) { Err(Refused::Old) } else { Ok(WishKey { address_id, comment }) }
}

/// Key that shows a text, by its path, to somebody who is not signed in.
pub fn preview(signer: &Signer, path: &str, now: Timestamp) -> String {
    signer.sign(Purpose::Preview, &format!("{} {path}", day(now)))
}

/// # Errors
/// The reason if the key is invalid.
pub fn open_preview(signer: &Signer, key: &str, now: Timestamp) -> Result<String, Refused> {
    let (issued, path) =
        signer.verify(Purpose::Preview, key).and_then(|key| key.split_once(' ')).ok_or(Refused::Forged)?;
    let issued = issued.parse().map_err(|_| Refused::Forged)?;
    if is_old(issued, PREVIEW_DAYS, now) { Err(Refused::Old) } else { Ok(path.to_owned()) }
}

/// Key to stop mails to one address. It never expires, so that every old mail can be used to unsubscribe.
pub fn stop(signer: &Signer, wish: WishKey) -> String {
    sign(signer, Purpose::Stop, &[wish.address_id, wish.comment])
}

/// Returns the subscription; `None` if the signature is wrong.
pub fn open_stop(signer: &Signer, key: &str) -> Option<WishKey> {
    let [address_id, comment] = open(signer, Purpose::Stop, key)?;
    Some(WishKey { address_id, comment })
}

/// Link by mail that opens a corner once: the address, and the mail that it was sent in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CornerLink {
    pub address_id: i64,
    pub mail: i64,
}

/// Key that opens the corner of an address, in the browser in which the button is pressed.
pub fn corner(signer: &Signer, link: CornerLink, now: Timestamp) -> String {
    sign(signer, Purpose::Corner, &[link.address_id, link.mail, minute(now)])
}

/// # Errors
/// The reason if the key is invalid.
pub fn open_corner(signer: &Signer, key: &str, now: Timestamp) -> Result<CornerLink, Refused> {
    let [address_id, mail, issued] = open(signer, Purpose::Corner, key).ok_or(Refused::Forged)?;
    let link = CornerLink { address_id, mail };
    if minute(now).saturating_sub(issued).saturating_abs() > CORNER_MINUTES { Err(Refused::Old) } else { Ok(link) }
}

/// Key with numbers, for one purpose.
pub(super) fn sign(signer: &Signer, purpose: Purpose, numbers: &[i64]) -> String {
    signer.sign(purpose, &numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join("-"))
}

/// Numbers of a key; `None` if the signature is wrong.
pub(super) fn open<const N: usize>(signer: &Signer, purpose: Purpose, key: &str) -> Option<[i64; N]> {
    let numbers: Option<Vec<i64>> = signer.verify(purpose, key)?.split('-').map(|part| part.parse().ok()).collect();
    numbers?.try_into().ok()
}

/// True if a key has expired. One from too far in the future counts as expired: it was made while the clock was wrong.
fn is_old(issued: i64, days: i64, now: Timestamp) -> bool {
    day(now).saturating_sub(issued).saturating_abs() > days
}

/// Number of minutes since 1970.
pub(super) fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().expect("a time")
    }

    #[test]
    fn keys_expire() {
        let signer = Signer::new(b"secret");
        let later = |days: i64| now() + SignedDuration::from_hours(24 * days);
        let key = moderation(&signer, 41, now());
        assert_eq!(open_moderation(&signer, &key, later(30)), Ok(41));
        assert_eq!(open_moderation(&signer, &key, later(31)), Err(Refused::Old));
        let wish = WishKey { address_id: 7, comment: 41 };
        let key = confirmation(&signer, wish, now());
        assert_eq!(open_confirmation(&signer, &key, later(7)), Ok(wish));
        assert_eq!(open_confirmation(&signer, &key, later(8)), Err(Refused::Old));
        assert_eq!(open_stop(&signer, &stop(&signer, wish)), Some(wish));
        let link = CornerLink { address_id: 7, mail: 3 };
        let key = corner(&signer, link, now());
        assert_eq!(open_corner(&signer, &key, now() + SignedDuration::from_mins(60)), Ok(link));
        assert_eq!(open_corner(&signer, &key, now() - SignedDuration::from_mins(61)), Err(Refused::Old));
        assert_eq!(open_corner(&signer, &key, now() + SignedDuration::from_mins(61)), Err(Refused::Old));
    }

    proptest! {
        #[test]
        fn no_key_works_for_another_purpose(address_id in 1_i64..1000, comment in 1_i64..1000, other in "\\PC{0,30}") {
            let signer = Signer::new(b"secret");
            let wish = WishKey { address_id, comment };
            let keys = [
                moderation(&signer, comment, now()),
                confirmation(&signer, wish, now()),
                stop(&signer, wish),
                corner(&signer, CornerLink { address_id, mail: comment }, now()),
            ];
            let opened = |key: &str| [
                open_moderation(&signer, key, now()).is_ok(),
                open_confirmation(&signer, key, now()).is_ok(),
                open_stop(&signer, key).is_some(),
                open_corner(&signer, key, now()).is_ok(),
            ];
            for (at, key) in keys.iter().enumerate() {
                let mut expected = [false; 4];
                expected[at] = true;
                prop_assert_eq!(opened(key), expected);
            }
            // Signatures in pages and cookies are no keys of mails.
            for purpose in [Purpose::Commenter, Purpose::Stamp, Purpose::Waiting] {
                for payload in [other.as_str(), &comment.to_string(), &format!("{address_id}-{comment}")] {
                    prop_assert_eq!(opened(&signer.sign(purpose, payload)), [false; 4]);
                }
            }
            prop_assert_eq!(opened(&other), [false; 4]);
        }
    }
}
