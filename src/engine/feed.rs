//! Where the stream thread gets its pictures from.

use super::live::LiveFeed;
use crate::frame::Frame;
use crate::source::{FrameSource, Next};

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

    /// Makes the source hold still for a while from now on. What it has delivered already is not held back.
    fn hold_up(&mut self, now_nanos: u64, nanos: u64);

    /// Gives a frame back to be filled again.
    fn give_back(&mut self, frame: Frame);

    /// Pictures that are waiting.
    fn waiting(&self) -> usize;

    /// How often the source was started again.
    fn loops(&self) -> u64;

    /// The same feed as that of a live source; `None` if arrivals come from the schedule.
    fn live(&mut self) -> Option<&mut LiveFeed> {
        None
    }
}

/// A feed that asks the source in place, on the same thread: for the simulated clock.
pub struct InlineFeed {
    source: Box<dyn FrameSource>,
    spare: Option<Frame>,
    loops: u64,
    is_looping: bool,
    held_until_nanos: u64,
}

impl InlineFeed {
    /// A feed over `source`.
    pub fn new(source: Box<dyn FrameSource>, is_looping: bool) -> Self {
        let spare = Some(Frame::new(source.info().frame));
        Self {
            source,
            spare,
            loops: 0,
            is_looping,
            held_until_nanos: 0,
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
        let mut frame = self
            .spare
            .take()
            .unwrap_or_else(|| Frame::new(self.source.info().frame));
        match self.source.next_frame(&mut frame) {
            Ok(Next::Frame) => return Delivery::Frame(frame),
            Ok(Next::End) if self.is_looping => {
                self.loops += 1;
                if self.source.rewind().is_ok()
                    && self.source.next_frame(&mut frame) == Ok(Next::Frame)
                {
                    return Delivery::Frame(frame);
                }
            }
            Ok(Next::End) | Err(_) => {}
        }
        Delivery::Ended
    }

    fn give_back(&mut self, frame: Frame) {
        self.spare = Some(frame);
    }

    fn waiting(&self) -> usize {
        1
    }

    fn loops(&self) -> u64 {
        self.loops
    }
}
