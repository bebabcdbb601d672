//! The timeline: every recent frame against its deadline, with the budget and the tolerance under the hand.

use eframe::egui::{
    Align2, CursorIcon, Painter, Pos2, Rect, Response, RichText, Role, Sense, Shape, Stroke, Ui,
    pos2, vec2,
};

use super::Panel;
use super::bars::{Scale, paint_times, paint_verdicts};
use super::format::{self, THIN};
use super::theme::{CAPTION, GAP, Tokens};
use super::widgets::{named, nothing_yet, text_at, text_within, verdict_mark};
use crate::app::{FrameBar, Timeline, UiCommand, ViewModel};
use crate::judge::Tolerance;
use crate::measure::Verdict;

const GUTTER: f32 = 46.0;
const STRIP: f32 = 12.0;
const AXIS: f32 = 16.0;

/// The timeline panel.
#[derive(Debug, Default)]
pub(super) struct TimelinePanel {
    /// The upper edge while a line is being dragged: the ground must not move with the line.
    held_max_ms: Option<f64>,
}

impl Panel for TimelinePanel {
    fn title(&self) -> &'static str {
        "Timeline"
    }

    fn head(&self, painter: &Painter, rect: Rect, _model: &ViewModel, tokens: &Tokens) {
        let mut right = rect.right();
        let middle = rect.top() + 7.0;
        for verdict in Verdict::ALL.into_iter().rev() {
            let galley = painter.layout_no_wrap(
                verdict.word().to_owned(),
                super::theme::font(CAPTION),
                tokens.muted,
            );
            let left = right - galley.size().x;
            if left - 14.0 < rect.left() {
                return;
            }
            painter.galley(
                pos2(left, middle - galley.size().y / 2.0),
                galley,
                tokens.muted,
            );
            let mark = Rect::from_center_size(pos2(left - 9.0, middle), vec2(8.0, 10.0));
            verdict_mark(painter, mark, verdict, tokens);
            right = left - 24.0;
        }
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let whole = ui.max_rect();
        let timeline = &model.timeline;
        let axis = if whole.height() < 84.0 { 0.0 } else { AXIS };
        let plot = Rect::from_min_max(
            whole.min + vec2(GUTTER, 4.0),
            pos2(whole.right(), whole.bottom() - STRIP - axis - 6.0),
        );
        if plot.width() < 24.0 || plot.height() < 10.0 {
            return;
        }
        if timeline.bars.is_empty() && timeline.budget_ms <= 0.0 {
            nothing_yet(
                ui,
                whole,
                model,
                "Every frame gets a place here as it is finished.",
            );
            return;
        }
        let max_ms = self.held_max_ms.unwrap_or_else(|| upper_edge(timeline));
        let scale = Scale::new(plot, timeline.bars.len(), max_ms);
        let strip = Rect::from_min_max(
            pos2(plot.left(), plot.bottom() + 5.0),
            pos2(plot.right(), plot.bottom() + 5.0 + STRIP),
        );
        Self::paint(ui, &scale, strip, model);
        frames_under_pointer(ui, &scale, strip, model, out);
        self.drag_lines(ui, &scale, timeline, out);
    }
}

impl TimelinePanel {
    fn paint(ui: &Ui, scale: &Scale, strip: Rect, model: &ViewModel) {
        let tokens = Tokens::of(ui);
        let timeline = &model.timeline;
        let painter = ui.painter();
        grid(painter, scale, tokens);
        let inside = painter.with_clip_rect(
            scale
                .plot
                .expand2(vec2(1.0, 2.0))
                .intersect(painter.clip_rect()),
        );
        let band = Rect::from_min_max(
            pos2(scale.plot.left(), scale.y(timeline.deadline_ms)),
            pos2(scale.plot.right(), scale.y(timeline.budget_ms)),
        );
        inside.rect_filled(band, 0.0, tokens.amber.gamma_multiply(0.16));
        let columns = scale.columns();
        let contents = (timeline.bars.as_slice(), model.stages.as_slice());
        paint_times(&inside, scale, &columns, contents, tokens);
        paint_verdicts(painter, strip, &columns, &timeline.bars, tokens);
        limits(&inside, scale, timeline, tokens);
        frame_numbers(painter, scale, strip, &timeline.bars, tokens);
        changes(&inside, scale, timeline, tokens);
        if let Some(selected) = &model.selected {
            selection(painter, scale, strip, timeline, (selected, tokens));
        }
    }

    /// The budget line, and the upper edge of the tolerance band.
    fn drag_lines(
        &mut self,
        ui: &Ui,
        scale: &Scale,
        timeline: &Timeline,
        out: &mut Vec<UiCommand>,
    ) {
        if timeline.budget_ms <= 0.0 {
            return;
        }
        let band = scale.y(timeline.budget_ms) - scale.y(timeline.deadline_ms);
        // The handles meet in the middle of the band, however thin it is.
        let reach = (band / 2.0).clamp(0.0, 5.0);
        let budget = handle(
            ui,
            scale,
            (scale.y(timeline.budget_ms), reach, 5.0),
            "Budget line",
            "Drag to change the budget",
        );
        let top = handle(
            ui,
            scale,
            (scale.y(timeline.deadline_ms), 5.0, reach),
            "Tolerance line",
            "Drag to change the tolerance",
        );
        let is_dragged = budget.dragged() || top.dragged();
        if is_dragged {
            self.held_max_ms.get_or_insert(scale.max_ms);
        } else {
            self.held_max_ms = None;
        }
        if budget.dragged()
            && let Some(at) = budget.interact_pointer_pos()
        {
            let ms = scale.ms(at.y).clamp(0.1, 1000.0);
            let nanos = (ms * 100.0).round() as u64 * 10_000;
            if nanos != (timeline.budget_ms * 1e6).round() as u64 {
                out.push(UiCommand::SetBudget(Some(nanos)));
            }
        }
        if top.dragged()
            && let Some(at) = top.interact_pointer_pos()
        {
            let percent = (scale.ms(at.y) / timeline.budget_ms - 1.0) * 100.0;
            let present = (timeline.deadline_ms / timeline.budget_ms - 1.0) * 100.0;
            let percent = percent.clamp(0.0, 1000.0).round();
            if let Ok(tolerance) = Tolerance::from_percent(percent)
                && (percent - present).abs() >= 0.5
            {
                out.push(UiCommand::SetTolerance(tolerance));
            }
        }
    }
}

fn handle(
    ui: &Ui,
    scale: &Scale,
    (y, above, below): (f32, f32, f32),
    name: &str,
    hint: &str,
) -> Response {
    let y = y.clamp(scale.plot.top(), scale.plot.bottom());
    let rect = Rect::from_min_max(
        pos2(scale.plot.left(), y - above.max(1.0)),
        pos2(scale.plot.right(), y + below.max(1.0)),
    );
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::drag());
    let response =
        named(response, Role::Splitter, name).on_hover_and_drag_cursor(CursorIcon::ResizeVertical);
    if response.hovered() || response.dragged() {
        let tokens = Tokens::of(ui);
        ui.painter()
            .hline(scale.plot.x_range(), y, Stroke::new(2.0, tokens.amber));
    }
    response.on_hover_text_at_pointer(hint)
}

fn upper_edge(timeline: &Timeline) -> f64 {
    let slowest = timeline
        .bars
        .iter()
        .map(|bar| bar.response_ms)
        .fold(0.0, f64::max);
    (timeline.deadline_ms * 1.25).max(slowest * 1.06).max(1e-3)
}

fn grid(painter: &Painter, scale: &Scale, tokens: &Tokens) {
    let marks = f64::from(scale.plot.height() / 34.0).clamp(1.0, 8.0);
    let step = format::nice_step(scale.max_ms, marks);
    let mut number = 0u32;
    loop {
        let ms = f64::from(number) * step;
        if ms > scale.max_ms || number > 40 {
            break;
        }
        let y = scale.y(ms).round() + 0.5;
        let color = if number == 0 {
            tokens.muted.gamma_multiply(0.6)
        } else {
            tokens.line.gamma_multiply(0.7)
        };
        painter.hline(scale.plot.x_range(), y, Stroke::new(1.0, color));
        // The uppermost mark carries the unit.
        let is_last = f64::from(number + 1) * step > scale.max_ms;
        let figure = format::plain(ms);
        let text = if is_last {
            format!("{figure}{THIN}ms")
        } else {
            figure
        };
        text_at(
            painter,
            pos2(scale.plot.left() - 6.0, y),
            Align2::RIGHT_CENTER,
            &text,
            (CAPTION, tokens.muted),
        );
        number += 1;
    }
}

/// The two lines and their names: one above, one below, so that they do not meet.
fn limits(painter: &Painter, scale: &Scale, timeline: &Timeline, tokens: &Tokens) {
    if timeline.budget_ms <= 0.0 {
        return;
    }
    let (budget, deadline) = (scale.y(timeline.budget_ms), scale.y(timeline.deadline_ms));
    let range = scale.plot.x_range();
    painter.hline(range, budget, Stroke::new(1.5, tokens.amber));
    painter.hline(
        range,
        deadline,
        Stroke::new(1.0, tokens.amber.gamma_multiply(0.7)),
    );
    let percent = (timeline.deadline_ms / timeline.budget_ms - 1.0) * 100.0;
    let left = scale.plot.left() + GAP;
    for (y, anchor, text) in [
        (
            budget + 2.0,
            Align2::LEFT_TOP,
            format!("budget {}", format::ms(timeline.budget_ms)),
        ),
        (
            deadline - 2.0,
            Align2::LEFT_BOTTOM,
            format!(
                "tolerance {}{THIN}%, to {}",
                format::plain(percent),
                format::ms(timeline.deadline_ms)
            ),
        ),
    ] {
        let galley = painter.layout_no_wrap(text, super::theme::font(CAPTION), tokens.amber);
        let rect = anchor.anchor_size(pos2(left, y), galley.size());
        painter.rect_filled(
            rect.expand2(vec2(3.0, 0.0)),
            2.0,
            tokens.panel.gamma_multiply(0.7),
        );
        painter.galley(rect.min, galley, tokens.amber);
    }
}

fn frame_numbers(
    painter: &Painter,
    scale: &Scale,
    strip: Rect,
    bars: &[FrameBar],
    tokens: &Tokens,
) {
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else {
        return;
    };
    let y = strip.bottom() + 3.0;
    let style = (CAPTION, tokens.muted);
    let right = text_at(
        painter,
        pos2(strip.right(), y),
        Align2::RIGHT_TOP,
        &format!("#{}", last.index),
        style,
    );
    let left = scale.x(0).max(strip.left());
    text_within(
        painter,
        pos2(left, y),
        Align2::LEFT_TOP,
        &format!("#{}", first.index),
        style,
        right.left() - GAP - left,
    );
}

/// Thin marks before the frames from which on a setting was another.
fn changes(painter: &Painter, scale: &Scale, timeline: &Timeline, tokens: &Tokens) {
    for (frame, _) in &timeline.changes {
        let Some(x) = change_x(scale, timeline, *frame) else {
            continue;
        };
        let stroke = Stroke::new(1.0, tokens.cyan.gamma_multiply(0.8));
        let ends = [pos2(x, scale.plot.top()), pos2(x, scale.plot.bottom())];
        painter.extend(Shape::dashed_line(&ends, stroke, 3.0, 3.0));
        let top = pos2(x, scale.plot.top());
        let flag = vec![
            top + vec2(-4.0, -1.0),
            top + vec2(4.0, -1.0),
            top + vec2(0.0, 6.0),
        ];
        painter.add(Shape::convex_polygon(flag, tokens.cyan, Stroke::NONE));
    }
}

fn change_x(scale: &Scale, timeline: &Timeline, frame: u64) -> Option<f32> {
    let first = timeline.bars.first()?.index;
    let position = timeline.bars.partition_point(|bar| bar.index < frame);
    (frame >= first).then(|| scale.x(position).round() + 0.5)
}

fn selection(
    painter: &Painter,
    scale: &Scale,
    strip: Rect,
    timeline: &Timeline,
    (selected, tokens): (&FrameBar, &Tokens),
) {
    let position = timeline
        .bars
        .partition_point(|bar| bar.index < selected.index);
    if timeline
        .bars
        .get(position)
        .is_none_or(|bar| bar.index != selected.index)
    {
        return;
    }
    let x = scale.x(position) + scale.frame_width() / 2.0;
    painter.vline(
        x,
        scale.plot.top()..=strip.bottom() + 2.0,
        Stroke::new(1.0, tokens.text),
    );
    let y = scale.y(selected.response_ms.min(scale.max_ms));
    painter.circle(pos2(x, y), 3.5, tokens.panel, Stroke::new(1.5, tokens.text));
}

/// Hovering shows a frame's numbers; a click selects it everywhere.
fn frames_under_pointer(
    ui: &Ui,
    scale: &Scale,
    strip: Rect,
    model: &ViewModel,
    out: &mut Vec<UiCommand>,
) {
    let area = scale.plot.union(strip);
    let response = ui.interact(area, ui.scope_id().with("frames"), Sense::click());
    let response = named(response, Role::Button, "Frames");
    let Some(at) = response.hover_pos().or(response.interact_pointer_pos()) else {
        return;
    };
    let timeline = &model.timeline;
    let Some(bar) = nearest(scale, timeline, at) else {
        return;
    };
    let position = timeline
        .bars
        .partition_point(|other| other.index < bar.index);
    let tokens = Tokens::of(ui);
    ui.painter().vline(
        scale.x(position) + scale.frame_width() / 2.0,
        area.y_range(),
        Stroke::new(1.0, tokens.muted.gamma_multiply(0.6)),
    );
    if response.clicked() {
        let is_selected = model
            .selected
            .as_ref()
            .is_some_and(|selected| selected.index == bar.index);
        out.push(UiCommand::Select((!is_selected).then_some(bar.index)));
    }
    let changed = timeline
        .changes
        .iter()
        .filter(|(frame, _)| {
            change_x(scale, timeline, *frame).is_some_and(|x| (x - at.x).abs() < 5.0)
        })
        .map(|(_, text)| text.as_str());
    let changed: Vec<&str> = changed.collect();
    response.on_hover_ui_at_pointer(|ui| numbers(ui, bar, model, &changed));
}

/// The slowest frame within two points of the pointer: a spike can be hit.
fn nearest<'a>(scale: &Scale, timeline: &'a Timeline, at: Pos2) -> Option<&'a FrameBar> {
    let from = scale.position((at.x - 2.0).max(scale.x(0)))?;
    let to = scale
        .position(at.x + 2.0)
        .unwrap_or(timeline.bars.len().checked_sub(1)?);
    timeline.bars.get(from..=to)?.iter().max_by(|a, b| {
        (a.verdict.is_dropped(), a.response_ms)
            .partial_cmp(&(b.verdict.is_dropped(), b.response_ms))
            .unwrap_or(std::cmp::Ordering::Equal)
    })
}

fn numbers(ui: &mut Ui, bar: &FrameBar, model: &ViewModel, changed: &[&str]) {
    let tokens = Tokens::of(ui);
    for text in changed {
        ui.label(RichText::new(*text).color(tokens.cyan));
    }
    ui.label(format!("#{} · {}", bar.index, bar.verdict.word()));
    if bar.verdict == Verdict::Skipped {
        return;
    }
    let mut rows = vec![
        ("response".to_owned(), bar.response_ms),
        ("waited".to_owned(), bar.start_delay_ms),
        ("service".to_owned(), bar.service_ms),
    ];
    if bar.stage_ms.len() == model.stages.len() {
        let stages = model.stages.iter().zip(&bar.stage_ms);
        rows.extend(stages.map(|(stage, ms)| (format!("    {}", stage.id), *ms)));
    }
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
