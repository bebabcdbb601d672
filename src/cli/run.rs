//! `framescope run`: measure without a window.

use std::time::Duration;

use super::args::{ArrivalsName, OnOff, RecipeArguments, RunArguments, Switch};
use super::saved::SavedRuns;
use super::service::{Attendants, write_monitoring};
use super::streams::{self, Wish};
use super::{CommandError, Exit, Failure, keep, live, output, summary};
use crate::engine::{Ending, MAX_DISTURBANCES, NewStream, Play, StreamConfig, Streams};
use crate::judge::{ArrivalPattern, Limit, Tolerance};
use crate::pipeline::{self, CompileOptions, Pipeline, Recipe, Team};
use crate::session::{
    CsvExporter, Exporter, Host, JsonExporter, Plan, Run, StreamRun, StreamsRun, Summary,
    open_arrivals,
};
use crate::source::{self, FrameSource, SourceInfo};

/// How long an endless source is measured when nothing else was asked for.
const DEFAULT_DURATION: Duration = Duration::from_secs(10);

pub(super) fn run(arguments: &RunArguments) -> Result<Exit, Failure> {
    check_typed(arguments)?;
    let wishes = streams::wishes(arguments)?;
    let mut attendants = Attendants::new(arguments)?;
    let prepared = wishes.iter().map(|wish| prepared(arguments, wish));
    let (mut running, mut plans) = start(arguments, prepared.collect::<Result<_, _>>()?)?;
    if let Some(plan) = plans.first() {
        write_monitoring(arguments, plan)?;
    }
    for (member, plan) in running.members().iter().zip(&plans) {
        attendants.add(member, plan, arguments)?;
    }
    let configs: Vec<_> = plans
        .iter()
        .map(|plan| config_of(arguments, plan))
        .collect();
    let records = streams::follow(&mut running, &configs, &mut attendants);
    attendants.linger(arguments.service.metrics_linger, &running);
    if arguments.service.forever {
        return attendants.finish(arguments, &running, plans.swap_remove(0));
    }
    let mut runs = runs(&running, plans, records, attendants.was_stopped())?;
    let saved = attendants.into_saved();
    match runs.len() {
        1 => finish(arguments, &runs.remove(0).run, saved),
        _ => streams::finish(
            arguments,
            &StreamsRun {
                phases: arguments.streams.phases.into(),
                streams: runs,
            },
            saved,
        ),
    }
}

/// The source and the plan of one stream.
pub(super) type Prepared = (Box<dyn FrameSource>, Plan);

/// The source and the plan of one stream: of a file that is repeated, or as they were typed.
pub(super) fn prepared(arguments: &RunArguments, wish: &Wish) -> Result<Prepared, Failure> {
    match &arguments.keep.repeat {
        Some(file) => keep::repeated(file, arguments),
        None => typed(arguments, wish),
    }
}

/// The source and the plan of what was typed.
fn typed(arguments: &RunArguments, wish: &Wish) -> Result<Prepared, Failure> {
    let (recipe, preset, tolerance) = chosen_recipe(&wish.recipe)?;
    let mut source = source::open_os(&wish.source)?;
    let info = source.info().clone();
    let is_length_given =
        arguments.frames.is_some() || arguments.duration.is_some() || arguments.service.forever;
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
        ..plan(arguments, wish, (info, play), recipe, preset, tolerance)
    };
    Ok((source, plan))
}

/// Compiles the recipes and starts the streams behind the line. They begin when they are followed.
fn start(
    arguments: &RunArguments,
    prepared: Vec<Prepared>,
) -> Result<(Streams, Vec<Plan>), Failure> {
    check_length(prepared.iter().map(|(_, plan)| plan))?;
    let threads = prepared.first().map_or(1, |(_, plan)| plan.threads);
    let team = Team::new(threads)?;
    let mut running = Streams::new(
        arguments.streams.limits(),
        arguments.streams.phases.into(),
        prepared.len() as u32,
    );
    let mut plans = Vec::new();
    for (source, plan) in prepared {
        let options = CompileOptions {
            is_pool_enabled: plan.pool,
            execution: plan.execution,
            level: plan.cpu_level,
            team: team.clone(),
        };
        let pipeline = running.prepare(&plan.recipe, plan.source.frame, &options)?;
        if running.members().is_empty() {
            tell_staged(pipeline.pipeline());
        }
        running.add(NewStream {
            config: config_of(arguments, &plan),
            source,
            pipeline,
        })?;
        plans.push(plan);
    }
    Ok((running, plans))
}

/// How the engine is to run it; without an end, if that was asked for.
fn config_of(arguments: &RunArguments, plan: &Plan) -> StreamConfig {
    let config = plan.stream_config();
    if arguments.service.forever {
        StreamConfig {
            limit: Limit::default(),
            ..config
        }
    } else {
        config
    }
}

/// What every stream measured. If there is but one and it came to nothing, that is an error.
fn runs(
    running: &Streams,
    plans: Vec<Plan>,
    records: streams::Records,
    was_stopped: bool,
) -> Result<Vec<StreamRun>, Failure> {
    let is_alone = plans.len() == 1;
    let mut runs = Vec::new();
    for ((member, plan), records) in running.members().iter().zip(plans).zip(records) {
        let end = member.end().cloned();
        let (report, fault) = end.map_or((None, None), |end| (Some(end.report), end.fault));
        if let Some(fault) = fault.clone().filter(|_| is_alone) {
            return Err(fault.into());
        }
        if is_alone && records.is_empty() {
            let name = &plan.source.name;
            let message = if was_stopped {
                format!("{name}: stopped before its first frame")
            } else {
                format!("{name}: no picture in it could be read. Try another file")
            };
            return Err(Failure(CommandError {
                message,
                exit: Exit::CouldNotRun,
            }));
        }
        runs.push(StreamRun {
            number: member.number(),
            phase: member.phase(),
            fault: fault.map(|fault| fault.to_string()),
            run: Run {
                plan,
                host: Host::here(),
                stages: member.stages().to_vec(),
                records,
                report: report.unwrap_or_default(),
                cycles: member.cycles().to_vec(),
                unreadable_frames: member.unreadable_frames(),
                live: member.live(),
            },
        });
    }
    Ok(runs)
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
    for wish in streams::wishes(arguments)? {
        arguments.refuse_source(&wish.source)?;
    }
    arguments.check_targets()
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
    wish: &Wish,
    (info, play): (SourceInfo, Play),
    recipe: Recipe,
    preset: Option<String>,
    tolerance: Tolerance,
) -> Plan {
    let rate = wish.differing.fps.or(arguments.fps).unwrap_or(info.rate);
    let budget_nanos = arguments
        .budget
        .map_or_else(|| rate.interval_nanos(), |time| time.as_nanos() as u64);
    let is_endless = play.is_looping || (info.is_endless && play.end.is_none());
    let duration = match (arguments.frames, arguments.duration) {
        _ if arguments.service.forever => None,
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
        seed: wish.seed,
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
fn check_length<'a>(plans: impl Iterator<Item = &'a Plan>) -> Result<(), Failure> {
    let frames_of = |plan: &Plan| {
        let by_time = plan
            .duration_ms
            .map_or(0.0, |ms| ms / 1e3 * plan.rate.per_second());
        plan.frames.map_or(by_time, |frames| frames as f64)
    };
    let frames: f64 = plans.map(frames_of).sum();
    if frames > super::args::MAX_FRAMES as f64 {
        return Err(Failure(CommandError::usage(format!(
            "--duration, --frames: {frames:.0} frames are more than the {} that a run can keep. Give a shorter time, a lower rate or fewer streams",
            super::args::MAX_FRAMES
        ))));
    }
    Ok(())
}

fn finish(arguments: &RunArguments, run: &Run, mut saved: SavedRuns) -> Result<Exit, Failure> {
    let numbers = run.summary();
    let own: [(_, &'static dyn Exporter); 2] = [
        (&arguments.csv, &CsvExporter),
        (&arguments.json, &JsonExporter),
    ];
    let own = own
        .into_iter()
        .filter_map(|(target, exporter)| Some((target.as_deref()?, exporter)));
    // One file that cannot be written does not take the others with it.
    let mut written: Vec<_> = own
        .chain(arguments.keep.exports())
        .map(|(target, exporter)| output::write_result(target, |out| exporter.export(run, out)))
        .collect();
    written.push(saved.finish(0, run, &numbers));
    if !arguments.prints_a_result() {
        output::print(&summary::text(run, &numbers))?;
    }
    tell_short(run, &numbers, "");
    let exit = judge_gates(arguments, &numbers, "");
    written.into_iter().collect::<Result<(), _>>()?;
    Ok(exit)
}

/// Tells that a source ended before it was to.
pub(super) fn tell_short(run: &Run, numbers: &Summary, begin: &str) {
    let expected = run.plan.play.arrivals_of(run.plan.source.frame_count);
    if let Some(count) = expected
        && run.report.ending == Ending::Source
        && numbers.frames.arrived < count
    {
        output::remark(&format!(
            "{begin}{}: ended after {} of {count} frames.",
            run.plan.source.name, numbers.frames.arrived
        ));
    }
}

/// Tells every gate that is not met, and by whom, if there are several streams.
pub(super) fn judge_gates(arguments: &RunArguments, numbers: &Summary, whose: &str) -> Exit {
    let mut exit = Exit::Done;
    let by = if whose.is_empty() {
        String::new()
    } else {
        format!(" by {whose}")
    };
    let mut fail = |message: String| {
        output::remark(&message);
        exit = Exit::GateFailed;
    };
    if let Some(limit) = arguments.max_drop_rate {
        let percent = numbers.drop_rate.unwrap_or(1.0) * 100.0;
        if percent > limit.percent() {
            fail(format!(
                "gate --max-drop-rate {limit} not met{by}: {percent:.2} % of the frames were dropped"
            ));
        }
    }
    if let Some(limit) = arguments.max_p99 {
        let limit_ms = limit.as_secs_f64() * 1e3;
        match numbers.response_ms.p99 {
            Some(p99) if p99 <= limit_ms => {}
            Some(p99) => fail(format!(
                "gate --max-p99 {limit_ms} ms not met{by}: p99 of the response time is {p99:.3} ms"
            )),
            None => fail(format!(
                "gate --max-p99 {limit_ms} ms not met{by}: {} processed frames are too few for a p99, which needs 299",
                numbers.frames.processed
            )),
        }
    }
    exit
}
