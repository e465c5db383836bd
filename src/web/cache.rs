//! The page cache: the outermost service, ahead of the router. A hit is finished headers and an already compressed
//! body; no handler, no database, no template.
//!
//! It holds what the router said may be held ([`Policy::Public`] and [`Policy::Immutable`], status 200), the same
//! bytes for everyone: cookies are not looked at. Pages leave it by tag.

use std::{
    collections::HashMap,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::BodyExt;
use quick_cache::{Weighter, sync::Cache};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::{page::Policy, search};
use crate::domain::address;

/// The tag of everything: what a change of the content as a whole makes stale.
pub const SITE_TAG: &str = "site";

/// Most bytes held, all encodings together.
const CAPACITY: u64 = 64 * 1024 * 1024;
/// How many pages that is about; only sizes the first table.
const EXPECTED_PAGES: usize = 1_000;
/// Pages are made anew after a day, or the stamp in their comment form would grow old (`domain::stamp`).
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Bodies below this do not shrink enough to be worth it: they fit in one packet as they are.
const WORTH_COMPRESSING: usize = 860;

/// Finished pages. Cheap to clone.
#[derive(Clone)]
pub struct PageCache(Arc<Inner>);

struct Inner {
    pages: Cache<String, Arc<Entry>, Bytewise>,
    purges: Mutex<Purges>,
    /// Pages that are being made now, so that a hundred requests for one make it once.
    flights: Mutex<HashMap<String, watch::Receiver<()>>>,
}

/// When what was purged, counted in purges. A page whose making began before a purge of one of its tags is not kept.
#[derive(Default)]
struct Purges {
    count: u64,
    everything: u64,
    tags: HashMap<String, u64>,
}

/// A finished page.
struct Entry {
    /// All but `content-encoding` and `content-length`.
    headers: HeaderMap,
    etag: HeaderValue,
    identity: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
    tags: Vec<String>,
    made: Instant,
}

#[derive(Clone)]
struct Bytewise;

impl Weighter<String, Arc<Entry>> for Bytewise {
    fn weight(&self, key: &String, entry: &Arc<Entry>) -> u64 {
        let bodies = [Some(&entry.identity), entry.gzip.as_ref(), entry.brotli.as_ref()];
        let bytes: usize = bodies.into_iter().flatten().map(Bytes::len).sum();
        // Headers are about 1 kB.
        (key.len() + bytes + 1024) as u64
    }
}

impl Default for PageCache {
    fn default() -> Self {
        Self(Arc::new(Inner {
            pages: Cache::with_weighter(EXPECTED_PAGES, CAPACITY, Bytewise),
            purges: Mutex::default(),
            flights: Mutex::default(),
        }))
    }
}

impl PageCache {
    /// Drops every page that carries one of these tags.
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

    /// Answers from the cache, or lets `make` answer and keeps what may be kept.
    pub async fn respond<F, Fut>(&self, request: Request<Body>, make: F) -> Response<Body>
    where
        F: FnOnce(Request<Body>) -> Fut,
        Fut: Future<Output = Response<Body>>,
    {
        let (Some(asked), Some(key)) = (Asked::of(&request), key(request.uri())) else { return make(request).await };
        if let Some(entry) = self.get(&key) {
            return entry.respond(&asked);
        }
        let _flight = match self.board(&key) {
            Ok(flight) => Some(flight),
            Err(mut landing) => {
                let _ = landing.changed().await;
                if let Some(entry) = self.get(&key) {
                    return entry.respond(&asked);
                }
                // It could not be kept, so everyone makes their own; queueing behind each other would help nobody.
                None
            }
        };
        let began = lock(&self.0.purges).count;
        // A page is made whole even for HEAD, or the next GET would have to make it again.
        let response = make(as_get(request)).await;
        self.keep(key, began, response, &asked).await
    }

    fn get(&self, key: &str) -> Option<Arc<Entry>> {
        self.0.pages.get(key).filter(|entry| entry.made.elapsed() < LONGEST_LIFE)
    }

    /// The right to make a page, or a sign for when somebody else has.
    fn board(&self, key: &str) -> Result<Flight<'_>, watch::Receiver<()>> {
        let mut flights = lock(&self.0.flights);
        if let Some(landing) = flights.get(key) {
            return Err(landing.clone());
        }
        let (sender, landing) = watch::channel(());
        flights.insert(key.to_owned(), landing);
        Ok(Flight { cache: self, key: key.to_owned(), _sender: sender })
    }

    async fn keep(&self, key: String, began: u64, response: Response<Body>, asked: &Asked) -> Response<Body> {
        let tags = match response.extensions().get::<Policy>() {
            Some(Policy::Public(tags)) if response.status() == StatusCode::OK => tags.clone(),
            Some(Policy::Immutable) if response.status() == StatusCode::OK => Vec::new(),
            _ => return if asked.is_head { without_body(response) } else { response },
        };
        let (parts, body) = response.into_parts();
        let Ok(body) = body.collect().await else {
            return super::errors::bare(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let entry = Arc::new(Entry::new(parts.headers, body.to_bytes(), tags).await);
        let purges = lock(&self.0.purges);
        let is_stale = purges.everything > began
            || entry.tags.iter().any(|tag| purges.tags.get(tag).is_some_and(|purged| *purged > began));
        if !is_stale {
            // Still under the lock: a purge between the question and the insert would miss it.
            self.0.pages.insert(key, Arc::clone(&entry));
        }
        drop(purges);
        entry.respond(asked)
    }
}

/// A page being made; lands when dropped, whatever happened.
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

/// What a request wants of a page.
struct Asked {
    is_head: bool,
    encoding: Encoding,
    if_none_match: Option<HeaderValue>,
}

impl Asked {
    /// `None` where the cache has nothing to say: other methods.
    fn of(request: &Request<Body>) -> Option<Self> {
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET {
            return None;
        }
        let headers = request.headers();
        Some(Self {
            is_head,
            encoding: Encoding::best(headers),
            if_none_match: headers.get(header::IF_NONE_MATCH).cloned(),
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

impl Encoding {
    /// The smallest the client takes (RFC 9110, 12.5.3); `q=0` is a no.
    fn best(headers: &HeaderMap) -> Self {
        let mut best = Self::Identity;
        for value in headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()) {
            for offer in value.split(',') {
                let (name, parameters) = offer.split_once(';').unwrap_or((offer, ""));
                let quality = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
                if quality.is_ok_and(|quality| quality <= 0.0) {
                    continue;
                }
                match name.trim().to_ascii_lowercase().as_str() {
                    "br" => return Self::Brotli,
                    "gzip" | "x-gzip" | "*" => best = Self::Gzip,
                    _ => {}
                }
            }
        }
        best
    }
}

impl Entry {
    async fn new(mut headers: HeaderMap, identity: Bytes, tags: Vec<String>) -> Self {
        let hash = Sha256::digest(&identity);
        let digits: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        // Weak: the encodings of a page share it.
        let etag = HeaderValue::try_from(format!("W/\"{digits}\"")).unwrap_or(HeaderValue::from_static("W/\"0\""));
        headers.insert(header::ETAG, etag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.remove(header::CONTENT_LENGTH);
        // The name of the request that made the page is none of the next reader's.
        headers.remove(super::request_log::HEADER);
        let (gzip, brotli) = if identity.len() >= WORTH_COMPRESSING && is_text(&headers) {
            let body = identity.clone();
            tokio::task::spawn_blocking(move || (gzip(&body), brotli(&body))).await.unwrap_or((None, None))
        } else {
            (None, None)
        };
        Self { headers, etag, identity, gzip, brotli, tags, made: Instant::now() }
    }

    fn respond(&self, asked: &Asked) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        response.headers_mut().clone_from(&self.headers);
        if asked.if_none_match.as_ref().is_some_and(|known| self.is_known(known)) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            // RFC 9110, 15.4.5: nothing about a body that is not sent.
            response.headers_mut().remove(header::CONTENT_TYPE);
            return response;
        }
        let (body, encoding) = match asked.encoding {
            Encoding::Brotli => (&self.brotli, "br"),
            Encoding::Gzip => (&self.gzip, "gzip"),
            Encoding::Identity => (&None, ""),
        };
        let body = match body {
            Some(body) => {
                response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
                body.clone()
            }
            None => self.identity.clone(),
        };
        response.headers_mut().insert(header::CONTENT_LENGTH, body.len().into());
        if !asked.is_head {
            *response.body_mut() = Body::from(body);
        }
        response
    }

    /// RFC 9110, 13.1.2: weak comparison, a list, or `*`.
    fn is_known(&self, if_none_match: &HeaderValue) -> bool {
        let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let own = self.etag.to_str().map(opaque).unwrap_or_default();
        if_none_match.to_str().is_ok_and(|known| known.split(',').any(|tag| tag.trim() == "*" || opaque(tag) == own))
    }
}

/// What tells pages apart: the path, and of the query only what a public page looks at. `None`: not for the cache.
fn key(uri: &Uri) -> Option<String> {
    // Media are too large to hold, and their ranges and conditions are answered where they are read. Commenters' own
    // pages are made for each of them.
    if uri.path().starts_with("/media/") || uri.path() == "/me" || uri.path().starts_with("/me/") {
        return None;
    }
    let mut key = address::encode(&address::decode(uri.path())?);
    let is_search = key == "/search";
    for (name, value) in form_pairs(uri.query().unwrap_or_default()) {
        match name.as_str() {
            "reply_to" => {
                // Answering a comment that is there makes a page of its own; the router knows which are.
                key.push_str("?reply_to=");
                key.push_str(&value.parse::<i64>().ok()?.to_string());
            }
            "waiting" => return None,
            // As many pages as there are questions.
            name if is_search && search::FIELDS.contains(&name) => return None,
            // `utm_source` and its kin change nothing.
            _ => {}
        }
    }
    Some(key)
}

fn form_pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned()))
}

fn as_get(mut request: Request<Body>) -> Request<Body> {
    *request.method_mut() = Method::GET;
    // The cache answers these itself, from the page that is made now.
    request.headers_mut().remove(header::IF_NONE_MATCH);
    request
}

fn without_body(response: Response<Body>) -> Response<Body> {
    response.map(|_| Body::empty())
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("text/") || ["xml", "json", "javascript"].iter().any(|word| kind.contains(word))
}

fn gzip(body: &[u8]) -> Option<Bytes> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(body.len() / 3), flate2::Compression::new(6));
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

fn brotli(body: &[u8]) -> Option<Bytes> {
    // 5 is about as fast as gzip's 6 and a tenth smaller; a window of 4 MiB covers any page.
    let parameters = brotli::enc::BrotliEncoderParams { quality: 5, lgwin: 22, ..Default::default() };
    let mut compressed = Vec::with_capacity(body.len() / 3);
    brotli::BrotliCompress(&mut &body[..], &mut compressed, &parameters).ok()?;
    Some(Bytes::from(compressed))
}

/// A panic while one of these was held leaves nothing half done that matters to a cache.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(tags: &[&str], body: &'static str) -> Response<Body> {
        let mut response = Response::new(Body::from(body));
        response.extensions_mut().insert(Policy::Public(tags.iter().map(|tag| (*tag).to_owned()).collect()));
        response
    }

    fn get(path: &str) -> Request<Body> {
        Request::get(path).body(Body::empty()).expect("a request")
    }

    async fn text(response: Response<Body>) -> String {
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        String::from_utf8(bytes.to_vec()).expect("UTF-8")
    }

    #[tokio::test]
    async fn a_page_is_made_once_until_its_tag_is_purged() {
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
    async fn a_page_that_a_purge_overtook_is_not_kept() {
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
            assert!(cache.get("/a").is_none());
        }
    }

    #[tokio::test]
    async fn what_is_not_a_page_is_not_kept() {
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
    async fn a_hundred_at_once_make_one() {
        let cache = PageCache::default();
        let made = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let requests = (0..100).map(|_| {
            let (cache, made) = (cache.clone(), Arc::clone(&made));
            tokio::spawn(async move {
                let response = cache.respond(get("/a"), |_| async {
                    made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    page(&[], "one")
                });
                text(response.await).await
            })
        });
        for request in requests.collect::<Vec<_>>() {
            assert_eq!(request.await.expect("answers"), "one");
        }
        assert_eq!(made.load(std::sync::atomic::Ordering::SeqCst), 1);
    }

    #[test]
    fn encodings() {
        for (accept, expected) in [
            ("gzip, deflate, br", Encoding::Brotli),
            ("gzip", Encoding::Gzip),
            ("br;q=0, gzip;q=0.5", Encoding::Gzip),
            ("gzip;q=0", Encoding::Identity),
            ("*", Encoding::Gzip),
            ("identity", Encoding::Identity),
            ("", Encoding::Identity),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accept))]);
            assert_eq!(Encoding::best(&headers), expected, "{accept}");
        }
    }

    #[test]
    fn keys() {
        let key = |uri: &str| key(&uri.parse().expect("an address"));
        assert_eq!(key("/posts/%C3%BCber?fbclid=1"), key("/posts/%c3%bcber"));
        assert_eq!(key("/a?reply_to=041").as_deref(), Some("/a?reply_to=41"));
        assert_eq!(key("/a?reply_to=x"), None);
        for question in ["q=calf", "tag=feet", "year=2026", "utm_source=x&year=", "%71=calf", "q=a&exact=1", "exact"] {
            assert_eq!(key(&format!("/search?{question}")), None, "{question}");
        }
        assert_eq!(key("/search?utm_source=x").as_deref(), Some("/search"));
        assert_eq!(key("/tags/feet?year=2026"), key("/tags/feet"));
        assert_eq!(key("/media/1-clip.mp4"), None);
        assert_eq!((key("/me"), key("/me/erase")), (None, None));
        assert_eq!(key("/mesa").as_deref(), Some("/mesa"));
    }
}
