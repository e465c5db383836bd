//! Footnotes: collected where they are defined, shown below the text in the order of their first references.

use std::collections::HashMap;

use super::{Events, Writer, lines::block_length};
use crate::domain::{
    entry::Piece,
    words::{escape_html, in_one_line},
};

/// The footnotes of a text. Labels match like link labels (CommonMark 4.7).
#[derive(Default)]
pub(super) struct Footnotes<'e> {
    /// Events of each definition, by label.
    written: HashMap<String, &'e Events<'e>>,
    numbers: HashMap<String, usize>,
    /// Label and number of references of each footnote, in order of its number.
    mentioned: Vec<(String, usize)>,
}

impl<'e> Footnotes<'e> {
    /// Keeps a definition; returns how many events it had. If two have the same label, the first counts.
    pub fn keep(&mut self, label: &str, events: &'e Events<'e>) -> usize {
        let length = block_length(events);
        self.written.entry(folded(label)).or_insert(&events[..length]);
        length
    }
}

impl<'e> Writer<'_, 'e> {
    pub(super) fn footnote_reference(&mut self, label: &str) {
        let notes = &mut self.footnotes;
        let label = folded(label);
        let number = *notes.numbers.entry(label.clone()).or_insert_with(|| {
            notes.mentioned.push((label, 0));
            notes.mentioned.len()
        });
        let uses = &mut notes.mentioned[number - 1].1;
        *uses += 1;
        let back = back_id(number, *uses);
        let label = escape_html(&self.words().footnote.with(number));
        let mark = format!(
            "<sup class=\"footnote-ref\"><a href=\"#-fn-{number}\" id=\"{back}\" aria-label=\"{label}\">{number}</a></sup>"
        );
        // Links cannot be nested.
        if self.in_link > 0 {
            self.behind_link.push_str(&mark);
        } else {
            self.close_link();
            self.raw(&mark);
        }
    }

    /// Writes the footnotes that the text or an earlier footnote refers to; reports the others.
    pub(super) fn write_footnotes(&mut self) {
        let mut notes = Vec::new();
        while let Some((label, _)) = self.footnotes.mentioned.get(notes.len()) {
            let events = self.footnotes.written.remove(label);
            notes.push(events.map_or_else(Vec::new, |events| self.footnote(events)));
        }
        let mut unused: Vec<usize> =
            self.footnotes.written.values().filter_map(|note| Some(note.first()?.1.start)).collect();
        unused.sort_unstable();
        for at in unused {
            self.remark(at, "no text mentions this footnote, so it is left out", "Mention it, or take it out.");
        }
        if notes.is_empty() {
            return;
        }
        self.raw(&format!(
            "<section class=\"footnotes\" aria-labelledby=\"-footnotes-title\">\n\
             <h2 id=\"-footnotes-title\"{}>{}</h2>\n<ol>\n",
            self.lookup.tongue(),
            escape_html(&self.words().footnotes)
        ));
        for (at, note) in notes.into_iter().enumerate() {
            self.footnote_item(at + 1, note);
        }
        self.raw("</ol>\n</section>\n");
    }

    fn footnote(&mut self, events: &'e Events<'e>) -> Vec<Piece> {
        let before = (std::mem::take(&mut self.html), std::mem::take(&mut self.out.body.pieces));
        self.open.enter();
        self.write(&events[1..events.len() - 1]);
        self.leave(|_| ());
        self.flush();
        let note = std::mem::take(&mut self.out.body.pieces);
        (self.html, self.out.body.pieces) = before;
        note
    }

    fn footnote_item(&mut self, number: usize, mut note: Vec<Piece>) {
        let uses = self.footnotes.mentioned[number - 1].1;
        let back = ways_back(number, uses, &self.words().footnote_back.with(number));
        let last = match note.pop() {
            Some(Piece::Html(html)) => html,
            other => {
                note.extend(other);
                String::new()
            }
        };
        self.raw(&format!("<li id=\"-fn-{number}\">"));
        for piece in note {
            match piece {
                Piece::Html(html) => self.raw(&html),
                piece => self.piece(piece),
            }
        }
        // The back links go into the last paragraph, not on a line of their own.
        let last = last.trim_end();
        match last.strip_suffix("</p>") {
            Some(text) => self.raw(&format!("{text}{back}</p></li>\n")),
            None => self.raw(&format!("{last}{back}</li>\n")),
        }
    }
}

/// A label in the form used for comparison: case and kind of white space do not matter.
fn folded(label: &str) -> String {
    in_one_line(&label.to_lowercase().to_uppercase())
}

/// Id of the nth reference to a footnote.
fn back_id(number: usize, nth: usize) -> String {
    if nth == 1 { format!("-fnref-{number}") } else { format!("-fnref-{number}-{nth}") }
}

/// Links from a footnote back to its references.
fn ways_back(number: usize, uses: usize, label: &str) -> String {
    let label = escape_html(label);
    let link = |nth| {
        let id = back_id(number, nth);
        format!(" <a class=\"footnote-back\" href=\"#{id}\" aria-label=\"{label}\">↩</a>")
    };
    (1..=uses).map(link).collect()
}
