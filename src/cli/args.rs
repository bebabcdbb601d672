//! What can be typed: commands, options, their defaults and ranges. The help text lives beside each option.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::compare::CompareArguments;
use super::execution::{ExecutionArguments, KernelArguments};
use super::export::ExportArguments;
use super::keep::{KeepArguments, RunsArguments};
use super::play::PlayArguments;
use super::readiness::ReadinessArguments;
use super::service::ServiceArguments;
use super::streams::StreamsArguments;
use super::sweep::SweepArguments;
use crate::diagram::Theme;
use crate::engine::{Disturbance, LiveBuffer};
use crate::frame::FrameRate;
use crate::judge::{DropRule, Policy, Tolerance};
use crate::measure::Waiting;
use crate::pipeline;

/// The most frames that a run may ask for: nine hours at 30 frames per second, about 550 MB of records.
pub(super) const MAX_FRAMES: u64 = 1_000_000;

/// The longest duration: what the most frames take at the lowest sensible rate of one per second.
const MAX_DURATION: Duration = Duration::from_secs(MAX_FRAMES);

/// A lab for real-time video preprocessing: every frame judged against its deadline.
///
/// Without a command it opens the window. SOURCE is a file (MP4 with H.264, Motion JPEG, Y4M, GIF, APNG, WebP, PNG, JPEG,
/// BMP; others through FFmpeg, if it is installed), a folder of pictures or "folder/*.png", `synthetic:NAME`, such as
/// "synthetic:street?size=1920x1080&motion=high&seed=1", or live, through FFmpeg: `camera:0`, or an address with rtsp,
/// rtsps, rtmp, http, https, srt or udp.
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

    /// What may be used, and how much of it.
    #[command(flatten)]
    pub environment: EnvironmentArguments,
}

/// Options of every command: what may be used, and how much of it.
#[derive(Debug, Args)]
pub struct EnvironmentArguments {
    /// FFmpeg's folder, or its program ffmpeg [default: that of FRAMESCOPE_FFMPEG, or on the PATH]
    #[arg(long, value_name = "DIR|FILE", global = true)]
    pub ffmpeg: Option<PathBuf>,

    /// Take more or less than usual from a file, as in --limit area=200000000 or --limit ffmpeg-patience=30s; may be
    /// repeated; `framescope formats` lists the limits
    #[arg(long, value_name = "NAME=VALUE", global = true)]
    pub limit: Vec<String>,
}

/// The source when none is given.
pub(super) const DEFAULT_SOURCE: &str = "synthetic:street";

/// The headless commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure without a window: summary on stdout, progress on stderr
    Run(Box<RunArguments>),
    /// Judge recorded times again under other rates, tolerances and all policies
    Replay(Box<ReplayArguments>),
    /// The checklist for production, answered from a recorded run
    Readiness(ReadinessArguments),
    /// List the run files of a folder; name and tag them
    Runs(RunsArguments),
    /// Two recorded runs: differences with intervals, or "not distinguishable"
    Compare(Box<CompareArguments>),
    /// Disturb a stream on purpose and score how often the cause is found
    Attribution(AttributionArguments),
    /// Write the model input of one frame as a NumPy file
    Tensor(TensorArguments),
    /// Write a recipe as ready-to-run code: Python with OpenCV or torchvision, FFmpeg, Rust, or JSON
    Export(ExportArguments),
    /// Tell what a source holds
    Probe(ProbeArguments),
    /// List what this machine can open, why not the rest, and the limits
    Formats(FormatsArguments),
    /// List the presets and where their numbers come from
    Presets(PresetsArguments),
    /// Lay out a Mermaid flowchart: what is in it, what is wrong with it, and an SVG
    Diagram(DiagramArguments),
    /// Find the largest number of streams that this machine holds
    Sweep(Box<SweepArguments>),
    /// Measure the kernels on this machine, 1920×1080 to 640×640
    Bench(BenchArguments),
}

/// Which recipe.
#[derive(Clone, Debug, Args)]
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

    /// What happens to frames that arrive while the pipeline is busy: block, queue, leaky-upstream, leaky-downstream,
    /// next-tick or admit; the leaky ones take a capacity, as in leaky-downstream:2
    #[arg(long, value_name = "NAME[:CAPACITY]", default_value = "next-tick")]
    pub policy: Policy,

    /// Under a policy that drops: take the next frame whatever the rule says after a second without a finished one
    #[arg(
        long,
        value_name = "on|off",
        value_enum,
        default_value = "on",
        hide_possible_values = true
    )]
    pub floor: OnOff,

    /// How arrivals lie around the rate: fixed, jittered:TIME, poisson, or recorded:FILE (CSV with arrival_ms)
    /// [default: fixed; those of a live source are its own]
    #[arg(long, value_name = "PATTERN")]
    pub arrivals: Option<ArrivalsName>,

    /// Pictures of a live source that may wait: drop-oldest:N (low latency), drop-newest:N, or wait:N (nothing is dropped
    /// here, the source has to wait); at most 256 MiB of them [default: drop-oldest:8]
    #[arg(long, value_name = "KIND:N")]
    pub live_buffer: Option<LiveBuffer>,

    /// Failed tries in a row after which a live source that cannot be reached is given up; `forever` never does
    #[arg(long, value_name = "N|forever", default_value = "5")]
    pub live_tries: Tries,

    /// How the stream waits for an arrival: sleep and then spin, only sleep, or only spin
    #[arg(
        long,
        value_name = "hybrid|sleep|spin",
        value_enum,
        default_value = "hybrid",
        hide_possible_values = true
    )]
    pub wait: WaitingName,

    /// Disturb the stream on purpose, `KIND[:ARGS][@START[+LENGTH]]`: hog:2@5s+2s, faults:20MB, alloc:20MB,
    /// sleep:40ms@100f, decoder:600ms@3s, jitter:2ms, throttle:1.5x@5s+5s, gc:gogc=50,bytes=13.3MB,pre-fix;
    /// may be repeated
    #[arg(long, value_name = "SPEC")]
    pub disturb: Vec<Disturbance>,

    /// Seed of everything random: jitter, random arrivals, the simulated collector
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Arrivals to measure
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_FRAMES))]
    pub frames: Option<u64>,

    /// Time to measure: 10s, 500ms, 2m [default: a file plays once, an endless or live source 10s]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, conflicts_with = "frames")]
    pub duration: Option<Duration>,

    /// What is played of the source.
    #[command(flatten)]
    pub play: PlayArguments,

    /// Several streams.
    #[command(flatten)]
    pub streams: StreamsArguments,

    /// Whoever watches from outside.
    #[command(flatten)]
    pub service: ServiceArguments,

    /// Frames to work on before anything is counted
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub warmup: u32,

    #[command(flatten)]
    pub execution: ExecutionArguments,

    /// The pipeline's buffers
    #[arg(long, value_name = "on|off", value_enum, default_value = "on")]
    pub pool: Switch,

    /// Write the result as JSON to FILE; `-` prints it, and nothing else, on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,

    /// Write every frame as a line of CSV to FILE
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,

    /// Keep the whole run, every frame, in a run file for `replay` and `compare`; it grows as the run goes on, packed unless
    /// its name ends in .jsonl
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,

    #[command(flatten)]
    pub keep: KeepArguments,

    /// Gate: exit with 1 if more than this share of the frames was dropped
    #[arg(long, value_name = "PERCENT")]
    pub max_drop_rate: Option<Tolerance>,

    /// Gate: exit with 1 if the 99th percentile of the response time is over this, or not known (under 299 frames)
    #[arg(long, value_name = "TIME", value_parser = parse_budget)]
    pub max_p99: Option<Duration>,
}

/// Options of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// A run file (`framescope run --save FILE`), or a CSV table with a service_ms column
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Arrivals per second, exact: 30, 29.97, 30000/1001 [default: as recorded; 30 for a table]
    #[arg(long, value_name = "RATE")]
    pub fps: Option<FrameRate>,

    /// Response time allowed to each frame: 20ms, 500us, 0.1s [default: as recorded; the interval for a table]
    #[arg(long, value_name = "TIME", value_parser = parse_budget)]
    pub budget: Option<Duration>,

    /// Share of the budget that is forgiven: 10% [default: as recorded; 10% for a table]
    #[arg(long, value_name = "PERCENT")]
    pub tolerance: Option<Tolerance>,

    /// The policy of the curves and of the frame table; a capacity counts in the table of policies, too
    /// [default: as recorded; next-tick for a table]
    #[arg(long, value_name = "NAME[:CAPACITY]")]
    pub policy: Option<Policy>,

    /// What counts as dropped: response (ours), over-interval, nothing-left, over-tolerance (the source document's
    /// three), obs, gstreamer
    #[arg(long, value_name = "RULE", default_value = "response")]
    pub rule: DropRule,

    /// Take the next frame whatever the policy says after a second without a finished one [default: as recorded; off
    /// for a table]
    #[arg(long, value_name = "on|off", value_enum, hide_possible_values = true)]
    pub floor: Option<OnOff>,

    /// Write the answer as JSON to FILE; `-` prints it, and nothing else, on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,

    /// Write what became of every frame under every policy as CSV to FILE
    #[arg(long, value_name = "FILE|-")]
    pub csv: Option<PathBuf>,
}

/// Options of `attribution`.
#[derive(Debug, Args)]
pub struct AttributionArguments {
    /// Frames of each trial; a third of them is disturbed
    #[arg(long, value_name = "N", default_value_t = 150, value_parser = clap::value_parser!(u64).range(90..=10_000))]
    pub frames: u64,

    /// Write the score as JSON to FILE; `-` prints it, and nothing else, on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
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

    #[command(flatten)]
    pub execution: ExecutionArguments,

    /// Where to write the tensor: (1, 3, height, width) of float32, unless the recipe has another layout or type
    #[arg(short, long, value_name = "FILE.npy")]
    pub output: PathBuf,

    /// Describe what was written as JSON in FILE; `-` prints it on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// Options of `probe`.
#[derive(Debug, Args)]
pub struct ProbeArguments {
    /// A file, a folder of pictures, "folder/*.png", a drawn scene (synthetic:street, bars, noise, zoneplate, checker), a
    /// camera (camera:0), or an address (rtsp, rtsps, rtmp, http, https, srt, udp).
    /// Built in: MP4 with H.264, Motion JPEG, Y4M, GIF, APNG, WebP, PNG, JPEG, BMP. Everything else needs ffmpeg and
    /// ffprobe; `framescope formats` tells what opens here
    #[arg(value_name = "SOURCE")]
    pub source: OsString,

    /// Also decode it as fast as it goes, for ten seconds at most, here and through FFmpeg
    #[arg(long)]
    pub decode_speed: bool,

    /// Write the answer as JSON to FILE; `-` prints it on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// Options of `formats`.
#[derive(Debug, Args)]
pub struct FormatsArguments {
    /// Write the list as JSON to FILE; `-` prints it on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// Options of `presets`.
#[derive(Debug, Args)]
pub struct PresetsArguments {
    /// Only this one, with the source of each of its numbers
    #[arg(value_name = "NAME", value_parser = preset_names())]
    pub name: Option<String>,

    /// Write the presets as JSON to FILE; `-` prints them on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// Options of `diagram`.
#[derive(Debug, Args)]
pub struct DiagramArguments {
    /// A Mermaid file (.mmd), or a Markdown file with mermaid blocks (.md, .markdown)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Which of several mermaid blocks, from 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub block: u16,

    /// Draw it as SVG to FILE; `-` prints it, and nothing else, on stdout
    #[arg(long, value_name = "FILE|-")]
    pub svg: Option<PathBuf>,

    /// Draw it as PNG, two pixels a point, to FILE; `-` writes it, and nothing else, to stdout
    #[arg(long, value_name = "FILE|-")]
    pub png: Option<PathBuf>,

    /// Colours of what the diagram gives no colour to
    #[arg(
        long,
        value_name = "light|dark",
        value_enum,
        default_value = "light",
        hide_possible_values = true
    )]
    pub theme: ThemeName,

    /// Write nodes, edges, subgraphs, places and diagnostics as JSON to FILE; `-` prints them, and nothing else, on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// The themes by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ThemeName {
    /// Dark on light
    Light,
    /// Light on dark
    Dark,
}

impl From<ThemeName> for Theme {
    fn from(name: ThemeName) -> Self {
        match name {
            ThemeName::Light => Self::LIGHT,
            ThemeName::Dark => Self::DARK,
        }
    }
}

/// Options of `bench`.
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// Only items whose name contains TEXT
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub filter: String,

    /// Times that all items run in turn
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub rounds: u32,

    /// Runs of an item each time
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub batch: u32,

    #[command(flatten)]
    pub kernel: KernelArguments,

    /// Folder with img.rgb and img.i420, raw 1920×1080 [default: a frame of synthetic:street]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Write the result as JSON to FILE; `-` prints it on stdout
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,

    /// Let another program time the items: it writes lines to stdin; see docs/benchmarks.md
    #[arg(long, conflicts_with_all = ["filter", "rounds", "batch", "json"])]
    pub worker: bool,
}

/// A switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Kept and used again
    On,
    /// Allocated afresh, every frame
    Off,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnOff {
    /// On.
    On,
    /// Off.
    Off,
}

/// The ways of waiting by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WaitingName {
    /// Sleep, and spin for the last 0.3 ms
    Hybrid,
    /// Only sleep
    Sleep,
    /// Only spin
    Spin,
}

impl From<WaitingName> for Waiting {
    fn from(name: WaitingName) -> Self {
        match name {
            WaitingName::Hybrid => Self::Hybrid,
            WaitingName::Sleep => Self::Sleep,
            WaitingName::Spin => Self::Spin,
        }
    }
}

/// How often something is tried before it is given up; `None` is without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries(pub Option<u32>);

impl std::str::FromStr for Tries {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(tries @ 1..=1_000_000) => Ok(Self(Some(tries))),
            _ if text == "forever" => Ok(Self(None)),
            _ => Err("give a number from 1 to 1000000, or `forever`".into()),
        }
    }
}

/// The patterns of arrivals by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArrivalsName {
    /// On the grid.
    Fixed,
    /// Within so many nanoseconds of it.
    Jittered(u64),
    /// At random.
    Poisson,
    /// From a file.
    Recorded(PathBuf),
}

impl std::str::FromStr for ArrivalsName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "fixed" => Ok(Self::Fixed),
            None if text == "poisson" => Ok(Self::Poisson),
            Some(("jittered", time)) => {
                let nanos = parse_time(time)?.as_nanos() as u64;
                if (1..=10_000_000_000).contains(&nanos) {
                    Ok(Self::Jittered(nanos))
                } else {
                    Err("give a time up to 10s, as in jittered:2ms".into())
                }
            }
            Some(("recorded", file)) if !file.is_empty() => Ok(Self::Recorded(file.into())),
            _ => Err("choose fixed, jittered:2ms, poisson or recorded:FILE".into()),
        }
    }
}

pub(super) fn parse_budget(text: &str) -> Result<Duration, String> {
    let time = parse_time(text)?;
    let allowed = Duration::from_micros(1)..=Duration::from_secs(100);
    if allowed.contains(&time) {
        Ok(time)
    } else {
        Err("give a time from 1us to 100s".into())
    }
}

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
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
pub(super) fn parse_time(text: &str) -> Result<Duration, String> {
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
