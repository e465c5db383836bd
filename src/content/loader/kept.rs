//! State of a Markdown file that is kept between loads, and how it is updated.

use std::{
    fs,
    hash::{DefaultHasher, Hasher},
    io,
};

use super::{
    collisions::{Head, Standing},
    making::Made,
    outline::Outline,
    problem,
};
use crate::{
    content::source::{Changed, Found, Source, Stamp},
    domain::{
        permalink::Rules,
        problem::{Place, Problem, Severity},
    },
};

/// State kept of a file.
#[derive(Debug, Default)]
pub(super) struct Kept {
    state: State,
    /// Reason why the current version is not shown.
    pub fault: Option<Problem>,
    /// Current version, or the last good one.
    pub good: Option<Good>,
}

/// State of a file when it was last read.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    stamp: Stamp,
    /// True if the file may have changed though its stamp is the same.
    is_doubtful: bool,
    /// Hash of its bytes.
    hash: u64,
}

/// A file that can be shown.
#[derive(Debug)]
pub(super) struct Good {
    pub head: Head,
    /// `None` if another file has its address.
    pub standing: Option<Standing>,
    pub made: Option<Made>,
}

impl Kept {
    /// True if the file is unchanged since it was read.
    pub fn is_of(&self, file: &Found) -> bool {
        self.state.stamp == file.stamp && !self.state.is_doubtful
    }

    /// State of a file that has not been read: only its address is known.
    #[cfg(test)]
    pub fn remembering(good: Option<(Head, Option<Standing>)>) -> Self {
        let good = good.map(|(head, standing)| Good { head, standing, made: None });
        Self { good, ..Self::default() }
    }

    /// Version that readers see.
    pub fn shown(&self) -> Option<&Made> {
        let good = self.good.as_ref()?;
        good.made.as_ref().filter(|_| good.standing.is_some())
    }

    /// Version that readers see, or would see if no other file had its address.
    pub fn made(&self) -> Option<&Made> {
        self.good.as_ref()?.made.as_ref()
    }

    pub fn made_mut(&mut self) -> Option<&mut Made> {
        self.good.as_mut()?.made.as_mut()
    }

    /// Takes over the result of reading the file. Returns the outline to render, if any, and true if the file wants
    /// other addresses than before.
    pub fn follow(&mut self, looked: Looked) -> (Option<Box<Outline>>, bool) {
        self.state = looked.state;
        match looked.found {
            What::Same => (None, false),
            What::Fault(fault) => {
                self.fault = Some(fault);
                (None, false)
            }
            What::Good(outline) => {
                self.fault = None;
                let head = Head::of(&outline);
                let before = self.good.take();
                let is_same = before.as_ref().is_some_and(|before| before.head == head);
                self.good = Some(Good { head, standing: before.and_then(|before| before.standing), made: None });
                (Some(outline), !is_same)
            }
        }
    }

    /// Reads the file again to render it again; `None` if it has changed meanwhile. The text of a last good version is
    /// gone, so that version stays as it is.
    pub fn read_again(&self, source: &Source, rules: &Rules) -> Option<Box<Outline>> {
        let bytes = fs::read(&source.file.path).ok()?;
        if self.fault.is_some() || hash(&bytes) != self.state.hash {
            return None;
        }
        Outline::read(source.clone(), String::from_utf8(bytes).ok()?, rules).ok().map(Box::new)
    }
}

/// Size of the largest text, in bytes. Rendering it takes some seconds.
const LARGEST: u64 = 16 << 20;

/// Result of reading a file.
pub(super) struct Looked {
    state: State,
    found: What,
}

enum What {
    Same,
    Fault(Problem),
    Good(Box<Outline>),
}

impl Looked {
    /// Reads a file. `None` if it is gone. `latest`: see [`Changed::may_hide_a_save`].
    pub fn at(source: &Source, latest: Changed, before: Option<&Kept>, rules: &Rules) -> Option<Self> {
        let (path, stamp) = (&source.file.path, source.file.stamp);
        let kept = match before.is_some_and(|before| before.good.is_some()) {
            true => "Its last good version stays online.",
            false => "It stays out until then.",
        };
        let fault = |place: Place, what: String, mend: &str| {
            What::Fault(problem(Severity::Error, path, place, what, format!("{mend} {kept}")))
        };
        if stamp.bytes > LARGEST {
            let what = format!("the file is larger than {} MB", LARGEST >> 20);
            let found = fault(Place::START, what, "Split it into several texts.");
            return Some(Self { state: State { stamp, is_doubtful: false, hash: 0 }, found });
        }
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => return None,
            Err(unreadable) => {
                let what = format!("the file cannot be read ({unreadable})");
                let found = fault(Place::START, what, "Look at its permissions.");
                return Some(Self { state: State { stamp, is_doubtful: true, hash: 0 }, found });
            }
        };
        let state = State { stamp, is_doubtful: stamp.changed.may_hide_a_save(latest), hash: hash(&bytes) };
        if before.is_some_and(|before| before.state.hash == state.hash) {
            return Some(Self { state, found: What::Same });
        }
        let found = match String::from_utf8(bytes) {
            Ok(text) => match Outline::read(source.clone(), text, rules) {
                Ok(outline) => What::Good(Box::new(outline)),
                Err(wrong) => fault(wrong.place, wrong.what, &wrong.mend),
            },
            Err(not_utf8) => {
                let at = not_utf8.utf8_error().valid_up_to();
                let good = String::from_utf8_lossy(&not_utf8.as_bytes()[..at]).into_owned();
                fault(Place::of_byte(&good, at), "the file is not UTF-8".to_owned(), "Save it as UTF-8.")
            }
        };
        Some(Self { state, found })
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
