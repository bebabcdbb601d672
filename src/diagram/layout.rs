//! Positions: how large everything is, and the picture from where the levels put it.

use super::label::BASE_SIZE_PX;
use super::label::Label;
use super::measure::{Letters, MeasureText, TextBlock};
use super::nest::{Nest, Sizes};
use super::outline::PADDING_PX;
use super::picture::{
    Picture, PlacedEdge, PlacedLabel, PlacedNode, PlacedSubgraph, Point, Rect, Size,
};
use super::style::Style;
use super::{Diagram, Node, Shape, Subgraph};

/// What whoever draws knows and the diagram does not.
#[derive(Clone, Copy)]
pub struct LayoutOptions<'a> {
    /// How wide letters are.
    pub measure: &'a dyn MeasureText,
    /// Room for what is drawn beneath a node's text, or beside it: live values, a sparkline. It belongs to the node whether or not anything is
    /// drawn there, so that nothing moves when it is.
    pub extra: &'a dyn Fn(&Node) -> Size,
    /// Lines are broken behind this width.
    pub max_text_width_px: f32,
    /// How far apart everything is.
    pub spacing: Spacing,
}

impl<'a> LayoutOptions<'a> {
    /// Nothing beneath the texts; lines of 260 points at most.
    pub fn new(measure: &'a dyn MeasureText) -> Self {
        Self {
            measure,
            extra: &|_| Size {
                width: 0.0,
                height: 0.0,
            },
            max_text_width_px: 260.0,
            spacing: Spacing::ROOMY,
        }
    }
}

/// Where the room for live values is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExtraAt {
    /// Beneath the text.
    #[default]
    Below,
    /// At the right of the text, which then begins at the left: rows of a narrow diagram.
    Beside,
}

/// How far apart everything is, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spacing {
    /// From rank to rank.
    pub rank_gap_px: f32,
    /// From node to node of a rank.
    pub node_gap_px: f32,
    /// The rim around the picture.
    pub margin_px: f32,
    /// Room between text and border where a node says nothing about it: top, right, bottom, left.
    pub padding_px: [f32; 4],
    /// Letters of nodes.
    pub text_px: f32,
    /// Where the room for live values is.
    pub extra_at: ExtraAt,
    /// Text and room for live values are taken to be at least this wide, so that rows line up.
    pub least_width_px: f32,
}

impl Spacing {
    /// As a page has room for it.
    pub const ROOMY: Self = Self {
        rank_gap_px: 54.0,
        node_gap_px: 36.0,
        margin_px: 16.0,
        padding_px: PADDING_PX,
        text_px: BASE_SIZE_PX,
        extra_at: ExtraAt::Below,
        least_width_px: 0.0,
    };
    /// Rows in a narrow panel.
    pub const ROWS: Self = Self {
        rank_gap_px: 11.0,
        node_gap_px: 14.0,
        margin_px: 3.0,
        padding_px: [2.0, 10.0, 3.0, 12.0],
        text_px: 13.0,
        extra_at: ExtraAt::Beside,
        least_width_px: 226.0,
    };
}

/// Why a diagram has no layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the diagram could not be laid out: {reason}. Take edges out until it can be, and report it with the diagram"
)]
pub struct LayoutError {
    /// In the words of the layout library.
    pub(super) reason: String,
}

/// Gives everything its place. The same diagram and measure give the same picture.
///
/// # Errors
/// If the layout library fails on the diagram.
pub fn lay_out(diagram: &Diagram, options: &LayoutOptions<'_>) -> Result<Picture, LayoutError> {
    let texts: Vec<TextBlock> = diagram
        .nodes
        .iter()
        .map(|node| node_text(node, options))
        .collect();
    let titles: Vec<TextBlock> = diagram
        .subgraphs
        .iter()
        .map(|subgraph| title(subgraph, options))
        .collect();
    let labels: Vec<TextBlock> = diagram
        .edges
        .iter()
        .map(|edge| block(&edge.label, &edge.style, 14.0, options))
        .collect();
    let sizes = Sizes {
        nodes: diagram
            .nodes
            .iter()
            .zip(&texts)
            .map(|(node, text)| node_size(node, text, options))
            .collect(),
        titles: titles.iter().map(|title| title.size).collect(),
        labels: labels.iter().map(label_size).collect(),
        rank_gap_px: options.spacing.rank_gap_px,
        node_gap_px: options.spacing.node_gap_px,
    };
    let level = Nest::new(diagram, &sizes).place()?;
    let margin_px = options.spacing.margin_px;
    let by = Point::new(margin_px, margin_px);
    let mut picture = Picture {
        size: Size {
            width: level.size.width + 2.0 * margin_px,
            height: level.size.height + 2.0 * margin_px,
        },
        nodes: vec![PlacedNode::default(); diagram.nodes.len()],
        edges: vec![PlacedEdge::default(); diagram.edges.len()],
        subgraphs: vec![PlacedSubgraph::default(); diagram.subgraphs.len()],
    };
    for (index, rect) in level.nodes {
        picture.nodes[index] = placed_node(
            &diagram.nodes[index],
            rect.moved(by),
            texts[index].clone(),
            options,
        );
    }
    for (index, rect) in level.frames {
        picture.subgraphs[index] = placed_frame(rect.moved(by), titles[index].clone());
    }
    for (index, route) in level.edges {
        let center = route
            .label
            .filter(|_| !diagram.edges[index].label.is_empty());
        picture.edges[index] = PlacedEdge {
            points: route.points.iter().map(|point| point.plus(by)).collect(),
            label: center.map(|center| PlacedLabel {
                rect: Rect::around(center.plus(by), sizes.labels[index]),
                text: labels[index].clone(),
            }),
        };
    }
    Ok(picture)
}

fn block(label: &Label, style: &Style, size_px: f32, options: &LayoutOptions<'_>) -> TextBlock {
    let letters = Letters {
        measure: options.measure,
        size_px: style.font_size_px.unwrap_or(size_px),
        is_bold: style.is_bold.unwrap_or(false),
        is_italic: style.is_italic.unwrap_or(false),
    };
    letters.block(label, options.max_text_width_px)
}

fn node_text(node: &Node, options: &LayoutOptions<'_>) -> TextBlock {
    if node.shape == Shape::Bar {
        return TextBlock::default();
    }
    block(&node.label, &node.style, options.spacing.text_px, options)
}

fn title(subgraph: &Subgraph, options: &LayoutOptions<'_>) -> TextBlock {
    block(&subgraph.title, &subgraph.style, 15.0, options)
}

/// A label's room: a little around it, so that the line that it interrupts does not touch the letters.
fn label_size(text: &TextBlock) -> Size {
    if text.lines.is_empty() {
        return Size::default();
    }
    Size {
        width: text.size.width + 8.0,
        height: text.size.height + 4.0,
    }
}

/// Room between text and border: top, right, bottom, left. The larger one of the node's own and the usual one counts.
fn padding(node: &Node, usual: [f32; 4]) -> [f32; 4] {
    std::array::from_fn(|side| usual[side].max(node.style.padding_px[side].unwrap_or(0.0)))
}

fn node_size(node: &Node, text: &TextBlock, options: &LayoutOptions<'_>) -> Size {
    let extra = (options.extra)(node);
    let [top, right, bottom, left] = padding(node, options.spacing.padding_px);
    let (width, height) = match options.spacing.extra_at {
        ExtraAt::Below => (
            text.size.width.max(extra.width),
            text.size.height + extra.height,
        ),
        ExtraAt::Beside => (
            text.size.width + extra.width,
            text.size.height.max(extra.height),
        ),
    };
    let width = if node.shape == Shape::Bar {
        width
    } else {
        width.max(options.spacing.least_width_px)
    };
    node.shape.size_around(Size {
        width: width + left + right,
        height: height + top + bottom,
    })
}

fn placed_node(
    node: &Node,
    rect: Rect,
    text: TextBlock,
    options: &LayoutOptions<'_>,
) -> PlacedNode {
    let extra = (options.extra)(node);
    let [top, right, bottom, left] = padding(node, options.spacing.padding_px);
    let middle = rect.center().plus(Point::new(
        0.0,
        node.shape.text_offset_px(rect.size()) + (top - bottom) / 2.0,
    ));
    let text_rect = match options.spacing.extra_at {
        ExtraAt::Below => {
            Rect::around(middle.plus(Point::new(0.0, -extra.height / 2.0)), text.size)
        }
        ExtraAt::Beside if extra.width > 0.0 => {
            let inner = node.shape.size_around(Size {
                width: 0.0,
                height: rect.size().height,
            });
            let begin = rect.min.x + inner.width / 2.0 + left;
            Rect::around(
                Point::new(begin + text.size.width / 2.0, middle.y),
                text.size,
            )
        }
        ExtraAt::Beside => Rect::around(
            middle.plus(Point::new((left - right) / 2.0, 0.0)),
            text.size,
        ),
    };
    let extra_rect = match options.spacing.extra_at {
        ExtraAt::Below => Rect {
            min: Point::new(middle.x - extra.width / 2.0, text_rect.max.y),
            max: Point::new(middle.x + extra.width / 2.0, text_rect.max.y + extra.height),
        },
        ExtraAt::Beside => {
            let end = rect.max.x - (text_rect.min.x - rect.min.x - left) - right;
            Rect {
                min: Point::new(end - extra.width, middle.y - extra.height / 2.0),
                max: Point::new(end, middle.y + extra.height / 2.0),
            }
        }
    };
    PlacedNode {
        rect,
        text,
        text_rect,
        extra_rect,
    }
}

fn placed_frame(rect: Rect, title: TextBlock) -> PlacedSubgraph {
    // At the left: edges come in at the middle.
    let corner = rect.min.plus(Point::new(
        super::nest::FRAME_PADDING_PX,
        super::nest::TITLE_ABOVE_PX,
    ));
    PlacedSubgraph {
        rect,
        title_rect: Rect {
            min: corner,
            max: corner.plus(Point::new(title.size.width, title.size.height)),
        },
        title,
    }
}
