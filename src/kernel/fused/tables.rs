//! The weights of one axis as whole numbers, laid out for the passes.
//!
//! *Units.* A row between the passes holds pixels times `2^bits` (7 bits; 6 where negative weights may overshoot) as
//! `i16`; the sums of the horizontal pass hold pixels times `2^(bits + 14)` as `i32`.

#[cfg(target_arch = "x86_64")]
use super::avx512::Permutes;
use crate::kernel::axis::Operator;

/// Weights of the horizontal pass and of the wide vertical pass add up to this.
const ONE: i32 = 1 << 14;

/// Weights of the narrow vertical pass add up to this: two bits more, since they are not negative. One weight alone is
/// one less, and the pass's rounding makes up for it.
const ONE_NARROW: i32 = 1 << 16;

/// The narrow pass loses less than a 256th of a level for each tap; up to here that stays below a 60th.
pub(super) const MAX_NARROW_TAPS: usize = 8;

/// Bits of a pixel's fraction in the rows between the passes.
pub(super) const fn row_bits(is_signed: bool) -> u32 {
    if is_signed { 6 } else { 7 }
}

/// What one unit of the horizontal pass's sums is worth, in pixels.
pub(super) fn sum_unit(is_signed: bool) -> f64 {
    1.0 / f64::from(ONE << row_bits(is_signed))
}

/// Which source rows make an output row, and how.
#[derive(Clone, Debug)]
pub(super) struct Vertical {
    /// First source row and number of source rows, per output row.
    windows: Vec<(usize, usize)>,
    weights: Weights,
}

#[derive(Clone, Debug)]
enum Weights {
    /// `MAX_NARROW_TAPS` a row.
    Narrow(Vec<u16>),
    /// `pitch` (even) a row, the last of them 0 if the number of taps is odd.
    Wide { weights: Vec<i16>, pitch: usize },
}

/// The window of one output row.
#[derive(Clone, Copy, Debug)]
pub(super) struct VerticalRow<'a> {
    /// First source row.
    pub(super) start: usize,
    /// Number of source rows.
    pub(super) taps: usize,
    /// The first source row that the next output row needs and this one does not; the last window has none.
    pub(super) next: Option<usize>,
    /// Their weights.
    pub(super) weights: RowWeights<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum RowWeights<'a> {
    /// One weight a tap; products are cut to the units of the row one by one.
    Narrow(&'a [u16]),
    /// As many weights as taps, rounded up to even; products are added in full.
    Wide(&'a [i16]),
}

impl Vertical {
    pub(super) fn new(operator: &Operator, is_signed: bool) -> Self {
        let windows = operator.rows().map(|(start, row)| (start, row.len()));
        let windows = windows.collect();
        let max_taps = operator.max_taps();
        let mut quantized = Vec::new();
        let weights = if is_signed || max_taps > MAX_NARROW_TAPS {
            let pitch = max_taps.next_multiple_of(2);
            let mut weights = vec![0; pitch * operator.len()];
            for ((_, row), weights) in operator.rows().zip(weights.chunks_exact_mut(pitch)) {
                quantize(row, ONE, &mut quantized);
                for (weight, whole) in weights.iter_mut().zip(&quantized) {
                    *weight = *whole as i16;
                }
            }
            Weights::Wide { weights, pitch }
        } else {
            let mut weights = vec![0; MAX_NARROW_TAPS * operator.len()];
            let rows = weights.chunks_exact_mut(MAX_NARROW_TAPS);
            for ((_, row), weights) in operator.rows().zip(rows) {
                quantize(row, ONE_NARROW, &mut quantized);
                for (weight, whole) in weights.iter_mut().zip(&quantized) {
                    *weight = (*whole).min(0xFFFF) as u16;
                }
            }
            Weights::Narrow(weights)
        };
        Self { windows, weights }
    }

    pub(super) fn row(&self, y: usize) -> VerticalRow<'_> {
        let (start, taps) = self.windows[y];
        let weights = match &self.weights {
            Weights::Narrow(weights) => RowWeights::Narrow(&weights[y * MAX_NARROW_TAPS..][..taps]),
            Weights::Wide { weights, pitch } => {
                RowWeights::Wide(&weights[y * pitch..][..taps.next_multiple_of(2)])
            }
        };
        let next = self.windows.get(y + 1).map(|window| window.0);
        VerticalRow {
            start,
            taps,
            next: next.map(|next| next.max(start + taps)),
            weights,
        }
    }
}

/// Which pixels of a row make an output pixel, and how. All windows have the same, even number of taps; those that need
/// fewer have weights of 0.
#[derive(Clone, Debug)]
pub(super) struct Horizontal {
    /// First pixel of the row, per output pixel.
    pub(super) starts: Vec<u32>,
    /// The largest of them.
    last_start: usize,
    /// Pairs of taps per output pixel.
    pub(super) pairs: usize,
    /// `2 · pairs` weights per output pixel.
    pub(super) weights: Vec<i16>,
    /// The same weights in the order in which vector code reads them; empty if it reads `weights`.
    pub(super) packed: Vec<i16>,
    /// The same windows for AVX-512, where that is possible.
    #[cfg(target_arch = "x86_64")]
    pub(super) permutes: Option<Permutes>,
}

impl Horizontal {
    pub(super) fn new(operator: &Operator) -> Self {
        let pairs = operator.max_taps().div_ceil(2);
        let mut starts = Vec::with_capacity(operator.len());
        let mut weights = vec![0; 2 * pairs * operator.len()];
        let mut quantized = Vec::new();
        for ((start, row), weights) in operator.rows().zip(weights.chunks_exact_mut(2 * pairs)) {
            quantize(row, ONE, &mut quantized);
            starts.push(start as u32);
            for (weight, whole) in weights.iter_mut().zip(&quantized) {
                *weight = *whole as i16;
            }
        }
        Self {
            last_start: starts.iter().max().map_or(0, |start| *start as usize),
            starts,
            pairs,
            weights,
            packed: Vec::new(),
            #[cfg(target_arch = "x86_64")]
            permutes: None,
        }
    }

    /// Output pixels.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Pixels that a row must hold if every window is read `taps` wide.
    pub(super) fn reach(&self, taps: usize) -> usize {
        self.last_start + taps
    }

    /// First pixel and weights of output pixels from `first` on.
    pub(super) fn windows(&self, first: usize) -> impl Iterator<Item = (usize, &[i16])> {
        let taps = 2 * self.pairs;
        let starts = self.starts[first..].iter().map(|start| *start as usize);
        starts.zip(self.weights[first * taps..].chunks_exact(taps))
    }
}

/// Whole weights that add up to `one`. Their running sums are rounded, not each of them: along an edge errors do not add
/// up then.
pub(super) fn quantize(weights: &[f64], one: i32, quantized: &mut Vec<i32>) {
    quantized.clear();
    let total: f64 = weights.iter().sum();
    let (mut sum, mut whole_sum) = (0.0, 0);
    for weight in weights {
        sum += weight;
        let rounded = (sum / total * f64::from(one)).round() as i32;
        quantized.push(rounded - whole_sum);
        whole_sum = rounded;
    }
}
