//! A source on its reel: its pictures in the order in which they are played.
//!
//! Range, speed, loops and leaps are here and nowhere else; whoever turns the reel (the source thread, or the stream
//! itself) only asks for the next picture.
//!
//! *Cost.* Pictures between two that are taken are decoded, because codecs need them. A slow reel keeps a copy of the
//! picture that it gives out again.

use super::play::Play;
use crate::frame::Frame;
use crate::source::{FrameSource, Next, SourceError, SourceInfo};

/// Unreadable pictures in a row after which a source is taken to be at its end.
const MAX_FAILURES_IN_A_ROW: u32 = 100;

pub(super) struct Reel {
    source: Box<dyn FrameSource>,
    play: Play,
    /// Where the source has to be brought before it is read.
    leap: Option<u64>,
    /// The picture that the present pass counts from.
    anchor: u64,
    /// Pictures given out since then.
    given: u64,
    /// A picture that is given out more than once.
    held: Option<Frame>,
    is_holding: bool,
    /// The source could not be brought to where it was to be.
    is_lost: bool,
    loops: u64,
}

impl Reel {
    pub(super) fn new(source: Box<dyn FrameSource>, play: Play) -> Self {
        Self {
            source,
            play,
            leap: (play.start > 0).then_some(play.start),
            anchor: play.start,
            given: 0,
            held: None,
            is_holding: false,
            is_lost: false,
            loops: 0,
        }
    }

    pub(super) fn info(&self) -> &SourceInfo {
        self.source.info()
    }

    /// How often the range was played from its beginning again.
    pub(super) const fn loops(&self) -> u64 {
        self.loops
    }

    /// Plays on from picture `from`, as `play` says.
    pub(super) const fn play(&mut self, play: Play, from: u64) {
        self.play = play;
        self.leap = Some(from);
        self.anchor = from;
        self.given = 0;
        self.is_holding = false;
        self.is_lost = false;
    }

    /// Fills `frame` with the next picture that can be read; false if there is none. What could not be read is told.
    pub(super) fn fill(&mut self, frame: &mut Frame, mut tell: impl FnMut(SourceError)) -> bool {
        for _ in 0..MAX_FAILURES_IN_A_ROW {
            match self.next(frame) {
                Ok(Next::Frame) => return true,
                Ok(Next::End) => return false,
                Err(error) => tell(error),
            }
        }
        false
    }

    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        loop {
            if self.is_lost {
                return Ok(Next::End);
            }
            if let Some(index) = self.leap.take() {
                self.bring_to(index)?;
            }
            match self.pull(frame)? {
                Next::End if self.has_more_after_a_turn() => self.turn_over(),
                answer => return Ok(answer),
            }
        }
    }

    fn bring_to(&mut self, index: u64) -> Result<(), SourceError> {
        let outcome = match index {
            0 => self.source.rewind(),
            _ => self.source.seek(index),
        };
        self.is_lost = outcome.is_err();
        outcome
    }

    /// The next picture of this pass.
    fn pull(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        let speed = self.play.speed;
        let wanted = self.anchor + speed.pictures(self.given);
        if self.play.end.is_some_and(|end| wanted >= end) {
            return Ok(Next::End);
        }
        if let Some(held) = &self.held
            && self.is_holding
            && held.index >= wanted
        {
            frame.copy_from(held);
            self.given += 1;
            return Ok(Next::Frame);
        }
        loop {
            if self.source.next_frame(frame)? == Next::End
                || self.play.end.is_some_and(|end| frame.index >= end)
            {
                return Ok(Next::End);
            }
            // At its own speed every picture is taken as it comes, whatever its number.
            if speed.factor() <= 1.0 || frame.index >= wanted {
                break;
            }
        }
        if speed.factor() < 1.0 {
            let held = self.held.get_or_insert_with(|| Frame::new(frame.info()));
            held.copy_from(frame);
            self.is_holding = true;
        }
        self.given += 1;
        Ok(Next::Frame)
    }

    /// A source that gave nothing from the beginning of its range will not give more the next time.
    const fn has_more_after_a_turn(&self) -> bool {
        self.play.is_looping && (self.given > 0 || self.anchor > self.play.start)
    }

    fn turn_over(&mut self) {
        self.play(self.play, self.play.start);
        self.loops += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source;

    fn reel(play: Play) -> (Reel, Frame) {
        let source = source::open("synthetic:bars?size=16x16").unwrap();
        let frame = Frame::new(source.info().frame);
        (Reel::new(source, play), frame)
    }

    fn next(reel: &mut Reel, frame: &mut Frame, count: usize) -> Vec<u64> {
        let told = |error: SourceError| panic!("{error}");
        (0..count)
            .map_while(|_| reel.fill(frame, told).then_some(frame.index))
            .collect()
    }

    fn play(start: u64, end: Option<u64>, speed: &str, is_looping: bool) -> Play {
        Play {
            start,
            end,
            speed: speed.parse().unwrap(),
            is_looping,
        }
    }

    #[test]
    fn range_speed_and_loop_say_which_pictures_come() {
        for (play, count, expected) in [
            (play(0, None, "1", true), 3, vec![0, 1, 2]),
            (play(2, Some(5), "1", false), 9, vec![2, 3, 4]),
            (play(2, Some(5), "1", true), 7, vec![2, 3, 4, 2, 3, 4, 2]),
            (play(2, Some(7), "2", true), 5, vec![2, 4, 6, 2, 4]),
            (play(0, Some(2), "0.5", true), 6, vec![0, 0, 1, 1, 0, 0]),
            (play(0, None, "1.5", false), 5, vec![0, 1, 3, 4, 6]),
            (play(0, None, "4", false), 3, vec![0, 4, 8]),
            (play(5, Some(5), "1", true), 3, vec![]),
        ] {
            let (mut reel, mut frame) = reel(play);
            assert_eq!(next(&mut reel, &mut frame, count), expected, "{play:?}");
        }
    }

    #[test]
    fn a_leap_goes_on_from_there_and_turns_over_at_the_end() {
        let (mut reel, mut frame) = reel(play(2, Some(6), "1", true));
        assert_eq!(next(&mut reel, &mut frame, 2), [2, 3]);
        reel.play(play(2, Some(6), "1", true), 5);
        assert_eq!(next(&mut reel, &mut frame, 3), [5, 2, 3]);
        assert_eq!(reel.loops(), 1);
        // Behind the end there is nothing but another turn; before the start the way leads into the range.
        reel.play(play(2, Some(6), "1", true), 40);
        assert_eq!(next(&mut reel, &mut frame, 2), [2, 3]);
        reel.play(play(2, Some(6), "1", true), 0);
        assert_eq!(next(&mut reel, &mut frame, 7), [0, 1, 2, 3, 4, 5, 2]);
    }
}
