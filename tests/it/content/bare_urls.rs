//! URLs in sentences of posts are links, by the same rules as in comments.

use crate::support::TestSite;

/// The links in the text of a post.
async fn links(text: &str) -> Vec<(String, String)> {
    let site = TestSite::new().post("calf", &format!("Start.\n\n{text}")).start().await;
    assert_eq!(site.problems(), [] as [String; 0], "{text}");
    let html = site.get("/posts/calf").await.html();
    let within = html.elements.iter().position(|element| element.has_class("prose")).expect("the text");
    let links =
        html.all("a").into_iter().filter(|link| link.within.contains(&within) && !link.has_class("heading-link"));
    links.map(|link| (link.get("href").to_owned(), link.words())).collect()
}

#[tokio::test]
async fn a_url_in_a_sentence_is_a_link() {
    for (text, expected) in [
        (
            "See https://a.example/wiki/Achilles_(tendon) or (https://b.example/~bo), and *https://c.example/_x*.",
            "https://a.example/wiki/Achilles_(tendon) https://b.example/~bo https://c.example/_x",
        ),
        (
            "“https://a.example/p” and \"https://b.example/q\" and https://c.example/x、https://d.example/y",
            "https://a.example/p https://b.example/q https://c.example/x https://d.example/y",
        ),
        (
            "Dashes: https://a.example/a--b and https://a.example/a---b...c and https://a.example/it's",
            "https://a.example/a--b https://a.example/a---b...c https://a.example/it's",
        ),
        (
            "- in a list: https://a.example/_x_/y\n\n> https://b.example/x said\n\n| a |\n|---|\n| https://c.example/x |",
            "https://a.example/_x_/y https://b.example/x https://c.example/x",
        ),
        ("## A heading with https://a.example/x", "https://a.example/x"),
        ("See www.a.example.", "https://www.a.example"),
        ("https://a.example/x_ alone and\n\nhttps://a.example/alone_", "https://a.example/x https://a.example/alone_"),
        ("[https://a.example/x](https://b.example) <https://c.example>", "https://b.example https://c.example"),
        ("`https://a.example` and\n\n```\nhttps://b.example\n```\n\n    https://c.example", ""),
        (
            "<a href=\"https://a.example\">to https://b.example/x</a> and <code>https://c.example</code>",
            "https://a.example",
        ),
        ("<p>https://a.example/x</p>", ""),
        ("[x]: https://a.example/_y_\n\n[x] it", "https://a.example/_y_"),
    ] {
        let found: Vec<String> = links(text).await.into_iter().map(|(href, _)| href).collect();
        assert_eq!(found.join(" "), expected, "{text}");
    }
}

#[tokio::test]
async fn an_embed_alone_on_its_line_stays_one() {
    let text = "https://www.youtube.com/watch?v=_ab-cdefgh_\n\nSee https://www.youtube.com/watch?v=aqz-KE-bpKQ too.";
    let site = TestSite::new().post("calf", text).start().await;
    let html = site.get("/posts/calf").await.html();
    let players: Vec<_> = html.elements.iter().filter(|element| element.attribute("data-player").is_some()).collect();
    assert_eq!(players.len(), 1);
    assert!(players[0].get("href").ends_with("watch?v=_ab-cdefgh_"), "{:?}", players[0]);
    assert!(html.find("a", "href", "https://www.youtube.com/watch?v=aqz-KE-bpKQ").is_some());
}

#[tokio::test]
async fn a_url_in_a_sentence_is_a_link_in_feeds() {
    let site = TestSite::new().post("calf", "See https://a.example/_x_/y now.").start().await;
    site.get("/feed.xml").await.says("https://a.example/_x_/y&#34;&#62;https://a.example/_x_/y&#60;/a&#62;");
}
