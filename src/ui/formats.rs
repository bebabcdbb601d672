//! What this machine can open, why not the rest, and which FFmpeg is used.

use eframe::egui::{
    Align2, Context, Frame, Grid, Key, Margin, RichText, ScrollArea, TextEdit, Ui, Window, vec2,
};

use super::theme::{GAP, GROUP, Tokens, UNIT};
use super::widgets::capitals;
use crate::app::{FormatsView, UiCommand, ViewModel};

/// Width of the text, in points.
const WIDTH: f32 = 620.0;

/// Width of the names, in points.
const NAME_WIDTH: f32 = 96.0;

/// The page, and what is typed into it.
#[derive(Debug, Default)]
pub(super) struct FormatsPage {
    is_open: bool,
    place: String,
}

impl FormatsPage {
    pub(super) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Opens the page, or closes it.
    pub(super) const fn toggle(&mut self) {
        self.is_open = !self.is_open;
    }

    pub(super) fn ui(&mut self, context: &Context, model: &ViewModel, out: &mut Vec<UiCommand>) {
        if !self.is_open {
            return;
        }
        if model.formats.opens.is_none() && !model.formats.is_asking {
            out.push(UiCommand::AskFormats);
        }
        let mut is_open = true;
        let height = (context.content_rect().height() - 120.0).max(120.0);
        Window::new("What this machine can open")
            .open(&mut is_open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
            .show(context, |ui| {
                let width = WIDTH.min(context.content_rect().width() - 4.0 * GROUP);
                ui.set_width(width);
                ScrollArea::vertical().max_height(height).show(ui, |ui| {
                    let inside = Frame::new().inner_margin(Margin::symmetric(8, 4));
                    inside.show(ui, |ui| self.content(ui, &model.formats, out));
                });
            });
        let is_escaped = context.input(|input| input.key_pressed(Key::Escape));
        self.is_open = is_open && !is_escaped;
    }

    fn content(&mut self, ui: &mut Ui, formats: &FormatsView, out: &mut Vec<UiCommand>) {
        let tokens = Tokens::of(ui);
        let Some(opens) = &formats.opens else {
            ui.label("FFmpeg is being asked what it opens…");
            return;
        };
        let pairs = |ui: &mut Ui, name: &str, rows: &[(&str, String)]| {
            ui.add_space(GAP);
            ui.label(capitals(name, tokens));
            let grid = Grid::new(name)
                .num_columns(2)
                .min_col_width(NAME_WIDTH)
                .spacing([GROUP, UNIT]);
            grid.show(ui, |ui| {
                for (name, what) in rows {
                    ui.label(*name);
                    let what = RichText::new(what).color(tokens.muted);
                    ui.add(eframe::egui::Label::new(what).wrap());
                    ui.end_row();
                }
            });
        };
        let kinds = |kinds: &[crate::app::Kind]| -> Vec<(&'static str, String)> {
            kinds
                .iter()
                .map(|kind| (kind.name, kind.what.to_owned()))
                .collect()
        };
        pairs(ui, "Built in", &kinds(&opens.built_in));
        match (&opens.ffmpeg, &opens.no_ffmpeg) {
            (Some(ffmpeg), _) => {
                let mut rows = vec![
                    ("program", ffmpeg.program.clone()),
                    ("video", ffmpeg.codecs.join(", ")),
                ];
                if !ffmpeg.missing.is_empty() {
                    let missing = ffmpeg.missing.join(", ");
                    rows.push(("not", format!("{missing}: it was built without")));
                }
                rows.push(("containers", format!("{} kinds", ffmpeg.containers.len())));
                pairs(ui, &format!("Through FFmpeg {}", ffmpeg.version), &rows);
            }
            (None, reason) => {
                let reason = reason.clone().unwrap_or_default();
                pairs(ui, "Through FFmpeg", &[("nothing", format!("{reason}."))]);
            }
        }
        self.choice(ui, formats, out);
        pairs(ui, "Not opened", &kinds(&opens.not));
    }

    fn choice(&mut self, ui: &mut Ui, formats: &FormatsView, out: &mut Vec<UiCommand>) {
        ui.horizontal(|ui| {
            let label = ui.label("Another FFmpeg");
            let field = ui.add(
                TextEdit::singleline(&mut self.place)
                    .hint_text("its folder, or the program; empty: as found")
                    .desired_width(320.0),
            );
            let field = field.labelled_by(label.id);
            let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let button = ui.button("Use");
            let hint = "For the sources that are opened from now on.";
            if button.on_hover_text(hint).clicked() || is_entered {
                out.push(UiCommand::SetFfmpeg(self.place.clone()));
            }
        });
        if let Some(reason) = &formats.refused {
            let tokens = Tokens::of(ui);
            let text =
                format!("Not used: {reason}. Name the folder that holds ffmpeg and ffprobe.");
            ui.label(RichText::new(text).color(tokens.coral));
        }
    }
}
