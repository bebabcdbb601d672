//! The stages: one frame's times stacked against the budget, each stage's own quantiles, and every frame's stack.
//! A stage that is clicked is shown alone in every plot.

use eframe::egui::{
    Align2, CornerRadius, CursorIcon, Painter, Rect, Role, Sense, Stroke, Ui, pos2, vec2,
};

use super::Panel;
use super::format::{self, UNKNOWN};
use super::stage_frames::{self, StageFrames};
use super::theme::{CAPTION, GAP, ROW, TEXT, Tokens};
use super::widgets::{named, nothing_yet, text_at, text_within};
use crate::app::{QuantileView, StageView, UiCommand, ViewModel};

const STACK: f32 = 18.0;
const NUMBER: f32 = 42.0;
const TABLE_HEAD: f32 = 18.0;

/// The stages panel.
#[derive(Debug, Default)]
pub(super) struct Stages {
    frames: StageFrames,
}

impl Panel for Stages {
    fn title(&self) -> &'static str {
        "Stages"
    }

    fn head(&self, painter: &Painter, rect: Rect, model: &ViewModel, tokens: &Tokens) {
        if model.stages.is_empty() {
            return;
        }
        let which = chosen(model).1.map_or_else(
            || "latest frame".to_owned(),
            |frame| format!("frame #{frame}"),
        );
        text_within(
            painter,
            rect.right_top() - vec2(0.0, 1.0),
            Align2::RIGHT_TOP,
            &match &model.focused_stage {
                Some(stage) => format!("{which} · {stage} alone in the plots"),
                None => format!("{which}, against the budget"),
            },
            (CAPTION, tokens.muted),
            rect.width(),
        );
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let whole = ui.max_rect();
        if model.stages.is_empty() {
            nothing_yet(
                ui,
                whole,
                model,
                "The pipeline's stages appear when it runs.",
            );
            return;
        }
        let stack = Rect::from_min_size(whole.min, vec2(whole.width(), STACK));
        let (times, _) = chosen(model);
        paint_stack(ui, stack, model, &times);
        let top = stack.bottom() + 12.0;
        if whole.bottom() - top < ROW {
            return;
        }
        let mut table = Rect::from_min_max(pos2(whole.left(), top), whole.max);
        let rows = TABLE_HEAD + ROW * model.stages.len() as f32;
        let room = table.height() - rows - 22.0;
        if room >= stage_frames::LEAST && !model.plots.run.is_empty() {
            let height = room.min(90.0);
            let chart = Rect::from_min_max(pos2(whole.left(), whole.bottom() - height), whole.max);
            stage_frames::caption(ui, chart, model);
            self.frames.ui(ui, chart, model, out);
            table.max.y = chart.top() - 20.0;
        }
        paint_table(ui, table, model, &times, out);
    }
}

/// Times of the selected frame if one is selected and has been processed, else of the latest.
fn chosen(model: &ViewModel) -> (Vec<Option<f64>>, Option<u64>) {
    match &model.selected {
        Some(bar) if bar.stage_ms.len() == model.stages.len() => (
            bar.stage_ms.iter().map(|ms| Some(*ms)).collect(),
            Some(bar.index),
        ),
        _ => (
            model.stages.iter().map(|stage| stage.now_ms).collect(),
            None,
        ),
    }
}

fn paint_stack(ui: &Ui, rect: Rect, model: &ViewModel, times: &[Option<f64>]) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter();
    let total: f64 = times.iter().flatten().sum();
    let budget = model.timeline.budget_ms;
    let full = (budget * 1.06).max(total).max(1e-6);
    let x = |ms: f64| rect.left() + (ms / full) as f32 * rect.width();
    painter.rect_filled(rect, CornerRadius::same(2), tokens.raised);
    let mut from = 0.0;
    for (stage, ms) in model.stages.iter().zip(times) {
        let to = from + ms.unwrap_or(0.0);
        let part = Rect::from_min_max(pos2(x(from), rect.top()), pos2(x(to), rect.bottom()));
        painter.rect_filled(part, CornerRadius::ZERO, tokens.stage(&stage.id));
        from = to;
    }
    let inside = total <= budget || budget <= 0.0;
    let place = if inside {
        x(total) + 6.0
    } else {
        rect.left() + 6.0
    };
    if total > 0.0 {
        let share = if budget > 0.0 {
            format!(" · {}", format::percent(total / budget))
        } else {
            String::new()
        };
        let color = if inside {
            tokens.muted
        } else {
            tokens.over_dark
        };
        let galley = painter.layout_no_wrap(
            format!("{}{share}", format::ms(total)),
            super::theme::font(CAPTION),
            color,
        );
        // Beside the line of the budget, not across it.
        let wide = galley.size().x;
        let crosses = !inside && x(budget) < place + wide + 4.0;
        let place = if crosses && x(budget) + 6.0 + wide < rect.right() {
            x(budget) + 6.0
        } else {
            place
        };
        // Inside the bar when it leaves no room beside it.
        let right_edge = x(budget.max(0.0)).max(rect.left()) - 6.0;
        if !inside || place + wide < right_edge {
            let y = rect.center().y - galley.size().y / 2.0;
            painter.galley(pos2(place, y), galley, color);
        }
    }
    if budget > 0.0 {
        painter.vline(
            x(budget),
            rect.top() - 3.0..=rect.bottom() + 3.0,
            Stroke::new(1.5, tokens.amber),
        );
    }
}

/// The columns of numbers, from their right edges.
struct Columns {
    rights: Vec<(f32, &'static str)>,
    share: Option<Rect>,
    name_width: f32,
}

impl Columns {
    /// Leaves columns out, the least important first, when there is little room.
    fn new(table: Rect) -> Self {
        let share_width = if table.width() > 420.0 { 110.0 } else { 64.0 };
        let room = table.width() - 82.0;
        let has_share = room >= 2.0 * NUMBER + share_width;
        let numbers = if has_share { room - share_width } else { room };
        let names = match (numbers / NUMBER) as i32 {
            ..=0 => &[][..],
            1 => &["now"][..],
            2 => &["now", "p99"][..],
            3 => &["now", "p50", "p99"][..],
            _ => &["now", "p50", "p95", "p99"][..],
        };
        let step = (numbers / names.len().max(1) as f32).clamp(NUMBER, 74.0);
        let right = table.right() - if has_share { share_width } else { 0.0 };
        let first = right - step * names.len() as f32;
        let rights = names
            .iter()
            .enumerate()
            .map(|(number, name)| (first + step * (number + 1) as f32, *name))
            .collect();
        Self {
            rights,
            share: has_share.then(|| {
                Rect::from_min_max(pos2(table.right() - share_width + GAP, 0.0), table.max)
            }),
            name_width: first - table.left(),
        }
    }
}

fn paint_table(
    ui: &Ui,
    table: Rect,
    model: &ViewModel,
    times: &[Option<f64>],
    out: &mut Vec<UiCommand>,
) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter();
    let columns = Columns::new(table);
    let head = table.top() + 7.0;
    text_at(
        painter,
        pos2(table.left() + 16.0, head),
        Align2::LEFT_CENTER,
        "ms",
        (CAPTION, tokens.muted),
    );
    for (right, name) in &columns.rights {
        text_at(
            painter,
            pos2(*right, head),
            Align2::RIGHT_CENTER,
            name,
            (CAPTION, tokens.muted),
        );
    }
    if columns.share.is_some() {
        text_at(
            painter,
            pos2(table.right(), head),
            Align2::RIGHT_CENTER,
            "of budget",
            (CAPTION, tokens.muted),
        );
    }
    let has_room = table.height() - TABLE_HEAD >= 34.0 * model.stages.len() as f32;
    let row_height = if has_room { 34.0 } else { ROW };
    for (number, (stage, now)) in model.stages.iter().zip(times).enumerate() {
        let top = table.top() + TABLE_HEAD + row_height * number as f32;
        let row = Rect::from_min_size(pos2(table.left(), top), vec2(table.width(), row_height));
        let is_focused = model.focused_stage.as_ref() == Some(&stage.id);
        if paint_row(ui, row, &columns, (stage, *now), [has_room, is_focused]) {
            let focus = (!is_focused).then(|| stage.id.clone());
            out.push(UiCommand::FocusStage(focus));
        }
    }
}

fn paint_row(
    ui: &Ui,
    row: Rect,
    columns: &Columns,
    (stage, now): (&StageView, Option<f64>),
    [has_label, is_focused]: [bool; 2],
) -> bool {
    let tokens = Tokens::of(ui);
    let painter = ui.painter();
    let response = ui.interact(
        row,
        ui.scope_id().with(("stage", &stage.id)),
        Sense::click(),
    );
    let spoken = format!("Stage {}: {}", stage.id, stage.label);
    let response = named(response, Role::Button, &spoken).on_hover_cursor(CursorIcon::PointingHand);
    if is_focused || response.hovered() || response.has_focus() {
        let fill = if is_focused {
            tokens.lifted
        } else {
            tokens.raised
        };
        painter.rect_filled(row.expand2(vec2(4.0, 0.0)), CornerRadius::same(3), fill);
    }
    let y = row.top() + ROW / 2.0;
    let swatch = Rect::from_center_size(pos2(row.left() + 5.0, y), vec2(9.0, 9.0));
    painter.rect_filled(swatch, CornerRadius::same(2), tokens.stage(&stage.id));
    text_within(
        painter,
        pos2(row.left() + 16.0, y),
        Align2::LEFT_CENTER,
        &stage.id,
        (TEXT, tokens.text),
        columns.name_width - 10.0,
    );
    if has_label {
        text_within(
            painter,
            pos2(row.left() + 16.0, row.top() + ROW - 2.0),
            Align2::LEFT_TOP,
            &stage.label,
            (CAPTION, tokens.muted),
            row.width() - 16.0,
        );
    }
    for (right, name) in &columns.rights {
        let (text, color) = match *name {
            "p50" => quantile(&stage.p50, tokens),
            "p95" => quantile(&stage.p95, tokens),
            "p99" => quantile(&stage.p99, tokens),
            _ => (
                now.map_or_else(|| UNKNOWN.to_owned(), format::ms_figure),
                tokens.text,
            ),
        };
        text_at(
            painter,
            pos2(*right, y),
            Align2::RIGHT_CENTER,
            &text,
            (TEXT, color),
        );
    }
    if let (Some(place), Some(share)) = (columns.share, stage.share_of_budget) {
        share_bar(painter, (place, y), share, tokens.stage(&stage.id), tokens);
    }
    let is_clicked = response.clicked();
    response.on_hover_ui(|ui| explain(ui, stage, is_focused));
    is_clicked
}

fn quantile(view: &QuantileView, tokens: &Tokens) -> (String, eframe::egui::Color32) {
    match view.value_ms.filter(|_| view.frames_missing == 0) {
        Some(ms) => (format::ms_figure(ms), tokens.text),
        None => (UNKNOWN.to_owned(), tokens.muted),
    }
}

fn share_bar(
    painter: &Painter,
    (place, y): (Rect, f32),
    share: f64,
    color: eframe::egui::Color32,
    tokens: &Tokens,
) {
    // More than all of it needs no tenths, and the bar needs the room.
    let digits = usize::from(share < 0.9995);
    let text = text_at(
        painter,
        pos2(place.right(), y),
        Align2::RIGHT_CENTER,
        &format!("{:.digits$}{}%", share * 100.0, format::THIN),
        (CAPTION, tokens.text),
    );
    let track = Rect::from_min_max(
        pos2(place.left(), y - 2.0),
        pos2(text.right() - 38.0, y + 2.0),
    );
    if track.width() > 12.0 {
        painter.rect_filled(track, CornerRadius::same(2), tokens.raised);
        let mut filled = track;
        filled.max.x = track.left() + track.width() * (share as f32).clamp(0.0, 1.0);
        painter.rect_filled(filled, CornerRadius::same(2), color);
    }
}

fn explain(ui: &mut Ui, stage: &StageView, is_focused: bool) {
    ui.label(&stage.label);
    ui.label(if is_focused {
        "Click to show the whole pipeline in the plots again."
    } else {
        "Click to show this stage alone in the plots."
    });
    if let Some(share) = stage.share_of_service {
        ui.label(format!("{} of all service time", format::percent(share)));
    }
    for view in [&stage.p50, &stage.p95, &stage.p99] {
        if let Some(gate) = format::gate(view) {
            ui.label(format!("{} {gate}", format::quantile_name(view)));
        }
    }
}
