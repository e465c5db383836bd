//! Cleaned and resized pictures, stored in `data/pictures`, and the queue of pictures to be made.
//!
//! No picture is ever sent from the content folder: each one that is sent is cleaned, and has the hash in its address.

mod worker;

use std::{
    collections::HashSet,
    ffi::OsString,
    fs,
    io::{self, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use tokio::sync::Semaphore;

use crate::{
    content::{
        media::{MediaFile, MediaIndex},
        pictures::{clean, hash},
    },
    domain::{
        limits::{HELPER_POLL, MEDIA_BYTES, PICTURE_TRIES, PICTURES_CLEANED_AT_ONCE},
        picture::{Format, Variant},
    },
};

pub use worker::Working;

/// Signals by which people and systems end programs: SIGHUP, SIGINT, SIGQUIT, SIGTERM. Not caused by a picture.
const ENDING: [i32; 4] = [1, 2, 3, 15];
/// File extensions: a picture is being made (one byte for each try), or cannot be made (the reason).
const MAKING: &str = "making";
const FAILED: &str = "failed";

/// Program that resizes pictures in a process of its own, and its arguments.
type Helper = (PathBuf, Vec<OsString>);

/// The folder with the stored pictures, and the queue of those to make.
#[derive(Debug)]
pub struct Pictures {
    folder: PathBuf,
    helper: OnceLock<Helper>,
    helping: Mutex<Option<Child>>,
    orders: Mutex<Orders>,
    bell: Condvar,
    cleaners: Semaphore,
    /// Counter for the names of files that are being written.
    written: AtomicU64,
}

/// Pictures for the worker.
#[derive(Debug, Default)]
struct Orders {
    /// All pictures of the content, after it has changed.
    pub all: Option<Vec<Arc<MediaFile>>>,
    /// Pictures that a request is waiting for.
    pub hurried: Vec<Arc<MediaFile>>,
    is_closed: bool,
}

/// A picture without personal metadata.
#[derive(Debug)]
pub enum Cleaned {
    /// A stored file.
    Kept(PathBuf),
    /// Bytes, if no file could be written or the picture is not turned yet.
    Bytes(Vec<u8>),
}

impl Pictures {
    /// Touches no files; the folder is made with the first file.
    pub fn new(data: &Path) -> Arc<Self> {
        Arc::new(Self {
            folder: data.join("pictures"),
            helper: OnceLock::new(),
            helping: Mutex::default(),
            orders: Mutex::default(),
            bell: Condvar::new(),
            cleaners: Semaphore::new(PICTURES_CLEANED_AT_ONCE),
            written: AtomicU64::new(0),
        })
    }

    /// Runs the work in a process of its own, which frees its memory at the end: what decoders leave behind in a
    /// long-running process is more than the rest of a site takes. The program must make everything that is missing, as
    /// [`Pictures::make_all`] does, and end.
    pub fn leave_to(&self, program: PathBuf, arguments: Vec<OsString>) {
        let _ = self.helper.set((program, arguments));
    }

    /// Gives the worker the current content: what is missing will be made, what is unused will be removed.
    pub fn follow(&self, media: &MediaIndex) {
        self.orders().all = Some(pictures_of(media));
        self.bell.notify_all();
    }

    /// Moves a picture that a reader is waiting for to the front.
    pub fn hurry(&self, file: &Arc<MediaFile>) {
        let mut orders = self.orders();
        if !orders.hurried.iter().any(|other| other.address == file.address) {
            orders.hurried.push(Arc::clone(file));
            self.bell.notify_all();
        }
    }

    /// Path of a smaller version; it may not exist yet.
    pub fn path_of(&self, file: &MediaFile, variant: Variant) -> PathBuf {
        let width = if file.picture().is_whole(variant) { String::new() } else { format!("-{}", variant.width) };
        self.folder.join(format!("{}{width}.{}", file.hash(), variant.format.ending()))
    }

    /// True if this file cannot be resized; the reason is stored.
    pub fn has_failed(&self, file: &MediaFile) -> bool {
        self.note(file, FAILED).exists()
    }

    fn note(&self, file: &MediaFile, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", file.hash()))
    }

    /// Records that a picture is being made. `false`: all earlier tries ended the program.
    fn begin(&self, file: &MediaFile) -> io::Result<bool> {
        fs::create_dir_all(&self.folder)?;
        let note = self.note(file, MAKING);
        if fs::metadata(&note).is_ok_and(|note| note.len() >= PICTURE_TRIES) {
            return Ok(false);
        }
        fs::OpenOptions::new().create(true).append(true).open(note)?.write_all(b".")?;
        Ok(true)
    }

    fn end(&self, file: &MediaFile) {
        let _ = fs::remove_file(self.note(file, MAKING));
    }

    /// Stores why a picture cannot be resized. The hash changes with the file and with the processing.
    fn fail(&self, file: &MediaFile, reason: &str) {
        self.end(file);
        if let Err(error) = self.keep(&self.note(file, FAILED), reason.as_bytes()) {
            tracing::warn!("{} is tried again after the next start: {error}", file.path.display());
        }
    }

    /// Marks as failed the picture that a process was making when it died. `false`: there was none.
    fn blame(&self, how: &str) -> bool {
        let mut has_found = false;
        for path in self.files().filter(|path| path.extension().is_some_and(|ending| ending == MAKING)) {
            let kept = self.keep(&path.with_extension(FAILED), format!("its process ended with {how}").as_bytes());
            has_found |= kept.and_then(|()| fs::remove_file(&path)).is_ok();
        }
        has_found
    }

    fn files(&self) -> impl Iterator<Item = PathBuf> {
        fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path())
    }

    /// The whole picture, cleaned. `None`: the file has changed since its address was made, or cannot be cleaned.
    pub async fn cleaned(self: &Arc<Self>, file: &Arc<MediaFile>) -> Option<Cleaned> {
        let path = self.cleaned_path(file, file.file_format()?);
        if tokio::fs::try_exists(&path).await.unwrap_or(false) {
            return Some(Cleaned::Kept(path));
        }
        if file.remade {
            self.hurry(file);
        }
        let _one_of_few = self.cleaners.acquire().await.ok()?;
        let (pictures, file) = (Arc::clone(self), Arc::clone(file));
        let made = tokio::task::spawn_blocking(move || {
            let cleaned = pictures.clean(&file)?;
            if file.remade {
                return Some(Cleaned::Bytes(cleaned));
            }
            match pictures.keep(&path, &cleaned) {
                Ok(()) => Some(Cleaned::Kept(path)),
                Err(error) => {
                    tracing::warn!(
                        "{} cannot be written, so pictures are cleaned again each time: {error}",
                        path.display()
                    );
                    Some(Cleaned::Bytes(cleaned))
                }
            }
        });
        made.await.ok().flatten()
    }

    fn cleaned_path(&self, file: &MediaFile, format: Format) -> PathBuf {
        self.note(file, format.ending())
    }

    /// Reads and cleans a file if it is unchanged since it was looked at.
    fn clean(&self, file: &MediaFile) -> Option<Vec<u8>> {
        fs::metadata(&file.path).ok().filter(|now| now.len() <= MEDIA_BYTES)?;
        let bytes = fs::read(&file.path).ok().filter(|bytes| hash(bytes) == file.hash())?;
        let cleaned = clean(file.file_format()?, &bytes);
        let path = file.path.display();
        cleaned
            .inspect_err(|broken| tracing::warn!("{path} is not sent because it is damaged: {broken}. Save it again."))
            .ok()
    }

    /// Writes a file completely or not at all.
    fn keep(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let nth = self.written.fetch_add(1, Ordering::Relaxed);
        let draft = self.folder.join(format!("{}{nth}", draft_start(std::process::id())));
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

    /// Takes the orders, and waits for the first one unless the worker is busy. `None`: the work ends.
    fn next(&self, is_busy: bool) -> Option<Orders> {
        let is_quiet =
            |orders: &mut Orders| !is_busy && !orders.is_closed && orders.all.is_none() && orders.hurried.is_empty();
        let orders = self.bell.wait_while(self.orders(), is_quiet);
        let mut orders = orders.unwrap_or_else(PoisonError::into_inner);
        (!orders.is_closed).then(|| std::mem::take(&mut *orders))
    }

    /// Ends the work, that of the helper too.
    fn close(&self) {
        self.orders().is_closed = true;
        self.bell.notify_all();
        self.end_helper();
    }

    fn helper(&self) -> Option<&Helper> {
        self.helper.get()
    }

    /// Runs the helper to its end. Returns how it has failed, unless it was asked to stop.
    #[expect(clippy::disallowed_methods, reason = "the thread waits for a child and serves nobody")]
    fn run_helper(&self, (program, arguments): &Helper) -> io::Result<Option<String>> {
        let mut command = Command::new(program);
        // A process group of its own: Ctrl-C is for the site. The pipe closes whenever this process ends, and the
        // helper then ends too.
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
        // Freed memory goes back at once, or a 16-bit picture takes 700 MB instead of 600.
        command.env("MIMALLOC_PURGE_DELAY", "0");
        *self.helping() = Some(command.spawn()?);
        loop {
            // If `is_closed` was set before the helper started, only this check ends it.
            if self.orders().is_closed {
                self.end_helper();
            }
            let ended = self.helping().as_mut().map(Child::try_wait);
            match ended {
                Some(Ok(None)) => thread::sleep(HELPER_POLL),
                Some(Ok(Some(status))) => return Ok(is_death(status).then(|| status.to_string())),
                Some(Err(error)) => return Ok(Some(error.to_string())),
                None => return Ok(None),
            }
        }
    }

    fn end_helper(&self) {
        if let Some(mut child) = self.helping().take() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
            let drafts = draft_start(child.id());
            for path in self.files() {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if name.starts_with(&drafts) || name.ends_with(MAKING) {
                    let _ = fs::remove_file(&path);
                }
            }
        }
    }

    fn helping(&self) -> MutexGuard<'_, Option<Child>> {
        self.helping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Versions that are still to be made; none if the picture cannot be resized.
    fn missing(&self, file: &MediaFile) -> Vec<Variant> {
        if self.has_failed(file) {
            return Vec::new();
        }
        let is_missing = |variant: &Variant| !self.path_of(file, *variant).exists();
        let picture = file.picture();
        let whole = picture.size.filter(|_| file.remade).map(|(width, _)| Variant { width, format: Format::WebP });
        picture.variants().into_iter().chain(whole).filter(is_missing).collect()
    }

    /// Removes the files made of pictures that are no longer in the content.
    fn remove_unused(&self, used: &[Arc<MediaFile>]) {
        let used: HashSet<&str> = used.iter().map(|file| file.hash()).collect();
        for path in self.files() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let hash = name.split(['-', '.']).next().unwrap_or_default();
            let is_ours = hash.len() == 10 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_ours && !used.contains(hash) {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

/// True if a process failed without being asked to stop.
fn is_death(status: ExitStatus) -> bool {
    !status.success() && !status.signal().is_some_and(|signal| ENDING.contains(&signal))
}

/// Prefix of the names of files that a process is still writing.
fn draft_start(process: u32) -> String {
    format!(".{process}-")
}

fn pictures_of(media: &MediaIndex) -> Vec<Arc<MediaFile>> {
    media.files().filter(|file| file.is_cleaned()).cloned().collect()
}

impl MediaFile {
    /// True if the file is sent without personal metadata, and never as it is on disk.
    pub fn is_cleaned(&self) -> bool {
        self.file_format().is_some()
    }

    fn file_format(&self) -> Option<Format> {
        Format::of_media_type(&self.media_type)
    }
}
