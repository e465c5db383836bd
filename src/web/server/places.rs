//! Places for connections: as many as the system has file descriptors for. Where all are taken, connections that wait for
//! a next request are closed for new ones.

use std::{
    fmt::Display,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::{self, Instant},
};

/// Descriptors that connections never get: finished pages, the database, the watcher, files of the log.
const RESERVE: u64 = 128;
/// Trouble that has not been seen for so long is told again.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// How soon one who needs a place asks again. What was asked may be in the middle of an answer.
const IMPATIENCE: Duration = Duration::from_millis(50);

/// Raises the number of files that this process may open as far as it can, and returns how many connections fit into
/// it, at most `wanted`. Every fourth is left for files that are being sent.
pub fn affordable(wanted: usize) -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Refused only where the hard limit is more than the kernel has; then the soft one stays.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let Some(limit) = getrlimit(Resource::Nofile).current else { return wanted };
    let fitting = limit.saturating_sub(RESERVE) / 4 * 3;
    usize::try_from(fitting).unwrap_or(wanted).clamp(1, wanted)
}

pub(super) struct Places {
    free: Arc<Semaphore>,
    total: usize,
    wanted: Notify,
}

impl Places {
    pub(super) fn new(total: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(total)), total, wanted: Notify::new() }
    }

    /// Waits until the place of a quiet connection is wanted. The one that waits longest is called first.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// The same for a connection that is quiet when nothing has `moved` for as long as `idle`.
    pub(super) async fn wanted_while_quiet(&self, moved: &AtomicBool, idle: Duration) {
        loop {
            time::sleep(idle).await;
            if moved.swap(false, Relaxed) {
                continue;
            }
            let mut wanted = pin!(self.wanted());
            while !moved.load(Relaxed) {
                if time::timeout(idle, wanted.as_mut()).await.is_ok() {
                    return;
                }
            }
        }
    }

    pub(super) fn taken(&self) -> usize {
        self.total - self.free.available_permits()
    }

    /// Waits until the last connection is over.
    pub(super) async fn all_free(&self) {
        let _ = self.free.acquire_many(u32::try_from(self.total).unwrap_or(u32::MAX)).await;
    }
}

/// The listener, and what it said of its trouble.
pub(super) struct Door {
    listener: TcpListener,
    places: Arc<Places>,
    last_trouble: Option<Instant>,
}

impl Door {
    pub(super) fn new(listener: TcpListener, places: Arc<Places>) -> Self {
        Self { listener, places, last_trouble: None }
    }

    /// The next connection, with its place.
    pub(super) async fn accept(&mut self) -> (TcpStream, OwnedSemaphorePermit) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    // A page is one write; waiting for more to send with it only delays it.
                    let _ = stream.set_nodelay(true);
                    if let Some(place) = self.place().await {
                        return (stream, place);
                    }
                }
                Err(error) => {
                    self.tell(format_args!("a connection cannot be accepted: {error}"));
                    self.places.wanted.notify_one();
                    time::sleep(IMPATIENCE).await;
                }
            }
        }
    }

    async fn place(&mut self) -> Option<OwnedSemaphorePermit> {
        let free = Arc::clone(&self.places.free);
        if let Ok(place) = Arc::clone(&free).try_acquire_owned() {
            return Some(place);
        }
        let total = self.places.total;
        self.tell(format_args!("all {total} connections are in use, so idle ones are closed for new ones"));
        let mut place = pin!(free.acquire_owned());
        loop {
            self.places.wanted.notify_one();
            if let Ok(place) = time::timeout(IMPATIENCE, place.as_mut()).await {
                return place.ok();
            }
        }
    }

    /// A line in the log for trouble that begins, and none while it goes on.
    fn tell(&mut self, trouble: impl Display) {
        let is_news = self.last_trouble.is_none_or(|last| last.elapsed() > FORGOTTEN);
        self.last_trouble = Some(Instant::now());
        if is_news {
            tracing::warn!("{trouble}");
        }
    }
}
