//! Bare URLs in Markdown become links, as in GFM (0.29, 6.9).
//!
//! They are found before emphasis is applied: each is written as a link, `[URL](<URL>)`, before the text is parsed. Code,
//! links, images and HTML are left alone.

use std::{borrow::Cow, ops::Range};

use pulldown_cmark::{Event, Options, Parser, Tag};
use url::Url;

use crate::content::syntax::{
    edited::Edited,
    events::is_block_end,
    tags::{depth_behind, is_verbatim},
};
use crate::domain::characters::{is_foreign_break, is_foreign_punctuation, is_printable};

/// Returns the text with its bare URLs as links.
pub fn link(markdown: &str, options: Options) -> Edited<'_> {
    // Most posts have URLs in links and HTML only, and need not be parsed here.
    let is_in_link =
        |url: &Range<usize>| ["](", "<", "=\""].iter().any(|before| markdown[..url.start].ends_with(before));
    if find(markdown).iter().all(is_in_link) {
        return Edited::new(markdown, Vec::new(), Vec::new());
    }
    let (mut links, mut done) = (Vec::new(), 0);
    let (others, words) = parts(markdown, options);
    // Link definitions have no words.
    let is_in_words = |at: usize| {
        let next = words.partition_point(|part| part.end <= at);
        words.get(next).is_some_and(|part| part.start <= at)
    };
    // These ranges are consecutive or nested.
    for other in others {
        let text = markdown.get(done..other.start).unwrap_or_default();
        let urls = find(text).into_iter().map(|url| done + url.start..done + url.end);
        links.extend(urls.filter(|url| is_in_words(url.start)).map(|url| (url.clone(), written(&markdown[url]))));
        done = done.max(other.end);
    }
    Edited::new(markdown, links, Vec::new())
}

/// Parts in which URLs are no links, and the words of a text, both in order. Empty parts are borders that no URL crosses.
fn parts(markdown: &str, options: Options) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let (mut others, mut words) = (Vec::new(), Vec::new());
    // Start of the outermost HTML element without links, and the number of those that are open.
    let (mut start, mut depth) = (0, 0_usize);
    for (event, at) in Parser::new_ext(markdown, options).into_offset_iter() {
        match &event {
            Event::InlineHtml(tag) => {
                start = if depth == 0 { at.start } else { start };
                depth = depth_behind(tag, is_without_links, depth);
            }
            // An element that is not closed ends with its block.
            Event::End(end) if is_block_end(end) => depth = 0,
            Event::Start(Tag::TableCell) => others.extend([at.start..at.start, at.end..at.end]),
            _ => {}
        }
        match event {
            Event::Text(_) if depth > 0 => others.push(start..at.end),
            Event::Text(_) => words.push(at),
            Event::Code(_) | Event::Html(_) | Event::InlineHtml(_) | Event::FootnoteReference(_) => others.push(at),
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_)) => others.push(at),
            _ => {}
        }
    }
    others.push(markdown.len()..markdown.len());
    others.sort_unstable_by_key(|range| range.start);
    (others, words)
}

/// True for elements in which no links are added.
fn is_without_links(name: &str) -> bool {
    is_verbatim(name) || matches!(name, "a" | "button" | "title")
}

/// A URL written as a link. No sign in it has a meaning in Markdown or for smart punctuation.
fn written(url: &str) -> String {
    let (mut text, mut is_escaped) = (String::with_capacity(url.len() * 2), false);
    for c in url.chars() {
        if !is_escaped && matches!(c, '*' | '_' | '~' | '-' | '.' | '\'' | '[' | ']') {
            text.push('\\');
        }
        is_escaped = c == '\\' && !is_escaped;
        text.push(c);
    }
    format!("[{text}](<{}>)", whole(url))
}

/// Returns a URL with its scheme.
fn whole(url: &str) -> Cow<'_, str> {
    if has_scheme(url.as_bytes()) { Cow::Borrowed(url) } else { Cow::Owned(format!("https://{url}")) }
}

/// Finds the bare URLs of a text. Each character is looked at a fixed number of times.
fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = (from..text.len()).find(|at| starts_at(text.as_bytes(), *at)) {
        let end = end_of(text, start);
        if is_url(&text[start..end]) {
            found.push(start..end);
        }
        from = end.max(start + 1);
    }
    found
}

fn has_scheme(text: &[u8]) -> bool {
    starts_with(text, b"http://") || starts_with(text, b"https://")
}

fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
}

fn starts_at(text: &[u8], at: usize) -> bool {
    let (before, rest) = text.split_at(at);
    let before = before.last().copied().unwrap_or(b' ');
    let is_host = || starts_with(rest, b"www.") && !b"/.@-:=&?#%+".contains(&before);
    !before.is_ascii_alphanumeric() && (has_scheme(rest) || is_host())
}

/// Returns where the URL ends that begins at `start`.
fn end_of(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let scheme = if has_scheme(rest.as_bytes()) { rest.find("//").map_or(0, |at| at + 2) } else { 0 };
    let (mut before, mut in_host, mut has_dot) = (' ', true, false);
    let mut end = rest.len();
    for (at, c) in rest.char_indices() {
        in_host &= at < scheme || !matches!(c, '/' | '?' | '#');
        // Two URLs with a separator between them, as in a list without spaces.
        let is_next = matches!(before, '*' | '_' | '~' | ',' | ';' | '|' | '!' | '\'' | ')' | ']')
            && has_scheme(&rest.as_bytes()[at..]);
        // Words of a script without spaces, directly after an ASCII host.
        let is_word = in_host && c >= '\u{2E80}' && before.is_ascii_alphanumeric() && has_dot;
        let next = || rest[at + c.len_utf8()..].chars().next();
        if ends_url(c, next) || is_next || is_word || c == '&' && begins_reference(&rest[at..]) {
            end = at;
            break;
        }
        before = c;
        has_dot |= at >= scheme && c == '.';
    }
    let url = trimmed(&rest[..end]);
    // A final underscore of a URL alone on its line is no emphasis: YouTube ids can end with it.
    let is_last = || rest[end..].is_empty() || rest[end..].starts_with(['\n', '\r']);
    let is_first =
        || text[..start].chars().rev().take_while(|c| *c != '\n').all(|c| matches!(c, ' ' | '>' | '-' | '+'));
    let is_underlined = end > url.len() && rest[url.len()..end].bytes().all(|byte| byte == b'_');
    start + if is_underlined && is_last() && is_first() { end } else { url.len() }
}

/// True if a character cannot be part of a URL.
fn ends_url(c: char, next: impl Fn() -> Option<char>) -> bool {
    match c {
        '<' | '>' | '"' | '`' | '—' | '\u{200B}' | '\u{FEFF}' => true,
        // Apostrophe between two letters.
        '’' => !next().is_some_and(char::is_alphanumeric),
        c => c.is_whitespace() || !is_printable(c) || is_foreign_break(c),
    }
}

/// True for a character reference that ends a URL.
fn begins_reference(text: &str) -> bool {
    const NAMES: [&str; 8] = ["&nbsp;", "&ensp;", "&emsp;", "&thinsp;", "&lt;", "&gt;", "&quot;", "&#"];
    NAMES.iter().any(|name| text.starts_with(name))
}

/// Returns a URL without what follows it: punctuation, an entity, closing brackets that it did not open.
fn trimmed(mut url: &str) -> &str {
    const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
    let mut extra = BRACKETS.map(|(open, close)| url.matches(close).count().saturating_sub(url.matches(open).count()));
    while let Some(last) = url.chars().next_back() {
        let shorter = &url[..url.len() - last.len_utf8()];
        url = match last {
            ';' => shorter.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).strip_suffix('&').unwrap_or(shorter),
            '?' | '!' | '.' | ',' | ':' | '*' | '_' | '~' | '\'' | '&' | '|' | '\\' => shorter,
            c if is_foreign_punctuation(c) => shorter,
            c => match BRACKETS.iter().position(|(_, close)| *close == c) {
                Some(kind) if extra[kind] > 0 => {
                    extra[kind] -= 1;
                    shorter
                }
                _ => return url,
            },
        };
    }
    url
}

fn is_url(url: &str) -> bool {
    let host = if has_scheme(url.as_bytes()) { url.split_once("//") } else { url.split_once('.') };
    let begins_well = |host: &str| host.starts_with(|c: char| c.is_alphanumeric() || c == '[');
    host.is_some_and(|(_, host)| begins_well(host)) && Url::parse(&whole(url)).is_ok()
}
