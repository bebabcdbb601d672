//! Interleaved RGB to planes of `f32`, pixel by pixel: the arithmetic of a normalisation with vector instructions.

use super::passes::{Passes, passes_or_plain};
use crate::kernel::{CpuLevel, Normalization};

/// Evaluates a [`Normalization`] for every pixel, with the roundings of [`Normalization::value`].
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Packer {
    passes: &'static dyn Passes,
}

impl Packer {
    /// With the vector instructions of `level`, or none if the machine lacks them.
    pub(in crate::kernel) fn new(level: CpuLevel) -> Self {
        Self {
            passes: passes_or_plain(level),
        }
    }

    /// Writes as many pixels as it can do at once, and returns how many those are.
    pub(in crate::kernel) fn run(
        self,
        rgb: &[u8],
        normalization: &Normalization,
        planes: [&mut [f32]; 3],
    ) -> usize {
        self.passes.normalize(rgb, normalization, planes)
    }
}
