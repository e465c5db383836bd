//! Metadata of photos is never sent, from any address at any time.

use image::{ImageDecoder, ImageFormat, ImageReader, metadata::Orientation};

use super::{UPRIGHT, addresses, is_kept_for_ever, post, ready, sideways};
use crate::support::{
    TestSite,
    photo::{LATITUDE, SECRET, encoded, holds, noted_png, noted_webp, of_a_phone, quarters, seen},
};

/// All addresses of a picture in pages, feeds and link previews.
async fn everywhere(site: &TestSite) -> Vec<String> {
    let mut found = Vec::new();
    for path in ["/", "/posts/calf", "/archive/2026", "/about"] {
        let html = site.get(path).await.html();
        found.extend(addresses(&html));
        found.extend(html.meta("og:image").map(str::to_owned));
        let links = html.all("a").into_iter().filter_map(|link| link.attribute("href")).map(str::to_owned);
        found.extend(links.filter(|link| link.starts_with("/media/")));
    }
    for path in ["/feed.xml", "/rss.xml", "/feed.json", "/sitemap.xml"] {
        let text = site.get(path).await.is(200).text();
        let starts = text.match_indices("https://example.org/media/").map(|(at, _)| &text[at..]);
        let end = |c: char| matches!(c, '"' | ' ' | '<' | '&' | '\\' | ')');
        found.extend(starts.map(|start| start.split(end).next().unwrap_or_default().to_owned()));
    }
    let mut found: Vec<String> = found.iter().map(|one| one.replace("https://example.org", "")).collect();
    found.sort();
    found.dedup();
    found
}

fn site() -> crate::support::site::Builder {
    let text = "image: cover.jpg\n---\n![One](one.jpg)\n\n![Two](two.png) ![Three](three.webp)\n\n[Download](one.jpg)\n\nfilm.mp4";
    let webp = |width, height| {
        let pixels = quarters(width, height);
        noted_webp(&encoded(&pixels, ImageFormat::WebP), (width, height), 6)
    };
    post(text)
        .file("posts/calf/cover.jpg", of_a_phone(&encoded(&quarters(1000, 600), ImageFormat::Jpeg), 1))
        .file("posts/calf/one.jpg", sideways())
        .file("posts/calf/two.png", noted_png(&encoded(&quarters(500, 300), ImageFormat::Png), 3))
        .file("posts/calf/three.webp", webp(600, 400))
        .file("posts/calf/film.mp4", b"\0\0\0\x08moov")
        .file("posts/calf/film.jpg", of_a_phone(&encoded(&quarters(640, 360), ImageFormat::Jpeg), 1))
        .file("media/card.jpg", of_a_phone(&encoded(&quarters(1300, 700), ImageFormat::Jpeg), 1))
        .page("about", "Hello.")
        .setting("site.card", "card.jpg")
        .setting("site.base_url", "https://example.org")
}

#[tokio::test]
async fn the_position_is_removed_from_a_photo() {
    let kept = |name: &str| std::fs::read(name).expect("reads");
    // Before any smaller picture has been made, and after.
    let (early, late) = (site().start().await, site().keeps_current().start().await);
    assert!(holds(&kept(&early.path("posts/calf/one.jpg").display().to_string()), SECRET), "the test tests nothing");
    let all = everywhere(&early).await;
    assert_eq!(all, everywhere(&late).await);
    assert!(all.len() >= 20, "{all:#?}");
    for name in ["cover.jpg", "one.jpg", "two.png", "three.webp", "film.jpg", "card.jpg"] {
        assert!(all.iter().any(|address| address.contains(name)), "{name} in {all:#?}");
    }
    for address in all.iter().filter(|address| !address.ends_with(".mp4")) {
        for answer in [early.get(address).await, ready(&late, address).await] {
            answer.is(200);
            assert!(answer.header("content-type").starts_with("image/"), "{address}");
            assert!(!holds(&answer.body, SECRET) && !holds(&answer.body, LATITUDE), "{address} tells");
            assert!(!holds(&answer.body, b"GPS") && !holds(&answer.body, b"xmpmeta"), "{address} tells");
        }
    }
}

#[tokio::test]
async fn photos_are_shown_upright_in_every_size() {
    let site = site().keeps_current().start().await;
    let html = site.get("/posts/calf").await.html();
    let one = html.one("img", "alt", "One");
    assert_eq!((one.get("width"), one.get("height")), ("900", "1200"));
    for address in addresses(&html).iter().filter(|address| address.contains("one.jpg")) {
        let answer = ready(&site, address).await;
        let pixels = image::load_from_memory(&answer.body).expect("decodes");
        // The whole picture is not encoded anew, so it keeps its pixels and says how to turn them.
        if pixels.width() == 1200 {
            let reader =
                ImageReader::new(std::io::Cursor::new(&answer.body[..])).with_guessed_format().expect("a kind");
            let orientation = reader.into_decoder().expect("a decoder").orientation().expect("one");
            assert_eq!(orientation, Orientation::Rotate90);
        } else {
            assert_eq!(seen(&answer.body), UPRIGHT, "{address}");
            assert_eq!(pixels.height(), (pixels.width() * 4 + 1) / 3, "{address}");
        }
    }
    let two = html.one("img", "alt", "Two").get("src").to_owned();
    let upside_down =
        addresses(&html).into_iter().find(|address| address.contains("-400-two.png")).expect("a smaller one");
    assert_eq!(seen(&ready(&site, &upside_down).await.body), "white blue / green red");
    assert_eq!(site.get(&two).await.header("content-type"), "image/png");
}

#[tokio::test]
async fn photos_keep_their_colour_profile() {
    use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder};
    let profile = moxcms::ColorProfile::new_display_p3().encode().expect("encodes");
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 90);
    encoder.set_icc_profile(profile.clone()).expect("sets");
    let pixels = quarters(600, 400).to_rgb8();
    encoder.write_image(&pixels, 600, 400, ExtendedColorType::Rgb8).expect("encodes");
    let site =
        post("---\n![Sea](sea.jpg)").file("posts/calf/sea.jpg", of_a_phone(&jpeg, 1)).keeps_current().start().await;
    let all = addresses(&site.get("/posts/calf").await.html());
    assert_eq!(all.len(), 4, "{all:?}");
    for address in all {
        let answer = ready(&site, &address).await;
        let reader = ImageReader::new(std::io::Cursor::new(&answer.body[..])).with_guessed_format().expect("a kind");
        let mut decoder = reader.into_decoder().expect("a decoder");
        let kept = decoder.icc_profile().expect("reads").expect("a profile");
        let colours =
            |profile: &[u8]| moxcms::ColorProfile::new_from_slice(profile).expect("a profile").colorant_matrix();
        assert_eq!(colours(&kept), colours(&profile), "{address}");
        assert_eq!(seen(&answer.body), "red green / blue white", "{address}");
    }
}

#[tokio::test]
async fn a_photo_that_was_replaced_is_not_sent_under_the_old_address() {
    let site = post("---\n![A](a.jpg)").file("posts/calf/a.jpg", sideways()).start().await;
    let address = site.get("/posts/calf").await.html().one("img", "alt", "A").get("src").to_owned();
    // Saved a moment ago, and not read yet.
    site.save("posts/calf/a.jpg", of_a_phone(&encoded(&quarters(90, 90), ImageFormat::Jpeg), 1));
    assert_eq!(site.get(&address).await.status, 404);
    site.save("posts/calf/a.jpg", sideways());
    assert!(is_kept_for_ever(site.get(&address).await.is(200)));
}

#[tokio::test]
async fn an_animated_gif_loses_only_its_comments() {
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\x21\xfe\x06SECRET\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0\x3b";
    let site = post("---\n![A](a.gif)").file("posts/calf/a.gif", gif).start().await;
    let html = site.get("/posts/calf").await.html();
    let image = html.one("img", "alt", "A");
    assert_eq!((image.get("width"), image.get("height"), image.attribute("srcset")), ("1", "1", None));
    let answer = site.get(image.get("src")).await;
    assert!(answer.status == 200 && !holds(&answer.body, SECRET));
    assert!(image::guess_format(&answer.body).is_ok_and(|format| format == ImageFormat::Gif));
}
