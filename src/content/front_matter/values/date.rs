//! Dates as people write them, in front matter, file names and addresses.

use jiff::{
    Zoned,
    civil::{self, Date},
    tz::TimeZone,
};

use crate::content::dialects;

/// A date as written; read in the site's time zone by [`RawDate::read`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawDate(pub String);

/// Endings of times in UTC, in lower case.
const UTC: &[&str] = &["z", "utc", "gmt", "+00:00", "-00:00", "+0000", "-0000", "+00"];

impl RawDate {
    /// Reads the date, in the site's time zone if none is written. Understands the forms of RFC 3339, TOML, Hugo and
    /// Jekyll: `2026-05-02`, `2026-05-02 10:00`, `2026-05-02T10:00:00+02:00`, `2026-05-02 10:00:00 +0200`.
    ///
    /// Other programs write a day without a time as midnight in UTC, so it is that day in the site's zone.
    ///
    /// # Errors
    /// Message that says how to write a date.
    pub fn read(&self, zone: &TimeZone) -> Result<Zoned, String> {
        let text = self.0.trim();
        let Some(moment) = dialects::moment(text) else {
            let local = text.parse::<civil::DateTime>().ok().or_else(|| dialects::local_time(text));
            return local.and_then(|local| local.to_zoned(zone.clone()).ok()).ok_or_else(|| {
                format!("the date {text:?} is not understood; write it like 2026-05-02 or 2026-05-02 10:30")
            });
        };
        let lower = text.to_ascii_lowercase();
        let in_utc = moment.timestamp().to_zoned(TimeZone::UTC).datetime();
        let is_day = in_utc.time() == civil::Time::midnight() && UTC.iter().any(|end| lower.ends_with(end));
        let day = is_day.then(|| in_utc.to_zoned(zone.clone()).ok()).flatten();
        Ok(day.unwrap_or_else(|| moment.with_time_zone(zone.clone())))
    }
}

/// Day in a path: `2026/05/02`, or `2026-5-2` in a part of it.
pub fn day_in(path: &str) -> Option<Date> {
    let within = |segment: &str| first_day(segment.split(['-', '_', '.']));
    path.split('/').find_map(within).or_else(|| first_day(path.split('/')))
}

fn first_day<'a>(parts: impl Iterator<Item = &'a str> + Clone) -> Option<Date> {
    let number = |part: &str| part.parse::<i8>().ok().filter(|_| part.len() <= 2);
    parts.clone().zip(parts.clone().skip(1)).zip(parts.skip(2)).find_map(|((year, month), day)| {
        let year = year.parse::<i16>().ok().filter(|year| (1970..3000).contains(year))?;
        Date::new(year, number(month)?, number(day)?).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_paths() {
        for (path, expected) in [
            ("notes/2020/10/07/calf", Some("2020-10-07")),
            ("/2020/10/7/calf.html", Some("2020-10-07")),
            ("/blog/2020-10-07-calf/", Some("2020-10-07")),
            ("2020-3-7-x", Some("2020-03-07")),
            ("calf_2020_10_07", Some("2020-10-07")),
            ("/2020/05/12-tips", None),
            ("/2020/05/calf", None),
            ("/2020/13/07/calf", None),
            ("/2020/10/007/calf", None),
            ("/1/2/3", None),
            ("", None),
        ] {
            assert_eq!(day_in(path), expected.map(|day| day.parse().expect("a day")), "{path}");
        }
    }
}
