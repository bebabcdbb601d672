//! Times of a whole run, however long, in fixed memory: a high-dynamic-range histogram.
//!
//! Values are kept to three significant digits from 1 ns to an hour, so a quantile read from it is at most 0.1 % above
//! the value of that rank. Histograms of several streams are merged by adding their counts; quantiles never are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};

use super::{Quantile, quantile_ranks};

/// The longest time that is told apart: an hour. Longer ones count as an hour.
const MAX_NANOS: u64 = 3_600_000_000_000;

/// Significant decimal digits.
const DIGITS: u8 = 3;

/// The most base64 text that is read: far more than any histogram of this range takes.
const MAX_TEXT: usize = 4 << 20;

/// Times in nanoseconds, counted.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeHistogram {
    counts: Histogram<u64>,
}

impl Default for TimeHistogram {
    fn default() -> Self {
        Self::new()
    }
}

impl TimeHistogram {
    /// No times yet. Takes its memory here, about 300 KiB, and none later.
    ///
    /// # Panics
    /// Never: the bounds are constants that the histogram accepts.
    #[allow(
        clippy::expect_used,
        reason = "the bounds are constants; a test makes one"
    )]
    pub fn new() -> Self {
        Self {
            counts: Histogram::new_with_bounds(1, MAX_NANOS, DIGITS).expect("constant bounds"),
        }
    }

    /// Counts one time.
    pub fn add(&mut self, nanos: u64) {
        self.counts.saturating_record(nanos);
    }

    /// Adds all counts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        // Both have the same bounds, so there is nothing that cannot be added.
        let _ = self.counts.add(&other.counts);
    }

    /// Times counted.
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    /// The largest time, to three digits; `None` if there is none.
    pub fn max_nanos(&self) -> Option<u64> {
        (self.count() > 0).then(|| self.counts.max())
    }

    /// The value of the quantile's rank, to three digits, only if the sample supports it.
    pub fn quantile(&self, quantile: Quantile) -> Option<u64> {
        (self.count() >= quantile.frames_needed() as u64)
            .then(|| self.at_rank(quantile.rank(self.count() as usize)))
    }

    /// The ends of the quantile's 95 % interval; an end that the sample is too small for is `None`.
    pub fn interval(&self, quantile: Quantile) -> (Option<u64>, Option<u64>) {
        let ranks = quantile_ranks(quantile.per_mille(), self.count() as usize);
        let at = |rank: Option<usize>| rank.map(|rank| self.at_rank(rank));
        (at(ranks.lower), at(ranks.upper))
    }

    /// The value of a rank from 1, to three digits.
    fn at_rank(&self, rank: usize) -> u64 {
        let share = rank as f64 / self.count().max(1) as f64;
        // The histogram rounds its rank up from the share; half a rank less lands on it whatever the rounding.
        let half = 0.5 / self.count().max(1) as f64;
        self.counts.value_at_quantile(share - half)
    }

    /// Values and counts of the cells that are not empty, ascending: the highest value of each cell in nanoseconds.
    pub fn cells(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.counts
            .iter_recorded()
            .map(|cell| (cell.value_iterated_to(), cell.count_at_value()))
    }

    /// HdrHistogram's percentile text (`.hgrm`), in milliseconds, five steps to each halving of what is left.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn write_percentiles(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        writeln!(
            out,
            "       Value     Percentile TotalCount 1/(1-Percentile)\n"
        )?;
        let mut count = 0;
        for step in self.counts.iter_quantiles(5) {
            count += step.count_since_last_iteration();
            let (ms, share) = (
                step.value_iterated_to() as f64 / 1e6,
                step.quantile_iterated_to(),
            );
            write!(out, "{ms:12.3} {share:2.12} {count:10}")?;
            if share < 1.0 {
                write!(out, " {:14.2}", 1.0 / (1.0 - share))?;
            }
            writeln!(out)?;
        }
        writeln!(
            out,
            "#[Mean    = {:12.3}, StdDeviation   = {:12.3}]",
            self.counts.mean() / 1e6,
            self.counts.stdev() / 1e6
        )?;
        let max_ms = self.max_nanos().unwrap_or(0) as f64 / 1e6;
        writeln!(
            out,
            "#[Max     = {max_ms:12.3}, Total count    = {:12}]",
            self.count()
        )?;
        let (buckets, cells) = cells_of_range();
        writeln!(
            out,
            "#[Buckets = {buckets:12}, SubBuckets     = {cells:12}]"
        )
    }

    /// The standard text of HdrHistogram: its V2 encoding, deflated, in base64 (`HISTFAAAA…`). Values are nanoseconds.
    pub fn to_base64(&self) -> String {
        let mut bytes = Vec::new();
        // Writing to memory cannot fail, and the counts fit the format.
        let _ = V2DeflateSerializer::new().serialize(&self.counts, &mut bytes);
        STANDARD.encode(bytes)
    }

    /// Reads what [`Self::to_base64`] or another program's HdrHistogram wrote.
    ///
    /// # Errors
    /// If the text is too long, is no base64 or holds no histogram of this range.
    pub fn from_base64(text: &str) -> Result<Self, HistogramError> {
        if text.len() > MAX_TEXT {
            return Err(HistogramError);
        }
        let bytes = STANDARD.decode(text).map_err(|_| HistogramError)?;
        let read: Histogram<u64> = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|_| HistogramError)?;
        let mut histogram = Self::new();
        histogram.counts.add(read).map_err(|_| HistogramError)?;
        Ok(histogram)
    }
}

/// How the range is divided: halvings of the range, and cells of each.
fn cells_of_range() -> (u32, u64) {
    // The next power of two over twice the steps of so many digits.
    let cells = (2 * 10u64.pow(DIGITS.into())).next_power_of_two();
    let halvings = (MAX_NANOS / cells).ilog2() + 2;
    (halvings, cells)
}

/// A text that holds no histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no HdrHistogram (V2, deflated, base64) of times from 1 ns to an hour")]
pub struct HistogramError;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Sample;

    #[test]
    fn quantiles_are_those_of_the_values_to_three_digits() {
        let values = (1..=3_000u64).map(|k| k * k % 7_919 * 10_007 + 1_000_000);
        let mut histogram = TimeHistogram::new();
        values.clone().for_each(|nanos| histogram.add(nanos));
        let sample = Sample::new(values);
        for quantile in Quantile::ALL {
            let (exact, kept) = (sample.quantile(quantile), histogram.quantile(quantile));
            let (exact, kept) = (exact.unwrap() as f64, kept.unwrap() as f64);
            assert!(
                (0.0..=0.001).contains(&(kept / exact - 1.0)),
                "{exact} {kept}"
            );
        }
        assert!(histogram.interval(Quantile::P999).1.is_none());
    }

    #[test]
    fn merging_adds_counts() {
        let (mut left, mut right) = (TimeHistogram::new(), TimeHistogram::new());
        (0..500).for_each(|_| left.add(1_000_000));
        (0..500).for_each(|_| right.add(9_000_000));
        left.merge(&right);
        assert_eq!(left.count(), 1000);
        assert!(
            left.quantile(Quantile::P50)
                .is_some_and(|nanos| nanos < 1_002_000)
        );
        assert!(
            left.quantile(Quantile::P90)
                .is_some_and(|nanos| nanos >= 9_000_000)
        );
    }

    #[test]
    fn the_text_reads_back_and_rubbish_does_not() {
        let mut histogram = TimeHistogram::new();
        (1..100).for_each(|k| histogram.add(k * 333_333));
        histogram.add(u64::MAX);
        let text = histogram.to_base64();
        assert!(text.starts_with("HISTF"), "{text}");
        assert_eq!(TimeHistogram::from_base64(&text), Ok(histogram));
        for rubbish in ["", "HISTFAAAA", "not base64!", "AAAA"] {
            assert_eq!(TimeHistogram::from_base64(rubbish), Err(HistogramError));
        }
    }
}
