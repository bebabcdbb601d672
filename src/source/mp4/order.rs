//! Bringing decoded pictures into the order of presentation.
//!
//! The decoder hands out each picture with its own sample, in the order of decoding. The place of every sample in
//! the order of presentation (its rank) is known from the index, so a picture goes out as soon as its rank is next.

use std::collections::BTreeMap;

use rusty_h264::YuvFrame;

use crate::source::limits::MAX_REORDERED_FRAMES;

/// A decoded picture with its time in units of the track.
pub(super) struct Picture {
    /// Presentation time.
    pub(super) time: i64,
    /// The planes.
    pub(super) planes: YuvFrame,
}

/// Pictures that wait for their turn, at most [`MAX_REORDERED_FRAMES`].
#[derive(Default)]
pub(super) struct Reorder {
    /// By rank; `None` for a picture that was lost.
    held: BTreeMap<u32, Option<Picture>>,
    next_rank: u32,
}

impl Reorder {
    /// Takes a picture, or notes that it was lost. `false` if pictures behind it have already gone out.
    pub(super) fn push(&mut self, rank: u32, picture: Option<Picture>) -> bool {
        let is_in_time = rank >= self.next_rank;
        if is_in_time {
            self.held.insert(rank, picture);
        }
        is_in_time
    }

    /// The next picture in the order of presentation with its rank, if it is here; whatever is left once nothing
    /// more will come, or when too many wait.
    pub(super) fn pop(&mut self, is_end: bool) -> Option<(u32, Picture)> {
        loop {
            let held = self.held.len();
            let first = self.held.first_entry()?;
            let rank = *first.key();
            if rank != self.next_rank && held < MAX_REORDERED_FRAMES && !is_end {
                return None;
            }
            self.next_rank = rank.saturating_add(1);
            if let Some(picture) = first.remove() {
                return Some((rank, picture));
            }
        }
    }

    /// Forgets all pictures and starts from `rank`.
    pub(super) fn start_at(&mut self, rank: u32) {
        self.held.clear();
        self.next_rank = rank;
    }
}
