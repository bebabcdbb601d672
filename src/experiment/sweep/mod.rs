//! How many streams a machine holds: measured, with the curve up to there, the knee and its reason, and a table of
//! cores.
//!
//! A *case* is one rate, size and preset. For each the largest number of streams is sought whose drop rate meets the goal
//! by the upper end of its 95 % interval ([`search`]): a run without a drop that is too short to show it does not. What
//! was measured can be written to a file after every point and taken up again.

mod inside;
mod model;
mod point;
mod search;

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use inside::{InsideRow, inside_or_beside};
pub use model::{CoresModel, CoresRow, Knee};
pub use point::{Cause, Point};

use super::ExperimentError;
use crate::engine::{Phases, StreamLimits, Streams};
use crate::measure::Share;
use crate::session::{Host, Plan, stream_traffic, write_atomically};
use search::{Next, Verdict};

/// Name and version of the format.
pub const SWEEP_SCHEMA: &str = "framescope.sweep/1";

/// The largest file that is taken up again, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// Cases of a sweep at most.
pub const MAX_CASES: usize = 64;

/// Frames that a point has beyond those that a run without a drop needs to meet the goal, as a factor: room for a drop
/// now and then.
const ROOM: f64 = 1.6;

/// The longest that a point is measured for the sake of the interval, in seconds.
const MAX_SECONDS: f64 = 120.0;

/// What is swept over: one rate, size and preset.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepCase {
    /// What tells it from the other cases: `30 fps · 1280×720 · yolov4`.
    pub name: String,
    /// What every stream does.
    pub plan: Plan,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SweepGoal {
    /// The largest drop rate, as a share.
    pub max_drop_rate: f64,
    /// The most streams that are tried.
    pub max_streams: u32,
    /// How long a point is measured at least, in seconds.
    pub point_seconds: f64,
    /// How the arrivals of the streams lie to one another.
    pub phases: Phases,
}

/// What was found for one case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CaseRuns {
    /// Its name.
    pub name: String,
    /// Every run, in the order in which they were made.
    pub runs: Vec<Point>,
}

/// The answer for one case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// Arrivals per second of each stream.
    pub rate_fps: f64,
    /// The largest number of streams that meets the goal, confirmed by a second run; `None` while it is not known.
    pub capacity: Option<u32>,
    /// Whether more may be held than were tried.
    pub is_limited: bool,
    /// The points by number of streams, runs of the same number pooled.
    pub points: Vec<Point>,
    /// Every run.
    pub runs: Vec<Point>,
    /// Where it ends, and why; `None` if everything held.
    pub knee: Option<Knee>,
    /// The table of cores; `None` if no number of streams is known to be the largest.
    pub model: Option<CoresModel>,
}

/// A sweep that is on its way or done.
pub struct Sweep {
    cases: Vec<SweepCase>,
    goal: SweepGoal,
    host: Host,
    runs: Vec<CaseRuns>,
    engine: Streams,
}

/// Where a sweep is.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepProgress {
    /// The case that is measured.
    pub case: String,
    /// Its place, from 0, and how many there are.
    pub at: (usize, usize),
    /// Streams of the point that is about to be measured.
    pub streams: u32,
    /// How long it takes, in seconds.
    pub seconds: f64,
    /// The case so far, by number of streams.
    pub points: Vec<Point>,
}

/// The ways out of a file that cannot be taken up.
const NAME: &str = "Name a file that `framescope sweep --save FILE` wrote";
const ANEW: &str = "Ask what was asked then, or begin anew without --resume";

/// Why a file cannot be taken up.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}. {way_out}")]
pub struct ResumeError {
    path: String,
    problem: String,
    way_out: &'static str,
}

impl Sweep {
    /// A sweep that has measured nothing yet.
    pub fn new(cases: Vec<SweepCase>, goal: SweepGoal) -> Self {
        let runs = cases
            .iter()
            .map(|case| CaseRuns {
                name: case.name.clone(),
                runs: Vec::new(),
            })
            .collect();
        let limits = StreamLimits {
            max_streams: goal.max_streams,
            ..StreamLimits::default()
        };
        Self {
            engine: Streams::new(limits, goal.phases, 0),
            cases,
            goal,
            host: Host::here(),
            runs,
        }
    }

    /// Measures until every case has its answer, or `is_cancelled`. `tell` is called before every point, `keep` after it.
    /// Whether all is done.
    ///
    /// # Errors
    /// If a source, a recipe or a stream fails before it runs.
    pub fn run(
        &mut self,
        mut tell: impl FnMut(&SweepProgress),
        mut keep: impl FnMut(&Self),
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<bool, ExperimentError> {
        for index in 0..self.cases.len() {
            while let Next::Measure(streams) = self.next(index) {
                if is_cancelled() {
                    return Ok(false);
                }
                let case = &self.cases[index];
                let seconds = self.seconds_of(case, streams);
                tell(&SweepProgress {
                    case: case.name.clone(),
                    at: (index, self.cases.len()),
                    streams,
                    seconds,
                    points: pooled(&self.runs[index].runs),
                });
                let asked = (streams, seconds);
                let point = Point::measure(case, &mut self.engine, asked, is_cancelled)?;
                let Some(point) = point else {
                    return Ok(false);
                };
                self.runs[index].runs.push(point);
                keep(self);
            }
        }
        Ok(true)
    }

    fn next(&self, index: usize) -> Next {
        let verdict = |point: &Point| Verdict {
            streams: point.streams,
            runs: self.runs[index]
                .runs
                .iter()
                .filter(|run| run.streams == point.streams)
                .count() as u32,
            holds: point.holds(self.goal.max_drop_rate),
        };
        let verdicts: Vec<_> = pooled(&self.runs[index].runs).iter().map(verdict).collect();
        search::next(&verdicts, self.goal.max_streams)
    }

    /// How long a point is measured: long enough for a run with hardly a drop to meet the goal.
    fn seconds_of(&self, case: &SweepCase, streams: u32) -> f64 {
        let frames = frames_needed(self.goal.max_drop_rate) as f64 * ROOM;
        let needed = frames / (f64::from(streams) * case.plan.rate.per_second());
        needed.clamp(
            self.goal.point_seconds,
            MAX_SECONDS.max(self.goal.point_seconds),
        )
    }

    /// What was found so far.
    pub fn results(&self) -> Vec<CaseResult> {
        let cores = self.host.cpus.unwrap_or(1) as u32;
        let result = |(index, case): (usize, &SweepCase)| {
            let runs = &self.runs[index].runs;
            let points = pooled(runs);
            let capacity = match self.next(index) {
                Next::Done(capacity) => Some(capacity),
                Next::Measure(_) => None,
            };
            let rate_fps = case.plan.rate.per_second();
            let traffic = stream_traffic(&case.plan).map(|bytes| bytes * rate_fps);
            CaseResult {
                name: case.name.clone(),
                rate_fps,
                capacity,
                is_limited: capacity == Some(self.goal.max_streams),
                knee: model::knee(&points, self.goal.max_drop_rate, cores),
                model: capacity
                    .filter(|&capacity| capacity > 0 && capacity < self.goal.max_streams)
                    .and_then(|capacity| model::model(&points, capacity, cores, rate_fps, traffic)),
                points,
                runs: runs.clone(),
            }
        };
        self.cases.iter().enumerate().map(result).collect()
    }

    /// Everything as JSON: what was asked, where, what was found, and what is needed to go on.
    ///
    /// # Errors
    /// Never for numbers that were measured.
    pub fn to_json(&self) -> serde_json::Result<Value> {
        Ok(serde_json::json!({
            "schema": SWEEP_SCHEMA,
            "asked": self.asked()?,
            "host": self.host,
            "copy_bytes_per_second": crate::measure::copy_bytes_per_second(),
            "cases": self.results(),
        }))
    }

    /// What a file has to agree in to be taken up.
    fn asked(&self) -> serde_json::Result<Value> {
        let plans = self
            .cases
            .iter()
            .map(|case| serde_json::to_value(&case.plan));
        Ok(serde_json::json!({
            "max_drop_rate": self.goal.max_drop_rate,
            "max_streams": self.goal.max_streams,
            "point_seconds": self.goal.point_seconds,
            "phases": self.goal.phases.name(),
            "plans": plans.collect::<Result<Vec<_>, _>>()?,
        }))
    }

    /// Writes it to a file, whole or not at all.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), crate::session::WriteError> {
        write_atomically(path, |out| {
            serde_json::to_writer_pretty(&mut *out, &self.to_json()?)?;
            writeln!(out)
        })
    }

    /// Takes over what a file holds, so that nothing of it is measured again.
    ///
    /// # Errors
    /// If it cannot be read, or is of another machine, build or question.
    pub fn resume(&mut self, path: &Path) -> Result<(), ResumeError> {
        let refuse = |problem: String, way_out| ResumeError {
            path: path.display().to_string(),
            problem,
            way_out,
        };
        let text =
            read(path).map_err(|error| refuse(format!("could not be read: {error}"), NAME))?;
        let mut file: Value = serde_json::from_str(&text)
            .map_err(|error| refuse(format!("is no sweep: {error}"), NAME))?;
        if file["schema"] != SWEEP_SCHEMA {
            return Err(refuse(format!("is no `{SWEEP_SCHEMA}`"), NAME));
        }
        let asked = self
            .asked()
            .map_err(|error| refuse(error.to_string(), ANEW))?;
        if file["asked"] != asked {
            return Err(refuse("was asked something else".into(), ANEW));
        }
        let host = serde_json::to_value(&self.host).unwrap_or_default();
        for key in ["cpu", "cpus", "profile", "version"] {
            if file["host"][key] != host[key] {
                return Err(refuse(
                    format!(
                        "was measured elsewhere: {key} is {} there and {} here",
                        file["host"][key], host[key]
                    ),
                    ANEW,
                ));
            }
        }
        let cases: Vec<CaseRuns> = serde_json::from_value(file["cases"].take())
            .map_err(|error| refuse(format!("is damaged: {error}"), NAME))?;
        let is_sound = |run: &Point| {
            (1..=self.goal.max_streams).contains(&run.streams)
                && run.dropped <= run.arrived
                && [run.drop_rate, run.drop_rate_low, run.drop_rate_high]
                    .iter()
                    .all(|rate| (0.0..=1.0).contains(rate))
        };
        for known in &mut self.runs {
            if let Some(found) = cases.iter().find(|found| found.name == known.name) {
                if !found.runs.iter().all(is_sound) {
                    return Err(refuse("is damaged: a point in it cannot be".into(), NAME));
                }
                known.runs.clone_from(&found.runs);
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read;
    let mut text = String::new();
    let file = std::fs::File::open(path)?;
    file.take(MAX_FILE).read_to_string(&mut text)?;
    Ok(text)
}

/// Runs of the same number of streams as one point, by number.
fn pooled(runs: &[Point]) -> Vec<Point> {
    let mut numbers: Vec<u32> = runs.iter().map(|run| run.streams).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let of = |&streams: &u32| Point::pooled(runs.iter().filter(|run| run.streams == streams));
    numbers.iter().filter_map(of).collect()
}

/// The fewest frames of which none is dropped whose interval ends at the goal.
pub fn frames_needed(max_drop_rate: f64) -> u64 {
    let meets =
        |frames: u64| Share::new(0, frames).is_some_and(|share| share.high <= max_drop_rate);
    let mut frames = 1;
    while !meets(frames) && frames < 1 << 24 {
        frames *= 2;
    }
    let (mut fails, mut holds) = (frames / 2, frames);
    while holds - fails > 1 {
        let middle = u64::midpoint(fails, holds);
        if meets(middle) {
            holds = middle;
        } else {
            fails = middle;
        }
    }
    holds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frames_that_a_goal_needs_follow_from_the_interval() {
        for (goal, frames) in [(0.01, 381), (0.05, 73)] {
            let needed = frames_needed(goal);
            assert_eq!(needed, frames, "{goal}");
            assert!(Share::new(0, needed).unwrap().high <= goal);
            assert!(Share::new(0, needed - 1).unwrap().high > goal);
        }
    }

    #[test]
    fn runs_of_one_number_are_pooled_by_their_counts() {
        let run = |streams, arrived, dropped| Point {
            streams,
            arrived,
            dropped,
            ..Point::default()
        };
        let points = pooled(&[run(4, 500, 0), run(8, 500, 50), run(4, 500, 10)]);
        assert_eq!(points.len(), 2);
        assert_eq!((points[0].streams, points[0].arrived), (4, 1000));
        assert_eq!(points[0].drop_rate, 0.01);
        assert!(points[0].drop_rate_high > 0.01);
    }
}
