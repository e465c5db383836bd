//! Photos as phones make them: with a position, an owner and an orientation in all kinds of metadata.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// Word in all metadata that must be removed.
pub const SECRET: &[u8] = b"SECRET";
/// 40 degrees, 42 minutes, 46.08 seconds, as Exif writes a latitude.
pub const LATITUDE: &[u8] = &[0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 42, 0, 0, 0, 1, 0, 0, 0x12, 0, 0, 0, 0, 100];

/// Four quarters: red and green above, blue and white below.
pub fn quarters(width: u32, height: u32) -> DynamicImage {
    let colour = |x: u32, y: u32| match (x < width / 2, y < height / 2) {
        (true, true) => Rgb([220, 20, 20]),
        (false, true) => Rgb([20, 160, 20]),
        (true, false) => Rgb([20, 20, 220]),
        (false, false) => Rgb([250, 250, 250]),
    };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, colour))
}

pub fn encoded(pixels: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

/// Exif (big-endian): orientation, owner, and a directory with a position.
pub fn exif(orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat()
    };
    let long = u32::to_be_bytes;
    // 8: three entries and the end; 50: the owner; 62: two entries and the end; 92: the latitude.
    let mut tiff = b"MM\0*\0\0\0\x08\0\x03".to_vec();
    tiff.extend(entry(0x0112, 3, 1, [0, orientation, 0, 0]));
    tiff.extend(entry(0x013b, 2, 12, long(50)));
    tiff.extend(entry(0x8825, 4, 1, long(62)));
    tiff.extend(long(0));
    tiff.extend(b"SECRET-owner");
    tiff.extend(b"\0\x02");
    tiff.extend(entry(1, 2, 2, *b"N\0\0\0"));
    tiff.extend(entry(2, 5, 3, long(92)));
    tiff.extend(long(0));
    tiff.extend(LATITUDE);
    tiff
}

/// A JPEG with all metadata that cameras and programs write, and a second picture and a film after the first.
pub fn of_a_phone(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let part = |marker: u8, data: &[u8]| {
        let length = u16::try_from(data.len() + 2).expect("short").to_be_bytes();
        [&[0xff, marker][..], &length, data].concat()
    };
    let exif = exif(orientation);
    let mut photo = jpeg[..2].to_vec();
    photo.extend(part(0xe1, &[b"Exif\0\0", &exif[..]].concat()));
    photo.extend(part(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta exif:GPSLatitude=\"SECRET\"/>"));
    photo.extend(part(0xe2, b"MPF\0SECRET"));
    photo.extend(part(0xed, b"Photoshop 3.0\x008BIM SECRET city"));
    photo.extend(part(0xfe, b"SECRET comment"));
    photo.extend(part(0xe5, b"SECRET of a maker"));
    photo.extend(&jpeg[2..]);
    photo.extend(&jpeg[..2]);
    photo.extend(part(0xe1, &[b"Exif\0\0", &exif[..]].concat()));
    photo.extend(&jpeg[2..]);
    photo.extend(b"\0\0\0\x1cftypmp42 SECRET film");
    photo
}

/// A chunk of a PNG.
pub fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(name);
    sum.update(data);
    let length = u32::try_from(data.len()).expect("short").to_be_bytes();
    [&length[..], name, data, &sum.sum().to_be_bytes()].concat()
}

/// A PNG with Exif and a text.
pub fn noted_png(png: &[u8], orientation: u8) -> Vec<u8> {
    // After the signature and IHDR.
    let (head, rest) = png.split_at(33);
    [head, &chunk(b"eXIf", &exif(orientation)), &chunk(b"tEXt", b"Location\0SECRET"), rest].concat()
}

/// A WebP in the extended form, with Exif and XMP.
pub fn noted_webp(webp: &[u8], (width, height): (u32, u32), orientation: u8) -> Vec<u8> {
    let chunk = |name: &[u8; 4], data: &[u8]| {
        let length = u32::try_from(data.len()).expect("short").to_le_bytes();
        let pad = vec![0; data.len() % 2];
        [&name[..], &length, data, &pad].concat()
    };
    let sides = [&(width - 1).to_le_bytes()[..3], &(height - 1).to_le_bytes()[..3]].concat();
    let chunks = [
        chunk(b"VP8X", &[&[0x0c, 0, 0, 0], &sides[..]].concat()),
        webp[12..].to_vec(),
        chunk(b"EXIF", &exif(orientation)),
        chunk(b"XMP ", b"<x:xmpmeta>SECRET</x:xmpmeta>"),
    ]
    .concat();
    let length = u32::try_from(chunks.len() + 4).expect("short").to_le_bytes();
    [b"RIFF", &length[..], b"WEBP", &chunks].concat()
}

/// The colour in the middle of each quarter, in words: `red green / blue white`.
pub fn seen(bytes: &[u8]) -> String {
    let pixels = image::load_from_memory(bytes).expect("decodes").to_rgb8();
    let (width, height) = pixels.dimensions();
    let at = |x: u32, y: u32| match pixels.get_pixel(width * x / 4, height * y / 4).0.map(|part| part > 128) {
        [true, false, false] => "red",
        [false, true, false] => "green",
        [false, false, true] => "blue",
        [true, true, true] => "white",
        _ => "?",
    };
    format!("{} {} / {} {}", at(1, 1), at(3, 1), at(1, 3), at(3, 3))
}

pub fn holds(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}
