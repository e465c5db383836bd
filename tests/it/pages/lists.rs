//! Lists of posts: ten a page, newest first, on home, tags and years.

use std::fmt::Write;

use crate::support::{TestSite, html::Html};

/// 25 posts, one a day from 1 May; every fifth is about feet.
async fn many() -> TestSite {
    let mut site = TestSite::new();
    for day in 1..=25 {
        let mut text = format!("---\ntitle: Day {day}\ndate: 2026-05-{day:02}\n");
        if day % 2 == 1 {
            text.push_str("tags: [Odd days]\n");
        }
        let _ = write!(text, "---\nText of day {day}.\n");
        site = site.post(&format!("day-{day}"), &text);
    }
    site.post("older", "---\ntitle: Older\ndate: 2024-12-31\n---\nx").start().await
}

/// The days of the posts that a page lists, in its order.
fn days(html: &Html) -> Vec<u32> {
    let links = html.all("a").into_iter().filter(|link| !link.get("href").contains('#'));
    links.filter_map(|link| link.get("href").strip_prefix("/posts/day-")?.parse().ok()).collect()
}

fn turn(html: &Html, rel: &str) -> Option<String> {
    html.find("a", "rel", rel).map(|link| link.get("href").to_owned())
}

#[tokio::test]
async fn home_has_ten_a_page_newest_first() {
    let site = many().await;
    let pages = ["/", "/page/2", "/page/3"];
    let mut all = Vec::new();
    for (number, path) in pages.iter().enumerate() {
        let html = site.get(path).await.html();
        assert_eq!(turn(&html, "prev").as_deref(), number.checked_sub(1).map(|newer| pages[newer]), "{path}");
        assert_eq!(turn(&html, "next").as_deref(), pages.get(number + 1).copied(), "{path}");
        assert_eq!(html.canonical(), Some(format!("http://127.0.0.1:3000{path}").as_str()));
        let days = days(&html);
        assert_eq!(days.len(), if number == 2 { 5 } else { 10 }, "{path}");
        all.extend(days);
    }
    assert_eq!(all, (1..=25).rev().collect::<Vec<u32>>());
    site.get("/page/3").await.says("/posts/older");
    site.get("/page/4").await.is(404);
}

#[tokio::test]
async fn a_tag_lists_its_posts() {
    let site = many().await;
    let first = site.get("/tags/odd-days").await;
    first.says("13 posts");
    let html = first.html();
    assert_eq!(days(&html), [25, 23, 21, 19, 17, 15, 13, 11, 9, 7]);
    assert_eq!(turn(&html, "next").as_deref(), Some("/tags/odd-days/page/2"));
    assert_eq!(days(&site.get("/tags/odd-days/page/2").await.html()), [5, 3, 1]);
    assert_eq!(site.get("/tags/Odd-Days/page/2").await.leads(), "301 /tags/odd-days/page/2");
    assert!(html.one("link", "href", "/tags/odd-days/feed.xml").get("rel") == "alternate");
    let tags = site.get("/tags").await.html();
    assert_eq!(tags.one("a", "href", "/tags/odd-days").words(), "Odd days 13 posts");
}

#[tokio::test]
async fn the_archive_goes_by_years_in_pages_of_ten() {
    let site = many().await;
    let archive = site.get("/archive").await;
    archive.says("26 posts since 2024");
    let html = archive.html();
    assert_eq!(html.one("a", "href", "/archive/2026").words(), "2026 25 posts");
    assert_eq!(html.one("a", "href", "/archive/2024").words(), "2024 1 post");
    assert_eq!(days(&site.get("/archive/2026").await.html()), (16..=25).rev().collect::<Vec<u32>>());
    assert_eq!(days(&site.get("/archive/2026/page/3").await.html()), [5, 4, 3, 2, 1]);
    site.get("/archive/2024").await.says("December").says("Older").does_not_say("Day 1");
    site.get("/archive/2025").await.is(404);
}

#[tokio::test]
async fn years_go_by_the_sites_own_clock() {
    let text = "---\ntitle: New Year\ndate: 2026-01-01T02:00:00Z\n---\nx";
    let site = TestSite::new().setting("site.time_zone", "America/New_York").post("new-year", text).start().await;
    site.get("/archive/2025").await.is(200).says("New Year");
    site.get("/archive/2026").await.is(404);
}

#[tokio::test]
async fn a_post_links_to_the_posts_before_and_after_it() {
    let site = many().await;
    let html = site.get("/posts/day-7").await.html();
    assert_eq!(turn(&html, "prev").as_deref(), Some("/posts/day-6"));
    assert_eq!(turn(&html, "next").as_deref(), Some("/posts/day-8"));
    assert_eq!(turn(&site.get("/posts/day-25").await.html(), "next"), None);
    assert_eq!(turn(&site.get("/posts/older").await.html(), "prev"), None);
}

#[tokio::test]
async fn the_header_marks_the_current_page() {
    let site = super::site().await;
    for path in ["/", "/stretches", "/about"] {
        let html = site.get(path).await.html();
        let link = html
            .all("a")
            .into_iter()
            .find(|link| link.get("aria-current") == "page")
            .map(|link| link.get("href").to_owned());
        assert_eq!(link.as_deref(), Some(path));
    }
}

#[tokio::test]
async fn the_newest_featured_post_is_the_first_of_the_home_page() {
    let mut site = TestSite::new();
    for day in 1..=12 {
        let featured = if [3, 5].contains(&day) { "featured: true\n" } else { "" };
        site = site
            .post(&format!("day-{day}"), &format!("---\ntitle: Day {day}\ndate: 2026-05-{day:02}\n{featured}---\nx"));
    }
    let site = site.start().await;
    let home = site.get("/").await;
    home.says("Featured");
    assert_eq!(days(&home.html()), [5, 12, 11, 10, 9, 8, 7, 6, 4, 3]);
    assert_eq!(days(&site.get("/page/2").await.html()), [2, 1]);
    // Elsewhere it is a post like any other.
    assert_eq!(days(&site.get("/archive/2026").await.html())[..2], [12, 11]);
}
