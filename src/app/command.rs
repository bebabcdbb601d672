//! What the window asks for. Panels return commands; only [`super::Lab::apply`] acts on them.

use crate::engine::LiveBuffer;
use crate::frame::{FrameRate, Size};
use crate::judge::{ArrivalPattern, DropRule, Policy, Tolerance};
use crate::measure::{DisturbanceKind, Waiting};
use crate::pipeline::{BlurKind, CpuLevel, Execution, Simulation};

use super::viewer::ViewerCommand;
use super::{
    DropsCommand, ExportCommand, GraphCommand, PlotCommand, ShellCommand, Span, Speed, Step,
    WatchCommand,
};

/// One wish of the user.
#[derive(Clone, Debug, PartialEq)]
pub enum UiCommand {
    /// Run or pause the stream. A pause stops the schedule; nothing is counted meanwhile.
    SetRunning(bool),
    /// Pause, and look at the picture before or after the one shown; it is counted nowhere.
    Step(Step),
    /// Go to this picture: play on from there, or look at it while it is paused.
    GoTo(u64),
    /// Play only the pictures from the first on, up to the one before the second; `None` is the end.
    SetRange(u64, Option<u64>),
    /// How fast the time of the source passes; arrivals keep their rate.
    SetSpeed(Speed),
    /// Whether the source starts again at its end.
    SetLooping(bool),
    /// Whether decoding is the first stage, on the clock; the source is opened again for it.
    SetDecodeCounted(bool),
    /// Open a path or `synthetic:NAME?options`. What runs goes on until the new source has been opened.
    Open(String),
    /// Ask for a file with the desktop's own dialog, on a thread of its own.
    ChooseFile,
    /// Find out what this machine can open.
    AskFormats,
    /// Use the FFmpeg of this folder or program for what is opened from now on; empty is the one that is found.
    SetFfmpeg(String),
    /// Take the recipe and the tolerance of a preset.
    SetPreset(String),
    /// Arrivals per second.
    SetRate(FrameRate),
    /// Response time allowed, in nanoseconds; `None` is the interval.
    SetBudget(Option<u64>),
    /// The share of the budget that is forgiven.
    SetTolerance(Tolerance),
    /// What happens to frames that arrive while the pipeline is busy.
    SetPolicy(Policy),
    /// How arrivals lie around the rate.
    SetArrivals(ArrivalPattern),
    /// How many pictures of a live source may wait, and what happens to one more.
    SetLiveBuffer(LiveBuffer),
    /// How the stream waits for an arrival.
    SetWaiting(Waiting),
    /// The simulated inference after the pipeline, or none.
    SetInfer(Option<Simulation>),
    /// A lasting disturbance on or off.
    SetDisturbance(DisturbanceKind, bool),
    /// The arguments of a disturbance, as they are typed after its colon.
    SetDisturbanceArguments(DisturbanceKind, String),
    /// Disturb the next frame, once.
    DisturbOnce(DisturbanceKind),
    /// The what-if panel is being looked at: replaying costs a processor, and is done for as long as this is said.
    LookAtWhatIf,
    /// What counts as dropped in the what-if panel.
    SetDropRule(DropRule),
    /// Which frames the distribution is made of.
    SetSpan(Span),
    /// Buffer pool on or off.
    SetPool(bool),
    /// Stages one by one, or in one pass.
    SetExecution(Execution),
    /// The vector instructions of the kernels.
    SetCpuLevel(CpuLevel),
    /// How many threads share the rows of a picture.
    SetThreads(usize),
    /// The kind of blur; it keeps its radius.
    SetBlurKind(BlurKind),
    /// Radius of the blur in pixels; 0 turns it off.
    SetBlurRadius(u32),
    /// Width and height of the model input.
    SetModelSize(Size),
    /// Short side of the model input, if it goes by that.
    SetModelShortSide(u32),
    /// Select a frame everywhere, or none.
    Select(Option<u64>),
    /// Show the times of one stage, by its id, in every panel, or those of the whole pipeline.
    FocusStage(Option<String>),
    /// Look at the plots in another way, or brush frames in one.
    Plot(PlotCommand),
    /// Show the values at a pixel of the original, or none.
    Probe(Option<[u32; 2]>),
    /// What the viewer, the tensor panel and the A/B panel ask for.
    Viewer(ViewerCommand),
    /// Count anew: statistics, timeline and drops are emptied.
    ClearStatistics,
    /// A wish about dropped frames.
    Drops(DropsCommand),
    /// A wish about playback, and about what looking costs.
    Watch(WatchCommand),
    /// About the graph, or the text of its diagram.
    Graph(GraphCommand),
    /// Take something along: code, pictures, tables, files.
    Export(ExportCommand),
    /// Put a notice away.
    DismissNotice(u64),
    /// Workspaces, panels, theme, undo, tour.
    Shell(ShellCommand),
}
