//! `framescope replay`: recorded times under other rates, budgets, tolerances and all policies.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use serde::Serialize;

use super::args::{OnOff, ReplayArguments};
use super::{Exit, Failure, output};
use crate::frame::FrameRate;
use crate::judge::{Curve, DropRule, Policy, Question, Replay, ReplaySummary, Schedule, Tolerance};
use crate::measure::{Verdict, ms_from_nanos};
use crate::session::{Recording, open_recording};

/// Name and version of the format.
const SCHEMA: &str = "framescope.replay/1";

pub(super) fn replay(arguments: &ReplayArguments) -> Result<Exit, Failure> {
    for target in arguments.json.iter().chain(&arguments.csv) {
        output::refuse_source(target, arguments.file.as_os_str())?;
        output::check_writable(target)?;
    }
    let recording = open_recording(&arguments.file)?;
    if let Some(remark) = &recording.remark {
        output::remark(&format!("{}: {remark}.", arguments.file.display()));
    }
    let asked = Asked::new(arguments, &recording);
    if let Some(target) = &arguments.csv {
        output::write_result(target, |out| asked.write_frames(out))?;
    }
    if let Some(target) = &arguments.json {
        let document = asked.document(arguments, &recording);
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &document)?;
            writeln!(out)
        })?;
    }
    let is_stdout = |target: &Option<std::path::PathBuf>| target.as_deref() == Some("-".as_ref());
    if !is_stdout(&arguments.json) && !is_stdout(&arguments.csv) {
        output::print(&asked.text(arguments, &recording))?;
    }
    Ok(Exit::Done)
}

/// The question and the words for it.
struct Asked {
    question: Question,
    rate: FrameRate,
}

impl Asked {
    fn new(arguments: &ReplayArguments, recording: &Recording) -> Self {
        let plan = recording.plan.as_ref();
        let recorded = plan.map_or(FrameRate::DEFAULT, |plan| plan.rate);
        let rate = arguments.fps.unwrap_or(recorded);
        let tolerance = plan.map(|plan| plan.tolerance);
        let schedule = |rate: FrameRate| Schedule::from_rate(rate.frames(), rate.seconds());
        let budget_nanos = arguments.budget.map(|time| time.as_nanos() as u64);
        let question = Question {
            trace: Arc::new(recording.trace.clone()),
            recorded: schedule(recorded),
            schedule: schedule(rate),
            budget_nanos: budget_nanos.or(plan.and_then(|plan| plan.budget_nanos)),
            tolerance: arguments
                .tolerance
                .or(tolerance)
                .or(Tolerance::from_percent(10.0).ok())
                .unwrap_or_default(),
            policy: arguments
                .policy
                .or(plan.map(|plan| plan.policy))
                .unwrap_or_default(),
            rule: arguments.rule,
            has_floor: arguments
                .floor
                .map_or(plan.is_some_and(|plan| plan.has_floor), |floor| {
                    floor == OnOff::On
                }),
        };
        Self { question, rate }
    }

    fn budget_nanos(&self) -> u64 {
        self.question
            .budget_nanos
            .unwrap_or(self.question.schedule.interval_nanos())
    }

    fn replays(&self) -> impl Iterator<Item = Replay> + '_ {
        let question = &self.question;
        question
            .policies()
            .map(|policy| question.replay(policy, question.schedule, question.tolerance))
    }

    /// What became of every frame under every policy.
    fn write_frames(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(
            out,
            "policy,frame,verdict,arrival_ms,start_ms,finish_ms,service_ms,response_ms,queue_depth,imputed"
        )?;
        for replay in self.replays() {
            for outcome in &replay.outcomes {
                let ms = |nanos: u64| {
                    if outcome.is_processed() {
                        format!("{:.6}", ms_from_nanos(nanos))
                    } else {
                        String::new()
                    }
                };
                writeln!(
                    out,
                    "{},{},{},{:.6},{},{},{},{},{},{}",
                    replay.law.policy,
                    outcome.index,
                    outcome.verdict.word().replace(' ', "-"),
                    ms_from_nanos(outcome.arrival_nanos),
                    ms(outcome.start_nanos),
                    ms(outcome.finish_nanos),
                    ms(outcome.service_nanos()),
                    ms(outcome.response_nanos()),
                    outcome.queue_depth,
                    outcome.is_imputed,
                )?;
            }
        }
        Ok(())
    }

    fn document(&self, arguments: &ReplayArguments, recording: &Recording) -> Document {
        let question = &self.question;
        let map = question.map();
        Document {
            schema: SCHEMA,
            file: arguments.file.display().to_string(),
            source: recording.plan.as_ref().map(|plan| plan.source.clone()),
            frames: question.trace.len(),
            made_up: question.trace.imputed(),
            rate: self.rate,
            budget_ms: ms_from_nanos(self.budget_nanos()),
            tolerance_percent: question.tolerance,
            policy: question.policy,
            rule: question.rule,
            floor: question.has_floor,
            policies: self
                .replays()
                .map(|replay| PolicyRow::new(&replay, question.rule))
                .collect(),
            by_tolerance: points(&question.by_tolerance(), |x, rate| TolerancePoint {
                tolerance_percent: x,
                rate,
            }),
            by_rate: points(&question.by_rate(), |x, rate| RatePoint { fps: x, rate }),
            map: MapTable {
                rates_fps: map.rates_fps,
                tolerances_percent: map.tolerances_percent,
                drop_rates: map.drop_rates,
            },
        }
    }

    fn text(&self, arguments: &ReplayArguments, recording: &Recording) -> String {
        let question = &self.question;
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.header(&mut text, arguments, recording);
        let _ = writeln!(
            text,
            "{:<20}{:>10}{:>9}{:>7}{:>26}{:>10}{:>10}{:>10}{:>10}{:>9}",
            "policy",
            "processed",
            "skipped",
            "late",
            "drop rate [95 %]",
            "p99 ms",
            "max ms",
            "freeze ms",
            "episodes",
            "imputed"
        );
        for (policy, summary) in question.table() {
            let mark = if policy == question.policy {
                " ◄"
            } else {
                ""
            };
            let _ = writeln!(text, "{}{mark}", table_row(policy, &summary));
        }
        if question.rule != DropRule::Response {
            let _ = writeln!(text, "\ncounted as dropped: {}", question.rule.line());
        }
        let _ = writeln!(text, "\ndrop rate over tolerance, {}:", question.policy);
        let _ = writeln!(text, "{}", sparse(&question.by_tolerance(), 10, " %"));
        let _ = writeln!(text, "drop rate over the rate, {}:", question.policy);
        let _ = write!(text, "{}", sparse(&question.by_rate(), 5, " fps"));
        text
    }

    fn header(
        &self,
        text: &mut String,
        arguments: &ReplayArguments,
        recording: &Recording,
    ) -> std::fmt::Result {
        let question = &self.question;
        write!(
            text,
            "{} · {} frames",
            arguments.file.display(),
            question.trace.len()
        )?;
        if let Some(plan) = &recording.plan {
            write!(
                text,
                " of {}, recorded at {} fps under {}",
                plan.source, plan.rate, plan.policy
            )?;
        }
        writeln!(text)?;
        if let Some(counts) = recording.counts {
            writeln!(
                text,
                "as recorded: {} skipped, {} late",
                counts.skipped, counts.late
            )?;
        }
        writeln!(
            text,
            "replayed at {} fps · budget {:.2} ms + {} · floor {}\n",
            super::summary::fps(self.rate),
            ms_from_nanos(self.budget_nanos()),
            question.tolerance,
            if question.has_floor { "on" } else { "off" },
        )
    }
}

fn table_row(policy: Policy, summary: &ReplaySummary) -> String {
    let ms = |nanos: Option<u64>| {
        nanos.map_or("–".to_owned(), |nanos| {
            format!("{:.2}", ms_from_nanos(nanos))
        })
    };
    let rate = summary.drop_rate.map_or("–".to_owned(), |rate| {
        format!(
            "{:.2} % [{:.2}–{:.2}]",
            rate.share * 100.0,
            rate.low * 100.0,
            rate.high * 100.0
        )
    });
    let counts = summary.counts;
    format!(
        "{:<20}{:>10}{:>9}{:>7}{rate:>26}{:>10}{:>10}{:>10}{:>10}{:>9}",
        policy.to_string(),
        counts.processed(),
        counts.skipped,
        counts.late,
        ms(summary.p99_response_nanos),
        ms(summary.max_response_nanos),
        ms(summary.longest_freeze_nanos),
        summary.episodes,
        summary.imputed,
    )
}

/// Every `step`-th point of a curve in one line.
fn sparse(curve: &Curve, step: usize, unit: &str) -> String {
    let cell = |point: &crate::judge::CurvePoint| {
        let rate = point.drop_rate.map_or("–".to_owned(), |rate| {
            format!("{:.1} %", rate.share * 100.0)
        });
        format!("{}{unit}: {rate}", (point.x * 100.0).round() / 100.0)
    };
    let cells: Vec<String> = curve.points.iter().step_by(step).map(cell).collect();
    format!("  {}", cells.join("   "))
}

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    file: String,
    source: Option<String>,
    frames: usize,
    made_up: usize,
    rate: FrameRate,
    budget_ms: f64,
    tolerance_percent: Tolerance,
    policy: Policy,
    rule: DropRule,
    floor: bool,
    policies: Vec<PolicyRow>,
    by_tolerance: Vec<TolerancePoint>,
    by_rate: Vec<RatePoint>,
    map: MapTable,
}

#[derive(Serialize)]
struct PolicyRow {
    policy: &'static str,
    capacity: Option<u32>,
    arrived: u64,
    processed: u64,
    on_time: u64,
    tolerated: u64,
    late: u64,
    skipped: u64,
    late_by_queue: u64,
    dropped: Option<u64>,
    drop_rate: Option<f64>,
    drop_rate_low: Option<f64>,
    drop_rate_high: Option<f64>,
    drop_episodes: u64,
    p99_response_ms: Option<f64>,
    max_response_ms: Option<f64>,
    longest_freeze_ms: Option<f64>,
    deepest_queue: u32,
    imputed: u64,
    late_frames: Vec<u64>,
    skipped_frames: Vec<u64>,
}

impl PolicyRow {
    fn new(replay: &Replay, rule: DropRule) -> Self {
        let summary = replay.summary(rule);
        let counts = summary.counts;
        Self {
            policy: replay.law.policy.name(),
            capacity: replay.law.policy.capacity(),
            arrived: counts.arrived(),
            processed: counts.processed(),
            on_time: counts.on_time,
            tolerated: counts.tolerated,
            late: counts.late,
            skipped: counts.skipped,
            late_by_queue: summary.late_by_queue,
            dropped: summary.dropped,
            drop_rate: summary.drop_rate.map(|rate| rate.share),
            drop_rate_low: summary.drop_rate.map(|rate| rate.low),
            drop_rate_high: summary.drop_rate.map(|rate| rate.high),
            drop_episodes: summary.episodes,
            p99_response_ms: summary.p99_response_nanos.map(ms_from_nanos),
            max_response_ms: summary.max_response_nanos.map(ms_from_nanos),
            longest_freeze_ms: summary.longest_freeze_nanos.map(ms_from_nanos),
            deepest_queue: summary.deepest_queue,
            imputed: summary.imputed,
            late_frames: replay.frames_with(Verdict::Late).collect(),
            skipped_frames: replay.frames_with(Verdict::Skipped).collect(),
        }
    }
}

#[derive(Serialize)]
struct Dropping {
    drop_rate: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

#[derive(Serialize)]
struct TolerancePoint {
    tolerance_percent: f64,
    #[serde(flatten)]
    rate: Dropping,
}

#[derive(Serialize)]
struct RatePoint {
    fps: f64,
    #[serde(flatten)]
    rate: Dropping,
}

#[derive(Serialize)]
struct MapTable {
    rates_fps: Vec<f64>,
    tolerances_percent: Vec<f64>,
    drop_rates: Vec<Option<f64>>,
}

fn points<T>(curve: &Curve, point: impl Fn(f64, Dropping) -> T) -> Vec<T> {
    let rate = |drop_rate: Option<crate::measure::Share>| Dropping {
        drop_rate: drop_rate.map(|rate| rate.share),
        low: drop_rate.map(|rate| rate.low),
        high: drop_rate.map(|rate| rate.high),
    };
    curve
        .points
        .iter()
        .map(|at| point(at.x, rate(at.drop_rate)))
        .collect()
}
