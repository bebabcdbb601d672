//! Options of `sweep`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::super::args::{DEFAULT_SOURCE, RecipeArguments, Switch, parse_budget, parse_duration};
use super::super::execution::{ExecutionName, parse_cpu_level};
use super::super::streams::PhasesName;
use crate::engine::StreamLimits;
use crate::frame::{FrameRate, Size};
use crate::judge::{Policy, Tolerance};
use crate::pipeline::{CpuLevel, MAX_THREADS};

/// Options of `sweep`.
#[derive(Debug, Args)]
pub struct SweepArguments {
    /// File or synthetic source; every stream has one of its own
    #[arg(value_name = "SOURCE", default_value = DEFAULT_SOURCE)]
    pub source: OsString,

    #[command(flatten)]
    pub recipe: RecipeArguments,

    /// The largest drop rate: the upper end of its 95 % interval may not be above it
    #[arg(long, value_name = "PERCENT", default_value = "1%")]
    pub max_drop_rate: Tolerance,

    /// The most streams that are tried
    #[arg(long, value_name = "N", default_value_t = StreamLimits::default().max_streams, value_parser = clap::value_parser!(u32).range(1..=i64::from(StreamLimits::MOST)))]
    pub max_streams: u32,

    /// How long each number of streams is measured at least; few streams take longer, until the interval can meet the goal
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parse_duration)]
    pub point: Duration,

    /// Sweep over these rates: 15,30,60 [default: the source's own]
    #[arg(long, value_name = "RATE,...", value_delimiter = ',')]
    pub rates: Vec<FrameRate>,

    /// Sweep over these sizes of a synthetic source: 640x360,1280x720 [default: as in SOURCE]
    #[arg(long, value_name = "WxH,...", value_delimiter = ',', value_parser = parse_size)]
    pub sizes: Vec<Size>,

    /// Sweep over these presets: yolov4,yolov8
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', conflicts_with_all = ["preset", "recipe"])]
    pub presets: Vec<String>,

    /// How the arrivals of the streams lie: spread over the interval, or aligned at the same moment
    #[arg(
        long,
        value_name = "spread|aligned",
        value_enum,
        default_value = "spread",
        hide_possible_values = true
    )]
    pub phases: PhasesName,

    /// Instead: compare 1 to N threads that share each frame with as many streams beside one another, as fast as they can
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MAX_THREADS as i64), conflicts_with_all = ["rates", "sizes", "presets", "save", "resume"])]
    pub compare_threads: Option<u32>,

    /// Response time allowed to each frame [default: the interval]
    #[arg(long, value_name = "TIME", value_parser = parse_budget)]
    pub budget: Option<Duration>,

    /// Share of the budget that is forgiven [default: the preset's; 10% for a recipe]
    #[arg(long, value_name = "PERCENT")]
    pub tolerance: Option<Tolerance>,

    /// What happens to frames that arrive while the pipeline is busy
    #[arg(long, value_name = "NAME[:CAPACITY]", default_value = "next-tick")]
    pub policy: Policy,

    /// Stages one by one, in one pass (`fused`), or in one pass where the recipe allows it
    #[arg(long, value_name = "NAME", value_enum, default_value = "staged")]
    pub execution: ExecutionName,

    /// Vector instructions of the kernels: scalar, sse41, avx2, avx512, neon [default: the best of this machine]
    #[arg(long, value_name = "NAME", value_parser = parse_cpu_level)]
    pub cpu_level: Option<CpuLevel>,

    /// The pipeline's buffers
    #[arg(long, value_name = "on|off", value_enum, default_value = "on")]
    pub pool: Switch,

    /// Write the answer as JSON to FILE; `-` prints it, and nothing else, on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,

    /// Keep what was measured in FILE after every point
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,

    /// Go on from what FILE holds, which has to be of the same question on the same machine; it is kept there, too
    #[arg(long, value_name = "FILE", conflicts_with = "save")]
    pub resume: Option<PathBuf>,
}

fn parse_size(text: &str) -> Result<Size, String> {
    let sides = text.split_once('x');
    let parsed = sides.and_then(|(width, height)| {
        let size = Size::new(width.parse().ok()?, height.parse().ok()?);
        size.is_supported().then_some(size)
    });
    parsed.ok_or_else(|| "write a size such as 1280x720".into())
}
