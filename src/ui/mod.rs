//! The whole window: draws a [`ViewModel`], returns what the user wants.
//!
//! ```text
//!  title bar     source, state, open, theme
//!  answer line   drop rate, p99, budget, utilisation, throughput, allocations
//!  panels        controls │ viewer, timeline, distribution + stages │ graph, drops
//!  notices       over everything, at the bottom right
//! ```
//!
//! Panels keep what belongs to looking (zoom, a text being typed) and nothing else; every number comes from the model.

mod a_b;
mod answer;
mod brush;
mod capture;
mod causes;
mod controls;
mod desk;
mod diagram_text;
mod distribution;
mod drops;
mod export;
mod format;
mod formats;
mod frames;
mod glossary;
mod graph;
mod keys;
mod limits;
mod look;
mod notices;
mod overhead;
mod pages;
mod palette;
mod panels;
mod picture;
mod playback;
mod shell;
mod stage_frames;
mod stages;
mod still;
mod stream_row;
mod tensor;
mod theme;
mod thumbs;
mod timeline;
mod title;
mod tour;
mod transport;
mod viewer;
mod what_if;
mod widgets;

use eframe::egui::{
    self, Align2, CornerRadius, FontId, Id, LayerId, Order, Rect, Stroke, StrokeKind, Ui,
    UiBuilder, pos2, vec2,
};

pub use shell::{WindowError, open_window};

use crate::app::{Page, Screen, ShellCommand, UiCommand, ViewModel, moment_text};
use desk::Desk;
use theme::Tokens;
use title::Title;

/// A panel of the desk.
trait Panel {
    /// The head of the panel.
    fn title(&self) -> &'static str;

    /// Whether it has something beside its name: behind a tab, one that has nothing begins at the top.
    fn has_head(&self) -> bool {
        true
    }

    /// Draws something to the right of the head; most panels have nothing there.
    fn head(&self, _painter: &egui::Painter, _rect: Rect, _model: &ViewModel, _tokens: &Tokens) {}

    /// Draws controls to the right of the head; most panels have none.
    fn tools(&mut self, _ui: &mut Ui, _model: &ViewModel, _out: &mut Vec<UiCommand>) {}

    /// Draws the panel into what is left of `ui`.
    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>);
}

/// The window.
pub struct Window {
    title: Title,
    desk: Desk,
    pages: pages::Pages,
    look: look::Look,
    ring: keys::FocusRing,
    /// What fills the window while nothing else is drawn.
    alone: playback::PlaybackPanel,
    capture: capture::Capture,
}

impl Window {
    /// A window whose style is given to `ctx`.
    pub fn new(ctx: &egui::Context) -> Self {
        theme::install(ctx);
        Self {
            title: Title::default(),
            desk: Desk::new(),
            pages: pages::Pages::default(),
            look: look::Look::default(),
            ring: keys::FocusRing::default(),
            alone: playback::PlaybackPanel::default(),
            capture: capture::Capture::default(),
        }
    }

    /// Draws the model into the whole of `ui` and returns what the user wants, in the order in which it was asked.
    pub fn ui(&mut self, ui: &mut Ui, model: &ViewModel) -> Vec<UiCommand> {
        let mut out = Vec::new();
        self.look.ui(ui, model, &mut out);
        let tokens = Tokens::of(ui);
        let whole = ui.max_rect();
        ui.painter()
            .rect_filled(whole, CornerRadius::ZERO, tokens.surface);
        match &model.watch.screen {
            Screen::Whole => {}
            Screen::Still(still) => {
                still::ui(ui, still, &mut out);
                return out;
            }
            Screen::Playback => {
                self.alone.alone(ui, model, &mut out);
                return out;
            }
        }
        let line = Stroke::new(1.0, tokens.line);
        let head_bottom = whole.top() + title::HEIGHT;
        let answer_bottom = head_bottom + answer::height(whole.size());

        let head = Rect::from_min_max(whole.min, pos2(whole.right(), head_bottom));
        self.title.ui(ui, head, model, &mut out);
        ui.painter().hline(whole.x_range(), head_bottom, line);
        let figures = Rect::from_min_max(head.left_bottom(), pos2(whole.right(), answer_bottom));
        answer::ui(ui, figures, model, &mut out);
        ui.painter().hline(whole.x_range(), answer_bottom, line);

        let below = Rect::from_min_max(pos2(whole.left(), answer_bottom + 1.0), whole.max);
        if below.width() > 8.0 && below.height() > 8.0 {
            ui.scope_builder(UiBuilder::new().max_rect(below), |ui| {
                self.desk.ui(ui, model, &mut out);
            });
        }
        tour::ui(
            ui,
            model,
            figures,
            |panel| self.desk.rect_of(panel),
            &mut out,
        );
        notices::ui(ui, model, &mut out);
        keys::ask(ui, model, self.pages.is_open(), &mut out);
        self.pages.ui(ui.ctx(), model, &mut out);
        self.ring.ui(ui);
        dropped_files(ui, whole, &mut out);
        self.look.after(ui, &mut out);
        self.capture.step(ui, &mut out);
        self.show_pages(&mut out);
        copy_moment(ui, model, &mut out);
        out
    }

    /// Pages are the window's own: what asks for one goes no further.
    fn show_pages(&mut self, out: &mut Vec<UiCommand>) {
        out.retain(|command| {
            let UiCommand::Shell(ShellCommand::ShowPage(page)) = command else {
                return true;
            };
            if *page == Page::Path {
                self.title.focus_path();
            } else {
                self.pages.show(*page);
            }
            false
        });
    }
}

/// The clipboard is the window's own, too.
fn copy_moment(ui: &Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let before = out.len();
    out.retain(|command| !matches!(command, UiCommand::Shell(ShellCommand::CopyMoment)));
    if out.len() < before {
        ui.ctx().copy_text(moment_text(model));
    }
}

/// Opens the first of the files that were dropped, and says so while they hover.
fn dropped_files(ui: &Ui, whole: Rect, out: &mut Vec<UiCommand>) {
    let (is_hovering, dropped) = ui.input(|input| {
        let dropped = input
            .raw
            .dropped_files
            .first()
            .map(|file| file.path().to_string_lossy().into_owned());
        (!input.raw.hovered_files.is_empty(), dropped)
    });
    if let Some(path) = dropped.filter(|path| !path.is_empty()) {
        out.push(UiCommand::Open(path));
    }
    if !is_hovering {
        return;
    }
    let tokens = Tokens::of(ui);
    let layer = LayerId::new(Order::Foreground, Id::unique("framescope.drop"));
    let painter = ui.ctx().layer_painter(layer);
    painter.rect_filled(
        whole,
        CornerRadius::ZERO,
        tokens.surface.gamma_multiply(0.85),
    );
    painter.rect_stroke(
        whole.shrink(theme::GROUP),
        CornerRadius::same(8),
        Stroke::new(2.0, tokens.mint),
        StrokeKind::Inside,
    );
    painter.text(
        whole.center() + vec2(0.0, -2.0),
        Align2::CENTER_CENTER,
        "Drop to open",
        FontId::proportional(theme::FIGURE),
        tokens.text,
    );
}
