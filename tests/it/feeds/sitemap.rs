//! The sitemap and robots.txt.

use std::collections::BTreeSet;

use super::with_posts;

#[tokio::test]
async fn the_sitemap_lists_exactly_the_public_pages() {
    let site = with_posts()
        .post("draft", "---\ntitle: d\ndate: 2026-05-02\ndraft: true\n---\nx")
        .post("future", "---\ntitle: f\ndate: 2027-05-02\n---\nx")
        .post("moved", "---\ntitle: m\ndate: 2026-05-01\nurl: /elsewhere/moved\naliases: [/old]\n---\nx")
        .start()
        .await;
    let sitemap = site.get("/sitemap.xml").await.html();
    let listed: BTreeSet<String> = sitemap.all("loc").iter().map(|loc| loc.words()).collect();
    let expected =
        ["/", "/posts/calf", "/posts/hips", "/elsewhere/moved", "/about", "/stretches/toe-flexion", "/tags/feet"];
    assert_eq!(listed, expected.iter().map(|path| format!("https://example.org{path}")).collect());
    for address in listed {
        let path = address.strip_prefix("https://example.org").expect("ours");
        assert_eq!(site.get(path).await.html().canonical(), Some(address.as_str()));
    }
}

/// Entry of an address in the sitemap: `lastmod`, pictures.
fn entry(sitemap: &str, path: &str) -> String {
    let start = format!("<loc>https://example.org{path}</loc>");
    let rest = sitemap.split_once(&start).unwrap_or_else(|| panic!("no {start} in {sitemap}")).1;
    rest.split("</url>").next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_sitemap_tells_when_a_page_changed_and_shows_its_picture() {
    let drawing = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"5\"/>";
    let site = with_posts()
        .post("knees", "---\ntitle: Knees\ndate: 2026-05-01\nimage: leg.svg\n---\nBend them.")
        .file("pages/now.md", "---\ntitle: Now\nupdated: 2026-07-01\nimage: now & then.svg\n---\nRunning.")
        .file("pages/now & then.svg", drawing)
        .start()
        .await;
    let sitemap = site.get("/sitemap.xml").await.is(200).text();
    let says = |path: &str, expected: &str| assert_eq!(entry(&sitemap, path), expected, "{path}");
    let changed = |at: &str| format!("<lastmod>{at}</lastmod>");
    says("/posts/hips", &changed("2026-05-03T10:00:00+00:00"));
    says("/posts/calf", &changed("2026-06-01T10:00:00+00:00"));
    says("/", &changed("2026-06-01T10:00:00+00:00"));
    says("/tags/feet", &changed("2026-06-01T10:00:00+00:00"));
    says("/about", "");
    for path in ["/posts/knees", "/now"] {
        let entry = entry(&sitemap, path);
        let picture = entry.split("<image:image><image:loc>https://example.org").nth(1).expect("a picture");
        let picture = picture.split("</image:loc></image:image>").next().expect("its end").to_owned();
        site.get(&picture.replace("&#38;", "&")).await.is(200);
    }
    assert!(entry(&sitemap, "/now").starts_with(&changed("2026-07-01T00:00:00+00:00")));
}

#[tokio::test]
async fn pages_may_be_called_nearly_like_a_part_of_the_sitemap() {
    let site = with_posts().page("sitemap-help", "What a sitemap is.").start().await;
    site.get("/sitemap-help").await.is(200).says("What a sitemap is.");
    site.get("/sitemap-help/").await.is(301);
    for path in ["/sitemap-1.xml", "/sitemap-0.xml", "/sitemap-01.xml", "/sitemap-.xml", "/sitemap-x.xml"] {
        site.get(path).await.is(404);
    }
}

#[tokio::test]
async fn robots_txt_names_the_sitemap_and_excludes_endless_addresses() {
    let robots = with_posts().start().await.get("/robots.txt").await;
    robots.is(200).says("Sitemap: https://example.org/sitemap.xml");
    for line in ["User-agent: *", "Disallow: /search?", "Disallow: /*?reply_to="] {
        assert!(robots.text().lines().any(|one| one == line), "{line}");
    }
    assert!(!robots.text().lines().any(|line| line == "Disallow: /"), "the rest is open");
    for (path, is_open) in [
        ("/", true),
        ("/posts/calf", true),
        ("/me-and-my-shoes", true),
        ("/meniscus", true),
        ("/administration", true),
        ("/media/0123456789-picture.jpg", true),
        ("/static/site-0123456789.css", true),
        ("/tags/feet", true),
        ("/archive/2026", true),
        ("/feed.xml", true),
        ("/comments/41", true),
        ("/search", true),
        ("/searching-for-shoes", true),
        ("/posts/calf?page=2", true),
        ("/me", false),
        ("/me/erase", false),
        ("/search?q=calf", false),
        ("/posts/calf?reply_to=41", false),
        ("/posts/calf/comments/page/2?reply_to=41", false),
    ] {
        let mut reader = robotstxt::DefaultMatcher::default();
        let address = format!("https://example.org{path}");
        assert_eq!(reader.one_agent_allowed_by_robots(&robots.text(), "Googlebot", &address), is_open, "{path}");
    }
}
