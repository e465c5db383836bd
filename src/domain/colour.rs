//! Colours of a theme, and how well text in one can be read on another. The style sheet derives all other colours.

use color::{Oklch, OpaqueColor, Srgb, parse_color};

/// Contrast that WCAG 2.2 requires of text (1.4.3, level AA).
pub const TEXT_CONTRAST: f32 = 4.5;

/// Opacity of the accent colour behind badges (`--color-wash` in `tokens.css`).
const WASH: f32 = 0.13;

/// An opaque sRGB colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    /// Parses any opaque colour of CSS: `#0a58ca`, `rgb(10 88 202)`, `oklch(48% 0.19 258)`, `navy`.
    pub fn parse(text: &str) -> Option<Self> {
        let (colour, alpha) = parse_color(text.trim()).ok()?.to_alpha_color::<Srgb>().split();
        let is_opaque = alpha >= 1.0 && colour.components.iter().all(|part| part.is_finite());
        is_opaque.then(|| Self::of(colour))
    }

    /// Formats it as `#rrggbb`.
    pub fn hex(self) -> String {
        let Self([r, g, b]) = self;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// Contrast from 1 (the same) to 21 (black and white), as WCAG 2 defines it.
    pub fn contrast(self, other: Self) -> f32 {
        let [a, b] = [self, other].map(|colour| colour.srgb().relative_luminance() + 0.05);
        a.max(b) / a.min(b)
    }

    /// Lowest contrast of text in this colour on paper and on cards.
    pub fn contrast_of_text(self, paper: Self) -> f32 {
        // As `--color-sheet` in `tokens.css`.
        let sheet = paper.srgb().map_in::<Oklch>(|l, c, h| [0.064 + 0.906 * l, c, h]);
        self.contrast(paper).min(self.contrast(Self::of(sheet)))
    }

    /// Lowest contrast of text in this colour on paper, on cards and on badges, whose background has a little of it.
    pub fn contrast_of_accent(self, paper: Self) -> f32 {
        let badge = Self::of(paper.srgb().lerp_rect(self.srgb(), WASH));
        self.contrast_of_text(paper).min(self.contrast(badge))
    }

    /// True if the contrast to white is higher than to black: light text is read better on it.
    pub fn is_dark(self) -> bool {
        self.contrast(Self([255; 3])) > self.contrast(Self([0; 3]))
    }

    /// Returns the same hue with this lightness (0 to 1), and no more chroma than `most_chroma`.
    #[must_use]
    pub fn toned(self, lightness: f32, most_chroma: f32) -> Self {
        Self::of(self.srgb().map_in::<Oklch>(|_, chroma, hue| [lightness, chroma.min(most_chroma), hue]))
    }

    /// Rounds a colour to eight bits. What is outside of sRGB is clipped, as browsers do.
    fn of(colour: OpaqueColor<Srgb>) -> Self {
        let rgba = colour.to_rgba8();
        Self([rgba.r, rgba.g, rgba.b])
    }

    fn srgb(self) -> OpaqueColor<Srgb> {
        OpaqueColor::new(self.0.map(|byte| f32::from(byte) / 255.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap_or_else(|| panic!("{text} is a colour"))
    }

    #[test]
    fn contrasts_that_others_have_computed() {
        // WebAIM's contrast checker and the examples of WCAG's techniques G17 and G18.
        for (one, other, ratio) in [
            ("#000", "#fff", 21.0),
            ("#fff", "white", 1.0),
            ("#777", "#fff", 4.48),
            ("#767676", "#ffffff", 4.54),
            ("#949494", "#fff", 3.03),
            ("#0000ff", "#ffffff", 8.59),
            ("rgb(255 0 0)", "#fff", 4.0),
            ("#00ff00", "#fff", 1.37),
            ("#ffff00", "#0000ff", 8.0),
        ] {
            let computed = colour(one).contrast(colour(other));
            assert!((computed - ratio).abs() < 0.01, "{one} on {other} is {computed}, not {ratio}");
            assert!((computed - colour(other).contrast(colour(one))).abs() < 1e-4);
        }
    }

    #[test]
    fn notations_of_one_colour() {
        for text in
            ["#0a58ca", "#0A58CA", " rgb(10 88 202) ", "rgb(10, 88, 202)", "#0a58caff", "hsl(215.63 90.57% 41.57%)"]
        {
            assert_eq!(colour(text).hex(), "#0a58ca", "{text}");
        }
        assert_eq!(colour("navy").hex(), "#000080");
        // From the table of CSS Color 4's examples of Oklab.
        assert!(colour("oklch(62.8% 0.2577 29.23)").contrast(colour("red")) < 1.01);
    }

    #[test]
    fn texts_that_are_no_opaque_colour() {
        for text in [
            "",
            "#12",
            "blu",
            "rgb(1 2)",
            "transparent",
            "#0a58ca80",
            "rgb(0 0 0 / 50%)",
            "url(x)",
            "red; }",
            "currentcolor",
        ] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }

    #[test]
    fn contrast_is_lowest_on_cards_and_badges() {
        let (paper, accent) = (colour("#fff"), colour("#c00"));
        let [plain, text, badge] =
            [accent.contrast(paper), accent.contrast_of_text(paper), accent.contrast_of_accent(paper)];
        assert!(plain > text && text > badge && badge > 0.75 * plain, "{plain} {text} {badge}");
    }

    #[test]
    fn a_tone_keeps_the_hue() {
        let night = colour("#0a58ca").toned(0.75, 0.1);
        assert!(!night.is_dark() && night.0[2] > night.0[1] && night.0[1] > night.0[0], "light blue: {night:?}");
        assert_eq!(colour("#888").toned(0.0, 0.1).hex(), "#000000");
        assert!(colour("#101418").is_dark() && !colour("#fbf6ee").is_dark());
    }
}
