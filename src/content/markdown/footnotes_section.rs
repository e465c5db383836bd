//! The section of footnotes below a text, and the references that lead there.

use super::{
    footnotes::{back_id, ways_back},
    writer::Writer,
};
use crate::content::syntax::events::Events;
use crate::domain::{entry::Piece, words::escape_html};

impl<'e> Writer<'_, 'e> {
    pub(super) fn footnote_reference(&mut self, label: &str) {
        let (number, uses) = self.footnotes.mention(label);
        let back = back_id(number, uses);
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
            self.remark(at, "no text refers to this footnote, so it is left out", "Refer to it, or take it out.");
        }
        if notes.is_empty() {
            return;
        }
        self.raw(&format!(
            "<section class=\"footnotes\" aria-labelledby=\"-footnotes-title\">\n\
             <h2 id=\"-footnotes-title\"{}>{}</h2>\n<ol>\n",
            self.lookup.language_attributes(),
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
