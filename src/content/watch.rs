//! Noticing that the author saved a file.

use std::{path::Path, time::Duration};

use notify::{
    Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode, ModifyKind},
};
use tokio::{sync::mpsc, time};

/// An editor saves in several steps (truncate, write, rename), one right behind the other; they are over when nothing
/// happened for so long. A tenth of a second is all there is from saved to live, so it is short; what was read too early
/// is read again.
const QUIET: Duration = Duration::from_millis(15);
/// But a folder that never rests (a copy of a thousand files) is looked at all the same.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often network folders are looked at.
const POLL: Duration = Duration::from_secs(1);

/// Why a folder cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("{0}. Changed files go live after a restart; INSTEP_WATCH=poll may help")]
pub struct WatchError(#[from] notify::Error);

/// Watches a folder until dropped.
pub struct Watcher {
    events: mpsc::UnboundedReceiver<()>,
    /// Something has changed and nobody has been told. Whoever waits may stop waiting in the middle.
    is_pending: bool,
    _watcher: Box<dyn notify::Watcher + Send>,
}

impl Watcher {
    /// Watches everything below some folders: through the kernel, or by looking (`poll`).
    ///
    /// # Errors
    /// The system lets us watch no more.
    pub fn start(folders: &[&Path], poll: bool) -> Result<Self, WatchError> {
        let (sender, events) = mpsc::unbounded_channel();
        let tell = move |event: notify::Result<Event>| {
            // An error (an overflow, say) may hide a change, so look as well.
            if event.as_ref().map_or(true, is_change) {
                let _ = sender.send(());
            }
        };
        let config = Config::default().with_poll_interval(POLL).with_compare_contents(false);
        let mut watcher: Box<dyn notify::Watcher + Send> = if poll {
            Box::new(PollWatcher::new(tell, config)?)
        } else {
            Box::new(RecommendedWatcher::new(tell, config)?)
        };
        for folder in folders {
            watcher.watch(folder, RecursiveMode::Recursive)?;
        }
        Ok(Self { events, is_pending: false, _watcher: watcher })
    }

    /// Waits until something has changed and the folder has come to rest. A wait that is given up loses nothing.
    pub async fn changed(&mut self) {
        if !self.is_pending && self.events.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        self.is_pending = true;
        let deadline = time::Instant::now() + PATIENCE;
        while let Ok(Some(())) = time::timeout_at(deadline.min(time::Instant::now() + QUIET), self.events.recv()).await
        {
        }
        self.is_pending = false;
    }
}

/// Our own reading is an event as well, and must not make us read again.
fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(notify::event::MetadataKind::AccessTime)) => {
            false
        }
        _ => true,
    }
}
