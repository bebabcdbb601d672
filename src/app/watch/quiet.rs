//! Quiet: nothing is drawn while it is measured.

use crate::measure::{QuantileMs, Share, VerdictCounts};

/// A quiet measurement that goes on.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Quiet {
    began_nanos: u64,
    /// How long it is to be; `None` until a key is pressed.
    length_nanos: Option<u64>,
}

/// How it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QuietView {
    /// How long it has been, in seconds.
    pub elapsed_s: f64,
    /// What is left of it, in seconds; `None` if it lasts until a key is pressed.
    pub left_s: Option<f64>,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct QuietResult {
    /// How long it was, in seconds.
    pub seconds: f64,
    /// Frames by verdict.
    pub counts: VerdictCounts,
    /// The drop rate with its interval; `None` without a frame.
    pub drop_rate: Option<Share>,
    /// Service time: p50 and p99, in milliseconds.
    pub service: [QuantileMs; 2],
    /// Response time: p50 and p99, in milliseconds.
    pub response: [QuantileMs; 2],
}

impl Quiet {
    pub(in crate::app) fn new(now_nanos: u64, seconds: Option<u32>) -> Self {
        Self {
            began_nanos: now_nanos,
            length_nanos: seconds.map(|seconds| u64::from(seconds) * 1_000_000_000),
        }
    }

    pub(in crate::app) fn is_over(&self, now_nanos: u64) -> bool {
        self.left_nanos(now_nanos) == Some(0)
    }

    /// What is left of it, in nanoseconds; `None` if it has no end of its own.
    pub(in crate::app) fn left_nanos(&self, now_nanos: u64) -> Option<u64> {
        let elapsed_nanos = now_nanos.saturating_sub(self.began_nanos);
        Some(self.length_nanos?.saturating_sub(elapsed_nanos))
    }

    pub(in crate::app) fn view(&self, now_nanos: u64) -> QuietView {
        QuietView {
            elapsed_s: now_nanos.saturating_sub(self.began_nanos) as f64 / 1e9,
            left_s: self.left_nanos(now_nanos).map(|nanos| nanos as f64 / 1e9),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_by_itself_or_not_at_all() {
        let timed = Quiet::new(5_000_000_000, Some(10));
        assert!(!timed.is_over(14_999_999_999));
        assert!(timed.is_over(15_000_000_000));
        assert_eq!(timed.view(8_000_000_000).left_s, Some(7.0));
        let lasting = Quiet::new(0, None);
        assert!(!lasting.is_over(u64::MAX));
        assert_eq!(lasting.view(3_000_000_000).elapsed_s, 3.0);
    }
}
