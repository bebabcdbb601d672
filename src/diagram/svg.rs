//! A picture as an SVG file that needs nothing else: no style sheet, no script, no font of its own.

use std::fmt::Write as _;

use super::measure::{BOLD_SHIFT, Face, MeasureText, TextBlock};
use super::outline::Outline;
use super::picture::{Picture, PlacedEdge, Point, Rect};
use super::style::{Color, Paint, Theme};
use super::{Diagram, Edge, Marker, Stroke};

/// Writes a picture. `measure` is the one that it was laid out with: letters of another font are fitted to its widths.
pub fn svg(
    diagram: &Diagram,
    picture: &Picture,
    theme: &Theme,
    measure: &dyn MeasureText,
) -> String {
    let mut writer = Writer {
        out: String::new(),
        theme,
        measure,
    };
    writer.document(diagram, picture);
    writer.out
}

/// How far an arrow's head reaches, and half its width.
const HEAD_PX: (f32, f32) = (9.0, 4.5);

/// Corners of edges are rounded with this radius at most.
const CORNER_PX: f32 = 14.0;

struct Writer<'a> {
    out: String,
    theme: &'a Theme,
    measure: &'a dyn MeasureText,
}

/// Writes a line; writing to a string cannot fail.
macro_rules! put {
    ($writer:expr, $($text:tt)*) => {{
        let _ = writeln!($writer.out, $($text)*);
    }};
}

impl Writer<'_> {
    fn document(&mut self, diagram: &Diagram, picture: &Picture) {
        let (width, height) = (picture.size.width.ceil(), picture.size.height.ceil());
        put!(
            self,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">"#
        );
        if let Some(title) = &diagram.title {
            put!(self, "<title>{}</title>", escaped(title));
        }
        put!(
            self,
            r#"<rect width="100%" height="100%" fill="{}"/>"#,
            self.theme.ground
        );
        put!(
            self,
            r#"<g font-family="{}" stroke-linejoin="round" stroke-linecap="round">"#,
            self.measure.font().families
        );
        for (subgraph, placed) in diagram.subgraphs.iter().zip(&picture.subgraphs) {
            let paint = self.theme.frame(&subgraph.style);
            put!(
                self,
                r#"<g id="{}" opacity="{}">"#,
                escaped(&format!("subgraph-{}", subgraph.id)),
                paint.opacity
            );
            self.shape(&Outline::new(super::Shape::Rounded, &placed.rect), &paint);
            put!(self, "</g>");
        }
        for (edge, placed) in diagram.edges.iter().zip(&picture.edges) {
            self.edge(edge, placed);
        }
        for (node, placed) in diagram.nodes.iter().zip(&picture.nodes) {
            let mut paint = self.theme.node(&node.style);
            put!(
                self,
                r#"<g id="{}" opacity="{}">"#,
                escaped(&format!("node-{}", node.id)),
                paint.opacity
            );
            match node.shape {
                super::Shape::Text => {
                    paint.text = node
                        .style
                        .text
                        .unwrap_or(self.theme.text)
                        .readable_on(self.theme.frame_fill);
                    paint.ground = self.theme.frame_fill;
                }
                super::Shape::Bar => {
                    paint.fill = paint.stroke;
                    self.shape(&Outline::new(node.shape, &placed.rect), &paint);
                }
                _ => self.shape(&Outline::new(node.shape, &placed.rect), &paint),
            }
            self.text(&placed.text, &placed.text_rect, &paint);
            put!(self, "</g>");
        }
        // Titles and labels lie above all lines.
        for (subgraph, placed) in diagram.subgraphs.iter().zip(&picture.subgraphs) {
            let paint = self.theme.frame(&subgraph.style);
            self.plate(&placed.title_rect, paint.ground);
            self.text(&placed.title, &placed.title_rect, &paint);
        }
        for (edge, placed) in diagram.edges.iter().zip(&picture.edges) {
            self.edge_label(edge, placed);
        }
        put!(self, "</g>\n</svg>");
    }

    fn shape(&mut self, outline: &Outline, paint: &Paint) {
        let line = line_of(paint);
        put!(
            self,
            r#"<path d="{}Z" fill="{}" {line}/>"#,
            path(&outline.border),
            paint.fill
        );
        for detail in &outline.details {
            put!(self, r#"<path d="{}" fill="none" {line}/>"#, path(detail));
        }
    }

    fn edge(&mut self, edge: &Edge, placed: &PlacedEdge) {
        if edge.stroke == Stroke::Invisible || placed.points.len() < 2 {
            return;
        }
        let paint = self.theme.edge(&edge.style, edge.stroke);
        let mut points = placed.points.clone();
        let tips = [
            (points[0], points[1]),
            (points[points.len() - 1], points[points.len() - 2]),
        ];
        let last = points.len() - 1;
        for (marker, end, (tip, before)) in [
            (edge.markers[0], 0, tips[0]),
            (edge.markers[1], last, tips[1]),
        ] {
            points[end] = tip.toward(
                before,
                (held_back_px(marker) / tip.distance(before).max(0.1)).min(0.9),
            );
        }
        put!(
            self,
            r#"<g opacity="{}"><path d="{}" fill="none" {}/>"#,
            paint.opacity,
            rounded_path(&points),
            line_of(&paint)
        );
        for (marker, (tip, before)) in edge.markers.into_iter().zip(tips) {
            self.marker(marker, tip, before, &paint);
        }
        put!(self, "</g>");
    }

    fn marker(&mut self, marker: Marker, tip: Point, before: Point, paint: &Paint) {
        let length = tip.distance(before).max(0.1);
        let along = Point::new((before.x - tip.x) / length, (before.y - tip.y) / length);
        let at = |back: f32, aside: f32| {
            Point::new(
                tip.x + along.x * back - along.y * aside,
                tip.y + along.y * back + along.x * aside,
            )
        };
        let (reach, half) = HEAD_PX;
        let color = paint.stroke;
        match marker {
            Marker::None => {}
            Marker::Arrow => put!(
                self,
                r#"<path d="{}Z" fill="{color}"/>"#,
                path(&[tip, at(reach, half), at(reach, -half)])
            ),
            Marker::Circle => {
                let center = at(5.0, 0.0);
                put!(
                    self,
                    r#"<circle cx="{:.2}" cy="{:.2}" r="4" fill="{}" stroke="{color}" stroke-width="1.5"/>"#,
                    center.x,
                    center.y,
                    self.theme.ground
                );
            }
            Marker::Cross => {
                for side in [-4.0, 4.0] {
                    put!(
                        self,
                        r#"<path d="{}" fill="none" stroke="{color}" stroke-width="2"/>"#,
                        path(&[at(2.0, side), at(10.0, -side)])
                    );
                }
            }
        }
    }

    fn edge_label(&mut self, edge: &Edge, placed: &PlacedEdge) {
        let Some(label) = placed
            .label
            .as_ref()
            .filter(|_| edge.stroke != Stroke::Invisible)
        else {
            return;
        };
        let paint = self.theme.edge(&edge.style, edge.stroke);
        self.plate(&label.rect, paint.ground);
        self.text(&label.text, &label.rect, &paint);
    }

    /// The ground of a text that lines may run beneath.
    fn plate(&mut self, rect: &Rect, color: Color) {
        let Rect { min, .. } = rect;
        let size = rect.size();
        put!(
            self,
            r#"<rect x="{:.2}" y="{:.2}" width="{:.2}" height="{:.2}" rx="3" fill="{color}" fill-opacity="0.85"/>"#,
            min.x,
            min.y,
            size.width,
            size.height
        );
    }

    /// A block of text in the middle of a rectangle, run by run.
    fn text(&mut self, block: &TextBlock, rect: &Rect, paint: &Paint) {
        let center = rect.center();
        let mut top = center.y - block.size.height / 2.0;
        for line in &block.lines {
            let mut x = center.x - line.width_px / 2.0;
            for run in &line.runs {
                let face = Face {
                    size_px: block.size_px * run.look.scale,
                    is_bold: run.look.is_bold || block.is_bold,
                    is_italic: run.look.is_italic || block.is_italic,
                };
                let width_px = self.measure.width_px(&run.text, face);
                let color = run
                    .look
                    .color
                    .map_or(paint.text, |color| color.readable_on(paint.ground));
                self.run(
                    &run.text,
                    Point::new(x, top + line.height_px * 0.73),
                    width_px,
                    face,
                    color,
                );
                x += width_px;
            }
            top += line.height_px;
        }
    }

    fn run(&mut self, text: &str, at: Point, width_px: f32, face: Face, color: Color) {
        if text.trim().is_empty() {
            return;
        }
        let weight = match (face.is_bold, self.measure.font().has_bold) {
            (false, _) => String::new(),
            (true, true) => r#" font-weight="bold""#.to_owned(),
            (true, false) => format!(
                r#" stroke="{color}" stroke-width="{:.2}""#,
                face.size_px * BOLD_SHIFT
            ),
        };
        let slant = if face.is_italic {
            r#" font-style="italic""#
        } else {
            ""
        };
        put!(
            self,
            r#"<text x="{:.2}" y="{:.2}" font-size="{:.2}"{weight}{slant} fill="{color}" textLength="{width_px:.2}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">{}</text>"#,
            at.x,
            at.y,
            face.size_px,
            escaped(text)
        );
    }
}

/// How far the line stops before its tip, so that it does not show behind the marker.
fn held_back_px(marker: Marker) -> f32 {
    match marker {
        Marker::None => 0.0,
        Marker::Arrow => HEAD_PX.0 - 1.0,
        Marker::Circle => 9.0,
        Marker::Cross => 6.0,
    }
}

fn line_of(paint: &Paint) -> String {
    let dash = paint
        .dash_px
        .map(|[dash, gap]| format!(r#" stroke-dasharray="{dash} {gap}""#));
    format!(
        r#"stroke="{}" stroke-width="{}"{}"#,
        paint.stroke,
        paint.stroke_width_px,
        dash.unwrap_or_default()
    )
}

fn path(points: &[Point]) -> String {
    let mut path = String::new();
    for (index, point) in points.iter().enumerate() {
        let _ = write!(
            path,
            "{}{:.2} {:.2}",
            if index == 0 { "M" } else { "L" },
            point.x,
            point.y
        );
    }
    path
}

/// A way with its corners rounded.
fn rounded_path(points: &[Point]) -> String {
    let mut path = path(&points[..1]);
    for corner in points.windows(3) {
        let (before, at, after) = (corner[0], corner[1], corner[2]);
        let near = |other: Point| {
            let distance = at.distance(other).max(0.01);
            at.toward(other, (CORNER_PX / distance).min(0.5))
        };
        let (begin, end) = (near(before), near(after));
        let _ = write!(
            path,
            "L{:.2} {:.2}Q{:.2} {:.2} {:.2} {:.2}",
            begin.x, begin.y, at.x, at.y, end.x, end.y
        );
    }
    if let Some(last) = points.last() {
        let _ = write!(path, "L{:.2} {:.2}", last.x, last.y);
    }
    path
}

/// A text without what means something to XML, and without characters that XML does not allow.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
