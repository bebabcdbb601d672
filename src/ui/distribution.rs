//! The distribution of response times: a histogram against the deadline, and the quantiles that the sample supports.

use eframe::egui::{
    Align2, CornerRadius, CursorIcon, Painter, Rect, Response, RichText, Role, Sense, Stroke, Ui,
    UiBuilder, pos2, vec2,
};

use super::Panel;
use super::format::{self, UNKNOWN};
use super::theme::{CAPTION, GAP, GROUP, TEXT, Tokens};
use super::widgets::{named, nothing_yet, text_at, text_within};
use crate::app::{Bin, Distribution, QuantileView, Span, UiCommand, ViewModel};

const TABLE_WIDTH: f32 = 206.0;
/// Right edge of the values.
const VALUES: f32 = 98.0;
const ROW: f32 = 18.0;
const AXIS: f32 = 15.0;
const MARKS: f32 = 16.0;

/// The distribution panel.
#[derive(Debug, Default)]
pub(super) struct DistributionPanel;

impl Panel for DistributionPanel {
    fn title(&self) -> &'static str {
        "Distribution"
    }

    fn head(&self, painter: &Painter, rect: Rect, model: &ViewModel, tokens: &Tokens) {
        let frames = model.distribution.frames as u64;
        if frames > 0 {
            text_within(
                painter,
                rect.right_top() - vec2(0.0, 1.0),
                Align2::RIGHT_TOP,
                &format!("{} frames", format::count(frames)),
                (CAPTION, tokens.muted),
                rect.width(),
            );
        }
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let whole = ui.max_rect();
        if model.distribution.frames == 0 {
            nothing_yet(ui, whole, model, "Response times gather here.");
            return;
        }
        let has_room_beside = whole.width() >= TABLE_WIDTH + 90.0;
        let (picture, table_at) = if has_room_beside {
            let left = whole.right() - TABLE_WIDTH;
            (
                Rect::from_min_max(whole.min, pos2(left - GROUP, whole.bottom())),
                Rect::from_min_max(pos2(left, whole.top()), whole.max),
            )
        } else {
            (Rect::NOTHING, whole)
        };
        if picture.width() > 40.0 && picture.height() > AXIS + MARKS + 12.0 {
            histogram(ui, picture, model);
        }
        table(ui, table_at, &model.distribution, out);
        let toggles = Rect::from_min_max(
            pos2(table_at.left(), table_at.top() + 7.0 * ROW + 4.0),
            table_at.max,
        );
        if toggles.height() >= ROW {
            spans(ui, toggles, model.distribution.span, out);
        }
    }
}

/// Which frames the panel is about.
fn spans(ui: &mut Ui, rect: Rect, present: Span, out: &mut Vec<UiCommand>) {
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        ui.horizontal(|ui| {
            for (span, name, hint) in [
                (
                    Span::Recent,
                    "recent",
                    "The last 3,600 frames at most, exactly.",
                ),
                (
                    Span::Whole,
                    "whole run",
                    "All frames since the last change, however many, to three significant digits.",
                ),
            ] {
                let text = RichText::new(name).size(CAPTION);
                let label = ui
                    .selectable_label(span == present, text)
                    .on_hover_text(hint);
                if label.clicked() && span != present {
                    out.push(UiCommand::SetSpan(span));
                }
            }
        });
    });
}

/// Where times are on the horizontal axis.
#[derive(Clone, Copy)]
struct Axis {
    plot: Rect,
    max_ms: f64,
}

impl Axis {
    fn x(&self, ms: f64) -> f32 {
        self.plot.left() + (ms / self.max_ms) as f32 * self.plot.width()
    }
}

fn histogram(ui: &Ui, rect: Rect, model: &ViewModel) {
    let tokens = Tokens::of(ui);
    let distribution = &model.distribution;
    let timeline = &model.timeline;
    let last = distribution.bins.last().map_or(0.0, |bin| bin.to_ms);
    let max_ms = last.max(timeline.deadline_ms * 1.08).max(1e-3);
    let plot = Rect::from_min_max(
        rect.min + vec2(0.0, MARKS),
        pos2(rect.right(), rect.bottom() - AXIS),
    );
    let axis = Axis { plot, max_ms };
    let painter = ui.painter_at(rect.expand2(vec2(8.0, 0.0)));
    ticks(&painter, &axis, tokens);
    let tallest = distribution.bins.iter().map(|bin| bin.count).max();
    let tallest = tallest.unwrap_or(1).max(1) as f32;
    for bin in distribution.bins.iter().filter(|bin| bin.count > 0) {
        let color = if bin.from_ms >= timeline.deadline_ms {
            tokens.coral
        } else if bin.from_ms >= timeline.budget_ms {
            tokens.amber
        } else {
            tokens.mint.gamma_multiply(0.7)
        };
        // One frame among thousands is seen, too.
        let height = (bin.count as f32 / tallest * plot.height()).max(2.0);
        let (left, right) = (axis.x(bin.from_ms), axis.x(bin.to_ms));
        let gap = if right - left > 3.0 { 1.0 } else { 0.0 };
        let bar = Rect::from_min_max(
            pos2(left, plot.bottom() - height),
            pos2((right - gap).max(left + 1.0), plot.bottom()),
        );
        painter.rect_filled(bar, CornerRadius::ZERO, color);
    }
    if timeline.budget_ms > 0.0 {
        for (ms, color) in [
            (timeline.budget_ms, tokens.amber),
            (timeline.deadline_ms, tokens.coral.gamma_multiply(0.8)),
        ] {
            painter.vline(axis.x(ms), plot.y_range(), Stroke::new(1.0, color));
        }
    }
    quantile_marks(&painter, &axis, &distribution.quantiles, tokens);
    let response = ui.interact(plot, ui.scope_id().with("histogram"), Sense::hover());
    explain_bin(named(response, Role::Label, "Histogram"), &axis, model);
}

fn ticks(painter: &Painter, axis: &Axis, tokens: &Tokens) {
    let plot = axis.plot;
    painter.hline(
        plot.x_range(),
        plot.bottom() + 0.5,
        Stroke::new(1.0, tokens.muted.gamma_multiply(0.6)),
    );
    let step = format::nice_step(axis.max_ms, f64::from(plot.width() / 44.0).max(1.0));
    let unit = text_at(
        painter,
        pos2(plot.right(), plot.bottom() + 3.0),
        Align2::RIGHT_TOP,
        "ms",
        (CAPTION, tokens.muted),
    );
    for number in 0..40u32 {
        let ms = f64::from(number) * step;
        let x = axis.x(ms);
        if x > plot.right() {
            break;
        }
        let anchor = if number == 0 {
            Align2::LEFT_TOP
        } else {
            Align2::CENTER_TOP
        };
        painter.vline(
            x,
            plot.bottom()..=plot.bottom() + 3.0,
            Stroke::new(1.0, tokens.line),
        );
        if x + 12.0 < unit.left() {
            text_at(
                painter,
                pos2(x, plot.bottom() + 3.0),
                anchor,
                &format::plain(ms),
                (CAPTION, tokens.muted),
            );
        }
    }
}

/// p50 and p99 above the bars, where there is room for them.
fn quantile_marks(painter: &Painter, axis: &Axis, quantiles: &[QuantileView], tokens: &Tokens) {
    let mut taken_to = f32::NEG_INFINITY;
    for view in quantiles {
        let Some(ms) = view.value_ms.filter(|_| view.frames_missing == 0) else {
            continue;
        };
        let x = axis.x(ms);
        painter.vline(
            x,
            axis.plot.top() - 2.0..=axis.plot.bottom(),
            Stroke::new(1.0, tokens.text.gamma_multiply(0.5)),
        );
        let galley = painter.layout_no_wrap(
            format::quantile_name(view).to_owned(),
            super::theme::font(CAPTION),
            tokens.muted,
        );
        let width = galley.size().x;
        let left = (x - width / 2.0).clamp(
            axis.plot.left(),
            (axis.plot.right() - width).max(axis.plot.left()),
        );
        if left > taken_to {
            painter.galley(pos2(left, axis.plot.top() - MARKS), galley, tokens.muted);
            taken_to = left + width + 4.0;
        }
    }
}

fn explain_bin(response: Response, axis: &Axis, model: &ViewModel) {
    let Some(at) = response.hover_pos() else {
        return;
    };
    let ms = f64::from((at.x - axis.plot.left()) / axis.plot.width().max(1.0)) * axis.max_ms;
    let under = |bin: &&Bin| bin.from_ms <= ms && ms < bin.to_ms;
    if let Some(bin) = model.distribution.bins.iter().find(under) {
        let plural = if bin.count == 1 { "" } else { "s" };
        response.on_hover_text_at_pointer(format!(
            "{}–{}: {} frame{plural}",
            format::ms_figure(bin.from_ms),
            format::ms(bin.to_ms),
            format::count(bin.count),
        ));
    }
}

fn table(ui: &Ui, rect: Rect, distribution: &Distribution, out: &mut Vec<UiCommand>) {
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
