//! What the window costs the pipeline: blocks of frames with drawing on beside blocks with drawing off.
//!
//! ```text
//!  on off  off on  on off  off on …      a pair of blocks each; the order turns, so that a machine that slowly becomes
//!                                        warmer or busier does not count for one side
//! ```
//!
//! The frames behind a switch are discarded. Nothing of the law changes between blocks; a change by the user ends the
//! measurement.

use crate::judge::Deadline;
use crate::measure::{
    FrameRecord, PAIRS_NEEDED, PairedDifference, Quantile, QuantileMs, Sample, Share, VerdictCounts,
};

/// Pairs of blocks.
pub(in crate::app) const PAIRS: usize = 8;

const _: () = assert!(PAIRS >= PAIRS_NEEDED, "fewer pairs can show nothing");

/// Frames of a block that are counted.
pub(in crate::app) const BLOCK_FRAMES: usize = 60;

/// Frames behind a switch that are not.
pub(in crate::app) const DISCARDED_FRAMES: usize = 15;

/// How it stands with the measurement.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum OverheadState {
    /// It has not been asked for.
    #[default]
    Idle,
    /// It is going on.
    Measuring {
        /// The block in work, from 1.
        block: usize,
        /// All blocks.
        blocks: usize,
        /// Whether the window is drawn in this block.
        is_drawing: bool,
        /// How much of it is done, 0 to 1.
        share: f64,
        /// What is left of it at the rate of the stream, in seconds.
        left_s: f64,
    },
    /// It was ended: why, in words.
    Ended(String),
    /// It is done.
    Done(Box<OverheadResult>),
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct OverheadResult {
    /// Pairs of blocks that were compared.
    pub pairs: usize,
    /// Frames of a block.
    pub block_frames: usize,
    /// Service time: p50 and p99.
    pub service: [Compared; 2],
    /// Response time: p50 and p99.
    pub response: [Compared; 2],
    /// Drop rate.
    pub drops: ComparedShare,
}

/// A quantile with drawing on and off, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// Over all frames with drawing on.
    pub on: QuantileMs,
    /// Over all frames with drawing off.
    pub off: QuantileMs,
    /// Whether they differ.
    pub finding: Finding,
}

/// The drop rate with drawing on and off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComparedShare {
    /// With drawing on; `None` without a frame.
    pub on: Option<Share>,
    /// With drawing off.
    pub off: Option<Share>,
    /// Dropped late and skipped frames: on, off.
    pub dropped: [u64; 2],
    /// Whether they differ.
    pub finding: Finding,
}

/// Whether two numbers differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finding {
    /// There are too few frames to say.
    TooFew,
    /// What was seen is seen without a difference, too.
    NotDistinguishable,
    /// They differ; the share of measurements without a difference that would show as much.
    Differs,
}

/// A block of frames of one kind.
#[derive(Clone, Debug)]
struct Block {
    is_drawing: bool,
    records: Vec<FrameRecord>,
}

/// A measurement that goes on.
#[derive(Clone, Debug)]
pub(in crate::app) struct Trial {
    blocks: Vec<Block>,
    at: usize,
    to_discard: usize,
    era: Option<u32>,
}

/// What a measurement wants after it has seen some frames.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) enum TrialStep {
    /// More frames.
    Go,
    /// The other kind of block, now.
    Switch,
    /// Nothing: it is done, or cannot go on.
    End(OverheadState),
}

impl Trial {
    pub(in crate::app) fn new() -> Self {
        let block = |at: usize| Block {
            // on off · off on · on off · …
            is_drawing: matches!(at % 4, 0 | 3),
            records: Vec::with_capacity(BLOCK_FRAMES),
        };
        Self {
            blocks: (0..2 * PAIRS).map(block).collect(),
            at: 0,
            to_discard: DISCARDED_FRAMES,
            era: None,
        }
    }

    /// Whether the window is to be drawn now.
    pub(in crate::app) fn is_drawing(&self) -> bool {
        self.blocks
            .get(self.at)
            .is_none_or(|block| block.is_drawing)
    }

    /// Takes a frame in.
    pub(in crate::app) fn push(&mut self, record: &FrameRecord) {
        if self.to_discard > 0 {
            self.to_discard -= 1;
            return;
        }
        if let Some(block) = self.blocks.get_mut(self.at)
            && block.records.len() < BLOCK_FRAMES
        {
            block.records.push(*record);
        }
    }

    /// What is to be done after all frames that are there were taken in.
    pub(in crate::app) fn step(&mut self, deadline: Deadline) -> TrialStep {
        let Some(block) = self.blocks.get(self.at) else {
            return TrialStep::End(OverheadState::Idle);
        };
        let eras = block.records.iter().map(|record| record.era);
        let first = self.era;
        for era in eras {
            if *self.era.get_or_insert(era) != era {
                return TrialStep::End(OverheadState::Ended(
                    "A setting was changed meanwhile: frames before and after cannot be compared. Measure again.".to_owned(),
                ));
            }
        }
        debug_assert!(first.is_none() || first == self.era, "an era stays");
        if block.records.len() < BLOCK_FRAMES {
            return TrialStep::Go;
        }
        self.at += 1;
        self.to_discard = DISCARDED_FRAMES;
        if self.at == self.blocks.len() {
            return TrialStep::End(OverheadState::Done(Box::new(self.result(deadline))));
        }
        TrialStep::Switch
    }

    pub(in crate::app) fn state(&self, interval_nanos: u64) -> OverheadState {
        let per_block = BLOCK_FRAMES + DISCARDED_FRAMES;
        let in_block = DISCARDED_FRAMES - self.to_discard
            + self
                .blocks
                .get(self.at)
                .map_or(0, |block| block.records.len());
        let all = self.blocks.len() * per_block;
        let done = self.at * per_block + in_block;
        OverheadState::Measuring {
            block: self.at + 1,
            blocks: self.blocks.len(),
            is_drawing: self.is_drawing(),
            share: done as f64 / all as f64,
            left_s: (all - done) as f64 * interval_nanos as f64 / 1e9,
        }
    }

    /// Time until the block in work is full, at the rate of the stream.
    pub(in crate::app) fn block_left_nanos(&self, interval_nanos: u64) -> u64 {
        let taken = self
            .blocks
            .get(self.at)
            .map_or(0, |block| block.records.len());
        (self.to_discard + BLOCK_FRAMES - taken) as u64 * interval_nanos
    }

    fn result(&self, deadline: Deadline) -> OverheadResult {
        let all = |is_drawing: bool| -> Vec<&FrameRecord> {
            self.blocks
                .iter()
                .filter(|block| block.is_drawing == is_drawing)
                .flat_map(|block| &block.records)
                .collect()
        };
        let (on, off) = (all(true), all(false));
        let compared = |quantile, nanos: fn(&FrameRecord) -> u64| Compared {
            on: sample(&on, nanos).quantile_ms(quantile),
            off: sample(&off, nanos).quantile_ms(quantile),
            finding: match quantile {
                Quantile::P50 => self.paired(|block| {
                    sample(block, nanos)
                        .quantile(quantile)
                        .map(|nanos| nanos as f64)
                }),
                _ => apart(
                    sample(&on, nanos).quantile_ms(quantile),
                    sample(&off, nanos).quantile_ms(quantile),
                ),
            },
        };
        let both = |nanos| [Quantile::P50, Quantile::P99].map(|quantile| compared(quantile, nanos));
        let [dropped_on, dropped_off] = [&on, &off].map(|frames| counts(frames, deadline));
        OverheadResult {
            pairs: PAIRS,
            block_frames: BLOCK_FRAMES,
            service: both(FrameRecord::service_nanos),
            response: both(FrameRecord::response_nanos),
            drops: ComparedShare {
                on: Share::new(dropped_on.dropped(), dropped_on.arrived()),
                off: Share::new(dropped_off.dropped(), dropped_off.arrived()),
                dropped: [dropped_on.dropped(), dropped_off.dropped()],
                finding: self.paired(|block| counts(block, deadline).drop_rate()),
            },
        }
    }

    /// Compares a number of each block with that of the block beside it.
    fn paired(&self, number: impl Fn(&[&FrameRecord]) -> Option<f64>) -> Finding {
        let of = |block: &Block| number(&block.records.iter().collect::<Vec<_>>());
        let pairs: Vec<(f64, f64)> = self
            .blocks
            .as_chunks::<2>()
            .0
            .iter()
            .filter_map(|[first, second]| {
                let values = (of(first)?, of(second)?);
                Some(if first.is_drawing {
                    values
                } else {
                    (values.1, values.0)
                })
            })
            .collect();
        match PairedDifference::new(&pairs) {
            None => Finding::TooFew,
            Some(difference) if difference.is_distinguishable() => Finding::Differs,
            Some(_) => Finding::NotDistinguishable,
        }
    }
}

fn sample(frames: &[&FrameRecord], nanos: fn(&FrameRecord) -> u64) -> Sample {
    let processed = frames.iter().filter(|record| record.is_processed());
    Sample::new(processed.map(|record| nanos(record)))
}

fn counts(frames: &[&FrameRecord], deadline: Deadline) -> VerdictCounts {
    let mut counts = VerdictCounts::default();
    for record in frames {
        counts.add(if record.is_processed() {
            deadline.verdict(record.response_nanos())
        } else {
            record.verdict
        });
    }
    counts
}

/// Two quantiles differ if their intervals have nothing in common.
fn apart(on: QuantileMs, off: QuantileMs) -> Finding {
    match (on.low, on.high, off.low, off.high) {
        (Some(on_low), Some(on_high), Some(off_low), Some(off_high))
            if on.needs == 0 && off.needs == 0 =>
        {
            if on_low > off_high || off_low > on_high {
                Finding::Differs
            } else {
                Finding::NotDistinguishable
            }
        }
        _ => Finding::TooFew,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Tolerance;
    use crate::measure::Verdict;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64;

    const MS: f64 = 1e6;

    fn deadline() -> Deadline {
        Deadline::new(33_333_333, Tolerance::from_percent(10.0).unwrap())
    }

    /// A frame of so many milliseconds, 0.1 ms after its arrival.
    fn frame(index: u64, service_ms: f64) -> FrameRecord {
        let arrival_nanos = index * 33_333_333;
        let start_nanos = arrival_nanos + 100_000;
        FrameRecord {
            index,
            arrival_nanos,
            start_nanos,
            finish_nanos: start_nanos + (service_ms * MS) as u64,
            ..FrameRecord::default()
        }
    }

    /// A whole measurement of frames whose service time is `service_ms(is_drawing, index)`.
    fn measured(mut service_ms: impl FnMut(bool, u64) -> f64) -> OverheadResult {
        let mut trial = Trial::new();
        let mut index = 0;
        loop {
            trial.push(&frame(index, service_ms(trial.is_drawing(), index)));
            index += 1;
            match trial.step(deadline()) {
                TrialStep::Go | TrialStep::Switch => {}
                TrialStep::End(OverheadState::Done(result)) => return *result,
                TrialStep::End(other) => panic!("{other:?}"),
            }
        }
    }

    /// Service times that resemble their neighbours, drift upwards, and have a tail.
    fn noise(seed: u64) -> impl FnMut(u64) -> f64 {
        let mut random = Pcg64::seed_from_u64(seed);
        let mut level = 0.0;
        move |index| {
            level = 0.95 * level + random.random_range(-0.2..0.2);
            let spike = if random.random_bool(0.02) { 25.0 } else { 0.0 };
            12.0 + level + index as f64 * 0.001 + spike + random.random_range(0.0..0.5)
        }
    }

    #[test]
    fn blocks_are_equal_and_balanced_against_a_drift() {
        let trial = Trial::new();
        let order: Vec<bool> = trial.blocks.iter().map(|block| block.is_drawing).collect();
        assert_eq!(
            order[..8],
            [true, false, false, true, true, false, false, true]
        );
        assert_eq!(order.iter().filter(|drawing| **drawing).count(), PAIRS);
        // Nothing but a drift: every frame takes longer than the one before.
        let result = measured(|_, index| 10.0 + index as f64 * 0.01);
        assert_eq!(result.service[0].finding, Finding::NotDistinguishable);
    }

    #[test]
    fn the_same_on_both_sides_is_told_apart_at_most_as_often_as_is_said() {
        const TRIALS: u64 = 400;
        let mut told = [0; 3];
        for seed in 0..TRIALS {
            let mut noise = noise(seed);
            let result = measured(|_, index| noise(index));
            let findings = [
                result.service[0].finding,
                result.service[1].finding,
                result.drops.finding,
            ];
            for (count, finding) in told.iter_mut().zip(findings) {
                *count += u64::from(finding == Finding::Differs);
            }
        }
        // 5 of 100 at most; three standard deviations of 400 such trials above.
        let most = (0.05 + 3.0 * (0.05f64 * 0.95 / TRIALS as f64).sqrt()) * TRIALS as f64;
        assert!(
            told.iter().all(|count| *count as f64 <= most),
            "{told:?} of {TRIALS}"
        );
    }

    #[test]
    fn what_the_window_costs_is_found() {
        for seed in 0..10 {
            let mut noise = noise(seed);
            let result =
                measured(|is_drawing, index| noise(index) + if is_drawing { 3.0 } else { 0.0 });
            let [p50, p99] = result.service;
            assert_eq!(p50.finding, Finding::Differs, "seed {seed}");
            let cost = p50.on.value.unwrap() - p50.off.value.unwrap();
            assert!((2.0..4.0).contains(&cost), "{cost}");
            assert!(p99.on.value.is_some(), "480 frames support a p99");
            assert_eq!(result.response[0].finding, Finding::Differs);
        }
    }

    #[test]
    fn frames_behind_a_switch_are_not_counted() {
        let mut since_switch = 0;
        let mut was_drawing = true;
        let result = measured(|is_drawing, _| {
            if is_drawing != was_drawing {
                (was_drawing, since_switch) = (is_drawing, 0);
            }
            since_switch += 1;
            if since_switch <= DISCARDED_FRAMES {
                500.0
            } else {
                10.0
            }
        });
        let [p50, p99] = result.service;
        assert_eq!(p99.on.value, p50.on.value, "none of the 500 ms is in it");
        assert_eq!(result.drops.dropped, [0, 0]);
    }

    #[test]
    fn another_era_ends_it_and_skipped_frames_have_no_times() {
        let mut trial = Trial::new();
        for index in 0..30 {
            trial.push(&frame(index, 5.0));
        }
        assert_eq!(trial.step(deadline()), TrialStep::Go);
        trial.push(&FrameRecord {
            era: 1,
            ..frame(31, 5.0)
        });
        assert!(matches!(
            trial.step(deadline()),
            TrialStep::End(OverheadState::Ended(_))
        ));
        let mut trial = Trial::new();
        let last = loop {
            trial.push(&FrameRecord {
                verdict: Verdict::Skipped,
                ..FrameRecord::default()
            });
            if let TrialStep::End(state) = trial.step(deadline()) {
                break state;
            }
        };
        let OverheadState::Done(result) = last else {
            panic!("{last:?}")
        };
        assert_eq!(result.service[0].finding, Finding::TooFew);
        assert_eq!(result.drops.dropped, [480, 480]);
    }
}
