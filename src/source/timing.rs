//! The frame rate of a track from the times of its pictures.

use crate::frame::FrameRate;

/// Rates that recordings are made at; a track in milliseconds can only come near them.
const USUAL_RATES: [(u32, u32); 14] = [
    (24_000, 1001),
    (24, 1),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (48, 1),
    (50, 1),
    (60_000, 1001),
    (60, 1),
    (120_000, 1001),
    (120, 1),
    (15, 1),
    (10, 1),
    (12, 1),
];

/// The rate of pictures at `times` (ascending, in units of 1/`timescale` second) that last `duration` together, and
/// whether their intervals vary by more than rounding.
pub(super) fn rate(times: &[i64], duration: u64, timescale: u64) -> (FrameRate, bool) {
    let average = || fraction(timescale.saturating_mul(times.len() as u64), duration);
    let intervals = || times.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    let (Some(shortest), Some(longest)) = (intervals().min(), intervals().max()) else {
        return (average().unwrap_or(FrameRate::DEFAULT), false);
    };
    if shortest == longest {
        let exact = fraction(timescale, u64::try_from(shortest).unwrap_or(0));
        return (exact.or_else(average).unwrap_or(FrameRate::DEFAULT), false);
    }
    let usual = USUAL_RATES
        .iter()
        .filter_map(|&(frames, seconds)| FrameRate::new(frames, seconds))
        .filter_map(|rate| Some((deviation(times, timescale, rate)?, rate)))
        .min_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, rate)| rate);
    let varies = usual.is_none() && longest.saturating_sub(shortest) > 1;
    (usual.or_else(average).unwrap_or(FrameRate::DEFAULT), varies)
}

/// How far, at most, a time is from the schedule of `rate`, in units; `None` beyond one unit.
fn deviation(times: &[i64], timescale: u64, rate: FrameRate) -> Option<f64> {
    let (frames, seconds) = (i128::from(rate.frames()), i128::from(rate.seconds()));
    let first = times.first().copied().unwrap_or(0);
    let mut largest = 0;
    for (number, &time) in (0i128..).zip(times) {
        let due = number * seconds * i128::from(timescale);
        let is = (i128::from(time) - i128::from(first)) * frames;
        largest = (is - due).abs().max(largest);
        if largest > frames {
            return None;
        }
    }
    Some(largest as f64 / frames as f64)
}

/// `frames / seconds` as a rate, made coarser if the numbers do not fit.
fn fraction(frames: u64, seconds: u64) -> Option<FrameRate> {
    let divisor = greatest_common_divisor(frames, seconds);
    let (mut frames, mut seconds) = (frames.checked_div(divisor)?, seconds.checked_div(divisor)?);
    while frames.max(seconds) > u64::from(u32::MAX) {
        (frames, seconds) = (frames / 2, seconds / 2);
    }
    FrameRate::new(frames as u32, seconds as u32)
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_intervals_give_the_exact_rate() {
        let times: Vec<i64> = (0..10).map(|number| number * 1001).collect();
        let (rate, varies) = rate(&times, 10_010, 30_000);
        assert_eq!((rate.to_string().as_str(), varies), ("30000/1001", false));
    }

    #[test]
    fn milliseconds_are_taken_as_rounding() {
        let times: Vec<i64> = (0..100).map(|number| number * 1001 / 30).collect();
        let (rate, varies) = rate(&times, 3337, 1000);
        assert_eq!((rate.to_string().as_str(), varies), ("30000/1001", false));
    }

    #[test]
    fn of_rates_that_are_near_each_other_the_nearest_is_taken() {
        for per_second in [24, 30, 60] {
            let times: Vec<i64> = (0..12)
                .map(|number| (number * 1000 + per_second / 2) / per_second)
                .collect();
            let (rate, varies) = rate(&times, 12_000 / per_second as u64, 1000);
            assert_eq!((rate.to_string(), varies), (per_second.to_string(), false));
        }
    }

    #[test]
    fn uneven_intervals_give_the_average() {
        let (rate, varies) = rate(&[0, 100, 300, 400], 600, 1000);
        assert_eq!((rate.to_string().as_str(), varies), ("20/3", true));
    }
}
