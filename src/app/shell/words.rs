//! Policies and disturbances as they are read: the controls, the palette and the what-if panel use the same words.

use crate::judge::Policy;
use crate::measure::DisturbanceKind;

/// The policy as it is read.
pub const fn policy_title(policy: Policy) -> &'static str {
    match policy {
        Policy::Block => "Block",
        Policy::Queue => "Queue",
        Policy::LeakyUpstream { .. } => "Leaky, drop new",
        Policy::LeakyDownstream { .. } => "Leaky, drop old",
        Policy::NextTick => "Next tick",
        Policy::Admit => "Admit",
    }
}

/// The policy in one line.
pub const fn policy_line(policy: Policy) -> &'static str {
    match policy {
        Policy::Block => "The source waits; nothing is skipped, the schedule slips.",
        Policy::Queue => "Frames wait for their turn, up to 10,000.",
        Policy::LeakyUpstream { .. } => {
            "A few frames wait; when the room is full, the new one is skipped."
        }
        Policy::LeakyDownstream { .. } => {
            "A few frames wait; when the room is full, the oldest is skipped."
        }
        Policy::NextTick => "Frames that arrive while one is being worked on are skipped.",
        Policy::Admit => "Frames wait; one that cannot meet its deadline any more is skipped.",
    }
}

/// The disturbance as it is read.
pub const fn disturbance_title(kind: DisturbanceKind) -> &'static str {
    match kind {
        DisturbanceKind::Hog => "Hog",
        DisturbanceKind::Faults => "Faults",
        DisturbanceKind::Alloc => "Alloc",
        DisturbanceKind::Sleep => "Sleep once",
        DisturbanceKind::Decoder => "Hiccup once",
        DisturbanceKind::Jitter => "Jitter",
        DisturbanceKind::Throttle => "Throttle",
        DisturbanceKind::Gc => "Gc, simulated",
    }
}

/// The disturbance and its arguments in a line or two.
pub const fn disturbance_line(kind: DisturbanceKind) -> &'static str {
    match kind {
        DisturbanceKind::Hog => {
            "Real threads that keep the processors busy: how many. Two hardly disturb a pipeline of a few milliseconds; eight do."
        }
        DisturbanceKind::Faults => {
            "Real page faults: so much fresh memory is touched in every frame, such as 20MB."
        }
        DisturbanceKind::Alloc => {
            "Real allocations: so much memory is asked for in pieces of 1 KiB, written and freed in every frame."
        }
        DisturbanceKind::Sleep => {
            "The stream sleeps inside the next frame for so long, such as 40ms."
        }
        DisturbanceKind::Decoder => {
            "The source delivers nothing for so long. Up to eight pictures are decoded ahead and still come, so give more than eight intervals."
        }
        DisturbanceKind::Jitter => "Arrivals are scattered by up to so much, such as 5ms.",
        DisturbanceKind::Throttle => {
            "Every stage takes so many times as long after a ramp of a second, as on a processor that got too hot."
        }
        DisturbanceKind::Gc => {
            "A simulated garbage collector, modelled after Go's: gogc=PERCENT, live=BYTES, bytes=BYTES (allocated per frame), scan=BYTES, cores=N, idle, pre-fix. This program has no collector."
        }
    }
}
