//! Mermaid text → nodes and edges → positions. Nothing here knows the window.
//!
//! [`blocks`] finds the diagrams in a file, [`parse()`] reads one of them into a [`Diagram`] and [`Diagnostic`]s,
//! [`lay_out`] gives every node, edge and subgraph its place in a [`Picture`], and [`svg()`] writes that as a file.
//! Lengths are in points of the picture (CSS pixels of the SVG), y grows downwards.

mod annotate;
mod label;
mod layout;
mod limits;
mod measure;
mod nest;
mod outline;
mod parse;
mod picture;
mod png;
mod recover;
mod spread;
mod style;
mod svg;
mod text;

pub use annotate::annotated;
pub use label::{Label, Line, Look, Run};
pub use layout::{ExtraAt, LayoutError, LayoutOptions, Spacing, lay_out};
pub use limits::{MAX_BYTES, MAX_EDGES, MAX_NESTING, MAX_NODES, MAX_SUBGRAPHS};
pub use measure::{
    BOLD_SHIFT, Face, LINE_HEIGHT, MeasureText, TextBlock, TextLine, WidthTable, WindowWidths,
};
pub use outline::Outline;
pub use parse::parse;
pub use picture::{
    Picture, PlacedEdge, PlacedLabel, PlacedNode, PlacedSubgraph, Point, Rect, Size,
};
pub use png::{PngError, png};
pub use style::{Color, Paint, Style, Theme};
pub use svg::svg;
pub use text::{Block, blocks};

/// A flowchart as it was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagram {
    /// The title of the front matter.
    pub title: Option<String>,
    /// Where the ranks go.
    pub direction: Direction,
    /// In the order in which they were first named.
    pub nodes: Vec<Node>,
    /// In the order in which they were written.
    pub edges: Vec<Edge>,
    /// Outer ones before those within.
    pub subgraphs: Vec<Subgraph>,
}

/// Where the ranks of a diagram go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub enum Direction {
    /// Downwards (`TB`, `TD`).
    #[default]
    #[serde(rename = "TB")]
    Down,
    /// Upwards (`BT`).
    #[serde(rename = "BT")]
    Up,
    /// To the right (`LR`).
    #[serde(rename = "LR")]
    Right,
    /// To the left (`RL`).
    #[serde(rename = "RL")]
    Left,
}

/// A node. Its name, [`Node::id`], is what a probe is bound to.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name in the text.
    pub id: String,
    /// What is written in it.
    pub label: Label,
    /// Its outline.
    pub shape: Shape,
    /// The name of its shape as Mermaid writes it: `rounded`, `squareRect`, `diamond`, …
    pub shape_name: String,
    /// Its classes.
    pub classes: Vec<String>,
    /// What its classes and its own `style` say.
    pub style: Style,
    /// The subgraph that it lies in: an index of [`Diagram::subgraphs`].
    pub parent: Option<usize>,
}

/// What an edge is tied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// An index of [`Diagram::nodes`].
    Node(usize),
    /// An index of [`Diagram::subgraphs`].
    Subgraph(usize),
}

/// An edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Where it begins.
    pub from: End,
    /// Where it ends.
    pub to: End,
    /// What is written on it; empty if nothing is.
    pub label: Label,
    /// Its line.
    pub stroke: Stroke,
    /// What is drawn at its beginning and at its end.
    pub markers: [Marker; 2],
    /// The ranks that it spans at least, from 1.
    pub length: usize,
    /// What its classes and `linkStyle` say.
    pub style: Style,
}

/// The line of an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stroke {
    /// `---`
    #[default]
    Solid,
    /// `-.-`
    Dotted,
    /// `===`
    Thick,
    /// `~~~`: it counts in the layout and is not drawn.
    Invisible,
}

/// What is drawn at an end of an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marker {
    /// Nothing.
    #[default]
    None,
    /// `>`
    Arrow,
    /// `o`
    Circle,
    /// `x`
    Cross,
}

/// A frame around nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Subgraph {
    /// Its name in the text; if it has none, its title, or one that was made up.
    pub id: String,
    /// What is written at its top.
    pub title: Label,
    /// Its own direction. It counts unless an edge leads from a node in it to one outside, as in Mermaid.
    pub direction: Option<Direction>,
    /// What its classes and its own `style` say.
    pub style: Style,
    /// The subgraph around it: an index below its own.
    pub parent: Option<usize>,
}

/// The outlines that are told apart. Shapes of Mermaid that are not among them are drawn as the one that is closest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// `[text]`
    #[default]
    Rectangle,
    /// `(text)`
    Rounded,
    /// `([text])`
    Stadium,
    /// `[[text]]`
    Subroutine,
    /// `[(text)]`
    Cylinder,
    /// `((text))`
    Circle,
    /// `(((text)))`
    DoubleCircle,
    /// `>text]`
    Flag,
    /// `{text}`
    Diamond,
    /// `{{text}}`
    Hexagon,
    /// `[/text/]`
    LeanRight,
    /// `[\text\]`
    LeanLeft,
    /// `[/text\]`
    Trapezoid,
    /// `[\text/]`
    TrapezoidDown,
    /// `@{ shape: doc }`
    Document,
    /// `@{ shape: tri }`
    Triangle,
    /// `@{ shape: flip-tri }`
    TriangleDown,
    /// `@{ shape: fork }`: a bar, without text
    Bar,
    /// `@{ shape: text }`: text alone
    Text,
}

/// What the reader has to know about a place in the text.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Diagnostic {
    /// From 1, in the file.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong and what was done.
    pub message: String,
}

impl Diagram {
    /// The name of an edge's end.
    pub fn end_id(&self, end: End) -> &str {
        match end {
            End::Node(node) => &self.nodes[node].id,
            End::Subgraph(subgraph) => &self.subgraphs[subgraph].id,
        }
    }

    /// The subgraph around an end.
    pub fn parent(&self, end: End) -> Option<usize> {
        match end {
            End::Node(node) => self.nodes[node].parent,
            End::Subgraph(subgraph) => self.subgraphs[subgraph].parent,
        }
    }

    /// The subgraphs around an end, from the inside out.
    pub fn ancestors(&self, end: End) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.parent(end), |&inner| self.subgraphs[inner].parent)
    }
}
