//! From the sums of the passes to tensor values: scale and bias, and the matrix of YUV in front of them.

use crate::frame::{ColorMatrix, ColorRange, ColorSpec, PixelFormat};
use crate::kernel::Normalization;

/// From sums to tensor values, per RGB channel: `clamp(sum) · scale + bias`.
#[derive(Clone, Debug)]
pub(super) struct Finish {
    pub(super) scale: [f32; 3],
    pub(super) bias: [f32; 3],
    pub(super) low: f32,
    pub(super) high: f32,
}

/// From sums of Y, Cb, Cr to tensor values, per RGB channel: `clamp(y · factor + offset + cb · factor + cr · factor)`.
/// Red has no part of Cb, blue none of Cr.
#[derive(Clone, Debug, Default)]
pub(super) struct Matrix {
    pub(super) factors: [[f32; 3]; 3],
    pub(super) offsets: [f32; 3],
    /// The values of black and white, the smaller first.
    pub(super) low: [f32; 3],
    pub(super) high: [f32; 3],
}

impl Finish {
    pub(super) fn value(&self, sum: f32, channel: usize) -> f32 {
        limit(sum, self.low, self.high) * self.scale[channel] + self.bias[channel]
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn is_clamped(&self) -> bool {
        self.high.is_finite()
    }

    /// `(pixel · scale - mean) / std` by RGB channel, for sums of `unit`.
    pub(super) fn new(normalization: &Normalization, unit: f64, is_clamped: bool) -> Self {
        let mut finish = Self {
            scale: [0.0; 3],
            bias: [0.0; 3],
            low: f32::NEG_INFINITY,
            high: f32::INFINITY,
        };
        if is_clamped {
            (finish.low, finish.high) = (0.0, (255.0 / unit) as f32);
        }
        for channel in 0..3 {
            let (scale, bias) = affine(normalization, channel);
            finish.scale[channel] = (scale * unit) as f32;
            finish.bias[channel] = bias as f32;
        }
        finish
    }
}

impl Matrix {
    /// The formula of [`rgb_from_frame`](crate::kernel::rgb_from_frame) and the normalisation, for sums of `unit`.
    pub(super) fn new(
        format: PixelFormat,
        color: ColorSpec,
        normalization: &Normalization,
        unit: f64,
    ) -> Self {
        let (kr, kb) = match color.matrix {
            ColorMatrix::Bt601 => (0.299, 0.114),
            ColorMatrix::Bt709 => (0.2126, 0.0722),
        };
        let (black, luma, chroma) = match color.range {
            ColorRange::Limited => (16.0, 255.0 / 219.0, 255.0 / 224.0),
            ColorRange::Full => (0.0, 1.0, 1.0),
        };
        let (cr, cb) = (2.0 * (1.0 - kr) * chroma, 2.0 * (1.0 - kb) * chroma);
        let kg = 1.0 - kr - kb;
        let rows = [
            [luma, 0.0, cr],
            [luma, -cb * kb / kg, -cr * kr / kg],
            [luma, cb, 0.0],
        ];
        // Grey has no chroma to be centred.
        let center = if format == PixelFormat::Gray8 {
            0.0
        } else {
            128.0
        };
        let mut matrix = Self::default();
        for (channel, row) in rows.into_iter().enumerate() {
            let (scale, bias) = affine(normalization, channel);
            let [y, u, v] = row;
            matrix.factors[channel] = row.map(|factor| (factor * scale * unit) as f32);
            matrix.offsets[channel] = (bias - (black * y + center * (u + v)) * scale) as f32;
            let white = 255.0 * scale + bias;
            matrix.low[channel] = white.min(bias) as f32;
            matrix.high[channel] = white.max(bias) as f32;
        }
        matrix
    }

    pub(super) fn clamp(&self, value: f32, channel: usize) -> f32 {
        limit(value, self.low[channel], self.high[channel])
    }
}

/// Factor and offset from a pixel of an RGB channel to its tensor value: `(pixel · scale - mean) / std`.
fn affine(normalization: &Normalization, rgb_channel: usize) -> (f64, f64) {
    let channel = normalization.order.rgb_channel(rgb_channel);
    let std = f64::from(normalization.std[channel]);
    let scale = f64::from(normalization.scale) / std;
    // Subtracted from 0, so that no mean gives 0 and not -0.
    (scale, 0.0 - f64::from(normalization.mean[channel]) / std)
}

/// Clamps as vector instructions do: of equal values, 0 and -0 among them, the limit.
fn limit(value: f32, low: f32, high: f32) -> f32 {
    let above = if value > low { value } else { low };
    if above < high { above } else { high }
}
