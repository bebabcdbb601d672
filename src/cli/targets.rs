//! Where the results of `framescope run` go: some are of all streams together, the others have a file for each stream.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::args::RunArguments;
use super::{CommandError, Failure, output};

impl RunArguments {
    /// Files that hold all streams.
    fn shared_targets(&self) -> impl Iterator<Item = &Path> {
        let service = &self.service;
        [
            &self.json,
            &self.csv,
            &service.metrics_rules,
            &service.metrics_dashboard,
        ]
        .into_iter()
        .filter_map(Option::as_deref)
    }

    /// Files that hold one stream, by their options.
    fn targets_of_each(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let keep = &self.keep;
        [
            ("--save", &self.save),
            ("--report", &keep.report),
            ("--chrome-trace", &keep.chrome_trace),
            ("--histogram", &keep.histogram),
        ]
        .into_iter()
        .filter_map(|(option, target)| Some((option, target.as_deref()?)))
    }

    /// Whether anything is to be written.
    pub(super) fn writes_files(&self) -> bool {
        self.shared_targets().next().is_some() || self.targets_of_each().next().is_some()
    }

    /// Whether a result is to go to stdout, and so nothing else.
    pub(super) fn prints_a_result(&self) -> bool {
        let of_each = self.targets_of_each().map(|(_, target)| target);
        self.shared_targets()
            .chain(of_each)
            .any(|target| target == Path::new("-"))
    }

    /// Every file that is written before or in the end.
    fn files(&self) -> impl Iterator<Item = PathBuf> {
        let count = self.streams.count();
        let of_each = self.targets_of_each().flat_map(move |(_, target)| {
            (0..count).map(move |number| file_of(target, number, count))
        });
        self.shared_targets().map(Path::to_owned).chain(of_each)
    }

    /// Finds out before a run whether its results can be written in the end.
    pub(super) fn check_targets(&self) -> Result<(), Failure> {
        let printed = |(_, target): &(_, &Path)| *target == Path::new("-");
        if self.streams.count() > 1
            && let Some((option, _)) = self.targets_of_each().find(printed)
        {
            return Err(Failure(CommandError::usage(format!(
                "{option} -: every stream has a file of its own. Name a file: its name gets the number of the stream"
            ))));
        }
        self.files()
            .try_for_each(|target| output::check_writable(&target))
    }

    /// Refuses results that would go over a source.
    pub(super) fn refuse_source(&self, source: &OsStr) -> Result<(), Failure> {
        self.files()
            .try_for_each(|target| output::refuse_source(&target, source))
    }
}

/// The file of one of `count` streams: `run.json` → `run-stream-3.json`. If there is but one, it is the file itself.
pub(super) fn file_of(target: &Path, number: u32, count: u32) -> PathBuf {
    if count == 1 {
        return target.to_owned();
    }
    let mut name = target.file_stem().unwrap_or_default().to_os_string();
    name.push(format!("-stream-{number}"));
    if let Some(ending) = target.extension() {
        name.push(".");
        name.push(ending);
    }
    target.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stream_has_files_of_its_own() {
        for (target, expected) in [
            ("run.jsonl", "run-stream-3.jsonl"),
            ("folder/a.b.json", "folder/a.b-stream-3.json"),
            ("run", "run-stream-3"),
        ] {
            assert_eq!(file_of(Path::new(target), 3, 4), Path::new(expected));
            assert_eq!(file_of(Path::new(target), 0, 1), Path::new(target));
        }
    }
}
