//! Every frame since counting began, compactly: what the timeline shows of hours.
//!
//! *What is kept how long.* Of the last [`RunHistory::FRAMES_KEPT`] frames: response and service to the nanosecond (the
//! start delay is their difference), whether they were skipped, the cause they were dropped for when they were judged,
//! and the disturbances: 24 bytes, and 16 for the summaries. Of the last [`RunHistory::STAGES_KEPT`] the times of all
//! stages: 36 bytes, and 12 for the summaries. Verdicts are not kept: they follow from the response and the deadline in
//! force, also for a summary, whose worst verdict is that of its largest response.

use std::ops::RangeInclusive;

use super::pyramid::{BLOCK, Cell, Leaf, Pyramid, Step};
use crate::app::FrameBar;
use crate::measure::{Disturbed, FrameRecord, MAX_STAGES, Verdict, ms_from_nanos};

/// The lists of stages that are remembered: of so many eras.
const LAYOUTS_KEPT: usize = 64;

/// The response times up to which a frame is on time and tolerated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Budget, in nanoseconds.
    pub budget_nanos: u64,
    /// Budget and tolerance, in nanoseconds.
    pub limit_nanos: u64,
}

impl Limits {
    /// The verdict on a processed frame.
    pub const fn verdict(self, response_nanos: u64) -> Verdict {
        if response_nanos <= self.budget_nanos {
            Verdict::OnTime
        } else if response_nanos <= self.limit_nanos {
            Verdict::Tolerated
        } else {
            Verdict::Late
        }
    }
}

/// What is kept of one frame of the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FrameBrief {
    /// Finish − arrival; 0 for a skipped frame.
    pub response_nanos: u64,
    /// Finish − start; 0 for a skipped frame.
    pub service_nanos: u64,
    told: Told,
    disturbed: Disturbed,
    /// Place in the list of causes, from 1; 0 is none.
    cause: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    Processed,
    Skipped,
}

impl FrameBrief {
    /// Whether anything is known of the frame: its record may have been lost.
    pub fn is_told(&self) -> bool {
        self.told != Told::Nothing
    }

    /// Whether it was skipped.
    pub fn is_skipped(&self) -> bool {
        self.told == Told::Skipped
    }

    /// Whether it went through the pipeline.
    pub fn is_processed(&self) -> bool {
        self.told == Told::Processed
    }

    /// Its verdict under these limits.
    pub fn verdict(&self, limits: Limits) -> Verdict {
        if self.is_skipped() {
            Verdict::Skipped
        } else {
            limits.verdict(self.response_nanos)
        }
    }
}

impl Leaf for FrameBrief {
    type Cell = Summary;

    fn cell(&self, index: u64) -> Summary {
        match self.told {
            Told::Nothing => Summary::default(),
            Told::Skipped => Summary {
                frames: 1,
                skipped: 1,
                disturbed: self.disturbed,
                ..Summary::default()
            },
            Told::Processed => Summary {
                frames: 1,
                skipped: 0,
                min_response_nanos: self.response_nanos,
                max_response_nanos: self.response_nanos,
                max_service_nanos: self.service_nanos,
                slowest: index as u32,
                disturbed: self.disturbed,
            },
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Summary {
    min_response_nanos: u64,
    max_response_nanos: u64,
    max_service_nanos: u64,
    frames: u32,
    skipped: u32,
    /// The lower half of the number of the slowest frame.
    slowest: u32,
    disturbed: Disturbed,
}

impl Cell for Summary {
    fn join(&mut self, other: &Self) {
        if other.frames > other.skipped {
            if self.frames == self.skipped {
                (self.min_response_nanos, self.max_response_nanos) =
                    (other.min_response_nanos, other.max_response_nanos);
                self.slowest = other.slowest;
            } else {
                self.min_response_nanos = self.min_response_nanos.min(other.min_response_nanos);
                if other.max_response_nanos > self.max_response_nanos {
                    self.max_response_nanos = other.max_response_nanos;
                    self.slowest = other.slowest;
                }
            }
            self.max_service_nanos = self.max_service_nanos.max(other.max_service_nanos);
        }
        self.frames += other.frames;
        self.skipped += other.skipped;
        self.disturbed = self.disturbed.with(other.disturbed);
    }
}

/// Times of all stages in nanoseconds, up to 4.29 s.
#[derive(Clone, Copy, Default)]
struct StageTimes([u32; MAX_STAGES]);

impl Leaf for StageTimes {
    type Cell = Self;

    fn cell(&self, _index: u64) -> Self {
        *self
    }
}

impl Cell for StageTimes {
    fn join(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own = (*own).max(other);
        }
    }
}

/// The frames that share a place on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Column {
    /// Number of the first frame that belongs here, told or not.
    pub first: u64,
    /// Frames that are known; 0 where nothing is.
    pub frames: u32,
    /// Those of them that were skipped.
    pub skipped: u32,
    /// The smallest response time of the processed ones.
    pub min_response_nanos: u64,
    /// The largest.
    pub max_response_nanos: u64,
    /// The largest service time.
    pub max_service_nanos: u64,
    /// The frame with the largest response time; the first that belongs here if none was processed.
    pub slowest: u64,
    /// What disturbed any of them.
    pub disturbed: Disturbed,
}

impl Column {
    /// The worst verdict of its frames; `None` where nothing is known.
    pub fn worst(&self, limits: Limits) -> Option<Verdict> {
        if self.frames == 0 {
            None
        } else if self.skipped > 0 {
            Some(Verdict::Skipped)
        } else {
            Some(limits.verdict(self.max_response_nanos))
        }
    }

    /// Whether any of its frames was processed.
    pub fn is_processed(&self) -> bool {
        self.frames > self.skipped
    }

    /// The verdict on its slowest processed frame.
    pub fn worst_processed(&self, limits: Limits) -> Option<Verdict> {
        self.is_processed()
            .then(|| limits.verdict(self.max_response_nanos))
    }
}

/// Columns of a window of the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// Frames that a column stands for.
    pub frames_each: u64,
    /// One after the other, without gaps.
    pub columns: Vec<Column>,
    /// Summaries that were read for them.
    pub cells_read: u64,
}

/// Every frame since counting began, as far as it is kept.
#[derive(Clone)]
pub struct RunHistory {
    frames: Pyramid<FrameBrief>,
    stages: Pyramid<StageTimes>,
    /// First frame of an era, and the ids of its stages.
    layouts: Vec<(u64, Vec<String>)>,
    era: Option<u32>,
    causes: Vec<String>,
    first: u64,
    end: u64,
    told: u64,
    version: u64,
}

impl Default for RunHistory {
    fn default() -> Self {
        Self {
            frames: Pyramid::new((Self::FRAMES_KEPT / BLOCK) as usize),
            stages: Pyramid::new((Self::STAGES_KEPT / BLOCK) as usize + 1),
            layouts: Vec::new(),
            era: None,
            causes: Vec::new(),
            first: 0,
            end: 0,
            told: 0,
            version: 0,
        }
    }
}

impl std::fmt::Debug for RunHistory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunHistory")
            .field("first", &self.first)
            .field("end", &self.end)
            .field("told", &self.told)
            .finish_non_exhaustive()
    }
}

impl RunHistory {
    /// Frames that are kept at most: 19 hours at 30 frames per second.
    pub const FRAMES_KEPT: u64 = 1 << 21;

    /// Frames whose stage times are kept at least: 36 minutes at 30 frames per second.
    pub const STAGES_KEPT: u64 = 1 << 16;

    /// Takes a frame in; `cause` is what it was dropped for, if it was.
    pub fn push(&mut self, record: &FrameRecord, stage_ids: &[String], cause: Option<&str>) {
        let is_processed = record.is_processed();
        let brief = FrameBrief {
            response_nanos: record.response_nanos(),
            service_nanos: record.service_nanos(),
            told: if is_processed {
                Told::Processed
            } else {
                Told::Skipped
            },
            disturbed: record.disturbed,
            cause: cause.map_or(0, |cause| self.cause_number(cause)),
        };
        let was_told = self
            .frames
            .get(record.index)
            .is_some_and(FrameBrief::is_told);
        if !self.frames.set(record.index, brief) {
            return;
        }
        if self.told == 0 {
            self.first = record.index;
        }
        self.told += u64::from(!was_told);
        self.first = self.first.min(record.index).max(self.frames.room().start);
        self.end = self.end.max(record.index + 1);
        self.version += 1;
        if is_processed {
            let mut times = StageTimes::default();
            for (kept, nanos) in times.0.iter_mut().zip(record.stages()) {
                *kept = u32::try_from(*nanos).unwrap_or(u32::MAX);
            }
            self.stages.set(record.index, times);
            let is_new = self.era != Some(record.era);
            if is_new && record.stages().len() == stage_ids.len() {
                self.era = Some(record.era);
                self.layouts.push((record.index, stage_ids.to_vec()));
                let surplus = self.layouts.len().saturating_sub(LAYOUTS_KEPT);
                self.layouts.drain(..surplus);
            }
        }
    }

    fn cause_number(&mut self, cause: &str) -> u8 {
        let known = self.causes.iter().position(|known| known == cause);
        let place = known.unwrap_or_else(|| {
            self.causes.push(cause.to_owned());
            self.causes.len() - 1
        });
        // There are far fewer words for causes.
        u8::try_from(place + 1).unwrap_or(0)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self {
            version: self.version + 1,
            ..Self::default()
        };
    }

    /// Changes when a frame is taken in.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The first frame that is kept, and the one after the last.
    pub fn extent(&self) -> std::ops::Range<u64> {
        self.first..self.end
    }

    /// Frames that were told of since counting began.
    pub fn told(&self) -> u64 {
        self.told
    }

    /// Whether there is no frame yet.
    pub fn is_empty(&self) -> bool {
        self.told == 0
    }

    /// A frame, if it is known and kept.
    pub fn frame(&self, index: u64) -> Option<&FrameBrief> {
        self.frames.get(index).filter(|brief| brief.is_told())
    }

    /// The known frames of a range, ascending.
    pub fn frames(
        &self,
        range: RangeInclusive<u64>,
    ) -> impl Iterator<Item = (u64, &FrameBrief)> + '_ {
        self.frames
            .leaves(*range.start(), *range.end())
            .filter(|(_, brief)| brief.is_told())
    }

    /// What a frame was dropped for when it was judged.
    pub fn cause(&self, index: u64) -> Option<&str> {
        let number = usize::from(self.frame(index)?.cause);
        self.causes.get(number.checked_sub(1)?).map(String::as_str)
    }

    /// The columns of the frames from `from` to `to`, about so many; each begins at a multiple of its frames, so that it
    /// stays what it is when the window moves on.
    pub fn columns(&self, from: f64, to: f64, count: usize) -> Columns {
        let count = count.max(1) as f64;
        let step = Step::at_least((to - from).max(0.0) / count);
        let each = step.frames();
        let (from, to) = (from.max(self.first as f64), to.min(self.end as f64));
        let mut columns = Columns {
            frames_each: each,
            ..Columns::default()
        };
        if self.is_empty() || from >= to {
            return columns;
        }
        let (first, last) = (from as u64 / each, (to.ceil() as u64 - 1) / each);
        for column in first..=last {
            let first = column * each;
            let cell = self.frames.column(step, column);
            columns.cells_read += step.cells();
            let since = cell.slowest.wrapping_sub(first as u32);
            columns.columns.push(Column {
                first,
                frames: cell.frames,
                skipped: cell.skipped,
                min_response_nanos: cell.min_response_nanos,
                max_response_nanos: cell.max_response_nanos,
                max_service_nanos: cell.max_service_nanos,
                slowest: if cell.frames > cell.skipped {
                    first + u64::from(since)
                } else {
                    first
                },
                disturbed: cell.disturbed,
            });
        }
        columns
    }

    /// The largest time of a stage in each of these columns, in nanoseconds; `None` where it is not known any more, or
    /// where there was no such stage.
    pub fn stage_columns(&self, columns: &Columns, id: &str) -> Vec<Option<u64>> {
        let step = Step::at_least(columns.frames_each as f64);
        let largest = |column: &Column| {
            if !column.is_processed() {
                return None;
            }
            let place = self.stage_place(column.slowest, id)?;
            let cell = self.stages.column(step, column.first / step.frames());
            Some(u64::from(cell.0[place])).filter(|&nanos| nanos > 0)
        };
        columns.columns.iter().map(largest).collect()
    }

    fn layout(&self, index: u64) -> Option<&[String]> {
        let after = self.layouts.partition_point(|(first, _)| *first <= index);
        Some(&self.layouts.get(after.checked_sub(1)?)?.1)
    }

    fn stage_place(&self, index: u64, id: &str) -> Option<usize> {
        self.layout(index)?.iter().position(|known| known == id)
    }

    /// The ids and times of the stages of a frame in milliseconds, in the pipeline's order; empty if they are not kept
    /// any more.
    pub fn stages(&self, index: u64) -> impl Iterator<Item = (&str, f64)> {
        let times = self
            .frame(index)
            .filter(|brief| brief.is_processed())
            .and_then(|_| self.stages.get(index));
        let ids = times.and_then(|_| self.layout(index)).unwrap_or_default();
        let times = times.map(|times| times.0).unwrap_or_default();
        ids.iter()
            .map(String::as_str)
            .zip(times.into_iter().map(|nanos| ms_from_nanos(nanos.into())))
    }

    /// The time of a stage in a frame, in nanoseconds.
    pub fn stage_nanos(&self, index: u64, id: &str) -> Option<u64> {
        let place = self.stage_place(index, id)?;
        let times = self.stages.get(index)?;
        Some(u64::from(times.0[place])).filter(|&nanos| nanos > 0)
    }

    /// A frame as the panels show it.
    pub fn bar(&self, index: u64, limits: Limits) -> Option<FrameBar> {
        let brief = self.frame(index)?;
        Some(FrameBar {
            index,
            verdict: brief.verdict(limits),
            response_ms: ms_from_nanos(brief.response_nanos),
            service_ms: ms_from_nanos(brief.service_nanos),
            start_delay_ms: ms_from_nanos(brief.response_nanos - brief.service_nanos),
            stage_ms: self.stages(index).map(|(_, ms)| ms).collect(),
        })
    }
}
