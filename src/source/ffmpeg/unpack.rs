//! From the planes that FFmpeg writes to a frame: reduced to 8 bits, and turned.

use super::layout::Layout;
use super::probe::Probed;
use crate::frame::{Frame, Size};
use crate::source::depth::Reducer;
use crate::source::turn;

/// Brings pictures from FFmpeg's pipe into frames.
pub(in crate::source) struct Unpacker {
    layout: Layout,
    /// For samples of more than 8 bits, with room for the samples of a picture of 8.
    reducer: Option<Reducer>,
    reduced: Vec<u8>,
    /// Size before rotation.
    size: Size,
    rotation_degrees: u32,
}

impl Unpacker {
    /// For the pictures of what was probed.
    pub(in crate::source) fn new(probed: &Probed) -> Self {
        let layout = probed.layout.clone();
        let reducer = (layout.bits > 8).then(|| Reducer::new(layout.bits, probed.color.spec.range));
        let picture_bytes = layout.format.frame_bytes(probed.size);
        Self {
            reduced: if reducer.is_some() {
                vec![0; picture_bytes]
            } else {
                Vec::new()
            },
            reducer,
            layout,
            size: probed.size,
            rotation_degrees: probed.rotation_degrees,
        }
    }

    /// Bytes of a picture in the pipe.
    pub(in crate::source) fn stored_bytes(&self) -> usize {
        let bytes_per_sample = if self.layout.bits > 8 { 2 } else { 1 };
        self.layout.format.frame_bytes(self.size) * bytes_per_sample
    }

    /// Fills the planes of `frame` with the picture `stored`, of [`Unpacker::stored_bytes`].
    pub(in crate::source) fn unpack(&mut self, stored: &[u8], frame: &mut Frame) {
        let samples = if let Some(reducer) = &self.reducer {
            reducer.reduce(stored, &mut self.reduced);
            &self.reduced
        } else {
            stored
        };
        let (size, format) = (self.size, self.layout.format);
        let mut rest = samples;
        for plane in 0..format.plane_count() {
            let (from, behind) = rest.split_at(format.plane_bytes(size, plane));
            rest = behind;
            let plane_size = format.plane_size(size, plane);
            let into = frame.plane_mut(plane);
            let turned = self.rotation_degrees;
            turn::copy(
                from,
                plane_size,
                format.bytes_per_sample(plane),
                turned,
                into,
            );
        }
    }
}
