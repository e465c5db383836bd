//! Resizes a picture: it is decoded once, and each size is made from the next larger one. Sizes for phones come first.

use fast_image_resize::{
    FilterType, MulDiv, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::{
    DynamicImage, ImageEncoder, RgbImage, RgbaImage,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType as PngFilter, PngEncoder},
    },
    metadata::Orientation,
};

use super::{
    decoding::{Failed, decode, jpeg_size},
    head::Head,
    webp as webp_file,
};
use crate::domain::{
    limits::{PHONE_BYTES, PHONE_WIDTH, RESIZING_MEMORY},
    picture::{Format, Picture, Variant},
};

/// Qualities in the order in which they are tried. The first is slightly above the lowest that looks like the original
/// on a sharp screen.
const WEBP_QUALITIES: [f32; 7] = [76.0, 66.0, 56.0, 46.0, 36.0, 24.0, 12.0];
const JPEG_QUALITIES: [u8; 7] = [80, 70, 60, 50, 40, 28, 16];
/// Quality of a whole picture that is encoded again: there is no better version to get.
const WHOLE_QUALITY: f32 = 92.0;
/// Most pixels of a version that is encoded without loss, which takes libwebp up to 56 bytes a pixel (its own pixels,
/// hash chains, and four lists of references); with loss it takes 8.
const MOST_LOSSLESS: u64 = 6_000_000;
const LOSSLESS_BYTES: u64 = 56;
const LOSSY_BYTES: u64 = 8;

/// Stores each version as it is finished; an error stops the work.
type Keep<'a> = dyn FnMut(Variant, &[u8]) -> Result<(), Failed> + 'a;

/// Versions to make, and their source.
pub(in crate::content) struct Task<'a> {
    pub format: Format,
    /// The file without its metadata.
    pub cleaned: &'a [u8],
    pub head: Head,
    pub picture: &'a Picture,
    pub wanted: &'a [Variant],
}

impl Task<'_> {
    /// Widths of the wanted versions, smallest first.
    fn widths(&self) -> Vec<u32> {
        let mut widths: Vec<u32> = self.wanted.iter().map(|variant| variant.width).collect();
        widths.sort_unstable();
        widths.dedup();
        widths
    }

    /// Size of a version before it is turned.
    fn stored_size(&self, width: u32) -> Result<(u32, u32), Failed> {
        let size = self.picture.size_at(width).ok_or_else(|| Failed::because("it has no size"))?;
        Ok(self.head.turned(size))
    }

    /// Most bytes of memory that the task takes, with all copies: while the picture is decoded, resized and encoded.
    fn memory(&self) -> Result<u64, Failed> {
        let pixels = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
        let sizes = self.widths().into_iter().map(|width| self.stored_size(width)).collect::<Result<Vec<_>, _>>()?;
        let Head { width, height, channels, decoding, .. } = self.head;
        let widest = *sizes.last().ok_or_else(|| Failed::because("nothing is wanted"))?;
        let (whole, decoded) = match self.format {
            Format::Jpeg => {
                (jpeg_size(&self.head, widest), decoding + pixels(jpeg_size(&self.head, widest)) * channels)
            }
            _ => ((width, height), decoding),
        };
        let all = sizes.into_iter().map(pixels).sum::<u64>() * channels;
        // Resizing reduces the width first, then the height.
        let narrower = if whole == widest { 0 } else { u64::from(widest.0) * u64::from(whole.1) * channels };
        let smaller = pixels(whole) * channels + narrower + all;
        let is_lossless = self.picture.format == Some(Format::Png) && pixels(widest) <= MOST_LOSSLESS;
        let encoding = if is_lossless { LOSSLESS_BYTES } else { LOSSY_BYTES };
        let encoded = all + pixels(widest) * (channels + encoding);
        Ok(u64::try_from(self.cleaned.len()).map_err(Failed::because)? + decoded.max(smaller).max(encoded))
    }
}

/// Makes the wanted versions and passes each to `keep` as it is finished.
///
/// # Errors
/// The picture takes too much memory, cannot be decoded, or `keep` fails.
pub(in crate::content) fn make(task: &Task<'_>, keep: &mut Keep<'_>) -> Result<(), Failed> {
    let memory = task.memory()?;
    if memory > RESIZING_MEMORY {
        let (memory, most) = (memory.div_ceil(1_000_000), RESIZING_MEMORY / 1_000_000);
        return Err(Failed::because(format!("resizing takes {memory} MB of memory; at most {most} are allowed")));
    }
    let widths = task.widths();
    let widest = task.stored_size(widths.last().copied().unwrap_or_default())?;
    let (pixels, profile) = decode(task.format, task.cleaned, &task.head, widest)?;
    let orientation = Orientation::from_exif(task.head.orientation).unwrap_or(Orientation::NoTransforms);
    let mut sizes = all_sizes(pixels, &widths, task)?;
    // Versions for phones first: the smallest was made last.
    while let Some((width, mut pixels)) = sizes.pop() {
        pixels.apply_orientation(orientation);
        for variant in task.wanted.iter().filter(|variant| variant.width == width) {
            keep(*variant, &encode(&pixels, &profile, *variant, task)?)?;
        }
    }
    Ok(())
}

/// The picture in all widths, each made from the next wider one, not turned yet. The decoded picture is freed early.
fn all_sizes(pixels: DynamicImage, widths: &[u32], task: &Task<'_>) -> Result<Vec<(u32, DynamicImage)>, Failed> {
    let mut sizes: Vec<(u32, DynamicImage)> = Vec::new();
    let mut whole = Some(pixels);
    for width in widths.iter().rev() {
        let size = task.stored_size(*width)?;
        let made = match (whole.take(), sizes.last()) {
            (Some(whole), _) if (whole.width(), whole.height()) == size => whole,
            (Some(whole), _) => smaller_of_whole(whole, size)?,
            (None, Some((_, wider))) => smaller(wider, size, true)?,
            (None, None) => return Err(Failed::because("there is nothing to make it of")),
        };
        sizes.push((*width, made));
    }
    Ok(sizes)
}

/// Works like [`smaller`], without the copy for transparency.
fn smaller_of_whole(mut whole: DynamicImage, size: (u32, u32)) -> Result<DynamicImage, Failed> {
    let (width, height) = (whole.width(), whole.height());
    let DynamicImage::ImageRgba8(rgba) = &mut whole else { return smaller(&whole, size, true) };
    let mut pixels = Image::from_slice_u8(width, height, rgba, PixelType::U8x4).map_err(Failed::because)?;
    MulDiv::new().multiply_alpha_inplace(&mut pixels).map_err(Failed::because)?;
    let mut made = smaller(&whole, size, false)?;
    if let DynamicImage::ImageRgba8(rgba) = &mut made {
        let mut pixels = Image::from_slice_u8(size.0, size.1, rgba, PixelType::U8x4).map_err(Failed::because)?;
        MulDiv::new().divide_alpha_inplace(&mut pixels).map_err(Failed::because)?;
    }
    Ok(made)
}

/// Resizes pixels. `mind_alpha`: weighs colours by their opacity, which takes a copy.
fn smaller(pixels: &DynamicImage, (width, height): (u32, u32), mind_alpha: bool) -> Result<DynamicImage, Failed> {
    let kind = if pixels.color().has_alpha() { PixelType::U8x4 } else { PixelType::U8x3 };
    let from = ImageRef::new(pixels.width(), pixels.height(), pixels.as_bytes(), kind).map_err(Failed::because)?;
    let mut to = Image::new(width, height, kind);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).use_alpha(mind_alpha);
    Resizer::new().resize(&from, &mut to, &options).map_err(Failed::because)?;
    let bytes = to.into_vec();
    let made = match kind {
        PixelType::U8x4 => RgbaImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgba8),
        _ => RgbImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8),
    };
    made.ok_or_else(|| Failed::because("its pixels do not fill it"))
}

/// Encodes at the best quality that fits the size limit, or else at the lowest.
fn encode(
    pixels: &DynamicImage,
    profile: &Option<Vec<u8>>,
    variant: Variant,
    task: &Task<'_>,
) -> Result<Vec<u8>, Failed> {
    let Task { picture, cleaned, .. } = task;
    let most = if variant.width <= PHONE_WIDTH { PHONE_BYTES.min(cleaned.len()) } else { cleaned.len() };
    match variant.format {
        Format::WebP if picture.is_whole(variant) => webp(pixels, WHOLE_QUALITY, false, profile),
        Format::WebP => {
            let lossy = first_that_fits(&WEBP_QUALITIES, most, |quality| webp(pixels, *quality, false, profile))?;
            // Screenshots and drawings are smaller, and sharp, without loss.
            let is_small = u64::from(pixels.width()) * u64::from(pixels.height()) <= MOST_LOSSLESS;
            let is_drawn = picture.format == Some(Format::Png) && is_small;
            let lossless = if is_drawn { Some(webp(pixels, 75.0, true, profile)?) } else { None };
            Ok(lossless.filter(|lossless| lossless.len() < lossy.len()).unwrap_or(lossy))
        }
        Format::Jpeg => first_that_fits(&JPEG_QUALITIES, most, |quality| {
            let mut made = Vec::new();
            write(JpegEncoder::new_with_quality(&mut made, *quality), pixels, profile)?;
            Ok(made)
        }),
        Format::Gif => Err(Failed::because("a GIF has no smaller versions")),
        Format::Png => {
            let mut made = Vec::new();
            let encoder = PngEncoder::new_with_quality(&mut made, CompressionType::Default, PngFilter::Adaptive);
            write(encoder, pixels, profile)?;
            // A picture of few colours grows if its edges are blended.
            let is_larger =
                picture.size.is_none_or(|(width, _)| width != pixels.width()) && made.len() >= cleaned.len();
            Ok(if is_larger { cleaned.to_vec() } else { made })
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
    let made = encoder.encode_simple(lossless, quality).map_err(|error| Failed::because(format!("{error:?}")))?;
    match profile {
        Some(profile) => webp_file::with_profile(&made, profile).map_err(Failed::because),
        None => Ok(made.to_vec()),
    }
}

fn write(mut encoder: impl ImageEncoder, pixels: &DynamicImage, profile: &Option<Vec<u8>>) -> Result<(), Failed> {
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile.clone()).map_err(Failed::because)?;
    }
    let (width, height, colours) = (pixels.width(), pixels.height(), pixels.color().into());
    encoder.write_image(pixels.as_bytes(), width, height, colours).map_err(Failed::because)
}
