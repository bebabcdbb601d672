//! The schedule of arrivals: absolute, without drift.

use std::num::NonZeroU32;

/// When frames are due: frame `k` at `floor(k · 10⁹ · seconds / frames)` nanoseconds after the first.
///
/// Each arrival is computed from `k` and the exact fraction, never by adding an interval to the one before, so that
/// rounding does not add up: after an hour at 30000/1001 the schedule is still right to the nanosecond.
///
/// ```
/// use framescope::judge::Schedule;
/// let schedule = Schedule::new(30.try_into()?, 1.try_into()?);
/// assert_eq!((schedule.arrival_nanos(1), schedule.arrival_nanos(3)), (33_333_333, 100_000_000));
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    frames: NonZeroU32,
    seconds: NonZeroU32,
}

impl Schedule {
    /// `frames` arrivals in every `seconds`.
    pub const fn new(frames: NonZeroU32, seconds: NonZeroU32) -> Self {
        Self { frames, seconds }
    }

    /// The schedule of a rate whose two numbers are known not to be zero; a zero counts as one.
    pub fn from_rate(frames: u32, seconds: u32) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self::new(at_least_one(frames), at_least_one(seconds))
    }

    /// When frame `index` is due, in nanoseconds after frame 0.
    pub fn arrival_nanos(self, index: u64) -> u64 {
        (u128::from(index) * 1_000_000_000 * u128::from(self.seconds.get())
            / u128::from(self.frames.get())) as u64
    }

    /// The interval between two arrivals, rounded down.
    pub fn interval_nanos(self) -> u64 {
        self.arrival_nanos(1)
    }

    /// The schedule of a rate that is `numerator ÷ denominator` times this one, as exactly as two 32-bit numbers hold it.
    #[must_use]
    pub fn scaled(self, numerator: u32, denominator: u32) -> Self {
        let mut frames = u64::from(self.frames.get()) * u64::from(numerator.max(1));
        let mut seconds = u64::from(self.seconds.get()) * u64::from(denominator.max(1));
        let divisor = greatest_common_divisor(frames, seconds);
        (frames, seconds) = (frames / divisor, seconds / divisor);
        while frames.max(seconds) > u64::from(u32::MAX) {
            (frames, seconds) = (frames / 2, seconds / 2);
        }
        Self::from_rate(frames as u32, seconds as u32)
    }

    /// The exact interval, in nanoseconds.
    pub fn mean_interval_nanos(self) -> f64 {
        1e9 * f64::from(self.seconds.get()) / f64::from(self.frames.get())
    }

    /// The first frame that is due at `nanos` or later.
    pub fn first_at_or_after(self, nanos: u64) -> u64 {
        let estimate = u128::from(nanos) * u128::from(self.frames.get())
            / (1_000_000_000 * u128::from(self.seconds.get()));
        let mut index = estimate as u64;
        // The estimate may be short by the rounding of `arrival_nanos`, never long.
        while self.arrival_nanos(index) < nanos {
            index += 1;
        }
        index
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a.max(1)
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig {
            // The same cases every time: what fails on one machine fails on all.
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]

        #[test]
        fn the_first_at_or_after_is_the_first(frames in 1u32..120_000, seconds in 1u32..2_000, nanos in 0u64..1 << 50) {
            let schedule = Schedule::new(frames.try_into().unwrap(), seconds.try_into().unwrap());
            let index = schedule.first_at_or_after(nanos);
            prop_assert!(schedule.arrival_nanos(index) >= nanos);
            prop_assert!(index == 0 || schedule.arrival_nanos(index - 1) < nanos);
        }
    }

    #[test]
    fn an_hour_of_ntsc_does_not_drift() {
        let schedule = Schedule::new(30_000.try_into().unwrap(), 1_001.try_into().unwrap());
        assert_eq!(
            schedule.arrival_nanos(30_000 * 3600),
            1_001 * 3_600 * 1_000_000_000
        );
        assert_eq!(schedule.interval_nanos(), 33_366_666);
    }
}
