//! `framescope run`: measure without a window.

use std::time::Duration;

use super::args::{RecipeArguments, RunArguments, Switch};
use super::{CommandError, Exit, Failure, output, progress, summary};
use crate::engine::{Ending, Limit, Stream, StreamConfig, StreamReport};
use crate::judge::{Deadline, Schedule, Tolerance};
use crate::measure::FrameRecord;
use crate::pipeline::{self, Recipe};
use crate::session::{CsvExporter, Exporter, Host, JsonExporter, Plan, Run, Summary};
use crate::source::{self, SourceInfo};

/// How long an endless source is measured when nothing else was asked for.
const DEFAULT_DURATION: Duration = Duration::from_secs(10);

/// How often the records are fetched: far more often than their ring fills up.
const POLL: Duration = Duration::from_millis(20);

pub(super) fn run(arguments: &RunArguments) -> Result<Exit, Failure> {
    check_outputs(arguments)?;
    let (recipe, preset, tolerance) = chosen_recipe(&arguments.recipe)?;
    let source = source::open_os(&arguments.source)?;
    let info = source.info().clone();
    let plan = plan(arguments, info, recipe, preset, tolerance);
    let compiled = pipeline::compile(&plan.recipe, plan.source.frame, plan.pool)?;
    let stages = compiled.stages().to_vec();
    let config = config(&plan);
    check_length(&plan)?;

    let mut stream = Stream::start(config, source, Box::new(compiled))?;
    let (records, report) = follow(&mut stream, &config)?;
    let unreadable_frames = stream.unreadable_frames();
    if records.is_empty() {
        let message = format!(
            "{}: no picture in it could be read. Try another file",
            plan.source.name
        );
        return Err(Failure(CommandError {
            message,
            exit: Exit::CouldNotRun,
        }));
    }
    let run = Run {
        plan,
        host: Host::here(),
        stages,
        records,
        report,
        unreadable_frames,
    };
    finish(arguments, &run)
}

fn check_outputs(arguments: &RunArguments) -> Result<(), Failure> {
    for target in arguments.json.iter().chain(&arguments.csv) {
        output::refuse_source(target, &arguments.source)?;
        output::check_writable(target)?;
    }
    Ok(())
}

/// The recipe, the name of its preset and its tolerance.
pub(super) fn chosen_recipe(
    arguments: &RecipeArguments,
) -> Result<(Recipe, Option<String>, Tolerance), Failure> {
    if let Some(path) = &arguments.recipe {
        let recipe = super::tensor::read_recipe(path)?;
        return Ok((recipe, None, Tolerance::from_percent(10.0)?));
    }
    let preset = pipeline::preset(&arguments.preset).ok_or_else(|| {
        Failure(CommandError::usage(format!(
            "there is no preset `{}`",
            arguments.preset
        )))
    })?;
    let tolerance = Tolerance::from_percent(preset.tolerance_percent)?;
    Ok((preset.recipe.clone(), Some(preset.name.clone()), tolerance))
}

fn plan(
    arguments: &RunArguments,
    info: SourceInfo,
    recipe: Recipe,
    preset: Option<String>,
    tolerance: Tolerance,
) -> Plan {
    let rate = arguments.fps.unwrap_or(info.rate);
    let budget_nanos = arguments
        .budget
        .map_or_else(|| rate.interval_nanos(), |time| time.as_nanos() as u64);
    let duration = match (arguments.frames, arguments.duration) {
        (None, None) => info.is_endless.then_some(DEFAULT_DURATION),
        (_, duration) => duration,
    };
    Plan {
        source: info,
        preset,
        recipe,
        rate,
        budget_ms: budget_nanos as f64 / 1e6,
        tolerance_percent: arguments.tolerance.unwrap_or(tolerance),
        policy: arguments.policy.into(),
        frames: arguments.frames,
        duration_ms: duration.map(|time| time.as_secs_f64() * 1e3),
        warmup_frames: arguments.warmup,
        pool: arguments.pool == Switch::On,
        execution: "staged",
        is_window_open: false,
        is_decode_counted: false,
    }
}

fn config(plan: &Plan) -> StreamConfig {
    let plays_once = plan.frames.is_none() && plan.duration_ms.is_none();
    StreamConfig {
        schedule: Schedule::from_rate(plan.rate.frames(), plan.rate.seconds()),
        deadline: Deadline::new(
            (plan.budget_ms * 1e6).round() as u64,
            plan.tolerance_percent,
        ),
        policy: plan.policy,
        warmup_frames: plan.warmup_frames,
        limit: Limit {
            // A file that plays once brings as many arrivals as it has pictures.
            frames: if plays_once {
                plan.source.frame_count
            } else {
                plan.frames
            },
            nanos: plan.duration_ms.map(|ms| (ms * 1e6).round() as u64),
        },
        is_looping: !plays_once,
        has_tap: false,
        starts_paused: false,
    }
}

/// A duration that would bring more frames than can be kept is refused before it begins.
fn check_length(plan: &Plan) -> Result<(), Failure> {
    let frames = plan
        .duration_ms
        .map_or(0.0, |ms| ms / 1e3 * plan.rate.per_second());
    if frames > super::args::MAX_FRAMES as f64 {
        return Err(Failure(CommandError::usage(format!(
            "--duration: {frames:.0} frames are more than the {} that a run can keep. Give a shorter time or a lower rate",
            super::args::MAX_FRAMES
        ))));
    }
    Ok(())
}

/// Collects the records until the stream ends, with a progress bar on a terminal.
fn follow(
    stream: &mut Stream,
    config: &StreamConfig,
) -> Result<(Vec<FrameRecord>, StreamReport), Failure> {
    let mut records = Vec::new();
    let bar = progress::bar(config);
    loop {
        let is_finished = stream.is_finished();
        while let Some(record) = stream.next_record() {
            records.push(record);
        }
        while let Some(trouble) = stream.next_trouble() {
            bar.suspend(|| output::remark(&trouble.to_string()));
        }
        progress::show(&bar, stream.status(), &records);
        if is_finished {
            break;
        }
        progress::wait(POLL);
    }
    bar.finish_and_clear();
    let report = stream.join()?;
    Ok((records, report))
}

fn finish(arguments: &RunArguments, run: &Run) -> Result<Exit, Failure> {
    let numbers = run.summary();
    if let Some(target) = &arguments.csv {
        output::write_result(target, |out| CsvExporter.export(run, out))?;
    }
    if let Some(target) = &arguments.json {
        output::write_result(target, |out| JsonExporter.export(run, out))?;
    }
    let prints_json = arguments.json.as_deref() == Some("-".as_ref());
    let prints_csv = arguments.csv.as_deref() == Some("-".as_ref());
    if !prints_json && !prints_csv {
        output::print(&summary::text(run, &numbers))?;
    }
    if run.report.ending == Ending::Source
        && run
            .plan
            .source
            .frame_count
            .is_some_and(|count| numbers.frames.arrived < count)
    {
        output::remark(&format!(
            "{}: ended after {} of {} frames.",
            run.plan.source.name,
            numbers.frames.arrived,
            run.plan.source.frame_count.unwrap_or_default()
        ));
    }
    Ok(judge_gates(arguments, &numbers))
}

/// Tells every gate that is not met.
fn judge_gates(arguments: &RunArguments, numbers: &Summary) -> Exit {
    let mut exit = Exit::Done;
    let mut fail = |message: String| {
        output::remark(&message);
        exit = Exit::GateFailed;
    };
    if let Some(limit) = arguments.max_drop_rate {
        let percent = numbers.drop_rate.unwrap_or(1.0) * 100.0;
        if percent > limit.percent() {
            fail(format!(
                "gate --max-drop-rate {limit} not met: {percent:.2} % of the frames were dropped"
            ));
        }
    }
    if let Some(limit) = arguments.max_p99 {
        let limit_ms = limit.as_secs_f64() * 1e3;
        match numbers.response_ms.p99 {
            Some(p99) if p99 <= limit_ms => {}
            Some(p99) => fail(format!(
                "gate --max-p99 {limit_ms} ms not met: p99 of the response time is {p99:.3} ms"
            )),
            None => fail(format!(
                "gate --max-p99 {limit_ms} ms not met: {} processed frames are too few for a p99, which needs 299",
                numbers.frames.processed
            )),
        }
    }
    exit
}
