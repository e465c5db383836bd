//! State of a Markdown file that is kept between loads, and how reading the file updates it.

use std::{
    fs,
    hash::{DefaultHasher, Hasher},
    io,
    path::Path,
};

use super::{
    collisions::{AddressClaim, Granted},
    outline::Outline,
    rendering::RenderedEntry,
};
use crate::{
    content::source::{Changed, Source, Stamp},
    domain::{
        permalink::Rules,
        problem::{Place, Problem},
    },
};

/// Size of the largest text, in bytes. Rendering it takes some seconds.
const LARGEST: u64 = 16 << 20;

/// A Markdown file, and what is known of it.
#[derive(Debug)]
pub(super) struct FileState {
    /// The file as the last walk found it.
    pub source: Source,
    /// State when it was last read.
    read: ReadState,
    /// Reason why the current version is not shown.
    pub fault: Option<Problem>,
    /// Current version, or the last good one.
    pub good: Option<Box<Good>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct ReadState {
    stamp: Stamp,
    /// True if the file may have changed though its stamp is the same.
    is_doubtful: bool,
    /// Hash of its bytes; `None` if they were not read.
    hash: Option<u64>,
}

/// A file that can be shown.
#[derive(Debug)]
pub(super) struct Good {
    pub claim: AddressClaim,
    /// `None` if another file has its address.
    pub granted: Option<Granted>,
    pub entry: Option<RenderedEntry>,
}

/// Result of reading a file.
pub(super) struct FileRead {
    state: ReadState,
    found: Found,
}

enum Found {
    SameBytes,
    Fault(Problem),
    Good(Box<Outline>),
}

impl FileState {
    /// State of a file that has not been read.
    pub fn new(source: Source) -> Self {
        Self { source, read: ReadState::default(), fault: None, good: None }
    }

    pub fn path(&self) -> &Path {
        &self.source.file.path
    }

    /// True if the file may have changed since it was read.
    pub fn may_differ(&self) -> bool {
        self.read.stamp != self.source.file.stamp || self.read.is_doubtful
    }

    /// Version that readers see.
    pub fn shown(&self) -> Option<&RenderedEntry> {
        let good = self.good.as_ref()?;
        good.entry.as_ref().filter(|_| good.granted.is_some())
    }

    /// Version that readers see, or would see if no other file had its address.
    pub fn entry(&self) -> Option<&RenderedEntry> {
        self.good.as_ref()?.entry.as_ref()
    }

    pub fn entry_mut(&mut self) -> Option<&mut RenderedEntry> {
        self.good.as_mut()?.entry.as_mut()
    }

    /// Reads the file. `None` if it is gone. `latest`: see [`Changed::may_hide_a_save`].
    pub fn read(&self, latest: Changed, rules: &Rules) -> Option<FileRead> {
        let stamp = self.source.file.stamp;
        let failed = |is_doubtful, what: String, mend| {
            let state = ReadState { stamp, is_doubtful, hash: None };
            Some(FileRead { state, found: self.fault(Place::START, what, mend) })
        };
        if stamp.bytes > LARGEST {
            let what = format!("the file is larger than {} MB", LARGEST >> 20);
            return failed(false, what, "Split it into several texts.");
        }
        let bytes = match fs::read(self.path()) {
            Ok(bytes) => bytes,
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => return failed(true, format!("the file cannot be read ({error})"), "Check its permissions."),
        };
        let hash = Some(hash(&bytes));
        let state = ReadState { stamp, is_doubtful: stamp.changed.may_hide_a_save(latest), hash };
        let found = if self.read.hash == hash { Found::SameBytes } else { self.parse(bytes, rules) };
        Some(FileRead { state, found })
    }

    fn parse(&self, bytes: Vec<u8>, rules: &Rules) -> Found {
        match String::from_utf8(bytes) {
            Ok(text) => match Outline::read(self.source.clone(), text, rules) {
                Ok(outline) => Found::Good(Box::new(outline)),
                Err(wrong) => self.fault(wrong.place, wrong.what, &wrong.mend),
            },
            Err(not_utf8) => {
                let at = not_utf8.utf8_error().valid_up_to();
                let good = String::from_utf8_lossy(&not_utf8.as_bytes()[..at]).into_owned();
                self.fault(Place::of_byte(&good, at), "the file is not UTF-8".to_owned(), "Save it as UTF-8.")
            }
        }
    }

    fn fault(&self, place: Place, what: String, mend: &str) -> Found {
        let until_then = match self.good {
            Some(_) => "Its last good version stays online.",
            None => "It is not published until then.",
        };
        Found::Fault(Problem::error(self.path(), place, what, format!("{mend} {until_then}")))
    }

    /// Takes over the result of reading the file. Returns the outline to render, if any, and true if the file claims
    /// other addresses than before.
    pub fn follow(&mut self, read: FileRead) -> (Option<Box<Outline>>, bool) {
        self.read = read.state;
        match read.found {
            Found::SameBytes => (None, false),
            Found::Fault(fault) => {
                self.fault = Some(fault);
                (None, false)
            }
            Found::Good(outline) => {
                self.fault = None;
                let claim = AddressClaim::of(&outline);
                let before = self.good.take();
                let is_same = before.as_ref().is_some_and(|before| before.claim == claim);
                let granted = before.and_then(|before| before.granted);
                self.good = Some(Box::new(Good { claim, granted, entry: None }));
                (Some(outline), !is_same)
            }
        }
    }

    /// Reads the file again to render it again; `None` if it has changed meanwhile. The text of a last good version is
    /// gone, so that version stays as it is.
    pub fn read_again(&self, rules: &Rules) -> Option<Box<Outline>> {
        let bytes = fs::read(self.path()).ok()?;
        if self.fault.is_some() || self.read.hash != Some(hash(&bytes)) {
            return None;
        }
        Outline::read(self.source.clone(), String::from_utf8(bytes).ok()?, rules).ok().map(Box::new)
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
