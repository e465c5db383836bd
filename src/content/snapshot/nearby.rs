//! What somebody may have meant who asked for an address that is not there.

use std::{collections::HashMap, sync::Arc};

use super::{Snapshot, Target};
use crate::domain::{
    entry::{Entry, Page, Post, Stretch},
    near,
};

/// Most posts that a word of an address leads to; a word that more have says nothing.
const HOLDERS: usize = 50;
/// Longest address that is thought about, in bytes.
const LONGEST: usize = 200;

/// The last parts of all addresses, old ones too, and their words.
#[derive(Debug, Default)]
pub(in crate::content) struct Nearby {
    /// Slugs and the address that each leads to.
    known: Vec<(String, String)>,
    /// Places in `known` by word.
    words: HashMap<String, Vec<usize>>,
}

impl Nearby {
    pub(in crate::content) fn build(
        posts: &[Arc<Post>],
        pages: &[Arc<Page>],
        stretches: impl Iterator<Item = Arc<Stretch>>,
    ) -> Self {
        let mut known: Vec<(String, String)> = Vec::new();
        let mut add = |entry: &Entry| {
            let own = std::iter::once(entry.slug.to_string());
            let old = entry.aliases.iter().map(|alias| last_part(alias));
            known.extend(own.chain(old).map(|slug| (slug, entry.address.clone())));
        };
        posts.iter().for_each(|post| add(&post.entry));
        pages.iter().for_each(|page| add(&page.entry));
        stretches.for_each(|stretch| add(&stretch.entry));
        let mut words: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, (slug, _)) in known.iter().enumerate() {
            for word in words_of(slug) {
                words.entry(word.to_owned()).or_default().push(at);
            }
        }
        words.retain(|_, holders| holders.len() <= HOLDERS);
        Self { known, words }
    }

    /// Addresses, nearest first: those that are nearly written so, then those with at least half of the words.
    pub(in crate::content) fn find(&self, asked: &str, most: usize) -> Vec<&str> {
        let mut shared: HashMap<usize, usize> = HashMap::new();
        let words: Vec<&str> = words_of(asked).take(12).collect();
        for at in words.iter().filter_map(|word| self.words.get(*word)).flatten() {
            *shared.entry(*at).or_default() += 1;
        }
        shared.retain(|_, count| *count * 2 >= words.len());
        let mut shared: Vec<(usize, usize)> = shared.into_iter().collect();
        shared.sort_unstable_by_key(|(at, count)| (std::cmp::Reverse(*count), *at));
        let slugs = self.known.iter().map(|(slug, address)| (slug.as_str(), 0, address.as_str()));
        let shared = shared.into_iter().map(|(at, _)| self.known[at].1.as_str());
        let mut found: Vec<&str> = Vec::new();
        for address in near::find(slugs, asked, most).into_iter().chain(shared) {
            if !found.contains(&address) {
                found.push(address);
            }
        }
        found.truncate(most);
        found
    }
}

impl Snapshot {
    fn nearby_all(&self) -> &Nearby {
        self.nearby.get_or_init(|| Nearby::build(&self.posts, &self.pages, self.stretches.values().cloned()))
    }

    /// Titles and addresses that are near a path which leads nowhere, nearest first. Nothing for paths that no
    /// author's content has, such as those that programs try: `/wp-login.php`, `/.env`.
    pub fn nearby(&self, path: &str, most: usize) -> Vec<&Entry> {
        let asked = last_part(path);
        if path.len() > LONGEST || asked.contains('.') {
            return Vec::new();
        }
        let entry = |address: &str| match self.addresses.get(address)? {
            Target::Post(post) => Some(&post.entry),
            Target::Page(page) => Some(&page.entry),
            Target::Stretch(stretch) => Some(&stretch.entry),
            Target::Redirect(_) => None,
        };
        self.nearby_all().find(&asked, most).into_iter().filter_map(entry).collect()
    }
}

/// `/2019/05/Old-Calf.html` to `old-calf`.
pub(in crate::content) fn last_part(path: &str) -> String {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_lowercase();
    let ending = last.strip_suffix(".html").or_else(|| last.strip_suffix(".htm")).or_else(|| last.strip_suffix(".md"));
    ending.map(str::to_owned).unwrap_or(last)
}

/// Words of four letters and more: `the` and `and` are in every second title.
fn words_of(slug: &str) -> impl Iterator<Item = &str> {
    slug.split(['-', '_', ' ', '+']).filter(|word| word.chars().count() >= 4)
}
