//! Threads inside a frame against streams beside one another: what each buys in frames per second, and what it does to the
//! age of a frame.
//!
//! Both run as fast as they can: the policy is `block`, and the rate is 1,000 frames a second, so that a frame's age is its
//! service time and the throughput is what the machine gives. A source that cannot keep up limits both.

use serde::Serialize;

use super::SweepCase;
use super::point::Point;
use crate::engine::{Phases, StreamLimits, Streams};
use crate::experiment::ExperimentError;
use crate::frame::FrameRate;
use crate::judge::Policy;

/// Arrivals per second that hardly anything keeps up with: the most that a rate can be.
const FLOOD: u32 = 1_000;

/// The same number of threads, used in two ways.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InsideRow {
    /// Threads of one frame, and streams of one thread.
    pub threads: u32,
    /// One stream whose frames are shared out among the threads.
    pub inside: Point,
    /// As many streams, each with one thread.
    pub beside: Point,
}

/// Measures 1 to `most` threads both ways, each for `seconds`; ends early if `is_cancelled`. `tell` is called with the number
/// of threads and whether they are inside of a frame, before each.
///
/// # Errors
/// If a source, a recipe, a stream or a thread fails before it runs.
pub fn inside_or_beside(
    case: &SweepCase,
    (most, seconds): (u32, f64),
    mut tell: impl FnMut(u32, bool),
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Vec<InsideRow>, ExperimentError> {
    let limits = StreamLimits {
        max_streams: most.max(1),
        ..StreamLimits::default()
    };
    let mut engine = Streams::new(limits, Phases::Spread, 0);
    let mut rows = Vec::new();
    for threads in 1..=most {
        let mut point = |threads_inside: u32, streams: u32| {
            let mut case = case.clone();
            case.plan.policy = Policy::Block;
            case.plan.rate = FrameRate::new(FLOOD, 1).unwrap_or(case.plan.rate);
            case.plan.threads = threads_inside as usize;
            Point::measure(&case, &mut engine, (streams, seconds), is_cancelled)
        };
        tell(threads, true);
        let inside = point(threads, 1)?;
        tell(threads, false);
        let beside = point(1, threads)?;
        let (Some(inside), Some(beside)) = (inside, beside) else {
            break;
        };
        rows.push(InsideRow {
            threads,
            inside,
            beside,
        });
    }
    Ok(rows)
}
