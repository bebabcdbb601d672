//! The headless commands. They print results on stdout, progress on stderr, and say how they ended by exit code.

mod args;
mod attribution;
mod bench;
mod compare;
mod decode_speed;
mod diagram;
mod execution;
mod export;
mod formats;
mod keep;
mod live;
mod output;
mod play;
mod presets;
mod probe;
mod progress;
mod readiness;
mod replay;
mod run;
mod saved;
mod service;
mod streams;
mod summary;
mod sweep;
mod targets;
mod tensor;

use std::process::ExitCode;

pub use args::{Arguments, Command, EnvironmentArguments};

use crate::source::{Ffmpeg, limits};

/// How a command ended, by what it means to a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, and all gates were met.
    Done = 0,
    /// Done, but a gate failed.
    GateFailed = 1,
    /// Could not run: source, recipe, output file, device, display.
    CouldNotRun = 2,
    /// The typed text itself is wrong: an unknown option, preset or policy, a number out of its range.
    Usage = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not run: one message, ready to be printed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CommandError {
    message: String,
    /// The exit code that says it.
    pub exit: Exit,
}

impl CommandError {
    fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            exit: Exit::Usage,
        }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(CommandError {
            message: error.to_string(),
            exit: Exit::CouldNotRun,
        })
    }
}

/// Carries a [`CommandError`] through `?` from any room's error.
struct Failure(CommandError);

/// Puts in force what holds for every command and for the window: the limits, and which FFmpeg.
///
/// # Errors
/// If a limit is not one or out of its bounds, or there is no such FFmpeg.
pub fn prepare(arguments: &EnvironmentArguments) -> Result<(), CommandError> {
    for limit in &arguments.limit {
        limits::set(limit).map_err(|reason| CommandError::usage(format!("--limit {reason}")))?;
    }
    if let Some(place) = &arguments.ffmpeg {
        Ffmpeg::choose(Some(place)).map_err(|reason| CommandError {
            message: format!("--ffmpeg: {reason}. Name the folder that holds ffmpeg and ffprobe"),
            exit: Exit::CouldNotRun,
        })?;
    }
    Ok(())
}

/// Runs a headless command.
///
/// # Errors
/// If it could not run; the error's [`CommandError::exit`] is the exit code.
pub fn execute(command: Command) -> Result<Exit, CommandError> {
    let outcome = match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Replay(arguments) => replay::replay(&arguments),
        Command::Readiness(arguments) => readiness::readiness(&arguments),
        Command::Runs(arguments) => keep::runs(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Attribution(arguments) => attribution::attribution(&arguments),
        Command::Tensor(arguments) => tensor::tensor(&arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::Probe(arguments) => probe::probe(&arguments),
        Command::Formats(arguments) => formats::formats(&arguments),
        Command::Presets(arguments) => presets::presets(&arguments),
        Command::Diagram(arguments) => diagram::diagram(&arguments),
        Command::Sweep(arguments) => sweep::sweep(&arguments),
        Command::Bench(arguments) => bench::bench(&arguments),
    };
    outcome.map_err(|failure| failure.0)
}
