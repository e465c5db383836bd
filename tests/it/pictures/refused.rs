//! Pictures that are too large or broken: a problem for the author, the alternative text for the reader, no harm to the
//! site.

use image::ImageFormat;
use instep::content::Loader;

use super::{addresses, post, ready, sideways};
use crate::support::{
    eventually,
    photo::{encoded, quarters},
};

/// A PNG of a few bytes whose head has this size.
fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(&quarters(8, 8), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(&png[12..29]);
    png[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    png
}

fn jpeg_that_claims(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = encoded(&quarters(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|window| window == [0xff, 0xc0]).expect("a frame");
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

#[tokio::test]
async fn a_decompression_bomb_is_refused_with_a_message() {
    let cut = sideways();
    let site = post(
        "image: huge.jpg\n---\nBefore.\n\n![A wall of paint](bomb.png)\n\n![Cut](cut.jpg) ![Odd](odd.jpg)\n\n[see](phone.heic)\n\nAfter.",
    )
    .file("posts/calf/bomb.png", png_that_claims(30_000, 30_000))
    .file("posts/calf/huge.jpg", jpeg_that_claims(20_000, 10_000))
    .file("posts/calf/cut.jpg", &cut[..cut.len() / 4])
    .file("posts/calf/odd.jpg", "<html>")
    .file("posts/calf/phone.heic", "\0\0\0\x18ftypheic")
    .file("media/alone.png", png_that_claims(20_000, 20_000))
    .keeps_current()
    .start()
    .await;
    let problems = site.problems();
    for (start, words) in [
        (
            "posts/calf/index.md:4:1: warning",
            "\"huge.jpg\" is left out: it has 200 megapixels (20000 × 10000); at most 100 are allowed",
        ),
        ("posts/calf/index.md:8:1: warning", "\"bomb.png\" is left out: it has 900 megapixels"),
        ("posts/calf/index.md:10:1: warning", "\"cut.jpg\" is left out: it is damaged: the file ends in the middle"),
        ("posts/calf/index.md:10:17: warning", "\"odd.jpg\" is left out: it is no picture in a known format"),
        (
            "posts/calf/index.md:12:1: warning",
            "\"phone.heic\" cannot be opened: few browsers show this kind (image/heic)",
        ),
        ("media/alone.png:1:1: warning", "the picture is left out: it has 400 megapixels"),
    ] {
        assert!(
            problems.iter().any(|told| told.starts_with(start) && told.contains(words)),
            "{words} in {problems:#?}"
        );
    }
    assert_eq!(problems.len(), 6, "{problems:#?}");
    let page = site.get("/posts/calf").await;
    page.is(200).says("A wall of paint").says("After.");
    assert!(addresses(&page.html()).is_empty());
}

#[tokio::test]
async fn a_large_file_is_refused_unread() {
    let site = post("---\n![Sky](sky.jpg)").start().await;
    let path = site.path("posts/calf/sky.jpg");
    std::fs::write(&path, sideways()).expect("writes");
    std::fs::OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(65 << 20)).expect("grows");
    let config = &site.app.config;
    let library = Loader::new(config.content.clone(), config.site.rules(), config.site.texts).load();
    let problems: Vec<String> = library.expect("reads").problems.iter().map(ToString::to_string).collect();
    assert!(problems.len() == 1 && problems[0].contains("its file has 69 MB; at most 67 are allowed"), "{problems:?}");
}

#[tokio::test]
async fn a_picture_that_cannot_be_decoded_affects_no_other() {
    let mut broken = encoded(&quarters(900, 600), ImageFormat::Png);
    let middle = broken.len() / 2;
    broken[middle..middle + 20].fill(0xff);
    let site = post("---\n![Broken](broken.png)\n\n![Whole](whole.jpg)")
        .file("posts/calf/broken.png", &broken)
        .file("posts/calf/whole.jpg", sideways())
        .keeps_current()
        .start()
        .await;
    let html = site.get("/posts/calf").await.html();
    for address in addresses(&html) {
        if address.contains("whole") {
            ready(&site, &address).await;
        } else {
            // As large as it is, for what cannot be decoded may still be shown in part.
            let is_sent = |answer: &crate::support::Answer| [200, 302].contains(&answer.status);
            eventually("it is sent", async || Some(site.get(&address).await).filter(is_sent)).await;
        }
    }
    assert_eq!(site.get(html.one("img", "alt", "Broken").get("src")).await.body.len(), broken.len());
}

#[tokio::test]
async fn a_film_with_the_place_of_recording_is_reported() {
    let place = b"\0\0\0\x1c\xa9xyz\0\x10\x15\xc7+40.7128-074.00/";
    let film = [b"\0\0\0\x24moov", &place[..]].concat();
    let site = post("---\nfilm.mp4").file("posts/calf/film.mp4", film).start().await;
    let problems = site.problems();
    assert!(
        problems.len() == 1 && problems[0].starts_with("posts/calf/film.mp4:1:1: warning: the film contains the place"),
        "{problems:?}"
    );
    assert!(problems[0].contains("ffmpeg -i \"film.mp4\""), "{problems:?}");
}
