//! Live sources: pictures arrive when they arrive.
//!
//! ```text
//!  source thread                                         stream thread
//!  LiveSource::wait ─► arrival: the clock, read here
//!  LiveSource::take ─► picture ── buffer (bounded) ────► the picture of the turn, if the buffer still has it
//!                      arrival ── ring ────────────────► Sequencer: every arrival, whatever became of its picture
//! ```
//!
//! The source thread never waits for the stream, unless the buffer is told to: so arrivals do not depend on service. What
//! the buffer has no room for it drops and counts; the policy still hears of the arrival, and decides as always.

mod buffer;
mod kept;
mod reader;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;
use serde::Serialize;

pub use buffer::{LiveBuffer, LiveBufferError, MAX_LIVE_BUFFER};
pub use kept::KeptPictures;

use super::feed::{Delivery, FrameFeed};
use super::launch::Launch;
use super::play::Play;
use super::prefetch::Troubles;
use crate::frame::Frame;
use crate::measure::ms_from_nanos;
use crate::source::limits::MAX_LIVE_BUFFER_BYTES;
use crate::source::{FrameSource, LiveState};

/// Arrivals that wait to be looked at by the stream at most: more than two minutes at 30 frames per second.
const ARRIVALS_WAITING: usize = 4_096;

/// What a live source did, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LiveReport {
    /// What it is doing.
    #[serde(flatten)]
    pub state: LiveState,
    /// How often it was connected again after it had been live.
    pub reconnections: u64,
    /// How often no picture came for 3.2 s or more while it was connected.
    pub stalls: u64,
    /// Pictures that the buffer dropped while the stream was running.
    pub buffer_dropped: u64,
    /// From the last picture before a stall or a lost connection to the first after it, all together.
    pub outage_ms: f64,
    /// The longest of them.
    pub longest_outage_ms: f64,
}

/// What the two threads and the control side share.
#[derive(Debug)]
struct Shared {
    /// Pictures that wait, with their numbers.
    pictures: ArrayQueue<Numbered>,
    has_ended: AtomicBool,
    /// The stream's end is gone.
    is_abandoned: AtomicBool,
    /// Whether pictures are wanted: a paused stream lets them pass.
    is_listening: AtomicBool,
    /// Whether what the buffer drops is counted: from the first frame of the run on.
    is_counting: AtomicBool,
    /// How long the source is to hold still, in nanoseconds; taken by the source thread.
    hold_up_nanos: AtomicU64,
    /// The [`LiveBuffer`] in force.
    buffer: AtomicU64,
    /// Who waits for arrivals.
    listener: OnceLock<Thread>,
    report: Mutex<LiveReport>,
}

/// A picture with the number of its arrival.
#[derive(Debug)]
struct Numbered {
    number: u64,
    frame: Frame,
}

/// An arrival: its number, and when it was.
#[derive(Clone, Copy, Debug)]
struct Instant {
    number: u64,
    nanos: u64,
}

/// The stream's end of a live source. Allocates nothing, waits for nobody.
pub struct LiveFeed {
    shared: Arc<Shared>,
    arrivals: rtrb::Consumer<Instant>,
    empty: rtrb::Producer<Frame>,
    thread: Thread,
    /// A picture of a later turn than the one that was asked for.
    ahead: Option<Numbered>,
    /// The number that frame 0 would have, for the frames that the stream has now; and the number expected next.
    offset: u64,
    next_number: u64,
}

/// The control side's end of a live source.
#[derive(Debug)]
pub(super) struct LiveControl {
    shared: Arc<Shared>,
    kept: Option<Arc<KeptPictures>>,
}

/// Starts the source thread of a live source. It ends with its source, or when the [`LiveFeed`] is dropped.
pub(super) fn start(
    source: Box<dyn FrameSource>,
    is_looping: bool,
    buffer: LiveBuffer,
    keeps_pictures: bool,
    launch: &Launch,
) -> std::io::Result<(LiveFeed, Troubles, LiveControl)> {
    let info = source.info().frame;
    let (kept, keeper) = keeps_pictures.then(|| KeptPictures::of(info)).unzip();
    let kept = kept.map(Arc::new);
    let most = most_frames(
        info.format.frame_bytes(info.size),
        MAX_LIVE_BUFFER_BYTES.min(launch.bytes_ahead),
    );
    // Beside those that wait: one in work, one that was taken too early, one that is being filled, one to spare.
    let (empty, empty_out) = rtrb::RingBuffer::new(most + 4);
    let (arrivals_in, arrivals) = rtrb::RingBuffer::new(ARRIVALS_WAITING);
    let (trouble_in, troubles) = Troubles::ring();
    let shared = Arc::new(Shared {
        pictures: ArrayQueue::new(most),
        has_ended: AtomicBool::new(false),
        is_abandoned: AtomicBool::new(false),
        is_listening: AtomicBool::new(true),
        is_counting: AtomicBool::new(false),
        hold_up_nanos: AtomicU64::new(0),
        buffer: AtomicU64::new(buffer.to_bits()),
        listener: OnceLock::new(),
        report: Mutex::default(),
    });
    let reader = reader::Reader::new(
        source,
        (arrivals_in, empty_out, trouble_in),
        Arc::clone(&shared),
        is_looping,
        kept.clone().zip(keeper),
    );
    let handle = thread::Builder::new()
        .name(format!("source-{}", launch.number))
        .spawn(move || reader.run_caught())?;
    let feed = LiveFeed {
        shared: Arc::clone(&shared),
        arrivals,
        empty,
        thread: handle.thread().clone(),
        ahead: None,
        offset: 0,
        next_number: 0,
    };
    Ok((feed, troubles, LiveControl { shared, kept }))
}

/// Pictures of so many bytes that may wait at most; one may, whatever its size.
fn most_frames(frame_bytes: usize, most_bytes: usize) -> usize {
    (most_bytes / frame_bytes.max(1)).clamp(1, MAX_LIVE_BUFFER as usize)
}

impl LiveControl {
    pub(super) fn report(&self) -> LiveReport {
        *self
            .shared
            .report
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Small pictures of what has passed, if they were asked for.
    pub(super) const fn kept(&self) -> Option<&Arc<KeptPictures>> {
        self.kept.as_ref()
    }

    pub(super) fn set_buffer(&self, buffer: LiveBuffer) {
        self.shared
            .buffer
            .store(buffer.to_bits(), Ordering::Relaxed);
    }
}

impl LiveFeed {
    /// When the next picture arrived, in the order of arrival; each is told once.
    pub(super) fn next_arrival(&mut self) -> Option<u64> {
        let arrival = self.arrivals.pop().ok()?;
        debug_assert_eq!(arrival.number, self.next_number, "arrivals are numbered");
        self.next_number = arrival.number + 1;
        Some(arrival.nanos)
    }

    /// Whether nothing will arrive any more.
    pub(super) fn has_ended(&self) -> bool {
        // The flag is read before the ring: what arrived before the end is seen.
        self.shared.has_ended.load(Ordering::Acquire) && self.arrivals.is_empty()
    }

    /// Rests until something arrives, but not longer than `limit`.
    pub(super) fn rest(&self, limit: Duration) {
        self.shared.listener.get_or_init(thread::current);
        if self.arrivals.is_empty() {
            thread::park_timeout(limit);
        }
    }

    /// Forgets all that has arrived: the next arrival is that of frame `index`. While nobody listens, pictures pass
    /// and are not counted as dropped.
    pub(super) fn forget(&mut self, index: u64, is_listening: bool) {
        self.shared
            .is_listening
            .store(is_listening, Ordering::Relaxed);
        self.shared
            .is_counting
            .store(is_listening, Ordering::Relaxed);
        while self.next_arrival().is_some() {}
        if let Some(ahead) = self.ahead.take() {
            self.give_back(ahead.frame);
        }
        while let Some(frame) = self.pop_before(self.next_number) {
            self.give_back(frame);
        }
        self.offset = self.next_number.wrapping_sub(index);
    }

    /// A waiting picture with a number below `number`.
    fn pop_before(&mut self, number: u64) -> Option<Frame> {
        let next = self.ahead.take().or_else(|| self.shared.pictures.pop())?;
        if next.number < number {
            return Some(next.frame);
        }
        self.ahead = Some(next);
        None
    }

    /// Gives up the pictures of frames before `index`: a buffer that waits is not kept full by frames that were skipped.
    pub(super) fn pass_over(&mut self, index: u64) {
        let number = index.wrapping_add(self.offset);
        while let Some(frame) = self.pop_before(number) {
            self.give_back(frame);
        }
    }

    /// The picture of frame `index`; `None` if the buffer has dropped it. Those before it are given up.
    pub(super) fn picture(&mut self, index: u64) -> Option<Frame> {
        let number = index.wrapping_add(self.offset);
        self.pass_over(index);
        let is_it = self
            .ahead
            .as_ref()
            .is_some_and(|ahead| ahead.number == number);
        let found = if is_it { self.ahead.take() } else { None };
        found.map(|found| found.frame)
    }
}

impl FrameFeed for LiveFeed {
    /// Any picture, to warm up with.
    fn take(&mut self, _now_nanos: u64) -> Delivery {
        let has_ended = self.has_ended();
        match self.shared.pictures.pop() {
            Some(next) => Delivery::Frame(next.frame),
            None if has_ended => Delivery::Ended,
            None => Delivery::Pending,
        }
    }

    fn is_ready(&mut self) -> bool {
        !self.shared.pictures.is_empty() || self.has_ended()
    }

    /// Nobody can go elsewhere in what is live.
    fn play(&mut self, _play: Play, _from: u64) {}

    fn is_gone(&self) -> bool {
        self.has_ended()
    }

    fn hold_up(&mut self, _now_nanos: u64, nanos: u64) {
        self.shared
            .hold_up_nanos
            .fetch_add(nanos, Ordering::Relaxed);
        self.thread.unpark();
    }

    fn give_back(&mut self, frame: Frame) {
        let pushed = self.empty.push(frame);
        debug_assert!(pushed.is_ok(), "the ring has room for all frames");
        self.thread.unpark();
    }

    fn waiting(&self) -> usize {
        self.shared.pictures.len()
    }

    fn loops(&self) -> u64 {
        0
    }

    fn live(&mut self) -> Option<&mut LiveFeed> {
        Some(self)
    }
}

impl Drop for LiveFeed {
    fn drop(&mut self) {
        self.shared.is_abandoned.store(true, Ordering::Relaxed);
        self.thread.unpark();
    }
}

impl LiveReport {
    /// Counts a time without pictures.
    fn count_outage(&mut self, nanos: u64) {
        let ms = ms_from_nanos(nanos);
        self.outage_ms += ms;
        self.longest_outage_ms = self.longest_outage_ms.max(ms);
    }
}
