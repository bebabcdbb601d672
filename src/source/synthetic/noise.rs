//! The scene `noise`: random samples, spread evenly over the codes of the limited range.
//!
//! `static` shows one picture of grey noise for ever, `moderate` a new one for each frame, `high` adds random colour.
//! `cell` makes the grains larger: a filter that averages four pixels takes most of a grain of 1 and little of one
//! of 16.

use super::Drawing;
use super::options::{Motion, SyntheticOptions};
use crate::frame::Frame;

/// Number of codes of limited-range luma and chroma, and the lowest of both.
const LUMA_CODES: u64 = 220;
const CHROMA_CODES: u64 = 225;
const LOWEST_CODE: u8 = 16;

pub(super) struct Noise {
    motion: Motion,
    seed: u64,
    cell_px: usize,
}

impl Noise {
    pub(super) fn new(options: &SyntheticOptions) -> Self {
        Self {
            motion: options.motion,
            seed: options.seed,
            cell_px: options.cell_px as usize,
        }
    }
}

impl Drawing for Noise {
    fn draw(&mut self, index: u64, frame: &mut Frame) {
        let picture = match self.motion {
            Motion::Static => 0,
            Motion::Moderate | Motion::High => index,
        };
        for plane in 0..3 {
            if plane > 0 && self.motion != Motion::High {
                frame.plane_mut(plane).fill(128);
                continue;
            }
            let size = frame.plane(plane).size;
            // A grain covers the same part of the picture in the planes of half the size.
            let cell = if plane == 0 {
                self.cell_px
            } else {
                self.cell_px.div_ceil(2)
            };
            let codes = if plane == 0 { LUMA_CODES } else { CHROMA_CODES };
            let mut numbers = Numbers::new(self.seed, picture, plane as u64);
            fill(
                frame.plane_mut(plane),
                size.width(),
                cell,
                codes,
                &mut numbers,
            );
        }
    }
}

/// Fills rows of `width` samples with grains of `cell` samples.
fn fill(samples: &mut [u8], width: usize, cell: usize, codes: u64, numbers: &mut Numbers) {
    for band in samples.chunks_mut(width * cell) {
        let (first, rest) = band.split_at_mut(width);
        let mut grains = first.chunks_mut(cell);
        'row: loop {
            // Each random number is good for eight grains.
            let mut bits = numbers.next();
            for _ in 0..8 {
                let Some(grain) = grains.next() else {
                    break 'row;
                };
                grain.fill(LOWEST_CODE + (((bits & 0xff) * codes) >> 8) as u8);
                bits >>= 8;
            }
        }
        for row in rest.chunks_mut(width) {
            row.copy_from_slice(first);
        }
    }
}

/// Random numbers that depend on seed, picture and plane only (splitmix64 by Steele, Lea and Flood, 2014).
struct Numbers(u64);

impl Numbers {
    fn new(seed: u64, picture: u64, plane: u64) -> Self {
        let mut numbers = Self(seed);
        for part in [picture, plane] {
            numbers = Self(numbers.next() ^ part);
        }
        Self(numbers.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FrameSource, synthetic::SyntheticSource};

    fn picture(spec: &str) -> Frame {
        let mut source = SyntheticSource::from_spec(spec).unwrap();
        let mut frame = Frame::new(source.info().frame);
        source.next_frame(&mut frame).unwrap();
        frame
    }

    #[test]
    fn all_codes_of_the_limited_range_come_about_equally_often() {
        let frame = picture("noise?size=640x480&motion=high");
        for (plane, highest) in [(0, 235), (1, 240), (2, 240)] {
            let mut counts = [0u32; 256];
            for &sample in frame.plane(plane).data {
                counts[usize::from(sample)] += 1;
            }
            let used = &counts[16..=highest];
            let mean = frame.plane(plane).data.len() as u32 / used.len() as u32;
            assert!(
                counts[..16]
                    .iter()
                    .chain(&counts[highest + 1..])
                    .all(|&count| count == 0)
            );
            // Some codes stand for two of 256 bytes.
            assert!(
                used.iter()
                    .all(|&count| count > mean / 2 && count < 3 * mean),
                "plane {plane}: {counts:?}"
            );
        }
    }

    #[test]
    fn grains_are_squares() {
        let frame = picture("noise?size=61x37&cell=5");
        let luma = frame.plane(0);
        for (at, &sample) in luma.data.iter().enumerate() {
            let (x, y) = (at % 61, at / 61);
            assert_eq!(sample, luma.data[y / 5 * 5 * 61 + x / 5 * 5], "{x}, {y}");
        }
        assert_ne!(luma.data[0], luma.data[5]);
        assert!(frame.plane(1).data.iter().all(|&code| code == 128));
    }
}
