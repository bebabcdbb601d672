//! Quantiles by nearest rank, and how many frames one needs before it may be shown.
//!
//! The quantile `p` of `n` values is the value of rank `ceil(n · p)`, counted from 1 in ascending order (the
//! definition of HdrHistogram): always a frame that exists. A quantile is *supported* when the sample is large enough
//! that the largest value exceeds the true quantile with 95 % confidence, that is `1 − pⁿ ≥ 0.95`.

use serde::Serialize;

use super::quantile_ranks;

/// The quantiles that Framescope shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantile {
    /// The median.
    P50,
    /// 90 of 100 frames are no slower.
    P90,
    /// 95 of 100 frames are no slower.
    P95,
    /// 99 of 100 frames are no slower.
    P99,
    /// 999 of 1,000 frames are no slower.
    P999,
}

impl Quantile {
    /// All of them, ascending.
    pub const ALL: [Self; 5] = [Self::P50, Self::P90, Self::P95, Self::P99, Self::P999];

    /// The share of frames, in thousandths: exact, so that the rank is exact.
    pub const fn per_mille(self) -> u64 {
        match self {
            Self::P50 => 500,
            Self::P90 => 900,
            Self::P95 => 950,
            Self::P99 => 990,
            Self::P999 => 999,
        }
    }

    /// The smallest sample that supports it: the least `n` with `1 − pⁿ ≥ 0.95`.
    pub const fn frames_needed(self) -> usize {
        match self {
            Self::P50 => 5,
            Self::P90 => 29,
            Self::P95 => 59,
            Self::P99 => 299,
            Self::P999 => 2995,
        }
    }

    /// The name on the screen and in the exported files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::P999 => "p999",
        }
    }

    /// The rank in a sample of `count`, from 1; 0 for an empty sample.
    pub const fn rank(self, count: usize) -> usize {
        (count as u64 * self.per_mille()).div_ceil(1000) as usize
    }

    /// The value of nearest rank in an ascending sample, supported or not; `None` if it is empty.
    pub fn of_sorted(self, ascending: &[u64]) -> Option<u64> {
        ascending
            .get(self.rank(ascending.len()).checked_sub(1)?)
            .copied()
    }
}

/// A sample in ascending order, ready to be asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    ascending: Vec<u64>,
    total: u128,
}

impl Sample {
    /// Sorts the values, in nanoseconds.
    pub fn new(values: impl IntoIterator<Item = u64>) -> Self {
        let mut ascending: Vec<u64> = values.into_iter().collect();
        ascending.sort_unstable();
        let total = ascending.iter().map(|&value| u128::from(value)).sum();
        Self { ascending, total }
    }

    /// The values, ascending.
    pub fn ascending(&self) -> &[u64] {
        &self.ascending
    }

    /// Number of values.
    pub fn count(&self) -> usize {
        self.ascending.len()
    }

    /// The sum of all values.
    pub fn total(&self) -> u128 {
        self.total
    }

    /// The arithmetic mean; `None` for an empty sample.
    pub fn mean(&self) -> Option<f64> {
        (!self.ascending.is_empty()).then(|| self.total as f64 / self.ascending.len() as f64)
    }

    /// The largest value.
    pub fn max(&self) -> Option<u64> {
        self.ascending.last().copied()
    }

    /// The quantile, only if the sample supports it.
    pub fn quantile(&self, quantile: Quantile) -> Option<u64> {
        (self.count() >= quantile.frames_needed())
            .then(|| quantile.of_sorted(&self.ascending))
            .flatten()
    }

    /// The ends of the quantile's 95 % interval, as values of the sample; an end that the sample is too small for is
    /// `None`.
    pub fn interval(&self, quantile: Quantile) -> (Option<u64>, Option<u64>) {
        let ranks = quantile_ranks(quantile.per_mille(), self.count());
        let at = |rank: Option<usize>| self.ascending.get(rank?.checked_sub(1)?).copied();
        (at(ranks.lower), at(ranks.upper))
    }

    /// The quantile with rank, interval and gate, in milliseconds.
    pub fn quantile_ms(&self, quantile: Quantile) -> QuantileMs {
        let (low, high) = self.interval(quantile);
        QuantileMs {
            value: self.quantile(quantile).map(ms_from_nanos),
            rank: quantile.rank(self.count()),
            of: self.count(),
            low: low.map(ms_from_nanos),
            high: high.map(ms_from_nanos),
            needs: quantile.frames_needed().saturating_sub(self.count()),
        }
    }

    /// All quantiles with rank, interval and gate, in milliseconds.
    pub fn quantiles_ms(&self) -> QuantilesMs {
        QuantilesMs {
            p50: self.quantile_ms(Quantile::P50),
            p90: self.quantile_ms(Quantile::P90),
            p95: self.quantile_ms(Quantile::P95),
            p99: self.quantile_ms(Quantile::P99),
            p999: self.quantile_ms(Quantile::P999),
        }
    }

    /// The numbers of this sample in milliseconds, as the exported files hold them.
    pub fn summary_ms(&self) -> SummaryMs {
        let quantile = |q| self.quantile(q).map(ms_from_nanos);
        SummaryMs {
            mean: self.mean().map(|nanos| nanos / 1e6),
            p50: quantile(Quantile::P50),
            p90: quantile(Quantile::P90),
            p95: quantile(Quantile::P95),
            p99: quantile(Quantile::P99),
            p999: quantile(Quantile::P999),
            max: self.max().map(ms_from_nanos),
        }
    }
}

/// A distribution in milliseconds; a number that the sample does not support is `None` (JSON `null`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SummaryMs {
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Median, from 5 frames on.
    pub p50: Option<f64>,
    /// 90 %, from 29 frames on.
    pub p90: Option<f64>,
    /// 95 %, from 59 frames on.
    pub p95: Option<f64>,
    /// 99 %, from 299 frames on.
    pub p99: Option<f64>,
    /// 99.9 %, from 2,995 frames on.
    pub p999: Option<f64>,
    /// The largest value.
    pub max: Option<f64>,
}

/// A quantile that knows its limits, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct QuantileMs {
    /// The value of its rank; `None` if the sample does not support it.
    pub value: Option<f64>,
    /// Its rank, from 1.
    pub rank: usize,
    /// The size of the sample.
    pub of: usize,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end of its 95 % interval; `None` if the sample is too small for one: there is no upper bound.
    pub high: Option<f64>,
    /// Frames that are missing before it is supported; 0 when it is.
    pub needs: usize,
}

/// All quantiles with their limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct QuantilesMs {
    /// Median.
    pub p50: QuantileMs,
    /// 90 %.
    pub p90: QuantileMs,
    /// 95 %.
    pub p95: QuantileMs,
    /// 99 %.
    pub p99: QuantileMs,
    /// 99.9 %.
    pub p999: QuantileMs,
}

/// Nanoseconds as milliseconds.
pub fn ms_from_nanos(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

/// The median of the last 31 values: what a late frame is compared with. Allocates nothing.
#[derive(Clone, Copy, Debug)]
pub struct Typical {
    window: [u64; Typical::WINDOW],
    count: usize,
    next: usize,
}

impl Typical {
    /// How many finished frames are looked at.
    pub const WINDOW: usize = 31;

    /// Nothing seen yet.
    pub const fn new() -> Self {
        Self {
            window: [0; Self::WINDOW],
            count: 0,
            next: 0,
        }
    }

    /// Takes the value of one more finished frame in; the oldest of 31 leaves.
    pub fn add(&mut self, value: u64) {
        self.window[self.next] = value;
        self.next = (self.next + 1) % Self::WINDOW;
        self.count = (self.count + 1).min(Self::WINDOW);
    }

    /// The median, the lower middle for an even count; `None` if nothing was seen.
    pub fn median(&self) -> Option<u64> {
        let mut sorted = self.window;
        let sorted = &mut sorted[..self.count];
        sorted.sort_unstable();
        sorted.get(self.count.checked_sub(1)? / 2).copied()
    }
}

impl Default for Typical {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frames_needed_follow_from_the_formula() {
        for quantile in Quantile::ALL {
            let p = quantile.per_mille() as f64 / 1000.0;
            let supported = |n: usize| 1.0 - p.powi(n as i32) >= 0.95;
            let needed = quantile.frames_needed();
            assert!(
                supported(needed) && !supported(needed - 1),
                "{}",
                quantile.name()
            );
        }
    }

    #[test]
    fn the_rank_is_the_nearest() {
        for (quantile, count, rank) in [
            (Quantile::P50, 1, 1),
            (Quantile::P50, 4, 2),
            (Quantile::P95, 60, 57),
            (Quantile::P99, 60, 60),
            (Quantile::P99, 1800, 1782),
            (Quantile::P999, 1000, 999),
            (Quantile::P99, 0, 0),
        ] {
            assert_eq!(quantile.rank(count), rank, "{} of {count}", quantile.name());
        }
    }

    #[test]
    fn a_quantile_that_the_sample_does_not_support_is_not_given() {
        let sample = Sample::new(1..=298);
        assert_eq!(sample.quantile(Quantile::P95), Some(284));
        assert_eq!(sample.quantile(Quantile::P99), None);
        assert_eq!(Sample::new(1..=299).quantile(Quantile::P99), Some(297));
    }

    #[test]
    fn the_typical_value_is_the_median_of_the_last_31() {
        let mut typical = Typical::new();
        assert_eq!(typical.median(), None);
        for (value, expected) in [(9, 9), (1, 1), (5, 5), (7, 5)] {
            typical.add(value);
            assert_eq!(typical.median(), Some(expected));
        }
        (0..31).for_each(|_| typical.add(3));
        assert_eq!(typical.median(), Some(3));
    }
}
