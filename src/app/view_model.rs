//! What the window shows, ready to be drawn: no panel computes a statistic.
//!
//! *Units.* Times are milliseconds, as they are shown; the exact nanoseconds stay in the records.

use std::sync::Arc;

use super::viewer::ViewerView;
use super::{
    Brush, ExportView, FormatsView, GraphView, Plots, Series, ShellView, Transport, WatchView,
};
use crate::engine::LiveBuffer;
use crate::frame::{FrameRate, Size};
use crate::judge::{ArrivalPattern, DropRule, Dropped, Policy, Tolerance, WhatIf};
use crate::measure::{DisturbanceKind, Quantile, Share, Verdict, VerdictCounts, Waiting};
use crate::pipeline::{BlurKind, CpuLevel, Execution, Simulation};

/// Everything on the screen.
#[derive(Clone, Debug, Default)]
pub struct ViewModel {
    /// What is open.
    pub source: SourceView,
    /// What the stream is doing.
    pub state: RunState,
    /// What a live source does; `None` for one that is read at will.
    pub live: Option<LiveView>,
    /// The one line that is the answer.
    pub answer: Answer,
    /// The controls' present values; `None` until a stream has started.
    pub settings: Option<Settings>,
    /// The latest pictures.
    pub pictures: Pictures,
    /// What is played, and where it stands; `None` until a stream has started.
    pub transport: Option<Transport>,
    /// The recent frames, oldest first.
    pub timeline: Timeline,
    /// Response times of the frames since the last change.
    pub distribution: Distribution,
    /// The pipeline's stages in their order.
    pub stages: Vec<StageView>,
    /// Dropped frames, newest first, and the slowest ones.
    pub drops: Drops,
    /// The recorded frames under other policies, tolerances and rates.
    pub what_if: WhatIfView,
    /// The graph of the stages, or of another diagram.
    pub graph: GraphView,
    /// What this machine can open, if that was asked for.
    pub formats: FormatsView,
    /// What can be taken along.
    pub export: ExportView,
    /// Things to tell the user, oldest first.
    pub notices: Vec<Notice>,
    /// The values at the pixel under the cursor, or else at the pinned one.
    pub probe: Option<PixelProbe>,
    /// What the viewer, the tensor panel and the A/B panel show.
    pub viewer: ViewerView,
    /// The selected frame, if it is still kept.
    pub selected: Option<FrameBar>,
    /// The id of the stage whose times every panel shows; `None` for the whole pipeline.
    pub focused_stage: Option<String>,
    /// What surrounds the measuring: workspaces, theme, undo, tour.
    pub shell: ShellView,
    /// What is looked at closely: dropped frames, stutter, and what looking costs.
    pub watch: WatchView,
    /// The whole run, and how the plots look at it.
    pub plots: Plots,
    /// The frames that were selected by a drag in a plot.
    pub brush: Option<Brush>,
}

/// What is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceView {
    /// Path or `synthetic:…`, as opened.
    pub name: String,
    /// Short name for the title: file name or scene.
    pub title: String,
    /// `H.264 High · 1280×720 · 29.97 fps`.
    pub detail: String,
}

/// What the stream is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RunState {
    /// Opening the source, compiling, warming up.
    #[default]
    Starting,
    /// Frames are due by the clock.
    Running,
    /// The schedule stands still.
    Paused,
    /// The stream stopped with a message; a new source or preset starts it again.
    Stopped(String),
}

/// What a live source is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LiveKind {
    /// For the first time; nothing has come yet.
    #[default]
    Connecting,
    /// Pictures come.
    Live,
    /// Connected, and no picture for 3.2 s or more.
    Stalled,
    /// The connection was lost, or could not be made.
    Reconnecting,
}

/// A live source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveView {
    /// What it is doing.
    pub kind: LiveKind,
    /// The same in words: `Live`, `Reconnecting, try 2 in 3 s`.
    pub words: String,
    /// How often it was connected again.
    pub reconnections: u64,
    /// How often it was silent for 3.2 s or more while connected.
    pub stalls: u64,
    /// Pictures that its buffer dropped.
    pub buffer_dropped: u64,
    /// Time without pictures in stalls and between connections, in seconds.
    pub outage_s: f64,
    /// Distance of the gaps between arrivals from the interval: median, p99 and the largest, in milliseconds, over the
    /// frames since the last change. `None` below the frames that each needs, and under `block`.
    pub jitter_ms: [Option<f64>; 3],
}

/// The answer line. Statistics are over the frames since the last change of rate, recipe, policy or pool, at most
/// the last [`super::STATISTICS_FRAMES`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Counts by verdict.
    pub counts: VerdictCounts,
    /// Runs of consecutive dropped frames.
    pub drop_episodes: u64,
    /// Dropped ÷ arrived; `None` before the first frame.
    pub drop_rate: Option<f64>,
    /// The same with its 95 % interval.
    pub drop_rate_interval: Option<Share>,
    /// Frames that wait behind the one in work.
    pub queue_depth: u32,
    /// 99th percentile of the response time in milliseconds.
    pub p99: QuantileView,
    /// Budget in milliseconds.
    pub budget_ms: f64,
    /// Tolerance in percent of the budget.
    pub tolerance_percent: f64,
    /// Service time of all processed frames ÷ the time they had: share of the interval that the pipeline works.
    pub utilisation: Option<f64>,
    /// Processed frames per second of schedule.
    pub throughput_fps: Option<f64>,
    /// Allocations per processed frame on the stream thread; `None` if it cannot be told.
    pub allocations_per_frame: Option<f64>,
    /// Records that did not fit into the ring to the window.
    pub records_lost: u64,
    /// What measuring itself costs, in milliseconds a frame.
    pub probe_cost_ms: Option<f64>,
}

/// A quantile, or how many frames it still needs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QuantileView {
    /// Which one.
    pub quantile: Option<Quantile>,
    /// Its value in milliseconds, if the sample supports it.
    pub value_ms: Option<f64>,
    /// Its rank in the sample, from 1.
    pub rank: usize,
    /// The size of the sample.
    pub frames: usize,
    /// Frames still missing before it may be shown; 0 when it is.
    pub frames_missing: usize,
    /// Lower end of its 95 % interval in milliseconds.
    pub low_ms: Option<f64>,
    /// Upper end; `None` if the sample is too small to bound it.
    pub high_ms: Option<f64>,
}

/// The controls' present values.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Name of the preset.
    pub preset: String,
    /// All presets, family after family.
    pub presets: Vec<PresetChoice>,
    /// What the preset's recipe is and where it comes from, for a tooltip.
    pub preset_note: String,
    /// Arrivals per second.
    pub rate: FrameRate,
    /// The rate that the source states.
    pub source_rate: FrameRate,
    /// The budget that the user set, in nanoseconds; `None` is the interval.
    pub budget_nanos: Option<u64>,
    /// The budget in force, in nanoseconds.
    pub budget_in_force_nanos: u64,
    /// The share of the budget that is forgiven.
    pub tolerance: Tolerance,
    /// The policy.
    pub policy: Policy,
    /// How arrivals lie around the rate.
    pub arrivals: ArrivalPattern,
    /// How many pictures of a live source may wait; `None` for a source that is read at will.
    pub live_buffer: Option<LiveBuffer>,
    /// How the stream waits for an arrival.
    pub waiting: Waiting,
    /// The simulated inference; `None` if there is none.
    pub infer: Option<Simulation>,
    /// What can be done to the stream on purpose.
    pub disturbances: Vec<DisturbanceView>,
    /// Whether decoding is the first stage, on the clock.
    pub is_decode_counted: bool,
    /// Buffer pool on or off.
    pub is_pool_enabled: bool,
    /// Stages one by one, or in one pass.
    pub execution: Execution,
    /// The vector instructions of the kernels.
    pub cpu_level: CpuLevel,
    /// Threads that share the rows of a picture.
    pub threads: usize,
    /// The numbers of threads to choose from.
    pub thread_choices: Vec<usize>,
    /// Why the stages run one by one although they were to be fused where possible; `None` otherwise.
    pub staged_because: Option<String>,
    /// The kind of blur.
    pub blur_kind: BlurKind,
    /// Radius of the blur in pixels; 0 is off.
    pub blur_radius_px: u32,
    /// The short side that the model input goes by, if it does; then `model_size` is `None`.
    pub model_short_px: Option<u32>,
    /// Width and height of the model input; `None` if the recipe has no resize.
    pub model_size: Option<Size>,
}

/// A preset in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetChoice {
    /// The name on the command line.
    pub name: String,
    /// The name on the screen.
    pub title: String,
    /// The name of its family.
    pub family: &'static str,
}

/// Something that can be done to the stream on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisturbanceView {
    /// Which.
    pub kind: DisturbanceKind,
    /// Its arguments, as they are typed after the colon of `--disturb`.
    pub arguments: String,
    /// Whether it is on. A disturbance that happens once never is.
    pub is_on: bool,
    /// Whether it happens once, at the push of a button, instead of being switched on.
    pub is_once: bool,
    /// Why its arguments were refused.
    pub refused: Option<String>,
}

/// Which frames statistics are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Span {
    /// The recent frames, at most [`super::STATISTICS_FRAMES`].
    #[default]
    Recent,
    /// All since the last change, to three significant digits.
    Whole,
}

/// The recorded frames under other policies, tolerances and rates.
#[derive(Clone, Debug, Default)]
pub struct WhatIfView {
    /// What counts as dropped.
    pub rule: DropRule,
    /// Frames that were replayed.
    pub frames: usize,
    /// The policy in force when they were.
    pub policy: Policy,
    /// The rate in force then, in frames per second.
    pub fps: f64,
    /// The tolerance in force then, in percent.
    pub tolerance_percent: f64,
    /// The answers; `None` until the first are there.
    pub answer: Option<WhatIf>,
}

/// A picture to be shown: interleaved RGB, 8 bits each.
#[derive(Clone, Debug, Default)]
pub struct RgbPicture {
    /// Width and height; `None` before the first picture.
    pub size: Option<Size>,
    /// `3 · width · height` bytes.
    pub rgb: Vec<u8>,
}

/// The latest pictures, both of the same frame.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    /// Changes when the pictures change: textures are uploaded then, and only then.
    pub version: u64,
    /// Number of the frame; of the last one before it, if the pictures were only looked at.
    pub frame: u64,
    /// Number of the picture within the source.
    pub source_frame: u64,
    /// Whether they were only looked at, outside of the schedule.
    pub is_look: bool,
    /// The frame as the source delivered it.
    pub original: Arc<RgbPicture>,
    /// The tensor, brought back to colours by undoing the normalization.
    pub model_input: Arc<RgbPicture>,
    /// How pixels of the two belong together.
    pub mapping: PictureMapping,
}

/// Where the original lies in the model input: `model = original · scale + offset`, per axis, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureMapping {
    /// Model pixels per original pixel, x and y.
    pub scale: [f32; 2],
    /// Model coordinates of the original's top left corner, x and y.
    pub offset: [f32; 2],
}

impl Default for PictureMapping {
    fn default() -> Self {
        Self {
            scale: [1.0; 2],
            offset: [0.0; 2],
        }
    }
}

/// The recent frames.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// One bar a frame, oldest first, at most [`super::TIMELINE_FRAMES`].
    pub bars: Vec<FrameBar>,
    /// Budget line, in milliseconds.
    pub budget_ms: f64,
    /// Budget + tolerance, in milliseconds.
    pub deadline_ms: f64,
    /// Numbers of the frames before which a setting was changed, with what was changed; of the whole run, ascending, at
    /// most [`super::MARKS_KEPT`].
    pub changes: Vec<(u64, String)>,
}

/// One frame of the timeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameBar {
    /// Number of the frame.
    pub index: u64,
    /// Verdict under the present budget and tolerance.
    pub verdict: Verdict,
    /// Finish − arrival; 0 for a skipped frame.
    pub response_ms: f64,
    /// Finish − start; 0 for a skipped frame.
    pub service_ms: f64,
    /// Start − arrival.
    pub start_delay_ms: f64,
    /// Service time of each stage, in the order of [`ViewModel::stages`] at its time.
    pub stage_ms: Vec<f64>,
}

/// A histogram and its quantiles.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    /// Which frames it is made of.
    pub span: Span,
    /// Processed frames in it.
    pub frames: usize,
    /// Bins of equal width of the first series, ascending, without gaps.
    pub bins: Vec<Bin>,
    /// Response and service, or the stage in focus alone, as curves; the rest of this is about the first.
    pub series: Vec<Series>,
    /// Arithmetic mean in milliseconds.
    pub mean_ms: Option<f64>,
    /// p50 to p99.9.
    pub quantiles: Vec<QuantileView>,
    /// The largest response time in milliseconds.
    pub max_ms: Option<f64>,
    /// The frame that took the longest.
    pub max_frame: Option<u64>,
}

/// One bin of a histogram: `from_ms` ≤ response < `to_ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Lower edge.
    pub from_ms: f64,
    /// Upper edge.
    pub to_ms: f64,
    /// Frames in it.
    pub count: u64,
}

/// One stage of the pipeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageView {
    /// `resize`.
    pub id: String,
    /// `1280×720 to 608×608, bilinear`.
    pub label: String,
    /// Service time of the latest frame, in milliseconds.
    pub now_ms: Option<f64>,
    /// Median.
    pub p50: QuantileView,
    /// 95th percentile.
    pub p95: QuantileView,
    /// 99th percentile.
    pub p99: QuantileView,
    /// Its share of all service time, 0 to 1.
    pub share_of_service: Option<f64>,
    /// Its mean service time ÷ the budget.
    pub share_of_budget: Option<f64>,
}

/// Dropped frames.
#[derive(Clone, Debug, Default)]
pub struct Drops {
    /// Newest first, at most [`super::DROPS_KEPT`].
    pub list: Vec<Dropped>,
    /// The slowest frames since counting began, slowest first, whether dropped or not.
    pub slowest: Vec<SlowFrame>,
    /// Cycles of the simulated collector, newest first, as lines.
    pub simulated_gc: Vec<String>,
    /// Frames looked at since the last change.
    pub frames: u64,
}

/// One of the slowest frames.
#[derive(Clone, Debug, PartialEq)]
pub struct SlowFrame {
    /// Its numbers and its verdict under the present deadline.
    pub bar: FrameBar,
    /// Why it was slow; `None` if it met its deadline when it was judged.
    pub why: Option<Dropped>,
}

/// Something to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// To put it away.
    pub id: u64,
    /// What is the matter, and what to do.
    pub text: String,
}

/// The values of one pixel, from the source to the tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PixelProbe {
    /// Column and row in the original.
    pub original: [u32; 2],
    /// Luma and chroma codes, if the source delivers YUV.
    pub yuv: Option<[u8; 3]>,
    /// Red, green, blue after conversion.
    pub rgb: [u8; 3],
    /// Column and row in the tensor; `None` if that pixel was cropped away.
    pub tensor: Option<[u32; 2]>,
    /// The three values that the model takes there, in channel order.
    pub values: Option<[f32; 3]>,
}
