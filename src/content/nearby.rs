//! Finds existing addresses near one that does not exist.

use std::{cmp::Reverse, collections::HashMap};

use crate::domain::{entry::Entry, near};

/// Most posts whose addresses share a word. A word in more addresses is ignored.
const HOLDERS: usize = 50;

/// Last parts of all addresses, old ones too, and their words.
#[derive(Debug, Default)]
pub struct Nearby {
    known: Vec<Name>,
    /// Places in `known` by word.
    words: HashMap<String, Vec<usize>>,
}

/// Last part of an address.
#[derive(Debug)]
struct Name {
    last: String,
    /// First part of the address, such as the language: `es` of `/es/about/logo`.
    first: String,
    /// Address that it leads to.
    leads_to: String,
}

impl Nearby {
    pub fn build<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut known: Vec<Name> = Vec::new();
        for entry in entries {
            let name = |path: &String| Name {
                last: last_part(path),
                first: first_part(path).to_owned(),
                leads_to: entry.address.clone(),
            };
            known.extend(std::iter::once(&entry.address).chain(&entry.aliases).map(name));
        }
        let mut words: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, name) in known.iter().enumerate() {
            for word in words_of(&name.last) {
                words.entry(word.to_owned()).or_default().push(at);
            }
        }
        words.retain(|_, holders| holders.len() <= HOLDERS);
        Self { known, words }
    }

    /// Addresses near a path, nearest first: those with a similar spelling, then those with at least half of the words.
    /// Among equally near ones, those with the same first part come first. For any other first part, half of the words
    /// of the address must be in the path, too.
    pub fn find(&self, path: &str, most: usize) -> Vec<&str> {
        let (asked, first) = (last_part(path), first_part(path));
        let mut shared: HashMap<usize, usize> = HashMap::new();
        let words: Vec<&str> = words_of(&asked).take(12).collect();
        for at in words.iter().filter_map(|word| self.words.get(*word)).flatten() {
            *shared.entry(*at).or_default() += 1;
        }
        let is_elsewhere = |name: &Name| name.first != first;
        shared.retain(|at, count| {
            let name = &self.known[*at];
            let must_share =
                if is_elsewhere(name) { words_of(&name.last).count().max(words.len()) } else { words.len() };
            *count * 2 >= must_share
        });
        let mut shared: Vec<(usize, usize)> = shared.into_iter().collect();
        shared.sort_unstable_by_key(|(at, count)| (is_elsewhere(&self.known[*at]), Reverse(*count), *at));
        let weighed = |name| usize::from(!is_elsewhere(name));
        let names = self.known.iter().map(|name| (name.last.as_str(), weighed(name), name.leads_to.as_str()));
        let shared = shared.into_iter().map(|(at, _)| self.known[at].leads_to.as_str());
        let mut found: Vec<&str> = Vec::new();
        for address in near::find(names, &asked, most).into_iter().chain(shared) {
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

/// First part of a path with several parts: `es` of `/es/about`, nothing of `/about`.
fn first_part(path: &str) -> &str {
    path.trim_matches('/').split_once('/').map_or("", |(first, _)| first)
}

/// Words of four letters and more: `the` and `and` are in every second title.
fn words_of(slug: &str) -> impl Iterator<Item = &str> {
    slug.split(['-', '_', ' ', '+']).filter(|word| word.chars().count() >= 4)
}
