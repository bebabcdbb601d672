//! One row of the tensor from the planes of a frame.

use super::color::{Finish, Matrix};
use super::passes::{Passes, Rows, YuvRows, YuvTables};
use super::tables::{Horizontal, Vertical, row_bits, sum_unit};
use super::{FusedSpec, scalar, weigh_rows};
use crate::frame::{FrameInfo, PixelFormat, Plane, Size};
use crate::kernel::axis::Operator;

/// The tables of a [`FusedSpec`] and who runs them.
#[derive(Clone, Debug)]
pub(super) struct RowMaker {
    passes: &'static dyn Passes,
    picture: Size,
    layout: Layout,
    finish: Finish,
    matrix: Matrix,
    /// From the sums of the wide vertical pass to the units of a row.
    shift: u32,
}

/// Which tables there are.
#[derive(Clone, Debug)]
enum Layout {
    Rgb(Vertical, Horizontal),
    Gray(Vertical, Horizontal),
    Yuv {
        luma: Vertical,
        chroma: Vertical,
        columns: Box<YuvTables>,
        /// Whether Cb and Cr share a plane.
        is_interleaved: bool,
    },
}

/// What one thread writes to on the way.
#[derive(Clone, Debug)]
pub(super) struct Scratch {
    /// The row between the passes: RGB, grey or luma.
    row: Vec<i16>,
    /// That of Cb and Cr in turn.
    chroma_row: Vec<i16>,
    /// Those of Cb and Cr before they are interleaved.
    chroma_rows: [Vec<i16>; 2],
    /// Sums of Y, Cb and Cr.
    sums: [Vec<f32>; 3],
}

impl RowMaker {
    /// Computes the tables for pictures that `operators` make from the frame's columns and rows.
    pub(super) fn new(
        spec: &FusedSpec,
        [x, y]: &[Operator; 2],
        passes: &'static dyn Passes,
    ) -> (Self, Scratch) {
        let picture = Size::new(x.len() as u32, y.len() as u32);
        let is_signed = x.is_signed() || y.is_signed();
        let format = spec.input.format;
        let mut row_len = spec.input.size.width() * format.bytes_per_sample(0);
        let mut chroma_len = 0;
        let (mut chroma_row_len, mut sums_len) = (0, picture.width());
        let columns = |x: &Operator, channels, row_len: &mut usize| {
            let mut table = Horizontal::new(x);
            *row_len = passes.prepare(&mut table, channels).max(*row_len);
            table
        };
        let layout = match format {
            PixelFormat::Rgb8 => {
                sums_len = 0;
                Layout::Rgb(Vertical::new(y, is_signed), columns(x, 3, &mut row_len))
            }
            PixelFormat::Gray8 => {
                Layout::Gray(Vertical::new(y, is_signed), columns(x, 1, &mut row_len))
            }
            PixelFormat::I420 | PixelFormat::Nv12 | PixelFormat::I422 | PixelFormat::I444 => {
                let [chroma_x, chroma_y] = chroma_operators(spec.input, x, y);
                let chroma_width = format.plane_size(spec.input.size, 1).width();
                let is_interleaved = format == PixelFormat::Nv12;
                chroma_row_len = 2 * chroma_width;
                if !is_interleaved {
                    chroma_len = chroma_width;
                }
                Layout::Yuv {
                    luma: Vertical::new(y, is_signed),
                    chroma: Vertical::new(&chroma_y, is_signed),
                    columns: Box::new(YuvTables {
                        luma: columns(x, 1, &mut row_len),
                        chroma: columns(&chroma_x, 2, &mut chroma_row_len),
                    }),
                    is_interleaved,
                }
            }
        };
        let unit = sum_unit(is_signed);
        let is_clamped = is_signed && spec.is_clamped;
        let maker = Self {
            passes,
            picture,
            layout,
            finish: Finish::new(&spec.normalization, unit, is_clamped),
            matrix: Matrix::new(format, spec.color, &spec.normalization, unit),
            shift: 14 - row_bits(is_signed),
        };
        let scratch = Scratch {
            row: vec![0; row_len],
            chroma_row: vec![0; chroma_row_len],
            chroma_rows: [(); 2].map(|()| vec![0; chroma_len]),
            sums: [(); 3].map(|()| vec![0.0; sums_len]),
        };
        (maker, scratch)
    }

    /// Size of the picture that the rows make up.
    pub(super) const fn picture(&self) -> Size {
        self.picture
    }

    /// Writes row `y` of the picture, by RGB channel.
    pub(super) fn run(
        &self,
        planes: &[Plane<'_>; 3],
        y: usize,
        scratch: &mut Scratch,
        outputs: [&mut [f32]; 3],
    ) {
        let Scratch {
            row,
            chroma_row,
            chroma_rows,
            sums,
        } = scratch;
        match &self.layout {
            Layout::Rgb(vertical, horizontal) => {
                self.vertical(planes[0], vertical, y, row);
                self.passes.rgb(row, horizontal, &self.finish, outputs);
            }
            Layout::Gray(vertical, horizontal) => {
                self.vertical(planes[0], vertical, y, row);
                self.passes.plane(row, horizontal, &mut sums[0]);
                scalar::gray(&sums[0], &self.matrix, outputs);
            }
            Layout::Yuv {
                luma,
                chroma,
                columns,
                is_interleaved,
            } => {
                self.vertical(planes[0], luma, y, row);
                if *is_interleaved {
                    self.vertical(planes[1], chroma, y, chroma_row);
                } else {
                    for (plane, row) in planes[1..].iter().zip(chroma_rows.iter_mut()) {
                        self.vertical(*plane, chroma, y, row);
                    }
                    let [u_row, v_row] = chroma_rows;
                    scalar::interleave(u_row, v_row, chroma_row);
                }
                let rows = YuvRows {
                    luma: row,
                    chroma: chroma_row,
                };
                let sums = sums.each_mut().map(Vec::as_mut_slice);
                self.passes.yuv(rows, columns, sums, &self.matrix, outputs);
            }
        }
    }

    /// Rounds three rows of values from 0 to 255 to interleaved bytes.
    pub(super) fn bytes(&self, rows: [&[f32]; 3], output: &mut [u8]) {
        self.passes.bytes(rows, output);
    }

    fn vertical(&self, plane: Plane<'_>, vertical: &Vertical, y: usize, output: &mut [i16]) {
        let window = vertical.row(y);
        let rows = Rows {
            plane: &plane.data[window.start * plane.stride_bytes..],
            stride: plane.stride_bytes,
            len: plane.stride_bytes,
            taps: window.taps,
            next: window.next.unwrap_or(window.start) - window.start,
        };
        weigh_rows(self.passes, rows, window.weights, self.shift, output);
    }
}

/// The operators from the columns and rows of the chroma planes.
fn chroma_operators(input: FrameInfo, x: &Operator, y: &Operator) -> [Operator; 2] {
    let chroma = input.format.plane_size(input.size, 1);
    let through = |operator: &Operator, from: usize, to: usize| {
        if from == to {
            operator.clone()
        } else {
            operator.after(&Operator::doubled(to))
        }
    };
    [
        through(x, chroma.width(), input.size.width()),
        through(y, chroma.height(), input.size.height()),
    ]
}
