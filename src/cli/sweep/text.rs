//! The answer of a sweep that a person reads.

use std::fmt::Write;

use crate::experiment::{CaseResult, CoresModel, InsideRow, SweepGoal, SweepProgress};
use crate::session::SOURCE_DOCUMENT;

/// Width of the bars of the curve, in characters.
const BAR: usize = 24;

/// What is measured now.
pub(super) fn progress(progress: &SweepProgress) -> String {
    let (at, of) = progress.at;
    format!(
        "case {} of {of} · {} · {} streams for {:.0} s",
        at + 1,
        progress.case,
        progress.streams,
        progress.seconds
    )
}

/// The answer as text, without a line end.
pub(super) fn text(results: &[CaseResult], goal: &SweepGoal) -> String {
    let mut text = String::new();
    for result in results {
        // Writing to a string cannot fail.
        let _ = case(&mut text, result, goal);
    }
    if results.len() > 1 {
        let _ = cases(&mut text, results);
    }
    text.truncate(text.trim_end().len());
    text
}

fn percent(share: Option<f64>) -> String {
    share.map_or("n/a".into(), |share| format!("{:.0} %", share * 100.0))
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("n/a".into(), |value| format!("{value:.digits$}"))
}

fn case(text: &mut String, result: &CaseResult, goal: &SweepGoal) -> std::fmt::Result {
    writeln!(text, "{} · phases {}", result.name, goal.phases.name())?;
    let goal_percent = goal.max_drop_rate * 100.0;
    match result.capacity {
        Some(0) => writeln!(
            text,
            "holds no stream with at most {goal_percent} % of the frames dropped"
        )?,
        Some(capacity) if result.is_limited => writeln!(
            text,
            "holds {capacity} streams with at most {goal_percent} % of the frames dropped, and maybe more: no more were tried (--max-streams)"
        )?,
        Some(capacity) => writeln!(
            text,
            "holds {capacity} streams with at most {goal_percent} % of the frames dropped (upper end of the 95 % interval)"
        )?,
        None => writeln!(text, "not measured to the end")?,
    }
    curve(text, result)?;
    if let Some(knee) = &result.knee {
        writeln!(
            text,
            "knee at {} streams: {} ({})",
            knee.streams, knee.reason, knee.evidence
        )?;
    }
    for point in &result.points {
        for fault in &point.faults {
            writeln!(text, "with {} streams: {fault}", point.streams)?;
        }
    }
    if let Some(model) = &result.model {
        table(text, model)?;
    } else if result.is_limited {
        writeln!(
            text,
            "no table of cores: it follows from the largest number of streams, which was not found"
        )?;
    }
    writeln!(text)
}

/// Throughput by number of streams, as a bar whose frame is the ideal.
fn curve(text: &mut String, result: &CaseResult) -> std::fmt::Result {
    writeln!(
        text,
        "\n{:>8}{:>26}{:>9}{:>8}{:>8}{:>10}{:>9}{:>9}{:>8}  of the ideal",
        "streams", "drop rate %", "fps", "ideal", "p99 ms", "cpu ms/f", "cores", "machine", "sw/f"
    )?;
    for point in &result.points {
        let ideal = f64::from(point.streams) * result.rate_fps;
        let share = (point.throughput_fps / ideal).clamp(0.0, 1.0);
        let full = (share * BAR as f64).round() as usize;
        let rate = format!(
            "{:.2} [{:.2}–{:.2}]",
            point.drop_rate * 100.0,
            point.drop_rate_low * 100.0,
            point.drop_rate_high * 100.0
        );
        writeln!(
            text,
            "{:>8}{rate:>26}{:>9.1}{ideal:>8.0}{:>8}{:>10}{:>9}{:>9}{:>8}  {}{} {:.0} %",
            point.streams,
            point.throughput_fps,
            number(point.p99_response_ms, 1),
            number(point.cpu_ms_per_frame, 2),
            number(point.process_cores, 2),
            percent(point.machine_busy),
            number(point.involuntary_switches_per_frame, 2),
            "█".repeat(full),
            "░".repeat(BAR - full),
            share * 100.0
        )?;
    }
    writeln!(
        text,
        "cpu ms/f: processor time of the stream per frame · cores: kept busy by this program, sources included · machine: share of all processors that anybody kept busy · sw/f: preemptions per frame · n/a: not available"
    )
}

fn table(text: &mut String, model: &CoresModel) -> std::fmt::Result {
    writeln!(
        text,
        "\n{:>6}{:>9}{:>11}{:>16}",
        "cores", "streams", "total fps", "memory GB/s"
    )?;
    for row in &model.rows {
        writeln!(
            text,
            "{:>6}{:>9}{:>11.0}{:>16}  {}",
            row.cores,
            row.streams,
            row.total_fps,
            number(row.memory_bytes_per_second.map(|bytes| bytes / 1e9), 1),
            if row.is_measured { "measured" } else { "model" }
        )?;
    }
    writeln!(
        text,
        "model: floor({:.3} × cores ÷ {:.4} cores a stream); memory is an estimate from the sizes of the pictures",
        model.utilisation, model.cores_per_stream
    )?;
    for assumption in &model.assumptions {
        writeln!(text, "  taken for granted: {assumption}")?;
    }
    match model.largest_error {
        Some(error) => writeln!(
            text,
            "  checked against {} measured points: the cores that it says are off by {:.0} % at most",
            model.points_compared,
            error * 100.0
        )?,
        None => writeln!(text, "  there was no other point to check it against")?,
    }
    writeln!(
        text,
        "the source document says: {SOURCE_DOCUMENT}; 4, 8 and 16 cores hold 4, 8 and 16 streams"
    )
}

/// Threads inside a frame and streams beside one another, side by side.
pub(super) fn threads(name: &str, rows: &[InsideRow]) -> String {
    let mut text = format!(
        "{name} · as fast as it goes\n\n{:>8}   one stream, threads in its frames   streams of one thread\n{:>8}{:>12}{:>10}{:>10}{:>15}{:>10}{:>10}\n",
        "", "threads", "fps", "p50 ms", "p99 ms", "fps", "p50 ms", "p99 ms"
    );
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:>8}{:>12.1}{:>10}{:>10}{:>15.1}{:>10}{:>10}",
            row.threads,
            row.inside.throughput_fps,
            number(row.inside.p50_service_ms, 2),
            number(row.inside.p99_response_ms, 2),
            row.beside.throughput_fps,
            number(row.beside.p50_service_ms, 2),
            number(row.beside.p99_response_ms, 2),
        );
    }
    text.push_str(
        "times are the age of a frame when it is done; threads in a frame make it younger, streams beside one another make more of them",
    );
    text
}

/// All cases side by side.
fn cases(text: &mut String, results: &[CaseResult]) -> std::fmt::Result {
    writeln!(text, "{:>8}{:>11}  case", "streams", "total fps")?;
    for result in results {
        let streams = result
            .capacity
            .map_or("–".into(), |streams| streams.to_string());
        let fps = result.capacity.map_or("–".into(), |streams| {
            format!("{:.0}", f64::from(streams) * result.rate_fps)
        });
        writeln!(text, "{streams:>8}{fps:>11}  {}", result.name)?;
    }
    Ok(())
}
