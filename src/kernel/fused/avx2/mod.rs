//! The passes with AVX2: 32 bytes at once, the same results as the plain loops.
//!
//! This folder is the one place of the fused path with `unsafe`. It needs it for three things: calling code that the
//! processor has to know ([`Avx2`] exists only where it does), loads and stores of whole vectors at computed places
//! (every safe function here asserts the lengths that its loop relies on), and one instruction in `asm!`.

#![allow(unsafe_code, reason = "vector instructions; see the module's text")]
#![allow(
    clippy::unused_self,
    reason = "`self` is the proof that the processor knows AVX2"
)]

mod horizontal;
mod pack;
mod vertical;

use super::color::{Finish, Matrix};
use super::passes::{Passes, Rows, YuvRows, YuvTables};
use super::scalar;
use super::tables::Horizontal;
use crate::kernel::median::medians;
use crate::kernel::{MedianWindow, Normalization};

/// Bytes of a vector.
const WIDTH: usize = 32;

/// Output pixels that the horizontal passes finish at once.
const GROUP: usize = 8;

/// Up to this many pairs of taps the loop over them is unrolled.
const MAX_UNROLLED_PAIRS: usize = 6;

/// Up to this many taps a sum of cut products and halves fits 16 bits.
const MAX_WEIGHED_TAPS: usize = 64;

/// Proof that the processor knows AVX2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(());

impl Avx2 {
    /// The proof, where it holds.
    pub(super) fn detect() -> Option<&'static Self> {
        static PROOF: Avx2 = Avx2(());
        is_x86_feature_detected!("avx2").then_some(&PROOF)
    }
}

impl Passes for Avx2 {
    /// Lays the weights out in the order in which the pass over `channels` interleaved channels reads them, and returns
    /// how many samples a row must hold for that pass to read whole vectors of it.
    ///
    /// In every layout a vector's low half belongs to pixels 0 to 3 of a group of eight, its high half to 4 to 7.
    fn prepare(&self, table: &mut Horizontal, channels: usize) -> usize {
        let taps = 2 * table.pairs;
        let mut packed = Vec::new();
        for group in table.weights.chunks_exact(GROUP * taps) {
            let [low, high] = [&group[..4 * taps], &group[4 * taps..]].map(|half| match channels {
                // The pairs of all four pixels, one after the other.
                3 => half.to_vec(),
                // Pixel by pixel, every pair for both channels: a b a b c d c d.
                2 => {
                    let twice = |pair: &[i16]| [pair[0], pair[1], pair[0], pair[1]];
                    let padded = padded(half, taps, 4);
                    padded.chunks_exact(2).flat_map(twice).collect()
                }
                // Pixels 0, 1 and 2, 3 as a vector each, or pixel by pixel in blocks of eight.
                _ if taps <= 4 => padded(half, taps, 4),
                _ => padded(half, taps, 8),
            });
            for (low, high) in low.chunks_exact(8).zip(high.chunks_exact(8)) {
                packed.extend_from_slice(low);
                packed.extend_from_slice(high);
            }
        }
        table.packed = packed;
        row_len(table, channels)
    }

    fn vertical_narrow(&self, rows: Rows<'_>, weights: &[u16], output: &mut [i16]) {
        assert!(rows.are_inside() && rows.taps == weights.len() && output.len() >= rows.len);
        if rows.len < WIDTH {
            return scalar::vertical_narrow(rows, weights, output);
        }
        // SAFETY: the level proves AVX2; the rows lie in their plane, are a vector long at least, and fit the output.
        unsafe {
            match weights {
                [a] => vertical::narrow(rows, [*a], output),
                [a, b] => vertical::narrow(rows, [*a, *b], output),
                [a, b, c] => vertical::narrow(rows, [*a, *b, *c], output),
                [a, b, c, d] => vertical::narrow(rows, [*a, *b, *c, *d], output),
                [a, b, c, d, e] => vertical::narrow(rows, [*a, *b, *c, *d, *e], output),
                [a, b, c, d, e, f] => vertical::narrow(rows, [*a, *b, *c, *d, *e, *f], output),
                [a, b, c, d, e, f, g] => {
                    vertical::narrow(rows, [*a, *b, *c, *d, *e, *f, *g], output);
                }
                [a, b, c, d, e, f, g, h] => {
                    vertical::narrow(rows, [*a, *b, *c, *d, *e, *f, *g, *h], output);
                }
                _ => scalar::vertical_narrow(rows, weights, output),
            }
        }
    }

    fn vertical_wide(&self, rows: Rows<'_>, weights: &[i16], shift: u32, output: &mut [i16]) {
        let taps = rows.taps.next_multiple_of(2);
        assert!(rows.are_inside() && taps == weights.len() && output.len() >= rows.len);
        if rows.len < WIDTH {
            return scalar::vertical_wide(rows, weights, shift, output);
        }
        // SAFETY: the level proves AVX2; the rows lie in their plane, are a vector long at least, and fit the output.
        unsafe { vertical::wide(rows, weights, shift, output) }
    }

    fn normalize(
        &self,
        rgb: &[u8],
        normalization: &Normalization,
        [first, second, third]: [&mut [f32]; 3],
    ) -> usize {
        let len = rgb.len() / 3;
        assert!(first.len() >= len && second.len() >= len && third.len() >= len);
        let planes = [first.as_mut_ptr(), second.as_mut_ptr(), third.as_mut_ptr()];
        // SAFETY: the level proves AVX2; every plane has a value for each pixel.
        unsafe { pack::normalize(rgb, normalization, planes) }
    }

    fn weigh(&self, row: &[i16], step: usize, weights: &[u16], output: &mut [u8]) {
        assert!(!weights.is_empty() && row.len() >= output.len() + (weights.len() - 1) * step);
        if output.len() < WIDTH || weights.len() > MAX_WEIGHED_TAPS {
            return scalar::weigh(row, step, weights, output);
        }
        // SAFETY: the level proves AVX2; the output is a vector long at least, and the row as much longer as the taps reach.
        unsafe { horizontal::weigh(row, step, weights, output) }
    }

    fn rgb(&self, row: &[i16], table: &Horizontal, finish: &Finish, outputs: [&mut [f32]; 3]) {
        let len = table.len();
        assert!(outputs.iter().all(|output| output.len() >= len));
        assert!(row.len() >= row_len(table, 3));
        assert_eq!(table.packed.len(), len / GROUP * GROUP * 2 * table.pairs);
        let [red, green, blue] = outputs;
        let vectors = [&mut *red, &mut *green, &mut *blue].map(<[f32]>::as_mut_ptr);
        // SAFETY: the level proves AVX2; whole groups of the outputs are written, the table's packed weights are read in
        // order, and every window, rounded up to a vector, ends within the row.
        unsafe {
            match (table.pairs, finish.is_clamped()) {
                (1, false) => horizontal::rgb::<1, false>(row, table, finish, vectors),
                (2, false) => horizontal::rgb::<2, false>(row, table, finish, vectors),
                (3, false) => horizontal::rgb::<3, false>(row, table, finish, vectors),
                (4, false) => horizontal::rgb::<4, false>(row, table, finish, vectors),
                (5, false) => horizontal::rgb::<5, false>(row, table, finish, vectors),
                (MAX_UNROLLED_PAIRS, false) => {
                    horizontal::rgb::<MAX_UNROLLED_PAIRS, false>(row, table, finish, vectors);
                }
                (2, true) => horizontal::rgb::<2, true>(row, table, finish, vectors),
                _ => horizontal::rgb::<0, true>(row, table, finish, vectors),
            }
        }
        scalar::rgb(row, table, finish, len / GROUP * GROUP, [red, green, blue]);
    }

    fn plane(&self, row: &[i16], table: &Horizontal, sums: &mut [f32]) {
        let len = table.len();
        let taps = 2 * table.pairs;
        let block_taps = if taps <= 4 {
            4
        } else {
            taps.next_multiple_of(8)
        };
        assert!(sums.len() >= len && row.len() >= row_len(table, 1));
        assert_eq!(table.packed.len(), len / GROUP * GROUP * block_taps);
        // SAFETY: the level proves AVX2; whole groups of the sums are written, the table's packed weights are read in
        // order, and every window, rounded up to four or to blocks of eight, ends within the row.
        unsafe {
            match block_taps {
                4 => horizontal::plane_of_four(row, table, sums),
                8 => horizontal::plane::<1>(row, table, sums),
                16 => horizontal::plane::<2>(row, table, sums),
                _ => horizontal::plane::<0>(row, table, sums),
            }
        }
        scalar::plane(row, table, len / GROUP * GROUP, sums);
    }

    fn yuv(
        &self,
        rows: YuvRows<'_>,
        tables: &YuvTables,
        [y, u, v]: [&mut [f32]; 3],
        factors: &Matrix,
        outputs: [&mut [f32]; 3],
    ) {
        self.plane(rows.luma, &tables.luma, y);
        self.pair(rows.chroma, &tables.chroma, [&mut *u, &mut *v]);
        self.matrix([y, u, v], factors, outputs);
    }

    fn median(&self, rows: &[u8], pitch: usize, window: MedianWindow, output: &mut [u8]) {
        // SAFETY: the level proves AVX2; the function is the plain one, for more registers.
        unsafe { median(rows, pitch, window, output) }
    }

    fn bytes(&self, rows: [&[f32]; 3], output: &mut [u8]) {
        let len = output.len() / 3;
        assert!(rows.iter().all(|row| row.len() >= len));
        // SAFETY: the level proves AVX2; whole groups of pixels are read and written.
        let done = unsafe { pack::bytes(rows.map(<[f32]>::as_ptr), output) };
        scalar::bytes(rows, done, output);
    }
}

impl Avx2 {
    /// As [`scalar::pair`], all samples.
    fn pair(self, row: &[i16], table: &Horizontal, [u, v]: [&mut [f32]; 2]) {
        let len = table.len();
        let block_taps = (2 * table.pairs).next_multiple_of(4);
        assert!(u.len() >= len && v.len() >= len && row.len() >= row_len(table, 2));
        assert_eq!(table.packed.len(), len / GROUP * GROUP * 2 * block_taps);
        // SAFETY: the level proves AVX2; whole groups of the sums are written, the table's packed weights are read in
        // order, and every window, rounded up to blocks of four, ends within the row.
        unsafe {
            match block_taps / 4 {
                1 => horizontal::pair::<1>(row, table, [&mut *u, &mut *v]),
                2 => horizontal::pair::<2>(row, table, [&mut *u, &mut *v]),
                _ => horizontal::pair::<0>(row, table, [&mut *u, &mut *v]),
            }
        }
        scalar::pair(row, table, len / GROUP * GROUP, [u, v]);
    }

    /// As [`scalar::matrix`], all pixels.
    fn matrix(self, sums: [&[f32]; 3], factors: &Matrix, outputs: [&mut [f32]; 3]) {
        let len = outputs[0].len();
        assert!(outputs.iter().all(|output| output.len() == len));
        assert!(sums.iter().all(|plane| plane.len() >= len));
        let [red, green, blue] = outputs;
        let vectors = [&mut *red, &mut *green, &mut *blue].map(<[f32]>::as_mut_ptr);
        // SAFETY: the level proves AVX2; whole groups below `len` are read and written.
        unsafe { horizontal::matrix(sums, factors, vectors, len / GROUP) }
        scalar::matrix(sums, factors, len / GROUP * GROUP, [red, green, blue]);
    }
}

/// # Safety
/// None beyond AVX2.
#[target_feature(enable = "avx2")]
fn median(rows: &[u8], pitch: usize, window: MedianWindow, output: &mut [u8]) {
    medians(rows, pitch, window, output);
}

/// Pads the `taps` weights of every pixel with zeros to a multiple of `block`.
fn padded(weights: &[i16], taps: usize, block: usize) -> Vec<i16> {
    let mut padded = Vec::new();
    for pixel in weights.chunks_exact(taps) {
        padded.extend_from_slice(pixel);
        padded.resize(padded.len().next_multiple_of(block), 0);
    }
    padded
}

/// Samples that a row of `channels` interleaved channels must hold for its pass to read whole vectors.
fn row_len(table: &Horizontal, channels: usize) -> usize {
    let taps = 2 * table.pairs;
    match channels {
        3 => 3 * table.reach(taps) + 8,
        2 => 2 * table.reach(taps.next_multiple_of(4)),
        _ => table.reach(taps.next_multiple_of(8)),
    }
}
