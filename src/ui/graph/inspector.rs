//! What is known of the selected node, and the parameters of its stage.

use eframe::egui::{self, Align2, Area, Button, Frame, Id, Key, Order, Rect, RichText, Ui, pos2};

use super::GraphPanel;
use crate::app::{Drawn, GraphCommand, NodeLive, UiCommand, ViewModel};
use crate::ui::theme::{CAPTION, GAP, Tokens};

/// Its width.
const WIDTH: f32 = 256.0;

impl GraphPanel {
    /// Draws it beside the panel, so that the graph stays in sight.
    pub(super) fn inspector(
        &mut self,
        ui: &Ui,
        model: &ViewModel,
        drawn: &Drawn,
        out: &mut Vec<UiCommand>,
    ) {
        let Some(index) = self.open.filter(|&index| index < drawn.diagram.nodes.len()) else {
            return;
        };
        let node = &drawn.diagram.nodes[index];
        let live = model.graph.nodes.get(index).cloned().unwrap_or_default();
        let panel = self.camera.rect;
        let top = self
            .camera
            .of(&drawn.picture.nodes[index].rect)
            .top()
            .clamp(panel.top(), panel.bottom());
        let (at, pivot) = place(panel, ui.ctx().content_rect(), top);
        Area::new(Id::unique("framescope.graph.node"))
            .order(Order::Middle)
            .fixed_pos(at)
            .pivot(pivot)
            .constrain(true)
            .show(ui.ctx(), |ui| {
                Frame::popup(ui.style()).show(ui, |ui| {
                    ui.set_width(WIDTH);
                    self.of_node(ui, model, (&node.id, &live), out);
                });
            });
        if ui.input(|input| input.key_pressed(Key::Escape)) {
            self.open = None;
        }
    }

    fn of_node(
        &mut self,
        ui: &mut Ui,
        model: &ViewModel,
        (id, live): (&str, &NodeLive),
        out: &mut Vec<UiCommand>,
    ) {
        let tokens = Tokens::of(ui);
        let quiet = |text: &str| RichText::new(text).size(CAPTION).color(tokens.muted);
        ui.horizontal(|ui| {
            ui.label(RichText::new(id).strong());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui
                    .button("Close")
                    .on_hover_text("Put this away. Key: Escape.")
                    .clicked()
                {
                    self.open = None;
                }
            });
        });
        let Some(probe) = &live.probe else {
            ui.label(quiet("Not bound: nothing is measured under this name. Name the node after a stage or a probe to see its numbers (docs/formats.md)."));
            return;
        };
        ui.label(quiet(probe));
        for line in live.lines() {
            ui.label(quiet(&line));
        }
        let Some(settings) = &model.settings else {
            return;
        };
        if model.graph.is_recipe {
            stage_buttons(ui, (id, live), model, out);
        }
        ui.add_space(GAP / 2.0);
        if !self.stages.ui(ui, id, settings, model, out) && live.stage.is_some() {
            ui.label(quiet(
                "This stage has no parameters here. Its numbers are those of the preset.",
            ));
        }
    }
}

/// At the left of a panel that stands at the right, else at its right, else over it.
fn place(panel: Rect, screen: Rect, top: f32) -> (egui::Pos2, Align2) {
    let needs = WIDTH + 32.0;
    if panel.left() - screen.left() >= needs {
        (pos2(panel.left() - GAP, top), Align2::RIGHT_TOP)
    } else if screen.right() - panel.right() >= needs {
        (pos2(panel.right() + GAP, top), Align2::LEFT_TOP)
    } else {
        (
            pos2(panel.right() - GAP, panel.top() + GAP),
            Align2::RIGHT_TOP,
        )
    }
}

/// On and off, and the place among the stages.
fn stage_buttons(
    ui: &mut Ui,
    (id, live): (&str, &NodeLive),
    model: &ViewModel,
    out: &mut Vec<UiCommand>,
) {
    if live.place.is_none() && !live.is_off {
        return;
    }
    ui.horizontal(|ui| {
        let mut is_on = !live.is_off;
        let name = format!("{id} on");
        let hint = "Take this stage out of the recipe, or put it back. Key: T on the node.";
        if ui.checkbox(&mut is_on, name).on_hover_text(hint).changed() {
            out.push(UiCommand::Graph(GraphCommand::SetStageOn(
                id.to_owned(),
                is_on,
            )));
        }
        let Some(place) = live.place else { return };
        let last = model
            .graph
            .nodes
            .iter()
            .filter_map(|node| node.place)
            .max()
            .unwrap_or(0);
        for (name, hint, to) in [
            (
                "Earlier",
                "Run this stage one place earlier. Keys: Alt and an arrow.",
                place.checked_sub(1),
            ),
            (
                "Later",
                "Run this stage one place later. Keys: Alt and an arrow.",
                (place < last).then_some(place + 1),
            ),
        ] {
            let button = ui.add_enabled(to.is_some(), Button::new(name));
            if let Some(to) = to.filter(|_| button.on_hover_text(hint).clicked()) {
                out.push(UiCommand::Graph(GraphCommand::MoveStage(id.to_owned(), to)));
            }
        }
    });
}
