//! The quantiles that the sample supports, and what the others need.

use eframe::egui::{Align2, CursorIcon, Rect, Response, Role, Sense, Ui, pos2, vec2};

use crate::app::{Distribution, UiCommand};
use crate::ui::format::{self, UNKNOWN};
use crate::ui::theme::{CAPTION, GAP, TEXT, Tokens};
use crate::ui::widgets::{named, text_at, text_within};

/// Right edge of the values.
const VALUES: f32 = 98.0;
/// Height of a row.
pub(super) const ROW: f32 = 18.0;

/// The table.
pub(super) fn table(ui: &Ui, rect: Rect, distribution: &Distribution, out: &mut Vec<UiCommand>) {
    let mut line = Line {
        ui,
        rect,
        number: 0,
    };
    for view in &distribution.quantiles {
        let gate = format::gate(view);
        match (view.value_ms, gate) {
            (Some(ms), None) => {
                let rank = format!(
                    "Rank {} of {}. The true value lies within the brackets with 95 % confidence, if frames were independent; an arrow says that the sample is too small to bound it.",
                    format::count(view.rank as u64),
                    format::count(view.frames as u64)
                );
                line.draw(
                    format::quantile_name(view),
                    Some(&format::ms(ms)),
                    &format::interval(view.low_ms, view.high_ms),
                    Sense::hover(),
                )
                .on_hover_text(rank);
            }
            (_, gate) => {
                let text = gate.unwrap_or_else(|| UNKNOWN.to_owned());
                line.draw(format::quantile_name(view), None, &text, Sense::hover());
            }
        }
    }
    if let Some(mean) = distribution.mean_ms {
        line.draw("mean", Some(&format::ms(mean)), "", Sense::hover());
    }
    if let Some(max) = distribution.max_ms {
        let frame = distribution.max_frame;
        let note = frame.map_or_else(String::new, |frame| format!("#{frame}"));
        let sense = if frame.is_some() {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = line.draw("max", Some(&format::ms(max)), &note, sense);
        if response.clicked() && frame.is_some() {
            out.push(UiCommand::Select(frame));
        }
        response
            .on_hover_cursor(CursorIcon::PointingHand)
            .on_hover_text("Select the frame that took the longest");
    }
}

/// Draws one row after the other.
struct Line<'a> {
    ui: &'a Ui,
    rect: Rect,
    number: usize,
}

impl Line<'_> {
    /// A row without a value is grey.
    fn draw(&mut self, name: &str, value: Option<&str>, note: &str, sense: Sense) -> Response {
        let tokens = Tokens::of(self.ui);
        let top = self.rect.top() + ROW * self.number as f32;
        self.number += 1;
        let rect = Rect::from_min_size(pos2(self.rect.left(), top), vec2(self.rect.width(), ROW));
        let role = if sense.senses_click() {
            Role::Button
        } else {
            Role::Label
        };
        let spoken = format!("{name}: {} {note}", value.unwrap_or_default());
        let response = self
            .ui
            .interact(rect, self.ui.scope_id().with(("row", name)), sense);
        let response = named(response, role, &spoken);
        let painter = self.ui.painter();
        if sense.senses_click() && response.hovered() {
            painter.rect_filled(rect.expand2(vec2(4.0, 0.0)), 3.0, tokens.lifted);
        }
        let middle = rect.center().y;
        let color = if value.is_some() {
            tokens.text
        } else {
            tokens.muted
        };
        text_within(
            painter,
            pos2(rect.left(), middle),
            Align2::LEFT_CENTER,
            name,
            (TEXT, tokens.muted),
            40.0,
        );
        if let Some(value) = value {
            text_at(
                painter,
                pos2(rect.left() + VALUES.min(rect.width()), middle),
                Align2::RIGHT_CENTER,
                value,
                (TEXT, color),
            );
        }
        let left = if value.is_some() { VALUES + GAP } else { 40.0 };
        text_within(
            painter,
            pos2(rect.right(), middle),
            Align2::RIGHT_CENTER,
            note,
            (CAPTION, tokens.muted),
            rect.width() - left,
        );
        response
    }
}
