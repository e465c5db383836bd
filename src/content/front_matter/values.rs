//! Values as people write them: one or many, a text or a table, a yes in any spelling.

mod date;

use serde_json::Value;

use crate::content::syntax::tags::{Token, tokens};

pub use date::{RawDate, day_in};

/// Text of a single value as it was written; `None` if it is empty, a list or a table.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        // A date of TOML comes as a table with one private key.
        Value::Object(table) => table.get("$__toml_private_datetime")?.as_str()?.to_owned(),
        Value::Null | Value::Array(_) => String::new(),
    };
    Some(text).filter(|text| !text.is_empty())
}

/// Text with its character references resolved: `caf&eacute;` is `café`. Tags stay as they are.
pub(super) fn resolved(text: String) -> String {
    if !text.contains('&') {
        return text;
    }
    let words = tokens(&text.replace('<', "&lt;")).into_iter().map(|(token, _)| match token {
        Token::Text(text) => text,
        _ => String::new(),
    });
    words.collect()
}

/// All texts in a value; of a table, those of its `name`.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match (value, text(value)) {
        (_, Some(text)) => vec![text],
        (Value::Array(values), _) => values.iter().flat_map(texts).collect(),
        (Value::Object(table), _) => table.get("name").map(texts).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Texts in a value. One text may hold several, between commas; `at_blanks`: also between blanks.
pub(super) fn split_texts(value: &Value, at_blanks: bool) -> Vec<String> {
    match text(value) {
        Some(text) if text.contains(',') => parts(text.split(',')),
        Some(text) if at_blanks => parts(text.split_whitespace()),
        _ => texts(value),
    }
}

fn parts<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    texts.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// Keys of tables that hold the file of a picture, best first.
const PICTURES: &[&str] =
    &["src", "path", "url", "image", "feature", "overlay_image", "filename", "thumbnail", "thumb", "teaser"];

/// Name of a picture, empty if there is none. Themes write it in many ways, and a wrong one never hides a post.
pub(super) fn picture(value: &Value) -> String {
    let first = |values: &mut dyn Iterator<Item = &Value>| {
        values.map(picture).find(|name| !name.is_empty()).unwrap_or_default()
    };
    match value {
        Value::String(name) if is_file_or_url(name.trim()) => name.trim().to_owned(),
        Value::Array(values) => first(&mut values.iter()),
        Value::Object(table) => first(&mut PICTURES.iter().filter_map(|key| table.get(*key))),
        _ => String::new(),
    }
}

/// True if a text is the name of a file or a URL, and no sentence or HTML: themes use some keys for both.
fn is_file_or_url(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_ending = ending.starts_with(|c: char| c.is_ascii_alphabetic())
        && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && ending.len() <= 5;
    let is_of_a_file = is_ending && (!text.contains(' ') || mime_guess::from_ext(ending).first().is_some());
    let is_one_line = !text.contains(['<', '>', '{', '\n', '\r']);
    is_one_line && (is_of_a_file || !text.contains(' ') && path.contains('/'))
}

/// Yes or no; `None` if it is neither. An empty value is a no: themes ship an empty `draft:`. A table is a yes.
pub(super) fn flag(value: &Value) -> Option<bool> {
    if value.is_object() {
        return Some(true);
    }
    match text(value).unwrap_or_default().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => Some(true),
        "false" | "no" | "off" | "n" => Some(false),
        "" if !value.is_array() => Some(false),
        _ => None,
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

pub(super) fn comments(value: &Value) -> Option<CommentsFlag> {
    match text(value).unwrap_or_default().to_ascii_lowercase().as_str() {
        "open" => Some(CommentsFlag::Open),
        "closed" => Some(CommentsFlag::Closed),
        _ if value.is_null() => Some(CommentsFlag::AsSite),
        _ => flag(value).map(|is_open| if is_open { CommentsFlag::AsSite } else { CommentsFlag::Closed }),
    }
}
