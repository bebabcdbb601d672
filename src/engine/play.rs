//! What is played of a source: which part, how fast its time passes, and whether it starts again.
//!
//! Arrivals are the model's: they come at the rate of the law whatever the speed. The speed only says which picture of
//! the source an arrival gets.

use serde::{Serialize, Serializer};

/// How fast the time of the source passes: pictures that it goes on by for every arrival, in quarters.
///
/// ```
/// use framescope::engine::Speed;
/// let double: Speed = "2".parse()?;
/// assert_eq!((0..4).map(|arrivals| double.pictures(arrivals)).collect::<Vec<_>>(), [0, 2, 4, 6]);
/// let half: Speed = "0.5".parse()?;
/// assert_eq!((0..4).map(|arrivals| half.pictures(arrivals)).collect::<Vec<_>>(), [0, 0, 1, 1]);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed {
    quarters: u8,
}

impl Speed {
    /// A picture for every arrival.
    pub const NORMAL: Self = Self { quarters: 4 };

    /// Those that a person chooses from, slowest first.
    pub const CHOICES: [Self; 7] = [
        Self { quarters: 1 },
        Self { quarters: 2 },
        Self { quarters: 3 },
        Self::NORMAL,
        Self { quarters: 6 },
        Self { quarters: 8 },
        Self { quarters: 16 },
    ];

    /// As a factor: 0.25 to 4.
    pub fn factor(self) -> f64 {
        f64::from(self.quarters) / 4.0
    }

    /// Pictures that the source has gone on by after so many arrivals.
    pub const fn pictures(self, arrivals: u64) -> u64 {
        (arrivals as u128 * self.quarters as u128 / 4) as u64
    }

    /// Arrivals that so many pictures are enough for.
    pub fn arrivals(self, pictures: u64) -> u64 {
        let arrivals = (u128::from(pictures) * 4).div_ceil(u128::from(self.quarters));
        u64::try_from(arrivals).unwrap_or(u64::MAX)
    }

    /// The next slower choice, or the slowest.
    #[must_use]
    pub fn slower(self) -> Self {
        let slower = Self::CHOICES
            .into_iter()
            .rev()
            .find(|&choice| choice < self);
        slower.unwrap_or(Self::CHOICES[0])
    }

    /// The next faster choice, or the fastest.
    #[must_use]
    pub fn faster(self) -> Self {
        let faster = Self::CHOICES.into_iter().find(|&choice| choice > self);
        faster.unwrap_or(Self::CHOICES[Self::CHOICES.len() - 1])
    }
}

impl Default for Speed {
    fn default() -> Self {
        Self::NORMAL
    }
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×", self.factor())
    }
}

impl std::str::FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let factor: Option<f64> = text.trim_end_matches(['x', '×']).parse().ok();
        let quarters = factor.map(|factor| factor * 4.0);
        match quarters {
            Some(quarters) if (1.0..=16.0).contains(&quarters) && quarters.fract() == 0.0 => {
                Ok(Self {
                    quarters: quarters as u8,
                })
            }
            _ => Err("give a speed from 0.25 to 4 in steps of 0.25, such as 0.5 or 2".into()),
        }
    }
}

impl Serialize for Speed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.factor())
    }
}

/// What is played of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Play {
    /// Number of the first picture.
    #[serde(rename = "start_frame")]
    pub start: u64,
    /// Number of the picture behind the last one; `None` is the end of the source.
    #[serde(rename = "end_frame")]
    pub end: Option<u64>,
    /// How fast the time of the source passes.
    pub speed: Speed,
    /// Whether it starts again behind the last one.
    #[serde(rename = "loop")]
    pub is_looping: bool,
}

impl Play {
    /// The whole source at its own speed, again and again.
    pub const ENDLESS: Self = Self {
        start: 0,
        end: None,
        speed: Speed::NORMAL,
        is_looping: true,
    };

    /// Whether a picture is in the range.
    pub fn has(&self, index: u64) -> bool {
        index >= self.start && self.end.is_none_or(|end| index < end)
    }

    /// Arrivals that one pass is enough for, of a source of so many pictures; `None` if neither has an end.
    pub fn arrivals_of(&self, frame_count: Option<u64>) -> Option<u64> {
        let end = match (self.end, frame_count) {
            (Some(end), Some(count)) => end.min(count),
            (end, count) => end.or(count)?,
        };
        Some(self.speed.arrivals(end.saturating_sub(self.start)))
    }
}

/// One picture further or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The picture before the one shown.
    Back,
    /// The picture after it.
    Forward,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_quarters_within_their_range() {
        for (text, factor) in [("0.25", 0.25), ("1", 1.0), ("1.5x", 1.5), ("4×", 4.0)] {
            let speed: Speed = text.parse().unwrap();
            assert_eq!(speed.factor(), factor, "{text}");
        }
        for text in ["0", "0.3", "5", "-1", "nan", "fast", ""] {
            assert!(text.parse::<Speed>().is_err(), "{text} was taken");
        }
        assert_eq!(Speed::NORMAL.faster().factor(), 1.5);
        assert_eq!(Speed::CHOICES[0].slower(), Speed::CHOICES[0]);
        assert_eq!(Speed::CHOICES[6].faster(), Speed::CHOICES[6]);
    }

    #[test]
    fn a_range_says_how_many_arrivals_it_brings() {
        let play = |start, end, speed: &str| Play {
            start,
            end,
            speed: speed.parse().unwrap(),
            is_looping: false,
        };
        assert_eq!(play(0, None, "1").arrivals_of(Some(60)), Some(60));
        assert_eq!(play(10, Some(20), "2").arrivals_of(Some(60)), Some(5));
        assert_eq!(play(10, Some(21), "2").arrivals_of(Some(60)), Some(6));
        assert_eq!(play(50, Some(90), "0.5").arrivals_of(None), Some(80));
        assert_eq!(play(10, None, "1").arrivals_of(None), None);
        assert_eq!(play(70, None, "1").arrivals_of(Some(60)), Some(0));
    }
}
