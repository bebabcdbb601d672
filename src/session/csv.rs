//! The frames of a run as a table, one line a frame. Written by hand: every field is a number or a fixed word.

use std::io::Write;

use super::{Exporter, Run, StreamsRun};
use crate::measure::{FrameRecord, ms_from_nanos};

/// Writes every frame; a time that a skipped frame does not have is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct CsvExporter;

impl Exporter for CsvExporter {
    fn export(&self, run: &Run, out: &mut dyn Write) -> std::io::Result<()> {
        write_head(run.stages.iter().map(|stage| stage.id.as_str()), out)?;
        let stages: Vec<_> = (0..run.stages.len()).map(Some).collect();
        run.records
            .iter()
            .try_for_each(|record| write_frame(record, &stages, out))
    }
}

/// Writes the frames of several streams in one table: `stream` is the first column, and every stage that any of them has
/// is one; a stream without it leaves it empty.
pub(super) fn write_streams(run: &StreamsRun, out: &mut dyn Write) -> std::io::Result<()> {
    let mut ids: Vec<&str> = Vec::new();
    for stage in run.streams.iter().flat_map(|stream| &stream.run.stages) {
        if !ids.contains(&stage.id.as_str()) {
            ids.push(&stage.id);
        }
    }
    write!(out, "stream,")?;
    write_head(ids.iter().copied(), out)?;
    for stream in &run.streams {
        let place = |id: &&str| stream.run.stages.iter().position(|stage| stage.id == *id);
        let stages: Vec<_> = ids.iter().map(place).collect();
        for record in &stream.run.records {
            write!(out, "{},", stream.number)?;
            write_frame(record, &stages, out)?;
        }
    }
    Ok(())
}

fn write_head<'a>(
    stage_ids: impl Iterator<Item = &'a str>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    write!(
        out,
        "frame,source_frame,verdict,arrival_ms,start_ms,finish_ms,service_ms,response_ms,"
    )?;
    write!(out, "start_delay_ms,wakeup_error_ms,source_wait_ms")?;
    for id in stage_ids {
        write!(out, ",{id}_ms")?;
    }
    writeln!(out, ",budget_ms,tolerance_ms")
}

fn write_frame(
    record: &FrameRecord,
    stages: &[Option<usize>],
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
    for stage in stages {
        let nanos = stage.and_then(|stage| record.stages().get(stage).copied());
        write_time(nanos.filter(|_| ran), out)?;
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
