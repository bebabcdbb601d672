//! Rows of the command table about what is looked at closely, and what is taken along.

use super::ShellCommand;
use super::commands::{Command, NO_STREAM, Row, Wish, row, shell};
use crate::app::{
    DropsCommand, ExportCommand, ExportItem, OverheadState, RunState, UiCommand, ViewModel,
    WatchCommand,
};

/// Seconds that are measured quietly.
const QUIET_SECONDS: u32 = 10;

/// What an overhead measurement needs: frames that come.
fn running(model: &ViewModel, command: WatchCommand) -> Wish {
    match model.state {
        RunState::Running => Ok(UiCommand::Watch(command)),
        RunState::Paused => Err("The stream is paused. Run it first."),
        RunState::Starting | RunState::Stopped(_) => Err(NO_STREAM),
    }
}

/// Something that plays what was opened.
fn opened(model: &ViewModel, command: WatchCommand) -> Wish {
    let _ = model.transport.as_ref().ok_or(NO_STREAM)?;
    Ok(UiCommand::Watch(command))
}

fn show_picture(model: &ViewModel) -> Wish {
    let detail = model.watch.detail.as_ref().ok_or("Select a frame first.")?;
    let _ = detail
        .picture
        .ok_or("The picture of this frame was passed over.")?;
    Ok(UiCommand::Drops(DropsCommand::ShowInViewer(detail.frame)))
}

/// Saves this, if it is there.
fn save(model: &ViewModel, item: ExportItem) -> Wish {
    let is_there = match item {
        ExportItem::Code | ExportItem::Recipe => true,
        ExportItem::Tensor | ExportItem::Original | ExportItem::ModelInput => {
            model.export.has_picture
        }
        ExportItem::Frames | ExportItem::RunJson | ExportItem::RunFile => model.export.frames > 0,
    };
    if is_there {
        Ok(UiCommand::Export(ExportCommand::Save(item)))
    } else {
        Err("Nothing to save yet. Let the stream run.")
    }
}

/// The command that a number in a query asks for: what became of that frame.
pub fn frame_command(query: &str) -> Option<Command> {
    let mut words = query.split(|sign: char| !sign.is_ascii_digit() && sign != ',');
    let digits = words.find(|word| word.chars().any(|sign| sign.is_ascii_digit()))?;
    let frame: u64 = digits.replace(',', "").parse().ok()?;
    Some(Command {
        id: format!("frame.{frame}"),
        label: format!("Frame #{frame}: what became of it"),
        line: "Select it, and show its picture, its verdict, its times, and why.".to_owned(),
        keys: &[],
        wish: Ok(UiCommand::Drops(DropsCommand::Explain(frame))),
    })
}

/// They follow the rows of the playing bar.
pub(super) const WATCH_ROWS: &[Row] = &[
    row(
        "show-frame",
        "Show picture of the selected frame",
        "Pause, and show its picture in the viewer.",
        &[],
        show_picture,
    ),
    row(
        "group-drops",
        "Group drops in episodes",
        "Gather consecutive dropped frames, or list them one by one.",
        &[],
        |model| {
            let is_grouped = model.watch.drops.is_grouped;
            Ok(UiCommand::Drops(DropsCommand::Group(!is_grouped)))
        },
    ),
    row(
        "playback",
        "Play or stop playback",
        "The source with the last good picture for each dropped one, beside the perfect one.",
        &[],
        |model| {
            let is_playing = model.watch.playback.is_playing;
            opened(model, WatchCommand::Play(!is_playing))
        },
    ),
    row(
        "play-alone",
        "Play alone",
        "Playback in the whole window; any key ends it.",
        &[],
        |model| opened(model, WatchCommand::PlayAlone(true)),
    ),
    row(
        "measure-overhead",
        "Measure what the window costs",
        "Blocks with drawing on and off, compared; or stop measuring.",
        &[],
        |model| {
            let is_measuring =
                matches!(model.watch.overhead.state, OverheadState::Measuring { .. });
            running(model, WatchCommand::MeasureOverhead(!is_measuring))
        },
    ),
    row(
        "measure-quietly",
        "Measure quietly for 10 s",
        "Draw nothing for 10 s, count anew meanwhile, and come back with the numbers.",
        &[],
        |model| running(model, WatchCommand::MeasureQuietly(QUIET_SECONDS)),
    ),
    row(
        "quiet",
        "Quiet until a key",
        "Draw nothing until a key is pressed, and count anew meanwhile.",
        &[],
        |model| running(model, WatchCommand::BeQuiet),
    ),
    row(
        "save-code",
        "Save code…",
        "The recipe as a program, in the language that the export panel shows.",
        &[],
        |model| save(model, ExportItem::Code),
    ),
    row(
        "save-recipe",
        "Save recipe…",
        "The recipe as JSON, to be opened here and by --recipe.",
        &[],
        |model| save(model, ExportItem::Recipe),
    ),
    row(
        "save-tensor",
        "Save tensor…",
        "What the model takes of the frame shown, as .npy.",
        &[],
        |model| save(model, ExportItem::Tensor),
    ),
    row(
        "save-original",
        "Save original…",
        "The frame shown as it came, as PNG.",
        &[],
        |model| save(model, ExportItem::Original),
    ),
    row(
        "save-model-input",
        "Save model input…",
        "The tensor of the frame shown in colours, as PNG.",
        &[],
        |model| save(model, ExportItem::ModelInput),
    ),
    row(
        "save-frames",
        "Save frames…",
        "The kept frames since the last change, as CSV.",
        &[],
        |model| save(model, ExportItem::Frames),
    ),
    row(
        "save-summary",
        "Save summary…",
        "Plan, host and numbers of those frames, as JSON.",
        &[],
        |model| save(model, ExportItem::RunJson),
    ),
    row(
        "save-run-file",
        "Save run file…",
        "All of it, for framescope replay.",
        &[],
        |model| save(model, ExportItem::RunFile),
    ),
    row(
        "open-recipe",
        "Open recipe…",
        "Choose a recipe file, and run it from now on.",
        &[],
        |_| Ok(UiCommand::Export(ExportCommand::ChooseRecipe)),
    ),
    row(
        "copy-moment",
        "Copy everything of this moment",
        "Source, setting, answer, quantiles and stages, as text.",
        &[],
        |_| shell(ShellCommand::CopyMoment),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_asks_for_its_frame() {
        let id = |query| frame_command(query).map(|command| command.id);
        assert_eq!(id("44").as_deref(), Some("frame.44"));
        assert_eq!(id("why was frame #44 late?").as_deref(), Some("frame.44"));
        assert_eq!(id("1,044").as_deref(), Some("frame.1044"));
        assert_eq!(id("panel, drops"), None);
        assert_eq!(id(&"9".repeat(40)), None);
    }
}
