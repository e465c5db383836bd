//! Headings, footnotes, tables, alerts, code and HTML blocks: where our HTML differs from pulldown-cmark's.

use std::{ops::Range, sync::Arc};

use pulldown_cmark::{Alignment, BlockQuoteKind, CodeBlockKind, Event, HeadingLevel, Tag, TagEnd};

use super::{
    ContentsLine, Events, Writer,
    lines::{block_length, plain_text},
};
use crate::domain::{
    entry::{Code, Piece},
    words::{escape_html, has_event_handler},
};

/// Footnotes, numbered in the order in which they are first referred to.
#[derive(Debug, Default)]
pub(super) struct Footnotes {
    /// Labels in order, and how often each is referred to.
    order: Vec<(String, usize)>,
    /// Label and text.
    written: Vec<(String, Vec<Piece>)>,
}

impl Writer<'_> {
    /// Writes a heading; returns how many events it had.
    pub(super) fn heading(&mut self, events: &Events) -> usize {
        let length = block_length(events);
        let inner = &events[1..length - 1];
        let Some((Event::Start(Tag::Heading { level, id, .. }), _)) = events.first() else { return length };
        if self.dialect.is_plain() {
            self.raw(&format!("<{level}>"));
            self.write(inner);
            self.raw(&format!("</{level}>\n"));
            return length;
        }
        let level = (heading_number(*level) + self.heading_shift).clamp(2, 6);
        let title = plain_text(inner);
        let id = self.unique_id(id.as_deref().unwrap_or(&title));
        let line = ContentsLine { level, id, title: title.trim().to_owned() };
        let before = std::mem::take(&mut self.html);
        self.write(inner);
        let words = std::mem::replace(&mut self.html, before);
        self.text.push('\n');
        self.out.body.contents.push(line.clone());
        self.piece(Piece::Heading(line, words));
        length
    }

    pub(super) fn footnote_reference(&mut self, label: &str, _range: &Range<usize>) {
        let notes = &mut self.footnotes.order;
        let at = notes.iter().position(|(known, _)| known == label).unwrap_or_else(|| {
            notes.push((label.to_owned(), 0));
            notes.len() - 1
        });
        notes[at].1 += 1;
        let (number, back) = (at + 1, back_id(at + 1, notes[at].1));
        let label = escape_html(&self.words().footnote.with(number));
        self.raw(&format!(
            "<sup class=\"footnote-ref\"><a href=\"#fn-{number}\" id=\"{back}\" aria-label=\"{label}\">{number}</a></sup>"
        ));
    }

    /// Keeps a footnote for the end of the text; returns how many events it had.
    pub(super) fn footnote(&mut self, label: &str, events: &Events) -> usize {
        let length = block_length(events);
        let before = (std::mem::take(&mut self.html), std::mem::take(&mut self.out.body.pieces));
        self.write(&events[1..length - 1]);
        self.flush();
        let note = std::mem::take(&mut self.out.body.pieces);
        (self.html, self.out.body.pieces) = before;
        self.footnotes.written.push((label.to_owned(), note));
        length
    }

    pub(super) fn write_footnotes(&mut self) {
        let order = std::mem::take(&mut self.footnotes.order);
        let mut written = std::mem::take(&mut self.footnotes.written);
        let mut is_first = true;
        for (at, (label, uses)) in order.iter().enumerate() {
            let Some(found) = written.iter().position(|(known, _)| known == label) else { continue };
            if std::mem::take(&mut is_first) {
                self.raw(&format!(
                    "<section class=\"footnotes\" aria-labelledby=\"footnotes-title\">\n\
                     <h2 id=\"footnotes-title\">{}</h2>\n<ol>\n",
                    escape_html(&self.words().footnotes)
                ));
            }
            self.footnote_item(at + 1, written.swap_remove(found).1, *uses);
        }
        if !is_first {
            self.raw("</ol>\n</section>\n");
        }
    }

    fn footnote_item(&mut self, number: usize, mut note: Vec<Piece>, uses: usize) {
        let back = ways_back(number, uses, &self.words().footnote_back.with(number));
        let last = match note.pop() {
            Some(Piece::Html(html)) => html,
            other => {
                note.extend(other);
                String::new()
            }
        };
        self.raw(&format!("<li id=\"fn-{number}\">"));
        for piece in note {
            match piece {
                Piece::Html(html) => self.raw(&html),
                piece => self.piece(piece),
            }
        }
        // The way back stands in the last paragraph, not on a line of its own.
        let last = last.trim_end();
        match last.strip_suffix("</p>") {
            Some(text) => self.raw(&format!("{text}{back}</p></li>\n")),
            None => self.raw(&format!("{last}{back}</li>\n")),
        }
    }

    /// Tables, with classes where pulldown-cmark would write `style`, which a strict policy refuses. Returns whether
    /// the event was one of a table's.
    pub(super) fn table(&mut self, event: &Event) -> bool {
        let html = match event {
            Event::Start(Tag::Table(alignments)) => {
                self.alignments.clone_from(alignments);
                let label = escape_html(&self.words().table);
                format!("<div class=\"table-scroll\" role=\"region\" aria-label=\"{label}\" tabindex=\"0\">\n<table>\n")
            }
            Event::Start(Tag::TableHead) => {
                self.in_head = true;
                self.cell = 0;
                "<thead>\n<tr>".to_owned()
            }
            Event::Start(Tag::TableRow) => {
                self.cell = 0;
                "<tr>".to_owned()
            }
            Event::Start(Tag::TableCell) => {
                let class = match self.alignments.get(self.cell) {
                    Some(Alignment::Center) => " class=\"align-center\"",
                    Some(Alignment::Right) => " class=\"align-right\"",
                    _ => "",
                };
                self.cell += 1;
                if self.in_head { format!("<th scope=\"col\"{class}>") } else { format!("<td{class}>") }
            }
            Event::End(TagEnd::TableCell) => if self.in_head { "</th>" } else { "</td>" }.to_owned(),
            Event::End(TagEnd::TableRow) => "</tr>\n".to_owned(),
            Event::End(TagEnd::TableHead) => {
                self.in_head = false;
                "</tr>\n</thead>\n<tbody>\n".to_owned()
            }
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
        let title = escape_html(title);
        self.raw(&format!("<aside class=\"alert alert-{class}\">\n<p class=\"alert-title\">{title}</p>\n"));
    }

    /// Writes a block of code; returns how many events it had.
    pub(super) fn code_block(&mut self, kind: &CodeBlockKind, events: &Events) -> usize {
        let length = block_length(events);
        let code = plain_text(&events[1..length - 1]);
        self.text.push_str(&code);
        self.text.push('\n');
        let info = match kind {
            CodeBlockKind::Fenced(info) => info,
            CodeBlockKind::Indented => "",
        };
        if self.dialect.is_plain() {
            let language = info.split(' ').next().unwrap_or_default();
            let class =
                if language.is_empty() { "" } else { &format!(" class=\"language-{}\"", escape_html(language)) };
            self.raw(&format!("<pre><code{class}>{}</code></pre>\n", escape_html(&code)));
            return length;
        }
        match language(info) {
            // Long lines scroll in their own box, so keys must reach it.
            "" => self.raw(&format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", escape_html(&code))),
            language => self.piece(Piece::Code(Arc::new(Code::new(language, code)))),
        }
        length
    }

    /// Passes the author's HTML on, and finds `<!--more-->` in it. Returns how many events it had.
    pub(super) fn html_block(&mut self, events: &Events) -> usize {
        let length = block_length(events);
        // Lines come one by one, while a tag may go over several.
        let (mut whole, mut starts) = (String::new(), Vec::new());
        for (event, range) in &events[..length] {
            if let Event::Html(html) = event {
                if !self.dialect.is_plain() && is_more(html) {
                    self.excerpt_end.get_or_insert(self.text.len());
                    continue;
                }
                starts.push((whole.len(), range.start));
                whole.push_str(html);
                self.report_html(html, range.start);
            }
        }
        if self.dialect.is_plain() {
            self.raw(&whole);
            return length;
        }
        self.own_html(&whole, |at| {
            let line = starts.partition_point(|(start, _)| *start <= at).saturating_sub(1);
            starts.get(line).map_or(0, |(start, source)| source + (at - start))
        });
        length
    }

    /// Reports what the page's policy refuses, and pictures that tell others who reads.
    pub(super) fn report_html(&mut self, html: &str, at: usize) {
        let lower = html.to_ascii_lowercase();
        let is_inline_script = lower.contains("<script") && !lower.contains("ld+json") && !lower.contains("src=");
        let refused = [
            (is_inline_script, "an inline script"),
            (lower.contains("<style") || attribute(&lower, "style"), "an inline style"),
            (has_event_handler(&lower), "an inline event handler"),
        ];
        for (_, what) in refused.into_iter().filter(|(is_there, _)| *is_there) {
            self.remark(
                at,
                format!("there is {what} here, and browsers are told not to run or apply any"),
                "Put styles into content/custom.css, and leave scripts out.",
            );
        }
        if lower.contains("<img") && (lower.contains("src=\"http") || lower.contains("src='http")) {
            self.out.has_remote_picture = true;
            self.remark(
                at,
                "a picture here is on somebody else's server, so reading this page tells them",
                "Save it beside the Markdown file and write its name instead.",
            );
        }
    }
}

/// The language in the line that opens a block: `rust`, `rust,linenos` (Zola), `rust {hl_lines=[1]}` (Hugo), `{.rust}`
/// (Pandoc).
fn language(info: &str) -> &str {
    let info = info.trim_start().trim_start_matches(['{', '.']);
    info.split([' ', '\t', ',', ';', '{', '}']).next().unwrap_or_default()
}

fn is_more(html: &str) -> bool {
    html.trim()
        .strip_prefix("<!--")
        .and_then(|rest| rest.strip_suffix("-->"))
        .is_some_and(|inner| inner.trim() == "more")
}

fn attribute(lower: &str, name: &str) -> bool {
    lower.contains('<')
        && lower.match_indices(name).any(|(at, _)| {
            lower[..at].ends_with(char::is_whitespace) && lower[at + name.len()..].trim_start().starts_with('=')
        })
}

fn heading_number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

/// The id of the nth reference to a footnote.
fn back_id(number: usize, nth: usize) -> String {
    if nth == 1 { format!("fnref-{number}") } else { format!("fnref-{number}-{nth}") }
}

/// Links from a footnote to where it is referred to.
fn ways_back(number: usize, uses: usize, label: &str) -> String {
    let label = escape_html(label);
    let link = |nth| {
        let id = back_id(number, nth);
        format!(" <a class=\"footnote-back\" href=\"#{id}\" aria-label=\"{label}\">↩</a>")
    };
    (1..=uses).map(link).collect()
}
