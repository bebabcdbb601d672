//! Turning planes by quarter turns, as phones ask for.

use crate::frame::Size;

/// Side of the square tiles in which a quarter turn is copied, so that both sides stay in the cache.
const TILE: usize = 32;

/// The size of a picture after the rotation.
pub(super) fn size(size: Size, degrees: u32) -> Size {
    match degrees {
        90 | 270 => Size::new(size.height_px, size.width_px),
        _ => size,
    }
}

/// Copies the tight plane `from` of `size` into `into`, turned clockwise. Both hold exactly `size.area()` samples of
/// `sample_bytes`: 1, 2 for interleaved chroma, or 3 for interleaved RGB.
pub(super) fn copy(from: &[u8], size: Size, sample_bytes: usize, degrees: u32, into: &mut [u8]) {
    match sample_bytes {
        3 => copy_whole::<3>(from, size, degrees, into),
        2 => copy_whole::<2>(from, size, degrees, into),
        _ => copy_samples(from, size, degrees, into),
    }
}

fn copy_whole<const N: usize>(from: &[u8], size: Size, degrees: u32, into: &mut [u8]) {
    copy_samples(
        from.as_chunks::<N>().0,
        size,
        degrees,
        into.as_chunks_mut::<N>().0,
    );
}

fn copy_samples<T: Copy>(from: &[T], size: Size, degrees: u32, into: &mut [T]) {
    let (width, height) = (size.width(), size.height());
    match degrees {
        180 => {
            for (target, source) in into.iter_mut().zip(from.iter().rev()) {
                *target = *source;
            }
        }
        90 | 270 => {
            for top in (0..height).step_by(TILE) {
                for left in (0..width).step_by(TILE) {
                    for x in left..width.min(left + TILE) {
                        for y in top..height.min(top + TILE) {
                            let target = if degrees == 90 {
                                x * height + (height - 1 - y)
                            } else {
                                (width - 1 - x) * height + y
                            };
                            into[target] = from[y * width + x];
                        }
                    }
                }
            }
        }
        _ => into.copy_from_slice(from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_plane_is_turned_clockwise() {
        let plane = [1, 2, 3, 4, 5, 6];
        for (degrees, expected) in [
            (0, [1, 2, 3, 4, 5, 6]),
            (90, [4, 1, 5, 2, 6, 3]),
            (180, [6, 5, 4, 3, 2, 1]),
            (270, [3, 6, 2, 5, 1, 4]),
        ] {
            let mut turned = [0; 6];
            copy(&plane, Size::new(3, 2), 1, degrees, &mut turned);
            assert_eq!(turned, expected, "{degrees} degrees");
            let rgb = plane.map(|value| [value, value + 10, value + 20]);
            let mut turned = [0; 18];
            copy(rgb.as_flattened(), Size::new(3, 2), 3, degrees, &mut turned);
            let expected = expected.map(|value| [value, value + 10, value + 20]);
            assert_eq!(turned, expected.as_flattened(), "{degrees} degrees of RGB");
        }
    }
}
