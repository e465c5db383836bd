use super::*;
use crate::{
    domain::{
        embed::{Embed, OEmbed, Player},
        entry::Piece,
        picture::Picture,
        slug::Slug,
    },
    texts::Texts,
};

pub(in crate::content) struct Site;

impl Lookup for Site {
    fn texts(&self) -> &'static Texts {
        crate::texts::of("en").expect("is shipped")
    }

    fn media(&self, written: &str) -> Option<Linked> {
        let media_type = match written.rsplit_once('.')?.1 {
            "jpg" => "image/jpeg",
            "mp4" => "video/mp4",
            "mp3" => "audio/mpeg",
            "gif" => "image/gif",
            _ => return None,
        };
        let picture = Picture { address: format!("/media/1-{written}"), size: Some((4, 3)), format: None };
        (!written.contains("none") && !written.contains("://")).then(|| Linked {
            picture,
            media_type: media_type.to_owned(),
            poster: None,
            captions: Vec::new(),
            moves: written.contains("moves"),
            refusal: None,
        })
    }

    fn entry(&self, written: &str) -> Option<String> {
        written.starts_with("calf.md").then(|| written.replace("calf.md", "/posts/calf"))
    }

    fn named(&self, written: &str) -> Option<String> {
        let (path, fragment) = written.split_once('#').unwrap_or((written, ""));
        let name = crate::content::source::name_in(path);
        (name == "calf")
            .then(|| if fragment.is_empty() { "/posts/calf".to_owned() } else { format!("/posts/calf#{fragment}") })
    }

    fn poster(&self, stem: &str) -> Option<Picture> {
        (stem == "vimeo-2").then(|| Picture { address: "/media/1-vimeo-2.jpg".to_owned(), size: None, format: None })
    }

    fn oembed(&self, stem: &str) -> Option<OEmbed> {
        (stem == "vimeo-2").then(|| OEmbed { title: Some("Told".to_owned()), ..OEmbed::default() })
    }

    fn has_stretch(&self, slug: &Slug) -> bool {
        slug.as_str() == "toe-flexion"
    }

    fn has_cover(&self) -> bool {
        true
    }
}

/// Pieces in one line: HTML as it is, `{embed address}`, `{stretch slug}`.
pub(super) fn shape(markdown: &str) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Html(html) => html.clone(),
        Piece::Heading(line, html) => format!("<h{0} id=\"{1}\">{html}</h{0}>", line.level, line.id),
        Piece::Code(code) => format!("{{{} {:?}}}", code.language, code.text),
        Piece::Embed(embed) => match &**embed {
            Embed::Player(player) => format!("{{{} {:?}}}", player.address, player.title),
            Embed::Video(clip) | Embed::Audio(clip) => format!("{{{} {:?}}}", clip.address, clip.title),
        },
        Piece::Stretch(slug) => format!("{{{slug}}}"),
    };
    render(markdown, &Site).body.pieces.iter().map(piece).collect::<String>().replace('\n', "")
}

fn player(piece: Option<Piece>) -> Player {
    match piece {
        Some(Piece::Embed(embed)) => match *embed {
            Embed::Player(player) => player,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_address_alone_on_its_line_is_an_embed() {
    for (markdown, expected) in [
        ("https://youtu.be/a-_b--c", "{https://www.youtube.com/watch?v=a-_b--c None}"),
        ("<https://vimeo.com/1>", "{https://vimeo.com/1 None}"),
        ("[A film](https://vimeo.com/1)", "{https://vimeo.com/1 Some(\"A film\")}"),
        ("Look:\nhttps://vimeo.com/1\nNice.", "<p>Look:</p>{https://vimeo.com/1 None}<p>Nice.</p>"),
        ("one\ntwo\nhttps://vimeo.com/1", "<p>onetwo</p>{https://vimeo.com/1 None}"),
        ("see https://vimeo.com/1", "<p>see <a href=\"https://vimeo.com/1\">https://vimeo.com/1</a></p>"),
        ("`https://vimeo.com/1`", "<p><code>https://vimeo.com/1</code></p>"),
        (
            "https://example.org/?a&b",
            "<p><a href=\"https://example.org/?a&amp;b\">https://example.org/?a&amp;b</a></p>",
        ),
        ("![Rocking](reel.mp4)", "{/media/1-reel.mp4 Some(\"Rocking\")}"),
        ("reel.mp4", "{/media/1-reel.mp4 None}"),
        (r"left\_reel.mp4", "{/media/1-left_reel.mp4 None}"),
        ("![](talk.mp3)", "{/media/1-talk.mp3 None}"),
        ("- https://vimeo.com/1", "<ul><li><a href=\"https://vimeo.com/1\">https://vimeo.com/1</a></li></ul>"),
        ("> https://vimeo.com/1", "<blockquote>{https://vimeo.com/1 None}</blockquote>"),
    ] {
        assert_eq!(shape(markdown), expected, "{markdown}");
    }
}

#[test]
fn a_poster_beside_the_text_is_found_by_its_name() {
    let poster = |markdown: &str| player(render(markdown, &Site).body.pieces.pop()).poster;
    assert!(poster("https://vimeo.com/2").is_some());
    assert!(poster("https://vimeo.com/1").is_none());
}

#[test]
fn a_stretch_is_shown_by_a_line_of_its_own() {
    assert_eq!(shape("a\n\n![[toe-flexion]]\n\nb"), "<p>a</p>{toe-flexion}<p>b</p>");
    let rendered = render("\n![[toes]]", &Site);
    assert_eq!(rendered.remarks[0].what, "there is no stretch called \"toes\"");
    assert_eq!(rendered.remarks[0].at, 1);
}

#[test]
fn pictures_and_links_find_their_files() {
    for (markdown, expected) in [
        (
            "![Toes](a.jpg)",
            "<p><img src=\"/media/1-a.jpg\" alt=\"Toes\" width=\"4\" height=\"3\" loading=\"lazy\" decoding=\"async\"></p>",
        ),
        (
            "![Toes](a.jpg \"Mine\")",
            "<figure><img src=\"/media/1-a.jpg\" alt=\"Toes\" width=\"4\" height=\"3\" loading=\"lazy\" decoding=\"async\"><figcaption>Mine</figcaption></figure>",
        ),
        ("[x](@/blog/calf.md#up)", "<p><a href=\"/posts/calf#up\">x</a></p>"),
        (
            "[x](calf.md#heel) [y](a.jpg) [z](/about) [w](#w)",
            "<p><a href=\"/posts/calf#heel\">x</a> <a href=\"/media/1-a.jpg\">y</a> <a href=\"/about\">z</a> <a href=\"#w\">w</a></p>",
        ),
        (
            "![A](a.jpg)\n![B](b.jpg \"Mine\")",
            "<div class=\"gallery\"><img src=\"/media/1-a.jpg\" alt=\"A\" width=\"4\" height=\"3\" loading=\"lazy\" decoding=\"async\"><figure><img src=\"/media/1-b.jpg\" alt=\"B\" width=\"4\" height=\"3\" loading=\"lazy\" decoding=\"async\"><figcaption>Mine</figcaption></figure></div>",
        ),
        (
            "![A](a.jpg) and ![B](b.jpg)",
            "<p><img src=\"/media/1-a.jpg\" alt=\"A\" width=\"4\" height=\"3\" loading=\"lazy\" decoding=\"async\"> and <img src=\"/media/1-b.jpg\" alt=\"B\" width=\"4\" height=\"3\" loading=\"lazy\" decoding=\"async\"></p>",
        ),
        ("![A](a.mp4)\n![B](b.mp4)", "{/media/1-a.mp4 Some(\"A\")}{/media/1-b.mp4 Some(\"B\")}"),
        ("see ![Clip](reel.mp4)", "<p>see <a href=\"/media/1-reel.mp4\">Clip</a></p>"),
    ] {
        assert_eq!(shape(markdown), expected, "{markdown}");
    }
    assert!(render("<ana@a.example> [x](mailto:ana@a.example)", &Site).remarks.is_empty());
    let rendered = render("![x](none.jpg)\n\n![y](https://a.example/b.jpg)\n\n[z](none.md)", &Site);
    assert_eq!(rendered.remarks.len(), 3, "{:?}", rendered.remarks);
    assert!(rendered.has_remote_picture);
}

#[test]
fn headings_footnotes_tables_alerts_and_code_become_html() {
    for (markdown, expected) in [
        (
            "## Calf & heel\n## Calf & heel",
            "<h2 id=\"calf--heel\">Calf &amp; heel</h2><h2 id=\"calf--heel-1\">Calf &amp; heel</h2>",
        ),
        ("# One {#uno}\n## Two", "<h2 id=\"uno\">One</h2><h3 id=\"two\">Two</h3>"),
        (
            "a[^x] b[^y] c[^x]\n\n[^y]: why\n[^x]: ex",
            "<p>a<sup class=\"footnote-ref\"><a href=\"#-fn-1\" id=\"-fnref-1\" aria-label=\"Footnote 1\">1</a></sup> b<sup class=\"footnote-ref\"><a href=\"#-fn-2\" id=\"-fnref-2\" aria-label=\"Footnote 2\">2</a></sup> c<sup class=\"footnote-ref\"><a href=\"#-fn-1\" id=\"-fnref-1-2\" aria-label=\"Footnote 1\">1</a></sup></p><section class=\"footnotes\" aria-labelledby=\"-footnotes-title\"><h2 id=\"-footnotes-title\">Footnotes</h2><ol><li id=\"-fn-1\"><p>ex <a class=\"footnote-back\" href=\"#-fnref-1\" aria-label=\"Back to the text, footnote 1\">↩</a> <a class=\"footnote-back\" href=\"#-fnref-1-2\" aria-label=\"Back to the text, footnote 1\">↩</a></p></li><li id=\"-fn-2\"><p>why <a class=\"footnote-back\" href=\"#-fnref-2\" aria-label=\"Back to the text, footnote 2\">↩</a></p></li></ol></section>",
        ),
        (
            "|a|b|\n|-|-:|\n|1|*2*|",
            "<div class=\"table-scroll\" role=\"region\" aria-label=\"Table\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">a</th><th scope=\"col\" class=\"align-right\">b</th></tr></thead><tbody><tr><td>1</td><td class=\"align-right\"><em>2</em></td></tr></tbody></table></div>",
        ),
        ("> [!TIP]\n> Hi", "<aside class=\"alert alert-tip\"><p class=\"alert-title\">Tip</p><p>Hi</p></aside>"),
        ("```rust\na<b\n```", "{rust \"a<b\\n\"}"),
        ("```\na<b\n```", "<pre tabindex=\"0\"><code>a&lt;b</code></pre>"),
        ("    a<b", "<pre tabindex=\"0\"><code>a&lt;b</code></pre>"),
        ("```rust,linenos,hl_lines=1-2\na\n```", "{rust \"a\\n\"}"),
        ("```rust {hl_lines=[1]}\na\n```", "{rust \"a\\n\"}"),
        ("```go{linenos=table}\na\n```", "{go \"a\\n\"}"),
        ("``` {.python .x}\na\n```", "{python \"a\\n\"}"),
        ("> ```c++\n> a\n> ```\n> b", "<blockquote>{c++ \"a\\n\"}<p>b</p></blockquote>"),
        (
            "a[^x] b\n\n[^x]: c\n\n    ```sh\n    d\n    ```\n\n## E",
            "<p>a<sup class=\"footnote-ref\"><a href=\"#-fn-1\" id=\"-fnref-1\" aria-label=\"Footnote 1\">1</a></sup> b</p><h2 id=\"e\">E</h2><section class=\"footnotes\" aria-labelledby=\"-footnotes-title\"><h2 id=\"-footnotes-title\">Footnotes</h2><ol><li id=\"-fn-1\"><p>c</p>{sh \"d\\n\"} <a class=\"footnote-back\" href=\"#-fnref-1\" aria-label=\"Back to the text, footnote 1\">↩</a></li></ol></section>",
        ),
        (
            "- [x] a\n- [ ] b",
            "<ul><li><input type=\"checkbox\" disabled checked aria-label=\"Done\"> a</li><li><input type=\"checkbox\" disabled aria-label=\"To do\"> b</li></ul>",
        ),
        ("a\n: b", "<dl><dt>a</dt><dd>b</dd></dl>"),
        ("\"a\" -- b", "<p>“a” – b</p>"),
    ] {
        assert_eq!(shape(markdown), expected, "{markdown}");
    }
}

#[test]
fn the_excerpt_ends_at_more_and_the_text_has_no_markup() {
    let rendered = render("First *words*.\n\n<!--more-->\n\n## Then\n\nmore [here](/x)", &Site);
    assert_eq!(rendered.body.excerpt.as_deref(), Some("First words."));
    // Alternative texts would read oddly among the words.
    assert_eq!(&*render("Look: ![A](a.jpg)", &Site).body.text, "Look:");
    assert_eq!(&*rendered.body.text, "First words. Then more here");
    assert_eq!(rendered.body.words, 5);
    assert!(!format!("{:?}", rendered.body.pieces).contains("more-->"));
}

#[test]
fn html_is_kept_and_violations_of_the_policy_are_reported() {
    assert_eq!(
        shape("<details><summary>a</summary>\n\n*b*\n\n</details>"),
        "<details><summary>a</summary><p><em>b</em></p></details>"
    );
    for (markdown, word) in [
        ("<script>alert(1)</script>", "script"),
        ("a <b style=\"color:red\">b</b>", "style"),
        ("<div onclick=\"x()\">a</div>", "handler"),
    ] {
        let remarks = render(markdown, &Site).remarks;
        assert_eq!(remarks.len(), 1, "{markdown}");
        assert!(remarks[0].what.contains(word), "{remarks:?}");
    }
    assert!(render("<div class=\"one\">style = on = x</div>", &Site).remarks.is_empty());
}

#[test]
fn the_authors_title_wins_over_the_providers() {
    let title = |markdown: &str| player(render(markdown, &Site).body.pieces.into_iter().next()).title;
    assert_eq!(title("https://vimeo.com/2").as_deref(), Some("Told"));
    assert_eq!(title("[Mine](https://vimeo.com/2)").as_deref(), Some("Mine"));
    assert_eq!(title("https://vimeo.com/3"), None);
}

#[test]
fn a_clip_loops_where_its_title_says_so() {
    for (markdown, title, loops) in [
        ("![Toes](toes.mp4 \"loop\")", Some("Toes"), true),
        ("![](toes.mp4 \"Loop\")", None, true),
        ("[Toes](toes.mp4 \"loop\")", Some("Toes"), true),
        ("![Toes](toes.mp4 \"a loop of wool\")", Some("Toes"), false),
        ("![Toes](toes.mp4)", Some("Toes"), false),
    ] {
        let pieces = render(markdown, &Site).body.pieces;
        let [Piece::Embed(embed)] = pieces.as_slice() else { panic!("{markdown}: {pieces:?}") };
        let Embed::Video(clip) = &**embed else { panic!("{markdown}: {embed:?}") };
        assert_eq!((clip.title.as_deref(), clip.loops), (title, loops), "{markdown}");
    }
}

#[test]
fn an_animated_picture_is_reported() {
    let remarks = render("![Toes](toes-moves.gif)\n\n![Toes](toes.gif)", &Site).remarks;
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert!(remarks[0].mend.contains("\"loop\""), "{remarks:?}");
}
