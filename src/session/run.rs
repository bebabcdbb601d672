//! One finished measurement: what was asked for, where it was measured, and every frame.

use serde::Serialize;

use super::Host;
use crate::engine::{
    Disturbance, GcCycle, LiveBuffer, LiveReport, Play, StreamConfig, StreamReport,
};
use crate::frame::FrameRate;
use crate::judge::{
    ArrivalPattern, ArrivalPlan, Deadline, Law, Limit, Policy, Schedule, Tolerance,
};
use crate::measure::{FrameRecord, Waiting};
use crate::pipeline::{CpuLevel, Execution, Recipe, StageInfo};
use crate::source::SourceInfo;

/// What was asked for: enough to run it again.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a key of the file format with a meaning of its own"
)]
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
    /// The policy, with its capacity if it has one.
    pub policy: Policy,
    /// Whether a stream that finished nothing for a second takes the next frame whatever the policy says.
    pub floor: bool,
    /// How arrivals lie around the rate.
    pub arrivals: ArrivalPattern,
    /// How many pictures of a live source may wait; `None` for a source that is read at will.
    pub live_buffer: Option<LiveBuffer>,
    /// How the stream waits for an arrival.
    pub waiting: Waiting,
    /// The seed of everything random in the run.
    pub seed: u64,
    /// What was done to the stream on purpose.
    #[serde(serialize_with = "as_typed")]
    pub disturbances: Vec<Disturbance>,
    /// What was played of the source.
    pub play: Play,
    /// Arrivals that were asked for; `None` if the source or a duration ended the run.
    pub frames: Option<u64>,
    /// Duration that was asked for, in milliseconds.
    pub duration_ms: Option<f64>,
    /// Frames worked on before anything was counted.
    pub warmup_frames: u32,
    /// Whether buffers were kept.
    pub pool: bool,
    /// Whether stages were to run one by one or as one; the stages of the run tell what came of `auto`.
    pub execution: Execution,
    /// The vector instructions of the kernels.
    pub cpu_level: CpuLevel,
    /// Threads that shared the rows of a picture.
    pub threads: usize,
    /// Whether a window was drawing meanwhile.
    pub is_window_open: bool,
    /// Whether decoding was the first stage, on the clock of the stream, or ran ahead on its own thread.
    pub is_decode_counted: bool,
}

impl Plan {
    /// How the engine is to run it, without a window.
    pub fn stream_config(&self) -> StreamConfig {
        let is_length_given = self.frames.is_some() || self.duration_ms.is_some();
        StreamConfig {
            law: Law {
                policy: self.policy,
                arrivals: ArrivalPlan {
                    schedule: Schedule::from_rate(self.rate.frames(), self.rate.seconds()),
                    pattern: self.arrivals.clone(),
                    seed: self.seed,
                },
                deadline: Deadline::new(
                    (self.budget_ms * 1e6).round() as u64,
                    self.tolerance_percent,
                ),
                has_floor: self.floor,
            },
            waiting: self.waiting,
            warmup_frames: self.warmup_frames,
            limit: Limit {
                // What plays once brings as many arrivals as it has pictures.
                frames: if is_length_given {
                    self.frames
                } else {
                    self.play.arrivals_of(self.source.frame_count)
                },
                nanos: self.duration_ms.map(|ms| (ms * 1e6).round() as u64),
            },
            play: self.play,
            holds_at_end: false,
            is_decode_counted: self.is_decode_counted,
            live_buffer: self.live_buffer.unwrap_or_default(),
            has_tap: false,
            starts_paused: false,
            disturbances: self.disturbances.clone(),
            seed: self.seed,
        }
    }
}

/// Disturbances as they are typed.
fn as_typed<S: serde::Serializer>(all: &[Disturbance], out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(all.iter().map(ToString::to_string))
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
    /// Cycles of the simulated collector that were told in time.
    pub cycles: Vec<GcCycle>,
    /// Pictures of the source that could not be read.
    pub unreadable_frames: u64,
    /// What the source did, if it is a live one.
    pub live: Option<LiveReport>,
}
