//! Result of rendering a text: its body, and what the rest of the program must check.

use crate::domain::entry::Body;

/// A problem in a text that the author should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Bytes from the start of the Markdown.
    pub at: usize,
    pub what: String,
    pub mend: String,
}

/// An address that a text refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Bytes from the start of the Markdown.
    pub at: usize,
    /// The address that a browser gets.
    pub to: String,
}

/// A rendered text.
#[derive(Debug, Default)]
pub struct Rendered {
    pub body: Body,
    pub remarks: Vec<Remark>,
    /// Links, which can be checked when all texts are read.
    pub links: Vec<Reference>,
    /// Addresses of frames in the author's HTML.
    pub frames: Vec<Reference>,
    /// True if pages with this text need permission for pictures of other servers.
    pub has_remote_picture: bool,
}
