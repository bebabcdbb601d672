//! `framescope run`: measure without a window.

use std::time::Duration;

use super::args::{ArrivalsName, OnOff, RecipeArguments, RunArguments, Switch};
use super::{CommandError, Exit, Failure, keep, live, output, progress, summary};
use crate::engine::{
    Ending, GcCycle, MAX_DISTURBANCES, Play, Stream, StreamConfig, StreamReport, stages_of,
};
use crate::judge::{ArrivalPattern, Tolerance};
use crate::measure::FrameRecord;
use crate::pipeline::{self, CompileOptions, Pipeline, Recipe, Team};
use crate::session::{
    ChromeTraceExporter, CsvExporter, Exporter, HeaderParts, Host, JsonExporter, Plan,
    ReportExporter, Run, RunFileExporter, RunWriter, Summary, open_arrivals,
};
use crate::source::{self, FrameSource, SourceInfo};

/// How long an endless source is measured when nothing else was asked for.
const DEFAULT_DURATION: Duration = Duration::from_secs(10);

/// How often the records are fetched: far more often than their ring fills up.
const POLL: Duration = Duration::from_millis(20);

pub(super) fn run(arguments: &RunArguments) -> Result<Exit, Failure> {
    check_typed(arguments)?;
    let (source, plan) = prepared(arguments)?;
    let options = CompileOptions {
        is_pool_enabled: plan.pool,
        execution: plan.execution,
        level: plan.cpu_level,
        team: Team::new(plan.threads)?,
    };
    let compiled = pipeline::compile_with(&plan.recipe, plan.source.frame, &options)?;
    tell_staged(&compiled);
    let stages = stages_of(&plan.source, &compiled, plan.is_decode_counted);
    let config = plan.stream_config();
    check_length(&plan)?;

    let host = Host::here();
    let mut file = keep::begin(
        arguments,
        &HeaderParts {
            plan: &plan,
            host: &host,
            stages: &stages,
            name: None,
            tags: &[],
            started_unix_ms: None,
        },
    )?;
    let mut stream = Stream::start(config.clone(), source, Box::new(compiled))?;
    let Followed {
        records,
        cycles,
        report,
    } = follow(&mut stream, &config, file.as_mut())?;
    let unreadable_frames = stream.unreadable_frames();
    let live = stream.live();
    if records.is_empty() {
        if let Some(file) = file {
            file.discard();
        }
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
        host,
        stages,
        records,
        report,
        cycles,
        unreadable_frames,
        live,
    };
    finish(arguments, &run, file)
}

/// The source and the plan: of a file that is repeated, or as they were typed.
pub(super) fn prepared(arguments: &RunArguments) -> Result<(Box<dyn FrameSource>, Plan), Failure> {
    match &arguments.keep.repeat {
        Some(file) => keep::repeated(file, arguments),
        None => typed(arguments),
    }
}

/// The source and the plan of what was typed.
fn typed(arguments: &RunArguments) -> Result<(Box<dyn FrameSource>, Plan), Failure> {
    let (recipe, preset, tolerance) = chosen_recipe(&arguments.recipe)?;
    let mut source = source::open_os(&arguments.source)?;
    let info = source.info().clone();
    let is_length_given = arguments.frames.is_some() || arguments.duration.is_some();
    let play = arguments.play.of(source.as_ref(), is_length_given)?;
    let is_live = live::prepare(arguments, source.as_mut())?;
    let arrivals = match &arguments.arrivals {
        _ if is_live => ArrivalPattern::Live,
        Some(name) => arrivals(name)?,
        None => ArrivalPattern::Fixed,
    };
    let plan = Plan {
        arrivals,
        live_buffer: is_live.then(|| arguments.live_buffer.unwrap_or_default()),
        ..plan(arguments, (info, play), recipe, preset, tolerance)
    };
    Ok((source, plan))
}

/// Tells why a recipe is not fused that was to be where possible.
pub(super) fn tell_staged(compiled: &Pipeline) {
    if let Some(reason) = compiled.staged_because() {
        output::remark(&format!("auto execution is staged here. {reason}"));
    }
}

fn check_typed(arguments: &RunArguments) -> Result<(), Failure> {
    if arguments.disturb.len() > MAX_DISTURBANCES {
        return Err(Failure(CommandError::usage(format!(
            "--disturb: {} disturbances are more than the {MAX_DISTURBANCES} that a run can have. Leave some out",
            arguments.disturb.len()
        ))));
    }
    for target in arguments.targets() {
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
    (info, play): (SourceInfo, Play),
    recipe: Recipe,
    preset: Option<String>,
    tolerance: Tolerance,
) -> Plan {
    let rate = arguments.fps.unwrap_or(info.rate);
    let budget_nanos = arguments
        .budget
        .map_or_else(|| rate.interval_nanos(), |time| time.as_nanos() as u64);
    let is_endless = play.is_looping || (info.is_endless && play.end.is_none());
    let duration = match (arguments.frames, arguments.duration) {
        (None, None) => is_endless.then_some(DEFAULT_DURATION),
        (_, duration) => duration,
    };
    Plan {
        source: info,
        preset,
        recipe,
        rate,
        budget_ms: budget_nanos as f64 / 1e6,
        tolerance_percent: arguments.tolerance.unwrap_or(tolerance),
        policy: arguments.policy,
        floor: arguments.floor == OnOff::On,
        arrivals: ArrivalPattern::Fixed,
        live_buffer: None,
        waiting: arguments.wait.into(),
        seed: arguments.seed,
        disturbances: arguments.disturb.clone(),
        play,
        frames: arguments.frames,
        duration_ms: duration.map(|time| time.as_secs_f64() * 1e3),
        warmup_frames: arguments.warmup,
        pool: arguments.pool == Switch::On,
        execution: arguments.execution.execution.into(),
        cpu_level: arguments.execution.kernel.level(),
        threads: arguments.execution.kernel.threads.into(),
        is_window_open: false,
        is_decode_counted: arguments.play.count_decode == OnOff::On,
    }
}

fn arrivals(name: &ArrivalsName) -> Result<ArrivalPattern, Failure> {
    Ok(match name {
        ArrivalsName::Fixed => ArrivalPattern::Fixed,
        ArrivalsName::Jittered(max_nanos) => ArrivalPattern::Jittered {
            max_nanos: *max_nanos,
        },
        ArrivalsName::Poisson => ArrivalPattern::Poisson,
        ArrivalsName::Recorded(file) => ArrivalPattern::Recorded {
            arrivals_nanos: open_arrivals(file)?.into(),
        },
    })
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

/// What a stream told on its way.
struct Followed {
    records: Vec<FrameRecord>,
    cycles: Vec<GcCycle>,
    report: StreamReport,
}

/// Collects the records until the stream ends, with a progress bar on a terminal.
fn follow(
    stream: &mut Stream,
    config: &StreamConfig,
    mut file: Option<&mut RunWriter>,
) -> Result<Followed, Failure> {
    let (mut records, mut cycles) = (Vec::new(), Vec::new());
    let bar = progress::bar(config);
    let mut watch = live::Watch::default();
    loop {
        let is_finished = stream.is_finished();
        let kept = records.len();
        records.extend(std::iter::from_fn(|| stream.next_record()));
        if let Some(file) = &mut file {
            file.append(&records[kept..])?;
        }
        cycles.extend(std::iter::from_fn(|| stream.next_cycle()));
        while let Some(trouble) = stream.next_trouble() {
            bar.suspend(|| output::remark(&trouble.to_string()));
        }
        let live = stream.live();
        for remark in live.iter().filter_map(|report| watch.look(report)) {
            bar.suspend(|| output::remark(&remark));
        }
        progress::show(&bar, stream.status(), live.as_ref(), &records);
        if is_finished {
            break;
        }
        progress::wait(POLL);
    }
    bar.finish_and_clear();
    // A frame that was given up is told before those that still waited.
    records.sort_by_key(|record| record.index);
    Ok(Followed {
        records,
        cycles,
        report: stream.join()?,
    })
}

fn finish(arguments: &RunArguments, run: &Run, file: Option<RunWriter>) -> Result<Exit, Failure> {
    let numbers = run.summary();
    let has_grown = file.is_some();
    let saved = file.map_or(Ok(()), |file| file.finish(&numbers));
    // One file that cannot be written does not take the others with it.
    let written = [
        (&arguments.csv, &CsvExporter as &dyn Exporter),
        (&arguments.json, &JsonExporter),
        (&arguments.keep.report, &ReportExporter),
        (&arguments.keep.chrome_trace, &ChromeTraceExporter),
        (
            &arguments.keep.histogram,
            arguments.keep.histogram_exporter(),
        ),
        (
            &arguments.save.clone().filter(|_| !has_grown),
            &RunFileExporter,
        ),
    ]
    .map(|(target, exporter)| match target {
        Some(target) => output::write_result(target, |out| exporter.export(run, out)),
        None => Ok(()),
    });
    let prints_a_result = arguments.targets().any(|target| target == "-");
    if !prints_a_result {
        output::print(&summary::text(run, &numbers))?;
    }
    let expected = run.plan.play.arrivals_of(run.plan.source.frame_count);
    if let Some(count) = expected
        && run.report.ending == Ending::Source
        && numbers.frames.arrived < count
    {
        output::remark(&format!(
            "{}: ended after {} of {count} frames.",
            run.plan.source.name, numbers.frames.arrived
        ));
    }
    let exit = judge_gates(arguments, &numbers);
    written.into_iter().collect::<Result<(), _>>()?;
    saved?;
    Ok(exit)
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
