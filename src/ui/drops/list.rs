//! The list of dropped frames: filter, episodes, one row a frame with its picture and its bar.
//!
//! Only the rows that are seen are drawn.

use eframe::egui::{
    self, Align2, ComboBox, CursorIcon, EventFilter, Key, Rect, RichText, Role, ScrollArea, Sense,
    Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2,
};

use crate::app::{
    CauseKind, DropFilter, DropRow, DropsCommand, Looker, UiCommand, ViewModel, cause_label,
};
use crate::judge::Dropped;
use crate::measure::Verdict;
use crate::ui::causes::{cause_mark, evidence_bar};
use crate::ui::format;
use crate::ui::theme::{CAPTION, TEXT, Tokens};
use crate::ui::thumbs::Thumbs;
use crate::ui::widgets::{named, text_at, text_within, verdict_mark};

/// Height of a row: two lines and a bar beside a picture.
const ROW: f32 = 52.0;
/// Width of the picture.
const PICTURE: f32 = 68.0;
/// Height of what is said of the selected frame.
const DETAILS: f32 = 92.0;

/// What belongs to looking at the list.
#[derive(Default)]
pub(super) struct DropList {
    thumbs: Thumbs,
    /// The frame that was scrolled to.
    shown: Option<u64>,
}

impl DropList {
    pub(super) fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        toolbar(ui, model, out);
        let whole = Rect::from_min_max(ui.cursor().min, ui.max_rect().max);
        let selected = model.selected.as_ref().map(|bar| bar.index);
        let chosen =
            selected.and_then(|frame| model.drops.list.iter().find(|drop| drop.frame == frame));
        let mut list = whole;
        if let Some(drop) = chosen
            && whole.height() > DETAILS + 1.5 * ROW
        {
            list.max.y -= DETAILS;
            details(
                ui,
                Rect::from_min_max(list.left_bottom(), whole.max),
                drop,
                out,
            );
        }
        if model.watch.drops.rows.is_empty() {
            crate::ui::widgets::empty_note(
                ui,
                list,
                "No dropped frame is of this kind. Choose another above.",
            );
            return;
        }
        self.rows(ui, list, model, out);
    }

    fn rows(&mut self, ui: &mut Ui, list: Rect, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let view = &model.watch.drops;
        let selected = model.selected.as_ref().map(|bar| bar.index);
        let keyboard = ui.interact(list, ui.scope_id().with("drops"), Sense::click());
        keyboard.widget_info(|| egui::WidgetInfo::labeled(Role::List, true, "Dropped frames"));
        if keyboard.has_focus() {
            let line = Stroke::new(1.0, Tokens::of(ui).cyan);
            ui.painter()
                .rect_stroke(list, 2.0, line, StrokeKind::Inside);
            arrows(ui, keyboard.id, out);
        }
        let mut seen = Vec::new();
        ui.scope_builder(UiBuilder::new().max_rect(list), |ui| {
            ui.shrink_clip_rect(list.expand2(vec2(3.0, 0.0)));
            ui.spacing_mut().item_spacing.y = 0.0;
            let mut area = ScrollArea::vertical().id_salt("drops").auto_shrink(false);
            if selected != self.shown {
                self.shown = selected;
                if let Some(at) = selected.and_then(|frame| row_of(model, frame)) {
                    area = area.vertical_scroll_offset(
                        (at as f32 * ROW - (list.height() - ROW) / 2.0).max(0.0),
                    );
                }
            }
            area.show_rows(ui, ROW, view.rows.len(), |ui, rows| {
                for row in view.rows.get(rows).unwrap_or_default() {
                    match *row {
                        DropRow::Episode {
                            first,
                            last,
                            longest_ms,
                        } => episode(ui, first, last, longest_ms, out),
                        DropRow::Frame { at, is_in_episode } => {
                            let Some(drop) = model.drops.list.get(at) else {
                                continue;
                            };
                            seen.push(drop.frame);
                            let is_selected = selected == Some(drop.frame);
                            if self.row(ui, model, (at, drop), (is_in_episode, is_selected), out) {
                                // A click selects, and the arrows go on from there.
                                ui.memory_mut(|memory| memory.request_focus(keyboard.id));
                                self.shown = Some(drop.frame);
                            }
                        }
                    }
                }
            });
        });
        out.push(UiCommand::Drops(DropsCommand::LookAt(Looker::List, seen)));
    }

    /// One dropped frame; whether it was clicked.
    fn row(
        &mut self,
        ui: &mut Ui,
        model: &ViewModel,
        (at, drop): (usize, &Dropped),
        (is_in_episode, is_selected): (bool, bool),
        out: &mut Vec<UiCommand>,
    ) -> bool {
        let tokens = Tokens::of(ui);
        let width = (ui.available_width() - 4.0).max(8.0);
        let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::click());
        let spoken = format!("Drop #{}: {}", drop.frame, drop.verdict.word());
        let response =
            named(response, Role::Button, &spoken).on_hover_cursor(CursorIcon::PointingHand);
        if is_selected || response.hovered() {
            ui.painter().rect_filled(rect, 3.0, tokens.raised);
        }
        let indent = if is_in_episode { 8.0 } else { 0.0 };
        let picture = Rect::from_min_size(
            rect.min + vec2(indent + 2.0, 7.0),
            vec2(PICTURE, PICTURE * 9.0 / 16.0),
        );
        let state = model.watch.pictures.get(&drop.frame);
        self.thumbs.draw(ui, picture, drop.frame, state);
        let right = Rect::from_min_max(
            pos2(picture.right() + 8.0, rect.top()),
            rect.max - vec2(4.0, 0.0),
        );
        if right.width() > 8.0 {
            words(ui, right, drop);
            let place = Rect::from_min_max(
                pos2(right.left(), rect.bottom() - 16.0),
                pos2(right.right(), rect.bottom() - 4.0),
            );
            let view = &model.watch.drops;
            if let Some(Some(bar)) = view.bars.get(at) {
                evidence_bar(ui.painter(), place, bar, view.axis_ms, tokens);
            } else {
                text_within(
                    ui.painter(),
                    place.left_center(),
                    Align2::LEFT_CENTER,
                    "never begun",
                    (CAPTION, tokens.muted),
                    place.width(),
                );
            }
        }
        let is_clicked = response.clicked();
        if is_clicked {
            out.push(UiCommand::Select((!is_selected).then_some(drop.frame)));
        }
        response.on_hover_text(spelled_out(drop));
        is_clicked
    }
}

/// The first line of a row: verdict, number, time, cause.
fn words(ui: &Ui, rect: Rect, drop: &Dropped) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter();
    let middle = rect.top() + 11.0;
    let mark = Rect::from_center_size(pos2(rect.left() + 4.0, middle), vec2(8.0, 11.0));
    verdict_mark(painter, mark, drop.verdict, tokens);
    let number = text_at(
        painter,
        pos2(rect.left() + 14.0, middle),
        Align2::LEFT_CENTER,
        &format!("#{}", drop.frame),
        (TEXT, tokens.text),
    );
    let time = drop
        .response_ms
        .map_or_else(|| drop.verdict.word().to_owned(), format::ms);
    let color = if drop.response_ms.is_some() {
        tokens.text
    } else {
        tokens.muted
    };
    let at = pos2((rect.left() + 76.0).max(number.right() + 8.0), middle);
    text_at(painter, at, Align2::LEFT_CENTER, &time, (TEXT, color));
    let second = middle + 17.0;
    let kind = CauseKind::of(&drop.cause);
    cause_mark(painter, pos2(rect.left() + 4.0, second), kind, tokens);
    text_within(
        painter,
        pos2(rect.left() + 14.0, second),
        Align2::LEFT_CENTER,
        &cause_label(&drop.cause),
        (TEXT, tokens.muted),
        rect.width() - 14.0,
    );
}

/// The line of the log, and what its excess consists of.
fn spelled_out(drop: &Dropped) -> String {
    let parts = drop
        .parts
        .iter()
        .map(|part| (part.ms, cause_label(&part.cause)));
    let rest = drop.unexplained_ms.filter(|ms| *ms > 0.0);
    let rest = rest.map(|ms| (ms, "unexplained".to_owned()));
    let lines = parts
        .chain(rest)
        .map(|(ms, cause)| format!("{} {cause}", format::ms(ms)));
    [
        drop.text.clone(),
        CauseKind::of(&drop.cause).meaning().to_owned(),
    ]
    .into_iter()
    .chain(lines)
    .collect::<Vec<_>>()
    .join("\n")
}

/// The head of an episode.
fn episode(ui: &mut Ui, first: u64, last: u64, longest_ms: Option<f64>, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    let width = (ui.available_width() - 4.0).max(8.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::click());
    let frames = last - first + 1;
    let spoken = format!("Episode of {frames} frames, #{first} to #{last}");
    let response = named(response, Role::Button, &spoken).on_hover_cursor(CursorIcon::PointingHand);
    let painter = ui.painter();
    if response.hovered() {
        painter.rect_filled(rect, 3.0, tokens.raised);
    }
    painter.hline(
        rect.x_range(),
        rect.top() + 4.0,
        Stroke::new(1.0, tokens.line),
    );
    let width = rect.width() - 4.0;
    text_within(
        painter,
        pos2(rect.left() + 2.0, rect.top() + 20.0),
        Align2::LEFT_CENTER,
        &format!("{frames} in a row, #{first} – #{last}"),
        (TEXT, tokens.text),
        width,
    );
    let longest = longest_ms.map_or_else(
        || "all skipped".to_owned(),
        |ms| format!("longest response {}", format::ms(ms)),
    );
    text_within(
        painter,
        pos2(rect.left() + 2.0, rect.top() + 37.0),
        Align2::LEFT_CENTER,
        &longest,
        (CAPTION, tokens.muted),
        width,
    );
    if response.on_hover_text("An episode: consecutive dropped frames. One stall drops several; select the first, which is mostly where it began.").clicked() {
        out.push(UiCommand::Select(Some(first)));
    }
}

/// The row of a frame in the list.
fn row_of(model: &ViewModel, frame: u64) -> Option<usize> {
    let list = &model.drops.list;
    model.watch.drops.rows.iter().position(|row| match row {
        DropRow::Frame { at, .. } => list.get(*at).is_some_and(|drop| drop.frame == frame),
        DropRow::Episode { .. } => false,
    })
}

/// Up and down, while the list has the keyboard.
fn arrows(ui: &Ui, id: egui::Id, out: &mut Vec<UiCommand>) {
    let filter = EventFilter {
        vertical_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    for (key, command) in [
        (Key::ArrowUp, DropsCommand::Next),
        (Key::ArrowDown, DropsCommand::Previous),
    ] {
        if ui.input(|input| input.key_pressed(key)) {
            out.push(UiCommand::Drops(command));
        }
    }
}

/// Which frames, in what order, and the way out of here.
fn toolbar(ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let view = &model.watch.drops;
    let filter = &view.filter;
    let mut wanted = None;
    ui.horizontal(|ui| {
        let all = format!(
            "all causes ({})",
            format::count(model.drops.list.len() as u64)
        );
        let present = filter.cause.as_deref().map_or(all.clone(), cause_label);
        let width = (ui.available_width() - 150.0).clamp(60.0, 150.0);
        let combo = ComboBox::from_id_salt("cause")
            .selected_text(RichText::new(present).size(CAPTION))
            .width(width)
            .truncate()
            .show_ui(ui, |ui| {
                if ui.selectable_label(filter.cause.is_none(), all).clicked() {
                    wanted = Some(DropFilter {
                        cause: None,
                        ..*filter
                    });
                }
                for (cause, count) in &view.causes {
                    let is_present = filter.cause.as_ref() == Some(cause);
                    let text = format!("    {} ({})", cause_label(cause), format::count(*count));
                    let label = ui.selectable_label(is_present, text);
                    let at = label.rect.left_center() + vec2(10.0, 0.0);
                    cause_mark(ui.painter(), at, CauseKind::of(cause), Tokens::of(ui));
                    if label
                        .on_hover_text(CauseKind::of(cause).meaning())
                        .clicked()
                    {
                        wanted = Some(DropFilter {
                            cause: Some(cause.clone()),
                            ..*filter
                        });
                    }
                }
            });
        combo
            .response
            .accessible_name("Cause")
            .on_hover_text("List only the frames of one cause.");
        for verdict in [Verdict::Late, Verdict::Skipped] {
            let is_only = filter.verdict == Some(verdict);
            let text = RichText::new(verdict.word()).size(CAPTION);
            let hint = format!("List only {} frames.", verdict.word());
            if ui
                .selectable_label(is_only, text)
                .on_hover_text(hint)
                .clicked()
            {
                wanted = Some(DropFilter {
                    verdict: (!is_only).then_some(verdict),
                    ..filter.clone()
                });
            }
        }
    });
    if let Some(filter) = wanted {
        out.push(UiCommand::Drops(DropsCommand::Filter(filter)));
    }
    ui.horizontal(|ui| {
        let text = RichText::new("episodes").size(CAPTION);
        let hint = "Gather consecutive dropped frames: one stall drops several.";
        if ui
            .selectable_label(view.is_grouped, text)
            .on_hover_text(hint)
            .clicked()
        {
            out.push(UiCommand::Drops(DropsCommand::Group(!view.is_grouped)));
        }
        let hint = "Copy the lines of all listed frames, as in the log.";
        if ui.small_button("Copy list").on_hover_text(hint).clicked() {
            ui.ctx().copy_text(lines(model));
        }
        let all = model.drops.list.len();
        if view.listed < all {
            let text = format!(
                "{} of {}",
                format::count(view.listed as u64),
                format::count(all as u64)
            );
            ui.label(
                RichText::new(text)
                    .size(CAPTION)
                    .color(Tokens::of(ui).muted),
            );
        }
    });
}

/// The log lines of the listed frames, newest first.
fn lines(model: &ViewModel) -> String {
    let rows = model.watch.drops.rows.iter();
    let lines = rows.filter_map(|row| match row {
        DropRow::Frame { at, .. } => model.drops.list.get(*at).map(|drop| drop.text.as_str()),
        DropRow::Episode { .. } => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The line of the log for the selected frame, and where to go from it.
fn details(ui: &mut Ui, rect: Rect, drop: &Dropped, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    ui.painter().hline(
        rect.x_range(),
        rect.top() + 2.0,
        Stroke::new(1.0, tokens.line),
    );
    let inner = Rect::from_min_max(rect.min + vec2(0.0, 8.0), rect.max);
    ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| {
        ui.shrink_clip_rect(inner);
        ui.horizontal(|ui| {
            let hint = "Copy this frame's line.";
            if ui.small_button("Copy line").on_hover_text(hint).clicked() {
                ui.ctx().copy_text(drop.text.clone());
            }
            let hint = "Pause, and show this frame's picture in the viewer.";
            if ui
                .small_button("Show picture")
                .on_hover_text(hint)
                .clicked()
            {
                out.push(UiCommand::Drops(DropsCommand::ShowInViewer(drop.frame)));
            }
        });
        ScrollArea::vertical()
            .id_salt("drop details")
            .auto_shrink(false)
            .show(ui, |ui| {
                let text = RichText::new(&drop.text).size(CAPTION).color(tokens.text);
                ui.add(egui::Label::new(text).wrap().selectable(true));
            });
    });
}
