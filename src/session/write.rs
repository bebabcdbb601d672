//! Files are written whole or not at all.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Why a file could not be written. What stood in its place still does.
#[derive(Debug, thiserror::Error)]
#[error("{}: could not be written: {source}. {}", path.display(), way_out(source))]
pub struct WriteError {
    path: PathBuf,
    source: std::io::Error,
}

impl WriteError {
    pub(super) fn new(path: &Path, source: std::io::Error) -> Self {
        Self {
            path: path.to_owned(),
            source,
        }
    }
}

/// What to do about a failure to write.
fn way_out(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    match error.kind() {
        StorageFull | QuotaExceeded => "Free some space, or name a file on another disk",
        _ => "Name a file in a folder that exists and that you may write to",
    }
}

/// Writes to a temporary file beside `path` and then puts it in place, so that a full disk or a crash leaves the old
/// file as it was. A symbolic link is followed. What is no regular file, a pipe or a device, is written to as it is:
/// put in its place, a file would take `/dev/null` away from the whole machine.
///
/// # Errors
/// If the folder cannot be written to, or the writing fails.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), WriteError> {
    let attempt = || {
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            return fill(&std::fs::OpenOptions::new().write(true).open(path)?, write);
        }
        let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = target
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let file = tempfile::Builder::new()
            .prefix(".framescope-")
            .tempfile_in(folder)?;
        fill(file.as_file(), write)?;
        keep_usual_permissions(file.as_file())?;
        file.persist(&target).map_err(|error| error.error)?;
        Ok(())
    };
    attempt().map_err(|source| WriteError {
        path: path.to_owned(),
        source,
    })
}

fn fill(
    file: &std::fs::File,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.flush()
}

/// Temporary files are private; a result is as readable as any other file (0644).
#[cfg(unix)]
fn keep_usual_permissions(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn keep_usual_permissions(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        write_atomically(&path, |out| out.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |out| {
            out.write_all(b"half of the new")?;
            Err(std::io::Error::other("disk full"))
        });
        assert!(failed.unwrap_err().to_string().contains("run.json"));
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    #[allow(unsafe_code, reason = "a pipe with a name is made by the system alone")]
    fn a_pipe_stays_a_pipe_and_a_link_stays_a_link() {
        use std::io::Read;
        use std::os::unix::fs::FileTypeExt;

        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let reader = std::thread::Builder::new().name("reader".into()).spawn({
            let pipe = pipe.clone();
            move || {
                let mut text = String::new();
                std::fs::File::open(pipe)?.read_to_string(&mut text)?;
                std::io::Result::Ok(text)
            }
        });
        let reader = reader.unwrap();
        write_atomically(&pipe, |out| out.write_all(b"through the pipe")).unwrap();
        assert!(
            std::fs::symlink_metadata(&pipe)
                .unwrap()
                .file_type()
                .is_fifo()
        );
        assert_eq!(reader.join().unwrap().unwrap(), "through the pipe");

        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        std::fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        write_atomically(&link, |out| out.write_all(b"new")).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
    }
}
