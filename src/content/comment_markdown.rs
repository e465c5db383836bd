//! The small Markdown subset of comments, made safe twice: the events are rewritten here, and the HTML that comes of
//! them passes a sanitiser with a short list.

use std::sync::LazyLock;

use ammonia::Builder;
use linkify::{LinkFinder, LinkKind};
use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};

/// Deeper quotes and lists than this are nobody's conversation.
const MAX_NESTING: usize = 6;

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(["p", "br", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"].into())
        .generic_attributes(std::collections::HashSet::new())
        .tag_attributes([("a", ["href"].into()), ("ol", ["start"].into())].into())
        .url_schemes(["http", "https", "mailto"].into())
        .link_rel(Some("nofollow ugc noopener"));
    builder
});

/// HTML for a comment's text: emphasis, links, lists, quotes, code; line breaks as typed. Pictures become links
/// (a picture would be a request to a third party), headings bold lines, HTML shows as it was typed.
pub fn render(text: &str) -> String {
    let options = Options::ENABLE_STRIKETHROUGH;
    let mut plain = Plain::default();
    let events = Parser::new_ext(text, options).flat_map(|event| plain.simplify(event));
    let mut unsafe_html = String::with_capacity(text.len() * 2);
    html::push_html(&mut unsafe_html, events);
    SANITISER.clean(&unsafe_html).to_string()
}

/// The words of a comment in one line, without marks and addresses of links.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Text(words) | Event::Code(words) | Event::Html(words) | Event::InlineHtml(words) => {
                plain.push_str(&words);
            }
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::Heading(_)) => {
                plain.push(' ');
            }
            _ => {}
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Rewrites events into the subset.
#[derive(Default)]
struct Plain<'a> {
    in_link: usize,
    /// Where the outermost link leads, until it has words.
    wordless: Option<CowStr<'a>>,
    in_code: bool,
    /// A line of HTML came before this one in the same block.
    in_html: bool,
    nesting: usize,
}

impl<'a> Plain<'a> {
    fn simplify(&mut self, event: Event<'a>) -> Vec<Event<'a>> {
        if let Event::Text(words) | Event::Code(words) | Event::InlineHtml(words) = &event
            && !words.trim().is_empty()
        {
            self.wordless = None;
        }
        match event {
            Event::Start(Tag::Heading { .. }) => vec![Event::Start(Tag::Paragraph), Event::Start(Tag::Strong)],
            Event::End(TagEnd::Heading(_)) => vec![Event::End(TagEnd::Strong), Event::End(TagEnd::Paragraph)],
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                self.in_link += 1;
                // An image inside a link: the outer link holds.
                if self.in_link > 1 {
                    vec![]
                } else {
                    self.wordless = Some(dest_url.clone());
                    vec![Event::Start(Tag::Link { link_type, dest_url, title, id })]
                }
            }
            Event::End(TagEnd::Image) => {
                self.in_link = self.in_link.saturating_sub(1);
                if self.in_link > 0 { vec![] } else { self.end_of_link() }
            }
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                self.in_link += 1;
                self.wordless = Some(dest_url.clone());
                vec![event]
            }
            Event::End(TagEnd::Link) => {
                self.in_link = self.in_link.saturating_sub(1);
                self.end_of_link()
            }
            Event::Start(Tag::CodeBlock(_)) => {
                self.in_code = true;
                vec![event]
            }
            Event::End(TagEnd::CodeBlock) => {
                self.in_code = false;
                vec![event]
            }
            Event::Start(Tag::BlockQuote(_) | Tag::List(_)) => {
                self.nesting += 1;
                if self.nesting > MAX_NESTING { vec![] } else { vec![event] }
            }
            Event::End(TagEnd::BlockQuote(_) | TagEnd::List(_)) => {
                self.nesting -= 1;
                if self.nesting >= MAX_NESTING { vec![] } else { vec![event] }
            }
            Event::Start(Tag::HtmlBlock) => {
                self.in_html = false;
                vec![Event::Start(Tag::Paragraph)]
            }
            Event::End(TagEnd::HtmlBlock) => vec![Event::End(TagEnd::Paragraph)],
            Event::InlineHtml(html) => vec![Event::Text(html)],
            Event::Html(line) => self.html_line(&line),
            Event::SoftBreak => vec![Event::HardBreak],
            Event::Rule => vec![],
            Event::Text(text) if self.in_link == 0 && !self.in_code => link_addresses(&text),
            other => vec![other],
        }
    }

    /// A link without words would be there for the keyboard alone, so it shows where it leads.
    fn end_of_link(&mut self) -> Vec<Event<'a>> {
        let words = self.wordless.take().map(Event::Text);
        words.into_iter().chain([Event::End(TagEnd::Link)]).collect()
    }

    /// HTML that somebody typed, shown as typed.
    fn html_line(&mut self, line: &str) -> Vec<Event<'a>> {
        let text = Event::Text(CowStr::from(line.trim_end_matches('\n').to_owned()));
        if std::mem::replace(&mut self.in_html, true) { vec![Event::HardBreak, text] } else { vec![text] }
    }
}

/// Bare addresses become links.
fn link_addresses<'a>(text: &str) -> Vec<Event<'a>> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut events = Vec::new();
    for span in finder.spans(text) {
        let words = CowStr::from(span.as_str().to_owned());
        let is_web =
            ["http://", "https://"].iter().any(|scheme| span.as_str().to_ascii_lowercase().starts_with(scheme));
        if span.kind().is_some() && is_web {
            events.push(Event::Start(Tag::Link {
                link_type: LinkType::Autolink,
                dest_url: words.clone(),
                title: CowStr::from(""),
                id: CowStr::from(""),
            }));
            events.push(Event::Text(words));
            events.push(Event::End(TagEnd::Link));
        } else {
            events.push(Event::Text(words));
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_subset() {
        for (typed, html) in [
            ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>\n"),
            ("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>\n"),
            (
                "a [](https://a.example) b ![](https://a.example/c.jpg)",
                "<p>a <a href=\"https://a.example\" rel=\"nofollow ugc noopener\">https://a.example</a> b \
                 <a href=\"https://a.example/c.jpg\" rel=\"nofollow ugc noopener\">https://a.example/c.jpg</a></p>\n",
            ),
            ("# Big", "<p><strong>Big</strong></p>\n"),
            (
                "[x](https://a.example \"t\")",
                "<p><a href=\"https://a.example\" rel=\"nofollow ugc noopener\">x</a></p>\n",
            ),
            (
                "![cat](https://a.example/cat.jpg)",
                "<p><a href=\"https://a.example/cat.jpg\" rel=\"nofollow ugc noopener\">cat</a></p>\n",
            ),
            (
                "[![cat](https://a.example/1)](https://b.example)",
                "<p><a href=\"https://b.example\" rel=\"nofollow ugc noopener\">cat</a></p>\n",
            ),
            (
                "see https://a.example/x_y_z.",
                "<p>see <a href=\"https://a.example/x_y_z\" rel=\"nofollow ugc noopener\">https://a.example/x_y_z</a>.</p>\n",
            ),
            ("[x](javascript:alert(1))", "<p><a rel=\"nofollow ugc noopener\">x</a></p>\n"),
            (
                "<b>hi</b> & <script>alert(1)</script>",
                "<p>&lt;b&gt;hi&lt;/b&gt; &amp; &lt;script&gt;alert(1)&lt;/script&gt;</p>\n",
            ),
            ("<div onclick=x>\nhi\n</div>", "<p>&lt;div onclick=x&gt;<br>\nhi<br>\n&lt;/div&gt;</p>"),
            ("> quote\n\n- a\n- b", "<blockquote>\n<p>quote</p>\n</blockquote>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ] {
            assert_eq!(render(typed).trim_end(), html.trim_end(), "{typed}");
        }
    }

    #[test]
    fn words_alone() {
        for (typed, words) in [
            ("*a* **b**\n`c`", "a b c"),
            ("one\n\n- two\n- three", "one two three"),
            ("[x](https://a.example) <b>y</b>", "x <b>y</b>"),
            ("", ""),
        ] {
            assert_eq!(plain(typed), words, "{typed}");
        }
    }

    #[test]
    fn deep_nesting_is_cut() {
        let deep = render(&format!("{}deep", "> ".repeat(500)));
        assert_eq!(deep.matches("<blockquote>").count(), MAX_NESTING);
        assert!(deep.contains("deep"));
    }

    proptest! {
        #[test]
        fn nothing_but_the_subset_comes_out(typed in "[<>a-z\"'=/ \\n*_`\\[\\]()!:&;#>-]{0,120}") {
            let html = render(&typed);
            prop_assert_eq!(SANITISER.clean(&html).to_string(), html);
        }
    }
}
