//! The writer: goes through the events of a text once and writes HTML, plain text and pieces for templates.
//!
//! `paragraphs`, `pictures`, `links`, `blocks`, `footnotes_section` and `own_html` contain its methods for single constructs.

use std::{collections::HashMap, ops::Range};

use pulldown_cmark::{Alignment, Event, HeadingLevel, Tag, TagEnd, html};

use super::{
    footnotes::Footnotes,
    ids::{Ids, letters_of},
    open::Open,
};
use crate::content::syntax::{
    events::{Events, block_length, is_block_end},
    lookup::Lookup,
    marks::MARK,
    rendered::{Reference, Remark, Rendered},
    tags::name_of,
};
use crate::{
    content::dialects::without_tags,
    domain::{
        address,
        entry::{ContentsLine, Piece},
        words::{self, escape_html, in_one_line},
    },
    texts::Article,
};

pub(super) struct Writer<'a, 'e> {
    pub markdown: &'a str,
    pub lookup: &'a dyn Lookup,
    pub heading_shift: u8,
    pub out: Rendered,
    /// HTML written since the last piece.
    pub html: String,
    /// Plain text written so far, without code.
    pub text: String,
    /// Code written so far. It is searched, but no part of descriptions.
    pub code: String,
    /// Text for readers who do not see the first picture.
    pub first_alt: Option<String>,
    /// Position of `<!--more-->`, in bytes of `text`.
    pub excerpt_end: Option<usize>,
    pub ids: Ids,
    /// Ids made from the titles of all headings.
    pub title_ids: Vec<String>,
    /// Open elements of the author's HTML.
    pub open: Open,
    /// Number of Markdown links around the current event.
    pub in_link: usize,
    /// HTML that is not allowed inside the current link and follows it.
    pub behind_link: String,
    /// Positions of inline end tags, by name.
    pub ends: HashMap<String, Vec<usize>>,
    /// True if there is a picture above the current event.
    pub has_picture: bool,
    pub footnotes: Footnotes<'e>,
    /// Table around the current event.
    pub table: Table,
}

/// Table around an event.
#[derive(Default)]
pub(super) struct Table {
    pub alignments: Vec<Alignment>,
    /// Number of the next cell in its row.
    pub cell: usize,
    pub in_head: bool,
}

impl<'a, 'e> Writer<'a, 'e> {
    pub fn new(markdown: &'a str, events: &Events, lookup: &'a dyn Lookup) -> Self {
        let is_h1 = |event: &Event| matches!(event, Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }));
        Self {
            markdown,
            lookup,
            // The title of the page must be the only h1.
            heading_shift: u8::from(events.iter().any(|(event, _)| is_h1(event))),
            out: Rendered::default(),
            html: String::with_capacity(markdown.len() * 3 / 2),
            text: String::with_capacity(markdown.len()),
            code: String::new(),
            first_alt: None,
            excerpt_end: None,
            ids: Ids::default(),
            title_ids: Vec::new(),
            open: Open::default(),
            in_link: 0,
            behind_link: String::new(),
            ends: inline_ends(events),
            has_picture: lookup.has_cover(),
            footnotes: Footnotes::default(),
            table: Table::default(),
        }
    }

    pub fn write(&mut self, events: &'e Events<'e>) {
        let mut at = 0;
        while let Some((event, range)) = events.get(at) {
            let block = &events[at..];
            let length = match event {
                Event::Start(Tag::Paragraph) => self.paragraph(block),
                Event::Start(Tag::Heading { .. }) => self.heading(block),
                Event::Start(Tag::FootnoteDefinition(label)) => self.footnotes.keep(label, block),
                Event::Start(Tag::Image { .. }) => self.image(block, is_alone(events, at)),
                Event::Start(Tag::DefinitionListTitle) => self.definition_terms(block),
                Event::Start(Tag::HtmlBlock) => self.html_block(block),
                Event::Start(Tag::CodeBlock(kind)) => self.code_block(kind, block),
                event => {
                    match event {
                        Event::InlineHtml(html) => self.inline_html(html, range.start, block),
                        // HTML elements of the author end with the Markdown block that contains them.
                        Event::End(_) => self.leave(|writer| writer.single(event, range)),
                        _ => self.single(event, range),
                    }
                    if matches!(event, Event::Start(_)) {
                        self.open.enter();
                    }
                    1
                }
            };
            at += length;
            if !self.lookup.spend(length) {
                return;
            }
        }
    }

    /// Adds words for descriptions, search and counting, unless the author's HTML hides them.
    pub fn push_text(&mut self, text: &str) {
        if self.open.is_hidden() {
            return;
        }
        let words = if self.open.is_open("pre") { &mut self.code } else { &mut self.text };
        words.push_str(text);
    }

    /// Writes an event that needs no look-ahead.
    fn single(&mut self, event: &Event, range: &Range<usize>) {
        if self.table(event) {
            return;
        }
        match event {
            Event::Text(text) => {
                self.report_space(text, range.start);
                self.push_text(text);
            }
            // A mark distinguishes code from tags of templates.
            Event::Code(text) => self.push_text(&text.replace('{', &format!("{{{MARK}"))),
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::End(end) if is_block_end(end) => self.text.push('\n'),
            _ => {}
        }
        match event {
            Event::FootnoteReference(label) => self.footnote_reference(label),
            Event::TaskListMarker(done) => {
                let (state, label) = match *done {
                    true => (" checked", &self.words().done),
                    false => ("", &self.words().to_do),
                };
                let label = escape_html(label);
                self.raw(&format!("<input type=\"checkbox\" disabled{state} aria-label=\"{label}\"> "));
            }
            Event::Start(Tag::BlockQuote(Some(kind))) => self.alert(*kind),
            Event::End(TagEnd::BlockQuote(Some(_))) => self.raw("</aside>\n"),
            Event::Start(Tag::Link { .. }) => self.link(event, range),
            Event::End(TagEnd::Link) => self.end_of_link(),
            event => html::push_html(&mut self.html, std::iter::once(event.clone())),
        }
    }

    /// Instep's own words for an article.
    pub fn words(&self) -> &'static Article {
        &self.lookup.texts().article
    }

    pub fn raw(&mut self, html: &str) {
        self.html.push_str(html);
    }

    /// Ends the current HTML and adds a piece that a template renders.
    pub fn piece(&mut self, piece: Piece) {
        self.flush();
        self.out.body.pieces.push(piece);
    }

    pub fn flush(&mut self) {
        let mut html = std::mem::take(&mut self.html);
        if !html.trim().is_empty() {
            // It stays in memory as long as the site runs.
            html.shrink_to_fit();
            self.out.body.pieces.push(Piece::Html(html));
        }
    }

    pub fn remark(&mut self, at: usize, what: impl Into<String>, mend: impl Into<String>) {
        self.out.remarks.push(Remark { at, what: what.into(), mend: mend.into() });
    }

    pub fn link_to(&mut self, at: usize, to: impl Into<String>) {
        self.out.links.push(Reference { at, to: to.into() });
    }

    pub fn finish(mut self) -> Rendered {
        self.leave(|_| ());
        let main = self.text.len();
        self.write_footnotes();
        self.flush();
        self.name_headings();
        self.name_as_linked();
        let body = &mut self.out.body;
        let plain = |text: &str| in_one_line(&without_tags(text).replace(MARK, ""));
        let (main, notes) = self.text.split_at(main);
        let main = Some(plain(main)).filter(|main| !main.is_empty()).or(self.first_alt).unwrap_or_default();
        body.main = main.len();
        body.excerpt = self.excerpt_end.map(|end| plain(&self.text[..end]));
        body.text = in_one_line(&format!("{main} {} {}", plain(notes), self.code)).into();
        (body.words, body.letters) = words::length(&body.text);
        self.out
    }

    /// Gives headings their ids. Ids written by the author come first, then those made from titles.
    fn name_headings(&mut self) {
        let headings = self.out.body.pieces.iter_mut().filter_map(|piece| match piece {
            Piece::Heading(line, _) => Some(line),
            _ => None,
        });
        let mut headings: Vec<(&mut ContentsLine, &String)> = headings.zip(&self.title_ids).collect();
        headings.sort_by_key(|(line, _)| line.id.is_empty());
        for (line, title_id) in headings {
            line.id = self.ids.take(if line.id.is_empty() { title_id } else { &line.id });
        }
    }

    /// Gives a heading a second id if a link of the text spells its id in another way: Zola writes `cargo-toml` where
    /// GitHub writes `cargotoml`.
    fn name_as_linked(&mut self) {
        let Rendered { body, links, .. } = &mut self.out;
        let headings = body.pieces.iter_mut().rev().filter_map(|piece| match piece {
            Piece::Heading(line, words) => Some((letters_of(&line.id), words)),
            _ => None,
        });
        let mut headings: HashMap<String, &mut String> = headings.collect();
        for link in links {
            let Some(id) = link.to.strip_prefix('#').and_then(address::decode) else { continue };
            if let Some(words) = headings.get_mut(&letters_of(&id))
                && self.ids.take_free(&id)
            {
                words.insert_str(0, &format!("<a id=\"{}\"></a>", escape_html(&id)));
            }
        }
    }
}

/// True if a picture is the whole of an item or definition without paragraphs.
fn is_alone(events: &Events, at: usize) -> bool {
    let is_before = |event: &Event| matches!(event, Event::Start(Tag::Item | Tag::DefinitionListDefinition));
    let is_behind = |event: &Event| {
        matches!(event, Event::End(TagEnd::Item | TagEnd::DefinitionListDefinition) | Event::Start(Tag::List(_)))
    };
    let behind = at + block_length(&events[at..]);
    at.checked_sub(1).is_some_and(|before| is_before(&events[before].0))
        && events.get(behind).is_some_and(|(event, _)| is_behind(event))
}

/// Positions of inline end tags, by name.
fn inline_ends(events: &Events) -> HashMap<String, Vec<usize>> {
    let mut ends: HashMap<String, Vec<usize>> = HashMap::new();
    for (event, range) in events {
        if let Event::InlineHtml(html) = event
            && html.starts_with("</")
        {
            ends.entry(name_of(html).to_ascii_lowercase()).or_default().push(range.start);
        }
    }
    ends
}
