//! Why a frame was dropped: its excess over the typical frame, told apart by where it was spent.
//!
//! A late frame is compared with the frames finished before it: `excess = response − typical response`, where typical
//! is the median of the last 31. Each part of the response (every stage, the wait for the source, the wake-up, the
//! queue) is compared with its own median in the same way; the largest part that grew names the cause. What the parts
//! leave is said as *unexplained*. If the typical frame itself is past the deadline, that is the cause.

use std::fmt::Write as _;

use serde::Serialize;

use crate::measure::{FrameRecord, MAX_STAGES, Typical, Verdict, ms_from_nanos};

/// What made a frame miss its deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It was never begun: the policy skipped it while the pipeline was busy.
    Policy,
    /// The frames before it were as slow: the pipeline does not fit the budget.
    Typical,
    /// A stage took longer than its own median.
    Stage(String),
    /// The source had not delivered the picture in time.
    Source,
    /// The operating system woke the pipeline up late.
    WakeUp,
    /// The frame waited for the one before it.
    Queue,
    /// Nothing that was measured grew.
    Unexplained,
}

impl Cause {
    /// The word for it in exported files.
    pub fn word(&self) -> String {
        match self {
            Self::Policy => "policy".into(),
            Self::Typical => "typical".into(),
            Self::Stage(id) => format!("stage:{id}"),
            Self::Source => "source".into(),
            Self::WakeUp => "wake-up".into(),
            Self::Queue => "queue".into(),
            Self::Unexplained => "unexplained".into(),
        }
    }

    fn phrase(&self) -> String {
        match self {
            Self::Stage(id) => format!("stage {id}"),
            Self::Source => "waiting for the source".into(),
            Self::WakeUp => "woken up late".into(),
            other => other.word(),
        }
    }
}

/// A frame that missed its deadline, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dropped {
    /// Number of the frame.
    pub frame: u64,
    /// `late` or `skipped`.
    pub verdict: Verdict,
    /// Service time; `None` for a skipped frame.
    pub service_ms: Option<f64>,
    /// Response time; `None` for a skipped frame.
    pub response_ms: Option<f64>,
    /// The cause in one word, or `stage:` and the stage.
    pub cause: String,
    /// The line for the log.
    pub text: String,
}

/// Follows the records of a run in their order and explains the dropped ones.
#[derive(Clone, Debug, Default)]
pub struct Explainer {
    era: u32,
    stages: [Typical; MAX_STAGES],
    source: Typical,
    wakeup: Typical,
    queue: Typical,
}

impl Explainer {
    /// Takes the next record in; explains it if it was dropped. `stage_ids` names the stages of its era.
    pub fn fold(
        &mut self,
        record: &FrameRecord,
        stage_ids: &[String],
        policy: &str,
    ) -> Option<Dropped> {
        if record.era != self.era {
            *self = Self {
                era: record.era,
                ..Self::default()
            };
        }
        let dropped = match record.verdict {
            Verdict::Skipped => Some(skipped(record, policy)),
            Verdict::Late => Some(self.late(record, stage_ids)),
            Verdict::OnTime | Verdict::Tolerated => None,
        };
        if record.is_processed() {
            self.learn(record);
        }
        dropped
    }

    fn learn(&mut self, record: &FrameRecord) {
        for (typical, &nanos) in self.stages.iter_mut().zip(record.stages()) {
            typical.add(nanos);
        }
        self.source.add(record.source_wait_nanos);
        self.wakeup.add(record.wakeup_error_nanos.unwrap_or(0));
        self.queue.add(queue_nanos(record));
    }

    fn late(&self, record: &FrameRecord, stage_ids: &[String]) -> Dropped {
        let (cause, why) = self.cause_of(record, stage_ids);
        let limit = record.budget_nanos + record.allowance_nanos;
        let text = format!(
            "Frame {} DROPPED: processing={:.3}ms waited={:.3}ms > budget={:.3}ms+tolerance={:.3}ms (exceeded by {:.3}ms): {why}",
            record.index,
            ms_from_nanos(record.service_nanos()),
            ms_from_nanos(record.start_delay_nanos()),
            ms_from_nanos(record.budget_nanos),
            ms_from_nanos(record.allowance_nanos),
            ms_from_nanos(record.response_nanos().saturating_sub(limit)),
        );
        Dropped {
            frame: record.index,
            verdict: Verdict::Late,
            service_ms: Some(ms_from_nanos(record.service_nanos())),
            response_ms: Some(ms_from_nanos(record.response_nanos())),
            cause: cause.word(),
            text,
        }
    }

    fn cause_of(&self, record: &FrameRecord, stage_ids: &[String]) -> (Cause, String) {
        let Some(typical) = record.typical_response_nanos else {
            return (
                Cause::Unexplained,
                "the first frame, with none before it to compare with".into(),
            );
        };
        let limit = record.budget_nanos + record.allowance_nanos;
        if typical > limit {
            let why = format!(
                "the typical response of {:.1} ms is itself over the deadline",
                ms_from_nanos(typical)
            );
            return (Cause::Typical, why);
        }
        let excess = record.response_nanos().saturating_sub(typical);
        let mut parts = self.grown_parts(record, stage_ids);
        parts.sort_by_key(|&(_, nanos)| std::cmp::Reverse(nanos));
        let unexplained = excess.saturating_sub(parts.iter().map(|&(_, nanos)| nanos).sum());
        let (cause, nanos) = match parts.into_iter().next() {
            Some((cause, nanos)) if nanos >= unexplained => (cause, nanos),
            _ => (Cause::Unexplained, unexplained),
        };
        let mut why = format!(
            "{} {:.1} ms of {:.1} ms over its typical {:.1} ms",
            cause.phrase(),
            ms_from_nanos(nanos),
            ms_from_nanos(excess),
            ms_from_nanos(typical),
        );
        if cause != Cause::Unexplained && unexplained * 20 > excess {
            let _ = write!(why, "; unexplained {:.1} ms", ms_from_nanos(unexplained));
        }
        (cause, why)
    }

    fn grown_parts(&self, record: &FrameRecord, stage_ids: &[String]) -> Vec<(Cause, u64)> {
        let stages = record.stages().iter().zip(&self.stages).zip(stage_ids);
        let stages =
            stages.map(|((&nanos, typical), id)| (Cause::Stage(id.clone()), nanos, typical));
        stages
            .chain([
                (Cause::Source, record.source_wait_nanos, &self.source),
                (
                    Cause::WakeUp,
                    record.wakeup_error_nanos.unwrap_or(0),
                    &self.wakeup,
                ),
                (Cause::Queue, queue_nanos(record), &self.queue),
            ])
            .map(|(cause, nanos, typical)| {
                (
                    cause,
                    nanos.saturating_sub(typical.median().unwrap_or(nanos)),
                )
            })
            .filter(|&(_, nanos)| nanos > 0)
            .collect()
    }
}

/// What is left of the start delay when the wait for the source and the wake-up error are taken out.
fn queue_nanos(record: &FrameRecord) -> u64 {
    let told = record.source_wait_nanos + record.wakeup_error_nanos.unwrap_or(0);
    record.start_delay_nanos().saturating_sub(told)
}

fn skipped(record: &FrameRecord, policy: &str) -> Dropped {
    Dropped {
        frame: record.index,
        verdict: Verdict::Skipped,
        service_ms: None,
        response_ms: None,
        cause: Cause::Policy.word(),
        text: format!(
            "Frame {} SKIPPED: {policy}, pipeline busy with frame {}",
            record.index, record.busy_with
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn record(index: u64, blur: u64, resize: u64) -> FrameRecord {
        let arrival_nanos = index * 33 * MS;
        let service = blur + resize;
        FrameRecord {
            index,
            verdict: if service > 36 * MS {
                Verdict::Late
            } else {
                Verdict::OnTime
            },
            arrival_nanos,
            start_nanos: arrival_nanos,
            finish_nanos: arrival_nanos + service,
            budget_nanos: 33 * MS,
            allowance_nanos: 3 * MS,
            typical_response_nanos: (index > 0).then_some(29 * MS),
            stage_count: 2,
            stage_nanos: [blur, resize, 0, 0, 0, 0, 0, 0],
            ..FrameRecord::default()
        }
    }

    fn explain_last(records: &[FrameRecord]) -> Option<Dropped> {
        let ids = ["blur".to_owned(), "resize".to_owned()];
        let mut explainer = Explainer::default();
        records
            .iter()
            .map(|record| explainer.fold(record, &ids, "next-tick"))
            .last()
            .flatten()
    }

    #[test]
    fn the_stage_that_grew_is_named() {
        let mut records: Vec<_> = (0..40)
            .map(|index| record(index, 4 * MS, 25 * MS))
            .collect();
        records.push(record(40, 5 * MS, 60 * MS));
        let dropped = explain_last(&records).unwrap();
        assert_eq!(dropped.cause, "stage:resize");
        assert_eq!(
            dropped.text,
            "Frame 40 DROPPED: processing=65.000ms waited=0.000ms > budget=33.000ms+tolerance=3.000ms \
             (exceeded by 29.000ms): stage resize 35.0 ms of 36.0 ms over its typical 29.0 ms"
        );
    }

    #[test]
    fn what_no_part_explains_is_unexplained() {
        let mut records: Vec<_> = (0..40)
            .map(|index| record(index, 4 * MS, 25 * MS))
            .collect();
        let mut stalled = record(40, 4 * MS, 25 * MS);
        stalled.finish_nanos += 30 * MS;
        stalled.verdict = Verdict::Late;
        records.push(stalled);
        let dropped = explain_last(&records).unwrap();
        assert_eq!(dropped.cause, "unexplained");
        assert!(
            dropped
                .text
                .ends_with("unexplained 30.0 ms of 30.0 ms over its typical 29.0 ms"),
            "{}",
            dropped.text
        );
    }

    #[test]
    fn a_pipeline_that_never_fits_is_told_so() {
        let mut slow = record(1, 20 * MS, 30 * MS);
        slow.typical_response_nanos = Some(50 * MS);
        let dropped = explain_last(&[record(0, 20 * MS, 30 * MS), slow]).unwrap();
        assert_eq!(dropped.cause, "typical");
    }

    #[test]
    fn a_skipped_frame_names_what_the_pipeline_was_busy_with() {
        let skipped = FrameRecord {
            index: 45,
            verdict: Verdict::Skipped,
            busy_with: 44,
            ..FrameRecord::default()
        };
        let dropped = explain_last(&[skipped]).unwrap();
        assert_eq!(
            dropped.text,
            "Frame 45 SKIPPED: next-tick, pipeline busy with frame 44"
        );
        assert_eq!(dropped.service_ms, None);
    }
}
