//! Lines over the pictures: frames, the cursor, the geometry; and the scale of colours beside their names.

use eframe::egui::{
    Align2, Color32, CornerRadius, Mesh, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Ui, pos2,
    vec2,
};

use super::Side;
use super::view::to_model;
use crate::app::{ColorScale, Second, Subject, ViewModel};
use crate::ui::format;
use crate::ui::picture::Placement;
use crate::ui::theme::{self, CAPTION, Tokens};
use crate::ui::widgets::text_at;

/// A hair line around a picture.
pub(super) fn frame(ui: &Ui, rect: Rect) {
    let tokens = Tokens::of(ui);
    let stroke = Stroke::new(1.0, tokens.line);
    ui.painter()
        .rect_stroke(rect, CornerRadius::ZERO, stroke, StrokeKind::Outside);
}

/// The same place in every picture, seen on light and dark ground alike; a pinned one has a box around it.
pub(super) fn crosshair(ui: &Ui, side: &Side, pixel: [u32; 2], is_pinned: bool) {
    let tokens = Tokens::of(ui);
    let middle = vec2(pixel[0] as f32 + 0.5, pixel[1] as f32 + 0.5);
    let at = side.placement.screen_at(to_model(middle, side.mapping));
    let visible = side.placement.visible();
    if !visible.contains(at) {
        return;
    }
    let painter = ui.painter().with_clip_rect(visible);
    for (width, color) in [
        (3.0, tokens.over_dark.gamma_multiply(0.5)),
        (1.0, tokens.over_light.gamma_multiply(0.9)),
    ] {
        let stroke = Stroke::new(width, color);
        for (from, to) in [(-14.0, -4.0), (4.0, 14.0)] {
            painter.line_segment([at + vec2(from, 0.0), at + vec2(to, 0.0)], stroke);
            painter.line_segment([at + vec2(0.0, from), at + vec2(0.0, to)], stroke);
        }
        if is_pinned {
            let rect = Rect::from_center_size(at, vec2(8.0, 8.0));
            painter.rect_stroke(rect, CornerRadius::ZERO, stroke, StrokeKind::Middle);
        }
    }
}

/// What is cropped away, where the rest lands, and what is padding.
pub(super) fn geometry(ui: &Ui, side: &Side, model: &ViewModel) {
    let Some(view) = &model.viewer.geometry else {
        return;
    };
    let is_of_tensor = !matches!(model.viewer.look.second, Second::Stage(_));
    let ([x, y, width, height], name) = match side.subject {
        Subject::Original => (view.kept, "seen by the model"),
        _ if is_of_tensor => (view.landed, "picture"),
        _ => return,
    };
    let placement = &side.placement;
    let rect = Rect::from_min_max(
        placement.screen_at(vec2(x, y)),
        placement.screen_at(vec2(x + width, y + height)),
    );
    let visible = placement.visible();
    let painter = ui.painter().with_clip_rect(visible);
    let tokens = Tokens::of(ui);
    shade_around(&painter, placement, rect, tokens);
    for (width, color) in [
        (3.0, tokens.over_dark.gamma_multiply(0.6)),
        (1.0, tokens.cyan),
    ] {
        let stroke = Stroke::new(width, color);
        painter.rect_stroke(rect, CornerRadius::ZERO, stroke, StrokeKind::Inside);
    }
    let text = format!("{name} {width:.0}×{height:.0} at {x:.0}, {y:.0}");
    let at = rect.intersect(visible).left_top() + vec2(5.0, 4.0);
    let galley = painter.layout_no_wrap(text, theme::font(CAPTION), tokens.over_light);
    if galley.size().x + 10.0 < rect.intersect(visible).width() && rect.height() > 20.0 {
        let ground = Rect::from_min_size(at, galley.size()).expand(3.0);
        painter.rect_filled(
            ground,
            CornerRadius::same(2),
            tokens.over_dark.gamma_multiply(0.75),
        );
        painter.galley(at, galley, tokens.over_light);
    }
}

/// Darkens and hatches what lies around the rectangle.
fn shade_around(painter: &Painter, placement: &Placement, rect: Rect, tokens: &Tokens) {
    let whole = placement.rect();
    let around = [
        Rect::from_min_max(whole.min, pos2(whole.right(), rect.top())),
        Rect::from_min_max(pos2(whole.left(), rect.bottom()), whole.max),
        Rect::from_min_max(
            pos2(whole.left(), rect.top()),
            pos2(rect.left(), rect.bottom()),
        ),
        Rect::from_min_max(
            pos2(rect.right(), rect.top()),
            pos2(whole.right(), rect.bottom()),
        ),
    ];
    for outside in around {
        let outside = outside.intersect(painter.clip_rect());
        if !outside.is_positive() || outside.width() < 0.5 || outside.height() < 0.5 {
            continue;
        }
        painter.rect_filled(
            outside,
            CornerRadius::ZERO,
            tokens.over_dark.gamma_multiply(0.35),
        );
        let hatched = painter.with_clip_rect(outside);
        let stroke = Stroke::new(1.0, tokens.over_light.gamma_multiply(0.35));
        let mut start = outside.left() - outside.height();
        while start < outside.right() {
            let foot = pos2(start, outside.bottom());
            hatched.line_segment(
                [foot, foot + vec2(outside.height(), -outside.height())],
                stroke,
            );
            start += 10.0;
        }
    }
}

/// Low end, colours, high end and unit, right-aligned at a corner and no wider than `most`; the left edge of it.
pub(super) fn scale_bar(ui: &Ui, corner: Pos2, scale: &ColorScale, most: f32) -> f32 {
    let tokens = Tokens::of(ui);
    let painter = ui.painter();
    let style = (CAPTION, tokens.muted);
    let unit = format!("{} {}", format::plain(f64::from(scale.high)), scale.unit);
    let high = text_at(painter, corner, Align2::RIGHT_TOP, &unit, style);
    let length = (most - high.width() - 48.0).clamp(24.0, 96.0);
    let bar = Rect::from_min_max(
        pos2(high.left() - 4.0 - length, corner.y + 3.0),
        pos2(high.left() - 4.0, corner.y + 12.0),
    );
    gradient(painter, bar, scale);
    let low = format::plain(f64::from(scale.low));
    let at = pos2(bar.left() - 4.0, corner.y);
    text_at(painter, at, Align2::RIGHT_TOP, &low, style).left()
}

fn gradient(painter: &Painter, bar: Rect, scale: &ColorScale) {
    const STEPS: u16 = 16;
    let mut mesh = Mesh::default();
    for step in 0..=STEPS {
        let at = f32::from(step) / f32::from(STEPS);
        let color: Color32 = theme::pixel(scale.palette.color(at));
        let x = bar.left() + at * bar.width();
        mesh.colored_vertex(pos2(x, bar.top()), color);
        mesh.colored_vertex(pos2(x, bar.bottom()), color);
    }
    for step in 0..u32::from(STEPS) {
        let first = 2 * step;
        mesh.add_triangle(first, first + 1, first + 2);
        mesh.add_triangle(first + 1, first + 2, first + 3);
    }
    painter.add(Shape::mesh(mesh));
}
