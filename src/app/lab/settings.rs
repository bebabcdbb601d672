//! What the user sets, on its way to the stream.

use super::{Lab, SEED, schedule};
use crate::app::UiCommand;
use crate::app::opening::{self, Job};
use crate::engine::{Disturber, EngineCommand};
use crate::frame::FrameRate;
use crate::judge::{ArrivalPattern, ArrivalPlan, Law, Policy, Tolerance};
use crate::measure::{DisturbanceKind, Waiting};
use crate::pipeline::{self, CpuLevel, Execution, Recipe, Team};

impl Lab {
    pub(super) fn set_preset(&mut self, name: &str) {
        let Some(preset) = pipeline::preset(name) else {
            return;
        };
        let previous = self.wishes.clone();
        self.wishes.preset.clone_from(&preset.name);
        self.wishes.tolerance =
            Tolerance::from_percent(preset.tolerance_percent).unwrap_or(previous.tolerance);
        self.set_recipe(preset.recipe.clone(), format!("preset {name}"));
        self.send(EngineCommand::SetDeadline(self.deadline()));
    }

    pub(super) fn set_recipe(&mut self, recipe: Recipe, change: String) {
        if recipe != self.wishes.recipe {
            self.wishes.recipe = recipe;
            self.has_new_recipe = true;
            self.history.mark_change(change);
        }
    }

    pub(super) fn set_pool(&mut self, is_enabled: bool) {
        if is_enabled != self.wishes.options.is_pool_enabled {
            self.wishes.options.is_pool_enabled = is_enabled;
            self.has_new_recipe = true;
            self.history
                .mark_change(format!("pool {}", if is_enabled { "on" } else { "off" }));
        }
    }

    pub(super) fn set_execution(&mut self, execution: Execution) {
        if execution != self.wishes.options.execution {
            self.wishes.options.execution = execution;
            self.has_new_recipe = true;
            self.history
                .mark_change(format!("execution {}", execution.name()));
        }
    }

    pub(super) fn set_cpu_level(&mut self, level: CpuLevel) {
        if level != self.wishes.options.level {
            self.wishes.options.level = level;
            self.has_new_recipe = true;
            self.history
                .mark_change(format!("vector instructions {}", level.label()));
        }
    }

    pub(super) fn set_threads(&mut self, threads: usize) {
        if threads == self.wishes.options.team.threads() {
            return;
        }
        match Team::new(threads) {
            Ok(team) => {
                self.wishes.options.team = team;
                self.has_new_recipe = true;
                self.history
                    .mark_change(format!("threads in a frame {threads}"));
            }
            Err(error) => self.notify(format!("The threads stay as they are. {error}")),
        }
    }

    /// Has the latest recipe compiled, on a thread of its own, one at a time.
    pub(super) fn apply_new_recipe(&mut self) {
        if self.compiling.is_some() || !self.has_new_recipe {
            return;
        }
        let Some(playing) = &self.playing else {
            return;
        };
        self.has_new_recipe = false;
        let (input, options) = (playing.info.frame, self.wishes.options.clone());
        let named = (self.wishes.preset.clone(), self.wishes.recipe.clone());
        let recipe = named.1.clone();
        match Job::start("compile", move || opening::compile(&recipe, input, &options)) {
            Some(job) => self.compiling = Some((named, job)),
            None => self.notify(
                "The recipe was not changed: the system gives no more threads. Close other programs and try again.".into(),
            ),
        }
    }

    /// Does what the bar under the viewer asks for.
    pub(super) fn move_playing(&mut self, command: &UiCommand) {
        let (sent, change) = match command {
            UiCommand::Step(step) => (Some(self.player.step(*step)), None),
            UiCommand::GoTo(index) => {
                self.player.go_to(*index);
                (None, None)
            }
            UiCommand::SetRange(start, end) => (self.player.set_range(*start, *end), None),
            UiCommand::SetSpeed(speed) => (
                self.player.set_speed(*speed),
                Some(format!("speed {speed}")),
            ),
            UiCommand::SetLooping(is_looping) => (self.player.set_looping(*is_looping), None),
            _ => (None, None),
        };
        if let Some(sent) = sent {
            if let Some(change) = change {
                self.history.mark_change(change);
            }
            self.send(sent);
        }
        self.refresh_transport();
    }

    /// Sends the leap that was asked for last, when the one before is done.
    pub(super) fn follow_leaps(&mut self) {
        let Some(playing) = &mut self.playing else {
            return;
        };
        let status = playing.stream.status();
        if let Some(leap) = self.player.next_leap(&status) {
            self.send(leap);
        }
    }

    /// Decoding moves to another thread, and the source with it: it is opened again.
    pub(super) fn set_decode_counted(&mut self, is_counted: bool) {
        if is_counted != self.wishes.is_decode_counted {
            self.wishes.is_decode_counted = is_counted;
            if let Some(playing) = &self.playing {
                let name = playing.info.name.clone();
                self.open(&name);
            }
        }
    }

    pub(super) fn set_rate(&mut self, rate: FrameRate) {
        if rate != self.rate() {
            self.wishes.rate = Some(rate);
            self.history.mark_change(format!("rate {rate} fps"));
            self.begin_new_era();
        }
    }

    pub(super) fn set_policy(&mut self, policy: Policy) {
        if policy != self.wishes.policy {
            self.wishes.policy = policy;
            self.history.mark_change(format!("policy {policy}"));
            self.begin_new_era();
        }
    }

    pub(super) fn set_arrivals(&mut self, pattern: ArrivalPattern) {
        if pattern != self.wishes.arrivals {
            self.wishes.arrivals = pattern;
            self.history.mark_change("arrivals changed".into());
            self.begin_new_era();
        }
    }

    pub(super) fn set_waiting(&mut self, waiting: Waiting) {
        if waiting != self.wishes.waiting {
            self.wishes.waiting = waiting;
            self.history
                .mark_change(format!("waiting {}", waiting.name()));
            self.send(EngineCommand::SetWaiting(waiting));
        }
    }

    /// Disturbs the stream by what is switched on, and by `once` at the next frame.
    pub(super) fn disturb(&mut self, once: Option<DisturbanceKind>) {
        match Disturber::new(&self.wishes.switches.disturbances(once), SEED) {
            Ok(disturber) => self.send(EngineCommand::SetDisturbances(Box::new(disturber))),
            Err(error) => self.notify(format!(
                "The system gives no more threads: {error}. Close other programs or take fewer."
            )),
        }
    }

    pub(super) fn set_budget(&mut self, budget_nanos: Option<u64>) {
        if budget_nanos != self.wishes.budget_nanos {
            self.wishes.budget_nanos = budget_nanos;
            let budget_ms = self.deadline().budget_nanos as f64 / 1e6;
            self.history
                .mark_change(format!("budget {budget_ms:.2} ms"));
            self.judge_anew();
        }
    }

    pub(super) fn set_tolerance(&mut self, tolerance: Tolerance) {
        if tolerance != self.wishes.tolerance {
            self.wishes.tolerance = tolerance;
            self.history.mark_change(format!("tolerance {tolerance}"));
            self.judge_anew();
        }
    }

    pub(super) fn judge_anew(&mut self) {
        self.send(EngineCommand::SetDeadline(self.deadline()));
        self.refresh_statistics();
    }

    pub(super) fn begin_new_era(&mut self) {
        self.send(EngineCommand::set_law(self.law_at(self.rate())));
    }

    pub(super) fn law_at(&self, rate: FrameRate) -> Law {
        self.law_for(rate, self.is_playing_live())
    }

    pub(super) fn law_for(&self, rate: FrameRate, is_live: bool) -> Law {
        Law {
            policy: self.wishes.policy,
            arrivals: ArrivalPlan {
                schedule: schedule(rate),
                pattern: if is_live {
                    ArrivalPattern::Live
                } else {
                    self.wishes.arrivals.clone()
                },
                seed: SEED,
            },
            deadline: self.deadline_at(rate),
            has_floor: true,
        }
    }
}
