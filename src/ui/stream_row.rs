//! The running stream's numbers in one row.

use eframe::egui::{Grid, RichText, ScrollArea, Ui};

use super::Panel;
use super::format::{self, THIN, UNKNOWN};
use super::theme::{CAPTION, GROUP, Tokens, UNIT};
use super::widgets::nothing_yet;
use crate::app::Number;
use crate::app::{Answer, UiCommand, ViewModel, numbers};

/// The stream panel.
#[derive(Debug, Default)]
pub(super) struct StreamRow;

impl Panel for StreamRow {
    fn title(&self) -> &'static str {
        "Stream"
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, _out: &mut Vec<UiCommand>) {
        if model.source.title.is_empty() || model.answer.drop_rate.is_none() {
            nothing_yet(
                ui,
                ui.max_rect(),
                model,
                "The stream's counts stand here in a row.",
            );
            return;
        }
        let tokens = Tokens::of(ui);
        ScrollArea::both().auto_shrink(false).show(ui, |ui| {
            Grid::new("stream").spacing([GROUP, UNIT]).show(ui, |ui| {
                let columns = columns(&model.answer);
                ui.label(RichText::new("stream").size(CAPTION).color(tokens.muted));
                for (head, number, _) in &columns {
                    let head = RichText::new(*head).size(CAPTION).color(tokens.muted);
                    ui.label(head).on_hover_text(number.line);
                }
                ui.end_row();
                ui.label(&model.source.title)
                    .on_hover_text(&model.source.name);
                for (head, number, value) in &columns {
                    ui.label(value).on_hover_text(number.line).widget_info(|| {
                        eframe::egui::WidgetInfo::labeled(
                            eframe::egui::Role::Label,
                            true,
                            format!("{head}: {value}"),
                        )
                    });
                }
                ui.end_row();
            });
        });
    }
}

type Column = (&'static str, Number, String);

fn columns(answer: &Answer) -> [Column; 13] {
    let known = |value: Option<String>| value.unwrap_or_else(|| UNKNOWN.to_owned());
    let counts = answer.counts;
    let p99 = answer
        .p99
        .value_ms
        .filter(|_| format::gate(&answer.p99).is_none());
    [
        ("arrived", numbers::ARRIVED, format::count(counts.arrived())),
        ("on time", numbers::VERDICTS, format::count(counts.on_time)),
        (
            "tolerated",
            numbers::VERDICTS,
            format::count(counts.tolerated),
        ),
        (
            "late",
            numbers::LATE_AND_SKIPPED,
            format::count(counts.late),
        ),
        (
            "skipped",
            numbers::LATE_AND_SKIPPED,
            format::count(counts.skipped),
        ),
        (
            "drop rate",
            numbers::DROP_RATE,
            known(answer.drop_rate.map(format::percent)),
        ),
        (
            "episodes",
            numbers::EPISODES,
            format::count(answer.drop_episodes),
        ),
        ("p99", numbers::P99, known(p99.map(format::ms))),
        (
            "throughput",
            numbers::THROUGHPUT,
            known(
                answer
                    .throughput_fps
                    .map(|fps| format!("{fps:.2}{THIN}fps")),
            ),
        ),
        (
            "utilisation",
            numbers::UTILISATION,
            known(
                answer
                    .utilisation
                    .map(|share| format!("{:.1}{THIN}%", share * 100.0)),
            ),
        ),
        (
            "waiting",
            numbers::QUEUE_DEPTH,
            format::count(u64::from(answer.queue_depth)),
        ),
        (
            "allocations",
            numbers::ALLOCATIONS,
            answer
                .allocations_per_frame
                .map_or("not available".to_owned(), format::plain),
        ),
        (
            "records lost",
            numbers::RECORDS_LOST,
            format::count(answer.records_lost),
        ),
    ]
}
