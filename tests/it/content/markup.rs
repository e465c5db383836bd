//! Details of Markdown: HTML of the author, addresses alone on a line, definition lists, footnotes, quotes.

use crate::support::{Answer, TestSite, html::Html};

/// The page of a post with this text.
async fn page(text: &str) -> Html {
    TestSite::new().post("a", text).start().await.get("/posts/a").await.html()
}

/// The HTML of the text of a post, in one line.
async fn body(text: &str) -> String {
    let answer = TestSite::new().post("a", text).start().await.get("/posts/a").await;
    inner(&answer)
}

fn inner(answer: &Answer) -> String {
    let text = answer.text();
    let (_, rest) = text.split_once("<div class=\"prose\">").expect("a text");
    let (body, _) = rest.split_once("<footer class=\"post-footer\">").expect("its end");
    body.trim().trim_end_matches("</div>").trim().replace('\n', "")
}

#[tokio::test]
async fn unclosed_html_ends_with_its_block() {
    let texts = [
        "Use the <title> tag.",
        "Use the <TEXTAREA> tag.",
        "Use <select>, <option>, <svg>, <math>, <template>, <object>, <iframe>, <noscript> or <plaintext>.",
        "Use <xmp> and <noframes> and <noembed> and <script> and <style>.",
        "Use <html>, <head>, <body> and <frameset>.",
        "<title> tag",
        "<textarea> tag",
        "<plaintext>",
        "<script>",
        "<script><!--<script>",
        "<style>",
        "<iframe src=\"https://a.example/\">",
        "<iframe src=\"https://a.example/\"/>",
        "<!-- a note",
        "<?php echo 1;",
        "<![CDATA[ x",
        "<!DOCTYPE x",
        "<div class=\"a",
        "<a href='b",
        "<svg>",
        "<svg><title>",
        "<math>",
        "<template>",
        "<select>",
        "<object>",
        "<table>",
        "<table><tr><td>",
        "<form>",
        "<button>",
        "<b>",
        "<a href=\"/x\">",
        "<details>",
        "</div></div></article></main></body></html>",
        "- <div>\n\n  x\n",
        "> <table><tr>",
        "| a |\n|---|\n| <b>x |",
        "x[^1]\n\n[^1]: <div>",
        "# <i>x",
    ];
    for text in texts {
        let site = TestSite::new().post("a", &format!("One.\n\n{text}\n\nTwo.")).start().await;
        let html = site.get("/posts/a").await.html();
        let form = html.one("textarea", "id", "-text");
        let around: Vec<&str> = form.within.iter().map(|at| html.elements[*at].name.as_str()).collect();
        assert_eq!(around, ["html", "body", "main", "section", "section", "form", "div"], "{text}");
        assert!(html.find("form", "action", "/posts/a/comments").is_some(), "{text}");
        let told: Vec<String> =
            site.problems().into_iter().filter(|problem| problem.starts_with("posts/a.md:")).collect();
        // `<a href='b` is a text (CommonMark 4.6), and the next one is in a list or below the text.
        let is_elsewhere = ["<a href='b", "- ", "x[^1]"].iter().any(|start| text.starts_with(start));
        assert!(!told.is_empty() || is_elsewhere, "{text}: {:?}", site.problems());
    }
}

#[tokio::test]
async fn a_tag_name_in_a_sentence_is_shown_as_text() {
    let html = page("Use the <title> tag.\n\nThen go on.").await;
    let paragraphs: Vec<String> = html.all("p").iter().map(|one| one.words()).collect();
    assert!(paragraphs.contains(&"Then go on.".to_owned()), "{paragraphs:?}");
    assert!(body("Use the <title> tag.").await.contains("<p>Use the &lt;title&gt; tag.</p>"));
}

#[tokio::test]
async fn html_around_several_blocks_is_kept() {
    for (text, expected) in [
        (
            "<details><summary>a</summary>\n\n*b*\n\n</details>\n\nc",
            "<details><summary>a</summary><p><em>b</em></p></details><p>c</p>",
        ),
        ("<div>\n\na </div>\n\nb", "<div><p>a </p></div><p>b</p>"),
        (
            "<table>\n<tr><td>\n\n*a*\n\n</td></tr>\n</table>\n\nb",
            "<table><tr><td><p><em>a</em></p></td></tr></table><p>b</p>",
        ),
        ("<ul>\n<li>a\n<li>b\n</ul>", "<ul><li>a<li>b</ul>"),
        ("<PRE>\n\n*a*\n\n</PRE>\n\n*b*", "<PRE>*a*</pre><p><em>b</em></p>"),
        ("<Script src=\"/media/x.js\">\n\n</sCript>\n\nb", "<Script src=\"/media/x.js\"></script><p>b</p>"),
        (
            "`</PRE>` and\n\n    </TextArea>",
            "<p><code>&lt;/PRE&gt;</code> and</p><pre tabindex=\"0\"><code>&lt;/TextArea&gt;</code></pre>",
        ),
    ] {
        assert_eq!(body(text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn an_address_alone_on_its_line_is_an_embed_with_escapes_resolved() {
    for (text, expected) in [
        (r"https://www.instagram.com/p/Cabc\_DE/", "https://www.instagram.com/p/Cabc_DE/embed"),
        (
            "https://www.youtube.com/watch?v=_ab-cdefgh_",
            "https://www.youtube-nocookie.com/embed/_ab-cdefgh_?autoplay=1",
        ),
        (
            "https://www.youtube.com/watch?v=abc&amp;t=90",
            "https://www.youtube-nocookie.com/embed/abc?autoplay=1&start=90",
        ),
        ("https://youtu.be/abc#t=90", "https://www.youtube-nocookie.com/embed/abc?autoplay=1&start=90"),
        ("> https://youtu.be/*abc*", ""),
        ("Look:\nhttps://vimeo.com/1\nNice.", "https://player.vimeo.com/video/1?autoplay=1&dnt=1"),
        ("https://vimeo.com/showcase/123456/video/789", "https://player.vimeo.com/video/789?autoplay=1&dnt=1"),
        ("https://www.instagram.com/share/reel/X", ""),
        ("Jo Miller  \nhttps://vimeo.com/1  \nBerlin", ""),
        ("*a\nhttps://vimeo.com/1\nb*", ""),
        ("<span>a\nhttps://vimeo.com/1\nb</span>", ""),
        ("![one\nhttps://vimeo.com/1\ntwo](https://a.example/b.png)", ""),
        ("[one\nhttps://vimeo.com/1\ntwo](https://a.example/b)", ""),
    ] {
        let html = page(text).await;
        let frames: Vec<&str> = html.elements.iter().filter_map(|one| one.attribute("data-player")).collect();
        assert_eq!(frames.concat(), expected, "{text}");
        assert_eq!(html.elements.iter().filter(|one| one.has_class("embed")).count(), frames.len(), "{text}");
    }
    assert!(body("https://a.example/x?a=1&amp;b=\\_2").await.contains("<a href=\"https://a.example/x?a=1&amp;b=_2\">"));
}

#[tokio::test]
async fn a_definition_begins_with_a_colon_and_white_space() {
    for (text, expected) in [
        ("That hill was hard.\n\n:) But I did it.", "<p>That hill was hard.</p><p>:) But I did it.</p>"),
        ("Hard.\n:-) Done.", "<p>Hard.:-) Done.</p>"),
        ("Hard.\n\n:D", "<p>Hard.</p><p>:D</p>"),
        ("> Hard.\n>\n> :) x", "<blockquote><p>Hard.</p><p>:) x</p></blockquote>"),
        ("a\n\n```\n:) b\n```", "<p>a</p><pre tabindex=\"0\"><code>:) b</code></pre>"),
        ("Term\n: def", "<dl><dt>Term</dt><dd>def</dd></dl>"),
        ("Term 1\nTerm *2*\n: def", "<dl><dt>Term 1</dt><dt>Term <em>2</em></dt><dd>def</dd></dl>"),
        ("Term\n\n:   def", "<dl><dt>Term</dt><dd><p>def</p></dd></dl>"),
    ] {
        assert_eq!(body(text).await, expected, "{text}");
    }
    let table = page("| a | b |\n:--|--:\n| 1 | 2 |\n\n| a |\n|---|\n| :) |").await;
    assert_eq!((table.all("table").len(), table.all("dl").len()), (2, 0));
}

#[tokio::test]
async fn a_picture_does_not_repeat_its_caption() {
    for address in ["b.svg", "https://x.example/b.png"] {
        for (title, alt) in [("Calf", ""), ("Mine", "Calf")] {
            let text = format!("![Calf]({address} \"{title}\")");
            let site =
                TestSite::new().file("posts/b.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").post("a", &text);
            let html = site.start().await.get("/posts/a").await.html();
            let picture = html.one("img", "decoding", "async");
            assert_eq!((picture.get("alt"), picture.attribute("title")), (alt, None), "{text}");
            assert_eq!(html.all("figcaption").iter().map(|one| one.words()).collect::<String>(), title, "{text}");
        }
    }
    let inline = body("See ![Calf](https://x.example/b.png \"Mine\") here.").await;
    assert!(inline.contains("alt=\"Calf\" title=\"Mine\""), "{inline}");
}

#[tokio::test]
async fn pictures_in_tight_lists_and_definitions_keep_their_caption() {
    for text in ["- ![a](b.svg \"Mine\")\n- x", "t\n: ![a](b.svg \"Mine\")", "1. ![a](b.svg \"Mine\")\n   - x"] {
        let site = TestSite::new().file("posts/b.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").post("a", text);
        let html = site.start().await.get("/posts/a").await.html();
        assert_eq!(html.all("figcaption").iter().map(|one| one.words()).collect::<String>(), "Mine", "{text}");
    }
}

#[tokio::test]
async fn links_are_never_nested() {
    for text in [
        "[see ![clip](c.mp4)](https://example.org)",
        "[see[^1] this](https://example.org)\n\n[^1]: Note.",
        "[a <a href=\"/x\">b</a> c](/y)",
        "<a href=\"/x\">a [b](/y) c</a>",
        "<a href=\"/x\">a <a href=\"/y\">b</a></a>",
        "<a href=\"/x\">a[^1]</a>\n\n[^1]: Note.",
        "[<https://a.example>](/y)",
    ] {
        let site = TestSite::new().file("posts/c.mp4", "x").post("a", text).start().await;
        let html = site.get("/posts/a").await.html();
        for link in html.all("a") {
            assert!(link.within.iter().all(|at| html.elements[*at].name != "a"), "{text}: {link:?}");
        }
    }
}

#[tokio::test]
async fn the_heading_of_a_stretch_card_is_one_level_below_the_heading_above() {
    let stretch = "---\ntitle: Calf\n---\n1. Stand.\n";
    for (text, expected) in [
        ("![[calf]]", "h2"),
        ("Words.\n\n![[calf]]", "h2"),
        ("## Two\n\n![[calf]]", "h3"),
        ("## Two\n\n### Three\n\n![[calf]]", "h4"),
        ("###### Six\n\n![[calf]]", "h6"),
    ] {
        let site = TestSite::new().file("stretches/calf.md", stretch).post("a", text).start().await;
        let html = site.get("/posts/a").await.html();
        assert_eq!(html.by_id("-stretch-calf-title").expect("a card").name, expected, "{text}");
    }
}

#[tokio::test]
async fn footnotes_match_like_links_and_come_in_the_order_of_their_first_mention() {
    let text = "One[^Note] and two[^b].\n\n[^c]: See it.\n[^b]: Bee[^c].\n[^note]: Note.\n[^unused]: Unused.\n\nLast[^my  Own].\n\n[^My own]: Own.";
    let site = TestSite::new().post("a", text).start().await;
    let answer = site.get("/posts/a").await;
    let html = answer.html();
    let notes: Vec<String> = (1..=4)
        .map(|number| html.by_id(&format!("-fn-{number}")).unwrap_or_else(|| panic!("{number}")).words())
        .collect();
    let notes: Vec<&str> = notes.iter().map(|note| &note[..3]).collect();
    assert_eq!(notes, ["Not", "Bee", "Own", "See"], "in the order of their numbers");
    answer.does_not_say("Unused");
    assert_eq!(html.meta("description"), Some("One and two. Last."));
    assert!(
        site.problems().iter().any(|problem| problem.starts_with("posts/a.md:10:1") && problem.contains("footnote")),
        "{:?}",
        site.problems()
    );
}

#[tokio::test]
async fn words_in_html_count_for_description_and_search() {
    let site = TestSite::new()
        .keeps_current()
        .post("a", "<p>Alpha &amp; <b>Omega</b></p>\n<script src=x>hidden</script>\n<p>Third</p>\n\nalpha<br>bravo <title>no</title>")
        .post("b", &format!("<div>{}</div>", "word ".repeat(500)))
        .start()
        .await;
    assert_eq!(site.get("/posts/a").await.html().meta("description"), Some("Alpha & Omega Third alpha bravo"));
    site.get("/posts/b").await.says("3 min read");
    site.get("/search?q=omega").await.says("/posts/a");
    site.get("/search?q=bravo").await.says("/posts/a");
    site.get("/search?q=hidden").await.does_not_say("/posts/a");
}

#[tokio::test]
async fn feeds_have_whole_addresses_and_the_words_of_the_author() {
    let text = "`<a href=\"/x\">` <img src='/static/i.png' alt=b> <a href=/c>c</a> <a href=../about>d</a> [e](../f) [g](#h) [i](?j)\n\n\
                <img srcset=\"/static/k.png 1x, /static/l.png 2x\" src=\"https://m.example/n.png\">\n<video poster=\"/o.jpg\" src=\"//p.example/q\"></video>\n\n\
                ```html\n<a href=\"/x\" src=\"/y\">\n```\n\nText href=\"/z\" [r](mailto:a@b.example)";
    let site = TestSite::new().setting("site.base_url", "https://own.example").post("a", text).start().await;
    let feed = site.get("/feed.json").await.text();
    let feed: serde_json::Value = serde_json::from_str(&feed).expect("JSON");
    let html = feed["items"][0]["content_html"].as_str().expect("a text");
    for part in [
        "<code>&lt;a href=\"/x\"&gt;</code>",
        "src='https://own.example/static/i.png'",
        "<a href=https://own.example/c>",
        "<a href=https://own.example/about>",
        "<a href=\"https://own.example/f\">",
        "<a href=\"https://own.example/posts/a#h\">",
        "<a href=\"https://own.example/posts/a?j\">",
        "srcset=\"https://own.example/static/k.png 1x, https://own.example/static/l.png 2x\"",
        "src=\"https://m.example/n.png\"",
        "poster=\"https://own.example/o.jpg\" src=\"https://p.example/q\"",
        "&lt;a href=&quot;/x&quot; src=&quot;/y&quot;&gt;",
        "<a href=\"mailto:a@b.example\">",
    ] {
        assert!(html.contains(part), "no {part} in {html}");
    }
    assert!(!html.contains("Text href=\"https"), "{html}");
}

#[tokio::test]
async fn control_characters_reach_no_page() {
    let text = "a\0b \u{1}c\u{1b}d &#1;e&#0;f\n\n<p>g&#27;h\u{85}i</p>";
    let site =
        TestSite::new().post("a", &format!("---\ntitle: \"T\\u0007i\"\ndate: 2026-05-02\n---\n{text}")).start().await;
    let page = site.get("/posts/a").await.text();
    assert!(page.contains("<p>a\u{FFFD}b cd e\u{FFFD}f</p>") && page.contains("<p>ghi</p>"), "{page}");
    let feed = site.get("/feed.xml").await.text();
    for text in [page, feed] {
        assert!(!text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')));
        assert!(!text.contains("&#27;") && !text.contains("&amp;#27;"));
    }
}

#[tokio::test]
async fn emphasis_ends_where_no_spaces_stand_between_words() {
    for (text, expected) in [
        ("**これは強調。**字", "<p><strong>これは強調。</strong>字</p>"),
        ("**A。**字**B。**字", "<p><strong>A。</strong>字<strong>B。</strong>字</p>"),
        ("字**「語」**字", "<p>字<strong>「語」</strong>字</p>"),
        ("*（語）*字 ~~「語」~~字", "<p><em>（語）</em>字 <del>「語」</del>字</p>"),
        ("**한국어(Korean)**는", "<p><strong>한국어(Korean)</strong>는</p>"),
        ("`**語。**字`", "<p><code>**語。**字</code></p>"),
        ("[語](/**。**字)", "<p><a href=\"/**%E3%80%82**%E5%AD%97\">語</a></p>"),
        (
            "**Note:**text, **now!**go (**x**)",
            "<p><strong>Note:</strong>text, <strong>now!</strong>go (<strong>x</strong>)</p>",
        ),
        ("*a.*b **[c](/)**d", "<p><em>a.</em>b <strong><a href=\"/\">c</a></strong>d</p>"),
        ("**हो,**तो e.**f**", "<p><strong>हो,</strong>तो e.<strong>f</strong></p>"),
        ("**(**a b.~c, d.~e 2.*f", "<p>**(**a b.~c, d.~e 2.*f</p>"),
    ] {
        assert_eq!(body(text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn quotes_have_the_shape_of_the_language() {
    for (language, text, expected) in [
        ("en", "\"a 'b' c\" isn't", "“a ‘b’ c” isn’t"),
        ("de", "\"a 'b' c\" geht's", "„a ‚b‘ c“ geht’s"),
        ("fr", "\"a\" l'eau", "«\u{202F}a\u{202F}» l’eau"),
        ("pl", "\"a\"", "„a”"),
        ("sv", "\"a\"", "”a”"),
        ("de-CH", "\"a\"", "«a»"),
        ("ja", "彼は\"はい\"と", "彼は「はい」と"),
        ("en", "A 26\" wheel, 5'10\" tall, 6' 2\"", "A 26\" wheel, 5'10\" tall, 6' 2\""),
        ("de", "Ein 26\"-Rad und \"ein 28\" Rad\"", "Ein 26\"-Rad und „ein 28\" Rad“"),
        ("en", "\"in 1994\" and \"no\", the '90s, 1990's", "“in 1994” and “no”, the ’90s, 1990’s"),
        ("en", "\"*a*\" and **\"b\"**", "“<em>a</em>” and <strong>“b”</strong>"),
    ] {
        let whole = format!("---\ntitle: A\ndate: 2026-05-02\nlanguage: {language}\n---\n{text}\n\n`\"c\"` \"");
        let site = TestSite::new().post("a", &whole).start().await;
        let body = inner(&site.get("/posts/a").await);
        assert!(body.starts_with(&format!("<p>{expected}</p>")), "{language} {text}: {body}");
        assert!(body.contains("<code>\"c\"</code>"), "{body}");
    }
    let site = TestSite::new().site_toml("title = \"L\"\nlanguage = \"de\"\n").post("a", "\"a\"").start().await;
    assert_eq!(inner(&site.get("/posts/a").await), "<p>„a“</p>");
}

#[tokio::test]
async fn a_link_definition_that_is_repeated_is_not_shown_and_ends_no_other() {
    let definitions = "[a]: https://a.example/x_y\n[A]: https://a.example/x_z--w 'Title'\n[b]: https://b.example/p_q\n";
    let expected = "<p><a href=\"https://a.example/x_y\">a</a> and <a href=\"https://b.example/p_q\">b</a></p>";
    for (text, expected) in [
        (format!("[a] and [b]\n\n{definitions}"), expected.to_owned()),
        (format!("{definitions}\n[a] and [b]"), expected.to_owned()),
        (
            "[a]: <https://a.example/x_y>\n[a]: <https://a.example/x_y>\n[b]: https://b.example/p_q\n\n[a] and [b]"
                .to_owned(),
            expected.to_owned(),
        ),
        (
            format!("> [a] and [b]\n>\n> {}", definitions.trim_end().replace('\n', "\n> ")),
            format!("<blockquote>{expected}</blockquote>"),
        ),
    ] {
        assert_eq!(body(&text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn words_in_braces_at_the_end_of_a_heading_are_shown_unless_all_are_attributes() {
    for (text, id, words) in [
        ("## Rust {version}", "rust-version", "Rust {version}"),
        ("### Match x{n,m}", "match-xnm", "Match x{n,m}"),
        ("## getset(key) {block}  ", "getsetkey-block", "getset(key) {block}"),
        ("## new Object() {}", "new-object-", "new Object() {}"),
        ("## fn a() {...}", "fn-a-", "fn a() {…}"),
        ("Rust {version}\n===", "rust-version", "Rust {version}"),
        ("Rust\n*{version}*\n{b c}\n---", "rust-version-b-c", "Rust<em>{version}</em>{b c}"),
        ("> - ## Rust {*version*}", "rust-version", "Rust {<em>version</em>}"),
        ("## A {#b .c}", "b", "A"),
        ("## A {.c data-x=\"d e\"}", "a", "A"),
        ("A {#b}\n---", "b", "A"),
        ("## A {version} {#b}", "b", "A {version}"),
        ("## A {:b 1}", "a-b-1", "A {:b 1}"),
        ("## A {: # b }", "a", "A"),
        ("## A {:# b }", "a", "A"),
        ("## A {: b }", "a", "A"),
    ] {
        let body = body(text).await;
        assert!(body.contains(&format!(" id=\"{id}\">{words}</h")), "{text}: {body}");
    }
    let contents = page("## A {b}\n\n## C\n\n## D").await;
    assert!(contents.all("a").iter().any(|link| link.get("href") == "#a-b" && link.words() == "A {b}"));
}

#[tokio::test]
async fn blanks_may_follow_a_closing_fence() {
    let code = "<pre tabindex=\"0\"><code>a</code></pre><p>b</p>";
    for text in ["```\na\n```\t\n\nb", "~~~\na\n~~~~ \t \nb", "```\t\na\n```\t\r\nb"] {
        assert_eq!(body(text).await, code, "{text:?}");
    }
    assert_eq!(body("> ```\n> a\n> ```\t\n>\n> b").await, format!("<blockquote>{code}</blockquote>"));
    assert_eq!(body("````\na\n```\t\n````\t\nb").await, "<pre tabindex=\"0\"><code>a```</code></pre><p>b</p>",);
}

#[tokio::test]
async fn quotes_and_dashes_in_code_that_is_html_stay_as_they_are() {
    let code = "x = \"a\" -- 'b' --- c...";
    for name in ["code", "kbd", "samp", "tt", "var", "pre", "math", "CODE"] {
        for text in [format!("A <{name}>{code}</{name}> b."), format!("A <{name} class=\"c\">*{code}*</{name}> b.")] {
            let body = body(&text).await;
            assert!(body.contains(code), "{text}: {body}");
        }
    }
    for (text, expected) in [
        ("<code>\"a\"</code> \"b\" -- c", "<p><code>\"a\"</code> “b” – c</p>"),
        ("\"<code>--a</code>\"", "<p>“<code>--a</code>”</p>"),
        ("<pre><code>\"a\"</code> --b</pre> \"c\"", "<pre><code>\"a\"</code> --b</pre> \"c\""),
        ("See <pre><code>\"a\"</code> --b</pre> \"c\"", "<p>See <pre><code>\"a\"</code> --b</pre> “c”</p>"),
        ("<b>\"a\" -- b</b>", "<p><b>“a” – b</b></p>"),
        ("A <code>\"b\n\n\"c\"", "<p>A <code>\"b</code></p><p>“c”</p>"),
        ("<p markdown=\"1\"><code>--a</code> \"b\"</p>", "<p><code>--a</code> “b”</p>"),
        ("<code>&mdash;</code>", "<p><code>—</code></p>"),
    ] {
        assert_eq!(body(text).await, expected, "{text}");
    }
    assert!(body("## <code>--a</code>").await.contains("<code>--a</code></h2>"));
}

#[tokio::test]
async fn descriptions_have_neither_code_nor_tags_of_templates() {
    for (text, expected) in [
        ("{% assign release = \"1\" %}Words {{ page.x }}here.", "Words here."),
        ("{{< unknown a=\"b\" >}}\n\nWords {% if a %}here{% endif %}.", "Words here."),
        ("<p>{% include a.html %}Words.</p>", "Words."),
        ("Write `{{ name }}` and `{% raw %}` so.", "Write {{ name }} and {% raw %} so."),
        ("Curly {{ braces and {% signs.\n\nAnd }} these %}.", "Curly {{ braces and {% signs. And }} these %}."),
        ("Here is code:\n\n```html\n<html> <body>\n```\n\nThat was it.", "Here is code: That was it."),
        ("Here is code:\n\n    let a;\n\nMore.", "Here is code: More."),
        ("Here:\n\n<pre>\nlet <b>a</b>;\n</pre>\n\nMore.", "Here: More."),
        ("![A *calf*](https://a.example/b.png)", "A calf"),
        ("<img src=\"https://a.example/b.png\" alt=\"A calf\">", "A calf"),
        ("![](https://a.example/b.png)\n\n![A calf](https://a.example/c.png)", "A calf"),
        ("![A calf](https://a.example/b.png)\n\nWords.", "Words."),
    ] {
        assert_eq!(page(text).await.meta("description"), Some(expected), "{text}");
    }
    let site = TestSite::new().keeps_current().post("a", "Words.\n\n```\nomega\n```\n\n<pre>delta</pre>").start().await;
    for word in ["omega", "delta"] {
        site.get(&format!("/search?q={word}")).await.says("/posts/a");
    }
    let picture = "---\ntitle: A\ndate: 2026-05-02\ndescription: Of legs.\n---\n![A calf](https://a.example/b.png)";
    let site = TestSite::new().post("a", picture).start().await;
    let home = site.get("/").await.html();
    let excerpts: Vec<String> =
        home.all("p").iter().filter(|one| one.has_class("excerpt")).map(|one| one.words()).collect();
    assert_eq!(excerpts, ["Of legs."], "the description comes before the text of the picture");
}

#[tokio::test]
async fn a_heading_without_words_is_left_out() {
    assert_eq!(body("### \n\na\n\n##").await, "<p>a</p>");
    assert!(body("### {#b}\n\na").await.contains("id=\"b\""), "a link may lead there");
}

#[tokio::test]
async fn an_end_tag_whose_start_tag_is_text_is_text_in_preformatted_code() {
    for (text, expected) in [
        ("<pre>\n&lt;script>x</script>\n</pre>", "<pre>&lt;script>x&lt;/script&gt;</pre>"),
        ("<pre><code>&lt;div>x</div></code></pre>", "<pre><code>&lt;div>x&lt;/div&gt;</code></pre>"),
        ("<pre><b>x</b></pre>", "<pre><b>x</b></pre>"),
        ("<div>x</b></div>", "<div>x</div>"),
    ] {
        assert_eq!(body(text).await, expected, "{text}");
    }
}
