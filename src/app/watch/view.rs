//! What the panels of this room show.

use std::collections::BTreeMap;

use super::{
    DropFilter, DropRow, EvidenceBar, FrameDetail, OverheadState, PlaybackView, QuietResult,
    QuietView, StripChoice, WindowTimesView,
};
use crate::app::{FramePicture, ShelfView};
use crate::measure::Verdict;

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct WatchView {
    /// What the window is to show.
    pub screen: Screen,
    /// The list of dropped frames.
    pub drops: DropsView,
    /// The selected frame, looked at closely.
    pub detail: Option<Box<FrameDetail>>,
    /// The strip of frames.
    pub frames: FramesView,
    /// The pictures of the frames that are looked at, by the number of the frame.
    pub pictures: BTreeMap<u64, FramePicture>,
    /// Stutter, seen.
    pub playback: PlaybackView,
    /// What the window costs.
    pub overhead: Box<OverheadView>,
}

/// What the window is to show.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Screen {
    /// Everything.
    #[default]
    Whole,
    /// One still page, drawn about once a second at most: something is measured. Any key ends it.
    Still(Still),
    /// Nothing but playback.
    Playback,
}

/// What is measured while the window stands still.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Still {
    /// The stream.
    Quiet(QuietView),
    /// What the window costs: a block with drawing off.
    Overhead {
        /// The block in work, from 1.
        block: usize,
        /// All blocks.
        blocks: usize,
        /// What is left of all, in seconds.
        left_s: f64,
    },
}

/// When the window is to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As its own cost allows.
    Usual,
    /// In so many nanoseconds: a picture is due then, or nothing is to be drawn before.
    After(u64),
}

/// The list of dropped frames.
#[derive(Clone, Debug, Default)]
pub struct DropsView {
    /// Its rows, newest first.
    pub rows: Vec<DropRow>,
    /// For every dropped frame of [`crate::app::Drops::list`], in that order, what its response consists of; `None` for
    /// one that was skipped.
    pub bars: Vec<Option<EvidenceBar>>,
    /// The end of the axis that all bars share, in milliseconds: the longest response, but no more than four deadlines.
    pub axis_ms: f64,
    /// Causes in their fixed order, with how many frames each has.
    pub causes: Vec<(String, u64)>,
    /// What is listed.
    pub filter: DropFilter,
    /// Frames that are listed.
    pub listed: usize,
    /// Whether consecutive frames are gathered.
    pub is_grouped: bool,
}

/// A frame of a strip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StripFrame {
    /// Its number.
    pub frame: u64,
    /// Its verdict under the present deadline.
    pub verdict: Verdict,
    /// Its response in milliseconds; `None` if it was skipped.
    pub response_ms: Option<f64>,
}

/// The strip of frames.
#[derive(Clone, Debug, Default)]
pub struct FramesView {
    /// Which frames these are.
    pub choice: StripChoice,
    /// The frames.
    pub frames: Vec<StripFrame>,
}

/// What the window costs.
#[derive(Clone, Debug, Default)]
pub struct OverheadView {
    /// The measurement with drawing on and off.
    pub state: OverheadState,
    /// Why it cannot be measured now; `None` if it can.
    pub cannot: Option<String>,
    /// The window's own times.
    pub window: WindowTimesView,
    /// The shelf.
    pub shelf: ShelfView,
    /// What the shelf's thread used ÷ time since the source was opened, 1 = one core; `None` where it is not known.
    pub shelf_share: Option<f64>,
    /// What was measured quietly last.
    pub quiet: Option<QuietResult>,
    /// Whether the frames of the present era were measured with the window drawing.
    pub is_drawing_era: bool,
}
