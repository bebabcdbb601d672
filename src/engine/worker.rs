//! The loop of one stream: which frame, when due, work, judge, tell.
//!
//! Runs on the stream thread with the system's clock, or in place with a simulated one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::config::{Ending, EngineCommand, StreamConfig, StreamReport, StreamState, StreamStatus};
use super::feed::{Delivery, FrameFeed};
use super::tap::TapWriter;
use crate::frame::Frame;
use crate::judge::{Deadline, Policy, Sequencer, Turn};
use crate::measure::{
    AllocationCounts, Clock, FrameRecord, MAX_STAGES, ThreadUsage, Typical, Verdict,
};
use crate::pipeline::Pipeline;

/// The longest that the stream sleeps before it looks for commands again: a tenth of what a person notices.
const NAP_NANOS: u64 = 10_000_000;

/// How long the stream sleeps between two looks at a source that is behind.
const SOURCE_NAP_NANOS: u64 = 500_000;

/// The stream's ends of everything that leads out of its thread.
pub(super) struct Links {
    pub(super) stop: Arc<AtomicBool>,
    pub(super) commands: rtrb::Consumer<EngineCommand>,
    pub(super) records: rtrb::Producer<FrameRecord>,
    pub(super) retired: rtrb::Producer<Box<Pipeline>>,
    pub(super) status: triple_buffer::Input<StreamStatus>,
    pub(super) tap: Option<TapWriter>,
}

pub(super) struct Worker<C, F> {
    clock: C,
    feed: F,
    links: Links,
    config: StreamConfig,
    pipeline: Box<Pipeline>,
    /// A pipeline that found the way back full; while it waits here, no further swap is taken.
    reserve: Option<Box<Pipeline>>,
    sequencer: Sequencer,
    deadline: Deadline,
    typical: Typical,
    origin_nanos: u64,
    /// Pictures of skipped frames that the source has not delivered yet.
    owed_pictures: u64,
    last_processed: u64,
    is_running: bool,
    steps: u32,
    allocations_at_era: Option<AllocationCounts>,
    status: StreamStatus,
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
        pipeline: Box<Pipeline>,
        links: Links,
    ) -> Self {
        Self {
            clock,
            feed,
            links,
            config,
            pipeline,
            reserve: None,
            sequencer: Sequencer::new(config.policy, config.schedule, 0),
            deadline: config.deadline,
            typical: Typical::new(),
            origin_nanos: 0,
            owed_pictures: 0,
            last_processed: 0,
            is_running: !config.starts_paused,
            steps: 0,
            allocations_at_era: None,
            status: StreamStatus::default(),
            report: StreamReport::default(),
        }
    }

    /// Runs to the end and tells what was measured.
    pub(super) fn run(mut self) -> StreamReport {
        let ending = match self.warm_up() {
            Ok(first) => self.measure(first),
            Err(ending) => ending,
        };
        self.report.ending = ending;
        self.report.counts = self.status.counts;
        self.report.records_lost = self.status.records_lost;
        self.report.pool = self.pipeline.pool_counters();
        self.report.source_loops = self.feed.loops();
        self.publish(StreamState::Ended);
        self.report
    }

    /// Works on the first picture again and again; it is then the picture of the first frame.
    fn warm_up(&mut self) -> Result<Frame, Ending> {
        let first = loop {
            if self.is_stopped() {
                return Err(Ending::Stopped);
            }
            match self.feed.take() {
                Delivery::Frame(frame) => break frame,
                Delivery::Pending => self.nap(SOURCE_NAP_NANOS),
                Delivery::Ended => return Err(Ending::Source),
            }
        };
        for _ in 0..self.config.warmup_frames {
            if self.is_stopped() {
                return Err(Ending::Stopped);
            }
            self.pipeline.process(&first, &self.clock);
            if let Some(tap) = &mut self.links.tap {
                tap.offer(0, &first, &self.pipeline);
            }
        }
        Ok(first)
    }

    fn measure(&mut self, first: Frame) -> Ending {
        let mut in_hand = Some(first);
        self.origin_nanos = self.clock.now_nanos() + self.config.schedule.interval_nanos();
        self.sequencer
            .restart(self.config.policy, self.config.schedule, self.origin_nanos);
        let usage = ThreadUsage::now();
        let allocations = AllocationCounts::of_this_thread();
        self.begin_era_counts();
        let ending = loop {
            match self.next_frame(&mut in_hand) {
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

    /// One turn: wait for the next frame that is due, work on it, judge it, tell.
    fn next_frame(&mut self, in_hand: &mut Option<Frame>) -> Result<(), Interrupted> {
        self.take_commands()?;
        if !self.is_running && self.steps == 0 {
            self.publish(StreamState::Paused);
            self.nap(NAP_NANOS);
            return Ok(());
        }
        let turn = self.sequencer.next(self.clock.now_nanos());
        let end = self.end_of_arrivals(&turn);
        self.skip(&turn, end)?;
        let wakeup_error_nanos = self.wait_for(&turn)?;
        let (frame, source_wait_nanos) = self.picture(in_hand)?;
        let mut record = FrameRecord {
            index: turn.index,
            source_index: frame.index,
            wakeup_error_nanos,
            source_wait_nanos,
            ..self.blank_record(turn.arrival_nanos)
        };
        self.work(&frame, &mut record);
        self.tell(record);
        if let Some(tap) = &mut self.links.tap {
            tap.offer(turn.index, &frame, &self.pipeline);
        }
        self.feed.give_back(frame);
        self.steps = self.steps.saturating_sub(1);
        self.publish(if self.is_running {
            StreamState::Running
        } else {
            StreamState::Paused
        });
        Ok(())
    }

    /// The first frame number that no longer arrives, if this turn or those it skips reach the limit.
    fn end_of_arrivals(&self, turn: &Turn) -> Option<u64> {
        let limit = self.config.limit;
        let by_count = limit.frames.filter(|&frames| turn.index >= frames);
        let by_time = limit
            .nanos
            .filter(|&nanos| turn.arrival_nanos >= self.origin_nanos + nanos)
            .map(|nanos| {
                let arrives =
                    |index: &u64| self.sequencer.arrival_nanos(*index) < self.origin_nanos + nanos;
                turn.skipped
                    .clone()
                    .find(|index| !arrives(index))
                    .unwrap_or(turn.index)
            });
        by_count.into_iter().chain(by_time).min()
    }

    /// Records the frames that the turn passes over. Past the end of arrivals there is no turn.
    fn skip(&mut self, turn: &Turn, end: Option<u64>) -> Result<(), Interrupted> {
        let last = end.unwrap_or(turn.index).min(turn.skipped.end);
        for index in turn.skipped.start..last {
            let arrival_nanos = self.sequencer.arrival_nanos(index);
            let record = FrameRecord {
                index,
                verdict: Verdict::Skipped,
                busy_with: self.last_processed,
                ..self.blank_record(arrival_nanos)
            };
            self.owed_pictures += 1;
            self.tell(record);
        }
        if end.is_some() {
            Err(Interrupted::End(Ending::Limit))
        } else {
            Ok(())
        }
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
                self.clock.wait_until_nanos(turn.arrival_nanos);
                continue;
            }
            self.clock.rest_until_nanos(now_nanos + NAP_NANOS);
            if self.is_stopped() || !self.links.commands.is_empty() {
                self.sequencer.give_back(turn);
                return Err(Interrupted::Changed);
            }
        }
    }

    /// The picture of this turn and how long the source let us wait for it.
    fn picture(&mut self, in_hand: &mut Option<Frame>) -> Result<(Frame, u64), Interrupted> {
        if let Some(frame) = in_hand.take() {
            return Ok((frame, 0));
        }
        let asked_nanos = self.clock.now_nanos();
        let mut has_waited = false;
        loop {
            match self.feed.take() {
                // Pictures of skipped frames are passed over as far as they are there: a source that is behind is
                // not made to wait for what nobody wants to see.
                Delivery::Frame(frame) if self.owed_pictures > 0 && self.feed.waiting() > 0 => {
                    self.owed_pictures -= 1;
                    self.feed.give_back(frame);
                }
                Delivery::Frame(frame) => {
                    self.report.underruns += u64::from(has_waited);
                    let waited_nanos = if has_waited {
                        self.clock.now_nanos() - asked_nanos
                    } else {
                        0
                    };
                    return Ok((frame, waited_nanos));
                }
                Delivery::Pending => {
                    if self.is_stopped() {
                        return Err(Interrupted::End(Ending::Stopped));
                    }
                    has_waited = true;
                    self.nap(SOURCE_NAP_NANOS);
                }
                Delivery::Ended => return Err(Interrupted::End(Ending::Source)),
            }
        }
    }

    fn work(&mut self, frame: &Frame, record: &mut FrameRecord) {
        let start_nanos = self.clock.now_nanos();
        let stage_nanos = self.pipeline.process(frame, &self.clock);
        let finish_nanos = self.clock.now_nanos();
        self.sequencer.started(start_nanos);
        if self.sequencer.policy() == Policy::Block {
            // The source waits: the frame counts as arriving when it starts.
            record.arrival_nanos = start_nanos - self.origin_nanos;
        }
        record.start_nanos = start_nanos - self.origin_nanos;
        record.finish_nanos = finish_nanos - self.origin_nanos;
        let count = stage_nanos.len().min(MAX_STAGES);
        record.stage_count = count as u8;
        record.stage_nanos[..count].copy_from_slice(&stage_nanos[..count]);
        record.verdict = self.deadline.verdict(record.response_nanos());
        self.typical.add(record.response_nanos());
        self.last_processed = record.index;
        self.status.era_processed += 1;
    }

    fn blank_record(&self, arrival_nanos: u64) -> FrameRecord {
        let arrival_nanos = arrival_nanos - self.origin_nanos;
        FrameRecord {
            arrival_nanos,
            start_nanos: arrival_nanos,
            finish_nanos: arrival_nanos,
            budget_nanos: self.deadline.budget_nanos,
            allowance_nanos: self.deadline.allowance_nanos,
            typical_response_nanos: self.typical.median(),
            era: self.status.era,
            ..FrameRecord::default()
        }
    }

    /// Counts a frame and sends its record; a full ring loses the record, never the count.
    fn tell(&mut self, record: FrameRecord) {
        self.status.counts.add(record.verdict);
        if self.links.records.push(record).is_err() {
            self.status.records_lost += 1;
        }
    }

    fn take_commands(&mut self) -> Result<(), Interrupted> {
        if self.is_stopped() {
            return Err(Interrupted::End(Ending::Stopped));
        }
        self.reserve = self
            .reserve
            .take()
            .and_then(|pipeline| self.send_back(pipeline));
        while self.reserve.is_none() {
            let Ok(command) = self.links.commands.pop() else {
                break;
            };
            self.obey(command);
        }
        Ok(())
    }

    fn obey(&mut self, command: EngineCommand) {
        match command {
            EngineCommand::SetRunning(is_running) => {
                if is_running && !self.is_running {
                    self.resume_at(self.clock.now_nanos());
                }
                self.is_running = is_running;
            }
            EngineCommand::Step => {
                self.is_running = false;
                self.steps += 1;
                self.resume_at(self.clock.now_nanos());
            }
            EngineCommand::SetDeadline(deadline) => self.deadline = deadline,
            EngineCommand::SetPacing {
                schedule,
                policy,
                deadline,
            } => {
                let due_nanos = self.sequencer.arrival_nanos(self.sequencer.next_index());
                self.deadline = deadline;
                self.config.schedule = schedule;
                self.config.policy = policy;
                self.resume_at(due_nanos.min(self.clock.now_nanos() + schedule.interval_nanos()));
                self.begin_era();
            }
            EngineCommand::Swap(pipeline) => {
                let old = std::mem::replace(&mut self.pipeline, pipeline);
                self.reserve = self.send_back(old);
                self.begin_era();
            }
        }
    }

    fn resume_at(&mut self, nanos: u64) {
        let nanos = nanos.max(self.clock.now_nanos());
        self.sequencer
            .restart(self.config.policy, self.config.schedule, nanos);
    }

    fn begin_era(&mut self) {
        self.status.era += 1;
        self.begin_era_counts();
    }

    fn begin_era_counts(&mut self) {
        self.typical = Typical::new();
        self.pipeline.reset_pool_counters();
        self.status.era_processed = 0;
        self.allocations_at_era = AllocationCounts::of_this_thread();
    }

    /// Sends a pipeline to be freed elsewhere; gives it back if the way is full.
    fn send_back(&mut self, pipeline: Box<Pipeline>) -> Option<Box<Pipeline>> {
        match self.links.retired.push(pipeline) {
            Ok(()) => None,
            Err(rtrb::PushError::Full(pipeline)) => Some(pipeline),
        }
    }

    fn publish(&mut self, state: StreamState) {
        self.status.state = state;
        self.status.pool = self.pipeline.pool_counters();
        self.status.era_allocations = self
            .allocations_at_era
            .zip(AllocationCounts::of_this_thread())
            .map(|(then, now)| now - then);
        self.links.status.write(self.status);
    }

    fn is_stopped(&self) -> bool {
        self.links.stop.load(Ordering::Relaxed)
    }

    fn nap(&self, nanos: u64) {
        self.clock.rest_until_nanos(self.clock.now_nanos() + nanos);
    }
}
