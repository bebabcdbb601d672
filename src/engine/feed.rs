//! Where the stream thread gets its pictures from.

use super::live::LiveFeed;
use super::play::Play;
use super::prefetch::Teller;
use super::reel::Reel;
use crate::frame::Frame;
use crate::source::FrameSource;

/// What the feed has at this moment.
#[derive(Debug)]
pub enum Delivery {
    /// The next picture.
    Frame(Frame),
    /// Nothing yet: the source is behind.
    Pending,
    /// There will be no more.
    Ended,
}

/// Pictures in order, without blocking. Frames that were used are given back and filled again.
pub trait FrameFeed {
    /// The next picture, if it is there at `now_nanos`.
    fn take(&mut self, now_nanos: u64) -> Delivery;

    /// Whether [`Self::take`] would not have to wait: a picture is there, or the end.
    fn is_ready(&mut self) -> bool;

    /// Plays on from picture `from`, as `play` says; what was delivered before is forgotten.
    fn play(&mut self, play: Play, from: u64);

    /// Makes the source hold still for a while from now on. What it has delivered already is not held back.
    fn hold_up(&mut self, now_nanos: u64, nanos: u64);

    /// Gives a frame back to be filled again.
    fn give_back(&mut self, frame: Frame);

    /// Pictures that are waiting.
    fn waiting(&self) -> usize;

    /// How often the source was started again.
    fn loops(&self) -> u64;

    /// Whether nothing can come any more, whatever is played.
    fn is_gone(&self) -> bool;

    /// Hands over the frames that are at hand, for another feed of the same layout; to be called when all is over.
    fn salvage(&mut self) -> Vec<Frame> {
        Vec::new()
    }

    /// The same feed as that of a live source; `None` if arrivals come from the schedule.
    fn live(&mut self) -> Option<&mut LiveFeed> {
        None
    }
}

/// A feed that asks the source in place, on the same thread: for the simulated clock, and where decoding is counted.
pub struct InlineFeed {
    reel: Reel,
    spare: Option<Frame>,
    teller: Option<Teller>,
    held_until_nanos: u64,
}

impl InlineFeed {
    /// A feed over `source`.
    pub fn new(source: Box<dyn FrameSource>, play: Play) -> Self {
        let spare = Some(Frame::new(source.info().frame));
        Self {
            reel: Reel::new(source, play),
            spare,
            teller: None,
            held_until_nanos: 0,
        }
    }

    /// The same, telling what could not be read.
    pub(super) fn telling(self, teller: Teller) -> Self {
        Self {
            teller: Some(teller),
            ..self
        }
    }
}

impl FrameFeed for InlineFeed {
    fn hold_up(&mut self, now_nanos: u64, nanos: u64) {
        self.held_until_nanos = self.held_until_nanos.max(now_nanos) + nanos;
    }

    fn take(&mut self, now_nanos: u64) -> Delivery {
        if now_nanos < self.held_until_nanos {
            return Delivery::Pending;
        }
        let info = self.reel.info().frame;
        let mut frame = self.spare.take().unwrap_or_else(|| Frame::new(info));
        let teller = &mut self.teller;
        let is_filled = self.reel.fill(&mut frame, |error| {
            if let Some(teller) = teller {
                teller.tell(error);
            }
        });
        if is_filled {
            Delivery::Frame(frame)
        } else {
            self.spare = Some(frame);
            Delivery::Ended
        }
    }

    fn is_ready(&mut self) -> bool {
        true
    }

    fn play(&mut self, play: Play, from: u64) {
        self.reel.play(play, from);
    }

    fn give_back(&mut self, frame: Frame) {
        self.spare = Some(frame);
    }

    fn waiting(&self) -> usize {
        1
    }

    fn loops(&self) -> u64 {
        self.reel.loops()
    }

    fn is_gone(&self) -> bool {
        false
    }
}
