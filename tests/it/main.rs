//! The integration tests, one module per room.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod app;
mod blur;
mod cli;
mod code;
mod compare;
mod diagram;
mod drops;
mod engine;
mod environment;
mod export;
mod exports;
mod forms;
mod fused;
#[cfg(unix)]
mod fuzz;
mod geometry;
mod golden;
mod graph;
mod kernel;
mod live;
mod metrics;
mod pipeline;
mod playing;
mod plots;
mod presets;
mod readiness;
mod recipe;
mod replay;
mod runs;
mod shell;
mod shell_pictures;
mod soft_renderer;
mod source;
mod streams;
mod sweep;
mod tidy;
mod ui;
mod viewer;
mod watch_model;
mod window;
mod window_model;
