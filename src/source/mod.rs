//! Where frames come from.
//!
//! [`open`] turns the text a user typed (a path, or `synthetic:NAME?options`) into a [`FrameSource`]: a dull, blocking
//! thing that fills one frame after another. Threads, prefetch and looping belong to the engine.
//!
//! *Shapes and units.* All frames of a source share one [`FrameInfo`]; sizes are as displayed (rotation applied).
//! *Errors.* Every [`SourceError`] names the source, the reason and the way out. Files are untrusted: sizes and
//! counts are checked against [`limits`] before anything is allocated.

mod error;

pub use error::SourceError;

use serde::Serialize;

use crate::frame::{Frame, FrameInfo, FrameRate, Size};

/// What a source holds, as far as it can be known without playing it. `framescope probe` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceInfo {
    /// What the user typed: a path or `synthetic:…`.
    pub name: String,
    /// The container or kind: `synthetic`, `y4m`, `image`, `mp4`.
    pub container: String,
    /// The codec in words: `H.264 High`, `PNG`, `raw`.
    pub codec: String,
    /// Which code reads it: `built-in`, or a library with its version.
    pub decoder: String,
    /// Layout of every frame; its size is as displayed.
    pub frame: FrameInfo,
    /// Size before rotation.
    pub coded_size: Size,
    /// Clockwise rotation that is applied for display: 0, 90, 180 or 270 degrees.
    pub rotation_degrees: u32,
    /// Average frame rate; stills and synthetic sources have [`FrameRate::DEFAULT`] unless asked otherwise.
    pub rate: FrameRate,
    /// Whether the intervals between frames vary by more than rounding.
    pub is_variable_rate: bool,
    /// Number of frames; `None` if the source does not say, or never ends.
    pub frame_count: Option<u64>,
    /// Duration in nanoseconds, where known.
    pub duration_nanos: Option<u64>,
    /// Whether the source goes on for ever by itself (synthetic scenes, a still shown again and again).
    pub is_endless: bool,
}

/// Whether a frame was filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The frame was filled.
    Frame,
    /// The source is at its end; the frame is untouched.
    End,
}

/// A sequence of pictures. Blocking and single-threaded; the engine runs it on a thread of its own.
pub trait FrameSource: Send {
    /// What the source holds.
    fn info(&self) -> &SourceInfo;

    /// Fills `frame` (made with [`SourceInfo::frame`]) with the next picture, its index and its timestamp.
    ///
    /// # Errors
    /// If the picture cannot be read or decoded. The source may be asked again: it then goes on after the damage, or
    /// says [`Next::End`].
    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError>;

    /// Goes back to the first picture; indexes start from 0 again.
    ///
    /// # Errors
    /// If the file can no longer be read.
    fn rewind(&mut self) -> Result<(), SourceError>;
}
