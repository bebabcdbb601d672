//! Whether two ways of running differ, from blocks of the one beside blocks of the other.
//!
//! Frames next to each other resemble each other, so single frames say less than their number promises. Whole blocks do
//! not have that fault: each pair of blocks gives one difference. If the two ways were the same, every difference might
//! as well have had the other sign; so all signs are tried, and the share of them that gives a mean at least as far
//! from 0 as the one that was seen is the p-value (the exact sign-flip test; R. A. Fisher, 1935).

/// From this p-value down, a difference is told.
const LEVEL: f64 = 0.05;

/// Pairs that are needed: of five, even the farthest mean has a p-value above 0.05.
pub const PAIRS_NEEDED: usize = 6;

/// Pairs that are looked at at most: all signs are tried.
pub const PAIRS_MOST: usize = 16;

/// The difference of two ways of running.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedDifference {
    /// Pairs of blocks.
    pub pairs: usize,
    /// Mean of the first less the second, in the unit of the values.
    pub mean: f64,
    /// How often a mean at least so far from 0 is seen where there is no difference.
    pub p_value: f64,
}

impl PairedDifference {
    /// Of pairs of values, one pair for each pair of blocks; the first [`PAIRS_MOST`] of them. `None` for fewer than
    /// [`PAIRS_NEEDED`], which can show nothing.
    pub fn new(pairs: &[(f64, f64)]) -> Option<Self> {
        let differences: Vec<f64> = pairs
            .iter()
            .take(PAIRS_MOST)
            .map(|(first, second)| first - second)
            .collect();
        let count = differences.len();
        if count < PAIRS_NEEDED {
            return None;
        }
        let seen: f64 = differences.iter().sum();
        let scale: f64 = differences.iter().map(|value| value.abs()).sum();
        // What differs by rounding only is as far away.
        let far = seen.abs() - scale * 1e-12;
        let signs = 1u32 << count;
        let as_far = (0..signs).filter(|signs| {
            let sum: f64 = differences
                .iter()
                .enumerate()
                .map(|(at, value)| {
                    if (signs >> at) & 1 == 1 {
                        *value
                    } else {
                        -value
                    }
                })
                .sum();
            sum.abs() >= far
        });
        Some(Self {
            pairs: count,
            mean: seen / count as f64,
            p_value: as_far.count() as f64 / f64::from(signs),
        })
    }

    /// Whether it is told: where there is no difference, that happens in at most 5 of 100 measurements.
    pub fn is_distinguishable(&self) -> bool {
        self.p_value <= LEVEL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p_value_is_counted_by_hand() {
        let pairs = |differences: &[f64]| -> Vec<(f64, f64)> {
            differences.iter().map(|d| (10.0 + d, 10.0)).collect()
        };
        // Only all plus and all minus are as far: 2 of 64.
        let all = PairedDifference::new(&pairs(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])).unwrap();
        assert_eq!((all.p_value, all.mean), (2.0 / 64.0, 3.5));
        assert!(all.is_distinguishable());
        // With the smallest turned, so are those with it the other way: 4 of 64.
        let most = PairedDifference::new(&pairs(&[-1.0, 2.0, 3.0, 4.0, 5.0, 6.0])).unwrap();
        assert_eq!(most.p_value, 4.0 / 64.0);
        assert!(!most.is_distinguishable());
        let none = PairedDifference::new(&pairs(&[0.0; 8])).unwrap();
        assert_eq!((none.p_value, none.mean), (1.0, 0.0));
        assert_eq!(PairedDifference::new(&pairs(&[9.0; 5])), None);
    }
}
