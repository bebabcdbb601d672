//! The lab without a window: state, commands, view model.
//!
//! ```text
//!  Lab::tick   drains the rings from the stream, folds records, refreshes the view model
//!  ViewModel   what is drawn: plain values, no statistics left to compute
//!  UiCommand   what the user wants; Lab::apply acts on it
//! ```

mod command;
mod disturb;
mod drop_list;
mod export;
mod formats;
mod history;
mod lab;
mod opening;
mod pictures;
mod transport;
mod view_model;
mod what_if;

pub use command::UiCommand;
// What this machine can open.
pub use crate::source::{FfmpegOpens, Kind, Opens};
// What is played, and how fast; what the control of a live source is made of.
pub use crate::engine::{LiveBuffer, MAX_LIVE_BUFFER, Speed, Step};
// What the controls of the simulated inference are made of.
pub use crate::pipeline::{BlurKind, CpuLevel, Execution, Occupies, ServiceTime, Simulation};
pub use export::{
    CodeKind, Drawing, ExportCommand, ExportItem, ExportView, Font, Glyph, Ink, Mark, PanelPicture,
    PictureFormat, Pixels, Table, TableText, Triangle, moment_text, recipe_trouble, svg_text,
};
pub use formats::FormatsView;
pub use lab::Lab;
pub use transport::Transport;
pub use view_model::{
    Answer, Bin, Distribution, DisturbanceView, Drops, FrameBar, LiveKind, LiveView, Notice,
    PictureMapping, Pictures, PixelProbe, PresetChoice, QuantileView, RgbPicture, RunState,
    Settings, SlowFrame, SourceView, Span, StageView, Timeline, ViewModel, WhatIfView,
};

/// Frames that the statistics look back at most: two minutes at 30 frames per second, enough for a p99.9.
pub const STATISTICS_FRAMES: usize = 3_600;

/// Frames on the timeline.
pub const TIMELINE_FRAMES: usize = 600;

/// The slowest frames that are kept, for a run of any length.
pub const SLOWEST_KEPT: usize = 200;

/// Lines of the simulated collector that are kept.
pub const GC_LINES_KEPT: usize = 100;

/// Dropped frames that are kept.
pub const DROPS_KEPT: usize = 1_000;
