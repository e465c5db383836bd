//! `/_components`: the page for those who design, and nobody else's business.

use std::collections::HashSet;

use crate::support::{TestSite, read, root};

const STATES: [&str; 9] = ["mend", "empty", "reply", "preview", "again", "reader", "closed", "unsent", "away"];

#[tokio::test]
async fn only_those_who_design_see_it() {
    let site = TestSite::new().start().await;
    site.get("/_components").await.is(404);
    let site = TestSite::new().dev().start().await;
    let page = site.get("/_components").await;
    page.is(200);
    assert_eq!(page.header("cache-control"), "private, no-store");
    assert_eq!(page.html().meta("robots"), Some("noindex"));
    site.get("/sitemap.xml").await.does_not_say("_components");
    let site = TestSite::new().file("pages/a.md", "---\ntitle: A\nurl: /_components\n---\nMine.\n").start().await;
    assert_eq!(site.problems().len(), 1, "{:?}", site.problems());
}

#[tokio::test]
async fn every_component_is_there() {
    let site = TestSite::new().dev().start().await;
    let html = site.get("/_components").await.html();
    let has = |class: &str| html.elements.iter().any(|element| element.has_class(class));
    for provider in ["youtube", "vimeo", "instagram", "tiktok", "spotify", "soundcloud", "strava"] {
        let boxes = html.elements.iter().filter(|element| element.has_class(&format!("embed-{provider}"))).count();
        assert!(boxes >= 2, "{provider}: with a still and without");
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
        "comment-author",
        "comment-waiting",
        "comment-gone",
        "replies",
        "notice-error",
        "notice-good",
        "field-error",
        "pagination",
        "post-card",
        "series",
        "button",
        "tags",
        "badge",
        "swatches",
        "type-scale",
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
async fn each_state_of_the_conversation_stands_alone() {
    let site = TestSite::new().dev().start().await;
    for state in STATES {
        let html = site.get(&format!("/_components?state={state}")).await.html();
        let mut seen = HashSet::new();
        for element in &html.elements {
            if let Some(id) = element.attribute("id") {
                assert!(seen.insert(id), "{state}: {id} is there twice");
            }
        }
        let current: Vec<&str> = html
            .all("a")
            .into_iter()
            .filter(|link| link.attribute("aria-current") == Some("page") && link.get("href").starts_with("?state="))
            .map(|link| link.get("href"))
            .collect();
        assert_eq!(current, [format!("?state={state}#-comments")]);
    }
    let says = async |state: &str, words: &str| {
        site.get(&format!("/_components?state={state}")).await.says(words);
    };
    says("closed", "are closed").await;
    says("unsent", "What was typed is still here").await;
    says("away", "cannot be shown right now").await;
    says("reply", "Replying to").await;
    says("again", "Send again").await;
    says("empty", "Nobody has said anything yet").await;
}

#[tokio::test]
async fn colours_and_sizes_are_those_of_the_tokens() {
    let site = TestSite::new().dev().start().await;
    let page = site.get("/_components").await;
    let tokens = read(&root().join("static/css/tokens.css"));
    let own = read(&root().join("static/components/components.css"));
    let names = |start: &str| -> Vec<String> {
        let names = tokens.lines().filter_map(|line| line.trim().strip_prefix(start)?.split_once(':'));
        names.map(|(name, _)| name.to_owned()).collect()
    };
    let (colours, sizes) = (names("--color-"), names("--size-"));
    assert!(colours.len() > 10 && sizes.len() > 6);
    for colour in colours {
        page.says(&format!("fill=\"var(--color-{colour})\""));
    }
    for size in sizes {
        page.says(&format!("class=\"size-{size}\""));
        assert!(own.contains(&format!(".size-{size} {{")), "components.css has no .size-{size}");
    }
    let reader = site.get("/").await;
    let style = reader.html().one("link", "rel", "stylesheet").get("href").to_owned();
    site.get(&style).await.does_not_say(".swatches");
}
