//! The drops: every dropped frame with its cause and what it consists of, newest first.

mod frame;
mod list;

use eframe::egui::{
    self, Align2, CursorIcon, Painter, Rect, RichText, Role, ScrollArea, Sense, Ui, pos2, vec2,
};

pub(super) use frame::FramePanel;

use super::Panel;
use super::causes::cause_mark;
use super::format;
use super::theme::{CAPTION, GAP, TEXT, Tokens};
use super::widgets::{named, text_at, text_within, verdict_mark};
use crate::app::{CauseKind, UiCommand, ViewModel, cause_label};
use crate::measure::{DisturbanceKind, Quantile, Verdict};

/// Height of a row of the slowest frames.
const ROW: f32 = 24.0;

/// What the list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Listed {
    #[default]
    Newest,
    Slowest,
    SimulatedGc,
}

/// The drops panel.
#[derive(Default)]
pub(super) struct DropsPanel {
    listed: Listed,
    list: list::DropList,
}

impl Panel for DropsPanel {
    fn title(&self) -> &'static str {
        "Drops"
    }

    fn head(&self, painter: &Painter, rect: Rect, model: &ViewModel, tokens: &Tokens) {
        let counts = model.answer.counts;
        if counts.dropped() == 0 {
            return;
        }
        let episodes = model.answer.drop_episodes;
        let runs = if episodes > 0 && episodes < counts.dropped() {
            format!(
                " in {} episode{}",
                format::count(episodes),
                if episodes == 1 { "" } else { "s" }
            )
        } else {
            String::new()
        };
        text_within(
            painter,
            rect.right_top() - vec2(0.0, 1.0),
            Align2::RIGHT_TOP,
            &format!("{}{runs}", format::count(counts.dropped())),
            (CAPTION, tokens.muted),
            rect.width(),
        );
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        self.tabs(ui, model);
        match self.listed {
            Listed::Newest if model.drops.list.is_empty() => empty(ui, model, out),
            Listed::Newest => self.list.ui(ui, model, out),
            Listed::Slowest => slowest(ui, model, out),
            Listed::SimulatedGc => simulated_gc(ui, model),
        }
    }
}

impl DropsPanel {
    fn tabs(&mut self, ui: &mut Ui, model: &ViewModel) {
        if model.drops.simulated_gc.is_empty() && self.listed == Listed::SimulatedGc {
            self.listed = Listed::Newest;
        }
        ui.horizontal(|ui| {
            for (listed, name, hint) in [
                (Listed::Newest, "dropped", "Frames that missed their deadline, newest first."),
                (Listed::Slowest, "slowest", "The slowest frames since counting began, however long ago, whether dropped or not."),
                (Listed::SimulatedGc, "simulated gc", "What the simulated garbage collector did, newest first."),
            ] {
                if listed == Listed::SimulatedGc && model.drops.simulated_gc.is_empty() {
                    continue;
                }
                let text = RichText::new(name).size(CAPTION);
                if ui.selectable_label(self.listed == listed, text).on_hover_text(hint).clicked() {
                    self.listed = listed;
                }
            }
        });
    }
}

/// One line for each of the slowest frames.
fn slowest(ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let frames = &model.drops.slowest;
    if frames.is_empty() {
        let text = RichText::new("The slowest frames gather here.").color(Tokens::of(ui).muted);
        ui.label(text);
        return;
    }
    let selected = model.selected.as_ref().map(|bar| bar.index);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, ROW, frames.len(), |ui, rows| {
            for frame in frames.get(rows).unwrap_or_default() {
                let line = Line {
                    frame: frame.bar.index,
                    verdict: frame.bar.verdict,
                    response_ms: frame.bar.response_ms,
                    cause: frame.why.as_ref().map(|why| why.cause.as_str()),
                    text: frame.why.as_ref().map_or_else(
                        || format!("Frame {} met its deadline.", frame.bar.index),
                        |why| why.text.clone(),
                    ),
                };
                row(ui, &line, selected == Some(frame.bar.index), out);
            }
        });
}

/// The simulated collector's lines.
fn simulated_gc(ui: &mut Ui, model: &ViewModel) {
    let tokens = Tokens::of(ui);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for line in &model.drops.simulated_gc {
            let text = RichText::new(line).size(CAPTION).color(tokens.text);
            ui.add(egui::Label::new(text).wrap().selectable(true));
        }
    });
}

/// What a row of the slowest says.
struct Line<'a> {
    frame: u64,
    verdict: Verdict,
    response_ms: f64,
    cause: Option<&'a str>,
    text: String,
}

fn row(ui: &mut Ui, line: &Line<'_>, is_selected: bool, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    let width = (ui.available_width() - 4.0).max(8.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::click());
    let spoken = format!("Slow #{}: {}", line.frame, line.verdict.word());
    let response = named(response, Role::Button, &spoken).on_hover_cursor(CursorIcon::PointingHand);
    let painter = ui.painter();
    if is_selected || response.hovered() {
        painter.rect_filled(rect, 3.0, tokens.raised);
    }
    let middle = rect.center().y;
    let mark = Rect::from_center_size(pos2(rect.left() + 9.0, middle), vec2(9.0, 12.0));
    verdict_mark(painter, mark, line.verdict, tokens);
    let number = text_at(
        painter,
        pos2(rect.left() + 22.0, middle),
        Align2::LEFT_CENTER,
        &format!("#{}", line.frame),
        (TEXT, tokens.text),
    );
    let right = (rect.left() + 136.0).max(number.right() + 70.0);
    text_at(
        painter,
        pos2(right, middle),
        Align2::RIGHT_CENTER,
        &format::ms(line.response_ms),
        (TEXT, tokens.text),
    );
    if let Some(cause) = line.cause {
        let left = right + GAP + 8.0;
        cause_mark(painter, pos2(left, middle), CauseKind::of(cause), tokens);
        text_within(
            painter,
            pos2(left + 10.0, middle),
            Align2::LEFT_CENTER,
            &cause_label(cause),
            (TEXT, tokens.muted),
            rect.right() - 16.0 - left,
        );
    }
    if response.clicked() {
        out.push(UiCommand::Select((!is_selected).then_some(line.frame)));
    }
    response.on_hover_text(&line.text);
}

/// What to do to see a drop.
fn empty(ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let muted = |text: String| egui::Label::new(RichText::new(text).color(tokens.muted)).wrap();
        if model.drops.frames == 0 {
            ui.add(muted(
                "Frames that miss their deadline are listed here.".to_owned(),
            ));
            return;
        }
        ui.add(muted(format!(
            "No frame was late in the last {}.",
            format::count(model.drops.frames)
        )));
        ui.add_space(GAP);
        let median = model
            .distribution
            .quantiles
            .iter()
            .find(|view| view.quantile == Some(Quantile::P50) && view.frames_missing == 0)
            .and_then(|view| view.value_ms);
        ui.add(muted("Lower the budget, or try a disturbance.".to_owned()));
        if let Some(ms) = median.filter(|ms| *ms > 0.0) {
            ui.add_space(2.0);
            let text = format!("Set the budget to the median, {}", format::ms(ms));
            if ui.add(egui::Button::new(text).wrap()).clicked() {
                let nanos = ((ms * 100.0).round() as u64).max(1) * 10_000;
                out.push(UiCommand::SetBudget(Some(nanos)));
            }
        }
        ui.add_space(2.0);
        let button = ui.button("Let the stream sleep once");
        if button
            .on_hover_text("A disturbance: the next frame comes late.")
            .clicked()
        {
            out.push(UiCommand::DisturbOnce(DisturbanceKind::Sleep));
        }
    });
}
