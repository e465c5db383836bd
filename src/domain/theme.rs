//! Theme: the look of a site, as far as site.toml can change it without Rust or CSS.

use super::colour::Colour;

/// Default number of characters in a line of text.
pub const WIDTH: u32 = 68;

/// The three colours of a scheme from which the style sheet derives all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme<C = Colour> {
    pub paper: C,
    pub ink: C,
    pub accent: C,
}

/// Instep's own light scheme. `static/css/tokens.css` has the same colours, and a test compares them.
pub const LIGHT: Scheme =
    Scheme { paper: Colour([0xfb, 0xf6, 0xee]), ink: Colour([0x2b, 0x1f, 0x18]), accent: Colour([0xb4, 0x2f, 0x06]) };

/// Instep's own dark scheme, also in `tokens.css`.
pub const DARK: Scheme =
    Scheme { paper: Colour([0x1b, 0x14, 0x10]), ink: Colour([0xe9, 0xe4, 0xda]), accent: Colour([0xfc, 0x8b, 0x5d]) };

/// Colours that the author has chosen for a scheme.
pub type Chosen = Scheme<Option<Colour>>;

/// Returns both schemes: light from its chosen colours; dark from its own, else in the hues of the light one. Where
/// the light paper is dark already, both are the same.
pub fn schemes(by_day: Chosen, by_night: Chosen) -> (Scheme, Scheme) {
    let is_dark = by_day.paper.is_some_and(Colour::is_dark);
    let light = by_day.or(if is_dark { DARK } else { LIGHT });
    let night = Scheme {
        paper: by_day.paper.map_or(DARK.paper, |paper| paper.toned(0.2, 0.035)),
        ink: by_day.ink.map_or(DARK.ink, |ink| ink.toned(0.92, 0.035)),
        accent: by_day.accent.map_or(DARK.accent, |accent| accent.toned(0.75, 0.15)),
    };
    (light, by_night.or(if is_dark { light } else { night }))
}

impl Chosen {
    fn or(self, others: Scheme) -> Scheme {
        Scheme {
            paper: self.paper.unwrap_or(others.paper),
            ink: self.ink.unwrap_or(others.ink),
            accent: self.accent.unwrap_or(others.accent),
        }
    }
}

/// Checked theme of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    pub light: Scheme,
    pub dark: Scheme,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(paper: &str, ink: &str, accent: &str) -> Chosen {
        Scheme { paper: Colour::parse(paper), ink: Colour::parse(ink), accent: Colour::parse(accent) }
    }

    #[test]
    fn without_chosen_colours_the_schemes_are_the_default() {
        assert_eq!(schemes(chosen("", "", ""), chosen("", "", "")), (LIGHT, DARK));
        for scheme in [LIGHT, DARK] {
            assert!(scheme.ink.contrast_of_text(scheme.paper) > 7.0);
            assert!(scheme.accent.contrast_of_accent(scheme.paper) > 4.5);
        }
    }

    #[test]
    fn the_dark_scheme_has_the_hues_of_the_light_one() {
        let (_, night) = schemes(chosen("#f4f8ff", "#0b1f3a", "#0a58ca"), chosen("", "", ""));
        assert!(night.paper.is_dark() && !night.ink.is_dark() && !night.accent.is_dark(), "{night:?}");
        for Colour([red, _, blue]) in [night.paper, night.accent] {
            assert!(blue > red, "blue: {night:?}");
        }
        assert!(night.accent.contrast_of_accent(night.paper) > 4.5);
        let (day, night) = schemes(chosen("#101418", "", "#7cb7ff"), chosen("", "", ""));
        assert_eq!((day, day.ink), (night, DARK.ink), "dark by day is dark by night, with light text");
        let (_, night) = schemes(chosen("", "", "#0a58ca"), chosen("#000", "", "#ffb000"));
        assert_eq!((night.paper.hex(), night.accent.hex()), ("#000000".to_owned(), "#ffb000".to_owned()));
    }
}
