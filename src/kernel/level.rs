//! Which vector instructions the kernels use: found out at run time, or forced.

use serde::{Deserialize, Serialize};

/// A set of vector instructions. Every level gives the same results, to the bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CpuLevel {
    /// None beyond what the build takes for granted: plain loops. They are the specification of the other levels.
    Scalar,
    /// AVX2 (x86-64 since about 2013): 32 bytes at once.
    Avx2,
}

impl CpuLevel {
    /// All levels, the plainest first.
    pub const ALL: [Self; 2] = [Self::Scalar, Self::Avx2];

    /// The best level of this machine.
    pub fn best() -> Self {
        let mut levels = Self::ALL.into_iter().rev();
        levels
            .find(|level| level.is_supported())
            .unwrap_or(Self::Scalar)
    }

    /// Whether this machine has it.
    pub fn is_supported(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 => false,
        }
    }

    /// Its name on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
        }
    }
}
