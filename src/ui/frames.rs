//! The strip of frames: pictures of the dropped ones, of those around the selected one, or of the brushed ones.

use eframe::egui::{RichText, Ui};

use super::Panel;
use super::format;
use super::theme::CAPTION;
use super::thumbs::{Thumbs, strip};
use super::widgets::empty_note;
use crate::app::{DropsCommand, Looker, StripChoice, UiCommand, ViewModel};

/// The frames panel.
#[derive(Default)]
pub(super) struct FramesPanel {
    thumbs: Thumbs,
}

impl Panel for FramesPanel {
    fn title(&self) -> &'static str {
        "Frames"
    }

    fn has_head(&self) -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let view = &model.watch.frames;
        let selected = model.selected.as_ref().map(|bar| bar.index);
        ui.horizontal(|ui| {
            let around = selected.map_or_else(
                || "around the selected".to_owned(),
                |frame| format!("around #{frame}"),
            );
            let brushed = model.brush.as_ref().map_or_else(
                || "brushed".to_owned(),
                |brush| format!("brushed ({})", format::count(brush.count)),
            );
            for (choice, name, hint, missing) in [
                (
                    StripChoice::Dropped,
                    "dropped".to_owned(),
                    "Frames that missed their deadline, newest first.",
                    None,
                ),
                (
                    StripChoice::Neighbours,
                    around,
                    "The frames before and after the selected one, in their order.",
                    selected.is_none().then_some("Select a frame first."),
                ),
                (
                    StripChoice::Brushed,
                    brushed,
                    "The frames that are brushed in a plot, in their order; of many the slowest.",
                    model
                        .brush
                        .is_none()
                        .then_some("Drag over the timeline or the distribution first."),
                ),
            ] {
                let is_possible = missing.is_none();
                let text = RichText::new(name).size(CAPTION);
                let label = ui.add_enabled_ui(is_possible, |ui| {
                    ui.selectable_label(view.choice == choice, text)
                });
                let label = label
                    .inner
                    .on_hover_text(hint)
                    .on_disabled_hover_text(missing.unwrap_or_default());
                if label.clicked() {
                    out.push(UiCommand::Drops(DropsCommand::Strip(choice)));
                }
            }
        });
        if view.frames.is_empty() {
            let rest = ui.available_rect_before_wrap();
            empty_note(
                ui,
                rest,
                "No frame was dropped. Select any frame to see those around it.",
            );
            let look = DropsCommand::LookAt(Looker::Strip, Vec::new());
            out.push(UiCommand::Drops(look));
            return;
        }
        let answer = strip(
            ui,
            &mut self.thumbs,
            &view.frames,
            &model.watch.pictures,
            selected,
        );
        out.push(UiCommand::Drops(DropsCommand::LookAt(
            Looker::Strip,
            answer.seen,
        )));
        if let Some(frame) = answer.clicked {
            out.push(UiCommand::Select(
                (selected != Some(frame)).then_some(frame),
            ));
        }
    }
}
