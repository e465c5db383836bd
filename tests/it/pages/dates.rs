//! Drafts, scheduled posts and expired posts.

use jiff::{SignedDuration, Timestamp};

use crate::support::{TestSite, eventually, html::Element, site::Builder};

const EVERYWHERE: &[&str] =
    &["/", "/tags/secret", "/archive/2026", "/feed.xml", "/sitemap.xml", "/tags", "/tags/secret/feed.xml"];

/// A site with a public post, and another with these lines of front matter.
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
async fn drafts_are_on_no_page() {
    for lines in ["date: 2026-05-02\ndraft: true", "date: 2026-05-02\npublished: false"] {
        is_hidden(&with(lines).start().await).await;
    }
}

#[tokio::test]
async fn dev_mode_shows_drafts_and_marks_them() {
    let site = with("date: 2026-05-02\ndraft: true").dev().start().await;
    is_shown(&site).await;
    let page = site.get("/posts/xylophone").await;
    page.says("Draft");
    assert_eq!(page.html().meta("robots"), Some("noindex"));
}

#[tokio::test]
async fn a_post_is_shown_from_its_date() {
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
async fn an_expired_post_disappears_by_itself() {
    let soon: Timestamp = instep::app::Clock::system().now() + SignedDuration::from_secs(2);
    let site = with(&format!("date: 2020-05-02\nexpiry_date: {soon}")).real_clock().keeps_current().start().await;
    eventually("the post is gone", async || (site.get("/posts/xylophone").await.status == 404).then_some(())).await;
    assert!(instep::app::Clock::system().now() >= soon, "not before its time");
    is_hidden(&site).await;
}

#[tokio::test]
async fn a_clock_set_forward_publishes_posts() {
    let site = with("date: 2026-05-02\npublish_date: 2026-11-22T17:00:02Z").keeps_current().start().await;
    is_hidden(&site).await;
    site.turn(SignedDuration::from_hours(1));
    eventually("the post is there", async || (site.get("/posts/xylophone").await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn midnight_in_utc_is_the_same_day_in_every_zone() {
    for (date, day) in [
        ("2014-11-18T00:00:00Z", "18"),
        ("2014-11-18T00:00:00.000Z", "18"),
        ("2014-11-18 00:00:00 +0000", "18"),
        ("2014-11-18T00:00:00+00:00", "18"),
        ("2014-11-18 00:00:00 UTC", "18"),
        ("Tue, 18 Nov 2014 00:00:00 GMT", "18"),
        ("2014-11-18", "18"),
        ("18.11.2014", "18"),
        ("18. November 2014", "18"),
        ("18.11.2014 21:30", "18"),
        ("2014-11-18T00:00:01Z", "17"),
        ("2014-11-18T02:00:00+02:00", "17"),
    ] {
        let site = TestSite::new()
            .setting("site.time_zone", "America/Los_Angeles")
            .setting("site.permalink", "/{year}/{month}/{day}/{slug}")
            .post("calf", &format!("---\ntitle: Calf\ndate: {date}\n---\nx"))
            .start()
            .await;
        let page = site.get(&format!("/2014/11/{day}/calf")).await;
        page.is(200).says(&format!("Nov {day}, 2014"));
        assert_eq!(site.problems(), [] as [String; 0], "{date}");
    }
    let toml = "+++\ntitle = 'Calf'\ndate = 2014-11-18T00:00:00Z\n+++\nx";
    let site = TestSite::new().setting("site.time_zone", "America/Los_Angeles").post("calf", toml).start().await;
    site.get("/posts/calf").await.is(200).says("Nov 18, 2014");
}

#[tokio::test]
async fn a_date_in_the_name_or_in_an_old_address_counts() {
    for (file, head) in [
        ("posts/2020-10-7-calf.md", ""),
        ("posts/2020-10-07_calf.md", ""),
        ("posts/2020/10/07/calf.md", ""),
        ("posts/2020-10-7-calf/index.md", ""),
        ("posts/calf.md", "\npath: notes/2020/10/07/calf"),
        ("posts/calf.md", "\nurl: /blog/2020-10-7-calf/"),
        ("posts/calf.md", "\naliases: [/old, /2020/10/07/calf.html]"),
        ("posts/calf.md", "\nredirect_from: /2020/10/07/calf/"),
    ] {
        let site = TestSite::new().file(file, format!("---\ntitle: Calf{head}\n---\nx")).start().await;
        let archive = site.get("/archive/2020/10").await;
        assert!(
            archive.text().contains("Calf") && archive.text().contains("Oct 7"),
            "{file} {head} {:?}",
            site.problems()
        );
        assert_eq!(site.problems(), [] as [String; 0], "{file} {head}");
    }
    let site = TestSite::new().file("posts/2020-3-7-x.md", "---\ntitle: X\n---\nx").start().await;
    site.get("/posts/x").await.is(200).says("Mar 7, 2020");
}

/// The titles on the first page, in order.
async fn listed(site: &TestSite, path: &str) -> Vec<String> {
    site.get(path).await.html().all("h2").into_iter().map(Element::words).collect()
}

#[tokio::test]
async fn a_post_without_a_date_is_the_oldest_and_is_reported() {
    let undated = |title: &str| format!("---\ntitle: {title}\ntags: [secret]\n---\nText of {title}.");
    let mut site = TestSite::new().setting("site.permalink", "/{year}/{slug}");
    for title in ["Part 10", "Part 9", "Anna"] {
        site = site.file(&format!("posts/{}.md", title.to_lowercase().replace(' ', "-")), undated(title));
    }
    let site = site
        .post("old", "---\ntitle: Old\ndate: 1950-01-02\ntags: [secret]\n---\nx")
        .post("new", "---\ntitle: New\ndate: 2026-05-02\ntags: [secret]\n---\nx")
        .start()
        .await;
    let order = ["New", "Old", "Anna", "Part 9", "Part 10"];
    for path in ["/", "/tags/secret"] {
        assert_eq!(listed(&site, path).await[..5], order, "{path}");
    }
    let problems = site.problems();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems[0].starts_with("posts/anna.md:1:1: warning: there is no date"), "{problems:?}");
    // Nobody knows its year.
    let page = site.get("/posts/anna").await;
    page.is(200).says("Text of Anna.").does_not_say("1970").does_not_say("datePublished");
    let header = page.text().split("</h1>").nth(1).and_then(|below| below.split("</header>").next()).map(str::to_owned);
    assert!(header.is_some_and(|header| !header.contains("<time")), "{}", page.text());
    let archive = site.get("/archive").await;
    archive.says("2 posts since 1950").says("Without a date").says("/posts/part-10");
    site.get("/archive/1970").await.is(404);
    let atom = site.get("/feed.xml").await.text();
    let entries: Vec<&str> = atom.split("<entry>").skip(1).collect();
    assert!(entries[0].contains("New") && entries[1].contains("Old") && entries[2].contains("Anna"), "{atom}");
    assert!(entries[2].contains("<updated>1970-") && !entries[2].contains("<published>"), "{atom}");
    let rss = site.get("/rss.xml").await.text();
    assert_eq!((rss.matches("<item>").count(), rss.matches("<pubDate>").count()), (5, 2), "{rss}");
    let json: serde_json::Value = serde_json::from_str(&site.get("/feed.json").await.text()).expect("JSON");
    assert_eq!((json["items"][2]["title"].as_str(), json["items"][2].get("date_published")), (Some("Anna"), None));
    let search = site.get("/search?q=&tag=secret").await;
    search.is(200).says("Anna");
}

#[tokio::test]
async fn offsets_of_old_zones_have_no_seconds() {
    let text = "---\ntitle: Old\ndate: 1850-05-02\n---\nx";
    let site = TestSite::new().setting("site.time_zone", "Europe/Berlin").post("old", text).start().await;
    let (atom, rss) = (site.get("/feed.xml").await.text(), site.get("/rss.xml").await.text());
    assert!(atom.contains("<published>1850-05-02T00:00:00+00:53</published>"), "{atom}");
    assert!(rss.contains("<pubDate>Thu, 02 May 1850 00:00:00 +0053</pubDate>"), "{rss}");
    for path in ["/posts/old", "/", "/archive/1850", "/sitemap.xml", "/feed.json"] {
        site.get(path).await.is(200).does_not_say("+00:53:28");
    }
}
