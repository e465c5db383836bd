//! The stamp on a comment form: a signature of the post and of the day on which the form was rendered.
//!
//! A cached page has the same stamp for everyone, so it says nothing about a visitor. It only proves that the form came
//! from this site, not too long ago.

use jiff::Timestamp;

use super::{
    clock::day,
    limits::STAMP_DAYS,
    signer::{Purpose, Signer},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampState {
    Valid,
    Missing,
    Forged,
    Old,
}

/// Stamp for a form under the post with this slug.
pub fn issue(signer: &Signer, slug: &str, now: Timestamp) -> String {
    let day = day(now);
    let signed = signer.sign(Purpose::Stamp, &payload(slug, day));
    let signature = signed.rsplit_once('.').map_or("", |(_, signature)| signature);
    format!("{day}.{signature}")
}

pub fn check(signer: &Signer, slug: &str, stamp: &str, now: Timestamp) -> StampState {
    let stamp = stamp.trim();
    if stamp.is_empty() {
        return StampState::Missing;
    }
    let Some((issued, signature)) = stamp.split_once('.') else { return StampState::Forged };
    let Ok(issued) = issued.parse::<i64>() else { return StampState::Forged };
    let signed = format!("{}.{signature}", payload(slug, issued));
    if signer.verify(Purpose::Stamp, &signed).is_none() {
        return StampState::Forged;
    }
    // A stamp from further in the future than it is valid for was made while the clock was wrong.
    if day(now).abs_diff(issued) > STAMP_DAYS { StampState::Old } else { StampState::Valid }
}

fn payload(slug: &str, day: i64) -> String {
    format!("{slug} {day}")
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn stamps_age_and_belong_to_their_post() {
        let signer = Signer::new(b"secret");
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
        let later = |days: i64| now + SignedDuration::from_hours(24 * days);
        let stamp = issue(&signer, "calf", now);
        assert_eq!(check(&signer, "calf", &stamp, now), StampState::Valid);
        assert_eq!(check(&signer, "calf", &stamp, later(30)), StampState::Valid);
        assert_eq!(check(&signer, "calf", &stamp, later(31)), StampState::Old);
        assert_eq!(check(&signer, "calf", &stamp, later(-2)), StampState::Valid);
        assert_eq!(check(&signer, "calf", &stamp, later(-31)), StampState::Old);
        assert_eq!(check(&signer, "hips", &stamp, now), StampState::Forged);
        assert_eq!(check(&signer, "calf", "", now), StampState::Missing);
        for forged in ["x", "1.2", "999999.AAAA", "-9223372036854775808.AAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(check(&signer, "calf", forged, now), StampState::Forged, "{forged}");
        }
    }
}
