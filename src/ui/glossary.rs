//! Each number on the screen in a line, from the table that the tooltips use; and the way into the tour.

use eframe::egui::{self, RichText, ScrollArea, TextEdit, Ui};

use super::Panel;
use super::theme::{GAP, Tokens, UNIT};
use crate::app::{NUMBERS, ShellCommand, UiCommand, ViewModel};

/// The glossary panel, and what is looked for in it.
#[derive(Debug, Default)]
pub(super) struct Glossary {
    wanted: String,
}

impl Panel for Glossary {
    fn title(&self) -> &'static str {
        "Glossary"
    }

    fn has_head(&self) -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, _model: &ViewModel, out: &mut Vec<UiCommand>) {
        let tokens = Tokens::of(ui);
        ui.horizontal(|ui| {
            let tour = ui.button("Take the tour");
            if tour
                .on_hover_text("Five steps through the window.")
                .clicked()
            {
                out.push(UiCommand::Shell(ShellCommand::Tour(Some(0))));
            }
            ui.add(
                TextEdit::singleline(&mut self.wanted)
                    .hint_text("Find a number")
                    .desired_width((ui.available_width() - 20.0).max(40.0)),
            )
            .accessible_name("Find a number")
            .on_hover_text("Only numbers whose name or definition holds these letters.");
        });
        ui.add_space(GAP);
        let wanted = self.wanted.trim().to_lowercase();
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let mut has_any = false;
            for number in NUMBERS {
                let text = format!("{} {}", number.name, number.line).to_lowercase();
                if !text.contains(&wanted) {
                    continue;
                }
                has_any = true;
                ui.label(RichText::new(number.name).strong());
                ui.add(egui::Label::new(RichText::new(number.line).color(tokens.muted)).wrap());
                ui.add_space(UNIT);
            }
            if !has_any {
                let text = "No number is called so. Try fewer letters.";
                ui.label(RichText::new(text).color(tokens.muted));
            }
        });
    }
}
