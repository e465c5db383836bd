//! Drafts, posts of the future and posts that end: seen when they may be, and nowhere before.

use jiff::{SignedDuration, Timestamp};

use crate::support::{TestSite, eventually, site::Builder};

const EVERYWHERE: &[&str] =
    &["/", "/tags/secret", "/archive/2026", "/feed.xml", "/sitemap.xml", "/tags", "/tags/secret/feed.xml"];

/// A public post, and another with these lines in its head.
fn with(lines: &str) -> Builder {
    let text = format!("---\ntitle: Xylophone\ntags: [secret]\n{lines}\n---\nThe xylophone.");
    TestSite::new().post("calf", "Stretch it.").post("xylophone", &text)
}

async fn is_hidden(site: &TestSite) {
    for path in EVERYWHERE {
        let answer = site.get(path).await;
        assert!(!answer.text().to_lowercase().contains("xylophone"), "{path}");
    }
    site.get("/posts/xylophone").await.is(404).does_not_say("The xylophone");
    site.get("/posts/xylophone/comments").await.is(404);
}

async fn is_shown(site: &TestSite) {
    for path in EVERYWHERE {
        let answer = site.get(path).await;
        let says_so = answer.text().to_lowercase().contains("xylophone") || *path == "/tags";
        assert!(answer.status == 200 && says_so, "{path}: {}", answer.text());
    }
    site.get("/posts/xylophone").await.is(200).says("The xylophone");
}

#[tokio::test]
async fn drafts_are_nowhere() {
    for lines in ["date: 2026-05-02\ndraft: true", "date: 2026-05-02\npublished: false"] {
        is_hidden(&with(lines).start().await).await;
    }
}

#[tokio::test]
async fn who_designs_sees_drafts_and_that_they_are_some() {
    let site = with("date: 2026-05-02\ndraft: true").dev().start().await;
    is_shown(&site).await;
    let page = site.get("/posts/xylophone").await;
    page.says("Draft");
    assert_eq!(page.html().meta("robots"), Some("noindex"));
}

#[tokio::test]
async fn the_date_decides() {
    // It is 17:00 UTC on 22 November 2026.
    for (lines, shown) in [
        ("date: 2026-11-22", true),
        ("date: 2026-11-22T17:00:00Z", true),
        ("date: 2026-11-22T17:00:01Z", false),
        ("date: 2026-11-22T18:30:00+02:00", true),
        ("date: 2027-01-01", false),
        ("date: 2026-05-02\npublish_date: 2026-11-23", false),
        ("date: 2027-01-01\npublish_date: 2026-11-21", true),
        ("date: 2026-05-02\nexpiry_date: 2026-11-22T17:00:00Z", false),
        ("date: 2026-05-02\nexpiry_date: 2026-11-22T17:00:01Z", true),
    ] {
        let site = with(lines).start().await;
        let status = site.get("/posts/xylophone").await.status;
        assert_eq!(status, if shown { 200 } else { 404 }, "{lines}");
        if !shown {
            is_hidden(&site).await;
        }
    }
}

#[tokio::test]
async fn a_date_without_a_zone_is_the_sites() {
    for (zone, shown) in [("America/New_York", false), ("Europe/Berlin", true)] {
        // 13:00 is still to come in New York, where it is noon.
        let site = with("date: 2026-11-22 13:00").setting("site.time_zone", zone).start().await;
        assert_eq!(site.get("/posts/xylophone").await.status == 200, shown, "{zone}");
    }
}

#[tokio::test]
async fn a_scheduled_post_appears_by_itself() {
    let soon: Timestamp = instep::app::Clock::system().now() + SignedDuration::from_secs(1);
    let site = with(&format!("date: 2026-05-02\npublish_date: {soon}")).real_clock().keeps_current().start().await;
    eventually("the post is there", async || (site.get("/posts/xylophone").await.status == 200).then_some(())).await;
    assert!(instep::app::Clock::system().now() >= soon, "not before its time");
    is_shown(&site).await;
    eventually("search finds it", async || {
        site.get("/search?q=xylophone").await.text().contains("1 result").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_post_that_ends_goes_by_itself() {
    let soon: Timestamp = instep::app::Clock::system().now() + SignedDuration::from_secs(2);
    let site = with(&format!("date: 2020-05-02\nexpiry_date: {soon}")).real_clock().keeps_current().start().await;
    eventually("the post is gone", async || (site.get("/posts/xylophone").await.status == 404).then_some(())).await;
    assert!(instep::app::Clock::system().now() >= soon, "not before its time");
    is_hidden(&site).await;
}

#[tokio::test]
async fn a_clock_that_is_turned_on_brings_posts_out() {
    let site = with("date: 2026-05-02\npublish_date: 2026-11-22T17:00:02Z").keeps_current().start().await;
    is_hidden(&site).await;
    site.turn(SignedDuration::from_hours(1));
    eventually("the post is there", async || (site.get("/posts/xylophone").await.status == 200).then_some(())).await;
}
