//! The bar above the graph: which diagram, how it is shown, where it is written to.

use eframe::egui::{self, ComboBox, TextEdit, Ui};

use super::{ColorBy, GraphPanel};
use crate::app::{GraphChoice, GraphCommand, GraphFormat, Shipped, Turn, UiCommand, ViewModel};
use crate::diagram::Direction;
use crate::ui::theme::{Tokens, UNIT};
use crate::ui::widgets::capitals;

/// Width of the menu.
const MENU: f32 = 230.0;

const TURNS: [(Turn, &str); 4] = [
    (Turn::Fitting, "As it fits the panel"),
    (Turn::Written, "As written"),
    (Turn::To(Direction::Down), "Downwards"),
    (Turn::To(Direction::Right), "To the right"),
];

impl GraphPanel {
    pub(super) fn toolbar(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = UNIT;
            let width = (ui.available_width() - 86.0).max(60.0);
            // A long title is cut, so that the buttons keep their place.
            ui.scope(|ui| {
                ui.set_max_width(width);
                choose(ui, model, width, out);
            });
            let fit = ui
                .button("Fit")
                .on_hover_text("Show all of the graph. Key: F, or double click beside the nodes.");
            if fit.clicked() {
                self.camera.is_moved = false;
            }
            let menu = ui.menu_button("More", |ui| {
                ui.set_width(MENU);
                self.menu(ui, model, out);
            });
            menu.response
                .on_hover_text("Open a file, colours, direction, export.");
        });
    }

    fn menu(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let tokens = Tokens::of(ui);
        ui.label(capitals("Open", tokens));
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut self.path)
                .hint_text("diagram.mmd")
                .align(egui::Align2::LEFT_CENTER)
                .desired_width(MENU - 76.0);
            let field = ui
                .add(field)
                .on_hover_text("Path of a Mermaid or Markdown file. Enter opens it.");
            egui_name(&field, "Diagram path");
            let is_typed =
                field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            if is_typed && !self.path.trim().is_empty() {
                out.push(UiCommand::Graph(GraphCommand::Show(GraphChoice::File(
                    self.path.trim().to_owned(),
                ))));
                ui.close();
            }
            if ui
                .button("Browse…")
                .on_hover_text("Choose a Mermaid or Markdown file.")
                .clicked()
            {
                out.push(UiCommand::Graph(GraphCommand::ChooseFile));
                ui.close();
            }
        });
        ui.separator();
        ui.label(capitals("Colour by", tokens));
        for (by, name, hint) in ColorBy::ALL {
            if ui
                .radio(self.color_by == by, name)
                .on_hover_text(hint)
                .clicked()
            {
                self.color_by = by;
            }
        }
        ui.separator();
        ui.label(capitals("Direction", tokens));
        for (turn, name) in TURNS {
            let is_present = model.graph.turn == turn;
            if ui
                .radio(is_present, name)
                .on_hover_text("Which way the ranks go.")
                .clicked()
            {
                out.push(UiCommand::Graph(GraphCommand::SetTurn(turn)));
                self.camera.is_moved = false;
            }
        }
        ui.separator();
        ui.label(capitals("Export with numbers", tokens));
        let field = TextEdit::singleline(&mut self.export_path)
            .hint_text("a path, or empty to choose")
            .align(egui::Align2::LEFT_CENTER)
            .desired_width(MENU - 16.0);
        let field = ui
            .add(field)
            .on_hover_text("Where to write to. Left empty, the desktop asks.");
        egui_name(&field, "Export path");
        ui.horizontal(|ui| {
            for format in GraphFormat::ALL {
                let hint = format!(
                    "Write the graph with the numbers of the moment as {}.",
                    format.title()
                );
                if ui.button(format.title()).on_hover_text(hint).clicked() {
                    out.push(UiCommand::Graph(GraphCommand::Export {
                        format,
                        path: self.export_path.trim().to_owned(),
                        is_dark: ui.visuals().dark_mode,
                    }));
                    ui.close();
                }
            }
        });
    }
}

/// Gives a widget its accessible name.
fn egui_name(response: &egui::Response, name: &str) {
    response
        .ctx
        .accesskit_node_builder(response.id, |node| node.set_label(name));
}

fn choose(ui: &mut Ui, model: &ViewModel, width: f32, out: &mut Vec<UiCommand>) {
    let view = &model.graph;
    let title = |choice: &GraphChoice| {
        let unsaved = view
            .open
            .iter()
            .any(|open| open.choice == *choice && open.is_unsaved);
        format!(
            "{}{}",
            choice.title(),
            if unsaved { " • edited" } else { "" }
        )
    };
    let combo = ComboBox::from_id_salt("diagram")
        .selected_text(title(&view.choice))
        .width(width)
        .truncate()
        .show_ui(ui, |ui| {
            let shipped = Shipped::ALL.map(GraphChoice::Shipped);
            let files = view
                .open
                .iter()
                .map(|open| &open.choice)
                .filter(|choice| matches!(choice, GraphChoice::File(_)));
            for choice in [GraphChoice::Pipeline].iter().chain(&shipped).chain(files) {
                let is_shown = view.choice == *choice;
                if ui.selectable_label(is_shown, title(choice)).clicked() && !is_shown {
                    out.push(UiCommand::Graph(GraphCommand::Show(choice.clone())));
                }
            }
            if view.text.blocks > 1 {
                ui.separator();
                for block in 0..view.text.blocks {
                    let is_shown = view.text.block == block;
                    let name = format!("Mermaid block {} of {}", block + 1, view.text.blocks);
                    if ui.selectable_label(is_shown, name).clicked() && !is_shown {
                        out.push(UiCommand::Graph(GraphCommand::ShowBlock(block)));
                    }
                }
            }
        });
    let response = combo.response.on_hover_text("Which diagram is shown.");
    egui_name(&response, "Diagram");
}
