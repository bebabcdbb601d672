//! A run file that grows while the run goes on, so that a crash loses its last second at most.
//!
//! It grows beside its place, as `FILE.partial`, and is put there when it is whole; whatever stood there stays until then.
//! A name that ends in `.jsonl` or `.json` is written as plain lines, any other packed with gzip, which `zcat` opens. Once a
//! second the packer is made to let go of what it holds, so that a file that was cut short is read up to there.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Summary;
use super::run_file::{self, HeaderParts};
use super::write::WriteError;
use crate::measure::{Clock, FrameRecord, SystemClock};

/// How long records may stay in memory, in nanoseconds.
const FLUSH_NANOS: u64 = 500_000_000;

/// What a file that is not finished has behind its name.
const PARTIAL: &str = ".partial";

/// A run file in the making. Dropped before [`RunWriter::finish`], it leaves its frames as `FILE.partial`, and nothing if it
/// has none.
pub struct RunWriter {
    target: PathBuf,
    out: Out,
    // Behind `out`: a file is closed before it is removed.
    partial: Partial,
    stage_count: usize,
    clock: SystemClock,
    flushed_nanos: u64,
}

/// The file that grows; removed when it is dropped without a frame in it.
struct Partial {
    path: PathBuf,
    has_frames: bool,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.has_frames {
            // What cannot be removed is a file with a header and no frame, which says so itself.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

enum Out {
    Plain(BufWriter<File>),
    Packed(Box<GzEncoder<BufWriter<File>>>),
}

impl Out {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(out) => out,
            Self::Packed(out) => out.as_mut(),
        }
    }

    /// Everything written so far can be read from the file after this.
    fn settle(&mut self) -> std::io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Packed(out) => {
                out.flush()?;
                out.get_mut().flush()
            }
        }
    }

    fn close(self) -> std::io::Result<()> {
        match self {
            Self::Plain(mut out) => out.flush(),
            Self::Packed(out) => out.finish()?.flush(),
        }
    }
}

impl RunWriter {
    /// Whether a file of this name can grow: not stdout, no pipe and no device.
    pub fn can_grow(target: &Path) -> bool {
        target != Path::new("-") && std::fs::metadata(target).map_or(true, |found| found.is_file())
    }

    /// Begins a run file with its header.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(target: &Path, header: &HeaderParts<'_>) -> Result<Self, WriteError> {
        // A link is followed.
        let target = std::fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let path = partial_of(&target);
        let begin = || {
            let file = BufWriter::new(File::create(&path)?);
            let mut out = if is_plain(&target) {
                Out::Plain(file)
            } else {
                Out::Packed(Box::new(GzEncoder::new(file, Compression::fast())))
            };
            run_file::write_header(header, out.writer())?;
            out.settle()?;
            Ok(out)
        };
        let out = begin().map_err(|source| WriteError::new(&path, source))?;
        let clock = SystemClock;
        Ok(Self {
            target,
            out,
            partial: Partial {
                path,
                has_frames: false,
            },
            stage_count: header.stages.len(),
            flushed_nanos: clock.now_nanos(),
            clock,
        })
    }

    /// Adds frames. To be called often, also with none: it is what lets the file grow.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn append(&mut self, records: &[FrameRecord]) -> Result<(), WriteError> {
        let now_nanos = self.clock.now_nanos();
        self.partial.has_frames |= !records.is_empty();
        let mut write = || {
            for record in records {
                run_file::write_row(record, self.stage_count, self.out.writer())?;
            }
            if now_nanos.saturating_sub(self.flushed_nanos) >= FLUSH_NANOS {
                self.out.settle()?;
                self.flushed_nanos = now_nanos;
            }
            Ok(())
        };
        write().map_err(|source| WriteError::new(&self.partial.path, source))
    }

    /// Takes the unfinished file away.
    pub fn discard(mut self) {
        self.partial.has_frames = false;
    }

    /// Writes the summary and puts the file in its place.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn finish(mut self, summary: &Summary) -> Result<(), WriteError> {
        let finish = || {
            run_file::write_footer(summary, self.out.writer())?;
            self.out.close()?;
            std::fs::rename(&self.partial.path, &self.target)
        };
        finish().map_err(|source| WriteError::new(&self.target, source))
    }
}

/// Where a run file grows: `FILE.partial`.
pub(super) fn partial_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(PARTIAL);
    name.into()
}

/// Whether a name asks for plain lines.
fn is_plain(target: &Path) -> bool {
    let ending = target.extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("jsonl" | "json"))
}
