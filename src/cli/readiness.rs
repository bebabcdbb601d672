//! `framescope readiness`: the checklist for production, from a recorded run.

use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::{CommandError, Exit, Failure, output};
use crate::experiment::{Beside, Readiness};
use crate::session::open_recording;

/// The largest file beside the run that is read.
const MAX_BYTES: u64 = 16 << 20;

/// Options of `readiness`.
#[derive(Debug, Args)]
pub struct ReadinessArguments {
    /// A run file
    #[arg(value_name = "RUN")]
    pub file: PathBuf,

    /// The alert rules of your Prometheus
    #[arg(long, value_name = "FILE")]
    pub alert_rules: Option<PathBuf>,

    /// The capacity of this machine: a sweep's JSON
    #[arg(long, value_name = "FILE")]
    pub sweep: Option<PathBuf>,

    /// Write the checklist as Markdown to FILE; `-` prints it, and nothing else, on stdout
    #[arg(long, value_name = "FILE|-")]
    pub markdown: Option<PathBuf>,

    /// Write the checklist as JSON to FILE; `-` prints it, and nothing else, on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

fn could_not_run(message: String) -> Failure {
    Failure(CommandError {
        message,
        exit: Exit::CouldNotRun,
    })
}

pub(super) fn readiness(arguments: &ReadinessArguments) -> Result<Exit, Failure> {
    let targets = [&arguments.markdown, &arguments.json];
    for target in targets.into_iter().flatten() {
        output::refuse_source(target, arguments.file.as_os_str())?;
        output::check_writable(target)?;
    }
    let recording = open_recording(&arguments.file)?;
    if let Some(remark) = &recording.remark {
        output::remark(&format!("{}: {remark}.", arguments.file.display()));
    }
    let rules = arguments.alert_rules.as_deref().map(text_of).transpose()?;
    let sweep = arguments.sweep.as_deref().map(sweep_of).transpose()?;
    let beside = Beside {
        alert_rules: rules.as_deref(),
        sweep: sweep.as_ref(),
    };
    let found = Readiness::new(&recording, beside).ok_or_else(|| {
        could_not_run(format!(
            "{}: holds times and nothing else. Name a run file (`framescope run --save FILE`)",
            arguments.file.display()
        ))
    })?;
    if let Some(target) = &arguments.markdown {
        output::write_result(target, |out| out.write_all(found.markdown().as_bytes()))?;
    }
    if let Some(target) = &arguments.json {
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &found)?;
            writeln!(out)
        })?;
    }
    let prints_a_result = targets
        .into_iter()
        .flatten()
        .any(|target| target == Path::new("-"));
    if !prints_a_result {
        output::print(&text(&found))?;
    }
    Ok(Exit::Done)
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let read = || {
        let mut text = String::new();
        let file = std::fs::File::open(path)?;
        file.take(MAX_BYTES).read_to_string(&mut text)?;
        std::io::Result::Ok(text)
    };
    read().map_err(|error| {
        could_not_run(format!(
            "{}: could not be read: {error}. Name a text file",
            path.display()
        ))
    })
}

fn sweep_of(path: &Path) -> Result<Value, Failure> {
    let sweep: Option<Value> = serde_json::from_str(&text_of(path)?).ok();
    sweep
        .filter(|sweep| {
            let schema = sweep["schema"].as_str();
            schema.is_some_and(|schema| schema.starts_with("framescope.sweep/"))
        })
        .ok_or_else(|| {
            could_not_run(format!(
                "{}: is no sweep. Name the JSON of one (framescope.sweep/1)",
                path.display()
            ))
        })
}

fn text(found: &Readiness) -> String {
    let mut text = format!("{}\n", found.source);
    for item in &found.items {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "\n{:<9} {}\n          {}",
            item.light.words(),
            item.title,
            item.evidence
        );
        if let Some(missing) = &item.missing {
            let _ = writeln!(text, "          {missing}");
        }
    }
    text.truncate(text.trim_end().len());
    text
}
