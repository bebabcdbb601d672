//! What is measured at each node, from the recent frames and the answers that the panels show.

use super::probe::Probe;
use super::view::{Drawn, NodeLive, Reading, Value};
use crate::app::history::{History, views::of_sample};
use crate::app::{QuantileView, ViewModel};
use crate::judge::Dropped;
use crate::measure::{FrameRecord, LateBy, Quantile, Sample, Verdict, ms_from_nanos};

/// Values of a sparkline.
const SPARK: usize = 48;

/// What readings are made of.
pub(in crate::app) struct Known<'a> {
    pub(in crate::app) history: &'a History,
    pub(in crate::app) model: &'a ViewModel,
    /// The ids of the stages that run.
    pub(in crate::app) stage_ids: &'a [String],
    /// The ids of the recipe's stages.
    pub(in crate::app) recipe_ids: &'a [String],
    /// Budget in nanoseconds.
    pub(in crate::app) budget_nanos: u64,
    /// Cycles of the simulated collector since the stream began; `None` while it is off.
    pub(in crate::app) gc_cycles: Option<u64>,
    /// Bytes that a frame of the present era asked for.
    pub(in crate::app) bytes_per_frame: Option<f64>,
    /// Ids of stages that only take time.
    pub(in crate::app) simulated: &'a [String],
}

/// One for each node.
pub(in crate::app) fn readings(drawn: &Drawn, known: &Known<'_>) -> Vec<NodeLive> {
    let of = |probe: &Option<Probe>| match probe {
        None => NodeLive::default(),
        Some(probe) => known.node(probe),
    };
    drawn.probes.iter().map(of).collect()
}

fn reading(name: &'static str, value: Value) -> Reading {
    Reading { name, value }
}

fn quantile(view: &QuantileView) -> Value {
    match (view.frames_missing, view.value_ms) {
        (0, Some(ms)) => Value::Ms(ms),
        (0, None) => Value::Unknown,
        (missing, _) => Value::Needs(missing),
    }
}

fn or_unknown<T>(value: Option<T>, of: impl FnOnce(T) -> Value) -> Value {
    value.map_or(Value::Unknown, of)
}

impl Known<'_> {
    fn node(&self, probe: &Probe) -> NodeLive {
        let mut node = match probe {
            Probe::Arrivals => self.arrivals(),
            Probe::WakeUp => self.series(|record| record.wakeup_error_nanos),
            Probe::StartDelay => {
                let mut node = self.series(|record| Some(record.start_delay_nanos()));
                node.queue = Some(self.model.answer.queue_depth);
                node
            }
            Probe::Service => self.with_share(|record| Some(record.service_nanos())),
            Probe::Response => self.with_share(|record| Some(record.response_nanos())),
            Probe::Stage(id) => self.stage(id),
            Probe::Verdicts => self.verdicts(),
            Probe::Throughput => self.throughput(),
            Probe::Quantiles => self.quantiles(),
            Probe::Allocations => self.allocations(),
            Probe::Collector => self.collector(),
            Probe::Answer => self.answer(),
        };
        node.probe = Some(probe.words());
        let all = &self.model.drops.list;
        node.drops = all.iter().filter(|dropped| is_here(probe, dropped)).count() as u64;
        node.share_of_drops = node.drops as f64 / all.len().max(1) as f64;
        node
    }

    /// Times of frames: the latest, p50, p99, and how they went.
    fn series(&self, nanos: impl Fn(&FrameRecord) -> Option<u64>) -> NodeLive {
        let values: Vec<u64> = self.history.processed().filter_map(nanos).collect();
        let spark = &values[values.len().saturating_sub(SPARK)..];
        let largest = spark.iter().copied().max().unwrap_or(0);
        let sample = Sample::new(values.iter().copied());
        let of = |quantile_: Quantile| quantile(&of_sample(&sample, quantile_));
        NodeLive {
            now: Some(reading(
                "now",
                or_unknown(values.last(), |&nanos| Value::Ms(ms_from_nanos(nanos))),
            )),
            readings: vec![
                reading("p50", of(Quantile::P50)),
                reading("p99", of(Quantile::P99)),
            ],
            spark: spark
                .iter()
                .map(|&nanos| nanos as f32 / largest.max(1) as f32)
                .collect(),
            spark_max_ms: ms_from_nanos(largest),
            ..NodeLive::default()
        }
    }

    fn with_share(&self, nanos: impl Fn(&FrameRecord) -> Option<u64>) -> NodeLive {
        let sample = Sample::new(self.history.processed().filter_map(&nanos));
        NodeLive {
            share_of_budget: sample
                .mean()
                .map(|mean| mean / self.budget_nanos.max(1) as f64),
            ..self.series(nanos)
        }
    }

    fn stage(&self, id: &str) -> NodeLive {
        let running = self.stage_ids.iter().position(|stage| stage == id);
        let place = self.recipe_ids.iter().position(|stage| stage == id);
        let is_simulated = self.simulated.iter().any(|stage| stage == id);
        let stage = Some(id.to_owned()).filter(|_| running.is_some());
        let Some(index) = running else {
            return NodeLive {
                place,
                is_off: true,
                is_simulated,
                ..NodeLive::default()
            };
        };
        let mut node = self.with_share(|record| record.stages().get(index).copied());
        // A picture that is only looked at has times of its own.
        if let Some(now_ms) = self.model.stages.get(index).map(|stage| stage.now_ms) {
            node.now = Some(reading("now", or_unknown(now_ms, Value::Ms)));
        }
        NodeLive {
            stage,
            place,
            is_simulated,
            ..node
        }
    }

    fn arrivals(&self) -> NodeLive {
        let counts = self.model.answer.counts;
        let rate = self.model.settings.as_ref().map(|settings| settings.rate);
        NodeLive {
            now: Some(reading(
                "due",
                or_unknown(rate, |rate| Value::Rate(rate.per_second())),
            )),
            readings: vec![
                reading("arrived", Value::Count(counts.arrived())),
                reading("skipped", Value::Count(counts.skipped)),
            ],
            queue: Some(self.model.answer.queue_depth),
            ..NodeLive::default()
        }
    }

    fn verdicts(&self) -> NodeLive {
        let counts = self.model.answer.counts;
        NodeLive {
            now: Some(reading("processed", Value::Count(counts.processed()))),
            readings: vec![
                reading("late", Value::Count(counts.late)),
                reading("skipped", Value::Count(counts.skipped)),
            ],
            ..NodeLive::default()
        }
    }

    fn throughput(&self) -> NodeLive {
        let answer = &self.model.answer;
        NodeLive {
            now: Some(reading(
                "throughput",
                or_unknown(answer.throughput_fps, Value::Rate),
            )),
            readings: vec![reading(
                "utilisation",
                or_unknown(answer.utilisation, Value::Share),
            )],
            queue: Some(answer.queue_depth),
            ..NodeLive::default()
        }
    }

    fn quantiles(&self) -> NodeLive {
        let sample = Sample::new(self.history.processed().map(FrameRecord::response_nanos));
        let of = |quantile_: Quantile| quantile(&of_sample(&sample, quantile_));
        NodeLive {
            now: Some(reading("p50", of(Quantile::P50))),
            readings: vec![
                reading("p95", of(Quantile::P95)),
                reading("p99", of(Quantile::P99)),
            ],
            ..NodeLive::default()
        }
    }

    fn allocations(&self) -> NodeLive {
        let count = self.model.answer.allocations_per_frame;
        NodeLive {
            now: Some(reading("allocations", or_unknown(count, Value::PerFrame))),
            readings: vec![reading(
                "bytes",
                or_unknown(self.bytes_per_frame, Value::BytesPerFrame),
            )],
            ..NodeLive::default()
        }
    }

    fn collector(&self) -> NodeLive {
        let latest = self.history.processed().next_back();
        let injected = latest.map(|record| record.injected.of(crate::measure::DisturbanceKind::Gc));
        match self.gc_cycles {
            None => NodeLive {
                is_off: true,
                is_simulated: true,
                ..NodeLive::default()
            },
            Some(cycles) => NodeLive {
                now: Some(reading("cycles", Value::Count(cycles))),
                readings: vec![reading(
                    "in this frame",
                    or_unknown(injected, |nanos| Value::Ms(ms_from_nanos(nanos))),
                )],
                is_simulated: true,
                ..NodeLive::default()
            },
        }
    }

    fn answer(&self) -> NodeLive {
        let answer = &self.model.answer;
        NodeLive {
            now: Some(reading(
                "drop rate",
                or_unknown(answer.drop_rate, Value::Share),
            )),
            readings: vec![
                reading("late", Value::Count(answer.counts.late)),
                reading("skipped", Value::Count(answer.counts.skipped)),
                reading("p99", quantile(&answer.p99)),
            ],
            ..NodeLive::default()
        }
    }
}

/// Whether a frame was dropped because of what is measured here.
fn is_here(probe: &Probe, dropped: &Dropped) -> bool {
    match probe {
        Probe::Stage(id) => dropped.cause.strip_prefix("stage:") == Some(id),
        Probe::Arrivals => dropped.verdict == Verdict::Skipped,
        Probe::WakeUp => dropped.late_by == Some(LateBy::Start),
        Probe::StartDelay => dropped.late_by == Some(LateBy::Queue),
        Probe::Service => dropped.late_by == Some(LateBy::Work),
        Probe::Response => dropped.verdict == Verdict::Late,
        Probe::Collector => dropped.cause == "injected:gc",
        Probe::Verdicts
        | Probe::Throughput
        | Probe::Quantiles
        | Probe::Allocations
        | Probe::Answer => false,
    }
}
