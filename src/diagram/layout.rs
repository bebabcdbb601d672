//! Positions: how large everything is, and the picture from where the levels put it.

use super::label::{BASE_SIZE_PX, Label};
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
    /// Room for what is drawn beneath a node's text: live values, a sparkline. It belongs to the node whether or not anything is
    /// drawn there, so that nothing moves when it is.
    pub extra: &'a dyn Fn(&Node) -> Size,
    /// Lines are broken behind this width.
    pub max_text_width_px: f32,
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
        }
    }
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

/// The rim around the picture.
const MARGIN_PX: f32 = 16.0;

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
    };
    let level = Nest::new(diagram, &sizes).place()?;
    let by = Point::new(MARGIN_PX, MARGIN_PX);
    let mut picture = Picture {
        size: Size {
            width: level.size.width + 2.0 * MARGIN_PX,
            height: level.size.height + 2.0 * MARGIN_PX,
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
    block(&node.label, &node.style, BASE_SIZE_PX, options)
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

/// Room between text and border: the node's own padding is added to the shape's.
fn padding(node: &Node) -> [f32; 4] {
    std::array::from_fn(|side| PADDING_PX[side].max(node.style.padding_px[side].unwrap_or(0.0)))
}

fn node_size(node: &Node, text: &TextBlock, options: &LayoutOptions<'_>) -> Size {
    let extra = (options.extra)(node);
    let [top, right, bottom, left] = padding(node);
    let inner = Size {
        width: text.size.width.max(extra.width) + left + right,
        height: text.size.height + extra.height + top + bottom,
    };
    node.shape.size_around(inner)
}

fn placed_node(
    node: &Node,
    rect: Rect,
    text: TextBlock,
    options: &LayoutOptions<'_>,
) -> PlacedNode {
    let extra = (options.extra)(node);
    let [top, _, bottom, _] = padding(node);
    let below = node.shape.text_offset_px(rect.size()) + (top - bottom) / 2.0 - extra.height / 2.0;
    let center = rect.center().plus(Point::new(0.0, below));
    PlacedNode {
        rect,
        text_rect: Rect::around(center, text.size),
        text,
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
