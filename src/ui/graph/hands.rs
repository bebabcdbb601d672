//! Pointer and keys: pan, zoom, selection, moving along edges, reordering stages.

use eframe::egui::{
    self, CornerRadius, EventFilter, Id, Key, Modifiers, PointerButton, Rect, Response, Role,
    Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::GraphPanel;
use crate::app::{Drawn, GraphCommand, GraphView, NodeLive, UiCommand, ViewModel};
use crate::diagram::{Direction, End, Point};
use crate::ui::theme::{RADIUS, Tokens};

/// How far a node has to be dragged before it is moved among the stages.
const DRAG: f32 = 6.0;

impl GraphPanel {
    /// What is done to the ground of the graph.
    pub(super) fn ground(&mut self, ui: &Ui, rect: Rect, drawn: &Drawn) -> Response {
        let response = ui.interact(rect, ui.scope_id().with("graph"), Sense::click_and_drag());
        let is_node_dragged = self.dragged.is_some();
        if (response.dragged() || response.dragged_by(PointerButton::Middle)) && !is_node_dragged {
            self.camera.pan(response.drag_delta());
        }
        if response.double_clicked() {
            self.camera.is_moved = false;
        } else if response.clicked() {
            self.selected = None;
            self.open = None;
        }
        if ui.rect_contains_pointer(rect) {
            let (scroll, pinch, at) = ui.input(|input| {
                (
                    input.smooth_scroll_delta().y,
                    input.zoom_delta(),
                    input.pointer.hover_pos(),
                )
            });
            let factor = (scroll / 240.0).exp() * pinch;
            if let Some(at) = at.filter(|_| factor != 1.0) {
                self.camera.zoom_at(at, factor);
            }
        }
        let is_here = ui.rect_contains_pointer(rect) || self.focused.is_some();
        let is_typing = ui.ctx().text_edit_focused();
        if is_here
            && !is_typing
            && ui.input(|input| input.modifiers.is_none() && input.key_pressed(Key::F))
        {
            self.camera.fit(drawn);
        }
        response
    }

    /// The nodes in sight as widgets, in the order of the text.
    pub(super) fn nodes(
        &mut self,
        ui: &mut Ui,
        model: &ViewModel,
        drawn: &Drawn,
        out: &mut Vec<UiCommand>,
    ) {
        let seen = self.camera.seen();
        self.focused = None;
        for (index, placed) in drawn.picture.nodes.iter().enumerate() {
            if !placed.rect.overlaps(&seen, 0.0) {
                continue;
            }
            let rect = self.camera.of(&placed.rect).intersect(self.camera.rect);
            let live = model.graph.nodes.get(index);
            self.node(ui, (index, rect), live, (model, drawn), out);
        }
        self.reorder_mark(ui, model, drawn);
    }

    fn node(
        &mut self,
        ui: &mut Ui,
        (index, rect): (usize, Rect),
        live: Option<&NodeLive>,
        (model, drawn): (&ViewModel, &Drawn),
        out: &mut Vec<UiCommand>,
    ) {
        let node = &drawn.diagram.nodes[index];
        let id = node_id(ui, index);
        let response = ui.interact(rect, id, Sense::click_and_drag());
        let said = live.map(|live| live.lines().join(", ")).unwrap_or_default();
        let is_selected = self.selected == Some(index);
        response.widget_info(|| {
            let mut info =
                WidgetInfo::selected(Role::Button, true, is_selected, format!("Node {}", node.id));
            info.current_text_value = Some(said.clone());
            info
        });
        if response.clicked() {
            response.request_focus();
            self.choose(index, live, model, out);
        }
        if response.dragged() {
            self.drag_node(
                index,
                live,
                response.drag_delta(),
                response.total_drag_delta().unwrap_or_default(),
                &model.graph,
            );
        }
        if response.drag_stopped() {
            self.drop_node(ui, (model, drawn), out);
        }
        if response.has_focus() {
            self.focused = Some(index);
            ui.memory_mut(|memory| {
                memory.set_focus_lock_filter(
                    id,
                    EventFilter {
                        horizontal_arrows: true,
                        vertical_arrows: true,
                        ..EventFilter::default()
                    },
                );
            });
            self.keys(ui, index, live, (model, drawn), out);
        }
        let tokens = Tokens::of(ui);
        let is_focused_stage =
            live.is_some_and(|live| live.stage.is_some() && live.stage == model.focused_stage);
        if is_selected || response.has_focus() || is_focused_stage {
            let stroke = Stroke::new(
                if is_selected || is_focused_stage {
                    2.0
                } else {
                    1.0
                },
                tokens.text,
            );
            // A row is as wide as the panel: the ring keeps within what is left beside it.
            ui.painter_at(self.camera.rect.expand(3.0)).rect_stroke(
                rect.expand(3.0),
                CornerRadius::same(RADIUS),
                stroke,
                StrokeKind::Inside,
            );
        }
        if self.dragged.is_none() {
            self.menu_and_tooltip(&response, (index, live), (model, drawn), out);
        }
    }

    fn menu_and_tooltip(
        &mut self,
        response: &Response,
        (index, live): (usize, Option<&NodeLive>),
        (model, drawn): (&ViewModel, &Drawn),
        out: &mut Vec<UiCommand>,
    ) {
        let node = &drawn.diagram.nodes[index];
        response.context_menu(|ui| {
            if ui
                .button("Parameters")
                .on_hover_text("Open what belongs to this node. Key: Enter.")
                .clicked()
            {
                self.selected = Some(index);
                self.open = Some(index);
                ui.close();
            }
            if let Some(stage) = live.and_then(|live| live.stage.clone()) {
                let is_focused = model.focused_stage.as_ref() == Some(&stage);
                let name = if is_focused {
                    "Show the whole pipeline"
                } else {
                    "Show this stage everywhere"
                };
                if ui
                    .button(name)
                    .on_hover_text("Which times all panels show.")
                    .clicked()
                {
                    out.push(UiCommand::FocusStage((!is_focused).then_some(stage)));
                    ui.close();
                }
            }
            if let Some(live) =
                live.filter(|live| model.graph.is_recipe && (live.place.is_some() || live.is_off))
            {
                let name = if live.is_off { "Turn on" } else { "Turn off" };
                if ui
                    .button(name)
                    .on_hover_text("Take the stage out of the recipe, or put it back. Key: T.")
                    .clicked()
                {
                    out.push(UiCommand::Graph(GraphCommand::SetStageOn(
                        node.id.clone(),
                        live.is_off,
                    )));
                    ui.close();
                }
            }
        });
        if response.hovered() && !response.context_menu_opened() {
            response.clone().on_hover_ui(|ui| {
                ui.label(egui::RichText::new(node.label.text()).strong());
                match live.and_then(|live| live.probe.as_ref()) {
                    Some(probe) => ui.label(probe),
                    None => ui.label("Not bound: nothing is measured under this name."),
                };
                for line in live.map(NodeLive::lines).unwrap_or_default() {
                    ui.label(line);
                }
            });
        }
    }

    /// Selects a node, shows its stage everywhere and opens its parameters; again, and it is let go.
    fn choose(
        &mut self,
        index: usize,
        live: Option<&NodeLive>,
        model: &ViewModel,
        out: &mut Vec<UiCommand>,
    ) {
        let stage = live.and_then(|live| live.stage.clone());
        if self.selected == Some(index) && self.open == Some(index) {
            self.selected = None;
            self.open = None;
            if stage.is_some() && model.focused_stage == stage {
                out.push(UiCommand::FocusStage(None));
            }
            return;
        }
        self.selected = Some(index);
        self.open = Some(index);
        if model.focused_stage != stage {
            out.push(UiCommand::FocusStage(stage));
        }
    }

    fn drag_node(
        &mut self,
        index: usize,
        live: Option<&NodeLive>,
        delta: Vec2,
        total: Vec2,
        view: &GraphView,
    ) {
        let can_move = view.is_recipe && live.is_some_and(|live| live.place.is_some());
        if !can_move {
            self.camera.pan(delta);
        } else if total.length() > DRAG || self.dragged.is_some() {
            self.dragged = Some(index);
        }
    }

    /// The place among the stages at which the dragged one would be put.
    fn target(&self, ui: &Ui, index: usize, view: &GraphView, drawn: &Drawn) -> Option<usize> {
        let at = self
            .camera
            .back(ui.input(|input| input.pointer.latest_pos())?);
        let along = |point: Point| match drawn.diagram.direction {
            Direction::Down => point.y,
            Direction::Up => -point.y,
            Direction::Right => point.x,
            Direction::Left => -point.x,
        };
        let before = view.nodes.iter().enumerate().filter(|(other, live)| {
            *other != index
                && live.place.is_some()
                && drawn
                    .picture
                    .nodes
                    .get(*other)
                    .is_some_and(|placed| along(placed.rect.center()) < along(at))
        });
        Some(before.count())
    }

    fn drop_node(
        &mut self,
        ui: &Ui,
        (model, drawn): (&ViewModel, &Drawn),
        out: &mut Vec<UiCommand>,
    ) {
        let Some(index) = self.dragged.take() else {
            return;
        };
        let place = model.graph.nodes.get(index).and_then(|live| live.place);
        let to = self.target(ui, index, &model.graph, drawn);
        if let (Some(place), Some(to)) = (place, to)
            && place != to
            && let Some(node) = drawn.diagram.nodes.get(index)
        {
            out.push(UiCommand::Graph(GraphCommand::MoveStage(
                node.id.clone(),
                to,
            )));
        }
    }

    /// The dragged node's shadow, and where it would go.
    fn reorder_mark(&mut self, ui: &Ui, model: &ViewModel, drawn: &Drawn) {
        let Some(index) = self.dragged else { return };
        if !ui.input(|input| input.pointer.any_down()) {
            self.dragged = None;
            return;
        }
        let (Some(at), Some(placed)) = (
            ui.input(|input| input.pointer.latest_pos()),
            drawn.picture.nodes.get(index),
        ) else {
            return;
        };
        let tokens = Tokens::of(ui);
        let painter = ui.painter_at(self.camera.rect);
        let ghost = Rect::from_center_size(at, self.camera.of(&placed.rect).size());
        painter.rect(
            ghost,
            CornerRadius::same(RADIUS),
            tokens.lifted.gamma_multiply(0.6),
            Stroke::new(1.0, tokens.mint),
            StrokeKind::Inside,
        );
        let Some(to) = self.target(ui, index, &model.graph, drawn) else {
            return;
        };
        let mut others: Vec<(usize, Rect)> = model
            .graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .filter_map(|(other, live)| {
                Some((
                    live.place?,
                    self.camera.of(&drawn.picture.nodes.get(other)?.rect),
                ))
            })
            .collect();
        others.sort_by_key(|(place, _)| *place);
        let gap = 6.0 * self.camera.zoom;
        let is_upright = matches!(drawn.diagram.direction, Direction::Down | Direction::Up);
        let line = match (others.get(to), others.last()) {
            (Some((_, next)), _) if is_upright => [
                next.left_top() - vec2(0.0, gap),
                next.right_top() - vec2(0.0, gap),
            ],
            (None, Some((_, last))) if is_upright => [
                last.left_bottom() + vec2(0.0, gap),
                last.right_bottom() + vec2(0.0, gap),
            ],
            (Some((_, next)), _) => [
                next.left_top() - vec2(gap, 0.0),
                next.left_bottom() - vec2(gap, 0.0),
            ],
            (None, Some((_, last))) => [
                last.right_top() + vec2(gap, 0.0),
                last.right_bottom() + vec2(gap, 0.0),
            ],
            _ => return,
        };
        painter.line_segment(line, Stroke::new(3.0, tokens.mint));
    }

    fn keys(
        &mut self,
        ui: &Ui,
        index: usize,
        live: Option<&NodeLive>,
        (model, drawn): (&ViewModel, &Drawn),
        out: &mut Vec<UiCommand>,
    ) {
        const ARROWS: [(Key, Vec2); 4] = [
            (Key::ArrowUp, vec2(0.0, -1.0)),
            (Key::ArrowDown, vec2(0.0, 1.0)),
            (Key::ArrowLeft, vec2(-1.0, 0.0)),
            (Key::ArrowRight, vec2(1.0, 0.0)),
        ];
        let pressed = |key: Key, modifiers: Modifiers| {
            ui.input_mut(|input| input.consume_key(modifiers, key))
        };
        let name = drawn.diagram.nodes[index].id.clone();
        for (number, (key, way)) in ARROWS.into_iter().enumerate() {
            if pressed(key, Modifiers::ALT) {
                if let Some(place) = live
                    .and_then(|live| live.place)
                    .filter(|_| model.graph.is_recipe)
                {
                    let to = if number % 2 == 0 {
                        place.checked_sub(1)
                    } else {
                        Some(place + 1)
                    };
                    if let Some(to) = to {
                        out.push(UiCommand::Graph(GraphCommand::MoveStage(name.clone(), to)));
                    }
                }
            } else if pressed(key, Modifiers::NONE)
                && let Some(next) = neighbour(drawn, index, way)
            {
                self.camera.reveal(&drawn.picture.nodes[next].rect);
                self.selected = Some(next);
                ui.memory_mut(|memory| memory.request_focus(node_id(ui, next)));
            }
        }
        if pressed(Key::T, Modifiers::NONE)
            && let Some(live) =
                live.filter(|live| model.graph.is_recipe && (live.place.is_some() || live.is_off))
        {
            out.push(UiCommand::Graph(GraphCommand::SetStageOn(
                name,
                live.is_off,
            )));
        }
        for (key, factor) in [(Key::Plus, 1.25), (Key::Equals, 1.25), (Key::Minus, 0.8)] {
            if pressed(key, Modifiers::NONE) {
                self.camera.zoom_at(self.camera.rect.center(), factor);
            }
        }
    }
}

fn node_id(ui: &Ui, index: usize) -> Id {
    ui.scope_id().with(("node", index))
}

/// The node that one gets to in a direction of the screen: over an edge if one leads there, else the nearest.
fn neighbour(drawn: &Drawn, index: usize, way: Vec2) -> Option<usize> {
    let center = |node: usize| {
        let center = drawn.picture.nodes[node].rect.center();
        pos2(center.x, center.y)
    };
    let cost = |&other: &usize| {
        let by = center(other) - center(index);
        let ahead = by.dot(way);
        let aside = (by - way * ahead).length();
        (ahead > 1.0 && aside <= ahead * 3.0).then_some(ahead + 2.0 * aside)
    };
    let best = |nodes: &mut dyn Iterator<Item = usize>| {
        let costs = nodes
            .filter(|&other| other != index)
            .filter_map(|other| Some((cost(&other)?, other)));
        costs
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, other)| other)
    };
    let mut linked = drawn
        .diagram
        .edges
        .iter()
        .filter_map(|edge| match (edge.from, edge.to) {
            (End::Node(from), End::Node(to)) if from == index => Some(to),
            (End::Node(from), End::Node(to)) if to == index => Some(from),
            _ => None,
        });
    best(&mut linked).or_else(|| best(&mut (0..drawn.diagram.nodes.len())))
}
