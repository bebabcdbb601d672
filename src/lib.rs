//! Framescope: a lab for real-time video preprocessing that judges every frame against its deadline.

pub mod app;
pub mod cli;
pub mod engine;
pub mod frame;
pub mod judge;
pub mod kernel;
pub mod measure;
pub mod pipeline;
pub mod session;
pub mod source;
