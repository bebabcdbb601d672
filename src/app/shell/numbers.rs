//! Each number on the screen, defined in a line: tooltips and the glossary panel use the same words.
//!
//! The full definitions are in `docs/measuring.md`.

/// A number or a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// The name on the screen.
    pub name: &'static str,
    /// What it is.
    pub line: &'static str,
}

const fn number(name: &'static str, line: &'static str) -> Number {
    Number { name, line }
}

/// Dropped ÷ arrived.
pub const DROP_RATE: Number = number(
    "Drop rate",
    "Dropped frames of all that arrived: late ones were processed past budget and tolerance, skipped ones never.",
);
/// The split of the drop rate.
pub const LATE_AND_SKIPPED: Number = number(
    "Late, skipped",
    "Late: processed, and finished past its deadline. Skipped: arrived, and never processed, by the policy.",
);
/// Runs of dropped frames.
pub const EPISODES: Number = number(
    "Episodes",
    "Runs of consecutive dropped frames: ten in a row are seen as one freeze, ten apart as ten.",
);
/// 99th percentile.
pub const P99: Number = number(
    "p99",
    "99 of 100 frames were finished within this time after they were due. In brackets: where the true value lies with 95 % confidence; an arrow where the sample is too small to bound it.",
);
/// Any quantile.
pub const QUANTILES: Number = number(
    "p50 to p99.9",
    "The time that so many percent of the frames needed at most: always one that a frame really took. Grey until there are enough frames.",
);
/// Arithmetic mean.
pub const MEAN: Number = number(
    "Mean",
    "All times added up and divided by their number; it hides the few long ones, so it never stands alone.",
);
/// Response time allowed.
pub const BUDGET: Number = number(
    "Budget",
    "The response time allowed, and the share of it that is forgiven before a frame counts as dropped.",
);
/// What is forgiven.
pub const TOLERANCE: Number = number(
    "Tolerance",
    "The share of the budget that is forgiven before a frame counts as late.",
);
/// Share of the time worked.
pub const UTILISATION: Number = number(
    "Utilisation",
    "The share of the time that the pipeline works. At 100 % it cannot keep up.",
);
/// Frames per second.
pub const THROUGHPUT: Number = number(
    "Throughput",
    "Frames processed per second of schedule, and how many wait behind the one in work.",
);
/// Heap allocations.
pub const ALLOCATIONS: Number = number(
    "Allocations",
    "Heap allocations per processed frame on the stream's thread. A pool that works brings them to 0.",
);
/// Finish − arrival.
pub const RESPONSE: Number = number(
    "Response time",
    "From the moment a frame was due until it was finished: what a viewer waits.",
);
/// Finish − start.
pub const SERVICE: Number = number(
    "Service time",
    "From the start of the work on a frame to its end: the pipeline's own part of the response.",
);
/// Start − arrival.
pub const START_DELAY: Number = number(
    "Start delay",
    "From the moment a frame was due to the start of the work on it: waiting behind others, and waking up late.",
);
/// Frames that wait.
pub const QUEUE_DEPTH: Number = number("Waiting", "Frames that wait behind the one in work.");
/// Records that were lost on the way to the window.
pub const RECORDS_LOST: Number = number(
    "Records lost",
    "Frames that the window could not take in time; counts stay exact, and their bars are missing.",
);
/// Counts of the four verdicts.
pub const VERDICTS: Number = number(
    "On time, tolerated",
    "On time: finished within the budget. Tolerated: beyond it, and within what is forgiven.",
);
/// All that came.
pub const ARRIVED: Number = number(
    "Arrived",
    "Frames that were due since the last change of a setting that counts anew.",
);
/// The rate.
pub const RATE: Number = number(
    "Rate",
    "Arrivals per second. Type any rate: 12, 29.97 or 30000/1001.",
);
/// One over the rate.
pub const INTERVAL: Number = number(
    "Interval",
    "The time between two arrivals: one second divided by the rate.",
);
/// A stage's share.
pub const SHARE_OF_BUDGET: Number = number(
    "% of budget",
    "The mean time of a stage divided by the budget.",
);
/// What a frame usually takes.
pub const TYPICAL: Number = number(
    "Typical",
    "The median of the last 31 finished frames: what a late frame is compared with.",
);
/// The rest of the explanation.
pub const UNEXPLAINED: Number = number(
    "Unexplained",
    "What the causes of a late frame leave of its excess over the typical time.",
);
/// Drop rate of a replay.
pub const WHAT_IF: Number = number(
    "What if",
    "The recorded times of this run judged by another policy, tolerance or rate; nothing runs again.",
);

/// All, in the order of the glossary.
pub const NUMBERS: &[Number] = &[
    DROP_RATE,
    LATE_AND_SKIPPED,
    VERDICTS,
    ARRIVED,
    EPISODES,
    RESPONSE,
    SERVICE,
    START_DELAY,
    RATE,
    INTERVAL,
    BUDGET,
    TOLERANCE,
    QUANTILES,
    P99,
    MEAN,
    UTILISATION,
    THROUGHPUT,
    QUEUE_DEPTH,
    ALLOCATIONS,
    RECORDS_LOST,
    SHARE_OF_BUDGET,
    TYPICAL,
    UNEXPLAINED,
    WHAT_IF,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_one_line() {
        for number in NUMBERS {
            assert!(number.line.ends_with('.') && !number.line.contains('\n'));
            let same = NUMBERS.iter().filter(|other| other.name == number.name);
            assert_eq!(same.count(), 1, "{}", number.name);
        }
    }
}
