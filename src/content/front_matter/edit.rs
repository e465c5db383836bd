//! Changes one value of the front matter as text. Everything else stays as it is: order, comments, quotes, unknown keys,
//! line ends. Each change is checked: the result is parsed, and no other value may differ.

use std::ops::Range;

use granit_parser::{Event, Parser};
use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::{FrontMatter, Values, fence, fence::Head, keys, parse, parse_toml, parse_yaml, values};

/// Text of a Markdown file, and the values of its front matter.
#[derive(Clone, Debug, Default)]
pub struct FrontMatterText {
    text: String,
    is_stretch: bool,
    values: FrontMatter,
}

/// New value of a key.
#[derive(Clone, Copy, Debug)]
pub enum NewValue<'a> {
    Text(&'a str),
    Date(&'a str),
    Flag(bool),
    List(&'a [String]),
}

/// Reason why front matter was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("line {line}: {what}. {mend}")]
    Unreadable { line: usize, what: String, mend: String },
    #[error("{0} is written in a way that cannot be changed as a field. Change it in the text of the front matter")]
    Key(String),
}

/// A key at the top level, as it is written. Ranges are bytes of the block.
#[derive(Debug)]
struct Written {
    key: String,
    start: usize,
    value: Range<usize>,
    /// Single values of a list.
    items: Vec<Range<usize>>,
    is_table: bool,
}

/// Words that other programs read as a boolean or as nothing.
const NO_TEXT: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];

impl FrontMatterText {
    /// # Errors
    /// The front matter cannot be read.
    pub fn new(text: String, is_stretch: bool) -> Result<Self, Unfit> {
        match parse(&text, is_stretch) {
            Ok(parsed) => Ok(Self { text, is_stretch, values: parsed.front_matter }),
            Err(fault) => Err(Unfit::Unreadable { line: fault.place.line, what: fault.what, mend: fault.mend }),
        }
    }

    pub fn values(&self) -> &FrontMatter {
        &self.values
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The Markdown below the front matter.
    pub fn body(&self) -> &str {
        &self.text[self.body_start()..]
    }

    pub fn set_body(&mut self, body: &str) {
        self.text.replace_range(self.body_start().., body);
    }

    fn body_start(&self) -> usize {
        parse(&self.text, self.is_stretch).map_or(0, |parsed| parsed.body_start)
    }

    /// Sets a key by its name in the documents. The spelling in the file stays.
    ///
    /// # Errors
    /// The value is written in a way that cannot be changed without changing others. Then the text is as it was.
    pub fn set(&mut self, name: &str, value: NewValue) -> Result<(), Unfit> {
        let with_block = self.with_block();
        let Some((head, entries)) = entries(&with_block) else { return Err(Unfit::Key(name.to_owned())) };
        let key = self.spelling(&entries, name).to_owned();
        let newline = newline(&with_block);
        let found = entries.iter().find(|entry| entry.key == key);
        for encode in [Encoding::Natural, Encoding::Quoted] {
            let (range, new) = match found {
                Some(entry) => replacement(&head, entry, value, encode, newline),
                None => addition(&head, &entries, &key, value, encode, newline),
            };
            if self.take(&with_block, &head, range, &new, &key, Some(value)) {
                return Ok(());
            }
        }
        Err(Unfit::Key(name.to_owned()))
    }

    /// Removes a key and its value.
    ///
    /// # Errors
    /// It cannot be removed without changing others.
    pub fn remove(&mut self, name: &str) -> Result<(), Unfit> {
        let text = self.text.clone();
        let Some((head, entries)) = entries(&text) else { return Ok(()) };
        let key = self.spelling(&entries, name).to_owned();
        let Some(entry) = entries.iter().find(|entry| entry.key == key) else { return Ok(()) };
        let range = line_start(head.block, entry.start)..line_end(head.block, entry.value.end);
        let is_taken = self.take(&text, &head, range, "", &key, None);
        if is_taken { Ok(()) } else { Err(Unfit::Key(name.to_owned())) }
    }

    /// Makes the text a draft, or publishes it.
    ///
    /// # Errors
    /// See [`Self::set`].
    pub fn set_draft(&mut self, is_draft: bool) -> Result<(), Unfit> {
        if self.values.is_draft() == is_draft {
            return Ok(());
        }
        if self.values.flag("published") == Some(false) {
            self.set("published", NewValue::Flag(true))?;
        }
        if self.values.is_draft() == is_draft { Ok(()) } else { self.set("draft", NewValue::Flag(is_draft)) }
    }

    /// The text, with empty front matter if it has none.
    fn with_block(&self) -> String {
        if !matches!(fence::find(&self.text), Ok(None)) {
            return self.text.clone();
        }
        let (start, newline) = (self.body_start(), newline(&self.text));
        let gap = if self.text[start..].trim().is_empty() { "" } else { newline };
        let fences = format!("---{newline}---{newline}{gap}");
        [&self.text[..start], &fences, &self.text[start..]].concat()
    }

    /// Key of a name as it is written in the file: the one that counts, or one without a value, or the name.
    fn spelling<'a>(&self, entries: &'a [Written], name: &'a str) -> &'a str {
        let known = keys::find(name, true).filter(|(key, _)| key.spellings.first() == Some(&name));
        let counts = known.and_then(|_| self.values.find(name)).map(|(spelling, _)| spelling);
        let all = known.map_or_else(|| vec![name], |(key, _)| key.spellings.clone());
        let written = |spelling: &str| {
            let exact = entries.iter().find(|entry| entry.key == spelling);
            exact.or_else(|| entries.iter().find(|entry| entry.key.eq_ignore_ascii_case(spelling)))
        };
        counts.into_iter().chain(all).find_map(written).map_or(name, |entry| &entry.key)
    }

    /// Takes over a change if it changes this key and nothing else.
    fn take(
        &mut self,
        text: &str,
        head: &Head,
        range: Range<usize>,
        new: &str,
        key: &str,
        value: Option<NewValue>,
    ) -> bool {
        let start = head.block_start;
        let changed = [&text[..start + range.start], new, &text[start + range.end..]].concat();
        let (Some(before), Some(after)) = (values_of(head), fence::find(&changed).ok().flatten()) else { return false };
        let is_same_block =
            changed.len() - after.body_start == text.len() - head.body_start && after.block_start == start;
        let Some(mut values) = values_of(&after).filter(|_| is_same_block) else { return false };
        let is_right = match (value, values.remove(key)) {
            (None, None) => true,
            (Some(value), Some(new)) => value.is(&new),
            _ => false,
        };
        let others: Values = before.into_iter().filter(|(other, _)| other != key).collect();
        let Ok(parsed) = parse(&changed, self.is_stretch) else { return false };
        if is_right && others == values {
            (self.text, self.values) = (changed, parsed.front_matter);
            return true;
        }
        false
    }
}

/// Way to write a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// As the present value is written, or without quotes.
    Natural,
    /// In double quotes.
    Quoted,
}

impl NewValue<'_> {
    fn is(self, value: &Value) -> bool {
        match self {
            Self::Text(text) => value.as_str() == Some(text),
            Self::Date(date) => values::text(value).as_deref() == Some(date.trim()),
            Self::Flag(flag) => *value == Value::Bool(flag),
            Self::List(texts) => *value == Value::from(texts),
        }
    }

    /// The value as text; `before` is the present one.
    fn written(self, before: &str, is_toml: bool, encoding: Encoding) -> String {
        match self {
            Self::Text(text) => quoted(text, before, is_toml || !is_plain(text), encoding),
            Self::Date(date) => quoted(date, before, false, encoding),
            Self::Flag(flag) => flag.to_string(),
            Self::List(texts) => {
                let inner = before.trim_start_matches('[').trim_start();
                let items: Vec<String> = texts
                    .iter()
                    .map(|text| quoted(text, inner, is_toml || !is_plain(text) || has_flow_sign(text), encoding))
                    .collect();
                format!("[{}]", items.join(", "))
            }
        }
    }
}

/// A text in the quotes of the present value. Strings of JSON are strings of YAML and TOML as well.
fn quoted(text: &str, before: &str, needs_quotes: bool, encoding: Encoding) -> String {
    match before.chars().next() {
        Some('\'') if encoding == Encoding::Natural && !text.contains(['\'', '\n', '\r']) => format!("'{text}'"),
        Some('"' | '\'') => Value::from(text).to_string(),
        _ if needs_quotes || encoding == Encoding::Quoted => Value::from(text).to_string(),
        _ => text.to_owned(),
    }
}

/// True if a text means itself in YAML without quotes, also for other programs.
fn is_plain(text: &str) -> bool {
    let first = text.chars().next().unwrap_or(' ');
    let is_no_number = first.is_alphabetic() || first.is_numeric() && text.contains(' ') && !text.contains(':');
    let has_sign = text.contains(": ") || text.contains(" #") || text.contains(char::is_control);
    is_no_number
        && !has_sign
        && !text.ends_with([':', ' '])
        && !NO_TEXT.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// True if a text has a sign that ends an item of a list in brackets.
fn has_flow_sign(text: &str) -> bool {
    text.contains([',', '[', ']', '{', '}'])
}

/// Range of a present value, and what comes there.
fn replacement(
    head: &Head,
    entry: &Written,
    value: NewValue,
    encoding: Encoding,
    newline: &str,
) -> (Range<usize>, String) {
    let block = head.block;
    let before = &block[entry.value.clone()];
    if let NewValue::List(texts) = value
        && before.starts_with('-')
        && !texts.is_empty()
        && let Some(last) = entry.items.last()
    {
        let start = entry.value.start;
        let lead = format!("{newline}{}- ", &block[line_start(block, start)..start]);
        let old = entry.items.iter().map(|item| &block[item.clone()]);
        let new = |text: &String| quoted(text, before[1..].trim_start(), !is_plain(text), encoding);
        let new: Vec<String> = texts.iter().map(new).collect();
        // Items at the start that stay keep their lines.
        let same = old.zip(&new).take_while(|(old, new)| old == new).count();
        let added = new[same..].join(&lead);
        return match entry.items.get(same) {
            Some(item) if same < new.len() => (item.start..last.end, added),
            Some(_) => (entry.items[same - 1].end..last.end, String::new()),
            None => (last.end..last.end, if added.is_empty() { added } else { format!("{lead}{added}") }),
        };
    }
    let space = if before.is_empty() && !head.is_toml { " " } else { "" };
    (entry.value.clone(), format!("{space}{}", value.written(before, head.is_toml, encoding)))
}

/// Place of a new key, and its line. The title comes first, other keys last, but above the tables of TOML.
fn addition(
    head: &Head,
    entries: &[Written],
    key: &str,
    value: NewValue,
    encoding: Encoding,
    newline: &str,
) -> (Range<usize>, String) {
    let block = head.block;
    let first = entries.iter().map(|entry| line_start(block, entry.start)).min();
    let first_table = entries.iter().filter(|entry| head.is_toml && entry.is_table).map(|entry| entry.start).min();
    let above = &block[..first_table.map_or(block.len(), |start| line_start(block, start))];
    // A comment above a table belongs to it.
    let mut above = above.trim_end();
    while first_table.is_some() && above.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with('#')) {
        above = above[..above.rfind('\n').unwrap_or_default()].trim_end();
    }
    let at = match first {
        Some(first) if key == "title" => first,
        _ if above.is_empty() => 0,
        _ => line_end(block, above.len()),
    };
    let indent = entries.first().map_or("", |entry| &block[line_start(block, entry.start)..entry.start]);
    let indent = if head.is_toml { "" } else { indent };
    let sign = if head.is_toml { " = " } else { ": " };
    (at..at, format!("{indent}{key}{sign}{}{newline}", value.written("", head.is_toml, encoding)))
}

/// Start of the line with this byte.
fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Start of the next line.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

fn newline(text: &str) -> &'static str {
    let is_windows = text.find('\n').is_some_and(|at| text[..at].ends_with('\r'));
    if is_windows { "\r\n" } else { "\n" }
}

fn values_of(head: &Head) -> Option<Values> {
    if head.is_toml { parse_toml(head.block).ok() } else { parse_yaml(head.block).ok().map(|(values, _)| values) }
}

/// The block, and its keys as they are written.
fn entries(text: &str) -> Option<(Head<'_>, Vec<Written>)> {
    let head = fence::find(text).ok()??;
    let entries = if head.is_toml { toml_entries(head.block)? } else { yaml_entries(head.block) };
    Some((head, entries))
}

fn toml_entries(block: &str) -> Option<Vec<Written>> {
    let table = DeTable::parse(block).ok()?;
    let entry = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue>)| {
        let key: (&std::borrow::Cow<str>, Range<usize>) = (key.get_ref(), key.span());
        let is_table = block[line_start(block, key.1.start)..].trim_start().starts_with('[');
        Written { key: key.0.to_string(), start: key.1.start, value: value.span(), items: Vec::new(), is_table }
    };
    Some(table.get_ref().iter().map(entry).collect())
}

fn yaml_entries(block: &str) -> Vec<Written> {
    let mut entries: Vec<Written> = Vec::new();
    let (mut depth, mut is_key, mut is_list) = (0, true, false);
    for (event, span) in Parser::new_from_str(block).map_while(Result::ok) {
        let Some(range) = span.byte_range() else { break };
        let end = block[..range.end].trim_end().len().max(range.start);
        let last = entries.last_mut();
        match (event, last) {
            (Event::Scalar(key, ..), _) if depth == 1 && is_key => {
                let colon = block[range.end..].find(':').map_or(range.end, |at| range.end + at + 1);
                let value = colon..colon;
                let key = key.into_owned();
                entries.push(Written { key, start: range.start, value, items: Vec::new(), is_table: false });
                is_key = false;
            }
            (Event::Scalar(..) | Event::Alias(_), Some(entry)) => {
                entry.extend(block, range.start, end);
                if depth == 1 {
                    is_key = true;
                } else if depth == 2 && is_list {
                    entry.items.push(range.start..end);
                }
            }
            (event @ (Event::SequenceStart(..) | Event::MappingStart(..)), last) => {
                if depth == 1 {
                    is_list = matches!(event, Event::SequenceStart(..));
                }
                if let Some(entry) = last {
                    entry.extend(block, range.start, range.start);
                }
                depth += 1;
            }
            (Event::SequenceEnd | Event::MappingEnd, last) => {
                depth -= 1;
                is_key = is_key || depth == 1;
                // Lists in lines have no sign at their end.
                if let Some(entry) = last.filter(|_| !range.is_empty()) {
                    entry.extend(block, range.start, end);
                }
            }
            _ => {}
        }
    }
    entries
}

impl Written {
    /// Extends the value to a part of it. It begins behind the colon, with its tag or the sign of a text in lines, but
    /// below a comment.
    fn extend(&mut self, block: &str, start: usize, end: usize) {
        if self.value.is_empty() && end > self.value.start {
            let gap = &block[self.value.start..start.max(self.value.start)];
            let behind = self.value.start + (gap.len() - gap.trim_start().len());
            let is_comment = block[behind..].starts_with('#');
            self.value.start = if is_comment || behind > start { start } else { behind };
            self.value.end = self.value.start;
        }
        self.value.end = self.value.end.max(end);
    }
}

#[cfg(test)]
mod tests;
