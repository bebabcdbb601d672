//! The lab: what is open, what runs, what is shown.

use super::UiCommand;
use super::history::History;
use super::opening::{self, Job, Opened, Progress};
use super::pictures;
use super::view_model::{Notice, RunState, Settings, SourceView, ViewModel};
use crate::engine::{EngineCommand, Limit, Stream, StreamConfig, StreamState};
use crate::frame::{FrameRate, Size};
use crate::judge::{Deadline, Policy, Schedule, Tolerance};
use crate::measure::{Clock, SystemClock};
use crate::pipeline::{self, Recipe};
use crate::source::SourceInfo;

/// The preset that the lab opens with.
const FIRST_PRESET: &str = "yolov4";

/// Frames worked on before anything is counted, as `run` does.
const WARMUP_FRAMES: u32 = 30;

/// How often the statistics are made anew: ten times a second is as fast as numbers can be read.
const REFRESH_NANOS: u64 = 100_000_000;

/// Notices on the screen at most; older ones make room.
const MAX_NOTICES: usize = 4;

/// Records taken from the ring in one tick at most, so that a burst never holds the window up.
const RECORDS_PER_TICK: usize = 2_048;

/// What the user has set; kept when another source is opened.
#[derive(Clone, Debug)]
struct Wishes {
    preset: String,
    recipe: Recipe,
    /// `None` follows the source.
    rate: Option<FrameRate>,
    budget_nanos: Option<u64>,
    tolerance: Tolerance,
    policy: Policy,
    is_pool_enabled: bool,
}

/// A source that runs.
struct Playing {
    stream: Stream,
    info: SourceInfo,
    stage_ids: Vec<String>,
    stage_names: Vec<(String, String)>,
}

/// The lab without a window.
pub struct Lab {
    wishes: Wishes,
    playing: Option<Playing>,
    opening: Option<(String, Job<Result<Opened, String>>)>,
    choosing: Option<Job<Option<String>>>,
    /// A recipe or pool change that waits for the next tick: a dragged slider compiles once a tick.
    has_new_recipe: bool,
    /// Commands that found the ring full.
    unsent: Vec<EngineCommand>,
    history: History,
    model: ViewModel,
    clock: SystemClock,
    refreshed_nanos: u64,
    notices_given: u64,
    probe_at: Option<[u32; 2]>,
}

impl Lab {
    /// A lab that is opening `source`.
    pub fn new(source: &str) -> Self {
        let preset = pipeline::preset(FIRST_PRESET).unwrap_or(&pipeline::presets()[0]);
        let mut lab = Self {
            wishes: Wishes {
                preset: preset.name.clone(),
                recipe: preset.recipe.clone(),
                rate: None,
                budget_nanos: None,
                tolerance: Tolerance::from_percent(preset.tolerance_percent).unwrap_or_default(),
                policy: Policy::default(),
                is_pool_enabled: true,
            },
            playing: None,
            opening: None,
            choosing: None,
            has_new_recipe: false,
            unsent: Vec::new(),
            history: History::default(),
            model: ViewModel::default(),
            clock: SystemClock,
            refreshed_nanos: 0,
            notices_given: 0,
            probe_at: None,
        };
        lab.open(source);
        lab
    }

    /// What is to be drawn.
    pub fn view(&self) -> &ViewModel {
        &self.model
    }

    /// Whether anything can change by itself, so that the window has to look again soon.
    pub fn is_live(&self) -> bool {
        self.opening.is_some() || self.choosing.is_some() || self.model.state != RunState::Paused
    }

    /// Takes in what the stream and the jobs have brought since the last call.
    pub fn tick(&mut self) {
        self.poll_jobs();
        self.apply_new_recipe();
        self.send_unsent();
        self.drain_stream();
        let now_nanos = self.clock.now_nanos();
        if now_nanos - self.refreshed_nanos >= REFRESH_NANOS {
            self.refreshed_nanos = now_nanos;
            self.refresh_statistics();
        }
        self.refresh_timeline();
    }

    /// Does what the user wants.
    pub fn apply(&mut self, command: UiCommand) {
        match command {
            UiCommand::SetRunning(is_running) => self.send(EngineCommand::SetRunning(is_running)),
            UiCommand::Step => self.send(EngineCommand::Step),
            UiCommand::Open(source) => self.open(&source),
            UiCommand::ChooseFile => self.choose_file(),
            UiCommand::SetPreset(name) => self.set_preset(&name),
            UiCommand::SetRate(rate) => self.set_rate(rate),
            UiCommand::SetBudget(budget_nanos) => self.set_budget(budget_nanos),
            UiCommand::SetTolerance(tolerance) => self.set_tolerance(tolerance),
            UiCommand::SetPolicy(policy) => self.set_policy(policy),
            UiCommand::SetPool(is_enabled) => self.set_pool(is_enabled),
            UiCommand::SetBlurRadius(radius_px) => {
                self.set_recipe(
                    self.wishes.recipe.with_blur_radius(radius_px),
                    format!("blur radius {radius_px} px"),
                );
            }
            UiCommand::SetModelSize(size) => {
                self.set_recipe(
                    self.wishes.recipe.with_resize_size(size),
                    format!("size {size}"),
                );
            }
            UiCommand::Select(index) => {
                self.model.selected =
                    index.and_then(|index| self.history.bar_of(index, self.deadline()));
            }
            UiCommand::Probe(at) => {
                self.probe_at = at;
                self.refresh_probe();
            }
            UiCommand::ClearStatistics => {
                self.history.clear();
                self.model.selected = None;
                self.begin_new_era();
            }
            UiCommand::DismissNotice(id) => self.model.notices.retain(|notice| notice.id != id),
        }
        self.refresh_settings();
    }

    fn open(&mut self, source: &str) {
        let source = source.trim().to_owned();
        if source.is_empty() {
            return;
        }
        let (recipe, is_pool_enabled, spec) = (
            self.wishes.recipe.clone(),
            self.wishes.is_pool_enabled,
            source.clone(),
        );
        match Job::start("open", move || {
            opening::open(&spec, &recipe, is_pool_enabled)
        }) {
            Some(job) => self.opening = Some((source, job)),
            None => self.notify(
                "The system gives no more threads. Close other programs and try again.".into(),
            ),
        }
    }

    fn choose_file(&mut self) {
        if self.choosing.is_none() {
            self.choosing = Job::start("dialog", opening::choose_file);
        }
    }

    fn poll_jobs(&mut self) {
        if let Some((source, job)) = self.opening.take() {
            match job.poll() {
                Progress::Working(job) => self.opening = Some((source, job)),
                Progress::Done(Ok(opened)) => self.play(opened),
                Progress::Done(Err(message)) => self.could_not_open(message),
                Progress::Lost => self.could_not_open(format!(
                    "{source}: opening it failed inside Framescope. Please report it."
                )),
            }
        }
        match self.choosing.take().map(Job::poll) {
            Some(Progress::Working(job)) => self.choosing = Some(job),
            Some(Progress::Done(Some(path))) => self.open(&path),
            Some(Progress::Done(None)) => self.notify(
                "No file was chosen. If no dialog appeared, this desktop has no file portal: type the path into the field at the top, or drop the file onto the window.".into(),
            ),
            Some(Progress::Lost) | None => {}
        }
    }

    fn could_not_open(&mut self, message: String) {
        if self.playing.is_none() {
            self.model.state = RunState::Stopped(message.clone());
        }
        self.notify(message);
    }

    /// Starts the opened source; what ran before is stopped only now.
    fn play(&mut self, opened: Opened) {
        let Opened {
            source,
            info,
            pipeline,
        } = opened;
        let stages = pipeline.stages();
        let stage_ids = stages.iter().map(|stage| stage.id.clone()).collect();
        let stage_names = stages
            .iter()
            .map(|stage| (stage.id.clone(), stage.label.clone()))
            .collect();
        let config = StreamConfig {
            schedule: schedule(self.wishes.rate.unwrap_or(info.rate)),
            deadline: self.deadline_at(self.wishes.rate.unwrap_or(info.rate)),
            policy: self.wishes.policy,
            warmup_frames: WARMUP_FRAMES,
            limit: Limit::default(),
            is_looping: true,
            has_tap: true,
            starts_paused: false,
        };
        match Stream::start(config, source, pipeline) {
            Ok(stream) => {
                self.playing = Some(Playing {
                    stream,
                    info,
                    stage_ids,
                    stage_names,
                });
                self.history = History::default();
                self.model = ViewModel {
                    notices: std::mem::take(&mut self.model.notices),
                    ..ViewModel::default()
                };
                self.unsent.clear();
                self.refresh_settings();
            }
            Err(error) => self.notify(format!("{error}.")),
        }
    }

    fn set_preset(&mut self, name: &str) {
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

    fn set_recipe(&mut self, recipe: Recipe, change: String) {
        if recipe != self.wishes.recipe {
            self.wishes.recipe = recipe;
            self.has_new_recipe = true;
            self.history.mark_change(change);
        }
    }

    fn set_pool(&mut self, is_enabled: bool) {
        if is_enabled != self.wishes.is_pool_enabled {
            self.wishes.is_pool_enabled = is_enabled;
            self.has_new_recipe = true;
            self.history
                .mark_change(format!("pool {}", if is_enabled { "on" } else { "off" }));
        }
    }

    fn apply_new_recipe(&mut self) {
        if !std::mem::take(&mut self.has_new_recipe) {
            return;
        }
        let Some(playing) = &mut self.playing else {
            return;
        };
        match opening::compile(
            &self.wishes.recipe,
            playing.info.frame,
            self.wishes.is_pool_enabled,
        ) {
            Ok(pipeline) => {
                let stages = pipeline.stages();
                playing.stage_ids = stages.iter().map(|stage| stage.id.clone()).collect();
                playing.stage_names = stages
                    .iter()
                    .map(|stage| (stage.id.clone(), stage.label.clone()))
                    .collect();
                self.send(EngineCommand::Swap(pipeline));
            }
            Err(message) => self.notify(format!("The recipe was not changed. {message}")),
        }
    }

    fn set_rate(&mut self, rate: FrameRate) {
        if rate != self.rate() {
            self.wishes.rate = Some(rate);
            self.history.mark_change(format!("rate {rate} fps"));
            self.begin_new_era();
        }
    }

    fn set_policy(&mut self, policy: Policy) {
        if policy != self.wishes.policy {
            self.wishes.policy = policy;
            self.history
                .mark_change(format!("policy {}", policy.name()));
            self.begin_new_era();
        }
    }

    fn set_budget(&mut self, budget_nanos: Option<u64>) {
        if budget_nanos != self.wishes.budget_nanos {
            self.wishes.budget_nanos = budget_nanos;
            let budget_ms = self.deadline().budget_nanos as f64 / 1e6;
            self.history
                .mark_change(format!("budget {budget_ms:.2} ms"));
            self.judge_anew();
        }
    }

    fn set_tolerance(&mut self, tolerance: Tolerance) {
        if tolerance != self.wishes.tolerance {
            self.wishes.tolerance = tolerance;
            self.history.mark_change(format!("tolerance {tolerance}"));
            self.judge_anew();
        }
    }

    fn judge_anew(&mut self) {
        self.send(EngineCommand::SetDeadline(self.deadline()));
        self.refresh_statistics();
    }

    fn begin_new_era(&mut self) {
        let (schedule, policy, deadline) =
            (schedule(self.rate()), self.wishes.policy, self.deadline());
        self.send(EngineCommand::SetPacing {
            schedule,
            policy,
            deadline,
        });
    }

    fn rate(&self) -> FrameRate {
        let of_source = self.playing.as_ref().map(|playing| playing.info.rate);
        self.wishes.rate.or(of_source).unwrap_or(FrameRate::DEFAULT)
    }

    fn deadline(&self) -> Deadline {
        self.deadline_at(self.rate())
    }

    fn deadline_at(&self, rate: FrameRate) -> Deadline {
        Deadline::new(
            self.wishes.budget_nanos.unwrap_or(rate.interval_nanos()),
            self.wishes.tolerance,
        )
    }

    fn send(&mut self, command: EngineCommand) {
        self.unsent.push(command);
        self.send_unsent();
    }

    fn send_unsent(&mut self) {
        let Some(playing) = &mut self.playing else {
            self.unsent.clear();
            return;
        };
        while !self.unsent.is_empty() && playing.stream.has_room() {
            let command = self.unsent.remove(0);
            let was_sent = playing.stream.send(command);
            debug_assert!(was_sent, "there was room");
        }
    }

    fn drain_stream(&mut self) {
        let Some(playing) = &mut self.playing else {
            return;
        };
        for _ in 0..RECORDS_PER_TICK {
            let Some(record) = playing.stream.next_record() else {
                break;
            };
            self.history.push(record);
        }
        playing.stream.free_retired();
        let status = playing.stream.status();
        let trouble = playing.stream.next_trouble();
        if let Some(tap) = playing.stream.tap().and_then(|reader| reader.take()) {
            pictures::refresh(&mut self.model.pictures, tap);
        }
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
        let frames = status.era_processed.max(1) as f64;
        self.model.answer.records_lost = status.records_lost;
        self.model.answer.allocations_per_frame = status
            .era_allocations
            .filter(|_| status.era_processed > 0)
            .map(|counts| counts.allocations as f64 / frames);
        self.refresh_probe();
    }

    fn refresh_probe(&mut self) {
        let tap = self
            .playing
            .as_mut()
            .and_then(|playing| playing.stream.tap())
            .and_then(|reader| reader.latest());
        self.model.probe = tap
            .zip(self.probe_at)
            .and_then(|(tap, at)| pictures::probe(&self.model.pictures, tap, at));
    }

    fn refresh_timeline(&mut self) {
        self.model.timeline = self.history.timeline(self.deadline());
        if let Some(selected) = &self.model.selected {
            self.model.selected = self.history.bar_of(selected.index, self.deadline());
        }
    }

    fn refresh_statistics(&mut self) {
        let deadline = self.deadline();
        let mut answer = self.history.answer(deadline, schedule(self.rate()));
        answer.tolerance_percent = self.wishes.tolerance.percent();
        answer.allocations_per_frame = self.model.answer.allocations_per_frame;
        answer.records_lost = self.model.answer.records_lost;
        self.model.answer = answer;
        self.model.distribution = self.history.distribution();
        if let Some(playing) = &self.playing {
            self.model.stages = self.history.stages(&playing.stage_names, deadline);
            self.model.drops.list =
                self.history
                    .drops(&playing.stage_ids, deadline, self.wishes.policy.name());
        }
        self.model.drops.frames = if self.history.is_empty() {
            0
        } else {
            self.history.frames()
        };
    }

    fn refresh_settings(&mut self) {
        let Some(playing) = &self.playing else { return };
        let info = &playing.info;
        self.model.source = source_view(info);
        let note = pipeline::preset(&self.wishes.preset).map(|preset| preset.note.clone());
        self.model.settings = Some(Settings {
            preset: self.wishes.preset.clone(),
            presets: pipeline::presets()
                .iter()
                .map(|preset| (preset.name.clone(), preset.title.clone()))
                .collect(),
            preset_note: note.unwrap_or_default(),
            rate: self.rate(),
            source_rate: info.rate,
            budget_nanos: self.wishes.budget_nanos,
            budget_in_force_nanos: self.deadline().budget_nanos,
            tolerance: self.wishes.tolerance,
            policy: self.wishes.policy,
            is_pool_enabled: self.wishes.is_pool_enabled,
            blur_radius_px: self.wishes.recipe.blur_radius_px(),
            model_size: self.wishes.recipe.resize_size(),
        });
    }

    fn notify(&mut self, text: String) {
        if self.model.notices.iter().any(|notice| notice.text == text) {
            return;
        }
        self.notices_given += 1;
        self.model.notices.push(Notice {
            id: self.notices_given,
            text,
        });
        let surplus = self.model.notices.len().saturating_sub(MAX_NOTICES);
        self.model.notices.drain(..surplus);
    }
}

fn schedule(rate: FrameRate) -> Schedule {
    Schedule::from_rate(rate.frames(), rate.seconds())
}

fn source_view(info: &SourceInfo) -> SourceView {
    let title = info
        .name
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(&info.name)
        .to_owned();
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
