//! A finished page: its headers and its body in each encoding, ready to be handed out. And how bodies are compressed.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::asked::{Encoding, Want};
use crate::web::{conditions, page::Policy};

/// Pages are made anew after a day, or the stamp in their comment form would grow old (`domain::stamp`).
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// A page that has lived this long will be read again: now it is worth the best compression, which takes some fifty
/// times as long.
const SETTLED: Duration = Duration::from_secs(5);
/// Bodies below this do not shrink enough to be worth it: they fit in one packet as they are.
const WORTH_COMPRESSING: usize = 860;
/// Of one set of headers, about, as a map and as it is sent; for weighing.
const HEADER_BYTES: usize = 2 * 1024;

/// A finished page.
pub(super) struct Entry {
    etag: HeaderValue,
    identity: Encoded,
    gzip: Option<Encoded>,
    brotli: Option<Encoded>,
    pub(super) tags: Vec<String>,
    made: Instant,
    /// While encodings are still to come.
    rest: Option<watch::Receiver<()>>,
    /// Somebody has begun to compress it as well as can be, or has done so.
    is_polished: AtomicBool,
}

/// A body in one encoding, with all headers that go before it.
#[derive(Clone)]
pub(super) struct Encoded {
    headers: HeaderMap,
    pub(super) head: Arc<Head>,
    pub(super) body: Bytes,
}

/// The status line and the headers as they are sent.
pub(super) struct Head {
    /// Up to the date.
    pub(super) bytes: Box<[u8]>,
    /// The second, since 1970, in which somebody asked for it last.
    pub(super) last_asked: AtomicU64,
}

/// How much time a body may cost.
#[derive(Clone, Copy)]
enum Effort {
    /// A reader waits. Brotli's 5 is about as fast as gzip's 6 and a tenth smaller; its 4 makes a first visit too large.
    Quick,
    Best,
}

impl Entry {
    /// Compressed as `wanted`, quickly and off the threads that answer. The other encodings are still to come unless the
    /// sign for that is `None`: see [`Self::completed`].
    pub(super) async fn new(
        mut headers: HeaderMap,
        body: Bytes,
        tags: Vec<String>,
        wanted: Encoding,
    ) -> (Self, Option<watch::Sender<()>>) {
        let hash = Sha256::digest(&body);
        let digits: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        // Weak: the encodings of a page share it.
        let etag = HeaderValue::try_from(format!("W/\"{digits}\"")).unwrap_or(HeaderValue::from_static("W/\"0\""));
        headers.insert(header::ETAG, etag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        // The name of the request that made the page is none of the next reader's.
        headers.remove(crate::web::request_log::HEADER);
        let is_worth_it = body.len() >= WORTH_COMPRESSING && is_text(&headers);
        let (sender, rest) = watch::channel(());
        let mut entry = Self {
            etag,
            gzip: None,
            brotli: None,
            identity: Encoded::new(&headers, body, None),
            tags,
            made: Instant::now(),
            rest: is_worth_it.then_some(rest),
            is_polished: AtomicBool::new(true),
        };
        if is_worth_it && wanted != Encoding::Identity {
            entry = entry.with(wanted, Effort::Quick).await;
        }
        (entry, is_worth_it.then_some(sender))
    }

    /// The same page in all encodings.
    pub(super) async fn completed(&self) -> Self {
        let mut whole = self.copy();
        for encoding in [Encoding::Brotli, Encoding::Gzip] {
            if whole.lacks(encoding).is_some() {
                whole = whole.with(encoding, Effort::Quick).await;
            }
        }
        Self { rest: None, is_polished: AtomicBool::new(false), ..whole }
    }

    /// The same page, compressed as well as can be. Its age and version stay.
    pub(super) async fn polished(&self) -> Self {
        self.copy().with(Encoding::Brotli, Effort::Best).await.with(Encoding::Gzip, Effort::Best).await
    }

    /// Told when the encoding is there, where it is still to come.
    pub(super) fn lacks(&self, encoding: Encoding) -> Option<watch::Receiver<()>> {
        let is_there = match encoding {
            Encoding::Identity => true,
            Encoding::Gzip => self.gzip.is_some(),
            Encoding::Brotli => self.brotli.is_some(),
        };
        self.rest.clone().filter(|_| !is_there)
    }

    async fn with(self, encoding: Encoding, effort: Effort) -> Self {
        let body = compress(&self.identity.body, encoding, effort).await;
        let packed = body.map(|body| self.identity.packed(body, encoding));
        match encoding {
            Encoding::Gzip => Self { gzip: packed.or(self.gzip), ..self },
            Encoding::Brotli => Self { brotli: packed.or(self.brotli), ..self },
            Encoding::Identity => self,
        }
    }

    fn copy(&self) -> Self {
        Self {
            etag: self.etag.clone(),
            identity: self.identity.clone(),
            gzip: self.gzip.clone(),
            brotli: self.brotli.clone(),
            tags: self.tags.clone(),
            made: self.made,
            rest: self.rest.clone(),
            is_polished: AtomicBool::new(true),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let all = [Some(&self.identity), self.gzip.as_ref(), self.brotli.as_ref()];
        all.into_iter().flatten().map(|encoded| encoded.body.len() + HEADER_BYTES).sum()
    }

    pub(super) fn age(&self) -> Duration {
        self.made.elapsed()
    }

    pub(super) fn is_fresh(age: Duration) -> bool {
        age < LONGEST_LIFE
    }

    /// True once in its life: now is the time to polish it.
    pub(super) fn wants_polish(&self, age: Duration) -> bool {
        age >= SETTLED && !self.is_polished.load(Ordering::Relaxed) && !self.is_polished.swap(true, Ordering::Relaxed)
    }

    /// Its body as the client wants it, or as it is where it does not shrink.
    pub(super) fn encoded(&self, encoding: Encoding) -> &Encoded {
        let encoded = match encoding {
            Encoding::Brotli => self.brotli.as_ref(),
            Encoding::Gzip => self.gzip.as_ref(),
            Encoding::Identity => None,
        };
        encoded.unwrap_or(&self.identity)
    }

    pub(super) fn respond(&self, want: &Want<'_>) -> Response<Body> {
        let encoded = self.encoded(want.encoding);
        if !conditions::match_holds(&want.headers, Some(&self.etag)) {
            return encoded.failed();
        }
        if conditions::has_version(&want.headers, &self.etag) {
            return encoded.not_modified();
        }
        let mut response = Response::new(if want.is_head { Body::empty() } else { Body::from(encoded.body.clone()) });
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
        Self { head: Arc::new(Head::new(&headers)), headers, body }
    }

    /// The same body in another encoding.
    fn packed(&self, body: Bytes, encoding: Encoding) -> Self {
        Self::new(&self.headers, body, encoding.name())
    }

    /// RFC 9110, 15.4.5: nothing about a body that is not sent.
    fn not_modified(&self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        let headers = response.headers_mut();
        headers.clone_from(&self.headers);
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
            headers.remove(name);
        }
        response
    }

    /// RFC 9110, 15.5.13: the client wants another version.
    fn failed(&self) -> Response<Body> {
        let mut response = self.not_modified();
        *response.status_mut() = StatusCode::PRECONDITION_FAILED;
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(Policy::Uncached.cache_control()));
        headers.remove("cdn-cache-control");
        response
    }
}

impl Head {
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

/// On a thread of its own. `None` where there is nothing to do, or it fails: then the page goes as it is.
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
    // A window that covers this page, 4 MiB at most: the encoder takes memory for all of it, which allocators keep. Not
    // below 128 KiB, where it would change to a slower way of searching.
    let window = body.len().next_power_of_two().ilog2().clamp(17, 22);
    let lgwin = i32::try_from(window).unwrap_or(22);
    let parameters = brotli::enc::BrotliEncoderParams { quality, lgwin, size_hint: body.len(), ..Default::default() };
    let mut compressed = Vec::with_capacity(body.len() / 3);
    brotli::BrotliCompress(&mut &body[..], &mut compressed, &parameters).ok()?;
    Some(Bytes::from(compressed))
}
