//! What stands still: frames, edges, nodes and their texts. It is made anew when the camera, the theme or the diagram changes, of what is
//! in sight alone, and drawn again as it is otherwise.

use eframe::egui::{
    Color32, FontId, Mesh, Painter, Pos2, Shape, Stroke as Pen,
    epaint::{PathShape, PathStroke},
    text::{LayoutJob, TextFormat},
    vec2,
};

use super::camera::Camera;
use crate::app::Drawn;
use crate::diagram::{
    self, BOLD_SHIFT, Color, Edge, Marker, Outline, Paint, Point, Rect, Stroke, TextBlock, Theme,
};
use crate::ui::theme::{diagram_color, font};

/// Corners of edges are rounded with this radius at most.
const CORNER: f32 = 14.0;

/// Letters smaller than this are not drawn: they could not be read.
const LEAST_TEXT: f32 = 4.0;

/// How far an arrow's head reaches, and half its width.
const HEAD: (f32, f32) = (9.0, 4.5);

/// Everything of a diagram that does not change with the camera.
#[derive(Default)]
pub(super) struct Geometry {
    /// Of which drawing.
    version: u64,
    outlines: Vec<Outline>,
    /// The ways of the edges with their corners rounded.
    pub(super) ways: Vec<Vec<Point>>,
    bounds: Vec<Rect>,
}

impl Geometry {
    fn of(drawn: &Drawn) -> Self {
        let nodes = drawn.diagram.nodes.iter().zip(&drawn.picture.nodes);
        let ways: Vec<Vec<Point>> = drawn
            .picture
            .edges
            .iter()
            .map(|edge| rounded(&edge.points))
            .collect();
        let around = |way: &Vec<Point>| {
            let points = way.iter().map(|&point| Rect {
                min: point,
                max: point,
            });
            points.reduce(|a, b| a.union(&b)).unwrap_or_default()
        };
        Self {
            version: drawn.version,
            outlines: nodes
                .map(|(node, placed)| Outline::new(node.shape, &placed.rect))
                .collect(),
            bounds: ways.iter().map(around).collect(),
            ways,
        }
    }

    /// The border of a node on the screen.
    pub(super) fn border(&self, node: usize, camera: &Camera) -> Vec<Pos2> {
        let border = self.outlines.get(node).map(|outline| &outline.border);
        border
            .into_iter()
            .flatten()
            .map(|&point| camera.at(point))
            .collect()
    }

    /// The point of an edge at a share of its way.
    pub(super) fn along(&self, edge: usize, share: f32) -> Option<Point> {
        along(self.ways.get(edge)?, share)
    }
}

/// The point of a way at a share of its length.
pub(super) fn along(way: &[Point], share: f32) -> Option<Point> {
    let length: f32 = way.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
    let mut left = length * share.clamp(0.0, 1.0);
    for pair in way.windows(2) {
        let step = pair[0].distance(pair[1]);
        if left <= step {
            return Some(pair[0].toward(pair[1], left / step.max(1e-6)));
        }
        left -= step;
    }
    way.last().copied()
}

/// What the shapes are made for: drawing, camera, theme, size of a pixel, and how full the letters' texture is. Kept letters point into
/// that texture, which is made anew when the theme or the scale changes or when it is full.
type Key = (u64, Camera, bool, [f32; 2]);

/// The shapes, kept.
#[derive(Default)]
pub(super) struct Scene {
    pub(super) geometry: Geometry,
    shapes: Vec<Shape>,
    key: Option<Key>,
    /// The theme and the scale of the last picture.
    style: Option<(bool, f32)>,
    /// For how many pictures more the shapes are made anew: another theme or scale is followed by a new texture of
    /// letters, one picture later, which may be just as full as the one before.
    unsettled: u8,
    /// How often the shapes were made: for the test that counts.
    #[cfg(test)]
    pub(super) made: usize,
}

impl Scene {
    /// Draws it.
    pub(super) fn paint(
        &mut self,
        painter: &Painter,
        drawn: &Drawn,
        camera: &Camera,
        theme: &Theme,
        is_dark: bool,
    ) {
        if self.geometry.version != drawn.version
            || self.geometry.outlines.len() != drawn.diagram.nodes.len()
        {
            self.geometry = Geometry::of(drawn);
            self.key = None;
        }
        let ctx = painter.ctx();
        // A letter keeps its place only for as long as the texture of letters does.
        let mut letters = 0.0;
        ctx.fonts(|fonts| letters = fonts.font_atlas_fill_ratio());
        let key = (
            drawn.version,
            *camera,
            is_dark,
            [ctx.pixels_per_point(), letters],
        );
        let style = (is_dark, ctx.pixels_per_point());
        if self.style.replace(style).is_some_and(|last| last != style) {
            self.unsettled = 3;
        }
        if self.key != Some(key) || self.unsettled > 0 {
            self.key = Some(key);
            self.unsettled = self.unsettled.saturating_sub(1);
            #[cfg(test)]
            {
                self.made += 1;
            }
            let mut pen = Draw {
                painter,
                camera,
                theme,
                seen: camera.seen(),
                out: Vec::new(),
            };
            pen.all(drawn, &self.geometry);
            self.shapes = pen.out;
        }
        painter.extend(self.shapes.iter().cloned());
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.shapes.len()
    }
}

struct Draw<'a> {
    painter: &'a Painter,
    camera: &'a Camera,
    theme: &'a Theme,
    seen: Rect,
    out: Vec<Shape>,
}

impl Draw<'_> {
    fn all(&mut self, drawn: &Drawn, geometry: &Geometry) {
        let Drawn {
            diagram, picture, ..
        } = drawn;
        for (subgraph, placed) in diagram.subgraphs.iter().zip(&picture.subgraphs) {
            if self.is_seen(&placed.rect) {
                let paint = self.theme.frame(&subgraph.style);
                self.outline(
                    &Outline::new(diagram::Shape::Rounded, &placed.rect),
                    &paint,
                    false,
                );
            }
        }
        for (index, edge) in diagram.edges.iter().enumerate() {
            if self.is_seen(&geometry.bounds[index]) {
                self.edge(edge, &geometry.ways[index]);
            }
        }
        for (index, node) in diagram.nodes.iter().enumerate() {
            let placed = &picture.nodes[index];
            if !self.is_seen(&placed.rect) {
                continue;
            }
            let mut paint = self.theme.node(&node.style);
            let is_concave = matches!(node.shape, diagram::Shape::Flag | diagram::Shape::Document);
            match node.shape {
                diagram::Shape::Text => {
                    let color = node.style.text.unwrap_or(self.theme.text);
                    paint.text = color.readable_on(self.theme.frame_fill);
                    paint.ground = self.theme.frame_fill;
                }
                diagram::Shape::Bar => {
                    paint.fill = paint.stroke;
                    self.outline(&geometry.outlines[index], &paint, false);
                }
                _ => {
                    if drawn.probes[index].is_none()
                        && paint.dash_px.is_none()
                        && drawn.probes.iter().any(Option::is_some)
                    {
                        paint.dash_px = Some([5.0, 4.0]);
                    }
                    self.outline(&geometry.outlines[index], &paint, is_concave);
                }
            }
            self.lines(&placed.text, &placed.text_rect, &paint, drawn.is_in_rows);
        }
        // Titles and labels lie above all lines.
        for (subgraph, placed) in diagram.subgraphs.iter().zip(&picture.subgraphs) {
            if self.is_seen(&placed.title_rect) {
                let paint = self.theme.frame(&subgraph.style);
                self.plate(&placed.title_rect, paint.ground);
                self.text(&placed.title, &placed.title_rect, &paint);
            }
        }
        for (edge, placed) in diagram.edges.iter().zip(&picture.edges) {
            if let Some(label) = &placed.label
                && edge.stroke != Stroke::Invisible
                && self.is_seen(&label.rect)
            {
                let paint = self.theme.edge(&edge.style, edge.stroke);
                self.plate(&label.rect, paint.ground);
                self.text(&label.text, &label.rect, &paint);
            }
        }
    }

    fn is_seen(&self, rect: &Rect) -> bool {
        rect.overlaps(&self.seen, -8.0)
    }

    fn color(color: Color, paint: &Paint) -> Color32 {
        diagram_color(color).gamma_multiply(paint.opacity)
    }

    fn pen(&self, paint: &Paint) -> Pen {
        let width = (paint.stroke_width_px * self.camera.zoom).max(0.5);
        Pen::new(width, Self::color(paint.stroke, paint))
    }

    fn outline(&mut self, outline: &Outline, paint: &Paint, is_concave: bool) {
        let points: Vec<Pos2> = outline
            .border
            .iter()
            .map(|&point| self.camera.at(point))
            .collect();
        let (fill, pen) = (Self::color(paint.fill, paint), self.pen(paint));
        if is_concave {
            self.out.push(fan(&points, fill));
            self.closed(points, pen, paint);
        } else if paint.dash_px.is_some() {
            self.out
                .push(Shape::convex_polygon(points.clone(), fill, Pen::NONE));
            self.closed(points, pen, paint);
        } else {
            self.out.push(Shape::Path(PathShape::convex_polygon(
                points,
                fill,
                PathStroke::from(pen),
            )));
        }
        for detail in &outline.details {
            let points = detail.iter().map(|&point| self.camera.at(point)).collect();
            self.out.push(Shape::line(points, pen));
        }
    }

    fn closed(&mut self, mut points: Vec<Pos2>, pen: Pen, paint: &Paint) {
        match paint.dash_px {
            None => self.out.push(Shape::closed_line(points, pen)),
            Some(dash) => {
                points.extend(points.first().copied());
                self.dashed(&points, pen, dash);
            }
        }
    }

    /// A dashed line; a full one where the dashes would be too small to be seen.
    fn dashed(&mut self, points: &[Pos2], pen: Pen, [dash, gap]: [f32; 2]) {
        let zoom = self.camera.zoom;
        if (dash + gap) * zoom < 3.0 {
            self.out.push(Shape::line(points.to_vec(), pen));
        } else {
            self.out
                .extend(Shape::dashed_line(points, pen, dash * zoom, gap * zoom));
        }
    }

    fn edge(&mut self, edge: &Edge, way: &[Point]) {
        let (Some(&first), Some(&last)) = (way.first(), way.last()) else {
            return;
        };
        if edge.stroke == Stroke::Invisible || way.len() < 2 {
            return;
        }
        let paint = self.theme.edge(&edge.style, edge.stroke);
        let mut points = way.to_vec();
        let ends = [(edge.markers[0], first), (edge.markers[1], last)];
        // The line stops before its tip, so that it does not show behind the marker.
        points = held_back(points, ends[1].0);
        points.reverse();
        points = held_back(points, ends[0].0);
        points.reverse();
        let line: Vec<Pos2> = points.iter().map(|&point| self.camera.at(point)).collect();
        let pen = self.pen(&paint);
        match paint.dash_px {
            None => self.out.push(Shape::line(line, pen)),
            Some(dash) => self.dashed(&line, pen, dash),
        }
        let before = [
            way.iter().find(|point| point.distance(first) > 4.0),
            way.iter().rev().find(|point| point.distance(last) > 4.0),
        ];
        for ((marker, tip), before) in ends.into_iter().zip(before) {
            if let Some(&before) = before {
                self.marker(marker, tip, before, &paint);
            }
        }
    }

    fn marker(&mut self, marker: Marker, tip: Point, before: Point, paint: &Paint) {
        let length = tip.distance(before).max(0.1);
        let along = Point::new((before.x - tip.x) / length, (before.y - tip.y) / length);
        let at = |back: f32, aside: f32| {
            self.camera.at(Point::new(
                tip.x + along.x * back - along.y * aside,
                tip.y + along.y * back + along.x * aside,
            ))
        };
        let color = Self::color(paint.stroke, paint);
        let zoom = self.camera.zoom;
        match marker {
            Marker::None => {}
            Marker::Arrow => {
                let (reach, half) = HEAD;
                let head = vec![at(0.0, 0.0), at(reach, half), at(reach, -half)];
                self.out.push(Shape::convex_polygon(head, color, Pen::NONE));
            }
            Marker::Circle => {
                let ground = diagram_color(self.theme.ground);
                self.out
                    .push(Shape::circle_filled(at(5.0, 0.0), 4.0 * zoom, ground));
                self.out.push(Shape::circle_stroke(
                    at(5.0, 0.0),
                    4.0 * zoom,
                    Pen::new(1.5 * zoom, color),
                ));
            }
            Marker::Cross => {
                for side in [-4.0, 4.0] {
                    let line = [at(2.0, side), at(10.0, -side)];
                    self.out
                        .push(Shape::line_segment(line, Pen::new(2.0 * zoom, color)));
                }
            }
        }
    }

    /// The ground of a text that lines may run beneath.
    fn plate(&mut self, rect: &Rect, color: Color) {
        let color = diagram_color(color).gamma_multiply(0.85);
        self.out.push(Shape::rect_filled(
            self.camera.of(rect),
            3.0 * self.camera.zoom,
            color,
        ));
    }

    /// A block of text in the middle of a rectangle, laid out at the size at which it is seen.
    fn text(&mut self, block: &TextBlock, rect: &Rect, paint: &Paint) {
        self.lines(block, rect, paint, false);
    }

    /// The same, with every line beginning at the left or in the middle.
    fn lines(&mut self, block: &TextBlock, rect: &Rect, paint: &Paint, is_at_left: bool) {
        let zoom = self.camera.zoom;
        if block.size_px * zoom < LEAST_TEXT {
            return;
        }
        let center = rect.center();
        let mut top = center.y - block.size.height / 2.0;
        for line in &block.lines {
            let mut x = if is_at_left {
                rect.min.x
            } else {
                center.x - line.width_px / 2.0
            };
            for run in &line.runs {
                let size = block.size_px * run.look.scale * zoom;
                let color = run
                    .look
                    .color
                    .map_or(paint.text, |color| color.readable_on(paint.ground));
                let color = Self::color(color, paint);
                let galley = self.painter.layout_job(run_job(
                    &run.text,
                    font(size),
                    color,
                    run.look.is_italic || block.is_italic,
                ));
                let at = self.camera.at(Point::new(x, top + line.height_px / 2.0));
                let at = at - vec2(0.0, galley.size().y / 2.0);
                let width = galley.size().x;
                if run.look.is_bold || block.is_bold {
                    let shift = vec2(size * BOLD_SHIFT, 0.0);
                    self.out
                        .push(Shape::galley(at + shift, galley.clone(), color));
                    x += BOLD_SHIFT * size / zoom;
                }
                self.out.push(Shape::galley(at, galley, color));
                x += width / zoom;
            }
            top += line.height_px;
        }
    }
}

fn run_job(text: &str, font_id: FontId, color: Color32, italics: bool) -> LayoutJob {
    LayoutJob::single_section(
        text.to_owned(),
        TextFormat {
            font_id,
            color,
            italics,
            ..TextFormat::default()
        },
    )
}

/// The inside of a border that can be seen from its middle.
fn fan(border: &[Pos2], color: Color32) -> Shape {
    let mut mesh = Mesh::default();
    let count = border.len() as u32;
    let bounds = eframe::egui::Rect::from_points(border);
    mesh.colored_vertex(bounds.center(), color);
    for &point in border {
        mesh.colored_vertex(point, color);
    }
    for corner in 0..count {
        mesh.add_triangle(0, 1 + corner, 1 + (corner + 1) % count);
    }
    Shape::mesh(mesh)
}

/// A way that ends a little before its tip.
fn held_back(mut points: Vec<Point>, marker: Marker) -> Vec<Point> {
    let mut left = match marker {
        Marker::None => return points,
        Marker::Arrow => HEAD.0 - 1.0,
        Marker::Circle => 9.0,
        Marker::Cross => 6.0,
    };
    while points.len() > 1 {
        let (tip, before) = (points[points.len() - 1], points[points.len() - 2]);
        let step = tip.distance(before);
        let last = points.len() - 1;
        if step > left || points.len() == 2 {
            points[last] = tip.toward(before, (left / step.max(0.1)).min(0.9));
            break;
        }
        left -= step;
        points.pop();
    }
    points
}

/// A way with its corners rounded, cut into short lines.
fn rounded(points: &[Point]) -> Vec<Point> {
    const STEPS: usize = 6;
    let mut way = Vec::with_capacity(points.len() * 2);
    way.extend(points.first().copied());
    for corner in points.windows(3) {
        let (before, at, after) = (corner[0], corner[1], corner[2]);
        let near =
            |other: Point| at.toward(other, (CORNER / at.distance(other).max(0.01)).min(0.5));
        let (begin, end) = (near(before), near(after));
        way.extend((0..=STEPS).map(|step| {
            let share = step as f32 / STEPS as f32;
            begin.toward(at, share).toward(at.toward(end, share), share)
        }));
    }
    if points.len() > 1 {
        way.extend(points.last().copied());
    }
    way
}

#[cfg(test)]
mod tests {
    use super::super::{ColorBy, live::Board};
    use super::*;
    use crate::app::{GraphView, NodeLive, Probe, Reading, Value};
    use crate::diagram::{Block, LayoutOptions, WindowWidths, lay_out, parse};
    use crate::ui::theme::{self, Tokens, diagram_theme};
    use eframe::egui::{self, RawInput, pos2};
    use std::fmt::Write as _;

    /// 500 nodes in 25 ranks, 800 edges.
    fn large() -> Drawn {
        let mut text = String::from("flowchart TD\n");
        for edge in 0..800 {
            let from = (edge * 7) % 480;
            let _ = writeln!(text, "n{from}[node {from}] --> n{}", from + 20 - edge % 3);
        }
        for node in 0..500 {
            let _ = writeln!(text, "n{node}[node {node}]");
        }
        let (diagram, _) = parse(&Block {
            first_line: 1,
            text,
        });
        let picture = lay_out(&diagram, &LayoutOptions::new(&WindowWidths)).unwrap();
        Drawn {
            version: 1,
            probes: diagram
                .nodes
                .iter()
                .map(|node| Probe::of_node(&node.id))
                .collect(),
            diagram,
            picture,
            ..Drawn::default()
        }
    }

    #[test]
    fn what_is_not_seen_costs_nothing_and_what_stands_still_is_kept() {
        let drawn = large();
        assert_eq!(
            (drawn.diagram.nodes.len(), drawn.diagram.edges.len()),
            (500, 800)
        );
        let ctx = egui::Context::default();
        theme::install(&ctx);
        let mut scene = Scene::default();
        let rect = egui::Rect::from_min_size(pos2(0.0, 0.0), vec2(800.0, 600.0));
        let mut camera = Camera::default();
        camera.look(rect, &drawn);
        let input = || RawInput {
            screen_rect: Some(rect),
            ..RawInput::default()
        };
        let paint = |scene: &mut Scene, camera: &Camera| {
            let mut output = ctx.run_ui(input(), |ui| {
                let theme = diagram_theme(Tokens::of(ui));
                scene.paint(ui.painter(), &drawn, camera, &theme, true);
            });
            output.textures_delta.clear();
        };
        paint(&mut scene, &camera);
        // The first letters have filled their texture: only now it rests.
        paint(&mut scene, &camera);
        let (whole, made) = (scene.count(), scene.made);
        assert!(
            whole >= 1_300,
            "all nodes and edges are there: {whole} shapes"
        );
        paint(&mut scene, &camera);
        assert_eq!(scene.made, made, "the same picture is not made twice");
        let middle = drawn.picture.size;
        camera.zoom = 1.0;
        camera.centre(Point::new(middle.width / 2.0, middle.height / 2.0));
        paint(&mut scene, &camera);
        assert!(scene.made > made);
        let part = scene.count();
        assert!(
            part * 4 < whole,
            "{part} shapes of {whole} for what is seen of it"
        );
    }

    /// Every node with everything that a stage can have.
    fn busy(drawn: &mut Drawn) -> GraphView {
        let count = drawn.diagram.nodes.len();
        drawn.probes = vec![Probe::of_node("resize"); count];
        let reading = |name| Reading {
            name,
            value: Value::Ms(12.34),
        };
        let live = NodeLive {
            probe: Some("service time".to_owned()),
            stage: Some("resize".to_owned()),
            now: Some(reading("now")),
            readings: vec![reading("p50"), reading("p99")],
            share_of_budget: Some(0.4),
            spark: vec![0.5; 48],
            drops: 3,
            share_of_drops: 0.5,
            ..NodeLive::default()
        };
        GraphView {
            nodes: vec![live; count],
            frames: 7,
            ..GraphView::default()
        }
    }

    #[test]
    fn what_lives_costs_by_what_can_be_seen_of_it() {
        let mut drawn = large();
        let view = busy(&mut drawn);
        let ctx = egui::Context::default();
        theme::install(&ctx);
        let rect = egui::Rect::from_min_size(pos2(0.0, 0.0), vec2(800.0, 600.0));
        let mut camera = Camera::default();
        camera.look(rect, &drawn);
        let geometry = Geometry::of(&drawn);
        let cost = |camera: &Camera| {
            let input = RawInput {
                screen_rect: Some(rect),
                ..RawInput::default()
            };
            let mut seen = 0;
            let mut output = ctx.run_ui(input, |ui| {
                let tokens = Tokens::of(ui);
                let board = Board {
                    painter: ui.painter(),
                    camera,
                    theme: &diagram_theme(tokens),
                    tokens,
                    drawn: &drawn,
                    color_by: ColorBy::Budget,
                };
                board.flow(&view, &geometry);
                let places = drawn.picture.nodes.iter().zip(&view.nodes).enumerate();
                seen = 0;
                for (index, (placed, live)) in places {
                    if placed.rect.overlaps(&camera.seen(), 0.0) {
                        board.node(index, live, &geometry);
                        seen += 1;
                    }
                }
            });
            output.textures_delta.clear();
            (output.shapes.len(), seen)
        };
        let (shapes, seen) = cost(&camera);
        assert_eq!(seen, 500);
        assert!(
            shapes <= 500 * 4,
            "from afar a node is a rim and a bar: {shapes} shapes"
        );
        camera.zoom = 1.0;
        let size = drawn.picture.size;
        camera.centre(Point::new(size.width / 2.0, size.height / 2.0));
        let (shapes, seen) = cost(&camera);
        assert!((1..100).contains(&seen), "{seen} nodes in sight");
        assert!(
            shapes < 4_000,
            "{shapes} shapes for {seen} nodes and the dots beside them"
        );
    }
}
