//! Two recorded samples against each other: how much do drop rate and tail differ, and is it more than chance?
//!
//! Two verdicts are given, one on the drop rate (Fisher's exact test, on as many frames as the sample is worth) and, where
//! there are frames enough, one on the tail of the response time (moving-block bootstrap of the difference of p99, or of
//! p95). Together they say *differs* of two samples of the same process at most 5 times in 100: alone the drop rate is held to
//! 5 %, beside a tail each to 2.5 %. A difference never stands without its size and its interval.

mod arm;
mod plan;
mod verdict;

use serde::Serialize;

use super::interleave::Round;
use super::statistics::{
    BlockBootstrap, BootstrapInterval, Dependence, Level, NeededFrames, RateDifference,
    fisher_exact, needed_frames,
};
use crate::measure::{Quantile, QuantileMs, Sample, Share};

pub use arm::Arm;
pub use plan::{PlanDifference, plan_differences};
pub use verdict::Verdict;

/// Name and version of the format.
const SCHEMA: &str = "framescope.compare/1";

/// The quantiles that are compared.
const QUANTILES: [Quantile; 4] = [Quantile::P50, Quantile::P95, Quantile::P99, Quantile::P999];

/// The quantiles that can carry the verdict on the tail: the first for which there are frames enough.
const TAIL: [Quantile; 2] = [Quantile::P99, Quantile::P95];

/// Everything about two samples. Differences are B − A.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// `framescope.compare/1`.
    pub schema: &'static str,
    /// The sentence, and what it rests on.
    pub verdict: Verdict,
    /// The first sample.
    pub a: ArmSummary,
    /// The second sample.
    pub b: ArmSummary,
    /// Confidence of all intervals: 0.95, or 0.975 where two verdicts are given.
    pub confidence: f64,
    /// The drop rate; `None` if one side has no frame.
    pub drop_rate: Option<DropRateComparison>,
    /// Finish − arrival.
    pub response: Series,
    /// Finish − start.
    pub service: Series,
    /// The stages that both have.
    pub stages: Vec<Series>,
    /// Round by round, where both were measured in turn.
    pub rounds: Vec<Round>,
    /// What differs between what was asked for.
    pub plan_differences: Vec<PlanDifference>,
}

/// One side in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmSummary {
    /// What it is called.
    pub name: String,
    /// Frames that were due.
    pub arrived: u64,
    /// Frames that were processed.
    pub processed: u64,
    /// Processed past the deadline.
    pub late: u64,
    /// Never processed.
    pub skipped: u64,
    /// Late and skipped.
    pub dropped: u64,
    /// Dropped ÷ arrived.
    pub drop_rate: Option<f64>,
    /// Lower end of its 95 % interval (Wilson), as if frames were independent.
    pub drop_rate_low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub drop_rate_high: Option<f64>,
    /// Runs of consecutive dropped frames.
    pub drop_episodes: u64,
}

/// The drop rates against each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DropRateComparison {
    /// B − A with Newcombe's interval, on as many frames as the samples are worth.
    #[serde(flatten)]
    pub rate: RateDifference,
    /// Two-sided probability of such a table by chance (Fisher), as if frames were independent.
    pub p: f64,
    /// How many times fewer independent frames would be worth as much.
    pub design_effect: f64,
    /// The same on as many frames as the samples are worth: what the verdict rests on.
    pub p_effective: f64,
    /// The verdict says *differs* from this probability down.
    pub alpha: f64,
    /// Whether it does.
    pub differs: bool,
    /// Frames of each side that would show a difference as large as this in four of five tries.
    pub needed_frames: Option<NeededFrames>,
    /// How many each side still lacks, for the exact test; 0 if there are enough.
    pub lacking_frames: Option<u64>,
}

/// One kind of time against itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// `response`, `service`, or a stage.
    pub id: String,
    /// Its quantiles.
    pub quantiles: Vec<QuantileComparison>,
}

/// A quantile of both sides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct QuantileComparison {
    /// `p50`, `p95`, `p99`, `p999`.
    pub quantile: &'static str,
    /// A's, with rank and gate.
    pub a_ms: QuantileMs,
    /// B's.
    pub b_ms: QuantileMs,
    /// B − A; `None` if a sample is too small for the quantile.
    pub difference_ms: Option<f64>,
    /// Lower end of its bootstrap interval; `None` with fewer than ten frames above the quantile.
    pub low_ms: Option<f64>,
    /// Upper end.
    pub high_ms: Option<f64>,
    /// Frames each side needs before there is an interval.
    pub interval_needs: usize,
    /// Length of the blocks, in frames.
    pub block_frames: Option<usize>,
    /// How often both sides were put together anew.
    pub resamples: Option<usize>,
    /// How many times fewer independent frames would be worth as much.
    pub design_effect: Option<f64>,
    /// Frames of each side that would show a difference as large as this in four of five tries.
    pub needed_frames: Option<u64>,
}

impl QuantileComparison {
    /// Whether zero lies outside of the interval; `None` without one.
    pub fn differs(&self) -> Option<bool> {
        Some(self.low_ms? > 0.0 || self.high_ms? < 0.0)
    }
}

impl Comparison {
    /// Compares two samples.
    pub fn new(a: &Arm, b: &Arm, bootstrap: BlockBootstrap) -> Self {
        let smaller = a.response_nanos.len().min(b.response_nanos.len());
        let tail = TAIL
            .into_iter()
            .find(|&quantile| smaller >= BlockBootstrap::frames_needed(quantile));
        let level = if tail.is_some() {
            Level::OF_TWO
        } else {
            Level::ALONE
        };
        let drop_rate = DropRateComparison::new(a, b, level);
        let series = |id: &str, a: &[u64], b: &[u64], quantiles: &[Quantile]| Series {
            id: id.to_owned(),
            quantiles: quantiles
                .iter()
                .map(|&quantile| QuantileComparison::new((a, b), quantile, bootstrap, level))
                .collect(),
        };
        let response = series("response", &a.response_nanos, &b.response_nanos, &QUANTILES);
        let (summary_a, summary_b) = (ArmSummary::new(a), ArmSummary::new(b));
        let stages = a.stages.iter().filter_map(|(id, in_a)| {
            let (_, in_b) = b.stages.iter().find(|(other, _)| other == id)?;
            Some(series(id, in_a, in_b, &QUANTILES[..3]))
        });
        Self {
            schema: SCHEMA,
            verdict: Verdict::new(
                (&summary_a, &summary_b),
                drop_rate.as_ref(),
                &response,
                tail,
            ),
            confidence: level.confidence(),
            drop_rate,
            service: series("service", &a.service_nanos, &b.service_nanos, &QUANTILES),
            stages: stages.collect(),
            response,
            a: summary_a,
            b: summary_b,
            rounds: Vec::new(),
            plan_differences: Vec::new(),
        }
    }
}

impl ArmSummary {
    fn new(arm: &Arm) -> Self {
        let counts = arm.counts;
        let rate = Share::new(counts.dropped(), counts.arrived());
        let starts = arm.is_dropped.windows(2).filter(|pair| !pair[0] && pair[1]);
        let episodes = starts.count() + usize::from(arm.is_dropped.first() == Some(&true));
        Self {
            name: arm.name.clone(),
            arrived: counts.arrived(),
            processed: counts.processed(),
            late: counts.late,
            skipped: counts.skipped,
            dropped: counts.dropped(),
            drop_rate: rate.map(|rate| rate.share),
            drop_rate_low: rate.map(|rate| rate.low),
            drop_rate_high: rate.map(|rate| rate.high),
            drop_episodes: episodes as u64,
        }
    }
}

impl DropRateComparison {
    fn new(a: &Arm, b: &Arm, level: Level) -> Option<Self> {
        let table = |arm: &Arm| (arm.counts.dropped(), arm.counts.arrived());
        let (in_a, in_b) = (table(a), table(b));
        let both = [a, b].map(|arm| Dependence::of(&arm.is_dropped));
        let design_effect = Dependence::design_effect(&both);
        let worth = |(hits, of): (u64, u64)| {
            let of_worth = ((of as f64 / design_effect).floor() as u64).max(1);
            (
                ((hits as f64 / design_effect).round() as u64).min(of_worth),
                of_worth,
            )
        };
        let rate = |(hits, of): (u64, u64)| hits as f64 / of as f64;
        // The interval is as wide as the frames that the samples are worth make it, around the rates that were measured.
        let raw = RateDifference::new(in_a, in_b, level)?;
        let wide = RateDifference::new(worth(in_a), worth(in_b), level)?;
        let shift = raw.difference - wide.difference;
        let p = fisher_exact(in_a, in_b);
        let p_effective = if design_effect > 1.0 {
            fisher_exact(worth(in_a), worth(in_b)).max(p)
        } else {
            p
        };
        let needed = needed_frames(rate(in_a), rate(in_b), level).map(|needed| {
            let times = |frames: u64| (frames as f64 * design_effect).ceil() as u64;
            NeededFrames {
                approximate: times(needed.approximate),
                exact_test: times(needed.exact_test),
            }
        });
        Some(Self {
            rate: RateDifference {
                difference: raw.difference,
                low: (wide.low + shift).clamp(-1.0, 1.0),
                high: (wide.high + shift).clamp(-1.0, 1.0),
            },
            p,
            design_effect,
            p_effective,
            alpha: level.alpha,
            differs: p_effective <= level.alpha,
            needed_frames: needed,
            lacking_frames: needed
                .map(|needed| needed.exact_test.saturating_sub(in_a.1.min(in_b.1))),
        })
    }
}

impl QuantileComparison {
    fn new(
        (a, b): (&[u64], &[u64]),
        quantile: Quantile,
        bootstrap: BlockBootstrap,
        level: Level,
    ) -> Self {
        let [in_a, in_b] = [a, b].map(|side| Sample::new(side.iter().copied()));
        let difference = in_a
            .quantile(quantile)
            .zip(in_b.quantile(quantile))
            .map(|(a, b)| b as f64 - a as f64);
        let interval = difference.and_then(|_| bootstrap.interval(a, b, quantile, level));
        let ms = |nanos: f64| nanos / 1e6;
        let needed = |found: BootstrapInterval| {
            found.needed_frames(difference?, a.len().min(b.len()), level)
        };
        Self {
            quantile: quantile.name(),
            a_ms: in_a.quantile_ms(quantile),
            b_ms: in_b.quantile_ms(quantile),
            difference_ms: difference.map(ms),
            low_ms: interval.map(|found| ms(found.low_nanos)),
            high_ms: interval.map(|found| ms(found.high_nanos)),
            interval_needs: BlockBootstrap::frames_needed(quantile),
            block_frames: interval.map(|found| found.block_frames),
            resamples: interval.map(|found| found.resamples),
            design_effect: interval.map(|found| found.design_effect),
            needed_frames: interval.and_then(needed),
        }
    }
}
