//! What the panels of this room ask for.

use super::{DropFilter, PlaybackChoice};

/// Who looks at pictures of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Looker {
    /// The list of dropped frames.
    List,
    /// The selected frame in detail.
    Detail,
    /// The strip of frames.
    Strip,
}

/// Which frames the strip shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StripChoice {
    /// The dropped frames that are listed, newest first.
    #[default]
    Dropped,
    /// Those around the selected frame, in their order.
    Neighbours,
    /// Those that are brushed in a plot, in their order.
    Brushed,
}

/// A wish about dropped frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DropsCommand {
    /// List only these.
    Filter(DropFilter),
    /// Gather consecutive frames into episodes.
    Group(bool),
    /// Select the dropped frame before the selected one, or the newest.
    Previous,
    /// Select the dropped frame after the selected one, or the oldest.
    Next,
    /// The pictures of these frames are being looked at; said for as long as they are.
    LookAt(Looker, Vec<u64>),
    /// Pause, and show the picture of this frame in the viewer.
    ShowInViewer(u64),
    /// Select this frame, and show what became of it.
    Explain(u64),
    /// Which frames the strip shows.
    Strip(StripChoice),
}

/// A wish about playback, and about what looking costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WatchCommand {
    /// Play otherwise.
    Choose(PlaybackChoice),
    /// Begin from the start of the clip, or stop.
    Play(bool),
    /// Draw nothing but the pictures while they are played.
    PlayAlone(bool),
    /// Playback is being looked at; it stops when it no longer is.
    LookAtPlayback,
    /// Measure what the window costs the pipeline, or stop measuring.
    MeasureOverhead(bool),
    /// The overhead panel is being looked at.
    LookAtOverhead,
    /// Draw nothing for so many seconds, and count anew meanwhile.
    MeasureQuietly(u32),
    /// Draw nothing until a key is pressed, and count anew meanwhile.
    BeQuiet,
    /// Draw again: a key was pressed on the still page.
    Wake,
}
