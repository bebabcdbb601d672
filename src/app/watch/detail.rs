//! One frame, looked at closely: its times from arrival to finish, what was counted, and why it was late.

use super::StripFrame;
use super::evidence_bar::EvidenceBar;
use crate::judge::{Deadline, Dropped, DroppedEvidence};
use crate::measure::{FrameRecord, Verdict, ms_from_nanos};

/// What a stretch of a frame's response was spent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// Waiting behind other frames.
    Queue,
    /// The system woke the stream up late.
    WakeUp,
    /// Waiting for the source.
    Source,
    /// A stage, by its id.
    Stage(String),
    /// Work outside of the stages: the clock, the steps between them, a disturbance.
    Between,
}

/// A stretch of a frame's response, in milliseconds from its arrival.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeSpan {
    /// What it was spent on.
    pub kind: SpanKind,
    /// Where it begins.
    pub from_ms: f64,
    /// Where it ends.
    pub to_ms: f64,
}

/// The selected frame, looked at closely.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameDetail {
    /// Its number.
    pub frame: u64,
    /// Its verdict under the present deadline.
    pub verdict: Verdict,
    /// Its arrival, in seconds from the first of the run.
    pub arrival_s: f64,
    /// Response, and service, in milliseconds; 0 if it was skipped.
    pub response_ms: f64,
    /// Service, in milliseconds; 0 if it was skipped.
    pub service_ms: f64,
    /// Budget, in milliseconds.
    pub budget_ms: f64,
    /// Budget and tolerance, in milliseconds.
    pub deadline_ms: f64,
    /// From arrival to finish, without gaps; empty if it was skipped.
    pub spans: Vec<TimeSpan>,
    /// What was counted; all of it is `None` if it was skipped.
    pub evidence: DroppedEvidence,
    /// The cause's word, if it was dropped.
    pub cause: Option<String>,
    /// What the excess consists of, if it was late.
    pub bar: Option<EvidenceBar>,
    /// The line of the log, or a sentence that says by how much the deadline was met.
    pub text: String,
    /// Number of its picture within the source, as far as it is known.
    pub picture: Option<u64>,
    /// The frames before and after it, with itself, in their order.
    pub neighbours: Vec<StripFrame>,
}

impl FrameDetail {
    /// Of a frame that is kept; `dropped` is why it was dropped, if it was.
    pub(in crate::app) fn of(
        record: &FrameRecord,
        dropped: Option<&Dropped>,
        stage_ids: &[String],
        deadline: Deadline,
        picture: Option<u64>,
    ) -> Self {
        let verdict = if record.is_processed() {
            deadline.verdict(record.response_nanos())
        } else {
            Verdict::Skipped
        };
        let text = match dropped {
            Some(dropped) => dropped.text.clone(),
            None => met(record, deadline, verdict),
        };
        Self {
            frame: record.index,
            verdict,
            arrival_s: record.arrival_nanos as f64 / 1e9,
            response_ms: ms_from_nanos(record.response_nanos()),
            service_ms: ms_from_nanos(record.service_nanos()),
            budget_ms: ms_from_nanos(deadline.budget_nanos),
            deadline_ms: ms_from_nanos(deadline.limit_nanos()),
            spans: spans(record, stage_ids),
            evidence: if record.is_processed() {
                DroppedEvidence::of(record)
            } else {
                DroppedEvidence::default()
            },
            cause: dropped.map(|dropped| dropped.cause.clone()),
            bar: dropped.and_then(|dropped| EvidenceBar::of(dropped, deadline)),
            text,
            picture,
            neighbours: Vec::new(),
        }
    }
}

fn met(record: &FrameRecord, deadline: Deadline, verdict: Verdict) -> String {
    let spare = deadline
        .limit_nanos()
        .saturating_sub(record.response_nanos());
    let frame = record.index;
    match verdict {
        Verdict::OnTime | Verdict::Tolerated => format!(
            "Frame {frame} met its deadline with {:.2} ms to spare ({}).",
            ms_from_nanos(spare),
            verdict.word()
        ),
        Verdict::Late | Verdict::Skipped => format!("Frame {frame} was {}.", verdict.word()),
    }
}

/// The stretches of a response in their order. What the stages leave of the service is put behind them.
fn spans(record: &FrameRecord, stage_ids: &[String]) -> Vec<TimeSpan> {
    if !record.is_processed() {
        return Vec::new();
    }
    let wakeup_nanos = record.wakeup_error_nanos.unwrap_or(0);
    let staged_nanos: u64 = record.stages().iter().sum();
    let stages = record.stages().iter().enumerate().map(|(number, &nanos)| {
        let id = stage_ids
            .get(number)
            .cloned()
            .unwrap_or_else(|| format!("stage {}", number + 1));
        (SpanKind::Stage(id), nanos)
    });
    let before = [
        (SpanKind::Queue, record.queue_nanos()),
        (SpanKind::WakeUp, wakeup_nanos),
        (SpanKind::Source, record.source_wait_nanos),
    ];
    let between = record.service_nanos().saturating_sub(staged_nanos);
    let mut at_nanos = 0;
    before
        .into_iter()
        .chain(stages)
        .chain([(SpanKind::Between, between)])
        .filter(|&(_, nanos)| nanos > 0)
        .map(|(kind, nanos)| {
            let from_nanos = at_nanos;
            at_nanos += nanos;
            TimeSpan {
                kind,
                from_ms: ms_from_nanos(from_nanos),
                to_ms: ms_from_nanos(at_nanos),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Tolerance;

    const MS: u64 = 1_000_000;

    #[test]
    fn the_spans_reach_from_the_arrival_to_the_finish_without_a_gap() {
        let record = FrameRecord {
            index: 44,
            arrival_nanos: 1_000 * MS,
            start_nanos: 1_012 * MS,
            finish_nanos: 1_060 * MS,
            wakeup_error_nanos: Some(2 * MS),
            source_wait_nanos: 3 * MS,
            stage_count: 2,
            stage_nanos: [30 * MS, 15 * MS, 0, 0, 0, 0, 0, 0, 0],
            ..FrameRecord::default()
        };
        let deadline = Deadline::new(33 * MS, Tolerance::from_percent(10.0).unwrap());
        let ids = ["blur".to_owned()];
        let detail = FrameDetail::of(&record, None, &ids, deadline, Some(7));
        let told: Vec<_> = detail
            .spans
            .iter()
            .map(|span| (span.kind.clone(), span.from_ms, span.to_ms))
            .collect();
        assert_eq!(
            told,
            [
                (SpanKind::Queue, 0.0, 7.0),
                (SpanKind::WakeUp, 7.0, 9.0),
                (SpanKind::Source, 9.0, 12.0),
                (SpanKind::Stage("blur".into()), 12.0, 42.0),
                (SpanKind::Stage("stage 2".into()), 42.0, 57.0),
                (SpanKind::Between, 57.0, 60.0),
            ]
        );
        assert_eq!(detail.verdict, Verdict::Late);
        assert_eq!(detail.evidence.cpu_ms, None, "what was not told is not 0");
    }

    #[test]
    fn a_frame_in_time_says_how_much_was_left() {
        let record = FrameRecord {
            index: 3,
            finish_nanos: 30 * MS,
            ..FrameRecord::default()
        };
        let deadline = Deadline::new(33 * MS, Tolerance::default());
        let detail = FrameDetail::of(&record, None, &[], deadline, None);
        let spare = (deadline.limit_nanos() - 30 * MS) as f64 / 1e6;
        assert_eq!(
            detail.text,
            format!("Frame 3 met its deadline with {spare:.2} ms to spare (on time).")
        );
    }
}
