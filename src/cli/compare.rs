//! `framescope compare`: two recorded samples against each other.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::args::parse_budget;
use super::{Exit, Failure, output};
use crate::experiment::statistics::BlockBootstrap;
use crate::experiment::{Arm, Comparison, QuantileComparison, Series, plan_differences};
use crate::frame::FrameRate;
use crate::judge::{Deadline, Law, Policy, Schedule, Tolerance, replay};
use crate::session::{Recording, open_recording};

/// Options of `compare`.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Two run files, or CSV tables with a service_ms column: A, and B
    #[arg(value_name = "FILE", num_args = 2, required = true)]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub law: TableArguments,

    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Write the answer as JSON to FILE; `-` prints it, and nothing else, on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// How tables are judged. A run file keeps the verdicts that it was recorded with.
#[derive(Debug, Args)]
pub struct TableArguments {
    /// Arrivals per second of a table [default: 30]
    #[arg(long, value_name = "RATE", default_value = "30")]
    pub fps: FrameRate,

    /// Response time allowed to each frame of a table [default: the interval]
    #[arg(long, value_name = "TIME", value_parser = parse_budget)]
    pub budget: Option<Duration>,

    /// Share of the budget that is forgiven, of a table
    #[arg(long, value_name = "PERCENT", default_value = "10%")]
    pub tolerance: Tolerance,

    /// What happens to frames of a table that arrive while the pipeline is busy
    #[arg(long, value_name = "NAME[:CAPACITY]", default_value = "next-tick")]
    pub policy: Policy,
}

impl TableArguments {
    fn law(&self) -> Law {
        let schedule = Schedule::from_rate(self.fps.frames(), self.fps.seconds());
        let budget_nanos = self
            .budget
            .map_or(schedule.interval_nanos(), |time| time.as_nanos() as u64);
        Law {
            policy: self.policy,
            arrivals: schedule.into(),
            deadline: Deadline::new(budget_nanos, self.tolerance),
            has_floor: false,
        }
    }
}

pub(super) fn compare(arguments: &CompareArguments) -> Result<Exit, Failure> {
    for (target, file) in arguments
        .json
        .iter()
        .flat_map(|target| arguments.files.iter().map(move |file| (target, file)))
    {
        output::refuse_source(target, file.as_os_str())?;
        output::check_writable(target)?;
    }
    let sides: Vec<Side> = arguments
        .files
        .iter()
        .map(|file| Side::open(file, &arguments.law))
        .collect::<Result<_, _>>()?;
    let [a, b] = &sides[..] else {
        unreachable!("the parser takes two files");
    };
    let bootstrap = BlockBootstrap {
        seed: arguments.seed,
        ..BlockBootstrap::default()
    };
    let mut comparison = Comparison::new(&a.arm, &b.arm, bootstrap);
    comparison.plan_differences = plan_differences(&a.plan, &b.plan);
    let judged = (a.is_table || b.is_table).then(|| {
        let law = &arguments.law;
        format!(
            "tables judged at {} fps, tolerance {}, policy {}",
            law.fps, law.tolerance, law.policy
        )
    });
    tell(&comparison, judged.as_deref(), arguments.json.as_deref())
}

/// Writes the comparison, and prints it as text unless JSON is printed.
pub(super) fn tell(
    comparison: &Comparison,
    remark: Option<&str>,
    json: Option<&Path>,
) -> Result<Exit, Failure> {
    if let Some(target) = json {
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, comparison)?;
            writeln!(out)
        })?;
    }
    if json != Some(Path::new("-")) {
        output::print(&text(comparison, remark))?;
    }
    Ok(Exit::Done)
}

/// One of the two files.
struct Side {
    arm: Arm,
    plan: Value,
    is_table: bool,
}

impl Side {
    fn open(file: &Path, law: &TableArguments) -> Result<Self, Failure> {
        let recording = open_recording(file)?;
        let name = file.display().to_string();
        if let Some(remark) = &recording.remark {
            output::remark(&format!("{name}: {remark}."));
        }
        let Recording {
            trace,
            records,
            stage_ids,
            plan_json,
            ..
        } = recording;
        let is_table = records.is_empty();
        let arm = if is_table {
            Arm::from_replay(&name, &replay(&trace, &law.law(), 1.0))
        } else {
            Arm::from_records(&name, &records, &stage_ids)
        };
        Ok(Self {
            arm,
            plan: plan_json.unwrap_or(Value::Null),
            is_table,
        })
    }
}

/// The comparison that a person reads.
fn text(comparison: &Comparison, remark: Option<&str>) -> String {
    let mut text = format!("{}\n\n", comparison.verdict.sentence);
    for (letter, arm) in [("A", &comparison.a), ("B", &comparison.b)] {
        let rate = match (arm.drop_rate, arm.drop_rate_low, arm.drop_rate_high) {
            (Some(rate), Some(low), Some(high)) => format!(
                "{:.2} % [{:.2}–{:.2}]",
                rate * 100.0,
                low * 100.0,
                high * 100.0
            ),
            _ => "–".to_owned(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{letter}  {}\n   drop rate {rate}   {} late · {} skipped · {} arrived · {} episodes",
            arm.name, arm.late, arm.skipped, arm.arrived, arm.drop_episodes
        );
    }
    if let Some(rates) = &comparison.drop_rate {
        let _ = writeln!(
            text,
            "B − A  {:+.2} points [{:+.2}–{:+.2}] · exact p = {:.4} as independent frames, {:.4} as what they are worth ({:.2} of a frame each)",
            rates.rate.difference * 100.0,
            rates.rate.low * 100.0,
            rates.rate.high * 100.0,
            rates.p,
            rates.p_effective,
            1.0 / rates.design_effect,
        );
    }
    if let Some(remark) = remark {
        let _ = writeln!(text, "{remark}");
    }
    let _ = writeln!(
        text,
        "\n{:<16}{:>9}{:>11}{:>11}{:>11}   {:<28}needs",
        "ms",
        "",
        "A",
        "B",
        "B − A",
        format!("[{} %]", comparison.confidence * 100.0),
    );
    for series in [&comparison.response, &comparison.service]
        .into_iter()
        .chain(&comparison.stages)
    {
        rows(&mut text, series);
    }
    plans(&mut text, comparison);
    text.truncate(text.trim_end().len());
    text
}

fn rows(text: &mut String, series: &Series) {
    for (at, row) in series.quantiles.iter().enumerate() {
        let name = if at == 0 { series.id.as_str() } else { "" };
        let ms = |value: Option<f64>| value.map_or("–".to_owned(), |ms| format!("{ms:.3}"));
        let difference = row
            .difference_ms
            .map_or("–".to_owned(), |ms| format!("{ms:+.3}"));
        let _ = writeln!(
            text,
            "{name:<16}{:>9}{:>11}{:>11}{difference:>11}   {:<28}{}",
            row.quantile,
            ms(row.a_ms.value),
            ms(row.b_ms.value),
            interval(row),
            needs(row),
        );
    }
}

fn interval(row: &QuantileComparison) -> String {
    match (row.low_ms, row.high_ms, row.block_frames) {
        (Some(low), Some(high), Some(block)) => {
            format!("[{low:+.3}–{high:+.3}] blocks {block}")
        }
        _ => "–".to_owned(),
    }
}

/// What a row lacks, in frames.
fn needs(row: &QuantileComparison) -> String {
    let smaller = row.a_ms.of.min(row.b_ms.of);
    if row.difference_ms.is_none() {
        let lacking = row.a_ms.needs.max(row.b_ms.needs);
        return format!("{lacking} more frames for the quantile");
    }
    if row.low_ms.is_none() {
        let lacking = row.interval_needs.saturating_sub(smaller);
        return format!("{lacking} more frames for an interval");
    }
    match (row.differs(), row.needed_frames) {
        (Some(true), _) => "differs".to_owned(),
        (_, Some(needed)) if needed > smaller as u64 => {
            format!("{needed} frames an arm to see this")
        }
        _ => String::new(),
    }
}

fn plans(text: &mut String, comparison: &Comparison) {
    if comparison.plan_differences.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nwhat was asked for differs in");
    for one in &comparison.plan_differences {
        let _ = writeln!(text, "  {}: {} → {}", one.key, one.a, one.b);
    }
}
