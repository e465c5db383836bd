//! Front matter: the block at the head of a Markdown file, in YAML (`---`) or TOML (`+++`).
//!
//! `keys` has the table of known keys. Unknown keys get a warning. Values are typed here; `loader` decides what they
//! mean.

mod edit;
mod fence;
mod keys;
mod values;

use std::collections::{BTreeMap, HashMap};

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, Error, UserMessageFormatter};

use super::dialects;
use crate::domain::{
    problem::{Place, nearest},
    words::shorten,
};
pub use edit::{FrontMatterText, NewValue, Unfit};
use fence::Head;
use keys::Key;
pub use values::{CommentsFlag, RawDate, day_in};

/// Front matter of a file: the values of known keys, by the spelling that was used.
#[derive(Clone, Debug, Default)]
pub struct FrontMatter {
    values: BTreeMap<&'static str, Value>,
}

impl FrontMatter {
    /// First spelling of a key that is filled in, and its value.
    fn find(&self, name: &str) -> Option<(&'static str, &Value)> {
        let key = keys::of_kind(true).find(|key| key.spellings.first() == Some(&name));
        debug_assert!(key.is_some(), "{name} is in the table");
        let Key { spellings, form, .. } = key?;
        let value = |spelling: &&'static str| self.values.get(spelling).map(|value| (*spelling, value));
        spellings.iter().filter_map(value).find(|(_, value)| form.is_filled(value))
    }

    /// Text of a key, and the spelling of the key.
    pub fn written(&self, name: &str) -> Option<(&'static str, String)> {
        let (spelling, value) = self.find(name)?;
        Some((spelling, values::text(value)?))
    }

    pub fn text(&self, name: &str) -> Option<String> {
        self.written(name).map(|(_, text)| text)
    }

    /// Text of a key for readers, with its character references resolved: Jekyll and others write it into HTML.
    pub fn sentence(&self, name: &str) -> Option<String> {
        self.text(name).map(values::resolved)
    }

    pub fn texts(&self, name: &str) -> Vec<String> {
        self.find(name).map(|(_, value)| values::texts(value)).unwrap_or_default()
    }

    pub fn number(&self, name: &str) -> Option<u32> {
        self.text(name)?.parse().ok()
    }

    /// Value that is one of a few words.
    pub fn choice<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(Value::String(self.text(name)?)).ok()
    }

    /// Date of a key, and the spelling of the key.
    pub fn date(&self, name: &str) -> Option<(&'static str, RawDate)> {
        let (spelling, text) = self.written(name)?;
        text.parse::<bool>().is_err().then_some((spelling, RawDate(text)))
    }

    pub fn is_draft(&self) -> bool {
        self.flag("draft") == Some(true) || self.flag("published") == Some(false)
    }

    pub fn is_featured(&self) -> bool {
        self.flag("featured") == Some(true)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        values::flag(self.find(name)?.1)
    }

    pub fn comments(&self) -> CommentsFlag {
        self.find("comments").and_then(|(_, value)| values::comments(value)).unwrap_or_default()
    }

    /// Name of the picture, and the spelling of its key.
    pub fn image(&self) -> Option<(&'static str, String)> {
        self.find("image").map(|(spelling, value)| (spelling, values::picture(value)))
    }

    pub fn aliases(&self) -> Vec<String> {
        ["aliases", "redirect_from"].iter().filter_map(|key| self.values.get(key)).flat_map(values::texts).collect()
    }

    /// Names of all tags and categories, each with its key. With `at_blanks`, `tags: a b` are two tags.
    pub fn tags(&self, at_blanks: bool) -> Vec<(&'static str, String)> {
        let mut tags = Vec::new();
        let mut add = |key, names: Vec<String>| tags.extend(names.into_iter().map(|name| (key, name)));
        let taxonomies = self.values.get("taxonomies");
        for (plural, single) in [("tags", "tag"), ("categories", "category")] {
            add(plural, self.values.get(plural).map(|value| values::split_texts(value, at_blanks)).unwrap_or_default());
            add(single, self.values.get(single).map(values::texts).unwrap_or_default());
        }
        for key in ["tags", "categories"] {
            add(key, taxonomies.and_then(|all| all.get(key)).map(values::texts).unwrap_or_default());
        }
        tags
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

impl Fault {
    fn new(place: Place, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { place, what: what.into(), mend: mend.into() }
    }

    /// The fault so many lines further down.
    fn below(mut self, lines: usize) -> Self {
        self.place.line += lines;
        self
    }
}

/// Most unknown keys that are reported for a file; with more it is hardly front matter.
const MOST_UNKNOWN: usize = 50;
/// Longest front matter, in bytes. Real ones have some hundred; parsers need seconds for a megabyte.
const LONGEST: usize = 256 * 1024;
/// Characters of a wrong value that a message shows.
const SHOWN: usize = 60;

/// Reads the front matter of a file. A file without any is all Markdown.
///
/// # Errors
/// The block does not begin or does not end, is not YAML or TOML, or a value is of the wrong kind.
pub fn parse(text: &str, is_stretch: bool) -> Result<Parsed, Fault> {
    let Some(head) = fence::find(text)? else {
        let body_start = text.len() - text.trim_start_matches('\u{feff}').len();
        return Ok(Parsed { body_start, ..Parsed::default() });
    };
    let mut parsed = Parsed { body_start: head.body_start, ..Parsed::default() };
    parsed.read(&head, is_stretch).map_err(|fault| fault.below(head.lines_above))?;
    for fault in parsed.warnings.iter_mut().chain(&mut parsed.unknown_keys) {
        fault.place.line += head.lines_above;
    }
    Ok(parsed)
}

impl Parsed {
    /// Reads the keys of a block. Places are counted from its fence.
    fn read(&mut self, head: &Head, is_stretch: bool) -> Result<(), Fault> {
        if head.block.len() > LONGEST {
            let what = format!("the front matter is longer than {} KB", LONGEST / 1024);
            return Err(Fault::new(Place::START, what, "Keep a few lines there, and move the rest into the text."));
        }
        let (values, twice) = if head.is_toml { (parse_toml(head.block)?, None) } else { parse_yaml(head.block)? };
        self.warnings.extend(twice);
        let lines = lines_of_keys(head.block);
        for (key, value) in values {
            let place = Place { line: lines.get(key.as_str()).copied().unwrap_or(2), column: 1 };
            // Hugo reads `Title:` as `title:`.
            match keys::find(&key.to_ascii_lowercase(), is_stretch) {
                Some((Key { form, expected, .. }, _)) if !form.fits(&value) => {
                    let language = if head.is_toml { "TOML" } else { "YAML" };
                    let value = shorten(&value.to_string(), SHOWN);
                    let what =
                        format!("the {language} front matter cannot be read: {key} is {value}, expected {expected}");
                    return Err(Fault::new(place, what, "Write a value of that kind, or remove the line."));
                }
                Some((_, spelling)) if spelling == key => drop(self.front_matter.values.insert(spelling, value)),
                Some((_, spelling)) => drop(self.front_matter.values.entry(spelling).or_insert(value)),
                None if is_silent(&key) || self.unknown_keys.len() == MOST_UNKNOWN => {}
                None => self.unknown_keys.push(unknown_key(head.is_toml, place, &key)),
            }
        }
        Ok(())
    }
}

/// True if a key that is not ours causes no warning.
fn is_silent(key: &str) -> bool {
    keys::find(key, true).is_some_and(|(key, _)| key.is_of_stretches) || dialects::has_key(key)
}

/// Line of each key and each table, counted from the fence.
fn lines_of_keys(block: &str) -> HashMap<&str, usize> {
    let mut lines = HashMap::new();
    for (at, line) in block.lines().enumerate() {
        let key = line.trim_start_matches([' ', '\t', '[']).split([':', '=', ']']).next().unwrap_or_default();
        lines.entry(key.trim().trim_matches('"')).or_insert(at + 2);
    }
    lines
}

fn unknown_key(is_toml: bool, place: Place, key: &str) -> Fault {
    let mend = match nearest(key, keys::of_kind(true).flat_map(|key| key.spellings.iter().copied())) {
        Some(meant) => format!("Did you mean {meant}?"),
        None => {
            let extra = if is_toml { "[extra]" } else { "extra:" };
            format!("It has no effect. Move it below {extra} to have no warning.")
        }
    };
    Fault::new(place, format!("the key {key} is not known"), mend)
}

type Values = BTreeMap<String, Value>;

/// Reads YAML: the values, and a warning if a key is there twice.
fn parse_yaml(block: &str) -> Result<(Values, Option<Fault>), Fault> {
    if block.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok((Values::new(), None));
    }
    let block = &as_written(block);
    // YAML 1.2 has two booleans (10.3.2); `no` and `on` are words.
    let error = match serde_saphyr::from_str_with_options(block, serde_saphyr::options! { strict_booleans: true }) {
        Ok(values) => return Ok((values, None)),
        Err(error) => error,
    };
    // YAML 1.2 forbids it (3.2.1.3), but it hides no post.
    if let Error::DuplicateMappingKey { key, .. } = error.without_snippet() {
        let first_wins =
            serde_saphyr::options! { strict_booleans: true, duplicate_keys: DuplicateKeyPolicy::FirstWins };
        if let Ok(values) = serde_saphyr::from_str_with_options(block, first_wins) {
            let what =
                format!("the key {} is here again, and the first one counts", key.as_deref().unwrap_or_default());
            return Ok((values, Some(Fault::new(place_of(&error), what, "Take one of them away."))));
        }
    }
    let (said, mend) = explained(error.without_snippet());
    Err(Fault::new(place_of(&error), format!("the YAML front matter cannot be read: {said}"), mend))
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
    // The message does not contain the place, which is reported separately.
    let said = error.render_with_formatter(&UserMessageFormatter);
    let said = said.split(" at line ").next().unwrap_or_default().to_owned();
    if ["recursion limit", "too large or too complex"].iter().any(|words| said.contains(words)) {
        let said = "it is nested too deeply, or repeats itself too often".to_owned();
        return (said, "Write its values out in a few lines.");
    }
    (said, "Values with a colon or a quote in them stand in quotes, lists in [brackets].")
}

fn place_of(error: &Error) -> Place {
    let place = error.location().map_or(Place::START, |location| Place {
        line: usize::try_from(location.line()).unwrap_or(1),
        column: usize::try_from(location.column()).unwrap_or(1),
    });
    below_fence(place)
}

fn parse_toml(block: &str) -> Result<Values, Fault> {
    toml::from_str(block).map_err(|error| {
        let place = error.span().map_or(Place::START, |span| Place::of_byte(block, span.start));
        let what = format!("the TOML front matter cannot be read: {}", error.message().replace('\n', " "));
        Fault::new(below_fence(place), what, "Texts stand in quotes, lists in [brackets], dates alone.")
    })
}

/// Place in the file: the block begins below its fence.
fn below_fence(place: Place) -> Place {
    Place { line: place.line + 1, ..place }
}

#[cfg(test)]
mod tests;
