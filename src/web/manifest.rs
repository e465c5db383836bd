//! `/manifest.webmanifest`: data for installing the site on a home screen (Web Application Manifest, W3C).

use serde_json::{Value, json};

use super::prelude::*;
use crate::{assets::icons::Icon, domain::language};

/// Most characters of a name below an icon on a home screen.
const SHORT: usize = 12;

pub async fn show(State(app): State<App>) -> Page {
    let manifest = manifest(&app.config.site, &app.assets().icons);
    Page::text(manifest.to_string(), Policy::site()).of_type("application/manifest+json")
}

fn manifest(site: &Site, icons: &[Icon]) -> Value {
    let mut manifest = json!({
        "id": "/",
        "name": site.title,
        "short_name": short(&site.title),
        "lang": site.language,
        "dir": language::direction(&site.language),
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
        "background_color": site.theme.light.paper.hex(),
        "theme_color": site.theme.light.paper.hex(),
        "icons": icons.iter().flat_map(entries).collect::<Vec<_>>(),
    });
    if !site.description.is_empty() {
        manifest["description"] = json!(site.description);
    }
    manifest
}

/// One entry for each purpose: an icon with both purposes would be cut unnecessarily.
fn entries(icon: &Icon) -> Vec<Value> {
    let purposes = if icon.is_maskable { &["any", "maskable"][..] } else { &["any"] };
    let entry =
        |purpose| json!({ "src": icon.address, "sizes": icon.sizes, "type": icon.media_type, "purpose": purpose });
    purposes.iter().map(entry).collect()
}

/// Short name: as many whole words as fit, at least one.
fn short(title: &str) -> String {
    let mut short = String::new();
    for word in title.split_whitespace() {
        let longer = format!("{short} {word}");
        if !short.is_empty() && longer.chars().count() > SHORT {
            break;
        }
        short = longer.trim_start().to_owned();
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names() {
        for (title, expected) in [
            ("Loose Laces", "Loose Laces"),
            ("The Running Stretcher", "The Running"),
            ("Donaudampfschifffahrt für alle", "Donaudampfschifffahrt"),
            ("x", "x"),
        ] {
            assert_eq!(short(title), expected);
        }
    }
}
