//! Paths of URLs, decoded for people and percent-encoded for links and headers.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use unicode_normalization::UnicodeNormalization;

/// Characters that a path may not hold (RFC 3986, 3.3): all but `pchar` and the slash.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Percent-encodes a path: `/posts/über-uns` becomes `/posts/%C3%BCber-uns`.
pub fn encode(path: &str) -> String {
    utf8_percent_encode(path, NOT_IN_A_PATH).to_string()
}

/// Percent-encodes a path that may have a fragment behind it.
pub fn encode_with_fragment(path: &str) -> String {
    match path.split_once('#') {
        Some((path, fragment)) => format!("{}#{}", encode(path), encode(fragment)),
        None => encode(path),
    }
}

/// Path of a request for a log line: control characters and everything that is not ASCII are percent-encoded (also
/// marks that change the direction of text or begin a line). Existing percent-encoding stays as it is.
pub fn printable(path: &str) -> impl std::fmt::Display {
    utf8_percent_encode(path, CONTROLS)
}

/// Percent-decoded path; `None` if it is not UTF-8.
pub fn decode(path: &str) -> Option<String> {
    percent_decode_str(path).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// Normalises a path that an author wrote: one slash before, none behind. `None` if it cannot be a path of this site.
pub fn tidy(path: &str) -> Option<String> {
    // Macs write `é` as two characters, browsers as one (UAX 15).
    let path: String = decode(path.trim())?.nfc().collect();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let climbs = segments.iter().any(|segment| matches!(*segment, "." | ".."));
    let foreign = path.contains([':', '?', '#', '\\']) || path.chars().any(char::is_control);
    (!segments.is_empty() && !climbs && !foreign).then(|| format!("/{}", segments.join("/")))
}

/// Path of a link that is relative to a page; `None` if it leads to a file or has a path of its own.
pub fn resolve(page: &str, link: &str) -> Option<String> {
    let path = link.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_page = !last.contains('.') || matches!(last, "." | "..") || last.ends_with(".html");
    if path.is_empty() || path.starts_with('/') || !is_page {
        return None;
    }
    let url = url::Url::parse("http://site.invalid")
        .ok()?
        .join(&encode(&format!("/{}", page.trim_start_matches('/'))))
        .ok()?
        .join(link)
        .ok()?;
    (url.host_str() == Some("site.invalid")).then(|| url[url::Position::BeforePath..].to_owned())
}

/// True if an address begins with a scheme. `milebymile.com:8080` does not.
pub fn has_scheme(address: &str) -> bool {
    address
        .split_once(':')
        .is_some_and(|(scheme, rest)| !scheme.contains(['.', '/']) && !rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// True if a text is a whole URL that a browser opens as a page.
pub fn is_web(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(encode("/posts/über uns"), "/posts/%C3%BCber%20uns");
        assert_eq!(encode_with_fragment("/über#uns hier"), "/%C3%BCber#uns%20hier");
        assert_eq!(decode("/posts/%C3%BCber%20uns").as_deref(), Some("/posts/über uns"));
        assert_eq!(decode("/%FF"), None);
        for (written, tidied) in [
            ("posts/a/", Some("/posts/a")),
            ("//evil.example/", Some("/evil.example")),
            ("/2019/05/a.html", Some("/2019/05/a.html")),
            ("/", None),
            ("../a", None),
            ("https://example.org/a", None),
            ("/a?b", None),
            ("/cafe\u{301}", Some("/caf\u{e9}")),
        ] {
            assert_eq!(tidy(written).as_deref(), tidied, "{written}");
        }
    }
}
