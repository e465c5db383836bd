//! The only code that writes below the content folder: texts are saved, renamed and deleted, pictures are added. It knows
//! no HTTP, no database and no clock.
//!
//! A file is replaced as a whole: after a crash or on a full disk there is the old file or the new one. A file that
//! somebody else has changed is never overwritten. Paths are relative to the content folder and never leave it
//! (`cap-std`). Every operation holds a lock on a file in the data folder, so instances of the program wait for each other.

mod archive;
mod commit;
mod drafts;
mod kept;
mod names;
mod typed;
mod upload;
mod writing;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use cap_std::{ambient_authority, fs::Dir};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::pictures::Refusal;
use crate::domain::{entry::Kind, slug::Slug};
use commit::Act;
use writing::Instead;

pub use super::front_matter::{FrontMatterText, NewValue, Unfit};
pub use archive::{Item, State, is_text};
pub use commit::Person;
pub use drafts::Draft;
pub use kept::{Earlier, Trashed};
pub use typed::{Compared, Is, as_written, differences};
pub use upload::Uploaded;

/// Content folder, and the data folder that keeps earlier versions and deleted texts.
#[derive(Clone, Debug)]
pub struct Workspace {
    content: PathBuf,
    data: PathBuf,
    /// Acts since the workspace was made, for a commit.
    acts: Arc<Mutex<Vec<Act>>>,
    /// Bytes of media that may be added.
    room: Arc<AtomicU64>,
}

/// A file as it is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub bytes: Vec<u8>,
    /// Hash of the bytes.
    pub version: String,
}

/// Reason why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("{0:?} cannot be the name of a file here")]
    Name(String),
    #[error("the file is not there")]
    NotFound,
    #[error("there is a file with this name: {0}")]
    Exists(String),
    /// With the file as it is now.
    #[error("the file was changed meanwhile")]
    Changed(Opened),
    #[error("the disk is full; nothing was changed")]
    Full,
    #[error("there is no room for it: the files would be more than desk.upload_quota_mib in site.toml allows")]
    NoRoom,
    #[error("the folder {} cannot be written. Give its owner to the user that runs the program", .0.display())]
    NotWritable(PathBuf),
    /// An upload that is no picture, clip or download that pages can show.
    #[error("{}. {}", .0.what, .0.mend)]
    Refused(Refusal),
    #[error("the file cannot be read or written: {0}")]
    Io(io::Error),
}

/// Version of a file with these bytes.
pub fn version_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Place of a file: its folder, and its name there.
#[derive(Debug)]
struct Place {
    folder: Dir,
    name: String,
    /// Path of the folder, for messages.
    path: PathBuf,
}

impl Workspace {
    pub fn new(content: &Path, data: &Path) -> Self {
        let room = Arc::new(AtomicU64::new(u64::MAX));
        Self { content: content.to_owned(), data: data.to_owned(), acts: Arc::default(), room }
    }

    /// Lets at most this many bytes of media be added.
    pub fn with_room(self, bytes: u64) -> Self {
        Self { room: Arc::new(AtomicU64::new(bytes)), ..self }
    }

    /// Takes the room of a new media file.
    fn take_room(&self, bytes: &[u8]) -> Result<(), EditError> {
        let less = |room: u64| room.checked_sub(bytes.len() as u64);
        let taken = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        taken.map(drop).map_err(|_| EditError::NoRoom)
    }

    /// Checks that a new text of each kind could be written.
    ///
    /// # Errors
    /// Names the folder that cannot be written.
    pub fn check_writable(&self) -> Result<(), EditError> {
        let kinds = crate::domain::entry::KINDS.iter().flat_map(|row| row.folders);
        let folders = kinds.map(|name| self.content.join(name)).filter(|folder| folder.is_dir());
        let not_writable = |folder: &PathBuf| rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_err();
        match folders.chain([self.content.clone()]).find(not_writable) {
            Some(folder) => Err(EditError::NotWritable(folder)),
            None => Ok(()),
        }
    }

    /// Reads a Markdown file.
    ///
    /// # Errors
    /// The path leads out of the content folder or to no text, or the file cannot be read.
    pub fn read(&self, path: &str) -> Result<Opened, EditError> {
        self.existing(path)?.read()
    }

    /// Replaces a Markdown file that still has this version, and keeps the present one. Returns the new version.
    ///
    /// # Errors
    /// The file was changed meanwhile, or cannot be written. Then it is as it was.
    pub fn save(&self, path: &str, bytes: &[u8], version: &str, now: Timestamp) -> Result<String, EditError> {
        let _lock = self.lock()?;
        let place = self.existing(path)?;
        let present = place.read()?;
        if present.bytes != bytes {
            if present.version != version {
                return Err(EditError::Changed(present));
            }
            self.keep(path, &present, now)?;
            if let Some(other) = place.write(bytes, Instead::Of(&present))? {
                self.keep(path, &other, now)?;
                return Err(EditError::Changed(place.read()?));
            }
        }
        self.note(Act::Change(self.real(&place)));
        Ok(version_of(bytes))
    }

    /// Creates a text in the folder of its kind. Returns its path.
    ///
    /// # Errors
    /// There is a file with that name, or it cannot be written.
    pub fn create(&self, kind: Kind, slug: &Slug, bytes: &[u8]) -> Result<String, EditError> {
        let folder = kind.folder();
        // The same text in a folder of its own has the same address.
        let (path, index) = (format!("{folder}/{slug}.md"), format!("{folder}/{slug}/index.md"));
        match self.existing(&index) {
            Ok(_) => Err(EditError::Exists(format!("{slug}/index.md"))),
            Err(_) => self.create_at(&path, bytes).map(|()| path),
        }
    }

    /// Creates a Markdown file, and its folders.
    ///
    /// # Errors
    /// There is a file with that name, also in other letters (`A.md` beside `a.md`), or it cannot be written.
    pub fn create_at(&self, path: &str, bytes: &[u8]) -> Result<(), EditError> {
        let _lock = self.lock()?;
        names::check_text(path)?;
        self.free(path)?.write(bytes, Instead::OfNothing)?;
        self.note(Act::Add(path.to_owned()));
        Ok(())
    }

    /// Gives a Markdown file another path; an `index.md` takes its folder along. Earlier versions follow.
    ///
    /// # Errors
    /// There is a file with that name, or it cannot be written.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), EditError> {
        let _lock = self.lock()?;
        names::check_text(to)?;
        let bundles = from.strip_suffix("/index.md").zip(to.strip_suffix("/index.md"));
        let old = self.existing(from)?;
        let (old, new, (moved, there)) = match bundles.filter(|(folder, _)| folder.contains('/')) {
            Some((from, to)) => (self.place(from, false)?, self.free(to)?, (from, to)),
            None => (old, self.free(to)?, (from, to)),
        };
        writing::move_to_free(&old.folder, &old.name, &new.folder, &new.name)
            .and_then(|()| writing::flush(&old.folder))
            .and_then(|()| writing::flush(&new.folder))
            .map_err(|error| new.error(error))?;
        self.note(Act::Rename(moved.to_owned(), there.to_owned()));
        self.move_versions(from, to);
        Ok(())
    }

    /// Waits until no other operation writes.
    fn lock(&self) -> Result<std::fs::File, EditError> {
        let lock = self.data_folder("")?.create("editing.lock").map(cap_std::fs::File::into_std);
        lock.and_then(|file| file.lock().map(|()| file)).map_err(|error| self.data_error(error))
    }

    /// Place of a Markdown file that exists.
    fn existing(&self, path: &str) -> Result<Place, EditError> {
        names::check_text(path)?;
        self.place(path, true)
    }

    /// Place of an existing file or folder, with its links resolved. No link may lead out of the content folder.
    fn place(&self, path: &str, is_text: bool) -> Result<Place, EditError> {
        let content = self.content_folder()?;
        let refused = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => EditError::NotFound,
            // The error that `cap-std` makes for a path that leaves the folder.
            io::ErrorKind::PermissionDenied if error.raw_os_error().is_none() => EditError::Name(path.to_owned()),
            _ => EditError::Io(error),
        };
        let (above, last) = path.rsplit_once('/').ok_or_else(|| EditError::Name(path.to_owned()))?;
        // While a file is replaced, the system may call it deleted; so only links are resolved as a whole.
        let is_link = content.symlink_metadata(path).map_err(refused)?.is_symlink();
        let real =
            if is_link { content.canonicalize(path) } else { content.canonicalize(above).map(|to| to.join(last)) };
        let real = real.map_err(refused)?;
        let real = real.to_str().ok_or_else(|| EditError::Name(path.to_owned()))?;
        names::check(real)?;
        let (above, name) = real.rsplit_once('/').ok_or_else(|| EditError::Name(path.to_owned()))?;
        let folder = content.open_dir(above).map_err(refused)?;
        let place = Place { folder, name: name.to_owned(), path: self.content.join(above) };
        // On a disk that ignores case, `A.md` would open `a.md`. A file that is just replaced may not be listed.
        let is_there = place.spelling().map_err(EditError::Io)?.is_none_or(|there| there == name);
        let is_file = || place.folder.metadata(name).is_ok_and(|metadata| metadata.is_file());
        if is_there && (!is_text || is_file()) { Ok(place) } else { Err(EditError::NotFound) }
    }

    /// Place of a new file, whose folders are created. No file has its name, in whatever case.
    fn free(&self, path: &str) -> Result<Place, EditError> {
        names::check_new(path)?;
        let mut place = Place { folder: self.content_folder()?, name: String::new(), path: self.content.clone() };
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            place.name = part.to_owned();
            let there = place.spelling().map_err(EditError::Io)?;
            let is_last = parts.peek().is_none();
            match there {
                Some(other) if is_last || other != part => return Err(EditError::Exists(other)),
                Some(_) => {}
                None if is_last => break,
                None => place.folder.create_dir(part).map_err(|error| place.error(error))?,
            }
            place.folder = place.folder.open_dir(part).map_err(|error| place.error(error))?;
            place.path.push(part);
        }
        Ok(place)
    }

    /// Path below the content folder without links, as git knows a file.
    fn real(&self, place: &Place) -> String {
        let path = place.path.join(&place.name);
        path.strip_prefix(&self.content).unwrap_or(&path).display().to_string()
    }

    fn content_folder(&self) -> Result<Dir, EditError> {
        Dir::open_ambient_dir(&self.content, ambient_authority()).map_err(EditError::Io)
    }

    fn data_folder(&self, name: &str) -> Result<Dir, EditError> {
        let path = self.data.join(name);
        Dir::create_ambient_dir_all(&path, ambient_authority())
            .and_then(|()| Dir::open_ambient_dir(&path, ambient_authority()))
            .map_err(|error| self.data_error(error))
    }

    fn data_error(&self, error: io::Error) -> EditError {
        writing::explained(error, &self.data)
    }
}

impl Place {
    fn read(&self) -> Result<Opened, EditError> {
        let bytes = self.folder.read(&self.name).map_err(EditError::Io)?;
        Ok(Opened { version: version_of(&bytes), bytes })
    }

    /// Writes a file, unless another than the expected one is there; that one is returned.
    fn write(&self, bytes: &[u8], instead: Instead) -> Result<Option<Opened>, EditError> {
        writing::write(&self.folder, &self.name, bytes, instead).map_err(|error| self.error(error))
    }

    /// Name of the file that is here, perhaps in other letters.
    fn spelling(&self) -> io::Result<Option<String>> {
        let wanted = names::folded(&self.name);
        let mut other = None;
        for entry in self.folder.entries()? {
            let Ok(name) = entry?.file_name().into_string() else { continue };
            if name == self.name {
                return Ok(Some(name));
            }
            other = other.or((names::folded(&name) == wanted).then_some(name));
        }
        Ok(other)
    }

    fn error(&self, error: io::Error) -> EditError {
        if error.kind() == io::ErrorKind::AlreadyExists {
            return EditError::Exists(self.name.clone());
        }
        writing::explained(error, &self.path)
    }
}

#[cfg(test)]
mod tests;
