//! The line for every dropped frame: what became of it, by how much, and why.

use std::fmt::Write as _;

use serde::Serialize;

use super::QUEUE_BOUND;
use super::cause::{Attribution, Cause, Knowledge, Usual, attribute};
use crate::measure::{FrameRecord, LateBy, MemoryCost, Verdict, ms_from_nanos};

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
    /// What it missed its deadline by: `work`, `queue` or `start`; `None` for a skipped frame.
    pub late_by: Option<LateBy>,
    /// The cause in one word, or `stage:` and the stage, or `injected:` and the kind.
    pub cause: String,
    /// Response − usual response; `None` if there was nothing to compare with.
    pub excess_ms: Option<f64>,
    /// What the excess consists of, most first.
    pub parts: Vec<DroppedPart>,
    /// What the parts leave of it.
    pub unexplained_ms: Option<f64>,
    /// What was counted while it was worked on.
    pub evidence: DroppedEvidence,
    /// The line for the log.
    pub text: String,
}

/// One part of an excess, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DroppedPart {
    /// The cause, as in [`Dropped::cause`].
    pub cause: String,
    /// How much it grew over what is usual.
    pub ms: f64,
}

/// What was counted while a frame was worked on; what cannot be told is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DroppedEvidence {
    /// Processor time.
    pub cpu_ms: Option<f64>,
    /// Times that the thread gave the processor away.
    pub voluntary_switches: Option<u64>,
    /// Times that the scheduler took it away.
    pub involuntary_switches: Option<u64>,
    /// Page faults without input or output.
    pub minor_faults: Option<u64>,
    /// Page faults with input or output.
    pub major_faults: Option<u64>,
    /// Whether it ended on another processor.
    pub has_migrated: Option<bool>,
    /// Requests for memory.
    pub allocations: Option<u64>,
    /// Bytes asked for.
    pub allocated_bytes: Option<u64>,
    /// How late the stream was woken up for it; `None` if it did not wait.
    pub wakeup_error_ms: Option<f64>,
    /// How long it waited for its source.
    pub source_wait_ms: Option<f64>,
    /// How long it waited behind other frames.
    pub queue_ms: Option<f64>,
    /// Frames that waited behind it.
    pub queue_depth: Option<u32>,
}

/// Follows the records of a run in their order and explains the dropped ones.
///
/// What is usual is the median of the last 31 finished frames. While that median is itself past the deadline, frames are
/// compared with the last one that was not; if there never was one, the pipeline does not fit the budget.
#[derive(Clone, Debug, Default)]
pub struct Explainer {
    era: u32,
    knowledge: Knowledge,
    memory: MemoryCost,
    usual: Usual,
    /// What was usual when the typical frame still met its deadline.
    calm: Option<Box<Usual>>,
}

impl Explainer {
    /// An explainer for a machine on which memory costs that much.
    pub fn new(memory: MemoryCost, knowledge: Knowledge) -> Self {
        Self {
            knowledge,
            memory,
            ..Self::default()
        }
    }

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
                ..Self::new(self.memory, self.knowledge)
            };
        }
        let dropped = match record.verdict {
            Verdict::Skipped => Some(skipped(record, policy)),
            Verdict::Late => Some(self.late(record, stage_ids)),
            Verdict::OnTime | Verdict::Tolerated => None,
        };
        if record.is_processed() {
            self.usual.learn(record);
            let limit_nanos = record.budget_nanos + record.allowance_nanos;
            if self
                .usual
                .response()
                .is_some_and(|usual| usual <= limit_nanos)
            {
                self.remember_calm();
            }
        }
        dropped
    }

    fn remember_calm(&mut self) {
        match &mut self.calm {
            Some(calm) => calm.as_mut().clone_from(&self.usual),
            None => self.calm = Some(Box::new(self.usual.clone())),
        }
    }

    fn late(&self, record: &FrameRecord, stage_ids: &[String]) -> Dropped {
        let attribution = self.attribution(record, stage_ids);
        let (cause, why) = self.cause_of(record, attribution.as_ref());
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
        let parts = attribution
            .iter()
            .flat_map(|attribution| &attribution.parts);
        Dropped {
            frame: record.index,
            verdict: Verdict::Late,
            service_ms: Some(ms_from_nanos(record.service_nanos())),
            response_ms: Some(ms_from_nanos(record.response_nanos())),
            late_by: record.late_by(),
            cause: cause.word(),
            excess_ms: attribution.as_ref().map(|a| ms_from_nanos(a.excess_nanos)),
            parts: parts
                .map(|part| DroppedPart {
                    cause: part.cause.word(),
                    ms: ms_from_nanos(part.nanos),
                })
                .collect(),
            unexplained_ms: attribution
                .as_ref()
                .map(|a| ms_from_nanos(a.unexplained_nanos)),
            evidence: DroppedEvidence::of(record),
            text,
        }
    }

    /// The excess over what is usual; `None` if there is nothing usual that met the deadline.
    fn attribution(&self, record: &FrameRecord, stage_ids: &[String]) -> Option<Attribution> {
        let usual = self.calm.as_deref()?;
        Some(attribute(
            record,
            usual,
            stage_ids,
            &self.memory,
            self.knowledge,
        ))
    }

    fn cause_of(&self, record: &FrameRecord, attribution: Option<&Attribution>) -> (Cause, String) {
        if let Some(attribution) = attribution {
            return explained(attribution);
        }
        let limit_nanos = record.budget_nanos + record.allowance_nanos;
        let injected_nanos = record.injected.total();
        let mut parts: Vec<_> = record.injected.parts().collect();
        parts.sort_by_key(|&(_, nanos)| std::cmp::Reverse(nanos));
        if let Some(&(kind, nanos)) = parts.first()
            && self.knowledge == Knowledge::Told
            && record.response_nanos().saturating_sub(injected_nanos) <= limit_nanos
        {
            let cause = Cause::Injected(kind);
            let why = format!("{} {:.1} ms", cause.phrase(), ms_from_nanos(nanos));
            return (cause, why);
        }
        match self.usual.response() {
            None => (
                Cause::Unexplained,
                "the first frame, with none before it to compare with".into(),
            ),
            Some(usual_nanos) => (
                Cause::Typical,
                format!(
                    "the typical response of {:.1} ms is itself over the deadline",
                    ms_from_nanos(usual_nanos)
                ),
            ),
        }
    }
}

/// `preempted 31.1 ms of 33.9 ms over its typical 29.0 ms; unexplained 2.8 ms`
fn explained(attribution: &Attribution) -> (Cause, String) {
    let main = attribution.main();
    let excess_nanos = attribution.excess_nanos;
    let mut why = format!(
        "{} {:.1} ms of {:.1} ms over its typical {:.1} ms",
        main.cause.phrase(),
        ms_from_nanos(main.nanos),
        ms_from_nanos(excess_nanos),
        ms_from_nanos(attribution.usual_nanos),
    );
    // What is less than a twentieth of the excess would only be noise in a sentence.
    let is_worth_saying = |nanos: u64| nanos * 20 > excess_nanos;
    let others = attribution
        .parts
        .iter()
        .filter(|part| part.cause != main.cause);
    for part in others.filter(|part| is_worth_saying(part.nanos)) {
        let ms = ms_from_nanos(part.nanos);
        let _ = write!(why, "; {} {ms:.1} ms", part.cause.phrase());
    }
    if main.cause != Cause::Unexplained && is_worth_saying(attribution.unexplained_nanos) {
        let ms = ms_from_nanos(attribution.unexplained_nanos);
        let _ = write!(why, "; unexplained {ms:.1} ms");
    }
    (main.cause, why)
}

impl DroppedEvidence {
    /// What was counted for a processed frame, dropped or not.
    pub fn of(record: &FrameRecord) -> Self {
        let counted = &record.evidence;
        Self {
            cpu_ms: counted.cpu_nanos.map(ms_from_nanos),
            voluntary_switches: counted.voluntary_switches,
            involuntary_switches: counted.involuntary_switches,
            minor_faults: counted.minor_faults,
            major_faults: counted.major_faults,
            has_migrated: counted.has_migrated,
            allocations: counted.allocations,
            allocated_bytes: counted.allocated_bytes,
            wakeup_error_ms: record.wakeup_error_nanos.map(ms_from_nanos),
            source_wait_ms: Some(ms_from_nanos(record.source_wait_nanos)),
            queue_ms: Some(ms_from_nanos(record.queue_nanos())),
            queue_depth: Some(record.queue_depth),
        }
    }
}

fn skipped(record: &FrameRecord, policy: &str) -> Dropped {
    let (cause, what) = if record.is_lost_by_buffer {
        let what = "the live buffer had dropped its picture, ".to_owned();
        (Cause::Buffer, what)
    } else {
        (Cause::Policy, format!("{policy}, {}", skip_reason(policy)))
    };
    Dropped {
        frame: record.index,
        verdict: Verdict::Skipped,
        service_ms: None,
        response_ms: None,
        late_by: None,
        cause: cause.word(),
        excess_ms: None,
        parts: Vec::new(),
        unexplained_ms: None,
        evidence: DroppedEvidence::default(),
        text: format!(
            "Frame {} SKIPPED: {what}pipeline busy with frame {}",
            record.index, record.busy_with
        ),
    }
}

/// What the name of the policy does not say by itself.
fn skip_reason(policy: &str) -> String {
    match policy {
        "queue" => format!("{QUEUE_BOUND} frames waited already, "),
        "admit" => "it could not meet its deadline any more, ".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{DisturbanceKind, Evidence};

    const MS: u64 = 1_000_000;

    /// A frame of 4 ms blur and `resize` that used the processor all the time.
    fn record(index: u64, resize: u64) -> FrameRecord {
        let arrival_nanos = index * 33 * MS;
        let service = 4 * MS + resize;
        let mut record = FrameRecord {
            index,
            arrival_nanos,
            start_nanos: arrival_nanos,
            finish_nanos: arrival_nanos + service,
            budget_nanos: 33 * MS,
            allowance_nanos: 3 * MS,
            stage_count: 2,
            stage_nanos: [4 * MS, resize, 0, 0, 0, 0, 0, 0, 0],
            stage_cpu_nanos: [4 * MS, resize, 0, 0, 0, 0, 0, 0, 0],
            evidence: Evidence {
                cpu_nanos: Some(service),
                voluntary_switches: Some(0),
                involuntary_switches: Some(0),
                minor_faults: Some(0),
                major_faults: Some(0),
                allocations: Some(0),
                allocated_bytes: Some(0),
                ..Evidence::default()
            },
            ..FrameRecord::default()
        };
        judge(&mut record);
        record
    }

    fn judge(record: &mut FrameRecord) {
        record.verdict = if record.response_nanos() > 36 * MS {
            Verdict::Late
        } else {
            Verdict::OnTime
        };
    }

    const MEMORY: MemoryCost = MemoryCost {
        nanos_per_fault: Some(1000.0),
        nanos_per_allocation: 50.0,
        nanos_per_byte: 0.1,
    };

    /// Explains a frame after forty usual ones of 29 ms.
    fn after_usual_ones(mut last: FrameRecord, knowledge: Knowledge) -> Dropped {
        let ids = ["blur".to_owned(), "resize".to_owned()];
        let mut explainer = Explainer::new(MEMORY, knowledge);
        for index in 0..40 {
            assert_eq!(
                explainer.fold(&record(index, 25 * MS), &ids, "next-tick"),
                None
            );
        }
        judge(&mut last);
        explainer
            .fold(&last, &ids, "next-tick")
            .expect("a dropped frame")
    }

    #[test]
    fn the_stage_that_grew_is_named() {
        let dropped = after_usual_ones(record(40, 61 * MS), Knowledge::Told);
        assert_eq!(dropped.cause, "stage:resize");
        assert_eq!(
            dropped.text,
            "Frame 40 DROPPED: processing=65.000ms waited=0.000ms > budget=33.000ms+tolerance=3.000ms \
             (exceeded by 29.000ms): stage resize 36.0 ms of 36.0 ms over its typical 29.0 ms"
        );
        assert_eq!(dropped.late_by, Some(LateBy::Work));
    }

    #[test]
    fn time_off_the_processor_is_told_by_its_switches() {
        for (involuntary, voluntary, cause) in
            [(3, 0, "preempted"), (0, 1, "blocked"), (0, 0, "stolen")]
        {
            // The stage was interrupted for 31.1 ms; another 2.8 ms grew where nobody looked.
            let mut late = record(40, 25 * MS);
            late.finish_nanos += 33_900_000;
            late.stage_nanos[1] += 31_100_000;
            late.evidence.cpu_nanos = Some(29 * MS + 2_800_000);
            late.evidence.involuntary_switches = Some(involuntary);
            late.evidence.voluntary_switches = Some(voluntary);
            let dropped = after_usual_ones(late, Knowledge::Told);
            assert_eq!(dropped.cause, cause);
            assert!(
                dropped
                    .text
                    .ends_with(" 31.1 ms of 33.9 ms over its typical 29.0 ms; unexplained 2.8 ms"),
                "{}",
                dropped.text
            );
        }
    }

    #[test]
    fn faults_and_allocations_are_told_by_their_cost() {
        let mut late = record(40, 55 * MS);
        late.evidence.minor_faults = Some(20_000);
        late.evidence.allocations = Some(100_000);
        let dropped = after_usual_ones(late, Knowledge::Told);
        assert_eq!(dropped.cause, "page-faults");
        let parts: Vec<_> = dropped
            .parts
            .iter()
            .map(|part| (part.cause.as_str(), part.ms))
            .collect();
        assert_eq!(
            parts,
            [
                ("page-faults", 20.0),
                ("allocation", 5.0),
                ("stage:resize", 5.0)
            ]
        );
    }

    #[test]
    fn what_comes_before_the_work_is_told_apart() {
        for (wakeup, source, cause) in [(20, 5, "wake-up"), (5, 20, "source"), (0, 0, "queue")] {
            let mut late = record(40, 25 * MS);
            late.start_nanos += 30 * MS;
            late.finish_nanos += 30 * MS;
            late.wakeup_error_nanos = Some(wakeup * MS);
            late.source_wait_nanos = source * MS;
            let dropped = after_usual_ones(late, Knowledge::Told);
            assert_eq!(dropped.cause, cause);
            let late_by = if cause == "queue" {
                LateBy::Queue
            } else {
                LateBy::Start
            };
            assert_eq!(dropped.late_by, Some(late_by));
        }
    }

    #[test]
    fn an_injected_sleep_is_told_or_found_out() {
        for (knowledge, cause) in [
            (Knowledge::Told, "injected:sleep"),
            (Knowledge::Blind, "blocked"),
        ] {
            let mut late = record(40, 25 * MS);
            late.finish_nanos += 40 * MS;
            late.evidence.voluntary_switches = Some(1);
            late.injected.add(DisturbanceKind::Sleep, 40 * MS);
            let dropped = after_usual_ones(late, knowledge);
            assert_eq!((dropped.cause.as_str(), dropped.parts.len()), (cause, 1));
            assert_eq!(dropped.unexplained_ms, Some(0.0));
        }
    }

    #[test]
    fn what_no_part_explains_is_unexplained() {
        let mut stalled = record(40, 25 * MS);
        stalled.finish_nanos += 30 * MS;
        stalled.evidence.cpu_nanos = None;
        let dropped = after_usual_ones(stalled, Knowledge::Told);
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
    fn a_long_disturbance_does_not_become_the_usual() {
        let ids = ["blur".to_owned(), "resize".to_owned()];
        let mut explainer = Explainer::new(MEMORY, Knowledge::Told);
        (0..40).for_each(|index| {
            explainer.fold(&record(index, 25 * MS), &ids, "next-tick");
        });
        let causes: Vec<String> = (40..140)
            .filter_map(|index| {
                let mut late = record(index, 25 * MS);
                late.finish_nanos += 20 * MS;
                late.evidence.involuntary_switches = Some(4);
                judge(&mut late);
                explainer.fold(&late, &ids, "next-tick")
            })
            .map(|dropped| dropped.cause)
            .collect();
        assert_eq!(causes, vec!["preempted"; 100]);
    }

    #[test]
    fn a_pipeline_that_never_fits_is_told_so() {
        let mut explainer = Explainer::default();
        let ids = ["blur".to_owned(), "resize".to_owned()];
        let first = explainer.fold(&record(0, 50 * MS), &ids, "block").unwrap();
        let second = explainer.fold(&record(1, 50 * MS), &ids, "block").unwrap();
        assert_eq!(
            (first.cause.as_str(), second.cause.as_str()),
            ("unexplained", "typical")
        );
    }

    #[test]
    fn a_skipped_frame_names_what_the_pipeline_was_busy_with() {
        let skipped = FrameRecord {
            index: 45,
            verdict: Verdict::Skipped,
            busy_with: 44,
            ..FrameRecord::default()
        };
        let dropped = Explainer::default()
            .fold(&skipped, &[], "leaky-downstream:1")
            .unwrap();
        assert_eq!(
            dropped.text,
            "Frame 45 SKIPPED: leaky-downstream:1, pipeline busy with frame 44"
        );
        assert_eq!(dropped.service_ms, None);
        let lost = FrameRecord {
            is_lost_by_buffer: true,
            ..skipped
        };
        let dropped = Explainer::default().fold(&lost, &[], "queue").unwrap();
        assert_eq!(
            (dropped.cause.as_str(), dropped.text.as_str()),
            (
                "buffer",
                "Frame 45 SKIPPED: the live buffer had dropped its picture, pipeline busy with frame 44"
            )
        );
    }
}
