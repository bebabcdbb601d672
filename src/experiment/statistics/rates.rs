//! Two rates: the interval of their difference, and the frames that it takes to see one.

use serde::Serialize;

use super::{Level, Z_POWER};

/// Wilson's score interval of `hits` of `trials` at a level (E. B. Wilson, 1927); from 0 to 1 without trials.
pub fn wilson(hits: u64, trials: u64, level: Level) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (trials as f64, hits as f64 / trials as f64);
    let z2 = level.z * level.z;
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = level.z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    // At no and at all hits the formula gives the end itself, up to rounding.
    let low = if hits == 0 {
        0.0
    } else {
        (middle - half).max(0.0)
    };
    let high = if hits >= trials {
        1.0
    } else {
        (middle + half).min(1.0)
    };
    (low, high)
}

/// B's rate − A's rate, and between which numbers the true difference lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RateDifference {
    /// B − A, from −1 to 1.
    pub difference: f64,
    /// Lower end of Newcombe's interval.
    pub low: f64,
    /// Upper end of Newcombe's interval.
    pub high: f64,
}

impl RateDifference {
    /// The difference of two rates with Newcombe's hybrid score interval (R. G. Newcombe, 1998, method 10): the distances
    /// of each rate from the ends of its own Wilson interval, added in squares. `None` if one side has no trials.
    pub fn new(a: (u64, u64), b: (u64, u64), level: Level) -> Option<Self> {
        if a.1 == 0 || b.1 == 0 {
            return None;
        }
        let rate = |(hits, trials): (u64, u64)| hits as f64 / trials as f64;
        let ((low_a, high_a), (low_b, high_b)) = (wilson(a.0, a.1, level), wilson(b.0, b.1, level));
        let (rate_a, rate_b) = (rate(a), rate(b));
        let difference = rate_b - rate_a;
        Some(Self {
            difference,
            low: difference - (rate_b - low_b).hypot(high_a - rate_a),
            high: difference + (high_b - rate_b).hypot(rate_a - low_a),
        })
    }
}

/// Frames of each side that show a difference of rates in four of five tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NeededFrames {
    /// By the normal approximation, the number that is usually quoted.
    pub approximate: u64,
    /// For Fisher's exact test, which is more cautious (Casagrande, Pike and Smith, 1978).
    pub exact_test: u64,
}

/// How many frames each side needs to see `rate_a` against `rate_b` with 80 % power; `None` if the rates are the same.
///
/// ```
/// use framescope::experiment::statistics::{Level, needed_frames};
/// let needed = needed_frames(1.0 / 60.0, 5.0 / 61.0, Level::ALONE).expect("they differ");
/// assert_eq!((needed.approximate, needed.exact_test), (172, 201));
/// ```
pub fn needed_frames(rate_a: f64, rate_b: f64, level: Level) -> Option<NeededFrames> {
    let difference = (rate_b - rate_a).abs();
    if difference <= f64::EPSILON {
        return None;
    }
    let mean = f64::midpoint(rate_a, rate_b);
    let spread = |rate: f64| rate * (1.0 - rate);
    let alike = level.z * (2.0 * spread(mean)).sqrt();
    let apart = Z_POWER * (spread(rate_a) + spread(rate_b)).sqrt();
    let frames = ((alike + apart) / difference).powi(2);
    let cautious = frames / 4.0 * (1.0 + (1.0 + 4.0 / (frames * difference)).sqrt()).powi(2);
    Some(NeededFrames {
        approximate: frames.ceil() as u64,
        exact_test: cautious.ceil() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needed_frames_are_those_of_the_tables() {
        for (a, b, frames) in [
            (0.01, 0.02, 2_319),
            (0.005, 0.01, 4_673),
            (0.01, 0.015, 7_750),
            (0.001, 0.002, 23_511),
        ] {
            assert_eq!(
                needed_frames(a, b, Level::ALONE).unwrap().approximate,
                frames
            );
            assert_eq!(
                needed_frames(b, a, Level::ALONE).unwrap().approximate,
                frames
            );
        }
        assert_eq!(needed_frames(0.3, 0.3, Level::ALONE), None);
    }

    #[test]
    fn the_interval_turns_over_with_the_sides() {
        let forth = RateDifference::new((1, 60), (5, 61), Level::ALONE).unwrap();
        let back = RateDifference::new((5, 61), (1, 60), Level::ALONE).unwrap();
        assert!((forth.low + back.high).abs() < 1e-15 && (forth.high + back.low).abs() < 1e-15);
        assert!(forth.low < 0.0 && forth.high > 0.0);
        assert_eq!(RateDifference::new((0, 0), (1, 2), Level::ALONE), None);
        let wide = RateDifference::new((1, 60), (5, 61), Level::OF_TWO).unwrap();
        assert!(wide.low < forth.low && wide.high > forth.high);
    }
}
