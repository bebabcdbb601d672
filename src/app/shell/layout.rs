//! Where the panels stand, as plain data: a tree of rows, columns and tabs, and what floats over it.
//!
//! The window draws it and tells what was dragged; showing, closing and floating a panel happen here. What a file says
//! is [`Layout::checked`] before it is used: no panel twice, no endless nesting, no odd numbers.

use serde::{Deserialize, Serialize};

use super::panels::{PANELS, PanelKind};

/// Rows, columns and tabs inside each other at most.
const MAX_DEPTH: usize = 12;

/// Where a panel floats that never did: distance from the corner, and size, in points.
const FIRST_FLOAT: [f32; 4] = [320.0, 160.0, 520.0, 360.0];

/// A part of a row or a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its share of the room; only the ratio to its neighbours counts.
    pub share: f32,
    /// Points that it takes at least, until a split of the row has been dragged; 0 for none.
    #[serde(default)]
    pub least_points: f32,
    /// What stands there.
    pub place: Place,
}

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// One panel.
    Panel(PanelKind),
    /// Side by side.
    Row(Vec<Part>),
    /// One above the other.
    Column(Vec<Part>),
    /// One behind the other.
    Tabs {
        /// Position of the one in front.
        shown: usize,
        /// From the left to the right.
        places: Vec<Place>,
    },
}

/// A panel in a small window of its own, over the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Floating {
    /// Which.
    pub panel: PanelKind,
    /// Left, top, width and height in points, within the window.
    pub rect: [f32; 4],
}

/// All places of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// The tree; `None` if every panel is closed or floats.
    pub root: Option<Place>,
    /// What floats, the frontmost last.
    #[serde(default)]
    pub floating: Vec<Floating>,
}

impl Place {
    fn panels(&self, found: &mut Vec<PanelKind>) {
        match self {
            Self::Panel(panel) => found.push(*panel),
            Self::Row(parts) | Self::Column(parts) => {
                for part in parts {
                    part.place.panels(found);
                }
            }
            Self::Tabs { places, .. } => {
                for place in places {
                    place.panels(found);
                }
            }
        }
    }

    fn has(&self, panel: PanelKind) -> bool {
        let mut found = Vec::new();
        self.panels(&mut found);
        found.contains(&panel)
    }

    /// Without what `keep` refuses; containers of one become what they hold.
    fn pruned(self, keep: &mut impl FnMut(PanelKind) -> bool, depth: usize) -> Option<Self> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self {
            Self::Panel(panel) => keep(panel).then_some(self),
            Self::Row(parts) => only_or(pruned_parts(parts, keep, depth), Self::Row),
            Self::Column(parts) => only_or(pruned_parts(parts, keep, depth), Self::Column),
            Self::Tabs { shown, places } => {
                let front = places.get(shown).cloned();
                let mut kept: Vec<Self> = Vec::new();
                let mut shown = 0;
                for place in places {
                    let was_front = front.as_ref() == Some(&place);
                    if let Some(place) = place.pruned(keep, depth + 1) {
                        if was_front {
                            shown = kept.len();
                        }
                        kept.push(place);
                    }
                }
                match kept.len() {
                    0 | 1 => kept.pop(),
                    _ => Some(Self::Tabs {
                        shown,
                        places: kept,
                    }),
                }
            }
        }
    }

    /// Brings the tabs to the front behind which `panel` stands; whether it is here.
    fn bring_forward(&mut self, panel: PanelKind) -> bool {
        match self {
            Self::Panel(here) => *here == panel,
            Self::Row(parts) | Self::Column(parts) => {
                parts.iter_mut().any(|part| part.place.bring_forward(panel))
            }
            Self::Tabs { shown, places } => {
                let found = places
                    .iter_mut()
                    .position(|place| place.bring_forward(panel));
                if let Some(found) = found {
                    *shown = found;
                }
                found.is_some()
            }
        }
    }

    /// Puts `panel` as a tab beside `anchor`: into its tabs, if it stands in some, and else both become tabs.
    fn join(&mut self, anchor: PanelKind, panel: PanelKind) -> bool {
        match self {
            Self::Panel(here) if *here == anchor => {
                *self = Self::Tabs {
                    shown: 1,
                    places: vec![Self::Panel(anchor), Self::Panel(panel)],
                };
                true
            }
            Self::Panel(_) => false,
            Self::Row(parts) | Self::Column(parts) => {
                parts.iter_mut().any(|part| part.place.join(anchor, panel))
            }
            Self::Tabs { shown, places } => {
                if places.iter().any(|place| place.has(anchor)) {
                    places.push(Self::Panel(panel));
                    *shown = places.len() - 1;
                    return true;
                }
                false
            }
        }
    }
}

fn pruned_parts(
    parts: Vec<Part>,
    keep: &mut impl FnMut(PanelKind) -> bool,
    depth: usize,
) -> Vec<Part> {
    let mut kept = Vec::new();
    for part in parts {
        if let Some(place) = part.place.pruned(keep, depth + 1) {
            let share = if part.share.is_finite() {
                part.share.clamp(1e-3, 1e6)
            } else {
                1.0
            };
            let least_points = if part.least_points.is_finite() {
                part.least_points.clamp(0.0, 1e4)
            } else {
                0.0
            };
            kept.push(Part {
                share,
                least_points,
                place,
            });
        }
    }
    kept
}

fn only_or(mut parts: Vec<Part>, make: fn(Vec<Part>) -> Place) -> Option<Place> {
    match parts.len() {
        0 | 1 => parts.pop().map(|part| part.place),
        _ => Some(make(parts)),
    }
}

impl Layout {
    /// A layout of this tree, with nothing that floats.
    pub const fn of(root: Place) -> Self {
        Self {
            root: Some(root),
            floating: Vec::new(),
        }
    }

    /// What can be used of a layout that comes from a file: every panel once, nesting and numbers within bounds.
    #[must_use]
    pub fn checked(self) -> Self {
        let mut seen = Vec::new();
        let mut is_new = |panel: PanelKind| {
            let is_new = !seen.contains(&panel);
            seen.push(panel);
            is_new
        };
        let root = self.root.and_then(|root| root.pruned(&mut is_new, 0));
        let mut floating = self.floating;
        floating.truncate(PANELS.len());
        floating.retain(|float| is_new(float.panel));
        for float in &mut floating {
            let [left, top, width, height] = float.rect;
            let all_finite = float.rect.iter().all(|side| side.is_finite());
            float.rect = if all_finite {
                [
                    left.clamp(0.0, 1e4),
                    top.clamp(0.0, 1e4),
                    width.clamp(120.0, 1e4),
                    height.clamp(80.0, 1e4),
                ]
            } else {
                FIRST_FLOAT
            };
        }
        Self { root, floating }
    }

    /// All panels that are docked or float.
    pub fn panels(&self) -> Vec<PanelKind> {
        let mut found = Vec::new();
        if let Some(root) = &self.root {
            root.panels(&mut found);
        }
        found.extend(self.floating.iter().map(|float| float.panel));
        found
    }

    /// Whether the panel is docked or floats.
    pub fn has(&self, panel: PanelKind) -> bool {
        self.panels().contains(&panel)
    }

    /// Whether the panel floats.
    pub fn is_floating(&self, panel: PanelKind) -> bool {
        self.floating.iter().any(|float| float.panel == panel)
    }

    /// Brings the panel to the front; one that is closed comes back at its first place.
    pub fn show(&mut self, panel: PanelKind) {
        if let Some(position) = self.floating.iter().position(|float| float.panel == panel) {
            let float = self.floating.remove(position);
            self.floating.push(float);
            return;
        }
        let Some(root) = &mut self.root else {
            self.root = Some(Place::Panel(panel));
            return;
        };
        if root.bring_forward(panel) {
            return;
        }
        let joined = panel
            .info()
            .beside
            .iter()
            .any(|anchor| root.join(*anchor, panel));
        if joined {
            root.bring_forward(panel);
            return;
        }
        let before = self.root.take();
        let parts = before.into_iter().map(|place| (0.75, place));
        let parts = parts.chain([(0.25, Place::Panel(panel))]);
        self.root = Some(row(parts));
    }

    /// Takes the panel off the desk.
    pub fn close(&mut self, panel: PanelKind) {
        self.floating.retain(|float| float.panel != panel);
        let root = self.root.take();
        self.root = root.and_then(|root| root.pruned(&mut |here| here != panel, 0));
    }

    /// Takes the panel out of the tree, into a small window of its own.
    pub fn float(&mut self, panel: PanelKind) {
        if self.is_floating(panel) {
            return;
        }
        self.close(panel);
        let mut rect = FIRST_FLOAT;
        let step = 24.0 * self.floating.len() as f32;
        rect[0] += step;
        rect[1] += step;
        self.floating.push(Floating { panel, rect });
    }

    /// Puts a panel that floats back into the tree.
    pub fn dock(&mut self, panel: PanelKind) {
        self.floating.retain(|float| float.panel != panel);
        self.show(panel);
    }
}

/// A row of places with their shares.
pub(super) fn row(parts: impl IntoIterator<Item = (f32, Place)>) -> Place {
    Place::Row(parts.into_iter().map(part).collect())
}

/// A column of places with their shares.
pub(super) fn column(parts: impl IntoIterator<Item = (f32, Place)>) -> Place {
    Place::Column(parts.into_iter().map(part).collect())
}

fn part((share, place): (f32, Place)) -> Part {
    Part {
        share,
        least_points: 0.0,
        place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PanelKind::{Controls, Drops, Graph, Timeline, Viewer, WhatIf};

    fn small() -> Layout {
        let tabs = Place::Tabs {
            shown: 0,
            places: vec![Place::Panel(Graph), Place::Panel(Drops)],
        };
        Layout::of(row([
            (0.2, Place::Panel(Controls)),
            (
                0.6,
                column([(0.5, Place::Panel(Viewer)), (0.5, Place::Panel(Timeline))]),
            ),
            (0.2, tabs),
        ]))
    }

    #[test]
    fn a_closed_panel_comes_back_beside_its_neighbour() {
        let mut layout = small();
        layout.close(Drops);
        assert!(!layout.has(Drops));
        assert_eq!(layout.panels(), [Controls, Viewer, Timeline, Graph]);
        layout.show(Drops);
        let Some(Place::Row(parts)) = &layout.root else {
            panic!("{layout:?}");
        };
        let expected = Place::Tabs {
            shown: 1,
            places: vec![Place::Panel(Graph), Place::Panel(Drops)],
        };
        assert_eq!(parts[2].place, expected);
    }

    #[test]
    fn a_panel_behind_a_tab_is_brought_forward() {
        let mut layout = small();
        layout.show(Drops);
        let Some(Place::Row(parts)) = &layout.root else {
            panic!("{layout:?}");
        };
        assert!(matches!(parts[2].place, Place::Tabs { shown: 1, .. }));
        assert_eq!(layout.panels().len(), 5);
    }

    #[test]
    fn a_panel_floats_and_is_put_back() {
        let mut layout = small();
        layout.float(Timeline);
        assert!(layout.is_floating(Timeline));
        assert_eq!(layout.panels().len(), 5);
        layout.float(Viewer);
        let offsets = layout.floating.iter().map(|float| float.rect[0]);
        assert_ne!(
            offsets.clone().min_by(f32::total_cmp),
            offsets.max_by(f32::total_cmp)
        );
        layout.show(Timeline);
        assert_eq!(layout.floating.last().unwrap().panel, Timeline);
        layout.dock(Timeline);
        layout.dock(Viewer);
        assert!(layout.floating.is_empty() && layout.has(Timeline) && layout.has(Viewer));
    }

    #[test]
    fn the_last_panel_can_be_closed_and_any_comes_back() {
        let mut layout = Layout::of(Place::Panel(Viewer));
        layout.close(Viewer);
        assert_eq!(layout.root, None);
        layout.show(WhatIf);
        layout.show(Controls);
        assert_eq!(layout.panels(), [WhatIf, Controls]);
    }

    #[test]
    fn what_a_file_says_is_checked() {
        let part = |share, place| Part {
            share,
            least_points: f32::NAN,
            place,
        };
        let mut deep = Place::Panel(Drops);
        for _ in 0..100 {
            deep = Place::Row(vec![part(1.0, deep)]);
        }
        let layout = Layout {
            root: Some(Place::Row(vec![
                part(f32::NAN, Place::Panel(Viewer)),
                part(-1.0, Place::Panel(Viewer)),
                part(0.0, Place::Panel(Timeline)),
                part(1.0, deep),
                part(
                    1.0,
                    Place::Tabs {
                        shown: 9,
                        places: Vec::new(),
                    },
                ),
            ])),
            floating: vec![
                Floating {
                    panel: Viewer,
                    rect: [0.0; 4],
                },
                Floating {
                    panel: Graph,
                    rect: [f32::INFINITY, 0.0, 1.0, 1.0],
                },
            ],
        };
        let layout = layout.checked();
        assert_eq!(layout.panels(), [Viewer, Timeline, Graph]);
        let Some(Place::Row(parts)) = &layout.root else {
            panic!("{layout:?}");
        };
        assert!(
            parts
                .iter()
                .all(|part| part.share > 0.0 && part.least_points == 0.0)
        );
        assert_eq!(layout.floating[0].rect, FIRST_FLOAT);
    }
}
