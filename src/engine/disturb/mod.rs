//! Disturbances: what is done to a stream on purpose, to see what becomes of it and whether the cause is found.
//!
//! A [`Disturbance`] says what, from when and for how long; it is written `KIND[:ARGS][@START[+LENGTH]]`. All but `gc` are
//! real: real threads, real memory, real sleep. The collector is a model and is called *simulated* everywhere.

mod collector;
mod hog;
mod parse;
mod run;

use std::fmt;

use serde::Serialize;

pub use collector::{Collector, GcCycle, GcModel};
pub use parse::DisturbanceError;
pub(super) use run::Ahead;
pub use run::Disturber;

use crate::measure::DisturbanceKind;

/// The most disturbances of one stream.
pub const MAX_DISTURBANCES: usize = 16;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Effect {
    /// Threads that keep processors busy.
    Hog {
        /// How many, 1 to 64.
        threads: u32,
    },
    /// Fresh memory is taken from the system, touched page by page, and given back, in every frame.
    Faults {
        /// How much of it is touched.
        bytes: u64,
    },
    /// Memory is allocated in pieces of 1 KiB, written and freed, in every frame.
    Alloc {
        /// How much.
        bytes: u64,
    },
    /// The stream sleeps inside the frame.
    Sleep {
        /// How long.
        nanos: u64,
    },
    /// The source delivers nothing; pictures decoded ahead are still there.
    Decoder {
        /// How long.
        nanos: u64,
    },
    /// Arrivals are scattered by up to so much, before and after their place.
    Jitter {
        /// How much.
        nanos: u64,
    },
    /// Every frame takes so many times as long, after a ramp of one second (or half the length, if that is shorter).
    Throttle {
        /// The factor, over 1.
        factor: f64,
    },
    /// A simulated garbage collector stops and slows the stream.
    Gc(GcModel),
}

impl Effect {
    /// Which kind it is.
    pub const fn kind(self) -> DisturbanceKind {
        match self {
            Self::Hog { .. } => DisturbanceKind::Hog,
            Self::Faults { .. } => DisturbanceKind::Faults,
            Self::Alloc { .. } => DisturbanceKind::Alloc,
            Self::Sleep { .. } => DisturbanceKind::Sleep,
            Self::Decoder { .. } => DisturbanceKind::Decoder,
            Self::Jitter { .. } => DisturbanceKind::Jitter,
            Self::Throttle { .. } => DisturbanceKind::Throttle,
            Self::Gc(_) => DisturbanceKind::Gc,
        }
    }

    /// Whether it is a single event when it is given a start and no length; the others then last to the end.
    const fn is_event(self) -> bool {
        matches!(self, Self::Sleep { .. } | Self::Decoder { .. })
    }
}

/// A place in a run, or a stretch of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stretch {
    /// In time, from the first arrival.
    Nanos(u64),
    /// In frames.
    Frames(u64),
}

/// What is done to a stream, from when and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Disturbance {
    /// What.
    pub effect: Effect,
    /// From when; `None` is the beginning.
    pub start: Option<Stretch>,
    /// For how long; `None` is to the end, or once for a sleep or a decoder's hiccup with a start.
    pub length: Option<Stretch>,
}

impl From<Effect> for Disturbance {
    /// From the beginning to the end.
    fn from(effect: Effect) -> Self {
        Self {
            effect,
            start: None,
            length: None,
        }
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nanos(nanos) => time(f, *nanos),
            Self::Frames(frames) => write!(f, "{frames}f"),
        }
    }
}

fn time(f: &mut fmt::Formatter<'_>, nanos: u64) -> fmt::Result {
    if nanos >= 1_000_000_000 {
        write!(f, "{}s", nanos as f64 / 1e9)
    } else {
        write!(f, "{}ms", nanos as f64 / 1e6)
    }
}

impl fmt::Display for Disturbance {
    /// As it is typed, and read back as the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.effect.kind().name())?;
        match self.effect {
            Effect::Hog { threads } => write!(f, ":{threads}")?,
            Effect::Faults { bytes } | Effect::Alloc { bytes } => {
                write!(f, ":{}MB", bytes as f64 / 1e6)?;
            }
            Effect::Sleep { nanos } | Effect::Decoder { nanos } | Effect::Jitter { nanos } => {
                f.write_str(":")?;
                time(f, nanos)?;
            }
            Effect::Throttle { factor } => write!(f, ":{factor}x")?,
            Effect::Gc(model) => write!(f, "{model}")?,
        }
        if let Some(start) = self.start {
            write!(f, "@{start}")?;
            if let Some(length) = self.length {
                write!(f, "+{length}")?;
            }
        }
        Ok(())
    }
}
