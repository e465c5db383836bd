//! Slots for connections: as many as the file descriptors of the system allow. If all are taken, idle connections are
//! closed for new ones.

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

use super::quiet;

/// Descriptors reserved for finished pages (`cache::finished`), the database, the watcher and log files.
const RESERVE: u64 = 192;
/// Time without a problem after which it is logged again.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// Interval for asking idle connections to close. A connection that was asked may still be sending a response.
const IMPATIENCE: Duration = Duration::from_millis(50);

/// Raises the limit of open files as far as possible, and returns how many connections fit into it, at most `wanted`.
/// A quarter is left for files that are being sent.
pub fn affordable(wanted: usize) -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Fails only if the hard limit is above the kernel's; then the soft limit stays.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let Some(limit) = getrlimit(Resource::Nofile).current else { return wanted };
    let fitting = limit.saturating_sub(RESERVE) / 4 * 3;
    usize::try_from(fitting).unwrap_or(wanted).clamp(1, wanted)
}

pub(super) struct Slots {
    free: Arc<Semaphore>,
    total: usize,
    wanted: Notify,
}

impl Slots {
    pub(super) fn new(total: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(total)), total, wanted: Notify::new() }
    }

    /// Waits until the slot of an idle connection is needed. The one that has waited longest is woken first.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Like [`Self::wanted`], for a connection on which nothing has moved for `idle`.
    pub(super) async fn wanted_after(&self, idle: Duration) {
        time::sleep(idle).await;
        self.wanted().await;
    }

    /// Waits until the slot is needed and nothing has `moved` on the connection for `idle`.
    pub(super) async fn wanted_while_quiet(&self, moved: &AtomicBool, idle: Duration) {
        loop {
            quiet(moved, idle).await;
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

    /// Waits until the last connection has ended.
    pub(super) async fn all_free(&self) {
        let _ = self.free.acquire_many(u32::try_from(self.total).unwrap_or(u32::MAX)).await;
    }
}

/// The listener, and the time of its last problem.
pub(super) struct Listener {
    listener: TcpListener,
    slots: Arc<Slots>,
    last_trouble: Option<Instant>,
}

impl Listener {
    pub(super) fn new(listener: TcpListener, slots: Arc<Slots>) -> Self {
        Self { listener, slots, last_trouble: None }
    }

    /// Next connection, with its slot.
    pub(super) async fn accept(&mut self) -> (TcpStream, OwnedSemaphorePermit) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    // A page is one write; Nagle's algorithm would only delay it.
                    let _ = stream.set_nodelay(true);
                    if let Some(slot) = self.slot().await {
                        return (stream, slot);
                    }
                }
                Err(error) => {
                    self.tell(format_args!("a connection cannot be accepted: {error}"));
                    self.slots.wanted.notify_one();
                    time::sleep(IMPATIENCE).await;
                }
            }
        }
    }

    async fn slot(&mut self) -> Option<OwnedSemaphorePermit> {
        let free = Arc::clone(&self.slots.free);
        if let Ok(slot) = Arc::clone(&free).try_acquire_owned() {
            return Some(slot);
        }
        let total = self.slots.total;
        self.tell(format_args!("all {total} connections are in use, so idle ones are closed for new ones"));
        let mut slot = pin!(free.acquire_owned());
        loop {
            self.slots.wanted.notify_one();
            if let Ok(slot) = time::timeout(IMPATIENCE, slot.as_mut()).await {
                return slot.ok();
            }
        }
    }

    /// Logs a problem once when it begins, and not while it lasts.
    fn tell(&mut self, trouble: impl Display) {
        let is_news = self.last_trouble.is_none_or(|last| last.elapsed() > FORGOTTEN);
        self.last_trouble = Some(Instant::now());
        if is_news {
            tracing::warn!("{trouble}");
        }
    }
}
