//! A small copy of a picture, in the layout of the large one: for thumbnails, made where there is little time.
//!
//! Every sample is the average of up to nine samples of the square that it stands for, plane by plane, so that nothing
//! is converted and nothing is allocated. *Cost.* That of the small picture, however large the other is.

use super::{Frame, FrameInfo, Size};

/// Samples of a square that are looked at along one axis at most.
const TAPS: usize = 3;

/// The layout of a copy whose longer side has at most `long_side_px` pixels: the sides divided by one whole number.
///
/// A picture that is small enough keeps its size.
#[must_use]
pub fn shrunk_info(info: FrameInfo, long_side_px: u32) -> FrameInfo {
    let long = info.size.width_px.max(info.size.height_px);
    let factor = long.div_ceil(long_side_px.max(1)).max(1);
    FrameInfo {
        size: Size::new(
            (info.size.width_px / factor).max(1),
            (info.size.height_px / factor).max(1),
        ),
        ..info
    }
}

/// Fills `small`, made with [`shrunk_info`], with `large`; number and time are taken over.
///
/// A small frame of another pixel format is left as it is.
pub fn shrink(large: &Frame, small: &mut Frame) {
    let (from, to) = (large.info(), small.info());
    if from.format != to.format || to.size.area() == 0 {
        return;
    }
    // The sides were rounded down: the factor is that of the side that lost least.
    let factor = (from.size.width() / to.size.width())
        .min(from.size.height() / to.size.height())
        .max(1);
    for index in 0..from.format.plane_count() {
        let plane = large.plane(index);
        let bytes = from.format.bytes_per_sample(index);
        let size = to.format.plane_size(to.size, index);
        average(
            (plane.data, plane.size),
            (small.plane_mut(index), size),
            bytes,
            factor,
        );
    }
    small.index = large.index;
    small.timestamp_nanos = large.timestamp_nanos;
}

/// One plane of `bytes` interleaved components.
fn average(
    (from, from_size): (&[u8], Size),
    (into, into_size): (&mut [u8], Size),
    bytes: usize,
    factor: usize,
) {
    let stride = from_size.width() * bytes;
    for y in 0..into_size.height() {
        let rows = square(y, factor, from_size.height());
        for x in 0..into_size.width() {
            let columns = square(x, factor, from_size.width());
            let (down, right) = (rows.len().div_ceil(TAPS), columns.len().div_ceil(TAPS));
            let count = (rows.len().div_ceil(down) * columns.len().div_ceil(right)) as u32;
            for byte in 0..bytes {
                let mut sum = count / 2;
                for row in rows.clone().step_by(down) {
                    let line = &from[row * stride..(row + 1) * stride];
                    for column in columns.clone().step_by(right) {
                        sum += u32::from(line[column * bytes + byte]);
                    }
                }
                into[(y * into_size.width() + x) * bytes + byte] = (sum / count) as u8;
            }
        }
    }
}

/// The samples along one axis that sample `at` stands for: at least one.
fn square(at: usize, factor: usize, length: usize) -> std::ops::Range<usize> {
    let start = (at * factor).min(length - 1);
    start..((at + 1) * factor).clamp(start + 1, length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{ColorSpec, PixelFormat};

    fn frame(format: PixelFormat, size: Size) -> Frame {
        Frame::new(FrameInfo {
            size,
            format,
            color: ColorSpec::assumed_for_height(size.height_px),
        })
    }

    #[test]
    fn the_longer_side_is_bounded_and_small_pictures_stay() {
        let info = |size| frame(PixelFormat::I420, size).info();
        for (size, bound, expected) in [
            (Size::new(1280, 720), 192, Size::new(182, 102)),
            (Size::new(720, 1280), 192, Size::new(102, 182)),
            (Size::new(160, 96), 192, Size::new(160, 96)),
            (Size::new(9000, 2), 100, Size::new(100, 1)),
        ] {
            assert_eq!(shrunk_info(info(size), bound).size, expected, "{size}");
        }
    }

    #[test]
    fn every_sample_is_an_average_of_its_square_in_every_layout() {
        for format in [
            PixelFormat::I420,
            PixelFormat::Nv12,
            PixelFormat::I422,
            PixelFormat::I444,
            PixelFormat::Gray8,
            PixelFormat::Rgb8,
        ] {
            let mut large = frame(format, Size::new(37, 23));
            large.index = 7;
            for (at, byte) in large.data_mut().iter_mut().enumerate() {
                *byte = if at % 2 == 0 { 100 } else { 104 };
            }
            let mut small = Frame::new(shrunk_info(large.info(), 10));
            shrink(&large, &mut small);
            assert_eq!(small.info().size, Size::new(9, 5));
            assert_eq!(small.index, 7);
            assert!(
                small.data().iter().all(|byte| (100..=104).contains(byte)),
                "{format:?}: {:?}",
                small.data()
            );
        }
        let mut large = frame(PixelFormat::Gray8, Size::new(4, 4));
        large
            .data_mut()
            .copy_from_slice(&[0, 2, 9, 9, 4, 6, 9, 9, 1, 1, 8, 8, 1, 1, 8, 9]);
        let mut small = Frame::new(shrunk_info(large.info(), 2));
        shrink(&large, &mut small);
        assert_eq!(small.data(), [3, 9, 1, 8]);
    }
}
