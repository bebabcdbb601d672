//! Everything that can be asked for by name or by key: one table, from which palette, shortcuts and the page of shortcuts
//! come.
//!
//! A command is made for the model of the moment: it knows whether it can be done now, and why not. Keys are written as they
//! are read, `Ctrl+Shift+Z`; the window knows how its toolkit calls them.

use super::graph_commands::graph;
use super::look_commands::LOOK_ROWS;
use super::panels::PANELS;
use super::watch_rows::WATCH_ROWS;
use super::words::{disturbance_line, disturbance_title, policy_line, policy_title};
use super::workspace::WorkspaceKind;
use super::{Page, ShellCommand, ThemeChoice, scale_step};
use crate::app::{PlotCommand, RunState, Step, Transport, UiCommand, ViewModel};
use crate::judge::Policy;

/// A command at this moment.
#[derive(Clone, Debug)]
pub struct Command {
    /// `panel.drops`: the same in every version.
    pub id: String,
    /// The name on the screen.
    pub label: String,
    /// What it does, in one line.
    pub line: String,
    /// The keys, each of which is enough.
    pub keys: &'static [&'static str],
    /// What is asked for, or why that cannot be now.
    pub wish: Result<UiCommand, String>,
}

/// Why something cannot be done now.
pub(super) type Wish = Result<UiCommand, &'static str>;

/// A row of the table.
pub(super) struct Row {
    id: &'static str,
    label: &'static str,
    line: &'static str,
    keys: &'static [&'static str],
    wish: fn(&ViewModel) -> Wish,
}

pub(super) const NO_STREAM: &str = "Nothing runs yet. Open a source first.";
const NO_WAY_BACK: &str = "This source cannot be gone back in.";
const LIVE: &str = "A live source comes when it comes.";

#[allow(clippy::unnecessary_wraps, reason = "what rows of the table return")]
pub(super) fn shell(command: ShellCommand) -> Wish {
    Ok(UiCommand::Shell(command))
}

fn transport(model: &ViewModel) -> Result<&Transport, &'static str> {
    model.transport.as_ref().ok_or(NO_STREAM)
}

/// A source in which one can step.
fn stepped(model: &ViewModel) -> Result<&Transport, &'static str> {
    let transport = transport(model)?;
    if transport.is_live {
        Err(LIVE)
    } else {
        Ok(transport)
    }
}

/// A source in which one can go anywhere.
fn seekable(model: &ViewModel) -> Result<&Transport, &'static str> {
    let transport = stepped(model)?;
    match transport.cannot_seek {
        Some(_) => Err(NO_WAY_BACK),
        None => Ok(transport),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "a row of the table")]
fn running(model: &ViewModel) -> Wish {
    let is_running = matches!(model.state, RunState::Running | RunState::Starting);
    Ok(UiCommand::SetRunning(!is_running))
}

fn range_start(model: &ViewModel) -> Wish {
    let transport = seekable(model)?;
    let picture = transport.picture.ok_or(NO_STREAM)?;
    let end = transport.end.filter(|&end| end > picture);
    Ok(UiCommand::SetRange(picture, end))
}

fn range_end(model: &ViewModel) -> Wish {
    let transport = seekable(model)?;
    let picture = transport.picture.ok_or(NO_STREAM)?;
    Ok(UiCommand::SetRange(
        transport.start.min(picture),
        Some(picture + 1),
    ))
}

/// The dropped frame before or after the selected one; without a selection the newest.
fn dropped(model: &ViewModel, is_next: bool) -> Wish {
    let frames = || model.drops.list.iter().map(|drop| drop.frame);
    let newest = frames()
        .max()
        .ok_or("No frame was dropped. Try a disturbance.")?;
    let Some(selected) = model.selected.as_ref().map(|bar| bar.index) else {
        return Ok(UiCommand::Select(Some(newest)));
    };
    let found = if is_next {
        frames().filter(|frame| *frame > selected).min()
    } else {
        frames().filter(|frame| *frame < selected).max()
    };
    let at_end = if is_next {
        "This is the newest dropped frame."
    } else {
        "This is the oldest dropped frame that is kept."
    };
    found
        .map(|frame| UiCommand::Select(Some(frame)))
        .ok_or(at_end)
}

#[allow(clippy::unnecessary_wraps, reason = "what rows of the table return")]
fn scaled(model: &ViewModel, steps: isize) -> Wish {
    let scale = model.shell.preferences.scale;
    shell(ShellCommand::SetScale(scale_step(scale, steps)))
}

pub(super) const fn row(
    id: &'static str,
    label: &'static str,
    line: &'static str,
    keys: &'static [&'static str],
    wish: fn(&ViewModel) -> Wish,
) -> Row {
    Row {
        id,
        label,
        line,
        keys,
        wish,
    }
}

/// What is always there, in the order in which the page of shortcuts shows it.
const ROWS: &[Row] = &[
    row(
        "run",
        "Run or pause",
        "A pause stops the schedule; nothing is counted meanwhile.",
        &["Space"],
        running,
    ),
    row(
        "step",
        "Step forward",
        "Look at the picture after this one; it is counted nowhere.",
        &["."],
        |model| stepped(model).map(|_| UiCommand::Step(Step::Forward)),
    ),
    row(
        "step-back",
        "Step back",
        "Look at the picture before this one; it is counted nowhere.",
        &[","],
        |model| seekable(model).map(|_| UiCommand::Step(Step::Back)),
    ),
    row(
        "previous-drop",
        "Previous dropped frame",
        "Select the dropped frame before the selected one.",
        &["["],
        |model| dropped(model, false),
    ),
    row(
        "next-drop",
        "Next dropped frame",
        "Select the dropped frame after the selected one.",
        &["]"],
        |model| dropped(model, true),
    ),
    row(
        "select-none",
        "Clear the selection",
        "Look at no frames and no stage in particular.",
        &["Escape"],
        |model| {
            if model.brush.is_some() {
                Ok(UiCommand::Plot(PlotCommand::Brush(None)))
            } else if model.selected.is_some() {
                Ok(UiCommand::Select(None))
            } else if model.focused_stage.is_some() {
                Ok(UiCommand::FocusStage(None))
            } else {
                Err("Nothing is selected.")
            }
        },
    ),
    row(
        "start",
        "Go to the start",
        "Go to the first picture of the range.",
        &["Home"],
        |model| seekable(model).map(|transport| UiCommand::GoTo(transport.start)),
    ),
    row(
        "range-start",
        "Range from here",
        "Play from the picture shown on.",
        &["I"],
        range_start,
    ),
    row(
        "range-end",
        "Range up to here",
        "Play up to the picture shown.",
        &["O"],
        range_end,
    ),
    row(
        "range-all",
        "Whole range",
        "Play the whole source.",
        &["X"],
        |model| seekable(model).map(|_| UiCommand::SetRange(0, None)),
    ),
    row(
        "loop",
        "Loop",
        "Play again from the start of the range at its end, or not.",
        &["L"],
        |model| seekable(model).map(|transport| UiCommand::SetLooping(!transport.is_looping)),
    ),
    row(
        "slower",
        "Slower",
        "Let the time of the source pass more slowly; arrivals keep their rate.",
        &["-"],
        |model| stepped(model).map(|transport| UiCommand::SetSpeed(transport.speed.slower())),
    ),
    row(
        "faster",
        "Faster",
        "Let the time of the source pass faster; arrivals keep their rate.",
        &["="],
        |model| stepped(model).map(|transport| UiCommand::SetSpeed(transport.speed.faster())),
    ),
    row(
        "open",
        "Open a file…",
        "Choose a video, a picture or a folder.",
        &["Ctrl+O"],
        |_| Ok(UiCommand::ChooseFile),
    ),
    row(
        "open-path",
        "Open a path or an address",
        "Type a path, an address, camera:0 or synthetic:NAME.",
        &["Ctrl+L"],
        |_| shell(ShellCommand::ShowPage(Page::Path)),
    ),
    row(
        "cancel-opening",
        "Cancel opening",
        "Stop opening a source; what runs goes on.",
        &[],
        |model| {
            let _ = model
                .shell
                .opening
                .as_ref()
                .ok_or("Nothing is being opened.")?;
            shell(ShellCommand::CancelOpening)
        },
    ),
    row(
        "clear",
        "Count anew",
        "Empty the statistics, the timeline and the drops.",
        &["Ctrl+K"],
        |_| Ok(UiCommand::ClearStatistics),
    ),
    row(
        "undo",
        "Undo",
        "Take the last change of a setting back.",
        &["Ctrl+Z"],
        |model| {
            let _ = model
                .shell
                .undo
                .as_ref()
                .ok_or("No setting was changed yet.")?;
            shell(ShellCommand::Undo)
        },
    ),
    row(
        "redo",
        "Redo",
        "Do again what was undone last.",
        &["Ctrl+Shift+Z", "Ctrl+Y"],
        |model| {
            let _ = model.shell.redo.as_ref().ok_or("Nothing was undone.")?;
            shell(ShellCommand::Redo)
        },
    ),
    row(
        "reset-settings",
        "Reset all settings",
        "All settings as at the first start; can be undone.",
        &[],
        |_| shell(ShellCommand::ResetSettings),
    ),
    row(
        "palette",
        "Command palette",
        "Find every command by a few of its letters.",
        &["Ctrl+P"],
        |_| shell(ShellCommand::ShowPage(Page::Palette)),
    ),
    row(
        "shortcuts",
        "Keyboard shortcuts",
        "All keys, and what they do.",
        &["F1", "?"],
        |_| shell(ShellCommand::ShowPage(Page::Shortcuts)),
    ),
    row(
        "settings",
        "Settings",
        "Theme, scale, and what is remembered.",
        &["Ctrl+,"],
        |_| shell(ShellCommand::ShowPage(Page::Settings)),
    ),
    row(
        "formats",
        "What opens",
        "What this machine can open, and which FFmpeg is used.",
        &["F2"],
        |_| shell(ShellCommand::ShowPage(Page::Formats)),
    ),
    row(
        "tour",
        "Tour",
        "Five steps through the window.",
        &[],
        |_| shell(ShellCommand::Tour(Some(0))),
    ),
    row(
        "reset-workspace",
        "Reset workspace",
        "Put the panels of this workspace back where they first were.",
        &[],
        |_| shell(ShellCommand::ResetWorkspace),
    ),
    row(
        "larger",
        "Larger",
        "Everything on the screen a step larger.",
        &["Ctrl+=", "Ctrl++"],
        |model| scaled(model, 1),
    ),
    row(
        "smaller",
        "Smaller",
        "Everything on the screen a step smaller.",
        &["Ctrl+-"],
        |model| scaled(model, -1),
    ),
    row(
        "usual-size",
        "Usual size",
        "Everything on the screen as large as at the first start.",
        &["Ctrl+0"],
        |_| shell(ShellCommand::SetScale(1.0)),
    ),
    row(
        "theme.system",
        "Theme: as the system",
        "Light or dark, as the system has it.",
        &[],
        |_| shell(ShellCommand::SetTheme(ThemeChoice::System)),
    ),
    row("theme.dark", "Theme: dark", "Light on dark.", &[], |_| {
        shell(ShellCommand::SetTheme(ThemeChoice::Dark))
    }),
    row("theme.light", "Theme: light", "Dark on light.", &[], |_| {
        shell(ShellCommand::SetTheme(ThemeChoice::Light))
    }),
    row(
        "budget-interval",
        "Budget: one interval",
        "A frame is done when the next is due.",
        &[],
        |_| Ok(UiCommand::SetBudget(None)),
    ),
    row(
        "blur-off",
        "Blur off",
        "Take the blur out of the recipe.",
        &[],
        |_| Ok(UiCommand::SetBlurRadius(0)),
    ),
    row(
        "infer-off",
        "Inference off",
        "Take the simulated inference out of the recipe.",
        &[],
        |_| Ok(UiCommand::SetInfer(None)),
    ),
    row(
        "forget-sources",
        "Forget recent sources",
        "Empty the list of recent sources.",
        &[],
        |model| {
            if model.shell.preferences.recent_sources.is_empty() {
                return Err("No source is remembered.");
            }
            shell(ShellCommand::ForgetSources)
        },
    ),
];

/// The keys of the workspaces, in their order.
const WORKSPACE_KEYS: [&[&str]; 4] = [&["1"], &["2"], &["3"], &["4"]];

/// All commands, as they are at this moment.
pub fn commands(model: &ViewModel) -> Vec<Command> {
    let mut all: Vec<Command> = ROWS
        .iter()
        .chain(WATCH_ROWS)
        .chain(LOOK_ROWS)
        .map(|row| Command {
            id: row.id.to_owned(),
            label: row.label.to_owned(),
            line: row.line.to_owned(),
            keys: row.keys,
            wish: (row.wish)(model).map_err(str::to_owned),
        })
        .collect();
    all.extend(graph(model));
    all.extend(workspaces());
    all.extend(panels());
    all.extend(policies());
    all.extend(disturbances(model));
    all.extend(presets(model));
    all.extend(recent(model));
    all
}

pub(super) fn command(id: String, label: String, line: &str, wish: UiCommand) -> Command {
    Command {
        id,
        label,
        line: line.to_owned(),
        keys: &[],
        wish: Ok(wish),
    }
}

fn workspaces() -> impl Iterator<Item = Command> {
    WorkspaceKind::ALL
        .into_iter()
        .zip(WORKSPACE_KEYS)
        .map(|(kind, keys)| Command {
            keys,
            ..command(
                format!("workspace.{}", kind.title().to_lowercase()),
                format!("Workspace: {}", kind.title()),
                kind.line(),
                UiCommand::Shell(ShellCommand::SetWorkspace(kind)),
            )
        })
}

fn panels() -> impl Iterator<Item = Command> {
    PANELS.iter().map(|info| {
        command(
            format!("panel.{}", info.id),
            format!("Panel: {}", info.title),
            info.line,
            UiCommand::Shell(ShellCommand::ShowPanel(info.kind)),
        )
    })
}

fn policies() -> impl Iterator<Item = Command> {
    Policy::ALL.into_iter().map(|policy| {
        command(
            format!("policy.{}", policy.name()),
            format!("Policy: {}", policy_title(policy)),
            policy_line(policy),
            UiCommand::SetPolicy(policy),
        )
    })
}

fn disturbances(model: &ViewModel) -> Vec<Command> {
    let views = model
        .settings
        .iter()
        .flat_map(|settings| &settings.disturbances);
    views
        .map(|view| {
            let wish = if view.is_once {
                UiCommand::DisturbOnce(view.kind)
            } else {
                UiCommand::SetDisturbance(view.kind, !view.is_on)
            };
            let verb = match (view.is_once, view.is_on) {
                (true, _) => "",
                (_, true) => " off",
                (_, false) => " on",
            };
            command(
                format!("disturb.{}", view.kind.name()),
                format!("Disturb: {}{verb}", disturbance_title(view.kind)),
                disturbance_line(view.kind),
                wish,
            )
        })
        .collect()
}

fn presets(model: &ViewModel) -> Vec<Command> {
    let presets = model.settings.iter().flat_map(|settings| &settings.presets);
    presets
        .map(|preset| {
            command(
                format!("preset.{}", preset.name),
                format!("Preset: {}", preset.title),
                &format!("Take the recipe and the tolerance of {}.", preset.name),
                UiCommand::SetPreset(preset.name.clone()),
            )
        })
        .collect()
}

fn recent(model: &ViewModel) -> Vec<Command> {
    let sources = &model.shell.preferences.recent_sources;
    sources
        .iter()
        .map(|source| {
            let mut command = command(
                format!("recent.{source}"),
                format!("Open recent: {source}"),
                "Open this source again.",
                UiCommand::Open(source.clone()),
            );
            if is_without_secret(source) {
                command.wish =
                    Err("Its password was not kept. Type the whole address again.".to_owned());
            }
            command
        })
        .collect()
}

/// Whether an address has lost its password when it was remembered.
pub fn is_without_secret(source: &str) -> bool {
    source.contains("://") && source.contains('…')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_command_can_be_read_and_no_two_have_an_id_or_a_key() {
        let mut model = ViewModel::default();
        model.shell.preferences.remember_source("clip.mp4");
        let all = commands(&model);
        let mut ids = BTreeSet::new();
        let mut keys = BTreeSet::new();
        for command in &all {
            assert!(ids.insert(command.id.clone()), "{} twice", command.id);
            assert!(!command.label.is_empty(), "{}", command.id);
            assert!(
                command.line.ends_with('.'),
                "{}: {}",
                command.id,
                command.line
            );
            assert!(!command.line.contains('\n'), "{}", command.id);
            for key in command.keys {
                assert!(keys.insert(*key), "{key} means two things");
            }
            if let Err(reason) = &command.wish {
                assert!(reason.ends_with('.'), "{}: {reason}", command.id);
            }
        }
        assert!(all.len() > ROWS.len() + LOOK_ROWS.len() + PANELS.len());
    }

    #[test]
    fn dropped_frames_are_gone_through() {
        use crate::app::FrameBar;
        let mut model = ViewModel::default();
        assert!(dropped(&model, true).is_err());
        model.drops.list = [90, 44, 7]
            .map(|frame| crate::judge::Dropped {
                frame,
                ..dropped_frame()
            })
            .to_vec();
        assert_eq!(dropped(&model, false), Ok(UiCommand::Select(Some(90))));
        model.selected = Some(FrameBar {
            index: 44,
            ..FrameBar::default()
        });
        assert_eq!(dropped(&model, false), Ok(UiCommand::Select(Some(7))));
        assert_eq!(dropped(&model, true), Ok(UiCommand::Select(Some(90))));
        model.selected = Some(FrameBar {
            index: 90,
            ..FrameBar::default()
        });
        assert!(dropped(&model, true).is_err());
    }

    fn dropped_frame() -> crate::judge::Dropped {
        crate::judge::Dropped {
            frame: 0,
            verdict: crate::measure::Verdict::Skipped,
            service_ms: None,
            response_ms: None,
            late_by: None,
            excess_ms: None,
            parts: Vec::new(),
            unexplained_ms: None,
            evidence: crate::judge::DroppedEvidence::default(),
            cause: "policy".into(),
            text: String::new(),
        }
    }

    #[test]
    fn an_address_without_its_password_is_not_opened() {
        let mut model = ViewModel::default();
        model
            .shell
            .preferences
            .remember_source("rtsp://me:secret@camera/1");
        model.shell.preferences.remember_source("clip…final.mp4");
        let all = commands(&model);
        let wish = |id: &str| {
            all.iter()
                .find(|c| c.id.starts_with(id))
                .map(|c| c.wish.is_ok())
        };
        assert_eq!(wish("recent.rtsp"), Some(false));
        assert_eq!(wish("recent.clip"), Some(true));
    }
}
