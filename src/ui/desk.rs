//! The panels on the screen: the layout of the workspace as a tree that can be dragged, and what floats over it.
//!
//! The layout is the model's. What the user drags here is told with [`ShellCommand::Arrange`]; everything else comes back as
//! a new version of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use eframe::egui::{
    self, CornerRadius, CursorIcon, Popup, Rect, Sense, Stroke, Style, Ui, UiBuilder, WidgetText,
    pos2, vec2,
};
use egui_tiles::{
    Behavior, Container, EditAction, LinearDir, ResizeState, SimplificationOptions, TabState, Tile,
    TileId, Tiles, Tree, UiResponse,
};

use super::panels::Panels;
use super::theme::{GAP, INSET, Tokens};
use super::widgets::{capitals, more_button};
use crate::app::{
    Floating, Layout, PanelKind, Part, Place, ShellCommand, UiCommand, ViewModel, WorkspaceKind,
};

/// Height of a row of tabs.
const TABS: f32 = 24.0;

/// From the top of a panel to its content.
const HEAD: f32 = 32.0;

/// Room for the menu in a panel's head.
const MENU: f32 = 22.0;

/// What a part of the outermost row is to have.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    share: f32,
    least_points: f32,
}

/// The tree of panels.
pub(super) struct Desk {
    tree: Tree<PanelKind>,
    panels: Panels,
    /// The parts of the outermost row, until a split has been dragged.
    wanted: HashMap<TileId, Wanted>,
    arranged_width: f32,
    /// What the tree was made of.
    made_of: Option<(WorkspaceKind, u64)>,
    floating: Vec<Floating>,
    rects: BTreeMap<PanelKind, Rect>,
}

impl Desk {
    /// An empty desk; the model says what stands on it.
    pub(super) fn new() -> Self {
        Self {
            tree: Tree::empty(egui::Id::unique("framescope.desk")),
            panels: Panels::default(),
            wanted: HashMap::new(),
            arranged_width: 0.0,
            made_of: None,
            floating: Vec::new(),
            rects: BTreeMap::new(),
        }
    }

    /// Where a panel was drawn last.
    pub(super) fn rect_of(&self, panel: PanelKind) -> Option<Rect> {
        self.rects.get(&panel).copied()
    }

    /// Draws all panels.
    pub(super) fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let preferences = &model.shell.preferences;
        let version = (preferences.workspace, model.shell.layout_version);
        if self.made_of != Some(version) {
            self.made_of = Some(version);
            self.set_up(preferences.workspace, preferences.layout());
        }
        self.arrange(ui.available_width());
        self.rects.clear();
        let in_tabs = self.in_tabs();
        let mut places = Places {
            model,
            out,
            panels: &mut self.panels,
            rects: &mut self.rects,
            in_tabs,
            edited: None,
        };
        if self.tree.root().is_some() {
            self.tree.ui(&mut places, ui);
        } else {
            nothing_open(ui, places.out);
        }
        let edited = places.edited;
        if edited == Some(EditAction::TileResized) {
            // From now on the user says how wide the columns are.
            self.wanted.clear();
        }
        let has_moved = self.float(ui, model, out);
        if edited.is_some() || has_moved {
            let layout = self.layout();
            if layout != *preferences.layout() {
                out.push(UiCommand::Shell(ShellCommand::Arrange(layout)));
            }
        }
    }

    fn set_up(&mut self, workspace: WorkspaceKind, layout: &Layout) {
        let mut tiles = Tiles::default();
        self.wanted.clear();
        self.arranged_width = 0.0;
        let root = layout.root.as_ref().map(|root| insert(&mut tiles, root));
        let id = egui::Id::unique(("framescope.desk", workspace.title()));
        if let (Some(Place::Row(parts)), Some(root)) = (&layout.root, root) {
            let children = tiles.get_container(root).map(Container::children_vec);
            let least: f32 = parts.iter().map(|part| part.least_points).sum();
            let total: f32 = parts.iter().map(|part| part.share).sum();
            if least > 0.0 {
                let wanted = parts.iter().map(|part| Wanted {
                    share: part.share / total.max(1e-6),
                    least_points: part.least_points,
                });
                self.wanted = children.into_iter().flatten().zip(wanted).collect();
            }
        }
        self.tree = match root {
            Some(root) => Tree::new(id, root, tiles),
            None => Tree::empty(id),
        };
        self.floating.clone_from(&layout.floating);
    }

    /// Keeps the outer columns at a readable width until a split has been dragged.
    fn arrange(&mut self, width: f32) {
        if self.wanted.is_empty() || self.arranged_width == width {
            return;
        }
        self.arranged_width = width;
        let Some(root) = self.tree.root() else { return };
        let Some(Tile::Container(Container::Linear(linear))) = self.tree.tiles.get_mut(root) else {
            return;
        };
        let mut left = width;
        let mut rest = 0.0;
        for wanted in self.wanted.values().copied() {
            if wanted.least_points > 0.0 {
                left -= outer(width, wanted);
            } else {
                rest += wanted.share;
            }
        }
        for (tile, &wanted) in &self.wanted {
            let points = if wanted.least_points > 0.0 {
                outer(width, wanted)
            } else {
                (left * wanted.share / rest.max(1e-6)).max(1.0)
            };
            linear.shares.set_share(*tile, points);
        }
    }

    /// Panels that have a tab, which names them.
    fn in_tabs(&self) -> HashSet<TileId> {
        let tabs = self.tree.tiles.tiles().filter_map(|tile| match tile {
            Tile::Container(Container::Tabs(tabs)) => Some(tabs.children.clone()),
            _ => None,
        });
        tabs.flatten().collect()
    }

    /// What is on the screen, as data.
    fn layout(&self) -> Layout {
        let root = self.tree.root();
        let root = root.and_then(|root| self.place(root));
        Layout {
            root,
            floating: self.floating.clone(),
        }
        .checked()
    }

    fn place(&self, tile: TileId) -> Option<Place> {
        match self.tree.tiles.get(tile)? {
            Tile::Pane(panel) => Some(Place::Panel(*panel)),
            Tile::Container(Container::Tabs(tabs)) => {
                let active = tabs.active;
                let shown = tabs
                    .children
                    .iter()
                    .position(|child| Some(*child) == active);
                Some(Place::Tabs {
                    shown: shown.unwrap_or(0),
                    places: tabs
                        .children
                        .iter()
                        .filter_map(|child| self.place(*child))
                        .collect(),
                })
            }
            Tile::Container(Container::Linear(linear)) => {
                let shares = linear.children.iter().map(|child| linear.shares[*child]);
                let total: f32 = shares.sum::<f32>().max(1e-6);
                let parts = linear.children.iter().filter_map(|child| {
                    let wanted = self.wanted.get(child);
                    Some(Part {
                        share: wanted.map_or(linear.shares[*child] / total, |wanted| wanted.share),
                        least_points: wanted.map_or(0.0, |wanted| wanted.least_points),
                        place: self.place(*child)?,
                    })
                });
                let parts = parts.collect();
                Some(match linear.dir {
                    LinearDir::Horizontal => Place::Row(parts),
                    LinearDir::Vertical => Place::Column(parts),
                })
            }
            Tile::Container(Container::Grid(grid)) => {
                let parts = grid.children().filter_map(|child| {
                    Some(Part {
                        share: 1.0,
                        least_points: 0.0,
                        place: self.place(*child)?,
                    })
                });
                Some(Place::Row(parts.collect()))
            }
        }
    }

    /// Draws what floats; whether something was moved there.
    fn float(&mut self, ui: &Ui, model: &ViewModel, out: &mut Vec<UiCommand>) -> bool {
        let mut has_moved = false;
        let version = self.made_of;
        for float in &mut self.floating {
            let panel = self.panels.get(float.panel);
            let [left, top, width, height] = float.rect;
            let rect = Rect::from_min_size(pos2(left, top), vec2(width, height));
            let mut is_open = true;
            let shown = egui::Window::new(float.panel.title())
                .id(egui::Id::unique((
                    "framescope.float",
                    float.panel.info().id,
                    version,
                )))
                .default_rect(rect)
                .min_size(vec2(160.0, 100.0))
                .open(&mut is_open)
                .collapsible(false)
                .constrain_to(ui.max_rect())
                .show(ui.ctx(), |ui| {
                    let whole = ui.available_rect_before_wrap();
                    ui.allocate_rect(whole, Sense::hover());
                    ui.scope_builder(UiBuilder::new().max_rect(whole), |ui| {
                        panel_ui(ui, panel, float.panel, Stand::Floating, (model, out));
                    });
                    whole.size()
                });
            if !is_open {
                out.push(UiCommand::Shell(ShellCommand::ClosePanel(float.panel)));
            }
            let Some(shown) = shown else { continue };
            self.rects.insert(float.panel, shown.response.rect);
            let at = shown.response.rect.min;
            let size = shown.inner.unwrap_or(vec2(width, height));
            let now = [at.x, at.y, size.x, size.y];
            let distance = now.iter().zip(float.rect).map(|(a, b)| (a - b).abs());
            let is_held = ui.input(|input| input.pointer.any_down());
            if !is_held && distance.fold(0.0, f32::max) > 2.0 {
                float.rect = now;
                has_moved = true;
            }
        }
        has_moved
    }
}

/// The width of a column at the side.
fn outer(width: f32, wanted: Wanted) -> f32 {
    (width * wanted.share)
        .max(wanted.least_points)
        .min(width * 0.3)
}

fn insert(tiles: &mut Tiles<PanelKind>, place: &Place) -> TileId {
    let mut inside = |parts: &[Part]| -> Vec<(TileId, f32)> {
        let parts = parts.iter();
        parts
            .map(|part| (insert(tiles, &part.place), part.share))
            .collect()
    };
    let (children, is_row) = match place {
        Place::Panel(panel) => return tiles.insert_pane(*panel),
        Place::Tabs { shown, places } => {
            let children: Vec<_> = places.iter().map(|place| insert(tiles, place)).collect();
            let front = children.get(*shown).or(children.first()).copied();
            let tabs = tiles.insert_tab_tile(children);
            if let (Some(front), Some(Tile::Container(Container::Tabs(tabs)))) =
                (front, tiles.get_mut(tabs))
            {
                tabs.set_active(front);
            }
            return tabs;
        }
        Place::Row(parts) => (inside(parts), true),
        Place::Column(parts) => (inside(parts), false),
    };
    let ids = children.iter().map(|(child, _)| *child).collect();
    let tile = if is_row {
        tiles.insert_horizontal_tile(ids)
    } else {
        tiles.insert_vertical_tile(ids)
    };
    if let Some(Tile::Container(Container::Linear(linear))) = tiles.get_mut(tile) {
        for (child, share) in children {
            linear.shares.set_share(child, share);
        }
    }
    tile
}

fn nothing_open(ui: &mut Ui, out: &mut Vec<UiCommand>) {
    ui.centered_and_justified(|ui| {
        let text = "Every panel of this workspace is closed. Put them back";
        let button = ui.add(egui::Button::new(text).frame(false));
        if button.on_hover_text("Reset workspace").clicked() {
            out.push(UiCommand::Shell(ShellCommand::ResetWorkspace));
        }
    });
}

/// Where a panel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    /// Among others, with its name in its head.
    Docked,
    /// Behind a tab, which names it.
    Tabbed,
    /// In a window of its own.
    Floating,
}

/// Draws head and content of a panel; whether the head is being dragged.
fn panel_ui(
    ui: &mut Ui,
    panel: &mut dyn super::Panel,
    kind: PanelKind,
    stand: Stand,
    (model, out): (&ViewModel, &mut Vec<UiCommand>),
) -> bool {
    let tokens = Tokens::of(ui);
    let whole = ui.max_rect();
    let inset = if stand == Stand::Floating { 0.0 } else { INSET };
    let head = Rect::from_min_max(
        whole.min + vec2(inset, 8.0),
        pos2(whole.right() - inset, whole.top() + HEAD - 6.0),
    );
    if head.width() < 8.0 {
        return false;
    }
    let mut beside = head;
    let mut is_dragged = false;
    if stand == Stand::Docked {
        let title = ui
            .scope_builder(UiBuilder::new().id_salt("head").max_rect(head), |ui| {
                ui.shrink_clip_rect(whole);
                let title = capitals(panel.title(), tokens);
                ui.add(egui::Label::new(title).extend().sense(Sense::drag()))
            })
            .inner;
        let hint = format!("{} Drag it to another place.", kind.info().line);
        beside.min.x = title.rect.right() + super::theme::GROUP;
        is_dragged = title
            .on_hover_cursor(CursorIcon::Grab)
            .on_hover_text(hint)
            .drag_started();
    }
    let menu = Rect::from_min_max(pos2(head.right() - MENU + 4.0, whole.top() + 4.0), head.max);
    beside.max.x = menu.left() - GAP;
    if beside.width() > 8.0 {
        panel.head(&ui.painter_at(beside), beside, model, tokens);
        let row = Rect::from_min_max(beside.min - vec2(0.0, 4.0), beside.max + vec2(0.0, 2.0));
        ui.scope_builder(UiBuilder::new().id_salt("tools").max_rect(row), |ui| {
            ui.shrink_clip_rect(row.expand(2.0).intersect(whole));
            panel.tools(ui, model, out);
        });
    }
    if head.width() > 60.0 {
        ui.scope_builder(UiBuilder::new().id_salt("menu").max_rect(menu), |ui| {
            panel_menu(ui, (kind, whole), stand, (model, out));
        });
    }
    let (above, beside) = if stand == Stand::Tabbed && !panel.has_head() {
        // The menu alone needs no row of its own.
        (10.0, MENU)
    } else {
        (HEAD, 0.0)
    };
    let content = Rect::from_min_max(
        whole.min + vec2(inset, above),
        whole.max - vec2(inset + beside, 10.0),
    );
    if content.width() > 4.0 && content.height() > 4.0 {
        ui.scope_builder(
            UiBuilder::new().id_salt("content").max_rect(content),
            |ui| {
                ui.shrink_clip_rect(content.expand(3.0).intersect(whole));
                panel.ui(ui, model, out);
            },
        );
    }
    is_dragged
}

fn panel_menu(
    ui: &mut Ui,
    (kind, whole): (PanelKind, Rect),
    stand: Stand,
    (model, out): (&ViewModel, &mut Vec<UiCommand>),
) {
    let name = format!("{} menu", kind.title());
    let button = more_button(ui, &name, "Take this panel along, float or close it.");
    Popup::menu(&button).show(|ui| {
        let mut entry = |name: &str, hint: &str, command| {
            if ui.button(name).on_hover_text(hint).clicked() {
                out.push(UiCommand::Shell(command));
            }
        };
        if stand == Stand::Floating {
            let hint = "Back among the other panels.";
            entry("Put back", hint, ShellCommand::DockPanel(kind));
        } else {
            let hint = "Into a small window of its own, over the others.";
            entry("Float", hint, ShellCommand::FloatPanel(kind));
        }
        let hint = "Off the desk; the menu Panels brings it back.";
        entry("Close", hint, ShellCommand::ClosePanel(kind));
        ui.separator();
        super::export::panel_entries(ui, whole, kind.title(), model);
    });
}

struct Places<'a> {
    model: &'a ViewModel,
    out: &'a mut Vec<UiCommand>,
    panels: &'a mut Panels,
    rects: &'a mut BTreeMap<PanelKind, Rect>,
    in_tabs: HashSet<TileId>,
    edited: Option<EditAction>,
}

impl Behavior<PanelKind> for Places<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, tile: TileId, pane: &mut PanelKind) -> UiResponse {
        let tokens = Tokens::of(ui);
        let whole = ui.max_rect();
        self.rects.insert(*pane, whole);
        ui.painter()
            .rect_filled(whole, CornerRadius::ZERO, tokens.panel);
        let stand = if self.in_tabs.contains(&tile) {
            Stand::Tabbed
        } else {
            Stand::Docked
        };
        let panel = self.panels.get(*pane);
        if panel_ui(ui, panel, *pane, stand, (self.model, self.out)) {
            UiResponse::DragStarted
        } else {
            UiResponse::None
        }
    }

    fn tab_title_for_pane(&mut self, pane: &PanelKind) -> WidgetText {
        pane.title().into()
    }

    fn tab_title_for_tile(&mut self, tiles: &Tiles<PanelKind>, tile: TileId) -> WidgetText {
        match tiles.get(tile) {
            Some(Tile::Pane(pane)) => self.tab_title_for_pane(pane),
            // Panels side by side behind one tab are called by their names.
            Some(Tile::Container(container)) => {
                let names: Vec<&str> = container
                    .children()
                    .filter_map(|child| match tiles.get(*child) {
                        Some(Tile::Pane(pane)) => Some(pane.title()),
                        _ => None,
                    })
                    .collect();
                names.join(" · ").into()
            }
            None => WidgetText::default(),
        }
    }

    fn tab_bar_height(&self, _style: &Style) -> f32 {
        TABS
    }

    fn tab_bar_color(&self, visuals: &egui::Visuals) -> egui::Color32 {
        Tokens::in_visuals(visuals).surface
    }

    fn tab_bg_color(
        &self,
        visuals: &egui::Visuals,
        _tiles: &Tiles<PanelKind>,
        _tile: TileId,
        state: &TabState,
    ) -> egui::Color32 {
        let tokens = Tokens::in_visuals(visuals);
        if state.active {
            tokens.panel
        } else {
            tokens.surface
        }
    }

    fn tab_outline_stroke(
        &self,
        _visuals: &egui::Visuals,
        _tiles: &Tiles<PanelKind>,
        _tile: TileId,
        _state: &TabState,
    ) -> Stroke {
        Stroke::NONE
    }

    fn tab_bar_hline_stroke(&self, _visuals: &egui::Visuals) -> Stroke {
        Stroke::NONE
    }

    fn tab_text_color(
        &self,
        visuals: &egui::Visuals,
        _tiles: &Tiles<PanelKind>,
        _tile: TileId,
        state: &TabState,
    ) -> egui::Color32 {
        let tokens = Tokens::in_visuals(visuals);
        if state.active {
            tokens.text
        } else {
            tokens.muted
        }
    }

    fn gap_width(&self, _style: &Style) -> f32 {
        1.0
    }

    fn min_size(&self) -> f32 {
        48.0
    }

    fn resize_stroke(&self, style: &Style, state: ResizeState) -> Stroke {
        let tokens = Tokens::in_visuals(&style.visuals);
        match state {
            ResizeState::Idle => Stroke::new(1.0, tokens.line),
            ResizeState::Hovering => Stroke::new(2.0, tokens.muted),
            ResizeState::Dragging => Stroke::new(2.0, tokens.mint),
        }
    }

    /// What a drag leaves behind, and what nobody needs: empty containers, tabs and rows of one.
    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions {
            prune_empty_tabs: true,
            prune_empty_containers: true,
            prune_single_child_tabs: true,
            prune_single_child_containers: true,
            join_nested_linear_containers: true,
            ..SimplificationOptions::OFF
        }
    }

    fn on_edit(&mut self, action: EditAction) {
        if action != EditAction::TileDragged && self.edited != Some(EditAction::TileResized) {
            self.edited = Some(action);
        }
    }
}
