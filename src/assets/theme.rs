//! A theme as CSS: the differences from `static/css/tokens.css`, in the same layer and after it.

use std::fmt::Write;

use crate::domain::theme::{Face, LIGHT, Scheme, Theme, WIDTH};

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
    let own = Theme::default();
    let mut style = faces("Own Display", &fonts.display, true) + &faces("Own Text", &fonts.text, false);
    if (theme.light, theme.dark) != (own.light, own.dark) {
        // Browsers that cannot derive the other colours keep the fixed ones of `tokens.css`, all together.
        let _ = writeln!(
            style,
            "@layer tokens{{@supports (color:oklch(from red calc(l*1) c h)){{{}}}}}",
            colours(&theme.light, &theme.dark)
        );
    }
    let mut tokens = String::new();
    if theme.width != WIDTH {
        let _ = write!(tokens, "--measure:calc({} * var(--size-text));", f64::from(theme.width) / 2.0);
    }
    if theme.display_face != own.display_face {
        let _ = write!(tokens, "--font-display:{};", stack(&theme.display_face, "Own Display", &fonts.display));
    }
    if theme.text_face != own.text_face {
        let _ = write!(tokens, "--font-text:{};", stack(&theme.text_face, "Own Text", &fonts.text));
    }
    if !tokens.is_empty() {
        let _ = writeln!(style, "@layer tokens{{:root{{{tokens}}}}}");
    }
    style
}

fn colours(light: &Scheme, dark: &Scheme) -> String {
    let mut tokens = String::new();
    for (name, by_day, by_night) in [
        ("paper", light.paper, dark.paper),
        ("text", light.ink, dark.ink),
        ("accent", light.accent, dark.accent),
        // The same in both schemes, as the picture below it is.
        ("play", light.accent, light.accent),
    ] {
        let _ = write!(tokens, "--color-{name}:var(--by-day,{}) var(--by-night,{});", by_day.hex(), by_night.hex());
    }
    let mut rules = format!(":root{{{tokens}}}");
    if light.paper.is_dark() {
        // Form controls and scrollbars are dark too. Printed pages stay light: paper is white.
        let (paper, ink, accent) = (LIGHT.paper.hex(), LIGHT.ink.hex(), LIGHT.accent.hex());
        let _ = write!(
            rules,
            "@media screen{{:root,:root[data-scheme=\"light\"]{{color-scheme:dark}}}}\
             @media print{{:root{{--color-paper:{paper};--color-text:{ink};--color-accent:{accent}}}}}"
        );
    }
    rules
}

/// CSS for `feeds/feed.css`, which has its own tokens.
pub fn feed_style(theme: &Theme) -> String {
    let own = Theme::default();
    if (theme.light, theme.dark) == (own.light, own.dark) {
        return String::new();
    }
    let root = |Scheme { paper, ink, accent }: &Scheme| {
        format!(":root{{--paper:{};--ink:{};--accent:{}}}", paper.hex(), ink.hex(), accent.hex())
    };
    format!("{}\n@media (prefers-color-scheme:dark){{{}}}\n", root(&theme.light), root(&theme.dark))
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
    use crate::domain::{
        colour::Colour,
        theme::{DARK, schemes},
    };

    fn themed(paper: &str, accent: &str) -> Theme {
        let nothing = Scheme { paper: None, ink: None, accent: None };
        let chosen = Scheme { paper: Colour::parse(paper), accent: Colour::parse(accent), ..nothing };
        let (light, dark) = schemes(chosen, nothing);
        Theme { light, dark, ..Theme::default() }
    }

    #[test]
    fn the_style_sheet_and_the_program_have_the_same_colours() {
        let tokens =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/static/css/tokens.css")).expect("reads");
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        let tokens = squeezed(&tokens);
        let own = colours(&LIGHT, &DARK);
        for line in own.trim_start_matches(":root{").split(';').take(3) {
            assert!(tokens.contains(&squeezed(line)), "tokens.css does not say {line}");
        }
    }

    #[test]
    fn the_default_theme_needs_no_css() {
        assert_eq!(style(&Theme::default(), &Fonts::default()), "");
        assert_eq!(feed_style(&Theme::default()), "");
    }

    #[test]
    fn only_differences_are_written() {
        let theme = Theme {
            width: 60,
            display_face: Face::File("fonts/x\"}.woff2".to_owned()),
            text_face: Face::Mono,
            ..themed("", "#0a58ca")
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
            "--color-accent:var(--by-day,#0a58ca)",
        ] {
            assert!(css.contains(words), "{words}: {css}");
        }
        assert!(!css.contains("x\"}"), "no name of a file enters the style sheet: {css}");
        assert!(feed_style(&theme).contains("prefers-color-scheme:dark"));
    }

    #[test]
    fn a_theme_that_is_dark_by_day_is_printed_on_light_paper() {
        let css = style(&themed("#101418", ""), &Fonts::default());
        let (_, printed) = css.split_once("@media print").expect("a rule for paper");
        assert!(printed.contains(&format!("--color-paper:{}", LIGHT.paper.hex())), "{css}");
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
