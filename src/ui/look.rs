//! Theme, scale and size of the window, on their way from the model to the toolkit and back.

use eframe::egui::{self, ThemePreference, Ui};

use crate::app::{ShellCommand, ThemeChoice, UiCommand, ViewModel};

/// What was given to the toolkit last, and what was told of the pointer and the window.
#[derive(Debug, Default)]
pub(super) struct Look {
    theme: Option<ThemeChoice>,
    scale: Option<f32>,
    is_held: bool,
    size: Option<[f32; 2]>,
}

impl Look {
    pub(super) fn ui(&mut self, ui: &Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let context = ui.ctx();
        let preferences = &model.shell.preferences;
        if self.theme != Some(preferences.theme) {
            self.theme = Some(preferences.theme);
            context.set_theme(match preferences.theme {
                ThemeChoice::System => ThemePreference::System,
                ThemeChoice::Dark => ThemePreference::Dark,
                ThemeChoice::Light => ThemePreference::Light,
            });
        }
        // Whoever has not chosen a scale keeps what the toolkit has.
        if self.scale.unwrap_or(1.0) != preferences.scale {
            self.scale = Some(preferences.scale);
            context.set_zoom_factor(preferences.scale);
        }
        let is_held = context.input(|input| input.pointer.primary_down());
        if is_held && !self.is_held {
            self.is_held = true;
            out.push(UiCommand::Shell(ShellCommand::Hold(true)));
        }
        self.follow_size(context, out);
    }

    /// After the panels: what was changed as the pointer was let go belongs to its drag.
    pub(super) fn after(&mut self, ui: &Ui, out: &mut Vec<UiCommand>) {
        if self.is_held && !ui.input(|input| input.pointer.primary_down()) {
            self.is_held = false;
            out.push(UiCommand::Shell(ShellCommand::Hold(false)));
        }
    }

    /// Tells the window's size when it has changed, in points without the scale: a larger scale is no larger window.
    fn follow_size(&mut self, context: &egui::Context, out: &mut Vec<UiCommand>) {
        let zoom = context.zoom_factor();
        let inner = context.input(|input| {
            let viewport = input.viewport();
            let is_usual = !viewport.maximized.unwrap_or(false)
                && !viewport.fullscreen.unwrap_or(false)
                && !viewport.minimized.unwrap_or(false);
            viewport.inner_rect.filter(|_| is_usual)
        });
        let Some(inner) = inner else { return };
        let size = [inner.width(), inner.height()].map(|side| (side * zoom).round());
        if self.size != Some(size) {
            self.size = Some(size);
            out.push(UiCommand::Shell(ShellCommand::SetWindowSize(size)));
        }
    }
}
