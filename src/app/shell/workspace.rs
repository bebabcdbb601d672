//! The ready-made workspaces: which panels stand where for which question.

use serde::{Deserialize, Serialize};

use super::layout::{Layout, Part, Place, column, row};
use super::panels::PanelKind;

/// A workspace.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum WorkspaceKind {
    /// What does this recipe do to the picture, and what does it cost?
    #[default]
    Explore,
    /// Which frames were late, and why?
    Timing,
    /// What would another policy, tolerance or rate have made of it?
    Streams,
    /// What do the numbers mean?
    Learn,
}

impl WorkspaceKind {
    /// All, in the order of their keys.
    pub const ALL: [Self; 4] = [Self::Explore, Self::Timing, Self::Streams, Self::Learn];

    /// The name on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Explore => "Explore",
            Self::Timing => "Timing",
            Self::Streams => "Streams",
            Self::Learn => "Learn",
        }
    }

    /// What it is for, in one line.
    pub const fn line(self) -> &'static str {
        match self {
            Self::Explore => "The pictures large, with what they cost: for trying recipes.",
            Self::Timing => {
                "The timeline large, with distribution, stages and drops: for finding late frames."
            }
            Self::Streams => {
                "The stream's numbers, its drops, and what other policies would have made of them."
            }
            Self::Learn => "What each number means, beside viewer and timeline.",
        }
    }

    /// Its position in [`Self::ALL`].
    pub const fn position(self) -> usize {
        self as usize
    }

    /// The layout that it starts with, and is reset to.
    pub fn ready_made(self) -> Layout {
        use PanelKind::{
            AB, Controls, Distribution, Drops, Export, Frame, Frames, Glossary, Graph, Overhead,
            Playback, Stages, Stream, Tensor, Timeline, Viewer, WhatIf,
        };
        let panel = Place::Panel;
        let measured = || row([(0.52, panel(Distribution)), (0.48, panel(Stages))]);
        let controls = || outer(0.15, 264.0, panel(Controls));
        Layout::of(match self {
            Self::Explore => three(
                controls(),
                column([
                    (0.41, panel(Viewer)),
                    (0.27, panel(Timeline)),
                    (
                        0.32,
                        tabs([measured(), panel(Tensor), panel(AB), panel(Export)]),
                    ),
                ]),
                outer(
                    0.18,
                    284.0,
                    column([(0.54, panel(Graph)), (0.46, panel(Drops))]),
                ),
            ),
            Self::Timing => three(
                controls(),
                column([
                    (0.46, panel(Timeline)),
                    (
                        0.54,
                        tabs([
                            measured(),
                            panel(WhatIf),
                            panel(Frame),
                            panel(Frames),
                            panel(Playback),
                            panel(Overhead),
                        ]),
                    ),
                ]),
                outer(
                    0.24,
                    324.0,
                    column([
                        (0.6, panel(Drops)),
                        (0.4, tabs([panel(Viewer), panel(Graph)])),
                    ]),
                ),
            ),
            Self::Streams => three(
                controls(),
                column([
                    (0.19, panel(Stream)),
                    (0.33, panel(Timeline)),
                    (0.48, panel(WhatIf)),
                ]),
                outer(
                    0.2,
                    300.0,
                    column([
                        (0.6, panel(Drops)),
                        (0.4, tabs([panel(Viewer), panel(Graph)])),
                    ]),
                ),
            ),
            Self::Learn => three(
                outer(0.24, 320.0, tabs([panel(Glossary), panel(Controls)])),
                column([
                    (0.55, tabs([panel(Viewer), panel(Playback)])),
                    (0.45, panel(Timeline)),
                ]),
                outer(
                    0.18,
                    284.0,
                    column([(0.5, panel(Graph)), (0.5, panel(Drops))]),
                ),
            ),
        })
    }
}

fn tabs<const N: usize>(places: [Place; N]) -> Place {
    Place::Tabs {
        shown: 0,
        places: places.into(),
    }
}

/// A column at the side, which stays readable in a narrow window.
const fn outer(share: f32, least_points: f32, place: Place) -> Part {
    Part {
        share,
        least_points,
        place,
    }
}

/// Two columns at the sides, and what they leave.
fn three(left: Part, centre: Place, right: Part) -> Place {
    let centre = Part {
        share: 1.0 - left.share - right.share,
        least_points: 0.0,
        place: centre,
    };
    Place::Row(vec![left, centre, right])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ready_made_layout_is_sound() {
        for kind in WorkspaceKind::ALL {
            let layout = kind.ready_made();
            assert_eq!(layout.clone().checked(), layout, "{kind:?}");
            assert!(layout.has(PanelKind::Timeline), "{kind:?}");
            assert_eq!(WorkspaceKind::ALL[kind.position()], kind);
        }
    }
}
