//! How one of several streams is started: its number, its place between the others, its share of the memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::frame::Frame;

/// Frames that a stream holds at least, however large they are: one in work, one that is decoded meanwhile.
pub(super) const FRAMES_AHEAD_AT_LEAST: usize = 2;

/// Memory that the frames decoded ahead of a stream that runs alone may take, in bytes.
pub(super) const BYTES_AHEAD: usize = 256 << 20;

/// Records of a stream that runs alone that wait for the control side at most: more than two minutes at 30 frames per
/// second.
const RECORDS_WAITING: usize = 4_096;

/// How the arrivals of several streams lie to one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phases {
    /// Spread over the interval: stream `i` of `n` is `i ÷ n` of an interval behind the first.
    #[default]
    Spread,
    /// All at the same moment, as cameras with a common clock.
    Aligned,
}

impl Phases {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Spread, Self::Aligned];

    /// The name in commands, files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spread => "spread",
            Self::Aligned => "aligned",
        }
    }
}

/// The line that several streams begin behind: closed until all have warmed up.
#[derive(Clone, Debug, Default)]
pub(super) struct StartLine {
    /// The moment from which phases count, in nanoseconds of the clock; 0 while the line is closed.
    epoch_nanos: Arc<AtomicU64>,
}

impl StartLine {
    /// Lets the streams go: phases count from `epoch_nanos`.
    pub(super) fn open(&self, epoch_nanos: u64) {
        self.epoch_nanos
            .store(epoch_nanos.max(1), Ordering::Release);
    }

    pub(super) fn is_open(&self) -> bool {
        self.epoch_nanos.load(Ordering::Acquire) > 0
    }
}

/// A stream's place behind the line.
#[derive(Clone, Debug, Default)]
pub(super) struct Lane {
    pub(super) line: StartLine,
    /// How far behind the line its arrivals lie, as a share of the interval: 0 to 1.
    pub(super) phase: f64,
    /// It has warmed up.
    pub(super) is_ready: Arc<AtomicBool>,
}

impl Lane {
    /// The first moment of the stream's grid that is an interval away or more; `None` while the line is closed.
    pub(super) fn first_arrival(&self, now_nanos: u64, interval_nanos: u64) -> Option<u64> {
        let epoch_nanos = self.line.epoch_nanos.load(Ordering::Acquire);
        if epoch_nanos == 0 {
            return None;
        }
        let interval_nanos = interval_nanos.max(1);
        let begin_nanos = epoch_nanos + (self.phase * interval_nanos as f64) as u64;
        let intervals = now_nanos
            .saturating_sub(begin_nanos)
            .div_ceil(interval_nanos);
        Some(begin_nanos + (intervals + 1) * interval_nanos)
    }
}

/// What one stream is given beside its configuration. The default is that of a stream that runs alone.
#[derive(Debug)]
pub(super) struct Launch {
    /// Its number: its threads bear it.
    pub(super) number: u32,
    /// Its place behind the line; `None` begins as soon as it can.
    pub(super) lane: Option<Lane>,
    /// Memory for frames decoded ahead, in bytes.
    pub(super) bytes_ahead: usize,
    /// Room for records.
    pub(super) records_waiting: usize,
    /// Frames that an earlier stream left.
    pub(super) frames: Vec<Frame>,
}

impl Default for Launch {
    fn default() -> Self {
        Self {
            number: 0,
            lane: None,
            bytes_ahead: BYTES_AHEAD,
            records_waiting: RECORDS_WAITING,
            frames: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_of_a_lane_lie_on_its_grid_whenever_it_comes() {
        let line = StartLine::default();
        let lane = |phase| Lane {
            line: line.clone(),
            phase,
            ..Lane::default()
        };
        assert_eq!(lane(0.0).first_arrival(5, 100), None);
        line.open(1_000);
        for (phase, now_nanos, first_nanos) in [
            (0.0, 1_000, 1_100),
            (0.25, 1_000, 1_125),
            (0.0, 1_001, 1_200),
            (0.5, 1_720, 1_850),
            (0.5, 1_750, 1_850),
        ] {
            let first = lane(phase).first_arrival(now_nanos, 100);
            assert_eq!(first, Some(first_nanos), "{phase} {now_nanos}");
        }
    }
}
