//! Finds the author's files, their kinds and their names.

mod copies;
mod walk;

use std::{
    collections::{BTreeMap, HashSet},
    ffi::OsStr,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use jiff::{Timestamp, civil::Date};

use super::{front_matter::day_in, parallel, watch::Scope};
use crate::domain::{
    entry::{KINDS, Kind},
    problem::{Place, Problem, Severity},
    words::counted,
};
use walk::Walk;

/// Folders of sites and their generators that are not searched for posts.
const NO_CONTENT: &[&str] = &["media", "static", "assets", "images", "img", "themes", "layouts", "templates", "public"];

/// Endings of Markdown files, the usual one first.
const MARKDOWN: &[&str] = &["md", "markdown", "mkd", "mkdn", "mkdown"];

/// Endings of pages in other systems that are no pages here; HTML may be one as well.
const OTHER_MARKUP: &[&str] = &["mdx", "org", "adoc", "asciidoc", "rst", "textile", "ipynb"];

/// A file below the content folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    pub stamp: Stamp,
}

/// Metadata of a file. While it stays the same, so does the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub modified: SystemTime,
    pub bytes: u64,
    pub changed: Changed,
    /// Changes when an editor writes a new file and renames it.
    inode: u64,
}

/// Time of the last change of a file or its metadata (`ctime`), which no program can set back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Changed {
    seconds: i64,
    nanoseconds: i64,
}

impl Changed {
    /// Longest clock tick of Linux: 10 ms.
    const TICK: i128 = 10_000_000;
    /// Clock tick of FAT: two seconds, of some network folders one. Such times have no fractions.
    const COARSE_TICK: i128 = 2_000_000_000;

    /// True if a file may have been saved again after it was read and still have this time, because the clock of its
    /// file system had not moved on. `latest` is the latest time of any file at that read: the clock had reached at
    /// least that time.
    pub fn may_hide_a_save(self, latest: Self) -> bool {
        let tick = if self.nanoseconds == 0 { Self::COARSE_TICK } else { Self::TICK };
        latest.in_nanoseconds() - self.in_nanoseconds() <= tick
    }

    fn in_nanoseconds(self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanoseconds)
    }
}

impl Default for Stamp {
    /// Stamp of a file that has not been read.
    fn default() -> Self {
        Self { modified: SystemTime::UNIX_EPOCH, bytes: 0, changed: Changed::default(), inode: 0 }
    }
}

impl Stamp {
    pub fn of(metadata: &fs::Metadata) -> Self {
        Self {
            modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            bytes: metadata.len(),
            changed: Changed { seconds: metadata.ctime(), nanoseconds: metadata.ctime_nsec() },
            inode: metadata.ino(),
        }
    }
}

/// A Markdown file, with the facts in its name.
#[derive(Clone, Debug)]
pub struct Source {
    pub kind: Kind,
    /// Position of its folder in the row of its kind: of two files that want one address, that in the first has it.
    pub folder: usize,
    pub file: Found,
    /// Name of the file or, for `SLUG/index.md`, of its folder; without the date before it.
    pub name: String,
    /// Date in the file's name or its folders: `2026-05-02-slug.md`, `2026/05/02/slug.md`.
    pub date: Option<Date>,
    /// True if it is in a folder that only Jekyll has.
    pub is_jekyll: bool,
    /// True if it is in Jekyll's folder of drafts.
    pub is_draft: bool,
}

/// All files of a site.
#[derive(Debug, Default)]
pub struct Tree {
    /// Markdown files by kind, folder and path.
    pub sources: Vec<Source>,
    /// Everything else: pictures, clips, downloads.
    pub media: Vec<Found>,
    /// Paths where a change may change the tree.
    pub scope: Scope,
    /// Files that other systems would read and this one does not, folders that cannot be read, and doubtful links.
    pub problems: Vec<Problem>,
    /// Links that lead out of the content folder, and their targets. They are followed.
    outward: Vec<(PathBuf, PathBuf)>,
}

impl Source {
    /// Source of a file at a path below the content folder, which may be missing; `None` if its folder has no kind.
    pub fn at(content: &Path, path: &str) -> Option<Self> {
        let first = path.split('/').next()?;
        let row = KINDS.iter().find(|row| row.folders.contains(&first))?;
        source(row.kind, &content.join(first), &Found { path: content.join(path), stamp: Stamp::default() })
    }

    /// Key that sorts Markdown files.
    pub fn order(&self) -> (Kind, usize, &OsStr) {
        (self.kind, self.folder, self.file.path.as_os_str())
    }
}

impl Tree {
    /// Latest time at which a file was changed. Times after `now` do not count: the clock was set back since.
    pub fn latest_change(&self, now: Timestamp) -> Changed {
        let sources = self.sources.iter().map(|source| &source.file);
        let changes = sources.chain(&self.media).map(|file| file.stamp.changed);
        changes.filter(|changed| changed.in_nanoseconds() <= now.as_nanosecond()).max().unwrap_or_default()
    }
}

/// Finds the files in the folders of each kind and in `media/`. Hidden files and those of editors are skipped.
///
/// # Errors
/// The content folder itself cannot be read. A missing folder in it counts as empty.
pub fn find(content: &Path) -> io::Result<Tree> {
    let mut tree = Tree::default();
    let mut walk = Walk::begin(content, &mut tree)?;
    let folders = KINDS.iter().flat_map(|row| row.folders.iter().map(|name| (row.kind, content.join(name))));
    let found: Vec<(Kind, PathBuf, Vec<Found>)> =
        folders.map(|(kind, folder)| (kind, folder.clone(), walk.files_below(&folder))).collect();
    let media = walk.files_below(&content.join("media"));
    let mut sections = Vec::new();
    for (kind, folder, files) in found {
        sort_out(kind, &folder, &files, &mut tree, &mut sections);
    }
    tree.media.extend(media);
    tree.problems.extend(section_problem(&sections));
    tree.problems.extend(unread(content));
    tree.problems.extend(outward_problems(&tree.outward));
    for name in ["site.toml", "custom.css"] {
        tree.scope.add(&content.join(name));
    }
    Ok(tree)
}

/// Sorts the files below a folder of a kind into the tree. `sections` are files such as `_index.md`: texts about lists of
/// posts, which the program makes here.
fn sort_out(kind: Kind, folder: &Path, files: &[Found], tree: &mut Tree, sections: &mut Vec<PathBuf>) {
    let names = OnceLock::<HashSet<(PathBuf, String)>>::new();
    let is_copy = |path: &Path| {
        let Some(name) = is_markdown(path).then(|| copies::name_of(path)).flatten() else { return false };
        copies::is_copy(&name, |other| {
            let Some((beside, _)) = place_of(path) else { return false };
            let names = names.get_or_init(|| files.iter().filter_map(|file| place_of(&file.path)).collect());
            names.contains(&(beside, other.to_owned()))
        })
    };
    let looked = parallel::map(files.iter().collect(), |file| (is_copy(&file.path), source(kind, folder, file)));
    for (file, (is_copy, source)) in files.iter().zip(looked) {
        let stem = file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if is_copy {
            let what = "this looks like a copy that a sync tool has left, so it is not published";
            let mend = "Copy what is missing into the other file and delete this one, or rename it.";
            tree.problems.push(warning(&file.path, what, mend));
        } else if is_markdown(&file.path) && (stem == "_index" || stem.starts_with("_index.")) {
            sections.push(file.path.clone());
        } else if let Some(source) = source {
            tree.sources.push(source);
        } else {
            tree.problems.extend(other_markup_problem(&file.path));
            tree.media.push(file.clone());
        }
    }
}

/// Folder and name of a file; of an `index.md`, those of its folder.
fn place_of(path: &Path) -> Option<(PathBuf, String)> {
    let name = copies::name_of(path)?;
    let is_folder = path.file_stem().is_some_and(|stem| *stem != *name);
    let beside = if is_folder { path.parent()?.parent()? } else { path.parent()? };
    Some((beside.to_owned(), name))
}

fn warning(file: &Path, what: impl Into<Arc<str>>, mend: &str) -> Problem {
    Problem::warning(file, Place::START, what, mend)
}

/// Problem of a file that other systems take for a page: by its ending, and HTML only with front matter, since it may be
/// a download.
fn other_markup_problem(path: &Path) -> Option<Problem> {
    let ending = path.extension()?.to_string_lossy();
    let has_front_matter = || {
        let mut start = [0; 4];
        let read = fs::File::open(path).and_then(|mut file| io::Read::read(&mut file, &mut start));
        read.is_ok_and(|length| start[..length].starts_with(b"---") || start[..length].starts_with(b"+++"))
    };
    let mend = match ending.to_ascii_lowercase().as_str() {
        "html" | "htm" if has_front_matter() => "Rename it to .md: HTML in Markdown is kept.",
        "html" | "htm" => return None,
        other if OTHER_MARKUP.contains(&other) => "Turn it into Markdown (.md).",
        _ => return None,
    };
    Some(warning(path, format!("a .{ending} file is no post, only a download"), mend))
}

fn section_problem(sections: &[PathBuf]) -> Option<Problem> {
    let (first, others) = sections.split_first()?;
    let others = if others.is_empty() { String::new() } else { format!(" (and {} more like it)", others.len()) };
    let what = format!("_index.md{others} describes a section and is no post; lists of posts are made by the program");
    Some(warning(first, what, "Take it away, or move its text into a page: pages/NAME.md."))
}

/// Problems of links that lead out of the content folder. On some systems every file is a link, so there is one for each
/// folder that they lead to.
fn outward_problems(links: &[(PathBuf, PathBuf)]) -> Vec<Problem> {
    let mut by_folder: BTreeMap<Option<&Path>, (&Path, &Path, usize)> = BTreeMap::new();
    for (link, target) in links {
        by_folder.entry(target.parent()).or_insert((link, target, 0)).2 += 1;
    }
    let problem = |(link, target, count): (&Path, &Path, usize)| {
        let more = if count == 1 { String::new() } else { format!(", as do {} more", count - 1) };
        let what = format!("this link leads out of the content folder, to {:?}{more}", target.display());
        warning(link, what, "Readers see what is there. If they should not, take the link away.")
    };
    by_folder.into_values().map(problem).collect()
}

/// Problems of Markdown files beside our folders and in other folders, with the number of files.
fn unread(content: &Path) -> Vec<Problem> {
    let problem = |folder: &Path, count: usize| {
        let verb = if count == 1 { "is" } else { "are" };
        let what = format!("{} here {verb} not read", counted(count, "Markdown file", "Markdown files"));
        warning(folder, what, "Move posts into posts/ and pages such as about.md into pages/ of the content folder.")
    };
    let (mut problems, mut beside) = (Vec::new(), 0);
    for entry in fs::read_dir(content).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let is_ours = KINDS.iter().any(|row| row.folders.contains(&name.as_str()));
        let is_hidden = name.starts_with(['.', '#', '_']) || name.ends_with('~') || name == "node_modules";
        if is_ours || is_hidden || NO_CONTENT.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            // Nothing in it is shown, so its links are not reported.
            let files = Walk::begin(content, &mut Tree::default()).map(|mut walk| walk.files_below(&path));
            let count = files.unwrap_or_default().iter().filter(|file| is_markdown(&file.path)).count();
            if count > 0 {
                problems.push(Problem { severity: Severity::Error, ..problem(&path, count) });
            }
        } else if is_markdown(&path) && !name.eq_ignore_ascii_case("README.md") {
            beside += 1;
        }
    }
    // A CONTRIBUTING.md beside the folders is no error.
    problems.extend((beside > 0).then(|| problem(content, beside)));
    problems
}

pub(super) fn is_markdown(path: &Path) -> bool {
    let is_ending = |ending: &OsStr| MARKDOWN.iter().any(|known| ending.eq_ignore_ascii_case(known));
    path.extension().is_some_and(is_ending)
}

fn source(kind: Kind, folder: &Path, file: &Found) -> Option<Source> {
    if !is_markdown(&file.path) {
        return None;
    }
    let stem = file.path.file_stem()?.to_string_lossy();
    let own_folder = file.path.parent().filter(|parent| *parent != folder);
    let name = match own_folder.and_then(Path::file_name) {
        Some(folder) if stem == "index" => folder.to_string_lossy(),
        // Hugo's `x/index.de.md` and `x.de.md` are both `x.de`.
        Some(folder) if stem.starts_with("index.") => {
            format!("{}{}", folder.to_string_lossy(), &stem["index".len()..]).into()
        }
        _ => stem,
    };
    let (date, name) = split_date(&name);
    let below = file.path.strip_prefix(folder).ok().and_then(Path::to_str);
    let date = date.or_else(|| day_in(below?));
    let folder = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let (is_jekyll, is_draft) = (folder.starts_with('_'), folder == "_drafts");
    let folder = kind.row().folders.iter().position(|known| *known == folder).unwrap_or_default();
    Some(Source { kind, folder, file: file.clone(), name: name.to_owned(), date, is_jekyll, is_draft })
}

/// Name of a file at that path: without folders, ending and date.
pub fn name_in(path: &str) -> &str {
    let mut segments = path.trim_end_matches('/').rsplit('/');
    let last = segments.next().unwrap_or_default();
    let endings = [".md", ".markdown", ".html"];
    let stem = endings.iter().find_map(|ending| last.strip_suffix(ending)).unwrap_or(last);
    let name = match segments.next() {
        Some(folder) if matches!(stem, "index" | "_index") => folder,
        _ => stem,
    };
    split_date(name).1
}

/// Splits `2026-05-02-slug` (or `2026-5-2-slug`) into date and slug.
fn split_date(name: &str) -> (Option<Date>, &str) {
    let end = name.match_indices(['-', '_']).nth(2).map(|(at, _)| at);
    let split = end.and_then(|end| Some((day_in(&name[..end])?, &name[end + 1..])));
    match split {
        Some((date, rest)) if !rest.is_empty() => (Some(date), rest),
        _ => (None, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_carry_a_date() {
        let date = "2026-05-02".parse().ok();
        assert_eq!(split_date("2026-05-02-calf"), (date, "calf"));
        assert_eq!(split_date("2026-5-2_calf"), (date, "calf"));
        assert_eq!(split_date("a-2026-05-02"), (None, "a-2026-05-02"));
        assert_eq!(split_date("2026-05-02"), (None, "2026-05-02"));
        assert_eq!(split_date("2026-13-02-calf"), (None, "2026-13-02-calf"));
        assert_eq!(split_date("calf"), (None, "calf"));
    }

    #[test]
    fn times_that_may_hide_a_save() {
        let at = |seconds, milliseconds: i64| Changed { seconds, nanoseconds: milliseconds * 1_000_000 };
        for (file, latest, expected) in [
            (at(9, 5), at(9, 5), true),
            (at(9, 5), at(9, 15), true),
            (at(9, 5), at(9, 16), false),
            (at(9, 995), at(10, 4), true),
            (at(9, 0), at(10, 900), true),
            (at(9, 0), at(11, 1), false),
        ] {
            assert_eq!(file.may_hide_a_save(latest), expected, "{file:?} {latest:?}");
        }
    }

    #[test]
    fn a_time_in_the_future_is_no_latest_change() {
        let file = |seconds| {
            let changed = Changed { seconds, nanoseconds: 1 };
            Found { path: PathBuf::new(), stamp: Stamp { changed, ..Stamp::default() } }
        };
        let tree = Tree { media: vec![file(9), file(900), file(7)], ..Tree::default() };
        let at = |seconds| Timestamp::from_second(seconds).expect("a time");
        assert_eq!(tree.latest_change(at(1_000)).seconds, 900);
        assert_eq!(tree.latest_change(at(10)).seconds, 9, "the clock was set back");
        assert_eq!(tree.latest_change(at(1)), Changed::default());
        assert!(file(900).stamp.changed.may_hide_a_save(tree.latest_change(at(10))), "looked at again each time");
    }

    #[test]
    fn files_are_found_by_folder_and_ending() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in
            ["posts/a.md", "posts/b/index.md", "posts/b/pic.jpg", "posts/.c.md.swp", "posts/d.md~", "media/x.pdf"]
        {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("makes");
            fs::write(path, "").expect("writes");
        }
        let tree = find(folder.path()).expect("finds");
        assert_eq!(tree.sources.iter().map(|source| source.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(tree.media.len(), 2);
        assert!(tree.problems.is_empty(), "{:?}", tree.problems);
        assert!(find(&folder.path().join("none")).is_err());
    }

    #[test]
    fn folders_of_other_systems() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in [
            "post/2020/05/a.md",
            "blog/_index.md",
            "blog/b/index.de.md",
            "_posts/2020-01-02-c.markdown",
            "_drafts/d.md",
            "_pages/e.md",
            "posts/f.org",
            "posts/g.html",
            "posts/h.html",
            "en/blog/i.md",
            "about.md",
            "README.md",
            "static/j.md",
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("makes");
            fs::write(path, if file.ends_with("g.html") { "---\n---\n" } else { "" }).expect("writes");
        }
        let tree = find(folder.path()).expect("finds");
        let mut names: Vec<(&str, Kind)> =
            tree.sources.iter().map(|source| (source.name.as_str(), source.kind)).collect();
        names.sort();
        let post = |name| (name, Kind::Post);
        assert_eq!(names, [post("a"), post("b.de"), post("c"), post("d"), ("e", Kind::Page)]);
        assert_eq!(tree.sources.iter().filter(|source| source.is_draft).count(), 1);
        let mut problems: Vec<(Severity, &Path)> =
            tree.problems.iter().map(|problem| (problem.severity, &*problem.file)).collect();
        problems.sort();
        let path = |name| folder.path().join(name);
        let warned = [path(""), path("blog/_index.md"), path("posts/f.org"), path("posts/g.html")];
        let mut expected: Vec<(Severity, &Path)> =
            warned.iter().map(|path| (Severity::Warning, path.as_path())).collect();
        let unread = path("en");
        expected.push((Severity::Error, &unread));
        assert_eq!(problems, expected);
    }

    #[test]
    fn names_in_paths() {
        for (path, name) in [
            ("posts/a.md", "a"),
            ("/blog/2020-01-02-b", "b"),
            ("../c/index.md", "c"),
            ("d/", "d"),
            ("blog/e/_index.md", "e"),
            ("", ""),
        ] {
            assert_eq!(name_in(path), name, "{path}");
        }
    }
}
