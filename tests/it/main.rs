//! The integration tests, one module per room.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod app;
mod blur;
mod cli;
mod compare;
mod diagram;
mod engine;
mod environment;
mod exports;
mod forms;
mod fused;
#[cfg(unix)]
mod fuzz;
mod geometry;
mod golden;
mod kernel;
mod live;
mod pipeline;
mod playing;
mod presets;
mod readiness;
mod recipe;
mod replay;
mod runs;
mod soft_renderer;
mod source;
mod tidy;
mod ui;
mod window;
mod window_model;
