//! Sending of pages: HEAD, conditions, encodings, cache headers.

use super::site;
use crate::support::{Answer, TestSite};

const PAGES: &[&str] = &["/", "/posts/calf", "/about", "/tags/feet", "/archive/2026", "/feed.xml", "/sitemap.xml"];

fn without_request_id(answer: &Answer) -> http::HeaderMap {
    let mut headers = answer.headers.clone();
    headers.remove("x-request-id");
    headers
}

#[tokio::test]
async fn head_has_the_headers_of_get_without_the_body() {
    let site = site().await;
    for path in PAGES.iter().chain(&["/search?q=calf", "/nowhere", "/posts/calf/", "/healthz", "/comments/1"]) {
        // Once made for HEAD, once for GET, once from the cache.
        site.app.cache.purge_everything();
        let (first, get, second) = (site.head(path).await, site.get(path).await, site.head(path).await);
        for head in [&first, &second] {
            assert_eq!(head.status, get.status, "{path}");
            assert!(head.body.is_empty(), "{path}");
            assert_eq!(without_request_id(head), without_request_id(&get), "{path}");
        }
    }
    let head = site.head("/posts/calf").await;
    let get = site.get("/posts/calf").await;
    assert_eq!(head.header("content-length"), get.body.len().to_string());
}

#[tokio::test]
async fn a_client_with_the_current_page_gets_304() {
    let site = site().await;
    for path in PAGES {
        let page = site.get(path).await;
        let etag = page.header("etag").to_owned();
        assert!(etag.starts_with("W/\""), "{path}: {etag}");
        let strong = etag.trim_start_matches("W/").to_owned();
        for known in [etag.clone(), strong.clone(), "*".to_owned(), format!("\"x\", {etag}"), format!("{strong},\"y\"")]
        {
            let answer = site.get_with(path, &[("if-none-match", &known)]).await;
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{path}: {known}");
            for name in ["etag", "cache-control", "vary"] {
                assert_eq!(answer.header(name), page.header(name), "{path}: {name}");
            }
            assert!(!answer.has_header("content-length") && !answer.has_header("content-encoding"), "{path}");
        }
        for other in ["\"x\"", "W/\"x\"", "x", ""] {
            site.get_with(path, &[("if-none-match", other)]).await.is(200);
        }
    }
}

#[tokio::test]
async fn conditions_hold_for_a_page_that_is_not_cached() {
    let site = site().await;
    let etag = site.get("/posts/calf").await.header("etag").to_owned();
    site.app.cache.purge_everything();
    site.get_with("/posts/calf", &[("if-none-match", &etag)]).await.is(304);
    site.get("/posts/calf").await.is(200).says("Stretch it.");
}

#[tokio::test]
async fn the_etag_changes_with_the_page_and_only_then() {
    let (one, same) = (site().await, site().await);
    let other = TestSite::new().post("calf", "Something else.").start().await;
    let etag = async |site: &TestSite| site.get("/feed.xml").await.header("etag").to_owned();
    assert_eq!(etag(&one).await, etag(&same).await, "another copy of the site has the same one");
    assert_ne!(etag(&one).await, etag(&other).await);
}

#[tokio::test]
async fn bodies_come_in_the_encoding_that_was_asked_for() {
    let site = TestSite::sample().await;
    let path = "/posts/how-long-to-hold";
    let plain = site.get(path).await;
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(plain.header("vary").to_ascii_lowercase(), "accept-encoding");
    for (asked, encoding) in [
        ("gzip, deflate, br, zstd", "br"),
        ("br", "br"),
        ("BR", "br"),
        ("gzip", "gzip"),
        ("gzip;q=0.5, br;q=0", "gzip"),
        ("gzip; q=0.0, identity", ""),
        ("identity", ""),
        ("zstd", ""),
        ("", ""),
        ("*;q=0", ""),
        ("br;q=0,gzip;q=0", ""),
    ] {
        let answer = site.get_with(path, &[("accept-encoding", asked)]).await;
        assert_eq!(answer.header("content-encoding"), encoding, "{asked:?}");
        assert_eq!(answer.text(), plain.text(), "{asked:?}");
        assert_eq!(answer.header("etag"), plain.header("etag"), "one weak tag for all encodings");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string(), "{asked:?}");
        assert_eq!(answer.body.len() < plain.body.len() / 2, !encoding.is_empty(), "{asked:?}");
    }
}

#[tokio::test]
async fn style_and_feed_are_compressed_and_pictures_are_not() {
    let site = TestSite::sample().await;
    let html = site.get("/").await.html();
    let style = html.one("link", "rel", "stylesheet").get("href").to_owned();
    let font = html.one("link", "rel", "preload").get("href").to_owned();
    for (path, encoding) in [(style.as_str(), "br"), ("/feed.xml", "br"), ("/sitemap.xml", "br"), (&font, "")] {
        let answer = site.get_with(path, &[("accept-encoding", "gzip, br")]).await;
        assert_eq!(answer.header("content-encoding"), encoding, "{path}");
    }
}

#[tokio::test]
async fn each_address_has_its_cache_control() {
    let site = TestSite::new().setting("site.cache.shared_seconds", "60").post("calf", "x").start().await;
    let alone = super::site().await;
    for (path, expected, shared) in [
        ("/", "public, max-age=0, must-revalidate", true),
        ("/posts/calf", "public, max-age=0, must-revalidate", true),
        ("/feed.xml", "public, max-age=0, must-revalidate", true),
        ("/search?q=x", "no-store", false),
        ("/nowhere", "no-store", false),
        ("/healthz", "no-store", false),
        ("/posts/calf/", "no-store", false),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.header("cache-control"), expected, "{path}");
        assert_eq!(answer.header("cdn-cache-control"), if shared { "public, max-age=60" } else { "" }, "{path}");
        assert!(!alone.get(path).await.has_header("cdn-cache-control"), "{path}: nobody asked for it");
    }
}
