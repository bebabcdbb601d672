//! Normalisation of interleaved RGB: sixteen pixels at once.

#![allow(unsafe_code, reason = "vector instructions; see the module avx2")]

#[allow(clippy::wildcard_imports, reason = "their names begin with _mm")]
use std::arch::x86_64::*;

use crate::kernel::Normalization;

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
