//! The integration tests, one module per room.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod app;
mod cli;
mod engine;
mod fused;
mod golden;
mod kernel;
mod live;
mod pipeline;
mod recipe;
mod replay;
mod soft_renderer;
mod source;
mod tidy;
mod ui;
mod window;
mod window_model;
