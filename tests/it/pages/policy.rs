//! Security headers of every response, and pages that comply with them.

use std::collections::BTreeSet;

use crate::support::{Answer, TestSite, html::Html};

#[track_caller]
fn is_guarded(answer: &Answer, path: &str) {
    let policy = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ] {
        assert!(policy.split(';').any(|one| one.trim() == part), "{path}: {part:?} is not in {policy:?}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "SAMEORIGIN"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{path}: {name}");
    }
    assert!(answer.header("permissions-policy").contains("camera=()"), "{path}");
    let is_page = answer.header("content-type").starts_with("text/html");
    let reach = if is_page { "same-origin" } else { "cross-origin" };
    assert!(answer.status == 304 || answer.header("cross-origin-resource-policy") == reach, "{path}");
    assert!(!answer.has_header("server") && !answer.has_header("x-powered-by"), "{path}");
}

#[tokio::test]
async fn every_kind_of_response_has_security_headers() {
    let site = super::site().await;
    let style = site.get("/").await.html().one("link", "rel", "stylesheet").get("href").to_owned();
    for path in [
        "/",
        "/posts/calf",
        "/feed.xml",
        "/robots.txt",
        "/healthz",
        "/readyz",
        "/nowhere",
        "/posts/calf/",
        "/search?q=x",
        "/comments/1",
        "/posts/calf?waiting=x",
        &style,
    ] {
        is_guarded(&site.get(path).await, path);
        is_guarded(&site.get(path).await, &format!("{path}, from the cache"));
        assert!(!site.get(path).await.has_header("strict-transport-security"), "{path} on http");
    }
    let etag = site.get("/").await.header("etag").to_owned();
    is_guarded(&site.get_with("/", &[("if-none-match", &etag)]).await, "304");
    is_guarded(&site.ask(http::Method::POST, "/", &[], "").await, "405");
    is_guarded(&site.visitor("192.0.2.1").comment("calf", "Hello").await, "303");
    is_guarded(&site.visitor("192.0.2.1").comment("calf", "").await, "422");
}

#[tokio::test]
async fn other_sites_may_show_feeds_and_pictures_but_no_pages() {
    let site = TestSite::sample().await;
    let home = site.get("/").await.html();
    let picture = home.all("img").into_iter().map(|image| image.get("src")).find(|src| src.starts_with("/media/"));
    let card = home.one("meta", "property", "og:image").get("content").to_owned();
    let card = url::Url::parse(&card).expect("an address").path().to_owned();
    let style = home.one("link", "rel", "stylesheet").get("href").to_owned();
    let icon = home.one("link", "rel", "icon").get("href").to_owned();
    for path in
        [picture.expect("a picture"), &card, &style, &icon, "/feed.xml", "/feed.json", "/rss.xml", "/favicon.ico"]
    {
        let answer = site.get(path).await;
        assert!(answer.status < 400, "{path}: {}", answer.status);
        assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin", "{path}");
    }
    for path in ["/", "/posts/foot-and-ankle-stretches-for-runners", "/search?q=x", "/nowhere", "/me"] {
        assert_eq!(site.get(path).await.header("cross-origin-resource-policy"), "same-origin", "{path}");
    }
}

#[tokio::test]
async fn hsts_is_sent_with_an_https_base_url() {
    let site = TestSite::new().setting("site.base_url", "https://example.org").post("calf", "x").start().await;
    for path in ["/", "/posts/calf", "/nowhere"] {
        assert_eq!(site.get(path).await.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
}

/// Directive of the policy, such as `img-src 'self' data:`.
fn directive(answer: &Answer, name: &str) -> String {
    let policy = answer.header("content-security-policy").to_owned();
    policy.split(';').map(str::trim).find(|part| part.starts_with(name)).expect("the directive").to_owned()
}

#[tokio::test]
async fn pictures_from_elsewhere_are_allowed_only_where_there_is_one() {
    let without = TestSite::new().post("calf", "x").start().await;
    assert_eq!(directive(&without.get("/posts/calf").await, "img-src"), "img-src 'self' data:");
    let with = TestSite::new().post("calf", "![x](https://pictures.example/x.jpg)").start().await;
    assert_eq!(directive(&with.get("/posts/calf").await, "img-src"), "img-src 'self' data: https:");
    assert!(with.problems()[0].starts_with("posts/calf.md:5:1: warning: the picture https://pictures.example/x.jpg"));
}

#[tokio::test]
async fn frames_come_from_providers_and_from_hosts_that_the_author_named() {
    let site = TestSite::new()
        .setting("site.security.frame_hosts", "[\"https://maps.example.org\"]")
        .post("calf", "x")
        .start()
        .await;
    let frames = directive(&site.get("/posts/calf").await, "frame-src");
    let hosts: BTreeSet<&str> = frames.split(' ').skip(1).collect();
    for host in [
        "https://www.youtube-nocookie.com",
        "https://player.vimeo.com",
        "https://www.instagram.com",
        "https://maps.example.org",
    ] {
        assert!(hosts.contains(host), "{host} in {frames}");
    }
    assert!(hosts.iter().all(|host| host.starts_with("https://")), "{frames}");
}

/// Asserts that a page has no markup that the policy refuses, or that tells other sites about the reader.
fn check_page(html: &Html, path: &str) {
    let mut ids = BTreeSet::new();
    let twice: Vec<&str> =
        html.elements.iter().filter_map(|one| one.attribute("id")).filter(|id| !ids.insert(*id)).collect();
    assert_eq!(twice, [] as [&str; 0], "{path}: an id twice");
    for element in &html.elements {
        let is_data = element.get("type") == "application/ld+json";
        assert!(element.name != "style", "{path}: <style>");
        assert!(
            element.name != "script" || is_data || element.get("src").starts_with("/static/"),
            "{path}: {element:?}"
        );
        assert!(!["iframe", "object", "embed", "base"].contains(&element.name.as_str()), "{path}: {element:?}");
        for (name, value) in &element.attributes {
            assert!(name != "style" && !name.starts_with("on"), "{path}: {name}={value:?}");
            assert!(!value.trim().to_ascii_lowercase().starts_with("javascript:"), "{path}: {name}={value:?}");
            let fetches = ["src", "srcset", "poster", "data"].contains(&name.as_str())
                || (element.name == "link" && name == "href" && element.get("rel") != "canonical");
            assert!(!fetches || (value.starts_with('/') && !value.starts_with("//")), "{path}: {name}={value:?}");
        }
    }
}

#[tokio::test]
async fn no_page_of_the_sample_site_needs_more_than_the_policy_gives_or_has_an_id_twice() {
    let site = TestSite::new()
        .setting("site.comments.gap_seconds", "0")
        .content(crate::support::sample_content())
        .keeps_current()
        .start()
        .await;
    for text in ["First", "Second"] {
        crate::comments::approved(&site, "foot-and-ankle-stretches-for-runners", text).await;
    }
    let mut left = vec!["/".to_owned(), "/search?q=stretch".to_owned(), "/nowhere".to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(path) = left.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = site.get(&path).await;
        is_guarded(&answer, &path);
        let is_elsewhere = path == "/nowhere" || path.starts_with("/comments/");
        assert!(is_elsewhere || answer.status == 200, "{path} is linked to and answers {}", answer.leads());
        if !answer.header("content-type").starts_with("text/html") {
            continue;
        }
        let html = answer.html();
        check_page(&html, &path);
        for link in html.all("a") {
            let href = link.get("href");
            let (address, fragment) = href.split_once('#').unwrap_or((href, ""));
            assert!(!address.is_empty() || html.by_id(fragment).is_some(), "{path}: {href} leads nowhere");
            if address.starts_with('/') && !address.starts_with("//") {
                left.push(address.to_owned());
            }
        }
    }
    assert!(seen.len() > 30, "{seen:?}");
}
