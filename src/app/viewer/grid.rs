//! What stands opposite the original, as colours on its own grid.

use std::sync::Arc;

use super::capture::{Cells, StagePicture};
use super::probe::{channel_name, decimals};
use super::still::Still;
use super::{ColorScale, Grid, Look, Palette, PixelValues, Second, ValueRange, raster};
use crate::app::{RgbPicture, pictures};
use crate::frame::{Size, TensorView};
use crate::kernel;
use crate::pipeline::{Normalization, Picture};

/// The second picture in colours.
pub(super) struct SecondPicture {
    pub(super) grid: Grid,
    pub(super) colors: Arc<RgbPicture>,
    pub(super) scale: Option<ColorScale>,
}

/// The tensor as colours.
pub(super) fn tensor_colors(
    tensor: TensorView<'_>,
    normalization: &Normalization,
    into: &mut RgbPicture,
) {
    into.size = Some(tensor.size);
    into.rgb.resize(3 * tensor.size.area(), 0);
    kernel::rgb_from_tensor(tensor, normalization, &mut into.rgb);
}

/// What the look wants opposite the original. A stage that was not captured yet is the tensor for as long.
pub(super) fn second(
    look: &Look,
    still: &Still,
    model: &Arc<RgbPicture>,
    stage: Option<&StagePicture>,
) -> SecondPicture {
    match (&look.second, stage) {
        (Second::Stage(id), Some(stage)) if stage.id == *id => of_stage(stage),
        (Second::Plane(channel), _) => of_plane(look, still, *channel),
        _ => SecondPicture {
            grid: grid_of_tensor(still, "what the model sees".to_owned()),
            colors: Arc::clone(model),
            scale: None,
        },
    }
}

fn grid_of_tensor(still: &Still, label: String) -> Grid {
    Grid {
        size: still.tensor.size(),
        mapping: pictures::mapping(&still.geometry),
        label,
    }
}

fn of_stage(stage: &StagePicture) -> SecondPicture {
    let mut colors = RgbPicture::default();
    match &stage.picture {
        Picture::Rgb8 { size, data } => {
            colors = RgbPicture {
                size: Some(*size),
                rgb: data.clone(),
            };
        }
        Picture::Planes { size, data } => {
            let view = TensorView::planes(*size, data);
            tensor_colors(view, &stage.normalization, &mut colors);
        }
        Picture::Tensor(tensor) => {
            tensor_colors(tensor.view(), &stage.normalization, &mut colors);
        }
    }
    SecondPicture {
        grid: Grid {
            size: stage.picture.size(),
            mapping: pictures::mapping(&stage.geometry),
            label: format!("after {}", stage.id),
        },
        colors: Arc::new(colors),
        scale: None,
    }
}

fn of_plane(look: &Look, still: &Still, channel: usize) -> SecondPicture {
    let tensor = still.tensor.view();
    let (low, high) = range_of(look.range, still, channel);
    let table = look.palette.table();
    let factor = 255.0 / (high - low).max(f32::MIN_POSITIVE);
    let mut rgb = Vec::with_capacity(3 * tensor.size.area());
    for value in tensor.channel(channel) {
        // The cast saturates; NaN becomes the first colour, and the tensor panel raises its alarm.
        rgb.extend(table[usize::from(((value - low) * factor + 0.5) as u8)]);
    }
    let name = channel_name(&still.normalization, channel);
    SecondPicture {
        grid: grid_of_tensor(still, format!("tensor plane {channel} ({name})")),
        colors: Arc::new(RgbPicture {
            size: Some(tensor.size),
            rgb,
        }),
        scale: Some(ColorScale {
            low,
            high,
            unit: "tensor value",
            palette: look.palette,
        }),
    }
}

/// The values at the ends of the palette.
fn range_of(range: ValueRange, still: &Still, channel: usize) -> (f32, f32) {
    let ends = |low: f32, high: f32| {
        if low < high {
            (low, high)
        } else {
            (low - 0.5, low + 0.5)
        }
    };
    match range {
        ValueRange::Fixed(low, high) => ends(low, high),
        ValueRange::Model => model_range(&still.normalization, channel).into(),
        ValueRange::Auto => {
            let values = still.tensor.view().channel(channel);
            let found = values.filter(|value| value.is_finite()).fold(
                None,
                |range: Option<(f32, f32)>, value| match range {
                    None => Some((value, value)),
                    Some((low, high)) => Some((low.min(value), high.max(value))),
                },
            );
            found.map_or((0.0, 1.0), |(low, high)| ends(low, high))
        }
    }
}

/// The tensor values of pixels 0 and 255, the lesser first.
pub(super) fn model_range(normalization: &Normalization, channel: usize) -> [f32; 2] {
    let ends = [0.0, 255.0].map(|pixel| normalization.value(pixel, channel));
    [ends[0].min(ends[1]), ends[0].max(ends[1])]
}

/// The scale of a difference of levels.
pub(super) fn difference_scale(look: &Look) -> ColorScale {
    let high = 255.0 / look.gain as f32;
    match look.difference {
        super::DifferenceKind::Absolute => ColorScale {
            low: 0.0,
            high,
            unit: "levels",
            palette: Palette::Grey,
        },
        super::DifferenceKind::Signed => ColorScale {
            low: -high,
            high,
            unit: "levels",
            palette: Palette::Diverging,
        },
    }
}

/// The values in a part's pixels, if they are few enough to be read.
pub(super) fn values_in(
    cells: Cells<'_>,
    size: Size,
    part: [u32; 4],
    normalization: Option<&Normalization>,
) -> Option<PixelValues> {
    let [x, y, width, height] = raster::inside(part, size);
    if width as usize * height as usize > super::MAX_VALUES {
        return None;
    }
    let places = (y..y + height).flat_map(|y| (x..x + width).map(move |x| (x, y)));
    Some(PixelValues {
        channels: cells.channels(),
        decimals: match cells {
            Cells::Rgb(..) => 0,
            Cells::Tensor(_) | Cells::Channel(..) => normalization.map_or(3, decimals),
        },
        values: places
            .map(|(x, y)| cells.at(x, y).unwrap_or_default())
            .collect(),
    })
}
