//! Steps and leaps: another picture than the next one, shown outside of the schedule or played on from. In a live source
//! nobody can go elsewhere: it has only the picture that comes.
//!
//! While the schedule stands still, a picture that is gone to is worked on once, told in the status and shown; it has no
//! arrival, no verdict and no record. While it runs, the schedule stands still from the leap until the picture is there,
//! so that no frame is late because somebody looked elsewhere.

use super::{Interrupted, NAP_NANOS, Worker};
use crate::engine::config::{Ending, Look, Shown, StreamState};
use crate::engine::feed::{Delivery, FrameFeed};
use crate::engine::play::{Play, Speed, Step};
use crate::frame::Frame;
use crate::measure::{Clock, MAX_STAGES};

/// How long the stream rests between two looks at a source that is being brought elsewhere.
const LEAP_NAP_NANOS: u64 = 1_000_000;

/// Where the stream is on its way to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Leap {
    /// Nowhere: the pictures come one after another.
    #[default]
    None,
    /// To this picture, to play on from there.
    PlayOn,
    /// To this picture, to look at it.
    LookAt(u64),
}

impl<C: Clock, F: FrameFeed> Worker<C, F> {
    pub(super) fn step(&mut self, step: Step) {
        if self.sequencer.is_live() {
            return;
        }
        self.leaps_asked += 1;
        self.is_running = false;
        let from = match (self.leap, self.teller.status.shown) {
            (Leap::LookAt(index), _) => index,
            (_, Some(shown)) => shown.index,
            (_, None) => self.play.start,
        };
        // The picture after the one shown is often decoded already.
        let is_next_at_hand = self.leap == Leap::None
            && self.play.speed == Speed::NORMAL
            && !self.is_at_end
            && self.pictures.is_next_at_hand();
        match step {
            Step::Back => self.look_at(from.saturating_sub(1)),
            Step::Forward if is_next_at_hand => self.leap = Leap::LookAt(from + 1),
            Step::Forward => self.look_at(from + 1),
        }
    }

    pub(super) fn go_to(&mut self, index: u64) {
        if self.sequencer.is_live() {
            return;
        }
        self.leaps_asked += 1;
        if self.is_running {
            self.play_from(index);
        } else {
            self.look_at(index);
        }
    }

    pub(super) fn set_play(&mut self, play: Play) {
        self.play = play;
        if self.sequencer.is_live() {
            return;
        }
        let next = self
            .teller
            .status
            .shown
            .map_or(play.start, |shown| shown.index + 1);
        let from = if play.has(next) { next } else { play.start };
        match self.leap {
            // It goes on from the picture that is on its way.
            Leap::LookAt(index) => self.look_at(index),
            Leap::None | Leap::PlayOn => self.play_from(from),
        }
    }

    /// Looks at the picture shown again, through a changed pipeline.
    pub(super) fn look_again(&mut self) {
        if self.sequencer.is_live() {
            return;
        }
        if let (false, Leap::None, Some(shown)) =
            (self.is_running, self.leap, self.teller.status.shown)
        {
            self.look_at(shown.index);
        }
    }

    /// Behind the end there is only the beginning.
    pub(super) fn leave_end(&mut self) {
        if std::mem::take(&mut self.is_at_end) {
            self.play_from(self.play.start);
        }
    }

    fn play_from(&mut self, index: u64) {
        self.is_at_end = false;
        self.pictures.play(self.play, index);
        self.leap = Leap::PlayOn;
    }

    fn look_at(&mut self, index: u64) {
        self.is_at_end = false;
        self.pictures.play(self.play, index);
        self.leap = Leap::LookAt(index);
    }

    /// Waits for the picture that is to be played on from; false if it is not there yet.
    pub(super) fn has_arrived(&mut self) -> bool {
        if self.leap == Leap::None {
            return true;
        }
        let now_nanos = self.clock.now_nanos();
        if !self.pictures.is_ready() {
            self.paused_at_nanos.get_or_insert(now_nanos);
            self.publish(StreamState::Running);
            self.clock.rest_until_nanos(now_nanos + LEAP_NAP_NANOS);
            return false;
        }
        self.end_leap();
        if self.paused_at_nanos.is_some() {
            self.resume();
        }
        true
    }

    /// While the schedule stands still: shows the picture that was gone to, or rests.
    pub(super) fn idle(&mut self) {
        let now_nanos = self.clock.now_nanos();
        self.paused_at_nanos.get_or_insert(now_nanos);
        if let Leap::LookAt(_) = self.leap {
            match self.pictures.take_any(now_nanos) {
                Delivery::Frame(frame) => self.look(frame),
                Delivery::Pending => {
                    self.publish(StreamState::Paused);
                    self.clock.rest_until_nanos(now_nanos + LEAP_NAP_NANOS);
                }
                Delivery::Ended => {
                    self.is_at_end = true;
                    self.end_leap();
                    self.publish(StreamState::Paused);
                }
            }
        } else {
            self.publish(StreamState::Paused);
            self.clock.rest_until_nanos(now_nanos + NAP_NANOS);
        }
    }

    fn look(&mut self, frame: Frame) {
        let started_nanos = self.clock.now_nanos();
        let times = self.pipeline.process(&frame, &self.clock);
        let mut look = Look {
            stage_count: times.len().min(MAX_STAGES) as u8,
            ..Look::default()
        };
        look.stage_nanos
            .iter_mut()
            .zip(times)
            .for_each(|(kept, nanos)| *kept = *nanos);
        look.service_nanos = self.clock.now_nanos() - started_nanos;
        self.show(&frame, Some(look));
        if let Some(tap) = &mut self.tap {
            tap.show(self.last_processed, &frame, &self.pipeline);
        }
        self.pictures.give_back(frame);
        self.end_leap();
        self.publish(StreamState::Paused);
    }

    /// Tells which picture was worked on.
    pub(super) fn show(&mut self, frame: &Frame, look: Option<Look>) {
        self.teller.status.shown = Some(Shown {
            index: frame.index,
            timestamp_nanos: frame.timestamp_nanos,
            look,
        });
    }

    fn end_leap(&mut self) {
        self.leap = Leap::None;
        self.teller.status.leaps = self.leaps_asked;
    }

    /// The source has no more pictures: the end of the stream, or a pause from which one can go back.
    pub(super) fn source_ended(&mut self) -> Result<(), Interrupted> {
        if !self.config.holds_at_end || self.play.is_looping || self.pictures.feed().is_gone() {
            return Err(Interrupted::End(Ending::Source));
        }
        self.is_at_end = true;
        self.is_running = false;
        Ok(())
    }
}
