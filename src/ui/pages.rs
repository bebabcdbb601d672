//! Pages over the panels: keyboard shortcuts, settings; and which page is open.

use eframe::egui::{
    Align2, Context, Grid, Key, Label, Margin, RichText, ScrollArea, Ui, Window, vec2,
};

use super::formats::FormatsPage;
use super::palette::Palette;
use super::theme::{GAP, GROUP, Tokens, UNIT};
use super::widgets::capitals;
use crate::app::{Page, SCALES, ShellCommand, ThemeChoice, UiCommand, ViewModel, commands};

/// Width of a page.
const WIDTH: f32 = 560.0;

/// All pages.
#[derive(Default)]
pub(super) struct Pages {
    palette: Palette,
    formats: FormatsPage,
    open: Option<Page>,
}

impl Pages {
    /// Whether a page is open over the panels.
    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some() || self.palette.is_open() || self.formats.is_open()
    }

    /// Opens a page; one that is open already is closed.
    pub(super) fn show(&mut self, page: Page) {
        match page {
            Page::Palette => self.palette.toggle(),
            Page::Formats => self.formats.toggle(),
            _ => self.open = (self.open != Some(page)).then_some(page),
        }
    }

    pub(super) fn ui(&mut self, context: &Context, model: &ViewModel, out: &mut Vec<UiCommand>) {
        self.formats.ui(context, model, out);
        match self.open {
            Some(Page::Shortcuts) => {
                self.page(context, "Keyboard shortcuts", |ui| {
                    shortcuts(ui, model, out);
                });
            }
            Some(Page::Settings) => self.page(context, "Settings", |ui| settings(ui, model, out)),
            _ => {}
        }
        self.palette.ui(context, model, out);
    }

    fn page(&mut self, context: &Context, title: &str, content: impl FnOnce(&mut Ui)) {
        let mut is_open = true;
        let window = context.content_rect();
        Window::new(title)
            .open(&mut is_open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
            .show(context, |ui| {
                ui.set_width(WIDTH.min(window.width() - 4.0 * GROUP));
                let height = (window.height() - 120.0).max(80.0);
                ScrollArea::vertical().max_height(height).show(ui, |ui| {
                    let inside = eframe::egui::Frame::new().inner_margin(Margin::symmetric(8, 4));
                    inside.show(ui, content);
                });
            });
        let is_escaped =
            !self.palette.is_open() && context.input(|input| input.key_pressed(Key::Escape));
        if !is_open || is_escaped {
            self.open = None;
        }
    }
}

fn shortcuts(ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    Grid::new("shortcuts")
        .num_columns(2)
        .spacing([GROUP, UNIT])
        .show(ui, |ui| {
            for command in commands(model)
                .iter()
                .filter(|command| !command.keys.is_empty())
            {
                ui.label(RichText::new(command.keys.join("  ")).strong());
                ui.label(&command.label).on_hover_text(&command.line);
                ui.end_row();
            }
        });
    ui.add_space(GAP);
    let text = "Tab goes from control to control, Space and Enter push, arrows move sliders, Escape closes. Ctrl+P finds every command, also those without a key.";
    ui.add(Label::new(RichText::new(text).color(tokens.muted)).wrap());
    ui.add_space(GAP);
    let formats = ui.button("What this machine can open");
    if formats
        .on_hover_text("Formats, and which FFmpeg is used.")
        .clicked()
    {
        out.push(UiCommand::Shell(ShellCommand::ShowPage(Page::Formats)));
    }
}

fn settings(ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    let shell = &model.shell;
    let mut ask = |command| out.push(UiCommand::Shell(command));
    ui.label(capitals("Colours", tokens));
    ui.horizontal(|ui| {
        for theme in ThemeChoice::ALL {
            let is_present = theme == shell.preferences.theme;
            let choice = ui.selectable_label(is_present, theme.title());
            if choice
                .on_hover_text("Which colours the window has.")
                .clicked()
                && !is_present
            {
                ask(ShellCommand::SetTheme(theme));
            }
        }
    });
    ui.add_space(GAP);
    ui.label(capitals("Scale", tokens));
    ui.horizontal_wrapped(|ui| {
        for scale in SCALES {
            let is_present = (scale - shell.preferences.scale).abs() < 0.01;
            let text = format!("{:.0}\u{2009}%", scale * 100.0);
            let choice = ui.selectable_label(is_present, text);
            let hint = "Size of everything on the screen (Ctrl+= and Ctrl+-).";
            if choice.on_hover_text(hint).clicked() && !is_present {
                ask(ShellCommand::SetScale(scale));
            }
        }
    });
    ui.add_space(GAP);
    ui.label(capitals("Remembered", tokens));
    let text = match &shell.settings_file {
        Some(file) => format!(
            "Layouts, theme, scale, size of the window, recent sources without passwords, recipe and settings are kept in {file}. Disturbances are off at a start."
        ),
        None => "Nothing is remembered: FRAMESCOPE_SETTINGS is off, or this system has no folder for settings.".to_owned(),
    };
    ui.add(Label::new(RichText::new(text).color(tokens.muted)).wrap());
    ui.add_space(GAP);
    ui.horizontal_wrapped(|ui| {
        for (name, hint, command) in [
            (
                "Reset all settings",
                "As at the first start; can be undone.",
                ShellCommand::ResetSettings,
            ),
            (
                "Reset workspace",
                "The panels of this workspace back at their places.",
                ShellCommand::ResetWorkspace,
            ),
            (
                "Forget recent sources",
                "Empty the list of recent sources.",
                ShellCommand::ForgetSources,
            ),
            (
                "Take the tour",
                "Five steps through the window.",
                ShellCommand::Tour(Some(0)),
            ),
        ] {
            if ui.button(name).on_hover_text(hint).clicked() {
                ask(command);
            }
        }
    });
}
