//! Stills: one picture, shown again and again.
//!
//! PNG, JPEG, BMP, GIF and WebP by the `image` crate. The orientation that a camera noted is applied; transparent
//! pixels are laid over black; more than 8 bits a sample are reduced to 8.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageReader};

use super::limits::{self, STILL_BYTES};
use super::{FrameSource, Next, SourceError, SourceInfo, check_layout, timestamp_nanos};
use crate::frame::{
    ColorMatrix, ColorRange, ColorSpec, Frame, FrameInfo, FrameRate, PixelFormat, Size,
};

/// A picture, decoded and turned.
pub(super) struct Picture {
    pub(super) frame: Frame,
    pub(super) codec: String,
    /// Samples as they are stored, in FFmpeg's words, and their bits.
    pub(super) stored: (&'static str, u32),
    /// Size before it was turned, and by how much.
    pub(super) coded_size: Size,
    pub(super) rotation_degrees: u32,
}

impl Picture {
    /// Reads the picture at `path`. The error is a reason, without a full stop.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let broken =
            |error: &dyn std::fmt::Display| format!("the picture could not be decoded: {error}");
        let file = File::open(path).map_err(|error| broken(&error))?;
        let mut reader = ImageReader::new(BufReader::new(file))
            .with_guessed_format()
            .map_err(|error| broken(&error))?;
        let codec = reader
            .format()
            .map_or("image".into(), |format| match format {
                image::ImageFormat::WebP => "WebP".into(),
                format => format!("{format:?}").to_uppercase(),
            });
        reader.limits(decoder_limits());
        let mut decoder = reader.into_decoder().map_err(|error| broken(&error))?;
        let (width_px, height_px) = decoder.dimensions();
        let coded_size = Size::new(width_px, height_px);
        check_size(coded_size, decoder.total_bytes())?;
        let orientation = decoder.orientation().map_err(|error| broken(&error))?;
        let stored = stored_format(decoder.original_color_type());
        let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| broken(&error))?;
        picture.apply_orientation(orientation);
        Ok(Self {
            frame: frame_from_picture(&picture),
            codec,
            stored,
            coded_size,
            rotation_degrees: rotation_degrees(orientation),
        })
    }
}

/// The decoder's own fence. Sizes are checked by ourselves before it, with a message of our own.
pub(super) fn decoder_limits() -> image::Limits {
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(STILL_BYTES.get());
    limits
}

struct StillSource {
    info: SourceInfo,
    picture: Frame,
    next_index: u64,
}

/// Opens and decodes a still.
pub(super) fn open(path: &Path, name: &str) -> Result<Box<dyn FrameSource>, SourceError> {
    let picture = Picture::read(path)
        .map_err(|reason| SourceError::new(name, reason, "Save it again with another program"))?;
    let info = SourceInfo {
        name: name.to_owned(),
        container: "image".into(),
        codec: picture.codec,
        profile: None,
        decoder: "image crate (built-in)".into(),
        frame: picture.frame.info(),
        stored_format: picture.stored.0.into(),
        bit_depth: picture.stored.1,
        is_range_stated: true,
        coded_size: picture.coded_size,
        rotation_degrees: picture.rotation_degrees,
        rate: FrameRate::DEFAULT,
        is_variable_rate: false,
        frame_count: Some(1),
        duration_nanos: None,
        is_endless: true,
        is_seekable: true,
    };
    Ok(Box::new(StillSource {
        info,
        picture: picture.frame,
        next_index: 0,
    }))
}

impl FrameSource for StillSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        check_layout(&self.info, frame)?;
        frame.data_mut().copy_from_slice(self.picture.data());
        frame.index = self.next_index;
        frame.timestamp_nanos = timestamp_nanos(self.info.rate, self.next_index);
        self.next_index += 1;
        Ok(Next::Frame)
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.next_index = 0;
        Ok(())
    }

    fn seek(&mut self, index: u64) -> Result<(), SourceError> {
        self.next_index = index;
        Ok(())
    }
}

/// Refuses a picture of `size` whose decoder needs `bytes`, if it is beyond the limits.
pub(super) fn check_size(size: Size, bytes: u64) -> Result<(), String> {
    limits::check_size(size)?;
    if bytes <= STILL_BYTES.get() {
        return Ok(());
    }
    let limit = STILL_BYTES.reason();
    Err(format!(
        "the decoder of a picture of {size} needs {bytes} bytes, more than {limit}"
    ))
}

/// The layout of a picture of `size`. RGB has no matrix and uses all codes; the two are set so that nothing is left
/// undefined.
pub(super) const fn rgb_info(size: Size) -> FrameInfo {
    FrameInfo {
        size,
        format: PixelFormat::Rgb8,
        color: ColorSpec {
            matrix: ColorMatrix::Bt709,
            range: ColorRange::Full,
            stated: true,
        },
    }
}

/// Samples as they are stored, in FFmpeg's words, and their bits.
const fn stored_format(color: ExtendedColorType) -> (&'static str, u32) {
    match color {
        ExtendedColorType::L1 => ("gray", 1),
        ExtendedColorType::L2 => ("gray", 2),
        ExtendedColorType::L4 => ("gray", 4),
        ExtendedColorType::L8 => ("gray", 8),
        ExtendedColorType::La8 => ("ya8", 8),
        ExtendedColorType::L16 => ("gray16", 16),
        ExtendedColorType::La16 => ("ya16", 16),
        ExtendedColorType::Rgba8 => ("rgba", 8),
        ExtendedColorType::Rgb16 => ("rgb48", 16),
        ExtendedColorType::Rgba16 => ("rgba64", 16),
        _ => ("rgb24", 8),
    }
}

const fn rotation_degrees(orientation: image::metadata::Orientation) -> u32 {
    use image::metadata::Orientation::{
        Rotate90, Rotate90FlipH, Rotate180, Rotate270, Rotate270FlipH,
    };
    match orientation {
        Rotate90 | Rotate90FlipH => 90,
        Rotate180 => 180,
        Rotate270 | Rotate270FlipH => 270,
        _ => 0,
    }
}

/// Any picture as a frame of 8-bit RGB.
pub(super) fn frame_from_picture(picture: &DynamicImage) -> Frame {
    let mut frame = Frame::new(rgb_info(Size::new(picture.width(), picture.height())));
    if picture.color().has_alpha() {
        over_black(&picture.to_rgba8(), frame.data_mut());
    } else {
        frame
            .data_mut()
            .copy_from_slice(&picture.to_rgb8().into_raw());
    }
    frame
}

/// Lays RGBA over black: `round(value · alpha / 255)` for each colour.
pub(super) fn over_black(rgba: &[u8], rgb: &mut [u8]) {
    let (from, _) = rgba.as_chunks::<4>();
    let (into, _) = rgb.as_chunks_mut::<3>();
    for (rgb, rgba) in into.iter_mut().zip(from) {
        let alpha = u32::from(rgba[3]);
        *rgb =
            std::array::from_fn(|channel| ((u32::from(rgba[channel]) * alpha + 127) / 255) as u8);
    }
}
