//! Where links lead, once all files are read: to an address that nothing has, to a heading that is not there, to a
//! draft. And what else is named and cannot be shown: frames that the page policy refuses, stretches that are not there.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use url::{Position, Url};

use super::{Library, collisions, outline::Outline, problem};
use crate::{
    content::{
        embeds,
        markdown::{
            Reference,
            tags::{StartTag, start_tags},
        },
        snapshot::{Nearby, last_part},
    },
    domain::{
        address,
        entry::{Entry, Piece, Post},
        near::Near,
        permalink::Rules,
        problem::{Place, Problem, Severity},
        slug::Slug,
    },
};

/// A link in a file.
#[derive(Debug)]
pub(super) struct Link {
    pub file: PathBuf,
    pub place: Place,
    /// The address of the page it stands on: where `#heel` and `../about` start from.
    pub page: String,
    /// Nobody sees it yet.
    pub is_draft: bool,
    /// As a browser gets it.
    pub to: String,
}

impl Link {
    pub fn new(outline: &Outline, found: Reference) -> Self {
        Self {
            file: outline.source.file.path.clone(),
            place: outline.place_at(found.at),
            page: outline.address.clone(),
            is_draft: outline.draft,
            to: found.to,
        }
    }
}

/// Ids that every page, or every post, has besides those of its text.
const FRAME_IDS: [&str; 15] = [
    "comments",
    "comments-title",
    "email",
    "fax",
    "main",
    "name",
    "preview",
    "preview-title",
    "related-title",
    "respond",
    "respond-title",
    "series",
    "series-title",
    "site",
    "text",
];

/// Links of ours that lead nowhere.
pub(super) fn dead(rules: &Rules, library: &Library, links: &[Link]) -> Vec<Problem> {
    let Some(ours) = Url::parse(&rules.base_url).ok().filter(|_| !links.is_empty()) else { return Vec::new() };
    let known = Known::of(library);
    // Made when the first one is dead, which on most sites none is.
    let mut nearby: Option<Nearby> = None;
    let mut ids: HashMap<&str, HashSet<String>> = HashMap::new();
    let mut problems = Vec::new();
    for link in links {
        let Some((path, fragment)) = within(&ours, link) else { continue };
        let mut complain = |what: String, mend: String| {
            problems.push(problem(Severity::Warning, &link.file, link.place, what, mend));
        };
        match known.find(&path) {
            Some(Room::Entry(entry)) if entry.draft && !link.is_draft => complain(
                format!("the link {:?} leads to a draft, which readers cannot see", link.to),
                "Publish the draft, or take the link out until then.".to_owned(),
            ),
            // Most links name no part of the page, whose ids then need not be gathered.
            Some(Room::Entry(_)) if fragment.is_empty() => {}
            Some(Room::Entry(entry)) => {
                let ids = ids.entry(&entry.address).or_insert_with(|| ids_of(entry));
                if !is_there(ids, &fragment) {
                    complain(
                        format!("the link {:?} leads to #{fragment}, which is not on that page", link.to),
                        match nearest_id(ids, &fragment) {
                            Some(near) => format!("The nearest one is #{near}: write that, or leave it out."),
                            None => "Give the heading that id, as in ## Warm up {#warm}, or leave it out.".to_owned(),
                        },
                    );
                }
            }
            Some(Room::List) => {}
            None => {
                let nearby = nearby.get_or_insert_with(|| {
                    Nearby::build(&library.posts, &library.pages, library.stretches.values().cloned())
                });
                let mend = match known.nearest(&path, nearby) {
                    Some(near) => format!("The nearest one is {near}: write that, or take the link out."),
                    None => "Correct it, or take the link out.".to_owned(),
                };
                complain(format!("the link {:?} leads to no page here", link.to), mend);
            }
        }
    }
    problems
}

/// The path and the fragment of a link within the site, in letters; `None` for all others.
fn within(ours: &Url, link: &Link) -> Option<(String, String)> {
    let page = ours.join(&address::encode(&link.page)).ok()?;
    let url = page.join(&link.to).ok()?;
    let is_ours = url[..Position::BeforePath] == ours[..Position::BeforePath];
    let fragment = address::decode(url.fragment().unwrap_or_default())?;
    let path = address::decode(url.path())?;
    // What follows `:~:` is for the browser, which looks for those words.
    is_ours.then(|| (path, fragment.split(":~:").next().unwrap_or_default().to_owned()))
}

/// What an address leads to.
enum Room<'a> {
    Entry(&'a Entry),
    /// A list, a feed, a file: nothing with headings of its own.
    List,
}

/// Every address there is.
struct Known<'a> {
    entries: HashMap<String, &'a Entry>,
    media: HashSet<&'a str>,
    tags: BTreeSet<&'a str>,
    series: HashSet<Slug>,
    posts: HashSet<&'a str>,
    /// `2026` and `2026/05`.
    months: HashSet<String>,
}

impl<'a> Known<'a> {
    fn of(library: &'a Library) -> Self {
        let posts = &library.posts;
        let entries = posts.iter().map(|post| &post.entry);
        let entries = entries.chain(library.pages.iter().map(|page| &page.entry));
        let entries: Vec<&Entry> = entries.chain(library.stretches.values().map(|stretch| &stretch.entry)).collect();
        let old = entries.iter().flat_map(|entry| entry.aliases.iter().map(|alias| (alias.clone(), *entry)));
        let always = posts.iter().map(|post| (format!("/posts/{}", post.entry.slug), &post.entry));
        let own = entries.iter().map(|entry| (entry.address.clone(), *entry));
        let months = |post: &Post| [post.date.strftime("%Y").to_string(), post.date.strftime("%Y/%m").to_string()];
        Self {
            // The later ones win: an address goes before an alias.
            entries: old.chain(always).chain(own).collect(),
            media: library.media.files().map(|file| file.address.as_str()).collect(),
            tags: posts.iter().flat_map(|post| &post.tags).map(|tag| tag.slug.as_str()).collect(),
            series: posts.iter().filter_map(|post| Slug::from_text(post.series.as_deref()?)).collect(),
            posts: posts.iter().flat_map(|post| &post.threads).map(Slug::as_str).collect(),
            months: posts.iter().flat_map(|post| months(post)).collect(),
        }
    }

    fn find(&self, path: &str) -> Option<Room<'a>> {
        if path == "/" || self.media.contains(path) {
            return Some(Room::List);
        }
        let tidy = address::tidy(&address::encode(path))?;
        if let Some(entry) = self.entries.get(&tidy).or_else(|| self.entries.get(&tidy.to_lowercase())) {
            return Some(Room::Entry(entry));
        }
        let segments: Vec<&str> = tidy.split('/').skip(1).collect();
        let is_there = match segments.as_slice() {
            ["posts", slug, "comments", ..] => self.posts.contains(slug),
            ["posts" | "stretches" | "archive" | "tags"] => true,
            ["posts" | "stretches", ..] => false,
            ["tags", tags, ..] => self.has_tags(tags),
            ["archive", year] | ["archive", year, "page", _] => self.months.contains(*year),
            ["archive", year, month, ..] => self.months.contains(&format!("{year}/{month}")),
            ["series", name, ..] => Slug::from_text(name).is_some_and(|slug| self.series.contains(&slug)),
            ["media", ..] => false,
            [first, ..] => collisions::RESERVED.contains(first) || collisions::is_sitemap_part(first),
            [] => true,
        };
        is_there.then_some(Room::List)
    }

    /// `feet`, or `feet+calves`; a tag may itself be written with a plus.
    fn has_tags(&self, written: &str) -> bool {
        let is_tag = |name: &str| Slug::from_text(name).is_some_and(|slug| self.tags.contains(slug.as_str()));
        is_tag(written) || written.split('+').all(is_tag)
    }

    /// The address that may have been meant: of a tag, or of a post, page or stretch.
    fn nearest(&self, path: &str, nearby: &Nearby) -> Option<String> {
        let Some(below) = path.strip_prefix("/tags/") else {
            return nearby.find(&last_part(path), 1).first().map(|near| (*near).to_owned());
        };
        let near = Near::new(self.tags.iter().map(|tag| ((*tag).to_owned(), 0)));
        let at = *near.find(&below.split('/').next()?.to_lowercase(), 1).first()?;
        Some(format!("/tags/{}", near.word(at)?))
    }
}

/// What a fragment may name on the page of an entry.
fn ids_of(entry: &Entry) -> HashSet<String> {
    let mut ids = HashSet::new();
    for piece in &entry.body.pieces {
        match piece {
            Piece::Heading(line, words) => {
                ids.insert(line.id.clone());
                ids.extend(ids_in(words));
            }
            Piece::Html(html) => ids.extend(ids_in(html)),
            Piece::Stretch(slug) => ids.extend([format!("stretch-{slug}"), format!("stretch-{slug}-title")]),
            Piece::Code(_) | Piece::Embed(_) => {}
        }
    }
    ids
}

fn ids_in(html: &str) -> Vec<String> {
    let id = |tag: &StartTag| tag.get(html, "id").or_else(|| tag.get(html, "name").filter(|_| tag.name == "a"));
    start_tags(html).iter().filter_map(id).collect()
}

fn is_there(ids: &HashSet<String>, fragment: &str) -> bool {
    let is_of_frame = || FRAME_IDS.contains(&fragment) || fragment.starts_with("comment-");
    fragment.eq_ignore_ascii_case("top") || ids.contains(fragment) || is_of_frame()
}

fn nearest_id(ids: &HashSet<String>, fragment: &str) -> Option<String> {
    let mut sorted: Vec<&String> = ids.iter().collect();
    sorted.sort();
    let near = Near::new(sorted.into_iter().map(|id| (id.clone(), 0)));
    near.word(*near.find(&fragment.to_lowercase(), 1).first()?).map(str::to_owned)
}

/// Frames in which browsers would show nothing.
pub(super) fn refused(rules: &Rules, outline: &Outline, frames: &[Reference]) -> Vec<Problem> {
    let told = |frame: &Reference| {
        let (what, mend) = refusal(rules, &frame.to)?;
        let file = &outline.source.file.path;
        Some(problem(Severity::Warning, file, outline.place_at(frame.at), what, mend))
    };
    frames.iter().filter_map(told).collect()
}

/// Why browsers would show nothing in a frame, and what to do.
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

/// Names of easier and harder stretches that no stretch has.
pub(super) fn unknown_stretches(outline: &Outline, known: &HashSet<Slug>) -> Vec<Problem> {
    let facts = &outline.front_matter.facts;
    let named = [("easier", &facts.easier), ("harder", &facts.harder)];
    let filled = named
        .into_iter()
        .filter_map(|(key, name)| Some((key, name.as_deref()?)))
        .filter(|(_, name)| !name.trim().is_empty());
    let unknown = filled.filter(|(_, name)| Slug::from_text(name).is_none_or(|slug| !known.contains(&slug)));
    unknown
        .map(|(key, name)| {
            let what = format!("there is no stretch called {name:?}");
            let mend = format!("Write content/stretches/{name}.md, or correct the name.");
            problem(Severity::Warning, &outline.source.file.path, outline.place_of(key), what, mend)
        })
        .collect()
}

/// The links of the header, which site.toml names; line 1 for those of the environment.
pub(super) fn navigation(content: &Path, rules: &Rules) -> Vec<Link> {
    let file = content.join("site.toml");
    let text = fs::read_to_string(&file).unwrap_or_default();
    let line = |to: &str| {
        let names_it = |line: &str| [format!("\"{to}\""), format!("'{to}'")].iter().any(|name| line.contains(name));
        text.lines().position(names_it).map_or(1, |line| line + 1)
    };
    let link = |to: &String| Link {
        file: file.clone(),
        place: Place { line: line(to), column: 1 },
        page: "/".to_owned(),
        is_draft: false,
        to: to.clone(),
    };
    rules.navigation.iter().map(link).collect()
}
