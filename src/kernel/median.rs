//! The median of the square around every pixel, channel by channel: it removes specks and keeps edges.
//!
//! ```text
//! 25 values: of the first 14 neither the least nor the greatest is the median ── drop both, take the next ──► … ──► of 3 the middle one
//! ```
//!
//! The median of `n` values is never the least or the greatest of any `n / 2 + 2` of them, so those two can be forgotten.
//! Comparing is all there is, without branches, for [`LANES`] bytes at a time.
//!
//! *Exactness.* To the bit as `OpenCV`'s `medianBlur` of 3 and 5, which goes on with the outer pixels beyond the border.
//! *Cost.* 20 (3×3) or 132 (5×5) exchanges a byte, vectorised; scratch of a few rows; no allocation.
//! *Not handled.* Planes of `f32`; larger windows; other edges.

#![allow(
    clippy::inline_always,
    reason = "what is inlined into a function for AVX2 is compiled for AVX2"
)]

use serde::{Deserialize, Serialize};

use super::CpuLevel;
use super::fused::MedianFilter;
use super::team::{Band, Team};
use crate::frame::Size;

/// Bytes that are compared at a time: one vector register of AVX2, two of 16 bytes.
const LANES: usize = 32;

type Lanes = [u8; LANES];

/// The square whose median is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MedianWindow {
    /// Three pixels a side.
    #[serde(rename = "3x3")]
    Three,
    /// Five pixels a side.
    #[serde(rename = "5x5")]
    Five,
}

impl MedianWindow {
    /// Pixels on either side of the middle.
    pub const fn radius_px(self) -> u32 {
        match self {
            Self::Three => 1,
            Self::Five => 2,
        }
    }

    /// The window of this radius, or the nearest.
    pub const fn of_radius(radius_px: u32) -> Self {
        if radius_px <= 1 {
            Self::Three
        } else {
            Self::Five
        }
    }

    /// Its name on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Three => "3×3",
            Self::Five => "5×5",
        }
    }
}

/// A median blur prepared for one size.
///
/// ```
/// use framescope::frame::Size;
/// use framescope::kernel::{MedianBlur, MedianWindow};
///
/// // A speck in the middle of 3×3 grey pixels goes.
/// let mut rgb = [7; 27];
/// rgb[12..15].fill(255);
/// let mut blurred = [0; 27];
/// MedianBlur::new(Size::new(3, 3), MedianWindow::Three).run_rgb(&rgb, &mut blurred);
/// assert_eq!(blurred, [7; 27]);
/// ```
#[derive(Clone, Debug)]
pub struct MedianBlur {
    size: Size,
    window: MedianWindow,
    filter: MedianFilter,
    /// The rows of a window, each with the edge on both sides and room for whole lanes; for each thread.
    rows: Vec<Vec<u8>>,
    team: Team,
}

impl MedianBlur {
    /// Allocates the scratch.
    ///
    /// # Panics
    /// If the size is empty.
    pub fn new(size: Size, window: MedianWindow) -> Self {
        Self::with_level(size, window, CpuLevel::best(), &Team::alone())
    }

    /// As [`Self::new`], with the vector instructions of `level`, or none if the machine lacks them, and the threads of
    /// `team`.
    ///
    /// # Panics
    /// If the size is empty.
    pub fn with_level(size: Size, window: MedianWindow, level: CpuLevel, team: &Team) -> Self {
        assert!(size.area() > 0, "a blur needs pixels, not {size}");
        let radius = window.radius_px() as usize;
        Self {
            size,
            window,
            filter: MedianFilter::new(level),
            rows: vec![vec![0; (2 * radius + 1) * Self::pitch(size, radius)]; team.threads()],
            team: team.clone(),
        }
    }

    /// Bytes of scratch.
    pub fn bytes(size: Size, window: MedianWindow) -> u64 {
        let radius = window.radius_px() as usize;
        ((2 * radius + 1) * Self::pitch(size, radius)) as u64
    }

    const fn pitch(size: Size, radius: usize) -> usize {
        3 * (size.width() + 2 * radius) + LANES
    }

    /// Blurs interleaved RGB.
    ///
    /// # Panics
    /// If a buffer does not hold `3 · width · height` bytes.
    pub fn run_rgb(&mut self, rgb: &[u8], blurred: &mut [u8]) {
        assert_eq!(rgb.len(), 3 * self.size.area(), "RGB of {}", self.size);
        assert_eq!(blurred.len(), rgb.len(), "RGB of {}", self.size);
        let radius = self.window.radius_px() as usize;
        let pitch = Self::pitch(self.size, radius);
        let (size, window, filter) = (self.size, self.window, self.filter);
        let len = 3 * size.width();
        let band = Band {
            first_row: 0,
            row_len: len,
            step: 1,
            outputs: [blurred],
            scratch: &mut self.rows,
        };
        self.team
            .share_out(band, &|band: Band<'_, u8, Vec<u8>, 1>| {
                let [output] = band.outputs;
                let rows = &mut band.scratch[0];
                for (y, output) in (band.first_row..).zip(output.chunks_exact_mut(len)) {
                    for (tap, row) in rows.chunks_exact_mut(pitch).enumerate() {
                        let from = (y + tap).saturating_sub(radius).min(size.height() - 1);
                        extend(&rgb[from * len..(from + 1) * len], radius, row);
                    }
                    filter.run(rows, pitch, window, output);
                }
            });
    }
}

/// Writes the medians of the windows of `rows`, of `pitch` bytes each, whose top-left bytes are the first of the first row
/// and those behind it.
#[inline(always)]
pub(super) fn medians(rows: &[u8], pitch: usize, window: MedianWindow, output: &mut [u8]) {
    for (index, output) in output.chunks_mut(LANES).enumerate() {
        let first = index * LANES;
        let medians = match window {
            MedianWindow::Three => median::<3, 9>(rows, pitch, first),
            MedianWindow::Five => median::<5, 25>(rows, pitch, first),
        };
        output.copy_from_slice(&medians[..output.len()]);
    }
}

/// A row with its outer pixels repeated `radius` times on both sides.
fn extend(row: &[u8], radius: usize, extended: &mut [u8]) {
    let (before, rest) = extended.split_at_mut(3 * radius);
    let (inside, after) = rest.split_at_mut(row.len());
    inside.copy_from_slice(row);
    for pixel in before.chunks_exact_mut(3) {
        pixel.copy_from_slice(&row[..3]);
    }
    for pixel in after[..3 * radius].chunks_exact_mut(3) {
        pixel.copy_from_slice(&row[row.len() - 3..]);
    }
}

/// The medians of the `SIDE × SIDE` windows of which byte `first` of every row is the top-left one, and of the bytes
/// behind it. `COUNT` is `SIDE · SIDE`.
#[inline(always)]
fn median<const SIDE: usize, const COUNT: usize>(rows: &[u8], pitch: usize, first: usize) -> Lanes {
    let mut kept = [[0; LANES]; COUNT];
    for (index, lanes) in kept.iter_mut().enumerate() {
        let start = index / SIDE * pitch + first + 3 * (index % SIDE);
        lanes.copy_from_slice(&rows[start..start + LANES]);
    }
    let mut next = COUNT / 2 + 2;
    for len in (3..=COUNT / 2 + 2).rev() {
        extremes_outside(&mut kept[..len]);
        if len > 3 {
            // The least makes room for the next; the greatest is the last of `len`, and left out from now on.
            kept[0] = kept[next];
            next += 1;
        }
    }
    kept[1]
}

/// Brings the least values to the front and the greatest to the end.
#[inline(always)]
fn extremes_outside(values: &mut [Lanes]) {
    let last = values.len() - 1;
    for index in 0..values.len() / 2 {
        exchange(values, index, last - index);
    }
    for index in 1..=last / 2 {
        exchange(values, 0, index);
    }
    for index in values.len() / 2..last {
        exchange(values, index, last);
    }
}

/// Puts the lesser of two values first, lane by lane.
#[inline(always)]
fn exchange(values: &mut [Lanes], first: usize, second: usize) {
    let (a, b) = (values[first], values[second]);
    // Into arrays of their own: the compiler can tell that they do not overlap, and compares all lanes at once.
    let (mut less, mut more) = ([0; LANES], [0; LANES]);
    for lane in 0..LANES {
        less[lane] = a[lane].min(b[lane]);
        more[lane] = a[lane].max(b[lane]);
    }
    (values[first], values[second]) = (less, more);
}
