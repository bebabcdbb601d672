//! Clocks: the machine's monotonic one, and a simulated one that only moves when told.
//!
//! Everything that is timed reads a [`Clock`], so that an hour of stream runs in milliseconds, bit-exact, in a test.
//!
//! *Units.* Nanoseconds from an origin that the clock chooses; only differences mean something.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// How a clock waits for a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Waiting {
    /// Sleep until [`SPIN_NANOS`] before the moment, then spin: exact to microseconds for about 1 % of a core.
    #[default]
    Hybrid,
    /// Sleep until the moment: costs nothing, and wakes up late by what the operating system likes.
    Sleep,
    /// Spin all the time: exact, and takes a whole core.
    Spin,
}

impl Waiting {
    /// All of them, the default first.
    pub const ALL: [Self; 3] = [Self::Hybrid, Self::Sleep, Self::Spin];

    /// The name in commands, files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hybrid => "hybrid",
            Self::Sleep => "sleep",
            Self::Spin => "spin",
        }
    }

    /// How long before a deadline sleeping stops.
    const fn spin_nanos(self) -> u64 {
        match self {
            Self::Hybrid => SPIN_NANOS,
            Self::Sleep => 0,
            Self::Spin => u64::MAX,
        }
    }
}

/// A monotonic clock that can be waited on.
pub trait Clock: Send {
    /// Nanoseconds since the clock's origin; never decreases.
    fn now_nanos(&self) -> u64;

    /// Returns at `deadline_nanos` or as soon after as can be; at once if it has passed.
    fn wait_until_nanos(&self, deadline_nanos: u64, waiting: Waiting);

    /// Processor time that the calling thread has used, in nanoseconds; `None` if it cannot be told. About 0.5 µs on
    /// Linux.
    fn thread_cpu_nanos(&self) -> Option<u64>;

    /// Rests until about `deadline_nanos` without burning time to be exact: for waits between which one looks around.
    fn rest_until_nanos(&self, deadline_nanos: u64);
}

/// The monotonic clock of the machine.
///
/// Sleeps are against the absolute time, since a relative sleep drifts. A sleep alone wakes up 0.1 to 0.2 ms late on
/// common machines; see [`Waiting`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// How long before a deadline [`SystemClock`] stops sleeping and spins.
///
/// Measured on a two-core virtual machine: sleeping until 300 µs before and spinning gives a median wake-up error of
/// 0.7 µs for about 1 % of a core at 60 frames per second.
pub const SPIN_NANOS: u64 = 300_000;

impl Clock for SystemClock {
    fn now_nanos(&self) -> u64 {
        platform::now_nanos()
    }

    fn wait_until_nanos(&self, deadline_nanos: u64, waiting: Waiting) {
        let sleep_until_nanos = deadline_nanos.saturating_sub(waiting.spin_nanos());
        if platform::now_nanos() < sleep_until_nanos {
            platform::sleep_until(sleep_until_nanos);
        }
        while platform::now_nanos() < deadline_nanos {
            std::hint::spin_loop();
        }
    }

    fn thread_cpu_nanos(&self) -> Option<u64> {
        super::usage::thread_cpu_nanos()
    }

    fn rest_until_nanos(&self, deadline_nanos: u64) {
        if platform::now_nanos() < deadline_nanos {
            platform::sleep_until(deadline_nanos);
        }
    }
}

#[cfg(target_os = "linux")]
mod platform {
    use rustix::thread::{ClockId, clock_nanosleep_absolute};
    use rustix::time::{Timespec, clock_gettime};

    pub(super) fn now_nanos() -> u64 {
        let now = clock_gettime(ClockId::Monotonic);
        now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
    }

    pub(super) fn sleep_until(deadline_nanos: u64) {
        let deadline = Timespec {
            tv_sec: (deadline_nanos / 1_000_000_000) as i64,
            tv_nsec: (deadline_nanos % 1_000_000_000) as i64,
        };
        // A signal may end the sleep early; the time is absolute, so sleeping again is right. Any other error
        // (there is none for a valid time) falls through to the spin.
        while clock_nanosleep_absolute(ClockId::Monotonic, &deadline)
            == Err(rustix::io::Errno::INTR)
        {}
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    static ORIGIN: OnceLock<Instant> = OnceLock::new();

    pub(super) fn now_nanos() -> u64 {
        ORIGIN.get_or_init(Instant::now).elapsed().as_nanos() as u64
    }

    pub(super) fn sleep_until(deadline_nanos: u64) {
        std::thread::sleep(Duration::from_nanos(
            deadline_nanos.saturating_sub(now_nanos()),
        ));
    }
}

/// A clock that stands still until somebody waits on it or advances it. Clones share one time.
#[derive(Clone, Debug, Default)]
pub struct SimulatedClock {
    now_nanos: Arc<AtomicU64>,
}

impl SimulatedClock {
    /// Moves the time forward, as work that takes `nanos` would.
    pub fn advance(&self, nanos: u64) {
        self.now_nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}

impl Clock for SimulatedClock {
    fn now_nanos(&self) -> u64 {
        self.now_nanos.load(Ordering::Relaxed)
    }

    fn wait_until_nanos(&self, deadline_nanos: u64, _waiting: Waiting) {
        self.now_nanos.fetch_max(deadline_nanos, Ordering::Relaxed);
    }

    /// There is no processor in simulated time.
    fn thread_cpu_nanos(&self) -> Option<u64> {
        None
    }

    fn rest_until_nanos(&self, deadline_nanos: u64) {
        self.wait_until_nanos(deadline_nanos, Waiting::Hybrid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_waits_until_the_deadline_and_not_for_a_past_one() {
        let clock = SystemClock;
        for waiting in Waiting::ALL {
            let deadline = clock.now_nanos() + 2_000_000;
            clock.wait_until_nanos(deadline, waiting);
            assert!(clock.now_nanos() >= deadline, "{}", waiting.name());
            clock.wait_until_nanos(0, waiting);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn spinning_takes_processor_time_and_sleeping_does_not() {
        let clock = SystemClock;
        let used = |waiting| {
            let before = clock.thread_cpu_nanos().unwrap();
            clock.wait_until_nanos(clock.now_nanos() + 20_000_000, waiting);
            clock.thread_cpu_nanos().unwrap() - before
        };
        assert!(used(Waiting::Sleep) < used(Waiting::Spin));
    }

    #[test]
    fn simulated_time_moves_only_by_waiting_and_work() {
        let clock = SimulatedClock::default();
        clock.wait_until_nanos(50, Waiting::Hybrid);
        clock.clone().advance(7);
        clock.wait_until_nanos(20, Waiting::Sleep);
        assert_eq!(clock.now_nanos(), 57);
    }
}
