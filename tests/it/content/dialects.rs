//! Texts that were written for other systems: relative links, attribute lists, Markdown in HTML, marks without a meaning.

use crate::support::{Answer, TestSite, eventually, html::Html};

/// HTML of the text of a post, in one line.
async fn body(text: &str) -> String {
    let answer = TestSite::new().post("a", text).start().await.get("/posts/a").await.text();
    let (_, rest) = answer.split_once("<div class=\"prose\">").expect("a text");
    let (body, _) = rest.split_once("<footer class=\"post-footer\">").expect("its end");
    body.trim().trim_end_matches("</div>").trim().replace('\n', "")
}

async fn problems(text: &str) -> Vec<String> {
    TestSite::new().post("a", text).start().await.problems()
}

fn links(answer: &Answer) -> Vec<String> {
    let html: Html = answer.html();
    let is_ours = |href: &&str| href.contains("x=");
    html.all("a").iter().filter_map(|link| link.attribute("href")).filter(is_ours).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_relative_link_begins_at_the_address_that_the_author_wrote() {
    let text = "[u](user-groups/?x=1) [v](../x/?x=2#y) [w](./?x=3) [i](i.html?x=4) [t](/top?x=5)\n\n\
                <p><a href=\"user-groups/?x=6\">u</a> <a href='../?x=7'>v</a></p>\n\n[n](none.pdf) [#](#a)";
    for (head, address, folder) in [
        ("url: /tr/community/", "/tr/community", "/tr/community/"),
        ("permalink: tr/community/", "/tr/community", "/tr/community/"),
    ] {
        let site = TestSite::new()
            .setting("site.base_url", "https://own.example")
            .file("pages/c.md", format!("---\ntitle: C\n{head}\n---\n{text}"))
            .start()
            .await;
        let above = folder.trim_end_matches('/').rsplit_once('/').map_or("", |(above, _)| above);
        let expected = [
            format!("{folder}user-groups/?x=1"),
            format!("{above}/x/?x=2#y"),
            format!("{folder}?x=3"),
            format!("{folder}i.html?x=4"),
            "/top?x=5".to_owned(),
            format!("{folder}user-groups/?x=6"),
            format!("{above}/?x=7"),
        ];
        assert_eq!(links(&site.get(address).await), expected, "{head}");
        let problems = site.problems().join("\n");
        assert!(problems.contains("the link \"none.pdf\" leads to no file here"), "{problems}");
        assert!(problems.contains(&format!("{folder}user-groups/?x=1")), "a dead link is reported: {problems}");
    }
}

#[tokio::test]
async fn a_relative_link_begins_at_an_old_address_if_it_leads_to_a_page_there() {
    let text = "[u](user-groups/?x=1) [n](none/?x=2) [p](posts?x=3) <a href=\"user-groups?x=4\">v</a>";
    let site = TestSite::new()
        .file("pages/community.md", format!("---\ntitle: C\naliases: [/tr/community/, /old]\n---\n{text}"))
        .file("pages/groups.md", "---\ntitle: G\nurl: /tr/community/user-groups/\n---\nText.")
        .keeps_current()
        .start()
        .await;
    let expected = ["/tr/community/user-groups/?x=1", "none/?x=2", "posts?x=3", "/tr/community/user-groups?x=4"];
    assert_eq!(links(&site.get("/community").await), expected);
    site.save("pages/groups.md", "---\ntitle: G\nurl: /tr/community/none\n---\nText.");
    let expected = ["user-groups/?x=1", "/tr/community/none/?x=2", "posts?x=3", "user-groups?x=4"];
    eventually("the page has moved", async || (links(&site.get("/community").await) == expected).then_some(())).await;
}

#[tokio::test]
async fn relative_links_of_other_addresses_and_to_files_stay() {
    let text = "[a](other?x=1) [b](calf.md?x=2)";
    let site = TestSite::new().page("a", text).post("calf", "Text.").start().await;
    assert_eq!(links(&site.get("/a").await)[0], "other?x=1");
    let pattern = TestSite::new()
        .setting("site.permalink", "/{year}/{slug}/")
        .post("a", "[a](../calf/?x=1) [b](calf.md#x=2)")
        .post("calf", "Text.")
        .start()
        .await;
    assert_eq!(links(&pattern.get("/2026/a/").await), ["/2026/calf/?x=1", "/2026/calf/#x=2"]);
    assert_eq!(pattern.problems().iter().filter(|problem| problem.contains("../calf/")).count(), 0);
}

#[tokio::test]
async fn an_id_in_an_attribute_list_is_that_of_its_heading_or_paragraph() {
    for (text, id, name) in [
        ("## One {: #aa }", "aa", "h2"),
        ("## One {:#aa}", "aa", "h2"),
        ("## One\n{:#aa}\n\nText.", "aa", "h2"),
        ("## One\n{: #aa .b title='a b' }\nText.", "aa", "h2"),
        ("One\n---\n{: #aa }", "aa", "h2"),
        ("Before.\n\nWords of\na text.\n{:#aa}\n\nAfter.", "aa", "a"),
        ("{{ site.url }}/x\n\nWords.\n{: #aa}", "aa", "a"),
    ] {
        let html = TestSite::new().post("a", text).start().await.get("/posts/a").await.html();
        assert_eq!(html.by_id(id).map(|one| one.name.as_str()), Some(name), "{text}");
        assert!(!body(text).await.contains("{:"), "{text}");
    }
    for text in [
        "![A](https://a.example/b.png){: .icon\nwidth=\"70\"}",
        "Text\n{: .icon\nwidth='7 0'}",
        "```\na\n```\n{: #code}",
    ] {
        let body = body(text).await;
        assert!(!body.contains("{:") && !body.contains("width="), "{body}");
        assert!(problems(text).await.iter().any(|problem| problem.contains("is an attribute list")), "{text}");
    }
    assert!(body("a {:b c} {: #x in words").await.contains("a {:b c} {: #x in words"));
}

#[tokio::test]
async fn an_id_in_an_attribute_list_is_that_of_its_list_quote_table_or_word() {
    for (text, expected) in [
        ("- One\n- Two\n{: #aa}\n\nEnd", "<ul><li><a id=\"aa\"></a>One</li><li>Two</li></ul><p>End</p>"),
        ("Before:\n1. One\n2. Two\n{: #aa .b}", "<p>Before:</p><ol><li><a id=\"aa\"></a>One</li><li>Two</li></ol>"),
        ("* One\n\n* Two\n{:#aa}", "<ul><li><p><a id=\"aa\"></a>One</p></li><li><p>Two</p></li></ul>"),
        ("- One\n\n  Two\n  {: #aa}", "<ul><li><p>One</p><p><a id=\"aa\"></a>Two</p></li></ul>"),
        ("- {: #aa} One\n- Two", "<ul><li><a id=\"aa\"></a>One</li><li>Two</li></ul>"),
        ("> One\n> two\n{: #aa}", "<blockquote><p><a id=\"aa\"></a>Onetwo</p></blockquote>"),
        ("> One\n>\n> Two\n> {: #aa}", "<blockquote><p>One</p><p><a id=\"aa\"></a>Two</p></blockquote>"),
        ("{: #aa}\nBelow.", "<p><a id=\"aa\"></a>Below.</p>"),
        ("<sup>1</sup> Matz\n{: #aa}", "<p><a id=\"aa\"></a><sup>1</sup> Matz</p>"),
        ("[One](/posts/a) two\n{: #aa}", "<p><a id=\"aa\"></a><a href=\"/posts/a\">One</a> two</p>"),
        ("**One**\n{: #aa}", "<p><a id=\"aa\"></a><strong>One</strong></p>"),
        ("`One` two\n{: #aa}", "<p><a id=\"aa\"></a><code>One</code> two</p>"),
        ("1 two\n{: #aa}", "<p><a id=\"aa\"></a>1 two</p>"),
        ("'One'\n{: #aa}", "<p><a id=\"aa\"></a>‘One’</p>"),
        (
            "- [One](/posts/a)\n- Two\n{: #aa}",
            "<ul><li><a id=\"aa\"></a><a href=\"/posts/a\">One</a></li><li>Two</li></ul>",
        ),
        ("One two {: #aa}\nthree", "<p>One two <a id=\"aa\"></a>three</p>"),
        ("[One](/posts/a) two {: #aa}", "<p><a href=\"/posts/a\">One</a> two <a id=\"aa\"></a></p>"),
        ("A *word*{: #aa} here", "<p>A <em>word</em><a id=\"aa\"></a> here</p>"),
        ("> One\n{#aa .b}", "<blockquote><p><a id=\"aa\"></a>One</p></blockquote>"),
    ] {
        assert_eq!(body(text).await, expected, "{text}");
        assert_eq!(problems(text).await, Vec::<String>::new(), "{text}");
    }
    for text in ["> ## One\n> {: #aa}\n>\n> Two", "{: #aa}\n## One\n\nTwo"] {
        assert!(body(text).await.contains("<h2 id=\"aa\">One</h2>"), "{text}");
    }
    let table = body("| One | Two |\n|---|---|\n| a | b |\n{: #aa}\n\nEnd").await;
    assert!(table.contains("<th scope=\"col\"><a id=\"aa\"></a>One</th>") && !table.contains("{:"), "{table}");
    let table = body("| One | Two |\n|---|---|\n| a {: #aa} | b {: .bb} |").await;
    assert!(table.contains("<td>a <a id=\"aa\"></a></td><td>b</td>"), "{table}");
}

#[tokio::test]
async fn an_id_below_a_picture_or_an_embed_stands_above_it() {
    for (text, around) in [
        ("![A](https://a.example/b.png \"Caption\")\n{: #aa}\n\nEnd", ""),
        ("https://vimeo.com/1\n{: #aa}", ""),
        ("> ![A](https://a.example/b.png \"Caption\")\n{: #aa}", "blockquote"),
        ("> One\n>\n> ![A](https://a.example/b.png \"Caption\")\n> {: #aa}", "blockquote"),
        ("- ![A](https://a.example/b.png \"Caption\")\n  {: #aa}\n- Two", "li"),
        ("{: #aa}\n![A](https://a.example/b.png \"Caption\")", ""),
    ] {
        let html = TestSite::new().post("a", text).start().await.get("/posts/a").await.html();
        let target = html.by_id("aa").unwrap_or_else(|| panic!("{text}"));
        let outer = &html.elements[*target.within.last().expect("a text")];
        assert_eq!(if outer.has_class("prose") { "" } else { &outer.name }, around, "{text}");
        let figures = html.all("figure").len() + html.elements.iter().filter(|one| one.has_class("embed")).count();
        assert!(figures > 0, "{text}");
        assert!(!body(text).await.contains("{:"), "{text}");
    }
}

#[tokio::test]
async fn an_attribute_list_without_an_id_is_left_out_and_reported() {
    for (text, expected) in [
        ("- One\n- Two\n{: .aa}\n\nEnd", "<ul><li>One</li><li>Two</li></ul><p>End</p>"),
        ("- {:.aa} One\n- Two", "<ul><li>One</li><li>Two</li></ul>"),
        ("- One\n{:.aa}\n- Two", "<ul><li>One</li><li>Two</li></ul>"),
        ("1. One\n   {: .aa}\n2. Two", "<ol><li>One</li><li>Two</li></ol>"),
        ("1. {:.aa} One", "<ol><li>One</li></ol>"),
        ("> One\n{: .aa}", "<blockquote><p>One</p></blockquote>"),
        ("> One\n> {: .aa}\n\nEnd", "<blockquote><p>One</p></blockquote><p>End</p>"),
        ("> One\n{.aa}", "<blockquote><p>One</p></blockquote>"),
        ("[One](/x){: .aa target=\"_blank\"}", "<p><a href=\"/x\">One</a></p>"),
        ("{:aa: .bb}\n\nOne\n{:aa}", "<p>One</p>"),
        ("* TOC\n{:toc}\n\nOne", "<p>One</p>"),
        ("1. TOC\n{:toc .no_toc}\n\nOne", "<p>One</p>"),
        ("* This will become a table of contents.\n{: toc}\nOne", "<p>One</p>"),
        (" * TOC\n {:toc}\n\nOne", "<p>One</p>"),
        ("Zero\n\n- TOC\n{:toc}\n\nOne", "<p>Zero</p><p>One</p>"),
        ("One two {: .bb}", "<p>One two</p>"),
        (
            "<img src=\"https://a.example/b.png\" alt=\"B\">\n{: .center}\n\nEnd",
            "<img src=\"https://a.example/b.png\" alt=\"B\"><p>End</p>",
        ),
        ("{::options parse_block_html=\"true\" /}\n\nOne", "<p>One</p>"),
    ] {
        assert_eq!(body(text).await, expected, "{text}");
        let problems = problems(text).await;
        assert!(problems.iter().any(|problem| problem.contains("left out")), "{text}: {problems:?}");
        assert!(!problems.concat().contains("kramdown"), "the blog may be Hugo's: {problems:?}");
    }
    assert!(body("## One {: .aa}").await.contains("<h2 id=\"one\">One</h2>"));
    assert_eq!(body("One {::comment}hidden{:/comment}two").await, "<p>One two</p>");
    assert_eq!(body("{.5} {#if} {#each x}").await, "<p>{.5} {#if} {#each x}</p>");
}

#[tokio::test]
async fn markdown_in_an_element_with_the_markdown_attribute_is_rendered() {
    for (text, expected) in [
        ("<div markdown=\"1\">\n*a*\n</div>\n*b*", "<div><p><em>a</em></p></div><p><em>b</em></p>"),
        (
            "<div class=\"x\" markdown=\"1\">\n  <aside markdown='block' id=y>\n    *a*\n\n    - b\n  </aside>\n</div>",
            "<div class=\"x\"><aside id=y><p><em>a</em></p><ul><li>b</li></ul></aside></div>",
        ),
        (
            "<div markdown=1><div>*a*</div>\n\n<div markdown=1>*b*</div></div>",
            "<div><div>*a*</div><div><p><em>b</em></p></div></div>",
        ),
        (
            "<details markdown><summary markdown=\"span\">*a*</summary>\n*b*\n</details>",
            "<details><summary><em>a</em></summary><p><em>b</em></p></details>",
        ),
        ("<p markdown=\"1\">\n- @lord, [T](/x)\n</p>", "<p>- @lord, <a href=\"/x\">T</a></p>"),
        ("<p markdown=\"1\">\n# a  \n> *b*\n</p>", "<p># a<br> &gt; <em>b</em></p>"),
        ("<p markdown=\"1\">*a* [b](/c)</p>", "<p><em>a</em> <a href=\"/c\">b</a></p>"),
        ("A <span markdown=\"1\">*b*</span>.", "<p>A <span><em>b</em></span>.</p>"),
        ("<div markdown=\"0\">*a*</div>", "<div>*a*</div>"),
        ("<div markdown=\"1\"><p>*a*</p>\n*b*\n</div>", "<div><p>*a*</p><p><em>b</em></p></div>"),
        (
            "<div markdown=\"1\">\n<p>a</p>\n- *b*\n</div>\n*c*",
            "<div><p>a</p><ul><li><em>b</em></li></ul></div><p><em>c</em></p>",
        ),
        ("<div markdown=\"1\"><p>a\n\n*b*\n</div>", "<div><p>a<p><em>b</em></p></div>"),
        (
            "<div markdown=\"1\"><table><tr><td>a</td></tr></table>\n*b*</div>",
            "<div><table><tr><td>a</td></tr></table><p><em>b</em></p></div>",
        ),
        ("<p markdown=\"1\">*a*</p>\n*b*", "<p><em>a</em></p><p><em>b</em></p>"),
        (
            "<aside markdown=\"1\">\n  <img src=\"https://a.example/b.png\" alt=\"B\">\n  *a*\n  <p markdown=\"1\">\n*c*\n  </p>\n</aside>",
            "<aside><p><img src=\"https://a.example/b.png\" alt=\"B\"> <em>a</em></p><p><em>c</em></p></aside>",
        ),
        ("<div markdown=\"1\">\n\t*a*\n\n\t*b*\n</div>", "<div><p><em>a</em></p><p><em>b</em></p></div>"),
        ("> <div markdown=\"1\">\n> *a*\n> </div>", "<blockquote><div><p><em>a</em></p></div></blockquote>"),
        (
            "- <div markdown=\"1\">\n  *a*\n  </div>\n- b",
            "<ul><li><div><p><em>a</em></p></div></li><li><p>b</p></li></ul>",
        ),
        (
            "`<div markdown=\"1\">` and\n\n```text\n<div markdown=\"1\">\n```",
            "<p><code>&lt;div markdown=\"1\"&gt;</code> and</p>",
        ),
    ] {
        let body = body(text).await;
        assert!(body.starts_with(expected), "{text}: {body}");
    }
    let html = TestSite::new().post("a", "<aside markdown=\"1\">\n## A heading\n</aside>").start().await;
    assert_eq!(html.get("/posts/a").await.html().by_id("a-heading").map(|one| one.name.as_str()), Some("h2"));
}

#[tokio::test]
async fn marks_of_other_systems_that_have_no_effect_are_reported() {
    for (text, line, word) in [
        ("<aside>\nA\n</aside>\n## Heading\n\nText.", 8, "## Heading"),
        ("<div>\n```\na\n```\n</div>", 6, "```"),
        ("Text.\n\n[[toc]]\n\nText.", 7, "[[toc]]"),
        ("[TOC]", 5, "[TOC]"),
        ("Text.\n\n$$\nx^2\n$$", 7, "$$"),
        ("- A $$x^2$$ in words.", 5, "$$"),
    ] {
        let problems = problems(text).await;
        let is_told = |problem: &String| problem.starts_with(&format!("posts/a.md:{line}:")) && problem.contains(word);
        assert!(problems.iter().any(is_told), "{text}: {problems:?}");
    }
    for text in [
        "<aside>\nA\n</aside>\n\n## Heading",
        "<pre>\n# a\n## b\n</pre>",
        "`$$` and `$$`, or $$ once.",
        "```\n$$\n[[toc]]\n$$\n```",
        "<div>\n#hashtag\n</div>",
    ] {
        assert_eq!(problems(text).await, Vec::<String>::new(), "{text}");
    }
}

#[tokio::test]
async fn the_title_of_an_alert_is_shown() {
    for (text, expected) in [
        ("> [!NOTE] Read this\n> Text.", "Note</p><p><strong>Read this</strong></p><p>Text.</p></aside>"),
        ("> [!warning]- *Read* this", "Warning</p><p><em>Read</em> this</p></aside>"),
        ("1. > [!TIP] Read\n   > this", "Tip</p><p><strong>Read</strong></p><p>this</p></aside></li></ol>"),
        ("> [!TIP]\n> Text.", "Tip</p><p>Text.</p></aside>"),
    ] {
        let body = body(text).await;
        assert!(body.ends_with(expected), "{text}: {body}");
    }
    assert!(body("> A [!NOTE] here").await.contains("A [!NOTE] here"));
}

#[tokio::test]
async fn a_shortcode_in_html_does_not_end_the_html() {
    for (text, expected) in [
        (
            "<figure><a href=\"/x\">\n{% Img src=\"missing.png\", alt=\"A\" %}\n</a><figcaption><a href=\"/y\">D</a></figcaption></figure>",
            "<figure><a href=\"/x\"><span>A</span></a><figcaption><a href=\"/y\">D</a></figcaption></figure>",
        ),
        (
            "<p>\n{{< figure src=\"https://a.example/b.png\" alt=\"A\" >}}\n</p>",
            "<p><img src=\"https://a.example/b.png\" alt=\"A\" /></p>",
        ),
        (
            "<div>{{< vimeo 1 >}} <b>b</b></div>",
            "<div><a href=\"https://vimeo.com/1\">https://vimeo.com/1</a> <b>b</b></div>",
        ),
    ] {
        assert_eq!(body(text).await, expected, "{text}");
    }
    let html = TestSite::new().post("a", "<div>\n{{< vimeo 1 >}}\n</div>").start().await.get("/posts/a").await.html();
    assert!(html.elements.iter().any(|one| one.attribute("data-player").is_some()));
}
