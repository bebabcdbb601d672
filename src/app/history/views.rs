//! Quantiles as the window shows them, of exact samples and of histograms.

use crate::app::view_model::QuantileView;
use crate::measure::{Quantile, Sample, TimeHistogram, ms_from_nanos};

/// The quantile of a sample.
pub(in crate::app) fn of_sample(sample: &Sample, quantile: Quantile) -> QuantileView {
    let (low, high) = sample.interval(quantile);
    QuantileView {
        low_ms: low.map(ms_from_nanos),
        high_ms: high.map(ms_from_nanos),
        quantile: Some(quantile),
        value_ms: sample.quantile(quantile).map(ms_from_nanos),
        rank: quantile.rank(sample.count()),
        frames: sample.count(),
        frames_missing: quantile.frames_needed().saturating_sub(sample.count()),
    }
}

/// The quantile of a histogram, to three significant digits.
pub(super) fn of_histogram(histogram: &TimeHistogram, quantile: Quantile) -> QuantileView {
    let frames = histogram.count() as usize;
    let (low, high) = histogram.interval(quantile);
    QuantileView {
        low_ms: low.map(ms_from_nanos),
        high_ms: high.map(ms_from_nanos),
        quantile: Some(quantile),
        value_ms: histogram.quantile(quantile).map(ms_from_nanos),
        rank: quantile.rank(frames),
        frames,
        frames_missing: quantile.frames_needed().saturating_sub(frames),
    }
}
