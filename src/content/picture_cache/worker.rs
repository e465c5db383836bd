//! Worker that resizes pictures: a thread of the site, or the whole process of `instep pictures`. One picture at a
//! time, so that only one is in memory.

use std::{
    collections::{HashSet, VecDeque},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Instant,
};

use super::{Orders, Pictures, pictures_of};
use crate::{
    content::{
        media::{MediaFile, MediaIndex},
        pictures::{
            Failed, head,
            variants::{self, Task},
        },
    },
    domain::{limits::PICTURE_PROGRESS, picture::Variant},
};

/// Guard: the thread that resizes pictures works until this is dropped.
#[derive(Debug)]
pub struct Working(Arc<Pictures>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Pictures {
    /// Starts the work in a thread of its own.
    ///
    /// # Errors
    /// The system cannot start a thread.
    pub fn start(self: &Arc<Self>) -> io::Result<Working> {
        let working = Working(Arc::clone(self));
        let worker = Worker::new(Arc::clone(self));
        thread::Builder::new().name("pictures".to_owned()).spawn(move || worker.run())?;
        Ok(working)
    }

    /// Makes everything that is missing, on this thread; returns how many pictures could not be resized.
    pub fn make_all(self: &Arc<Self>, media: &MediaIndex) -> usize {
        let all = pictures_of(media);
        let mut worker = Worker::new(Arc::clone(self));
        worker.plan(all.clone());
        if !worker.waiting.is_empty() {
            tracing::info!("{} pictures are being resized", worker.waiting.len());
        }
        while let Some(file) = worker.waiting.pop_front() {
            if !worker.make(&file) {
                return worker.waiting.len() + 1;
            }
        }
        all.iter().filter(|file| self.has_failed(file)).count()
    }
}

struct Worker {
    pictures: Arc<Pictures>,
    waiting: VecDeque<Arc<MediaFile>>,
    /// Addresses of pictures that the helper could not make, for example on a full disk. They wait for the next change.
    left: HashSet<String>,
    done: usize,
    begun_at: Instant,
    reported_at: Instant,
}

impl Worker {
    fn new(pictures: Arc<Pictures>) -> Self {
        let now = Instant::now();
        Self { pictures, waiting: VecDeque::new(), left: HashSet::new(), done: 0, begun_at: now, reported_at: now }
    }

    /// Works until the site ends.
    fn run(mut self) {
        while let Some(Orders { all, mut hurried, .. }) = self.pictures.next(!self.waiting.is_empty()) {
            hurried.retain(|file| !self.left.contains(&file.address));
            let has_orders = all.is_some() || !hurried.is_empty();
            if let Some(all) = all {
                self.plan(all);
            }
            for file in hurried {
                self.waiting.retain(|other| other.address != file.address);
                self.waiting.push_front(file);
            }
            if has_orders {
                self.let_help();
            }
            if let Some(file) = self.waiting.pop_front()
                && !self.make(&file)
            {
                self.waiting.clear();
            }
        }
    }

    /// Leaves all waiting pictures to the helper process, if there is one. If it dies on a picture, a new process
    /// continues with the next: a crash must not reach the site.
    fn let_help(&mut self) {
        let pictures = Arc::clone(&self.pictures);
        let is_missing = |file: &Arc<MediaFile>| !pictures.missing(file).is_empty();
        let Some(helper) = pictures.helper() else { return };
        loop {
            self.waiting.retain(is_missing);
            if self.waiting.is_empty() {
                return;
            }
            match pictures.run_helper(helper) {
                Ok(None) => break,
                Ok(Some(how)) if pictures.blame(&how) => {
                    for file in self.waiting.iter().filter(|file| pictures.has_failed(file)) {
                        let path = file.path.display();
                        tracing::warn!("{path} is sent in full size: the process that resized it ended with {how}");
                    }
                }
                Ok(Some(how)) => {
                    tracing::warn!(
                        "pictures are not resized for now, because the process that resizes them ended with {how}"
                    );
                    break;
                }
                Err(error) => {
                    return tracing::warn!(
                        "pictures are resized in the site's own process, because no other can be started: {error}"
                    );
                }
            }
        }
        self.left.extend(self.waiting.drain(..).filter(is_missing).map(|file| file.address.clone()));
    }

    /// Queues the newest photos first, since readers look at those.
    fn plan(&mut self, mut all: Vec<Arc<MediaFile>>) {
        self.pictures.remove_unused(&all);
        self.left.clear();
        all.retain(|file| !self.pictures.missing(file).is_empty());
        all.sort_by_key(|file| std::cmp::Reverse(file.modified));
        (self.done, self.begun_at, self.reported_at) = (0, Instant::now(), Instant::now());
        self.waiting = all.into();
    }

    /// Makes the missing sizes of a picture, if it can be resized. Returns false if nothing can be stored.
    fn make(&mut self, file: &MediaFile) -> bool {
        let wanted = self.pictures.missing(file);
        if !wanted.is_empty() {
            match self.try_to_make(file, &wanted) {
                Ok(()) => self.done += 1,
                Err(Failed::Picture(reason)) => {
                    let path = file.path.display();
                    tracing::warn!("{path} cannot be resized ({reason}), so it is sent in full size. Save it again.");
                    self.pictures.fail(file, &reason);
                }
                Err(Failed::Disk(error)) => {
                    let folder = self.pictures.folder.display();
                    tracing::error!("resized pictures cannot be stored in {folder}: {error}");
                    return false;
                }
            }
        }
        self.report_progress();
        true
    }

    fn try_to_make(&self, file: &MediaFile, wanted: &[Variant]) -> Result<(), Failed> {
        if !self.pictures.begin(file)? {
            return Err(Failed::because("earlier tries have ended the program"));
        }
        // A panic in a decoder only fails its picture.
        let made = catch_unwind(AssertUnwindSafe(|| self.make_sizes(file, wanted)));
        self.pictures.end(file);
        made.unwrap_or_else(|panic| {
            let reason = panic.downcast::<String>().map_or_else(|_| "the decoder broke".to_owned(), |reason| *reason);
            Err(Failed::Picture(reason))
        })
    }

    fn make_sizes(&self, file: &MediaFile, wanted: &[Variant]) -> Result<(), Failed> {
        let pictures = &self.pictures;
        let (Some(format), Some(cleaned)) = (file.file_format(), pictures.clean(file)) else { return Ok(()) };
        let head = head(format, &cleaned).map_err(Failed::because)?;
        let picture = file.picture();
        // If the whole picture is one of the sizes, it will be requested.
        let is_choice = picture
            .format
            .is_some_and(|own| picture.choices(own).iter().any(|(address, _)| *address == picture.address));
        let whole = pictures.cleaned_path(file, format);
        if is_choice && !file.remade && !whole.exists() {
            pictures.keep(&whole, &cleaned)?;
        }
        let task = Task { format, cleaned: &cleaned, head, picture: &picture, wanted };
        variants::make(&task, &mut |variant, bytes| Ok(pictures.keep(&pictures.path_of(file, variant), bytes)?))
    }

    fn report_progress(&mut self) {
        let left = self.waiting.len();
        if left == 0 && self.done > 0 {
            let seconds = self.begun_at.elapsed().as_secs_f32();
            tracing::info!("{} pictures were resized in {seconds:.1} s", self.done);
            self.done = 0;
        } else if left > 0 && self.reported_at.elapsed() >= PICTURE_PROGRESS {
            self.reported_at = Instant::now();
            tracing::info!("{left} pictures are still to be resized");
        }
    }
}
