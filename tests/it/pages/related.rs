//! Related posts: below an article, when there are any.

use crate::support::{TestSite, sample_content};

async fn related(site: &TestSite, path: &str) -> Vec<String> {
    let html = site.get(path).await.html();
    let Some(list) = html.elements.iter().position(|element| element.has_class("related")) else { return Vec::new() };
    let links = html.all("a").into_iter().filter(|link| link.within.contains(&list));
    links.map(|link| link.get("href").to_owned()).collect()
}

#[tokio::test]
async fn the_nearest_three_stand_below_and_nothing_where_nothing_is_near() {
    let mut site = TestSite::new().post("lonely", "---\ntitle: Lonely\ndate: 2026-05-01\ntags: [chess]\n---\nx");
    for day in 1..=5 {
        site = site.post(
            &format!("feet-{day}"),
            &format!("---\ntitle: Feet {day}\ndate: 2026-04-0{day}\ntags: [feet]\n---\nx"),
        );
    }
    let site = site.start().await;
    assert_eq!(related(&site, "/posts/lonely").await, [""; 0]);
    assert_eq!(related(&site, "/posts/feet-1").await, ["/posts/feet-2", "/posts/feet-3", "/posts/feet-4"]);
}

#[tokio::test]
async fn posts_of_the_series_are_not_repeated_as_related() {
    let site = TestSite::new().content(sample_content()).start().await;
    let found = related(&site, "/posts/hips-that-sat-all-day").await;
    assert!(found.len() == 3, "{found:?}");
    for part in ["calf-stretches-one-wall", "hamstrings-after-hills", "foot-and-ankle-stretches-for-runners"] {
        assert!(!found.contains(&format!("/posts/{part}")), "{found:?}");
    }
    assert_eq!(found[0], "/posts/ten-minutes-on-the-floor");
}
