//! The command palette: a field, and what matches it.

use eframe::egui::{
    self, Align, Align2, Context, CornerRadius, Frame, Id, Key, Margin, Modal, Modifiers, Role,
    ScrollArea, Sense, Stroke, TextEdit, Ui, vec2,
};

use super::theme::{CAPTION, GAP, GROUP, TEXT, Tokens};
use super::widgets::{elided, named, text_within};
use crate::app::{Command, UiCommand, ViewModel, commands, find, frame_command};

/// Width of the palette.
const WIDTH: f32 = 600.0;
/// From the top of the window.
const TOP: f32 = 64.0;
/// Height of a command.
const HEIGHT: f32 = 40.0;
/// Height of the list at most.
const LIST: f32 = 440.0;

/// The palette, and what is typed into it.
#[derive(Debug, Default)]
pub(super) struct Palette {
    is_open: bool,
    is_new: bool,
    query: String,
    chosen: usize,
}

impl Palette {
    pub(super) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Opens it anew, or closes it.
    pub(super) fn toggle(&mut self) {
        *self = Self {
            is_open: !self.is_open,
            is_new: true,
            ..Self::default()
        };
    }

    pub(super) fn ui(&mut self, context: &Context, model: &ViewModel, out: &mut Vec<UiCommand>) {
        if !self.is_open {
            return;
        }
        let tokens = Tokens::in_visuals(&context.global_style().visuals);
        let all = commands(model);
        let window = context.content_rect();
        let width = WIDTH.min(window.width() - 2.0 * GROUP).max(40.0);
        let height = LIST
            .min(window.height() - TOP - 3.0 * GROUP - 40.0)
            .max(HEIGHT);
        let id = Id::unique("framescope.palette");
        let frame = Frame::new()
            .fill(tokens.raised)
            .stroke(Stroke::new(1.0, tokens.line))
            .corner_radius(CornerRadius::same(8))
            .inner_margin(Margin::same(12));
        let modal = Modal::new(id)
            .area(Modal::default_area(id).anchor(Align2::CENTER_TOP, vec2(0.0, TOP)))
            .backdrop_color(tokens.over_dark.gamma_multiply(0.35))
            .frame(frame)
            .show(context, |ui| {
                ui.set_width(width - 24.0);
                self.content(ui, all, height)
            });
        if modal.inner.is_some() || modal.should_close() {
            self.is_open = false;
        }
        out.extend(modal.inner);
    }

    /// Draws the field and the list; what was chosen.
    fn content(&mut self, ui: &mut Ui, mut all: Vec<Command>, height: f32) -> Option<UiCommand> {
        let steps = ui.input_mut(|input| {
            let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
            let page = 8;
            isize::from(pressed(Key::ArrowDown)) - isize::from(pressed(Key::ArrowUp))
                + page * (isize::from(pressed(Key::PageDown)) - isize::from(pressed(Key::PageUp)))
        });
        let field = TextEdit::singleline(&mut self.query)
            .hint_text("What do you want to do?")
            .desired_width(f32::INFINITY)
            .margin(Margin::symmetric(8, 6));
        let field = ui.add(field).accessible_name("Find a command");
        if std::mem::take(&mut self.is_new) {
            field.request_focus();
        }
        if field.changed() {
            self.chosen = 0;
        }
        let is_entered = ui.input(|input| input.key_pressed(Key::Enter));
        let mut found = find(&all, &self.query);
        if let Some(command) = frame_command(&self.query) {
            // A number in a longer query may be a part of a name.
            let is_number = self
                .query
                .trim()
                .starts_with(|sign: char| sign.is_ascii_digit() || sign == '#');
            let at = if is_number { 0 } else { found.len() };
            found.insert(at, all.len());
            all.push(command);
        }
        let last = found.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(steps).min(last);
        ui.add_space(GAP);
        if found.is_empty() {
            ui.label("No command is called so. Try fewer letters.");
            return None;
        }
        let mut asked = None;
        ScrollArea::vertical().max_height(height).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (number, position) in found.iter().enumerate() {
                let is_chosen = number == self.chosen;
                let row = command_row(ui, &all[*position], is_chosen);
                if is_chosen && (steps != 0 || field.changed()) {
                    row.scroll_to_me(Some(Align::Center));
                }
                if row.clicked() || (is_chosen && is_entered) {
                    asked = all[*position].wish.clone().ok();
                }
            }
        });
        // Enter takes the keyboard from the field; it stays there while the palette is open.
        if is_entered && asked.is_none() {
            field.request_focus();
        }
        asked
    }
}

/// A command with its keys; one that cannot be now is grey, and says why.
fn command_row(ui: &mut Ui, command: &Command, is_chosen: bool) -> egui::Response {
    let tokens = Tokens::of(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click());
    let response = named(response, Role::Button, &command.label);
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let painter = ui.painter_at(rect);
    if is_chosen || response.hovered() {
        let fill = if is_chosen {
            tokens.lifted
        } else {
            tokens.panel
        };
        painter.rect_filled(rect, CornerRadius::same(4), fill);
    }
    let keys = command.keys.join("  ");
    let galley = elided(&painter, &keys, TEXT, tokens.muted, rect.width() * 0.4);
    let inner = rect.shrink2(vec2(10.0, 5.0));
    let keys_left = inner.right() - galley.size().x;
    let middle = inner.center().y - galley.size().y / 2.0;
    painter.galley(egui::pos2(keys_left, middle), galley, tokens.muted);
    let width = keys_left - inner.left() - GAP;
    let (color, line) = match &command.wish {
        Ok(_) => (tokens.text, &command.line),
        Err(reason) => (tokens.muted, reason),
    };
    text_within(
        &painter,
        inner.left_top(),
        Align2::LEFT_TOP,
        &command.label,
        (TEXT, color),
        width,
    );
    text_within(
        &painter,
        inner.left_bottom(),
        Align2::LEFT_BOTTOM,
        line,
        (CAPTION, tokens.muted),
        width,
    );
    response
}
