//! The vertical passes: source rows of bytes to one row of `i16`.

#![allow(unsafe_code, reason = "vector instructions; see the module avx2")]

use std::arch::asm;
#[allow(clippy::wildcard_imports, reason = "their names begin with _mm")]
use std::arch::x86_64::*;

use super::WIDTH;
use crate::kernel::fused::passes::Rows;

/// `a · b >> 16` of unsigned 16-bit lanes. As an intrinsic it is plain arithmetic to the compiler, which widens it to
/// 32 bits when it moves the weights out of a loop: twice the work. Here it stays one instruction.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn multiply_high(a: __m256i, b: __m256i) -> __m256i {
    let product: __m256i;
    // SAFETY: it touches nothing but its three registers.
    unsafe {
        asm!("vpmulhuw {product}, {a}, {b}", product = lateout(ymm_reg) product, a = in(ymm_reg) a,
            b = in(ymm_reg) b, options(pure, nomem, nostack, preserves_flags));
    }
    product
}

/// Fetches the part at column `x` of the row that the next output row begins with, and of the row behind it, spread over
/// the columns; where rows are left out, only of the first.
#[inline]
#[target_feature(enable = "avx2")]
fn prefetch(ahead: *const u8, x: usize, rows: usize) {
    _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(rows * x).cast());
}

/// # Safety
/// `rows` lie in their plane, are [`WIDTH`] long at least, and `output` is not shorter.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn narrow<const T: usize>(rows: Rows<'_>, weights: [u16; T], output: &mut [i16]) {
    let zero = _mm256_setzero_si256();
    let mut vectors = [zero; T];
    for (vector, weight) in vectors.iter_mut().zip(weights) {
        *vector = _mm256_set1_epi16(weight as i16);
    }
    let half = _mm256_set1_epi16((T / 2) as i16);
    let (source, ahead) = (rows.plane.as_ptr(), rows.ahead());
    let rows_ahead = if rows.next > rows.taps { 1 } else { 2 };
    let output = output.as_mut_ptr();
    let mut x = 0;
    while x < rows.len {
        // The last vector overlaps the one before.
        let at = x.min(rows.len - WIDTH);
        prefetch(ahead, x, rows_ahead);
        let (mut low, mut high) = (half, half);
        for (tap, weight) in vectors.iter().enumerate() {
            // SAFETY: `at + WIDTH` is at most the length of the row.
            let samples = unsafe { _mm256_loadu_si256(source.add(tap * rows.stride + at).cast()) };
            // Each sample times 256, so that the product's high half is in half units of the row.
            let samples_low = _mm256_unpacklo_epi8(zero, samples);
            let samples_high = _mm256_unpackhi_epi8(zero, samples);
            low = _mm256_add_epi16(low, multiply_high(samples_low, *weight));
            high = _mm256_add_epi16(high, multiply_high(samples_high, *weight));
        }
        let (low, high) = (_mm256_avg_epu16(low, zero), _mm256_avg_epu16(high, zero));
        // SAFETY: `at + WIDTH` is at most the length of the output.
        unsafe { store_row(output.add(at), low, high) }
        x += WIDTH;
    }
}

/// Stores two vectors of 16-bit lanes that came from the low and high bytes of each half of a vector, in order.
///
/// # Safety
/// `output` has room for [`WIDTH`] values.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store_row(output: *mut i16, low: __m256i, high: __m256i) {
    let first = _mm256_permute2x128_si256::<0x20>(low, high);
    let second = _mm256_permute2x128_si256::<0x31>(low, high);
    // SAFETY: as the caller promises.
    unsafe {
        _mm256_storeu_si256(output.cast(), first);
        _mm256_storeu_si256(output.add(WIDTH / 2).cast(), second);
    }
}

/// # Safety
/// `rows` lie in their plane, are [`WIDTH`] long at least, and `output` is not shorter; `weights` has as many values as
/// there are taps, rounded up to even.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn wide(rows: Rows<'_>, weights: &[i16], shift: u32, output: &mut [i16]) {
    let zero = _mm256_setzero_si256();
    let half = _mm256_set1_epi32(1 << (shift - 1));
    let shift = _mm_cvtsi32_si128(shift as i32);
    let (source, ahead) = (rows.plane.as_ptr(), rows.ahead());
    let rows_ahead = if rows.next > rows.taps { 1 } else { 2 };
    let output = output.as_mut_ptr();
    let mut x = 0;
    while x < rows.len {
        let at = x.min(rows.len - WIDTH);
        prefetch(ahead, x, rows_ahead);
        let mut sums = [half; 4];
        for (pair, weights) in weights.chunks_exact(2).enumerate() {
            let both = u32::from(weights[0] as u16) | u32::from(weights[1] as u16) << 16;
            let both = _mm256_set1_epi32(both as i32);
            // The second of the last pair may have no row of its own; its weight is 0 then.
            let (a, b) = (2 * pair, (2 * pair + 1).min(rows.taps - 1));
            // SAFETY: `at + WIDTH` is at most the length of the row.
            let (first, second) = unsafe {
                let first = _mm256_loadu_si256(source.add(a * rows.stride + at).cast());
                (
                    first,
                    _mm256_loadu_si256(source.add(b * rows.stride + at).cast()),
                )
            };
            let low = _mm256_unpacklo_epi8(first, second);
            let high = _mm256_unpackhi_epi8(first, second);
            let products = [
                _mm256_madd_epi16(_mm256_unpacklo_epi8(low, zero), both),
                _mm256_madd_epi16(_mm256_unpackhi_epi8(low, zero), both),
                _mm256_madd_epi16(_mm256_unpacklo_epi8(high, zero), both),
                _mm256_madd_epi16(_mm256_unpackhi_epi8(high, zero), both),
            ];
            for (sum, product) in sums.iter_mut().zip(products) {
                *sum = _mm256_add_epi32(*sum, product);
            }
        }
        for sum in &mut sums {
            *sum = _mm256_sra_epi32(*sum, shift);
        }
        let [a, b, c, d] = sums;
        // SAFETY: `at + WIDTH` is at most the length of the output.
        unsafe {
            store_row(
                output.add(at),
                _mm256_packs_epi32(a, b),
                _mm256_packs_epi32(c, d),
            );
        }
        x += WIDTH;
    }
}
