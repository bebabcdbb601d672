//! Replay: what would have become of the same work at another rate, under another deadline and another policy.
//!
//! A [`Trace`] holds how long each arrived frame took; [`replay`] judges it by any law without running it again. It is
//! the simulation that the live engine's decisions come from, too: the same [`Sequencer`] decides.

use std::sync::Arc;

use super::{ArrivalPattern, ArrivalPlan, Deadline, Law, Limit, Sequencer, Tolerance};
use crate::measure::{Quantile, Sample, Share, Typical, Verdict, VerdictCounts};

/// How long each arrived frame took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    service_nanos: Vec<u64>,
    /// Frames whose time is not known (they were skipped): the median of the 31 finished before stands in.
    is_imputed: Vec<bool>,
    /// When they arrived, if that was not on the grid of the rate.
    arrivals_nanos: Option<Arc<[u64]>>,
}

impl Trace {
    /// A trace of measured times, row `k` for the `k`-th arrived frame; a time that is not known is made up from the
    /// median of the (at most 31) known ones before it, or from the first known one after it.
    pub fn new(rows: &[Option<u64>]) -> Self {
        let first_known = rows.iter().flatten().next().copied().unwrap_or(0);
        let mut typical = Typical::new();
        let mut service_nanos = Vec::with_capacity(rows.len());
        for row in rows {
            service_nanos.push(row.unwrap_or_else(|| typical.median().unwrap_or(first_known)));
            if let Some(nanos) = *row {
                typical.add(nanos);
            }
        }
        Self {
            service_nanos,
            is_imputed: rows.iter().map(Option::is_none).collect(),
            arrivals_nanos: None,
        }
    }

    /// The same frames at arrivals that were not on a grid; `None` if there are not as many, or they are not ascending.
    #[must_use]
    pub fn with_arrivals(mut self, arrivals_nanos: Vec<u64>) -> Option<Self> {
        if arrivals_nanos.len() != self.len() || !arrivals_nanos.is_sorted() {
            return None;
        }
        self.arrivals_nanos = Some(arrivals_nanos.into());
        Some(self)
    }

    /// Frames in it.
    pub fn len(&self) -> usize {
        self.service_nanos.len()
    }

    /// Whether it holds no frame.
    pub fn is_empty(&self) -> bool {
        self.service_nanos.is_empty()
    }

    /// Frames whose time is made up.
    pub fn imputed(&self) -> usize {
        self.is_imputed.iter().filter(|&&is| is).count()
    }

    /// The times of all frames, made-up ones included.
    pub fn service_nanos(&self) -> &[u64] {
        &self.service_nanos
    }

    /// The arrivals of the trace at a rate: its own if it has any (stretched when the rate is `stretch` times the
    /// recorded interval), else those of the plan.
    fn plan(&self, plan: &ArrivalPlan, stretch: f64) -> ArrivalPlan {
        let Some(arrivals) = &self.arrivals_nanos else {
            return plan.clone();
        };
        let arrivals_nanos = if stretch == 1.0 {
            Arc::clone(arrivals)
        } else {
            arrivals
                .iter()
                .map(|&nanos| (nanos as f64 * stretch).round() as u64)
                .collect()
        };
        ArrivalPlan {
            pattern: ArrivalPattern::Recorded { arrivals_nanos },
            ..plan.clone()
        }
    }
}

/// What became of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Number of the frame.
    pub index: u64,
    /// When it arrived. Under `block`, when it started.
    pub arrival_nanos: u64,
    /// When work began; equal to the arrival if it was skipped.
    pub start_nanos: u64,
    /// When work ended; equal to the arrival if it was skipped.
    pub finish_nanos: u64,
    /// The verdict under the law.
    pub verdict: Verdict,
    /// Frames that waited behind it when work began.
    pub queue_depth: u32,
    /// Whether its service time is made up.
    pub is_imputed: bool,
}

impl Outcome {
    /// Whether it was worked on.
    pub fn is_processed(&self) -> bool {
        self.verdict != Verdict::Skipped
    }

    /// Finish − start.
    pub const fn service_nanos(&self) -> u64 {
        self.finish_nanos - self.start_nanos
    }

    /// Finish − arrival.
    pub const fn response_nanos(&self) -> u64 {
        self.finish_nanos - self.arrival_nanos
    }
}

/// A trace judged under one law.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// The law.
    pub law: Law,
    /// Every frame, in the order of arrival.
    pub outcomes: Vec<Outcome>,
}

/// Judges a trace under a law. `stretch` is the law's interval ÷ the recorded one, for traces with arrivals of their
/// own; 1 otherwise. All frames are run to the end; wake-up error is 0.
pub fn replay(trace: &Trace, law: &Law, stretch: f64) -> Replay {
    let limit = Limit {
        frames: Some(trace.len() as u64),
        nanos: None,
    };
    let law = Law {
        arrivals: trace.plan(&law.arrivals, stretch),
        ..law.clone()
    };
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(trace.len());
    let mut sequencer = Sequencer::new(law.clone(), limit, 0);
    let mut now_nanos = 0;
    loop {
        let turn = sequencer.next(now_nanos, |frame| {
            outcomes.push(Outcome {
                index: frame.index,
                arrival_nanos: frame.arrival_nanos,
                start_nanos: frame.arrival_nanos,
                finish_nanos: frame.arrival_nanos,
                verdict: Verdict::Skipped,
                queue_depth: 0,
                is_imputed: false,
            });
        });
        let Some(turn) = turn else { break };
        let row = turn.index as usize;
        let start_nanos = turn.arrival_nanos.max(now_nanos);
        let finish_nanos = start_nanos + trace.service_nanos[row];
        sequencer.started(start_nanos);
        sequencer.finished(trace.service_nanos[row], finish_nanos);
        outcomes.push(Outcome {
            index: turn.index,
            arrival_nanos: turn.arrival_nanos,
            start_nanos,
            finish_nanos,
            verdict: law.deadline.verdict(finish_nanos - turn.arrival_nanos),
            queue_depth: turn.queue_depth,
            is_imputed: trace.is_imputed[row],
        });
        now_nanos = finish_nanos;
    }
    // Frames are given up while others wait before them; the order of arrival is the order of numbers.
    if !outcomes.is_sorted_by_key(|outcome| outcome.index) {
        outcomes.sort_unstable_by_key(|outcome| outcome.index);
    }
    Replay { law, outcomes }
}

/// The numbers of a replay under one drop rule.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplaySummary {
    /// Counts by verdict (the house's rule).
    pub counts: VerdictCounts,
    /// Frames that the drop rule counts as dropped; `None` if it is not defined under this policy.
    pub dropped: Option<u64>,
    /// Dropped ÷ arrived with its interval.
    pub drop_rate: Option<Share>,
    /// Late although the work alone would have met the deadline: it waited behind other frames.
    pub late_by_queue: u64,
    /// Runs of consecutive late or skipped frames.
    pub episodes: u64,
    /// 99th percentile of the response time, if there are frames enough.
    pub p99_response_nanos: Option<u64>,
    /// The largest response time.
    pub max_response_nanos: Option<u64>,
    /// The longest time between two consecutive finishes of processed frames.
    pub longest_freeze_nanos: Option<u64>,
    /// Processed frames whose service time is made up.
    pub imputed: u64,
    /// The most frames that waited behind one that was begun.
    pub deepest_queue: u32,
}

impl Replay {
    /// The numbers under a drop rule.
    pub fn summary(&self, rule: super::DropRule) -> ReplaySummary {
        let mut counts = VerdictCounts::default();
        let (mut episodes, mut was_dropped) = (0, false);
        for outcome in &self.outcomes {
            counts.add(outcome.verdict);
            let is_dropped = outcome.verdict.is_dropped();
            episodes += u64::from(is_dropped && !was_dropped);
            was_dropped = is_dropped;
        }
        let responses = Sample::new(self.processed().map(Outcome::response_nanos));
        let dropped = rule.dropped(self);
        let limit_nanos = self.law.deadline.limit_nanos();
        let is_late_by_queue = |outcome: &&Outcome| {
            outcome.verdict == Verdict::Late && outcome.service_nanos() <= limit_nanos
        };
        ReplaySummary {
            counts,
            dropped,
            drop_rate: dropped.and_then(|dropped| Share::new(dropped, counts.arrived())),
            late_by_queue: self.processed().filter(is_late_by_queue).count() as u64,
            episodes,
            p99_response_nanos: responses.quantile(Quantile::P99),
            max_response_nanos: responses.max(),
            longest_freeze_nanos: Self::freeze(self.processed()),
            imputed: self
                .processed()
                .filter(|outcome| outcome.is_imputed)
                .count() as u64,
            deepest_queue: self
                .processed()
                .map(|outcome| outcome.queue_depth)
                .max()
                .unwrap_or(0),
        }
    }

    /// The same choices, judged by another tolerance. True for all policies but `admit`, whose choices depend on it.
    #[must_use]
    pub fn judged_again(&self, tolerance: Tolerance) -> Self {
        let mut again = self.clone();
        again.law.deadline = Deadline::new(self.law.deadline.budget_nanos, tolerance);
        for outcome in again
            .outcomes
            .iter_mut()
            .filter(|outcome| outcome.is_processed())
        {
            outcome.verdict = again.law.deadline.verdict(outcome.response_nanos());
        }
        again
    }

    /// The frames that were worked on, in order.
    pub fn processed(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes
            .iter()
            .filter(|outcome| outcome.is_processed())
    }

    /// Numbers of the frames with a verdict.
    pub fn frames_with(&self, verdict: Verdict) -> impl Iterator<Item = u64> + '_ {
        let has = move |outcome: &&Outcome| outcome.verdict == verdict;
        self.outcomes
            .iter()
            .filter(has)
            .map(|outcome| outcome.index)
    }

    fn freeze<'a>(processed: impl Iterator<Item = &'a Outcome>) -> Option<u64> {
        let mut last = None;
        let mut longest = None;
        for outcome in processed {
            if let Some(last) = last {
                longest = longest.max(Some(outcome.finish_nanos - last));
            }
            last = Some(outcome.finish_nanos);
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::judge::{DropRule, Policy, Schedule};

    fn law(policy: Policy, tolerance_percent: f64) -> Law {
        let schedule = Schedule::from_rate(30, 1);
        let tolerance = Tolerance::from_percent(tolerance_percent).unwrap();
        Law {
            policy,
            arrivals: schedule.into(),
            deadline: Deadline::new(schedule.interval_nanos(), tolerance),
            has_floor: false,
        }
    }

    /// 1,800 frames of 29.0 ms with row 100 replaced.
    fn trace(row_100_nanos: u64) -> Trace {
        let rows: Vec<_> = (0..1800)
            .map(|row| {
                Some(if row == 100 {
                    row_100_nanos
                } else {
                    29_000_000
                })
            })
            .collect();
        Trace::new(&rows)
    }

    #[test]
    fn a_spike_and_a_stall_give_the_known_counts_under_every_policy() {
        let known = [
            (Policy::Block, (0, 1), (0, 1)),
            (Policy::Queue, (0, 7), (0, 38)),
            (Policy::LeakyUpstream { capacity: 1 }, (0, 7), (5, 2)),
            (Policy::LeakyDownstream { capacity: 1 }, (0, 7), (5, 1)),
            (Policy::NextTick, (1, 1), (5, 1)),
            (Policy::Admit, (1, 1), (5, 1)),
        ];
        for (policy, spike, stall) in known {
            for (row_nanos, expected) in [(62_900_000, spike), (200_000_000, stall)] {
                let replay = replay(&trace(row_nanos), &law(policy, 10.0), 1.0);
                let counts = replay.summary(DropRule::Response).counts;
                assert_eq!(
                    (counts.skipped, counts.late),
                    expected,
                    "{policy} {row_nanos}"
                );
                assert_eq!(counts.arrived(), 1800);
            }
        }
    }

    #[test]
    fn a_stall_is_told_by_queue_and_by_work_and_as_one_freeze() {
        let summary =
            replay(&trace(200_000_000), &law(Policy::Queue, 10.0), 1.0).summary(DropRule::Response);
        assert_eq!((summary.late_by_queue, summary.episodes), (37, 1));
        assert_eq!(summary.max_response_nanos, Some(200_000_000));
        assert_eq!(summary.deepest_queue, 5);
        // Frame 99 finished at 3.329 s, frame 100 at 3.533 s.
        assert_eq!(
            summary.longest_freeze_nanos,
            Some(3_333_333_333 + 200_000_000 - 3_329_000_000)
        );
    }

    #[test]
    fn other_rules_count_other_frames() {
        let under = |policy, rule: DropRule| {
            replay(&trace(62_900_000), &law(policy, 10.0), 1.0)
                .summary(rule)
                .dropped
        };
        assert_eq!(under(Policy::NextTick, DropRule::Response), Some(2));
        assert_eq!(under(Policy::Block, DropRule::OverTolerance), Some(1));
        // One and nine tenths of an interval count nothing.
        assert_eq!(under(Policy::NextTick, DropRule::Obs), Some(0));
        assert_eq!(under(Policy::Queue, DropRule::Obs), None);
        assert_eq!(under(Policy::Queue, DropRule::Gstreamer), Some(6));
        let stall = replay(&trace(200_000_000), &law(Policy::Block, 10.0), 1.0);
        assert_eq!(stall.summary(DropRule::Obs).dropped, Some(5));
        let exact = Trace::new(&[Some(33_333_333); 10]);
        let exact = replay(&exact, &law(Policy::Block, 0.0), 1.0);
        assert_eq!(exact.summary(DropRule::OverInterval).dropped, Some(0));
        assert_eq!(exact.summary(DropRule::NothingLeft).dropped, Some(10));
    }

    #[test]
    fn a_missing_time_is_made_up_from_those_before() {
        let trace = Trace::new(&[None, Some(5), Some(9), None, Some(7)]);
        assert_eq!(trace.service_nanos(), [5, 5, 9, 5, 7]);
        assert_eq!(trace.imputed(), 2);
        let summary = replay(&trace, &law(Policy::Queue, 0.0), 1.0).summary(DropRule::Response);
        assert_eq!(summary.imputed, 2);
        assert_eq!(Trace::new(&[None, None]).service_nanos(), [0, 0]);
    }

    #[test]
    fn recorded_arrivals_are_kept_and_stretched() {
        let trace = Trace::new(&[Some(1); 3])
            .with_arrivals(vec![0, 50, 70])
            .unwrap();
        let arrivals = |stretch| {
            let replay = replay(&trace, &law(Policy::Queue, 0.0), stretch);
            replay
                .outcomes
                .iter()
                .map(|outcome| outcome.arrival_nanos)
                .collect::<Vec<_>>()
        };
        assert_eq!(arrivals(1.0), [0, 50, 70]);
        assert_eq!(arrivals(2.0), [0, 100, 140]);
        assert!(
            Trace::new(&[Some(1); 2])
                .with_arrivals(vec![5, 3])
                .is_none()
        );
    }

    fn any_policy() -> impl Strategy<Value = Policy> {
        (0..6usize, 1..5u32).prop_map(|(kind, capacity)| Policy::ALL[kind].with_capacity(capacity))
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            // The same cases every time: what fails on one machine fails on all.
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]

        #[test]
        fn every_arrival_is_judged_once_under_every_policy(
            services in prop::collection::vec(1u64..200_000_000, 1..400),
            policy in any_policy(),
            tolerance in 0.0..100.0f64,
        ) {
            let rows: Vec<_> = services.iter().copied().map(Some).collect();
            let replay = replay(&Trace::new(&rows), &law(policy, tolerance), 1.0);
            let counts = replay.summary(DropRule::Response).counts;
            prop_assert_eq!(counts.arrived(), services.len() as u64);
            prop_assert!(replay.outcomes.iter().enumerate().all(|(row, outcome)| outcome.index == row as u64));
            let mut free_nanos = 0;
            for outcome in replay.processed() {
                prop_assert!(outcome.response_nanos() >= outcome.service_nanos());
                prop_assert!(outcome.start_nanos >= free_nanos, "one frame at a time");
                free_nanos = outcome.finish_nanos;
            }
        }

        #[test]
        fn more_tolerance_never_gives_more_late_frames(
            services in prop::collection::vec(1u64..120_000_000, 1..300),
            policy in any_policy().prop_filter("its choices move", |policy| *policy != Policy::Admit),
            tolerance in 0.0..50.0f64,
            more in 0.0..50.0f64,
        ) {
            let rows: Vec<_> = services.iter().copied().map(Some).collect();
            let late = |percent| {
                replay(&Trace::new(&rows), &law(policy, percent), 1.0)
                    .summary(DropRule::Response)
                    .counts
                    .late
            };
            prop_assert!(late(tolerance + more) <= late(tolerance));
        }
    }
}
