//! Moving-block bootstrap of the difference of two quantiles.
//!
//! Both sides are put together anew from blocks of consecutive frames, drawn with replacement (Künsch, 1989), as often as
//! is asked for; blocks keep what neighbouring frames have in common. The interval is that of the middle differences
//! (percentile method). Quantiles are by nearest rank, as everywhere.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use serde::Serialize;

use super::{Dependence, Level, Z_POWER};
use crate::measure::Quantile;

/// Frames above the quantile that each side has to have before an interval means anything.
const MIN_ABOVE: f64 = 10.0;

/// Frames that are drawn in all, at most: what decides how often a large sample is put together anew.
const WORK: usize = 400_000_000;

/// How the bootstrap is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockBootstrap {
    /// How often both sides are put together anew, at most; fewer for samples of more than 100,000 frames.
    pub resamples: usize,
    /// The seed of all draws.
    pub seed: u64,
}

impl Default for BlockBootstrap {
    fn default() -> Self {
        Self {
            resamples: 2_000,
            seed: 1,
        }
    }
}

/// The difference of a quantile, B − A, in nanoseconds, and where the true one lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BootstrapInterval {
    /// Lower end.
    pub low_nanos: f64,
    /// Upper end.
    pub high_nanos: f64,
    /// Standard deviation of the differences.
    pub deviation_nanos: f64,
    /// Length of the blocks, in frames.
    pub block_frames: usize,
    /// How often both sides were put together anew.
    pub resamples: usize,
    /// How many times fewer independent frames would be worth as much.
    pub design_effect: f64,
}

impl BootstrapInterval {
    /// Whether zero lies outside: the quantiles differ.
    pub fn excludes_zero(&self) -> bool {
        self.low_nanos > 0.0 || self.high_nanos < 0.0
    }

    /// Frames of each side that would show a difference as large as this in four of five tries; `None` without one.
    pub fn needed_frames(&self, difference_nanos: f64, frames: usize, level: Level) -> Option<u64> {
        if difference_nanos == 0.0 {
            return None;
        }
        let ratio = (level.z + Z_POWER) * self.deviation_nanos / difference_nanos;
        Some((frames as f64 * ratio * ratio).ceil() as u64)
    }
}

impl BlockBootstrap {
    /// Frames that each side needs before [`Self::interval`] answers: ten above the quantile.
    pub fn frames_needed(quantile: Quantile) -> usize {
        (MIN_ABOVE * 1000.0 / (1000 - quantile.per_mille()) as f64).ceil() as usize
    }

    /// The interval of B's quantile − A's; both in the order of time. `None` if one side is too small for it.
    pub fn interval(
        &self,
        a_nanos: &[u64],
        b_nanos: &[u64],
        quantile: Quantile,
        level: Level,
    ) -> Option<BootstrapInterval> {
        let smaller = a_nanos.len().min(b_nanos.len());
        if smaller < Self::frames_needed(quantile) {
            return None;
        }
        let pooled = pooled_quantile(a_nanos, b_nanos, quantile)?;
        let both = [a_nanos, b_nanos].map(|side| {
            let is_above: Vec<bool> = side.iter().map(|&nanos| nanos > pooled).collect();
            Dependence::of(&is_above)
        });
        let longest = both[0].block_frames.max(both[1].block_frames);
        let block_frames = (longest.ceil() as usize).clamp(1, smaller / 3);
        let resamples = self
            .resamples
            .min(WORK / (a_nanos.len() + b_nanos.len()))
            .max(200);
        let mut random = Pcg64::seed_from_u64(self.seed);
        let (mut side_a, mut side_b) = (
            Side::new(a_nanos, quantile, block_frames),
            Side::new(b_nanos, quantile, block_frames),
        );
        let mut differences: Vec<f64> = (0..resamples)
            .map(|_| {
                let a = side_a.resampled(&mut random) as f64;
                side_b.resampled(&mut random) as f64 - a
            })
            .collect();
        differences.sort_unstable_by(f64::total_cmp);
        let tail = level.alpha / 2.0 * resamples as f64;
        let low = tail.floor() as usize;
        Some(BootstrapInterval {
            low_nanos: differences[low],
            high_nanos: differences[resamples - 1 - low],
            deviation_nanos: deviation(&differences),
            block_frames,
            resamples,
            design_effect: Dependence::design_effect(&both),
        })
    }
}

fn pooled_quantile(a: &[u64], b: &[u64], quantile: Quantile) -> Option<u64> {
    let mut all: Vec<u64> = a.iter().chain(b).copied().collect();
    let rank = quantile.rank(all.len()).checked_sub(1)?;
    Some(*all.select_nth_unstable(rank).1)
}

fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / count).sqrt()
}

/// One side, prepared so that a resample costs its blocks and its slow frames, not all of its frames.
struct Side<'a> {
    nanos: &'a [u64],
    block: usize,
    /// Place of the quantile from the largest value, from 0.
    from_top: usize,
    /// The slow frames in the order of time.
    slow: Vec<u64>,
    /// `before[k]`: how many of the first `k` frames are slow.
    before: Vec<u32>,
    starts: Vec<usize>,
    drawn: Vec<u64>,
}

impl<'a> Side<'a> {
    fn new(nanos: &'a [u64], quantile: Quantile, block: usize) -> Self {
        let count = nanos.len();
        let from_top = count - quantile.rank(count);
        // So many that a resample hardly ever has fewer than it needs.
        let kept = (4 * (from_top + 1) + 8 * block).min(count);
        let mut sorted = nanos.to_vec();
        let cut = *sorted.select_nth_unstable(count - kept).1;
        let mut before = Vec::with_capacity(count + 1);
        before.push(0);
        let mut slow = Vec::with_capacity(kept);
        for &value in nanos {
            if value >= cut {
                slow.push(value);
            }
            before.push(slow.len() as u32);
        }
        Self {
            nanos,
            block,
            from_top,
            slow,
            before,
            starts: Vec::new(),
            drawn: Vec::new(),
        }
    }

    /// The quantile of a sample of the same size, drawn in blocks.
    fn resampled(&mut self, random: &mut Pcg64) -> u64 {
        let count = self.nanos.len();
        self.starts.clear();
        self.drawn.clear();
        let mut left = count;
        while left > 0 {
            let start = random.random_range(0..=count - self.block);
            let end = start + self.block.min(left);
            let slow = self.before[start] as usize..self.before[end] as usize;
            self.drawn.extend_from_slice(&self.slow[slow]);
            self.starts.push(start);
            left -= end - start;
        }
        if self.drawn.len() <= self.from_top {
            self.draw_all();
        }
        let place = self.drawn.len() - 1 - self.from_top;
        *self.drawn.select_nth_unstable(place).1
    }

    /// The same blocks with all of their frames.
    fn draw_all(&mut self) {
        self.drawn.clear();
        for &start in &self.starts {
            let left = self.nanos.len() - self.drawn.len();
            let block = &self.nanos[start..start + self.block.min(left)];
            self.drawn.extend_from_slice(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noisy(count: usize, seed: u64) -> Vec<u64> {
        let mut random = Pcg64::seed_from_u64(seed);
        (0..count)
            .map(|_| 20_000_000 + (random.random::<f64>().powi(4) * 2e7) as u64)
            .collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let (a, b) = (noisy(700, 1), noisy(900, 2));
        let once = || {
            BlockBootstrap::default()
                .interval(&a, &b, Quantile::P95, Level::ALONE)
                .unwrap()
        };
        assert_eq!(once(), once());
        let other = BlockBootstrap {
            seed: 2,
            ..BlockBootstrap::default()
        };
        let other = other.interval(&a, &b, Quantile::P95, Level::ALONE);
        assert_ne!(Some(once()), other);
    }

    #[test]
    fn a_shift_is_found_and_none_is_made_up() {
        let a = noisy(2_000, 1);
        let slower: Vec<u64> = noisy(2_000, 2)
            .iter()
            .map(|nanos| nanos + 4_000_000)
            .collect();
        let interval = |b: &[u64], quantile| {
            BlockBootstrap::default()
                .interval(&a, b, quantile, Level::ALONE)
                .unwrap()
        };
        for quantile in [Quantile::P50, Quantile::P95, Quantile::P99] {
            let found = interval(&slower, quantile);
            assert!(found.excludes_zero() && found.low_nanos < 4e6 && found.high_nanos > 4e6);
            assert!(!interval(&a, quantile).excludes_zero());
        }
    }

    #[test]
    fn a_small_sample_has_no_interval() {
        let (a, b) = (noisy(199, 1), noisy(500, 2));
        let bootstrap = BlockBootstrap::default();
        assert_eq!(BlockBootstrap::frames_needed(Quantile::P95), 200);
        assert_eq!(
            bootstrap.interval(&a, &b, Quantile::P95, Level::ALONE),
            None
        );
        assert_eq!(
            bootstrap.interval(&[], &[], Quantile::P50, Level::ALONE),
            None
        );
    }

    #[test]
    fn few_slow_frames_in_a_resample_are_no_trouble() {
        // Blocks as long as a third of the sample, of which one holds all slow frames.
        let mut nanos = vec![1_000; 300];
        nanos[..40].fill(9_000);
        let mut side = Side::new(&nanos, Quantile::P90, 100);
        let mut random = Pcg64::seed_from_u64(1);
        let seen: Vec<u64> = (0..200).map(|_| side.resampled(&mut random)).collect();
        assert!(seen.contains(&1_000) && seen.contains(&9_000));
    }
}
