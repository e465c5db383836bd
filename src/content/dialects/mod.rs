//! Dialects of other systems: the shortcodes, keys and dates of Hugo, Zola, Jekyll and their themes. Nothing else in
//! `content` knows them, so that this module can be removed when the importers translate them.

mod attributes;
mod braces;
mod dates;
mod elements;
mod lines;
mod meaning;
mod scan;
mod tag;

use pulldown_cmark::{Parser, html};

use crate::{
    content::syntax::{edited::Edited, events::extensions, lookup::Lookup, marks, quotes},
    domain::{language::Quotes, words::in_one_line},
};

pub use dates::{local_time, moment};

/// Replaces constructs of other systems by the equivalent Markdown, and reports those that have no meaning here.
pub fn expand<'a>(markdown: &'a str, lookup: &dyn Lookup) -> Edited<'a> {
    scan::expand(markdown, lookup)
}

/// Text without the tags of templates, for descriptions and search. Each line is a paragraph.
pub fn without_tags(text: &str) -> String {
    [("{%", "%}"), ("{{", "}}")].into_iter().fold(text.to_owned(), |text, (opening, closing)| {
        let mut parts = text.split(opening);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |kept, part| match part.split_once(closing) {
            Some((inner, behind)) if !inner.contains('\n') => kept + behind,
            _ => kept + opening + part,
        })
    })
}

/// Inline Markdown as HTML, for a place where Markdown is not read.
fn inline_html(markdown: &str, lookup: &dyn Lookup) -> String {
    // Behind a mark, in one line, nothing begins a block.
    let line = format!("{}{}", marks::MARK, in_one_line(&markdown.replace("  \n", "<br>\n")));
    let events = Parser::new_ext(&line, extensions()).into_offset_iter();
    let mut events: Vec<_> = events.map(|(event, range)| (marks::removed(event), range)).collect();
    quotes::shape(&mut events, &line, &Quotes::of(lookup.language()));
    let mut written = String::new();
    html::push_html(&mut written, events.into_iter().map(|(event, _)| event));
    written.trim().trim_start_matches("<p>").trim_end_matches("</p>").to_owned()
}

/// Keys of front matter, in lower case, that mean something there and nothing here; lines with `#` are comments. They cause no warning: a thousand
/// posts with a `layout` each are no thousand problems.
const KEYS: &str = include_str!("keys.txt");

/// True if a key of front matter has a meaning in another system only.
pub fn has_key(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    KEYS.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).any(|own| own == lower)
}

/// True for Jekyll's patterns of addresses, such as `/:year/:title/`, and for its names of patterns, such as `pretty`.
pub fn is_pattern(url: &str) -> bool {
    url.contains("/:") || url.starts_with(':') || matches!(url, "pretty" | "date" | "ordinal" | "weekdate" | "none")
}

/// Language from the info string of a code block: `rust`, `rust,linenos` (Zola), `rust {hl_lines=[1]}` (Hugo),
/// `{.rust}` (Pandoc).
pub fn language_of_code(info: &str) -> &str {
    let info = info.trim_start().trim_start_matches(['{', '.']);
    info.split([' ', '\t', ',', ';', '{', '}']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
