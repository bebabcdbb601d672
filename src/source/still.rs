//! Stills: one picture, shown again and again.
//!
//! PNG, JPEG, BMP and WebP by the `image` crate. The orientation that a camera noted is applied; transparent pixels
//! are laid over black; more than 8 bits a sample are reduced to 8.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageReader};

use super::limits::{MAX_AREA_PX, MAX_SIDE_PX, MAX_STILL_BYTES};
use super::{FrameSource, Next, SourceError, SourceInfo, check_layout, timestamp_nanos};
use crate::frame::{
    ColorMatrix, ColorRange, ColorSpec, Frame, FrameInfo, FrameRate, PixelFormat, Size,
};

struct StillSource {
    info: SourceInfo,
    picture: Frame,
    next_index: u64,
}

/// Opens and decodes a still.
pub(super) fn open(path: &Path, name: &str) -> Result<Box<dyn FrameSource>, SourceError> {
    let broken = |error: &dyn std::fmt::Display| {
        SourceError::new(
            name,
            format!("the picture could not be decoded: {error}"),
            "Save it again with another program",
        )
    };
    let file = File::open(path).map_err(|error| broken(&error))?;
    let mut reader = ImageReader::new(BufReader::new(file))
        .with_guessed_format()
        .map_err(|error| broken(&error))?;
    let codec = reader.format().map_or("image".into(), |format| {
        format!("{format:?}").to_uppercase()
    });
    // Sizes are checked by ourselves, with a message of our own; the decoder's limit is a second fence.
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MAX_STILL_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| broken(&error))?;
    let (width_px, height_px) = decoder.dimensions();
    check_size(name, Size::new(width_px, height_px), decoder.total_bytes())?;
    let orientation = decoder.orientation().map_err(|error| broken(&error))?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| broken(&error))?;
    picture.apply_orientation(orientation);
    let size = Size::new(picture.width(), picture.height());
    let frame = FrameInfo {
        size,
        format: PixelFormat::Rgb8,
        color: rgb_color(),
    };
    let info = SourceInfo {
        name: name.to_owned(),
        container: "image".into(),
        codec,
        decoder: "image crate (built-in)".into(),
        frame,
        coded_size: Size::new(width_px, height_px),
        rotation_degrees: rotation_degrees(orientation),
        rate: FrameRate::DEFAULT,
        is_variable_rate: false,
        frame_count: Some(1),
        duration_nanos: None,
        is_endless: true,
    };
    let picture = frame_from_picture(frame, &picture);
    Ok(Box::new(StillSource {
        info,
        picture,
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
}

fn check_size(name: &str, size: Size, bytes: u64) -> Result<(), SourceError> {
    if size.is_supported() && size.area() as u64 <= MAX_AREA_PX && bytes <= MAX_STILL_BYTES {
        return Ok(());
    }
    Err(SourceError::new(
        name,
        format!(
            "a picture of {size} is too large: at most {MAX_SIDE_PX} pixels a side and {MAX_AREA_PX} in all"
        ),
        "Scale it down first",
    ))
}

/// RGB has no matrix and uses all codes; the two are set so that nothing is left undefined.
const fn rgb_color() -> ColorSpec {
    ColorSpec {
        matrix: ColorMatrix::Bt709,
        range: ColorRange::Full,
        stated: true,
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

fn frame_from_picture(info: FrameInfo, picture: &DynamicImage) -> Frame {
    let mut frame = Frame::new(info);
    if picture.color().has_alpha() {
        let rgba = picture.to_rgba8();
        for (rgb, rgba) in frame
            .data_mut()
            .chunks_exact_mut(3)
            .zip(rgba.chunks_exact(4))
        {
            rgb.copy_from_slice(&over_black(rgba));
        }
    } else {
        frame
            .data_mut()
            .copy_from_slice(&picture.to_rgb8().into_raw());
    }
    frame
}

/// `round(value · alpha / 255)` for each colour.
fn over_black(rgba: &[u8]) -> [u8; 3] {
    let alpha = u32::from(rgba[3]);
    std::array::from_fn(|channel| ((u32::from(rgba[channel]) * alpha + 127) / 255) as u8)
}
