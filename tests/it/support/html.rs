//! HTML as a browser's tokenizer reads it, so that a test sees elements and attributes where a browser would.

use std::cell::RefCell;

use html5ever::{
    buffer_queue::BufferQueue,
    tendril::StrTendril,
    tokenizer::{TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind},
};

/// Elements in the order of their start tags.
#[derive(Debug, Default)]
pub struct Html {
    pub elements: Vec<Element>,
}

#[derive(Clone, Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// Text of the element and its descendants.
    pub text: String,
    /// Positions of its ancestors in [`Html::elements`], outermost first.
    pub within: Vec<usize>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Value of an attribute; empty if it is missing.
    pub fn get(&self, name: &str) -> &str {
        self.attribute(name).unwrap_or_default()
    }

    pub fn has_class(&self, class: &str) -> bool {
        self.get("class").split_whitespace().any(|one| one == class)
    }

    /// The text with runs of white space as one space.
    pub fn words(&self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Html {
    pub fn parse(text: &str) -> Self {
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(text));
        let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        Self { elements: tokenizer.sink.elements.into_inner() }
    }

    pub fn all(&self, name: &str) -> Vec<&Element> {
        self.elements.iter().filter(|element| element.name == name).collect()
    }

    pub fn find(&self, name: &str, attribute: &str, value: &str) -> Option<&Element> {
        self.all(name).into_iter().find(|element| element.attribute(attribute) == Some(value))
    }

    #[track_caller]
    pub fn one(&self, name: &str, attribute: &str, value: &str) -> &Element {
        self.find(name, attribute, value).unwrap_or_else(|| panic!("no <{name} {attribute}={value:?}>"))
    }

    pub fn by_id(&self, id: &str) -> Option<&Element> {
        self.elements.iter().find(|element| element.attribute("id") == Some(id))
    }

    /// Number of ancestors with this class.
    pub fn depth_in(&self, element: &Element, class: &str) -> usize {
        element.within.iter().filter(|at| self.elements[**at].has_class(class)).count()
    }

    pub fn title(&self) -> String {
        self.all("title").first().map(|title| title.words()).unwrap_or_default()
    }

    /// `<meta name=…>` or `<meta property=…>`.
    pub fn meta(&self, name: &str) -> Option<&str> {
        let is_it =
            |element: &&&Element| [element.attribute("name"), element.attribute("property")].contains(&Some(name));
        self.all("meta").iter().find(is_it).and_then(|meta| meta.attribute("content"))
    }

    pub fn canonical(&self) -> Option<&str> {
        self.find("link", "rel", "canonical").and_then(|link| link.attribute("href"))
    }
}

#[derive(Default)]
struct Sink {
    elements: RefCell<Vec<Element>>,
    open: RefCell<Vec<usize>>,
}

/// Elements without an end tag (HTML, 13.1.2); those of SVG close themselves.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let (mut elements, mut open) = (self.elements.borrow_mut(), self.open.borrow_mut());
        match token {
            Token::CharacterTokens(text) => {
                for at in open.iter() {
                    elements[*at].text.push_str(&text);
                }
            }
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                let name = tag.name.to_string();
                let attributes = tag.attrs.iter().map(|one| (one.name.local.to_string(), one.value.to_string()));
                elements.push(Element {
                    attributes: attributes.collect(),
                    text: String::new(),
                    within: open.clone(),
                    name: name.clone(),
                });
                if !VOID.contains(&name.as_str()) && !tag.self_closing {
                    open.push(elements.len() - 1);
                }
                // The parts of a document in which a tag is none (HTML, 13.2.6.4).
                match name.as_str() {
                    "script" => return TokenSinkResult::RawData(RawKind::ScriptData),
                    "style" => return TokenSinkResult::RawData(RawKind::Rawtext),
                    "textarea" | "title" if !open.iter().any(|at| elements[*at].name == "svg") => {
                        return TokenSinkResult::RawData(RawKind::Rcdata);
                    }
                    _ => {}
                }
            }
            Token::TagToken(tag) => {
                if let Some(at) = open.iter().rposition(|at| elements[*at].name == *tag.name) {
                    open.truncate(at);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}
