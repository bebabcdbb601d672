//! What the operating system and the allocator counted while one frame was worked on, and what counting costs.

use std::sync::OnceLock;

use super::{AllocationCounts, Clock, SystemClock, ThreadUsage, current_cpu};

/// Memory that is touched to find out what a page fault costs, in bytes.
const TOUCHED_BYTES: usize = 8 << 20;

/// Memory that is asked for: over glibc's largest threshold, so that it always comes fresh from the system.
const FRESH_BYTES: usize = 34 << 20;

/// Smallest size of a memory page.
const PAGE_BYTES: usize = 4096;

/// Counted between start and finish of one frame, on the stream thread. What cannot be told is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Processor time.
    pub cpu_nanos: Option<u64>,
    /// Times that the thread gave the processor away.
    pub voluntary_switches: Option<u64>,
    /// Times that the scheduler took it away.
    pub involuntary_switches: Option<u64>,
    /// Page faults without input or output.
    pub minor_faults: Option<u64>,
    /// Page faults with input or output.
    pub major_faults: Option<u64>,
    /// Whether the thread was on another processor at the end than at the beginning.
    pub has_migrated: Option<bool>,
    /// Requests for memory.
    pub allocations: Option<u64>,
    /// Bytes asked for.
    pub allocated_bytes: Option<u64>,
    /// Buffers found in the pool.
    pub pool_hits: u64,
    /// Buffers that had to be allocated.
    pub pool_misses: u64,
}

/// The counters at the start of a frame.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    usage: ThreadUsage,
    cpu: Option<u32>,
    allocations: Option<AllocationCounts>,
}

impl Probe {
    /// Reads the counters. On a simulated clock there is nothing to read, so that its runs repeat exactly.
    pub fn begin<C: Clock + ?Sized>(clock: &C) -> Self {
        let Some(cpu_nanos) = clock.thread_cpu_nanos() else {
            return Self {
                usage: ThreadUsage::default(),
                cpu: None,
                allocations: None,
            };
        };
        Self {
            usage: ThreadUsage {
                cpu_nanos: Some(cpu_nanos),
                ..ThreadUsage::counters()
            },
            cpu: current_cpu(),
            allocations: AllocationCounts::of_this_thread(),
        }
    }

    /// What was counted since.
    pub fn end<C: Clock + ?Sized>(self, clock: &C) -> Evidence {
        let now = Self::begin(clock);
        let used = now.usage.since(self.usage);
        let allocations = now.allocations.zip(self.allocations);
        let allocations = allocations.map(|(now, then)| now - then);
        Evidence {
            cpu_nanos: used.cpu_nanos,
            voluntary_switches: used.voluntary_switches,
            involuntary_switches: used.involuntary_switches,
            minor_faults: used.minor_faults,
            major_faults: used.major_faults,
            has_migrated: now.cpu.zip(self.cpu).map(|(now, then)| now != then),
            allocations: allocations.map(|counts| counts.allocations),
            allocated_bytes: allocations.map(|counts| counts.bytes),
            ..Evidence::default()
        }
    }
}

/// What the probes of one frame cost, measured on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeCost {
    /// The probe at the start and the one at the finish.
    pub frame_nanos: u64,
    /// The clock readings of one stage.
    pub stage_nanos: u64,
}

impl ProbeCost {
    /// The cost on this machine, measured once and remembered.
    pub fn of_this_machine() -> Self {
        static COST: OnceLock<ProbeCost> = OnceLock::new();
        *COST.get_or_init(Self::measure)
    }

    /// Measures the cost: the least of a few rounds, since everything else only adds to it. Takes about 2 ms.
    pub fn measure() -> Self {
        const ROUNDS: u32 = 8;
        const PER_ROUND: u64 = 100;
        let clock = SystemClock;
        let least = |work: &dyn Fn()| {
            (0..ROUNDS)
                .map(|_| {
                    let before = clock.now_nanos();
                    (0..PER_ROUND).for_each(|_| work());
                    (clock.now_nanos() - before) / PER_ROUND
                })
                .min()
                .unwrap_or(0)
        };
        Self {
            frame_nanos: least(&|| {
                std::hint::black_box(Probe::begin(&clock).end(&clock));
            }),
            stage_nanos: least(&|| {
                std::hint::black_box((clock.now_nanos(), clock.thread_cpu_nanos()));
            }),
        }
    }

    /// What the probes of a frame with so many stages cost.
    pub const fn of_stages(self, stages: usize) -> u64 {
        self.frame_nanos + self.stage_nanos * (stages as u64 + 1)
    }
}

/// What memory costs on this machine, measured: counts of faults and allocations become milliseconds by it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MemoryCost {
    /// One page fault on fresh memory; `None` if faults cannot be counted.
    pub nanos_per_fault: Option<f64>,
    /// Asking for a small piece of memory and giving it back.
    pub nanos_per_allocation: f64,
    /// Writing one byte of memory that is mapped already.
    pub nanos_per_byte: f64,
}

impl MemoryCost {
    /// The cost on this machine, measured once and remembered.
    pub fn of_this_machine() -> Self {
        static COST: OnceLock<MemoryCost> = OnceLock::new();
        *COST.get_or_init(Self::measure)
    }

    /// Measures on the calling thread. Takes a few milliseconds and about 8 MiB of memory.
    pub fn measure() -> Self {
        let clock = SystemClock;
        let mut fresh = vec![0u8; FRESH_BYTES];
        let fresh = &mut fresh[..TOUCHED_BYTES];
        let faults_before = ThreadUsage::counters();
        let before = clock.now_nanos();
        for page in fresh.chunks_mut(PAGE_BYTES) {
            page[0] = 1;
        }
        let touched_nanos = clock.now_nanos() - before;
        let faults = ThreadUsage::counters().since(faults_before).minor_faults;
        let before = clock.now_nanos();
        std::hint::black_box(&mut *fresh).fill(2);
        let written_nanos = clock.now_nanos() - before;
        std::hint::black_box(&*fresh);
        Self {
            nanos_per_fault: faults
                .filter(|&faults| faults > 0)
                .map(|faults| touched_nanos as f64 / faults as f64),
            nanos_per_allocation: allocation_nanos(),
            nanos_per_byte: written_nanos as f64 / TOUCHED_BYTES as f64,
        }
    }
}

fn allocation_nanos() -> f64 {
    const PIECES: usize = 2_000;
    let clock = SystemClock;
    let mut pieces: Vec<Vec<u8>> = Vec::with_capacity(PIECES);
    let before = clock.now_nanos();
    for size in 0..PIECES {
        pieces.push(Vec::with_capacity(64 + size % 512));
    }
    std::hint::black_box(&mut pieces).clear();
    (clock.now_nanos() - before) as f64 / PIECES as f64
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::measure::{SimulatedClock, Waiting};

    #[test]
    fn a_sleep_and_fresh_memory_leave_their_marks() {
        let clock = SystemClock;
        let probe = Probe::begin(&clock);
        clock.wait_until_nanos(clock.now_nanos() + 3_000_000, Waiting::Sleep);
        let slept = probe.end(&clock);
        assert!(slept.voluntary_switches >= Some(1), "{slept:?}");
        assert!(slept.cpu_nanos < Some(2_500_000), "{slept:?}");
        let probe = Probe::begin(&clock);
        let mut fresh = vec![0u8; FRESH_BYTES];
        fresh
            .iter_mut()
            .step_by(PAGE_BYTES)
            .for_each(|byte| *byte = 1);
        std::hint::black_box(&fresh);
        assert!(probe.end(&clock).minor_faults >= Some(10));
    }

    #[test]
    fn nothing_is_read_beside_a_simulated_clock() {
        let clock = SimulatedClock::default();
        assert_eq!(Probe::begin(&clock).end(&clock), Evidence::default());
    }

    #[test]
    fn costs_are_measured() {
        let probes = ProbeCost::measure();
        assert!(probes.of_stages(4) > probes.of_stages(0));
        let memory = MemoryCost::measure();
        assert!(memory.nanos_per_fault.is_some_and(|nanos| nanos > 0.0));
        assert!(memory.nanos_per_allocation > 0.0 && memory.nanos_per_byte > 0.0);
    }
}
