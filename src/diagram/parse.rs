//! From the parser's model to ours: names become indices, declarations become styles, labels become runs.

use std::collections::HashMap;

use merman_core::diagrams::flowchart::{
    FlowEdge, FlowEdgeMarker, FlowEdgeStroke, FlowEdgeVisibility, FlowNode, FlowchartModel,
};

use super::label::Label;
use super::limits::{MAX_BYTES, MAX_EDGES, MAX_NODES};
use super::recover::{Found, Reader};
use super::style::Style;
use super::{
    Block, Diagnostic, Diagram, Direction, Edge, End, Marker, Node, Shape, Stroke, Subgraph,
};

/// Reads a diagram. It never fails: what cannot be read is left out and told, with its place in the file.
pub fn parse(block: &Block) -> (Diagram, Vec<Diagnostic>) {
    let too_large = Diagnostic {
        line: block.first_line,
        column: 1,
        message: format!(
            "the diagram is larger than {MAX_BYTES} bytes: nothing is drawn. Divide it into several"
        ),
    };
    if block.text.len() > MAX_BYTES {
        return (Diagram::default(), vec![too_large]);
    }
    let mut reader = Reader::new(&block.text);
    let diagram = reader.read().map(|found| adapt(&found, &mut reader));
    let mut diagnostics = reader.diagnostics;
    for diagnostic in &mut diagnostics {
        diagnostic.line += block.first_line - 1;
    }
    diagnostics.sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
    (diagram.unwrap_or_default(), diagnostics)
}

fn adapt(found: &Found, reader: &mut Reader) -> Diagram {
    let model = &found.model;
    let late_classes = late_classes(reader);
    let mut diagram = Diagram {
        title: found.title.clone(),
        direction: direction(model.direction.as_deref()).unwrap_or_default(),
        ..Diagram::default()
    };
    let parents = add_subgraphs(model, &mut diagram);
    let mut ends: HashMap<&str, End> = HashMap::new();
    for flow in model.nodes.iter().filter(|node| !node.is_subgraph_anchor()) {
        if diagram
            .subgraphs
            .iter()
            .any(|subgraph| subgraph.id == flow.id)
        {
            continue;
        }
        if diagram.nodes.len() == MAX_NODES {
            reader.tell(
                0,
                0,
                format!(
                    "more than {MAX_NODES} nodes: those behind `{}` are left out",
                    diagram.nodes[MAX_NODES - 1].id
                ),
            );
            break;
        }
        ends.insert(&flow.id, End::Node(diagram.nodes.len()));
        let late = late_classes
            .get(flow.id.as_str())
            .map_or(&[][..], Vec::as_slice);
        diagram.nodes.push(node(
            model,
            flow,
            late,
            parents.get(flow.id.as_str()).copied(),
        ));
    }
    for (index, subgraph) in diagram.subgraphs.iter().enumerate() {
        if let Some(flow) = model.subgraphs.iter().find(|flow| flow.id == subgraph.id) {
            ends.insert(&flow.id, End::Subgraph(index));
        }
    }
    add_edges(model, &ends, &mut diagram, reader);
    diagram
}

fn add_edges(
    model: &FlowchartModel,
    ends: &HashMap<&str, End>,
    diagram: &mut Diagram,
    reader: &mut Reader,
) {
    for flow in &model.edges {
        let (Some(&from), Some(&to)) = (ends.get(flow.from.as_str()), ends.get(flow.to.as_str()))
        else {
            continue;
        };
        if diagram.edges.len() == MAX_EDGES {
            reader.tell(
                0,
                0,
                format!("more than {MAX_EDGES} edges: the others are left out"),
            );
            return;
        }
        let around = |outer: End, inner: End| match outer {
            End::Subgraph(subgraph) => {
                outer == inner || diagram.ancestors(inner).any(|around| around == subgraph)
            }
            End::Node(_) => false,
        };
        if around(from, to) || around(to, from) {
            let place = place_of_edge(flow, reader);
            reader.tell(place, 0, format!("the edge from `{}` to `{}` joins a subgraph to what lies in it: it is left out", flow.from, flow.to));
            continue;
        }
        diagram.edges.push(edge(model, flow, from, to));
    }
}

/// The line that names both ends of an edge, as far as it can be found.
fn place_of_edge(flow: &FlowEdge, reader: &Reader) -> usize {
    let is_edge = |line: &str| {
        ["--", "==", "-.", "~~~"]
            .iter()
            .any(|link| line.contains(link))
    };
    let mut lines = reader.lines();
    let found = lines
        .position(|line| is_edge(line) && line.contains(&flow.from) && line.contains(&flow.to));
    found.unwrap_or(0)
}

/// Adds the subgraphs, outer ones first, and tells in which one each name lies.
fn add_subgraphs<'a>(model: &'a FlowchartModel, diagram: &mut Diagram) -> HashMap<&'a str, usize> {
    let flows = &model.subgraphs;
    let by_id: HashMap<&str, usize> = flows
        .iter()
        .enumerate()
        .rev()
        .map(|(index, flow)| (flow.id.as_str(), index))
        .collect();
    let mut around: HashMap<&str, usize> = HashMap::new();
    for (index, flow) in flows.iter().enumerate() {
        for child in &flow.nodes {
            let chain = std::iter::successors(Some(index), |&inner| {
                around.get(flows[inner].id.as_str()).copied()
            });
            let is_loop = chain
                .take(flows.len() + 1)
                .any(|outer| flows[outer].id == *child);
            if !is_loop && by_id.get(flow.id.as_str()) == Some(&index) {
                around.entry(child).or_insert(index);
            }
        }
    }
    let depth = |index: usize| {
        let chain = std::iter::successors(Some(index), |&inner| {
            around.get(flows[inner].id.as_str()).copied()
        });
        chain.take(flows.len() + 1).count()
    };
    let mut order: Vec<usize> = by_id.values().copied().collect();
    order.sort_by_key(|&index| (depth(index), index));
    let position: HashMap<usize, usize> = order
        .iter()
        .enumerate()
        .map(|(new, &old)| (old, new))
        .collect();
    for &index in &order {
        let flow = &flows[index];
        let mut style = Style::default();
        class_style(model, &flow.classes, &mut style);
        style.extend(flow.styles.iter().map(String::as_str));
        diagram.subgraphs.push(Subgraph {
            id: flow.id.clone(),
            title: label(&flow.title, flow.label_type.as_deref()),
            direction: direction(flow.dir.as_deref()),
            style,
            parent: around.get(flow.id.as_str()).map(|outer| position[outer]),
        });
    }
    around
        .into_iter()
        .map(|(child, index)| (child, position[&index]))
        .collect()
}

fn node(model: &FlowchartModel, flow: &FlowNode, late: &[String], parent: Option<usize>) -> Node {
    let mut classes = flow.classes.clone();
    classes.extend(
        late.iter()
            .filter(|class| !flow.classes.contains(class))
            .cloned(),
    );
    let mut style = Style::default();
    class_style(model, &["default".to_owned()], &mut style);
    class_style(model, &classes, &mut style);
    style.extend(flow.styles.iter().map(String::as_str));
    let shape_name = flow
        .layout_shape
        .clone()
        .unwrap_or_else(|| "squareRect".to_owned());
    Node {
        id: flow.id.clone(),
        label: label(
            flow.label.as_deref().unwrap_or(&flow.id),
            flow.label_type.as_deref(),
        ),
        shape: shape(&shape_name),
        shape_name,
        classes,
        style,
        parent,
    }
}

fn edge(model: &FlowchartModel, flow: &FlowEdge, from: End, to: End) -> Edge {
    let marker = |marker: FlowEdgeMarker| match marker {
        FlowEdgeMarker::None => Marker::None,
        FlowEdgeMarker::Point => Marker::Arrow,
        FlowEdgeMarker::Circle => Marker::Circle,
        FlowEdgeMarker::Cross => Marker::Cross,
    };
    let mut style = Style::default();
    if let Some(defaults) = &model.edge_defaults {
        style.extend(defaults.style.iter().map(String::as_str));
    }
    class_style(model, &flow.classes, &mut style);
    style.extend(flow.style.iter().map(String::as_str));
    Edge {
        from,
        to,
        label: label(
            flow.label.as_deref().unwrap_or(""),
            flow.label_type.as_deref(),
        ),
        stroke: match (flow.visibility, flow.stroke_kind) {
            (FlowEdgeVisibility::Invisible, _) => Stroke::Invisible,
            (_, FlowEdgeStroke::Normal) => Stroke::Solid,
            (_, FlowEdgeStroke::Dotted) => Stroke::Dotted,
            (_, FlowEdgeStroke::Thick) => Stroke::Thick,
        },
        markers: [marker(flow.start_marker), marker(flow.end_marker)],
        length: flow.length.clamp(1, 20),
        style,
    }
}

fn class_style(model: &FlowchartModel, classes: &[String], style: &mut Style) {
    for class in classes {
        if let Some(declared) = model.class_defs.get(class) {
            style.extend(declared.iter().map(String::as_str));
        }
    }
}

fn label(text: &str, kind: Option<&str>) -> Label {
    Label::from_html(text, kind == Some("markdown"))
}

/// Classes given by lines `class a,b name`. The parser forgets them where the node is first named further down.
fn late_classes(reader: &Reader) -> HashMap<String, Vec<String>> {
    let mut classes: HashMap<String, Vec<String>> = HashMap::new();
    let statements = reader.lines().flat_map(|line| line.split(';'));
    for statement in statements {
        let Some(rest) = statement.trim().strip_prefix("class ") else {
            continue;
        };
        let Some((ids, names)) = rest.trim().rsplit_once(char::is_whitespace) else {
            continue;
        };
        for id in ids.split(',').map(str::trim) {
            let names = names.split(',').map(|name| name.trim().to_owned());
            classes.entry(id.to_owned()).or_default().extend(names);
        }
    }
    classes
}

fn direction(text: Option<&str>) -> Option<Direction> {
    match text?.trim() {
        "TB" | "TD" | "v" => Some(Direction::Down),
        "BT" | "^" => Some(Direction::Up),
        "LR" | ">" => Some(Direction::Right),
        "RL" | "<" => Some(Direction::Left),
        _ => None,
    }
}

/// The outline for a name of Mermaid's; those that are not here are rectangles.
const SHAPES: &[(Shape, &[&str])] = &[
    (Shape::Rounded, &["roundedRect", "rounded", "event"]),
    (
        Shape::Stadium,
        &[
            "stadium",
            "pill",
            "terminal",
            "delay",
            "half-rounded-rectangle",
            "curv-trap",
            "curved-trapezoid",
            "display",
        ],
    ),
    (
        Shape::Subroutine,
        &[
            "subroutine",
            "subproc",
            "subprocess",
            "framed-rectangle",
            "fr-rect",
            "div-rect",
            "lin-rect",
            "lin-proc",
            "lined-process",
            "lined-rectangle",
            "shaded-process",
        ],
    ),
    (
        Shape::Cylinder,
        &[
            "cylinder",
            "cyl",
            "db",
            "database",
            "disk",
            "lin-cyl",
            "lined-cylinder",
            "h-cyl",
            "das",
            "horizontal-cylinder",
            "datastore",
            "data-store",
            "stored-data",
            "bow-rect",
            "bucket",
        ],
    ),
    (
        Shape::Circle,
        &[
            "circle",
            "circ",
            "ellipse",
            "start",
            "sm-circ",
            "small-circle",
            "f-circ",
            "filled-circle",
            "junction",
            "cross-circ",
            "crossed-circle",
            "summary",
            "cloud",
            "bang",
        ],
    ),
    (
        Shape::DoubleCircle,
        &[
            "doublecircle",
            "dbl-circ",
            "double-circle",
            "fr-circ",
            "framed-circle",
            "stop",
        ],
    ),
    (Shape::Flag, &["odd", "rect_left_inv_arrow"]),
    (
        Shape::Diamond,
        &["diamond", "diam", "decision", "question", "choice"],
    ),
    (
        Shape::Hexagon,
        &[
            "hexagon",
            "hex",
            "prepare",
            "notch-pent",
            "loop-limit",
            "notched-pentagon",
        ],
    ),
    (
        Shape::LeanRight,
        &[
            "lean_right",
            "lean-r",
            "lean-right",
            "in-out",
            "sl-rect",
            "manual-input",
            "sloped-rectangle",
        ],
    ),
    (
        Shape::LeanLeft,
        &["lean_left", "lean-l", "lean-left", "out-in"],
    ),
    (
        Shape::Trapezoid,
        &["trapezoid", "trap-b", "priority", "trapezoid-bottom"],
    ),
    (
        Shape::TrapezoidDown,
        &[
            "inv_trapezoid",
            "trap-t",
            "inv-trapezoid",
            "manual",
            "trapezoid-top",
        ],
    ),
    (
        Shape::Document,
        &[
            "doc",
            "document",
            "docs",
            "documents",
            "st-doc",
            "stacked-document",
            "lin-doc",
            "lined-document",
            "tag-doc",
            "tagged-document",
            "flag",
            "paper-tape",
        ],
    ),
    (Shape::Triangle, &["tri", "triangle", "extract"]),
    (
        Shape::TriangleDown,
        &["flip-tri", "flipped-triangle", "manual-file"],
    ),
    (Shape::Bar, &["fork", "join", "forkJoin"]),
    (
        Shape::Text,
        &[
            "text",
            "labelRect",
            "comment",
            "brace",
            "brace-l",
            "brace-r",
            "braces",
        ],
    ),
];

fn shape(name: &str) -> Shape {
    let row = SHAPES.iter().find(|(_, names)| names.contains(&name));
    row.map_or(Shape::Rectangle, |(shape, _)| *shape)
}
