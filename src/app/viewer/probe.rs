//! The values of one pixel, stage by stage, in words.

use super::still::Still;
use super::{ProbeRow, ProbeTable};
use crate::app::pictures::{pixel_in, yuv_at};
use crate::frame::{PixelFormat, Size, TensorView};
use crate::pipeline::{ChannelOrder, Geometry, Normalization, Picture};

/// The name of what the three values of a tensor are.
pub(super) const fn order_name(normalization: &Normalization) -> &'static str {
    match normalization.order {
        ChannelOrder::Rgb => "RGB",
        ChannelOrder::Bgr => "BGR",
    }
}

/// The name of a tensor channel.
pub(super) const fn channel_name(normalization: &Normalization, channel: usize) -> &'static str {
    ["R", "G", "B"][normalization.order.rgb_channel(channel)]
}

/// How many digits behind the point tell neighbouring levels apart.
pub(super) fn decimals(normalization: &Normalization) -> usize {
    let step = (normalization.scale / normalization.std[0]).abs();
    if step >= 0.999 { 1 } else { 3 }
}

/// The table's first row: what the source delivered.
fn source_row(still: &Still, [x, y]: [u32; 2]) -> ProbeRow {
    let frame = &still.frame;
    let plain = |channels: usize| -> Option<Vec<u8>> {
        let plane = frame.plane(0);
        let at = y as usize * plane.stride_bytes + x as usize * channels;
        plane.data.get(at..at + channels).map(<[u8]>::to_vec)
    };
    let (kind, codes) = match frame.info().format {
        PixelFormat::Gray8 => ("Y", plain(1)),
        PixelFormat::Rgb8 => ("RGB", plain(3)),
        _ => ("YUV", yuv_at(frame, x, y).map(Vec::from)),
    };
    let words: Vec<String> = codes
        .unwrap_or_default()
        .iter()
        .map(u8::to_string)
        .collect();
    ProbeRow {
        stage: "source".to_owned(),
        kind,
        at: Some([x, y]),
        values: words.join(" "),
    }
}

/// The row of a stage's picture.
pub(super) fn stage_row(
    id: &str,
    picture: &Picture,
    geometry: &Geometry,
    normalization: &Normalization,
    pixel: [u32; 2],
) -> ProbeRow {
    let at = pixel_in(geometry, pixel);
    let (kind, values) = match picture {
        Picture::Rgb8 { size, data } => ("RGB", at.and_then(|at| rgb_words(data, *size, at))),
        Picture::Planes { size, data } => (
            order_name(normalization),
            at.and_then(|at| tensor_words(TensorView::planes(*size, data), normalization, at)),
        ),
        Picture::Tensor(tensor) => (
            order_name(normalization),
            at.and_then(|at| tensor_words(tensor.view(), normalization, at)),
        ),
    };
    ProbeRow {
        stage: id.to_owned(),
        kind,
        at,
        values: values.unwrap_or_else(|| "cropped away".to_owned()),
    }
}

fn rgb_words(data: &[u8], size: Size, [x, y]: [u32; 2]) -> Option<String> {
    let at = 3 * (y as usize * size.width() + x as usize);
    let pixel = data.get(at..at + 3)?;
    Some(format!("{} {} {}", pixel[0], pixel[1], pixel[2]))
}

fn tensor_words(
    tensor: TensorView<'_>,
    normalization: &Normalization,
    [x, y]: [u32; 2],
) -> Option<String> {
    let digits = decimals(normalization);
    let [a, b, c] = tensor.value_at(x, y)?;
    Some(format!("{a:.digits$} {b:.digits$} {c:.digits$}"))
}

/// The table of a pixel of the original; `None` outside of it. `stages` are the rows of the staged pipeline.
pub(super) fn table(still: &Still, pixel: [u32; 2], stages: Vec<ProbeRow>) -> Option<ProbeTable> {
    let size = still.info().size;
    if pixel[0] >= size.width_px || pixel[1] >= size.height_px {
        return None;
    }
    let mut rows = vec![source_row(still, pixel)];
    rows.extend(stages);
    let at = pixel_in(&still.geometry, pixel);
    let values = at.and_then(|at| tensor_words(still.tensor.view(), &still.normalization, at));
    rows.push(ProbeRow {
        stage: "tensor".to_owned(),
        kind: order_name(&still.normalization),
        at,
        values: values.unwrap_or_else(|| "cropped away".to_owned()),
    });
    Some(ProbeTable {
        source_frame: still.frame.index,
        original: pixel,
        rows,
    })
}
