//! The part of a request that the page cache needs: page, encoding, known version. Every hit comes through here, so it
//! borrows from the request and does not allocate for the usual paths.

use std::borrow::Cow;

use http::{HeaderMap, Method, Request, header};

use crate::domain::routes;

/// A request that the cache may answer.
pub(super) struct PageRequest<'a> {
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

impl<'a> PageRequest<'a> {
    /// Reads a request. `None` if it is not for the cache: other methods, and URLs for a single visitor.
    pub(super) fn of<B>(request: &'a Request<B>) -> Option<Self> {
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET {
            return None;
        }
        let headers = request.headers();
        let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let encoding = Encoding::best(accepted);
        Some(Self {
            key: routes::cache_key(request.uri().path(), request.uri().query())?,
            want: Want { is_head, encoding, headers: Cow::Borrowed(headers) },
        })
    }

    /// Owned copy, for when the request itself is passed on.
    pub(super) fn into_owned(self) -> PageRequest<'static> {
        let headers = Cow::Owned(self.want.headers.into_owned());
        PageRequest { key: Cow::Owned(self.key.into_owned()), want: Want { headers, ..self.want } }
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
