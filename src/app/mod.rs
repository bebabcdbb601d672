//! The lab without a window: state, commands, view model.
//!
//! ```text
//!  Lab::tick   drains the rings from the stream, folds records, refreshes the view model
//!  ViewModel   what is drawn: plain values, no statistics left to compute
//!  UiCommand   what the user wants; Lab::apply acts on it
//! ```

mod afterglow;
mod command;
mod disturb;
mod drop_list;
mod export;
mod formats;
mod graph;
mod history;
mod lab;
mod opening;
mod pictures;
mod plots;
mod shelf;
mod shell;
mod time_window;
mod transport;
mod view_model;
mod viewer;
mod watch;
mod what_if;

pub use command::UiCommand;
// What this machine can open.
pub use crate::source::{FfmpegOpens, Kind, Opens};
// What is played, and how fast; what the control of a live source is made of.
pub use crate::engine::{LiveBuffer, MAX_LIVE_BUFFER, Speed, Step};
// What the controls of the simulated inference are made of.
pub use crate::pipeline::{BlurKind, CpuLevel, Execution, Occupies, ServiceTime, Simulation};
pub use afterglow::Glow;
pub use export::{
    CodeKind, Drawing, ExportCommand, ExportItem, ExportView, Font, Glyph, Ink, Mark, PanelPicture,
    PictureFormat, Pixels, Table, TableText, Triangle, moment_text, recipe_trouble, svg_text,
};
pub use formats::FormatsView;
pub use graph::{
    BINDINGS, DiagramText, Drawn, GraphChoice, GraphCommand, GraphFormat, GraphView, MAX_OPEN,
    MAX_TRAVELLERS, NodeLive, OpenDiagram, Probe, Reading, Shipped, TravelPlace, Traveller, Turn,
    Value,
};
pub use lab::Lab;
// What surrounds the measuring: panels, workspaces, commands by name and key, the tour, what is remembered.
pub use history::brush::{BRUSH_FRAMES_LISTED, Brush, Brushed};
pub use history::run::{Column, Columns, FrameBrief, Limits, RunHistory};
pub use history::series::{CdfPoint, Quantity, Series, SpectrumPoint};
pub use plots::{DistributionShape, PlotCommand, Plots};
pub use shelf::{FramePicture, ShelfView};
pub use shell::commands::{Command, commands, is_without_secret};
pub use shell::file::{SETTINGS_VARIABLE, SettingsPlace};
pub use shell::layout::{Floating, Layout, Part, Place};
pub use shell::numbers::{self, NUMBERS, Number};
pub use shell::palette::find;
pub use shell::panels::{PANELS, PanelInfo, PanelKind};
pub use shell::tour::{TOUR, TourStep, TourTarget};
pub use shell::watch_rows::frame_command;
pub use shell::words::{disturbance_line, disturbance_title, policy_line, policy_title};
pub use shell::workspace::WorkspaceKind;
pub use shell::{
    ControlGroup, OpeningView, Page, Preferences, SCALES, ShellCommand, ShellView, ThemeChoice,
};
pub use time_window::TimeWindow;
pub use transport::Transport;
// The viewer, the tensor panel and the A/B panel.
pub use crate::pipeline::ResizeKernel;
pub use view_model::{
    Answer, Bin, Distribution, DisturbanceView, Drops, FrameBar, LiveKind, LiveView, Notice,
    PictureMapping, Pictures, PixelProbe, PresetChoice, QuantileView, RgbPicture, RunState,
    Settings, SlowFrame, SourceView, Span, StageView, Timeline, ViewModel, WhatIfView,
};
pub use viewer::{
    BlurChoice, ChannelStats, ColorScale, DifferenceKind, FieldDifference, FitChoice, GeometryView,
    Grid, Look, MAX_VALUES, Palette, PixelValues, ProbeRow, ProbeTable, Quality, Second,
    SecondChoice, Shown, Slot, Subject, TensorErrors, TensorStats, ValueRange, Variant,
    VariantView, ViewMode, ViewerCommand, ViewerView, Wanted, WhilePaused,
};

pub use watch::{
    BarPart, CauseKind, Compared, ComparedShare, DrawCost, DropFilter, DropLayout, DropPattern,
    DropRow, DropsCommand, DropsView, EvidenceBar, Finding, FrameDetail, FramesView, Looker,
    MAX_TYPED_PERCENT, OverheadResult, OverheadState, OverheadView, Pace, PlaybackChoice,
    PlaybackView, PlayedPicture, QuietResult, QuietView, Screen, Screens, SpanKind, Still,
    StripChoice, StripFrame, TimeSpan, WatchCommand, WatchView, WindowTimesView, cause_label,
};

/// Frames that the statistics look back at most: two minutes at 30 frames per second, enough for a p99.9.
pub const STATISTICS_FRAMES: usize = 3_600;

/// Marks of changed settings and disturbances that are kept.
pub const MARKS_KEPT: usize = 1_000;

/// Frames of the timeline whose bars are made ready one by one.
pub const TIMELINE_FRAMES: usize = 600;

/// The slowest frames that are kept, for a run of any length.
pub const SLOWEST_KEPT: usize = 200;

/// Lines of the simulated collector that are kept.
pub const GC_LINES_KEPT: usize = 100;

/// Dropped frames that are kept.
pub const DROPS_KEPT: usize = 1_000;
