//! Where results go: stdout or a file, never over the source.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

use super::{CommandError, Exit, Failure};
use crate::session::write_atomically;

/// Prints a line on stdout. A closed pipe is success: whoever read it has seen enough.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    write_stdout(|out| writeln!(out, "{text}"))
}

/// Prints a remark on stderr; if nobody listens, it is lost.
pub(super) fn remark(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes a result to a file, or to stdout for `-`.
pub(super) fn write_result(
    target: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), Failure> {
    if target == Path::new("-") {
        write_stdout(write)
    } else {
        Ok(write_atomically(target, write)?)
    }
}

/// Refuses a target that is the source, before anything runs.
pub(super) fn refuse_source(target: &Path, source: &OsStr) -> Result<(), Failure> {
    let same = match (target.canonicalize(), Path::new(source).canonicalize()) {
        (Ok(target), Ok(source)) => target == source,
        _ => false,
    };
    if same {
        let message = format!(
            "{}: is the source itself and would be overwritten. Name another file",
            target.display()
        );
        return Err(Failure(CommandError {
            message,
            exit: Exit::CouldNotRun,
        }));
    }
    Ok(())
}

/// Finds out before a long run whether its result can be written in the end.
pub(super) fn check_writable(target: &Path) -> Result<(), Failure> {
    if target == Path::new("-") {
        return Ok(());
    }
    if target.is_dir() {
        let message = format!("{}: is a folder. Name a file in it", target.display());
        return Err(Failure(CommandError {
            message,
            exit: Exit::CouldNotRun,
        }));
    }
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    tempfile::tempfile_in(folder).map(drop).map_err(|error| {
        let message = format!(
            "{}: could not be written: {error}. Name a file in a folder that exists and that you may write to",
            target.display()
        );
        Failure(CommandError { message, exit: Exit::CouldNotRun })
    })
}

fn write_stdout(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Failure> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
