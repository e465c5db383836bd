//! Values as people write them: one or many, a text or a table, a yes in any spelling.

mod date;

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Unexpected, Visitor},
};

pub use date::{RawDate, day_in};

/// A value whose scalars are text: `tags: 3.10` and `author: 42` are kept as written.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Nothing,
    Text(String),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

impl Node {
    /// All texts in it; of a table, those of its `name`.
    fn texts(self) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Text(text) => Some(text).filter(|text| !text.trim().is_empty()).into_iter().collect(),
            Self::List(nodes) => nodes.into_iter().flat_map(Self::texts).collect(),
            Self::Table(entries) => {
                entries.into_iter().filter(|(key, _)| key == "name").flat_map(|e| e.1.texts()).collect()
            }
        }
    }
}

/// Reads a [`Node`] and converts it, so that an error has the place of the node.
struct Reading<T> {
    expected: &'static str,
    of: fn(Node) -> Option<T>,
}

impl<T> Reading<T> {
    fn made<E: Error>(self, node: Node) -> Result<T, E> {
        let wrong = match &node {
            Node::Text(text) => E::invalid_value(Unexpected::Str(text), &self.expected),
            Node::Nothing => E::invalid_type(Unexpected::Unit, &self.expected),
            Node::List(_) => E::invalid_type(Unexpected::Seq, &self.expected),
            Node::Table(_) => E::invalid_type(Unexpected::Map, &self.expected),
        };
        (self.of)(node).ok_or(wrong)
    }
}

impl<'de, T> Visitor<'de> for Reading<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        self.made(Node::Text(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        self.visit_str(if value { "true" } else { "false" })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        self.made(Node::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element()? {
            nodes.push(node);
        }
        self.made(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        while let Some((Node::Text(key), node)) = map.next_entry()? {
            // A date of TOML comes as a table with one private key.
            if key.starts_with("$__toml_private") {
                return self.made(node);
            }
            entries.push((key, node));
        }
        self.made(Node::Table(entries))
    }
}

/// Implements `Deserialize` for types that are made of a [`Node`].
macro_rules! read_from_node {
    ($($kind:ty, $expected:literal, $of:expr;)*) => {$(
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Reading { expected: $expected, of: $of })
            }
        }
    )*};
}

read_from_node! {
    Node, "a value", Some;
    RawDate, "a date such as 2026-05-02", RawDate::of;
    OneOrMany, "a text or a list of texts", |node| Some(OneOrMany(node.texts()));
    Words, "a text or a list of texts", Words::of;
    RawImage, "the name of a picture", |node| Some(RawImage::of(node));
    Flag, "true or false", Flag::of;
    CommentsFlag, "true, false, open or closed", CommentsFlag::of;
}

/// One text or a list of texts; of tables, such as authors, their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneOrMany(pub Vec<String>);

/// One text or a list of texts. A single text may hold several: `a, b`. In Jekyll's files it is also split at blanks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub words: Vec<String>,
    /// True if written as one text.
    pub is_one_text: bool,
}

impl Words {
    fn of(node: Node) -> Option<Self> {
        let is_one_text = matches!(node, Node::Text(_));
        Some(Self { words: node.texts(), is_one_text })
    }

    /// The single words; in Jekyll's files, one text is also split at blanks.
    pub fn split(&self, at_blanks: bool) -> Vec<String> {
        match self.words.as_slice() {
            [text] if self.is_one_text && text.contains(',') => parts(text.split(',')),
            [text] if self.is_one_text && at_blanks => parts(text.split_whitespace()),
            words => words.to_vec(),
        }
    }
}

fn parts<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    texts.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// Picture of a post. Themes write it in many ways, and a wrong one never hides a post.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawImage(pub String);

/// Keys of tables that hold the file, best first.
const IN_TABLES: &[&str] =
    &["src", "path", "url", "image", "feature", "overlay_image", "filename", "thumbnail", "thumb", "teaser"];

impl RawImage {
    fn of(node: Node) -> Self {
        let is_name = |image: &Self| !image.0.trim().is_empty();
        match node {
            Node::Nothing => Self::default(),
            // `cover: false`, `image: 3`.
            Node::Text(text) if text.parse::<bool>().is_ok() || text.parse::<f64>().is_ok() => Self::default(),
            Node::Text(text) => Self(text),
            Node::List(nodes) => nodes.into_iter().map(Self::of).find(is_name).unwrap_or_default(),
            Node::Table(mut entries) => {
                let rank = |key: &str| IN_TABLES.iter().position(|known| *known == key);
                entries.retain(|(key, _)| rank(key).is_some());
                entries.sort_by_key(|(key, _)| rank(key));
                entries.into_iter().map(|(_, node)| Self::of(node)).find(is_name).unwrap_or_default()
            }
        }
    }
}

/// Yes or no. An empty value is a no: themes ship an empty `draft:`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

impl Flag {
    fn of(node: Node) -> Option<Self> {
        match node {
            Node::Nothing => Some(Self(false)),
            Node::Text(word) => match word.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "y" => Some(Self(true)),
                "false" | "no" | "off" | "n" | "" => Some(Self(false)),
                _ => None,
            },
            Node::List(_) => None,
            Node::Table(_) => Some(Self(true)),
        }
    }
}

/// Setting for comments on a post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommentsFlag {
    /// The site's setting: nothing is written, or `true`, as themes do in every post.
    #[default]
    AsSite,
    /// `open`: comments stay open however old the post is.
    Open,
    Closed,
}

impl CommentsFlag {
    fn of(node: Node) -> Option<Self> {
        match node {
            Node::Nothing => Some(Self::AsSite),
            Node::Text(word) if word.eq_ignore_ascii_case("open") => Some(Self::Open),
            Node::Text(word) if word.eq_ignore_ascii_case("closed") => Some(Self::Closed),
            // `comments: {id: …}`, as themes have it, is a yes.
            node => Flag::of(node).map(|Flag(is_open)| if is_open { Self::AsSite } else { Self::Closed }),
        }
    }
}
