//! From samples of 9 to 16 bits to samples of 8.
//!
//! Limited-range codes of `n` bits are those of 8 bits times `2^(n-8)` (ITU-R BT.709, table 4), so they are divided by
//! it; full-range codes reach from 0 to `2^n - 1` and are scaled to 0..=255. Both round to the nearest code, halves
//! up, without dither: the error is half a code of 8 bits at most, and the same input gives the same output.

use crate::frame::ColorRange;

/// Bits that a reducer can take.
pub(super) const BITS: std::ops::RangeInclusive<u32> = 9..=16;

/// A table from codes of more than 8 bits to codes of 8.
pub(super) struct Reducer {
    codes: Vec<u8>,
}

impl Reducer {
    /// For samples of `bits` (9 to 16) in `range`.
    pub(super) fn new(bits: u32, range: ColorRange) -> Self {
        let bits = bits.clamp(*BITS.start(), *BITS.end());
        let largest = (1u32 << bits) - 1;
        let reduced = |code: u32| match range {
            ColorRange::Limited => (code + (1 << (bits - 9))) >> (bits - 8),
            ColorRange::Full => (code * 255 + largest / 2) / largest,
        };
        Self {
            codes: (0..=largest)
                .map(|code| reduced(code).min(255) as u8)
                .collect(),
        }
    }

    /// Reduces little-endian samples of two bytes. A code beyond the depth counts as the largest.
    pub(super) fn reduce(&self, from: &[u8], into: &mut [u8]) {
        let largest = self.codes.len() - 1;
        let (samples, _) = from.as_chunks::<2>();
        for (sample, &bytes) in into.iter_mut().zip(samples) {
            *sample = self.codes[usize::from(u16::from_le_bytes(bytes)).min(largest)];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_white_and_neutral_keep_their_codes() {
        for bits in BITS {
            let limited = Reducer::new(bits, ColorRange::Limited);
            let full = Reducer::new(bits, ColorRange::Full);
            let one = |reducer: &Reducer, code: u32| {
                let mut out = [0];
                reducer.reduce(&(code as u16).to_le_bytes(), &mut out);
                out[0]
            };
            for code in [16, 128, 235, 240] {
                assert_eq!(one(&limited, code << (bits - 8)), code as u8, "{bits} bits");
            }
            assert_eq!(one(&full, 0), 0);
            assert_eq!(one(&full, 1 << (bits - 1)), 128, "{bits} bits");
            assert_eq!(one(&full, (1 << bits) - 1), 255, "{bits} bits");
        }
    }

    #[test]
    fn the_nearest_code_is_taken() {
        let limited = Reducer::new(10, ColorRange::Limited);
        let full = Reducer::new(10, ColorRange::Full);
        for code in 0..1024u16 {
            let mut out = [0];
            limited.reduce(&code.to_le_bytes(), &mut out);
            let exact = f64::from(code) / 4.0;
            assert!(
                (f64::from(out[0]) - exact).abs() <= 0.5 || exact > 255.0,
                "{code}"
            );
            full.reduce(&code.to_le_bytes(), &mut out);
            let exact = f64::from(code) * 255.0 / 1023.0;
            assert!((f64::from(out[0]) - exact).abs() <= 0.5, "{code}");
        }
        let narrow = Reducer::new(9, ColorRange::Limited);
        let mut out = [0];
        narrow.reduce(&u16::MAX.to_le_bytes(), &mut out);
        assert_eq!(out, [255]);
    }
}
