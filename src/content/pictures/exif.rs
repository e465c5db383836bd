//! Exif: reads and writes the orientation, the only part that readers need.

/// Exif's tag for the orientation of a picture.
const ORIENTATION: u16 = 0x0112;

/// Orientation, 1 to 8 as in Exif; 1 if missing or invalid. `tiff` begins with the byte order.
pub(super) fn orientation(tiff: &[u8]) -> u8 {
    read(tiff).filter(|value| (1..=8).contains(value)).unwrap_or(1)
}

fn read(tiff: &[u8]) -> Option<u8> {
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let two = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let four = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = usize::try_from(four(4)?).ok()?;
    let entries = (0..usize::from(two(directory)?)).map(|nth| directory + 2 + 12 * nth);
    for at in entries {
        if two(at)? == ORIENTATION {
            return two(at + 8).and_then(|value| u8::try_from(value).ok());
        }
    }
    None
}

/// Exif data that contains only the orientation.
pub(super) fn with_orientation(orientation: u8) -> [u8; 26] {
    let mut tiff = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    tiff[19] = orientation;
    tiff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_orientation_is_read_again() {
        for value in 1..=8 {
            assert_eq!(orientation(&with_orientation(value)), value);
        }
        let little = b"II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x01\0\0\0a\0\0\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        assert_eq!(orientation(little), 6);
    }

    #[test]
    fn invalid_exif_data_means_upright() {
        for tiff in
            [&b""[..], b"II*\0", b"MM\0*\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff", b"GPS in disguise, really"]
        {
            assert_eq!(orientation(tiff), 1, "{tiff:?}");
        }
        assert_eq!(orientation(&with_orientation(9)), 1);
    }
}
