//! Photos: cleaned of personal metadata, and resized.
//!
//! A picture is checked when the content is read (its head only, never its pixels), cleaned when it is first sent, and
//! resized in the background. [`Pictures`] stores the results in `data/pictures`.

mod clip;
mod colour;
mod decoding;
mod exif;
mod gif;
mod jpeg;
mod markup;
mod png;
mod variants;
mod webp;
mod worker;
mod workshop;

use sha2::{Digest, Sha256};

use crate::domain::picture::Format;

pub use clip::tells_a_place;
pub use markup::{Place, html};
pub use workshop::{Cleaned, Pictures, Working};

/// Prefix of the hash input of every picture. Its number grows with each change of the processing, so that no cached
/// older result is used.
const EDITION: &[u8] = b"instep pictures 2";
/// Largest file that is read, in bytes.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Largest picture that is sent, in pixels.
const MOST_PIXELS: u64 = 100_000_000;

const SMALLER: &str = "Save it smaller: no page shows more than 2400 pixels in width.";

/// Reason why a picture is not sent. `what` begins with "it"; `mend` is a whole sentence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    pub what: String,
    pub mend: &'static str,
}

/// Reason why a file is invalid in its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Broken(&'static str);

/// Data from the head of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    /// Size in pixels before the picture is turned.
    width: u32,
    height: u32,
    /// Orientation, 1 to 8 as in Exif.
    orientation: u8,
    /// Format of smaller versions. `None`: no resizing, for an animation or colours that are not for a screen.
    format: Option<Format>,
    moves: bool,
    /// Bytes per pixel after resizing: 3, or 4 with transparency.
    channels: u64,
    /// Most memory for decoding, in bytes. For a JPEG: without its pixels, which are scaled while it is decoded.
    decoding: u64,
}

/// A kind of file that is cleaned before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
    WebP,
    Gif,
}

impl Kind {
    /// Detects the kind from the first bytes of a file, whatever its name is.
    pub fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            start if start.starts_with(b"\x89PNG\r\n\x1a\n") => Some(Self::Png),
            start if start.starts_with(b"GIF87a") || start.starts_with(b"GIF89a") => Some(Self::Gif),
            _ => None,
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
        }
    }
}

/// Properties of a picture that pages need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Size in pixels after the picture is turned.
    pub size: (u32, u32),
    pub format: Option<Format>,
    /// True for an animation.
    pub moves: bool,
    /// True if the whole picture is encoded again: a WebP to be turned, as browsers ignore its orientation.
    pub remade: bool,
}

/// Checks a whole file without decoding it.
///
/// # Errors
/// The file is too large, broken, or no picture.
pub fn look(kind: Kind, bytes: &[u8]) -> Result<Looked, Refusal> {
    let broken = |Broken(what)| Refusal {
        what: format!("it is damaged: {what}"),
        mend: "Save or copy it again; a browser that opens it shows whether it is whole.",
    };
    let head = head(kind, bytes).map_err(broken)?;
    let pixels = u64::from(head.width) * u64::from(head.height);
    if pixels > MOST_PIXELS {
        let what = format!(
            "it has {} megapixels ({} × {}), and {} are the most",
            pixels.div_ceil(1_000_000),
            head.width,
            head.height,
            MOST_PIXELS / 1_000_000
        );
        return Err(Refusal { what, mend: SMALLER });
    }
    let size = if exif::is_turned(head.orientation) { (head.height, head.width) } else { (head.width, head.height) };
    let remade = head.format == Some(Format::WebP) && head.orientation != 1;
    Ok(Looked { size, format: head.format, moves: head.moves, remade })
}

/// Refusal of a file of more than [`MOST_BYTES`].
pub fn too_large(bytes: u64) -> Refusal {
    Refusal {
        what: format!("its file has {} MB, and {} are the most", bytes.div_ceil(1_000_000), MOST_BYTES / 1_000_000),
        mend: SMALLER,
    }
}

/// Refusal of a picture in an unsupported format, by its media type: it may contain a position that cannot be removed.
/// `None` if there is no such risk.
pub fn unknown(media_type: &str, bytes: &[u8]) -> Option<Refusal> {
    let holds = |words: &[u8]| bytes.windows(words.len()).any(|window| window == words);
    match media_type {
        "image/svg+xml" | "image/bmp" | "image/x-icon" | "image/vnd.microsoft.icon" => None,
        // Metadata items of an AVIF have these words in their names.
        "image/avif" if !holds(b"Exif") && !holds(b"application/rdf+xml") => None,
        "image/avif" => Some(Refusal {
            what:
                "it says more than it shows (Exif or XMP), such as where it was taken, and that cannot be taken out of \
                   an AVIF file here"
                    .to_owned(),
            mend: "Save it without metadata, or as JPEG.",
        }),
        "image/jpeg" | "image/png" | "image/webp" | "image/gif" | "image/apng" => Some(Refusal {
            what: "it is not what its name says, and no picture that is known here".to_owned(),
            mend: "Save it again as JPEG, PNG or WebP.",
        }),
        other => Some(Refusal {
            what: format!("few browsers show this kind ({other}), and it may say where it was taken"),
            mend: "Save it as JPEG, PNG or WebP.",
        }),
    }
}

/// Hash of a picture's bytes: ten hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    let hash = Sha256::new().chain_update(EDITION).chain_update(bytes).finalize();
    hash[..5].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn head(kind: Kind, bytes: &[u8]) -> Result<Head, Broken> {
    match kind {
        Kind::Jpeg => jpeg::head(bytes),
        Kind::Png => png::head(bytes),
        Kind::WebP => webp::head(bytes),
        Kind::Gif => gif::head(bytes),
    }
}

/// A PNG without personal metadata; `None` if it is broken or no PNG.
pub fn cleaned_png(bytes: &[u8]) -> Option<Vec<u8>> {
    png::clean(bytes).ok()
}

/// Removes everything that is not needed to show the picture. The pixels stay unchanged.
fn clean(kind: Kind, bytes: &[u8]) -> Result<Vec<u8>, Broken> {
    match kind {
        Kind::Jpeg => jpeg::clean(bytes),
        Kind::Png => png::clean(bytes),
        Kind::WebP => webp::clean(bytes),
        Kind::Gif => gif::clean(bytes),
    }
}

#[cfg(test)]
mod tests;
