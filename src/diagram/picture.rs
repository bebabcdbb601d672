//! Where everything is: what whoever draws a diagram needs, in the order of the [`super::Diagram`]'s own lists.

use super::measure::TextBlock;

/// A point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Downwards.
    pub y: f32,
}

/// Width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Its top left corner.
    pub min: Point,
    /// Its bottom right corner.
    pub max: Point,
}

impl Point {
    /// A point.
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// This point, moved.
    #[must_use]
    pub fn plus(self, by: Self) -> Self {
        Self::new(self.x + by.x, self.y + by.y)
    }

    /// From `by` to this point.
    #[must_use]
    pub fn minus(self, by: Self) -> Self {
        Self::new(self.x - by.x, self.y - by.y)
    }

    /// The point at `share` of the way to `other`.
    #[must_use]
    pub fn toward(self, other: Self, share: f32) -> Self {
        Self::new(
            self.x + (other.x - self.x) * share,
            self.y + (other.y - self.y) * share,
        )
    }

    /// How far away `other` is.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

impl Rect {
    /// By its centre.
    pub fn around(center: Point, size: Size) -> Self {
        let half = Point::new(size.width / 2.0, size.height / 2.0);
        Self {
            min: center.minus(half),
            max: center.plus(half),
        }
    }

    /// Its middle.
    pub fn center(&self) -> Point {
        self.min.toward(self.max, 0.5)
    }

    /// Its size.
    pub fn size(&self) -> Size {
        Size {
            width: self.max.x - self.min.x,
            height: self.max.y - self.min.y,
        }
    }

    /// Whether the two have more than a border in common, by `slack` at least.
    pub fn overlaps(&self, other: &Self, slack: f32) -> bool {
        self.min.x + slack < other.max.x
            && other.min.x + slack < self.max.x
            && self.min.y + slack < other.max.y
            && other.min.y + slack < self.max.y
    }

    /// Whether `other` lies within, `slack` outside at most.
    pub fn contains(&self, other: &Self, slack: f32) -> bool {
        self.min.x - slack <= other.min.x
            && self.min.y - slack <= other.min.y
            && self.max.x + slack >= other.max.x
            && self.max.y + slack >= other.max.y
    }

    /// Whether a point lies within.
    pub fn contains_point(&self, point: Point) -> bool {
        self.contains(
            &Self {
                min: point,
                max: point,
            },
            0.0,
        )
    }

    /// This rectangle, moved.
    #[must_use]
    pub fn moved(&self, by: Point) -> Self {
        Self {
            min: self.min.plus(by),
            max: self.max.plus(by),
        }
    }

    /// The smallest rectangle around both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            min: Point::new(self.min.x.min(other.min.x), self.min.y.min(other.min.y)),
            max: Point::new(self.max.x.max(other.max.x), self.max.y.max(other.max.y)),
        }
    }
}

/// A laid out diagram.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Everything lies between (0, 0) and this.
    pub size: Size,
    /// One for each node.
    pub nodes: Vec<PlacedNode>,
    /// One for each edge.
    pub edges: Vec<PlacedEdge>,
    /// One for each subgraph.
    pub subgraphs: Vec<PlacedSubgraph>,
}

/// A node in its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlacedNode {
    /// The rectangle that its shape fills.
    pub rect: Rect,
    /// Its text.
    pub text: TextBlock,
    /// The text's place.
    pub text_rect: Rect,
    /// The room for live values that [`super::LayoutOptions::extra`] asked for.
    pub extra_rect: Rect,
}

/// An edge in its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlacedEdge {
    /// From its beginning to its end; corners may be rounded.
    pub points: Vec<Point>,
    /// What is written on it.
    pub label: Option<PlacedLabel>,
}

/// What is written on an edge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlacedLabel {
    /// Its place.
    pub rect: Rect,
    /// Its text.
    pub text: TextBlock,
}

/// A frame in its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlacedSubgraph {
    /// Its border.
    pub rect: Rect,
    /// Its title.
    pub title: TextBlock,
    /// The title's place, within the border.
    pub title_rect: Rect,
}
