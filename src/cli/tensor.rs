//! `framescope tensor`: the model input of one frame, as a NumPy file.

use std::io::{Read, Write};
use std::path::Path;

use npyz::WriterBuilder;
use serde::Serialize;

use super::args::TensorArguments;
use super::run::{chosen_recipe, tell_staged};
use super::{CommandError, Exit, Failure, output};
use crate::frame::{Frame, Size, Tensor};
use crate::measure::SystemClock;
use crate::pipeline::{self, Execution, Recipe};
use crate::source::{self, FrameSource, Next};

/// The largest recipe file that is read, in bytes; a recipe is a few hundred.
const MAX_RECIPE_BYTES: u64 = 1 << 20;

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
    let Some((size, planes)) = pipeline.tensor() else {
        return Err(Failure(CommandError::usage("the recipe makes no tensor")));
    };
    output::write_result(&arguments.output, |out| write_npy(size, planes, out))?;
    let tensor = Tensor::from_planes(size, planes.to_vec());
    tell(
        arguments,
        source.info().name.as_str(),
        &recipe,
        size,
        &tensor,
    )
}

/// Reads a recipe file.
pub(super) fn read_recipe(path: &Path) -> Result<Recipe, Failure> {
    let fail = |reason: String| {
        Failure(CommandError {
            message: format!("{}: {reason}", path.display()),
            exit: Exit::CouldNotRun,
        })
    };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| {
        fail(format!(
            "the recipe could not be opened: {error}. Check the path"
        ))
    })?;
    file.take(MAX_RECIPE_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| {
            fail(format!(
                "is no recipe: {error}. See docs/formats.md for an example"
            ))
        })?;
    if text.len() as u64 > MAX_RECIPE_BYTES {
        return Err(fail(
            "is larger than a recipe can be (1 MiB). See docs/formats.md for an example".into(),
        ));
    }
    Recipe::from_json(&text).map_err(|error| fail(error.to_string()))
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

fn write_npy(size: Size, planes: &[f32], out: &mut dyn Write) -> std::io::Result<()> {
    let shape = [1, 3, u64::from(size.height_px), u64::from(size.width_px)];
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&shape)
        .writer(out)
        .begin_nd()?;
    writer.extend(planes.iter().copied())?;
    writer.finish()
}

fn tell(
    arguments: &TensorArguments,
    source: &str,
    recipe: &Recipe,
    size: Size,
    tensor: &Tensor,
) -> Result<Exit, Failure> {
    let extreme =
        |pick: fn(f32, f32) -> f32| tensor.data().iter().copied().reduce(pick).unwrap_or(0.0);
    let mean = |channel: usize| {
        tensor
            .channel(channel)
            .iter()
            .map(|&value| f64::from(value))
            .sum::<f64>()
            / size.area() as f64
    };
    let written = Written {
        schema: "framescope.tensor/1",
        source,
        frame: arguments.frame,
        recipe,
        execution: arguments.execution.execution.into(),
        file: arguments.output.display().to_string(),
        shape: [1, 3, size.height(), size.width()],
        dtype: "float32",
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
            "{}: float32 (1, 3, {}, {}), {:.4} to {:.4}, channel means {:.4} {:.4} {:.4}",
            written.file,
            size.height_px,
            size.width_px,
            written.min,
            written.max,
            written.mean[0],
            written.mean[1],
            written.mean[2],
        ))?;
    }
    Ok(Exit::Done)
}
