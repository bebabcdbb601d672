//! The fused path: from a decoder's planes to the tensor in one pass, without a picture in between.
//!
//! Crop, blur, resize and the repetition of subsampled chroma become one banded matrix per axis
//! ([`Operator`]), computed when a recipe is compiled. What is left to do per frame and output
//! row:
//!
//! ```text
//! source rows (u8) ── vertical window ──► one row (i16) ── horizontal windows ──► sums (i32) ── matrix, scale, bias ──► f32
//!                     weights of 15 bits    stays in cache   weights of 14 bits
//! ```
//!
//! *Exactness.* Nothing is rounded to 8 bits on the way. Against the same operations in `f64` a tensor is within 0.05 of
//! a level (0 to 255). A staged pipeline rounds after every stage and clamps after conversion; here the clamp of YUV and
//! of filters with negative weights comes once, at the end.
//! *Levels.* `scalar.rs` is the specification; `avx2.rs` gives the same bits.
//! *Cost.* Reads each source row once or twice from memory, writes the tensor once; scratch of a few rows; no
//! allocation.
//! *Not handled.* `NHWC`, `f16` and 8-bit tensors; a picture that is letterboxed and then cropped, blurred or resized.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod backend;
mod color;
mod packer;
mod row_filter;
mod scalar;
mod tables;

use self::backend::Backend;
use self::color::{Finish, Matrix};
pub(super) use self::packer::Packer;
pub(super) use self::row_filter::RowFilter;
use self::tables::{Horizontal, Vertical, row_bits, sum_unit};
use super::axis::{Operator, gaussian};
use super::{CpuLevel, Edge, Gaussian, Normalization, Placement, Rect, ResizeKernel};
use crate::frame::{ColorSpec, Frame, FrameInfo, PixelFormat, Size};

/// The widest window, in source pixels of an axis: beyond, a carried sum is cheaper than a window.
pub const MAX_TAPS: usize = 256;

/// One step on the way from the frame to the picture in the tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FusedStep {
    /// Keeps a rectangle.
    Crop(Rect),
    /// The mean of a square.
    BoxBlur {
        /// Pixels on either side of the middle.
        radius_px: u32,
        /// What lies beyond the picture.
        edge: Edge,
    },
    /// A Gaussian.
    GaussianBlur(Gaussian),
    /// Another size.
    Resize {
        /// The new size.
        to: Size,
        /// The filter.
        kernel: ResizeKernel,
    },
}

/// All that a fused kernel does.
#[derive(Clone, Debug)]
pub struct FusedSpec {
    /// The layout of the frames.
    pub input: FrameInfo,
    /// How their codes are meant.
    pub color: ColorSpec,
    /// From the frame to the picture, in order.
    pub steps: Vec<FusedStep>,
    /// Where the picture lies in the tensor; `None` if it is all of it.
    pub placement: Option<Placement>,
    /// What surrounds it there: tensor values, per tensor channel.
    pub pad: [f32; 3],
    /// From pixels to tensor values.
    pub normalization: Normalization,
    /// Whether values that a filter with negative weights brings beyond 0 to 255 are clamped.
    pub is_clamped: bool,
}

/// Why steps cannot be fused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FuseError {
    /// A window is wider than [`MAX_TAPS`].
    #[error("one output pixel needs {taps} source pixels of a row or column, more than {MAX_TAPS}")]
    TooWide {
        /// How wide it is.
        taps: usize,
    },
    /// The machine lacks the instructions that were asked for.
    #[error("this machine has no {}", level.name())]
    Unsupported {
        /// What was asked for.
        level: CpuLevel,
    },
}

/// The steps of a [`FusedSpec`] as tables, with the scratch to run them. Allocates nothing when run.
///
/// ```
/// use framescope::frame::{ColorSpec, Frame, FrameInfo, PixelFormat, Size};
/// use framescope::kernel::{CpuLevel, FusedKernel, FusedSpec, FusedStep, Normalization, ResizeKernel};
///
/// let color = ColorSpec::assumed_for_height(2);
/// let input = FrameInfo { size: Size::new(2, 2), format: PixelFormat::Rgb8, color };
/// let mut frame = Frame::new(input);
/// // The mean of four pixels: (10 + 20 + 30 + 40) / 4 = 25.
/// frame.data_mut().copy_from_slice(&[10, 0, 0, 20, 0, 0, 30, 0, 0, 40, 0, 0]);
/// let spec = FusedSpec {
///     input, color,
///     steps: vec![FusedStep::Resize { to: Size::new(1, 1), kernel: ResizeKernel::Bilinear }],
///     placement: None,
///     pad: [0.0; 3],
///     normalization: Normalization::IDENTITY,
///     is_clamped: true,
/// };
/// let mut tensor = [0.0; 3];
/// FusedKernel::new(&spec, CpuLevel::best())?.run(&frame, &mut tensor);
/// // Sums are cut to 1/256 of a level on the way.
/// assert_eq!(tensor.map(f32::round), [25.0, 0.0, 0.0]);
/// assert!((tensor[0] - 25.0).abs() <= 1.0 / 64.0);
/// # Ok::<(), framescope::kernel::FuseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FusedKernel {
    input: FrameInfo,
    placement: Placement,
    picture: Size,
    pad: [f32; 3],
    /// The RGB channel (0 red, 1 green, 2 blue) of every tensor channel.
    channels: [usize; 3],
    backend: Backend,
    layout: Layout,
    finish: Finish,
    matrix: Matrix,
    /// From the sums of the wide vertical pass to the units of a row.
    shift: u32,
    scratch: Scratch,
}

/// Which tables there are.
#[derive(Clone, Debug)]
enum Layout {
    Rgb(Axes),
    Gray(Axes),
    Yuv { luma: Axes, chroma: Axes },
}

/// The tables of a plane.
#[derive(Clone, Debug)]
struct Axes {
    vertical: Vertical,
    horizontal: Horizontal,
}

#[derive(Clone, Debug)]
struct Scratch {
    /// The row between the passes.
    row: Vec<i16>,
    /// Those of Cb and Cr before they are interleaved.
    chroma_rows: [Vec<i16>; 2],
    /// Sums of Y, Cb and Cr.
    sums: [Vec<f32>; 3],
}

impl FusedKernel {
    /// Computes the tables and allocates the scratch.
    ///
    /// # Errors
    /// If a window is too wide for this path (take separate stages then), or the machine lacks `level`.
    ///
    /// # Panics
    /// If a size is empty, a crop leaves its picture, or the picture does not fit its placement.
    pub fn new(spec: &FusedSpec, level: CpuLevel) -> Result<Self, FuseError> {
        let backend = Backend::new(level)?;
        let (picture, [x, y]) = operators(spec)?;
        let placement = spec.placement.unwrap_or(Placement::whole(picture));
        assert!(
            placement.x_px + picture.width_px <= placement.canvas.width_px
                && placement.y_px + picture.height_px <= placement.canvas.height_px,
            "{picture} does not fit {placement:?}"
        );
        let is_signed = x.is_signed() || y.is_signed();
        let format = spec.input.format;
        let mut row_len = spec.input.size.width() * format.bytes_per_sample();
        let mut axes = |x: &Operator, y: &Operator, channels| {
            let mut horizontal = Horizontal::new(x);
            row_len = row_len.max(backend.prepare(&mut horizontal, channels));
            Axes {
                vertical: Vertical::new(y, is_signed),
                horizontal,
            }
        };
        let layout = match format {
            PixelFormat::Rgb8 => Layout::Rgb(axes(&x, &y, 3)),
            PixelFormat::Gray8 => Layout::Gray(axes(&x, &y, 1)),
            PixelFormat::I420 | PixelFormat::I422 | PixelFormat::I444 => {
                let luma = axes(&x, &y, 1);
                let chroma = chroma_operators(spec.input, &x, &y);
                let chroma = axes(&chroma[0], &chroma[1], 2);
                Layout::Yuv { luma, chroma }
            }
        };
        let is_clamped = is_signed && spec.is_clamped;
        let sums_len = match layout {
            Layout::Rgb(_) => 0,
            Layout::Gray(_) | Layout::Yuv { .. } => picture.width(),
        };
        let chroma_len = match layout {
            Layout::Rgb(_) | Layout::Gray(_) => 0,
            Layout::Yuv { .. } => format.plane_size(spec.input.size, 1).width(),
        };
        row_len = row_len.max(2 * chroma_len);
        let unit = sum_unit(is_signed);
        Ok(Self {
            input: spec.input,
            placement,
            picture,
            pad: spec.pad,
            channels: [0, 1, 2].map(|channel| spec.normalization.order.rgb_channel(channel)),
            backend,
            layout,
            finish: Finish::new(&spec.normalization, unit, is_clamped),
            matrix: Matrix::new(format, spec.color, &spec.normalization, unit),
            shift: 14 - row_bits(is_signed),
            scratch: Scratch {
                row: vec![0; row_len],
                chroma_rows: [(); 2].map(|()| vec![0; chroma_len]),
                sums: [(); 3].map(|()| vec![0.0; sums_len]),
            },
        })
    }

    /// Size of the tensor.
    pub const fn tensor_size(&self) -> Size {
        self.placement.canvas
    }

    /// Writes the tensor of `frame` (`3 · width · height` values, channel after channel).
    ///
    /// # Panics
    /// If the frame has another layout than the kernel was made for, or `tensor` another length.
    pub fn run(&mut self, frame: &Frame, tensor: &mut [f32]) {
        let (size, format) = (self.input.size, self.input.format);
        assert_eq!((frame.info().size, frame.info().format), (size, format));
        let canvas = self.placement.canvas;
        assert_eq!(tensor.len(), 3 * canvas.area(), "tensor of {canvas}");
        let (first, rest) = tensor.split_at_mut(canvas.area());
        let (second, third) = rest.split_at_mut(canvas.area());
        let rows = first.chunks_exact_mut(canvas.width());
        let rows = rows.zip(second.chunks_exact_mut(canvas.width()));
        let rows = rows.zip(third.chunks_exact_mut(canvas.width()));
        let top = self.placement.y_px as usize;
        for (y, ((first, second), third)) in rows.enumerate() {
            let outputs = [first, second, third];
            if (top..top + self.picture.height()).contains(&y) {
                let outputs = self.pad_sides(outputs);
                self.run_row(frame, y - top, outputs);
            } else {
                for (output, pad) in outputs.into_iter().zip(self.pad) {
                    output.fill(pad);
                }
            }
        }
    }

    /// Fills what lies beside the picture; what is left is the picture's, by RGB channel.
    fn pad_sides<'a>(&self, outputs: [&'a mut [f32]; 3]) -> [&'a mut [f32]; 3] {
        let left = self.placement.x_px as usize;
        let width = self.picture.width();
        let mut channel = 0;
        let mut inside = outputs.map(|output| {
            let pad = self.pad[channel];
            channel += 1;
            let (before, output) = output.split_at_mut(left);
            let (inside, after) = output.split_at_mut(width);
            before.fill(pad);
            after.fill(pad);
            inside
        });
        if self.channels[0] == 2 {
            inside.swap(0, 2);
        }
        inside
    }

    fn run_row(&mut self, frame: &Frame, y: usize, outputs: [&mut [f32]; 3]) {
        let (backend, finish) = (self.backend, &self.finish);
        let Scratch {
            row,
            chroma_rows,
            sums,
        } = &mut self.scratch;
        match &self.layout {
            Layout::Rgb(axes) => {
                backend.vertical(frame.plane(0), axes, y, self.shift, row);
                backend.rgb(row, &axes.horizontal, finish, outputs);
            }
            Layout::Gray(axes) => {
                backend.vertical(frame.plane(0), axes, y, self.shift, row);
                backend.plane(row, &axes.horizontal, &mut sums[0]);
                scalar::gray(&sums[0], &self.matrix, outputs);
            }
            Layout::Yuv { luma, chroma } => {
                let [y_sums, u_sums, v_sums] = sums;
                backend.vertical(frame.plane(0), luma, y, self.shift, row);
                backend.plane(row, &luma.horizontal, y_sums);
                for (index, row) in [1, 2].into_iter().zip(chroma_rows.iter_mut()) {
                    backend.vertical(frame.plane(index), chroma, y, self.shift, row);
                }
                let [u_row, v_row] = chroma_rows;
                scalar::interleave(u_row, v_row, row);
                backend.pair(row, &chroma.horizontal, [&mut *u_sums, &mut *v_sums]);
                backend.matrix([y_sums, u_sums, v_sums], &self.matrix, outputs);
            }
        }
    }
}

/// The size of the picture, and the operators from the frame's columns and rows to those of the picture.
fn operators(spec: &FusedSpec) -> Result<(Size, [Operator; 2]), FuseError> {
    let mut size = spec.input.size;
    let mut x = Operator::identity(size.width());
    let mut y = Operator::identity(size.height());
    for step in &spec.steps {
        let [next_x, next_y] = match *step {
            FusedStep::Crop(rect) => {
                assert!(rect.is_inside(size), "{rect:?} leaves {size}");
                let [left, top] = [rect.x_px as usize, rect.y_px as usize];
                let cropped = [
                    Operator::crop(size.width(), left, rect.width_px as usize),
                    Operator::crop(size.height(), top, rect.height_px as usize),
                ];
                size = rect.size();
                cropped
            }
            FusedStep::BoxBlur { radius_px, edge } => {
                let side = 2 * radius_px as usize + 1;
                blurs(size, &vec![1.0 / side as f64; side], edge)?
            }
            FusedStep::GaussianBlur(Gaussian {
                sigma_px,
                radius_px,
                edge,
            }) => blurs(size, &gaussian(sigma_px.into(), radius_px as usize), edge)?,
            FusedStep::Resize { to, kernel } => {
                let is_growing = to.width_px > size.width_px || to.height_px > size.height_px;
                let resized = [
                    Operator::resize(size.width(), to.width(), kernel, is_growing),
                    Operator::resize(size.height(), to.height(), kernel, is_growing),
                ];
                size = to;
                resized
            }
        };
        (x, y) = (next_x.after(&x), next_y.after(&y));
        let taps = x.max_taps().max(y.max_taps());
        if taps > MAX_TAPS {
            return Err(FuseError::TooWide { taps });
        }
    }
    Ok((size, [x, y]))
}

fn blurs(size: Size, kernel: &[f64], edge: Edge) -> Result<[Operator; 2], FuseError> {
    if kernel.len() > MAX_TAPS {
        return Err(FuseError::TooWide { taps: kernel.len() });
    }
    let sides = [size.width(), size.height()];
    Ok(sides.map(|len| Operator::blur(len, kernel, edge)))
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
