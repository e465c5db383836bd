//! The attributes `lang` and `dir` of what is in another language than what stands around it.

use std::fmt;

use askama::filters::HtmlSafe;

use crate::{
    domain::{entry::Entry, language},
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
        Some(language) => in_language(language),
        None => Tongue(" dir=\"auto\"".to_owned()),
    }
}

/// Of the site's own words inside something in another language. They stay in its direction, or a line of them would
/// stand on the wrong side of it.
pub fn of_words(language: Option<&str>, texts: &Texts) -> Tongue {
    match language {
        Some(own) if !language::is_same(own, &texts.language) => Tongue(format!(" lang=\"{}\"", texts.language)),
        _ => Tongue::default(),
    }
}

/// Our words inside a text: in its own language where there are any, else in the language of the site.
pub fn words_in(language: Option<&str>, site: &'static Texts) -> &'static Texts {
    language.and_then(texts::of).unwrap_or(site)
}

/// Attributes of a text in one language inside a text in another; none where both are the same.
pub fn inside(own: &str, around: &str) -> Tongue {
    if language::is_same(own, around) { Tongue::default() } else { in_language(own) }
}

fn in_language(tag: &str) -> Tongue {
    Tongue(language::attributes(tag))
}
