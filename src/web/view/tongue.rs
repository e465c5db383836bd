//! Attributes `lang` and `dir` of text in another language than the text around it.

use std::fmt;

use askama::filters::HtmlSafe;

use crate::{
    domain::{entry::Entry, language},
    texts::{self, Texts},
};

/// Attributes with a space before them, or nothing. Language tags have only letters, digits and hyphens: no escaping.
#[derive(Clone, Debug, Default)]
pub struct Tongue(String);

impl fmt::Display for Tongue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Tongue {}

/// Attributes of an author's text: its language if given, else the browser finds the direction from the letters.
pub fn of(entry: &Entry) -> Tongue {
    match entry.language.as_deref() {
        Some(language) => in_language(language),
        None => Tongue(" dir=\"auto\"".to_owned()),
    }
}

/// Attributes of the site's texts inside a text in another language. They keep the direction of that text, or a line of
/// them would be aligned on the wrong side.
pub fn of_words(language: Option<&str>, texts: &Texts) -> Tongue {
    match language {
        Some(own) if !language::is_same(own, &texts.language) => Tongue(format!(" lang=\"{}\"", texts.language)),
        _ => Tongue::default(),
    }
}

/// Texts of the site for use inside a text: in that language if translated, else in the site's language.
pub fn words_in(language: Option<&str>, site: &'static Texts) -> &'static Texts {
    language.and_then(texts::of).unwrap_or(site)
}

/// Attributes of a text inside a text in another language; empty if both languages are the same.
pub fn inside(own: &str, around: &str) -> Tongue {
    if language::is_same(own, around) { Tongue::default() } else { in_language(own) }
}

fn in_language(tag: &str) -> Tongue {
    Tongue(language::attributes(tag))
}
