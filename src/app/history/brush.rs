//! Brushed frames: those that a drag in one plot selects, marked in all of them.
//!
//! A brush is fixed when it is made: frames that come later are not in it. A new deadline changes its verdicts, never
//! its frames.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::RangeInclusive;

use super::run::{Limits, RunHistory};
use super::series::{Edges, Quantity, Series, cells_of};
use super::views;
use crate::app::view_model::QuantileView;
use crate::measure::{Quantile, Sample, TimeHistogram, VerdictCounts, ms_from_nanos};

/// Frames of a brush whose numbers are listed.
pub const BRUSH_FRAMES_LISTED: usize = 256;

/// Times that are kept one by one; more are counted to three significant digits.
const EXACT: usize = 1 << 16;

/// What was dragged over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brushed {
    /// Frames one after the other, both ends included.
    Frames {
        /// Number of the first.
        first: u64,
        /// Number of the last.
        last: u64,
    },
    /// Frames with a time in a range, both ends included, among those of the distribution.
    Times {
        /// Which time.
        quantity: Quantity,
        /// From so many nanoseconds.
        from_nanos: u64,
        /// To so many.
        to_nanos: u64,
    },
}

impl Brushed {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Frames { first, last } if first == last => format!("frame #{first}"),
            Self::Frames { first, last } => format!("frames #{first} to #{last}"),
            Self::Times {
                quantity,
                from_nanos,
                to_nanos,
            } => format!(
                "{} {:.2} to {:.2}\u{2009}ms",
                quantity.word(),
                ms_from_nanos(*from_nanos),
                ms_from_nanos(*to_nanos)
            ),
        }
    }
}

/// The selected frames and what they have in common.
#[derive(Clone, Debug, Default)]
pub struct Brush {
    /// What was dragged over; `None` before anything was.
    pub what: Option<Brushed>,
    /// The same in words.
    pub words: String,
    /// How many frames it selects.
    pub count: u64,
    /// Their numbers, ascending; of more than [`BRUSH_FRAMES_LISTED`] the slowest.
    pub frames: Vec<u64>,
    /// Their verdicts under the present deadline.
    pub counts: VerdictCounts,
    /// Their share of all frames since counting began, 0 to 1.
    pub share: f64,
    /// The median of their response times.
    pub p50: QuantileView,
    /// The 99th percentile.
    pub p99: QuantileView,
    /// Their times as curves, over the bins of the distribution, in its order.
    pub series: Vec<Series>,
    set: FrameSet,
    among: Option<(u64, u64)>,
    limits: Limits,
    times: Vec<(Quantity, Vec<(u64, u64)>)>,
}

impl Brush {
    /// Selects among the frames of a range. `quantities` are those of the distribution.
    pub fn new(
        what: Brushed,
        run: &RunHistory,
        among: RangeInclusive<u64>,
        quantities: &[Quantity],
        limits: Limits,
    ) -> Self {
        let mut brush = Self {
            words: what.words(),
            among: Some((*among.start(), *among.end())),
            limits,
            ..Self::default()
        };
        let mut times: Vec<Times> = quantities.iter().map(|_| Times::default()).collect();
        let mut responses = Times::default();
        let mut slowest = BinaryHeap::new();
        let within = match &what {
            Brushed::Frames { first, last } => *first..=*last,
            Brushed::Times { .. } => among,
        };
        for (index, frame) in run.frames(within) {
            if let Brushed::Times {
                quantity,
                from_nanos,
                to_nanos,
            } = &what
            {
                let nanos = nanos_of(run, index, quantity);
                if !nanos.is_some_and(|nanos| (*from_nanos..=*to_nanos).contains(&nanos)) {
                    continue;
                }
            }
            brush.count += 1;
            brush.counts.add(frame.verdict(limits));
            brush.set.add(index);
            slowest.push(Reverse((frame.response_nanos, Reverse(index))));
            if slowest.len() > BRUSH_FRAMES_LISTED {
                slowest.pop();
            }
            if frame.is_processed() {
                responses.add(frame.response_nanos);
                for (times, quantity) in times.iter_mut().zip(quantities) {
                    if let Some(nanos) = nanos_of(run, index, quantity) {
                        times.add(nanos);
                    }
                }
            }
        }
        brush.frames = slowest
            .into_iter()
            .map(|Reverse((_, Reverse(index)))| index)
            .collect();
        brush.frames.sort_unstable();
        brush.share = brush.count as f64 / run.told().max(1) as f64;
        [brush.p50, brush.p99] = [Quantile::P50, Quantile::P99].map(|q| responses.quantile(q));
        brush.times = quantities
            .iter()
            .cloned()
            .zip(times.into_iter().map(Times::into_cells))
            .collect();
        brush.what = Some(what);
        brush
    }

    /// The same frames under another deadline, or with other quantities.
    #[must_use]
    pub fn renewed(
        &self,
        run: &RunHistory,
        quantities: &[Quantity],
        limits: Limits,
    ) -> Option<Self> {
        let (first, last) = self.among?;
        let mut brush = Self::new(self.what.clone()?, run, first..=last, quantities, limits);
        brush.share = self.share;
        Some(brush)
    }

    /// Whether it was made for these.
    pub fn is_of(&self, quantities: &[Quantity], limits: Limits) -> bool {
        self.limits == limits
            && self
                .times
                .iter()
                .map(|(quantity, _)| quantity)
                .eq(quantities)
    }

    /// Draws its curves over the bins of these.
    pub fn draw_over(&mut self, drawn: &[Series]) {
        let edges = &drawn.first().map_or_else(Edges::default, Edges::of);
        let times = self.times.iter();
        self.series = times
            .map(|(quantity, cells)| Series::new(quantity.clone(), cells, edges))
            .collect();
    }

    /// Whether it selects a frame.
    pub fn has(&self, frame: u64) -> bool {
        self.set.has_any(frame, frame)
    }

    /// Whether it selects any frame from the first to the last.
    pub fn has_any(&self, first: u64, last: u64) -> bool {
        self.set.has_any(first, last)
    }
}

/// The time of a processed frame.
fn nanos_of(run: &RunHistory, index: u64, quantity: &Quantity) -> Option<u64> {
    let frame = run.frame(index).filter(|frame| frame.is_processed())?;
    match quantity {
        Quantity::Response => Some(frame.response_nanos),
        Quantity::Service => Some(frame.service_nanos),
        Quantity::Stage(id) => run.stage_nanos(index, id),
    }
}

/// Times, one by one as long as they are few.
#[derive(Default)]
struct Times {
    exact: Vec<u64>,
    counted: Option<TimeHistogram>,
}

impl Times {
    fn add(&mut self, nanos: u64) {
        if self.counted.is_none() && self.exact.len() == EXACT {
            let mut counted = TimeHistogram::new();
            self.exact.drain(..).for_each(|nanos| counted.add(nanos));
            self.counted = Some(counted);
        }
        match &mut self.counted {
            Some(counted) => counted.add(nanos),
            None => self.exact.push(nanos),
        }
    }

    fn quantile(&self, quantile: Quantile) -> QuantileView {
        match &self.counted {
            Some(counted) => views::of_histogram(counted, quantile),
            None => views::of_sample(&Sample::new(self.exact.iter().copied()), quantile),
        }
    }

    fn into_cells(self) -> Vec<(u64, u64)> {
        match &self.counted {
            Some(counted) => counted.cells().collect(),
            None => cells_of(Sample::new(self.exact).ascending()),
        }
    }
}

/// Frame numbers: a bit for each, and one for each 64.
#[derive(Clone, Debug, Default)]
struct FrameSet {
    /// Number of the first word.
    first: u64,
    words: Vec<u64>,
    any: Vec<u64>,
}

impl FrameSet {
    /// Adds a frame; frames come in ascending order.
    fn add(&mut self, frame: u64) {
        let word = frame / 64;
        if self.words.is_empty() {
            self.first = word & !63;
        }
        let place = (word - self.first) as usize;
        if self.words.len() <= place {
            self.words.resize(place + 1, 0);
            self.any.resize(place / 64 + 1, 0);
        }
        self.words[place] |= 1 << (frame % 64);
        self.any[place / 64] |= 1 << (place % 64);
    }

    fn has_any(&self, first: u64, last: u64) -> bool {
        let begin = self.first * 64;
        let end = begin + self.words.len() as u64 * 64;
        let (first, last) = (first.max(begin), last.min(end.saturating_sub(1)));
        if first > last || self.words.is_empty() {
            return false;
        }
        let (from, to) = (first - begin, last - begin);
        let (low, high) = (from / 64, to / 64);
        let after = u64::MAX << (from % 64);
        let before = u64::MAX >> (63 - to % 64);
        let word = |place: u64| self.words[place as usize];
        if low == high {
            return word(low) & after & before != 0;
        }
        if word(low) & after != 0 || word(high) & before != 0 {
            return true;
        }
        any_bit(&self.any, low + 1, high)
    }
}

/// Whether a bit is set from `from` on, before `to`.
fn any_bit(bits: &[u64], from: u64, to: u64) -> bool {
    let mut at = from;
    while at < to {
        let inside = (64 - at % 64).min(to - at);
        let mask = (u64::MAX >> (64 - inside)) << (at % 64);
        if bits[(at / 64) as usize] & mask != 0 {
            return true;
        }
        at += inside;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_frames_answers_for_every_range() {
        let mut set = FrameSet::default();
        let frames: Vec<u64> = (0..40_000u64)
            .filter(|frame| frame.wrapping_mul(2_654_435_761) % 977 < 3)
            .map(|frame| frame + 12_345)
            .collect();
        frames.iter().for_each(|&frame| set.add(frame));
        for first in (12_000..53_000).step_by(37) {
            for wide in [0, 1, 63, 64, 700, 9_000] {
                let last = first + wide;
                let expected = frames.iter().any(|frame| (first..=last).contains(frame));
                assert_eq!(set.has_any(first, last), expected, "{first} to {last}");
            }
        }
        assert!(!FrameSet::default().has_any(0, u64::MAX));
    }
}
