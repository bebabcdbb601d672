//! Many runs for one answer.
//!
//! [`score_attribution`] disturbs a stream in known ways and counts how often the cause is found from the evidence alone.

mod attribution;

pub use attribution::{AttributionScore, ExperimentError, Trial, score_attribution};
