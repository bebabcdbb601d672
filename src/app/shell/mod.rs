//! What surrounds the measuring: panels and workspaces, the palette's commands, undo, the tour, and what is remembered
//! between starts.
//!
//! ```text
//!  panels      the registry of panels              workspace   ready-made layouts
//!  layout      where they stand, as data           commands    everything that can be asked for, by name and key
//!  kept, undo  all settings as one value           file        the settings file
//!  numbers     what each number means              tour        five steps for a newcomer
//!                                                watch_rows  commands about drops, playback, overhead and files
//! ```

pub(super) mod commands;
pub(super) mod file;
mod graph_commands;
pub(super) mod kept;
pub(super) mod layout;
mod look_commands;
pub mod numbers;
pub(super) mod palette;
pub(super) mod panels;
pub(super) mod tour;
pub(super) mod undo;
pub(super) mod watch_rows;
pub(super) mod words;
pub(super) mod workspace;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use layout::Layout;
use panels::PanelKind;
use workspace::WorkspaceKind;

/// Sources that are remembered.
pub(super) const MAX_RECENT: usize = 12;

/// A longer address is not remembered.
const MAX_SOURCE_BYTES: usize = 4096;

/// Sizes of everything on the screen that can be chosen, as factors.
pub const SCALES: [f32; 9] = [0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5];

/// A wish that has nothing to do with the stream.
#[derive(Clone, Debug, PartialEq)]
pub enum ShellCommand {
    /// Go to a workspace.
    SetWorkspace(WorkspaceKind),
    /// Put the panels of this workspace back where they first were.
    ResetWorkspace,
    /// What was dragged: the layout of the present workspace as it is on the screen.
    Arrange(Layout),
    /// Bring a panel to the front, or back.
    ShowPanel(PanelKind),
    /// Take a panel off the desk.
    ClosePanel(PanelKind),
    /// Put a panel into a small window of its own.
    FloatPanel(PanelKind),
    /// Put a panel that floats back among the others.
    DockPanel(PanelKind),
    /// Light, dark, or as the system has it.
    SetTheme(ThemeChoice),
    /// Size of everything, as a factor.
    SetScale(f32),
    /// The window has this size now, in points.
    SetWindowSize([f32; 2]),
    /// Open or close a group of controls.
    SetGroupOpen(ControlGroup, bool),
    /// Take the last change of a setting back.
    Undo,
    /// Do again what was undone last.
    Redo,
    /// The pointer is held down from now on, or no longer: what a drag changes is one step of undo.
    Hold(bool),
    /// Go to a step of the tour; `None` ends it.
    Tour(Option<usize>),
    /// Stop opening a source; what runs goes on.
    CancelOpening,
    /// All settings as at the first start; can be undone.
    ResetSettings,
    /// Empty the list of recent sources.
    ForgetSources,
    /// Open a page over the panels. The window does it itself.
    ShowPage(Page),
    /// Copy source, setting, answer, quantiles and stages as text. The window does it itself.
    CopyMoment,
}

/// A page over the panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Every command, found by a few letters.
    Palette,
    /// All shortcuts.
    Shortcuts,
    /// Theme, scale, and what is remembered.
    Settings,
    /// What this machine can open.
    Formats,
    /// The field for a path or an address.
    Path,
}

/// Which colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    /// As the system has it; dark where it does not say.
    #[default]
    System,
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

impl ThemeChoice {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::System, Self::Dark, Self::Light];

    /// The name on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::System => "As the system",
            Self::Dark => "Dark",
            Self::Light => "Light",
        }
    }
}

/// A group of the controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlGroup {
    /// Preset and size of the input.
    Model,
    /// Blur and inference.
    Stages,
    /// Rate, budget, tolerance.
    Clock,
    /// What happens to frames that arrive too early.
    Policy,
    /// What is done to the stream on purpose.
    Disturb,
    /// How arrivals lie, how the stream waits, what is on the clock.
    Arrivals,
    /// Staged or fused, vector instructions, threads, memory.
    Execution,
}

impl ControlGroup {
    /// The name on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Model => "Model",
            Self::Stages => "Stages",
            Self::Clock => "Clock",
            Self::Policy => "Policy",
            Self::Disturb => "Disturb",
            Self::Arrivals => "Arrivals",
            Self::Execution => "Execution",
        }
    }
}

/// What the user prefers, apart from settings of the stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Preferences {
    /// Which colours.
    pub theme: ThemeChoice,
    /// Size of everything on the screen, as a factor.
    pub scale: f32,
    /// Width and height of the window in points; `None` before it was open.
    pub window_size: Option<[f32; 2]>,
    /// Whether the tour was taken or skipped.
    pub is_tour_done: bool,
    /// Where the user is.
    pub workspace: WorkspaceKind,
    /// The panels of each workspace, in the order of [`WorkspaceKind::ALL`].
    pub layouts: [Layout; 4],
    /// Groups of controls that are closed.
    pub closed_groups: BTreeSet<ControlGroup>,
    /// What was opened, the newest first, without passwords.
    pub recent_sources: Vec<String>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::default(),
            scale: 1.0,
            window_size: None,
            is_tour_done: false,
            workspace: WorkspaceKind::default(),
            layouts: WorkspaceKind::ALL.map(WorkspaceKind::ready_made),
            // The others fit into a window of 800 points.
            closed_groups: [ControlGroup::Arrivals, ControlGroup::Execution].into(),
            recent_sources: Vec::new(),
        }
    }
}

impl Preferences {
    /// The layout of the present workspace.
    pub const fn layout(&self) -> &Layout {
        &self.layouts[self.workspace.position()]
    }

    pub(super) const fn layout_mut(&mut self) -> &mut Layout {
        &mut self.layouts[self.workspace.position()]
    }

    /// Puts a source at the head of the list, as it may be shown.
    pub(super) fn remember_source(&mut self, source: &str) {
        let shown = crate::source::shown(source);
        if shown.is_empty() || shown.len() > MAX_SOURCE_BYTES {
            return;
        }
        self.recent_sources.retain(|known| *known != shown);
        self.recent_sources.insert(0, shown);
        self.recent_sources.truncate(MAX_RECENT);
    }
}

/// A source that is being opened, and takes its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningView {
    /// What it is called, without passwords.
    pub name: String,
    /// Whether it has lasted long enough to be told.
    pub is_slow: bool,
}

/// What surrounds the measuring, ready to be drawn.
#[derive(Clone, Debug, Default)]
pub struct ShellView {
    /// Theme, scale, workspaces and the rest that is remembered.
    pub preferences: Preferences,
    /// Changes when a layout has changed otherwise than by [`ShellCommand::Arrange`]: the desk is then set up anew.
    pub layout_version: u64,
    /// What is being opened.
    pub opening: Option<OpeningView>,
    /// What was just done that cannot be seen by itself, such as an undo.
    pub told: Option<String>,
    /// What undo would take back.
    pub undo: Option<String>,
    /// What redo would do again.
    pub redo: Option<String>,
    /// The step of the tour.
    pub tour: Option<usize>,
    /// The settings file; `None` if nothing is remembered.
    pub settings_file: Option<String>,
}

/// The factor that is nearest to the present one among [`SCALES`], so many steps on.
pub(super) fn scale_step(scale: f32, steps: isize) -> f32 {
    let distance = |position: &usize| (SCALES[*position] - scale).abs();
    let nearest = (0..SCALES.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)));
    let wanted = nearest.unwrap_or(2).saturating_add_signed(steps);
    SCALES[wanted.min(SCALES.len() - 1)]
}

pub(super) fn clamped_scale(scale: f32) -> f32 {
    if scale.is_finite() {
        scale.clamp(SCALES[0], SCALES[SCALES.len() - 1])
    } else {
        1.0
    }
}

pub(super) fn clamped_window(size: [f32; 2]) -> [f32; 2] {
    size.map(|side| {
        if side.is_finite() {
            side.clamp(200.0, 16_384.0)
        } else {
            800.0
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_sources_are_few_and_hold_no_password() {
        let mut preferences = Preferences::default();
        preferences.remember_source("rtsp://user:secret@camera/stream");
        for number in 0..30 {
            preferences.remember_source(&format!("clip-{number}.mp4"));
        }
        preferences.remember_source("clip-25.mp4");
        assert_eq!(preferences.recent_sources.len(), MAX_RECENT);
        assert_eq!(preferences.recent_sources[0], "clip-25.mp4");
        preferences.remember_source("rtsp://user:secret@camera/stream");
        assert!(!preferences.recent_sources[0].contains("secret"));
    }

    #[test]
    fn scales_step_within_their_list() {
        assert_eq!(scale_step(1.0, 1), 1.1);
        assert_eq!(scale_step(1.0, -1), 0.9);
        assert_eq!(scale_step(2.5, 1), 2.5);
        assert_eq!(scale_step(0.75, -3), 0.75);
        assert_eq!(clamped_scale(f32::NAN), 1.0);
    }
}
