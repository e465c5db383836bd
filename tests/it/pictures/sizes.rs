//! Sizes of a picture that a page offers, and the one that a phone loads.

use image::{DynamicImage, ImageFormat, RgbImage};

use super::{addresses, post, ready, sideways};
use crate::support::{
    html::Element,
    photo::{encoded, of_a_phone, quarters},
};

fn widths(element: &Element) -> Vec<u32> {
    let choices = element.get("srcset").split(", ");
    choices
        .map(|choice| choice.rsplit(' ').next().unwrap_or_default().trim_end_matches('w').parse().expect("a width"))
        .collect()
}

#[tokio::test]
async fn only_the_first_picture_loads_eagerly() {
    let photo = encoded(&quarters(1000, 500), ImageFormat::Jpeg);
    let body = "---\nWords.\n\n![One](a.jpg)\n\n![Two](a.jpg) ![Three](a.jpg)\n";
    let site = post(body)
        .file("posts/calf/a.jpg", &photo)
        .post("covered", "---\ntitle: Covered\ndate: 2026-05-01\nimage: ../media/c.jpg\n---\n![One](../media/c.jpg)")
        .post("late", &format!("{}\n\n![One](../media/c.jpg)", "Many words. ".repeat(100)))
        .file("media/c.jpg", &photo)
        .start()
        .await;
    let how = async |path: &str, alt: &str| {
        let html = site.get(path).await.html();
        let image = html.find("img", "alt", alt).unwrap_or_else(|| panic!("{alt} on {path}"));
        let wait = |name: &str| image.attribute(name).unwrap_or("-").to_owned();
        assert_eq!((image.get("width"), image.get("height"), image.get("decoding")), ("1000", "500", "async"));
        format!("{} {}", wait("loading"), wait("fetchpriority"))
    };
    assert_eq!(how("/posts/calf", "One").await, "- high");
    assert_eq!(how("/posts/calf", "Two").await, "lazy -");
    assert_eq!(how("/posts/calf", "Three").await, "lazy -");
    assert_eq!(how("/posts/covered", "").await, "- high");
    assert_eq!(how("/posts/covered", "One").await, "lazy -");
    assert_eq!(how("/posts/late", "One").await, "lazy -");
}

#[tokio::test]
async fn each_place_of_a_picture_has_its_sizes_attribute() {
    let site = post("image: a.jpg\n---\n![One](a.jpg)\n\n![Two](a.jpg) ![Three](a.jpg)\n\n![Small](s.png)")
        .file("posts/calf/a.jpg", sideways())
        .file("posts/calf/s.png", encoded(&quarters(120, 90), ImageFormat::Png))
        .post("next", "---\ntitle: Next\ndate: 2026-06-01\nimage: ../posts/calf/a.jpg\n---\nx")
        .start()
        .await;
    let article = site.get("/posts/calf").await.html();
    let one = article.one("img", "alt", "One");
    assert_eq!(widths(one), [400, 800, 900]);
    assert!(one.get("sizes").ends_with("calc(100vw - 2.25rem)"));
    assert_ne!(one.get("sizes"), article.one("img", "alt", "Two").get("sizes"));
    assert_ne!(one.get("sizes"), article.one("img", "class", "cover").get("sizes"));
    assert_eq!(widths(article.one("img", "alt", "Small")), [120]);
    let webp: Vec<_> =
        article.all("source").into_iter().filter(|source| source.attribute("type") == Some("image/webp")).collect();
    assert_eq!(webp.len(), 5);
    assert!(webp.iter().all(|source| source.attribute("sizes").is_some()));

    let home = site.get("/").await.html();
    let thumbnail =
        home.all("img").into_iter().find(|image| image.attribute("class").is_none()).expect("a card").get("sizes");
    assert_eq!(thumbnail, "(min-width: 40rem) 11.5rem, 7rem");
    assert_eq!(home.one("img", "class", "cover").attribute("fetchpriority"), Some("high"));
}

#[tokio::test]
async fn feeds_name_whole_addresses_of_all_sizes() {
    let site = post("image: a.jpg\n---\n![One](a.jpg)")
        .file("posts/calf/a.jpg", encoded(&quarters(1600, 900), ImageFormat::Jpeg))
        .setting("site.base_url", "https://example.org")
        .start()
        .await;
    for path in ["/feed.xml", "/rss.xml", "/feed.json"] {
        let feed = site.get(path).await;
        feed.says("800w").does_not_say("\"/media/").does_not_say(" /media/").does_not_say("&quot;/media/");
    }
    let item: serde_json::Value = serde_json::from_str(&site.get("/feed.json").await.text()).expect("JSON");
    assert!(item["items"][0]["image"].as_str().is_some_and(|image| image.ends_with("-1200-a.jpg")), "{item}");
    let card = site.get("/posts/calf").await.html().meta("og:image").expect("a card").to_owned();
    assert!(card.starts_with("https://example.org/media/") && card.ends_with("-1200-a.jpg"), "{card}");
    site.get("/sitemap.xml").await.says("-1200-a.jpg");
}

/// Twenty megapixels with skies, edges and the noise of a sensor.
fn landscape() -> Vec<u8> {
    let (width, height) = (5472_u32, 3648_u32);
    let mut noise = 1_u32;
    let mut bytes = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        let light = 220 - y * 140 / height;
        for x in 0..width {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = noise >> 28;
            let leaf = if (x / 37 * 7 + y / 29 * 13) % 11 < 4 && y > height / 3 { 40 } else { 0 };
            let red = light - leaf + grain;
            bytes.extend([red as u8, (red - leaf / 2) as u8, (red + 20 - leaf / 4) as u8]);
        }
    }
    let pixels = DynamicImage::ImageRgb8(RgbImage::from_raw(width, height, bytes).expect("all pixels"));
    // To a file, because that encoder is compiled with optimisation.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("photo.jpg");
    pixels.save_with_format(&path, ImageFormat::Jpeg).expect("encodes");
    std::fs::read(path).expect("reads")
}

#[tokio::test]
async fn a_phone_gets_a_photo_of_twenty_megapixels_in_less_than_100_kb() {
    let photo = of_a_phone(&landscape(), 6);
    assert!(photo.len() > 3_000_000, "{} bytes", photo.len());
    let site = post("---\n![Hills](hills.jpg)").file("posts/calf/hills.jpg", photo).keeps_current().start().await;
    let html = site.get("/posts/calf").await.html();
    let hills = html.one("img", "alt", "Hills");
    assert_eq!((hills.get("width"), hills.get("height")), ("3648", "5472"));
    assert_eq!(widths(hills), [400, 800, 1200, 1600, 2400]);
    // 360 pixels wide with three physical ones each: 66vw - 1.5rem are 213.6, so 641 are asked for.
    assert!(hills.get("sizes").contains("(max-width: 40rem) and (min-resolution: 2.5dppx) calc(66vw - 1.5rem), "));
    for address in addresses(&html).iter().filter(|address| address.contains("-800-") || address.contains("-400-")) {
        let answer = ready(&site, address).await;
        assert!(answer.body.len() < 100_000, "{address}: {} bytes", answer.body.len());
        let pixels = image::load_from_memory(&answer.body).expect("decodes");
        assert!([400, 800].contains(&pixels.width()) && pixels.height() == pixels.width() * 3 / 2);
    }
}
