//! All content of a site as it was loaded: what a [`Snapshot`](super::Snapshot) is made of.

use std::{fmt, path::Path, sync::Arc};

use jiff::Timestamp;

use super::{media::MediaIndex, watch::Scope};
use crate::domain::{
    embed::{Embed, Player},
    entry::{Content, Entry, KINDS, Kind, Piece, Post},
    problem::Problem,
    words::counted,
};

/// All content of a site, published or not.
#[derive(Debug, Default)]
pub struct Library {
    /// Posts, pages and stretches in the order of their files.
    pub contents: Vec<Content>,
    pub media: MediaIndex,
    /// Problems, sorted by file and line; those found before if it is not finished.
    pub problems: Arc<Vec<Problem>>,
    /// True if some page shows a picture from another server, or may do so.
    pub has_remote_picture: bool,
    /// Paths where a change may change the library.
    pub scope: Scope,
    /// False if [`Loader::finish`](super::Loader::finish) has something to do.
    pub is_finished: bool,
    /// Renderer of texts that are not saved.
    pub previews: Previews,
}

/// Post, page or stretch of a text, if it could be published, and the problems in it.
pub type Drawn = (Option<Content>, Vec<Problem>);

type Draw = dyn Fn(&str, &str) -> Drawn + Send + Sync;

/// Renderer of texts that are not saved, as the site would show them now. Cheap to clone.
#[derive(Clone)]
pub struct Previews(Arc<Draw>);

impl Previews {
    pub fn new(draw: impl Fn(&str, &str) -> Drawn + Send + Sync + 'static) -> Self {
        Self(Arc::new(draw))
    }

    /// Renders a text for a path below the content folder.
    pub fn draw(&self, path: &str, text: &str) -> Drawn {
        (self.0)(path, text)
    }
}

impl Default for Previews {
    fn default() -> Self {
        Self::new(|_, _| (None, Vec::new()))
    }
}

impl fmt::Debug for Previews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Previews(..)")
    }
}

/// Number of texts of each kind, public or not: shown at the start, in the log and by `check`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Numbers in the order of [`KINDS`].
    of_kinds: [usize; KINDS.len()],
    /// Number of drafts, future posts and expired posts.
    hidden: usize,
}

impl Counts {
    /// Number of texts of a kind.
    pub fn of(self, kind: Kind) -> usize {
        self.of_kinds[kind as usize]
    }

    /// Texts such as `2 posts (1 not public)`, `1 page`, `0 stretches`.
    pub fn words(self) -> [String; KINDS.len()] {
        KINDS.each_ref().map(|row| {
            let count = counted(self.of(row.kind), row.words.0, row.words.1);
            let is_told = row.kind == Kind::Post && self.hidden > 0;
            if is_told { format!("{count} ({} not public)", self.hidden) } else { count }
        })
    }
}

/// An embed and the file that shows it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub file: &'a Path,
    /// Slug of the post, page or stretch.
    pub slug: &'a str,
    pub player: &'a Player,
}

impl Library {
    pub fn counts(&self, now: Timestamp) -> Counts {
        let mut counts = Counts::default();
        for content in &self.contents {
            let is_hidden = content.post().is_some() && !content.entry().is_public(now, false);
            counts.of_kinds[content.kind() as usize] += 1;
            counts.hidden += usize::from(is_hidden);
        }
        counts
    }

    /// True if readers see the same in both.
    pub fn looks_like(&self, other: &Self) -> bool {
        self.has_remote_picture == other.has_remote_picture
            && self.contents.len() == other.contents.len()
            && self.contents.iter().zip(&other.contents).all(|(one, other)| one.is_same(other))
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.contents.iter().map(Content::entry)
    }

    pub fn posts(&self) -> impl Iterator<Item = &Arc<Post>> {
        self.contents.iter().filter_map(Content::post)
    }

    /// All embeds of providers, in drafts too, in the order of their files.
    pub fn players(&self) -> Vec<Shown<'_>> {
        let mut shown = Vec::new();
        for content in &self.contents {
            let entry = content.entry();
            let in_text = entry.body.pieces.iter().filter_map(|piece| match piece {
                Piece::Embed(embed) => Some(&**embed),
                _ => None,
            });
            let of_stretch = content.stretch().and_then(|stretch| stretch.video.as_ref());
            let players = in_text.chain(of_stretch).filter_map(|embed| match embed {
                Embed::Player(player) => Some(player),
                Embed::Video(_) | Embed::Audio(_) => None,
            });
            shown.extend(players.map(|player| Shown { file: &entry.file, slug: entry.slug.as_str(), player }));
        }
        shown.sort_by_key(|shown| shown.file);
        shown
    }
}
