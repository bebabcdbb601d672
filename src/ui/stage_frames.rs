//! The stages of each frame, stacked, one frame beside the other: those at the end of the timeline's window.

use eframe::egui::{Mesh, PointerButton, Rect, Role, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::brush::rubber_band;
use super::format;
use super::theme::{CAPTION, Tokens};
use super::widgets::{named, text_at};
use crate::app::{Brushed, PlotCommand, UiCommand, ViewModel};

/// Width of a frame.
const WIDE: f32 = 4.0;

/// The least height that it is drawn at.
pub(super) const LEAST: f32 = 34.0;

/// The chart.
#[derive(Debug, Default)]
pub(super) struct StageFrames {
    /// Where a brush began.
    brush_from: Option<u64>,
}

/// Which frames are where.
struct Places {
    rect: Rect,
    first: u64,
    end: u64,
}

impl Places {
    fn new(rect: Rect, model: &ViewModel) -> Self {
        let extent = model.plots.run.extent();
        let room = (rect.width() / WIDE).floor().max(1.0) as u64;
        let window = model.plots.look.window(&extent);
        let end = (window.end.ceil().max(0.0) as u64).clamp(extent.start, extent.end);
        Self {
            rect,
            first: end.saturating_sub(room).max(extent.start),
            end,
        }
    }

    fn x(&self, frame: u64) -> f32 {
        self.rect.right() - (self.end - frame) as f32 * WIDE
    }

    fn frame(&self, x: f32) -> u64 {
        let from_right = ((self.rect.right() - x) / WIDE).max(0.0) as u64;
        (self.end.saturating_sub(1))
            .saturating_sub(from_right)
            .max(self.first)
    }
}

impl StageFrames {
    pub(super) fn ui(&mut self, ui: &Ui, rect: Rect, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let places = Places::new(rect, model);
        if places.first >= places.end {
            return;
        }
        let tokens = Tokens::of(ui);
        let painter = ui.painter_at(rect);
        painter.extend(stacks(&places, model, tokens));
        let response = ui.interact(
            rect,
            ui.scope_id().with("stages of each frame"),
            Sense::click_and_drag(),
        );
        let response = named(response, Role::Button, "Stages of each frame");
        let at = response.interact_pointer_pos().or(response.hover_pos());
        let Some(frame) = at.map(|at| places.frame(at.x)) else {
            return;
        };
        if response.drag_started_by(PointerButton::Primary) {
            let origin = ui.input(|input| input.pointer.press_origin());
            self.brush_from = origin.map(|at| places.frame(at.x));
        }
        if response.dragged_by(PointerButton::Primary) {
            self.brush(ui, &places, frame, model, out);
        } else {
            self.brush_from = None;
        }
        if response.double_clicked() && model.brush.is_some() {
            out.push(UiCommand::Plot(PlotCommand::Brush(None)));
        } else if response.clicked() {
            out.push(UiCommand::Select(Some(frame)));
        }
        response.on_hover_ui_at_pointer(|ui| {
            ui.label(format!("#{frame}"));
            for (id, ms) in model.plots.run.stages(frame) {
                ui.label(format!("{id} {}", format::ms(ms)));
            }
        });
    }

    fn brush(
        &mut self,
        ui: &Ui,
        places: &Places,
        frame: u64,
        model: &ViewModel,
        out: &mut Vec<UiCommand>,
    ) {
        let Some(begin) = self.brush_from else { return };
        let (first, last) = (begin.min(frame), begin.max(frame));
        let band = Rect::from_min_max(
            pos2(places.x(first), places.rect.top()),
            pos2(places.x(last) + WIDE, places.rect.bottom()),
        );
        rubber_band(ui.painter(), band, Tokens::of(ui));
        let brushed = Brushed::Frames { first, last };
        let known = model.brush.as_ref().and_then(|brush| brush.what.as_ref());
        if known != Some(&brushed) {
            out.push(UiCommand::Plot(PlotCommand::Brush(Some(brushed))));
        }
    }
}

fn stacks(places: &Places, model: &ViewModel, tokens: &Tokens) -> Vec<Shape> {
    let run = &model.plots.run;
    let rect = places.rect;
    let budget_ms = model.timeline.budget_ms;
    let focus = model.focused_stage.as_deref();
    let is_shown = |id: &str| focus.is_none_or(|focus| focus == id);
    let frames = places.first..places.end;
    let total = |frame: u64| -> f64 {
        let shown = run.stages(frame).filter(|(id, _)| is_shown(id));
        shown.map(|(_, ms)| ms).sum()
    };
    let most = frames.clone().map(total).fold(0.0, f64::max);
    let full = if focus.is_some() {
        most * 1.1
    } else {
        most.max(budget_ms * 1.1)
    }
    .max(1e-3);
    let y = |ms: f64| rect.bottom() - (ms / full) as f32 * rect.height();
    let mut mesh = Mesh::default();
    for frame in frames {
        let x = places.x(frame);
        let column = Rect::from_min_max(pos2(x, rect.top()), pos2(x + WIDE - 1.0, rect.bottom()));
        if model.brush.as_ref().is_some_and(|brush| brush.has(frame)) {
            mesh.add_colored_rect(
                column.expand2(vec2(0.5, 0.0)),
                tokens.text.gamma_multiply(0.16),
            );
        }
        let mut from = 0.0;
        for (id, ms) in run.stages(frame).filter(|(id, _)| is_shown(id)) {
            let mut part = column;
            (part.min.y, part.max.y) = (y(from + ms), y(from));
            mesh.add_colored_rect(part, tokens.stage(id));
            from += ms;
        }
    }
    let mut shapes = vec![Shape::mesh(mesh)];
    if budget_ms > 0.0 && focus.is_none() {
        let line = [
            pos2(rect.left(), y(budget_ms)),
            pos2(rect.right(), y(budget_ms)),
        ];
        shapes.push(Shape::line_segment(line, Stroke::new(1.5, tokens.amber)));
    }
    shapes
}

/// What the chart shows, in a line above it.
pub(super) fn caption(ui: &Ui, rect: Rect, model: &ViewModel) {
    let places = Places::new(rect, model);
    if places.first >= places.end {
        return;
    }
    let text = format!("frames #{} to #{}", places.first, places.end - 1);
    text_at(
        ui.painter(),
        rect.right_top() - vec2(0.0, 1.0),
        eframe::egui::Align2::RIGHT_BOTTOM,
        &text,
        (CAPTION, Tokens::of(ui).muted),
    );
}
