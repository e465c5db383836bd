//! Splits HTML into tags, texts and comments with their positions, like a browser's tokenizer.

use std::ops::Range;

use html5gum::{
    Span, State, Tokenizer,
    emitters::callback::{CallbackEmitter, CallbackEvent},
};

use crate::domain::words::escape_html;

/// A piece of HTML.
#[derive(Debug, PartialEq, Eq)]
pub enum Token {
    Start(StartTag),
    /// An end tag: its name in lower case.
    End(String),
    /// Text with its character references resolved.
    Text(String),
    /// A comment, a doctype, or anything that browsers treat as a comment.
    Comment,
}

/// A start tag.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StartTag {
    /// Bytes from the start of the HTML.
    pub at: usize,
    /// Name in lower case.
    pub name: String,
    /// Position of the end of the name.
    pub name_end: usize,
    pub attributes: Vec<Attribute>,
    /// True if it ends with `/>`.
    pub is_self_closing: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Name in lower case.
    pub name: String,
    /// Value with its character references resolved.
    pub value: String,
    /// Position of the value without its quotes; position of the end of the name if there is no value.
    pub place: Range<usize>,
}

impl StartTag {
    /// The value of an attribute, without white space around it.
    pub fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.iter().find(|one| one.name == attribute).map(|one| one.value.trim())
    }
}

/// All tokens of HTML with their positions, except an unfinished tag at the end.
pub fn tokens(html: &str) -> Vec<(Token, Range<usize>)> {
    let mut tag = StartTag::default();
    let read = move |event: CallbackEvent<'_>, span: Span<usize>| {
        let owned = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let token = match event {
            CallbackEvent::OpenStartTag { name } => {
                let name_end = span.start + 1 + name.len();
                tag = StartTag { at: span.start, name: owned(name), name_end, ..StartTag::default() };
                return None;
            }
            CallbackEvent::AttributeName { name } => {
                let place = span.end..span.end;
                tag.attributes.push(Attribute { name: owned(name), value: String::new(), place });
                return None;
            }
            CallbackEvent::AttributeValue { value } => {
                let last = tag.attributes.last_mut()?;
                (last.value, last.place) = (owned(value), span.start..span.end);
                return None;
            }
            CallbackEvent::CloseStartTag { self_closing } => {
                tag.is_self_closing = self_closing;
                return Some((tag.at..span.end, Token::Start(std::mem::take(&mut tag))));
            }
            CallbackEvent::EndTag { name } => Token::End(owned(name)),
            CallbackEvent::String { value } => Token::Text(owned(value)),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } => Token::Comment,
            CallbackEvent::Error(_) => return None,
        };
        Some((span.start..span.end, token))
    };
    let mut tokenizer = Tokenizer::new_with_emitter(html, CallbackEmitter::new(read));
    let mut tokens: Vec<(Token, Range<usize>)> = Vec::new();
    while let Some(Ok((mut place, token))) = tokenizer.next() {
        // html5gum 0.9 does not give the start of the text in a script or a style.
        place.start = place.start.max(tokens.last().map_or(0, |(_, before)| before.end));
        if let Token::Start(tag) = &token
            && let Some(state) = state_behind(tag)
        {
            tokenizer.set_state(state);
        }
        tokens.push((token, place));
    }
    tokens
}

/// The start tags only.
pub fn start_tags(html: &str) -> impl Iterator<Item = StartTag> {
    tokens(html).into_iter().filter_map(|(token, _)| match token {
        Token::Start(tag) => Some(tag),
        _ => None,
    })
}

/// HTML with changed attribute values; an attribute for which `change` returns `None` stays.
pub fn with_changed(html: &str, change: impl Fn(&StartTag, &Attribute) -> Option<String>) -> String {
    let (mut changed, mut copied) = (String::with_capacity(html.len() * 5 / 4), 0);
    for tag in start_tags(html) {
        for attribute in tag.attributes.iter().filter(|one| !one.value.trim().is_empty()) {
            if let Some(value) = change(&tag, attribute) {
                changed.push_str(&html[copied..attribute.place.start]);
                changed.push_str(&value_of_attribute(&value));
                copied = attribute.place.end;
            }
        }
    }
    changed + &html[copied..]
}

/// Escapes a value for single, double or no quotes.
pub fn value_of_attribute(text: &str) -> String {
    escape_html(text).replace('\'', "&#39;")
}

/// A `srcset` with changed addresses; a candidate for which `change` returns `None` is left out.
pub fn each_of_set(set: &str, mut change: impl FnMut(&str) -> Option<String>) -> String {
    let changed = candidates_of_set(set).filter_map(|(address, size)| Some(change(address)? + size));
    changed.collect::<Vec<_>>().join(", ")
}

/// The addresses in a `srcset`.
pub fn addresses_of_set(set: &str) -> impl Iterator<Item = &str> {
    candidates_of_set(set).map(|(address, _)| address)
}

/// The candidates of a `srcset` (HTML, 4.8.4.2.1): address, and width or density.
fn candidates_of_set(set: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_between = |c: char| c.is_ascii_whitespace() || c == ',';
    let mut rest = set;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(is_between);
        let (word, after) = rest.split_at(rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len()));
        let address = word.trim_end_matches(',');
        // The candidate ends at a comma directly after the address, else after its width or density.
        let end = if address.len() < word.len() { 0 } else { after.find(',').unwrap_or(after.len()) };
        rest = &after[end..];
        (!address.is_empty()).then(|| (address, after[..end].trim_end()))
    })
}

/// Elements without an end tag (HTML, 13.1.2).
pub const VOID: [&str; 18] = [
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link",
    "meta", "param", "source", "track", "wbr",
];

/// Name of the tag with which HTML begins, empty if it begins with none.
pub fn name_of(html: &str) -> &str {
    let start = html.strip_prefix("</").or_else(|| html.strip_prefix('<')).unwrap_or_default();
    let length = start.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(start.len());
    let is_whole = start[length..].is_empty()
        || start[length..].starts_with(|c: char| matches!(c, '>' | '/') || c.is_whitespace());
    if is_whole && start.starts_with(|c: char| c.is_ascii_alphabetic()) { &start[..length] } else { "" }
}

/// True if the element shows code or other text that stays as it was typed.
pub fn is_verbatim(name: &str) -> bool {
    matches!(name, "code" | "kbd" | "math" | "pre" | "samp" | "script" | "style" | "textarea" | "tt" | "var")
}

/// Number of open elements of a kind behind an inline tag. `is_of_kind` gets a name in lower case.
pub fn depth_behind(tag: &str, is_of_kind: fn(&str) -> bool, depth: usize) -> usize {
    match is_of_kind(&name_of(tag).to_ascii_lowercase()) {
        true if tag.starts_with("</") => depth.saturating_sub(1),
        true if !tag.ends_with("/>") => depth + 1,
        _ => depth,
    }
}

/// True if the element is part of a text and does not separate words.
pub fn is_inline(name: &str) -> bool {
    const NAMES: [&str; 29] = [
        "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd",
        "mark", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr",
    ];
    NAMES.contains(&name)
}

/// True if the element's content is raw text (HTML, 13.2.6.2): tags in it are text, up to its end tag.
pub fn is_raw(name: &str) -> bool {
    state_of(name).is_some()
}

fn state_behind(tag: &StartTag) -> Option<State> {
    // Browsers leave `<iframe/>` open; here it is closed.
    if tag.is_self_closing { None } else { state_of(&tag.name) }
}

fn state_of(name: &str) -> Option<State> {
    match name {
        "textarea" | "title" => Some(State::RcData),
        "script" => Some(State::ScriptData),
        "style" | "iframe" | "xmp" | "noembed" | "noframes" => Some(State::RawText),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_tags_are_read_as_browsers_do() {
        for (html, expected) in [
            ("<a href=\"/x?a&amp;b\">y</a>", "a href=/x?a&b"),
            (
                "<IFRAME\n  Src = 'https://a.example/'\n allowfullscreen></IFRAME>",
                "iframe src=https://a.example/ allowfullscreen=",
            ),
            ("a < b <br/><hr /><a href=/x>", "br; hr; a href=/x"),
            ("<!-- <a href=x> --><p id=z>", "p id=z"),
            ("<script>'<a href=x>'</script><b>", "script; b"),
            ("<title><b></title><i>", "title; i"),
            ("<iframe/><b>", "iframe; b"),
            ("<a href=\"x", ""),
            ("<", ""),
            ("ü<ü><é <b ü=ß>", "b ü=ß"),
        ] {
            let shown = start_tags(html).map(|tag| {
                let attribute = |one: &Attribute| format!(" {}={}", one.name, one.value);
                format!("{}{}", tag.name, tag.attributes.iter().map(attribute).collect::<String>())
            });
            assert_eq!(shown.collect::<Vec<_>>().join("; "), expected, "{html}");
        }
        assert_eq!(start_tags("ü <b>").next().map(|tag| (tag.at, tag.name_end)), Some((3, 5)));
    }

    proptest::proptest! {
        #[test]
        fn positions_are_right_in_any_html(html in "[<>a =\"'/!&-ü]{0,40}") {
            for (token, place) in tokens(&html) {
                let written = html.get(place).expect("a place between letters");
                let is_right = match &token {
                    Token::Start(tag) => written.starts_with('<') && written.ends_with('>')
                        && tag.attributes.iter().all(|one| html.get(one.place.clone()).is_some()),
                    Token::End(_) => written.starts_with("</"),
                    Token::Text(_) => !written.is_empty(),
                    Token::Comment => written.starts_with('<'),
                };
                proptest::prop_assert!(is_right, "{token:?} {written:?}");
            }
        }
    }
}
