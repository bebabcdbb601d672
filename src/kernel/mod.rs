//! Pure pixel maths: colour conversion, crop, blur, resize and the packing of tensors.
//!
//! Functions here know sizes and buffers, never stages, clocks or files. Everything is prepared for a size once
//! (tables, scratch) and then run without allocating.
//!
//! *Shapes and units.* A picture is one of two things: interleaved RGB, 8 bits a channel, `3 · width · height` bytes
//! (`R G B R G B …`, row after row), or three planes of `f32`, `3 · width · height` values (channel after channel, row
//! after row). Neither has padding between rows.
//! *Errors.* A buffer of a wrong length is a mistake of the caller and panics; nothing here depends on user data
//! otherwise.
//! *Not handled.* More than 8 bits a channel, alpha, linear light (all filters work on the encoded values, as the
//! frameworks do that the models were trained with).

mod axis;
mod blur;
mod compare;
mod convert;
mod crop;
mod fused;
mod gaussian;
mod level;
mod median;
mod normalize;
mod pack;
mod resize;
mod team;

pub use blur::{BoxBlur, Edge, MAX_RADIUS_PX};
pub use compare::{SSIM_WINDOW_PX, luma, psnr_db, sobel_energy, ssim};
pub use convert::{Converter, rgb_from_frame};
pub use crop::{Rect, copy_rect_planes, copy_rect_rgb, crop_planes, crop_rgb};
pub use fused::{FuseError, FusedKernel, FusedSpec, FusedStep, MAX_TAPS};
pub use gaussian::{Gaussian, GaussianBlur, MAX_GAUSSIAN_RADIUS_PX, MAX_SIGMA_PX, MIN_SIGMA_PX};
pub use level::CpuLevel;
pub use median::{MedianBlur, MedianWindow};
pub use normalize::{ChannelOrder, Normalization, Normalizer, rgb_from_planes};
pub use pack::{pack_planes, rgb_from_tensor};
pub use resize::{Placement, PlanesResizer, ResizeKernel, RgbResizer, resizer_bytes};
pub use team::{MAX_THREADS, Team, TeamError};
