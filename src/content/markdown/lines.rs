//! Paragraphs, line by line. A line that is an address is an embed, `![[slug]]` a stretch, a picture a figure.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Parser, Tag, TagEnd, html};

use super::{Dialect, Events, FOLD, Linked, Writer, embed, prepared::unmarked};
use crate::{
    content::pictures::{self, Place},
    domain::{
        address,
        embed::{Clip, Embed},
        entry::Piece,
        slug::Slug,
        words::escape_html,
    },
};

/// Meaning of a whole line.
enum Line {
    Piece(Piece),
    Figure(String),
    Words,
}

impl<'e> Writer<'_, 'e> {
    /// Writes a paragraph; returns how many events it had.
    pub(super) fn paragraph(&mut self, events: &'e Events<'e>) -> usize {
        let length = block_length(events);
        let inner = &events[1..length - 1];
        let is_ours = self.dialect == Dialect::Instep;
        if is_ours && self.gallery(inner) {
            return length;
        }
        let lines = if is_ours && can_be_cut(inner) { lines_of(inner) } else { vec![inner] };
        let is_one = lines.len() == 1;
        let mut is_open = false;
        for line in lines {
            let meaning = if is_ours { self.meaning(line, is_one) } else { Line::Words };
            if matches!(meaning, Line::Words) {
                self.raw(if is_open { "\n" } else { "<p>" });
                if !std::mem::replace(&mut is_open, true) {
                    self.open.enter();
                }
            } else {
                self.close_paragraph(&mut is_open);
            }
            match meaning {
                Line::Words => self.write(line),
                Line::Piece(piece) => self.piece(piece),
                Line::Figure(html) => self.raw(&html),
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
        let mut pictures: Vec<&Events> = Vec::new();
        let mut at = 0;
        while let Some((event, _)) = inner.get(at) {
            let length = block_length(&inner[at..]);
            match event {
                Event::Start(Tag::Image { dest_url, .. }) if !self.is_clip(dest_url) => {
                    pictures.push(&inner[at..at + length]);
                }
                Event::SoftBreak | Event::HardBreak => {}
                Event::Text(text) if text.trim().is_empty() => {}
                _ => return false,
            }
            at += length;
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

    fn meaning(&mut self, line: &Events, alone: bool) -> Line {
        let (Some((first, range)), Some((_, last_range))) = (line.first(), line.last()) else { return Line::Words };
        let source = unmarked(self.markdown[range.start..last_range.end.max(range.end)].trim());
        if let Some(slug) = source.strip_prefix("![[").and_then(|rest| rest.strip_suffix("]]")) {
            return self.stretch(slug, range);
        }
        match first {
            Event::Start(Tag::Link { link_type, dest_url, title: mark, .. }) if block_length(line) == line.len() => {
                let words = plain_text(line);
                // A bare URL, `<https://…>` and `[https://…](https://…)` have no title of their own.
                let has_title = *link_type != LinkType::Autolink && words != dest_url.as_ref();
                let title = has_title.then_some(words.as_str());
                let embed = embed(dest_url, title, self.lookup).map(|embed| looped(embed, mark));
                embed.map_or(Line::Words, |embed| Line::Piece(Piece::Embed(Box::new(embed))))
            }
            Event::Start(Tag::Image { dest_url, title, .. }) if block_length(line) == line.len() => {
                let words = plain_text(line);
                match embed(dest_url, Some(&words), self.lookup) {
                    Some(embed) => Line::Piece(Piece::Embed(Box::new(looped(embed, title)))),
                    None if alone && !title.is_empty() => Line::Figure(self.figure(line, Place::Text)),
                    None => Line::Words,
                }
            }
            _ if line.iter().all(|(event, _)| is_of_words(event)) => {
                let embed = address_of(&source).and_then(|address| embed(&address, None, self.lookup));
                embed.map_or(Line::Words, |embed| Line::Piece(Piece::Embed(Box::new(embed))))
            }
            _ => Line::Words,
        }
    }

    fn stretch(&mut self, name: &str, range: &Range<usize>) -> Line {
        match Slug::from_text(name).filter(|slug| self.lookup.has_stretch(slug)) {
            Some(slug) => Line::Piece(Piece::Stretch(slug)),
            None => {
                self.remark(
                    range.start,
                    format!("there is no stretch called {name:?}"),
                    format!("Write content/stretches/{name}.md, or correct the name."),
                );
                Line::Words
            }
        }
    }

    /// Writes a picture, inline or alone in an item; returns how many events it had.
    pub(super) fn image(&mut self, events: &Events, is_alone: bool) -> usize {
        let length = block_length(events);
        if self.dialect.is_plain() {
            html::push_html(&mut self.html, events[..length].iter().map(|(event, _)| event.clone()));
            return length;
        }
        let picture = if is_alone { self.figure(events, Place::Text) } else { self.picture(events, Place::Text) };
        self.raw(&picture);
        length
    }

    /// A picture as a figure; its title is its caption.
    fn figure(&mut self, events: &Events, place: Place) -> String {
        let picture = self.picture(events, place);
        match events.first() {
            Some((Event::Start(Tag::Image { title, .. }), _)) if !title.is_empty() => {
                format!("<figure>{picture}<figcaption>{}</figcaption></figure>\n", escape_html(title))
            }
            _ => picture + "\n",
        }
    }

    fn picture(&mut self, events: &Events, place: Place) -> String {
        let Some((Event::Start(Tag::Image { dest_url, title, .. }), range)) = events.first() else {
            return String::new();
        };
        let alt = plain_text(&events[..block_length(events)]);
        if alt.trim().is_empty() {
            self.remark(
                range.start,
                format!("the picture {:?} has no words for those who do not see it", dest_url.as_ref()),
                "Write what it shows between the brackets: ![A stretch of the calf](…).",
            );
        }
        match self.lookup.media(dest_url) {
            Some(linked) => self.own_picture(&linked, dest_url, place, &alt, title, range.start),
            None => self.other_picture(dest_url, &alt, title, range.start),
        }
    }

    /// Writes a file of this site as a picture, or as a link to it.
    fn own_picture(&mut self, linked: &Linked, to: &str, place: Place, alt: &str, title: &str, at: usize) -> String {
        if let Some(refusal) = &linked.refusal {
            self.remark(at, format!("the picture {to:?} is left out: {}", refusal.what), refusal.mend);
            return escape_html(alt);
        }
        if linked.moves {
            self.remark(
                at,
                format!("the picture {to:?} moves, also for readers who asked for less motion"),
                "Save it as a clip (MP4) and write ![…](clip.mp4 \"loop\"): that is smaller, and waits for those who want to see it.",
            );
        }
        if linked.media_type.starts_with("image/") {
            let first = !std::mem::replace(&mut self.has_picture, true) && self.text.len() <= FOLD;
            return pictures::html(&linked.picture, place, alt, title, first);
        }
        // Links cannot be nested.
        if self.in_link > 0 {
            return escape_html(alt);
        }
        self.close_link();
        let address = escape_html(&address::encode(&linked.picture.address));
        format!("<a href=\"{address}\"{}>{}</a>", title_attribute(title), escape_html(alt))
    }

    /// Writes a picture that is not a file of this site.
    fn other_picture(&mut self, to: &str, alt: &str, title: &str, at: usize) -> String {
        let is_remote = address::is_web(to) || to.starts_with("//");
        if !is_remote && url::Url::parse(to).is_err() {
            self.remark(
                at,
                format!("there is no picture {to:?}"),
                "Put it beside the Markdown file or into content/media, or correct the name.",
            );
            // The alternative text says more than a broken picture.
            return escape_html(alt);
        }
        if is_remote {
            self.out.has_remote_picture = true;
            self.remark(
                at,
                format!("the picture {to} is on somebody else's server, so reading this page tells them"),
                "Save it beside the Markdown file and write its name instead.",
            );
        }
        let (to, alt, title) = (escape_html(to), escape_html(alt), title_attribute(title));
        format!("<img src=\"{to}\" alt=\"{alt}\"{title} loading=\"lazy\" decoding=\"async\">")
    }

    /// Reports `![Photo](IMG 0001.JPG)`, which is text: an address ends at a space (CommonMark 6.3). `at` is the
    /// position of `text`.
    pub(super) fn report_space(&mut self, text: &str, at: usize) {
        for opening in text.match_indices('(').map(|(bracket, _)| at + bracket) {
            let Some((before, rest)) = self.markdown.split_at_checked(opening) else { continue };
            let line = before.lines().next_back().unwrap_or_default();
            let written = rest.strip_prefix('(').and_then(|rest| rest.lines().next()?.split_once(')'));
            let Some((written, _)) = written.filter(|(written, _)| line.ends_with(']') && written.trim().contains(' '))
            else {
                continue;
            };
            if line.contains("![") || self.lookup.media(written).is_some() || self.lookup.entry(written).is_some() {
                let what = format!("there is a space in the address {written:?}, so this is no picture and no link");
                self.remark(opening + 1, what, format!("Write it in angle brackets: (<{written}>)."));
            }
        }
    }

    /// Writes a link. Names of Markdown files and downloads of this site become their addresses; others are unchanged.
    pub(super) fn link(&mut self, event: &Event, range: &Range<usize>) {
        let Event::Start(Tag::Link { link_type, dest_url, title, id }) = event else { return };
        self.in_link += 1;
        if self.in_link > 1 && !self.dialect.is_plain() {
            return;
        }
        self.close_link();
        let is_ours = *link_type != LinkType::Email
            && !dest_url.starts_with(['#', '?'])
            // An address with a scheme (`https:`, `mailto:`, `tel:`) is complete.
            && url::Url::parse(dest_url).is_err();
        let entry = || match dest_url.strip_prefix("@/") {
            // Zola's prefix for paths from the content folder.
            Some(below) => self.lookup.named(below),
            None => self.lookup.entry(dest_url),
        };
        let entry = || entry().map(|entry| address::encode_with_fragment(&entry));
        let media = is_ours.then(|| self.lookup.media(dest_url)).flatten();
        if let Some(refusal) = media.as_ref().and_then(|linked| linked.refusal.as_ref()) {
            let what = format!("the picture {:?} cannot be had: {}", dest_url.as_ref(), refusal.what);
            self.remark(range.start, what, refusal.mend);
        }
        let is_refused = media.as_ref().is_some_and(|linked| linked.refusal.is_some());
        let media = || Some(address::encode(&media?.picture.address));
        let found = is_ours.then(|| entry().or_else(media).or_else(|| self.lookup.relative(dest_url)));
        let dest_url = match found.flatten() {
            Some(found) => {
                if !is_refused {
                    self.link_to(range.start, found.as_str());
                }
                found.into()
            }
            None => {
                if is_ours && !dest_url.starts_with('/') {
                    self.remark(
                        range.start,
                        format!("the link {:?} leads to no file here", dest_url.as_ref()),
                        "Write the address as readers see it, such as /about, or the name of a file beside this one.",
                    );
                } else if *link_type != LinkType::Email {
                    self.link_to(range.start, dest_url.as_ref());
                }
                dest_url.clone()
            }
        };
        let link = Event::Start(Tag::Link { link_type: *link_type, dest_url, title: title.clone(), id: id.clone() });
        html::push_html(&mut self.html, std::iter::once(link));
    }

    pub(super) fn end_of_link(&mut self) {
        self.in_link -= 1;
        if self.in_link == 0 || self.dialect.is_plain() {
            self.raw("</a>");
            let behind = std::mem::take(&mut self.behind_link);
            self.raw(&behind);
        }
    }
}

fn title_attribute(title: &str) -> String {
    if title.is_empty() { String::new() } else { format!(" title=\"{}\"", escape_html(title)) }
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
    let mut is_end = |(event, _): &(Event, Range<usize>)| {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(event, Event::SoftBreak)
    };
    inner.split(&mut is_end).collect()
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

/// Number of events of the block that starts with the first event, its end included.
pub(super) fn block_length(events: &Events) -> usize {
    let mut depth = 0_usize;
    for (at, (event, _)) in events.iter().enumerate() {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    events.len()
}

pub(super) fn plain_text(events: &Events) -> String {
    let words = |event: &Event| match event {
        Event::Text(text) | Event::Code(text) => text.to_string(),
        Event::SoftBreak | Event::HardBreak => " ".to_owned(),
        _ => String::new(),
    };
    events.iter().map(|(event, _)| words(event)).collect()
}
