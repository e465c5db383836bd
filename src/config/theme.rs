//! The table `[theme]` of site.toml: colours, fonts, width, header picture. Wrong values stop the start, colours of low
//! contrast cause a warning.

use serde::Deserialize;

use super::ConfigError;
use crate::domain::{
    colour::{Colour, TEXT_CONTRAST},
    palette::{self, Chosen, Weak, Which},
    theme::{Face, FileKind, HeaderPicture, NamedFile, Remark, Theme, WIDTH},
};

/// Allowed line widths: shorter lines break at every second word, in longer ones readers lose the line.
const WIDTHS: std::ops::RangeInclusive<u32> = 40..=100;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ThemeToml {
    paper: Option<String>,
    ink: Option<String>,
    accent: Option<String>,
    width: Option<u32>,
    display_face: Option<String>,
    text_face: Option<String>,
    header_picture: Option<String>,
    header_picture_alt: String,
    dark: SchemeToml,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SchemeToml {
    paper: Option<String>,
    ink: Option<String>,
    accent: Option<String>,
}

/// Returns the theme, and remarks about values that work but should be checked.
pub(super) fn check(raw: ThemeToml) -> Result<(Theme, Vec<Remark>), ConfigError> {
    let by_day = Chosen {
        paper: colour("theme.paper", raw.paper.as_deref())?,
        ink: colour("theme.ink", raw.ink.as_deref())?,
        accent: colour("theme.accent", raw.accent.as_deref())?,
    };
    let by_night = Chosen {
        paper: colour("theme.dark.paper", raw.dark.paper.as_deref())?,
        ink: colour("theme.dark.ink", raw.dark.ink.as_deref())?,
        accent: colour("theme.dark.accent", raw.dark.accent.as_deref())?,
    };
    let (light, dark) = palette::schemes(&by_day, &by_night);
    let (weak_by_day, weak_by_night) = palette::weak(&by_day, &by_night);
    let day_keys = [
        ("theme.ink", raw.ink.as_deref()),
        ("theme.paper", raw.paper.as_deref()),
        ("theme.accent", raw.accent.as_deref()),
    ];
    let night_keys = [
        ("theme.dark.ink", raw.dark.ink.as_deref()),
        ("theme.dark.paper", raw.dark.paper.as_deref()),
        ("theme.dark.accent", raw.dark.accent.as_deref()),
    ];
    let remarks = weak_by_day.iter().map(|weak| remark(weak, &day_keys));
    let remarks = remarks.chain(weak_by_night.iter().map(|weak| remark(weak, &night_keys))).flatten().collect();
    let width = raw.width.unwrap_or(WIDTH);
    if !WIDTHS.contains(&width) {
        let right = format!("write the characters of a line, {} to {}", WIDTHS.start(), WIDTHS.end());
        return Err(wrong("theme.width", &width.to_string(), &right));
    }
    let header_picture = match raw.header_picture {
        Some(file) if is_below(&file) => Some(HeaderPicture { file, alt: raw.header_picture_alt }),
        Some(file) => return Err(wrong("theme.header_picture", &file, "write the name of a file in content/media")),
        None => None,
    };
    let theme = Theme {
        light,
        dark,
        width,
        display_face: display_face(raw.display_face)?,
        text_face: text_face(raw.text_face)?,
        header_picture,
    };
    Ok((theme, remarks))
}

/// Returns every file that the theme, the icon and the card name.
pub(super) fn named_files(theme: &Theme, icon: Option<&str>, card: Option<&str>) -> Vec<NamedFile> {
    let font = |face: &Face| match face {
        Face::File(name) => Some(name.clone()),
        _ => None,
    };
    let header = theme.header_picture.as_ref().map(|picture| picture.file.clone());
    let named = [
        ("card", card.map(str::to_owned), FileKind::Picture),
        ("icon", icon.map(str::to_owned), FileKind::Icon),
        ("theme.display_face", font(&theme.display_face), FileKind::Font),
        ("theme.text_face", font(&theme.text_face), FileKind::Font),
        ("theme.header_picture", header, FileKind::Picture),
    ];
    named.into_iter().filter_map(|(key, name, kind)| Some(NamedFile { key, name: name?, kind })).collect()
}

/// Checks the name of a picture that browsers accept as an icon.
pub(super) fn icon(name: Option<String>) -> Result<Option<String>, ConfigError> {
    let is_fine = |name: &String| is_below(name) && (has_ending(name, ".svg") || has_ending(name, ".png"));
    match name {
        Some(name) if !is_fine(&name) => {
            Err(wrong("icon", &name, "write the name of an SVG or PNG file in the content folder, such as icon.svg"))
        }
        name => Ok(name),
    }
}

fn wrong(key: &str, value: &str, right: &str) -> ConfigError {
    ConfigError::Value { key: key.to_owned(), value: value.to_owned(), right: right.to_owned() }
}

fn colour(key: &str, written: Option<&str>) -> Result<Option<Colour>, ConfigError> {
    const RIGHT: &str =
        "write a CSS colour that lets nothing through, such as #0a58ca, rgb(10 88 202) or oklch(48% 0.19 258)";
    let parse = |written| Colour::parse(written).ok_or_else(|| wrong(key, written, RIGHT));
    written.map(parse).transpose()
}

fn display_face(written: Option<String>) -> Result<Face, ConfigError> {
    const RIGHT: &str = "write Archivo, serif, sans or mono, or a WOFF2 file of yours such as fonts/Name.woff2";
    let Some(written) = written else { return Ok(Face::Archivo) };
    if written.eq_ignore_ascii_case("archivo") {
        return Ok(Face::Archivo);
    }
    face(&written).ok_or_else(|| wrong("theme.display_face", &written, RIGHT))
}

/// Checks the font for text. Archivo is not allowed: only its wide, bold cut comes with Instep.
fn text_face(written: Option<String>) -> Result<Face, ConfigError> {
    const RIGHT: &str = "write serif, sans or mono, or a WOFF2 file of yours such as fonts/Name.woff2";
    let Some(written) = written else { return Ok(Face::Serif) };
    face(&written).ok_or_else(|| wrong("theme.text_face", &written, RIGHT))
}

fn face(written: &str) -> Option<Face> {
    match written {
        "serif" => Some(Face::Serif),
        "sans" => Some(Face::Sans),
        "mono" => Some(Face::Mono),
        file if is_below(file) && has_ending(file, ".woff2") => Some(Face::File(file.to_owned())),
        _ => None,
    }
}

/// True if a path stays inside the folder that it is appended to.
fn is_below(name: &str) -> bool {
    !name.contains('\\') && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn has_ending(name: &str, ending: &str) -> bool {
    name.to_ascii_lowercase().ends_with(ending)
}

/// Returns a warning about a low contrast. `keys`: keys and written values of ink, paper and accent.
fn remark(weak: &Weak, keys: &[(&'static str, Option<&str>); 3]) -> Option<Remark> {
    let [ink, paper, accent] = *keys;
    let named = match weak.which {
        Which::Ink => [ink, paper],
        Which::Accent => [accent, paper],
    };
    let (key, value) = named.into_iter().find_map(|(key, value)| Some((key, value?)))?;
    // Rounded down, so that it is never shown as the required value.
    let contrast = (weak.contrast * 100.0).floor() / 100.0;
    let what = format!(
        "{key} is {value:?}, which has a contrast of {contrast} to 1 where it is weakest; text needs {TEXT_CONTRAST}"
    );
    let is_its_own = key != paper.0;
    let mend = match weak.better.filter(|_| is_its_own) {
        Some(better) => format!("{} is near it and can be read.", better.hex()),
        None => "Take a paper that is lighter or darker.".to_owned(),
    };
    Some(Remark { key, what, mend })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Theme, Vec<Remark>), String> {
        check(toml::from_str(text).map_err(|error| error.to_string())?).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_set_is_the_look_of_instep() {
        assert_eq!(read("").expect("a theme"), (Theme::default(), vec![]));
    }

    #[test]
    fn the_table_of_settings_tells_the_colours_of_instep() {
        let default =
            |key: &str| crate::config::SETTINGS.iter().find(|setting| setting.key == key).expect("a row").default;
        let light = Theme::default().light;
        for (key, colour) in
            [("site.theme.paper", light.paper), ("site.theme.ink", light.ink), ("site.theme.accent", light.accent)]
        {
            assert_eq!(default(key), colour.hex(), "{key}");
        }
    }

    #[test]
    fn wrong_values_name_the_key_the_value_and_what_is_right() {
        for (text, words) in [
            ("accent = 'orangey'", &["theme.accent", "orangey", "#0a58ca"][..]),
            ("paper = '#fff8'", &["theme.paper", "#fff8", "lets nothing through"]),
            ("[dark]\nink = ''", &["theme.dark.ink", "\"\""]),
            ("width = 20", &["theme.width", "20", "40 to 100"]),
            ("width = 'wide'", &["invalid type"]),
            ("display_face = 'Comic Sans'", &["theme.display_face", "Comic Sans", "Archivo, serif, sans or mono"]),
            ("text_face = 'Archivo'", &["theme.text_face", "write serif"]),
            ("text_face = 'fonts/a.ttf'", &["theme.text_face", "WOFF2"]),
            ("text_face = '../a.woff2'", &["theme.text_face", "../a.woff2"]),
            ("header_picture = '/etc/passwd'", &["theme.header_picture", "content/media"]),
            ("colour = 'red'", &["colour", "accent"]),
        ] {
            let message = read(text).expect_err(text);
            for word in words {
                assert!(message.contains(word), "{message:?} does not say {word:?}");
            }
        }
        assert!(icon(Some("icon.ico".to_owned())).is_err() && icon(Some("../icon.svg".to_owned())).is_err());
        assert_eq!(icon(Some("a/Icon.PNG".to_owned())).expect("fine").as_deref(), Some("a/Icon.PNG"));
    }

    #[test]
    fn faces_and_files() {
        let text = "display_face = 'fonts/Big.woff2'\ntext_face = 'sans'\nheader_picture = 'top.jpg'\nwidth = 60";
        let (theme, _) = read(text).expect("a theme");
        assert_eq!(theme.display_face, Face::File("fonts/Big.woff2".to_owned()));
        assert_eq!((theme.text_face.clone(), theme.width), (Face::Sans, 60));
        let named = named_files(&theme, Some("icon.svg"), None);
        let keys: Vec<&str> = named.iter().map(|file| file.key).collect();
        assert_eq!(keys, ["icon", "theme.display_face", "theme.header_picture"]);
    }

    #[test]
    fn weak_colours_are_remarked_upon() {
        let (_, remarks) = read("accent = '#ff8a00'").expect("a theme");
        assert_eq!(remarks.len(), 1);
        assert_eq!(remarks[0].key, "theme.accent");
        assert!(
            remarks[0].what.contains("contrast of 1.97 to 1") && remarks[0].what.ends_with("text needs 4.5"),
            "{remarks:?}"
        );
        assert!(remarks[0].mend.starts_with('#') && remarks[0].mend.len() > 8, "{remarks:?}");
        let (_, remarks) = read("[dark]\npaper = '#222'\nink = '#555'").expect("a theme");
        assert_eq!(remarks.iter().map(|remark| remark.key).collect::<Vec<_>>(), ["theme.dark.ink"]);
    }
}
