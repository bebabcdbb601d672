//! The stages of a compiled pipeline: thin hands around the kernels.

use crate::frame::pool::BufferPool;
use crate::frame::{Frame, Size, Tensor, TensorForm};
use crate::kernel::{
    Converter, Normalizer, Placement, PlanesResizer, Rect, RgbResizer, crop_planes, crop_rgb,
    pack_planes,
};

/// A picture between stages, in a buffer of the pool.
#[derive(Clone, Debug, PartialEq)]
pub enum Picture {
    /// Interleaved RGB, 8 bits a channel.
    Rgb8 {
        /// Width and height.
        size: Size,
        /// `3 · width · height` bytes.
        data: Vec<u8>,
    },
    /// Three planes of `f32`.
    Planes {
        /// Width and height.
        size: Size,
        /// `3 · width · height` values, channel after channel.
        data: Vec<f32>,
    },
    /// A finished tensor of any form: nothing but simulated stages may follow.
    Tensor(Tensor),
}

impl Picture {
    /// Width and height.
    pub const fn size(&self) -> Size {
        match self {
            Self::Rgb8 { size, .. } | Self::Planes { size, .. } => *size,
            Self::Tensor(tensor) => tensor.size(),
        }
    }

    /// Gives the buffer back to the pool.
    pub fn give_back(self, pool: &mut BufferPool) {
        match self {
            Self::Rgb8 { data, .. } => pool.give_bytes(data),
            Self::Planes { data, .. } => pool.give_floats(data),
            Self::Tensor(tensor) => pool.give_tensor(tensor),
        }
    }
}

/// What a stage works on.
#[derive(Clone, Copy, Debug)]
pub enum StageInput<'a> {
    /// The frame as it came: the first stage's input.
    Frame(&'a Frame),
    /// The output of the stage before.
    Picture(&'a Picture),
}

/// One named step of a pipeline.
///
/// A stage takes its output buffer from `pool` and allocates nothing else. Every stage of a compiled recipe works on
/// 8-bit RGB and on planes alike, decided at compile time.
pub trait Stage: Send {
    /// Works on one picture.
    fn run(&mut self, input: StageInput<'_>, pool: &mut BufferPool) -> Picture;
}

pub(super) fn take_rgb(pool: &mut BufferPool, size: Size) -> Vec<u8> {
    pool.take_bytes(3 * size.area())
}

pub(super) fn take_planes(pool: &mut BufferPool, size: Size) -> Vec<f32> {
    pool.take_floats(3 * size.area())
}

/// The compiler of recipes lets nothing that makes pixels follow the tensor.
pub(super) fn after_tensor(stage: &str) -> ! {
    unreachable!("{stage} never follows a finished tensor")
}

/// The picture of an input; the compiler of recipes puts `convert` first and only there.
pub(super) fn picture<'a>(input: StageInput<'a>, stage: &str) -> &'a Picture {
    match input {
        StageInput::Picture(picture) => picture,
        StageInput::Frame(_) => unreachable!("{stage} never comes first"),
    }
}

/// `convert`.
pub(super) struct ConvertStage {
    pub(super) converter: Converter,
}

impl Stage for ConvertStage {
    fn run(&mut self, input: StageInput<'_>, pool: &mut BufferPool) -> Picture {
        let StageInput::Frame(frame) = input else {
            unreachable!("convert comes first");
        };
        let size = frame.info().size;
        let mut data = take_rgb(pool, size);
        self.converter.run(frame, &mut data);
        Picture::Rgb8 { size, data }
    }
}

/// `crop`.
pub(super) struct CropStage {
    pub(super) rect: Rect,
}

impl Stage for CropStage {
    fn run(&mut self, input: StageInput<'_>, pool: &mut BufferPool) -> Picture {
        let size = self.rect.size();
        match picture(input, "crop") {
            Picture::Rgb8 { size: from, data } => {
                let mut cropped = take_rgb(pool, size);
                crop_rgb(data, *from, self.rect, &mut cropped);
                Picture::Rgb8 {
                    size,
                    data: cropped,
                }
            }
            Picture::Planes { size: from, data } => {
                let mut cropped = take_planes(pool, size);
                crop_planes(data, *from, self.rect, &mut cropped);
                Picture::Planes {
                    size,
                    data: cropped,
                }
            }
            Picture::Tensor(_) => after_tensor("crop"),
        }
    }
}

/// `resize` of 8-bit RGB.
pub(super) struct RgbResizeStage {
    pub(super) resizer: RgbResizer,
    pub(super) placement: Placement,
    /// The resized picture inside the canvas.
    pub(super) rect: Rect,
    pub(super) pad: [u8; 3],
}

impl Stage for RgbResizeStage {
    fn run(&mut self, input: StageInput<'_>, pool: &mut BufferPool) -> Picture {
        let Picture::Rgb8 { data, .. } = picture(input, "resize") else {
            unreachable!("this resize was compiled for 8-bit RGB");
        };
        let size = self.placement.canvas;
        let mut resized = take_rgb(pool, size);
        fill_around(&mut resized, size, self.rect, 3, |row| {
            for pixel in row.chunks_exact_mut(3) {
                pixel.copy_from_slice(&self.pad);
            }
        });
        self.resizer.run(data, self.placement, &mut resized);
        Picture::Rgb8 {
            size,
            data: resized,
        }
    }
}

/// `resize` of planes.
pub(super) struct PlanesResizeStage {
    pub(super) resizer: PlanesResizer,
    pub(super) placement: Placement,
    /// The resized picture inside the canvas.
    pub(super) rect: Rect,
    pub(super) pad: [f32; 3],
}

impl Stage for PlanesResizeStage {
    fn run(&mut self, input: StageInput<'_>, pool: &mut BufferPool) -> Picture {
        let Picture::Planes { data, .. } = picture(input, "resize") else {
            unreachable!("this resize was compiled for planes");
        };
        let size = self.placement.canvas;
        let mut resized = take_planes(pool, size);
        for (plane, pad) in resized.chunks_exact_mut(size.area()).zip(self.pad) {
            fill_around(plane, size, self.rect, 1, |row| row.fill(pad));
        }
        self.resizer.run(data, self.placement, &mut resized);
        Picture::Planes {
            size,
            data: resized,
        }
    }
}

/// Calls `fill` with every run of samples of `canvas` that lies outside `rect`.
fn fill_around<T>(
    samples: &mut [T],
    canvas: Size,
    rect: Rect,
    channels: usize,
    mut fill: impl FnMut(&mut [T]),
) {
    if rect == Rect::whole(canvas) {
        return;
    }
    let rows = rect.y_px as usize..(rect.y_px + rect.height_px) as usize;
    let columns = rect.x_px as usize * channels..(rect.x_px + rect.width_px) as usize * channels;
    for (y, row) in samples
        .chunks_exact_mut(canvas.width() * channels)
        .enumerate()
    {
        if rows.contains(&y) {
            fill(&mut row[..columns.start]);
            fill(&mut row[columns.end..]);
        } else {
            fill(row);
        }
    }
}

/// `normalize`.
pub(super) struct NormalizeStage {
    pub(super) normalizer: Normalizer,
    /// What it writes; planes unless it is the last stage that makes pixels.
    pub(super) form: TensorForm,
}

impl Stage for NormalizeStage {
    fn run(&mut self, input: StageInput<'_>, pool: &mut BufferPool) -> Picture {
        let Picture::Rgb8 { size, data } = picture(input, "normalize") else {
            unreachable!("before normalize a picture is 8-bit RGB");
        };
        if self.form == TensorForm::PLANES {
            let mut planes = take_planes(pool, *size);
            self.normalizer.run_rgb(data, *size, &mut planes);
            return Picture::Planes {
                size: *size,
                data: planes,
            };
        }
        let mut tensor = pool.take_tensor(*size, self.form);
        self.normalizer
            .run_rgb_tensor(data, self.form.value_type, &mut tensor);
        Picture::Tensor(tensor)
    }
}

/// A stage that makes planes, and puts them into the form of the tensor.
pub(super) struct PackedStage {
    pub(super) stage: Box<dyn Stage>,
    pub(super) form: TensorForm,
}

impl Stage for PackedStage {
    fn run(&mut self, input: StageInput<'_>, pool: &mut BufferPool) -> Picture {
        let Picture::Planes { size, data } = self.stage.run(input, pool) else {
            unreachable!("only planes are packed");
        };
        let mut tensor = pool.take_tensor(size, self.form);
        pack_planes(&data, self.form.value_type, &mut tensor);
        pool.give_floats(data);
        Picture::Tensor(tensor)
    }
}
