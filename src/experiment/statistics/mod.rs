//! The statistics of two samples of frames: is the difference more than chance, how large is it, and how many frames
//! would tell?
//!
//! | question | answer |
//! |---|---|
//! | Do the drop rates differ? | Fisher's exact test ([`fisher_exact`]) |
//! | By how much? | Newcombe's interval from Wilson's ([`RateDifference`]) |
//! | How many frames does it take to see it? | [`needed_frames`] |
//! | Do the tails differ, and by how much? | moving-block bootstrap ([`BlockBootstrap`]) |
//! | What is a frame worth whose neighbours resemble it? | [`Dependence`]: effective frames, block length |
//!
//! Everything here is pure: no clock, no thread, and chance comes from a seed. Reference values were computed with SciPy,
//! statsmodels and arch; the script and its values lie in `tests/data/statistics`.

mod bootstrap;
mod dependence;
mod fisher;
mod rates;

pub use bootstrap::{BlockBootstrap, BootstrapInterval};
pub use dependence::Dependence;
pub use fisher::fisher_exact;
pub use rates::{NeededFrames, RateDifference, needed_frames, wilson};

/// How often a verdict may say "differs" where nothing does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The share of such mistakes.
    pub alpha: f64,
    /// The `1 − alpha / 2` quantile of the standard normal distribution.
    pub z: f64,
}

impl Level {
    /// One verdict alone, held to 5 %.
    pub const ALONE: Self = Self {
        alpha: 0.05,
        z: 1.959_963_984_540_054,
    };

    /// One of two verdicts that are held to 5 % together (Bonferroni).
    pub const OF_TWO: Self = Self {
        alpha: 0.025,
        z: 2.241_402_727_604_945,
    };

    /// The confidence of intervals that go with it: 0.95, 0.975.
    pub fn confidence(self) -> f64 {
        1.0 - self.alpha
    }
}

/// The 80 % quantile of the standard normal distribution: the power that needed frames are told for.
const Z_POWER: f64 = 0.841_621_233_572_914_2;
