//! The graph: the way of a frame from the source through the stages to the judge, with its times.

use eframe::egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, pos2,
    vec2,
};

use super::Panel;
use super::format::{self, UNKNOWN};
use super::theme::{CAPTION, GAP, TEXT, Tokens};
use super::widgets::{named, text_at, text_within, verdict_mark};
use crate::app::{UiCommand, ViewModel};

/// Frames that a dot takes from one node to the next.
const STEPS: u64 = 6;

/// The graph panel.
#[derive(Debug, Default)]
pub(super) struct Graph;

/// One node.
struct Node {
    name: String,
    detail: String,
    now: Option<String>,
    p50: Option<String>,
    stroke: Color32,
    fill: Option<Color32>,
    share: Option<f32>,
}

impl Panel for Graph {
    fn title(&self) -> &'static str {
        "Graph"
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, _out: &mut Vec<UiCommand>) {
        let whole = ui.max_rect();
        let tokens = Tokens::of(ui);
        let nodes = nodes(model, tokens);
        let places = places(whole, nodes.len());
        let phase = (model.answer.counts.processed() % STEPS) as f32 / STEPS as f32;
        let painter = ui.painter();
        for pair in places.windows(2) {
            edge(painter, pair[0], pair[1], phase, tokens);
        }
        for (number, (node, place)) in nodes.iter().zip(&places).enumerate() {
            if place.width() < 20.0 || place.height() < 12.0 {
                continue;
            }
            paint_node(painter, *place, node, tokens);
            if number + 1 == nodes.len()
                && let Some(bar) = model.timeline.bars.last()
            {
                let mark =
                    Rect::from_center_size(place.left_center() + vec2(13.0, 0.0), vec2(8.0, 11.0));
                verdict_mark(painter, mark, bar.verdict, tokens);
            }
            let id = ui.scope_id().with(("node", number));
            let response = ui.interact(*place, id, Sense::hover());
            let spoken = format!("Node {}", node.name);
            let hint = if node.detail.is_empty() {
                &node.name
            } else {
                &node.detail
            };
            named(response, Role::Label, &spoken).on_hover_text(hint);
        }
    }
}

fn nodes(model: &ViewModel, tokens: &Tokens) -> Vec<Node> {
    let mut nodes = vec![Node {
        name: "source".to_owned(),
        detail: model.source.detail.clone(),
        now: None,
        p50: None,
        stroke: tokens.mint,
        fill: Some(tokens.mint),
        share: None,
    }];
    for stage in &model.stages {
        let p50 = stage.p50.value_ms.filter(|_| stage.p50.frames_missing == 0);
        nodes.push(Node {
            name: stage.id.clone(),
            detail: stage.label.clone(),
            now: Some(format::ms_or_unknown(stage.now_ms)),
            p50: p50.map(|ms| format!("p50 {}", format::ms_figure(ms))),
            stroke: tokens.cyan.gamma_multiply(0.55),
            fill: Some(tokens.stage(&stage.id)),
            share: stage.share_of_service.map(|share| share as f32),
        });
    }
    let last = model.timeline.bars.last();
    nodes.push(Node {
        name: "judge".to_owned(),
        detail: last.map_or_else(
            || "Compares each response time with its deadline.".to_owned(),
            |bar| format!("frame #{}: {}", bar.index, bar.verdict.word()),
        ),
        now: Some(last.map_or_else(
            || UNKNOWN.to_owned(),
            |bar| {
                if bar.response_ms > 0.0 {
                    format::ms(bar.response_ms)
                } else {
                    bar.verdict.word().to_owned()
                }
            },
        )),
        p50: last.map(|_| "response".to_owned()),
        stroke: tokens.mint,
        fill: None,
        share: None,
    });
    nodes
}

/// From the top down in a tall panel, from the left to the right in a wide one.
fn places(whole: Rect, count: usize) -> Vec<Rect> {
    let count_f = count.max(1) as f32;
    let is_tall = whole.width() < whole.height() || whole.width() < 90.0 * count_f;
    if is_tall {
        let pitch = (whole.height() / count_f).min(58.0);
        let height = (pitch * 0.68).clamp(10.0, 40.0);
        let spare = whole.height() - (pitch * (count_f - 1.0) + height);
        let top = whole.top() + (spare / 2.0).clamp(0.0, 6.0);
        (0..count)
            .map(|number| {
                let min = pos2(whole.left(), top + pitch * number as f32);
                Rect::from_min_size(min, vec2(whole.width(), height))
            })
            .collect()
    } else {
        let pitch = whole.width() / count_f;
        let size = vec2((pitch - 22.0).max(20.0), whole.height().min(46.0));
        (0..count)
            .map(|number| {
                let left = whole.left() + pitch * number as f32;
                Rect::from_min_size(pos2(left, whole.center().y - size.y / 2.0), size)
            })
            .collect()
    }
}

/// A line with dots that move when frames do.
fn edge(painter: &Painter, from: Rect, to: Rect, phase: f32, tokens: &Tokens) {
    let is_down = to.top() >= from.bottom();
    let (start, end) = if is_down {
        let x = from.left() + 28.0;
        (pos2(x, from.bottom()), pos2(x, to.top()))
    } else {
        (from.right_center(), to.left_center())
    };
    if (end - start).length() < 3.0 {
        return;
    }
    painter.line_segment(
        [start, end],
        Stroke::new(1.0, tokens.muted.gamma_multiply(0.5)),
    );
    let dot: Pos2 = start + (end - start) * phase;
    painter.circle_filled(dot, 2.2, tokens.mint);
}

fn paint_node(painter: &Painter, place: Rect, node: &Node, tokens: &Tokens) {
    let painter = &painter.with_clip_rect(place.expand(1.0).intersect(painter.clip_rect()));
    painter.rect(
        place,
        CornerRadius::same(5),
        tokens.raised,
        Stroke::new(1.0, node.stroke),
        StrokeKind::Inside,
    );
    if let Some(fill) = node.fill {
        let swatch = Rect::from_center_size(place.left_center() + vec2(13.0, 0.0), vec2(9.0, 9.0));
        painter.rect_filled(swatch, CornerRadius::same(2), fill);
    }
    let middle = place.center().y;
    let mut right = place.right() - 10.0;
    if place.width() < 130.0 {
        // Two lines: the name above its time.
        let left = place.left() + 24.0;
        let width = place.right() - 4.0 - left;
        text_within(
            painter,
            pos2(left, middle - 1.0),
            Align2::LEFT_BOTTOM,
            &node.name,
            (TEXT, tokens.text),
            width,
        );
        let now = node.now.as_deref().unwrap_or_default();
        text_within(
            painter,
            pos2(left, middle),
            Align2::LEFT_TOP,
            now,
            (CAPTION, tokens.muted),
            width,
        );
        return;
    }
    if let Some(now) = &node.now {
        let drawn = text_at(
            painter,
            pos2(right, middle),
            Align2::RIGHT_CENTER,
            now,
            (TEXT, tokens.text),
        );
        right = drawn.left().min(right - 56.0) - GAP;
    }
    let left = place.left() + 26.0;
    let name_width = painter
        .layout_no_wrap(node.name.clone(), super::theme::font(TEXT), tokens.text)
        .size()
        .x;
    let beside = right - left - name_width - GAP;
    if let Some(p50) = node.p50.as_ref().filter(|_| beside > 48.0) {
        let drawn = text_within(
            painter,
            pos2(right, middle),
            Align2::RIGHT_CENTER,
            p50,
            (CAPTION, tokens.muted),
            beside,
        );
        right = drawn.left() - GAP;
    }
    let name = text_within(
        painter,
        pos2(left, middle),
        Align2::LEFT_CENTER,
        &node.name,
        (TEXT, tokens.text),
        right - left,
    );
    if node.now.is_none() {
        let left = name.right() + GAP;
        text_within(
            painter,
            pos2(right, middle),
            Align2::RIGHT_CENTER,
            &node.detail,
            (CAPTION, tokens.muted),
            right - left,
        );
    }
    if let (Some(share), Some(fill)) = (node.share, node.fill) {
        let width = (place.width() - 12.0) * share.clamp(0.0, 1.0);
        let bar = Rect::from_min_size(
            pos2(place.left() + 6.0, place.bottom() - 3.0),
            vec2(width, 2.0),
        );
        painter.rect_filled(bar, CornerRadius::same(1), fill);
    }
}
