//! Shapes as polygons: how large they are around a text, what is drawn, and where an edge meets them.

use super::Shape;
use super::picture::{Point, Rect, Size};

/// A shape in its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    /// Its border, closed; curves are cut into short lines.
    pub border: Vec<Point>,
    /// Lines within it.
    pub details: Vec<Vec<Point>>,
}

/// Room between text and border where a node says nothing about it: top, right, bottom, left.
pub(super) const PADDING_PX: [f32; 4] = [12.0, 18.0, 12.0, 18.0];

impl Shape {
    /// The size of the shape around an inner rectangle: text and padding.
    pub(super) fn size_around(self, inner: Size) -> Size {
        let Size { width, height } = inner;
        let (width, height) = match self {
            Self::Rectangle | Self::Rounded | Self::Text => (width, height),
            Self::Stadium => (width + height * 0.4, height),
            Self::Subroutine => (width + 16.0, height),
            Self::Cylinder => (width, height + 20.0),
            Self::Circle => (width.hypot(height) * 0.95, width.hypot(height) * 0.95),
            Self::DoubleCircle => (
                width.hypot(height) * 0.95 + 10.0,
                width.hypot(height) * 0.95 + 10.0,
            ),
            // The inner rectangle's corners lie on the sides: width/w + height/h = 1.
            Self::Diamond => (width + height * 1.1, height + width * 0.55),
            Self::Flag | Self::Hexagon => (width + height * 0.5, height),
            Self::LeanRight | Self::LeanLeft | Self::Trapezoid | Self::TrapezoidDown => {
                (width + height * 0.8, height)
            }
            Self::Document => (width, height + 14.0),
            Self::Triangle | Self::TriangleDown => (width * 1.6 + 16.0, height * 2.4),
            Self::Bar => (70.0, 10.0),
        };
        Size { width, height }
    }

    /// How far the text's middle lies below that of the shape.
    pub(super) fn text_offset_px(self, size: Size) -> f32 {
        match self {
            Self::Cylinder => 8.0,
            Self::Document => -6.0,
            Self::Triangle => size.height * 0.22,
            Self::TriangleDown => -size.height * 0.22,
            _ => 0.0,
        }
    }
}

impl Outline {
    /// The outline of a shape that fills `rect`.
    pub fn new(shape: Shape, rect: &Rect) -> Self {
        let Size { width, height } = rect.size();
        let at = |x: f32, y: f32| Point::new(rect.min.x + x * width, rect.min.y + y * height);
        let polygon = |corners: &[(f32, f32)]| corners.iter().map(|&(x, y)| at(x, y)).collect();
        // A length of the height as a share of the width.
        let slant = |share: f32| (share * height / width.max(1.0)).min(0.45);
        let border = match shape {
            Shape::Rectangle | Shape::Subroutine | Shape::Text => rounded(rect, 3.0),
            Shape::Bar => rounded(rect, 2.0),
            Shape::Rounded => rounded(rect, 10.0),
            Shape::Stadium => rounded(rect, width.min(height) / 2.0),
            Shape::Circle | Shape::DoubleCircle => {
                arc(rect.center(), width / 2.0, height / 2.0, 0.0, 1.0)
            }
            Shape::Cylinder => cylinder(rect),
            Shape::Flag => polygon(&[
                (0.0, 0.0),
                (1.0, 0.0),
                (1.0, 1.0),
                (0.0, 1.0),
                (slant(0.4), 0.5),
            ]),
            Shape::Diamond => polygon(&[(0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)]),
            Shape::Hexagon => {
                let s = slant(0.25);
                polygon(&[
                    (s, 0.0),
                    (1.0 - s, 0.0),
                    (1.0, 0.5),
                    (1.0 - s, 1.0),
                    (s, 1.0),
                    (0.0, 0.5),
                ])
            }
            Shape::LeanRight => polygon(&[
                (slant(0.4), 0.0),
                (1.0, 0.0),
                (1.0 - slant(0.4), 1.0),
                (0.0, 1.0),
            ]),
            Shape::LeanLeft => polygon(&[
                (0.0, 0.0),
                (1.0 - slant(0.4), 0.0),
                (1.0, 1.0),
                (slant(0.4), 1.0),
            ]),
            Shape::Trapezoid => polygon(&[
                (slant(0.4), 0.0),
                (1.0 - slant(0.4), 0.0),
                (1.0, 1.0),
                (0.0, 1.0),
            ]),
            Shape::TrapezoidDown => polygon(&[
                (0.0, 0.0),
                (1.0, 0.0),
                (1.0 - slant(0.4), 1.0),
                (slant(0.4), 1.0),
            ]),
            Shape::Triangle => polygon(&[(0.5, 0.0), (1.0, 1.0), (0.0, 1.0)]),
            Shape::TriangleDown => polygon(&[(0.0, 0.0), (1.0, 0.0), (0.5, 1.0)]),
            Shape::Document => document(rect),
        };
        Self {
            border,
            details: details(shape, rect),
        }
    }

    /// Where a line from `outside` to `inside` meets the border first; without a meeting, the border's closest point.
    pub fn meet(&self, outside: Point, inside: Point) -> Point {
        let hits = self
            .sides()
            .filter_map(|(a, b)| crossing(outside, inside, a, b));
        if let Some(share) = hits.reduce(f32::min) {
            return outside.toward(inside, share);
        }
        self.closest(outside)
    }

    /// The point of the border that is closest.
    pub fn closest(&self, to: Point) -> Point {
        let points = self.sides().map(|(a, b)| {
            let (along, wanted) = (b.minus(a), to.minus(a));
            let length = (along.x * along.x + along.y * along.y).max(1e-6);
            let share = (along.x * wanted.x + along.y * wanted.y) / length;
            a.toward(b, share.clamp(0.0, 1.0))
        });
        let closest = points.min_by(|a, b| a.distance(to).total_cmp(&b.distance(to)));
        closest.unwrap_or(to)
    }

    /// The rectangle around it.
    pub(super) fn bounds(&self) -> Rect {
        let points = self.border.iter().map(|&point| Rect {
            min: point,
            max: point,
        });
        points.reduce(|a, b| a.union(&b)).unwrap_or_default()
    }

    /// A point well within: what edges point at.
    pub(super) fn middle(&self) -> Point {
        self.bounds().center()
    }

    /// Whether a point lies within, by the number of sides that a ray from it meets.
    pub(super) fn contains(&self, point: Point) -> bool {
        let meets = |&(a, b): &(Point, Point)| {
            (a.y > point.y) != (b.y > point.y)
                && point.x < a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x)
        };
        self.sides().filter(meets).count() % 2 == 1
    }

    fn sides(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        let ends = self.border.iter().cycle().skip(1);
        self.border.iter().copied().zip(ends.copied())
    }
}

/// The share of the way from `a` to `b` at which it crosses the line between `c` and `d`.
fn crossing(a: Point, b: Point, c: Point, d: Point) -> Option<f32> {
    let (way, side, gap) = (b.minus(a), d.minus(c), c.minus(a));
    let cross = |p: Point, q: Point| p.x * q.y - p.y * q.x;
    let scale = cross(way, side);
    if scale.abs() < 1e-9 {
        return None;
    }
    let (along, across) = (cross(gap, side) / scale, cross(gap, way) / scale);
    let is_hit = (0.0..=1.0).contains(&along) && (-1e-4..=1.000_1).contains(&across);
    is_hit.then_some(along)
}

/// Points of an ellipse from `begin` to `end`, in turns, clockwise from the right.
fn arc(center: Point, rx: f32, ry: f32, begin: f32, end: f32) -> Vec<Point> {
    let steps = (((end - begin).abs() * 64.0).ceil() as usize).max(1);
    let point = |step: usize| {
        let turn = begin + (end - begin) * step as f32 / steps as f32;
        let (sin, cos) = (turn * std::f32::consts::TAU).sin_cos();
        center.plus(Point::new(rx * cos, ry * sin))
    };
    (0..=steps).map(point).collect()
}

fn rounded(rect: &Rect, radius: f32) -> Vec<Point> {
    let Size { width, height } = rect.size();
    let r = radius.min(width / 2.0).min(height / 2.0);
    let corners = [
        (rect.max.x - r, rect.min.y + r, -0.25),
        (rect.max.x - r, rect.max.y - r, 0.0),
        (rect.min.x + r, rect.max.y - r, 0.25),
        (rect.min.x + r, rect.min.y + r, 0.5),
    ];
    let corner = |(x, y, turn): (f32, f32, f32)| arc(Point::new(x, y), r, r, turn, turn + 0.25);
    corners.into_iter().flat_map(corner).collect()
}

/// Half the height of the lid.
fn lid_px(rect: &Rect) -> f32 {
    (rect.size().height * 0.12).min(10.0)
}

fn cylinder(rect: &Rect) -> Vec<Point> {
    let (lid, rx) = (lid_px(rect), rect.size().width / 2.0);
    let x = rect.center().x;
    let mut border = arc(Point::new(x, rect.min.y + lid), rx, lid, 0.5, 1.0);
    border.extend(arc(Point::new(x, rect.max.y - lid), rx, lid, 0.0, 0.5));
    border
}

fn document(rect: &Rect) -> Vec<Point> {
    let Size { width, .. } = rect.size();
    let wave = 7.0;
    let mut border = vec![rect.min, Point::new(rect.max.x, rect.min.y)];
    border.extend((0..=24).map(|step| {
        let share = 1.0 - step as f32 / 24.0;
        let lift = wave + wave * (share * std::f32::consts::TAU).sin();
        Point::new(rect.min.x + share * width, rect.max.y - lift)
    }));
    border
}

fn details(shape: Shape, rect: &Rect) -> Vec<Vec<Point>> {
    let upright = |x: f32| vec![Point::new(x, rect.min.y), Point::new(x, rect.max.y)];
    match shape {
        Shape::Subroutine => vec![upright(rect.min.x + 8.0), upright(rect.max.x - 8.0)],
        Shape::DoubleCircle => {
            let Size { width, height } = rect.size();
            vec![arc(
                rect.center(),
                width / 2.0 - 5.0,
                height / 2.0 - 5.0,
                0.0,
                1.0,
            )]
        }
        Shape::Cylinder => {
            let lid = lid_px(rect);
            let center = Point::new(rect.center().x, rect.min.y + lid);
            vec![arc(center, rect.size().width / 2.0, lid, 0.0, 0.5)]
        }
        _ => Vec::new(),
    }
}
