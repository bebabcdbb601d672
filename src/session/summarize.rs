//! The numbers of a run from its frames.

use super::Run;
use super::summary::{
    CauseCount, Frames, HistogramTexts, LateByCounts, LiveSummary, MemoryCosts, PoolUse, Probes,
    Quantiles, Resources, SimulatedGc, StageSummary, Summary,
};
use crate::engine::Histograms;
use crate::frame::FrameRate;
use crate::judge::{Dropped, Explainer, Knowledge, Policy, arrival_jitter_nanos};
use crate::measure::{
    DisturbanceKind, FrameRecord, LateBy, MAX_STAGES, MemoryCost, ProbeCost, Quantile, Sample,
    Share, ms_from_nanos, peak_resident_bytes,
};
use crate::pipeline::StageInfo;

impl Run {
    /// The numbers of this run.
    pub fn summary(&self) -> Summary {
        let processed = || self.records.iter().filter(|record| record.is_processed());
        let service = Sample::new(processed().map(FrameRecord::service_nanos));
        let response = Sample::new(processed().map(FrameRecord::response_nanos));
        let wakeup = Sample::new(processed().filter_map(|record| record.wakeup_error_nanos));
        let counts = self.report.counts;
        let interval = Share::new(counts.dropped(), counts.arrived());
        let drops = self.drops();
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
            drop_rate_low: interval.map(|rate| rate.low),
            drop_rate_high: interval.map(|rate| rate.high),
            late_by: self.late_by(),
            drop_episodes: episodes(&self.records),
            causes: causes(&drops),
            longest_freeze_ms: longest_freeze(&self.records).map(ms_from_nanos),
            deepest_queue: processed()
                .map(|record| record.queue_depth)
                .max()
                .unwrap_or(0),
            throughput_fps: throughput_fps(&self.records, self.plan.rate),
            service_ms: service.summary_ms(),
            response_ms: response.summary_ms(),
            wakeup_error_ms: wakeup.summary_ms(),
            quantiles: Quantiles {
                service_ms: service.quantiles_ms(),
                response_ms: response.quantiles_ms(),
                wakeup_error_ms: wakeup.quantiles_ms(),
            },
            histograms: self.histogram_texts(),
            stages: self.stage_summaries(&service),
            resources: self.resources(),
            probes: self.probes(&service),
            memory_cost: memory_costs(),
            simulated_gc: self.simulated_gc(),
            pool: PoolUse {
                hits: self.report.pool.hits,
                misses: self.report.pool.misses,
            },
            underruns: self.report.underruns,
            source_loops: self.report.source_loops,
            unreadable_frames: self.unreadable_frames,
            live: self.live.map(|report| LiveSummary {
                report,
                arrival_jitter_ms: self.arrival_jitter().map(|jitter| jitter.summary_ms()),
            }),
            records_lost: self.report.records_lost,
            drops,
        }
    }

    /// How far each arrival was from one interval behind the one before it.
    fn arrival_jitter(&self) -> Option<Sample> {
        let interval_nanos = self.plan.rate.interval_nanos();
        let arrivals = || self.records.iter().map(|record| record.arrival_nanos);
        (self.plan.policy != Policy::Block)
            .then(|| Sample::new(arrival_jitter_nanos(arrivals(), interval_nanos)))
    }

    fn late_by(&self) -> LateByCounts {
        let mut counts = LateByCounts::default();
        for late_by in self.records.iter().filter_map(FrameRecord::late_by) {
            match late_by {
                LateBy::Work => counts.work += 1,
                LateBy::Queue => counts.queue += 1,
                LateBy::Start => counts.start += 1,
            }
        }
        counts
    }

    fn histogram_texts(&self) -> Option<HistogramTexts> {
        let histograms = self.report.histograms.as_ref()?;
        Some(texts_of(histograms))
    }

    fn probes(&self, service: &Sample) -> Probes {
        let cost_nanos = ProbeCost::of_this_machine().of_stages(self.stages.len());
        let median = service.quantile(Quantile::P50);
        Probes {
            cost_nanos_per_frame: cost_nanos,
            share_of_service: median
                .filter(|&nanos| nanos > 0)
                .map(|nanos| cost_nanos as f64 / nanos as f64),
        }
    }

    fn simulated_gc(&self) -> Option<SimulatedGc> {
        let is_simulated = self
            .plan
            .disturbances
            .iter()
            .any(|what| what.effect.kind() == DisturbanceKind::Gc);
        // The window's stream goes on, and tells what was held only in the end.
        (is_simulated && !self.plan.is_window_open).then(|| SimulatedGc {
            cycles: self.report.gc_cycles,
            held_ms: ms_from_nanos(self.report.gc_held_nanos),
            trace: self.cycles.iter().map(ToString::to_string).collect(),
        })
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
            major_faults: usage.major_faults,
            involuntary_switches: usage.involuntary_switches,
            voluntary_switches: usage.voluntary_switches,
            migrations: self.migrations(),
            cpu_utilisation: usage
                .cpu_nanos
                .filter(|_| self.report.elapsed_nanos > 0)
                .map(|nanos| nanos as f64 / self.report.elapsed_nanos as f64),
            peak_rss_bytes: peak_resident_bytes(),
        }
    }

    /// Frames that moved between processors; `None` if that cannot be told.
    fn migrations(&self) -> Option<u64> {
        let mut told = self
            .records
            .iter()
            .filter_map(|record| record.evidence.has_migrated)
            .peekable();
        told.peek()?;
        Some(told.filter(|&has_migrated| has_migrated).count() as u64)
    }

    /// Every dropped frame with its cause.
    pub fn drops(&self) -> Vec<Dropped> {
        self.drops_by(Knowledge::Told)
    }

    /// Every dropped frame with the cause that is found if injected time is told, or only the evidence looked at.
    pub fn drops_by(&self, knowledge: Knowledge) -> Vec<Dropped> {
        let ids: Vec<String> = self.stages.iter().map(|stage| stage.id.clone()).collect();
        let mut explainer = Explainer::new(MemoryCost::of_this_machine(), knowledge);
        let policy = self.plan.policy.to_string();
        self.records
            .iter()
            .filter_map(|record| explainer.fold(record, &ids, &policy))
            .collect()
    }
}

/// Histograms as text.
pub(super) fn texts_of(histograms: &Histograms) -> HistogramTexts {
    HistogramTexts {
        unit: "ns",
        encoding: "HdrHistogram V2 deflate base64",
        service: histograms.service.to_base64(),
        response: histograms.response.to_base64(),
        wakeup_error: histograms.wakeup_error.to_base64(),
    }
}

pub(super) fn memory_costs() -> MemoryCosts {
    let MemoryCost {
        nanos_per_fault,
        nanos_per_allocation,
        nanos_per_byte,
    } = MemoryCost::of_this_machine();
    MemoryCosts {
        nanos_per_fault,
        nanos_per_allocation,
        nanos_per_byte,
    }
}

fn causes(drops: &[Dropped]) -> Vec<CauseCount> {
    let mut counts: Vec<CauseCount> = Vec::new();
    for dropped in drops {
        match counts.iter_mut().find(|count| count.cause == dropped.cause) {
            Some(count) => count.frames += 1,
            None => counts.push(CauseCount {
                cause: dropped.cause.clone(),
                frames: 1,
            }),
        }
    }
    counts.sort_by_key(|count| std::cmp::Reverse(count.frames));
    counts
}

/// The longest time between two consecutive finishes of processed frames.
fn longest_freeze(records: &[FrameRecord]) -> Option<u64> {
    let finishes: Vec<u64> = records
        .iter()
        .filter(|record| record.is_processed())
        .map(|record| record.finish_nanos)
        .collect();
    finishes.windows(2).map(|pair| pair[1] - pair[0]).max()
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
