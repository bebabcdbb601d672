//! The policy: what happens to frames that arrive while the pipeline is busy.

use eframe::egui::{DragValue, Ui};

use super::{choice, note, row};
use crate::app::{Settings, UiCommand};
use crate::judge::{MAX_CAPACITY, Policy};

/// The policy as it is read.
pub(in crate::ui) const fn title(policy: Policy) -> &'static str {
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
pub(in crate::ui) const fn line(policy: Policy) -> &'static str {
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

/// The picker, and the capacity where there is one.
pub(super) fn ui(ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
    let present = settings.policy;
    let all = Policy::ALL.map(|policy| {
        let policy = if policy.is_same_kind(present) {
            present
        } else {
            policy
        };
        (policy, title(policy).to_owned())
    });
    let hint = "What happens to frames that arrive while the pipeline is busy.";
    if let Some(policy) = choice(ui, ("Late frames", hint), title(present), &all, &present) {
        out.push(UiCommand::SetPolicy(policy));
    }
    if let Some(capacity) = present.capacity() {
        let hint = "Frames that may wait beside the one in work.";
        row(ui, "Room for", hint, |ui, label| {
            let mut frames = capacity;
            let value = DragValue::new(&mut frames)
                .range(1..=MAX_CAPACITY)
                .speed(0.05)
                .suffix(if capacity == 1 { " frame" } else { " frames" });
            ui.add(value).labelled_by(label);
            if frames != capacity {
                out.push(UiCommand::SetPolicy(present.with_capacity(frames)));
            }
        });
    }
    note(ui, line(present));
}
