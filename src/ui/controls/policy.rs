//! The policy: what happens to frames that arrive while the pipeline is busy.

use eframe::egui::{DragValue, Ui};

use super::{choice, note, row};
use crate::app::{Settings, UiCommand};
use crate::judge::{MAX_CAPACITY, Policy};

pub(in crate::ui) use crate::app::{policy_line as line, policy_title as title};

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
            ui.add(value).labelled_by(label).on_hover_text(hint);
            if frames != capacity {
                out.push(UiCommand::SetPolicy(present.with_capacity(frames)));
            }
        });
    }
    note(ui, line(present));
}
