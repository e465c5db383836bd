//! Noticing that the author saved a file.

use std::{
    collections::HashSet,
    fs,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use notify::{
    Config, ErrorKind, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode, MetadataKind, ModifyKind},
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
/// Most links on the way of one path, as in Linux (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Why a folder cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("{0}. Changed files go live after a restart; INSTEP_WATCH=poll may help")]
pub struct WatchError(#[from] notify::Error);

/// All that must be watched so that no change of the content is missed. Paths are absolute and lead over no link: a
/// link that is switched makes other paths of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Folders of the content.
    pub folders: HashSet<PathBuf>,
    /// Links, and what they lead to, in folders of others.
    names: HashSet<PathBuf>,
}

impl Scope {
    /// Adds every link on the way of a path, and the end of that way, whether anything is there or not.
    pub fn add(&mut self, path: &Path) {
        let mut way = PathBuf::new();
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let parts = |path: &Path| path.components().rev().map(|part| part.as_os_str().to_owned()).collect::<Vec<_>>();
        let (mut rest, mut links) = (parts(&whole), 0);
        while let Some(part) = rest.pop() {
            match Path::new(&part).components().next() {
                Some(Component::ParentDir) => drop(way.pop()),
                Some(Component::CurDir) | None => {}
                // A path from the root takes the place of what was there.
                Some(_) => way.push(&part),
            }
            if let Ok(target) = fs::read_link(&way)
                && links < MOST_LINKS
            {
                links += 1;
                self.names.insert(way.clone());
                way.pop();
                rest.extend(parts(&target));
            }
        }
        self.names.insert(way);
    }

    fn concerns(&self, path: &Path) -> bool {
        let is_in_folder = || path.parent().is_some_and(|folder| self.folders.contains(folder));
        self.names.contains(path) || self.folders.contains(path) || is_in_folder()
    }
}

/// Watches folders until dropped.
pub struct Watcher {
    events: mpsc::UnboundedReceiver<()>,
    /// Something has changed and nobody has been told. Whoever waits may stop waiting in the middle.
    is_pending: bool,
    scope: Arc<ArcSwap<Scope>>,
    watched: HashSet<PathBuf>,
    /// Paths that were deleted or renamed: the system watches them no longer, even if they are there again.
    lost: Arc<Mutex<Vec<PathBuf>>>,
    watcher: Box<dyn notify::Watcher + Send>,
}

impl Watcher {
    /// Watches through the kernel, or by looking (`poll`). First only `others`, with all that is in them.
    ///
    /// # Errors
    /// The system lets us watch no more.
    pub fn start(others: &[&Path], poll: bool) -> Result<Self, WatchError> {
        let (sender, events) = mpsc::unbounded_channel();
        let (scope, lost) = (Arc::<ArcSwap<Scope>>::default(), Arc::<Mutex<Vec<PathBuf>>>::default());
        let others: Vec<PathBuf> = others.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
        let (in_scope, lose, in_others) = (Arc::clone(&scope), Arc::clone(&lost), others.clone());
        let tell = move |event: notify::Result<Event>| {
            // An error (an overflow, say) may hide a change, so look as well.
            let is_change = event.map_or(true, |event| {
                if matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))) {
                    lose.lock().unwrap_or_else(PoisonError::into_inner).extend(event.paths.iter().cloned());
                }
                let scope = in_scope.load();
                let concerns =
                    |path: &PathBuf| scope.concerns(path) || in_others.iter().any(|folder| path.starts_with(folder));
                is_change(&event) && (event.paths.is_empty() || event.paths.iter().any(concerns))
            });
            if is_change {
                let _ = sender.send(());
            }
        };
        let config = Config::default().with_poll_interval(POLL).with_compare_contents(false);
        let mut watcher: Box<dyn notify::Watcher + Send> = if poll {
            Box::new(PollWatcher::new(tell, config)?)
        } else {
            Box::new(RecommendedWatcher::new(tell, config)?)
        };
        for folder in others {
            watcher.watch(&folder, RecursiveMode::Recursive)?;
        }
        Ok(Self { events, is_pending: false, scope, watched: HashSet::new(), lost, watcher })
    }

    /// Watches what is in the scope and nothing else. True if something is new in it, which may have changed before.
    ///
    /// # Errors
    /// The system lets us watch no more.
    pub fn follow(&mut self, scope: &Scope) -> Result<bool, WatchError> {
        let lost = std::mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner));
        self.watched.retain(|folder| !lost.iter().any(|lost| folder.starts_with(lost)));
        self.scope.store(Arc::new(scope.clone()));
        let around = scope.names.iter().filter_map(|name| name.parent()).map(Path::to_owned);
        let wanted: HashSet<PathBuf> = scope.folders.iter().cloned().chain(around).collect();
        for folder in self.watched.difference(&wanted) {
            let _ = self.watcher.unwatch(folder);
        }
        self.watched.retain(|folder| wanted.contains(folder));
        let mut is_other = false;
        for folder in wanted {
            if self.watched.contains(&folder) {
                continue;
            }
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => is_other |= self.watched.insert(folder),
                // It is gone, which is an event in the folder above.
                Err(error) if matches!(error.kind, ErrorKind::PathNotFound) => {}
                Err(error) if matches!(&error.kind, ErrorKind::Io(io) if io.kind() == std::io::ErrorKind::NotFound) => {
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(is_other)
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

    /// Makes [`Watcher::changed`] come back at once.
    pub fn look_again(&mut self) {
        self.is_pending = true;
    }
}

/// Our own reading is an event as well, and must not make us read again.
fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(MetadataKind::AccessTime)) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_scope_has_every_link_on_the_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("is there");
        fs::create_dir_all(root.join("releases/1/posts")).expect("makes");
        fs::write(root.join("releases/1/posts/a.md"), "").expect("writes");
        symlink("releases/1", root.join("current")).expect("links");
        symlink(root.join("current/posts"), root.join("posts")).expect("links");
        symlink("loop", root.join("loop")).expect("links");
        for (path, expected) in [
            ("current/posts/a.md", &["current", "releases/1/posts/a.md"][..]),
            ("posts/./a.md", &["posts", "current", "releases/1/posts/a.md"]),
            ("posts/../b", &["posts", "current", "releases/1/b"]),
            ("releases/2", &["releases/2"]),
            ("loop", &["loop"]),
        ] {
            let mut scope = Scope::default();
            scope.add(&root.join(path));
            assert_eq!(scope.names, expected.iter().map(|name| root.join(name)).collect(), "{path}");
        }
    }
}
