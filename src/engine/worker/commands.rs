//! Wishes from outside, granted between two frames.

use super::{Interrupted, Worker};
use crate::engine::config::{Ending, EngineCommand, Retired};
use crate::engine::feed::FrameFeed;
use crate::judge::Sequencer;
use crate::measure::{AllocationCounts, Clock};

impl<C: Clock, F: FrameFeed> Worker<C, F> {
    pub(super) fn take_commands(&mut self) -> Result<(), Interrupted> {
        if self.is_stopped() {
            return Err(Interrupted::End(Ending::Stopped));
        }
        self.reserve = self
            .reserve
            .take()
            .and_then(|retired| self.send_back(retired));
        while self.reserve.is_none() {
            let Ok(command) = self.commands.pop() else {
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
                    self.leave_end();
                    self.resume();
                }
                self.is_running = is_running;
            }
            EngineCommand::Step(step) => self.step(step),
            EngineCommand::GoTo(index) => self.go_to(index),
            EngineCommand::SetPlay(play) => self.set_play(play),
            EngineCommand::SetDeadline(deadline) => self.sequencer.set_deadline(deadline),
            EngineCommand::SetWaiting(waiting) => self.waiting = waiting,
            EngineCommand::SetLaw(sequencer) => {
                let old = self.change_law(sequencer);
                self.reserve = self.send_back(Retired::Sequencer(old));
                self.begin_era();
            }
            EngineCommand::SetDisturbances(disturber) => {
                let old = std::mem::replace(&mut self.disturber, disturber);
                self.reserve = self.send_back(Retired::Disturber(old));
            }
            EngineCommand::Swap(pipeline) => {
                let old = std::mem::replace(&mut self.pipeline, pipeline);
                self.reserve = self.send_back(Retired::Pipeline(old));
                self.begin_era();
                self.look_again();
            }
        }
    }

    pub(super) fn resume(&mut self) {
        self.let_pass(true);
        let now_nanos = self.clock.now_nanos();
        let paused_at = self.paused_at_nanos.take().unwrap_or(now_nanos);
        self.sequencer.start_at(now_nanos, now_nanos - paused_at);
    }

    /// The next frame keeps its place if it is near, and is otherwise due after one interval of the new schedule.
    fn change_law(&mut self, mut sequencer: Box<Sequencer>) -> Box<Sequencer> {
        let now_nanos = self.clock.now_nanos();
        let after_interval = now_nanos + sequencer.law().arrivals.schedule.interval_nanos();
        let due_nanos = self.sequencer.next_arrival_nanos().unwrap_or(now_nanos);
        let origin_nanos = due_nanos.clamp(now_nanos, after_interval);
        let blank = self.blank();
        let teller = &mut self.teller;
        sequencer.succeed(&mut self.sequencer, origin_nanos, |frame| {
            teller.tell(&blank.skipped(frame));
        });
        std::mem::replace(&mut self.sequencer, sequencer)
    }

    fn begin_era(&mut self) {
        self.teller.status.era += 1;
        self.begin_era_counts();
    }

    pub(super) fn begin_era_counts(&mut self) {
        self.pipeline.reset_pool_counters();
        self.teller.status.era_processed = 0;
        self.allocations_at_era = AllocationCounts::of_this_thread();
    }

    /// Sends something to be freed elsewhere; gives it back if the way is full.
    fn send_back(&mut self, retired: Retired) -> Option<Retired> {
        match self.retired.push(retired) {
            Ok(()) => None,
            Err(rtrb::PushError::Full(retired)) => Some(retired),
        }
    }
}
