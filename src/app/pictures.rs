//! The latest pictures, made ready to be shown, and the values of one pixel at every stage.

use super::view_model::{PictureMapping, Pictures, PixelProbe, RgbPicture};
use crate::engine::Tap;
use crate::frame::{Frame, PixelFormat, Size};
use crate::kernel;

/// Brings the pictures of a tap into the view model.
pub(super) fn refresh(pictures: &mut Pictures, tap: &Tap) {
    let size = tap.frame.info().size;
    let original = prepare(&mut pictures.original, size);
    kernel::rgb_from_frame(&tap.frame, tap.frame.info().color, original);
    if let Some(size) = tap.tensor.size() {
        let model_input = prepare(&mut pictures.model_input, size);
        kernel::rgb_from_planes(tap.tensor.data(), size, &tap.normalization, model_input);
    }
    pictures.mapping = mapping(tap);
    pictures.frame = tap.index.unwrap_or(0);
    pictures.source_frame = tap.frame.index;
    pictures.is_look = tap.is_look;
    pictures.version += 1;
}

fn prepare(picture: &mut RgbPicture, size: Size) -> &mut [u8] {
    picture.size = Some(size);
    picture.rgb.resize(3 * size.area(), 0);
    &mut picture.rgb
}

/// The straight line between original and tensor coordinates, from the crop and the place in the tensor.
fn mapping(tap: &Tap) -> PictureMapping {
    let (from, to) = (
        tap.geometry.crop_in_original(),
        tap.geometry.picture_in_tensor(),
    );
    let scale = [to.width / from.width, to.height / from.height];
    PictureMapping {
        scale,
        offset: [to.x - from.x * scale[0], to.y - from.y * scale[1]],
    }
}

/// The values at a pixel of the original, from the source to the tensor; `None` outside.
pub(super) fn probe(pictures: &Pictures, tap: &Tap, [x, y]: [u32; 2]) -> Option<PixelProbe> {
    let size = pictures
        .original
        .size
        .filter(|size| x < size.width_px && y < size.height_px)?;
    let offset = 3 * (y as usize * size.width() + x as usize);
    let rgb = pictures.original.rgb.get(offset..offset + 3)?;
    let tensor = tap
        .geometry
        .tensor_from_original(x as f32 + 0.5, y as f32 + 0.5)
        .map(|(x, y)| [x.floor() as u32, y.floor() as u32]);
    Some(PixelProbe {
        original: [x, y],
        yuv: yuv_at(&tap.frame, x, y),
        rgb: [rgb[0], rgb[1], rgb[2]],
        tensor,
        values: tensor.and_then(|[x, y]| tap.tensor.value_at(x, y)),
    })
}

/// The codes of a YUV frame at a pixel; `None` for grey and RGB.
fn yuv_at(frame: &Frame, x: u32, y: u32) -> Option<[u8; 3]> {
    let (right, down) = match frame.info().format {
        PixelFormat::I420 => (1, 1),
        PixelFormat::I422 => (1, 0),
        PixelFormat::I444 => (0, 0),
        PixelFormat::Gray8 | PixelFormat::Rgb8 => return None,
    };
    let code = |index: usize, x: u32, y: u32| {
        let plane = frame.plane(index);
        plane
            .data
            .get(y as usize * plane.stride_bytes + x as usize)
            .copied()
    };
    Some([
        code(0, x, y)?,
        code(1, x >> right, y >> down)?,
        code(2, x >> right, y >> down)?,
    ])
}
