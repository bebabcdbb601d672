//! What the stream tells: records, counts, histograms and status, without ever waiting for a reader.

use crate::engine::config::{Histograms, StreamReport, StreamStatus};
use crate::engine::disturb::GcCycle;
use crate::judge::{Arrived, Deadline};
use crate::measure::{FrameRecord, Verdict};

/// The stream's mouth.
pub(super) struct Teller {
    records: rtrb::Producer<FrameRecord>,
    cycles: rtrb::Producer<GcCycle>,
    published: triple_buffer::Input<StreamStatus>,
    histograms: Box<Histograms>,
    gc_held_nanos: u64,
    pub(super) status: StreamStatus,
}

impl Teller {
    pub(super) fn new(
        records: rtrb::Producer<FrameRecord>,
        cycles: rtrb::Producer<GcCycle>,
        published: triple_buffer::Input<StreamStatus>,
    ) -> Self {
        Self {
            records,
            cycles,
            published,
            histograms: Box::default(),
            gc_held_nanos: 0,
            status: StreamStatus::default(),
        }
    }

    /// Counts a frame and sends its record; a full ring loses the record, never the count.
    pub(super) fn tell(&mut self, record: &FrameRecord) {
        self.status.counts.add(record.verdict);
        if record.is_processed() {
            self.histograms.service.add(record.service_nanos());
            self.histograms.response.add(record.response_nanos());
            if let Some(nanos) = record.wakeup_error_nanos {
                self.histograms.wakeup_error.add(nanos);
            }
        }
        if self.records.push(*record).is_err() {
            self.status.records_lost += 1;
        }
    }

    /// Counts a cycle of the simulated collector and sends it; a full ring loses the line, never the count.
    pub(super) fn tell_cycle(&mut self, cycle: GcCycle) {
        self.status.gc_cycles += 1;
        self.gc_held_nanos += cycle.held_nanos();
        let _ = self.cycles.push(cycle);
    }

    pub(super) fn publish(&mut self) {
        self.published.write(self.status);
    }

    /// Fills in what was told in all.
    pub(super) fn report(self, report: &mut StreamReport) {
        report.counts = self.status.counts;
        report.records_lost = self.status.records_lost;
        report.gc_cycles = self.status.gc_cycles;
        report.gc_held_nanos = self.gc_held_nanos;
        report.histograms = Some(self.histograms);
    }
}

/// What the record of any frame has in common at this moment.
#[derive(Clone, Copy)]
pub(super) struct Blank {
    pub(super) origin_nanos: u64,
    pub(super) deadline: Deadline,
    pub(super) era: u32,
    pub(super) busy_with: u64,
}

impl Blank {
    /// A record with nothing but its arrival.
    pub(super) fn at(&self, arrival_nanos: u64) -> FrameRecord {
        let arrival_nanos = arrival_nanos.saturating_sub(self.origin_nanos);
        FrameRecord {
            arrival_nanos,
            start_nanos: arrival_nanos,
            finish_nanos: arrival_nanos,
            budget_nanos: self.deadline.budget_nanos,
            allowance_nanos: self.deadline.allowance_nanos,
            era: self.era,
            ..FrameRecord::default()
        }
    }

    /// The record of a frame that was given up.
    pub(super) fn skipped(&self, frame: Arrived) -> FrameRecord {
        FrameRecord {
            index: frame.index,
            verdict: Verdict::Skipped,
            busy_with: self.busy_with,
            ..self.at(frame.arrival_nanos)
        }
    }
}
