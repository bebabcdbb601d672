//! The answer line: how many frames were dropped, and by how much the others made it.

use eframe::egui::{Align2, Color32, CornerRadius, CursorIcon, Rect, Role, Sense, Ui, pos2, vec2};

use super::format::{self, THIN, UNKNOWN};
use super::theme::{CAPTION, FIGURE, GROUP, TEXT, Tokens};
use super::widgets::{named, text_at, text_within};
use crate::app::{Answer, Number, PanelKind, ShellCommand, UiCommand, ViewModel, numbers};

const CELL_HEIGHT: f32 = 54.0;
const CELL_MIN_WIDTH: f32 = 184.0;

/// One figure.
struct Cell {
    caption: &'static str,
    figure: String,
    unit: &'static str,
    detail: String,
    hint: &'static str,
    /// What else the tooltip says.
    more: String,
    color: Color32,
    /// Where more is to be seen of it.
    panel: PanelKind,
}

/// Height that the line takes in a window of this size.
pub(super) fn height(window: eframe::egui::Vec2) -> f32 {
    if window.y < 360.0 {
        return CELL_HEIGHT;
    }
    let rows = 6usize.div_ceil(columns(window.x));
    CELL_HEIGHT * rows as f32
}

fn columns(width: f32) -> usize {
    ((width / CELL_MIN_WIDTH) as usize).clamp(1, 6)
}

/// Draws the line into `rect`.
pub(super) fn ui(ui: &mut Ui, rect: Rect, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    let inner = rect.shrink2(vec2(GROUP, 0.0));
    let columns = columns(rect.width());
    let width = inner.width() / columns as f32;
    if width < 24.0 {
        return;
    }
    let painter = ui.painter_at(rect);
    for (position, cell) in cells(&model.answer, tokens).into_iter().enumerate() {
        let (row, column) = (position / columns, position % columns);
        let min = inner.min + vec2(width * column as f32, CELL_HEIGHT * row as f32);
        if min.y + CELL_HEIGHT > rect.bottom() + 1.0 {
            break;
        }
        let place = Rect::from_min_size(min, vec2(width - GROUP, CELL_HEIGHT));
        let id = ui.scope_id().with(("answer", cell.caption));
        let response = ui.interact(place, id, Sense::click());
        let spoken = format!(
            "{}: {} {} {}",
            cell.caption, cell.figure, cell.unit, cell.detail
        );
        let response = named(response, Role::Button, &spoken);
        let number = format!("{} {}", cell.figure, cell.unit);
        super::widgets::copyable(&response, number.trim_end());
        if response.hovered() || response.has_focus() {
            let ground = place.expand2(vec2(6.0, -3.0));
            painter.rect_filled(ground, CornerRadius::same(4), tokens.raised);
        }
        if response.clicked() {
            out.push(UiCommand::Shell(ShellCommand::ShowPanel(cell.panel)));
        }
        let hint = format!("{} {}", cell.hint, cell.more);
        response
            .on_hover_cursor(CursorIcon::PointingHand)
            .on_hover_text(format!(
                "{}\nClick: {}.",
                hint.trim_end(),
                cell.panel.title()
            ));
        draw(&painter, place, &cell, tokens);
    }
}

fn draw(painter: &eframe::egui::Painter, place: Rect, cell: &Cell, tokens: &Tokens) {
    let caption = place.left_top() + vec2(0.0, 7.0);
    text_within(
        painter,
        caption,
        Align2::LEFT_TOP,
        cell.caption,
        (CAPTION, tokens.muted),
        place.width(),
    );
    // The three sizes stand on one baseline.
    let base = place.top() + 45.0;
    let figure = text_at(
        painter,
        pos2(place.left(), base + 3.0),
        Align2::LEFT_BOTTOM,
        &cell.figure,
        (FIGURE, cell.color),
    );
    let unit = text_at(
        painter,
        pos2(figure.right() + 3.0, base),
        Align2::LEFT_BOTTOM,
        cell.unit,
        (TEXT, cell.color),
    );
    let left = unit.right() + if cell.unit.is_empty() { 3.0 } else { 8.0 };
    text_within(
        painter,
        pos2(left, base - 0.5),
        Align2::LEFT_BOTTOM,
        &cell.detail,
        (CAPTION, tokens.muted),
        place.right() + GROUP - 6.0 - left,
    );
}

fn cells(answer: &Answer, tokens: &Tokens) -> [Cell; 6] {
    [
        drop_rate(answer, tokens),
        p99(answer, tokens),
        budget(answer, tokens),
        utilisation(answer, tokens),
        known_or_grey(
            "THROUGHPUT",
            answer.throughput_fps.map(|fps| format!("{fps:.2}")),
            ("fps", &waiting(answer)),
            (numbers::THROUGHPUT, PanelKind::WhatIf),
            tokens,
        ),
        allocations(answer, tokens),
    ]
}

/// Frames that wait, if any do.
fn waiting(answer: &Answer) -> String {
    match answer.queue_depth {
        0 => String::new(),
        depth => format!("{} waiting", format::count(u64::from(depth))),
    }
}

fn known_or_grey(
    caption: &'static str,
    figure: Option<String>,
    (unit, detail): (&'static str, &str),
    (number, panel): (Number, PanelKind),
    tokens: &Tokens,
) -> Cell {
    let is_known = figure.is_some();
    Cell {
        caption,
        figure: figure.unwrap_or_else(|| UNKNOWN.to_owned()),
        unit: if is_known { unit } else { "" },
        detail: if is_known {
            detail.to_owned()
        } else {
            String::new()
        },
        hint: number.line,
        more: String::new(),
        color: if is_known { tokens.text } else { tokens.muted },
        panel,
    }
}

fn drop_rate(answer: &Answer, tokens: &Tokens) -> Cell {
    let mut cell = known_or_grey(
        "DROP RATE",
        answer.drop_rate.map(format::percent_figure),
        ("%", ""),
        (numbers::DROP_RATE, PanelKind::Drops),
        tokens,
    );
    if answer.drop_rate.is_some() {
        let counts = answer.counts;
        cell.detail = format!(
            "{} late · {} skipped",
            format::count(counts.late),
            format::count(counts.skipped)
        );
        if let Some(rate) = answer.drop_rate_interval {
            cell.more = format!(
                "Between {} and {} % with 95 % confidence, if frames were independent. They come in episodes: {}.",
                format::percent_figure(rate.low),
                format::percent_figure(rate.high),
                format::count(answer.drop_episodes)
            );
        }
        if counts.dropped() > 0 {
            cell.color = tokens.coral;
        }
    }
    cell
}

fn p99(answer: &Answer, tokens: &Tokens) -> Cell {
    let view = &answer.p99;
    let gate = format::gate(view);
    let value = view.value_ms.filter(|_| gate.is_none());
    let mut cell = known_or_grey(
        "P99",
        value.map(format::ms_figure),
        ("ms", ""),
        (numbers::P99, PanelKind::Distribution),
        tokens,
    );
    cell.detail = gate.unwrap_or_else(|| {
        if value.is_some() {
            format::interval(view.low_ms, view.high_ms)
        } else {
            String::new()
        }
    });
    cell
}

fn budget(answer: &Answer, tokens: &Tokens) -> Cell {
    let is_known = answer.budget_ms > 0.0;
    let mut cell = known_or_grey(
        "BUDGET",
        is_known.then(|| format::ms_figure(answer.budget_ms)),
        ("ms", ""),
        (numbers::BUDGET, PanelKind::Timeline),
        tokens,
    );
    if is_known {
        cell.detail = format!("+ {}{THIN}%", format::plain(answer.tolerance_percent));
    }
    cell
}

fn utilisation(answer: &Answer, tokens: &Tokens) -> Cell {
    let mut cell = known_or_grey(
        "UTILISATION",
        answer
            .utilisation
            .map(|share| format!("{:.1}", share * 100.0)),
        ("%", ""),
        (numbers::UTILISATION, PanelKind::Stages),
        tokens,
    );
    if let Some(ms) = answer.probe_cost_ms {
        cell.more = format!(
            "Measuring itself costs {:.1}{THIN}µs of each frame.",
            ms * 1e3
        );
    }
    if answer.utilisation.is_some_and(|share| share >= 1.0) {
        cell.color = tokens.coral;
    }
    cell
}

fn allocations(answer: &Answer, tokens: &Tokens) -> Cell {
    let has_frames = answer.drop_rate.is_some();
    let mut cell = known_or_grey(
        "ALLOCATIONS",
        answer.allocations_per_frame.map(format::plain),
        ("", "per frame"),
        (numbers::ALLOCATIONS, PanelKind::Stages),
        tokens,
    );
    if answer.allocations_per_frame.is_none() && has_frames {
        "not available".clone_into(&mut cell.detail);
    }
    cell
}
