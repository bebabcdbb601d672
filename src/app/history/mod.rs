//! The recent frames, and every statistic that is made of them; every frame of the whole run, compactly ([`run`]).
//!
//! Frames are judged again whenever budget or tolerance change: the verdicts on the screen are those of the present
//! setting. Statistics look at the frames of the present era only, because frames of another rate, recipe, policy or
//! pool are not comparable.

pub(super) mod brush;
mod distribution;
mod pyramid;
pub(super) mod run;
pub(super) mod series;
pub(super) mod views;

use std::collections::{BTreeMap, VecDeque};

use super::drop_list::DropList;
use super::view_model::{Answer, FrameBar, SlowFrame, StageView, Timeline};
use super::{MARKS_KEPT, SLOWEST_KEPT, STATISTICS_FRAMES, TIMELINE_FRAMES};
use crate::judge::{
    Deadline, Dropped, Explainer, Knowledge, Schedule, Trace, arrival_jitter_nanos,
};
use crate::measure::{
    Disturbed, FrameRecord, MemoryCost, Quantile, Sample, Share, Verdict, VerdictCounts, Worst,
    ms_from_nanos,
};
use crate::source::limits::LIVE_STALL;
use distribution::EraTimes;

/// A setting that is changed again within so many frames has one mark, at its last value.
const ONE_MARK_FRAMES: u64 = 30;

/// The recent frames, oldest first, and what is kept of all others.
#[derive(Debug)]
pub(super) struct History {
    records: VecDeque<FrameRecord>,
    /// The slowest frames since counting began, with why they were dropped if they were.
    worst: Worst,
    why: BTreeMap<u64, Dropped>,
    explainer: Explainer,
    drops: DropList,
    /// Times of the present era, however long it is.
    era_times: EraTimes,
    disturbed: Disturbed,
    era: u32,
    /// Whether frames arrive when they arrive: a gap is then no pause.
    is_live: bool,
    changes: VecDeque<(u64, String)>,
    has_new_changes: bool,
    /// Counts the records that were taken in.
    version: u64,
    /// What the timeline was made of, and the lowest frame that came since.
    shown: Option<(u64, Deadline)>,
    lowest_new: u64,
    /// Changes that wait for the first frame they apply to.
    pending_changes: Vec<String>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            records: VecDeque::with_capacity(STATISTICS_FRAMES),
            worst: Worst::new(SLOWEST_KEPT),
            why: BTreeMap::new(),
            explainer: Explainer::new(MemoryCost::of_this_machine(), Knowledge::Told),
            drops: DropList::default(),
            era_times: EraTimes::new(),
            disturbed: Disturbed::default(),
            era: 0,
            is_live: false,
            changes: VecDeque::new(),
            has_new_changes: true,
            version: 0,
            shown: None,
            lowest_new: 0,
            pending_changes: Vec::new(),
        }
    }
}

impl History {
    /// Of a source that is live, or not.
    pub(super) fn of(is_live: bool) -> Self {
        Self {
            is_live,
            ..Self::default()
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self {
            era: self.era,
            is_live: self.is_live,
            version: self.version + 1,
            ..Self::default()
        };
    }

    /// Changes when a record is taken in.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Takes a record in, and returns the cause if it was dropped. Frames that were given up may be told before those
    /// that still waited.
    pub(super) fn push(
        &mut self,
        record: &FrameRecord,
        stage_ids: &[String],
        policy: &str,
    ) -> Option<String> {
        if record.era != self.era {
            self.era_times = EraTimes::new();
        }
        let cause = self.keep_slowest(record, stage_ids, policy);
        self.mark_disturbances(record);
        self.drops.push(record);
        if self.records.len() == STATISTICS_FRAMES {
            self.records.pop_front();
        }
        for text in std::mem::take(&mut self.pending_changes) {
            self.mark_setting(record.index, text);
        }
        self.era = record.era;
        self.version += 1;
        self.lowest_new = self.lowest_new.min(record.index);
        let later = self
            .records
            .iter()
            .rev()
            .take_while(|kept| kept.index > record.index);
        let at = self.records.len() - later.count();
        self.records.insert(at, *record);
        cause
    }

    /// Marks a frame, in its place among the others.
    fn mark(&mut self, frame: u64, text: String) {
        let later = self.changes.iter().rev();
        let later = later.take_while(|(marked, _)| *marked > frame).count();
        self.changes
            .insert(self.changes.len() - later, (frame, text));
        if self.changes.len() > MARKS_KEPT {
            self.changes.pop_front();
        }
        self.has_new_changes = true;
    }

    /// Marks a changed setting; while a slider is being dragged, its mark moves along.
    fn mark_setting(&mut self, frame: u64, text: String) {
        let is_same = |(marked, earlier): &(u64, String)| {
            frame.saturating_sub(*marked) < ONE_MARK_FRAMES && kind_of(earlier) == kind_of(&text)
        };
        if self.changes.back().is_some_and(is_same) {
            self.changes.pop_back();
        }
        self.mark(frame, text);
    }

    fn keep_slowest(
        &mut self,
        record: &FrameRecord,
        stage_ids: &[String],
        policy: &str,
    ) -> Option<String> {
        let why = self.explainer.fold(record, stage_ids, policy);
        let cause = why.as_ref().map(|why| why.cause.clone());
        if !record.is_processed() {
            return cause;
        }
        self.era_times.add(record);
        self.worst.offer(record);
        if let Some(why) = why {
            self.why.insert(record.index, why);
        }
        if self.why.len() > 2 * SLOWEST_KEPT {
            let is_kept =
                |index: &u64| self.worst.records().iter().any(|kept| kept.index == *index);
            self.why.retain(|index, _| is_kept(index));
        }
        cause
    }

    /// Marks where a disturbance begins and ends.
    fn mark_disturbances(&mut self, record: &FrameRecord) {
        if !record.is_processed() {
            return;
        }
        for kind in crate::measure::DisturbanceKind::ALL {
            let what = match (self.disturbed.has(kind), record.disturbed.has(kind)) {
                (false, true) => "begins",
                (true, false) => "ends",
                _ => continue,
            };
            self.mark(record.index, format!("{} {what}", kind.name()));
        }
        self.disturbed = record.disturbed;
    }

    /// The slowest frames, slowest first, under the present deadline.
    pub(super) fn slowest(&self, deadline: Deadline) -> Vec<SlowFrame> {
        let frame = |record: &FrameRecord| SlowFrame {
            bar: bar(record, deadline),
            why: self.why.get(&record.index).cloned(),
        };
        self.worst.records().iter().map(frame).collect()
    }

    /// The service times of the present era, for replay; those of a live source with their arrivals.
    pub(super) fn trace(&self) -> Trace {
        let service = |record: &FrameRecord| record.is_processed().then(|| record.service_nanos());
        let trace = Trace::new(&self.current().map(service).collect::<Vec<_>>());
        if !self.is_live {
            return trace;
        }
        let first = self
            .current()
            .next()
            .map_or(0, |record| record.arrival_nanos);
        let arrivals = self
            .current()
            .map(|record| record.arrival_nanos.saturating_sub(first));
        // Those of `block` are the starts, which are in order as well.
        let timed = trace.clone().with_arrivals(arrivals.collect());
        timed.unwrap_or(trace)
    }

    /// How far the arrivals of the present era are from one interval behind the one before each.
    pub(super) fn arrival_jitter(&self, interval_nanos: u64) -> Sample {
        let arrivals = self.current().map(|record| record.arrival_nanos);
        Sample::new(arrival_jitter_nanos(arrivals, interval_nanos))
    }

    /// Marks the timeline at the next frame.
    pub(super) fn mark_change(&mut self, text: String) {
        // One mark for a slider that is dragged, with its last value.
        self.pending_changes
            .retain(|pending| kind_of(pending) != kind_of(&text));
        self.pending_changes.push(text);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Frames of the present era.
    fn current(&self) -> impl DoubleEndedIterator<Item = &FrameRecord> {
        self.records.iter().filter(|record| record.era == self.era)
    }

    /// How many frames of the present era are kept.
    pub(super) fn current_count(&self) -> usize {
        self.current().count()
    }

    /// The kept frames of the present era, judged by the present deadline, to be saved.
    pub(super) fn run_records(&self, deadline: Deadline) -> Vec<FrameRecord> {
        self.current()
            .map(|record| rejudged(record, deadline))
            .collect()
    }

    pub(super) fn processed(&self) -> impl DoubleEndedIterator<Item = &FrameRecord> {
        self.current().filter(|record| record.is_processed())
    }

    /// The answer line, but for what only the stream knows.
    pub(super) fn answer(&self, deadline: Deadline, schedule: Schedule) -> Answer {
        let mut counts = VerdictCounts::default();
        let (mut drop_episodes, mut was_dropped) = (0, false);
        for record in self.current() {
            let verdict = judged(record, deadline);
            counts.add(verdict);
            drop_episodes += u64::from(verdict.is_dropped() && !was_dropped);
            was_dropped = verdict.is_dropped();
        }
        let response = Sample::new(self.processed().map(FrameRecord::response_nanos));
        let service_nanos: u64 = self.processed().map(FrameRecord::service_nanos).sum();
        let span_nanos = self.span_nanos(schedule);
        Answer {
            counts,
            drop_episodes,
            drop_rate: counts.drop_rate(),
            drop_rate_interval: Share::new(counts.dropped(), counts.arrived()),
            p99: views::of_sample(&response, Quantile::P99),
            budget_ms: ms_from_nanos(deadline.budget_nanos),
            utilisation: span_nanos.map(|span| service_nanos as f64 / span as f64),
            throughput_fps: span_nanos.map(|span| counts.processed() as f64 / (span as f64 / 1e9)),
            ..Answer::default()
        }
    }

    /// The time that the frames of the era had: for each the gap to the next arrival, but no more than the longer of
    /// its interval and its response, so that a pause is not counted.
    fn span_nanos(&self, schedule: Schedule) -> Option<u64> {
        let own = |record: &FrameRecord| record.response_nanos().max(schedule.interval_nanos());
        let next_arrivals = self.current().skip(1).map(|record| record.arrival_nanos);
        let gaps = self.current().zip(next_arrivals);
        let time = |(record, next): (&FrameRecord, u64)| {
            let gap_nanos = next.saturating_sub(record.arrival_nanos);
            if self.is_live && u128::from(gap_nanos) < LIVE_STALL.as_nanos() {
                gap_nanos
            } else {
                own(record).min(gap_nanos)
            }
        };
        let before_last: u64 = gaps.map(time).sum();
        Some(before_last + own(self.current().next_back()?)).filter(|&span| span > 0)
    }

    /// Brings the timeline up to date; does nothing where nothing has changed.
    pub(super) fn update_timeline(&mut self, deadline: Deadline, timeline: &mut Timeline) {
        let now = Some((self.version, deadline));
        if self.shown != now {
            let is_judged_alike = self.shown.is_some_and(|(_, shown)| shown == deadline);
            let from = if is_judged_alike { self.lowest_new } else { 0 };
            let kept = timeline.bars.partition_point(|bar| bar.index < from);
            timeline.bars.truncate(kept);
            let begin = self.records.len().saturating_sub(TIMELINE_FRAMES);
            let new = self.records.iter().skip(begin);
            let new = new.filter(|record| record.index >= from);
            timeline
                .bars
                .extend(new.map(|record| bar(record, deadline)));
            let surplus = timeline.bars.len().saturating_sub(TIMELINE_FRAMES);
            timeline.bars.drain(..surplus);
            timeline.budget_ms = ms_from_nanos(deadline.budget_nanos);
            timeline.deadline_ms = ms_from_nanos(deadline.limit_nanos());
            (self.shown, self.lowest_new) = (now, u64::MAX);
        }
        if std::mem::take(&mut self.has_new_changes) {
            timeline.changes = self.changes.iter().cloned().collect();
        }
    }

    pub(super) fn bar_of(&self, index: u64, deadline: Deadline) -> Option<FrameBar> {
        self.records
            .iter()
            .rev()
            .chain(self.worst.records())
            .find(|record| record.index == index)
            .map(|record| bar(record, deadline))
    }

    /// Fills in the numbers of stages whose names and labels are given.
    pub(super) fn stages(&self, names: &[(String, String)], deadline: Deadline) -> Vec<StageView> {
        let total: u64 = self.processed().map(FrameRecord::service_nanos).sum();
        let view = |(index, (id, label)): (usize, &(String, String))| {
            let sample = Sample::new(
                self.processed()
                    .filter_map(|record| record.stages().get(index).copied()),
            );
            let latest = self
                .processed()
                .next_back()
                .and_then(|record| record.stages().get(index).copied());
            StageView {
                id: id.clone(),
                label: label.clone(),
                now_ms: latest.map(ms_from_nanos),
                p50: views::of_sample(&sample, Quantile::P50),
                p95: views::of_sample(&sample, Quantile::P95),
                p99: views::of_sample(&sample, Quantile::P99),
                share_of_service: (total > 0).then(|| sample.total() as f64 / total as f64),
                share_of_budget: sample
                    .mean()
                    .map(|mean| mean / deadline.budget_nanos as f64),
            }
        };
        names.iter().enumerate().map(view).collect()
    }

    /// A frame that is still kept.
    pub(super) fn record(&self, index: u64) -> Option<&FrameRecord> {
        let at = self.records.partition_point(|record| record.index < index);
        let recent = self.records.get(at).filter(|record| record.index == index);
        let mut worst = self.worst.records().iter();
        recent.or_else(|| worst.find(|record| record.index == index))
    }

    /// The processed frames before and after one that is not.
    pub(super) fn around(&self, index: u64) -> Option<(&FrameRecord, &FrameRecord)> {
        let at = self.records.partition_point(|record| record.index < index);
        let (before, after) = (self.records.range(..at), self.records.range(at..));
        let before = before.rev().find(|record| record.is_processed())?;
        Some((
            before,
            after.into_iter().find(|record| record.is_processed())?,
        ))
    }

    /// The last frames of the present era, oldest first, at most so many.
    pub(super) fn latest(&self, count: usize) -> Vec<&FrameRecord> {
        let mut latest: Vec<_> = self.current().rev().take(count).collect();
        latest.reverse();
        latest
    }

    /// Service and response times of the present era, and its frames by verdict.
    pub(super) fn times(&self, deadline: Deadline) -> (Sample, Sample, VerdictCounts) {
        let mut counts = VerdictCounts::default();
        self.current()
            .for_each(|record| counts.add(judged(record, deadline)));
        (
            Sample::new(self.processed().map(FrameRecord::service_nanos)),
            Sample::new(self.processed().map(FrameRecord::response_nanos)),
            counts,
        )
    }

    /// The dropped frames of the present era, newest first, explained under the present deadline; `None` if they are
    /// those of the last look.
    pub(super) fn drops(
        &mut self,
        stage_ids: &[String],
        deadline: Deadline,
        policy: &str,
    ) -> Option<Vec<Dropped>> {
        let era = self.era;
        let current = self.records.iter().filter(move |record| record.era == era);
        self.drops
            .look(&current, (deadline, era), (stage_ids, policy), |record| {
                rejudged(record, deadline)
            })
    }

    /// The first frame of the present era that is kept.
    pub(super) fn first_of_era(&self) -> u64 {
        self.current().next().map_or(0, |record| record.index)
    }

    /// Frames of the present era that are kept.
    pub(super) fn frames(&self) -> u64 {
        self.current().count() as u64
    }
}

fn judged(record: &FrameRecord, deadline: Deadline) -> Verdict {
    if record.is_processed() {
        deadline.verdict(record.response_nanos())
    } else {
        Verdict::Skipped
    }
}

fn rejudged(record: &FrameRecord, deadline: Deadline) -> FrameRecord {
    FrameRecord {
        verdict: judged(record, deadline),
        budget_nanos: deadline.budget_nanos,
        allowance_nanos: deadline.allowance_nanos,
        ..*record
    }
}

fn bar(record: &FrameRecord, deadline: Deadline) -> FrameBar {
    FrameBar {
        index: record.index,
        verdict: judged(record, deadline),
        response_ms: ms_from_nanos(record.response_nanos()),
        service_ms: ms_from_nanos(record.service_nanos()),
        start_delay_ms: ms_from_nanos(record.start_delay_nanos()),
        stage_ms: record.stages().iter().copied().map(ms_from_nanos).collect(),
    }
}

/// The first word of a mark says which setting it is about.
fn kind_of(text: &str) -> Option<&str> {
    text.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::view_model::Span;
    use crate::judge::Tolerance;

    const MS: u64 = 1_000_000;

    fn record(index: u64, era: u32, response_ms: u64) -> FrameRecord {
        let arrival_nanos = index * 33 * MS;
        FrameRecord {
            index,
            era,
            arrival_nanos,
            start_nanos: arrival_nanos,
            finish_nanos: arrival_nanos + response_ms * MS,
            stage_count: 1,
            stage_nanos: [response_ms * MS, 0, 0, 0, 0, 0, 0, 0, 0],
            ..FrameRecord::default()
        }
    }

    fn deadline(budget_ms: u64) -> Deadline {
        Deadline::new(budget_ms * MS, Tolerance::from_percent(10.0).unwrap())
    }

    fn history(records: impl IntoIterator<Item = FrameRecord>) -> History {
        let mut history = History::default();
        records
            .into_iter()
            .for_each(|record| drop(history.push(&record, &["blur".into()], "next-tick")));
        history
    }

    fn timeline(history: &mut History, deadline: Deadline) -> Timeline {
        let mut timeline = Timeline::default();
        history.update_timeline(deadline, &mut timeline);
        timeline
    }

    #[test]
    fn a_new_budget_judges_the_frames_again() {
        let mut history = history((0..10).map(|index| record(index, 0, 10 + index)));
        let schedule = Schedule::from_rate(30, 1);
        let late =
            |history: &History, budget| history.answer(deadline(budget), schedule).counts.late;
        let counts = [33, 15, 10].map(|budget| late(&history, budget));
        assert_eq!(counts, [0, 3, 8]);
        assert_eq!(
            history
                .drops(&["blur".into()], deadline(15), "next-tick")
                .unwrap_or_default()
                .len(),
            3
        );
        assert_eq!(
            timeline(&mut history, deadline(15)).bars[9].verdict,
            Verdict::Late
        );
    }

    #[test]
    fn statistics_are_of_the_present_era() {
        let mut history = history((0..10).map(|index| record(index, u32::from(index >= 6), 10)));
        assert_eq!(history.frames(), 4);
        assert_eq!(history.distribution(Span::Recent, None).frames, 4);
        assert_eq!(timeline(&mut history, deadline(33)).bars.len(), 10);
    }

    #[test]
    fn a_pause_is_not_counted_as_time_of_the_pipeline() {
        let schedule = Schedule::from_rate(25, 1);
        let paused = (0..20).map(|index| {
            let mut record = record(index, 0, 10);
            let arrival_nanos = index * 40 * MS + if index < 10 { 0 } else { 60_000 * MS };
            record.finish_nanos += arrival_nanos - record.arrival_nanos;
            record.start_nanos = arrival_nanos;
            record.arrival_nanos = arrival_nanos;
            record
        });
        let answer = history(paused).answer(deadline(33), schedule);
        assert_eq!(answer.throughput_fps, Some(25.0));
        assert_eq!(answer.utilisation, Some(0.25));
    }

    #[test]
    fn every_frame_is_in_one_bin() {
        let history = history((0..500).map(|index| record(index, 0, 5 + index * index % 37)));
        let distribution = history.distribution(Span::Recent, None);
        assert_eq!(
            distribution.bins.iter().map(|bin| bin.count).sum::<u64>(),
            500
        );
        assert_eq!(distribution.quantiles[3].frames_missing, 0);
        assert_eq!(distribution.quantiles[4].frames_missing, 2495);
    }

    #[test]
    fn a_change_is_marked_at_the_first_frame_it_applies_to() {
        let mut history = history([record(0, 0, 10)]);
        history.mark_change("tolerance 11 %".into());
        history.mark_change("tolerance 12 %".into());
        history.push(&record(1, 0, 10), &[], "next-tick");
        assert_eq!(
            timeline(&mut history, deadline(33)).changes,
            vec![(1, "tolerance 12 %".to_owned())]
        );
    }

    #[test]
    fn the_slowest_frames_and_the_whole_run_outlive_the_recent_ones() {
        let long = STATISTICS_FRAMES as u64 + 500;
        let history =
            history((0..long).map(|index| record(index, 0, if index == 40 { 90 } else { 10 })));
        let slowest = &history.slowest(deadline(33))[0];
        assert_eq!(
            (slowest.bar.index, slowest.bar.verdict),
            (40, Verdict::Late)
        );
        assert_eq!(
            history.distribution(Span::Recent, None).frames,
            STATISTICS_FRAMES
        );
        let whole = history.distribution(Span::Whole, None);
        assert_eq!((whole.frames, whole.max_frame), (long as usize, Some(40)));
        assert_eq!(whole.bins.iter().map(|bin| bin.count).sum::<u64>(), long);
        assert_eq!(history.bar_of(40, deadline(33)).unwrap().response_ms, 90.0);
    }

    #[test]
    fn a_frame_that_was_told_early_is_put_in_its_place() {
        let mut history = history([0, 3, 1, 2].map(|index| record(index, 0, 10)));
        let order: Vec<u64> = timeline(&mut history, deadline(33))
            .bars
            .iter()
            .map(|bar| bar.index)
            .collect();
        assert_eq!(order, [0, 1, 2, 3]);
    }

    #[test]
    fn a_disturbance_is_marked_where_it_begins_and_ends() {
        let disturbed = (0..6).map(|index| {
            let mut record = record(index, 0, 10);
            if (2..4).contains(&index) {
                record.disturbed.add(crate::measure::DisturbanceKind::Hog);
            }
            record
        });
        let changes = timeline(&mut history(disturbed), deadline(33)).changes;
        assert_eq!(
            changes,
            [(2, "hog begins".to_owned()), (4, "hog ends".to_owned())]
        );
    }

    #[test]
    fn drops_are_the_same_whether_they_are_looked_at_once_or_often() {
        let ids = ["blur".to_owned()];
        let slow = |index: u64| record(index, 0, if index % 7 == 3 { 60 } else { 10 });
        let mut often = History::default();
        let mut seen = Vec::new();
        for index in 0..STATISTICS_FRAMES as u64 + 40 {
            often.push(&slow(index), &ids, "next-tick");
            if let Some(drops) = often.drops(&ids, deadline(33), "next-tick") {
                seen = drops;
            }
        }
        let mut once = history((0..STATISTICS_FRAMES as u64 + 40).map(slow));
        let frames = |drops: &[Dropped]| drops.iter().map(|drop| drop.frame).collect::<Vec<_>>();
        assert_eq!(
            frames(&seen),
            frames(
                &once
                    .drops(&ids, deadline(33), "next-tick")
                    .unwrap_or_default()
            )
        );
        assert_eq!(
            often.drops(&ids, deadline(100), "next-tick"),
            Some(Vec::new())
        );
        assert_eq!(
            often.drops(&ids, deadline(100), "next-tick"),
            None,
            "they are those of the last look"
        );
    }

    #[test]
    fn a_timeline_that_is_kept_up_to_date_is_like_one_made_anew() {
        let mut history = History::default();
        let mut kept = Timeline::default();
        for round in 0..300u64 {
            for index in [3, 0, 2, 1] {
                let at = 4 * round + index;
                history.push(&record(at, 0, 10 + at % 30), &[], "next-tick");
                if at % 3 == 0 {
                    history.update_timeline(deadline(33), &mut kept);
                }
            }
        }
        for budget in [33, 20] {
            history.update_timeline(deadline(budget), &mut kept);
            let mut anew = Timeline::default();
            history.shown = None;
            history.update_timeline(deadline(budget), &mut anew);
            assert_eq!(kept.bars, anew.bars);
            assert_eq!(kept.bars.len(), TIMELINE_FRAMES);
        }
    }

    #[test]
    fn a_dragged_setting_leaves_one_mark() {
        let mut history = History::default();
        for index in 0..40 {
            history.mark_change(format!("budget {index} ms"));
            history.push(&record(index, 0, 10), &[], "next-tick");
        }
        history.mark_change("policy block".into());
        history.push(&record(40, 0, 10), &[], "next-tick");
        let changes = timeline(&mut history, deadline(33)).changes;
        let expected = [(39, "budget 39 ms".to_owned()), (40, "policy block".into())];
        assert_eq!(changes, expected);
    }

    #[test]
    fn the_stage_in_focus_has_a_distribution_of_its_own() {
        let history = history((0..100).map(|index| record(index, 0, 10 + index % 7)));
        for span in [Span::Recent, Span::Whole] {
            let distribution = history.distribution(span, Some(("blur", 0)));
            assert_eq!(distribution.series.len(), 1);
            assert_eq!(distribution.series[0].quantity.word(), "blur");
            assert_eq!(
                (distribution.frames, distribution.max_ms),
                (100, Some(16.0))
            );
        }
        assert_eq!(history.distribution(Span::Recent, None).series.len(), 2);
    }
}
