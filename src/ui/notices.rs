//! Things to tell the user, at the bottom right until they are put away.

use eframe::egui::{self, Align2, Area, CornerRadius, Frame, Id, Margin, Order, Stroke, Ui, vec2};

use super::theme::{GROUP, Tokens};
use crate::app::{ShellCommand, UiCommand, ViewModel};

/// Notices on the screen at once; older ones wait.
const SHOWN: usize = 3;

/// Draws the latest notices over the panels.
pub(super) fn ui(ui: &Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    opening(ui, model, out);
    told(ui, model);
    if model.notices.is_empty() {
        return;
    }
    let tokens = Tokens::of(ui);
    let width = (ui.ctx().content_rect().width() - 2.0 * GROUP).clamp(80.0, 380.0);
    Area::new(Id::unique("framescope.notices"))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-GROUP, -GROUP))
        .show(ui.ctx(), |ui| {
            let first = model.notices.len().saturating_sub(SHOWN);
            for notice in &model.notices[first..] {
                Frame::new()
                    .fill(tokens.raised)
                    .stroke(Stroke::new(1.0, tokens.line))
                    .corner_radius(CornerRadius::same(6))
                    .inner_margin(Margin::symmetric(12, 10))
                    .show(ui, |ui| {
                        ui.set_width(width - 24.0);
                        ui.add(egui::Label::new(&notice.text).wrap());
                        ui.add_space(4.0);
                        let id = ui.scope_id().with(notice.id);
                        ui.push_id(id, |ui| {
                            let dismiss = ui.button("Dismiss");
                            if dismiss.on_hover_text("Put this notice away.").clicked() {
                                out.push(UiCommand::DismissNotice(notice.id));
                            }
                        });
                    });
            }
        });
}

/// A source that takes its time, with a way to stop it.
fn opening(ui: &Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let Some(opening) = model
        .shell
        .opening
        .as_ref()
        .filter(|opening| opening.is_slow)
    else {
        return;
    };
    card(ui, "framescope.opening", Align2::CENTER_TOP, 108.0, |ui| {
        ui.horizontal(|ui| {
            ui.spinner();
            let text = format!("Opening {}", opening.name);
            ui.add(egui::Label::new(text).truncate());
            let cancel = ui.button("Cancel");
            if cancel
                .on_hover_text("Stop opening it; what runs goes on.")
                .clicked()
            {
                out.push(UiCommand::Shell(ShellCommand::CancelOpening));
            }
        });
    });
}

/// What was just done, in passing.
fn told(ui: &Ui, model: &ViewModel) {
    let Some(told) = &model.shell.told else {
        return;
    };
    card(ui, "framescope.told", Align2::CENTER_BOTTOM, -GROUP, |ui| {
        ui.label(told);
    });
}

fn card(ui: &Ui, id: &str, at: Align2, y: f32, content: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::of(ui);
    Area::new(Id::unique(id))
        .order(Order::Foreground)
        .anchor(at, vec2(0.0, y))
        .show(ui.ctx(), |ui| {
            Frame::new()
                .fill(tokens.raised)
                .stroke(Stroke::new(1.0, tokens.line))
                .corner_radius(CornerRadius::same(6))
                .inner_margin(Margin::symmetric(12, 8))
                .show(ui, content);
        });
}
