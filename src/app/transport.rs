//! What is played, where it stands, and how it is moved: the lab's side of the bar under the viewer.

use crate::engine::{EngineCommand, Look, Play, Shown, Speed, Step, StreamStatus};
use crate::measure::ms_from_nanos;
use crate::source::SourceInfo;

/// Where playing stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transport {
    /// Number of the picture shown; `None` before the first.
    pub picture: Option<u64>,
    /// Its time within the source, in milliseconds.
    pub time_ms: Option<f64>,
    /// Pictures of the source; `None` if it does not say, or never ends.
    pub frame_count: Option<u64>,
    /// Pictures per second of the source, on average.
    pub fps: f64,
    /// First picture that is played.
    pub start: u64,
    /// The picture behind the last one that is played; `None` is the end.
    pub end: Option<u64>,
    /// How fast the time of the source passes.
    pub speed: Speed,
    /// Whether it starts again at its end.
    pub is_looping: bool,
    /// Why pictures cannot be gone to; `None` if they can.
    pub cannot_seek: Option<String>,
    /// Whether pictures come when they come: there is nothing to step to, and no speed.
    pub is_live: bool,
    /// A picture that was asked for is not there yet.
    pub is_seeking: bool,
    /// The pipeline's time on the picture shown, in milliseconds, if it was only looked at and is counted nowhere.
    pub look_ms: Option<f64>,
}

/// The wishes about playing, and how far they have been followed.
#[derive(Debug)]
pub(super) struct Player {
    play: Play,
    /// Steps and leaps that were sent.
    sent: u64,
    /// Where to go when the last leap is done: a dragged handle asks faster than a decoder answers.
    wanted: Option<u64>,
    look: Option<Look>,
}

impl Default for Player {
    fn default() -> Self {
        Self {
            play: Play::ENDLESS,
            sent: 0,
            wanted: None,
            look: None,
        }
    }
}

impl Player {
    pub(super) const fn play(&self) -> Play {
        self.play
    }

    /// Another source: speed and loop stay, the range does not.
    pub(super) const fn begin(&mut self, can_seek: bool) {
        self.play.start = 0;
        self.play.end = None;
        self.play.is_looping = self.play.is_looping && can_seek;
        self.sent = 0;
        self.wanted = None;
        self.look = None;
    }

    /// The times of the picture shown, if it was only looked at.
    pub(super) const fn look(&self) -> Option<Look> {
        self.look
    }

    pub(super) const fn step(&mut self, step: Step) -> EngineCommand {
        self.sent += 1;
        self.wanted = None;
        EngineCommand::Step(step)
    }

    pub(super) const fn go_to(&mut self, index: u64) {
        self.wanted = Some(index);
    }

    /// Another range, with at least one picture in it; `None` if nothing changes.
    pub(super) fn set_range(&mut self, start: u64, end: Option<u64>) -> Option<EngineCommand> {
        let end = end.map(|end| end.max(start + 1));
        self.set(Play {
            start,
            end,
            ..self.play
        })
    }

    pub(super) fn set_speed(&mut self, speed: Speed) -> Option<EngineCommand> {
        self.set(Play { speed, ..self.play })
    }

    pub(super) fn set_looping(&mut self, is_looping: bool) -> Option<EngineCommand> {
        self.set(Play {
            is_looping,
            ..self.play
        })
    }

    fn set(&mut self, play: Play) -> Option<EngineCommand> {
        let is_new = play != self.play;
        self.play = play;
        is_new.then_some(EngineCommand::SetPlay(play))
    }

    /// The next leap, if the last one is done.
    pub(super) fn next_leap(&mut self, status: &StreamStatus) -> Option<EngineCommand> {
        if status.leaps < self.sent {
            return None;
        }
        let index = self.wanted.take()?;
        self.sent += 1;
        Some(EngineCommand::GoTo(index))
    }

    /// What is to be shown of it.
    pub(super) fn view(
        &mut self,
        status: &StreamStatus,
        info: &SourceInfo,
        is_live: bool,
    ) -> Transport {
        let shown = status.shown.unwrap_or_default();
        self.look = shown.look;
        let Shown {
            index,
            timestamp_nanos,
            look,
        } = shown;
        Transport {
            picture: status.shown.map(|_| index),
            time_ms: status.shown.map(|_| ms_from_nanos(timestamp_nanos)),
            frame_count: info.frame_count.filter(|_| !info.is_endless),
            fps: info.rate.per_second(),
            start: self.play.start,
            end: self.play.end,
            speed: self.play.speed,
            is_looping: self.play.is_looping,
            cannot_seek: (!info.is_seekable)
                .then(|| "This source cannot be gone back in: it comes as it comes.".to_owned()),
            is_live,
            is_seeking: self.wanted.is_some() || status.leaps < self.sent,
            look_ms: look.map(|look| ms_from_nanos(look.service_nanos)),
        }
    }
}
