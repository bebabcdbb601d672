//! Budget and tolerance: what becomes of a processed frame.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::measure::Verdict;

/// The share of the budget that is forgiven, held in parts per million so that it is exact.
///
/// ```
/// use framescope::judge::Tolerance;
/// let tolerance: Tolerance = "10%".parse()?;
/// assert_eq!(tolerance.allowance_nanos(33_333_333), 3_333_333);
/// # Ok::<(), framescope::judge::ToleranceError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Tolerance {
    parts_per_million: u32,
}

/// Why a tolerance was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a tolerance from 0 % to 1000 %: write 10%, 2.5% or 0%")]
pub struct ToleranceError {
    text: String,
}

impl Tolerance {
    const MAX_PERCENT: f64 = 1000.0;

    /// A tolerance in percent, from 0 to 1000.
    ///
    /// # Errors
    /// If it is outside that range or not a number.
    pub fn from_percent(percent: f64) -> Result<Self, ToleranceError> {
        if (0.0..=Self::MAX_PERCENT).contains(&percent) {
            Ok(Self {
                parts_per_million: (percent * 10_000.0).round() as u32,
            })
        } else {
            Err(ToleranceError {
                text: percent.to_string(),
            })
        }
    }

    /// In percent of the budget.
    pub fn percent(self) -> f64 {
        f64::from(self.parts_per_million) / 10_000.0
    }

    /// What is forgiven of `budget_nanos`, rounded half up.
    pub fn allowance_nanos(self, budget_nanos: u64) -> u64 {
        ((u128::from(budget_nanos) * u128::from(self.parts_per_million) + 500_000) / 1_000_000)
            as u64
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.percent())
    }
}

impl FromStr for Tolerance {
    type Err = ToleranceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || ToleranceError {
            text: text.to_owned(),
        };
        let number = text.strip_suffix('%').ok_or_else(refused)?;
        Self::from_percent(number.trim().parse().map_err(|_| refused())?).map_err(|_| refused())
    }
}

impl TryFrom<f64> for Tolerance {
    type Error = ToleranceError;

    fn try_from(percent: f64) -> Result<Self, Self::Error> {
        Self::from_percent(percent)
    }
}

impl From<Tolerance> for f64 {
    fn from(tolerance: Tolerance) -> Self {
        tolerance.percent()
    }
}

/// The response time that is allowed, and what is forgiven beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Response time allowed.
    pub budget_nanos: u64,
    /// Forgiven beyond the budget.
    pub allowance_nanos: u64,
    /// The share of the budget that this is.
    pub tolerance: Tolerance,
}

impl Deadline {
    /// The deadline of a budget and a tolerance.
    pub fn new(budget_nanos: u64, tolerance: Tolerance) -> Self {
        Self {
            budget_nanos,
            allowance_nanos: tolerance.allowance_nanos(budget_nanos),
            tolerance,
        }
    }

    /// Budget and tolerance together, counted from the arrival.
    pub const fn limit_nanos(self) -> u64 {
        self.budget_nanos + self.allowance_nanos
    }

    /// The verdict on a processed frame with this response time. Both limits are inclusive.
    pub const fn verdict(self, response_nanos: u64) -> Verdict {
        if response_nanos <= self.budget_nanos {
            Verdict::OnTime
        } else if response_nanos <= self.limit_nanos() {
            Verdict::Tolerated
        } else {
            Verdict::Late
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_belong_to_the_better_verdict() {
        let deadline = Deadline::new(100, Tolerance::from_percent(10.0).unwrap());
        for (response, verdict) in [
            (0, Verdict::OnTime),
            (100, Verdict::OnTime),
            (101, Verdict::Tolerated),
            (110, Verdict::Tolerated),
            (111, Verdict::Late),
        ] {
            assert_eq!(deadline.verdict(response), verdict, "{response}");
        }
    }

    #[test]
    fn the_allowance_is_rounded_half_up() {
        for (budget, percent, allowance) in [
            (25, 10.0, 3),
            (24, 10.0, 2),
            (33_333_333, 10.0, 3_333_333),
            (100, 0.0, 0),
        ] {
            assert_eq!(
                Tolerance::from_percent(percent)
                    .unwrap()
                    .allowance_nanos(budget),
                allowance
            );
        }
    }

    #[test]
    fn tolerances_are_read_with_their_percent_sign() {
        for (text, percent) in [("10%", 10.0), ("2.5 %", 2.5), ("0%", 0.0)] {
            assert_eq!(text.parse::<Tolerance>().unwrap().percent(), percent);
        }
        for text in ["10", "-1%", "nan%", "%", "ten%", "1001%"] {
            assert!(text.parse::<Tolerance>().is_err(), "{text} was taken");
        }
    }
}
