//! Front matter: the block at the head of a Markdown file, in YAML (`---`) or TOML (`+++`).
//!
//! The keys are those that Hugo, Zola and Jekyll users write. Unknown keys are kept, with a warning. Values are typed
//! here; `loader` decides what they mean.

mod fence;
mod keys;
mod values;

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle};
use serde::{Deserialize, de::DeserializeOwned};
use serde_saphyr::{DuplicateKeyPolicy, Error, UserMessageFormatter};

use crate::domain::{
    entry::{Level, Sides},
    problem::Place,
};
pub use values::{CommentsFlag, Flag, OneOrMany, RawDate, RawImage, Words, day_in};

/// Front matter of posts, pages and stretches.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FrontMatter {
    pub title: Option<String>,
    pub date: Option<RawDate>,
    pub updated: Option<RawDate>,
    pub lastmod: Option<RawDate>,
    pub last_modified_at: Option<RawDate>,
    pub draft: Flag,
    /// True if the post leads the home page.
    pub featured: Flag,
    /// Jekyll's opposite of `draft`.
    pub published: Option<Flag>,
    #[serde(alias = "publishDate", alias = "publishdate")]
    pub publish_date: Option<RawDate>,
    #[serde(alias = "expiryDate", alias = "expirydate")]
    pub expiry_date: Option<RawDate>,
    pub slug: Option<String>,
    pub url: Option<String>,
    pub path: Option<String>,
    pub permalink: Option<String>,
    pub aliases: OneOrMany,
    pub redirect_from: OneOrMany,
    pub tags: Words,
    pub tag: OneOrMany,
    pub categories: Words,
    pub category: OneOrMany,
    pub taxonomies: Option<BTreeMap<String, OneOrMany>>,
    pub series: OneOrMany,
    pub description: Option<String>,
    pub summary: Option<String>,
    pub excerpt: Option<String>,
    pub authors: OneOrMany,
    pub author: OneOrMany,
    pub image: RawImage,
    pub images: RawImage,
    pub cover: RawImage,
    #[serde(alias = "featuredImage", alias = "featuredimage", alias = "feature_image")]
    pub featured_image: RawImage,
    pub header: RawImage,
    pub thumbnail: RawImage,
    pub comments: CommentsFlag,
    pub language: Option<String>,
    pub lang: Option<String>,
    pub extra: Option<BTreeMap<String, serde_json::Value>>,
    /// Keys of stretches; empty for other files.
    #[serde(skip)]
    pub facts: Facts,
    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

/// Keys of stretches only. Read separately, since themes use words such as `level` and `video` for other things.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Facts {
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
}

impl FrontMatter {
    /// First of the keys for it that is filled in.
    pub fn any_description(&self) -> Option<&str> {
        let keys = [&self.description, &self.summary, &self.excerpt];
        keys.into_iter().flatten().map(|text| text.trim()).find(|text| !text.is_empty())
    }

    /// Date of the last change, and its key.
    pub fn any_updated(&self) -> Option<(&'static str, &RawDate)> {
        let keys =
            [("updated", &self.updated), ("lastmod", &self.lastmod), ("last_modified_at", &self.last_modified_at)];
        keys.into_iter().find_map(|(key, date)| Some((key, date.as_ref()?)))
    }

    /// Address as written, and its key.
    pub fn any_url(&self) -> Option<(&'static str, &str)> {
        let keys = [("url", &self.url), ("path", &self.path), ("permalink", &self.permalink)];
        let mut filled = keys.into_iter().filter_map(|(key, url)| Some((key, url.as_deref()?.trim())));
        filled.find(|(_, url)| !url.is_empty())
    }

    /// Picture as written, and its key.
    pub fn any_image(&self) -> Option<(&'static str, &str)> {
        let keys = [
            ("image", &self.image),
            ("cover", &self.cover),
            ("featured_image", &self.featured_image),
            ("images", &self.images),
            ("header", &self.header),
            ("thumbnail", &self.thumbnail),
        ];
        keys.into_iter().map(|(key, image)| (key, image.0.trim())).find(|(_, image)| !image.is_empty())
    }

    pub fn any_language(&self) -> Option<&str> {
        let keys = [&self.language, &self.lang];
        keys.into_iter().flatten().map(|language| language.trim()).find(|language| !language.is_empty())
    }

    pub fn any_authors(&self) -> &[String] {
        if self.authors.0.is_empty() { &self.author.0 } else { &self.authors.0 }
    }
}

/// A Markdown file, split into front matter and Markdown.
#[derive(Debug, Default)]
pub struct Parsed {
    pub front_matter: FrontMatter,
    /// Start of the Markdown, in bytes from the start of the file.
    pub body_start: usize,
    pub warnings: Vec<Fault>,
    /// Warnings, one for each unknown key.
    pub unknown_keys: Vec<Fault>,
}

/// A fault in the front matter.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub place: Place,
    pub what: String,
    pub mend: String,
}

/// Most unknown keys that are reported for a file; with more it is hardly front matter.
const MOST_UNKNOWN: usize = 50;
/// Longest front matter, in bytes. Real ones have some hundred; parsers need seconds for a megabyte.
const LONGEST: usize = 256 * 1024;

/// Reads the front matter of a file. A file without any is all Markdown.
///
/// # Errors
/// The block does not begin or does not end, is not YAML or TOML, or a value is of the wrong kind.
pub fn parse(text: &str, is_stretch: bool) -> Result<Parsed, Fault> {
    let Some(head) = fence::find(text)? else {
        let (front_matter, warnings, unknown_keys) = (FrontMatter::default(), Vec::new(), Vec::new());
        let body_start = text.len() - text.trim_start_matches('\u{feff}').len();
        return Ok(Parsed { front_matter, body_start, warnings, unknown_keys });
    };
    let moved =
        |fault: Fault| Fault { place: Place { line: fault.place.line + head.lines_above, ..fault.place }, ..fault };
    if head.block.len() > LONGEST {
        return Err(moved(Fault {
            place: Place::START,
            what: format!("the front matter is longer than {} KB", LONGEST / 1024),
            mend: "Keep a few lines there, and move the rest into the text.".to_owned(),
        }));
    }
    let (mut parsed, block) =
        (Parsed { body_start: head.body_start, ..Parsed::default() }, keys::in_lower_case(head.block));
    let (front_matter, twice): (FrontMatter, Option<Fault>) = read(&head, &block).map_err(moved)?;
    parsed.front_matter = front_matter;
    if is_stretch {
        (parsed.front_matter.facts, _) = read(&head, &block).map_err(moved)?;
    }
    let unknown = parsed.front_matter.unknown.keys().filter(|key| !keys::is_silent(key, is_stretch));
    let lines = keys::lines_of_keys(&block);
    let told = unknown.take(MOST_UNKNOWN).map(|key| moved(keys::unknown_key(head.is_toml, &lines, key)));
    parsed.unknown_keys = told.collect();
    parsed.warnings = twice.into_iter().map(moved).collect();
    Ok(parsed)
}

/// Reads the values, and returns a warning if one is needed.
fn read<T: DeserializeOwned + Default>(head: &fence::Head, block: &str) -> Result<(T, Option<Fault>), Fault> {
    if head.is_toml { Ok((parse_toml(block)?, None)) } else { parse_yaml(block) }
}

fn parse_yaml<T: DeserializeOwned + Default>(block: &str) -> Result<(T, Option<Fault>), Fault> {
    if block.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok((T::default(), None));
    }
    let block = &as_written(block);
    // YAML 1.2 has two booleans (10.3.2); `no` and `on` are words.
    let error = match serde_saphyr::from_str_with_options(block, serde_saphyr::options! { strict_booleans: true }) {
        Ok(values) => return Ok((values, None)),
        Err(error) => error,
    };
    // YAML 1.2 forbids it (3.2.1.3), but it hides no post. serde takes no later value for a field, so the first counts.
    if let Error::DuplicateMappingKey { key, .. } = error.without_snippet() {
        let first_wins =
            serde_saphyr::options! { strict_booleans: true, duplicate_keys: DuplicateKeyPolicy::FirstWins };
        if let Ok(values) = serde_saphyr::from_str_with_options(block, first_wins) {
            let key = key.as_deref().unwrap_or_default();
            let what = format!("the key {key} stands here again, and what stood before counts");
            let fault = Fault { place: place_of(&error), what, mend: "Take one of them away.".to_owned() };
            return Ok((values, Some(fault)));
        }
    }
    let (said, mend) = explained(error.without_snippet());
    let what = format!("the YAML front matter cannot be read: {said}");
    Err(Fault { place: place_of(&error), what, mend: mend.to_owned() })
}

/// Puts numbers and booleans in quotes if their value would be written in another way: an author who writes `3.10` or
/// `007` as a tag means that text.
fn as_written(block: &str) -> String {
    let is_same = |text: &str| {
        let number = text.parse::<i64>().map(|number| number.to_string());
        number.or_else(|_| text.parse::<f64>().map(|number| number.to_string())).is_ok_and(|number| number == text)
    };
    let is_meant_as_text = |text: &str| {
        let is_word = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b'_'));
        let is_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
        is_word && (is_number && !is_same(text) || matches!(text, "True" | "TRUE" | "False" | "FALSE"))
    };
    let (mut quoted, mut at) = (String::with_capacity(block.len()), 0);
    for (event, span) in Parser::new_from_str(block).map_while(Result::ok) {
        if let Event::Scalar(text, ScalarStyle::Plain, _, None) = event
            && is_meant_as_text(&text)
            && let Some(range) =
                span.byte_range().filter(|range| range.start >= at && block.get(range.clone()) == Some(&*text))
        {
            quoted.push_str(&block[at..range.start]);
            quoted.extend(["'", &*text, "'"]);
            at = range.end;
        }
    }
    quoted.push_str(&block[at..]);
    quoted
}

/// Returns the parser's message as a sentence, and what to do.
fn explained(error: &Error) -> (String, &'static str) {
    match error {
        Error::MultipleDocuments { .. } => {
            let said = "a second block begins here".to_owned();
            return (said, "Keep one block of keys, between two lines with ---.");
        }
        Error::UnknownAnchor { .. } => {
            return ("a value begins with *, which stands for another one in YAML".to_owned(), "Put it in quotes.");
        }
        _ => {}
    }
    // The place is reported apart from the words.
    let said = error.render_with_formatter(&UserMessageFormatter);
    let said = said.split(" at line ").next().unwrap_or_default().to_owned();
    if ["recursion limit", "too large or too complex"].iter().any(|words| said.contains(words)) {
        let said = "it is nested too deeply, or repeats itself too often".to_owned();
        return (said, "Write its values out in a few lines.");
    }
    let mend = match error {
        Error::SerdeInvalidType { .. }
        | Error::SerdeInvalidValue { .. }
        | Error::SerdeUnknownVariant { .. }
        | Error::InvalidScalar { .. }
        | Error::Unexpected { .. } => "Write what belongs there, or take the line away.",
        _ => "Values with a colon or a quote in them stand in quotes, lists in [brackets].",
    };
    (said, mend)
}

fn place_of(error: &Error) -> Place {
    let place = error.location().map_or(Place::START, |location| Place {
        line: usize::try_from(location.line()).unwrap_or(1),
        column: usize::try_from(location.column()).unwrap_or(1),
    });
    below_fence(place)
}

fn parse_toml<T: DeserializeOwned>(block: &str) -> Result<T, Fault> {
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

/// Place in the file: the block begins below its fence.
fn below_fence(place: Place) -> Place {
    Place { line: place.line + 1, ..place }
}

#[cfg(test)]
mod tests;
