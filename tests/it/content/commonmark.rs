//! The author's Markdown is CommonMark: every example of its specification comes out, or as in
//! `commonmark-changed.txt`, where an extension or the page around the text changes it.
//!
//! Differences do not matter if `test/normalize.py` of the specification removes them: white space around blocks, the
//! order of attributes, how a character is escaped.

use std::{cell::RefCell, collections::HashMap, time::Duration};

use html5ever::{
    buffer_queue::BufferQueue,
    tendril::StrTendril,
    tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
};
use instep::{
    content::{
        Effort,
        markdown::{Linked, Lookup, render},
    },
    domain::{embed::OEmbed, entry::Piece, picture::Picture, slug::Slug},
    texts::Texts,
};

use crate::support::{read, root};

/// Lookup that finds nothing, and counts the work on a text.
pub(super) struct Nothing(pub Effort);

impl Lookup for Nothing {
    fn media(&self, _: &str) -> Option<Linked> {
        None
    }

    fn entry(&self, _: &str) -> Option<String> {
        None
    }

    fn poster(&self, _: &str) -> Option<Picture> {
        None
    }

    fn named(&self, _: &str) -> Option<String> {
        None
    }

    fn oembed(&self, _: &str) -> Option<OEmbed> {
        None
    }

    fn texts(&self) -> &'static Texts {
        instep::texts::of("en").expect("is shipped")
    }

    fn has_stretch(&self, _: &Slug) -> bool {
        false
    }

    fn has_cover(&self) -> bool {
        false
    }

    fn spend(&self, bytes: usize) -> bool {
        self.0.spend(bytes)
    }
}

/// Fence around an example.
const FENCE: &str = "````````````````````````````````";

#[test]
fn every_example_of_the_specification_is_rendered_as_expected() {
    let text = read(&root().join("tests/fixtures/commonmark-0.31.2.txt")).replace('→', "\t");
    let opening = format!("{FENCE} example\n");
    let examples: Vec<&str> = text.split(&opening).skip(1).filter_map(|part| part.split(FENCE).next()).collect();
    assert_eq!(examples.len(), 652);
    let changed = read(&root().join("tests/fixtures/commonmark-changed.txt"));
    let changed: HashMap<usize, &str> = changed
        .split(FENCE)
        .filter_map(|part| part.trim_start().split_once('\n'))
        .filter_map(|(number, html)| Some((number.parse().ok()?, html)))
        .collect();
    let (mut wrong, mut equal) = (Vec::new(), 0);
    for (at, example) in examples.into_iter().enumerate() {
        // A line with one full stop stands between the two; the first may be empty.
        let (markdown, expected) = match example.strip_prefix(".\n") {
            Some(html) => ("", html),
            None => example.split_once("\n.\n").expect("two parts"),
        };
        let html = html_of(&format!("{markdown}\n"));
        equal += usize::from(normal(&html) == normal(expected));
        let expected = changed.get(&(at + 1)).copied().unwrap_or(expected);
        if normal(&html) != normal(expected) {
            wrong.push(format!("{FENCE} {}\n{html}", at + 1));
        }
    }
    assert!(wrong.is_empty(), "{} of 652 differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(equal + changed.len(), 652, "an example is equal again");
}

#[test]
fn html_is_compared_by_its_meaning() {
    for (one, other) in [("<p>a\nb</p>", "\n<p> a b\n</p>"), ("<br />", "<br>"), ("&quot;<a b c=d>", "\"<a c='d' b>")] {
        assert_eq!(normal(one), normal(other));
    }
    for (one, other) in [("a b", "ab"), ("<pre>a  b</pre>", "<pre>a b</pre>"), ("<p>a</p>", "<p>a</p><p></p>")] {
        assert_ne!(normal(one), normal(other));
    }
}

fn html_of(markdown: &str) -> String {
    let html = |piece: Piece| match piece {
        Piece::Html(html) => html,
        Piece::Heading(line, html) => format!("<h{0} id=\"{1}\">{html}</h{0}>\n", line.level, line.id),
        Piece::Code(code) => {
            let text = code.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            format!("<pre><code class=\"language-{}\">{text}</code></pre>\n", code.language)
        }
        other => panic!("{markdown:?} made {other:?}"),
    };
    render(markdown, &Nothing(Effort::new(Duration::MAX))).body.pieces.into_iter().map(html).collect()
}

fn normal(html: &str) -> String {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Normal::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner().out.trim().to_owned()
}

#[derive(Default)]
struct Normal(RefCell<State>);

#[derive(Default)]
struct State {
    out: String,
    after_block: bool,
    in_pre: bool,
}

const BLOCKS: &[&str] = &[
    "article",
    "header",
    "aside",
    "hgroup",
    "blockquote",
    "hr",
    "iframe",
    "body",
    "li",
    "map",
    "button",
    "object",
    "canvas",
    "ol",
    "caption",
    "output",
    "col",
    "p",
    "colgroup",
    "pre",
    "dd",
    "progress",
    "div",
    "section",
    "dl",
    "table",
    "td",
    "dt",
    "tbody",
    "embed",
    "textarea",
    "fieldset",
    "tfoot",
    "figcaption",
    "th",
    "figure",
    "thead",
    "footer",
    "tr",
    "form",
    "ul",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "video",
    "script",
    "style",
];

impl TokenSink for Normal {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => state.text(&text),
            Token::TagToken(tag) => state.tag(&tag),
            Token::CommentToken(text) => {
                state.after_block = false;
                state.out.push_str(&format!("<!--{text}-->"));
            }
            Token::DoctypeToken(doctype) => state.out.push_str(&format!("{doctype:?}")),
            Token::NullCharacterToken => state.out.push('\0'),
            Token::ParseError(_) | Token::EOFToken => {}
        }
        TokenSinkResult::Continue
    }
}

impl State {
    fn text(&mut self, text: &str) {
        if self.in_pre {
            self.out.push_str(text);
        } else {
            // The tokenizer may cut text anywhere, so a run of white space may begin in the part before.
            for c in text.chars() {
                let is_space = c.is_ascii_whitespace();
                if !is_space {
                    self.out.push(c);
                } else if !self.after_block && !self.out.ends_with(' ') {
                    self.out.push(' ');
                }
                self.after_block &= is_space;
            }
            return;
        }
        self.after_block = false;
    }

    fn tag(&mut self, tag: &Tag) {
        let is_block = BLOCKS.contains(&&*tag.name);
        if is_block && !self.in_pre {
            self.out.truncate(self.out.trim_end().len());
        }
        let mut attributes: Vec<String> =
            tag.attrs.iter().map(|one| format!(" {}={:?}", one.name.local, one.value.to_string())).collect();
        attributes.sort();
        let slash = if tag.kind == TagKind::EndTag { "/" } else { "" };
        self.out.push_str(&format!("<{slash}{}{}>", tag.name, attributes.concat()));
        if &*tag.name == "pre" {
            self.in_pre = tag.kind == TagKind::StartTag;
        }
        self.after_block = is_block;
    }
}
