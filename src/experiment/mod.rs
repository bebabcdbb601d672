//! Many runs for one answer.
//!
//! [`score_attribution`] disturbs a stream in known ways and counts how often the cause is found from the evidence alone.
//! [`Sweep`] seeks the largest number of streams that this machine holds.

mod attribution;
mod sweep;

pub use attribution::{AttributionScore, ExperimentError, Trial, score_attribution};
pub use sweep::{
    CaseResult, CaseRuns, Cause, CoresModel, CoresRow, InsideRow, Knee, MAX_CASES, Point,
    ResumeError, SWEEP_SCHEMA, Sweep, SweepCase, SweepGoal, SweepProgress, frames_needed,
    inside_or_beside,
};
