//! Finds files that want the same address, or a reserved one.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{Outline, problem};
use crate::domain::{
    kind::Kind,
    problem::{Place, Problem, Severity},
    routes,
    slug::Slug,
};

/// Address and names that a file wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub kind: Kind,
    pub file: PathBuf,
    pub slug: Slug,
    /// Name of the file, if it differs from the slug.
    pub name: Option<Slug>,
    pub address: String,
    pub aliases: Vec<String>,
    /// Place of the key that sets the address.
    address_at: Place,
    aliases_at: Place,
}

impl Head {
    pub fn of(outline: &Outline) -> Self {
        let key = outline.front_matter.written("url").map_or("slug", |(key, _)| key);
        Self {
            kind: outline.source.kind,
            file: outline.source.file.path.clone(),
            slug: outline.slug.clone(),
            name: Slug::from_text(&outline.source.name).filter(|name| *name != outline.slug),
            address: outline.address.clone(),
            aliases: outline.aliases.clone(),
            address_at: outline.place_of(key),
            aliases_at: outline.place_of("aliases"),
        }
    }
}

/// Rank and aliases that a file got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Lower if the file has had its address longer. A new file must not take that address away.
    pub rank: usize,
    /// Aliases that no other file has.
    pub aliases: Vec<String>,
}

/// Decides which files get their address; `None` for the others. Of two files that want one, the file that had it
/// before keeps it, else the first by name gets it. The same goes for slugs, since comments belong to slugs. Aliases
/// give way to real pages.
pub(super) fn resolve(heads: &[(&Head, Option<usize>)], problems: &mut Vec<Problem>) -> Vec<Option<Standing>> {
    let mut order: Vec<usize> = (0..heads.len()).collect();
    // A stable sort: new files stay sorted by name.
    order.sort_by_key(|at| heads[*at].1.unwrap_or(usize::MAX));
    let mut taken: HashMap<&str, &Path> = HashMap::with_capacity(heads.len());
    let mut slugs: HashMap<(Kind, &Slug), &Path> = HashMap::with_capacity(heads.len());
    let mut standings: Vec<Option<Standing>> = heads.iter().map(|_| None).collect();
    let (mut kept, mut others) = (Vec::with_capacity(heads.len()), Vec::new());
    for at in order {
        let (head, _) = heads[at];
        let is_free = !taken.contains_key(bare(&head.address)) && !slugs.contains_key(&(head.kind, &head.slug));
        if is_free && !is_reserved(&head.address, head.kind) {
            taken.insert(bare(&head.address), &head.file);
            slugs.insert((head.kind, &head.slug), &head.file);
            kept.push(at);
        } else {
            others.push(at);
        }
    }
    for at in others {
        let (head, _) = heads[at];
        let (what, mend) = if is_reserved(&head.address, head.kind) {
            (format!("the address {} belongs to the program", head.address), "Give it another slug.")
        } else if let Some(first) = taken.get(bare(&head.address)) {
            let what = format!("the address {} is taken by {}", head.address, first.display());
            (what, "Give one of them another slug.")
        } else if let Some(first) = slugs.get(&(head.kind, &head.slug)) {
            let what = format!("the slug {} is taken by {}", head.slug, first.display());
            (what, "Comments belong to slugs, so give one of them another.")
        } else {
            continue;
        };
        let mend = format!("{mend} It stays out until then.");
        problems.push(problem(Severity::Error, &head.file, head.address_at, what, mend));
    }
    for (rank, at) in kept.into_iter().enumerate() {
        let aliases = free_aliases(heads[at].0, &mut taken, problems);
        standings[at] = Some(Standing { rank, aliases });
    }
    standings
}

fn free_aliases<'a>(
    head: &'a Head,
    taken: &mut HashMap<&'a str, &'a Path>,
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    let mut is_free = |alias: &&'a String| {
        let what = if is_reserved(alias, head.kind) {
            format!("the alias {alias} belongs to the program")
        } else if let Some(first) = taken.get(alias.as_str()).filter(|first| **first != head.file) {
            format!("the alias {alias} is taken by {}", first.display())
        } else {
            taken.insert(alias, &head.file);
            return true;
        };
        problems.push(problem(Severity::Warning, &head.file, head.aliases_at, what, "Remove it there or here."));
        false
    };
    head.aliases.iter().filter(|alias| is_free(alias)).cloned().collect()
}

/// Address without a slash at its end, which makes no difference to readers.
fn bare(address: &str) -> &str {
    address.trim_end_matches('/')
}

/// True if the text may not have the address: `/posts/x` is for posts, `/stretches/x` for stretches, `/admin` for none.
fn is_reserved(address: &str, kind: Kind) -> bool {
    let mut segments = address.trim_matches('/').split('/');
    let first = segments.next().unwrap_or_default();
    let is_in_own_room = kind.row().base == Some(first) && segments.next().is_some() && segments.next().is_none();
    !is_in_own_room && routes::is_own(first)
}
