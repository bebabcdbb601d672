//! From the stream's rings to the view model.

use super::{Lab, RECORDS_PER_TICK, schedule};
use crate::app::view_model::{PresetChoice, RunState, Settings, SourceView, Span};
use crate::app::{FrameBar, GC_LINES_KEPT, Limits};
use crate::engine::StreamState;
use crate::frame::Size;
use crate::judge::{Deadline, Policy, Question};
use crate::measure::{Clock, DisturbanceKind, ProbeCost, ms_from_nanos};
use crate::pipeline::{self, MAX_THREADS};
use crate::source::SourceInfo;

/// The what-if panel is taken to be looked at for so long after it was drawn.
const WHAT_IF_SEEN_NANOS: u64 = 1_000_000_000;

/// What statistics are made of: the version of the history, and the settings that they follow.
pub(super) type StatisticsKey = (
    u64,
    Deadline,
    Span,
    Policy,
    Option<String>,
    Vec<(String, String)>,
);

impl Lab {
    fn drain_records(&mut self) {
        let policy = self.wishes.policy.to_string();
        let Some(stage_ids) = self
            .playing
            .as_ref()
            .map(|playing| playing.stage_ids.clone())
        else {
            return;
        };
        for _ in 0..RECORDS_PER_TICK {
            let playing = self.playing.as_mut();
            let Some(record) = playing.and_then(|playing| playing.stream.next_record()) else {
                return;
            };
            let cause = self.history.push(&record, &stage_ids, &policy);
            self.tell_plots(&record, &stage_ids, cause.as_deref());
            self.watch.take_record(&record);
        }
    }

    pub(super) fn drain_stream(&mut self) {
        self.drain_records();
        let Some(playing) = &mut self.playing else {
            return;
        };
        while let Some(cycle) = playing.stream.next_cycle() {
            self.model.drops.simulated_gc.insert(0, cycle.to_string());
            self.model.drops.simulated_gc.truncate(GC_LINES_KEPT);
        }
        playing.stream.free_retired();
        let status = playing.stream.status();
        let trouble = playing.stream.next_trouble();
        let ended =
            if playing.stream.is_finished() && !matches!(self.model.state, RunState::Stopped(_)) {
                Some(match playing.stream.join() {
                    Ok(_) => format!(
                        "{}: no more pictures could be read. Open another source.",
                        playing.info.name
                    ),
                    Err(panic) => format!("{panic}."),
                })
            } else {
                None
            };
        if let Some(trouble) = trouble {
            self.notify(trouble.to_string());
        }
        self.model.state = match (status.state, ended) {
            (_, Some(message)) => {
                self.notify(message.clone());
                RunState::Stopped(message)
            }
            (StreamState::Ended, None) => std::mem::take(&mut self.model.state),
            (StreamState::Starting, None) => RunState::Starting,
            (StreamState::Running, None) => RunState::Running,
            (StreamState::Paused, None) => RunState::Paused,
        };
        self.refresh_live();
        // Pictures that are not taken are not copied out either.
        if self.watch.is_drawing() {
            self.refresh_viewer();
        }
        let frames = status.era_processed.max(1) as f64;
        self.model.answer.records_lost = status.records_lost;
        self.model.answer.queue_depth = status.queue_depth;
        self.model.answer.allocations_per_frame = status
            .era_allocations
            .filter(|_| status.era_processed > 0)
            .map(|counts| counts.allocations as f64 / frames);
        self.refresh_probe();
        self.refresh_transport();
    }

    pub(super) fn refresh_transport(&mut self) {
        let Some(playing) = &mut self.playing else {
            return;
        };
        let status = playing.stream.status();
        self.model.transport = Some(self.player.view(&status, &playing.info, playing.is_live));
        self.show_look();
    }

    /// The times of a picture that was looked at stand where those of the latest frame do.
    fn show_look(&mut self) {
        let Some(look) = self.player.look() else {
            return;
        };
        let stages = &mut self.model.stages;
        // A decoder that is counted stands before the stages of the pipeline, and was not on the clock here.
        let before = stages.len().saturating_sub(look.stages().len());
        let times = std::iter::repeat_n(None, before).chain(
            look.stages()
                .iter()
                .map(|&nanos| Some(ms_from_nanos(nanos))),
        );
        for (stage, now_ms) in stages.iter_mut().zip(times) {
            stage.now_ms = now_ms;
        }
    }

    pub(super) fn refresh_probe(&mut self) {
        self.model.probe = self.inspector.probe(&self.model.pictures);
    }

    pub(super) fn refresh_timeline(&mut self) {
        let deadline = self.deadline();
        self.history
            .update_timeline(deadline, &mut self.model.timeline);
        if let Some(selected) = &mut self.model.selected {
            let limits = self.model.timeline.limits();
            let frame = self.model.plots.run.frame(selected.index);
            if let Some(frame) = frame {
                selected.verdict = frame.verdict(limits);
            } else {
                self.model.selected = self.history.bar_of(selected.index, deadline);
            }
        }
    }

    /// A frame of the run, as far as it is kept.
    pub(super) fn bar_of(&self, index: u64) -> Option<FrameBar> {
        let deadline = self.deadline();
        let limits = Limits {
            budget_nanos: deadline.budget_nanos,
            limit_nanos: deadline.limit_nanos(),
        };
        self.history
            .bar_of(index, deadline)
            .or_else(|| self.model.plots.run.bar(index, limits))
    }

    /// Makes the statistics anew if anything that they are made of has changed.
    pub(super) fn refresh_statistics(&mut self) {
        let names = self.playing.as_ref().map(|playing| &playing.stage_names);
        let key = (
            self.history.version(),
            self.deadline(),
            self.wishes.span,
            self.wishes.policy,
            self.model.focused_stage.clone(),
            names.cloned().unwrap_or_default(),
        );
        if self.statistics_of.as_ref() != Some(&key) {
            self.statistics_of = Some(key);
            self.make_statistics();
            self.model.plots.statistics_version += 1;
        }
        self.refresh_timeline();
        self.refresh_brush();
        self.show_look();
        self.refresh_jitter();
        self.refresh_what_if();
        self.refresh_graph();
        self.refresh_export();
    }

    fn make_statistics(&mut self) {
        let deadline = self.deadline();
        let mut answer = self.history.answer(deadline, schedule(self.rate()));
        answer.tolerance_percent = self.wishes.tolerance.percent();
        answer.allocations_per_frame = self.model.answer.allocations_per_frame;
        answer.records_lost = self.model.answer.records_lost;
        answer.queue_depth = self.model.answer.queue_depth;
        answer.probe_cost_ms = self.playing.as_ref().map(|playing| {
            ms_from_nanos(ProbeCost::of_this_machine().of_stages(playing.stage_ids.len()))
        });
        self.model.answer = answer;
        if let Some(playing) = &self.playing {
            self.model.stages = self.history.stages(&playing.stage_names, deadline);
            let policy = self.wishes.policy.to_string();
            if let Some(list) = self.history.drops(&playing.stage_ids, deadline, &policy) {
                self.model.drops.list = list;
                self.refresh_drops();
            }
            self.model.drops.slowest = self.history.slowest(deadline);
        }
        let focus = self.model.focused_stage.as_deref().and_then(|id| {
            let place = self.model.stages.iter().position(|stage| stage.id == id)?;
            Some((id, place))
        });
        self.model.distribution = self.history.distribution(self.wishes.span, focus);
        if focus.is_none() {
            // The recipe has no such stage any more.
            self.model.focused_stage = None;
        }
        self.model.drops.frames = if self.history.is_empty() {
            0
        } else {
            self.history.frames()
        };
    }

    /// Has the recorded frames replayed, if that is worth it now.
    pub(super) fn refresh_what_if(&mut self) {
        self.replays.poll(&mut self.model.what_if);
        let now_nanos = self.clock.now_nanos();
        if now_nanos.saturating_sub(self.what_if_seen_nanos) > WHAT_IF_SEEN_NANOS {
            return;
        }
        let trace = self.history.trace();
        if trace.is_empty() {
            return;
        }
        let schedule = schedule(self.rate());
        let question = Question {
            trace: std::sync::Arc::new(trace),
            recorded: schedule,
            schedule,
            budget_nanos: self.wishes.budget_nanos,
            tolerance: self.wishes.tolerance,
            policy: self.wishes.policy,
            rule: self.model.what_if.rule,
            has_floor: true,
        };
        if self.replays.wants(&question, now_nanos) {
            self.replays.ask(question, now_nanos);
        }
    }

    pub(super) fn refresh_settings(&mut self) {
        let Some(playing) = &self.playing else { return };
        let info = &playing.info;
        self.model.source = source_view(info);
        let note = pipeline::preset(&self.wishes.preset).map(|preset| preset.note.clone());
        self.model.settings = Some(Settings {
            preset: self.wishes.preset.clone(),
            presets: pipeline::presets()
                .iter()
                .map(|preset| PresetChoice {
                    name: preset.name.clone(),
                    title: preset.title.clone(),
                    family: preset.family.title(),
                })
                .collect(),
            preset_note: note.unwrap_or_default(),
            rate: self.rate(),
            source_rate: info.rate,
            budget_nanos: self.wishes.budget_nanos,
            budget_in_force_nanos: self.deadline().budget_nanos,
            tolerance: self.wishes.tolerance,
            policy: self.wishes.policy,
            arrivals: self.wishes.arrivals.clone(),
            waiting: self.wishes.waiting,
            infer: self.wishes.recipe.infer().cloned(),
            live_buffer: playing.is_live.then_some(self.wishes.live_buffer),
            disturbances: self
                .wishes
                .switches
                .views()
                .iter()
                // Nothing can scatter what arrives by itself.
                .filter(|view| !playing.is_live || view.kind != DisturbanceKind::Jitter)
                .cloned()
                .collect(),
            is_decode_counted: self.wishes.is_decode_counted,
            is_pool_enabled: self.wishes.options.is_pool_enabled,
            execution: self.wishes.options.execution,
            cpu_level: self.wishes.options.level,
            threads: self.wishes.options.team.threads(),
            thread_choices: thread_choices(),
            staged_because: playing.staged_because.clone(),
            blur_kind: self.wishes.recipe.blur_kind(),
            blur_radius_px: self.wishes.recipe.blur_radius_px(),
            model_short_px: self.wishes.recipe.resize_short_px(),
            model_size: self.wishes.recipe.resize_size(),
        });
    }
}

/// One to as many as there are processors, doubling.
fn thread_choices() -> Vec<usize> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut choices: Vec<_> = std::iter::successors(Some(1), |threads| Some(threads * 2))
        .take_while(|threads| *threads < processors.min(MAX_THREADS))
        .collect();
    choices.push(processors.min(MAX_THREADS));
    choices
}

fn source_view(info: &SourceInfo) -> SourceView {
    let title = match info.name.split_once("://") {
        Some((_, address)) => address.trim_end_matches('/'),
        None => info.name.rsplit(['/', '\\']).next().unwrap_or(&info.name),
    };
    let title = title.to_owned();
    let rate = if info.rate.seconds() == 1 {
        info.rate.to_string()
    } else {
        format!("{:.2}", info.rate.per_second())
    };
    let Size {
        width_px,
        height_px,
    } = info.frame.size;
    SourceView {
        name: info.name.clone(),
        title,
        detail: format!("{} · {width_px}×{height_px} · {rate} fps", info.codec),
    }
}
