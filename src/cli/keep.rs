//! What is kept of runs: the run file that grows, its name and tags, the list of a folder, and a run made again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::args::RunArguments;
use super::{CommandError, Exit, Failure, live, output};
use crate::session::{
    ChromeTraceExporter, Exporter, HgrmExporter, HlogExporter, MAX_LABEL, Plan, Relabel,
    ReportExporter, RunEntry, StoredPlan, describe_run, list_runs, open_recording, relabel_run,
};
use crate::source::{self, FrameSource};

/// Everything that a repeated run takes from its file.
const DECIDED_BY_THE_FILE: [&str; 29] = [
    "source",
    "preset",
    "recipe",
    "fps",
    "budget",
    "tolerance",
    "policy",
    "floor",
    "arrivals",
    "live_buffer",
    "wait",
    "disturb",
    "seed",
    "frames",
    "duration",
    "start",
    "end",
    "speed",
    "looping",
    "count_decode",
    "warmup",
    "execution",
    "cpu_level",
    "threads",
    "pool",
    "streams",
    "phases",
    "differing",
    "forever",
];

/// What a run is kept as.
#[derive(Debug, Args)]
pub struct KeepArguments {
    /// What the run is called in its file
    #[arg(long, value_name = "TEXT", requires = "save", value_parser = label)]
    pub name: Option<String>,

    /// A word to find the run by; may be repeated
    #[arg(long = "tag", value_name = "WORD", requires = "save", value_parser = label)]
    pub tags: Vec<String>,

    /// Write a report to FILE: one page of HTML with the plots in it
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Write a trace for Perfetto and Chrome to FILE: frames, stages, drops, disturbances
    #[arg(long, value_name = "FILE")]
    pub chrome_trace: Option<PathBuf>,

    /// Write HdrHistogram's percentiles of the response time (a name that ends in .hgrm), or its log of all three times
    /// (any other), to FILE
    #[arg(long, value_name = "FILE")]
    pub histogram: Option<PathBuf>,

    /// Run again what a run file holds: its source and all of its settings
    #[arg(long, value_name = "FILE", conflicts_with_all = DECIDED_BY_THE_FILE)]
    pub repeat: Option<PathBuf>,
}

impl KeepArguments {
    /// What is written of each stream when it is over, beside its run file, and where to.
    pub(super) fn exports(&self) -> impl Iterator<Item = (&Path, &'static dyn Exporter)> {
        let all: [(_, &'static dyn Exporter); 3] = [
            (&self.report, &ReportExporter),
            (&self.chrome_trace, &ChromeTraceExporter),
            (&self.histogram, self.histogram_exporter()),
        ];
        all.into_iter()
            .filter_map(|(target, exporter)| Some((target.as_deref()?, exporter)))
    }

    /// What the name of the histogram file asks for.
    fn histogram_exporter(&self) -> &'static dyn Exporter {
        let ending = self.histogram.as_deref().and_then(Path::extension);
        if ending.is_some_and(|ending| ending == "hgrm") {
            &HgrmExporter
        } else {
            &HlogExporter
        }
    }
}

/// Options of `runs`.
#[derive(Debug, Args)]
pub struct RunsArguments {
    /// A folder with run files, or one run file
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    pub path: PathBuf,

    /// Call the run of this file so; an empty name takes it away
    #[arg(long, value_name = "TEXT", value_parser = label)]
    pub name: Option<String>,

    /// Add a word to find the run by; may be repeated
    #[arg(long = "tag", value_name = "WORD", value_parser = label)]
    pub tags: Vec<String>,

    /// Take a word away; may be repeated
    #[arg(long, value_name = "WORD")]
    pub untag: Vec<String>,

    /// Only runs with this tag
    #[arg(long, value_name = "WORD")]
    pub tagged: Option<String>,

    /// Write the list as JSON to FILE; `-` prints it, and nothing else, on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// A name or a tag as it may be: short, on one line.
fn label(text: &str) -> Result<String, String> {
    if text.chars().count() > MAX_LABEL || text.chars().any(char::is_control) {
        return Err(format!("give at most {MAX_LABEL} letters on one line"));
    }
    Ok(text.trim().to_owned())
}

fn could_not_run(message: String) -> Failure {
    Failure(CommandError {
        message,
        exit: Exit::CouldNotRun,
    })
}

/// The source and the plan of a run that is made again.
pub(super) fn repeated(
    file: &Path,
    arguments: &RunArguments,
) -> Result<(Box<dyn FrameSource>, Plan), Failure> {
    let refused = |reason: &str| {
        could_not_run(format!(
            "{}: cannot be run again: {reason}. Give its settings as options",
            file.display()
        ))
    };
    let recording = open_recording(file)?;
    let plan = recording
        .plan_json
        .as_ref()
        .ok_or_else(|| refused("it holds times and no settings"))?;
    let stored = StoredPlan::new(plan).map_err(|reason| refused(&reason))?;
    arguments.refuse_source(stored.source().as_ref())?;
    let mut source = source::open(stored.source())?;
    if source.as_live().is_some() {
        live::prepare(arguments, source.as_mut())?;
    }
    let plan = stored
        .plan(source.info().clone(), &recording.records)
        .map_err(|reason| refused(&reason))?;
    if plan.cpu_level.name() != recording.plan_json.as_ref().map_or("", cpu_level) {
        output::remark(&format!(
            "The vector instructions of that run are not here; run with {}.",
            plan.cpu_level.name()
        ));
    }
    Ok((source, plan))
}

fn cpu_level(plan: &serde_json::Value) -> &str {
    plan["cpu_level"].as_str().unwrap_or_default()
}

pub(super) fn runs(arguments: &RunsArguments) -> Result<Exit, Failure> {
    let path = &arguments.path;
    let relabel = Relabel {
        name: arguments.name.clone(),
        tags: arguments.tags.clone(),
        untag: arguments.untag.clone(),
    };
    let is_folder = path.is_dir();
    if relabel != Relabel::default() {
        if is_folder {
            let message = "--name, --tag, --untag: name one run file, not a folder";
            return Err(Failure(CommandError::usage(message)));
        }
        relabel_run(path, &relabel).map_err(|error| could_not_run(error.to_string()))?;
    }
    let mut found = if is_folder {
        list_runs(path).map_err(|error| {
            could_not_run(format!(
                "{}: could not be read: {error}. Name a folder that you may read",
                path.display()
            ))
        })?
    } else {
        vec![describe_run(path)?]
    };
    if let Some(tag) = &arguments.tagged {
        found.retain(|run| run.tags.contains(tag));
    }
    if let Some(target) = &arguments.json {
        let document = Document {
            schema: "framescope.runs/1",
            runs: &found,
        };
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &document)?;
            writeln!(out)
        })?;
    }
    if arguments.json.as_deref() != Some(Path::new("-")) {
        output::print(&text(&found, path))?;
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    runs: &'a [RunEntry],
}

fn text(runs: &[RunEntry], path: &Path) -> String {
    if runs.is_empty() {
        return format!(
            "{}: holds no run file. `framescope run --save FILE` makes one",
            path.display()
        );
    }
    let mut text = String::new();
    for run in runs {
        let file = run.file.file_name().unwrap_or(run.file.as_os_str());
        let (file, frames) = (file.to_string_lossy(), run.frames);
        // Writing to a string cannot fail.
        let _ = write!(text, "{file}");
        if let Some(name) = &run.name {
            let _ = write!(text, "  “{name}”");
        }
        for tag in &run.tags {
            let _ = write!(text, "  #{tag}");
        }
        let date = run.started_unix_ms.map_or("no date".to_owned(), date_utc);
        let _ = writeln!(
            text,
            "\n  {date} · {} · {} · {}\n  {} arrived · {} on time · {} tolerated · {} late · {} skipped{}",
            run.source,
            run.preset,
            run.policy,
            frames.arrived(),
            frames.on_time,
            frames.tolerated,
            frames.late,
            frames.skipped,
            if run.is_complete { "" } else { " · cut short" },
        );
    }
    text.truncate(text.trim_end().len());
    text
}

/// `2026-11-24 21:31:45 UTC`, by Howard Hinnant's rule for civil days.
fn date_utc(unix_ms: u64) -> String {
    let seconds = unix_ms / 1000;
    let (days, second) = ((seconds / 86_400) as i64, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!(
        "{year}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC",
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_795_555_905, "2026-11-24 21:31:45 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(date_utc(seconds * 1000), date);
        }
    }
}
