//! The small Markdown subset of comments. It is made safe twice: events are rewritten here, then the HTML passes a
//! sanitiser with a short list of allowed elements.

use std::sync::LazyLock;

use ammonia::Builder;
use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};
use url::Url;

use super::{bare_urls, syntax::fences};
use crate::domain::{
    address,
    characters::is_printable,
    comment::{FieldErrors, NewComment, RawComment, Reading},
    mailbox,
    words::in_one_line,
};

/// Deepest nesting of quotes and lists; no real comment needs more.
const MAX_NESTING: usize = 6;

/// Value of the `rel` attribute of each link.
const REL: &str = "nofollow ugc noopener";

/// Replaces a colon that would make a reference definition. A comment cannot contain control characters.
const COLON: char = '\u{14}';

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(["p", "br", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"].into())
        .generic_attributes(std::collections::HashSet::new())
        .tag_attributes([("a", ["href"].into()), ("ol", ["start"].into())].into())
        .url_schemes(["http", "https", "mailto"].into())
        .link_rel(Some(REL));
    builder
});

/// Checks the fields of a comment form.
///
/// # Errors
/// The errors that the visitor has to correct, for each field.
pub fn parse(raw: &RawComment) -> Result<NewComment, FieldErrors> {
    NewComment::parse(raw, read)
}

/// Returns the HTML of a comment's text: emphasis, links, lists, quotes, code; line breaks as typed. Pictures become
/// links (a picture would be a request to a third party), headings bold lines, HTML shows as it was typed.
pub fn render(text: &str) -> String {
    SANITISER.clean(&write(text, None).0).to_string()
}

/// Returns the HTML of a comment for mails and feeds, in which every link is whole. `page` is the whole address of the
/// page with the comment.
pub fn render_for_elsewhere(text: &str, page: &str) -> String {
    SANITISER.clean(&write(text, Some(page)).0).to_string()
}

/// Returns the words of a comment in one line, without marks and addresses of links.
pub fn plain(text: &str) -> String {
    read(text).words
}

/// Returns the readable content of a comment. Skips the sanitiser, which changes nothing that counts here and takes
/// longer than the rest.
fn read(text: &str) -> Reading {
    write(text, None).1
}

/// Writes HTML (not sanitised yet), and records what it contains.
fn write(text: &str, page: Option<&str>) -> (String, Reading) {
    let options = Options::ENABLE_STRIKETHROUGH;
    // No reference definitions: many short references to one long address would make the page huge.
    let text = text.replace("]:", &format!("]{COLON}"));
    let text = fences::without_tabs(&text).text;
    let text = bare_urls::link(&text, options).text;
    let mut writer = Writer { page, ..Writer::default() };
    for event in Parser::new_ext(&text, options) {
        writer.event(event);
    }
    let mut reading = writer.reading;
    let mut unsafe_html = String::with_capacity(text.len() * 2);
    html::push_html(&mut unsafe_html, writer.events.into_iter());
    reading.words = in_one_line(&reading.words);
    reading.html_bytes = unsafe_html.len() + writer.links * " rel=\"\"".len() + writer.links * REL.len();
    (unsafe_html, reading)
}

/// Rewrites events to the subset.
#[derive(Default)]
struct Writer<'a> {
    /// Address of the comment's page, if links must be complete.
    page: Option<&'a str>,
    events: Vec<Event<'a>>,
    reading: Reading,
    /// Number of links of any kind.
    links: usize,
    in_link: usize,
    in_code: bool,
    /// Target of the outermost link, until the link has text.
    wordless: Option<CowStr<'a>>,
    /// True after a line of HTML in the same block.
    in_html: bool,
    nesting: usize,
}

impl<'a> Writer<'a> {
    fn event(&mut self, event: Event<'a>) {
        match event {
            Event::Text(text) | Event::InlineHtml(text) => self.text(text),
            Event::Code(code) => {
                let code = shown(code);
                self.note(&code);
                self.events.push(Event::Code(code));
            }
            Event::Start(Tag::Heading { .. }) => {
                self.events.extend([Event::Start(Tag::Paragraph), Event::Start(Tag::Strong)]);
            }
            Event::End(TagEnd::Heading(_)) => {
                self.end_block([Event::End(TagEnd::Strong), Event::End(TagEnd::Paragraph)]);
            }
            Event::Start(Tag::Image { link_type, dest_url, .. } | Tag::Link { link_type, dest_url, .. }) => {
                self.start_link(link_type, dest_url);
            }
            Event::End(TagEnd::Image | TagEnd::Link) => self.end_link(),
            Event::Start(Tag::BlockQuote(_) | Tag::List(_)) => {
                self.nesting += 1;
                self.events.extend((self.nesting <= MAX_NESTING).then_some(event));
            }
            Event::End(TagEnd::BlockQuote(_) | TagEnd::List(_)) => {
                self.events.extend((self.nesting <= MAX_NESTING).then_some(event));
                self.nesting -= 1;
            }
            Event::Start(Tag::CodeBlock(_)) => {
                self.in_code = true;
                self.events.push(event);
            }
            Event::End(TagEnd::CodeBlock) => {
                self.in_code = false;
                self.end_block([event]);
            }
            Event::Start(Tag::HtmlBlock) => {
                self.in_html = false;
                self.events.push(Event::Start(Tag::Paragraph));
            }
            Event::End(TagEnd::HtmlBlock) => self.end_block([Event::End(TagEnd::Paragraph)]),
            // HTML that was typed, shown as typed.
            Event::Html(line) => {
                if std::mem::replace(&mut self.in_html, true) {
                    self.end_block([Event::HardBreak]);
                }
                self.text(line.trim_end_matches('\n').to_owned().into());
            }
            Event::SoftBreak | Event::HardBreak => self.end_block([Event::HardBreak]),
            Event::Rule => {}
            Event::End(TagEnd::Paragraph | TagEnd::Item) => self.end_block([event]),
            other => self.events.push(other),
        }
    }

    fn text(&mut self, text: CowStr<'a>) {
        let text = shown(text);
        if self.in_link == 0 && !self.in_code {
            self.reading.unlinked.push_str(&text);
        }
        self.note(&text);
        self.events.push(Event::Text(text));
    }

    fn note(&mut self, words: &str) {
        self.reading.words.push_str(words);
        if !words.trim().is_empty() {
            self.wordless = None;
        }
    }

    /// Ends a block, so that the words before and after it are separate.
    fn end_block<const N: usize>(&mut self, events: [Event<'a>; N]) {
        self.reading.words.push(' ');
        self.reading.unlinked.push(' ');
        self.events.extend(events);
    }

    /// Starts a link. If links and pictures are nested, only the outermost counts.
    fn start_link(&mut self, link_type: LinkType, to: CowStr<'a>) {
        self.in_link += 1;
        if self.in_link > 1 {
            return;
        }
        let dest_url: CowStr = match link_type {
            LinkType::Email => to,
            _ => self.target(&shown(to)).into(),
        };
        self.links += 1;
        self.reading.unlinked.push(' ');
        if address::is_web(&dest_url) {
            self.reading.links.push(dest_url.to_string());
        }
        self.wordless = Some(dest_url.clone());
        self.events.push(Event::Start(Tag::Link { link_type, dest_url, title: "".into(), id: "".into() }));
    }

    fn end_link(&mut self) {
        if self.in_link == 1 {
            // A link without text would only be reachable by keyboard, so its target is shown.
            if let Some(words) = self.wordless.take() {
                self.text(words);
            }
            self.events.push(Event::End(TagEnd::Link));
        }
        self.in_link = self.in_link.saturating_sub(1);
    }

    /// Returns the target of a link: a complete address, or a place on this site. People often omit the scheme.
    fn target(&self, to: &str) -> String {
        let first = to.split(['/', '?', '#']).next().unwrap_or_default();
        let path = match to.strip_prefix('/') {
            _ if to.starts_with("//") => return format!("https://{}", to.trim_start_matches('/')),
            Some(_) => to.to_owned(),
            None if first.is_empty() => to.to_owned(),
            None if address::has_scheme(to) => {
                // Browsers read `https:a.example` either as a path or as a host.
                let is_odd = !to.contains("://");
                let url = Url::parse(to).ok().filter(|url| is_odd && matches!(url.scheme(), "http" | "https"));
                return url.map_or_else(|| to.to_owned(), |url| url.to_string());
            }
            None if mailbox::parse(to).is_some() => return format!("mailto:{to}"),
            None if first.contains('.') && !first.starts_with('.') => return format!("https://{to}"),
            None => format!("/{to}"),
        };
        match self.page {
            Some(page) if path.starts_with('/') => page.splitn(4, '/').take(3).collect::<Vec<_>>().join("/") + &path,
            Some(page) => format!("{page}{path}"),
            None => path,
        }
    }
}

/// Returns the text or address with its colons restored, and without unprintable characters, which entities can add.
fn shown(text: CowStr) -> CowStr {
    if text.chars().all(|c| c == '\n' || is_printable(c)) {
        return text;
    }
    let restored = text.chars().map(|c| if c == COLON { ':' } else { c });
    restored.filter(|c| *c == '\n' || is_printable(*c)).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_construct_is_rendered_in_the_subset() {
        for (typed, html) in [
            ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>\n"),
            ("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>\n"),
            (
                "a [](https://a.example) b ![](https://a.example/c.jpg)",
                "<p>a <a href=\"https://a.example\" rel=\"nofollow ugc noopener\">https://a.example</a> b \
                 <a href=\"https://a.example/c.jpg\" rel=\"nofollow ugc noopener\">https://a.example/c.jpg</a></p>\n",
            ),
            ("# Big", "<p><strong>Big</strong></p>\n"),
            ("```\na\n```\t\n\nb", "<pre><code>a\n</code></pre>\n<p>b</p>\n"),
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
    fn plain_text_has_the_words_only() {
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
        fn any_text_is_rendered_in_the_subset(typed in "[<>a-z\"'=/ \\n*_`\\[\\]()!:&;#>-]{0,120}") {
            let html = render(&typed);
            prop_assert_eq!(SANITISER.clean(&html).to_string(), html);
        }
    }
}
