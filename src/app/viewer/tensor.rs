//! A tensor in numbers, and what a blur leaves of its edges.

use super::grid::model_range;
use super::probe::channel_name;
use super::still::Still;
use super::{ChannelStats, Quality, TensorStats};
use crate::frame::{Size, TensorForm, TensorView, Values};
use crate::kernel;
use crate::pipeline::{Geometry, Normalization};

/// Bins of a channel's histogram.
const BINS: usize = 64;

/// The statistics of a still's tensor, without its quality.
pub(super) fn stats(still: &Still) -> TensorStats {
    let tensor = still.tensor.view();
    let picture = still.geometry.picture_in_tensor();
    let shown = f64::from(picture.width) * f64::from(picture.height);
    TensorStats {
        source_frame: still.frame.index,
        form: format!("{} {}", tensor.size, form_name(tensor)),
        channels: (0..3)
            .map(|channel| channel_stats(tensor, &still.normalization, channel))
            .collect(),
        padding_share: (1.0 - shown / tensor.size.area() as f64).max(0.0),
        quality: None,
    }
}

fn form_name(tensor: TensorView<'_>) -> String {
    use crate::frame::ValueType;
    let value_type = match tensor.values {
        Values::F32(_) => ValueType::F32,
        Values::F16(_) => ValueType::F16,
        Values::U8(_) => ValueType::U8,
    };
    TensorForm {
        layout: tensor.layout,
        value_type,
    }
    .to_string()
}

/// One channel in numbers.
pub(super) fn channel_stats(
    tensor: TensorView<'_>,
    normalization: &Normalization,
    channel: usize,
) -> ChannelStats {
    let ends = model_range(normalization, channel);
    let mut stats = ChannelStats {
        name: channel_name(normalization, channel),
        count: tensor.size.area(),
        model_range: ends,
        ..ChannelStats::default()
    };
    let (mut sum, mut squares, mut low, mut high, mut finite) = (0.0f64, 0.0f64, 0u64, 0u64, 0u64);
    // Squares of what lies near the middle of the range lose no digits.
    let pivot = f64::from(ends[0] + ends[1]) / 2.0;
    for (index, value) in tensor.channel(channel).enumerate() {
        if !value.is_finite() {
            stats.nans += u64::from(value.is_nan());
            stats.infinities += u64::from(value.is_infinite());
            let width = tensor.size.width();
            let place = [(index % width) as u32, (index / width) as u32];
            stats.first_bad.get_or_insert(place);
            continue;
        }
        finite += 1;
        let moved = f64::from(value) - pivot;
        sum += moved;
        squares += moved * moved;
        low += u64::from(value <= ends[0]);
        high += u64::from(value >= ends[1]);
        stats.min = Some(stats.min.map_or(value, |min| min.min(value)));
        stats.max = Some(stats.max.map_or(value, |max| max.max(value)));
    }
    let (Some(min), Some(max)) = (stats.min, stats.max) else {
        return stats;
    };
    let count = finite as f64;
    let mean = sum / count;
    stats.mean = Some(mean + pivot);
    stats.std = Some((squares / count - mean * mean).max(0.0).sqrt());
    stats.share_low = low as f64 / count;
    stats.share_high = high as f64 / count;
    stats.bin_range = [min.min(ends[0]), max.max(ends[1])];
    stats.bins = bins(tensor, channel, stats.bin_range);
    stats
}

fn bins(tensor: TensorView<'_>, channel: usize, [low, high]: [f32; 2]) -> Vec<u64> {
    let mut bins = vec![0; BINS];
    let factor = BINS as f32 / (high - low).max(f32::MIN_POSITIVE);
    for value in tensor.channel(channel).filter(|value| value.is_finite()) {
        bins[(((value - low) * factor) as usize).min(BINS - 1)] += 1;
    }
    bins
}

/// The picture in a tensor as planes of levels, R, G, B; without padding.
pub(super) fn levels(
    tensor: TensorView<'_>,
    normalization: &Normalization,
    geometry: &Geometry,
) -> (Vec<f32>, Size) {
    let area = geometry.picture_in_tensor();
    let ends = |start: f32, length: f32, side: u32| {
        let first = (start.ceil() as u32).min(side);
        (
            first,
            ((start + length + 1e-3).floor() as u32).clamp(first, side),
        )
    };
    let (left, right) = ends(area.x, area.width, tensor.size.width_px);
    let (top, bottom) = ends(area.y, area.height, tensor.size.height_px);
    let size = Size::new(right - left, bottom - top);
    let mut planes = vec![0.0; 3 * size.area()];
    for channel in 0..3 {
        let plane = normalization.order.rgb_channel(channel) * size.area();
        let (start, step) = tensor.channel_steps(channel);
        let mut output = planes[plane..plane + size.area()].iter_mut();
        for y in top..bottom {
            let row = y as usize * tensor.size.width();
            for (x, level) in (left..right).zip(&mut output) {
                let value = tensor.values.get(start + (row + x as usize) * step);
                *level = normalization.pixel(value, channel);
            }
        }
    }
    (planes, size)
}

/// How alike two pictures of levels are, and what of the second's edges the first has.
pub(super) fn quality(first: &[f32], second: &[f32], size: Size) -> Quality {
    let (luma, unblurred) = (kernel::luma(first, size), kernel::luma(second, size));
    let all = kernel::sobel_energy(&unblurred, size);
    Quality {
        has_blur: true,
        sobel_kept: (all > 0.0).then(|| kernel::sobel_energy(&luma, size) / all),
        psnr_db: kernel::psnr_db(first, second),
        ssim: kernel::ssim(&luma, &unblurred, size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit() -> Normalization {
        Normalization {
            scale: 1.0 / 255.0,
            ..Normalization::IDENTITY
        }
    }

    #[test]
    fn a_channel_is_told_in_numbers() {
        let size = Size::new(4, 1);
        let values = [0.0, 0.5, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
        let tensor = TensorView::planes(size, &values);
        let red = channel_stats(tensor, &unit(), 0);
        assert_eq!(
            (red.name, red.min, red.max, red.mean),
            ("R", Some(0.0), Some(1.0), Some(0.5))
        );
        assert!(
            (red.std.unwrap_or(0.0) - 0.125f64.sqrt()).abs() < 1e-9,
            "{:?}",
            red.std
        );
        assert_eq!((red.share_low, red.share_high), (0.25, 0.25));
        assert_eq!(red.bins.iter().sum::<u64>(), 4);
        let flat = channel_stats(tensor, &unit(), 1);
        assert_eq!((flat.share_low, flat.std), (1.0, Some(0.0)));
    }

    #[test]
    fn what_is_no_number_is_counted_and_found() {
        let size = Size::new(2, 2);
        let mut values = [0.5; 12];
        values[2] = f32::NAN;
        values[3] = f32::INFINITY;
        let red = channel_stats(TensorView::planes(size, &values), &unit(), 0);
        assert_eq!(
            (red.nans, red.infinities, red.first_bad),
            (1, 1, Some([0, 1]))
        );
        assert_eq!((red.mean, red.bins.iter().sum::<u64>()), (Some(0.5), 2));
        let none = [f32::NAN; 3];
        let nothing = channel_stats(TensorView::planes(Size::new(1, 1), &none), &unit(), 0);
        assert_eq!((nothing.mean, nothing.min), (None, None));
    }
}
