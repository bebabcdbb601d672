//! Framescope: a lab for real-time video preprocessing that judges every frame against its deadline.
//!
//! The rooms, in reading order:
//!
//! | room | what it holds |
//! |---|---|
//! | [`frame`] | what a picture is: size, pixel format, colour, planes, tensor; the buffer pool |
//! | [`kernel`] | pure pixel maths |
//! | [`source`] | where frames come from |
//! | [`measure`] | numbers with definitions: clocks, the frame record, quantiles, counters |
//! | [`pipeline`] | how a frame becomes a tensor: recipe, compile, presets |
//! | [`judge`] | the law: arrivals, deadlines, policies, causes |
//! | [`engine`] | when: the stream thread and the threads around it |
//! | [`session`] | what was run and kept: plan, host, summary, exports |
//! | [`experiment`] | many runs for one answer: the score of the attribution |
//! | [`diagram`] | Mermaid text → nodes and edges → positions |
//! | [`cli`] | the headless commands |
//! | [`app`] | the lab without a window: state, commands, view model |
//! | [`ui`] | the window: draws the view model, returns commands |
//!
//! Who may know whom is written in `docs/architecture.md` and held by a test.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "a test that cannot go on has failed"
    )
)]

pub mod app;
pub mod cli;
pub mod diagram;
pub mod engine;
pub mod experiment;
pub mod frame;
pub mod judge;
pub mod kernel;
pub mod measure;
pub mod pipeline;
pub mod session;
pub mod source;
pub mod ui;
