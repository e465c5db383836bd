//! Public content at one moment: the published part of a library, sorted, counted and addressed.

mod old;
mod tagged;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
    sync::{Arc, OnceLock},
};

use jiff::{Timestamp, Zoned};

use super::{
    library::{Counts, Library},
    media::{MediaFile, composed},
    nearby::{Nearby, last_part},
    side_by_side::both,
};
use crate::domain::{
    entry::{Entry, Page, Post, Stretch, Tag},
    names::Names,
    picture::{self, Variant},
    problem::Problem,
    related::{self, Group},
    search_doc::SearchDoc,
    slug::Slug,
};

pub use tagged::Tagged;

/// All public content at one moment. Never changed; a newer one replaces it as a whole.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Public posts, newest first.
    pub posts: Vec<Arc<Post>>,
    /// Posts of the home page: the newest featured one, then the others by date.
    pub home: Vec<Arc<Post>>,
    /// Pages, sorted by title.
    pub pages: Vec<Arc<Page>>,
    pub stretches: BTreeMap<Slug, Arc<Stretch>>,
    /// Tags by slug.
    pub tags: BTreeMap<Slug, TagPosts>,
    /// Series by the slug of the name.
    pub series: BTreeMap<Slug, Series>,
    /// Authors of the posts.
    pub authors: Names,
    pub problems: Arc<Vec<Problem>>,
    pub counts: Counts,
    /// True if some page shows a picture from another server.
    pub has_remote_picture: bool,
    /// Next time when content appears or expires, or a thread closes.
    pub next_change: Option<Timestamp>,
    addresses: HashMap<String, Target>,
    media: HashMap<String, Arc<MediaFile>>,
    /// Posts by each slug they have or had.
    threads: HashMap<String, Arc<Post>>,
    /// Posts that show a stretch, newest first.
    shown_in: HashMap<Slug, Vec<Arc<Post>>>,
    /// Made on first use: only a missing page needs it.
    nearby: OnceLock<Nearby>,
}

/// Longest path for which near ones are searched, in bytes.
const LONGEST: usize = 200;
/// Most pages that the header lists if site.toml does not say which.
pub(super) const MOST_PAGES: usize = 7;

/// A tag and its posts, newest first.
#[derive(Debug)]
pub struct TagPosts {
    pub tag: Tag,
    pub posts: Vec<Arc<Post>>,
}

/// Posts that belong together and are read in order.
#[derive(Debug)]
pub struct Series {
    pub slug: Slug,
    /// Name as the oldest part writes it.
    pub name: String,
    /// Posts, oldest first; those of one moment by file name.
    pub parts: Vec<Arc<Post>>,
}

/// Target of an address.
#[derive(Clone, Debug)]
pub enum Target {
    Post(Arc<Post>),
    Page(Arc<Page>),
    Stretch(Arc<Stretch>),
    /// Permanent redirect to this path.
    Redirect(String),
}

impl Target {
    /// Text of any kind; `None` for a redirect.
    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Post(post) => Some(&post.entry),
            Self::Page(page) => Some(&page.entry),
            Self::Stretch(stretch) => Some(&stretch.entry),
            Self::Redirect(_) => None,
        }
    }
}

impl Snapshot {
    /// Builds the snapshot of a library at a moment, with drafts for their author.
    pub fn build(library: &Library, now: Timestamp, with_drafts: bool) -> Self {
        let is_public = |entry: &Entry| entry.is_public(now, with_drafts);
        let mut posts: Vec<Arc<Post>> = library.posts.iter().filter(|post| is_public(&post.entry)).cloned().collect();
        // Newest first; those without a date are the oldest.
        posts.sort_by_cached_key(|post| (Reverse(moment(post)), natural(&post.entry.file)));
        let mut pages: Vec<Arc<Page>> = library.pages.iter().filter(|page| is_public(&page.entry)).cloned().collect();
        pages.sort_by(|a, b| a.entry.title.cmp(&b.entry.title));
        let stretches: BTreeMap<Slug, Arc<Stretch>> = library
            .stretches
            .iter()
            .filter(|(_, stretch)| is_public(&stretch.entry))
            .map(|(slug, stretch)| (slug.clone(), Arc::clone(stretch)))
            .collect();
        // Building the maps of a large site takes tens of milliseconds, which delays every save.
        let ((addresses, shown_in), (tags, series, threads)) = both(
            || (addresses(&posts, &pages, &stretches), shown_in(&posts)),
            || (tags(&posts), series(&posts), threads(&posts)),
        );
        Self {
            home: home(&posts),
            tags,
            series,
            threads,
            shown_in,
            media: library.media.files().map(|file| (file.address.clone(), Arc::clone(file))).collect(),
            authors: Names::new(
                posts.iter().flat_map(|post| &post.authors).map(String::as_str).collect::<BTreeSet<_>>(),
            ),
            problems: Arc::clone(&library.problems),
            counts: library.counts(now),
            has_remote_picture: library.has_remote_picture,
            next_change: next_change(library, now),
            addresses,
            nearby: OnceLock::new(),
            posts,
            pages,
            stretches,
        }
    }

    /// Pages in the header of a site that sets no navigation: all but the privacy page, or none if they are too many.
    pub fn pages_of_header(&self) -> impl Iterator<Item = &Arc<Page>> {
        let pages = || self.pages.iter().filter(|page| page.is_of_header());
        pages().take(if pages().count() > MOST_PAGES { 0 } else { MOST_PAGES })
    }

    /// Page about privacy, which the footer and the comment form link to.
    pub fn privacy_page(&self) -> Option<&Arc<Page>> {
        self.pages.iter().find(|page| !page.is_of_header())
    }

    /// Target of a path (decoded).
    pub fn target(&self, path: &str) -> Option<&Target> {
        self.addresses.get(path)
    }

    /// File at a `/media/…` path (decoded).
    pub fn media(&self, path: &str) -> Option<&Arc<MediaFile>> {
        self.media.get(path)
    }

    /// Smaller version of a picture by its path (decoded).
    pub fn variant(&self, path: &str) -> Option<(&Arc<MediaFile>, Variant)> {
        let found = |original: String| {
            let file = self.media(&original)?;
            Some((file, file.picture().variant_at(path)?))
        };
        picture::originals(path).into_iter().find_map(found)
    }

    /// File of `content/media/` by its name.
    pub fn media_named(&self, name: &str) -> Option<&Arc<MediaFile>> {
        let path = Path::new("media").join(name);
        self.media.values().find(|file| composed(&file.path).ends_with(composed(&path)))
    }

    /// The post that has, or had, this slug.
    pub fn post(&self, slug: &str) -> Option<&Arc<Post>> {
        self.threads.get(slug)
    }

    /// Posts that show a stretch, newest first.
    pub fn shown_in(&self, stretch: &Slug) -> &[Arc<Post>] {
        self.shown_in.get(stretch).map_or(&[], Vec::as_slice)
    }

    /// Neighbours of a post: older, newer.
    pub fn neighbours(&self, post: &Post) -> (Option<&Arc<Post>>, Option<&Arc<Post>>) {
        let Some(at) = self.posts.iter().position(|other| other.entry.slug == post.entry.slug) else {
            return (None, None);
        };
        (self.posts.get(at + 1), at.checked_sub(1).and_then(|newer| self.posts.get(newer)))
    }

    /// Series of a post, and the post's place in it, counted from 0.
    pub fn series_of(&self, post: &Post) -> Option<(&Series, usize)> {
        let series = self.series.get(&Slug::from_text(post.series.as_deref()?)?)?;
        let at = series.parts.iter().position(|part| part.entry.slug == post.entry.slug)?;
        Some((series, at))
    }

    /// Posts that share tags or the series with a post, nearest first.
    pub fn related(&self, post: &Post) -> Vec<&Arc<Post>> {
        let tags = post.tags.iter().filter_map(|tag| self.tags.get(&tag.slug));
        let tags = tags.map(|tag| Group { posts: &tag.posts, is_series: false });
        let series = self.series_of(post).map(|(series, _)| Group { posts: &series.parts, is_series: true });
        related::related(post, tags.chain(series), self.posts.len())
    }

    fn nearby_all(&self) -> &Nearby {
        self.nearby.get_or_init(|| Nearby::build(&self.posts, &self.pages, self.stretches.values().cloned()))
    }

    /// Entries near a path that leads nowhere, nearest first. None for a last part with a dot, which no author's
    /// content has but programs try: `/wp-login.php`, `/.env`.
    pub fn nearby(&self, path: &str, most: usize) -> Vec<&Entry> {
        if path.len() > LONGEST || last_part(path).contains('.') {
            return Vec::new();
        }
        let entry = |address: &str| self.addresses.get(address)?.entry();
        self.nearby_all().find(path, most).into_iter().filter_map(entry).collect()
    }

    /// Years with posts, newest first, and the number of posts in each.
    pub fn years(&self) -> Vec<(i16, usize)> {
        let mut years: Vec<(i16, usize)> = Vec::new();
        for post in &self.posts {
            match (post.year(), years.last_mut()) {
                (Some(year), Some((last, count))) if *last == year => *count += 1,
                (Some(year), _) => years.push((year, 1)),
                (None, _) => {}
            }
        }
        years
    }

    pub fn search_docs(&self) -> Vec<SearchDoc> {
        let doc = |entry: &Entry, tags: Vec<String>| SearchDoc {
            address: entry.address.clone(),
            title: entry.title.clone(),
            tags,
            text: entry.body.plain().clone(),
            tag_slugs: Vec::new(),
            year: None,
        };
        let posts = self.posts.iter().map(|post| SearchDoc {
            tag_slugs: post.tags.iter().map(|tag| tag.slug.clone()).collect(),
            year: post.year(),
            ..doc(&post.entry, post.tags.iter().map(|tag| tag.name.clone()).collect())
        });
        let pages = self.pages.iter().map(|page| doc(&page.entry, Vec::new()));
        let stretches = self.stretches.values().map(|stretch| {
            let words = [&stretch.names, &stretch.areas, &stretch.equipment].into_iter().flatten().cloned().collect();
            let mut doc = doc(&stretch.entry, words);
            doc.text = format!("{} {}", stretch.entry.description(), doc.text.unpack()).as_str().into();
            doc
        });
        posts.chain(pages).chain(stretches).collect()
    }
}

fn addresses(
    posts: &[Arc<Post>],
    pages: &[Arc<Page>],
    stretches: &BTreeMap<Slug, Arc<Stretch>>,
) -> HashMap<String, Target> {
    let posts = posts.iter().map(|post| (&post.entry, Target::Post(Arc::clone(post))));
    let pages = pages.iter().map(|page| (&page.entry, Target::Page(Arc::clone(page))));
    let stretches = stretches.values().map(|stretch| (&stretch.entry, Target::Stretch(Arc::clone(stretch))));
    let mut addresses = HashMap::with_capacity(posts.len());
    let mut redirects = Vec::new();
    for (entry, target) in posts.chain(pages).chain(stretches) {
        redirects.extend(entry.aliases.iter().map(|alias| (alias.clone(), entry.address.clone())));
        if matches!(target, Target::Post(_)) {
            // Every post always has this address, whatever the pattern is now.
            let always = format!("/posts/{}", entry.slug);
            redirects.extend((always != entry.address).then(|| (always, entry.address.clone())));
        }
        addresses.insert(entry.address.clone(), target);
    }
    for (from, to) in redirects {
        addresses.entry(from).or_insert(Target::Redirect(to));
    }
    addresses
}

fn moment(post: &Post) -> Option<Timestamp> {
    post.date.as_ref().map(Zoned::timestamp)
}

/// Key that sorts paths as people count: `part-2` before `part-10`.
fn natural(path: &Path) -> String {
    let (mut key, mut digits) = (String::new(), String::new());
    for c in path.to_string_lossy().chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            key.extend(std::iter::repeat_n(
                '0',
                if digits.is_empty() { 0 } else { 20_usize.saturating_sub(digits.len()) },
            ));
            key.push_str(&std::mem::take(&mut digits));
            key.push(c);
        }
    }
    key
}

fn tags(posts: &[Arc<Post>]) -> BTreeMap<Slug, TagPosts> {
    let mut tags: BTreeMap<Slug, TagPosts> = BTreeMap::new();
    for post in posts {
        for tag in &post.tags {
            match tags.get_mut(&tag.slug) {
                Some(known) => known.posts.push(Arc::clone(post)),
                None => {
                    tags.insert(tag.slug.clone(), TagPosts { tag: tag.clone(), posts: vec![Arc::clone(post)] });
                }
            }
        }
    }
    tags
}

fn home(posts: &[Arc<Post>]) -> Vec<Arc<Post>> {
    let mut home = posts.to_vec();
    if let Some(at) = home.iter().position(|post| post.featured) {
        home[..=at].rotate_right(1);
    }
    home
}

fn series(posts: &[Arc<Post>]) -> BTreeMap<Slug, Series> {
    let mut all: BTreeMap<Slug, Series> = BTreeMap::new();
    let mut posts: Vec<&Arc<Post>> = posts.iter().filter(|post| post.series.is_some()).collect();
    posts.sort_by_cached_key(|post| (moment(post), natural(&post.entry.file)));
    for post in posts {
        let Some(name) = &post.series else { continue };
        let Some(slug) = Slug::from_text(name) else { continue };
        let series = all.entry(slug).or_insert_with_key(|slug| Series {
            slug: slug.clone(),
            name: name.clone(),
            parts: Vec::new(),
        });
        series.parts.push(Arc::clone(post));
    }
    all
}

/// Posts by slug. A post's own slug wins over an old one of another.
fn threads(posts: &[Arc<Post>]) -> HashMap<String, Arc<Post>> {
    let own = posts.iter().map(|post| (post.entry.slug.to_string(), Arc::clone(post)));
    let mut threads: HashMap<String, Arc<Post>> = own.collect();
    for post in posts {
        for slug in &post.threads {
            threads.entry(slug.to_string()).or_insert_with(|| Arc::clone(post));
        }
    }
    threads
}

fn shown_in(posts: &[Arc<Post>]) -> HashMap<Slug, Vec<Arc<Post>>> {
    let mut shown: HashMap<Slug, Vec<Arc<Post>>> = HashMap::new();
    for post in posts {
        for slug in post.entry.body.stretches() {
            let posts = shown.entry(slug.clone()).or_default();
            if !posts.iter().any(|other| Arc::ptr_eq(other, post)) {
                posts.push(Arc::clone(post));
            }
        }
    }
    shown
}

fn next_change(library: &Library, now: Timestamp) -> Option<Timestamp> {
    let posts = library.posts.iter().map(|post| &post.entry);
    let pages = library.pages.iter().map(|page| &page.entry);
    let stretches = library.stretches.values().map(|stretch| &stretch.entry);
    let entries = posts.chain(pages).chain(stretches).filter(|entry| !entry.draft);
    let closings = library.posts.iter().filter(|post| post.comments_open).map(|post| post.comments_until);
    entries.flat_map(|entry| [entry.publish_at, entry.expire_at]).chain(closings).flatten().filter(|at| *at > now).min()
}
