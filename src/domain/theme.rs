//! How a site looks: what site.toml may change without a line of Rust or CSS.

use super::palette::{DARK, LIGHT, Palette};

/// Characters in a line of text where nothing is set.
pub const WIDTH: u32 = 68;

/// A site's look, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    pub light: Palette,
    pub dark: Palette,
    /// Characters in a line of text, about.
    pub width: u32,
    /// Of titles, buttons and other short lines.
    pub display_face: Face,
    /// Of texts.
    pub text_face: Face,
    pub header_picture: Option<HeaderPicture>,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            light: LIGHT,
            dark: DARK,
            width: WIDTH,
            display_face: Face::Archivo,
            text_face: Face::Serif,
            header_picture: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Face {
    /// Comes with Instep: bold and wide, for titles.
    Archivo,
    /// What the reader's system has.
    Serif,
    Sans,
    Mono,
    /// A WOFF2 of the author's, as a path from the content folder.
    File(String),
}

/// A picture at the top of the home page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderPicture {
    /// In `content/media/`.
    pub file: String,
    /// Empty: it only decorates.
    pub alt: String,
}

/// A file that site.toml names, and the key that does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    pub key: &'static str,
    pub name: String,
    pub kind: FileKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Served like all media, so it lies in `content/media/`.
    Picture,
    /// In the content folder or in `media/` of it.
    Icon,
    /// Likewise.
    Font,
}

/// Something in site.toml that works and deserves a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub key: &'static str,
    /// A sentence without its full stop.
    pub what: String,
    /// A whole sentence.
    pub mend: String,
}
