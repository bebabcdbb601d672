//! Two plans measured in turn, A B A B, in blocks of equal length.
//!
//! A machine that grows warm, or gets busy, does so for both. Every block opens the source anew, so that both see the same
//! pictures, and begins with the warm-up of its plan, which is counted nowhere: what a switch costs is in neither.

use serde::Serialize;

use super::ExperimentError;
use super::compare::Arm;
use crate::engine::Stream;
use crate::measure::{FrameRecord, Quantile, Sample, ms_from_nanos};
use crate::pipeline::{self, CompileOptions, Team};
use crate::session::Plan;
use crate::source;

/// Frames of a block, at most: its records wait in a ring until the block ends.
pub const MAX_BLOCK: u64 = 4_000;

/// One block of each plan.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Round {
    /// A's block.
    pub a: Block,
    /// B's block, right behind it.
    pub b: Block,
}

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Frames that were due.
    pub arrived: u64,
    /// Late and skipped.
    pub dropped: u64,
    /// Median of the response time, in nanoseconds; `None` with fewer than five frames.
    pub response_p50_nanos: Option<u64>,
    /// 95th percentile.
    pub response_p95_nanos: Option<u64>,
}

/// Both arms, and every round.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interleaved {
    /// All blocks of A, one behind the other.
    pub a: Arm,
    /// All blocks of B.
    pub b: Arm,
    /// Round by round.
    pub rounds: Vec<Round>,
}

/// Measures two plans in turn, `rounds` blocks of `block_frames` each, and tells before each block which it is.
///
/// # Errors
/// If a source cannot be opened, a recipe not compiled, or a stream does not start or panics.
pub fn interleave(
    plans: [&Plan; 2],
    rounds: u32,
    block_frames: u64,
    mut tell: impl FnMut(u32, usize),
) -> Result<Interleaved, ExperimentError> {
    let mut all = Interleaved::default();
    for round in 0..rounds {
        let mut blocks = Vec::with_capacity(plans.len());
        for (at, plan) in plans.into_iter().enumerate() {
            tell(round, at);
            let (records, stage_ids) = measure(plan, block_frames.min(MAX_BLOCK))?;
            let arm = Arm::from_records("", &records, &stage_ids);
            blocks.push(Block::new(&arm));
            let side = if at == 0 { &mut all.a } else { &mut all.b };
            side.append(arm);
        }
        if let [a, b] = blocks[..] {
            all.rounds.push(Round { a, b });
        }
    }
    Ok(all)
}

fn measure(plan: &Plan, frames: u64) -> Result<(Vec<FrameRecord>, Vec<String>), ExperimentError> {
    let plan = Plan {
        frames: Some(frames),
        duration_ms: None,
        ..plan.clone()
    };
    let source = source::open(&plan.source.name)?;
    let options = CompileOptions {
        is_pool_enabled: plan.pool,
        execution: plan.execution,
        level: plan.cpu_level,
        team: Team::new(plan.threads)?,
    };
    let compiled = pipeline::compile_with(&plan.recipe, plan.source.frame, &options)?;
    let stages = crate::engine::stages_of(&plan.source, &compiled, plan.is_decode_counted);
    let mut stream = Stream::start(plan.stream_config(), source, Box::new(compiled))?;
    // The ring holds more records than a block has frames.
    stream.join()?;
    let mut records: Vec<_> = std::iter::from_fn(|| stream.next_record()).collect();
    records.sort_by_key(|record| record.index);
    Ok((records, stages.into_iter().map(|stage| stage.id).collect()))
}

impl Block {
    fn new(arm: &Arm) -> Self {
        let response = Sample::new(arm.response_nanos.iter().copied());
        Self {
            arrived: arm.counts.arrived(),
            dropped: arm.counts.dropped(),
            response_p50_nanos: response.quantile(Quantile::P50),
            response_p95_nanos: response.quantile(Quantile::P95),
        }
    }

    /// The median in milliseconds.
    pub fn response_p50_ms(&self) -> Option<f64> {
        self.response_p50_nanos.map(ms_from_nanos)
    }
}
