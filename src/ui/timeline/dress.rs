//! What surrounds the times: the grid, the lines of budget and tolerance with their names, frame numbers, the selection.

use eframe::egui::{Align2, Painter, Rect, Shape, Stroke, pos2, vec2};

use super::ground::Ground;
use crate::app::{FrameBar, Timeline, ViewModel};
use crate::ui::brush;
use crate::ui::format::{self, THIN};
use crate::ui::theme::{self, CAPTION, GAP, Tokens};
use crate::ui::widgets::{text_at, text_within};

/// The share of the budget of the stage in focus.
pub(super) fn allotted_ms(model: &ViewModel) -> Option<f64> {
    let id = model.focused_stage.as_ref()?;
    let stage = model.stages.iter().find(|stage| stage.id == *id)?;
    stage.allotted_ms(model.timeline.limits())
}

/// The line of what the stage in focus may take.
pub(super) fn allotted(
    painter: &Painter,
    ground: &Ground,
    model: &ViewModel,
    id: &str,
    tokens: &Tokens,
) {
    let Some(ms) = allotted_ms(model) else { return };
    let y = ground.y(ms);
    let stroke = Stroke::new(1.5, tokens.amber);
    let ends = [pos2(ground.plot.left(), y), pos2(ground.plot.right(), y)];
    painter.extend(Shape::dashed_line(&ends, stroke, 6.0, 4.0));
    let text = format!("{id}: its share of the budget, {}", format::ms(ms));
    brush::note(
        painter,
        pos2(ground.plot.left() + GAP, y - 15.0),
        &text,
        tokens,
    );
}

pub(super) fn grid(painter: &Painter, ground: &Ground, tokens: &Tokens) {
    let marks = f64::from(ground.plot.height() / 34.0).clamp(1.0, 8.0);
    let step = format::nice_step(ground.max_ms, marks);
    let mut number = 0u32;
    loop {
        let ms = f64::from(number) * step;
        if ms > ground.max_ms || number > 40 {
            break;
        }
        let y = ground.y(ms).round() + 0.5;
        let color = if number == 0 {
            tokens.muted.gamma_multiply(0.6)
        } else {
            tokens.line.gamma_multiply(0.7)
        };
        painter.hline(ground.plot.x_range(), y, Stroke::new(1.0, color));
        // The uppermost mark carries the unit.
        let is_last = f64::from(number + 1) * step > ground.max_ms;
        let figure = format::plain(ms);
        let text = if is_last {
            format!("{figure}{THIN}ms")
        } else {
            figure
        };
        text_at(
            painter,
            pos2(ground.plot.left() - 6.0, y),
            Align2::RIGHT_CENTER,
            &text,
            (CAPTION, tokens.muted),
        );
        number += 1;
    }
}

/// The two lines and their names: one above, one below, so that they do not meet.
pub(super) fn limits(painter: &Painter, ground: &Ground, timeline: &Timeline, tokens: &Tokens) {
    if timeline.budget_ms <= 0.0 {
        return;
    }
    let (budget, deadline) = (ground.y(timeline.budget_ms), ground.y(timeline.deadline_ms));
    let range = ground.plot.x_range();
    painter.hline(range, budget, Stroke::new(1.5, tokens.amber));
    painter.hline(
        range,
        deadline,
        Stroke::new(1.0, tokens.amber.gamma_multiply(0.7)),
    );
    let percent = (timeline.deadline_ms / timeline.budget_ms - 1.0) * 100.0;
    let left = ground.plot.left() + GAP;
    let name = |text: String| painter.layout_no_wrap(text, theme::font(CAPTION), tokens.amber);
    let tolerance = name(format!(
        "tolerance {}{THIN}%, to {}",
        format::plain(percent),
        format::ms(timeline.deadline_ms)
    ));
    let budget_name = name(format!("budget {}", format::ms(timeline.budget_ms)));
    // Without room under its line, the budget's name stands beside the other.
    let has_room = budget + 2.0 + budget_name.size().y <= ground.plot.bottom();
    let (at, anchor) = if has_room {
        (pos2(left, budget + 2.0), Align2::LEFT_TOP)
    } else {
        let beside = left + tolerance.size().x + 12.0;
        (pos2(beside, deadline - 2.0), Align2::LEFT_BOTTOM)
    };
    let above = (pos2(left, deadline - 2.0), Align2::LEFT_BOTTOM);
    for (galley, (at, anchor)) in [(budget_name, (at, anchor)), (tolerance, above)] {
        let rect = anchor.anchor_size(at, galley.size());
        painter.rect_filled(
            rect.expand2(vec2(3.0, 0.0)),
            2.0,
            tokens.panel.gamma_multiply(0.7),
        );
        painter.galley(rect.min, galley, tokens.amber);
    }
}

/// The numbers of the first and the last frame of the window, and how long it is.
pub(super) fn frame_numbers(
    painter: &Painter,
    ground: &Ground,
    axis: Rect,
    model: &ViewModel,
    tokens: &Tokens,
) {
    let extent = model.plots.run.extent();
    if model.plots.run.is_empty() {
        return;
    }
    let y = axis.top() + 3.0;
    let style = (CAPTION, tokens.muted);
    let first = (ground.window.start.ceil().max(0.0) as u64).max(extent.start);
    let last = ((ground.window.end.ceil() as u64).max(1) - 1).min(extent.end - 1);
    let right = text_at(
        painter,
        pos2(axis.right(), y),
        Align2::RIGHT_TOP,
        &format!("#{last}"),
        style,
    );
    let left = ground.x(first as f64).max(axis.left());
    let begin = text_within(
        painter,
        pos2(left, y),
        Align2::LEFT_TOP,
        &format!("#{first}"),
        style,
        right.left() - GAP - left,
    );
    let frames = last.saturating_sub(first) + 1;
    let middle = format!("{} frames", format::count(frames));
    let room = right.left() - begin.right() - 2.0 * GAP;
    if room > 80.0 {
        let at = pos2(
            f64::midpoint(begin.right().into(), right.left().into()) as f32,
            y,
        );
        text_within(painter, at, Align2::CENTER_TOP, &middle, style, room);
    }
}

pub(super) fn selection(
    painter: &Painter,
    ground: &Ground,
    strip: Rect,
    (selected, is_stage): (&FrameBar, bool),
    tokens: &Tokens,
) {
    let middle = selected.index as f64 + 0.5;
    if !ground.window.contains(&middle) {
        return;
    }
    let x = ground.x(middle);
    painter.vline(
        x,
        ground.plot.top()..=strip.bottom() + 2.0,
        Stroke::new(1.0, tokens.text),
    );
    if !is_stage {
        let y = ground.y(selected.response_ms.min(ground.max_ms));
        painter.circle(pos2(x, y), 3.5, tokens.panel, Stroke::new(1.5, tokens.text));
    }
}
