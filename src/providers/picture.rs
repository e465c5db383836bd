//! Stills from providers: the format is read from the first bytes, not from headers or names.

use sha2::{Digest, Sha256};

use super::Refusal;

/// Smallest and largest side, in pixels. A tracking pixel is no still, and no screen shows more than the largest.
const SIDES: std::ops::RangeInclusive<usize> = 32..=8192;

/// A picture that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Still {
    pub bytes: Vec<u8>,
    /// File extension: `jpg`, `png`, `webp`.
    pub ending: &'static str,
    /// Width and height in pixels.
    pub size: (usize, usize),
}

impl Still {
    /// # Errors
    /// The bytes are no JPEG, PNG or WebP, or the size is unlikely.
    pub(super) fn read(bytes: Vec<u8>) -> Result<Self, Refusal> {
        let ending = ending(&bytes).ok_or(Refusal::NoPicture)?;
        let size = imagesize::blob_size(&bytes).map_err(|_| Refusal::NoPicture)?;
        if !SIDES.contains(&size.width) || !SIDES.contains(&size.height) {
            return Err(Refusal::OddSize(size.width, size.height));
        }
        Ok(Self { bytes, ending, size: (size.width, size.height) })
    }

    /// SHA-256 in hex.
    pub fn hash(&self) -> String {
        hash(&self.bytes)
    }
}

pub(super) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn ending(bytes: &[u8]) -> Option<&'static str> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("jpg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("png"),
        _ if is_webp => Some("webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_pictures() {
        let jpeg = include_bytes!("../../content/posts/foot-and-ankle-stretches-for-runners/reel.jpg");
        let still = Still::read(jpeg.to_vec()).expect("a picture");
        assert_eq!(still.ending, "jpg");
        assert_eq!(still.hash().len(), 64);
        let png = include_bytes!("../../README.png");
        assert_eq!(Still::read(png.to_vec()).map(|still| still.ending), Ok("png"));
        for other in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..],
            b"GIF89a\x40\0\x40\0",
            b"",
            b"\xff\xd8\xff",
            b"RIFF\0\0\0\0WAVE",
        ] {
            assert_eq!(Still::read(other.to_vec()), Err(Refusal::NoPicture));
        }
    }
}
