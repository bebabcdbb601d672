//! The Gaussian blur of 8-bit pictures and of planes, by a window of weights per axis.
//!
//! ```text
//! rows (u8) ── vertical window ──► one row (i16, 7 bits of fraction) ── horizontal window ──► row (u8)
//! ```
//!
//! *Exactness.* 8-bit results are within one level of `OpenCV`'s `GaussianBlur` of the same radius and sigma; every
//! level gives the same bytes. Planes are filtered in `f32`.
//! *Cost.* One pass over the picture and a scratch of one row; the work grows with the radius. No allocation.
//! *Not handled.* Different radii or sigmas per axis.

use super::axis::{Operator, gaussian};
use super::fused::RowFilter;
use super::team::{Band, Team};
use super::{CpuLevel, Edge};
use crate::frame::Size;

/// The largest radius of a Gaussian: a window of 255 pixels.
pub const MAX_GAUSSIAN_RADIUS_PX: u32 = 127;

/// The smallest sigma: below, the neighbours' weights vanish and nothing is blurred.
pub const MIN_SIGMA_PX: f32 = 0.3;

/// The largest sigma: beyond, a window of the largest radius is all but a box.
pub const MAX_SIGMA_PX: f32 = 1_000.0;

/// The numbers of a Gaussian blur.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaussian {
    /// Standard deviation in pixels, [`MIN_SIGMA_PX`] to [`MAX_SIGMA_PX`].
    pub sigma_px: f32,
    /// Pixels on either side of the middle, 1 to [`MAX_GAUSSIAN_RADIUS_PX`].
    pub radius_px: u32,
    /// What lies beyond the picture.
    pub edge: Edge,
}

/// A Gaussian blur prepared for one size.
///
/// ```
/// use framescope::frame::Size;
/// use framescope::kernel::{Edge, Gaussian, GaussianBlur};
///
/// // Weights e^-0.5 : 1 : e^-0.5, that is 0.274, 0.452, 0.274. Of 0, 100, 0 the middle keeps 45.
/// let gaussian = Gaussian { sigma_px: 1.0, radius_px: 1, edge: Edge::Clamp };
/// let mut blurred = [0; 9];
/// GaussianBlur::new(Size::new(3, 1), gaussian).run_rgb(&[0, 0, 0, 100, 100, 100, 0, 0, 0], &mut blurred);
/// assert_eq!(blurred, [27, 27, 27, 45, 45, 45, 27, 27, 27]);
/// ```
#[derive(Clone, Debug)]
pub struct GaussianBlur {
    size: Size,
    radius: usize,
    edge: Edge,
    rows: RowFilter,
    weights: Vec<f32>,
    /// Whole weights of the horizontal pass, 1.0 being 2¹⁵.
    whole: Vec<u16>,
    vertical: Operator,
    /// One row with `radius` pixels of edge on both sides, for each thread.
    rgb_rows: Vec<Vec<i16>>,
    team: Team,
    plane_row: Vec<f32>,
}

impl GaussianBlur {
    /// Computes the weights and allocates the scratch.
    ///
    /// # Panics
    /// If the size is empty, or radius or sigma out of range.
    pub fn new(size: Size, blur: Gaussian) -> Self {
        Self::with_level(size, blur, CpuLevel::best(), &Team::alone())
    }

    /// As [`Self::new`], with the vector instructions of `level`, or none if the machine lacks them, and the threads of
    /// `team`.
    ///
    /// # Panics
    /// If the size is empty, or radius or sigma out of range.
    pub fn with_level(size: Size, blur: Gaussian, level: CpuLevel, team: &Team) -> Self {
        assert!(size.area() > 0, "a blur needs pixels, not {size}");
        assert!(
            (1..=MAX_GAUSSIAN_RADIUS_PX).contains(&blur.radius_px)
                && (MIN_SIGMA_PX..=MAX_SIGMA_PX).contains(&blur.sigma_px),
            "{blur:?}"
        );
        let radius = blur.radius_px as usize;
        let weights = gaussian(blur.sigma_px.into(), radius);
        let vertical = Operator::blur(size.height(), &weights, blur.edge);
        let padded = size.width() + 2 * radius;
        Self {
            size,
            radius,
            edge: blur.edge,
            rows: RowFilter::new(&vertical, level),
            whole: RowFilter::whole(&weights),
            weights: weights.iter().map(|weight| *weight as f32).collect(),
            vertical,
            rgb_rows: vec![vec![0; 3 * padded]; team.threads()],
            team: team.clone(),
            plane_row: vec![0.0; padded],
        }
    }

    /// Blurs interleaved RGB.
    ///
    /// # Panics
    /// If a buffer does not hold `3 · width · height` bytes.
    pub fn run_rgb(&mut self, rgb: &[u8], blurred: &mut [u8]) {
        assert_eq!(rgb.len(), 3 * self.size.area(), "RGB of {}", self.size);
        assert_eq!(blurred.len(), rgb.len(), "RGB of {}", self.size);
        let band = Band {
            first_row: 0,
            row_len: 3 * self.size.width(),
            step: 1,
            outputs: [blurred],
            scratch: &mut self.rgb_rows,
        };
        let (filter, whole, radius, edge) = (&self.rows, &self.whole, self.radius, self.edge);
        let width = self.size.width();
        self.team
            .share_out(band, &|band: Band<'_, u8, Vec<i16>, 1>| {
                let [output] = band.outputs;
                let row = &mut band.scratch[0];
                for (y, output) in (band.first_row..).zip(output.chunks_exact_mut(band.row_len)) {
                    let inside = 3 * radius..3 * radius + band.row_len;
                    filter.vertical(rgb, band.row_len, y, &mut row[inside]);
                    extend_edges(row, 3, width, radius, edge);
                    filter.weigh(row, 3, whole, output);
                }
            });
    }

    /// Blurs three planes.
    ///
    /// # Panics
    /// If a buffer does not hold `3 · width · height` values.
    pub fn run_planes(&mut self, planes: &[f32], blurred: &mut [f32]) {
        let (area, width) = (self.size.area(), self.size.width());
        assert_eq!(planes.len(), 3 * area, "planes of {}", self.size);
        assert_eq!(blurred.len(), planes.len(), "planes of {}", self.size);
        for (plane, output) in planes
            .chunks_exact(area)
            .zip(blurred.chunks_exact_mut(area))
        {
            for ((start, taps), output) in self.vertical.rows().zip(output.chunks_exact_mut(width))
            {
                let inside = &mut self.plane_row[self.radius..self.radius + width];
                inside.fill(0.0);
                for (row, weight) in plane[start * width..].chunks_exact(width).zip(taps) {
                    for (sum, value) in inside.iter_mut().zip(row) {
                        *sum += value * *weight as f32;
                    }
                }
                extend_edges(&mut self.plane_row, 1, width, self.radius, self.edge);
                output.fill(0.0);
                for (tap, weight) in self.weights.iter().enumerate() {
                    for (sum, value) in output.iter_mut().zip(&self.plane_row[tap..]) {
                        *sum += value * weight;
                    }
                }
            }
        }
    }
}

/// Fills the `radius` pixels on both sides of a row from those inside.
fn extend_edges<T: Copy>(row: &mut [T], channels: usize, width: usize, radius: usize, edge: Edge) {
    let mut copy = |to: usize| {
        let from = radius + edge.inside(to as isize - radius as isize, width);
        row.copy_within(from * channels..(from + 1) * channels, to * channels);
    };
    (0..radius).for_each(&mut copy);
    (radius + width..width + 2 * radius).for_each(copy);
}
