//! What machines read: the Atom feed, the sitemap, robots.txt.

use std::collections::BTreeSet;

use atom_syndication::Feed;

use crate::support::{Answer, TestSite, html::Html, site::Builder};

fn with_posts() -> Builder {
    TestSite::new()
        .setting("site.base_url", "https://example.org")
        .post("calf", "---\ntitle: Calf & heel\ndate: 2026-05-02T10:00:00Z\nupdated: 2026-06-01T10:00:00Z\ntags: [Feet]\n---\n\
             See [the page](/about) and ![leg](leg.svg).\n\n<!--more-->\n\nThe *whole* text.\n\nhttps://vimeo.com/1084537\n")
        .file("posts/leg.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"5\"/>")
        .post("hips", "---\ntitle: Hips\ndate: 2026-05-03T10:00:00Z\nauthors: [Bo]\n---\nOpen them.")
        .page("about", "Who writes.")
        .file("stretches/toe-flexion.md", "---\ntitle: Toe flexion\n---\n1. Curl.\n")
}

fn parse(answer: &Answer) -> Feed {
    answer.is(200);
    Feed::read_from(&answer.body[..]).expect("Atom")
}

#[tokio::test]
async fn the_feed_has_whole_articles_newest_first() {
    let site = with_posts().start().await;
    let feed = parse(&site.get("/feed.xml").await);
    assert_eq!((feed.title.as_str(), feed.id.as_str()), ("Loose Laces", "https://example.org/feed.xml"));
    assert_eq!(feed.updated.to_rfc3339(), "2026-06-01T10:00:00+00:00");
    assert!(feed.links.iter().any(|link| link.rel == "self" && link.href == "https://example.org/feed.xml"));
    let titles: Vec<&str> = feed.entries.iter().map(|entry| entry.title.as_str()).collect();
    assert_eq!(titles, ["Hips", "Calf & heel"]);
    let (hips, calf) = (&feed.entries[0], &feed.entries[1]);
    assert_eq!(hips.authors[0].name, "Bo");
    assert_eq!(calf.links[0].href, "https://example.org/posts/calf");
    assert_eq!(calf.categories[0].term, "Feet");
    assert_eq!(calf.published.map(|at| at.to_rfc3339()).as_deref(), Some("2026-05-02T10:00:00+00:00"));
    assert_eq!(calf.updated.to_rfc3339(), "2026-06-01T10:00:00+00:00");
    let content = calf.content.as_ref().and_then(|content| content.value.as_deref()).expect("content");
    assert!(content.contains("The <em>whole</em> text."), "{content}");
}

#[tokio::test]
async fn addresses_in_a_feed_are_whole_and_nothing_in_it_runs() {
    let site = with_posts().start().await;
    for entry in parse(&site.get("/feed.xml").await).entries {
        let content = Html::parse(entry.content.and_then(|content| content.value).expect("content").as_str());
        for element in &content.elements {
            for name in ["href", "src"] {
                let address = element.attribute(name).unwrap_or("https://");
                assert!(address.starts_with("https://"), "{element:?}");
            }
            assert!(!["script", "iframe", "form", "style"].contains(&element.name.as_str()), "{element:?}");
        }
        if entry.title.as_str() == "Calf & heel" {
            assert!(content.find("a", "href", "https://example.org/about").is_some());
            assert!(content.find("a", "href", "https://vimeo.com/1084537").is_some(), "a player is a link here");
            let picture =
                content.all("img")[0].get("src").strip_prefix("https://example.org").expect("ours").to_owned();
            site.get(&picture).await.is(200);
        }
    }
}

#[tokio::test]
async fn an_entry_keeps_its_id_when_the_permalinks_change() {
    let ids = async |builder: Builder| -> Vec<String> {
        let feed = parse(&builder.start().await.get("/feed.xml").await);
        feed.entries.into_iter().map(|entry| entry.id).collect()
    };
    let before = ids(with_posts()).await;
    let after = ids(with_posts().setting("site.permalink", "/{year}/{month}/{slug}")).await;
    assert_eq!(before, after);
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), 2, "each its own");
}

#[tokio::test]
async fn links_in_a_feed_follow_the_permalinks() {
    let site = with_posts().setting("site.permalink", "/{year}/{slug}").start().await;
    let feed = parse(&site.get("/feed.xml").await);
    assert_eq!(feed.entries[0].links[0].href, "https://example.org/2026/hips");
}

#[tokio::test]
async fn a_tag_has_a_feed_of_its_own() {
    let site = with_posts().start().await;
    let feed = parse(&site.get("/tags/feet/feed.xml").await);
    assert_eq!(feed.id, "https://example.org/tags/feet/feed.xml");
    assert_eq!(feed.title.as_str(), "Loose Laces: Feet");
    let titles: Vec<&str> = feed.entries.iter().map(|entry| entry.title.as_str()).collect();
    assert_eq!(titles, ["Calf & heel"]);
    let whole = parse(&site.get("/feed.xml").await);
    assert!(whole.entries.iter().any(|entry| entry.id == feed.entries[0].id), "the same entry has the same id");
}

#[tokio::test]
async fn a_feed_has_the_newest_twenty() {
    let mut site = TestSite::new();
    for day in 1..=25 {
        site = site.post(&format!("day-{day}"), &format!("---\ntitle: Day {day}\ndate: 2026-05-{day:02}\n---\nx"));
    }
    let feed = parse(&site.start().await.get("/feed.xml").await);
    assert_eq!(feed.entries.len(), 20);
    assert_eq!(feed.entries[19].title.as_str(), "Day 6");
}

#[tokio::test]
async fn letters_that_xml_cannot_hold_do_not_break_a_feed() {
    let text = "---\ntitle: \"Bell \\u0007 & <b>\"\ndate: 2026-05-02\ndescription: \"]]> & \\u0000\"\ntags: [\"a & b\"]\n---\nText \u{b} with \u{1f} and ]]>.";
    let site = TestSite::new().post("calf", text).start().await;
    let feed = parse(&site.get("/feed.xml").await);
    assert!(feed.entries[0].title.as_str().contains("& <b>"), "{}", feed.entries[0].title.as_str());
    Feed::read_from(&site.get("/tags/a-b/feed.xml").await.body[..]).expect("Atom");
}

#[tokio::test]
async fn the_sample_site_has_a_feed_that_parses() {
    let feed = parse(&TestSite::sample().await.get("/feed.xml").await);
    assert!(feed.entries.len() >= 6);
    for entry in &feed.entries {
        let content = entry.content.as_ref().and_then(|content| content.value.as_deref()).unwrap_or_default();
        assert!(content.len() > 2_000, "{}: the whole text", entry.title.as_str());
    }
}

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
