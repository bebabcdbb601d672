//! The source thread of a live source: reads the clock when a picture comes, and never waits for the stream unless the
//! buffer is told to.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use super::kept::{Keeper, KeptPictures};
use super::{Instant, LiveBuffer, LiveReport, Numbered, Shared};
use crate::frame::{Frame, FrameInfo};
use crate::measure::{Clock, SystemClock};
use crate::source::{FrameSource, LiveEvent, LiveState, SourceError};

/// How long the thread waits for a picture before it looks around.
const PATIENCE: Duration = Duration::from_millis(50);

/// How long it rests while the buffer makes it wait. The stream wakes it up earlier.
const REST: Duration = Duration::from_millis(5);

/// The thread's ends of the rings: arrivals, empty frames, messages.
type Ends = (
    rtrb::Producer<Instant>,
    rtrb::Consumer<Frame>,
    rtrb::Producer<SourceError>,
);

pub(super) struct Reader {
    source: Box<dyn FrameSource>,
    info: FrameInfo,
    arrivals: rtrb::Producer<Instant>,
    empty: rtrb::Consumer<Frame>,
    troubles: rtrb::Producer<SourceError>,
    shared: Arc<Shared>,
    is_looping: bool,
    /// Where small pictures are kept, for a window.
    kept: Option<(Arc<KeptPictures>, Keeper)>,
    /// A frame that was filled and is not wanted.
    spare: Option<Frame>,
    /// Frames made so far: those that circulate.
    made: usize,
    next_number: u64,
    /// When the latest picture came, and whether it was silent for long enough since to count.
    latest_nanos: Option<u64>,
    is_out: bool,
    has_stalled: bool,
}

impl Reader {
    pub(super) fn new(
        source: Box<dyn FrameSource>,
        (arrivals, empty, troubles): Ends,
        shared: Arc<Shared>,
        is_looping: bool,
        kept: Option<(Arc<KeptPictures>, Keeper)>,
    ) -> Self {
        Self {
            info: source.info().frame,
            source,
            arrivals,
            empty,
            troubles,
            shared,
            is_looping,
            kept,
            spare: None,
            made: 0,
            next_number: 0,
            latest_nanos: None,
            is_out: false,
            has_stalled: false,
        }
    }

    pub(super) fn run_caught(mut self) {
        let shared = Arc::clone(&self.shared);
        // What a panic has to say is told by the hook.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || self.run()));
        shared.has_ended.store(true, Ordering::Release);
        wake(&shared);
    }

    fn is_abandoned(&self) -> bool {
        self.shared.is_abandoned.load(Ordering::Relaxed)
    }

    fn run(&mut self) {
        while !self.is_abandoned() {
            self.hold_still();
            let Some(source) = self.source.as_live() else {
                return;
            };
            let event = source.wait(SystemClock.now_nanos(), PATIENCE);
            let now_nanos = SystemClock.now_nanos();
            let (state, reconnections) = (source.state(), source.reconnections());
            self.note(state, reconnections, now_nanos);
            match event {
                LiveEvent::Picture => {
                    self.latest_nanos = Some(now_nanos);
                    self.take_in(now_nanos);
                }
                LiveEvent::Nothing => {}
                LiveEvent::Lost(error) => self.tell(error),
                LiveEvent::Ended(None) if self.is_looping => {
                    if self.source.rewind().is_err() {
                        return;
                    }
                }
                LiveEvent::Ended(error) => {
                    if let Some(error) = error {
                        self.tell(error);
                    }
                    return;
                }
            }
        }
    }

    /// Does nothing for as long as it was told to, as a source that hiccups.
    fn hold_still(&self) {
        let mut until_nanos = SystemClock.now_nanos();
        loop {
            until_nanos += self.shared.hold_up_nanos.swap(0, Ordering::Relaxed);
            let now_nanos = SystemClock.now_nanos();
            if now_nanos >= until_nanos || self.is_abandoned() {
                return;
            }
            let look_nanos = now_nanos + PATIENCE.as_nanos() as u64;
            SystemClock.rest_until_nanos(until_nanos.min(look_nanos));
        }
    }

    /// Says what the source is doing.
    fn note(&mut self, state: LiveState, reconnections: u64, now_nanos: u64) {
        let is_stalled = matches!(state, LiveState::Stalled { .. });
        let is_lost = matches!(state, LiveState::Reconnecting { .. });
        let stalls = u64::from(is_stalled && !self.has_stalled);
        self.has_stalled = is_stalled;
        let outage = (state == LiveState::Live && self.is_out).then_some(self.latest_nanos);
        self.is_out = (self.is_out || is_stalled || is_lost) && state != LiveState::Live;
        self.with_report(|report| {
            report.state = state;
            report.reconnections = reconnections;
            report.stalls += stalls;
            if let Some(latest_nanos) = outage.flatten() {
                report.count_outage(now_nanos.saturating_sub(latest_nanos));
            }
        });
    }

    fn with_report(&self, change: impl FnOnce(&mut LiveReport)) {
        let report = &self.shared.report;
        change(&mut report.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn tell(&mut self, error: SourceError) {
        // A full ring means that the user has enough to read.
        let _ = self.troubles.push(error);
    }

    /// Brings the announced picture, which arrived at `now_nanos`, to the stream.
    fn take_in(&mut self, now_nanos: u64) {
        let mut arrival_nanos = now_nanos;
        let is_listening = self.shared.is_listening.load(Ordering::Relaxed);
        if is_listening && self.wait_for_room() {
            // It was let in only now.
            arrival_nanos = SystemClock.now_nanos();
        }
        let Some(mut frame) = self.empty_frame() else {
            self.drop_picture();
            return;
        };
        let Some(source) = self.source.as_live() else {
            return;
        };
        if let Err(error) = source.take(&mut frame) {
            self.spare = Some(frame);
            self.tell(error);
            return;
        }
        if !is_listening || self.arrivals.is_full() {
            self.spare = Some(frame);
            if is_listening {
                self.drop_picture();
            }
            return;
        }
        let number = self.next_number;
        self.next_number += 1;
        if let Some((kept, keeper)) = &mut self.kept {
            kept.keep(keeper, &frame);
        }
        self.keep(Numbered { number, frame });
        // The picture first: who hears of the arrival finds it, or finds that it was dropped.
        let pushed = self.arrivals.push(Instant {
            number,
            nanos: arrival_nanos,
        });
        debug_assert!(pushed.is_ok(), "there was room");
        wake(&self.shared);
    }

    fn buffer(&self) -> (LiveBuffer, usize) {
        let buffer = LiveBuffer::from_bits(self.shared.buffer.load(Ordering::Relaxed));
        let room = (buffer.frames() as usize).min(self.shared.pictures.capacity());
        (buffer, room)
    }

    /// Waits until the buffer has room, if it is to be waited for; whether it had to.
    fn wait_for_room(&self) -> bool {
        let mut has_waited = false;
        loop {
            let (buffer, room) = self.buffer();
            let is_full = self.shared.pictures.len() >= room || self.arrivals.is_full();
            let has_to = matches!(buffer, LiveBuffer::Wait(_)) && is_full;
            if !has_to || self.is_abandoned() || !self.shared.is_listening.load(Ordering::Relaxed) {
                return has_waited;
            }
            has_waited = true;
            thread::park_timeout(REST);
        }
    }

    /// A frame to be filled: one that came back, or a new one as long as the buffer may grow.
    fn empty_frame(&mut self) -> Option<Frame> {
        if let Some(frame) = self.spare.take().or_else(|| self.empty.pop().ok()) {
            return Some(frame);
        }
        // The ring of empty frames has room for as many.
        if self.made < self.shared.pictures.capacity() + 4 {
            self.made += 1;
            return Some(Frame::new(self.info));
        }
        self.shared.pictures.pop().map(|oldest| {
            self.drop_picture();
            oldest.frame
        })
    }

    /// Puts a picture into the buffer, and drops what it has no room for.
    fn keep(&mut self, picture: Numbered) {
        let (buffer, room) = self.buffer();
        let is_full = self.shared.pictures.len() >= room;
        if is_full && matches!(buffer, LiveBuffer::DropNewest(_)) {
            self.spare = Some(picture.frame);
            self.drop_picture();
            return;
        }
        while self.shared.pictures.len() >= room {
            let Some(oldest) = self.shared.pictures.pop() else {
                break;
            };
            self.drop_picture();
            // The memory of the others is freed: the room has become smaller.
            match self.spare {
                None => self.spare = Some(oldest.frame),
                Some(_) => self.made -= 1,
            }
        }
        if let Err(picture) = self.shared.pictures.push(picture) {
            self.spare = Some(picture.frame);
            self.drop_picture();
        }
    }

    fn drop_picture(&self) {
        if !self.shared.is_counting.load(Ordering::Relaxed) {
            return;
        }
        self.with_report(|report| report.buffer_dropped += 1);
    }
}

/// Tells the stream that something has changed.
fn wake(shared: &Shared) {
    if let Some(listener) = shared.listener.get() {
        listener.unpark();
    }
}
