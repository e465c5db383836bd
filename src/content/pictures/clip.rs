//! Films of phones: checks for the place of recording. It is only reported, since clips are sent unchanged.

use std::io::{self, Read, Seek, SeekFrom};

/// Largest `moov` box that is searched, in bytes. An hour of film has some two megabytes.
const MOST: u64 = 32 * 1024 * 1024;
/// Names of a position in QuickTime, MP4 and Apple's newer metadata.
const WORDS: [&[u8]; 3] = [b"\xa9xyz", b"loci", b"location.ISO6709"];

/// Searches the `moov` box of a film (ISO/IEC 14496-12) for a position.
///
/// # Errors
/// The file cannot be read.
pub fn tells_a_place(film: &mut (impl Read + Seek)) -> io::Result<bool> {
    let end = film.seek(SeekFrom::End(0))?;
    let mut at = 0;
    while at + 8 <= end {
        film.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        let read = u64::try_from(film.by_ref().take(16).read(&mut head)?).unwrap_or_default();
        let [s1, s2, s3, s4, n1, n2, n3, n4, long @ ..] = head;
        let length = match u32::from_be_bytes([s1, s2, s3, s4]) {
            0 => end - at,
            1 if read == 16 => u64::from_be_bytes(long),
            length => u64::from(length),
        };
        if length < 8 {
            return Ok(false);
        }
        if [n1, n2, n3, n4] == *b"moov" {
            film.seek(SeekFrom::Start(at))?;
            let mut contents = Vec::new();
            film.by_ref().take(length.min(MOST)).read_to_end(&mut contents)?;
            return Ok(WORDS.iter().any(|word| contents.windows(word.len()).any(|window| window == *word)));
        }
        at = at.saturating_add(length);
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len() + 8).expect("short");
        [&length.to_be_bytes()[..], name, data].concat()
    }

    #[test]
    fn positions_are_found_in_the_contents_only() {
        let check = |film: &[u8], expected| {
            assert_eq!(tells_a_place(&mut io::Cursor::new(film)).expect("reads"), expected, "{film:?}");
        };
        let place = boxed(b"\xa9xyz", b"\0\x12\x15\xc7+40.7128-074.0060/");
        let moov = boxed(b"moov", &boxed(b"udta", &place));
        let pixels = boxed(b"mdat", b"loci loci loci");
        check(&[boxed(b"ftyp", b"isom"), pixels.clone(), moov].concat(), true);
        check(&[boxed(b"ftyp", b"isom"), pixels.clone(), boxed(b"moov", b"mvhd")].concat(), false);
        let long = [b"\0\0\0\x01mdat", &24_u64.to_be_bytes()[..], b"loci loc"].concat();
        check(&[long, boxed(b"moov", &boxed(b"loci", b"x"))].concat(), true);
        for broken in [&b""[..], b"\0\0\0\0", b"\0\0\0\x07moov", b"\xff\xff\xff\xffmoovloci", b"\0\0\0\x01moov"] {
            let _ = tells_a_place(&mut io::Cursor::new(broken));
        }
    }
}
