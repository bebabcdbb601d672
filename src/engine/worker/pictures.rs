//! Which picture belongs to which frame, and how long the source let the stream wait for it.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Interrupted;
use crate::engine::config::Ending;
use crate::engine::feed::{Delivery, FrameFeed};
use crate::engine::live::LiveFeed;
use crate::engine::play::Play;
use crate::frame::Frame;
use crate::measure::{Clock, DisturbanceKind, FrameRecord};

/// How long the stream sleeps between two looks at a source that is behind.
const SOURCE_NAP_NANOS: u64 = 500_000;

/// The pictures of a stream, one for each arrival: the `k`-th arrival gets the `k`-th picture of what is played.
pub(super) struct Pictures<F> {
    feed: F,
    /// The picture that was warmed up with: that of the first frame.
    first: Option<Frame>,
    /// Number of the arrival that the next picture belongs to; `None` is the next one, whichever that is.
    next_index: Option<u64>,
    /// Pictures of skipped frames that the source has not delivered yet.
    owed: u64,
    /// Until when the source was made to hold still.
    held_until_nanos: u64,
    underruns: u64,
}

/// How long a frame waited for its picture.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SourceWait {
    pub(super) nanos: u64,
    /// The source was made to hold still meanwhile.
    is_injected: bool,
}

impl SourceWait {
    /// Says in the record what of the wait was put there on purpose.
    pub(super) fn blame(self, record: &mut FrameRecord) {
        if self.is_injected {
            record.injected.add(DisturbanceKind::Decoder, self.nanos);
            record.disturbed.add(DisturbanceKind::Decoder);
        }
    }
}

impl<F: FrameFeed> Pictures<F> {
    pub(super) fn new(feed: F) -> Self {
        Self {
            feed,
            first: None,
            next_index: Some(0),
            owed: 0,
            held_until_nanos: 0,
            underruns: 0,
        }
    }

    pub(super) const fn feed(&self) -> &F {
        &self.feed
    }

    /// The frames that are at hand when all is over.
    pub(super) fn salvage(&mut self) -> Vec<Frame> {
        let mut frames = self.feed.salvage();
        frames.extend(self.first.take());
        frames
    }

    /// The feed of a live source. The picture of the warm-up is none of its frames, and goes back.
    pub(super) fn live(&mut self) -> Option<&mut LiveFeed> {
        self.feed.live()?;
        if let Some(first) = self.first.take() {
            self.feed.give_back(first);
        }
        self.feed.live()
    }

    /// Frames that waited for the source.
    pub(super) const fn underruns(&self) -> u64 {
        self.underruns
    }

    /// Waits for the source's first picture.
    pub(super) fn first<C: Clock>(
        &mut self,
        clock: &C,
        stop: &AtomicBool,
    ) -> Result<Frame, Ending> {
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(Ending::Stopped);
            }
            let now_nanos = clock.now_nanos();
            match self.feed.take(now_nanos) {
                Delivery::Frame(frame) => return Ok(frame),
                Delivery::Pending => clock.rest_until_nanos(now_nanos + SOURCE_NAP_NANOS),
                Delivery::Ended => return Err(Ending::Source),
            }
        }
    }

    /// Keeps the first picture for the first frame.
    pub(super) fn keep_first(&mut self, frame: Frame) {
        self.first = Some(frame);
    }

    pub(super) fn give_back(&mut self, frame: Frame) {
        self.feed.give_back(frame);
    }

    /// Plays on from picture `from`, as `play` says: the next arrival gets it.
    pub(super) fn play(&mut self, play: Play, from: u64) {
        if let Some(first) = self.first.take() {
            self.feed.give_back(first);
        }
        self.owed = 0;
        self.next_index = None;
        self.feed.play(play, from);
    }

    /// Whether the next picture of the feed is the one after that which was taken last.
    pub(super) const fn is_next_at_hand(&self) -> bool {
        self.owed == 0 && self.first.is_none()
    }

    /// Whether the next picture is there, or the end.
    pub(super) fn is_ready(&mut self) -> bool {
        self.first.is_some() || self.feed.is_ready()
    }

    /// The next picture of the feed, whatever arrival it belongs to; the one behind it belongs to the next arrival.
    pub(super) fn take_any(&mut self, now_nanos: u64) -> Delivery {
        self.next_index = None;
        match self.first.take() {
            Some(frame) => Delivery::Frame(frame),
            None => self.feed.take(now_nanos),
        }
    }

    /// Makes the source hold still for a while.
    pub(super) fn hold_up(&mut self, now_nanos: u64, nanos: u64) {
        self.held_until_nanos = self.held_until_nanos.max(now_nanos) + nanos;
        self.feed.hold_up(now_nanos, nanos);
    }

    /// The picture of frame `index`, and how long the source let us wait for it.
    pub(super) fn take<C: Clock>(
        &mut self,
        index: u64,
        clock: &C,
        stop: &AtomicBool,
    ) -> Result<(Frame, SourceWait), Interrupted> {
        self.owed += index.saturating_sub(self.next_index.unwrap_or(index));
        self.next_index = Some(index + 1);
        if let Some(frame) = self.first.take() {
            return Ok((frame, SourceWait::default()));
        }
        let asked_nanos = clock.now_nanos();
        let mut now_nanos = asked_nanos;
        loop {
            match self.feed.take(now_nanos) {
                // Pictures of skipped frames are passed over as far as they are there: a source that is behind is
                // not made to wait for what nobody wants to see.
                Delivery::Frame(frame) if self.owed > 0 && self.feed.waiting() > 0 => {
                    self.owed -= 1;
                    self.feed.give_back(frame);
                }
                Delivery::Frame(frame) => {
                    self.underruns += u64::from(now_nanos > asked_nanos);
                    let wait = SourceWait {
                        nanos: now_nanos - asked_nanos,
                        is_injected: now_nanos > asked_nanos && asked_nanos < self.held_until_nanos,
                    };
                    return Ok((frame, wait));
                }
                Delivery::Pending => {
                    if stop.load(Ordering::Relaxed) {
                        return Err(Interrupted::End(Ending::Stopped));
                    }
                    clock.rest_until_nanos(now_nanos + SOURCE_NAP_NANOS);
                    now_nanos = clock.now_nanos();
                }
                Delivery::Ended => return Err(Interrupted::End(Ending::Source)),
            }
        }
    }
}
