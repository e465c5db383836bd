//! Pictures, clips and downloads that are added to the content. Their type is detected from their bytes.

use super::{Act, EditError, Opened, Workspace, names, version_of, writing::Instead};
use crate::{
    content::pictures::{self, Refusal},
    domain::{limits::MEDIA_BYTES, picture::Format, slug::Slug},
};

/// A file that was added, or was there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// Path below the content folder.
    pub path: String,
    /// Name in its folder, as a text beside it would link to it.
    pub name: String,
    pub is_picture: bool,
}

/// Most names that are tried with a number.
const MOST_NUMBERS: usize = 1000;

impl Workspace {
    /// Adds a picture, clip or download to a folder such as `posts` or `media`. The name is cleaned and gets the ending of
    /// its type. A file with the same bytes and name is used again; beside another file the name gets a number.
    ///
    /// # Errors
    /// The file is of a kind that pages cannot show, too large or damaged, or cannot be written.
    pub fn save_media(&self, folder: &str, name: &str, bytes: &[u8]) -> Result<Uploaded, EditError> {
        let (ending, is_picture) = checked(bytes).map_err(EditError::Refused)?;
        let stem = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
        let stem: String = Slug::transliterated(stem).map_or_else(|| "file".to_owned(), |slug| slug.to_string());
        let stem: String = stem.chars().take(100).collect();
        let _lock = self.lock()?;
        for number in 1..=MOST_NUMBERS {
            let name = if number == 1 { format!("{stem}.{ending}") } else { format!("{stem}-{number}.{ending}") };
            let path = format!("{folder}/{name}");
            names::check_new(&path)?;
            let is_same = |opened: Opened| opened.version == version_of(bytes);
            if !self.place(&path, true).and_then(|place| place.read()).is_ok_and(is_same) {
                match self.free(&path) {
                    Ok(place) => {
                        self.take_room(bytes)?;
                        place.write(bytes, Instead::OfNothing)?;
                    }
                    Err(EditError::Exists(_)) => continue,
                    Err(error) => return Err(error),
                }
            }
            self.note(Act::Add(path.clone()));
            return Ok(Uploaded { path, name, is_picture });
        }
        Err(EditError::Exists(stem))
    }
}

/// Ending for the type of these bytes, and true for a picture.
pub(super) fn checked(bytes: &[u8]) -> Result<(&'static str, bool), Refusal> {
    if bytes.len() as u64 > MEDIA_BYTES {
        return Err(pictures::too_large(bytes.len() as u64));
    }
    if let Some(format) = Format::of_bytes(bytes) {
        return pictures::look(format, bytes).map(|_| (format.ending(), true));
    }
    let brand = bytes.get(4..12).and_then(|head| head.strip_prefix(b"ftyp"));
    let refusal = |what: &str, mend| Err(Refusal { what: what.to_owned(), mend });
    let (ending, media_type) = match (brand, bytes) {
        (Some(b"avif" | b"avis"), _) => ("avif", "image/avif"),
        (Some(b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1"), _) => {
            return refusal(
                "it is a HEIC photo, which few browsers show",
                "On an iPhone choose Settings, Camera, Formats, Most Compatible; or share it as JPEG.",
            );
        }
        (Some(b"M4A " | b"M4B "), _) => ("m4a", "audio/mp4"),
        (Some(b"qt  "), _) => ("mov", "video/quicktime"),
        (Some(_), _) => ("mp4", "video/mp4"),
        (None, [0x1a, 0x45, 0xdf, 0xa3, ..]) => ("webm", "video/webm"),
        (None, [b'O', b'g', b'g', b'S', ..]) => ("ogg", "audio/ogg"),
        (None, [b'I', b'D', b'3', ..] | [0xff, 0xfb | 0xf3 | 0xf2, ..]) => ("mp3", "audio/mpeg"),
        (None, [b'%', b'P', b'D', b'F', b'-', ..]) => ("pdf", "application/pdf"),
        (None, bytes) if bytes.starts_with(b"WEBVTT") => ("vtt", "text/vtt"),
        (None, bytes) if is_svg(bytes) => ("svg", "image/svg+xml"),
        _ => {
            return refusal(
                "it is no picture, clip or download of a known kind",
                "Choose a JPEG, PNG, WebP, GIF, AVIF, SVG, MP4, WebM, MP3, Ogg, PDF or WebVTT file.",
            );
        }
    };
    let is_picture = media_type.starts_with("image/");
    match pictures::unknown(media_type, bytes).filter(|_| is_picture) {
        Some(refusal) => Err(refusal),
        None => Ok((ending, is_picture)),
    }
}

/// True for a drawing: its first element is `svg`.
fn is_svg(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    while let Some(inner) = rest.strip_prefix("<?").or(rest.strip_prefix("<!")) {
        let end = if inner.starts_with("--") { "-->" } else { ">" };
        rest = inner.split_once(end).map_or("", |(_, rest)| rest).trim_start();
    }
    rest.starts_with("<svg")
}
