//! The title bar: what is open, what it is doing, and how another source is opened.

use eframe::egui::{
    self, Align, Align2, Color32, ComboBox, CornerRadius, Key, Layout, Painter, Pos2, Rect,
    RichText, Sense, Stroke, TextEdit, Ui, UiBuilder, vec2,
};

use super::theme::{GAP, GROUP, TEXT, Tokens, UNIT};
use super::widgets::{Icon, icon_button, text_at};
use crate::app::{
    LiveKind, PANELS, Page, RunState, ShellCommand, ThemeChoice, UiCommand, ViewModel,
    WorkspaceKind, is_without_secret,
};

/// Height of the bar.
pub(super) const HEIGHT: f32 = 44.0;

/// The title bar and what is typed into it.
#[derive(Debug, Default)]
pub(super) struct Title {
    path: String,
    /// The field for a path is to get the keyboard.
    wants_path: bool,
}

/// Below this width workspaces are chosen from a list.
const WIDE: f32 = 1120.0;

/// Below this width the source's details are left to its tooltip.
const ROOMY: f32 = 60.0;

impl Title {
    /// Gives the keyboard to the field for a path.
    pub(super) const fn focus_path(&mut self) {
        self.wants_path = true;
    }

    /// Draws the bar into `rect`.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        model: &ViewModel,
        out: &mut Vec<UiCommand>,
    ) {
        let inner = rect.shrink2(vec2(GROUP, 0.0));
        let right = ui
            .scope_builder(
                UiBuilder::new()
                    .max_rect(inner)
                    .layout(Layout::right_to_left(Align::Center)),
                |ui| {
                    ui.shrink_clip_rect(rect);
                    self.buttons(ui, model, out);
                },
            )
            .response
            .rect;
        let left = Rect::from_min_max(inner.min, egui::pos2(right.left() - GROUP, inner.bottom()));
        if left.width() > 20.0 {
            ui.scope_builder(
                UiBuilder::new()
                    .max_rect(left)
                    .layout(Layout::left_to_right(Align::Center)),
                |ui| {
                    ui.shrink_clip_rect(left);
                    name_and_source(ui, model);
                },
            );
        }
    }

    /// From the right to the left.
    fn buttons(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let is_wide = ui.available_width() > WIDE;
        let is_dark = ui.visuals().dark_mode;
        let (other, theme) = if is_dark {
            ("Light theme", ThemeChoice::Light)
        } else {
            ("Dark theme", ThemeChoice::Dark)
        };
        let mut ask = |command| out.push(UiCommand::Shell(command));
        if icon_button(ui, Icon::Theme, other, other).clicked() {
            ask(ShellCommand::SetTheme(theme));
        }
        let help = ui.button("?").accessible_name("What opens");
        if help
            .on_hover_text("What this machine can open, and which FFmpeg is used")
            .clicked()
        {
            ask(ShellCommand::ShowPage(Page::Formats));
        }
        let palette = ui.button("Ctrl+P").accessible_name("Command palette");
        if palette
            .on_hover_text("Find every command by a few of its letters")
            .clicked()
        {
            ask(ShellCommand::ShowPage(Page::Palette));
        }
        ui.add_space(UNIT);
        recent(ui, model, out);
        let open = ui.button("Open…");
        if open
            .on_hover_text("Choose a video, a picture or a folder (Ctrl+O)")
            .clicked()
        {
            out.push(UiCommand::ChooseFile);
        }
        self.path_field(ui, out);
        ui.add_space(UNIT);
        panel_menu(ui, model, out);
        workspaces(ui, model, is_wide, out);
    }

    fn path_field(&mut self, ui: &mut Ui, out: &mut Vec<UiCommand>) {
        let width = (ui.available_width() * 0.22).clamp(40.0, 220.0);
        let field = ui.add(
            TextEdit::singleline(&mut self.path)
                .hint_text("Path, address, camera:0")
                .desired_width(width)
                .margin(egui::Margin::symmetric(8, 4)),
        );
        let field = field.accessible_name("Path").on_hover_text(
            "A file, a folder, an address, camera:0 or synthetic:NAME; Enter opens it (Ctrl+L)",
        );
        if std::mem::take(&mut self.wants_path) {
            field.request_focus();
        }
        let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let path = self.path.trim();
        if is_entered && !path.is_empty() {
            out.push(UiCommand::Open(path.to_owned()));
        }
    }
}

/// The sources that were opened last.
fn recent(ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let sources = &model.shell.preferences.recent_sources;
    if sources.is_empty() {
        return;
    }
    let menu = ui.menu_button("Recent", |ui| {
        ui.set_max_width(420.0);
        for source in sources {
            let can_open = !is_without_secret(source);
            let entry = egui::Button::new(source).truncate();
            let entry = ui.add_enabled(can_open, entry);
            let entry =
                entry.on_disabled_hover_text("Its password was not kept. Type the whole address.");
            if entry.on_hover_text("Open this source again.").clicked() {
                out.push(UiCommand::Open(source.clone()));
            }
        }
        ui.separator();
        let forget = ui.button("Forget them");
        if forget.on_hover_text("Empty this list.").clicked() {
            out.push(UiCommand::Shell(ShellCommand::ForgetSources));
        }
    });
    menu.response
        .on_hover_text("The sources that were opened last");
}

/// Every panel, shown or not.
fn panel_menu(ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let layout = model.shell.preferences.layout();
    let menu = ui.menu_button("Panels", |ui| {
        for info in PANELS {
            let is_there = layout.has(info.kind);
            let entry = ui.selectable_label(is_there, info.title);
            if entry.on_hover_text(info.line).clicked() {
                let command = if is_there {
                    ShellCommand::ClosePanel(info.kind)
                } else {
                    ShellCommand::ShowPanel(info.kind)
                };
                out.push(UiCommand::Shell(command));
            }
        }
        ui.separator();
        let reset = ui.button("Reset workspace");
        let hint = "Put the panels of this workspace back where they first were.";
        if reset.on_hover_text(hint).clicked() {
            out.push(UiCommand::Shell(ShellCommand::ResetWorkspace));
        }
    });
    menu.response
        .on_hover_text("Show or close panels of this workspace");
}

/// From the right to the left, so that they read from the left to the right.
fn workspaces(ui: &mut Ui, model: &ViewModel, is_wide: bool, out: &mut Vec<UiCommand>) {
    let present = model.shell.preferences.workspace;
    let mut chosen = None;
    if is_wide {
        for (number, kind) in WorkspaceKind::ALL.into_iter().enumerate().rev() {
            let is_present = kind == present;
            let tokens = Tokens::of(ui);
            let color = if is_present {
                tokens.text
            } else {
                tokens.muted
            };
            let text = RichText::new(kind.title()).color(color);
            let label = ui.selectable_label(false, text);
            if is_present {
                let rect = label.rect;
                ui.painter().hline(
                    rect.shrink(6.0).x_range(),
                    rect.bottom(),
                    Stroke::new(2.0, tokens.mint),
                );
            }
            label.widget_info(|| {
                egui::WidgetInfo::selected(egui::Role::Tab, true, is_present, kind.title())
            });
            let hint = format!("{} ({})", kind.line(), number + 1);
            if label.on_hover_text(hint).clicked() {
                chosen = Some(kind);
            }
        }
    } else if ui.available_width() > 90.0 {
        let combo = ComboBox::from_id_salt("workspace")
            .selected_text(present.title())
            .width(76.0)
            .show_ui(ui, |ui| {
                for kind in WorkspaceKind::ALL {
                    let label = ui.selectable_label(kind == present, kind.title());
                    if label.on_hover_text(kind.line()).clicked() {
                        chosen = Some(kind);
                    }
                }
            });
        combo
            .response
            .accessible_name("Workspace")
            .on_hover_text("Which panels stand where (1 to 4)");
    }
    if let Some(kind) = chosen.filter(|kind| *kind != present) {
        out.push(UiCommand::Shell(ShellCommand::SetWorkspace(kind)));
    }
}

fn name_and_source(ui: &mut Ui, model: &ViewModel) {
    let tokens = Tokens::of(ui);
    let (mark, _) = ui.allocate_exact_size(vec2(18.0, 18.0), Sense::hover());
    paint_mark(ui.painter(), mark.center(), tokens);
    if ui.available_width() > 300.0 {
        ui.label(RichText::new("Framescope").size(15.0).color(tokens.text));
        ui.add_space(GAP);
    }
    let (state, color, hint) = state_of(&model.state, tokens);
    chip(ui, state, color).on_hover_text(hint);
    ui.add_space(UNIT);
    if let Some(live) = &model.live {
        chip(ui, &live.words, live_color(live.kind, tokens))
            .on_hover_text(super::controls::live::hint(live));
        ui.add_space(UNIT);
    }
    let source = &model.source;
    if source.title.is_empty() {
        ui.add(egui::Label::new(RichText::new("No source yet").color(tokens.muted)).truncate());
    } else {
        let title = RichText::new(&source.title).color(tokens.text);
        let whole = format!("{}\n{}", source.name, source.detail);
        ui.add(egui::Label::new(title).truncate())
            .on_hover_text(&whole);
        if ui.available_width() > ROOMY {
            ui.add(egui::Label::new(RichText::new(&source.detail).color(tokens.muted)).truncate())
                .on_hover_text(&whole);
        }
    }
}

fn state_of<'a>(state: &'a RunState, tokens: &Tokens) -> (&'static str, Color32, &'a str) {
    match state {
        RunState::Starting => (
            "Starting",
            tokens.cyan,
            "The source is being opened and the pipeline is warming up.",
        ),
        RunState::Running => (
            "Running",
            tokens.mint,
            "Frames are due by the clock, or as a live source delivers them.",
        ),
        RunState::Paused => (
            "Paused",
            tokens.amber,
            "The schedule stands still; nothing is counted.",
        ),
        RunState::Stopped(message) => ("Stopped", tokens.coral, message),
    }
}

const fn live_color(kind: LiveKind, tokens: &Tokens) -> Color32 {
    match kind {
        LiveKind::Connecting => tokens.cyan,
        LiveKind::Live => tokens.mint,
        LiveKind::Stalled => tokens.amber,
        LiveKind::Reconnecting => tokens.coral,
    }
}

/// A dot and a word.
fn chip(ui: &mut Ui, text: &str, color: Color32) -> egui::Response {
    let tokens = Tokens::of(ui);
    let galley =
        ui.painter()
            .layout_no_wrap(text.to_owned(), super::theme::font(TEXT), tokens.text);
    let size = vec2(galley.size().x + 14.0, 20.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter()
        .circle_filled(rect.left_center() + vec2(4.0, 0.5), 3.5, color);
    text_at(
        ui.painter(),
        rect.left_center() + vec2(14.0, 0.0),
        Align2::LEFT_CENTER,
        text,
        (TEXT, tokens.text),
    );
    super::widgets::named(response, egui::Role::Label, &format!("State: {text}"))
}

/// A grid of nine pixels, one of which is being looked at.
fn paint_mark(painter: &Painter, center: Pos2, tokens: &Tokens) {
    for row in -1..=1i8 {
        for column in -1..=1i8 {
            let at = center + 6.0 * vec2(f32::from(column), f32::from(row));
            let color = match (column, row) {
                (0, 0) => tokens.cyan,
                (1, -1) => tokens.coral,
                _ => tokens.mint.gamma_multiply(0.75),
            };
            let pixel = Rect::from_center_size(at, vec2(4.5, 4.5));
            painter.rect_filled(pixel, CornerRadius::same(1), color);
        }
    }
}
