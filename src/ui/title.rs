//! The title bar: what is open, what it is doing, and how another source is opened.

use eframe::egui::{
    self, Align, Align2, Color32, CornerRadius, Key, Layout, Painter, Pos2, Rect, RichText, Sense,
    TextEdit, Theme, Ui, UiBuilder, vec2,
};

use super::theme::{GAP, GROUP, TEXT, Tokens, UNIT};
use super::widgets::{Icon, icon_button, text_at};
use crate::app::{LiveKind, RunState, UiCommand, ViewModel};

/// Height of the bar.
pub(super) const HEIGHT: f32 = 44.0;

/// The title bar and what is typed into it.
#[derive(Debug, Default)]
pub(super) struct Title {
    path: String,
}

impl Title {
    /// Draws the bar into `rect`; whether what can be opened was asked for.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        model: &ViewModel,
        out: &mut Vec<UiCommand>,
    ) -> bool {
        let inner = rect.shrink2(vec2(GROUP, 0.0));
        let buttons = ui.scope_builder(
            UiBuilder::new()
                .max_rect(inner)
                .layout(Layout::right_to_left(Align::Center)),
            |ui| {
                ui.shrink_clip_rect(rect);
                self.buttons(ui, out)
            },
        );
        let right = buttons.response.rect;
        let left = Rect::from_min_max(inner.min, egui::pos2(right.left() - GROUP, inner.bottom()));
        if left.width() > 20.0 {
            ui.scope_builder(
                UiBuilder::new()
                    .max_rect(left)
                    .layout(Layout::left_to_right(Align::Center)),
                |ui| {
                    ui.shrink_clip_rect(left);
                    name_and_source(ui, model);
                },
            );
        }
        buttons.inner
    }

    /// From the right to the left; whether what can be opened was asked for.
    fn buttons(&mut self, ui: &mut Ui, out: &mut Vec<UiCommand>) -> bool {
        let is_dark = ui.visuals().dark_mode;
        let other = if is_dark { "Light theme" } else { "Dark theme" };
        if icon_button(ui, Icon::Theme, other, other).clicked() {
            ui.ctx()
                .set_theme(if is_dark { Theme::Light } else { Theme::Dark });
        }
        ui.add_space(GAP);
        let help = ui.button("?").accessible_name("What opens");
        let is_asked = help
            .on_hover_text("What this machine can open, and which FFmpeg is used")
            .clicked();
        let open = ui.button("Open…");
        if open
            .on_hover_text("Choose a video, a picture or a folder")
            .clicked()
        {
            out.push(UiCommand::ChooseFile);
        }
        let width = (ui.available_width() * 0.4).clamp(40.0, 240.0);
        let field = ui.add(
            TextEdit::singleline(&mut self.path)
                .hint_text("Path, address, camera:0")
                .desired_width(width)
                .margin(egui::Margin::symmetric(8, 4)),
        );
        let field = field.accessible_name("Path");
        let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let path = self.path.trim();
        if is_entered && !path.is_empty() {
            out.push(UiCommand::Open(path.to_owned()));
        }
        is_asked
    }
}

fn name_and_source(ui: &mut Ui, model: &ViewModel) {
    let tokens = Tokens::of(ui);
    let (mark, _) = ui.allocate_exact_size(vec2(18.0, 18.0), Sense::hover());
    paint_mark(ui.painter(), mark.center(), tokens);
    ui.label(RichText::new("Framescope").size(15.0).color(tokens.text));
    ui.add_space(GAP);
    let (state, color, hint) = state_of(&model.state, tokens);
    chip(ui, state, color).on_hover_text(hint);
    ui.add_space(UNIT);
    if let Some(live) = &model.live {
        chip(ui, &live.words, live_color(live.kind, tokens))
            .on_hover_text(super::controls::live::hint(live));
        ui.add_space(UNIT);
    }
    let source = &model.source;
    if source.title.is_empty() {
        ui.add(egui::Label::new(RichText::new("No source yet").color(tokens.muted)).truncate());
    } else {
        ui.label(RichText::new(&source.title).color(tokens.text));
        ui.add(egui::Label::new(RichText::new(&source.detail).color(tokens.muted)).truncate())
            .on_hover_text(&source.name);
    }
}

fn state_of<'a>(state: &'a RunState, tokens: &Tokens) -> (&'static str, Color32, &'a str) {
    match state {
        RunState::Starting => (
            "Starting",
            tokens.cyan,
            "The source is being opened and the pipeline is warming up.",
        ),
        RunState::Running => (
            "Running",
            tokens.mint,
            "Frames are due by the clock, or as a live source delivers them.",
        ),
        RunState::Paused => (
            "Paused",
            tokens.amber,
            "The schedule stands still; nothing is counted.",
        ),
        RunState::Stopped(message) => ("Stopped", tokens.coral, message),
    }
}

const fn live_color(kind: LiveKind, tokens: &Tokens) -> Color32 {
    match kind {
        LiveKind::Connecting => tokens.cyan,
        LiveKind::Live => tokens.mint,
        LiveKind::Stalled => tokens.amber,
        LiveKind::Reconnecting => tokens.coral,
    }
}

/// A dot and a word.
fn chip(ui: &mut Ui, text: &str, color: Color32) -> egui::Response {
    let tokens = Tokens::of(ui);
    let galley =
        ui.painter()
            .layout_no_wrap(text.to_owned(), super::theme::font(TEXT), tokens.text);
    let size = vec2(galley.size().x + 14.0, 20.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter()
        .circle_filled(rect.left_center() + vec2(4.0, 0.5), 3.5, color);
    text_at(
        ui.painter(),
        rect.left_center() + vec2(14.0, 0.0),
        Align2::LEFT_CENTER,
        text,
        (TEXT, tokens.text),
    );
    super::widgets::named(response, egui::Role::Label, &format!("State: {text}"))
}

/// A grid of nine pixels, one of which is being looked at.
fn paint_mark(painter: &Painter, center: Pos2, tokens: &Tokens) {
    for row in -1..=1i8 {
        for column in -1..=1i8 {
            let at = center + 6.0 * vec2(f32::from(column), f32::from(row));
            let color = match (column, row) {
                (0, 0) => tokens.cyan,
                (1, -1) => tokens.coral,
                _ => tokens.mint.gamma_multiply(0.75),
            };
            let pixel = Rect::from_center_size(at, vec2(4.5, 4.5));
            painter.rect_filled(pixel, CornerRadius::same(1), color);
        }
    }
}
