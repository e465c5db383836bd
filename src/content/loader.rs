//! Loads the content folder into a [`Library`]: all content, whatever its date, and all problems in it.
//!
//! A bad file never stops the others: its last good version stays, or it is left out, and it is reported. A saved file
//! is rendered again, together with the files that looked up something it changed.
//!
//! A large site is loaded in two steps. [`Loader::read`] reads what addresses and lists need; each text is rendered when
//! it is first used. [`Loader::finish`] renders the rest and finds all problems.

mod collisions;
mod dead_links;
mod file_state;
mod links;
mod lookups;
mod outline;
mod packed_strings;
mod previews;
mod rendering;
mod site_toml;
mod unusable_media;

use std::{
    cell::OnceCell,
    collections::{BTreeMap, HashSet},
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use super::{
    effort,
    library::{Library, Previews},
    media::MediaIndex,
    oembed, parallel,
    source::{self, Changed, Source, Tree},
    watch::Scope,
};
use crate::domain::{
    entry::LazyBody,
    permalink::Rules,
    problem::{self, Place, Problem},
    words::counted,
};
use crate::texts::Texts;
use collisions::AddressClaim;
use dead_links::{LinkChecker, SiteAddresses, SiteState};
use file_state::{FileRead, FileState};
use lookups::EntryNames;
use outline::Outline;
use rendering::{Findings, RenderedEntry, Renderer};
pub use site_toml::named;

/// Size of the texts that are rendered while a reader waits for them, in bytes: some 300 ms.
const AT_ONCE: u64 = 3 << 20;
/// Bytes that take as long to render as the other work on a file, some 0.15 ms.
const BYTES_OF_A_FILE: u64 = 2 << 10;

/// Loads a content folder again and again. Keeps the result of a file until the file, or something looked up for it,
/// changes.
#[derive(Debug)]
pub struct Loader {
    /// Clock of the system, which sets the times of files.
    now: Now,
    /// Size of the texts that are rendered while a reader waits for them, in bytes.
    at_once: u64,
    /// True if dead links get a suggestion, which takes long on a large site.
    suggests: bool,
    /// Result of the last walk; its Markdown files are in `files`.
    tree: Tree,
    /// Markdown files in the order of the walk.
    files: Vec<FileState>,
    /// Problems of addresses that several files want.
    collisions: Vec<Problem>,
    /// Everything that texts may refer to, and how they are rendered.
    renderer: Arc<Renderer>,
    /// Number of changes so far to anything that texts may refer to.
    edition: usize,
    /// Problems in stored answers of embed providers.
    oembed_problems: Vec<Problem>,
    addresses: SiteAddresses,
    /// Sum of the hashes of all ids when links were last checked.
    ids_hash: u64,
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
            files: Vec::new(),
            collisions: Vec::new(),
            renderer: Arc::new(Renderer::new(content, rules, texts, effort::PATIENCE)),
            edition: 0,
            oembed_problems: Vec::new(),
            addresses: SiteAddresses::default(),
            ids_hash: 0,
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
        Arc::make_mut(&mut self.renderer).patience = patience;
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
        self.tree = source::find(&self.renderer.references.content)?;
        let latest = self.tree.latest_change((self.now.0)());
        let sources = std::mem::take(&mut self.tree.sources);
        let has_other_media = self.follow_media(latest);
        let lost_files = self.follow_sources(sources);
        let (outlines, has_other_claims) = self.read_files(latest);
        if lost_files || has_other_claims {
            self.settle_addresses();
        }
        self.edition += usize::from(has_other_media || lost_files || has_other_claims);
        self.make(outlines);
        if size(self.files.iter().filter(|file| file.entry().is_some())) <= self.at_once {
            return Ok(self.finish());
        }
        if size(self.unrendered()) <= self.at_once {
            self.render();
        }
        Ok(self.library(false))
    }

    /// Renders the texts that are not rendered yet, renders texts again if one of their lookups would now give another
    /// result, and finds all problems.
    pub fn finish(&mut self) -> Library {
        self.render();
        self.make_again();
        self.render();
        self.check_links();
        self.problems = Arc::new(self.all_problems());
        self.library(true)
    }

    /// Paths where a change may change what is loaded.
    ///
    /// # Errors
    /// The content folder cannot be read.
    pub fn scope(&self) -> io::Result<Scope> {
        Ok(self.scope_of(source::find(&self.renderer.references.content)?.scope))
    }

    fn scope_of(&self, mut scope: Scope) -> Scope {
        let Renderer { references, rules, .. } = &*self.renderer;
        rules.named_files.iter().for_each(|named| scope.add(&references.content.join(&named.name)));
        scope
    }

    /// Updates the index of all files that are not Markdown. True if it has changed.
    fn follow_media(&mut self, latest: Changed) -> bool {
        let before = &self.renderer.references.media;
        let media = MediaIndex::build(&self.tree.media, latest, before);
        let is_same = media.is_same(before);
        let references = &mut Arc::make_mut(&mut self.renderer).references;
        references.media = media;
        if !is_same {
            let (answers, problems) = oembed::read_all(&self.tree.media);
            references.oembed = Arc::new(answers);
            self.oembed_problems = problems;
        }
        !is_same
    }

    /// Takes over the Markdown files that a walk has found. True if a file is gone.
    fn follow_sources(&mut self, sources: Vec<Source>) -> bool {
        let pairs = || self.files.iter().zip(&sources);
        let is_same = self.files.len() == sources.len() && pairs().all(|(file, new)| file.path() == new.file.path);
        if is_same {
            self.files.iter_mut().zip(sources).for_each(|(file, new)| file.source = new);
            return false;
        }
        // Both are in order of kinds, folders and paths.
        let (mut known, mut lost_files) = (std::mem::take(&mut self.files).into_iter().peekable(), false);
        for source in sources {
            while known.next_if(|file| file.source.order() < source.order()).is_some() {
                lost_files = true;
            }
            let file = known.next_if(|file| file.source.order() == source.order());
            self.files.push(match file {
                Some(mut file) => {
                    file.source = source;
                    file
                }
                None => FileState::new(source),
            });
        }
        lost_files || known.next().is_some()
    }

    /// Reads the files that may have changed. Returns the outlines of those without a fault, by the index of the file,
    /// and true if files claim other addresses than before.
    fn read_files(&mut self, latest: Changed) -> (Vec<(usize, Box<Outline>)>, bool) {
        let old: Vec<usize> = (0..self.files.len()).filter(|at| self.files[*at].may_differ()).collect();
        let (files, rules) = (&self.files, &self.renderer.rules);
        let read: Vec<(usize, Option<FileRead>)> = parallel::map(old, |at| (at, files[at].read(latest, rules)));
        let (mut outlines, mut has_other_claims) = (Vec::with_capacity(read.len()), false);
        for (at, read) in read {
            let file = &mut self.files[at];
            // Deleted between finding and reading, which is no problem.
            let Some(read) = read else {
                *file = FileState::new(file.source.clone());
                has_other_claims = true;
                continue;
            };
            let (outline, has_other_claim) = file.follow(read);
            outlines.extend(outline.map(|outline| (at, outline)));
            has_other_claims |= has_other_claim;
        }
        (outlines, has_other_claims)
    }

    /// Decides again which file has which address.
    fn settle_addresses(&mut self) {
        let good = self.files.iter().filter_map(|file| file.good.as_ref());
        let claims: Vec<(&AddressClaim, Option<usize>)> =
            good.map(|good| (&good.claim, good.granted.as_ref().map(|granted| granted.rank))).collect();
        self.collisions.clear();
        let granted = collisions::resolve(&claims, &mut self.collisions);
        let with_address = claims.iter().zip(&granted).filter(|(_, granted)| granted.is_some());
        let with_address: Vec<&AddressClaim> = with_address.map(|((claim, _), _)| *claim).collect();
        Arc::make_mut(&mut self.renderer).references.names = Arc::new(EntryNames::of(&with_address));
        let good = self.files.iter_mut().filter_map(|file| file.good.as_mut());
        for (good, granted) in good.zip(granted) {
            if let (Some(entry), Some(granted)) = (&mut good.entry, &granted) {
                entry.set_aliases(&granted.aliases);
            }
            good.granted = granted;
        }
    }

    /// Makes the entries of files, without rendering them. A file whose address belongs to another file gets an entry
    /// too. If it gets the address later, while it is broken, this entry is its last good version.
    fn make(&mut self, outlines: Vec<(usize, Box<Outline>)>) {
        let (files, renderer) = (&self.files, &self.renderer);
        let made = parallel::map(outlines, |(at, mut outline)| {
            let good = files[at].good.as_ref();
            if let Some(granted) = good.and_then(|good| good.granted.as_ref()) {
                outline.aliases.clone_from(&granted.aliases);
            }
            (at, renderer.make(*outline, self.edition))
        });
        for (at, entry) in made {
            if let Some(good) = &mut self.files[at].good {
                good.entry = Some(entry);
            }
        }
    }

    fn unrendered(&self) -> impl Iterator<Item = &FileState> {
        self.files.iter().filter(|file| file.entry().is_some_and(|entry| entry.findings().is_none()))
    }

    /// Renders the texts that are not rendered yet. A text that takes too long is left out.
    fn render(&mut self) {
        let entries = self.unrendered().filter_map(FileState::entry);
        parallel::map(entries.map(|entry| &entry.content.entry().body).collect(), LazyBody::render);
        for file in &mut self.files {
            let Some(good) = &mut file.good else { continue };
            let findings = good.entry.as_ref().and_then(RenderedEntry::findings);
            if findings.is_some_and(|found| found.is_late) {
                good.entry = None;
                // Not tried again before the file has changed.
                let what = format!("rendering it takes more than {} s", self.renderer.patience.as_secs());
                let mend =
                    "Something in it has no end, or is repeated thousands of times. It is not published until then.";
                file.fault = Some(Problem::error(file.path(), Place::START, what, mend));
            }
        }
    }

    /// Makes entries again if one of their lookups would now give another result.
    fn make_again(&mut self) {
        let (files, edition) = (&self.files, self.edition);
        let Renderer { references, rules, .. } = &*self.renderer;
        let is_doubtful = |at: &usize| files[*at].entry().is_some_and(|entry| entry.edition != edition);
        let doubtful: Vec<usize> = (0..files.len()).filter(is_doubtful).collect();
        let outlines = parallel::map(doubtful, |at| {
            let file = &files[at];
            let is_outdated = file.entry().is_some_and(|entry| !entry.holds(references));
            is_outdated.then(|| file.read_again(rules)).flatten().map(|outline| (at, outline))
        });
        self.make(outlines.into_iter().flatten().collect());
        self.files.iter_mut().filter_map(FileState::entry_mut).for_each(|entry| entry.edition = edition);
    }

    /// Versions of files that readers see.
    fn shown(&self) -> impl Iterator<Item = &RenderedEntry> {
        self.files.iter().filter_map(FileState::shown)
    }

    fn findings(&self) -> impl Iterator<Item = &Findings> {
        self.shown().filter_map(RenderedEntry::findings)
    }

    /// Builds the library, with the problems of the last check.
    fn library(&self, is_finished: bool) -> Library {
        let renderer = Arc::clone(&self.renderer);
        Library {
            contents: self.shown().map(|shown| shown.content.clone()).collect(),
            media: self.renderer.references.media.clone(),
            problems: Arc::clone(&self.problems),
            has_remote_picture: self.shown().any(RenderedEntry::may_have_remote_picture),
            scope: self.scope_of(self.tree.scope.clone()),
            is_finished,
            previews: Previews::new(move |path, text| previews::draw(&renderer, path, text)),
        }
    }

    /// All problems of a finished library, in order.
    fn all_problems(&self) -> Vec<Problem> {
        let Renderer { references, rules, .. } = &*self.renderer;
        let content = &references.content;
        let mut problems = self.tree.problems.clone();
        problems.extend(self.oembed_problems.iter().cloned());
        problems.extend(site_toml::problems(content, rules, &references.media));
        let pages = self.shown().filter_map(|shown| shown.content.page());
        problems.extend(site_toml::missing_navigation(content, rules, pages));
        problems.extend(self.dead_links_of_site());
        problems.extend(self.collisions.iter().cloned());
        problems.extend(self.files.iter().filter_map(|file| file.fault.clone()));
        problems.extend(self.findings().flat_map(|found| &found.problems).cloned());
        problems.extend(self.shown().filter_map(|shown| shown.dead_links.as_ref()).flatten().cloned());
        problems.extend(once(self.shown().flat_map(|shown| &shown.unknown_keys)));
        let refused: HashSet<&Path> = self.findings().flat_map(|found| &found.refused).map(PathBuf::as_path).collect();
        problems.extend(unusable_media::all(&references.media, &refused));
        let place = |problem: &Problem| (problem.line, problem.column);
        problems.sort_by(|a, b| (&a.file, place(a), &a.what).cmp(&(&b.file, place(b), &b.what)));
        problems.dedup();
        problems
    }

    /// Finds links that lead nowhere. Checks the links of new texts; all links if addresses or media have changed; and
    /// links with a fragment if the ids on some page have changed.
    fn check_links(&mut self) {
        let ids = self.findings().fold(0_u64, |sum, found| sum.wrapping_add(found.ids_hash));
        let addresses = self.shown().fold(0_u64, |sum, shown| sum.wrapping_add(shown.addresses_hash));
        let state = SiteState { edition: self.edition, files: self.files.len(), addresses };
        let is_other = self.addresses.of != state;
        let has_other_ids = std::mem::replace(&mut self.ids_hash, ids) != ids;
        if is_other {
            self.addresses = SiteAddresses::of(&self.files, &self.renderer.references.media, state);
        }
        let checker = self.link_checker();
        let check = |(at, file): (usize, &FileState)| {
            let (shown, links) = (file.shown()?, &file.shown()?.findings()?.links);
            let is_checked = shown.dead_links.is_some() && !is_other && !(has_other_ids && links.have_fragments());
            let is_draft = shown.content.entry().draft;
            (!is_checked).then(|| (at, problem::merged(checker.dead(file.path(), is_draft, links))))
        };
        let checked: Vec<(usize, Vec<Problem>)> = self.files.iter().enumerate().filter_map(check).collect();
        for (at, dead) in checked {
            if let Some(entry) = self.files[at].entry_mut() {
                entry.dead_links = Some(dead);
            }
        }
    }

    fn link_checker(&self) -> LinkChecker<'_> {
        LinkChecker {
            addresses: &self.addresses,
            files: &self.files,
            media: &self.renderer.references.media,
            redirects: &self.renderer.rules.redirects,
            suggests: self.suggests,
            nearby: OnceCell::new(),
            site: OnceCell::new(),
        }
    }

    /// Links and redirects of site.toml that lead nowhere.
    fn dead_links_of_site(&self) -> Vec<Problem> {
        let Renderer { references, rules, base: Some(base), .. } = &*self.renderer else { return Vec::new() };
        let site_toml = references.content.join("site.toml");
        let text = fs::read_to_string(&site_toml).unwrap_or_default();
        let links = dead_links::links_of_site(&text, rules, base);
        let mut dead = self.link_checker().dead(&site_toml, false, &links);
        dead.extend(dead_links::useless_redirects(&site_toml, &text, &rules.redirects, &self.addresses));
        dead
    }
}

/// Size of files in bytes, with the bytes that each file counts besides its text.
fn size<'a>(files: impl Iterator<Item = &'a FileState>) -> u64 {
    files.map(|file| file.source.file.stamp.bytes + BYTES_OF_A_FILE).sum()
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
        Problem { what: format!("{}{more}", first.what).into(), ..first.clone() }
    })
}

#[cfg(test)]
mod tests;
