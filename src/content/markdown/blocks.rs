//! Headings, terms, tables, alerts, code and HTML blocks: where Instep's HTML differs from pulldown-cmark's.

use std::{ops::Range, sync::Arc};

use pulldown_cmark::{Alignment, BlockQuoteKind, CodeBlockKind, Event, Tag, TagEnd};

use super::{
    ids,
    paragraphs::lines_of,
    writer::{Table, Writer},
};
use crate::content::syntax::events::{Events, block_length, plain_text};
use crate::{
    content::dialects::language_of_code,
    domain::{
        entry::{Code, ContentsLine, Piece},
        words::escape_html,
    },
};

impl<'e> Writer<'_, 'e> {
    /// Writes a heading unless it is empty; returns how many events it had.
    pub(super) fn heading(&mut self, events: &'e Events<'e>) -> usize {
        let length = block_length(events);
        let inner = &events[1..length - 1];
        let Some((Event::Start(Tag::Heading { level, id, .. }), _)) = events.first() else { return length };
        let level = (*level as u8 + self.heading_shift).clamp(2, 6);
        if inner.is_empty() && id.is_none() {
            return length;
        }
        let id = id.as_deref().unwrap_or_default().to_owned();
        let line = ContentsLine { level, id, title: plain_text(inner).trim().to_owned() };
        self.title_ids.push(self.title_id(inner));
        let before = std::mem::take(&mut self.html);
        self.open.enter();
        self.write(inner);
        self.close_block();
        let words = std::mem::replace(&mut self.html, before);
        self.text.push('\n');
        self.piece(Piece::Heading(line, words));
        self.end_late();
        length
    }

    /// Id made from a title. GitHub takes `--` as the author typed it, not as the dash that readers see.
    fn title_id(&self, title: &Events) -> String {
        let typed = |one: &(Event, Range<usize>)| match &one.0 {
            Event::Text(text) if matches!(&**text, "–" | "—") => self.markdown[one.1.clone()].to_owned(),
            _ => plain_text(std::slice::from_ref(one)),
        };
        ids::of_title(title.iter().map(typed).collect::<String>().trim())
    }

    /// Writes the terms that share a definition, one a line; returns how many events they had.
    pub(super) fn definition_terms(&mut self, events: &'e Events<'e>) -> usize {
        let length = block_length(events);
        for term in lines_of(&events[1..length - 1]) {
            self.raw("<dt>");
            self.open.enter();
            self.write(term);
            self.text.push('\n');
            self.leave(|writer| writer.raw("</dt>\n"));
        }
        length
    }

    /// Writes tables, with classes instead of pulldown-cmark's `style`, which a strict policy refuses. Returns true if
    /// the event belongs to a table.
    pub(super) fn table(&mut self, event: &Event) -> bool {
        let html = match event {
            Event::Start(Tag::Table(alignments)) => {
                self.table = Table { alignments: alignments.clone(), ..Table::default() };
                let label = escape_html(&self.words().table);
                format!("<div class=\"table-scroll\" role=\"region\" aria-label=\"{label}\" tabindex=\"0\">\n<table>\n")
            }
            Event::Start(tag @ (Tag::TableHead | Tag::TableRow)) => {
                self.table.cell = 0;
                self.table.in_head = matches!(tag, Tag::TableHead);
                if self.table.in_head { "<thead>\n<tr>" } else { "<tr>" }.to_owned()
            }
            Event::Start(Tag::TableCell) => {
                let class = match self.table.alignments.get(self.table.cell) {
                    Some(Alignment::Center) => " class=\"align-center\"",
                    Some(Alignment::Right) => " class=\"align-right\"",
                    _ => "",
                };
                self.table.cell += 1;
                if self.table.in_head { format!("<th scope=\"col\"{class}>") } else { format!("<td{class}>") }
            }
            Event::End(TagEnd::TableCell) => if self.table.in_head { "</th>" } else { "</td>" }.to_owned(),
            Event::End(TagEnd::TableRow) => "</tr>\n".to_owned(),
            Event::End(TagEnd::TableHead) => "</tr>\n</thead>\n<tbody>\n".to_owned(),
            Event::End(TagEnd::Table) => "</tbody>\n</table>\n</div>\n".to_owned(),
            _ => return false,
        };
        if matches!(event, Event::End(_)) {
            self.text.push(' ');
        }
        self.raw(&html);
        true
    }

    pub(super) fn alert(&mut self, kind: BlockQuoteKind) {
        let words = self.words();
        let (class, title) = match kind {
            BlockQuoteKind::Note => ("note", &words.note),
            BlockQuoteKind::Tip => ("tip", &words.tip),
            BlockQuoteKind::Important => ("important", &words.important),
            BlockQuoteKind::Warning => ("warning", &words.warning),
            BlockQuoteKind::Caution => ("caution", &words.caution),
        };
        let (title, language) = (escape_html(title), self.lookup.language_attributes());
        self.raw(&format!("<aside class=\"alert alert-{class}\">\n<p class=\"alert-title\"{language}>{title}</p>\n"));
    }

    /// Writes a block of code; returns how many events it had.
    pub(super) fn code_block(&mut self, kind: &CodeBlockKind, events: &Events) -> usize {
        let length = block_length(events);
        let code = plain_text(&events[1..length - 1]);
        self.code.push_str(&code);
        self.code.push('\n');
        let language = match kind {
            CodeBlockKind::Fenced(info) => language_of_code(info),
            CodeBlockKind::Indented => "",
        };
        match language {
            // Long lines scroll in their own box, so it must be reachable by keyboard.
            "" => self.raw(&format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", escape_html(&code))),
            language => self.piece(Piece::Code(Arc::new(Code::new(language, code)))),
        }
        length
    }

    /// Writes the author's HTML block, and finds `<!--more-->` in it. Returns how many events it had.
    pub(super) fn html_block(&mut self, events: &Events) -> usize {
        let length = block_length(events);
        // Lines come as single events, but a tag may span several.
        let (mut whole, mut starts) = (String::new(), Vec::new());
        for (event, range) in &events[..length] {
            if let Event::Html(html) = event {
                if is_more(html) {
                    self.excerpt_end.get_or_insert(self.text.len());
                    continue;
                }
                starts.push((whole.len(), range.start));
                whole.push_str(html);
            }
        }
        self.block_of_html(&whole, |at| {
            let line = starts.partition_point(|(start, _)| *start <= at).saturating_sub(1);
            starts.get(line).map_or(0, |(start, source)| source + (at - start))
        });
        length
    }
}

fn is_more(html: &str) -> bool {
    html.trim()
        .strip_prefix("<!--")
        .and_then(|rest| rest.strip_suffix("-->"))
        .is_some_and(|inner| inner.trim() == "more")
}
