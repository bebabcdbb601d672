//! Run files of a run without an end: one after the other, each up to a size, the oldest removed.
//!
//! Every file begins with the head of a run file, so that `replay` reads it by itself; the summary that closes one is
//! missing, as in a file that was cut off. What cannot be written (a full disk) is counted, and tried again with a new
//! file after a while: the streams know nothing of it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::run_file::{HeaderParts, write_header, write_row};
use crate::measure::FrameRecord;

/// Frames that are passed over after a failure before a new file is tried: ten seconds at 30 frames per second.
const FRAMES_UNTIL_ANOTHER_TRY: u64 = 300;

/// How large files may grow, and how many are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// A file that has reached this size is closed, in bytes.
    pub max_bytes: u64,
    /// Files that are kept, with the one that is written.
    pub keep: u32,
}

/// Opens the file that is written next.
type Opener = Box<dyn FnMut(&Path) -> std::io::Result<Box<dyn Write>>>;

/// The run files of one stream.
pub struct RotatingRunFile {
    base: PathBuf,
    rotation: Rotation,
    head: Vec<u8>,
    stage_count: usize,
    open: Opener,
    file: Option<Box<dyn Write>>,
    written: u64,
    next_number: u64,
    kept: VecDeque<PathBuf>,
    line: Vec<u8>,
    unsaved: u64,
    passes: u64,
    fault: Option<String>,
}

impl std::fmt::Debug for RotatingRunFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RotatingRunFile")
            .field("base", &self.base)
            .field("files", &self.next_number)
            .field("unsaved", &self.unsaved)
            .finish_non_exhaustive()
    }
}

impl RotatingRunFile {
    /// Run files beside `base`: `run.jsonl` → `run-stream-0-000001.jsonl`.
    ///
    /// # Errors
    /// If the plan cannot be written as JSON.
    pub fn new(
        base: &Path,
        stream: u32,
        header: &HeaderParts<'_>,
        rotation: Rotation,
    ) -> std::io::Result<Self> {
        let mut head = Vec::new();
        write_header(header, &mut head)?;
        Ok(Self {
            base: with_suffix(base, &format!("-stream-{stream}")),
            rotation,
            head,
            stage_count: header.stages.len(),
            open: Box::new(|path| Ok(Box::new(BufWriter::new(File::create(path)?)))),
            file: None,
            written: 0,
            next_number: 1,
            kept: VecDeque::new(),
            line: Vec::new(),
            unsaved: 0,
            passes: 0,
            fault: None,
        })
    }

    /// The same with another way of opening files, for tests of what cannot be written.
    #[must_use]
    pub fn opening_with(
        self,
        open: impl FnMut(&Path) -> std::io::Result<Box<dyn Write>> + 'static,
    ) -> Self {
        Self {
            open: Box::new(open),
            ..self
        }
    }

    /// Appends a frame. A frame that cannot be written is counted.
    pub fn add(&mut self, record: &FrameRecord) {
        if self.passes > 0 {
            self.passes -= 1;
            self.unsaved += 1;
            return;
        }
        if let Err(error) = self.write(record) {
            self.file = None;
            self.unsaved += 1;
            self.passes = FRAMES_UNTIL_ANOTHER_TRY;
            self.fault = Some(format!(
                "{}: could not be written: {error}. The run goes on; free some space. Another file is tried in a while",
                self.path(self.next_number.saturating_sub(1).max(1))
                    .display()
            ));
        }
    }

    fn write(&mut self, record: &FrameRecord) -> std::io::Result<()> {
        self.line.clear();
        write_row(record, self.stage_count, &mut self.line)?;
        if self.file.is_none() || self.written >= self.rotation.max_bytes {
            self.begin_another()?;
        }
        if let Some(file) = &mut self.file {
            file.write_all(&self.line)?;
            self.written += self.line.len() as u64;
        }
        Ok(())
    }

    fn begin_another(&mut self) -> std::io::Result<()> {
        if let Some(mut file) = self.file.take() {
            file.flush()?;
        }
        while self.kept.len() >= self.rotation.keep.max(1) as usize {
            if let Some(oldest) = self.kept.pop_front() {
                // One that is gone already need not be removed.
                let _ = std::fs::remove_file(oldest);
            }
        }
        let path = self.path(self.next_number);
        self.next_number += 1;
        let mut file = (self.open)(&path)?;
        self.kept.push_back(path);
        file.write_all(&self.head)?;
        self.written = self.head.len() as u64;
        self.file = Some(file);
        Ok(())
    }

    fn path(&self, number: u64) -> PathBuf {
        with_suffix(&self.base, &format!("-{number:06}"))
    }

    /// Brings what was added to the disk.
    pub fn flush(&mut self) {
        if let Some(file) = &mut self.file
            && let Err(error) = file.flush()
        {
            self.fault = Some(format!(
                "{}: could not be written: {error}",
                self.base.display()
            ));
            self.file = None;
        }
    }

    /// What went wrong since the last time.
    pub const fn take_fault(&mut self) -> Option<String> {
        self.fault.take()
    }

    /// Frames that could not be written.
    pub const fn unsaved(&self) -> u64 {
        self.unsaved
    }

    /// The files that are there now, oldest first.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.kept.iter().map(PathBuf::as_path)
    }
}

/// The same file with something behind the stem of its name.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.file_stem().unwrap_or_default().to_owned();
    name.push(suffix);
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}
