//! Pictures of the Markdown: files of this site in all their sizes, files of other servers, and downloads.

use pulldown_cmark::{Event, Tag};

use super::writer::Writer;
use crate::content::syntax::{
    events::{Events, block_length, plain_text},
    lookup::Linked,
};
use crate::{
    content::pictures::{self, Place, Refusal},
    domain::{
        address,
        words::{escape_html, in_one_line},
    },
};

/// Bytes of text after which a picture is below the fold on every screen.
const FOLD: usize = 1000;

/// `![alt](to "title")`.
pub(super) struct Image<'e> {
    pub to: &'e str,
    pub title: &'e str,
    pub alt: String,
    /// True if the title is shown as a caption.
    is_captioned: bool,
    /// Bytes from the start of the Markdown.
    at: usize,
}

impl<'e> Image<'e> {
    /// The image with which the events begin.
    pub fn of(events: &'e Events) -> Option<Self> {
        match events.first()? {
            (Event::Start(Tag::Image { dest_url, title, .. }), range) => {
                let alt = plain_text(&events[..block_length(events)]);
                Some(Self { to: dest_url, title, alt, is_captioned: false, at: range.start })
            }
            _ => None,
        }
    }

    /// Alternative text and title of the element. A screen reader reads both beside the caption, so neither repeats it.
    fn words(&self) -> (&str, &str) {
        match self.is_captioned {
            true if self.alt.trim() == self.title.trim() => ("", ""),
            true => (&self.alt, ""),
            false => (&self.alt, self.title),
        }
    }
}

impl Writer<'_, '_> {
    /// Writes a picture, inline or alone in an item; returns how many events it had.
    pub(super) fn image(&mut self, events: &Events, is_alone: bool) -> usize {
        if let Some(image) = Image::of(events) {
            let html = if is_alone { self.figure(image, Place::Text) } else { self.picture(&image, Place::Text) };
            self.raw(&html);
        }
        block_length(events)
    }

    /// A picture as a figure; its title is its caption.
    pub(super) fn figure(&mut self, mut image: Image, place: Place) -> String {
        image.is_captioned = !image.title.is_empty();
        let picture = self.picture(&image, place);
        match image.title {
            "" => picture + "\n",
            title => format!("<figure>{picture}<figcaption>{}</figcaption></figure>\n", escape_html(title)),
        }
    }

    fn picture(&mut self, image: &Image, place: Place) -> String {
        self.note_alt(&image.alt);
        if image.alt.trim().is_empty() {
            let what = format!("the picture {:?} has no text for readers who do not see it", image.to);
            self.remark(image.at, what, "Write what it shows between the brackets: ![A stretch of the calf](…).");
        }
        match self.lookup.media(image.to) {
            Some(linked) => self.own_picture(&linked, image, place),
            None => self.other_picture(image),
        }
    }

    /// Keeps the text of the first picture, which describes a post without words.
    pub(super) fn note_alt(&mut self, alt: &str) {
        if !alt.trim().is_empty() {
            self.first_alt.get_or_insert_with(|| in_one_line(alt));
        }
    }

    /// Writes a file of this site as a picture, or as a link to it.
    fn own_picture(&mut self, linked: &Linked, image: &Image, place: Place) -> String {
        let Image { to, title, alt, at, .. } = image;
        if let Some(refusal) = &linked.refusal {
            self.report_refusal(*at, to, refusal);
            return escape_html(alt);
        }
        if linked.moves {
            self.remark(
                *at,
                format!("the picture {to:?} moves, also for readers who have turned motion off"),
                "Save it as a clip (MP4) and write ![…](clip.mp4 \"loop\"): that is smaller, and it plays for those who want it.",
            );
        }
        if linked.media_type.starts_with("image/") {
            let first = !std::mem::replace(&mut self.has_picture, true) && self.text.len() <= FOLD;
            let (alt, title) = image.words();
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
    fn other_picture(&mut self, image: &Image) -> String {
        let Image { to, alt, at, .. } = image;
        let is_remote = is_remote(to);
        if !is_remote && url::Url::parse(to).is_err() {
            self.report_missing(*at, "picture", to);
            // The alternative text says more than a broken picture.
            return escape_html(alt);
        }
        if is_remote {
            self.report_remote(*at, &format!("the picture {to}"));
        }
        let (alt, title) = image.words();
        let (to, alt, title) = (escape_html(to), escape_html(alt), title_attribute(title));
        format!("<img src=\"{to}\" alt=\"{alt}\"{title} loading=\"lazy\" decoding=\"async\">")
    }

    pub(super) fn report_refusal(&mut self, at: usize, named: &str, refusal: &Refusal) {
        self.remark(at, format!("the picture {named:?} is left out: {}", refusal.what), refusal.mend);
    }

    pub(super) fn report_missing(&mut self, at: usize, kind: &str, named: &str) {
        let what = format!("there is no {kind} {named:?}");
        self.remark(at, what, "Put it beside the Markdown file or into content/media, or correct the name.");
    }

    /// Reports a picture that is loaded from another server, and lets the page load it.
    pub(super) fn report_remote(&mut self, at: usize, picture: &str) {
        self.out.has_remote_picture = true;
        self.remark(
            at,
            format!("{picture} is on another server, which learns who reads this page"),
            "Save it beside the Markdown file and write its name instead.",
        );
    }
}

/// True for an address on another server.
pub(super) fn is_remote(address: &str) -> bool {
    address::is_web(address) || address.starts_with("//")
}

fn title_attribute(title: &str) -> String {
    if title.is_empty() { String::new() } else { format!(" title=\"{}\"", escape_html(title)) }
}
