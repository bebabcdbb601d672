//! How far neighbouring frames resemble each other: the frames that a sample is worth, and the length of blocks.
//!
//! Both come from one estimate, the long-run variance with a flat-top window (Politis and Romano, 1995). The window ends at
//! twice the lag behind which autocorrelations are no longer told from chance; the block length is the one that is best for
//! the variance of a mean (Politis and White, 2004, corrected by Patton, Politis and White, 2009).
//!
//! It is asked of indicators, 1 where a frame was dropped or slower than the quantile, because that is what a rate and a
//! quantile depend on.

/// Lags that are looked at, at most: a stall is no longer than this.
const MAX_LAGS: usize = 600;

/// What the autocorrelation of a series means for its statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dependence {
    /// Variance of the series.
    pub variance: f64,
    /// `n ·` the variance of its mean: larger than [`Self::variance`] if neighbours resemble each other.
    pub long_run_variance: f64,
    /// The best length of blocks, in frames, not rounded.
    pub block_frames: f64,
}

impl Dependence {
    /// Of a series that does not vary or is too short to tell: every frame for itself.
    pub const NONE: Self = Self {
        variance: 0.0,
        long_run_variance: 0.0,
        block_frames: 1.0,
    };

    /// Of a series of yes and no, in the order of time.
    pub fn of(indicator: &[bool]) -> Self {
        let count = indicator.len();
        let hits: Vec<usize> = (0..count).filter(|&at| indicator[at]).collect();
        if count < 10 || hits.is_empty() || hits.len() == count {
            return Self::NONE;
        }
        let series = Series {
            indicator,
            hits,
            before: running_sums(indicator),
        };
        series.dependence()
    }

    /// How many times fewer independent frames would be worth as much; at least 1. Of both sides together.
    pub fn design_effect(both: &[Self]) -> f64 {
        let variance: f64 = both.iter().map(|one| one.variance).sum();
        let long_run: f64 = both.iter().map(|one| one.long_run_variance).sum();
        if variance > 0.0 {
            (long_run / variance).max(1.0)
        } else {
            1.0
        }
    }
}

/// `sums[k]`: how many of the first `k` are true.
fn running_sums(indicator: &[bool]) -> Vec<usize> {
    let mut sums = Vec::with_capacity(indicator.len() + 1);
    let mut sum = 0;
    sums.push(0);
    for &is in indicator {
        sum += usize::from(is);
        sums.push(sum);
    }
    sums
}

/// A series of yes and no, prepared for products of deviations in time with its hits, not its length.
struct Series<'a> {
    indicator: &'a [bool],
    hits: Vec<usize>,
    before: Vec<usize>,
}

impl Series<'_> {
    fn count(&self) -> usize {
        self.indicator.len()
    }

    fn mean(&self) -> f64 {
        self.hits.len() as f64 / self.count() as f64
    }

    /// Σ (x − m)² over positions `from..to`.
    fn square(&self, from: usize, to: usize) -> f64 {
        let (ones, mean) = ((self.before[to] - self.before[from]) as f64, self.mean());
        ones * (1.0 - 2.0 * mean) + (to - from) as f64 * mean * mean
    }

    /// Σ (x_i − m)(x_{i + lag} − m).
    fn product(&self, lag: usize) -> f64 {
        let (count, mean) = (self.count(), self.mean());
        let is_pair = |&&at: &&usize| at + lag < count && self.indicator[at + lag];
        let pairs = self.hits.iter().filter(is_pair).count() as f64;
        let early = self.before[count - lag] as f64;
        let late = (self.before[count] - self.before[lag]) as f64;
        pairs - mean * (early + late) + (count - lag) as f64 * mean * mean
    }

    fn dependence(&self) -> Dependence {
        let count = self.count();
        let n = count as f64;
        let quiet_lags = 5.max(n.log10() as usize);
        let max_lag = ((n.sqrt().ceil() as usize).min(MAX_LAGS) + quiet_lags).min(count - 2);
        let noise = 2.0 * (n.log10() / n).sqrt();
        let covariances: Vec<f64> = (0..=max_lag).map(|lag| self.product(lag) / n).collect();
        let is_quiet: Vec<bool> = (0..=max_lag)
            .map(|lag| {
                let scale = self.square(lag + 1, count) * self.square(0, count - lag - 1);
                // A part without any variation tells nothing.
                scale <= 0.0 || (covariances[lag] * n).abs() / scale.sqrt() < noise
            })
            .collect();
        let last_loud = (quiet_lags..=max_lag)
            .find(|&lag| is_quiet[lag - quiet_lags..lag].iter().all(|&is| is))
            .map(|lag| lag - quiet_lags);
        let window = last_loud.map_or(max_lag, |lag| (2 * lag.max(1)).min(max_lag));
        let (mut long_run, mut slope) = (covariances[0], 0.0);
        for (lag, covariance) in covariances.iter().enumerate().take(window + 1).skip(1) {
            let place = lag as f64 / window as f64;
            let weight = if place <= 0.5 {
                1.0
            } else {
                2.0 * (1.0 - place)
            };
            long_run += 2.0 * weight * covariance;
            slope += 2.0 * weight * lag as f64 * covariance;
        }
        let spread = 4.0 / 3.0 * long_run * long_run;
        let best = (2.0 * slope * slope / spread).cbrt() * n.cbrt();
        let longest = (3.0 * n.sqrt()).min(n / 3.0).ceil();
        Dependence {
            variance: covariances[0],
            long_run_variance: long_run,
            block_frames: if best.is_finite() {
                best.clamp(1.0, longest)
            } else {
                longest
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};

    use super::*;

    #[test]
    fn independent_frames_are_worth_themselves_and_stalls_are_worth_one() {
        let mut random = rand_pcg::Pcg64::seed_from_u64(3);
        let alone: Vec<bool> = (0..3_000).map(|_| random.random::<f64>() < 0.03).collect();
        let effect = Dependence::design_effect(&[Dependence::of(&alone)]);
        assert!((1.0..1.4).contains(&effect), "{effect}");
        // Every drop lasts for ten frames.
        let mut stalls = vec![false; 3_000];
        for _ in 0..12 {
            let at = random.random_range(0..2_990);
            stalls[at..at + 10].fill(true);
        }
        let dependence = Dependence::of(&stalls);
        let effect = Dependence::design_effect(&[dependence]);
        assert!((6.0..14.0).contains(&effect), "{effect}");
        assert!(dependence.block_frames > 8.0, "{dependence:?}");
    }

    #[test]
    fn what_does_not_vary_tells_nothing() {
        for series in [vec![], vec![true; 50], vec![false; 50], vec![true, false]] {
            assert_eq!(Dependence::of(&series), Dependence::NONE);
        }
        assert_eq!(Dependence::design_effect(&[Dependence::NONE]), 1.0);
    }
}
