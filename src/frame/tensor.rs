//! The tensor: what a model takes.

use super::Size;

/// Three planes of `f32`, `NCHW` with `N` = 1: channel after channel, row after row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor {
    size: Option<Size>,
    data: Vec<f32>,
}

impl Tensor {
    /// Channels of every tensor in Framescope.
    pub const CHANNELS: usize = 3;

    /// A tensor over `data`, which holds `3 · width · height` values.
    ///
    /// # Panics
    /// If the length does not fit the size.
    pub fn from_planes(size: Size, data: Vec<f32>) -> Self {
        assert_eq!(
            data.len(),
            Self::CHANNELS * size.area(),
            "tensor data for {size}"
        );
        Self {
            size: Some(size),
            data,
        }
    }

    /// Width and height; `None` for a tensor that was never filled.
    pub const fn size(&self) -> Option<Size> {
        self.size
    }

    /// All values, channel after channel.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The values of one channel (0..3), row after row; empty if the tensor was never filled.
    pub fn channel(&self, channel: usize) -> &[f32] {
        let area = self.size.map_or(0, Size::area);
        &self.data[channel * area..(channel + 1) * area]
    }

    /// The three values at column `x`, row `y`, in channel order; `None` outside.
    pub fn value_at(&self, x: u32, y: u32) -> Option<[f32; 3]> {
        let size = self.size?;
        if x >= size.width_px || y >= size.height_px {
            return None;
        }
        let offset = y as usize * size.width() + x as usize;
        Some(std::array::from_fn(|channel| {
            self.data[channel * size.area() + offset]
        }))
    }

    /// Copies `planes` (`3 · width · height` values) in, reusing memory when it suffices.
    pub fn copy_from_planes(&mut self, size: Size, planes: &[f32]) {
        debug_assert_eq!(planes.len(), Self::CHANNELS * size.area());
        self.size = Some(size);
        self.data.clear();
        self.data.extend_from_slice(planes);
    }
}
