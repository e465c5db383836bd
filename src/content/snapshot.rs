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
    library::{Counts, Library, Previews},
    media::{MediaFile, composed},
    nearby::{Nearby, last_part},
    parallel,
};
use crate::domain::{
    entry::{Content, Entry, Page, Post, Stretch, Tag},
    names::Names,
    picture::{self, Variant},
    problem::Problem,
    related::{self, Group},
    slug::Slug,
};

pub use tagged::Tagged;

/// All public content at one moment. Never changed; a newer one replaces it as a whole.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Everything public: posts, newest first, then the other kinds, each sorted by title.
    pub contents: Vec<Content>,
    /// Public posts, newest first.
    pub posts: Vec<Arc<Post>>,
    /// Everything, public or not: for the desk.
    pub all: Vec<Content>,
    pub previews: Previews,
    /// Posts of the home page: the newest featured one, then the others by date.
    pub home: Vec<Arc<Post>>,
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
    addresses: HashMap<String, Content>,
    /// Addresses that redirect to other addresses.
    redirects: HashMap<String, String>,
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

impl Snapshot {
    /// Builds the snapshot of a library at a moment, with drafts for their author.
    pub fn build(library: &Library, now: Timestamp, with_drafts: bool) -> Self {
        let is_public = |content: &&Content| content.entry().is_public(now, with_drafts);
        let public = || library.contents.iter().filter(is_public);
        let mut posts: Vec<Arc<Post>> = public().filter_map(Content::post).cloned().collect();
        // Newest first; those without a date are the oldest.
        posts.sort_by_cached_key(|post| (Reverse(moment(post)), natural(&post.entry.file)));
        let mut others: Vec<&Content> = public().filter(|content| content.post().is_none()).collect();
        others.sort_by_key(|content| (content.kind(), &content.entry().title));
        let contents = posts.iter().cloned().map(Content::Post).chain(others.into_iter().cloned()).collect::<Vec<_>>();
        let stretches = contents.iter().filter_map(Content::stretch);
        // Building the maps of a large site takes tens of milliseconds, which delays every save.
        let (((addresses, redirects), shown_in), (tags, series, threads)) = parallel::join(
            || (addresses(public()), shown_in(&posts)),
            || (tags(&posts), series(&posts), threads(&posts)),
        );
        Self {
            all: library.contents.clone(),
            previews: library.previews.clone(),
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
            redirects,
            nearby: OnceLock::new(),
            stretches: stretches.map(|stretch| (stretch.entry.slug.clone(), Arc::clone(stretch))).collect(),
            posts,
            contents,
        }
    }

    /// Pages in the header of a site that sets no navigation: all but the privacy page, or none if they are too many.
    pub fn pages_of_header(&self) -> impl Iterator<Item = &Arc<Page>> {
        let pages = || self.pages().filter(|page| page.is_of_header());
        pages().take(if pages().count() > MOST_PAGES { 0 } else { MOST_PAGES })
    }

    /// Page about privacy, which the footer and the comment form link to.
    pub fn privacy_page(&self) -> Option<&Arc<Page>> {
        self.pages().find(|page| !page.is_of_header())
    }

    fn pages(&self) -> impl Iterator<Item = &Arc<Page>> {
        self.contents.iter().filter_map(Content::page)
    }

    /// Post, page or stretch at a path (decoded).
    pub fn content(&self, path: &str) -> Option<&Content> {
        self.addresses.get(path)
    }

    /// Path to which a path (decoded) redirects.
    pub fn redirect(&self, path: &str) -> Option<&str> {
        self.redirects.get(path).map(String::as_str)
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

    /// Bytes of all media files.
    pub fn media_bytes(&self) -> u64 {
        self.media.values().map(|file| file.bytes).sum()
    }

    /// File of `content/media/` by its name.
    pub fn media_named(&self, name: &str) -> Option<&Arc<MediaFile>> {
        self.media_file(&Path::new("media").join(name))
    }

    /// Picture, clip or download at this path below the content folder.
    pub fn media_file(&self, path: &Path) -> Option<&Arc<MediaFile>> {
        self.media.values().find(|file| composed(&file.path).ends_with(composed(path)))
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

    /// Entries near a path that leads nowhere, nearest first. None for a last part with a dot, which no author's
    /// content has but programs try: `/wp-login.php`, `/.env`.
    pub fn nearby(&self, path: &str, most: usize) -> Vec<&Entry> {
        if path.len() > LONGEST || last_part(path).contains('.') {
            return Vec::new();
        }
        let nearby = self.nearby.get_or_init(|| Nearby::build(self.contents.iter().map(Content::entry)));
        let entry = |address| Some(self.addresses.get(address)?.entry());
        nearby.find(path, most).into_iter().filter_map(entry).collect()
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
}

/// Contents by address, and redirects to them.
fn addresses<'a>(contents: impl Iterator<Item = &'a Content>) -> (HashMap<String, Content>, HashMap<String, String>) {
    let (most, mut redirects) = (contents.size_hint().1.unwrap_or_default(), HashMap::new());
    // A map that grows step by step takes twice the time.
    let mut addresses = HashMap::with_capacity(most);
    for content in contents {
        let entry = content.entry();
        for alias in &entry.aliases {
            redirects.entry(alias.clone()).or_insert_with(|| entry.address.clone());
        }
        // Every post always has this address, whatever the pattern is now.
        let always = format!("/posts/{}", entry.slug);
        if content.post().is_some() && always != entry.address {
            redirects.insert(always, entry.address.clone());
        }
        addresses.insert(entry.address.clone(), content.clone());
    }
    (addresses, redirects)
}

fn moment(post: &Post) -> Option<Timestamp> {
    post.date.as_ref().map(Zoned::timestamp)
}

/// Key that sorts paths as people count: `part-2` before `part-10`.
fn natural(path: &Path) -> Vec<u8> {
    let path = path.as_os_str().as_encoded_bytes();
    let mut key = Vec::with_capacity(2 * path.len());
    for part in path.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        let is_number = part.first().is_some_and(u8::is_ascii_digit);
        let zeros = if is_number { 20_usize.saturating_sub(part.len()) } else { 0 };
        key.extend(std::iter::repeat_n(b'0', zeros));
        key.extend_from_slice(part);
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
    let shown = library.entries().filter(|entry| !entry.draft).flat_map(|entry| [entry.publish_at, entry.expire_at]);
    let closings = library.posts().filter(|post| post.comments_open).map(|post| post.comments_until);
    shown.chain(closings).flatten().filter(|at| *at > now).min()
}
