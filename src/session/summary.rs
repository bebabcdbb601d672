//! The numbers of a run, as the JSON file holds them.

use serde::Serialize;

use crate::engine::LiveReport;
use crate::judge::Dropped;
use crate::measure::{QuantilesMs, SummaryMs};

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

/// Late frames by what they missed their deadline by; they add up to `late`, but for lost records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LateByCounts {
    /// The work alone took too long.
    pub work: u64,
    /// It waited too long behind other frames.
    pub queue: u64,
    /// It waited for its source, or the stream was woken up late.
    pub start: u64,
}

/// Dropped frames of one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CauseCount {
    /// The cause, as in the drops.
    pub cause: String,
    /// Frames.
    pub frames: u64,
}

/// Distributions with rank, interval and gate of each quantile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    /// Finish − start.
    pub service_ms: QuantilesMs,
    /// Finish − arrival.
    pub response_ms: QuantilesMs,
    /// How late the pacer woke up.
    pub wakeup_error_ms: QuantilesMs,
}

/// The times of the whole run as HdrHistograms (V2, deflated, base64), in nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistogramTexts {
    /// `ns`.
    pub unit: &'static str,
    /// `HdrHistogram V2 deflate base64`.
    pub encoding: &'static str,
    /// Service times.
    pub service: String,
    /// Response times.
    pub response: String,
    /// Wake-up errors.
    pub wakeup_error: String,
}

/// What measuring costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Probes {
    /// Reading the counters at start and finish of a frame and the clocks at every stage, measured on this machine.
    pub cost_nanos_per_frame: u64,
    /// That ÷ the median service time.
    pub share_of_service: Option<f64>,
}

/// What memory costs on this machine: by this, counts of faults and allocations become milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MemoryCosts {
    /// One page fault on fresh memory.
    pub nanos_per_fault: Option<f64>,
    /// Asking for a small piece of memory and giving it back.
    pub nanos_per_allocation: f64,
    /// Writing one byte.
    pub nanos_per_byte: f64,
}

/// What the simulated collector did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SimulatedGc {
    /// Cycles.
    pub cycles: u64,
    /// How long the stream was stopped or made to help, in all.
    pub held_ms: f64,
    /// A line for each cycle, in the manner of Go's gctrace.
    pub trace: Vec<String>,
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
    /// Page faults with input or output of the stream thread.
    pub major_faults: Option<u64>,
    /// Times that the scheduler took the processor from the stream thread.
    pub involuntary_switches: Option<u64>,
    /// Times that the stream thread gave the processor away, waits for arrivals included.
    pub voluntary_switches: Option<u64>,
    /// Frames that ended on another processor than they began on.
    pub migrations: Option<u64>,
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

/// What a live source did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LiveSummary {
    /// State at the end, connections, outages, pictures dropped by the buffer.
    #[serde(flatten)]
    pub report: LiveReport,
    /// |time from the arrival before − interval of the rate| of every arrival but the first; `None` under `block`, whose
    /// arrivals are those of the pipeline.
    pub arrival_jitter_ms: Option<SummaryMs>,
}

/// The numbers of a run, as the JSON file holds them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Counts by verdict.
    pub frames: Frames,
    /// Dropped ÷ arrived.
    pub drop_rate: Option<f64>,
    /// Lower end of its 95 % interval (Wilson), as if frames were independent.
    pub drop_rate_low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub drop_rate_high: Option<f64>,
    /// Late frames by what they missed their deadline by.
    pub late_by: LateByCounts,
    /// Runs of consecutive dropped frames.
    pub drop_episodes: u64,
    /// Dropped frames by cause, most first.
    pub causes: Vec<CauseCount>,
    /// The longest time between two consecutive finishes of processed frames.
    pub longest_freeze_ms: Option<f64>,
    /// The most frames that waited behind one that was begun.
    pub deepest_queue: u32,
    /// Processed frames per second.
    pub throughput_fps: Option<f64>,
    /// Finish − start.
    pub service_ms: SummaryMs,
    /// Finish − arrival.
    pub response_ms: SummaryMs,
    /// How late the pacer woke up.
    pub wakeup_error_ms: SummaryMs,
    /// The same distributions with rank, interval and gate.
    pub quantiles: Quantiles,
    /// The same as histograms of the whole run.
    pub histograms: Option<HistogramTexts>,
    /// Every stage.
    pub stages: Vec<StageSummary>,
    /// What was used.
    pub resources: Resources,
    /// What measuring costs.
    pub probes: Probes,
    /// What memory costs.
    pub memory_cost: MemoryCosts,
    /// What the simulated collector did; `None` if there was none.
    pub simulated_gc: Option<SimulatedGc>,
    /// The buffer pool.
    pub pool: PoolUse,
    /// Frames that waited for the source.
    pub underruns: u64,
    /// How often the source was played again from its beginning.
    pub source_loops: u64,
    /// Pictures of the source that could not be read.
    pub unreadable_frames: u64,
    /// What the source did, if it is a live one.
    pub live: Option<LiveSummary>,
    /// Records that were lost on their way; the counts and the resources do not miss them, the rest does.
    pub records_lost: u64,
    /// Every dropped frame.
    pub drops: Vec<Dropped>,
}
