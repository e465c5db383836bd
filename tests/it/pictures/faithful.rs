//! Resized versions look like their original: colours, orientation, completeness. A wrong version is worse than none.

use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageFormat, ImageReader,
    codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder},
};
use moxcms::{ColorProfile, LocalizableString, ProfileText};

use super::{addresses, post, ready, sideways};
use crate::support::{
    Answer, TestSite, eventually,
    photo::{chunk, encoded, holds, noted_webp, of_a_phone, quarters, seen},
};

const AS_MADE: &str = "red green / blue white";

async fn versions(site: &TestSite) -> Vec<(String, Answer)> {
    let mut all = Vec::new();
    for address in addresses(&site.get("/posts/calf").await.html()) {
        let answer = ready(site, &address).await;
        all.push((address, answer));
    }
    all
}

/// A site that shows this picture and has made all its versions.
async fn site_with(name: &str, picture: &[u8]) -> TestSite {
    post(&format!("---\n![A]({name})")).file(&format!("posts/calf/{name}"), picture).keeps_current().start().await
}

/// The colour in the middle of the first quarter, which [`quarters`] paints 220, 20, 20.
fn first_colour(bytes: &[u8]) -> [i32; 3] {
    let pixels = image::load_from_memory(bytes).expect("decodes").to_rgb8();
    pixels.get_pixel(pixels.width() / 4, pixels.height() / 4).0.map(i32::from)
}

fn assert_near(found: [i32; 3], expected: [i32; 3], what: &str) {
    assert!(
        found.iter().zip(expected).all(|(one, other)| (one - other).abs() <= 5),
        "{what}: {found:?}, not {expected:?}"
    );
}

/// A PNG with these chunks after its first one.
fn png_with(png: &[u8], chunks: &[u8]) -> Vec<u8> {
    let (head, rest) = png.split_at(33);
    [head, chunks, rest].concat()
}

#[tokio::test]
async fn jpegs_with_any_order_of_scans_look_the_same_in_every_size() {
    for picture in [
        &include_bytes!("../../fixtures/pictures/a-scan-for-each-colour.jpg")[..],
        include_bytes!("../../fixtures/pictures/two-scans.jpg"),
        include_bytes!("../../fixtures/pictures/progressive.jpg"),
    ] {
        let versions = versions(&site_with("a.jpg", picture).await).await;
        assert!(versions.len() > 1, "{}", versions.len());
        for (address, answer) in versions.iter().filter(|(address, _)| address.contains(".webp")) {
            assert_eq!(seen(&answer.body), AS_MADE, "{address}");
        }
    }
}

#[tokio::test]
async fn a_jpeg_without_its_second_half_has_no_smaller_versions() {
    // With the mark of its end, as some programs leave it.
    let photo = encoded(&quarters(1200, 900), ImageFormat::Jpeg);
    let half = [&photo[..photo.len() / 2], b"\xff\xd9"].concat();
    let site = site_with("a.jpg", &half).await;
    let image = site.get("/posts/calf").await.html().one("img", "alt", "A").clone();
    let whole = ready(&site, image.get("src")).await;
    assert_eq!(whole.body, half);
    for address in addresses(&site.get("/posts/calf").await.html()) {
        // The address of the whole, so that a browser loads it once.
        let is_told = async || Some(site.get(&address).await).filter(|answer| answer.status == 302);
        if address != image.get("src") {
            assert_eq!(eventually("the whole takes its place", is_told).await.header("location"), image.get("src"));
        }
    }
    let kept = std::fs::read_dir(site.app.config.data.join("pictures")).expect("a folder");
    let names: Vec<String> =
        kept.map(|one| one.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert!(names.iter().all(|name| !name.ends_with(".webp")), "{names:?}");
    let failed = names.iter().find(|name| name.ends_with(".failed")).expect("the reason");
    let reason = std::fs::read_to_string(site.app.config.data.join("pictures").join(failed)).expect("reads");
    assert!(reason.contains("damaged"), "{reason}");
}

#[tokio::test]
async fn printers_colours_stay_as_they_are() {
    let mut photo = encoded(&quarters(600, 400), ImageFormat::Jpeg);
    let frame = photo.windows(2).position(|window| window == [0xff, 0xc0]).expect("a frame");
    // Four components, of which the last is like the first.
    photo[frame + 3] += 3;
    photo[frame + 9] = 4;
    photo.splice(frame + 19..frame + 19, [4, 0x11, 0]);
    let site = site_with("a.jpg", &photo).await;
    assert_eq!(addresses(&site.get("/posts/calf").await.html()).len(), 1);
}

#[tokio::test]
async fn a_webp_is_turned_upright_since_browsers_do_not() {
    let webp = noted_webp(&encoded(&quarters(600, 400), ImageFormat::WebP), (600, 400), 6);
    let site = site_with("a.webp", &webp).await;
    let versions = versions(&site).await;
    assert_eq!(versions.len(), 1, "400 pixels wide, as it is seen");
    for (address, answer) in versions {
        // This reads the pixels and no orientation, as browsers do.
        assert_eq!(seen(&answer.body), super::UPRIGHT, "{address}");
        assert!(!holds(&answer.body, b"EXIF"), "{address}");
        let pixels = image::load_from_memory(&answer.body).expect("decodes");
        assert_eq!((pixels.width(), pixels.height()), (400, 600), "{address}");
    }
}

#[tokio::test]
async fn a_png_with_a_gamma_of_its_own_keeps_its_colours_in_every_version() {
    let picture = encoded(&quarters(600, 400), ImageFormat::Png);
    let deep = encoded(&DynamicImage::ImageRgb16(quarters(600, 400).to_rgb16()), ImageFormat::Png);
    let gamma = |gamma: u32| chunk(b"gAMA", &gamma.to_be_bytes());
    // White of D65 and the primaries of Display P3.
    let p3 = [31_270_u32, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000].map(u32::to_be_bytes).concat();
    let srgb = chunk(b"sRGB", &[0]);
    for (what, png, expected) in [
        // Linear light: 220 is 0.863 of white, 20 is 0.078.
        ("linear", png_with(&picture, &gamma(100_000)), [239, 79, 79]),
        ("linear in 16 bits", png_with(&deep, &gamma(100_000)), [239, 79, 79]),
        ("sRGB's own", png_with(&picture, &gamma(45_455)), [220, 20, 20]),
        ("none", picture.clone(), [220, 20, 20]),
        ("nonsense", png_with(&picture, &gamma(0)), [220, 20, 20]),
        ("sRGB comes first", png_with(&picture, &[srgb, gamma(100_000)].concat()), [220, 20, 20]),
        ("other primaries", png_with(&picture, &[gamma(45_455), chunk(b"cHRM", &p3)].concat()), [240, 0, 10]),
    ] {
        for (address, answer) in versions(&site_with("a.png", &png).await).await {
            // The whole picture is not encoded anew, and says what its pixels mean.
            // Where a smaller PNG would be a larger file, the whole one is sent.
            let is_whole = image::load_from_memory(&answer.body).expect("decodes").width() == 600;
            if address.contains("-400-") && !is_whole || address.ends_with(".webp") {
                let found = first_colour(&answer.body);
                if what == "other primaries" {
                    assert!(found[0] >= 236 && found[1] <= 10, "{what}, {address}: {found:?}");
                } else {
                    assert_near(found, expected, &format!("{what}, {address}"));
                }
            }
        }
    }
}

#[tokio::test]
async fn grey_pictures_keep_the_tones_that_their_profile_says() {
    let grey = DynamicImage::ImageLuma8(image::GrayImage::from_pixel(600, 400, image::Luma([55])));
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    let linear = ColorProfile::new_gray_with_gamma(1.0).encode().expect("encodes");
    encoder.set_icc_profile(linear).expect("sets");
    encoder.write_image(grey.as_bytes(), 600, 400, ExtendedColorType::L8).expect("encodes");
    for (address, answer) in versions(&site_with("a.png", &png).await).await {
        if address.contains("-400-") || address.ends_with(".webp") {
            assert_near(first_colour(&answer.body), [128, 128, 128], &address);
        }
    }
}

#[tokio::test]
async fn the_name_and_number_of_a_display_are_removed_from_profiles() {
    let mut profile = ColorProfile::new_display_p3();
    let said = |said: &str| {
        Some(ProfileText::Localizable(vec![LocalizableString::new("en".into(), "US".into(), said.into())]))
    };
    profile.description = said("SECRET 4711");
    profile.copyright = said("SECRET GmbH");
    let mut profile_bytes = profile.encode().expect("encodes");
    profile_bytes[48..56].copy_from_slice(b"DELLSECR");
    let tells = |bytes: &[u8]| {
        let wide: Vec<u8> = "SECRET".encode_utf16().flat_map(u16::to_be_bytes).collect();
        holds(bytes, &wide) || holds(bytes, b"SECR")
    };
    assert!(tells(&profile_bytes), "the test tests nothing");
    let (mut jpeg, mut png, mut webp) = (Vec::new(), Vec::new(), Vec::new());
    write_profiled(JpegEncoder::new_with_quality(&mut jpeg, 90), &profile_bytes);
    write_profiled(PngEncoder::new(&mut png), &profile_bytes);
    write_profiled(WebPEncoder::new_lossless(&mut webp), &profile_bytes);
    for (name, picture) in [("a.jpg", of_a_phone(&jpeg, 1)), ("a.png", png), ("a.webp", webp)] {
        for (address, answer) in versions(&site_with(name, &picture).await).await {
            let reader =
                ImageReader::new(std::io::Cursor::new(&answer.body[..])).with_guessed_format().expect("a kind");
            let mut decoder = reader.into_decoder().expect("a decoder");
            let kept = decoder.icc_profile().expect("reads").unwrap_or_else(|| panic!("{address} has no profile"));
            assert!(!tells(&kept) && !tells(&answer.body), "{address} tells");
            let kept = ColorProfile::new_from_slice(&kept).expect("a profile");
            assert_eq!(kept.colorant_matrix(), profile_matrix(), "{address}");
            assert!(kept.description.is_some(), "{address}");
            assert_near(first_colour(&answer.body), [220, 20, 20], &address);
        }
    }
}

fn write_profiled(mut encoder: impl ImageEncoder, profile: &[u8]) {
    encoder.set_icc_profile(profile.to_vec()).expect("sets");
    encoder.write_image(&quarters(600, 400).to_rgb8(), 600, 400, ExtendedColorType::Rgb8).expect("encodes");
}

/// Colours of a profile that was never cleaned.
fn profile_matrix() -> moxcms::Matrix3d {
    let whole = ColorProfile::new_display_p3().encode().expect("encodes");
    ColorProfile::new_from_slice(&whole).expect("a profile").colorant_matrix()
}

#[tokio::test]
async fn a_film_that_browsers_do_not_play_is_reported() {
    let site = post("---\n![A](IMG_1.MOV)").file("posts/calf/IMG_1.MOV", b"\0\0\0\x08moov").start().await;
    let problems = site.problems();
    assert!(
        problems.len() == 1
            && problems[0].starts_with("posts/calf/IMG_1.MOV:1:1: warning: few browsers play this kind"),
        "{problems:?}"
    );
}

#[tokio::test]
async fn a_missing_picture_is_shown_as_its_alternative_text() {
    let site = post(
        "---\n![Photo](IMG 0001.JPG)\n\n![A calf](gone.jpg) and ![Far](https://a.example/x.jpg)\n\n![](there.jpg)",
    )
    .file("posts/calf/IMG 0001.JPG", sideways())
    .file("posts/calf/there.jpg", sideways())
    .start()
    .await;
    let html = site.get("/posts/calf").await.html();
    let sources: Vec<&str> = html.all("img").iter().map(|image| image.get("alt")).collect();
    assert_eq!(sources, ["Far", ""]);
    site.get("/posts/calf").await.says("A calf and ");
    let problems = site.problems();
    for told in [
        "posts/calf/index.md:5:10: warning: there is a space in the address \"IMG 0001.JPG\", so this is no picture",
        "posts/calf/index.md:7:1: warning: there is no picture \"gone.jpg\"",
        "posts/calf/index.md:9:1: warning: the picture \"there.jpg\" has no text",
    ] {
        assert!(problems.iter().any(|problem| problem.starts_with(told)), "{told} in {problems:#?}");
    }
}

#[tokio::test]
async fn the_size_of_a_drawing_is_read_with_any_quotes() {
    for svg in [
        "<svg xmlns='http://www.w3.org/2000/svg' width='120' height='75'/>",
        "<?xml version=\"1.0\"?><!-- <svg width=\"1\" height=\"1\"> --><svg\nwidth = \"120px\"\n\theight=75></svg>",
        "<svg viewBox='0 0 120 75'/>",
    ] {
        let site = post("---\n![A](a.svg)").file("posts/calf/a.svg", svg).start().await;
        let html = site.get("/posts/calf").await.html();
        let image = html.one("img", "alt", "A");
        assert_eq!((image.get("width"), image.get("height")), ("120", "75"), "{svg}");
    }
}
