//! The horizontal passes, sixteen pixels at once.

#![allow(unsafe_code, reason = "vector instructions; see the module avx2")]

#[allow(clippy::wildcard_imports, reason = "their names begin with _mm")]
use std::arch::x86_64::*;

use super::permutes::{PERMUTED, Permutes};
use crate::kernel::fused::color::Matrix;
use crate::kernel::fused::passes::YuvRows;

/// The sums of one group: `P` pairs of taps, or any number of them if `P` is 0. `first` is added to the places of the
/// samples: the number of the channel.
///
/// # Safety
/// The group's two vectors lie in the row.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn sums<const P: usize>(
    [low, high]: [__m512i; 2],
    permutes: &Permutes,
    group: usize,
    first: i16,
) -> __m512 {
    let pairs = if P == 0 { permutes.pairs } else { P };
    let [places, weights] = permutes.group(group);
    let first = _mm512_set1_epi16(first);
    let mut sums = _mm512_setzero_si512();
    for pair in 0..pairs {
        // SAFETY: a group has a vector of places and one of weights for each pair.
        let (places, weights) = unsafe {
            let places = _mm512_loadu_si512(places.add(2 * PERMUTED * pair).cast());
            let weights = _mm512_loadu_si512(weights.add(2 * PERMUTED * pair).cast());
            (_mm512_add_epi16(places, first), weights)
        };
        let samples = _mm512_permutex2var_epi16(low, places, high);
        sums = _mm512_add_epi32(sums, _mm512_madd_epi16(samples, weights));
    }
    _mm512_cvtepi32_ps(sums)
}

/// The two vectors of a group.
///
/// # Safety
/// They lie in the row.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load(row: *const i16, permutes: &Permutes, group: usize) -> [__m512i; 2] {
    // SAFETY: as the caller promises.
    unsafe {
        let row = row.add(permutes.bases[group] as usize);
        [
            _mm512_loadu_si512(row.cast()),
            _mm512_loadu_si512(row.add(2 * PERMUTED).cast()),
        ]
    }
}

/// # Safety
/// `row` is as long as the permutes reach, and `sums` has room for their groups.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn plane(row: &[i16], permutes: &Permutes, output: &mut [f32]) {
    for (group, output) in output.chunks_exact_mut(PERMUTED).enumerate() {
        if group >= permutes.bases.len() {
            break;
        }
        // SAFETY: the group lies in the row, and sixteen values in the output.
        unsafe {
            let samples = load(row.as_ptr(), permutes, group);
            let sums = sums::<0>(samples, permutes, group, 0);
            _mm512_storeu_ps(output.as_mut_ptr(), sums);
        }
    }
}

/// `Y` pairs of luma's taps and `C` of chroma's, or any number of them if both are 0.
///
/// # Safety
/// The rows are as long as the permutes reach, and every output has room for their groups.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn yuv<const Y: usize, const C: usize>(
    rows: YuvRows<'_>,
    luma: &Permutes,
    chroma: &Permutes,
    matrix: &Matrix,
    outputs: [*mut f32; 3],
) {
    let [r, g, b] = matrix.factors;
    for group in 0..luma.bases.len() {
        // SAFETY: the groups lie in the rows.
        let (y, u, v) = unsafe {
            let samples = load(rows.luma.as_ptr(), luma, group);
            let y = sums::<Y>(samples, luma, group, 0);
            let samples = load(rows.chroma.as_ptr(), chroma, group);
            let u = sums::<C>(samples, chroma, group, 0);
            (y, u, sums::<C>(samples, chroma, group, 1))
        };
        let red = add_product(first_product(y, matrix, 0), v, r[2]);
        let green = add_product(first_product(y, matrix, 1), u, g[1]);
        let green = add_product(green, v, g[2]);
        let blue = add_product(first_product(y, matrix, 2), u, b[1]);
        for (channel, value) in [red, green, blue].into_iter().enumerate() {
            let above = _mm512_max_ps(value, _mm512_set1_ps(matrix.low[channel]));
            let value = _mm512_min_ps(above, _mm512_set1_ps(matrix.high[channel]));
            // SAFETY: the group lies within the output.
            unsafe { _mm512_storeu_ps(outputs[channel].add(PERMUTED * group), value) }
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn first_product(y: __m512, matrix: &Matrix, channel: usize) -> __m512 {
    let product = _mm512_mul_ps(y, _mm512_set1_ps(matrix.factors[channel][0]));
    _mm512_add_ps(product, _mm512_set1_ps(matrix.offsets[channel]))
}

/// Two roundings, as in the plain loops.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_product(sum: __m512, value: __m512, factor: f32) -> __m512 {
    _mm512_add_ps(sum, _mm512_mul_ps(value, _mm512_set1_ps(factor)))
}
