//! Finding the author's files: which there are, what they are, what they are called.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use jiff::civil::Date;

/// What a Markdown file becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Post,
    Page,
    Stretch,
}

impl Kind {
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Post, "posts"), (Self::Page, "pages"), (Self::Stretch, "stretches")];
}

/// A file below the content folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    pub modified: SystemTime,
    pub bytes: u64,
}

/// A Markdown file and what its name says.
#[derive(Clone, Debug)]
pub struct Source {
    pub kind: Kind,
    pub file: Found,
    /// From the file or, for `SLUG/index.md`, its folder; without the date before it.
    pub name: String,
    /// From a name such as `2026-05-02-slug.md`.
    pub date: Option<Date>,
}

/// All files of a site, sorted by path.
#[derive(Debug, Default)]
pub struct Tree {
    pub sources: Vec<Source>,
    /// Everything else: pictures, clips, downloads.
    pub media: Vec<Found>,
    /// Folders that could not be looked into, and why.
    pub unreadable: Vec<(PathBuf, io::Error)>,
}

/// Looks through `posts/`, `pages/`, `stretches/` and `media/`. Hidden files and those of editors are passed over.
///
/// # Errors
/// The content folder itself cannot be read. A folder missing in it is an empty one.
pub fn find(content: &Path) -> io::Result<Tree> {
    fs::read_dir(content)?;
    let mut tree = Tree::default();
    for (kind, folder) in Kind::ALL {
        let folder = content.join(folder);
        for file in files_below(&folder, &mut tree.unreadable) {
            match source(kind, &folder, &file) {
                Some(source) => tree.sources.push(source),
                None => tree.media.push(file),
            }
        }
    }
    tree.media.extend(files_below(&content.join("media"), &mut tree.unreadable));
    Ok(tree)
}

fn files_below(folder: &Path, unreadable: &mut Vec<(PathBuf, io::Error)>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                unreadable.push((folder, error));
                continue;
            }
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') || name.starts_with('#') || name.ends_with('~') {
                continue;
            }
            // Follows links; a file that vanished meanwhile is no file.
            let Ok(metadata) = fs::metadata(entry.path()) else { continue };
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if metadata.is_file() {
                let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                found.push(Found { path: entry.path(), modified, bytes: metadata.len() });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn source(kind: Kind, folder: &Path, file: &Found) -> Option<Source> {
    let is_markdown = file.path.extension().is_some_and(|extension| extension == "md" || extension == "markdown");
    if !is_markdown {
        return None;
    }
    let stem = file.path.file_stem()?.to_string_lossy();
    let own_folder = file.path.parent().filter(|parent| *parent != folder);
    let name = match own_folder.and_then(Path::file_name) {
        Some(folder) if stem == "index" => folder.to_string_lossy(),
        _ => stem,
    };
    let (date, name) = split_date(&name);
    Some(Source { kind, file: file.clone(), name: name.to_owned(), date })
}

/// What a file of that path would be called: without folders, ending and date.
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

/// `2026-05-02-slug` into its date and its slug.
fn split_date(name: &str) -> (Option<Date>, &str) {
    let date = name.get(..10).and_then(|date| date.parse::<Date>().ok());
    match (date, name.get(10..).and_then(|rest| rest.strip_prefix(['-', '_']))) {
        (Some(date), Some(rest)) if !rest.is_empty() => (Some(date), rest),
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
        assert_eq!(split_date("2026-05-02"), (None, "2026-05-02"));
        assert_eq!(split_date("2026-13-02-calf"), (None, "2026-13-02-calf"));
        assert_eq!(split_date("calf"), (None, "calf"));
    }

    #[test]
    fn what_is_found() {
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
        assert!(find(&folder.path().join("none")).is_err());
    }
}
