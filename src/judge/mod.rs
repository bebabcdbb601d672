//! The law, pure: when frames arrive, which one is worked on next, and what becomes of each.
//!
//! Nothing here reads a clock or knows a thread. The live engine and its simulated twin ask the same functions:
//!
//! ```text
//!  Schedule: arrival s_k = floor(k · 10⁹ · seconds / frames)          when frame k is due
//!  Sequencer: finish of one frame ──► the next frame, those skipped   which frame now (the policy)
//!  Deadline: response ──► on time │ tolerated │ late                  what became of it
//!  Explainer: records ──► one line for every dropped frame            why
//! ```
//!
//! Other policies join [`Policy`] and [`Sequencer`]; causes join [`Cause`].

mod deadline;
mod explain;
mod schedule;
mod sequence;

pub use deadline::{Deadline, Tolerance, ToleranceError};
pub use explain::{Cause, Dropped, Explainer};
pub use schedule::Schedule;
pub use sequence::{Policy, Sequencer, Turn};
