//! State shared by all requests, built once: settings, database, content, page cache, clock. And the tasks that keep it
//! current.

mod held;
mod live;
pub mod metrics;

use std::{fmt, ops::Deref, sync::Arc};

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;

use crate::{
    config::Config,
    content::{Snapshot, pictures::Pictures},
    domain::{comment::Comment, search::SearchIndex, signer::Signer},
    store::{Store, StoreError},
    texts::{self, Texts},
    web::{assets::Assets, cache::PageCache},
};

pub use live::{Keepers, log};
use metrics::Metrics;

/// Source of the time. Tests set it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Returns the system's clock in whole milliseconds, as the database stores times.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system")]
    pub fn system() -> Self {
        Self::new(|| Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap_or_default())
    }

    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock(..)")
    }
}

/// Mode in which a site runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// True: drafts are shown, and static files come from `static/` if it exists.
    pub dev: bool,
    /// True: the comments are samples, and pages say so.
    pub demo: bool,
}

/// State shared by all requests. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub config: Config,
    pub mode: Mode,
    pub store: Store,
    pub signer: Signer,
    pub clock: Clock,
    pub cache: PageCache,
    pub metrics: Metrics,
    /// Current content, replaced as a whole when the author saves a file or a date is reached.
    snapshot: ArcSwap<Snapshot>,
    /// Search index, updated a moment after the snapshot; none until the first one is built.
    search: ArcSwapOption<SearchIndex>,
    assets: ArcSwap<Assets>,
    /// Cleaned and smaller pictures, in the data folder.
    pub pictures: Arc<Pictures>,
}

/// Reason why a site cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the content folder {folder} cannot be read: {source}")]
    Content { folder: String, source: std::io::Error },
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("the system gives no random numbers, and without them no cookie can be signed: {0}")]
    Randomness(getrandom::Error),
}

impl App {
    /// Loads the content and prepares everything; the returned keepers then keep it current.
    ///
    /// # Errors
    /// The content folder cannot be read, or the database does not answer.
    pub async fn build(config: Config, mode: Mode, store: Store, clock: Clock) -> Result<(Self, Keepers), StartError> {
        warn_of_english(&config);
        let signer = Signer::new(&secret(&config, &store).await?);
        let mut loader = live::loader(&config, &clock);
        let unreadable = |source| StartError::Content { folder: config.content.display().to_string(), source };
        let watcher = live::watch(&config, mode, &loader.scope().map_err(unreadable)?);
        let library = loader.load().map_err(unreadable)?;
        let snapshot = Snapshot::build(&library, clock.now(), mode.dev);
        let revision = store.revision().await?;
        let app = Self(Arc::new(Inner {
            assets: ArcSwap::from_pointee(Assets::build(&config.content, mode.dev, &config.site)),
            snapshot: ArcSwap::from_pointee(snapshot),
            search: ArcSwapOption::empty(),
            cache: PageCache::default(),
            metrics: Metrics::default(),
            pictures: Pictures::new(&config.data),
            config,
            mode,
            store,
            signer,
            clock,
        }));
        Ok((app.clone(), Keepers::new(app, loader, library, watcher, revision)))
    }

    /// Returns the current content. A request that needs it twice must get it only once.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Returns the absolute URL of the page that a comment stands on; of the home page if its post is gone.
    pub fn page_of(&self, comment: &Comment) -> String {
        let snapshot = self.snapshot();
        let path = snapshot.post(&comment.thread_slug).map_or("/", |post| post.entry.address.as_str());
        self.config.site.absolute(path)
    }

    /// Returns the search index; `None` for a moment after the start.
    pub fn search(&self) -> Option<Arc<SearchIndex>> {
        self.search.load_full()
    }

    pub fn assets(&self) -> Arc<Assets> {
        self.assets.load_full()
    }

    /// Returns the site's texts in its language.
    pub fn texts(&self) -> &'static Texts {
        self.config.site.texts
    }
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Logs that the site's texts are in English, so that the author need not discover it on the pages.
fn warn_of_english(config: &Config) {
    let language = &config.site.language;
    if !config.site.texts.speaks(language) {
        let shipped = texts::shipped().join(", ");
        tracing::warn!("there are no interface texts in {language:?}, so they are English; there are: {shipped}");
    }
}

async fn secret(config: &Config, store: &Store) -> Result<Vec<u8>, StartError> {
    if let Some(secret) = &config.secret {
        return Ok(secret.clone().into_bytes());
    }
    let mut fresh = [0_u8; 32];
    getrandom::fill(&mut fresh).map_err(StartError::Randomness)?;
    Ok(store.secret(&fresh).await?)
}
