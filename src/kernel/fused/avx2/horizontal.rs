//! The horizontal passes: a row of `i16` to sums or tensor values; sums of YUV to tensor values.

#![allow(unsafe_code, reason = "vector instructions; see the module avx2")]

#[allow(clippy::wildcard_imports, reason = "their names begin with _mm")]
use std::arch::x86_64::*;

use super::vertical::multiply_high;
use super::{GROUP, WIDTH};
use crate::kernel::fused::color::{Finish, Matrix};
use crate::kernel::fused::tables::Horizontal;

/// # Safety
/// `output` is [`WIDTH`] long at least, and `row` longer by `step` samples for each weight but the first.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn weigh(row: &[i16], step: usize, weights: &[u16], output: &mut [u8]) {
    let half = _mm256_set1_epi16(64 + weights.len() as i16 / 2);
    let (row, len) = (row.as_ptr(), output.len());
    let mut x = 0;
    while x < len {
        // The last vector overlaps the one before.
        let at = x.min(len - WIDTH);
        let (mut low, mut high) = (half, half);
        for (tap, weight) in weights.iter().enumerate() {
            // Twice the weight, so that the product's high half is in units of the row.
            let weight = _mm256_set1_epi16((2 * weight) as i16);
            // SAFETY: `at + WIDTH` samples from this tap on lie in the row.
            let (first, second) = unsafe {
                let samples = row.add(at + tap * step);
                let first = _mm256_loadu_si256(samples.cast());
                (first, _mm256_loadu_si256(samples.add(WIDTH / 2).cast()))
            };
            low = _mm256_add_epi16(low, multiply_high(first, weight));
            high = _mm256_add_epi16(high, multiply_high(second, weight));
        }
        let bytes = _mm256_packus_epi16(_mm256_srli_epi16::<7>(low), _mm256_srli_epi16::<7>(high));
        // SAFETY: `at + WIDTH` is at most the length of the output.
        unsafe {
            let output = output.as_mut_ptr().add(at);
            _mm256_storeu_si256(output.cast(), _mm256_permute4x64_epi64::<0xD8>(bytes));
        }
        x += WIDTH;
    }
}

/// Broadcasts 32-bit lane `lane` of both halves.
#[inline]
#[target_feature(enable = "avx2")]
fn pick(vector: __m256i, lane: usize) -> __m256i {
    match lane {
        0 => _mm256_shuffle_epi32::<0x00>(vector),
        1 => _mm256_shuffle_epi32::<0x55>(vector),
        2 => _mm256_shuffle_epi32::<0xAA>(vector),
        _ => _mm256_shuffle_epi32::<0xFF>(vector),
    }
}

/// `P` pairs of taps, or any number of them if `P` is 0.
///
/// # Safety
/// The table is packed for interleaved rows, `row` holds what its preparation asked for, and every output has room for
/// the whole groups of the table.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn rgb<const P: usize, const CLAMPED: bool>(
    row: &[i16],
    table: &Horizontal,
    finish: &Finish,
    outputs: [*mut f32; 3],
) {
    // Two pixels R G B R G B to the pairs R R, G G, B B.
    let pairs_of_channels = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1,
    ));
    let pairs = if P == 0 { table.pairs } else { P };
    let row = row.as_ptr();
    let mut weights = table.packed.as_ptr();
    let (groups, _) = table.starts.as_chunks::<GROUP>();
    for (group, starts) in groups.iter().enumerate() {
        let mut sums = [_mm256_setzero_si256(); 4];
        let mut loaded = sums[0];
        for (pixel, sum) in sums.iter_mut().enumerate() {
            let low = row.wrapping_add(3 * starts[pixel] as usize);
            let high = row.wrapping_add(3 * starts[pixel + 4] as usize);
            for pair in 0..pairs {
                let lane = pixel * pairs + pair;
                // SAFETY: there are `pairs` vectors of weights a group; the windows lie in the row.
                let samples = unsafe {
                    if lane % 4 == 0 {
                        loaded = _mm256_loadu_si256(weights.add(4 * lane).cast());
                    }
                    _mm256_loadu2_m128i(high.add(6 * pair).cast(), low.add(6 * pair).cast())
                };
                let samples = _mm256_shuffle_epi8(samples, pairs_of_channels);
                let products = _mm256_madd_epi16(samples, pick(loaded, lane % 4));
                *sum = _mm256_add_epi32(*sum, products);
            }
        }
        weights = weights.wrapping_add(16 * pairs);
        let first = _mm256_unpacklo_epi32(sums[0], sums[1]);
        let second = _mm256_unpacklo_epi32(sums[2], sums[3]);
        let third = _mm256_unpackhi_epi32(sums[0], sums[1]);
        let fourth = _mm256_unpackhi_epi32(sums[2], sums[3]);
        let channels = [
            _mm256_unpacklo_epi64(first, second),
            _mm256_unpackhi_epi64(first, second),
            _mm256_unpacklo_epi64(third, fourth),
        ];
        for (channel, sums) in channels.into_iter().enumerate() {
            let mut sums = _mm256_cvtepi32_ps(sums);
            if CLAMPED {
                sums = clamp(sums, finish);
            }
            // SAFETY: the group lies within the output.
            unsafe { store(sums, finish, channel, outputs[channel].add(GROUP * group)) }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn clamp(sums: __m256, finish: &Finish) -> __m256 {
    let above = _mm256_max_ps(sums, _mm256_set1_ps(finish.low));
    _mm256_min_ps(above, _mm256_set1_ps(finish.high))
}

/// # Safety
/// `output` has room for [`GROUP`] values.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store(sums: __m256, finish: &Finish, channel: usize, output: *mut f32) {
    let scaled = _mm256_mul_ps(sums, _mm256_set1_ps(finish.scale[channel]));
    let values = _mm256_add_ps(scaled, _mm256_set1_ps(finish.bias[channel]));
    // SAFETY: as the caller promises.
    unsafe { _mm256_storeu_ps(output, values) }
}

/// The products of four windows of four taps each, added up by pairs of taps.
///
/// # Safety
/// The windows lie in the row that begins at `row`, and `weights` points to a vector.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn windows_of_four(row: *const i16, starts: [u32; 4], weights: *const i16) -> __m256 {
    // SAFETY: as the caller promises.
    unsafe {
        let a = _mm_loadl_epi64(row.add(starts[0] as usize).cast());
        let b = _mm_loadl_epi64(row.add(starts[1] as usize).cast());
        let c = _mm_loadl_epi64(row.add(starts[2] as usize).cast());
        let d = _mm_loadl_epi64(row.add(starts[3] as usize).cast());
        let samples = _mm256_set_m128i(_mm_unpacklo_epi64(c, d), _mm_unpacklo_epi64(a, b));
        let weights = _mm256_loadu_si256(weights.cast());
        _mm256_castsi256_ps(_mm256_madd_epi16(samples, weights))
    }
}

/// Windows of four taps.
///
/// # Safety
/// The table is packed for planes, `row` holds what its preparation asked for, and `sums` has room for the whole groups
/// of the table.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn plane_of_four(row: &[i16], table: &Horizontal, sums: &mut [f32]) {
    let row = row.as_ptr();
    let (groups, _) = table.starts.as_chunks::<GROUP>();
    let mut weights = table.packed.as_ptr();
    for (starts, output) in groups.iter().zip(sums.chunks_exact_mut(GROUP)) {
        let [a, b, c, d, e, f, g, h] = *starts;
        // SAFETY: the windows lie in the row, and a group has two vectors of weights.
        let (first, second) = unsafe {
            let first = windows_of_four(row, [a, b, e, f], weights);
            (first, windows_of_four(row, [c, d, g, h], weights.add(16)))
        };
        weights = weights.wrapping_add(32);
        let even = _mm256_castps_si256(_mm256_shuffle_ps::<0x88>(first, second));
        let odd = _mm256_castps_si256(_mm256_shuffle_ps::<0xDD>(first, second));
        let total = _mm256_cvtepi32_ps(_mm256_add_epi32(even, odd));
        // SAFETY: the group has eight values.
        unsafe { _mm256_storeu_ps(output.as_mut_ptr(), total) }
    }
}

/// `B` blocks of four taps of two channels, or any number of them if `B` is 0.
///
/// # Safety
/// The table is packed for two channels, `row` holds what its preparation asked for, and `sums` have room for the whole
/// groups of the table.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn pair<const B: usize>(
    row: &[i16],
    table: &Horizontal,
    [u, v]: [&mut [f32]; 2],
) {
    let blocks = if B == 0 {
        (2 * table.pairs).div_ceil(4)
    } else {
        B
    };
    // Four samples U V U V U V U V to the pairs U U, V V, U U, V V.
    let pairs_of_channels = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15,
    ));
    let row = row.as_ptr();
    let mut weights = table.packed.as_ptr();
    let (groups, _) = table.starts.as_chunks::<GROUP>();
    let outputs = u.chunks_exact_mut(GROUP).zip(v.chunks_exact_mut(GROUP));
    for (starts, (u, v)) in groups.iter().zip(outputs) {
        let mut quarters = [_mm256_setzero_si256(); 4];
        for (pixel, sum) in quarters.iter_mut().enumerate() {
            let low = row.wrapping_add(2 * starts[pixel] as usize);
            let high = row.wrapping_add(2 * starts[pixel + 4] as usize);
            for block in 0..blocks {
                // SAFETY: there are `4 · blocks` vectors of weights a group; the windows lie in the row.
                let (samples, both) = unsafe {
                    let samples =
                        _mm256_loadu2_m128i(high.add(8 * block).cast(), low.add(8 * block).cast());
                    (samples, _mm256_loadu_si256(weights.cast()))
                };
                weights = weights.wrapping_add(16);
                let samples = _mm256_shuffle_epi8(samples, pairs_of_channels);
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(samples, both));
            }
        }
        let [a, b, c, d] = quarters;
        let first = _mm256_add_epi32(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
        let second = _mm256_add_epi32(_mm256_unpacklo_epi64(c, d), _mm256_unpackhi_epi64(c, d));
        let (first, second) = (_mm256_castsi256_ps(first), _mm256_castsi256_ps(second));
        let channels = [
            _mm256_shuffle_ps::<0x88>(first, second),
            _mm256_shuffle_ps::<0xDD>(first, second),
        ];
        for (sums, output) in channels.into_iter().zip([u, v]) {
            let sums = _mm256_cvtepi32_ps(_mm256_castps_si256(sums));
            // SAFETY: the group has eight values.
            unsafe { _mm256_storeu_ps(output.as_mut_ptr(), sums) }
        }
    }
}

/// `B` blocks of eight taps, or any number of them if `B` is 0.
///
/// # Safety
/// The table is packed for planes, `row` holds what its preparation asked for, and `sums` has room for the whole groups
/// of the table.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn plane<const B: usize>(row: &[i16], table: &Horizontal, sums: &mut [f32]) {
    let blocks = if B == 0 {
        (2 * table.pairs).div_ceil(8)
    } else {
        B
    };
    let row = row.as_ptr();
    let mut weights = table.packed.as_ptr();
    let (groups, _) = table.starts.as_chunks::<GROUP>();
    for (starts, output) in groups.iter().zip(sums.chunks_exact_mut(GROUP)) {
        let mut quarters = [_mm256_setzero_si256(); 4];
        for (pixel, sum) in quarters.iter_mut().enumerate() {
            let low = row.wrapping_add(starts[pixel] as usize);
            let high = row.wrapping_add(starts[pixel + 4] as usize);
            for block in 0..blocks {
                // SAFETY: there are `4 · blocks` vectors of weights a group; the windows lie in the row.
                let (samples, both) = unsafe {
                    let samples =
                        _mm256_loadu2_m128i(high.add(8 * block).cast(), low.add(8 * block).cast());
                    (samples, _mm256_loadu_si256(weights.cast()))
                };
                weights = weights.wrapping_add(16);
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(samples, both));
            }
        }
        let [a, b, c, d] = quarters;
        let first = _mm256_add_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let second = _mm256_add_epi32(_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        let total = _mm256_add_epi32(
            _mm256_unpacklo_epi64(first, second),
            _mm256_unpackhi_epi64(first, second),
        );
        // SAFETY: the group has eight values.
        unsafe { _mm256_storeu_ps(output.as_mut_ptr(), _mm256_cvtepi32_ps(total)) }
    }
}

/// # Safety
/// Sums and outputs hold `groups` whole groups.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn matrix(
    sums: [&[f32]; 3],
    matrix: &Matrix,
    outputs: [*mut f32; 3],
    groups: usize,
) {
    let [y, u, v] = [sums[0].as_ptr(), sums[1].as_ptr(), sums[2].as_ptr()];
    let [r, g, b] = matrix.factors;
    for x in (0..groups).map(|group| GROUP * group) {
        // SAFETY: the group lies within the sums.
        let (y, u, v) = unsafe {
            let (y, u) = (_mm256_loadu_ps(y.add(x)), _mm256_loadu_ps(u.add(x)));
            (y, u, _mm256_loadu_ps(v.add(x)))
        };
        let red = add_product(first_product(y, matrix, 0), v, r[2]);
        let green = add_product(first_product(y, matrix, 1), u, g[1]);
        let green = add_product(green, v, g[2]);
        let blue = add_product(first_product(y, matrix, 2), u, b[1]);
        for (channel, value) in [red, green, blue].into_iter().enumerate() {
            let above = _mm256_max_ps(value, _mm256_set1_ps(matrix.low[channel]));
            let value = _mm256_min_ps(above, _mm256_set1_ps(matrix.high[channel]));
            // SAFETY: the group lies within the output.
            unsafe { _mm256_storeu_ps(outputs[channel].add(x), value) }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn first_product(y: __m256, matrix: &Matrix, channel: usize) -> __m256 {
    let product = _mm256_mul_ps(y, _mm256_set1_ps(matrix.factors[channel][0]));
    _mm256_add_ps(product, _mm256_set1_ps(matrix.offsets[channel]))
}

/// Two roundings, as in the plain loops: a fused multiplication would round once.
#[inline]
#[target_feature(enable = "avx2")]
fn add_product(sum: __m256, value: __m256, factor: f32) -> __m256 {
    _mm256_add_ps(sum, _mm256_mul_ps(value, _mm256_set1_ps(factor)))
}
