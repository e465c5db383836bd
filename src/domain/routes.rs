//! The program's own addresses: the one list that the router, the reserved words of content, the page cache and the
//! 404 page read.

use std::{borrow::Cow, fmt::Display};

use url::form_urlencoded;

use super::{address, comment::CommentId, entry::Kind, slug::Slug};

/// Use of the addresses with the same first segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// Pages and files of the program.
    Own,
    /// Content is below it, so a wrong address may be a mistyped address of content.
    Content,
    /// Never in the page cache: made for one visitor, too large, or a check that must not wait for another one.
    Uncached,
}

/// First segments of the program's own addresses, besides those of the kinds of content.
const OWN: [(&str, Use); 25] = [
    (".well-known", Use::Uncached),
    ("admin", Use::Own),
    ("apple-touch-icon-precomposed.png", Use::Own),
    ("apple-touch-icon.png", Use::Own),
    ("archive", Use::Content),
    ("comments", Use::Own),
    ("desk", Use::Uncached),
    ("favicon.ico", Use::Own),
    ("feed.json", Use::Own),
    ("feed.xml", Use::Own),
    ("healthz", Use::Uncached),
    ("mail", Use::Uncached),
    ("manifest.webmanifest", Use::Own),
    ("me", Use::Uncached),
    ("media", Use::Uncached),
    ("micropub", Use::Uncached),
    ("page", Use::Own),
    ("readyz", Use::Uncached),
    ("robots.txt", Use::Own),
    ("rss.xml", Use::Own),
    ("search", Use::Own),
    ("series", Use::Content),
    ("sitemap.xml", Use::Own),
    ("static", Use::Own),
    ("tags", Use::Own),
];

/// Query parameters of a search: the fields of its form, and `exact`, which turns off spelling correction.
pub const SEARCH_FIELDS: [&str; 4] = ["q", "tag", "year", "exact"];

/// Permalink of a comment; it redirects to the comment's place.
pub fn comment(id: CommentId) -> String {
    format!("/comments/{id}")
}

/// Path to which comments on a post are sent, whatever the permalink pattern is.
pub fn comments(slug: &Slug) -> String {
    format!("/posts/{slug}/comments")
}

/// Path of a post's comment feed, whatever the permalink pattern is.
pub fn comment_feed(slug: &Slug) -> String {
    format!("/posts/{slug}/comments/feed.xml")
}

/// Path of a page of a post's thread.
pub fn thread_page(slug: &Slug, number: usize) -> String {
    format!("/posts/{slug}/comments/page/{number}")
}

/// Path of the list of a tag's posts, or of the posts that have several tags (`feet+calves`).
pub fn tag(slug: impl Display) -> String {
    format!("/tags/{slug}")
}

pub fn series(slug: &Slug) -> String {
    format!("/series/{slug}")
}

/// Path of the posts of a year.
pub fn year(year: i16) -> String {
    format!("/archive/{year}")
}

/// Path of the posts of a month, with two digits: `/archive/2026/05`.
pub fn month(year: i16, month: i8) -> String {
    format!("/archive/{year}/{month:02}")
}

/// Number of a part of the sitemap: 1 of `/sitemap-1.xml`.
pub fn sitemap_part(path: &str) -> Option<usize> {
    let written = path.strip_prefix("/sitemap-")?.strip_suffix(".xml")?;
    written.parse().ok().filter(|number: &usize| number.to_string() == written)
}

/// True if addresses with this first segment belong to the program.
pub fn is_own(segment: &str) -> bool {
    use_of(segment).is_some() || sitemap_part(&format!("/{segment}")).is_some()
}

/// True if no text of this kind can have this address, since the program has it, or texts of another kind: `/posts/x` is
/// for posts, `/stretches/x` for stretches, `/admin` for none.
pub fn is_reserved(address: &str, kind: Kind) -> bool {
    let segments: Vec<&str> = address.trim_matches('/').split('/').collect();
    match segments.as_slice() {
        // Below a month or a year, the program has only the pages of its list.
        ["archive", _, below @ ..] if below.len() > 1 => below[..2].contains(&"page"),
        ["posts", _, below, ..] => *below == "comments",
        [base, _] if kind.row().base == Some(*base) => false,
        [first, ..] => is_own(first),
        [] => false,
    }
}

/// True if a wrong address may be a mistyped address of content.
pub fn may_mean_content(path: &str) -> bool {
    matches!(use_of(first_segment(path)), None | Some(Use::Content))
}

/// Key of a page in the page cache: its path in the one spelling, so that no page has two keys. `None`: not for the
/// cache. The usual paths need no allocation.
pub fn cache_key<'a>(path: &'a str, query: Option<&str>) -> Option<Cow<'a, str>> {
    if use_of(first_segment(path)) == Some(Use::Uncached) {
        return None;
    }
    if query.is_none() && is_plain(path) {
        return Some(Cow::Borrowed(path));
    }
    let key = address::encode(&address::decode(path)?);
    // Pages for one visitor, and pages of which there are too many: one for each comment, one for each search.
    let is_uncached =
        |name: &str| matches!(name, "reply_to" | "waiting") || key == "/search" && SEARCH_FIELDS.contains(&name);
    // `utm_source` and similar parameters change nothing.
    let is_cached = !form_urlencoded::parse(query.unwrap_or_default().as_bytes()).any(|(name, _)| is_uncached(&name));
    is_cached.then_some(Cow::Owned(key))
}

fn use_of(segment: &str) -> Option<Use> {
    let own = OWN.iter().find(|(own, _)| *own == segment).map(|(_, used)| *used);
    own.or_else(|| Kind::of_base(segment).map(|_| Use::Content))
}

fn first_segment(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// True if decoding and encoding again would change nothing (RFC 3986, 2.3: unreserved letters, and the slash).
fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_addresses() {
        for (address, kind, expected) in [
            ("/posts/x", Kind::Post, false),
            ("/posts/x/", Kind::Post, false),
            ("/posts/x", Kind::Page, true),
            ("/posts/2020/x", Kind::Post, false),
            ("/posts/2020/05/x/", Kind::Post, false),
            ("/posts/x/comments", Kind::Post, true),
            ("/posts/x/comments/feed.xml", Kind::Post, true),
            ("/stretches/x", Kind::Stretch, false),
            ("/stretches/x", Kind::Post, true),
            ("/archive", Kind::Page, true),
            ("/archive/x", Kind::Post, true),
            ("/archive/2006/x", Kind::Post, true),
            ("/archive/2006/page/2", Kind::Post, true),
            ("/archive/2006/08/page/2", Kind::Post, true),
            ("/archive/2006/08/x", Kind::Post, false),
            ("/archive/2006/08/14/x.aspx", Kind::Post, false),
            ("/archive/2006/08/14/x/", Kind::Page, false),
            ("/admin/x", Kind::Post, true),
            ("/sitemap-2.xml", Kind::Page, true),
            ("/archives/x", Kind::Post, false),
        ] {
            assert_eq!(is_reserved(address, kind), expected, "{address}");
        }
    }

    #[test]
    fn keys() {
        let key = |address: &str| {
            let (path, query) = address.split_once('?').map_or((address, None), |(path, query)| (path, Some(query)));
            cache_key(path, query).map(Cow::into_owned)
        };
        assert_eq!(key("/posts/%C3%BCber?fbclid=1"), key("/posts/%c3%bcber"));
        assert_eq!(key("/posts/c%61lf"), key("/posts/calf"));
        for uncached in ["/a?reply_to=1", "/a?utm_source=x&%72eply_to=x", "/a?waiting=1", "/me", "/me/erase"] {
            assert_eq!(key(uncached), None, "{uncached}");
        }
        for uncached in ["/healthz", "/readyz", "/media/1-clip.mp4", "/mail/stop?key=1"] {
            assert_eq!(key(uncached), None, "{uncached}");
        }
        assert_eq!(key("/a%3Freply_to=1").as_deref(), Some("/a%3Freply_to=1"));
        for question in ["q=calf", "tag=feet", "year=2026", "utm_source=x&year=", "%71=calf", "q=a&exact=1", "exact"] {
            assert_eq!(key(&format!("/search?{question}")), None, "{question}");
        }
        assert_eq!(key("/search?utm_source=x").as_deref(), Some("/search"));
        assert_eq!(key("/tags/feet?year=2026"), key("/tags/feet"));
        assert_eq!(key("/mesa").as_deref(), Some("/mesa"));
    }
}
