//! Late frames glow for two seconds after they were told of, so that the eye catches them in a stream that moves on.

use std::collections::VecDeque;

/// How long a late frame glows.
const GLOW_NANOS: u64 = 2_000_000_000;

/// Frames that glow at once at most; a storm of late frames needs no glow to be seen.
const MOST: usize = 64;

/// A late frame that glows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glow {
    /// Number of the frame.
    pub frame: u64,
    /// From 1 when it was told of to 0 two seconds later.
    pub strength: f32,
}

/// The late frames of the last two seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Afterglow {
    late: VecDeque<(u64, u64)>,
}

impl Afterglow {
    /// A late frame was told of.
    pub(super) fn tell(&mut self, frame: u64, now_nanos: u64) {
        if self.late.len() == MOST {
            self.late.pop_front();
        }
        self.late.push_back((frame, now_nanos));
    }

    /// What still glows.
    pub(super) fn at(&mut self, now_nanos: u64) -> Vec<Glow> {
        let age = |since: u64| now_nanos.saturating_sub(since);
        self.late.retain(|&(_, since)| age(since) < GLOW_NANOS);
        self.late
            .iter()
            .map(|&(frame, since)| Glow {
                frame,
                strength: 1.0 - age(since) as f32 / GLOW_NANOS as f32,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_frame_glows_for_two_seconds() {
        let mut glow = Afterglow::default();
        glow.tell(44, 1_000_000_000);
        for (at_ms, strength) in [
            (1_000, Some(1.0)),
            (2_000, Some(0.5)),
            (2_999, Some(0.0005)),
            (3_000, None),
            (9_000, None),
        ] {
            let seen = glow.at(at_ms * 1_000_000);
            let seen = seen.first().map(|glow| (glow.frame, glow.strength));
            match (seen, strength) {
                (Some((frame, seen)), Some(expected)) => {
                    assert_eq!(frame, 44);
                    assert!((seen - expected).abs() < 1e-3, "{at_ms}: {seen}");
                }
                (seen, expected) => assert_eq!(seen.map(|seen| seen.1), expected, "{at_ms} ms"),
            }
        }
    }

    #[test]
    fn a_storm_is_bounded() {
        let mut glow = Afterglow::default();
        (0..1_000).for_each(|frame| glow.tell(frame, 5));
        let seen = glow.at(6);
        assert_eq!((seen.len(), seen[0].frame), (MOST, 936));
    }
}
