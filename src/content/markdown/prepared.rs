//! Inserts marks into a text before it is parsed, where pulldown-cmark would not read what authors mean.
//!
//! A mark is a character that counts as punctuation; it is removed from the parsed text. It prevents two errors:
//! - `:) But` below a paragraph would be a definition, but a definition needs white space after the colon.
//! - `**「字」**字` would show its asterisks: with punctuation inside and a letter outside, they cannot end an emphasis
//!   (CommonMark 6.2). In languages without spaces between words, an author cannot add one.

use std::{borrow::Cow, ops::Range};

use pulldown_cmark::{CowStr, Event, Tag};

/// OBJECT REPLACEMENT CHARACTER: a symbol (So) that no author types.
const MARK: char = '\u{FFFC}';

/// A text with marks.
pub(super) struct Prepared<'a> {
    pub text: Cow<'a, str>,
    /// Positions of the marks, in order.
    marks: Vec<usize>,
}

impl<'a> Prepared<'a> {
    pub fn new(markdown: &'a str) -> Self {
        let mut places = no_definitions(markdown);
        places.extend(emphasis_without_spaces(markdown));
        places.sort_unstable();
        if places.is_empty() {
            return Self { text: Cow::Borrowed(markdown), marks: places };
        }
        let mut text = String::with_capacity(markdown.len() + places.len() * MARK.len_utf8());
        let mut copied = 0;
        let mut marks = Vec::with_capacity(places.len());
        for place in places {
            text.push_str(&markdown[copied..place]);
            copied = place;
            marks.push(text.len());
            text.push(MARK);
        }
        text.push_str(&markdown[copied..]);
        Self { text: Cow::Owned(text), marks }
    }

    /// Position in the author's text for a position in this text.
    pub fn origin(&self, at: usize) -> usize {
        at - self.marks.partition_point(|mark| *mark < at) * MARK.len_utf8()
    }

    /// The event without marks.
    pub fn cleaned<'e>(&self, event: Event<'e>) -> Event<'e> {
        if self.marks.is_empty() {
            return event;
        }
        match event {
            Event::Text(text) => Event::Text(without(text)),
            Event::Code(text) => Event::Code(without(text)),
            Event::Html(html) => Event::Html(without(html)),
            Event::InlineHtml(html) => Event::InlineHtml(without(html)),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                Event::Start(Tag::Link { link_type, dest_url: without(dest_url), title: without(title), id })
            }
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                Event::Start(Tag::Image { link_type, dest_url: without(dest_url), title: without(title), id })
            }
            other => other,
        }
    }
}

/// The author's text for a part of the marked text.
pub(super) fn unmarked(text: &str) -> Cow<'_, str> {
    if text.contains(MARK) { Cow::Owned(text.replace(MARK, "")) } else { Cow::Borrowed(text) }
}

fn without(text: CowStr<'_>) -> CowStr<'_> {
    if text.contains(MARK) { text.replace(MARK, "").into() } else { text }
}

/// Positions of colons that begin a line but no definition.
fn no_definitions(markdown: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let (mut at, mut above) = (0, "");
    for line in markdown.split_inclusive('\n') {
        let text = line.trim_start_matches([' ', '\t', '>']);
        let is_word = text.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| !c.is_whitespace()));
        if is_word && !is_row_of_alignments(text, above) {
            places.push(at + line.len() - text.len());
        }
        at += line.len();
        above = line;
    }
    places
}

/// True for the second line of a table, such as `:--|--:`.
fn is_row_of_alignments(line: &str, above: &str) -> bool {
    let is_row = line.contains('-') && line.trim_end().chars().all(|c| matches!(c, ':' | '-' | '|' | ' ' | '\t'));
    is_row && (line.contains("--") || above.contains('|'))
}

/// Positions at runs of `*` and `~` where CommonMark's rule is changed for Chinese, Japanese and Korean, as in other
/// processors (markdown-cjk-friendly): next to one of their characters, punctuation counts as a letter.
fn emphasis_without_spaces(markdown: &str) -> Vec<usize> {
    if !markdown.contains(is_cjk) {
        return Vec::new();
    }
    let mut places = Vec::new();
    let mut end = 0;
    for (start, sign) in markdown.match_indices(['*', '~']) {
        if start < end {
            continue;
        }
        end = start + markdown[start..].bytes().take_while(|byte| [*byte] == *sign.as_bytes()).count();
        let (before, after) = (markdown[..start].chars().next_back(), markdown[end..].chars().next());
        let (Some(before), Some(after)) = (before, after) else { continue };
        if !is_cjk(before) && !is_cjk(after) {
            continue;
        }
        match (kind(before), kind(after)) {
            (Kind::Punctuation, Kind::Letter) => places.push(end),
            (Kind::Letter, Kind::Punctuation) => places.push(start),
            _ => {}
        }
    }
    places
}

#[derive(PartialEq, Eq)]
enum Kind {
    Space,
    Punctuation,
    Letter,
}

fn kind(c: char) -> Kind {
    match c {
        c if c.is_whitespace() => Kind::Space,
        c if c.is_alphanumeric() => Kind::Letter,
        _ => Kind::Punctuation,
    }
}

/// True for characters and punctuation of Chinese, Japanese and Korean.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(
        c,
        '\u{1100}'..='\u{11FF}'
            | '\u{2E80}'..='\u{A4CF}'
            | '\u{A960}'..='\u{A97F}'
            | '\u{AC00}'..='\u{D7FF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{FE30}'..='\u{FE4F}'
            | '\u{FF00}'..='\u{FFEF}'
            | '\u{1B000}'..='\u{1B2FF}'
            | '\u{20000}'..='\u{3FFFF}'
    )
}

/// Writes such end tags in lower case, same length; `None` if there are none. HTML blocks that begin with `<PRE>` end
/// at `</PRE>` (CommonMark 4.6), but pulldown-cmark only finds lower case.
pub(super) fn with_small_ends(text: &str, events: &super::Events) -> Option<String> {
    let ends: Vec<usize> =
        text.match_indices("</").filter(|(at, _)| is_end_in_capitals(&text[at + 2..])).map(|(at, _)| at).collect();
    let is_concerned = |event: &Event, range: &Range<usize>| {
        let next = ends.get(ends.partition_point(|end| *end < range.start));
        matches!(event, Event::Start(Tag::HtmlBlock))
            && next.is_some_and(|end| *end < range.end)
            && ENDED_BY_TAG.iter().any(|name| is_name(text[range.start..].trim_start().get(1..), name))
    };
    let first = events.iter().find(|(event, range)| is_concerned(event, range))?.1.start;
    let mut bytes = text.as_bytes().to_vec();
    for end in ends.into_iter().filter(|end| *end > first) {
        let name = bytes[end..].iter().take_while(|byte| **byte != b'>').count();
        bytes[end..end + name].make_ascii_lowercase();
    }
    String::from_utf8(bytes).ok()
}

/// Elements whose HTML block ends only at an end tag.
const ENDED_BY_TAG: [&str; 4] = ["pre", "script", "style", "textarea"];

fn is_name(text: Option<&str>, name: &str) -> bool {
    text.and_then(|text| text.get(..name.len())).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

fn is_end_in_capitals(text: &str) -> bool {
    let is_it = |name: &&&str| is_name(Some(text), name) && !text.starts_with(**name);
    ENDED_BY_TAG.iter().find(is_it).is_some_and(|name| text[name.len()..].starts_with('>'))
}
