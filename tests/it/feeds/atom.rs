//! The Atom feed of the site and of a tag.

use std::collections::BTreeSet;

use atom_syndication::Feed;

use super::with_posts;
use crate::support::{Answer, TestSite, html::Html, site::Builder, visitor::comment_id};

pub fn parse(answer: &Answer) -> Feed {
    answer.is(200);
    Feed::read_from(&answer.body[..]).expect("Atom")
}

/// Rules of RFC 4287 for every feed: 4.1.1, 4.1.2, 4.2.6, 4.2.7, 4.2.15 and 3.3.
#[track_caller]
pub fn keeps_to_rfc_4287(answer: &Answer, own: &str) {
    let (feed, text) = (parse(answer), answer.text());
    let own = format!("https://example.org{own}");
    assert!(feed.links.iter().any(|link| link.rel == "self" && link.href == own), "{own}: {:?}", feed.links);
    assert!(!feed.title.as_str().is_empty() && !feed.id.is_empty(), "{own}");
    let has_author = |authors: &[atom_syndication::Person]| authors.iter().any(|author| !author.name.is_empty());
    let ids: BTreeSet<&str> = feed.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids.len(), feed.entries.len(), "{own}: an id twice");
    assert!(ids.iter().all(|id| id.starts_with("https://example.org/")), "{own}: {ids:?}");
    for entry in &feed.entries {
        assert!(has_author(&entry.authors) || has_author(&feed.authors), "{own}: {}", entry.id);
        assert!(entry.links.iter().any(|link| link.rel == "alternate"), "{own}: {}", entry.id);
        assert!(!entry.title.as_str().is_empty() && entry.content.is_some(), "{own}: {}", entry.id);
    }
    // The parser forgives other dates; RFC 3339 is what the text must have.
    let dates: Vec<&str> = ["updated", "published"].iter().flat_map(|name| inside(&text, name)).collect();
    assert!(dates.len() == 1 + 2 * feed.entries.len(), "{own}: {dates:?}");
    for date in dates {
        assert!(date.len() == 25 && date.parse::<jiff::Timestamp>().is_ok(), "{own}: {date}");
    }
}

/// Text between the tags of this name.
fn inside<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("<{name}>");
    let parts = text.split(start.as_str()).skip(1);
    parts.map(|rest| rest.split("</").next().unwrap_or_default()).collect()
}

#[tokio::test]
async fn every_atom_feed_keeps_to_the_rfc() {
    let site = with_posts().start().await;
    let id = comment_id(&site.visitor("192.0.2.1").comment("calf", "First").await);
    site.approve(id).await;
    for path in ["/feed.xml", "/tags/feet/feed.xml", "/comments/feed.xml", "/posts/calf/comments/feed.xml"] {
        keeps_to_rfc_4287(&site.get(path).await, path);
    }
    let empty = TestSite::new().setting("site.base_url", "https://example.org").start().await;
    for path in ["/feed.xml", "/comments/feed.xml"] {
        keeps_to_rfc_4287(&empty.get(path).await, path);
    }
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
    // Not every reader asks the feed for its author.
    assert_eq!(calf.authors[0].name, "Jo");
    assert_eq!(calf.links[0].href, "https://example.org/posts/calf");
    assert_eq!(calf.categories[0].term, "Feet");
    assert_eq!(calf.published.map(|at| at.to_rfc3339()).as_deref(), Some("2026-05-02T10:00:00+00:00"));
    assert_eq!(calf.updated.to_rfc3339(), "2026-06-01T10:00:00+00:00");
    let content = calf.content.as_ref().and_then(|content| content.value.as_deref()).expect("content");
    assert!(content.contains("The <em>whole</em> text."), "{content}");
}

#[tokio::test]
async fn a_feed_in_a_browser_has_dates_in_words() {
    let site = with_posts().start().await;
    let id = comment_id(&site.visitor("192.0.2.1").comment("calf", "First").await);
    site.approve(id).await;
    for (path, date) in [
        ("/feed.xml", "May 2, 2026</h:time>"),
        ("/rss.xml", "May 2, 2026</h:time>"),
        ("/posts/calf/comments/feed.xml", "Nov 22, 2026, 5:00 pm</h:time>"),
    ] {
        site.get(path).await.says(date).says("xmlns:h=\"http://www.w3.org/1999/xhtml\"");
    }
}

#[tokio::test]
async fn addresses_in_a_feed_are_absolute_and_there_are_no_scripts() {
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
            let note = content.elements.iter().find(|element| element.get("href").contains('#')).expect("a footnote");
            assert!(note.get("href").starts_with("https://example.org/posts/calf#"), "{note:?}");
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
async fn characters_that_xml_forbids_are_left_out_of_feeds() {
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
