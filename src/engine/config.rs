//! What a stream is told, and what it tells: plain values that cross threads.

use crate::frame::pool::PoolCounters;
use crate::judge::{Deadline, Policy, Schedule};
use crate::measure::{AllocationCounts, ThreadUsage, VerdictCounts};
use crate::pipeline::Pipeline;

/// How a stream is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StreamConfig {
    /// When frames are due.
    pub schedule: Schedule,
    /// What is allowed to each.
    pub deadline: Deadline,
    /// What happens to frames that arrive while the pipeline is busy.
    pub policy: Policy,
    /// How often the first picture is worked on before anything is counted.
    pub warmup_frames: u32,
    /// When the stream ends by itself.
    pub limit: Limit,
    /// Whether the source starts again at its end.
    pub is_looping: bool,
    /// Whether pictures are copied out for a window.
    pub has_tap: bool,
    /// Whether the stream waits for a command before its first frame.
    pub starts_paused: bool,
}

/// When a stream ends by itself. It always ends with its source, if that does not loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// Arrivals to measure.
    pub frames: Option<u64>,
    /// Time from the first arrival after which no more frames arrive, in nanoseconds.
    pub nanos: Option<u64>,
}

/// A wish to the stream, granted between two frames.
#[derive(Debug)]
pub enum EngineCommand {
    /// Run, or pause: the schedule then stands still and nothing is counted.
    SetRunning(bool),
    /// One frame, then pause.
    Step,
    /// Judge by another deadline from the next frame on.
    SetDeadline(Deadline),
    /// Another rate or policy from the next frame on; begins a new era.
    SetPacing {
        /// The new schedule.
        schedule: Schedule,
        /// The new policy.
        policy: Policy,
        /// The deadline that goes with it.
        deadline: Deadline,
    },
    /// Another pipeline for the same frame layout; begins a new era. The old one travels back to be freed.
    Swap(Box<Pipeline>),
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

/// What a stream leaves behind when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
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
}
