//! Bare URLs and links in comments: where a URL ends, where a link leads, on the page and outside of it.

use super::{approved, judged, site};
use crate::support::{
    TestSite,
    html::{Element, Html},
    visitor::comment_id,
};

/// A comment as the page would show it.
pub(super) async fn shown(site: &TestSite, text: &str) -> Html {
    let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("text", text).finish();
    let answer = site.visitor("192.0.2.1").post("/comments/preview", &form).await;
    answer.is(200);
    answer.html()
}

/// Target and text of each link of a comment.
async fn links(site: &TestSite, text: &str) -> Vec<(String, String)> {
    let html = shown(site, text).await;
    let links = html.all("a").into_iter().filter(|link| link.get("rel").contains("ugc"));
    links.map(|link| (link.get("href").to_owned(), link.words())).collect()
}

#[tokio::test]
async fn a_bare_url_is_a_link_from_its_first_to_its_last_character() {
    let site = site().await;
    for url in [
        "https://a.example/wiki/Achilles_(tendon)",
        "https://a.example/~bo/runs.html",
        "https://a.example/_private/x",
        "https://a.example/x#:~:text=calf",
        "https://a.example/a*b*c",
        "https://a.example/__init__/x",
        "https://a.example/a~~b~~c",
        "https://a.example/?q=(a(b)c)",
        "https://a.example:8080/x?y=1&z=2#top",
        "HTTPS://A.example/x",
        "http://localhost:3000/x",
        "https://web.example/2020/https://a.example/x",
        "https://a.example/%F0%9F%8F%83",
        "https://a.example/a--b...c",
    ] {
        for (before, after) in [
            ("", ""),
            ("see ", " now"),
            ("(", ")"),
            ("see (", "), or"),
            ("“", "”"),
            ("\"", "\""),
            ("'", "'"),
            ("«", "»"),
            ("‹", "›"),
            ("「", "」"),
            ("（", "）"),
            ("看", "、"),
            ("", "。"),
            ("", "，那"),
            ("", "।"),
            ("", "؟"),
            ("", "…"),
            ("", ". Then"),
            ("", "?!"),
            ("", "; then"),
            ("", ":"),
            ("a:", ","),
            ("[", "]"),
            ("*", "*"),
            ("**", "**"),
            ("_", "_"),
            ("~~", "~~"),
            ("*so: ", "*"),
            ("> ", ""),
            ("- ", ""),
            ("", "\u{3000}x"),
            ("", "\u{2028}x"),
            ("", "\u{a0}x"),
            ("", "\u{200B}x"),
            ("", "—and then"),
            ("", "<br>"),
            ("", "&nbsp;x"),
        ] {
            let typed = format!("{before}{url}{after}");
            assert_eq!(links(&site, &typed).await, [(url.to_owned(), url.to_owned())], "{typed:?}");
        }
    }
}

#[tokio::test]
async fn each_of_several_bare_urls_is_a_link_of_its_own() {
    let site = site().await;
    for (typed, expected) in [
        ("https://a.example/x、https://b.example/y", "https://a.example/x https://b.example/y"),
        ("https://a.example/x,https://b.example/y", "https://a.example/x https://b.example/y"),
        (
            "https://a.example*https://b.example*https://c.example",
            "https://a.example https://b.example https://c.example",
        ),
        ("https://a.example\nhttps://b.example", "https://a.example https://b.example"),
        ("https://a.example/_x and _y_", "https://a.example/_x"),
        ("https://a.example/x\\_y\\*z", "https://a.example/x_y*z"),
        ("https://a.example/?a=1&amp;b=2", "https://a.example/?a=1&b=2"),
        ("https://a.example/?a=1&hl;", "https://a.example/?a=1"),
        ("https://youtu.example/_ab-cdefgh_", "https://youtu.example/_ab-cdefgh_"),
        ("> https://youtu.example/_ab-cdefgh_\n> so", "https://youtu.example/_ab-cdefgh_"),
        (
            "https://ja.example/wiki/ジョン・レノン",
            "https://ja.example/wiki/%E3%82%B8%E3%83%A7%E3%83%B3%E3%83%BB%E3%83%AC%E3%83%8E%E3%83%B3",
        ),
        ("https://fr.example/L’Équipe", "https://fr.example/L%E2%80%99%C3%89quipe"),
        ("https://en.example/Bose–Einstein", "https://en.example/Bose%E2%80%93Einstein"),
        ("https://a.exampleを見て", "https://a.example"),
        ("www.a.example/x_y_z.", "https://www.a.example/x_y_z"),
        ("(www.a.example)", "https://www.a.example"),
        ("https:// http://. https://) www. www.. xhttps://a.example", ""),
        ("bo@www.a.example x.www.a.example", ""),
        ("`https://a.example/x`", ""),
        ("```\nhttps://a.example/_x_\n```", ""),
        ("[https://a.example/x](https://b.example/y)", "https://b.example/y"),
        ("<https://a.example/(x>", "https://a.example/(x"),
        ("<b title=\"https://a.example/x\">", ""),
    ] {
        let found: Vec<String> = links(&site, typed).await.into_iter().map(|(href, _)| href).collect();
        assert_eq!(found.join(" "), expected, "{typed:?}");
    }
    // Emphasis around and between URLs stays emphasis.
    let html = shown(&site, "*see https://a.example/_x_/ now* and _y_").await;
    let slanted: Vec<String> = html.all("em").into_iter().map(Element::words).collect();
    assert_eq!(slanted, ["see https://a.example/_x_/ now", "y"]);
    let code = shown(&site, "`https://a.example/_x_` https://a.example/_x_/y ]: `]: _`").await;
    let code: Vec<String> = code.all("code").into_iter().map(Element::words).collect();
    assert_eq!(code, ["https://a.example/_x_", "]: _"]);
}

#[tokio::test]
async fn a_link_without_a_scheme_leads_to_the_site_that_was_meant() {
    let site = site().await;
    for (typed, href) in [
        ("[x](www.a.example)", "https://www.a.example"),
        ("[x](WWW.a.example/y)", "https://WWW.a.example/y"),
        ("[x](a.example)", "https://a.example"),
        ("[x](a.example:8080/y)", "https://a.example:8080/y"),
        ("[x](//a.example/y)", "https://a.example/y"),
        ("[x](///a.example/y)", "https://a.example/y"),
        ("[x](https:a.example)", "https://a.example/"),
        ("[x](https:/a.example)", "https://a.example/"),
        ("[x](bo@a.example)", "mailto:bo@a.example"),
        ("[x](mailto:bo@a.example)", "mailto:bo@a.example"),
        ("![x](//a.example/cat.jpg)", "https://a.example/cat.jpg"),
        ("<bo@a.example>", "mailto:bo@a.example"),
        ("[x](/about)", "/about"),
        ("[x](about)", "/about"),
        ("[x](#comment-1)", "#comment-1"),
        ("[x](?page=2)", "?page=2"),
    ] {
        let found: Vec<String> = links(&site, typed).await.into_iter().map(|(href, _)| href).collect();
        assert_eq!(found, [href], "{typed}");
    }
}

#[tokio::test]
async fn links_of_a_comment_are_whole_in_feeds() {
    let site = TestSite::new().post("calf", "x").setting("site.base_url", "https://laces.example").start().await;
    approved(&site, "calf", "[a](/about) [b](#comment-1) [c](//c.example) [d](about) [e](?x=1) [f](/%5Cevil.example)")
        .await;
    for feed in ["/comments/feed.xml", "/posts/calf/comments/feed.xml"] {
        let text = site.get(feed).await.text().replace("&quot;", "\"").replace("&#34;", "\"");
        for href in [
            "https://laces.example/about",
            "https://laces.example/posts/calf#comment-1",
            "https://c.example",
            "https://laces.example/posts/calf?x=1",
            "https://laces.example/%5Cevil.example",
        ] {
            assert!(text.contains(&format!("href=\"{href}\"")), "no {href} in {text}");
        }
    }
}

#[tokio::test]
async fn the_links_that_are_counted_are_those_that_readers_get() {
    let site =
        TestSite::new().post("calf", "x").post("hips", "x").setting("site.comments.max_links", "3").start().await;
    let ana = site.visitor("192.0.2.1");
    site.approve(comment_id(&ana.comment("hips", "First").await)).await;
    let six = |link: &str, between: &str| [link; 6].join(between);
    for (typed, expected) in [
        (six("[pills](//evil.example)", " "), "held links"),
        (six("[pills](ht&#116;p&colon;//evil.example)", " "), "held links"),
        (six("https://evil.example", "*"), "held links"),
        (six("https://evil.example/x", "、"), "held links"),
        (six("[pills](www.evil.example)", ""), "held links"),
        (six("[pills](evil.example/x)", ""), "held links"),
        (six("[pills](https:evil.example)", ""), "held links"),
        (six("![pills](https://evil.example)", ""), "held links"),
        (six("<https://evil.example>", ""), "held links"),
        (six("h&#116;tps://evil.example/x", " "), "held links"),
        (six("www.evil.example", " "), "held links"),
        (six("evil.com", " "), "held links"),
        (six("[pills][a]", " ") + "\n\n[a]: https://evil.example", "approved"),
        (six("`https://evil.example`", " "), "approved"),
        (six("[x](/about)", " "), "approved"),
        ("[pills](//a.example) https://b.example <https://c.example>".to_owned(), "approved"),
    ] {
        let id = comment_id(&ana.comment("calf", &format!("{typed} {expected}")).await);
        let judged = judged(&site, id).await;
        // The words alone may be those of the comment before.
        assert_eq!(judged.trim_end_matches(" repeated"), expected, "{typed}");
    }
}

#[tokio::test]
async fn a_refused_word_is_found_in_the_address_that_a_link_leads_to() {
    let site =
        TestSite::new().post("calf", "x").setting("site.comments.refuse_words", "['evil.example']").start().await;
    for typed in ["[x](ht&#116;ps://&#101;vil.example)", "[y](//&#101;vil.example)", "https://&#101;vil.example/x"] {
        site.visitor("192.0.2.1").comment("calf", typed).await.is(422).says("evil.example");
    }
}
