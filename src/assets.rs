//! Static files: embedded in the binary, with their hash in the URL. All style sheets, the theme's changes to them and
//! the site's `custom.css` are joined to one file. Fonts and the site's icon are served from here too.

pub mod icons;
pub mod theme;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::{
    config::Site,
    content,
    domain::{
        picture::Format,
        theme::{Face, Theme},
    },
    texts::Texts,
};
use icons::Icon;
use theme::{FontFile, Fonts};

#[derive(RustEmbed)]
#[folder = "static/"]
#[exclude = "*.txt"]
struct Embedded;

/// Style sheets in cascade order; components follow by name. `tokens` declares the layers, so it comes first.
const SHEETS: [&str; 5] = ["css/tokens.css", "css/reset.css", "css/base.css", "css/layout.css", "css/prose.css"];
const COMPONENTS: &str = "css/components/";
/// Name of the joined style sheet.
pub const STYLE: &str = "site.css";
/// Style sheet of feeds in a browser; not part of the joined one, since no page has its elements.
pub const FEED_STYLE: &str = "feeds/feed.css";
pub const FONT: &str = "fonts/archivo-expanded.woff2";
/// Name of the joined script of every page, which runs before the first paint.
pub const SCRIPT: &str = "site.js";
/// Script of the comment form, loaded when the form is near the viewport.
pub const COMMENTS_SCRIPT: &str = "js/comments.js";
/// Script of embeds, on pages that have one.
pub const EMBEDS_SCRIPT: &str = "js/embeds.js";
const SCRIPTS: [&str; 2] = ["js/scheme.js", "js/near.js"];

/// All static files as served.
#[derive(Debug, Default)]
pub struct Assets {
    /// URL paths by the names that templates use.
    addresses: HashMap<String, String>,
    /// Files by URL path.
    files: HashMap<String, Asset>,
    /// Icons for tabs, home screens and feeds; the first one is for tabs.
    pub icons: Vec<Icon>,
    /// URL paths of fonts that every page uses.
    pub preloads: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Asset {
    pub bytes: Bytes,
    pub media_type: String,
}

impl Assets {
    /// Collects all files. With `dev`, files are read from `static/` in the working directory if they exist there.
    /// Files that site.toml names and that do not exist are left out; the loader has reported them.
    pub fn build(content: &Path, dev: bool, site: &Site) -> Self {
        let mut assets = Self::default();
        let names: Vec<String> = Embedded::iter().map(std::borrow::Cow::into_owned).collect();
        for name in names.iter().filter(|name| !is_joined(name)) {
            if let Some(mut bytes) = read(name, dev) {
                if name == FEED_STYLE {
                    bytes.extend((feed_words(site.texts) + &theme::feed_style(&site.theme)).into_bytes());
                } else if name == icons::MARK {
                    bytes = icons::themed_mark(&String::from_utf8_lossy(&bytes), &site.theme).into_bytes();
                }
                assets.add(name, bytes);
            }
        }
        let script: Vec<u8> = SCRIPTS.iter().flat_map(|name| read(name, dev).unwrap_or_default()).collect();
        assets.add(SCRIPT, assets.with_addresses(&script));
        assets.add_icons(content, site);
        let fonts = assets.add_fonts(content, &site.theme);
        let mut components: Vec<&str> =
            names.iter().filter(|name| name.starts_with(COMPONENTS)).map(String::as_str).collect();
        components.sort_unstable();
        let mut style = Vec::new();
        for name in SHEETS.into_iter().chain(components) {
            style.extend(read(name, dev).unwrap_or_default());
            style.push(b'\n');
        }
        style.extend(theme::style(&site.theme, &fonts).into_bytes());
        // Outside of all layers, so that it wins.
        style.extend(fs::read(content.join("custom.css")).unwrap_or_default());
        assets.add(STYLE, assets.with_addresses(&style));
        assets
    }

    /// True if both have the same files with the same content.
    pub fn is_same(&self, other: &Self) -> bool {
        self.addresses == other.addresses
    }

    /// A text file with each `/static/NAME` replaced by the URL path of that file, if it was added before.
    fn with_addresses(&self, text: &[u8]) -> Vec<u8> {
        let mut text = String::from_utf8_lossy(text).into_owned();
        for (name, address) in &self.addresses {
            text = text.replace(&format!("/static/{name}"), address);
        }
        text.into_bytes()
    }

    /// URL path of a file; its plain name if there is no such file, which a test would notice.
    pub fn address(&self, name: &str) -> String {
        self.addresses.get(name).cloned().unwrap_or_else(|| format!("/static/{name}"))
    }

    pub fn get(&self, address: &str) -> Option<&Asset> {
        self.files.get(address)
    }

    /// Icon for programs that cannot show SVG.
    pub fn raster_icon(&self) -> Option<&Icon> {
        self.icons.iter().find(|icon| icon.media_type == "image/png")
    }

    /// Adds the author's icon and the PNG beside it, or else the default mark.
    fn add_icons(&mut self, content: &Path, site: &Site) {
        let own = site.icon.as_deref().and_then(|name| content::named(content, name));
        if let Some(path) = own {
            let png = path.with_extension("png");
            let files = if png == path { vec![path] } else { vec![path, png] };
            for path in files {
                self.add_icon(&path);
            }
        }
        if !self.icons.is_empty() {
            return;
        }
        let (address, sizes) = (self.address(icons::MARK), "any".to_owned());
        self.icons.push(Icon { address, media_type: "image/svg+xml", sizes, is_maskable: false });
        for edge in icons::MARK_EDGES {
            let (address, sizes) = (self.address(&format!("icons/mark-{edge}.png")), format!("{edge}x{edge}"));
            self.icons.push(Icon { address, media_type: "image/png", sizes, is_maskable: true });
        }
    }

    fn add_icon(&mut self, path: &Path) {
        let Ok(bytes) = fs::read(path) else { return };
        let is_svg = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("svg"));
        // Metadata is removed, as from all pictures.
        let bytes = if is_svg { bytes } else { content::pictures::clean(Format::Png, &bytes).unwrap_or_default() };
        let size = imagesize::blob_size(&bytes).map(|size| format!("{}x{}", size.width, size.height));
        let (name, media_type, sizes) = match (is_svg, size) {
            (true, _) => ("icons/own.svg", "image/svg+xml", "any".to_owned()),
            (false, Ok(size)) => ("icons/own.png", "image/png", size),
            (false, Err(_)) => return,
        };
        let address = self.add(name, bytes);
        self.icons.push(Icon { address, media_type, sizes, is_maskable: false });
    }

    /// Adds the author's font files: regular, and bold and italic beside it.
    fn add_fonts(&mut self, content: &Path, theme: &Theme) -> Fonts {
        if theme.display_face == Face::Archivo {
            self.preloads.push(self.address(FONT));
        }
        let mut cuts = |face: &Face, kind: &str| {
            let Face::File(name) = face else { return Vec::new() };
            let Some(path) = content::named(content, name) else { return Vec::new() };
            let mut files = Vec::new();
            for (suffix, is_bold, is_italic) in
                [("", false, false), ("-Bold", true, false), ("-Italic", false, true), ("-BoldItalic", true, true)]
            {
                let bytes = fs::read(beside(&path, suffix)).ok().filter(|bytes| bytes.starts_with(b"wOF2"));
                if let Some(bytes) = bytes {
                    let address = self.add(&format!("fonts/{kind}{}.woff2", suffix.to_lowercase()), bytes);
                    files.push(FontFile { address, is_bold, is_italic, is_variable: theme::is_variable(name) });
                }
            }
            self.preloads.extend(files.first().map(|file| file.address.clone()));
            files
        };
        Fonts { display: cuts(&theme.display_face, "display"), text: cuts(&theme.text_face, "text") }
    }

    /// Adds a file and returns its URL path.
    fn add(&mut self, name: &str, bytes: Vec<u8>) -> String {
        let hash = Sha256::digest(&bytes);
        let digits: String = hash[..5].iter().map(|byte| format!("{byte:02x}")).collect();
        let file = name.rsplit('/').next().unwrap_or(name);
        let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
        let address = format!("/static/{stem}-{digits}.{ending}");
        let guess = mime_guess::from_path(name).first_or_octet_stream();
        let media_type = if guess.type_() == "text" { format!("{guess}; charset=utf-8") } else { guess.to_string() };
        self.files.insert(address.clone(), Asset { bytes: bytes.into(), media_type });
        self.addresses.insert(name.to_owned(), address.clone());
        address
    }
}

/// Path of a font file's other style: `fonts/Name.woff2` and `-Bold` give `fonts/Name-Bold.woff2`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if suffix.is_empty() { path.to_owned() } else { path.with_file_name(format!("{stem}{suffix}.woff2")) }
}

/// CSS with a sentence that explains feeds to visitors: a feed in a browser has no page around it.
fn feed_words(texts: &Texts) -> String {
    let words = texts.feeds.in_browser.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\n:root::before {{ content: \"{words}\"; }}\n")
}

fn is_joined(name: &str) -> bool {
    name.starts_with("css/") || SCRIPTS.contains(&name)
}

fn read(name: &str, dev: bool) -> Option<Vec<u8>> {
    let on_disk = || fs::read(Path::new("static").join(name)).ok();
    dev.then(on_disk).flatten().or_else(|| Embedded::get(name).map(|file| file.data.into_owned()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::Config;

    #[test]
    fn one_style_sheet_with_hashed_names_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("custom.css"), ".mine { color: red }").expect("writes");
        fs::write(folder.path().join("site.toml"), "language = 'de'\n[theme]\naccent = '#0a58ca'\n").expect("writes");
        let variables = BTreeMap::from([("INSTEP_CONTENT".to_owned(), folder.path().display().to_string())]);
        let site = Config::load(&variables).expect("settings").site;
        let assets = Assets::build(folder.path(), false, &site);
        let style = assets.get(&assets.address(STYLE)).expect("a style sheet");
        let css = String::from_utf8(style.bytes.to_vec()).expect("UTF-8");
        assert!(css.trim_start_matches(|c| c != '@').starts_with("@layer"), "the layers are declared first");
        assert!(css.ends_with(".mine { color: red }"));
        assert!(css.contains(&assets.address(FONT)) && !css.contains("/static/fonts/archivo-expanded.woff2"));
        assert_eq!(style.media_type, "text/css; charset=utf-8");
        assert!(
            css.find("--color-accent:var(--by-day,#0a58ca").expect("the theme")
                > css.find("--color-accent: var(").expect("ours")
        );
        let feed = assets.get(&assets.address(FEED_STYLE)).expect("a style sheet");
        assert!(String::from_utf8_lossy(&feed.bytes).contains("content: \"Das ist ein Feed."));
        for name in [FONT, FEED_STYLE, SCRIPT, "icons/mark.svg", "icons/mark-192.png", EMBEDS_SCRIPT, COMMENTS_SCRIPT] {
            assert!(assets.get(&assets.address(name)).is_some(), "{name}");
        }
    }
}
