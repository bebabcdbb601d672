//! The picture tap: the latest frame and its tensor, copied out for a window.
//!
//! A triple buffer holds the latest pictures only. The stream copies when the reader has taken the last ones, so that
//! a slow window costs the stream no more copies than it shows. The copy happens after the frame was judged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::frame::{Frame, Tensor};
use crate::pipeline::{Geometry, Normalization, Pipeline};

/// A frame and what became of it.
#[derive(Clone, Debug)]
pub struct Tap {
    /// Number of the arrival; `None` until the first copy.
    pub index: Option<u64>,
    /// The frame as the source delivered it.
    pub frame: Frame,
    /// The tensor.
    pub tensor: Tensor,
    /// Whether the picture was only looked at: a step or a leap while the schedule stood still. `index` is then that of
    /// the last arrival before it.
    pub is_look: bool,
    /// How pixels of the two belong together.
    pub geometry: Geometry,
    /// What the tensor's values mean.
    pub normalization: Normalization,
}

/// The stream's end.
pub(super) struct TapWriter {
    slot: triple_buffer::Input<Tap>,
    is_wanted: Arc<AtomicBool>,
}

/// The window's end.
pub struct TapReader {
    slot: triple_buffer::Output<Tap>,
    is_wanted: Arc<AtomicBool>,
}

/// Both ends, with room for the frames and the tensors of `pipeline`.
pub(super) fn tap(pipeline: &Pipeline) -> (TapWriter, TapReader) {
    let info = pipeline.input();
    let empty = Tap {
        index: None,
        is_look: false,
        frame: Frame::new(info),
        tensor: Tensor::zeroed(pipeline.tensor_size(), pipeline.tensor_form()),
        geometry: Geometry::identity(info.size),
        normalization: Normalization::IDENTITY,
    };
    let (writer, reader) = triple_buffer::triple_buffer(&empty);
    let is_wanted = Arc::new(AtomicBool::new(true));
    (
        TapWriter {
            slot: writer,
            is_wanted: Arc::clone(&is_wanted),
        },
        TapReader {
            slot: reader,
            is_wanted,
        },
    )
}

impl TapWriter {
    /// Copies the pictures out, if the reader has taken the last ones.
    pub(super) fn offer(&mut self, index: u64, frame: &Frame, pipeline: &Pipeline) {
        if self.is_wanted.swap(false, Ordering::Relaxed) {
            self.copy(index, frame, pipeline, false);
        }
    }

    /// Copies the pictures of a look out, whether the last ones were taken or not.
    pub(super) fn show(&mut self, index: u64, frame: &Frame, pipeline: &Pipeline) {
        self.copy(index, frame, pipeline, true);
    }

    fn copy(&mut self, index: u64, frame: &Frame, pipeline: &Pipeline, is_look: bool) {
        let Some(tensor) = pipeline.tensor() else {
            return;
        };
        let tap = self.slot.input_buffer_mut();
        tap.index = Some(index);
        tap.is_look = is_look;
        tap.frame.copy_from(frame);
        tap.tensor.copy_from(tensor);
        tap.geometry = pipeline.geometry();
        tap.normalization = pipeline.normalization();
        self.slot.publish();
    }
}

impl TapReader {
    /// The latest pictures, if there are newer ones than at the last call.
    pub fn take(&mut self) -> Option<&Tap> {
        if !self.slot.update() {
            return None;
        }
        self.is_wanted.store(true, Ordering::Relaxed);
        Some(self.slot.output_buffer()).filter(|tap| tap.index.is_some())
    }

    /// The pictures that were taken last.
    pub fn latest(&self) -> Option<&Tap> {
        Some(self.slot.output_buffer()).filter(|tap| tap.index.is_some())
    }
}
