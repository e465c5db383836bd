//! Stills from providers: the format is read from the first bytes, not from headers or names.

use imagesize::ImageType;
use sha2::{Digest, Sha256};

/// Smallest and largest side, in pixels. A tracking pixel is no still, and no screen shows more than the largest.
const SIDES: std::ops::RangeInclusive<usize> = 32..=8192;

const NOT_A_PICTURE: &str = "its picture is not a JPEG, PNG or WebP file";

/// A picture that may be stored.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Still {
    pub bytes: Vec<u8>,
    /// File extension: `jpg`, `png`, `webp`.
    pub extension: &'static str,
    /// Width and height in pixels.
    pub size: (usize, usize),
}

impl Still {
    /// # Errors
    /// The bytes are no JPEG, PNG or WebP, or the size is unlikely.
    pub(super) fn read(bytes: Vec<u8>) -> Result<Self, String> {
        let extension = match imagesize::image_type(&bytes) {
            Ok(ImageType::Jpeg) => "jpg",
            Ok(ImageType::Png) => "png",
            Ok(ImageType::Webp) => "webp",
            _ => return Err(NOT_A_PICTURE.to_owned()),
        };
        let size = imagesize::blob_size(&bytes).map_err(|_| NOT_A_PICTURE)?;
        if !SIDES.contains(&size.width) || !SIDES.contains(&size.height) {
            return Err(format!("its picture is {} by {} pixels, which cannot be right", size.width, size.height));
        }
        Ok(Self { bytes, extension, size: (size.width, size.height) })
    }
}

/// Returns the SHA-256 in hex.
pub(super) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_jpeg_png_and_webp_are_stills() {
        let jpeg = include_bytes!("../../content/posts/foot-and-ankle-stretches-for-runners/reel.jpg");
        let still = Still::read(jpeg.to_vec()).expect("a picture");
        assert_eq!(still.extension, "jpg");
        assert_eq!(hash(&still.bytes).len(), 64);
        let png = include_bytes!("../../README.png");
        assert_eq!(Still::read(png.to_vec()).map(|still| still.extension), Ok("png"));
        for other in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..],
            b"GIF89a\x40\0\x40\0",
            b"",
            b"\xff\xd8\xff",
            b"RIFF\0\0\0\0WAVE",
        ] {
            assert_eq!(Still::read(other.to_vec()), Err(NOT_A_PICTURE.to_owned()));
        }
    }
}
