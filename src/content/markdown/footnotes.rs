//! Footnotes: collected where they are defined, shown below the text in the order of their first references.

use std::collections::HashMap;

use crate::content::syntax::events::{Events, block_length};
use crate::domain::words::{escape_html, in_one_line};

/// The footnotes of a text. Labels match like link labels (CommonMark 4.7).
#[derive(Default)]
pub(super) struct Footnotes<'e> {
    /// Events of each definition, by label.
    pub written: HashMap<String, &'e Events<'e>>,
    numbers: HashMap<String, usize>,
    /// Label and number of references of each footnote, in order of its number.
    pub mentioned: Vec<(String, usize)>,
}

impl<'e> Footnotes<'e> {
    /// Keeps a definition; returns how many events it had. If two have the same label, the first counts.
    pub fn keep(&mut self, label: &str, events: &'e Events<'e>) -> usize {
        let length = block_length(events);
        self.written.entry(folded(label)).or_insert(&events[..length]);
        length
    }

    /// Counts a reference; returns the number of the footnote, and of its references.
    pub fn mention(&mut self, label: &str) -> (usize, usize) {
        let label = folded(label);
        let number = *self.numbers.entry(label.clone()).or_insert_with(|| {
            self.mentioned.push((label, 0));
            self.mentioned.len()
        });
        let uses = &mut self.mentioned[number - 1].1;
        *uses += 1;
        (number, *uses)
    }
}

/// A label in the form used for comparison: case and kind of white space do not matter.
fn folded(label: &str) -> String {
    in_one_line(&label.to_lowercase().to_uppercase())
}

/// Id of the nth reference to a footnote.
pub(super) fn back_id(number: usize, nth: usize) -> String {
    if nth == 1 { format!("-fnref-{number}") } else { format!("-fnref-{number}-{nth}") }
}

/// Links from a footnote back to its references.
pub(super) fn ways_back(number: usize, uses: usize, label: &str) -> String {
    let label = escape_html(label);
    let link = |nth| {
        let id = back_id(number, nth);
        format!(" <a class=\"footnote-back\" href=\"#{id}\" aria-label=\"{label}\">↩</a>")
    };
    (1..=uses).map(link).collect()
}
