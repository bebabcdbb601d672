//! How a frame becomes a tensor: a [`Recipe`] is compiled into a [`Pipeline`] that runs without allocating.
//!
//! ```text
//!  Recipe (JSON, editable) ── compile(recipe, frame layout) ──► Pipeline: stages with buffers ── process(frame) ──► tensor
//! ```
//!
//! Every stage is timed alone (*staged* execution), or those from `convert` to the tensor run in one pass and are timed as
//! the stage `fused` ([`Execution`]). The order of crop, blur, resize and normalize is the recipe's:
//! after `normalize` a picture is planar `f32`, before it interleaved 8-bit RGB, and every stage works on both.
//!
//! ```
//! use framescope::frame::{ColorSpec, Frame, FrameInfo, PixelFormat, Size};
//! use framescope::measure::SystemClock;
//! use framescope::pipeline::{compile, preset};
//!
//! let size = Size::new(64, 48);
//! let color = ColorSpec::assumed_for_height(size.height_px);
//! let info = FrameInfo { size, format: PixelFormat::I420, color };
//! let recipe = &preset("yolov4").expect("a preset").recipe;
//! let mut pipeline = compile(recipe, info, true)?;
//! let stage_nanos = pipeline.process(&Frame::new(info), &SystemClock);
//! assert_eq!(stage_nanos.len(), 3); // convert, resize, normalize
//! let tensor = pipeline.tensor().expect("a tensor");
//! assert_eq!((tensor.size, tensor.values.len()), (Size::new(608, 608), 3 * 608 * 608));
//! # Ok::<(), framescope::pipeline::RecipeError>(())
//! ```

mod blur;
mod check;
mod compile;
mod crop;
mod edit;
mod error;
mod execution;
mod geometry;
mod preset;
mod recipe;
mod resize;
mod run;
mod simulated;
mod stage;
mod variant;

pub use blur::{BlurKind, BlurSpec, MAX_REGIONS, Regions};
pub use compile::{MAX_BUFFER_BYTES, compile, compile_with};
pub use crop::{CropPlace, CropRounding, CropSpec};
pub use error::RecipeError;
pub use execution::{CompileOptions, Execution};
pub use geometry::{Area, Geometry};
pub use preset::{Preset, PresetFamily, PresetSource, preset, presets};
pub use recipe::{MAX_STAGES, Recipe, StageSpec};
pub use resize::{
    Anchor, Fit, Letterbox, Placed, ResizeSpec, ResizeTarget, ShortSide, SideRounding,
    StridePadding,
};
pub use run::{Pipeline, StageInfo};
pub use simulated::{Occupies, ServiceTime, Simulation};
pub use stage::{Picture, Stage, StageInput};
pub use variant::Difference;

// The words of a recipe and of its compilation that the kernels define.
pub use crate::kernel::{
    ChannelOrder, CpuLevel, Edge, MAX_THREADS, MedianWindow, Normalization, Rect, ResizeKernel,
    Team, TeamError,
};
