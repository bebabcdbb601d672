//! Making room: space is put in across a whole level, as a row into a table, so that nothing that lay apart comes to overlap.

use super::End;
use super::picture::{Point, Rect};

/// What a level holds, before its frames have room for their titles.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    /// Nodes, and subgraphs that are laid out on their own.
    pub(super) leaves: Vec<(End, Rect)>,
    /// Frames around leaves, outer ones first.
    pub(super) frames: Vec<Frame>,
    /// Edges by their index in the diagram.
    pub(super) edges: Vec<(usize, Route)>,
}

/// A frame on a sheet.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) subgraph: usize,
    pub(super) rect: Rect,
    /// The frame around it: an index of [`Sheet::frames`].
    pub(super) parent: Option<usize>,
    /// Its own leaves: indices of [`Sheet::leaves`].
    pub(super) leaves: Vec<usize>,
}

/// The way of an edge.
#[derive(Clone, Debug, Default)]
pub(super) struct Route {
    pub(super) points: Vec<Point>,
    /// The middle of its label.
    pub(super) label: Option<Point>,
}

/// A direction of the plane.
#[derive(Clone, Copy)]
pub(super) enum Axis {
    X,
    Y,
}

impl Axis {
    fn of(self, point: Point) -> f32 {
        match self {
            Self::X => point.x,
            Self::Y => point.y,
        }
    }

    fn shift(self, point: &mut Point, by: f32) {
        match self {
            Self::X => point.x += by,
            Self::Y => point.y += by,
        }
    }
}

/// The side of a frame on which there is too little room.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    Low,
    High,
}

impl Sheet {
    /// Gives every frame `margins` (top, right, bottom, left) between its border and what it holds, and its least width.
    pub(super) fn make_room(&mut self, margins: impl Fn(usize) -> ([f32; 4], f32)) {
        for index in 0..self.frames.len() {
            let ([top, right, bottom, left], least_width) = margins(self.frames[index].subgraph);
            let sides = [
                (Axis::Y, Side::Low, top),
                (Axis::X, Side::High, right),
                (Axis::Y, Side::High, bottom),
                (Axis::X, Side::Low, left),
            ];
            for (axis, side, wanted) in sides {
                self.widen(index, axis, side, wanted - self.gap(index, axis, side));
            }
            let lacking = least_width - self.frames[index].rect.size().width;
            self.widen(index, Axis::X, Side::Low, lacking / 2.0);
            self.widen(index, Axis::X, Side::High, lacking / 2.0);
        }
    }

    /// The distance between a frame's border and what it holds.
    fn gap(&self, frame: usize, axis: Axis, side: Side) -> f32 {
        let own = self.frames[frame].rect;
        let leaves = self.frames[frame]
            .leaves
            .iter()
            .map(|&leaf| self.leaves[leaf].1);
        let inner = self
            .frames
            .iter()
            .filter(|inner| inner.parent == Some(frame))
            .map(|inner| inner.rect);
        let gap = |rect: Rect| match side {
            Side::Low => axis.of(rect.min) - axis.of(own.min),
            Side::High => axis.of(own.max) - axis.of(rect.max),
        };
        leaves.chain(inner).map(gap).reduce(f32::min).unwrap_or(0.0)
    }

    fn is_within(&self, inner: usize, outer: usize) -> bool {
        std::iter::successors(self.frames[inner].parent, |&frame| {
            self.frames[frame].parent
        })
        .any(|around| around == outer)
    }

    /// Puts `amount` in at the low or high border of a frame, inside of it. Leaves go with their middle, and a border with what
    /// it holds: what was above a line stays above what was below it.
    fn widen(&mut self, frame: usize, axis: Axis, side: Side, amount: f32) {
        if amount <= 0.0 {
            return;
        }
        let at = match side {
            Side::Low => axis.of(self.frames[frame].rect.min),
            Side::High => axis.of(self.frames[frame].rect.max),
        };
        let within: Vec<bool> = (0..self.frames.len())
            .map(|inner| self.is_within(inner, frame))
            .collect();
        let around: Vec<bool> = (0..self.frames.len())
            .map(|outer| outer == frame || self.is_within(frame, outer))
            .collect();
        for (_, rect) in &mut self.leaves {
            if axis.of(rect.center()) > at {
                axis.shift(&mut rect.min, amount);
                axis.shift(&mut rect.max, amount);
            }
        }
        for (index, other) in self.frames.iter_mut().enumerate() {
            let moves = |border: f32, is_with: bool| border > at || (border == at && is_with);
            let low_moves = match side {
                Side::Low => moves(axis.of(other.rect.min), within[index]),
                Side::High => moves(axis.of(other.rect.min), !around[index]),
            };
            let high_moves = match side {
                Side::Low => moves(axis.of(other.rect.max), false),
                Side::High => moves(axis.of(other.rect.max), around[index]),
            };
            if low_moves {
                axis.shift(&mut other.rect.min, amount);
            }
            if high_moves {
                axis.shift(&mut other.rect.max, amount);
            }
        }
        for (_, route) in &mut self.edges {
            for point in route.points.iter_mut().chain(&mut route.label) {
                if axis.of(*point) > at {
                    axis.shift(point, amount);
                }
            }
        }
    }

    /// Whether the frames hold their own and no other, and leaves lie apart.
    pub(super) fn is_sound(&self) -> bool {
        const SLACK: f32 = 0.01;
        let mut own = vec![None; self.leaves.len()];
        for (index, frame) in self.frames.iter().enumerate() {
            frame
                .leaves
                .iter()
                .for_each(|&leaf| own[leaf] = Some(index));
        }
        let holds = |frame: usize, leaf: usize| {
            own[leaf].is_some_and(|own| own == frame || self.is_within(own, frame))
        };
        let leaves_are_held = self.frames.iter().enumerate().all(|(index, frame)| {
            self.leaves.iter().enumerate().all(|(leaf, (_, rect))| {
                if holds(index, leaf) {
                    frame.rect.contains(rect, SLACK)
                } else {
                    !frame.rect.overlaps(rect, SLACK)
                }
            })
        });
        let frames_are_apart = (0..self.frames.len()).all(|a| {
            (0..a).all(|b| {
                let (one, two) = (&self.frames[a].rect, &self.frames[b].rect);
                match (self.is_within(a, b), self.is_within(b, a)) {
                    (true, _) => two.contains(one, SLACK),
                    (_, true) => one.contains(two, SLACK),
                    _ => !one.overlaps(two, SLACK),
                }
            })
        });
        leaves_are_held && frames_are_apart
    }
}
