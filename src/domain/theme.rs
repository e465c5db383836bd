//! Theme: the look of a site, as far as site.toml can change it without Rust or CSS.

use super::palette::{DARK, LIGHT, Palette};

/// Default number of characters in a line of text.
pub const WIDTH: u32 = 68;

/// Checked theme of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    pub light: Palette,
    pub dark: Palette,
    /// Approximate number of characters in a line of text.
    pub width: u32,
    /// Font of titles, buttons and other short lines.
    pub display_face: Face,
    /// Font of texts.
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
    /// Font that comes with Instep: bold and wide, for titles.
    Archivo,
    /// Serif font of the reader's system.
    Serif,
    Sans,
    Mono,
    /// Path of the author's WOFF2 file, from the content folder.
    File(String),
}

/// Picture at the top of the home page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderPicture {
    /// File in `content/media/`.
    pub file: String,
    /// Alternative text; empty for a decoration.
    pub alt: String,
}

/// File that site.toml names, and the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    pub key: &'static str,
    pub name: String,
    pub kind: FileKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Picture in `content/media/`, served like all media.
    Picture,
    /// Icon in the content folder or in its `media/`.
    Icon,
    /// Font in the content folder or in its `media/`.
    Font,
}

/// Warning about a setting in site.toml that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub key: &'static str,
    /// Sentence without its full stop.
    pub what: String,
    /// Whole sentence.
    pub mend: String,
}
