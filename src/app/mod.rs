//! The lab without a window: state, commands, view model.
//!
//! ```text
//!  Lab::tick   drains the rings from the stream, folds records, refreshes the view model
//!  ViewModel   what is drawn: plain values, no statistics left to compute
//!  UiCommand   what the user wants; Lab::apply acts on it
//! ```

mod command;
mod history;
mod lab;
mod opening;
mod pictures;
mod view_model;

pub use command::UiCommand;
pub use lab::Lab;
pub use view_model::{
    Answer, Bin, Distribution, Drops, FrameBar, Notice, PictureMapping, Pictures, PixelProbe,
    QuantileView, RgbPicture, RunState, Settings, SourceView, StageView, Timeline, ViewModel,
};

/// Frames that the statistics look back at most: two minutes at 30 frames per second, enough for a p99.9.
pub const STATISTICS_FRAMES: usize = 3_600;

/// Frames on the timeline.
pub const TIMELINE_FRAMES: usize = 600;

/// Dropped frames that are kept.
pub const DROPS_KEPT: usize = 1_000;
