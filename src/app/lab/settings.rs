//! What the user sets, on its way to the stream.

use super::{Lab, SEED, schedule};
use crate::app::opening;
use crate::engine::{Disturber, EngineCommand};
use crate::frame::FrameRate;
use crate::judge::{ArrivalPattern, ArrivalPlan, Law, Policy, Tolerance};
use crate::measure::{DisturbanceKind, Waiting};
use crate::pipeline::{self, Execution, Recipe};

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

    pub(super) fn apply_new_recipe(&mut self) {
        if !std::mem::take(&mut self.has_new_recipe) {
            return;
        }
        let Some(playing) = &mut self.playing else {
            return;
        };
        match opening::compile(&self.wishes.recipe, playing.info.frame, self.wishes.options) {
            Ok(pipeline) => {
                playing.staged_because = pipeline.staged_because().map(ToString::to_string);
                let stages = pipeline.stages();
                playing.stage_ids = stages.iter().map(|stage| stage.id.clone()).collect();
                playing.stage_names = stages
                    .iter()
                    .map(|stage| (stage.id.clone(), stage.label.clone()))
                    .collect();
                self.send(EngineCommand::Swap(pipeline));
                self.refresh_settings();
            }
            Err(message) => self.notify(format!("The recipe was not changed. {message}")),
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
