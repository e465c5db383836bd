//! Attributes `lang` and `dir` of text in another language than the text around it.

use std::fmt;

use askama::filters::HtmlSafe;

use crate::{
    domain::{entry::Entry, language},
    texts::{self, Texts},
};

/// Attributes with a space before them, or nothing. Language tags have only letters, digits and hyphens: no escaping.
#[derive(Clone, Debug, Default)]
pub struct LangAttributes(String);

impl fmt::Display for LangAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for LangAttributes {}

/// Attributes of an author's text: its language if given, else the browser finds the direction from the letters.
pub fn of(entry: &Entry) -> LangAttributes {
    match entry.language.as_deref() {
        Some(language) => in_language(language),
        None => LangAttributes(" dir=\"auto\"".to_owned()),
    }
}

/// Attributes of the site's texts inside a text in another language. They keep the direction of that text, or a line of
/// them would be aligned on the wrong side.
pub fn of_site_texts(entry: &Entry, texts: &Texts) -> LangAttributes {
    match entry.language.as_deref() {
        Some(own) if !language::is_same(own, &texts.language) => {
            LangAttributes(format!(" lang=\"{}\"", texts.language))
        }
        _ => LangAttributes::default(),
    }
}

/// Texts of the site for use inside a text: in that language if translated, else in the site's language.
pub fn site_texts_in(entry: &Entry, site: &'static Texts) -> &'static Texts {
    entry.language.as_deref().and_then(texts::of).unwrap_or(site)
}

/// Attributes of a text inside a text in another language; empty if both languages are the same.
pub fn inside(own: &str, around: &str) -> LangAttributes {
    if language::is_same(own, around) { LangAttributes::default() } else { in_language(own) }
}

fn in_language(tag: &str) -> LangAttributes {
    LangAttributes(language::attributes(tag))
}
