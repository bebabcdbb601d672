//! Options of several streams.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::engine::{Phases, StreamLimits};
use crate::frame::FrameRate;
use crate::pipeline;

/// Options of several streams.
#[derive(Debug, Args)]
pub struct StreamsArguments {
    /// Streams beside one another, each with its own source, thread and schedule
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(StreamLimits::MOST)))]
    pub streams: u32,

    /// How the arrivals of several streams lie: spread over the interval, or aligned at the same moment
    #[arg(
        long,
        value_name = "spread|aligned",
        value_enum,
        default_value = "spread",
        hide_possible_values = true
    )]
    pub phases: PhasesName,

    /// What is different for the next stream, from stream 0 on: fps=15,preset=yolov8,recipe=FILE,source=FILE (the source
    /// comes last); may be repeated
    #[arg(long = "stream", value_name = "KEY=VALUE,...")]
    pub differing: Vec<Differing>,

    /// Streams that may run at once; frames decoded ahead share 1 GiB
    #[arg(long, value_name = "N", default_value_t = StreamLimits::default().max_streams, value_parser = clap::value_parser!(u32).range(1..=i64::from(StreamLimits::MOST)))]
    pub max_streams: u32,
}

impl StreamsArguments {
    /// How many streams are asked for.
    pub(in crate::cli) fn count(&self) -> u32 {
        self.streams.max(self.differing.len() as u32)
    }

    /// What they may take.
    pub(in crate::cli) fn limits(&self) -> StreamLimits {
        StreamLimits {
            max_streams: self.max_streams,
            ..StreamLimits::default()
        }
    }
}

/// The phases by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PhasesName {
    /// Spread over the interval
    Spread,
    /// At the same moment
    Aligned,
}

impl From<PhasesName> for Phases {
    fn from(name: PhasesName) -> Self {
        match name {
            PhasesName::Spread => Self::Spread,
            PhasesName::Aligned => Self::Aligned,
        }
    }
}

/// What one stream has that the others have not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Differing {
    /// Its arrivals per second.
    pub fps: Option<FrameRate>,
    /// Its preset.
    pub preset: Option<String>,
    /// The file of its recipe.
    pub recipe: Option<PathBuf>,
    /// Its source.
    pub source: Option<OsString>,
}

impl std::str::FromStr for Differing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut differing = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(source) = rest.strip_prefix("source=") {
                differing.source = Some(source.into());
                break;
            }
            let (pair, behind) = rest.split_once(',').unwrap_or((rest, ""));
            rest = behind;
            match pair.split_once('=') {
                Some(("fps", value)) => {
                    let rate = value.parse().map_err(|error| format!("fps: {error}"))?;
                    differing.fps = Some(rate);
                }
                Some(("preset", value)) if pipeline::preset(value).is_some() => {
                    differing.preset = Some(value.to_owned());
                }
                Some(("preset", value)) => return Err(format!("there is no preset `{value}`")),
                Some(("recipe", value)) if !value.is_empty() => {
                    differing.recipe = Some(value.into());
                }
                _ => return Err("write fps=RATE, preset=NAME or recipe=FILE, and source=SOURCE last, with commas between them".into()),
            }
        }
        if differing.preset.is_some() && differing.recipe.is_some() {
            return Err("give a preset or a recipe, not both".into());
        }
        Ok(differing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_read_and_rubbish_is_refused() {
        let read: Differing = "fps=15,preset=yolov8,source=a,b=c.mp4".parse().unwrap();
        assert_eq!(read.fps, "15".parse().ok());
        assert_eq!(read.preset.as_deref(), Some("yolov8"));
        assert_eq!(read.source, Some("a,b=c.mp4".into()));
        assert_eq!("".parse(), Ok(Differing::default()));
        for text in [
            "fps",
            "fps=0",
            "preset=none",
            "size=3",
            "preset=yolov8,recipe=x",
        ] {
            assert!(text.parse::<Differing>().is_err(), "{text} was taken");
        }
    }
}
