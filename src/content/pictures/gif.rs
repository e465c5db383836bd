//! GIF, block by block (GIF89a): reads the size, and removes comments and data of applications. GIFs are never resized:
//! most are animations.

use super::head::{Broken, CUT_OFF, Head, NO_PICTURE, NO_SIZE};

/// Application blocks that belong to the picture: number of repetitions. No browser reads colour profiles in a GIF.
const KEPT: &[&[u8; 11]] = &[b"NETSCAPE2.0", b"ANIMEXTS1.0"];

pub(super) fn head(bytes: &[u8]) -> Result<Head, Broken> {
    let &[w1, w2, h1, h2] = bytes.get(6..10).ok_or(CUT_OFF)? else { return Err(CUT_OFF) };
    let (width, height) = (u32::from(u16::from_le_bytes([w1, w2])), u32::from(u16::from_le_bytes([h1, h2])));
    clean(bytes)?;
    if width == 0 || height == 0 {
        return Err(NO_SIZE);
    }
    Ok(Head { width, height, orientation: 1, can_be_resized: false, moves: moves(bytes), channels: 3, decoding: 0 })
}

/// True for an animation: it has a number of repetitions before its first picture, after a palette of 768 bytes at
/// most.
fn moves(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(1024)];
    KEPT.iter().any(|name| start.windows(name.len()).any(|window| window == *name))
}

pub(super) fn clean(bytes: &[u8]) -> Result<Vec<u8>, Broken> {
    let byte = |at: usize| bytes.get(at).copied().ok_or(CUT_OFF);
    let colours = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + colours(byte(10)?);
    let mut cleaned = bytes.get(..at).ok_or(CUT_OFF)?.to_vec();
    let mut has_picture = false;
    loop {
        let (end, is_kept) = match bytes.get(at) {
            Some(0x21) => {
                let is_kept = match byte(at + 1)? {
                    0xf9 => true,
                    0xff => bytes.get(at + 3..at + 14).is_some_and(|name| KEPT.iter().any(|kept| *kept == name)),
                    _ => false,
                };
                (end_of_blocks(bytes, at + 2)?, is_kept)
            }
            Some(0x2c) => {
                has_picture = true;
                let pixels = at + 10 + colours(byte(at + 9)?) + 1;
                (end_of_blocks(bytes, pixels)?, true)
            }
            // Many files lack their last byte, and what follows it is not part of the picture.
            Some(0x3b) | None => break,
            Some(_) => return Err(Broken("it contains something that is not part of a GIF")),
        };
        if is_kept {
            cleaned.extend(bytes.get(at..end).ok_or(CUT_OFF)?);
        }
        at = end;
    }
    cleaned.push(0x3b);
    if has_picture { Ok(cleaned) } else { Err(NO_PICTURE) }
}

/// Position after the data, which is in blocks of up to 255 bytes; an empty block ends it.
fn end_of_blocks(bytes: &[u8], mut at: usize) -> Result<usize, Broken> {
    loop {
        let length = usize::from(*bytes.get(at).ok_or(CUT_OFF)?);
        at += 1 + length;
        if length == 0 {
            return Ok(at);
        }
    }
}
