//! How the stages run: the options, and what they mean for the compiler.

use clap::{Args, ValueEnum};

use crate::pipeline::{CompileOptions, CpuLevel, Execution, MAX_THREADS, Team, TeamError};

/// How the stages run.
#[derive(Clone, Copy, Debug, Args)]
pub struct ExecutionArguments {
    /// Stages one by one, in one pass (`fused`), or in one pass where the recipe allows it
    #[arg(long, value_name = "NAME", value_enum, default_value = "staged")]
    pub execution: ExecutionName,

    #[command(flatten)]
    pub kernel: KernelArguments,
}

/// What the kernels work with.
#[derive(Clone, Copy, Debug, Args)]
pub struct KernelArguments {
    /// Vector instructions of the kernels: scalar, sse41, avx2, avx512, neon [default: the best of this machine]
    #[arg(long, value_name = "NAME", value_parser = parse_cpu_level)]
    pub cpu_level: Option<CpuLevel>,

    /// Threads that share the rows of a picture
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=MAX_THREADS as i64))]
    pub threads: u16,
}

impl ExecutionArguments {
    /// The same as options of the compiler.
    ///
    /// # Errors
    /// If the system refuses to start the threads.
    pub fn options(self, is_pool_enabled: bool) -> Result<CompileOptions, TeamError> {
        Ok(CompileOptions {
            is_pool_enabled,
            execution: self.execution.into(),
            level: self.kernel.level(),
            team: self.kernel.team()?,
        })
    }
}

impl KernelArguments {
    /// The vector instructions.
    pub fn level(self) -> CpuLevel {
        self.cpu_level.unwrap_or_else(CpuLevel::best)
    }

    /// The threads.
    ///
    /// # Errors
    /// If the system refuses to start them.
    pub fn team(self) -> Result<Team, TeamError> {
        Team::new(self.threads.into())
    }
}

/// The level of that name, if this machine has it.
pub(super) fn parse_cpu_level(text: &str) -> Result<CpuLevel, String> {
    let found = CpuLevel::ALL
        .into_iter()
        .find(|level| level.name() == text)
        .ok_or("it is none of scalar, sse41, avx2, avx512 and neon")?;
    if found.is_supported() {
        return Ok(found);
    }
    let names: Vec<_> = CpuLevel::supported().map(CpuLevel::name).collect();
    Err(format!("this machine has only {}", names.join(", ")))
}

/// The executions by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExecutionName {
    /// One by one, each timed alone
    Staged,
    /// In one pass; a recipe that cannot be fused is an error
    Fused,
    /// Fused where the recipe can be, else staged
    Auto,
}

impl From<ExecutionName> for Execution {
    fn from(name: ExecutionName) -> Self {
        match name {
            ExecutionName::Staged => Self::Staged,
            ExecutionName::Fused => Self::Fused,
            ExecutionName::Auto => Self::Auto,
        }
    }
}
