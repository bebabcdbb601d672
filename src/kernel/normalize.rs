//! Packing a tensor: from 8-bit RGB to planes of `f32` in the units that a model was trained with, and back.
//!
//! ```text
//! value = (pixel · scale - mean[c]) / std[c]        pixel = round((value · std[c] + mean[c]) / scale)
//! ```
//!
//! `c` counts the tensor's channels: with [`ChannelOrder::Bgr`], `mean[0]` and `std[0]` are those of blue.
//!
//! *Cost.* One pass: 3 bytes read and 12 written per pixel, no allocation. With vector instructions the formula is
//! evaluated for every pixel, as fast as memory is. Without them it is evaluated 768 times at construction, since a pixel
//! has 256 values, and looked up afterwards. The results are the same, to the bit.
//! Other orders and types of a tensor: `pack.rs`.

use serde::{Deserialize, Serialize};

use super::CpuLevel;
use super::fused::Packer;
use super::team::{Band, Team};
use crate::frame::Size;

/// Which channel comes first in the tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Blue, green, red (`OpenCV`'s order).
    Bgr,
}

impl ChannelOrder {
    /// The RGB channel (0 red, 1 green, 2 blue) that tensor channel `channel` holds; the inverse is the same.
    pub const fn rgb_channel(self, channel: usize) -> usize {
        match self {
            Self::Rgb => channel,
            Self::Bgr => 2 - channel,
        }
    }
}

/// The numbers of a normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalization {
    /// Factor on the 8-bit pixel, usually 1/255.
    pub scale: f32,
    /// Subtracted after scaling, per tensor channel.
    pub mean: [f32; 3],
    /// Divided by in the end, per tensor channel.
    pub std: [f32; 3],
    /// Which channel comes first.
    pub order: ChannelOrder,
}

impl Normalization {
    /// Pixels as they are, 0 to 255, in RGB order.
    pub const IDENTITY: Self = Self {
        scale: 1.0,
        mean: [0.0; 3],
        std: [1.0; 3],
        order: ChannelOrder::Rgb,
    };

    /// The tensor value of `pixel` (0 to 255) in tensor channel `channel`.
    pub fn value(&self, pixel: f32, channel: usize) -> f32 {
        (pixel * self.scale - self.mean[channel]) / self.std[channel]
    }

    /// The pixel (0 to 255, not rounded or clamped) of a tensor value in tensor channel `channel`.
    pub fn pixel(&self, value: f32, channel: usize) -> f32 {
        (value * self.std[channel] + self.mean[channel]) / self.scale
    }
}

/// A normalisation prepared for 8-bit pixels.
///
/// ```
/// use framescope::frame::Size;
/// use framescope::kernel::{ChannelOrder, Normalization, Normalizer};
///
/// let halves = Normalization { scale: 0.5, mean: [10.0; 3], std: [2.0; 3], order: ChannelOrder::Bgr };
/// let mut planes = [0.0; 6];
/// // Two pixels; (20 · 0.5 - 10) / 2 = 0, (24 · 0.5 - 10) / 2 = 1.
/// Normalizer::new(halves).run_rgb(&[20, 24, 28, 32, 36, 40], Size::new(2, 1), &mut planes);
/// assert_eq!(planes, [2.0, 5.0, /* green */ 1.0, 4.0, /* red */ 0.0, 3.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Normalizer {
    normalization: Normalization,
    /// Tensor value by tensor channel and pixel.
    values: Box<[[f32; 256]; 3]>,
    packer: Packer,
    team: Team,
    /// Nothing but the number of threads.
    hands: Vec<()>,
}

impl Normalizer {
    /// Evaluates the formula for every pixel value.
    pub fn new(normalization: Normalization) -> Self {
        Self::with_level(normalization, CpuLevel::best(), &Team::alone())
    }

    /// As [`Self::new`], with the vector instructions of `level`, or none if the machine lacks them, and the threads of
    /// `team`.
    pub fn with_level(normalization: Normalization, level: CpuLevel, team: &Team) -> Self {
        let mut values = Box::new([[0.0; 256]; 3]);
        for (channel, table) in values.iter_mut().enumerate() {
            for (pixel, value) in table.iter_mut().enumerate() {
                *value = normalization.value(pixel as f32, channel);
            }
        }
        Self {
            normalization,
            values,
            packer: Packer::new(level),
            team: team.clone(),
            hands: vec![(); team.threads()],
        }
    }

    /// Tensor value by tensor channel and pixel.
    pub(super) const fn values(&self) -> &[[f32; 256]; 3] {
        &self.values
    }

    /// Which channel comes first.
    pub(super) const fn order(&self) -> ChannelOrder {
        self.normalization.order
    }

    /// Writes interleaved RGB of `size` as planes.
    ///
    /// # Panics
    /// If a buffer does not hold `3 · width · height` values.
    pub fn run_rgb(&mut self, rgb: &[u8], size: Size, planes: &mut [f32]) {
        assert_eq!(rgb.len(), 3 * size.area(), "RGB buffer for {size}");
        let mut hands = std::mem::take(&mut self.hands);
        let band = Band {
            first_row: 0,
            row_len: size.width(),
            step: 1,
            outputs: split_planes(planes, size),
            scratch: &mut hands,
        };
        self.team.share_out(band, &|band| {
            let first = 3 * band.first_row * band.row_len;
            let len = 3 * band.outputs[0].len();
            self.run_pixels(&rgb[first..][..len], band.outputs);
        });
        self.hands = hands;
    }

    /// Writes as many pixels as the planes hold.
    fn run_pixels(&self, rgb: &[u8], [first, second, third]: [&mut [f32]; 3]) {
        let [first_values, second_values, third_values] = &*self.values;
        let planes = [&mut *first, &mut *second, &mut *third];
        let done = self.packer.run(rgb, &self.normalization, planes);
        let outputs = first[done..].iter_mut().zip(&mut second[done..]);
        let outputs = outputs.zip(&mut third[done..]);
        let (head, tail) = match self.normalization.order {
            ChannelOrder::Rgb => (0, 2),
            ChannelOrder::Bgr => (2, 0),
        };
        for (pixel, ((first, second), third)) in rgb[3 * done..].chunks_exact(3).zip(outputs) {
            *first = first_values[usize::from(pixel[head])];
            *second = second_values[usize::from(pixel[1])];
            *third = third_values[usize::from(pixel[tail])];
        }
    }

    /// Normalises planes in RGB order and units of 0 to 255 into `normalized`.
    ///
    /// # Panics
    /// If a buffer does not hold `3 · width · height` values.
    pub fn run_planes(&self, planes: &[f32], size: Size, normalized: &mut [f32]) {
        assert_eq!(planes.len(), 3 * size.area(), "planes of {size}");
        assert_eq!(normalized.len(), planes.len(), "planes of {size}");
        let area = size.area();
        for (channel, output) in normalized.chunks_exact_mut(area).enumerate() {
            let source = self.normalization.order.rgb_channel(channel) * area;
            for (value, pixel) in output.iter_mut().zip(&planes[source..source + area]) {
                *value = self.normalization.value(*pixel, channel);
            }
        }
    }
}

fn split_planes(planes: &mut [f32], size: Size) -> [&mut [f32]; 3] {
    assert_eq!(planes.len(), 3 * size.area(), "planes of {size}");
    let (first, rest) = planes.split_at_mut(size.area());
    let (second, third) = rest.split_at_mut(size.area());
    [first, second, third]
}

/// Turns a tensor back into interleaved RGB for display: the inverse of [`Normalizer::run_rgb`], rounded and clamped.
///
/// ```
/// use framescope::frame::Size;
/// use framescope::kernel::{Normalization, rgb_from_planes};
///
/// let unit = Normalization { scale: 1.0 / 255.0, ..Normalization::IDENTITY };
/// let mut rgb = [0; 3];
/// rgb_from_planes(&[1.0, 0.4, -3.0], Size::new(1, 1), &unit, &mut rgb);
/// assert_eq!(rgb, [255, 102, 0]);
/// ```
///
/// # Panics
/// If a buffer does not hold `3 · width · height` values.
pub fn rgb_from_planes(planes: &[f32], size: Size, normalization: &Normalization, rgb: &mut [u8]) {
    assert_eq!(planes.len(), 3 * size.area(), "planes of {size}");
    assert_eq!(rgb.len(), 3 * size.area(), "RGB buffer for {size}");
    for (channel, plane) in planes.chunks_exact(size.area()).enumerate() {
        let factor = normalization.std[channel] / normalization.scale;
        let offset = normalization.mean[channel] / normalization.scale + 0.5;
        let output = &mut rgb[normalization.order.rgb_channel(channel)..];
        for (pixel, value) in output.iter_mut().step_by(3).zip(plane) {
            // The cast saturates, so it clamps as well; NaN becomes 0.
            *pixel = (value * factor + offset) as u8;
        }
    }
}
