//! From planes of `f32` or 8-bit RGB to a tensor of any order and type, and back to colours.
//!
//! *Rounding.* As [`ValueType`] says: `f16` and bytes to the nearest, halves to even, or cut off.
//! *Cost.* One pass, no allocation. `f16` is converted by the processor where it can (`half` asks it).

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::normalize::rgb_from_planes;
use super::{ChannelOrder, Normalization, Normalizer};
use crate::frame::{Layout, Size, Tensor, TensorData, TensorView, ValueType, Values};

/// Pixels that are interleaved at a time before they are converted.
const CHUNK: usize = 64;

/// Adding 2²³ to a number from 0 to 2²² leaves its nearest whole number, halves to even, in the lowest bits.
const ROUNDING: f32 = 8_388_608.0;

/// Makes values of the tensor's type out of computed ones, slice by slice of one length.
pub(super) type Convert<T> = fn(&[f32], &mut [T]);

pub(super) fn same(values: &[f32], output: &mut [f32]) {
    output.copy_from_slice(values);
}

fn nearest(values: &[f32], bytes: &mut [u8]) {
    for (byte, value) in bytes.iter_mut().zip(values) {
        // The payload of a NaN ends in zeroes.
        *byte = (value.clamp(0.0, 255.0) + ROUNDING).to_bits() as u8;
    }
}

fn truncated(values: &[f32], bytes: &mut [u8]) {
    for (byte, value) in bytes.iter_mut().zip(values) {
        // The cast saturates; NaN becomes 0.
        *byte = *value as u8;
    }
}

pub(super) fn halves(values: &[f32], output: &mut [f16]) {
    output.convert_from_f32_slice(values);
}

pub(super) fn byte_conversion(value_type: ValueType) -> Convert<u8> {
    if value_type == ValueType::U8Truncate {
        truncated
    } else {
        nearest
    }
}

/// Writes three planes into `tensor`, whose bytes (if it has bytes) follow `value_type`.
///
/// ```
/// use framescope::frame::{Layout, Size, Tensor, TensorForm, ValueType, Values};
/// use framescope::kernel::pack_planes;
///
/// let form = TensorForm { layout: Layout::Nhwc, value_type: ValueType::U8 };
/// let mut tensor = Tensor::zeroed(Size::new(2, 1), form);
/// // 2.5 and 3.5 lie halfway and go to the even number; what a byte cannot hold is clamped.
/// pack_planes(&[2.5, 3.5, -1.0, 300.0, 7.4, 7.6], form.value_type, &mut tensor);
/// assert_eq!(tensor.view().values, Values::U8(&[2, 0, 7, 4, 255, 8]));
/// ```
///
/// # Panics
/// If `planes` does not hold as many values as the tensor.
pub fn pack_planes(planes: &[f32], value_type: ValueType, tensor: &mut Tensor) {
    let (size, layout) = (tensor.size(), tensor.layout());
    assert_eq!(
        planes.len(),
        Tensor::CHANNELS * size.area(),
        "planes of {size}"
    );
    match tensor.data_mut() {
        TensorData::F32(output) => pack(planes, layout, same, output),
        TensorData::F16(output) => pack(planes, layout, halves, output),
        TensorData::U8(output) => pack(planes, layout, byte_conversion(value_type), output),
    }
}

/// Lays `planes` out as `layout` says, converted.
pub(super) fn pack<T>(planes: &[f32], layout: Layout, convert: Convert<T>, output: &mut [T]) {
    if layout == Layout::Nchw {
        return convert(planes, output);
    }
    let (first, rest) = planes.split_at(planes.len() / 3);
    let (second, third) = rest.split_at(first.len());
    let mut pixels = [0.0; 3 * CHUNK];
    let chunks = first.chunks(CHUNK).zip(second.chunks(CHUNK));
    let chunks = chunks.zip(third.chunks(CHUNK));
    for (((first, second), third), output) in chunks.zip(output.chunks_mut(3 * CHUNK)) {
        let channels = first.iter().zip(second).zip(third);
        for (pixel, ((first, second), third)) in pixels.chunks_exact_mut(3).zip(channels) {
            pixel.copy_from_slice(&[*first, *second, *third]);
        }
        convert(&pixels[..output.len()], output);
    }
}

impl Normalizer {
    /// Writes interleaved RGB into `tensor`, whose bytes (if it has bytes) follow `value_type`: equal to
    /// [`Self::run_rgb`] and [`pack_planes`], in one pass.
    ///
    /// # Panics
    /// If `rgb` does not hold as many values as the tensor.
    pub fn run_rgb_tensor(&mut self, rgb: &[u8], value_type: ValueType, tensor: &mut Tensor) {
        let (size, layout) = (tensor.size(), tensor.layout());
        assert_eq!(rgb.len(), Tensor::CHANNELS * size.area(), "RGB of {size}");
        match tensor.data_mut() {
            TensorData::F32(output) if layout == Layout::Nchw => self.run_rgb(rgb, size, output),
            TensorData::F32(output) => look_up(rgb, self.order(), layout, self.values(), output),
            TensorData::F16(output) => {
                let table = converted(self.values(), f16::ZERO, halves);
                look_up(rgb, self.order(), layout, &table, output);
            }
            TensorData::U8(output) => {
                let table = converted(self.values(), 0, byte_conversion(value_type));
                look_up(rgb, self.order(), layout, &table, output);
            }
        }
    }
}

/// The table of another type: 768 conversions, nothing beside a picture.
fn converted<T: Copy>(values: &[[f32; 256]; 3], zero: T, convert: Convert<T>) -> [[T; 256]; 3] {
    let mut table = [[zero; 256]; 3];
    for (row, values) in table.iter_mut().zip(values) {
        convert(values, row);
    }
    table
}

fn look_up<T: Copy>(
    rgb: &[u8],
    order: ChannelOrder,
    layout: Layout,
    table: &[[T; 256]; 3],
    output: &mut [T],
) {
    let channels = [0, 1, 2].map(|channel| order.rgb_channel(channel));
    match layout {
        Layout::Nchw => {
            let planes = output.chunks_exact_mut((rgb.len() / 3).max(1));
            for ((plane, values), channel) in planes.zip(table).zip(channels) {
                for (value, pixel) in plane.iter_mut().zip(rgb.chunks_exact(3)) {
                    *value = values[usize::from(pixel[channel])];
                }
            }
        }
        Layout::Nhwc => {
            for (output, pixel) in output.chunks_exact_mut(3).zip(rgb.chunks_exact(3)) {
                for ((value, values), channel) in output.iter_mut().zip(table).zip(channels) {
                    *value = values[usize::from(pixel[channel])];
                }
            }
        }
    }
}

/// Turns a tensor of any form back into interleaved RGB for display, as [`rgb_from_planes`] does for planes.
///
/// # Panics
/// If a buffer does not hold `3 · width · height` values.
pub fn rgb_from_tensor(tensor: TensorView<'_>, normalization: &Normalization, rgb: &mut [u8]) {
    match (tensor.values, tensor.layout) {
        (Values::F32(values), Layout::Nchw) => {
            rgb_from_planes(values, tensor.size, normalization, rgb);
        }
        (Values::F32(values), _) => colours(tensor, values, |value| value, normalization, rgb),
        (Values::F16(values), _) => colours(tensor, values, f16::to_f32, normalization, rgb),
        (Values::U8(values), _) => colours(tensor, values, f32::from, normalization, rgb),
    }
}

fn colours<T: Copy>(
    tensor: TensorView<'_>,
    values: &[T],
    to_f32: fn(T) -> f32,
    normalization: &Normalization,
    rgb: &mut [u8],
) {
    let size: Size = tensor.size;
    assert_eq!(values.len(), 3 * size.area(), "tensor of {size}");
    assert_eq!(rgb.len(), 3 * size.area(), "RGB buffer for {size}");
    for channel in 0..Tensor::CHANNELS {
        let (start, step) = tensor.channel_steps(channel);
        let output = &mut rgb[normalization.order.rgb_channel(channel)..];
        let values = values[start..].iter().step_by(step);
        for (pixel, value) in output.iter_mut().step_by(3).zip(values) {
            // The cast saturates, so it clamps as well; NaN becomes 0.
            *pixel = (normalization.pixel(to_f32(*value), channel) + 0.5) as u8;
        }
    }
}
