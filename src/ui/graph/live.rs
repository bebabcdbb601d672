//! What lives on the nodes: the numbers of the moment, in the room that the layout keeps for them.

use eframe::egui::{Align2, Color32, CornerRadius, Painter, Rect, Shape, Stroke, pos2, vec2};

use super::ColorBy;
use super::camera::Camera;
use super::scene::Geometry;
use crate::app::{Drawn, NodeLive, Reading, Value};
use crate::diagram::{Color, Theme};
use crate::measure::Verdict;
use crate::ui::format::{ms_figure, percent};
use crate::ui::theme::{self, Tokens, diagram_color};
use crate::ui::widgets::{text_within, verdict_mark};

/// Letters smaller than this are not drawn.
const LEAST_TEXT: f32 = 5.0;

/// Below this zoom a card shows its number of the moment alone, larger.
const FAR: f32 = 0.6;

/// Everything that is needed to draw on nodes.
pub(super) struct Board<'a> {
    pub(super) painter: &'a Painter,
    pub(super) camera: &'a Camera,
    pub(super) theme: &'a Theme,
    pub(super) tokens: &'a Tokens,
    pub(super) drawn: &'a Drawn,
    pub(super) color_by: ColorBy,
}

impl Board<'_> {
    /// Draws what lives on one node.
    pub(super) fn node(&self, index: usize, live: &NodeLive, geometry: &Geometry) {
        let placed = &self.drawn.picture.nodes[index];
        let node = &self.drawn.diagram.nodes[index];
        let paint = self.theme.node(&node.style);
        let ink = Ink {
            text: diagram_color(paint.text),
            muted: diagram_color(muted(paint.text, paint.ground)),
        };
        self.heat(index, live, geometry);
        let room = self.camera.of(&placed.extra_rect);
        if live.probe.is_none() {
            if self.drawn.probes.iter().any(Option::is_some) {
                self.words(room, Align2::CENTER_CENTER, "not bound", (11.0, ink.muted));
            }
            return;
        }
        if live.is_off {
            let word = if live.is_simulated {
                "off, simulated"
            } else {
                "off"
            };
            let anchor = if self.drawn.is_in_rows {
                Align2::RIGHT_CENTER
            } else {
                Align2::CENTER_CENTER
            };
            self.words(room, anchor, word, (12.0, ink.muted));
            return;
        }
        if self.drawn.is_in_rows {
            self.row(room, live, &ink);
        } else {
            self.card(room, live, &ink);
        }
        self.share(self.camera.of(&placed.rect), live);
        self.badge(self.camera.of(&placed.rect), live);
    }

    fn zoom(&self) -> f32 {
        self.camera.zoom
    }

    fn words(&self, room: Rect, anchor: Align2, text: &str, (size, color): (f32, Color32)) {
        let size = size * self.zoom();
        if size < LEAST_TEXT {
            return;
        }
        let at = anchor.pos_in_rect(&room);
        text_within(self.painter, at, anchor, text, (size, color), room.width());
    }

    /// At the right of a name: a sparkline, the number of the moment, and two quantiles beneath.
    fn row(&self, room: Rect, live: &NodeLive, ink: &Ink) {
        let middle = room.top() + room.height() * 0.56;
        let upper = Rect::from_min_max(room.min, pos2(room.right(), middle));
        let lower = Rect::from_min_max(pos2(room.left(), middle), room.max);
        let split = upper.left() + upper.width() * 0.5;
        self.spark(
            Rect::from_min_max(upper.min, pos2(split - 4.0 * self.zoom(), upper.bottom()))
                .shrink(2.0 * self.zoom()),
            live,
            ink,
        );
        if let Some(now) = &live.now {
            let place = Rect::from_min_max(pos2(split, upper.top()), upper.max);
            self.words(
                place,
                Align2::RIGHT_CENTER,
                &now.value.to_string(),
                (13.0, ink.text),
            );
        }
        self.words(
            lower,
            Align2::RIGHT_CENTER,
            &second_line(live),
            (10.5, ink.muted),
        );
    }

    /// Beneath a name: the number of the moment, the quantiles, a sparkline.
    fn card(&self, room: Rect, live: &NodeLive, ink: &Ink) {
        let line = room.height() / 56.0;
        let part = |from: f32, to: f32| {
            Rect::from_min_max(
                pos2(room.left(), room.top() + from * line),
                pos2(room.right(), room.top() + to * line),
            )
        };
        if self.zoom() < FAR {
            if let Some(now) = &live.now {
                let place = part(0.0, 30.0);
                let value = now.value.to_string();
                self.words(place, Align2::CENTER_CENTER, &value, (23.0, ink.text));
            }
            self.spark(part(32.0, 54.0), live, ink);
            return;
        }
        let top = part(2.0, 19.0);
        if let Some(now) = &live.now {
            self.words(top, Align2::LEFT_CENTER, now.name, (11.0, ink.muted));
            self.words(
                top,
                Align2::RIGHT_CENTER,
                &now.value.to_string(),
                (14.0, ink.text),
            );
        }
        let middle = part(19.0, 34.0);
        self.words(
            middle,
            Align2::LEFT_CENTER,
            &second_line(live),
            (11.0, ink.muted),
        );
        let bottom = part(36.0, 54.0);
        if live.spark.is_empty() {
            let third: Vec<String> = live.readings.iter().skip(2).map(said).collect();
            let third = if live.is_simulated {
                "simulated".to_owned()
            } else {
                third.join(" · ")
            };
            self.words(bottom, Align2::LEFT_CENTER, &third, (11.0, ink.muted));
            return;
        }
        if let Some(share) = live.share_of_budget {
            let words = format!("{} of budget", percent(share));
            self.words(bottom, Align2::LEFT_CENTER, &words, (11.0, ink.muted));
        }
        let from = bottom.left()
            + bottom.width()
                * if live.share_of_budget.is_some() {
                    0.56
                } else {
                    0.0
                };
        self.spark(
            Rect::from_min_max(pos2(from, bottom.top()), bottom.max),
            live,
            ink,
        );
    }

    fn spark(&self, room: Rect, live: &NodeLive, ink: &Ink) {
        if live.spark.len() < 2 || room.height() < 4.0 || room.width() < 8.0 {
            return;
        }
        let step = room.width() / (live.spark.len() - 1) as f32;
        let point = |(number, value): (usize, &f32)| {
            pos2(
                room.left() + step * number as f32,
                room.bottom() - room.height() * value.clamp(0.0, 1.0),
            )
        };
        let line = live.spark.iter().enumerate().map(point).collect();
        self.painter
            .add(Shape::line(line, Stroke::new(1.0, ink.muted)));
    }

    /// The share of the budget as a bar along the lower border, in the stage's own colour.
    fn share(&self, rect: Rect, live: &NodeLive) {
        let Some(share) = live.share_of_budget else {
            return;
        };
        let color = live
            .stage
            .as_ref()
            .map_or(self.tokens.cyan, |id| self.tokens.stage(id));
        let height = (2.5 * self.zoom()).clamp(1.0, 4.0);
        let inset = 5.0 * self.zoom();
        let width = (rect.width() - 2.0 * inset) * (share as f32).clamp(0.0, 1.0);
        let at = pos2(
            rect.left() + inset,
            rect.bottom() - height - 1.0 * self.zoom(),
        );
        self.painter.rect_filled(
            Rect::from_min_size(at, vec2(width.max(1.0), height)),
            CornerRadius::same(1),
            color,
        );
        if live.stage.is_some() {
            let strip = Rect::from_min_size(
                pos2(
                    rect.left() + 3.5 * self.zoom(),
                    rect.top() + 7.0 * self.zoom(),
                ),
                vec2(3.0 * self.zoom(), rect.height() - 14.0 * self.zoom()),
            );
            self.painter
                .rect_filled(strip, CornerRadius::same(1), color);
        }
    }

    /// How many frames were dropped here: the mark of the verdict and a number over the upper right corner.
    fn badge(&self, rect: Rect, live: &NodeLive) {
        if live.drops == 0 || self.zoom() < 0.35 {
            return;
        }
        let zoom = self.zoom().min(1.2);
        let text = live.drops.to_string();
        let galley = self
            .painter
            .layout_no_wrap(text, theme::font(10.0 * zoom), self.tokens.text);
        let size = vec2(galley.size().x + 16.0 * zoom, 13.0 * zoom);
        let pill = Rect::from_min_size(
            rect.right_top() - vec2(size.x + 4.0 * zoom, size.y * 0.5),
            size,
        );
        self.painter.rect(
            pill,
            CornerRadius::same(4),
            self.tokens.panel,
            Stroke::new(1.0, self.tokens.coral),
            eframe::egui::StrokeKind::Inside,
        );
        let mark = Rect::from_center_size(
            pos2(pill.left() + 7.0 * zoom, pill.center().y),
            vec2(5.0, 7.0) * zoom,
        );
        let is_source = live.queue.is_some() && live.stage.is_none();
        let verdict = if is_source {
            Verdict::Skipped
        } else {
            Verdict::Late
        };
        verdict_mark(self.painter, mark, verdict, self.tokens);
        let at = pos2(
            pill.left() + 12.0 * zoom,
            pill.center().y - galley.size().y / 2.0,
        );
        self.painter.galley(at, galley, self.tokens.text);
    }

    /// The rim that says where the budget goes, or where frames are lost.
    fn heat(&self, index: usize, live: &NodeLive, geometry: &Geometry) {
        let share = match self.color_by {
            ColorBy::Own => return,
            ColorBy::Budget => live.share_of_budget.unwrap_or(0.0),
            ColorBy::Drops => live.share_of_drops,
        };
        if live.probe.is_none() || share <= 0.0 {
            return;
        }
        let color = self.tokens.drop_rate(share, 1.0);
        let width = (2.0 + 4.0 * share.min(1.0) as f32) * self.zoom().max(0.5);
        let border = geometry.border(index, self.camera);
        self.painter
            .add(Shape::closed_line(border, Stroke::new(width, color)));
    }
}

struct Ink {
    text: Color32,
    muted: Color32,
}

/// A quieter text that can still be read on its ground.
fn muted(text: Color, ground: Color) -> Color {
    let quiet = Color { a: 170, ..text }.over(ground);
    quiet.readable_on(ground)
}

fn said(reading: &Reading) -> String {
    let value = match reading.value {
        Value::Ms(ms) => ms_figure(ms),
        Value::Needs(frames) => format!("needs {frames}"),
        ref other => other.to_string(),
    };
    format!("{} {value}", reading.name)
}

/// The two most important numbers behind the one of the moment, and the queue if there is one.
fn second_line(live: &NodeLive) -> String {
    let queue = live.queue.map(|queue| format!("queue {queue}"));
    let keep = if queue.is_some() { 1 } else { 2 };
    let readings = live.readings.iter().take(keep).map(said);
    readings.chain(queue).collect::<Vec<_>>().join(" · ")
}
