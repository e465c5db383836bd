//! Narrower lists: several tags at once, a month of the archive.

use crate::support::{TestSite, html::Html};

/// Posts by day: which tags each has.
async fn site() -> TestSite {
    let mut site = TestSite::new();
    for (day, tags) in
        [(1, "Feet, Calves"), (2, "Feet"), (3, "Feet, Calves, Warm up"), (4, "Hips"), (5, "Feet, Food+Drink")]
    {
        site = site.post(
            &format!("day-{day}"),
            &format!("---\ntitle: Day {day}\ndate: 2026-05-0{day}\ntags: [{tags}]\n---\nx"),
        );
    }
    site.post("june", "---\ntitle: June\ndate: 2025-06-09\n---\nx")
        .post("may", "---\ntitle: May\ndate: 2025-05-09\n---\nx")
        .start()
        .await
}

fn posts(html: &Html) -> Vec<String> {
    let slugs = html.all("a").into_iter().filter_map(|link| link.get("href").strip_prefix("/posts/"));
    slugs.map(str::to_owned).collect()
}

/// Addresses of the narrower lists, and the number of posts in each.
fn narrower(html: &Html) -> Vec<(String, String)> {
    let Some(list) = html.elements.iter().position(|element| element.has_class("narrower")) else { return Vec::new() };
    let links = html.all("a").into_iter().filter(|link| link.within.contains(&list));
    links.map(|link| (link.get("href").to_owned(), link.words())).collect()
}

#[tokio::test]
async fn several_tags_list_the_posts_that_have_all() {
    let site = site().await;
    for (path, expected) in [
        ("/tags/calves+feet", &["day-3", "day-1"][..]),
        ("/tags/calves+feet+warm-up", &["day-3"]),
        ("/tags/feet", &["day-5", "day-3", "day-2", "day-1"]),
    ] {
        let answer = site.get(path).await;
        answer.is(200);
        assert_eq!(posts(&answer.html()), expected, "{path}");
    }
    let both = site.get("/tags/calves+feet").await.html();
    assert_eq!(both.meta("robots"), Some("noindex"));
    assert!(both.find("a", "href", "/tags/calves").is_some() && both.find("a", "href", "/tags/feet").is_some());
    for (path, leads) in [
        ("/tags/feet+calves", "301 /tags/calves+feet"),
        ("/tags/Feet%2BCalves", "301 /tags/calves+feet"),
        ("/tags/warm-up+feet+calves", "301 /tags/calves+feet+warm-up"),
        ("/tags/feet+feet", "301 /tags/feet"),
        ("/tags/feet+", "301 /tags/feet"),
        ("/tags/Food+Drink", "301 /tags/food-drink"),
        ("/tags/feet+calves/page/1", "301 /tags/feet+calves"),
    ] {
        assert_eq!(site.get(path).await.leads(), leads, "{path}");
    }
    for path in ["/tags/feet+hips", "/tags/feet+nowhere", "/tags/+", "/tags/calves+feet+food-drink+warm-up"] {
        site.get(path).await.is(404);
    }
}

#[tokio::test]
async fn a_tag_page_links_to_narrower_filters() {
    let site = site().await;
    let html = site.get("/tags/feet").await.html();
    assert_eq!(
        narrower(&html),
        [
            ("/tags/calves+feet".to_owned(), "Calves 2".to_owned()),
            ("/tags/feet+food-drink".to_owned(), "Food+Drink 1".to_owned()),
            ("/tags/feet+warm-up".to_owned(), "Warm up 1".to_owned()),
        ]
    );
    // All posts about calves are about feet, so feet would not narrow it.
    let html = site.get("/tags/calves").await.html();
    assert_eq!(narrower(&html), [("/tags/calves+warm-up".to_owned(), "Warm up 1".to_owned())]);
    assert!(narrower(&site.get("/tags/hips").await.html()).is_empty());
}

#[tokio::test]
async fn a_year_leads_to_its_months() {
    let site = site().await;
    let year = site.get("/archive/2025").await.html();
    assert!(
        year.find("a", "href", "/archive/2025/05").is_some() && year.find("a", "href", "/archive/2025/06").is_some()
    );
    let month = site.get("/archive/2025/06").await;
    month.is(200).says("June 2025").says("1 post");
    assert_eq!(posts(&month.html()), ["june"]);
    assert_eq!(month.html().canonical(), Some("http://127.0.0.1:3000/archive/2025/06"));
    assert_eq!(posts(&site.get("/archive/2026/05").await.html()), ["day-5", "day-4", "day-3", "day-2", "day-1"]);
    assert_eq!(site.get("/archive/2025/6").await.leads(), "301 /archive/2025/06");
    assert_eq!(site.get("/archive/2025/06/page/1").await.leads(), "301 /archive/2025/06");
    for path in
        ["/archive/2025/07", "/archive/2025/13", "/archive/2025/x", "/archive/02025/06", "/archive/2025/06/page/2"]
    {
        site.get(path).await.is(404);
    }
}
