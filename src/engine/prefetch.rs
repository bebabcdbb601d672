//! The source thread: decodes ahead of the stream, by a bounded number of frames.
//!
//! Frames circulate: the stream thread gives empty ones back, this thread fills them. Nothing is allocated for a
//! frame after the start, and a slow stream holds the decoder back instead of filling memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use super::feed::{Delivery, FrameFeed};
use crate::frame::Frame;
use crate::measure::{Clock, SystemClock};
use crate::source::{FrameSource, Next, SourceError};

/// Frames that may be decoded ahead.
const FRAMES_AHEAD: usize = 8;

/// Memory that frames decoded ahead may take, in bytes; at least two frames are held whatever their size.
const BYTES_AHEAD: usize = 256 << 20;

/// Unreadable frames in a row after which a source is taken to be at its end.
const MAX_FAILURES_IN_A_ROW: u32 = 100;

/// Messages about unreadable frames that are kept until somebody reads them; more are counted only.
const MAX_TROUBLES: usize = 16;

/// How long the thread rests when there is no empty frame. The stream wakes it up earlier.
const REST: Duration = Duration::from_millis(20);

/// The stream's end of the prefetch.
pub(super) struct Prefetch {
    full: rtrb::Consumer<Frame>,
    empty: rtrb::Producer<Frame>,
    shared: Arc<Shared>,
    thread: Thread,
}

/// The control side's end: messages about frames that could not be read.
#[derive(Debug)]
pub(super) struct Troubles {
    messages: rtrb::Consumer<SourceError>,
    /// Where frames that could not be read are counted; a live source has none.
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    has_ended: AtomicBool,
    loops: AtomicU64,
    failures: AtomicU64,
    /// How long the source is to hold still, in nanoseconds; taken by the source thread.
    hold_up_nanos: AtomicU64,
}

/// Starts the source thread. It ends with its source, or when the [`Prefetch`] is dropped.
pub(super) fn start(
    source: Box<dyn FrameSource>,
    is_looping: bool,
) -> std::io::Result<(Prefetch, Troubles)> {
    let info = source.info().frame;
    let frame_bytes = info.format.frame_bytes(info.size).max(1);
    let capacity = FRAMES_AHEAD.min(BYTES_AHEAD / frame_bytes).max(2);
    let (full_in, full) = rtrb::RingBuffer::new(capacity);
    let (mut empty, empty_out) = rtrb::RingBuffer::new(capacity);
    let (trouble_in, messages) = rtrb::RingBuffer::new(MAX_TROUBLES);
    for _ in 0..capacity {
        let pushed = empty.push(Frame::new(info));
        debug_assert!(pushed.is_ok(), "the ring has room for all frames");
    }
    let shared = Arc::new(Shared::default());
    let filler = Filler {
        source,
        full: full_in,
        empty: empty_out,
        troubles: trouble_in,
        shared: Arc::clone(&shared),
        is_looping,
        index_offset: 0,
        frames_since_rewind: 0,
    };
    let thread = thread::Builder::new()
        .name("source-0".into())
        .spawn(move || filler.run_caught())?;
    let prefetch = Prefetch {
        full,
        empty,
        shared: Arc::clone(&shared),
        thread: thread.thread().clone(),
    };
    Ok((prefetch, Troubles { messages, shared }))
}

impl Troubles {
    /// A ring for the messages of a live source.
    pub(super) fn ring() -> (rtrb::Producer<SourceError>, Self) {
        let (producer, messages) = rtrb::RingBuffer::new(MAX_TROUBLES);
        let shared = Arc::default();
        (producer, Self { messages, shared })
    }

    /// The next message about a frame that could not be read.
    pub(super) fn next(&mut self) -> Option<SourceError> {
        self.messages.pop().ok()
    }

    /// Frames that could not be read, in all.
    pub(super) fn count(&self) -> u64 {
        self.shared.failures.load(Ordering::Relaxed)
    }
}

impl FrameFeed for Prefetch {
    fn hold_up(&mut self, _now_nanos: u64, nanos: u64) {
        self.shared
            .hold_up_nanos
            .fetch_add(nanos, Ordering::Relaxed);
        self.thread.unpark();
    }

    fn take(&mut self, _now_nanos: u64) -> Delivery {
        // The flag is read before the ring: a frame pushed before the end is seen by the second look.
        let has_ended = self.shared.has_ended.load(Ordering::Acquire);
        match self.full.pop() {
            Ok(frame) => Delivery::Frame(frame),
            Err(_) if has_ended => Delivery::Ended,
            Err(_) => Delivery::Pending,
        }
    }

    fn give_back(&mut self, frame: Frame) {
        let pushed = self.empty.push(frame);
        debug_assert!(pushed.is_ok(), "the ring has room for all frames");
        self.thread.unpark();
    }

    fn waiting(&self) -> usize {
        self.full.slots()
    }

    fn loops(&self) -> u64 {
        self.shared.loops.load(Ordering::Relaxed)
    }
}

struct Filler {
    source: Box<dyn FrameSource>,
    full: rtrb::Producer<Frame>,
    empty: rtrb::Consumer<Frame>,
    troubles: rtrb::Producer<SourceError>,
    shared: Arc<Shared>,
    is_looping: bool,
    index_offset: u64,
    frames_since_rewind: u64,
}

impl Filler {
    fn run_caught(mut self) {
        let shared = Arc::clone(&self.shared);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            self.run();
            self
        }));
        if outcome.is_err() {
            shared.failures.fetch_add(1, Ordering::Relaxed);
        }
        shared.has_ended.store(true, Ordering::Release);
    }

    fn run(&mut self) {
        while !self.full.is_abandoned() {
            self.hold_still();
            let Ok(mut frame) = self.empty.pop() else {
                thread::park_timeout(REST);
                continue;
            };
            if !self.fill(&mut frame) {
                return;
            }
            frame.index += self.index_offset;
            self.frames_since_rewind += 1;
            // Both rings have room for every frame there is.
            let pushed = self.full.push(frame);
            debug_assert!(pushed.is_ok(), "the ring has room for all frames");
        }
    }

    /// Does nothing for as long as it was told to, but looks now and then whether anybody still waits.
    fn hold_still(&self) {
        let clock = SystemClock;
        let mut until_nanos = clock.now_nanos();
        loop {
            until_nanos += self.shared.hold_up_nanos.swap(0, Ordering::Relaxed);
            let now_nanos = clock.now_nanos();
            if now_nanos >= until_nanos || self.full.is_abandoned() {
                return;
            }
            clock.rest_until_nanos(until_nanos.min(now_nanos + REST.as_nanos() as u64));
        }
    }

    /// Fills `frame` with the next readable picture; false if there is none.
    fn fill(&mut self, frame: &mut Frame) -> bool {
        for _ in 0..MAX_FAILURES_IN_A_ROW {
            match self.source.next_frame(frame) {
                Ok(Next::Frame) => return true,
                Ok(Next::End) => {
                    if !self.start_again() {
                        return false;
                    }
                }
                Err(error) => self.report(error),
            }
        }
        false
    }

    fn report(&mut self, error: SourceError) {
        self.shared.failures.fetch_add(1, Ordering::Relaxed);
        // A full ring means that the user has enough to read; the count goes on.
        let _ = self.troubles.push(error);
    }

    fn start_again(&mut self) -> bool {
        // A source that gave nothing since its beginning will not give more the next time.
        if !self.is_looping || self.frames_since_rewind == 0 {
            return false;
        }
        if let Err(error) = self.source.rewind() {
            self.report(error);
            return false;
        }
        self.index_offset += self.frames_since_rewind;
        self.frames_since_rewind = 0;
        self.shared.loops.fetch_add(1, Ordering::Relaxed);
        true
    }
}
