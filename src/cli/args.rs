//! What can be typed: commands, options, their defaults and ranges. The help text lives beside each option.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::frame::FrameRate;
use crate::judge::{Policy, Tolerance};
use crate::pipeline;

/// The most frames that a run may ask for: nine hours at 30 frames per second, about 250 MB of records.
pub(super) const MAX_FRAMES: u64 = 1_000_000;

/// The longest duration: what the most frames take at the lowest sensible rate of one per second.
const MAX_DURATION: Duration = Duration::from_secs(MAX_FRAMES);

/// A lab for real-time video preprocessing: every frame judged against its deadline.
///
/// Without a command it opens the window. SOURCE is a file (MP4 with H.264, Y4M, PNG, JPEG, BMP, WebP) or
/// `synthetic:NAME`, such as "synthetic:street?size=1920x1080&motion=high&seed=1".
#[derive(Debug, Parser)]
#[command(
    name = "framescope",
    version,
    max_term_width = 100,
    args_conflicts_with_subcommands = true
)]
pub struct Arguments {
    /// What to measure without a window.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The source that the window opens with.
    #[arg(value_name = "SOURCE", default_value = DEFAULT_SOURCE)]
    pub source: OsString,
}

/// The source when none is given.
const DEFAULT_SOURCE: &str = "synthetic:street";

/// The headless commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure without a window: summary on stdout, progress on stderr
    Run(Box<RunArguments>),
    /// Write the model input of one frame as a NumPy file
    Tensor(TensorArguments),
    /// Tell what a source holds
    Probe(ProbeArguments),
    /// List the presets and where their numbers come from
    Presets(PresetsArguments),
}

/// Which recipe.
#[derive(Debug, Args)]
pub struct RecipeArguments {
    /// Preprocessing of a known model (see `framescope presets`)
    #[arg(long, value_name = "NAME", default_value = "yolov4", value_parser = preset_names())]
    pub preset: String,

    /// A recipe of your own, as JSON; see docs/formats.md
    #[arg(long, value_name = "FILE", conflicts_with = "preset")]
    pub recipe: Option<PathBuf>,
}

fn preset_names() -> PossibleValuesParser {
    PossibleValuesParser::new(
        pipeline::presets()
            .iter()
            .map(|preset| preset.name.as_str()),
    )
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// File or synthetic source
    #[arg(value_name = "SOURCE", default_value = DEFAULT_SOURCE)]
    pub source: OsString,

    #[command(flatten)]
    pub recipe: RecipeArguments,

    /// Arrivals per second, exact: 30, 29.97, 30000/1001 [default: the source's own rate]
    #[arg(long, value_name = "RATE")]
    pub fps: Option<FrameRate>,

    /// Response time allowed to each frame: 20ms, 500us, 0.1s [default: the interval]
    #[arg(long, value_name = "TIME", value_parser = parse_budget)]
    pub budget: Option<Duration>,

    /// Share of the budget that is forgiven: 10% [default: the preset's; 10% for a recipe]
    #[arg(long, value_name = "PERCENT")]
    pub tolerance: Option<Tolerance>,

    /// What happens to frames that arrive while the pipeline is busy
    #[arg(long, value_name = "NAME", value_enum, default_value = "next-tick")]
    pub policy: PolicyName,

    /// Arrivals to measure; the source loops until they are met
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_FRAMES))]
    pub frames: Option<u64>,

    /// Time to measure: 10s, 500ms, 2m [default: a file plays once, an endless source 10s]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, conflicts_with = "frames")]
    pub duration: Option<Duration>,

    /// Frames to work on before anything is counted
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub warmup: u32,

    /// The pipeline's buffers
    #[arg(long, value_name = "on|off", value_enum, default_value = "on")]
    pub pool: Switch,

    /// Write the result as JSON to FILE; `-` prints it, and nothing else, on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,

    /// Write every frame as a line of CSV to FILE
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,

    /// Gate: exit with 1 if more than this share of the frames was dropped
    #[arg(long, value_name = "PERCENT")]
    pub max_drop_rate: Option<Tolerance>,

    /// Gate: exit with 1 if the 99th percentile of the response time is over this, or not known (under 299 frames)
    #[arg(long, value_name = "TIME", value_parser = parse_budget)]
    pub max_p99: Option<Duration>,
}

/// Options of `tensor`.
#[derive(Debug, Args)]
pub struct TensorArguments {
    /// File or synthetic source
    #[arg(value_name = "SOURCE")]
    pub source: OsString,

    /// Which frame, from 0
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..MAX_FRAMES))]
    pub frame: u64,

    #[command(flatten)]
    pub recipe: RecipeArguments,

    /// Where to write the tensor: float32, shape (1, 3, height, width)
    #[arg(short, long, value_name = "FILE.npy")]
    pub output: PathBuf,

    /// Describe what was written as JSON in FILE; `-` prints it on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// Options of `probe`.
#[derive(Debug, Args)]
pub struct ProbeArguments {
    /// File or synthetic source
    #[arg(value_name = "SOURCE")]
    pub source: OsString,

    /// Write the answer as JSON to FILE; `-` prints it on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// Options of `presets`.
#[derive(Debug, Args)]
pub struct PresetsArguments {
    /// Write the presets as JSON to FILE; `-` prints them on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// A switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Kept and used again
    On,
    /// Allocated afresh, every frame
    Off,
}

/// The policies by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicyName {
    /// Skip to the next grid point of the schedule
    NextTick,
    /// The source waits: the schedule slips and nothing is skipped
    Block,
}

impl From<PolicyName> for Policy {
    fn from(name: PolicyName) -> Self {
        match name {
            PolicyName::NextTick => Self::NextTick,
            PolicyName::Block => Self::Block,
        }
    }
}

fn parse_budget(text: &str) -> Result<Duration, String> {
    let time = parse_time(text)?;
    let allowed = Duration::from_micros(1)..=Duration::from_secs(100);
    if allowed.contains(&time) {
        Ok(time)
    } else {
        Err("give a time from 1us to 100s".into())
    }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let time = parse_time(text)?;
    let allowed = Duration::from_millis(1)..=MAX_DURATION;
    if allowed.contains(&time) {
        Ok(time)
    } else {
        Err(format!(
            "give a time from 1ms to {}s",
            MAX_DURATION.as_secs()
        ))
    }
}

/// A number with a unit: `20ms`, `1.5s`, `500us`, `2m`.
fn parse_time(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 5] = [
        ("ms", 1e6),
        ("us", 1e3),
        ("ns", 1.0),
        ("s", 1e9),
        ("m", 60e9),
    ];
    let parsed = UNITS.iter().find_map(|(unit, nanos)| {
        let number: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        Some(number * nanos)
    });
    match parsed {
        Some(nanos) if (0.0..1e18).contains(&nanos) => {
            Ok(Duration::from_nanos(nanos.round() as u64))
        }
        _ => Err("write a number with its unit, such as 20ms, 1.5s or 500us".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn times_need_a_unit_and_a_sensible_size() {
        for (text, nanos) in [
            ("20ms", 20_000_000),
            ("1.5s", 1_500_000_000),
            ("500us", 500_000),
            ("2m", 120_000_000_000),
        ] {
            assert_eq!(parse_time(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
        for text in ["20", "-5ms", "ms", "nanms", "1e30s", "20 parsecs"] {
            assert!(parse_time(text).is_err(), "{text} was taken");
        }
        assert!(parse_budget("0ms").is_err());
    }
}
