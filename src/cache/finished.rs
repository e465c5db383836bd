//! A finished response as bytes for a socket.
//!
//! A response that is requested again within a second is kept as a file in memory until that second is over: the kernel
//! sends a file without copying (sendfile), and the date header changes every second anyway. Measured in BENCHMARKS.md.

use std::{
    fs::File,
    io::{self, Write},
    sync::{Arc, atomic::Ordering},
    time::{Duration, UNIX_EPOCH},
};

use arc_swap::ArcSwapOption;
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::page::{CachedPage, Encoded, Encoding, SentHead};

/// Most files of one second.
const FILES: usize = 64;
/// Most files at once, each with an open file descriptor: those of this second, and old ones that are still being sent.
/// Further responses are sent from memory.
const OPEN_FILES: usize = 2 * FILES;
/// Smallest body for a file, in bytes: a smaller one is copied faster.
const WORTH_A_FILE: usize = 4 * 1024;
/// Length of the date line and the empty line behind it (RFC 9110, 5.6.7: a date has 29 letters).
const DATE_LINE: usize = 39;

/// A response with status 200.
pub struct Finished {
    pub(super) entry: Arc<CachedPage>,
    pub(super) encoding: Encoding,
    /// Unix time in seconds.
    pub(super) second: u64,
    pub(super) file: Option<Arc<PageFile>>,
}

/// Files of the current second. If two pages have the same slot, the first one keeps it until the second is over.
pub(super) struct PageFiles {
    slots: Box<[ArcSwapOption<PageFile>]>,
    free: Arc<Semaphore>,
}

/// A whole response, head and body, as a file in memory.
pub struct PageFile {
    file: File,
    /// Length in bytes.
    pub length: u64,
    /// Head of the page that was copied. It stays alive, so that no other head can get its memory address.
    head: Arc<SentHead>,
    second: u64,
    /// Permit for an open file. It is returned when the file has been sent to its last client.
    _permit: OwnedSemaphorePermit,
}

impl Default for PageFiles {
    fn default() -> Self {
        let slots = (0..FILES).map(|_| ArcSwapOption::empty()).collect();
        Self { slots, free: Arc::new(Semaphore::new(OPEN_FILES)) }
    }
}

impl PageFiles {
    /// File of this response for that second, if there is one.
    pub(super) fn of_second(&self, encoded: &Encoded, second: u64) -> Option<Arc<PageFile>> {
        let held = self.place(encoded).load();
        let is_it = |file: &&Arc<PageFile>| file.second == second && Arc::ptr_eq(&file.head, &encoded.head);
        held.as_ref().filter(is_it).map(Arc::clone)
    }

    /// Makes a file if the body is large enough and the slot is free.
    pub(super) fn make(&self, encoded: &Encoded, second: u64) -> Option<Arc<PageFile>> {
        let was_asked_for = encoded.head.last_asked.swap(second, Ordering::Relaxed) == second;
        let place = self.place(encoded);
        let is_taken = place.load().as_ref().is_some_and(|file| file.second == second);
        if !was_asked_for || is_taken || encoded.body.len() < WORTH_A_FILE {
            return None;
        }
        let permit = Arc::clone(&self.free).try_acquire_owned().ok()?;
        let file = Arc::new(PageFile::new(encoded, second, permit).ok()?);
        place.store(Some(Arc::clone(&file)));
        Some(file)
    }

    fn place(&self, encoded: &Encoded) -> &ArcSwapOption<PageFile> {
        &self.slots[Arc::as_ptr(&encoded.head).addr() / size_of::<SentHead>() % FILES]
    }
}

impl Finished {
    /// The whole response as a file, if it is requested often enough to have one.
    pub fn file(&self) -> Option<&PageFile> {
        self.file.as_deref()
    }

    /// Status line and headers without the date.
    pub fn head(&self) -> &[u8] {
        &self.entry.encoded(self.encoding).head.bytes
    }

    /// Date header and the end of the headers.
    pub fn date_line(&self) -> [u8; DATE_LINE] {
        date_line(self.second)
    }

    pub fn body(&self) -> &[u8] {
        &self.entry.encoded(self.encoding).body
    }
}

impl PageFile {
    fn new(encoded: &Encoded, second: u64, permit: OwnedSemaphorePermit) -> io::Result<Self> {
        let mut file = memory_file()?;
        let date = date_line(second);
        let parts = [&encoded.head.bytes[..], &date, &encoded.body];
        for part in parts {
            file.write_all(part)?;
        }
        let length = parts.iter().map(|part| part.len() as u64).sum();
        Ok(Self { file, length, head: Arc::clone(&encoded.head), second, _permit: permit })
    }

    /// Sends as much as the socket takes, from offset `sent`, and advances `sent`.
    ///
    /// # Errors
    /// Errors of sendfile(2).
    #[cfg(target_os = "linux")]
    pub fn send(&self, socket: &TcpStream, sent: &mut u64) -> io::Result<usize> {
        let left = usize::try_from(self.length - *sent).unwrap_or(usize::MAX);
        Ok(rustix::fs::sendfile(socket, &self.file, Some(sent), left)?)
    }

    #[cfg(not(target_os = "linux"))]
    pub fn send(&self, _: &TcpStream, _: &mut u64) -> io::Result<usize> {
        Err(io::ErrorKind::InvalidInput.into())
    }
}

#[cfg(target_os = "linux")]
fn memory_file() -> io::Result<File> {
    Ok(rustix::fs::memfd_create("page", rustix::fs::MemfdFlags::CLOEXEC)?.into())
}

#[cfg(not(target_os = "linux"))]
fn memory_file() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

fn date_line(second: u64) -> [u8; DATE_LINE] {
    let mut line = [0; DATE_LINE];
    let date = httpdate::HttpDate::from(UNIX_EPOCH + Duration::from_secs(second));
    // A date always has the same length, so it fits.
    let _ = write!(&mut line[..], "date: {date}\r\n\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_line_has_its_fixed_length() {
        assert_eq!(&date_line(784_111_777), b"date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
    }
}
