//! A late frame's response as a bar: what is usual, and what each cause added, to scale.

use super::cause::CauseKind;
use crate::judge::{Deadline, Dropped};
use crate::measure::ms_from_nanos;

/// What a response consists of, on an axis from the arrival, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EvidenceBar {
    /// The typical response: the bar up to here is what frames usually take. All of the response, if there was nothing
    /// to compare with.
    pub typical_ms: f64,
    /// What the causes added, one behind the other, in the fixed order of [`CauseKind`]; what they leave unexplained is
    /// the last. They reach from the typical response to the response.
    pub parts: Vec<BarPart>,
    /// The response.
    pub response_ms: f64,
    /// The budget.
    pub budget_ms: f64,
    /// Budget and tolerance.
    pub deadline_ms: f64,
}

/// A part of an excess.
#[derive(Clone, Debug, PartialEq)]
pub struct BarPart {
    /// The cause's word, as in exported files.
    pub cause: String,
    /// Where it begins.
    pub from_ms: f64,
    /// Where it ends.
    pub to_ms: f64,
}

impl BarPart {
    /// How much it is, in milliseconds.
    pub fn ms(&self) -> f64 {
        self.to_ms - self.from_ms
    }
}

impl EvidenceBar {
    /// The bar of a frame under a deadline; `None` for one that was skipped: nothing of it was measured.
    pub(super) fn of(dropped: &Dropped, deadline: Deadline) -> Option<Self> {
        let response_ms = dropped.response_ms?;
        let excess_ms = dropped.excess_ms.unwrap_or(0.0);
        let mut parts: Vec<(&str, f64)> = dropped
            .parts
            .iter()
            .map(|part| (part.cause.as_str(), part.ms))
            .collect();
        parts.sort_by(|left, right| {
            (CauseKind::of(left.0), left.0).cmp(&(CauseKind::of(right.0), right.0))
        });
        if dropped.excess_ms.is_some() {
            parts.push(("unexplained", dropped.unexplained_ms.unwrap_or(0.0)));
        }
        let typical_ms = response_ms - excess_ms;
        let mut at_ms = typical_ms;
        let parts = parts
            .into_iter()
            .filter(|&(_, ms)| ms > 0.0)
            .map(|(cause, ms)| {
                let from_ms = at_ms;
                at_ms += ms;
                BarPart {
                    cause: cause.to_owned(),
                    from_ms,
                    to_ms: at_ms,
                }
            })
            .collect();
        Some(Self {
            typical_ms,
            parts,
            response_ms,
            budget_ms: ms_from_nanos(deadline.budget_nanos),
            deadline_ms: ms_from_nanos(deadline.limit_nanos()),
        })
    }

    /// The end of an axis that all of it fits on.
    pub fn end_ms(&self) -> f64 {
        self.response_ms.max(self.deadline_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Explainer, Knowledge, Tolerance};
    use crate::measure::{Evidence, FrameRecord, MemoryCost, Verdict};

    const MS: u64 = 1_000_000;

    fn deadline() -> Deadline {
        Deadline::new(33 * MS, Tolerance::from_percent(10.0).unwrap())
    }

    fn record(index: u64, wait: u64, resize: u64, faults: u64, off: u64) -> FrameRecord {
        let arrival = index * 33 * MS;
        let service = 4 * MS + resize + off;
        let response = wait + service;
        FrameRecord {
            index,
            arrival_nanos: arrival,
            start_nanos: arrival + wait,
            finish_nanos: arrival + response,
            wakeup_error_nanos: Some(wait / 3),
            budget_nanos: 33 * MS,
            allowance_nanos: 3 * MS,
            verdict: if response > 36 * MS {
                Verdict::Late
            } else {
                Verdict::OnTime
            },
            stage_count: 2,
            stage_nanos: [4 * MS, resize, 0, 0, 0, 0, 0, 0, 0],
            stage_cpu_nanos: [4 * MS, resize, 0, 0, 0, 0, 0, 0, 0],
            evidence: Evidence {
                cpu_nanos: Some(4 * MS + resize),
                minor_faults: Some(faults),
                involuntary_switches: Some(1),
                ..Evidence::default()
            },
            ..FrameRecord::default()
        }
    }

    #[test]
    fn the_parts_are_the_excess_from_the_typical_to_the_response() {
        let memory = MemoryCost {
            nanos_per_fault: Some(1000.0),
            nanos_per_allocation: 50.0,
            nanos_per_byte: 0.1,
        };
        let ids = ["blur".to_owned(), "resize".to_owned()];
        let mut explainer = Explainer::new(memory, Knowledge::Told);
        for index in 0..40 {
            let usual = record(index, 300_000, 20 * MS, 10, 0);
            assert_eq!(explainer.fold(&usual, &ids, "queue"), None);
        }
        let mut seen = 0;
        for (number, (wait, resize, faults, off)) in [
            (9 * MS, 31 * MS, 2_000, 7 * MS),
            (40 * MS, 20 * MS, 10, 0),
            (300_000, 60 * MS, 90_000, 3 * MS),
            (300_000, 20 * MS, 10, 50 * MS),
        ]
        .into_iter()
        .enumerate()
        {
            let late = record(40 + number as u64, wait, resize, faults, off);
            let dropped = explainer.fold(&late, &ids, "queue").expect("it is late");
            let bar = EvidenceBar::of(&dropped, deadline()).expect("it was processed");
            let sum: f64 = bar.parts.iter().map(BarPart::ms).sum();
            let excess = dropped
                .excess_ms
                .expect("there was something to compare with");
            assert!((sum - excess).abs() < 1e-9, "{sum} of {excess}");
            assert!((bar.typical_ms + sum - bar.response_ms).abs() < 1e-9);
            let mut at_ms = bar.typical_ms;
            for part in &bar.parts {
                assert!(
                    (part.from_ms - at_ms).abs() < 1e-9,
                    "no gap before {part:?}"
                );
                at_ms = part.to_ms;
            }
            let kinds: Vec<_> = bar
                .parts
                .iter()
                .map(|part| CauseKind::of(&part.cause))
                .collect();
            assert!(kinds.is_sorted(), "{kinds:?}");
            assert_eq!((bar.budget_ms, bar.deadline_ms), (33.0, 36.3));
            seen += bar.parts.len();
        }
        assert!(seen > 6, "several causes were looked at: {seen}");
    }

    #[test]
    fn without_a_comparison_the_whole_bar_is_the_response_and_a_skipped_frame_has_none() {
        let mut explainer = Explainer::default();
        let first = record(0, 300_000, 60 * MS, 0, 0);
        let dropped = explainer.fold(&first, &[], "queue").unwrap();
        let bar = EvidenceBar::of(&dropped, deadline()).unwrap();
        assert_eq!(bar.typical_ms, bar.response_ms);
        assert!(bar.parts.is_empty());
        let skipped = FrameRecord {
            verdict: Verdict::Skipped,
            ..FrameRecord::default()
        };
        let dropped = explainer.fold(&skipped, &[], "queue").unwrap();
        assert_eq!(EvidenceBar::of(&dropped, deadline()), None);
    }
}
