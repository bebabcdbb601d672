//! The report: a run as one page of HTML that needs nothing else. No scripts, nothing from the network; light or dark as
//! the reader's system is.

mod plots;

use std::fmt::Write as _;
use std::io::Write;

use super::{Exporter, Run, Summary};
use crate::measure::{QuantileMs, QuantilesMs};

const STYLE: &str = include_str!("report.css");

/// Dropped frames that are listed, at most.
const DROPS_LISTED: usize = 200;

/// Writes the report.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportExporter;

impl Exporter for ReportExporter {
    fn export(&self, run: &Run, out: &mut dyn Write) -> std::io::Result<()> {
        out.write_all(page(run, &run.summary()).as_bytes())
    }
}

/// Text as it may stand in HTML and in its attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // What no HTML may hold.
            other if other.is_control() && other != '\n' && other != '\t' => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

fn page(run: &Run, numbers: &Summary) -> String {
    let title = format!("Framescope report · {}", run.plan.source.name);
    let mut html = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escaped(&title)
    );
    head(&mut html, run, numbers);
    figure(
        &mut html,
        "Response time of every frame",
        &plots::timeline(run),
        "The line is the budget, the band above it the tolerance. A triangle marks a late frame, a cross at the bottom a skipped one. A column shows the slowest of its frames.",
    );
    figure(
        &mut html,
        "Percentiles",
        &plots::spectrum(run),
        "Solid: response. Dashed: service. Each step to the right leaves out a larger share of the frames.",
    );
    quantiles(&mut html, numbers);
    if !numbers.stages.is_empty() {
        figure(
            &mut html,
            "Stages",
            &plots::stages(numbers),
            "Bars are medians; whiskers reach to the p99, or to the largest time where there are fewer than 299 frames.",
        );
        stages(&mut html, numbers);
    }
    drops(&mut html, numbers);
    settings(&mut html, run, numbers);
    html.push_str("</body>\n</html>\n");
    html
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("not available".to_owned(), |value| {
        format!("{value:.digits$}")
    })
}

fn ms(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |ms| format!("{ms:.3}"))
}

fn head(html: &mut String, run: &Run, numbers: &Summary) {
    let plan = &run.plan;
    let recipe = plan.preset.as_deref().unwrap_or(&plan.recipe.name);
    let frames = numbers.frames;
    let _ = writeln!(
        html,
        "<h1>{}</h1>\n<p class=\"quiet\">{} · {} · {} fps · budget {:.2} ms + {} · policy {}</p>",
        escaped(&plan.source.name),
        plan.source.frame.size,
        escaped(recipe),
        plan.rate,
        plan.budget_ms,
        plan.tolerance_percent,
        plan.policy,
    );
    let rate = match (
        numbers.drop_rate,
        numbers.drop_rate_low,
        numbers.drop_rate_high,
    ) {
        (Some(rate), Some(low), Some(high)) => format!(
            "{:.2} % of the frames were dropped (between {:.2} and {:.2} % with 95 % confidence, were they independent)",
            rate * 100.0,
            low * 100.0,
            high * 100.0
        ),
        _ => "No frame arrived".to_owned(),
    };
    let _ = writeln!(
        html,
        "<p class=\"answer\">{rate}: {} late and {} skipped of {}, in {} {}.</p>",
        frames.late,
        frames.skipped,
        frames.arrived,
        numbers.drop_episodes,
        if numbers.drop_episodes == 1 {
            "episode"
        } else {
            "episodes"
        },
    );
    html.push_str("<div class=\"cards\">");
    for (name, value) in [
        ("response p50", gated(&numbers.quantiles.response_ms.p50)),
        ("response p99", gated(&numbers.quantiles.response_ms.p99)),
        (
            "slowest response",
            format!("{} ms", ms(numbers.response_ms.max)),
        ),
        (
            "longest freeze",
            format!("{} ms", ms(numbers.longest_freeze_ms)),
        ),
        (
            "throughput",
            format!("{} fps", number(numbers.throughput_fps, 2)),
        ),
        (
            "allocations a frame",
            number(numbers.resources.allocations_per_frame, 2),
        ),
    ] {
        let _ = write!(
            html,
            "<div class=\"card\"><span class=\"quiet\">{name}</span><b>{value}</b></div>"
        );
    }
    html.push_str("</div>\n");
}

/// A quantile with its unit, or what it lacks.
fn gated(quantile: &QuantileMs) -> String {
    match quantile.value {
        Some(ms) => format!("{ms:.3} ms"),
        None => format!("needs {} more frames", quantile.needs),
    }
}

fn figure(html: &mut String, title: &str, svg: &str, caption: &str) {
    let _ = writeln!(
        html,
        "<h2>{title}</h2>\n<figure>{svg}</figure>\n<p class=\"quiet\">{caption}</p>"
    );
}

fn quantiles(html: &mut String, numbers: &Summary) {
    html.push_str("<div class=\"wide\"><table><tr><th>ms</th><th>mean</th><th>p50</th><th>p90</th><th>p95</th><th>p99</th><th>p99.9</th><th>max</th></tr>");
    let rows = [
        (
            "response",
            &numbers.response_ms,
            &numbers.quantiles.response_ms,
        ),
        (
            "service",
            &numbers.service_ms,
            &numbers.quantiles.service_ms,
        ),
        (
            "wake-up error",
            &numbers.wakeup_error_ms,
            &numbers.quantiles.wakeup_error_ms,
        ),
    ];
    for (name, values, gates) in rows {
        let QuantilesMs {
            p50,
            p90,
            p95,
            p99,
            p999,
        } = gates;
        let _ = write!(html, "<tr><td>{name}</td><td>{}</td>", ms(values.mean));
        for quantile in [p50, p90, p95, p99, p999] {
            html.push_str(&quantile_cell(quantile));
        }
        let _ = write!(html, "<td>{}</td></tr>", ms(values.max));
    }
    html.push_str("</table></div>\n<p class=\"quiet\">Nearest rank; a dash needs more frames (5, 29, 59, 299, 2,995). Pointing at a number shows its 95 % interval.</p>\n");
}

fn quantile_cell(quantile: &QuantileMs) -> String {
    let title = if quantile.needs > 0 {
        format!("needs {} more frames", quantile.needs)
    } else {
        format!(
            "rank {} of {}, between {} and {} ms",
            quantile.rank,
            quantile.of,
            quantile.low.map_or("0".to_owned(), |ms| format!("{ms:.3}")),
            quantile
                .high
                .map_or("∞".to_owned(), |ms| format!("{ms:.3}")),
        )
    };
    format!("<td title=\"{title}\">{}</td>", ms(quantile.value))
}

fn stages(html: &mut String, numbers: &Summary) {
    html.push_str("<div class=\"wide\"><table><tr><th>stage</th><th>p50 ms</th><th>p95 ms</th><th>p99 ms</th><th>max ms</th><th>of service</th><th>of budget</th></tr>");
    let share = |share: Option<f64>| {
        share.map_or("–".to_owned(), |share| format!("{:.1} %", share * 100.0))
    };
    for stage in &numbers.stages {
        let times = &stage.service_ms;
        let _ = write!(
            html,
            "<tr><td>{}<br><span class=\"quiet\">{}</span></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&stage.id),
            escaped(&stage.label),
            ms(times.p50),
            ms(times.p95),
            ms(times.p99),
            ms(times.max),
            share(stage.share_of_service),
            share(stage.share_of_budget),
        );
    }
    html.push_str("</table></div>\n");
}

fn drops(html: &mut String, numbers: &Summary) {
    html.push_str("<h2>Dropped frames</h2>\n");
    if numbers.drops.is_empty() {
        html.push_str("<p>No frame missed its deadline.</p>\n");
        return;
    }
    let causes: Vec<String> = numbers
        .causes
        .iter()
        .map(|cause| format!("{} {}", escaped(&cause.cause), cause.frames))
        .collect();
    let _ = writeln!(html, "<p>By cause: {}</p>", causes.join(" · "));
    html.push_str("<div class=\"wide\"><table><tr><th>frame</th><th>verdict</th><th>cause</th><th style=\"text-align:left\">what happened</th></tr>");
    for dropped in numbers.drops.iter().take(DROPS_LISTED) {
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"text\">{}</td></tr>",
            dropped.frame,
            dropped.verdict.word(),
            escaped(&dropped.cause),
            escaped(&dropped.text),
        );
    }
    html.push_str("</table></div>\n");
    let rest = numbers.drops.len().saturating_sub(DROPS_LISTED);
    if rest > 0 {
        let _ = writeln!(
            html,
            "<p class=\"quiet\">And {rest} more, which the JSON of the run lists.</p>"
        );
    }
}

fn settings(html: &mut String, run: &Run, numbers: &Summary) {
    let (plan, host) = (&run.plan, &run.host);
    let disturbances: Vec<String> = plan.disturbances.iter().map(ToString::to_string).collect();
    let or_none = |text: String| {
        if text.is_empty() {
            "none".to_owned()
        } else {
            text
        }
    };
    html.push_str("<h2>Settings and machine</h2>\n<dl>");
    for (name, value) in [
        (
            "source",
            format!(
                "{}, {}, {}",
                plan.source.codec, plan.source.decoder, plan.source.rate
            ),
        ),
        (
            "execution",
            format!(
                "{}, {}, {} threads",
                plan.execution.name(),
                plan.cpu_level.name(),
                plan.threads
            ),
        ),
        ("pool", if plan.pool { "on" } else { "off" }.to_owned()),
        ("seed", plan.seed.to_string()),
        ("warm-up", format!("{} frames", plan.warmup_frames)),
        ("disturbances", or_none(disturbances.join(", "))),
        (
            "window",
            if plan.is_window_open { "open" } else { "none" }.to_owned(),
        ),
        (
            "measuring costs",
            format!(
                "{:.1} µs a frame",
                numbers.probes.cost_nanos_per_frame as f64 / 1e3
            ),
        ),
        ("records lost", numbers.records_lost.to_string()),
        (
            "processor",
            host.cpu
                .clone()
                .unwrap_or_else(|| "not available".to_owned()),
        ),
        ("system", format!("{} {}", host.os, host.arch)),
        (
            "build",
            format!(
                "Framescope {} ({}, {})",
                host.version, host.commit, host.profile
            ),
        ),
    ] {
        let _ = write!(html, "<dt>{name}</dt><dd>{}</dd>", escaped(&value));
    }
    html.push_str("</dl>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_name_becomes_markup() {
        assert_eq!(
            escaped("<a href=\"x\">&'\u{1}"),
            "&lt;a href=&quot;x&quot;&gt;&amp;&#39; "
        );
    }
}
