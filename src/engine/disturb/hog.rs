//! Threads that keep processors busy, as another program would.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// How often an idle thread looks whether it is wanted.
const REST: Duration = Duration::from_millis(4);

/// Threads that wait until they are told to be busy. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Hogs {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    wanted: AtomicU32,
    is_over: AtomicBool,
}

impl Hogs {
    /// Starts `count` threads, idle at first.
    pub(super) fn new(count: u32) -> std::io::Result<Self> {
        let hogs = Self {
            shared: Arc::default(),
        };
        for number in 0..count {
            let shared = Arc::clone(&hogs.shared);
            std::thread::Builder::new()
                .name(format!("hog-{number}"))
                .spawn(move || run(number, &shared))?;
        }
        Ok(hogs)
    }

    /// Keeps so many of them busy from now on.
    pub(super) fn set_busy(&self, count: u32) {
        self.shared.wanted.store(count, Ordering::Relaxed);
    }
}

impl Drop for Hogs {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
    }
}

fn run(number: u32, shared: &Shared) {
    let mut value = u64::from(number) + 1;
    while !shared.is_over.load(Ordering::Relaxed) {
        if shared.wanted.load(Ordering::Relaxed) <= number {
            std::thread::park_timeout(REST);
            continue;
        }
        for _ in 0..20_000 {
            value = std::hint::black_box(value.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(9));
        }
    }
}
