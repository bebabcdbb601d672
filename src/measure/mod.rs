//! Numbers with definitions: clocks, the frame record, quantiles, and what allocator and operating system count.
//!
//! *Units.* Times are whole nanoseconds; milliseconds appear only where a number leaves the program.

mod allocation;
mod clock;
mod quantile;
mod record;
mod usage;

pub use allocation::{AllocationCounts, CountingAllocator};
pub use clock::{Clock, SPIN_NANOS, SimulatedClock, SystemClock};
pub use quantile::{Quantile, Sample, SummaryMs, Typical, ms_from_nanos};
pub use record::{FrameRecord, MAX_STAGES, Verdict, VerdictCounts};
pub use usage::{ThreadUsage, peak_resident_bytes};
