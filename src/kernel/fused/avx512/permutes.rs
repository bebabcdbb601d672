//! Windows as permutations: which of 64 samples each of sixteen output pixels takes.

use crate::kernel::fused::tables::Horizontal;

/// Output pixels that a permutation finishes at once.
pub(in crate::kernel::fused) const PERMUTED: usize = 16;

/// Windows of sixteen pixels that lie within 64 samples: where in these each tap is.
#[derive(Clone, Debug)]
pub(in crate::kernel::fused) struct Permutes {
    /// Pairs of taps per output pixel.
    pub(in crate::kernel::fused) pairs: usize,
    /// First sample of the row, per group.
    pub(in crate::kernel::fused) bases: Vec<u32>,
    /// For each group, or once if they are all alike: pair by pair, two places for each of the sixteen pixels.
    places: Vec<i16>,
    is_uniform: bool,
    /// For each group: pair by pair, two weights for each pixel.
    weights: Vec<i16>,
}

impl Permutes {
    /// For rows of `channels` interleaved channels; `None` if the windows of a group are too far apart.
    pub(in crate::kernel::fused) fn new(table: &Horizontal, channels: usize) -> Option<Self> {
        let mut permutes = Self {
            pairs: table.pairs,
            bases: Vec::new(),
            places: Vec::new(),
            is_uniform: true,
            weights: Vec::new(),
        };
        let taps = 2 * table.pairs;
        let weights = table.weights.chunks_exact(PERMUTED * taps);
        for (starts, weights) in table.starts.chunks_exact(PERMUTED).zip(weights) {
            let base = starts.iter().min()?;
            permutes.bases.push(base * channels as u32);
            for pair in 0..table.pairs {
                for (start, weights) in starts.iter().zip(weights.chunks_exact(taps)) {
                    for tap in [2 * pair, 2 * pair + 1] {
                        let place = (start - base) as usize + tap;
                        let last = (4 * PERMUTED - channels) / channels;
                        if place > last && weights[tap] != 0 {
                            return None;
                        }
                        permutes.places.push((place.min(last) * channels) as i16);
                        permutes.weights.push(weights[tap]);
                    }
                }
            }
        }
        let len = 2 * PERMUTED * table.pairs;
        let mut groups = permutes.places.chunks_exact(len);
        let first = groups.next()?.to_vec();
        permutes.is_uniform = groups.all(|places| places == first);
        if permutes.is_uniform {
            permutes.places = first;
        }
        Some(permutes)
    }

    /// Output pixels of whole groups.
    pub(in crate::kernel::fused) fn pixels(&self) -> usize {
        PERMUTED * self.bases.len()
    }

    /// Samples that a row must hold.
    pub(in crate::kernel::fused) fn reach(&self) -> usize {
        let last = self.bases.iter().max();
        last.map_or(0, |base| *base as usize + 4 * PERMUTED)
    }

    /// Where the places and the weights of a group begin.
    pub(in crate::kernel::fused) fn group(&self, group: usize) -> [*const i16; 2] {
        let len = 2 * PERMUTED * self.pairs;
        let places = if self.is_uniform { 0 } else { group * len };
        [
            self.places[places..][..len].as_ptr(),
            self.weights[group * len..][..len].as_ptr(),
        ]
    }
}
