//! Paragraphs, line by line. A line that is an address is an embed, `![[slug]]` a stretch, a picture a figure.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::{pictures::Image, writer::Writer};
use crate::content::syntax::{
    events::{Events, block_length, depth_after, plain_text},
    lookup::embed,
    marks::unmarked,
};
use crate::{
    content::pictures::Place,
    domain::{
        embed::{Clip, Embed},
        entry::Piece,
        slug::Slug,
    },
};

impl<'e> Writer<'_, 'e> {
    /// Writes a paragraph; returns how many events it had.
    pub(super) fn paragraph(&mut self, events: &'e Events<'e>) -> usize {
        let length = block_length(events);
        let inner = &events[1..length - 1];
        if self.gallery(inner) {
            return length;
        }
        let lines = if can_be_cut(inner) { lines_of(inner) } else { vec![inner] };
        let is_one = lines.len() == 1;
        let mut is_open = false;
        for line in lines {
            if let Some(piece) = self.meaning(line, is_one) {
                self.close_paragraph(&mut is_open);
                self.piece(piece);
            } else {
                self.raw(if is_open { "\n" } else { "<p>" });
                if !std::mem::replace(&mut is_open, true) {
                    self.open.enter();
                }
                self.write(line);
            }
            self.text.push(' ');
        }
        self.close_paragraph(&mut is_open);
        self.text.push('\n');
        length
    }

    fn close_paragraph(&mut self, is_open: &mut bool) {
        if std::mem::take(is_open) {
            self.leave(|writer| writer.raw("</p>\n"));
        }
    }

    /// Writes a gallery if the paragraph is only pictures, at least two. Returns true if it is.
    fn gallery(&mut self, inner: &Events) -> bool {
        let mut pictures: Vec<Image> = Vec::new();
        let mut at = 0;
        while let Some((event, _)) = inner.get(at) {
            let block = &inner[at..at + block_length(&inner[at..])];
            match (event, Image::of(block)) {
                (_, Some(image)) if !self.is_clip(image.to) => pictures.push(image),
                (Event::SoftBreak | Event::HardBreak, _) => {}
                (Event::Text(text), _) if text.trim().is_empty() => {}
                _ => return false,
            }
            at += block.len();
        }
        if pictures.len() < 2 {
            return false;
        }
        self.raw("<div class=\"gallery\">\n");
        for picture in pictures {
            let html = self.figure(picture, Place::Gallery);
            self.raw(&html);
            self.text.push(' ');
        }
        self.raw("</div>\n");
        self.text.push('\n');
        true
    }

    /// True if the address of an image is a clip or another embed, not a picture.
    fn is_clip(&self, address: &str) -> bool {
        let media = self.lookup.media(address);
        media.is_some_and(|linked| !linked.media_type.starts_with("image/"))
            || embed(address, None, self.lookup).is_some()
    }

    /// Piece that a whole line means; `None` if it is words. `is_alone`: the paragraph has no other line.
    fn meaning(&mut self, line: &Events, is_alone: bool) -> Option<Piece> {
        let ((first, range), (_, last)) = (line.first()?, line.last()?);
        let source = unmarked(self.markdown[range.start..last.end.max(range.end)].trim());
        if let Some(name) = source.strip_prefix("![[").and_then(|rest| rest.strip_suffix("]]")) {
            return self.stretch(name, range.start);
        }
        let is_whole = block_length(line) == line.len();
        let image = Image::of(line).filter(|_| is_whole);
        let (address, title, mark) = match (first, &image) {
            (_, Some(image)) => (image.to.to_owned(), Some(image.alt.clone()), image.title),
            (Event::Start(Tag::Link { dest_url, title, .. }), _) if is_whole => {
                let words = plain_text(line);
                // A bare URL, `<https://…>` and `[https://…](https://…)` have no title of their own.
                let has_title = words.trim_start_matches("https://") != dest_url.trim_start_matches("https://");
                (dest_url.to_string(), has_title.then_some(words), title.as_ref())
            }
            _ if line.iter().all(|(event, _)| is_of_words(event)) => (address_of(&source)?, None, ""),
            _ => return None,
        };
        if let Some(embed) = embed(&address, title.as_deref(), self.lookup) {
            return Some(Piece::Embed(Box::new(looped(embed, mark))));
        }
        let figure = image.filter(|image| is_alone && !image.title.is_empty())?;
        Some(Piece::Html(self.figure(figure, Place::Text)))
    }

    fn stretch(&mut self, name: &str, at: usize) -> Option<Piece> {
        let slug = Slug::from_text(name).filter(|slug| self.lookup.has_stretch(slug));
        if slug.is_none() {
            let what = format!("there is no stretch called {name:?}");
            self.remark(at, what, format!("Write content/stretches/{name}.md, or correct the name."));
        }
        slug.map(Piece::Stretch)
    }
}

/// Makes a clip with the title `loop` repeat without sound.
fn looped(embed: Embed, title: &str) -> Embed {
    match embed {
        Embed::Video(clip) if title.trim().eq_ignore_ascii_case("loop") => Embed::Video(Clip { loops: true, ..clip }),
        other => other,
    }
}

/// The lines of a text. A break inside an element, such as an emphasis or the text of a picture, does not end a line.
pub(super) fn lines_of<'e>(inner: &'e Events<'e>) -> Vec<&'e Events<'e>> {
    let mut depth = 0_usize;
    let is_end = |(event, _): &(Event, Range<usize>)| {
        depth = depth_after(event, depth);
        depth == 0 && matches!(event, Event::SoftBreak)
    };
    inner.split(is_end).collect()
}

/// True unless the lines belong together: the author used hard breaks, or inline HTML may span several lines.
fn can_be_cut(inner: &Events) -> bool {
    let binds = |event: &Event| match event {
        Event::HardBreak => true,
        Event::InlineHtml(html) => !html.starts_with("<!--"),
        _ => false,
    };
    !inner.iter().any(|(event, _)| binds(event))
}

/// True for words and their emphasis.
fn is_of_words(event: &Event) -> bool {
    matches!(
        event,
        Event::Text(_)
            | Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough)
            | Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough)
    )
}

/// The address or name that is the whole line, parsed as a link destination: escapes and character references are
/// resolved, emphasis is not.
fn address_of(source: &str) -> Option<String> {
    if source.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>')) {
        return None;
    }
    let link = format!("[x](<{source}>)");
    match Parser::new(&link).nth(1) {
        Some(Event::Start(Tag::Link { dest_url, .. })) => Some(dest_url.into_string()),
        _ => None,
    }
}
