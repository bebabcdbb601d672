//! The frames of the timeline: times as areas and a line, verdicts as a strip.

use eframe::egui::{Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

use super::ground::Ground;
use crate::app::{Brush, Column, Columns, Glow, Limits, RunHistory};
use crate::measure::Verdict;
use crate::ui::theme::Tokens;
use crate::ui::widgets::verdict_mark;

/// What is painted.
pub(super) struct Scene<'a> {
    pub(super) run: &'a RunHistory,
    pub(super) columns: &'a Columns,
    /// The times of the stage in focus, if one is: then of the columns, in nanoseconds.
    pub(super) stage: Option<(&'a str, &'a [Option<u64>])>,
    pub(super) brush: Option<&'a Brush>,
    pub(super) limits: Limits,
    pub(super) tokens: &'a Tokens,
}

impl Scene<'_> {
    /// The largest time of a column, of what is shown.
    fn line_nanos(&self, place: usize) -> Option<u64> {
        let column = &self.columns.columns[place];
        match self.stage {
            Some((_, times)) => times.get(place).copied().flatten(),
            None => column.is_processed().then_some(column.max_response_nanos),
        }
    }

    /// All of it as shapes: a few meshes and lines, whatever the number of frames.
    pub(super) fn shapes(&self, ground: &Ground, strip: Rect) -> Vec<Shape> {
        let mut meshes = Meshes::default();
        let mut lines = Lines::default();
        for (place, column) in self.columns.columns.iter().enumerate() {
            let (left, right) = ground.edges(column, self.columns.frames_each);
            if right <= ground.plot.left() || left >= ground.plot.right() {
                continue;
            }
            let span = (left, right.min(ground.plot.right()));
            self.ground_of(column, ground, strip, span, &mut meshes);
            self.area_of(place, ground, span, &mut meshes.areas);
            let Some(nanos) = self.line_nanos(place) else {
                lines.break_off();
                continue;
            };
            let top = ground.y(nanos as f64 / 1e6);
            lines.extend(span, top.max(ground.plot.top()));
            if self.stage.is_none() {
                self.beyond_of(column, ground, span, &mut meshes);
            }
            if top < ground.plot.top() {
                // It goes on above: a wedge at the upper edge says so.
                let middle = (span.0 + span.1) / 2.0;
                let tip = pos2(middle, ground.plot.top() - 3.0);
                triangle(&mut meshes.beyond, tip, self.tokens.text);
            }
        }
        let mut shapes = vec![Shape::mesh(meshes.behind), Shape::mesh(meshes.areas)];
        let stroke = Stroke::new(1.0, self.tokens.text.gamma_multiply(0.85));
        shapes.extend(
            lines
                .done()
                .into_iter()
                .map(|line| Shape::line(line, stroke)),
        );
        shapes.push(Shape::mesh(meshes.disturbed));
        // Frames beyond the budget stand over everything: they are what is looked for.
        shapes.push(Shape::mesh(meshes.beyond));
        shapes
    }

    /// What lies behind and beside the times: brushed frames, disturbances.
    fn ground_of(
        &self,
        column: &Column,
        ground: &Ground,
        strip: Rect,
        (left, right): (f32, f32),
        meshes: &mut Meshes,
    ) {
        let last = column.first + self.columns.frames_each - 1;
        if self
            .brush
            .is_some_and(|brush| brush.has_any(column.first, last))
        {
            let rect = Rect::from_min_max(
                pos2(left, ground.plot.top()),
                pos2(right, strip.bottom() + 2.0),
            );
            meshes
                .behind
                .add_colored_rect(rect, self.tokens.text.gamma_multiply(0.13));
        }
        if column.disturbed.is_any() {
            let bottom = ground.plot.bottom();
            let rect = Rect::from_min_max(pos2(left, bottom - 3.0), pos2(right, bottom));
            meshes.disturbed.add_colored_rect(rect, self.tokens.cyan);
        }
    }

    /// Service, stage by stage where a column is a frame.
    fn area_of(&self, place: usize, ground: &Ground, (left, right): (f32, f32), areas: &mut Mesh) {
        let column = &self.columns.columns[place];
        let mut quad = |from_ms: f64, to_ms: f64, color: Color32| {
            let rect = Rect::from_min_max(
                pos2(left, ground.y(to_ms).max(ground.plot.top())),
                pos2(right, ground.y(from_ms).max(ground.plot.top())),
            );
            areas.add_colored_rect(rect, color);
        };
        if let Some((id, _)) = self.stage {
            let nanos = self.line_nanos(place).unwrap_or(0);
            quad(
                0.0,
                nanos as f64 / 1e6,
                self.tokens.stage(id).gamma_multiply(0.5),
            );
            return;
        }
        if !column.is_processed() {
            return;
        }
        let service_ms = column.max_service_nanos as f64 / 1e6;
        let mut from = 0.0;
        if self.columns.frames_each == 1 {
            for (id, ms) in self.run.stages(column.first) {
                quad(from, from + ms, self.tokens.stage(id).gamma_multiply(0.45));
                from += ms;
            }
        }
        if from == 0.0 {
            quad(0.0, service_ms, self.tokens.cyan.gamma_multiply(0.35));
        } else if service_ms > from {
            quad(from, service_ms, self.tokens.muted.gamma_multiply(0.3));
        }
    }

    fn beyond_of(
        &self,
        column: &Column,
        ground: &Ground,
        (left, right): (f32, f32),
        meshes: &mut Meshes,
    ) {
        let verdict = column.worst_processed(self.limits);
        let Some(verdict @ (Verdict::Late | Verdict::Tolerated)) = verdict else {
            return;
        };
        let top = ground
            .y(column.max_response_nanos as f64 / 1e6)
            .max(ground.plot.top());
        let width = (right - left).max(3.0);
        let min = pos2((left + right - width) / 2.0, top);
        let rect = Rect::from_min_size(min, vec2(width, ground.plot.bottom() - top));
        meshes
            .beyond
            .add_colored_rect(rect, self.tokens.verdict(verdict));
    }
}

#[derive(Default)]
struct Meshes {
    behind: Mesh,
    areas: Mesh,
    disturbed: Mesh,
    beyond: Mesh,
}

/// A line with gaps: a skipped frame has no time.
#[derive(Default)]
struct Lines {
    done: Vec<Vec<Pos2>>,
    open: Vec<Pos2>,
}

impl Lines {
    fn extend(&mut self, (left, right): (f32, f32), top: f32) {
        // A narrow column is one point: two on one place make a line that flickers.
        if right - left < 2.5 {
            self.open.push(pos2((left + right) / 2.0, top));
        } else {
            self.open.extend([pos2(left, top), pos2(right, top)]);
        }
    }

    fn break_off(&mut self) {
        if self.open.len() > 1 {
            self.done.push(std::mem::take(&mut self.open));
        }
        self.open.clear();
    }

    fn done(mut self) -> Vec<Vec<Pos2>> {
        self.break_off();
        self.done
    }
}

fn triangle(mesh: &mut Mesh, tip: Pos2, color: Color32) {
    let first = mesh.vertices.len() as u32;
    for corner in [tip, tip + vec2(3.5, 5.0), tip + vec2(-3.5, 5.0)] {
        mesh.colored_vertex(corner, color);
    }
    mesh.add_triangle(first, first + 1, first + 2);
}

/// The strip of verdicts: one cell a frame where there is room, else the worst of a column.
pub(super) fn verdicts(painter: &Painter, ground: &Ground, strip: Rect, scene: &Scene<'_>) {
    let mut on_time = Mesh::default();
    let calm = scene.tokens.mint.gamma_multiply(0.55);
    let mut others: Vec<(Rect, Verdict)> = Vec::new();
    for column in &scene.columns.columns {
        let Some(verdict) = column.worst(scene.limits) else {
            continue;
        };
        let (left, right) = ground.edges(column, scene.columns.frames_each);
        let gap = if right - left >= 4.0 { 1.0 } else { 0.0 };
        let rect = Rect::from_min_max(pos2(left, strip.top()), pos2(right - gap, strip.bottom()));
        if verdict == Verdict::OnTime {
            on_time.add_colored_rect(rect, calm);
            continue;
        }
        // Rare ones are wide enough to be found; where they lie close together, they share one mark.
        let rect = rect.expand2(vec2((3.0 - rect.width()).max(0.0) / 2.0, 0.0));
        match others.last_mut() {
            Some((last, of))
                if *of == verdict && gap == 0.0 && rect.left() < last.right() + 1.0 =>
            {
                last.max.x = rect.right();
            }
            _ => others.push((rect, verdict)),
        }
    }
    painter.add(Shape::mesh(on_time));
    for (rect, verdict) in others {
        painter.rect_filled(rect.expand2(vec2(1.0, 0.0)), 0.0, scene.tokens.panel);
        verdict_mark(painter, rect, verdict, scene.tokens);
    }
}

/// The glow around late frames that have just been told of.
pub(super) fn afterglow(
    painter: &Painter,
    ground: &Ground,
    glows: &[Glow],
    run: &RunHistory,
    tokens: &Tokens,
) {
    for glow in glows {
        let middle = glow.frame as f64 + 0.5;
        let Some(frame) = run
            .frame(glow.frame)
            .filter(|_| ground.window.contains(&middle))
        else {
            continue;
        };
        let x = ground.x(middle);
        let half = 3.0 + 7.0 * glow.strength;
        let rect = Rect::from_x_y_ranges(x - half..=x + half, ground.plot.y_range());
        painter.rect_filled(rect, 2.0, tokens.coral.gamma_multiply(0.30 * glow.strength));
        let top = ground.y(frame.response_nanos as f64 / 1e6);
        let radius = 3.0 + 3.0 * glow.strength;
        let stroke = Stroke::new(1.5, tokens.coral.gamma_multiply(glow.strength));
        painter.circle_stroke(pos2(x, top.max(ground.plot.top() + 4.0)), radius, stroke);
    }
}
