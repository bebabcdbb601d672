//! Interleaved RGB to planes and back: sixteen pixels at once.

#![allow(unsafe_code, reason = "vector instructions; see the module avx2")]

#[allow(clippy::wildcard_imports, reason = "their names begin with _mm")]
use std::arch::x86_64::*;

use crate::kernel::Normalization;
use crate::kernel::fused::scalar::{HALVES_UP, ROUNDING};

/// Pixels at once.
const GROUP: usize = 16;

/// For each vector of three and each channel: which bytes of the vector are the channel's, and at which pixels.
const fn masks() -> [[[u8; 16]; 3]; 3] {
    // A mask byte above 127 gives 0.
    let mut masks = [[[0x80; 16]; 3]; 3];
    let mut at = 0;
    while at < 48 {
        masks[at % 3][at / 16][at / 3] = (at % 16) as u8;
        at += 1;
    }
    masks
}

static MASKS: [[[u8; 16]; 3]; 3] = masks();

/// Writes whole groups of pixels and returns how many pixels those are.
///
/// # Safety
/// Every plane holds a value for each pixel of `rgb`.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn normalize(
    rgb: &[u8],
    normalization: &Normalization,
    planes: [*mut f32; 3],
) -> usize {
    let groups = rgb.len() / (3 * GROUP);
    let scale = _mm256_set1_ps(normalization.scale);
    let has_mean = normalization.mean != [0.0; 3];
    let has_std = normalization.std != [1.0; 3];
    for group in 0..groups {
        // SAFETY: the group lies within `rgb`.
        let vectors = unsafe {
            let source = rgb.as_ptr().add(3 * GROUP * group);
            let second = _mm_loadu_si128(source.add(16).cast());
            let third = _mm_loadu_si128(source.add(32).cast());
            [_mm_loadu_si128(source.cast()), second, third]
        };
        for (channel, plane) in planes.into_iter().enumerate() {
            let masks = &MASKS[normalization.order.rgb_channel(channel)];
            let mut pixels = _mm_setzero_si128();
            for (vector, mask) in vectors.iter().zip(masks) {
                // SAFETY: a mask is a vector long.
                let mask = unsafe { _mm_loadu_si128(mask.as_ptr().cast()) };
                pixels = _mm_or_si128(pixels, _mm_shuffle_epi8(*vector, mask));
            }
            let halves = [
                _mm256_cvtepu8_epi32(pixels),
                _mm256_cvtepu8_epi32(_mm_srli_si128::<8>(pixels)),
            ];
            for (half, pixels) in halves.into_iter().enumerate() {
                let mut values = _mm256_mul_ps(_mm256_cvtepi32_ps(pixels), scale);
                // Subtracting 0 and dividing by 1 change nothing.
                if has_mean {
                    values = _mm256_sub_ps(values, _mm256_set1_ps(normalization.mean[channel]));
                }
                if has_std {
                    values = _mm256_div_ps(values, _mm256_set1_ps(normalization.std[channel]));
                }
                // SAFETY: the group lies within the plane.
                unsafe { _mm256_storeu_ps(plane.add(GROUP * group + 8 * half), values) }
            }
        }
    }
    GROUP * groups
}

/// For each vector of three and each channel: at which bytes of the vector the channel's pixels go.
const fn inverse_masks() -> [[[u8; 16]; 3]; 3] {
    let mut masks = [[[0x80; 16]; 3]; 3];
    let mut at = 0;
    while at < 48 {
        masks[at / 16][at % 3][at % 16] = (at / 3) as u8;
        at += 1;
    }
    masks
}

static INVERSE_MASKS: [[[u8; 16]; 3]; 3] = inverse_masks();

/// Rounds whole groups of pixels and returns how many pixels those are.
///
/// # Safety
/// Every row holds a value for each pixel of `output`.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn bytes(rows: [*const f32; 3], output: &mut [u8]) -> usize {
    let (groups, _) = output.as_chunks_mut::<{ 3 * GROUP }>();
    for (group, output) in groups.iter_mut().enumerate() {
        // SAFETY: the group lies within the rows.
        let channels = rows.map(|row| unsafe { rounded(row.add(GROUP * group)) });
        for (vector, masks) in INVERSE_MASKS.iter().enumerate() {
            let mut bytes = _mm_setzero_si128();
            for (channel, mask) in channels.into_iter().zip(masks) {
                // SAFETY: a mask is a vector long.
                let mask = unsafe { _mm_loadu_si128(mask.as_ptr().cast()) };
                bytes = _mm_or_si128(bytes, _mm_shuffle_epi8(channel, mask));
            }
            // SAFETY: the group is three vectors long.
            unsafe { _mm_storeu_si128(output.as_mut_ptr().add(16 * vector).cast(), bytes) }
        }
    }
    GROUP * groups.len()
}

/// Sixteen values from 0 to 255 as bytes.
///
/// # Safety
/// There are sixteen values.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn rounded(values: *const f32) -> __m128i {
    let whole = |values: __m256| {
        let moved = _mm256_add_ps(values, _mm256_set1_ps(HALVES_UP));
        let bits = _mm256_castps_si256(_mm256_add_ps(moved, _mm256_set1_ps(ROUNDING)));
        _mm256_and_si256(bits, _mm256_set1_epi32(0xFF))
    };
    // SAFETY: as the caller promises.
    let (low, high) = unsafe { (_mm256_loadu_ps(values), _mm256_loadu_ps(values.add(8))) };
    // Values 0 to 3, 8 to 11 in the low half, 4 to 7, 12 to 15 in the high half.
    let words = _mm256_packus_epi32(whole(low), whole(high));
    let (first, second) = (
        _mm256_castsi256_si128(words),
        _mm256_extracti128_si256::<1>(words),
    );
    _mm_shuffle_epi32::<0b11_01_10_00>(_mm_packus_epi16(first, second))
}
