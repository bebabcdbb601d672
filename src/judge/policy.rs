//! The late-frame policies by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Frames that wait at most under the policies without a capacity of their own.
pub const QUEUE_BOUND: usize = 10_000;

/// The largest capacity of a waiting room.
pub const MAX_CAPACITY: u32 = 1_000;

/// What happens to frames that arrive while the pipeline is busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Policy {
    /// The source waits: frame `k + 1` starts at `max(f_k, a_k + P)` and counts as arriving when it starts. No frame
    /// is skipped and none queues; the schedule slips instead.
    Block,
    /// First in, first out. Beyond [`QUEUE_BOUND`] waiting frames the new one is skipped.
    Queue,
    /// A waiting room beside the frame in work; a frame that arrives while it is full is skipped.
    LeakyUpstream {
        /// Frames that may wait, at least 1.
        capacity: u32,
    },
    /// The same room; a frame that arrives while it is full pushes out the oldest waiting one, which is skipped.
    LeakyDownstream {
        /// Frames that may wait, at least 1.
        capacity: u32,
    },
    /// No waiting room: after finishing a frame at `f`, the next one is the first with an arrival at or after `f`;
    /// those between are skipped. The schedule never slips.
    #[default]
    NextTick,
    /// First in, first out; a frame that could not meet its deadline any more is skipped when its turn comes. One that
    /// is taken at its own arrival never is.
    Admit,
}

impl Policy {
    /// All policies, those with a room at a capacity of 1.
    pub const ALL: [Self; 6] = [
        Self::Block,
        Self::Queue,
        Self::LeakyUpstream { capacity: 1 },
        Self::LeakyDownstream { capacity: 1 },
        Self::NextTick,
        Self::Admit,
    ];

    /// The name in commands, files and on the screen, without the capacity.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Queue => "queue",
            Self::LeakyUpstream { .. } => "leaky-upstream",
            Self::LeakyDownstream { .. } => "leaky-downstream",
            Self::NextTick => "next-tick",
            Self::Admit => "admit",
        }
    }

    /// Frames that may wait; `None` for a policy that takes no capacity.
    pub const fn capacity(self) -> Option<u32> {
        match self {
            Self::LeakyUpstream { capacity } | Self::LeakyDownstream { capacity } => Some(capacity),
            _ => None,
        }
    }

    /// The same policy with another capacity; unchanged if it takes none.
    #[must_use]
    pub const fn with_capacity(self, capacity: u32) -> Self {
        match self {
            Self::LeakyUpstream { .. } => Self::LeakyUpstream { capacity },
            Self::LeakyDownstream { .. } => Self::LeakyDownstream { capacity },
            other => other,
        }
    }

    /// Whether frames can wait behind the one in work.
    pub const fn has_room(self) -> bool {
        !matches!(self, Self::Block | Self::NextTick)
    }

    /// Frames that wait at most.
    pub const fn bound(self) -> usize {
        match self {
            Self::Block | Self::NextTick => 0,
            Self::Queue | Self::Admit => QUEUE_BOUND,
            Self::LeakyUpstream { capacity } | Self::LeakyDownstream { capacity } => {
                capacity as usize
            }
        }
    }

    /// The same kind of policy, whatever the capacity.
    pub fn is_same_kind(self, other: Self) -> bool {
        self.name() == other.name()
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.capacity() {
            Some(capacity) => write!(f, "{}:{capacity}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

/// Why a policy was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// There is none of that name.
    #[error(
        "there is no policy `{0}`. Choose block, queue, leaky-upstream, leaky-downstream, next-tick or admit; the leaky ones take a capacity, as in leaky-downstream:2"
    )]
    Unknown(String),
    /// It takes no capacity.
    #[error("{0} takes no capacity. Write `{0}` alone")]
    NoCapacity(&'static str),
    /// The capacity is no number, or out of its range.
    #[error("`{0}` is not a capacity from 1 to {MAX_CAPACITY}")]
    Capacity(String),
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, capacity) = match text.split_once(':') {
            Some((name, capacity)) => (name, Some(capacity)),
            None => (text, None),
        };
        let policy = Self::ALL
            .into_iter()
            .find(|policy| policy.name() == name)
            .ok_or_else(|| PolicyError::Unknown(text.to_owned()))?;
        let Some(capacity) = capacity else {
            return Ok(policy);
        };
        if policy.capacity().is_none() {
            return Err(PolicyError::NoCapacity(policy.name()));
        }
        match capacity.parse() {
            Ok(number) if (1..=MAX_CAPACITY).contains(&number) => Ok(policy.with_capacity(number)),
            _ => Err(PolicyError::Capacity(capacity.to_owned())),
        }
    }
}

impl TryFrom<String> for Policy {
    type Error = PolicyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Policy> for String {
    fn from(policy: Policy) -> Self {
        policy.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_as_they_are_written() {
        for policy in Policy::ALL {
            assert_eq!(policy.to_string().parse(), Ok(policy));
            assert_eq!(policy.name().parse(), Ok(policy));
        }
        let four = Policy::LeakyUpstream { capacity: 4 };
        assert_eq!("leaky-upstream:4".parse(), Ok(four));
        for text in [
            "",
            "leaky",
            "queue:3",
            "leaky-upstream:0",
            "leaky-upstream:x",
            "leaky-upstream:1001",
        ] {
            assert!(text.parse::<Policy>().is_err(), "{text} was taken");
        }
    }
}
