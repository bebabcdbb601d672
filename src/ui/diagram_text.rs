//! The text of the diagram that the graph shows: line numbers, marks, and what is to be told of it.

use std::sync::Arc;

use eframe::egui::{
    self, Align2, Button, Color32, FontId, Galley, Id, Key, Modifiers, Rect, RichText, ScrollArea,
    Stroke, TextBuffer, TextEdit, Ui, pos2,
    text::{CCursor, CCursorRange, LayoutJob, TextFormat},
    vec2,
};

use super::Panel;
use super::graph::said;
use super::theme::{CAPTION, TEXT, Tokens, UNIT};
use super::widgets::text_at;
use crate::app::{GraphChoice, GraphCommand, UiCommand, ViewModel};
use crate::diagram::Diagnostic;

/// Room for line numbers.
const GUTTER: f32 = 34.0;

/// Height of the list of what is to be told.
const TOLD: f32 = 62.0;

/// The panel.
#[derive(Debug, Default)]
pub(super) struct DiagramTextPanel {
    text: String,
    /// Which text it was taken from.
    of: Option<(GraphChoice, u64)>,
    path: String,
}

/// Where a place that was clicked elsewhere is kept until the panel sees it: line and column.
fn wanted() -> Id {
    Id::unique("framescope.diagram.place")
}

/// Puts the cursor of the text at a diagnostic's place when the panel is drawn next.
pub(super) fn go_to(ctx: &egui::Context, told: &Diagnostic) {
    ctx.data_mut(|data| data.insert_temp(wanted(), (told.line, told.column)));
}

impl Panel for DiagramTextPanel {
    fn title(&self) -> &'static str {
        "Diagram text"
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let view = &model.graph;
        let of = (view.choice.clone(), view.text.version);
        if self.of.as_ref() != Some(&of) || (!view.text.is_unsaved && self.text != *view.text.text)
        {
            self.text = view.text.text.to_string();
            self.of = Some(of);
        }
        self.bar(ui, model, out);
        if view.text.is_changed_elsewhere {
            conflict(ui, view.choice == GraphChoice::Pipeline, out);
        }
        let told_height = if view.diagnostics.is_empty() {
            0.0
        } else {
            TOLD
        };
        let height = (ui.available_height() - told_height).max(40.0);
        ScrollArea::vertical()
            .id_salt("text")
            .auto_shrink(false)
            .max_height(height)
            .show(ui, |ui| {
                self.editor(ui, model, height, out);
            });
        if !view.diagnostics.is_empty() {
            list(ui, &view.diagnostics);
        }
    }
}

impl DiagramTextPanel {
    fn bar(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let text = &model.graph.text;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = UNIT;
            let save = ui.add_enabled(text.is_unsaved || text.path.is_none(), Button::new("Save"));
            if save
                .on_hover_text("Write the text to its file; without one, choose it. Keys: Ctrl+S.")
                .clicked()
            {
                out.push(UiCommand::Graph(GraphCommand::Save));
            }
            let field = TextEdit::singleline(&mut self.path)
                .hint_text("another file")
                .align(egui::Align2::LEFT_CENTER)
                .desired_width((ui.available_width() - 130.0).clamp(40.0, 260.0));
            let field = ui
                .add(field)
                .on_hover_text("Where Save as writes to. Left empty, the desktop asks.");
            ui.ctx()
                .accesskit_node_builder(field.id, |node| node.set_label("Save as path"));
            if ui
                .button("Save as")
                .on_hover_text("Write the text to another file, and go on with that.")
                .clicked()
            {
                out.push(UiCommand::Graph(GraphCommand::SaveAs(std::mem::take(
                    &mut self.path,
                ))));
            }
            let revert = ui.add_enabled(text.is_unsaved, Button::new("Revert"));
            if revert
                .on_hover_text("Go back to the text as it was saved.")
                .clicked()
            {
                out.push(UiCommand::Graph(GraphCommand::Revert));
            }
        });
        let tokens = Tokens::of(ui);
        let state = match (&text.path, text.is_unsaved) {
            (Some(path), false) => path.clone(),
            (Some(path), true) => format!("{path}: edited, {}", not_saved(text.is_kept)),
            (None, false) => format!(
                "{}: typing makes a copy of your own",
                model.graph.choice.title()
            ),
            (None, true) => format!("Your own copy, {}", not_saved(text.is_kept)),
        };
        let state = RichText::new(state)
            .size(CAPTION)
            .color(if text.is_unsaved {
                tokens.amber
            } else {
                tokens.muted
            });
        ui.add(egui::Label::new(state).truncate());
    }

    fn editor(&mut self, ui: &mut Ui, model: &ViewModel, height: f32, out: &mut Vec<UiCommand>) {
        let tokens = Tokens::of(ui);
        let font = FontId::monospace(TEXT - 1.0);
        let marks = marked(&self.text, &model.graph.diagnostics);
        let mut layouter = |ui: &Ui, text: &dyn TextBuffer, _width: f32| -> Arc<Galley> {
            ui.fonts_mut(|fonts| fonts.layout_job(job(text.as_str(), &marks, &font, tokens)))
        };
        let id = ui.make_persistent_id("diagram text");
        let before =
            ui.input(|input| input.focused && input.modifiers.command && input.key_pressed(Key::S));
        if before && ui.memory(|memory| memory.has_focus(id)) {
            ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::S));
            out.push(UiCommand::Graph(GraphCommand::Save));
        }
        let cursor = ui.data_mut(|data| data.remove_temp::<(usize, usize)>(wanted()));
        let edit = TextEdit::multiline(&mut self.text)
            .id(id)
            .code_editor()
            .layouter(&mut layouter)
            .margin(egui::Margin {
                left: GUTTER as i8,
                right: 4,
                top: 4,
                bottom: 4,
            })
            .desired_width(f32::INFINITY)
            .min_size(vec2(0.0, height - 4.0));
        let mut shown = edit.show(ui);
        ui.ctx()
            .accesskit_node_builder(id, |node| node.set_label("Diagram text"));
        if let Some((line, column)) = cursor {
            let at = CCursor::new(char_index(&self.text, line, column));
            shown
                .state
                .cursor
                .set_char_range(Some(CCursorRange::one(at)));
            shown.state.clone().store(ui.ctx(), id);
            ui.memory_mut(|memory| memory.request_focus(id));
            let place = shown
                .galley
                .pos_from_cursor(at)
                .translate(shown.galley_pos.to_vec2());
            ui.scroll_to_rect(place, Some(egui::Align::Center));
        }
        if shown.response.response.changed() {
            out.push(UiCommand::Graph(GraphCommand::Edit(self.text.clone())));
        }
        gutter(
            ui,
            &shown.galley,
            shown.galley_pos,
            &model.graph.diagnostics,
        );
    }
}

/// What becomes of a text that is in no file when the window is closed.
const fn not_saved(is_kept: bool) -> &'static str {
    if is_kept {
        "not saved; it is here again at the next start"
    } else {
        "not saved: save it before you close the window"
    }
}

/// What was typed here and what was written elsewhere are two texts now.
fn conflict(ui: &mut Ui, is_pipeline: bool, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    let what = if is_pipeline {
        "The recipe has changed"
    } else {
        "The file has changed on disk"
    };
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(format!("{what} since you began to type.")).color(tokens.amber));
        if ui
            .button("Keep mine")
            .on_hover_text("Go on with what you typed; saving replaces the other.")
            .clicked()
        {
            out.push(UiCommand::Graph(GraphCommand::KeepMine));
        }
        if ui
            .button("Take theirs")
            .on_hover_text("Take the other text; what you typed is given up.")
            .clicked()
        {
            out.push(UiCommand::Graph(GraphCommand::TakeTheirs));
        }
    });
}

/// What is to be told, line by line; a click goes there.
fn list(ui: &mut Ui, diagnostics: &[Diagnostic]) {
    let tokens = Tokens::of(ui);
    ScrollArea::vertical()
        .id_salt("told")
        .auto_shrink(false)
        .show(ui, |ui| {
            for told in diagnostics {
                let text = RichText::new(said(told)).size(CAPTION).color(tokens.amber);
                let label = ui.add(Button::new(text).frame(false).wrap());
                if label
                    .on_hover_text("Go to this place of the text.")
                    .clicked()
                {
                    go_to(ui.ctx(), told);
                }
            }
        });
}

/// The place of a line and a column, both from 1, in characters.
fn char_index(text: &str, line: usize, column: usize) -> usize {
    let mut index = 0;
    for (number, content) in text.split('\n').enumerate() {
        let length = content.chars().count();
        if number + 1 == line {
            return index + (column.saturating_sub(1)).min(length);
        }
        index += length + 1;
    }
    index.saturating_sub(1)
}

/// The lines that something is told of, as ranges of bytes.
fn marked(text: &str, diagnostics: &[Diagnostic]) -> Vec<std::ops::Range<usize>> {
    let mut lines: Vec<usize> = diagnostics.iter().map(|told| told.line).collect();
    lines.sort_unstable();
    lines.dedup();
    let mut begin = 0;
    let mut ranges = Vec::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let content = line.trim_end();
        let first = line.len() - line.trim_start().len();
        if lines.binary_search(&(number + 1)).is_ok() && first < content.len() {
            ranges.push(begin + first..begin + content.len());
        }
        begin += line.len();
    }
    ranges
}

fn job(text: &str, marks: &[std::ops::Range<usize>], font: &FontId, tokens: &Tokens) -> LayoutJob {
    let mut job = LayoutJob {
        break_on_newline: true,
        ..LayoutJob::default()
    };
    let plain = |color: Color32| TextFormat::simple(font.clone(), color);
    let mut begin = 0;
    for mark in marks {
        // The text may be shorter than it was when the marks were made.
        if mark.start < begin
            || mark.end > text.len()
            || !text.is_char_boundary(mark.start)
            || !text.is_char_boundary(mark.end)
        {
            break;
        }
        job.append(&text[begin..mark.start], 0.0, plain(tokens.text));
        let underlined = TextFormat {
            underline: Stroke::new(1.0, tokens.amber),
            ..plain(tokens.text)
        };
        job.append(&text[mark.clone()], 0.0, underlined);
        begin = mark.end;
    }
    job.append(&text[begin..], 0.0, plain(tokens.text));
    job
}

/// The numbers of the lines; those that something is told of in its colour, with a mark.
fn gutter(ui: &Ui, galley: &Galley, at: egui::Pos2, diagnostics: &[Diagnostic]) {
    let tokens = Tokens::of(ui);
    let clip = ui.clip_rect();
    for (number, row) in galley.rows.iter().enumerate() {
        let rect: Rect = row.rect().translate(at.to_vec2());
        if !clip.intersects(rect.with_min_x(clip.left()).with_max_x(clip.right())) {
            continue;
        }
        let told = diagnostics.iter().any(|told| told.line == number + 1);
        let color = if told { tokens.amber } else { tokens.muted };
        let text = format!("{}{}", if told { "▸ " } else { "" }, number + 1);
        text_at(
            ui.painter(),
            pos2(at.x - 8.0, rect.center().y),
            Align2::RIGHT_CENTER,
            &text,
            (CAPTION, color),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_characters_and_never_beyond_the_text() {
        let text = "ä b\nc\n";
        assert_eq!(char_index(text, 1, 1), 0);
        assert_eq!(char_index(text, 1, 3), 2);
        assert_eq!(char_index(text, 2, 1), 4);
        assert_eq!(char_index(text, 2, 99), 5);
        assert_eq!(char_index(text, 99, 1), 6);
        assert_eq!(char_index("", 1, 1), 0);
    }

    #[test]
    fn only_lines_that_are_told_of_are_marked() {
        let told = |line| Diagnostic {
            line,
            column: 1,
            message: String::new(),
        };
        let marks = marked("a\n  b c \n\n", &[told(2), told(3), told(9), told(2)]);
        assert_eq!(marks.len(), 1);
        assert_eq!(marks[0], 4..7);
    }
}
