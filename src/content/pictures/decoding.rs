//! Decodes a picture to 8-bit RGB, with or without transparency, and computes how much memory that takes.

use std::{cell::Cell, ffi::c_int, fmt::Display, io::Cursor, panic::resume_unwind};

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};
use mozjpeg::Decompress;
use mozjpeg_sys::{jpeg_common_struct, jpeg_error_mgr, msg_parm_union};

use super::{
    colour::{self, Meaning},
    head::Head,
    jpeg, png,
};
use crate::domain::picture::Format;

/// Pixels and their colour profile.
pub(super) type Pixels = (DynamicImage, Option<Vec<u8>>);

/// Denominator of the scale at which a JPEG is decoded: eighths of its size.
const EIGHTHS: u8 = 8;

/// Reason why a picture could not be resized.
#[derive(Debug, thiserror::Error)]
pub(in crate::content) enum Failed {
    /// Words of the decoder or encoder.
    #[error("{0}")]
    Picture(String),
    /// Error of the disk, which the picture did not cause.
    #[error(transparent)]
    Disk(#[from] std::io::Error),
}

impl Failed {
    pub fn because(reason: impl Display) -> Self {
        Self::Picture(reason.to_string())
    }
}

/// Decodes a cleaned picture. A JPEG may be scaled down, but not below `size`, in pixels before it is turned.
///
/// # Errors
/// The picture is damaged, or its colours cannot be converted.
pub(super) fn decode(format: Format, cleaned: &[u8], head: &Head, size: (u32, u32)) -> Result<Pixels, Failed> {
    let (mut pixels, meaning) = match format {
        Format::Jpeg => {
            let (pixels, is_grey) = of_jpeg(cleaned, eighths(head, size))?;
            (pixels, colour::meaning(jpeg::profile(cleaned), is_grey))
        }
        Format::Png | Format::WebP | Format::Gif => of_others(format, cleaned, head)?,
    };
    let profile = match meaning {
        Meaning::Plain => None,
        Meaning::Kept(profile) => Some(profile),
        Meaning::From(profile) => {
            pixels =
                match (pixels.color().has_alpha(), pixels.color().bytes_per_pixel() / pixels.color().channel_count()) {
                    (true, 1) => DynamicImage::ImageRgba8(pixels.into_rgba8()),
                    (false, 1) => DynamicImage::ImageRgb8(pixels.into_rgb8()),
                    (true, _) => DynamicImage::ImageRgba16(pixels.into_rgba16()),
                    (false, _) => DynamicImage::ImageRgb16(pixels.into_rgb16()),
                };
            colour::to_srgb(&mut pixels, &profile).map_err(Failed::because)?;
            None
        }
    };
    let pixels = match pixels.color().has_alpha() {
        true => DynamicImage::ImageRgba8(pixels.into_rgba8()),
        false => DynamicImage::ImageRgb8(pixels.into_rgb8()),
    };
    Ok((pixels, profile))
}

fn of_others(format: Format, cleaned: &[u8], head: &Head) -> Result<(DynamicImage, Meaning), Failed> {
    let is_webp = format == Format::WebP;
    let coded = if is_webp { ImageFormat::WebP } else { ImageFormat::Png };
    let mut reader = ImageReader::with_format(Cursor::new(cleaned), coded);
    // Room for profiles and buffers, besides the pixels.
    let mut limits = Limits::default();
    limits.max_alloc = Some(head.decoding + (16 << 20));
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(Failed::because)?;
    let is_grey = !decoder.color_type().has_color();
    let meaning = match is_webp {
        true => colour::meaning(decoder.icc_profile().ok().flatten(), is_grey),
        false => png::meaning(cleaned, is_grey),
    };
    Ok((DynamicImage::from_decoder(decoder).map_err(Failed::because)?, meaning))
}

/// Size at which a JPEG is decoded if `size` is enough.
pub(super) fn jpeg_size(head: &Head, size: (u32, u32)) -> (u32, u32) {
    let eighths = u32::from(eighths(head, size));
    let smaller = |side: u32| (side * eighths).div_ceil(u32::from(EIGHTHS));
    (smaller(head.width), smaller(head.height))
}

fn eighths(head: &Head, (width, height): (u32, u32)) -> u8 {
    let is_enough = |n: &u8| {
        let is_enough = |side: u32, needed: u32| (side * u32::from(*n)).div_ceil(u32::from(EIGHTHS)) >= needed;
        is_enough(head.width, width) && is_enough(head.height, height)
    };
    (1..EIGHTHS).find(is_enough).unwrap_or(EIGHTHS)
}

thread_local! {
    /// True if libjpeg has warned about the file that is being decoded.
    static HAS_WARNED: Cell<bool> = const { Cell::new(false) };
}

extern "C-unwind" fn warned(_: &mut jpeg_common_struct, level: c_int) {
    HAS_WARNED.set(HAS_WARNED.get() || level < 0);
}

extern "C-unwind" fn gave_up(_: &mut jpeg_common_struct) {
    resume_unwind(Box::new("it is damaged".to_owned()));
}

extern "C-unwind" fn nothing(_: &mut jpeg_common_struct) {}

/// Decodes with libjpeg-turbo, as browsers do: RGB pixels, and true if they were grey. Where it warns, browsers show
/// only a part of the picture.
fn of_jpeg(cleaned: &[u8], eighths: u8) -> Result<(DynamicImage, bool), Failed> {
    HAS_WARNED.set(false);
    let errors = jpeg_error_mgr {
        error_exit: Some(gave_up),
        emit_message: Some(warned),
        output_message: Some(nothing),
        format_message: None,
        reset_error_mgr: Some(nothing),
        msg_code: 0,
        msg_parm: msg_parm_union::default(),
        trace_level: 0,
        num_warnings: 0,
        jpeg_message_table: std::ptr::null(),
        last_jpeg_message: 0,
        addon_message_table: std::ptr::null(),
        first_addon_message: 0,
        last_addon_message: 0,
    };
    let mut decoder = Decompress::with_err(errors).from_mem(cleaned).map_err(Failed::because)?;
    let is_grey = decoder.components().len() == 1;
    decoder.scale(eighths);
    let mut decoder = decoder.rgb().map_err(Failed::because)?;
    let (width, height) = (decoder.width(), decoder.height());
    let pixels = decoder.read_scanlines::<u8>().map_err(Failed::because)?;
    decoder.finish().map_err(Failed::because)?;
    if HAS_WARNED.get() {
        return Err(Failed::because("it is damaged: a part of it is missing or makes no sense"));
    }
    let side = |side: usize| u32::try_from(side).map_err(Failed::because);
    let pixels = RgbImage::from_raw(side(width)?, side(height)?, pixels);
    Ok((DynamicImage::ImageRgb8(pixels.ok_or_else(|| Failed::because("its pixels do not fill it"))?), is_grey))
}
