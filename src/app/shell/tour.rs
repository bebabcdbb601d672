//! The tour: five steps, each at a real place of the window.

use super::layout::Layout;
use super::panels::PanelKind;
use super::workspace::WorkspaceKind;
use super::{ControlGroup, Preferences};

/// What a step points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TourTarget {
    /// The line under the title bar.
    Answer,
    /// A panel.
    Panel(PanelKind),
    /// A group of controls, and a panel that shows what it does.
    Group(ControlGroup, PanelKind),
}

/// A step.
#[derive(Clone, Copy, Debug)]
pub struct TourStep {
    /// What it points at.
    pub target: TourTarget,
    /// Its head.
    pub title: &'static str,
    /// What is to be seen there, and what to try.
    pub text: &'static str,
}

/// All steps.
pub const TOUR: [TourStep; 5] = [
    TourStep {
        target: TourTarget::Answer,
        title: "The answer stands here",
        text: "How many frames missed their deadline, and by how much the others made it. Every figure is a button that leads to its panel; hold the pointer over it to read what it means.",
    },
    TourStep {
        target: TourTarget::Panel(PanelKind::Viewer),
        title: "What came in, and what the model sees",
        text: "At the left the frame as it arrived, at the right the tensor that the model takes. Point at a pixel to read its value at every stage. Space pauses, and the full stop steps.",
    },
    TourStep {
        target: TourTarget::Panel(PanelKind::Timeline),
        title: "Every frame against its deadline",
        text: "Each frame has its place, and its height is the time it took. Drag the lines of budget and tolerance: all frames are judged anew at once. Click a frame to see it everywhere.",
    },
    TourStep {
        target: TourTarget::Group(ControlGroup::Disturb, PanelKind::Drops),
        title: "Disturb it, and see why frames drop",
        text: "Push Sleep once, or switch Hog on. Frames come late, and Drops says for each of them what took its time. Press [ and ] to go from one to the next.",
    },
    TourStep {
        target: TourTarget::Panel(PanelKind::WhatIf),
        title: "What another policy would have done",
        text: "The same frames, replayed under every policy, tolerance and rate, without running again. Click a policy to use it. That is all: Ctrl+P finds every command, and this tour.",
    },
];

/// Sees to it that what a step points at is on the screen; whether a layout has changed by it.
pub(in crate::app) fn prepare(step: &TourStep, preferences: &mut Preferences) -> bool {
    let needed: &[PanelKind] = match step.target {
        TourTarget::Answer => &[],
        TourTarget::Panel(PanelKind::Viewer) => &[PanelKind::Viewer],
        TourTarget::Panel(PanelKind::Timeline) => &[PanelKind::Timeline],
        TourTarget::Panel(_) => &[PanelKind::WhatIf],
        TourTarget::Group(..) => &[PanelKind::Controls, PanelKind::Drops],
    };
    if let TourTarget::Group(group, _) = step.target {
        preferences.closed_groups.remove(&group);
    }
    let before: Layout = preferences.layout().clone();
    let was_in = preferences.workspace;
    preferences.workspace = WorkspaceKind::Explore;
    for panel in needed {
        preferences.layout_mut().show(*panel);
    }
    was_in != preferences.workspace || before != *preferences.layout()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_step_points_at_is_shown() {
        let mut preferences = Preferences {
            workspace: WorkspaceKind::Learn,
            ..Preferences::default()
        };
        preferences.layouts[0].close(PanelKind::Drops);
        preferences.layouts[0].close(PanelKind::WhatIf);
        for step in &TOUR {
            prepare(step, &mut preferences);
            let panel = match step.target {
                TourTarget::Answer => continue,
                TourTarget::Panel(panel) => panel,
                TourTarget::Group(group, panel) => {
                    assert!(!preferences.closed_groups.contains(&group));
                    panel
                }
            };
            assert!(preferences.layout().has(panel), "{panel:?}");
        }
    }
}
