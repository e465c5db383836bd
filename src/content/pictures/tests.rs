use image::{DynamicImage, ImageFormat, RgbImage};
use proptest::prelude::*;

use super::{file::*, *};
use crate::domain::picture::Format;

fn encoded(format: ImageFormat) -> Vec<u8> {
    let pixels = DynamicImage::ImageRgb8(RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8 * 6, y as u8 * 8, 90])));
    let mut bytes = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

fn gif() -> Vec<u8> {
    let mut gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    gif.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0\x21\xfe\x06SECRET\0\x21\xff\x0bXMP DataXMP\x06SECRET\0");
    gif.extend(b"\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0\x3bSECRET");
    gif
}

fn samples() -> [(Format, Vec<u8>); 4] {
    [
        (Format::Jpeg, encoded(ImageFormat::Jpeg)),
        (Format::Png, encoded(ImageFormat::Png)),
        (Format::WebP, encoded(ImageFormat::WebP)),
        (Format::Gif, gif()),
    ]
}

#[test]
fn clean_pictures_stay_unchanged() {
    for (format, bytes) in samples() {
        assert_eq!(Format::of_bytes(&bytes), Some(format));
        let cleaned = clean(format, &bytes).expect("cleans");
        assert_eq!(clean(format, &cleaned).as_ref(), Ok(&cleaned), "{format:?}");
        assert!(format == Format::Gif || cleaned == bytes, "{format:?}");
        assert!(!cleaned.windows(6).any(|window| window == b"SECRET"), "{format:?}");
        assert!(look(format, &bytes).is_ok(), "{format:?}");
    }
    assert!(look(Format::Gif, &gif()).expect("a picture").moves);
    assert!(clean(Format::Gif, &gif()).expect("cleans").windows(8).any(|window| window == b"NETSCAPE"));
}

#[test]
fn a_file_that_ends_too_soon_is_refused() {
    for (format, bytes) in samples().into_iter().filter(|(format, _)| *format != Format::Gif) {
        for length in [bytes.len() - 1, bytes.len() - 3, bytes.len() / 2, 30, 12] {
            assert!(look(format, &bytes[..length]).is_err(), "{format:?} of {length} bytes");
            assert!(clean(format, &bytes[..length]).is_err(), "{format:?} of {length} bytes");
        }
    }
}

#[test]
fn hidden_second_pictures_are_removed() {
    let mut jpeg = encoded(ImageFormat::Jpeg);
    let alone = jpeg.clone();
    jpeg.extend(encoded(ImageFormat::Jpeg));
    jpeg.extend(b"\0\0\0\x18ftypmp42 SECRET");
    assert_eq!(clean(Format::Jpeg, &jpeg).expect("cleans"), alone);
    let mut png = encoded(ImageFormat::Png);
    let alone = png.clone();
    png.extend(b"SECRET");
    assert_eq!(clean(Format::Png, &png).expect("cleans"), alone);
}

#[test]
fn formats_that_cannot_be_cleaned() {
    assert!(unknown("image/heic", b"").is_some());
    assert!(unknown("image/tiff", b"").is_some());
    assert!(unknown("image/jpeg", b"<html>").is_some());
    assert!(unknown("image/avif", b"ftypavif meta Exif").is_some());
    assert!(unknown("image/avif", b"ftypavif meta").is_none());
    assert!(unknown("image/svg+xml", b"Exif").is_none());
}

/// A WebP in the extended format, with a profile and Exif.
fn extended_webp() -> Vec<u8> {
    let simple = encoded(ImageFormat::WebP);
    let profile = moxcms::ColorProfile::new_display_p3().encode().expect("encodes");
    let with_profile = webp::with_profile(&simple, &profile).expect("a picture");
    let mut chunks = with_profile[12..].to_vec();
    chunks[8] |= 0x08;
    chunks.extend(b"EXIF\x1a\0\0\0");
    chunks.extend(exif::with_orientation(6));
    let length = u32::try_from(chunks.len() + 4).expect("short").to_le_bytes();
    [b"RIFF", &length[..], b"WEBP", &chunks].concat()
}

/// Writes a small picture with a profile.
fn write_profiled(mut encoder: impl image::ImageEncoder) {
    let profile = moxcms::ColorProfile::new_display_p3().encode().expect("encodes");
    encoder.set_icc_profile(profile).expect("sets");
    encoder.write_image(&[90; 36], 4, 3, image::ExtendedColorType::Rgb8).expect("encodes");
}

/// Changes each byte of a head in turn to 0, 255 and its neighbour; then sets lengths to zero, and cuts the end off.
#[test]
fn no_changed_head_makes_the_readers_panic() {
    let (mut jpeg, mut png) = (Vec::new(), Vec::new());
    write_profiled(image::codecs::jpeg::JpegEncoder::new(&mut jpeg));
    write_profiled(image::codecs::png::PngEncoder::new(&mut png));
    let files = samples().map(|(_, bytes)| bytes).into_iter().chain([
        extended_webp(),
        jpeg,
        png,
        b"RIFF\x0c\0\0\0WEBPVP8X\0\0\0\0".to_vec(),
    ]);
    for file in files {
        let format = Format::of_bytes(&file).expect("a kind");
        let try_all = |bytes: &[u8]| {
            let _ = look(format, bytes);
            if let Ok(cleaned) = clean(format, bytes) {
                assert!(clean(format, &cleaned).is_ok(), "{format:?}: {bytes:?}");
            }
        };
        try_all(&file);
        for at in (0..file.len().min(900)).filter(|at| *at < 160 || at % 7 == 0) {
            for value in [0, 0xff, file[at].wrapping_add(1), file[at] ^ 0x80] {
                let mut changed = file.clone();
                changed[at] = value;
                try_all(&changed);
            }
            let mut shorter = file.clone();
            shorter[at..(at + 4).min(file.len())].fill(0);
            try_all(&shorter);
            try_all(&file[..at]);
        }
    }
}

#[test]
fn profiles_keep_what_converts_colours_and_stay_as_they_are_when_clean() {
    for kind in [moxcms::ColorProfile::new_display_p3(), moxcms::ColorProfile::new_gray_with_gamma(1.8)] {
        let profile = kind.encode().expect("encodes");
        let cleaned = colour::cleaned(&profile).expect("a profile");
        assert_eq!(colour::cleaned(&cleaned).as_ref(), Some(&cleaned));
        let (before, after) =
            (moxcms::ColorProfile::new_from_slice(&profile), moxcms::ColorProfile::new_from_slice(&cleaned));
        let (before, after) = (before.expect("reads"), after.expect("reads"));
        assert_eq!(before.colorant_matrix(), after.colorant_matrix());
        assert_eq!(format!("{:?}", before.gray_trc), format!("{:?}", after.gray_trc));
    }
    assert_eq!(colour::cleaned(b"acsp"), None);
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(format in 0_usize..4, cut in 0.0..=1.0_f64, changes in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 0..12)) {
        let (format, mut bytes) = samples()[format].clone();
        let at = |bytes: &[u8], part: f64| (bytes.len() as f64 * part) as usize;
        let end = at(&bytes, cut);
        for (part, byte) in changes {
            let place = at(&bytes, part);
            bytes[place] = byte;
        }
        bytes.truncate(end);
        for format in [format, Format::Jpeg, Format::Png, Format::WebP, Format::Gif] {
            let _ = look(format, &bytes);
            if let Ok(cleaned) = clean(format, &bytes) {
                prop_assert!(cleaned.len() <= bytes.len() + 64);
            }
        }
    }
}
