//! The export panel, and the menu at the head of every panel: what can be taken along.

use eframe::egui::text::LayoutJob;
use eframe::egui::{Key, Rect, RichText, ScrollArea, TextEdit, Ui, UiBuilder};

use super::Panel;
use super::capture;
use super::theme::{self, CAPTION, GAP, GROUP, Tokens, UNIT};
use super::widgets::capitals;
use crate::app::{
    CodeKind, ExportCommand, ExportItem, ExportView, PictureFormat, Table, UiCommand, ViewModel,
    moment_text, recipe_trouble,
};

/// Width of the list of files beside the code, in points.
const LIST_WIDTH: f32 = 300.0;

/// Panels narrower than this show the list and the code below each other.
const NARROW: f32 = 620.0;

/// The panel, and what is typed into it.
#[derive(Debug, Default)]
pub(super) struct ExportPanel {
    place: Option<String>,
    recipe_path: String,
    /// The recipe as it is being edited, and what is wrong with it.
    draft: Option<(String, Option<String>)>,
}

impl Panel for ExportPanel {
    fn title(&self) -> &'static str {
        "Export"
    }

    fn has_head(&self) -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        if ui.available_width() < NARROW {
            ScrollArea::vertical().show(ui, |ui| {
                self.list(ui, model, out);
                ui.add_space(GROUP);
                self.code(ui, &model.export, out);
            });
            return;
        }
        let whole = ui.available_rect_before_wrap();
        let mut left = whole;
        left.max.x = whole.left() + LIST_WIDTH;
        let mut right = whole;
        right.min.x = left.right() + GROUP;
        ui.scope_builder(UiBuilder::new().id_salt("list").max_rect(left), |ui| {
            ScrollArea::vertical()
                .id_salt("export list")
                .show(ui, |ui| self.list(ui, model, out));
        });
        ui.scope_builder(UiBuilder::new().id_salt("code").max_rect(right), |ui| {
            self.code(ui, &model.export, out);
        });
    }
}

impl ExportPanel {
    /// Where files go, what there is, and what became of the last.
    fn list(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let tokens = Tokens::of(ui);
        let view = &model.export;
        ui.horizontal(|ui| {
            let label = ui.label("Save to");
            let text = self.place.get_or_insert_with(|| view.place.clone());
            let field = TextEdit::singleline(text)
                .hint_text("a folder or a file; empty asks")
                .desired_width(ui.available_width() - 12.0);
            let field = ui.add(field).labelled_by(label.id).on_hover_text(
                "Files go into this folder under names of their own. A file's name is for the next file.",
            );
            if field.changed() {
                out.push(export(ExportCommand::SetPlace(text.clone())));
            }
        });
        progress(ui, view, out);
        ui.label(capitals("Save", tokens));
        ui.horizontal_wrapped(|ui| {
            for item in ExportItem::ALL {
                save_button(ui, item, view, out);
            }
        });
        let frames = super::format::count(view.frames as u64);
        let kept = format!("{frames} frames are kept since the last change, 3,600 at most.");
        ui.label(RichText::new(kept).size(CAPTION).color(tokens.muted));
        ui.add_space(GAP);
        ui.label(capitals("Copy", tokens));
        ui.horizontal_wrapped(|ui| {
            let all = ui
                .button("Everything of this moment")
                .on_hover_text("Source, setting, answer, quantiles and stages as text");
            if all.clicked() {
                ui.ctx().copy_text(moment_text(model));
            }
            for table in Table::ALL {
                let text = table.text(model);
                let button = ui
                    .add_enabled(text.is_some(), eframe::egui::Button::new(table.title()))
                    .on_hover_text("Copy this table, tab-separated, with units")
                    .on_disabled_hover_text("This table is empty")
                    .accessible_name(format!("Copy table {}", table.title()));
                if let Some(text) = text.filter(|_| button.clicked()) {
                    ui.ctx().copy_text(text.tsv());
                }
            }
        });
    }

    /// The recipe in a language; as JSON it can be edited.
    fn code(&mut self, ui: &mut Ui, view: &ExportView, out: &mut Vec<UiCommand>) {
        ui.horizontal_wrapped(|ui| {
            for kind in CodeKind::ALL {
                let is_shown = view.kind == kind;
                let button = ui
                    .selectable_label(is_shown, kind.title())
                    .on_hover_text(format!("The recipe as {}", kind.title()));
                if button.clicked() && !is_shown {
                    out.push(export(ExportCommand::ShowCode(kind)));
                }
            }
            ui.add_space(GAP);
            let hint = "Copy the text below";
            if ui.button("Copy code").on_hover_text(hint).clicked() {
                let draft = self.draft.as_ref().filter(|_| view.kind == CodeKind::Json);
                let text = draft.map_or_else(|| view.code.to_string(), |(text, _)| text.clone());
                ui.ctx().copy_text(text);
            }
        });
        ui.add_space(UNIT);
        if view.kind == CodeKind::Json {
            self.recipe(ui, view, out);
        } else {
            let mut text: &str = &view.code;
            code_view(ui, &mut text, "Code");
        }
    }

    /// The recipe as JSON, checked as it is typed, and taken when it is told to be.
    fn recipe(&mut self, ui: &mut Ui, view: &ExportView, out: &mut Vec<UiCommand>) {
        let tokens = Tokens::of(ui);
        ui.horizontal(|ui| {
            let label = ui.label("Open recipe");
            let field = ui.add(
                TextEdit::singleline(&mut self.recipe_path)
                    .hint_text("path of a .json file")
                    .desired_width((ui.available_width() - 60.0).clamp(60.0, 260.0)),
            );
            let field = field.labelled_by(label.id);
            let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if is_entered && !self.recipe_path.trim().is_empty() {
                self.draft = None;
                out.push(export(ExportCommand::OpenRecipe(self.recipe_path.clone())));
            }
            let choose = ui.button("…").accessible_name("Choose a recipe");
            if choose.on_hover_text("Choose a recipe file").clicked() {
                self.draft = None;
                out.push(export(ExportCommand::ChooseRecipe));
            }
        });
        let is_edited = self.draft.is_some();
        let trouble = self.draft.as_ref().and_then(|(_, trouble)| trouble.clone());
        ui.horizontal_wrapped(|ui| {
            let can_apply = is_edited && trouble.is_none();
            let apply = ui.add_enabled(can_apply, eframe::egui::Button::new("Apply"));
            let apply = apply
                .on_hover_text("Run this recipe from now on")
                .on_disabled_hover_text("Edit the recipe below first");
            if let Some((text, _)) = self.draft.as_ref().filter(|_| apply.clicked()) {
                out.push(export(ExportCommand::ApplyRecipe(text.clone())));
                self.draft = None;
            }
            let revert = ui.add_enabled(is_edited, eframe::egui::Button::new("Revert"));
            if revert
                .on_hover_text("Back to the recipe that runs")
                .clicked()
            {
                self.draft = None;
            }
            match (&trouble, is_edited) {
                (Some(trouble), _) => ui.label(RichText::new(trouble).color(tokens.coral)),
                (None, true) => {
                    ui.label(RichText::new("A recipe. Apply it to run it.").color(tokens.muted))
                }
                (None, false) => {
                    ui.label(RichText::new("The recipe that runs.").color(tokens.muted))
                }
            };
        });
        let mut text = match &self.draft {
            Some((text, _)) => text.clone(),
            None => view.recipe.to_string(),
        };
        if code_view(ui, &mut text, "Recipe as JSON") {
            let trouble = recipe_trouble(&text);
            self.draft = Some((text, trouble));
        }
    }
}

/// A button that saves one thing, if it is there.
fn save_button(ui: &mut Ui, item: ExportItem, view: &ExportView, out: &mut Vec<UiCommand>) {
    let is_there = match item {
        ExportItem::Tensor | ExportItem::Original | ExportItem::ModelInput => view.has_picture,
        ExportItem::Frames | ExportItem::RunJson | ExportItem::RunFile => view.frames > 0,
        ExportItem::Code | ExportItem::Recipe => true,
    };
    let button = eframe::egui::Button::new(format!("{}…", item.title()));
    let button = ui
        .add_enabled(is_there, button)
        .on_hover_text(format!("Save {}", item.words()))
        .on_disabled_hover_text("Nothing to save yet: let the stream run")
        .accessible_name(format!("Save {}", item.title().to_lowercase()));
    if button.clicked() {
        out.push(export(ExportCommand::Save(item)));
    }
}

/// What is being written, what waits for an answer, what became of the last.
fn progress(ui: &mut Ui, view: &ExportView, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    if let Some(words) = &view.working {
        ui.horizontal_wrapped(|ui| {
            ui.label(words);
            let hint = "Stop writing; what was there before stays";
            if ui.button("Cancel").on_hover_text(hint).clicked() {
                out.push(export(ExportCommand::Cancel));
            }
        });
    } else if let Some(path) = &view.asks {
        ui.label(RichText::new(format!("{path} is there already.")).color(tokens.amber));
        ui.horizontal(|ui| {
            for (text, hint, is_allowed) in [
                ("Replace", "Write the new file in its place", true),
                ("Keep", "Leave the file as it is", false),
            ] {
                if ui.button(text).on_hover_text(hint).clicked() {
                    out.push(export(ExportCommand::Replace(is_allowed)));
                }
            }
        });
    } else if let Some(said) = &view.said {
        ui.label(RichText::new(said).size(CAPTION).color(tokens.muted));
    }
}

/// Text of equal width that scrolls both ways; whether it was changed.
fn code_view(ui: &mut Ui, text: &mut dyn eframe::egui::TextBuffer, name: &str) -> bool {
    let color = Tokens::of(ui).text;
    // Lines are as long as they are: code that wraps cannot be read.
    let mut unwrapped = |ui: &Ui, text: &dyn eframe::egui::TextBuffer, _: f32| {
        let text = text.as_str().to_owned();
        let job = LayoutJob::simple(text, theme::code_font(), color, f32::INFINITY);
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    ScrollArea::both()
        .id_salt(name)
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.add(
                TextEdit::multiline(text)
                    .code_editor()
                    .font(theme::code_font())
                    .layouter(&mut unwrapped)
                    .desired_width(f32::INFINITY),
            )
            .accessible_name(name)
            .changed()
        })
        .inner
}

const fn export(command: ExportCommand) -> UiCommand {
    UiCommand::Export(command)
}

/// What a panel's menu offers to take along: the panel as a picture (it fills `whole`), and its tables.
pub(super) fn panel_entries(ui: &mut Ui, whole: Rect, title: &'static str, model: &ViewModel) {
    for (text, format) in [
        ("Save as picture, PNG…", PictureFormat::Png),
        ("Save as picture, SVG…", PictureFormat::Svg),
    ] {
        let hint = "This panel as it is now; where to is set in the export panel.";
        if ui.button(text).on_hover_text(hint).clicked() {
            capture::ask(ui.ctx(), title, whole, format);
            ui.close();
        }
    }
    for table in Table::of_panel(title) {
        let Some(text) = table.text(model) else {
            continue;
        };
        ui.separator();
        let name = table.title();
        let tsv = ui.button(format!("Copy {name} as a table"));
        if tsv
            .on_hover_text("Tab-separated, for a spreadsheet.")
            .clicked()
        {
            ui.ctx().copy_text(text.tsv());
            ui.close();
        }
        let markdown = ui.button(format!("Copy {name} as Markdown"));
        if markdown.on_hover_text("For notes and issues.").clicked() {
            ui.ctx().copy_text(text.markdown());
            ui.close();
        }
    }
}
