//! Dates for readers and for programs.

use jiff::{
    Timestamp, Unit, Zoned,
    tz::{Offset, TimeZone},
};

use crate::{domain::entry::Post, texts::Texts};

/// A date for a `<time>` element.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Value of the `datetime` attribute.
    pub machine: String,
    pub human: String,
}

/// Formats a day: `Nov 20, 2026`.
pub fn day(date: &Zoned, texts: &Texts) -> Moment {
    Moment { machine: machine(date), human: texts.dates.day(date) }
}

/// Formats the day of a post, if it has one: `Nov 20, 2026`.
pub fn day_of(post: &Post, texts: &Texts) -> Option<Moment> {
    post.date.as_ref().map(|date| day(date, texts))
}

/// Formats a day below a heading with the year: `Nov 20`.
pub fn day_of_year(date: &Zoned, texts: &Texts) -> Moment {
    Moment { machine: machine(date), human: texts.dates.day_of_year(date) }
}

/// Formats a minute: `Nov 20, 2026, 7:12 am`, in the site's time zone.
pub fn minute(at: Timestamp, zone: &TimeZone, texts: &Texts) -> Moment {
    let date = at.to_zoned(zone.clone());
    Moment { machine: machine(&date), human: texts.dates.minute(&date) }
}

/// Formats a date by RFC 3339, for feeds and attributes.
pub fn machine(date: &Zoned) -> String {
    in_minutes(date).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Formats a date by RFC 822 with a four-digit year, for RSS.
pub fn mail(date: &Zoned) -> String {
    in_minutes(date).strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// The date with its UTC offset rounded to whole minutes, as both formats need it (RFC 3339, 5.6). Before 1900 offsets
/// had seconds as well. Local day and time stay the same.
fn in_minutes(date: &Zoned) -> Zoned {
    let offset = date.offset().round(Unit::Minute).unwrap_or(Offset::UTC);
    if offset == date.offset() {
        date.clone()
    } else {
        date.datetime().to_zoned(TimeZone::fixed(offset)).unwrap_or_else(|_| date.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let at: Timestamp = "2026-11-20T18:05:09Z".parse().expect("a time");
        let zone = TimeZone::get("America/New_York").expect("a zone");
        let texts = crate::texts::of("en").expect("is shipped");
        let moment = minute(at, &zone, texts);
        assert_eq!(moment.human, "Nov 20, 2026, 1:05 pm");
        assert_eq!(moment.machine, "2026-11-20T13:05:09-05:00");
        let old = jiff::civil::date(1850, 5, 2).to_zoned(zone.clone()).expect("a date");
        assert_eq!(machine(&old), "1850-05-02T00:00:00-04:56");
        assert_eq!(mail(&old), "Thu, 02 May 1850 00:00:00 -0456");
        assert_eq!(mail(&at.to_zoned(zone.clone())), "Fri, 20 Nov 2026 13:05:09 -0500");
        assert_eq!(day(&at.to_zoned(zone), texts).human, "Nov 20, 2026");
    }
}
