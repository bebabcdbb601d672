//! Frame rates as exact fractions.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Frames per second as a fraction, so that 30000/1001 is exact.
///
/// ```
/// use framescope::frame::FrameRate;
/// let ntsc: FrameRate = "30000/1001".parse()?;
/// assert_eq!(ntsc.to_string(), "30000/1001");
/// assert_eq!(ntsc.interval_nanos(), 33_366_666);
/// assert_eq!("29.97".parse::<FrameRate>()?.to_string(), "2997/100");
/// # Ok::<(), framescope::frame::FrameRateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FrameRate {
    frames: NonZeroU32,
    seconds: NonZeroU32,
}

/// Why a frame rate was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a frame rate between 0.01 and 1000: write 30, 29.97 or 30000/1001")]
pub struct FrameRateError {
    text: String,
}

impl FrameRate {
    /// The rate of stills and synthetic sources: 30 frames per second.
    pub const DEFAULT: Self = Self::whole(NonZeroU32::MIN.saturating_add(29));

    /// A whole number of frames per second.
    pub const fn whole(frames: NonZeroU32) -> Self {
        Self {
            frames,
            seconds: NonZeroU32::MIN,
        }
    }

    /// `frames` per `seconds`, reduced; `None` outside 0.01 to 1000 frames per second.
    pub fn new(frames: u32, seconds: u32) -> Option<Self> {
        let divisor = greatest_common_divisor(frames, seconds);
        let frames = NonZeroU32::new(frames.checked_div(divisor)?)?;
        let seconds = NonZeroU32::new(seconds.checked_div(divisor)?)?;
        let rate = Self { frames, seconds };
        (0.01..=1000.0).contains(&rate.per_second()).then_some(rate)
    }

    /// Numerator: frames.
    pub const fn frames(self) -> u32 {
        self.frames.get()
    }

    /// Denominator: seconds.
    pub const fn seconds(self) -> u32 {
        self.seconds.get()
    }

    /// Frames per second, rounded to `f64`.
    pub fn per_second(self) -> f64 {
        f64::from(self.frames.get()) / f64::from(self.seconds.get())
    }

    /// The interval in whole nanoseconds, rounded down: `floor(10⁹ · seconds / frames)`.
    pub fn interval_nanos(self) -> u64 {
        1_000_000_000 * u64::from(self.seconds.get()) / u64::from(self.frames.get())
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.seconds == NonZeroU32::MIN {
            write!(f, "{}", self.frames)
        } else {
            write!(f, "{}/{}", self.frames, self.seconds)
        }
    }
}

impl FromStr for FrameRate {
    type Err = FrameRateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = match text.split_once('/') {
            Some((frames, seconds)) => frames.parse().ok().zip(seconds.parse().ok()),
            None => fraction_from_decimal(text),
        };
        parsed
            .and_then(|(frames, seconds)| Self::new(frames, seconds))
            .ok_or_else(|| FrameRateError {
                text: text.to_owned(),
            })
    }
}

fn fraction_from_decimal(text: &str) -> Option<(u32, u32)> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty()
        || decimals.len() > 5
        || !text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    {
        return None;
    }
    let seconds = 10u32.pow(decimals.len() as u32);
    Some((format!("{whole}{decimals}").parse().ok()?, seconds))
}

impl TryFrom<String> for FrameRate {
    type Error = FrameRateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<FrameRate> for String {
    fn from(rate: FrameRate) -> Self {
        rate.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_reduced() {
        for (text, expected) in [
            ("30", "30"),
            ("60000/2002", "30000/1001"),
            ("29.97", "2997/100"),
            ("12.50", "25/2"),
        ] {
            assert_eq!(
                text.parse::<FrameRate>().map(|rate| rate.to_string()),
                Ok(expected.to_owned())
            );
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in [
            "0",
            "1/0",
            "0/1",
            "-30",
            "thirty",
            "",
            "1e3",
            "1001",
            "0.001",
            "30/",
            "30.123456",
            "99999999999",
        ] {
            assert!(text.parse::<FrameRate>().is_err(), "{text:?} was taken");
        }
    }
}
