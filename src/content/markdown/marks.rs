//! Inserts marks into a text before it is parsed, where pulldown-cmark would misread what authors mean.
//!
//! A mark is a character that counts as punctuation; it is removed from the parsed text. It prevents two errors:
//! - `:) But` below a paragraph would be a definition, but a definition needs white space after the colon.
//! - `**「字」**字` would show its asterisks: with punctuation inside and a letter outside, they cannot end an emphasis
//!   (CommonMark 6.2). In languages without spaces between words, an author cannot add one.

use std::borrow::Cow;

use pulldown_cmark::{CowStr, Event, Tag};

use crate::content::syntax::edited::Edited;

/// OBJECT REPLACEMENT CHARACTER: a symbol (So) that no author types.
const MARK: char = '\u{FFFC}';

/// Returns the text with its marks.
pub(super) fn insert(markdown: &str) -> Edited<'_> {
    let mut places = no_definitions(markdown);
    places.extend(emphasis_without_spaces(markdown));
    places.sort_unstable();
    let marks = places.into_iter().map(|place| (place..place, MARK.to_string())).collect();
    Edited::new(markdown, marks, Vec::new())
}

/// Returns the event without marks.
pub(super) fn removed(mut event: Event<'_>) -> Event<'_> {
    match &mut event {
        Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => remove(text),
        Event::Start(Tag::Link { dest_url, title, .. } | Tag::Image { dest_url, title, .. }) => {
            remove(dest_url);
            remove(title);
        }
        _ => {}
    }
    event
}

fn remove(text: &mut CowStr) {
    if text.contains(MARK) {
        *text = text.replace(MARK, "").into();
    }
}

/// Returns the author's text for a part of the marked text.
pub(super) fn unmarked(text: &str) -> Cow<'_, str> {
    if text.contains(MARK) { Cow::Owned(text.replace(MARK, "")) } else { Cow::Borrowed(text) }
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
        if is_punctuation(before) && after.is_alphanumeric() {
            places.push(end);
        } else if before.is_alphanumeric() && is_punctuation(after) {
            places.push(start);
        }
    }
    places
}

fn is_punctuation(c: char) -> bool {
    !c.is_whitespace() && !c.is_alphanumeric()
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
