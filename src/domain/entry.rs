//! Posts, pages and stretches after parsing. `content` reads their files. A new kind is a row in [`KINDS`] and a variant
//! of [`Content`] with its own facts.

mod packed;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use jiff::{Timestamp, Zoned};

use super::{embed::Embed, picture::Picture, slug::Slug};
pub use packed::{LazyBody, PackedBody, PackedText};

/// Tag of a change to the addresses of deleted posts. No page carries it.
pub const GONE_TAG: &str = "gone";

/// Fields that posts, pages and stretches have in common.
#[derive(Clone, Debug)]
pub struct Entry {
    pub slug: Slug,
    /// Canonical path, such as `/posts/calf-stretches`; not percent-encoded.
    pub address: String,
    /// Other paths that redirect here, not percent-encoded.
    pub aliases: Vec<String>,
    pub title: String,
    /// Sentence from the front matter, shown below the title; never the start of the text, which would be there twice.
    pub dek: Option<String>,
    pub image: Option<Picture>,
    /// Text, rendered on first use.
    pub body: LazyBody,
    /// True for a draft, which only `instep serve --dev` shows.
    pub draft: bool,
    /// Time from which it is public.
    pub publish_at: Option<Timestamp>,
    /// Time from which it is no longer public.
    pub expire_at: Option<Timestamp>,
    /// BCP 47 tag if it differs from the site's.
    pub language: Option<String>,
    /// Path of the Markdown file, for messages to the author.
    pub file: PathBuf,
}

impl Entry {
    /// True if readers may see it at that time.
    pub fn is_public(&self, now: Timestamp, with_drafts: bool) -> bool {
        let published = self.publish_at.is_none_or(|at| at <= now);
        let expired = self.expire_at.is_some_and(|at| at <= now);
        with_drafts || (published && !expired && !self.draft)
    }

    /// Sentence from the front matter, else the start of the text: for search engines and feeds.
    pub fn description(&self) -> &str {
        self.dek.as_deref().unwrap_or_else(|| self.body.description())
    }

    /// Text in lists: the text up to `<!--more-->`, else the sentence from the front matter, else the start of the text.
    pub fn excerpt(&self) -> &str {
        let before_more = self.body.excerpt.as_deref();
        before_more.or(self.dek.as_deref()).unwrap_or_else(|| self.body.start())
    }
}

/// Level from which headings are not in the table of contents.
const LISTED: u8 = 4;

/// Rendered text, with placeholders where templates are needed.
#[derive(Clone, Debug, Default)]
pub struct Body {
    pub pieces: Vec<Piece>,
    /// Plain text up to `<!--more-->`, if the author has put that.
    pub excerpt: Option<String>,
    /// Whole text without markup, for search.
    pub text: Arc<str>,
    /// Position of the footnotes in the text; they are no part of a description.
    pub main: usize,
    /// Number of words between spaces.
    pub words: usize,
    /// Number of letters of scripts that have no spaces.
    pub letters: usize,
}

impl Body {
    /// Reading time at 230 words a minute: silent reading of English non-fiction averages 238 (Brysbaert 2019). For
    /// scripts without spaces at 500 letters, as is usual for Chinese and Japanese.
    pub fn reading_minutes(&self) -> usize {
        (self.words * 500 + self.letters * 230).div_ceil(230 * 500).max(1)
    }

    /// Headings for a table of contents, if there are more than two.
    pub fn listed(&self) -> Vec<ContentsLine> {
        let heading = |piece: &Piece| match piece {
            Piece::Heading(line, _) if line.level < LISTED => Some(line.clone()),
            _ => None,
        };
        let listed: Vec<ContentsLine> = self.pieces.iter().filter_map(heading).collect();
        if listed.len() > 2 { listed } else { Vec::new() }
    }

    /// Code blocks that are not highlighted yet.
    pub fn uncoloured(&self) -> Vec<Arc<Code>> {
        let code = |piece: &Piece| match piece {
            Piece::Code(code) if code.coloured.get().is_none() => Some(Arc::clone(code)),
            _ => None,
        };
        self.pieces.iter().filter_map(code).collect()
    }

    /// True if it has players, or clips that start by themselves.
    pub fn wants_script(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Embed(embed) if embed.wants_script()))
    }
}

/// Part of a text: finished HTML, or something that a template renders.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Html(String),
    /// Heading, and the HTML of its words.
    Heading(ContentsLine, String),
    Code(Arc<Code>),
    Embed(Box<Embed>),
    /// Card of a stretch, written as `![[slug]]`.
    Stretch(Slug),
}

/// Code block with a language.
#[derive(Debug, Default, PartialEq)]
pub struct Code {
    /// Language as the author wrote it: `rust`.
    pub language: String,
    pub text: String,
    /// Highlighted HTML once it was computed, which takes time; `None` inside if the language is not supported.
    coloured: OnceLock<Option<String>>,
}

impl Code {
    pub fn new(language: impl Into<String>, text: impl Into<String>) -> Self {
        Self { language: language.into(), text: text.into(), coloured: OnceLock::new() }
    }

    /// Highlights the code unless that was done before. `draw` must give the same for the same code.
    ///
    /// # Errors
    /// `draw` failed. It may be tried again.
    pub fn colour<E>(&self, draw: impl FnOnce() -> Result<Option<String>, E>) -> Result<(), E> {
        if self.coloured.get().is_none() {
            let html = draw()?;
            self.coloured.get_or_init(|| html);
        }
        Ok(())
    }

    /// Highlighted HTML; `None` if there is none, or none yet.
    pub fn coloured(&self) -> Option<&str> {
        self.coloured.get()?.as_deref()
    }
}

/// Heading in the table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentsLine {
    /// Level from 2 to 6, as in `h2`.
    pub level: u8,
    pub id: String,
    pub title: String,
}

/// Tag: its slug is used in addresses, its name is how it was first written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub slug: Slug,
    pub name: String,
}

/// Kind of text that a Markdown file becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Post,
    Page,
    Stretch,
}

/// Row of the table of kinds.
#[derive(Debug)]
pub struct Row {
    pub kind: Kind,
    /// Folders below the content folder: first our name, then those of Hugo, Zola and Jekyll.
    pub folders: &'static [&'static str],
    /// First part of its addresses, with the list of them; pages have none. The permalink pattern changes it for posts.
    pub base: Option<&'static str>,
    /// True if its texts belong to a day: they are in feeds and the archive, and one without a date gets a warning.
    pub has_date: bool,
    /// Word for one text of it, and for several: for the author.
    pub words: (&'static str, &'static str),
}

pub const KINDS: [Row; 3] = [
    Row {
        kind: Kind::Post,
        folders: &["posts", "post", "blog", "articles", "news", "_posts", "_drafts"],
        base: Some("posts"),
        has_date: true,
        words: ("post", "posts"),
    },
    Row {
        kind: Kind::Page,
        folders: &["pages", "page", "_pages"],
        base: None,
        has_date: false,
        words: ("page", "pages"),
    },
    Row {
        kind: Kind::Stretch,
        folders: &["stretches"],
        base: Some("stretches"),
        has_date: false,
        words: ("stretch", "stretches"),
    },
];

impl Kind {
    pub fn row(self) -> &'static Row {
        &KINDS[self as usize]
    }

    /// Kind whose addresses begin with this part.
    pub fn of_base(part: &str) -> Option<&'static Row> {
        KINDS.iter().find(|row| row.base == Some(part))
    }

    /// Folder below the content folder for new files.
    pub fn folder(self) -> &'static str {
        self.row().folders.first().copied().unwrap_or_default()
    }
}

/// Post, page or stretch.
#[derive(Clone, Debug)]
pub enum Content {
    Post(Arc<Post>),
    Page(Arc<Page>),
    Stretch(Arc<Stretch>),
}

impl Content {
    /// Fields that all kinds have.
    pub fn entry(&self) -> &Entry {
        match self {
            Self::Post(post) => &post.entry,
            Self::Page(page) => &page.entry,
            Self::Stretch(stretch) => &stretch.entry,
        }
    }

    pub fn entry_mut(&mut self) -> &mut Entry {
        match self {
            Self::Post(post) => &mut Arc::make_mut(post).entry,
            Self::Page(page) => &mut Arc::make_mut(page).entry,
            Self::Stretch(stretch) => &mut Arc::make_mut(stretch).entry,
        }
    }

    /// True if both are one object in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self.entry(), other.entry())
    }

    pub fn kind(&self) -> Kind {
        match self {
            Self::Post(_) => Kind::Post,
            Self::Page(_) => Kind::Page,
            Self::Stretch(_) => Kind::Stretch,
        }
    }

    pub fn post(&self) -> Option<&Arc<Post>> {
        if let Self::Post(post) = self { Some(post) } else { None }
    }

    pub fn page(&self) -> Option<&Arc<Page>> {
        if let Self::Page(page) = self { Some(page) } else { None }
    }

    pub fn stretch(&self) -> Option<&Arc<Stretch>> {
        if let Self::Stretch(stretch) = self { Some(stretch) } else { None }
    }

    /// Date of the last change, if known.
    pub fn changed(&self) -> Option<&Zoned> {
        match self {
            Self::Post(post) => post.changed(),
            Self::Page(page) => page.updated.as_ref(),
            Self::Stretch(_) => None,
        }
    }

    /// Names of tags, areas and gear: short words that weigh more in a search than the text.
    pub fn keywords(&self) -> Vec<&str> {
        match self {
            Self::Post(post) => post.tags.iter().map(|tag| tag.name.as_str()).collect(),
            Self::Page(_) => Vec::new(),
            Self::Stretch(stretch) => {
                [&stretch.names, &stretch.areas, &stretch.equipment].into_iter().flatten().map(String::as_str).collect()
            }
        }
    }
}

#[derive(Clone, Debug)]
pub struct Post {
    pub entry: Entry,
    /// Date in the site's time zone; `None` if unknown. Such a post counts as older than all others.
    pub date: Option<Zoned>,
    pub updated: Option<Zoned>,
    pub tags: Vec<Tag>,
    pub series: Option<String>,
    /// Names of the authors; empty: the site's author.
    pub authors: Vec<String>,
    /// True if the front matter allows comments.
    pub comments_open: bool,
    /// Time from which its thread takes no comments.
    pub comments_until: Option<Timestamp>,
    /// True for a featured post. The newest of them is the first on the home page.
    pub featured: bool,
    /// Slugs under which this post may have comments: its own and its aliases.
    pub threads: Vec<Slug>,
}

impl Post {
    /// Time of publication, if known.
    pub fn appeared(&self) -> Option<Timestamp> {
        self.entry.publish_at.or_else(|| Some(self.date.as_ref()?.timestamp()))
    }

    /// Date of the last change, if known.
    pub fn changed(&self) -> Option<&Zoned> {
        self.updated.as_ref().or(self.date.as_ref())
    }

    pub fn year(&self) -> Option<i16> {
        self.date.as_ref().map(Zoned::year)
    }

    /// Year and month of its date.
    pub fn month(&self) -> Option<(i16, i8)> {
        self.date.as_ref().map(|date| (date.year(), date.month()))
    }

    /// True if its thread takes comments at that time.
    pub fn takes_comments(&self, now: Timestamp) -> bool {
        self.comments_open && self.comments_until.is_none_or(|until| now < until)
    }
}

#[derive(Clone, Debug)]
pub struct Page {
    pub entry: Entry,
    pub updated: Option<Zoned>,
}

impl Page {
    /// True if the header may list it. The footer has the privacy page.
    pub fn is_of_header(&self) -> bool {
        self.entry.slug.as_str() != "privacy"
    }
}

#[derive(Clone, Debug)]
pub struct Stretch {
    pub entry: Entry,
    /// Other names.
    pub names: Vec<String>,
    pub areas: Vec<String>,
    pub equipment: Vec<String>,
    pub position: Option<String>,
    pub hold_seconds: Option<u32>,
    pub repeats: Option<u32>,
    pub sides: Option<Sides>,
    /// Sets a day.
    pub sets: Option<u32>,
    pub level: Option<Level>,
    pub video: Option<Embed>,
    /// SVG picture for use inside a page (its ids carry the slug).
    pub pictogram: Option<String>,
    pub easier: Option<Slug>,
    pub harder: Option<Slug>,
    pub feel: Option<String>,
    pub stop_if: Option<String>,
    pub credit: Option<String>,
}

/// Order of the two sides of the body: one after the other, or together.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_row() {
        for (at, row) in KINDS.iter().enumerate() {
            assert_eq!((row.kind as usize, row.kind.row().kind), (at, row.kind));
            assert!(!row.kind.folder().is_empty());
        }
    }
}
