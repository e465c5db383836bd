//! Text of commenters is shown as text and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::{approved, site};
use crate::support::{
    TestSite,
    html::{Element, Html},
    visitor::comment_id,
};

/// A harmless comment with every element that a comment may have.
const HARMLESS: &str = "*a* **b** ~~c~~ `d` [e](https://a.example) https://b.example\nbreak\n\n> quote\n\n- one\n- two\n\n\
    3. three\n\n```\ncode\n```";

const ATTACKS: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "</textarea><script>alert(1)</script>",
    "</title><svg onload=alert(1)>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](https://a.example/\"onclick=\"alert(1))",
    "![x](https://a.example/x.png\"onerror=\"alert(1))",
    "<https://a.example/\"><img/src=x>",
    "https://a.example/\"onmouseover=alert(1)//",
    "<style>body{display:none}</style>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "```\"><script>\nalert(1)\n```",
    "<form action=//evil.example><input name=password>",
    "{{ 7*7 }}<% 7*7 %>",
];

/// The elements of a comment, itself among them.
pub(super) fn elements_of(html: &Html, id: i64) -> Vec<Element> {
    let own = format!("comment-{id}");
    let place = html.elements.iter().position(|e| e.get("id") == own).expect("is shown");
    let inside = html.elements.iter().filter(|e| e.within.contains(&place));
    std::iter::once(&html.elements[place]).chain(inside).cloned().collect()
}

/// Elements of comments, each with the attributes it may have.
pub(super) type Vocabulary = BTreeMap<String, BTreeSet<String>>;

/// Elements and attributes of a harmless comment.
pub(super) async fn vocabulary(site: &TestSite) -> Vocabulary {
    let visitor = site.visitor("203.0.113.1");
    let form = visitor.form("/posts/calf").await.set("name", "Ana").set("site", "a.example").set("text", HARMLESS);
    let id = comment_id(&form.send().await);
    site.approve(id).await;
    let mut vocabulary = Vocabulary::new();
    for element in elements_of(&site.get("/posts/calf").await.html(), id) {
        let attributes = element.attributes.into_iter().map(|(name, _)| name);
        vocabulary.entry(element.name).or_default().extend(attributes);
    }
    for name in ["script", "img", "iframe", "style", "svg", "form", "input"] {
        assert!(!vocabulary.contains_key(name), "<{name}> is none of a comment's");
    }
    vocabulary
}

#[track_caller]
pub(super) fn is_harmless(elements: &[Element], vocabulary: &Vocabulary, typed: &str) {
    let here = url::Url::parse("https://here.example/posts/calf").expect("an address");
    for element in elements {
        let Some(attributes) = vocabulary.get(&element.name) else { panic!("<{}> came of {typed:?}", element.name) };
        for (name, value) in &element.attributes {
            assert!(attributes.contains(name), "{name}={value:?} came of {typed:?}");
            // As a browser reads it: `java%73cript:x` has no scheme, and leads to a page of ours that is not there.
            let leads_to = url::Url::options().base_url(Some(&here)).parse(value);
            let is_harmless =
                name != "href" || leads_to.is_ok_and(|address| ["https", "http", "mailto"].contains(&address.scheme()));
            assert!(is_harmless, "{value:?} came of {typed:?}");
        }
    }
}

async fn check(site: &TestSite, vocabulary: &Vocabulary, field: &str, typed: &str) {
    let visitor = site.visitor("192.0.2.1");
    let form = visitor.form("/posts/calf").await.set("name", "Ana").set("text", format!("A comment with {field}"));
    let value: String = if field == "name" { typed.chars().take(80).collect() } else { typed.to_owned() };
    let posted = form.set(field, value.clone()).send().await;
    if posted.status == 422 {
        // Refused, and shown again: in its field, letter by letter.
        assert_eq!(visitor.form_in(&posted.html()).field(field), value);
        return;
    }
    let id = comment_id(&posted);
    site.approve(id).await;
    let elements = elements_of(&site.get("/posts/calf").await.html(), id);
    is_harmless(&elements, vocabulary, typed);
    if field == "name" {
        assert!(elements[0].words().contains(&one_line(&value)), "{value}");
    }
}

/// Name as it is stored.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn no_attack_becomes_markup() {
    let site = site().await;
    let vocabulary = vocabulary(&site).await;
    for field in ["text", "name", "site"] {
        for typed in ATTACKS {
            check(&site, &vocabulary, field, typed).await;
        }
    }
}

#[tokio::test]
async fn no_attack_in_a_name_becomes_markup_in_the_reply_form() {
    let site = site().await;
    let vocabulary = vocabulary(&site).await;
    for typed in ATTACKS {
        let visitor = site.visitor("192.0.2.1");
        let name: String = typed.chars().take(80).collect();
        let form = visitor.form("/posts/calf").await.set("name", name.clone()).set("text", "A comment");
        let id = comment_id(&form.send().await);
        site.approve(id).await;
        let html = site.get(&format!("/posts/calf?reply_to={id}")).await.html();
        let link = html.all("a").into_iter().rfind(|a| a.get("href") == format!("#comment-{id}"));
        assert_eq!(link.expect("whom it answers").words(), one_line(&name));
        is_harmless(&elements_of(&html, id), &vocabulary, typed);
        site.turn(jiff::SignedDuration::from_mins(11));
    }
}

#[tokio::test]
async fn the_subset_of_markdown_works() {
    let site = site().await;
    let text = "*slanted* **bold** `code` [a link](https://a.example/x?y=1&z=2)\n\n> a quote\n\n- one\n- two\n\nhttps://b.example";
    let id = approved(&site, "calf", text).await;
    let html = site.get("/posts/calf").await.html();
    let elements = elements_of(&html, id);
    let count = |name: &str| elements.iter().filter(|element| element.name == name).count();
    assert_eq!(["em", "strong", "code", "blockquote", "li"].map(count), [1, 1, 1, 1, 2]);
    for address in ["https://a.example/x?y=1&z=2", "https://b.example"] {
        let link = elements.iter().find(|e| e.get("href") == address).expect(address);
        assert_eq!(link.get("rel"), "nofollow ugc noopener");
    }
}

#[tokio::test]
async fn hostile_titles_and_tags_are_escaped() {
    let hostile = "---\ntitle: \"</title></script><script>alert(1)</script>\"\ndate: 2026-05-02\n\
                   description: \"\\\"><img src=x onerror=alert(1)>\"\ntags: [\"<b>x</b>\"]\n---\nx";
    let site = TestSite::new().post("calf", hostile).start().await;
    for path in ["/posts/calf", "/", "/tags", "/tags/b-x-b", "/archive/2026"] {
        let page = site.get(path).await;
        page.is(200);
        let html = page.html();
        let is_ours = |script: &&Element| {
            script.get("src").starts_with("/static/") || script.get("type") == "application/ld+json"
        };
        assert!(html.all("script").iter().all(is_ours), "{path}");
        assert!(html.all("img").is_empty() && html.all("b").is_empty(), "{path}");
    }
    let html = site.get("/posts/calf").await.html();
    let json: serde_json::Value =
        serde_json::from_str(&html.one("script", "type", "application/ld+json").text).expect("JSON");
    assert_eq!(json["@graph"][0]["headline"], "</title></script><script>alert(1)</script>");
}
