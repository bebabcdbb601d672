//! Sizes, pixel formats and the frame that a source delivers.

use serde::{Deserialize, Serialize};

use super::ColorSpec;

/// The longest side that any picture in Framescope may have, checked before anything is allocated.
///
/// 16,384 is the texture limit of common GPUs and above every video format in use.
pub const MAX_SIDE_PX: u32 = 16_384;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    /// Pixels in a row.
    pub width_px: u32,
    /// Rows.
    pub height_px: u32,
}

impl Size {
    /// A size from its two sides.
    pub const fn new(width_px: u32, height_px: u32) -> Self {
        Self {
            width_px,
            height_px,
        }
    }

    /// Width as an index type.
    pub const fn width(self) -> usize {
        self.width_px as usize
    }

    /// Height as an index type.
    pub const fn height(self) -> usize {
        self.height_px as usize
    }

    /// Pixels in the picture.
    pub const fn area(self) -> usize {
        self.width() * self.height()
    }

    /// Whether both sides are between 1 and [`MAX_SIDE_PX`].
    pub const fn is_supported(self) -> bool {
        self.width_px >= 1
            && self.height_px >= 1
            && self.width_px <= MAX_SIDE_PX
            && self.height_px <= MAX_SIDE_PX
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}", self.width_px, self.height_px)
    }
}

/// How the samples of a picture are laid out. All have 8 bits a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PixelFormat {
    /// Three planes, chroma halved both ways (4:2:0).
    I420,
    /// Two planes, luma and interleaved Cb, Cr, chroma halved both ways (4:2:0).
    Nv12,
    /// Three planes, chroma halved horizontally (4:2:2).
    I422,
    /// Three planes of full size (4:4:4).
    I444,
    /// One plane of luma.
    Gray8,
    /// One plane of interleaved R, G, B.
    Rgb8,
}

impl PixelFormat {
    /// Number of planes: 1 to 3.
    pub const fn plane_count(self) -> usize {
        match self {
            Self::I420 | Self::I422 | Self::I444 => 3,
            Self::Nv12 => 2,
            Self::Gray8 | Self::Rgb8 => 1,
        }
    }

    /// Width in samples (pixels of that plane) and height in rows of plane `index`; chroma sides round up.
    pub const fn plane_size(self, size: Size, index: usize) -> Size {
        let (horizontal, vertical) = match self {
            Self::I420 | Self::Nv12 if index > 0 => (2, 2),
            Self::I422 if index > 0 => (2, 1),
            _ => (1, 1),
        };
        Size::new(
            size.width_px.div_ceil(horizontal),
            size.height_px.div_ceil(vertical),
        )
    }

    /// Bytes of one sample position of plane `index`: 3 for interleaved RGB, 2 for interleaved chroma, else 1.
    pub const fn bytes_per_sample(self, index: usize) -> usize {
        match self {
            Self::Rgb8 => 3,
            Self::Nv12 if index > 0 => 2,
            _ => 1,
        }
    }

    /// Bytes of plane `index`.
    pub const fn plane_bytes(self, size: Size, index: usize) -> usize {
        self.plane_size(size, index).area() * self.bytes_per_sample(index)
    }

    /// Bytes of a whole picture.
    pub const fn frame_bytes(self, size: Size) -> usize {
        let mut total = 0;
        let mut index = 0;
        while index < self.plane_count() {
            total += self.plane_bytes(size, index);
            index += 1;
        }
        total
    }
}

/// What has to be known to read the planes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameInfo {
    /// Size as displayed (rotation already applied).
    pub size: Size,
    /// Layout of the samples.
    pub format: PixelFormat,
    /// Meaning of YUV codes; for grey its range counts, for RGB it is not used.
    pub color: ColorSpec,
}

/// One plane of a frame: rows of `stride_bytes`, `height_px` of them.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The samples, row after row.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride_bytes: usize,
    /// Width in samples and height in rows.
    pub size: Size,
}

/// One picture as a source delivers it.
#[derive(Clone, Debug)]
pub struct Frame {
    info: FrameInfo,
    data: Vec<u8>,
    /// Number of the picture within its source, from 0; goes on counting when the source loops.
    pub index: u64,
    /// Presentation time from the source's first frame, in nanoseconds.
    pub timestamp_nanos: u64,
}

impl Frame {
    /// A black frame (zeroed planes) of the given layout. Allocates [`PixelFormat::frame_bytes`].
    pub fn new(info: FrameInfo) -> Self {
        Self {
            info,
            data: vec![0; info.format.frame_bytes(info.size)],
            index: 0,
            timestamp_nanos: 0,
        }
    }

    /// The layout of this frame.
    pub const fn info(&self) -> FrameInfo {
        self.info
    }

    /// All planes, one behind the other, without padding.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// All planes, to be written by a source.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// Plane `index` (0 is luma or RGB, 1 and 2 are Cb and Cr, 1 is both where they are interleaved).
    ///
    /// # Panics
    /// If the format has no such plane.
    pub fn plane(&self, index: usize) -> Plane<'_> {
        assert!(
            index < self.info.format.plane_count(),
            "a {:?} frame has no plane {index}",
            self.info.format
        );
        let range = self.plane_range(index);
        let size = self.info.format.plane_size(self.info.size, index);
        Plane {
            data: &self.data[range],
            stride_bytes: size.width() * self.info.format.bytes_per_sample(index),
            size,
        }
    }

    /// The samples of plane `index`, to be written by a source.
    ///
    /// # Panics
    /// If the format has no such plane.
    pub fn plane_mut(&mut self, index: usize) -> &mut [u8] {
        let range = self.plane_range(index);
        &mut self.data[range]
    }

    /// Makes this frame a copy of `other`, reusing its memory when the layouts are equal.
    pub fn copy_from(&mut self, other: &Frame) {
        self.info = other.info;
        self.data.clear();
        self.data.extend_from_slice(&other.data);
        self.index = other.index;
        self.timestamp_nanos = other.timestamp_nanos;
    }

    fn plane_range(&self, index: usize) -> std::ops::Range<usize> {
        let bytes = |plane| self.info.format.plane_bytes(self.info.size, plane);
        let start: usize = (0..index).map(bytes).sum();
        start..start + bytes(index)
    }
}
