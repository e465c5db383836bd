//! Values as people write them: one or many, a text or a table, a yes in any spelling.

use std::fmt;

use jiff::{Zoned, civil, tz::TimeZone};
use serde::{
    Deserialize, Deserializer,
    de::{
        IgnoredAny, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

/// A date as written; read in the site's time zone by [`RawDate::read`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawDate(pub String);

/// One word or a list of them; nobody should have to remember which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneOrMany(pub Vec<String>);

/// The same, where a single text may hold several: `a, b`. Jekyll also parts at blanks, which only its files mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub words: Vec<String>,
    /// Written as one text.
    pub is_one_text: bool,
}

impl Words {
    /// The single words; of one text in a file of Jekyll's, also those between blanks.
    pub fn split(&self, at_blanks: bool) -> Vec<String> {
        match self.words.as_slice() {
            [text] if self.is_one_text && text.contains(',') => parts(text.split(',')),
            [text] if self.is_one_text && at_blanks => parts(text.split_whitespace()),
            words => words.to_vec(),
        }
    }
}

fn parts<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<String> {
    parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Names of people: texts, or tables with a `name`, as some themes have them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People(pub Vec<String>);

/// A file name, a table with one as several themes have it, or a list of which the first counts. Empty where there is
/// none: no theme's idea of a picture takes a post down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawImage(pub String);

/// Yes or no. An empty value is a no: themes ship `draft:` to be filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

/// Whether a post takes comments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommentsFlag {
    /// As the site says: nothing is written, or `true`, which themes ship in every post.
    #[default]
    AsSite,
    /// `open`: however old the post is.
    Open,
    Closed,
}

/// What Jekyll, Hugo and others write besides RFC 3339.
const ZONED: &[&str] = &[
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%d %H:%M:%S%.f %:z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M:%S%.f%:z",
    "%Y-%m-%dT%H:%M:%S%.f %z",
    "%Y-%m-%d %H:%M %z",
    "%Y-%m-%d %H:%M %:z",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%dT%H:%M%:z",
];
const LOCAL: &[&str] =
    &["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"];
const DAYS: &[&str] = &["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y"];

impl RawDate {
    /// The moment, in the site's time zone where none is written. Understands what RFC 3339, TOML, Hugo and Jekyll
    /// write: `2026-05-02`, `2026-05-02 10:00`, `2026-05-02T10:00:00+02:00`, `2026-05-02 10:00:00 +0200`.
    ///
    /// # Errors
    /// What would be right.
    pub fn read(&self, zone: &TimeZone) -> Result<Zoned, String> {
        let text = self.0.trim();
        if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
            return Ok(timestamp.to_zoned(zone.clone()));
        }
        for format in ZONED {
            if let Ok(timestamp) = jiff::Timestamp::strptime(format, text) {
                return Ok(timestamp.to_zoned(zone.clone()));
            }
        }
        if let Ok(moment) = jiff::fmt::rfc2822::parse(text) {
            return Ok(moment.with_time_zone(zone.clone()));
        }
        // `2026-05-02 10:00:00 UTC`, `… Europe/Berlin`.
        if let Some((local, named)) = text.rsplit_once(' ')
            && let (Ok(local), Ok(named)) = (local.trim().parse::<civil::DateTime>(), TimeZone::get(named))
        {
            let moment = local.to_zoned(named).map(|moment| moment.with_time_zone(zone.clone()));
            return moment.map_err(|_| format!("there is no such moment as {text:?}"));
        }
        let by_format = || LOCAL.iter().find_map(|format| civil::DateTime::strptime(format, text).ok());
        let by_day = || {
            DAYS.iter()
                .find_map(|format| Some(civil::Date::strptime(format, text).ok()?.to_datetime(civil::Time::midnight())))
        };
        let local = text.parse::<civil::DateTime>().ok().or_else(by_format).or_else(by_day);
        local.and_then(|local| local.to_zoned(zone.clone()).ok()).ok_or_else(|| {
            format!("the date {text:?} is none that we know, write it like 2026-05-02 or 2026-05-02 10:30")
        })
    }
}

impl<'de> Deserialize<'de> for RawDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Dates;
        impl<'de> Visitor<'de> for Dates {
            type Value = RawDate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date such as 2026-05-02")
            }
            fn visit_str<E>(self, text: &str) -> Result<RawDate, E> {
                Ok(RawDate(text.to_owned()))
            }
            fn visit_bool<E>(self, _: bool) -> Result<RawDate, E> {
                Ok(RawDate(String::new()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<RawDate, E> {
                Ok(RawDate(number.to_string()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<RawDate, E> {
                Ok(RawDate(number.to_string()))
            }
            // TOML's own dates come as a map with one private key.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawDate, A::Error> {
                let date = toml::value::Datetime::deserialize(MapAccessDeserializer::new(map))?;
                Ok(RawDate(date.to_string()))
            }
        }
        deserializer.deserialize_any(Dates)
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = OneOrMany;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(if text.is_empty() { Vec::new() } else { vec![text.to_owned()] }))
            }
            fn visit_bool<E>(self, word: bool) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![word.to_string()]))
            }
            fn visit_i64<E>(self, number: i64) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![number.to_string()]))
            }
            fn visit_u64<E>(self, number: u64) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![number.to_string()]))
            }
            fn visit_f64<E>(self, number: f64) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![number.to_string()]))
            }
            fn visit_unit<E>(self) -> Result<OneOrMany, E> {
                Ok(OneOrMany::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
                let mut words = Vec::new();
                // As texts, so that `no` and `1.10` stay what was written.
                while let Some(word) = list.next_element::<Option<String>>()? {
                    words.extend(word.filter(|word| !word.trim().is_empty()));
                }
                Ok(OneOrMany(words))
            }
        }
        deserializer.deserialize_any(Words)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Words;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E>(self, text: &str) -> Result<Words, E> {
                Ok(Words { words: parts(std::iter::once(text)), is_one_text: true })
            }
            fn visit_bool<E>(self, word: bool) -> Result<Words, E> {
                Ok(Words { words: vec![word.to_string()], is_one_text: false })
            }
            fn visit_i64<E>(self, number: i64) -> Result<Words, E> {
                Ok(Words { words: vec![number.to_string()], is_one_text: false })
            }
            fn visit_u64<E>(self, number: u64) -> Result<Words, E> {
                Ok(Words { words: vec![number.to_string()], is_one_text: false })
            }
            fn visit_f64<E>(self, number: f64) -> Result<Words, E> {
                Ok(Words { words: vec![number.to_string()], is_one_text: false })
            }
            fn visit_unit<E>(self) -> Result<Words, E> {
                Ok(Words::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Words, A::Error> {
                let OneOrMany(words) = OneOrMany::deserialize(SeqAccessDeserializer::new(list))?;
                Ok(Words { words, is_one_text: false })
            }
        }
        deserializer.deserialize_any(Texts)
    }
}

impl<'de> Deserialize<'de> for People {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = People;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name, or a list of names")
            }
            fn visit_str<E>(self, name: &str) -> Result<People, E> {
                Ok(People(if name.is_empty() { Vec::new() } else { vec![name.to_owned()] }))
            }
            fn visit_unit<E>(self) -> Result<People, E> {
                Ok(People::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<People, A::Error> {
                let mut names = Vec::new();
                while let Some(People(mut name)) = list.next_element()? {
                    names.append(&mut name);
                }
                Ok(People(names))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<People, A::Error> {
                Ok(People(named(map)?.into_iter().collect()))
            }
        }
        deserializer.deserialize_any(Names)
    }
}

/// The `name` of a table.
fn named<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<String>, A::Error> {
    let mut name = None;
    while let Some(key) = map.next_key::<String>()? {
        if key == "name" {
            name = map.next_value::<Option<String>>()?;
        } else {
            map.next_value::<IgnoredAny>()?;
        }
    }
    Ok(name)
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Flags;
        impl<'de> Visitor<'de> for Flags {
            type Value = Flag;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }
            fn visit_unit<E>(self) -> Result<Flag, E> {
                Ok(Flag(false))
            }
            // `comments: {id: …}`, as themes have it.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Flag, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Flag(true))
            }
            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Flag, E> {
                match word.to_ascii_lowercase().as_str() {
                    "true" | "yes" | "on" => Ok(Flag(true)),
                    "false" | "no" | "off" | "" => Ok(Flag(false)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
                }
            }
        }
        deserializer.deserialize_any(Flags)
    }
}

impl<'de> Deserialize<'de> for CommentsFlag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = CommentsFlag;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, open or closed")
            }
            fn visit_bool<E>(self, flag: bool) -> Result<CommentsFlag, E> {
                Ok(if flag { CommentsFlag::AsSite } else { CommentsFlag::Closed })
            }
            fn visit_unit<E>(self) -> Result<CommentsFlag, E> {
                Ok(CommentsFlag::AsSite)
            }
            // `comments: {id: …}`, as themes have it.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CommentsFlag, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(CommentsFlag::AsSite)
            }
            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<CommentsFlag, E> {
                match word.to_ascii_lowercase().as_str() {
                    "true" | "yes" | "on" => Ok(CommentsFlag::AsSite),
                    "open" => Ok(CommentsFlag::Open),
                    "false" | "no" | "off" | "closed" | "" => Ok(CommentsFlag::Closed),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
                }
            }
        }
        deserializer.deserialize_any(Words)
    }
}

/// Where tables have the file, the best first.
const IN_TABLES: &[&str] =
    &["src", "path", "url", "image", "feature", "overlay_image", "filename", "thumbnail", "thumb", "teaser"];

impl<'de> Deserialize<'de> for RawImage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Images;
        impl<'de> Visitor<'de> for Images {
            type Value = RawImage;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a picture")
            }
            fn visit_str<E>(self, text: &str) -> Result<RawImage, E> {
                Ok(RawImage(text.to_owned()))
            }
            fn visit_bool<E>(self, _: bool) -> Result<RawImage, E> {
                Ok(RawImage::default())
            }
            fn visit_i64<E>(self, _: i64) -> Result<RawImage, E> {
                Ok(RawImage::default())
            }
            fn visit_u64<E>(self, _: u64) -> Result<RawImage, E> {
                Ok(RawImage::default())
            }
            fn visit_f64<E>(self, _: f64) -> Result<RawImage, E> {
                Ok(RawImage::default())
            }
            fn visit_unit<E>(self) -> Result<RawImage, E> {
                Ok(RawImage::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawImage, A::Error> {
                let mut first = RawImage::default();
                while let Some(image) = list.next_element::<RawImage>()? {
                    first = if first.0.is_empty() { image } else { first };
                }
                Ok(first)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawImage, A::Error> {
                let mut found = RawImage::default();
                let mut rank = IN_TABLES.len();
                while let Some(key) = map.next_key::<String>()? {
                    let at = IN_TABLES.iter().position(|known| *known == key).filter(|at| *at < rank);
                    let Some(at) = at else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    let image = map.next_value::<RawImage>()?;
                    if !image.0.trim().is_empty() {
                        (found, rank) = (image, at);
                    }
                }
                Ok(found)
            }
        }
        deserializer.deserialize_any(Images)
    }
}
