//! Sprites: painted once, laid over I420 planes every frame.
//!
//! A sprite holds luma at full and chroma at half size, both premultiplied by opacity. Chroma depends on whether the
//! left edge falls on an even or an odd column, so both versions are kept; rows are always even.
//!
//! *Cost.* A blit reads two bytes and writes one per sample it covers, and allocates nothing.

use super::paint::Canvas;
use crate::frame::{ColorMatrix, ColorSpec, Frame};

/// Limited-range codes of an RGB colour.
pub(super) struct YuvCoder {
    red: f64,
    blue: f64,
}

impl YuvCoder {
    /// The coder of the given matrix; the range is always limited.
    pub(super) fn new(color: ColorSpec) -> Self {
        let (red, blue) = match color.matrix {
            ColorMatrix::Bt601 => (0.299, 0.114),
            ColorMatrix::Bt709 => (0.2126, 0.0722),
        };
        Self { red, blue }
    }

    /// Y, Cb, Cr without their offsets (16, 128, 128), of RGB in 0..=255.
    fn offsets(&self, [r, g, b]: [f64; 3]) -> [f64; 3] {
        let luma = self.red * r + (1.0 - self.red - self.blue) * g + self.blue * b;
        [
            luma * 219.0 / 255.0,
            (b - luma) / (2.0 * (1.0 - self.blue)) * 224.0 / 255.0,
            (r - luma) / (2.0 * (1.0 - self.red)) * 224.0 / 255.0,
        ]
    }

    /// The codes of an opaque colour.
    pub(super) fn encode(&self, rgb: [u8; 3]) -> [u8; 3] {
        self.premultiplied(rgb.map(f64::from), 255.0)
    }

    /// The codes of a premultiplied colour, themselves premultiplied.
    fn premultiplied(&self, rgb: [f64; 3], alpha: f64) -> [u8; 3] {
        let [y, u, v] = self.offsets(rgb);
        let opacity = alpha / 255.0;
        [y + 16.0 * opacity, u + 128.0 * opacity, v + 128.0 * opacity]
            .map(|value| (value + 0.5).clamp(0.0, 255.0) as u8)
    }
}

/// A plane of premultiplied samples with their opacities.
struct Layer {
    width: usize,
    height: usize,
    /// One plane of opacities, then one or two planes of samples.
    alpha: Vec<u8>,
    samples: [Vec<u8>; 2],
}

/// A picture with opacity, ready to be laid over a frame.
pub(super) struct Sprite {
    luma: Layer,
    /// For a left edge on an even and on an odd column.
    chroma: [Layer; 2],
}

impl Sprite {
    /// Turns a painted canvas into a sprite.
    pub(super) fn new(canvas: &Canvas, coder: &YuvCoder) -> Self {
        Self {
            luma: luma_layer(canvas, coder),
            chroma: [
                chroma_layer(canvas, coder, 0),
                chroma_layer(canvas, coder, 1),
            ],
        }
    }

    /// Lays the sprite over an I420 frame with its left top corner at column `x`, row `y`, which is made even.
    pub(super) fn draw(&self, frame: &mut Frame, x: i64, y: i64) {
        let y = y - y.rem_euclid(2);
        let width = frame.info().size.width();
        blit(&self.luma, 0, frame.plane_mut(0), width, x, y);
        let layer = &self.chroma[x.rem_euclid(2) as usize];
        let chroma_width = width.div_ceil(2);
        for plane in 0..2 {
            let target = frame.plane_mut(plane + 1);
            blit(layer, plane, target, chroma_width, x.div_euclid(2), y / 2);
        }
    }
}

fn luma_layer(canvas: &Canvas, coder: &YuvCoder) -> Layer {
    let code = |pixel: &[u8; 4]| {
        let [r, g, b, a] = pixel.map(f64::from);
        coder.premultiplied([r, g, b], a)[0]
    };
    Layer {
        width: canvas.width,
        height: canvas.height,
        alpha: canvas.pixels.iter().map(|pixel| pixel[3]).collect(),
        samples: [canvas.pixels.iter().map(code).collect(), Vec::new()],
    }
}

/// Chroma of 2×2 blocks, the first of which begins `shift` columns left of the canvas.
fn chroma_layer(canvas: &Canvas, coder: &YuvCoder, shift: usize) -> Layer {
    let width = (canvas.width + shift).div_ceil(2);
    let height = canvas.height.div_ceil(2);
    let mut layer = Layer {
        width,
        height,
        alpha: Vec::with_capacity(width * height),
        samples: [
            Vec::with_capacity(width * height),
            Vec::with_capacity(width * height),
        ],
    };
    for y in 0..height {
        for x in 0..width {
            let [r, g, b, alpha] = block_mean(canvas, (2 * x).wrapping_sub(shift), 2 * y);
            let [_, u, v] = coder.premultiplied([r, g, b], alpha);
            layer.alpha.push((alpha + 0.5) as u8);
            layer.samples[0].push(u);
            layer.samples[1].push(v);
        }
    }
    layer
}

/// The mean of a 2×2 block; what lies outside the canvas is transparent. `x` may have wrapped below 0.
fn block_mean(canvas: &Canvas, x: usize, y: usize) -> [f64; 4] {
    let mut sums = [0u32; 4];
    for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let (column, row) = (x.wrapping_add(dx), y + dy);
        if column < canvas.width && row < canvas.height {
            for (sum, value) in sums
                .iter_mut()
                .zip(canvas.pixels[row * canvas.width + column])
            {
                *sum += u32::from(value);
            }
        }
    }
    sums.map(|sum| f64::from(sum) / 4.0)
}

fn blit(layer: &Layer, plane: usize, target: &mut [u8], stride: usize, x: i64, y: i64) {
    let first = (-x).clamp(0, layer.width as i64) as usize;
    let last = (stride as i64 - x).clamp(0, layer.width as i64) as usize;
    if first >= last {
        return;
    }
    let left = (x + first as i64) as usize;
    let rows = target.len() / stride;
    for row in 0..layer.height {
        let Some(line) = usize::try_from(y + row as i64)
            .ok()
            .filter(|line| *line < rows)
        else {
            continue;
        };
        let source = row * layer.width + first..row * layer.width + last;
        let start = line * stride + left;
        let under = &mut target[start..start + (last - first)];
        blend_row(
            under,
            &layer.samples[plane][source.clone()],
            &layer.alpha[source],
        );
    }
}

/// `under = over + under · (255 − alpha) / 255`, rounded.
fn blend_row(under: &mut [u8], over: &[u8], alpha: &[u8]) {
    for ((under, over), alpha) in under.iter_mut().zip(over).zip(alpha) {
        let product = u16::from(*under) * u16::from(255 - *alpha) + 128;
        let remaining = (product + (product >> 8)) >> 8;
        *under = over.saturating_add(remaining as u8);
    }
}

/// Writes an opaque canvas into the planes of an I420 frame of the same size.
pub(super) fn write_background(canvas: &Canvas, coder: &YuvCoder, frame: &mut Frame) {
    let luma = luma_layer(canvas, coder);
    frame.plane_mut(0).copy_from_slice(&luma.samples[0]);
    let size = frame.info().size;
    let (width, height) = (size.width(), size.height());
    let chroma_width = width.div_ceil(2);
    for y in 0..height.div_ceil(2) {
        for x in 0..chroma_width {
            // A last block of one column or row takes its missing half from its own edge.
            let [r, g, b] = edge_mean(canvas, 2 * x, 2 * y);
            let [_, u, v] = coder.premultiplied([r, g, b], 255.0);
            frame.plane_mut(1)[y * chroma_width + x] = u;
            frame.plane_mut(2)[y * chroma_width + x] = v;
        }
    }
}

fn edge_mean(canvas: &Canvas, x: usize, y: usize) -> [f64; 3] {
    let columns = [x, (x + 1).min(canvas.width - 1)];
    let rows = [y, (y + 1).min(canvas.height - 1)];
    let mut sums = [0u32; 3];
    for row in rows {
        for column in columns {
            let pixel = canvas.pixels[row * canvas.width + column];
            for (sum, value) in sums.iter_mut().zip(pixel) {
                *sum += u32::from(value);
            }
        }
    }
    sums.map(|sum| f64::from(sum) / 4.0)
}
