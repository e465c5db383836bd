//! All content of a site as it was loaded: what a [`Snapshot`](super::Snapshot) is made of.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use jiff::Timestamp;

use super::{media::MediaIndex, watch::Scope};
use crate::domain::{
    embed::{Embed, Player},
    entry::{Entry, Page, Piece, Post, Stretch},
    problem::Problem,
    slug::Slug,
    words::counted,
};

/// All content of a site, published or not.
#[derive(Debug, Default)]
pub struct Library {
    pub posts: Vec<Arc<Post>>,
    pub pages: Vec<Arc<Page>>,
    pub stretches: BTreeMap<Slug, Arc<Stretch>>,
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
        Counts {
            posts: self.posts.len(),
            hidden: self.posts.iter().filter(|post| !post.entry.is_public(now, false)).count(),
            pages: self.pages.len(),
            stretches: self.stretches.len(),
        }
    }

    /// True if readers see the same in both.
    pub fn looks_like(&self, other: &Self) -> bool {
        fn are_same<'a, T: 'a>(one: impl Iterator<Item = &'a Arc<T>>, other: impl Iterator<Item = &'a Arc<T>>) -> bool {
            one.map(Arc::as_ptr).eq(other.map(Arc::as_ptr))
        }
        self.has_remote_picture == other.has_remote_picture
            && are_same(self.posts.iter(), other.posts.iter())
            && are_same(self.pages.iter(), other.pages.iter())
            && are_same(self.stretches.values(), other.stretches.values())
    }

    /// All posts, pages and stretches: each may show an embed.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let posts = self.posts.iter().map(|post| &post.entry);
        let pages = self.pages.iter().map(|page| &page.entry);
        posts.chain(pages).chain(self.stretches.values().map(|stretch| &stretch.entry))
    }

    /// All embeds of providers, in drafts too, in the order of their files.
    pub fn players(&self) -> Vec<Shown<'_>> {
        let in_texts = self.entries().flat_map(|entry| entry.body.pieces.iter().map(move |piece| (entry, piece)));
        let in_texts = in_texts.filter_map(|(entry, piece)| match piece {
            Piece::Embed(embed) => Some((entry, &**embed)),
            _ => None,
        });
        let of_stretches = self.stretches.values();
        let of_stretches = of_stretches.filter_map(|stretch| Some((&stretch.entry, stretch.video.as_ref()?)));
        let mut shown: Vec<Shown> =
            in_texts.chain(of_stretches).filter_map(|(entry, embed)| shown(entry, embed)).collect();
        shown.sort_by_key(|shown| shown.file);
        shown
    }
}

fn shown<'a>(entry: &'a Entry, embed: &'a Embed) -> Option<Shown<'a>> {
    match embed {
        Embed::Player(player) => Some(Shown { file: &entry.file, slug: entry.slug.as_str(), player }),
        Embed::Video(_) | Embed::Audio(_) => None,
    }
}
