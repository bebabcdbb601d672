//! What this machine can open: asked for on a thread of its own, because FFmpeg has to be run for it.

use super::opening::{Job, Progress};
use crate::source::{self, Ffmpeg, Opens};

/// What this machine can open, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FormatsView {
    /// The list; `None` until it is there.
    pub opens: Option<Opens>,
    /// Whether it is being made.
    pub is_asking: bool,
    /// Why the FFmpeg that was named is not used.
    pub refused: Option<String>,
}

/// The question, and the thread that answers it.
#[derive(Default)]
pub(super) struct Formats {
    job: Option<Job<Opens>>,
}

impl Formats {
    /// Has the list made, unless it is there.
    pub(super) fn ask(&mut self, view: &mut FormatsView) {
        if view.opens.is_none() && self.job.is_none() {
            self.job = Job::start("formats", source::opens);
            view.is_asking = self.job.is_some();
        }
    }

    /// Uses the FFmpeg at a place (the one of the environment, if that is empty), and has the list made anew.
    pub(super) fn choose(&mut self, place: &str, view: &mut FormatsView) {
        let place = Some(place.trim()).filter(|place| !place.is_empty());
        view.refused = Ffmpeg::choose(place.map(str::as_ref)).err();
        if view.refused.is_none() {
            self.job = None;
            view.opens = None;
            self.ask(view);
        }
    }

    pub(super) const fn is_asking(&self) -> bool {
        self.job.is_some()
    }

    pub(super) fn poll(&mut self, view: &mut FormatsView) {
        match self.job.take().map(Job::poll) {
            Some(Progress::Working(job)) => self.job = Some(job),
            Some(Progress::Done(opens)) => view.opens = Some(opens),
            Some(Progress::Lost) => {
                view.refused = Some("FFmpeg could not be asked what it opens".to_owned());
            }
            None => {}
        }
        view.is_asking = self.job.is_some();
    }
}
