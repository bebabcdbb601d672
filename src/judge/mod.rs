//! The law, pure: when frames arrive, which one is worked on next, and what becomes of each.
//!
//! Nothing here reads a clock or knows a thread. The live engine, its simulated twin and replay ask the same functions:
//!
//! ```text
//!  ArrivalPlan: schedule, pattern, seed ──► Arrivals                  when frames are due
//!  Sequencer: finish of one frame ──► the next frame, those skipped   which frame now (the six policies)
//!  Deadline: response ──► on time │ tolerated │ late                  what became of it
//!  Explainer: records ──► one line for every dropped frame            why
//!  replay: service times ──► what another law would have made of them
//! ```

mod arrivals;
mod cause;
mod deadline;
mod explain;
mod policy;
mod replay;
mod rule;
mod schedule;
mod sequence;
mod what_if;

pub use arrivals::{ArrivalPattern, ArrivalPlan, Arrivals, arrival_jitter_nanos};
pub use cause::{Attribution, Cause, Knowledge, Part};
pub use deadline::{Deadline, Tolerance, ToleranceError};
pub use explain::{Dropped, DroppedEvidence, DroppedPart, Explainer};
pub use policy::{MAX_CAPACITY, Policy, PolicyError, QUEUE_BOUND};
pub use replay::{Outcome, Replay, ReplaySummary, Trace, replay};
pub use rule::{DropRule, DropRuleError};
pub use schedule::Schedule;
pub use sequence::{Arrived, FLOOR_NANOS, Law, Limit, Sequencer, Turn};
pub use what_if::{Curve, CurvePoint, Map, Question, WhatIf};
