//! A page in the cache: headers, and the body in each encoding. Also chooses the encoding, and compresses bodies.

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

use super::{REQUEST_ID, conditions, policy::Policy};
use crate::domain::limits::{BEST_COMPRESSION_AFTER, CACHED_FOR};

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
    /// Channel that closes when all encodings are there; `None` afterwards.
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

/// Content encoding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

impl Encoding {
    /// Name in headers.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }

    /// Best encoding that one of these headers accepts (RFC 9110, 12.5.3); `q=0` means not accepted.
    pub fn best<'a>(accepted: impl Iterator<Item = &'a str>) -> Self {
        let (mut best, mut takes_any, mut refuses_gzip) = (Self::Identity, false, false);
        for value in accepted {
            for offer in value.split(',') {
                let (name, parameters) = offer.split_once(';').unwrap_or((offer, ""));
                let name = name.trim();
                let mut weights =
                    parameters.split(';').filter_map(|one| one.trim().strip_prefix(['q', 'Q'])?.strip_prefix('='));
                let is_refused = weights.next().is_some_and(|weight| weight.parse::<f32>().is_ok_and(|q| q <= 0.0));
                let is_gzip = name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip");
                if name.eq_ignore_ascii_case("br") && !is_refused {
                    return Self::Brotli;
                }
                if is_gzip && !is_refused {
                    best = Self::Gzip;
                }
                refuses_gzip |= is_gzip && is_refused;
                takes_any |= name == "*" && !is_refused;
            }
        }
        // An encoding that is named counts more than `*`.
        if takes_any && !refuses_gzip { Self::Gzip } else { best }
    }
}

/// Compression levels.
#[derive(Clone, Copy)]
struct Effort {
    gzip: u32,
    brotli: i32,
}

/// Compression while a request waits. Brotli's 5 is about as fast as gzip's 6 and a tenth smaller; its 4 makes a first
/// visit too large.
const QUICK: Effort = Effort { gzip: 6, brotli: 5 };
const BEST: Effort = Effort { gzip: 9, brotli: 11 };

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
            entry = entry.with(wanted, QUICK).await;
        }
        (entry, is_worth_it.then_some(sender))
    }

    /// Copy of this page in all encodings.
    pub(super) async fn completed(&self) -> Self {
        let mut whole = self.clone();
        for encoding in [Encoding::Brotli, Encoding::Gzip] {
            if whole.lacks(encoding).is_some() {
                whole = whole.with(encoding, QUICK).await;
            }
        }
        Self { rest: None, is_polished: Arc::default(), ..whole }
    }

    /// Copy of this page with the best compression, with the same age and ETag.
    pub(super) async fn polished(&self) -> Self {
        self.clone().with(Encoding::Brotli, BEST).await.with(Encoding::Gzip, BEST).await
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
        age < CACHED_FOR
    }

    /// True exactly once per page: the best compression should start now.
    pub(super) fn wants_polish(&self, age: Duration) -> bool {
        age >= BEST_COMPRESSION_AFTER
            && !self.is_polished.load(Ordering::Relaxed)
            && !self.is_polished.swap(true, Ordering::Relaxed)
    }

    /// Body in this encoding, or uncompressed if compression does not pay.
    pub(super) fn encoded(&self, encoding: Encoding) -> &Encoded {
        self.packed[encoding as usize].as_ref().unwrap_or(&self.identity)
    }

    /// Response to a request with these headers, without the body if `is_head`.
    pub(super) fn respond<R: From<Bytes>>(
        &self,
        encoding: Encoding,
        headers: &HeaderMap,
        is_head: bool,
    ) -> Response<R> {
        let encoded = self.encoded(encoding);
        if !conditions::match_holds(headers, Some(&self.etag)) {
            return encoded.failed();
        }
        if conditions::has_version(headers, &self.etag) {
            return encoded.not_modified();
        }
        let mut response = Response::new(if is_head { Bytes::new() } else { encoded.body.clone() }.into());
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
    let output = Vec::with_capacity(body.len() / 3);
    let mut encoder = flate2::write::GzEncoder::new(output, flate2::Compression::new(effort.gzip));
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

fn brotli(body: &[u8], effort: Effort) -> Option<Bytes> {
    // A window that covers the page, 4 MiB at most: the encoder allocates all of it, and allocators keep the memory.
    // Below 128 KiB the encoder would change to a slower search.
    let window = body.len().next_power_of_two().ilog2().clamp(17, 22);
    let lgwin = i32::try_from(window).unwrap_or(22);
    let (quality, size_hint) = (effort.brotli, body.len());
    let parameters = brotli::enc::BrotliEncoderParams { quality, lgwin, size_hint, ..Default::default() };
    let mut compressed = Vec::with_capacity(body.len() / 3);
    brotli::BrotliCompress(&mut &body[..], &mut compressed, &parameters).ok()?;
    Some(Bytes::from(compressed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        for (accept, expected) in [
            ("gzip, deflate, br", Encoding::Brotli),
            ("gzip", Encoding::Gzip),
            ("GZIP", Encoding::Gzip),
            ("br;q=0, gzip;q=0.5", Encoding::Gzip),
            ("gzip;q=0", Encoding::Identity),
            ("gzip;q=0, *", Encoding::Identity),
            ("*, gzip;q=0", Encoding::Identity),
            ("br;Q=0, gzip", Encoding::Gzip),
            ("br;q=0;x=1", Encoding::Identity),
            ("*", Encoding::Gzip),
            ("identity", Encoding::Identity),
            ("", Encoding::Identity),
        ] {
            assert_eq!(Encoding::best([accept].into_iter()), expected, "{accept}");
        }
    }
}
