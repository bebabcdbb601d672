//! The strip of frames: pictures of the dropped ones, or of those around the selected one.

use eframe::egui::{RichText, Ui};

use super::Panel;
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

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let view = &model.watch.frames;
        let selected = model.selected.as_ref().map(|bar| bar.index);
        ui.horizontal(|ui| {
            let around = selected.map_or_else(
                || "around the selected".to_owned(),
                |frame| format!("around #{frame}"),
            );
            for (choice, name, hint) in [
                (
                    StripChoice::Dropped,
                    "dropped".to_owned(),
                    "Frames that missed their deadline, newest first.",
                ),
                (
                    StripChoice::Neighbours,
                    around,
                    "The frames before and after the selected one, in their order.",
                ),
            ] {
                let is_possible = choice == StripChoice::Dropped || selected.is_some();
                let text = RichText::new(name).size(CAPTION);
                let label = ui.add_enabled_ui(is_possible, |ui| {
                    ui.selectable_label(view.choice == choice, text)
                });
                let label = label
                    .inner
                    .on_hover_text(hint)
                    .on_disabled_hover_text("Select a frame first.");
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
