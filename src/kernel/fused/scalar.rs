//! The passes in plain loops: what every other level has to equal, to the bit.

use super::color::{Finish, Matrix};
use super::passes::Rows;
use super::tables::Horizontal;

/// Weighs source rows into one row of `i16`. Every product is cut to half the units of that row, half of what was cut
/// off on average is made up for, and the sum, a 16-bit number without sign, is rounded to the row's units in the end.
pub(super) fn vertical_narrow(rows: Rows<'_>, weights: &[u16], output: &mut [i16]) {
    let output = &mut output[..rows.len];
    output.fill((weights.len() / 2) as i16);
    for (tap, weight) in weights.iter().enumerate() {
        let weight = u32::from(*weight);
        for (sum, sample) in output.iter_mut().zip(rows.row(tap)) {
            *sum = sum.wrapping_add(((u32::from(*sample) * weight) >> 8) as i16);
        }
    }
    for sum in output {
        *sum = ((u32::from(*sum as u16) + 1) >> 1) as i16;
    }
}

/// Columns that are summed up at once, in a buffer that stays in the cache.
const BLOCK: usize = 512;

/// Weighs source rows into one row of `i16`: sums in full, rounded once.
pub(super) fn vertical_wide(rows: Rows<'_>, weights: &[i16], shift: u32, output: &mut [i16]) {
    let half = 1 << (shift - 1);
    for (block, output) in output[..rows.len].chunks_mut(BLOCK).enumerate() {
        let mut sums = [half; BLOCK];
        for (tap, weight) in weights[..rows.taps].iter().enumerate() {
            let weight = i32::from(*weight);
            for (sum, sample) in sums.iter_mut().zip(&rows.row(tap)[block * BLOCK..]) {
                *sum += i32::from(*sample) * weight;
            }
        }
        for (value, sum) in output.iter_mut().zip(sums) {
            *value = (sum >> shift) as i16;
        }
    }
}

/// Weighs the pixels of an interleaved row into the tensor's three rows, from output pixel `first` on.
pub(super) fn rgb(
    row: &[i16],
    table: &Horizontal,
    finish: &Finish,
    first: usize,
    [red, green, blue]: [&mut [f32]; 3],
) {
    let outputs = red[first..].iter_mut().zip(&mut green[first..]);
    let outputs = outputs.zip(&mut blue[first..]);
    for (((red, green), blue), (start, weights)) in outputs.zip(table.windows(first)) {
        let mut sums = [0_i32; 3];
        let pixels = row[3 * start..][..3 * weights.len()].chunks_exact(3);
        for (pixel, weight) in pixels.zip(weights) {
            for (sum, sample) in sums.iter_mut().zip(pixel) {
                *sum += i32::from(*sample) * i32::from(*weight);
            }
        }
        *red = finish.value(sums[0] as f32, 0);
        *green = finish.value(sums[1] as f32, 1);
        *blue = finish.value(sums[2] as f32, 2);
    }
}

/// Weighs the samples of a plane's row into a row of sums, from output pixel `first` on.
pub(super) fn plane(row: &[i16], table: &Horizontal, first: usize, sums: &mut [f32]) {
    for (output, (start, weights)) in sums[first..].iter_mut().zip(table.windows(first)) {
        let products = row[start..].iter().zip(weights);
        let sum: i32 = products
            .map(|(sample, weight)| i32::from(*sample) * i32::from(*weight))
            .sum();
        *output = sum as f32;
    }
}

/// Writes two rows of `i16` as one, sample by sample in turn.
pub(super) fn interleave(first: &[i16], second: &[i16], both: &mut [i16]) {
    for (pair, (first, second)) in both.chunks_exact_mut(2).zip(first.iter().zip(second)) {
        pair[0] = *first;
        pair[1] = *second;
    }
}

/// Weighs the samples of a row of two interleaved channels into two rows of sums, from output pixel `first` on.
pub(super) fn pair(row: &[i16], table: &Horizontal, first: usize, [u, v]: [&mut [f32]; 2]) {
    let outputs = u[first..].iter_mut().zip(&mut v[first..]);
    for ((u, v), (start, weights)) in outputs.zip(table.windows(first)) {
        let mut sums = [0_i32; 2];
        for (samples, weight) in row[2 * start..].chunks_exact(2).zip(weights) {
            for (sum, sample) in sums.iter_mut().zip(samples) {
                *sum += i32::from(*sample) * i32::from(*weight);
            }
        }
        (*u, *v) = (sums[0] as f32, sums[1] as f32);
    }
}

/// Turns sums of Y, Cb and Cr into the tensor's three rows, from output pixel `first` on.
pub(super) fn matrix(
    [y, u, v]: [&[f32]; 3],
    matrix: &Matrix,
    first: usize,
    [red, green, blue]: [&mut [f32]; 3],
) {
    let sums = y[first..].iter().zip(&u[first..]).zip(&v[first..]);
    let outputs = red[first..].iter_mut().zip(&mut green[first..]);
    let outputs = outputs.zip(&mut blue[first..]);
    let [r, g, b] = matrix.factors;
    let [r_offset, g_offset, b_offset] = matrix.offsets;
    for (((y, u), v), ((red, green), blue)) in sums.zip(outputs) {
        *red = matrix.clamp(y * r[0] + r_offset + v * r[2], 0);
        *green = matrix.clamp(y * g[0] + g_offset + u * g[1] + v * g[2], 1);
        *blue = matrix.clamp(y * b[0] + b_offset + u * b[1], 2);
    }
}

/// Turns sums of luma into the tensor's three rows.
pub(super) fn gray(y: &[f32], matrix: &Matrix, outputs: [&mut [f32]; 3]) {
    for (channel, output) in outputs.into_iter().enumerate() {
        let (factor, offset) = (matrix.factors[channel][0], matrix.offsets[channel]);
        for (output, y) in output.iter_mut().zip(y) {
            *output = matrix.clamp(y * factor + offset, channel);
        }
    }
}

/// Weighs the pixels (of `step` samples) around every sample of a row into bytes. Every product is cut to the units of
/// the row; half a unit for each tap makes up for the cutting.
pub(super) fn weigh(row: &[i16], step: usize, weights: &[u16], output: &mut [u8]) {
    let half = 64 + weights.len() as u32 / 2;
    for (x, output) in output.iter_mut().enumerate() {
        let mut sum = half;
        for (tap, weight) in weights.iter().enumerate() {
            sum += (row[x + tap * step] as u32 * u32::from(*weight)) >> 15;
        }
        *output = (sum >> 7).min(255) as u8;
    }
}

/// Adding 2²³ to a number between 0 and 2²² leaves its nearest whole number in the lowest bits of the mantissa.
pub(super) const ROUNDING: f32 = 8_388_608.0;

/// Added first, so that halves round up; above the noise of `f32` at 255 (2⁻¹⁶).
pub(super) const HALVES_UP: f32 = 1.0 / 16_384.0;

/// Rounds values from 0 to 255 to bytes, channel by channel in turn, from pixel `first` on.
pub(super) fn bytes([red, green, blue]: [&[f32]; 3], first: usize, output: &mut [u8]) {
    let round = |value: f32| (value + HALVES_UP + ROUNDING).to_bits() as u8;
    let values = red[first..].iter().zip(&green[first..]).zip(&blue[first..]);
    for (pixel, ((red, green), blue)) in output[3 * first..].chunks_exact_mut(3).zip(values) {
        pixel[0] = round(*red);
        pixel[1] = round(*green);
        pixel[2] = round(*blue);
    }
}
