//! Problems with the look that site.toml describes: missing files, colours that cannot be read.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    content::{media::MediaIndex, pictures, snapshot::MOST_PAGES},
    domain::{
        entry::Page,
        permalink::Rules,
        picture::Format,
        problem::{Place, Problem},
        theme::{FileKind, NamedFile},
    },
};

/// Smallest edge of an icon, in pixels, as on a phone's home screen.
const ICON_EDGE: usize = 192;

/// Path of an icon or a font of site.toml, in the content folder or in `media/` there.
pub fn named(content: &Path, name: &str) -> Option<PathBuf> {
    [content.join(name), content.join("media").join(name)].into_iter().find(|path| path.is_file())
}

pub(super) fn problems(content: &Path, rules: &Rules, media: &MediaIndex) -> Vec<Problem> {
    let file = content.join("site.toml");
    let text = fs::read_to_string(&file).unwrap_or_default();
    let warning = |key: &str, what: &str, mend: &str| {
        // Start of the file if only the environment sets the key.
        let place = Place::in_toml(&text, key, "").unwrap_or(Place::START);
        Problem::warning(&file, place, what, mend)
    };
    let mut problems: Vec<Problem> =
        rules.remarks.iter().map(|remark| warning(remark.key, &remark.what, &remark.mend)).collect();
    for named in &rules.named_files {
        if let Some((what, mend)) = fault(content, named, media) {
            problems.push(warning(named.key, &what, &mend));
        }
    }
    problems
}

/// Problem of a site that sets no navigation and has too many pages for the header.
pub(super) fn missing_navigation<'a>(
    content: &Path,
    rules: &Rules,
    pages: impl Iterator<Item = &'a Arc<Page>>,
) -> Option<Problem> {
    let count = pages.filter(|page| page.is_of_header() && !page.entry.draft).count();
    (rules.navigation.is_empty() && count > MOST_PAGES).then(|| {
        let what = format!("the header lists no pages, since there are {count} and no navigation says which");
        let mend = "Write navigation = [{ label = \"About\", href = \"/about\" }] with the most important ones.";
        Problem::warning(&content.join("site.toml"), Place::START, what, mend)
    })
}

fn fault(content: &Path, named: &NamedFile, media: &MediaIndex) -> Option<(String, String)> {
    let NamedFile { key, name, kind } = named;
    let missing = |folder: &str| {
        let mend = format!("Put it into {folder}, or correct the name.");
        Some((format!("there is no file {name:?} for {key}"), mend))
    };
    let place = content.display();
    match kind {
        FileKind::Picture => {
            let path = content.join("media").join(name);
            // A refused picture is already reported, with the reason.
            let Some(file) = media.at(&path) else {
                return missing(&format!("{place}/media"));
            };
            let mend = "Take an AVIF, JPEG, PNG, SVG or WebP.".to_owned();
            (file.size.is_none() && file.refusal.is_none())
                .then(|| (format!("{name:?} for {key} is no picture in a known format"), mend))
        }
        FileKind::Icon => match self::named(content, name) {
            None => missing(&format!("{place} or {place}/media")),
            Some(path) => icon_fault(&path, named),
        },
        FileKind::Font => {
            let Some(path) = self::named(content, name) else { return missing(&format!("{place} or {place}/media")) };
            let is_woff2 = starts_with(&path, b"wOF2");
            let mend = "Convert the font to WOFF2; until then a font of the reader's system is used.".to_owned();
            (!is_woff2).then(|| (format!("{name:?} for {key} is no WOFF2"), mend))
        }
    }
}

fn starts_with(path: &Path, signature: &[u8; 4]) -> bool {
    let mut start = [0; 4];
    let read = fs::File::open(path).and_then(|mut file| io::Read::read_exact(&mut file, &mut start));
    read.is_ok() && start == *signature
}

fn icon_fault(path: &Path, named: &NamedFile) -> Option<(String, String)> {
    let NamedFile { key, name, .. } = named;
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("svg")) {
        let is_svg = fs::read_to_string(path).is_ok_and(|text| text.contains("<svg"));
        let mend = "Save it as an SVG again.".to_owned();
        return (!is_svg).then(|| (format!("{name:?} for {key} is no SVG"), mend));
    }
    let cleaned = fs::read(path).ok().and_then(|bytes| pictures::clean(Format::Png, &bytes).ok());
    match imagesize::blob_size(&cleaned.unwrap_or_default()) {
        Err(_) => Some((format!("{name:?} for {key} is no PNG"), "Save it as a PNG again.".to_owned())),
        Ok(size) if size.width != size.height || size.width < ICON_EDGE => {
            let what = format!("{name:?} for {key} has {} by {} pixels", size.width, size.height);
            Some((what, format!("Make it square, {ICON_EDGE} pixels or more (512 is best).")))
        }
        Ok(_) => None,
    }
}
