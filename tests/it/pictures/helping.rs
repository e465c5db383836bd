//! The helper process that resizes pictures: its crashes, and its memory.

use std::{ffi::OsString, path::Path, sync::Arc};

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use instep::content::{
    Library, Loader,
    picture_cache::{Pictures, Working},
};

use super::{addresses, post};
use crate::support::{
    TestSite, eventually,
    photo::{encoded, quarters},
};

/// A site with two pictures that are not resized yet, and the hash of the first.
async fn two_pictures() -> (TestSite, String) {
    let site = post("---\n![A](a.jpg)\n\n![B](b.jpg)")
        .file("posts/calf/a.jpg", encoded(&quarters(900, 600), ImageFormat::Jpeg))
        .file("posts/calf/b.jpg", encoded(&quarters(700, 300), ImageFormat::Jpeg))
        .start()
        .await;
    let all = addresses(&site.get("/posts/calf").await.html());
    let first = all.iter().find(|address| address.ends_with("a.jpg")).expect("the first");
    let hash = first["/media/".len()..].split('-').next().expect("a hash").to_owned();
    (site, hash)
}

fn library(site: &TestSite) -> Library {
    let config = &site.app.config;
    Loader::new(config.content.clone(), config.site.rules(), config.site.texts).load().expect("reads")
}

/// Starts the worker with a shell script as its helper process.
fn helped_by(site: &TestSite, script: &str) -> Working {
    let pictures: &Arc<Pictures> = &site.app.pictures;
    pictures.leave_to("/bin/sh".into(), ["-c", script].map(OsString::from).to_vec());
    let working = pictures.start().expect("a thread");
    pictures.follow(&library(site).media);
    working
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

#[tokio::test]
async fn a_picture_that_crashes_the_helper_is_marked_and_the_next_one_is_resized() {
    let (site, hash) = two_pictures().await;
    let folder = site.app.config.data.join("pictures");
    std::fs::create_dir_all(&folder).expect("a folder");
    // Dies over the first picture, as where memory ends; without it, it has nothing to do.
    let script = format!(
        "cd '{}'; echo run >> runs; test -e {hash}.failed || {{ printf . > {hash}.making; kill -9 $$; }}",
        folder.display()
    );
    let _working = helped_by(&site, &script);
    eventually("another process goes on", async || (lines(&folder.join("runs")) == 2).then_some(())).await;
    let reason = std::fs::read_to_string(folder.join(format!("{hash}.failed"))).expect("a reason");
    assert!(reason.contains("signal: 9"), "{reason}");
    assert!(!folder.join(format!("{hash}.making")).exists());
    // The site does not do the work that ended a process.
    let mut names = std::fs::read_dir(&folder).expect("a folder").map(|one| one.expect("an entry").file_name());
    assert!(names.all(|name| !name.to_string_lossy().ends_with(".webp")));
    // After a restart neither.
    let (again, media) = (Pictures::new(&site.app.config.data), library(&site).media);
    assert_eq!(again.make_all(&media), 1);
    assert!(folder.join(format!("{hash}.failed")).exists() && !folder.join(format!("{hash}-400.webp")).exists());
}

#[tokio::test]
async fn a_helper_that_was_stopped_leaves_no_mark() {
    for signal in ["TERM", "INT", "HUP"] {
        let (site, hash) = two_pictures().await;
        let folder = site.app.config.data.join("pictures");
        std::fs::create_dir_all(&folder).expect("a folder");
        let script = format!(
            "cd '{}'; printf . > {hash}.making; echo run >> runs; kill -{signal} $$; sleep 9",
            folder.display()
        );
        let working = helped_by(&site, &script);
        eventually("it has run", async || (lines(&folder.join("runs")) == 1).then_some(())).await;
        drop(working);
        assert!(!folder.join(format!("{hash}.failed")).exists(), "{signal}");
    }
}

#[tokio::test]
async fn a_picture_that_crashes_the_program_twice_is_given_up() {
    let (site, hash) = two_pictures().await;
    let folder = site.app.config.data.join("pictures");
    std::fs::create_dir_all(&folder).expect("a folder");
    // Once it may have been a power cut.
    std::fs::write(folder.join(format!("{hash}.making")), ".").expect("writes");
    let pictures = Pictures::new(&site.app.config.data);
    assert_eq!(pictures.make_all(&library(&site).media), 0);
    std::fs::remove_file(folder.join(format!("{hash}-400.webp"))).expect("was made");
    std::fs::write(folder.join(format!("{hash}.making")), "..").expect("writes");
    assert_eq!(pictures.make_all(&library(&site).media), 1);
    assert!(folder.join(format!("{hash}.failed")).exists());
}

#[tokio::test]
async fn without_a_helper_process_the_site_resizes_pictures_itself() {
    let (site, hash) = two_pictures().await;
    let pictures = &site.app.pictures;
    pictures.leave_to("/nowhere/instep".into(), Vec::new());
    let _working = pictures.start().expect("a thread");
    pictures.follow(&library(&site).media);
    let made = site.app.config.data.join("pictures").join(format!("{hash}-400.webp"));
    eventually("it is made", async || made.exists().then_some(())).await;
}

#[tokio::test]
async fn a_transparent_picture_is_in_memory_once() {
    let (width, height) = (12_000, 600);
    let clear = RgbaImage::from_pixel(width, height, Rgba([200, 40, 40, 120]));
    let png = encoded(&DynamicImage::ImageRgba8(clear), ImageFormat::Png);
    let site = post("---\n![A](a.png)").file("posts/calf/a.png", png).start().await;
    let media = library(&site).media;
    let pictures = Pictures::new(&site.app.config.data);
    let used = allocation_counter::measure(|| assert_eq!(pictures.make_all(&media), 0));
    let pixels = u64::from(width) * u64::from(height) * 4;
    // Besides them: rows that are narrower, 2400 of 12000 pixels, and the versions.
    assert!(used.bytes_max < pixels * 3 / 2, "{} MB for {} MB", used.bytes_max / 1_000_000, pixels / 1_000_000);
}
