//! Many runs for one answer.
//!
//! [`score_attribution`] disturbs a stream in known ways and counts how often the cause is found from the evidence alone.
//! [`Comparison`] holds two samples of frames against each other, by the [`statistics`] of two samples.

mod attribution;
mod compare;
pub mod statistics;

pub use attribution::{AttributionScore, ExperimentError, Trial, score_attribution};
pub use compare::{
    Arm, ArmSummary, Comparison, DropRateComparison, PlanDifference, QuantileComparison, Series,
    Verdict, plan_differences,
};
