//! The buffer of a live source: the choice between latency and loss.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The most pictures that may wait, whatever their size.
pub const MAX_LIVE_BUFFER: u32 = 256;

/// How many pictures of a live source may wait, and what happens when one more comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveBuffer {
    /// The oldest is dropped: low latency, and no picture is older than it must be.
    DropOldest(u32),
    /// The new one is dropped: those that wait are played to the end.
    DropNewest(u32),
    /// The source has to wait: nothing is dropped here, and everything grows older. Pictures then count as arriving when
    /// they are let in, so that this is the one choice under which arrivals depend on service.
    Wait(u32),
}

impl Default for LiveBuffer {
    /// Room for the hiccups of a quarter of a second, and no more latency than that.
    fn default() -> Self {
        Self::DropOldest(8)
    }
}

impl LiveBuffer {
    /// The three kinds with so much room.
    pub const fn all(frames: u32) -> [Self; 3] {
        [
            Self::DropOldest(frames),
            Self::DropNewest(frames),
            Self::Wait(frames),
        ]
    }

    /// The name in commands, files and on the screen, without the room.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DropOldest(_) => "drop-oldest",
            Self::DropNewest(_) => "drop-newest",
            Self::Wait(_) => "wait",
        }
    }

    /// Pictures that may wait.
    pub const fn frames(self) -> u32 {
        match self {
            Self::DropOldest(frames) | Self::DropNewest(frames) | Self::Wait(frames) => frames,
        }
    }

    /// The same kind with another room, from 1 to [`MAX_LIVE_BUFFER`].
    #[must_use]
    pub fn with_frames(self, frames: u32) -> Self {
        let frames = frames.clamp(1, MAX_LIVE_BUFFER);
        match self {
            Self::DropOldest(_) => Self::DropOldest(frames),
            Self::DropNewest(_) => Self::DropNewest(frames),
            Self::Wait(_) => Self::Wait(frames),
        }
    }

    /// As one number, to be changed while the source runs.
    pub(super) fn to_bits(self) -> u64 {
        let kind = match self {
            Self::DropOldest(_) => 0,
            Self::DropNewest(_) => 1,
            Self::Wait(_) => 2,
        };
        kind << 32 | u64::from(self.frames())
    }

    /// From [`LiveBuffer::to_bits`].
    pub(super) const fn from_bits(bits: u64) -> Self {
        let frames = bits as u32;
        match bits >> 32 {
            0 => Self::DropOldest(frames),
            1 => Self::DropNewest(frames),
            _ => Self::Wait(frames),
        }
    }
}

impl fmt::Display for LiveBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name(), self.frames())
    }
}

impl Serialize for LiveBuffer {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

/// Why the text of a buffer was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no buffer. Choose drop-oldest:N (low latency), drop-newest:N, or wait:N (no loss here), with N from 1 to {MAX_LIVE_BUFFER} pictures"
)]
pub struct LiveBufferError(String);

impl FromStr for LiveBuffer {
    type Err = LiveBufferError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || LiveBufferError(text.chars().take(40).collect());
        let (name, frames) = match text.split_once(':') {
            Some((name, frames)) => (name, frames.parse().map_err(|_| refused())?),
            None => (text, Self::default().frames()),
        };
        Self::all(frames)
            .into_iter()
            .find(|kind| kind.name() == name && (1..=MAX_LIVE_BUFFER).contains(&frames))
            .ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_read_as_it_is_written() {
        for text in ["drop-oldest:1", "drop-newest:256", "wait:30"] {
            let buffer: LiveBuffer = text.parse().unwrap();
            assert_eq!(buffer.to_string(), text);
            assert_eq!(LiveBuffer::from_bits(buffer.to_bits()), buffer);
        }
        assert_eq!("wait".parse(), Ok(LiveBuffer::Wait(8)));
        for text in [
            "",
            "wait:0",
            "wait:257",
            "wait:-1",
            "keep:3",
            "drop-oldest:x",
        ] {
            assert!(text.parse::<LiveBuffer>().is_err(), "{text} was taken");
        }
    }
}
