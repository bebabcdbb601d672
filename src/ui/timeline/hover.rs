//! What is under the pointer: a frame's numbers; a click selects it everywhere, a drag brushes a span.

use eframe::egui::{PointerButton, Pos2, Rect, Response, RichText, Stroke, Ui, vec2};

use super::ground::{Ground, columns_near};
use super::marks::Group;
use crate::app::{Brushed, Column, Columns, FrameBar, PlotCommand, UiCommand, ViewModel};
use crate::measure::Verdict;
use crate::ui::brush::rubber_band;
use crate::ui::format;
use crate::ui::theme::Tokens;

/// The column that is meant: of those near the pointer a dropped one, then the slowest. A spike can be hit.
pub(super) fn nearest(
    ground: &Ground,
    columns: &Columns,
    x: f32,
    model: &ViewModel,
) -> Option<Column> {
    let limits = model.timeline.limits();
    let near = columns_near(ground, columns, x).iter();
    near.filter(|column| column.frames > 0)
        .max_by_key(|column| {
            let is_dropped = column.worst(limits).is_some_and(Verdict::is_dropped);
            (is_dropped, column.max_response_nanos)
        })
        .copied()
}

/// Shows the numbers of what is under the pointer, and selects it at a click.
pub(super) fn frames(
    ui: &Ui,
    response: Response,
    ground: &Ground,
    columns: &Columns,
    (model, groups): (&ViewModel, &[Group<'_>]),
    out: &mut Vec<UiCommand>,
) {
    let Some(at) = response.hover_pos().or(response.interact_pointer_pos()) else {
        return;
    };
    let Some(column) = nearest(ground, columns, at.x, model) else {
        return;
    };
    let frame = column.slowest;
    let tokens = Tokens::of(ui);
    let x = ground.x(frame as f64 + 0.5).round() + 0.5;
    let stroke = Stroke::new(1.0, tokens.muted.gamma_multiply(0.6));
    ui.painter().vline(x, response.rect.y_range(), stroke);
    if response.clicked() {
        let is_selected = model
            .selected
            .as_ref()
            .is_some_and(|selected| selected.index == frame);
        out.push(UiCommand::Select((!is_selected).then_some(frame)));
    }
    let Some(bar) = model.plots.run.bar(frame, model.timeline.limits()) else {
        return;
    };
    let changed: Vec<&str> = groups
        .iter()
        .filter(|group| (group.x - at.x).abs() < 6.0)
        .flat_map(|group| group.texts.iter().copied())
        .collect();
    response.on_hover_ui_at_pointer(|ui| numbers(ui, &bar, &column, model, &changed));
}

/// Words of marks at most; the rest is a number.
const MARKS_TOLD: usize = 6;

fn numbers(ui: &mut Ui, bar: &FrameBar, column: &Column, model: &ViewModel, changed: &[&str]) {
    let tokens = Tokens::of(ui);
    for text in changed.iter().take(MARKS_TOLD) {
        ui.label(RichText::new(*text).color(tokens.cyan));
    }
    if changed.len() > MARKS_TOLD {
        let more = format!("and {} more changes", changed.len() - MARKS_TOLD);
        ui.label(RichText::new(more).color(tokens.cyan));
    }
    if column.frames > 1 {
        let skipped = if column.skipped > 0 {
            format!(", {} skipped", column.skipped)
        } else {
            String::new()
        };
        let text = format!("The slowest of {} frames{skipped}:", column.frames);
        ui.label(RichText::new(text).color(tokens.muted));
    }
    let run = &model.plots.run;
    let cause = run.cause(bar.index).filter(|_| bar.verdict.is_dropped());
    let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
    ui.label(format!("#{} · {}{cause}", bar.index, bar.verdict.word()));
    if bar.verdict == Verdict::Skipped {
        return;
    }
    let mut rows = vec![
        ("response".to_owned(), bar.response_ms),
        ("waited".to_owned(), bar.start_delay_ms),
        ("service".to_owned(), bar.service_ms),
    ];
    let stages = run.stages(bar.index);
    rows.extend(stages.map(|(id, ms)| (format!("    {id}"), ms)));
    eframe::egui::Grid::new("numbers")
        .num_columns(2)
        .spacing(vec2(16.0, 2.0))
        .show(ui, |ui| {
            for (name, ms) in rows {
                ui.label(RichText::new(name).color(tokens.muted));
                ui.label(format::ms(ms));
                ui.end_row();
            }
        });
}

/// Brushes the span that is dragged over. `from` is the frame where the drag began.
pub(super) fn brush(
    ui: &Ui,
    response: &Response,
    ground: &Ground,
    from: &mut Option<u64>,
    (model, strip): (&ViewModel, Rect),
    out: &mut Vec<UiCommand>,
) {
    let extent = model.plots.run.extent();
    let frame_at = |at: Pos2| {
        let frame = ground.frame(at.x).floor().max(0.0) as u64;
        frame.clamp(extent.start, extent.end.saturating_sub(1).max(extent.start))
    };
    if response.drag_started_by(PointerButton::Primary) {
        let origin = ui.input(|input| input.pointer.press_origin());
        *from = origin.map(frame_at);
    }
    if !response.dragged_by(PointerButton::Primary) {
        *from = None;
        return;
    }
    let (Some(begin), Some(at)) = (*from, response.interact_pointer_pos()) else {
        return;
    };
    let end = frame_at(at);
    let (first, last) = (begin.min(end), begin.max(end));
    let (left, right) = (ground.x(first as f64), ground.x((last + 1) as f64));
    let plot = ground.plot;
    let band = Rect::from_min_max(
        eframe::egui::pos2(left.max(plot.left()), plot.top()),
        eframe::egui::pos2(right.min(plot.right()).max(left + 1.0), strip.bottom()),
    );
    rubber_band(ui.painter(), band, Tokens::of(ui));
    let brushed = Brushed::Frames { first, last };
    let is_new = model
        .brush
        .as_ref()
        .is_none_or(|brush| brush.what.as_ref() != Some(&brushed));
    if is_new {
        out.push(UiCommand::Plot(PlotCommand::Brush(Some(brushed))));
    }
}
