//! WebP, chunk by chunk (RFC 9649): reads the head, removes personal metadata, and adds the colour profile that
//! libwebp's encoder leaves out.

use super::{
    colour, exif,
    head::{Broken, CUT_OFF, Head, NO_PICTURE},
};

/// Chunks that are needed to show the picture, besides its profile. Exif and XMP are not among them.
const KEPT: &[&[u8; 4]] = &[b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"];

const HAS_ICC: u8 = 0x20;
const HAS_ALPHA: u8 = 0x10;
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;
const IS_ANIMATED: u8 = 0x02;

struct Chunk<'a> {
    name: [u8; 4],
    data: &'a [u8],
}

fn chunks(bytes: &[u8]) -> Result<Vec<Chunk<'_>>, Broken> {
    let length = bytes.get(4..8).and_then(|length| length.try_into().ok()).map(u32::from_le_bytes).ok_or(CUT_OFF)?;
    let end = usize::try_from(length).ok().and_then(|length| length.checked_add(8)).ok_or(CUT_OFF)?;
    let bytes = bytes.get(..end).ok_or(CUT_OFF)?;
    let (mut chunks, mut at) = (Vec::new(), 12);
    while at < bytes.len() {
        let &[n1, n2, n3, n4, l1, l2, l3, l4] = bytes[at..].first_chunk().ok_or(CUT_OFF)?;
        let length = usize::try_from(u32::from_le_bytes([l1, l2, l3, l4])).map_err(|_| CUT_OFF)?;
        let end = (at + 8).checked_add(length).ok_or(CUT_OFF)?;
        chunks.push(Chunk { name: [n1, n2, n3, n4], data: bytes.get(at + 8..end).ok_or(CUT_OFF)? });
        at = end + length % 2;
    }
    Ok(chunks)
}

pub(super) fn head(bytes: &[u8]) -> Result<Head, Broken> {
    let chunks = chunks(bytes)?;
    let named = |name: &[u8; 4]| chunks.iter().find(|chunk| &chunk.name == name).map(|chunk| chunk.data);
    let extended = named(b"VP8X").and_then(|data| data.first_chunk::<10>());
    let is_animated = extended.is_some_and(|data| data[0] & IS_ANIMATED != 0);
    // Animations are not encoded again, and browsers do not turn them.
    let exif = named(b"EXIF").filter(|_| !is_animated);
    let orientation = exif.map_or(1, |data| exif::orientation(data.strip_prefix(b"Exif\0\0").unwrap_or(data)));
    let three = |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]) + 1;
    let (width, height) = match (extended, named(b"VP8 "), named(b"VP8L")) {
        (Some(data), ..) => (three(&data[4..7]), three(&data[7..10])),
        (None, Some(&[_, _, _, 0x9d, 0x01, 0x2a, w1, w2, h1, h2, ..]), _) => {
            let side = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3fff);
            (side([w1, w2]), side([h1, h2]))
        }
        (None, None, Some(&[0x2f, b1, b2, b3, b4, ..])) => {
            let bits = u32::from_le_bytes([b1, b2, b3, b4]);
            ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
        }
        _ => return Err(NO_PICTURE),
    };
    if width == 0 || height == 0 {
        return Err(NO_PICTURE);
    }
    // Pixels, and the decoder's planes.
    let decoding = u64::from(width) * u64::from(height) * 8;
    Ok(Head { width, height, orientation, can_be_resized: !is_animated, moves: is_animated, channels: 4, decoding })
}

pub(super) fn clean(bytes: &[u8]) -> Result<Vec<u8>, Broken> {
    let orientation = head(bytes)?.orientation;
    let chunks = chunks(bytes)?;
    let profile = chunks.iter().find(|chunk| &chunk.name == b"ICCP").and_then(|chunk| colour::cleaned(chunk.data));
    let mut cleaned = Vec::with_capacity(bytes.len());
    for chunk in chunks {
        if &chunk.name == b"VP8X" {
            let mut data = chunk.data.to_vec();
            if let Some(flags) = data.first_mut() {
                *flags &= !(HAS_EXIF | HAS_XMP | HAS_ICC);
                *flags |= if orientation == 1 { 0 } else { HAS_EXIF };
                *flags |= if profile.is_some() { HAS_ICC } else { 0 };
            }
            push(&mut cleaned, *b"VP8X", &data);
            // The profile must come first (RFC 9649, 2.7).
            if let Some(profile) = &profile {
                push(&mut cleaned, *b"ICCP", profile);
            }
        } else if KEPT.contains(&&chunk.name) {
            push(&mut cleaned, chunk.name, chunk.data);
        }
    }
    if orientation != 1 {
        push(&mut cleaned, *b"EXIF", &exif::with_orientation(orientation));
    }
    Ok(file(&cleaned))
}

/// Returns the picture with a colour profile.
pub(super) fn with_profile(bytes: &[u8], profile: &[u8]) -> Result<Vec<u8>, Broken> {
    let Head { width, height, .. } = head(bytes)?;
    let chunks = chunks(bytes)?;
    let alpha = chunks.iter().any(|chunk| {
        &chunk.name == b"ALPH" || (&chunk.name == b"VP8L" && chunk.data.get(4).is_some_and(|byte| byte & 0x10 != 0))
    });
    let flags = HAS_ICC | if alpha { HAS_ALPHA } else { 0 };
    let (width, height) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    let mut with = Vec::with_capacity(bytes.len() + profile.len() + 64);
    push(&mut with, *b"VP8X", &[&[flags, 0, 0, 0], &width[..3], &height[..3]].concat());
    push(&mut with, *b"ICCP", profile);
    for chunk in chunks.iter().filter(|chunk| &chunk.name != b"VP8X") {
        push(&mut with, chunk.name, chunk.data);
    }
    Ok(file(&with))
}

fn push(out: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    out.extend(name);
    out.extend(u32::try_from(data.len()).unwrap_or_default().to_le_bytes());
    out.extend(data);
    out.extend((data.len() % 2 == 1).then_some(0));
}

fn file(chunks: &[u8]) -> Vec<u8> {
    let length = u32::try_from(chunks.len() + 4).unwrap_or_default();
    [b"RIFF", &length.to_le_bytes()[..], b"WEBP", chunks].concat()
}
