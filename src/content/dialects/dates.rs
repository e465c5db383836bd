//! Forms of dates besides RFC 3339.

use jiff::{
    Zoned,
    civil::{self, Date},
    tz::TimeZone,
};

/// Times and zones of Jekyll, Hugo and others besides RFC 3339.
const ZONED: [&str; 4] = [" %H:%M:%S%.f", "T%H:%M:%S%.f", " %H:%M", "T%H:%M"];
const ZONES: [&str; 4] = [" %z", " %:z", "%z", "%:z"];
/// Formats of days; with points between the numbers the day comes first, as in German, unless the year does.
const DAYS: &[&str] = &[
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%d. %m. %Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%d. %B %Y",
];
const TIMES: &[&str] = &["", " %H:%M", " %H:%M:%S%.f", "T%H:%M", "T%H:%M:%S%.f", ", %H:%M"];

/// Reads a date that names its own zone.
pub fn moment(text: &str) -> Option<Zoned> {
    let timestamp = text.parse::<jiff::Timestamp>().ok();
    // Most dates are plain days and need not be tried.
    let zoned = ZONED.iter().filter(|_| text.contains(':'));
    let formats = zoned.flat_map(|time| ZONES.iter().map(move |zone| format!("%Y-%m-%d{time}{zone}")));
    let by_format = || formats.into_iter().find_map(|format| jiff::Timestamp::strptime(format, text).ok());
    if let Some(timestamp) = timestamp.or_else(by_format) {
        return Some(timestamp.to_zoned(TimeZone::UTC));
    }
    if let Ok(moment) = jiff::fmt::rfc2822::parse(text) {
        return Some(moment);
    }
    // `2026-05-02 10:00:00 UTC`, `… Europe/Berlin`.
    let (local, named) = text.rsplit_once(' ')?;
    let named = TimeZone::get(named).ok()?;
    local.trim().parse::<civil::DateTime>().ok().or_else(|| local_time(local.trim()))?.to_zoned(named).ok()
}

/// Reads a date and time without a zone.
pub fn local_time(text: &str) -> Option<civil::DateTime> {
    let read = |day: &&str| {
        TIMES.iter().find_map(|time| {
            let format = format!("{day}{time}");
            let local = match *time {
                "" => Date::strptime(format, text).map(civil::DateTime::from),
                _ => civil::DateTime::strptime(format, text),
            };
            // `7.3.20` is no day in the year 7.
            local.ok().filter(|local| local.year() >= 1000)
        })
    };
    DAYS.iter().find_map(read)
}
