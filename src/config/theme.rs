//! Settings of the look: the table `[theme]` of site.toml, and the icon. Wrong values stop the start, colours of low
//! contrast cause a warning.

use super::{
    ConfigError,
    reader::{Raw, Reader},
    text_if,
};
use crate::domain::{
    colour::{Colour, TEXT_CONTRAST},
    theme::{self, Chosen, Face, FileKind, HeaderPicture, NamedFile, Remark, Scheme, Theme},
};

/// Allowed line widths: shorter lines break at every second word, in longer ones readers lose the line.
const WIDTHS: std::ops::RangeInclusive<u32> = 40..=100;

/// Reads the theme, and makes remarks about values that work but should be checked.
pub(super) fn read(reader: &Reader) -> Result<(Theme, Vec<Remark>), ConfigError> {
    let (by_day, by_night) = (Scheme::read(reader, "site.theme")?, Scheme::read(reader, "site.theme.dark")?);
    let (light, dark) = theme::schemes(by_day.chosen(), by_night.chosen());
    let remarks = by_day.remarks(light).into_iter().chain(by_night.remarks(dark)).collect();
    let width = reader.get("site.theme.width")?;
    let alt = reader.get("site.theme.header_picture_alt")?.text();
    let header = reader.get("site.theme.header_picture")?.parsed_if_set(text_if(is_below))?;
    let theme = Theme {
        light,
        dark,
        width: Some(width.typed()?).filter(|count| WIDTHS.contains(count)).ok_or_else(|| width.wrong())?,
        display_face: reader.get("site.theme.display_face")?.parsed(display_face)?,
        text_face: reader.get("site.theme.text_face")?.parsed(face)?,
        header_picture: header.map(|file| HeaderPicture { file, alt }),
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

/// True for a picture that browsers accept as an icon.
pub(super) fn is_icon(name: &str) -> bool {
    is_below(name) && (has_ending(name, ".svg") || has_ending(name, ".png"))
}

/// Parses the font of titles. Only titles can have Archivo: Instep contains only its wide, bold style.
fn display_face(name: &str) -> Option<Face> {
    if name.eq_ignore_ascii_case("archivo") { Some(Face::Archivo) } else { face(name) }
}

fn face(name: &str) -> Option<Face> {
    match name {
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

/// A colour as written in site.toml.
struct Written {
    key: &'static str,
    text: String,
    colour: Option<Colour>,
}

impl Written {
    fn read(raw: &Raw) -> Result<Self, ConfigError> {
        Ok(Self { key: raw.setting.short_key(), text: raw.text(), colour: raw.parsed_if_set(Colour::parse)? })
    }
}

impl Scheme<Written> {
    fn read(reader: &Reader, table: &str) -> Result<Self, ConfigError> {
        let colour = |name: &str| Written::read(&reader.get(&format!("{table}.{name}"))?);
        Ok(Self { paper: colour("paper")?, ink: colour("ink")?, accent: colour("accent")? })
    }

    fn chosen(&self) -> Chosen {
        Scheme { paper: self.paper.colour, ink: self.ink.colour, accent: self.accent.colour }
    }

    /// Returns a warning for each chosen colour with which text is hard to read.
    fn remarks(&self, scheme: Scheme) -> Vec<Remark> {
        let (darker, lighter) = if scheme.paper.is_dark() { ("lighter", "darker") } else { ("darker", "lighter") };
        let texts = [
            (&self.ink, scheme.ink.contrast_of_text(scheme.paper)),
            (&self.accent, scheme.accent.contrast_of_accent(scheme.paper)),
        ];
        let weak = texts.into_iter().filter(|(_, contrast)| *contrast < TEXT_CONTRAST);
        let remark = |(text, contrast): (&Written, f32)| {
            let named = [text, &self.paper].into_iter().find(|written| written.colour.is_some())?;
            // Rounded down, so that it is never shown as the required value.
            let contrast = (contrast * 100.0).floor() / 100.0;
            let what = format!(
                "{} is {:?}, which has a contrast of only {contrast} to 1; text needs {TEXT_CONTRAST}",
                named.key, named.text
            );
            let mend = if named.key == text.key {
                format!("Choose a {darker} colour, or a {lighter} one for {}.", self.paper.key)
            } else {
                format!("Choose a {lighter} colour.")
            };
            Some(Remark { key: named.key, what, mend })
        };
        weak.filter_map(remark).collect()
    }
}
