//! What is different for a live source: arrivals are heard of, not foretold.

use std::time::Duration;

use super::{Interrupted, NAP_NANOS, Worker};
use crate::engine::config::{Ending, StreamState};
use crate::engine::feed::FrameFeed;
use crate::frame::Frame;
use crate::judge::{Arrived, Turn};
use crate::measure::{Clock, FrameRecord};

/// How long the stream rests at a time while nothing arrives.
const NAP: Duration = Duration::from_nanos(NAP_NANOS);

impl<C: Clock, F: FrameFeed> Worker<C, F> {
    /// Waits for the first arrival after the warm-up: the run begins with it. False if the source is not live.
    pub(super) fn begin_live(&mut self) -> Result<bool, Ending> {
        let next_index = self.sequencer.next_index();
        let Some(feed) = self.pictures.live() else {
            return Ok(false);
        };
        feed.forget(next_index, true);
        let first_nanos = loop {
            if self.stop.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(Ending::Stopped);
            }
            match feed.next_arrival() {
                Some(nanos) => break nanos,
                None if feed.has_ended() => return Err(Ending::Source),
                None => feed.rest(NAP),
            }
        };
        self.origin_nanos = first_nanos;
        self.sequencer.start_at(first_nanos, 0);
        self.sequencer.arrived(first_nanos);
        Ok(true)
    }

    /// Tells the sequencer what has arrived. Nothing happens for a source that is not live.
    pub(super) fn hear_arrivals(&mut self) {
        let Some(feed) = self.pictures.live() else {
            return;
        };
        while self.sequencer.has_room() {
            let Some(nanos) = feed.next_arrival() else {
                return;
            };
            self.sequencer.arrived(nanos);
        }
    }

    /// There is no turn: for a live source, that may change.
    pub(super) fn wait_for_arrival(&mut self, now_nanos: u64) -> Result<(), Interrupted> {
        let is_over = self.sequencer.is_over(now_nanos);
        // Nothing waits: whatever came before was worked on or skipped.
        let next_index = self.sequencer.next_index();
        let Some(feed) = self.pictures.live() else {
            return Err(Interrupted::End(Ending::Limit));
        };
        if is_over {
            return Err(Interrupted::End(Ending::Limit));
        }
        if feed.has_ended() {
            return Err(Interrupted::End(Ending::Source));
        }
        feed.pass_over(next_index);
        feed.rest(NAP);
        self.has_rested = true;
        self.publish(StreamState::Running);
        Ok(())
    }

    /// How late the arrival was noticed, if the stream was waiting for one.
    pub(super) fn noticed_after(&mut self, turn: &Turn) -> Option<u64> {
        let has_rested = std::mem::take(&mut self.has_rested);
        let late_nanos = self.clock.now_nanos().saturating_sub(turn.arrival_nanos);
        has_rested.then_some(late_nanos)
    }

    /// The picture of a live frame; `None` if the buffer has dropped it, which is told.
    pub(super) fn live_picture(&mut self, turn: &Turn) -> Option<Frame> {
        let frame = self.pictures.live()?.picture(turn.index);
        if frame.is_none() {
            let arrived = Arrived {
                index: turn.index,
                arrival_nanos: turn.arrival_nanos,
            };
            let record = FrameRecord {
                is_lost_by_buffer: true,
                ..self.blank().skipped(arrived)
            };
            self.teller.tell(&record);
        }
        frame
    }

    /// While a live stream is paused, what arrives passes by; when it goes on, it begins with what arrives then.
    pub(super) fn let_pass(&mut self, is_listening: bool) {
        if let Some(feed) = self.pictures.live() {
            self.sequencer.forget();
            feed.forget(self.sequencer.next_index(), is_listening);
        }
    }
}
