//! Inserts marks into a text before it is parsed, where pulldown-cmark would misread what authors mean.
//!
//! A mark is a character that counts as punctuation; it is removed from the parsed text. It prevents three errors:
//! - `:) But` below a paragraph would be a definition, but a definition needs white space after the colon.
//! - `## Rust {version}` would lose its last word: pulldown-cmark takes any words in braces for attributes.
//! - `**「字」**字` would show its asterisks: with punctuation inside and a letter outside, they cannot end an emphasis
//!   (CommonMark 6.2). In languages without spaces between words, an author cannot add one.

use std::borrow::Cow;

use pulldown_cmark::{CowStr, Event, Tag};

use super::edited::Edited;
use crate::domain::characters::is_foreign_break;

/// OBJECT REPLACEMENT CHARACTER: a symbol (So) that no author types.
pub(in crate::content) const MARK: char = '\u{FFFC}';

/// Returns the text with its marks.
pub(in crate::content) fn insert(markdown: &str) -> Edited<'_> {
    let mut places = marks_in_lines(markdown);
    places.extend(emphasis_without_spaces(markdown));
    places.sort_unstable();
    let marks = places.into_iter().map(|place| (place..place, MARK.to_string())).collect();
    Edited::new(markdown, marks, Vec::new())
}

/// Returns the event without marks.
pub(in crate::content) fn removed(mut event: Event<'_>) -> Event<'_> {
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
pub(in crate::content) fn unmarked(text: &str) -> Cow<'_, str> {
    if text.contains(MARK) { Cow::Owned(text.replace(MARK, "")) } else { Cow::Borrowed(text) }
}

/// Positions of colons that begin a line but no definition, and of braces that end a heading but no attributes.
fn marks_in_lines(markdown: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let (mut at, mut above) = (0, "");
    for line in markdown.split_inclusive('\n') {
        let text = line.trim_start_matches([' ', '\t', '>']);
        let is_word = text.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| !c.is_whitespace()));
        if is_word && !is_row_of_alignments(text, above) {
            places.push(at + line.len() - text.len());
        }
        // A heading begins with `#`, or has a line of `=` or `-` below it.
        if line.contains('#') && ends_in_braces(line) {
            places.push(at + line.trim_end().len());
        } else if text.starts_with(['=', '-']) && !above.contains('#') && ends_in_braces(above) {
            places.push(at - above.len() + above.trim_end().len());
        }
        at += line.len();
        above = line;
    }
    places
}

/// True if the last words of a line stand in braces and are no attributes: not all are `#id`, `.class` or `key=value`.
fn ends_in_braces(line: &str) -> bool {
    let inner = line.trim_end().strip_suffix('}').and_then(|rest| rest.rsplit_once('{'));
    let Some((_, inner)) = inner else { return false };
    // A list in kramdown's form is never text, also with a mistake in it: `{: # id }`. A map of Clojure is: `{:a 1}`.
    if inner.strip_prefix(':').is_some_and(|list| list.starts_with([' ', '#', '.'])) {
        return false;
    }
    // Quoted values may contain blanks.
    let unquoted: String = inner.split(['"', '\'']).step_by(2).collect();
    let is_name = |word: &str| word.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
    let is_attribute = |word: &str| match word.strip_prefix(['#', '.']) {
        Some(name) => is_name(name),
        None => is_name(word) && word.contains('='),
    };
    unquoted.trim().is_empty() || !unquoted.split_whitespace().all(is_attribute)
}

/// True for the second line of a table, such as `:--|--:`.
fn is_row_of_alignments(line: &str, above: &str) -> bool {
    let is_row = line.contains('-') && line.trim_end().chars().all(|c| matches!(c, ':' | '-' | '|' | ' ' | '\t'));
    is_row && (line.contains("--") || above.contains('|'))
}

/// Positions at runs of `*` and `~` where CommonMark's rule is changed. Next to a character of Chinese, Japanese or Korean,
/// punctuation counts as a letter, as in other processors (markdown-cjk-friendly). In any script, `**Note:**text` ends an
/// emphasis, as in kramdown.
fn emphasis_without_spaces(markdown: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let mut end = 0;
    for (start, sign) in markdown.match_indices(['*', '~']) {
        if start < end {
            continue;
        }
        end = start + markdown[start..].bytes().take_while(|byte| [*byte] == *sign.as_bytes()).count();
        let (before, after) = (markdown[..start].chars().next_back(), markdown[end..].chars().next());
        let (Some(before), Some(after)) = (before, after) else { continue };
        let is_cjk = is_cjk(before) || is_cjk(after);
        let may_end = is_cjk && is_punctuation(before) || sign == "*" && ends_phrase(before);
        if may_end && after.is_alphanumeric() {
            places.push(end);
        } else if is_cjk && before.is_alphanumeric() && is_punctuation(after) {
            places.push(start);
        }
    }
    places
}

/// True for punctuation that ends a sentence or a part of one.
fn ends_phrase(c: char) -> bool {
    matches!(c, '.' | ',' | ':' | ';' | '!' | '?' | ')' | ']' | '"' | '–' | '—') || is_foreign_break(c)
}

fn is_punctuation(c: char) -> bool {
    !c.is_whitespace() && !c.is_alphanumeric()
}

/// True for characters and punctuation of Chinese, Japanese and Korean.
pub(in crate::content) fn is_cjk(c: char) -> bool {
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
