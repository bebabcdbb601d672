//! The registry of panels: what can stand on the desk, what it shows, and where it stands if nobody says otherwise.
//!
//! A new panel is a variant here, a row of [`PANELS`], and a line in `src/ui/panels.rs` that makes it.

use serde::{Deserialize, Serialize};

/// A panel of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PanelKind {
    /// All settings.
    Controls,
    /// Original and model input.
    Viewer,
    /// The values that the model takes.
    Tensor,
    /// Two recipes on one picture.
    AB,
    /// Frame after frame.
    Timeline,
    /// Histogram and quantiles.
    Distribution,
    /// Where the time goes.
    Stages,
    /// The stages as nodes.
    Graph,
    /// The text of the diagram in the graph.
    DiagramText,
    /// Dropped and slowest frames.
    Drops,
    /// One frame in detail.
    Frame,
    /// The pictures of some frames, side by side.
    Frames,
    /// The source twice: as it should be, and with its drops.
    Playback,
    /// What looking costs.
    Overhead,
    /// The recorded frames under other laws.
    WhatIf,
    /// The running stream in one row.
    Stream,
    /// Code, pictures, tables and files to take along.
    Export,
    /// What the numbers mean.
    Glossary,
}

/// A row of the registry.
#[derive(Clone, Copy, Debug)]
pub struct PanelInfo {
    /// Which.
    pub kind: PanelKind,
    /// The name in files, and of its command.
    pub id: &'static str,
    /// The name on the screen.
    pub title: &'static str,
    /// What it shows, in one line.
    pub line: &'static str,
    /// Where it comes back: as a tab beside the first of these that is on the desk, and else at the right.
    pub beside: &'static [PanelKind],
}

/// All panels, in the order of the menu.
pub const PANELS: &[PanelInfo] = &[
    PanelInfo {
        kind: PanelKind::Controls,
        id: "controls",
        title: "Controls",
        line: "Everything that can be set: model, stages, clock, policy, disturbances, execution.",
        beside: &[PanelKind::Glossary],
    },
    PanelInfo {
        kind: PanelKind::Viewer,
        id: "viewer",
        title: "Viewer",
        line: "The original beside what the model sees, and the bar that plays them.",
        beside: &[PanelKind::Timeline, PanelKind::Drops],
    },
    PanelInfo {
        kind: PanelKind::Tensor,
        id: "tensor",
        title: "Tensor",
        line: "The values that the model takes, channel by channel: range, histogram, alarms.",
        beside: &[
            PanelKind::Distribution,
            PanelKind::WhatIf,
            PanelKind::Viewer,
        ],
    },
    PanelInfo {
        kind: PanelKind::AB,
        id: "a-b",
        title: "A/B",
        line: "A second recipe on the same picture: what differs, by how much, and what each costs.",
        beside: &[
            PanelKind::Distribution,
            PanelKind::WhatIf,
            PanelKind::Viewer,
        ],
    },
    PanelInfo {
        kind: PanelKind::Timeline,
        id: "timeline",
        title: "Timeline",
        line: "Response and service time of every frame, against budget and tolerance.",
        beside: &[PanelKind::Viewer],
    },
    PanelInfo {
        kind: PanelKind::Distribution,
        id: "distribution",
        title: "Distribution",
        line: "How often which response time occurs, with its quantiles.",
        beside: &[PanelKind::Stages, PanelKind::WhatIf, PanelKind::Timeline],
    },
    PanelInfo {
        kind: PanelKind::Stages,
        id: "stages",
        title: "Stages",
        line: "Where the time of a frame goes, stage by stage.",
        beside: &[
            PanelKind::Distribution,
            PanelKind::WhatIf,
            PanelKind::Timeline,
        ],
    },
    PanelInfo {
        kind: PanelKind::Graph,
        id: "graph",
        title: "Graph",
        line: "The pipeline as nodes, each with its time.",
        beside: &[PanelKind::Drops, PanelKind::Viewer],
    },
    PanelInfo {
        kind: PanelKind::DiagramText,
        id: "diagram-text",
        title: "Diagram text",
        line: "The Mermaid text of the diagram in the graph, to be read and changed.",
        beside: &[PanelKind::Distribution, PanelKind::WhatIf, PanelKind::Graph],
    },
    PanelInfo {
        kind: PanelKind::Drops,
        id: "drops",
        title: "Drops",
        line: "Every dropped frame with its cause, and the slowest ones.",
        beside: &[PanelKind::Graph, PanelKind::WhatIf],
    },
    PanelInfo {
        kind: PanelKind::Frame,
        id: "frame",
        title: "Frame",
        line: "The selected frame from arrival to finish, and what was counted meanwhile.",
        beside: &[PanelKind::Distribution, PanelKind::WhatIf, PanelKind::Drops],
    },
    PanelInfo {
        kind: PanelKind::Frames,
        id: "frames",
        title: "Frames",
        line: "The pictures of the frames that are dropped, brushed, or beside the selected one.",
        beside: &[PanelKind::Distribution, PanelKind::WhatIf, PanelKind::Drops],
    },
    PanelInfo {
        kind: PanelKind::Playback,
        id: "playback",
        title: "Playback",
        line: "The source as it should be, and with the last good picture for each dropped one.",
        beside: &[PanelKind::Viewer, PanelKind::WhatIf],
    },
    PanelInfo {
        kind: PanelKind::Overhead,
        id: "overhead",
        title: "Overhead",
        line: "What the window and the measuring themselves cost.",
        beside: &[PanelKind::Stages, PanelKind::WhatIf],
    },
    PanelInfo {
        kind: PanelKind::WhatIf,
        id: "what-if",
        title: "What if",
        line: "The frames of this run, replayed under every policy, tolerance and rate.",
        beside: &[
            PanelKind::Distribution,
            PanelKind::Stages,
            PanelKind::Timeline,
        ],
    },
    PanelInfo {
        kind: PanelKind::Stream,
        id: "stream",
        title: "Stream",
        line: "The running stream's numbers in one row.",
        beside: &[PanelKind::WhatIf, PanelKind::Timeline],
    },
    PanelInfo {
        kind: PanelKind::Export,
        id: "export",
        title: "Export",
        line: "The recipe as code, and pictures, tables and files of this run to take along.",
        beside: &[
            PanelKind::Distribution,
            PanelKind::WhatIf,
            PanelKind::Timeline,
        ],
    },
    PanelInfo {
        kind: PanelKind::Glossary,
        id: "glossary",
        title: "Glossary",
        line: "Each number on the screen, defined in a line; and the tour.",
        beside: &[PanelKind::Controls],
    },
];

impl PanelKind {
    /// Its row of the registry.
    pub fn info(self) -> &'static PanelInfo {
        PANELS
            .iter()
            .find(|info| info.kind == self)
            .unwrap_or(&PANELS[0])
    }

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        self.info().title
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_panel_has_a_row_and_an_id_of_its_own() {
        for info in PANELS {
            assert_eq!(info.kind.info().id, info.id);
            let written = serde_json::to_string(&info.kind).unwrap();
            assert_eq!(written, format!("\"{}\"", info.id), "files use the id");
            assert!(!info.line.is_empty() && !info.beside.contains(&info.kind));
            let same = PANELS.iter().filter(|other| other.id == info.id).count();
            assert_eq!(same, 1, "{}", info.id);
        }
    }
}
