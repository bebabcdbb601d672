//! What the operating system counts of a thread and of the process. What it cannot tell is `None`, never 0.

#![allow(
    unsafe_code,
    reason = "getrusage and its kin are C calls that fill a struct; all of it is in this file"
)]

/// Counters of the calling thread since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadUsage {
    /// Processor time in user and kernel mode.
    pub cpu_nanos: Option<u64>,
    /// Page faults that needed no input or output.
    pub minor_faults: Option<u64>,
    /// Page faults that had to wait for input or output.
    pub major_faults: Option<u64>,
    /// Times that the thread gave the processor away: it slept, or waited for something.
    pub voluntary_switches: Option<u64>,
    /// Times that the scheduler took the processor away.
    pub involuntary_switches: Option<u64>,
}

impl ThreadUsage {
    /// Reads the counters of the calling thread. About 0.8 µs on Linux.
    pub fn now() -> Self {
        Self {
            cpu_nanos: thread_cpu_nanos(),
            ..platform::thread_counters()
        }
    }

    /// The same without processor time, which costs most: about 0.3 µs on Linux.
    pub fn counters() -> Self {
        platform::thread_counters()
    }

    /// What was used between `earlier` and `self`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        let difference = |now: Option<u64>, then: Option<u64>| Some(now?.saturating_sub(then?));
        Self {
            cpu_nanos: difference(self.cpu_nanos, earlier.cpu_nanos),
            minor_faults: difference(self.minor_faults, earlier.minor_faults),
            major_faults: difference(self.major_faults, earlier.major_faults),
            voluntary_switches: difference(self.voluntary_switches, earlier.voluntary_switches),
            involuntary_switches: difference(
                self.involuntary_switches,
                earlier.involuntary_switches,
            ),
        }
    }
}

/// Processor time of the calling thread; `None` where the system does not tell.
pub(super) fn thread_cpu_nanos() -> Option<u64> {
    platform::thread_cpu_nanos()
}

/// Processor time of all threads of the process together; `None` where the system does not tell.
pub fn process_cpu_nanos() -> Option<u64> {
    platform::process_cpu_nanos()
}

/// The processor that the calling thread runs on, as the system numbers them; `None` where it does not tell.
pub fn current_cpu() -> Option<u32> {
    platform::current_cpu()
}

/// The most memory that the process has had resident, in bytes; `None` where the system does not tell.
pub fn peak_resident_bytes() -> Option<u64> {
    platform::peak_resident_bytes()
}

#[cfg(unix)]
mod unix {
    /// The counters of a thread or of the process; `None` if the system refuses.
    pub(super) fn usage(who: libc::c_int) -> Option<libc::rusage> {
        let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: the pointer is to a struct of the right type that outlives the call.
        let status = unsafe { libc::getrusage(who, usage.as_mut_ptr()) };
        // SAFETY: the struct is plain data, was zeroed, and the call reported success.
        (status == 0).then(|| unsafe { usage.assume_init() })
    }

    /// Processor time of the calling thread.
    pub(super) fn thread_cpu_nanos() -> Option<u64> {
        nanos_of(libc::CLOCK_THREAD_CPUTIME_ID)
    }

    /// Processor time of the process.
    pub(super) fn process_cpu_nanos() -> Option<u64> {
        nanos_of(libc::CLOCK_PROCESS_CPUTIME_ID)
    }

    fn nanos_of(clock: libc::clockid_t) -> Option<u64> {
        let mut time = std::mem::MaybeUninit::<libc::timespec>::zeroed();
        // SAFETY: the pointer is to a struct of the right type that outlives the call.
        let status = unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) };
        // SAFETY: the struct is plain data, was zeroed, and the call reported success.
        let time = (status == 0).then(|| unsafe { time.assume_init() })?;
        Some(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
    }
}

#[cfg(target_os = "linux")]
mod platform {
    use super::ThreadUsage;
    use super::unix::usage;
    pub(super) use super::unix::{process_cpu_nanos, thread_cpu_nanos};

    pub(super) fn thread_counters() -> ThreadUsage {
        let Some(usage) = usage(libc::RUSAGE_THREAD) else {
            return ThreadUsage::default();
        };
        ThreadUsage {
            cpu_nanos: None,
            minor_faults: Some(usage.ru_minflt as u64),
            major_faults: Some(usage.ru_majflt as u64),
            voluntary_switches: Some(usage.ru_nvcsw as u64),
            involuntary_switches: Some(usage.ru_nivcsw as u64),
        }
    }

    pub(super) fn current_cpu() -> Option<u32> {
        // SAFETY: the call takes no argument and touches no memory of ours.
        u32::try_from(unsafe { libc::sched_getcpu() }).ok()
    }

    pub(super) fn peak_resident_bytes() -> Option<u64> {
        // Linux counts in units of 1,024 bytes (getrusage(2)).
        usage(libc::RUSAGE_SELF).map(|usage| usage.ru_maxrss as u64 * 1024)
    }
}

/// Other Unix systems count processor time per thread, faults and switches only per process. Compiled, not tried.
#[cfg(all(unix, not(target_os = "linux")))]
mod platform {
    use super::ThreadUsage;
    use super::unix::usage;
    pub(super) use super::unix::{process_cpu_nanos, thread_cpu_nanos};

    pub(super) fn thread_counters() -> ThreadUsage {
        ThreadUsage::default()
    }

    pub(super) fn current_cpu() -> Option<u32> {
        None
    }

    pub(super) fn peak_resident_bytes() -> Option<u64> {
        // macOS counts in bytes, the other systems in units of 1,024 (getrusage(2) of each).
        let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
        usage(libc::RUSAGE_SELF).map(|usage| usage.ru_maxrss as u64 * unit)
    }
}

/// Windows counts processor time per thread in steps of 15 ms, too coarse for a frame: nothing is read there.
#[cfg(not(unix))]
mod platform {
    use super::ThreadUsage;

    pub(super) fn thread_counters() -> ThreadUsage {
        ThreadUsage::default()
    }

    pub(super) fn thread_cpu_nanos() -> Option<u64> {
        None
    }

    pub(super) fn process_cpu_nanos() -> Option<u64> {
        None
    }

    pub(super) fn current_cpu() -> Option<u32> {
        None
    }

    pub(super) fn peak_resident_bytes() -> Option<u64> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn touching_fresh_memory_is_counted_as_faults_of_this_thread() {
        let before = ThreadUsage::now();
        let bytes = vec![1u8; 64 << 20];
        assert!(std::hint::black_box(bytes)[12345] == 1);
        let used = ThreadUsage::now().since(before);
        assert!(used.minor_faults.is_some_and(|faults| faults > 0));
        assert!(used.cpu_nanos.is_some_and(|nanos| nanos > 0));
        assert!(peak_resident_bytes().is_some_and(|bytes| bytes > 32 << 20));
    }

    #[test]
    fn a_sleep_is_a_voluntary_switch() {
        let before = ThreadUsage::counters();
        std::thread::park_timeout(std::time::Duration::from_millis(3));
        let used = ThreadUsage::counters().since(before);
        assert!(used.voluntary_switches.is_some_and(|switches| switches > 0));
        assert!(current_cpu().is_some());
    }
}
