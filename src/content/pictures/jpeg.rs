//! JPEG, segment by segment (ITU-T T.81): reads the head, and removes personal metadata.
//!
//! Only what is needed to show the picture is kept, so that future kinds of metadata are removed as well: Exif and XMP
//! (position, time, owner, previews), IPTC, comments, the second pictures of MPF, and what follows the end of the
//! picture (films of "motion photos", gain maps).

use super::{
    colour, exif,
    head::{Broken, CUT_OFF, Head, NO_PICTURE, NO_SIZE},
};

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const PROFILE: &[u8] = b"ICC_PROFILE\0";
/// Most bytes of a profile in one segment: 65,533 minus the identifier and two numbers.
const PROFILE_PART: usize = 65_519;
const RARE: Broken = Broken("it is of a rare kind of JPEG that browsers do not show");

struct Segment<'a> {
    marker: u8,
    /// Data without marker and length.
    data: &'a [u8],
    /// Data with marker and length.
    whole: &'a [u8],
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 2 }
    }

    /// Reads the next segment; `None` at the end of the picture. Skips stray bytes before a marker, as all decoders do.
    fn segment(&mut self) -> Result<Option<Segment<'a>>, Broken> {
        loop {
            let rest = self.bytes.get(self.at..).ok_or(CUT_OFF)?;
            let marker_at = rest.iter().position(|byte| *byte == 0xff).ok_or(CUT_OFF)? + self.at;
            let marker = *self.bytes.get(marker_at + 1).ok_or(CUT_OFF)?;
            match marker {
                END => return Ok(None),
                // A marker may follow fill bytes; a zero byte and a restart marker have no meaning here.
                0xff => self.at = marker_at + 1,
                0x00 | 0x01 | 0xd0..=START => self.at = marker_at + 2,
                marker => {
                    let length = self.bytes.get(marker_at + 2..marker_at + 4).ok_or(CUT_OFF)?;
                    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                    let whole = self.bytes.get(marker_at..marker_at + 2 + length).ok_or(CUT_OFF)?;
                    let data = whole.get(4..).ok_or(Broken("a part of the file has an invalid length"))?;
                    self.at = marker_at + 2 + length;
                    return Ok(Some(Segment { marker, data, whole }));
                }
            }
        }
    }

    /// Reads the pixels after the head of a scan, up to a marker that is no restart marker.
    fn scan(&mut self) -> Result<&'a [u8], Broken> {
        let start = self.at;
        loop {
            let rest = self.bytes.get(self.at..).ok_or(CUT_OFF)?;
            let at = rest.iter().position(|byte| *byte == 0xff).ok_or(CUT_OFF)? + self.at;
            match self.bytes.get(at + 1).ok_or(CUT_OFF)? {
                0x00 | 0xd0..=0xd7 => self.at = at + 2,
                0xff => self.at = at + 1,
                _ => {
                    self.at = at;
                    return Ok(&self.bytes[start..at]);
                }
            }
        }
    }
}

/// Reads the head; of the pixels, only checks that they are complete.
pub(super) fn head(bytes: &[u8]) -> Result<Head, Broken> {
    let mut reader = Reader::new(bytes);
    let (mut frame, mut orientation, mut is_in_parts) = (None, 1, false);
    while let Some(segment) = reader.segment()? {
        match segment.marker {
            0xc0..=0xc2 => {
                frame = Some(segment.data);
                is_in_parts = segment.marker == 0xc2;
            }
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Err(RARE),
            0xe1 => orientation = exif_of(segment.data).map_or(orientation, exif::orientation),
            SCAN => {
                is_in_parts |= segment.data.first() != frame.and_then(|frame| frame.get(5));
                break;
            }
            _ => {}
        }
    }
    // Nearly all files end with the picture; the others are read to their end.
    if !bytes.ends_with(&[0xff, END]) {
        clean(bytes)?;
    }
    let Some(&[precision, h1, h2, w1, w2, components, ref samplings @ ..]) = frame else { return Err(NO_SIZE) };
    let (width, height) = (u32::from(u16::from_be_bytes([w1, w2])), u32::from(u16::from_be_bytes([h1, h2])));
    if width == 0 || height == 0 {
        return Err(NO_SIZE);
    } else if precision != 8 {
        return Err(RARE);
    }
    // Coefficients of two bytes for the whole picture, if it has several scans.
    let samples =
        samplings.chunks_exact(3).map(|component| u64::from(component[1] >> 4) * u64::from(component[1] & 15));
    let (all, most) = samples.fold((0, 1), |(all, most), one| (all + one, one.max(most)));
    let decoding = if is_in_parts { 2 * u64::from(width) * u64::from(height) * all.div_ceil(most) } else { 0 };
    // Each browser converts CMYK to screen colours in its own way.
    let can_be_resized = components < 4;
    Ok(Head { width, height, orientation, can_be_resized, moves: false, channels: 3, decoding })
}

/// Colour profile, which may be split into several segments; each contains its number and their count.
pub(super) fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut reader, mut parts) = (Reader::new(bytes), Vec::new());
    while let Ok(Some(segment)) = reader.segment() {
        match segment.marker {
            0xe2 => parts.extend(segment.data.strip_prefix(PROFILE)),
            SCAN => break,
            _ => {}
        }
    }
    parts.sort_by_key(|part| part.first().copied());
    let profile: Vec<u8> = parts.iter().filter_map(|part| part.get(2..)).flatten().copied().collect();
    (!profile.is_empty()).then_some(profile)
}

fn push_profile(out: &mut Vec<u8>, profile: &[u8]) {
    let count = u8::try_from(profile.len().div_ceil(PROFILE_PART)).unwrap_or(u8::MAX);
    for (nth, part) in (1..=count).zip(profile.chunks(PROFILE_PART)) {
        let length = u16::try_from(part.len() + PROFILE.len() + 4).unwrap_or_default();
        out.extend([0xff, 0xe2]);
        out.extend(length.to_be_bytes());
        out.extend(PROFILE);
        out.extend([nth, count]);
        out.extend(part);
    }
}

fn exif_of(data: &[u8]) -> Option<&[u8]> {
    data.strip_prefix(b"Exif\0\0").or_else(|| data.strip_prefix(b"Exif\0\xff"))
}

/// Returns the file with only what is needed to show the picture, and its orientation.
pub(super) fn clean(bytes: &[u8]) -> Result<Vec<u8>, Broken> {
    let mut reader = Reader::new(bytes);
    let (mut jfif, mut orientation, mut has_scan) = (None, 1, false);
    let mut kept: Vec<u8> = Vec::with_capacity(bytes.len());
    while let Some(segment) = reader.segment()? {
        match segment.marker {
            // Version, unit and density; the preview after them is left out.
            0xe0 if segment.data.starts_with(b"JFIF\0") => jfif = segment.data.get(..12),
            0xe1 => orientation = exif_of(segment.data).map_or(orientation, exif::orientation),
            // Colour transform.
            0xee if segment.data.starts_with(b"Adobe") => kept.extend(segment.whole),
            SCAN => {
                kept.extend(segment.whole);
                kept.extend(reader.scan()?);
                has_scan = true;
            }
            // Frame headers and tables.
            0xc0..=0xcf | 0xdb..=0xdf => kept.extend(segment.whole),
            _ => {}
        }
    }
    if !has_scan {
        return Err(NO_PICTURE);
    }
    let mut cleaned = Vec::with_capacity(kept.len() + 64);
    cleaned.extend([0xff, START]);
    if let Some(jfif) = jfif {
        cleaned.extend([0xff, 0xe0, 0, 16]);
        cleaned.extend(jfif);
        cleaned.extend([0, 0]);
    }
    if orientation != 1 {
        cleaned.extend(b"\xff\xe1\0\x22Exif\0\0");
        cleaned.extend(exif::with_orientation(orientation));
    }
    if let Some(profile) = profile(bytes).and_then(|profile| colour::cleaned(&profile)) {
        push_profile(&mut cleaned, &profile);
    }
    cleaned.extend(kept);
    cleaned.extend([0xff, END]);
    Ok(cleaned)
}
