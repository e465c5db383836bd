//! Related posts below an article.

use crate::support::{TestSite, eventually, sample_content};

async fn related(site: &TestSite, path: &str) -> Vec<String> {
    let html = site.get(path).await.html();
    let Some(list) = html.elements.iter().position(|element| element.has_class("related")) else { return Vec::new() };
    let links = html.all("a").into_iter().filter(|link| link.within.contains(&list));
    links.map(|link| link.get("href").to_owned()).collect()
}

#[tokio::test]
async fn up_to_three_related_posts_are_shown() {
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

#[tokio::test]
async fn related_posts_are_ranked_by_their_rarest_tag_then_by_date() {
    let post = |day: u32, tags: &str, more: &str| {
        format!("---\ntitle: A\ndate: 2026-04-{day:02}\ntags: [{tags}]\n{more}---\nx")
    };
    let mut site = TestSite::new()
        .post("one", &post(10, "rare, all", ""))
        .post("rare", &post(1, "rare", ""))
        .post("both", &post(2, "rare, all", ""))
        .post("near", &post(11, "some", "series: Feet\n"))
        .post("part", &post(20, "other", "series: Feet\n"));
    for day in 21..=28 {
        site = site.post(&format!("all-{day}"), &post(day, "all", ""));
    }
    let site = site.start().await;
    assert_eq!(related(&site, "/posts/one").await, ["/posts/both", "/posts/rare"]);
    // The box of the series lists its parts already.
    assert_eq!(related(&site, "/posts/near").await, [""; 0]);
}

#[tokio::test]
async fn related_posts_without_tags_share_rare_words() {
    let post = |text: &str| format!("---\ntitle: A\ndate: 2026-04-01\n---\n{text}");
    let mut site = TestSite::new()
        .post("stairs", &post("The soleus, gastrocnemius and Achilles tendon lift the heel."))
        .post("hill", &post("Heel, tendon, soleus, gastrocnemius: they lift you."))
        .post("tagged", "---\ntitle: B\ndate: 2026-04-01\ntags: [chess]\n---\nA queen.");
    for at in 0..8 {
        site = site.post(&format!("other-{at}"), &post("Of bread and butter."));
    }
    let site = site.keeps_current().start().await;
    let is_found = async || (related(&site, "/posts/stairs").await == ["/posts/hill"]).then_some(());
    eventually("the index has both", is_found).await;
    assert_eq!(related(&site, "/posts/tagged").await, [""; 0]);
}
