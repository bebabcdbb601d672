//! A copy of the tapped frame and its tensor: what a job works on while the stream goes on.

use crate::engine::Tap;
use crate::frame::{Frame, FrameInfo, Tensor};
use crate::pipeline::{Geometry, Normalization};

/// One frame and what the stream's own pipeline made of it.
#[derive(Clone, Debug)]
pub(crate) struct Still {
    /// Changes from still to still.
    pub(crate) version: u64,
    /// Number of the arrival.
    pub(crate) index: u64,
    /// Whether it was only looked at.
    pub(crate) is_look: bool,
    /// The frame.
    pub(crate) frame: Frame,
    /// The stream's tensor.
    pub(crate) tensor: Tensor,
    /// How pixels of the two belong together.
    pub(crate) geometry: Geometry,
    /// What the tensor's values mean.
    pub(crate) normalization: Normalization,
}

impl Still {
    /// A copy of what was tapped.
    pub(super) fn of(tap: &Tap, version: u64) -> Self {
        Self {
            version,
            index: tap.index.unwrap_or(0),
            is_look: tap.is_look,
            frame: tap.frame.clone(),
            tensor: tap.tensor.clone(),
            geometry: tap.geometry,
            normalization: tap.normalization,
        }
    }

    /// The same in memory that is there already.
    pub(super) fn refill(&mut self, tap: &Tap, version: u64) {
        self.version = version;
        self.index = tap.index.unwrap_or(0);
        self.is_look = tap.is_look;
        self.frame.copy_from(&tap.frame);
        self.tensor.copy_from(tap.tensor.view());
        self.geometry = tap.geometry;
        self.normalization = tap.normalization;
    }

    /// The layout of the frame.
    pub(super) const fn info(&self) -> FrameInfo {
        self.frame.info()
    }
}
