//! What a picture is: its size, pixel format and colour, the planes that hold it, the tensor that a model takes.
//!
//! A [`Frame`] is what a source delivers: 8-bit planes without padding between rows, beside a [`FrameInfo`] that
//! says how to read them. A [`Tensor`] is what a model takes: `NCHW` or `NHWC` with `N` = 1, of `f32`, `f16` or bytes. Between the two,
//! pictures live in the buffers of [`pool::BufferPool`].
//!
//! *Shapes and units.* Sizes are in pixels, strides in bytes, timestamps in nanoseconds from the first frame.
//! *Not handled.* More than 8 bits a sample; alpha (stills are composed over black by their source).

pub mod pool;

mod color;
mod format;
mod rate;
mod shrink;
mod tensor;

pub use color::{ColorMatrix, ColorRange, ColorSpec};
pub use format::{Frame, FrameInfo, MAX_SIDE_PX, PixelFormat, Plane, Size};
pub use rate::{FrameRate, FrameRateError};
pub use shrink::{shrink, shrunk_info};
pub use tensor::{Layout, Tensor, TensorData, TensorForm, TensorView, ValueType, Values};
