//! Names and paths from apps never lead out of the content folder.

use serde_json::json;

use super::{multipart, post, send_json, site};
use crate::support::photo;

/// Names that lead elsewhere, that a system cannot keep, or that hide something.
pub const NAMES: [&str; 44] = [
    "../../evil",
    "../evil.md",
    "..\\..\\evil",
    "/etc/passwd",
    "//server/share/evil",
    "C:\\Windows\\evil",
    "C:evil",
    "file:///etc/passwd",
    "....//....//evil",
    "..;/evil",
    "%2e%2e%2fevil",
    "%252e%252e%252fevil",
    "..%c0%afevil",
    "\u{2025}/evil",
    "\u{ff0e}\u{ff0e}\u{ff0f}evil",
    "a/../../evil",
    "./././../evil",
    ".",
    "..",
    "...",
    ".htaccess",
    ".git/config",
    ".instep-unfinished",
    "~/.ssh/authorized_keys",
    "~root",
    "#evil#",
    "evil~",
    "CON",
    "con.md",
    "AUX.jpg",
    "nul",
    "COM1.txt",
    "LPT\u{b9}",
    "PRN .md",
    "evil.",
    "evil ",
    " evil",
    "evil\u{0}.md",
    "evil\n.md",
    "evil\u{202e}dm.exe",
    "evil:stream",
    "site.toml",
    "<script>",
    "$(touch evil)`id`;|",
];

/// All files below a folder that are not below `content/posts`, `content/media` or the data folder.
pub fn others(site: &crate::support::TestSite) -> Vec<String> {
    fn walk(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() { walk(&path, found) } else { found.push(path.display().to_string()) }
        }
    }
    let mut found = Vec::new();
    walk(site.path("..").as_path(), &mut found);
    found.retain(|path| !path.contains("/content/../data/") && !path.contains("/../data/"));
    found.sort();
    found
}

pub fn is_harmless(path: &str) -> bool {
    let below = path.rsplit_once("/content/").map_or(path, |(_, below)| below);
    let name = below.strip_prefix("posts/").or(below.strip_prefix("media/"));
    below == "site.toml" || name.is_some_and(|name| !name.contains('/') && !name.starts_with('.'))
}

#[tokio::test]
async fn a_slug_never_leads_out_of_the_folder_of_posts() {
    let site = site().await;
    let site_toml = crate::support::read(&site.path("site.toml"));
    for name in NAMES {
        let answer = post(&site, json!({"content": ["x"], "name": [name], "mp-slug": [name]})).await;
        assert!([201, 400].contains(&answer.status), "{name:?}: {} {}", answer.status, answer.text());
    }
    let found = others(&site);
    assert!(found.iter().all(|path| is_harmless(path)), "{found:#?}");
    assert_eq!(crate::support::read(&site.path("site.toml")), site_toml);
}

#[tokio::test]
async fn a_file_name_never_leads_out_of_the_folder_of_media() {
    let site = site().await;
    let png = photo::encoded(&photo::quarters(8, 8), image::ImageFormat::Png);
    for name in NAMES {
        let name: String = name.chars().filter(|c| !matches!(c, '"' | '\r' | '\n' | '\0')).collect();
        let answer = multipart(&site, "/micropub/media", &[("file", Some(&name), &png)]).await;
        assert!([201, 400].contains(&answer.status), "{name:?}: {} {}", answer.status, answer.text());
    }
    let found = others(&site);
    assert!(found.iter().all(|path| is_harmless(path)), "{found:#?}");
}

#[tokio::test]
async fn an_address_never_leads_to_another_file() {
    let site = site().await;
    let before = others(&site);
    for name in NAMES {
        let url = format!("https://laces.example/posts/{name}");
        for asked in [
            json!({"action": "update", "url": url, "replace": {"content": ["evil"]}}),
            json!({"action": "delete", "url": url}),
            json!({"action": "undelete", "url": url}),
        ] {
            let answer = send_json(&site, &asked).await;
            assert!([400, 404].contains(&answer.status), "{asked}: {}", answer.status);
        }
    }
    assert_eq!(others(&site), before);
}

#[tokio::test]
async fn files_that_are_no_media_are_refused_by_their_bytes() {
    let site = site().await;
    for (name, bytes) in [
        ("page.html", &b"<!doctype html><script>alert(1)</script>"[..]),
        ("photo.jpg", b"<?php system($_GET['x']); ?>"),
        ("photo.png", b"MZ\x90\x00\x03"),
        ("run.sh", b"#!/bin/sh\nrm -rf /"),
        ("program", b"\x7fELF\x02\x01\x01"),
        ("post.md", b"---\ntitle: x\n---\nx"),
        ("archive.zip", b"PK\x03\x04"),
        ("site.toml", b"title = \"x\""),
        ("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("cut.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    ] {
        let answer = multipart(&site, "/micropub/media", &[("file", Some(name), bytes)]).await;
        assert_eq!(answer.status, 400, "{name}: {}", answer.text());
    }
    assert!(!site.path("media").exists() || std::fs::read_dir(site.path("media")).expect("a folder").next().is_none());
}
