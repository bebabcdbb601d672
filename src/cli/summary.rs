//! The summary that a person reads.

use std::fmt::Write;

use crate::engine::Speed;
use crate::frame::FrameRate;
use crate::measure::{Quantile, SummaryMs};
use crate::session::{Run, Summary};

/// Dropped frames that are listed; the rest is in the exported files.
const DROPS_LISTED: usize = 10;

/// Cycles of the simulated collector that are listed.
const CYCLES_LISTED: usize = 5;

/// The summary as text, without a line end.
pub(super) fn text(run: &Run, numbers: &Summary) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = header(&mut text, run, numbers);
    let _ = times(&mut text, run, numbers);
    let _ = resources(&mut text, run, numbers);
    let _ = drops(&mut text, numbers);
    text.truncate(text.trim_end().len());
    text
}

fn header(text: &mut String, run: &Run, numbers: &Summary) -> std::fmt::Result {
    let plan = &run.plan;
    let recipe = plan.preset.as_deref().unwrap_or(&plan.recipe.name);
    writeln!(
        text,
        "{} · {} · {recipe}",
        plan.source.name, plan.source.frame.size
    )?;
    writeln!(
        text,
        "{} fps · budget {:.2} ms + {} · policy {} · pool {} · {} warm-up frames",
        fps(plan.rate),
        plan.budget_ms,
        plan.tolerance_percent,
        plan.policy,
        if plan.pool { "on" } else { "off" },
        plan.warmup_frames,
    )?;
    played(text, run)?;
    if numbers.source_loops > 0 {
        writeln!(
            text,
            "the source was looped: played again {}",
            counted(numbers.source_loops, "time")
        )?;
    }
    for what in &plan.disturbances {
        writeln!(text, "disturbed by {what}")?;
    }
    live(text, run, numbers)?;
    let frames = numbers.frames;
    writeln!(text)?;
    writeln!(
        text,
        "drop rate {}   {} late · {} skipped · {} tolerated · {} on time · {} arrived",
        drop_rate(numbers),
        frames.late,
        frames.skipped,
        frames.tolerated,
        frames.on_time,
        frames.arrived,
    )?;
    writeln!(
        text,
        "{} · throughput {} fps",
        counted(numbers.drop_episodes, "drop episode"),
        numbers
            .throughput_fps
            .map_or("–".into(), |fps| format!("{fps:.2}")),
    )?;
    writeln!(text)
}

/// What was played, where it was not all of the source at its own speed, and whether decoding was counted.
fn played(text: &mut String, run: &Run) -> std::fmt::Result {
    let (play, plan) = (run.plan.play, &run.plan);
    if play.start > 0 || play.end.is_some() {
        let end = play
            .end
            .map_or("the end".into(), |end| format!("before {end}"));
        writeln!(text, "pictures from {} to {end}", play.start)?;
    }
    if play.speed != Speed::NORMAL {
        let speed = play.speed;
        writeln!(
            text,
            "the source's time passed at {speed}; arrivals kept their rate"
        )?;
    }
    if plan.is_decode_counted {
        writeln!(text, "decoding is counted: it is the first stage")?;
    }
    Ok(())
}

/// What a live source did.
fn live(text: &mut String, run: &Run, numbers: &Summary) -> std::fmt::Result {
    let (Some(live), Some(buffer)) = (&numbers.live, run.plan.live_buffer) else {
        return Ok(());
    };
    let report = live.report;
    writeln!(
        text,
        "live, {} at the end · buffer {buffer} dropped {} · {}, {} · {:.1} s without pictures",
        super::live::in_words(report.state),
        counted(report.buffer_dropped, "picture"),
        counted(report.reconnections, "reconnection"),
        counted(report.stalls, "stall"),
        report.outage_ms / 1e3,
    )
}

/// `1.67 % [0.30–8.86]`
fn drop_rate(numbers: &Summary) -> String {
    match (
        numbers.drop_rate,
        numbers.drop_rate_low,
        numbers.drop_rate_high,
    ) {
        (Some(rate), Some(low), Some(high)) => format!(
            "{:.2} % [{:.2}–{:.2}]",
            rate * 100.0,
            low * 100.0,
            high * 100.0
        ),
        _ => "–".to_owned(),
    }
}

/// `1 frame`, `2 frames`.
fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Frames per second as people say them: `30`, `29.97 (30000/1001)`.
pub(super) fn fps(rate: FrameRate) -> String {
    if rate.seconds() == 1 {
        rate.to_string()
    } else {
        format!("{:.2} ({rate})", rate.per_second())
    }
}

fn times(text: &mut String, run: &Run, numbers: &Summary) -> std::fmt::Result {
    writeln!(
        text,
        "{:<24}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}   of budget",
        "ms", "p50", "p90", "p95", "p99", "p99.9", "max"
    )?;
    row(text, "response", &numbers.response_ms, "")?;
    row(text, "service", &numbers.service_ms, "")?;
    for stage in &numbers.stages {
        let share = stage
            .share_of_budget
            .map_or(String::new(), |share| format!("{:>10.1} %", share * 100.0));
        row(text, &format!("  {}", stage.id), &stage.service_ms, &share)?;
    }
    row(text, "wake-up error", &numbers.wakeup_error_ms, "")?;
    if let Some(jitter) = numbers
        .live
        .as_ref()
        .and_then(|live| live.arrival_jitter_ms.as_ref())
    {
        row(text, "arrival jitter", jitter, "")?;
    }
    let p99 = &numbers.quantiles.response_ms.p99;
    if p99.value.is_some() {
        writeln!(
            text,
            "p99 of the response is rank {} of {}, between {} and {} ms with 95 % confidence",
            p99.rank,
            p99.of,
            p99.low.map_or("0".to_owned(), |ms| format!("{ms:.3}")),
            p99.high.map_or("∞".to_owned(), |ms| format!("{ms:.3}")),
        )?;
    }
    let processed = run.report.counts.processed() as usize;
    let missing: Vec<String> = Quantile::ALL
        .iter()
        .filter(|quantile| processed < quantile.frames_needed())
        .map(|quantile| {
            format!(
                "{} needs {} frames",
                quantile.name(),
                quantile.frames_needed()
            )
        })
        .collect();
    if !missing.is_empty() {
        writeln!(text, "–: the sample is too small ({})", missing.join(", "))?;
    }
    writeln!(text)
}

fn row(text: &mut String, name: &str, values: &SummaryMs, tail: &str) -> std::fmt::Result {
    let cell = |value: Option<f64>| value.map_or("–".to_owned(), |ms| format!("{ms:.3}"));
    write!(text, "{name:<24}")?;
    for value in [
        values.p50,
        values.p90,
        values.p95,
        values.p99,
        values.p999,
        values.max,
    ] {
        write!(text, "{:>9}", cell(value))?;
    }
    writeln!(text, "{tail}")
}

fn resources(text: &mut String, run: &Run, numbers: &Summary) -> std::fmt::Result {
    let used = numbers.resources;
    let number = |value: Option<f64>, digits: usize| {
        value.map_or("not available".to_owned(), |value| {
            format!("{value:.digits$}")
        })
    };
    writeln!(
        text,
        "per frame: {} allocations, {} bytes, {} minor faults · pool {} hits, {} misses",
        number(used.allocations_per_frame, 2),
        number(used.allocated_bytes_per_frame, 0),
        number(used.minor_faults_per_frame, 2),
        numbers.pool.hits,
        numbers.pool.misses,
    )?;
    writeln!(
        text,
        "stream thread: {} of a core, {} involuntary and {} voluntary switches · peak memory {}",
        used.cpu_utilisation
            .map_or("not available".into(), |share| format!(
                "{:.1} %",
                share * 100.0
            )),
        used.involuntary_switches
            .map_or("not available".into(), |count| count.to_string()),
        used.voluntary_switches
            .map_or("not available".into(), |count| count.to_string()),
        used.peak_rss_bytes
            .map_or("not available".into(), |bytes| format!(
                "{:.0} MiB",
                bytes as f64 / f64::from(1 << 20)
            )),
    )?;
    writeln!(
        text,
        "measuring costs {:.1} µs a frame{}",
        numbers.probes.cost_nanos_per_frame as f64 / 1e3,
        numbers
            .probes
            .share_of_service
            .map_or(String::new(), |share| format!(
                ", {:.2} % of the median service time",
                share * 100.0
            )),
    )?;
    for (count, what) in [
        (numbers.underruns, "frames waited for the source"),
        (
            run.unreadable_frames,
            "pictures of the source could not be read",
        ),
        (
            numbers.records_lost,
            "records were lost; the percentiles miss them",
        ),
    ] {
        if count > 0 {
            writeln!(text, "{count} {what}")?;
        }
    }
    writeln!(text)
}

fn drops(text: &mut String, numbers: &Summary) -> std::fmt::Result {
    if let Some(gc) = &numbers.simulated_gc {
        writeln!(
            text,
            "simulated gc: {}, held the stream for {:.1} ms",
            counted(gc.cycles, "cycle"),
            gc.held_ms
        )?;
        for line in gc.trace.iter().take(CYCLES_LISTED) {
            writeln!(text, "  {line}")?;
        }
        writeln!(text)?;
    }
    let late_by = numbers.late_by;
    if numbers.frames.late > 0 {
        writeln!(
            text,
            "late by work {}, by queue {}, by a late start {}",
            late_by.work, late_by.queue, late_by.start
        )?;
    }
    if !numbers.causes.is_empty() {
        let causes: Vec<String> = numbers
            .causes
            .iter()
            .map(|cause| format!("{} {}", cause.cause, cause.frames))
            .collect();
        writeln!(text, "causes: {}", causes.join(" · "))?;
    }
    for dropped in numbers.drops.iter().take(DROPS_LISTED) {
        writeln!(text, "{}", dropped.text)?;
    }
    let rest = numbers.drops.len().saturating_sub(DROPS_LISTED);
    if rest > 0 {
        writeln!(text, "… and {rest} more; --json FILE lists them all")?;
    }
    Ok(())
}
