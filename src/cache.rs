//! The page cache: the outermost service, in front of the router. A hit is a finished response: headers and a
//! compressed body; no handler, no database, no template.
//!
//! It holds responses that were marked as cacheable ([`Policy::Public`] and [`Policy::Immutable`], status 200).
//! Everyone gets the same bytes: cookies are ignored. Pages are purged by tag.

pub mod conditions;
mod finished;
mod page;
mod policy;

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use quick_cache::{Weighter, sync::Cache};
use tokio::{
    sync::{Semaphore, watch},
    time,
};

use crate::domain::{
    limits::{CACHE_BYTES, RENDER_WAIT},
    routes,
};
pub use finished::Finished;
use finished::PageFiles;
use page::CachedPage;
pub use page::Encoding;
pub use policy::Policy;

/// Header with the id of a request. It is not kept, since it must not reach other visitors.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Tag of all pages that depend on the content as a whole.
pub const SITE_TAG: &str = "site";
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
            pages: Cache::with_weighter(EXPECTED_PAGES, CACHE_BYTES, Bytewise),
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
        self.answer(&PageRequest::of(request)?)
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
        entry.is_some_and(|entry| CachedPage::is_fresh(entry.age()) && entry.lacks(asked.encoding).is_none())
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
        let _flight = match self.claim(&asked.key) {
            Ok(flight) => Some(flight),
            Err(mut rendered) => {
                let _ = time::timeout(RENDER_WAIT, rendered.changed()).await;
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

    fn answer<R: From<Bytes>>(&self, asked: &PageRequest<'_>) -> Option<Response<R>> {
        let entry = self.0.pages.get(&*asked.key)?;
        let is_there = entry.lacks(asked.encoding).is_none() && self.is_good(&asked.key, &entry);
        is_there.then(|| entry.respond(asked.encoding, &asked.headers, asked.is_head))
    }

    /// Response from the cache; waits if the page is there and its encoding is being compressed.
    async fn ready<R: From<Bytes>>(&self, asked: &PageRequest<'_>) -> Option<Response<R>> {
        let coming = self.0.pages.peek(&*asked.key).and_then(|entry| entry.lacks(asked.encoding));
        if let Some(mut rest) = coming {
            let _ = time::timeout(RENDER_WAIT, rest.changed()).await;
        }
        self.answer(asked)
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
    fn claim(&self, key: &str) -> Result<Flight<'_>, watch::Receiver<()>> {
        let mut flights = lock(&self.0.flights);
        if let Some(rendered) = flights.get(key) {
            return Err(rendered.clone());
        }
        let (sender, rendered) = watch::channel(());
        flights.insert(key.to_owned(), rendered);
        Ok(Flight { cache: self, key: key.to_owned(), _sender: sender })
    }

    async fn keep<R>(&self, asked: PageRequest<'static>, began: u64, response: Response<R>) -> Response<R>
    where
        R: BodyExt<Data = Bytes> + From<Bytes>,
    {
        let PageRequest { key, encoding, headers, is_head } = asked;
        let tags = match response.extensions().get::<Policy>() {
            Some(Policy::Public(tags)) if response.status() == StatusCode::OK => Some(tags.clone()),
            Some(Policy::Immutable) if response.status() == StatusCode::OK => Some(Vec::new()),
            _ => None,
        };
        let Some(tags) = tags else {
            return if is_head { response.map(|_| Bytes::new().into()) } else { response };
        };
        let (parts, body) = response.into_parts();
        let Ok(body) = body.collect().await else {
            let mut broken = Response::new(Bytes::new().into());
            *broken.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return broken;
        };
        let (entry, rest) = CachedPage::new(parts.headers, body.to_bytes(), tags, encoding).await;
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
        entry.respond(encoding, &headers, is_head)
    }
}

/// A request that the cache may answer: page, encoding, known version. Every hit comes through here, so it borrows from
/// the request and does not allocate for the usual paths.
struct PageRequest<'a> {
    key: Cow<'a, str>,
    encoding: Encoding,
    /// Request headers, with the conditions.
    headers: Cow<'a, HeaderMap>,
    is_head: bool,
}

impl<'a> PageRequest<'a> {
    /// Reads a request. `None` if it is not for the cache: other methods, and URLs for a single visitor.
    fn of<B>(request: &'a Request<B>) -> Option<Self> {
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET {
            return None;
        }
        let headers = request.headers();
        let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        Some(Self {
            key: routes::cache_key(request.uri().path(), request.uri().query())?,
            encoding: Encoding::best(accepted),
            headers: Cow::Borrowed(headers),
            is_head,
        })
    }

    /// Owned copy, for when the request itself is passed on.
    fn into_owned(self) -> PageRequest<'static> {
        let Self { key, encoding, headers, is_head } = self;
        PageRequest { key: Cow::Owned(key.into_owned()), encoding, headers: Cow::Owned(headers.into_owned()), is_head }
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
