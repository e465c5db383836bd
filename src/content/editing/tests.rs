use std::{fs, os::unix::fs::PermissionsExt, os::unix::fs::symlink};

use super::*;
use crate::domain::limits::{DRAFT_LIFE, DRAFTS_KEPT};

struct Site {
    folder: tempfile::TempDir,
    workspace: Workspace,
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("a time")
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (content, data) = (folder.path().join("content"), folder.path().join("data"));
        fs::create_dir_all(content.join("posts")).expect("makes");
        fs::write(content.join("posts/a.md"), "old").expect("writes");
        let workspace = Workspace::new(&content, &data);
        Self { folder, workspace }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("content").join(name)
    }

    /// Files below the content folder, also hidden ones.
    fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("reads") {
                let path = entry.expect("an entry").path();
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                } else {
                    files.push(path.strip_prefix(self.path("")).expect("below").display().to_string());
                }
            }
        }
        files.sort();
        files
    }
}

#[test]
fn a_save_replaces_the_version_that_was_read() {
    let site = Site::new();
    fs::set_permissions(site.path("posts/a.md"), fs::Permissions::from_mode(0o640)).expect("sets");
    let opened = site.workspace.read("posts/a.md").expect("reads");
    let version = site.workspace.save("posts/a.md", b"new", &opened.version, now()).expect("saves");
    assert_eq!(fs::read(site.path("posts/a.md")).expect("reads"), b"new");
    assert_eq!(fs::metadata(site.path("posts/a.md")).expect("is there").permissions().mode() & 0o777, 0o640);
    // The first version is another one now, also for a text that was there before.
    let error = site.workspace.save("posts/a.md", b"mine", &opened.version, now()).expect_err("has changed");
    assert!(matches!(error, EditError::Changed(present) if present.bytes == b"new" && present.version == version));
    assert_eq!(site.workspace.save("posts/a.md", b"new", &opened.version, now()).expect("is the same"), version);
    assert_eq!(site.files(), ["posts/a.md"]);
    let versions = site.workspace.versions("posts/a.md").expect("reads");
    assert_eq!(versions.iter().map(|one| one.at).collect::<Vec<_>>(), [now()]);
    assert_eq!(site.workspace.earlier("posts/a.md", &versions[0].id).expect("reads"), b"old");
}

#[test]
fn an_unchanged_text_is_not_written() {
    let site = Site::new();
    let before = fs::metadata(site.path("posts/a.md")).expect("is there").modified().expect("a time");
    let opened = site.workspace.read("posts/a.md").expect("reads");
    site.workspace.save("posts/a.md", &opened.bytes, &opened.version, now()).expect("saves");
    assert_eq!(fs::metadata(site.path("posts/a.md")).expect("is there").modified().expect("a time"), before);
    assert!(site.workspace.versions("posts/a.md").expect("reads").is_empty());
}

/// A program that saves between the check and the write of ours.
#[test]
fn a_file_that_changes_in_the_last_moment_is_not_overwritten() {
    let site = Site::new();
    let folder = Dir::open_ambient_dir(site.path("posts"), ambient_authority()).expect("opens");
    let old = Opened { bytes: b"older".to_vec(), version: version_of(b"older") };
    let other = writing::write(&folder, "a.md", b"mine", Instead::Of(&old)).expect("writes");
    assert_eq!(other.map(|other| other.bytes), Some(b"old".to_vec()));
    assert_eq!(fs::read(site.path("posts/a.md")).expect("reads"), b"old");
    assert_eq!(site.files(), ["posts/a.md"]);
}

#[test]
fn fifty_versions_are_kept_in_order_also_when_the_clock_is_set_back() {
    let site = Site::new();
    let mut version = site.workspace.read("posts/a.md").expect("reads").version;
    for number in 0..60 {
        let at = now() - jiff::SignedDuration::from_secs(number);
        version = site.workspace.save("posts/a.md", number.to_string().as_bytes(), &version, at).expect("saves");
    }
    let versions = site.workspace.versions("posts/a.md").expect("reads");
    assert_eq!(versions.len(), 50);
    let bytes = |at: usize| site.workspace.earlier("posts/a.md", &versions[at].id).expect("reads");
    assert_eq!((bytes(0), bytes(49)), (b"58".to_vec(), b"9".to_vec()));
    assert!(matches!(site.workspace.earlier("posts/a.md", "../../../content/posts/a.md"), Err(EditError::NotFound)));
}

#[test]
fn a_new_text_never_takes_the_place_of_another() {
    let site = Site::new();
    let create = |slug: &str| site.workspace.create(Kind::Post, &Slug::from_text(slug).expect("a slug"), b"new");
    assert!(matches!(create("a"), Err(EditError::Exists(_))));
    assert_eq!(create("b").expect("creates"), "posts/b.md");
    fs::create_dir(site.path("posts/c")).expect("makes");
    fs::write(site.path("posts/c/index.md"), "old").expect("writes");
    assert!(matches!(create("c"), Err(EditError::Exists(_))));
    for taken in ["posts/A.md", "posts/a.MD", "Posts/x.md", "posts/C/x.md"] {
        assert!(site.workspace.create_at(taken, b"new").is_err(), "{taken}");
    }
    site.workspace.create_at("posts/2026/05/d.md", b"new").expect("creates");
    assert_eq!(site.files(), ["posts/2026/05/d.md", "posts/a.md", "posts/b.md", "posts/c/index.md"]);
    assert_eq!(fs::read(site.path("posts/a.md")).expect("reads"), b"old");
}

#[test]
fn renaming_trash_and_restoring() {
    let site = Site::new();
    let workspace = &site.workspace;
    let version = workspace.save("posts/a.md", b"2", &version_of(b"old"), now()).expect("saves");
    workspace.rename("posts/a.md", "posts/b.md").expect("renames");
    assert_eq!(workspace.versions("posts/b.md").expect("reads").len(), 1);
    assert!(workspace.rename("posts/b.md", "media/b.md").is_err());
    workspace.create_at("posts/c/index.md", b"3").expect("creates");
    assert!(matches!(workspace.rename("posts/b.md", "posts/c/index.md"), Err(EditError::Exists(_))));
    fs::write(site.path("posts/c/cat.jpg"), "x").expect("writes");
    workspace.rename("posts/c/index.md", "posts/d/index.md").expect("renames");
    assert_eq!(site.files(), ["posts/b.md", "posts/d/cat.jpg", "posts/d/index.md"]);

    assert!(matches!(workspace.trash("posts/b.md", "0", now()), Err(EditError::Changed(_))));
    let id = workspace.trash("posts/b.md", &version, now()).expect("moves");
    assert_eq!(site.files(), ["posts/d/cat.jpg", "posts/d/index.md"]);
    let all = workspace.trashed().expect("reads");
    assert_eq!(all.iter().map(|one| (&*one.id, &*one.path)).collect::<Vec<_>>(), [(&*id, "posts/b.md")]);
    workspace.create_at("posts/b.md", b"other").expect("creates");
    assert!(matches!(workspace.restore(&id), Err(EditError::Exists(_))));
    fs::remove_file(site.path("posts/b.md")).expect("removes");
    assert_eq!(workspace.restore(&id).expect("restores"), "posts/b.md");
    assert_eq!(workspace.read("posts/b.md").expect("reads").bytes, b"2");
    workspace.trash("posts/b.md", &version, now()).expect("moves");
    workspace.empty_trash().expect("empties");
    assert_eq!(workspace.trashed().expect("reads"), []);
    assert!(workspace.restore("../versions").is_err());
}

#[test]
fn nothing_outside_is_reached() {
    let site = Site::new();
    let outside = site.folder.path().join("outside");
    fs::create_dir(&outside).expect("makes");
    fs::write(outside.join("x.md"), "secret").expect("writes");
    fs::create_dir_all(site.path(".git")).expect("makes");
    fs::write(site.path(".git/x.md"), "git").expect("writes");
    symlink(&outside, site.path("posts/out")).expect("links");
    symlink(outside.join("x.md"), site.path("posts/link.md")).expect("links");
    symlink("../../outside/x.md", site.path("posts/up.md")).expect("links");
    symlink("../.git", site.path("posts/git")).expect("links");
    symlink("../.git/x.md", site.path("posts/hidden.md")).expect("links");
    symlink("a.md", site.path("posts/inner.md")).expect("links");
    symlink(&outside, site.path("pages")).expect("links");
    let before = site.files();
    let long = format!("posts/{}.md", "x".repeat(300));
    let deep = format!("posts/{}x.md", "y/".repeat(600));
    let absolute = outside.join("x.md").display().to_string();
    let paths = [
        "",
        "/",
        ".",
        "..",
        "x.md",
        "a.md",
        "site.toml",
        "custom.css",
        "posts",
        "posts/",
        "posts/.",
        "posts/..",
        "/etc/passwd",
        "../outside/x.md",
        "posts/../../outside/x.md",
        "posts/../posts/a.md",
        "./posts/a.md",
        "posts/./a.md",
        "posts//a.md",
        "posts/a.md/",
        "posts/a.md/x.md",
        "/posts/a.md",
        "posts\\a.md",
        "posts/..\\x.md",
        "posts/a.md\0",
        "posts/a\0.md",
        "posts/x.txt",
        "posts/x",
        "posts/.md",
        "posts/.x.md",
        "posts/.git/x.md",
        ".git/x.md",
        ".git/hooks/x.md",
        "posts/#x.md",
        "posts/x.md~",
        "posts/~",
        "posts/out/x.md",
        "posts/out/new.md",
        "posts/link.md",
        "posts/up.md",
        "posts/git/x.md",
        "posts/git/new.md",
        "posts/hidden.md",
        "pages/x.md",
        "pages/new.md",
        "media/x.md",
        "static/x.md",
        "POSTS/a.md",
        "Posts/a.md",
        "posts/A.md",
        "posts/a.Md",
        "ｐosts/a.md",
        "posts\u{200b}/a.md",
        "posts/\u{202e}dm.x",
        "posts/a\nb.md",
        "posts/a\r.md",
        "posts/a\u{1b}[0m.md",
        "posts/con.md",
        "posts/CON.md",
        "posts/Nul.md",
        "posts/aux/x.md",
        "posts/com1.md",
        "posts/LPT9.x.md",
        "posts/com¹.md",
        "posts/prn .md",
        "posts/x:y.md",
        "posts/x.md:y.md",
        "posts/a.md::$DATA.md",
        "posts/x?.md",
        "posts/x*.md",
        "posts/<x>.md",
        "posts/\"x.md",
        "posts/x|y.md",
        "posts/ x.md",
        "posts/x /y.md",
        "posts/x./y.md",
        "posts/x. /y.md",
        "posts/.../x.md",
        "C:/x.md",
        "C:\\x.md",
        "\\\\host\\x.md",
        "file:///x.md",
        "%2e%2e/x.md",
        "posts/%2e%2e%2fx.md\0",
        "posts/.instep-unfinished",
        "posts/.instep-unfinished.md",
        "data/instep.sqlite",
        "../data/instep.sqlite",
        &long,
        &deep,
        &absolute,
    ];
    assert!(paths.len() >= 80);
    let workspace = &site.workspace;
    for path in paths {
        // A name with `%` is a name like any other.
        let created = workspace.create_at(path, b"attack");
        assert!(created.is_err(), "{path:?} was created");
        let version = version_of(b"secret");
        for version in [version.as_str(), &version_of(b"git")] {
            assert!(
                workspace.save(path, b"attack", version, now()).is_err() || path == "posts/a.md",
                "{path:?} was saved"
            );
            assert!(workspace.trash(path, version, now()).is_err(), "{path:?} was deleted");
        }
        assert!(workspace.rename("posts/a.md", path).is_err(), "a text went to {path:?}");
        assert!(workspace.rename(path, "posts/free.md").is_err(), "{path:?} went to the posts");
        assert!(!workspace.read(path).is_ok_and(|opened| opened.bytes != b"old"), "{path:?} was read");
        drop((workspace.versions(path), workspace.earlier(path, "x"), workspace.save_media(path, path, b"%PDF-")));
    }
    // A link inside the content folder is followed, and stays a link.
    workspace.save("posts/inner.md", b"new", &version_of(b"old"), now()).expect("saves");
    assert_eq!(fs::read(site.path("posts/a.md")).expect("reads"), b"new");
    assert_eq!(site.files().into_iter().filter(|file| !file.ends_with(".pdf")).collect::<Vec<_>>(), before);
    assert_eq!(fs::read(outside.join("x.md")).expect("reads"), b"secret");
    assert_eq!(fs::read(site.path(".git/x.md")).expect("reads"), b"git");
    assert_eq!(fs::read_dir(&outside).expect("reads").count(), 1);
    assert_eq!(fs::read_dir(site.path(".git")).expect("reads").count(), 1);
}

#[test]
fn uploads_have_the_ending_of_their_type() {
    let site = Site::new();
    let png = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/README.png")).expect("reads");
    let upload = |name: &str, bytes: &[u8]| {
        site.workspace.save_media("posts", name, bytes).map(|uploaded| (uploaded.name, uploaded.is_picture))
    };
    let named = |name: &str, is_picture| Some((name.to_owned(), is_picture));
    assert_eq!(upload("../../My Cat.JPG", &png).ok(), named("my-cat.png", true));
    assert_eq!(upload("my cat.png", &png).ok(), named("my-cat.png", true), "the same file again");
    let svg = "<?xml version='1.0'?>\n<!-- x > y -->\n<svg xmlns='http://www.w3.org/2000/svg'/>";
    assert_eq!(upload("C:\\my-cat.png", svg.as_bytes()).ok(), named("my-cat.svg", true));
    assert_eq!(upload("a.md", b"%PDF-1").ok(), named("a.pdf", false));
    assert_eq!(upload("a", b"%PDF-2").ok(), named("a-2.pdf", false), "another file of that name");
    assert_eq!(upload("...", b"WEBVTT\n").ok(), named("file.vtt", false));
    assert_eq!(
        upload("con.mp4", b"\0\0\0\x18ftypisom\0\0").err().map(|error| error.to_string()).as_deref(),
        Some("\"posts/con.mp4\" cannot be the name of a file here")
    );
    assert_eq!(upload("film.mp4", b"\0\0\0\x18ftypisom\0\0").ok(), named("film.mp4", false));
    let heic = upload("IMG_1.HEIC", b"\0\0\0\x18ftypheic\0\0\0\0").expect_err("is refused").to_string();
    assert!(heic.contains("HEIC") && heic.contains("Most Compatible"), "{heic}");
    for bytes in [&b"<html><svg>"[..], b"", b"#!/bin/sh", b"MZ", &png[..200], b"---\ntitle: x\n---\n", b"<?php ?>"] {
        assert!(matches!(upload("x.png", bytes), Err(EditError::Refused(_))), "{bytes:?}");
    }
    assert_eq!(
        site.files(),
        [
            "posts/a-2.pdf",
            "posts/a.md",
            "posts/a.pdf",
            "posts/file.vtt",
            "posts/film.mp4",
            "posts/my-cat.png",
            "posts/my-cat.svg"
        ]
    );
}

#[test]
fn drafts_have_limits_in_number_and_age() {
    let site = Site::new();
    let version = version_of(b"old");
    let keep = |path: &str, bytes: &[u8], at| site.workspace.keep_draft(path, bytes, &version, at).expect("keeps");
    assert!(keep("posts/a.md", b"typed", now()));
    let draft = site.workspace.draft("posts/a.md", now()).expect("reads").expect("is there");
    assert_eq!((draft.bytes.as_slice(), &draft.version), (b"typed".as_slice(), &version));
    assert!(!keep("posts/a.md", b"old", now()), "it is the file again");
    assert_eq!(site.workspace.draft("posts/a.md", now()).expect("reads"), None);
    for number in 0..DRAFTS_KEPT + 5 {
        keep(&format!("posts/{number}.md"), b"typed", now());
    }
    let count = || fs::read_dir(site.folder.path().join("data/drafts")).expect("reads").count();
    assert_eq!(count(), DRAFTS_KEPT);
    let later = now() + DRAFT_LIFE * 2;
    assert_eq!(site.workspace.draft("posts/9.md", later).expect("reads"), None);
    keep("posts/a.md", b"typed", later);
    assert_eq!(count(), 1);
    assert_eq!(site.files(), ["posts/a.md"]);
}
