//! Filters for comments: hidden characters in every spelling, and more HTML than text.

use instep::domain::delivery::Kind;

use super::{bare_urls::shown, judged, keeps_the_text, site, stored};
use crate::support::{TestSite, visitor::comment_id};

/// Characters that no page and no feed may get from a comment.
fn is_forbidden(c: char) -> bool {
    let turns_text = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let is_control = c.is_control() && c != '\n' && c != '\t';
    is_control || turns_text || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FDD0}'..='\u{FDEF}' | '\u{FFFE}' | '\u{FFFF}')
}

#[tokio::test]
async fn no_spelling_brings_a_filtered_character_onto_a_page_or_into_a_feed() {
    let site = site().await;
    let forbidden: Vec<char> = (0..=0xFFFF).filter_map(char::from_u32).filter(|c| is_forbidden(*c)).collect();
    assert!(forbidden.len() > 60);
    let each =
        |spell: &dyn Fn(char) -> String| forbidden.iter().map(|c| format!("a{}b", spell(*c))).collect::<String>();
    let (raw, hex, decimal) =
        (each(&|c| c.to_string()), each(&|c| format!("&#x{:x};", c as u32)), each(&|c| format!("&#{};", c as u32)));
    for spelled in [&raw, &hex, &decimal] {
        for typed in [
            spelled.clone(),
            format!("[x](https://a.example/{spelled} \"{spelled}\")"),
            format!("[{spelled}](https://a.example)"),
            format!("![{spelled}](https://a.example/{spelled})"),
            format!("https://a.example/{spelled}"),
            format!("`{spelled}`"),
            format!("```{spelled}\n{spelled}\n```"),
            format!("# {spelled}"),
            format!("<b {spelled}>"),
            format!("<div>\n{spelled}\n</div>"),
        ] {
            for element in shown(&site, &typed).await.elements {
                let inside = element.attributes.iter().map(|(_, value)| value).chain([&element.text]);
                for text in inside {
                    assert!(!text.contains(is_forbidden), "{text:?} came of {typed:?}");
                }
            }
        }
    }
    let id =
        comment_id(&site.visitor("192.0.2.1").comment("calf", &format!("{hex}\n\n[{decimal}](/x)\n\n{raw}")).await);
    site.approve(id).await;
    for path in ["/posts/calf", "/comments/feed.xml", "/posts/calf/comments/feed.xml"] {
        let text = site.get(path).await.text();
        assert!(!text.contains(is_forbidden), "{path}");
    }
    // What was said around them is still there.
    assert_eq!(shown(&site, "a&#27;b&#x202e;c").await.one("div", "class", "prose").words(), "abc");
    assert_eq!(shown(&site, "one\u{2028}two\u{2029}three").await.all("br").len(), 2, "they were typed as line breaks");
}

#[tokio::test]
async fn a_reference_definition_is_text() {
    let site = site().await;
    for typed in [
        "[a]\n\n[a]: https://a.example",
        "[a]: https://a.example \"t\"",
        "> [a]: https://a.example\n\n[a]",
        "- [a]: <https://a.example>\n\n[a]",
        "   [a]:\n   https://a.example\n\n[a][a]",
        "[a\nb]: https://a.example\n\n[a b]",
        "[a]: /x\n\n[a]: /y\n\n[a] [A][]",
    ] {
        let html = shown(&site, typed).await;
        let leads_elsewhere = html.all("a").iter().all(|link| link.get("href") == link.words());
        assert!(leads_elsewhere, "{typed:?} became {:?}", html.all("a"));
        let words = html.one("div", "class", "prose").words();
        assert!(words.contains("]:") && words.contains('['), "{typed:?} became {words:?}");
    }
}

#[tokio::test]
async fn a_comment_that_would_be_many_times_its_size_on_the_page_is_sent_back() {
    let site = site().await;
    let definition = format!("[a]: https://a.example/{}\n\n", "x".repeat(300));
    let posted = site.visitor("192.0.2.1").comment("calf", &format!("{definition}{}", "[a] ".repeat(1650))).await;
    let id = comment_id(&posted);
    site.approve(id).await;
    let page = site.get("/posts/calf").await.text().len();
    assert!(page < 60_000, "{page} bytes");
    let typed = ">a\n\n".repeat(2000);
    let answer = site.visitor("192.0.2.1").comment("calf", &typed).await;
    answer.is(422).says("too much formatting");
    keeps_the_text(&answer, &typed);
    assert_eq!(stored(&site).await, 1);
    // Honest comments with much in them are taken.
    for typed in [
        "- www.a.example\n".repeat(300),
        "# Big\n".repeat(100),
        "*a* **b** `c` ~~d~~ ".repeat(400),
        "> quoted\n\nanswered\n\n".repeat(200),
        "a & < > \" '".repeat(900),
    ] {
        comment_id(&site.visitor("192.0.2.1").comment("calf", &typed).await);
    }
}

#[tokio::test]
async fn a_comment_that_shows_nothing_has_no_words() {
    let site = site().await;
    for typed in [
        "&nbsp;",
        "&#8203;&shy;",
        "1.",
        "- \n- ",
        "&#x300;",
        "\u{301}\u{301}",
        "\u{FE0F}\u{200D}",
        "&#x2800;",
        "\u{E0061}",
        "*",
        "#",
    ] {
        site.visitor("192.0.2.1").comment("calf", typed).await.is(422).says("There is no letter, digit or emoji");
    }
    assert_eq!(stored(&site).await, 0);
}

#[tokio::test]
async fn an_emoji_is_a_comment() {
    let site = site().await;
    for typed in [
        "#️⃣",
        "*️⃣",
        "1️⃣",
        "‼️",
        "⁉️",
        "㊗️",
        "㊙️",
        "〰️",
        "〽️",
        "©️",
        "™️",
        "ℹ️",
        "Ⓜ️",
        "🇩🇪",
        "👩‍👩‍👧",
        "❤",
        "👍🏽",
        "→",
        "★",
        "∞",
    ] {
        comment_id(&site.visitor("192.0.2.1").comment("calf", typed).await);
    }
}

#[tokio::test]
async fn a_name_that_shows_nothing_is_missing() {
    let site = site().await;
    for name in [
        "\u{FE0F}",
        "\u{34F}",
        "\u{17B4}",
        "\u{17B5}",
        "\u{E0061}",
        "\u{301}",
        "\u{20DD}",
        "\u{200D}\u{FE0F}",
        "\u{115F}",
        "\u{1160}",
        "\u{3164}",
        "\u{FFA0}",
        "\u{180B}",
        "\u{180F}",
        "\u{2065}",
        "\u{206A}",
        "\u{FFF0}",
        "\u{1BCA0}",
        "\u{1D173}",
        "\u{E0000}",
        "\u{E0100}",
        "\u{2800}",
        "\u{AD}",
        "\u{301} \u{301}",
    ] {
        let visitor = site.visitor("192.0.2.1");
        let form = visitor.form("/posts/calf").await.set("name", name).set("text", "Hello");
        form.send().await.is(422).says("Please tell us your name");
    }
    assert_eq!(stored(&site).await, 0);
    for name in ["🏃", "❤️", "न", "ก", "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", "می‌روم"]
    {
        let visitor = site.visitor("192.0.2.1");
        let form = visitor.form("/posts/calf").await.set("name", name).set("text", format!("By {name}"));
        let id = comment_id(&form.send().await);
        assert_eq!(site.store().comment(id).await.expect("is there").name, name);
    }
    // A mark that has no letter under it would be drawn on what stands before the name.
    let visitor = site.visitor("192.0.2.1");
    let form = visitor.form("/posts/calf").await.set("name", "\u{301}\u{20DD}Ana").set("text", "Hello");
    let id = comment_id(&form.send().await);
    assert_eq!(site.store().comment(id).await.expect("is there").name, "Ana");
}

#[tokio::test]
async fn a_word_with_invisible_characters_in_it_is_found_all_the_same() {
    let site = TestSite::new()
        .post("calf", "x")
        .post("hips", "x")
        .setting("site.comments.hold_words", "['casino']")
        .start()
        .await;
    let ana = site.visitor("192.0.2.1");
    site.approve(comment_id(&ana.comment("hips", "First").await)).await;
    for hidden in [
        "\u{FE0F}",
        "\u{34F}",
        "\u{17B4}",
        "\u{E0061}",
        "\u{115F}",
        "\u{3164}",
        "\u{200D}",
        "\u{301}",
        "\u{20DD}",
        "&#x34f;",
        "&shy;",
        "\u{2065}",
        "\u{1BCA0}",
        "\u{FFF0}",
    ] {
        let id = comment_id(&ana.comment("calf", &format!("My cas{hidden}ino")).await);
        assert_eq!(judged(&site, id).await, "held hold-word", "{hidden:?}");
    }
    // An author's name is known again in the same way.
    for hidden in ["\u{FE0F}", "\u{34F}", "\u{17B4}", "\u{E0061}", "\u{115F}", "\u{3164}", "\u{FFA0}"] {
        let form = ana.form("/posts/calf").await.set("name", format!("J{hidden}o")).set("text", format!("As {hidden}"));
        let id = comment_id(&form.set("text", format!("It is me {hidden}")).send().await);
        assert_eq!(judged(&site, id).await, "held author-name", "{hidden:?}");
    }
}

#[tokio::test]
async fn the_same_comment_sent_again_with_a_wish_for_mails_keeps_the_wish() {
    for wish in ["answers", "thread"] {
        let site = TestSite::new()
            .post("calf", "x")
            .setting("smtp_url", "smtp://127.0.0.1:1")
            .setting("mail_from", "blog@laces.example")
            .start()
            .await;
        let ana = site.visitor("192.0.2.1");
        let send = async |email: &str, wish: &str| {
            let form = ana.form("/posts/calf").await.set("name", "Ana").set("text", "The same words");
            let id = comment_id(&form.set("email", email).set("wish", wish).send().await);
            let asked = site.store().list_mails().await.expect("lists");
            let asked = asked.into_iter().filter(|mail| mail.kind == Kind::Confirm).filter_map(|mail| mail.to);
            (id, asked.collect::<Vec<_>>())
        };
        let (first, asked) = send("", "").await;
        assert!(asked.is_empty());
        assert_eq!(send("ana@example.org", wish).await, (first, vec!["ana@example.org".to_owned()]));
        assert_eq!(send("ana@example.org", wish).await, (first, vec!["ana@example.org".to_owned()]));
        // A comment has one address, so nobody sends many questions with it.
        assert_eq!(send("victim@example.org", wish).await, (first, vec!["ana@example.org".to_owned()]));
        let kept = site.store().comment(first).await.expect("is there");
        assert_eq!((kept.email.as_deref(), stored(&site).await), (Some("ana@example.org"), 1));
    }
}

#[tokio::test]
async fn a_comment_that_was_thrown_out_and_is_sent_again_asks_nobody_for_a_confirmation() {
    let site = TestSite::new()
        .post("calf", "x")
        .setting("smtp_url", "smtp://127.0.0.1:1")
        .setting("mail_from", "blog@laces.example")
        .start()
        .await;
    let ana = site.visitor("192.0.2.1");
    let form = async |email: &str, wish: &str| {
        let form = ana.form("/posts/calf").await.set("name", "Ana").set("text", "The same words");
        form.set("email", email).set("wish", wish).send().await
    };
    let id = comment_id(&form("", "").await);
    site.store().mark_spam(id, "test", site.app.clock.now()).await.expect("marks");
    form("victim@example.org", "answers").await;
    let mails = site.store().list_mails().await.expect("lists");
    assert!(mails.iter().all(|mail| mail.kind != Kind::Confirm), "{mails:?}");
    assert_eq!(site.store().comment(id).await.expect("is there").email, None);
}

#[tokio::test]
async fn a_form_is_taken_whatever_the_case_of_its_media_type() {
    let site = site().await;
    for (at, media_type) in [
        "APPLICATION/X-WWW-FORM-URLENCODED",
        "Application/x-www-form-urlencoded; Charset=UTF-8",
        "application/x-www-form-urlencoded;charset=utf-8",
        "application/x-www-form-urlencoded ; charset=utf-8",
    ]
    .into_iter()
    .enumerate()
    {
        let headers = [("content-type", media_type)];
        let body = format!("name=Ana&text=Number+{at}");
        comment_id(&site.ask(http::Method::POST, "/posts/calf/comments", &headers, body).await);
        site.ask(http::Method::POST, "/comments/preview", &headers, "text=Hello").await.is(200);
    }
    for media_type in ["text/plain", "multipart/form-data; boundary=x", "application/json"] {
        let headers = [("content-type", media_type)];
        site.ask(http::Method::POST, "/posts/calf/comments", &headers, "name=Ana&text=Hi").await.is(415);
    }
    site.ask(http::Method::POST, "/posts/calf/comments", &[], "name=Ana&text=Hi").await.is(415);
}
