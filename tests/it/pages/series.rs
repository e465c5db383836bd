//! Series: the order of parts, the place of a part, and links to others.

use crate::support::{TestSite, html::Html};

/// A site with a series of three parts, one with another spelling of the name, and a series of one part.
async fn site() -> TestSite {
    let part = |title: &str, day: u32, series: &str| {
        format!("---\ntitle: {title}\ndate: 2026-05-{day:02}\nseries: {series}\n---\nText of {title}.")
    };
    TestSite::new()
        .post("hips", &part("Hips", 3, "Body parts"))
        .post("calves", &part("Calves", 1, "Body Parts"))
        .post("feet", &part("Feet", 9, "body parts"))
        .post("between", "---\ntitle: Between\ndate: 2026-05-02\n---\nx")
        .post("alone", &part("Alone", 4, "Only one"))
        .post("later", "---\ntitle: Later\ndate: 2026-05-05\ndraft: true\nseries: Body parts\n---\nx")
        .start()
        .await
}

fn turn(html: &Html, rel: &str) -> Option<String> {
    html.find("a", "rel", rel).map(|link| link.get("href").to_owned())
}

#[tokio::test]
async fn a_part_shows_its_number_and_the_parts_around_it() {
    let site = site().await;
    for (path, place, previous, next) in [
        ("/posts/calves", "Part 1 of 3", None, Some("/posts/hips")),
        ("/posts/hips", "Part 2 of 3", Some("/posts/calves"), Some("/posts/feet")),
        ("/posts/feet", "Part 3 of 3", Some("/posts/hips"), None),
    ] {
        let answer = site.get(path).await;
        answer.is(200).says(place);
        let html = answer.html();
        assert_eq!((turn(&html, "prev").as_deref(), turn(&html, "next").as_deref()), (previous, next), "{path}");
        // The list has all three in order, and does not link to the one that is being read.
        let box_at = html.elements.iter().position(|element| element.get("id") == "-series").expect("the box");
        let lines: Vec<_> = html.all("li").into_iter().filter(|line| line.within.contains(&box_at)).collect();
        let titles: Vec<String> = lines.iter().map(|line| line.words()).collect();
        assert_eq!(titles, ["Calves", "Hips", "Feet"], "{path}");
        let current: Vec<String> =
            lines.iter().filter(|line| line.get("aria-current") == "page").map(|line| line.words()).collect();
        assert_eq!(current.len(), 1, "{path}");
        assert!(path.ends_with(&current[0].to_lowercase()), "{path}: {current:?}");
        assert!(html.all("a").iter().all(|link| link.get("href") != path), "{path} links to itself");
    }
}

#[tokio::test]
async fn a_series_of_one_part_has_no_box() {
    let site = site().await;
    let answer = site.get("/posts/alone").await;
    answer.does_not_say("Part 1");
    assert!(answer.html().by_id("-series").is_none());
    // It goes by date, as posts without a series do.
    assert_eq!(turn(&answer.html(), "prev").as_deref(), Some("/posts/hips"));
}

#[tokio::test]
async fn a_series_has_a_page_with_its_parts_from_the_beginning() {
    let site = site().await;
    let answer = site.get("/series/body-parts").await;
    answer.is(200).says("3 parts");
    let html = answer.html();
    let links: Vec<&str> =
        html.all("a").into_iter().map(|link| link.get("href")).filter(|href| href.starts_with("/posts/")).collect();
    assert_eq!(links, ["/posts/calves", "/posts/hips", "/posts/feet"]);
    assert_eq!(html.canonical(), Some("http://127.0.0.1:3000/series/body-parts"));
    for (path, leads) in
        [("/series/Body%20Parts", "301 /series/body-parts"), ("/series/only-one/", "301 /series/only-one")]
    {
        assert_eq!(site.get(path).await.leads(), leads);
    }
    for path in ["/series", "/series/nowhere", "/series/!"] {
        site.get(path).await.is(404);
    }
}

#[tokio::test]
async fn a_long_series_lists_the_parts_around() {
    let mut site = TestSite::new();
    for day in 1..=30 {
        site = site.post(
            &format!("day-{day}"),
            &format!("---\ntitle: Day {day}\ndate: 2026-03-{day:02}\nseries: Days\n---\nx"),
        );
    }
    let site = site.start().await;
    let answer = site.get("/posts/day-15").await;
    answer.says("Part 15 of 30").says("All 30 parts").says("Day 11").does_not_say("Day 29");
    let all = site.get("/series/days").await;
    all.says("30 parts").says("Day 29");
}

#[tokio::test]
async fn parts_of_one_moment_are_in_the_order_of_their_files() {
    let mut site = TestSite::new();
    for (file, title) in [("part-2", "Two"), ("part-10", "Ten"), ("part-1", "One"), ("part-9", "Nine")] {
        site = site.post(file, &format!("---\ntitle: {title}\ndate: 2026-05-02\nseries: Legs\n---\nx"));
    }
    let site = site.file("posts/undated.md", "---\ntitle: Undated\nseries: Legs\n---\nx").start().await;
    let html = site.get("/series/legs").await.html();
    let links: Vec<&str> =
        html.all("a").into_iter().map(|link| link.get("href")).filter(|href| href.starts_with("/posts/")).collect();
    assert_eq!(links, ["/posts/undated", "/posts/part-1", "/posts/part-2", "/posts/part-9", "/posts/part-10"]);
    site.get("/posts/part-9").await.says("Part 4 of 5");
}
