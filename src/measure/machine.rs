//! What the process and the whole machine use: processor time, memory. What the system cannot tell is `None`.
//!
//! Linux tells all of it (`getrusage` of the process, `/proc/stat`, `/proc/self/statm`).

use super::{Clock, SystemClock};

/// Processor time of the whole machine since it began, in ticks of the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ticks {
    busy: u64,
    stolen: u64,
    all: u64,
}

/// A moment of the process and of its machine.
#[derive(Clone, Copy, Debug)]
pub struct MachineUsage {
    at_nanos: u64,
    process_nanos: Option<u64>,
    ticks: Option<Ticks>,
}

/// What was used between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MachineUse {
    /// Processors that the process kept busy, on average: processor time ÷ elapsed time.
    pub process_cores: Option<f64>,
    /// Share of all processors that anybody kept busy.
    pub busy: Option<f64>,
    /// Share of all processors that the machine below took away.
    pub stolen: Option<f64>,
}

impl MachineUsage {
    /// This moment.
    pub fn now() -> Self {
        Self {
            at_nanos: SystemClock.now_nanos(),
            process_nanos: super::usage::process_cpu_nanos(),
            ticks: ticks(),
        }
    }

    /// What was used since `earlier`.
    pub fn since(self, earlier: Self) -> MachineUse {
        let elapsed_nanos = self.at_nanos.saturating_sub(earlier.at_nanos).max(1);
        let share = |of: fn(Ticks) -> u64| {
            let (now, then) = (self.ticks?, earlier.ticks?);
            let all = now.all.saturating_sub(then.all);
            (all > 0).then(|| of(now).saturating_sub(of(then)) as f64 / all as f64)
        };
        MachineUse {
            process_cores: self
                .process_nanos
                .zip(earlier.process_nanos)
                .map(|(now, then)| now.saturating_sub(then) as f64 / elapsed_nanos as f64),
            busy: share(|ticks| ticks.busy),
            stolen: share(|ticks| ticks.stolen),
        }
    }
}

#[cfg(target_os = "linux")]
fn ticks() -> Option<Ticks> {
    parse_ticks(&std::fs::read_to_string("/proc/stat").ok()?)
}

#[cfg(not(target_os = "linux"))]
fn ticks() -> Option<Ticks> {
    None
}

/// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal; guests are in the first two.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn parse_ticks(text: &str) -> Option<Ticks> {
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let numbers: Vec<u64> = line
        .split_whitespace()
        .take(8)
        .map_while(|word| word.parse().ok())
        .collect();
    let all: u64 = numbers.iter().sum();
    let idle = numbers.get(3)? + numbers.get(4)?;
    let stolen = numbers.get(7).copied().unwrap_or(0);
    Some(Ticks {
        busy: all - idle - stolen,
        stolen,
        all,
    })
}

/// Memory that the process has resident at this moment, in bytes; `None` where the system does not tell.
pub fn resident_bytes() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let text = std::fs::read_to_string("/proc/self/statm").ok()?;
        let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
        Some(pages * rustix::param::page_size() as u64)
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// Bytes that this machine copies per second (read and written, both counted) by one thread, measured once; `None` if the
/// clock stood still.
pub fn copy_bytes_per_second() -> Option<f64> {
    static MEASURED: std::sync::OnceLock<Option<f64>> = std::sync::OnceLock::new();
    /// Larger than the caches of common processors.
    const BYTES: usize = 64 << 20;
    const TIMES: u64 = 4;
    *MEASURED.get_or_init(|| {
        let source = vec![1_u8; BYTES];
        let mut target = vec![0_u8; BYTES];
        target.copy_from_slice(&source);
        let begin_nanos = SystemClock.now_nanos();
        for _ in 0..TIMES {
            target.copy_from_slice(std::hint::black_box(&source));
            std::hint::black_box(&mut target);
        }
        let nanos = SystemClock.now_nanos().saturating_sub(begin_nanos);
        let bytes = 2 * TIMES * BYTES as u64;
        (nanos > 0).then(|| bytes as f64 * 1e9 / nanos as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_line_is_read() {
        let text = "cpu  10 20 30 100 40 1 2 7 5 5\ncpu0 1 2 3\n";
        let expected = Ticks {
            busy: 63,
            stolen: 7,
            all: 210,
        };
        assert_eq!(parse_ticks(text), Some(expected));
        assert_eq!(parse_ticks("intr 1 2"), None);
        assert_eq!(parse_ticks("cpu  1 2"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_used_is_told() {
        let before = MachineUsage::now();
        SystemClock.wait_until_nanos(
            SystemClock.now_nanos() + 30_000_000,
            crate::measure::Waiting::Spin,
        );
        let used = MachineUsage::now().since(before);
        assert!(used.process_cores.is_some_and(|cores| cores > 0.0));
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1 << 20));
    }
}
