//! One axis of a filter as a banded matrix: which input pixels make an output pixel, and with which weights.
//!
//! Crop, blur, resize and the repetition of subsampled chroma are linear and work on rows and columns apart from each
//! other. So each of them is one matrix per axis, a chain of them is the product of their matrices, and that product is
//! computed once, when a recipe is compiled:
//!
//! ```text
//! output = resize · blur · crop · upsample · input            (per axis; every matrix is a band)
//! ```
//!
//! *Shapes.* A row of the matrix is a *window*: a first input pixel and its weights, which add up to 1.
//! *Cost.* In proportion to the output's pixels and the width of the band; nothing here runs per frame.

use super::blur::Edge;
use super::resize::ResizeKernel;

/// Weights below this are no weights: far under what 8 bits, 16-bit coefficients or `f32` can show.
const NOTHING: f64 = 1e-9;

/// The matrix of one axis.
#[derive(Clone, Debug)]
pub(super) struct Operator {
    /// Pixels of the input.
    from: usize,
    /// First input pixel and end of the weights, per output pixel.
    windows: Vec<Window>,
    weights: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    start: usize,
    /// Where its weights begin and end in the list of all weights.
    begin: usize,
    end: usize,
}

impl Operator {
    fn empty(from: usize, to: usize) -> Self {
        Self {
            from,
            windows: Vec::with_capacity(to),
            weights: Vec::with_capacity(4 * to),
        }
    }

    /// Adds an output pixel; weights of nothing at both ends are left out.
    fn push(&mut self, start: usize, weights: &[f64]) {
        let is_something = |weight: &f64| weight.abs() > NOTHING;
        let first = weights.iter().position(is_something).unwrap_or(0);
        let last = weights.iter().rposition(is_something).unwrap_or(0);
        let begin = self.weights.len();
        self.weights.extend_from_slice(&weights[first..=last]);
        self.windows.push(Window {
            start: start + first,
            begin,
            end: self.weights.len(),
        });
    }

    /// Keeps `len` of `from` pixels, from `start` on.
    pub(super) fn crop(from: usize, start: usize, len: usize) -> Self {
        let mut operator = Self::empty(from, len);
        for index in 0..len {
            operator.push(start + index, &[1.0]);
        }
        operator
    }

    /// Leaves `len` pixels as they are.
    pub(super) fn identity(len: usize) -> Self {
        Self::crop(len, 0, len)
    }

    /// Repeats every pixel of a halved plane; an odd last one stands alone.
    pub(super) fn doubled(to: usize) -> Self {
        let mut operator = Self::empty(to.div_ceil(2), to);
        for index in 0..to {
            operator.push(index / 2, &[1.0]);
        }
        operator
    }

    /// Weighs the pixels around each of `len` pixels; `kernel` has an odd number of weights.
    pub(super) fn blur(len: usize, kernel: &[f64], edge: Edge) -> Self {
        let radius = (kernel.len() / 2) as isize;
        let mut operator = Self::empty(len, len);
        let mut weights = vec![0.0; len];
        for index in 0..len as isize {
            let (mut first, mut last) = (len, 0);
            for (tap, weight) in kernel.iter().enumerate() {
                let position = edge.inside(index + tap as isize - radius, len);
                weights[position] += weight;
                (first, last) = (first.min(position), last.max(position));
            }
            operator.push(first, &weights[first..=last]);
            weights[first..=last].fill(0.0);
        }
        operator
    }

    /// Brings `from` pixels to `to` by `kernel`. `is_growing` says whether either axis of the picture grows, which
    /// decides what [`ResizeKernel::Area`] means.
    pub(super) fn resize(from: usize, to: usize, kernel: ResizeKernel, is_growing: bool) -> Self {
        assert!(from > 0 && to > 0, "resize {from} px to {to} px");
        if from == to {
            return Self::identity(from);
        }
        let mut operator = Self::empty(from, to);
        let scale = from as f64 / to as f64;
        let mut weights = Vec::new();
        for index in 0..to {
            weights.clear();
            let start = match kernel {
                ResizeKernel::Nearest => {
                    weights.push(1.0);
                    ((index as f64 * scale) as usize).min(from - 1)
                }
                ResizeKernel::Bilinear => bilinear(half_pixel(index, scale), from, &mut weights),
                // The last pixel is the last pixel, also where it is the only one.
                ResizeKernel::BilinearAlignCorners if index + 1 == to => {
                    weights.push(1.0);
                    from - 1
                }
                ResizeKernel::BilinearAlignCorners => {
                    let position = index as f64 * (from - 1) as f64 / (to - 1) as f64;
                    bilinear(position as f32, from, &mut weights)
                }
                ResizeKernel::BilinearAntialias => {
                    antialias(index, scale, from, 1.0, triangle, &mut weights)
                }
                ResizeKernel::Lanczos3 => {
                    antialias(index, scale, from, 3.0, lanczos3, &mut weights)
                }
                ResizeKernel::Area if is_growing => area_growing(index, scale, from, &mut weights),
                ResizeKernel::Area => area(index, scale, from, &mut weights),
                ResizeKernel::Cubic => cubic(half_pixel(index, scale), from, &mut weights),
            };
            operator.push(start, &weights);
        }
        operator
    }

    /// The operator that does `self` to what `inner` gives.
    pub(super) fn after(&self, inner: &Self) -> Self {
        debug_assert_eq!(
            self.from,
            inner.windows.len(),
            "operators that fit together"
        );
        let mut product = Self::empty(inner.from, self.windows.len());
        let mut sums = vec![0.0; inner.from];
        for window in &self.windows {
            let weights = &self.weights[window.begin..window.end];
            let (mut first, mut end) = (inner.from, 0);
            for (inner_window, weight) in inner.windows[window.start..].iter().zip(weights) {
                let inner_weights = &inner.weights[inner_window.begin..inner_window.end];
                let inner_end = inner_window.start + inner_weights.len();
                (first, end) = (first.min(inner_window.start), end.max(inner_end));
                for (sum, inner_weight) in sums[inner_window.start..].iter_mut().zip(inner_weights)
                {
                    *sum += weight * inner_weight;
                }
            }
            product.push(first, &sums[first..end]);
            sums[first..end].fill(0.0);
        }
        product
    }

    /// Pixels of the output.
    pub(super) fn len(&self) -> usize {
        self.windows.len()
    }

    /// First input pixel and weights of every output pixel.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, &[f64])> {
        let row = |window: &Window| (window.start, &self.weights[window.begin..window.end]);
        self.windows.iter().map(row)
    }

    /// The most input pixels that an output pixel needs.
    pub(super) fn max_taps(&self) -> usize {
        let taps = self.windows.iter().map(|window| window.end - window.begin);
        taps.max().unwrap_or(0)
    }

    /// Whether some weight is negative, so that a result may leave the range of its inputs.
    pub(super) fn is_signed(&self) -> bool {
        self.weights.iter().any(|weight| *weight < 0.0)
    }
}

/// The weights of a Gaussian of `2 · radius + 1` pixels (`OpenCV` `getGaussianKernel` with a positive sigma).
pub(super) fn gaussian(sigma_px: f64, radius: usize) -> Vec<f64> {
    let weight = |tap: usize| {
        let distance = tap as f64 - radius as f64;
        (-distance * distance / (2.0 * sigma_px * sigma_px)).exp()
    };
    let weights: Vec<f64> = (0..=2 * radius).map(weight).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// Where output pixel `index` lies in the source, as `OpenCV` computes it: in `f32` after the subtraction.
fn half_pixel(index: usize, scale: f64) -> f32 {
    ((index as f64 + 0.5) * scale - 0.5) as f32
}

/// `OpenCV` `modules/imgproc/src/resize.cpp`, `INTER_LINEAR`: two neighbours; beyond the outer centres the outer pixel.
fn bilinear(position: f32, from: usize, weights: &mut Vec<f64>) -> usize {
    let last = (from - 1) as f32;
    if position <= 0.0 || position >= last {
        weights.push(1.0);
        return position.clamp(0.0, last) as usize;
    }
    let start = position.floor();
    let share = f64::from(position - start);
    weights.extend([1.0 - share, share]);
    start as usize
}

/// `OpenCV` `modules/imgproc/src/resize.cpp`, `computeResizeAreaTab`: every source pixel by the part that is covered.
fn area(index: usize, scale: f64, from: usize, weights: &mut Vec<f64>) -> usize {
    /// `OpenCV` leaves out a part smaller than this.
    const SLIVER: f64 = 1e-3;
    let begin = index as f64 * scale;
    let end = begin + scale;
    let last = (end.floor() as usize).min(from - 1);
    let first = (begin.ceil() as usize).min(last);
    let mut start = first;
    if first as f64 - begin > SLIVER {
        start -= 1;
        weights.push(first as f64 - begin);
    }
    weights.resize(weights.len() + last - first, 1.0);
    if end - last as f64 > SLIVER {
        weights.push((end - last as f64).min(1.0));
    }
    normalize(weights);
    start
}

/// What `OpenCV` does for `INTER_AREA` when an axis grows: two neighbours, mixed only where an output pixel lies across
/// their border.
fn area_growing(index: usize, scale: f64, from: usize, weights: &mut Vec<f64>) -> usize {
    let start = (index as f64 * scale).floor();
    let share = ((index + 1) as f64 - (start + 1.0) / scale) as f32;
    let share = if share <= 0.0 {
        0.0
    } else {
        f64::from(share - share.floor())
    };
    let start = start as usize;
    if start + 1 >= from {
        weights.push(1.0);
        return from - 1;
    }
    weights.extend([1.0 - share, share]);
    start
}

/// `OpenCV` `modules/imgproc/src/resize.cpp`, `interpolateCubic`: four neighbours, beyond the border the outer pixel.
fn cubic(position: f32, from: usize, weights: &mut Vec<f64>) -> usize {
    const A: f32 = -0.75;
    let floor = position.floor();
    let x = position - floor;
    let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let left = ((A * (x + 1.0) - 5.0 * A) * (x + 1.0) + 8.0 * A) * (x + 1.0) - 4.0 * A;
    let taps = [
        left,
        near(x),
        near(1.0 - x),
        1.0 - left - near(x) - near(1.0 - x),
    ];
    let last = from as isize - 1;
    let inside = |tap: isize| (floor as isize + tap).clamp(0, last) as usize;
    let start = inside(-1);
    weights.resize(inside(2) - start + 1, 0.0);
    for (tap, weight) in (-1..=2).zip(taps) {
        weights[inside(tap) - start] += f64::from(weight);
    }
    start
}

/// Pillow `src/libImaging/Resample.c`, `precompute_coeffs`: a filter as wide as the scale demands.
fn antialias(
    index: usize,
    scale: f64,
    from: usize,
    support: f64,
    filter: fn(f64) -> f64,
    weights: &mut Vec<f64>,
) -> usize {
    let filter_scale = scale.max(1.0);
    let support = support * filter_scale;
    let center = (index as f64 + 0.5) * scale;
    let start = (center - support + 0.5).max(0.0) as usize;
    let end = ((center + support + 0.5) as usize).min(from);
    weights.extend((start..end).map(|pixel| filter((pixel as f64 - center + 0.5) / filter_scale)));
    normalize(weights);
    start
}

fn triangle(distance: f64) -> f64 {
    (1.0 - distance.abs()).max(0.0)
}

fn lanczos3(distance: f64) -> f64 {
    let sinc = |x: f64| {
        let angle = x * std::f64::consts::PI;
        if x == 0.0 { 1.0 } else { angle.sin() / angle }
    };
    if (-3.0..3.0).contains(&distance) {
        sinc(distance) * sinc(distance / 3.0)
    } else {
        0.0
    }
}

fn normalize(weights: &mut [f64]) {
    let total: f64 = weights.iter().sum();
    for weight in weights {
        *weight /= total;
    }
}
