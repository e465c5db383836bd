//! The attributes `lang` and `dir` of what is in another language than what stands around it.

use std::fmt;

use askama::filters::HtmlSafe;

use crate::{
    domain::{
        entry::Entry,
        language::{self, Direction},
    },
    texts::{self, Texts},
};

/// Attributes with a blank before them, or nothing. Tags hold letters, digits and hyphens only, so they are safe as they are.
#[derive(Clone, Debug, Default)]
pub struct Tongue(String);

impl fmt::Display for Tongue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Tongue {}

/// Of a text of the author's: its own language where it names one. Else the letters tell the direction.
pub fn of(entry: &Entry) -> Tongue {
    match entry.language.as_deref() {
        Some(language) => named(language),
        None => Tongue(" dir=\"auto\"".to_owned()),
    }
}

/// Of the site's own words inside something in another language. They stay in its direction, or a line of them would
/// stand on the wrong side of it.
pub fn of_words(entry: &Entry, texts: &Texts) -> Tongue {
    match entry.language.as_deref() {
        Some(own) if !language::is_same(own, &texts.language) => Tongue(format!(" lang=\"{}\"", texts.language)),
        _ => Tongue::default(),
    }
}

/// What is said inside the text of an entry: in its own language where there are texts in it, else in the site's.
pub fn words_in(entry: &Entry, site: &'static Texts) -> &'static Texts {
    entry.language.as_deref().and_then(texts::of).unwrap_or(site)
}

fn named(tag: &str) -> Tongue {
    if !language::is_tag(tag) {
        return Tongue::default();
    }
    Tongue(format!(" lang=\"{tag}\" dir=\"{}\"", Direction::of(tag).as_str()))
}
