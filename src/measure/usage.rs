//! What the operating system counts of a thread and of the process. What it cannot tell is `None`, never 0.

#![allow(
    unsafe_code,
    reason = "getrusage is a C call that fills a struct; all of it is in this file"
)]

/// Counters of the calling thread since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadUsage {
    /// Processor time in user and kernel mode.
    pub cpu_nanos: Option<u64>,
    /// Page faults that needed no input or output.
    pub minor_faults: Option<u64>,
    /// Times that the scheduler took the processor away.
    pub involuntary_switches: Option<u64>,
}

impl ThreadUsage {
    /// Reads the counters of the calling thread. About 0.3 µs on Linux.
    pub fn now() -> Self {
        platform::thread_usage()
    }

    /// What was used between `earlier` and `self`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        let difference = |now: Option<u64>, then: Option<u64>| Some(now?.saturating_sub(then?));
        Self {
            cpu_nanos: difference(self.cpu_nanos, earlier.cpu_nanos),
            minor_faults: difference(self.minor_faults, earlier.minor_faults),
            involuntary_switches: difference(
                self.involuntary_switches,
                earlier.involuntary_switches,
            ),
        }
    }
}

/// The most memory that the process has had resident, in bytes; `None` where the system does not tell.
pub fn peak_resident_bytes() -> Option<u64> {
    platform::peak_resident_bytes()
}

#[cfg(target_os = "linux")]
mod platform {
    use super::ThreadUsage;

    fn usage(who: libc::c_int) -> Option<libc::rusage> {
        let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: the pointer is to a struct of the right type that outlives the call.
        let status = unsafe { libc::getrusage(who, usage.as_mut_ptr()) };
        // SAFETY: the struct is plain data, was zeroed, and the call reported success.
        (status == 0).then(|| unsafe { usage.assume_init() })
    }

    pub(super) fn thread_usage() -> ThreadUsage {
        let Some(usage) = usage(libc::RUSAGE_THREAD) else {
            return ThreadUsage::default();
        };
        let nanos =
            |time: libc::timeval| time.tv_sec as u64 * 1_000_000_000 + time.tv_usec as u64 * 1_000;
        ThreadUsage {
            cpu_nanos: Some(nanos(usage.ru_utime) + nanos(usage.ru_stime)),
            minor_faults: Some(usage.ru_minflt as u64),
            involuntary_switches: Some(usage.ru_nivcsw as u64),
        }
    }

    pub(super) fn peak_resident_bytes() -> Option<u64> {
        // Linux counts in units of 1,024 bytes (getrusage(2)).
        usage(libc::RUSAGE_SELF).map(|usage| usage.ru_maxrss as u64 * 1024)
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use super::ThreadUsage;

    pub(super) fn thread_usage() -> ThreadUsage {
        ThreadUsage::default()
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
        assert!(peak_resident_bytes().is_some_and(|bytes| bytes > 32 << 20));
    }
}
