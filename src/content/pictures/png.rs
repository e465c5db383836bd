//! PNG, chunk by chunk (W3C PNG, third edition): reads the head, and removes personal metadata.

use std::io::{Read, Write};

use super::{
    colour::{self, Meaning},
    exif,
    head::{Broken, CUT_OFF, Head, NO_PICTURE},
};

const SIGNATURE: usize = 8;

/// Chunks that are needed to show the picture, besides its profile: pixels, colours, transparency, density, animation.
/// Texts, times and Exif are not among them.
const KEPT: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"cICP", b"mDCV", b"cLLI",
    b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// Largest profile that is unpacked, in bytes.
const LARGEST_PROFILE: u64 = 8 * 1024 * 1024;

struct Chunk<'a> {
    name: [u8; 4],
    data: &'a [u8],
    /// The chunk with length, name and checksum.
    whole: &'a [u8],
}

/// Chunks up to the end of the picture.
fn chunks(bytes: &[u8]) -> Result<Vec<Chunk<'_>>, Broken> {
    let (mut chunks, mut rest) = (Vec::new(), bytes.get(SIGNATURE..).ok_or(CUT_OFF)?);
    loop {
        let &[l1, l2, l3, l4, n1, n2, n3, n4] = rest.first_chunk().ok_or(CUT_OFF)?;
        let length = usize::try_from(u32::from_be_bytes([l1, l2, l3, l4])).map_err(|_| CUT_OFF)?;
        let (whole, after) = rest.split_at_checked(length.checked_add(12).ok_or(CUT_OFF)?).ok_or(CUT_OFF)?;
        let name = [n1, n2, n3, n4];
        chunks.push(Chunk { name, data: &whole[8..8 + length], whole });
        if &name == b"IEND" {
            return Ok(chunks);
        }
        rest = after;
    }
}

/// Data of the first chunk with this name.
fn named<'a>(chunks: &[Chunk<'a>], name: &[u8; 4]) -> Option<&'a [u8]> {
    chunks.iter().find(|chunk| &chunk.name == name).map(|chunk| chunk.data)
}

pub(super) fn head(bytes: &[u8]) -> Result<Head, Broken> {
    head_of(&chunks(bytes)?)
}

fn head_of(chunks: &[Chunk]) -> Result<Head, Broken> {
    let orientation = named(chunks, b"eXIf").map_or(1, exif::orientation);
    let is_animated = named(chunks, b"acTL").is_some();
    let transparency = u64::from(named(chunks, b"tRNS").is_some());
    // BT.2100 and similar are brighter than sRGB can express. Full range sRGB is written 1, 13, 0, 1.
    let is_of_a_screen = named(chunks, b"cICP").is_none_or(|space| space == [1, 13, 0, 1]);
    let header = named(chunks, b"IHDR").and_then(|data| data.first_chunk::<13>());
    let &[w1, w2, w3, w4, h1, h2, h3, h4, depth, colours, ..] = header.ok_or(CUT_OFF)?;
    let (width, height) = (u32::from_be_bytes([w1, w2, w3, w4]), u32::from_be_bytes([h1, h2, h3, h4]));
    if width == 0 || height == 0 || named(chunks, b"IDAT").is_none() {
        return Err(NO_PICTURE);
    }
    // Bytes of a decoded pixel, and of a pixel that is kept: RGB, with eight bits per channel.
    let (decoded, channels) = match colours {
        0 => (1 + transparency, 3 + transparency),
        4 => (2, 4),
        6 => (4, 4),
        _ => (3 + transparency, 3 + transparency),
    };
    let decoded = if depth == 16 { 2 * decoded } else { decoded };
    let each = if decoded == channels { decoded } else { decoded + channels };
    let decoding = u64::from(width) * u64::from(height) * each;
    let can_be_resized = !is_animated && is_of_a_screen;
    Ok(Head { width, height, orientation, can_be_resized, moves: is_animated, channels, decoding })
}

pub(super) fn clean(bytes: &[u8]) -> Result<Vec<u8>, Broken> {
    let chunks = chunks(bytes)?;
    let orientation = head_of(&chunks)?.orientation;
    let mut cleaned = Vec::with_capacity(bytes.len());
    cleaned.extend(&bytes[..SIGNATURE]);
    for chunk in chunks {
        if KEPT.contains(&&chunk.name) {
            cleaned.extend(chunk.whole);
        } else if &chunk.name == b"iCCP" {
            let profile = unpacked(chunk.data).as_deref().and_then(colour::cleaned);
            if let Some(packed) = profile.and_then(|profile| pack(&profile)) {
                cleaned.extend(made(*b"iCCP", &[b"RGB\0\0", &packed[..]].concat()));
            }
        }
        if &chunk.name == b"IHDR" && orientation != 1 {
            cleaned.extend(made(*b"eXIf", &exif::with_orientation(orientation)));
        }
    }
    Ok(cleaned)
}

fn made(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or_default();
    let mut checksum = flate2::Crc::new();
    checksum.update(&name);
    checksum.update(data);
    [&length.to_be_bytes()[..], &name, data, &checksum.sum().to_be_bytes()].concat()
}

/// Unpacks a profile. Before it are a name and a compression method.
fn unpacked(data: &[u8]) -> Option<Vec<u8>> {
    let name_end = data.iter().position(|byte| *byte == 0)?;
    let mut profile = Vec::new();
    let packed = flate2::read::ZlibDecoder::new(data.get(name_end + 2..)?);
    packed.take(LARGEST_PROFILE).read_to_end(&mut profile).ok()?;
    Some(profile)
}

fn pack(profile: &[u8]) -> Option<Vec<u8>> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(profile).ok()?;
    packed.finish().ok()
}

/// Colour space of its pixels. A profile comes first, then the sRGB chunk, then its gamma (W3C PNG, 4.3).
pub(super) fn meaning(bytes: &[u8], is_grey: bool) -> Meaning {
    let Ok(chunks) = chunks(bytes) else { return Meaning::Plain };
    let four = |data: &[u8], nth: usize| {
        data.get(4 * nth..).and_then(<[u8]>::first_chunk).map_or(0, |four| u32::from_be_bytes(*four))
    };
    if let Some(profile) = named(&chunks, b"iCCP").and_then(unpacked) {
        return colour::meaning(Some(profile), is_grey);
    }
    if named(&chunks, b"sRGB").or(named(&chunks, b"cICP")).is_some() {
        return Meaning::Plain;
    }
    let gamma = named(&chunks, b"gAMA").map_or(0, |data| four(data, 0));
    let chromaticities = named(&chunks, b"cHRM").filter(|data| data.len() == 32);
    colour::of_png(gamma, chromaticities.map(|data| std::array::from_fn(|nth| four(data, nth))))
}
