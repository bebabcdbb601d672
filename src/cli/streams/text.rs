//! The summary of several streams that a person reads: one row a stream, and all of them merged.

use std::fmt::Write;

use super::super::summary::fps;
use crate::session::{SOURCE_DOCUMENT, StreamCost, StreamRun, StreamsRun, StreamsSummary, Summary};

/// Dropped frames that are listed; the rest is in the exported files.
const DROPS_LISTED: usize = 10;

/// The summary as text, without a line end.
pub(super) fn text(run: &StreamsRun, numbers: &StreamsSummary) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = header(&mut text, run);
    let _ = table(&mut text, run, numbers);
    let _ = notes(&mut text, run, numbers);
    let _ = cost(&mut text, run, numbers);
    let _ = drops(&mut text, run, numbers);
    text.truncate(text.trim_end().len());
    text
}

fn header(text: &mut String, run: &StreamsRun) -> std::fmt::Result {
    writeln!(
        text,
        "{} streams · phases {}",
        run.streams.len(),
        run.phases.name()
    )?;
    let mut lines: Vec<(String, Vec<u32>)> = Vec::new();
    for stream in &run.streams {
        let line = line_of(stream);
        match lines.iter_mut().find(|(known, _)| *known == line) {
            Some((_, numbers)) => numbers.push(stream.number),
            None => lines.push((line, vec![stream.number])),
        }
    }
    let is_one = lines.len() == 1;
    for (line, numbers) in lines {
        let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
        if is_one {
            writeln!(text, "{line}")?;
        } else {
            writeln!(text, "stream {}: {line}", numbers.join(", "))?;
        }
    }
    if let Some(first) = run.streams.first() {
        for what in &first.run.plan.disturbances {
            writeln!(text, "each disturbed by {what}")?;
        }
    }
    writeln!(text)
}

fn line_of(stream: &StreamRun) -> String {
    let plan = &stream.run.plan;
    format!(
        "{} · {} · {} · {} fps · budget {:.2} ms + {} · policy {}",
        plan.source.name,
        plan.source.frame.size,
        plan.preset.as_deref().unwrap_or(&plan.recipe.name),
        fps(plan.rate),
        plan.budget_ms,
        plan.tolerance_percent,
        plan.policy,
    )
}

fn table(text: &mut String, run: &StreamsRun, numbers: &StreamsSummary) -> std::fmt::Result {
    writeln!(
        text,
        "{:<8}{:>22}{:>8}{:>9}{:>11}{:>9}{:>9}{:>10}{:>10}{:>9}{:>10}  ended",
        "stream",
        "drop rate %",
        "late",
        "skipped",
        "tolerated",
        "on time",
        "arrived",
        "p50 ms",
        "p99 ms",
        "core %",
        "faults/f"
    )?;
    for (stream, numbers) in run.streams.iter().zip(&numbers.each) {
        row(text, &stream.number.to_string(), numbers, stream.ended())?;
    }
    row(text, "merged", &numbers.merged, "")
}

fn row(text: &mut String, name: &str, numbers: &Summary, ended: &str) -> std::fmt::Result {
    let frames = numbers.frames;
    let number = |value: Option<f64>, digits: usize| {
        value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
    };
    let rate = match (
        numbers.drop_rate,
        numbers.drop_rate_low,
        numbers.drop_rate_high,
    ) {
        (Some(rate), Some(low), Some(high)) => format!(
            "{:.2} [{:.2}–{:.2}]",
            rate * 100.0,
            low * 100.0,
            high * 100.0
        ),
        _ => "–".to_owned(),
    };
    let core_percent = numbers.resources.cpu_utilisation.map(|share| share * 100.0);
    let line = format!(
        "{name:<8}{rate:>22}{:>8}{:>9}{:>11}{:>9}{:>9}{:>10}{:>10}{:>9}{:>10}  {ended}",
        frames.late,
        frames.skipped,
        frames.tolerated,
        frames.on_time,
        frames.arrived,
        number(numbers.response_ms.p50, 3),
        number(numbers.response_ms.p99, 3),
        number(core_percent, 1),
        number(numbers.resources.minor_faults_per_frame, 2),
    );
    writeln!(text, "{}", line.trim_end())
}

fn notes(text: &mut String, run: &StreamsRun, numbers: &StreamsSummary) -> std::fmt::Result {
    writeln!(text)?;
    let merged = &numbers.merged;
    writeln!(
        text,
        "throughput {} fps in all · {} drop episodes · pool {} hits, {} misses · peak memory of the process {}",
        merged
            .throughput_fps
            .map_or("–".into(), |fps| format!("{fps:.2}")),
        merged.drop_episodes,
        merged.pool.hits,
        merged.pool.misses,
        merged
            .resources
            .peak_rss_bytes
            .map_or("not available".into(), |bytes| format!(
                "{:.0} MiB",
                bytes as f64 / f64::from(1 << 20)
            )),
    )?;
    writeln!(
        text,
        "times are responses; the merged ones are of the frames of all streams, not of their quantiles"
    )?;
    if numbers.each.iter().any(|one| one.response_ms.p99.is_none()) {
        writeln!(text, "–: the sample is too small (p99 needs 299 frames)")?;
    }
    for (count, what) in [
        (merged.underruns, "frames waited for their source"),
        (merged.unreadable_frames, "pictures could not be read"),
        (
            merged.records_lost,
            "records were lost; the percentiles miss them",
        ),
    ] {
        if count > 0 {
            writeln!(text, "{count} {what}")?;
        }
    }
    for stream in &run.streams {
        if let Some(fault) = &stream.fault {
            writeln!(text, "stream {}: {fault}", stream.number)?;
        }
    }
    writeln!(text)
}

/// What the streams cost, from the one that costs least to the one that costs most.
fn cost(text: &mut String, run: &StreamsRun, numbers: &StreamsSummary) -> std::fmt::Result {
    let costs: Vec<StreamCost> = run
        .streams
        .iter()
        .zip(&numbers.each)
        .map(|(one, numbers)| run.cost(one, numbers))
        .collect();
    let range = |of: fn(&StreamCost) -> Option<f64>, (unit, name): (f64, &str), digits: usize| {
        let values: Option<Vec<f64>> = costs.iter().map(of).collect();
        let Some(values) = values.filter(|values| !values.is_empty()) else {
            return "not available".to_owned();
        };
        let least = values.iter().copied().fold(f64::INFINITY, f64::min) / unit;
        let most = values.iter().copied().fold(0.0, f64::max) / unit;
        let (least, most) = (format!("{least:.digits$}"), format!("{most:.digits$}"));
        if least == most {
            format!("{least} {name}")
        } else {
            format!("{least}–{most} {name}")
        }
    };
    writeln!(
        text,
        "a stream costs: core {} · allocated in 2 s {} · page faults {} · resident, of the process, shared out {}",
        range(|cost| cost.cores, (0.01, "%"), 1),
        range(|cost| cost.allocated_bytes_in_2_s, (1e6, "MB"), 1),
        range(|cost| cost.minor_faults_per_second, (1.0, "a second"), 1),
        range(|cost| cost.resident_bytes, (f64::from(1 << 20), "MiB"), 1),
    )?;
    writeln!(
        text,
        "memory traffic, an estimate from the sizes of the pictures {}: {} of what one thread copies here · input {}",
        range(|cost| cost.memory_bytes_per_second, (1e9, "GB/s"), 2),
        range(|cost| cost.share_of_copy, (0.01, "%"), 1),
        range(|cost| cost.input_bits_per_second, (1e6, "Mbit/s"), 2),
    )?;
    writeln!(text, "the source document says: {SOURCE_DOCUMENT}\n")
}

fn drops(text: &mut String, run: &StreamsRun, numbers: &StreamsSummary) -> std::fmt::Result {
    let merged = &numbers.merged;
    if !merged.causes.is_empty() {
        let causes: Vec<String> = merged
            .causes
            .iter()
            .map(|cause| format!("{} {}", cause.cause, cause.frames))
            .collect();
        writeln!(text, "causes: {}", causes.join(" · "))?;
    }
    let all = run
        .streams
        .iter()
        .zip(&numbers.each)
        .flat_map(|(stream, numbers)| numbers.drops.iter().map(|drop| (stream.number, drop)));
    for (number, dropped) in all.take(DROPS_LISTED) {
        writeln!(text, "stream {number}: {}", dropped.text)?;
    }
    let rest = merged.drops.len().saturating_sub(DROPS_LISTED);
    if rest > 0 {
        writeln!(text, "… and {rest} more; --json FILE lists them all")?;
    }
    Ok(())
}
