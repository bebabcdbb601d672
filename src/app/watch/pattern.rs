//! Which frames of a clip are dropped: those of the run itself, or as many as a drop rate says, laid out from a seed.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// Frames of a simulated clip, about: it is the next multiple of what the share is counted in.
const CLIP_FRAMES: u64 = 600;

/// The largest share that may be typed, in percent: with more there are too few good frames to lay it out between.
pub const MAX_TYPED_PERCENT: f64 = 50.0;

/// Frames of an episode at most, and at least.
const EPISODE: std::ops::RangeInclusive<usize> = 3..=7;

/// How many frames are dropped in playback.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum DropPattern {
    /// Those that this run dropped, in their places.
    #[default]
    ThisRun,
    /// The source document's 1.67 %: 1 of 60. Simulated.
    OneOf60,
    /// The source document's 8.20 %: 5 of 61. Simulated.
    FiveOf61,
    /// A share in percent that was typed. Simulated.
    Typed(f64),
}

impl DropPattern {
    /// Whether it was laid out and not measured.
    pub const fn is_simulated(self) -> bool {
        !matches!(self, Self::ThisRun)
    }

    /// Dropped frames and frames of a clip; `None` for those of the run.
    fn counts(self) -> Option<(u64, u64)> {
        match self {
            Self::ThisRun => None,
            Self::OneOf60 => Some((CLIP_FRAMES / 60, CLIP_FRAMES)),
            Self::FiveOf61 => Some((50, 610)),
            Self::Typed(percent) => {
                let share = percent.clamp(0.0, MAX_TYPED_PERCENT) / 100.0;
                Some(((share * CLIP_FRAMES as f64).round() as u64, CLIP_FRAMES))
            }
        }
    }
}

/// How simulated drops lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DropLayout {
    /// Each alone.
    #[default]
    Singles,
    /// Several in a row, as a stall makes them.
    Episodes,
}

/// The clip of a simulated pattern: whether each frame is dropped; `None` for the pattern of the run. The first never is:
/// there has to be a picture that can be repeated.
pub(super) fn lay_out(pattern: DropPattern, layout: DropLayout, seed: u64) -> Option<Vec<bool>> {
    let (dropped, frames) = pattern.counts()?;
    let (dropped, frames) = (dropped as usize, frames as usize);
    let mut random = Pcg64::seed_from_u64(seed);
    let mut lengths = Vec::new();
    let mut left = dropped;
    while left > 0 {
        let length = match layout {
            DropLayout::Singles => 1,
            DropLayout::Episodes => random.random_range(EPISODE).min(left),
        };
        lengths.push(length);
        left -= length;
    }
    // Every run of dropped frames follows a good frame of its own, so that no two of them touch.
    let mut good: Vec<usize> = (0..frames - dropped).collect();
    for at in 0..lengths.len() {
        let other = random.random_range(at..good.len());
        good.swap(at, other);
    }
    let mut behind = vec![0; frames - dropped];
    for (&good, length) in good.iter().zip(lengths) {
        behind[good] = length;
    }
    let mut clip = Vec::with_capacity(frames);
    for length in behind {
        clip.push(false);
        clip.extend(std::iter::repeat_n(true, length));
    }
    Some(clip)
}

/// The frame that is on the screen at frame `at` of a clip when every dropped frame repeats the last good one.
pub(super) fn shown_instead(clip: &[bool], at: usize) -> usize {
    clip[..=at.min(clip.len() - 1)]
        .iter()
        .rposition(|is_dropped| !is_dropped)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(clip: &[bool]) -> usize {
        clip.iter().filter(|is_dropped| **is_dropped).count()
    }

    /// The lengths of the runs of dropped frames.
    fn runs(clip: &[bool]) -> Vec<usize> {
        clip.split(|is_dropped| !is_dropped)
            .map(<[bool]>::len)
            .filter(|length| *length > 0)
            .collect()
    }

    #[test]
    fn the_shares_of_the_source_document_are_met_exactly() {
        for layout in [DropLayout::Singles, DropLayout::Episodes] {
            for (pattern, dropped, frames) in [
                (DropPattern::OneOf60, 10, 600),
                (DropPattern::FiveOf61, 50, 610),
                (DropPattern::Typed(3.0), 18, 600),
                (DropPattern::Typed(0.0), 0, 600),
                (DropPattern::Typed(50.0), 300, 600),
                (DropPattern::Typed(900.0), 300, 600),
                (DropPattern::Typed(f64::NAN), 0, 600),
            ] {
                let clip = lay_out(pattern, layout, 1).unwrap();
                assert_eq!((count(&clip), clip.len()), (dropped, frames), "{pattern:?}");
                assert!(!clip[0], "the first can be repeated");
            }
        }
        assert_eq!(lay_out(DropPattern::ThisRun, DropLayout::Singles, 1), None);
    }

    #[test]
    fn singles_stand_alone_and_episodes_do_not() {
        let of = |layout, seed| lay_out(DropPattern::FiveOf61, layout, seed).unwrap();
        let singles = runs(&of(DropLayout::Singles, 1));
        assert_eq!(singles, vec![1; 50]);
        let episodes = runs(&of(DropLayout::Episodes, 1));
        assert!(
            episodes.len() < 18 && episodes.iter().all(|run| *run <= 7),
            "{episodes:?}"
        );
        assert_eq!(of(DropLayout::Episodes, 7), of(DropLayout::Episodes, 7));
        assert_ne!(of(DropLayout::Episodes, 7), of(DropLayout::Episodes, 8));
    }

    #[test]
    fn every_dropped_frame_shows_the_last_good_one() {
        let clip = [false, false, true, true, false, true];
        let shown: Vec<usize> = (0..6).map(|at| shown_instead(&clip, at)).collect();
        assert_eq!(shown, [0, 1, 1, 1, 4, 4]);
    }
}
