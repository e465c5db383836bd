//! Colours as people see them: lightness, chroma, hue (OKLCH), and how well one can be read on another.
//!
//! The crate `color` reads CSS and converts between colour spaces; here is what themes need beyond that.

use std::fmt;

use color::{AlphaColor, Oklch, OpaqueColor, Srgb, parse_color};

/// Contrast that WCAG 2.2 requires of text (1.4.3, level AA).
pub const TEXT_CONTRAST: f32 = 4.5;
/// Contrast that WCAG 2.2 requires of large text and of the edges of controls (1.4.3, 1.4.11).
pub const EDGE_CONTRAST: f32 = 3.0;

/// Chroma below which a colour is grey, and its hue only a rounding error.
const GREY: f32 = 0.003;
/// Step of the search for a lightness.
const STEP: f32 = 0.004;

/// An opaque colour that every screen can show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    /// Lightness from 0 (black) to 1 (white).
    pub lightness: f32,
    /// Chroma from 0 (grey) to about 0.37.
    pub chroma: f32,
    /// Hue in degrees.
    pub hue: f32,
}

impl Colour {
    /// Colour from the three numbers of the style sheet; lightness in percent.
    pub const fn lch(percent: f32, chroma: f32, hue: f32) -> Self {
        Self { lightness: percent / 100.0, chroma, hue }
    }

    /// Parses any opaque colour of CSS: `#0a58ca`, `rgb(10 88 202)`, `oklch(48% 0.19 258)`, `navy`. A colour outside
    /// sRGB loses chroma until it fits.
    pub fn parse(text: &str) -> Option<Self> {
        let colour: AlphaColor<Oklch> = parse_color(text.trim()).ok()?.to_alpha_color();
        let [lightness, chroma, hue, alpha] = colour.components;
        let is_whole = alpha >= 1.0 && lightness.is_finite() && chroma.is_finite() && hue.is_finite();
        is_whole.then(|| Self { lightness: lightness.clamp(0.0, 1.0), chroma: chroma.max(0.0), hue }.in_gamut())
    }

    pub fn is_grey(self) -> bool {
        self.chroma < GREY
    }

    /// Returns the same hue with another lightness and chroma, reduced to what a screen can show. Grey stays grey.
    #[must_use]
    pub fn with(self, lightness: f32, chroma: f32) -> Self {
        let chroma = if self.is_grey() { self.chroma } else { chroma.max(0.0) };
        Self { lightness: lightness.clamp(0.0, 1.0), chroma, hue: self.hue }.in_gamut()
    }

    /// Moves the lightness by `part` of the distance to `other`.
    #[must_use]
    pub fn towards(self, other: Self, part: f32, chroma: f32) -> Self {
        self.with(self.lightness + (other.lightness - self.lightness) * part, chroma)
    }

    /// Relative luminance as WCAG 2 defines it, 0 to 1.
    pub fn luminance(self) -> f32 {
        self.srgb().relative_luminance().clamp(0.0, 1.0)
    }

    /// Contrast from 1 (the same) to 21 (black and white), as WCAG 2 defines it.
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Lowest contrast on any of these backgrounds.
    pub fn contrast_on(self, grounds: &[Self]) -> f32 {
        grounds.iter().map(|ground| self.contrast(*ground)).fold(21.0, f32::min)
    }

    /// True if the contrast to white is higher than to black: light text is read better on it.
    pub fn is_dark(self) -> bool {
        self.contrast(Self::WHITE) > self.contrast(Self::BLACK)
    }

    /// Colour that results when this one lies on `ground` with that opacity.
    #[must_use]
    pub fn over(self, ground: Self, opacity: f32) -> Self {
        let (above, below) = (self.srgb().components, ground.srgb().components);
        let mixed = std::array::from_fn(|at| above[at] * opacity + below[at] * (1.0 - opacity));
        Self::of(OpaqueColor::<Srgb>::new(mixed))
    }

    /// Colour of this hue and the nearest lightness for which `does` is true. Black or white may be the last resort.
    pub fn nearest(self, does: impl Fn(Self) -> bool) -> Option<Self> {
        if does(self) {
            return Some(self);
        }
        let steps = (1.0 / STEP) as u16;
        let shifted = |by: f32| Some(self.lightness + by).filter(|l| (-STEP..=1.0 + STEP).contains(l));
        let both = (1..=steps).flat_map(|step| [-STEP, STEP].map(|by| f32::from(step) * by));
        // Tested after rounding to eight bits a channel, as in the style sheet.
        both.filter_map(shifted).map(|lightness| self.with(lightness, self.chroma).in_bytes()).find(|one| does(*one))
    }

    /// Returns this colour, or the nearest that can be read on all of these backgrounds.
    #[must_use]
    pub fn readable_on(self, grounds: &[Self], contrast: f32) -> Self {
        self.nearest(|one| one.contrast_on(grounds) >= contrast).unwrap_or_else(|| {
            let is_better = Self::BLACK.contrast_on(grounds) > Self::WHITE.contrast_on(grounds);
            if is_better { Self::BLACK } else { Self::WHITE }
        })
    }

    /// Formats it as `#rrggbb`.
    pub fn hex(self) -> String {
        let [r, g, b] = self.bytes();
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    pub fn bytes(self) -> [u8; 3] {
        let rgba = self.srgb().to_rgba8();
        [rgba.r, rgba.g, rgba.b]
    }

    pub const BLACK: Self = Self::lch(0.0, 0.0, 0.0);
    pub const WHITE: Self = Self::lch(100.0, 0.0, 0.0);

    fn of(colour: OpaqueColor<Srgb>) -> Self {
        let [lightness, chroma, hue] = colour.convert::<Oklch>().components;
        Self { lightness, chroma, hue }
    }

    fn in_bytes(self) -> Self {
        Self::of(OpaqueColor::<Srgb>::new(self.bytes().map(|byte| f32::from(byte) / 255.0)))
    }

    fn srgb(self) -> OpaqueColor<Srgb> {
        OpaqueColor::<Oklch>::new([self.lightness, self.chroma, self.hue]).convert()
    }

    fn is_in_gamut(self) -> bool {
        self.srgb().components.iter().all(|part| (-0.002..=1.002).contains(part))
    }

    /// Returns the most vivid colour of this lightness and hue that sRGB can show.
    fn in_gamut(self) -> Self {
        if self.is_in_gamut() {
            return self;
        }
        let (mut inside, mut outside) = (0.0, self.chroma);
        for _ in 0..16 {
            let chroma = f32::midpoint(inside, outside);
            if (Self { chroma, ..self }).is_in_gamut() { inside = chroma } else { outside = chroma }
        }
        Self { chroma: inside, ..self }
    }
}

/// Writes the three channels as CSS does: `97.4% 0.012 82`.
impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let round = |value: f32, by: f32| (value * by).round() / by;
        let (lightness, chroma) = (round(self.lightness * 100.0, 100.0), round(self.chroma, 1e4));
        write!(f, "{lightness}% {chroma} {}", if self.is_grey() { 0.0 } else { round(self.hue, 10.0) })
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
        // From the table of CSS Color 4's examples of Oklab.
        let red = colour("red");
        assert!((red.lightness - 0.628).abs() < 0.001 && (red.chroma - 0.2577).abs() < 0.001, "{red:?}");
        assert!((red.hue - 29.23).abs() < 0.1, "{red:?}");
        assert_eq!(colour("navy").hex(), "#000080");
    }

    #[test]
    fn what_is_no_colour_of_a_theme() {
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
    fn too_vivid_colours_lose_chroma_only() {
        let wild = colour("oklch(70% 0.5 150)");
        assert!((wild.lightness - 0.7).abs() < 1e-3 && (wild.hue - 150.0).abs() < 0.1 && wild.chroma < 0.3, "{wild:?}");
        assert!(wild.is_in_gamut());
    }

    #[test]
    fn the_nearest_that_can_be_read() {
        let paper = colour("#fff");
        let orange = colour("#ff8a00");
        let better = orange.readable_on(&[paper], TEXT_CONTRAST);
        let written = colour(&better.hex());
        assert!((4.5..4.8).contains(&written.contrast(paper)), "{} is {}", better.hex(), written.contrast(paper));
        assert!((better.hue - orange.hue).abs() < 8.0, "still orange: {better:?}");
        // A colour that passes already is unchanged; on black it becomes lighter.
        assert_eq!(colour("#333").readable_on(&[paper], TEXT_CONTRAST), colour("#333"));
        assert!(colour("#111").readable_on(&[colour("#000")], TEXT_CONTRAST).lightness > 0.4);
        // No grey has enough contrast on both.
        assert_eq!(colour("#888").nearest(|one| one.contrast_on(&[colour("#000"), paper]) > 5.0), None);
    }

    #[test]
    fn channels_as_css_writes_them() {
        assert_eq!(Colour::lch(97.4, 0.012, 82.0).to_string(), "97.4% 0.012 82");
        assert_eq!(colour("#fff").to_string(), "100% 0 0");
    }

    #[test]
    fn a_layer_lets_the_ground_through() {
        let half = colour("#000").over(colour("#fff"), 0.5);
        assert!(half.bytes().iter().all(|byte| (127..=128).contains(byte)), "{}", half.hex());
        assert_eq!(colour("#f00").over(colour("#fff"), 0.0).hex(), "#ffffff");
    }
}
