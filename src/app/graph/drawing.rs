//! From a text to a diagram in its places, on a thread of its own.

use std::sync::Arc;

use super::probe::Probe;
use super::view::Drawn;
use crate::diagram::{
    self, Block, Diagnostic, Direction, LayoutOptions, Node, Size, Spacing, WindowWidths,
};

/// What is to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    pub(super) text: Arc<str>,
    pub(super) is_markdown: bool,
    pub(super) block: usize,
    pub(super) direction: Option<Direction>,
    /// Rows of a narrow panel, or as a page has room for it.
    pub(super) is_in_rows: bool,
}

/// What became of it.
pub(super) struct Laid {
    /// `None` if nothing can be drawn.
    pub(super) drawn: Option<Drawn>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) blocks: usize,
}

/// Room for the live values of a bound node, and for the words of one that is not.
const BESIDE: [Size; 2] = [size(150.0, 30.0), size(70.0, 14.0)];
const BELOW: [Size; 2] = [size(156.0, 56.0), size(64.0, 15.0)];

const fn size(width: f32, height: f32) -> Size {
    Size { width, height }
}

fn extra(node: &Node, is_in_rows: bool) -> Size {
    let is_off = node.classes.iter().any(|class| class == "off");
    match (Probe::of_node(&node.id), is_in_rows) {
        (Some(_), true) if !is_off => BESIDE[0],
        (_, true) => BESIDE[1],
        (Some(_), false) => BELOW[0],
        (None, false) => BELOW[1],
    }
}

/// Parses and lays out. It never fails: what is wrong is told.
pub(super) fn draw(order: &Order, version: u64) -> Laid {
    let blocks = diagram::blocks(&order.text, order.is_markdown);
    let Some(block) = blocks.get(order.block).or_else(|| blocks.first()) else {
        let message = "There is no mermaid block here. One begins with a line ```mermaid";
        return Laid {
            drawn: None,
            diagnostics: vec![told(1, message.to_owned())],
            blocks: 0,
        };
    };
    let (drawn, diagnostics) = draw_block(block, order, version);
    Laid {
        drawn,
        diagnostics,
        blocks: blocks.len(),
    }
}

fn told(line: usize, message: String) -> Diagnostic {
    Diagnostic {
        line,
        column: 1,
        message,
    }
}

fn draw_block(block: &Block, order: &Order, version: u64) -> (Option<Drawn>, Vec<Diagnostic>) {
    let (mut diagram, mut diagnostics) = diagram::parse(block);
    if let Some(direction) = order.direction {
        diagram.direction = direction;
    }
    if diagram.nodes.is_empty() && diagram.subgraphs.is_empty() && !diagnostics.is_empty() {
        return (None, diagnostics);
    }
    let extra = |node: &Node| extra(node, order.is_in_rows);
    let options = LayoutOptions {
        extra: &extra,
        spacing: if order.is_in_rows {
            Spacing::ROWS
        } else {
            Spacing::ROOMY
        },
        ..LayoutOptions::new(&WindowWidths)
    };
    let picture = match diagram::lay_out(&diagram, &options) {
        Ok(picture) => picture,
        Err(error) => {
            diagnostics.push(told(block.first_line, error.to_string()));
            return (None, diagnostics);
        }
    };
    let probes = diagram.nodes.iter().map(|node| Probe::of_node(&node.id));
    let drawn = Drawn {
        version,
        probes: probes.collect(),
        diagram,
        picture,
        is_in_rows: order.is_in_rows,
        text: block.text.clone(),
    };
    (Some(drawn), diagnostics)
}
