//! Every component of a page, on the site in `tests/fixtures/components`.

use std::collections::HashSet;

use crate::support::{Answer, TestSite, eventually, root, visitor::comment_id};

const POST: &str = "/posts/components";

async fn components() -> TestSite {
    TestSite::new().content(root().join("tests/fixtures/components")).start().await
}

#[tokio::test]
async fn the_fixture_has_every_component_of_a_text() {
    let site = components().await;
    assert_eq!(site.problems(), Vec::<String>::new());
    let coloured = async || Some(site.get(POST).await).filter(|page| page.text().contains("syn-keyword"));
    let html = eventually("the code has colours", coloured).await.html();
    let has = |class: &str| html.elements.iter().any(|element| element.has_class(class));
    for provider in ["youtube", "vimeo", "instagram", "tiktok", "spotify", "soundcloud", "strava"] {
        let boxes = html.elements.iter().filter(|element| element.has_class(&format!("embed-{provider}"))).count();
        assert!(boxes >= 2, "{provider}: with a title and without");
    }
    for class in [
        "embed-video",
        "embed-loop",
        "embed-tall",
        "embed-card",
        "embed-audio",
        "stretch-card",
        "alert-note",
        "alert-tip",
        "alert-important",
        "alert-warning",
        "alert-caution",
        "gallery",
        "table-scroll",
        "footnotes",
        "series",
        "button",
        "tags",
        "syn-keyword",
    ] {
        assert!(has(class), "no .{class}");
    }
    assert!(!html.all("dl").is_empty() && !html.all("input").is_empty() && !html.all("audio").is_empty());
    for element in html.elements.iter().filter(|element| element.attribute("src").is_some()) {
        let answer = site.get(element.get("src")).await;
        assert_eq!(answer.status, 200, "{}", element.get("src"));
    }
}

#[tokio::test]
async fn no_state_of_the_conversation_has_an_id_twice() {
    let site = components().await;
    let ana = site.visitor("192.0.2.1");
    let first = comment_id(&ana.comment("components", "The first one.").await);
    site.approve(first).await;
    let form = || async { ana.form(POST).await.set("name", "Lisa").set("text", "A *look* before **sending**.") };
    let states = [
        ("thread", site.get(POST).await, "The first one."),
        ("reply", site.get(&format!("{POST}?reply_to={first}")).await, "Replying to"),
        ("preview", form().await.add("preview", "1").send().await, "<em>look</em>"),
        ("wrong fields", form().await.set("email", "nobody").set("text", "").send().await, "field-error"),
        ("none", site.get("/posts/second").await, "Nobody has said anything yet"),
    ];
    for (state, page, words) in states {
        page.says(words);
        assert_eq!(ids_there_twice(&page), Vec::<String>::new(), "{state}");
    }
}

fn ids_there_twice(page: &Answer) -> Vec<String> {
    let mut seen = HashSet::new();
    let html = page.html();
    let ids = html.elements.iter().filter_map(|element| element.attribute("id"));
    ids.filter(|id| !seen.insert(*id)).map(str::to_owned).collect()
}
