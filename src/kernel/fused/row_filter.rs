//! The vertical pass on its own, and a horizontal one that stays in 8 bits: what a blur needs.

use super::passes::{Passes, Rows, passes_or_plain};
use super::tables::{Vertical, quantize, row_bits};
use super::weigh_rows;
use crate::kernel::axis::Operator;
use crate::kernel::{CpuLevel, MedianWindow};

/// Medians with the vector instructions of a level.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct MedianFilter {
    passes: &'static dyn Passes,
}

impl MedianFilter {
    /// With the vector instructions of `level`, or none if the machine lacks them.
    pub(in crate::kernel) fn new(level: CpuLevel) -> Self {
        Self {
            passes: passes_or_plain(level),
        }
    }

    /// Writes the medians of windows, as [`medians`](crate::kernel::median::medians) does.
    pub(in crate::kernel) fn run(
        self,
        rows: &[u8],
        pitch: usize,
        window: MedianWindow,
        output: &mut [u8],
    ) {
        self.passes.median(rows, pitch, window, output);
    }
}

/// From rows of bytes to a row of `i16` with 7 bits of fraction, and from there to bytes.
#[derive(Clone, Debug)]
pub(in crate::kernel) struct RowFilter {
    passes: &'static dyn Passes,
    vertical: Vertical,
}

impl RowFilter {
    /// Prepares the vertical pass for `operator`, whose weights are not negative.
    pub(in crate::kernel) fn new(operator: &Operator, level: CpuLevel) -> Self {
        Self {
            passes: passes_or_plain(level),
            vertical: Vertical::new(operator, false),
        }
    }

    /// Weights for [`Self::weigh`].
    pub(in crate::kernel) fn whole(weights: &[f64]) -> Vec<u16> {
        let mut whole = Vec::new();
        quantize(weights, 1 << 15, &mut whole);
        whole.iter().map(|weight| *weight as u16).collect()
    }

    /// Output row `y` of the vertical pass over rows of `len` bytes without padding.
    pub(in crate::kernel) fn vertical(&self, bytes: &[u8], len: usize, y: usize, row: &mut [i16]) {
        let window = self.vertical.row(y);
        let rows = Rows {
            plane: &bytes[window.start * len..],
            stride: len,
            len,
            taps: window.taps,
            next: window.next.unwrap_or(window.start) - window.start,
        };
        weigh_rows(self.passes, rows, window.weights, 14 - row_bits(false), row);
    }

    /// Weighs the pixels (of `step` samples) around every sample of `row`, which begins as many pixels before the first
    /// output as there are weights before the middle one.
    pub(in crate::kernel) fn weigh(
        &self,
        row: &[i16],
        step: usize,
        weights: &[u16],
        output: &mut [u8],
    ) {
        self.passes.weigh(row, step, weights, output);
    }
}
