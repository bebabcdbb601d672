//! What the window itself takes: the time of its pictures and of the lab's ticks, and what the thread uses.

use std::collections::VecDeque;

use crate::measure::{Quantile, QuantileMs, Sample, ms_from_nanos};

/// Pictures of the window that are looked back on.
const KEPT: usize = 600;

/// What a picture of the window cost, as its shell saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DrawCost {
    /// Time on the window's thread: laying out, turning shapes into triangles, handing them over. `None` if it is not known
    /// yet.
    pub cost_nanos: Option<u64>,
    /// Bytes of textures handed over.
    pub uploaded_bytes: u64,
}

/// The window's own times, for the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WindowTimesView {
    /// Pictures that are looked back on.
    pub pictures: usize,
    /// Median of their times.
    pub p50: QuantileMs,
    /// Their 99th percentile.
    pub p99: QuantileMs,
    /// The longest, in milliseconds.
    pub worst_ms: Option<f64>,
    /// Pictures a second.
    pub per_second: Option<f64>,
    /// Processor time of the window's thread ÷ time, 1 = one core; `None` where the system does not tell.
    pub thread_share: Option<f64>,
    /// Processor time of the whole program ÷ time, 1 = one core.
    pub program_share: Option<f64>,
    /// Bytes of textures a second.
    pub uploaded_per_second: Option<f64>,
    /// Median time of the lab's tick, which is in the picture's.
    pub tick_p50: QuantileMs,
    /// 99th percentile of the lab's tick.
    pub tick_p99: QuantileMs,
}

/// A picture of the window.
#[derive(Clone, Copy, Debug)]
struct Picture {
    at_nanos: u64,
    drawn: DrawCost,
    tick_nanos: u64,
    thread_nanos: Option<u64>,
    program_nanos: Option<u64>,
}

/// The last pictures of the window.
#[derive(Debug, Default)]
pub(in crate::app) struct WindowTimes {
    pictures: VecDeque<Picture>,
    tick_nanos: u64,
}

impl WindowTimes {
    /// What the tick before the picture took.
    pub(in crate::app) const fn note_tick(&mut self, nanos: u64) {
        self.tick_nanos = nanos;
    }

    /// A picture that was drawn at `at_nanos`, and the processor times of thread and program until then.
    pub(in crate::app) fn note_drawn(
        &mut self,
        at_nanos: u64,
        drawn: DrawCost,
        (thread_nanos, program_nanos): (Option<u64>, Option<u64>),
    ) {
        if self.pictures.len() == KEPT {
            self.pictures.pop_front();
        }
        self.pictures.push_back(Picture {
            at_nanos,
            drawn,
            tick_nanos: self.tick_nanos,
            thread_nanos,
            program_nanos,
        });
    }

    /// Forgets what was drawn: it was drawn otherwise.
    pub(in crate::app) fn clear(&mut self) {
        self.pictures.clear();
    }

    pub(in crate::app) fn view(&self) -> WindowTimesView {
        let costs = self
            .pictures
            .iter()
            .filter_map(|picture| picture.drawn.cost_nanos);
        let costs = Sample::new(costs);
        let ticks = Sample::new(self.pictures.iter().map(|picture| picture.tick_nanos));
        let ends = self.pictures.front().zip(self.pictures.back());
        let seconds = ends
            .map(|(first, last)| last.at_nanos.saturating_sub(first.at_nanos) as f64 / 1e9)
            .filter(|&seconds| seconds > 0.0);
        let share = |nanos: fn(&Picture) -> Option<u64>| {
            let (first, last) = ends?;
            let used_nanos = nanos(last)?.saturating_sub(nanos(first)?);
            Some(used_nanos as f64 / 1e9 / seconds?)
        };
        let uploads = self.pictures.iter().skip(1);
        let uploaded: u64 = uploads.map(|picture| picture.drawn.uploaded_bytes).sum();
        WindowTimesView {
            pictures: costs.count(),
            p50: costs.quantile_ms(Quantile::P50),
            p99: costs.quantile_ms(Quantile::P99),
            worst_ms: costs.max().map(ms_from_nanos),
            per_second: seconds.map(|seconds| (self.pictures.len() - 1) as f64 / seconds),
            thread_share: share(|picture| picture.thread_nanos),
            program_share: share(|picture| picture.program_nanos),
            uploaded_per_second: seconds.map(|seconds| uploaded as f64 / seconds),
            tick_p50: ticks.quantile_ms(Quantile::P50),
            tick_p99: ticks.quantile_ms(Quantile::P99),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_rates_are_over_the_pictures_that_are_kept() {
        let mut times = WindowTimes::default();
        assert_eq!((times.view().pictures, times.view().per_second), (0, None));
        for number in 0..1_000u64 {
            times.note_tick(1_000_000);
            times.note_drawn(
                number * 40_000_000,
                DrawCost {
                    cost_nanos: (number > 0).then_some(10_000_000),
                    uploaded_bytes: 500,
                },
                (Some(number * 10_000_000), None),
            );
        }
        let view = times.view();
        assert_eq!(view.pictures, 600);
        assert_eq!(view.p50.value, Some(10.0));
        assert_eq!(view.worst_ms, Some(10.0));
        assert!((view.per_second.unwrap() - 25.0).abs() < 1e-9);
        assert!((view.thread_share.unwrap() - 0.25).abs() < 1e-9);
        assert_eq!(view.program_share, None, "what is not told is not 0");
        assert!((view.uploaded_per_second.unwrap() - 12_500.0).abs() < 1e-6);
        assert_eq!(view.tick_p99.value, Some(1.0));
    }
}
