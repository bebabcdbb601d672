//! How the pixels of original and tensor belong together, and the values of one pixel in both.

use super::view_model::{PictureMapping, PixelProbe, RgbPicture};
use super::viewer::Still;
use crate::frame::{Frame, PixelFormat};
use crate::pipeline::Geometry;

/// The straight line between original and tensor coordinates, from the crop and the place in the tensor.
pub(super) fn mapping(geometry: &Geometry) -> PictureMapping {
    let (from, to) = (geometry.crop_in_original(), geometry.picture_in_tensor());
    let scale = [to.width / from.width, to.height / from.height];
    PictureMapping {
        scale,
        offset: [to.x - from.x * scale[0], to.y - from.y * scale[1]],
    }
}

/// The values at a pixel of the original, from the source to the tensor; `None` outside.
pub(super) fn probe(original: &RgbPicture, still: &Still, [x, y]: [u32; 2]) -> Option<PixelProbe> {
    let size = original
        .size
        .filter(|size| x < size.width_px && y < size.height_px)?;
    let offset = 3 * (y as usize * size.width() + x as usize);
    let rgb = original.rgb.get(offset..offset + 3)?;
    let tensor = pixel_in(&still.geometry, [x, y]);
    Some(PixelProbe {
        original: [x, y],
        yuv: yuv_at(&still.frame, x, y),
        rgb: [rgb[0], rgb[1], rgb[2]],
        tensor,
        values: tensor.and_then(|[x, y]| still.tensor.view().value_at(x, y)),
    })
}

/// The pixel that shows the middle of a pixel of the original; `None` if it was cropped away.
pub(super) fn pixel_in(geometry: &Geometry, [x, y]: [u32; 2]) -> Option<[u32; 2]> {
    geometry
        .tensor_from_original(x as f32 + 0.5, y as f32 + 0.5)
        .map(|(x, y)| [x.floor() as u32, y.floor() as u32])
}

/// The codes of a YUV frame at a pixel; `None` for grey and RGB.
pub(super) fn yuv_at(frame: &Frame, x: u32, y: u32) -> Option<[u8; 3]> {
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
