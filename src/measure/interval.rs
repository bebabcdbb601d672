//! How far a quantile of a sample may be from that of the process that gave it: distribution-free intervals, and the
//! interval of a share.
//!
//! *Source.* The number of values above the true quantile `p` is binomial, `N ~ Bin(n, 1 − p)`, whatever the values'
//! distribution. Counted from the top, the value of rank `t` lies below the true quantile unless `N ≥ t`, and the value
//! of rank `t` lies above it unless `N ≤ t − 1`; both tails are held to 2.5 %, so the interval covers the true quantile
//! in at least 95 of 100 samples (binomial form: arXiv 2402.19109). It takes frames to be independent, which
//! neighbouring frames are not: it is the best case.

use serde::Serialize;

/// Probability that is left on each side.
const TAIL: f64 = 0.025;

/// Below this share of the largest weight, terms of the binomial distribution are left out.
const NEGLIGIBLE: f64 = 1e-18;

/// The 97.5th percentile of the standard normal distribution.
const Z975: f64 = 1.959_964;

/// Ranks in ascending order, from 1, between which the true quantile lies with 95 % confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RankInterval {
    /// Rank of the lower end; `None` if the sample is too small for one.
    pub lower: Option<usize>,
    /// Rank of the upper end; `None` if the sample is too small: the true quantile may be any larger value.
    pub upper: Option<usize>,
}

/// The 95 % interval of the quantile of `per_mille` thousandths in a sample of `count`.
pub fn quantile_ranks(per_mille: u64, count: usize) -> RankInterval {
    if count == 0 {
        return RankInterval::default();
    }
    let above = Binomial::new(count, (1000 - per_mille) as f64 / 1000.0);
    // The smallest t with P(N ≥ t) ≤ 2.5 %; there is always one: P(N ≥ count + 1) = 0.
    let lower_from_top = above.first_with_upper_tail(TAIL);
    // The largest t with P(N ≤ t − 1) ≤ 2.5 %; 0 if there is none.
    let upper_from_top = above.last_with_lower_tail(TAIL);
    RankInterval {
        lower: (lower_from_top <= count).then(|| count + 1 - lower_from_top),
        upper: (upper_from_top > 0).then(|| count + 1 - upper_from_top),
    }
}

/// The weights of a binomial distribution around its mode, normalised; what lies further out is below 10⁻¹⁸ of the
/// largest weight.
struct Binomial {
    first: usize,
    weights: Vec<f64>,
}

impl Binomial {
    fn new(count: usize, share: f64) -> Self {
        let mode = (((count + 1) as f64) * share).floor().min(count as f64) as usize;
        let odds = share / (1.0 - share);
        let mut below = Vec::new();
        let mut weight = 1.0;
        for k in (1..=mode).rev() {
            // w(k − 1) = w(k) · k / (n − k + 1) / odds
            weight *= k as f64 / (count - k + 1) as f64 / odds;
            if weight < NEGLIGIBLE {
                break;
            }
            below.push(weight);
        }
        let first = mode - below.len();
        let mut weights: Vec<f64> = below.into_iter().rev().collect();
        weights.push(1.0);
        let mut weight = 1.0;
        for k in mode..count {
            // w(k + 1) = w(k) · (n − k) / (k + 1) · odds
            weight *= (count - k) as f64 / (k + 1) as f64 * odds;
            if weight < NEGLIGIBLE {
                break;
            }
            weights.push(weight);
        }
        let total: f64 = weights.iter().sum();
        for weight in &mut weights {
            *weight /= total;
        }
        Self { first, weights }
    }

    /// The smallest `t` with `P(N ≥ t) ≤ tail`.
    fn first_with_upper_tail(&self, tail: f64) -> usize {
        let mut mass = 0.0;
        let mut t = self.first + self.weights.len();
        for weight in self.weights.iter().rev() {
            mass += weight;
            if mass > tail {
                break;
            }
            t -= 1;
        }
        t
    }

    /// The largest `t` with `P(N ≤ t − 1) ≤ tail`; 0 if there is none.
    fn last_with_lower_tail(&self, tail: f64) -> usize {
        let mut mass = 0.0;
        let mut t = self.first;
        for weight in &self.weights {
            mass += weight;
            if mass > tail {
                break;
            }
            t += 1;
        }
        t
    }
}

/// How far the cumulative distribution of a sample may be from that of the process, anywhere at once, with 95 %
/// confidence: `√(ln(2 ÷ 0.05) ÷ 2n)`, the inequality of Dvoretzky, Kiefer and Wolfowitz (1956) with Massart's constant
/// (1990). It takes frames to be independent; 1 for an empty sample.
/// ```
/// use framescope::measure::dkw_band;
/// assert!((dkw_band(600) - 0.0554).abs() < 1e-4);
/// ```
pub fn dkw_band(count: u64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    ((2.0 / 0.05f64).ln() / (2.0 * count as f64))
        .sqrt()
        .min(1.0)
}

/// A share, and between which shares the true one lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Hits ÷ trials.
    pub share: f64,
    /// Lower end of Wilson's score interval.
    pub low: f64,
    /// Upper end of Wilson's score interval.
    pub high: f64,
}

impl Share {
    /// `hits` of `trials`, with Wilson's score interval (E. B. Wilson, 1927); `None` without trials.
    pub fn new(hits: u64, trials: u64) -> Option<Self> {
        if trials == 0 {
            return None;
        }
        let (n, share) = (trials as f64, hits as f64 / trials as f64);
        let z2 = Z975 * Z975;
        let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z975 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
        // At 0 and at all hits the formula gives the end itself, up to rounding.
        let low = if hits == 0 {
            0.0
        } else {
            (middle - half).max(0.0)
        };
        let high = if hits == trials {
            1.0
        } else {
            (middle + half).min(1.0)
        };
        Some(Self { share, low, high })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranks from the top, as tables give them.
    fn from_top(per_mille: u64, count: usize) -> (Option<usize>, Option<usize>) {
        let ranks = quantile_ranks(per_mille, count);
        let top = |rank: usize| count + 1 - rank;
        (ranks.lower.map(top), ranks.upper.map(top))
    }

    #[test]
    fn the_ranks_are_those_of_the_binomial_distribution() {
        // Made with scipy.stats.binom; see docs/measuring.md.
        for (count, per_mille, lower, upper) in [
            (60, 950, 8, None),
            (60, 990, 3, None),
            (60, 999, 2, None),
            (300, 950, 24, Some(8)),
            (300, 990, 8, None),
            (300, 999, 3, None),
            (600, 950, 42, Some(20)),
            (600, 990, 12, Some(2)),
            (1800, 950, 110, Some(72)),
            (1800, 990, 28, Some(10)),
            (1800, 999, 6, None),
            (3600, 950, 207, Some(155)),
            (3600, 990, 49, Some(25)),
            (18_000, 950, 959, Some(843)),
            (18_000, 990, 208, Some(154)),
            (18_000, 999, 28, Some(10)),
        ] {
            assert_eq!(
                from_top(per_mille, count),
                (Some(lower), upper),
                "{per_mille} of {count}"
            );
        }
    }

    #[test]
    fn small_and_large_samples_work() {
        assert_eq!(quantile_ranks(500, 0), RankInterval::default());
        assert_eq!(quantile_ranks(500, 1), RankInterval::default());
        let ranks = quantile_ranks(500, 1_000_000);
        assert_eq!((ranks.lower, ranks.upper), (Some(499_020), Some(500_981)));
    }

    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        // The source document's 1 of 60 and 5 of 61: 0.3 to 8.9 % and 3.6 to 17.8 %.
        for (hits, trials, low, high) in [(1, 60, 0.003, 0.089), (5, 61, 0.036, 0.178)] {
            let share = Share::new(hits, trials).unwrap();
            assert!(
                (share.low - low).abs() < 5e-4 && (share.high - high).abs() < 5e-4,
                "{share:?}"
            );
        }
        assert_eq!(Share::new(0, 100).unwrap().low, 0.0);
        assert_eq!(Share::new(7, 7).unwrap().high, 1.0);
        assert_eq!(Share::new(0, 0), None);
    }

    const TRIALS: usize = 2_000;

    #[test]
    fn intervals_cover_the_true_quantile_as_often_as_they_say() {
        use rand::{RngExt, SeedableRng};
        let mut random = rand_pcg::Pcg64::seed_from_u64(11);
        for (per_mille, count) in [(500, 60), (950, 600), (990, 1800)] {
            let ranks = quantile_ranks(per_mille, count);
            let (lower, upper) = (ranks.lower.unwrap(), ranks.upper.unwrap());
            let covers = |_: &usize| {
                let mut values: Vec<f64> = (0..count).map(|_| random.random()).collect();
                values.sort_unstable_by(f64::total_cmp);
                // The true quantile of evenly distributed numbers is the share itself.
                let truth = per_mille as f64 / 1000.0;
                values[lower - 1] <= truth && truth <= values[upper - 1]
            };
            let covered = (0..TRIALS).filter(covers).count() as f64 / TRIALS as f64;
            assert!(
                (0.945..0.99).contains(&covered),
                "{per_mille} of {count}: {covered}"
            );
        }
    }
}
