//! Levels: a diagram, and within it every subgraph that no edge leaves from inside, each laid out on its own with its own direction.
//!
//! A subgraph that edges do leave shares the level of its surroundings, as in Mermaid, and becomes a frame there. If such a
//! level cannot be laid out soundly, its frames become levels of their own, and edges enter them at the border.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dugong::graphlib::{Graph, GraphOptions};
use dugong::{EdgeLabel, GraphLabel, LabelPos, NodeLabel, RankDir};

use super::layout::LayoutError;
use super::outline::Outline;
use super::picture::{Point, Rect, Size};
use super::spread::{Frame, Route, Sheet};
use super::{Diagram, Direction, End, Shape};

/// Room above a frame's title.
pub(super) const TITLE_ABOVE_PX: f32 = 10.0;
/// Room between a frame's title and what it holds.
const TITLE_BELOW_PX: f32 = 14.0;
/// Room between a frame and what it holds.
pub(super) const FRAME_PADDING_PX: f32 = 20.0;

/// How large the parts are, in the order of the diagram's lists.
pub(super) struct Sizes {
    pub(super) nodes: Vec<Size>,
    pub(super) titles: Vec<Size>,
    pub(super) labels: Vec<Size>,
    /// From rank to rank.
    pub(super) rank_gap_px: f32,
    /// From node to node of a rank.
    pub(super) node_gap_px: f32,
}

/// A level in its place, and all that lies in it; its corner is at (0, 0).
#[derive(Default)]
pub(super) struct Level {
    pub(super) size: Size,
    pub(super) nodes: Vec<(usize, Rect)>,
    pub(super) frames: Vec<(usize, Rect)>,
    pub(super) edges: Vec<(usize, Route)>,
}

/// The diagram while it is laid out.
pub(super) struct Nest<'a> {
    diagram: &'a Diagram,
    sizes: &'a Sizes,
    /// For each subgraph, whether it is a level of its own.
    is_level: Vec<bool>,
}

type LayerGraph = Graph<NodeLabel, EdgeLabel, GraphLabel>;

impl<'a> Nest<'a> {
    pub(super) fn new(diagram: &'a Diagram, sizes: &'a Sizes) -> Self {
        let mut is_level = vec![true; diagram.subgraphs.len()];
        for edge in &diagram.edges {
            let from: Vec<usize> = diagram.ancestors(edge.from).collect();
            let to: Vec<usize> = diagram.ancestors(edge.to).collect();
            for &left in from.iter().filter(|around| !to.contains(around)) {
                is_level[left] = false;
            }
            for &entered in to.iter().filter(|around| !from.contains(around)) {
                is_level[entered] = false;
            }
        }
        let mut is_empty = vec![true; diagram.subgraphs.len()];
        let parents = diagram
            .nodes
            .iter()
            .map(|node| node.parent)
            .chain(diagram.subgraphs.iter().map(|inner| inner.parent));
        parents
            .flatten()
            .for_each(|parent| is_empty[parent] = false);
        for (level, empty) in is_level.iter_mut().zip(is_empty) {
            *level |= empty;
        }
        Self {
            diagram,
            sizes,
            is_level,
        }
    }

    pub(super) fn place(mut self) -> Result<Level, LayoutError> {
        self.level(None, self.diagram.direction)
    }

    /// The level that an end lies in: the innermost subgraph around it that is one, or the diagram.
    fn level_of(&self, end: End) -> Option<usize> {
        self.diagram
            .ancestors(end)
            .find(|&around| self.is_level[around])
    }

    /// What stands for an end on a level: itself, or the level within that holds it.
    fn item(&self, end: End, level: Option<usize>) -> Option<End> {
        let mut item = end;
        loop {
            let own = self.level_of(item);
            if own == level {
                return Some(item);
            }
            item = End::Subgraph(own?);
        }
    }

    /// The leaves of a level.
    fn leaves(&self, level: Option<usize>) -> Vec<End> {
        let nodes = (0..self.diagram.nodes.len()).map(End::Node);
        let levels = (0..self.diagram.subgraphs.len())
            .filter(|&inner| self.is_level[inner])
            .map(End::Subgraph);
        nodes
            .chain(levels)
            .filter(|&end| self.level_of(end) == level)
            .collect()
    }

    /// The subgraphs that are frames on a level, outer ones first.
    fn frames(&self, level: Option<usize>) -> Vec<usize> {
        let frames = (0..self.diagram.subgraphs.len()).filter(|&inner| !self.is_level[inner]);
        frames
            .filter(|&inner| self.level_of(End::Subgraph(inner)) == level)
            .collect()
    }

    fn level(&mut self, level: Option<usize>, outer: Direction) -> Result<Level, LayoutError> {
        let own = level.and_then(|level| self.diagram.subgraphs[level].direction);
        let direction = own.unwrap_or(outer);
        loop {
            let frames = self.frames(level);
            let mut inner = Vec::new();
            for leaf in self.leaves(level) {
                let laid_out = match leaf {
                    End::Subgraph(subgraph) => Some(self.level(Some(subgraph), direction)?),
                    End::Node(_) => None,
                };
                inner.push((leaf, laid_out));
            }
            match self.sheet(level, direction, &inner) {
                Ok(sheet) if sheet.is_sound() => {
                    return Ok(self.finish((level, direction), sheet, inner));
                }
                Err(error) if frames.is_empty() => return Err(error),
                Ok(sheet) if frames.is_empty() => {
                    return Ok(self.finish((level, direction), sheet, inner));
                }
                _ => frames.iter().for_each(|&frame| self.is_level[frame] = true),
            }
        }
    }

    fn leaf_size(&self, leaf: End, inner: Option<&Level>) -> Size {
        match (leaf, inner) {
            (End::Node(node), _) => self.sizes.nodes[node],
            (End::Subgraph(subgraph), inner) => {
                let content = inner.map_or(Size::default(), |inner| inner.size);
                let ([top, right, bottom, left], least_width) = self.margins(subgraph);
                Size {
                    width: (content.width + left + right).max(least_width),
                    height: content.height + top + bottom,
                }
            }
        }
    }

    /// A frame's room around what it holds: top, right, bottom, left; and its least width.
    fn margins(&self, subgraph: usize) -> ([f32; 4], f32) {
        let title = self.sizes.titles[subgraph];
        let padding = self.diagram.subgraphs[subgraph].style.padding_px;
        let [_, right, bottom, left] = padding.map(|own| own.unwrap_or(0.0).max(FRAME_PADDING_PX));
        let top = TITLE_ABOVE_PX + title.height + TITLE_BELOW_PX;
        ([top, right, bottom, left], title.width + left + right)
    }

    /// The edges of a level with what stands for their ends there.
    fn edges(&self, level: Option<usize>) -> Vec<(usize, End, End)> {
        let edges = self.diagram.edges.iter().enumerate();
        let on_level = edges.filter_map(|(index, edge)| {
            let (from, to) = (self.item(edge.from, level)?, self.item(edge.to, level)?);
            let is_loop = edge.from == edge.to && from == edge.from;
            (from != to || is_loop).then_some((index, from, to))
        });
        on_level.collect()
    }

    /// A leaf within a frame, which the layout library takes in its place: it refuses edges at frames.
    fn stand_in(&self, end: End, leaves: &[(End, Option<Level>)], is_first: bool) -> Option<End> {
        let End::Subgraph(subgraph) = end else {
            return Some(end);
        };
        if self.is_level[subgraph] {
            return Some(end);
        }
        let mut within = leaves.iter().map(|(leaf, _)| *leaf).filter(|&leaf| {
            self.diagram
                .ancestors(leaf)
                .any(|around| around == subgraph)
        });
        if is_first {
            within.next()
        } else {
            within.next_back()
        }
    }

    fn sheet(
        &self,
        level: Option<usize>,
        direction: Direction,
        leaves: &[(End, Option<Level>)],
    ) -> Result<Sheet, LayoutError> {
        let frames = self.frames(level);
        let mut graph = self.empty_graph(direction);
        for (leaf, inner) in leaves {
            let size = self.leaf_size(*leaf, inner.as_ref());
            graph.set_node(
                key(*leaf),
                NodeLabel {
                    width: size.width.into(),
                    height: size.height.into(),
                    ..NodeLabel::default()
                },
            );
        }
        for &frame in &frames {
            graph.set_node(key(End::Subgraph(frame)), NodeLabel::default());
        }
        let all = leaves
            .iter()
            .map(|(leaf, _)| *leaf)
            .chain(frames.iter().map(|&frame| End::Subgraph(frame)));
        for end in all {
            if let Some(parent) = self
                .diagram
                .parent(end)
                .filter(|parent| frames.contains(parent))
            {
                graph.set_parent(key(end), key(End::Subgraph(parent)));
            }
        }
        let mut keys = Vec::new();
        for (index, from, to) in self.edges(level) {
            let (Some(v), Some(w)) = (
                self.stand_in(from, leaves, false),
                self.stand_in(to, leaves, true),
            ) else {
                continue;
            };
            let label = self.sizes.labels[index];
            let (v, w, name) = (key(v), key(w), format!("e{index}"));
            let edge = EdgeLabel {
                width: label.width.into(),
                height: label.height.into(),
                labelpos: LabelPos::C,
                minlen: self.diagram.edges[index].length,
                weight: 1.0,
                ..EdgeLabel::default()
            };
            graph.set_edge_named(&v, &w, Some(name.as_str()), Some(edge));
            keys.push((index, v, w, name));
        }
        run(&mut graph)?;
        let mut sheet = self.read(&graph, leaves, &frames, &keys)?;
        sheet.make_room(|subgraph| self.margins(subgraph));
        Ok(sheet)
    }

    fn empty_graph(&self, direction: Direction) -> LayerGraph {
        let mut graph = Graph::new(GraphOptions {
            multigraph: true,
            compound: true,
            ..GraphOptions::default()
        });
        let rankdir = match direction {
            Direction::Down => RankDir::TB,
            Direction::Up => RankDir::BT,
            Direction::Right => RankDir::LR,
            Direction::Left => RankDir::RL,
        };
        graph.set_graph(GraphLabel {
            rankdir,
            nodesep: f64::from(self.sizes.node_gap_px),
            ranksep: f64::from(self.sizes.rank_gap_px),
            edgesep: 18.0,
            ..GraphLabel::default()
        });
        graph
    }

    fn read(
        &self,
        graph: &LayerGraph,
        leaves: &[(End, Option<Level>)],
        frames: &[usize],
        keys: &[(usize, String, String, String)],
    ) -> Result<Sheet, LayoutError> {
        let rect = |end: End| {
            let node = graph
                .node(&key(end))
                .ok_or_else(|| failure("a node was lost"))?;
            let (Some(x), Some(y)) = (node.x, node.y) else {
                return Err(failure("a node has no place"));
            };
            let size = Size {
                width: node.width as f32,
                height: node.height as f32,
            };
            let place = Rect::around(Point::new(x as f32, y as f32), size);
            let is_finite = place.min.x.is_finite()
                && place.min.y.is_finite()
                && place.max.x.is_finite()
                && place.max.y.is_finite();
            is_finite
                .then_some(place)
                .ok_or_else(|| failure("a place is not a number"))
        };
        let mut sheet = Sheet::default();
        for (leaf, _) in leaves {
            sheet.leaves.push((*leaf, rect(*leaf)?));
        }
        for &frame in frames {
            let parent = self.diagram.subgraphs[frame].parent;
            let own = |(_, (leaf, _)): &(usize, &(End, Option<Level>))| {
                self.diagram.parent(*leaf) == Some(frame)
            };
            sheet.frames.push(Frame {
                subgraph: frame,
                rect: rect(End::Subgraph(frame))?,
                parent: frames.iter().position(|&around| Some(around) == parent),
                leaves: leaves
                    .iter()
                    .enumerate()
                    .filter(own)
                    .map(|(index, _)| index)
                    .collect(),
            });
        }
        for (index, v, w, name) in keys {
            let edge = graph
                .edge(v, w, Some(name.as_str()))
                .ok_or_else(|| failure("an edge was lost"))?;
            let points = edge
                .points
                .iter()
                .map(|point| Point::new(point.x as f32, point.y as f32))
                .collect();
            let label = edge
                .x
                .zip(edge.y)
                .map(|(x, y)| Point::new(x as f32, y as f32));
            sheet.edges.push((*index, Route { points, label }));
        }
        Ok(sheet)
    }

    /// A level from its sheet: moved to the corner, with the levels within, and edges tied to what they join.
    fn finish(
        &self,
        (level, direction): (Option<usize>, Direction),
        sheet: Sheet,
        inner: Vec<(End, Option<Level>)>,
    ) -> Level {
        let labels = sheet.edges.iter().filter_map(|(index, route)| {
            Some(Rect::around(route.label?, self.sizes.labels[*index]))
        });
        let points = sheet
            .edges
            .iter()
            .flat_map(|(_, route)| &route.points)
            .map(|&point| Rect {
                min: point,
                max: point,
            });
        let rects = sheet
            .leaves
            .iter()
            .map(|(_, rect)| *rect)
            .chain(sheet.frames.iter().map(|frame| frame.rect));
        let bounds = rects
            .chain(labels)
            .chain(points)
            .reduce(|a, b| a.union(&b))
            .unwrap_or_default();
        let back = Point::new(-bounds.min.x, -bounds.min.y);
        let mut done = Level {
            size: bounds.size(),
            ..Level::default()
        };
        for frame in &sheet.frames {
            done.frames.push((frame.subgraph, frame.rect.moved(back)));
        }
        for ((leaf, rect), (_, inner)) in sheet.leaves.iter().zip(inner) {
            let rect = rect.moved(back);
            match (leaf, inner) {
                (End::Node(node), _) => done.nodes.push((*node, rect)),
                (End::Subgraph(subgraph), inner) => {
                    done.frames.push((*subgraph, rect));
                    if let Some(inner) = inner {
                        self.put_in(*subgraph, rect, inner, &mut done);
                    }
                }
            }
        }
        let is_horizontal = matches!(direction, Direction::Left | Direction::Right);
        let ends = self.edges(level);
        for (index, mut route) in sheet.edges {
            route
                .points
                .iter_mut()
                .chain(&mut route.label)
                .for_each(|point| *point = point.plus(back));
            if let Some(&(_, from, to)) = ends.iter().find(|(edge, ..)| *edge == index) {
                self.tie(index, [from, to], &mut route, (&done, is_horizontal));
            }
            done.edges.push((index, route));
        }
        done
    }

    /// Moves what a level within holds into the level around it.
    fn put_in(&self, subgraph: usize, rect: Rect, inner: Level, done: &mut Level) {
        let ([top, right, _, left], _) = self.margins(subgraph);
        // A frame that is as wide as its title needs holds its content in the middle.
        let slack = (rect.size().width - left - right - inner.size.width).max(0.0) / 2.0;
        let by = rect.min.plus(Point::new(left + slack, top));
        done.nodes.extend(
            inner
                .nodes
                .into_iter()
                .map(|(node, rect)| (node, rect.moved(by))),
        );
        done.frames.extend(
            inner
                .frames
                .into_iter()
                .map(|(frame, rect)| (frame, rect.moved(by))),
        );
        done.edges
            .extend(inner.edges.into_iter().map(|(edge, mut route)| {
                route
                    .points
                    .iter_mut()
                    .chain(&mut route.label)
                    .for_each(|point| *point = point.plus(by));
                (edge, route)
            }));
    }

    /// Ties a route to the outlines of what it joins: what stands for an end on this level, and then the end itself.
    fn tie(
        &self,
        index: usize,
        items: [End; 2],
        route: &mut Route,
        (level, is_horizontal): (&Level, bool),
    ) {
        let edge = &self.diagram.edges[index];
        for (item, end) in [(items[0], edge.from), (items[1], edge.to)] {
            route.points.reverse();
            // The end in hand is now the last point; the second turn restores the order.
            if let Some(outline) = self.outline(item, level) {
                cut(&mut route.points, &outline, is_horizontal);
            }
            if item != end
                && let Some(outline) = self.outline(end, level)
                && let Some(&border) = route.points.last()
            {
                route.points.push(outline.meet(border, outline.middle()));
            }
        }
    }

    fn outline(&self, end: End, level: &Level) -> Option<Outline> {
        match end {
            End::Node(node) => {
                let (_, rect) = level.nodes.iter().find(|(other, _)| *other == node)?;
                Some(Outline::new(self.diagram.nodes[node].shape, rect))
            }
            End::Subgraph(subgraph) => {
                let (_, rect) = level.frames.iter().find(|(other, _)| *other == subgraph)?;
                Some(Outline::new(Shape::Rectangle, rect))
            }
        }
    }
}

/// Lets a route end where it first enters an outline; one that stays outside is led to its middle. Where the way comes from
/// before or behind in the direction of the ranks, it goes straight in at that side.
fn cut(points: &mut Vec<Point>, outline: &Outline, is_horizontal: bool) {
    // The library's last point lies on the rectangle around the shape: the way goes on inwards.
    if points.len() > 1 {
        points.pop();
    }
    let inside = |point: &Point| outline.contains(*point);
    if let Some(position) = points.iter().skip(1).position(inside) {
        points.truncate(position + 1);
    }
    let Some(&before) = points.last() else {
        return;
    };
    let aim = match straight_in(before, &outline.bounds(), is_horizontal) {
        Some([near, aim]) => {
            points.push(near);
            aim
        }
        None => outline.middle(),
    };
    let outside = points.last().copied().unwrap_or(before);
    points.push(outline.meet(outside, aim));
}

/// A point before the side of a rectangle that faces `from` along the ranks, and one behind it on its middle.
fn straight_in(from: Point, rect: &Rect, is_horizontal: bool) -> Option<[Point; 2]> {
    /// How far before the side the way turns.
    const LEAD_PX: f32 = 16.0;
    /// How far from the middle ways may go in, as a share of the side.
    const SPREAD: f32 = 0.28;
    // The same is done for both directions, with x along the ranks.
    let turned = |point: Point| {
        if is_horizontal {
            point
        } else {
            Point::new(point.y, point.x)
        }
    };
    let (from, low, high) = (turned(from), turned(rect.min), turned(rect.max));
    let (middle, spread) = (low.toward(high, 0.5), (high.y - low.y) * SPREAD);
    let y = from.y.clamp(middle.y - spread, middle.y + spread);
    let side = if from.x < low.x - LEAD_PX {
        low.x - LEAD_PX
    } else if from.x > high.x + LEAD_PX {
        high.x + LEAD_PX
    } else {
        return None;
    };
    Some([turned(Point::new(side, y)), turned(Point::new(middle.x, y))])
}

/// The name of an end in the layout library's graph. A letter keeps it from sorting them as numbers.
fn key(end: End) -> String {
    match end {
        End::Node(node) => format!("n{node}"),
        End::Subgraph(subgraph) => format!("s{subgraph}"),
    }
}

fn failure(reason: &str) -> LayoutError {
    LayoutError {
        reason: reason.to_owned(),
    }
}

fn run(graph: &mut LayerGraph) -> Result<(), LayoutError> {
    if graph.node_count() == 0 {
        return Ok(());
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| dugong::layout(graph)));
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(failure(&error.to_string())),
        Err(_) => Err(failure("the layout library failed")),
    }
}
