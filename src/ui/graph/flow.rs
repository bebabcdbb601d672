//! What moves: dots that go on with every frame that is processed, and late frames on their way.

use eframe::egui::{Align2, CornerRadius, Rect, Shape, Stroke, pos2, vec2};

use super::live::Board;
use super::scene::{Geometry, along};
use crate::app::{GraphView, TravelPlace, Traveller};
use crate::diagram::End;
use crate::ui::widgets::{text_at, verdict_mark};

/// Frames that a dot takes from one place of a dot to the next.
const STEPS: u64 = 6;

/// From dot to dot, in points of the picture.
const PITCH: f32 = 36.0;

/// Below this zoom the dots could not be told apart.
const LEAST_ZOOM: f32 = 0.25;

/// Below this zoom there is no room for the numbers of frames beside an edge.
const LEAST_NAMED: f32 = 0.5;

/// From one late frame to the next on the rim of a node.
const MARK_PITCH: f32 = 11.0;

impl Board<'_> {
    /// The dots of the edges in sight: they go on by a sixth of their distance with each processed frame, and rest when none is.
    pub(super) fn flow(&self, view: &GraphView, geometry: &Geometry) {
        if self.camera.zoom < LEAST_ZOOM || view.frames == 0 {
            return;
        }
        let phase = (view.frames % STEPS) as f32 / STEPS as f32;
        let is_bound = |end: End| match end {
            End::Node(node) => view
                .nodes
                .get(node)
                .is_some_and(|live| live.probe.is_some()),
            End::Subgraph(_) => false,
        };
        let seen = self.camera.seen();
        for (index, edge) in self.drawn.diagram.edges.iter().enumerate() {
            let is_drawn = edge.stroke != crate::diagram::Stroke::Invisible;
            if !is_drawn || !is_bound(edge.from) || !is_bound(edge.to) {
                continue;
            }
            let Some(way) = geometry.ways.get(index) else {
                continue;
            };
            let length: f32 = way.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
            let dots = (length / PITCH).ceil().clamp(1.0, 60.0);
            for dot in 0..dots as usize {
                let Some(place) = along(way, (dot as f32 + phase) / dots) else {
                    continue;
                };
                if seen.contains_point(place) {
                    let radius = (2.4 * self.camera.zoom).clamp(1.2, 4.0);
                    self.painter
                        .circle_filled(self.camera.at(place), radius, self.tokens.mint);
                }
            }
        }
    }

    /// Late frames: where they lost their time, and where they are.
    pub(super) fn travellers(&self, travellers: &[Traveller], geometry: &Geometry) {
        for traveller in travellers {
            let color = self
                .tokens
                .verdict(traveller.verdict)
                .gamma_multiply(traveller.glow.clamp(0.0, 1.0));
            if let Some(node) = traveller.slow_node {
                let border = geometry.border(node, self.camera);
                let width = (3.0 * self.camera.zoom).max(1.5);
                self.painter
                    .add(Shape::closed_line(border, Stroke::new(width, color)));
            }
        }
        let mut standing: Vec<(usize, usize)> = Vec::new();
        for traveller in travellers {
            let glow = traveller.glow.clamp(0.0, 1.0);
            let color = self.tokens.verdict(traveller.verdict).gamma_multiply(glow);
            let at = match traveller.place {
                TravelPlace::Edge(edge, share) => match geometry.along(edge, share) {
                    Some(point) => self.camera.at(point),
                    None => continue,
                },
                TravelPlace::Node(node) => match self.drawn.picture.nodes.get(node) {
                    Some(placed) => {
                        // Several in one node stand beside each other on its rim, where they hide nothing.
                        let before = standing.iter().position(|(other, _)| *other == node);
                        let before = before.unwrap_or_else(|| {
                            standing.push((node, 0));
                            standing.len() - 1
                        });
                        let beside = standing[before].1;
                        standing[before].1 += 1;
                        let rect = self.camera.of(&placed.rect);
                        let along = 14.0 + MARK_PITCH * beside as f32;
                        pos2(rect.left() + along.min(rect.width()), rect.top())
                    }
                    None => continue,
                },
            };
            self.painter.rect_filled(
                Rect::from_center_size(at, vec2(9.0, 13.0)),
                CornerRadius::same(2),
                self.tokens.panel.gamma_multiply(glow),
            );
            let mark = Rect::from_center_size(at, vec2(7.0, 11.0));
            if glow > 0.4 {
                verdict_mark(self.painter, mark, traveller.verdict, self.tokens);
            }
            // In a node there are the numbers of the node to be read.
            if matches!(traveller.place, TravelPlace::Edge(..)) && self.camera.zoom >= LEAST_NAMED {
                self.painter
                    .circle_filled(at, 9.0, color.gamma_multiply(0.25));
                let text = format!("#{}", traveller.frame);
                text_at(
                    self.painter,
                    at + vec2(9.0, 0.0),
                    Align2::LEFT_CENTER,
                    &text,
                    (10.0, color),
                );
            }
        }
    }
}
