//! The author's Markdown: CommonMark and common extensions, rendered to pieces for the templates.
//!
//! The author may use HTML. What a strict Content-Security-Policy refuses (inline script and style) is reported.

mod blocks;
mod footnotes;
pub mod highlight;
pub mod highlighter;
pub(super) mod ids;
mod lines;
pub mod nesting;
mod open;
mod own_html;
mod prepared;
mod quotes;
pub mod tags;

use std::{collections::HashMap, ops::Range};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use prepared::{Prepared, with_small_ends};

use super::{bare_urls, dialects, embeds, pictures::Refusal};
use crate::domain::{
    embed::{Captions, Clip, Embed, Told},
    entry::{Body, ContentsLine, Piece},
    language::{self, Quotes},
    picture::Picture,
    slug::Slug,
    words::{self, escape_html, in_one_line},
};
use crate::texts::{Article, Texts};

/// Access to everything that a text may refer to.
pub trait Lookup {
    /// A picture or download by the address the author wrote; `None` if there is none.
    fn media(&self, written: &str) -> Option<Linked>;
    /// The path of a post, page or stretch whose Markdown file the author linked to.
    fn entry(&self, written: &str) -> Option<String>;
    /// The path of a post, page or stretch by its file name, from any folder, as in Hugo's `ref`, Zola's `@/` and
    /// Jekyll's `post_url`.
    fn named(&self, written: &str) -> Option<String>;
    /// Path that a relative link means where no file matches, if the author wrote an address of the text with `/` at
    /// its end: `steps/` in `/tr/community/` is `/tr/community/steps/`, whatever address the text has here.
    fn relative(&self, _written: &str) -> Option<String> {
        None
    }
    /// A still picture next to the text, with this name and any file extension.
    fn poster(&self, stem: &str) -> Option<Picture>;
    /// Stored answer of a provider about the embed of this name.
    fn told(&self, stem: &str) -> Option<Told>;
    /// Instep's own words for the text, in its language.
    fn texts(&self) -> &'static Texts;
    /// The language of the text, a BCP 47 tag.
    fn language(&self) -> &str {
        "en"
    }
    /// HTML attributes for Instep's own words, if their language is not that of the text.
    fn tongue(&self) -> String {
        let ours = &self.texts().language;
        if language::is_same(self.language(), ours) { String::new() } else { language::attributes(ours) }
    }
    /// True if there is a stretch of that name.
    fn has_stretch(&self, slug: &Slug) -> bool;
    /// True if there is a picture above the text.
    fn has_cover(&self) -> bool;
    /// Records that this many bytes were processed. Returns false if the file's time is used up.
    fn spend(&self, _bytes: usize) -> bool {
        true
    }
}

/// A media file that was found.
#[derive(Clone, Debug, Hash)]
pub struct Linked {
    pub picture: Picture,
    pub media_type: String,
    /// A still picture of the same name next to it.
    pub poster: Option<Picture>,
    /// Captions of the same name next to it.
    pub captions: Vec<Captions>,
    /// True if it is an animation.
    pub moves: bool,
    /// Reason why it is not sent.
    pub refusal: Option<Refusal>,
}

/// A problem in a text that the author should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Bytes from the start of the Markdown.
    pub at: usize,
    pub what: String,
    pub mend: String,
}

/// An address that a text refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Bytes from the start of the Markdown.
    pub at: usize,
    /// The address that a browser gets.
    pub to: String,
}

/// A rendered text.
#[derive(Debug, Default)]
pub struct Rendered {
    pub body: Body,
    pub remarks: Vec<Remark>,
    /// Links, which can be checked when all texts are read.
    pub links: Vec<Reference>,
    /// Addresses of frames in the author's HTML.
    pub frames: Vec<Reference>,
    /// True if pages with this text need permission for pictures of other servers.
    pub has_remote_picture: bool,
}

/// Bytes of text after which a picture is below the fold on every screen.
const FOLD: usize = 1000;

/// Choice of Markdown extensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// CommonMark and all extensions: tables, embeds, ids for headings and the rest.
    #[default]
    Instep,
    /// CommonMark 0.31.2 and nothing else.
    CommonMark,
}

impl Dialect {
    fn options(self) -> Options {
        match self {
            Self::Instep => extensions(),
            Self::CommonMark => Options::empty(),
        }
    }

    fn is_plain(self) -> bool {
        self == Self::CommonMark
    }
}

pub(super) fn extensions() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_SMART_PUNCTUATION
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST
}

/// Renders a text.
pub fn render(markdown: &str, lookup: &dyn Lookup) -> Rendered {
    render_as(Dialect::default(), markdown, lookup)
}

/// Renders a text in a dialect.
pub fn render_as(dialect: Dialect, markdown: &str, lookup: &dyn Lookup) -> Rendered {
    if dialect.is_plain() {
        return write(dialect, markdown, &parse(dialect, markdown, lookup), lookup);
    }
    let mut expanded = dialects::expand(markdown, lookup);
    let prepared = Prepared::new(&expanded.text);
    let guarded = bare_urls::guard(&prepared.text, dialect.options());
    let mut events = parse(dialect, &guarded, lookup);
    let small = with_small_ends(&guarded, &events);
    if let Some(text) = &small {
        events = parse(dialect, text, lookup);
    }
    if !lookup.spend(markdown.len()) {
        return Rendered::default();
    }
    quotes::shape(&mut events, &prepared.text, &Quotes::of(lookup.language()));
    let cleaned = events.into_iter().map(|(event, range)| (prepared.cleaned(event), range));
    let events = bare_urls::linked(cleaned);
    let mut rendered = write(dialect, &prepared.text, &events, lookup);
    for remark in &mut rendered.remarks {
        remark.at = expanded.origin(prepared.origin(remark.at));
    }
    for reference in rendered.links.iter_mut().chain(&mut rendered.frames) {
        reference.at = expanded.origin(prepared.origin(reference.at));
    }
    rendered.remarks.append(&mut expanded.remarks);
    rendered
}

fn parse<'a>(dialect: Dialect, markdown: &'a str, lookup: &dyn Lookup) -> Vec<(Event<'a>, Range<usize>)> {
    let events = Parser::new_ext(markdown, dialect.options()).into_offset_iter();
    events.take_while(|_| lookup.spend(1)).collect()
}

fn write<'e>(dialect: Dialect, markdown: &str, events: &'e Events<'e>, lookup: &dyn Lookup) -> Rendered {
    // The events may be incomplete, with starts that have no ends.
    if !lookup.spend(markdown.len()) {
        return Rendered::default();
    }
    let has_h1 = events
        .iter()
        .any(|(event, _)| matches!(event, Event::Start(Tag::Heading { level: pulldown_cmark::HeadingLevel::H1, .. })));
    let mut writer = Writer {
        dialect,
        markdown,
        lookup,
        // The title of the page must be the only h1.
        heading_shift: u8::from(has_h1),
        out: Rendered::default(),
        html: String::with_capacity(markdown.len() * 3 / 2),
        text: String::with_capacity(markdown.len()),
        excerpt_end: None,
        ids: ids::Ids::default(),
        title_ids: Vec::new(),
        open: open::Open::default(),
        in_link: 0,
        behind_link: String::new(),
        ends: ends_in_texts(events),
        has_picture: lookup.has_cover(),
        footnotes: footnotes::Footnotes::default(),
        alignments: Vec::new(),
        cell: 0,
        in_head: false,
    };
    writer.write(events);
    writer.finish()
}

/// Writes the events in one pass; `blocks` and `lines` contain the code for single constructs.
struct Writer<'a, 'e> {
    dialect: Dialect,
    markdown: &'a str,
    lookup: &'a dyn Lookup,
    heading_shift: u8,
    out: Rendered,
    /// HTML written since the last piece.
    html: String,
    /// Plain text written so far.
    text: String,
    /// Position of `<!--more-->`, in bytes of `text`.
    excerpt_end: Option<usize>,
    ids: ids::Ids,
    /// Ids made from the titles of all headings.
    title_ids: Vec<String>,
    /// Open elements of the author's HTML.
    open: open::Open,
    /// Number of Markdown links around the current event.
    in_link: usize,
    /// HTML that is not allowed inside the current link and follows it.
    behind_link: String,
    /// Positions of inline end tags, by name.
    ends: HashMap<String, Vec<usize>>,
    /// True if there is a picture above the current event.
    has_picture: bool,
    footnotes: footnotes::Footnotes<'e>,
    alignments: Vec<pulldown_cmark::Alignment>,
    cell: usize,
    in_head: bool,
}

type Events<'a> = [(Event<'a>, Range<usize>)];

impl<'e> Writer<'_, 'e> {
    fn write(&mut self, events: &'e Events<'e>) {
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
                Event::InlineHtml(html) if !self.dialect.is_plain() => {
                    self.inline_html(html, range.start, block);
                    1
                }
                // HTML elements of the author end with the Markdown block that contains them.
                Event::Start(_) => {
                    self.single(event, range);
                    self.open.enter();
                    1
                }
                Event::End(_) => {
                    self.leave(|writer| writer.single(event, range));
                    1
                }
                event => {
                    self.single(event, range);
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
    fn push_text(&mut self, text: &str) {
        if !self.open.is_hidden() {
            self.text.push_str(text);
        }
    }

    /// Writes an event that needs no look-ahead.
    fn single(&mut self, event: &Event, range: &Range<usize>) {
        if self.table(event) {
            return;
        }
        if let Event::Text(text) = event {
            self.report_space(text, range.start);
        }
        match event {
            Event::Text(text) | Event::Code(text) => self.push_text(text),
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
            Event::InlineHtml(html) => self.raw(html),
            event => html::push_html(&mut self.html, std::iter::once(event.clone())),
        }
    }

    /// Instep's own words for an article.
    fn words(&self) -> &'static Article {
        &self.lookup.texts().article
    }

    fn raw(&mut self, html: &str) {
        self.html.push_str(html);
    }

    /// Ends the current HTML and adds a piece that a template renders.
    fn piece(&mut self, piece: Piece) {
        self.flush();
        self.out.body.pieces.push(piece);
    }

    fn flush(&mut self) {
        let mut html = std::mem::take(&mut self.html);
        if !html.trim().is_empty() {
            // It stays in memory as long as the site runs.
            html.shrink_to_fit();
            self.out.body.pieces.push(Piece::Html(html));
        }
    }

    fn remark(&mut self, at: usize, what: impl Into<String>, mend: impl Into<String>) {
        self.out.remarks.push(Remark { at, what: what.into(), mend: mend.into() });
    }

    fn link_to(&mut self, at: usize, to: impl Into<String>) {
        self.out.links.push(Reference { at, to: to.into() });
    }

    fn finish(mut self) -> Rendered {
        self.leave(|_| ());
        let main = self.text.len();
        self.write_footnotes();
        self.flush();
        self.name_headings();
        let body = &mut self.out.body;
        body.text = in_one_line(&self.text).into();
        body.main = in_one_line(&self.text[..main]).len();
        (body.words, body.letters) = words::length(&body.text);
        body.excerpt = self.excerpt_end.map(|end| in_one_line(&self.text[..end]));
        self.out
    }

    /// Gives headings their ids. Ids written by the author come first, then those made from titles.
    fn name_headings(&mut self) {
        let mut headings: Vec<&mut ContentsLine> = self
            .out
            .body
            .pieces
            .iter_mut()
            .filter_map(|piece| match piece {
                Piece::Heading(line, _) => Some(line),
                _ => None,
            })
            .collect();
        for line in headings.iter_mut().filter(|line| !line.id.is_empty()) {
            line.id = self.ids.take(&line.id);
        }
        for (line, id) in headings.iter_mut().zip(&self.title_ids).filter(|(line, _)| line.id.is_empty()) {
            line.id = self.ids.take(id);
        }
    }
}

/// True if a picture is the whole of an item or definition without paragraphs.
fn is_alone(events: &Events, at: usize) -> bool {
    let is_before = |tag: &Event| matches!(tag, Event::Start(Tag::Item | Tag::DefinitionListDefinition));
    let is_behind = |tag: &Event| {
        matches!(tag, Event::End(TagEnd::Item | TagEnd::DefinitionListDefinition) | Event::Start(Tag::List(_)))
    };
    let behind = at + lines::block_length(&events[at..]);
    at.checked_sub(1).is_some_and(|before| is_before(&events[before].0))
        && events.get(behind).is_some_and(|(event, _)| is_behind(event))
}

/// Positions of inline end tags, by name.
fn ends_in_texts(events: &Events) -> HashMap<String, Vec<usize>> {
    let mut ends: HashMap<String, Vec<usize>> = HashMap::new();
    for (event, range) in events {
        if let Event::InlineHtml(html) = event
            && let Some(name) = html.strip_prefix("</")
        {
            let name = name.trim_end_matches('>').trim_end().to_ascii_lowercase();
            ends.entry(name).or_default().push(range.start);
        }
    }
    ends
}

/// True if the end separates words.
pub(super) fn is_block_end(end: &TagEnd) -> bool {
    !matches!(end, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image)
}

/// The embed for an address alone on its line.
pub fn embed(address: &str, title: Option<&str>, lookup: &dyn Lookup) -> Option<Embed> {
    let title = title.filter(|title| !title.trim().is_empty()).map(str::to_owned);
    if let Some(mut player) = embeds::recognise(address, title.clone()) {
        let stem = player.stem();
        player.poster = lookup.poster(&stem);
        player.told = lookup.told(&stem).map(Box::new);
        player.title = player.title.or_else(|| player.told.as_ref()?.title.clone());
        return Some(Embed::Player(player));
    }
    let linked = lookup.media(address).filter(|linked| linked.refusal.is_none())?;
    let clip = |linked: Linked| Clip {
        address: linked.picture.address,
        media_type: linked.media_type,
        title,
        poster: linked.poster,
        captions: linked.captions,
        loops: false,
    };
    match linked.media_type.split('/').next() {
        Some("video") => Some(Embed::Video(clip(linked))),
        Some("audio") => Some(Embed::Audio(clip(linked))),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests;
