//! Updates of a running site: the author saves a file, a date is reached, another process changes a comment.

use std::{collections::HashSet, io, path::Path, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Notify, task, time};

use crate::{
    app::{App, Clock, Mode, StartError, UNINDEXED_TAG},
    assets::Assets,
    config::{Config, Watch},
    content::{Library, Loader, Scope, Snapshot, Watcher},
    domain::{
        address, clock,
        entry::{GONE_TAG, Post},
        problem::{self, Problem, Severity},
        search::SearchIndex,
        words::counted,
    },
    store::{Forgotten, Stale, Store},
    web::Site,
};

/// Time between two looks for changes by other processes: short enough for "within a second", and one small query each.
const POLL: Duration = Duration::from_millis(250);
/// Longest sleep before it is checked if the system's clock was set.
const LONGEST_SLEEP: SignedDuration = SignedDuration::from_mins(1);

/// Pause before the rest of a large site is rendered: readers who ask for the changed page come first.
const READERS_FIRST: Duration = Duration::from_millis(50);

/// Pause before a retry, or a failing build loops.
const REST: Duration = Duration::from_secs(1);

/// Number of newest posts whose pages are made before the first request.
const WARMED: usize = 20;

/// Time between two deletions of old data.
const FORGET_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Tasks that keep an [`App`] current while [`Keepers::run`] runs.
pub struct Keepers {
    app: App,
    loader: Loader,
    library: Arc<Library>,
    watcher: Option<Watcher>,
    /// Content of site.toml when the site started.
    site_toml: Option<Vec<u8>>,
    revision: i64,
}

/// Loads the content and builds the site; the returned keepers then keep it current.
///
/// # Errors
/// The content folder cannot be read, or the database does not answer.
pub async fn build(config: Config, mode: Mode, store: Store, clock: Clock) -> Result<(App, Keepers), StartError> {
    let mut loader = loader(&config, &clock);
    let unreadable = |source| StartError::Content { folder: config.content.display().to_string(), source };
    let watcher = watch(&config, mode, &loader.scope().map_err(unreadable)?);
    let library = Arc::new(loader.read().map_err(unreadable)?);
    let snapshot = Snapshot::build(&library, clock.now(), mode.dev);
    let revision = store.revision().await?;
    let app = App::build(config, mode, store, clock, snapshot).await?;
    let site_toml = read_site_toml(&app);
    Ok((app.clone(), Keepers { app, loader, library, watcher, site_toml, revision }))
}

impl Keepers {
    /// Runs until dropped. `site` makes the pages that must be ready before the first request.
    pub async fn run(self, site: Site) {
        let Self { app, loader, library, watcher, site_toml, revision } = self;
        let (swapped, settled) = (Notify::new(), Notify::new());
        tokio::join!(
            keep_content(&app, loader, library, watcher, site_toml, &swapped),
            keep_index(&app, &swapped, &settled),
            keep_warm(&app, &site, &settled),
            keep_comments(&app, revision, &settled),
            forget_expired(&app),
        );
    }
}

/// Builds a new snapshot when a file changes or a date is reached.
async fn keep_content(
    app: &App,
    mut loader: Loader,
    mut library: Arc<Library>,
    mut watcher: Option<Watcher>,
    mut site_toml: Option<Vec<u8>>,
    swapped: &Notify,
) {
    app.pictures.follow(&library.media);
    // Dropped with this future, which ends the thread.
    let _working = app.pictures.start().inspect_err(|error| tracing::error!("no picture can be resized: {error}"));
    if !library.is_finished {
        (loader, library) = finish(app, loader, library).await;
        log(library.problems.iter());
    }
    swapped.notify_one();
    loop {
        let before = app.snapshot();
        let is_read_again = tokio::select! {
            () = changed(&mut watcher) => true,
            () = reached(app, before.next_change) => false,
        };
        if is_read_again {
            let loaded;
            (loader, loaded) = load(app, loader, Loader::read).await;
            let Some(loaded) = loaded else { continue };
            library = loaded;
            follow(&mut watcher, &library.scope);
        }
        if let Err(panic) = swap(app, &library).await {
            tracing::error!("the pages could not be built, so the site stays as it was: {panic}");
            time::sleep(REST).await;
            continue;
        }
        app.cache.purge_everything();
        if is_read_again {
            follow_assets(app).await;
        }
        if !library.is_finished {
            (loader, library) = finish(app, loader, library).await;
        }
        swapped.notify_one();
        if is_read_again {
            app.pictures.follow(&library.media);
            report(&before, &app.snapshot(), &library);
            let by_now = read_site_toml(app);
            if site_toml != by_now {
                site_toml = by_now;
                match app.config.site_by_now() {
                    Ok(_) => tracing::warn!("site.toml has changed; restart the site to apply the change"),
                    Err(error) => tracing::error!("site.toml has an error, so the site would not start again: {error}"),
                }
            }
        }
    }
}

/// Runs a step of loading in a thread of its own. If it fails, logs the error and returns no library.
async fn load(
    app: &App,
    mut loader: Loader,
    step: impl FnOnce(&mut Loader) -> io::Result<Library> + Send + 'static,
) -> (Loader, Option<Arc<Library>>) {
    match task::spawn_blocking(move || (step(&mut loader), loader)).await {
        Ok((Ok(library), loader)) => (loader, Some(Arc::new(library))),
        Ok((Err(error), loader)) => {
            tracing::error!("the content folder cannot be read, so the site stays as it was: {error}");
            (loader, None)
        }
        Err(panic) => {
            tracing::error!("the content could not be read, so the site stays as it was: {panic}");
            (self::loader(&app.config, &app.clock), None)
        }
    }
}

/// Finishes a library that readers see already. Pages are purged only if something on them is different.
async fn finish(app: &App, loader: Loader, library: Arc<Library>) -> (Loader, Arc<Library>) {
    time::sleep(READERS_FIRST).await;
    let (loader, finished) = load(app, loader, |loader| Ok(loader.finish())).await;
    let Some(finished) = finished else { return (loader, library) };
    if let Err(panic) = swap(app, &finished).await {
        tracing::error!("the pages could not be built, so the site stays as it was: {panic}");
    } else if !finished.looks_like(&library) {
        app.cache.purge_everything();
    }
    (loader, finished)
}

fn read_site_toml(app: &App) -> Option<Vec<u8>> {
    std::fs::read(app.config.content.join("site.toml")).ok()
}

/// Replaces the snapshot by a new one. Until the cache is purged, cached pages show the old one: purge it at once.
async fn swap(app: &App, library: &Arc<Library>) -> Result<(), task::JoinError> {
    let (library, again) = (Arc::clone(library), app.clone());
    let build = move || Snapshot::build(&library, again.clock.now(), again.mode.dev);
    app.set_snapshot(task::spawn_blocking(build).await?);
    Ok(())
}

/// Replaces style sheet, fonts and icons if their files have changed.
async fn follow_assets(app: &App) {
    let again = app.clone();
    let build = move || {
        let assets = Assets::build(&again.config.content, again.mode.dev, &again.config.site);
        if !assets.is_same(&again.assets()) {
            again.set_assets(assets);
            again.cache.purge_everything();
        }
    };
    if let Err(panic) = task::spawn_blocking(build).await {
        tracing::error!("the style sheet could not be put together, so it stays as it was: {panic}");
    }
}

fn loader(config: &Config, clock: &Clock) -> Loader {
    let clock = clock.clone();
    Loader::new(config.content.clone(), config.site.rules(), config.site.texts).with_clock(move || clock.now())
}

/// Watches the content, and in `--dev` mode the static files. Starts before the first load, so that no change is
/// missed.
fn watch(config: &Config, mode: Mode, scope: &Scope) -> Option<Watcher> {
    let designed = Some(Path::new("static")).filter(|folder| mode.dev && folder.is_dir());
    let started = Watcher::start(designed.as_slice(), config.watch == Watch::Poll);
    let followed = started.and_then(|mut watcher| watcher.follow(scope).map(|_| watcher));
    followed.inspect_err(|error| tracing::warn!("the content folder cannot be watched: {error}")).ok()
}

/// Watches the folders that exist now. Files in a new folder may have changed before it was watched, so it is read
/// again.
fn follow(watcher: &mut Option<Watcher>, scope: &Scope) {
    let Some(watcher) = watcher else { return };
    match watcher.follow(scope) {
        Ok(true) => watcher.look_again(),
        Ok(false) => {}
        Err(error) => tracing::warn!("a part of the content folder cannot be watched: {error}"),
    }
}

async fn changed(watcher: &mut Option<Watcher>) {
    match watcher {
        Some(watcher) => watcher.changed().await,
        None => std::future::pending().await,
    }
}

/// Deletes, now and every hour, the data that must not be kept any longer.
async fn forget_expired(app: &App) {
    loop {
        let now = app.clock.now();
        let forgotten = app.store.forget_expired(now).await;
        match &forgotten {
            Ok(forgotten) if *forgotten == Forgotten::default() => {}
            Ok(Forgotten { addresses, networks, refusals, spam, trash }) => tracing::info!(
                addresses,
                networks,
                refusals,
                spam,
                trash,
                "expired fingerprints, refused comments, spam and trash were deleted"
            ),
            Err(error) => tracing::error!("old data cannot be deleted; the site tries again later: {error}"),
        }
        // After an error it tries again soon: the disk may have room by then.
        let pause = if forgotten.is_ok() { FORGET_EVERY } else { LONGEST_SLEEP };
        reached(app, Some(now + pause)).await;
    }
}

/// Sleeps until the next date at which content appears or expires, or until the clock is set back: dates computed with
/// the old time would be too late.
async fn reached(app: &App, next_change: Option<Timestamp>) {
    let mut before = app.clock.now();
    loop {
        let now = app.clock.now();
        let left = next_change.map_or(LONGEST_SLEEP, |next| next.duration_since(now));
        if !left.is_positive() || before > clock::latest(now) {
            return;
        }
        before = now;
        time::sleep(left.min(LONGEST_SLEEP).unsigned_abs()).await;
    }
}

/// Logs that a change has arrived. Problems that existed before were logged before.
fn report(before: &Snapshot, after: &Snapshot, library: &Library) {
    let known: HashSet<&Problem> = before.problems.iter().collect();
    let [posts, ..] = after.counts.words();
    let problems = counted(library.problems.len(), "problem", "problems");
    tracing::info!("the content was read again: {posts}, {problems}");
    log(library.problems.iter().filter(|problem| !known.contains(problem)));
}

/// Writes the worst problems to the log, and the number of the others.
pub fn log<'a>(problems: impl Iterator<Item = &'a Problem>) {
    let (worst, more) = problem::worst(problems);
    for problem in worst {
        match problem.severity {
            Severity::Error => tracing::error!("{problem}"),
            Severity::Warning => tracing::warn!("{problem}"),
        }
    }
    if let Some(more) = more {
        tracing::warn!("{more}");
    }
}

/// Builds the indexes after each snapshot. If several snapshots arrive meanwhile, only the newest counts.
async fn keep_index(app: &App, swapped: &Notify, settled: &Notify) {
    loop {
        swapped.notified().await;
        index(app, app.snapshot()).await;
        settled.notify_one();
    }
}

/// Updates the search index after a snapshot. Until it is done, the previous one is used.
async fn index(app: &App, snapshot: Arc<Snapshot>) {
    let app = app.clone();
    let made = task::spawn_blocking(move || {
        match app.search() {
            Some(index) => index.follow(snapshot.contents.clone()),
            None => app.set_search(SearchIndex::build(snapshot.contents.clone())),
        }
        app.cache.purge(&[UNINDEXED_TAG]);
    });
    if let Err(panic) = made.await {
        tracing::error!("the search index could not be updated: {panic}");
    }
}

/// Makes the home page and the newest posts, one after the other, after everything was purged and the indexes are
/// ready, so that no visitor waits for their first rendering.
async fn keep_warm(app: &App, site: &Site, settled: &Notify) {
    loop {
        settled.notified().await;
        site.warm("/").await;
        // Colouring the first code block takes 34 MB of memory, which a site without readers does not need.
        let is_light = |post: &&Arc<Post>| post.entry.body.uncoloured().is_empty();
        for post in app.snapshot().posts.iter().take(WARMED).filter(is_light) {
            site.warm(&address::encode(&post.entry.address)).await;
        }
    }
}

/// Purges the pages that other processes (the shell, another instance of the site) have changed.
async fn keep_comments(app: &App, mut seen: i64, settled: &Notify) {
    let mut ticks = time::interval(POLL);
    ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    let mut is_away = false;
    loop {
        ticks.tick().await;
        match app.store.changes_since(seen).await {
            Ok(changes) => {
                if std::mem::take(&mut is_away) {
                    tracing::info!("the database answers again");
                }
                let Some(changes) = changes else { continue };
                seen = changes.revision;
                let has_other_gone = match &changes.stale {
                    Stale::Tags(tags) => tags.iter().any(|tag| tag == GONE_TAG),
                    Stale::Everything => true,
                };
                if has_other_gone && let Err(error) = app.read_gone().await {
                    tracing::error!("deleted addresses cannot be read: {error}");
                }
                match changes.stale {
                    Stale::Tags(tags) => app.cache.purge(&tags),
                    Stale::Everything => {
                        app.cache.purge_everything();
                        settled.notify_one();
                    }
                }
            }
            Err(error) if !is_away => {
                is_away = true;
                tracing::error!("changes of comments cannot be read: {error}");
            }
            Err(_) => {}
        }
    }
}
