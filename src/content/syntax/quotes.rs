//! Quotation marks of the text's language, and straight ones that mean feet and inches.
//!
//! pulldown-cmark finds the marks and gives them their English shapes; this module chooses the shape of each. In HTML
//! elements with code, marks and dashes stay as they were typed.

use pulldown_cmark::Event;

use super::{
    events::{Events, is_block_end},
    marks::is_cjk,
    tags::{depth_behind, is_verbatim},
};
use crate::domain::language::Quotes;

/// A quotation mark that the author has typed.
struct Typed {
    /// Index among the events.
    at: usize,
    is_double: bool,
    before: Option<char>,
    after: Option<char>,
}

impl Typed {
    fn can_open(&self) -> bool {
        self.after.is_some_and(|c| !c.is_whitespace()) && self.before.is_none_or(|c| !is_of_word(c))
    }

    fn can_close(&self) -> bool {
        self.before.is_some_and(|c| !c.is_whitespace()) && self.after.is_none_or(|c| !is_of_word(c))
    }

    /// True if the mark may mean feet or inches: `26"`, `5'10"`.
    fn may_be_measure(&self) -> bool {
        self.before.is_some_and(|c| c.is_ascii_digit()) && self.after.is_none_or(|c| !c.is_alphabetic())
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() && !is_cjk(c)
}

/// Gives each quotation mark its shape.
pub(in crate::content) fn shape(events: &mut Events, markdown: &str, quotes: &Quotes) {
    let mut typed = Vec::new();
    // Number of open elements with code.
    let mut depth = 0;
    for at in 0..events.len() {
        let (event, range) = &events[at];
        match event {
            Event::InlineHtml(tag) => depth = depth_behind(tag, is_verbatim, depth),
            Event::Text(_) if depth > 0 => {
                let source = markdown.get(range.clone()).unwrap_or_default();
                if !source.is_empty() && source.trim_matches(['"', '\'', '-', '.']).is_empty() {
                    events[at].0 = Event::Text(source.to_owned().into());
                }
            }
            Event::Text(text) if matches!(&**text, "“" | "”" | "‘" | "’") => {
                let mark = &markdown[range.clone()];
                if matches!(mark, "\"" | "'") {
                    let (before, after) = (&markdown[..range.start], &markdown[range.end..]);
                    let (before, after) = (before.chars().next_back(), after.chars().next());
                    typed.push(Typed { at, is_double: mark == "\"", before, after });
                }
            }
            event if ends_quotes(event) => {
                depth = 0;
                shape_block(events, &std::mem::take(&mut typed), quotes);
            }
            _ => {}
        }
    }
    shape_block(events, &typed, quotes);
}

/// True for events that separate quotation marks: marks of different blocks do not match.
fn ends_quotes(event: &Event) -> bool {
    match event {
        Event::Start(tag) => is_block_end(&tag.to_end()),
        Event::End(end) => is_block_end(end),
        _ => false,
    }
}

fn shape_block(events: &mut Events, typed: &[Typed], quotes: &Quotes) {
    let mut is_open = false;
    // Event of a single mark that may be the first of a pair; without the second, it is an apostrophe.
    let mut single: Option<usize> = None;
    let mut next_double: Vec<Option<&Typed>> = vec![None; typed.len()];
    let mut last = None;
    for (place, mark) in typed.iter().enumerate().rev() {
        next_double[place] = last;
        last = if mark.is_double { Some(mark) } else { last };
    }
    for (mark, next) in typed.iter().zip(next_double) {
        let shape = if mark.is_double {
            let closes_later = next.is_some_and(|next| next.can_close() && !next.can_open());
            if mark.may_be_measure() && (!is_open || closes_later) {
                "\""
            } else if is_open && mark.can_close() {
                is_open = false;
                quotes.closing
            } else if mark.can_open() {
                is_open = true;
                quotes.opening
            } else {
                "\""
            }
        } else if let Some(opening) = single.filter(|_| mark.can_close()) {
            events[opening].0 = Event::Text(quotes.inner_opening.to_owned().into());
            single = None;
            quotes.inner_closing
        } else if mark.may_be_measure() {
            "'"
        } else {
            single = if mark.can_open() { Some(mark.at) } else { single };
            "’"
        };
        events[mark.at].0 = Event::Text(shape.to_owned().into());
    }
}
