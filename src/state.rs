//! State of a site that its requests and its mails share: settings, database, content, keys, clock, counters.

mod held;
pub mod metrics;

use std::{collections::HashSet, sync::Arc};

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;

use crate::{
    config::Config,
    content::Snapshot,
    domain::{comment::Comment, signer::Signer},
    store::{Store, StoreError},
    texts::Texts,
};
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

/// The shared state, built once.
pub struct SiteState {
    pub config: Config,
    pub store: Store,
    pub signer: Signer,
    pub clock: Clock,
    pub metrics: Metrics,
    /// Current content, replaced as a whole when the author saves a file or a date is reached.
    snapshot: ArcSwap<Snapshot>,
    /// Addresses of deleted posts, so that a missing page costs no query.
    gone: ArcSwap<HashSet<String>>,
    /// Reason why the last change of the files was not committed.
    pub uncommitted: ArcSwapOption<String>,
}

impl SiteState {
    pub fn new(config: Config, store: Store, signer: Signer, clock: Clock, snapshot: Snapshot) -> Self {
        let snapshot = ArcSwap::from_pointee(snapshot);
        let (metrics, gone, uncommitted) = (Metrics::default(), ArcSwap::default(), ArcSwapOption::empty());
        Self { config, store, signer, clock, metrics, snapshot, gone, uncommitted }
    }

    /// Returns the current content. A request that needs it twice must get it only once.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Replaces the content.
    pub fn set_snapshot(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }

    /// True if a post was at this address (decoded) and was deleted.
    pub fn is_gone(&self, address: &str) -> bool {
        self.gone.load().contains(address)
    }

    /// Reads the addresses of deleted posts again.
    ///
    /// # Errors
    /// The database is away.
    pub async fn read_gone(&self) -> Result<(), StoreError> {
        self.gone.store(Arc::new(self.store.gone_addresses().await?.into_iter().collect()));
        Ok(())
    }

    /// Notes that the post at an address (decoded) was deleted, with its place in the trash; without one, that it is back.
    ///
    /// # Errors
    /// The database is away.
    pub async fn set_gone(&self, address: &str, place: Option<&str>) -> Result<(), StoreError> {
        match place {
            Some(place) => self.store.set_gone(address, place).await?,
            None if self.is_gone(address) => self.store.forget_gone(address).await?,
            None => return Ok(()),
        }
        self.read_gone().await
    }

    /// Returns the absolute URL of the page with a comment; of the home page if its post is gone.
    pub fn page_of(&self, comment: &Comment) -> String {
        let snapshot = self.snapshot();
        let path = snapshot.post(&comment.thread_slug).map_or("/", |post| post.entry.address.as_str());
        self.config.site.absolute(path)
    }

    /// Returns the site's texts in its language.
    pub fn texts(&self) -> &'static Texts {
        self.config.site.texts
    }
}
