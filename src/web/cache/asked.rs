//! The part of a request that the page cache needs: page, encoding, known version. Every hit comes through here, so it
//! borrows from the request and does not allocate for the usual paths.

use std::borrow::Cow;

use http::{HeaderMap, Method, Request, Uri, header};

use crate::{domain::address, web::search};

/// A request that the cache may answer.
pub(super) struct Asked<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) want: Want<'a>,
}

/// Details of the response: HEAD or GET, encoding, conditions.
#[derive(Clone, Debug)]
pub(super) struct Want<'a> {
    pub(super) is_head: bool,
    pub(super) encoding: Encoding,
    /// Request headers, with the conditions.
    pub(super) headers: Cow<'a, HeaderMap>,
}

impl<'a> Asked<'a> {
    /// Reads a request. `None` if it is not for the cache: other methods, and URLs for a single visitor.
    pub(super) fn of<B>(request: &'a Request<B>) -> Option<Self> {
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET {
            return None;
        }
        let headers = request.headers();
        let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let encoding = Encoding::best(accepted);
        Some(Self { key: key(request.uri())?, want: Want { is_head, encoding, headers: Cow::Borrowed(headers) } })
    }

    /// Owned copy, for when the request itself is passed on.
    pub(super) fn into_owned(self) -> Asked<'static> {
        let headers = Cow::Owned(self.want.headers.into_owned());
        Asked { key: Cow::Owned(self.key.into_owned()), want: Want { headers, ..self.want } }
    }
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
    pub(super) fn name(self) -> Option<&'static str> {
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
        // What is named counts more than `*`.
        if takes_any && !refuses_gzip { Self::Gzip } else { best }
    }
}

/// Key of a page: its path in the one spelling, so that no page has two keys. `None`: not for the cache.
fn key(uri: &Uri) -> Option<Cow<'_, str>> {
    let path = uri.path();
    // Media are too large for the cache; their handler answers ranges and conditions. Commenters' own pages and the
    // targets of links in mails are made for one visitor. A health check must not wait for another one.
    if matches!(path, "/healthz" | "/readyz")
        || path.starts_with("/media/")
        || path.starts_with("/mail/")
        || path == "/me"
        || path.starts_with("/me/")
    {
        return None;
    }
    if uri.query().is_none() && is_plain(path) {
        return Some(Cow::Borrowed(path));
    }
    let key = address::encode(&address::decode(path)?);
    // Pages for one visitor, and pages of which there are too many: one for each comment, one for each search.
    let is_uncached =
        |name: &str| matches!(name, "reply_to" | "waiting") || key == "/search" && search::FIELDS.contains(&name);
    // `utm_source` and similar parameters change nothing.
    let mut query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let is_kept = !query.any(|(name, _)| is_uncached(&name));
    is_kept.then_some(Cow::Owned(key))
}

/// True if decoding and encoding again would change nothing (RFC 3986, 2.3: unreserved letters, and the slash).
fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/'))
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

    #[test]
    fn keys() {
        let key = |uri: &str| key(&uri.parse().expect("an address")).map(Cow::into_owned);
        assert_eq!(key("/posts/%C3%BCber?fbclid=1"), key("/posts/%c3%bcber"));
        assert_eq!(key("/posts/c%61lf"), key("/posts/calf"));
        assert_eq!(
            (key("/a?reply_to=1"), key("/a?utm_source=x&%72eply_to=x"), key("/a?waiting=1")),
            (None, None, None)
        );
        assert_eq!((key("/healthz"), key("/readyz")), (None, None));
        assert_eq!(key("/a%3Freply_to=1").as_deref(), Some("/a%3Freply_to=1"));
        for question in ["q=calf", "tag=feet", "year=2026", "utm_source=x&year=", "%71=calf", "q=a&exact=1", "exact"] {
            assert_eq!(key(&format!("/search?{question}")), None, "{question}");
        }
        assert_eq!(key("/search?utm_source=x").as_deref(), Some("/search"));
        assert_eq!(key("/tags/feet?year=2026"), key("/tags/feet"));
        assert_eq!((key("/me"), key("/me/erase")), (None, None));
        assert_eq!(key("/mesa").as_deref(), Some("/mesa"));
        assert_eq!(key("/media/1-clip.mp4"), None);
        assert_eq!(key("/mail/stop?key=1"), None);
    }
}
