//! What moves the panels that look closely: dropped frames, playback, overhead, quiet.

use super::Lab;
use crate::app::shelf::{Scale, Shelf};
use crate::app::watch::{
    self, DrawCost, DropsCommand, FrameDetail, FramesView, LOOKED_AT, Looker, OverheadState,
    OverheadView, Pace, Quiet, QuietResult, RUN_FRAMES, RunFrame, SEEN_NANOS, Screen, Still,
    StripChoice, StripFrame, Trial, TrialStep, WatchCommand,
};
use crate::app::{FramePicture, PanelKind, RunState, UiCommand};
use crate::engine::EngineCommand;
use crate::measure::{Clock, FrameRecord, Quantile, Share, ms_from_nanos, process_cpu_nanos};

/// Frames on either side of the selected one in the strip.
const NEIGHBOURS: u64 = 12;

/// Frames on either side of the selected one beside its details.
const BESIDE: u64 = 3;

/// Dropped or brushed frames of the strip at most.
const STRIP_FRAMES: usize = 200;

/// How often the still page is drawn anew.
const STILL_NANOS: u64 = 1_000_000_000;

/// The shortest rest, so that a clock that ran on is no busy loop.
const LEAST_REST_NANOS: u64 = 1_000_000;

/// Pictures of dropped frames of a live source that are put aside when they come: later they have passed.
const PUT_ASIDE: usize = 16;

impl Lab {
    /// Another source is played: its pictures come from another shelf.
    pub(super) fn begin_watch(&mut self) {
        let Some(playing) = &self.playing else { return };
        let shelf = match playing.stream.kept_pictures() {
            Some(kept) => Shelf::of_passing(kept),
            None => Shelf::of_readable(playing.info.name.clone()),
        };
        self.watch.begin(shelf);
        self.watch_began_nanos = self.clock.now_nanos();
    }

    /// When the window is to look again.
    pub fn pace(&self) -> Pace {
        let now_nanos = self.clock.now_nanos();
        let interval_nanos = self.rate().interval_nanos();
        if let Some(quiet) = &self.watch.quiet {
            let left_nanos = quiet.left_nanos(now_nanos).unwrap_or(STILL_NANOS);
            return Pace::After(left_nanos.clamp(LEAST_REST_NANOS, STILL_NANOS));
        }
        if let Some(trial) = self
            .watch
            .trial
            .as_ref()
            .filter(|trial| !trial.is_drawing())
        {
            // A frame later than the last of the block is due.
            let left_nanos = trial.block_left_nanos(interval_nanos) + interval_nanos;
            return Pace::After(left_nanos.min(STILL_NANOS));
        }
        match self.watch.playback.next_due_nanos(now_nanos) {
            Some(due_nanos) => {
                Pace::After(due_nanos.saturating_sub(now_nanos).max(LEAST_REST_NANOS))
            }
            None => Pace::Usual,
        }
    }

    /// What the last picture of the window cost, as its shell saw it.
    pub fn note_drawn(&mut self, drawn: DrawCost) {
        if !self.watch.is_drawing() {
            // The still page says nothing of the window's usual cost.
            self.watch.times.clear();
            return;
        }
        let used = (self.clock.thread_cpu_nanos(), process_cpu_nanos());
        let now_nanos = self.clock.now_nanos();
        self.watch.times.note_drawn(now_nanos, drawn, used);
    }

    /// Whether something moves although the stream may stand still.
    pub(super) fn is_watching(&self) -> bool {
        let mut pictures = self.model.watch.pictures.values();
        self.watch.playback.is_playing()
            || self.watch.quiet.is_some()
            || self.watch.trial.is_some()
            || pictures.any(|picture| matches!(picture, FramePicture::Coming))
    }

    /// Runs or pauses. What was measured quietly is not mixed with what is measured beside a window.
    pub(super) fn set_running(&mut self, is_running: bool) {
        if is_running && std::mem::take(&mut self.watch.needs_new_era) {
            self.history.mark_change("drawing on".into());
            self.begin_new_era();
        }
        self.watch.has_paused = false;
        self.send(EngineCommand::SetRunning(is_running));
    }

    pub(super) fn apply_drops(&mut self, command: DropsCommand) {
        match command {
            DropsCommand::Filter(filter) => {
                self.watch.listing.filter = filter;
                self.refresh_drops();
            }
            DropsCommand::Group(is_grouped) => {
                self.watch.listing.is_grouped = is_grouped;
                self.refresh_drops();
            }
            DropsCommand::Previous => self.go_to_drop(false),
            DropsCommand::Next => self.go_to_drop(true),
            DropsCommand::LookAt(looker, mut frames) => {
                frames.truncate(LOOKED_AT);
                let now_nanos = self.clock.now_nanos();
                self.watch.looked_at.insert(looker, (now_nanos, frames));
            }
            DropsCommand::ShowInViewer(frame) => self.show_in_viewer(frame),
            DropsCommand::Explain(frame) => self.explain(frame),
            DropsCommand::Strip(choice) => self.watch.strip = choice,
        }
    }

    fn go_to_drop(&mut self, is_later: bool) {
        let selected = self.model.selected.as_ref().map(|bar| bar.index);
        let (list, view) = (&self.model.drops.list, &self.model.watch.drops);
        if let Some(frame) = watch::neighbour(list, &view.rows, selected, is_later) {
            self.apply(UiCommand::Select(Some(frame)));
        }
    }

    fn explain(&mut self, frame: u64) {
        if self.history.record(frame).is_none() {
            let newest = self.history.latest(1).last().map(|record| record.index);
            self.notify(match newest {
                Some(newest) if newest < frame => {
                    format!("Frame {frame} has not come yet: the newest is {newest}.")
                }
                Some(_) => format!(
                    "Frame {frame} is no longer kept. Choose a newer one; the slowest are under Drops."
                ),
                None => format!("Frame {frame} has not come yet. Let the stream run."),
            });
            return;
        }
        self.apply(UiCommand::Select(Some(frame)));
        self.bring(PanelKind::Frame);
    }

    fn show_in_viewer(&mut self, frame: u64) {
        let can_seek = self
            .playing
            .as_ref()
            .is_some_and(|playing| playing.info.is_seekable);
        match self.picture_of(frame).filter(|_| can_seek) {
            Some(picture) => {
                self.set_running(false);
                self.move_playing(&UiCommand::GoTo(picture));
            }
            None => self.notify(format!(
                "The picture of frame {frame} cannot be gone to: it was passed over, or the source comes as it comes."
            )),
        }
    }

    /// Number of a frame's picture within the source, as far as it is known.
    fn picture_of(&self, frame: u64) -> Option<u64> {
        let record = self.history.record(frame)?;
        if record.is_processed() {
            return Some(record.source_index);
        }
        let (before, after) = self.history.around(frame)?;
        let play = self.player.play();
        let range = (play.start, self.play_end());
        watch::picture_of_skipped(before, after, frame, play.speed, range)
    }

    /// The picture behind the last one that is played; `None` if there is no end.
    fn play_end(&self) -> Option<u64> {
        let info = self.playing.as_ref().map(|playing| &playing.info);
        let of_source = info
            .filter(|info| !info.is_endless)
            .and_then(|info| info.frame_count);
        match (self.player.play().end, of_source) {
            (Some(end), Some(count)) => Some(end.min(count)),
            (end, count) => end.or(count),
        }
    }

    /// Makes the rows of dropped frames anew: the list or what is wanted of it has changed.
    pub(super) fn refresh_drops(&mut self) {
        let list = &self.model.drops.list;
        // A cause that no longer occurs is no filter any more.
        let filter = &mut self.watch.listing.filter;
        if let Some(cause) = &filter.cause
            && !list.iter().any(|dropped| dropped.cause == *cause)
        {
            filter.cause = None;
        }
        self.model.watch.drops = watch::drops_view(list, self.deadline(), &self.watch.listing);
        if self.is_playing_live() {
            let newest: Vec<u64> = list.iter().take(PUT_ASIDE).map(|drop| drop.frame).collect();
            for frame in newest {
                if let Some(number) = self.picture_of(frame) {
                    self.watch.shelf.picture(number, Scale::Thumb);
                }
            }
        }
    }

    pub(super) fn apply_watch(&mut self, command: WatchCommand) {
        let now_nanos = self.clock.now_nanos();
        match command {
            WatchCommand::Choose(choice) => {
                let before = std::mem::replace(&mut self.watch.playback.choice, choice);
                let is_other = (before.pattern, before.layout, before.seed)
                    != (choice.pattern, choice.layout, choice.seed);
                if self.watch.playback.is_playing() && is_other {
                    self.play_back(true);
                } else if before.pauses_stream != choice.pauses_stream {
                    self.pause_beside_playback();
                }
            }
            WatchCommand::Play(is_playing) => self.play_back(is_playing),
            WatchCommand::PlayAlone(is_alone) => {
                self.watch.is_alone = is_alone;
                if is_alone && !self.watch.playback.is_playing() {
                    self.play_back(true);
                }
            }
            WatchCommand::LookAtPlayback => self.watch.playback_seen_nanos = now_nanos,
            WatchCommand::MeasureOverhead(is_on) => self.measure_overhead(is_on),
            WatchCommand::LookAtOverhead => self.watch.overhead_seen_nanos = now_nanos,
            WatchCommand::MeasureQuietly(seconds) => self.be_quiet(Some(seconds)),
            WatchCommand::BeQuiet => self.be_quiet(None),
            WatchCommand::Wake => self.wake(),
        }
    }

    fn play_back(&mut self, is_playing: bool) {
        self.watch.shelf.forget_screens();
        if !is_playing {
            self.watch.playback.stop();
            self.watch.is_alone = false;
            self.pause_beside_playback();
            return;
        }
        let run = self.run_frames();
        let range = (self.player.play().start, self.play_end());
        let fps = match &self.playing {
            Some(playing) => playing.info.rate,
            None => return,
        };
        self.watch.playback_seen_nanos = self.clock.now_nanos();
        self.watch.playback.begin(&run, range, fps);
        // It goes on only while it is looked at.
        if !self.watch.is_alone {
            self.bring(PanelKind::Playback);
        }
        self.pause_beside_playback();
    }

    /// Pauses the stream while it is played, or lets it run on, as is chosen.
    fn pause_beside_playback(&mut self) {
        let pauses = self.watch.playback.choice.pauses_stream && self.watch.playback.is_playing();
        if pauses && self.model.state == RunState::Running {
            self.set_running(false);
            self.watch.has_paused = true;
        } else if !pauses && self.watch.has_paused {
            self.set_running(true);
        }
    }

    /// The frames of the run, for playback.
    fn run_frames(&self) -> Vec<RunFrame> {
        let deadline = self.deadline();
        let is_dropped = |record: &FrameRecord| {
            !record.is_processed() || deadline.verdict(record.response_nanos()).is_dropped()
        };
        self.history
            .latest(RUN_FRAMES)
            .into_iter()
            .map(|record| RunFrame {
                is_dropped: is_dropped(record),
                picture: self.picture_of(record.index),
            })
            .collect()
    }

    fn cannot_measure(&self) -> Option<String> {
        match self.model.state {
            RunState::Running => None,
            RunState::Paused => Some("The stream is paused. Run it, then measure.".to_owned()),
            RunState::Starting => {
                Some("The stream is starting. Wait for its first frames.".to_owned())
            }
            RunState::Stopped(_) => Some("Nothing runs. Open a source, then measure.".to_owned()),
        }
    }

    fn measure_overhead(&mut self, is_on: bool) {
        if !is_on {
            self.end_trial(OverheadState::Ended(
                "Stopped before it was done: too few frames to compare.".to_owned(),
            ));
        } else if self.cannot_measure().is_none() && self.watch.trial.is_none() {
            self.play_back(false);
            self.history.mark_change("drawing on and off".into());
            self.begin_new_era();
            self.watch.trial = Some(Trial::new());
            self.bring(PanelKind::Overhead);
        }
    }

    fn end_trial(&mut self, state: OverheadState) {
        if self.watch.trial.take().is_some() {
            self.watch.overhead = state;
            self.history.mark_change("drawing on".into());
            self.begin_new_era();
            self.watch.shelf.set_closed(false);
        }
    }

    fn be_quiet(&mut self, seconds: Option<u32>) {
        if self.playing.is_none() || self.watch.quiet.is_some() {
            return;
        }
        self.play_back(false);
        self.end_trial(OverheadState::Ended(
            "Stopped: another measurement was asked for.".to_owned(),
        ));
        self.watch.quiet = Some(Quiet::new(self.clock.now_nanos(), seconds));
        self.watch.needs_new_era = false;
        self.watch.shelf.set_closed(true);
        self.history.mark_change("drawing off".into());
        self.begin_new_era();
        self.send(EngineCommand::SetRunning(true));
    }

    /// Draws again. The stream is paused, so that what was measured quietly stays on the screen.
    fn wake(&mut self) {
        if self
            .watch
            .trial
            .as_ref()
            .is_some_and(|trial| !trial.is_drawing())
        {
            self.measure_overhead(false);
        }
        let Some(quiet) = self.watch.quiet.take() else {
            return;
        };
        let (service, response, counts) = self.history.times(self.deadline());
        let both = [Quantile::P50, Quantile::P99];
        self.watch.quiet_result = Some(QuietResult {
            seconds: quiet.view(self.clock.now_nanos()).elapsed_s,
            counts,
            drop_rate: Share::new(counts.dropped(), counts.arrived()),
            service: both.map(|quantile| service.quantile_ms(quantile)),
            response: both.map(|quantile| response.quantile_ms(quantile)),
        });
        self.watch.shelf.set_closed(false);
        self.send(EngineCommand::SetRunning(false));
        self.watch.needs_new_era = true;
        self.refresh_statistics();
        self.notify(
            "Measured with nothing drawn. The stream is paused, so that the numbers stay; Space runs on and counts anew."
                .into(),
        );
    }

    /// Brings what is looked at closely up to date.
    pub(super) fn tick_watch(&mut self, now_nanos: u64) {
        let deadline = self.deadline();
        match self.watch.trial.as_mut().map(|trial| trial.step(deadline)) {
            None | Some(TrialStep::Go) => {}
            Some(TrialStep::Switch) => {
                let is_drawing = self.watch.is_drawing();
                self.watch.shelf.set_closed(!is_drawing);
            }
            Some(TrialStep::End(state)) => self.end_trial(state),
        }
        if self.watch.trial.is_some()
            && matches!(self.model.state, RunState::Paused | RunState::Stopped(_))
        {
            self.end_trial(OverheadState::Ended(
                "The stream stood still before it was done: too few frames to compare.".to_owned(),
            ));
        }
        if self
            .watch
            .quiet
            .is_some_and(|quiet| quiet.is_over(now_nanos))
        {
            self.wake();
        }
        let is_seen = |seen_nanos: u64| now_nanos.saturating_sub(seen_nanos) <= SEEN_NANOS;
        if self.watch.playback.is_playing() && !is_seen(self.watch.playback_seen_nanos) {
            self.play_back(false);
        }
        self.watch.shelf.poll();
        self.watch.playback.tick(now_nanos, &mut self.watch.shelf);
        self.watch
            .looked_at
            .retain(|_, (seen_nanos, _)| is_seen(*seen_nanos));
        self.refresh_watch(now_nanos);
        let tick_nanos = self.clock.now_nanos().saturating_sub(now_nanos);
        self.watch.times.note_tick(tick_nanos);
    }

    fn refresh_watch(&mut self, now_nanos: u64) {
        self.model.watch.screen = self.screen(now_nanos);
        if matches!(self.model.watch.screen, Screen::Still(_)) {
            return;
        }
        self.model.watch.detail = self.detail().map(Box::new);
        if self.watch.looked_at.contains_key(&Looker::Strip) {
            self.model.watch.frames = self.strip();
        }
        self.refresh_pictures();
        let playback = &self.watch.playback;
        self.model.watch.playback = playback.view(now_nanos);
        if now_nanos.saturating_sub(self.watch.overhead_seen_nanos) <= SEEN_NANOS {
            *self.model.watch.overhead = self.overhead(now_nanos);
        }
    }

    fn screen(&self, now_nanos: u64) -> Screen {
        if let Some(quiet) = &self.watch.quiet {
            return Screen::Still(Still::Quiet(quiet.view(now_nanos)));
        }
        if let Some(trial) = self
            .watch
            .trial
            .as_ref()
            .filter(|trial| !trial.is_drawing())
            && let OverheadState::Measuring {
                block,
                blocks,
                left_s,
                ..
            } = trial.state(self.rate().interval_nanos())
        {
            return Screen::Still(Still::Overhead {
                block,
                blocks,
                left_s,
            });
        }
        if self.watch.is_alone && self.watch.playback.is_playing() {
            return Screen::Playback;
        }
        Screen::Whole
    }

    fn detail(&self) -> Option<FrameDetail> {
        let frame = self.model.selected.as_ref()?.index;
        let record = self.history.record(frame)?;
        let mut dropped = self.model.drops.list.iter();
        let mut slowest = self.model.drops.slowest.iter();
        let dropped = dropped.find(|dropped| dropped.frame == frame).or_else(|| {
            let slow = slowest.find(|slow| slow.bar.index == frame)?;
            slow.why.as_ref().filter(|_| slow.bar.verdict.is_dropped())
        });
        let stage_ids = self.playing.as_ref().map(|playing| &playing.stage_ids[..]);
        let detail = FrameDetail::of(
            record,
            dropped,
            stage_ids.unwrap_or_default(),
            self.deadline(),
            self.picture_of(frame),
        );
        let beside: Vec<u64> = (frame.saturating_sub(BESIDE)..=frame + BESIDE).collect();
        Some(FrameDetail {
            neighbours: self.strip_of(&beside),
            ..detail
        })
    }

    /// The strip: which frames it is made of is decided here and nowhere else.
    fn strip(&self) -> FramesView {
        let selected = self.model.selected.as_ref().map(|bar| bar.index);
        let brushed = self.model.brush.as_ref().map(|brush| &brush.frames);
        // What was chosen and is no longer there gives way to what always is.
        let (choice, frames): (_, Vec<u64>) = match (self.watch.strip, selected, brushed) {
            (StripChoice::Neighbours, Some(frame), _) => {
                let first = frame.saturating_sub(NEIGHBOURS);
                let frames = first..=frame + NEIGHBOURS;
                (StripChoice::Neighbours, frames.collect())
            }
            (StripChoice::Brushed, _, Some(frames)) => {
                let frames = frames.iter().take(STRIP_FRAMES);
                (StripChoice::Brushed, frames.copied().collect())
            }
            _ => {
                let list = self.model.drops.list.iter().take(STRIP_FRAMES);
                (StripChoice::Dropped, list.map(|drop| drop.frame).collect())
            }
        };
        FramesView {
            choice,
            frames: self.strip_of(&frames),
        }
    }

    /// What a strip shows of any frames; those that are no longer kept are left out.
    pub(super) fn strip_of(&self, frames: &[u64]) -> Vec<StripFrame> {
        let deadline = self.deadline();
        let records = frames
            .iter()
            .filter_map(|frame| self.history.record(*frame));
        records
            .map(|record| {
                let response_nanos = record.is_processed().then(|| record.response_nanos());
                StripFrame {
                    frame: record.index,
                    verdict: response_nanos.map_or(record.verdict, |n| deadline.verdict(n)),
                    response_ms: response_nanos.map(ms_from_nanos),
                }
            })
            .collect()
    }

    fn refresh_pictures(&mut self) {
        let frames: std::collections::BTreeSet<u64> = self
            .watch
            .looked_at
            .values()
            .flat_map(|(_, frames)| frames.iter().copied())
            .collect();
        let pictures = frames.into_iter().map(|frame| {
            let picture = match self.picture_of(frame) {
                Some(number) => self.watch.shelf.picture(number, Scale::Thumb),
                None => FramePicture::NotKept("not kept: its picture was passed over".to_owned()),
            };
            (frame, picture)
        });
        self.model.watch.pictures = pictures.collect();
    }

    fn overhead(&self, now_nanos: u64) -> OverheadView {
        let shelf = self.watch.shelf.view();
        let since_nanos = now_nanos.saturating_sub(self.watch_began_nanos);
        OverheadView {
            state: match &self.watch.trial {
                Some(trial) => trial.state(self.rate().interval_nanos()),
                None => self.watch.overhead.clone(),
            },
            cannot: self.cannot_measure(),
            window: self.watch.times.view(),
            shelf,
            shelf_share: shelf
                .cost_nanos
                .filter(|_| since_nanos > 0)
                .map(|cost_nanos| cost_nanos as f64 / since_nanos as f64),
            quiet: self.watch.quiet_result.clone(),
            is_drawing_era: !self.watch.needs_new_era,
        }
    }
}
