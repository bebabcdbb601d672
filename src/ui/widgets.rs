//! Small things that several panels draw: text at a place, icon buttons, the shapes of verdicts.

use std::sync::Arc;

use eframe::egui::{
    self, Align2, Color32, CornerRadius, Galley, Painter, Pos2, Rect, Response, RichText, Role,
    Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, text::LayoutJob, vec2,
};

use super::theme::{self, CAPTION, Tokens};
use crate::app::{RunState, ViewModel};
use crate::measure::Verdict;

/// Small muted capitals: the head of a panel or a group.
pub(super) fn capitals(text: &str, tokens: &Tokens) -> RichText {
    RichText::new(text.to_uppercase())
        .size(CAPTION)
        .color(tokens.muted)
        .extra_letter_spacing(0.8)
}

/// Lays text out in one line of at most `width`, with an ellipsis if it is longer.
pub(super) fn elided(
    painter: &Painter,
    text: &str,
    size: f32,
    color: Color32,
    width: f32,
) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), theme::font(size), color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    painter.layout_job(job)
}

/// Text in one line, anchored at a point and no wider than `width`.
pub(super) fn text_within(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    text: &str,
    (size, color): (f32, Color32),
    width: f32,
) -> Rect {
    if width < 2.0 {
        return Rect::from_min_size(at, Vec2::ZERO);
    }
    let galley = elided(painter, text, size, color, width);
    let rect = anchor.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, color);
    rect
}

/// Text anchored at a point.
pub(super) fn text_at(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    text: &str,
    (size, color): (f32, Color32),
) -> Rect {
    painter.text(at, anchor, text, theme::font(size), color)
}

/// A line of muted text in the middle of an empty panel.
pub(super) fn empty_note(ui: &Ui, rect: Rect, text: &str) {
    let tokens = Tokens::of(ui);
    let galley = ui.painter().layout(
        text.to_owned(),
        theme::font(theme::TEXT),
        tokens.muted,
        (rect.width() - theme::GROUP).max(20.0),
    );
    let at = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), rect);
    ui.painter()
        .with_clip_rect(rect.intersect(ui.clip_rect()))
        .galley(at.min, galley, tokens.muted);
}

/// The same, with what stands in the way while nothing comes: a source that is being opened, or has stopped.
pub(super) fn nothing_yet(ui: &Ui, rect: Rect, model: &ViewModel, text: &str) {
    let opening = model.shell.opening.as_ref();
    let why = match (&model.state, opening) {
        (_, Some(opening)) => format!("{} is being opened.", opening.name),
        (RunState::Stopped(reason), _) => {
            format!("{reason} Press Ctrl+O, type a path, or drop a file.")
        }
        (RunState::Paused, _) => "Paused: press Space to run.".to_owned(),
        (RunState::Starting, _) if model.settings.is_some() => {
            "The pipeline is warming up on frames that are not counted.".to_owned()
        }
        _ => String::new(),
    };
    empty_note(ui, rect, format!("{text}\n{why}").trim_end());
}

/// Says to assistive technology what a painted widget is.
pub(super) fn named(response: Response, role: Role, label: &str) -> Response {
    response.widget_info(|| WidgetInfo::labeled(role, response.enabled(), label));
    response
}

/// Lets a number be copied: by a click with the right button, or by the copy keys while it has the keyboard. The
/// response has to sense clicks.
pub(super) fn copyable(response: &Response, text: &str) {
    response.context_menu(|ui| {
        if ui.button(format!("Copy {text}")).clicked() {
            ui.ctx().copy_text(text.to_owned());
            ui.close();
        }
    });
    let is_copy = |event: &egui::Event| matches!(event, egui::Event::Copy);
    if response.has_focus() && response.ctx.input(|input| input.events.iter().any(is_copy)) {
        response.ctx.copy_text(text.to_owned());
    }
}

/// The shape and colour of a verdict: filled, half-filled, filled with a notch, hollow.
pub(super) fn verdict_mark(painter: &Painter, rect: Rect, verdict: Verdict, tokens: &Tokens) {
    let color = tokens.verdict(verdict);
    match verdict {
        Verdict::OnTime => {
            painter.rect_filled(rect, CornerRadius::ZERO, color);
        }
        Verdict::Tolerated => {
            let mut lower = rect;
            lower.min.y = rect.center().y;
            painter.rect_filled(lower, CornerRadius::ZERO, color);
            if rect.width() >= 4.0 {
                painter.rect_stroke(
                    rect,
                    CornerRadius::ZERO,
                    Stroke::new(1.0, color),
                    StrokeKind::Inside,
                );
            }
        }
        Verdict::Late => notched(painter, rect, color),
        Verdict::Skipped => {
            if rect.width() >= 3.0 {
                painter.rect_stroke(
                    rect,
                    CornerRadius::ZERO,
                    Stroke::new(1.0, color),
                    StrokeKind::Inside,
                );
            } else {
                for y in [rect.top(), rect.bottom() - 2.0] {
                    let edge = Rect::from_min_size(pos2(rect.left(), y), vec2(rect.width(), 2.0));
                    painter.rect_filled(edge, CornerRadius::ZERO, color);
                }
            }
        }
    }
}

fn notched(painter: &Painter, rect: Rect, color: Color32) {
    let depth = (rect.height() * 0.4).min(rect.width() * 0.8).max(2.0);
    if rect.width() < 4.0 {
        let mut below = rect;
        below.min.y += depth + 2.0;
        let mut above = rect;
        above.max.y = rect.top() + depth;
        painter.rect_filled(below, CornerRadius::ZERO, color);
        painter.rect_filled(above, CornerRadius::ZERO, color);
        return;
    }
    let middle = pos2(rect.center().x, rect.top() + depth);
    for (corner, foot) in [
        (rect.left_top(), rect.left_bottom()),
        (rect.right_top(), rect.right_bottom()),
    ] {
        let half = vec![corner, middle, pos2(middle.x, rect.bottom()), foot];
        painter.add(Shape::convex_polygon(half, color, Stroke::NONE));
    }
}

/// What an icon button shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Icon {
    /// A triangle.
    Run,
    /// Two bars.
    Pause,
    /// A bar and a triangle.
    Step,
    /// The same, mirrored.
    Back,
    /// An arrow that comes round.
    Loop,
    /// A disc of which one half is filled.
    Theme,
}

/// A button with a painted icon, since the fonts have few of them.
pub(super) fn icon_button(ui: &mut Ui, icon: Icon, name: &str, hint: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(30.0, 24.0), Sense::click());
    let response = named(response, Role::Button, name);
    let visuals = ui.style().interact(&response);
    ui.painter().rect(
        rect,
        visuals.corner_radius,
        visuals.weak_bg_fill,
        visuals.bg_stroke,
        StrokeKind::Inside,
    );
    let color = visuals.fg_stroke.color;
    paint_icon(ui.painter(), rect.center(), icon, color);
    response.on_hover_text(hint)
}

/// Three dots that open a menu, without a frame.
pub(super) fn more_button(ui: &mut Ui, name: &str, hint: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(18.0, 18.0), Sense::click());
    let response = named(response, Role::Button, name);
    let tokens = Tokens::of(ui);
    let is_held = response.hovered() || response.has_focus();
    let color = if is_held { tokens.text } else { tokens.muted };
    for dx in [-5.0, 0.0, 5.0] {
        ui.painter()
            .circle_filled(rect.center() + vec2(dx, 0.0), 1.5, color);
    }
    response.on_hover_text(hint)
}

/// An icon button that is on or off: on, its icon is bright and underlined.
pub(super) fn icon_toggle(
    ui: &mut Ui,
    icon: Icon,
    is_on: bool,
    name: &str,
    hint: &str,
) -> Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(30.0, 24.0), Sense::click());
    let is_enabled = response.enabled();
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, is_enabled, is_on, name));
    let visuals = ui.style().interact(&response);
    let painter = ui.painter();
    painter.rect(
        rect,
        visuals.corner_radius,
        visuals.weak_bg_fill,
        visuals.bg_stroke,
        StrokeKind::Inside,
    );
    let color = if is_on { tokens.mint } else { tokens.muted };
    paint_icon(painter, rect.center(), icon, color);
    if is_on {
        let under = Rect::from_center_size(rect.center_bottom() - vec2(0.0, 3.0), vec2(14.0, 2.0));
        painter.rect_filled(under, CornerRadius::ZERO, color);
    }
    response.on_hover_text(hint)
}

fn paint_icon(painter: &Painter, c: Pos2, icon: Icon, color: Color32) {
    let bar = |x: f32| {
        let rect = Rect::from_center_size(c + vec2(x, 0.0), vec2(2.5, 10.0));
        painter.rect_filled(rect, CornerRadius::ZERO, color);
    };
    let triangle = |x: f32| {
        let points = vec![
            c + vec2(x - 3.5, -5.0),
            c + vec2(x + 4.5, 0.0),
            c + vec2(x - 3.5, 5.0),
        ];
        painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
    };
    match icon {
        Icon::Run => triangle(0.0),
        Icon::Pause => {
            bar(-3.0);
            bar(3.0);
        }
        Icon::Step => {
            bar(-5.0);
            triangle(2.0);
        }
        Icon::Back => {
            bar(5.0);
            let points = vec![c + vec2(1.5, -5.0), c + vec2(-6.5, 0.0), c + vec2(1.5, 5.0)];
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        }
        Icon::Loop => {
            let place = |step: f32| {
                let angle = std::f32::consts::TAU * step / 24.0 - 0.6;
                c + 5.0 * vec2(angle.cos(), angle.sin()) - vec2(0.0, 1.0)
            };
            let arc = (0..=19u8).map(|step| place(f32::from(step))).collect();
            painter.add(Shape::line(arc, Stroke::new(1.5, color)));
            let tip = place(19.0);
            let head = vec![
                tip + vec2(-3.5, 0.5),
                tip + vec2(2.5, -3.0),
                tip + vec2(2.0, 3.5),
            ];
            painter.add(Shape::convex_polygon(head, color, Stroke::NONE));
        }
        Icon::Theme => {
            painter.circle_stroke(c, 5.5, Stroke::new(1.2, color));
            let half = (0..=12)
                .map(|step| {
                    let angle = std::f32::consts::PI * (step as f32 / 12.0 - 0.5);
                    c + 5.5 * vec2(angle.cos(), angle.sin())
                })
                .collect();
            painter.add(Shape::convex_polygon(half, color, Stroke::NONE));
        }
    }
}
