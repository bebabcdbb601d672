//! The lab's side of the shell: workspaces, undo, what is remembered, and opening that can be cancelled.

use super::{Lab, Wishes};
use crate::app::disturb::Switches;
use crate::app::opening::{Job, Progress};
use crate::app::shell::file::{Remembered, SettingsPlace};
use crate::app::shell::kept::{Kept, KeptSwitch};
use crate::app::shell::tour::{self, TOUR};
use crate::app::shell::undo::Undo;
use crate::app::shell::{
    OpeningView, Preferences, ShellCommand, ShellView, clamped_scale, clamped_window,
};
use crate::app::{PanelKind, RunState, UiCommand, ViewModel};
use crate::engine::EngineCommand;
use crate::measure::Clock;
use crate::pipeline::{CompileOptions, Team};
use crate::source;

/// The settings are written when nothing has changed for so long.
const WRITE_AFTER_NANOS: u64 = 1_000_000_000;

/// What was just done is told for so long.
const TOLD_NANOS: u64 = 5_000_000_000;

/// Opening that lasts longer is told, with a way to cancel it.
const SLOW_NANOS: u64 = 200_000_000;

/// What is remembered between starts, and how far it has been written.
#[derive(Default)]
pub(super) struct Keeper {
    place: SettingsPlace,
    /// As the file has it; `None` if it is not known to.
    written: Option<Remembered>,
    latest: Remembered,
    changed_nanos: u64,
    writing: Option<Job<Result<(), String>>>,
    pub(super) undo: Undo,
    told_nanos: u64,
    pub(super) opening_since_nanos: u64,
}

impl Keeper {
    fn poll(&mut self) -> Option<String> {
        match self.writing.take().map(Job::poll) {
            Some(Progress::Working(job)) => {
                self.writing = Some(job);
                None
            }
            Some(Progress::Done(Err(reason))) => Some(reason),
            Some(Progress::Lost) => Some("writing them failed inside Framescope".to_owned()),
            Some(Progress::Done(Ok(()))) | None => None,
        }
    }
}

impl Wishes {
    /// The wishes that these settings are.
    pub(super) fn from_kept(kept: &Kept) -> Self {
        let mut switches = Switches::default();
        for (kind, switch) in &kept.disturbances {
            switches.set_arguments(*kind, &switch.arguments);
            switches.switch(*kind, switch.is_on);
        }
        Self {
            preset: kept.preset.clone(),
            recipe: kept.recipe.clone(),
            rate: kept.rate,
            budget_nanos: kept.budget_nanos,
            tolerance: kept.tolerance_percent,
            policy: kept.policy,
            arrivals: kept.arrivals.clone(),
            live_buffer: kept.live_buffer,
            waiting: kept.waiting,
            switches,
            span: kept.span,
            options: CompileOptions {
                is_pool_enabled: kept.is_pool_enabled,
                execution: kept.execution,
                level: kept.cpu_level,
                team: Team::new(kept.threads).unwrap_or_default(),
            },
            is_decode_counted: kept.is_decode_counted,
        }
    }
}

impl Lab {
    /// A lab that is opening `source`, with what was remembered.
    pub fn with_settings(source: &str, place: SettingsPlace) -> Self {
        let (remembered, told) = Remembered::read(&place);
        let mut lab = Self::of(&remembered.kept);
        let settings_file = place.path().map(|path| path.display().to_string());
        let is_first = settings_file.is_some() && !remembered.preferences.is_tour_done;
        lab.model.shell = ShellView {
            preferences: remembered.preferences.clone(),
            layout_version: 1,
            settings_file,
            ..ShellView::default()
        };
        lab.graph.restore(&remembered.drafts);
        lab.keeper.place = place;
        // After a file was set aside, a new one is written.
        lab.keeper.written = told.is_none().then(|| remembered.clone());
        lab.keeper.latest = remembered;
        if let Some(told) = told {
            lab.notify(told);
        }
        if is_first {
            lab.go_to_tour(Some(0));
        }
        lab.open(source);
        lab
    }

    /// All settings as one value.
    pub(super) fn kept(&self) -> Kept {
        let wishes = &self.wishes;
        let play = self.player.play();
        Kept {
            preset: wishes.preset.clone(),
            recipe: wishes.recipe.clone(),
            rate: wishes.rate,
            budget_nanos: wishes.budget_nanos,
            tolerance_percent: wishes.tolerance,
            policy: wishes.policy,
            arrivals: wishes.arrivals.clone(),
            live_buffer: wishes.live_buffer,
            waiting: wishes.waiting,
            disturbances: wishes
                .switches
                .views()
                .iter()
                .map(|view| {
                    let switch = KeptSwitch {
                        arguments: view.arguments.clone(),
                        is_on: view.is_on,
                    };
                    (view.kind, switch)
                })
                .collect(),
            span: wishes.span,
            drop_rule: self.model.what_if.rule,
            is_pool_enabled: wishes.options.is_pool_enabled,
            execution: wishes.options.execution,
            cpu_level: wishes.options.level,
            threads: wishes.options.team.threads(),
            is_decode_counted: wishes.is_decode_counted,
            speed: play.speed,
            is_looping: play.is_looping,
        }
    }

    /// Goes to these settings, through the same doors as a user.
    fn take(&mut self, kept: &Kept) {
        self.wishes.preset.clone_from(&kept.preset);
        self.set_recipe(kept.recipe.clone(), "recipe".to_owned());
        self.set_pool(kept.is_pool_enabled);
        self.set_execution(kept.execution);
        self.set_cpu_level(kept.cpu_level);
        self.set_threads(kept.threads);
        if kept.rate != self.wishes.rate {
            self.wishes.rate = kept.rate;
            let rate = self.rate();
            self.history.mark_change(format!("rate {rate} fps"));
            self.begin_new_era();
        }
        self.set_budget(kept.budget_nanos);
        self.set_tolerance(kept.tolerance_percent);
        self.set_policy(kept.policy);
        self.set_arrivals(kept.arrivals.clone());
        self.set_live_buffer(kept.live_buffer);
        self.set_waiting(kept.waiting);
        self.set_decode_counted(kept.is_decode_counted);
        if kept.disturbances != self.kept().disturbances {
            self.wishes.switches = Wishes::from_kept(kept).switches;
            self.disturb(None);
        }
        self.wishes.span = kept.span;
        self.model.what_if.rule = kept.drop_rule;
        self.move_playing(&UiCommand::SetSpeed(kept.speed));
        self.move_playing(&UiCommand::SetLooping(kept.is_looping));
        self.refresh_statistics();
    }

    /// The settings before a command that may change them.
    pub(super) fn before(&self, command: &UiCommand) -> Option<Kept> {
        let is_looking = matches!(
            command,
            UiCommand::Probe(_)
                | UiCommand::LookAtWhatIf
                | UiCommand::Select(_)
                | UiCommand::FocusStage(_)
                | UiCommand::Shell(_)
        );
        (!is_looking).then(|| self.kept())
    }

    /// A command is done: what it changed can be undone.
    pub(super) fn note(&mut self, before: Option<Kept>) {
        if let Some(before) = before {
            let now_nanos = self.clock.now_nanos();
            let after = self.kept();
            self.keeper.undo.note(before, &after, now_nanos);
            self.refresh_undo();
        }
    }

    fn refresh_undo(&mut self) {
        self.model.shell.undo = self.keeper.undo.undo_line();
        self.model.shell.redo = self.keeper.undo.redo_line();
    }

    /// Does what has nothing to do with the stream.
    pub(super) fn apply_shell(&mut self, command: ShellCommand) {
        match command {
            ShellCommand::Undo => {
                let step = self.keeper.undo.undo();
                self.go_back_to(step);
            }
            ShellCommand::Redo => {
                let step = self.keeper.undo.redo();
                self.go_back_to(step);
            }
            ShellCommand::Hold(is_held) => self.keeper.undo.hold(is_held),
            ShellCommand::Tour(step) => self.go_to_tour(step),
            ShellCommand::CancelOpening => self.cancel_opening(),
            ShellCommand::ResetSettings => {
                let before = self.kept();
                let mut first = Kept::default();
                let switches = Self::of(&first).kept().disturbances;
                first.disturbances = switches;
                self.take(&first);
                self.note(Some(before));
                self.tell("All settings are as at the first start. Ctrl+Z takes that back.".into());
            }
            other => self.arrange(other),
        }
    }

    /// Brings a panel to the front, if it is not there.
    pub(super) fn bring(&mut self, panel: PanelKind) {
        let layout = self.model.shell.preferences.layout_mut();
        let before = layout.clone();
        layout.show(panel);
        if *layout != before {
            self.model.shell.layout_version += 1;
        }
    }

    fn arrange(&mut self, command: ShellCommand) {
        let preferences = &mut self.model.shell.preferences;
        let mut is_new_layout = true;
        match command {
            ShellCommand::SetWorkspace(kind) => preferences.workspace = kind,
            ShellCommand::ResetWorkspace => {
                *preferences.layout_mut() = preferences.workspace.ready_made();
                let title = preferences.workspace.title();
                self.tell(format!("The panels of {title} are back at their places."));
            }
            ShellCommand::Arrange(layout) => {
                *preferences.layout_mut() = layout.checked();
                is_new_layout = false;
            }
            ShellCommand::ShowPanel(panel) => preferences.layout_mut().show(panel),
            ShellCommand::ClosePanel(panel) => {
                preferences.layout_mut().close(panel);
                let title = panel.title();
                self.tell(format!(
                    "{title} is closed. The menu Panels brings it back."
                ));
            }
            ShellCommand::FloatPanel(panel) => preferences.layout_mut().float(panel),
            ShellCommand::DockPanel(panel) => preferences.layout_mut().dock(panel),
            other => {
                is_new_layout = false;
                prefer(preferences, &other);
            }
        }
        if is_new_layout {
            self.model.shell.layout_version += 1;
        }
    }

    fn go_back_to(&mut self, step: Option<(Kept, String)>) {
        if let Some((kept, told)) = step {
            self.take(&kept);
            self.tell(told);
        }
        self.refresh_undo();
    }

    fn go_to_tour(&mut self, step: Option<usize>) {
        let shell = &mut self.model.shell;
        shell.tour = step.filter(|step| *step < TOUR.len());
        match shell.tour.and_then(|step| TOUR.get(step)) {
            Some(step) => {
                if tour::prepare(step, &mut shell.preferences) {
                    shell.layout_version += 1;
                }
            }
            None => shell.preferences.is_tour_done = true,
        }
    }

    fn cancel_opening(&mut self) {
        if let Some((name, _)) = self.opening.take() {
            // The thread ends by itself, and finds nobody who waits for its source.
            let shown = source::shown(&name);
            if self.playing.is_none() {
                self.model.state = RunState::Stopped(format!(
                    "Opening {shown} was cancelled. Open another source."
                ));
            }
            self.tell(format!("Opening {shown} was cancelled."));
            self.model.shell.opening = None;
        }
    }

    /// Tells in passing what was done.
    fn tell(&mut self, text: String) {
        self.keeper.told_nanos = self.clock.now_nanos();
        self.model.shell.told = Some(text);
    }

    /// A source was opened.
    pub(super) fn remember_source(&mut self, source: &str) {
        self.model.shell.preferences.remember_source(source);
    }

    /// What is kept of the view when another source begins.
    pub(super) fn empty_model(&mut self) -> ViewModel {
        ViewModel {
            shell: std::mem::take(&mut self.model.shell),
            notices: std::mem::take(&mut self.model.notices),
            formats: std::mem::take(&mut self.model.formats),
            what_if: std::mem::take(&mut self.model.what_if),
            viewer: std::mem::take(&mut self.model.viewer),
            graph: std::mem::take(&mut self.model.graph),
            export: std::mem::take(&mut self.model.export),
            plots: self.model.plots.emptied(),
            ..ViewModel::default()
        }
    }

    /// What time brings: messages that pass, the state of opening, settings to be written.
    pub(super) fn tick_shell(&mut self) {
        let now_nanos = self.clock.now_nanos();
        if now_nanos.saturating_sub(self.keeper.told_nanos) > TOLD_NANOS {
            self.model.shell.told = None;
        }
        self.model.shell.opening = self.opening.as_ref().map(|(name, _)| OpeningView {
            name: source::shown(name),
            is_slow: now_nanos.saturating_sub(self.keeper.opening_since_nanos) > SLOW_NANOS,
        });
    }

    /// Has the settings written, if they have changed and then stayed.
    pub(super) fn keep(&mut self) {
        if self.keeper.place.path().is_none() {
            return;
        }
        self.model.graph.text.is_kept = self.graph.is_in(&self.keeper.latest.drafts);
        if let Some(reason) = self.keeper.poll() {
            self.notify(format!(
                "The settings are not kept: {reason}. They hold until the window is closed."
            ));
        }
        let now_nanos = self.clock.now_nanos();
        let latest = self.remembered();
        if latest != self.keeper.latest {
            self.keeper.latest = latest;
            self.keeper.changed_nanos = now_nanos;
        }
        let is_new = self.keeper.written.as_ref() != Some(&self.keeper.latest);
        let has_rested = now_nanos.saturating_sub(self.keeper.changed_nanos) > WRITE_AFTER_NANOS;
        if !is_new || !has_rested || self.keeper.writing.is_some() {
            return;
        }
        let remembered = self.keeper.latest.clone();
        self.keeper.written = Some(remembered.clone());
        let path = self.keeper.place.path().map(std::path::Path::to_owned);
        if let Some(path) = path {
            // Without a thread they are written at the end.
            self.keeper.writing = Job::start("settings", move || remembered.write(&path));
            if self.keeper.writing.is_none() {
                self.keeper.written = None;
            }
        }
    }

    fn remembered(&self) -> Remembered {
        Remembered {
            preferences: self.model.shell.preferences.clone(),
            kept: self.kept(),
            drafts: self.graph.drafts(),
        }
    }

    /// Writes what has changed, when the window is closed.
    pub fn close(&mut self) {
        let latest = self.remembered();
        if self.keeper.written.as_ref() == Some(&latest) && self.keeper.writing.is_none() {
            return;
        }
        if let Some(path) = self.keeper.place.path() {
            // Nobody is left to be told.
            let _ = latest.write(path);
            self.keeper.written = Some(latest);
        }
    }
}

fn prefer(preferences: &mut Preferences, command: &ShellCommand) {
    match *command {
        ShellCommand::SetTheme(theme) => preferences.theme = theme,
        ShellCommand::SetScale(scale) => preferences.scale = clamped_scale(scale),
        ShellCommand::SetWindowSize(size) => preferences.window_size = Some(clamped_window(size)),
        ShellCommand::SetGroupOpen(group, true) => {
            preferences.closed_groups.remove(&group);
        }
        ShellCommand::SetGroupOpen(group, false) => {
            preferences.closed_groups.insert(group);
        }
        ShellCommand::ForgetSources => preferences.recent_sources.clear(),
        _ => {}
    }
}

impl Lab {
    /// The pipeline is compiled beside the window: a large one takes longer than a frame of it.
    pub(super) fn poll_compiling(&mut self) {
        let Some((recipe, job)) = self.compiling.take() else {
            return;
        };
        let compiled = match job.poll() {
            Progress::Working(job) => {
                self.compiling = Some((recipe, job));
                return;
            }
            Progress::Done(compiled) => compiled,
            Progress::Lost => {
                Err("Compiling it failed inside Framescope. Please report it.".to_owned())
            }
        };
        match (compiled, &mut self.playing) {
            (Ok(pipeline), Some(playing)) => {
                playing.describe(&pipeline);
                self.last_good = recipe;
                self.send(EngineCommand::Swap(pipeline));
            }
            (Ok(_), None) => {}
            (Err(message), _) => {
                // What is shown is what runs.
                if !self.has_new_recipe {
                    (self.wishes.preset, self.wishes.recipe) = self.last_good.clone();
                }
                self.notify(format!("The recipe was not changed. {message}"));
            }
        }
        self.refresh_settings();
    }
}
