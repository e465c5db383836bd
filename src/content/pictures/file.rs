//! A picture file: its format, the check before it is used, and its cleaning.

use sha2::{Digest, Sha256};

use super::{
    gif,
    head::{Broken, Head},
    jpeg, png, webp,
};
use crate::domain::{
    limits::{MEDIA_BYTES, MEDIA_PIXELS},
    picture::Format,
};

/// Prefix of the hash input of every picture. Its number grows with each change of the processing, so that no cached
/// older result is used.
const EDITION: &[u8] = b"instep pictures 2";

const SMALLER: &str = "Save it smaller: no page shows more than 2400 pixels in width.";

/// Reason why a picture is not sent. `what` begins with "it"; `mend` is a whole sentence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    pub what: String,
    pub mend: &'static str,
}

/// Properties of a picture that pages need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Size in pixels after the picture is turned.
    pub size: (u32, u32),
    /// Format of smaller versions; `None`: there are none.
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
pub fn look(format: Format, bytes: &[u8]) -> Result<Looked, Refusal> {
    let broken = |Broken(what)| Refusal {
        what: format!("it is damaged: {what}"),
        mend: "Save or copy it again; a browser that opens it shows whether it is whole.",
    };
    let head = head(format, bytes).map_err(broken)?;
    let pixels = u64::from(head.width) * u64::from(head.height);
    if pixels > MEDIA_PIXELS {
        let what = format!(
            "it has {} megapixels ({} × {}); at most {} are allowed",
            pixels.div_ceil(1_000_000),
            head.width,
            head.height,
            MEDIA_PIXELS / 1_000_000
        );
        return Err(Refusal { what, mend: SMALLER });
    }
    Ok(Looked {
        size: head.turned((head.width, head.height)),
        format: head.can_be_resized.then_some(format),
        moves: head.moves,
        remade: head.can_be_resized && format == Format::WebP && head.orientation != 1,
    })
}

/// Refusal of a file of more than [`MEDIA_BYTES`].
pub fn too_large(bytes: u64) -> Refusal {
    Refusal {
        what: format!("its file has {} MB; at most {} are allowed", bytes.div_ceil(1_000_000), MEDIA_BYTES / 1_000_000),
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
                "it contains metadata (Exif or XMP), perhaps the place where it was taken, which Instep cannot remove \
                 from an AVIF file"
                    .to_owned(),
            mend: "Save it without metadata, or as JPEG.",
        }),
        "image/jpeg" | "image/png" | "image/webp" | "image/gif" | "image/apng" => Some(Refusal {
            what: "it is no picture in a known format, whatever its name says".to_owned(),
            mend: "Save it again as JPEG, PNG or WebP.",
        }),
        other => Some(Refusal {
            what: format!("few browsers show this kind ({other}), and it may contain the place where it was taken"),
            mend: "Save it as JPEG, PNG or WebP.",
        }),
    }
}

/// Hash of a picture's bytes: ten hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    let hash = Sha256::new().chain_update(EDITION).chain_update(bytes).finalize();
    hash[..5].iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(in crate::content) fn head(format: Format, bytes: &[u8]) -> Result<Head, Broken> {
    match format {
        Format::Jpeg => jpeg::head(bytes),
        Format::Png => png::head(bytes),
        Format::WebP => webp::head(bytes),
        Format::Gif => gif::head(bytes),
    }
}

/// Removes everything that is not needed to show the picture. The pixels stay unchanged.
///
/// # Errors
/// The file is not a whole picture of this format.
pub fn clean(format: Format, bytes: &[u8]) -> Result<Vec<u8>, Broken> {
    match format {
        Format::Jpeg => jpeg::clean(bytes),
        Format::Png => png::clean(bytes),
        Format::WebP => webp::clean(bytes),
        Format::Gif => gif::clean(bytes),
    }
}
