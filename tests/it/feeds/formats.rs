//! RSS 2.0 and JSON Feed 1.1, and the common rules of all formats.

use std::collections::BTreeSet;

use rss::Channel;
use serde_json::Value;

use super::{atom, with_posts};
use crate::support::{Answer, TestSite};

fn rss(answer: &Answer) -> Channel {
    answer.is(200);
    Channel::read_from(&answer.body[..]).expect("RSS")
}

fn json(answer: &Answer) -> Value {
    answer.is(200);
    serde_json::from_slice(&answer.body).expect("JSON")
}

#[tokio::test]
async fn rss_has_whole_articles_newest_first() {
    let site = with_posts().start().await;
    let answer = site.get("/rss.xml").await;
    answer.says("<rss version=\"2.0\"");
    let channel = rss(&answer);
    assert_eq!((channel.title(), channel.link()), ("Loose Laces", "https://example.org/"));
    assert_eq!(channel.description(), "Stretches for runners.");
    assert_eq!(channel.language(), Some("en"));
    assert_eq!(channel.last_build_date(), Some("Mon, 01 Jun 2026 10:00:00 +0000"));
    let own = &channel.extensions()["atom"]["link"][0].attrs;
    assert_eq!((own["rel"].as_str(), own["href"].as_str()), ("self", "https://example.org/rss.xml"));
    let titles: Vec<&str> = channel.items().iter().filter_map(rss::Item::title).collect();
    assert_eq!(titles, ["Hips", "Calf & heel"]);
    let (hips, calf) = (&channel.items()[0], &channel.items()[1]);
    let creators = |item: &rss::Item| item.dublin_core_ext().expect("a creator").creators().to_vec();
    assert_eq!((creators(hips), creators(calf)), (vec!["Bo".to_owned()], vec!["Jo".to_owned()]));
    assert_eq!(calf.link(), Some("https://example.org/posts/calf"));
    assert_eq!(calf.comments(), Some("https://example.org/posts/calf#-comments"));
    assert_eq!(calf.pub_date(), Some("Sat, 02 May 2026 10:00:00 +0000"));
    assert_eq!(calf.categories()[0].name(), "Feet");
    assert!(calf.content().expect("content").contains("The <em>whole</em> text."));
    assert!(!calf.description().expect("a description").contains("whole"), "the excerpt");
}

#[tokio::test]
async fn json_feed_has_the_members_of_its_version() {
    let site = with_posts()
        .post("knees", "---\ntitle: Knie\ndate: 2026-05-04\nlang: de\nimage: leg.svg\ntags: [Feet]\n---\nBeugen.")
        .start()
        .await;
    let feed = json(&site.get("/feed.json").await);
    let text =
        |value: &Value, member: &str| value[member].as_str().unwrap_or_else(|| panic!("{member}: {value}")).to_owned();
    assert_eq!(text(&feed, "version"), "https://jsonfeed.org/version/1.1");
    assert_eq!(text(&feed, "title"), "Loose Laces");
    assert_eq!(text(&feed, "home_page_url"), "https://example.org/");
    assert_eq!(text(&feed, "feed_url"), "https://example.org/feed.json");
    assert_eq!(text(&feed, "language"), "en");
    assert_eq!(text(&feed["authors"][0], "name"), "Jo");
    for icon in ["icon", "favicon"] {
        let path = text(&feed, icon);
        site.get(path.strip_prefix("https://example.org").expect("ours")).await.is(200);
    }
    let items = feed["items"].as_array().expect("items");
    assert_eq!(items.len(), 3);
    for item in items {
        for member in ["id", "url", "title", "content_html"] {
            assert!(!text(item, member).is_empty(), "{member}: {item}");
        }
        for member in ["date_published", "date_modified"] {
            text(item, member).parse::<jiff::Timestamp>().expect("RFC 3339");
        }
    }
    let (knees, hips, calf) = (&items[0], &items[1], &items[2]);
    assert_eq!((text(knees, "language"), hips.get("language")), ("de".to_owned(), None));
    assert!(text(knees, "image").starts_with("https://example.org/media/"));
    assert_eq!((text(&hips["authors"][0], "name"), calf.get("authors")), ("Bo".to_owned(), None));
    assert_eq!(calf["tags"], serde_json::json!(["Feet"]));
    assert!(text(calf, "content_html").contains("The <em>whole</em> text."));
}

#[tokio::test]
async fn a_post_has_one_id_in_every_format_whatever_the_permalinks_are() {
    for builder in [with_posts(), with_posts().setting("site.permalink", "/{year}/{slug}")] {
        let site = builder.start().await;
        let atom = atom::parse(&site.get("/feed.xml").await);
        let ids: Vec<String> = atom.entries.iter().map(|entry| entry.id.clone()).collect();
        assert_eq!(ids, ["https://example.org/posts/hips", "https://example.org/posts/calf"]);
        let rss = rss(&site.get("/rss.xml").await);
        let guids: Vec<_> = rss.items().iter().filter_map(rss::Item::guid).collect();
        assert_eq!(guids.iter().map(|guid| guid.value()).collect::<Vec<_>>(), ids);
        assert!(guids.iter().all(|guid| !guid.is_permalink()));
        let json = json(&site.get("/feed.json").await);
        let items = json["items"].as_array().expect("items").iter().filter_map(|item| item["id"].as_str());
        assert_eq!(items.collect::<Vec<_>>(), ids);
    }
}

#[tokio::test]
async fn a_tag_has_its_feed_in_every_format() {
    let site = with_posts().start().await;
    let channel = rss(&site.get("/tags/feet/rss.xml").await);
    assert_eq!((channel.title(), channel.link()), ("Loose Laces: Feet", "https://example.org/tags/feet"));
    assert_eq!(channel.items().iter().filter_map(rss::Item::title).collect::<Vec<_>>(), ["Calf & heel"]);
    let feed = json(&site.get("/tags/feet/feed.json").await);
    assert_eq!(feed["feed_url"], "https://example.org/tags/feet/feed.json");
    assert_eq!(feed["home_page_url"], "https://example.org/tags/feet");
    assert_eq!(feed["items"].as_array().map(Vec::len), Some(1));
    for name in ["feed.xml", "rss.xml", "feed.json"] {
        assert_eq!(site.get(&format!("/tags/Feet/{name}")).await.leads(), format!("301 /tags/feet/{name}"));
        site.get(&format!("/tags/nowhere/{name}")).await.is(404);
    }
}

#[tokio::test]
async fn titles_with_markup_and_control_characters_are_text() {
    let post = "---\ntitle: \"Bell \\u0007 & <b>bold</b>\"\ndate: 2026-05-02\ndescription: \"]]> & \\u0000\"\ntags: [\"a & b\"]\n---\n\
                Text \u{b} with \u{1f} and ]]>.";
    let site = TestSite::new().post("calf", post).start().await;
    for path in ["/rss.xml", "/tags/a-b/rss.xml"] {
        let channel = rss(&site.get(path).await);
        let title = channel.items()[0].title().expect("a title");
        assert!(title.contains("& <b>bold</b>") && !title.contains('\u{7}'), "{title}");
        assert_eq!(channel.items()[0].categories()[0].name(), "a & b");
    }
    for path in ["/rss.xml", "/feed.xml"] {
        let text = site.get(path).await.text();
        let illegal = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        assert!(!text.chars().any(|c| illegal(&c)), "{path}");
        assert!(!text.contains("<b>"), "{path}");
    }
    let feed = json(&site.get("/feed.json").await);
    assert!(feed["items"][0]["title"].as_str().expect("a title").contains("& <b>bold</b>"));
}

#[tokio::test]
async fn a_feed_reader_with_the_current_feed_gets_304() {
    let site = with_posts().start().await;
    for path in
        ["/feed.xml", "/rss.xml", "/feed.json", "/comments/feed.xml", "/posts/calf/comments/feed.xml", "/sitemap.xml"]
    {
        let etag = site.get(path).await.is(200).header("etag").to_owned();
        let again = site.get_with(path, &[("if-none-match", &etag)]).await;
        assert!(again.status == 304 && again.body.is_empty(), "{path}: {}", again.status);
    }
}

#[tokio::test]
async fn pages_name_their_feeds() {
    let site = with_posts().setting("site.permalink", "/{slug}").start().await;
    let feeds = async |path: &str| -> BTreeSet<(String, String)> {
        let html = site.get(path).await.html();
        let links = html.all("link").into_iter().filter(|link| link.get("rel") == "alternate");
        links.map(|link| (link.get("type").to_owned(), link.get("href").to_owned())).collect()
    };
    let pair = |kind: &str, path: &str| (format!("application/{kind}"), path.to_owned());
    let everywhere = BTreeSet::from([
        pair("atom+xml", "/feed.xml"),
        pair("rss+xml", "/rss.xml"),
        pair("feed+json", "/feed.json"),
        pair("atom+xml", "/comments/feed.xml"),
    ]);
    assert_eq!(feeds("/about").await, everywhere);
    let of =
        |more: &[(String, String)]| everywhere.iter().cloned().chain(more.iter().cloned()).collect::<BTreeSet<_>>();
    assert_eq!(feeds("/calf").await, of(&[pair("atom+xml", "/posts/calf/comments/feed.xml")]));
    let tag = ["atom+xml /tags/feet/feed.xml", "rss+xml /tags/feet/rss.xml", "feed+json /tags/feet/feed.json"];
    let tag: Vec<_> = tag.iter().filter_map(|line| line.split_once(' ')).map(|(kind, path)| pair(kind, path)).collect();
    assert_eq!(feeds("/tags/feet").await, of(&tag));
    for (_, path) in feeds("/tags/feet").await.into_iter().chain(feeds("/calf").await) {
        site.get(&path).await.is(200);
    }
}

#[tokio::test]
async fn a_browser_finds_the_style_sheet_of_a_feed() {
    let site = with_posts().start().await;
    for path in ["/feed.xml", "/rss.xml", "/comments/feed.xml", "/posts/calf/comments/feed.xml"] {
        let text = site.get(path).await.text();
        let style = text.split_once("<?xml-stylesheet type=\"text/css\" href=\"").expect("a style sheet").1;
        let style = site.get(style.split('"').next().expect("an address")).await;
        assert_eq!(style.is(200).header("content-type"), "text/css; charset=utf-8", "{path}");
    }
}
