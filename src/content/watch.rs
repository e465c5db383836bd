//! Notices when the author saves a file.

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

/// Pause after which a save is complete: editors save in several quick steps (truncate, write, rename). A save must be
/// live within a tenth of a second, so this is short; a file that was read too early is read again.
const QUIET: Duration = Duration::from_millis(15);
/// Longest wait for that pause: while a thousand files are copied, there is none.
const PATIENCE: Duration = Duration::from_millis(500);
/// Interval between looks at network folders.
const POLL: Duration = Duration::from_secs(1);
/// Most links on one path, as in Linux (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Reason why a folder cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("{0}. Changed files go live after a restart; INSTEP_WATCH=poll may help")]
pub struct WatchError(#[from] notify::Error);

/// All paths that must be watched so that no change of the content is missed. They are absolute and have no links in
/// them: a link that is switched gives other paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Folders of the content.
    pub folders: HashSet<PathBuf>,
    /// Links and their targets in other folders.
    names: HashSet<PathBuf>,
}

impl Scope {
    /// Adds every link on a path, and the path's target, even if nothing is there.
    pub fn add(&mut self, path: &Path) {
        let mut way = PathBuf::new();
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let parts = |path: &Path| path.components().rev().map(|part| part.as_os_str().to_owned()).collect::<Vec<_>>();
        let (mut rest, mut links) = (parts(&whole), 0);
        while let Some(part) = rest.pop() {
            match Path::new(&part).components().next() {
                Some(Component::ParentDir) => drop(way.pop()),
                Some(Component::CurDir) | None => {}
                // An absolute path replaces what was there.
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
    /// True if a change is not reported yet. The waiting task may be cancelled.
    is_pending: bool,
    scope: Arc<ArcSwap<Scope>>,
    watched: HashSet<PathBuf>,
    /// Paths that were deleted or renamed: the system no longer watches them, even if they exist again.
    lost: Arc<Mutex<Vec<PathBuf>>>,
    watcher: Box<dyn notify::Watcher + Send>,
}

impl Watcher {
    /// Watches through the kernel, or by polling (`poll`). At first only `others`, recursively.
    ///
    /// # Errors
    /// The system allows no more watches.
    pub fn start(others: &[&Path], poll: bool) -> Result<Self, WatchError> {
        let (sender, events) = mpsc::unbounded_channel();
        let (scope, lost) = (Arc::<ArcSwap<Scope>>::default(), Arc::<Mutex<Vec<PathBuf>>>::default());
        let others: Vec<PathBuf> = others.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
        let (in_scope, lose, in_others) = (Arc::clone(&scope), Arc::clone(&lost), others.clone());
        let tell = move |event: notify::Result<Event>| {
            // Our own reading makes an event for each folder.
            if event.as_ref().is_ok_and(|event| !is_change(event)) {
                return;
            }
            // An error (an overflow, say) may hide a change, so it counts as one.
            let is_change = event.map_or(true, |event| {
                if matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))) {
                    lose.lock().unwrap_or_else(PoisonError::into_inner).extend(event.paths.iter().cloned());
                }
                let scope = in_scope.load();
                let concerns =
                    |path: &PathBuf| scope.concerns(path) || in_others.iter().any(|folder| path.starts_with(folder));
                event.paths.is_empty() || event.paths.iter().any(concerns)
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

    /// Watches the paths of the scope and no others. True if a path is new: it may have changed before.
    ///
    /// # Errors
    /// The system allows no more watches.
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

    /// Waits for a change, and then for a pause. If the wait is cancelled, no change is lost.
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

    /// Makes [`Watcher::changed`] return at once.
    pub fn look_again(&mut self) {
        self.is_pending = true;
    }
}

/// True for a change. Our own reading is no change, or we would read again and again.
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
