//! A link with a title.

use super::lang::{self, LangAttributes};
use crate::{domain::entry::Tag, web::common::*};

/// A link with a title.
#[derive(Clone, Debug)]
pub struct TextLink {
    pub title: String,
    pub lang: LangAttributes,
    pub href: String,
}

impl TextLink {
    /// Link to a path of this site.
    pub fn new(title: &str, path: &str) -> Self {
        Self::to_url(title, address::encode(path))
    }

    /// Link to a URL, which is not encoded again.
    pub fn to_url(title: &str, href: impl Into<String>) -> Self {
        Self { title: title.to_owned(), lang: LangAttributes::default(), href: href.into() }
    }

    pub fn to_entry(entry: &Entry) -> Self {
        Self { lang: lang::of(entry), ..Self::new(&entry.title, &entry.address) }
    }

    pub fn to_tag(tag: &Tag) -> Self {
        Self::new(&tag.name, &routes::tag(&tag.slug))
    }
}
