//! What the search index knows of a piece of content.

use super::{entry::PackedText, slug::Slug};

/// One page that can be found. Texts are plain: no Markdown, no HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchDoc {
    /// The path a result links to.
    pub address: String,
    pub title: String,
    /// Names of tags, areas, gear: short words worth more than the text.
    pub tags: Vec<String>,
    /// The same that the page has.
    pub text: PackedText,
    /// Of a post: its tags, by which results are narrowed.
    pub tag_slugs: Vec<Slug>,
    /// Of a post: the year of its date.
    pub year: Option<i16>,
}
