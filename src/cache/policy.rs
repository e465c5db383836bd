//! Cache policy of a response: who may keep it, and how long.

/// Cache policy of a response, passed in its extensions to the layers that apply it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Response for everyone: the page cache keeps it until one of its tags is purged, browsers keep it and revalidate
    /// each time.
    Public(Vec<String>),
    /// Response of a URL that changes with its content.
    Immutable,
    /// Media: like `Immutable`, but too large for the page cache.
    File,
    /// Response for one visitor.
    Private,
    /// Errors, search results, health checks.
    Uncached,
}

impl Policy {
    /// Policy of a page that shows the content as a whole.
    pub fn site() -> Self {
        Self::Public(vec![super::SITE_TAG.to_owned()])
    }

    /// Adds a tag to a response that the page cache keeps.
    pub fn add_tag(&mut self, tag: &str) {
        if let Self::Public(tags) = self {
            tags.push(tag.to_owned());
        }
    }

    /// The `Cache-Control` header.
    pub fn cache_control(&self) -> &'static str {
        match self {
            Self::Public(_) => "public, max-age=0, must-revalidate",
            Self::Immutable | Self::File => "public, max-age=31536000, immutable",
            Self::Private => "private, no-store",
            Self::Uncached => "no-store",
        }
    }
}
