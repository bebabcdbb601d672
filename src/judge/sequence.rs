//! Which frame now: the late-frame policies as a pure state machine, used live, simulated and in replay alike.
//!
//! Order of events at one instant: arrivals at or before the time enter, in their order, before the pipeline takes its
//! next frame. The pipeline takes the oldest waiting frame; with an empty room it waits for the next arrival.

use std::collections::VecDeque;

use super::{ArrivalPattern, ArrivalPlan, Arrivals, Deadline, Policy, QUEUE_BOUND};
use crate::measure::Typical;

/// After this long without a finished frame a frame is taken whatever the rule says, if the floor is on.
pub const FLOOR_NANOS: u64 = 1_000_000_000;

/// When arrivals end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// Arrivals to measure.
    pub frames: Option<u64>,
    /// Time from the first arrival after which no more frames arrive, in nanoseconds.
    pub nanos: Option<u64>,
}

/// A frame that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// Number of the frame.
    pub index: u64,
    /// When it was due.
    pub arrival_nanos: u64,
}

/// The next frame to work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Number of the frame.
    pub index: u64,
    /// When it is due: now, earlier, or later, if nothing waits.
    pub arrival_nanos: u64,
    /// Frames that go on waiting behind it.
    pub queue_depth: u32,
}

/// What the law of a stream consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Law {
    /// What happens to frames that arrive while the pipeline is busy.
    pub policy: Policy,
    /// When frames arrive.
    pub arrivals: ArrivalPlan,
    /// What is allowed to each; `admit` looks at it before the work, everybody else after it.
    pub deadline: Deadline,
    /// Whether a stream that finished nothing for a second takes the next frame whatever the rule says.
    pub has_floor: bool,
}

/// Decides which frame is next. Allocates nothing once made.
///
/// ```
/// use framescope::judge::{Deadline, Law, Limit, Policy, Schedule, Sequencer, Tolerance};
/// // 10 frames per second from time 0; frame 0 takes 250 ms.
/// let schedule = Schedule::new(10.try_into()?, 1.try_into()?);
/// let law = Law {
///     policy: Policy::NextTick,
///     arrivals: schedule.into(),
///     deadline: Deadline::new(100_000_000, Tolerance::default()),
///     has_floor: false,
/// };
/// let mut sequencer = Sequencer::new(law, Limit::default(), 0);
/// let mut skipped = Vec::new();
/// assert_eq!(sequencer.next(0, |frame| skipped.push(frame.index)).map(|turn| turn.index), Some(0));
/// sequencer.finished(250_000_000, 250_000_000);
/// assert_eq!(sequencer.next(250_000_000, |frame| skipped.push(frame.index)).map(|turn| turn.index), Some(3));
/// assert_eq!(skipped, [1, 2]);
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sequencer {
    law: Law,
    arrivals: Arrivals,
    limit: Limit,
    /// From this time on nothing arrives.
    end_nanos: u64,
    /// The time from which the present arrivals count.
    origin_nanos: u64,
    next_index: u64,
    /// The next arrival, if it has been asked for already.
    peeked_nanos: Option<u64>,
    /// Arrivals of a live source that were told and not yet looked at.
    told: VecDeque<u64>,
    waiting: VecDeque<Arrived>,
    place: Place,
    /// What `place` was before the last turn, in case it is given back.
    place_before: Place,
    last_finish_nanos: u64,
    services: Typical,
}

/// How far the arrivals have been followed.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// Something has been taken since the last start. The first frame is worked on however late one comes to it.
    has_begun: bool,
    /// Place in the pattern of the frame taken last: the gap to the next one is what the source of `block` waits.
    nanos: u64,
    /// When work on it began.
    start_nanos: Option<u64>,
}

impl Sequencer {
    /// Frame 0 is due at `origin_nanos` (plus what the pattern makes of it).
    pub fn new(law: Law, limit: Limit, origin_nanos: u64) -> Self {
        Self {
            arrivals: Arrivals::new(law.arrivals.clone()),
            told: VecDeque::with_capacity(match law.arrivals.pattern {
                ArrivalPattern::Live => QUEUE_BOUND,
                _ => 0,
            }),
            waiting: VecDeque::with_capacity(law.policy.bound()),
            law,
            limit,
            end_nanos: end_nanos(limit, origin_nanos),
            origin_nanos,
            next_index: 0,
            peeked_nanos: None,
            place: Place::default(),
            place_before: Place::default(),
            last_finish_nanos: origin_nanos,
            services: Typical::new(),
        }
    }

    /// The law in force.
    pub const fn law(&self) -> &Law {
        &self.law
    }

    /// The number that the next arrival will have.
    pub const fn next_index(&self) -> u64 {
        self.next_index
    }

    /// Judges from now on by another deadline.
    pub const fn set_deadline(&mut self, deadline: Deadline) {
        self.law.deadline = deadline;
    }

    /// Scatters arrivals from now on; see [`Arrivals::scatter`].
    pub fn scatter(&mut self, max_nanos: u64) {
        self.arrivals.scatter(max_nanos);
    }

    /// Starts the schedule at `origin_nanos`, for the first time or after a pause of `paused_nanos`, by which everything
    /// that waits is moved.
    pub fn start_at(&mut self, origin_nanos: u64, paused_nanos: u64) {
        for frame in &mut self.waiting {
            frame.arrival_nanos += paused_nanos;
        }
        if self.next_index == 0 {
            self.end_nanos = end_nanos(self.limit, origin_nanos);
        }
        self.arrivals.rebase();
        self.origin_nanos = origin_nanos;
        self.last_finish_nanos = self.last_finish_nanos.max(origin_nanos);
        // What a live source has delivered stays where it was.
        if !self.is_live() {
            self.peeked_nanos = None;
        }
        self.place = Place::default();
    }

    /// Takes over from a sequencer under another law: numbers and limits go on, the next frame is due at
    /// `origin_nanos`, and what waits goes on waiting as far as the new room has space; the rest is skipped.
    pub fn succeed(&mut self, old: &mut Self, origin_nanos: u64, skip: impl FnMut(Arrived)) {
        let fits = old.waiting.len().min(self.law.policy.bound());
        self.waiting.extend(old.waiting.drain(..fits));
        old.waiting.drain(..).for_each(skip);
        self.next_index = old.next_index;
        (self.limit, self.end_nanos) = (old.limit, old.end_nanos);
        self.services = old.services;
        self.last_finish_nanos = old.last_finish_nanos;
        if self.is_live() && old.is_live() {
            std::mem::swap(&mut self.told, &mut old.told);
            self.peeked_nanos = old.peeked_nanos;
            self.place = old.place;
            return;
        }
        self.start_at(origin_nanos, 0);
    }

    /// Whether frames arrive when they are told, and not by a schedule.
    pub const fn is_live(&self) -> bool {
        matches!(self.law.arrivals.pattern, ArrivalPattern::Live)
    }

    /// Whether another arrival can be told.
    pub fn has_room(&self) -> bool {
        self.told.len() < QUEUE_BOUND
    }

    /// Tells of the next arrival of a live source, at `nanos` of the clock and not before the one told last; false if
    /// too many wait to be looked at.
    pub fn arrived(&mut self, nanos: u64) -> bool {
        let has_room = self.is_live() && self.has_room();
        if has_room {
            self.told.push_back(nanos);
        }
        has_room
    }

    /// Forgets what a live source has delivered and nobody has taken: it counts as never arrived.
    pub fn forget(&mut self) {
        self.told.clear();
        self.waiting.clear();
        self.peeked_nanos = None;
    }

    /// Whether the limit is reached at `now_nanos`: a live source without an arrival may be asked again until then.
    pub fn is_over(&self, now_nanos: u64) -> bool {
        let has_all = |frames| self.next_index >= frames;
        now_nanos >= self.end_nanos || self.limit.frames.is_some_and(has_all)
    }

    /// The frame to work on when the pipeline is free at `now_nanos` (the finish of the frame before); `None` when
    /// nothing waits and nothing arrives any more. `skip` is told every frame that is given up.
    pub fn next(&mut self, now_nanos: u64, mut skip: impl FnMut(Arrived)) -> Option<Turn> {
        self.place_before = self.place;
        // A live arrival is noticed a little after it: what came since the last finish found the pipeline free, and is
        // taken as it would have been at its own time.
        let free_nanos = if self.is_live() {
            self.last_finish_nanos.min(now_nanos)
        } else {
            now_nanos
        };
        let taken = match self.law.policy {
            Policy::Block => self.take_blocking(now_nanos),
            Policy::NextTick => self.take_at_tick(free_nanos, &mut skip),
            _ => {
                self.let_in(free_nanos, &mut skip);
                self.take_waiting(now_nanos, &mut skip)
            }
        }?;
        self.place.has_begun = true;
        Some(Turn {
            index: taken.index,
            arrival_nanos: taken.arrival_nanos,
            queue_depth: self.waiting.len() as u32,
        })
    }

    /// Takes a turn back that was not yet due: its frame is the next one again.
    ///
    /// # Panics
    /// In debug builds, if the turn was due already: what arrived with it would be lost.
    pub fn give_back(&mut self, turn: &Turn) {
        debug_assert!(
            self.peeked_nanos.is_none(),
            "only a turn that is not due is given back"
        );
        self.next_index = turn.index;
        self.peeked_nanos = Some(match self.law.policy {
            Policy::Block => self.place.nanos,
            _ => turn.arrival_nanos,
        });
        self.place = self.place_before;
    }

    /// Tells when work on the turn just given began: under `block` the next frame counts from there.
    pub const fn started(&mut self, start_nanos: u64) {
        self.place.start_nanos = Some(start_nanos);
    }

    /// Tells what the frame just finished took: `admit` expects the next ones to take as long.
    pub fn finished(&mut self, service_nanos: u64, finish_nanos: u64) {
        self.services.add(service_nanos);
        self.last_finish_nanos = finish_nanos;
    }

    /// When the next frame is due by the pattern, whatever waits; `None` if nothing arrives any more.
    pub fn next_arrival_nanos(&mut self) -> Option<u64> {
        self.peek()
    }

    /// When the next frame arrives; `None` if none does.
    fn peek(&mut self) -> Option<u64> {
        if self
            .limit
            .frames
            .is_some_and(|frames| self.next_index >= frames)
        {
            return None;
        }
        if self.peeked_nanos.is_none() {
            self.peeked_nanos = Some(match self.law.arrivals.pattern {
                ArrivalPattern::Live => self.told.pop_front()?,
                _ => self.arrivals.next()?.saturating_add(self.origin_nanos),
            });
        }
        self.peeked_nanos.filter(|&nanos| nanos < self.end_nanos)
    }

    /// The next arrival, to be taken or skipped.
    fn arrive(&mut self, arrival_nanos: u64) -> Arrived {
        let index = self.next_index;
        self.next_index += 1;
        self.peeked_nanos = None;
        Arrived {
            index,
            arrival_nanos,
        }
    }

    fn take_blocking(&mut self, now_nanos: u64) -> Option<Arrived> {
        let place_nanos = self.peek()?;
        let gap_nanos = match self.law.arrivals.pattern {
            ArrivalPattern::Fixed => self.law.arrivals.schedule.interval_nanos(),
            _ => place_nanos.saturating_sub(self.place.nanos),
        };
        let earliest = match self.place.start_nanos {
            Some(start_nanos) if !self.is_live() => start_nanos + gap_nanos,
            _ => place_nanos,
        };
        let arrival_nanos = earliest.max(now_nanos);
        if arrival_nanos >= self.end_nanos {
            return None;
        }
        self.place.nanos = place_nanos;
        Some(self.arrive(arrival_nanos))
    }

    fn take_at_tick(&mut self, now_nanos: u64, skip: &mut impl FnMut(Arrived)) -> Option<Arrived> {
        loop {
            let arrival_nanos = self.peek()?;
            let frame = self.arrive(arrival_nanos);
            if arrival_nanos >= now_nanos || !self.place.has_begun {
                return Some(frame);
            }
            skip(frame);
        }
    }

    /// Lets everything in that has arrived.
    fn let_in(&mut self, now_nanos: u64, skip: &mut impl FnMut(Arrived)) {
        let bound = self.law.policy.bound();
        while let Some(arrival_nanos) = self.peek().filter(|&nanos| nanos <= now_nanos) {
            let frame = self.arrive(arrival_nanos);
            if self.waiting.len() < bound {
                self.waiting.push_back(frame);
            } else if let Policy::LeakyDownstream { .. } = self.law.policy {
                self.waiting.pop_front().into_iter().for_each(&mut *skip);
                self.waiting.push_back(frame);
            } else {
                skip(frame);
            }
        }
    }

    fn take_waiting(&mut self, now_nanos: u64, skip: &mut impl FnMut(Arrived)) -> Option<Arrived> {
        while let Some(frame) = self.waiting.pop_front() {
            if self.law.policy == Policy::Admit && self.is_hopeless(frame, now_nanos) {
                skip(frame);
            } else {
                return Some(frame);
            }
        }
        let arrival_nanos = self.peek()?;
        Some(self.arrive(arrival_nanos))
    }

    /// Whether a frame taken now would miss its deadline if it took as long as usual.
    fn is_hopeless(&self, frame: Arrived, now_nanos: u64) -> bool {
        let is_starved =
            self.law.has_floor && now_nanos.saturating_sub(self.last_finish_nanos) >= FLOOR_NANOS;
        if frame.arrival_nanos == now_nanos || is_starved {
            return false;
        }
        let deadline_nanos = frame.arrival_nanos + self.law.deadline.limit_nanos();
        self.services
            .median()
            .is_some_and(|expected| now_nanos + expected > deadline_nanos)
    }
}

fn end_nanos(limit: Limit, origin_nanos: u64) -> u64 {
    limit
        .nanos
        .map_or(u64::MAX, |nanos| origin_nanos.saturating_add(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Schedule, Tolerance};

    fn law(policy: Policy, rate: u32) -> Law {
        let schedule = Schedule::from_rate(rate, 1);
        Law {
            policy,
            arrivals: schedule.into(),
            deadline: Deadline::new(schedule.interval_nanos(), Tolerance::default()),
            has_floor: false,
        }
    }

    const MS: u64 = 1_000_000;

    /// Takes the next turn and gives it with the frames skipped on the way.
    fn next(sequencer: &mut Sequencer, now_ms: u64) -> (Option<u64>, Vec<u64>) {
        let mut skipped = Vec::new();
        let turn = sequencer.next(now_ms * MS, |frame| skipped.push(frame.index));
        (turn.map(|turn| turn.index), skipped)
    }

    #[test]
    fn each_policy_gives_up_its_own_frames_in_a_stall() {
        for (policy, skipped, then) in [
            (Policy::Queue, vec![], 1),
            (Policy::LeakyUpstream { capacity: 2 }, vec![3, 4], 1),
            (Policy::LeakyDownstream { capacity: 2 }, vec![1, 2], 3),
            (Policy::NextTick, vec![1, 2, 3, 4], 5),
            // Frame 4 arrived at 400 ms and may be finished at 500; 20 ms at 450 do.
            (Policy::Admit, vec![1, 2, 3], 4),
        ] {
            let mut sequencer = Sequencer::new(law(policy, 10), Limit::default(), 0);
            assert_eq!(next(&mut sequencer, 0).0, Some(0));
            sequencer.finished(20 * MS, 450 * MS);
            assert_eq!(next(&mut sequencer, 450), (Some(then), skipped), "{policy}");
        }
    }

    #[test]
    fn live_arrivals_are_taken_as_replay_takes_them() {
        // A burst, a gap, and frames that come while one is worked on. Each frame takes 25 ms.
        let arrivals: Vec<u64> = [0, 1, 2, 3, 40, 90, 91, 400, 401, 402, 460]
            .map(|ms| ms * MS)
            .into();
        for policy in Policy::ALL {
            let rows = vec![Some(25 * MS); arrivals.len()];
            let trace = crate::judge::Trace::new(&rows)
                .with_arrivals(arrivals.clone())
                .unwrap();
            let replayed = crate::judge::replay(&trace, &law(policy, 20), 1.0);
            let expected: Vec<(u64, u64)> = replayed
                .processed()
                .map(|outcome| (outcome.index, outcome.start_nanos))
                .collect();

            let mut live = law(policy, 20);
            live.arrivals.pattern = ArrivalPattern::Live;
            let mut sequencer = Sequencer::new(live, Limit::default(), 0);
            let (mut told, mut now_nanos, mut processed, mut skipped) = (0, 0, Vec::new(), 0);
            loop {
                // The stream hears of an arrival a while after it.
                while told < arrivals.len() && arrivals[told] <= now_nanos {
                    assert!(sequencer.arrived(arrivals[told]));
                    told += 1;
                }
                let Some(turn) = sequencer.next(now_nanos, |_| skipped += 1) else {
                    assert!(!sequencer.is_over(now_nanos));
                    let Some(&next) = arrivals.get(told) else {
                        break;
                    };
                    now_nanos = next + MS / 10;
                    continue;
                };
                let start_nanos = now_nanos.max(turn.arrival_nanos);
                processed.push((turn.index, start_nanos));
                now_nanos = start_nanos + 25 * MS;
                sequencer.started(start_nanos);
                sequencer.finished(25 * MS, now_nanos);
            }
            assert_eq!(processed.len() + skipped, arrivals.len(), "{policy}");
            let indexes =
                |all: &[(u64, u64)]| all.iter().map(|(index, _)| *index).collect::<Vec<_>>();
            if policy == Policy::Block {
                // Live, the source does not wait: what is there is taken.
                assert_eq!(processed.len(), arrivals.len());
            } else {
                assert_eq!(indexes(&processed), indexes(&expected), "{policy}");
            }
        }
    }

    #[test]
    fn a_live_stream_ends_at_its_limit_and_not_for_want_of_frames() {
        let mut live = law(Policy::Queue, 10);
        live.arrivals.pattern = ArrivalPattern::Live;
        let limit = Limit {
            frames: Some(2),
            nanos: Some(500 * MS),
        };
        let mut sequencer = Sequencer::new(live, limit, 0);
        assert_eq!(next(&mut sequencer, 100), (None, vec![]));
        assert!(!sequencer.is_over(100 * MS) && sequencer.is_over(500 * MS));
        for ms in [110, 120, 130] {
            assert!(sequencer.arrived(ms * MS));
        }
        assert_eq!(next(&mut sequencer, 140).0, Some(0));
        assert_eq!(next(&mut sequencer, 141).0, Some(1));
        assert!(sequencer.is_over(142 * MS));
        sequencer.forget();
        assert_eq!(next(&mut sequencer, 143), (None, vec![]));
    }

    #[test]
    fn a_slow_first_frame_does_not_starve_the_stream() {
        let mut sequencer = Sequencer::new(law(Policy::Admit, 10), Limit::default(), 0);
        assert_eq!(next(&mut sequencer, 0).0, Some(0));
        sequencer.finished(350 * MS, 350 * MS);
        // Those that wait are hopeless by the only time that is known; the next is taken at its own arrival.
        assert_eq!(next(&mut sequencer, 350), (Some(4), vec![1, 2, 3]));
    }

    #[test]
    fn the_floor_takes_a_hopeless_frame_after_a_second() {
        for (has_floor, expected) in [
            (false, (Some(16), (1..16).collect())),
            (true, (Some(1), vec![])),
        ] {
            let law = Law {
                has_floor,
                ..law(Policy::Admit, 10)
            };
            let mut sequencer = Sequencer::new(law, Limit::default(), 0);
            assert_eq!(next(&mut sequencer, 0).0, Some(0));
            sequencer.finished(350 * MS, 400 * MS);
            assert_eq!(next(&mut sequencer, 1550), expected, "floor {has_floor}");
        }
    }

    #[test]
    fn a_turn_that_is_given_back_comes_again() {
        for policy in Policy::ALL {
            let mut sequencer = Sequencer::new(law(policy, 10), Limit::default(), 50 * MS);
            let mut turns = Vec::new();
            let mut now_ms = 0;
            for _ in 0..4 {
                let mut none = |_| panic!("nothing is skipped");
                let turn = sequencer.next(now_ms * MS, &mut none).unwrap();
                sequencer.give_back(&turn);
                assert_eq!(
                    sequencer.next(now_ms * MS, &mut none),
                    Some(turn),
                    "{policy}"
                );
                sequencer.started(turn.arrival_nanos);
                now_ms = turn.arrival_nanos / MS + 20;
                sequencer.finished(20 * MS, now_ms * MS);
                turns.push(turn.arrival_nanos / MS);
            }
            assert_eq!(turns, [50, 150, 250, 350], "{policy}");
        }
    }

    #[test]
    fn a_new_law_goes_on_counting_and_keeps_what_fits() {
        let mut old = Sequencer::new(law(Policy::Queue, 10), Limit::default(), 0);
        assert_eq!(next(&mut old, 0).0, Some(0));
        assert_eq!(next(&mut old, 450), (Some(1), vec![]));
        let mut sequencer = Sequencer::new(
            law(Policy::LeakyUpstream { capacity: 1 }, 100),
            Limit::default(),
            0,
        );
        let mut skipped = Vec::new();
        sequencer.succeed(&mut old, 500 * MS, |frame| skipped.push(frame.index));
        assert_eq!(skipped, [3, 4]);
        assert_eq!(next(&mut sequencer, 450), (Some(2), vec![]));
        assert_eq!(next(&mut sequencer, 450), (Some(5), vec![]));
    }

    #[test]
    fn a_limit_ends_the_arrivals_and_what_waits_is_worked_off() {
        let limit = Limit {
            frames: None,
            nanos: Some(250 * MS),
        };
        let mut sequencer = Sequencer::new(law(Policy::Queue, 10), limit, 7 * MS);
        let taken: Vec<_> = (0..5).map(|_| next(&mut sequencer, 900).0).collect();
        assert_eq!(taken, [Some(0), Some(1), Some(2), None, None]);
    }

    #[test]
    fn what_waits_is_moved_by_a_pause() {
        let mut sequencer = Sequencer::new(law(Policy::Queue, 10), Limit::default(), 0);
        next(&mut sequencer, 250);
        sequencer.start_at(5_000 * MS, 4_700 * MS);
        let turn = sequencer.next(5_000 * MS, |_| {}).unwrap();
        assert_eq!((turn.index, turn.arrival_nanos), (1, 4_800 * MS));
        assert_eq!(turn.queue_depth, 2);
    }

    #[test]
    fn a_full_queue_is_bounded() {
        let mut sequencer = Sequencer::new(law(Policy::Queue, 1000), Limit::default(), 0);
        next(&mut sequencer, 0);
        let (turn, skipped) = next(&mut sequencer, 12_000);
        assert_eq!((turn, skipped.len()), (Some(1), 2_000));
        assert_eq!(skipped[0], 10_001);
    }
}
