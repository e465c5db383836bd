//! Worker that resizes pictures: a thread of the site, or the whole process of `instep pictures`. One picture at a
//! time, so that only one is in memory.

use std::{
    collections::{HashSet, VecDeque},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Pictures, head, variants, workshop::Helped};
use crate::{content::media::MediaFile, domain::picture::Variant};

/// Time between progress reports.
const TELL_EVERY: Duration = Duration::from_secs(15);

/// Next step of the worker.
pub(super) enum Next {
    All(Vec<Arc<MediaFile>>),
    Hurried(Arc<MediaFile>),
    GoOn,
    Stop,
}

pub(super) struct Worker {
    pictures: Arc<Pictures>,
    waiting: VecDeque<Arc<MediaFile>>,
    /// Addresses of pictures that the helper could not make, for example on a full disk. They wait for the next change.
    left: HashSet<String>,
    done: usize,
    begun: Instant,
    told: Instant,
}

/// Error: nothing can be written, so the worker stops.
struct Full;

impl Worker {
    pub(super) fn new(pictures: Arc<Pictures>) -> Self {
        let now = Instant::now();
        Self { pictures, waiting: VecDeque::new(), left: HashSet::new(), done: 0, begun: now, told: now }
    }

    /// Works until the site ends.
    pub(super) fn run(mut self) {
        loop {
            match self.pictures.next(!self.waiting.is_empty()) {
                Next::Stop => return,
                Next::All(all) => {
                    self.plan(all);
                    self.let_help();
                }
                Next::Hurried(file) if self.left.contains(&file.address) => {}
                Next::Hurried(file) => {
                    self.waiting.retain(|other| other.address != file.address);
                    self.waiting.push_front(file);
                    self.let_help();
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

    pub(super) fn make_all(mut self, all: &[Arc<MediaFile>]) -> usize {
        self.plan(all.to_vec());
        if !self.waiting.is_empty() {
            tracing::info!("{} pictures are being resized", self.waiting.len());
        }
        while let Some(file) = self.waiting.pop_front() {
            if self.make(&file).is_err() {
                return self.waiting.len() + 1;
            }
            self.tell();
        }
        all.iter().filter(|file| self.pictures.has_failed(file)).count()
    }

    /// Leaves all waiting pictures to the helper process, if there is one. If it dies on a picture, a new process
    /// continues with the next: a crash must not reach the site.
    fn let_help(&mut self) {
        let pictures = Arc::clone(&self.pictures);
        let is_missing = |file: &Arc<MediaFile>| !pictures.has_failed(file) && !pictures.missing(file).is_empty();
        loop {
            self.waiting.retain(is_missing);
            if self.waiting.is_empty() {
                return;
            }
            match pictures.helped() {
                Helped::NoProgram => return,
                Helped::NotStarted(error) => {
                    return tracing::warn!(
                        "pictures are resized in the site's own process, because no other can be started: {error}"
                    );
                }
                Helped::Died(how) if pictures.blame(&how) => {
                    for file in self.waiting.iter().filter(|file| pictures.has_failed(file)) {
                        let path = file.path.display();
                        tracing::warn!("{path} is sent in full size: the process that resized it ended with {how}");
                    }
                }
                Helped::Died(how) => {
                    tracing::warn!(
                        "pictures are not resized for now, because the process that resizes them ended with {how}"
                    );
                    break;
                }
                Helped::Ended => break,
            }
        }
        self.left.extend(self.waiting.drain(..).filter(is_missing).map(|file| file.address.clone()));
    }

    /// Queues the newest photos first, since readers look at those.
    fn plan(&mut self, mut all: Vec<Arc<MediaFile>>) {
        self.pictures.remove_unused(&all);
        self.left.clear();
        all.retain(|file| !self.pictures.has_failed(file) && !self.pictures.missing(file).is_empty());
        all.sort_by_key(|file| std::cmp::Reverse(file.modified));
        (self.done, self.begun, self.told) = (0, Instant::now(), Instant::now());
        self.waiting = all.into();
    }

    fn make(&mut self, file: &MediaFile) -> Result<(), Full> {
        let wanted = self.pictures.missing(file);
        if wanted.is_empty() || self.pictures.has_failed(file) {
            return Ok(());
        }
        match self.pictures.begin(file) {
            Ok(true) => {}
            Ok(false) => {
                self.fail(file, "earlier tries have ended the program");
                return Ok(());
            }
            Err(error) => return Err(self.full(&error)),
        }
        let mut full = None;
        // A panic in a decoder only fails its picture.
        let made = catch_unwind(AssertUnwindSafe(|| self.make_sizes(file, &wanted, &mut full)));
        self.pictures.end(file);
        if let Some(error) = full {
            return Err(self.full(&error));
        }
        let reason = match made {
            Ok(Ok(())) => {
                self.done += 1;
                return Ok(());
            }
            Ok(Err(failed)) => failed.to_string(),
            Err(panic) => panic.downcast::<String>().map_or_else(|_| "the decoder broke".to_owned(), |reason| *reason),
        };
        self.fail(file, &reason);
        Ok(())
    }

    fn full(&self, error: &io::Error) -> Full {
        tracing::error!("resized pictures cannot be stored in {}: {error}", self.pictures.folder.display());
        Full
    }

    fn fail(&self, file: &MediaFile, reason: &str) {
        let path = file.path.display();
        tracing::warn!("{path} cannot be resized ({reason}), so it is sent in full size. Save it again.");
        self.pictures.fail(file, reason);
    }

    fn make_sizes(
        &self,
        file: &MediaFile,
        wanted: &[Variant],
        full: &mut Option<io::Error>,
    ) -> Result<(), variants::Failed> {
        let pictures = &self.pictures;
        let (Some(kind), Some(cleaned)) = (file.kind(), pictures.clean(file)) else { return Ok(()) };
        let head = head(kind, &cleaned).map_err(|broken| variants::Failed::because(broken.0))?;
        let picture = file.picture();
        let mut keep = |path: &Path, bytes: &[u8]| {
            pictures.keep(path, bytes).map_err(|error| {
                let failed = variants::Failed::because(&error);
                *full = Some(error);
                failed
            })
        };
        // If the whole picture is one of the sizes, it will be requested.
        let is_choice = picture
            .format
            .is_some_and(|own| picture.choices(own).iter().any(|(address, _)| *address == picture.address));
        if let Some(path) = pictures.cleaned_path(file).filter(|path| is_choice && !file.remade && !path.exists()) {
            keep(&path, &cleaned)?;
        }
        let task = variants::Task { kind, cleaned: &cleaned, head, picture: &picture, wanted };
        variants::make(&task, &mut |variant, bytes| keep(&pictures.path_of(file, variant), bytes))
    }

    fn tell(&mut self) {
        let left = self.waiting.len();
        if left == 0 && self.done > 0 {
            let seconds = self.begun.elapsed().as_secs_f32();
            tracing::info!("{} pictures were resized in {seconds:.1} s", self.done);
            self.done = 0;
        } else if left > 0 && self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            tracing::info!("{left} pictures are still to be resized");
        }
    }
}
