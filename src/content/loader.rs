//! Loads the content folder into a [`Library`]: all content, whatever its date, and all problems in it.
//!
//! A bad file never stops the others: its last good version stays, or it is left out, and it is reported. A saved file
//! is rendered again, together with the files that looked up something it changed.

mod collisions;
mod files;
mod kept;
mod making;
mod outline;
mod references;
mod site_toml;
mod strangers;
mod unfit;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use url::Url;

use super::{
    effort,
    media::MediaIndex,
    side_by_side::side_by_side,
    source::{self, Changed, Found, Source, Tree},
    told,
    watch::Scope,
};
use crate::domain::{
    embed::Told,
    entry::{Page, Post, Stretch},
    permalink::Rules,
    problem::{self, Place, Problem, Severity},
    slug::Slug,
    words::counted,
};
use crate::texts::Texts;
use collisions::Head;
use files::{Changes, Names, World};
use kept::{Kept, Looked};
use making::{Item, Made, Maker};
use outline::Outline;
use references::{Judge, Known, Linking};
pub use site_toml::named;

/// All content of a site, published or not.
#[derive(Debug, Default)]
pub struct Library {
    pub posts: Vec<Arc<Post>>,
    pub pages: Vec<Arc<Page>>,
    pub stretches: BTreeMap<Slug, Arc<Stretch>>,
    pub media: MediaIndex,
    /// Problems, sorted by file and line.
    pub problems: Arc<Vec<Problem>>,
    /// True if some page shows a picture from another server.
    pub has_remote_picture: bool,
    /// Paths where a change may change the library.
    pub scope: Scope,
}

/// Number of texts of each kind, public or not: shown at the start, in the log and by `check`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub posts: usize,
    /// Number of drafts, future posts and expired posts.
    hidden: usize,
    pages: usize,
    stretches: usize,
}

impl Counts {
    /// Texts such as `2 posts (1 not public)`, `1 page`, `0 stretches`.
    pub fn words(self) -> [String; 3] {
        let posts = counted(self.posts, "post", "posts");
        let posts = if self.hidden > 0 { format!("{posts} ({} not public)", self.hidden) } else { posts };
        [posts, counted(self.pages, "page", "pages"), counted(self.stretches, "stretch", "stretches")]
    }
}

impl Library {
    pub fn counts(&self, now: Timestamp) -> Counts {
        Counts {
            posts: self.posts.len(),
            hidden: self.posts.iter().filter(|post| !post.entry.is_public(now, false)).count(),
            pages: self.pages.len(),
            stretches: self.stretches.len(),
        }
    }
}

/// Loads a content folder again and again. Keeps the result of a file until the file, or something looked up for it,
/// changes.
#[derive(Debug)]
pub struct Loader {
    content: PathBuf,
    rules: Rules,
    /// Texts of the site's language; a post in another language has those of its language if we have them.
    texts: &'static Texts,
    /// Longest time for one text.
    patience: Duration,
    /// Clock of the system, which sets the times of files.
    now: Now,
    /// True if dead links get a suggestion, which takes long on a large site.
    suggests: bool,
    files: HashMap<PathBuf, Kept>,
    /// Problems of addresses that several files want.
    collisions: Vec<Problem>,
    names: Names,
    media: MediaIndex,
    /// Answers of embed providers, by the file that stores them.
    told: HashMap<PathBuf, Told>,
    /// Problems in those files.
    told_faults: Vec<Problem>,
    known: Known,
    /// Sum of the hashes of all files in `known`.
    known_print: u64,
    /// Ids on each page that some link with a fragment leads to.
    parts: HashMap<PathBuf, HashSet<String>>,
}

struct Now(Box<dyn Fn() -> Timestamp + Send + Sync>);

impl fmt::Debug for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Now(..)")
    }
}

impl Loader {
    pub fn new(content: PathBuf, rules: Rules, texts: &'static Texts) -> Self {
        Self {
            content,
            rules,
            texts,
            patience: effort::PATIENCE,
            now: Now(Box::new(|| Timestamp::MAX)),
            suggests: false,
            files: HashMap::new(),
            collisions: Vec::new(),
            names: Names::default(),
            media: MediaIndex::default(),
            told: HashMap::new(),
            told_faults: Vec::new(),
            known: Known::default(),
            known_print: 0,
            parts: HashMap::new(),
        }
    }

    /// Sets the clock. Without one, no time of a file counts as in the future.
    #[must_use]
    pub fn with_clock(self, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { now: Now(Box::new(now)), ..self }
    }

    /// Adds a suggestion for each dead link.
    #[must_use]
    pub fn with_suggestions(self) -> Self {
        Self { suggests: true, ..self }
    }

    /// Sets the longest time for one text.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Loads everything. Files that have not changed are not read again.
    ///
    /// # Errors
    /// The content folder cannot be read. A single unreadable file is a problem in the library.
    pub fn load(&mut self) -> io::Result<Library> {
        let mut tree = source::find(&self.content)?;
        let latest = tree.latest_change((self.now.0)());
        let media = self.follow_media(&tree.media, latest);
        let (outlines, heads) = self.look(&tree.sources, latest);
        if heads {
            self.settle(&tree.sources);
        }
        self.make(&tree.sources, outlines, Changes { media, heads });
        let mut library = self.library(&tree);
        self.judge_links(&tree.sources, &mut library, media);
        let problems = Arc::make_mut(&mut library.problems);
        let place = |problem: &Problem| (problem.line, problem.column);
        problems.sort_by(|a, b| (&a.file, place(a), &a.what).cmp(&(&b.file, place(b), &b.what)));
        problems.dedup();
        library.scope = self.scope_of(&mut tree);
        Ok(library)
    }

    /// Paths where a change may change what is loaded.
    ///
    /// # Errors
    /// The content folder cannot be read.
    pub fn scope(&self) -> io::Result<Scope> {
        Ok(self.scope_of(&mut source::find(&self.content)?))
    }

    fn scope_of(&self, tree: &mut Tree) -> Scope {
        let mut scope = std::mem::take(&mut tree.scope);
        self.rules.named_files.iter().for_each(|named| scope.add(&self.content.join(&named.name)));
        scope
    }

    /// Updates the index of all files that are not Markdown. True if it has changed.
    fn follow_media(&mut self, found: &[Found], latest: Changed) -> bool {
        let media = MediaIndex::build(found, latest, &self.media);
        let is_same = media.is_same(&self.media);
        self.media = media;
        if !is_same {
            (self.told, self.told_faults) = told::read_all(found);
        }
        !is_same
    }

    /// Reads the files that may have changed. Returns those without a fault, by path, and true if the wanted addresses
    /// have changed.
    fn look(&mut self, sources: &[Source], latest: Changed) -> (HashMap<PathBuf, Box<Outline>>, bool) {
        let is_old = |source: &&Source| self.files.get(&source.file.path).is_none_or(|kept| !kept.is_of(&source.file));
        let old: Vec<&Source> = sources.iter().filter(is_old).collect();
        let (files, rules) = (&self.files, &self.rules);
        let looked = side_by_side(old, |source| {
            let path = &source.file.path;
            (path, Looked::at(source, latest, files.get(path), rules))
        });
        let (mut outlines, mut has_other_heads) = (HashMap::with_capacity(looked.len()), false);
        let mut gone: HashSet<&Path> = HashSet::new();
        for (path, looked) in looked {
            // Deleted between finding and reading, which is no problem.
            let Some(looked) = looked else {
                gone.insert(path);
                continue;
            };
            let kept = self.files.entry(path.clone()).or_default();
            let (outline, is_other_head) = kept.follow(looked);
            outlines.extend(outline.map(|outline| (path.clone(), outline)));
            has_other_heads |= is_other_head;
        }
        if self.files.len() + gone.len() > sources.len() {
            let there: HashSet<&Path> = sources.iter().map(|source| source.file.path.as_path()).collect();
            self.files.retain(|path, _| there.contains(path.as_path()) && !gone.contains(path.as_path()));
            has_other_heads = true;
        }
        (outlines, has_other_heads)
    }

    /// Decides again which file has which address.
    fn settle(&mut self, sources: &[Source]) {
        let paths = sources.iter().map(|source| &source.file.path);
        let good = paths.clone().filter_map(|path| self.files.get(path)?.good.as_ref());
        let heads: Vec<(&Head, Option<usize>)> =
            good.map(|good| (&good.head, good.standing.as_ref().map(|standing| standing.rank))).collect();
        self.collisions.clear();
        let standings = collisions::resolve(&heads, &mut self.collisions);
        let with_address = heads.iter().zip(&standings).filter(|(_, standing)| standing.is_some());
        self.names = Names::of(with_address.map(|((head, _), _)| *head));
        let mut standings = standings.into_iter();
        for path in paths {
            if let Some(good) = self.files.get_mut(path).and_then(|kept| kept.good.as_mut()) {
                good.standing = standings.next().flatten();
                if let (Some(made), Some(standing)) = (&mut good.made, &good.standing) {
                    made.take_aliases(&standing.aliases);
                }
            }
        }
    }

    /// Renders new files, and files whose lookups would now give another result.
    fn make(&mut self, sources: &[Source], mut outlines: HashMap<PathBuf, Box<Outline>>, changes: Changes) {
        let ours = Url::parse(&self.rules.base_url).ok();
        let world = World { content: &self.content, media: &self.media, told: &self.told, names: &self.names };
        let patience = self.patience;
        let maker = Maker { world, rules: &self.rules, texts: self.texts, ours: ours.as_ref(), patience };
        // Includes files whose address another file has: should they get it while broken, this is their last good
        // version.
        let all = sources.iter().filter_map(|source| {
            let kept = self.files.get(&source.file.path)?;
            Some((source, kept, kept.good.as_ref()?))
        });
        let work: Vec<_> = all
            .filter(|(_, _, good)| changes.any() || good.made.is_none())
            .map(|(source, kept, good)| (source, kept, good, outlines.remove(&source.file.path)))
            .collect();
        let made = side_by_side(work, |(source, kept, good, outline)| {
            let path = &source.file.path;
            if good.made.as_ref().is_some_and(|made| made.asked.holds(changes, world, path)) {
                return None;
            }
            let mut outline = outline.or_else(|| kept.read_again(source, &self.rules))?;
            if let Some(standing) = &good.standing {
                outline.aliases.clone_from(&standing.aliases);
            }
            Some((path, maker.make(*outline)))
        });
        for (path, made) in made.into_iter().flatten() {
            let Some(kept) = self.files.get_mut(path) else { continue };
            if made.is_none() {
                // Not tried again before the file has changed.
                let what = format!("making a page of it takes more than {} s", self.patience.as_secs());
                let mend = "Something in it has no end or stands there thousands of times. It stays out until then.";
                kept.fault = Some(problem(Severity::Error, path, Place::START, what, mend));
            }
            if let Some(good) = &mut kept.good {
                good.made = made;
            }
        }
    }

    /// Builds the library, without the problems of links.
    fn library(&self, tree: &Tree) -> Library {
        let mut problems: Vec<Problem> = tree.unreadable.iter().map(unreadable).collect();
        problems.extend(strangers::all(&self.content, tree));
        problems.extend(self.told_faults.iter().cloned());
        problems.extend(site_toml::problems(&self.content, &self.rules, &self.media));
        let kept = tree.sources.iter().filter_map(|source| self.files.get(&source.file.path));
        let kept: Vec<&Kept> = kept.collect();
        problems.extend(kept.iter().filter_map(|kept| kept.fault.clone()));
        problems.extend(self.collisions.iter().cloned());

        let mut library = Library { media: self.media.clone(), ..Library::default() };
        let mut refused: HashSet<&Path> = HashSet::new();
        for made in kept.iter().filter_map(|kept| kept.shown()) {
            match made.item.clone() {
                Item::Post(post) => library.posts.push(post),
                Item::Page(page) => library.pages.push(page),
                Item::Stretch(stretch) => {
                    library.stretches.insert(stretch.entry.slug.clone(), stretch);
                }
            }
            problems.extend(made.problems.iter().cloned());
            library.has_remote_picture |= made.has_remote_picture;
            refused.extend(made.refused.iter().map(PathBuf::as_path));
        }
        problems.extend(unfit::all(&self.media, &refused));
        let unknown_keys = kept.iter().filter_map(|kept| kept.shown()).flat_map(|made| &made.unknown_keys);
        problems.extend(once(unknown_keys));
        library.problems = problems.into();
        library
    }

    /// Finds links that lead nowhere. Checks the links of new texts; all links if addresses or media have changed; and
    /// links with a fragment if the ids on such a page have changed.
    fn judge_links(&mut self, sources: &[Source], library: &mut Library, has_other_media: bool) {
        let Ok(ours) = Url::parse(&self.rules.base_url) else { return };
        let shown = |path: &PathBuf| self.files.get(path).and_then(Kept::shown);
        let shown: Vec<&Made> = sources.iter().filter_map(|source| shown(&source.file.path)).collect();
        let print = shown.iter().fold(0_u64, |sum, made| sum.wrapping_add(made.print));
        let is_other = has_other_media || print != self.known_print;
        if is_other {
            (self.known, self.known_print) = (Known::of(library), print);
        }
        let mut has_other_parts = is_other;
        for made in shown.iter().filter(|made| made.dead.is_none()) {
            if let Some(parts) = self.parts.get_mut(&made.item.entry().file) {
                let ids = references::ids_of(made.item.entry());
                has_other_parts |= *parts != ids;
                *parts = ids;
            }
        }
        let site_toml = self.content.join("site.toml");
        let text = std::fs::read_to_string(&site_toml).unwrap_or_default();
        let links = references::of_site(&text, &self.rules, &ours);
        let parts = std::mem::take(&mut self.parts);
        let redirects = &self.rules.redirects;
        let mut judge = Judge::new(&self.known, library, &self.files, redirects, parts, self.suggests);
        let mut dead = judge.dead(&Linking { file: &site_toml, is_draft: false, links: &links });
        dead.extend(references::redirects(&site_toml, &text, &self.rules, &self.known));
        let is_unsure = |made: &&&Made| is_other || made.dead.is_none() || (has_other_parts && made.links_name_parts);
        let mut judged: Vec<(PathBuf, Vec<Problem>)> = Vec::new();
        for made in shown.iter().filter(is_unsure) {
            let entry = made.item.entry();
            let linking = Linking { file: &entry.file, is_draft: entry.draft, links: &made.links };
            judged.push((entry.file.clone(), problem::merged(judge.dead(&linking))));
        }
        self.parts = judge.parts;
        for (path, dead) in judged {
            if let Some(made) = self.files.get_mut(&path).and_then(Kept::shown_mut) {
                made.dead = Some(dead);
            }
        }
        for source in sources {
            let made = self.files.get(&source.file.path).and_then(Kept::shown);
            dead.extend(made.and_then(|made| made.dead.as_ref()).into_iter().flatten().cloned());
        }
        Arc::make_mut(&mut library.problems).append(&mut dead);
    }
}

/// Reports a problem of many files once, at the first file: a theme's key is in every post of a blog that moves here,
/// and would hide all other problems.
fn once<'a>(all: impl Iterator<Item = &'a Problem>) -> impl Iterator<Item = Problem> {
    let mut found: BTreeMap<&str, (&Problem, usize)> = BTreeMap::new();
    for problem in all {
        let (first, _) = found.entry(&problem.what).and_modify(|(_, others)| *others += 1).or_insert((problem, 0));
        if problem.file < first.file {
            *first = problem;
        }
    }
    found.into_values().map(|(first, others)| {
        let more = match others {
            0 => String::new(),
            others => format!(" (and in {})", counted(others, "more file", "more files")),
        };
        Problem { what: format!("{}{more}", first.what), ..first.clone() }
    })
}

fn problem(severity: Severity, file: &Path, place: Place, what: impl Into<String>, mend: impl Into<String>) -> Problem {
    Problem {
        severity,
        file: file.to_owned(),
        line: place.line,
        column: place.column,
        what: what.into(),
        mend: mend.into(),
    }
}

fn unreadable((folder, error): &(PathBuf, io::Error)) -> Problem {
    let what = format!("the folder cannot be read ({error})");
    problem(Severity::Error, folder, Place::START, what, "Look at its permissions. What is in it stays out until then.")
}

#[cfg(test)]
mod tests;
