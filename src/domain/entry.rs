//! Posts, pages and stretches, read and understood. Where they come from: `content`.

mod packed;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use jiff::{Timestamp, Zoned};

use super::{embed::Embed, picture::Picture, slug::Slug};
pub use packed::{PackedBody, PackedText};

/// What posts, pages and stretches have in common.
#[derive(Clone, Debug)]
pub struct Entry {
    pub slug: Slug,
    /// The one canonical path, such as `/posts/calf-stretches`; not percent-encoded.
    pub address: String,
    /// Other paths that lead here, not percent-encoded.
    pub aliases: Vec<String>,
    pub title: String,
    /// One sentence from the front matter, else the start of the text: for search engines and feeds.
    pub description: String,
    /// The author's own sentence, shown below the title; the start of the text would stand there twice.
    pub dek: Option<String>,
    /// What lists show: the text up to `<!--more-->`, else the author's own sentence, else the start of the text.
    pub excerpt: String,
    pub image: Option<Picture>,
    pub body: PackedBody,
    /// Drafts are nowhere but in `instep serve --dev`.
    pub draft: bool,
    /// Not before this moment.
    pub publish_at: Option<Timestamp>,
    /// Not from this moment on.
    pub expire_at: Option<Timestamp>,
    /// A BCP 47 tag where it differs from the site's.
    pub language: Option<String>,
    /// `[extra]` and every key that is not ours, as written.
    pub extra: BTreeMap<String, serde_json::Value>,
    /// The Markdown file, for messages to the author.
    pub file: PathBuf,
}

impl Entry {
    /// Whether readers may see it at that moment.
    pub fn is_public(&self, now: Timestamp, with_drafts: bool) -> bool {
        let published = self.publish_at.is_none_or(|at| at <= now);
        let expired = self.expire_at.is_some_and(|at| at <= now);
        with_drafts || (published && !expired && !self.draft)
    }
}

/// A text, rendered as far as it can be without templates.
#[derive(Clone, Debug, Default)]
pub struct Body {
    pub pieces: Vec<Piece>,
    pub contents: Vec<ContentsLine>,
    /// Plain text up to `<!--more-->`, where the author has put that.
    pub excerpt: Option<String>,
    /// All of it as plain text, for search.
    pub text: Arc<str>,
    /// Where its footnotes begin, which are no part of a description.
    pub main: usize,
    /// Words between spaces.
    pub words: usize,
    /// Letters of scripts that have no spaces.
    pub letters: usize,
}

impl Body {
    /// 230 words a minute: silent reading of English non-fiction averages 238 (Brysbaert 2019). Of scripts without spaces
    /// 500 letters, as is usual for Chinese and Japanese.
    pub fn reading_minutes(&self) -> usize {
        (self.words * 500 + self.letters * 230).div_ceil(230 * 500).max(1)
    }

    /// Headings that a table of contents lists: those of the first levels, where they are more than two.
    pub fn listed(&self) -> Vec<ContentsLine> {
        let listed: Vec<ContentsLine> = self.contents.iter().filter(|line| line.level < 4).cloned().collect();
        if listed.len() > 2 { listed } else { Vec::new() }
    }

    /// Code that nobody has looked at yet, to be coloured.
    pub fn uncoloured(&self) -> Vec<Arc<Code>> {
        let code = |piece: &Piece| match piece {
            Piece::Code(code) if code.coloured.get().is_none() => Some(Arc::clone(code)),
            _ => None,
        };
        self.pieces.iter().filter_map(code).collect()
    }

    /// Whether it shows players to press, or clips that begin by themselves.
    pub fn wants_script(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Embed(embed) if embed.wants_script()))
    }
}

/// A stretch of finished HTML, or something that a template draws.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Html(String),
    /// A heading of the text, and the HTML of its words.
    Heading(ContentsLine, String),
    Code(Arc<Code>),
    Embed(Embed),
    /// `![[slug]]`: the card of a stretch.
    Stretch(Slug),
}

/// A block of code in a language.
#[derive(Debug, Default, PartialEq)]
pub struct Code {
    /// As the author wrote it: `rust`.
    pub language: String,
    pub text: String,
    /// Its HTML once it was worked out, which takes time; `None` in it where there are no colours for it.
    coloured: OnceLock<Option<String>>,
}

impl Code {
    pub fn new(language: impl Into<String>, text: impl Into<String>) -> Self {
        Self { language: language.into(), text: text.into(), coloured: OnceLock::new() }
    }

    /// Works the colours out unless that was done before. `draw` must give the same for the same code.
    pub fn colour(&self, draw: impl FnOnce() -> Option<String>) {
        self.coloured.get_or_init(draw);
    }

    /// HTML of the code in colours; `None` where there is none, or none yet.
    pub fn coloured(&self) -> Option<&str> {
        self.coloured.get()?.as_deref()
    }
}

/// A heading in the table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentsLine {
    /// 2 to 6, as in `h2`.
    pub level: u8,
    pub id: String,
    pub title: String,
}

/// A tag: its slug is its address, its name is how it was first written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub slug: Slug,
    pub name: String,
}

#[derive(Clone, Debug)]
pub struct Post {
    pub entry: Entry,
    /// In the site's time zone; `None` where nobody knows it. Such a post counts as older than all others.
    pub date: Option<Zoned>,
    pub updated: Option<Zoned>,
    pub tags: Vec<Tag>,
    pub series: Option<String>,
    /// Empty: the site's author.
    pub authors: Vec<String>,
    /// Whether the front matter lets its thread take comments.
    pub comments_open: bool,
    /// From this moment on it takes none.
    pub comments_until: Option<Timestamp>,
    /// The newest of these leads the home page.
    pub featured: bool,
    /// The slugs under which this post has had comments: its own and those of its aliases.
    pub threads: Vec<Slug>,
}

impl Post {
    /// Since when it can be read, where that is known.
    pub fn appeared(&self) -> Option<Timestamp> {
        self.entry.publish_at.or_else(|| Some(self.date.as_ref()?.timestamp()))
    }

    /// When its text was changed last, where that is known.
    pub fn changed(&self) -> Option<&Zoned> {
        self.updated.as_ref().or(self.date.as_ref())
    }

    pub fn year(&self) -> Option<i16> {
        self.date.as_ref().map(Zoned::year)
    }

    /// Year and month.
    pub fn month(&self) -> Option<(i16, i8)> {
        self.date.as_ref().map(|date| (date.year(), date.month()))
    }

    /// Whether its thread takes comments at that moment.
    pub fn takes_comments(&self, now: Timestamp) -> bool {
        self.comments_open && self.comments_until.is_none_or(|until| now < until)
    }
}

#[derive(Clone, Debug)]
pub struct Page {
    pub entry: Entry,
    pub updated: Option<Zoned>,
}

#[derive(Clone, Debug)]
pub struct Stretch {
    pub entry: Entry,
    /// What else it is called.
    pub names: Vec<String>,
    pub areas: Vec<String>,
    pub equipment: Vec<String>,
    pub position: Option<String>,
    pub hold_seconds: Option<u32>,
    pub repeats: Option<u32>,
    pub sides: Option<Sides>,
    /// A day.
    pub sets: Option<u32>,
    pub level: Option<Level>,
    pub video: Option<Embed>,
    /// An SVG picture, ready to stand inside a page (its ids carry the slug).
    pub pictogram: Option<String>,
    pub easier: Option<Slug>,
    pub harder: Option<Slug>,
    pub feel: Option<String>,
    pub stop_if: Option<String>,
    pub credit: Option<String>,
}

/// Whether the two sides of the body are stretched one after the other or together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sides {
    Each,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Easy,
    Medium,
    Hard,
}
