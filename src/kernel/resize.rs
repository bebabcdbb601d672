//! Resizing by a separable filter whose coefficients are computed once per size.
//!
//! 8-bit pictures take the passes of the fused path, rounded to bytes at the end. Planes of `f32`, windows of more than
//! [`MAX_TAPS`](super::MAX_TAPS) pixels, and Lanczos are filtered in `f32`:
//!
//! ```text
//! source rows ──► row as f32 ──► horizontal filter ──► ring of filtered rows ──► vertical filter ──► output row
//!                                 (each row once)       (as many as a window)
//! ```
//!
//! The kernels share the machine and differ in their tables ([`ResizeKernel`]), which are those of the matrices in
//! `axis.rs`. All but `BilinearAlignCorners` and `Nearest` have the pixel's centre at its middle: output pixel `i` looks
//! at source position `(i + 0.5) · source / output - 0.5`.
//!
//! *Rounding.* To 8 bits once, at the end. `OpenCV`'s `INTER_LINEAR` and `INTER_CUBIC` have coefficients of 11 bits, and
//! Pillow rounds to 8 bits after the horizontal pass, too: results are within one level of theirs; most are equal. Where
//! Lanczos overshoots, it matters that Pillow clamps in between, and so do we. Planes of `f32` are never rounded.
//!
//! *Cost.* Per picture one vertical pass over each row that is needed and one horizontal pass, with no picture in between. In `f32`, rows that the compiler vectorises; an axis that does not change is not filtered there. No
//! allocation: `fast_image_resize` was considered and computes its tables at every call.
//! *Not handled.* `OpenCV`'s `INTER_LANCZOS4`; cubic with a widened filter (Pillow `BICUBIC`).

use serde::{Deserialize, Serialize};

use super::axis::Operator;
use super::fused::RgbRows;
use super::{CpuLevel, Team};
use crate::frame::Size;

/// How a resized pixel is weighed from those around its place in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResizeKernel {
    /// The two nearest pixels per axis, whatever the scale: `OpenCV` `INTER_LINEAR`. Fine detail aliases when the
    /// picture shrinks to less than half.
    #[default]
    Bilinear,
    /// A triangle as wide as the scale demands, so that every source pixel counts: Pillow `BILINEAR`. Equal to
    /// [`Self::Bilinear`] when the picture grows.
    BilinearAntialias,
    /// The two nearest pixels per axis, the outer pixels' centres on each other: darknet's `resize_image`.
    BilinearAlignCorners,
    /// The pixel at the scaled position, rounded down: `OpenCV` `INTER_NEAREST`.
    Nearest,
    /// The mean of the area that an output pixel covers: `OpenCV` `INTER_AREA`. Where an axis grows, what `OpenCV` does
    /// there: the nearest pixel, mixed where an output pixel lies across a border.
    Area,
    /// Four pixels per axis, whatever the scale: `OpenCV` `INTER_CUBIC`.
    Cubic,
    /// A windowed sinc of three lobes, as wide as the scale demands: Pillow `LANCZOS`.
    Lanczos3,
}

impl ResizeKernel {
    /// All kernels.
    pub const ALL: [Self; 7] = [
        Self::Bilinear,
        Self::BilinearAntialias,
        Self::BilinearAlignCorners,
        Self::Nearest,
        Self::Area,
        Self::Cubic,
        Self::Lanczos3,
    ];

    /// Whether weights may be negative, so that results may leave the range of the pixels.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::Cubic | Self::Lanczos3)
    }

    /// The kernel's name in recipes and labels.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bilinear => "bilinear",
            Self::BilinearAntialias => "bilinear-antialias",
            Self::BilinearAlignCorners => "bilinear-align-corners",
            Self::Nearest => "nearest",
            Self::Area => "area",
            Self::Cubic => "cubic",
            Self::Lanczos3 => "lanczos3",
        }
    }

    /// The most source pixels that one output pixel can need on an axis.
    fn max_taps(self, from_px: u32, to_px: u32) -> usize {
        let scale = (f64::from(from_px) / f64::from(to_px)).max(1.0);
        match self {
            Self::Nearest => 1,
            Self::Bilinear | Self::BilinearAlignCorners => 2,
            Self::Cubic => 4,
            Self::Area => scale.ceil() as usize + 1,
            Self::BilinearAntialias => 2 * scale.ceil() as usize + 1,
            Self::Lanczos3 => 2 * (3.0 * scale).ceil() as usize + 1,
        }
    }
}

/// Bytes of tables and scratch that a resizer of these sizes will own, to be checked before one is made.
pub fn resizer_bytes(from: Size, to: Size, kernel: ResizeKernel) -> u64 {
    let horizontal = kernel.max_taps(from.width_px, to.width_px) as u64;
    let vertical = kernel.max_taps(from.height_px, to.height_px) as u64;
    let tables = horizontal * u64::from(to.width_px) + vertical * u64::from(to.height_px);
    let rows = 3 * (u64::from(from.width_px) + (vertical + 1) * u64::from(to.width_px));
    4 * (tables + rows)
}

/// Where the resized picture lies inside a larger one (a letterbox), in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The larger picture, which the output buffer holds.
    pub canvas: Size,
    /// First column of the resized picture.
    pub x_px: u32,
    /// First row of the resized picture.
    pub y_px: u32,
}

impl Placement {
    /// The resized picture is the whole output.
    pub const fn whole(canvas: Size) -> Self {
        Self {
            canvas,
            x_px: 0,
            y_px: 0,
        }
    }
}

/// Resizes interleaved RGB between two fixed sizes.
///
/// ```
/// use framescope::frame::Size;
/// use framescope::kernel::{Placement, ResizeKernel, RgbResizer};
///
/// // 2×2 to 1×1: every pixel counts a quarter. (10 + 20 + 30 + 40) / 4 = 25.
/// let rgb = [10, 0, 0, 20, 0, 0, 30, 0, 0, 40, 0, 0];
/// let (from, to) = (Size::new(2, 2), Size::new(1, 1));
/// let mut resized = [0; 3];
/// RgbResizer::new(from, to, ResizeKernel::Bilinear).run(&rgb, Placement::whole(to), &mut resized);
/// assert_eq!(resized, [25, 0, 0]);
/// ```
#[derive(Clone, Debug)]
pub struct RgbResizer {
    from: Size,
    to: Size,
    way: Way,
}

/// How 8-bit pictures are resized.
#[derive(Clone, Debug)]
enum Way {
    /// With the passes of the fused path.
    Rows(Box<RgbRows>),
    /// In `f32`: where a window is too wide for those, and Lanczos, which Pillow clamps between its passes.
    Float(Box<Separable>),
}

impl RgbResizer {
    /// Computes the tables and allocates the scratch.
    ///
    /// # Panics
    /// If a size has no pixels.
    pub fn new(from: Size, to: Size, kernel: ResizeKernel) -> Self {
        Self::with_level(from, to, kernel, CpuLevel::best(), &Team::alone())
    }

    /// As [`Self::new`], with the vector instructions of `level`, or none if the machine lacks them, and the threads of
    /// `team`.
    ///
    /// # Panics
    /// If a size has no pixels.
    pub fn with_level(
        from: Size,
        to: Size,
        kernel: ResizeKernel,
        level: CpuLevel,
        team: &Team,
    ) -> Self {
        assert!(from.area() > 0 && to.area() > 0, "{from} to {to}");
        let is_clamped_between = kernel == ResizeKernel::Lanczos3;
        let rows = RgbRows::new([from, to], kernel, level, team)
            .or_else(|_| RgbRows::new([from, to], kernel, CpuLevel::Scalar, team));
        let way = match rows {
            Ok(rows) if !is_clamped_between => Way::Rows(Box::new(rows)),
            _ => {
                let mut filter = Separable::new(from, to, kernel, 3);
                filter.round_between = is_clamped_between;
                Way::Float(Box::new(filter))
            }
        };
        Self { from, to, way }
    }

    /// Resizes `rgb` into its place in `output`, whose other pixels stay as they are.
    ///
    /// # Panics
    /// If a buffer does not fit its size, or the resized picture does not fit the canvas.
    pub fn run(&mut self, rgb: &[u8], placement: Placement, output: &mut [u8]) {
        assert_eq!(rgb.len(), 3 * self.from.area(), "RGB of {}", self.from);
        assert_eq!(output.len(), 3 * placement.canvas.area(), "RGB output");
        assert!(
            placement.x_px + self.to.width_px <= placement.canvas.width_px
                && placement.y_px + self.to.height_px <= placement.canvas.height_px,
            "{} does not fit {placement:?}",
            self.to
        );
        match &mut self.way {
            Way::Rows(rows) => rows.run(rgb, placement, output),
            Way::Float(filter) => filter.run::<u8, 3>(rgb, placement, output),
        }
    }
}

/// Resizes three planes of `f32` between two fixed sizes.
///
/// ```
/// use framescope::frame::Size;
/// use framescope::kernel::{Placement, PlanesResizer, ResizeKernel};
///
/// // 2×1 to 4×1: positions -0.25 (clamped), 0.25, 0.75, 1.25 (clamped).
/// let planes = [0.0, 8.0, 0.0, 4.0, 1.0, 1.0];
/// let (from, to) = (Size::new(2, 1), Size::new(4, 1));
/// let mut resized = [0.0; 12];
/// PlanesResizer::new(from, to, ResizeKernel::Bilinear).run(&planes, Placement::whole(to), &mut resized);
/// assert_eq!(resized, [0.0, 2.0, 6.0, 8.0, 0.0, 1.0, 3.0, 4.0, 1.0, 1.0, 1.0, 1.0]);
/// ```
#[derive(Clone, Debug)]
pub struct PlanesResizer {
    filter: Separable,
}

impl PlanesResizer {
    /// Computes the tables and allocates the scratch.
    ///
    /// # Panics
    /// If a size has no pixels.
    pub fn new(from: Size, to: Size, kernel: ResizeKernel) -> Self {
        Self {
            filter: Separable::new(from, to, kernel, 1),
        }
    }

    /// Resizes `planes` into their place in `output`, whose other values stay as they are.
    ///
    /// # Panics
    /// If a buffer does not fit its size, or the resized picture does not fit the canvas.
    pub fn run(&mut self, planes: &[f32], placement: Placement, output: &mut [f32]) {
        let (from, to) = (self.filter.from.area(), placement.canvas.area());
        assert_eq!(planes.len(), 3 * from, "planes of {}", self.filter.from);
        assert_eq!(output.len(), 3 * to, "planes of {}", placement.canvas);
        for (plane, output) in planes.chunks_exact(from).zip(output.chunks_exact_mut(to)) {
            self.filter.run::<f32, 1>(plane, placement, output);
        }
    }
}

/// The coefficients of one axis: for every output pixel a window of source pixels and their weights.
#[derive(Clone, Debug)]
struct Axis {
    /// First source pixel and number of source pixels, per output pixel; both ends never move backwards.
    windows: Vec<(usize, usize)>,
    /// `max_taps` weights per output pixel, those of the window first.
    weights: Vec<f32>,
    max_taps: usize,
    is_identity: bool,
}

impl Axis {
    fn new(from_px: u32, to_px: u32, kernel: ResizeKernel, is_growing: bool) -> Self {
        let operator = Operator::resize(from_px as usize, to_px as usize, kernel, is_growing);
        let max_taps = operator.max_taps();
        let mut axis = Self {
            windows: Vec::with_capacity(operator.len()),
            weights: vec![0.0; max_taps * operator.len()],
            max_taps,
            is_identity: from_px == to_px,
        };
        for ((start, row), weights) in operator.rows().zip(axis.weights.chunks_exact_mut(max_taps))
        {
            for (weight, exact) in weights.iter_mut().zip(row) {
                *weight = *exact as f32;
            }
            axis.windows.push((start, row.len()));
        }
        axis
    }

    /// Window start and weights of every output pixel.
    fn taps(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let weights = self.weights.chunks_exact(self.max_taps);
        let windows = self.windows.iter();
        windows
            .zip(weights)
            .map(|(&(start, len), weights)| (start, &weights[..len]))
    }
}

/// A sample that rows are made of: read as `f32`, written rounded where the type needs it.
trait Sample: Copy {
    fn load(samples: &[Self], row: &mut [f32]);
    fn store(row: &[f32], samples: &mut [Self]);
}

/// Adding 2²³ to a number between 0 and 2²² leaves its nearest whole number in the lowest bits of the mantissa: the
/// rounding itself is then free and vectorises, which a saturating cast does not.
const ROUNDING: f32 = 8_388_608.0;

/// Added first, so that halves round up, as both references do; above the noise of `f32` at 255 (2⁻¹⁶).
const HALVES_UP: f32 = 1.0 / 16_384.0;

impl Sample for u8 {
    fn load(samples: &[u8], row: &mut [f32]) {
        for (value, sample) in row.iter_mut().zip(samples) {
            *value = f32::from(*sample);
        }
    }

    fn store(row: &[f32], samples: &mut [u8]) {
        for (sample, value) in samples.iter_mut().zip(row) {
            // Kernels with negative weights overshoot.
            *sample = (value.clamp(0.0, 255.0) + HALVES_UP + ROUNDING).to_bits() as u8;
        }
    }
}

impl Sample for f32 {
    fn load(samples: &[f32], row: &mut [f32]) {
        row[..samples.len()].copy_from_slice(samples);
    }

    fn store(row: &[f32], samples: &mut [f32]) {
        samples.copy_from_slice(&row[..samples.len()]);
    }
}

/// Both axes and the scratch between them.
#[derive(Clone, Debug)]
struct Separable {
    from: Size,
    to: Size,
    horizontal: Axis,
    vertical: Axis,
    /// Whether rows are rounded to bytes between the passes.
    round_between: bool,
    /// One source row, and one value more, so that four values can be read at the last pixel.
    row: Vec<f32>,
    /// Horizontally filtered rows, source row `y` at `y mod max_taps`; every row has one value more, too.
    ring: Vec<f32>,
    /// The sum of the weighted rows.
    sum: Vec<f32>,
}

impl Separable {
    fn new(from: Size, to: Size, kernel: ResizeKernel, channels: usize) -> Self {
        let is_growing = to.width_px > from.width_px || to.height_px > from.height_px;
        let vertical = Axis::new(from.height_px, to.height_px, kernel, is_growing);
        let pitch = channels * to.width() + 1;
        Self {
            from,
            to,
            horizontal: Axis::new(from.width_px, to.width_px, kernel, is_growing),
            round_between: false,
            row: vec![0.0; channels * from.width() + 1],
            ring: vec![0.0; pitch * vertical.max_taps],
            sum: vec![0.0; pitch],
            vertical,
        }
    }

    fn run<T: Sample, const C: usize>(&mut self, source: &[T], at: Placement, output: &mut [T]) {
        let (from, to) = (self.from, self.to);
        assert_eq!(source.len(), C * from.area(), "picture of {from}");
        assert!(
            at.x_px as usize + to.width() <= at.canvas.width()
                && at.y_px as usize + to.height() <= at.canvas.height(),
            "{to} does not fit {at:?}"
        );
        let mut next_row = 0;
        for y in 0..to.height() {
            let (start, len) = self.vertical.windows[y];
            for source_y in next_row.max(start)..start + len {
                self.filter_row::<T, C>(source, source_y);
            }
            next_row = next_row.max(start + len);
            let offset = (at.y_px as usize + y) * at.canvas.width() + at.x_px as usize;
            let output = &mut output[offset * C..(offset + to.width()) * C];
            T::store(self.weigh_rows(y), output);
        }
    }

    /// Filters source row `y` horizontally into its place in the ring.
    fn filter_row<T: Sample, const C: usize>(&mut self, source: &[T], y: usize) {
        let len = C * self.from.width();
        let source = &source[y * len..(y + 1) * len];
        let pitch = self.sum.len();
        let slot = y % self.vertical.max_taps;
        let filtered = &mut self.ring[slot * pitch..(slot + 1) * pitch];
        if self.horizontal.is_identity {
            T::load(source, filtered);
            return;
        }
        T::load(source, &mut self.row);
        if C == 3 {
            filter_rgb(&self.horizontal, &self.row, filtered);
        } else {
            filter_plane(&self.horizontal, &self.row, filtered);
        }
        if self.round_between {
            for value in filtered {
                *value = (value.clamp(0.0, 255.0) + HALVES_UP + ROUNDING) - ROUNDING;
            }
        }
    }

    /// The weighted sum of the rows in the window of output row `y`.
    fn weigh_rows(&mut self, y: usize) -> &[f32] {
        let (start, len) = self.vertical.windows[y];
        let weights = &self.vertical.weights[y * self.vertical.max_taps..][..len];
        let pitch = self.sum.len();
        let ring = &self.ring;
        let row = |tap: usize| {
            let slot = (start + tap) % self.vertical.max_taps;
            &ring[slot * pitch..(slot + 1) * pitch]
        };
        if self.vertical.is_identity {
            return &ring[(y % self.vertical.max_taps) * pitch..][..pitch];
        }
        for (sum, value) in self.sum.iter_mut().zip(row(0)) {
            *sum = value * weights[0];
        }
        // Two rows a turn halve the traffic of the sum.
        for (pair, weights) in weights[1..].chunks(2).enumerate() {
            let first = row(1 + 2 * pair);
            if let [a, b] = *weights {
                let second = row(2 + 2 * pair);
                for ((sum, first), second) in self.sum.iter_mut().zip(first).zip(second) {
                    *sum += first * a + second * b;
                }
            } else {
                for (sum, first) in self.sum.iter_mut().zip(first) {
                    *sum += first * weights[0];
                }
            }
        }
        &self.sum
    }
}

/// Filters a row of interleaved RGB. Four values are carried instead of three because four fit a vector register; the
/// fourth belongs to the next pixel, is wrong, and is overwritten by that pixel.
fn filter_rgb(axis: &Axis, row: &[f32], filtered: &mut [f32]) {
    for (pixel, (start, weights)) in axis.taps().enumerate() {
        let mut sums = [0.0_f32; 4];
        let window = &row[3 * start..=3 * (start + weights.len())];
        for (tap, weight) in weights.iter().enumerate() {
            let values = &window[3 * tap..3 * tap + 4];
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += value * weight;
            }
        }
        filtered[3 * pixel..3 * pixel + 4].copy_from_slice(&sums);
    }
}

/// Filters a row of one plane.
fn filter_plane(axis: &Axis, row: &[f32], filtered: &mut [f32]) {
    for (output, (start, weights)) in filtered.iter_mut().zip(axis.taps()) {
        let values = &row[start..start + weights.len()];
        *output = values
            .iter()
            .zip(weights)
            .map(|(value, weight)| value * weight)
            .sum();
    }
}
