//! The disturbances: switches for what lasts, buttons for what happens once.

use std::collections::BTreeMap;

use eframe::egui::{Align, Layout, RichText, TextEdit, Ui, vec2};

use crate::app::{
    DisturbanceView, Settings, UiCommand, disturbance_line as hint, disturbance_title as title,
};
use crate::measure::DisturbanceKind;
use crate::ui::theme::{CAPTION, Tokens};

/// Width of the names.
const NAMES: f32 = 96.0;

/// The controls of the disturbances.
#[derive(Debug, Default)]
pub(super) struct DisturbControl {
    /// Arguments that are being typed.
    typed: BTreeMap<DisturbanceKind, String>,
}

impl DisturbControl {
    pub(super) fn ui(&mut self, ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
        for view in &settings.disturbances {
            ui.horizontal(|ui| {
                let name = ui.allocate_ui_with_layout(
                    vec2(NAMES, ui.spacing().interact_size.y),
                    Layout::left_to_right(Align::Center),
                    |ui| {
                        ui.set_min_width(NAMES);
                        switch(ui, view, out);
                    },
                );
                let hint = hint(view.kind);
                self.arguments(ui, view, hint, out);
                name.response.on_hover_text(hint);
            });
            if let Some(refused) = &view.refused {
                let text = RichText::new(refused)
                    .size(CAPTION)
                    .color(Tokens::of(ui).amber);
                ui.add(eframe::egui::Label::new(text).wrap());
            }
        }
    }

    /// What is typed after the colon of `--disturb`.
    fn arguments(
        &mut self,
        ui: &mut Ui,
        view: &DisturbanceView,
        hint: &str,
        out: &mut Vec<UiCommand>,
    ) {
        let typed = self
            .typed
            .entry(view.kind)
            .or_insert_with(|| view.arguments.clone());
        let field = ui.add(
            TextEdit::singleline(typed)
                .desired_width((ui.available_width() - 12.0).max(40.0))
                .font(eframe::egui::TextStyle::Small),
        );
        let field = field.accessible_name(format!("{} arguments", view.kind.name()));
        if field.changed() {
            out.push(UiCommand::SetDisturbanceArguments(view.kind, typed.clone()));
        } else if !field.has_focus() && *typed != view.arguments {
            typed.clone_from(&view.arguments);
        }
        field.on_hover_text(hint);
    }
}

fn switch(ui: &mut Ui, view: &DisturbanceView, out: &mut Vec<UiCommand>) {
    if view.is_once {
        let button = ui.small_button(title(view.kind));
        if button.on_hover_text(hint(view.kind)).clicked() {
            out.push(UiCommand::DisturbOnce(view.kind));
        }
        return;
    }
    let mut is_on = view.is_on;
    let switch = ui.checkbox(&mut is_on, title(view.kind));
    if switch.on_hover_text(hint(view.kind)).changed() {
        out.push(UiCommand::SetDisturbance(view.kind, is_on));
    }
}
