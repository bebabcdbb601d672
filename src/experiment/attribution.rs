//! How good the attribution is: known disturbances against found causes.
//!
//! Each trial runs the same stream, disturbs it in one way for a third of its frames, and has every late frame explained
//! twice: *blind*, from the evidence alone, and *told*, with what was injected. The blind answers make the confusion
//! matrix. A trial without a disturbance shows what is found when there is nothing to find.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::engine::{AddError, Disturbance, PanicReport, Play, Stream, StreamError, StreamReport};
use crate::frame::FrameRate;
use crate::judge::{ArrivalPattern, Deadline, Dropped, Knowledge, Policy, Tolerance};
use crate::measure::{DisturbanceKind, FrameRecord, Quantile, Sample, Verdict, Waiting};
use crate::pipeline::{self, CpuLevel, Execution, Recipe, RecipeError, StageInfo, TeamError};
use crate::session::{Host, Plan, Run};
use crate::source::{self, SourceError};

/// What is watched: small enough to be quick, large enough to take milliseconds.
const SOURCE: &str = "synthetic:street?size=640x360";

/// Arrivals per second.
const RATE: u32 = 60;

/// Budget ÷ median service time of the undisturbed stream.
const BUDGET_FACTOR: f64 = 1.5;

/// Frames worked on before anything is counted.
const WARMUP_FRAMES: u32 = 30;

/// Why an experiment could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// The source could not be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The recipe could not be compiled.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The threads for the rows of a picture could not be started.
    #[error(transparent)]
    Team(#[from] TeamError),
    /// The stream could not be started.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// A stream could not be added to the others.
    #[error(transparent)]
    Add(#[from] AddError),
    /// The stream panicked.
    #[error(transparent)]
    Panic(#[from] PanicReport),
}

/// One disturbance and what was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// The disturbance as it is typed; `none` for the trial without one.
    pub injected: String,
    /// The causes that would be right.
    pub expected: Vec<&'static str>,
    /// Late frames while it was on (in the trial without one: all).
    pub late: u64,
    /// Those whose cause was right, found from the evidence alone.
    pub found: u64,
    /// Late frames by the cause found from the evidence alone. All stages count as `stage`.
    pub blind: BTreeMap<String, u64>,
    /// Late frames by the cause that the user is told.
    pub told: BTreeMap<String, u64>,
}

/// All trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttributionScore {
    /// Frames of each trial.
    pub frames: u64,
    /// Budget of all trials in milliseconds: 1.5 × the median service time of the undisturbed stream.
    pub budget_ms: f64,
    /// The trials, first the one without a disturbance.
    pub trials: Vec<Trial>,
    /// Late frames of all disturbed trials.
    pub late: u64,
    /// Those whose cause was right.
    pub found: u64,
}

/// What is injected and what should be found.
struct Case {
    kind: DisturbanceKind,
    /// Arguments as they are typed.
    arguments: &'static str,
    /// A stall happens once; everything else lasts for a third of the frames.
    is_once: bool,
    expected: &'static [&'static str],
    policy: Policy,
}

const fn lasting(
    kind: DisturbanceKind,
    arguments: &'static str,
    expected: &'static [&'static str],
) -> Case {
    Case {
        kind,
        arguments,
        is_once: false,
        expected,
        policy: Policy::NextTick,
    }
}

const CASES: [Case; 8] = [
    // Late because the processor was taken away, or because it was not given when the frame was due.
    lasting(DisturbanceKind::Hog, ":8", &["preempted", "wake-up"]),
    lasting(DisturbanceKind::Faults, ":64MB", &["page-faults"]),
    // Freed memory goes back to the system, and comes again with faults.
    lasting(
        DisturbanceKind::Alloc,
        ":64MB",
        &["allocation", "page-faults"],
    ),
    lasting(DisturbanceKind::Sleep, ":20ms", &["blocked"]),
    Case {
        is_once: true,
        ..lasting(DisturbanceKind::Decoder, ":900ms", &["source"])
    },
    // Scattered arrivals come in bunches, and wait for each other.
    Case {
        policy: Policy::Queue,
        ..lasting(DisturbanceKind::Jitter, ":40ms", &["queue"])
    },
    lasting(DisturbanceKind::Throttle, ":4x", &["stage"]),
    // The simulated collector stops the stream as a lock would.
    lasting(
        DisturbanceKind::Gc,
        ":gogc=20,bytes=30MB,pre-fix",
        &["blocked"],
    ),
];

/// Runs all trials of so many frames, and tells before each what it is.
///
/// # Errors
/// If a stream cannot be started, or panics.
pub fn score_attribution(
    frames: u64,
    mut tell: impl FnMut(&str),
) -> Result<AttributionScore, ExperimentError> {
    let recipe = &pipeline::presets()[0].recipe;
    tell("none");
    // Without a deadline that could be missed: this run only says what is usual.
    let calm = run(
        recipe,
        frames,
        u64::from(u32::MAX),
        Policy::NextTick,
        Vec::new(),
    )?;
    let service = Sample::new(processed(&calm.records).map(FrameRecord::service_nanos));
    let median_nanos = service.quantile(Quantile::P50).unwrap_or(1);
    let budget_nanos = (median_nanos as f64 * BUDGET_FACTOR) as u64;
    let mut trials = vec![trial(
        "none",
        &[],
        &judged_again(calm, budget_nanos),
        |_| true,
    )];
    for case in &CASES {
        let disturbance = case.disturbance(frames);
        tell(&disturbance.to_string());
        let run = run(recipe, frames, budget_nanos, case.policy, vec![disturbance])?;
        let name = disturbance.to_string();
        trials.push(trial(&name, case.expected, &run, |record| {
            record.disturbed.has(case.kind)
        }));
    }
    let disturbed = trials.iter().skip(1);
    Ok(AttributionScore {
        frames,
        budget_ms: budget_nanos as f64 / 1e6,
        late: disturbed.clone().map(|trial| trial.late).sum(),
        found: disturbed.map(|trial| trial.found).sum(),
        trials,
    })
}

impl Case {
    fn disturbance(&self, frames: u64) -> Disturbance {
        let (start, length) = (frames / 3, frames / 3);
        let when = if self.is_once {
            format!("@{start}f")
        } else {
            format!("@{start}f+{length}f")
        };
        let text = format!("{}{}{when}", self.kind.name(), self.arguments);
        match text.parse() {
            Ok(disturbance) => disturbance,
            // The table is part of the program, and a test reads every line of it.
            Err(error) => unreachable!("{error}"),
        }
    }
}

fn processed(records: &[FrameRecord]) -> impl Iterator<Item = &FrameRecord> {
    records.iter().filter(|record| record.is_processed())
}

/// The same frames under another budget, without tolerance.
fn judged_again(mut run: Run, budget_nanos: u64) -> Run {
    let deadline = Deadline::new(budget_nanos, Tolerance::default());
    for record in run
        .records
        .iter_mut()
        .filter(|record| record.is_processed())
    {
        record.budget_nanos = deadline.budget_nanos;
        record.allowance_nanos = deadline.allowance_nanos;
        record.verdict = deadline.verdict(record.response_nanos());
    }
    run
}

fn trial(
    name: &str,
    expected: &[&'static str],
    run: &Run,
    counts: impl Fn(&FrameRecord) -> bool,
) -> Trial {
    let is_counted = |dropped: &Dropped| {
        let record = run
            .records
            .iter()
            .find(|record| record.index == dropped.frame);
        dropped.verdict == Verdict::Late && record.is_some_and(&counts)
    };
    let tally = |knowledge| {
        let mut causes = BTreeMap::new();
        for dropped in run
            .drops_by(knowledge)
            .iter()
            .filter(|dropped| is_counted(dropped))
        {
            let word = match dropped.cause.split_once(':') {
                Some(("stage", _)) => "stage",
                _ => dropped.cause.as_str(),
            };
            *causes.entry(word.to_owned()).or_insert(0) += 1;
        }
        causes
    };
    let blind: BTreeMap<String, u64> = tally(Knowledge::Blind);
    Trial {
        injected: name.to_owned(),
        expected: expected.to_vec(),
        late: blind.values().sum(),
        found: expected.iter().filter_map(|cause| blind.get(*cause)).sum(),
        told: tally(Knowledge::Told),
        blind,
    }
}

fn run(
    recipe: &Recipe,
    frames: u64,
    budget_nanos: u64,
    policy: Policy,
    disturbances: Vec<Disturbance>,
) -> Result<Run, ExperimentError> {
    let source = source::open(SOURCE)?;
    let info = source.info().clone();
    let compiled = pipeline::compile(recipe, info.frame, true)?;
    let stages = compiled.stages().to_vec();
    let rate = FrameRate::new(RATE, 1).unwrap_or(FrameRate::DEFAULT);
    let plan = Plan {
        source: info,
        preset: None,
        recipe: recipe.clone(),
        rate,
        budget_ms: budget_nanos as f64 / 1e6,
        tolerance_percent: Tolerance::default(),
        policy,
        floor: true,
        arrivals: ArrivalPattern::Fixed,
        live_buffer: None,
        waiting: Waiting::Hybrid,
        seed: 1,
        disturbances,
        frames: Some(frames),
        duration_ms: None,
        warmup_frames: WARMUP_FRAMES,
        pool: true,
        execution: Execution::Staged,
        cpu_level: CpuLevel::best(),
        threads: 1,
        is_window_open: false,
        is_decode_counted: false,
        play: Play::ENDLESS,
    };
    let mut stream = Stream::start(plan.stream_config(), source, Box::new(compiled))?;
    // The ring holds more records than a trial has frames.
    let report = stream.join()?;
    let mut records: Vec<_> = std::iter::from_fn(|| stream.next_record()).collect();
    records.sort_by_key(|record| record.index);
    Ok(finished(plan, stages, records, report))
}

fn finished(
    plan: Plan,
    stages: Vec<StageInfo>,
    records: Vec<FrameRecord>,
    report: StreamReport,
) -> Run {
    Run {
        plan,
        host: Host::here(),
        stages,
        records,
        report,
        cycles: Vec::new(),
        live: None,
        unreadable_frames: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_can_be_typed_and_every_kind_has_one() {
        for (kind, case) in DisturbanceKind::ALL.into_iter().zip(&CASES) {
            assert_eq!(case.kind, kind);
            assert_eq!(case.disturbance(90).effect.kind(), kind);
        }
    }
}
