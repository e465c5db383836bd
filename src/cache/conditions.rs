//! Conditional requests (RFC 9110, 13): If-None-Match and If-Match.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// True if the client has this version: weak comparison (13.1.2).
pub fn has_version(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    names(headers, header::IF_NONE_MATCH, |tag| tag == b"*" || opaque(tag) == opaque(etag.as_bytes()))
}

/// False if the client requires another version than this one: strong comparison (13.1.1). `None`: no ETag.
pub fn match_holds(headers: &HeaderMap, etag: Option<&HeaderValue>) -> bool {
    let is_strong = |tag: &[u8]| tag.starts_with(b"\"") && etag.is_some_and(|etag| etag.as_bytes() == tag);
    !headers.contains_key(header::IF_MATCH) || names(headers, header::IF_MATCH, |tag| tag == b"*" || is_strong(tag))
}

fn names(headers: &HeaderMap, name: HeaderName, is_it: impl Fn(&[u8]) -> bool) -> bool {
    let tags = headers.get_all(name).into_iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    tags.map(<[u8]>::trim_ascii).any(is_it)
}

fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let etag = HeaderValue::from_static("W/\"a1\"");
        for (known, expected) in [
            ("W/\"a1\"", true),
            ("\"a1\"", true),
            ("\"x\", W/\"a1\"", true),
            ("\"ü\",\"a1\"", true),
            ("*", true),
            ("\"a\"", false),
            ("", false),
        ] {
            let known = HeaderValue::from_bytes(known.as_bytes()).expect("octets");
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, known.clone())]);
            assert_eq!(has_version(&headers, &etag), expected, "{known:?}");
        }
    }

    #[test]
    fn matches() {
        let (strong, weak) = (HeaderValue::from_static("\"a1\""), HeaderValue::from_static("W/\"a1\""));
        for (wanted, etag, expected) in [
            ("\"a1\"", Some(&strong), true),
            ("\"x\", \"a1\"", Some(&strong), true),
            ("W/\"a1\"", Some(&strong), false),
            ("W/\"a1\"", Some(&weak), false),
            ("\"a1\"", Some(&weak), false),
            ("*", Some(&weak), true),
            ("*", None, true),
            ("\"a1\"", None, false),
        ] {
            let headers = HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(wanted))]);
            assert_eq!(match_holds(&headers, etag), expected, "{wanted} of {etag:?}");
        }
        assert!(match_holds(&HeaderMap::new(), None));
    }
}
