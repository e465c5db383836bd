//! A site in another language than English, and posts in another than their site.

use jiff::SignedDuration;

use super::super::comments::approved;
use crate::support::{
    TestSite,
    html::{Element, Html},
    site::Builder,
};

/// Words that only our English texts have. The content of these sites has none of them.
const ENGLISH: &[&str] = &[
    "skip to",
    "search",
    "made with",
    "archive",
    "comment",
    "your",
    "reply",
    "published",
    "updated",
    "min read",
    "newer",
    "older",
    "page ",
    "articles",
    "stretches",
    "nothing",
    "please",
    "error",
    "follow",
    "previous",
    "waiting",
    "author\"",
    "posts",
    "result",
    " the ",
    " is ",
    " this ",
    "link to",
    "section:",
    "footnote ",
    "play on",
    "open on",
    "loaded from",
    "hold<",
    "gear",
    "repeats",
    "draft",
    "featured",
    "january",
    "may ",
    "dec ",
    "part ",
    "series<",
];

/// A German site with every kind of content.
fn german() -> Builder {
    let post = |day: u32, rest: &str| format!("---\ntitle: Wade {day}\ndate: 2026-05-{day:02}\n{rest}\n---\nDehnen.\n");
    let whole = "## Zuerst\n\nEin Wort.[^1]\n\n[^1]: Eine Quelle.\n\n> [!TIP]\n> Langsam.\n\n- [x] gedehnt\n\n|a|b|\n|-|-|\n|1|2|\n\n\
                 ## Dann\n\n## Danach\n\nhttps://youtu.be/aqz-KE-bpKQ\n\n![[zehen]]\n";
    let mut site = TestSite::new()
        .setting("site.language", "de-AT")
        .setting("site.title", "Lose Schnürsenkel")
        .setting("site.description", "Dehnen für Läufer.")
        .post("wade", &format!("---\ntitle: Die Wade\ndate: 2026-12-01\npublish_date: 2026-03-04\nupdated: 2026-12-02\ntags: [Wade, Fuß]\nseries: Beine\nfeatured: true\n---\n{whole}"))
        .page("privacy", "Nichts.")
        .file("stretches/zehen.md", "---\ntitle: Zehen\nareas: [zehen]\nhold_seconds: 30\nrepeats: 2\nsides: each\nlevel: easy\nstop_if: Aufhören, wenn es sticht.\nfeel: Im Fuß.\n---\n1. Krümmen.\n");
    for day in 1..=11 {
        site = site.post(
            &format!("wade-{day}"),
            &post(day, if day == 1 { "series: Beine\ntags: [Wade]" } else { "tags: [Wade]" }),
        );
    }
    site
}

/// All words that people read or hear on a page or in a feed, without addresses and class names.
fn said(text: &str) -> Vec<String> {
    let html = Html::parse(text);
    let is_feed = text.starts_with("<?xml");
    let mut said = Vec::new();
    for element in &html.elements {
        match element.name.as_str() {
            "title" | "summary" | "description" => said.push(element.words()),
            "content" | "content:encoded" => said.extend(self::said(&element.text)),
            "script" | "head" | "html" | "body" => {}
            _ if is_feed => {}
            "meta" if ["description", "og:title", "og:description"].contains(&named(element)) => {
                said.push(element.get("content").to_owned());
            }
            _ => {
                let attributes = ["aria-label", "title", "alt", "placeholder", "label"];
                said.extend(attributes.iter().filter_map(|name| element.attribute(name)).map(str::to_owned));
                said.push(element.words());
            }
        }
    }
    said
}

fn named(meta: &Element) -> &str {
    meta.attribute("name").unwrap_or_else(|| meta.get("property"))
}

#[track_caller]
fn has_no_english(path: &str, text: &str) {
    let said = said(text);
    assert!(said.len() > 3, "{path} says nothing at all: {text}");
    for line in said {
        let line = format!(" {} ", line.to_lowercase());
        for word in ENGLISH {
            assert!(!line.contains(word), "{path} says {word:?}: {line}");
        }
    }
}

#[tokio::test]
async fn a_german_site_speaks_german_throughout() {
    let site = german().keeps_current().start().await;
    site.turn(SignedDuration::from_hours(24 * 30));
    let id = approved(&site, "wade", "Danke!").await;
    for path in [
        "/",
        "/page/2",
        "/posts/wade",
        "/posts/wade-3",
        &format!("/posts/wade?reply_to={id}"),
        "/privacy",
        "/tags",
        "/tags/wade",
        "/tags/fu%C3%9F+wade",
        "/archive",
        "/archive/2026",
        "/archive/2026/05",
        "/series/beine",
        "/search",
        "/search?q=wade",
        "/search?q=nirgends",
        "/stretches",
        "/stretches/zehen",
        "/nirgendwo",
        "/feed.xml",
        "/comments/feed.xml",
        "/rss.xml",
    ] {
        let answer = site.get(path).await;
        assert!(answer.status == 200 || path == "/nirgendwo", "{path}: {}", answer.status);
        has_no_english(path, &answer.text());
        if answer.header("content-type").starts_with("text/html") {
            assert_eq!(answer.html().all("html")[0].get("lang"), "de-AT", "{path}");
        }
    }
    let home = site.get("/").await;
    home.says("Empfohlen").says("1. Dez. 2026").says("1 Kommentar").says("Zum Text springen").says("Ältere →");
    let post = site.get("/posts/wade").await;
    post.says("1. Dez. 2026").says("geändert am <time").says("Fußnoten").says("Link zu diesem Abschnitt: Zuerst");
    post.says("Tipp")
        .says("Bei YouTube abspielen")
        .says("Beine, Teil 2 von 2")
        .says("Auf dieser Seite")
        .says("1 Minute Lesezeit");
    site.get("/archive/2026").await.says(">Mai<").says("11. Mai<");
    site.get("/search?q=wade").await.says("12 Treffer für „wade“");
    site.get("/nirgendwo").await.is(404).says("Hier endet der Weg");
    site.get("/feed.xml").await.says("xml:lang=\"de-AT\"");
}

#[tokio::test]
async fn a_german_form_shows_its_errors_in_german() {
    let site = german().start().await;
    let visitor = site.visitor("203.0.113.9");
    let form = visitor.form("/posts/wade").await.set("text", "...").set("email", "ana").set("site", "javascript:x");
    let answer = form.send().await;
    answer.is(422).says("4 Dinge sind noch zu ändern").says("Bitte einen Namen angeben.").says("weder ein Buchstabe");
    assert!(answer.html().title().starts_with("Fehler: "), "{}", answer.html().title());
    has_no_english("the form", &answer.text());
    let foreign = visitor
        .form("/posts/wade")
        .await
        .set("name", "Ana")
        .set("text", "Schön!")
        .header("sec-fetch-site", "cross-site");
    let answer = foreign.send().await;
    answer.is(403).says("Bitte noch einmal senden").says("Noch einmal senden");
    has_no_english("the form from elsewhere", &answer.text());
    let held = visitor.comment("wade", "Wunderbar.").await;
    let waiting = visitor.get(held.header("location").split('#').next().expect("a path")).await;
    waiting.says("Dein Kommentar ist gespeichert").says("Wartet");
    has_no_english("the waiting comment", &waiting.text());
}

#[tokio::test]
async fn too_many_comments_at_once_are_told_so_in_german() {
    let site = german().setting("site.comments.gap_seconds", "15").start().await;
    let visitor = site.visitor("203.0.113.9");
    visitor.comment("wade", "Eins, zwei.").await.is(303);
    let answer = visitor.comment("wade", "Drei, vier.").await;
    answer.is(429).says("Bitte 16 Sekunden warten");
    has_no_english("too fast", &answer.text());
}

#[tokio::test]
async fn a_language_without_texts_has_english_ones() {
    let site = TestSite::new().setting("site.language", "fr").post("mollet", "Étirer.").start().await;
    let page = site.get("/posts/mollet").await;
    page.says("Say something").says("May 2, 2026");
    assert_eq!(page.html().all("html")[0].get("lang"), "fr");
}

#[tokio::test]
async fn a_right_to_left_site_has_its_direction() {
    let site = TestSite::new().setting("site.language", "he").post("a", "שלום.").start().await;
    let page = site.get("/posts/a").await.html();
    assert_eq!((page.all("html")[0].get("lang"), page.all("html")[0].get("dir")), ("he", "rtl"));
    let english = TestSite::new().start().await;
    assert_eq!(english.get("/").await.html().all("html")[0].get("dir"), "ltr");
}

#[tokio::test]
async fn a_post_in_another_language_says_which_wherever_it_is_named() {
    let arabic = "---\ntitle: تمارين الإطالة\ndate: 2026-05-03\nlang: ar\ntags: [legs]\nseries: Legs\n---\nمرحبا بالعالم، هذه إطالة.[^1]\n\n[^1]: مصدر.\n";
    let site = TestSite::new()
        .post("calf", "---\ntitle: Calf\ndate: 2026-05-02\ntags: [legs]\nseries: Legs\n---\nStretch it.")
        .post("itala", arabic)
        .post("knie", "---\ntitle: Das Knie\ndate: 2026-05-04\nlang: de_AT\n---\nBeugen.[^1]\n\n[^1]: Eine Quelle.\n")
        .keeps_current()
        .start()
        .await;
    let page = site.get("/posts/itala").await.html();
    assert_eq!((page.all("html")[0].get("lang"), page.all("html")[0].get("dir")), ("en", "ltr"));
    let article = page.all("article")[0];
    assert_eq!((article.get("lang"), article.get("dir")), ("ar", "rtl"));
    // Our own words in it are English.
    let meta = page.elements.iter().find(|element| element.has_class("meta")).expect("a line");
    assert_eq!((meta.get("lang"), meta.attribute("dir")), ("en", None));
    for (path, element) in [
        ("/", "h2"),
        ("/tags/legs", "h2"),
        ("/series/legs", "h2"),
        ("/archive/2026", "a"),
        ("/posts/calf", "span"),
        ("/search?q=%D9%85%D8%B1%D8%AD%D8%A8%D8%A7", "a"),
    ] {
        let page = site.get(path).await.html();
        let named = |name: &str| {
            page.all(name).into_iter().find(|element| element.words() == "تمارين الإطالة" && element.get("lang") == "ar")
        };
        assert_eq!(named(element).map(|title| title.get("dir")), Some("rtl"), "{path}");
    }
    let home = site.get("/").await.html();
    let excerpt = home
        .elements
        .iter()
        .find(|element| element.has_class("excerpt") && element.text.contains("مرحبا"))
        .expect("an excerpt");
    assert_eq!((excerpt.get("lang"), excerpt.get("dir")), ("ar", "rtl"));
    let feed = site.get("/feed.xml").await;
    feed.says("<entry xml:lang=\"ar\">").says("div lang=&#34;ar&#34; dir=&#34;rtl&#34;");
    // A text in a language that is shipped has that language's words in it; around it the site speaks its own.
    let german = site.get("/posts/knie").await;
    german.says("Fußnoten").says("lang=\"de-AT\" dir=\"ltr\"").says("May 4, 2026").says("Say something");
}

/// `lang` and `dir` of the first element with this class.
fn lang_attributes_of<'a>(html: &'a Html, class: &str) -> (&'a str, &'a str) {
    let element = html.elements.iter().find(|element| element.has_class(class));
    let element = element.unwrap_or_else(|| panic!("nothing is a {class}"));
    (element.get("lang"), element.get("dir"))
}

#[tokio::test]
async fn parts_in_another_language_are_marked() {
    let stretch = |title: &str, language: &str| {
        format!("---\ntitle: {title}\nareas: [feet]\nhold_seconds: 30\nstop_if: it tingles\n{language}---\n1. Curl.\n")
    };
    let text = "> [!TIP]\n> Slowly.\n\n![[toes]]\n\n![[wade]]\n\n![[wade]]\n\nhttps://youtu.be/aqz-KE-bpKQ\n\nA note.[^1]\n\n[^1]: There.\n\n## One\n\n## Two\n\n## Three\n";
    let site = TestSite::new()
        .file("stretches/toes.md", stretch("Toes", ""))
        .file("stretches/wade.md", stretch("Wade", "lang: de\n"))
        .file("stretches/saq.md", stretch("الساق", "lang: ar\n"))
        .post("ar", &format!("---\ntitle: AR\ndate: 2026-05-03\nlang: ar\n---\n{text}"))
        .post("de", &format!("---\ntitle: DE\ndate: 2026-05-03\nlang: de\n---\n{text}\n\n![[saq]]\n"))
        .post("en", &format!("---\ntitle: EN\ndate: 2026-05-03\n---\n{text}"))
        .start()
        .await;
    // There are no Arabic texts, so our words in an Arabic text are English.
    let html = site.get("/posts/ar").await.html();
    for class in ["alert-title", "stretch-card"] {
        assert_eq!(lang_attributes_of(&html, class), ("en", "ltr"), "{class}");
    }
    assert_eq!(html.by_id("-stretch-wade").map(|card| (card.get("lang"), card.get("dir"))), Some(("de", "ltr")));
    for class in ["embed-action", "heading-link"] {
        assert_eq!(lang_attributes_of(&html, class).0, "en", "{class}");
    }
    assert!(html.elements.iter().any(|e| e.name == "h2" && e.words() == "Footnotes" && e.get("lang") == "en"));
    let again = html.find("a", "href", "#-stretch-wade").expect("the second time");
    assert_eq!(html.elements[*again.within.last().expect("a paragraph")].get("lang"), "de");
    // A card speaks the language of its stretch throughout.
    let german = site.get("/posts/de").await;
    let html = german.html();
    let card = |id: &str| html.by_id(id).unwrap_or_else(|| panic!("no {id}"));
    assert_eq!((card("-stretch-toes").get("lang"), card("-stretch-wade").attribute("lang")), ("en", None));
    assert!(card("-stretch-toes").text.contains("Hold") && card("-stretch-wade").text.contains("Halten"));
    assert_eq!(lang_attributes_of(&html, "alert-title"), ("", ""));
    let arabic = card("-stretch-saq");
    assert_eq!((arabic.get("lang"), arabic.get("dir")), ("ar", "rtl"));
    let place = html.elements.iter().position(|e| std::ptr::eq(e, arabic)).expect("is there");
    let hold = html.elements.iter().find(|e| e.within.contains(&place) && e.words() == "Hold").expect("our word");
    assert_eq!(hold.get("lang"), "en");
    let feed = site.get("/feed.xml").await.text();
    assert!(feed.contains("&#60;div lang=&#34;de&#34; dir=&#34;ltr&#34;&#62;&#60;h2&#62;"), "{feed}");
    // The page of a stretch: its own words in its language, ours in that of the site.
    let html = site.get("/stretches/saq").await.html();
    assert_eq!((html.all("article")[0].get("lang"), html.all("article")[0].get("dir")), ("ar", "rtl"));
    assert_eq!(html.all("dt")[0].get("lang"), "en");
    let html = site.get("/stretches/wade").await.html();
    assert!(html.all("dt").iter().any(|dt| dt.words() == "Halten"));
    let html = site.get("/posts/en").await.html();
    assert_eq!(lang_attributes_of(&html, "alert-title"), ("", ""));
}

#[tokio::test]
async fn an_invalid_language_is_reported() {
    let site = TestSite::new()
        .post("calf", "---\ntitle: Calf\ndate: 2026-05-02\nlang: \"deutsch!\"\n---\nDehnen.")
        .start()
        .await;
    assert_eq!(
        site.problems(),
        ["posts/calf.md:4:1: warning: \"deutsch!\" is no language tag, so the language of the site is used. Write \
             a tag such as de or pt-BR."]
    );
    assert_eq!(site.get("/posts/calf").await.html().all("article")[0].attribute("lang"), None);
}
