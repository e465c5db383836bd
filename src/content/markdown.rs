//! The author's Markdown: CommonMark and its usual extensions, made into pieces for the templates.
//!
//! The author is trusted with HTML. What a strict page policy would refuse (inline script and style) is reported.

mod blocks;
mod footnotes;
pub mod highlight;
mod ids;
mod lines;
mod open;
mod own_html;
mod prepared;
mod quotes;
mod shortcodes;
pub mod tags;

use std::{collections::HashMap, ops::Range};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use prepared::{Prepared, with_small_ends};

use super::{bare_urls, embeds, pictures::Refusal};
use crate::domain::{
    embed::{Clip, Embed, Told},
    entry::{Body, ContentsLine, Piece},
    language::{self, Quotes},
    picture::Picture,
    slug::Slug,
    words::{self, escape_html},
};
use crate::texts::{Article, Texts};

/// What a text may refer to.
pub trait Lookup {
    /// A picture or download by the address the author wrote; `None` where there is none.
    fn media(&self, written: &str) -> Option<Linked>;
    /// The path of a post, page or stretch whose Markdown file the author linked to.
    fn entry(&self, written: &str) -> Option<String>;
    /// The path of a post, page or stretch by the name of its file, from any folder, as Hugo's `ref`, Zola's `@/` and
    /// Jekyll's `post_url` write it.
    fn named(&self, written: &str) -> Option<String>;
    /// A still picture beside the text with this name and any ending.
    fn poster(&self, stem: &str) -> Option<Picture>;
    /// What a provider has told about the embed of this name.
    fn told(&self, stem: &str) -> Option<Told>;
    /// The words that are made with a text, in its language.
    fn texts(&self) -> &'static Texts;
    /// The language of the text, a BCP 47 tag.
    fn language(&self) -> &str {
        "en"
    }
    /// Attributes of our words in the HTML, where they are in another language than the text.
    fn tongue(&self) -> String {
        let ours = &self.texts().language;
        if language::is_same(self.language(), ours) { String::new() } else { language::attributes(ours) }
    }
    /// Whether there is a stretch of that name.
    fn has_stretch(&self, slug: &Slug) -> bool;
    /// Whether a picture stands above the text.
    fn has_cover(&self) -> bool;
    /// Told how many bytes are looked at. False ends the work: the file has had its time.
    fn spend(&self, _bytes: usize) -> bool {
        true
    }
}

/// A media file that was found.
#[derive(Clone, Debug, Hash)]
pub struct Linked {
    pub picture: Picture,
    pub media_type: String,
    /// A still picture of the same name beside it.
    pub poster: Option<Picture>,
    /// Captions of the same name beside it.
    pub captions: Option<String>,
    /// A picture of several that follow each other.
    pub moves: bool,
    /// Why it is not sent.
    pub refusal: Option<Refusal>,
}

/// Something in a text that the author should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Bytes from the start of the Markdown.
    pub at: usize,
    pub what: String,
    pub mend: String,
}

/// Something that a text refers to by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Bytes from the start of the Markdown.
    pub at: usize,
    /// As a browser gets it.
    pub to: String,
}

/// A text, rendered.
#[derive(Debug, Default)]
pub struct Rendered {
    pub body: Body,
    pub remarks: Vec<Remark>,
    /// Links, which can be judged when all texts are read.
    pub links: Vec<Reference>,
    /// Pages that the author's HTML puts into a frame.
    pub frames: Vec<Reference>,
    /// Pages with this text must be allowed pictures from elsewhere.
    pub has_remote_picture: bool,
}

/// A picture after more than this many bytes of text is below the fold of every screen.
const FOLD: usize = 1000;

/// What is understood besides CommonMark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// CommonMark and all of ours: tables, embeds, ids for headings and the rest.
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

fn extensions() -> Options {
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
    let mut expanded = shortcodes::expand(markdown, lookup);
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
    // A part of the events has starts without ends.
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
        // The title of the page is its only h1.
        heading_shift: u8::from(has_h1),
        out: Rendered::default(),
        html: String::with_capacity(markdown.len() * 3 / 2),
        text: String::with_capacity(markdown.len()),
        excerpt_end: None,
        ids: ids::Ids::default(),
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

/// Walks over the events once; `blocks` and `lines` hold what single constructs need.
struct Writer<'a, 'e> {
    dialect: Dialect,
    markdown: &'a str,
    lookup: &'a dyn Lookup,
    heading_shift: u8,
    out: Rendered,
    /// HTML since the last piece.
    html: String,
    /// Plain text of everything so far.
    text: String,
    /// Where `<!--more-->` stood, in bytes of `text`.
    excerpt_end: Option<usize>,
    ids: ids::Ids,
    /// What the author's HTML has opened.
    open: open::Open,
    /// Links of Markdown around what is being written.
    in_link: usize,
    /// What may not stand in the link that is being written, and follows it.
    behind_link: String,
    /// Places of end tags in texts, by name.
    ends: HashMap<String, Vec<usize>>,
    /// One stands above what comes next.
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
                // Nothing of the author's HTML reaches over the end of what Markdown has around it.
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

    /// Adds words for descriptions, search and counting, except where the author's HTML hides them.
    fn push_text(&mut self, text: &str) {
        if !self.open.is_hidden() {
            self.text.push_str(text);
        }
    }

    /// An event that needs no look ahead.
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

    /// Our words in it.
    fn words(&self) -> &'static Article {
        &self.lookup.texts().article
    }

    fn raw(&mut self, html: &str) {
        self.html.push_str(html);
    }

    /// Ends the HTML before something that a template draws.
    fn piece(&mut self, piece: Piece) {
        self.flush();
        self.out.body.pieces.push(piece);
    }

    fn flush(&mut self) {
        let mut html = std::mem::take(&mut self.html);
        if !html.trim().is_empty() {
            // It is kept as long as the site runs.
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
        let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        body.text = in_one_line(&self.text).into();
        body.main = in_one_line(&self.text[..main]).len();
        (body.words, body.letters) = words::length(&body.text);
        body.excerpt = self.excerpt_end.map(|end| in_one_line(&self.text[..end]));
        self.out
    }

    /// Gives each heading its id and lists them. Those that the author has written come first, then those made of words.
    fn name_headings(&mut self) {
        let Body { pieces, contents, .. } = &mut self.out.body;
        let mut headings: Vec<&mut ContentsLine> = pieces
            .iter_mut()
            .filter_map(|piece| match piece {
                Piece::Heading(line, _) => Some(line),
                _ => None,
            })
            .collect();
        for line in headings.iter_mut().filter(|line| !line.id.is_empty()) {
            line.id = self.ids.take(&line.id);
        }
        for line in headings.iter_mut().filter(|line| line.id.is_empty()) {
            let slug = Slug::from_text(&line.title).map(|slug| slug.as_str().replace('.', "-"));
            line.id = self.ids.take(&slug.unwrap_or_default());
        }
        *contents = headings.into_iter().map(|line| line.clone()).collect();
    }
}

/// True for a picture that is all of an item or a definition without paragraphs.
fn is_alone(events: &Events, at: usize) -> bool {
    let is_before = |tag: &Event| matches!(tag, Event::Start(Tag::Item | Tag::DefinitionListDefinition));
    let is_behind = |tag: &Event| {
        matches!(tag, Event::End(TagEnd::Item | TagEnd::DefinitionListDefinition) | Event::Start(Tag::List(_)))
    };
    let behind = at + lines::block_length(&events[at..]);
    at.checked_sub(1).is_some_and(|before| is_before(&events[before].0))
        && events.get(behind).is_some_and(|(event, _)| is_behind(event))
}

/// Places of the end tags in texts, by name.
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

/// Ends after which words do not touch.
pub(super) fn is_block_end(end: &TagEnd) -> bool {
    !matches!(end, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image)
}

/// What an address alone on its line becomes.
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
mod tests;
