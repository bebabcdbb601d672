//! The distribution of the frames of the present era: exactly for the recent ones, to three digits for all of them.

use super::History;
use super::series::{Edges, Quantity, Series, cells_of};
use super::views;
use crate::app::view_model::{Distribution, Span};
use crate::measure::{FrameRecord, Quantile, Sample, TimeHistogram, ms_from_nanos};

/// The times of all processed frames of an era, however long it is.
#[derive(Debug)]
pub(super) struct EraTimes {
    response: TimeHistogram,
    service: TimeHistogram,
    /// One a stage, in the pipeline's order.
    stages: Vec<TimeHistogram>,
    totals_nanos: Vec<u128>,
    /// The largest time and its frame: of the response, the service, and each stage.
    slowest: Vec<Option<(u64, u64)>>,
}

impl EraTimes {
    pub(super) fn new() -> Self {
        Self {
            response: TimeHistogram::new(),
            service: TimeHistogram::new(),
            stages: Vec::new(),
            totals_nanos: vec![0; 2],
            slowest: vec![None; 2],
        }
    }

    pub(super) fn add(&mut self, record: &FrameRecord) {
        let stages = record.stages();
        while self.stages.len() < stages.len() {
            self.stages.push(TimeHistogram::new());
            self.totals_nanos.push(0);
            self.slowest.push(None);
        }
        let own = [record.response_nanos(), record.service_nanos()];
        let times = own.into_iter().chain(stages.iter().copied());
        let histograms = [&mut self.response, &mut self.service];
        for ((nanos, histogram), (total, slowest)) in times
            .zip(histograms.into_iter().chain(&mut self.stages))
            .zip(self.totals_nanos.iter_mut().zip(&mut self.slowest))
        {
            histogram.add(nanos);
            *total += u128::from(nanos);
            if slowest.is_none_or(|(most, _)| nanos > most) {
                *slowest = Some((nanos, record.index));
            }
        }
    }

    fn get(&self, place: usize) -> Option<&TimeHistogram> {
        match place {
            0 => Some(&self.response),
            1 => Some(&self.service),
            _ => self.stages.get(place - 2),
        }
    }
}

/// The stage that everything is about: its id and its place among the stages of the present era.
pub(in crate::app) type Focus<'a> = (&'a str, usize);

impl History {
    /// The distribution of response and service, or of the stage in focus alone.
    pub(in crate::app) fn distribution(
        &self,
        span: Span,
        focus: Option<Focus<'_>>,
    ) -> Distribution {
        let quantities = match focus {
            Some((id, place)) => vec![(Quantity::Stage(id.to_owned()), place + 2)],
            None => vec![(Quantity::Response, 0), (Quantity::Service, 1)],
        };
        match span {
            Span::Recent => self.recent_distribution(quantities),
            Span::Whole => self.whole_distribution(quantities),
        }
    }

    /// All frames of the era, to three significant digits.
    fn whole_distribution(&self, quantities: Vec<(Quantity, usize)>) -> Distribution {
        let none = TimeHistogram::new();
        let place = quantities[0].1;
        let histogram = self.era_times.get(place).unwrap_or(&none);
        let frames = histogram.count() as usize;
        let total = self.era_times.totals_nanos.get(place).copied();
        let slowest = self.era_times.slowest.get(place).copied().flatten();
        let times: Vec<(Quantity, Vec<(u64, u64)>)> = quantities
            .into_iter()
            .map(|(quantity, place)| {
                let histogram = self.era_times.get(place).unwrap_or(&none);
                (quantity, histogram.cells().collect())
            })
            .collect();
        Distribution {
            span: Span::Whole,
            frames,
            mean_ms: total
                .filter(|_| frames > 0)
                .map(|total| total as f64 / frames as f64 / 1e6),
            quantiles: Quantile::ALL
                .iter()
                .map(|&quantile| views::of_histogram(histogram, quantile))
                .collect(),
            max_ms: slowest.map(|(nanos, _)| ms_from_nanos(nanos)),
            max_frame: slowest.map(|(_, frame)| frame),
            ..curves(times)
        }
    }

    fn recent_distribution(&self, quantities: Vec<(Quantity, usize)>) -> Distribution {
        let time = |record: &FrameRecord, place: usize| match place {
            0 => Some(record.response_nanos()),
            1 => Some(record.service_nanos()),
            _ => record.stages().get(place - 2).copied(),
        };
        let place = quantities[0].1;
        let samples: Vec<(Quantity, Sample)> = quantities
            .into_iter()
            .map(|(quantity, place)| {
                let times = self.processed().filter_map(|record| time(record, place));
                (quantity, Sample::new(times))
            })
            .collect();
        let sample = samples[0].1.clone();
        let slowest = self.processed().max_by_key(|record| time(record, place));
        let times = samples
            .into_iter()
            .map(|(quantity, sample)| (quantity, cells_of(sample.ascending())))
            .collect();
        Distribution {
            span: Span::Recent,
            frames: sample.count(),
            mean_ms: sample.mean().map(|nanos| nanos / 1e6),
            quantiles: Quantile::ALL
                .iter()
                .map(|&quantile| views::of_sample(&sample, quantile))
                .collect(),
            max_ms: sample.max().map(ms_from_nanos),
            max_frame: slowest.map(|record| record.index),
            ..curves(times)
        }
    }
}

/// The curves of several kinds of times over the same bins.
fn curves(times: Vec<(Quantity, Vec<(u64, u64)>)>) -> Distribution {
    let all: Vec<&super::series::Cells> = times.iter().map(|(_, cells)| cells.as_slice()).collect();
    let edges = Edges::around(&all);
    let series: Vec<Series> = times
        .into_iter()
        .map(|(quantity, cells)| Series::new(quantity, &cells, &edges))
        .collect();
    Distribution {
        bins: series
            .first()
            .map_or_else(Vec::new, |series| series.bins.clone()),
        series,
        ..Distribution::default()
    }
}
