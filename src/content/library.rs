//! All content of a site as it was loaded: what a [`Snapshot`](super::Snapshot) is made of.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;

use super::{media::MediaIndex, watch::Scope};
use crate::domain::{
    embed::{Embed, Player},
    entry::{Content, Entry, Piece, Post},
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
}

/// Number of texts of each kind, public or not: shown at the start, in the log and by `check`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub posts: usize,
    /// Number of drafts, future posts and expired posts.
    hidden: usize,
    pages: usize,
    stretches: usize,
}

impl Counts {
    /// Texts such as `2 posts (1 not public)`, `1 page`, `0 stretches`.
    pub fn words(self) -> [String; 3] {
        let posts = counted(self.posts, "post", "posts");
        let posts = if self.hidden > 0 { format!("{posts} ({} not public)", self.hidden) } else { posts };
        [posts, counted(self.pages, "page", "pages"), counted(self.stretches, "stretch", "stretches")]
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
            match content {
                Content::Post(post) => {
                    counts.posts += 1;
                    counts.hidden += usize::from(!post.entry.is_public(now, false));
                }
                Content::Page(_) => counts.pages += 1,
                Content::Stretch(_) => counts.stretches += 1,
            }
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
            let of_stretch = match content {
                Content::Stretch(stretch) => stretch.video.as_ref(),
                _ => None,
            };
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
