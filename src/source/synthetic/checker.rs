//! The scene `checker`: black and white squares with an edge of `cell` pixels.
//!
//! `moderate` moves them by one pixel a frame to the right and down, `high` by half a square (at least one pixel).
//! Where a resize makes grey of it, or bands, its filter tells what it does.

use super::Drawing;
use super::options::{Motion, SyntheticOptions};
use crate::frame::Frame;

const BLACK: u8 = 16;
const WHITE: u8 = 235;

pub(super) struct Checker {
    /// Edge of a square, movement in a frame, and where it starts: all in pixels.
    cell: u64,
    step: u64,
    start: u64,
}

impl Checker {
    pub(super) fn new(options: &SyntheticOptions) -> Self {
        let cell_px = u64::from(options.cell_px);
        Self {
            cell: cell_px,
            step: match options.motion {
                Motion::Static => 0,
                Motion::Moderate => 1,
                Motion::High => cell_px.div_ceil(2),
            },
            start: options.seed.wrapping_sub(1) % (2 * cell_px),
        }
    }
}

impl Drawing for Checker {
    fn draw(&mut self, index: u64, frame: &mut Frame) {
        let period = 2 * self.cell;
        // Where in its period the left top corner is.
        let moved = (index % period * self.step + self.start) % period;
        let origin = period - moved;
        let width = frame.info().size.width();
        for (y, row) in frame.plane_mut(0).chunks_exact_mut(width).enumerate() {
            let band = (y as u64 + origin) / self.cell;
            for (x, sample) in row.iter_mut().enumerate() {
                let column = (x as u64 + origin) / self.cell;
                *sample = if (band + column).is_multiple_of(2) {
                    WHITE
                } else {
                    BLACK
                };
            }
        }
        for plane in 1..3 {
            frame.plane_mut(plane).fill(128);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FrameSource, synthetic::SyntheticSource};

    fn corner(spec: &str, frames: usize) -> Vec<String> {
        let mut source = SyntheticSource::from_spec(spec).unwrap();
        let mut frame = Frame::new(source.info().frame);
        (0..frames)
            .map(|_| {
                source.next_frame(&mut frame).unwrap();
                let row = &frame.plane(0).data[..8];
                row.iter()
                    .map(|&code| if code == WHITE { '#' } else { '.' })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn squares_have_their_edge_and_move_to_the_right() {
        let rows = corner("checker?size=16x16&cell=3", 3);
        // The second row of squares comes in from above, so that the edges change their sides.
        assert_eq!(rows, ["###...##", "#...###.", "##...###"]);
        assert_eq!(
            corner("checker?size=16x16&cell=3&motion=static", 2)[1],
            rows[0]
        );
        assert_eq!(corner("checker?size=16x16&cell=3&seed=7", 1)[0], rows[0]);
        assert_ne!(corner("checker?size=16x16&cell=3&seed=2", 1)[0], rows[0]);
    }
}
