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
    let tensor = tap.tensor.view();
    let model_input = prepare(&mut pictures.model_input, tensor.size);
    kernel::rgb_from_tensor(tensor, &tap.normalization, model_input);
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
        values: tensor.and_then(|[x, y]| tap.tensor.view().value_at(x, y)),
    })
}

/// The codes of a YUV frame at a pixel; `None` for grey and RGB.
fn yuv_at(frame: &Frame, x: u32, y: u32) -> Option<[u8; 3]> {
    let format = frame.info().format;
    let (right, down) = match format {
        PixelFormat::I420 | PixelFormat::Nv12 => (1, 1),
        PixelFormat::I422 => (1, 0),
        PixelFormat::I444 => (0, 0),
        PixelFormat::Gray8 | PixelFormat::Rgb8 => return None,
    };
    let code = |index: usize, x: u32, y: u32, byte: usize| {
        let plane = frame.plane(index);
        let column = x as usize * format.bytes_per_sample(index) + byte;
        let at = y as usize * plane.stride_bytes + column;
        plane.data.get(at).copied()
    };
    // Cr is the second byte where chroma is interleaved.
    let (cr_plane, cr_byte) = if format == PixelFormat::Nv12 {
        (1, 1)
    } else {
        (2, 0)
    };
    Some([
        code(0, x, y, 0)?,
        code(1, x >> right, y >> down, 0)?,
        code(cr_plane, x >> right, y >> down, cr_byte)?,
    ])
}
