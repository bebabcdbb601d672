//! One point of a sweep: so many streams, run together for a while, and what was counted meanwhile.

use serde::{Deserialize, Serialize};

use super::SweepCase;
use crate::engine::{NewStream, StreamEnd, Streams};
use crate::experiment::ExperimentError;
use crate::judge::{Explainer, Knowledge, Limit};
use crate::measure::{
    Clock, FrameRecord, MachineUsage, MemoryCost, Quantile, Share, SystemClock, TimeHistogram,
    ms_from_nanos, resident_bytes,
};
use crate::pipeline::{CompileOptions, Team};
use crate::source;

/// How often the records are fetched, in nanoseconds.
const POLL_NANOS: u64 = 20_000_000;

/// Dropped frames by cause.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// The cause, as in the drops of a run.
    pub cause: String,
    /// Frames.
    pub frames: u64,
}

/// What was measured with so many streams.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Streams that ran together.
    pub streams: u32,
    /// How long they ran, in seconds.
    pub seconds: f64,
    /// Frames that were due.
    pub arrived: u64,
    /// Frames that went through.
    pub processed: u64,
    /// Frames that missed their deadline.
    pub dropped: u64,
    /// Dropped ÷ arrived.
    pub drop_rate: f64,
    /// Ends of its 95 % interval (Wilson).
    pub drop_rate_low: f64,
    /// Upper end.
    pub drop_rate_high: f64,
    /// Processed frames per second, of all streams.
    pub throughput_fps: f64,
    /// Median service time of all frames; `None` for too few.
    pub p50_service_ms: Option<f64>,
    /// p99 of the response of all frames; `None` for too few.
    pub p99_response_ms: Option<f64>,
    /// Processor time of the stream threads per processed frame.
    pub cpu_ms_per_frame: Option<f64>,
    /// Processors that the process kept busy, sources and pacing included.
    pub process_cores: Option<f64>,
    /// Share of all processors that anybody kept busy.
    pub machine_busy: Option<f64>,
    /// Share of all processors that the machine below took away.
    pub machine_stolen: Option<f64>,
    /// Times per processed frame that the scheduler took the processor from a stream.
    pub involuntary_switches_per_frame: Option<f64>,
    /// Minor page faults per processed frame.
    pub minor_faults_per_frame: Option<f64>,
    /// Allocations on the stream threads, in all.
    pub allocations: Option<u64>,
    /// Memory that the process had resident at the end of it, in bytes.
    pub resident_bytes: Option<u64>,
    /// Records that were lost on their way.
    pub records_lost: u64,
    /// Dropped frames by cause, most first.
    pub causes: Vec<Cause>,
    /// Streams that died, or whose source ended.
    pub faults: Vec<String>,
}

impl Point {
    /// Runs `streams` streams of a case for `seconds`; `None` if it was cancelled meanwhile.
    pub(super) fn measure(
        case: &SweepCase,
        engine: &mut Streams,
        (streams, seconds): (u32, f64),
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<Self>, ExperimentError> {
        engine.renew(streams);
        let team = Team::new(case.plan.threads)?;
        for number in 0..streams {
            let plan = &case.plan;
            let source = source::open(&plan.source.name)?;
            let options = CompileOptions {
                is_pool_enabled: plan.pool,
                execution: plan.execution,
                level: plan.cpu_level,
                team: team.clone(),
            };
            let pipeline = engine.prepare(&plan.recipe, plan.source.frame, &options)?;
            let mut config = plan.stream_config();
            config.limit = Limit {
                frames: None,
                nanos: Some((seconds * 1e9) as u64),
            };
            config.seed = plan.seed.wrapping_add(number.into());
            engine.add(NewStream {
                config,
                source,
                pipeline,
            })?;
        }
        let mut watch = Watch::new(case, engine);
        let clock = SystemClock;
        while !engine.is_over() {
            if is_cancelled() {
                engine.stop_all();
                while !engine.is_over() {
                    engine.poll(|_, _| {});
                    clock.rest_until_nanos(clock.now_nanos() + POLL_NANOS);
                }
                return Ok(None);
            }
            engine.poll(|number, record| watch.hear(number, record));
            watch.look(engine);
            clock.rest_until_nanos(clock.now_nanos() + POLL_NANOS);
        }
        Ok(Some(watch.point(engine, streams)))
    }

    /// Whether it meets a goal: the upper end of the drop rate's interval is not above it, and no stream failed.
    pub fn holds(&self, goal: f64) -> bool {
        self.drop_rate_high <= goal && self.faults.is_empty()
    }

    /// Several runs of the same number as one: counts are added, everything else is that of the latest run.
    pub(super) fn pooled<'a>(runs: impl Iterator<Item = &'a Self>) -> Option<Self> {
        runs.cloned().reduce(|sum, one| {
            let (arrived, dropped) = (sum.arrived + one.arrived, sum.dropped + one.dropped);
            let mut pooled = one;
            pooled.arrived = arrived;
            pooled.dropped = dropped;
            pooled.processed += sum.processed;
            pooled.seconds += sum.seconds;
            pooled.records_lost += sum.records_lost;
            pooled.faults.extend(sum.faults);
            pooled.set_rates();
            pooled
        })
    }

    fn set_rates(&mut self) {
        // Nothing arrived: nothing is known, and that is no success.
        let share = Share::new(self.dropped, self.arrived);
        (self.drop_rate, self.drop_rate_low, self.drop_rate_high) = share
            .map_or((1.0, 0.0, 1.0), |share| {
                (share.share, share.low, share.high)
            });
    }
}

/// Follows the streams of a point.
struct Watch {
    service: TimeHistogram,
    response: TimeHistogram,
    explainers: Vec<Explainer>,
    stage_ids: Vec<String>,
    policy: String,
    causes: Vec<Cause>,
    /// When all streams ran, and what was used up to then.
    begun: Option<MachineUsage>,
    used: crate::measure::MachineUse,
    resident_bytes: Option<u64>,
}

impl Watch {
    fn new(case: &SweepCase, engine: &Streams) -> Self {
        let explainer = || Explainer::new(MemoryCost::of_this_machine(), Knowledge::Told);
        Self {
            service: TimeHistogram::new(),
            response: TimeHistogram::new(),
            explainers: engine.members().iter().map(|_| explainer()).collect(),
            stage_ids: engine.members().first().map_or(Vec::new(), |member| {
                member
                    .stages()
                    .iter()
                    .map(|stage| stage.id.clone())
                    .collect()
            }),
            policy: case.plan.policy.to_string(),
            causes: Vec::new(),
            begun: None,
            used: crate::measure::MachineUse::default(),
            resident_bytes: None,
        }
    }

    fn hear(&mut self, number: u32, record: &FrameRecord) {
        if record.is_processed() {
            self.service.add(record.service_nanos());
            self.response.add(record.response_nanos());
        }
        let explainer = self.explainers.get_mut(number as usize);
        let dropped = explainer.and_then(|one| one.fold(record, &self.stage_ids, &self.policy));
        if let Some(dropped) = dropped {
            match self
                .causes
                .iter_mut()
                .find(|one| one.cause == dropped.cause)
            {
                Some(known) => known.frames += 1,
                None => self.causes.push(Cause {
                    cause: dropped.cause,
                    frames: 1,
                }),
            }
        }
    }

    /// Takes note of what is used while all streams run.
    fn look(&mut self, engine: &Streams) {
        let all_run = engine
            .members()
            .iter()
            .all(|member| member.is_running() && member.status().counts.arrived() > 0);
        if !all_run {
            return;
        }
        let now = MachineUsage::now();
        let begun = *self.begun.get_or_insert(now);
        self.used = now.since(begun);
        self.resident_bytes = resident_bytes();
    }

    fn point(mut self, engine: &Streams, streams: u32) -> Point {
        let ends: Vec<&StreamEnd> = engine
            .members()
            .iter()
            .filter_map(|member| member.end())
            .collect();
        let sum = |of: &dyn Fn(&StreamEnd) -> Option<u64>| -> Option<u64> {
            ends.iter().map(|end| of(end)).sum()
        };
        let processed: u64 = ends.iter().map(|end| end.report.counts.processed()).sum();
        let per_frame = |total: Option<u64>| {
            total
                .filter(|_| processed > 0)
                .map(|total| total as f64 / processed as f64)
        };
        let seconds = ends.iter().map(|end| end.report.elapsed_nanos).max();
        let seconds = seconds.unwrap_or(0) as f64 / 1e9;
        self.causes
            .sort_by_key(|cause| std::cmp::Reverse(cause.frames));
        let cpu_nanos = per_frame(sum(&|end| end.report.usage.cpu_nanos));
        let mut point = Point {
            streams,
            seconds,
            arrived: ends.iter().map(|end| end.report.counts.arrived()).sum(),
            processed,
            dropped: ends.iter().map(|end| end.report.counts.dropped()).sum(),
            throughput_fps: if seconds > 0.0 {
                processed as f64 / seconds
            } else {
                0.0
            },
            p50_service_ms: self.service.quantile(Quantile::P50).map(ms_from_nanos),
            p99_response_ms: self.response.quantile(Quantile::P99).map(ms_from_nanos),
            cpu_ms_per_frame: cpu_nanos.map(|nanos| nanos / 1e6),
            process_cores: self.used.process_cores,
            machine_busy: self.used.busy,
            machine_stolen: self.used.stolen,
            involuntary_switches_per_frame: per_frame(sum(&|end| {
                end.report.usage.involuntary_switches
            })),
            minor_faults_per_frame: per_frame(sum(&|end| end.report.usage.minor_faults)),
            allocations: sum(&|end| end.report.allocations.map(|counts| counts.allocations)),
            resident_bytes: self.resident_bytes,
            records_lost: ends.iter().map(|end| end.report.records_lost).sum(),
            causes: self.causes,
            faults: faults(engine),
            ..Point::default()
        };
        point.set_rates();
        point
    }
}

/// The streams that did not run to the end.
fn faults(engine: &Streams) -> Vec<String> {
    let of = |member: &crate::engine::Member| {
        let end = member.end()?;
        let number = member.number();
        match (&end.fault, end.report.ending) {
            (Some(fault), _) => Some(format!("stream {number}: {fault}")),
            (None, crate::engine::Ending::Source) => {
                Some(format!("stream {number}: its source ended"))
            }
            (None, _) => None,
        }
    };
    engine.members().iter().filter_map(of).collect()
}
