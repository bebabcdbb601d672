//! Things to tell the user, at the bottom right until they are put away.

use eframe::egui::{self, Align2, Area, CornerRadius, Frame, Id, Margin, Order, Stroke, Ui, vec2};

use super::theme::{GROUP, Tokens};
use crate::app::{UiCommand, ViewModel};

/// Notices on the screen at once; older ones wait.
const SHOWN: usize = 3;

/// Draws the latest notices over the panels.
pub(super) fn ui(ui: &Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
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
                            if ui.button("Dismiss").clicked() {
                                out.push(UiCommand::DismissNotice(notice.id));
                            }
                        });
                    });
            }
        });
}
