//! Counting what a thread allocates.
//!
//! [`CountingAllocator`] stands before the system's allocator and counts, per thread, how often memory was asked for
//! and how many bytes. The program installs it as its global allocator; code that runs without it (another program
//! that uses this library) gets no counts rather than zeros.
//!
//! *Cost.* About a nanosecond per allocation: two additions to a thread-local cell.

#![allow(
    unsafe_code,
    reason = "a global allocator can only be written with unsafe; all of it is in this file"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ops::Sub;
use std::sync::atomic::{AtomicBool, Ordering};

static INSTALLED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static COUNTS: Cell<AllocationCounts> = const { Cell::new(AllocationCounts { allocations: 0, bytes: 0 }) };
}

/// What a thread has allocated since it began. Freeing is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AllocationCounts {
    /// Calls that asked for memory (reallocations count as one each).
    pub allocations: u64,
    /// Bytes asked for.
    pub bytes: u64,
}

impl AllocationCounts {
    /// The counts of the calling thread; `None` if the counting allocator is not installed.
    pub fn of_this_thread() -> Option<Self> {
        INSTALLED
            .load(Ordering::Relaxed)
            .then(|| COUNTS.with(Cell::get))
    }
}

impl Sub for AllocationCounts {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            allocations: self.allocations - earlier.allocations,
            bytes: self.bytes - earlier.bytes,
        }
    }
}

/// The system's allocator, counted per thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountingAllocator;

fn count(bytes: usize) {
    if !INSTALLED.load(Ordering::Relaxed) {
        INSTALLED.store(true, Ordering::Relaxed);
    }
    // A thread that is being torn down has no cell any more; what it allocates then belongs to no frame.
    let _ = COUNTS.try_with(|cell| {
        let counts = cell.get();
        cell.set(AllocationCounts {
            allocations: counts.allocations + 1,
            bytes: counts.bytes + bytes as u64,
        });
    });
}

// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract; counting touches
// only a thread-local cell without a destructor and an atomic, and allocates nothing.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}
