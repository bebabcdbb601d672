//! The distribution of times against the deadline, in four shapes, and the quantiles that the sample supports.
//!
//! ```text
//!  shapes: bins, log, CDF, spectrum      table of quantiles
//!  plot        shapes.rs, axis.rs        table.rs
//!                                        recent, whole run
//! ```

mod axis;
mod shapes;
mod table;

use eframe::egui::{
    Align2, Painter, PointerButton, Pos2, Rect, Response, RichText, Role, Sense, Ui, UiBuilder,
    pos2, vec2,
};

use super::Panel;
use super::brush;
use super::format;
use super::limits::{LimitLines, Way};
use super::theme::{CAPTION, GROUP, Tokens};
use super::timeline::Memo;
use super::widgets::{named, nothing_yet, text_within};
use crate::app::{Brushed, DistributionShape, Limits, PlotCommand, Span, UiCommand, ViewModel};
use shapes::Canvas;
use table::{ROW, table};

const TABLE_WIDTH: f32 = 192.0;
/// Height of the row of shapes.
const CHOICES: f32 = 20.0;

/// What the painted shapes depend on: statistics, place, shape, deadline, theme, brush.
type PaintKey = (
    u64,
    Canvas,
    DistributionShape,
    Limits,
    bool,
    Option<(String, u64)>,
);

/// The distribution panel.
#[derive(Debug, Default)]
pub(super) struct DistributionPanel {
    /// The time axis while a line is being dragged: the ground must not move with the line.
    held_max_ms: Option<f64>,
    /// Where a brush began, in milliseconds.
    brush_from: Option<f64>,
    painted: Memo<PaintKey>,
}

impl Panel for DistributionPanel {
    fn title(&self) -> &'static str {
        "Distribution"
    }

    fn head(&self, painter: &Painter, rect: Rect, model: &ViewModel, tokens: &Tokens) {
        let frames = model.distribution.frames as u64;
        if frames > 0 {
            let plural = if frames == 1 { "" } else { "s" };
            let stage = model.focused_stage.as_ref();
            let of = stage.map_or_else(String::new, |stage| format!("{stage} alone, "));
            text_within(
                painter,
                rect.right_top() - vec2(0.0, 1.0),
                Align2::RIGHT_TOP,
                &format!("{of}{} frame{plural}", format::count(frames)),
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
        let choices = Rect::from_min_size(whole.min, vec2(whole.width(), CHOICES));
        let mut whole = whole;
        if has_room_beside && whole.height() > CHOICES + 52.0 {
            shape_choice(ui, choices, model.plots.shape, out);
            whole.min.y += CHOICES + 2.0;
        }
        let (picture, table_at) = if has_room_beside {
            let left = whole.right() - TABLE_WIDTH;
            (
                Rect::from_min_max(whole.min, pos2(left - GROUP, whole.bottom())),
                Rect::from_min_max(pos2(left, whole.top()), whole.max),
            )
        } else {
            (Rect::NOTHING, whole)
        };
        if picture.width() > 40.0 && picture.height() > 50.0 {
            self.plot(ui, picture, model, out);
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

impl DistributionPanel {
    fn plot(&mut self, ui: &Ui, rect: Rect, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let shape = model.plots.shape;
        let canvas = Canvas::new(rect, shape, model, self.held_max_ms);
        let tokens = Tokens::of(ui);
        let key = (
            model.plots.statistics_version,
            canvas,
            shape,
            model.timeline.limits(),
            ui.visuals().dark_mode,
            model
                .brush
                .as_ref()
                .map(|brush| (brush.words.clone(), brush.count)),
        );
        let painter = ui.painter_at(rect.expand2(vec2(8.0, 2.0)));
        canvas.ticks(&painter, tokens);
        let shapes = self
            .painted
            .get(key, || canvas.shapes(shape, model, tokens));
        painter.extend(shapes);
        canvas.marks(&painter, shape, model, tokens);
        let response = ui.interact(
            canvas.plot,
            ui.scope_id().with("histogram"),
            Sense::click_and_drag(),
        );
        let response = named(response, Role::Label, "Histogram");
        if response.double_clicked() && model.brush.is_some() {
            out.push(UiCommand::Plot(PlotCommand::Brush(None)));
        }
        self.brush(ui, &response, &canvas, model, out);
        explain(response, &canvas, shape, model);
        let is_dragged = model.focused_stage.is_none()
            && LimitLines {
                area: canvas.plot,
                way: canvas.way,
                place: " in the distribution",
                at: &|ms| canvas.time.at(ms),
                ms: &|at| canvas.time.ms(at),
            }
            .ui(ui, &model.timeline, out);
        self.held_max_ms = is_dragged.then_some(canvas.time.max_ms);
    }

    /// Brushes the frames whose times lie in the range that is dragged over.
    fn brush(
        &mut self,
        ui: &Ui,
        response: &Response,
        canvas: &Canvas,
        model: &ViewModel,
        out: &mut Vec<UiCommand>,
    ) {
        if response.drag_started_by(PointerButton::Primary) {
            let origin = ui.input(|input| input.pointer.press_origin());
            self.brush_from = origin.map(|at| time_at(canvas, at, model));
        }
        if !response.dragged_by(PointerButton::Primary) {
            self.brush_from = None;
            return;
        }
        let (Some(begin), Some(at)) = (self.brush_from, response.interact_pointer_pos()) else {
            return;
        };
        let at = at.clamp(canvas.plot.min, canvas.plot.max);
        let end = time_at(canvas, at, model);
        let (from_ms, to_ms) = (begin.min(end).max(0.0), begin.max(end).max(0.0));
        brush::rubber_band(ui.painter(), canvas.band(from_ms, to_ms), Tokens::of(ui));
        let Some(series) = model.distribution.series.first() else {
            return;
        };
        let brushed = Brushed::Times {
            quantity: series.quantity.clone(),
            from_nanos: (from_ms * 1e6).round() as u64,
            to_nanos: (to_ms * 1e6).round() as u64,
        };
        let is_new = model
            .brush
            .as_ref()
            .is_none_or(|brush| brush.what.as_ref() != Some(&brushed));
        if is_new && to_ms > from_ms {
            out.push(UiCommand::Plot(PlotCommand::Brush(Some(brushed))));
        }
    }
}

/// The time that is meant at a place: in the spectrum, that of the percentile.
fn time_at(canvas: &Canvas, at: Pos2, model: &ViewModel) -> f64 {
    let series = model.distribution.series.first();
    match (canvas.tail, series) {
        (Some(tail), Some(series)) => {
            let point = series.at_one_in(tail.one_in(at.x));
            point
                .or(series.spectrum.first())
                .map_or(0.0, |point| point.ms)
        }
        _ => match canvas.way {
            Way::Upright => canvas.time.ms(at.x),
            Way::Level => canvas.time.ms(at.y),
        },
    }
}

/// Which shape is shown.
fn shape_choice(ui: &mut Ui, rect: Rect, present: DistributionShape, out: &mut Vec<UiCommand>) {
    ui.scope_builder(UiBuilder::new().id_salt("shapes").max_rect(rect), |ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.spacing_mut().button_padding = vec2(4.0, 1.0);
        ui.spacing_mut().interact_size.y = CHOICES - 2.0;
        ui.horizontal(|ui| {
            for shape in DistributionShape::ALL {
                let text = RichText::new(shape.word()).size(CAPTION);
                let label = ui
                    .selectable_label(shape == present, text)
                    .on_hover_text(shape.line());
                if label.clicked() && shape != present {
                    out.push(UiCommand::Plot(PlotCommand::Shape(shape)));
                }
            }
        });
    });
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

/// Says what is under the pointer.
fn explain(response: Response, canvas: &Canvas, shape: DistributionShape, model: &ViewModel) {
    let Some(at) = response.hover_pos() else {
        return;
    };
    let series = &model.distribution.series;
    let Some(first) = series.first() else { return };
    let lines: Vec<String> = match shape {
        DistributionShape::Histogram | DistributionShape::LogHistogram => {
            let ms = canvas.time.ms(at.x);
            series
                .iter()
                .filter_map(|series| {
                    let bins = shapes::bins_of(series, shape).iter();
                    let bin = bins
                        .clone()
                        .find(|bin| bin.from_ms <= ms && ms < bin.to_ms)?;
                    let plural = if bin.count == 1 { "" } else { "s" };
                    Some(format!(
                        "{} {}–{}: {} frame{plural}",
                        series.quantity.word(),
                        format::ms_figure(bin.from_ms),
                        format::ms(bin.to_ms),
                        format::count(bin.count),
                    ))
                })
                .collect()
        }
        DistributionShape::Cumulative => {
            let ms = canvas.time.ms(at.x);
            let line = |series: &crate::app::Series| {
                let share = series.share_within(ms);
                format!(
                    "{} within {}: {} (±{})",
                    series.quantity.word(),
                    format::ms(ms),
                    format::percent(share),
                    format::percent(series.band),
                )
            };
            series.iter().map(line).collect()
        }
        DistributionShape::Spectrum => {
            let one_in = canvas.tail.map_or(1.0, |tail| tail.one_in(at.x));
            let name = axis::percentile_name(one_in);
            let line = |series: &crate::app::Series| {
                let point = series.at_one_in(one_in)?;
                let note = if point.is_supported {
                    ""
                } else {
                    ", too few frames to say so"
                };
                let word = series.quantity.word();
                Some(format!("{word} {name}: {}{note}", format::ms(point.ms)))
            };
            series.iter().filter_map(line).collect()
        }
    };
    if lines.is_empty() || first.frames == 0 {
        return;
    }
    response.on_hover_ui_at_pointer(|ui| {
        for line in &lines {
            ui.label(line);
        }
    });
}
