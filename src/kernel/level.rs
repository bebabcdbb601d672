//! Which vector instructions the kernels use: found out at run time, or forced.

use serde::{Deserialize, Serialize};

/// A set of vector instructions. Every level gives the same results, to the bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CpuLevel {
    /// None beyond what the build takes for granted: plain loops. They are the specification of the other levels.
    Scalar,
    /// SSE4.1 (x86-64 since about 2008): 16 bytes at once.
    Sse41,
    /// AVX2 (x86-64 since about 2013): 32 bytes at once.
    Avx2,
    /// AVX-512 with words (F, BW; Intel since 2017, AMD since 2022): 64 bytes at once for YUV, else as AVX2.
    Avx512,
    /// NEON (every 64-bit ARM): 16 bytes at once.
    Neon,
}

impl CpuLevel {
    /// All levels of all machines, the plainest first.
    pub const ALL: [Self; 5] = [
        Self::Scalar,
        Self::Sse41,
        Self::Avx2,
        Self::Avx512,
        Self::Neon,
    ];

    /// The best level of this machine.
    pub fn best() -> Self {
        Self::supported().last().unwrap_or(Self::Scalar)
    }

    /// The levels of this machine, the plainest first.
    pub fn supported() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|level| level.is_supported())
    }

    /// Whether this machine has it.
    pub fn is_supported(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Sse41 => is_x86_feature_detected!("sse4.1"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
            }
            #[cfg(target_arch = "aarch64")]
            Self::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            #[allow(unreachable_patterns, reason = "the levels of other machines")]
            _ => false,
        }
    }

    /// Its name on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Sse41 => "sse41",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Sse41 => "SSE4.1",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
            Self::Neon => "NEON",
        }
    }
}
