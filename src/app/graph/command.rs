//! What the window asks of the graph.

use super::{GraphChoice, Turn};
use crate::diagram::Direction;

/// One wish about the graph or the text of its diagram.
#[derive(Clone, Debug, PartialEq)]
pub enum GraphCommand {
    /// Show this diagram. What was typed into the one before is kept.
    Show(GraphChoice),
    /// Ask for a diagram with the desktop's own dialog, on a thread of its own.
    ChooseFile,
    /// Show this mermaid block of the file, from 0.
    ShowBlock(usize),
    /// Show all of the graph.
    Fit,
    /// Lay it out so.
    SetTurn(Turn),
    /// The panel is of a shape into which a diagram fits better in this direction; `None` is what the text says.
    Suit(Option<Direction>),
    /// The whole text as it is now typed.
    Edit(String),
    /// Write the text to its file.
    Save,
    /// Write the text to another file, and go on with that one.
    SaveAs(String),
    /// Ask for the other file with the desktop's own dialog.
    ChooseSaveAs,
    /// Go back to the text as it was saved.
    Revert,
    /// The text has been changed elsewhere: keep what was typed here.
    KeepMine,
    /// The text has been changed elsewhere: take that.
    TakeTheirs,
    /// Put a stage of the recipe to another place among the stages, from 0.
    MoveStage(String, usize),
    /// Take a stage out of the recipe, or put it back.
    SetStageOn(String, bool),
    /// Write the graph as it is shown, with its numbers, to a file; an empty path asks for one.
    Export {
        /// As what.
        format: GraphFormat,
        /// Where to.
        path: String,
        /// Whether it is shown on a dark ground.
        is_dark: bool,
    },
}

/// What a graph is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphFormat {
    /// Mermaid, with the numbers in the labels.
    Mermaid,
    /// SVG.
    Svg,
    /// PNG, at twice the size.
    Png,
}

impl GraphFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mermaid, Self::Svg, Self::Png];

    /// The name on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Mermaid => "Mermaid",
            Self::Svg => "SVG",
            Self::Png => "PNG",
        }
    }

    /// What a file's name ends in.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Mermaid => "mmd",
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}
