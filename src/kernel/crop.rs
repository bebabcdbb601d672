//! Cutting a rectangle out of a picture.
//!
//! *Cost.* One pass over the rectangle, a copy per row; no allocation.

use serde::{Deserialize, Serialize};

use crate::frame::Size;

/// A rectangle of whole pixels; the origin is the top-left pixel of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rect {
    /// First column.
    pub x_px: u32,
    /// First row.
    pub y_px: u32,
    /// Columns.
    pub width_px: u32,
    /// Rows.
    pub height_px: u32,
}

impl Rect {
    /// The rectangle that covers a whole picture.
    pub const fn whole(size: Size) -> Self {
        Self {
            x_px: 0,
            y_px: 0,
            width_px: size.width_px,
            height_px: size.height_px,
        }
    }

    /// Width and height.
    pub const fn size(self) -> Size {
        Size::new(self.width_px, self.height_px)
    }

    /// Whether the rectangle has pixels and all of them lie inside a picture of `size`.
    pub const fn is_inside(self, size: Size) -> bool {
        self.width_px >= 1
            && self.height_px >= 1
            && self.x_px as u64 + self.width_px as u64 <= size.width_px as u64
            && self.y_px as u64 + self.height_px as u64 <= size.height_px as u64
    }
}

/// Copies the pixels of `rect` from interleaved RGB of `size` to `cropped`.
///
/// ```
/// use framescope::frame::Size;
/// use framescope::kernel::{Rect, crop_rgb};
///
/// // Two rows of two pixels; the right column is kept.
/// let rgb = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
/// let right = Rect { x_px: 1, y_px: 0, width_px: 1, height_px: 2 };
/// let mut cropped = [0; 6];
/// crop_rgb(&rgb, Size::new(2, 2), right, &mut cropped);
/// assert_eq!(cropped, [4, 5, 6, 10, 11, 12]);
/// ```
///
/// # Panics
/// If a buffer does not fit its size, or the rectangle leaves the picture.
pub fn crop_rgb(rgb: &[u8], size: Size, rect: Rect, cropped: &mut [u8]) {
    assert_eq!(rgb.len(), 3 * size.area(), "RGB buffer for {size}");
    assert_eq!(
        cropped.len(),
        3 * rect.size().area(),
        "RGB buffer for {rect:?}"
    );
    copy_rows(rgb, size, rect, 3, cropped);
}

/// Copies the values of `rect` from three planes of `size` to the planes `cropped`.
///
/// # Panics
/// If a buffer does not fit its size, or the rectangle leaves the picture.
pub fn crop_planes(planes: &[f32], size: Size, rect: Rect, cropped: &mut [f32]) {
    assert_eq!(planes.len(), 3 * size.area(), "planes of {size}");
    assert_eq!(cropped.len(), 3 * rect.size().area(), "planes for {rect:?}");
    let from = planes.chunks_exact(size.area());
    for (plane, part) in from.zip(cropped.chunks_exact_mut(rect.size().area())) {
        copy_rows(plane, size, rect, 1, part);
    }
}

/// Copies a rectangle of interleaved RGB, `(pixels, their size, the rectangle)`, to column and row `to` of another picture.
///
/// # Panics
/// If it leaves either picture.
pub fn copy_rect_rgb(from: (&[u8], Size, Rect), rgb: &mut [u8], size: Size, to: (u32, u32)) {
    paste_rows(from, rgb, size, to, 3);
}

/// Copies a rectangle of three planes, `(values, their size, the rectangle)`, to column and row `to` of other planes.
///
/// # Panics
/// If it leaves either picture.
pub fn copy_rect_planes(
    (planes, from_size, rect): (&[f32], Size, Rect),
    output: &mut [f32],
    size: Size,
    to: (u32, u32),
) {
    let from = planes.chunks_exact(from_size.area());
    for (plane, output) in from.zip(output.chunks_exact_mut(size.area())) {
        paste_rows((plane, from_size, rect), output, size, to, 1);
    }
}

fn paste_rows<T: Copy>(
    (samples, from_size, rect): (&[T], Size, Rect),
    output: &mut [T],
    size: Size,
    (x_px, y_px): (u32, u32),
    channels: usize,
) {
    let target = Rect { x_px, y_px, ..rect };
    assert!(rect.is_inside(from_size), "{rect:?} leaves {from_size}");
    assert!(target.is_inside(size), "{target:?} leaves {size}");
    let (left, to_left) = (rect.x_px as usize * channels, x_px as usize * channels);
    let len = rect.size().width() * channels;
    let rows = samples
        .chunks_exact(from_size.width() * channels)
        .skip(rect.y_px as usize);
    let outputs = output
        .chunks_exact_mut(size.width() * channels)
        .skip(y_px as usize);
    for (row, output) in rows.zip(outputs).take(rect.size().height()) {
        output[to_left..to_left + len].copy_from_slice(&row[left..left + len]);
    }
}

fn copy_rows<T: Copy>(from: &[T], size: Size, rect: Rect, channels: usize, to: &mut [T]) {
    assert!(rect.is_inside(size), "{rect:?} leaves {size}");
    let start = rect.x_px as usize * channels;
    let len = rect.size().width() * channels;
    let rows = from
        .chunks_exact(size.width() * channels)
        .skip(rect.y_px as usize);
    for (row, part) in rows.zip(to.chunks_exact_mut(len)) {
        part.copy_from_slice(&row[start..start + len]);
    }
}
