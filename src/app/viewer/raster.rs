//! Pictures of bytes: cut, shrunk, brought onto another grid, subtracted.

use super::{DifferenceKind, Palette};
use crate::app::{PictureMapping, RgbPicture};
use crate::frame::Size;

/// A part of `rgb` (of `size`), shrunk to `pixels` if it is larger: every output pixel is the mean of the whole pixels
/// that fall into it.
///
/// *Cost.* One pass over the part; allocates the output and a row of sums.
pub(super) fn cut(rgb: &[u8], size: Size, part: [u32; 4], pixels: [u32; 2]) -> RgbPicture {
    let [x, y, width, height] = inside(part, size).map(|side| side as usize);
    let out = [
        (pixels[0].max(1) as usize).min(width),
        (pixels[1].max(1) as usize).min(height),
    ];
    let mut image = RgbPicture {
        size: Some(Size::new(out[0] as u32, out[1] as u32)),
        rgb: vec![0; 3 * out[0] * out[1]],
    };
    let row = |index: usize| &rgb[3 * ((y + index) * size.width() + x)..][..3 * width];
    if out == [width, height] {
        for (index, output) in image.rgb.chunks_exact_mut(3 * width).enumerate() {
            output.copy_from_slice(row(index));
        }
        return image;
    }
    let start = |index: usize, from: usize, to: usize| index * from / to;
    let mut sums = vec![0u32; 3 * width];
    for (line, output) in image.rgb.chunks_exact_mut(3 * out[0]).enumerate() {
        let rows = start(line, height, out[1])..start(line + 1, height, out[1]);
        sums.fill(0);
        for index in rows.clone() {
            for (sum, byte) in sums.iter_mut().zip(row(index)) {
                *sum += u32::from(*byte);
            }
        }
        for (column, pixel) in output.chunks_exact_mut(3).enumerate() {
            let columns = start(column, width, out[0])..start(column + 1, width, out[0]);
            let count = (columns.len() * rows.len()) as u32;
            let mut total = [count / 2; 3];
            for sum in sums[3 * columns.start..3 * columns.end].chunks_exact(3) {
                for (total, sum) in total.iter_mut().zip(sum) {
                    *total += sum;
                }
            }
            for (byte, total) in pixel.iter_mut().zip(total) {
                *byte = (total / count) as u8;
            }
        }
    }
    image
}

/// The part that lies inside a picture of `size`; at least a pixel.
pub(super) fn inside([x, y, width, height]: [u32; 4], size: Size) -> [u32; 4] {
    let (x, y) = (
        x.min(size.width_px.saturating_sub(1)),
        y.min(size.height_px.saturating_sub(1)),
    );
    [
        x,
        y,
        width.clamp(1, size.width_px - x),
        height.clamp(1, size.height_px - y),
    ]
}

/// One axis of [`onto_grid`]: for every output pixel its first source pixel and the weights from there on; none outside.
fn taps(out: usize, source: usize, scale: f32, offset: f32) -> Vec<(usize, Vec<f32>)> {
    let (scale, offset) = (f64::from(scale).max(1e-9), f64::from(offset));
    let tap = |index: usize| {
        let middle = (index as f64 + 0.5 - offset) / scale;
        if middle < 0.0 || middle >= source as f64 {
            return (0, Vec::new());
        }
        if scale < 1.0 {
            let half = 0.5 / scale;
            let (from, to) = ((middle - half).max(0.0), (middle + half).min(source as f64));
            let first = from as usize;
            let last = (to.ceil() as usize).clamp(first + 1, source);
            let covered = |pixel: usize| {
                let (start, end) = (pixel as f64, pixel as f64 + 1.0);
                ((end.min(to) - start.max(from)).max(0.0) / (to - from)) as f32
            };
            return (first, (first..last).map(covered).collect());
        }
        let place = (middle - 0.5).clamp(0.0, (source - 1) as f64);
        let first = (place as usize).min(source.saturating_sub(2));
        let rest = (place - first as f64) as f32;
        if source == 1 {
            return (0, vec![1.0]);
        }
        (first, vec![1.0 - rest, rest])
    };
    (0..out).map(tap).collect()
}

/// The filter that brings a picture onto a grid of `scale` times its pixels.
pub(super) fn filter_name(scale: [f32; 2]) -> &'static str {
    match scale.map(|scale| scale < 1.0) {
        [true, true] => "area mean",
        [false, false] => "bilinear",
        _ => "area mean where it shrinks, bilinear where it grows",
    }
}

/// `rgb` (of `size`) brought onto the grid of `under`: the mean of the area that a pixel covers where it shrinks,
/// bilinear where it grows. Where the grid shows nothing of it, the pixels of `under` stay.
pub(super) fn onto_grid(
    rgb: &[u8],
    size: Size,
    mapping: PictureMapping,
    (under, grid): (&[u8], Size),
) -> Vec<u8> {
    let columns = taps(
        grid.width(),
        size.width(),
        mapping.scale[0],
        mapping.offset[0],
    );
    let rows = taps(
        grid.height(),
        size.height(),
        mapping.scale[1],
        mapping.offset[1],
    );
    let mut output = under.to_vec();
    let mut sums = vec![0.0f32; 3 * size.width()];
    for ((first, weights), line) in rows.iter().zip(output.chunks_exact_mut(3 * grid.width())) {
        if weights.is_empty() {
            continue;
        }
        sums.fill(0.0);
        for (step, weight) in weights.iter().enumerate() {
            let row = &rgb[3 * (first + step) * size.width()..][..3 * size.width()];
            for (sum, byte) in sums.iter_mut().zip(row) {
                *sum += weight * f32::from(*byte);
            }
        }
        for ((first, weights), pixel) in columns.iter().zip(line.chunks_exact_mut(3)) {
            if weights.is_empty() {
                continue;
            }
            let mut total = [0.5f32; 3];
            for (weight, sum) in weights.iter().zip(sums[3 * first..].chunks_exact(3)) {
                for (total, sum) in total.iter_mut().zip(sum) {
                    *total += weight * sum;
                }
            }
            for (byte, total) in pixel.iter_mut().zip(total) {
                *byte = total as u8;
            }
        }
    }
    output
}

/// Second − first of two pictures of one grid, as colours. With a channel (0 to 2 of R, G, B), only that one.
///
/// *Absolute*: `min(255, |d| · gain)` per channel. *Signed*: the mean of the channels, `d · gain`, from −255 to 255 over
/// the diverging palette.
pub(super) fn difference(
    first: &[u8],
    second: &[u8],
    kind: DifferenceKind,
    gain: u32,
    channel: Option<usize>,
) -> Vec<u8> {
    let gain = gain as i32;
    let mut output = vec![0; first.len()];
    let palette = Palette::Diverging.table();
    let pixels = first.chunks_exact(3).zip(second.chunks_exact(3));
    for ((first, second), output) in pixels.zip(output.chunks_exact_mut(3)) {
        let d: [i32; 3] = std::array::from_fn(|c| i32::from(second[c]) - i32::from(first[c]));
        match (kind, channel) {
            (DifferenceKind::Absolute, None) => {
                for (byte, d) in output.iter_mut().zip(d) {
                    *byte = (d.abs() * gain).min(255) as u8;
                }
            }
            (DifferenceKind::Absolute, Some(channel)) => {
                output.fill((d[channel].abs() * gain).min(255) as u8);
            }
            (DifferenceKind::Signed, channel) => {
                let mean = channel.map_or_else(
                    || d.iter().sum::<i32>() as f32 / 3.0,
                    |channel| d[channel] as f32,
                );
                let at = (mean * gain as f32 / 255.0).clamp(-1.0, 1.0) * 0.5 + 0.5;
                output.copy_from_slice(&palette[(at * 255.0).round() as usize]);
            }
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(size: Size) -> Vec<u8> {
        (0..3 * size.area())
            .map(|index| (index * 7 % 251) as u8)
            .collect()
    }

    #[test]
    fn a_part_is_cut_and_never_enlarged() {
        let size = Size::new(5, 4);
        let rgb = ramp(size);
        let image = cut(&rgb, size, [1, 2, 3, 9], [400, 400]);
        assert_eq!(image.size, Some(Size::new(3, 2)));
        assert_eq!(image.rgb[..9], rgb[3 * 11..3 * 14]);
        assert_eq!(inside([9, 9, 0, 0], size), [4, 3, 1, 1]);
    }

    #[test]
    fn shrinking_keeps_the_mean() {
        let size = Size::new(64, 48);
        let rgb = ramp(size);
        let image = cut(&rgb, size, [0, 0, 64, 48], [16, 12]);
        let mean = |bytes: &[u8]| {
            bytes.iter().map(|byte| f64::from(*byte)).sum::<f64>() / bytes.len() as f64
        };
        assert!((mean(&rgb) - mean(&image.rgb)).abs() < 0.5);
        let odd = cut(&rgb, size, [0, 0, 64, 48], [7, 5]);
        assert_eq!(odd.rgb.len(), 3 * 35);
    }

    #[test]
    fn the_same_grid_leaves_a_picture_as_it_is() {
        let size = Size::new(9, 7);
        let rgb = ramp(size);
        let under = vec![1; rgb.len()];
        let same = onto_grid(&rgb, size, PictureMapping::default(), (&under, size));
        assert_eq!(same, rgb);
    }

    #[test]
    fn outside_of_the_original_the_grid_stays() {
        let (size, grid) = (Size::new(4, 2), Size::new(4, 4));
        let under = vec![114; 3 * grid.area()];
        let mapping = PictureMapping {
            scale: [1.0; 2],
            offset: [0.0, 1.0],
        };
        let placed = onto_grid(&vec![10; 3 * size.area()], size, mapping, (&under, grid));
        let rows: Vec<u8> = placed.chunks_exact(12).map(|row| row[0]).collect();
        assert_eq!(rows, [114, 10, 10, 114]);
        for odd in [Size::new(1, 1), Size::new(7, 5)] {
            let mapping = PictureMapping {
                scale: [3.7, 0.3],
                offset: [0.0; 2],
            };
            let output = onto_grid(&ramp(odd), odd, mapping, (&under, grid));
            assert_eq!(output.len(), under.len());
        }
    }

    #[test]
    fn differences_are_what_they_say() {
        let (first, second) = ([10, 20, 30], [12, 15, 30]);
        let absolute = difference(&first, &second, DifferenceKind::Absolute, 4, None);
        assert_eq!(absolute, [8, 20, 0]);
        let green = difference(&first, &second, DifferenceKind::Absolute, 64, Some(1));
        assert_eq!(green, [255; 3]);
        let signed = |first: u8, second: u8| {
            difference(&[first; 3], &[second; 3], DifferenceKind::Signed, 1, None)
        };
        assert_eq!(signed(0, 255), Palette::Diverging.color(1.0));
        assert_eq!(signed(255, 0), Palette::Diverging.color(0.0));
        assert!(signed(7, 7).iter().all(|byte| *byte > 244));
    }
}
