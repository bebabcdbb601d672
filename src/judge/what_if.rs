//! What if: the same trace under all policies, and the drop rate over tolerance and rate.

use std::sync::Arc;

use super::{
    ArrivalPlan, Deadline, DropRule, Law, Policy, Replay, ReplaySummary, Schedule, Tolerance,
    Trace, replay,
};
use crate::measure::Share;

/// The largest tolerance of the curve and the map, in percent.
const MAX_TOLERANCE_PERCENT: u32 = 50;

/// Rates of the curve, as shares of the present one, in hundredths: from a half to twice.
const CURVE_RATES: std::ops::RangeInclusive<u32> = 50..=200;

/// Steps between two rates of the curve, in hundredths.
const CURVE_STEP: usize = 5;

/// Steps between two rates of the map, in hundredths.
const MAP_RATE_STEP: usize = 10;

/// Steps between two tolerances of the map, in percent.
const MAP_TOLERANCE_STEP: usize = 5;

/// A trace and the setting under which it is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The trace.
    pub trace: Arc<Trace>,
    /// The rate at which it was recorded: arrivals of its own are stretched from there.
    pub recorded: Schedule,
    /// The rate asked about.
    pub schedule: Schedule,
    /// Response time allowed; `None` is the interval of whatever rate.
    pub budget_nanos: Option<u64>,
    /// The share of the budget that is forgiven.
    pub tolerance: Tolerance,
    /// The policy asked about.
    pub policy: Policy,
    /// What counts as dropped.
    pub rule: DropRule,
    /// Whether the floor is on.
    pub has_floor: bool,
}

/// The answers to a [`Question`].
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf {
    /// All policies under the present rate, budget and tolerance. The policy asked about keeps its capacity.
    pub table: Vec<(Policy, ReplaySummary)>,
    /// Drop rate over tolerance in percent, under the policy asked about.
    pub by_tolerance: Curve,
    /// Drop rate over arrivals per second, under the policy asked about.
    pub by_rate: Curve,
    /// Drop rate over both.
    pub map: Map,
}

/// Drop rates along one axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// The points, ascending.
    pub points: Vec<CurvePoint>,
}

/// One point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Tolerance in percent, or arrivals per second.
    pub x: f64,
    /// The drop rate with its interval; `None` where the rule is not defined.
    pub drop_rate: Option<Share>,
}

/// Drop rates over rate and tolerance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// Arrivals per second, ascending: the columns.
    pub rates_fps: Vec<f64>,
    /// Tolerances in percent, ascending: the rows.
    pub tolerances_percent: Vec<f64>,
    /// Drop rates row by row; `None` where the rule is not defined.
    pub drop_rates: Vec<Option<f64>>,
}

impl Question {
    /// Everything, at once: for a program that has nothing to wait for.
    pub fn answer(&self) -> WhatIf {
        WhatIf {
            table: self.table(),
            by_tolerance: self.by_tolerance(),
            by_rate: self.by_rate(),
            map: self.map(),
        }
    }

    /// All policies under the present setting.
    pub fn table(&self) -> Vec<(Policy, ReplaySummary)> {
        let of = |policy: Policy| {
            let replay = self.replay(policy, self.schedule, self.tolerance);
            (policy, replay.summary(self.rule))
        };
        self.policies().map(of).collect()
    }

    /// All policies; the one asked about keeps its capacity.
    pub fn policies(&self) -> impl Iterator<Item = Policy> + '_ {
        Policy::ALL.into_iter().map(|policy| {
            if policy.is_same_kind(self.policy) {
                self.policy
            } else {
                policy
            }
        })
    }

    /// The trace under one policy, rate and tolerance.
    pub fn replay(&self, policy: Policy, schedule: Schedule, tolerance: Tolerance) -> Replay {
        let interval_nanos = schedule.interval_nanos();
        let law = Law {
            policy,
            arrivals: ArrivalPlan::from(schedule),
            deadline: Deadline::new(self.budget_nanos.unwrap_or(interval_nanos), tolerance),
            has_floor: self.has_floor,
        };
        let stretch = schedule.mean_interval_nanos() / self.recorded.mean_interval_nanos();
        replay(&self.trace, &law, stretch)
    }

    /// Drop rate over tolerance.
    pub fn by_tolerance(&self) -> Curve {
        let tolerances = (0..=MAX_TOLERANCE_PERCENT).map(f64::from);
        self.over_tolerances(self.schedule, tolerances)
    }

    fn over_tolerances(&self, schedule: Schedule, percents: impl Iterator<Item = f64>) -> Curve {
        let mut replayed = None;
        let point = |percent: f64| {
            let tolerance = Tolerance::from_percent(percent).unwrap_or_default();
            let judged = match (&mut replayed, self.policy) {
                // Its choices depend on the deadline; all other policies choose alike, and only the verdicts change.
                (_, Policy::Admit) | (None, _) => self.replay(self.policy, schedule, tolerance),
                (Some(replay), _) => Replay::judged_again(replay, tolerance),
            };
            let drop_rate = judged.summary(self.rule).drop_rate;
            replayed = Some(judged);
            CurvePoint {
                x: percent,
                drop_rate,
            }
        };
        Curve {
            points: percents.map(point).collect(),
        }
    }

    /// Drop rate over the rate.
    pub fn by_rate(&self) -> Curve {
        let point = |schedule: Schedule| CurvePoint {
            x: 1e9 / schedule.mean_interval_nanos(),
            drop_rate: self
                .replay(self.policy, schedule, self.tolerance)
                .summary(self.rule)
                .drop_rate,
        };
        Curve {
            points: self.rates(CURVE_STEP).map(point).collect(),
        }
    }

    /// Drop rate over rate and tolerance.
    pub fn map(&self) -> Map {
        let tolerances = (0..=MAX_TOLERANCE_PERCENT).step_by(MAP_TOLERANCE_STEP);
        let tolerances_percent: Vec<f64> = tolerances.map(f64::from).collect();
        let columns: Vec<(f64, Curve)> = self
            .rates(MAP_RATE_STEP)
            .map(|schedule| {
                let curve = self.over_tolerances(schedule, tolerances_percent.iter().copied());
                (1e9 / schedule.mean_interval_nanos(), curve)
            })
            .collect();
        let cell = |row: usize| {
            columns.iter().map(move |(_, curve)| {
                let rate = curve.points.get(row)?.drop_rate?;
                Some(rate.share)
            })
        };
        Map {
            drop_rates: (0..tolerances_percent.len()).flat_map(cell).collect(),
            rates_fps: columns.iter().map(|(fps, _)| *fps).collect(),
            tolerances_percent,
        }
    }

    fn rates(&self, step: usize) -> impl Iterator<Item = Schedule> + '_ {
        CURVE_RATES
            .step_by(step)
            .map(|percent| self.schedule.scaled(percent, 100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(policy: Policy) -> Question {
        let rows: Vec<_> = (0..600u64)
            .map(|row| Some(25_000_000 + row * row * 7919 % 17_000_000))
            .collect();
        Question {
            trace: Arc::new(Trace::new(&rows)),
            recorded: Schedule::from_rate(30, 1),
            schedule: Schedule::from_rate(30, 1),
            budget_nanos: None,
            tolerance: Tolerance::from_percent(10.0).unwrap(),
            policy,
            rule: DropRule::Response,
            has_floor: false,
        }
    }

    #[test]
    fn the_curves_pass_through_the_present_setting() {
        for policy in Policy::ALL {
            let answer = question(policy).answer();
            let (_, present) = answer
                .table
                .iter()
                .find(|(in_table, _)| *in_table == policy)
                .unwrap();
            let at = |curve: &Curve, x: f64| {
                let point = curve.points.iter().find(|point| point.x == x);
                point.and_then(|point| point.drop_rate)
            };
            assert_eq!(
                at(&answer.by_tolerance, 10.0),
                present.drop_rate,
                "{policy}"
            );
            assert_eq!(at(&answer.by_rate, 30.0), present.drop_rate, "{policy}");
            let map = &answer.map;
            let column = map.rates_fps.iter().position(|&fps| fps == 30.0).unwrap();
            let row = map
                .tolerances_percent
                .iter()
                .position(|&percent| percent == 10.0)
                .unwrap();
            let cell = map.drop_rates[row * map.rates_fps.len() + column];
            assert_eq!(cell, present.drop_rate.map(|rate| rate.share));
        }
    }

    #[test]
    fn a_policy_keeps_its_capacity() {
        let table = question(Policy::LeakyUpstream { capacity: 3 }).table();
        assert_eq!(table[2].0, Policy::LeakyUpstream { capacity: 3 });
    }
}
