//! Where links lead, once all files are read: to an address that nothing has, to a heading that is not there, to a
//! draft. And what else is named and cannot be shown: frames that the page policy refuses, a card that is no file.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use url::{Position, Url};

use super::{Library, collisions, problem};
use crate::{
    content::{
        embeds,
        markdown::tags::start_tags,
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

/// Ids that every page, or every post, has besides those of its text.
const FRAME_IDS: [&str; 13] = [
    "comments",
    "comments-title",
    "email",
    "fax",
    "main",
    "name",
    "related-title",
    "respond",
    "respond-title",
    "series",
    "series-title",
    "site",
    "text",
];

/// Links of ours that lead nowhere.
pub(super) fn dead(content: &Path, rules: &Rules, library: &Library, links: &[Link]) -> Vec<Problem> {
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
                let written = link.to.split('#').next().unwrap_or_default();
                let mend = if library.media.resolve(content, &link.file, written).is_some() {
                    format!("It is a file of yours, so write it in Markdown: [words]({}).", link.to)
                } else if let Some(near) = known.nearest(&path, nearby) {
                    format!("The nearest one is {near}: write that, or take the link out.")
                } else {
                    "Correct it, or take the link out.".to_owned()
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
    let id = |tag: &crate::content::markdown::tags::StartTag| {
        tag.get("id").or_else(|| tag.get("name").filter(|_| tag.name == "a")).map(str::to_owned)
    };
    start_tags(html).iter().filter_map(id).collect()
}

fn is_there(ids: &HashSet<String>, fragment: &str) -> bool {
    let is_of_frame = || FRAME_IDS.contains(&fragment) || fragment.starts_with("comment-");
    fragment.is_empty() || fragment.eq_ignore_ascii_case("top") || ids.contains(fragment) || is_of_frame()
}

fn nearest_id(ids: &HashSet<String>, fragment: &str) -> Option<String> {
    let mut sorted: Vec<&String> = ids.iter().collect();
    sorted.sort();
    let near = Near::new(sorted.into_iter().map(|id| (id.clone(), 0)));
    near.word(*near.find(&fragment.to_lowercase(), 1).first()?).map(str::to_owned)
}

/// Why browsers would show nothing in a frame, and what to do.
pub(super) fn refused(rules: &Rules, source: &str) -> Option<(String, String)> {
    if source.is_empty() || source.starts_with("about:") {
        return None;
    }
    // A frame of our own pages is refused as well; `//host/x` has the scheme of the page.
    let whole = if source.starts_with("//") { format!("https:{source}") } else { source.to_owned() };
    let url = Url::parse(&whole);
    let host = url.ok().filter(Url::has_host).map(|url| url.origin().ascii_serialization());
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

/// What site.toml names.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub links: Vec<Link>,
    pub problems: Vec<Problem>,
}

pub(super) fn of_settings(content: &Path, rules: &Rules, library: &Library) -> Settings {
    let file = content.join("site.toml");
    let text = fs::read_to_string(&file).unwrap_or_default();
    // Line 1 for what the environment says.
    let place = |is_it: &dyn Fn(&str) -> bool| Place {
        line: text.lines().position(is_it).map_or(1, |line| line + 1),
        column: 1,
    };
    let mut settings = Settings::default();
    let has_file = |name: &str| {
        let path = Path::new("media").join(name);
        library.media.files().any(|file| file.path.ends_with(&path))
    };
    if let Some(card) = rules.card.as_deref().filter(|card| !has_file(card)) {
        let is_key =
            |line: &str| line.trim_start().strip_prefix("card").is_some_and(|rest| rest.trim_start().starts_with('='));
        let what = format!("there is no file {card:?} for card");
        let mend = "Put it into content/media, or correct the name.";
        settings.problems.push(problem(Severity::Warning, &file, place(&is_key), what, mend));
    }
    settings.links.extend(rules.navigation.iter().map(|to| Link {
        file: file.clone(),
        place: place(&|line| line.contains(&format!("\"{to}\"")) || line.contains(&format!("'{to}'"))),
        page: "/".to_owned(),
        is_draft: false,
        to: to.clone(),
    }));
    settings
}
