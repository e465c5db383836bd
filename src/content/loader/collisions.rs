//! Finds files that want the same address, or a reserved one.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::outline::Outline;
use crate::domain::{
    entry::Kind,
    problem::{Place, Problem},
    routes,
    slug::Slug,
};

/// Address and names that a file wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AddressClaim {
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

impl AddressClaim {
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

/// Result for a file that gets its address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Granted {
    /// Lower if the file has had its address longer. A new file must not take that address away.
    pub rank: usize,
    /// Aliases that no other file has.
    pub aliases: Vec<String>,
}

/// Decides which files get their address; `None` for the others. Each claim comes with its rank from last time. Of two
/// files that want one address, the file that had it before keeps it, else the first by name gets it. The same goes for
/// slugs, since comments belong to slugs; pages have none. Aliases give way to real pages.
pub(super) fn resolve(claims: &[(&AddressClaim, Option<usize>)], problems: &mut Vec<Problem>) -> Vec<Option<Granted>> {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    // A stable sort: new files stay sorted by name.
    order.sort_by_key(|at| claims[*at].1.unwrap_or(usize::MAX));
    let mut taken: HashMap<&str, &Path> = HashMap::with_capacity(claims.len());
    let mut slugs: HashMap<(Kind, &Slug), &Path> = HashMap::with_capacity(claims.len());
    let (mut winners, mut losers) = (Vec::with_capacity(claims.len()), Vec::new());
    for at in order {
        let (claim, _) = claims[at];
        let (address, slug) = (bare(&claim.address), (claim.kind, &claim.slug));
        let is_second = claim.kind != Kind::Page && slugs.contains_key(&slug);
        if is_second || taken.contains_key(address) || routes::is_reserved(&claim.address, claim.kind) {
            losers.push(claim);
        } else {
            taken.insert(address, &claim.file);
            slugs.insert(slug, &claim.file);
            winners.push(at);
        }
    }
    for claim in losers {
        let AddressClaim { address, slug, .. } = claim;
        let taken_by = |what: &str, file: &Path| format!("the {what} is taken by {}", file.display());
        let (what, mend) = if routes::is_reserved(address, claim.kind) {
            (format!("the address {address} belongs to the program"), "Give it another slug.")
        } else if let Some(first) = taken.get(bare(address)) {
            (taken_by(&format!("address {address}"), first), "Give one of them another slug.")
        } else if let Some(first) = slugs.get(&(claim.kind, slug)) {
            (taken_by(&format!("slug {slug}"), first), "Comments belong to slugs, so give one of them another.")
        } else {
            continue;
        };
        let mend = format!("{mend} It is not published until then.");
        problems.push(Problem::error(&claim.file, claim.address_at, what, mend));
    }
    let mut granted: Vec<Option<Granted>> = vec![None; claims.len()];
    for (rank, at) in winners.into_iter().enumerate() {
        let aliases = free_aliases(claims[at].0, &mut taken, problems);
        granted[at] = Some(Granted { rank, aliases });
    }
    granted
}

/// Returns the aliases that no other file has, and takes them.
fn free_aliases<'a>(
    claim: &'a AddressClaim,
    taken: &mut HashMap<&'a str, &'a Path>,
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    let mut is_free = |alias: &&'a String| {
        let what = if routes::is_reserved(alias, claim.kind) {
            format!("the alias {alias} belongs to the program")
        } else if let Some(first) = taken.get(alias.as_str()).filter(|first| **first != claim.file) {
            format!("the alias {alias} is taken by {}", first.display())
        } else {
            taken.insert(alias, &claim.file);
            return true;
        };
        problems.push(Problem::warning(&claim.file, claim.aliases_at, what, "Remove it there or here."));
        false
    };
    claim.aliases.iter().filter(|alias| is_free(alias)).cloned().collect()
}

/// Address without a slash at its end, which makes no difference to readers.
fn bare(address: &str) -> &str {
    address.trim_end_matches('/')
}
