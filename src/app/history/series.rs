//! From times to curves: histograms with equal and with growing bins, the cumulative distribution, the percentile
//! spectrum. All of bounded length, however many frames there are.

use crate::app::view_model::Bin;
use crate::measure::{Sample, dkw_band, ms_from_nanos};

/// Bins of a histogram.
const BINS: usize = 48;

/// Points of the cumulative distribution, beside those of the tail.
const CDF_POINTS: u64 = 200;

/// The slowest frames each of which is a point of its own.
const TAIL_POINTS: u64 = 24;

/// Points of the spectrum for each factor of ten.
const POINTS_PER_DECADE: f64 = 48.0;

/// The least probability that the largest value exceeds the true quantile, for it to be shown.
const CONFIDENCE: f64 = 0.95;

/// A time and how many frames took it: what curves are made of, ascending.
pub(super) type Cells = [(u64, u64)];

/// What is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Quantity {
    /// Finish − arrival.
    #[default]
    Response,
    /// Finish − start.
    Service,
    /// The time of one stage, by its id.
    Stage(String),
}

impl Quantity {
    /// The word for it.
    pub fn word(&self) -> &str {
        match self {
            Self::Response => "response",
            Self::Service => "service",
            Self::Stage(id) => id,
        }
    }
}

/// The times of one kind, as curves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Which times.
    pub quantity: Quantity,
    /// Frames in it.
    pub frames: u64,
    /// Bins of equal width, ascending, without gaps.
    pub bins: Vec<Bin>,
    /// Bins of equal ratio, ascending, without gaps.
    pub log_bins: Vec<Bin>,
    /// The cumulative distribution, ascending; it rises at these points.
    pub cdf: Vec<CdfPoint>,
    /// Half the height of its 95 % band.
    pub band: f64,
    /// The times over 1 ÷ (1 − p), ascending.
    pub spectrum: Vec<SpectrumPoint>,
}

/// The share of frames that took no longer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CdfPoint {
    /// Time in milliseconds.
    pub ms: f64,
    /// Share of frames, 0 to 1.
    pub share: f64,
}

/// From here on to the next point this is the quantile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpectrumPoint {
    /// `1 ÷ (1 − p)`: one frame of so many is slower.
    pub one_in: f64,
    /// Time in milliseconds.
    pub ms: f64,
    /// Whether the sample is large enough for this quantile.
    pub is_supported: bool,
}

/// The edges that several histograms share.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Edges {
    linear: Vec<f64>,
    growing: Vec<f64>,
}

impl Edges {
    /// Edges around all of these times, with a little room on both sides.
    pub(super) fn around(times: &[&Cells]) -> Self {
        let first = times.iter().filter_map(|cells| cells.first()).min();
        let last = times.iter().filter_map(|cells| cells.last()).max();
        let (Some(&(first, _)), Some(&(last, _))) = (first, last) else {
            return Self::default();
        };
        let width_ms = (ms_from_nanos(last - first) / (BINS - 2) as f64).max(0.01);
        let from_ms = (ms_from_nanos(first) - width_ms).max(0.0);
        let (low_ms, high_ms) = (
            ms_from_nanos(first.max(1_000)) * 0.95,
            (ms_from_nanos(last) * 1.05).max(0.002),
        );
        let ratio = (high_ms / low_ms).powf(1.0 / BINS as f64);
        Self {
            linear: (0..=BINS)
                .map(|bin| from_ms + bin as f64 * width_ms)
                .collect(),
            growing: (0..=BINS)
                .map(|bin| low_ms * ratio.powi(bin as i32))
                .collect(),
        }
    }
}

fn bins(cells: &Cells, edges: &[f64]) -> Vec<Bin> {
    let mut bins: Vec<Bin> = edges
        .windows(2)
        .map(|edge| Bin {
            from_ms: edge[0],
            to_ms: edge[1],
            count: 0,
        })
        .collect();
    let mut place = 0;
    for &(nanos, count) in cells {
        let ms = ms_from_nanos(nanos);
        while place + 1 < bins.len() && ms >= bins[place].to_ms {
            place += 1;
        }
        // Times that are too short for a logarithm are in the first bin.
        if let Some(bin) = bins.get_mut(place).filter(|bin| ms < bin.to_ms) {
            bin.count += count;
        }
    }
    bins
}

impl Edges {
    /// Those of bins that there are already.
    pub(super) fn of(series: &Series) -> Self {
        let edges = |bins: &[Bin]| {
            let first = bins.first().map(|bin| bin.from_ms);
            first
                .into_iter()
                .chain(bins.iter().map(|bin| bin.to_ms))
                .collect()
        };
        Self {
            linear: edges(&series.bins),
            growing: edges(&series.log_bins),
        }
    }
}

impl Series {
    /// The curves of these times, in nanoseconds.
    pub fn of(quantity: Quantity, nanos: impl IntoIterator<Item = u64>) -> Self {
        let cells = cells_of(Sample::new(nanos).ascending());
        Self::new(quantity, &cells, &Edges::around(&[&cells]))
    }

    /// The curves of these times, ascending.
    pub(super) fn new(quantity: Quantity, cells: &Cells, edges: &Edges) -> Self {
        let frames = cells.iter().map(|(_, count)| count).sum();
        Self {
            quantity,
            frames,
            bins: bins(cells, &edges.linear),
            log_bins: bins(cells, &edges.growing),
            cdf: cumulative(cells, frames),
            band: dkw_band(frames),
            spectrum: spectrum(cells, frames),
        }
    }

    /// The share of frames that took no longer than this, as the curve has it.
    pub fn share_within(&self, ms: f64) -> f64 {
        let after = self.cdf.partition_point(|point| point.ms <= ms);
        after
            .checked_sub(1)
            .map_or(0.0, |place| self.cdf[place].share)
    }

    /// The time at a place of the spectrum, as the curve has it.
    pub fn at_one_in(&self, one_in: f64) -> Option<&SpectrumPoint> {
        let after = self
            .spectrum
            .partition_point(|point| point.one_in <= one_in);
        self.spectrum.get(after.checked_sub(1)?)
    }
}

fn cumulative(cells: &Cells, frames: u64) -> Vec<CdfPoint> {
    let mut points = Vec::new();
    let (mut below, mut next) = (0, 1);
    for &(nanos, count) in cells {
        below += count;
        if below < next && below + TAIL_POINTS < frames {
            continue;
        }
        points.push(CdfPoint {
            ms: ms_from_nanos(nanos),
            share: below as f64 / frames as f64,
        });
        next = below + (frames / CDF_POINTS).max(1);
    }
    points
}

fn spectrum(cells: &Cells, frames: u64) -> Vec<SpectrumPoint> {
    let mut points: Vec<SpectrumPoint> = Vec::new();
    let closest = 10f64.powf(1.0 / POINTS_PER_DECADE);
    let mut below = 0;
    for &(nanos, count) in cells {
        // The quantiles from p = below ÷ n on are this time, by nearest rank.
        let p = below as f64 / frames as f64;
        below += count;
        let one_in = frames as f64 / (frames - (below - count)) as f64;
        let is_far = points
            .last()
            .is_none_or(|last| one_in >= last.one_in * closest);
        if is_far || below + TAIL_POINTS >= frames {
            points.push(SpectrumPoint {
                one_in,
                ms: ms_from_nanos(nanos),
                is_supported: 1.0 - p.powf(frames as f64) >= CONFIDENCE,
            });
        }
    }
    points
}

/// Ascending times as cells.
pub(super) fn cells_of(ascending: &[u64]) -> Vec<(u64, u64)> {
    let mut cells: Vec<(u64, u64)> = Vec::with_capacity(ascending.len());
    for &nanos in ascending {
        match cells.last_mut() {
            Some((last, count)) if *last == nanos => *count += 1,
            _ => cells.push((nanos, 1)),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Quantile;

    fn series(values: &[u64]) -> Series {
        let sample = Sample::new(values.iter().copied());
        let cells = cells_of(sample.ascending());
        Series::new(Quantity::Response, &cells, &Edges::around(&[&cells]))
    }

    fn values(count: u64) -> Vec<u64> {
        (0..count)
            .map(|k| 5_000_000 + k * k % 7_919 * 3_001)
            .collect()
    }

    #[test]
    fn every_frame_is_in_one_bin_of_each_histogram() {
        for count in [1, 2, 500, 3_600] {
            let series = series(&values(count));
            for bins in [&series.bins, &series.log_bins] {
                assert_eq!(bins.iter().map(|bin| bin.count).sum::<u64>(), count);
                assert!(bins.windows(2).all(|pair| pair[0].to_ms == pair[1].from_ms));
            }
        }
    }

    #[test]
    fn the_spectrum_is_the_quantile_of_nearest_rank() {
        let values = values(20);
        let sample = Sample::new(values.iter().copied());
        let series = series(&values);
        for rank in 1..=20usize {
            let p = (rank as f64 - 0.5) / 20.0;
            let point = series.at_one_in(1.0 / (1.0 - p)).unwrap();
            assert_eq!(point.ms, ms_from_nanos(sample.ascending()[rank - 1]));
        }
        // The largest stands where one frame of all is as slow.
        assert!((series.spectrum.last().unwrap().one_in - 20.0).abs() < 1e-9);
    }

    #[test]
    fn the_spectrum_is_grey_where_the_gate_is_closed() {
        for (frames, quantile) in [
            (299, Quantile::P99),
            (59, Quantile::P95),
            (29, Quantile::P90),
        ] {
            let p = quantile.per_mille() as f64 / 1000.0;
            let at = |frames: u64| {
                let distinct: Vec<u64> = (1..=frames).map(|k| k * 1_000_000).collect();
                *series(&distinct).at_one_in(1.0 / (1.0 - p)).unwrap()
            };
            assert!(at(frames).is_supported, "{frames}");
            let half = at(frames / 2);
            assert!(!half.is_supported, "{} at {}", frames / 2, half.one_in);
        }
    }

    #[test]
    fn curves_are_short_however_many_frames_there_are() {
        let many: Vec<u64> = (0..200_000).map(|k| 1_000_000 + k * 37 % 900_001).collect();
        let series = series(&many);
        assert!(series.cdf.len() < 300, "{}", series.cdf.len());
        assert!(series.spectrum.len() < 400, "{}", series.spectrum.len());
        assert_eq!(series.cdf.last().unwrap().share, 1.0);
        let half = series.share_within(1.45);
        assert!((half - 0.5).abs() < 0.02, "{half}");
    }
}
