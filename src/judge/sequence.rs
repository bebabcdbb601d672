//! Which frame now: the late-frame policies as a pure state machine.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Schedule;

/// What happens to frames that arrive while the pipeline is busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// The source waits: frame `k + 1` starts at `max(f_k, a_k + P)` and counts as arriving when it starts. No frame
    /// is skipped and none queues; the schedule slips instead.
    Block,
    /// No waiting room: after finishing a frame at `f`, the next one is the first with an arrival at or after `f`;
    /// those between are skipped. The schedule never slips.
    #[default]
    NextTick,
}

impl Policy {
    /// All policies.
    pub const ALL: [Self; 2] = [Self::NextTick, Self::Block];

    /// The name in commands, files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::NextTick => "next-tick",
        }
    }
}

/// The next frame to work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Number of the frame.
    pub index: u64,
    /// When it is due.
    pub arrival_nanos: u64,
    /// The frames before it that arrived and are skipped.
    pub skipped: Range<u64>,
}

/// Decides which frame is next. Works live and simulated alike; allocates nothing.
///
/// ```
/// use framescope::judge::{Policy, Schedule, Sequencer};
/// // 10 frames per second from time 0; frame 0 takes 250 ms.
/// let schedule = Schedule::new(10.try_into()?, 1.try_into()?);
/// let mut sequencer = Sequencer::new(Policy::NextTick, schedule, 0);
/// assert_eq!(sequencer.next(0).index, 0);
/// let turn = sequencer.next(250_000_000);
/// assert_eq!((turn.index, turn.skipped), (3, 1..3));
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sequencer {
    policy: Policy,
    schedule: Schedule,
    /// Time and number of the frame from which the schedule counts.
    origin_nanos: u64,
    origin_index: u64,
    next_index: u64,
    last_start_nanos: Option<u64>,
}

impl Sequencer {
    /// Frame 0 is due at `origin_nanos`.
    pub const fn new(policy: Policy, schedule: Schedule, origin_nanos: u64) -> Self {
        Self {
            policy,
            schedule,
            origin_nanos,
            origin_index: 0,
            next_index: 0,
            last_start_nanos: None,
        }
    }

    /// The policy in force.
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// The schedule in force.
    pub const fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// The number that the next arrival will have.
    pub const fn next_index(&self) -> u64 {
        self.next_index
    }

    /// When frame `index` is due by the schedule.
    ///
    /// # Panics
    /// In debug builds, if `index` lies before the last change of the schedule.
    pub fn arrival_nanos(&self, index: u64) -> u64 {
        self.origin_nanos + self.schedule.arrival_nanos(index - self.origin_index)
    }

    /// Goes on with another policy or schedule: the next frame is due at `origin_nanos`, numbers go on.
    pub const fn restart(&mut self, policy: Policy, schedule: Schedule, origin_nanos: u64) {
        self.policy = policy;
        self.schedule = schedule;
        self.origin_nanos = origin_nanos;
        self.origin_index = self.next_index;
        self.last_start_nanos = None;
    }

    /// The frame to work on when the pipeline is free at `now_nanos` (the finish of the frame before).
    pub fn next(&mut self, now_nanos: u64) -> Turn {
        let first = self.next_index;
        let (index, arrival_nanos) = match self.policy {
            Policy::NextTick => {
                let due = self
                    .schedule
                    .first_at_or_after(now_nanos.saturating_sub(self.origin_nanos));
                let index = first.max(self.origin_index + due);
                // The very first frame is worked on however late one comes to it.
                let index = if first == self.origin_index {
                    first
                } else {
                    index
                };
                (index, self.arrival_nanos(index))
            }
            Policy::Block => {
                let earliest = self.last_start_nanos.map_or(self.origin_nanos, |start| {
                    start + self.schedule.interval_nanos()
                });
                (first, earliest.max(now_nanos))
            }
        };
        self.next_index = index + 1;
        Turn {
            index,
            arrival_nanos,
            skipped: first..index,
        }
    }

    /// Takes the turn just given back: its frame is the next one again. Those it skipped stay skipped.
    pub const fn give_back(&mut self, turn: &Turn) {
        self.next_index = turn.index;
    }

    /// Tells when work on the turn just given began: under `block` the next frame counts from there.
    pub const fn started(&mut self, start_nanos: u64) {
        self.last_start_nanos = Some(start_nanos);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::judge::{Deadline, Tolerance};
    use crate::measure::{Verdict, VerdictCounts};

    fn schedule(frames: u32) -> Schedule {
        Schedule::new(frames.try_into().unwrap(), 1.try_into().unwrap())
    }

    /// 1,800 frames of 29.0 ms at 30 fps with 10 % tolerance, row 100 replaced by `spike_nanos`.
    fn skipped_and_late(policy: Policy, spike_nanos: u64) -> (u64, u64) {
        let schedule = schedule(30);
        let deadline = Deadline::new(
            schedule.interval_nanos(),
            Tolerance::from_percent(10.0).unwrap(),
        );
        let mut sequencer = Sequencer::new(policy, schedule, 0);
        let mut counts = VerdictCounts::default();
        let mut now = 0;
        while sequencer.next_index() < 1800 {
            let turn = sequencer.next(now);
            turn.skipped
                .clone()
                .for_each(|_| counts.add(Verdict::Skipped));
            let service = if turn.index == 100 {
                spike_nanos
            } else {
                29_000_000
            };
            sequencer.started(turn.arrival_nanos.max(now));
            now = turn.arrival_nanos.max(now) + service;
            counts.add(deadline.verdict(now - turn.arrival_nanos));
        }
        assert_eq!(counts.arrived(), 1800);
        (counts.skipped, counts.late)
    }

    #[test]
    fn one_spike_and_one_stall_give_the_known_counts() {
        assert_eq!(skipped_and_late(Policy::Block, 62_900_000), (0, 1));
        assert_eq!(skipped_and_late(Policy::Block, 200_000_000), (0, 1));
        assert_eq!(skipped_and_late(Policy::NextTick, 62_900_000), (1, 1));
        assert_eq!(skipped_and_late(Policy::NextTick, 200_000_000), (5, 1));
    }

    #[test]
    fn a_new_schedule_goes_on_counting() {
        let mut sequencer = Sequencer::new(Policy::NextTick, schedule(10), 0);
        sequencer.next(0);
        sequencer.next(50_000_000);
        sequencer.restart(Policy::NextTick, schedule(100), 1_000_000_000);
        assert_eq!(
            sequencer.next(400),
            Turn {
                index: 2,
                arrival_nanos: 1_000_000_000,
                skipped: 2..2
            }
        );
        assert_eq!(sequencer.next(1_001_000_000).arrival_nanos, 1_010_000_000);
    }

    proptest! {
        #[test]
        fn every_arrival_is_taken_or_skipped_once(
            services in prop::collection::vec(1u64..200_000_000, 1..200), block: bool,
        ) {
            let policy = if block { Policy::Block } else { Policy::NextTick };
            let mut sequencer = Sequencer::new(policy, schedule(30), 5_000);
            let (mut now, mut expected) = (0, 0);
            for service in services {
                let turn = sequencer.next(now);
                prop_assert_eq!(turn.skipped.start, expected);
                prop_assert_eq!(turn.skipped.end, turn.index);
                prop_assert!(turn.skipped.is_empty() || turn.arrival_nanos >= now);
                expected = turn.index + 1;
                sequencer.started(now.max(turn.arrival_nanos));
                now = now.max(turn.arrival_nanos) + service;
            }
        }
    }
}
