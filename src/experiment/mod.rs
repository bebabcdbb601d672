//! Many runs for one answer.
//!
//! [`score_attribution`] disturbs a stream in known ways and counts how often the cause is found from the evidence alone.
//! [`Comparison`] holds two samples of frames against each other, by the [`statistics`] of two samples;
//! [`interleave()`] measures two plans in turn for it. [`Readiness`] answers a checklist
//! from a recorded run. [`Sweep`] seeks the largest number of streams that this machine holds.

mod attribution;
mod compare;
mod interleave;
mod readiness;
pub mod statistics;
mod sweep;

pub use attribution::{AttributionScore, ExperimentError, Trial, score_attribution};
pub use compare::{
    Arm, ArmSummary, Comparison, DropRateComparison, PlanDifference, QuantileComparison, Series,
    Verdict, plan_differences,
};
pub use interleave::{Block, Interleaved, MAX_BLOCK, Round, interleave};
pub use readiness::{Beside, Item, Light, Readiness};
pub use sweep::{
    CaseResult, CaseRuns, Cause, CoresModel, CoresRow, InsideRow, Knee, MAX_CASES, Point,
    ResumeError, SWEEP_SCHEMA, Sweep, SweepCase, SweepGoal, SweepProgress, frames_needed,
    inside_or_beside,
};
