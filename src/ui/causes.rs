//! The symbols of the causes, and the bar that shows what a response consists of.

use eframe::egui::{
    Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, pos2, vec2,
};

use super::theme::Tokens;
use crate::app::{CauseKind, EvidenceBar};

/// The fixed shape and colour of a cause, about a centre, 9 points wide.
pub(super) fn cause_mark(painter: &Painter, at: Pos2, kind: CauseKind, tokens: &Tokens) {
    let color = tokens.cause(kind);
    let line = Stroke::new(1.5, color);
    let polygon = |points: &[(f32, f32)]| {
        let points = points.iter().map(|&(x, y)| at + vec2(x, y)).collect();
        painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
    };
    let bar = |x: f32, y: f32, width: f32, height: f32| {
        let rect = Rect::from_center_size(at + vec2(x, y), vec2(width, height));
        painter.rect_filled(rect, CornerRadius::ZERO, color);
    };
    let square = Rect::from_center_size(at, vec2(8.0, 8.0));
    match kind {
        CauseKind::Policy => {
            painter.rect_stroke(square, CornerRadius::ZERO, line, StrokeKind::Inside);
        }
        CauseKind::Buffer => {
            painter.rect_stroke(square, CornerRadius::ZERO, line, StrokeKind::Inside);
            bar(0.0, 2.0, 6.0, 3.0);
        }
        CauseKind::Queue => [-3.5, 0.0, 3.5]
            .into_iter()
            .for_each(|x| bar(x, 0.0, 2.0, 8.0)),
        CauseKind::Source => polygon(&[(-4.0, -3.5), (4.0, -3.5), (0.0, 4.0)]),
        CauseKind::WakeUp => {
            painter.circle_stroke(at, 4.0, line);
            painter.line_segment([at, at + vec2(0.0, -4.0)], line);
            painter.line_segment([at, at + vec2(2.5, 0.0)], line);
        }
        CauseKind::Preempted => {
            painter.line_segment([at + vec2(-4.0, -4.0), at + vec2(4.0, 4.0)], line);
            painter.line_segment([at + vec2(-4.0, 4.0), at + vec2(4.0, -4.0)], line);
        }
        CauseKind::Blocked => [-2.2, 2.2].into_iter().for_each(|x| bar(x, 0.0, 2.5, 8.0)),
        CauseKind::Stolen => polygon(&[(0.0, -4.5), (4.0, 0.0), (0.0, 4.5), (-4.0, 0.0)]),
        CauseKind::PageFaults => {
            for (x, y) in [(-2.2, -2.2), (2.2, -2.2), (-2.2, 2.2), (2.2, 2.2)] {
                bar(x, y, 3.2, 3.2);
            }
        }
        CauseKind::Allocation => {
            bar(0.0, 0.0, 8.0, 2.0);
            bar(0.0, 0.0, 2.0, 8.0);
        }
        CauseKind::Stage => polygon(&[(-3.5, -4.0), (4.0, 0.0), (-3.5, 4.0)]),
        CauseKind::Injected => polygon(&[(0.0, -4.0), (4.0, 3.5), (-4.0, 3.5)]),
        CauseKind::Typical => [-3.0, 0.0, 3.0]
            .into_iter()
            .for_each(|y| bar(0.0, y, 8.0, 1.6)),
        CauseKind::Unexplained => {
            painter.circle_stroke(at, 3.5, line);
        }
    }
}

/// A late frame's response as a bar: the typical response in grey, what each cause added in its colour, to scale on an
/// axis from 0 to `end_ms` with the budget and the deadline as lines. What is longer than the axis ends in an arrow.
pub(super) fn evidence_bar(
    painter: &Painter,
    rect: Rect,
    bar: &EvidenceBar,
    end_ms: f64,
    tokens: &Tokens,
) {
    let x = |ms: f64| rect.left() + rect.width() * (ms / end_ms.max(1e-9)).clamp(0.0, 1.0) as f32;
    let body = rect.shrink2(vec2(0.0, rect.height() * 0.2));
    let span = |from_ms: f64, to_ms: f64| {
        Rect::from_min_max(pos2(x(from_ms), body.top()), pos2(x(to_ms), body.bottom()))
    };
    painter.hline(rect.x_range(), body.bottom(), Stroke::new(1.0, tokens.line));
    painter.rect_filled(span(0.0, bar.typical_ms), CornerRadius::ZERO, tokens.line);
    for part in &bar.parts {
        let place = span(part.from_ms, part.to_ms);
        let kind = CauseKind::of(&part.cause);
        painter.rect_filled(place, CornerRadius::ZERO, tokens.cause(kind));
        if kind == CauseKind::Unexplained {
            hatch(painter, place, tokens.panel);
        }
        // Parts of like colours stay apart.
        if place.width() > 3.0 {
            painter.vline(
                place.left(),
                place.y_range(),
                Stroke::new(1.0, tokens.panel),
            );
        }
    }
    for (ms, color) in [
        (bar.budget_ms, tokens.muted),
        (bar.deadline_ms, tokens.amber),
    ] {
        if ms <= end_ms {
            painter.vline(x(ms), rect.y_range(), Stroke::new(1.0, color));
        }
    }
    if bar.response_ms > end_ms * 1.001 {
        let tip = pos2(rect.right(), body.center().y);
        let back = vec2(-5.0, body.height() / 2.0);
        let points = vec![tip, tip + back, tip + vec2(back.x, -back.y)];
        painter.add(Shape::convex_polygon(points, tokens.text, Stroke::NONE));
    }
}

/// Oblique lines: nothing is known of it.
fn hatch(painter: &Painter, rect: Rect, color: Color32) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    let mut x = rect.left() - rect.height();
    // A bar is never wider than the panel.
    while x < rect.right() {
        let foot = pos2(x, rect.bottom());
        let head = pos2(x + rect.height(), rect.top());
        painter.line_segment([foot, head], Stroke::new(1.0, color));
        x += 4.0;
    }
}
