//! What the user looks at closely: dropped frames and their pictures, stutter, and what looking itself costs.
//!
//! ```text
//!  drops      rows, evidence bars, the selected frame in detail, its neighbours        rows, evidence_bar, detail, cause
//!  pictures   a frame's picture, from the shelf                                         passed_over, super::shelf
//!  playback   the source in real time, perfect and with the last good picture repeated  pattern, playback
//!  overhead   drawing on beside drawing off; the window's own times                     overhead, window_times
//!  quiet      nothing is drawn while it measures                                        quiet
//! ```
//!
//! The state is here, what moves it is in `lab/watch.rs`.

mod cause;
mod command;
mod detail;
mod evidence_bar;
mod overhead;
mod passed_over;
mod pattern;
mod playback;
mod quiet;
mod rows;
mod view;
mod window_times;

pub use cause::{CauseKind, cause_label};
pub use command::{DropsCommand, Looker, StripChoice, WatchCommand};
pub use detail::{FrameDetail, SpanKind, TimeSpan};
pub use evidence_bar::{BarPart, EvidenceBar};
pub use overhead::{Compared, ComparedShare, Finding, OverheadResult, OverheadState};
pub use pattern::{DropLayout, DropPattern, MAX_TYPED_PERCENT};
pub use playback::{PlaybackChoice, PlaybackView, PlayedPicture, Screens};
pub use quiet::{QuietResult, QuietView};
pub use rows::{DropFilter, DropRow};
pub use view::{DropsView, FramesView, OverheadView, Pace, Screen, Still, StripFrame, WatchView};
pub use window_times::{DrawCost, WindowTimesView};

pub(super) use overhead::{Trial, TrialStep};
pub(super) use playback::{Playback, RUN_FRAMES, RunFrame};
pub(super) use quiet::Quiet;
pub(super) use window_times::WindowTimes;

use std::collections::BTreeMap;

use super::shelf::Shelf;
use crate::engine::Speed;
use crate::judge::{Deadline, Dropped};
use crate::measure::{FrameRecord, ms_from_nanos};

/// Frames whose pictures one panel may look at.
pub(super) const LOOKED_AT: usize = 64;

/// For so long a panel is taken to be looked at after it was drawn.
pub(super) const SEEN_NANOS: u64 = 1_000_000_000;

/// How the dropped frames are listed.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    pub(super) filter: DropFilter,
    pub(super) is_grouped: bool,
}

/// The state of it all.
#[derive(Debug, Default)]
pub(super) struct Watch {
    pub(super) shelf: Shelf,
    pub(super) listing: Listing,
    pub(super) strip: StripChoice,
    /// The frames whose pictures are looked at, and when that was said.
    pub(super) looked_at: BTreeMap<Looker, (u64, Vec<u64>)>,
    pub(super) playback: Playback,
    pub(super) is_alone: bool,
    pub(super) playback_seen_nanos: u64,
    /// Playback has paused the stream, and is to let it run on.
    pub(super) has_paused: bool,
    pub(super) trial: Option<Trial>,
    pub(super) overhead: OverheadState,
    pub(super) overhead_seen_nanos: u64,
    pub(super) quiet: Option<Quiet>,
    pub(super) quiet_result: Option<QuietResult>,
    /// The era before was measured otherwise: the next run begins another.
    pub(super) needs_new_era: bool,
    pub(super) times: WindowTimes,
}

impl Watch {
    /// Whether the window is to be drawn.
    pub(super) fn is_drawing(&self) -> bool {
        self.quiet.is_none() && self.trial.as_ref().is_none_or(Trial::is_drawing)
    }

    /// Another source: what was about the one before is forgotten.
    pub(super) fn begin(&mut self, shelf: Shelf) {
        let times = std::mem::take(&mut self.times);
        *self = Self {
            shelf,
            listing: Listing {
                filter: DropFilter::default(),
                is_grouped: self.listing.is_grouped,
            },
            strip: self.strip,
            playback: Playback::with(self.playback.choice),
            times,
            ..Self::default()
        };
    }

    /// Takes a frame in, for what is being measured.
    pub(super) fn take_record(&mut self, record: &FrameRecord) {
        if let Some(trial) = &mut self.trial {
            trial.push(record);
        }
    }
}

/// The rows and bars for a list.
pub(super) fn drops_view(
    list: &[Dropped],
    deadline: Deadline,
    Listing { filter, is_grouped }: &Listing,
) -> DropsView {
    let rows = rows::rows(list, filter, *is_grouped);
    let bars: Vec<_> = list
        .iter()
        .map(|dropped| EvidenceBar::of(dropped, deadline))
        .collect();
    let limit_ms = ms_from_nanos(deadline.limit_nanos());
    let longest_ms = bars.iter().flatten().map(EvidenceBar::end_ms);
    let is_frame = |row: &&DropRow| matches!(row, DropRow::Frame { .. });
    DropsView {
        listed: rows.iter().filter(is_frame).count(),
        rows,
        axis_ms: longest_ms.fold(limit_ms, f64::max).min(4.0 * limit_ms),
        bars,
        causes: cause::causes_of(list),
        filter: filter.clone(),
        is_grouped: *is_grouped,
    }
}

/// The dropped frame before or after the selected one.
pub(super) fn neighbour(
    list: &[Dropped],
    rows: &[DropRow],
    from: Option<u64>,
    is_later: bool,
) -> Option<u64> {
    rows::neighbour(list, rows, from, is_later)
}

/// The picture of a frame that was skipped, between the processed ones around it.
pub(super) fn picture_of_skipped(
    before: &FrameRecord,
    after: &FrameRecord,
    frame: u64,
    speed: Speed,
    range: (u64, Option<u64>),
) -> Option<u64> {
    let taken = |record: &FrameRecord| (record.index, record.source_index);
    passed_over::picture_of_skipped(taken(before), taken(after), frame, speed, range)
}
