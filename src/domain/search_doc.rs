//! Fields of a page that the search index reads.

use super::{entry::PackedText, slug::Slug};

/// Page that can be found. Texts are plain: no Markdown, no HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchDoc {
    /// Path that a result links to.
    pub address: String,
    pub title: String,
    /// Names of tags, areas, gear: short words that weigh more than the text.
    pub tags: Vec<String>,
    /// Plain text, shared with the page.
    pub text: PackedText,
    /// Slugs of a post's tags, for the filter by tag.
    pub tag_slugs: Vec<Slug>,
    /// Year of a post's date.
    pub year: Option<i16>,
}
