//! The comparison in a sentence, with size, interval and what is missing.

use std::fmt::Write as _;

use serde::Serialize;

use super::{ArmSummary, DropRateComparison, QuantileComparison, Series};
use crate::measure::Quantile;

/// What may be said of two samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Whether anything differs by more than chance.
    pub differs: bool,
    /// Whether the drop rates do; `None` if that cannot be judged.
    pub drop_rate_differs: Option<bool>,
    /// Whether the tails do; `None` with too few frames.
    pub tail_differs: Option<bool>,
    /// The quantile that the verdict on the tail rests on.
    pub tail_quantile: Option<&'static str>,
    /// Whether B drops more, or has the higher tail, by more than chance.
    pub is_b_worse: bool,
    /// All of it in words.
    pub sentence: String,
}

impl Verdict {
    pub(super) fn new(
        (a, b): (&ArmSummary, &ArmSummary),
        drop_rate: Option<&DropRateComparison>,
        response: &Series,
        tail: Option<Quantile>,
    ) -> Self {
        let tail = tail.and_then(|quantile| {
            let name = quantile.name();
            response.quantiles.iter().find(|row| row.quantile == name)
        });
        let drop_rate_differs = drop_rate.map(|rates| rates.differs);
        let tail_differs = tail.and_then(QuantileComparison::differs);
        let differs = drop_rate_differs == Some(true) || tail_differs == Some(true);
        let is_b_worse = drop_rate
            .is_some_and(|rates| rates.differs && rates.rate.difference > 0.0)
            || tail.is_some_and(|row| row.differs() == Some(true) && row.difference_ms > Some(0.0));
        let parts: Vec<String> = [
            drop_rate.map(|rates| drop_words((a, b), rates)),
            tail.and_then(tail_words),
        ]
        .into_iter()
        .flatten()
        .collect();
        let lead = if differs {
            "Different"
        } else {
            "Not distinguishable"
        };
        let sentence = if parts.is_empty() {
            "Not distinguishable: one of the two holds no frame.".to_owned()
        } else {
            format!("{lead}: {}.", parts.join("; "))
        };
        Self {
            differs,
            drop_rate_differs,
            tail_differs,
            tail_quantile: tail.map(|row| row.quantile),
            is_b_worse,
            sentence,
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn points(share: f64) -> String {
    format!("{:+.2}", share * 100.0)
}

/// A probability as it is quoted: two digits that say something.
fn probability(p: f64) -> String {
    if p < 0.000_1 {
        "p < 0.0001".to_owned()
    } else if p < 0.01 {
        format!("p = {p:.4}")
    } else {
        format!("p = {p:.2}")
    }
}

fn drop_words((a, b): (&ArmSummary, &ArmSummary), rates: &DropRateComparison) -> String {
    let rate = |arm: &ArmSummary| {
        format!(
            "{} ({} of {})",
            percent(arm.drop_rate.unwrap_or(0.0)),
            arm.dropped,
            arm.arrived
        )
    };
    let what = match (rates.differs, rates.rate.difference > 0.0) {
        (true, true) => "B drops more, ",
        (true, false) => "B drops less, ",
        (false, _) => "drop rate ",
    };
    let mut words = format!("{what}{} against {}", rate(b), rate(a));
    if rates.rate.difference == 0.0 && a.dropped == 0 {
        return words;
    }
    let effect = if rates.design_effect > 1.05 {
        format!(
            " (drops come together: a frame is worth {:.2})",
            1.0 / rates.design_effect
        )
    } else {
        String::new()
    };
    let difference = rates.rate;
    // Writing to a string cannot fail.
    let _ = write!(
        words,
        ", {} points, between {} and {}, {}{effect}",
        points(difference.difference),
        points(difference.low),
        points(difference.high),
        probability(rates.p_effective),
    );
    if let (false, Some(needed)) = (rates.differs, rates.needed_frames) {
        let _ = write!(
            words,
            "; a difference of this size needs about {} frames an arm ({} for the exact test), {} more",
            grouped(needed.approximate),
            grouped(needed.exact_test),
            grouped(rates.lacking_frames.unwrap_or(0)),
        );
    }
    words
}

fn tail_words(row: &QuantileComparison) -> Option<String> {
    let (a, b) = (row.a_ms.value?, row.b_ms.value?);
    let (low, high) = (row.low_ms?, row.high_ms?);
    let difference = row.difference_ms?;
    let name = row.quantile;
    let what = match (row.differs()?, difference > 0.0) {
        (true, true) => format!("B's {name} is higher"),
        (true, false) => format!("B's {name} is lower"),
        (false, _) => name.to_owned(),
    };
    let mut words = format!(
        "{what}, {b:.3} against {a:.3} ms, {difference:+.3} ms, between {low:+.3} and {high:+.3}"
    );
    if let (false, Some(needed)) = (row.differs()?, row.needed_frames) {
        let have = row.a_ms.of.min(row.b_ms.of) as u64;
        let lacking = needed.saturating_sub(have);
        if lacking > 0 {
            let _ = write!(
                words,
                "; a difference of this size needs about {} frames an arm, {} more",
                grouped(needed),
                grouped(lacking)
            );
        }
    }
    Some(words)
}

/// A whole number with commas between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are_read() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_234), "1,234");
        assert_eq!(grouped(12_345_678), "12,345,678");
        assert_eq!(probability(0.2070), "p = 0.21");
        assert_eq!(probability(0.0063), "p = 0.0063");
        assert_eq!(probability(1e-9), "p < 0.0001");
    }
}
