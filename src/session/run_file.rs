//! The run file, `framescope.run-file/1`: plan, host, every frame, summary, one JSON value a line.
//!
//! The first line is an object that names the columns, each frame is an array in their order, the last line holds the
//! summary. A file that was cut off can be read up to where it ends. Times are whole nanoseconds, so that a run that was
//! saved is judged again exactly. [`super::RunWriter`] lets a file grow while the run goes on, and packs it.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use super::{Exporter, Host, Plan, Run, Summary};
use crate::measure::{DisturbanceKind, FrameRecord, Verdict};
use crate::pipeline::StageInfo;

/// Name and version of the format.
pub const RUN_FILE_SCHEMA: &str = "framescope.run-file/1";

/// Writes a run with all of its frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunFileExporter;

#[derive(Serialize)]
struct Header<'a> {
    schema: &'static str,
    #[serde(flatten)]
    labels: &'a RunLabels,
    plan: &'a Plan,
    host: &'a Host,
    stages: Vec<Stage<'a>>,
    columns: Vec<String>,
}

#[derive(Serialize)]
struct Stage<'a> {
    id: &'a str,
    label: &'a str,
}

#[derive(Serialize)]
struct Footer<'a> {
    summary: &'a Summary,
}

/// A number of a frame: its name, how it is read from a record, and how it is put into one. What cannot be told is
/// `null` and leaves the record as it was.
pub(super) struct Column {
    pub(super) name: &'static str,
    get: fn(&FrameRecord) -> Option<u64>,
    pub(super) set: fn(&mut FrameRecord, u64),
}

/// The columns after `verdict`, before those of the stages.
pub(super) const COLUMNS: &[Column] = &[
    column("frame", |r| Some(r.index), |r, n| r.index = n),
    column(
        "source_frame",
        |r| processed(r, r.source_index),
        |r, n| r.source_index = n,
    ),
    column(
        "arrival_nanos",
        |r| Some(r.arrival_nanos),
        |r, n| r.arrival_nanos = n,
    ),
    column(
        "start_nanos",
        |r| processed(r, r.start_nanos),
        |r, n| r.start_nanos = n,
    ),
    column(
        "finish_nanos",
        |r| processed(r, r.finish_nanos),
        |r, n| r.finish_nanos = n,
    ),
    column(
        "wakeup_error_nanos",
        |r| r.wakeup_error_nanos,
        |r, n| r.wakeup_error_nanos = Some(n),
    ),
    column(
        "source_wait_nanos",
        |r| processed(r, r.source_wait_nanos),
        |r, n| r.source_wait_nanos = n,
    ),
    column(
        "budget_nanos",
        |r| Some(r.budget_nanos),
        |r, n| r.budget_nanos = n,
    ),
    column(
        "allowance_nanos",
        |r| Some(r.allowance_nanos),
        |r, n| r.allowance_nanos = n,
    ),
    column(
        "busy_with",
        |r| (!r.is_processed()).then_some(r.busy_with),
        |r, n| r.busy_with = n,
    ),
    column(
        "lost_by_buffer",
        |r| (!r.is_processed()).then_some(u64::from(r.is_lost_by_buffer)),
        |r, n| r.is_lost_by_buffer = n > 0,
    ),
    column(
        "queue_depth",
        |r| processed(r, u64::from(r.queue_depth)),
        |r, n| r.queue_depth = n as u32,
    ),
    column(
        "cpu_nanos",
        |r| r.evidence.cpu_nanos,
        |r, n| r.evidence.cpu_nanos = Some(n),
    ),
    column(
        "voluntary_switches",
        |r| r.evidence.voluntary_switches,
        |r, n| r.evidence.voluntary_switches = Some(n),
    ),
    column(
        "involuntary_switches",
        |r| r.evidence.involuntary_switches,
        |r, n| r.evidence.involuntary_switches = Some(n),
    ),
    column(
        "minor_faults",
        |r| r.evidence.minor_faults,
        |r, n| r.evidence.minor_faults = Some(n),
    ),
    column(
        "major_faults",
        |r| r.evidence.major_faults,
        |r, n| r.evidence.major_faults = Some(n),
    ),
    column(
        "has_migrated",
        |r| r.evidence.has_migrated.map(u64::from),
        |r, n| r.evidence.has_migrated = Some(n > 0),
    ),
    column(
        "allocations",
        |r| r.evidence.allocations,
        |r, n| r.evidence.allocations = Some(n),
    ),
    column(
        "allocated_bytes",
        |r| r.evidence.allocated_bytes,
        |r, n| r.evidence.allocated_bytes = Some(n),
    ),
    column(
        "pool_hits",
        |r| processed(r, r.evidence.pool_hits),
        |r, n| r.evidence.pool_hits = n,
    ),
    column(
        "pool_misses",
        |r| processed(r, r.evidence.pool_misses),
        |r, n| r.evidence.pool_misses = n,
    ),
    column(
        "faults_injected_nanos",
        |r| injected_of(r, DisturbanceKind::Faults),
        |r, n| r.injected.add(DisturbanceKind::Faults, n),
    ),
    column(
        "alloc_injected_nanos",
        |r| injected_of(r, DisturbanceKind::Alloc),
        |r, n| r.injected.add(DisturbanceKind::Alloc, n),
    ),
    column(
        "sleep_injected_nanos",
        |r| injected_of(r, DisturbanceKind::Sleep),
        |r, n| r.injected.add(DisturbanceKind::Sleep, n),
    ),
    column(
        "decoder_injected_nanos",
        |r| injected_of(r, DisturbanceKind::Decoder),
        |r, n| r.injected.add(DisturbanceKind::Decoder, n),
    ),
    column(
        "throttle_injected_nanos",
        |r| injected_of(r, DisturbanceKind::Throttle),
        |r, n| r.injected.add(DisturbanceKind::Throttle, n),
    ),
    column(
        "gc_simulated_nanos",
        |r| injected_of(r, DisturbanceKind::Gc),
        |r, n| r.injected.add(DisturbanceKind::Gc, n),
    ),
    column("disturbed", |r| Some(disturbed_bits(r)), set_disturbed),
];

const fn column(
    name: &'static str,
    get: fn(&FrameRecord) -> Option<u64>,
    set: fn(&mut FrameRecord, u64),
) -> Column {
    Column { name, get, set }
}

const fn processed(record: &FrameRecord, value: u64) -> Option<u64> {
    if record.is_processed() {
        Some(value)
    } else {
        None
    }
}

fn injected_of(record: &FrameRecord, kind: DisturbanceKind) -> Option<u64> {
    Some(record.injected.of(kind)).filter(|&nanos| nanos > 0)
}

/// One bit a kind, in the order of [`DisturbanceKind::ALL`].
fn disturbed_bits(record: &FrameRecord) -> u64 {
    record.disturbed.kinds().map(|kind| 1 << kind as u64).sum()
}

fn set_disturbed(record: &mut FrameRecord, bits: u64) {
    for kind in DisturbanceKind::ALL {
        if bits & (1 << kind as u64) != 0 {
            record.disturbed.add(kind);
        }
    }
}

/// The word of a verdict in files: `on-time`.
pub(super) fn verdict_word(verdict: Verdict) -> String {
    verdict.word().replace(' ', "-")
}

/// Names of the columns of a run with these stages.
fn column_names(stages: &[StageInfo]) -> Vec<String> {
    let fixed = COLUMNS.iter().map(|column| column.name.to_owned());
    let of_stage = |stage: &StageInfo| {
        [
            format!("{}_nanos", stage.id),
            format!("{}_cpu_nanos", stage.id),
        ]
    };
    std::iter::once("verdict".to_owned())
        .chain(fixed)
        .chain(stages.iter().flat_map(of_stage))
        .collect()
}

fn row(record: &FrameRecord, stage_count: usize) -> Vec<Value> {
    let fixed = COLUMNS
        .iter()
        .map(|column| Value::from((column.get)(record)));
    let of_stage = |stage: usize| {
        let nanos = record.stages().get(stage).copied();
        let cpu_nanos = record.stage_cpus().and_then(|all| all.get(stage).copied());
        [Value::from(nanos), Value::from(cpu_nanos)]
    };
    std::iter::once(Value::from(verdict_word(record.verdict)))
        .chain(fixed)
        .chain((0..stage_count).flat_map(of_stage))
        .collect()
}

/// What tells a run file from others of the same plan. All of it may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunLabels {
    /// Which of several streams that were run together; `None` where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<u32>,
    /// What the user calls the run.
    pub name: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// When it began, in milliseconds since 1970 (UTC); `None` if that is not known.
    pub started_unix_ms: Option<u64>,
}

/// What the first line of a run file says.
#[derive(Clone, Copy, Debug)]
pub struct HeaderParts<'a> {
    /// What tells it from others.
    pub labels: &'a RunLabels,
    /// What was asked for.
    pub plan: &'a Plan,
    /// Where it is measured.
    pub host: &'a Host,
    /// The compiled stages.
    pub stages: &'a [StageInfo],
}

/// Writes the first line.
pub(super) fn write_header(parts: &HeaderParts<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    let header = Header {
        schema: RUN_FILE_SCHEMA,
        labels: parts.labels,
        plan: parts.plan,
        host: parts.host,
        stages: parts
            .stages
            .iter()
            .map(|stage| Stage {
                id: &stage.id,
                label: &stage.label,
            })
            .collect(),
        columns: column_names(parts.stages),
    };
    serde_json::to_writer(&mut *out, &header)?;
    writeln!(out)
}

/// Writes the line of a frame.
pub(super) fn write_row(
    record: &FrameRecord,
    stage_count: usize,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, &row(record, stage_count))?;
    writeln!(out)
}

/// Writes the last line.
pub(super) fn write_footer(summary: &Summary, out: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, &Footer { summary })?;
    writeln!(out)
}

impl Run {
    /// Writes the run file of a run that is over.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write_run_file(&self, labels: &RunLabels, out: &mut dyn Write) -> std::io::Result<()> {
        let parts = HeaderParts {
            labels,
            plan: &self.plan,
            host: &self.host,
            stages: &self.stages,
        };
        write_header(&parts, out)?;
        for record in &self.records {
            write_row(record, self.stages.len(), out)?;
        }
        write_footer(&self.summary(), out)
    }
}

impl Exporter for RunFileExporter {
    fn export(&self, run: &Run, out: &mut dyn Write) -> std::io::Result<()> {
        run.write_run_file(&RunLabels::default(), out)
    }
}
