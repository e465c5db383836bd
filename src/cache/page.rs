//! A page in the cache: headers, and the body in each encoding. Also compresses bodies.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::{
    REQUEST_ID, conditions,
    policy::Policy,
    request::{Encoding, Want},
};

/// Longest age of a page. After a day the stamp in its comment form would be too old (`domain::stamp`).
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Age at which a page gets the best compression, since it is likely to be read again. That takes some fifty times as
/// long.
const SETTLED: Duration = Duration::from_secs(5);
/// Smallest body that is compressed, in bytes: a smaller one fits in one packet as it is.
const WORTH_COMPRESSING: usize = 860;
/// Approximate size of one set of headers, as a map and as sent, for the cache's weight.
const HEADER_BYTES: usize = 2 * 1024;

/// A page in the cache.
#[derive(Clone)]
pub(super) struct CachedPage {
    etag: HeaderValue,
    identity: Encoded,
    /// The body in each [`Encoding`], by its number.
    packed: [Option<Encoded>; 3],
    pub(super) tags: Vec<String>,
    made: Instant,
    /// Closes when all encodings are there; `None` afterwards.
    rest: Option<watch::Receiver<()>>,
    /// True if the best compression has begun or is done.
    is_polished: Arc<AtomicBool>,
}

/// A body in one encoding, with its headers.
#[derive(Clone)]
pub(super) struct Encoded {
    headers: HeaderMap,
    pub(super) head: Arc<SentHead>,
    pub(super) body: Bytes,
}

/// Status line and headers as sent.
pub(super) struct SentHead {
    /// Bytes up to the date.
    pub(super) bytes: Box<[u8]>,
    /// Unix time in seconds of the last request.
    pub(super) last_asked: AtomicU64,
}

/// Compression level.
#[derive(Clone, Copy)]
enum Effort {
    /// Compression while a request waits. Brotli's 5 is about as fast as gzip's 6 and a tenth smaller; its 4 makes a
    /// first visit too large.
    Quick,
    Best,
}

impl CachedPage {
    /// A page compressed as `wanted`, quickly and on a blocking thread. If a sender is returned, the other encodings
    /// are still missing: see [`Self::completed`].
    pub(super) async fn new(
        mut headers: HeaderMap,
        body: Bytes,
        tags: Vec<String>,
        wanted: Encoding,
    ) -> (Self, Option<watch::Sender<()>>) {
        let hash = Sha256::digest(&body);
        let digits: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        // Weak: all encodings of a page share it.
        let etag = HeaderValue::try_from(format!("W/\"{digits}\"")).unwrap_or(HeaderValue::from_static("W/\"0\""));
        headers.insert(header::ETAG, etag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.remove(REQUEST_ID);
        let is_worth_it = body.len() >= WORTH_COMPRESSING && is_text(&headers);
        let (sender, rest) = watch::channel(());
        let mut entry = Self {
            etag,
            packed: [const { None }; 3],
            identity: Encoded::new(&headers, body, None),
            tags,
            made: Instant::now(),
            rest: is_worth_it.then_some(rest),
            is_polished: Arc::new(AtomicBool::new(true)),
        };
        if is_worth_it && wanted != Encoding::Identity {
            entry = entry.with(wanted, Effort::Quick).await;
        }
        (entry, is_worth_it.then_some(sender))
    }

    /// Copy of this page in all encodings.
    pub(super) async fn completed(&self) -> Self {
        let mut whole = self.clone();
        for encoding in [Encoding::Brotli, Encoding::Gzip] {
            if whole.lacks(encoding).is_some() {
                whole = whole.with(encoding, Effort::Quick).await;
            }
        }
        Self { rest: None, is_polished: Arc::default(), ..whole }
    }

    /// Copy of this page with the best compression, with the same age and ETag.
    pub(super) async fn polished(&self) -> Self {
        self.clone().with(Encoding::Brotli, Effort::Best).await.with(Encoding::Gzip, Effort::Best).await
    }

    /// Receiver that wakes when the encoding is there; `None` if it need not wait.
    pub(super) fn lacks(&self, encoding: Encoding) -> Option<watch::Receiver<()>> {
        let is_there = encoding == Encoding::Identity || self.packed[encoding as usize].is_some();
        self.rest.clone().filter(|_| !is_there)
    }

    async fn with(mut self, encoding: Encoding, effort: Effort) -> Self {
        if let Some(body) = compress(&self.identity.body, encoding, effort).await {
            self.packed[encoding as usize] = Some(self.identity.packed(body, encoding));
        }
        self
    }

    pub(super) fn bytes(&self) -> usize {
        let all = self.packed.iter().flatten().chain([&self.identity]);
        all.map(|encoded| encoded.body.len() + HEADER_BYTES).sum()
    }

    pub(super) fn age(&self) -> Duration {
        self.made.elapsed()
    }

    pub(super) fn is_fresh(age: Duration) -> bool {
        age < LONGEST_LIFE
    }

    /// True exactly once per page: the best compression should start now.
    pub(super) fn wants_polish(&self, age: Duration) -> bool {
        age >= SETTLED && !self.is_polished.load(Ordering::Relaxed) && !self.is_polished.swap(true, Ordering::Relaxed)
    }

    /// Body in this encoding, or uncompressed if compression does not pay.
    pub(super) fn encoded(&self, encoding: Encoding) -> &Encoded {
        self.packed[encoding as usize].as_ref().unwrap_or(&self.identity)
    }

    pub(super) fn respond<R: From<Bytes>>(&self, want: &Want<'_>) -> Response<R> {
        let encoded = self.encoded(want.encoding);
        if !conditions::match_holds(&want.headers, Some(&self.etag)) {
            return encoded.failed();
        }
        if conditions::has_version(&want.headers, &self.etag) {
            return encoded.not_modified();
        }
        let mut response = Response::new(if want.is_head { Bytes::new() } else { encoded.body.clone() }.into());
        response.headers_mut().clone_from(&encoded.headers);
        response
    }
}

impl Encoded {
    fn new(headers: &HeaderMap, body: Bytes, encoding: Option<&'static str>) -> Self {
        let mut headers = headers.clone();
        headers.insert(header::CONTENT_LENGTH, body.len().into());
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        Self { head: Arc::new(SentHead::new(&headers)), headers, body }
    }

    /// Copy of these headers with the body in another encoding.
    fn packed(&self, body: Bytes, encoding: Encoding) -> Self {
        Self::new(&self.headers, body, encoding.name())
    }

    /// 304 without headers about the body, which is not sent (RFC 9110, 15.4.5).
    fn not_modified<R: From<Bytes>>(&self) -> Response<R> {
        let mut response = Response::new(R::from(Bytes::new()));
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        let headers = response.headers_mut();
        headers.clone_from(&self.headers);
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
            headers.remove(name);
        }
        response
    }

    /// 412: the client requires another version (RFC 9110, 15.5.13).
    fn failed<R: From<Bytes>>(&self) -> Response<R> {
        let mut response: Response<R> = self.not_modified();
        *response.status_mut() = StatusCode::PRECONDITION_FAILED;
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(Policy::Uncached.cache_control()));
        headers.remove("cdn-cache-control");
        response
    }
}

impl SentHead {
    fn new(headers: &HeaderMap) -> Self {
        let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
        for (name, value) in headers {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        Self { bytes: bytes.into(), last_asked: AtomicU64::default() }
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("text/") || ["xml", "json", "javascript"].iter().any(|word| kind.contains(word))
}

/// Compresses on a blocking thread. `None` for no encoding or an error: then the page is sent uncompressed.
async fn compress(body: &Bytes, encoding: Encoding, effort: Effort) -> Option<Bytes> {
    let body = body.clone();
    let packed = tokio::task::spawn_blocking(move || match encoding {
        Encoding::Identity => None,
        Encoding::Gzip => gzip(&body, effort),
        Encoding::Brotli => brotli(&body, effort),
    });
    packed.await.ok().flatten()
}

fn gzip(body: &[u8], effort: Effort) -> Option<Bytes> {
    let level = match effort {
        Effort::Quick => 6,
        Effort::Best => 9,
    };
    let output = Vec::with_capacity(body.len() / 3);
    let mut encoder = flate2::write::GzEncoder::new(output, flate2::Compression::new(level));
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

fn brotli(body: &[u8], effort: Effort) -> Option<Bytes> {
    let quality = match effort {
        Effort::Quick => 5,
        Effort::Best => 11,
    };
    // A window that covers the page, 4 MiB at most: the encoder allocates all of it, and allocators keep the memory.
    // Below 128 KiB the encoder would change to a slower search.
    let window = body.len().next_power_of_two().ilog2().clamp(17, 22);
    let lgwin = i32::try_from(window).unwrap_or(22);
    let parameters = brotli::enc::BrotliEncoderParams { quality, lgwin, size_hint: body.len(), ..Default::default() };
    let mut compressed = Vec::with_capacity(body.len() / 3);
    brotli::BrotliCompress(&mut &body[..], &mut compressed, &parameters).ok()?;
    Some(Bytes::from(compressed))
}
