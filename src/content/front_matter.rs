//! Front matter: the block at the head of a Markdown file, in YAML (`---`) or TOML (`+++`).
//!
//! The keys are the superset of what Hugo, Zola and Jekyll users write. Keys that are not ours are kept and warned
//! about. Values are typed here; what they mean is decided in `loader`.

use std::{collections::BTreeMap, fmt};

use jiff::{Zoned, civil, tz::TimeZone};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use crate::domain::{
    entry::{Level, Sides},
    problem::{Place, nearest},
};

/// What posts, pages and stretches may say of themselves.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FrontMatter {
    pub title: Option<String>,
    pub date: Option<RawDate>,
    pub updated: Option<RawDate>,
    pub lastmod: Option<RawDate>,
    pub last_modified_at: Option<RawDate>,
    pub draft: Flag,
    /// Leads the home page.
    pub featured: Flag,
    /// Jekyll's word for the opposite of a draft.
    pub published: Option<Flag>,
    #[serde(alias = "publishDate", alias = "publishdate")]
    pub publish_date: Option<RawDate>,
    #[serde(alias = "expiryDate", alias = "expirydate")]
    pub expiry_date: Option<RawDate>,
    pub slug: Option<String>,
    #[serde(alias = "path", alias = "permalink")]
    pub url: Option<String>,
    #[serde(alias = "redirect_from")]
    pub aliases: OneOrMany,
    pub tags: OneOrMany,
    #[serde(alias = "category")]
    pub categories: OneOrMany,
    pub taxonomies: BTreeMap<String, OneOrMany>,
    pub series: OneOrMany,
    pub description: Option<String>,
    pub summary: Option<String>,
    pub excerpt: Option<String>,
    pub authors: People,
    pub author: People,
    pub image: Option<RawImage>,
    pub comments: Option<Flag>,
    #[serde(alias = "lang")]
    pub language: Option<String>,
    pub extra: BTreeMap<String, serde_json::Value>,

    // Stretches.
    pub names: OneOrMany,
    pub areas: OneOrMany,
    pub equipment: OneOrMany,
    pub position: Option<String>,
    #[serde(alias = "hold")]
    pub hold_seconds: Option<u32>,
    pub repeats: Option<u32>,
    pub sides: Option<Sides>,
    pub sets: Option<u32>,
    pub level: Option<Level>,
    pub video: Option<String>,
    pub picture: Option<String>,
    pub easier: Option<String>,
    pub harder: Option<String>,
    pub feel: Option<String>,
    #[serde(alias = "stop-if")]
    pub stop_if: Option<String>,
    pub credit: Option<String>,

    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

impl FrontMatter {
    /// The first of the keys for it that is filled in.
    pub fn any_description(&self) -> Option<&str> {
        let keys = [&self.description, &self.summary, &self.excerpt];
        keys.into_iter().flatten().map(|text| text.trim()).find(|text| !text.is_empty())
    }

    pub fn any_updated(&self) -> Option<&RawDate> {
        self.updated.as_ref().or(self.lastmod.as_ref()).or(self.last_modified_at.as_ref())
    }

    pub fn any_authors(&self) -> &[String] {
        if self.authors.0.is_empty() { &self.author.0 } else { &self.authors.0 }
    }
}

/// Every key that is understood, for "did you mean".
const KNOWN: &[&str] = &[
    "title",
    "date",
    "updated",
    "lastmod",
    "last_modified_at",
    "draft",
    "featured",
    "published",
    "publish_date",
    "expiry_date",
    "slug",
    "url",
    "path",
    "aliases",
    "tags",
    "categories",
    "taxonomies",
    "series",
    "description",
    "summary",
    "excerpt",
    "authors",
    "author",
    "image",
    "comments",
    "language",
    "extra",
    "names",
    "areas",
    "equipment",
    "position",
    "hold_seconds",
    "repeats",
    "sides",
    "sets",
    "level",
    "video",
    "picture",
    "easier",
    "harder",
    "feel",
    "stop_if",
    "credit",
];

/// A date as written; read in the site's time zone by [`RawDate::read`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawDate(pub String);

/// One word or a list of them; nobody should have to remember which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneOrMany(pub Vec<String>);

/// Names of people: texts, or tables with a `name`, as some themes have them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People(pub Vec<String>);

/// A file name, or a table with one under `src`, `path`, `url` or `feature`, as several themes have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawImage(pub String);

/// Yes or no. An empty value is a no: themes ship `draft:` to be filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

/// A Markdown file taken apart.
#[derive(Debug)]
pub struct Parsed {
    pub front_matter: FrontMatter,
    /// Where the Markdown begins, in bytes from the start of the file.
    pub body_start: usize,
    /// Unknown keys: where, what is wrong, what to do.
    pub warnings: Vec<Fault>,
}

/// Something wrong in the front matter.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub place: Place,
    pub what: String,
    pub mend: String,
}

/// Reads the head of a file. A file without front matter is all Markdown.
///
/// # Errors
/// The block does not end, is not YAML or TOML, or a value is of the wrong kind.
pub fn parse(text: &str) -> Result<Parsed, Fault> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let first_line = text[start..].lines().next().unwrap_or_default().trim_end();
    let fence = match first_line {
        "---" | "+++" => first_line,
        _ => return Ok(Parsed { front_matter: FrontMatter::default(), body_start: start, warnings: Vec::new() }),
    };
    let block_start = text[start..].find('\n').map_or(text.len(), |newline| start + newline + 1);
    let (block_end, body_start) = closing_fence(text, block_start, fence).ok_or_else(|| Fault {
        place: Place::START,
        what: format!("the front matter that begins with {fence} does not end"),
        mend: format!("Put a line with {fence} below its last key."),
    })?;
    let block = &text[block_start..block_end];
    let front_matter = if fence == "+++" { parse_toml(block) } else { parse_yaml(block) }?;
    let warnings = front_matter.unknown.keys().map(|key| unknown_key(block, key)).collect();
    Ok(Parsed { front_matter, body_start, warnings })
}

/// Where the block ends and where the text after its fence begins.
fn closing_fence(text: &str, from: usize, fence: &str) -> Option<(usize, usize)> {
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        // YAML may end with dots as well (YAML 1.2, 9.1.4).
        let ends = line.trim_end() == fence || (fence == "---" && line.trim_end() == "...");
        if ends {
            return Some((at, at + line.len()));
        }
        at += line.len();
    }
    None
}

fn parse_yaml(block: &str) -> Result<FrontMatter, Fault> {
    if block.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(FrontMatter::default());
    }
    serde_saphyr::from_str(block).map_err(|error| {
        let place = error.location().map_or(Place::START, |location| Place {
            line: usize::try_from(location.line()).unwrap_or(1),
            column: usize::try_from(location.column()).unwrap_or(1),
        });
        let said = error.without_snippet().to_string();
        // The place is told apart from the words.
        let said = said.split(" at line ").next().unwrap_or_default().to_owned();
        let mend = "Values with a colon or a quote in them stand in quotes, lists in [brackets].";
        Fault {
            place: below_fence(place),
            what: format!("the YAML front matter cannot be read: {said}"),
            mend: mend.to_owned(),
        }
    })
}

fn parse_toml(block: &str) -> Result<FrontMatter, Fault> {
    toml::from_str(block).map_err(|error| {
        let place = error.span().map_or(Place::START, |span| Place::of_byte(block, span.start));
        let said = error.message().replace('\n', " ");
        let mend = "Texts stand in quotes, lists in [brackets], dates alone.";
        Fault {
            place: below_fence(place),
            what: format!("the TOML front matter cannot be read: {said}"),
            mend: mend.to_owned(),
        }
    })
}

/// The block begins in the second line of the file.
fn below_fence(place: Place) -> Place {
    Place { line: place.line + 1, ..place }
}

fn unknown_key(block: &str, key: &str) -> Fault {
    let is_key = |line: &str| {
        let rest = line.trim_start().trim_start_matches('"').strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start_matches('"').trim_start().starts_with([':', '=']))
    };
    let line = block.lines().position(is_key).unwrap_or(0) + 2;
    let mend = match nearest(key, KNOWN.iter().copied()) {
        Some(meant) => format!("Did you mean {meant}?"),
        None => "It is kept; move it below [extra] to keep it without this warning.".to_owned(),
    };
    Fault { place: Place { line, column: 1 }, what: format!("the key {key} is not known"), mend }
}

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
        for format in ["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S %:z", "%Y-%m-%d %H:%M %z"] {
            if let Ok(timestamp) = jiff::Timestamp::strptime(format, text) {
                return Ok(timestamp.to_zoned(zone.clone()));
            }
        }
        let local = text.parse::<civil::DateTime>().or_else(|_| civil::DateTime::strptime("%Y-%m-%d %H:%M", text));
        local.and_then(|local| local.to_zoned(zone.clone())).map_err(|_| {
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
            fn visit_unit<E>(self) -> Result<OneOrMany, E> {
                Ok(OneOrMany::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
                let mut words = Vec::new();
                // As texts, so that `no` and `1.10` stay what was written.
                while let Some(word) = list.next_element::<String>()? {
                    words.push(word);
                }
                Ok(OneOrMany(words))
            }
        }
        deserializer.deserialize_any(Words)
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
                Ok(People(vec![named(map)?]))
            }
        }
        deserializer.deserialize_any(Names)
    }
}

/// The `name` of a table.
fn named<'de, A: MapAccess<'de>>(mut map: A) -> Result<String, A::Error> {
    let mut name = None;
    while let Some(key) = map.next_key::<String>()? {
        if key == "name" {
            name = Some(map.next_value::<String>()?);
        } else {
            map.next_value::<IgnoredAny>()?;
        }
    }
    name.ok_or_else(|| serde::de::Error::custom("a table here needs a name"))
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Flags;
        impl Visitor<'_> for Flags {
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
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawImage, A::Error> {
                let mut found = None;
                while let Some(key) = map.next_key::<String>()? {
                    if matches!(key.as_str(), "src" | "path" | "url" | "feature") {
                        found = Some(map.next_value::<String>()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                found.map(RawImage).ok_or_else(|| serde::de::Error::custom("an image needs a src"))
            }
        }
        deserializer.deserialize_any(Images)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_toml_say_the_same() {
        let yaml = "---\ntitle: \"A: b\"\ndate: 2026-05-02\ntags: [no, Feet]\ncategories: runs\ndraft: true\n---\nText";
        let toml = "+++\ntitle = 'A: b'\ndate = 2026-05-02\ntags = ['no', 'Feet']\ncategories = 'runs'\ndraft = true\n+++\nText";
        for text in [yaml, toml, &yaml.replace('\n', "\r\n"), &format!("\u{feff}{yaml}")] {
            let parsed = parse(text).expect(text);
            let front_matter = parsed.front_matter;
            assert_eq!(front_matter.title.as_deref(), Some("A: b"));
            assert_eq!(front_matter.date, Some(RawDate("2026-05-02".to_owned())));
            assert_eq!(front_matter.tags.0, ["no", "Feet"]);
            assert_eq!(front_matter.categories.0, ["runs"]);
            assert!(front_matter.draft.0);
            assert_eq!(&text[parsed.body_start..], "Text");
            assert!(parsed.warnings.is_empty());
        }
    }

    #[test]
    fn dates() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        for (written, moment) in [
            ("2026-05-02", "2026-05-02T00:00:00+02:00"),
            ("2026-05-02 10:30", "2026-05-02T10:30:00+02:00"),
            ("2026-05-02T10:30:05", "2026-05-02T10:30:05+02:00"),
            ("2026-05-02T10:30:00Z", "2026-05-02T12:30:00+02:00"),
            ("2026-05-02 10:30:00 +0000", "2026-05-02T12:30:00+02:00"),
            ("2026-12-02 10:30:00 -05:00", "2026-12-02T16:30:00+01:00"),
        ] {
            let read = RawDate(written.to_owned()).read(&zone).expect(written);
            assert_eq!(read.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), moment, "{written}");
        }
        assert!(RawDate("yesterday".to_owned()).read(&zone).is_err());
    }

    #[test]
    fn faults_point_at_the_line() {
        for (text, line, words) in [
            ("---\ntitle: x", 1, "does not end"),
            ("---\ntitle: x\ntags: [x\n---\n", 3, "YAML"),
            ("---\ntitle: a\ndraft: 7\n---\n", 3, "YAML"),
            ("+++\ntitle = a\n+++\n", 2, "TOML"),
        ] {
            let fault = parse(text).expect_err(text);
            assert!(fault.what.contains(words), "{fault:?}");
            assert_eq!(fault.place.line, line, "{fault:?}");
        }
    }

    #[test]
    fn unknown_keys_are_kept_and_told() {
        let parsed = parse("---\ntitle: a\ntitel: b\nlayout: post\n---\n").expect("parses");
        assert_eq!(parsed.front_matter.unknown.len(), 2);
        let warnings: Vec<(usize, &str)> =
            parsed.warnings.iter().map(|fault| (fault.place.line, fault.mend.as_str())).collect();
        assert!(warnings.contains(&(3, "Did you mean title?")), "{warnings:?}");
        assert!(warnings.iter().any(|(line, mend)| *line == 4 && mend.contains("[extra]")), "{warnings:?}");
    }

    #[test]
    fn what_other_systems_write_is_understood() {
        let parse = |head: &str| {
            parse(&format!("---\n{head}\n---\n")).unwrap_or_else(|fault| panic!("{head}: {fault:?}")).front_matter
        };
        assert_eq!(parse("description: a\nsummary: b").any_description(), Some("a"));
        assert_eq!(parse("description:\nsummary: b").any_description(), Some("b"));
        assert_eq!(
            parse("lastmod: 2026-05-02\nupdated: 2026-05-03").any_updated(),
            Some(&RawDate("2026-05-03".to_owned()))
        );
        assert_eq!(parse("author: {name: Ana, email: x}").any_authors(), ["Ana"]);
        assert_eq!(parse("authors: [{name: Ana}, Jo]").any_authors(), ["Ana", "Jo"]);
        assert!(!parse("draft:").draft.0);
        assert_eq!(parse("tags:\nseries:\naliases:").tags, OneOrMany::default());
        assert_eq!(parse("tags: [no, 1.10, 007]").tags.0, ["no", "1.10", "007"]);
        assert_eq!(parse("comments: no").comments, Some(Flag(false)));
    }

    #[test]
    fn the_list_of_known_keys_is_complete() {
        // A key in the list that the type does not have would land in `unknown`.
        for key in KNOWN {
            let value = match *key {
                "draft" | "featured" | "published" | "comments" => "true",
                "hold_seconds" | "repeats" | "sets" => "3",
                "sides" => "each",
                "level" => "easy",
                "taxonomies" | "extra" => "{}",
                _ => "x",
            };
            let parsed =
                parse(&format!("---\n{key}: {value}\n---\n")).unwrap_or_else(|fault| panic!("{key}: {fault:?}"));
            assert!(parsed.warnings.is_empty(), "{key}");
        }
    }
}
