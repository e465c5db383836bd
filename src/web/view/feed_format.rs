//! Formats of feeds: their names, and their media types.

/// Content-Type of feeds in XML. Chromium shows `application/atom+xml` and `rss+xml` as plain text, without their style
/// sheet (tried with version 156), and feed readers detect the format by its content.
pub const FEED_XML: &str = "application/xml; charset=utf-8";

/// Format of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Atom,
    Rss,
    Json,
}

impl Format {
    /// All formats, the preferred one first.
    pub const ALL: [Self; 3] = [Self::Atom, Self::Rss, Self::Json];

    /// Last segment of its path.
    pub fn name(self) -> &'static str {
        match self {
            Self::Atom => "feed.xml",
            Self::Rss => "rss.xml",
            Self::Json => "feed.json",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Atom => "application/atom+xml",
            Self::Rss => "application/rss+xml",
            Self::Json => "application/feed+json",
        }
    }

    /// Content-Type; JSON is UTF-8 and has no charset parameter (RFC 8259, 11).
    pub fn content_type(self) -> &'static str {
        if self == Self::Json { self.media_type() } else { FEED_XML }
    }
}
