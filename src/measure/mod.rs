//! Numbers with definitions: clocks, the frame record, quantiles, and what allocator and operating system count.
//!
//! *Units.* Times are whole nanoseconds; milliseconds appear only where a number leaves the program.

mod allocation;
mod clock;
mod evidence;
mod histogram;
mod interval;
mod machine;
mod paired;
mod quantile;
mod record;
mod usage;
mod worst;

pub use allocation::{AllocationCounts, CountingAllocator};
pub use clock::{Clock, SPIN_NANOS, SimulatedClock, SystemClock, Waiting};
pub use evidence::{Evidence, MemoryCost, Probe, ProbeCost};
pub use histogram::{HistogramError, TimeHistogram};
pub use interval::{RankInterval, Share, dkw_band, quantile_ranks};
pub use machine::{MachineUsage, MachineUse, copy_bytes_per_second, resident_bytes};
pub use paired::{PAIRS_MOST, PAIRS_NEEDED, PairedDifference};
pub use quantile::{Quantile, QuantileMs, QuantilesMs, Sample, SummaryMs, Typical, ms_from_nanos};
pub use record::{
    DisturbanceKind, Disturbed, FrameRecord, Injected, LateBy, MAX_STAGES, Verdict, VerdictCounts,
};
pub use usage::{ThreadUsage, current_cpu, peak_resident_bytes, process_cpu_nanos};
pub use worst::Worst;
