//! Values by frame number, with summaries over 4, 16, … 16,384 of them: any window is read at the cost of what it
//! shows, never of what it spans.
//!
//! ```text
//!  frames per cell   4^7                ┌─────────────── one cell ───────────────┐      a block ends here
//!                    …                  …
//!                    4                  ┌ cell ┐┌ cell ┐┌ cell ┐┌ cell ┐
//!                    1                  │ │ │ ││ │ │ ││ │ │ ││ │ │ │        one leaf a frame
//! ```
//!
//! *Cost.* A column of a [`Step`] reads at most [`Step::cells`] cells. Setting a leaf renews its seven cells.
//! *Memory.* Blocks of 16,384 frames come as they are needed, at most so many as the pyramid is told; the oldest leaves.

use std::collections::VecDeque;

/// Frames of a block: a power of four.
pub(super) const BLOCK: u64 = 1 << (2 * LEVELS);

/// Levels above the leaves.
const LEVELS: usize = 7;

/// What is kept of one frame.
pub(super) trait Leaf: Copy + Default {
    /// What is kept of several.
    type Cell: Cell;

    /// The summary of this frame alone.
    fn cell(&self, index: u64) -> Self::Cell;
}

/// A summary that can be joined with another's, in any order.
pub(super) trait Cell: Copy + Default {
    /// Takes the other's frames in.
    fn join(&mut self, other: &Self);
}

/// How many frames share a column: one, two or three cells of one level, or as many as it takes of the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    level: u32,
    cells: u64,
}

impl Step {
    /// One frame a column.
    pub(super) const ONE: Self = Self { level: 0, cells: 1 };

    /// The smallest step of at least so many frames: a column is at most twice as wide as asked for.
    pub(super) fn at_least(frames: f64) -> Self {
        let highest = LEVELS as u32;
        for level in 0..=highest {
            let cells = (frames / 4f64.powi(level as i32)).ceil().max(1.0) as u64;
            if cells <= 3 || level == highest {
                return Self { level, cells };
            }
        }
        Self::ONE
    }

    /// Frames of a column.
    pub(super) fn frames(self) -> u64 {
        self.cells << (2 * self.level)
    }

    /// Cells that are read for a column.
    pub(super) fn cells(self) -> u64 {
        self.cells
    }
}

#[derive(Clone)]
struct Block<L: Leaf> {
    leaves: Box<[L]>,
    levels: [Box<[L::Cell]>; LEVELS],
}

impl<L: Leaf> Block<L> {
    fn new() -> Self {
        let cells = |level: usize| BLOCK as usize >> (2 * (level + 1));
        Self {
            leaves: vec![L::default(); BLOCK as usize].into(),
            levels: std::array::from_fn(|level| vec![L::Cell::default(); cells(level)].into()),
        }
    }

    fn set(&mut self, first: u64, offset: usize, leaf: L) {
        self.leaves[offset] = leaf;
        for level in 0..LEVELS {
            let cell = offset >> (2 * (level + 1));
            let mut joined = L::Cell::default();
            for part in 4 * cell..4 * cell + 4 {
                if level == 0 {
                    joined.join(&self.leaves[part].cell(first + part as u64));
                } else {
                    joined.join(&self.levels[level - 1][part]);
                }
            }
            self.levels[level][cell] = joined;
        }
    }
}

/// The values of the frames of a run.
#[derive(Clone)]
pub(super) struct Pyramid<L: Leaf> {
    /// Number of the first block, counted from frame 0.
    first_block: u64,
    /// `None` where no frame has been told of.
    blocks: VecDeque<Option<Box<Block<L>>>>,
    max_blocks: usize,
}

impl<L: Leaf> Pyramid<L> {
    /// Nothing yet; `max_blocks` of [`BLOCK`] frames are kept at most.
    pub(super) fn new(max_blocks: usize) -> Self {
        Self {
            first_block: 0,
            blocks: VecDeque::new(),
            max_blocks: max_blocks.max(1),
        }
    }

    /// The first frame that there is room for, and the one after the last.
    pub(super) fn room(&self) -> std::ops::Range<u64> {
        let end = self.first_block + self.blocks.len() as u64;
        self.first_block * BLOCK..end * BLOCK
    }

    /// Sets the value of a frame; one that is older than what is kept is passed over, and `false` is returned.
    pub(super) fn set(&mut self, index: u64, leaf: L) -> bool {
        let block = index / BLOCK;
        if self.blocks.is_empty() {
            self.first_block = block;
        }
        while block < self.first_block && self.blocks.len() < self.max_blocks {
            // A frame that was told after later ones, near the beginning.
            self.blocks.push_front(None);
            self.first_block -= 1;
        }
        let Some(place) = block.checked_sub(self.first_block) else {
            return false;
        };
        if place >= (self.blocks.len() + self.max_blocks) as u64 {
            // So far ahead that nothing of what is kept would be left.
            self.blocks.clear();
            self.first_block = block;
        }
        while self.first_block + (self.blocks.len() as u64) <= block {
            self.blocks.push_back(None);
            if self.blocks.len() > self.max_blocks {
                self.blocks.pop_front();
                self.first_block += 1;
            }
        }
        let place = (block - self.first_block) as usize;
        if let Some(slot) = self.blocks.get_mut(place) {
            slot.get_or_insert_with(|| Box::new(Block::new())).set(
                block * BLOCK,
                (index % BLOCK) as usize,
                leaf,
            );
        }
        true
    }

    fn block(&self, index: u64) -> Option<&Block<L>> {
        let place = (index / BLOCK).checked_sub(self.first_block)?;
        self.blocks.get(place as usize)?.as_deref()
    }

    /// The value of a frame.
    pub(super) fn get(&self, index: u64) -> Option<&L> {
        Some(&self.block(index)?.leaves[(index % BLOCK) as usize])
    }

    /// What the frames from `column · step` on have in common, up to the next column.
    pub(super) fn column(&self, step: Step, column: u64) -> L::Cell {
        let mut joined = L::Cell::default();
        for cell in column * step.cells..(column + 1) * step.cells {
            let index = cell << (2 * step.level);
            let Some(block) = self.block(index) else {
                continue;
            };
            let offset = (index % BLOCK) as usize >> (2 * step.level);
            match step.level.checked_sub(1) {
                None => joined.join(&block.leaves[offset].cell(index)),
                Some(level) => joined.join(&block.levels[level as usize][offset]),
            }
        }
        joined
    }

    /// The frames of a range that there is room for, with their values, ascending.
    pub(super) fn leaves(&self, first: u64, last: u64) -> impl Iterator<Item = (u64, &L)> {
        let room = self.room();
        let (from, to) = (
            first.max(room.start),
            last.saturating_add(1).min(room.end).max(room.start),
        );
        let blocks = if from < to {
            from / BLOCK..(to - 1) / BLOCK + 1
        } else {
            0..0
        };
        blocks.flat_map(move |block| {
            let begin = block * BLOCK;
            let inside = from.max(begin)..to.min(begin + BLOCK);
            let leaves = self
                .block(begin)
                .map_or(&[][..], |block| {
                    &block.leaves[(inside.start - begin) as usize..(inside.end - begin) as usize]
                })
                .iter();
            (inside.start..).zip(leaves)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Default)]
    struct Value(u64);

    #[derive(Clone, Copy, Default, Debug, PartialEq)]
    struct Most {
        most: u64,
        frames: u64,
    }

    impl Leaf for Value {
        type Cell = Most;

        fn cell(&self, _index: u64) -> Most {
            Most {
                most: self.0,
                frames: u64::from(self.0 > 0),
            }
        }
    }

    impl Cell for Most {
        fn join(&mut self, other: &Self) {
            self.most = self.most.max(other.most);
            self.frames += other.frames;
        }
    }

    #[test]
    fn steps_are_at_most_twice_as_long_as_asked_for() {
        for frames in [0.2, 1.0, 1.1, 2.5, 3.2, 5.0, 100.0, 1_234.5, 16_384.0] {
            let step = Step::at_least(frames);
            assert!(step.frames() as f64 >= frames, "{frames}: {step:?}");
            assert!(step.frames() as f64 <= (2.0 * frames).max(1.0), "{frames}");
            assert!(step.cells() <= 3);
        }
        assert_eq!(Step::at_least(0.4), Step::ONE);
        assert!(Step::at_least(1e6).frames() >= 1_000_000);
    }

    #[test]
    fn a_column_is_what_its_frames_say() {
        let mut pyramid = Pyramid::new(8);
        let value = |index: u64| index.wrapping_mul(2_654_435_761) % 10_007;
        let end = 3 * BLOCK + 777;
        let first = 100;
        // Out of order, with gaps.
        for index in (first..end).rev().filter(|index| index % 13 != 5) {
            assert!(pyramid.set(index, Value(value(index))) || index < pyramid.room().start);
        }
        let begin = pyramid.room().start;
        for frames in [1.0, 2.0, 3.0, 7.0, 50.0, 700.0, 20_000.0] {
            let step = Step::at_least(frames);
            for column in begin / step.frames()..=end / step.frames() {
                let range = (column * step.frames()).max(begin)..(column + 1) * step.frames();
                let told = range.filter_map(|index| pyramid.get(index).map(|value| value.0));
                let expected = told.fold(Most::default(), |mut all, value| {
                    all.join(&Value(value).cell(0));
                    all
                });
                assert_eq!(pyramid.column(step, column), expected, "{step:?} {column}");
            }
        }
    }

    #[test]
    fn the_oldest_block_makes_room() {
        let mut pyramid = Pyramid::new(2);
        for block in 0..5 {
            pyramid.set(block * BLOCK, Value(block + 1));
        }
        assert_eq!(pyramid.room(), 3 * BLOCK..5 * BLOCK);
        assert!(!pyramid.set(7, Value(1)), "older than what is kept");
        assert_eq!(pyramid.leaves(0, u64::MAX).count() as u64, 2 * BLOCK);
        pyramid.set(1 << 60, Value(9));
        assert_eq!(pyramid.get(1 << 60).unwrap().0, 9);
        assert_eq!(pyramid.blocks.len(), 1);
    }
}
