//! Walks through folders and over links; notes links that lead out of the content or in circles.

use std::{
    collections::{HashSet, VecDeque},
    fs, io,
    path::{Path, PathBuf},
};

use super::{Found, Stamp, Tree};
use crate::{
    content::parallel,
    domain::problem::{Place, Problem},
};

/// A folder to read.
struct Folder {
    path: PathBuf,
    /// Path without links.
    real: PathBuf,
    /// Real paths of the folders with the links that led here.
    via: Vec<PathBuf>,
}

/// An entry of a folder.
enum Entry {
    Folder,
    File(Stamp),
    /// Link, with the metadata of its target.
    Link(Box<io::Result<fs::Metadata>>),
    Other,
}

/// Walks through folders of one site, and notes faults in its tree.
pub(super) struct Walk<'a> {
    /// Path of the content folder, without links.
    root: PathBuf,
    tree: &'a mut Tree,
}

impl<'a> Walk<'a> {
    /// # Errors
    /// The content folder cannot be read.
    pub fn begin(content: &Path, tree: &'a mut Tree) -> io::Result<Self> {
        let root = content.canonicalize()?;
        fs::read_dir(&root)?;
        tree.scope.add(content);
        tree.scope.folders.insert(root.clone());
        Ok(Self { root, tree })
    }

    /// All files below a folder of the content, sorted. Hidden files and those of editors are skipped. A missing folder
    /// counts as empty.
    pub fn files_below(&mut self, folder: &Path) -> Vec<Found> {
        let mut found = Vec::new();
        let (mut folders, mut links, mut read) = (Vec::new(), VecDeque::new(), HashSet::new());
        let content = Folder { path: PathBuf::new(), real: self.root.clone(), via: Vec::new() };
        let first = entry(folder, fs::symlink_metadata(folder));
        let is_folder = |entry: &Entry| match entry {
            Entry::Link(to) => (**to).as_ref().map_or(true, fs::Metadata::is_dir),
            entry => matches!(entry, Entry::Folder),
        };
        let mut next = first.filter(is_folder).map(|entry| (content, vec![(folder.to_owned(), entry)]));
        loop {
            if let Some((folder, entries)) = next.take() {
                for (path, entry) in entries {
                    match entry {
                        Entry::Folder => {
                            let real = folder.real.join(path.file_name().unwrap_or_default());
                            folders.push(Folder { path, real, via: folder.via.clone() });
                        }
                        Entry::File(stamp) => found.push(Found { path, stamp }),
                        Entry::Link(to) => {
                            let via = [folder.via.as_slice(), std::slice::from_ref(&folder.real)].concat();
                            match self.link(&path, *to, &folder) {
                                Some((real, true, _)) => links.push_back(Folder { path, real, via }),
                                Some((_, false, stamp)) => found.push(Found { path, stamp }),
                                None => {}
                            }
                        }
                        Entry::Other => {}
                    }
                }
            }
            // Links come last, so that a folder is read by its own path first.
            let Some(folder) = folders.pop().or_else(|| links.pop_front()) else { break };
            // Inside a linked folder, a link to a folder that was read would multiply its files.
            let is_new = read.insert(folder.real.clone());
            if is_new || folder.via.len() < 2 {
                next = self.entries(&folder.path, &folder.real).map(|entries| (folder, entries));
            }
        }
        found.sort_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
        found
    }

    fn entries(&mut self, folder: &Path, real: &Path) -> Option<Vec<(PathBuf, Entry)>> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                let what = format!("the folder cannot be read ({error})");
                let mend = "Check its permissions. Nothing in it is published until then.";
                self.tree.problems.push(Problem::error(folder, Place::START, what, mend));
                return None;
            }
        };
        self.tree.scope.folders.insert(real.to_owned());
        let is_ours = |entry: &fs::DirEntry| {
            let name = entry.file_name();
            let name = name.as_encoded_bytes();
            !(name.starts_with(b".") || name.starts_with(b"#") || name.ends_with(b"~"))
        };
        // Reading the metadata of ten thousand files takes longer than all the rest of a change.
        let looked = parallel::map(entries.flatten().filter(is_ours).collect(), |found: fs::DirEntry| {
            let path = found.path();
            let entry = entry(&path, found.metadata())?;
            Some((path, entry))
        });
        let mut entries: Vec<(PathBuf, Entry)> = looked.into_iter().flatten().collect();
        // Comparing paths part by part is slow, and these differ in their last part only.
        entries.sort_by(|(a, _), (b, _)| a.as_os_str().cmp(b.as_os_str()));
        Some(entries)
    }

    /// Target of a link, true if it is a folder, and its stamp. `None` if the link is not followed.
    fn link(&mut self, path: &Path, to: io::Result<fs::Metadata>, from: &Folder) -> Option<(PathBuf, bool, Stamp)> {
        self.tree.scope.add(path);
        let led = to.and_then(|metadata| Ok((path.canonicalize()?, metadata)));
        let Ok((real, metadata)) = led else {
            self.refuse(path, "leads nowhere");
            return None;
        };
        let is_folder = metadata.is_dir();
        let is_circle = from.via.iter().chain([&from.real]).any(|above| above.starts_with(&real));
        if is_folder && is_circle {
            self.refuse(path, "leads back to a folder that it is in");
            return None;
        }
        if !real.starts_with(&self.root) {
            self.tree.outward.push((path.to_owned(), real.clone()));
        }
        (is_folder || metadata.is_file()).then(|| (real, is_folder, Stamp::of(&metadata)))
    }

    fn refuse(&mut self, link: &Path, why: &str) {
        let what = format!("this link {why}, so it is not followed");
        self.tree.problems.push(Problem::warning(link, Place::START, what, "Correct it, or take it away."));
    }
}

/// Returns `None` for a file that is gone.
fn entry(path: &Path, metadata: io::Result<fs::Metadata>) -> Option<Entry> {
    Some(match metadata.ok()? {
        link if link.is_symlink() => Entry::Link(Box::new(fs::metadata(path))),
        metadata if metadata.is_dir() => Entry::Folder,
        metadata if metadata.is_file() => Entry::File(Stamp::of(&metadata)),
        _ => Entry::Other,
    })
}
