//! The values of a pixel: one line under the pictures, and the table of all stages.

use eframe::egui::{
    Align2, CornerRadius, Layout, Rect, RichText, ScrollArea, Stroke, StrokeKind, Ui, UiBuilder,
    pos2, vec2,
};

use super::pin;
use crate::app::{PixelProbe, ProbeTable, UiCommand, ViewModel};
use crate::ui::theme::{self, CAPTION, GAP, TEXT, Tokens};
use crate::ui::widgets::{capitals, text_within};

const ROW: f32 = 16.0;

/// One pixel from the source's codes to the model's values.
pub(super) fn value_line(ui: &Ui, rect: Rect, model: &ViewModel, probe: Option<&PixelProbe>) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter();
    let Some(probe) = probe else {
        let trouble = model.viewer.trouble.as_str();
        let (words, color) = if trouble.is_empty() {
            (
                "Point at a pixel to follow it, click to keep it; scroll to zoom, drag to pan.",
                tokens.muted,
            )
        } else {
            (trouble, tokens.amber)
        };
        text_within(
            painter,
            rect.left_center() + vec2(0.0, 2.0),
            Align2::LEFT_CENTER,
            words,
            (CAPTION, color),
            rect.width(),
        );
        return;
    };
    let [x, y] = probe.original;
    let [red, green, blue] = probe.rgb;
    let mut parts = vec![("", format!("x {x}  y {y}"))];
    if let Some([luma, cb, cr]) = probe.yuv {
        parts.push(("YUV", format!("{luma} {cb} {cr}")));
    }
    parts.push(("RGB", format!("{red} {green} {blue}")));
    match (probe.values, probe.tensor) {
        (Some([a, b, c]), _) => parts.push(("tensor", format!("{a:.3} {b:.3} {c:.3}"))),
        (None, None) => parts.push(("tensor", "cropped away".to_owned())),
        (None, Some(_)) => {}
    }
    if model.viewer.pinned == Some(probe.original) {
        parts.push(("", "pinned".to_owned()));
    }
    let mut left = rect.left();
    let middle = rect.center().y + 2.0;
    for (name, value) in parts {
        for (text, color) in [(name, tokens.muted), (value.as_str(), tokens.text)] {
            if !text.is_empty() {
                let drawn = text_within(
                    painter,
                    pos2(left, middle),
                    Align2::LEFT_CENTER,
                    text,
                    (TEXT, color),
                    rect.right() - left,
                );
                left = drawn.right() + 6.0;
            }
        }
        left += 14.0;
    }
    let swatch = Rect::from_center_size(pos2(rect.right() - 7.0, middle), vec2(12.0, 12.0));
    if left < swatch.left() {
        let color = theme::pixel([red, green, blue]);
        painter.rect_filled(swatch, CornerRadius::same(2), color);
    }
}

/// The pixel at every stage. Over a picture it gets a ground of its own.
pub(super) fn table(
    ui: &mut Ui,
    rect: Rect,
    model: &ViewModel,
    is_over: bool,
    out: &mut Vec<UiCommand>,
) {
    let tokens = Tokens::of(ui);
    let mut inside = rect;
    if is_over {
        inside = rect.shrink(GAP);
        let ground = tokens.panel.gamma_multiply(0.94);
        ui.painter().rect(
            rect,
            CornerRadius::same(theme::RADIUS),
            ground,
            Stroke::new(1.0, tokens.line),
            StrokeKind::Inside,
        );
    }
    ui.scope_builder(UiBuilder::new().max_rect(inside).id_salt("pixel"), |ui| {
        head(ui, model, out);
        let Some(table) = &model.viewer.table else {
            let words = RichText::new("Point at a pixel, or click one to keep it.");
            ui.label(words.size(CAPTION).color(tokens.muted));
            return;
        };
        ScrollArea::vertical()
            .auto_shrink([false, true])
            .show(ui, |ui| {
                rows(ui, table, tokens);
                if !model.viewer.trouble.is_empty() {
                    ui.label(
                        RichText::new(&model.viewer.trouble)
                            .size(CAPTION)
                            .color(tokens.amber),
                    );
                }
            });
    });
}

fn head(ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let title = match &model.viewer.table {
            Some(table) => format!("Pixel {}, {}", table.original[0], table.original[1]),
            None => "Pixel".to_owned(),
        };
        ui.label(capitals(&title, tokens));
        ui.with_layout(Layout::right_to_left(eframe::egui::Align::Center), |ui| {
            if let Some(table) = &model.viewer.table {
                let copy = ui.small_button("Copy");
                if copy
                    .on_hover_text("Copy the table as text with tabs, for a spreadsheet.")
                    .clicked()
                {
                    ui.ctx().copy_text(table.to_text());
                }
            }
            if model.viewer.pinned.is_some() {
                let free = ui.small_button("Unpin");
                if free
                    .on_hover_text("Let the table follow the pointer again (Escape).")
                    .clicked()
                {
                    pin(model, None, out);
                }
            }
        });
    });
}

fn rows(ui: &mut Ui, table: &ProbeTable, tokens: &Tokens) {
    for row in &table.rows {
        let width = ui.available_width();
        let (rect, response) =
            ui.allocate_exact_size(vec2(width, ROW), eframe::egui::Sense::hover());
        let painter = ui.painter();
        let place = row
            .at
            .map_or_else(|| "–".to_owned(), |[x, y]| format!("{x}, {y}"));
        let columns = [
            (0.0, 0.25, row.stage.as_str(), tokens.text),
            (0.25, 0.25, place.as_str(), tokens.muted),
            (0.5, 0.12, row.kind, tokens.muted),
            (0.62, 0.38, row.values.as_str(), tokens.text),
        ];
        for (left, share, text, color) in columns {
            text_within(
                painter,
                pos2(rect.left() + left * width, rect.center().y),
                Align2::LEFT_CENTER,
                text,
                (CAPTION, color),
                share * width - 2.0,
            );
        }
        let spoken = format!("{}: at {place}, {} {}", row.stage, row.kind, row.values);
        crate::ui::widgets::named(response, eframe::egui::Role::Label, &spoken)
            .on_hover_text(spoken);
    }
}
