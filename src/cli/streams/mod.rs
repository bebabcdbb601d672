//! `framescope run` with several streams: what is asked for, what is followed, and what is told in the end.

mod args;
mod follow;
mod text;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(super) use args::{Differing, PhasesName, StreamsArguments};
pub(super) use follow::{Records, follow};

use super::args::{RecipeArguments, RunArguments};
use super::run::{judge_gates, tell_short};
use super::{CommandError, Exit, Failure, output};
use crate::session::{StreamRun, StreamsRun};

/// What one of the streams is made of.
pub(super) struct Wish {
    pub(super) source: OsString,
    pub(super) recipe: RecipeArguments,
    pub(super) differing: Differing,
    pub(super) seed: u64,
}

/// The streams that were asked for.
pub(super) fn wishes(arguments: &RunArguments) -> Result<Vec<Wish>, Failure> {
    let streams = &arguments.streams;
    let count = streams.count();
    if count > streams.max_streams {
        return Err(Failure(CommandError::usage(format!(
            "--streams: {count} streams are more than the {} that may run at once. Ask for fewer, or allow more with --max-streams",
            streams.max_streams
        ))));
    }
    let wish = |number: u32| {
        let differing = streams.differing.get(number as usize);
        let differing = differing.cloned().unwrap_or_default();
        let mut recipe = arguments.recipe.clone();
        if let Some(preset) = &differing.preset {
            recipe = RecipeArguments {
                preset: preset.clone(),
                recipe: None,
            };
        }
        if let Some(file) = &differing.recipe {
            recipe.recipe = Some(file.clone());
        }
        Wish {
            source: differing
                .source
                .clone()
                .unwrap_or_else(|| arguments.source.clone()),
            recipe,
            differing,
            // What is random must not be the same in all of them.
            seed: arguments.seed.wrapping_add(number.into()),
        }
    };
    Ok((0..count).map(wish).collect())
}

/// Writes and prints what several streams measured.
pub(super) fn finish(arguments: &RunArguments, run: &StreamsRun) -> Result<Exit, Failure> {
    let numbers = run.summary();
    let mut written = Vec::new();
    if let Some(target) = &arguments.csv {
        written.push(output::write_result(target, |out| run.write_csv(out)));
    }
    if let Some(target) = &arguments.json {
        written.push(output::write_result(target, |out| {
            run.write_json(&numbers, out)
        }));
    }
    if let Some(target) = &arguments.save {
        written.extend(run.streams.iter().map(|stream| {
            output::write_result(&file_of(target, stream.number), |out| {
                run.write_run_file(stream, out)
            })
        }));
    }
    let prints = [&arguments.json, &arguments.csv]
        .iter()
        .any(|target| target.as_deref() == Some("-".as_ref()));
    if !prints {
        output::print(&text::text(run, &numbers))?;
    }
    let mut exit = judge_gates(arguments, &numbers.merged, "all streams together");
    for (stream, numbers) in run.streams.iter().zip(&numbers.each) {
        let name = format!("stream {}", stream.number);
        tell_short(&stream.run, numbers, &format!("{name}: "));
        let of_stream = judge_gates(arguments, numbers, &name);
        if exit == Exit::Done {
            exit = of_stream;
        }
    }
    if run.streams.iter().any(has_failed) {
        exit = Exit::CouldNotRun;
    }
    written.into_iter().collect::<Result<(), _>>()?;
    Ok(exit)
}

/// A stream that died, or never gave a frame.
fn has_failed(stream: &StreamRun) -> bool {
    stream.fault.is_some() || stream.run.records.is_empty()
}

/// The run file of one of several streams: `run.json` → `run-stream-3.json`.
fn file_of(target: &Path, number: u32) -> PathBuf {
    let stem = target.file_stem().unwrap_or_default();
    let mut name = stem.to_os_string();
    name.push(format!("-stream-{number}"));
    if let Some(ending) = target.extension() {
        name.push(".");
        name.push(ending);
    }
    target.with_file_name(name)
}

/// The files that a run writes: `--save` makes one for every stream.
pub(super) fn targets(arguments: &RunArguments) -> Result<Vec<PathBuf>, Failure> {
    let count = arguments.streams.count();
    let mut targets: Vec<PathBuf> = arguments
        .json
        .iter()
        .chain(&arguments.csv)
        .cloned()
        .collect();
    let service = &arguments.service;
    targets.extend(
        service
            .metrics_rules
            .iter()
            .chain(&service.metrics_dashboard)
            .cloned(),
    );
    let Some(target) = &arguments.save else {
        return Ok(targets);
    };
    if count == 1 {
        targets.push(target.clone());
    } else if target == Path::new("-") {
        return Err(Failure(CommandError::usage(
            "--save -: every stream has a run file of its own. Name a file: its name gets the number of the stream",
        )));
    } else {
        targets.extend((0..count).map(|number| file_of(target, number)));
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stream_has_a_run_file_of_its_own() {
        for (target, expected) in [
            ("run.jsonl", "run-stream-3.jsonl"),
            ("folder/a.b.json", "folder/a.b-stream-3.json"),
            ("run", "run-stream-3"),
        ] {
            assert_eq!(file_of(Path::new(target), 3), Path::new(expected));
        }
    }
}
