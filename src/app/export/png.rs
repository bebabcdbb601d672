//! Pictures as PNG files.

use std::io::Write;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::Pixels;
use crate::app::RgbPicture;

/// Writes pixels of the screen.
pub(super) fn write_pixels(pixels: &Pixels, out: &mut dyn Write) -> std::io::Result<()> {
    encode(
        &pixels.rgba,
        [pixels.width, pixels.height],
        ExtendedColorType::Rgba8,
        out,
    )
}

/// Writes a picture of the view model.
pub(super) fn write_rgb(picture: &RgbPicture, out: &mut dyn Write) -> std::io::Result<()> {
    let size = picture
        .size
        .ok_or_else(|| std::io::Error::other("there is no picture yet"))?;
    encode(
        &picture.rgb,
        [size.width(), size.height()],
        ExtendedColorType::Rgb8,
        out,
    )
}

fn encode(
    bytes: &[u8],
    [width, height]: [usize; 2],
    color: ExtendedColorType,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    PngEncoder::new_with_quality(out, CompressionType::Fast, FilterType::Adaptive)
        .write_image(bytes, width as u32, height as u32, color)
        .map_err(std::io::Error::other)
}
