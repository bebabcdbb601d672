//! The frame record: everything that is kept of one frame, in a fixed size that can be copied between threads.

use serde::{Deserialize, Serialize};

/// The most stages that a pipeline can have; the record has room for so many times.
pub const MAX_STAGES: usize = 8;

/// What became of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Response time within the budget.
    #[default]
    OnTime,
    /// Over the budget, within budget and tolerance.
    Tolerated,
    /// Processed, past its deadline.
    Late,
    /// Arrived and was never processed, by policy.
    Skipped,
}

impl Verdict {
    /// All verdicts, best first.
    pub const ALL: [Self; 4] = [Self::OnTime, Self::Tolerated, Self::Late, Self::Skipped];

    /// Whether the frame missed its deadline: late or skipped.
    pub const fn is_dropped(self) -> bool {
        matches!(self, Self::Late | Self::Skipped)
    }

    /// The word for it, as the screen, the CSV and the JSON write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OnTime => "on time",
            Self::Tolerated => "tolerated",
            Self::Late => "late",
            Self::Skipped => "skipped",
        }
    }
}

/// One arrival and what became of it. Times are nanoseconds since the first arrival of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FrameRecord {
    /// Number of the arrival, from 0.
    pub index: u64,
    /// Number of the picture within its source; 0 for a skipped frame, which has none.
    pub source_index: u64,
    /// What became of it.
    pub verdict: Verdict,
    /// When the frame was due: the schedule's time, never the time at which we got round to it.
    pub arrival_nanos: u64,
    /// When work began. Equal to the arrival for a skipped frame.
    pub start_nanos: u64,
    /// When work ended. Equal to the arrival for a skipped frame.
    pub finish_nanos: u64,
    /// How late the pacer woke up for this arrival; `None` if it did not wait (the frame was already due).
    pub wakeup_error_nanos: Option<u64>,
    /// How long the pipeline waited for the source after the frame was due.
    pub source_wait_nanos: u64,
    /// Budget that it was judged by.
    pub budget_nanos: u64,
    /// Tolerance that it was judged by: the share of the budget, in nanoseconds.
    pub allowance_nanos: u64,
    /// Median response time of the (at most 31) frames finished before it; `None` for the first.
    pub typical_response_nanos: Option<u64>,
    /// For a skipped frame, the number of the frame that the pipeline was busy with.
    pub busy_with: u64,
    /// Counts the changes of rate, recipe, policy and pool: frames of one era are comparable.
    pub era: u32,
    /// How many of `stage_nanos` are filled.
    pub stage_count: u8,
    /// Service time of each stage, in the pipeline's order.
    pub stage_nanos: [u64; MAX_STAGES],
}

impl FrameRecord {
    /// Whether the frame went through the pipeline.
    pub const fn is_processed(&self) -> bool {
        !matches!(self.verdict, Verdict::Skipped)
    }

    /// Finish − start: the pipeline's own work. Zero for a skipped frame.
    pub const fn service_nanos(&self) -> u64 {
        self.finish_nanos - self.start_nanos
    }

    /// Finish − arrival: what a viewer waits. Zero for a skipped frame.
    pub const fn response_nanos(&self) -> u64 {
        self.finish_nanos - self.arrival_nanos
    }

    /// Start − arrival: queueing, waiting for the source and the wake-up error.
    pub const fn start_delay_nanos(&self) -> u64 {
        self.start_nanos - self.arrival_nanos
    }

    /// The times of the stages that ran.
    pub fn stages(&self) -> &[u64] {
        &self.stage_nanos[..usize::from(self.stage_count)]
    }
}

/// Exact counts by verdict. `arrived` is their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictCounts {
    /// Frames within the budget.
    pub on_time: u64,
    /// Frames within budget and tolerance.
    pub tolerated: u64,
    /// Frames processed past their deadline.
    pub late: u64,
    /// Frames never processed.
    pub skipped: u64,
}

impl VerdictCounts {
    /// Counts one frame.
    pub const fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::OnTime => self.on_time += 1,
            Verdict::Tolerated => self.tolerated += 1,
            Verdict::Late => self.late += 1,
            Verdict::Skipped => self.skipped += 1,
        }
    }

    /// All frames that were due.
    pub const fn arrived(self) -> u64 {
        self.on_time + self.tolerated + self.late + self.skipped
    }

    /// Frames that went through the pipeline.
    pub const fn processed(self) -> u64 {
        self.on_time + self.tolerated + self.late
    }

    /// Frames that missed their deadline: late + skipped.
    pub const fn dropped(self) -> u64 {
        self.late + self.skipped
    }

    /// Dropped ÷ arrived; `None` before the first frame.
    pub fn drop_rate(self) -> Option<f64> {
        (self.arrived() > 0).then(|| self.dropped() as f64 / self.arrived() as f64)
    }
}
