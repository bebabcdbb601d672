//! The slowest frames of a run of any length, in fixed memory.

use super::FrameRecord;

/// The slowest frames by response time.
#[derive(Clone, Debug)]
pub struct Worst {
    /// Slowest first; of equals the earlier one.
    records: Vec<FrameRecord>,
    capacity: usize,
}

impl Worst {
    /// Room for `capacity` frames.
    pub fn new(capacity: usize) -> Self {
        Self {
            records: Vec::with_capacity(capacity + 1),
            capacity,
        }
    }

    /// Takes a processed frame in, if it is among the slowest; skipped frames have no response time.
    pub fn offer(&mut self, record: &FrameRecord) {
        if !record.is_processed() {
            return;
        }
        let response = record.response_nanos();
        let is_full = self.records.len() == self.capacity;
        let least = self.records.last().map_or(0, FrameRecord::response_nanos);
        if is_full && response <= least {
            return;
        }
        let at = self
            .records
            .partition_point(|kept| kept.response_nanos() >= response);
        self.records.insert(at, *record);
        self.records.truncate(self.capacity);
    }

    /// The slowest frames, slowest first.
    pub fn records(&self) -> &[FrameRecord] {
        &self.records
    }

    /// Forgets all frames.
    pub fn clear(&mut self) {
        self.records.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_are_kept_in_their_order() {
        let mut worst = Worst::new(3);
        for (index, finish_nanos) in [5, 9, 1, 9, 7, 2, 8].into_iter().enumerate() {
            worst.offer(&FrameRecord {
                index: index as u64,
                finish_nanos,
                ..FrameRecord::default()
            });
        }
        let kept: Vec<_> = worst
            .records()
            .iter()
            .map(|record| (record.index, record.finish_nanos))
            .collect();
        assert_eq!(kept, [(1, 9), (3, 9), (6, 8)]);
    }
}
