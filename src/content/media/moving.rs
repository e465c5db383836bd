//! Whether a picture moves: GIF and WebP can hold several that follow each other. Looks at the head of the file and
//! decodes nothing.

use std::{fs, io::Read, path::Path};

/// The extension that says how often a GIF plays stands before its first picture, behind a palette of 768 bytes at most.
const HEAD: usize = 1024;

/// A file that cannot be read does not move.
pub(super) fn moves(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    if !matches!(ending.as_deref(), Some("gif" | "webp")) {
        return false;
    }
    let mut head = Vec::with_capacity(HEAD);
    let read = fs::File::open(path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
    read.is_ok() && is_animation(&head)
}

/// By the application extension that every maker of moving GIFs writes, and by the flag in WebP's extended header.
fn is_animation(head: &[u8]) -> bool {
    let has = |words: &[u8]| head.windows(words.len()).any(|window| window == words);
    if head.starts_with(b"GIF8") {
        return has(b"NETSCAPE2.0") || has(b"ANIMEXTS1.0");
    }
    head.starts_with(b"RIFF")
        && head.get(8..16) == Some(b"WEBPVP8X")
        && head.get(20).is_some_and(|flags| flags & 2 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let webp = |kind: &[u8], flags: u8| [b"RIFF\0\0\0\0WEBP".as_slice(), kind, &[10, 0, 0, 0, flags]].concat();
        for (head, expected) in [
            (b"GIF89a\x01\0\x01\0\0\0\0!\xff\x0bNETSCAPE2.0\x03\x01".to_vec(), true),
            (b"GIF89a\x01\0\x01\0\0\0\0,".to_vec(), false),
            (webp(b"VP8X", 0b0001_0010), true),
            (webp(b"VP8X", 0b0001_0000), false),
            (webp(b"VP8 ", 2), false),
            (Vec::new(), false),
        ] {
            assert_eq!(is_animation(&head), expected, "{head:?}");
        }
    }
}
