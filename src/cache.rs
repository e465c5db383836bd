//! The page cache: the outermost service, in front of the router. A hit is a finished response: headers and a
//! compressed body; no handler, no database, no template.
//!
//! It holds responses that were marked as cacheable ([`Policy::Public`] and [`Policy::Immutable`], status 200).
//! Everyone gets the same bytes: cookies are ignored. Pages are purged by tag.

pub mod conditions;
mod finished;
mod page;
mod policy;
mod request;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use quick_cache::{Weighter, sync::Cache};
use tokio::{
    sync::{Semaphore, watch},
    time,
};

pub use finished::Finished;
use finished::PageFiles;
use page::CachedPage;
pub use policy::Policy;
pub use request::Encoding;
use request::{PageRequest, Want};

/// Header with the id of a request. It is not kept, since it must not reach other visitors.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Tag of all pages that depend on the content as a whole.
pub const SITE_TAG: &str = "site";
/// Most bytes in the cache, all encodings together.
const CAPACITY: u64 = 64 * 1024 * 1024;
/// Longest wait for a page that another request renders. Then the request renders its own, so that its time limit is not
/// used up before it begins.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Expected number of pages; only sizes the initial table.
const EXPECTED_PAGES: usize = 1_000;

/// Cache of finished pages. Cheap to clone.
#[derive(Clone)]
pub struct PageCache(Arc<Inner>);

struct Inner {
    pages: Cache<String, Arc<CachedPage>, Bytewise>,
    purges: Mutex<Purges>,
    /// Pages that are being rendered, so that a hundred requests for a page render it once.
    flights: Mutex<HashMap<String, watch::Receiver<()>>>,
    /// Limits the best compression to one page at a time; requests come first.
    polishing: Semaphore,
    files: PageFiles,
    hits: AtomicU64,
}

/// Time of each purge, as a counter. A page is not stored if one of its tags was purged after its rendering began.
#[derive(Default)]
struct Purges {
    count: u64,
    everything: u64,
    tags: HashMap<String, u64>,
}

#[derive(Clone)]
struct Bytewise;

impl Weighter<String, Arc<CachedPage>> for Bytewise {
    fn weight(&self, key: &String, entry: &Arc<CachedPage>) -> u64 {
        (key.len() + entry.bytes()) as u64
    }
}

impl Default for PageCache {
    fn default() -> Self {
        Self(Arc::new(Inner {
            pages: Cache::with_weighter(EXPECTED_PAGES, CAPACITY, Bytewise),
            purges: Mutex::default(),
            flights: Mutex::default(),
            polishing: Semaphore::new(1),
            files: PageFiles::default(),
            hits: AtomicU64::new(0),
        }))
    }
}

impl PageCache {
    /// Drops every page with one of these tags.
    pub fn purge<S: AsRef<str>>(&self, tags: &[S]) {
        let mut purges = lock(&self.0.purges);
        purges.count += 1;
        let count = purges.count;
        for tag in tags {
            purges.tags.insert(tag.as_ref().to_owned(), count);
        }
        self.0.pages.retain(|_, entry| !entry.tags.iter().any(|held| tags.iter().any(|tag| tag.as_ref() == held)));
    }

    /// Drops every page.
    pub fn purge_everything(&self) {
        let mut purges = lock(&self.0.purges);
        purges.count += 1;
        purges.everything = purges.count;
        purges.tags.clear();
        self.0.pages.clear();
    }

    /// Number of hits since the start. They are counted, not logged: a line costs more than the response.
    pub fn hits(&self) -> u64 {
        self.0.hits.load(Ordering::Relaxed)
    }

    /// Number of pages in the cache, and of their bytes in all encodings.
    pub fn size(&self) -> (usize, u64) {
        (self.0.pages.len(), self.0.pages.weight())
    }

    /// Response from the cache, if it is there. Does not wait, so a hit costs no more than a lookup and a write.
    pub fn hit<B, R: From<Bytes>>(&self, request: &Request<B>) -> Option<Response<R>> {
        let asked = PageRequest::of(request)?;
        self.answer(&asked.key, &asked.want)
    }

    /// Response as bytes for a socket, for a request for a page without conditions.
    pub fn finished(&self, path: &str, encoding: Encoding, now: Timestamp) -> Option<Finished> {
        // A path in the spelling of a key is the key.
        let entry = self.0.pages.get(path).filter(|entry| entry.lacks(encoding).is_none())?;
        let second = now.as_second().unsigned_abs();
        let mut file = self.0.files.of_second(entry.encoded(encoding), second);
        if file.is_some() {
            // Checked when the file was made, less than a second ago.
            self.0.hits.fetch_add(1, Ordering::Relaxed);
        } else {
            self.is_good(path, &entry).then_some(())?;
            file = self.0.files.make(entry.encoded(encoding), second);
        }
        Some(Finished { entry, encoding, second, file })
    }

    /// True if the response is in the cache. Does not count as a hit.
    pub fn holds<B>(&self, request: &Request<B>) -> bool {
        let Some(asked) = PageRequest::of(request) else { return false };
        let entry = self.0.pages.peek(&*asked.key);
        entry.is_some_and(|entry| CachedPage::is_fresh(entry.age()) && entry.lacks(asked.want.encoding).is_none())
    }

    /// Responds from the cache, or calls `make` and stores the response if allowed.
    pub async fn respond<B, R, F, Fut>(&self, request: Request<B>, make: F) -> Response<R>
    where
        R: BodyExt<Data = Bytes> + From<Bytes>,
        F: FnOnce(Request<B>) -> Fut,
        Fut: Future<Output = Response<R>>,
    {
        let Some(asked) = PageRequest::of(&request).map(PageRequest::into_owned) else { return make(request).await };
        if let Some(response) = self.ready(&asked).await {
            return response;
        }
        let _flight = match self.board(&asked.key) {
            Ok(flight) => Some(flight),
            Err(mut landing) => {
                let _ = time::timeout(LONGEST_WAIT, landing.changed()).await;
                if let Some(response) = self.ready(&asked).await {
                    return response;
                }
                // The page was not stored or takes too long, so each request renders its own, and none waits again.
                None
            }
        };
        let began = lock(&self.0.purges).count;
        // HEAD renders the whole page too, or the next GET would have to render it again.
        let response = make(as_get(request)).await;
        self.keep(asked, began, response).await
    }

    fn answer<R: From<Bytes>>(&self, key: &str, want: &Want<'_>) -> Option<Response<R>> {
        let entry = self.0.pages.get(key)?;
        let is_there = entry.lacks(want.encoding).is_none() && self.is_good(key, &entry);
        is_there.then(|| entry.respond(want))
    }

    /// Response from the cache; waits if the page is there and its encoding is being compressed.
    async fn ready<R: From<Bytes>>(&self, asked: &PageRequest<'_>) -> Option<Response<R>> {
        let coming = self.0.pages.peek(&*asked.key).and_then(|entry| entry.lacks(asked.want.encoding));
        if let Some(mut rest) = coming {
            let _ = time::timeout(LONGEST_WAIT, rest.changed()).await;
        }
        self.answer(&asked.key, &asked.want)
    }

    /// True if this page may be sent now. Counts as a hit, and starts the best compression of a page that has been in
    /// the cache long enough.
    fn is_good(&self, key: &str, entry: &Arc<CachedPage>) -> bool {
        let age = entry.age();
        if !CachedPage::is_fresh(age) {
            return false;
        }
        if entry.wants_polish(age) {
            tokio::spawn(self.clone().polish(key.to_owned(), Arc::clone(entry)));
        }
        self.0.hits.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Replaces a page with a better compressed copy, if it is still in the cache.
    async fn polish(self, key: String, entry: Arc<CachedPage>) {
        let Ok(_turn) = self.0.polishing.acquire().await else { return };
        self.replace(key, &entry, entry.polished().await);
    }

    /// Replaces a page with a copy in all encodings, then wakes the requests that wait for one.
    async fn complete(self, key: String, entry: Arc<CachedPage>, done: watch::Sender<()>) {
        self.replace(key, &entry, entry.completed().await);
        drop(done);
    }

    fn replace(&self, key: String, entry: &Arc<CachedPage>, better: CachedPage) {
        // The lock keeps a purge from running between the check and the insert.
        let _purges = lock(&self.0.purges);
        if self.0.pages.peek(&key).is_some_and(|held| Arc::ptr_eq(&held, entry)) {
            self.0.pages.insert(key, Arc::new(better));
        }
    }

    /// The right to render a page, or a receiver that wakes when another request has rendered it.
    fn board(&self, key: &str) -> Result<Flight<'_>, watch::Receiver<()>> {
        let mut flights = lock(&self.0.flights);
        if let Some(landing) = flights.get(key) {
            return Err(landing.clone());
        }
        let (sender, landing) = watch::channel(());
        flights.insert(key.to_owned(), landing);
        Ok(Flight { cache: self, key: key.to_owned(), _sender: sender })
    }

    async fn keep<R>(&self, asked: PageRequest<'static>, began: u64, response: Response<R>) -> Response<R>
    where
        R: BodyExt<Data = Bytes> + From<Bytes>,
    {
        let PageRequest { key, want } = asked;
        let tags = match response.extensions().get::<Policy>() {
            Some(Policy::Public(tags)) if response.status() == StatusCode::OK => Some(tags.clone()),
            Some(Policy::Immutable) if response.status() == StatusCode::OK => Some(Vec::new()),
            _ => None,
        };
        let Some(tags) = tags else {
            return if want.is_head { response.map(|_| Bytes::new().into()) } else { response };
        };
        let (parts, body) = response.into_parts();
        let Ok(body) = body.collect().await else {
            let mut broken = Response::new(Bytes::new().into());
            *broken.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return broken;
        };
        let (entry, rest) = CachedPage::new(parts.headers, body.to_bytes(), tags, want.encoding).await;
        let entry = Arc::new(entry);
        let purges = lock(&self.0.purges);
        let is_stale = purges.everything > began
            || entry.tags.iter().any(|tag| purges.tags.get(tag).is_some_and(|purged| *purged > began));
        if !is_stale {
            // Still under the lock: a purge between the check and the insert would miss it.
            self.0.pages.insert(key.clone().into_owned(), Arc::clone(&entry));
        }
        drop(purges);
        if let Some(rest) = rest.filter(|_| !is_stale) {
            tokio::spawn(self.clone().complete(key.into_owned(), Arc::clone(&entry), rest));
        }
        entry.respond(&want)
    }
}

/// A page that is being rendered. Dropping it wakes the waiting requests, also after an error.
struct Flight<'a> {
    cache: &'a PageCache,
    key: String,
    _sender: watch::Sender<()>,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        lock(&self.cache.0.flights).remove(&self.key);
    }
}

fn as_get<B>(mut request: Request<B>) -> Request<B> {
    *request.method_mut() = Method::GET;
    // The cache evaluates these conditions itself, on the page that is rendered now.
    for condition in [header::IF_NONE_MATCH, header::IF_MATCH] {
        request.headers_mut().remove(condition);
    }
    request
}

/// Locks a mutex. A panic of another holder is ignored: it leaves no state that harms a cache.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use axum::body::Body;
    use http::HeaderValue;
    use jiff::SignedDuration;

    use super::*;

    fn page(tags: &[&str], body: &'static str) -> Response<Body> {
        let mut response = Response::new(Body::from(body));
        response.extensions_mut().insert(Policy::Public(tags.iter().map(|tag| (*tag).to_owned()).collect()));
        response
    }

    fn get(path: &str) -> Request<Body> {
        Request::get(path).body(Body::empty()).expect("a request")
    }

    fn hit(cache: &PageCache, request: &Request<Body>) -> Option<Response<Body>> {
        cache.hit(request)
    }

    async fn text(response: Response<Body>) -> String {
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        String::from_utf8(bytes.to_vec()).expect("UTF-8")
    }

    #[tokio::test]
    async fn a_page_is_rendered_once_until_its_tag_is_purged() {
        let cache = PageCache::default();
        assert_eq!(text(cache.respond(get("/a"), |_| async { page(&["post:a"], "one") }).await).await, "one");
        assert_eq!(text(cache.respond(get("/a?utm_source=x"), |_| async { page(&[], "two") }).await).await, "one");
        cache.purge(&["post:b"]);
        assert_eq!(text(cache.respond(get("/a"), |_| async { page(&[], "two") }).await).await, "one");
        cache.purge(&["post:a"]);
        assert_eq!(text(cache.respond(get("/a"), |_| async { page(&[], "two") }).await).await, "two");
        cache.purge_everything();
        assert_eq!(text(cache.respond(get("/a"), |_| async { page(&[], "three") }).await).await, "three");
    }

    #[tokio::test]
    async fn a_page_purged_during_its_rendering_is_not_cached() {
        let cache = PageCache::default();
        for purge_all in [false, true] {
            let made = cache.respond(get("/a"), |_| async {
                if purge_all {
                    cache.purge_everything();
                } else {
                    cache.purge(&["post:a"]);
                }
                page(&["post:a"], "old")
            });
            assert_eq!(text(made.await).await, "old");
            assert!(hit(&cache, &get("/a")).is_none());
        }
    }

    #[tokio::test]
    async fn responses_that_are_not_public_pages_are_not_cached() {
        let cache = PageCache::default();
        let missing = || {
            let mut response = page(&[], "gone");
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        };
        assert_eq!(text(cache.respond(get("/a"), |_| async { missing() }).await).await, "gone");
        assert_eq!(text(cache.respond(get("/a?waiting=x"), |_| async { page(&[], "mine") }).await).await, "mine");
        assert_eq!(text(cache.respond(get("/a"), |_| async { page(&[], "all") }).await).await, "all");
    }

    #[tokio::test]
    async fn the_requested_encoding_is_made_first_and_the_others_follow() {
        let cache = PageCache::default();
        let get = |accepted: &str| {
            Request::get("/a").header(header::ACCEPT_ENCODING, accepted).body(Body::empty()).expect("a request")
        };
        let make = |_| async {
            let mut response = page(&[], "A long text. ").map(|_| Body::from("A long text. ".repeat(100)));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
            response
        };
        let packed = |response: Response<Body>| response.headers().get(header::CONTENT_ENCODING).cloned();
        assert_eq!(packed(cache.respond(get("gzip"), make).await).expect("is packed"), "gzip");
        assert!(hit(&cache, &get("gzip")).is_some() && hit(&cache, &get("identity")).is_some());
        assert!(hit(&cache, &get("br")).is_none(), "nobody gets a larger one for a moment too soon");
        let never = |_| async { unreachable!("it is made once") };
        assert_eq!(packed(cache.respond(get("br"), never).await).expect("is packed"), "br");
        assert_eq!(packed(hit(&cache, &get("br")).expect("is there")).expect("is packed"), "br");
    }

    #[tokio::test]
    async fn a_file_in_one_encoding_is_no_answer_in_another() {
        let cache = PageCache::default();
        let make = |_| async {
            let mut response = page(&[], "").map(|_| Body::from("A long text. ".repeat(1000)));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
            response
        };
        cache.respond(get("/a"), make).await;
        let finished = |encoding| cache.finished("/a", encoding, Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1));
        assert!(finished(Encoding::Identity).is_some_and(|first| first.file().is_none()));
        assert!(finished(Encoding::Identity).is_some_and(|second| second.file().is_some()));
        assert!(finished(Encoding::Brotli).is_none(), "it comes in a moment");
    }

    #[tokio::test]
    async fn a_hundred_requests_at_once_render_a_page_once() {
        let cache = PageCache::default();
        let made = Arc::new(AtomicUsize::new(0));
        let requests = (0..100).map(|_| {
            let (cache, made) = (cache.clone(), Arc::clone(&made));
            tokio::spawn(async move {
                let response = cache.respond(get("/a"), |_| async {
                    made.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    page(&[], "one")
                });
                text(response.await).await
            })
        });
        for request in requests.collect::<Vec<_>>() {
            assert_eq!(request.await.expect("answers"), "one");
        }
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }
}
