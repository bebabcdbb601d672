//! The axes of the distribution: times that go right or up, shares, and percentiles on 1 ÷ (1 − p).

use eframe::egui::Rect;

/// How times lie on an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Law {
    /// Evenly, from 0.
    Linear,
    /// Each factor of ten as long.
    Logarithmic {
        /// The time at the beginning, in milliseconds.
        from_ms: f64,
    },
}

/// An axis of times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimeAxis {
    pub(super) law: Law,
    /// Where it begins and ends on the screen.
    pub(super) from: f32,
    pub(super) to: f32,
    pub(super) max_ms: f64,
}

impl TimeAxis {
    /// The place of a time.
    pub(super) fn at(&self, ms: f64) -> f32 {
        let share = match self.law {
            Law::Linear => ms / self.max_ms,
            Law::Logarithmic { from_ms } => {
                (ms.max(from_ms * 1e-3) / from_ms).ln() / (self.max_ms / from_ms).ln()
            }
        };
        self.from + (share as f32) * (self.to - self.from)
    }

    /// The time at a place.
    pub(super) fn ms(&self, at: f32) -> f64 {
        let length = self.to - self.from;
        let share = if length == 0.0 {
            0.0
        } else {
            f64::from((at - self.from) / length)
        };
        match self.law {
            Law::Linear => share * self.max_ms,
            Law::Logarithmic { from_ms } => from_ms * (self.max_ms / from_ms).powf(share),
        }
    }

    /// Times that get a mark, about so many.
    pub(super) fn marks(&self, about: f64) -> Vec<f64> {
        match self.law {
            Law::Linear => {
                let step = crate::ui::format::nice_step(self.max_ms, about.max(1.0));
                let marks = (0..=40u32).map(|number| f64::from(number) * step);
                marks
                    .take_while(|ms| *ms <= self.max_ms * 1.000_1)
                    .collect()
            }
            Law::Logarithmic { from_ms } => {
                let decades = (self.max_ms / from_ms).log10().max(1e-9);
                let leads: &[f64] = if about >= 6.0 * decades {
                    &[1.0, 2.0, 3.0, 5.0, 7.0]
                } else if about >= 3.0 * decades {
                    &[1.0, 2.0, 5.0]
                } else {
                    &[1.0]
                };
                let first = from_ms.log10().floor() as i32;
                let powers = (first..first + 16).map(|power| 10f64.powi(power));
                powers
                    .flat_map(|power| leads.iter().map(move |lead| lead * power))
                    .filter(|ms| (from_ms..=self.max_ms).contains(ms))
                    .collect()
            }
        }
    }
}

/// The axis of the percentile spectrum: p lies at the logarithm of 1 ÷ (1 − p).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TailAxis {
    pub(super) plot: Rect,
    /// One frame of so many is slower, at the right edge.
    pub(super) max_one_in: f64,
}

impl TailAxis {
    /// An axis for so many frames: the largest value stands at 1 ÷ (1 − p) = n.
    pub(super) fn new(plot: Rect, frames: u64) -> Self {
        Self {
            plot,
            max_one_in: (frames as f64 * 1.5).max(20.0),
        }
    }

    /// The place of `1 ÷ (1 − p)`.
    pub(super) fn x(&self, one_in: f64) -> f32 {
        let share = one_in.max(1.0).ln() / self.max_one_in.ln();
        self.plot.left() + share as f32 * self.plot.width()
    }

    /// `1 ÷ (1 − p)` at a place.
    pub(super) fn one_in(&self, x: f32) -> f64 {
        let share = f64::from((x - self.plot.left()) / self.plot.width().max(1.0));
        self.max_one_in.powf(share.clamp(0.0, 1.0))
    }

    /// Percentiles that get a mark: their `1 ÷ (1 − p)` and their name.
    pub(super) fn marks(&self) -> Vec<(f64, String)> {
        let mut marks = vec![(2.0, "50".to_owned())];
        let mut one_in = 10.0;
        for power in 1..8usize {
            let name = match power {
                1 => "90".to_owned(),
                2 => "99".to_owned(),
                _ => format!("99.{}", "9".repeat(power - 2)),
            };
            marks.push((one_in, name));
            one_in *= 10.0;
        }
        marks.retain(|(one_in, _)| *one_in <= self.max_one_in);
        marks
    }
}

/// `99.5`, of 1 ÷ (1 − p) = 200: as many decimals as the tail has.
pub(super) fn percentile_name(one_in: f64) -> String {
    let percent = 100.0 * (1.0 - 1.0 / one_in.max(1.0));
    let decimals = (one_in.log10() - 1.0).ceil().clamp(0.0, 5.0) as usize;
    format!("p{percent:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{pos2, vec2};

    #[test]
    fn places_and_times_are_inverse() {
        for law in [Law::Linear, Law::Logarithmic { from_ms: 0.2 }] {
            let axis = TimeAxis {
                law,
                from: 40.0,
                to: 400.0,
                max_ms: 80.0,
            };
            for ms in [0.5, 3.0, 33.3, 80.0] {
                assert!((axis.ms(axis.at(ms)) - ms).abs() < 1e-3, "{law:?} {ms}");
            }
            let marks = axis.marks(6.0);
            assert!((2..=14).contains(&marks.len()), "{marks:?}");
        }
    }

    #[test]
    fn percentiles_lie_at_the_logarithm_of_the_tail() {
        let axis = TailAxis {
            plot: Rect::from_min_size(pos2(100.0, 0.0), vec2(300.0, 50.0)),
            max_one_in: 1_000.0,
        };
        for (p, x) in [(0.0, 100.0), (0.9, 200.0), (0.99, 300.0), (0.999, 400.0)] {
            let one_in = 1.0 / (1.0 - p);
            assert!((axis.x(one_in) - x).abs() < 1e-3, "{p}");
            assert!((axis.one_in(x) / one_in - 1.0).abs() < 1e-4, "{p}");
        }
        let names: Vec<String> = axis.marks().into_iter().map(|mark| mark.1).collect();
        assert_eq!(names, ["50", "90", "99", "99.9"]);
        assert_eq!(percentile_name(2.0), "p50");
        assert_eq!(percentile_name(200.0), "p99.50");
        assert_eq!(TailAxis::new(axis.plot, 600).max_one_in, 900.0);
    }
}
