//! The causes of dropped frames as they are told apart on the screen: a fixed order, a name to read.

use crate::judge::Dropped;

/// A cause without its particulars: all stages are one kind, all disturbances another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CauseKind {
    /// It was never begun: the policy skipped it.
    Policy,
    /// The live buffer had dropped its picture.
    Buffer,
    /// It waited behind other frames.
    Queue,
    /// The source was late with its picture.
    Source,
    /// The system woke the stream up late.
    WakeUp,
    /// The scheduler took the processor away.
    Preempted,
    /// The thread slept or waited.
    Blocked,
    /// Interrupts, or the hypervisor.
    Stolen,
    /// Screen faults.
    PageFaults,
    /// Requests for memory.
    Allocation,
    /// A stage worked longer than usual.
    Stage,
    /// Put there on purpose.
    Injected,
    /// The pipeline does not fit the budget.
    Typical,
    /// Nothing that was measured grew.
    Unexplained,
}

impl CauseKind {
    /// All of them, in the order in which they are shown everywhere: what comes before the work, what interrupts it,
    /// the work itself, the rest.
    pub const ALL: [Self; 14] = [
        Self::Policy,
        Self::Buffer,
        Self::Queue,
        Self::Source,
        Self::WakeUp,
        Self::Preempted,
        Self::Blocked,
        Self::Stolen,
        Self::PageFaults,
        Self::Allocation,
        Self::Stage,
        Self::Injected,
        Self::Typical,
        Self::Unexplained,
    ];

    /// The kind of a cause by its word, as exported files have it ([`Dropped::cause`]).
    pub fn of(word: &str) -> Self {
        match word.split(':').next().unwrap_or(word) {
            "policy" => Self::Policy,
            "buffer" => Self::Buffer,
            "queue" => Self::Queue,
            "source" => Self::Source,
            "wake-up" => Self::WakeUp,
            "preempted" => Self::Preempted,
            "blocked" => Self::Blocked,
            "stolen" => Self::Stolen,
            "page-faults" => Self::PageFaults,
            "allocation" => Self::Allocation,
            "stage" => Self::Stage,
            "injected" => Self::Injected,
            "typical" => Self::Typical,
            _ => Self::Unexplained,
        }
    }

    /// What it means, in one line.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Policy => "It was never begun: the pipeline was busy, and the policy skipped it.",
            Self::Buffer => "It was never begun: the live buffer had dropped its picture.",
            Self::Queue => "It waited behind other frames.",
            Self::Source => "The picture was not there in time.",
            Self::WakeUp => "The operating system woke the stream up late.",
            Self::Preempted => "The scheduler gave the processor to another thread.",
            Self::Blocked => "The thread gave the processor away: it slept, or waited.",
            Self::Stolen => {
                "The thread was off the processor without a switch: interrupts, or the hypervisor."
            }
            Self::PageFaults => "Memory was touched for the first time, or read back in.",
            Self::Allocation => "More memory was asked for than usual.",
            Self::Stage => "A stage took more processor time than it usually does.",
            Self::Injected => "It was put there on purpose, by a disturbance.",
            Self::Typical => {
                "The typical frame is past the deadline itself: the pipeline does not fit the budget."
            }
            Self::Unexplained => {
                "Nothing that was measured grew, or there was nothing to compare with."
            }
        }
    }
}

/// A cause's word as it is read in a list.
pub fn cause_label(word: &str) -> String {
    match word {
        "policy" => "pipeline was busy".to_owned(),
        "buffer" => "live buffer was full".to_owned(),
        "typical" => "pipeline too slow".to_owned(),
        "source" => "waited for the source".to_owned(),
        "wake-up" => "woken up late".to_owned(),
        "queue" => "waited in the queue".to_owned(),
        "stolen" => "stolen (interrupts, hypervisor)".to_owned(),
        "page-faults" => "page faults".to_owned(),
        "injected:gc" => "simulated gc".to_owned(),
        other => match other.split_once(':') {
            Some((kind, which)) => format!("{kind} {which}"),
            None => other.to_owned(),
        },
    }
}

/// The causes in a list with how often each is there, in their fixed order.
pub(super) fn causes_of(list: &[Dropped]) -> Vec<(String, u64)> {
    let mut counts = std::collections::BTreeMap::new();
    for drop in list {
        *counts
            .entry((CauseKind::of(&drop.cause), &drop.cause))
            .or_insert(0) += 1;
    }
    counts
        .into_iter()
        .map(|((_, word), count)| (word.clone(), count))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Cause;
    use crate::measure::DisturbanceKind;

    #[test]
    fn every_cause_has_its_kind() {
        let causes = [
            (Cause::Policy, CauseKind::Policy),
            (Cause::Buffer, CauseKind::Buffer),
            (Cause::Queue, CauseKind::Queue),
            (Cause::Source, CauseKind::Source),
            (Cause::WakeUp, CauseKind::WakeUp),
            (Cause::Preempted, CauseKind::Preempted),
            (Cause::Blocked, CauseKind::Blocked),
            (Cause::Stolen, CauseKind::Stolen),
            (Cause::PageFaults, CauseKind::PageFaults),
            (Cause::Allocation, CauseKind::Allocation),
            (Cause::Stage("unexplained".into()), CauseKind::Stage),
            (Cause::Injected(DisturbanceKind::Sleep), CauseKind::Injected),
            (Cause::Typical, CauseKind::Typical),
            (Cause::Unexplained, CauseKind::Unexplained),
        ];
        for (cause, kind) in &causes {
            assert_eq!(CauseKind::of(&cause.word()), *kind);
            assert!(kind.meaning().ends_with('.'));
        }
        assert_eq!(causes.len(), CauseKind::ALL.len());
    }
}
