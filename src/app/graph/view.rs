//! What the graph and the text of its diagram show.

use std::fmt;
use std::sync::Arc;

use super::probe::Probe;
use crate::diagram::{Diagnostic, Diagram, Direction, Picture};
use crate::measure::Verdict;

/// Which diagram is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GraphChoice {
    /// The pipeline of the moment, written from the recipe.
    #[default]
    Pipeline,
    /// One of those that ship with the program.
    Shipped(Shipped),
    /// A file, by its path.
    File(String),
}

/// Which way the ranks of a diagram go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// As the text says, unless it could not be read so in the panel.
    #[default]
    Fitting,
    /// As the text says.
    Written,
    /// This way.
    To(Direction),
}

/// The diagrams that ship with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shipped {
    /// How a stream is put together.
    StreamFactory,
    /// What happens to one frame.
    FrameProcessing,
    /// Who measures what.
    Monitoring,
}

impl Shipped {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::StreamFactory, Self::FrameProcessing, Self::Monitoring];

    /// The same in every version.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StreamFactory => "stream-factory",
            Self::FrameProcessing => "frame-processing",
            Self::Monitoring => "monitoring",
        }
    }

    /// The title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::StreamFactory => "Stream processing factory",
            Self::FrameProcessing => "Frame processing bootstrap",
            Self::Monitoring => "Performance monitoring bootstrap",
        }
    }

    /// The Mermaid text.
    pub const fn text(self) -> &'static str {
        match self {
            Self::StreamFactory => {
                include_str!("../../../assets/diagrams/stream_processing_factory.mmd")
            }
            Self::FrameProcessing => {
                include_str!("../../../assets/diagrams/frame_processing_bootstrap.mmd")
            }
            Self::Monitoring => {
                include_str!("../../../assets/diagrams/performance_monitoring_bootstrap.mmd")
            }
        }
    }
}

impl GraphChoice {
    /// What it is called on the screen: a file by its name.
    pub fn title(&self) -> &str {
        match self {
            Self::Pipeline => "Pipeline of the moment",
            Self::Shipped(shipped) => shipped.title(),
            Self::File(path) => path.rsplit(['/', '\\']).next().unwrap_or(path),
        }
    }
}

/// Everything of the graph.
#[derive(Clone, Debug, Default)]
pub struct GraphView {
    /// Which diagram is shown.
    pub choice: GraphChoice,
    /// The diagrams that have been opened or typed into, besides.
    pub open: Vec<OpenDiagram>,
    /// The direction that was asked for.
    pub turn: Turn,
    /// The direction that suits the panel; `None` is the text's own.
    pub suited: Option<Direction>,
    /// The text.
    pub text: DiagramText,
    /// The diagram in its places; `None` until the first has been laid out.
    pub drawn: Option<Arc<Drawn>>,
    /// Whether `drawn` is of an earlier text, because nothing of the present one can be drawn.
    pub is_drawn_old: bool,
    /// What the reader has to know about the text.
    pub diagnostics: Vec<Diagnostic>,
    /// What is measured at each node of `drawn`, in its order.
    pub nodes: Vec<NodeLive>,
    /// Frames processed since the stream began: what the edges flow by.
    pub frames: u64,
    /// Late frames on their way, at most [`super::MAX_TRAVELLERS`].
    pub travellers: Vec<Traveller>,
    /// Whether nodes are stages whose order can be changed by moving them.
    pub is_recipe: bool,
    /// Whether a picture of the text as it is now is still to come.
    pub is_to_be_drawn: bool,
    /// How often it was asked to show all of the graph.
    pub fits: u64,
}

/// A diagram that has been opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDiagram {
    /// Which.
    pub choice: GraphChoice,
    /// Whether something was typed into it that is in no file.
    pub is_unsaved: bool,
}

/// The text of the diagram that is shown.
#[derive(Clone, Debug)]
pub struct DiagramText {
    /// The whole of it; of a Markdown file with what stands around the diagram.
    pub text: Arc<str>,
    /// Changes when something else than typing changes the text.
    pub version: u64,
    /// The file; `None` if it has none yet.
    pub path: Option<String>,
    /// Whether something was typed that is in no file.
    pub is_unsaved: bool,
    /// Whether what was typed is there again at the next start, saved or not.
    pub is_kept: bool,
    /// Whether it was changed elsewhere meanwhile: on the disk, or by a change of the recipe.
    pub is_changed_elsewhere: bool,
    /// Mermaid blocks in it.
    pub blocks: usize,
    /// The one that is shown, from 0.
    pub block: usize,
}

impl Default for DiagramText {
    fn default() -> Self {
        Self {
            text: "".into(),
            version: 0,
            path: None,
            is_unsaved: false,
            is_kept: false,
            is_changed_elsewhere: false,
            blocks: 0,
            block: 0,
        }
    }
}

/// A diagram in its places.
#[derive(Debug, Default)]
pub struct Drawn {
    /// Another one for each that was laid out.
    pub version: u64,
    /// What is drawn.
    pub diagram: Diagram,
    /// Where.
    pub picture: Picture,
    /// The probe that each node is bound to.
    pub probes: Vec<Option<Probe>>,
    /// Whether live values stand at the right of the text, as in rows.
    pub is_in_rows: bool,
    /// The text of the block.
    pub text: String,
}

/// A number as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Milliseconds.
    Ms(f64),
    /// A quantile that still needs so many frames.
    Needs(usize),
    /// A share, 0 to 1, shown in percent.
    Share(f64),
    /// Frames per second.
    Rate(f64),
    /// How many.
    Count(u64),
    /// So many for each frame.
    PerFrame(f64),
    /// Bytes for each frame.
    BytesPerFrame(f64),
    /// A word.
    Word(&'static str),
    /// Nothing has been measured yet, or the system can't tell.
    Unknown,
}

/// Between a number and its unit.
const THIN: char = '\u{2009}';

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Ms(ms) if ms < 99.995 => write!(f, "{ms:.2}{THIN}ms"),
            Self::Ms(ms) => write!(f, "{ms:.1}{THIN}ms"),
            Self::Needs(frames) => write!(f, "in {frames} frames"),
            Self::Share(0.0) => write!(f, "0{THIN}%"),
            Self::Share(share) if share < 0.1 => write!(f, "{:.2}{THIN}%", share * 100.0),
            Self::Share(share) => write!(f, "{:.1}{THIN}%", share * 100.0),
            Self::Rate(fps) => write!(f, "{fps:.1}{THIN}fps"),
            Self::Count(count) => write!(f, "{count}"),
            Self::PerFrame(count) => write!(f, "{count:.1} a frame"),
            Self::BytesPerFrame(bytes) if bytes < 1e4 => write!(f, "{bytes:.0}{THIN}B a frame"),
            Self::BytesPerFrame(bytes) => write!(f, "{:.2}{THIN}MB a frame", bytes / 1e6),
            Self::Word(word) => f.write_str(word),
            Self::Unknown => f.write_str("–"),
        }
    }
}

/// A number and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// `p50`, `queue`.
    pub name: &'static str,
    /// The number.
    pub value: Value,
}

/// What is measured at a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeLive {
    /// What it is bound to, in words; `None` if it is bound to nothing.
    pub probe: Option<String>,
    /// The stage that a click focuses; `None` for what is no stage.
    pub stage: Option<String>,
    /// Where the stage stands among those of the recipe; `None` for what is no stage of it.
    pub place: Option<usize>,
    /// Whether it is a stage that is off, or a collector that is.
    pub is_off: bool,
    /// Whether its numbers are of something simulated.
    pub is_simulated: bool,
    /// The number of the moment.
    pub now: Option<Reading>,
    /// The others, the most important first.
    pub readings: Vec<Reading>,
    /// Mean time ÷ budget, if it has one.
    pub share_of_budget: Option<f64>,
    /// The latest values, oldest first, as shares of the largest of them.
    pub spark: Vec<f32>,
    /// The largest of them in milliseconds.
    pub spark_max_ms: f64,
    /// Frames that wait here.
    pub queue: Option<u32>,
    /// Dropped frames of which this is the cause or the place, of those that the drops panel keeps.
    pub drops: u64,
    /// The same as a share of all of them; 0 without a drop.
    pub share_of_drops: f64,
}

impl NodeLive {
    /// The numbers in words, line by line, as exports write them.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.is_off {
            lines.push("off".to_owned());
        }
        let said = |reading: &Reading| format!("{} {}", reading.name, reading.value);
        lines.extend(self.now.iter().map(said));
        for pair in self.readings.chunks(2) {
            lines.push(pair.iter().map(said).collect::<Vec<_>>().join(" · "));
        }
        if let Some(share) = self.share_of_budget {
            lines.push(format!("{} of the budget", Value::Share(share)));
        }
        if self.drops > 0 {
            lines.push(format!("{} dropped here", self.drops));
        }
        if self.is_simulated {
            lines.push("simulated".to_owned());
        }
        lines
    }
}

/// Where a late frame is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TravelPlace {
    /// In a node.
    Node(usize),
    /// On an edge, at a share of its way.
    Edge(usize, f32),
}

/// A late frame on its way through the graph, slowed down until it can be seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Traveller {
    /// Its number.
    pub frame: u64,
    /// Its verdict.
    pub verdict: Verdict,
    /// Where it is.
    pub place: TravelPlace,
    /// The node at which it lost its time.
    pub slow_node: Option<usize>,
    /// 1 on the way, then falling to 0 within two seconds.
    pub glow: f32,
}
