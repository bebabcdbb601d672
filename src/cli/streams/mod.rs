//! `framescope run` with several streams: what is asked for, what is followed, and what is told in the end.

mod args;
mod follow;
mod text;

use std::ffi::OsString;

pub(super) use args::{Differing, PhasesName, StreamsArguments};
pub(super) use follow::{Records, follow};

use super::args::{RecipeArguments, RunArguments};
use super::run::{judge_gates, tell_short};
use super::saved::SavedRuns;
use super::targets::file_of;
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
    Ok((0..count).map(|number| wish(arguments, number)).collect())
}

/// The stream of that number.
pub(super) fn wish(arguments: &RunArguments, number: u32) -> Wish {
    let differing = arguments.streams.differing.get(number as usize);
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
}

/// Writes and prints what several streams measured.
pub(super) fn finish(
    arguments: &RunArguments,
    run: &StreamsRun,
    mut saved: SavedRuns,
) -> Result<Exit, Failure> {
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
    let count = arguments.streams.count();
    for (stream, numbers) in run.streams.iter().zip(&numbers.each) {
        written.push(saved.finish(stream.number, &stream.run, numbers));
        written.extend(arguments.keep.exports().map(|(target, exporter)| {
            let target = file_of(target, stream.number, count);
            output::write_result(&target, |out| exporter.export(&stream.run, out))
        }));
    }
    if !arguments.prints_a_result() {
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
