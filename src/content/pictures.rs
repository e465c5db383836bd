//! Photos: what may leave of them, and the sizes they leave in.
//!
//! A picture is looked at when the content is read (its head only, never its pixels), cleaned of what it tells about
//! its maker when it is first sent, and made smaller in the background. [`Pictures`] keeps what was made, under
//! `data/pictures`.

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

/// Part of every picture's hash. Grows with each change to what is made of the same file, so that nobody keeps what an
/// older version made.
const EDITION: &[u8] = b"instep pictures 2";
/// The largest file that is read, in bytes.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// The largest picture that is sent.
const MOST_PIXELS: u64 = 100_000_000;

const SMALLER: &str = "Save it smaller: no page shows more than 2400 pixels in width.";

/// Why a picture is not sent. What is wrong begins with "it", and the other one is a whole sentence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    pub what: String,
    pub mend: &'static str,
}

/// A file that does not say what its format wants said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Broken(&'static str);

/// What the head of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    /// Pixels as they are stored.
    width: u32,
    height: u32,
    /// 1 to 8, as Exif counts.
    orientation: u8,
    /// `None`: it stays as large as it is, for it moves, or its colours are not those of a screen.
    format: Option<Format>,
    moves: bool,
    /// Bytes of a pixel that is made smaller: 3, or 4 with transparency.
    channels: u64,
    /// What decoding takes at most, in bytes. Of a JPEG: besides its pixels, which are made smaller on the way.
    decoding: u64,
}

/// A kind of file that is cleaned before it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
    WebP,
    Gif,
}

impl Kind {
    /// By the first bytes of a file, whatever it is called.
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

/// A picture as pages must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Pixels as it is seen.
    pub size: (u32, u32),
    pub format: Option<Format>,
    /// It is several pictures that follow each other.
    pub moves: bool,
    /// The whole picture is encoded anew. Browsers ignore the orientation of a WebP, so its pixels must be turned.
    pub remade: bool,
}

/// Looks at a whole file without decoding it.
///
/// # Errors
/// It is too large, or broken, or no picture at all.
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

/// A file of more than [`MOST_BYTES`].
pub fn too_large(bytes: u64) -> Refusal {
    Refusal {
        what: format!("its file has {} MB, and {} are the most", bytes.div_ceil(1_000_000), MOST_BYTES / 1_000_000),
        mend: SMALLER,
    }
}

/// A picture in a format that is not understood here, by its media type: it may carry a position, and nothing could
/// take it out. `None` where there is nothing to fear.
pub fn unknown(media_type: &str, bytes: &[u8]) -> Option<Refusal> {
    let holds = |words: &[u8]| bytes.windows(words.len()).any(|window| window == words);
    match media_type {
        "image/svg+xml" | "image/bmp" | "image/x-icon" | "image/vnd.microsoft.icon" => None,
        // Metadata have items of their own in it, with these words in their names.
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

/// The name of a picture's bytes: ten hexadecimal digits.
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

/// A PNG without what it tells about its maker; `None` where it is none, or broken.
pub fn cleaned_png(bytes: &[u8]) -> Option<Vec<u8>> {
    png::clean(bytes).ok()
}

/// What is left when everything is taken out that does not show the picture. The pixels stay as they are.
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
