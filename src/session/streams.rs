//! Several streams that were measured together: each stream's own numbers, and those of all, merged from their frames.
//!
//! Nothing here is made of another statistic: counts are added, quantiles come from the frames of all streams, histograms
//! from the sum of their cells.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use super::summarize::{memory_costs, texts_of};
use super::summary::{
    CauseCount, Frames, LateByCounts, PoolUse, Probes, Quantiles, Resources, SimulatedGc,
    StageSummary, Summary,
};
use super::{Host, Plan, Run, StreamCost, csv};
use crate::engine::{Ending, Histograms, Phases};
use crate::measure::{
    FrameRecord, ProbeCost, Quantile, Sample, Share, VerdictCounts, peak_resident_bytes,
};

/// One of several streams that were measured together.
#[derive(Clone, Debug)]
pub struct StreamRun {
    /// Its number, from 0.
    pub number: u32,
    /// How far its arrivals lay behind the grid, as a share of the interval.
    pub phase: f64,
    /// What it measured. If it died, up to its last frame.
    pub run: Run,
    /// What it died of.
    pub fault: Option<String>,
}

impl StreamRun {
    /// How it ended, in a word: `limit`, `source`, `stopped`, `fault`.
    pub const fn ended(&self) -> &'static str {
        if self.fault.is_some() {
            return "fault";
        }
        match self.run.report.ending {
            Ending::Limit => "limit",
            Ending::Source => "source",
            Ending::Stopped => "stopped",
        }
    }
}

/// Several streams that were measured together.
#[derive(Clone, Debug)]
pub struct StreamsRun {
    /// How their arrivals lay to one another.
    pub phases: Phases,
    /// The streams, by number; at least one.
    pub streams: Vec<StreamRun>,
}

/// The numbers of several streams.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamsSummary {
    /// All streams together.
    pub merged: Summary,
    /// Each stream, in the order of the run.
    pub each: Vec<Summary>,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    plan: Option<&'a Plan>,
    host: Option<&'a Host>,
    phases: &'static str,
    summary: Value,
    streams: Vec<Entry<'a>>,
}

/// One stream in the JSON file: what tells it from the others, and its summary.
#[derive(Serialize)]
struct Entry<'a> {
    stream: u32,
    source: &'a str,
    recipe: &'a str,
    rate: String,
    phase_ms: f64,
    ended: &'static str,
    fault: Option<&'a str>,
    cost: StreamCost,
    #[serde(flatten)]
    summary: &'a Summary,
}

impl StreamsRun {
    /// The numbers of every stream and of all together.
    pub fn summary(&self) -> StreamsSummary {
        let each: Vec<Summary> = self.streams.iter().map(|one| one.run.summary()).collect();
        StreamsSummary {
            merged: self.merged(&each),
            each,
        }
    }

    fn processed(&self) -> impl Iterator<Item = &FrameRecord> {
        let records = self.streams.iter().flat_map(|one| &one.run.records);
        records.filter(|record| record.is_processed())
    }

    /// Counts of all streams.
    pub fn counts(&self) -> VerdictCounts {
        let mut sum = VerdictCounts::default();
        for one in &self.streams {
            sum += one.run.report.counts;
        }
        sum
    }

    fn merged(&self, each: &[Summary]) -> Summary {
        let service = Sample::new(self.processed().map(FrameRecord::service_nanos));
        let response = Sample::new(self.processed().map(FrameRecord::response_nanos));
        let wakeup = Sample::new(
            self.processed()
                .filter_map(|record| record.wakeup_error_nanos),
        );
        let counts = self.counts();
        let interval = Share::new(counts.dropped(), counts.arrived());
        let sum = |of: fn(&Summary) -> u64| each.iter().map(of).sum::<u64>();
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
            late_by: LateByCounts {
                work: sum(|one| one.late_by.work),
                queue: sum(|one| one.late_by.queue),
                start: sum(|one| one.late_by.start),
            },
            drop_episodes: sum(|one| one.drop_episodes),
            causes: causes(each),
            longest_freeze_ms: each
                .iter()
                .filter_map(|one| one.longest_freeze_ms)
                .reduce(f64::max),
            deepest_queue: each.iter().map(|one| one.deepest_queue).max().unwrap_or(0),
            throughput_fps: each.iter().map(|one| one.throughput_fps).sum(),
            service_ms: service.summary_ms(),
            response_ms: response.summary_ms(),
            wakeup_error_ms: wakeup.summary_ms(),
            quantiles: Quantiles {
                service_ms: service.quantiles_ms(),
                response_ms: response.quantiles_ms(),
                wakeup_error_ms: wakeup.quantiles_ms(),
            },
            histograms: self.histograms().as_ref().map(texts_of),
            stages: self.stages(&service),
            resources: self.resources(each),
            probes: self.probes(&service),
            memory_cost: memory_costs(),
            simulated_gc: simulated_gc(each),
            pool: PoolUse {
                hits: sum(|one| one.pool.hits),
                misses: sum(|one| one.pool.misses),
            },
            underruns: sum(|one| one.underruns),
            source_loops: sum(|one| one.source_loops),
            unreadable_frames: sum(|one| one.unreadable_frames),
            live: None,
            records_lost: sum(|one| one.records_lost),
            drops: each.iter().flat_map(|one| one.drops.clone()).collect(),
        }
    }

    /// The histograms of all streams, added.
    fn histograms(&self) -> Option<Histograms> {
        let mut told = self
            .streams
            .iter()
            .filter_map(|one| one.run.report.histograms.as_deref())
            .peekable();
        told.peek()?;
        let mut sum = Histograms::default();
        told.for_each(|one| sum.merge(one));
        Some(sum)
    }

    /// Every stage that any stream has, by its id.
    fn stages(&self, service: &Sample) -> Vec<StageSummary> {
        let mut order: Vec<(&str, &str)> = Vec::new();
        let mut times: BTreeMap<&str, (Vec<u64>, u128)> = BTreeMap::new();
        for one in &self.streams {
            for (index, stage) in one.run.stages.iter().enumerate() {
                if !times.contains_key(stage.id.as_str()) {
                    order.push((&stage.id, &stage.label));
                }
                let (nanos, budget_nanos) = times.entry(&stage.id).or_default();
                for record in one.run.records.iter().filter(|one| one.is_processed()) {
                    nanos.extend(record.stages().get(index));
                    *budget_nanos += u128::from(record.budget_nanos);
                }
            }
        }
        let total_nanos = service.total() as f64;
        let of_stage = |(id, label): (&str, &str)| {
            let (nanos, budget_nanos) = times.remove(id).unwrap_or_default();
            let sample = Sample::new(nanos);
            StageSummary {
                id: id.to_owned(),
                label: label.to_owned(),
                share_of_service: (total_nanos > 0.0).then(|| sample.total() as f64 / total_nanos),
                share_of_budget: (budget_nanos > 0)
                    .then(|| sample.total() as f64 / budget_nanos as f64),
                service_ms: sample.summary_ms(),
            }
        };
        order.into_iter().map(of_stage).collect()
    }

    fn resources(&self, each: &[Summary]) -> Resources {
        let processed = self.counts().processed();
        let reports = || self.streams.iter().map(|one| &one.run.report);
        let per_frame = |total: Option<u64>| {
            total
                .filter(|_| processed > 0)
                .map(|total| total as f64 / processed as f64)
        };
        let allocations = |of: fn(crate::measure::AllocationCounts) -> u64| {
            reports().map(|report| report.allocations.map(of)).sum()
        };
        let used = |of: fn(&Resources) -> Option<u64>| -> Option<u64> {
            each.iter().map(|one| of(&one.resources)).sum()
        };
        Resources {
            allocations_per_frame: per_frame(allocations(|counts| counts.allocations)),
            allocated_bytes_per_frame: per_frame(allocations(|counts| counts.bytes)),
            minor_faults_per_frame: per_frame(
                reports().map(|report| report.usage.minor_faults).sum(),
            ),
            major_faults: used(|one| one.major_faults),
            involuntary_switches: used(|one| one.involuntary_switches),
            voluntary_switches: used(|one| one.voluntary_switches),
            migrations: used(|one| one.migrations),
            cpu_utilisation: each.iter().map(|one| one.resources.cpu_utilisation).sum(),
            peak_rss_bytes: peak_resident_bytes(),
        }
    }

    fn probes(&self, service: &Sample) -> Probes {
        let stages = self.streams.iter().map(|one| one.run.stages.len()).max();
        let cost_nanos = ProbeCost::of_this_machine().of_stages(stages.unwrap_or(0));
        let median = service.quantile(Quantile::P50);
        Probes {
            cost_nanos_per_frame: cost_nanos,
            share_of_service: median
                .filter(|&nanos| nanos > 0)
                .map(|nanos| cost_nanos as f64 / nanos as f64),
        }
    }

    /// Writes `framescope.run/1` with the merged summary and one for each stream.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write_json(&self, numbers: &StreamsSummary, out: &mut dyn Write) -> std::io::Result<()> {
        let first = self.streams.first().map(|one| &one.run);
        let mut summary = serde_json::to_value(&numbers.merged)?;
        summary["drops"] = self.drops(&numbers.each)?;
        let document = Document {
            schema: super::json::SCHEMA,
            plan: first.map(|run| &run.plan),
            host: first.map(|run| &run.host),
            phases: self.phases.name(),
            summary,
            streams: self
                .streams
                .iter()
                .zip(&numbers.each)
                .map(|(one, summary)| Entry {
                    stream: one.number,
                    source: &one.run.plan.source.name,
                    recipe: &one.run.plan.recipe.name,
                    rate: one.run.plan.rate.to_string(),
                    phase_ms: one.phase * one.run.plan.rate.interval_nanos() as f64 / 1e6,
                    ended: one.ended(),
                    fault: one.fault.as_deref(),
                    cost: self.cost(one, summary),
                    summary,
                })
                .collect(),
        };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }

    /// What one of the streams costs.
    pub fn cost(&self, one: &StreamRun, summary: &Summary) -> StreamCost {
        StreamCost::new(&one.run.plan, summary, self.streams.len())
    }

    /// The drops of all streams, each with the number of its stream in front.
    fn drops(&self, each: &[Summary]) -> serde_json::Result<Value> {
        let mut all = Vec::new();
        for (one, summary) in self.streams.iter().zip(each) {
            for dropped in &summary.drops {
                let mut entry = serde_json::Map::new();
                entry.insert("stream".into(), one.number.into());
                if let Value::Object(rest) = serde_json::to_value(dropped)? {
                    entry.extend(rest);
                }
                all.push(Value::Object(entry));
            }
        }
        Ok(Value::Array(all))
    }

    /// Writes the frames of all streams as one table.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write_csv(&self, out: &mut dyn Write) -> std::io::Result<()> {
        csv::write_streams(self, out)
    }
}

fn causes(each: &[Summary]) -> Vec<CauseCount> {
    let mut frames: BTreeMap<&str, u64> = BTreeMap::new();
    for count in each.iter().flat_map(|one| &one.causes) {
        *frames.entry(&count.cause).or_default() += count.frames;
    }
    let mut counts: Vec<CauseCount> = frames
        .into_iter()
        .map(|(cause, frames)| CauseCount {
            cause: cause.to_owned(),
            frames,
        })
        .collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.frames));
    counts
}

fn simulated_gc(each: &[Summary]) -> Option<SimulatedGc> {
    let all: Vec<&SimulatedGc> = each
        .iter()
        .filter_map(|one| one.simulated_gc.as_ref())
        .collect();
    (!all.is_empty()).then(|| SimulatedGc {
        cycles: all.iter().map(|gc| gc.cycles).sum(),
        held_ms: all.iter().map(|gc| gc.held_ms).sum(),
        trace: all.iter().flat_map(|gc| gc.trace.clone()).collect(),
    })
}
