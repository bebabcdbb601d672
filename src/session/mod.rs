//! What was run and kept: the plan, the host, the frames, the summary; and the files that carry them away.
//!
//! [`Run`] holds one finished measurement. An [`Exporter`] writes it in one format; [`write_atomically`] puts the
//! result in its place whole or not at all. `docs/formats.md` describes every key and column.

mod capture;
mod catalog;
mod chrome_trace;
mod code;
mod cost;
mod csv;
mod hdr;
mod host;
mod json;
mod metrics;
mod npy;
mod packed;
mod plan_file;
mod recipe_file;
mod report;
mod rotate;
mod run;
mod run_file;
mod run_writer;
mod service;
mod streams;
mod summarize;
mod summary;
mod trace;
mod write;

pub use catalog::{MAX_LABEL, MAX_TAGS, Relabel, RunEntry, describe_run, list_runs, relabel_run};
pub use chrome_trace::ChromeTraceExporter;
pub use code::{CodeKind, code};
pub use cost::{SOURCE_DOCUMENT, StreamCost, stream_traffic};
pub use csv::CsvExporter;
pub use hdr::{HgrmExporter, HlogExporter};
pub use host::Host;
pub use json::JsonExporter;
pub use metrics::{
    Metrics, MetricsError, MetricsPage, MetricsServer, TextFormat, alert_rules, dashboard,
};
pub use npy::write_npy;
pub use plan_file::StoredPlan;
pub use recipe_file::read_recipe;
pub use report::ReportExporter;
pub use rotate::{RotatingRunFile, Rotation};
pub use run::{Plan, Run};
pub use run_file::{HeaderParts, RUN_FILE_SCHEMA, RunFileExporter, RunLabels};
pub use run_writer::RunWriter;
pub use service::{HistogramMs, ServiceNumbers, ServiceStream, ServiceSummary};
pub use streams::{StreamRun, StreamsRun, StreamsSummary};
pub use summary::{
    CauseCount, Frames, HistogramTexts, LateByCounts, LiveSummary, MemoryCosts, PoolUse, Probes,
    Quantiles, Resources, SimulatedGc, StageSummary, Summary,
};
pub use trace::{RecordedPlan, Recording, TraceError, open_arrivals, open_recording};
pub use write::{WriteError, write_atomically};

/// Writes a run in one format.
pub trait Exporter {
    /// Writes all of `run`.
    ///
    /// # Errors
    /// If the writer fails.
    fn export(&self, run: &Run, out: &mut dyn std::io::Write) -> std::io::Result<()>;
}
