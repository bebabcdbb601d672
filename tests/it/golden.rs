//! The pictures and the files of `tests/data/golden`, as `make_golden.py` there has them.

#![allow(clippy::expect_used, reason = "a test may fail")]

use std::path::PathBuf;

use framescope::frame::Size;
use serde::de::DeserializeOwned;

/// Interleaved RGB: slopes, a chequerboard of hard edges, and noise; equal to `picture` of `make_golden.py`.
pub(crate) fn picture(size: Size, seed: u32) -> Vec<u8> {
    let (width, height) = (size.width_px, size.height_px);
    let mut rgb = Vec::with_capacity(3 * size.area());
    for y in 0..height {
        for x in 0..width {
            for c in 0..3 {
                let phase = (x * (c + 2) * 512 / width + y * (4 - c) * 384 / height) % 512;
                let slope = if phase < 256 { phase } else { 511 - phase };
                let is_inverted = (x * 7 / width + y * 5 / height) % 2 == 1;
                let level = if is_inverted { 255 - slope } else { slope };
                let mut noise = x.wrapping_mul(73_856_093)
                    ^ y.wrapping_mul(19_349_663)
                    ^ (c + 1).wrapping_mul(83_492_791)
                    ^ seed;
                noise ^= noise >> 13;
                noise = noise.wrapping_mul(0x5BD1_E995);
                noise ^= noise >> 15;
                let value = level as i32 + (noise & 31) as i32 - 16;
                rgb.push(value.clamp(0, 255) as u8);
            }
        }
    }
    rgb
}

/// The corners, then places drawn by a linear congruential generator; equal to `positions` of `make_golden.py`.
pub(crate) fn positions(size: Size, seed: u32, count: usize) -> Vec<(u32, u32)> {
    let (width, height) = (size.width_px, size.height_px);
    let mut places = vec![
        (0, 0),
        (width - 1, 0),
        (0, height - 1),
        (width - 1, height - 1),
    ];
    let mut state = seed;
    let mut next = |limit: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % limit
    };
    while places.len() < count {
        let x = next(width);
        places.push((x, next(height)));
    }
    places
}

/// The bytes of a file beside the script.
pub(crate) fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).expect(name)
}

/// The cases of a list beside the script.
pub(crate) fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    serde_json::from_slice(&bytes(name)).expect(name)
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/golden")
        .join(name)
}

/// The largest and the mean absolute difference of two rows of numbers.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    pub(crate) max: f64,
    sum: f64,
    count: usize,
}

impl Difference {
    pub(crate) fn add(&mut self, actual: f32, expected: f32) {
        let difference = f64::from((actual - expected).abs());
        // A NaN is no small difference.
        self.max = if difference <= self.max {
            self.max
        } else {
            difference
        };
        self.sum += difference;
        self.count += 1;
    }

    pub(crate) fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }
}
