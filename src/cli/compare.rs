//! `framescope compare`: two recorded samples against each other.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser};
use serde_json::Value;

use super::args::{RunArguments, parse_budget};
use super::{CommandError, Exit, Failure, output};
use crate::experiment::statistics::BlockBootstrap;
use crate::experiment::{
    Arm, Comparison, MAX_BLOCK, QuantileComparison, Series, interleave, plan_differences,
};
use crate::frame::FrameRate;
use crate::judge::{Deadline, Law, Policy, Schedule, Tolerance, replay};
use crate::session::{Recording, open_recording};

/// Options of `compare`.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Two run files, or CSV tables with a service_ms column: A, and B
    #[arg(
        value_name = "FILE",
        num_args = 2,
        required_unless_present = "run",
        conflicts_with = "run"
    )]
    pub files: Vec<PathBuf>,

    /// Instead of files, measure now: what would be typed behind `framescope run` (without its files and lengths), given
    /// twice, for A and for B. Both are measured in turn, A B A B
    #[arg(long, value_name = "OPTIONS", num_args = 1, allow_hyphen_values = true)]
    pub run: Vec<String>,

    /// With --run: blocks of each
    #[arg(long, value_name = "N", default_value_t = 8, conflicts_with = "files", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub rounds: u32,

    /// With --run: arrivals of each block, behind its warm-up
    #[arg(long, value_name = "N", default_value_t = 150, conflicts_with = "files", value_parser = clap::value_parser!(u64).range(1..=MAX_BLOCK))]
    pub block: u64,

    #[command(flatten)]
    pub law: TableArguments,

    /// Gate: exit with 1 if B drops more than A, or has the higher tail, by more than chance
    #[arg(long)]
    pub no_worse: bool,

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
    let bootstrap = BlockBootstrap {
        seed: arguments.seed,
        ..BlockBootstrap::default()
    };
    let (comparison, remark) = if arguments.run.is_empty() {
        recorded(arguments, bootstrap)?
    } else {
        measured(arguments, bootstrap)?
    };
    tell(&comparison, remark.as_deref(), arguments.json.as_deref())?;
    if arguments.no_worse && comparison.verdict.is_b_worse {
        output::remark("gate --no-worse not met: B is worse than A by more than chance");
        return Ok(Exit::GateFailed);
    }
    Ok(Exit::Done)
}

/// The comparison of two files, and what is to be said of how tables were judged.
fn recorded(
    arguments: &CompareArguments,
    bootstrap: BlockBootstrap,
) -> Result<(Comparison, Option<String>), Failure> {
    let sides: Vec<Side> = arguments
        .files
        .iter()
        .map(|file| Side::open(file, &arguments.law))
        .collect::<Result<_, _>>()?;
    let [a, b] = &sides[..] else {
        unreachable!("the parser takes two files");
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
    Ok((comparison, judged))
}

/// What stands behind `framescope run` on a line.
#[derive(Debug, Parser)]
#[command(name = "--run", no_binary_name = true, disable_help_flag = true)]
struct RunLine {
    #[command(flatten)]
    run: RunArguments,
}

impl RunLine {
    fn read(line: &str) -> Result<RunArguments, Failure> {
        let usage = |message: String| Failure(CommandError::usage(message));
        let words = shlex::split(line)
            .ok_or_else(|| usage(format!("--run `{line}`: a quotation mark is not closed")))?;
        let arguments = Self::try_parse_from(words)
            .map_err(|error| usage(format!("--run `{line}`: {error}")))?
            .run;
        if arguments.writes_files() || arguments.frames.is_some() || arguments.duration.is_some() {
            return Err(usage(format!(
                "--run `{line}`: files, --frames and --duration mean nothing here. Give --rounds, --block and --json to compare itself"
            )));
        }
        let service = &arguments.service;
        if arguments.streams.count() > 1
            || service.forever
            || service.metrics.is_some()
            || service.watchdog.is_some()
        {
            return Err(usage(format!(
                "--run `{line}`: several streams, --forever, --metrics and --watchdog mean nothing here: one stream is measured at a time. Leave them out"
            )));
        }
        Ok(arguments)
    }
}

/// Two plans measured in turn.
fn measured(
    arguments: &CompareArguments,
    bootstrap: BlockBootstrap,
) -> Result<(Comparison, Option<String>), Failure> {
    let [line_a, line_b] = &arguments.run[..] else {
        let message = "--run: give it twice, for A and for B";
        return Err(Failure(CommandError::usage(message)));
    };
    let plan = |line: &str| {
        let typed = RunLine::read(line)?;
        let (mut source, mut plan) =
            super::run::prepared(&typed, &super::streams::wish(&typed, 0))?;
        if source.as_live().is_some() {
            let message = format!("--run `{line}`: a live source cannot be seen twice");
            return Err(Failure(CommandError::usage(message)));
        }
        // The length is that of the blocks; what is short is played again.
        (plan.frames, plan.duration_ms) = (Some(arguments.block), None);
        plan.play.is_looping = plan.source.is_seekable;
        Ok(plan)
    };
    let (plan_a, plan_b) = (plan(line_a)?, plan(line_b)?);
    let mut all = interleave(
        [&plan_a, &plan_b],
        arguments.rounds,
        arguments.block,
        |round, at| {
            let letter = ["A", "B"][at];
            output::remark(&format!(
                "round {} of {}: {letter}",
                round + 1,
                arguments.rounds
            ));
        },
    )?;
    for (arm, line) in [(&mut all.a, line_a), (&mut all.b, line_b)] {
        arm.name.clone_from(line);
    }
    let mut comparison = Comparison::new(&all.a, &all.b, bootstrap);
    comparison.plan_differences = plan_differences(
        &serde_json::to_value(&plan_a)?,
        &serde_json::to_value(&plan_b)?,
    );
    let slower = all
        .rounds
        .iter()
        .filter(|round| round.b.response_p50_nanos > round.a.response_p50_nanos);
    let remark = format!(
        "measured in turn, {} blocks of {} frames each, warm-up left out; B's median was higher in {} of them",
        arguments.rounds,
        arguments.block,
        slower.count()
    );
    comparison.rounds = all.rounds;
    Ok((comparison, Some(remark)))
}

/// Writes the comparison, and prints it as text unless JSON is printed.
fn tell(comparison: &Comparison, remark: Option<&str>, json: Option<&Path>) -> Result<(), Failure> {
    if let Some(target) = json {
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, comparison)?;
            writeln!(out)
        })?;
    }
    if json != Some(Path::new("-")) {
        output::print(&text(comparison, remark))?;
    }
    Ok(())
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
            "B − A  {:+.2} points [{:+.2}–{:+.2}] · exact p {} as independent frames, {} as what they are worth ({:.2} of a frame each)",
            rates.rate.difference * 100.0,
            rates.rate.low * 100.0,
            rates.rate.high * 100.0,
            probability(rates.p),
            probability(rates.p_effective),
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

fn probability(p: f64) -> String {
    if p < 0.000_1 {
        "< 0.0001".to_owned()
    } else {
        format!("{p:.4}")
    }
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
