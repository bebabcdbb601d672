//! Taking things along: the recipe as code, pictures of panels, tables, the tensor, the frames.
//!
//! ```text
//!  ExportCommand ──► Lab: what is to be saved is copied ──► job thread: the file, whole or not at all ──► a notice
//! ```
//!
//! The window's thread copies memory and nothing else; encoding and writing are the job's.

mod drawing;
mod files;
mod png;
mod svg;
mod tables;

use std::sync::Arc;

pub use crate::session::CodeKind;
pub use drawing::{Drawing, Font, Glyph, Ink, Mark, Pixels, Triangle};
pub use tables::{Table, TableText, moment_text};

pub(super) use files::{
    Content, Place, Saved, Saving, ask_place, ask_recipe, default_name, size_words,
};
pub use svg::svg_text;

use crate::pipeline::Recipe;

/// What the user wants to take along.
#[derive(Clone, Debug, PartialEq)]
pub enum ExportCommand {
    /// Show the recipe in this language.
    ShowCode(CodeKind),
    /// Save this.
    Save(ExportItem),
    /// Save a picture of a panel.
    SavePicture(PanelPicture),
    /// Where files go: a folder, or a file's name for the next one; empty asks each time.
    SetPlace(String),
    /// Replace the file that is there already, or keep it.
    Replace(bool),
    /// Stop what is being written; what was there before stays.
    Cancel,
    /// Take the recipe of a file.
    OpenRecipe(String),
    /// Ask for a recipe file with the desktop's own dialog.
    ChooseRecipe,
    /// Take this text as the recipe, if it is one.
    ApplyRecipe(String),
}

/// Something that becomes a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportItem {
    /// The recipe, in the language that is shown.
    Code,
    /// The recipe as JSON.
    Recipe,
    /// The tensor of the frame that is shown.
    Tensor,
    /// The frame as it came, in colours.
    Original,
    /// The tensor, brought back to colours.
    ModelInput,
    /// The kept frames since the last change, a line each.
    Frames,
    /// Plan, host and summary of those frames.
    RunJson,
    /// All of it, to be opened again.
    RunFile,
}

impl ExportItem {
    /// All of them, in the order of the panel.
    pub const ALL: [Self; 8] = [
        Self::Code,
        Self::Recipe,
        Self::Tensor,
        Self::Original,
        Self::ModelInput,
        Self::Frames,
        Self::RunJson,
        Self::RunFile,
    ];

    /// Its name on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Code => "Code",
            Self::Recipe => "Recipe",
            Self::Tensor => "Tensor",
            Self::Original => "Original",
            Self::ModelInput => "Model input",
            Self::Frames => "Frames",
            Self::RunJson => "Summary",
            Self::RunFile => "Run file",
        }
    }

    /// What is in it, in a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Code => "the recipe as a program, in the language shown",
            Self::Recipe => "the recipe as JSON, to be opened here and by --recipe",
            Self::Tensor => "what the model takes of the frame shown, .npy",
            Self::Original => "the frame shown as it came, PNG",
            Self::ModelInput => "the tensor of the frame shown in colours, PNG",
            Self::Frames => "the kept frames since the last change, CSV",
            Self::RunJson => "plan, host and numbers of those frames, JSON",
            Self::RunFile => "all of it, for `framescope replay`",
        }
    }
}

/// How a panel's picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// The pixels of the screen.
    Png,
    /// Shapes and outlines of text, sharp at every size.
    Svg,
}

impl PictureFormat {
    /// How its files' names end, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
        }
    }
}

/// A picture of a panel, as it was on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelPicture {
    /// The panel's title.
    pub panel: &'static str,
    /// How it is written.
    pub format: PictureFormat,
    /// Its pixels: the picture itself, or what the images in the drawing look like.
    pub pixels: Option<Arc<Pixels>>,
    /// Its shapes; `None` for a PNG.
    pub drawing: Option<Arc<Drawing>>,
}

/// What the export panel shows.
#[derive(Clone, Debug, Default)]
pub struct ExportView {
    /// The language shown.
    pub kind: CodeKind,
    /// The recipe in it.
    pub code: Arc<str>,
    /// The recipe as JSON.
    pub recipe: Arc<str>,
    /// Where files go; empty asks each time.
    pub place: String,
    /// What is being written, and how much of it is.
    pub working: Option<String>,
    /// A file that is there already, which the user has not allowed to be replaced yet.
    pub asks: Option<String>,
    /// What became of the last file.
    pub said: Option<String>,
    /// Frames that `Frames`, `Summary` and `Run file` would hold.
    pub frames: usize,
    /// Whether there is a picture yet.
    pub has_picture: bool,
}

/// What is wrong with a text as a recipe: the field, and the way out; `None` if it is one.
pub fn recipe_trouble(text: &str) -> Option<String> {
    Recipe::from_json(text).err().map(|error| error.to_string())
}
