//! Earlier versions of a text, and deleted texts. Both are in the data folder, so no site shows them.

use std::io;

use cap_std::fs::Dir;
use jiff::Timestamp;

use super::{Act, EditError, Opened, Workspace, names, version_of, writing, writing::Instead};
use crate::domain::limits::VERSIONS_KEPT;

/// An earlier version of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    pub id: String,
    /// Time at which it was replaced.
    pub at: Timestamp,
}

/// A deleted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trashed {
    pub id: String,
    /// Path that it had.
    pub path: String,
    /// Time at which it was deleted.
    pub at: Timestamp,
}

impl Workspace {
    /// Earlier versions of a text, the latest first.
    ///
    /// # Errors
    /// The path is that of no text, or the folder cannot be read.
    pub fn versions(&self, path: &str) -> Result<Vec<Earlier>, EditError> {
        names::check_text(path)?;
        let mut ids = names_in(&self.data_folder("versions")?, path).map_err(EditError::Io)?;
        ids.reverse();
        Ok(ids.into_iter().filter_map(|id| Some(Earlier { at: time_in(&id)?, id })).collect())
    }

    /// Bytes of an earlier version.
    ///
    /// # Errors
    /// There is no such version, or it cannot be read.
    pub fn earlier(&self, path: &str, id: &str) -> Result<Vec<u8>, EditError> {
        if !self.versions(path)?.iter().any(|earlier| earlier.id == id) {
            return Err(EditError::NotFound);
        }
        self.data_folder("versions")?.read(format!("{path}/{id}")).map_err(EditError::Io)
    }

    /// Keeps a version of a text, and removes the oldest above the limit.
    pub(super) fn keep(&self, path: &str, present: &Opened, now: Timestamp) -> Result<(), EditError> {
        let all = self.data_folder("versions")?;
        let kept = || {
            let ids = names_in(&all, path)?;
            if ids.last().is_some_and(|id| id.ends_with(&present.version)) {
                return Ok(());
            }
            all.create_dir_all(path)?;
            let folder = all.open_dir(path)?;
            let id = format!("{}-{}", stamp_after(&ids, now), present.version);
            writing::write(&folder, &id, &present.bytes, Instead::OfNothing)?;
            for old in ids.iter().take((ids.len() + 1).saturating_sub(VERSIONS_KEPT)) {
                folder.remove_file(old)?;
            }
            Ok(())
        };
        kept().map_err(|error| self.data_error(error))
    }

    /// Lets the versions follow a text to its new path. Without them the text is still whole, so an error is no error.
    pub(super) fn move_versions(&self, from: &str, to: &str) {
        let moved = self.data_folder("versions").map(|all| {
            let above = to.rsplit_once('/').map_or("", |(above, _)| above);
            all.create_dir_all(above).and_then(|()| all.rename(from, &all, to))
        });
        drop(moved);
    }

    /// Moves a text that still has this version to the trash. Pictures beside it stay. Returns its place there.
    ///
    /// # Errors
    /// The text was changed meanwhile, or cannot be moved.
    pub fn trash(&self, path: &str, version: &str, now: Timestamp) -> Result<String, EditError> {
        let _lock = self.lock()?;
        let place = self.existing(path)?;
        let present = place.read()?;
        if present.version != version {
            return Err(EditError::Changed(present));
        }
        let trash = self.data_folder("trash")?;
        let kept = || -> io::Result<String> {
            let id = format!("{}-{}", stamp_after(&names_in(&trash, ".")?, now), version_of(path.as_bytes()));
            trash.create_dir(&id)?;
            let folder = trash.open_dir(&id)?;
            writing::write(&folder, "text", &present.bytes, Instead::OfNothing)?;
            // What has no path yet is not listed.
            writing::write(&folder, "path", path.as_bytes(), Instead::OfNothing)?;
            writing::flush(&trash).map(|()| id)
        };
        let id = kept().map_err(|error| self.data_error(error))?;
        let removed = place.folder.remove_file(&place.name).and_then(|()| writing::flush(&place.folder));
        if let Err(error) = removed {
            drop(trash.remove_dir_all(&id));
            return Err(place.error(error));
        }
        self.note(Act::Delete(self.real(&place)));
        Ok(id)
    }

    /// Deleted texts, the latest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn trashed(&self) -> Result<Vec<Trashed>, EditError> {
        let trash = self.data_folder("trash")?;
        let ids = names_in(&trash, ".").map_err(EditError::Io)?;
        let trashed = |id: String| {
            let path = trash.read_to_string(format!("{id}/path")).ok()?;
            Some(Trashed { at: time_in(&id)?, path, id })
        };
        Ok(ids.into_iter().rev().filter_map(trashed).collect())
    }

    /// Puts a deleted text back to its path, which it returns.
    ///
    /// # Errors
    /// There is no such text, its path is taken, or it cannot be written.
    pub fn restore(&self, id: &str) -> Result<String, EditError> {
        let trashed = self.trashed()?.into_iter().find(|trashed| trashed.id == id).ok_or(EditError::NotFound)?;
        let trash = self.data_folder("trash")?;
        let bytes = trash.read(format!("{id}/text")).map_err(EditError::Io)?;
        self.create_at(&trashed.path, &bytes)?;
        trash.remove_dir_all(id).map_err(|error| self.data_error(error))?;
        Ok(trashed.path)
    }

    /// Deletes the texts in the trash for ever.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn empty_trash(&self) -> Result<(), EditError> {
        let _lock = self.lock()?;
        let trash = self.data_folder("trash")?;
        let ids = names_in(&trash, ".").map_err(EditError::Io)?;
        ids.iter().try_for_each(|id| trash.remove_dir_all(id)).map_err(|error| self.data_error(error))
    }
}

/// Names of what was kept in a folder, in order of time; none if the folder is missing.
pub(super) fn names_in(folder: &Dir, path: &str) -> io::Result<Vec<String>> {
    let entries = match folder.read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
    let mut names: Vec<String> = names.collect::<io::Result<_>>()?;
    names.retain(|name| time_in(name).is_some());
    names.sort();
    Ok(names)
}

/// Time in a name.
pub(super) fn time_in(name: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(name.split_once('-')?.0.parse().ok()?).ok()
}

/// Start of a name that sorts behind the others, also after the clock was set back.
pub(super) fn stamp_after(names: &[String], now: Timestamp) -> String {
    let last = names.last().and_then(|name| time_in(name)).map_or(0, Timestamp::as_millisecond);
    format!("{:015}", now.as_millisecond().max(last + 1))
}
