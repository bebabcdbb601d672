//! Stages that only take time: they stand for work that is not run here (the model, what comes after it).
//!
//! A simulated stage hands its picture on as it is. Its service times come from a seed, so that a run can be repeated
//! to the nanosecond on the simulated clock. Everything that shows such a stage calls it *simulated*.

use rand::SeedableRng;
use rand_distr::{Distribution, LogNormal, Normal};
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use super::RecipeError;
use crate::measure::{Clock, Waiting};

/// The longest simulated service time, in milliseconds.
const MAX_MS: f64 = 10_000.0;

/// The most recorded service times.
const MAX_RECORDED: usize = 100_000;

/// The 99th percentile of the standard normal distribution: `Φ(2.326348) = 0.99`.
const Z99: f64 = 2.326_348;

/// A simulated stage: how long it takes, and what it occupies meanwhile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulation {
    /// How long.
    pub time: ServiceTime,
    /// What it occupies.
    #[serde(default)]
    pub occupies: Occupies,
    /// The seed of its service times.
    #[serde(default = "first_seed")]
    pub seed: u64,
}

const fn first_seed() -> u64 {
    1
}

/// A distribution of service times, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ServiceTime {
    /// Always the same.
    Constant {
        /// The time.
        ms: f64,
    },
    /// Normally distributed; what falls below 0 takes no time.
    Normal {
        /// Mean.
        mean_ms: f64,
        /// Standard deviation.
        std_ms: f64,
    },
    /// Log-normally distributed: a long tail to the right, as measured service times have.
    LogNormal {
        /// Median, above 0.
        median_ms: f64,
        /// 99th percentile, at least the median: `sigma = ln(p99 / median) / 2.326`.
        p99_ms: f64,
    },
    /// One after the other from a list, and again from its beginning.
    Recorded {
        /// The times, 1 to 100,000 of them.
        ms: Vec<f64>,
    },
}

/// What a simulated stage occupies while it takes its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occupies {
    /// Nothing: the stream waits, as for an accelerator.
    #[default]
    Nothing,
    /// The processor: it computes until the thread has used that much processor time.
    Processor,
}

impl Simulation {
    /// Inference that always takes `ms`, on an accelerator.
    pub const fn constant(ms: f64) -> Self {
        Self {
            time: ServiceTime::Constant { ms },
            occupies: Occupies::Nothing,
            seed: first_seed(),
        }
    }

    /// Checks the numbers of stage `id`.
    pub(super) fn check(&self, id: &str) -> Result<(), RecipeError> {
        let refused = |field: &str, value: f64, way_out: String| {
            Err(RecipeError::new(id, format!("{field} is {value}"), way_out))
        };
        let range = format!("Give a time from 0 to {MAX_MS} milliseconds");
        let fields: Vec<(&str, f64)> = match &self.time {
            ServiceTime::Constant { ms } => vec![("ms", *ms)],
            ServiceTime::Normal { mean_ms, std_ms } => {
                vec![("mean_ms", *mean_ms), ("std_ms", *std_ms)]
            }
            ServiceTime::LogNormal { median_ms, p99_ms } => {
                vec![("median_ms", *median_ms), ("p99_ms", *p99_ms)]
            }
            ServiceTime::Recorded { ms } => {
                if ms.is_empty() || ms.len() > MAX_RECORDED {
                    return Err(RecipeError::new(
                        id,
                        format!("ms has {} entries", ms.len()),
                        format!("Give 1 to {MAX_RECORDED} times"),
                    ));
                }
                ms.iter().map(|&ms| ("ms", ms)).collect()
            }
        };
        for (field, value) in fields {
            if !(0.0..=MAX_MS).contains(&value) {
                return refused(field, value, range);
            }
        }
        match self.time {
            ServiceTime::LogNormal { median_ms, p99_ms }
                if median_ms <= 0.0 || p99_ms < median_ms =>
            {
                refused(
                    "p99_ms",
                    p99_ms,
                    format!("Give a median above 0 and a p99 of at least the median, {median_ms}"),
                )
            }
            _ => Ok(()),
        }
    }

    /// What it does, in one line.
    pub(super) fn label(&self) -> String {
        let time = match &self.time {
            ServiceTime::Constant { ms } => format!("{ms} ms"),
            ServiceTime::Normal { mean_ms, std_ms } => format!("normal, {mean_ms} ± {std_ms} ms"),
            ServiceTime::LogNormal { median_ms, p99_ms } => {
                format!("log-normal, median {median_ms} ms, p99 {p99_ms} ms")
            }
            ServiceTime::Recorded { ms } => format!("{} recorded times", ms.len()),
        };
        let occupies = match self.occupies {
            Occupies::Nothing => "waits",
            Occupies::Processor => "computes",
        };
        format!("simulated: {time}, {occupies}")
    }
}

/// A simulated stage at work. Allocates nothing.
pub(super) struct SimulatedService {
    times: Times,
    occupies: Occupies,
    seed: u64,
    random: Pcg64,
    next: usize,
}

enum Times {
    Constant(u64),
    Normal(Normal<f64>),
    LogNormal(LogNormal<f64>),
    Recorded(Vec<u64>),
}

impl SimulatedService {
    /// A simulation whose numbers have been checked.
    pub(super) fn new(simulation: &Simulation) -> Self {
        let constant = |ms: f64| Times::Constant(nanos_from_ms(ms));
        let times = match &simulation.time {
            ServiceTime::Constant { ms } => constant(*ms),
            ServiceTime::Normal { mean_ms, std_ms } => {
                Normal::new(*mean_ms, *std_ms).map_or_else(|_| constant(*mean_ms), Times::Normal)
            }
            ServiceTime::LogNormal { median_ms, p99_ms } => {
                let sigma = (p99_ms / median_ms).ln() / Z99;
                LogNormal::new(median_ms.ln(), sigma)
                    .map_or_else(|_| constant(*median_ms), Times::LogNormal)
            }
            ServiceTime::Recorded { ms } => {
                Times::Recorded(ms.iter().copied().map(nanos_from_ms).collect())
            }
        };
        Self {
            times,
            occupies: simulation.occupies,
            seed: simulation.seed,
            random: Pcg64::seed_from_u64(simulation.seed),
            next: 0,
        }
    }

    pub(super) fn restart(&mut self) {
        self.random = Pcg64::seed_from_u64(self.seed);
        self.next = 0;
    }

    /// Takes the time of the next frame.
    pub(super) fn run<C: Clock + ?Sized>(&mut self, clock: &C) {
        let nanos = self.next_nanos();
        match (self.occupies, clock.thread_cpu_nanos()) {
            (Occupies::Processor, Some(used_nanos)) => compute(clock, used_nanos + nanos),
            _ => clock.wait_until_nanos(clock.now_nanos() + nanos, Waiting::Hybrid),
        }
    }

    fn next_nanos(&mut self) -> u64 {
        match &self.times {
            Times::Constant(nanos) => *nanos,
            Times::Normal(normal) => nanos_from_ms(normal.sample(&mut self.random)),
            Times::LogNormal(log_normal) => nanos_from_ms(log_normal.sample(&mut self.random)),
            Times::Recorded(nanos) => {
                let now = nanos[self.next];
                self.next = (self.next + 1) % nanos.len();
                now
            }
        }
    }
}

/// Computes until the thread has used that much processor time: another program that takes the processor away makes it
/// take longer, as it would with real work.
fn compute<C: Clock + ?Sized>(clock: &C, until_nanos: u64) {
    let mut value = 1u64;
    while clock
        .thread_cpu_nanos()
        .is_some_and(|used| used < until_nanos)
    {
        for _ in 0..256 {
            value =
                std::hint::black_box(value.wrapping_mul(6_364_136_223_846_793_005).rotate_left(7));
        }
    }
}

fn nanos_from_ms(ms: f64) -> u64 {
    (ms.clamp(0.0, MAX_MS) * 1e6).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::SimulatedClock;

    fn times(simulation: &Simulation, count: usize) -> Vec<u64> {
        let clock = SimulatedClock::default();
        let mut service = SimulatedService::new(simulation);
        (0..count)
            .map(|_| {
                let before = clock.now_nanos();
                service.run(&clock);
                clock.now_nanos() - before
            })
            .collect()
    }

    fn simulation(time: ServiceTime) -> Simulation {
        Simulation {
            time,
            occupies: Occupies::Nothing,
            seed: 7,
        }
    }

    #[test]
    fn a_distribution_has_its_own_quantiles() {
        let normal = simulation(ServiceTime::Normal {
            mean_ms: 25.0,
            std_ms: 2.0,
        });
        let log_normal = simulation(ServiceTime::LogNormal {
            median_ms: 25.0,
            p99_ms: 60.0,
        });
        for (simulation, p99_ms) in [(normal, 25.0 + 2.0 * Z99), (log_normal, 60.0)] {
            let mut times = times(&simulation, 20_000);
            times.sort_unstable();
            let (median, p99) = (times[9_999] as f64 / 1e6, times[19_799] as f64 / 1e6);
            assert!((median - 25.0).abs() < 0.5, "{median}");
            assert!((p99 / p99_ms - 1.0).abs() < 0.05, "{p99} is not {p99_ms}");
        }
    }

    #[test]
    fn recorded_times_come_in_order_and_again() {
        let recorded = simulation(ServiceTime::Recorded { ms: vec![1.0, 2.5] });
        assert_eq!(times(&recorded, 3), [1_000_000, 2_500_000, 1_000_000]);
    }

    #[test]
    fn a_seed_gives_the_same_times_after_a_restart() {
        let clock = SimulatedClock::default();
        let time = ServiceTime::LogNormal {
            median_ms: 2.0,
            p99_ms: 9.0,
        };
        let mut service = SimulatedService::new(&simulation(time));
        service.run(&clock);
        let first = clock.now_nanos();
        service.restart();
        service.run(&clock);
        assert_eq!(clock.now_nanos(), 2 * first);
    }

    #[test]
    fn times_that_cannot_be_are_refused() {
        for time in [
            ServiceTime::Constant { ms: -1.0 },
            ServiceTime::Constant { ms: f64::NAN },
            ServiceTime::LogNormal {
                median_ms: 5.0,
                p99_ms: 4.0,
            },
            ServiceTime::LogNormal {
                median_ms: 0.0,
                p99_ms: 4.0,
            },
            ServiceTime::Recorded { ms: vec![] },
        ] {
            assert!(simulation(time.clone()).check("infer").is_err(), "{time:?}");
        }
    }
}
