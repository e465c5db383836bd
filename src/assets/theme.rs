//! A theme as CSS: the differences from `static/css/tokens.css`, in the same layer and after it.

use std::fmt::Write;

use crate::domain::{
    colour::Colour,
    palette::{LIGHT, Palette},
    theme::{Face, Theme, WIDTH},
};

/// A font file of the author's, and its URL path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FontFile {
    pub address: String,
    pub is_bold: bool,
    pub is_italic: bool,
    /// True for a variable font.
    pub is_variable: bool,
}

/// Font files by use; empty if there are none.
#[derive(Debug, Default)]
pub struct Fonts {
    pub display: Vec<FontFile>,
    pub text: Vec<FontFile>,
}

/// CSS of a theme; empty for the default one.
pub fn style(theme: &Theme, fonts: &Fonts) -> String {
    let mut tokens = String::new();
    let own = Theme::default();
    if (theme.light, theme.dark) != (own.light, own.dark) {
        tokens.push_str(&colours(&theme.light, &theme.dark));
    }
    if theme.width != WIDTH {
        let _ = write!(tokens, "--measure:calc({} * var(--size-text));", f64::from(theme.width) / 2.0);
    }
    if theme.display_face != own.display_face {
        let _ = write!(tokens, "--font-display:{};", stack(&theme.display_face, "Own Display", &fonts.display));
    }
    if theme.text_face != own.text_face {
        let _ = write!(tokens, "--font-text:{};", stack(&theme.text_face, "Own Text", &fonts.text));
    }
    let mut style = faces("Own Display", &fonts.display, true) + &faces("Own Text", &fonts.text, false);
    if !tokens.is_empty() {
        let _ = writeln!(style, "@layer tokens{{:root{{{tokens}}}}}");
    }
    if theme.light.paper.is_dark() {
        // Makes form controls and scrollbars dark too. Printed pages stay light: paper is white.
        let printed = colours(&LIGHT, &LIGHT);
        let _ = writeln!(
            style,
            "@layer tokens{{@media screen{{:root,:root[data-scheme=\"light\"]{{color-scheme:dark}}}}@media print{{:root{{{printed}}}}}}}"
        );
    }
    style
}

/// CSS for `feeds/feed.css`, which has its own tokens.
pub fn feed_style(theme: &Theme) -> String {
    let own = Theme::default();
    if (theme.light, theme.dark) == (own.light, own.dark) {
        return String::new();
    }
    let root = |palette: &Palette| {
        let Palette { paper, ink, soft, line, accent, .. } = palette;
        format!(
            ":root{{--paper:oklch({paper});--ink:oklch({ink});--soft:oklch({soft});--line:oklch({line});--track:oklch({accent})}}"
        )
    };
    format!("{}\n@media (prefers-color-scheme:dark){{{}}}\n", root(&theme.light), root(&theme.dark))
}

fn colours(light: &Palette, dark: &Palette) -> String {
    let mut tokens = String::new();
    for ((name, by_day), (_, by_night)) in channels(light).into_iter().zip(channels(dark)) {
        let _ = write!(tokens, "--lch-{name}:var(--by-day,{by_day}) var(--by-night,{by_night});");
    }
    let without_hue =
        |colour: Colour| format!("{}% {}", thousandths(colour.lightness * 100.0), thousandths(colour.chroma));
    for (name, day, night) in [("tint", light.tint, dark.tint), ("tone", light.tone, dark.tone)] {
        let _ =
            write!(tokens, "--lc-{name}:var(--by-day,{}) var(--by-night,{});", without_hue(day), without_hue(night));
    }
    // The play badge is the same in both colour schemes, as the picture below it is.
    let _ = write!(tokens, "--lch-play:{};", light.accent);
    tokens
}

fn channels(palette: &Palette) -> [(&'static str, Colour); 8] {
    let Palette { paper, sheet, ink, soft, line, edge, track, accent, .. } = *palette;
    [
        ("paper", paper),
        ("sheet", sheet),
        ("ink", ink),
        ("soft", soft),
        ("line", line),
        ("edge", edge),
        ("track", track),
        ("accent", accent),
    ]
}

fn thousandths(value: f32) -> f32 {
    (value * 1000.0).round() / 1000.0
}

/// Font stack of a face. A missing file gives the system's font.
fn stack(face: &Face, own: &str, files: &[FontFile]) -> String {
    match face {
        Face::Archivo => "\"Archivo Expanded\",sans-serif".to_owned(),
        Face::Serif => {
            "Charter,\"Iowan Old Style\",\"Sitka Text\",\"Source Serif 4\",\"Noto Serif\",Cambria,Georgia,serif"
                .to_owned()
        }
        Face::Sans => "var(--font-ui)".to_owned(),
        Face::Mono => "var(--font-code)".to_owned(),
        Face::File(_) if files.is_empty() => "var(--font-ui)".to_owned(),
        Face::File(_) => format!("\"{own}\",var(--font-ui)"),
    }
}

/// `@font-face` rules. A font is used only if it loads in time (`optional`): a later change would move the text.
fn faces(family: &str, files: &[FontFile], is_for_titles: bool) -> String {
    let mut style = String::new();
    for file in files {
        // Titles are always bold: a single file is used for all weights, or browsers would synthesize bold.
        let weight = match (file.is_variable || (is_for_titles && files.len() == 1), file.is_bold) {
            (true, _) => "100 900",
            (false, true) => "700",
            (false, false) => "400",
        };
        let slant = if file.is_italic { "italic" } else { "normal" };
        let _ = writeln!(
            style,
            "@font-face{{font-family:\"{family}\";src:url(\"{}\") format(\"woff2\");font-weight:{weight};font-style:{slant};font-display:optional}}",
            file.address
        );
    }
    style
}

/// True if a font file says in its name that it is variable, as in `Inter-Variable.woff2`, `Inter-VF.woff2` and
/// `Inter[wght].woff2`. Its other weights are then not synthesized.
pub fn is_variable(name: &str) -> bool {
    let name = name.to_lowercase();
    ["variable", "-vf.", "["].iter().any(|sign| name.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::palette::{self, Chosen, DARK};

    #[test]
    fn the_style_sheet_and_the_program_have_the_same_colours() {
        let tokens =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/static/css/tokens.css")).expect("reads");
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        let tokens = squeezed(&tokens);
        for line in colours(&LIGHT, &DARK).split_terminator(';').filter(|line| !line.contains("play")) {
            assert!(tokens.contains(&squeezed(line)), "tokens.css does not say {line}");
        }
    }

    #[test]
    fn the_look_of_instep_needs_nothing() {
        assert_eq!(style(&Theme::default(), &Fonts::default()), "");
        assert_eq!(feed_style(&Theme::default()), "");
    }

    #[test]
    fn what_differs_is_said() {
        let chosen = Chosen { accent: Colour::parse("#0a58ca"), ..Chosen::default() };
        let (light, dark) = palette::schemes(&chosen, &Chosen::default());
        let theme = Theme {
            light,
            dark,
            width: 60,
            display_face: Face::File("fonts/x\"}.woff2".to_owned()),
            text_face: Face::Mono,
            header_picture: None,
        };
        let file = FontFile {
            address: "/static/display-0.woff2".to_owned(),
            is_bold: false,
            is_italic: false,
            is_variable: false,
        };
        let fonts = Fonts { display: vec![file], text: vec![] };
        let css = style(&theme, &fonts);
        for words in [
            "--measure:calc(30 * var(--size-text))",
            "--font-text:var(--font-code)",
            "--font-display:\"Own Display\",",
            "url(\"/static/display-0.woff2\")",
            "font-weight:100 900",
            "--lch-accent:var(--by-day,49.",
        ] {
            assert!(css.contains(words), "{words}: {css}");
        }
        assert!(!css.contains("x\"}"), "no name of a file enters the style sheet: {css}");
        assert!(feed_style(&theme).contains("prefers-color-scheme:dark"));
    }

    #[test]
    fn what_is_dark_by_day_is_printed_on_white() {
        let chosen = Chosen { paper: Colour::parse("#101418"), ..Chosen::default() };
        let (light, dark) = palette::schemes(&chosen, &Chosen::default());
        let css = style(&Theme { light, dark, ..Theme::default() }, &Fonts::default());
        let (_, printed) = css.split_once("@media print").expect("a rule for paper");
        assert!(printed.contains(&format!("--lch-paper:var(--by-day,{})", LIGHT.paper)), "{css}");
        assert!(css.contains("color-scheme:dark"));
    }

    #[test]
    fn names_of_variable_fonts() {
        for name in ["fonts/InterVariable.woff2", "Inter-VF.woff2", "Inter[opsz,wght].woff2"] {
            assert!(is_variable(name), "{name}");
        }
        assert!(!is_variable("fonts/Inter.woff2") && !is_variable("Inter-Bold.woff2"));
    }
}
