//! Dates in the form of a language. (jiff knows no languages.)

use jiff::Zoned;
use serde::{Deserialize, Deserializer, de::Error};

use super::phrase::Pieces;

/// Names and patterns of dates.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// Names of months alone, January first; `{month}` in `month_of_year`.
    months: [String; 12],
    /// Names of months inside a date, perhaps short; `{month}` in the other patterns.
    months_in_dates: [String; 12],
    /// Value of `{half}`, half of the day; unused by languages with a 24-hour clock.
    am: String,
    pm: String,
    day: Pattern,
    day_of_year: Pattern,
    month_of_year: Pattern,
    minute: Pattern,
}

/// A text that contains any of [`PARTS`].
#[derive(Debug)]
struct Pattern(Pieces);

/// Names of gaps. `{hour}` counts to 23, `{hour12}` to 12; `{minute}` has two digits.
const PARTS: &[&str] = &["year", "month", "day", "hour", "hour12", "minute", "half"];

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Pieces::read(&text, PARTS).map(Self).map_err(Error::custom)
    }
}

impl Dates {
    /// Returns `Nov 20, 2026`.
    pub fn day(&self, date: &Zoned) -> String {
        self.written(&self.day, date, &self.months_in_dates)
    }

    /// Returns `Nov 20`, for use below a heading with the year.
    pub fn day_of_year(&self, date: &Zoned) -> String {
        self.written(&self.day_of_year, date, &self.months_in_dates)
    }

    /// Returns `November 2026`.
    pub fn month_of_year(&self, date: &Zoned) -> String {
        self.written(&self.month_of_year, date, &self.months)
    }

    /// Returns `November`.
    pub fn month(&self, date: &Zoned) -> &str {
        name(&self.months, date)
    }

    /// Returns `Nov 20, 2026, 7:12 am`.
    pub fn minute(&self, date: &Zoned) -> String {
        self.written(&self.minute, date, &self.months_in_dates)
    }

    fn written(&self, pattern: &Pattern, date: &Zoned, months: &[String; 12]) -> String {
        let hour = date.hour();
        let hour12 = (hour + 11).rem_euclid(12) + 1;
        let minute = format!("{:02}", date.minute());
        let half = if hour < 12 { &self.am } else { &self.pm };
        // Values in the order of PARTS.
        pattern.0.filled(&[&date.year(), &name(months, date), &date.day(), &hour, &hour12, &minute, half])
    }
}

fn name<'a>(months: &'a [String; 12], date: &Zoned) -> &'a str {
    let at = usize::try_from(date.month() - 1).unwrap_or_default();
    months.get(at).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::super::of;

    #[test]
    fn dates_of_each_language() {
        let date = |text: &str| text.parse::<jiff::Zoned>().expect("a date");
        let (morning, night) = (date("2026-03-02T00:05:09[UTC]"), date("2026-11-20T18:05:09[UTC]"));
        let english = &of("en").expect("is shipped").dates;
        assert_eq!(english.minute(&morning), "Mar 2, 2026, 12:05 am");
        assert_eq!(english.minute(&night), "Nov 20, 2026, 6:05 pm");
        assert_eq!((english.day(&night).as_str(), english.day_of_year(&night).as_str()), ("Nov 20, 2026", "Nov 20"));
        assert_eq!((english.month_of_year(&night).as_str(), english.month(&night)), ("November 2026", "November"));
        let german = &of("de").expect("is shipped").dates;
        assert_eq!(german.minute(&morning), "2. März 2026, 0:05 Uhr");
        assert_eq!(german.minute(&night), "20. Nov. 2026, 18:05 Uhr");
        assert_eq!(
            (german.day(&night).as_str(), german.month_of_year(&morning).as_str()),
            ("20. Nov. 2026", "März 2026")
        );
    }
}
