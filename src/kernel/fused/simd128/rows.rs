//! The passes over rows in terms of the operations of `vector`.

#![allow(unsafe_code, reason = "vector instructions; see the module simd128")]

use super::vector::{
    F32, I16, add, add_i16, add_i32, bytes_of_128ths, divide, half_up, limit, load_f32,
    load_halves, load_i16, load_pairs, load_split, load_u8, lowest_bytes, multiply, multiply_high,
    multiply_pairs, numbers, pairs, shift_right, shuffle, splat_f32, splat_i16, splat_i32,
    splat_pair, store_f32, store_i16, store_joined, store_u8, subtract, times_256, to_f32,
    transpose, unzip, words,
};
use super::{GROUP, WIDTH};
use crate::kernel::Normalization;
use crate::kernel::fused::color::{Finish, Matrix};
use crate::kernel::fused::passes::Rows;
use crate::kernel::fused::scalar::{HALVES_UP, ROUNDING};
use crate::kernel::fused::tables::{Horizontal, MAX_NARROW_TAPS};

/// # Safety
/// `rows` lie in their plane, are [`WIDTH`] long at least, and `output` is not shorter.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.1"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub(super) unsafe fn vertical_narrow(rows: Rows<'_>, weights: &[u16], output: &mut [i16]) {
    let half = splat_i16((weights.len() / 2) as i16);
    let mut vectors = [splat_i16(0); MAX_NARROW_TAPS];
    for (vector, weight) in vectors.iter_mut().zip(weights) {
        *vector = splat_i16(*weight as i16);
    }
    let vectors = &vectors[..weights.len()];
    let (source, output) = (rows.plane.as_ptr(), output.as_mut_ptr());
    let mut x = 0;
    while x < rows.len {
        // The last vector overlaps the one before.
        let at = x.min(rows.len - WIDTH);
        let (mut low, mut high) = (half, half);
        for (tap, weight) in vectors.iter().enumerate() {
            // SAFETY: `at + WIDTH` is at most the length of the row.
            let samples = unsafe { load_u8(source.add(tap * rows.stride + at)) };
            // Each sample times 256, so that the product's high half is in half units of the row.
            let [first, second] = times_256(samples);
            low = add_i16(low, multiply_high(first, *weight));
            high = add_i16(high, multiply_high(second, *weight));
        }
        // SAFETY: `at + WIDTH` is at most the length of the output.
        unsafe {
            store_i16(output.add(at), half_up(low));
            store_i16(output.add(at + WIDTH / 2), half_up(high));
        }
        x += WIDTH;
    }
}

/// # Safety
/// `rows` lie in their plane, are [`WIDTH`] long at least, and `output` is not shorter; `weights` has as many values as
/// there are taps, rounded up to even.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.1"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub(super) unsafe fn vertical_wide(
    rows: Rows<'_>,
    weights: &[i16],
    shift: u32,
    output: &mut [i16],
) {
    let half = splat_i32(1 << (shift - 1));
    let (source, output) = (rows.plane.as_ptr(), output.as_mut_ptr());
    let mut x = 0;
    while x < rows.len {
        let at = x.min(rows.len - WIDTH);
        let mut sums = [half; 4];
        for (pair, weights) in weights.chunks_exact(2).enumerate() {
            let both = splat_pair(weights[0], weights[1]);
            // The second of the last pair may have no row of its own; its weight is 0 then.
            let (a, b) = (2 * pair, (2 * pair + 1).min(rows.taps - 1));
            // SAFETY: `at + WIDTH` is at most the length of the row.
            let (first, second) = unsafe {
                let first = load_u8(source.add(a * rows.stride + at));
                (first, load_u8(source.add(b * rows.stride + at)))
            };
            for (sum, samples) in sums.iter_mut().zip(pairs(first, second)) {
                *sum = add_i32(*sum, multiply_pairs(samples, both));
            }
        }
        for sum in &mut sums {
            *sum = shift_right(*sum, shift);
        }
        let [a, b, c, d] = sums;
        // SAFETY: `at + WIDTH` is at most the length of the output.
        unsafe {
            store_i16(output.add(at), words(a, b));
            store_i16(output.add(at + WIDTH / 2), words(c, d));
        }
        x += WIDTH;
    }
}

/// Two pixels R G B R G B to the pairs R R, G G, B B.
const RGB_PAIRS: [u8; 16] = [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, 0x80, 0x80, 0x80, 0x80];

/// # Safety
/// `row` holds what the preparation asked for, and every output has room for the whole groups of the table.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.1"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub(super) unsafe fn rgb(row: &[i16], table: &Horizontal, finish: &Finish, outputs: [*mut f32; 3]) {
    let row = row.as_ptr();
    let (low, high) = (splat_f32(finish.low), splat_f32(finish.high));
    let taps = 2 * table.pairs;
    let (groups, _) = table.starts.as_chunks::<GROUP>();
    let weights = table.weights.chunks_exact(GROUP * taps);
    for (group, (starts, weights)) in groups.iter().zip(weights).enumerate() {
        let mut sums = [splat_i32(0); GROUP];
        for ((sum, start), weights) in sums.iter_mut().zip(starts).zip(weights.chunks_exact(taps)) {
            let window = row.wrapping_add(3 * *start as usize);
            for (pair, weights) in weights.chunks_exact(2).enumerate() {
                // SAFETY: the window lies in the row, and two samples behind it.
                let samples = unsafe { load_i16(window.add(6 * pair)) };
                let samples = shuffle(samples, &RGB_PAIRS);
                let products = multiply_pairs(samples, splat_pair(weights[0], weights[1]));
                *sum = add_i32(*sum, products);
            }
        }
        let [red, green, blue, _] = transpose(sums);
        for (channel, sums) in [red, green, blue].into_iter().enumerate() {
            let sums = limit(to_f32(sums), low, high);
            let scaled = multiply(sums, splat_f32(finish.scale[channel]));
            let values = add(scaled, splat_f32(finish.bias[channel]));
            // SAFETY: the group lies within the output.
            unsafe { store_f32(outputs[channel].add(GROUP * group), values) }
        }
    }
}

/// # Safety
/// The table is packed for planes, `row` holds what the preparation asked for, and `sums` has room for the whole groups of
/// the table.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.1"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub(super) unsafe fn plane(row: &[i16], table: &Horizontal, sums: &mut [f32]) {
    let row = row.as_ptr();
    let (groups, _) = table.starts.as_chunks::<GROUP>();
    let mut weights = table.packed.as_ptr();
    for (starts, output) in groups.iter().zip(sums.chunks_exact_mut(GROUP)) {
        let windows = starts.map(|start| row.wrapping_add(start as usize));
        let mut sum = splat_i32(0);
        for pair in 0..table.pairs {
            // SAFETY: the windows lie in the row; a group has a vector of weights for each pair.
            let products = unsafe {
                let samples = load_pairs(windows.map(|window| window.add(2 * pair)));
                multiply_pairs(samples, load_i16(weights))
            };
            sum = add_i32(sum, products);
            weights = weights.wrapping_add(2 * GROUP);
        }
        // SAFETY: the group has four values.
        unsafe { store_f32(output.as_mut_ptr(), to_f32(sum)) }
    }
}

/// Two times two samples U V U V to the pairs U U, V V.
const CHROMA_PAIRS: [u8; 16] = [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15];

/// # Safety
/// The table is packed for two channels, `row` holds what the preparation asked for, and `sums` have room for the whole
/// groups of the table.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.1"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub(super) unsafe fn pair(row: &[i16], table: &Horizontal, [u, v]: [&mut [f32]; 2]) {
    let row = row.as_ptr();
    let (groups, _) = table.starts.as_chunks::<GROUP>();
    let mut weights = table.packed.as_ptr();
    let outputs = u.chunks_exact_mut(GROUP).zip(v.chunks_exact_mut(GROUP));
    for (starts, (u, v)) in groups.iter().zip(outputs) {
        let [a, b, c, d] = starts.map(|start| row.wrapping_add(2 * start as usize));
        let mut sums = [splat_i32(0); 2];
        for pair in 0..table.pairs {
            for (sum, [low, high]) in sums.iter_mut().zip([[a, b], [c, d]]) {
                // SAFETY: the windows lie in the row; a group has two vectors of weights for each pair.
                let (samples, both) = unsafe {
                    let samples = load_halves(low.add(4 * pair), high.add(4 * pair));
                    (samples, load_i16(weights))
                };
                *sum = add_i32(*sum, multiply_pairs(shuffle(samples, &CHROMA_PAIRS), both));
                weights = weights.wrapping_add(2 * GROUP);
            }
        }
        let [u_sums, v_sums] = unzip(sums[0], sums[1]);
        // SAFETY: the groups have four values.
        unsafe {
            store_f32(u.as_mut_ptr(), to_f32(u_sums));
            store_f32(v.as_mut_ptr(), to_f32(v_sums));
        }
    }
}

/// # Safety
/// Sums and outputs hold `groups` whole groups.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.1"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub(super) unsafe fn matrix(
    sums: [&[f32]; 3],
    matrix: &Matrix,
    outputs: [*mut f32; 3],
    groups: usize,
) {
    let sums = sums.map(<[f32]>::as_ptr);
    let [r, g, b] = matrix.factors;
    for x in (0..groups).map(|group| GROUP * group) {
        // SAFETY: the group lies within the sums.
        let [y, u, v] = sums.map(|sums| unsafe { load_f32(sums.add(x)) });
        let red = add_product(first_product(y, matrix, 0), v, r[2]);
        let green = add_product(first_product(y, matrix, 1), u, g[1]);
        let green = add_product(green, v, g[2]);
        let blue = add_product(first_product(y, matrix, 2), u, b[1]);
        for (channel, value) in [red, green, blue].into_iter().enumerate() {
            let (low, high) = (
                splat_f32(matrix.low[channel]),
                splat_f32(matrix.high[channel]),
            );
            // SAFETY: the group lies within the output.
            unsafe { store_f32(outputs[channel].add(x), limit(value, low, high)) }
        }
    }
}

#[inline]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.1"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
fn first_product(y: F32, matrix: &Matrix, channel: usize) -> F32 {
    let product = multiply(y, splat_f32(matrix.factors[channel][0]));
    add(product, splat_f32(matrix.offsets[channel]))
}

/// Two roundings, as in the plain loops.
#[inline]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.1"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
fn add_product(sum: F32, value: F32, factor: f32) -> F32 {
    add(sum, multiply(value, splat_f32(factor)))
}

/// Normalises whole groups of [`WIDTH`] pixels and returns how many pixels those are.
///
/// # Safety
/// Every plane holds a value for each pixel of `rgb`.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.1"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub(super) unsafe fn normalize(
    rgb: &[u8],
    normalization: &Normalization,
    planes: [*mut f32; 3],
) -> usize {
    let scale = splat_f32(normalization.scale);
    let has_mean = normalization.mean != [0.0; 3];
    let has_std = normalization.std != [1.0; 3];
    let (groups, _) = rgb.as_chunks::<{ 3 * WIDTH }>();
    for (group, pixels) in groups.iter().enumerate() {
        // SAFETY: the group is three vectors long.
        let channels = unsafe { load_split(pixels.as_ptr()) };
        for (channel, plane) in planes.into_iter().enumerate() {
            let pixels = numbers(channels[normalization.order.rgb_channel(channel)]);
            for (quarter, pixels) in pixels.into_iter().enumerate() {
                let mut values = multiply(pixels, scale);
                // Subtracting 0 and dividing by 1 change nothing.
                if has_mean {
                    values = subtract(values, splat_f32(normalization.mean[channel]));
                }
                if has_std {
                    values = divide(values, splat_f32(normalization.std[channel]));
                }
                // SAFETY: the group lies within the plane.
                unsafe { store_f32(plane.add(WIDTH * group + 4 * quarter), values) }
            }
        }
    }
    WIDTH * groups.len()
}

/// # Safety
/// `output` is [`WIDTH`] long at least, and `row` longer by `step` samples for each weight but the first.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.1"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub(super) unsafe fn weigh(row: &[i16], step: usize, weights: &[u16], output: &mut [u8]) {
    let half = splat_i16(64 + weights.len() as i16 / 2);
    let (row, len) = (row.as_ptr(), output.len());
    let mut x = 0;
    while x < len {
        // The last vector overlaps the one before.
        let at = x.min(len - WIDTH);
        let (mut low, mut high): (I16, I16) = (half, half);
        for (tap, weight) in weights.iter().enumerate() {
            // Twice the weight, so that the product's high half is in units of the row.
            let weight = splat_i16((2 * weight) as i16);
            // SAFETY: `at + WIDTH` samples from this tap on lie in the row.
            let (first, second) = unsafe {
                let samples = row.add(at + tap * step);
                (load_i16(samples), load_i16(samples.add(WIDTH / 2)))
            };
            low = add_i16(low, multiply_high(first, weight));
            high = add_i16(high, multiply_high(second, weight));
        }
        // SAFETY: `at + WIDTH` is at most the length of the output.
        unsafe { store_u8(output.as_mut_ptr().add(at), bytes_of_128ths(low, high)) }
        x += WIDTH;
    }
}

/// Rounds whole groups of [`WIDTH`] pixels and returns how many pixels those are.
///
/// # Safety
/// Every row holds a value for each pixel of `output`.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.1"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
pub(super) unsafe fn bytes(rows: [*const f32; 3], output: &mut [u8]) -> usize {
    let (halves_up, rounding) = (splat_f32(HALVES_UP), splat_f32(ROUNDING));
    let (groups, _) = output.as_chunks_mut::<{ 3 * WIDTH }>();
    for (group, output) in groups.iter_mut().enumerate() {
        let mut channels = [splat_bytes(); 3];
        for (channel, row) in channels.iter_mut().zip(rows) {
            let mut values = [halves_up; 4];
            for (quarter, values) in values.iter_mut().enumerate() {
                // SAFETY: the group lies within the row.
                let loaded = unsafe { load_f32(row.add(WIDTH * group + 4 * quarter)) };
                *values = add(add(loaded, halves_up), rounding);
            }
            *channel = lowest_bytes(values);
        }
        // SAFETY: the group is three vectors long.
        unsafe { store_joined(output.as_mut_ptr(), channels) }
    }
    WIDTH * groups.len()
}

#[inline]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.1"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "neon"))]
fn splat_bytes() -> super::vector::U8 {
    lowest_bytes([splat_f32(0.0); 4])
}
