//! The panels' places: a tree of splits that can be dragged.

use eframe::egui::{self, CornerRadius, Rect, Stroke, Style, Ui, UiBuilder, WidgetText, vec2};
use egui_tiles::{
    Behavior, Container, EditAction, LinearDir, ResizeState, SimplificationOptions, TabState, Tile,
    TileId, Tiles, Tree, UiResponse,
};

use super::theme::{INSET, Tokens};
use super::widgets::capitals;
use super::{
    Panel, controls, distribution, drops, export, graph, stages, timeline, viewer, what_if,
};
use crate::app::{UiCommand, ViewModel};

type Pane = Box<dyn Panel>;

/// Height of a row of tabs.
const TABS: f32 = 24.0;

/// From the top of a panel to its content.
const HEAD: f32 = 32.0;

/// The tree of panels.
pub(super) struct Desk {
    tree: Tree<Pane>,
    columns: [TileId; 3],
    is_arranged_by_user: bool,
    arranged_width: f32,
}

impl Desk {
    /// Every panel at its first place.
    pub(super) fn new() -> Self {
        let mut tiles = Tiles::<Pane>::default();
        let controls = tiles.insert_pane(Box::<controls::Controls>::default());
        let viewer = tiles.insert_pane(Box::<viewer::Viewer>::default());
        let timeline = tiles.insert_pane(Box::<timeline::TimelinePanel>::default());
        let distribution = tiles.insert_pane(Box::<distribution::DistributionPanel>::default());
        let stages = tiles.insert_pane(Box::<stages::Stages>::default());
        let graph = tiles.insert_pane(Box::<graph::Graph>::default());
        let drops = tiles.insert_pane(Box::<drops::DropsPanel>::default());
        let what_if = tiles.insert_pane(Box::<what_if::WhatIfPanel>::default());
        let export = tiles.insert_pane(Box::<export::ExportPanel>::default());
        let measured = tiles.insert_horizontal_tile(vec![distribution, stages]);
        share(
            &mut tiles,
            measured,
            &[(distribution, 0.52), (stages, 0.48)],
        );
        let numbers = tiles.insert_tab_tile(vec![measured, what_if, export]);
        let centre = tiles.insert_vertical_tile(vec![viewer, timeline, numbers]);
        share(
            &mut tiles,
            centre,
            &[(viewer, 0.41), (timeline, 0.27), (numbers, 0.32)],
        );
        let right = tiles.insert_vertical_tile(vec![graph, drops]);
        share(&mut tiles, right, &[(graph, 0.54), (drops, 0.46)]);
        let root = tiles.insert_horizontal_tile(vec![controls, centre, right]);
        Self {
            tree: Tree::new(egui::Id::unique("framescope.desk"), root, tiles),
            columns: [controls, centre, right],
            is_arranged_by_user: false,
            arranged_width: 0.0,
        }
    }

    /// Draws all panels.
    pub(super) fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        self.arrange(ui.available_width());
        let mut places = Places {
            model,
            out,
            is_edited: false,
        };
        self.tree.ui(&mut places, ui);
        self.is_arranged_by_user |= places.is_edited;
    }

    /// Keeps the outer columns at a readable width until a split has been dragged.
    fn arrange(&mut self, width: f32) {
        if self.is_arranged_by_user || self.arranged_width == width {
            return;
        }
        self.arranged_width = width;
        let left = (width * 0.15).max(264.0).min(width * 0.3);
        let right = (width * 0.18).max(284.0).min(width * 0.3);
        let Some(root) = self.tree.root() else { return };
        let [controls, centre, drops] = self.columns;
        share(
            &mut self.tree.tiles,
            root,
            &[
                (controls, left),
                (centre, (width - left - right).max(1.0)),
                (drops, right),
            ],
        );
    }
}

fn share(tiles: &mut Tiles<Pane>, parent: TileId, shares: &[(TileId, f32)]) {
    if let Some(Tile::Container(Container::Linear(linear))) = tiles.get_mut(parent) {
        debug_assert!(matches!(
            linear.dir,
            LinearDir::Horizontal | LinearDir::Vertical
        ));
        for &(child, part) in shares {
            linear.shares.set_share(child, part);
        }
    }
}

struct Places<'a> {
    model: &'a ViewModel,
    out: &'a mut Vec<UiCommand>,
    is_edited: bool,
}

impl Behavior<Pane> for Places<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        let tokens = Tokens::of(ui);
        let whole = ui.max_rect();
        ui.painter()
            .rect_filled(whole, CornerRadius::ZERO, tokens.panel);
        let head = Rect::from_min_max(
            whole.min + vec2(INSET, 8.0),
            egui::pos2(whole.right() - INSET, whole.top() + HEAD - 6.0),
        );
        if head.width() < 8.0 {
            return UiResponse::None;
        }
        let title = ui
            .scope_builder(UiBuilder::new().id_salt("head").max_rect(head), |ui| {
                ui.shrink_clip_rect(whole);
                ui.add(egui::Label::new(capitals(pane.title(), tokens)).extend())
            })
            .inner
            .rect;
        let mut beside = head;
        beside.min.x = title.right() + super::theme::GROUP;
        let mut menu = head;
        menu.min.x = head.right() - 20.0;
        beside.max.x = menu.left();
        if head.width() > 80.0 {
            export::panel_menu(ui, menu, whole, pane.title(), self.model);
        }
        if beside.width() > 8.0 {
            pane.head(&ui.painter_at(beside), beside, self.model, tokens);
        }
        let content =
            Rect::from_min_max(whole.min + vec2(INSET, HEAD), whole.max - vec2(INSET, 10.0));
        if content.width() > 4.0 && content.height() > 4.0 {
            ui.scope_builder(
                UiBuilder::new().id_salt("content").max_rect(content),
                |ui| {
                    ui.shrink_clip_rect(content.expand(3.0).intersect(whole));
                    pane.ui(ui, self.model, self.out);
                },
            );
        }
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        pane.title().into()
    }

    fn tab_title_for_tile(&mut self, tiles: &Tiles<Pane>, tile: TileId) -> WidgetText {
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
        _tiles: &Tiles<Pane>,
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
        _tiles: &Tiles<Pane>,
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
        _tiles: &Tiles<Pane>,
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

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions::OFF
    }

    fn on_edit(&mut self, action: EditAction) {
        self.is_edited |= action == EditAction::TileResized;
    }
}
