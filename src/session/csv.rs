//! The frames of a run as a table, one line a frame. Written by hand: every field is a number or a fixed word.

use std::io::Write;

use super::{Exporter, Run};
use crate::measure::{FrameRecord, ms_from_nanos};

/// Writes every frame; a time that a skipped frame does not have is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct CsvExporter;

impl Exporter for CsvExporter {
    fn export(&self, run: &Run, out: &mut dyn Write) -> std::io::Result<()> {
        write!(
            out,
            "frame,source_frame,verdict,arrival_ms,start_ms,finish_ms,service_ms,response_ms,"
        )?;
        write!(out, "start_delay_ms,wakeup_error_ms,source_wait_ms")?;
        for stage in &run.stages {
            write!(out, ",{}_ms", stage.id)?;
        }
        writeln!(out, ",budget_ms,tolerance_ms")?;
        run.records
            .iter()
            .try_for_each(|record| write_frame(record, run.stages.len(), out))
    }
}

fn write_frame(
    record: &FrameRecord,
    stage_count: usize,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let ran = record.is_processed();
    let verdict = record.verdict.word().replace(' ', "-");
    let source_index = ran
        .then_some(record.source_index)
        .map(|index| index.to_string());
    write!(
        out,
        "{},{},{verdict},{:.6}",
        record.index,
        source_index.unwrap_or_default(),
        ms(record.arrival_nanos)
    )?;
    for nanos in [
        Some(record.start_nanos),
        Some(record.finish_nanos),
        Some(record.service_nanos()),
        Some(record.response_nanos()),
        Some(record.start_delay_nanos()),
        record.wakeup_error_nanos,
        Some(record.source_wait_nanos),
    ] {
        write_time(nanos.filter(|_| ran), out)?;
    }
    for stage in 0..stage_count {
        write_time(record.stages().get(stage).copied().filter(|_| ran), out)?;
    }
    writeln!(
        out,
        ",{:.6},{:.6}",
        ms(record.budget_nanos),
        ms(record.allowance_nanos)
    )
}

fn write_time(nanos: Option<u64>, out: &mut dyn Write) -> std::io::Result<()> {
    match nanos {
        Some(nanos) => write!(out, ",{:.6}", ms(nanos)),
        None => write!(out, ","),
    }
}

fn ms(nanos: u64) -> f64 {
    ms_from_nanos(nanos)
}
