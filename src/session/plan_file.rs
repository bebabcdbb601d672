//! A plan from a run file: what was asked for, so that it can be run again.

use serde::Deserialize;
use serde_json::Value;

use super::Plan;
use crate::engine::{Disturbance, Play, Speed};
use crate::frame::FrameRate;
use crate::judge::{ArrivalPattern, Policy, Tolerance};
use crate::measure::{FrameRecord, Waiting};
use crate::pipeline::{CpuLevel, Execution, MAX_THREADS, Recipe};
use crate::source::SourceInfo;

/// The keys of a plan that decide how it runs; what the source holds is found out anew.
#[derive(Debug, Deserialize)]
pub struct StoredPlan {
    source: StoredSource,
    preset: Option<String>,
    recipe: Recipe,
    rate: FrameRate,
    budget_ms: f64,
    tolerance_percent: Tolerance,
    policy: Policy,
    floor: bool,
    arrivals: StoredArrivals,
    live_buffer: Option<String>,
    waiting: Waiting,
    seed: u64,
    disturbances: Vec<String>,
    play: StoredPlay,
    frames: Option<u64>,
    duration_ms: Option<f64>,
    warmup_frames: u32,
    pool: bool,
    execution: Execution,
    cpu_level: CpuLevel,
    threads: usize,
    is_decode_counted: bool,
}

#[derive(Debug, Deserialize)]
struct StoredSource {
    name: String,
}

#[derive(Debug, Deserialize)]
struct StoredArrivals {
    kind: String,
    max_nanos: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct StoredPlay {
    start_frame: u64,
    end_frame: Option<u64>,
    speed: f64,
    #[serde(rename = "loop")]
    is_looping: bool,
}

impl StoredPlan {
    /// Reads a plan.
    ///
    /// # Errors
    /// If a key is missing or has no sensible value; the message names it.
    pub fn new(plan: &Value) -> Result<Self, String> {
        Self::deserialize(plan).map_err(|error| error.to_string())
    }

    /// The source as it was typed.
    pub fn source(&self) -> &str {
        &self.source.name
    }

    /// The plan for `source`, the source that was opened anew. `records` are the frames of the file, whose arrivals come
    /// again if they were recorded ones.
    ///
    /// # Errors
    /// If a value makes no sense here; the message names it.
    pub fn plan(self, source: SourceInfo, records: &[FrameRecord]) -> Result<Plan, String> {
        if !(self.budget_ms >= 0.001 && self.budget_ms <= 100_000.0) {
            return Err(format!("its budget is {} ms", self.budget_ms));
        }
        if !(1..=MAX_THREADS).contains(&self.threads) {
            return Err(format!("it asks for {} threads", self.threads));
        }
        let speed: Speed = self
            .play
            .speed
            .to_string()
            .parse()
            .map_err(|_| format!("its speed is {}", self.play.speed))?;
        let disturbances: Vec<Disturbance> = self
            .disturbances
            .iter()
            .map(|text| text.parse().map_err(|error| format!("{error}")))
            .collect::<Result<_, _>>()?;
        Ok(Plan {
            arrivals: self.arrivals.pattern(records)?,
            live_buffer: self.live_buffer.and_then(|text| text.parse().ok()),
            source,
            preset: self.preset,
            recipe: self.recipe,
            rate: self.rate,
            budget_ms: self.budget_ms,
            tolerance_percent: self.tolerance_percent,
            policy: self.policy,
            floor: self.floor,
            waiting: self.waiting,
            seed: self.seed,
            disturbances,
            play: Play {
                start: self.play.start_frame,
                end: self.play.end_frame,
                speed,
                is_looping: self.play.is_looping,
            },
            frames: self.frames,
            duration_ms: self.duration_ms,
            warmup_frames: self.warmup_frames.min(10_000),
            pool: self.pool,
            execution: self.execution,
            cpu_level: if self.cpu_level.is_supported() {
                self.cpu_level
            } else {
                CpuLevel::best()
            },
            threads: self.threads,
            is_window_open: false,
            is_decode_counted: self.is_decode_counted,
        })
    }
}

impl StoredArrivals {
    fn pattern(&self, records: &[FrameRecord]) -> Result<ArrivalPattern, String> {
        match (self.kind.as_str(), self.max_nanos) {
            ("fixed", _) => Ok(ArrivalPattern::Fixed),
            ("jittered", Some(max_nanos @ 1..=10_000_000_000)) => {
                Ok(ArrivalPattern::Jittered { max_nanos })
            }
            ("poisson", _) => Ok(ArrivalPattern::Poisson),
            ("live", _) => Ok(ArrivalPattern::Live),
            ("recorded", _) => {
                let first = records.first().map_or(0, |record| record.arrival_nanos);
                let arrivals = records.iter().map(|record| record.arrival_nanos - first);
                Ok(ArrivalPattern::Recorded {
                    arrivals_nanos: arrivals.collect(),
                })
            }
            (kind, _) => Err(format!("its arrivals are `{kind}`")),
        }
    }
}
