//! Tests of the rooms from outside, in one binary.

mod soft_renderer;
mod ui;
mod window_model;
