//! What the window asks for. Panels return commands; only [`super::Lab::apply`] acts on them.

use crate::frame::{FrameRate, Size};
use crate::judge::{Policy, Tolerance};

/// One wish of the user.
#[derive(Clone, Debug, PartialEq)]
pub enum UiCommand {
    /// Run or pause the stream. A pause stops the schedule; nothing is counted meanwhile.
    SetRunning(bool),
    /// Work on exactly one frame, then pause.
    Step,
    /// Open a path or `synthetic:NAME?options`. What runs goes on until the new source has been opened.
    Open(String),
    /// Ask for a file with the desktop's own dialog, on a thread of its own.
    ChooseFile,
    /// Take the recipe and the tolerance of a preset.
    SetPreset(String),
    /// Arrivals per second.
    SetRate(FrameRate),
    /// Response time allowed, in nanoseconds; `None` is the interval.
    SetBudget(Option<u64>),
    /// The share of the budget that is forgiven.
    SetTolerance(Tolerance),
    /// What happens to frames that arrive while the pipeline is busy.
    SetPolicy(Policy),
    /// Buffer pool on or off.
    SetPool(bool),
    /// Radius of the box blur in pixels; 0 turns it off.
    SetBlurRadius(u32),
    /// Width and height of the model input.
    SetModelSize(Size),
    /// Select a frame everywhere, or none.
    Select(Option<u64>),
    /// Show the values at a pixel of the original, or none.
    Probe(Option<[u32; 2]>),
    /// Count anew: statistics, timeline and drops are emptied.
    ClearStatistics,
    /// Put a notice away.
    DismissNotice(u64),
}
