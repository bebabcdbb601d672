//! `framescope tensor`: the model input of one frame, as a NumPy file.

use std::path::Path;

use serde::Serialize;

use super::args::TensorArguments;
use super::run::{chosen_recipe, tell_staged};
use super::{CommandError, Exit, Failure, output};
use crate::frame::{Frame, TensorView};
use crate::measure::SystemClock;
use crate::pipeline::{self, Execution, Recipe};
use crate::session::{read_recipe as read_recipe_file, write_npy};
use crate::source::{self, FrameSource, Next};

/// What was written.
#[derive(Serialize)]
struct Written<'a> {
    schema: &'static str,
    source: &'a str,
    frame: u64,
    recipe: &'a Recipe,
    execution: Execution,
    file: String,
    shape: [usize; 4],
    dtype: &'static str,
    min: f32,
    max: f32,
    mean: [f64; 3],
}

pub(super) fn tensor(arguments: &TensorArguments) -> Result<Exit, Failure> {
    for target in arguments.json.iter().chain([&arguments.output]) {
        output::refuse_source(target, &arguments.source)?;
        output::check_writable(target)?;
    }
    let (recipe, _, _) = chosen_recipe(&arguments.recipe)?;
    let mut source = source::open_os(&arguments.source)?;
    let options = arguments.execution.options(true)?;
    let mut pipeline = pipeline::compile_with(&recipe, source.info().frame, &options)?;
    tell_staged(&pipeline);
    let frame = frame_at(source.as_mut(), arguments.frame)?;
    pipeline.process(&frame, &SystemClock);
    let Some(tensor) = pipeline.tensor() else {
        return Err(Failure(CommandError::usage("the recipe makes no tensor")));
    };
    output::write_result(&arguments.output, |out| write_npy(tensor, out))?;
    tell(arguments, source.info().name.as_str(), &recipe, tensor)
}

/// Reads a recipe file.
pub(super) fn read_recipe(path: &Path) -> Result<Recipe, Failure> {
    read_recipe_file(path).map_err(|message| {
        Failure(CommandError {
            message,
            exit: Exit::CouldNotRun,
        })
    })
}

fn frame_at(source: &mut dyn FrameSource, index: u64) -> Result<Frame, Failure> {
    let mut frame = Frame::new(source.info().frame);
    source.seek(index)?;
    if source.next_frame(&mut frame)? == Next::End {
        let info = source.info();
        let count = info
            .frame_count
            .map_or_else(String::new, |count| format!("has {count} frames, so "));
        let message = format!(
            "{}: {count}there is no frame {index}. Frames count from 0",
            info.name
        );
        return Err(Failure(CommandError {
            message,
            exit: Exit::CouldNotRun,
        }));
    }
    Ok(frame)
}

fn tell(
    arguments: &TensorArguments,
    source: &str,
    recipe: &Recipe,
    tensor: TensorView<'_>,
) -> Result<Exit, Failure> {
    let values = || (0..tensor.values.len()).map(|index| tensor.values.get(index));
    let extreme = |pick: fn(f32, f32) -> f32| values().reduce(pick).unwrap_or(0.0);
    let mean = |channel: usize| {
        tensor.channel(channel).map(f64::from).sum::<f64>() / tensor.size.area() as f64
    };
    let shape = tensor.layout.shape(tensor.size);
    let written = Written {
        schema: "framescope.tensor/1",
        source,
        frame: arguments.frame,
        recipe,
        execution: arguments.execution.execution.into(),
        file: arguments.output.display().to_string(),
        shape,
        dtype: tensor.values.numpy_name(),
        min: extreme(f32::min),
        max: extreme(f32::max),
        mean: std::array::from_fn(mean),
    };
    if let Some(target) = &arguments.json {
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &written)?;
            writeln!(out)
        })?;
    }
    let prints_result =
        arguments.json.as_deref() == Some("-".as_ref()) || arguments.output == Path::new("-");
    if !prints_result {
        output::print(&format!(
            "{}: {} ({}, {}, {}, {}), {:.4} to {:.4}, channel means {:.4} {:.4} {:.4}",
            written.file,
            written.dtype,
            shape[0],
            shape[1],
            shape[2],
            shape[3],
            written.min,
            written.max,
            written.mean[0],
            written.mean[1],
            written.mean[2],
        ))?;
    }
    Ok(Exit::Done)
}
