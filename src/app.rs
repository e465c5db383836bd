//! State that all requests share, built once: the state of the site, the page cache, the assets, the search index and
//! the pictures.

use std::{ops::Deref, sync::Arc};

use arc_swap::{ArcSwap, ArcSwapOption};

use crate::{
    assets::Assets,
    cache::PageCache,
    config::Config,
    content::{Snapshot, picture_cache::Pictures},
    domain::{search::SearchIndex, signer::Signer},
    state::SiteState,
    store::{Store, StoreError},
    texts,
};

pub use crate::state::Clock;

/// Mode in which a site runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// True: drafts are shown, and static files come from `static/` if it exists.
    pub dev: bool,
    /// True: the comments are samples, and pages say so.
    pub demo: bool,
}

/// Tag of pages that were rendered before the search index contained their post. Their related posts may change.
pub const UNINDEXED_TAG: &str = "unindexed";
/// Tag of pages that show code without colours, which will have colours later.
pub const UNCOLOURED_TAG: &str = "uncoloured";

/// State shared by all requests. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    /// State that mails share too.
    pub state: Arc<SiteState>,
    pub mode: Mode,
    pub cache: PageCache,
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
    /// Prepares everything that requests need besides the content.
    ///
    /// # Errors
    /// The database does not answer, or there is no randomness.
    pub async fn build(
        config: Config,
        mode: Mode,
        store: Store,
        clock: Clock,
        snapshot: Snapshot,
    ) -> Result<Self, StartError> {
        warn_of_english(&config);
        let signer = signer(&config, &store).await?;
        let app = Self(Arc::new(Inner {
            assets: ArcSwap::from_pointee(Assets::build(&config.content, mode.dev, &config.site)),
            search: ArcSwapOption::empty(),
            cache: PageCache::default(),
            pictures: Pictures::new(&config.data),
            mode,
            state: Arc::new(SiteState::new(config, store, signer, clock, snapshot)),
        }));
        app.read_gone().await?;
        Ok(app)
    }

    /// Returns the search index; `None` for a moment after the start.
    pub fn search(&self) -> Option<Arc<SearchIndex>> {
        self.search.load_full()
    }

    pub fn set_search(&self, index: SearchIndex) {
        self.search.store(Some(Arc::new(index)));
    }

    pub fn assets(&self) -> Arc<Assets> {
        self.assets.load_full()
    }

    pub fn set_assets(&self, assets: Assets) {
        self.assets.store(Arc::new(assets));
    }
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Deref for Inner {
    type Target = SiteState;

    fn deref(&self) -> &SiteState {
        &self.state
    }
}

/// Logs a warning if there are no texts in the site's language, so that English ones are used.
fn warn_of_english(config: &Config) {
    let language = &config.site.language;
    if !config.site.texts.speaks(language) {
        let shipped = texts::shipped().join(", ");
        tracing::warn!(
            "there are no texts for readers in {language:?}, so English ones are used. Available are: {shipped}"
        );
    }
}

/// Returns the signer of the site, whose secret is in the settings or in the database.
///
/// # Errors
/// The database does not answer, or there is no randomness.
pub async fn signer(config: &Config, store: &Store) -> Result<Signer, StartError> {
    if let Some(secret) = &config.secret {
        return Ok(Signer::new(secret.as_bytes()));
    }
    let mut fresh = [0_u8; 32];
    getrandom::fill(&mut fresh).map_err(StartError::Randomness)?;
    Ok(Signer::new(&store.secret(&fresh).await?))
}
