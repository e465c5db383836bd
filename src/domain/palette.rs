//! Colours of one scheme, light or dark: those that the author chose, and the others computed from them.
//!
//! A computed colour always has enough contrast. A chosen one stays as it is, with a warning if it has too little.

use super::colour::{Colour, EDGE_CONTRAST, TEXT_CONTRAST};

/// Opacity of the accent colour behind badges (`--color-wash`).
const WASH: f32 = 0.13;
/// Contrast of computed text colours that are read for minutes: more than the minimum.
const LONG_READ: f32 = 7.0;
/// Hues of initials, alerts and code; all share a lightness and a chroma.
const TONES: [f32; 10] = [25.0, 70.0, 110.0, 150.0, 195.0, 240.0, 290.0, 305.0, 345.0, 75.0];

/// Colours that the author may choose for a scheme.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Chosen {
    pub paper: Option<Colour>,
    pub ink: Option<Colour>,
    pub accent: Option<Colour>,
}

/// All colours of a scheme. Names are those of `tokens.css`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palette {
    pub paper: Colour,
    /// Second background: cards, the form.
    pub sheet: Colour,
    pub ink: Colour,
    /// Text colour of dates and hints.
    pub soft: Colour,
    /// Colour of lines between things; may be hard to see.
    pub line: Colour,
    /// Colour of the borders of fields.
    pub edge: Colour,
    /// Accent colour of shapes.
    pub track: Colour,
    /// Accent colour of text, and the background of text in the paper colour.
    pub accent: Colour,
    /// Lightness and chroma of coloured backgrounds; the hue here is not used.
    pub tint: Colour,
    /// Lightness and chroma of text on them; the hue here is not used.
    pub tone: Colour,
}

/// Instep's own light scheme. `static/css/tokens.css` has the same values, and a test compares them.
pub const LIGHT: Palette = Palette {
    paper: Colour::lch(97.4, 0.012, 82.0),
    sheet: Colour::lch(94.6, 0.018, 80.0),
    ink: Colour::lch(25.0, 0.022, 48.0),
    soft: Colour::lch(46.0, 0.026, 52.0),
    line: Colour::lch(83.0, 0.024, 74.0),
    edge: Colour::lch(60.0, 0.03, 66.0),
    track: Colour::lch(62.0, 0.2, 36.0),
    accent: Colour::lch(51.0, 0.175, 35.0),
    tint: Colour::lch(91.0, 0.045, 0.0),
    tone: Colour::lch(41.0, 0.105, 0.0),
};

/// Instep's own dark scheme, also in `tokens.css`.
pub const DARK: Palette = Palette {
    paper: Colour::lch(20.0, 0.014, 50.0),
    sheet: Colour::lch(24.5, 0.017, 50.0),
    ink: Colour::lch(92.0, 0.014, 80.0),
    soft: Colour::lch(74.0, 0.022, 70.0),
    line: Colour::lch(36.0, 0.02, 55.0),
    edge: Colour::lch(58.0, 0.026, 60.0),
    track: Colour::lch(67.0, 0.19, 38.0),
    accent: Colour::lch(75.0, 0.15, 42.0),
    tint: Colour::lch(33.0, 0.05, 0.0),
    tone: Colour::lch(85.0, 0.085, 0.0),
};

/// Chosen colour whose contrast is too low where it is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weak {
    pub which: Which,
    /// Lowest contrast.
    pub contrast: f32,
    /// Nearest colour of the same hue with enough contrast; `None` if paper and ink allow none.
    pub better: Option<Colour>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Ink,
    Accent,
}

/// Both schemes: light from its chosen colours; dark from its own, else from the light ones adapted to dark paper.
pub fn schemes(by_day: &Chosen, by_night: &Chosen) -> (Palette, Palette) {
    let light = Palette::of(by_day, &LIGHT);
    (light, Palette::of(&night_of(by_day, by_night), &DARK))
}

/// Chosen colours with too little contrast, of the light and of the dark scheme.
pub fn weak(by_day: &Chosen, by_night: &Chosen) -> (Vec<Weak>, Vec<Weak>) {
    let night = night_of(by_day, by_night);
    let mut weak_by_night = weak_in(&night, &DARK);
    // Colours computed from the light scheme are not the author's to change here.
    weak_by_night.retain(|weak| match weak.which {
        Which::Ink => by_night.ink.or(by_night.paper).is_some(),
        Which::Accent => by_night.accent.is_some(),
    });
    (weak_in(by_day, &LIGHT), weak_by_night)
}

impl Palette {
    /// Palette with the chosen colours in place of those of `default`, and the rest computed from them.
    fn of(chosen: &Chosen, default: &Self) -> Self {
        if *chosen == Chosen::default() {
            return *default;
        }
        let paper = chosen.paper.unwrap_or(default.paper);
        // Instep's palette for paper as dark as this, as the model for computed colours.
        let model = if paper.is_dark() { &DARK } else { &LIGHT };
        let sheet = like(paper, model.paper, model.sheet);
        let grounds = [paper, sheet];
        let ink = chosen.ink.unwrap_or_else(|| model.ink.readable_on(&grounds, LONG_READ));
        let between = |to: Colour| {
            let part = (to.lightness - model.ink.lightness) / (model.paper.lightness - model.ink.lightness);
            ink.towards(paper, part, ink.chroma + to.chroma - model.ink.chroma)
        };
        let (accent, track) = match chosen.accent {
            Some(accent) => (accent, track_of(accent, paper, model)),
            None => {
                let track = model.track.readable_on(&[paper], EDGE_CONTRAST);
                (model.accent.readable_on(&[paper, sheet, track.over(paper, WASH)], TEXT_CONTRAST), track)
            }
        };
        let tint = like(paper, model.paper, model.tint);
        let tint = Colour { chroma: model.tint.chroma, ..tint };
        if chosen.paper.is_none() && chosen.ink.is_none() {
            return Self { accent, track, ..*default };
        }
        Self {
            soft: between(model.soft).readable_on(&grounds, TEXT_CONTRAST),
            line: between(model.line),
            edge: between(model.edge).readable_on(&grounds, EDGE_CONTRAST),
            tone: tone_on(tint, &grounds, model),
            tint,
            paper,
            sheet,
            ink,
            track,
            accent,
        }
    }

    /// Backgrounds of text in the accent colour.
    fn grounds_of_accent(&self) -> [Colour; 3] {
        [self.paper, self.sheet, self.track.over(self.paper, WASH)]
    }
}

/// Shifts `this` by the difference between `from` and `to`.
fn like(this: Colour, from: Colour, to: Colour) -> Colour {
    this.with(this.lightness + to.lightness - from.lightness, this.chroma + to.chroma - from.chroma)
}

/// More vivid accent for shapes, if it has enough contrast.
fn track_of(accent: Colour, paper: Colour, model: &Palette) -> Colour {
    let lively = accent.with(
        accent.lightness + model.track.lightness - model.accent.lightness,
        accent.chroma * model.track.chroma / model.accent.chroma,
    );
    if lively.contrast(paper) >= EDGE_CONTRAST { lively } else { accent }
}

/// Nearest tone that is readable in every hue.
fn tone_on(tint: Colour, grounds: &[Colour; 2], model: &Palette) -> Colour {
    let in_hue = |colour: Colour, hue: f32| Colour { hue, ..colour }.with(colour.lightness, colour.chroma);
    let is_readable = |tone: Colour| {
        TONES.iter().all(|hue| {
            let [paper, sheet] = *grounds;
            in_hue(tone, *hue).contrast_on(&[paper, sheet, in_hue(tint, *hue)]) >= TEXT_CONTRAST
        })
    };
    let shifted = |by: f32| Colour { lightness: (model.tone.lightness + by).clamp(0.0, 1.0), ..model.tone };
    let away = if model.tone.lightness > 0.5 { 0.01 } else { -0.01 };
    (0..60_u8).map(|step| shifted(f32::from(step) * away)).find(|tone| is_readable(*tone)).unwrap_or(model.tone)
}

/// Chosen colours of the dark scheme, else the hues of the light one on dark paper, unless that is dark already.
fn night_of(by_day: &Chosen, by_night: &Chosen) -> Chosen {
    if by_day.paper.is_some_and(Colour::is_dark) {
        return Chosen {
            paper: by_night.paper.or(by_day.paper),
            ink: by_night.ink.or(by_day.ink),
            accent: by_night.accent.or(by_day.accent),
        };
    }
    let turned = |colour: Colour, day: Colour, night: Colour| {
        colour.with(night.lightness, (colour.chroma * night.chroma / day.chroma).min(2.5 * night.chroma))
    };
    let paper = by_night.paper.or_else(|| by_day.paper.map(|paper| turned(paper, LIGHT.paper, DARK.paper)));
    let ink = by_night.ink.or_else(|| by_day.ink.map(|ink| turned(ink, LIGHT.ink, DARK.ink)));
    // The adapted ink may have too little contrast on a paper that was chosen for the dark scheme.
    let ink = ink.filter(|ink| by_night.ink.is_some() || paper.is_none_or(|paper| paper.contrast(*ink) >= LONG_READ));
    let accent = by_night.accent.or_else(|| {
        let accent = turned(by_day.accent?, LIGHT.accent, DARK.accent);
        let with = |accent| Palette::of(&Chosen { paper, ink, accent: Some(accent) }, &DARK);
        let is_readable = |one: Colour| one.contrast_on(&with(one).grounds_of_accent()) >= TEXT_CONTRAST;
        accent.nearest(is_readable).or(Some(accent))
    });
    Chosen { paper, ink, accent }
}

fn weak_in(chosen: &Chosen, default: &Palette) -> Vec<Weak> {
    let palette = Palette::of(chosen, default);
    let grounds = [palette.paper, palette.sheet];
    let mut weak = Vec::new();
    let ink = palette.ink.contrast_on(&grounds);
    if ink < TEXT_CONTRAST {
        let better = palette.ink.nearest(|one| one.contrast_on(&grounds) >= TEXT_CONTRAST);
        weak.push(Weak { which: Which::Ink, contrast: ink, better });
    }
    let on_its_grounds = |palette: &Palette| palette.accent.contrast_on(&palette.grounds_of_accent());
    let accent = on_its_grounds(&palette);
    if accent < TEXT_CONTRAST {
        let with = |accent| Palette::of(&Chosen { accent: Some(accent), ..*chosen }, default);
        let better = palette.accent.nearest(|one| on_its_grounds(&with(one)) >= TEXT_CONTRAST);
        weak.push(Weak { which: Which::Accent, contrast: accent, better });
    }
    weak
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chosen(paper: &str, ink: &str, accent: &str) -> Chosen {
        Chosen { paper: Colour::parse(paper), ink: Colour::parse(ink), accent: Colour::parse(accent) }
    }

    /// Contrast of every pair of colours that pages use, and the minimum.
    fn pairs(palette: &Palette) -> Vec<(&'static str, f32, f32)> {
        let Palette { paper, sheet, ink, soft, edge, track, accent, .. } = *palette;
        vec![
            ("ink", ink.contrast_on(&[paper, sheet]), TEXT_CONTRAST),
            ("soft", soft.contrast_on(&[paper, sheet]), TEXT_CONTRAST),
            ("edge", edge.contrast_on(&[paper, sheet]), EDGE_CONTRAST),
            ("track", track.contrast(paper), EDGE_CONTRAST),
            ("accent", accent.contrast_on(&palette.grounds_of_accent()), TEXT_CONTRAST),
            ("paper on accent", paper.contrast(accent), TEXT_CONTRAST),
        ]
    }

    #[test]
    fn our_own_can_be_read() {
        for palette in [LIGHT, DARK] {
            for (name, contrast, least) in pairs(&palette) {
                assert!(contrast >= least, "{name}: {contrast}");
            }
        }
        assert_eq!(schemes(&Chosen::default(), &Chosen::default()), (LIGHT, DARK));
        assert_eq!(weak(&Chosen::default(), &Chosen::default()), (vec![], vec![]));
    }

    #[test]
    fn weak_colours_are_told_with_a_better_one() {
        for (paper, ink, accent, expected) in [
            ("", "", "#0a58ca", &[][..]),
            ("#fff", "#111", "#0a58ca", &[]),
            ("", "", "#ff8a00", &[Which::Accent]),
            ("", "#999", "", &[Which::Ink]),
            ("#fdf6e3", "#93a1a1", "#b58900", &[Which::Ink, Which::Accent]),
            // A light scheme that is dark, with enough contrast.
            ("#101418", "#e8ecf0", "#7cb7ff", &[]),
            ("#101418", "#333", "#7cb7ff", &[Which::Ink]),
        ] {
            let chosen = chosen(paper, ink, accent);
            let (by_day, by_night) = weak(&chosen, &Chosen::default());
            assert_eq!(by_day.iter().map(|weak| weak.which).collect::<Vec<_>>(), expected, "{paper} {ink} {accent}");
            assert_eq!(by_night, [], "{paper} {ink} {accent}: nobody chose anything for the night");
            for one in by_day {
                assert!(one.contrast < TEXT_CONTRAST);
                let better = Colour::parse(&one.better.expect("a better one").hex());
                let mended = match one.which {
                    Which::Ink => Chosen { ink: better, ..chosen },
                    Which::Accent => Chosen { accent: better, ..chosen },
                };
                let left = weak(&mended, &Chosen::default()).0;
                assert!(left.iter().all(|weak| weak.which != one.which), "{better:?} would not do: {left:?}");
            }
        }
    }

    #[test]
    fn the_night_is_judged_by_what_was_chosen_for_it() {
        let (by_day, by_night) = weak(&chosen("", "", "#0a58ca"), &chosen("", "", "#0a58ca"));
        assert_eq!((by_day.len(), by_night.len()), (0, 1), "a blue for white paper is too dark by night");
    }

    #[test]
    fn the_night_has_the_hues_of_the_day() {
        let (_, night) = schemes(&chosen("#f4f8ff", "#0b1f3a", "#0a58ca"), &Chosen::default());
        assert!(night.paper.is_dark() && !night.ink.is_dark() && !night.accent.is_dark(), "{night:?}");
        for colour in [night.paper, night.accent] {
            assert!((230.0..280.0).contains(&colour.hue), "blue: {colour:?}");
        }
        let dark = chosen("#101418", "#e8ecf0", "#7cb7ff");
        let (day, night) = schemes(&dark, &Chosen::default());
        assert_eq!(day, night, "dark by day is dark by night");
    }

    proptest! {
        #[test]
        fn whatever_paper_and_accent_the_rest_can_be_read(paper: [u8; 3], accent: [u8; 3]) {
            let colour = |[r, g, b]: [u8; 3]| Colour::parse(&format!("rgb({r} {g} {b})"));
            let by_day = Chosen { paper: colour(paper), ink: None, accent: None };
            let (light, dark) = schemes(&by_day, &Chosen::default());
            for palette in [light, dark] {
                // On a background of middle lightness hardly any colour is readable on both paper and sheet.
                let is_possible = [Colour::BLACK, Colour::WHITE].iter().any(|ink| ink.contrast_on(&palette.grounds_of_accent()) > 5.0);
                for (name, contrast, least) in pairs(&palette) {
                    prop_assert!(!is_possible || contrast >= least - 0.02, "{name} on {}: {contrast}", palette.paper.hex());
                }
            }
            let by_day = Chosen { paper: None, ink: None, accent: colour(accent) };
            let (_, dark) = schemes(&by_day, &Chosen::default());
            for (name, contrast, least) in pairs(&dark) {
                prop_assert!(contrast >= least - 0.02, "{name} for {}: {contrast}", colour(accent).map(Colour::hex).unwrap_or_default());
            }
        }
    }
}
