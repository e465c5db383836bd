//! Error pages: pages of the site with a heading, a sentence and links.

use http::Method;

use super::site;
use crate::support::{Answer, TestSite};

#[track_caller]
fn is_a_page_of_the_site(answer: &Answer, status: u16) {
    answer.is(status);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    let html = answer.html();
    assert_eq!(html.meta("robots"), Some("noindex"));
    assert_eq!(html.canonical(), None);
    assert!(html.find("form", "role", "search").is_some() && html.find("a", "href", "/").is_some());
    assert!(html.find("link", "rel", "stylesheet").is_some());
    assert_eq!(html.all("h1").len(), 1);
}

#[tokio::test]
async fn a_missing_page_is_404() {
    let site = site().await;
    for path in [
        "/nowhere",
        "/posts/nowhere",
        "/tags/nowhere",
        "/tags/!",
        "/tags/nowhere/feed.xml",
        "/tags/nowhere/feed.json",
        "/posts/nowhere/comments/feed.xml",
        "/sitemap-1.xml",
        "/stretches/nowhere",
        "/archive/1999",
        "/archive/02026",
        "/archive/x",
        "/page/2",
        "/page/0",
        "/page/x",
        "/page/01",
        "/page/99999999999999999999",
        "/tags/feet/page/2",
        "/archive/2026/page/2",
        "/static/nowhere.css",
        "/.env",
        "/../../etc/passwd",
        "/posts/calf/index.md",
        "/site.toml",
        "/posts/calf.md",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        is_a_page_of_the_site(&answer, 404);
    }
}

#[tokio::test]
async fn an_empty_site_has_lists_and_no_index_of_stretches() {
    let empty = TestSite::new().start().await;
    empty.get("/").await.is(200).says("Nothing has been published yet");
    for path in ["/tags", "/archive", "/feed.xml", "/sitemap.xml", "/search"] {
        empty.get(path).await.is(200);
    }
    is_a_page_of_the_site(&empty.get("/stretches").await, 404);
}

#[tokio::test]
async fn other_methods_are_refused_with_the_allowed_ones() {
    let site = site().await;
    for (method, path) in [
        (Method::POST, "/"),
        (Method::PUT, "/posts/calf"),
        (Method::DELETE, "/posts/calf"),
        (Method::DELETE, "/posts/calf/comments"),
        (Method::PATCH, "/feed.xml"),
        (Method::OPTIONS, "/"),
        (Method::POST, "/healthz"),
    ] {
        let answer = site.ask(method.clone(), path, &[], "").await;
        assert_eq!(answer.status, 405, "{method} {path}");
        is_a_page_of_the_site(&answer, 405);
        answer.says("cannot be used in that way");
        assert!(answer.header("allow").contains("GET"), "{method} {path}: {:?}", answer.header("allow"));
    }
}

#[tokio::test]
async fn words_of_the_visitor_are_escaped() {
    let site = site().await;
    for path in
        ["/%3Cscript%3Ealert(1)%3C/script%3E", "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", "/tags/%3Cscript%3E"]
    {
        let answer = site.get(path).await;
        assert!(answer.html().all("script").iter().all(|script| script.text.is_empty()), "{path}");
    }
}

#[tokio::test]
async fn a_very_long_address_is_an_address_like_any_other() {
    let site = site().await;
    site.get(&format!("/{}", "x".repeat(6_000))).await.is(404);
    site.get(&format!("/search?q={}", "x".repeat(6_000))).await.is(200);
    site.get(&format!("/posts/calf?{}", "a=b&".repeat(1_000))).await.is(200);
}

/// Links that the 404 page offers.
fn offered(answer: &Answer) -> Vec<String> {
    let html = answer.html();
    let Some(list) = html.elements.iter().position(|element| element.has_class("nearby")) else { return Vec::new() };
    let links = html.all("a").into_iter().filter(|link| link.within.contains(&list));
    links.map(|link| link.get("href").to_owned()).collect()
}

#[tokio::test]
async fn a_misspelt_search_is_offered_a_correction() {
    let aliases = "---\ntitle: Hips\ndate: 2026-05-02\naliases: [/2019/loosen-your-waist.html]\n---\nx";
    let site = TestSite::new()
        .post("foot-and-ankle-stretches", "---\ntitle: Foot and ankle\ndate: 2026-05-02\n---\nx")
        .post("two-calf-stretches", "---\ntitle: Calf\ndate: 2026-05-01\n---\nx")
        .post("hips", aliases)
        .post("secret-stretches", "---\ntitle: Secret\ndate: 2026-05-01\ndraft: true\n---\nx")
        .page("about", "Who.")
        .start()
        .await;
    for (path, expected) in [
        ("/posts/foot-and-ankel-streches", &["/posts/foot-and-ankle-stretches"][..]),
        ("/foot-and-ankle-stretchs.htm", &["/posts/foot-and-ankle-stretches"]),
        ("/blog/2020/ankle-stretches/", &[]),
        ("/posts/stretches", &["/posts/foot-and-ankle-stretches", "/posts/two-calf-stretches"]),
        ("/2019/loosen-you-waist", &["/posts/hips"]),
        ("/abuot", &["/about"]),
        ("/xylophone", &[]),
        ("/abuot.php", &[]),
        ("/.about", &[]),
        ("/static/about", &[]),
        ("/tags/about", &[]),
    ] {
        let answer = site.get(path).await;
        // A slash at the end leads to the address without.
        if answer.status != 301 {
            is_a_page_of_the_site(&answer, 404);
        }
        assert_eq!(offered(&answer), expected, "{path}");
    }
}
