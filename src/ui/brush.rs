//! What is brushed and what is in focus, in a line with a way back; and the range that is being dragged.

use eframe::egui::{
    Align2, CornerRadius, CursorIcon, Painter, Pos2, Rect, Response, Role, Sense, Stroke,
    StrokeKind, Ui, pos2, vec2,
};

use super::format::{self, THIN};
use super::theme::{CAPTION, RADIUS, Tokens, font};
use super::widgets::{elided, named};
use crate::app::{Brush, PlotCommand, QuantileView, UiCommand, ViewModel};
use crate::measure::Verdict;

/// Height of a chip.
pub(super) const CHIP: f32 = 18.0;

/// A line of text with a cross at its end, anchored at its right top and no wider than `width`. Clicked, it is put away.
fn chip(ui: &Ui, right_top: Pos2, width: f32, (text, name): (&str, &str)) -> Response {
    let tokens = Tokens::of(ui);
    let galley = elided(ui.painter(), text, CAPTION, tokens.text, width - 30.0);
    let size = vec2(galley.size().x + 30.0, CHIP);
    let rect = Rect::from_min_size(pos2(right_top.x - size.x, right_top.y), size);
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click());
    let response = named(response, Role::Button, name).on_hover_cursor(CursorIcon::PointingHand);
    let painter = ui.painter();
    let is_held = response.hovered() || response.has_focus();
    let fill = if is_held {
        tokens.lifted
    } else {
        tokens.raised
    };
    painter.rect(
        rect,
        CornerRadius::same(RADIUS),
        fill,
        Stroke::new(1.0, tokens.line),
        StrokeKind::Inside,
    );
    let at = pos2(rect.left() + 8.0, rect.center().y - galley.size().y / 2.0);
    painter.galley(at, galley, tokens.text);
    let cross = pos2(rect.right() - 10.0, rect.center().y);
    let stroke = Stroke::new(1.2, tokens.muted);
    for (x, y) in [(3.0, 3.0), (3.0, -3.0)] {
        painter.line_segment([cross - vec2(x, y), cross + vec2(x, y)], stroke);
    }
    response
}

/// The chips of a panel, from its right top downwards: the stage in focus, the brushed frames. Returns what they take.
pub(super) fn chips(
    ui: &Ui,
    area: Rect,
    model: &ViewModel,
    out: &mut Vec<UiCommand>,
) -> Option<Rect> {
    let mut taken: Option<Rect> = None;
    let mut top = area.top();
    if let Some(stage) = &model.focused_stage {
        let text = format!("{stage} alone");
        let response = chip(
            ui,
            pos2(area.right(), top),
            area.width(),
            (&text, "Show the whole pipeline"),
        );
        if response.clicked() {
            out.push(UiCommand::FocusStage(None));
        }
        top += CHIP + 3.0;
        taken = Some(response.rect);
        response.on_hover_text("The plots show this stage. Click for the whole pipeline.");
    }
    if let Some(brush) = &model.brush
        && top + CHIP < area.bottom()
    {
        let text = summary(brush);
        let response = chip(
            ui,
            pos2(area.right(), top),
            area.width(),
            (&text, "Put the brush away"),
        );
        if response.clicked() {
            out.push(UiCommand::Plot(PlotCommand::Brush(None)));
        }
        taken = Some(taken.map_or(response.rect, |rect| rect.union(response.rect)));
        response.on_hover_ui(|ui| {
            ui.label(&brush.words);
            ui.label(&text);
            ui.label("Click, press Escape or click twice in a plot to put it away.");
        });
    }
    taken
}

/// `320 frames, 5.33 % of all: 2 late, 1 skipped · p50 11.20 ms · p99 needs 12 more frames`.
pub(super) fn summary(brush: &Brush) -> String {
    let plural = if brush.count == 1 { "" } else { "s" };
    let counts = brush.counts;
    let split: Vec<String> = [
        (counts.on_time, Verdict::OnTime),
        (counts.tolerated, Verdict::Tolerated),
        (counts.late, Verdict::Late),
        (counts.skipped, Verdict::Skipped),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, verdict)| format!("{} {}", format::count(count), verdict.word()))
    .collect();
    format!(
        "{} frame{plural}, {} of all: {} · {} · {}",
        format::count(brush.count),
        format::percent(brush.share),
        split.join(", "),
        quantile(&brush.p50),
        quantile(&brush.p99),
    )
}

fn quantile(view: &QuantileView) -> String {
    let name = format::quantile_name(view);
    match (format::gate(view), view.value_ms) {
        (Some(gate), _) => format!("{name} {gate}"),
        (None, Some(ms)) => format!("{name} {}", format::ms(ms)),
        (None, None) => format!("{name}{THIN}{}", format::UNKNOWN),
    }
}

/// The range under the hand while it is being dragged.
pub(super) fn rubber_band(painter: &Painter, rect: Rect, tokens: &Tokens) {
    painter.rect_filled(rect, CornerRadius::ZERO, tokens.text.gamma_multiply(0.12));
    for x in [rect.left(), rect.right()] {
        painter.vline(x, rect.y_range(), Stroke::new(1.0, tokens.text));
    }
}

/// A note at the left top of a plot.
pub(super) fn note(painter: &Painter, at: Pos2, text: &str, tokens: &Tokens) -> Rect {
    let galley = painter.layout_no_wrap(text.to_owned(), font(CAPTION), tokens.muted);
    let rect = Align2::LEFT_TOP.anchor_size(at, galley.size());
    painter.rect_filled(
        rect.expand2(vec2(3.0, 0.0)),
        2.0,
        tokens.panel.gamma_multiply(0.7),
    );
    painter.galley(rect.min, galley, tokens.muted);
    rect
}
