//! What a request needs, built once: settings, database, content, page cache, clock. And what keeps it current.

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

/// Tells the time. Tests turn it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The system's time in whole milliseconds, as the database keeps times.
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

/// How a site is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Drafts are shown, and static files come from `static/` where it is there.
    pub dev: bool,
    /// The comments are samples, and pages say so.
    pub demo: bool,
}

/// Shared by all requests. Cheap to clone.
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
    /// Swapped whole when the author saves a file or a date is reached.
    snapshot: ArcSwap<Snapshot>,
    /// Follows the snapshot a moment later; none while it is built.
    search: ArcSwapOption<SearchIndex>,
    assets: ArcSwap<Assets>,
    /// Cleaned and smaller pictures, under the data folder.
    pub pictures: Arc<Pictures>,
}

/// Why a site cannot start.
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
    /// Loads the content and makes everything ready; the returned keepers then keep it current.
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

    /// The content as it is now. A request that needs it twice asks once.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// The whole address of the page that a comment stands on; the home page where its post is gone.
    pub fn page_of(&self, comment: &Comment) -> String {
        let snapshot = self.snapshot();
        let path = snapshot.post(&comment.thread_slug).map_or("/", |post| post.entry.address.as_str());
        self.config.site.absolute(path)
    }

    /// `None` for a moment after the start.
    pub fn search(&self) -> Option<Arc<SearchIndex>> {
        self.search.load_full()
    }

    pub fn assets(&self) -> Arc<Assets> {
        self.assets.load_full()
    }

    /// What the site says in its language.
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

/// The author should not have to find out by looking at every page.
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
