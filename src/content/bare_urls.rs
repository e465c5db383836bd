//! Bare URLs in Markdown become links, as in GFM (0.29, 6.9).
//!
//! They are found before emphasis is applied: [`guard`] replaces the Markdown characters in them, and [`linked`]
//! restores the characters. Code, links, images and HTML are left alone.

use std::{borrow::Cow, ops::Range};

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};
use url::Url;

use crate::domain::characters::{is_foreign_break, is_foreign_punctuation, is_printable};

/// Characters with a meaning in Markdown (the last three in smart punctuation), and the control characters that replace
/// them in a guarded text. Each is one byte, so positions in the text stay the same.
const GUARDS: [(char, char); 6] =
    [('*', '\u{E}'), ('_', '\u{F}'), ('~', '\u{10}'), ('-', '\u{11}'), ('.', '\u{12}'), ('\'', '\u{13}')];

/// Returns the text with guards in place of the Markdown characters in its bare URLs.
pub fn guard(markdown: &str, options: Options) -> Cow<'_, str> {
    let needs_it = |url: &str| url.contains(['*', '_', '~', '\'']) || url.contains("--") || url.contains("..");
    if !find(markdown).into_iter().any(|at| needs_it(&markdown[at])) {
        return Cow::Borrowed(markdown);
    }
    let mut events = Parser::new_ext(markdown, options).into_offset_iter();
    let mut others: Vec<Range<usize>> =
        events.by_ref().filter(|(event, _)| has_no_urls(event)).map(|(_, at)| at).collect();
    others.extend(events.reference_definitions().iter().map(|(_, definition)| definition.span.clone()));
    others.push(markdown.len()..markdown.len());
    others.sort_unstable_by_key(|at| at.start);
    let mut guarded = String::with_capacity(markdown.len());
    // These ranges are consecutive or nested.
    for other in others {
        let done = guarded.len();
        let text = markdown.get(done..other.start).unwrap_or_default();
        for url in find(text) {
            guarded.push_str(&markdown[guarded.len()..done + url.start]);
            push_guarded(&mut guarded, &text[url]);
        }
        guarded.push_str(markdown.get(guarded.len()..other.end).unwrap_or_default());
    }
    Cow::Owned(guarded)
}

fn has_no_urls(event: &Event) -> bool {
    match event {
        Event::Code(_) | Event::Html(_) | Event::InlineHtml(_) | Event::FootnoteReference(_) => true,
        Event::Start(tag) => matches!(tag, Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_)),
        _ => false,
    }
}

fn push_guarded(guarded: &mut String, url: &str) {
    let mut is_escaped = false;
    for c in url.chars() {
        let guard = GUARDS.iter().find(|(own, _)| *own == c && !is_escaped);
        guarded.push(guard.map_or(c, |(_, guard)| *guard));
        is_escaped = c == '\\' && !is_escaped;
    }
}

fn unguarded(c: char) -> char {
    GUARDS.iter().find(|(_, guard)| *guard == c).map_or(c, |(own, _)| *own)
}

/// Returns the events of a guarded text, with bare URLs as links.
pub fn linked<'a>(events: impl Iterator<Item = (Event<'a>, Range<usize>)>) -> Vec<(Event<'a>, Range<usize>)> {
    let mut linked = Vec::new();
    let mut run = Vec::new();
    let (mut depth, mut html_depth) = (0_usize, 0_usize);
    for (event, at) in events {
        let event = match event {
            Event::Text(text) if depth == 0 => {
                run.push((text, at));
                continue;
            }
            other => other,
        };
        end_run(&mut run, &mut linked, html_depth == 0);
        match &event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_)) => depth += 1,
            Event::End(TagEnd::Link | TagEnd::Image | TagEnd::CodeBlock) => depth = depth.saturating_sub(1),
            Event::InlineHtml(tag) => match opens(tag) {
                Some(true) => html_depth += 1,
                Some(false) => html_depth = html_depth.saturating_sub(1),
                None => {}
            },
            // An element that is not closed ends with its block.
            Event::End(end) if super::markdown::is_block_end(end) => html_depth = 0,
            _ => {}
        }
        linked.push((event, at));
    }
    end_run(&mut run, &mut linked, true);
    linked
}

/// True if a tag opens, false if it closes, an element in which no links are added; `None` for other elements.
fn opens(tag: &str) -> Option<bool> {
    const ELEMENTS: [&str; 10] = ["a", "button", "code", "kbd", "pre", "samp", "script", "style", "textarea", "title"];
    let name = tag.trim_start_matches(['<', '/']).split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    ELEMENTS.iter().any(|element| name.eq_ignore_ascii_case(element)).then(|| !tag.starts_with("</"))
}

/// Writes consecutive texts together: a URL may be spread over several of them.
fn end_run<'a>(run: &mut Vec<(CowStr<'a>, Range<usize>)>, events: &mut Vec<(Event<'a>, Range<usize>)>, may_link: bool) {
    let run = std::mem::take(run);
    let text: String = run.iter().flat_map(|(text, _)| text.chars()).map(unguarded).collect();
    let urls = if may_link { find(&text) } else { Vec::new() };
    if urls.is_empty() && run.iter().all(|(text, _)| text.chars().all(|c| unguarded(c) == c)) {
        events.extend(run.into_iter().map(|(text, at)| (Event::Text(text), at)));
        return;
    }
    let starts: Vec<usize> =
        run.iter().scan(0, |end, (text, _)| Some(std::mem::replace(end, *end + text.len()))).collect();
    // Positions in the Markdown, for remarks about a link.
    let place = |at: usize| match starts.partition_point(|start| *start <= at).checked_sub(1) {
        Some(part) => (run[part].1.start + at - starts[part]).min(run[part].1.end),
        None => 0,
    };
    let words =
        |at: Range<usize>| (Event::Text(CowStr::from(text[at.clone()].to_owned())), place(at.start)..place(at.end));
    let mut done = 0;
    for url in urls {
        if done < url.start {
            events.push(words(done..url.start));
        }
        done = url.end;
        let dest_url = whole(&text[url.clone()]).into_owned().into();
        let link = Tag::Link { link_type: LinkType::Autolink, dest_url, title: "".into(), id: "".into() };
        let (words, at) = words(url);
        events.extend([(Event::Start(link), at.clone()), (words, at.clone()), (Event::End(TagEnd::Link), at)]);
    }
    if done < text.len() {
        events.push(words(done..text.len()));
    }
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
        if ends_url(c, next) || is_next || is_word {
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

/// True if a character cannot stand in a URL.
fn ends_url(c: char, next: impl Fn() -> Option<char>) -> bool {
    match c {
        '<' | '>' | '"' | '`' | '—' | '\u{200B}' | '\u{FEFF}' => true,
        // Apostrophe between two letters.
        '’' => !next().is_some_and(char::is_alphanumeric),
        c => c.is_whitespace() || !is_printable(c) || is_foreign_break(c),
    }
}

/// Returns a URL without what follows it: punctuation, an entity, closing brackets that it did not open.
fn trimmed(mut url: &str) -> &str {
    const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
    let mut extra = BRACKETS.map(|(open, close)| url.matches(close).count().saturating_sub(url.matches(open).count()));
    while let Some(last) = url.chars().next_back() {
        let shorter = &url[..url.len() - last.len_utf8()];
        url = match last {
            ';' => shorter.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).strip_suffix('&').unwrap_or(shorter),
            '?' | '!' | '.' | ',' | ':' | '*' | '_' | '~' | '\'' | '&' | '|' => shorter,
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
