//! Interleaved RGB to planes of `f32`, pixel by pixel: the arithmetic of a normalisation with vector instructions.

use super::backend::Backend;
use crate::kernel::{CpuLevel, Normalization};

/// Evaluates a [`Normalization`] for every pixel, with the roundings of [`Normalization::value`].
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Packer {
    backend: Backend,
}

impl Packer {
    /// With the vector instructions of `level`, or none if the machine lacks them.
    pub(in crate::kernel) fn new(level: CpuLevel) -> Self {
        Self {
            backend: Backend::new(level).unwrap_or(Backend::Scalar),
        }
    }

    /// Writes as many pixels as it can do at once, and returns how many those are.
    pub(in crate::kernel) fn run(
        self,
        rgb: &[u8],
        normalization: &Normalization,
        planes: [&mut [f32]; 3],
    ) -> usize {
        match self.backend {
            Backend::Scalar => 0,
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2(avx2) => avx2.normalize(rgb, normalization, planes),
        }
    }
}
