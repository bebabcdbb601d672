//! The plots of the report as SVG, coloured by the page's style sheet.

use std::fmt::Write as _;

use super::escaped;
use crate::measure::{FrameRecord, Sample, Verdict, ms_from_nanos};
use crate::session::{Run, StageSummary, Summary};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 28.0;

/// A linear scale from values to places.
#[derive(Clone, Copy)]
struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    fn at(self, value: f64) -> f64 {
        let span = (self.to - self.from).max(f64::MIN_POSITIVE);
        self.start + (value - self.from) / span * (self.end - self.start)
    }

    /// Round values within the scale, about `count` of them.
    fn ticks(self, count: f64) -> Vec<f64> {
        let rough = ((self.to - self.from) / count).max(1e-9);
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|times| times * power)
            .find(|&step| step >= rough)
            .unwrap_or(10.0 * power);
        let first = (self.from / step).ceil() as i64;
        (first..)
            .map(|at| at as f64 * step)
            .take_while(|&tick| tick <= self.to + step * 1e-6)
            .take(20)
            .collect()
    }
}

/// A number without needless zeros.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

fn open(svg: &mut String, height: f64, title: &str) {
    // Writing to a string cannot fail.
    let _ = write!(
        svg,
        r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{}">"#,
        escaped(title)
    );
}

/// Horizontal lines with their milliseconds.
fn y_axis(svg: &mut String, scale: Scale) {
    for tick in scale.ticks(5.0) {
        let y = scale.at(tick);
        let _ = write!(
            svg,
            r#"<line class="axis" x1="{LEFT}" x2="{:.1}" y1="{y:.1}" y2="{y:.1}"/><text x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0,
            short(tick)
        );
    }
    let _ = write!(svg, r#"<text x="4" y="11">ms</text>"#);
}

/// Response time of every frame: a column of the picture shows the largest of its frames, and every kind of drop.
pub(super) fn timeline(run: &Run) -> String {
    let height = 240.0;
    let mut svg = String::new();
    open(
        &mut svg,
        height,
        "Response time of every frame against budget and tolerance",
    );
    let end_nanos = run
        .records
        .iter()
        .map(|record| record.arrival_nanos)
        .max()
        .unwrap_or(0);
    let limit = run
        .records
        .first()
        .map_or(0, |record| record.budget_nanos + record.allowance_nanos);
    let largest = run
        .records
        .iter()
        .filter(|record| record.is_processed())
        .map(FrameRecord::response_nanos)
        .max();
    let top_ms = ms_from_nanos(largest.unwrap_or(0).max(limit)) * 1.08;
    let x = Scale {
        from: 0.0,
        to: (end_nanos as f64 / 1e9).max(1e-6),
        start: LEFT,
        end: WIDTH - RIGHT,
    };
    let y = Scale {
        from: 0.0,
        to: top_ms.max(1e-6),
        start: height - BOTTOM,
        end: TOP,
    };
    y_axis(&mut svg, y);
    for tick in x.ticks(8.0) {
        let _ = write!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{} s</text>"#,
            x.at(tick),
            height - 8.0,
            short(tick)
        );
    }
    budget(&mut svg, run, y);
    let mut columns: Vec<Column> = vec![Column::default(); (WIDTH - LEFT - RIGHT) as usize + 1];
    for record in &run.records {
        let at = (x.at(record.arrival_nanos as f64 / 1e9) - LEFT) as usize;
        if let Some(column) = columns.get_mut(at) {
            column.add(record);
        }
    }
    let base = y.at(0.0);
    for (at, column) in columns.iter().enumerate() {
        let place = LEFT + at as f64;
        if let Some(record) = column.worst {
            let top = y.at(ms_from_nanos(record.response_nanos()));
            let class = record.verdict.word().replace(' ', "-");
            let _ = write!(
                svg,
                r#"<line class="{class}" x1="{place:.1}" x2="{place:.1}" y1="{base:.1}" y2="{top:.1}"/>"#
            );
            if record.verdict == Verdict::Late {
                let _ = write!(
                    svg,
                    r#"<path class="mark-late" d="M{place:.1} {:.1}l-4 -7h8z"/>"#,
                    top - 1.0
                );
            }
        }
        if column.has_skipped {
            let _ = write!(
                svg,
                r#"<path class="mark-skipped" d="M{:.1} {:.1}l6 6m0 -6l-6 6"/>"#,
                place - 3.0,
                base - 9.0
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// What a column of the timeline shows.
#[derive(Clone, Copy, Default)]
struct Column {
    worst: Option<FrameRecord>,
    has_skipped: bool,
}

impl Column {
    fn add(&mut self, record: &FrameRecord) {
        if !record.is_processed() {
            self.has_skipped = true;
        } else if self
            .worst
            .is_none_or(|worst| record.response_nanos() > worst.response_nanos())
        {
            self.worst = Some(*record);
        }
    }
}

fn budget(svg: &mut String, run: &Run, y: Scale) {
    let Some(first) = run.records.first() else {
        return;
    };
    let low = y.at(ms_from_nanos(first.budget_nanos));
    let high = y.at(ms_from_nanos(first.budget_nanos + first.allowance_nanos));
    let _ = write!(
        svg,
        r#"<rect class="band" x="{LEFT}" width="{:.1}" y="{high:.1}" height="{:.1}"/><line class="budget" x1="{LEFT}" x2="{:.1}" y1="{low:.1}" y2="{low:.1}"/>"#,
        WIDTH - LEFT - RIGHT,
        (low - high).max(0.0),
        WIDTH - RIGHT
    );
}

/// Response and service over 1 ÷ (1 − p), as far as there are frames.
pub(super) fn spectrum(run: &Run) -> String {
    let height = 240.0;
    let mut svg = String::new();
    open(&mut svg, height, "Percentiles of response and service time");
    let processed = || run.records.iter().filter(|record| record.is_processed());
    let samples = [
        (
            "line-service",
            Sample::new(processed().map(FrameRecord::service_nanos)),
        ),
        (
            "line-response",
            Sample::new(processed().map(FrameRecord::response_nanos)),
        ),
    ];
    let count = samples[1].1.count();
    let largest = samples.iter().filter_map(|(_, sample)| sample.max()).max();
    let limit = run
        .records
        .first()
        .map_or(0, |record| record.budget_nanos + record.allowance_nanos);
    let top_ms = ms_from_nanos(largest.unwrap_or(0).max(limit)) * 1.08;
    let x = Scale {
        from: 0.0,
        to: (count as f64).log10().max(1.0),
        start: LEFT,
        end: WIDTH - RIGHT,
    };
    let y = Scale {
        from: 0.0,
        to: top_ms.max(1e-6),
        start: height - BOTTOM,
        end: TOP,
    };
    y_axis(&mut svg, y);
    budget(&mut svg, run, y);
    for (left_over, name) in [
        (1.0, "min"),
        (2.0, "p50"),
        (10.0, "p90"),
        (20.0, "p95"),
        (100.0, "p99"),
        (1_000.0, "p99.9"),
        (10_000.0, "p99.99"),
    ] {
        let place = f64::log10(left_over);
        if place <= x.to {
            let _ = write!(
                svg,
                r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{name}</text>"#,
                x.at(place).max(LEFT + 10.0),
                height - 8.0
            );
        }
    }
    for (class, sample) in &samples {
        let points = spectrum_points(sample.ascending());
        let path: Vec<String> = points
            .iter()
            .map(|&(left_over, nanos)| {
                format!(
                    "{:.1},{:.1}",
                    x.at(left_over.log10().min(x.to)),
                    y.at(ms_from_nanos(nanos))
                )
            })
            .collect();
        let _ = write!(
            svg,
            r#"<polyline class="{class}" points="{}"/>"#,
            path.join(" ")
        );
    }
    svg.push_str("</svg>");
    svg
}

/// At most some hundred points of the spectrum: 1 ÷ (1 − p) and the time.
fn spectrum_points(ascending: &[u64]) -> Vec<(f64, u64)> {
    let count = ascending.len();
    let mut points = Vec::new();
    let mut last = None;
    for step in 0..=400 {
        // Even steps of the logarithm.
        let left_over = (count.max(1) as f64).powf(f64::from(step) / 400.0);
        let rank = ((1.0 - 1.0 / left_over) * count as f64).floor() as usize;
        if let Some(&nanos) = ascending.get(rank.min(count.saturating_sub(1)))
            && last != Some(rank)
        {
            points.push((left_over, nanos));
            last = Some(rank);
        }
    }
    points
}

/// Median of every stage as a bar, its p99 (or the largest time, where frames are too few) as a whisker.
pub(super) fn stages(numbers: &Summary) -> String {
    let row = 26.0;
    let height = row * numbers.stages.len() as f64 + TOP + BOTTOM;
    let left = 150.0;
    let mut svg = String::new();
    open(&mut svg, height, "Time of every stage");
    let end = |stage: &StageSummary| stage.service_ms.p99.or(stage.service_ms.max).unwrap_or(0.0);
    let to = numbers.stages.iter().map(end).fold(1e-6, f64::max) * 1.05;
    let x = Scale {
        from: 0.0,
        to,
        start: left,
        end: WIDTH - RIGHT - 8.0,
    };
    for tick in x.ticks(6.0) {
        let place = x.at(tick);
        let _ = write!(
            svg,
            r#"<line class="axis" x1="{place:.1}" x2="{place:.1}" y1="{TOP}" y2="{:.1}"/><text x="{place:.1}" y="{:.1}" text-anchor="middle">{} ms</text>"#,
            height - BOTTOM,
            height - 8.0,
            short(tick)
        );
    }
    for (at, stage) in numbers.stages.iter().enumerate() {
        let y = TOP + row * at as f64;
        let (median, far) = (x.at(stage.service_ms.p50.unwrap_or(0.0)), x.at(end(stage)));
        let _ = write!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{}</text><rect class="bar" x="{left}" y="{:.1}" width="{:.1}" height="14"/><path class="whisker" fill="none" d="M{median:.1} {:.1}H{far:.1}m0 -5v10"/>"#,
            left - 8.0,
            y + 17.0,
            escaped(&stage.id),
            y + 6.0,
            (median - left).max(0.0),
            y + 13.0,
        );
    }
    svg.push_str("</svg>");
    svg
}
