//! What counts as dropped: our rule, and those of others, for comparison.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Outcome, Policy, Replay};
use crate::measure::Verdict;

/// GStreamer's video sinks forgive 5 ms (`max-lateness` as `gstvideosink.c` sets it).
const GSTREAMER_MAX_LATENESS_NANOS: u64 = 5_000_000;

/// GStreamer's sink renders a late frame after all if nothing was rendered for a second (`gstbasesink.c`).
const GSTREAMER_RESCUE_NANOS: u64 = 1_000_000_000;

/// Which frames count as dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropRule {
    /// Ours: skipped, or response over budget and tolerance.
    #[default]
    Response,
    /// The source document's first: skipped, or service time over the interval.
    OverInterval,
    /// The source document's second: skipped, or nothing left of the interval (service time at or over it).
    NothingLeft,
    /// The source document's third: skipped, or service time over the interval and its tolerance.
    OverTolerance,
    /// OBS's render loop: a frame counts for each *whole* interval by which it overran its own,
    /// `⌊response ÷ interval⌋ − 1`, so that one and a half intervals count nothing. Not defined where frames wait in
    /// a room, since OBS has none.
    Obs,
    /// GStreamer's video sink: skipped, or finished more than 5 ms after the frame's end, unless nothing was shown for
    /// a second.
    Gstreamer,
}

impl DropRule {
    /// All rules, ours first.
    pub const ALL: [Self; 6] = [
        Self::Response,
        Self::OverInterval,
        Self::NothingLeft,
        Self::OverTolerance,
        Self::Obs,
        Self::Gstreamer,
    ];

    /// The name in commands, files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::OverInterval => "over-interval",
            Self::NothingLeft => "nothing-left",
            Self::OverTolerance => "over-tolerance",
            Self::Obs => "obs",
            Self::Gstreamer => "gstreamer",
        }
    }

    /// The rule in one line.
    pub const fn line(self) -> &'static str {
        match self {
            Self::Response => "Framescope: skipped, or response over budget and tolerance",
            Self::OverInterval => "Source document: service over the interval",
            Self::NothingLeft => "Source document: nothing left of the interval to sleep",
            Self::OverTolerance => "Source document: service over interval and tolerance",
            Self::Obs => "OBS: whole intervals by which a frame overran its own",
            Self::Gstreamer => "GStreamer: finished over 5 ms after the frame's end",
        }
    }

    /// Frames that count as dropped; `None` if the rule is not defined under the policy.
    pub fn dropped(self, replay: &Replay) -> Option<u64> {
        let interval_nanos = replay.law.arrivals.schedule.interval_nanos();
        let tolerance = replay.law.deadline.tolerance;
        let count = |is_dropped: &dyn Fn(&Outcome) -> bool| {
            let counts = |outcome: &&Outcome| !outcome.is_processed() || is_dropped(outcome);
            Some(replay.outcomes.iter().filter(counts).count() as u64)
        };
        match self {
            Self::Response => count(&|outcome| outcome.verdict == Verdict::Late),
            Self::OverInterval => count(&|outcome| outcome.service_nanos() > interval_nanos),
            Self::NothingLeft => count(&|outcome| outcome.service_nanos() >= interval_nanos),
            Self::OverTolerance => {
                let limit_nanos = interval_nanos + tolerance.allowance_nanos(interval_nanos);
                count(&|outcome| outcome.service_nanos() > limit_nanos)
            }
            Self::Obs => obs(replay, interval_nanos),
            Self::Gstreamer => Some(gstreamer(replay, interval_nanos)),
        }
    }
}

fn obs(replay: &Replay, interval_nanos: u64) -> Option<u64> {
    let has_no_room = matches!(replay.law.policy, Policy::Block | Policy::NextTick);
    let lagged = |outcome: &Outcome| (outcome.response_nanos() / interval_nanos).saturating_sub(1);
    has_no_room.then(|| replay.processed().map(lagged).sum())
}

fn gstreamer(replay: &Replay, interval_nanos: u64) -> u64 {
    let mut dropped = 0;
    let mut last_shown_nanos = 0;
    for outcome in &replay.outcomes {
        let is_late = outcome.response_nanos() > interval_nanos + GSTREAMER_MAX_LATENESS_NANOS;
        let is_rescued =
            outcome.finish_nanos.saturating_sub(last_shown_nanos) >= GSTREAMER_RESCUE_NANOS;
        if !outcome.is_processed() || (is_late && !is_rescued) {
            dropped += 1;
        } else {
            last_shown_nanos = outcome.finish_nanos;
        }
    }
    dropped
}

/// Why a drop rule was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no drop rule `{0}`. Choose response, over-interval, nothing-left, over-tolerance, obs or gstreamer"
)]
pub struct DropRuleError(String);

impl FromStr for DropRule {
    type Err = DropRuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|rule| rule.name() == text)
            .ok_or_else(|| DropRuleError(text.to_owned()))
    }
}
