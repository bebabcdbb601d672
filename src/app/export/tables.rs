//! The tables of the window as text: tab-separated for spreadsheets, Markdown for notes.
//!
//! Times are in milliseconds, with the unit in the head of the column. What is not known, or what the sample is too
//! small for, is empty.

use std::fmt::Write as _;

use crate::app::{QuantileView, ViewModel};
use crate::measure::ms_from_nanos;

/// A table of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The answer line.
    Answer,
    /// The kept frames of the timeline.
    Frames,
    /// Quantiles of the response time.
    Quantiles,
    /// The bins of the histogram.
    Histogram,
    /// Times of the stages.
    Stages,
    /// Dropped frames.
    Drops,
    /// The policies under replay.
    WhatIf,
    /// The values of the pixel under the cursor.
    Probe,
}

/// A table as text in cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableText {
    /// The heads of the columns, with units.
    pub columns: Vec<String>,
    /// The cells, row by row.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Answer,
        Self::Frames,
        Self::Quantiles,
        Self::Histogram,
        Self::Stages,
        Self::Drops,
        Self::WhatIf,
        Self::Probe,
    ];

    /// Its name on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Answer => "Answer",
            Self::Frames => "Frames",
            Self::Quantiles => "Quantiles",
            Self::Histogram => "Histogram",
            Self::Stages => "Stages",
            Self::Drops => "Drops",
            Self::WhatIf => "What if",
            Self::Probe => "Pixel",
        }
    }

    /// The tables of the panel with this title.
    pub fn of_panel(title: &str) -> &'static [Self] {
        match title {
            "Timeline" => &[Self::Frames],
            "Distribution" => &[Self::Quantiles, Self::Histogram],
            "Stages" | "Graph" => &[Self::Stages],
            "Drops" => &[Self::Drops],
            "What if" => &[Self::WhatIf],
            "Viewer" => &[Self::Probe],
            _ => &[],
        }
    }

    /// Its text at this moment; `None` while there is nothing in it.
    pub fn text(self, model: &ViewModel) -> Option<TableText> {
        let text = match self {
            Self::Answer => answer(model),
            Self::Frames => frames(model),
            Self::Quantiles => quantiles(model),
            Self::Histogram => histogram(model),
            Self::Stages => stages(model),
            Self::Drops => drops(model),
            Self::WhatIf => what_if(model),
            Self::Probe => probe(model),
        };
        Some(text).filter(|text| !text.rows.is_empty())
    }
}

impl TableText {
    fn new<const N: usize>(columns: [&str; N]) -> Self {
        Self {
            columns: columns.map(str::to_owned).to_vec(),
            rows: Vec::new(),
        }
    }

    fn push(&mut self, row: impl Into<Vec<String>>) {
        self.rows.push(row.into());
    }

    /// Cells between tabs, rows between line feeds. What stands in a cell has neither.
    pub fn tsv(&self) -> String {
        let line = |cells: &Vec<String>| {
            let cells: Vec<String> = cells
                .iter()
                .map(|cell| cell.replace(['\t', '\n', '\r'], " "))
                .collect();
            cells.join("\t") + "\n"
        };
        std::iter::once(&self.columns)
            .chain(&self.rows)
            .map(line)
            .collect()
    }

    /// A table of Markdown; numbers are set to the right.
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let safe = |cell: &String| cell.replace('|', "\\|").replace(['\n', '\r'], " ");
        let is_number = |column: usize| {
            self.rows.iter().all(|row| {
                row.get(column)
                    .is_none_or(|cell| cell.is_empty() || cell.parse::<f64>().is_ok())
            })
        };
        let rule = |column| if is_number(column) { "---:" } else { "---" };
        let mut text = line(self.columns.iter().map(safe).collect());
        text += &line(
            (0..self.columns.len())
                .map(|column| rule(column).to_owned())
                .collect(),
        );
        for row in &self.rows {
            text += &line(row.iter().map(safe).collect());
        }
        text
    }
}

/// A number with three decimals, or nothing.
fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.3}"))
}

fn whole<T: Into<u64>>(value: T) -> String {
    value.into().to_string()
}

/// A share as percent, or nothing.
fn percent(share: Option<f64>) -> String {
    number(share.map(|share| share * 100.0))
}

/// A quantile that the sample is large enough for.
fn shown(view: &QuantileView) -> Option<f64> {
    view.value_ms.filter(|_| view.frames_missing == 0)
}

fn quantile_name(view: &QuantileView) -> String {
    match view.quantile.map(crate::measure::Quantile::name) {
        Some("p999") => "p99.9".to_owned(),
        name => name.unwrap_or_default().to_owned(),
    }
}

fn answer(model: &ViewModel) -> TableText {
    let answer = &model.answer;
    let mut table = TableText::new(["what", "value", "unit"]);
    if answer.counts.arrived() == 0 {
        return table;
    }
    let counts = answer.counts;
    let rows = [
        ("arrived", whole(counts.arrived()), "frames"),
        ("on time", whole(counts.on_time), "frames"),
        ("tolerated", whole(counts.tolerated), "frames"),
        ("late", whole(counts.late), "frames"),
        ("skipped", whole(counts.skipped), "frames"),
        ("drop rate", percent(answer.drop_rate), "%"),
        (
            "drop rate, low",
            percent(answer.drop_rate_interval.map(|share| share.low)),
            "%",
        ),
        (
            "drop rate, high",
            percent(answer.drop_rate_interval.map(|share| share.high)),
            "%",
        ),
        ("drop episodes", whole(answer.drop_episodes), ""),
        ("response p99", number(shown(&answer.p99)), "ms"),
        ("response p99, low", number(answer.p99.low_ms), "ms"),
        ("response p99, high", number(answer.p99.high_ms), "ms"),
        ("budget", number(Some(answer.budget_ms)), "ms"),
        ("tolerance", number(Some(answer.tolerance_percent)), "%"),
        ("utilisation", percent(answer.utilisation), "%"),
        ("throughput", number(answer.throughput_fps), "fps"),
        (
            "allocations",
            number(answer.allocations_per_frame),
            "per frame",
        ),
        ("records lost", whole(answer.records_lost), "frames"),
    ];
    for (what, value, unit) in rows {
        table.push([what.to_owned(), value, unit.to_owned()]);
    }
    table
}

fn frames(model: &ViewModel) -> TableText {
    let mut table = TableText::new([
        "frame",
        "verdict",
        "response_ms",
        "service_ms",
        "start_delay_ms",
    ]);
    table
        .columns
        .extend(model.stages.iter().map(|stage| format!("{}_ms", stage.id)));
    for bar in &model.timeline.bars {
        let ran = bar.verdict != crate::measure::Verdict::Skipped;
        let time = |ms: f64| number(Some(ms).filter(|_| ran));
        let mut row = vec![
            whole(bar.index),
            bar.verdict.word().to_owned(),
            time(bar.response_ms),
            time(bar.service_ms),
            time(bar.start_delay_ms),
        ];
        let stage = |index: usize| number(bar.stage_ms.get(index).copied().filter(|_| ran));
        row.extend((0..model.stages.len()).map(stage));
        table.push(row);
    }
    table
}

fn quantiles(model: &ViewModel) -> TableText {
    let distribution = &model.distribution;
    let mut table = TableText::new([
        "response",
        "value_ms",
        "low_ms",
        "high_ms",
        "rank",
        "frames",
        "frames_missing",
    ]);
    if distribution.frames == 0 {
        return table;
    }
    for view in &distribution.quantiles {
        table.push([
            quantile_name(view),
            number(shown(view)),
            number(view.low_ms),
            number(view.high_ms),
            whole(view.rank as u64),
            whole(view.frames as u64),
            whole(view.frames_missing as u64),
        ]);
    }
    let plain = |name: &str, value: Option<f64>| {
        let mut row = vec![String::new(); 7];
        (row[0], row[1], row[5]) = (
            name.to_owned(),
            number(value),
            whole(distribution.frames as u64),
        );
        row
    };
    table.push(plain("max", distribution.max_ms));
    table.push(plain("mean", distribution.mean_ms));
    table
}

fn histogram(model: &ViewModel) -> TableText {
    let mut table = TableText::new(["from_ms", "to_ms", "frames"]);
    for bin in &model.distribution.bins {
        table.push([
            number(Some(bin.from_ms)),
            number(Some(bin.to_ms)),
            whole(bin.count),
        ]);
    }
    table
}

fn stages(model: &ViewModel) -> TableText {
    let mut table = TableText::new([
        "stage",
        "what",
        "now_ms",
        "p50_ms",
        "p95_ms",
        "p99_ms",
        "share_of_service_percent",
        "share_of_budget_percent",
    ]);
    for stage in &model.stages {
        table.push([
            stage.id.clone(),
            stage.label.clone(),
            number(stage.now_ms),
            number(shown(&stage.p50)),
            number(shown(&stage.p95)),
            number(shown(&stage.p99)),
            percent(stage.share_of_service),
            percent(stage.share_of_budget),
        ]);
    }
    table
}

fn drops(model: &ViewModel) -> TableText {
    let mut table = TableText::new([
        "frame",
        "verdict",
        "service_ms",
        "response_ms",
        "cause",
        "excess_ms",
        "unexplained_ms",
        "text",
    ]);
    for drop in &model.drops.list {
        table.push([
            whole(drop.frame),
            drop.verdict.word().to_owned(),
            number(drop.service_ms),
            number(drop.response_ms),
            drop.cause.clone(),
            number(drop.excess_ms),
            number(drop.unexplained_ms),
            drop.text.clone(),
        ]);
    }
    table
}

fn what_if(model: &ViewModel) -> TableText {
    let mut table = TableText::new([
        "policy (replayed)",
        "processed",
        "late",
        "skipped",
        "drop_rate_percent",
        "p99_response_ms",
        "max_response_ms",
        "longest_freeze_ms",
    ]);
    let Some(answer) = &model.what_if.answer else {
        return table;
    };
    for (policy, summary) in &answer.table {
        table.push([
            policy.to_string(),
            whole(summary.counts.processed()),
            whole(summary.counts.late),
            whole(summary.counts.skipped),
            percent(summary.drop_rate.map(|share| share.share)),
            number(summary.p99_response_nanos.map(ms_from_nanos)),
            number(summary.max_response_nanos.map(ms_from_nanos)),
            number(summary.longest_freeze_nanos.map(ms_from_nanos)),
        ]);
    }
    table
}

fn probe(model: &ViewModel) -> TableText {
    let mut table = TableText::new(["stage", "x_px", "y_px", "first", "second", "third"]);
    let Some(probe) = &model.probe else {
        return table;
    };
    let mut push = |stage: &str, at: [u32; 2], values: [String; 3]| {
        let mut row = vec![stage.to_owned(), whole(at[0]), whole(at[1])];
        row.extend(values);
        table.push(row);
    };
    if let Some(yuv) = probe.yuv {
        push("YUV", probe.original, yuv.map(|code| code.to_string()));
    }
    push(
        "RGB",
        probe.original,
        probe.rgb.map(|level| level.to_string()),
    );
    if let (Some(at), Some(values)) = (probe.tensor, probe.values) {
        push("tensor", at, values.map(|value| format!("{value:.6}")));
    }
    table
}

/// Everything of this moment as text to be pasted into a message: source, setting, answer, quantiles, stages.
pub fn moment_text(model: &ViewModel) -> String {
    // Writing to a string cannot fail.
    let mut text = format!("Framescope {}\n", env!("CARGO_PKG_VERSION"));
    if !model.source.name.is_empty() {
        let _ = writeln!(
            text,
            "Source: {} ({})",
            model.source.name, model.source.detail
        );
    }
    if let Some(settings) = &model.settings {
        let _ = writeln!(
            text,
            "Recipe: {}; {} fps, policy {}, tolerance {}, execution {}",
            settings.preset,
            settings.rate,
            settings.policy,
            settings.tolerance,
            settings.execution.name()
        );
    }
    if model.pictures.version > 0 {
        let _ = writeln!(text, "Frame shown: {}", model.pictures.frame);
    }
    for table in [Table::Answer, Table::Quantiles, Table::Stages] {
        if let Some(table_text) = table.text(model) {
            let _ = write!(text, "\n{}\n\n{}", table.title(), table_text.markdown());
        }
    }
    if let Some(drop) = model.drops.list.first() {
        let _ = writeln!(text, "\nLast dropped: {}", drop.text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::StageView;

    #[test]
    fn nothing_measured_is_no_table() {
        for table in Table::ALL {
            assert_eq!(table.text(&ViewModel::default()), None, "{table:?}");
        }
        assert!(moment_text(&ViewModel::default()).starts_with("Framescope"));
    }

    #[test]
    fn a_quantile_below_its_gate_is_empty_and_cells_keep_their_places() {
        let gated = QuantileView {
            value_ms: Some(9.0),
            frames_missing: 3,
            ..QuantileView::default()
        };
        let model = ViewModel {
            stages: vec![StageView {
                id: "resize".into(),
                label: "a|b\tc".into(),
                now_ms: Some(1.25),
                p99: gated,
                share_of_budget: Some(0.125),
                ..StageView::default()
            }],
            ..ViewModel::default()
        };
        let text = Table::Stages.text(&model).unwrap();
        assert_eq!(
            text.tsv().lines().nth(1),
            Some("resize\ta|b c\t1.250\t\t\t\t\t12.500")
        );
        let markdown = text.markdown();
        assert!(markdown.contains("| --- | --- | ---: |"), "{markdown}");
        assert!(markdown.contains("a\\|b"), "{markdown}");
    }
}
