//! Which part of a source is played, and how fast: the options, and what they mean for a source.

use std::time::Duration;

use clap::Args;

use super::args::{OnOff, parse_time};
use super::{CommandError, Failure};
use crate::engine::{Play, Speed};
use crate::source::FrameSource;

/// Options of what is played.
#[derive(Debug, Args)]
pub struct PlayArguments {
    /// Begin at this time (2.5s, 500ms) or picture (100f) of the source
    #[arg(long, value_name = "TIME|FRAMEf", default_value = "0f")]
    pub start: Place,

    /// End before this time or picture of the source [default: its end]
    #[arg(long, value_name = "TIME|FRAMEf")]
    pub end: Option<Place>,

    /// How fast the time of the source passes, 0.25 to 4 in quarters: 2 leaves every other picture out, 0.5 shows each
    /// twice; arrivals keep their rate
    #[arg(long, value_name = "FACTOR", default_value = "1")]
    pub speed: Speed,

    /// Play again from the start at the end [default: on with --frames or --duration, else off]
    #[arg(
        long = "loop",
        value_name = "on|off",
        value_enum,
        hide_possible_values = true
    )]
    pub looping: Option<OnOff>,

    /// Decode on the clock of the stream, as its first stage, instead of ahead on a thread of its own
    #[arg(
        long,
        value_name = "on|off",
        value_enum,
        default_value = "off",
        hide_possible_values = true
    )]
    pub count_decode: OnOff,
}

/// A place in a source, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// So long after the first picture.
    Time(Duration),
    /// The picture of this number.
    Frame(u64),
}

impl std::str::FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(number) = text.strip_suffix('f').and_then(|text| text.parse().ok()) {
            return Ok(Self::Frame(number));
        }
        let time = parse_time(text);
        time.map(Self::Time)
            .map_err(|_| "write a time such as 2.5s, or a picture such as 100f".into())
    }
}

impl Place {
    fn index(self, source: &dyn FrameSource) -> u64 {
        match self {
            Self::Frame(index) => index,
            Self::Time(time) => source.index_at(time.as_nanos() as u64),
        }
    }
}

impl PlayArguments {
    /// What is played of `source`; it loops, unless that was said, if the length of the run `is_given`.
    pub(super) fn of(
        &self,
        source: &dyn FrameSource,
        is_length_given: bool,
    ) -> Result<Play, Failure> {
        let info = source.info();
        let play = Play {
            start: self.start.index(source),
            end: self.end.map(|end| end.index(source)),
            speed: self.speed,
            is_looping: match self.looping {
                Some(looping) => looping == OnOff::On,
                None => is_length_given && info.is_seekable,
            },
        };
        let refuse = |text: String| Err(Failure(CommandError::usage(text)));
        if let Some(count) = info.frame_count.filter(|&count| play.start >= count) {
            return refuse(format!(
                "--start: picture {} is behind the last one: {} has {count}. Give an earlier one",
                play.start, info.name
            ));
        }
        if play.end.is_some_and(|end| end <= play.start) {
            return refuse(format!(
                "--end: there is no picture from {} on that lies before it. Give a later end or an earlier start",
                play.start
            ));
        }
        if !info.is_seekable && (play.start > 0 || play.is_looping) {
            return refuse(format!(
                "--start, --loop: {} cannot be gone back in. Leave them out",
                info.name
            ));
        }
        Ok(play)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source;

    #[test]
    fn places_are_times_or_pictures() {
        assert_eq!("100f".parse(), Ok(Place::Frame(100)));
        assert_eq!(
            "2.5s".parse(),
            Ok(Place::Time(Duration::from_millis(2_500)))
        );
        for text in ["100", "f", "-1f", "1.5f", "soon"] {
            assert!(text.parse::<Place>().is_err(), "{text} was taken");
        }
        let source = source::open("synthetic:bars?rate=25&size=16x16").unwrap();
        let index = |text: &str| text.parse::<Place>().unwrap().index(source.as_ref());
        assert_eq!(["0s", "2s", "2001ms", "7f"].map(index), [0, 50, 51, 7]);
    }
}
