//! One of several streams, from the outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::pool::Ticket;
use crate::engine::config::{EngineCommand, Histograms, StreamReport, StreamState, StreamStatus};
use crate::engine::disturb::GcCycle;
use crate::engine::live::LiveReport;
use crate::engine::panics::PanicReport;
use crate::engine::stream::{Leftovers, Stream};
use crate::measure::{FrameRecord, VerdictCounts};
use crate::pipeline::StageInfo;
use crate::source::{SourceError, SourceInfo};

/// Messages about pictures that could not be read that wait to be told; later ones are counted only.
const TROUBLES_WAITING: usize = 16;

/// Cycles of the simulated collector that are kept of a stream.
const CYCLES_KEPT: usize = 100_000;

/// How a stream ended.
#[derive(Clone, Debug)]
pub struct StreamEnd {
    /// What it counted. Of a stream that died: its verdicts up to its last frame, exact, and what its records tell.
    pub report: StreamReport,
    /// What it died of.
    pub fault: Option<PanicReport>,
}

/// One of several streams.
pub struct Member {
    number: u32,
    phase: f64,
    info: SourceInfo,
    stages: Vec<StageInfo>,
    stream: Stream,
    ticket: Option<Ticket>,
    is_ready: Arc<AtomicBool>,
    pub(super) is_leaving: bool,
    status: StreamStatus,
    heard: VerdictCounts,
    histograms: Histograms,
    last_nanos: u64,
    cycles: Vec<GcCycle>,
    troubles: Vec<SourceError>,
    end: Option<StreamEnd>,
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member")
            .field("number", &self.number)
            .field("source", &self.info.name)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Member {
    pub(super) fn new(
        (number, phase): (u32, f64),
        (info, stages): (SourceInfo, Vec<StageInfo>),
        stream: Stream,
        (is_ready, ticket): (Arc<AtomicBool>, Ticket),
    ) -> Self {
        Self {
            number,
            phase,
            info,
            stages,
            stream,
            ticket: Some(ticket),
            is_ready,
            is_leaving: false,
            status: StreamStatus::default(),
            heard: VerdictCounts::default(),
            histograms: Histograms::default(),
            last_nanos: 0,
            cycles: Vec::new(),
            troubles: Vec::new(),
            end: None,
        }
    }

    /// Its number, from 0, in the order in which streams were added.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Where its arrivals lie within the interval, as a share: 0 to 1.
    pub const fn phase(&self) -> f64 {
        self.phase
    }

    /// What its source holds.
    pub const fn source(&self) -> &SourceInfo {
        &self.info
    }

    /// The stages that its frames go through.
    pub fn stages(&self) -> &[StageInfo] {
        &self.stages
    }

    /// Its status, as it was told last.
    pub const fn status(&self) -> &StreamStatus {
        &self.status
    }

    /// The times of the whole run, made of the records that came through.
    pub const fn histograms(&self) -> &Histograms {
        &self.histograms
    }

    /// How it ended; `None` while it runs.
    pub const fn end(&self) -> Option<&StreamEnd> {
        self.end.as_ref()
    }

    /// Cycles of its simulated collector.
    pub fn cycles(&self) -> &[GcCycle] {
        &self.cycles
    }

    /// Messages about pictures that could not be read since the last time.
    pub(super) fn take_troubles(&mut self) -> Vec<SourceError> {
        std::mem::take(&mut self.troubles)
    }

    /// Pictures of its source that could not be read.
    pub fn unreadable_frames(&self) -> u64 {
        self.stream.unreadable_frames()
    }

    /// What its source does, if that is a live one.
    pub fn live(&self) -> Option<LiveReport> {
        self.stream.live()
    }

    /// Whether it has not ended yet.
    pub const fn is_running(&self) -> bool {
        self.end.is_none()
    }

    /// Whether it has warmed up, or will never.
    pub(super) fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Acquire) || self.stream.is_finished()
    }

    pub(super) fn send(&mut self, command: EngineCommand) -> bool {
        if matches!(command, EngineCommand::Swap(_)) {
            // It is another pipeline then, and no other stream can take it over.
            self.ticket = None;
        }
        self.is_running() && self.stream.send(command)
    }

    pub(super) fn stop(&self) {
        self.stream.stop();
    }

    /// Hears what it has told since the last time.
    pub(super) fn listen(&mut self, hear: &mut impl FnMut(u32, &FrameRecord)) {
        if self.end.is_some() {
            return;
        }
        self.stream.free_retired();
        while let Some(record) = self.stream.next_record() {
            self.last_nanos = self
                .last_nanos
                .max(record.finish_nanos.max(record.arrival_nanos));
            self.heard.add(record.verdict);
            if record.is_processed() {
                self.histograms.service.add(record.service_nanos());
                self.histograms.response.add(record.response_nanos());
                if let Some(nanos) = record.wakeup_error_nanos {
                    self.histograms.wakeup_error.add(nanos);
                }
            }
            hear(self.number, &record);
        }
        while let Some(cycle) = self.stream.next_cycle() {
            if self.cycles.len() < CYCLES_KEPT {
                self.cycles.push(cycle);
            }
        }
        while let Some(trouble) = self.stream.next_trouble() {
            if self.troubles.len() < TROUBLES_WAITING {
                self.troubles.push(trouble);
            }
        }
        self.status = self.stream.status();
    }

    /// Takes its report if it has ended since the last time, and what it leaves for another stream.
    pub(super) fn take_leave(
        &mut self,
        hear: &mut impl FnMut(u32, &FrameRecord),
    ) -> Option<(Ticket, Leftovers)> {
        if self.end.is_some() || !self.stream.is_finished() {
            return None;
        }
        // The last records may have come between the two.
        self.listen(hear);
        let end = match self.stream.join() {
            Ok(report) => StreamEnd {
                report,
                fault: None,
            },
            Err(fault) => StreamEnd {
                report: self.report_of_the_dead(),
                fault: Some(fault),
            },
        };
        self.status.state = StreamState::Ended;
        self.end = Some(end);
        self.ticket.take().zip(self.stream.take_leftovers())
    }

    /// What is known of a stream that could not report itself.
    fn report_of_the_dead(&self) -> StreamReport {
        let histograms = self.histograms.clone();
        let told = self.status.counts;
        StreamReport {
            // Frames that were given up for the one that it died of are in the records alone.
            counts: if self.heard.arrived() >= told.arrived() {
                self.heard
            } else {
                told
            },
            records_lost: self.status.records_lost,
            pool: self.status.pool,
            allocations: self.status.era_allocations,
            elapsed_nanos: self.last_nanos,
            gc_cycles: self.status.gc_cycles,
            histograms: (self.histograms.response.count() > 0).then(|| Box::new(histograms)),
            ..StreamReport::default()
        }
    }
}
