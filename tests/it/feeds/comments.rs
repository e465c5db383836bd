//! Feeds of comments.

use atom_syndication::{Entry, Feed};
use jiff::SignedDuration;

use super::{atom::parse, with_posts};
use crate::support::{TestSite, visitor::comment_id};

async fn say(site: &TestSite, slug: &str, text: &str) -> i64 {
    let id = comment_id(&site.visitor("192.0.2.1").comment(slug, text).await);
    site.approve(id).await;
    site.turn(SignedDuration::from_secs(60));
    id
}

async fn feed(site: &TestSite, path: &str) -> Feed {
    parse(&site.get(path).await)
}

fn content(entry: &Entry) -> &str {
    entry.content.as_ref().and_then(|content| content.value.as_deref()).unwrap_or_default()
}

fn contents(feed: &Feed) -> Vec<&str> {
    feed.entries.iter().map(|entry| content(entry).trim()).collect()
}

const SITE: &str = "/comments/feed.xml";
const POST: &str = "/posts/calf/comments/feed.xml";

#[tokio::test]
async fn a_comment_is_in_the_feeds_once_it_is_approved() {
    let site = with_posts().start().await;
    let held = comment_id(&site.visitor("192.0.2.1").comment("calf", "My *calves* thank you.").await);
    for path in [SITE, POST] {
        assert!(feed(&site, path).await.entries.is_empty(), "{path}");
    }
    site.approve(held).await;
    for path in [SITE, POST] {
        let feed = feed(&site, path).await;
        assert_eq!(feed.id, format!("https://example.org{path}"));
        let entry = &feed.entries[0];
        assert_eq!(entry.title.as_str(), "Ana on Calf & heel");
        assert_eq!(entry.id, format!("https://example.org/comments/{held}"));
        assert_eq!(entry.links[0].href, format!("https://example.org/comments/{held}"));
        assert_eq!(entry.authors[0].name, "Ana");
        assert_eq!(entry.updated.to_rfc3339(), "2026-11-22T17:00:00+00:00");
        assert_eq!(feed.updated, entry.updated);
        assert_eq!(contents(&feed), ["<p>My <em>calves</em> thank you.</p>"]);
        let answers = &entry.extensions["thr"]["in-reply-to"][0].attrs["ref"];
        assert_eq!(answers, "https://example.org/posts/calf");
    }
    let done = site.store().trash(held, "test", site.app.clock.now()).await.expect("trashes");
    site.app.cache.purge(&done.tags());
    for path in [SITE, POST] {
        assert!(feed(&site, path).await.entries.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn the_site_has_all_threads_and_a_post_its_own_newest_first() {
    let site = with_posts().start().await;
    let first = say(&site, "calf", "First").await;
    say(&site, "hips", "Second").await;
    let now = site.app.clock.now();
    let store = site.store();
    let answer = store.reply_as_author(first, "Jo", Some("https://jo.example"), "Third", "test", now).await;
    let answer = answer.expect("answers");
    site.app.cache.purge_everything();
    let whole = feed(&site, SITE).await;
    assert_eq!(contents(&whole), ["<p>Third</p>", "<p>Second</p>", "<p>First</p>"]);
    assert_eq!(whole.entries[1].title.as_str(), "Ana on Hips");
    assert_eq!(contents(&feed(&site, POST).await), ["<p>Third</p>", "<p>First</p>"]);
    let entry = &whole.entries[0];
    assert_eq!(entry.id, format!("https://example.org/comments/{answer}"));
    assert_eq!((entry.authors[0].name.as_str(), entry.authors[0].uri.as_deref()), ("Jo", Some("https://jo.example")));
    let answers = &entry.extensions["thr"]["in-reply-to"][0].attrs;
    assert_eq!(answers["ref"], format!("https://example.org/comments/{first}"));
    assert_eq!(answers["href"], format!("https://example.org/comments/{first}"));
    let article = feed(&site, "/feed.xml").await;
    let replies = article.entries[1].links.iter().find(|link| link.rel == "replies").expect("the way to its comments");
    assert_eq!(replies.href, format!("https://example.org{POST}"));
}

#[tokio::test]
async fn comments_under_hidden_posts_are_not_in_feeds() {
    let site = with_posts()
        .post("soon-gone", "---\ntitle: Gone\ndate: 2026-05-02\nexpiry_date: 2026-11-23\n---\nx")
        .start()
        .await;
    say(&site, "calf", "Stays").await;
    say(&site, "soon-gone", "Goes with its post").await;
    assert_eq!(feed(&site, SITE).await.entries.len(), 2);
    let later = with_posts().database(&site.app.config.database_url).start().await;
    assert_eq!(contents(&feed(&later, SITE).await), ["<p>Stays</p>"]);
    later.get("/posts/soon-gone/comments/feed.xml").await.is(404);
}

#[tokio::test]
async fn a_feed_has_the_newest_thirty_comments() {
    let site = with_posts().start().await;
    for number in 1..=32 {
        say(&site, "calf", &format!("Number {number}")).await;
    }
    for path in [SITE, POST] {
        let feed = feed(&site, path).await;
        let contents = contents(&feed);
        assert_eq!((contents.len(), contents[0], contents[29]), (30, "<p>Number 32</p>", "<p>Number 3</p>"), "{path}");
    }
}

#[tokio::test]
async fn an_old_slug_leads_to_the_feed_that_has_its_comments() {
    let post = "---\ntitle: Calf\ndate: 2026-05-02\naliases: [/posts/calves]\n---\nx";
    let before = TestSite::new().post("calves", "x").start().await;
    say(&before, "calves", "From before").await;
    let site = TestSite::new().post("calf", post).database(&before.app.config.database_url).start().await;
    assert_eq!(site.get("/posts/calves/comments/feed.xml").await.leads(), format!("301 {POST}"));
    for path in [SITE, POST] {
        assert_eq!(contents(&feed(&site, path).await), ["<p>From before</p>"], "{path}");
    }
}

#[tokio::test]
async fn comments_in_feeds_are_sanitised_and_their_urls_absolute() {
    let site = with_posts().start().await;
    let ana = site.visitor("192.0.2.1");
    let form = ana.form("/posts/calf").await.set("name", "<b>Ana</b> & co");
    let text = "See [about](/about), [below](#comment-1), [away](https://a.example/?b&c) ]]> <script>alert(1)</script>";
    site.approve(comment_id(&form.set("text", text).send().await)).await;
    for path in [SITE, POST] {
        site.get(path).await.does_not_say("<script").does_not_say("<b>");
        let feed = feed(&site, path).await;
        assert_eq!(feed.entries[0].authors[0].name, "<b>Ana</b> & co");
        let content = content(&feed.entries[0]);
        for address in ["https://example.org/about", "https://example.org/posts/calf#comment-1", "https://a.example/?b"]
        {
            assert!(content.contains(&format!("href=\"{address}")), "{content}");
        }
        assert!(!content.contains("<script"), "{content}");
    }
}
