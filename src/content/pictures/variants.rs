//! Making a picture smaller: it is decoded once, and each size is made from the next larger one. Phones get theirs first.

use std::io::Cursor;

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageReader, Limits, RgbImage, RgbaImage,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType as PngFilter, PngEncoder},
    },
    metadata::Orientation,
};

use super::webp as webp_file;
use crate::domain::picture::{Format, Picture, Variant};

/// What a phone has to load for one photo at most, in bytes. Up to this width quality gives way until it fits.
const PHONE_BYTES: usize = 96_000;
const PHONE_WIDTH: u32 = 800;
/// Tried in this order. The first is a little above what looks the same as the original on a sharp screen.
const WEBP_QUALITIES: [f32; 7] = [76.0, 66.0, 56.0, 46.0, 36.0, 24.0, 12.0];
const JPEG_QUALITIES: [u8; 7] = [80, 70, 60, 50, 40, 28, 16];
/// A profile of colours that is larger is no camera's, but a printer's.
const LARGEST_PROFILE: usize = 64 * 1024;
/// Decoders count their own buffers too.
const MOST_ALLOCATED: u64 = super::MOST_DECODED + super::MOST_DECODED / 2;

/// Takes each version as it is finished; says where that is in vain.
pub(super) type Keep<'a> = dyn FnMut(Variant, &[u8]) -> Result<(), Failed> + 'a;

/// Why a picture could not be made smaller: the decoder's or encoder's own words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Failed(String);

fn failed(error: impl std::fmt::Display) -> Failed {
    Failed(error.to_string())
}

/// Makes the wanted versions and hands each over as it is finished. `cleaned` is the file without its metadata.
///
/// # Errors
/// The picture cannot be decoded, or `keep` says that it is enough.
pub(super) fn make(
    cleaned: &[u8],
    orientation: u8,
    picture: &Picture,
    wanted: &[Variant],
    keep: &mut Keep<'_>,
) -> Result<(), Failed> {
    let (pixels, profile) = decode(cleaned)?;
    let orientation = Orientation::from_exif(orientation).unwrap_or(Orientation::NoTransforms);
    let mut widths: Vec<u32> = wanted.iter().map(|variant| variant.width).collect();
    widths.sort_unstable();
    widths.dedup();
    let mut sizes = all_sizes(pixels, &widths, orientation, picture)?;
    // Phones first: the smallest was made last.
    while let Some((width, mut pixels)) = sizes.pop() {
        pixels.apply_orientation(orientation);
        for variant in wanted.iter().filter(|variant| variant.width == width) {
            let largest = if width <= PHONE_WIDTH { PHONE_BYTES.min(cleaned.len()) } else { cleaned.len() };
            keep(*variant, &encode(&pixels, &profile, *variant, picture, largest, cleaned)?)?;
        }
    }
    Ok(())
}

/// The picture in all widths, each made from the next wider one; those wider than asked for are let go of early. Not
/// turned yet.
fn all_sizes(
    pixels: DynamicImage,
    widths: &[u32],
    orientation: Orientation,
    picture: &Picture,
) -> Result<Vec<(u32, DynamicImage)>, Failed> {
    let is_turned = super::exif::is_turned(orientation.to_exif());
    let mut sizes: Vec<(u32, DynamicImage)> = Vec::new();
    let mut whole = Some(pixels);
    for width in widths.iter().rev() {
        let (width, height) = picture.size_at(*width).ok_or_else(|| failed("it has no size"))?;
        let size = if is_turned { (height, width) } else { (width, height) };
        let from = whole.take();
        let made = match (&from, sizes.last()) {
            (Some(whole), _) | (None, Some((_, whole))) if (whole.width(), whole.height()) != size => {
                smaller(whole, size)?
            }
            _ => from.ok_or_else(|| failed("two sizes are the same"))?,
        };
        sizes.push((width, made));
    }
    Ok(sizes)
}

/// Pixels in 8 bits, with or without transparency, and the profile that says what their colours mean.
fn decode(bytes: &[u8]) -> Result<(DynamicImage, Option<Vec<u8>>), Failed> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(failed)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_ALLOCATED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let profile = decoder.icc_profile().ok().flatten();
    let pixels = DynamicImage::from_decoder(decoder).map_err(failed)?;
    let pixels = match pixels.color().has_alpha() {
        true => DynamicImage::ImageRgba8(pixels.into_rgba8()),
        false => DynamicImage::ImageRgb8(pixels.into_rgb8()),
    };
    // Pixels in grey or in printers' colours have become RGB by now, and their profile would be wrong.
    let is_rgb = |profile: &Vec<u8>| profile.get(16..20) == Some(b"RGB ") && profile.len() <= LARGEST_PROFILE;
    Ok((pixels, profile.filter(is_rgb)))
}

fn smaller(pixels: &DynamicImage, (width, height): (u32, u32)) -> Result<DynamicImage, Failed> {
    let kind = if pixels.color().has_alpha() { PixelType::U8x4 } else { PixelType::U8x3 };
    let from = ImageRef::new(pixels.width(), pixels.height(), pixels.as_bytes(), kind).map_err(failed)?;
    let mut to = Image::new(width, height, kind);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&from, &mut to, &options).map_err(failed)?;
    let bytes = to.into_vec();
    let made = match kind {
        PixelType::U8x4 => RgbaImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgba8),
        _ => RgbImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8),
    };
    made.ok_or_else(|| failed("its pixels do not fill it"))
}

/// At the best quality that fits into `largest` bytes, or at the least.
fn encode(
    pixels: &DynamicImage,
    profile: &Option<Vec<u8>>,
    variant: Variant,
    picture: &Picture,
    largest: usize,
    cleaned: &[u8],
) -> Result<Vec<u8>, Failed> {
    match variant.format {
        Format::WebP => {
            let lossy = first_that_fits(&WEBP_QUALITIES, largest, |quality| webp(pixels, *quality, false, profile))?;
            // Screenshots and drawings are smaller, and sharp, without loss.
            let is_drawn = picture.format == Some(Format::Png);
            let lossless = if is_drawn { Some(webp(pixels, 75.0, true, profile)?) } else { None };
            Ok(lossless.filter(|lossless| lossless.len() < lossy.len()).unwrap_or(lossy))
        }
        Format::Jpeg => first_that_fits(&JPEG_QUALITIES, largest, |quality| jpeg(pixels, *quality, profile)),
        Format::Png => {
            let made = png(pixels, profile)?;
            // Few colours make a small file until the edges between them are blended.
            let turned = picture.size.is_none_or(|(width, _)| width != pixels.width()) && made.len() >= cleaned.len();
            Ok(if turned { cleaned.to_vec() } else { made })
        }
    }
}

fn first_that_fits<Q>(
    qualities: &[Q],
    largest: usize,
    mut encode: impl FnMut(&Q) -> Result<Vec<u8>, Failed>,
) -> Result<Vec<u8>, Failed> {
    let mut made = Vec::new();
    for quality in qualities {
        made = encode(quality)?;
        if made.len() <= largest {
            break;
        }
    }
    Ok(made)
}

fn webp(pixels: &DynamicImage, quality: f32, lossless: bool, profile: &Option<Vec<u8>>) -> Result<Vec<u8>, Failed> {
    let (width, height) = (pixels.width(), pixels.height());
    let encoder = match pixels.color().has_alpha() {
        true => webp::Encoder::from_rgba(pixels.as_bytes(), width, height),
        false => webp::Encoder::from_rgb(pixels.as_bytes(), width, height),
    };
    let made = encoder.encode_simple(lossless, quality).map_err(|error| Failed(format!("{error:?}")))?;
    match profile {
        Some(profile) => webp_file::with_profile(&made, profile).map_err(|broken| failed(broken.0)),
        None => Ok(made.to_vec()),
    }
}

fn jpeg(pixels: &DynamicImage, quality: u8, profile: &Option<Vec<u8>>) -> Result<Vec<u8>, Failed> {
    let mut made = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut made, quality);
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile.clone()).map_err(failed)?;
    }
    encoder
        .encode(pixels.to_rgb8().as_raw(), pixels.width(), pixels.height(), ExtendedColorType::Rgb8)
        .map_err(failed)?;
    Ok(made)
}

fn png(pixels: &DynamicImage, profile: &Option<Vec<u8>>) -> Result<Vec<u8>, Failed> {
    let mut made = Vec::new();
    let mut encoder = PngEncoder::new_with_quality(&mut made, CompressionType::Default, PngFilter::Adaptive);
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile.clone()).map_err(failed)?;
    }
    let colours = if pixels.color().has_alpha() { ExtendedColorType::Rgba8 } else { ExtendedColorType::Rgb8 };
    encoder.write_image(pixels.as_bytes(), pixels.width(), pixels.height(), colours).map_err(failed)?;
    Ok(made)
}

impl Failed {
    /// Something else than the picture is to blame.
    pub(super) fn because(reason: impl std::fmt::Display) -> Self {
        failed(reason)
    }
}
