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
//! *Levels.* `scalar.rs` is the specification; the others give the same bits (`passes.rs`). SSE4.1 and NEON share their
//! passes (`simd128`); AVX-512 has its own where they are faster than AVX2's.
//! *Threads.* The rows of the tensor can be shared out among threads, each with a scratch of its own.
//! *Cost.* Reads each source row once or twice from memory, writes the tensor once; scratch of a few rows; no
//! allocation.
//! *Other forms.* `NHWC`, `f16` and bytes are made of each row while it is in the cache.
//! *Not handled.* A picture that is letterboxed and then cropped, blurred or resized.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod color;
mod packer;
mod passes;
mod rgb;
mod row_filter;
mod rows;
mod scalar;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod simd128;
mod tables;

pub(super) use self::packer::Packer;
use self::passes::{Passes, Rows, passes};
pub(super) use self::rgb::RgbRows;
pub(super) use self::row_filter::{MedianFilter, RowFilter};
use self::rows::{RowMaker, Scratch};
use self::tables::RowWeights;
use super::axis::{Operator, gaussian};
use super::pack::{self, Convert};
use super::team::{Band, Team};
use super::{CpuLevel, Edge, Gaussian, Normalization, Placement, Rect, ResizeKernel};
use crate::frame::{
    ColorSpec, Frame, FrameInfo, Layout, Plane, Size, Tensor, TensorData, ValueType,
};

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
/// use framescope::kernel::{
///     CpuLevel, FusedKernel, FusedSpec, FusedStep, Normalization, ResizeKernel, Team,
/// };
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
/// FusedKernel::new(&spec, CpuLevel::best(), &Team::alone())?.run(&frame, &mut tensor);
/// // Sums are cut to 1/256 of a level on the way.
/// assert_eq!(tensor.map(f32::round), [25.0, 0.0, 0.0]);
/// assert!((tensor[0] - 25.0).abs() <= 1.0 / 64.0);
/// # Ok::<(), framescope::kernel::FuseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FusedKernel {
    input: FrameInfo,
    placement: Placement,
    pad: [f32; 3],
    /// Whether red is the tensor's last channel.
    is_bgr: bool,
    rows: RowMaker,
    /// One for each thread.
    hands: Vec<Hand>,
    team: Team,
}

impl FusedKernel {
    /// Computes the tables and allocates the scratch.
    ///
    /// # Errors
    /// If a window is too wide for this path (take separate stages then), or the machine lacks `level`.
    ///
    /// # Panics
    /// If a size is empty, a crop leaves its picture, or the picture does not fit its placement.
    pub fn new(spec: &FusedSpec, level: CpuLevel, team: &Team) -> Result<Self, FuseError> {
        let passes = passes(level)?;
        let (picture, operators) = operators(spec)?;
        let placement = spec.placement.unwrap_or(Placement::whole(picture));
        assert!(
            placement.x_px + picture.width_px <= placement.canvas.width_px
                && placement.y_px + picture.height_px <= placement.canvas.height_px,
            "{picture} does not fit {placement:?}"
        );
        let (rows, scratch) = RowMaker::new(spec, &operators, passes);
        let hand = Hand {
            scratch,
            values: vec![0.0; 3 * placement.canvas.width()],
        };
        Ok(Self {
            input: spec.input,
            placement,
            pad: spec.pad,
            is_bgr: spec.normalization.order.rgb_channel(0) == 2,
            rows,
            hands: vec![hand; team.threads()],
            team: team.clone(),
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
        let area = self.placement.canvas.area();
        assert_eq!(tensor.len(), 3 * area, "{}", self.placement.canvas);
        let (first, rest) = tensor.split_at_mut(area);
        let (second, third) = rest.split_at_mut(area);
        self.share_out(
            frame,
            [first, second, third],
            &|writer, y, hand, outputs| {
                writer.row(y, &mut hand.scratch, outputs);
            },
        );
    }

    /// Writes the tensor of `frame` in the form of `tensor`, whose bytes (if it has bytes) follow `value_type`: equal to
    /// [`Self::run`] and [`pack_planes`](super::pack_planes), row by row.
    ///
    /// # Panics
    /// If the frame has another layout than the kernel was made for, or `tensor` another size.
    pub fn run_tensor(&mut self, frame: &Frame, value_type: ValueType, tensor: &mut Tensor) {
        let (size, layout) = (tensor.size(), tensor.layout());
        assert_eq!(size, self.placement.canvas);
        match tensor.data_mut() {
            TensorData::F32(output) if layout == Layout::Nchw => self.run(frame, output),
            TensorData::F32(output) => self.run_form(frame, layout, pack::same, output),
            TensorData::F16(output) => self.run_form(frame, layout, pack::halves, output),
            TensorData::U8(output) => {
                self.run_form(frame, layout, pack::byte_conversion(value_type), output);
            }
        }
    }

    fn run_form<T: Send>(
        &mut self,
        frame: &Frame,
        layout: Layout,
        convert: Convert<T>,
        output: &mut [T],
    ) {
        let area = self.placement.canvas.area();
        match layout {
            Layout::Nhwc => self.share_out(frame, [output], &|writer, y, hand, [output]| {
                writer.values(y, hand);
                pack::pack(&hand.values, layout, convert, output);
            }),
            Layout::Nchw => {
                let (first, rest) = output.split_at_mut(area);
                let (second, third) = rest.split_at_mut(area);
                self.share_out(
                    frame,
                    [first, second, third],
                    &|writer, y, hand, outputs| {
                        writer.values(y, hand);
                        let rows = hand.values.chunks_exact(hand.values.len() / 3);
                        for (values, output) in rows.zip(outputs) {
                            convert(values, output);
                        }
                    },
                );
            }
        }
    }

    /// Has every row of the outputs written, by all threads.
    fn share_out<T: Send, const N: usize>(
        &mut self,
        frame: &Frame,
        outputs: [&mut [T]; N],
        write: &(impl Fn(&Writer<'_>, usize, &mut Hand, [&mut [T]; N]) + Sync),
    ) {
        let (size, format) = (self.input.size, self.input.format);
        assert_eq!((frame.info().size, frame.info().format), (size, format));
        let writer = Writer {
            planes: planes_of(frame),
            rows: &self.rows,
            placement: self.placement,
            pad: self.pad,
            is_bgr: self.is_bgr,
        };
        let band = Band {
            first_row: 0,
            row_len: outputs[0].len() / self.placement.canvas.height(),
            step: 1,
            outputs,
            scratch: &mut self.hands,
        };
        self.team.share_out(band, &|band| {
            let hand = &mut band.scratch[0];
            let mut rows = band
                .outputs
                .map(|output| output.chunks_exact_mut(band.row_len));
            let mut y = band.first_row;
            while rows[0].len() > 0 {
                let outputs = rows.each_mut().map(|rows| rows.next().unwrap_or_default());
                write(&writer, y, hand, outputs);
                y += 1;
            }
        });
    }
}

/// What one thread writes to on the way.
#[derive(Clone, Debug)]
struct Hand {
    scratch: Scratch,
    /// A row of the tensor, channel after channel, before it takes another form.
    values: Vec<f32>,
}

/// A frame, and where its picture lies in the tensor.
struct Writer<'a> {
    planes: [Plane<'a>; 3],
    rows: &'a RowMaker,
    placement: Placement,
    pad: [f32; 3],
    is_bgr: bool,
}

impl Writer<'_> {
    /// Row `y` of the tensor, channel by channel.
    fn row(&self, y: usize, scratch: &mut Scratch, outputs: [&mut [f32]; 3]) {
        let picture = self.rows.picture();
        let top = self.placement.y_px as usize;
        if (top..top + picture.height()).contains(&y) {
            let mut inside = self.pad_sides(outputs, picture.width());
            if self.is_bgr {
                inside.swap(0, 2);
            }
            self.rows.run(&self.planes, y - top, scratch, inside);
        } else {
            for (output, pad) in outputs.into_iter().zip(self.pad) {
                output.fill(pad);
            }
        }
    }

    /// Row `y` of the tensor, into the values of `hand`.
    fn values(&self, y: usize, hand: &mut Hand) {
        let width = hand.values.len() / 3;
        let (first, rest) = hand.values.split_at_mut(width);
        let (second, third) = rest.split_at_mut(width);
        self.row(y, &mut hand.scratch, [first, second, third]);
    }

    /// Fills what lies beside the picture; what is left is the picture's.
    fn pad_sides<'a>(&self, outputs: [&'a mut [f32]; 3], width: usize) -> [&'a mut [f32]; 3] {
        let mut pads = self.pad.into_iter();
        outputs.map(|output| {
            let pad = pads.next().unwrap_or_default();
            let (before, output) = output.split_at_mut(self.placement.x_px as usize);
            let (inside, after) = output.split_at_mut(width);
            before.fill(pad);
            after.fill(pad);
            inside
        })
    }
}

/// The planes of a frame; those that a format does not have are the last one again.
fn planes_of(frame: &Frame) -> [Plane<'_>; 3] {
    let count = frame.info().format.plane_count();
    [0, 1, 2].map(|index| frame.plane(index.min(count - 1)))
}

/// Weighs the rows of a window into one.
fn weigh_rows(
    passes: &dyn Passes,
    rows: Rows<'_>,
    weights: RowWeights<'_>,
    shift: u32,
    output: &mut [i16],
) {
    match weights {
        RowWeights::Narrow(weights) => passes.vertical_narrow(rows, weights, output),
        RowWeights::Wide(weights) => passes.vertical_wide(rows, weights, shift, output),
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
