//! Colours of a picture: cleans profiles (ICC.1) of data about a display, and converts pixels to sRGB where a profile
//! cannot be kept.

use std::collections::HashMap;

use image::DynamicImage;
use moxcms::{
    Chromaticity, CmsError, ColorPrimaries, ColorProfile, DataColorSpace, Layout, ToneReprCurve, TransformExecutor,
    TransformOptions, XyY,
};

/// Largest profile that is kept, in bytes. A larger one is for printing, and would be most of a small version.
const LARGEST: usize = 64 * 1024;
const HEADER: usize = 128;
/// Tags of a profile that convert colours. Descriptions, makers, serial numbers, settings of graphics cards and similar
/// are not among them.
const KEPT: &[&[u8; 4]] = &[
    b"wtpt", b"bkpt", b"chad", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"A2B0", b"A2B1",
    b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"D2B0", b"D2B1", b"D2B2", b"D2B3", b"B2D0", b"B2D1", b"B2D2", b"B2D3",
    b"cicp",
];
/// Date put into each profile: 1 January 2000, as six numbers.
const SOME_DAY: &[u8] = &[0x07, 0xd0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0];

/// Colour space of pixels, and how to handle it.
#[derive(Debug)]
pub(super) enum Meaning {
    /// The pixels are sRGB, or nothing is said.
    Plain,
    /// This profile is kept with the pixels.
    Kept(Vec<u8>),
    /// The pixels must be converted.
    From(Box<ColorProfile>),
}

/// Cleaned profile: only the tags that convert colours, in the same order and with the same bytes. `None`: it is
/// invalid, and browsers ignore it.
pub(super) fn cleaned(profile: &[u8]) -> Option<Vec<u8>> {
    let four = |at: usize| profile.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let mut header = profile.get(..HEADER).filter(|header| &header[36..40] == b"acsp")?.to_vec();
    // Preferred program, device maker, device model, profile creator, checksum.
    for unknown in [4..8, 48..56, 80..HEADER] {
        header[unknown].fill(0);
    }
    header[24..36].copy_from_slice(SOME_DAY);
    let mut tags: Vec<([u8; 4], &[u8])> = Vec::new();
    for nth in 0..usize::try_from(four(HEADER)?).ok()?.min(100) {
        let at = HEADER + 4 + 12 * nth;
        let name: [u8; 4] = profile.get(at..at + 4)?.try_into().ok()?;
        let (start, length) = (usize::try_from(four(at + 4)?).ok()?, usize::try_from(four(at + 8)?).ok()?);
        if KEPT.contains(&&name) {
            tags.push((name, profile.get(start..start.checked_add(length)?)?));
        }
    }
    // Description and copyright are required.
    let is_new = header[8] >= 4;
    let text = if is_new { MULTI } else { TEXT };
    tags.push((*b"cprt", text));
    tags.push((*b"desc", if is_new { MULTI } else { DESCRIPTION }));

    let mut body: Vec<u8> = Vec::new();
    let mut table = u32::try_from(tags.len()).ok()?.to_be_bytes().to_vec();
    let body_at = HEADER + 4 + 12 * tags.len();
    let mut placed: HashMap<&[u8], usize> = HashMap::new();
    for (name, data) in tags {
        let at = *placed.entry(data).or_insert_with(|| {
            let at = body.len();
            body.extend(data);
            body.resize(body.len().next_multiple_of(4), 0);
            at
        });
        table.extend(name);
        table.extend(u32::try_from(body_at + at).ok()?.to_be_bytes());
        table.extend(u32::try_from(data.len()).ok()?.to_be_bytes());
    }
    header[..4].copy_from_slice(&u32::try_from(body_at + body.len()).ok()?.to_be_bytes());
    Some([header, table, body].concat())
}

/// "RGB" as a text of version 4 (ICC.1:2022, 10.15), and as text and description of version 2.
const MULTI: &[u8] = b"mluc\0\0\0\0\0\0\0\x01\0\0\0\x0cenUS\0\0\0\x06\0\0\0\x1c\0R\0G\0B";
const TEXT: &[u8] = b"text\0\0\0\0RGB\0";
const DESCRIPTION: &[u8] = &{
    let mut description = [0; 94];
    let start = b"desc\0\0\0\0\0\0\0\x04RGB\0";
    let mut at = 0;
    while at < start.len() {
        description[at] = start[at];
        at += 1;
    }
    description
};

/// Colour space of pixels that become RGB, by their profile if they have one.
pub(super) fn meaning(profile: Option<Vec<u8>>, was_grey: bool) -> Meaning {
    let Some(profile) = profile else { return Meaning::Plain };
    let is_rgb = profile.get(16..20) == Some(b"RGB ");
    // Browsers also ignore a profile for another kind of pixels.
    let Some(read) = ColorProfile::new_from_slice(&profile).ok().filter(|_| is_rgb != was_grey) else {
        return Meaning::Plain;
    };
    match (read.color_space, &read.gray_trc) {
        (DataColorSpace::Rgb, _) if profile.len() <= LARGEST => Meaning::Kept(profile),
        (DataColorSpace::Rgb, _) => Meaning::From(Box::new(read)),
        (DataColorSpace::Gray, Some(curve)) => Meaning::From(Box::new(with_curve(curve.clone()))),
        _ => Meaning::Plain,
    }
}

/// Colour space of a PNG without a profile (W3C PNG, 11.3.2): gamma and chromaticities, in units of 0.00001.
pub(super) fn of_png(gamma: u32, chromaticities: Option<[u32; 8]>) -> Meaning {
    /// Values of sRGB in the same units (PNG, table 15).
    const SRGB: (u32, [u32; 8]) = (45_455, [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000]);
    let is_near = |one: u32, other: u32| one.abs_diff(other) <= 1_000;
    let chromaticities = chromaticities.filter(are_primaries);
    let is_srgb = chromaticities.is_none_or(|own| own.iter().zip(SRGB.1).all(|(one, other)| is_near(*one, other)));
    if gamma == 0 || is_srgb && is_near(gamma, SRGB.0) {
        return Meaning::Plain;
    }
    let mut profile = with_curve(ToneReprCurve::Parametric(vec![100_000.0 / gamma as f32]));
    if let Some(own) = chromaticities {
        let at = |x: usize| Chromaticity::new(own[x] as f32 / 100_000.0, own[x + 1] as f32 / 100_000.0);
        let primaries = ColorPrimaries { red: at(2), green: at(4), blue: at(6) };
        let white = at(0);
        profile.update_rgb_colorimetry(XyY::new(f64::from(white.x), f64::from(white.y), 1.0), primaries);
    }
    Meaning::From(Box::new(profile))
}

/// True if white is a colour and the primaries form a triangle.
fn are_primaries(own: &[u32; 8]) -> bool {
    let [_, white, rx, ry, gx, gy, bx, by] = own.map(f64::from);
    let area = (gx - rx) * (by - ry) - (bx - rx) * (gy - ry);
    white > 0.0 && ry > 0.0 && gy > 0.0 && by > 0.0 && own.iter().all(|one| *one <= 100_000) && area.abs() > 1e8
}

/// Profile with the primaries of sRGB and another curve.
fn with_curve(curve: ToneReprCurve) -> ColorProfile {
    let mut profile = ColorProfile::new_srgb();
    profile.cicp = None;
    (profile.red_trc, profile.green_trc, profile.blue_trc) = (Some(curve.clone()), Some(curve.clone()), Some(curve));
    profile
}

/// Converts RGB pixels to sRGB, row by row, so that they are not copied.
pub(super) fn to_srgb(pixels: &mut DynamicImage, from: &ColorProfile) -> Result<(), CmsError> {
    let (srgb, options, width) = (ColorProfile::new_srgb(), TransformOptions::default(), pixels.width() as usize);
    let layout = if pixels.color().has_alpha() { Layout::Rgba } else { Layout::Rgb };
    let row = width * usize::from(pixels.color().channel_count());
    let by_bytes = || from.create_transform_8bit(layout, &srgb, layout, options);
    let by_words = || from.create_transform_16bit(layout, &srgb, layout, options);
    match pixels {
        DynamicImage::ImageRgb8(rgb) => each_row(rgb, row, &*by_bytes()?),
        DynamicImage::ImageRgba8(rgba) => each_row(rgba, row, &*by_bytes()?),
        DynamicImage::ImageRgb16(rgb) => each_row(rgb, row, &*by_words()?),
        DynamicImage::ImageRgba16(rgba) => each_row(rgba, row, &*by_words()?),
        _ => Ok(()),
    }
}

fn each_row<T: Copy + Default>(
    pixels: &mut [T],
    length: usize,
    transform: &(dyn TransformExecutor<T> + Send + Sync),
) -> Result<(), CmsError> {
    pixels.chunks_exact_mut(length.max(1)).try_for_each(|row| {
        let before = row.to_vec();
        transform.transform(&before, row)
    })
}
