//! The run as a trace for Perfetto and Chrome's tracing page: frames with their stages, what waited, drops, disturbances.
//!
//! The JSON of the Trace Event Format, times in microseconds after the first arrival. Stages are laid one behind the other
//! from the start of their frame; between them lies the reading of the clock, which is left at the end.

use std::collections::HashMap;
use std::io::Write;

use serde_json::{Value, json};

use super::{Exporter, Run};
use crate::measure::{DisturbanceKind, FrameRecord};

/// Tracks by number and name, in the order in which they are shown.
const TRACKS: [(u32, &str); 3] = [
    (FRAMES, "frames and stages"),
    (DROPS, "drops"),
    (DISTURBANCES, "disturbances"),
];

const FRAMES: u32 = 1;
const DROPS: u32 = 2;
const DISTURBANCES: u32 = 3;

/// Writes every frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChromeTraceExporter;

impl Exporter for ChromeTraceExporter {
    fn export(&self, run: &Run, out: &mut dyn Write) -> std::io::Result<()> {
        let mut events = Events {
            out,
            is_first: true,
        };
        write!(events.out, "{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
        events.names(run)?;
        let texts: HashMap<u64, String> = run
            .drops()
            .into_iter()
            .map(|dropped| (dropped.frame, dropped.text))
            .collect();
        for record in &run.records {
            if record.is_processed() {
                events.frame(record, run)?;
            }
            if record.verdict.is_dropped() {
                events.drop(record, texts.get(&record.index))?;
            }
        }
        for kind in DisturbanceKind::ALL {
            events.disturbance(kind, &run.records)?;
        }
        writeln!(events.out, "\n]}}")
    }
}

struct Events<'a> {
    out: &'a mut dyn Write,
    is_first: bool,
}

/// Microseconds.
fn us(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}

/// Milliseconds.
fn ms(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

impl Events<'_> {
    fn write(&mut self, event: &Value) -> std::io::Result<()> {
        let lead = if self.is_first { "\n" } else { ",\n" };
        self.is_first = false;
        write!(self.out, "{lead}")?;
        serde_json::to_writer(&mut *self.out, event)?;
        Ok(())
    }

    fn names(&mut self, run: &Run) -> std::io::Result<()> {
        let name = format!("Framescope · {}", run.plan.source.name);
        self.write(&json!({"ph": "M", "pid": 1, "name": "process_name", "args": {"name": name}}))?;
        for (order, (track, name)) in TRACKS.into_iter().enumerate() {
            self.write(&json!({
                "ph": "M", "pid": 1, "tid": track, "name": "thread_name", "args": {"name": name}
            }))?;
            self.write(&json!({
                "ph": "M", "pid": 1, "tid": track, "name": "thread_sort_index", "args": {"sort_index": order}
            }))?;
        }
        Ok(())
    }

    fn frame(&mut self, record: &FrameRecord, run: &Run) -> std::io::Result<()> {
        self.write(&json!({
            "ph": "X", "pid": 1, "tid": FRAMES, "cat": "frame", "name": format!("frame {}", record.index),
            "ts": us(record.start_nanos), "dur": us(record.service_nanos()),
            "args": {
                "frame": record.index,
                "verdict": record.verdict.word(),
                "service_ms": ms(record.service_nanos()),
                "response_ms": ms(record.response_nanos()),
                "start_delay_ms": ms(record.start_delay_nanos()),
                "budget_ms": ms(record.budget_nanos),
                "source_frame": record.source_index,
            },
        }))?;
        let mut start_nanos = record.start_nanos;
        for (stage, &nanos) in run.stages.iter().zip(record.stages()) {
            self.write(&json!({
                "ph": "X", "pid": 1, "tid": FRAMES, "cat": "stage", "name": stage.id,
                "ts": us(start_nanos), "dur": us(nanos), "args": {"frame": record.index},
            }))?;
            start_nanos += nanos;
        }
        self.write(&json!({
            "ph": "C", "pid": 1, "name": "queue depth", "ts": us(record.start_nanos),
            "args": {"frames": record.queue_depth},
        }))
    }

    fn drop(&mut self, record: &FrameRecord, text: Option<&String>) -> std::io::Result<()> {
        let deadline_nanos = record.arrival_nanos + record.budget_nanos + record.allowance_nanos;
        let at = if record.is_processed() {
            deadline_nanos
        } else {
            record.arrival_nanos
        };
        self.write(&json!({
            "ph": "i", "s": "t", "pid": 1, "tid": DROPS, "cat": "drop",
            "name": format!("frame {} {}", record.index, record.verdict.word()),
            "ts": us(at), "args": {"frame": record.index, "text": text},
        }))
    }

    /// A span for every run of consecutive frames while a disturbance was on.
    fn disturbance(
        &mut self,
        kind: DisturbanceKind,
        records: &[FrameRecord],
    ) -> std::io::Result<()> {
        for span in
            records.chunk_by(|one, next| one.disturbed.has(kind) == next.disturbed.has(kind))
        {
            let (Some(first), Some(last)) = (span.first(), span.last()) else {
                continue;
            };
            if !first.disturbed.has(kind) {
                continue;
            }
            let injected: u64 = span.iter().map(|record| record.injected.of(kind)).sum();
            let name = if kind == DisturbanceKind::Gc {
                "simulated gc"
            } else {
                kind.name()
            };
            self.write(&json!({
                "ph": "X", "pid": 1, "tid": DISTURBANCES, "cat": "disturbance", "name": name,
                "ts": us(first.arrival_nanos),
                "dur": us(last.finish_nanos.saturating_sub(first.arrival_nanos)),
                "args": {"frames": span.len(), "injected_ms": ms(injected)},
            }))?;
        }
        Ok(())
    }
}
