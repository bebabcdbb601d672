//! `framescope sweep`: the largest number of streams that this machine holds.

mod args;
mod text;

use std::ffi::{OsStr, OsString};
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(super) use args::SweepArguments;

use super::args::{RecipeArguments, Switch};
use super::run::chosen_recipe;
use super::service::stop_on_signals;
use super::{CommandError, Exit, Failure, output};
use crate::engine::Play;
use crate::experiment::{MAX_CASES, Sweep, SweepCase, SweepGoal, inside_or_beside};
use crate::frame::{FrameRate, Size};
use crate::judge::ArrivalPattern;
use crate::measure::Waiting;
use crate::pipeline::{self, CpuLevel};
use crate::session::{Host, Plan};
use crate::source;

/// Frames worked on before anything is counted.
const WARMUP_FRAMES: u32 = 30;

pub(super) fn sweep(arguments: &SweepArguments) -> Result<Exit, Failure> {
    for target in arguments.json.iter().chain(&arguments.save) {
        output::refuse_source(target, &arguments.source)?;
        output::check_writable(target)?;
    }
    if let Some(most) = arguments.compare_threads {
        return compare_threads(arguments, most);
    }
    let goal = SweepGoal {
        max_drop_rate: arguments.max_drop_rate.percent() / 100.0,
        max_streams: arguments.max_streams,
        point_seconds: arguments.point.as_secs_f64(),
        phases: arguments.phases.into(),
    };
    if goal.max_drop_rate <= 0.0 {
        return Err(usage(
            "--max-drop-rate: no finite run shows a drop rate of 0 %. Give more, such as 1%",
        ));
    }
    let mut sweep = Sweep::new(cases(arguments)?, goal);
    if let Some(file) = &arguments.resume {
        sweep.resume(file)?;
    }
    let is_stopped = stop_on_signals()?;
    let bar = bar();
    let keep = arguments.save.as_ref().or(arguments.resume.as_ref());
    let mut unkept = None;
    let is_done = sweep.run(
        |progress| bar.set_message(text::progress(progress)),
        |sweep| {
            // A file that cannot be written must not lose what was measured.
            if let Some(error) = keep.and_then(|file| sweep.save(file).err()) {
                unkept = Some(error);
            }
        },
        &|| is_stopped.load(Ordering::Relaxed),
    )?;
    bar.finish_and_clear();
    if !is_done {
        let way_on = match keep {
            Some(file) => format!("go on with --resume {}", file.display()),
            None => "with --save FILE it could be resumed".to_owned(),
        };
        output::remark(&format!("cancelled before the answer was found; {way_on}"));
    }
    if let Some(target) = &arguments.json {
        let json = sweep.to_json()?;
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &json)?;
            writeln!(out)
        })?;
    }
    if arguments.json.as_deref() != Some("-".as_ref()) {
        output::print(&text::text(&sweep.results(), &goal))?;
    }
    if let Some(error) = unkept {
        return Err(error.into());
    }
    Ok(if is_done {
        Exit::Done
    } else {
        Exit::CouldNotRun
    })
}

/// Threads inside a frame against streams beside one another.
fn compare_threads(arguments: &SweepArguments, most: u32) -> Result<Exit, Failure> {
    let cases = cases(arguments)?;
    let case = cases.first().ok_or_else(|| usage("there is no case"))?;
    let is_stopped = stop_on_signals()?;
    let bar = bar();
    let rows = inside_or_beside(
        case,
        (most, arguments.point.as_secs_f64()),
        |threads, is_inside| {
            let how = if is_inside {
                "threads in a frame"
            } else {
                "streams"
            };
            bar.set_message(format!("{} · {threads} {how}", case.name));
        },
        &|| is_stopped.load(Ordering::Relaxed),
    )?;
    bar.finish_and_clear();
    if let Some(target) = &arguments.json {
        output::write_result(target, |out| {
            let json = serde_json::json!({
                "schema": "framescope.threads/1", "host": Host::here(), "plan": case.plan, "rows": rows,
            });
            serde_json::to_writer_pretty(&mut *out, &json)?;
            writeln!(out)
        })?;
    }
    if arguments.json.as_deref() != Some("-".as_ref()) {
        output::print(&text::threads(&case.name, &rows))?;
    }
    let is_done = rows.len() == most as usize;
    Ok(if is_done {
        Exit::Done
    } else {
        Exit::CouldNotRun
    })
}

fn usage(message: &str) -> Failure {
    Failure(CommandError::usage(message))
}

/// A line that says what is measured, on a terminal only.
fn bar() -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new_spinner();
    bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Every rate, size and preset that is swept over.
fn cases(arguments: &SweepArguments) -> Result<Vec<SweepCase>, Failure> {
    let sources = sources(arguments)?;
    let recipes = recipes(arguments)?;
    let rates: Vec<Option<FrameRate>> = if arguments.rates.is_empty() {
        vec![None]
    } else {
        arguments.rates.iter().copied().map(Some).collect()
    };
    let count = sources.len() * recipes.len() * rates.len();
    if count > MAX_CASES {
        return Err(usage(&format!(
            "--rates, --sizes, --presets: {count} combinations are more than the {MAX_CASES} of a sweep. Leave some out"
        )));
    }
    let mut cases = Vec::new();
    for source in &sources {
        for recipe in &recipes {
            for rate in &rates {
                cases.push(case(arguments, source, recipe, *rate)?);
            }
        }
    }
    Ok(cases)
}

/// The source in every size that was asked for.
fn sources(arguments: &SweepArguments) -> Result<Vec<OsString>, Failure> {
    if arguments.sizes.is_empty() {
        return Ok(vec![arguments.source.clone()]);
    }
    let name = arguments
        .source
        .to_str()
        .filter(|name| name.starts_with("synthetic:"))
        .ok_or_else(|| usage("--sizes: only a synthetic source has every size. Leave it out, or give synthetic:NAME"))?;
    let sized = |size: &Size| -> OsString {
        let (scene, options) = name.split_once('?').unwrap_or((name, ""));
        let others = options
            .split('&')
            .filter(|option| !option.is_empty() && !option.starts_with("size="));
        let size = format!("size={}x{}", size.width_px, size.height_px);
        let options: Vec<&str> = std::iter::once(size.as_str()).chain(others).collect();
        format!("{scene}?{}", options.join("&")).into()
    };
    Ok(arguments.sizes.iter().map(sized).collect())
}

/// The recipes that were asked for.
fn recipes(arguments: &SweepArguments) -> Result<Vec<RecipeArguments>, Failure> {
    if arguments.presets.is_empty() {
        return Ok(vec![arguments.recipe.clone()]);
    }
    let known = |name: &String| {
        pipeline::preset(name)
            .map(|_| RecipeArguments {
                preset: name.clone(),
                recipe: None,
            })
            .ok_or_else(|| usage(&format!("--presets: there is no preset `{name}`")))
    };
    arguments.presets.iter().map(known).collect()
}

fn case(
    arguments: &SweepArguments,
    source: &OsStr,
    recipe: &RecipeArguments,
    rate: Option<FrameRate>,
) -> Result<SweepCase, Failure> {
    let (recipe, preset, tolerance) = chosen_recipe(recipe)?;
    let mut opened = source::open_os(source)?;
    let info = opened.info().clone();
    if opened.as_live().is_some() || (!info.is_seekable && !info.is_endless) {
        return Err(usage(&format!(
            "{}: a sweep needs a source that can be opened again and again, and played from its beginning. Record it to a file",
            info.name
        )));
    }
    let rate = rate.unwrap_or(info.rate);
    let budget_nanos = arguments
        .budget
        .map_or_else(|| rate.interval_nanos(), |time| time.as_nanos() as u64);
    let plan = Plan {
        source: info,
        preset,
        recipe,
        rate,
        budget_ms: budget_nanos as f64 / 1e6,
        tolerance_percent: arguments.tolerance.unwrap_or(tolerance),
        policy: arguments.policy,
        floor: true,
        arrivals: ArrivalPattern::Fixed,
        live_buffer: None,
        waiting: Waiting::default(),
        seed: 1,
        disturbances: Vec::new(),
        play: Play::ENDLESS,
        frames: None,
        duration_ms: None,
        warmup_frames: WARMUP_FRAMES,
        pool: arguments.pool == Switch::On,
        execution: arguments.execution.into(),
        cpu_level: arguments.cpu_level.unwrap_or_else(CpuLevel::best),
        threads: 1,
        is_window_open: false,
        is_decode_counted: false,
    };
    Ok(SweepCase {
        name: format!(
            "{} · {} · {} · {} fps",
            plan.source.name,
            plan.source.frame.size,
            plan.preset.as_deref().unwrap_or(&plan.recipe.name),
            super::summary::fps(plan.rate),
        ),
        plan,
    })
}
