//! Finds the embeds of providers in all files, for `instep embeds fetch`.

use std::path::Path;

use super::Library;
use crate::domain::{
    embed::{Embed, Player},
    entry::{Entry, Piece},
};

/// An embed and the file that shows it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub file: &'a Path,
    /// Slug of the post, page or stretch.
    pub slug: &'a str,
    pub player: &'a Player,
}

impl Library {
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
            Piece::Embed(embed) => Some((entry, embed)),
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
