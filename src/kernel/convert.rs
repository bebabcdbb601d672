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

use yuv::{YuvGrayImage, YuvPlanarImage, YuvRange, YuvStandardMatrix};

use crate::frame::{ColorMatrix, ColorRange, ColorSpec, Frame, PixelFormat};

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
    let size = frame.info().size;
    assert_eq!(rgb.len(), 3 * size.area(), "RGB buffer for {size}");
    let stride = 3 * size.width_px;
    let range = match color.range {
        ColorRange::Limited => YuvRange::Limited,
        ColorRange::Full => YuvRange::Full,
    };
    let matrix = match color.matrix {
        ColorMatrix::Bt601 => YuvStandardMatrix::Bt601,
        ColorMatrix::Bt709 => YuvStandardMatrix::Bt709,
    };
    let converted = match frame.info().format {
        PixelFormat::I420 => yuv::yuv420_to_rgb(&planar(frame), rgb, stride, range, matrix),
        PixelFormat::I422 => yuv::yuv422_to_rgb(&planar(frame), rgb, stride, range, matrix),
        PixelFormat::I444 => yuv::yuv444_to_rgb(&planar(frame), rgb, stride, range, matrix),
        PixelFormat::Gray8 => yuv::yuv400_to_rgb(&gray(frame), rgb, stride, range, matrix),
        PixelFormat::Rgb8 => {
            rgb.copy_from_slice(frame.data());
            Ok(())
        }
    };
    if let Err(error) = converted {
        unreachable!("the planes of a frame have the sizes of its layout: {error}");
    }
}

fn planar(frame: &Frame) -> YuvPlanarImage<'_, u8> {
    let [y, u, v] = [0, 1, 2].map(|index| frame.plane(index));
    YuvPlanarImage {
        y_plane: y.data,
        y_stride: y.stride_bytes as u32,
        u_plane: u.data,
        u_stride: u.stride_bytes as u32,
        v_plane: v.data,
        v_stride: v.stride_bytes as u32,
        width: y.size.width_px,
        height: y.size.height_px,
    }
}

fn gray(frame: &Frame) -> YuvGrayImage<'_, u8> {
    let y = frame.plane(0);
    YuvGrayImage {
        y_plane: y.data,
        y_stride: y.stride_bytes as u32,
        width: y.size.width_px,
        height: y.size.height_px,
    }
}
