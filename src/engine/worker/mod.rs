//! The loop of one stream: which frame, when due, work, judge, tell.
//!
//! Runs on the stream thread with the system's clock, or in place with a simulated one.

mod commands;
mod leaps;
mod live;
mod pictures;
mod start;
mod tell;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::config::{
    Ending, EngineCommand, Retired, StreamConfig, StreamReport, StreamState, StreamStatus,
};
use super::disturb::{Disturber, GcCycle};
use super::feed::FrameFeed;
use super::launch::Lane;
use super::play::Play;
use super::tap::TapWriter;
use crate::frame::Frame;
use crate::judge::{Policy, Sequencer, Turn};
use crate::measure::{
    AllocationCounts, Clock, DisturbanceKind, FrameRecord, MAX_STAGES, Probe, ThreadUsage, Waiting,
};
use crate::pipeline::Pipeline;
use leaps::Leap;
use pictures::Pictures;
use tell::{Blank, Teller};

/// The longest that the stream sleeps before it looks for commands again: a tenth of what a person notices.
const NAP_NANOS: u64 = 10_000_000;

/// The stream's ends of everything that leads out of its thread.
pub(super) struct Links {
    pub(super) stop: Arc<AtomicBool>,
    pub(super) commands: rtrb::Consumer<EngineCommand>,
    pub(super) records: rtrb::Producer<FrameRecord>,
    pub(super) cycles: rtrb::Producer<GcCycle>,
    pub(super) retired: rtrb::Producer<Retired>,
    pub(super) status: triple_buffer::Input<StreamStatus>,
    pub(super) tap: Option<TapWriter>,
    pub(super) lane: Option<Lane>,
}

/// What is left when a stream has ended.
pub(super) struct Finished {
    pub(super) report: StreamReport,
    pub(super) pipeline: Box<Pipeline>,
    pub(super) frames: Vec<Frame>,
}

pub(super) struct Worker<C, F> {
    clock: C,
    pictures: Pictures<F>,
    stop: Arc<AtomicBool>,
    commands: rtrb::Consumer<EngineCommand>,
    retired: rtrb::Producer<Retired>,
    tap: Option<TapWriter>,
    lane: Option<Lane>,
    teller: Teller,
    config: StreamConfig,
    waiting: Waiting,
    pipeline: Box<Pipeline>,
    /// Something that found the way back full; while it waits here, no further command is taken.
    reserve: Option<Retired>,
    sequencer: Box<Sequencer>,
    disturber: Box<Disturber>,
    origin_nanos: u64,
    last_processed: u64,
    is_running: bool,
    paused_at_nanos: Option<u64>,
    play: Play,
    leap: Leap,
    /// Steps and leaps that were asked for.
    leaps_asked: u64,
    /// The last picture of what is played has been shown, and nothing comes behind it.
    is_at_end: bool,
    /// A live stream had nothing to do, and waited for an arrival.
    has_rested: bool,
    allocations_at_era: Option<AllocationCounts>,
    report: StreamReport,
}

/// Why waiting for a frame ended without one.
enum Interrupted {
    /// A command changed the schedule or the state.
    Changed,
    /// The stream is to end.
    End(Ending),
}

impl<C: Clock, F: FrameFeed> Worker<C, F> {
    pub(super) fn new(
        clock: C,
        feed: F,
        config: StreamConfig,
        (pipeline, disturber): (Box<Pipeline>, Box<Disturber>),
        links: Links,
    ) -> Self {
        Self {
            clock,
            pictures: Pictures::new(feed),
            stop: links.stop,
            commands: links.commands,
            retired: links.retired,
            tap: links.tap,
            lane: links.lane,
            teller: Teller::new(links.records, links.cycles, links.status),
            sequencer: Box::new(Sequencer::new(config.law.clone(), config.limit, 0)),
            waiting: config.waiting,
            is_running: !config.starts_paused,
            play: config.play,
            config,
            pipeline,
            reserve: None,
            disturber,
            origin_nanos: 0,
            last_processed: 0,
            paused_at_nanos: None,
            leap: Leap::None,
            leaps_asked: 0,
            is_at_end: false,
            has_rested: false,
            allocations_at_era: None,
            report: StreamReport::default(),
        }
    }

    /// Runs to the end and tells what was measured.
    pub(super) fn run(mut self) -> Finished {
        let ending = match self.warm_up() {
            Ok(first) => self.measure(first),
            Err(ending) => ending,
        };
        self.report.ending = ending;
        self.report.pool = self.pipeline.pool_counters();
        self.report.source_loops = self.pictures.feed().loops();
        self.report.underruns = self.pictures.underruns();
        self.publish(StreamState::Ended);
        self.teller.report(&mut self.report);
        Finished {
            report: self.report,
            pipeline: self.pipeline,
            frames: self.pictures.salvage(),
        }
    }

    /// Works on the first picture again and again; it is then the picture of the first frame.
    fn warm_up(&mut self) -> Result<Frame, Ending> {
        let first = self.pictures.first(&self.clock, &self.stop)?;
        for _ in 0..self.config.warmup_frames {
            if self.is_stopped() {
                return Err(Ending::Stopped);
            }
            self.pipeline.process(&first, &self.clock);
            if let Some(tap) = &mut self.tap {
                tap.offer(0, &first, &self.pipeline);
            }
        }
        self.show(&first, None);
        self.pipeline.restart_simulations();
        Ok(first)
    }

    fn measure(&mut self, first: Frame) -> Ending {
        self.pictures.keep_first(first);
        self.say_ready();
        match self.begin_live() {
            Err(ending) => return ending,
            Ok(true) => {}
            Ok(false) => {
                if self.config.is_decode_counted {
                    // The first picture is decoded again, on the clock.
                    self.pictures.play(self.play, self.play.start);
                }
                self.origin_nanos = match self.first_arrival() {
                    Ok(nanos) => nanos,
                    Err(ending) => return ending,
                };
                self.sequencer.start_at(self.origin_nanos, 0);
            }
        }
        let usage = ThreadUsage::now();
        let allocations = AllocationCounts::of_this_thread();
        self.begin_era_counts();
        let ending = loop {
            match self.next_frame() {
                Ok(()) | Err(Interrupted::Changed) => {}
                Err(Interrupted::End(ending)) => break ending,
            }
        };
        self.report.allocations = allocations
            .zip(AllocationCounts::of_this_thread())
            .map(|(then, now)| now - then);
        self.report.usage = ThreadUsage::now().since(usage);
        self.report.elapsed_nanos = self.clock.now_nanos().saturating_sub(self.origin_nanos);
        ending
    }

    fn interval_nanos(&self) -> u64 {
        self.sequencer.law().arrivals.schedule.interval_nanos()
    }

    /// One turn: wait for the next frame that is due, work on it, judge it, tell.
    fn next_frame(&mut self) -> Result<(), Interrupted> {
        self.take_commands()?;
        if !self.is_running {
            self.let_pass(false);
            self.idle();
            return Ok(());
        }
        if !self.has_arrived() {
            return Ok(());
        }
        self.hear_arrivals();
        let now_nanos = self.clock.now_nanos();
        let Some(turn) = self.next_turn(now_nanos) else {
            return self.wait_for_arrival(now_nanos);
        };
        let wakeup_error_nanos = if self.sequencer.is_live() {
            self.noticed_after(&turn)
        } else {
            self.wait_for(&turn)?
        };
        let since_nanos = self.clock.now_nanos().saturating_sub(self.origin_nanos);
        let ahead = self.disturber.look_ahead(turn.index, since_nanos);
        self.sequencer.scatter(ahead.scatter_nanos);
        if ahead.hold_up_nanos > 0 {
            self.pictures
                .hold_up(self.clock.now_nanos(), ahead.hold_up_nanos);
        }
        let mut record = FrameRecord {
            index: turn.index,
            wakeup_error_nanos,
            queue_depth: turn.queue_depth,
            disturbed: ahead.disturbed,
            ..self.blank().at(turn.arrival_nanos)
        };
        let frame = match self.process(&turn, &ahead, &mut record) {
            Ok(Some(frame)) => frame,
            // Its buffer had dropped the picture, and that is told.
            Ok(None) => return Ok(()),
            Err(Interrupted::End(Ending::Source)) => return self.source_ended(),
            Err(interrupted) => return Err(interrupted),
        };
        self.teller.tell(&record);
        self.show(&frame, None);
        if let Some(tap) = &mut self.tap {
            tap.offer(turn.index, &frame, &self.pipeline);
        }
        self.pictures.give_back(frame);
        self.teller.status.queue_depth = turn.queue_depth;
        self.publish(StreamState::Running);
        Ok(())
    }

    /// Takes the picture of a turn and works on it: the picture first, or, if decoding is counted, as part of the work.
    /// `None` if a live source has dropped it.
    fn process(
        &mut self,
        turn: &Turn,
        ahead: &super::disturb::Ahead,
        record: &mut FrameRecord,
    ) -> Result<Option<Frame>, Interrupted> {
        let picture = if self.sequencer.is_live() {
            match self.live_picture(turn) {
                Some(frame) => Ok(frame),
                None => return Ok(None),
            }
        } else if self.config.is_decode_counted {
            Err(turn.index)
        } else {
            let (frame, wait) = self.pictures.take(turn.index, &self.clock, &self.stop)?;
            record.source_wait_nanos = wait.nanos;
            wait.blame(record);
            Ok(frame)
        };
        self.work(picture, ahead, record).map(Some)
    }

    /// The frame to work on next; those that are given up on the way are told.
    fn next_turn(&mut self, now_nanos: u64) -> Option<Turn> {
        let blank = self.blank();
        let teller = &mut self.teller;
        self.sequencer
            .next(now_nanos, |frame| teller.tell(&blank.skipped(frame)))
    }

    /// Waits until the turn is due, looking for commands now and then. The wake-up error, if there was a wait.
    fn wait_for(&mut self, turn: &Turn) -> Result<Option<u64>, Interrupted> {
        let mut has_waited = false;
        loop {
            let now_nanos = self.clock.now_nanos();
            if now_nanos >= turn.arrival_nanos {
                return Ok(has_waited.then(|| now_nanos - turn.arrival_nanos));
            }
            has_waited = true;
            if turn.arrival_nanos - now_nanos <= 2 * NAP_NANOS {
                self.clock
                    .wait_until_nanos(turn.arrival_nanos, self.waiting);
                continue;
            }
            if self.waiting == Waiting::Spin {
                self.clock
                    .wait_until_nanos(now_nanos + NAP_NANOS, Waiting::Spin);
            } else {
                self.clock.rest_until_nanos(now_nanos + NAP_NANOS);
            }
            if self.is_stopped() || !self.commands.is_empty() {
                self.sequencer.give_back(turn);
                return Err(Interrupted::Changed);
            }
        }
    }

    /// Works on a frame that is there, or on that of arrival `Err(index)`, whose picture is decoded on the clock.
    fn work(
        &mut self,
        picture: Result<Frame, u64>,
        ahead: &super::disturb::Ahead,
        record: &mut FrameRecord,
    ) -> Result<Frame, Interrupted> {
        let interval_nanos = self.interval_nanos();
        let pool_before = self.pipeline.pool_counters();
        let probe = Probe::begin(&self.clock);
        let start_nanos = self.clock.now_nanos();
        self.disturber
            .before_work(ahead, (record, interval_nanos), &self.clock);
        let work_nanos = self.clock.now_nanos();
        let frame = match picture {
            Ok(frame) => frame,
            Err(index) => self.decode(index, record)?,
        };
        record.source_index = frame.index;
        self.pipeline.set_slowdown(ahead.slowdown);
        self.pipeline.process(&frame, &self.clock);
        self.note_stages(record);
        let worked_nanos = self.clock.now_nanos() - work_nanos;
        record
            .injected
            .add(DisturbanceKind::Throttle, self.pipeline.slowed_nanos());
        let cycle = self
            .disturber
            .after_work(ahead, (record, worked_nanos), &self.clock);
        let finish_nanos = self.clock.now_nanos();
        record.evidence = probe.end(&self.clock);
        let pool = self.pipeline.pool_counters();
        record.evidence.pool_hits = pool.hits - pool_before.hits;
        record.evidence.pool_misses = pool.misses - pool_before.misses;
        self.disturber
            .allocated(record.evidence.allocated_bytes.unwrap_or(0));
        if let Some(cycle) = cycle {
            self.teller.tell_cycle(cycle);
        }
        self.finish(start_nanos, finish_nanos, record);
        Ok(frame)
    }

    /// Decodes the picture of arrival `index` (and those of skipped ones before it): the first stage of the frame.
    fn decode(&mut self, index: u64, record: &mut FrameRecord) -> Result<Frame, Interrupted> {
        let (then_nanos, then_cpu) = (self.clock.now_nanos(), self.clock.thread_cpu_nanos());
        let (frame, wait) = self.pictures.take(index, &self.clock, &self.stop)?;
        wait.blame(record);
        record.stage_nanos[0] = self.clock.now_nanos() - then_nanos;
        record.stage_cpu_nanos[0] = self
            .clock
            .thread_cpu_nanos()
            .zip(then_cpu)
            .map_or(0, |(now, then)| now.saturating_sub(then));
        record.stage_count = 1;
        Ok(frame)
    }

    /// Adds the times of the pipeline's stages to those that the record has.
    fn note_stages(&self, record: &mut FrameRecord) {
        let first = usize::from(record.stage_count);
        let (nanos, cpus) = (self.pipeline.stage_nanos(), self.pipeline.stage_cpu_nanos());
        let count = nanos.len().min(MAX_STAGES - first);
        for (at, (nanos, cpu)) in (first..).zip(nanos.iter().zip(cpus)).take(count) {
            record.stage_nanos[at] = *nanos;
            record.stage_cpu_nanos[at] = cpu.unwrap_or(0);
        }
        record.stage_count = (first + count) as u8;
    }

    fn finish(&mut self, start_nanos: u64, finish_nanos: u64, record: &mut FrameRecord) {
        self.sequencer.started(start_nanos);
        self.sequencer
            .finished(finish_nanos - start_nanos, finish_nanos);
        if self.sequencer.law().policy == Policy::Block {
            // The source waits: the frame counts as arriving when it starts.
            record.arrival_nanos = start_nanos - self.origin_nanos;
        }
        record.start_nanos = start_nanos - self.origin_nanos;
        record.finish_nanos = finish_nanos - self.origin_nanos;
        record.verdict = self
            .sequencer
            .law()
            .deadline
            .verdict(record.response_nanos());
        self.last_processed = record.index;
        self.teller.status.era_processed += 1;
    }

    fn blank(&self) -> Blank {
        Blank {
            origin_nanos: self.origin_nanos,
            deadline: self.sequencer.law().deadline,
            era: self.teller.status.era,
            busy_with: self.last_processed,
        }
    }

    fn publish(&mut self, state: StreamState) {
        let status = &mut self.teller.status;
        status.state = state;
        status.pool = self.pipeline.pool_counters();
        status.era_allocations = self
            .allocations_at_era
            .zip(AllocationCounts::of_this_thread())
            .map(|(then, now)| now - then);
        self.teller.publish();
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
