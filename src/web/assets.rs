//! Static files: embedded in the binary, under addresses with their hash in them. All style sheets, and the site's own
//! `custom.css`, are one file.

use std::{collections::HashMap, fs, path::Path};

use bytes::Bytes;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::texts::Texts;

#[derive(RustEmbed)]
#[folder = "static/"]
#[exclude = "*.txt"]
struct Embedded;

/// The order of the cascade; components follow by name. `tokens` declares the layers, so it comes first.
const SHEETS: [&str; 5] = ["css/tokens.css", "css/reset.css", "css/base.css", "css/layout.css", "css/prose.css"];
const COMPONENTS: &str = "css/components/";
/// The name of the joined style sheet.
pub const STYLE: &str = "site.css";
/// What a feed looks like in a browser; not part of the joined one, since no page has its elements.
pub const FEED_STYLE: &str = "feeds/feed.css";
pub const FONT: &str = "fonts/archivo-expanded.woff2";

/// All static files as they are served.
#[derive(Debug, Default)]
pub struct Assets {
    /// By name, as templates know them.
    addresses: HashMap<String, String>,
    /// By address.
    files: HashMap<String, Asset>,
}

#[derive(Clone, Debug)]
pub struct Asset {
    pub bytes: Bytes,
    pub media_type: String,
}

impl Assets {
    /// Joins and names them. With `dev`, files come from `static/` in the working directory where they are there.
    pub fn build(content: &Path, texts: &Texts, dev: bool) -> Self {
        let mut assets = Self::default();
        let names: Vec<String> = Embedded::iter().map(std::borrow::Cow::into_owned).collect();
        for name in names.iter().filter(|name| !is_sheet(name)) {
            if let Some(mut bytes) = read(name, dev) {
                if name == FEED_STYLE {
                    bytes.extend(feed_words(texts).into_bytes());
                }
                assets.add(name, bytes);
            }
        }
        let mut components: Vec<&str> =
            names.iter().filter(|name| name.starts_with(COMPONENTS)).map(String::as_str).collect();
        components.sort_unstable();
        let mut style = Vec::new();
        for name in SHEETS.into_iter().chain(components) {
            style.extend(read(name, dev).unwrap_or_default());
            style.push(b'\n');
        }
        // Outside of every layer, so that it wins.
        style.extend(fs::read(content.join("custom.css")).unwrap_or_default());
        let mut style = String::from_utf8_lossy(&style).into_owned();
        for (name, address) in &assets.addresses {
            style = style.replace(&format!("/static/{name}"), address);
        }
        assets.add(STYLE, style.into_bytes());
        assets
    }

    /// Where a file is served; its plain name where there is none, which a test would notice.
    pub fn address(&self, name: &str) -> String {
        self.addresses.get(name).cloned().unwrap_or_else(|| format!("/static/{name}"))
    }

    pub fn get(&self, address: &str) -> Option<&Asset> {
        self.files.get(address)
    }

    fn add(&mut self, name: &str, bytes: Vec<u8>) {
        let hash = Sha256::digest(&bytes);
        let digits: String = hash[..5].iter().map(|byte| format!("{byte:02x}")).collect();
        let file = name.rsplit('/').next().unwrap_or(name);
        let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
        let address = format!("/static/{stem}-{digits}.{ending}");
        let guess = mime_guess::from_path(name).first_or_octet_stream();
        let media_type = if guess.type_() == "text" { format!("{guess}; charset=utf-8") } else { guess.to_string() };
        self.files.insert(address.clone(), Asset { bytes: bytes.into(), media_type });
        self.addresses.insert(name.to_owned(), address);
    }
}

/// A feed in a browser has no page around it that could say what it is, so its style sheet does.
fn feed_words(texts: &Texts) -> String {
    let words = texts.feeds.in_browser.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\n:root::before {{ content: \"{words}\"; }}\n")
}

fn is_sheet(name: &str) -> bool {
    name.starts_with("css/")
}

fn read(name: &str, dev: bool) -> Option<Vec<u8>> {
    let on_disk = || fs::read(Path::new("static").join(name)).ok();
    dev.then(on_disk).flatten().or_else(|| Embedded::get(name).map(|file| file.data.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_style_sheet_with_hashed_names_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("custom.css"), ".mine { color: red }").expect("writes");
        let assets = Assets::build(folder.path(), crate::texts::of("de").expect("is shipped"), false);
        let style = assets.get(&assets.address(STYLE)).expect("a style sheet");
        let css = String::from_utf8(style.bytes.to_vec()).expect("UTF-8");
        assert!(css.trim_start_matches(|c| c != '@').starts_with("@layer"), "the layers are declared first");
        assert!(css.ends_with(".mine { color: red }"));
        assert!(css.contains(&assets.address(FONT)) && !css.contains("/static/fonts/archivo-expanded.woff2"));
        assert_eq!(style.media_type, "text/css; charset=utf-8");
        let feed = assets.get(&assets.address(FEED_STYLE)).expect("a style sheet");
        assert!(String::from_utf8_lossy(&feed.bytes).contains("content: \"Das ist ein Feed."));
        for name in [FONT, FEED_STYLE, "icons/favicon.svg", "icons/apple-touch-icon.png", "js/embeds.js"] {
            assert!(assets.get(&assets.address(name)).is_some(), "{name}");
        }
    }
}
