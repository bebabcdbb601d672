//! Where the excess of a late frame went: typed causes with their milliseconds, from evidence.
//!
//! A late frame is compared with what is usual for the frames before it. Each part of its response is compared with its
//! own median:
//!
//! ```text
//!  response = start delay + service          start delay = source wait + wake-up error + queue
//!  service  = processor time + time off the processor
//!  processor time = page faults · cost + allocations · cost + work of the stages
//! ```
//!
//! Time off the processor is *blocked* if the thread gave the processor away more often than usual, else *preempted* if the
//! scheduler took it away, and *stolen* if neither happened (interrupts, a hypervisor). What no part accounts for is *unexplained*.

use crate::measure::{DisturbanceKind, FrameRecord, MAX_STAGES, MemoryCost, Typical};

/// What made a frame miss its deadline.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// It was never begun: the policy skipped it while the pipeline was busy.
    Policy,
    /// It was never begun: the buffer of a live source had dropped its picture.
    Buffer,
    /// The frames before it were as slow: the pipeline does not fit the budget.
    Typical,
    /// A stage worked longer than its own median.
    Stage(String),
    /// The scheduler gave the processor to another thread.
    Preempted,
    /// The thread slept or waited for something.
    Blocked,
    /// The thread was off the processor without a switch: interrupts, or the hypervisor.
    Stolen,
    /// Memory was touched for the first time, or read back in.
    PageFaults,
    /// Memory was asked for.
    Allocation,
    /// The source had not delivered the picture in time.
    Source,
    /// The operating system woke the stream up late.
    WakeUp,
    /// The frame waited for those before it.
    Queue,
    /// It was put there on purpose.
    Injected(DisturbanceKind),
    /// Nothing that was measured grew.
    Unexplained,
}

impl Cause {
    /// The word for it in exported files: `stage:` and `injected:` are followed by which.
    pub fn word(&self) -> String {
        match self {
            Self::Policy => "policy".into(),
            Self::Buffer => "buffer".into(),
            Self::Typical => "typical".into(),
            Self::Stage(id) => format!("stage:{id}"),
            Self::Preempted => "preempted".into(),
            Self::Blocked => "blocked".into(),
            Self::Stolen => "stolen".into(),
            Self::PageFaults => "page-faults".into(),
            Self::Allocation => "allocation".into(),
            Self::Source => "source".into(),
            Self::WakeUp => "wake-up".into(),
            Self::Queue => "queue".into(),
            Self::Injected(kind) => format!("injected:{}", kind.name()),
            Self::Unexplained => "unexplained".into(),
        }
    }

    /// The cause as it is read in a sentence.
    pub fn phrase(&self) -> String {
        match self {
            Self::Stage(id) => format!("stage {id}"),
            Self::Stolen => "stolen by interrupts or the hypervisor".into(),
            Self::PageFaults => "page faults".into(),
            Self::Source => "waiting for the source".into(),
            Self::WakeUp => "woken up late".into(),
            Self::Queue => "waiting in the queue".into(),
            Self::Injected(DisturbanceKind::Gc) => "injected, simulated gc".into(),
            Self::Injected(kind) => format!("injected {}", kind.name()),
            other => other.word(),
        }
    }
}

/// One part of an excess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What took it.
    pub cause: Cause,
    /// How much it grew over what is usual.
    pub nanos: u64,
}

/// An excess and its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// The response time that is usual.
    pub usual_nanos: u64,
    /// Response − usual response.
    pub excess_nanos: u64,
    /// What grew, most first.
    pub parts: Vec<Part>,
    /// What the parts leave.
    pub unexplained_nanos: u64,
}

impl Attribution {
    /// The largest part; unexplained if that is larger than any.
    pub fn main(&self) -> Part {
        match self.parts.first() {
            Some(part) if part.nanos >= self.unexplained_nanos => part.clone(),
            _ => Part {
                cause: Cause::Unexplained,
                nanos: self.unexplained_nanos,
            },
        }
    }
}

/// The medians of the last 31 finished frames, part by part.
#[derive(Clone, Debug, Default)]
pub(super) struct Usual {
    response: Typical,
    service: Typical,
    source: Typical,
    wakeup: Typical,
    queue: Typical,
    off_cpu: Typical,
    voluntary: Typical,
    faults: Typical,
    allocations: Typical,
    bytes: Typical,
    stages: [Typical; MAX_STAGES],
}

impl Usual {
    /// Takes a processed frame in.
    pub(super) fn learn(&mut self, record: &FrameRecord) {
        let evidence = &record.evidence;
        self.response.add(record.response_nanos());
        self.service.add(record.service_nanos());
        self.source.add(record.source_wait_nanos);
        self.wakeup.add(record.wakeup_error_nanos.unwrap_or(0));
        self.queue.add(record.queue_nanos());
        if let Some(cpu_nanos) = evidence.cpu_nanos {
            self.off_cpu.add(off_cpu_nanos(record, cpu_nanos));
        }
        for (typical, count) in [
            (&mut self.voluntary, evidence.voluntary_switches),
            (&mut self.faults, faults(record)),
            (&mut self.allocations, evidence.allocations),
            (&mut self.bytes, evidence.allocated_bytes),
        ] {
            if let Some(count) = count {
                typical.add(count);
            }
        }
        for (typical, &nanos) in self.stages.iter_mut().zip(stage_work(record)) {
            typical.add(nanos);
        }
    }

    /// The usual response; `None` before the first frame.
    pub(super) fn response(&self) -> Option<u64> {
        self.response.median()
    }
}

fn off_cpu_nanos(record: &FrameRecord, cpu_nanos: u64) -> u64 {
    record.service_nanos().saturating_sub(cpu_nanos)
}

fn faults(record: &FrameRecord) -> Option<u64> {
    let evidence = &record.evidence;
    Some(evidence.minor_faults? + evidence.major_faults.unwrap_or(0))
}

/// What each stage worked: processor time where it is known, so that a stage is not blamed for being interrupted.
fn stage_work(record: &FrameRecord) -> &[u64] {
    record.stage_cpus().unwrap_or(record.stages())
}

/// How much a value grew over its median.
fn growth(value: Option<u64>, usual: &Typical) -> u64 {
    value.map_or(0, |value| {
        value.saturating_sub(usual.median().unwrap_or(value))
    })
}

/// Whether injected time may be told from the record, or has to be found out from the evidence like anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Knowledge {
    /// What was put there on purpose is known.
    #[default]
    Told,
    /// Only the evidence is looked at: for scoring the attribution.
    Blind,
}

/// Explains a frame's excess over what is usual.
pub(super) fn attribute(
    record: &FrameRecord,
    usual: &Usual,
    stage_ids: &[String],
    memory: &MemoryCost,
    knowledge: Knowledge,
) -> Attribution {
    let usual_nanos = usual.response().unwrap_or(record.response_nanos());
    let excess_nanos = record.response_nanos().saturating_sub(usual_nanos);
    let mut shares = Shares {
        left_nanos: excess_nanos,
        parts: Vec::new(),
    };
    start_parts(record, usual, knowledge, &mut shares);
    let service_nanos = growth(Some(record.service_nanos()), &usual.service);
    let before_service = shares.left_nanos.saturating_sub(service_nanos);
    shares.left_nanos -= before_service;
    service_parts(record, usual, (stage_ids, memory), knowledge, &mut shares);
    shares
        .parts
        .sort_by_key(|part| std::cmp::Reverse(part.nanos));
    Attribution {
        usual_nanos,
        excess_nanos,
        unexplained_nanos: shares.left_nanos + before_service,
        parts: shares.parts,
    }
}

/// Parts that are taken from what is left of an excess.
struct Shares {
    left_nanos: u64,
    parts: Vec<Part>,
}

impl Shares {
    fn take(&mut self, cause: Cause, nanos: u64) {
        let nanos = nanos.min(self.left_nanos);
        if nanos == 0 {
            return;
        }
        self.left_nanos -= nanos;
        match self.parts.iter_mut().find(|part| part.cause == cause) {
            Some(part) => part.nanos += nanos,
            None => self.parts.push(Part { cause, nanos }),
        }
    }
}

fn start_parts(record: &FrameRecord, usual: &Usual, knowledge: Knowledge, shares: &mut Shares) {
    if knowledge == Knowledge::Told {
        let nanos = record.injected.of(DisturbanceKind::Decoder);
        shares.take(Cause::Injected(DisturbanceKind::Decoder), nanos);
    }
    let told_nanos = shares.parts.iter().map(|part| part.nanos).sum();
    let source_nanos = growth(Some(record.source_wait_nanos), &usual.source);
    shares.take(Cause::Source, source_nanos.saturating_sub(told_nanos));
    let wakeup_nanos = record.wakeup_error_nanos.unwrap_or(0);
    shares.take(Cause::WakeUp, growth(Some(wakeup_nanos), &usual.wakeup));
    shares.take(
        Cause::Queue,
        growth(Some(record.queue_nanos()), &usual.queue),
    );
}

fn service_parts(
    record: &FrameRecord,
    usual: &Usual,
    (stage_ids, memory): (&[String], &MemoryCost),
    knowledge: Knowledge,
    shares: &mut Shares,
) {
    // What was injected leaves the same marks as what was not; they are not counted twice.
    let mut told = |kind| match knowledge {
        Knowledge::Told => {
            let nanos = record.injected.of(kind);
            shares.take(Cause::Injected(kind), nanos);
            nanos
        }
        Knowledge::Blind => 0,
    };
    let told_asleep = told(DisturbanceKind::Sleep) + told(DisturbanceKind::Gc);
    let told_faults = told(DisturbanceKind::Faults);
    let told_allocations = told(DisturbanceKind::Alloc);
    told(DisturbanceKind::Throttle);
    let evidence = &record.evidence;
    if let Some(cpu_nanos) = evidence.cpu_nanos {
        let off_nanos = growth(Some(off_cpu_nanos(record, cpu_nanos)), &usual.off_cpu);
        shares.take(
            off_cpu_cause(record, usual),
            off_nanos.saturating_sub(told_asleep),
        );
    }
    let more_faults = growth(faults(record), &usual.faults) as f64;
    let fault_nanos = (more_faults * memory.nanos_per_fault.unwrap_or(0.0)) as u64;
    shares.take(Cause::PageFaults, fault_nanos.saturating_sub(told_faults));
    let more_allocations = growth(evidence.allocations, &usual.allocations) as f64;
    let more_bytes = growth(evidence.allocated_bytes, &usual.bytes) as f64;
    let allocation_nanos =
        more_allocations * memory.nanos_per_allocation + more_bytes * memory.nanos_per_byte;
    shares.take(
        Cause::Allocation,
        (allocation_nanos as u64).saturating_sub(told_allocations),
    );
    let mut stages: Vec<(u64, &String)> = stage_work(record)
        .iter()
        .zip(&usual.stages)
        .map(|(&nanos, typical)| growth(Some(nanos), typical))
        .zip(stage_ids)
        .collect();
    stages.sort_by_key(|&(nanos, _)| std::cmp::Reverse(nanos));
    for (nanos, id) in stages {
        shares.take(Cause::Stage(id.clone()), nanos);
    }
}

/// One switch may cost any time, so their number says what happened and not how long it took. A thread that gives the
/// processor away where it usually does not has slept or waited, whatever else happened; one that had it taken away was
/// preempted.
fn off_cpu_cause(record: &FrameRecord, usual: &Usual) -> Cause {
    let evidence = &record.evidence;
    if growth(evidence.voluntary_switches, &usual.voluntary) > 0 {
        Cause::Blocked
    } else if evidence.involuntary_switches > Some(0) {
        Cause::Preempted
    } else {
        Cause::Stolen
    }
}
