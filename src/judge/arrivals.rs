//! When frames arrive: on the grid of the schedule, scattered around it, at random, as they were recorded, or as a live
//! source delivers them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1};
use rand_pcg::Pcg64;
use serde::Serialize;

use super::Schedule;

/// Jittered arrivals that may overtake each other at most; beyond that the earliest is let go.
const MAX_OVERTAKING: usize = 1_024;

/// How arrivals lie in time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ArrivalPattern {
    /// On the grid of the schedule.
    #[default]
    Fixed,
    /// Each evenly distributed within `max_nanos` before and after its place on the grid, then sorted and numbered.
    Jittered {
        /// The largest distance from the grid.
        max_nanos: u64,
    },
    /// At random and independent, with the schedule's mean rate: gaps are exponentially distributed.
    Poisson,
    /// As recorded: nanoseconds after the first arrival, ascending. There are no more arrivals than that.
    Recorded {
        /// The arrivals.
        #[serde(skip)]
        arrivals_nanos: Arc<[u64]>,
    },
    /// When they come: the [`super::Sequencer`] is told of each. Nothing is known ahead, and nothing can scatter them.
    Live,
}

/// Schedule, pattern and seed: all that decides when frames arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivalPlan {
    /// The mean rate.
    pub schedule: Schedule,
    /// How arrivals lie around it.
    pub pattern: ArrivalPattern,
    /// The seed of everything random in it.
    pub seed: u64,
}

impl From<Schedule> for ArrivalPlan {
    /// Arrivals on the grid.
    fn from(schedule: Schedule) -> Self {
        Self {
            schedule,
            pattern: ArrivalPattern::Fixed,
            seed: 1,
        }
    }
}

/// Arrivals one after the other, in nanoseconds after a common origin, never decreasing. Allocates nothing once made.
#[derive(Clone, Debug)]
pub struct Arrivals {
    plan: ArrivalPlan,
    random: Pcg64,
    /// Number of the next arrival of the pattern.
    next: u64,
    /// Where the last random gap ended.
    poisson_nanos: f64,
    jitter_nanos: u64,
    /// Jittered arrivals that another one may still overtake.
    scattered: BinaryHeap<Reverse<u64>>,
    latest_nanos: u64,
    /// The recorded arrival that lies at the origin.
    recorded_from_nanos: u64,
}

impl Arrivals {
    /// The arrivals of a plan from its beginning.
    pub fn new(plan: ArrivalPlan) -> Self {
        let jitter_nanos = match plan.pattern {
            ArrivalPattern::Jittered { max_nanos } => max_nanos,
            _ => 0,
        };
        Self {
            random: Pcg64::seed_from_u64(plan.seed),
            plan,
            next: 0,
            poisson_nanos: 0.0,
            jitter_nanos,
            scattered: BinaryHeap::with_capacity(MAX_OVERTAKING + 1),
            latest_nanos: 0,
            recorded_from_nanos: 0,
        }
    }

    /// The plan.
    pub const fn plan(&self) -> &ArrivalPlan {
        &self.plan
    }

    /// Starts the pattern again at its origin. Recorded arrivals go on where they were, the next one at the origin.
    pub fn rebase(&mut self) {
        self.scattered.clear();
        self.latest_nanos = 0;
        self.poisson_nanos = 0.0;
        match &self.plan.pattern {
            ArrivalPattern::Recorded { arrivals_nanos } => {
                let next = usize::try_from(self.next).unwrap_or(usize::MAX);
                self.recorded_from_nanos = arrivals_nanos.get(next).copied().unwrap_or_default();
            }
            _ => self.next = 0,
        }
    }

    /// Scatters the arrivals from the next one on by up to `max_nanos`; 0 puts them back where the pattern has them.
    pub fn scatter(&mut self, max_nanos: u64) {
        self.jitter_nanos = match self.plan.pattern {
            ArrivalPattern::Jittered { max_nanos: own } => own.max(max_nanos),
            ArrivalPattern::Live => 0,
            _ => max_nanos,
        };
    }

    /// The next arrival of the pattern, before scattering.
    fn pattern_next(&mut self) -> Option<u64> {
        let index = self.next;
        let nanos = match &self.plan.pattern {
            ArrivalPattern::Fixed | ArrivalPattern::Jittered { .. } => {
                self.plan.schedule.arrival_nanos(index)
            }
            ArrivalPattern::Poisson => {
                if index > 0 {
                    let gap: f64 = Exp1.sample(&mut self.random);
                    self.poisson_nanos += gap * self.plan.schedule.mean_interval_nanos();
                }
                self.poisson_nanos.round() as u64
            }
            ArrivalPattern::Recorded { arrivals_nanos } => {
                let nanos = *arrivals_nanos.get(usize::try_from(index).ok()?)?;
                nanos.saturating_sub(self.recorded_from_nanos)
            }
            ArrivalPattern::Live => return None,
        };
        self.next += 1;
        Some(nanos)
    }

    fn scattered_next(&mut self) -> Option<u64> {
        loop {
            // Whatever comes later lies at or after `next place − jitter`: an arrival before that is overtaken by none.
            if self.scattered.len() >= MAX_OVERTAKING {
                return self.scattered.pop().map(|Reverse(nanos)| nanos);
            }
            let Some(place) = self.pattern_next() else {
                return self.scattered.pop().map(|Reverse(nanos)| nanos);
            };
            let is_settled =
                |&Reverse(nanos): &Reverse<u64>| nanos <= place.saturating_sub(self.jitter_nanos);
            let settled = self.scattered.peek().is_some_and(is_settled);
            let jitter = self.random.random_range(0..=2 * self.jitter_nanos);
            self.scattered
                .push(Reverse((place + jitter).saturating_sub(self.jitter_nanos)));
            if settled {
                return self.scattered.pop().map(|Reverse(nanos)| nanos);
            }
        }
    }
}

/// How far each of `arrivals`, in order, is from one interval behind the one before it, in nanoseconds.
pub fn arrival_jitter_nanos(
    arrivals: impl Iterator<Item = u64>,
    interval_nanos: u64,
) -> impl Iterator<Item = u64> {
    let mut before = None;
    arrivals.filter_map(move |nanos| {
        let gap_nanos = nanos.saturating_sub(before.replace(nanos)?);
        Some(gap_nanos.abs_diff(interval_nanos))
    })
}

impl Iterator for Arrivals {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let nanos = if self.jitter_nanos > 0 {
            self.scattered_next()?
        } else if let Some(Reverse(nanos)) = self.scattered.pop() {
            nanos
        } else {
            self.pattern_next()?
        };
        self.latest_nanos = self.latest_nanos.max(nanos);
        Some(self.latest_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn first(count: usize, pattern: ArrivalPattern) -> Vec<u64> {
        let plan = ArrivalPlan {
            schedule: Schedule::from_rate(50, 1),
            pattern,
            seed: 3,
        };
        Arrivals::new(plan).take(count).collect()
    }

    #[test]
    fn the_grid_is_the_schedule() {
        assert_eq!(first(3, ArrivalPattern::Fixed), [0, 20 * MS, 40 * MS]);
    }

    #[test]
    fn jitter_stays_within_its_bound_and_in_order() {
        for max_nanos in [2 * MS, 90 * MS] {
            let arrivals = first(5_000, ArrivalPattern::Jittered { max_nanos });
            assert!(arrivals.is_sorted());
            let mut is_scattered = false;
            for (index, &nanos) in arrivals.iter().enumerate() {
                let distance = nanos.abs_diff(index as u64 * 20 * MS);
                assert!(distance <= max_nanos, "{index}: {distance}");
                is_scattered |= distance > max_nanos / 2;
            }
            assert!(is_scattered);
        }
    }

    #[test]
    fn random_arrivals_have_the_mean_rate_and_an_exponential_spread() {
        let arrivals = first(20_001, ArrivalPattern::Poisson);
        let gaps: Vec<u64> = arrivals.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mean = gaps.iter().sum::<u64>() as f64 / gaps.len() as f64;
        assert!((mean / 20e6 - 1.0).abs() < 0.03, "{mean}");
        // P(gap > mean) = 1/e.
        let long = gaps.iter().filter(|&&gap| gap as f64 > mean).count() as f64;
        assert!((long / gaps.len() as f64 - 0.3679).abs() < 0.02);
    }

    #[test]
    fn jitter_is_the_distance_of_each_gap_from_the_interval() {
        let jitter = |arrivals: &[u64]| {
            arrival_jitter_nanos(arrivals.iter().copied(), 20).collect::<Vec<_>>()
        };
        assert_eq!(jitter(&[0, 20, 45, 50, 150]), [0, 5, 15, 80]);
        assert!(jitter(&[7]).is_empty());
    }

    #[test]
    fn recorded_arrivals_end() {
        let arrivals_nanos = [0, 7, 9].into();
        assert_eq!(
            first(10, ArrivalPattern::Recorded { arrivals_nanos }),
            [0, 7, 9]
        );
    }

    #[test]
    fn a_seed_gives_the_same_arrivals() {
        let pattern = ArrivalPattern::Jittered { max_nanos: 5 * MS };
        assert_eq!(first(100, pattern.clone()), first(100, pattern));
    }

    #[test]
    fn scattering_can_be_switched_off_again() {
        let mut arrivals = Arrivals::new(Schedule::from_rate(50, 1).into());
        arrivals.scatter(5 * MS);
        let mut seen: Vec<u64> = arrivals.by_ref().take(20).collect();
        arrivals.scatter(0);
        seen.extend(arrivals.by_ref().take(20));
        assert!(seen.is_sorted());
        assert_eq!(seen[39], 39 * 20 * MS);
    }
}
