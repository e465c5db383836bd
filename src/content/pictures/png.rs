//! PNG, chunk by chunk (W3C PNG, third edition): what its head says, and the file without what it tells of its maker.

use super::{Broken, Head, exif};
use crate::domain::picture::Format;

const SIGNATURE: usize = 8;
const CUT_OFF: Broken = Broken("the file ends in the middle of the picture");

/// What shows the picture: pixels, colours, transparency, density, animation. Texts, times and Exif are not among them.
const KEPT: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"mDCV",
    b"cLLI", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

struct Chunk<'a> {
    name: [u8; 4],
    data: &'a [u8],
    /// With length, name and checksum.
    whole: &'a [u8],
}

/// Calls for each chunk up to the end of the picture.
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
    chunks(bytes, |chunk| match &chunk.name {
        b"IHDR" => header = header.or(chunk.data.first_chunk::<13>()),
        b"eXIf" => orientation = exif::orientation(chunk.data),
        b"acTL" => is_animated = true,
        b"IDAT" => has_pixels = true,
        _ => {}
    })?;
    let &[w1, w2, w3, w4, h1, h2, h3, h4, depth, colours, ..] = header.ok_or(CUT_OFF)?;
    let (width, height) = (u32::from_be_bytes([w1, w2, w3, w4]), u32::from_be_bytes([h1, h2, h3, h4]));
    if width == 0 || height == 0 || !has_pixels {
        return Err(Broken("there is no picture in it"));
    }
    let channels = match colours {
        0 => 1,
        4 => 2,
        2 => 3,
        _ => 4,
    };
    let bytes_each = if depth == 16 { 2 } else { 1 };
    let decoded_bytes = u64::from(width) * u64::from(height) * channels * bytes_each;
    let format = (!is_animated).then_some(Format::Png);
    Ok(Head { width, height, orientation, format, decoded_bytes })
}

pub(super) fn clean(bytes: &[u8]) -> Result<Vec<u8>, Broken> {
    let mut cleaned = bytes.get(..SIGNATURE).ok_or(CUT_OFF)?.to_vec();
    cleaned.reserve(bytes.len());
    let orientation = head(bytes)?.orientation;
    chunks(bytes, |chunk| {
        if KEPT.contains(&&chunk.name) {
            cleaned.extend(chunk.whole);
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
