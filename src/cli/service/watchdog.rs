//! The watchdog: tells when no frame of a stream was due for a while, and when it goes on.

use std::time::Duration;

use crate::engine::{Member, StreamState};
use crate::measure::{Clock, SystemClock};

/// What is known of one stream.
#[derive(Clone, Copy, Debug)]
struct Seen {
    number: u32,
    arrived: u64,
    at_nanos: u64,
    is_told: bool,
}

/// Watches streams for frames.
#[derive(Debug)]
pub(super) struct Watchdog {
    patience_nanos: u64,
    seen: Vec<Seen>,
}

impl Watchdog {
    pub(super) const fn new(patience: Duration) -> Self {
        Self {
            patience_nanos: patience.as_nanos() as u64,
            seen: Vec::new(),
        }
    }

    /// What is to be told, by the number of the stream.
    pub(super) fn look(&mut self, members: &[Member]) -> Vec<(u32, String)> {
        let now_nanos = SystemClock.now_nanos();
        let runs =
            |member: &&Member| member.is_running() && member.status().state != StreamState::Paused;
        members
            .iter()
            .filter(runs)
            .filter_map(|member| {
                let arrived = member.status().counts.arrived();
                let said = self.see(member.number(), arrived, now_nanos)?;
                Some((member.number(), said))
            })
            .collect()
    }

    /// Takes in how many frames of a stream were due by now. Something to tell, if there is news.
    fn see(&mut self, number: u32, arrived: u64, now_nanos: u64) -> Option<String> {
        let fresh = Seen {
            number,
            arrived,
            at_nanos: now_nanos,
            is_told: false,
        };
        let Some(seen) = self.seen.iter_mut().find(|seen| seen.number == number) else {
            self.seen.push(fresh);
            return None;
        };
        let silent_nanos = now_nanos - seen.at_nanos;
        let seconds = silent_nanos as f64 / 1e9;
        if arrived > seen.arrived {
            let was_told = seen.is_told;
            *seen = fresh;
            return was_told.then(|| format!("frames again after {seconds:.1} s"));
        }
        if silent_nanos > self.patience_nanos && !seen.is_told {
            seen.is_told = true;
            return Some(format!(
                "watchdog: no frame for {seconds:.1} s. Its source has stalled; see whether it still sends"
            ));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_is_told_once_and_so_is_its_end() {
        const SECOND: u64 = 1_000_000_000;
        let mut dog = Watchdog::new(Duration::from_secs(2));
        let mut told = Vec::new();
        for (second, arrived) in [
            (0, 0),
            (1, 5),
            (2, 5),
            (3, 5),
            (4, 5),
            (5, 5),
            (6, 9),
            (7, 9),
            (8, 12),
        ] {
            if let Some(text) = dog.see(7, arrived, second * SECOND) {
                told.push((second, text));
            }
        }
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].0 == 4 && told[0].1.contains("no frame for 3.0 s"));
        assert!(told[1].0 == 6 && told[1].1.contains("after 5.0 s"));
    }
}
