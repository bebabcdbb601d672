//! How the plots look at the run, and what they ask for.

use super::{
    Brushed, Distribution, Glow, Limits, Quantity, RunHistory, StageView, TimeWindow, Timeline,
};
use crate::measure::ms_from_nanos;

/// The pictures of a distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DistributionShape {
    /// Frames by time.
    #[default]
    Histogram,
    /// Frames by time, on a logarithmic axis.
    LogHistogram,
    /// The share of frames that took no longer.
    Cumulative,
    /// Time over percentile, on an axis of 1 ÷ (1 − p).
    Spectrum,
}

impl DistributionShape {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Histogram,
        Self::LogHistogram,
        Self::Cumulative,
        Self::Spectrum,
    ];

    /// A short word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Histogram => "bins",
            Self::LogHistogram => "log",
            Self::Cumulative => "CDF",
            Self::Spectrum => "spectrum",
        }
    }

    /// What it shows, in a line.
    pub const fn line(self) -> &'static str {
        match self {
            Self::Histogram => "Frames by time, in bins of equal width.",
            Self::LogHistogram => "Frames by time on a logarithmic axis, in bins of equal ratio.",
            Self::Cumulative => {
                "The share of frames that took no longer, with its 95 % band (Dvoretzky, Kiefer, Wolfowitz)."
            }
            Self::Spectrum => {
                "Time over percentile: the axis is 1 ÷ (1 − p), so that the tail has room. Grey where frames are missing."
            }
        }
    }
}

/// What a plot asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum PlotCommand {
    /// TimeWindow at this window of the run.
    TimeWindow(TimeWindow),
    /// Show the distribution in this shape.
    Shape(DistributionShape),
    /// Select these frames in every plot, or none.
    Brush(Option<Brushed>),
}

/// The whole run, and how it is looked at.
#[derive(Clone, Debug, Default)]
pub struct Plots {
    /// Every frame since counting began.
    pub run: RunHistory,
    /// The window of the timeline.
    pub look: TimeWindow,
    /// The picture of the distribution.
    pub shape: DistributionShape,
    /// Late frames of the last two seconds.
    pub afterglow: Vec<Glow>,
    /// Changes when the statistics are made anew.
    pub statistics_version: u64,
}

impl Plots {
    /// For another source: without frames, looked at in the same way.
    pub(super) fn emptied(&self) -> Self {
        Self {
            shape: self.shape,
            statistics_version: self.statistics_version,
            look: self.look.following(),
            ..Self::default()
        }
    }
}

impl Timeline {
    /// Budget and deadline in nanoseconds.
    pub fn limits(&self) -> Limits {
        let nanos = |ms: f64| (ms * 1e6).round().max(0.0) as u64;
        Limits {
            budget_nanos: nanos(self.budget_ms),
            limit_nanos: nanos(self.deadline_ms),
        }
    }
}

impl Distribution {
    /// The kinds of times that it is made of.
    pub fn quantities(&self) -> Vec<Quantity> {
        let series = self.series.iter();
        series.map(|series| series.quantity.clone()).collect()
    }
}

impl StageView {
    /// Its share of the budget in milliseconds: what it may take if every stage keeps its part of the service time.
    pub fn allotted_ms(&self, limits: Limits) -> Option<f64> {
        let budget_ms = ms_from_nanos(limits.budget_nanos);
        self.share_of_service.map(|share| share * budget_ms)
    }
}
