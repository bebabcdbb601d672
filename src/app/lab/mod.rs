//! The lab: what is open, what runs, what is shown.

mod export;
mod graph;
mod live;
mod plots;
mod refresh;
mod settings;
mod shell;
mod viewer;
mod watch;

use super::UiCommand;
use super::afterglow::Afterglow;
use super::disturb::Switches;
use super::formats::Formats;
use super::graph::Graph;
use super::history::History;
use super::opening::{self, Job, Opened, Progress};
use super::shell::kept::Kept;
use super::transport::Player;
use super::view_model::{Notice, RunState, Span, ViewModel};
use super::viewer::Inspector;
use super::watch::Watch;
use super::what_if::Replays;
use crate::engine::{EngineCommand, LiveBuffer, Stream, StreamConfig, stages_of};
use crate::frame::FrameRate;
use crate::judge::{ArrivalPattern, Deadline, Limit, Policy, Schedule, Tolerance};
use crate::measure::{Clock, SystemClock, Waiting};
use crate::pipeline::{CompileOptions, Pipeline, Recipe, StageInfo};
use crate::source::{self, SourceInfo};

/// Frames worked on before anything is counted, as `run` does.
const WARMUP_FRAMES: u32 = 30;

/// The seed of everything random.
const SEED: u64 = 1;

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
    arrivals: ArrivalPattern,
    live_buffer: LiveBuffer,
    waiting: Waiting,
    switches: Switches,
    span: Span,
    options: CompileOptions,
    is_decode_counted: bool,
}

/// A source that runs.
struct Playing {
    stream: Stream,
    info: SourceInfo,
    is_live: bool,
    /// The compiled stages, the decoder among them if it is counted.
    stages: Vec<StageInfo>,
    stage_ids: Vec<String>,
    stage_names: Vec<(String, String)>,
    staged_because: Option<String>,
    is_decode_counted: bool,
}

impl Playing {
    /// Takes over what is known of a pipeline.
    fn describe(&mut self, pipeline: &Pipeline) {
        self.staged_because = pipeline.staged_because().map(ToString::to_string);
        let stages = stages_of(&self.info, pipeline, self.is_decode_counted);
        self.stages.clone_from(&stages);
        self.stage_ids = stages.iter().map(|stage| stage.id.clone()).collect();
        self.stage_names = stages
            .into_iter()
            .map(|stage| (stage.id, stage.label))
            .collect();
    }
}

/// The lab without a window.
pub struct Lab {
    wishes: Wishes,
    player: Player,
    formats: Formats,
    graph: Graph,
    exports: export::Exports,
    playing: Option<Playing>,
    opening: Option<(String, Job<Result<Opened, String>>)>,
    choosing: Option<Job<Option<String>>>,
    /// A recipe or pool change that waits for the compiler: a dragged slider compiles the latest of its values.
    has_new_recipe: bool,
    /// Preset and recipe that are being compiled.
    compiling: Option<Compiling>,
    /// Preset and recipe that were compiled last.
    last_good: (String, Recipe),
    /// Commands that found the ring full.
    unsent: Vec<EngineCommand>,
    history: History,
    replays: Replays,
    /// When the what-if panel was looked at last.
    what_if_seen_nanos: u64,
    model: ViewModel,
    clock: SystemClock,
    refreshed_nanos: u64,
    notices_given: u64,
    keeper: shell::Keeper,
    watch: Watch,
    /// When the source that is played was opened.
    watch_began_nanos: u64,
    /// What is made for the viewer beside the stream.
    inspector: Inspector,
    afterglow: Afterglow,
    /// The era of the last frame, and its first frame.
    last_era: u32,
    era_began: u64,
    /// What the statistics were made of.
    statistics_of: Option<refresh::StatisticsKey>,
}

/// A preset's name, its recipe, and the pipeline that is being made of it.
type Compiling = ((String, Recipe), Job<Result<Box<Pipeline>, String>>);

impl Lab {
    /// A lab that is opening `source`, and remembers nothing.
    pub fn new(source: &str) -> Self {
        let mut lab = Self::of(&Kept::default());
        lab.open(source);
        lab
    }

    fn of(kept: &Kept) -> Self {
        let mut lab = Self {
            wishes: Wishes::from_kept(kept),
            player: Player::default(),
            formats: Formats::default(),
            graph: Graph::default(),
            exports: export::Exports::default(),
            playing: None,
            opening: None,
            choosing: None,
            has_new_recipe: false,
            compiling: None,
            last_good: (kept.preset.clone(), kept.recipe.clone()),
            unsent: Vec::new(),
            history: History::default(),
            replays: Replays::default(),
            what_if_seen_nanos: 0,
            model: ViewModel::default(),
            clock: SystemClock,
            refreshed_nanos: 0,
            notices_given: 0,
            keeper: shell::Keeper::default(),
            watch: Watch::default(),
            watch_began_nanos: 0,
            inspector: Inspector::default(),
            afterglow: Afterglow::default(),
            last_era: 0,
            era_began: 0,
            statistics_of: None,
        };
        lab.model.what_if.rule = kept.drop_rule;
        // Nothing runs yet that would have to be told.
        let _ = lab.player.set_speed(kept.speed);
        let _ = lab.player.set_looping(kept.is_looping);
        lab
    }

    /// What is to be drawn.
    pub fn view(&self) -> &ViewModel {
        &self.model
    }

    /// Whether anything can change by itself, so that the window has to look again soon.
    pub fn is_live(&self) -> bool {
        self.opening.is_some()
            || self.choosing.is_some()
            || self.formats.is_asking()
            || self.has_new_recipe
            || self.compiling.is_some()
            || self.inspector.is_working()
            || self.graph.is_busy()
            || self.exports.is_busy()
            || self.model.state != RunState::Paused
            || self.is_watching()
    }

    /// Takes in what the stream and the jobs have brought since the last call.
    pub fn tick(&mut self) {
        self.poll_jobs();
        self.poll_compiling();
        self.poll_exports();
        self.apply_new_recipe();
        self.follow_leaps();
        self.send_unsent();
        self.drain_stream();
        let now_nanos = self.clock.now_nanos();
        if self.watch.is_drawing() {
            if now_nanos - self.refreshed_nanos >= REFRESH_NANOS {
                self.refreshed_nanos = now_nanos;
                self.refresh_statistics();
                self.keep();
            }
            self.refresh_timeline();
        }
        self.tick_shell();
        self.tick_watch(now_nanos);
        self.tick_graph();
        self.refresh_afterglow();
    }

    /// Does what the user wants.
    pub fn apply(&mut self, command: UiCommand) {
        let before = self.before(&command);
        match command {
            UiCommand::Shell(command) => self.apply_shell(command),
            UiCommand::SetRunning(is_running) => self.set_running(is_running),
            UiCommand::Drops(command) => self.apply_drops(command),
            UiCommand::Watch(command) => self.apply_watch(command),
            UiCommand::Step(_)
            | UiCommand::GoTo(_)
            | UiCommand::SetRange(..)
            | UiCommand::SetSpeed(_)
            | UiCommand::SetLooping(_) => self.move_playing(&command),
            UiCommand::SetDecodeCounted(is_counted) => self.set_decode_counted(is_counted),
            UiCommand::Open(source) if self.open_diagram(&source) => {}
            UiCommand::Open(source) => self.open(&source),
            UiCommand::ChooseFile => self.choose_file(),
            UiCommand::AskFormats => self.formats.ask(&mut self.model.formats),
            UiCommand::SetFfmpeg(place) => self.formats.choose(&place, &mut self.model.formats),
            UiCommand::SetPreset(name) => self.set_preset(&name),
            UiCommand::SetRate(rate) => self.set_rate(rate),
            UiCommand::SetBudget(budget_nanos) => self.set_budget(budget_nanos),
            UiCommand::SetTolerance(tolerance) => self.set_tolerance(tolerance),
            UiCommand::SetPolicy(policy) => self.set_policy(policy),
            UiCommand::SetArrivals(pattern) => self.set_arrivals(pattern),
            UiCommand::SetLiveBuffer(buffer) => self.set_live_buffer(buffer),
            UiCommand::SetWaiting(waiting) => self.set_waiting(waiting),
            UiCommand::SetInfer(simulation) => {
                let change = match &simulation {
                    Some(_) => "infer changed".to_owned(),
                    None => "infer off".to_owned(),
                };
                self.set_recipe(self.wishes.recipe.with_infer(simulation), change);
            }
            UiCommand::SetDisturbance(kind, is_on) => {
                if self.wishes.switches.switch(kind, is_on) {
                    self.disturb(None);
                }
            }
            UiCommand::SetDisturbanceArguments(kind, arguments) => {
                if self.wishes.switches.set_arguments(kind, &arguments) {
                    self.disturb(None);
                }
            }
            UiCommand::DisturbOnce(kind) => self.disturb(Some(kind)),
            UiCommand::LookAtWhatIf => self.what_if_seen_nanos = self.clock.now_nanos(),
            UiCommand::SetDropRule(rule) => {
                self.model.what_if.rule = rule;
                self.refresh_statistics();
            }
            UiCommand::SetSpan(span) => {
                self.wishes.span = span;
                self.refresh_statistics();
            }
            UiCommand::SetPool(is_enabled) => self.set_pool(is_enabled),
            UiCommand::SetExecution(execution) => self.set_execution(execution),
            UiCommand::SetCpuLevel(level) => self.set_cpu_level(level),
            UiCommand::SetThreads(threads) => self.set_threads(threads),
            UiCommand::SetBlurKind(kind) => {
                self.set_recipe(
                    self.wishes.recipe.with_blur_kind(kind),
                    format!("blur {}", kind.name()),
                );
            }
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
            UiCommand::SetModelShortSide(short_px) => {
                self.set_recipe(
                    self.wishes.recipe.with_resize_short_px(short_px),
                    format!("short side {short_px} px"),
                );
            }
            UiCommand::Select(index) => {
                self.model.selected = index.and_then(|index| self.bar_of(index));
                index.into_iter().for_each(|index| self.look_at(index));
            }
            UiCommand::Viewer(command) => self.look(command),
            UiCommand::FocusStage(id) => {
                self.model.focused_stage = id;
                self.refresh_statistics();
            }
            UiCommand::Plot(command) => self.apply_plot(command),
            UiCommand::Probe(at) => {
                self.inspector.hover(at);
                self.refresh_probe();
            }
            UiCommand::ClearStatistics => {
                self.history.clear();
                self.clear_plots();
                self.model.drops.simulated_gc.clear();
                self.replays.forget(&mut self.model.what_if);
                self.model.selected = None;
                self.begin_new_era();
            }
            UiCommand::Graph(command) => self.apply_to_graph(command),
            UiCommand::Export(command) => self.export(command),
            UiCommand::DismissNotice(id) => self.model.notices.retain(|notice| notice.id != id),
        }
        self.note(before);
        self.refresh_settings();
    }

    fn open(&mut self, source: &str) {
        let source = source.trim().to_owned();
        if source.is_empty() {
            return;
        }
        if source.to_lowercase().ends_with(".json") {
            return self.open_recipe(&source);
        }
        let (recipe, options, spec) = (
            self.wishes.recipe.clone(),
            self.wishes.options.clone(),
            source.clone(),
        );
        match Job::start("open", move || opening::open(&spec, &recipe, &options)) {
            Some(job) => {
                self.opening = Some((source, job));
                self.keeper.opening_since_nanos = self.clock.now_nanos();
                // The source is opened with the recipe of this moment.
                self.last_good = (self.wishes.preset.clone(), self.wishes.recipe.clone());
            }
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
                Progress::Done(Ok(opened)) => {
                    self.remember_source(&source);
                    self.play(opened);
                }
                Progress::Done(Err(message)) => self.could_not_open(message),
                Progress::Lost => self.could_not_open(format!(
                    "{}: opening it failed inside Framescope. Please report it.",
                    source::shown(&source)
                )),
            }
        }
        self.formats.poll(&mut self.model.formats);
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
            is_live,
            pipeline,
        } = opened;
        self.player.begin(info.is_seekable);
        let config = StreamConfig {
            law: self.law_for(self.wishes.rate.unwrap_or(info.rate), is_live),
            waiting: self.wishes.waiting,
            warmup_frames: WARMUP_FRAMES,
            limit: Limit::default(),
            play: self.player.play(),
            holds_at_end: true,
            is_decode_counted: self.wishes.is_decode_counted && !is_live,
            live_buffer: self.wishes.live_buffer,
            has_tap: true,
            starts_paused: false,
            disturbances: self.wishes.switches.disturbances(None),
            seed: SEED,
        };
        let stages = stages_of(&info, &pipeline, config.is_decode_counted);
        let staged_because = pipeline.staged_because().map(ToString::to_string);
        let is_decode_counted = config.is_decode_counted;
        match Stream::start(config, source, pipeline) {
            Ok(stream) => {
                self.playing = Some(Playing {
                    stream,
                    info,
                    is_live,
                    stages: stages.clone(),
                    stage_ids: stages.iter().map(|stage| stage.id.clone()).collect(),
                    stage_names: stages
                        .into_iter()
                        .map(|stage| (stage.id, stage.label))
                        .collect(),
                    staged_because,
                    is_decode_counted,
                });
                self.history = History::of(is_live);
                self.statistics_of = None;
                self.afterglow = Afterglow::default();
                self.replays.forget(&mut self.model.what_if);
                self.model = self.empty_model();
                self.inspector.forget(&mut self.model.viewer);
                // What was set while it was being opened, or is being compiled for another source.
                let has_changed = self.wishes.recipe != self.last_good.1;
                self.has_new_recipe |= has_changed || self.compiling.take().is_some();
                self.unsent.clear();
                self.begin_watch();
                self.refresh_settings();
            }
            Err(error) => self.notify(format!("{error}.")),
        }
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
