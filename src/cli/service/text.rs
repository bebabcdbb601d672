//! The summary of a run whose frames were not kept.

use std::fmt::Write;

use super::super::args::RunArguments;
use super::super::{Exit, output};
use crate::session::{ServiceNumbers, ServiceSummary};

/// The summary as text, without a line end.
pub(super) fn text(summary: &ServiceSummary) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_text(&mut text, summary);
    text.truncate(text.trim_end().len());
    text
}

fn write_text(text: &mut String, summary: &ServiceSummary) -> std::fmt::Result {
    writeln!(
        text,
        "{} stream{} ran for {:.1} s",
        summary.streams.len(),
        if summary.streams.len() == 1 { "" } else { "s" },
        summary.seconds
    )?;
    writeln!(
        text,
        "\n{:<8}{:>22}{:>9}{:>9}{:>11}{:>10}{:>10}{:>10}{:>10}{:>9}",
        "stream",
        "drop rate %",
        "late",
        "skipped",
        "tolerated",
        "on time",
        "arrived",
        "p50 ms",
        "p99 ms",
        "core %"
    )?;
    for stream in &summary.streams {
        row(text, &stream.stream.to_string(), &stream.numbers)?;
    }
    if summary.streams.len() > 1 {
        row(text, "merged", &summary.summary)?;
    }
    writeln!(
        text,
        "\ntimes are responses, from histograms: at most 0.1 % above the value of their rank; –: the sample is too small"
    )?;
    for (count, what) in [
        (
            summary.summary.records_lost,
            "records were lost; causes and run files miss them",
        ),
        (
            summary.frames_unsaved,
            "frames could not be written to run files",
        ),
        (
            summary.summary.unreadable_frames,
            "pictures could not be read",
        ),
    ] {
        if count > 0 {
            writeln!(text, "{count} {what}")?;
        }
    }
    for stream in &summary.streams {
        if let Some(fault) = &stream.fault {
            writeln!(text, "stream {}: {fault}", stream.stream)?;
        }
    }
    Ok(())
}

fn row(text: &mut String, name: &str, numbers: &ServiceNumbers) -> std::fmt::Result {
    let number = |value: Option<f64>, digits: usize| {
        value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
    };
    let percent = |share: Option<f64>, digits| number(share.map(|share| share * 100.0), digits);
    let rate = format!(
        "{} [{}–{}]",
        percent(numbers.drop_rate, 2),
        percent(numbers.drop_rate_low, 2),
        percent(numbers.drop_rate_high, 2)
    );
    let counts = numbers.counts;
    writeln!(
        text,
        "{name:<8}{rate:>22}{:>9}{:>9}{:>11}{:>10}{:>10}{:>10}{:>10}{:>9}",
        counts.late,
        counts.skipped,
        counts.tolerated,
        counts.on_time,
        numbers.arrived,
        number(numbers.response_ms.p50, 3),
        number(numbers.response_ms.p99, 3),
        percent(numbers.cpu_utilisation, 1),
    )
}

/// Tells every gate that all streams together, or one of them, do not meet.
pub(super) fn judge(arguments: &RunArguments, summary: &ServiceSummary) -> Exit {
    let mut exit = Exit::Done;
    let all = std::iter::once(("all streams together".to_owned(), &summary.summary));
    let each = summary
        .streams
        .iter()
        .map(|stream| (format!("stream {}", stream.stream), &stream.numbers));
    for (whose, numbers) in all.chain(each) {
        let percent = numbers.drop_rate.unwrap_or(1.0) * 100.0;
        if let Some(limit) = arguments.max_drop_rate
            && percent > limit.percent()
        {
            output::remark(&format!(
                "gate --max-drop-rate {limit} not met by {whose}: {percent:.2} % of the frames were dropped"
            ));
            exit = Exit::GateFailed;
        }
        if let Some(limit) = arguments.max_p99 {
            let limit_ms = limit.as_secs_f64() * 1e3;
            let p99 = numbers.response_ms.p99;
            if p99.is_none_or(|p99| p99 > limit_ms) {
                let told = p99.map_or("not known: 299 processed frames are needed".into(), |p99| {
                    format!("{p99:.3} ms")
                });
                output::remark(&format!(
                    "gate --max-p99 {limit_ms} ms not met by {whose}: p99 of the response time is {told}"
                ));
                exit = Exit::GateFailed;
            }
        }
    }
    exit
}
