//! Arguments → window or headless command. Prints errors in one place and picks the exit code.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use framescope::app::SettingsPlace;
use framescope::cli::{self, Arguments, Exit};
use framescope::engine::{PanicReport, install_panic_hook};
use framescope::measure::CountingAllocator;
use framescope::ui;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> ExitCode {
    install_panic_hook();
    std::panic::catch_unwind(run).unwrap_or_else(|_| {
        tell(&PanicReport::take().to_string());
        Exit::CouldNotRun.into()
    })
}

fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; they go to stdout.
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            let _ = error.print();
            return exit.into();
        }
    };
    if let Err(error) = cli::prepare(&arguments.environment) {
        tell(&error.to_string());
        return error.exit.into();
    }
    let outcome = match arguments.command {
        Some(command) => cli::execute(command).map_err(|error| (error.to_string(), error.exit)),
        None => open_lab(&arguments.source.to_string_lossy()),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err((message, exit)) => {
            tell(&message);
            exit.into()
        }
    }
}

/// Opens the window, with what it remembers.
fn open_lab(source: &str) -> Result<Exit, (String, Exit)> {
    ui::open_window(source, SettingsPlace::from_environment())
        .map(|()| Exit::Done)
        .map_err(|error| (error.to_string(), Exit::CouldNotRun))
}

/// Prints one message on stderr; if nobody listens, it is lost.
fn tell(message: &str) {
    let _ = writeln!(std::io::stderr(), "framescope: {message}");
}
