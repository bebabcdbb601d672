//! One level's passes behind one set of names.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
use super::color::{Finish, Matrix};
use super::tables::{Horizontal, RowWeights};
use super::{Axes, FuseError, scalar};
use crate::frame::Plane;
use crate::kernel::CpuLevel;

#[derive(Clone, Copy, Debug)]
pub(super) enum Backend {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
}

/// The source rows of a window: `taps` rows of `len` bytes, `stride` apart, the first one at the plane's beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    pub(super) plane: &'a [u8],
    pub(super) stride: usize,
    pub(super) len: usize,
    pub(super) taps: usize,
    /// How many rows after the first the next output row goes on: where to fetch from ahead of time.
    pub(super) next: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn row(self, tap: usize) -> &'a [u8] {
        &self.plane[tap * self.stride..][..self.len]
    }

    pub(super) fn are_inside(self) -> bool {
        self.taps > 0 && self.plane.len() >= (self.taps - 1) * self.stride + self.len
    }

    /// The address of the row that is needed next; not to be read.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn ahead(self) -> *const u8 {
        self.plane.as_ptr().wrapping_add(self.next * self.stride)
    }
}

impl Backend {
    pub(super) fn new(level: CpuLevel) -> Result<Self, FuseError> {
        match level {
            CpuLevel::Scalar => Ok(Self::Scalar),
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx2 => match Avx2::detect() {
                Some(avx2) => Ok(Self::Avx2(avx2)),
                None => Err(FuseError::Unsupported { level }),
            },
            #[cfg(not(target_arch = "x86_64"))]
            CpuLevel::Avx2 => Err(FuseError::Unsupported { level }),
        }
    }

    /// Lays the table out; returns how many samples a row must hold.
    pub(super) fn prepare(self, table: &mut Horizontal, channels: usize) -> usize {
        match self {
            Self::Scalar => channels * table.reach(2 * table.pairs),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => Avx2::pack(table, channels),
        }
    }

    pub(super) fn vertical(
        self,
        plane: Plane<'_>,
        axes: &Axes,
        y: usize,
        shift: u32,
        output: &mut [i16],
    ) {
        let window = axes.vertical.row(y);
        let rows = Rows {
            plane: &plane.data[window.start * plane.stride_bytes..],
            stride: plane.stride_bytes,
            len: plane.stride_bytes,
            taps: window.taps,
            next: window.next.unwrap_or(window.start) - window.start,
        };
        self.weigh_rows(rows, window.weights, shift, output);
    }

    pub(super) fn weigh_rows(
        self,
        rows: Rows<'_>,
        weights: RowWeights<'_>,
        shift: u32,
        output: &mut [i16],
    ) {
        match (self, weights) {
            (Self::Scalar, RowWeights::Narrow(weights)) => {
                scalar::vertical_narrow(rows, weights, output);
            }
            (Self::Scalar, RowWeights::Wide(weights)) => {
                scalar::vertical_wide(rows, weights, shift, output);
            }
            #[cfg(target_arch = "x86_64")]
            (Self::Avx2(avx2), RowWeights::Narrow(weights)) => {
                avx2.vertical_narrow(rows, weights, output);
            }
            #[cfg(target_arch = "x86_64")]
            (Self::Avx2(avx2), RowWeights::Wide(weights)) => {
                avx2.vertical_wide(rows, weights, shift, output);
            }
        }
    }

    pub(super) fn rgb(
        self,
        row: &[i16],
        table: &Horizontal,
        finish: &Finish,
        outputs: [&mut [f32]; 3],
    ) {
        match self {
            Self::Scalar => scalar::rgb(row, table, finish, 0, outputs),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => avx2.rgb(row, table, finish, outputs),
        }
    }

    pub(super) fn plane(self, row: &[i16], table: &Horizontal, sums: &mut [f32]) {
        match self {
            Self::Scalar => scalar::plane(row, table, 0, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => avx2.plane(row, table, sums),
        }
    }

    pub(super) fn pair(self, row: &[i16], table: &Horizontal, sums: [&mut [f32]; 2]) {
        match self {
            Self::Scalar => scalar::pair(row, table, 0, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => avx2.pair(row, table, sums),
        }
    }

    pub(super) fn matrix(self, planes: [&[f32]; 3], matrix: &Matrix, outputs: [&mut [f32]; 3]) {
        match self {
            Self::Scalar => scalar::matrix(planes, matrix, 0, outputs),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => avx2.matrix(planes, matrix, outputs),
        }
    }
}
