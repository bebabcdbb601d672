//! The times of a run in HdrHistogram's interchange forms: the percentile text (`.hgrm`) that its plotters draw, and the
//! log (`.hlog`) of compressed histograms that its tools read.

use std::io::Write;

use super::{Exporter, Run};
use crate::engine::Histograms;

/// The percentiles of the response time, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct HgrmExporter;

/// Service, response and wake-up error, a line each, tagged with their names; values are nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct HlogExporter;

fn histograms(run: &Run) -> std::io::Result<&Histograms> {
    let none = || std::io::Error::other("the run measured nothing");
    run.report.histograms.as_deref().ok_or_else(none)
}

impl Exporter for HgrmExporter {
    fn export(&self, run: &Run, out: &mut dyn Write) -> std::io::Result<()> {
        histograms(run)?.response.write_percentiles(out)
    }
}

impl Exporter for HlogExporter {
    fn export(&self, run: &Run, out: &mut dyn Write) -> std::io::Result<()> {
        let histograms = histograms(run)?;
        writeln!(
            out,
            "#[Framescope {}: {}]",
            run.host.version,
            run.plan.source.name.replace(['\n', '\r'], " ")
        )?;
        writeln!(out, "#[Histogram log format version 1.3]")?;
        writeln!(
            out,
            "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\""
        )?;
        let seconds = run.report.elapsed_nanos as f64 / 1e9;
        for (tag, times) in [
            ("service", &histograms.service),
            ("response", &histograms.response),
            ("wakeup_error", &histograms.wakeup_error),
        ] {
            let max_ms = times.max_nanos().unwrap_or(0) as f64 / 1e6;
            writeln!(
                out,
                "Tag={tag},0.000,{seconds:.3},{max_ms:.3},{}",
                times.to_base64()
            )?;
        }
        Ok(())
    }
}
