//! The source thread: decodes ahead of the stream, by a bounded number of frames.
//!
//! Frames circulate: the stream thread gives empty ones back, this thread fills them. Nothing is allocated for a
//! frame after the start, and a slow stream holds the decoder back instead of filling memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use super::feed::{Delivery, FrameFeed};
use super::launch::{FRAMES_AHEAD_AT_LEAST, Launch};
use super::play::Play;
use super::reel::Reel;
use crate::frame::Frame;
use crate::measure::{Clock, SystemClock};
use crate::source::{FrameSource, SourceError};

/// Frames that may be decoded ahead.
const FRAMES_AHEAD: usize = 8;

/// Messages about unreadable frames that are kept until somebody reads them; more are counted only.
const MAX_TROUBLES: usize = 16;

/// How long the thread rests when there is no empty frame. The stream wakes it up earlier.
const REST: Duration = Duration::from_millis(20);

/// What the source thread is to play. Every order has its ticket, and so has every frame that was made for it: frames of
/// an earlier order are not shown.
#[derive(Clone, Copy, Debug, Default)]
struct Order {
    ticket: u32,
    play: Play,
    from: u64,
}

/// The stream's end of the prefetch.
pub(super) struct Prefetch {
    full: rtrb::Consumer<(u32, Frame)>,
    empty: rtrb::Producer<Frame>,
    orders: triple_buffer::Input<Order>,
    ticket: u32,
    shared: Arc<Shared>,
    thread: Thread,
}

/// The control side's end: messages about frames that could not be read.
#[derive(Debug)]
pub(super) struct Troubles {
    messages: rtrb::Consumer<SourceError>,
    /// Frames that could not be read; a live source has none.
    failures: Arc<AtomicU64>,
}

/// The decoding side's end of the same.
pub(super) struct Teller {
    messages: rtrb::Producer<SourceError>,
    failures: Arc<AtomicU64>,
}

/// A way for messages about frames that could not be read.
pub(super) fn troubles() -> (Teller, Troubles) {
    let (sender, receiver) = rtrb::RingBuffer::new(MAX_TROUBLES);
    let failures = Arc::new(AtomicU64::new(0));
    let teller = Teller {
        messages: sender,
        failures: Arc::clone(&failures),
    };
    let troubles = Troubles {
        messages: receiver,
        failures,
    };
    (teller, troubles)
}

impl Teller {
    pub(super) fn tell(&mut self, error: SourceError) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        // A full ring means that the user has enough to read; the count goes on.
        let _ = self.messages.push(error);
    }
}

#[derive(Debug)]
struct Shared {
    /// The ticket of the order that has come to its end, and one more than that; 0 is none.
    ended: AtomicU64,
    /// The thread has ended.
    is_gone: AtomicBool,
    loops: AtomicU64,
    /// How long the source is to hold still, in nanoseconds; taken by the source thread.
    hold_up_nanos: AtomicU64,
}

/// Starts the source thread. It ends when the [`Prefetch`] is dropped.
pub(super) fn start(
    source: Box<dyn FrameSource>,
    play: Play,
    launch: &mut Launch,
) -> std::io::Result<(Prefetch, Troubles)> {
    let info = source.info().frame;
    let frame_bytes = info.format.frame_bytes(info.size).max(1);
    let capacity = FRAMES_AHEAD
        .min(launch.bytes_ahead / frame_bytes)
        .max(FRAMES_AHEAD_AT_LEAST);
    let (full_in, full) = rtrb::RingBuffer::new(capacity);
    let (mut empty, empty_out) = rtrb::RingBuffer::new(capacity);
    let mut used = std::mem::take(&mut launch.frames);
    used.retain(|frame| frame.info() == info);
    for _ in 0..capacity {
        let pushed = empty.push(used.pop().unwrap_or_else(|| Frame::new(info)));
        debug_assert!(pushed.is_ok(), "the ring has room for all frames");
    }
    let (orders, orders_out) = triple_buffer::triple_buffer(&Order::default());
    let (teller, troubles) = troubles();
    let shared = Arc::new(Shared {
        ended: AtomicU64::new(0),
        is_gone: AtomicBool::new(false),
        loops: AtomicU64::new(0),
        hold_up_nanos: AtomicU64::new(0),
    });
    let filler = Filler {
        reel: Reel::new(source, play),
        full: full_in,
        empty: empty_out,
        spare: None,
        orders: orders_out,
        ticket: 0,
        has_ended: false,
        teller,
        shared: Arc::clone(&shared),
    };
    let thread = thread::Builder::new()
        .name(format!("source-{}", launch.number))
        .spawn(move || filler.run_caught())?;
    let prefetch = Prefetch {
        full,
        empty,
        orders,
        ticket: 0,
        shared,
        thread: thread.thread().clone(),
    };
    Ok((prefetch, troubles))
}

impl Troubles {
    /// A ring for the messages of a live source.
    pub(super) fn ring() -> (rtrb::Producer<SourceError>, Self) {
        let (producer, messages) = rtrb::RingBuffer::new(MAX_TROUBLES);
        let failures = Arc::default();
        (producer, Self { messages, failures })
    }

    /// The next message about a frame that could not be read.
    pub(super) fn next(&mut self) -> Option<SourceError> {
        self.messages.pop().ok()
    }

    /// Frames that could not be read, in all.
    pub(super) fn count(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
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
        // The flags are read before the ring: a frame pushed before the end is seen by the second look.
        let has_ended = self.has_ended();
        self.drop_stale();
        match self.full.pop() {
            Ok((_, frame)) => Delivery::Frame(frame),
            Err(_) if has_ended => Delivery::Ended,
            Err(_) => Delivery::Pending,
        }
    }

    fn is_ready(&mut self) -> bool {
        self.drop_stale();
        self.full.slots() > 0 || self.has_ended()
    }

    fn play(&mut self, play: Play, from: u64) {
        self.ticket = self.ticket.wrapping_add(1);
        self.orders.write(Order {
            ticket: self.ticket,
            play,
            from,
        });
        self.drop_stale();
        self.thread.unpark();
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

    fn salvage(&mut self) -> Vec<Frame> {
        std::iter::from_fn(|| self.full.pop().ok())
            .map(|(_, frame)| frame)
            .collect()
    }

    fn is_gone(&self) -> bool {
        self.shared.is_gone.load(Ordering::Acquire)
    }
}

impl Prefetch {
    fn has_ended(&self) -> bool {
        self.shared.ended.load(Ordering::Acquire) == u64::from(self.ticket) + 1 || self.is_gone()
    }

    /// Sends frames of an earlier order back.
    fn drop_stale(&mut self) {
        while self
            .full
            .peek()
            .is_ok_and(|(ticket, _)| *ticket != self.ticket)
        {
            if let Ok((_, frame)) = self.full.pop() {
                self.give_back(frame);
            }
        }
    }
}

struct Filler {
    reel: Reel,
    full: rtrb::Producer<(u32, Frame)>,
    empty: rtrb::Consumer<Frame>,
    /// A frame that found nothing to be filled with.
    spare: Option<Frame>,
    orders: triple_buffer::Output<Order>,
    ticket: u32,
    has_ended: bool,
    teller: Teller,
    shared: Arc<Shared>,
}

impl Filler {
    fn run_caught(mut self) {
        let shared = Arc::clone(&self.shared);
        let failures = Arc::clone(&self.teller.failures);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            self.run();
            self
        }));
        if outcome.is_err() {
            failures.fetch_add(1, Ordering::Relaxed);
        }
        shared.is_gone.store(true, Ordering::Release);
    }

    fn run(&mut self) {
        while !self.full.is_abandoned() {
            self.take_order();
            self.hold_still();
            let frame = match (self.has_ended, self.spare.take()) {
                (true, spare) => {
                    self.spare = spare;
                    None
                }
                (false, spare) => spare.or_else(|| self.empty.pop().ok()),
            };
            let Some(frame) = frame else {
                thread::park_timeout(REST);
                continue;
            };
            self.fill(frame);
        }
    }

    fn take_order(&mut self) {
        if self.orders.update() {
            let order = *self.orders.output_buffer();
            self.ticket = order.ticket;
            self.has_ended = false;
            self.reel.play(order.play, order.from);
        }
    }

    fn fill(&mut self, mut frame: Frame) {
        let teller = &mut self.teller;
        if self.reel.fill(&mut frame, |error| teller.tell(error)) {
            let loops = self.reel.loops();
            self.shared.loops.store(loops, Ordering::Relaxed);
            // Both rings have room for every frame there is.
            let pushed = self.full.push((self.ticket, frame));
            debug_assert!(pushed.is_ok(), "the ring has room for all frames");
        } else {
            self.spare = Some(frame);
            self.has_ended = true;
            let ended = u64::from(self.ticket) + 1;
            self.shared.ended.store(ended, Ordering::Release);
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
}
