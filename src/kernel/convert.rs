//! From the planes that a decoder delivers to interleaved RGB.
//!
//! With codes scaled so that black is 0 and white is 1 (limited range: `y = (Y - 16) / 219`, `c = (C - 128) / 224`;
//! full range: `y = Y / 255`, `c = (C - 128) / 255`) and the luma weights `kr`, `kb` of the matrix (BT.601: 0.299 and
//! 0.114; BT.709: 0.2126 and 0.0722), ITU-R BT.601 section 2.5 and BT.709 section 3 give
//!
//! ```text
//! R = y + 2 (1 - kr) cr
//! B = y + 2 (1 - kb) cb
//! G = (y - kr R - kb B) / (1 - kr - kb)
//! ```
//!
//! The `yuv` crate computes this in 13-bit fixed point with the vector instructions of the machine; a test here holds
//! it within 2 levels of the formula. Subsampled chroma is repeated, not interpolated, as `OpenCV` and libyuv do, and
//! luma below the black of the limited range counts as black before chroma is added.
//!
//! *Cost.* One pass: 1.5 (4:2:0) to 3 bytes read and 3 written per pixel, no allocation.
//! *Not handled.* Interpolated chroma, BT.2020, more than 8 bits.

use yuv::{
    YuvBiPlanarImage, YuvConversionMode, YuvGrayImage, YuvPlanarImage, YuvRange, YuvStandardMatrix,
};

use super::team::{Band, Team};
use crate::frame::{ColorMatrix, ColorRange, ColorSpec, Frame, PixelFormat, Size};

/// Writes `frame` as interleaved RGB, reading its codes as `color` says; RGB is copied.
///
/// `color` is a parameter of its own because a recipe may overrule what the stream states.
///
/// ```
/// use framescope::frame::{ColorMatrix, ColorRange, ColorSpec, Frame, FrameInfo, PixelFormat, Size};
/// use framescope::kernel::rgb_from_frame;
///
/// let color = ColorSpec { matrix: ColorMatrix::Bt601, range: ColorRange::Limited, stated: true };
/// let info = FrameInfo { size: Size::new(2, 2), format: PixelFormat::I420, color };
/// let mut frame = Frame::new(info);
/// frame.plane_mut(0).copy_from_slice(&[16, 235, 126, 126]); // black, white, and middle grey twice
/// frame.plane_mut(1).fill(128);
/// frame.plane_mut(2).fill(128);
/// let mut rgb = [0; 12];
/// rgb_from_frame(&frame, color, &mut rgb);
/// assert_eq!(rgb, [0, 0, 0, 255, 255, 255, 128, 128, 128, 128, 128, 128]);
/// ```
///
/// # Panics
/// If `rgb` does not hold `3 · width · height` bytes.
pub fn rgb_from_frame(frame: &Frame, color: ColorSpec, rgb: &mut [u8]) {
    Converter::new(color, &Team::alone()).run(frame, rgb);
}

/// [`rgb_from_frame`] by the threads of a team.
#[derive(Clone, Debug)]
pub struct Converter {
    color: ColorSpec,
    team: Team,
    /// Nothing but the number of threads.
    hands: Vec<()>,
}

impl Converter {
    /// For codes that are read as `color` says.
    pub fn new(color: ColorSpec, team: &Team) -> Self {
        Self {
            color,
            team: team.clone(),
            hands: vec![(); team.threads()],
        }
    }

    /// Writes `frame` as interleaved RGB; RGB is copied.
    ///
    /// # Panics
    /// If `rgb` does not hold `3 · width · height` bytes.
    pub fn run(&mut self, frame: &Frame, rgb: &mut [u8]) {
        let size = frame.info().size;
        assert_eq!(rgb.len(), 3 * size.area(), "RGB buffer for {size}");
        let band = Band {
            first_row: 0,
            row_len: 3 * size.width(),
            // Rows that share chroma stay together.
            step: 2,
            outputs: [rgb],
            scratch: &mut self.hands,
        };
        let color = self.color;
        self.team.share_out(band, &|band| {
            let [rgb] = band.outputs;
            convert_rows(frame, color, band.first_row, rgb);
        });
    }
}

/// Converts rows from `first_row` (even) on, as many as `rgb` holds.
fn convert_rows(frame: &Frame, color: ColorSpec, first_row: usize, rgb: &mut [u8]) {
    let stride = 3 * frame.info().size.width_px;
    let height_px = (rgb.len() / stride as usize) as u32;
    let range = match color.range {
        ColorRange::Limited => YuvRange::Limited,
        ColorRange::Full => YuvRange::Full,
    };
    let matrix = match color.matrix {
        ColorMatrix::Bt601 => YuvStandardMatrix::Bt601,
        ColorMatrix::Bt709 => YuvStandardMatrix::Bt709,
    };
    let planes = Planes {
        frame,
        first_row,
        height_px,
    };
    let converted = match frame.info().format {
        _ if height_px == 0 => Ok(()),
        PixelFormat::I420 => yuv::yuv420_to_rgb(&planes.three(), rgb, stride, range, matrix),
        PixelFormat::I422 => yuv::yuv422_to_rgb(&planes.three(), rgb, stride, range, matrix),
        PixelFormat::I444 => yuv::yuv444_to_rgb(&planes.three(), rgb, stride, range, matrix),
        PixelFormat::Nv12 => {
            let mode = YuvConversionMode::Balanced;
            yuv::yuv_nv12_to_rgb(&planes.two(), rgb, stride, range, matrix, mode)
        }
        PixelFormat::Gray8 => yuv::yuv400_to_rgb(&planes.one(), rgb, stride, range, matrix),
        PixelFormat::Rgb8 => {
            let from = first_row * stride as usize;
            rgb.copy_from_slice(&frame.data()[from..][..rgb.len()]);
            Ok(())
        }
    };
    if let Err(error) = converted {
        unreachable!("the planes of a frame have the sizes of its layout: {error}");
    }
}

/// Some rows of a frame as the `yuv` crate takes them.
struct Planes<'a> {
    frame: &'a Frame,
    first_row: usize,
    height_px: u32,
}

impl<'a> Planes<'a> {
    /// The rows of plane `index`, and its stride.
    fn rows(&self, index: usize) -> (&'a [u8], u32) {
        let plane = self.frame.plane(index);
        let (size, format) = (self.frame.info().size, self.frame.info().format);
        let is_halved = format.plane_size(Size::new(2, 2), index).height_px == 1;
        let step = if is_halved { 2 } else { 1 };
        let (first, count) = (
            self.first_row / step,
            (self.height_px as usize).div_ceil(step),
        );
        debug_assert!(self.first_row + self.height_px as usize <= size.height());
        let rows = &plane.data[first * plane.stride_bytes..][..count * plane.stride_bytes];
        (rows, plane.stride_bytes as u32)
    }

    fn three(&self) -> YuvPlanarImage<'a, u8> {
        let [y, u, v] = [0, 1, 2].map(|index| self.rows(index));
        YuvPlanarImage {
            y_plane: y.0,
            y_stride: y.1,
            u_plane: u.0,
            u_stride: u.1,
            v_plane: v.0,
            v_stride: v.1,
            width: self.frame.info().size.width_px,
            height: self.height_px,
        }
    }

    fn two(&self) -> YuvBiPlanarImage<'a, u8> {
        let [y, uv] = [0, 1].map(|index| self.rows(index));
        YuvBiPlanarImage {
            y_plane: y.0,
            y_stride: y.1,
            uv_plane: uv.0,
            uv_stride: uv.1,
            width: self.frame.info().size.width_px,
            height: self.height_px,
        }
    }

    fn one(&self) -> YuvGrayImage<'a, u8> {
        let (y_plane, y_stride) = self.rows(0);
        YuvGrayImage {
            y_plane,
            y_stride,
            width: self.frame.info().size.width_px,
            height: self.height_px,
        }
    }
}
