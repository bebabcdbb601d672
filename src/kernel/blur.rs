//! The box blur: every pixel becomes the mean of the square around it.
//!
//! ```text
//! column sums over 2r+1 rows   ──►   sums over 2r+1 columns   ──►   ÷ (2r+1)²
//!  one row enters, one leaves         one column enters, one leaves
//! ```
//!
//! Both sums are carried on, so that a pixel costs the same whatever the radius (*Box-filtering
//! techniques*, 1981). The mean is rounded once, at the end: 8-bit results are exact.
//!
//! *Cost.* One pass over the picture; scratch of four rows. `libblur` was considered and allocates at every call.
//! *Not handled.* Different radii per axis.

use serde::{Deserialize, Serialize};

use crate::frame::Size;

/// The largest radius: up to here the sum of a square of 8-bit pixels and its exact division fit 32-bit factors.
pub const MAX_RADIUS_PX: u32 = 1_000;

/// Up to this radius the columns are added directly, which vectorises; beyond, sums are carried on.
const DIRECT_RADIUS: usize = 3;

/// What lies beyond the picture: `|abcdefgh|` is the row, the letters outside what is read there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edge {
    /// `aaaaaa|abcdefgh|hhhhhh`: the last pixel goes on (`OpenCV` `BORDER_REPLICATE`).
    #[default]
    Clamp,
    /// `gfedcb|abcdefgh|gfedcb`: mirrored at the last pixel, which is not repeated (`OpenCV` `BORDER_REFLECT_101`).
    Mirror,
    /// `cdefgh|abcdefgh|abcdef`: the picture repeats (`OpenCV` `BORDER_WRAP`).
    Wrap,
}

impl Edge {
    /// Its name in recipes and labels.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clamp => "clamp",
            Self::Mirror => "mirror",
            Self::Wrap => "wrap",
        }
    }

    /// The position inside `0..len` that stands for `position`, which may be any distance outside.
    pub(super) fn inside(self, position: isize, len: usize) -> usize {
        let last = len as isize - 1;
        let inside = match self {
            Self::Clamp => position.clamp(0, last),
            Self::Wrap => position.rem_euclid(last + 1),
            Self::Mirror if last == 0 => 0,
            Self::Mirror => {
                let within = position.rem_euclid(2 * last);
                within.min(2 * last - within)
            }
        };
        inside as usize
    }
}

/// A box blur prepared for one size, radius and edge. It owns its scratch and allocates nothing when run.
///
/// ```
/// use framescope::frame::Size;
/// use framescope::kernel::{BoxBlur, Edge};
///
/// // One bright pixel of four. With clamped edges the square around it holds it 4 times in 9:
/// // 90 · 4 / 9 = 40; beside it 90 · 2 / 9 = 20; across 90 · 1 / 9 = 10.
/// let rgb = [90, 90, 90, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// let mut blurred = [0; 12];
/// BoxBlur::new(Size::new(2, 2), 1, Edge::Clamp).run_rgb(&rgb, &mut blurred);
/// assert_eq!(blurred, [40, 40, 40, 20, 20, 20, 20, 20, 20, 10, 10, 10]);
/// ```
#[derive(Clone, Debug)]
pub struct BoxBlur {
    size: Size,
    radius: usize,
    edge: Edge,
    bytes: Scratch<u32>,
    floats: Scratch<f64>,
}

#[derive(Clone, Debug, Default)]
struct Scratch<S> {
    /// Sums of the columns with `radius` pixels of edge on both sides.
    columns: Vec<S>,
    /// Sums of the squares of one row.
    squares: Vec<S>,
}

impl BoxBlur {
    /// Prepares a blur for interleaved RGB and for planes of `size`.
    ///
    /// # Panics
    /// If the size is empty or the radius is above [`MAX_RADIUS_PX`].
    pub fn new(size: Size, radius_px: u32, edge: Edge) -> Self {
        assert!(size.area() > 0, "a blur needs pixels, not {size}");
        assert!(radius_px <= MAX_RADIUS_PX, "radius {radius_px} px");
        let radius = radius_px as usize;
        let padded = size.width() + 2 * radius;
        Self {
            size,
            radius,
            edge,
            bytes: Scratch::new(3 * padded, 3 * size.width()),
            floats: Scratch::new(padded, size.width()),
        }
    }

    /// Blurs interleaved RGB; the mean is rounded to the nearest level (it is never halfway: the count is odd).
    ///
    /// # Panics
    /// If a buffer does not hold `3 · width · height` bytes.
    pub fn run_rgb(&mut self, rgb: &[u8], blurred: &mut [u8]) {
        assert_eq!(rgb.len(), 3 * self.size.area(), "RGB of {}", self.size);
        assert_eq!(blurred.len(), rgb.len(), "RGB of {}", self.size);
        let picture = Picture {
            samples: rgb,
            size: self.size,
            radius: self.radius,
            edge: self.edge,
        };
        picture.blur::<3>(&mut self.bytes, blurred);
    }

    /// Blurs three planes; sums are kept in `f64`, so that carrying them on loses nothing that `f32` can show.
    ///
    /// # Panics
    /// If a buffer does not hold `3 · width · height` values.
    pub fn run_planes(&mut self, planes: &[f32], blurred: &mut [f32]) {
        let area = self.size.area();
        assert_eq!(planes.len(), 3 * area, "planes of {}", self.size);
        assert_eq!(blurred.len(), planes.len(), "planes of {}", self.size);
        for (plane, output) in planes
            .chunks_exact(area)
            .zip(blurred.chunks_exact_mut(area))
        {
            let picture = Picture {
                samples: plane,
                size: self.size,
                radius: self.radius,
                edge: self.edge,
            };
            picture.blur::<1>(&mut self.floats, output);
        }
    }
}

impl<S: Clone + Default> Scratch<S> {
    fn new(columns: usize, squares: usize) -> Self {
        Self {
            columns: vec![S::default(); columns],
            squares: vec![S::default(); squares],
        }
    }
}

/// A sample that can be summed up and divided.
trait Sample: Copy {
    type Sum: Copy + Default + std::ops::Add<Output = Self::Sum> + std::ops::Sub<Output = Self::Sum>;

    fn sum(self) -> Self::Sum;

    /// Divides every sum by `count` (odd).
    fn write_means(sums: &[Self::Sum], count: u32, means: &mut [Self]);
}

impl Sample for u8 {
    type Sum = u32;

    fn sum(self) -> u32 {
        u32::from(self)
    }

    /// `(sum + count / 2) / count` as a multiplication: with `factor = floor(2^shift / count) + 1` and
    /// `shift = 31 + floor(log2 count)` the quotient is exact while `255.5 · count < 2^30` (Granlund and Montgomery,
    /// *Division by invariant integers using multiplication*, 1994), which [`MAX_RADIUS_PX`] makes sure of.
    fn write_means(sums: &[u32], count: u32, means: &mut [u8]) {
        let shift = 31 + count.ilog2();
        let factor = (1_u64 << shift) / u64::from(count) + 1;
        let half = count / 2;
        for (mean, sum) in means.iter_mut().zip(sums) {
            *mean = ((u64::from(sum + half) * factor) >> shift) as u8;
        }
    }
}

impl Sample for f32 {
    type Sum = f64;

    fn sum(self) -> f64 {
        f64::from(self)
    }

    fn write_means(sums: &[f64], count: u32, means: &mut [f32]) {
        let factor = 1.0 / f64::from(count);
        for (mean, sum) in means.iter_mut().zip(sums) {
            *mean = (sum * factor) as f32;
        }
    }
}

/// Rows of `C` interleaved channels and how to blur them.
struct Picture<'a, T> {
    samples: &'a [T],
    size: Size,
    radius: usize,
    edge: Edge,
}

impl<T: Sample> Picture<'_, T> {
    fn blur<const C: usize>(&self, scratch: &mut Scratch<T::Sum>, blurred: &mut [T]) {
        let side = 2 * self.radius as u32 + 1;
        let inside = self.radius * C..(self.radius + self.size.width()) * C;
        self.sum_first_rows::<C>(&mut scratch.columns[inside.clone()]);
        for (y, output) in blurred.chunks_exact_mut(self.size.width() * C).enumerate() {
            if y > 0 {
                self.move_down::<C>(y, &mut scratch.columns[inside.clone()]);
            }
            self.extend_edges::<C>(&mut scratch.columns);
            if self.radius <= DIRECT_RADIUS {
                add_columns::<T::Sum, C>(&scratch.columns, self.radius, &mut scratch.squares);
            } else {
                carry_columns::<T::Sum, C>(&scratch.columns, self.radius, &mut scratch.squares);
            }
            T::write_means(&scratch.squares, side * side, output);
        }
    }

    /// The row that stands for row `y`, which may lie outside.
    fn row<const C: usize>(&self, y: isize) -> &[T] {
        let len = self.size.width() * C;
        let start = self.edge.inside(y, self.size.height()) * len;
        &self.samples[start..start + len]
    }

    fn sum_first_rows<const C: usize>(&self, columns: &mut [T::Sum]) {
        columns.fill(T::Sum::default());
        let radius = self.radius as isize;
        for y in -radius..=radius {
            for (sum, sample) in columns.iter_mut().zip(self.row::<C>(y)) {
                *sum = *sum + sample.sum();
            }
        }
    }

    fn move_down<const C: usize>(&self, y: usize, columns: &mut [T::Sum]) {
        let (y, radius) = (y as isize, self.radius as isize);
        let entering = self.row::<C>(y + radius);
        let leaving = self.row::<C>(y - radius - 1);
        for ((sum, enters), leaves) in columns.iter_mut().zip(entering).zip(leaving) {
            *sum = *sum + enters.sum() - leaves.sum();
        }
    }

    /// Fills the `radius` columns on both sides from those inside.
    fn extend_edges<const C: usize>(&self, columns: &mut [T::Sum]) {
        let (width, radius) = (self.size.width(), self.radius);
        let mut copy = |to: usize| {
            let from = radius + self.edge.inside(to as isize - radius as isize, width);
            columns.copy_within(from * C..(from + 1) * C, to * C);
        };
        (0..radius).for_each(&mut copy);
        (radius + width..width + 2 * radius).for_each(copy);
    }
}

/// Adds `2 · radius + 1` columns for every square, all afresh.
fn add_columns<S, const C: usize>(columns: &[S], radius: usize, squares: &mut [S])
where
    S: Copy + std::ops::Add<Output = S>,
{
    let len = squares.len();
    squares.copy_from_slice(&columns[..len]);
    for column in 1..=2 * radius {
        let start = column * C;
        for (square, sum) in squares.iter_mut().zip(&columns[start..start + len]) {
            *square = *square + *sum;
        }
    }
}

/// Carries the sum of `2 · radius + 1` columns from square to square.
fn carry_columns<S, const C: usize>(columns: &[S], radius: usize, squares: &mut [S])
where
    S: Copy + Default + std::ops::Add<Output = S> + std::ops::Sub<Output = S>,
{
    let side = 2 * radius + 1;
    let mut carried = [S::default(); C];
    for column in columns[..side * C].chunks_exact(C) {
        for (sum, entering) in carried.iter_mut().zip(column) {
            *sum = *sum + *entering;
        }
    }
    let (first, rest) = squares.split_at_mut(C);
    first.copy_from_slice(&carried);
    let entering = columns[side * C..].chunks_exact(C);
    let leaving = columns.chunks_exact(C);
    for ((square, enters), leaves) in rest.chunks_exact_mut(C).zip(entering).zip(leaving) {
        for channel in 0..C {
            carried[channel] = carried[channel] + enters[channel] - leaves[channel];
            square[channel] = carried[channel];
        }
    }
}
