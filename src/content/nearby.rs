//! Finds existing addresses near one that does not exist.

use std::{collections::HashMap, sync::Arc};

use crate::domain::{
    entry::{Entry, Page, Post, Stretch},
    near,
};

/// Most posts that share a word of their address; a word of more posts says nothing.
const HOLDERS: usize = 50;

/// Last parts of all addresses, old ones too, and their words.
#[derive(Debug, Default)]
pub struct Nearby {
    /// Slugs and the address that each leads to.
    known: Vec<(String, String)>,
    /// Places in `known` by word.
    words: HashMap<String, Vec<usize>>,
}

impl Nearby {
    pub fn build(posts: &[Arc<Post>], pages: &[Arc<Page>], stretches: impl Iterator<Item = Arc<Stretch>>) -> Self {
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

    /// Addresses, nearest first: those spelled nearly so, then those with at least half of the words.
    pub fn find(&self, asked: &str, most: usize) -> Vec<&str> {
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

/// Last part of a path: `old-calf` of `/2019/05/Old-Calf.html`.
pub fn last_part(path: &str) -> String {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_lowercase();
    let ending = last.strip_suffix(".html").or_else(|| last.strip_suffix(".htm")).or_else(|| last.strip_suffix(".md"));
    ending.map(str::to_owned).unwrap_or(last)
}

/// Words of four letters and more: `the` and `and` are in every second title.
fn words_of(slug: &str) -> impl Iterator<Item = &str> {
    slug.split(['-', '_', ' ', '+']).filter(|word| word.chars().count() >= 4)
}
