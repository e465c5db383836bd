//! Checks links when all files are read: a link may lead to a missing address, a missing heading or a draft. Also finds
//! frames that the page policy refuses, and names of missing stretches.

use std::{
    cell::OnceCell,
    collections::{BTreeSet, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use url::{Position, Url};

use super::{kept::Kept, making::Item, outline::Outline, problem};
use crate::{
    content::{
        embeds,
        library::Library,
        markdown::{
            Lookup, Reference,
            tags::{StartTag, start_tags},
        },
        nearby::Nearby,
    },
    domain::{
        address,
        entry::{Body, Entry, Piece},
        kind::Kind,
        near,
        permalink::Rules,
        problem::{Place, Problem, Severity},
        redirects::Redirects,
        routes,
        slug::Slug,
    },
};

/// A link into the site.
#[derive(Debug)]
pub(super) struct Link {
    pub place: Place,
    /// URL as a browser gets it.
    to: Box<str>,
    /// Percent-decoded path.
    path: Box<str>,
    pub fragment: Box<str>,
}

impl Link {
    /// Resolves a link; `None` if it leads to another site. `page` is the URL of the page that has the link: `#heel`
    /// and `../about` are relative to it.
    pub fn new(page: &Url, place: Place, to: String) -> Option<Self> {
        let url = page.join(&to).ok()?;
        let is_ours = url[..Position::BeforePath] == page[..Position::BeforePath];
        if !is_ours {
            return None;
        }
        let fragment = address::decode(url.fragment().unwrap_or_default())?;
        // Text after `:~:` is for the browser, which searches for those words.
        let fragment = fragment.split(":~:").next().unwrap_or_default().into();
        Some(Self { place, path: address::decode(url.path())?.into(), to: to.into(), fragment })
    }
}

/// Finds links into the site that lead nowhere.
pub(super) struct Judge<'a> {
    known: &'a Known,
    library: &'a Library,
    files: &'a HashMap<PathBuf, Kept>,
    suggests: bool,
    redirects: &'a Redirects,
    /// Made for the first dead link; most sites have none.
    nearby: OnceCell<Nearby>,
}

impl<'a> Judge<'a> {
    pub fn new(
        known: &'a Known,
        library: &'a Library,
        files: &'a HashMap<PathBuf, Kept>,
        redirects: &'a Redirects,
        suggests: bool,
    ) -> Self {
        Self { known, library, files, redirects, suggests, nearby: OnceCell::new() }
    }

    /// Problems of the links in a file. `is_draft`: true if readers cannot see the file yet.
    pub fn dead(&self, file: &Path, is_draft: bool, links: &[Link]) -> Vec<Problem> {
        let told = |link: &Link| {
            let (what, mend) = self.complaint(link, is_draft)?;
            Some(problem(Severity::Warning, file, link.place, what, mend))
        };
        links.iter().filter_map(told).collect()
    }

    fn complaint(&self, link: &Link, is_draft: bool) -> Option<(String, String)> {
        let Link { to, path, fragment, .. } = link;
        let lead = match self.known.find(path) {
            Some(Room::Entry(lead)) => lead,
            Some(Room::List) => return None,
            None if self.redirects.find(path).is_some() => return None,
            None => {
                let mend = match self.suggests.then(|| self.nearest(path)).flatten() {
                    Some(near) => format!("The nearest one is {near}: write that, or take the link out."),
                    None => "Correct it, or take the link out.".to_owned(),
                };
                return Some((format!("the link {to:?} leads to no page here"), mend));
            }
        };
        if lead.is_draft && !is_draft {
            let what = format!("the link {to:?} leads to a draft, which readers cannot see");
            return Some((what, "Publish the draft, or take the link out until then.".to_owned()));
        }
        if fragment.is_empty() {
            return None;
        }
        let ids = &self.files.get(&lead.file)?.shown()?.ids;
        if is_there(ids, fragment) {
            return None;
        }
        let what = format!("the link {to:?} leads to #{fragment}, which is not on that page");
        let mend = match self.suggests.then(|| nearest_id(ids, fragment)).flatten() {
            Some(near) => format!("The nearest one is #{near}: write that, or leave it out."),
            None => "Give the heading that id, as in ## Warm up {#warm}, or leave it out.".to_owned(),
        };
        Some((what, mend))
    }

    /// Nearest existing address: of a tag, or of a post, page or stretch.
    fn nearest(&self, path: &str) -> Option<String> {
        let Some(below) = path.strip_prefix("/tags/") else {
            let Library { posts, pages, stretches, .. } = self.library;
            let nearby = self.nearby.get_or_init(|| Nearby::build(posts, pages, stretches.values().cloned()));
            return nearby.find(path, 1).first().map(|near| (*near).to_owned());
        };
        let tags = self.known.tags.iter().map(|tag| (tag.as_str(), 0, tag));
        let near = near::find(tags, &below.split('/').next()?.to_lowercase(), 1);
        Some(format!("/tags/{}", near.first()?))
    }
}

/// Target of an address.
enum Room<'a> {
    Entry(&'a Lead),
    /// A list, a feed or a file: it has no headings of its own.
    List,
}

/// A post, page or stretch.
#[derive(Debug)]
struct Lead {
    file: PathBuf,
    is_draft: bool,
}

/// All addresses of the site. Kept between loads, since most change none.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Entries by address.
    entries: HashMap<String, Arc<Lead>>,
    /// Posts by slug: every post also has the address `/posts/SLUG`, whatever the pattern.
    posts: HashMap<String, Arc<Lead>>,
    aliases: HashMap<String, Arc<Lead>>,
    media: HashSet<String>,
    tags: BTreeSet<String>,
    series: HashSet<Slug>,
    threads: HashSet<Slug>,
    /// Years and months with posts: `2026` and `2026/05`.
    months: HashSet<String>,
    /// Edition of the site, and sum of the hashes of all items, when this was collected.
    pub of: (usize, u64),
    /// Sum of the hashes of all ids when links were last checked.
    pub ids_print: u64,
}

/// Hash of everything that [`Known`] has of one item: equal hashes mean that nothing changed.
pub(super) fn print_of(item: &Item) -> u64 {
    let mut hasher = DefaultHasher::new();
    let entry = item.entry();
    (&entry.address, &entry.aliases, &entry.slug, entry.draft, &entry.file).hash(&mut hasher);
    if let Item::Post(post) = item {
        (&post.series, &post.threads, post.month()).hash(&mut hasher);
        post.tags.iter().for_each(|tag| tag.slug.hash(&mut hasher));
    }
    hasher.finish()
}

impl Known {
    pub fn of(library: &Library, of: (usize, u64)) -> Self {
        let media = library.media.files().map(|file| file.address.clone()).collect();
        let mut known = Self { media, of, ..Self::default() };
        let mut months: HashSet<(i16, i8)> = HashSet::new();
        let mut series: HashSet<&str> = HashSet::new();
        for post in &library.posts {
            let lead = known.add(&post.entry);
            known.posts.insert(post.entry.slug.to_string(), lead);
            known.threads.extend(post.threads.iter().cloned());
            for tag in &post.tags {
                if !known.tags.contains(tag.slug.as_str()) {
                    known.tags.insert(tag.slug.to_string());
                }
            }
            months.extend(post.month());
            series.extend(post.series.as_deref());
        }
        library.pages.iter().for_each(|page| drop(known.add(&page.entry)));
        library.stretches.values().for_each(|stretch| drop(known.add(&stretch.entry)));
        known.series = series.into_iter().filter_map(Slug::from_text).collect();
        let written = |(year, month)| [format!("{year:04}"), format!("{year:04}/{month:02}")];
        known.months = months.into_iter().flat_map(written).collect();
        known
    }

    fn add(&mut self, entry: &Entry) -> Arc<Lead> {
        let lead = Arc::new(Lead { file: entry.file.clone(), is_draft: entry.draft });
        self.entries.insert(entry.address.trim_end_matches('/').to_owned(), Arc::clone(&lead));
        self.aliases.extend(entry.aliases.iter().map(|alias| (alias.clone(), Arc::clone(&lead))));
        lead
    }

    /// Entry at a path; an address wins over an alias.
    fn entry(&self, path: &str) -> Option<&Lead> {
        let path = path.trim_end_matches('/');
        let always = || self.posts.get(path.strip_prefix("/posts/")?);
        self.entries.get(path).or_else(always).or_else(|| self.aliases.get(path)).map(|lead| &**lead)
    }

    fn find(&self, path: &str) -> Option<Room<'_>> {
        // Nearly all links end here.
        if let Some(entry) = self.entry(path) {
            return Some(Room::Entry(entry));
        }
        if path == "/" || self.media.contains(path) {
            return Some(Room::List);
        }
        let tidy = address::tidy(&address::encode(path))?;
        if let Some(entry) = self.entry(&tidy).or_else(|| self.entry(&tidy.to_lowercase())) {
            return Some(Room::Entry(entry));
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
            ["archive", year, month, ..] => self.months.contains(&format!("{year}/{month}")),
            ["series", name, ..] => Slug::from_text(name).is_some_and(|slug| self.series.contains(&slug)),
            ["media", ..] => false,
            [first, ..] => routes::is_own(first),
            [] => true,
        };
        is_there.then_some(Room::List)
    }

    /// True if all tags exist: `feet`, or `feet+calves`. A tag may itself have a plus.
    fn has_tags(&self, written: &str) -> bool {
        let is_tag = |name: &str| Slug::from_text(name).is_some_and(|slug| self.tags.contains(slug.as_str()));
        is_tag(written) || written.split('+').all(is_tag)
    }
}

/// Ids on the page of a text that a fragment may name.
pub(super) fn ids_of(body: &Body) -> HashSet<Box<str>> {
    let mut ids = HashSet::new();
    for piece in &body.pieces {
        match piece {
            Piece::Heading(line, words) => {
                ids.insert(line.id.as_str().into());
                ids.extend(ids_in(words));
            }
            Piece::Html(html) => ids.extend(ids_in(html)),
            Piece::Stretch(slug) => {
                ids.extend([format!("-stretch-{slug}").into(), format!("-stretch-{slug}-title").into()]);
            }
            Piece::Code(_) | Piece::Embed(_) => {}
        }
    }
    ids.shrink_to_fit();
    ids
}

/// Hash of the ids of a file, the same for every order.
pub(super) fn print_of_ids(file: &Path, ids: &HashSet<Box<str>>) -> u64 {
    let print = |id: &str| {
        let mut hasher = DefaultHasher::new();
        (file, id).hash(&mut hasher);
        hasher.finish()
    };
    ids.iter().fold(0, |sum: u64, id| sum.wrapping_add(print(id)))
}

fn ids_in(html: &str) -> Vec<Box<str>> {
    // Reading the tags takes long, and most texts have no ids.
    let is_id = |at: usize| ["id", "name"].iter().any(|name| ends_in(html[..at].trim_ascii_end(), name));
    if !html.match_indices('=').any(|(at, _)| is_id(at)) {
        return Vec::new();
    }
    let id = |tag: StartTag| tag.get("id").or_else(|| tag.get("name").filter(|_| tag.name == "a")).map(Box::from);
    start_tags(html).filter_map(id).collect()
}

fn ends_in(text: &str, end: &str) -> bool {
    let start = text.len().checked_sub(end.len());
    start.and_then(|start| text.as_bytes().get(start..)).is_some_and(|last| last.eq_ignore_ascii_case(end.as_bytes()))
}

fn is_there(ids: &HashSet<Box<str>>, fragment: &str) -> bool {
    // Ids of the page around a text are not checked: not every page has them.
    let is_of_frame = || fragment.starts_with('-') || fragment.starts_with("comment-");
    fragment.eq_ignore_ascii_case("top") || ids.contains(fragment) || is_of_frame()
}

fn nearest_id(ids: &HashSet<Box<str>>, fragment: &str) -> Option<String> {
    let mut sorted: Vec<&str> = ids.iter().map(|id| &**id).collect();
    sorted.sort_unstable();
    let known = sorted.into_iter().map(|id| (id, 0, id));
    near::find(known, &fragment.to_lowercase(), 1).first().map(|id| (*id).to_owned())
}

/// Problems of frames that browsers would not show.
pub(super) fn refused(
    rules: &Rules,
    file: &Path,
    frames: &[Reference],
    place_at: impl Fn(usize) -> Place,
) -> Vec<Problem> {
    let told = |frame: &Reference| {
        let (what, mend) = refusal(rules, &frame.to)?;
        Some(problem(Severity::Warning, file, place_at(frame.at), what, mend))
    };
    frames.iter().filter_map(told).collect()
}

/// Reason why browsers would not show a frame, and what to do.
fn refusal(rules: &Rules, source: &str) -> Option<(String, String)> {
    if source.is_empty() || source.starts_with("about:") {
        return None;
    }
    // A frame of our own pages is refused as well; `//host/x` has the scheme of the page.
    let whole = if source.starts_with("//") { format!("https:{source}") } else { source.to_owned() };
    let host = Url::parse(&whole).ok().filter(Url::has_host).map(|url| url.origin().ascii_serialization());
    let is_allowed = |host: &String| embeds::frame_hosts().any(|own| own == host) || rules.frame_hosts.contains(host);
    if host.as_ref().is_some_and(is_allowed) {
        return None;
    }
    let what = format!("browsers are told to show no frame of {source:?}, so readers see an empty box");
    let mend = match host {
        _ if embeds::recognise(source, None).is_some() => {
            "Write its address alone on a line instead, without HTML: it becomes an embed.".to_owned()
        }
        Some(host) if host.starts_with("https://") => {
            format!("Write frame_hosts = [{host:?}] below [security] in site.toml, or link to it instead.")
        }
        _ => "Link to it instead.".to_owned(),
    };
    Some((what, mend))
}

/// Problems of names under `easier` and `harder` that no stretch has.
pub(super) fn unknown_stretches(outline: &Outline, lookup: &dyn Lookup) -> Vec<Problem> {
    let named = ["easier", "harder"].into_iter().filter_map(|key| Some((key, outline.front_matter.text(key)?)));
    let unknown = named.filter(|(_, name)| Slug::from_text(name).is_none_or(|slug| !lookup.has_stretch(&slug)));
    unknown
        .map(|(key, name)| {
            let what = format!("there is no stretch called {name:?}");
            let mend = format!("Write content/stretches/{name}.md, or correct the name.");
            problem(Severity::Warning, &outline.source.file.path, outline.place_of(key), what, mend)
        })
        .collect()
}

/// Links of the header and targets of redirects, from site.toml.
pub(super) fn of_site(text: &str, rules: &Rules, ours: &Url) -> Vec<Link> {
    let navigation = rules.navigation.iter().map(|to| (to.as_str(), to.as_str()));
    let redirects = rules.redirects.exact().map(|(key, _, to)| (key, to));
    navigation.chain(redirects).filter_map(|(key, to)| Link::new(ours, place_in(text, key), to.to_owned())).collect()
}

/// Place of a quoted text, best at the start of a line, as a key; line 1 if the environment sets it.
fn place_in(text: &str, quoted: &str) -> Place {
    let quoted = [format!("\"{quoted}\""), format!("'{quoted}'")];
    let is_key = |line: &str| quoted.iter().any(|quoted| line.trim_start().starts_with(quoted));
    let names_it = |line: &str| quoted.iter().any(|quoted| line.contains(quoted));
    let line = text.lines().position(is_key).or_else(|| text.lines().position(names_it));
    Place { line: line.map_or(1, |line| line + 1), column: 1 }
}

/// Problems of redirects in site.toml that loop or are never used.
pub(super) fn redirects(site_toml: &Path, text: &str, rules: &Rules, known: &Known) -> Vec<Problem> {
    let warning =
        |key: &str, what: String, mend: &str| problem(Severity::Warning, site_toml, place_in(text, key), what, mend);
    let looping = rules.redirects.loops().map(|key| {
        warning(key, format!("the redirect of {key:?} leads back to itself, so readers get no page"), "Take one out.")
    });
    let taken = rules.redirects.exact().filter(|(_, path, _)| known.find(path).is_some()).map(|(key, ..)| {
        warning(key, format!("the redirect of {key:?} is never used: that address has a page here"), "Take it out.")
    });
    looping.chain(taken).collect()
}
