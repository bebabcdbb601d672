//! The passes of YUV with AVX-512: sixteen pixels at once, the same results as the plain loops.
//!
//! Sixteen output pixels take their samples out of two vectors with one permutation a pair of taps, and Y, Cb and Cr stay in
//! registers until they are tensor values. Interleaved RGB would need three times the permutations and is left to AVX2, as
//! are the vertical passes, which wait for memory either way, and pictures that shrink so much that sixteen windows do not
//! fit two vectors.

#![allow(unsafe_code, reason = "vector instructions; see the module avx2")]

mod columns;
mod permutes;

use std::sync::OnceLock;

pub(super) use self::permutes::Permutes;
use super::avx2::Avx2;
use super::color::{Finish, Matrix};
use super::passes::{Passes, Rows, YuvRows, YuvTables};
use super::scalar;
use super::tables::Horizontal;
use crate::kernel::{CpuLevel, MedianWindow, Normalization};

/// Proof that the processor knows AVX-512 as [`CpuLevel::Avx512`] says.
#[derive(Debug)]
pub(super) struct Avx512 {
    avx2: &'static Avx2,
}

impl Avx512 {
    /// The proof, where it holds.
    pub(super) fn detect() -> Option<&'static Self> {
        static PROOF: OnceLock<Option<Avx512>> = OnceLock::new();
        let proof = PROOF.get_or_init(|| {
            let avx2 = Avx2::detect()?;
            CpuLevel::Avx512.is_supported().then_some(Self { avx2 })
        });
        proof.as_ref()
    }
}

impl Passes for Avx512 {
    fn prepare(&self, table: &mut Horizontal, channels: usize) -> usize {
        let row_len = self.avx2.prepare(table, channels);
        if channels == 3 {
            return row_len;
        }
        table.permutes = Permutes::new(table, channels);
        let reach = table.permutes.as_ref().map_or(0, Permutes::reach);
        row_len.max(reach)
    }

    fn vertical_narrow(&self, rows: Rows<'_>, weights: &[u16], output: &mut [i16]) {
        self.avx2.vertical_narrow(rows, weights, output);
    }

    fn vertical_wide(&self, rows: Rows<'_>, weights: &[i16], shift: u32, output: &mut [i16]) {
        self.avx2.vertical_wide(rows, weights, shift, output);
    }

    fn rgb(&self, row: &[i16], table: &Horizontal, finish: &Finish, outputs: [&mut [f32]; 3]) {
        self.avx2.rgb(row, table, finish, outputs);
    }

    fn plane(&self, row: &[i16], table: &Horizontal, sums: &mut [f32]) {
        let Some(permutes) = &table.permutes else {
            return self.avx2.plane(row, table, sums);
        };
        assert!(sums.len() >= table.len() && row.len() >= permutes.reach());
        // SAFETY: the level proves AVX-512; the windows lie in the row, and whole groups of the sums are written.
        unsafe { columns::plane(row, permutes, sums) }
        scalar::plane(row, table, permutes.pixels(), sums);
    }

    fn yuv(
        &self,
        rows: YuvRows<'_>,
        tables: &YuvTables,
        sums: [&mut [f32]; 3],
        matrix: &Matrix,
        outputs: [&mut [f32]; 3],
    ) {
        let (luma, chroma) = (&tables.luma, &tables.chroma);
        let (Some(of_luma), Some(of_chroma)) = (&luma.permutes, &chroma.permutes) else {
            return self.avx2.yuv(rows, tables, sums, matrix, outputs);
        };
        let len = luma.len();
        assert!(chroma.len() == len && outputs.iter().all(|output| output.len() >= len));
        assert!(rows.luma.len() >= of_luma.reach() && rows.chroma.len() >= of_chroma.reach());
        let [red, green, blue] = outputs;
        let vectors = [&mut *red, &mut *green, &mut *blue].map(<[f32]>::as_mut_ptr);
        // SAFETY: the level proves AVX-512; the windows lie in the rows, and whole groups of the outputs are written.
        unsafe {
            match (luma.pairs, chroma.pairs) {
                (1, 1) => columns::yuv::<1, 1>(rows, of_luma, of_chroma, matrix, vectors),
                (1, 2) => columns::yuv::<1, 2>(rows, of_luma, of_chroma, matrix, vectors),
                (2, 2) => columns::yuv::<2, 2>(rows, of_luma, of_chroma, matrix, vectors),
                (3, 2) => columns::yuv::<3, 2>(rows, of_luma, of_chroma, matrix, vectors),
                (4, 3) => columns::yuv::<4, 3>(rows, of_luma, of_chroma, matrix, vectors),
                _ => columns::yuv::<0, 0>(rows, of_luma, of_chroma, matrix, vectors),
            }
        }
        let done = of_luma.pixels();
        if done < len {
            let [y, u, v] = sums;
            scalar::plane(rows.luma, luma, done, y);
            scalar::pair(rows.chroma, chroma, done, [&mut *u, &mut *v]);
            scalar::matrix([y, u, v], matrix, done, [red, green, blue]);
        }
    }

    fn normalize(
        &self,
        rgb: &[u8],
        normalization: &Normalization,
        planes: [&mut [f32]; 3],
    ) -> usize {
        self.avx2.normalize(rgb, normalization, planes)
    }

    fn weigh(&self, row: &[i16], step: usize, weights: &[u16], output: &mut [u8]) {
        self.avx2.weigh(row, step, weights, output);
    }

    fn median(&self, rows: &[u8], pitch: usize, window: MedianWindow, output: &mut [u8]) {
        self.avx2.median(rows, pitch, window, output);
    }

    fn bytes(&self, rows: [&[f32]; 3], output: &mut [u8]) {
        self.avx2.bytes(rows, output);
    }
}
