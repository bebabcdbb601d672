//! Numbers with definitions: clocks, the frame record, percentiles, and what the operating system counts.

mod clock;

pub use clock::{Clock, SPIN_NANOS, SimulatedClock, SystemClock};
