//! The sitemap and robots.txt.

use std::collections::BTreeSet;

use super::with_posts;

#[tokio::test]
async fn the_sitemap_lists_exactly_what_is_public() {
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

#[tokio::test]
async fn robots_are_shown_the_sitemap_and_kept_from_what_has_no_end() {
    let robots = with_posts().start().await.get("/robots.txt").await;
    robots.is(200).says("Sitemap: https://example.org/sitemap.xml");
    for line in ["User-agent: *", "Disallow: /search?", "Disallow: /*?reply_to=", "Disallow: /admin"] {
        assert!(robots.text().lines().any(|one| one == line), "{line}");
    }
    assert!(!robots.text().lines().any(|line| line == "Disallow: /"), "the rest is open");
}
