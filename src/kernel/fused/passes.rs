//! What a level does with rows: one set of names for all of them.

use std::fmt::Debug;

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512::Avx512;
use super::color::{Finish, Matrix};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use super::simd128::Simd128;
use super::tables::Horizontal;
use super::{FuseError, scalar};
use crate::kernel::median::medians;
use crate::kernel::{CpuLevel, MedianWindow, Normalization};

/// The source rows of a window: `taps` rows of `len` bytes, `stride` apart, the first one at the plane's beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    pub(super) plane: &'a [u8],
    pub(super) stride: usize,
    pub(super) len: usize,
    pub(super) taps: usize,
    /// How many rows after the first the next output row goes on: where to fetch from ahead of time.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "the processor fetches by itself")
    )]
    pub(super) next: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn row(self, tap: usize) -> &'a [u8] {
        &self.plane[tap * self.stride..][..self.len]
    }

    pub(super) fn are_inside(self) -> bool {
        self.taps > 0 && self.plane.len() >= (self.taps - 1) * self.stride + self.len
    }

    /// The address of the row that is needed next; not to be read.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn ahead(self) -> *const u8 {
        self.plane.as_ptr().wrapping_add(self.next * self.stride)
    }
}

/// The rows between the passes of a YUV picture: luma, and Cb and Cr in turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct YuvRows<'a> {
    pub(super) luma: &'a [i16],
    pub(super) chroma: &'a [i16],
}

/// How the columns of a YUV picture are weighed.
#[derive(Clone, Debug)]
pub(super) struct YuvTables {
    pub(super) luma: Horizontal,
    pub(super) chroma: Horizontal,
}

/// The passes of one level. The plain loops stand in for what a level does not have, and every level equals them, to the
/// bit.
pub(super) trait Passes: Debug + Sync {
    /// Lays the table out for a pass over `channels` interleaved channels; returns how many samples a row must hold.
    fn prepare(&self, table: &mut Horizontal, channels: usize) -> usize {
        channels * table.reach(2 * table.pairs)
    }

    /// Weighs source rows with weights of 16 bits into one row.
    fn vertical_narrow(&self, rows: Rows<'_>, weights: &[u16], output: &mut [i16]) {
        scalar::vertical_narrow(rows, weights, output);
    }

    /// Weighs source rows with weights of 14 bits and a sign into one row.
    fn vertical_wide(&self, rows: Rows<'_>, weights: &[i16], shift: u32, output: &mut [i16]) {
        scalar::vertical_wide(rows, weights, shift, output);
    }

    /// Weighs an interleaved row into the tensor's three rows.
    fn rgb(&self, row: &[i16], table: &Horizontal, finish: &Finish, outputs: [&mut [f32]; 3]) {
        scalar::rgb(row, table, finish, 0, outputs);
    }

    /// Weighs a plane's row into a row of sums.
    fn plane(&self, row: &[i16], table: &Horizontal, sums: &mut [f32]) {
        scalar::plane(row, table, 0, sums);
    }

    /// Weighs the rows of a YUV picture into the tensor's three rows, by way of rows of sums.
    fn yuv(
        &self,
        rows: YuvRows<'_>,
        tables: &YuvTables,
        sums: [&mut [f32]; 3],
        matrix: &Matrix,
        outputs: [&mut [f32]; 3],
    ) {
        let [y, u, v] = sums;
        scalar::plane(rows.luma, &tables.luma, 0, y);
        scalar::pair(rows.chroma, &tables.chroma, 0, [&mut *u, &mut *v]);
        scalar::matrix([y, u, v], matrix, 0, outputs);
    }

    /// Normalises interleaved RGB, as many pixels as it can do at once; returns how many those are.
    fn normalize(&self, _rgb: &[u8], _: &Normalization, _planes: [&mut [f32]; 3]) -> usize {
        0
    }

    /// Weighs the pixels (of `step` samples) around every sample of a row into bytes.
    fn weigh(&self, row: &[i16], step: usize, weights: &[u16], output: &mut [u8]) {
        scalar::weigh(row, step, weights, output);
    }

    /// Writes the medians of windows, as [`medians`] does.
    fn median(&self, rows: &[u8], pitch: usize, window: MedianWindow, output: &mut [u8]) {
        medians(rows, pitch, window, output);
    }

    /// Rounds three rows of values from 0 to 255 to interleaved bytes.
    fn bytes(&self, rows: [&[f32]; 3], output: &mut [u8]) {
        scalar::bytes(rows, 0, output);
    }
}

/// The plain loops.
#[derive(Debug)]
struct Scalar;

impl Passes for Scalar {}

/// The passes of `level`.
///
/// # Errors
/// If the machine lacks it.
pub(super) fn passes(level: CpuLevel) -> Result<&'static dyn Passes, FuseError> {
    if !level.is_supported() {
        return Err(FuseError::Unsupported { level });
    }
    let found: Option<&'static dyn Passes> = match level {
        CpuLevel::Scalar => Some(&Scalar),
        #[cfg(target_arch = "x86_64")]
        CpuLevel::Sse41 => Simd128::detect().map(|passes| passes as _),
        #[cfg(target_arch = "x86_64")]
        CpuLevel::Avx2 => Avx2::detect().map(|passes| passes as _),
        #[cfg(target_arch = "x86_64")]
        CpuLevel::Avx512 => Avx512::detect().map(|passes| passes as _),
        #[cfg(target_arch = "aarch64")]
        CpuLevel::Neon => Simd128::detect().map(|passes| passes as _),
        #[allow(unreachable_patterns, reason = "the levels of other machines")]
        _ => None,
    };
    found.ok_or(FuseError::Unsupported { level })
}

/// The passes of `level`, or the plain loops if the machine lacks it.
pub(super) fn passes_or_plain(level: CpuLevel) -> &'static dyn Passes {
    passes(level).unwrap_or(&Scalar)
}
