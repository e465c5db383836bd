//! What the search index knows of a piece of content.

/// One page that can be found. Texts are plain: no Markdown, no HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchDoc {
    /// The path a result links to.
    pub address: String,
    pub title: String,
    /// Names of tags, areas, gear: short words worth more than the text.
    pub tags: Vec<String>,
    pub text: String,
}
