//! Texts that were typed and not saved yet, one for each file. They are in the data folder, so no site shows them.

use jiff::Timestamp;

use super::{
    EditError, Workspace,
    kept::{names_in, stamp_after, time_in},
    names, version_of,
    writing::{self, Instead},
};
use crate::domain::limits::{DRAFT_LIFE, DRAFTS_KEPT};

/// A text that was typed and not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub bytes: Vec<u8>,
    /// Version of the file that it began from.
    pub version: String,
    /// Time at which it was kept.
    pub at: Timestamp,
}

impl Workspace {
    /// Unsaved text of a file, unless it is the same as the file or too old.
    ///
    /// # Errors
    /// The path is that of no text, or the folder cannot be read.
    pub fn draft(&self, path: &str, now: Timestamp) -> Result<Option<Draft>, EditError> {
        names::check_text(path)?;
        let (all, key) = (self.data_folder("drafts")?, version_of(path.as_bytes()));
        let ids = names_in(&all, ".").map_err(EditError::Io)?;
        let Some(id) = ids.iter().rfind(|id| id.ends_with(&key) && !is_old(id, now)) else { return Ok(None) };
        let (version, at) = (id.split('-').nth(1).unwrap_or_default().to_owned(), time_in(id).unwrap_or(now));
        let bytes = all.read(id).map_err(EditError::Io)?;
        Ok(Some(Draft { bytes, version, at }).filter(|draft| !self.has(path, &draft.bytes)))
    }

    /// Keeps an unsaved text in place of the last one of its file, and removes those that are too old or too many. True
    /// if it differs from the file.
    ///
    /// # Errors
    /// The path is that of no text, the version is none, or the draft cannot be written. Then the last one is still there.
    pub fn keep_draft(&self, path: &str, bytes: &[u8], version: &str, now: Timestamp) -> Result<bool, EditError> {
        names::check_text(path)?;
        if !version.bytes().all(|byte| byte.is_ascii_hexdigit()) || version.len() > 64 {
            return Err(EditError::Name(version.to_owned()));
        }
        let _lock = self.lock()?;
        let (all, key) = (self.data_folder("drafts")?, version_of(path.as_bytes()));
        let differs = !self.has(path, bytes);
        let kept = || {
            let ids = names_in(&all, ".")?;
            if differs {
                let id = format!("{}-{version}-{key}", stamp_after(&ids, now));
                writing::write(&all, &id, bytes, Instead::OfNothing)?;
            }
            let others = (ids.len() + 1).saturating_sub(DRAFTS_KEPT);
            let gone = |(place, id): &(usize, &String)| *place < others || id.ends_with(&key) || is_old(id, now);
            ids.iter().enumerate().filter(gone).try_for_each(|(_, id)| all.remove_file(id))
        };
        kept().map(|()| differs).map_err(|error| self.data_error(error))
    }

    /// Removes the unsaved text of a file, which was saved or discarded.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn discard_draft(&self, path: &str) -> Result<(), EditError> {
        let (all, key) = (self.data_folder("drafts")?, version_of(path.as_bytes()));
        let _lock = self.lock()?;
        let ids = names_in(&all, ".").map_err(EditError::Io)?;
        let mut own = ids.iter().filter(|id| id.ends_with(&key));
        own.try_for_each(|id| all.remove_file(id)).map_err(|error| self.data_error(error))
    }

    /// True if the file has these bytes now.
    fn has(&self, path: &str, bytes: &[u8]) -> bool {
        self.read(path).is_ok_and(|present| present.bytes == bytes)
    }
}

fn is_old(id: &str, now: Timestamp) -> bool {
    time_in(id).is_none_or(|at| at + DRAFT_LIFE < now)
}
