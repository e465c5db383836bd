//! Every address (ARCHITECTURE.md, "Addresses"): status, type, and the head of its page.

use super::site;
use crate::support::{Answer, TestSite, sample_content};

const HTML: &str = "text/html; charset=utf-8";

async fn check(site: &TestSite, path: &str, kind: &str) -> Answer {
    let answer = site.get(path).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{path}");
    answer
}

#[tokio::test]
async fn every_address_answers_in_its_own_type() {
    let site = site().await;
    for path in [
        "/",
        "/posts/calf",
        "/about",
        "/tags",
        "/tags/feet",
        "/tags/warm-up",
        "/archive",
        "/archive/2026",
        "/search",
        "/search?q=calf",
        "/stretches",
        "/stretches/toe-flexion",
    ] {
        let html = check(&site, path, HTML).await.html();
        assert!(html.title().contains("Loose Laces"), "{path}: {}", html.title());
        assert_eq!(html.all("h1").len(), 1, "{path}");
        assert_eq!(html.all("main").len(), 1, "{path}");
    }
    for path in [
        "/feed.xml",
        "/rss.xml",
        "/tags/feet/feed.xml",
        "/tags/feet/rss.xml",
        "/comments/feed.xml",
        "/posts/calf/comments/feed.xml",
        "/sitemap.xml",
    ] {
        check(&site, path, "application/xml; charset=utf-8").await;
    }
    for path in ["/feed.json", "/tags/feet/feed.json"] {
        check(&site, path, "application/feed+json").await;
    }
    for path in ["/robots.txt", "/healthz", "/readyz"] {
        check(&site, path, "text/plain; charset=utf-8").await;
    }
}

#[tokio::test]
async fn every_indexed_page_names_its_one_address() {
    let site = site().await;
    for (path, canonical) in [
        ("/", "/"),
        ("/posts/calf?utm_source=x", "/posts/calf"),
        ("/about", "/about"),
        ("/tags", "/tags"),
        ("/tags/warm-up", "/tags/warm-up"),
        ("/archive", "/archive"),
        ("/archive/2026", "/archive/2026"),
        ("/stretches", "/stretches"),
        ("/stretches/toe-flexion", "/stretches/toe-flexion"),
    ] {
        let html = site.get(path).await.html();
        let canonical = format!("http://127.0.0.1:3000{canonical}");
        assert_eq!(html.canonical(), Some(canonical.as_str()), "{path}");
        assert_eq!(html.meta("og:url"), Some(canonical.as_str()), "{path}");
        assert_eq!(html.meta("robots"), None, "{path}");
    }
}

#[tokio::test]
async fn cards_have_title_text_and_picture_for_other_sites() {
    let site = TestSite::new().setting("site.base_url", "https://example.org").content(sample_content()).start().await;
    let html = site.get("/posts/foot-and-ankle-stretches-for-runners").await.html();
    assert_eq!(html.meta("og:type"), Some("article"));
    assert_eq!(html.meta("og:site_name"), Some("Loose Laces"));
    assert_eq!(html.meta("og:title"), Some("Foot and ankle stretches for runners"));
    assert!(html.meta("og:description").is_some_and(|text| text.len() > 20));
    assert_eq!(html.meta("og:description"), html.meta("description"));
    assert!(html.meta("article:published_time").is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok()));
    let picture = html.meta("og:image").expect("a picture");
    let path = picture.strip_prefix("https://example.org").expect("a whole address");
    let image = site.get(path).await;
    assert!(image.status == 200 && image.header("content-type").starts_with("image/"), "{picture}");
    assert!(!picture.ends_with(".svg"), "who makes cards cannot show SVG");
    let size = imagesize::blob_size(&image.body).expect("a picture");
    let told = [html.meta("og:image:width"), html.meta("og:image:height")];
    assert_eq!(told, [Some(size.width.to_string().as_str()), Some(size.height.to_string().as_str())]);
    assert_eq!(html.meta("og:image:alt"), Some("Foot and ankle stretches for runners"));
    assert_eq!(site.get("/").await.html().meta("og:type"), Some("website"));
}

#[tokio::test]
async fn json_ld_describes_a_post() {
    let text = "---\ntitle: Calf\ndate: 2026-05-02T10:00:00Z\nupdated: 2026-06-01T10:00:00Z\ntags: [Feet]\n\
                description: About it.\nauthors: [Ana, Bo]\n---\nSome words here.";
    let site = TestSite::new().setting("site.base_url", "https://example.org").post("calf", text).start().await;
    let html = site.get("/posts/calf").await.html();
    let script = html.one("script", "type", "application/ld+json");
    let whole: serde_json::Value = serde_json::from_str(&script.text).expect("JSON");
    assert_eq!(whole["@context"], "https://schema.org");
    let json = &whole["@graph"][0];
    for (key, value) in [
        ("@type", "BlogPosting"),
        ("headline", "Calf"),
        ("description", "About it."),
        ("url", "https://example.org/posts/calf"),
        ("mainEntityOfPage", "https://example.org/posts/calf"),
        ("inLanguage", "en"),
    ] {
        assert_eq!(json[key], value, "{key}");
    }
    let moment = |key: &str| json[key].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    assert_eq!(moment("datePublished").map(|at| at.to_string()).as_deref(), Some("2026-05-02T10:00:00Z"));
    assert_eq!(moment("dateModified").map(|at| at.to_string()).as_deref(), Some("2026-06-01T10:00:00Z"));
    assert_eq!(json["author"][1]["name"], "Bo");
    assert_eq!((&json["wordCount"], &json["commentCount"]), (&3.into(), &0.into()));
    let home: serde_json::Value =
        serde_json::from_str(&site.get("/").await.html().one("script", "type", "application/ld+json").text)
            .expect("JSON");
    assert_eq!((&home["@graph"][0]["@type"], &home["@graph"][1]["@type"]), (&"WebSite".into(), &"Blog".into()));
}

#[tokio::test]
async fn the_host_header_never_enters_a_page() {
    let site = site().await;
    for path in ["/", "/posts/calf", "/feed.xml", "/sitemap.xml", "/robots.txt", "/nowhere"] {
        let headers = [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "https")];
        site.get_with(path, &headers).await.does_not_say("evil.example");
    }
}

#[tokio::test]
async fn letters_of_every_script_make_addresses() {
    let site = TestSite::new()
        .post("über-uns", "---\ntitle: Über uns\ndate: 2026-05-02\ntags: [Füße]\n---\nHallo.")
        .start()
        .await;
    let page = site.get("/posts/%C3%BCber-uns").await;
    page.is(200).says("Hallo.");
    assert_eq!(page.html().canonical(), Some("http://127.0.0.1:3000/posts/%C3%BCber-uns"));
    site.get("/tags/f%C3%BC%C3%9Fe").await.is(200).says("/posts/%C3%BCber-uns");
    assert_eq!(site.get("/posts/%C3%9Cber-uns").await.leads(), "301 /posts/%C3%BCber-uns");
    site.get("/posts/%FF").await.is(404);
    site.get("/tags/%FF").await.is(400);
}

#[tokio::test]
async fn files_are_served_under_their_hash_for_ever() {
    let png = std::fs::read(sample_content().join("media/card.png")).expect("reads");
    let text = "---\ntitle: Calf\ndate: 2026-05-02\n---\n![A picture](pic.png)";
    let site = TestSite::new().file("posts/calf/index.md", text).file("posts/calf/pic.png", &png).start().await;
    let html = site.get("/posts/calf").await.html();
    let image = html.all("img").into_iter().find(|image| image.get("alt") == "A picture").expect("the picture").clone();
    let address = image.get("src").to_owned();
    assert!(address.starts_with("/media/") && address.ends_with("-pic.png"), "{address}");
    assert!(!image.get("width").is_empty() && !image.get("height").is_empty(), "nothing moves when it comes");
    let file = site.get(&address).await;
    assert_eq!((file.status, file.header("content-type")), (200, "image/png"));
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(file.body, png);
    let part = site.get_with(&address, &[("range", "bytes=1-3")]).await;
    assert_eq!((part.status, &part.body[..]), (206, &b"PNG"[..]));
    for wrong in ["/media/0000000000-pic.png", "/media/..%2fsite.toml", "/media/../site.toml", "/media/pic.png"] {
        site.get(wrong).await.is(404);
    }
}

#[tokio::test]
async fn every_file_that_a_page_links_exists() {
    let site = TestSite::sample().await;
    let html = site.get("/posts/embedding-videos-and-reels").await.html();
    let links = html
        .all("link")
        .into_iter()
        .filter(|link| ["stylesheet", "icon", "preload", "apple-touch-icon", "alternate"].contains(&link.get("rel")));
    let addresses: Vec<String> = links
        .map(|link| link.get("href").to_owned())
        .chain(html.all("script").iter().map(|s| s.get("src").to_owned()).filter(|src| !src.is_empty()))
        .collect();
    assert!(addresses.len() >= 6, "{addresses:?}");
    for address in addresses {
        let answer = site.get(&address).await;
        answer.is(200);
        if address.starts_with("/static/") {
            assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{address}");
        }
    }
    site.get("/static/site-0000000000.css").await.is(404);
}
