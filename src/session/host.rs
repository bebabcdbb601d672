//! The machine and the build that a run was measured with.

use serde::Serialize;

/// What has to be known of a machine to read its numbers. What it does not tell is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Host {
    /// Version of Framescope.
    pub version: &'static str,
    /// The commit that it was built from; `unknown` outside a repository.
    pub commit: &'static str,
    /// Build profile: `release` or `debug`.
    pub profile: &'static str,
    /// The compiler.
    pub rustc: &'static str,
    /// Target triple.
    pub target: &'static str,
    /// Processor features that the build takes for granted.
    pub target_features: Vec<&'static str>,
    /// Operating system.
    pub os: &'static str,
    /// Processor architecture.
    pub arch: &'static str,
    /// Model name of the processor.
    pub cpu: Option<String>,
    /// Processors that this process may use.
    pub cpus: Option<usize>,
}

impl Host {
    /// This machine and this build.
    pub fn here() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            commit: env!("FRAMESCOPE_COMMIT"),
            profile: env!("FRAMESCOPE_PROFILE"),
            rustc: env!("FRAMESCOPE_RUSTC"),
            target: env!("FRAMESCOPE_TARGET"),
            target_features: env!("FRAMESCOPE_TARGET_FEATURES")
                .split(',')
                .filter(|name| !name.is_empty())
                .collect(),
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
            cpu: cpu_model(),
            cpus: std::thread::available_parallelism().ok().map(usize::from),
        }
    }
}

/// The processor's name, where Linux tells it.
fn cpu_model() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
