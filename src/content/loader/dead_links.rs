//! Checks links when all files are read: a link may lead to a missing address, a missing heading or a draft.

use std::{
    cell::OnceCell,
    collections::{BTreeSet, HashMap, HashSet},
    path::Path,
};

use jiff::Timestamp;
use url::Url;

use super::{
    file_state::FileState,
    links::{Link, Links},
};
use crate::{
    content::{Library, Snapshot, media::MediaIndex, nearby::Nearby},
    domain::{
        address,
        entry::{Content, Entry, Kind},
        near,
        permalink::Rules,
        problem::{Place, Problem},
        redirects::Redirects,
        routes,
        slug::Slug,
    },
};

/// Finds links into the site that lead nowhere.
pub(super) struct LinkChecker<'a> {
    pub addresses: &'a SiteAddresses,
    /// Files of which the addresses were collected.
    pub files: &'a [FileState],
    pub media: &'a MediaIndex,
    pub redirects: &'a Redirects,
    /// True if dead links get a suggestion.
    pub suggests: bool,
    /// Made for the first dead link; most sites have none.
    pub nearby: OnceCell<Nearby>,
    /// Site with its drafts. Made for the first link to an address that nothing here has.
    pub site: OnceCell<Snapshot>,
}

impl LinkChecker<'_> {
    /// Problems of the links in a file. `is_draft`: true if readers cannot see the file yet.
    pub fn dead(&self, file: &Path, is_draft: bool, links: &Links) -> Vec<Problem> {
        let problem = |link: Link| {
            let (what, mend) = self.complaint(&link, is_draft)?;
            Some(Problem::warning(file, link.place, what, mend))
        };
        links.iter().filter_map(problem).collect()
    }

    fn complaint(&self, link: &Link, is_draft: bool) -> Option<(String, String)> {
        let Link { to, path, fragment, .. } = link;
        let target = match self.addresses.find(path).or_else(|| self.redirected(path)) {
            Some(LinkTarget::Entry(target)) => target,
            Some(LinkTarget::List) => return None,
            None => {
                let mend = match self.suggests.then(|| self.nearest(path)).flatten() {
                    Some(near) => format!("The nearest one is {near}: write that, or remove the link."),
                    None => "Correct it, or remove the link.".to_owned(),
                };
                return Some((format!("the link {to:?} leads to no page here"), mend));
            }
        };
        if target.is_draft && !is_draft {
            let what = format!("the link {to:?} leads to a draft, which readers cannot see");
            return Some((what, "Publish the draft, or remove the link until then.".to_owned()));
        }
        let ids = &self.files.get(target.file)?.shown()?.findings()?.ids;
        if fragment.is_empty() || ids.has(fragment) {
            return None;
        }
        let what = format!("the link {to:?} leads to #{fragment}, which is not on that page");
        let mend = match self.suggests.then(|| ids.nearest(fragment)).flatten() {
            Some(near) => format!("The nearest one is #{near}: write that, or leave it out."),
            None => "Give the heading that id, as in ## Warm up {#warm}, or leave it out.".to_owned(),
        };
        Some((what, mend))
    }

    /// Target of a path from which the site redirects: as site.toml says, or from an address of another program.
    fn redirected(&self, path: &str) -> Option<LinkTarget> {
        let path = address::tidy(&address::encode(path))?;
        if self.redirects.find(&path).or_else(|| self.redirects.find(&path.to_lowercase())).is_some() {
            return Some(LinkTarget::List);
        }
        let site = self.site.get_or_init(|| {
            let contents = self.files.iter().filter_map(FileState::shown).map(|shown| shown.content.clone()).collect();
            let library = Library { contents, media: self.media.clone(), ..Library::default() };
            Snapshot::build(&library, Timestamp::MAX, true)
        });
        match site.old_address(&path) {
            Some(address) => self.addresses.find(&address),
            None => site.old_file(&path).map(|_| LinkTarget::List),
        }
    }

    /// Nearest existing address: of a tag, or of a post, page or stretch.
    fn nearest(&self, path: &str) -> Option<String> {
        let Some(below) = path.strip_prefix("/tags/") else {
            let entries = || self.files.iter().filter_map(FileState::shown).map(|shown| shown.content.entry());
            let nearby = self.nearby.get_or_init(|| Nearby::build(entries()));
            return nearby.find(path, 1).first().map(|near| (*near).to_owned());
        };
        let tags = self.addresses.tags.iter().map(|tag| (tag.as_str(), 0, tag));
        let near = near::find(tags, &below.split('/').next()?.to_lowercase(), 1);
        Some(format!("/tags/{}", near.first()?))
    }
}

/// Target of a link.
enum LinkTarget {
    Entry(EntryTarget),
    /// A list, a feed or a file: it has no headings of its own.
    List,
}

/// A post, page or stretch.
#[derive(Clone, Copy, Debug)]
struct EntryTarget {
    /// Index of its file.
    file: usize,
    is_draft: bool,
}

/// All addresses of the site. Kept between loads, since most change none.
#[derive(Debug, Default)]
pub(super) struct SiteAddresses {
    /// Entries by address.
    entries: HashMap<String, EntryTarget>,
    /// Posts by slug: every post also has the address `/posts/SLUG`, whatever the pattern.
    posts: HashMap<String, EntryTarget>,
    aliases: HashMap<String, EntryTarget>,
    media: HashSet<String>,
    tags: BTreeSet<String>,
    series: HashSet<Slug>,
    threads: HashSet<Slug>,
    /// Years and months with posts: `2026` and `2026/05`.
    months: HashSet<String>,
    /// State of the site when this was collected.
    pub of: SiteState,
}

/// State of a site: while it is the same, links that led somewhere still do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SiteState {
    /// Edition of the site.
    pub edition: usize,
    pub files: usize,
    /// Sum of the hashes of all entries.
    pub addresses: u64,
}

impl SiteAddresses {
    pub fn of(files: &[FileState], media: &MediaIndex, of: SiteState) -> Self {
        let media = media.files().map(|file| file.address.clone()).collect();
        let mut addresses = Self { media, of, ..Self::default() };
        let mut months: HashSet<(i16, i8)> = HashSet::new();
        let mut series: HashSet<&str> = HashSet::new();
        for (file, shown) in files.iter().enumerate().filter_map(|(file, state)| Some((file, state.shown()?))) {
            let entry = shown.content.entry();
            let target = addresses.add(entry, file);
            let Content::Post(post) = &shown.content else { continue };
            addresses.posts.insert(entry.slug.to_string(), target);
            addresses.threads.extend(post.threads.iter().cloned());
            for tag in &post.tags {
                if !addresses.tags.contains(tag.slug.as_str()) {
                    addresses.tags.insert(tag.slug.to_string());
                }
            }
            months.extend(post.month());
            series.extend(post.series.as_deref());
        }
        addresses.series = series.into_iter().filter_map(Slug::from_text).collect();
        let written = |(year, month)| [format!("{year:04}"), format!("{year:04}/{month:02}")];
        addresses.months = months.into_iter().flat_map(written).collect();
        addresses
    }

    fn add(&mut self, entry: &Entry, file: usize) -> EntryTarget {
        let target = EntryTarget { file, is_draft: entry.draft };
        self.entries.insert(entry.address.trim_end_matches('/').to_owned(), target);
        self.aliases.extend(entry.aliases.iter().map(|alias| (alias.clone(), target)));
        target
    }

    /// Entry at a path; an address wins over an alias.
    fn entry(&self, path: &str) -> Option<EntryTarget> {
        let path = path.trim_end_matches('/');
        let always = || self.posts.get(path.strip_prefix("/posts/")?);
        self.entries.get(path).or_else(always).or_else(|| self.aliases.get(path)).copied()
    }

    fn find(&self, path: &str) -> Option<LinkTarget> {
        // Nearly all links end here.
        if let Some(entry) = self.entry(path) {
            return Some(LinkTarget::Entry(entry));
        }
        if path == "/" || self.media.contains(path) {
            return Some(LinkTarget::List);
        }
        let tidy = address::tidy(&address::encode(path))?;
        if let Some(entry) = self.entry(&tidy).or_else(|| self.entry(&tidy.to_lowercase())) {
            return Some(LinkTarget::Entry(entry));
        }
        let segments: Vec<&str> = tidy.split('/').skip(1).collect();
        let is_there = match segments.as_slice() {
            ["posts", slug, "comments", ..] => {
                Slug::from_text(slug).is_some_and(|own| own.as_str() == *slug && self.threads.contains(&own))
            }
            ["archive" | "tags"] => true,
            [base, below @ ..] if Kind::of_base(base).is_some() => below.is_empty(),
            ["tags", tags, ..] => self.has_tags(tags),
            ["archive", year] | ["archive", year, "page", _] => self.months.contains(*year),
            ["archive", year, month] | ["archive", year, month, "page", _] => {
                self.months.contains(&format!("{year}/{month}"))
            }
            ["series", name, ..] => Slug::from_text(name).is_some_and(|slug| self.series.contains(&slug)),
            ["archive" | "media", ..] => false,
            [first, ..] => routes::is_own(first),
            [] => true,
        };
        is_there.then_some(LinkTarget::List)
    }

    /// True if all tags exist: `feet`, or `feet+calves`. A tag may itself have a plus.
    fn has_tags(&self, written: &str) -> bool {
        let is_tag = |name: &str| Slug::from_text(name).is_some_and(|slug| self.tags.contains(slug.as_str()));
        is_tag(written) || written.split('+').all(is_tag)
    }
}

/// Links of the header and targets of redirects, from site.toml.
pub(super) fn links_of_site(text: &str, rules: &Rules, base: &Url) -> Links {
    let navigation = rules.navigation.iter().map(|to| (to.as_str(), to.as_str()));
    let redirects = rules.redirects.exact().map(|(key, _, to)| (key, to));
    navigation.chain(redirects).filter_map(|(key, to)| Link::new(base, place_in(text, key), to.to_owned())).collect()
}

/// Place of a quoted text: at the start of a line if possible, since it is a key there; line 1 if the environment sets
/// it.
fn place_in(text: &str, quoted: &str) -> Place {
    let quoted = [format!("\"{quoted}\""), format!("'{quoted}'")];
    let is_key = |line: &str| quoted.iter().any(|quoted| line.trim_start().starts_with(quoted));
    let names_it = |line: &str| quoted.iter().any(|quoted| line.contains(quoted));
    let line = text.lines().position(is_key).or_else(|| text.lines().position(names_it));
    Place { line: line.map_or(1, |line| line + 1), column: 1 }
}

/// Problems of redirects in site.toml that loop or are never used.
pub(super) fn useless_redirects(
    site_toml: &Path,
    text: &str,
    redirects: &Redirects,
    addresses: &SiteAddresses,
) -> Vec<Problem> {
    let warning = |key: &str, what: String, mend: &str| Problem::warning(site_toml, place_in(text, key), what, mend);
    let looping = redirects.loops().map(|key| {
        warning(key, format!("the redirect of {key:?} leads back to itself, so readers get no page"), "Take one out.")
    });
    let taken = redirects.exact().filter(|(_, path, _)| addresses.find(path).is_some()).map(|(key, ..)| {
        warning(key, format!("the redirect of {key:?} is never used: that address has a page here"), "Take it out.")
    });
    looping.chain(taken).collect()
}
