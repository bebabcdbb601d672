//! The run files of `framescope run --save`, one for each stream.
//!
//! Each grows while its stream runs, so that a crash loses its last second at most. What cannot grow, stdout and devices,
//! is written in the end, and so is a file that failed on its way: by then there may be room for it.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::args::RunArguments;
use super::targets::file_of;
use super::{Failure, output};
use crate::engine::Member;
use crate::measure::FrameRecord;
use crate::session::{HeaderParts, Host, MAX_TAGS, Plan, Run, RunLabels, RunWriter, Summary};

/// The run files of all streams, by their numbers; none where nothing is saved.
#[derive(Default)]
pub(super) struct SavedRuns {
    files: Vec<SavedRun>,
}

struct SavedRun {
    target: PathBuf,
    labels: RunLabels,
    growing: Option<RunWriter>,
    /// Nothing more is added to a file that failed; what it has stays until a whole one is there.
    has_failed: bool,
    fault: Option<String>,
}

/// What the run files of a stream are told apart by: what was typed, and when it began.
pub(super) fn labels(arguments: &RunArguments, stream: Option<u32>) -> RunLabels {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    RunLabels {
        stream,
        name: arguments.keep.name.clone(),
        tags: arguments.keep.tags.iter().take(MAX_TAGS).cloned().collect(),
        started_unix_ms: since.map(|since| since.as_millis() as u64),
    }
}

impl SavedRuns {
    /// Begins the run file of the next stream, which is about to run.
    pub(super) fn begin(
        &mut self,
        arguments: &RunArguments,
        target: &Path,
        (member, plan): (&Member, &Plan),
    ) -> Result<(), Failure> {
        let (number, count) = (member.number(), arguments.streams.count());
        let target = file_of(target, number, count);
        let labels = labels(arguments, (count > 1).then_some(number));
        let header = HeaderParts {
            labels: &labels,
            plan,
            host: &Host::here(),
            stages: member.stages(),
        };
        let growing = RunWriter::can_grow(&target)
            .then(|| RunWriter::create(&target, &header))
            .transpose()?;
        self.files.push(SavedRun {
            target,
            labels,
            growing,
            has_failed: false,
            fault: None,
        });
        Ok(())
    }

    /// Adds a frame to the file of its stream.
    pub(super) fn hear(&mut self, number: u32, record: &FrameRecord) {
        if let Some(file) = self.files.get_mut(number as usize) {
            file.append(std::slice::from_ref(record));
        }
    }

    /// Lets the files grow. What went wrong since the last time, by the number of the stream.
    pub(super) fn look(&mut self) -> impl Iterator<Item = (u32, String)> {
        let look = |(number, file): (u32, &mut SavedRun)| {
            file.append(&[]);
            file.fault.take().map(|fault| (number, fault))
        };
        (0..).zip(&mut self.files).filter_map(look)
    }

    /// Puts the file of a stream in its place, whole; nothing if nothing is saved, or there was no frame.
    pub(super) fn finish(
        &mut self,
        number: u32,
        run: &Run,
        numbers: &Summary,
    ) -> Result<(), Failure> {
        match self.files.get_mut(number as usize) {
            Some(file) if !run.records.is_empty() => file.finish(run, numbers),
            _ => Ok(()),
        }
    }
}

impl SavedRun {
    fn append(&mut self, records: &[FrameRecord]) {
        if let Some(growing) = self.growing.as_mut().filter(|_| !self.has_failed)
            && let Err(error) = growing.append(records)
        {
            self.has_failed = true;
            self.fault = Some(format!(
                "{error}. The run goes on, and its file is written in the end"
            ));
        }
    }

    fn finish(&mut self, run: &Run, numbers: &Summary) -> Result<(), Failure> {
        match self.growing.take() {
            Some(growing) if !self.has_failed => Ok(growing.finish(numbers)?),
            growing => {
                output::write_result(&self.target, |out| run.write_run_file(&self.labels, out))?;
                if let Some(failed) = growing {
                    failed.discard();
                }
                Ok(())
            }
        }
    }
}
