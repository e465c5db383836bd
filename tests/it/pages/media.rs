//! The author's files: ranges, conditions, errors, and their security headers.

use http::Method;

use crate::support::{Answer, TestSite};

/// A post with links to these files beside it.
async fn with(files: &[(&str, &str)]) -> TestSite {
    let links: String = files.iter().map(|(name, _)| format!("[{name}]({name})\n")).collect();
    let site = TestSite::new().post("calf", &links);
    let site = files.iter().fold(site, |site, (name, text)| site.file(&format!("posts/{name}"), text));
    site.start().await
}

async fn address(site: &TestSite, name: &str) -> String {
    let html = site.get("/posts/calf").await.html();
    let ending = format!("-{name}");
    let values = html.elements.iter().flat_map(|element| &element.attributes).map(|(_, value)| value);
    values.into_iter().find(|value| value.ends_with(&ending)).unwrap_or_else(|| panic!("{name} is not there")).clone()
}

#[track_caller]
fn is_not_kept(answer: &Answer, what: &str) {
    assert!(!answer.header("cache-control").contains("public"), "{what}: {}", answer.header("cache-control"));
}

#[tokio::test]
async fn ranges_are_answered_as_rfc_9110_says() {
    let site = with(&[("ten.bin", "0123456789"), ("none.bin", "")]).await;
    let (ten, none) = (address(&site, "ten.bin").await, address(&site, "none.bin").await);
    let whole = site.get(&ten).await;
    let (etag, modified) = (whole.header("etag").to_owned(), whole.header("last-modified").to_owned());
    assert!(etag.starts_with('"') && !modified.is_empty(), "{etag} {modified}");
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let all = (200, "0123456789", "");
    for (range, if_range, (status, body, content_range)) in [
        ("bytes=0-3", "", (206, "0123", "bytes 0-3/10")),
        ("bytes=0-0", "", (206, "0", "bytes 0-0/10")),
        ("bytes=7-", "", (206, "789", "bytes 7-9/10")),
        ("bytes=-3", "", (206, "789", "bytes 7-9/10")),
        ("Bytes=5-5", "", (206, "5", "bytes 5-5/10")),
        ("bytes=5-99999999999999999999999", "", (206, "56789", "bytes 5-9/10")),
        ("bytes=-11", "", (206, "0123456789", "bytes 0-9/10")),
        ("bytes=-99999999999999999999999", "", (206, "0123456789", "bytes 0-9/10")),
        ("bytes=10-", "", (416, "", "bytes */10")),
        ("bytes=99999999999999999999999-", "", (416, "", "bytes */10")),
        ("bytes=-0", "", (416, "", "bytes */10")),
        // Unknown units, several parts and what is no range at all.
        ("lines=0-3", "", all),
        ("seconds=1-2", "", all),
        ("bytes=0-1,4-5", "", all),
        ("bytes=0-1, 0-1, 0-1", "", all),
        ("bytes=5-2", "", all),
        ("bytes=a-b", "", all),
        ("bytes=+1-3", "", all),
        ("bytes=1", "", all),
        ("bytes=-", "", all),
        ("bytes=", "", all),
        ("bytes", "", all),
        ("", "", all),
        // The client has the first part of this version, of another, or of one that it cannot be sure of.
        ("bytes=0-3", etag.as_str(), (206, "0123", "bytes 0-3/10")),
        ("bytes=0-3", modified.as_str(), (206, "0123", "bytes 0-3/10")),
        ("bytes=0-3", "\"another\"", all),
        ("bytes=99-", "\"another\"", all),
        ("bytes=0-3", &format!("W/{etag}"), all),
        ("bytes=0-3", "Sun, 06 Nov 1994 08:49:37 GMT", all),
        ("bytes=0-3", "nonsense", all),
    ] {
        let mut headers = vec![("range", range)];
        headers.extend(Some(("if-range", if_range)).filter(|(_, value)| !value.is_empty()));
        let answer = site.get_with(&ten, &headers).await;
        let what = format!("{range} if {if_range}");
        assert_eq!((answer.status, answer.header("content-range")), (status, content_range), "{what}");
        if status == 416 {
            is_not_kept(&answer, &what);
        } else {
            assert_eq!(&answer.body[..], body.as_bytes(), "{what}");
            assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{what}");
        }
        // HEAD has no ranges.
        let head = site.ask(Method::HEAD, &ten, &headers, "").await;
        assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "10", 0), "HEAD {what}");
        // And an empty file has no parts.
        let empty = site.get_with(&none, &headers).await;
        assert_eq!((empty.status, empty.body.len()), (200, 0), "empty, {what}");
    }
}

#[tokio::test]
async fn conditions_are_answered_as_rfc_9110_says() {
    let site = with(&[("ten.bin", "0123456789")]).await;
    let ten = address(&site, "ten.bin").await;
    let whole = site.get(&ten).await;
    let (etag, modified) = (whole.header("etag"), whole.header("last-modified"));
    let long_ago = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (name, value, status) in [
        ("if-match", etag, 200),
        ("if-match", "*", 200),
        ("if-match", "\"another\"", 412),
        ("if-none-match", etag, 304),
        ("if-none-match", "\"another\"", 200),
        ("if-modified-since", modified, 304),
        ("if-modified-since", long_ago, 200),
        ("if-unmodified-since", modified, 200),
        ("if-unmodified-since", long_ago, 412),
    ] {
        let answer = site.get_with(&ten, &[(name, value), ("range", "bytes=0-3")]).await;
        let what = format!("{name}: {value}");
        assert_eq!(answer.status, if status == 200 { 206 } else { status }, "{what}");
        if status == 412 {
            is_not_kept(&answer, &what);
        } else {
            assert!(answer.header("cache-control").starts_with("public"), "{what}");
        }
    }
}

#[tokio::test]
async fn if_match_with_another_version_is_412() {
    let site = super::site().await;
    for path in ["/posts/calf", "/feed.xml", "/search?q=calf", "/posts/calf?utm_source=x"] {
        let etag = site.get(path).await.header("etag").to_owned();
        // Twice: made for it, and from the cache. The ETags of pages are weak, and If-Match takes strong ones only.
        for _ in 0..2 {
            for (value, status) in [("\"x\"", 412), ("*", 200), ("\"x\", *", 200), (etag.as_str(), 412)] {
                let answer = site.get_with(path, &[("if-match", value)]).await;
                assert_eq!(answer.status, status, "{path} {value}");
                if status == 412 {
                    is_not_kept(&answer, path);
                    assert!(answer.body.is_empty() && answer.has_header("content-security-policy"), "{path}");
                }
            }
            site.app.cache.purge_everything();
        }
        site.get_with(path, &[("range", "bytes=0-3")]).await.is(200);
    }
}

#[tokio::test]
async fn the_404_of_a_missing_file_is_not_cached() {
    let site = with(&[("ten.bin", "0123456789")]).await;
    let ten = address(&site, "ten.bin").await;
    std::fs::remove_file(site.path("posts/ten.bin")).expect("removes");
    let answer = site.get(&ten).await;
    answer.is(404).says("This path ends here");
    is_not_kept(&answer, "gone");
}

#[tokio::test]
async fn scripts_in_an_html_file_of_the_author_do_not_run() {
    let names =
        ["a.html", "a.xhtml", "a.svg", "a.xml", "a.js", "a.mjs", "a.txt", "a.bin", "a.gpx", "a.pdf", "a.mp4", "a.mp3"];
    let files: Vec<(&str, &str)> = names.iter().map(|name| (*name, "<script src=\"a.js\"></script>")).collect();
    let site = with(&files).await;
    for name in names {
        let answer = site.get(&address(&site, name).await).await;
        let policy = answer.header("content-security-policy").to_owned();
        let is_inert = ["a.pdf", "a.mp4", "a.mp3"].contains(&name);
        assert_eq!(policy.split(';').any(|part| part.trim() == "sandbox"), !is_inert, "{name}: {policy}");
        assert!(policy.contains("default-src 'none'") && !policy.contains("allow-"), "{name}: {policy}");
        assert!(!answer.header("content-type").contains("script"), "{name}: {}", answer.header("content-type"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{name}");
    }
    // Pages keep theirs.
    assert!(!site.get("/posts/calf").await.header("content-security-policy").contains("sandbox"));
}
