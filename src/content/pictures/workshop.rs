//! Where pictures are cleaned and made smaller, once each, and kept under `data/pictures`.
//!
//! No picture is ever sent from the content folder: what leaves has been cleaned, and has the hash that its address
//! says. One thread makes the smaller versions, one picture at a time, so that no more than one stands in memory.

use std::{
    collections::{HashSet, VecDeque},
    fs,
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

use super::{Kind, MOST_BYTES, clean, hash, head, variants};
use crate::{
    content::media::{MediaFile, MediaIndex},
    domain::picture::Variant,
};

/// How many pictures are cleaned at the same time for those who ask; each may take twice its file in memory.
const CLEANERS: usize = 2;
/// How often long work tells how far it is.
const TELL_EVERY: Duration = Duration::from_secs(15);

/// What was made of the site's pictures, and the order book for what is to be made.
#[derive(Debug)]
pub struct Pictures {
    folder: PathBuf,
    orders: Mutex<Orders>,
    bell: Condvar,
    cleaners: Semaphore,
    /// For names of files that are being written.
    written: AtomicU64,
}

#[derive(Debug, Default)]
struct Orders {
    /// The content as it is now, when it is new.
    all: Option<Vec<Arc<MediaFile>>>,
    /// Somebody is waiting for these.
    hurried: Vec<Arc<MediaFile>>,
    is_closed: bool,
}

/// A picture without what it says about its maker.
#[derive(Debug)]
pub enum Cleaned {
    /// In a file that stays.
    Kept(PathBuf),
    /// Where no file could be written.
    Bytes(Vec<u8>),
}

/// The thread that makes pictures smaller works until this is dropped.
#[derive(Debug)]
pub struct Working(Arc<Pictures>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.orders().is_closed = true;
        self.0.bell.notify_all();
    }
}

impl Pictures {
    /// Touches nothing yet; the folder is made when there is something to keep.
    pub fn new(data: &Path) -> Arc<Self> {
        Arc::new(Self {
            folder: data.join("pictures"),
            orders: Mutex::default(),
            bell: Condvar::new(),
            cleaners: Semaphore::new(CLEANERS),
            written: AtomicU64::new(0),
        })
    }

    /// Begins to work in a thread of its own.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(self: &Arc<Self>) -> io::Result<Working> {
        let working = Working(Arc::clone(self));
        let pictures = Arc::clone(self);
        thread::Builder::new().name("pictures".to_owned()).spawn(move || Worker::new(pictures).run())?;
        Ok(working)
    }

    /// Says what the content holds now: what is missing will be made, what is no longer used goes.
    pub fn follow(&self, media: &MediaIndex) {
        self.orders().all = Some(media.files().filter(|file| file.kind().is_some()).cloned().collect());
        self.bell.notify_all();
    }

    /// Somebody looks at this picture now.
    pub fn hurry(&self, file: &Arc<MediaFile>) {
        let mut orders = self.orders();
        if !orders.hurried.iter().any(|other| other.address == file.address) {
            orders.hurried.push(Arc::clone(file));
            self.bell.notify_all();
        }
    }

    /// The file of a smaller version; it may not be there yet.
    pub fn path_of(&self, file: &MediaFile, variant: Variant) -> PathBuf {
        self.folder.join(format!("{}-{}.{}", file.hash(), variant.width, variant.format.ending()))
    }

    /// The whole picture, cleaned. `None`: the file is no longer what its address says, or cannot be cleaned.
    pub async fn cleaned(self: &Arc<Self>, file: &Arc<MediaFile>) -> Option<Cleaned> {
        let path = self.cleaned_path(file)?;
        if tokio::fs::try_exists(&path).await.unwrap_or(false) {
            return Some(Cleaned::Kept(path));
        }
        let _one_of_few = self.cleaners.acquire().await.ok()?;
        let (pictures, file) = (Arc::clone(self), Arc::clone(file));
        let made = tokio::task::spawn_blocking(move || {
            let cleaned = pictures.clean(&file)?;
            match pictures.keep(&path, &cleaned) {
                Ok(()) => Some(Cleaned::Kept(path)),
                Err(error) => {
                    tracing::warn!(
                        "{} cannot be written, so pictures are cleaned anew each time: {error}",
                        path.display()
                    );
                    Some(Cleaned::Bytes(cleaned))
                }
            }
        });
        made.await.ok().flatten()
    }

    fn cleaned_path(&self, file: &MediaFile) -> Option<PathBuf> {
        Some(self.folder.join(format!("{}.{}", file.hash(), file.kind()?.ending())))
    }

    /// Reads and cleans a file, if it still is the one that was looked at.
    fn clean(&self, file: &MediaFile) -> Option<Vec<u8>> {
        let kind = file.kind()?;
        let bytes = fs::metadata(&file.path).ok().filter(|now| now.len() <= MOST_BYTES).map(|_| fs::read(&file.path));
        let bytes = bytes?.ok().filter(|bytes| hash(bytes) == file.hash())?;
        match clean(kind, &bytes) {
            Ok(cleaned) => Some(cleaned),
            Err(broken) => {
                tracing::warn!("{} is not sent, for it is damaged: {}. Save it again.", file.path.display(), broken.0);
                None
            }
        }
    }

    /// Writes a file whole or not at all.
    fn keep(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let nth = self.written.fetch_add(1, Ordering::Relaxed);
        let draft = self.folder.join(format!(".{}-{nth}", std::process::id()));
        let mut file = fs::File::create(&draft)?;
        let done = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&draft, path));
        if done.is_err() {
            let _ = fs::remove_file(&draft);
        }
        done
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is next; sleeps while there is nothing to do.
    fn next(&self, is_busy: bool) -> Next {
        let mut orders = self.orders();
        loop {
            if orders.is_closed {
                return Next::Stop;
            } else if let Some(all) = orders.all.take() {
                return Next::All(all);
            } else if let Some(file) = orders.hurried.pop() {
                return Next::Hurried(file);
            } else if is_busy {
                return Next::GoOn;
            }
            orders = self.bell.wait(orders).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn missing(&self, file: &MediaFile) -> Vec<Variant> {
        let is_missing = |variant: &Variant| !self.path_of(file, *variant).exists();
        file.picture().variants().into_iter().filter(is_missing).collect()
    }

    /// Removes what was made of pictures that the content no longer has.
    fn remove_unused(&self, used: &[Arc<MediaFile>]) {
        let used: HashSet<&str> = used.iter().map(|file| file.hash()).collect();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let hash = name.split(['-', '.']).next().unwrap_or_default();
            let is_ours = hash.len() == 10 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_ours && !used.contains(hash) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

enum Next {
    All(Vec<Arc<MediaFile>>),
    Hurried(Arc<MediaFile>),
    GoOn,
    Stop,
}

/// The thread's own side.
struct Worker {
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
    fn new(pictures: Arc<Pictures>) -> Self {
        let now = Instant::now();
        Self { pictures, waiting: VecDeque::new(), failed: HashSet::new(), done: 0, begun: now, told: now }
    }

    fn run(mut self) {
        loop {
            match self.pictures.next(!self.waiting.is_empty()) {
                Next::Stop => return,
                Next::All(all) => self.plan(all),
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

    /// New photos first: those are being looked at.
    fn plan(&mut self, mut all: Vec<Arc<MediaFile>>) {
        self.pictures.remove_unused(&all);
        all.retain(|file| !self.failed.contains(&file.address) && !self.pictures.missing(file).is_empty());
        all.sort_by_key(|file| std::cmp::Reverse(file.modified));
        if !all.is_empty() {
            tracing::info!("{} pictures are being made smaller in the background", all.len());
        }
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
        let made = catch_unwind(AssertUnwindSafe(|| self.make_all(file, &wanted, &mut full)));
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

    fn make_all(
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

impl MediaFile {
    /// Whether it leaves without what it says about its maker, and never as it is on disk.
    pub fn is_cleaned(&self) -> bool {
        self.kind().is_some()
    }

    fn kind(&self) -> Option<Kind> {
        [Kind::Jpeg, Kind::Png, Kind::WebP, Kind::Gif].into_iter().find(|kind| kind.media_type() == self.media_type)
    }
}
