//! Where a pixel of the original ends up in the tensor, and back.
//!
//! Coordinates are continuous, in pixels from the top-left corner of the top-left pixel: pixel `i` covers
//! `i..i + 1` and its centre is at `i + 0.5`. In these coordinates every stage is a scaling and a shift per axis
//! (`tensor = original · scale + offset`), and so is the whole pipeline.

use serde::Serialize;

use crate::frame::Size;
use crate::kernel::Rect;

/// A rectangle in continuous coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Area {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width; 0 if nothing is left.
    pub width: f32,
    /// Height; 0 if nothing is left.
    pub height: f32,
}

/// The map between the pixels of the original and those of the tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    original: Size,
    tensor: Size,
    x: AxisMap,
    y: AxisMap,
}

/// One axis: `tensor = original · scale + offset`, and the part of the tensor that shows the original.
#[derive(Clone, Copy, Debug, PartialEq)]
struct AxisMap {
    scale: f64,
    offset: f64,
    start: f64,
    end: f64,
}

impl AxisMap {
    fn identity(side_px: u32) -> Self {
        Self {
            scale: 1.0,
            offset: 0.0,
            start: 0.0,
            end: f64::from(side_px),
        }
    }

    fn moved(self, scale: f64, offset: f64, side_px: u32) -> Self {
        let end = f64::from(side_px);
        Self {
            scale: self.scale * scale,
            offset: self.offset * scale + offset,
            start: (self.start * scale + offset).clamp(0.0, end),
            end: (self.end * scale + offset).clamp(0.0, end),
        }
    }

    fn original(self, tensor: f64) -> f64 {
        (tensor - self.offset) / self.scale
    }

    /// The tensor position, if the tensor shows it.
    fn shown(self, tensor: f64) -> Option<f64> {
        (self.start..self.end).contains(&tensor).then_some(tensor)
    }
}

impl Geometry {
    /// The tensor has the pixels of the original, one for one.
    pub fn identity(size: Size) -> Self {
        Self {
            original: size,
            tensor: size,
            x: AxisMap::identity(size.width_px),
            y: AxisMap::identity(size.height_px),
        }
    }

    /// After this, a crop to `rect`.
    #[must_use]
    pub fn cropped(self, rect: Rect) -> Self {
        Self {
            original: self.original,
            tensor: rect.size(),
            x: self.x.moved(1.0, -f64::from(rect.x_px), rect.width_px),
            y: self.y.moved(1.0, -f64::from(rect.y_px), rect.height_px),
        }
    }

    /// After this, a resize of the whole picture to `rect` inside a picture of size `canvas`.
    #[must_use]
    pub fn resized(self, rect: Rect, canvas: Size) -> Self {
        let ratio = |to_px: u32, from_px: u32| f64::from(to_px) / f64::from(from_px);
        let horizontal = ratio(rect.width_px, self.tensor.width_px);
        let vertical = ratio(rect.height_px, self.tensor.height_px);
        Self {
            original: self.original,
            tensor: canvas,
            x: self
                .x
                .moved(horizontal, f64::from(rect.x_px), canvas.width_px),
            y: self
                .y
                .moved(vertical, f64::from(rect.y_px), canvas.height_px),
        }
    }

    /// Size of the original picture.
    pub const fn original_size(&self) -> Size {
        self.original
    }

    /// Size of the tensor.
    pub const fn tensor_size(&self) -> Size {
        self.tensor
    }

    /// The place in the original that a place in the tensor shows; `None` in the padding and outside.
    pub fn original_from_tensor(&self, x: f32, y: f32) -> Option<(f32, f32)> {
        let x = self.x.original(self.x.shown(f64::from(x))?);
        let y = self.y.original(self.y.shown(f64::from(y))?);
        Some((x as f32, y as f32))
    }

    /// The place in the tensor that shows a place in the original; `None` if it was cropped away or lies outside.
    pub fn tensor_from_original(&self, x: f32, y: f32) -> Option<(f32, f32)> {
        let x = self.x.shown(f64::from(x) * self.x.scale + self.x.offset)?;
        let y = self.y.shown(f64::from(y) * self.y.scale + self.y.offset)?;
        Some((x as f32, y as f32))
    }

    /// The part of the tensor that shows the original; the rest is padding.
    pub fn picture_in_tensor(&self) -> Area {
        Area {
            x: self.x.start as f32,
            y: self.y.start as f32,
            width: (self.x.end - self.x.start) as f32,
            height: (self.y.end - self.y.start) as f32,
        }
    }

    /// The part of the original that the tensor shows; the rest was cropped away.
    pub fn crop_in_original(&self) -> Area {
        let (left, right) = (self.x.original(self.x.start), self.x.original(self.x.end));
        let (top, bottom) = (self.y.original(self.y.start), self.y.original(self.y.end));
        Area {
            x: left as f32,
            y: top as f32,
            width: (right - left) as f32,
            height: (bottom - top) as f32,
        }
    }
}
