//! Loads the content folder into a [`Library`]: all content, whatever its date, and all problems in it.
//!
//! A bad file never stops the others: its last good version stays, or it is left out, and it is reported. A saved file
//! is rendered again, together with the files that looked up something it changed.
//!
//! A large site is loaded in two steps. [`Loader::read`] reads what addresses and lists need; each text is rendered when
//! it is first used. [`Loader::finish`] renders the rest and finds all problems.

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

use super::{
    effort,
    library::Library,
    media::MediaIndex,
    side_by_side::side_by_side,
    source::{self, Changed, Source, Tree},
    told,
    watch::Scope,
};
use crate::domain::{
    entry::LazyBody,
    permalink::Rules,
    problem::{self, Place, Problem, Severity},
    words::counted,
};
use crate::texts::Texts;
use collisions::Head;
use files::Names;
use kept::{Kept, Looked};
use making::{Item, Made, Maker};
use outline::Outline;
use references::{Judge, Known};
pub use site_toml::named;

/// Most texts that are rendered while a reader waits for them: some 300 ms.
const AT_ONCE: usize = 1_000;

/// Loads a content folder again and again. Keeps the result of a file until the file, or something looked up for it,
/// changes.
#[derive(Debug)]
pub struct Loader {
    /// Clock of the system, which sets the times of files.
    now: Now,
    /// Most texts that are rendered while a reader waits for them.
    at_once: usize,
    /// True if dead links get a suggestion, which takes long on a large site.
    suggests: bool,
    /// Files found by the last walk.
    tree: Tree,
    files: HashMap<PathBuf, Kept>,
    /// Problems of addresses that several files want.
    collisions: Vec<Problem>,
    /// Everything that texts may refer to, and how they are rendered.
    maker: Arc<Maker>,
    /// Number of times that something changed to which texts may refer.
    edition: usize,
    /// Problems in stored answers of embed providers.
    told_faults: Vec<Problem>,
    known: Known,
    /// Problems found by the last check.
    problems: Arc<Vec<Problem>>,
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
            now: Now(Box::new(|| Timestamp::MAX)),
            at_once: AT_ONCE,
            suggests: false,
            tree: Tree::default(),
            files: HashMap::new(),
            collisions: Vec::new(),
            maker: Arc::new(Maker::new(content, rules, texts, effort::PATIENCE)),
            edition: 0,
            told_faults: Vec::new(),
            known: Known::default(),
            problems: Arc::default(),
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
    pub fn with_patience(mut self, patience: Duration) -> Self {
        Arc::make_mut(&mut self.maker).patience = patience;
        self
    }

    /// Loads everything and finds all problems. Files that have not changed are not read again.
    ///
    /// # Errors
    /// The content folder cannot be read. A single unreadable file is a problem in the library.
    pub fn load(&mut self) -> io::Result<Library> {
        let library = self.read()?;
        Ok(if library.is_finished { library } else { self.finish() })
    }

    /// Loads what readers need first. For a small site, that is everything.
    ///
    /// # Errors
    /// The content folder cannot be read. A single unreadable file is a problem in the library.
    pub fn read(&mut self) -> io::Result<Library> {
        self.tree = source::find(&self.maker.world.content)?;
        let latest = self.tree.latest_change((self.now.0)());
        let has_other_media = self.follow_media(latest);
        let (outlines, has_other_heads) = self.look(latest);
        if has_other_heads {
            self.settle();
        }
        self.edition += usize::from(has_other_media || has_other_heads);
        self.make(outlines);
        if self.files.len() <= self.at_once {
            return Ok(self.finish());
        }
        if self.unrendered().len() <= self.at_once {
            self.render();
        }
        Ok(self.library(false))
    }

    /// Renders what is not rendered yet, renders texts again whose lookups would now give another result, and finds all
    /// problems.
    pub fn finish(&mut self) -> Library {
        self.render();
        self.make_again();
        self.render();
        let mut library = self.library(true);
        self.problems = Arc::new(self.all_problems(&library));
        library.problems = Arc::clone(&self.problems);
        library
    }

    /// Paths where a change may change what is loaded.
    ///
    /// # Errors
    /// The content folder cannot be read.
    pub fn scope(&self) -> io::Result<Scope> {
        Ok(self.scope_of(source::find(&self.maker.world.content)?.scope))
    }

    fn scope_of(&self, mut scope: Scope) -> Scope {
        let Maker { world, rules, .. } = &*self.maker;
        rules.named_files.iter().for_each(|named| scope.add(&world.content.join(&named.name)));
        scope
    }

    /// Updates the index of all files that are not Markdown. True if it has changed.
    fn follow_media(&mut self, latest: Changed) -> bool {
        let before = &self.maker.world.media;
        let media = MediaIndex::build(&self.tree.media, latest, before);
        let is_same = media.is_same(before);
        let world = &mut Arc::make_mut(&mut self.maker).world;
        world.media = media;
        if !is_same {
            let (told, faults) = told::read_all(&self.tree.media);
            (world.told, self.told_faults) = (Arc::new(told), faults);
        }
        !is_same
    }

    /// Reads the files that may have changed. Returns those without a fault, by path, and true if the wanted addresses
    /// have changed.
    fn look(&mut self, latest: Changed) -> (HashMap<PathBuf, Box<Outline>>, bool) {
        let sources = &self.tree.sources;
        let is_old = |source: &&Source| self.files.get(&source.file.path).is_none_or(|kept| !kept.is_of(&source.file));
        let old: Vec<&Source> = sources.iter().filter(is_old).collect();
        let (files, rules) = (&self.files, &self.maker.rules);
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
    fn settle(&mut self) {
        let paths = self.tree.sources.iter().map(|source| &source.file.path);
        let good = paths.clone().filter_map(|path| self.files.get(path)?.good.as_ref());
        let heads: Vec<(&Head, Option<usize>)> =
            good.map(|good| (&good.head, good.standing.as_ref().map(|standing| standing.rank))).collect();
        self.collisions.clear();
        let standings = collisions::resolve(&heads, &mut self.collisions);
        let with_address = heads.iter().zip(&standings).filter(|(_, standing)| standing.is_some());
        let names = Names::of(with_address.map(|((head, _), _)| *head));
        Arc::make_mut(&mut self.maker).world.names = Arc::new(names);
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

    /// Makes the entries of files, without rendering them. A file whose address another file has is made too: should it
    /// get the address while it is broken, this is its last good version.
    fn make(&mut self, outlines: HashMap<PathBuf, Box<Outline>>) {
        let (files, maker) = (&self.files, &self.maker);
        let made = side_by_side(outlines.into_iter().collect(), |(path, mut outline)| {
            let good = files.get(&path).and_then(|kept| kept.good.as_ref());
            if let Some(standing) = good.and_then(|good| good.standing.as_ref()) {
                outline.aliases.clone_from(&standing.aliases);
            }
            (path, maker.make(*outline, self.edition))
        });
        for (path, made) in made {
            if let Some(good) = self.files.get_mut(&path).and_then(|kept| kept.good.as_mut()) {
                good.made = Some(made);
            }
        }
    }

    fn unrendered(&self) -> Vec<LazyBody> {
        let made = self.files.values().filter_map(Kept::made);
        made.filter(|made| !made.is_rendered()).map(|made| made.item.entry().body.clone()).collect()
    }

    /// Renders the texts that are not rendered yet. A text that takes too long is left out.
    fn render(&mut self) {
        side_by_side(self.unrendered(), |body| body.render());
        for (path, kept) in &mut self.files {
            let Some(made) = kept.made_mut().filter(|made| !made.is_rendered()) else { continue };
            if !made.take_findings()
                && let Some(good) = &mut kept.good
            {
                good.made = None;
                // Not tried again before the file has changed.
                let what = format!("making a page of it takes more than {} s", self.maker.patience.as_secs());
                let mend = "Something in it has no end or stands there thousands of times. It stays out until then.";
                kept.fault = Some(problem(Severity::Error, path, Place::START, what, mend));
            }
        }
    }

    /// Makes the entries again whose lookups would now give another result.
    fn make_again(&mut self) {
        let edition = self.edition;
        let made = |source: &Source| self.files.get(&source.file.path).and_then(Kept::made);
        let is_doubtful = |source: &&Source| made(source).is_some_and(|made| made.edition != edition);
        let doubtful: Vec<&Source> = self.tree.sources.iter().filter(is_doubtful).collect();
        let Maker { world, rules, .. } = &*self.maker;
        let outlines = side_by_side(doubtful, |source| {
            let path = &source.file.path;
            let kept = self.files.get(path).filter(|kept| kept.made().is_some_and(|made| !made.holds(world)))?;
            Some((path.clone(), kept.read_again(source, rules)?))
        });
        self.make(outlines.into_iter().flatten().collect());
        self.files.values_mut().filter_map(Kept::made_mut).for_each(|made| made.edition = edition);
    }

    /// Versions of files that readers see, in order of their paths.
    fn shown(&self) -> impl Iterator<Item = &Made> {
        self.tree.sources.iter().filter_map(|source| self.files.get(&source.file.path)?.shown())
    }

    /// Builds the library, with the problems of the last check.
    fn library(&self, is_finished: bool) -> Library {
        let mut library = Library {
            media: self.maker.world.media.clone(),
            problems: Arc::clone(&self.problems),
            scope: self.scope_of(self.tree.scope.clone()),
            is_finished,
            ..Library::default()
        };
        for made in self.shown() {
            match made.item.clone() {
                Item::Post(post) => library.posts.push(post),
                Item::Page(page) => library.pages.push(page),
                Item::Stretch(stretch) => {
                    library.stretches.insert(stretch.entry.slug.clone(), stretch);
                }
            }
            library.has_remote_picture |= made.may_have_remote_picture();
        }
        library
    }

    /// All problems of a finished library, in order.
    fn all_problems(&mut self, library: &Library) -> Vec<Problem> {
        let maker = Arc::clone(&self.maker);
        let content = &maker.world.content;
        let mut problems: Vec<Problem> = self.tree.unreadable.iter().map(unreadable).collect();
        problems.extend(strangers::all(content, &self.tree));
        problems.extend(self.told_faults.iter().cloned());
        problems.extend(site_toml::problems(content, &maker.rules, &maker.world.media));
        problems.extend(site_toml::missing_navigation(content, &maker.rules, &library.pages));
        let kept = self.tree.sources.iter().filter_map(|source| self.files.get(&source.file.path));
        problems.extend(kept.filter_map(|kept| kept.fault.clone()));
        problems.extend(self.collisions.iter().cloned());
        problems.extend(self.shown().flat_map(|made| &made.problems).cloned());
        let refused: HashSet<&Path> = self.shown().flat_map(|made| &made.refused).map(PathBuf::as_path).collect();
        problems.extend(unfit::all(&maker.world.media, &refused));
        problems.extend(once(self.shown().flat_map(|made| &made.unknown_keys)));
        problems.extend(self.dead_links(library));
        let place = |problem: &Problem| (problem.line, problem.column);
        problems.sort_by(|a, b| (&a.file, place(a), &a.what).cmp(&(&b.file, place(b), &b.what)));
        problems.dedup();
        problems
    }

    /// Links that lead nowhere. Checks the links of new texts; all links if addresses or media have changed; and links
    /// with a fragment if the ids on some page have changed.
    fn dead_links(&mut self, library: &Library) -> Vec<Problem> {
        let Maker { world, rules, ours, .. } = &*self.maker;
        let Some(ours) = ours else { return Vec::new() };
        let prints = self.shown().fold((0_u64, 0_u64), |(addresses, ids), made| {
            (addresses.wrapping_add(made.print), ids.wrapping_add(made.ids_print))
        });
        let of = (self.edition, prints.0);
        let is_other = self.known.of != of;
        if is_other {
            self.known = Known::of(library, of);
        }
        let has_other_ids = self.known.ids_print != prints.1;
        self.known.ids_print = prints.1;
        let site_toml = world.content.join("site.toml");
        let text = std::fs::read_to_string(&site_toml).unwrap_or_default();
        let links = references::of_site(&text, rules, ours);
        let judge = Judge::new(&self.known, library, &self.files, &rules.redirects, self.suggests);
        let mut dead = judge.dead(&site_toml, false, &links);
        dead.extend(references::redirects(&site_toml, &text, rules, &self.known));
        let is_unsure = |made: &&Made| is_other || made.dead.is_none() || (has_other_ids && made.links_name_parts());
        let judged: Vec<(PathBuf, Vec<Problem>)> = self
            .shown()
            .filter(is_unsure)
            .map(|made| {
                let entry = made.item.entry();
                (entry.file.clone(), problem::merged(judge.dead(&entry.file, entry.draft, &made.links)))
            })
            .collect();
        for (path, dead) in judged {
            if let Some(made) = self.files.get_mut(&path).and_then(Kept::made_mut) {
                made.dead = Some(dead);
            }
        }
        dead.extend(self.shown().filter_map(|made| made.dead.as_ref()).flatten().cloned());
        dead
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
