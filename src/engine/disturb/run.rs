//! Disturbances at work: on the stream thread, between and inside frames.

use super::hog::Hogs;
use super::{Collector, Disturbance, Effect, GcCycle, MAX_DISTURBANCES, Stretch};
use crate::measure::{Clock, DisturbanceKind, Disturbed, FrameRecord, MemoryCost, Waiting};

/// Memory that is asked for when pages are to be touched: over glibc's largest threshold, so that it comes fresh from
/// the system every time and goes back there.
const FRESH_BYTES: usize = 34 << 20;

/// Size of a page.
const PAGE_BYTES: usize = 4096;

/// Size of an allocated piece.
const PIECE_BYTES: usize = 1024;

/// The longest ramp of a throttle.
const RAMP_NANOS: u64 = 1_000_000_000;

/// Disturbances, made ready: whatever they need beforehand (threads, lists) is there.
#[derive(Debug)]
pub struct Disturber {
    actives: Vec<Active>,
    hogs: Option<Hogs>,
    collector: Option<Collector>,
    /// The cycle of this frame, until it is told.
    cycle: Option<GcCycle>,
    /// What the frame before really allocated.
    last_allocated_bytes: u64,
    pieces: Vec<Vec<u8>>,
}

/// One disturbance and whether it has begun.
#[derive(Clone, Copy, Debug)]
struct Active {
    what: Disturbance,
    began: Option<Began>,
    is_over: bool,
}

#[derive(Clone, Copy, Debug)]
struct Began {
    at_nanos: u64,
    at_frame: u64,
}

/// What a frame is about to be disturbed by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::engine) struct Ahead {
    /// Which kinds are on.
    pub(in crate::engine) disturbed: Disturbed,
    /// Arrivals are scattered by so much.
    pub(in crate::engine) scatter_nanos: u64,
    /// The source is to hold still for so long.
    pub(in crate::engine) hold_up_nanos: u64,
    faults_bytes: u64,
    alloc_bytes: u64,
    sleep_nanos: u64,
    /// Every stage is to take so many times as long.
    pub(in crate::engine) slowdown: f64,
    has_collector: bool,
}

impl Disturber {
    /// Makes disturbances ready; those beyond [`MAX_DISTURBANCES`] are left out.
    ///
    /// # Errors
    /// If the operating system refuses the threads of a hog.
    pub fn new(disturbances: &[Disturbance], seed: u64) -> std::io::Result<Self> {
        let chosen = &disturbances[..disturbances.len().min(MAX_DISTURBANCES)];
        let most = |of: fn(Effect) -> u64| chosen.iter().map(|what| of(what.effect)).sum::<u64>();
        let threads = most(|effect| match effect {
            Effect::Hog { threads } => u64::from(threads),
            _ => 0,
        });
        let pieces = most(|effect| match effect {
            Effect::Alloc { bytes } => bytes.div_ceil(PIECE_BYTES as u64),
            _ => 0,
        });
        let model = chosen.iter().find_map(|what| match what.effect {
            Effect::Gc(model) => Some(model),
            _ => None,
        });
        let active = |&what: &Disturbance| Active {
            what,
            began: None,
            is_over: false,
        };
        Ok(Self {
            actives: chosen.iter().map(active).collect(),
            hogs: if threads > 0 {
                Some(Hogs::new(threads as u32)?)
            } else {
                None
            },
            collector: model.map(|model| {
                Collector::new(model, MemoryCost::of_this_machine().nanos_per_byte, seed)
            }),
            cycle: None,
            last_allocated_bytes: 0,
            pieces: Vec::with_capacity(pieces as usize),
        })
    }

    /// Looks what frame `index` at `nanos` after the first arrival is to be disturbed by. Told once a frame.
    pub(in crate::engine) fn look_ahead(&mut self, index: u64, nanos: u64) -> Ahead {
        let mut ahead = Ahead {
            slowdown: 1.0,
            ..Ahead::default()
        };
        let mut hogs = 0;
        for active in &mut self.actives {
            let Some(since_nanos) = active.is_on(index, nanos) else {
                continue;
            };
            ahead.disturbed.add(active.what.effect.kind());
            match active.what.effect {
                Effect::Hog { threads } => hogs += threads,
                Effect::Faults { bytes } => ahead.faults_bytes += bytes,
                Effect::Alloc { bytes } => ahead.alloc_bytes += bytes,
                Effect::Sleep { nanos } => ahead.sleep_nanos += nanos,
                Effect::Decoder { nanos } => ahead.hold_up_nanos += nanos,
                Effect::Jitter { nanos } => ahead.scatter_nanos = ahead.scatter_nanos.max(nanos),
                Effect::Throttle { factor } => {
                    ahead.slowdown *= 1.0 + (factor - 1.0) * active.ramp(since_nanos);
                }
                Effect::Gc(_) => ahead.has_collector = true,
            }
        }
        if let Some(threads) = &self.hogs {
            threads.set_busy(hogs);
        }
        ahead
    }

    /// Does to a frame what is done before the pipeline's work.
    pub(in crate::engine) fn before_work<C: Clock>(
        &mut self,
        ahead: &Ahead,
        (record, interval_nanos): (&mut FrameRecord, u64),
        clock: &C,
    ) {
        if !ahead.disturbed.is_any() {
            return;
        }
        let mut timed = |kind, work: &mut dyn FnMut()| {
            let before = clock.now_nanos();
            work();
            record.injected.add(kind, clock.now_nanos() - before);
        };
        if ahead.faults_bytes > 0 {
            timed(DisturbanceKind::Faults, &mut || touch(ahead.faults_bytes));
        }
        if ahead.alloc_bytes > 0 {
            let pieces = &mut self.pieces;
            timed(DisturbanceKind::Alloc, &mut || {
                allocate(pieces, ahead.alloc_bytes);
            });
        }
        if ahead.sleep_nanos > 0 {
            timed(DisturbanceKind::Sleep, &mut || {
                clock.wait_until_nanos(clock.now_nanos() + ahead.sleep_nanos, Waiting::Sleep);
            });
        }
        if ahead.has_collector
            && let Some(collector) = &mut self.collector
        {
            self.cycle = collector.allocate(
                self.last_allocated_bytes,
                record.arrival_nanos,
                interval_nanos,
            );
            if let Some(cycle) = self.cycle {
                timed(DisturbanceKind::Gc, &mut || {
                    clock.wait_until_nanos(clock.now_nanos() + cycle.held_nanos(), Waiting::Hybrid);
                });
            }
        }
    }

    /// Does to a frame what is done after the pipeline's work of `service_nanos`; the simulated collector's cycle, if
    /// there was one.
    pub(in crate::engine) fn after_work<C: Clock>(
        &mut self,
        ahead: &Ahead,
        (record, service_nanos): (&mut FrameRecord, u64),
        clock: &C,
    ) -> Option<GcCycle> {
        if !ahead.disturbed.is_any() {
            return None;
        }
        let cycle = self.cycle.take();
        if let (Some(cycle), Some(collector)) = (&cycle, &self.collector) {
            let before = clock.now_nanos();
            let until_nanos = before + collector.slowed_nanos(cycle, service_nanos);
            clock.wait_until_nanos(until_nanos, Waiting::Spin);
            record
                .injected
                .add(DisturbanceKind::Gc, clock.now_nanos() - before);
        }
        cycle
    }

    /// Tells what the frame really allocated.
    pub(in crate::engine) const fn allocated(&mut self, bytes: u64) {
        self.last_allocated_bytes = bytes;
    }
}

impl Active {
    /// How long it has been on, if it is on for this frame.
    fn is_on(&mut self, index: u64, nanos: u64) -> Option<u64> {
        if self.is_over {
            return None;
        }
        let has_started = match self.what.start {
            None => true,
            Some(Stretch::Nanos(start)) => nanos >= start,
            Some(Stretch::Frames(start)) => index >= start,
        };
        if !has_started {
            return None;
        }
        let began = *self.began.get_or_insert(Began {
            // A stretch of time counts from where it was to begin, not from the frame that came first after it.
            at_nanos: match self.what.start {
                Some(Stretch::Nanos(start)) => start,
                _ => nanos,
            },
            at_frame: index,
        });
        let since_nanos = nanos.saturating_sub(began.at_nanos);
        match self.what.length {
            Some(Stretch::Nanos(length)) => self.is_over = since_nanos >= length,
            Some(Stretch::Frames(length)) => self.is_over = index - began.at_frame >= length,
            None if self.what.effect.is_event() && self.what.start.is_some() => {
                // Once: this frame is the one.
                self.is_over = true;
                return Some(since_nanos);
            }
            None => {}
        }
        (!self.is_over).then_some(since_nanos)
    }

    /// How far a ramp has risen, 0 to 1.
    fn ramp(&self, since_nanos: u64) -> f64 {
        let ramp_nanos = match self.what.length {
            Some(Stretch::Nanos(length)) => RAMP_NANOS.min(length / 2),
            _ => RAMP_NANOS,
        };
        (since_nanos as f64 / ramp_nanos.max(1) as f64).min(1.0)
    }
}

/// Takes fresh memory, touches its pages, and gives it back.
fn touch(bytes: u64) {
    let bytes = bytes as usize;
    let mut fresh = vec![0u8; bytes.max(FRESH_BYTES)];
    for page in fresh[..bytes].chunks_mut(PAGE_BYTES) {
        page[0] = 1;
    }
    std::hint::black_box(&fresh);
}

/// Allocates pieces, writes them, and frees them.
fn allocate(pieces: &mut Vec<Vec<u8>>, bytes: u64) {
    for _ in 0..bytes.div_ceil(PIECE_BYTES as u64) {
        pieces.push(vec![1; PIECE_BYTES]);
    }
    std::hint::black_box(&mut *pieces).clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::SimulatedClock;

    const MS: u64 = 1_000_000;

    /// Frames at 100 a second that are disturbed, of the first hundred.
    fn disturbed(text: &str) -> Vec<u64> {
        let mut disturber = Disturber::new(&[text.parse().unwrap()], 1).unwrap();
        (0..100)
            .filter(|&index| {
                disturber
                    .look_ahead(index, index * 10 * MS)
                    .disturbed
                    .is_any()
            })
            .collect()
    }

    #[test]
    fn start_and_length_are_kept_in_time_and_in_frames() {
        for (text, frames) in [
            ("sleep:1ms@20f", 20..21),
            ("sleep:1ms@20f+3f", 20..23),
            ("sleep:1ms@195ms", 20..21),
            ("sleep:1ms@195ms+20ms", 20..22),
            ("sleep:1ms", 0..100),
            ("throttle:2x@0.5s+0.1s", 50..60),
            ("jitter:2ms@90f", 90..100),
            ("decoder:2ms@0.5s", 50..51),
        ] {
            assert_eq!(disturbed(text), frames.collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn a_throttle_rises_and_a_sleep_is_slept() {
        let clock = SimulatedClock::default();
        let all = ["throttle:3x@0s+1s", "sleep:7ms@30f"].map(|text| text.parse().unwrap());
        let mut disturber = Disturber::new(&all, 1).unwrap();
        let mut seen = Vec::new();
        for index in [0, 25, 30, 50, 99, 100] {
            let mut record = FrameRecord::default();
            let ahead = disturber.look_ahead(index, index * 10 * MS);
            disturber.before_work(&ahead, (&mut record, 10 * MS), &clock);
            seen.push((
                ahead.slowdown,
                record.injected.of(DisturbanceKind::Sleep) / MS,
            ));
        }
        assert_eq!(
            seen,
            [(1.0, 0), (2.0, 0), (2.2, 7), (3.0, 0), (3.0, 0), (1.0, 0)]
        );
    }

    #[test]
    fn a_simulated_cycle_holds_the_frame_that_triggers_it() {
        let clock = SimulatedClock::default();
        let gc = "gc:gogc=50,bytes=13.3MB,pre-fix".parse().unwrap();
        let mut disturber = Disturber::new(&[gc], 1).unwrap();
        let mut cycles = 0;
        for index in 0..100 {
            let mut record = FrameRecord::default();
            let ahead = disturber.look_ahead(index, index * 33 * MS);
            disturber.before_work(&ahead, (&mut record, 33 * MS), &clock);
            let cycle = disturber.after_work(&ahead, (&mut record, 4 * MS), &clock);
            assert_eq!(cycle.is_some(), record.injected.of(DisturbanceKind::Gc) > 0);
            cycles += u64::from(cycle.is_some());
        }
        assert!((30..=60).contains(&cycles), "{cycles}");
    }
}
