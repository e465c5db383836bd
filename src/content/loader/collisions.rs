//! Two things that want one address, or an address that is not theirs to want.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use super::{Outline, problem};
use crate::{
    content::source::Kind,
    domain::{
        problem::{Problem, Severity},
        slug::Slug,
    },
};

/// First parts of addresses that are the program's own (see ARCHITECTURE.md, "Addresses").
pub(super) const RESERVED: &[&str] = &[
    "_components",
    "admin",
    "apple-touch-icon-precomposed.png",
    "apple-touch-icon.png",
    "archive",
    "comments",
    "favicon.ico",
    "feed.json",
    "feed.xml",
    "healthz",
    "mail",
    "manifest.webmanifest",
    "me",
    "media",
    "page",
    "posts",
    "readyz",
    "robots.txt",
    "rss.xml",
    "search",
    "series",
    "sitemap.xml",
    "static",
    "stretches",
    "tags",
];

/// Keeps what can have its address. Of two files that want one, the file that had it before keeps it, else the first
/// by name has it; so it is with slugs of posts, since comments belong to slugs. Aliases give way to real pages.
pub(super) fn resolve(
    mut outlines: Vec<Outline>,
    settled: &HashSet<PathBuf>,
    problems: &mut Vec<Problem>,
) -> Vec<Outline> {
    // A stable sort: otherwise by name, as they were found.
    outlines.sort_by_key(|outline| !settled.contains(&outline.source.file.path));
    let mut addresses: HashMap<String, PathBuf> = HashMap::new();
    let mut slugs: HashMap<(Kind, Slug), PathBuf> = HashMap::new();
    let mut kept = Vec::new();
    for outline in outlines {
        let path = &outline.source.file.path;
        let slug = (outline.source.kind, outline.slug.clone());
        let complaint = if is_reserved(&outline.address, outline.source.kind) {
            Some((format!("the address {} belongs to the program", outline.address), "Give it another slug."))
        } else if let Some(first) = addresses.get(&outline.address) {
            let what = format!("the address {} is taken by {}", outline.address, first.display());
            Some((what, "Give one of them another slug."))
        } else if let Some(first) = slugs.get(&slug) {
            let what = format!("the slug {} is taken by {}", outline.slug, first.display());
            Some((what, "Comments belong to slugs, so give one of them another."))
        } else {
            None
        };
        if let Some((what, mend)) = complaint {
            let mend = format!("{mend} It stays out until then.");
            let key = outline.front_matter.any_url().map_or("slug", |(key, _)| key);
            problems.push(problem(Severity::Error, path, outline.place_of(key), what, mend));
            continue;
        }
        addresses.insert(outline.address.clone(), path.clone());
        slugs.insert(slug, path.clone());
        kept.push(outline);
    }
    for outline in &mut kept {
        resolve_aliases(outline, &mut addresses, problems);
    }
    kept
}

fn resolve_aliases(outline: &mut Outline, taken: &mut HashMap<String, PathBuf>, problems: &mut Vec<Problem>) {
    let (path, kind, place) = (outline.source.file.path.clone(), outline.source.kind, outline.place_of("aliases"));
    outline.aliases.retain(|alias| {
        let what = if is_reserved(alias, kind) {
            format!("the alias {alias} belongs to the program")
        } else if let Some(first) = taken.get(alias).filter(|first| **first != path) {
            format!("the alias {alias} is taken by {}", first.display())
        } else {
            taken.insert(alias.clone(), path.clone());
            return true;
        };
        problems.push(problem(Severity::Warning, &path, place, what, "Remove it there or here."));
        false
    });
}

/// `/admin` is nobody's; `/posts/x` and `/stretches/x` are where posts and stretches belong.
fn is_reserved(address: &str, kind: Kind) -> bool {
    let mut segments = address.trim_start_matches('/').split('/');
    let first = segments.next().unwrap_or_default();
    let own_room = match kind {
        Kind::Post => "posts",
        Kind::Stretch => "stretches",
        Kind::Page => "",
    };
    let is_in_own_room = first == own_room && segments.next().is_some() && segments.next().is_none();
    !is_in_own_room && (RESERVED.contains(&first) || is_sitemap_part(first))
}

/// `sitemap-1.xml` and on, of which there are as many as it takes.
pub(super) fn is_sitemap_part(segment: &str) -> bool {
    let number = segment.strip_prefix("sitemap-").and_then(|rest| rest.strip_suffix(".xml"));
    number.is_some_and(|number| number.parse::<usize>().is_ok())
}
