//! Uploads: a Markdown file, or an archive (zip) of Markdown and media. Nothing in it is trusted: names, sizes and numbers
//! are checked, and each file is looked at before it is written.

use std::{
    borrow::Cow,
    collections::HashSet,
    io::{Cursor, Read},
};

use jiff::Timestamp;
use zip::ZipArchive;

use super::{Act, EditError, Place, Workspace, names, upload, writing::Instead};
use crate::{
    content::{pictures::Refusal, source},
    domain::{
        entry::KINDS,
        limits::{MEDIA_BYTES, UNPACKED_BYTES, UNPACKED_FILES},
    },
};

/// A file of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Path below the content folder; the name in the archive if it cannot have one.
    pub path: String,
    pub state: State,
}

/// State of a file of an upload beside the present files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    New,
    /// A text with this version would be replaced, and kept among its earlier versions.
    Changed(String),
    Same,
    /// Another file has the name, and stays.
    Conflict,
    Wrong(String),
}

/// Files that some systems add to each archive.
const NOISE: [&str; 3] = ["__MACOSX/", ".DS_Store", "Thumbs.db"];

impl Workspace {
    /// Looks at an upload without writing anything.
    pub fn look_at(&self, name: &str, bytes: &[u8]) -> Vec<Item> {
        let mut items = Vec::new();
        each_file(name, bytes, |path, read| {
            let state = read.and_then(|bytes| self.state(&path, &bytes)).unwrap_or_else(|error| match error {
                EditError::Exists(_) => State::Conflict,
                error => State::Wrong(error.to_string()),
            });
            items.push(Item { path, state });
        });
        items
    }

    /// Writes files of an upload that are new, or that replace a text with a version that was shown. Returns their paths.
    pub fn apply(&self, name: &str, bytes: &[u8], chosen: &[Item], now: Timestamp) -> Vec<String> {
        let mut written = Vec::new();
        each_file(name, bytes, |path, read| {
            let Some(item) = chosen.iter().find(|item| item.path == path) else { return };
            let done = read.and_then(|bytes| match &item.state {
                State::New if is_text(&path) => self.create_at(&path, &bytes),
                State::New => self.add_at(&path, &bytes),
                State::Changed(version) => self.save(&path, &bytes, version, now).map(|_| ()),
                _ => Err(EditError::NotFound),
            });
            if done.is_ok() {
                written.push(path);
            }
        });
        written
    }

    fn add_at(&self, path: &str, bytes: &[u8]) -> Result<(), EditError> {
        let _lock = self.lock()?;
        check_media(path, bytes)?;
        let place = self.free(path)?;
        self.take_room(bytes)?;
        place.write(bytes, Instead::OfNothing)?;
        self.note(Act::Add(path.to_owned()));
        Ok(())
    }

    /// True if a file or folder on the way has the name in other letters, or is no folder.
    fn has_twin(&self, path: &str) -> Result<bool, EditError> {
        let mut place = Place { folder: self.content_folder()?, name: String::new(), path: self.content.clone() };
        for part in path.split('/') {
            place.name = part.to_owned();
            match place.spelling().map_err(EditError::Io)? {
                None => return Ok(false),
                Some(other) if other != part => return Ok(true),
                Some(_) => {}
            }
            let Ok(folder) = place.folder.open_dir(part) else { return Ok(true) };
            place.folder = folder;
        }
        Ok(true)
    }

    fn state(&self, path: &str, bytes: &[u8]) -> Result<State, EditError> {
        names::check_new(path)?;
        if is_text(path) {
            names::check_text(path)?;
        } else {
            check_media(path, bytes)?;
        }
        match self.place(path, true).and_then(|place| place.read()) {
            Ok(present) if present.bytes == bytes => Ok(State::Same),
            Ok(present) if is_text(path) => Ok(State::Changed(present.version)),
            Ok(_) => Ok(State::Conflict),
            Err(EditError::NotFound) if self.has_twin(path)? => Ok(State::Conflict),
            Err(EditError::NotFound) if is_text(path) => Ok(State::New),
            Err(EditError::NotFound) => self.take_room(bytes).map(|()| State::New),
            Err(error) => Err(error),
        }
    }
}

/// Checks the bytes of a file, and that its name has their ending.
fn check_media(path: &str, bytes: &[u8]) -> Result<(), EditError> {
    let (ending, _) = upload::checked(bytes).map_err(EditError::Refused)?;
    let written = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if written == ending || (written == "jpeg" && ending == "jpg") {
        Ok(())
    } else {
        Err(EditError::Name(path.to_owned()))
    }
}

/// True for the path of a Markdown file.
pub fn is_text(path: &str) -> bool {
    source::is_markdown(path.as_ref())
}

/// Reads the files of an upload, one after the other, each with its path below the content folder.
fn each_file(name: &str, bytes: &[u8], mut take: impl FnMut(String, Result<Vec<u8>, EditError>)) {
    let wrong = |name: &str| EditError::Name(name.to_owned());
    if !bytes.starts_with(b"PK") {
        let read = if is_text(name) { Ok(bytes.to_vec()) } else { Err(wrong(name)) };
        return take(path_of(name).unwrap_or_else(|| name.to_owned()), read);
    }
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else { return take(name.to_owned(), Err(wrong(name))) };
    let (mut left, mut seen) = (UNPACKED_BYTES, HashSet::new());
    for at in 0..archive.len() {
        let Ok(file) = archive.by_index(at) else {
            take(format!("{name} ({at})"), Err(wrong(name)));
            continue;
        };
        let Ok(written) = file.name().map(Cow::into_owned) else { continue };
        if file.is_dir() || NOISE.iter().any(|noise| written.starts_with(noise) || written.ends_with(noise)) {
            continue;
        }
        if at >= UNPACKED_FILES || left == 0 {
            return take(written, Err(too_much()));
        }
        let path = path_of(&written).filter(|_| !file.is_symlink() && str::from_utf8(file.name_raw()).is_ok());
        let Some(path) = path.filter(|path| seen.insert(names::folded(path))) else {
            take(written.clone(), Err(wrong(&written)));
            continue;
        };
        // The size in the archive may be a lie.
        let longest = left.min(MEDIA_BYTES);
        let mut unpacked = Vec::new();
        let read = file.take(longest + 1).read_to_end(&mut unpacked);
        left = left.saturating_sub(unpacked.len() as u64);
        take(
            path,
            match read {
                Ok(_) if unpacked.len() as u64 > longest => Err(too_much()),
                Ok(_) => Ok(unpacked),
                Err(error) => Err(EditError::Io(error)),
            },
        );
    }
}

fn too_much() -> EditError {
    EditError::Refused(Refusal {
        what: "the upload has too many bytes or files".to_owned(),
        mend: "Upload it in parts.",
    })
}

/// Path below the content folder: what is in a folder of ours stays there, also below the folder of a whole blog;
/// everything else becomes posts.
fn path_of(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('/').collect();
    let is_ours = |part: &str| part == "media" || KINDS.iter().any(|row| row.folders.contains(&part));
    let path = match parts.as_slice() {
        [first, _, ..] if is_ours(first) => name.to_owned(),
        [_, second, _, ..] if is_ours(second) => parts[1..].join("/"),
        _ => format!("posts/{name}"),
    };
    names::check_new(&path).is_ok().then_some(path)
}
