//! Vectors of 16 bytes with NEON.

#![allow(unsafe_code, reason = "vector instructions; see the module simd128")]

#[allow(clippy::wildcard_imports, reason = "their names begin with v")]
use std::arch::aarch64::*;

/// Bytes.
pub(super) type U8 = uint8x16_t;
/// Words of 16 bits.
pub(super) type I16 = int16x8_t;
/// Whole numbers of 32 bits.
pub(super) type I32 = int32x4_t;
/// Numbers of single precision.
pub(super) type F32 = float32x4_t;

/// Whether the processor knows them.
pub(super) fn is_known() -> bool {
    std::arch::is_aarch64_feature_detected!("neon")
}

/// # Safety
/// Sixteen bytes can be read.
#[inline]
#[target_feature(enable = "neon")]
pub(super) unsafe fn load_u8(from: *const u8) -> U8 {
    // SAFETY: as the caller promises.
    unsafe { vld1q_u8(from) }
}

/// # Safety
/// Sixteen bytes can be written.
#[inline]
#[target_feature(enable = "neon")]
pub(super) unsafe fn store_u8(to: *mut u8, vector: U8) {
    // SAFETY: as the caller promises.
    unsafe { vst1q_u8(to, vector) }
}

/// # Safety
/// Eight words can be read.
#[inline]
#[target_feature(enable = "neon")]
pub(super) unsafe fn load_i16(from: *const i16) -> I16 {
    // SAFETY: as the caller promises.
    unsafe { vld1q_s16(from) }
}

/// Two times four words.
///
/// # Safety
/// Four words can be read at both places.
#[inline]
#[target_feature(enable = "neon")]
pub(super) unsafe fn load_halves(low: *const i16, high: *const i16) -> I16 {
    // SAFETY: as the caller promises.
    unsafe { vcombine_s16(vld1_s16(low), vld1_s16(high)) }
}

/// Four times two words.
///
/// # Safety
/// Two words can be read at every place.
#[inline]
#[target_feature(enable = "neon")]
pub(super) unsafe fn load_pairs(from: [*const i16; 4]) -> I16 {
    // SAFETY: as the caller promises.
    unsafe {
        let lanes = from.map(|from| from.cast::<i32>().read_unaligned());
        vreinterpretq_s16_s32(vld1q_s32(lanes.as_ptr()))
    }
}

/// # Safety
/// Eight words can be written.
#[inline]
#[target_feature(enable = "neon")]
pub(super) unsafe fn store_i16(to: *mut i16, vector: I16) {
    // SAFETY: as the caller promises.
    unsafe { vst1q_s16(to, vector) }
}

/// # Safety
/// Four numbers can be read.
#[inline]
#[target_feature(enable = "neon")]
pub(super) unsafe fn load_f32(from: *const f32) -> F32 {
    // SAFETY: as the caller promises.
    unsafe { vld1q_f32(from) }
}

/// # Safety
/// Four numbers can be written.
#[inline]
#[target_feature(enable = "neon")]
pub(super) unsafe fn store_f32(to: *mut f32, vector: F32) {
    // SAFETY: as the caller promises.
    unsafe { vst1q_f32(to, vector) }
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn splat_i16(value: i16) -> I16 {
    vdupq_n_s16(value)
}

/// Two words, four times.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn splat_pair(first: i16, second: i16) -> I16 {
    let both = u32::from(first as u16) | u32::from(second as u16) << 16;
    vreinterpretq_s16_s32(vdupq_n_s32(both as i32))
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn splat_i32(value: i32) -> I32 {
    vdupq_n_s32(value)
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn splat_f32(value: f32) -> F32 {
    vdupq_n_f32(value)
}

/// Every byte times 256, the first eight and the last eight.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn times_256(bytes: U8) -> [I16; 2] {
    let zero = vdupq_n_u8(0);
    [
        vreinterpretq_s16_u8(vzip1q_u8(zero, bytes)),
        vreinterpretq_s16_u8(vzip2q_u8(zero, bytes)),
    ]
}

/// Sixteen pairs of bytes of both vectors as words.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn pairs(first: U8, second: U8) -> [I16; 4] {
    let wide = |bytes| vreinterpretq_s16_u16(vmovl_u8(bytes));
    let (low, high) = (vzip1q_u8(first, second), vzip2q_u8(first, second));
    [
        wide(vget_low_u8(low)),
        wide(vget_high_u8(low)),
        wide(vget_low_u8(high)),
        wide(vget_high_u8(high)),
    ]
}

/// `a · b >> 16` without signs.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn multiply_high(a: I16, b: I16) -> I16 {
    let (a, b) = (vreinterpretq_u16_s16(a), vreinterpretq_u16_s16(b));
    let low = vmull_u16(vget_low_u16(a), vget_low_u16(b));
    let high = vmull_high_u16(a, b);
    let products = vuzp2q_u16(vreinterpretq_u16_u32(low), vreinterpretq_u16_u32(high));
    vreinterpretq_s16_u16(products)
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn add_i16(a: I16, b: I16) -> I16 {
    vaddq_s16(a, b)
}

/// `(a + 1) >> 1` without a sign.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn half_up(a: I16) -> I16 {
    vreinterpretq_s16_u16(vrhaddq_u16(vreinterpretq_u16_s16(a), vdupq_n_u16(0)))
}

/// Words without sign, divided by 128 and cut, as bytes.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn bytes_of_128ths(first: I16, second: I16) -> U8 {
    let narrow = |words| vqmovn_u16(vshrq_n_u16::<7>(vreinterpretq_u16_s16(words)));
    vcombine_u8(narrow(first), narrow(second))
}

/// The products of words, added up by pairs.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn multiply_pairs(a: I16, b: I16) -> I32 {
    let low = vmull_s16(vget_low_s16(a), vget_low_s16(b));
    vpaddq_s32(low, vmull_high_s16(a, b))
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn add_i32(a: I32, b: I32) -> I32 {
    vaddq_s32(a, b)
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn shift_right(a: I32, bits: u32) -> I32 {
    vshlq_s32(a, vdupq_n_s32(-(bits as i32)))
}

/// Eight words, limited to their range.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn words(first: I32, second: I32) -> I16 {
    vqmovn_high_s32(vqmovn_s32(first), second)
}

/// The bytes at the places; 0 for a place above 15.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn shuffle(words: I16, places: &[u8; 16]) -> I16 {
    // SAFETY: the places are a vector long.
    let places = unsafe { vld1q_u8(places.as_ptr()) };
    vreinterpretq_s16_u8(vqtbl1q_u8(vreinterpretq_u8_s16(words), places))
}

/// Four vectors as rows of a square: its columns.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn transpose([a, b, c, d]: [I32; 4]) -> [I32; 4] {
    let joined = |first: int32x4_t, second: int32x4_t| {
        let (first, second) = (vreinterpretq_s64_s32(first), vreinterpretq_s64_s32(second));
        [vzip1q_s64(first, second), vzip2q_s64(first, second)]
            .map(|both| vreinterpretq_s32_s64(both))
    };
    let [first, second] = joined(vzip1q_s32(a, b), vzip1q_s32(c, d));
    let [third, fourth] = joined(vzip2q_s32(a, b), vzip2q_s32(c, d));
    [first, second, third, fourth]
}

/// The even and the odd lanes of two vectors.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn unzip(first: I32, second: I32) -> [I32; 2] {
    [vuzp1q_s32(first, second), vuzp2q_s32(first, second)]
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn to_f32(a: I32) -> F32 {
    vcvtq_f32_s32(a)
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn add(a: F32, b: F32) -> F32 {
    vaddq_f32(a, b)
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn subtract(a: F32, b: F32) -> F32 {
    vsubq_f32(a, b)
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn multiply(a: F32, b: F32) -> F32 {
    vmulq_f32(a, b)
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn divide(a: F32, b: F32) -> F32 {
    vdivq_f32(a, b)
}

/// Of equal values, 0 and -0 among them, the limit.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn limit(value: F32, low: F32, high: F32) -> F32 {
    let above = vbslq_f32(vcgtq_f32(value, low), value, low);
    vbslq_f32(vcltq_f32(above, high), above, high)
}

/// Sixteen bytes as numbers.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn numbers(bytes: U8) -> [F32; 4] {
    let (low, high) = (vmovl_u8(vget_low_u8(bytes)), vmovl_high_u8(bytes));
    [
        vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))),
        vcvtq_f32_u32(vmovl_high_u16(low)),
        vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))),
        vcvtq_f32_u32(vmovl_high_u16(high)),
    ]
}

/// The lowest byte of each of sixteen numbers.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn lowest_bytes(numbers: [F32; 4]) -> U8 {
    let [a, b, c, d] = numbers.map(|numbers| vreinterpretq_u8_f32(numbers));
    let (first, second) = (vuzp1q_u8(a, b), vuzp1q_u8(c, d));
    vuzp1q_u8(first, second)
}

/// Sixteen pixels of three interleaved channels, channel by channel.
///
/// # Safety
/// 48 bytes can be read.
#[inline]
#[target_feature(enable = "neon")]
pub(super) unsafe fn load_split(from: *const u8) -> [U8; 3] {
    // SAFETY: as the caller promises.
    unsafe {
        let uint8x16x3_t(first, second, third) = vld3q_u8(from);
        [first, second, third]
    }
}

/// Sixteen pixels of three channels, interleaved.
///
/// # Safety
/// 48 bytes can be written.
#[inline]
#[target_feature(enable = "neon")]
pub(super) unsafe fn store_joined(to: *mut u8, [first, second, third]: [U8; 3]) {
    // SAFETY: as the caller promises.
    unsafe { vst3q_u8(to, uint8x16x3_t(first, second, third)) }
}
