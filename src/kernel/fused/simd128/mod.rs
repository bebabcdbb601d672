//! The passes with vectors of 16 bytes: SSE4.1 on x86-64, NEON on ARM, the same results as the plain loops.
//!
//! The passes are written once (`rows.rs`) in terms of a few operations that both have (`sse41.rs`, `neon.rs`). `unsafe` is
//! needed for what AVX2's is: calling code that the processor has to know, and loads and stores at computed places.

#![allow(unsafe_code, reason = "vector instructions; see the module's text")]

mod rows;
#[cfg_attr(target_arch = "x86_64", path = "sse41.rs")]
#[cfg_attr(target_arch = "aarch64", path = "neon.rs")]
mod vector;

use super::color::{Finish, Matrix};
use super::passes::{Passes, Rows, YuvRows, YuvTables};
use super::scalar;
use super::tables::Horizontal;
use crate::kernel::Normalization;

/// Bytes of a vector.
const WIDTH: usize = 16;

/// Output pixels that the horizontal passes finish at once.
const GROUP: usize = 4;

/// Up to this many taps a sum of cut products and halves fits 16 bits.
const MAX_WEIGHED_TAPS: usize = 64;

/// Proof that the processor knows the operations of `vector`.
#[derive(Debug)]
pub(super) struct Simd128(());

impl Simd128 {
    /// The proof, where it holds.
    pub(super) fn detect() -> Option<&'static Self> {
        static PROOF: Simd128 = Simd128(());
        vector::is_known().then_some(&PROOF)
    }
}

impl Passes for Simd128 {
    /// Groups of four pixels, pair of taps by pair of taps: of one channel the pairs of all four, of two channels each
    /// pixel's pair twice.
    fn prepare(&self, table: &mut Horizontal, channels: usize) -> usize {
        let taps = 2 * table.pairs;
        if channels < 3 {
            for group in table.weights.chunks_exact(GROUP * taps) {
                for pair in 0..table.pairs {
                    for pixel in group.chunks_exact(taps) {
                        for _ in 0..channels {
                            table.packed.extend_from_slice(&pixel[2 * pair..][..2]);
                        }
                    }
                }
            }
        }
        row_len(table, channels)
    }

    fn vertical_narrow(&self, rows: Rows<'_>, weights: &[u16], output: &mut [i16]) {
        assert!(rows.are_inside() && rows.taps == weights.len() && output.len() >= rows.len);
        if rows.len < WIDTH {
            return scalar::vertical_narrow(rows, weights, output);
        }
        // SAFETY: `self` is the proof; the rows lie in their plane, are a vector long at least, and fit the output.
        unsafe { rows::vertical_narrow(rows, weights, output) }
    }

    fn vertical_wide(&self, rows: Rows<'_>, weights: &[i16], shift: u32, output: &mut [i16]) {
        let taps = rows.taps.next_multiple_of(2);
        assert!(rows.are_inside() && taps == weights.len() && output.len() >= rows.len);
        if rows.len < WIDTH {
            return scalar::vertical_wide(rows, weights, shift, output);
        }
        // SAFETY: `self` is the proof; the rows lie in their plane, are a vector long at least, and fit the output.
        unsafe { rows::vertical_wide(rows, weights, shift, output) }
    }

    fn rgb(&self, row: &[i16], table: &Horizontal, finish: &Finish, outputs: [&mut [f32]; 3]) {
        let len = table.len();
        assert!(outputs.iter().all(|output| output.len() >= len) && row.len() >= row_len(table, 3));
        let [red, green, blue] = outputs;
        let vectors = [&mut *red, &mut *green, &mut *blue].map(<[f32]>::as_mut_ptr);
        // SAFETY: `self` is the proof; whole groups of the outputs are written, and every window, rounded up to a vector,
        // ends within the row.
        unsafe { rows::rgb(row, table, finish, vectors) }
        scalar::rgb(row, table, finish, len / GROUP * GROUP, [red, green, blue]);
    }

    fn plane(&self, row: &[i16], table: &Horizontal, sums: &mut [f32]) {
        let len = table.len();
        assert!(sums.len() >= len && row.len() >= row_len(table, 1));
        assert_eq!(table.packed.len(), len / GROUP * GROUP * 2 * table.pairs);
        // SAFETY: `self` is the proof; whole groups of the sums are written, and every window ends within the row.
        unsafe { rows::plane(row, table, sums) }
        scalar::plane(row, table, len / GROUP * GROUP, sums);
    }

    fn yuv(
        &self,
        rows: YuvRows<'_>,
        tables: &YuvTables,
        [y, u, v]: [&mut [f32]; 3],
        matrix: &Matrix,
        outputs: [&mut [f32]; 3],
    ) {
        let (row, table, len) = (rows.chroma, &tables.chroma, tables.chroma.len());
        self.plane(rows.luma, &tables.luma, y);
        assert!(u.len() >= len && v.len() >= len && row.len() >= row_len(table, 2));
        assert_eq!(table.packed.len(), len / GROUP * GROUP * 4 * table.pairs);
        // SAFETY: `self` is the proof; whole groups of the sums are written, and every window ends within the row.
        unsafe { rows::pair(row, table, [&mut *u, &mut *v]) }
        scalar::pair(row, table, len / GROUP * GROUP, [&mut *u, &mut *v]);
        assert!(outputs.iter().all(|output| output.len() == len) && y.len() >= len);
        let [red, green, blue] = outputs;
        let vectors = [&mut *red, &mut *green, &mut *blue].map(<[f32]>::as_mut_ptr);
        // SAFETY: `self` is the proof; whole groups below `len` are read and written.
        unsafe { rows::matrix([y, u, v], matrix, vectors, len / GROUP) }
        let done = len / GROUP * GROUP;
        scalar::matrix([y, u, v], matrix, done, [red, green, blue]);
    }

    fn normalize(
        &self,
        rgb: &[u8],
        normalization: &Normalization,
        planes: [&mut [f32]; 3],
    ) -> usize {
        let len = rgb.len() / 3;
        assert!(planes.iter().all(|plane| plane.len() >= len));
        // SAFETY: `self` is the proof; every plane has a value for each pixel.
        unsafe { rows::normalize(rgb, normalization, planes.map(<[f32]>::as_mut_ptr)) }
    }

    fn weigh(&self, row: &[i16], step: usize, weights: &[u16], output: &mut [u8]) {
        assert!(!weights.is_empty() && row.len() >= output.len() + (weights.len() - 1) * step);
        if output.len() < WIDTH || weights.len() > MAX_WEIGHED_TAPS {
            return scalar::weigh(row, step, weights, output);
        }
        // SAFETY: `self` is the proof; the output is a vector long at least, and the row as much longer as the taps reach.
        unsafe { rows::weigh(row, step, weights, output) }
    }

    fn bytes(&self, rows: [&[f32]; 3], output: &mut [u8]) {
        let len = output.len() / 3;
        assert!(rows.iter().all(|row| row.len() >= len));
        // SAFETY: `self` is the proof; whole groups of pixels are read and written.
        let done = unsafe { rows::bytes(rows.map(<[f32]>::as_ptr), output) };
        scalar::bytes(rows, done, output);
    }
}

/// Samples that a row of `channels` interleaved channels must hold for its pass to read whole vectors.
fn row_len(table: &Horizontal, channels: usize) -> usize {
    let samples = channels * table.reach(2 * table.pairs);
    // The two pixels of a pair are six samples of a vector of eight.
    if channels == 3 { samples + 2 } else { samples }
}
