//! Data from the head of a picture file, and the reason why a file is invalid.

/// Reason why a file is invalid in its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub &'static str);

pub(super) const CUT_OFF: Broken = Broken("the file ends in the middle of the picture");
pub(super) const NO_PICTURE: Broken = Broken("there is no picture in it");
pub(super) const NO_SIZE: Broken = Broken("it does not say how large it is");

/// Data from the head of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::content) struct Head {
    /// Size in pixels before the picture is turned.
    pub width: u32,
    pub height: u32,
    /// Orientation, 1 to 8 as in Exif.
    pub orientation: u8,
    /// False for an animation, or colours that are not for a screen.
    pub can_be_resized: bool,
    pub moves: bool,
    /// Bytes per pixel after resizing: 3, or 4 with transparency.
    pub channels: u64,
    /// Most memory for decoding, in bytes. For a JPEG: without its pixels, which are scaled while it is decoded.
    pub decoding: u64,
}

impl Head {
    /// Exchanges width and height if the picture is turned by a quarter (orientations 5 to 8).
    pub fn turned(&self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.orientation >= 5 { (height, width) } else { (width, height) }
    }
}
