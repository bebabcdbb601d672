//! When the first frame is due: one interval after the warm-up, or where the streams that begin together say.

use std::sync::atomic::Ordering;

use super::{NAP_NANOS, Worker};
use crate::engine::config::Ending;
use crate::engine::feed::FrameFeed;
use crate::measure::Clock;

impl<C: Clock, F: FrameFeed> Worker<C, F> {
    /// Tells those who begin together that the warm-up is done.
    pub(super) fn say_ready(&self) {
        if let Some(lane) = &self.lane {
            lane.is_ready.store(true, Ordering::Release);
        }
    }

    /// Waits until the streams begin together, if there are several. When the first frame is due, by the clock.
    pub(super) fn first_arrival(&self) -> Result<u64, Ending> {
        let interval_nanos = self.interval_nanos();
        loop {
            if self.is_stopped() {
                return Err(Ending::Stopped);
            }
            let now_nanos = self.clock.now_nanos();
            let first_nanos = match &self.lane {
                None => Some(now_nanos + interval_nanos),
                Some(lane) => lane.first_arrival(now_nanos, interval_nanos),
            };
            match first_nanos {
                Some(nanos) => return Ok(nanos),
                None => self.clock.rest_until_nanos(now_nanos + NAP_NANOS),
            }
        }
    }
}
