//! PNG, chunk by chunk (W3C PNG, third edition): reads the head, and removes personal metadata.

use std::io::{Read, Write};

use super::{
    Broken, Head,
    colour::{self, Meaning},
    exif,
};
use crate::domain::picture::Format;

const SIGNATURE: usize = 8;
const CUT_OFF: Broken = Broken("the file ends in the middle of the picture");

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

/// Calls `each` for each chunk up to the end of the picture.
fn chunks<'a>(bytes: &'a [u8], mut each: impl FnMut(Chunk<'a>)) -> Result<(), Broken> {
    let mut at = SIGNATURE;
    loop {
        let &[l1, l2, l3, l4, n1, n2, n3, n4] = bytes.get(at..at + 8).ok_or(CUT_OFF)? else { return Err(CUT_OFF) };
        let length = usize::try_from(u32::from_be_bytes([l1, l2, l3, l4])).map_err(|_| CUT_OFF)?;
        let end = (at + 12).checked_add(length).ok_or(CUT_OFF)?;
        let whole = bytes.get(at..end).ok_or(CUT_OFF)?;
        let name = [n1, n2, n3, n4];
        each(Chunk { name, data: &whole[8..8 + length], whole });
        if &name == b"IEND" {
            return Ok(());
        }
        at = end;
    }
}

pub(super) fn head(bytes: &[u8]) -> Result<Head, Broken> {
    let (mut header, mut orientation, mut is_animated, mut has_pixels) = (None, 1, false, false);
    let (mut is_see_through, mut is_of_a_screen) = (0, true);
    chunks(bytes, |chunk| match &chunk.name {
        b"IHDR" => header = header.or(chunk.data.first_chunk::<13>()),
        b"eXIf" => orientation = exif::orientation(chunk.data),
        b"acTL" => is_animated = true,
        b"IDAT" => has_pixels = true,
        b"tRNS" => is_see_through = 1,
        // BT.2100 and similar are brighter than sRGB can express. Full range sRGB is written 1, 13, 0, 1.
        b"cICP" => is_of_a_screen = chunk.data == [1, 13, 0, 1],
        _ => {}
    })?;
    let &[w1, w2, w3, w4, h1, h2, h3, h4, depth, colours, ..] = header.ok_or(CUT_OFF)?;
    let (width, height) = (u32::from_be_bytes([w1, w2, w3, w4]), u32::from_be_bytes([h1, h2, h3, h4]));
    if width == 0 || height == 0 || !has_pixels {
        return Err(Broken("there is no picture in it"));
    }
    // Bytes of a decoded pixel, and of a kept one: that has no grey and eight bits per channel.
    let (decoded, channels) = match colours {
        0 => (1 + is_see_through, 3 + is_see_through),
        4 => (2, 4),
        6 => (4, 4),
        _ => (3 + is_see_through, 3 + is_see_through),
    };
    let decoded = if depth == 16 { 2 * decoded } else { decoded };
    let each = if decoded == channels { decoded } else { decoded + channels };
    let decoding = u64::from(width) * u64::from(height) * each;
    let format = (!is_animated && is_of_a_screen).then_some(Format::Png);
    Ok(Head { width, height, orientation, format, moves: is_animated, channels, decoding })
}

pub(super) fn clean(bytes: &[u8]) -> Result<Vec<u8>, Broken> {
    let mut cleaned = bytes.get(..SIGNATURE).ok_or(CUT_OFF)?.to_vec();
    cleaned.reserve(bytes.len());
    let orientation = head(bytes)?.orientation;
    chunks(bytes, |chunk| {
        if KEPT.contains(&&chunk.name) {
            cleaned.extend(chunk.whole);
        }
        if let Some(profile) =
            profile_of(&chunk).as_deref().and_then(colour::cleaned).and_then(|profile| pack(&profile))
        {
            cleaned.extend(made(*b"iCCP", &[b"RGB\0\0", &profile[..]].concat()));
        }
        if &chunk.name == b"IHDR" && orientation != 1 {
            cleaned.extend(made(*b"eXIf", &exif::with_orientation(orientation)));
        }
    })?;
    Ok(cleaned)
}

fn made(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or_default();
    let mut checksum = flate2::Crc::new();
    checksum.update(&name);
    checksum.update(data);
    [&length.to_be_bytes()[..], &name, data, &checksum.sum().to_be_bytes()].concat()
}

/// Unpacks the profile of a chunk, which contains a name, a compression method, and the profile.
fn profile_of(chunk: &Chunk<'_>) -> Option<Vec<u8>> {
    let name_end = chunk.data.iter().position(|byte| *byte == 0).filter(|_| &chunk.name == b"iCCP")?;
    let mut profile = Vec::new();
    let packed = flate2::read::ZlibDecoder::new(chunk.data.get(name_end + 2..)?);
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
    let (mut profile, mut is_srgb, mut gamma, mut chromaticities) = (None, false, 0, None);
    let four = |data: &[u8], nth: usize| data.get(4 * nth..4 * nth + 4)?.try_into().ok().map(u32::from_be_bytes);
    let read = chunks(bytes, |chunk| match &chunk.name {
        b"iCCP" => profile = profile_of(&chunk),
        b"sRGB" | b"cICP" => is_srgb = true,
        b"gAMA" => gamma = four(chunk.data, 0).unwrap_or_default(),
        b"cHRM" if chunk.data.len() == 32 => {
            chromaticities = Some(std::array::from_fn(|nth| four(chunk.data, nth).unwrap_or_default()));
        }
        _ => {}
    });
    match profile {
        Some(profile) => colour::meaning(Some(profile), is_grey),
        None if read.is_err() || is_srgb => Meaning::Plain,
        None => colour::of_png(gamma, chromaticities),
    }
}
