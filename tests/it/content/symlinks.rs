//! Content behind symbolic links: live at once, safe with circles, and reported if it is outside of the content.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::support::{TestSite, eventually, write};

fn post(text: &str) -> String {
    format!("---\ntitle: T\ndate: 2026-05-02\n---\n{text}\n")
}

/// A folder beside the content.
fn elsewhere() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().canonicalize().expect("is there");
    (folder, path)
}

/// Replaces a link by another in one step, as deployment tools do.
fn switch(link: &Path, to: &Path) {
    let beside = link.with_extension("new");
    symlink(to, &beside).expect("links");
    fs::rename(&beside, link).expect("renames");
}

async fn says(site: &TestSite, path: &str, words: &str) {
    eventually(&format!("{path} says {words:?}"), async || site.get(path).await.text().contains(words).then_some(()))
        .await;
}

#[tokio::test]
async fn a_file_behind_a_link_is_live_at_once() {
    let (_folder, other) = elsewhere();
    write(&other.join("text.md"), post("One."));
    let site = TestSite::new().keeps_current().start().await;
    fs::create_dir_all(site.path("posts")).expect("makes");
    symlink(other.join("text.md"), site.path("posts/a.md")).expect("links");
    says(&site, "/posts/a", "One.").await;
    write(&other.join("text.md"), post("Two."));
    says(&site, "/posts/a", "Two.").await;
    // As editors save.
    write(&other.join("text.md~"), post("Three."));
    fs::rename(other.join("text.md~"), other.join("text.md")).expect("renames");
    says(&site, "/posts/a", "Three.").await;
    fs::remove_file(other.join("text.md")).expect("removes");
    eventually("it is gone", async || (site.get("/posts/a").await.status == 404).then_some(())).await;
    write(&other.join("text.md"), post("Four."));
    says(&site, "/posts/a", "Four.").await;
}

#[tokio::test]
async fn a_linked_folder_that_is_added_later_is_live() {
    let (_folder, other) = elsewhere();
    write(&other.join("2026/a.md"), post("One."));
    let site = TestSite::new().post("calf", "Stretch it.").keeps_current().start().await;
    symlink(&other, site.path("posts/archive")).expect("links");
    says(&site, "/posts/a", "One.").await;
    write(&other.join("2026/a.md"), post("Two."));
    says(&site, "/posts/a", "Two.").await;
    write(&other.join("2027/b.md"), post("Later."));
    says(&site, "/posts/b", "Later.").await;
    write(&other.join("2027/b.md"), post("Changed."));
    says(&site, "/posts/b", "Changed.").await;
}

#[tokio::test]
async fn content_that_is_switched_to_another_folder_is_live() {
    let (_folder, other) = elsewhere();
    for (release, text) in [("1", "One."), ("2", "Two."), ("3", "Three.")] {
        write(&other.join(release).join("site.toml"), "title = \"T\"\n");
        write(&other.join(release).join("posts/a.md"), post(text));
    }
    symlink("1", other.join("current")).expect("links");
    symlink(other.join("current"), other.join("content")).expect("links");
    let site = TestSite::new().content(other.join("content")).keeps_current().start().await;
    says(&site, "/posts/a", "One.").await;
    switch(&other.join("current"), Path::new("2"));
    says(&site, "/posts/a", "Two.").await;
    write(&other.join("2/posts/a.md"), post("Two, changed."));
    says(&site, "/posts/a", "Two, changed.").await;
    switch(&other.join("content"), &other.join("3"));
    says(&site, "/posts/a", "Three.").await;
    write(&other.join("3/posts/a.md"), post("Three, changed."));
    says(&site, "/posts/a", "Three, changed.").await;
    assert_eq!(site.problems(), Vec::<String>::new(), "all of it is in the content folder");
}

#[tokio::test]
async fn folders_that_are_renamed_replaced_or_deleted_stay_watched() {
    let (_folder, other) = elsewhere();
    write(&other.join("content/site.toml"), "title = \"T\"\n");
    write(&other.join("next/site.toml"), "title = \"T\"\n");
    write(&other.join("content/posts/deep/a.md"), post("One."));
    write(&other.join("next/posts/deep/a.md"), post("Two."));
    let site = TestSite::new().content(other.join("content")).keeps_current().start().await;
    says(&site, "/posts/a", "One.").await;
    fs::rename(other.join("content"), other.join("old")).expect("renames");
    fs::rename(other.join("next"), other.join("content")).expect("renames");
    says(&site, "/posts/a", "Two.").await;
    write(&other.join("content/posts/deep/a.md"), post("Three."));
    says(&site, "/posts/a", "Three.").await;
    fs::remove_dir_all(other.join("content/posts/deep")).expect("removes");
    eventually("it is gone", async || (site.get("/posts/a").await.status == 404).then_some(())).await;
    write(&other.join("content/posts/deep/a.md"), post("Four."));
    says(&site, "/posts/a", "Four.").await;
    write(&other.join("content/posts/deep/a.md"), post("Five."));
    says(&site, "/posts/a", "Five.").await;
}

#[tokio::test]
async fn links_in_circles_are_reported_and_not_followed() {
    let (_folder, content) = elsewhere();
    write(&content.join("site.toml"), "title = \"T\"\n");
    write(&content.join("posts/a.md"), post("One."));
    write(&content.join("posts/x/b.md"), post("Two."));
    write(&content.join("posts/y/c.md"), post("Three."));
    for (to, link) in [
        (".", "posts/here"),
        ("..", "posts/up"),
        (".", "pages"),
        ("../y", "posts/x/to-y"),
        ("../x", "posts/y/to-x"),
        ("itself", "posts/itself"),
        ("/", "media"),
    ] {
        symlink(to, content.join(link)).expect("links");
    }
    let site = TestSite::new().content(content).start().await;
    for slug in ["a", "b", "c"] {
        site.get(&format!("/posts/{slug}")).await.is(200);
    }
    let problems = site.problems();
    for link in ["posts/here", "posts/up", "pages", "media"] {
        let told =
            problems.iter().filter(|told| told.starts_with(&format!("{link}:1:1: warning: this link leads back")));
        assert_eq!(told.count(), 1, "{link}: {problems:?}");
    }
    let nowhere = problems.iter().filter(|told| told.starts_with("posts/itself:1:1: warning: this link leads nowhere"));
    assert_eq!(nowhere.count(), 1, "{problems:?}");
}

#[tokio::test]
async fn links_out_of_the_content_are_reported_once() {
    let (_folder, other) = elsewhere();
    write(&other.join("text.md"), post("Mine."));
    write(&other.join("shared/b.md"), post("Shared."));
    write(&other.join("shared/c.md"), post("Shared."));
    let site = TestSite::new().post("calf", "Stretch it.").keeps_current().start().await;
    symlink(other.join("text.md"), site.path("posts/a.md")).expect("links");
    symlink(other.join("shared"), site.path("posts/shared")).expect("links");
    symlink("calf.md", site.path("posts/within.md")).expect("links");
    says(&site, "/posts/c", "Shared.").await;
    let told = eventually("it is told", async || Some(site.problems()).filter(|told| !told.is_empty())).await;
    let of_links = told.iter().filter(|told| told.contains("leads out of the content folder")).collect::<Vec<_>>();
    assert!(of_links.len() == 1 && of_links[0].starts_with("posts/a.md:1:1: warning:"), "{told:?}");
    assert!(of_links[0].contains("text.md\", as do 1 more"), "{told:?}");
}
