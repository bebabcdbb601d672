//! What a stream is told, and what it tells: plain values that cross threads.

use super::disturb::{Disturbance, Disturber};
use super::live::LiveBuffer;
use super::play::{Play, Step};
use crate::frame::pool::PoolCounters;
use crate::judge::{Deadline, Law, Limit, Sequencer};
use crate::measure::{
    AllocationCounts, MAX_STAGES, ThreadUsage, TimeHistogram, VerdictCounts, Waiting,
};
use crate::pipeline::Pipeline;

/// How a stream is run.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, and none excludes another"
)]
pub struct StreamConfig {
    /// When frames are due, what is allowed to each, and what happens to those that arrive meanwhile.
    pub law: Law,
    /// How the stream waits for an arrival.
    pub waiting: Waiting,
    /// How often the first picture is worked on before anything is counted.
    pub warmup_frames: u32,
    /// When the stream ends by itself. It also ends with its source, unless that loops or `holds_at_end`.
    pub limit: Limit,
    /// What is played of the source.
    pub play: Play,
    /// Whether the end of the source is a pause, from which one can go back, instead of the end of the stream.
    pub holds_at_end: bool,
    /// Whether decoding is the first stage, on the clock of the stream, instead of running ahead on its own thread. A live
    /// source is always read on its own thread.
    pub is_decode_counted: bool,
    /// How many pictures of a live source may wait; other sources are read ahead.
    pub live_buffer: LiveBuffer,
    /// Whether pictures are copied out for a window.
    pub has_tap: bool,
    /// Whether the stream waits for a command before its first frame.
    pub starts_paused: bool,
    /// What is done to it on purpose.
    pub disturbances: Vec<Disturbance>,
    /// The seed of the disturbances.
    pub seed: u64,
}

/// A wish to the stream, granted between two frames.
#[derive(Debug)]
pub enum EngineCommand {
    /// Run, or pause: the schedule then stands still and nothing is counted.
    SetRunning(bool),
    /// Pause, if it runs, and show the picture before or after the one shown: through the pipeline, but outside the
    /// schedule, so that it is counted nowhere.
    Step(Step),
    /// Go to this picture: play on from there, or, while it is paused, show it as a step does.
    GoTo(u64),
    /// Play another part of the source, or at another speed, from the picture after the one shown on.
    SetPlay(Play),
    /// Judge by another deadline from the next frame on.
    SetDeadline(Deadline),
    /// Another law (rate, policy, pattern of arrivals) from the next frame on; begins a new era. The old sequencer
    /// travels back to be freed. See [`EngineCommand::set_law`].
    SetLaw(Box<Sequencer>),
    /// Wait in another way from the next frame on.
    SetWaiting(Waiting),
    /// Disturb the stream by this from the next frame on, and by nothing else. The old ones travel back.
    SetDisturbances(Box<Disturber>),
    /// Another pipeline for the same frame layout; begins a new era. The old one travels back to be freed.
    Swap(Box<Pipeline>),
}

impl EngineCommand {
    /// Another law, with everything that it needs allocated here rather than on the stream thread.
    pub fn set_law(law: Law) -> Self {
        Self::SetLaw(Box::new(Sequencer::new(law, Limit::default(), 0)))
    }
}

/// Something that the stream no longer needs, on its way to be freed.
#[derive(Debug)]
pub(super) enum Retired {
    /// Replaced by [`EngineCommand::Swap`].
    Pipeline(#[expect(dead_code, reason = "it only travels to be dropped")] Box<Pipeline>),
    /// Replaced by [`EngineCommand::SetLaw`].
    Sequencer(#[expect(dead_code, reason = "it only travels to be dropped")] Box<Sequencer>),
    /// Replaced by [`EngineCommand::SetDisturbances`].
    Disturber(#[expect(dead_code, reason = "it only travels to be dropped")] Box<Disturber>),
}

/// What the stream is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamState {
    /// Waiting for the first picture, or warming up.
    #[default]
    Starting,
    /// Frames are due by the clock.
    Running,
    /// The schedule stands still.
    Paused,
    /// The thread has ended.
    Ended,
}

/// The picture that the stream worked on last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Its number within the source.
    pub index: u64,
    /// Its time within the source, in nanoseconds.
    pub timestamp_nanos: u64,
    /// Its times, if it was only looked at: a step, or a picture gone to while the schedule stood still.
    pub look: Option<Look>,
}

/// The times of a picture that was worked on outside of the schedule, and is counted nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The pipeline's work on it, in nanoseconds.
    pub service_nanos: u64,
    /// How many of `stage_nanos` are filled.
    pub stage_count: u8,
    /// Service time of each stage.
    pub stage_nanos: [u64; MAX_STAGES],
}

impl Look {
    /// The times of the stages that ran.
    pub fn stages(&self) -> &[u64] {
        &self.stage_nanos[..usize::from(self.stage_count)]
    }
}

/// What the stream publishes after every frame. Exact: nothing in it can be lost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StreamStatus {
    /// What it is doing.
    pub state: StreamState,
    /// Frames by verdict since the run began, as they were judged then.
    pub counts: VerdictCounts,
    /// The present era: counts changes of rate, policy and pipeline.
    pub era: u32,
    /// Processed frames of the present era.
    pub era_processed: u64,
    /// What this thread allocated in the present era; `None` if allocations are not counted.
    pub era_allocations: Option<AllocationCounts>,
    /// Hits and misses of the buffer pool in the present era.
    pub pool: PoolCounters,
    /// Records that did not fit into the ring.
    pub records_lost: u64,
    /// Frames that wait behind the one in work.
    pub queue_depth: u32,
    /// Cycles of the simulated collector.
    pub gc_cycles: u64,
    /// The picture worked on last; `None` before the first.
    pub shown: Option<Shown>,
    /// How many of the steps and leaps that were asked for have been done.
    pub leaps: u64,
}

/// Why a stream ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// The limit was reached.
    #[default]
    Limit,
    /// The source had no more pictures.
    Source,
    /// It was told to stop.
    Stopped,
}

/// The times of a whole run, however long, kept on the stream's side: nothing in them can be lost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histograms {
    /// Service times of processed frames.
    pub service: TimeHistogram,
    /// Response times of processed frames.
    pub response: TimeHistogram,
    /// Wake-up errors of the frames that the stream waited for.
    pub wakeup_error: TimeHistogram,
}

impl Histograms {
    /// Adds all counts of those of another stream.
    pub fn merge(&mut self, other: &Self) {
        self.service.merge(&other.service);
        self.response.merge(&other.response);
        self.wakeup_error.merge(&other.wakeup_error);
    }
}

/// What a stream leaves behind when it ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamReport {
    /// Why it ended.
    pub ending: Ending,
    /// Frames by verdict, exact.
    pub counts: VerdictCounts,
    /// Records that did not fit into the ring.
    pub records_lost: u64,
    /// Hits and misses of the buffer pool since the last change.
    pub pool: PoolCounters,
    /// What the stream thread allocated while it measured; `None` if allocations are not counted.
    pub allocations: Option<AllocationCounts>,
    /// What the operating system counted of the stream thread while it measured.
    pub usage: ThreadUsage,
    /// From the first arrival to the end of the measurement.
    pub elapsed_nanos: u64,
    /// Frames that had to wait for the source.
    pub underruns: u64,
    /// How often the source was played from its beginning again.
    pub source_loops: u64,
    /// Cycles of the simulated collector.
    pub gc_cycles: u64,
    /// How long the simulated collector held the stream, in nanoseconds.
    pub gc_held_nanos: u64,
    /// The times of the whole run; `None` if nothing was measured.
    pub histograms: Option<Box<Histograms>>,
}
