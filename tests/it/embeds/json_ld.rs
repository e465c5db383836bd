//! Data for search engines: every block on every page is JSON, and each object has the properties of its type.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{TestSite, visitor::comment_id};

/// Objects in the JSON-LD of a page.
async fn things(site: &TestSite, path: &str) -> Vec<Value> {
    let page = site.get(path).await;
    page.is(200);
    let mut things = Vec::new();
    for script in page.html().all("script") {
        if script.get("type") != "application/ld+json" {
            continue;
        }
        assert!(!script.text.contains('<'), "{path}: a < could end the block");
        let json: Value = serde_json::from_str(&script.text).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(json["@context"], "https://schema.org", "{path}");
        things.extend(json["@graph"].as_array().unwrap_or_else(|| panic!("{path}: {json}")).clone());
    }
    things
}

fn of_type<'a>(things: &'a [Value], kind: &str) -> Vec<&'a Value> {
    things.iter().filter(|thing| thing["@type"] == kind).collect()
}

/// Checks the properties that Google requires, and those that must be an absolute URL or a date.
fn check(thing: &Value, place: &str) {
    let required: &[&str] = match thing["@type"].as_str().unwrap_or_else(|| panic!("{place}: {thing}")) {
        "BlogPosting" => &["headline", "author", "datePublished", "url"],
        "Comment" => &["text", "author", "datePublished", "url"],
        "BreadcrumbList" => &["itemListElement"],
        "ListItem" => &["position", "name"],
        "VideoObject" => &["name", "thumbnailUrl", "uploadDate"],
        "WebSite" | "Organization" | "CollectionPage" | "Blog" => &["name", "url"],
        "SearchAction" => &["target", "query-input"],
        "Person" => &["name"],
        "EntryPoint" | "ItemList" => &[],
        other => panic!("{place}: nobody has checked a {other}"),
    };
    for key in required {
        let value = &thing[*key];
        let is_there =
            !value.is_null() && value.as_str() != Some("") && value.as_array().is_none_or(|list| !list.is_empty());
        assert!(is_there, "{place}: no {key} in {thing}");
    }
    let Some(fields) = thing.as_object() else { return };
    for (key, value) in fields {
        let is_address = ["url", "item", "thumbnailUrl", "embedUrl", "contentUrl", "image", "mainEntityOfPage"]
            .contains(&key.as_str());
        if let Some(text) = value.as_str().filter(|_| is_address) {
            assert!(url::Url::parse(text).is_ok(), "{place}: {key} is {text}");
        }
        if let Some(text) = value.as_str().filter(|_| key.starts_with("date") || key == "uploadDate") {
            let is_date = text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::Date>().is_ok();
            assert!(is_date, "{place}: {key} is {text}");
        }
        let inner: &[Value] = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for one in inner.iter().filter(|one| one.get("@type").is_some()) {
            check(one, place);
        }
    }
}

#[tokio::test]
async fn json_ld_of_the_sample_site_is_complete() {
    let site = TestSite::sample().await;
    let sitemap = site.get("/sitemap.xml").await.text();
    let base = &site.app.config.site.base_url;
    let addresses = sitemap.split("<loc>").skip(1).filter_map(|rest| rest.split("</loc>").next());
    let mut kinds = BTreeSet::new();
    let mut pages = 0;
    for path in addresses.map(|address| address.strip_prefix(base.as_str()).expect("ours")) {
        for thing in things(&site, path).await {
            check(&thing, path);
            kinds.insert(thing["@type"].as_str().unwrap_or_default().to_owned());
        }
        pages += 1;
    }
    assert!(pages > 20, "{pages}");
    let expected = ["Blog", "BlogPosting", "BreadcrumbList", "CollectionPage", "VideoObject", "WebSite"];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn json_ld_has_a_limited_number_of_comments() {
    let site =
        TestSite::new().setting("site.base_url", "https://example.org").post("calf", "Stretch it.").start().await;
    let reader = site.visitor("203.0.113.7");
    let mut ids = Vec::new();
    for number in 0..22 {
        let text = format!("Comment {number} with *slant* and </script><b>{}", "words ".repeat(100));
        ids.push(comment_id(&reader.comment("calf", &text).await));
    }
    for id in &ids[1..] {
        site.approve(*id).await;
    }
    let things = things(&site, "/posts/calf").await;
    let posting = of_type(&things, "BlogPosting")[0];
    check(posting, "/posts/calf");
    assert_eq!(posting["commentCount"], 21);
    let comments = posting["comment"].as_array().expect("comments");
    assert_eq!(comments.len(), 20);
    let first = &comments[0];
    let text = first["text"].as_str().expect("a text");
    assert!(text.starts_with("Comment 1 with slant and </script><b>words") && text.chars().count() <= 201, "{text}");
    assert_eq!(first["url"], format!("https://example.org/posts/calf#comment-{}", ids[1]));
    assert_eq!(first["author"]["name"], "Ana");
    site.get("/posts/calf").await.does_not_say("Comment 0 with");
}

#[tokio::test]
async fn json_ld_has_videos_with_a_still() {
    let read = |path: &str| std::fs::read(crate::support::root().join(path)).expect("reads");
    let picture = read("README.png");
    let clip = read("tests/fixtures/components/media/clip.mp4");
    let text = "![Toes](toes.mp4)\n\n![Heels](heels.mp4)\n\nhttps://youtu.be/abc\n\nhttps://youtu.be/other\n\n\
                https://open.spotify.com/track/x\n\nhttps://www.youtube.com/playlist?list=PL1\n\n\
                https://vimeo.com/12\n";
    let mut site = TestSite::new().post("calf", text);
    for file in
        ["toes.mp4", "heels.mp4", "toes.png", "youtube-abc.png", "spotify-x.png", "youtube-PL1.png", "vimeo-12.png"]
    {
        site = site.file(&format!("posts/{file}"), if file.ends_with(".mp4") { &clip } else { &picture });
    }
    // What a provider told wins over what the post has to stand in with.
    let told = "title = \"The </script> Mountain\"\nseconds = 63\nuploaded = \"2008-05-25\"\n";
    let site = site.file("posts/vimeo-12.toml", told).start().await;
    let things = things(&site, "/posts/calf").await;
    let films = of_type(&things, "VideoObject");
    let names: Vec<&str> = films.iter().filter_map(|film| film["name"].as_str()).collect();
    assert_eq!(names, ["Toes", "calf", "The </script> Mountain"]);
    let clip = films[0]["contentUrl"].as_str().expect("an address");
    let base = &site.app.config.site.base_url;
    site.get(clip.strip_prefix(base.as_str()).expect("ours")).await.is(200);
    assert_eq!(films[1]["embedUrl"], "https://www.youtube-nocookie.com/embed/abc");
    assert!(films[1]["uploadDate"].as_str().is_some_and(|date| date.starts_with("2026-05-02T")), "{}", films[1]);
    assert_eq!((&films[2]["duration"], &films[2]["uploadDate"]), (&"PT63S".into(), &"2008-05-25".into()));
    assert_eq!(films[2]["embedUrl"], "https://player.vimeo.com/video/12?dnt=1");
}

#[tokio::test]
async fn json_ld_has_breadcrumbs() {
    let site = TestSite::new()
        .setting("site.base_url", "https://example.org")
        .post("calf", "---\ntitle: Calf\ndate: 2026-05-02\nseries: One by one\ntags: [Feet]\n---\nStretch it.\n")
        .file("stretches/toe-flexion.md", "---\ntitle: Toe flexion\nareas: [feet]\n---\n1. Curl.\n")
        .start()
        .await;
    for (path, way) in [
        ("/posts/calf", &["Loose Laces /", "One by one /series/one-by-one", "Calf /posts/calf"][..]),
        ("/series/one-by-one", &["Loose Laces /", "One by one /series/one-by-one"]),
        ("/tags/feet", &["Loose Laces /", "Tags /tags", "Feet /tags/feet"]),
        ("/stretches/toe-flexion", &["Loose Laces /", "Stretches /stretches", "Toe flexion /stretches/toe-flexion"]),
    ] {
        let things = things(&site, path).await;
        let list = of_type(&things, "BreadcrumbList")[0]["itemListElement"].as_array().expect("steps").clone();
        let step = |one: &Value| {
            let item = one["item"].as_str().unwrap_or_default();
            format!(
                "{} {}",
                one["name"].as_str().unwrap_or_default(),
                item.strip_prefix("https://example.org").unwrap_or(item)
            )
        };
        assert_eq!(list.iter().map(step).collect::<Vec<_>>(), way, "{path}");
        for (at, one) in list.iter().enumerate() {
            assert_eq!(one["position"], at + 1, "{path}");
        }
    }
}

/// The budget of a first visit (HTML, style sheet, font, script below 40 kB) leaves the page itself this much.
#[tokio::test]
async fn json_ld_is_small_when_compressed() {
    let site = TestSite::new().post("calf", "Stretch it.").start().await;
    let reader = site.visitor("203.0.113.7");
    for number in 0..20 {
        let text =
            format!("Number {number} says that a calf which was stretched {} times is a calf that runs.", number * 7);
        let id = comment_id(&reader.comment("calf", &text).await);
        // The first is held; who wrote it is known from then on.
        if number == 0 {
            site.approve(id).await;
        }
    }
    let page = site.get("/posts/calf").await.text();
    let (start, end) =
        (page.find("<script type=\"application/ld+json\">").expect("a block"), page.find("</head>").expect("a head"));
    let without = format!("{}{}", &page[..start], &page[end..]);
    let cost = compressed(&page) - compressed(&without);
    assert!(cost < 1500, "{cost} bytes for the graph of a post with 20 comments");
}

fn compressed(text: &str) -> usize {
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut text.as_bytes(), &mut out, &brotli::enc::BrotliEncoderParams::default())
        .expect("compresses");
    out.len()
}
