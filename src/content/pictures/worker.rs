//! The one who makes pictures smaller: a thread of the site, or the whole of `instep pictures`. One picture at a time, so
//! that no more than one stands in memory.

use std::{
    collections::{HashSet, VecDeque},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Pictures, head, variants};
use crate::{content::media::MediaFile, domain::picture::Variant};

/// How often long work tells how far it is.
const TELL_EVERY: Duration = Duration::from_secs(15);

/// What is to be done next.
pub(super) enum Next {
    All(Vec<Arc<MediaFile>>),
    Hurried(Arc<MediaFile>),
    GoOn,
    Stop,
}

pub(super) struct Worker {
    pictures: Arc<Pictures>,
    waiting: VecDeque<Arc<MediaFile>>,
    /// Addresses of pictures that could not be made smaller; they are tried again after the next start.
    failed: HashSet<String>,
    done: usize,
    begun: Instant,
    told: Instant,
}

/// Nothing can be written, so there is no use in going on.
struct Full;

impl Worker {
    pub(super) fn new(pictures: Arc<Pictures>) -> Self {
        let now = Instant::now();
        Self { pictures, waiting: VecDeque::new(), failed: HashSet::new(), done: 0, begun: now, told: now }
    }

    /// Until the site ends.
    pub(super) fn run(mut self) {
        loop {
            match self.pictures.next(!self.waiting.is_empty()) {
                Next::Stop => return,
                Next::All(all) => {
                    self.plan(all);
                    self.let_help();
                }
                Next::Hurried(file) => {
                    self.waiting.retain(|other| other.address != file.address);
                    self.waiting.push_front(file);
                }
                Next::GoOn => {}
            }
            let Some(file) = self.waiting.pop_front() else { continue };
            if self.make(&file).is_err() {
                self.waiting.clear();
            }
            self.tell();
        }
    }

    pub(super) fn make_all(mut self, all: Vec<Arc<MediaFile>>) -> usize {
        self.plan(all);
        if !self.waiting.is_empty() {
            tracing::info!("{} pictures are being made smaller", self.waiting.len());
        }
        while let Some(file) = self.waiting.pop_front() {
            if self.make(&file).is_err() {
                return self.waiting.len() + 1;
            }
            self.tell();
        }
        self.failed.len()
    }

    /// Leaves all that waits to the helper, if there is one. What is still missing then cannot be made.
    fn let_help(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        match self.pictures.helped() {
            None => {}
            Some(Ok(())) => {
                self.waiting.retain(|file| !self.pictures.missing(file).is_empty());
                self.failed.extend(self.waiting.drain(..).map(|file| file.address.clone()));
            }
            Some(Err(error)) => {
                tracing::warn!("pictures are made smaller by the site itself, for their process fails: {error}");
            }
        }
    }

    /// New photos first: those are being looked at.
    fn plan(&mut self, mut all: Vec<Arc<MediaFile>>) {
        self.pictures.remove_unused(&all);
        all.retain(|file| !self.failed.contains(&file.address) && !self.pictures.missing(file).is_empty());
        all.sort_by_key(|file| std::cmp::Reverse(file.modified));
        (self.done, self.begun, self.told) = (0, Instant::now(), Instant::now());
        self.waiting = all.into();
    }

    fn make(&mut self, file: &MediaFile) -> Result<(), Full> {
        let wanted = self.pictures.missing(file);
        if wanted.is_empty() || self.failed.contains(&file.address) {
            return Ok(());
        }
        let mut full = None;
        // A decoder that panics takes nothing but its picture down.
        let made = catch_unwind(AssertUnwindSafe(|| self.make_sizes(file, &wanted, &mut full)));
        if let Some(error) = full {
            tracing::error!("no smaller pictures can be kept under {}: {error}", self.pictures.folder.display());
            return Err(Full);
        }
        let reason = match made {
            Ok(Ok(())) => {
                self.done += 1;
                return Ok(());
            }
            Ok(Err(failed)) => failed.to_string(),
            Err(_) => "the decoder broke".to_owned(),
        };
        let path = file.path.display();
        tracing::warn!("{path} cannot be made smaller ({reason}), so it is sent as large as it is. Save it again.");
        self.failed.insert(file.address.clone());
        Ok(())
    }

    fn make_sizes(
        &self,
        file: &MediaFile,
        wanted: &[Variant],
        full: &mut Option<io::Error>,
    ) -> Result<(), variants::Failed> {
        let pictures = &self.pictures;
        let (Some(kind), Some(cleaned)) = (file.kind(), pictures.clean(file)) else { return Ok(()) };
        let orientation = head(kind, &cleaned).map_or(1, |head| head.orientation);
        let picture = file.picture();
        let mut keep = |path: &Path, bytes: &[u8]| {
            pictures.keep(path, bytes).map_err(|error| {
                let failed = variants::Failed::because(&error);
                *full = Some(error);
                failed
            })
        };
        // Where the whole picture is one of the sizes, it will be asked for.
        let is_choice = picture
            .format
            .is_some_and(|own| picture.choices(own).iter().any(|(address, _)| *address == picture.address));
        if let Some(path) = pictures.cleaned_path(file).filter(|path| is_choice && !path.exists()) {
            keep(&path, &cleaned)?;
        }
        variants::make(&cleaned, orientation, &picture, wanted, &mut |variant, bytes| {
            keep(&pictures.path_of(file, variant), bytes)
        })
    }

    fn tell(&mut self) {
        let left = self.waiting.len();
        if left == 0 && self.done > 0 {
            let seconds = self.begun.elapsed().as_secs_f32();
            tracing::info!("{} pictures can be had in smaller sizes after {seconds:.1} s", self.done);
            self.done = 0;
        } else if left > 0 && self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            tracing::info!("{left} pictures are still to be made smaller");
        }
    }
}
