//! Vectors of 16 bytes with SSE4.1.

#![allow(unsafe_code, reason = "vector instructions; see the module simd128")]

#[allow(clippy::wildcard_imports, reason = "their names begin with _mm")]
use std::arch::x86_64::*;

/// Bytes.
pub(super) type U8 = __m128i;
/// Words of 16 bits.
pub(super) type I16 = __m128i;
/// Whole numbers of 32 bits.
pub(super) type I32 = __m128i;
/// Numbers of single precision.
pub(super) type F32 = __m128;

/// Whether the processor knows them.
pub(super) fn is_known() -> bool {
    is_x86_feature_detected!("sse4.1")
}

/// # Safety
/// Sixteen bytes can be read.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) unsafe fn load_u8(from: *const u8) -> U8 {
    // SAFETY: as the caller promises.
    unsafe { _mm_loadu_si128(from.cast()) }
}

/// # Safety
/// Sixteen bytes can be written.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) unsafe fn store_u8(to: *mut u8, vector: U8) {
    // SAFETY: as the caller promises.
    unsafe { _mm_storeu_si128(to.cast(), vector) }
}

/// # Safety
/// Eight words can be read.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) unsafe fn load_i16(from: *const i16) -> I16 {
    // SAFETY: as the caller promises.
    unsafe { _mm_loadu_si128(from.cast()) }
}

/// Two times four words.
///
/// # Safety
/// Four words can be read at both places.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) unsafe fn load_halves(low: *const i16, high: *const i16) -> I16 {
    // SAFETY: as the caller promises.
    unsafe { _mm_unpacklo_epi64(_mm_loadl_epi64(low.cast()), _mm_loadl_epi64(high.cast())) }
}

/// Four times two words.
///
/// # Safety
/// Two words can be read at every place.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) unsafe fn load_pairs(from: [*const i16; 4]) -> I16 {
    // SAFETY: as the caller promises.
    let [a, b, c, d] = from.map(|from| unsafe { from.cast::<i32>().read_unaligned() });
    _mm_setr_epi32(a, b, c, d)
}

/// # Safety
/// Eight words can be written.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) unsafe fn store_i16(to: *mut i16, vector: I16) {
    // SAFETY: as the caller promises.
    unsafe { _mm_storeu_si128(to.cast(), vector) }
}

/// # Safety
/// Four numbers can be read.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) unsafe fn load_f32(from: *const f32) -> F32 {
    // SAFETY: as the caller promises.
    unsafe { _mm_loadu_ps(from) }
}

/// # Safety
/// Four numbers can be written.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) unsafe fn store_f32(to: *mut f32, vector: F32) {
    // SAFETY: as the caller promises.
    unsafe { _mm_storeu_ps(to, vector) }
}

#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn splat_i16(value: i16) -> I16 {
    _mm_set1_epi16(value)
}

/// Two words, four times.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn splat_pair(first: i16, second: i16) -> I16 {
    let both = u32::from(first as u16) | u32::from(second as u16) << 16;
    _mm_set1_epi32(both as i32)
}

#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn splat_i32(value: i32) -> I32 {
    _mm_set1_epi32(value)
}

#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn splat_f32(value: f32) -> F32 {
    _mm_set1_ps(value)
}

/// Every byte times 256, the first eight and the last eight.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn times_256(bytes: U8) -> [I16; 2] {
    let zero = _mm_setzero_si128();
    [
        _mm_unpacklo_epi8(zero, bytes),
        _mm_unpackhi_epi8(zero, bytes),
    ]
}

/// Sixteen pairs of bytes of both vectors as words.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn pairs(first: U8, second: U8) -> [I16; 4] {
    let zero = _mm_setzero_si128();
    let low = _mm_unpacklo_epi8(first, second);
    let high = _mm_unpackhi_epi8(first, second);
    [
        _mm_unpacklo_epi8(low, zero),
        _mm_unpackhi_epi8(low, zero),
        _mm_unpacklo_epi8(high, zero),
        _mm_unpackhi_epi8(high, zero),
    ]
}

/// `a · b >> 16` without signs.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn multiply_high(a: I16, b: I16) -> I16 {
    _mm_mulhi_epu16(a, b)
}

#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn add_i16(a: I16, b: I16) -> I16 {
    _mm_add_epi16(a, b)
}

/// `(a + 1) >> 1` without a sign.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn half_up(a: I16) -> I16 {
    _mm_avg_epu16(a, _mm_setzero_si128())
}

/// Words without sign, divided by 128 and cut, as bytes.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn bytes_of_128ths(first: I16, second: I16) -> U8 {
    _mm_packus_epi16(_mm_srli_epi16::<7>(first), _mm_srli_epi16::<7>(second))
}

/// The products of words, added up by pairs.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn multiply_pairs(a: I16, b: I16) -> I32 {
    _mm_madd_epi16(a, b)
}

#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn add_i32(a: I32, b: I32) -> I32 {
    _mm_add_epi32(a, b)
}

#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn shift_right(a: I32, bits: u32) -> I32 {
    _mm_sra_epi32(a, _mm_cvtsi32_si128(bits as i32))
}

/// Eight words, limited to their range.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn words(first: I32, second: I32) -> I16 {
    _mm_packs_epi32(first, second)
}

/// The bytes at the places; 0 for a place above 15.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn shuffle(words: I16, places: &[u8; 16]) -> I16 {
    // SAFETY: the places are a vector long.
    let places = unsafe { _mm_loadu_si128(places.as_ptr().cast()) };
    _mm_shuffle_epi8(words, places)
}

/// Four vectors as rows of a square: its columns.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn transpose([a, b, c, d]: [I32; 4]) -> [I32; 4] {
    let (first, second) = (_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d));
    let (third, fourth) = (_mm_unpackhi_epi32(a, b), _mm_unpackhi_epi32(c, d));
    [
        _mm_unpacklo_epi64(first, second),
        _mm_unpackhi_epi64(first, second),
        _mm_unpacklo_epi64(third, fourth),
        _mm_unpackhi_epi64(third, fourth),
    ]
}

/// The even and the odd lanes of two vectors.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn unzip(first: I32, second: I32) -> [I32; 2] {
    let (first, second) = (_mm_castsi128_ps(first), _mm_castsi128_ps(second));
    [
        _mm_castps_si128(_mm_shuffle_ps::<0x88>(first, second)),
        _mm_castps_si128(_mm_shuffle_ps::<0xDD>(first, second)),
    ]
}

#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn to_f32(a: I32) -> F32 {
    _mm_cvtepi32_ps(a)
}

#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn add(a: F32, b: F32) -> F32 {
    _mm_add_ps(a, b)
}

#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn subtract(a: F32, b: F32) -> F32 {
    _mm_sub_ps(a, b)
}

#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn multiply(a: F32, b: F32) -> F32 {
    _mm_mul_ps(a, b)
}

#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn divide(a: F32, b: F32) -> F32 {
    _mm_div_ps(a, b)
}

/// Of equal values, 0 and -0 among them, the limit.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn limit(value: F32, low: F32, high: F32) -> F32 {
    _mm_min_ps(_mm_max_ps(value, low), high)
}

/// Sixteen bytes as numbers.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn numbers(bytes: U8) -> [F32; 4] {
    [
        _mm_cvtepi32_ps(_mm_cvtepu8_epi32(bytes)),
        _mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_srli_si128::<4>(bytes))),
        _mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_srli_si128::<8>(bytes))),
        _mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_srli_si128::<12>(bytes))),
    ]
}

/// The lowest byte of each of sixteen numbers.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) fn lowest_bytes(numbers: [F32; 4]) -> U8 {
    let mask = _mm_set1_epi32(0xFF);
    let [a, b, c, d] = numbers.map(|numbers| _mm_and_si128(_mm_castps_si128(numbers), mask));
    _mm_packus_epi16(_mm_packus_epi32(a, b), _mm_packus_epi32(c, d))
}

/// For each of three vectors of interleaved channels and each channel: which of its bytes are the channel's, and where
/// they go. A place above 127 gives 0.
const fn split_places() -> [[[u8; 16]; 3]; 3] {
    let mut places = [[[0x80; 16]; 3]; 3];
    let mut at = 0;
    while at < 48 {
        places[at / 16][at % 3][at / 3] = (at % 16) as u8;
        at += 1;
    }
    places
}

/// The way back.
const fn join_places() -> [[[u8; 16]; 3]; 3] {
    let mut places = [[[0x80; 16]; 3]; 3];
    let mut at = 0;
    while at < 48 {
        places[at / 16][at % 3][at % 16] = (at / 3) as u8;
        at += 1;
    }
    places
}

static SPLIT: [[[u8; 16]; 3]; 3] = split_places();
static JOIN: [[[u8; 16]; 3]; 3] = join_places();

/// Sixteen pixels of three interleaved channels, channel by channel.
///
/// # Safety
/// 48 bytes can be read.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) unsafe fn load_split(from: *const u8) -> [U8; 3] {
    let mut channels = [_mm_setzero_si128(); 3];
    for (index, places) in SPLIT.iter().enumerate() {
        // SAFETY: as the caller promises.
        let vector = unsafe { load_u8(from.add(16 * index)) };
        for (channel, places) in channels.iter_mut().zip(places) {
            *channel = _mm_or_si128(*channel, shuffle(vector, places));
        }
    }
    channels
}

/// Sixteen pixels of three channels, interleaved.
///
/// # Safety
/// 48 bytes can be written.
#[inline]
#[target_feature(enable = "sse4.1")]
pub(super) unsafe fn store_joined(to: *mut u8, channels: [U8; 3]) {
    for (index, places) in JOIN.iter().enumerate() {
        let mut vector = _mm_setzero_si128();
        for (channel, places) in channels.into_iter().zip(places) {
            vector = _mm_or_si128(vector, shuffle(channel, places));
        }
        // SAFETY: as the caller promises.
        unsafe { store_u8(to.add(16 * index), vector) }
    }
}
