//! Stutter, seen: the pictures of a source in real time, and the same with the last good one for every dropped frame.
//!
//! The time of playing is that of a clock: which picture is due does not depend on whether the window can draw it. What
//! the window misses, and what the shelf had not read in time, is counted.
//!
//! *Bounds.* [`AHEAD`] pictures are read ahead of the one that is due.

use std::sync::Arc;

use super::pattern::{DropLayout, DropPattern, lay_out, shown_instead};
use crate::app::shelf::Shelf;
use crate::app::{FramePicture, RgbPicture};
use crate::frame::FrameRate;

/// Pictures that are read ahead.
const AHEAD: usize = 48;

/// Pictures ahead that have to be there before it begins.
const READY: usize = 24;

/// Frames of the run that are played at most.
pub(in crate::app) const RUN_FRAMES: usize = 600;

/// A frame of the run, for playback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) struct RunFrame {
    pub(in crate::app) is_dropped: bool,
    /// Number of its picture within the source, where it is known.
    pub(in crate::app) picture: Option<u64>,
}

/// What is played: for every frame whether it is dropped, and its picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::app) struct Clip {
    dropped: Vec<bool>,
    pictures: Vec<Option<u64>>,
}

impl Clip {
    /// The frames of the run, from the first good one on.
    pub(in crate::app) fn of_run(frames: &[RunFrame]) -> Self {
        let good = frames.iter().position(|frame| !frame.is_dropped);
        let frames = good.map_or(&[][..], |good| &frames[good..]);
        Self {
            dropped: frames.iter().map(|frame| frame.is_dropped).collect(),
            pictures: frames.iter().map(|frame| frame.picture).collect(),
        }
    }

    /// A simulated pattern over the pictures from `start` on, up to the one before `end`, again and again.
    fn simulated(dropped: Vec<bool>, start: u64, end: Option<u64>) -> Self {
        let length = end.map_or(u64::MAX, |end| end.saturating_sub(start).max(1));
        let pictures = (0..dropped.len() as u64).map(|at| Some(start + at % length));
        Self {
            pictures: pictures.collect(),
            dropped,
        }
    }

    fn len(&self) -> usize {
        self.dropped.len()
    }

    fn picture(&self, at: usize) -> Option<u64> {
        self.pictures.get(at).copied().flatten()
    }
}

/// What of playback is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screens {
    /// Both beside each other.
    #[default]
    SideBySide,
    /// Every picture in its time.
    Perfect,
    /// The last good picture for every dropped frame.
    Stutter,
}

/// What is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PlaybackChoice {
    /// Which frames are dropped.
    pub pattern: DropPattern,
    /// How simulated drops lie.
    pub layout: DropLayout,
    /// Where they lie.
    pub seed: u64,
    /// What of it is shown.
    pub screens: Screens,
    /// Whether the stream is paused while it plays.
    pub pauses_stream: bool,
}

/// A picture of playback.
#[derive(Clone, Debug, Default)]
pub struct PlayedPicture {
    /// Its number within the source: textures are uploaded when it changes.
    pub number: u64,
    /// The picture; `None` before the first.
    pub picture: Option<Arc<RgbPicture>>,
}

/// Playback, for the screen.
#[derive(Clone, Debug, Default)]
pub struct PlaybackView {
    /// What is chosen.
    pub choice: PlaybackChoice,
    /// Whether it plays, or is about to.
    pub is_playing: bool,
    /// Pictures are still being read before it begins.
    pub is_filling: bool,
    /// Pictures in a row that are there, from the one that is due on.
    pub ahead: usize,
    /// Pictures that have to be there before it begins.
    pub ahead_needed: usize,
    /// Frames of the clip.
    pub frames: usize,
    /// The frame that is due.
    pub at: usize,
    /// Whether that frame is dropped.
    pub is_dropped: bool,
    /// For every frame of the clip whether it is dropped.
    pub dropped: Vec<bool>,
    /// Dropped frames of the clip.
    pub dropped_frames: usize,
    /// Pictures a second.
    pub fps: f64,
    /// Every picture in its time.
    pub perfect: PlayedPicture,
    /// The last good one for every dropped frame.
    pub stutter: PlayedPicture,
    /// Frames that were due while it played.
    pub due: u64,
    /// Frames that the window did not draw, because it was not ready for the next picture in time.
    pub window_missed: u64,
    /// Frames whose picture had not been read in time.
    pub picture_missed: u64,
    /// Why nothing can be played.
    pub cannot: Option<String>,
}

/// What is played, and how far it is.
#[derive(Debug, Default)]
pub(in crate::app) struct Playback {
    pub(in crate::app) choice: PlaybackChoice,
    clip: Clip,
    fps: Option<FrameRate>,
    is_playing: bool,
    /// When frame 0 was due; `None` while pictures are still read.
    origin_nanos: Option<u64>,
    /// The frame that was due at the last look, counted through all turns.
    last_due: Option<u64>,
    ahead: usize,
    due: u64,
    window_missed: u64,
    picture_missed: u64,
    perfect: PlayedPicture,
    stutter: PlayedPicture,
    cannot: Option<String>,
}

impl Playback {
    /// Nothing is played yet, and this is chosen.
    pub(in crate::app) fn with(choice: PlaybackChoice) -> Self {
        Self {
            choice,
            ..Self::default()
        }
    }

    pub(in crate::app) const fn is_playing(&self) -> bool {
        self.is_playing
    }

    /// Begins: frames of the run as they are now, or a simulated pattern over the range that is played.
    pub(in crate::app) fn begin(
        &mut self,
        run: &[RunFrame],
        (start, end): (u64, Option<u64>),
        fps: FrameRate,
    ) {
        let choice = self.choice;
        let clip = match lay_out(choice.pattern, choice.layout, choice.seed) {
            Some(dropped) => Clip::simulated(dropped, start, end),
            None => Clip::of_run(&run[run.len().saturating_sub(RUN_FRAMES)..]),
        };
        let cannot = (clip.len() < 2).then(|| {
            "No frames have been measured yet. Let the stream run, or choose a simulated pattern.".to_owned()
        });
        *self = Self {
            is_playing: cannot.is_none(),
            clip,
            fps: Some(fps),
            cannot,
            ..Self::with(choice)
        };
    }

    pub(in crate::app) fn stop(&mut self) {
        self.is_playing = false;
        self.origin_nanos = None;
        self.last_due = None;
    }

    /// Frames from frame 0 on that are due by `now_nanos`, that one included; `None` before it has begun.
    fn due_at(&self, now_nanos: u64) -> Option<u64> {
        let since_nanos = u128::from(now_nanos.checked_sub(self.origin_nanos?)?);
        let rate = self.fps?;
        let frames = since_nanos * u128::from(rate.frames());
        let due = frames / (u128::from(rate.seconds()) * 1_000_000_000);
        u64::try_from(due).ok()
    }

    /// When the next picture is due.
    pub(in crate::app) fn next_due_nanos(&self, now_nanos: u64) -> Option<u64> {
        if !self.is_playing {
            return None;
        }
        let next = u128::from(self.due_at(now_nanos)? + 1);
        let rate = self.fps?;
        let per_frame = u128::from(rate.seconds()) * 1_000_000_000;
        let since = (next * per_frame).div_ceil(u128::from(rate.frames()));
        Some(self.origin_nanos? + u64::try_from(since).ok()?)
    }

    /// Brings it to `now_nanos`: asks for what comes, and takes the pictures that are due.
    pub(in crate::app) fn tick(&mut self, now_nanos: u64, shelf: &mut Shelf) {
        if !self.is_playing {
            return;
        }
        let due = self.due_at(now_nanos).unwrap_or(0);
        let at = (due % self.clip.len() as u64) as usize;
        self.ahead = self.read_ahead(at, shelf);
        if self.origin_nanos.is_none() {
            if self.ahead >= self.ready() {
                self.origin_nanos = Some(now_nanos);
            }
            return;
        }
        if self.last_due == Some(due) {
            return;
        }
        let passed = due - self.last_due.map_or(0, |last| last.min(due));
        self.due += passed.max(1);
        self.window_missed += passed.saturating_sub(1);
        self.last_due = Some(due);
        let is_there = take(&mut self.perfect, self.clip.picture(at), shelf);
        self.picture_missed += u64::from(!is_there);
        let instead = shown_instead(&self.clip.dropped, at);
        take(&mut self.stutter, self.clip.picture(instead), shelf);
    }

    /// Pictures that have to be there before it begins.
    fn ready(&self) -> usize {
        READY.min(self.clip.len())
    }

    /// Asks for the pictures that come; how many in a row are there (or known not to be had).
    fn read_ahead(&self, at: usize, shelf: &mut Shelf) -> usize {
        let scale = shelf.play_scale();
        let length = self.clip.len();
        let coming = (at..at + AHEAD.min(length)).map(|at| self.clip.picture(at % length));
        let mut in_a_row = 0;
        let mut is_row = true;
        for picture in coming {
            let is_settled = picture.is_none_or(|number| {
                if !shelf.has(number, scale) {
                    shelf.picture(number, scale);
                }
                shelf.is_settled(number, scale)
            });
            is_row &= is_settled;
            in_a_row += usize::from(is_row);
        }
        in_a_row
    }

    pub(in crate::app) fn view(&self, now_nanos: u64) -> PlaybackView {
        let length = self.clip.len().max(1) as u64;
        let at = (self.due_at(now_nanos).unwrap_or(0) % length) as usize;
        PlaybackView {
            choice: self.choice,
            is_playing: self.is_playing,
            is_filling: self.is_playing && self.origin_nanos.is_none(),
            ahead: self.ahead,
            ahead_needed: self.ready(),
            frames: self.clip.len(),
            at,
            is_dropped: self.clip.dropped.get(at).copied().unwrap_or(false),
            dropped: self.clip.dropped.clone(),
            dropped_frames: self.clip.dropped.iter().filter(|dropped| **dropped).count(),
            fps: self.fps.map_or(0.0, FrameRate::per_second),
            perfect: self.perfect.clone(),
            stutter: self.stutter.clone(),
            due: self.due,
            window_missed: self.window_missed,
            picture_missed: self.picture_missed,
            cannot: self.cannot.clone(),
        }
    }
}

/// Puts the picture of that number where it is shown; false if it is not there, and the one before stays.
fn take(shown: &mut PlayedPicture, number: Option<u64>, shelf: &mut Shelf) -> bool {
    let Some(number) = number else {
        return false;
    };
    if shown.number == number && shown.picture.is_some() {
        return true;
    }
    let scale = shelf.play_scale();
    let FramePicture::Here(picture) = shelf.picture(number, scale) else {
        return false;
    };
    *shown = PlayedPicture {
        number,
        picture: Some(picture),
    };
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const FRAME: u64 = 1_000_000_000 / 30;

    /// Ticks at one moment until the pictures ahead are there.
    fn fill(playback: &mut Playback, shelf: &mut Shelf, now_nanos: u64) {
        for _ in 0..4_000 {
            shelf.poll();
            playback.tick(now_nanos, shelf);
            let at = playback.due_at(now_nanos).unwrap_or(0) as usize % playback.clip.len();
            if playback.read_ahead(at, shelf) >= AHEAD.min(playback.clip.len()) {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
        panic!("the pictures never came");
    }

    fn run(dropped: &[u64], frames: u64) -> Vec<RunFrame> {
        (0..frames)
            .map(|at| RunFrame {
                is_dropped: dropped.contains(&at),
                picture: Some(100 + at),
            })
            .collect()
    }

    fn begun(choice: PlaybackChoice, run: &[RunFrame]) -> (Playback, Shelf) {
        let mut shelf = Shelf::of_readable("synthetic:bars?size=64x48".into());
        let mut playback = Playback::with(choice);
        playback.begin(run, (0, Some(40)), FrameRate::DEFAULT);
        fill(&mut playback, &mut shelf, 1_000);
        playback.tick(1_000, &mut shelf);
        assert_eq!(
            playback.origin_nanos,
            Some(1_000),
            "it begins when they are there"
        );
        (playback, shelf)
    }

    #[test]
    fn the_clock_says_which_picture_is_shown_and_dropped_frames_repeat_the_last_good_one() {
        let (mut playback, mut shelf) = begun(PlaybackChoice::default(), &run(&[0, 3, 4], 10));
        // The first frame was dropped with nothing before it: the clip begins behind it.
        let mut shown = Vec::new();
        for tick in 0..11 {
            let now_nanos = 1_000 + tick * FRAME + FRAME / 2;
            fill(&mut playback, &mut shelf, now_nanos);
            playback.tick(now_nanos, &mut shelf);
            shown.push((playback.perfect.number, playback.stutter.number));
        }
        assert_eq!(
            shown,
            [
                (101, 101),
                (102, 102),
                (103, 102),
                (104, 102),
                (105, 105),
                (106, 106),
                (107, 107),
                (108, 108),
                (109, 109),
                // And again.
                (101, 101),
                (102, 102),
            ]
        );
        let view = playback.view(1_000);
        assert_eq!((view.frames, view.dropped_frames), (9, 2));
        assert_eq!((view.window_missed, view.picture_missed), (0, 0));
    }

    #[test]
    fn a_window_that_comes_too_late_counts_what_it_missed() {
        let choice = PlaybackChoice {
            pattern: DropPattern::FiveOf61,
            ..PlaybackChoice::default()
        };
        let (mut playback, mut shelf) = begun(choice, &[]);
        for tick in [0, 3, 4, 9] {
            let now_nanos = 1_000 + tick * FRAME + FRAME / 2;
            fill(&mut playback, &mut shelf, now_nanos);
            playback.tick(now_nanos, &mut shelf);
        }
        let view = playback.view(1_000 + 9 * FRAME + FRAME / 2);
        assert_eq!((view.at, view.window_missed), (9, 6));
        assert_eq!((view.frames, view.dropped_frames), (610, 50));
        assert_eq!(
            playback.clip.picture(41),
            Some(1),
            "the range of 40 comes again"
        );
        let next = playback.next_due_nanos(1_000 + 9 * FRAME + FRAME / 2);
        assert!(next.is_some_and(|next| next.abs_diff(1_000 + 10 * FRAME) < 10));
    }

    #[test]
    fn pictures_that_are_not_there_are_counted_and_nothing_is_made_up() {
        let (mut playback, _) = begun(PlaybackChoice::default(), &run(&[], 400));
        let mut closed = Shelf::of_readable("synthetic:bars?size=64x48".into());
        closed.set_closed(true);
        playback.tick(1_000 + 200 * FRAME, &mut closed);
        let view = playback.view(1_000 + 200 * FRAME);
        assert_eq!(view.perfect.number, 100, "the picture before stays");
        assert_eq!(view.picture_missed, 1);
    }

    #[test]
    fn nothing_measured_is_nothing_to_play() {
        let mut playback = Playback::default();
        playback.begin(&[], (0, None), FrameRate::DEFAULT);
        assert!(!playback.is_playing() && playback.cannot.is_some());
        assert_eq!(playback.next_due_nanos(5), None);
    }
}
