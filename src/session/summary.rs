//! One finished measurement and its numbers.

use serde::Serialize;

use super::Host;
use crate::engine::StreamReport;
use crate::frame::FrameRate;
use crate::judge::{Dropped, Explainer, Policy, Tolerance};
use crate::measure::{
    FrameRecord, MAX_STAGES, Sample, SummaryMs, ms_from_nanos, peak_resident_bytes,
};
use crate::pipeline::{Recipe, StageInfo};
use crate::source::SourceInfo;

/// What was asked for: enough to run it again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The source as it was typed, and what it held.
    pub source: SourceInfo,
    /// Name of the preset; `None` for a recipe from a file.
    pub preset: Option<String>,
    /// The recipe.
    pub recipe: Recipe,
    /// Arrivals per second.
    pub rate: FrameRate,
    /// Budget in milliseconds.
    pub budget_ms: f64,
    /// Tolerance in percent of the budget.
    pub tolerance_percent: Tolerance,
    /// The policy.
    pub policy: Policy,
    /// Arrivals that were asked for; `None` if the source or a duration ended the run.
    pub frames: Option<u64>,
    /// Duration that was asked for, in milliseconds.
    pub duration_ms: Option<f64>,
    /// Frames worked on before anything was counted.
    pub warmup_frames: u32,
    /// Whether buffers were kept.
    pub pool: bool,
    /// `staged`: every stage timed alone.
    pub execution: &'static str,
    /// Whether a window was drawing meanwhile.
    pub is_window_open: bool,
    /// Whether decoding was on the clock; it is not: frames are prefetched.
    pub is_decode_counted: bool,
}

/// One finished measurement.
#[derive(Clone, Debug)]
pub struct Run {
    /// What was asked for.
    pub plan: Plan,
    /// Where it was measured.
    pub host: Host,
    /// The compiled stages.
    pub stages: Vec<StageInfo>,
    /// All frames, in the order of their arrival.
    pub records: Vec<FrameRecord>,
    /// What the stream counted.
    pub report: StreamReport,
    /// Pictures of the source that could not be read.
    pub unreadable_frames: u64,
}

/// Counts by verdict, as the JSON file holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Frames {
    /// Frames that were due.
    pub arrived: u64,
    /// Frames that went through the pipeline.
    pub processed: u64,
    /// Response time within the budget.
    pub on_time: u64,
    /// Within budget and tolerance.
    pub tolerated: u64,
    /// Processed past the deadline.
    pub late: u64,
    /// Never processed.
    pub skipped: u64,
}

/// One stage's numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageSummary {
    /// `resize`.
    pub id: String,
    /// What it does.
    pub label: String,
    /// Its service time.
    pub service_ms: SummaryMs,
    /// Its total ÷ the total service time of all frames.
    pub share_of_service: Option<f64>,
    /// Its mean ÷ the budget.
    pub share_of_budget: Option<f64>,
}

/// What was used, per processed frame where the name says so. What cannot be told is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Resources {
    /// Allocations on the stream thread.
    pub allocations_per_frame: Option<f64>,
    /// Bytes allocated on the stream thread.
    pub allocated_bytes_per_frame: Option<f64>,
    /// Minor page faults of the stream thread.
    pub minor_faults_per_frame: Option<f64>,
    /// Times that the scheduler took the processor from the stream thread.
    pub involuntary_switches: Option<u64>,
    /// Processor time of the stream thread ÷ elapsed time.
    pub cpu_utilisation: Option<f64>,
    /// The most memory that the process had resident.
    pub peak_rss_bytes: Option<u64>,
}

/// Hits and misses of the buffer pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PoolUse {
    /// Buffers found in the pool.
    pub hits: u64,
    /// Buffers that had to be allocated.
    pub misses: u64,
}

/// The numbers of a run, as the JSON file holds them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Counts by verdict.
    pub frames: Frames,
    /// Dropped ÷ arrived.
    pub drop_rate: Option<f64>,
    /// Runs of consecutive dropped frames.
    pub drop_episodes: u64,
    /// Processed frames per second.
    pub throughput_fps: Option<f64>,
    /// Finish − start.
    pub service_ms: SummaryMs,
    /// Finish − arrival.
    pub response_ms: SummaryMs,
    /// How late the pacer woke up.
    pub wakeup_error_ms: SummaryMs,
    /// Every stage.
    pub stages: Vec<StageSummary>,
    /// What was used.
    pub resources: Resources,
    /// The buffer pool.
    pub pool: PoolUse,
    /// Frames that waited for the source.
    pub underruns: u64,
    /// How often the source was played again from its beginning.
    pub source_loops: u64,
    /// Pictures of the source that could not be read.
    pub unreadable_frames: u64,
    /// Records that were lost on their way; the counts and the resources do not miss them, the rest does.
    pub records_lost: u64,
    /// Every dropped frame.
    pub drops: Vec<Dropped>,
}

impl Run {
    /// The numbers of this run.
    pub fn summary(&self) -> Summary {
        let processed = || self.records.iter().filter(|record| record.is_processed());
        let service = Sample::new(processed().map(FrameRecord::service_nanos));
        let counts = self.report.counts;
        Summary {
            frames: Frames {
                arrived: counts.arrived(),
                processed: counts.processed(),
                on_time: counts.on_time,
                tolerated: counts.tolerated,
                late: counts.late,
                skipped: counts.skipped,
            },
            drop_rate: counts.drop_rate(),
            drop_episodes: episodes(&self.records),
            throughput_fps: throughput_fps(&self.records, self.plan.rate),
            service_ms: service.summary_ms(),
            response_ms: Sample::new(processed().map(FrameRecord::response_nanos)).summary_ms(),
            wakeup_error_ms: Sample::new(
                processed().filter_map(|record| record.wakeup_error_nanos),
            )
            .summary_ms(),
            stages: self.stage_summaries(&service),
            resources: self.resources(),
            pool: PoolUse {
                hits: self.report.pool.hits,
                misses: self.report.pool.misses,
            },
            underruns: self.report.underruns,
            source_loops: self.report.source_loops,
            unreadable_frames: self.unreadable_frames,
            records_lost: self.report.records_lost,
            drops: self.drops(),
        }
    }

    fn stage_summaries(&self, service: &Sample) -> Vec<StageSummary> {
        let total_nanos = service.total() as f64;
        let budget_nanos = self.plan.budget_ms * 1e6;
        let of_stage = |(index, stage): (usize, &StageInfo)| {
            let nanos = |record: &FrameRecord| record.stages().get(index).copied();
            let sample = Sample::new(
                self.records
                    .iter()
                    .filter(|record| record.is_processed())
                    .filter_map(nanos),
            );
            StageSummary {
                id: stage.id.clone(),
                label: stage.label.clone(),
                share_of_service: (total_nanos > 0.0).then(|| sample.total() as f64 / total_nanos),
                share_of_budget: sample.mean().map(|mean| mean / budget_nanos),
                service_ms: sample.summary_ms(),
            }
        };
        self.stages
            .iter()
            .take(MAX_STAGES)
            .enumerate()
            .map(of_stage)
            .collect()
    }

    fn resources(&self) -> Resources {
        let processed = self.report.counts.processed();
        let per_frame = |count: Option<u64>| {
            count
                .filter(|_| processed > 0)
                .map(|count| count as f64 / processed as f64)
        };
        let (allocations, usage) = (self.report.allocations, self.report.usage);
        Resources {
            allocations_per_frame: per_frame(allocations.map(|counts| counts.allocations)),
            allocated_bytes_per_frame: per_frame(allocations.map(|counts| counts.bytes)),
            minor_faults_per_frame: per_frame(usage.minor_faults),
            involuntary_switches: usage.involuntary_switches,
            cpu_utilisation: usage
                .cpu_nanos
                .filter(|_| self.report.elapsed_nanos > 0)
                .map(|nanos| nanos as f64 / self.report.elapsed_nanos as f64),
            peak_rss_bytes: peak_resident_bytes(),
        }
    }

    fn drops(&self) -> Vec<Dropped> {
        let ids: Vec<String> = self.stages.iter().map(|stage| stage.id.clone()).collect();
        let mut explainer = Explainer::default();
        let policy = self.plan.policy.name();
        self.records
            .iter()
            .filter_map(|record| explainer.fold(record, &ids, policy))
            .collect()
    }
}

/// Runs of consecutive dropped frames.
fn episodes(records: &[FrameRecord]) -> u64 {
    let is_dropped = |record: &FrameRecord| record.verdict.is_dropped();
    let starts = records
        .windows(2)
        .filter(|pair| !is_dropped(&pair[0]) && is_dropped(&pair[1]))
        .count();
    starts as u64 + u64::from(records.first().is_some_and(is_dropped))
}

/// Processed frames ÷ the time from the first arrival to the last finish, or to the end of the last frame's interval
/// if that is later: a pipeline that keeps up has exactly the rate of its source.
fn throughput_fps(records: &[FrameRecord], rate: FrameRate) -> Option<f64> {
    let last_arrival = records.last()?.arrival_nanos + rate.interval_nanos();
    let last_finish = records.iter().map(|record| record.finish_nanos).max()?;
    let processed = records
        .iter()
        .filter(|record| record.is_processed())
        .count();
    Some(processed as f64 / (ms_from_nanos(last_arrival.max(last_finish)) / 1e3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Verdict;

    fn records(verdicts: &[Verdict]) -> Vec<FrameRecord> {
        verdicts
            .iter()
            .map(|&verdict| FrameRecord {
                verdict,
                ..FrameRecord::default()
            })
            .collect()
    }

    #[test]
    fn consecutive_drops_are_one_episode() {
        use Verdict::{Late, OnTime, Skipped, Tolerated};
        for (verdicts, expected) in [
            (vec![], 0),
            (vec![OnTime, Tolerated], 0),
            (vec![Late], 1),
            (vec![Late, Skipped, OnTime, Late, OnTime], 2),
            (vec![OnTime, Skipped, Skipped, Late], 1),
        ] {
            assert_eq!(episodes(&records(&verdicts)), expected, "{verdicts:?}");
        }
    }
}
