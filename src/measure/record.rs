//! The frame record: everything that is kept of one frame, in a fixed size that can be copied between threads.

use serde::{Deserialize, Serialize};

use super::Evidence;

/// The most stages that a frame can go through: those of a pipeline, and the decoder, if it is counted. The record has
/// room for so many times.
pub const MAX_STAGES: usize = 9;

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

/// Something that disturbs a stream on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DisturbanceKind {
    /// Threads that keep processors busy.
    Hog,
    /// Fresh memory is touched: page faults.
    Faults,
    /// Memory is allocated and freed.
    Alloc,
    /// The stream sleeps.
    Sleep,
    /// The source delivers nothing for a while.
    Decoder,
    /// Arrivals are scattered.
    Jitter,
    /// Everything takes longer by a factor.
    Throttle,
    /// A simulated garbage collector.
    Gc,
}

impl DisturbanceKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Hog,
        Self::Faults,
        Self::Alloc,
        Self::Sleep,
        Self::Decoder,
        Self::Jitter,
        Self::Throttle,
        Self::Gc,
    ];

    /// The name in commands, files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hog => "hog",
            Self::Faults => "faults",
            Self::Alloc => "alloc",
            Self::Sleep => "sleep",
            Self::Decoder => "decoder",
            Self::Jitter => "jitter",
            Self::Throttle => "throttle",
            Self::Gc => "gc",
        }
    }
}

/// Which kinds of disturbance were on while a frame was worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Disturbed {
    bits: u8,
}

impl Disturbed {
    /// Adds a kind.
    pub const fn add(&mut self, kind: DisturbanceKind) {
        self.bits |= 1 << kind as u8;
    }

    /// Whether a kind was on.
    pub const fn has(self, kind: DisturbanceKind) -> bool {
        self.bits & (1 << kind as u8) != 0
    }

    /// The kinds of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self {
            bits: self.bits | other.bits,
        }
    }

    /// Whether any was on.
    pub const fn is_any(self) -> bool {
        self.bits != 0
    }

    /// The kinds that were on.
    pub fn kinds(self) -> impl Iterator<Item = DisturbanceKind> {
        DisturbanceKind::ALL
            .into_iter()
            .filter(move |&kind| self.has(kind))
    }
}

/// How much of a frame's response was put there on purpose, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Injected {
    nanos: [u64; DisturbanceKind::ALL.len()],
}

impl Injected {
    /// Adds time of a kind.
    pub const fn add(&mut self, kind: DisturbanceKind, nanos: u64) {
        self.nanos[kind as usize] += nanos;
    }

    /// Time of a kind.
    pub const fn of(&self, kind: DisturbanceKind) -> u64 {
        self.nanos[kind as usize]
    }

    /// Time of all kinds.
    pub fn total(&self) -> u64 {
        self.nanos.iter().sum()
    }

    /// Kinds that took time, with it.
    pub fn parts(&self) -> impl Iterator<Item = (DisturbanceKind, u64)> + '_ {
        DisturbanceKind::ALL
            .into_iter()
            .map(|kind| (kind, self.of(kind)))
            .filter(|&(_, nanos)| nanos > 0)
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
    /// For a skipped frame, the number of the frame that the pipeline was busy with.
    pub busy_with: u64,
    /// Whether a skipped frame was meant to be worked on, and the buffer of a live source had dropped its picture.
    pub is_lost_by_buffer: bool,
    /// Counts the changes of rate, recipe, policy and pool: frames of one era are comparable.
    pub era: u32,
    /// How many of `stage_nanos` are filled.
    pub stage_count: u8,
    /// Service time of each stage, in the pipeline's order.
    pub stage_nanos: [u64; MAX_STAGES],
    /// Processor time of each stage; filled only if [`Evidence::cpu_nanos`] is.
    pub stage_cpu_nanos: [u64; MAX_STAGES],
    /// Frames that waited behind it when work began; 0 for a skipped frame.
    pub queue_depth: u32,
    /// What the operating system and the allocator counted while it was worked on.
    pub evidence: Evidence,
    /// What was put into it on purpose.
    pub injected: Injected,
    /// Disturbances that were on.
    pub disturbed: Disturbed,
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

    /// What is left of the start delay when the wait for the source and the wake-up error are taken out: the time that
    /// it waited behind other frames.
    pub fn queue_nanos(&self) -> u64 {
        let told = self.source_wait_nanos + self.wakeup_error_nanos.unwrap_or(0);
        self.start_delay_nanos().saturating_sub(told)
    }

    /// Why a late frame missed its deadline: by its work, by the frames before it, or by what came before the work.
    /// `None` for a frame that did not miss it.
    pub fn late_by(&self) -> Option<LateBy> {
        let limit_nanos = self.budget_nanos + self.allowance_nanos;
        if !self.is_processed() || self.response_nanos() <= limit_nanos {
            None
        } else if self.service_nanos() > limit_nanos {
            Some(LateBy::Work)
        } else if self.service_nanos() + self.queue_nanos() > limit_nanos {
            Some(LateBy::Queue)
        } else {
            Some(LateBy::Start)
        }
    }

    /// Processor times of the stages that ran; `None` where they cannot be told.
    pub fn stage_cpus(&self) -> Option<&[u64]> {
        self.evidence.cpu_nanos?;
        Some(&self.stage_cpu_nanos[..usize::from(self.stage_count)])
    }

    /// The times of the stages that ran.
    pub fn stages(&self) -> &[u64] {
        &self.stage_nanos[..usize::from(self.stage_count)]
    }
}

/// What a late frame missed its deadline by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LateBy {
    /// The work alone took longer than budget and tolerance.
    Work,
    /// The work would have fitted; it waited too long behind other frames.
    Queue,
    /// It waited for its source, or the stream was woken up late.
    Start,
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

impl std::ops::AddAssign for VerdictCounts {
    fn add_assign(&mut self, other: Self) {
        self.on_time += other.on_time;
        self.tolerated += other.tolerated;
        self.late += other.late;
        self.skipped += other.skipped;
    }
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
