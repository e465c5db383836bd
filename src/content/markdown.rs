//! The author's Markdown: CommonMark and common extensions, rendered to pieces for the templates.
//!
//! The author may use HTML. What a strict Content-Security-Policy refuses (inline script and style) is reported.

mod blocks;
mod footnotes;
mod footnotes_section;
pub mod highlight;
pub mod highlighter;
pub(super) mod ids;
mod links;
mod open;
mod own_html;
mod paragraphs;
mod pictures;
mod writer;

use std::ops::Range;

use pulldown_cmark::{Event, Parser};

use super::{
    bare_urls, dialects,
    syntax::{events::extensions, fences, marks, quotes},
};
use crate::domain::language::Quotes;

use writer::Writer;

pub use super::syntax::{
    lookup::{Linked, Lookup, embed},
    rendered::{Reference, Remark, Rendered},
};

/// Renders a text. If its time is used up, the result is empty or incomplete.
pub fn render(markdown: &str, lookup: &dyn Lookup) -> Rendered {
    let edited = dialects::expand(markdown, lookup);
    let edited = edited.then(fences::without_tabs).then(|text| bare_urls::link(text, extensions()));
    let mut edited = edited.then(marks::insert);
    let parser = Parser::new_ext(&edited.text, extensions()).into_offset_iter();
    let events = parser.map(|(event, range)| (marks::removed(event), range));
    let mut events: Vec<(Event, Range<usize>)> = events.take_while(|_| lookup.spend(1)).collect();
    // Events that are incomplete have starts without ends.
    if !lookup.spend(markdown.len() * 2) {
        return Rendered::default();
    }
    quotes::shape(&mut events, &edited.text, &Quotes::of(lookup.language()));
    let mut writer = Writer::new(&edited.text, &events, lookup);
    writer.write(&events);
    let mut rendered = writer.finish();
    for remark in &mut rendered.remarks {
        remark.at = edited.origin(remark.at);
    }
    for reference in rendered.links.iter_mut().chain(&mut rendered.frames) {
        reference.at = edited.origin(reference.at);
    }
    rendered.remarks.append(&mut edited.remarks);
    rendered
}

#[cfg(test)]
pub(super) mod tests;
