//! What if: the recorded frames under all policies, and the drop rate over tolerance and rate.

use std::fmt::Write as _;

use eframe::egui::{
    Align2, ComboBox, CursorIcon, Painter, Rect, Role, Sense, Shape, Stroke, Ui, UiBuilder, pos2,
    vec2,
};

use super::Panel;
use super::controls::policy;
use super::format::{self, THIN, UNKNOWN};
use super::theme::{CAPTION, GAP, GROUP, TEXT, Tokens};
use super::widgets::{empty_note, named, nothing_yet, text_at, text_within};
use crate::app::{UiCommand, ViewModel, WhatIfView};
use crate::judge::{Curve, DropRule, Map, Policy, ReplaySummary, WhatIf};
use crate::measure::ms_from_nanos;

const ROW: f32 = 18.0;
const HEAD: f32 = 26.0;
const AXIS: f32 = 15.0;
/// The table's width if there is room for the curves beside it.
const TABLE: f32 = 416.0;
/// Right edges of the columns, as shares of the table's width.
const COLUMNS: [(&str, f32, &str); 7] = [
    ("skipped", 0.34, "Frames that were never begun."),
    (
        "late",
        0.43,
        "Frames that were finished past their deadline.",
    ),
    (
        "drop rate",
        0.57,
        "Frames that count as dropped, of all that arrived.",
    ),
    (
        "p99",
        0.68,
        "99th percentile of the response time, in milliseconds.",
    ),
    ("max", 0.78, "The longest response time, in milliseconds."),
    (
        "freeze",
        0.88,
        "The longest time between two finished frames, in milliseconds.",
    ),
    (
        "episodes",
        1.0,
        "Runs of consecutive late or skipped frames.",
    ),
];

/// The what-if panel.
#[derive(Debug, Default)]
pub(super) struct WhatIfPanel;

impl Panel for WhatIfPanel {
    fn title(&self) -> &'static str {
        "What if"
    }

    fn head(&self, painter: &Painter, rect: Rect, model: &ViewModel, tokens: &Tokens) {
        let view = &model.what_if;
        if view.frames > 0 {
            text_within(
                painter,
                rect.right_top() - vec2(0.0, 1.0),
                Align2::RIGHT_TOP,
                &format!(
                    "{} recorded frames, replayed at {}{THIN}fps without wake-up errors",
                    format::count(view.frames as u64),
                    format::plain(view.fps)
                ),
                (CAPTION, tokens.muted),
                rect.width(),
            );
        }
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        out.push(UiCommand::LookAtWhatIf);
        let whole = ui.max_rect();
        let view = &model.what_if;
        let Some(answer) = &view.answer else {
            let text = "The frames of this run are replayed here under every policy, as soon as there are some.";
            nothing_yet(ui, whole, model, text);
            return;
        };
        let has_room = whole.width() > TABLE + 230.0;
        let table_at = if has_room {
            let width = (whole.width() * 0.4).clamp(TABLE, 1.4 * TABLE);
            Rect::from_min_size(whole.min, vec2(width, whole.height()))
        } else {
            whole
        };
        rule(ui, whole, view.rule, out);
        let below = Rect::from_min_max(table_at.min + vec2(0.0, HEAD), table_at.max);
        table(ui, below, (view, answer), out);
        if has_room {
            let plots = Rect::from_min_max(
                pos2(table_at.right() + GROUP, whole.top() + HEAD + 4.0),
                whole.max,
            );
            plots_beside(ui, plots, (view, answer));
        }
    }
}

/// What counts as dropped.
fn rule(ui: &mut Ui, rect: Rect, present: DropRule, out: &mut Vec<UiCommand>) {
    let row = Rect::from_min_size(rect.min, vec2(rect.width(), HEAD));
    ui.scope_builder(UiBuilder::new().max_rect(row), |ui| {
        ui.horizontal(|ui| {
            let label = ui.label("Dropped means");
            let combo = ComboBox::from_id_salt("drop rule")
                .selected_text(present.line())
                .width((ui.available_width() - GAP).clamp(60.0, 400.0))
                .truncate()
                .show_ui(ui, |ui| {
                    for rule in DropRule::ALL {
                        if ui.selectable_label(rule == present, rule.line()).clicked()
                            && rule != present
                        {
                            out.push(UiCommand::SetDropRule(rule));
                        }
                    }
                });
            combo.response.labelled_by(label.id);
        });
    });
}

fn table(ui: &Ui, rect: Rect, (view, answer): (&WhatIfView, &WhatIf), out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter_at(rect.expand2(vec2(4.0, 0.0)));
    for (name, right, hint) in COLUMNS {
        let at = pos2(rect.left() + rect.width() * right, rect.top() + ROW / 2.0);
        let text = text_at(
            &painter,
            at,
            Align2::RIGHT_CENTER,
            name,
            (CAPTION, tokens.muted),
        );
        ui.interact(text, ui.scope_id().with(("column", name)), Sense::hover())
            .on_hover_text(hint);
    }
    for (number, (policy, summary)) in answer.table.iter().enumerate() {
        let top = rect.top() + ROW * (number as f32 + 1.0);
        let row = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), ROW));
        if row.bottom() > rect.bottom() + 2.0 {
            break;
        }
        policy_row(
            ui,
            &painter,
            row,
            (*policy, summary, *policy == view.policy),
            out,
        );
    }
}

fn policy_row(
    ui: &Ui,
    painter: &Painter,
    row: Rect,
    (policy, summary, is_present): (Policy, &ReplaySummary, bool),
    out: &mut Vec<UiCommand>,
) {
    let tokens = Tokens::of(ui);
    let response = ui.interact(
        row,
        ui.scope_id().with(("policy", policy.name())),
        Sense::click(),
    );
    let spoken = format!(
        "{}: {} skipped, {} late",
        policy::title(policy),
        summary.counts.skipped,
        summary.counts.late
    );
    let response = named(response, Role::Button, &spoken).on_hover_cursor(CursorIcon::PointingHand);
    if response.hovered() || is_present {
        painter.rect_filled(row.expand2(vec2(4.0, 0.0)), 3.0, tokens.raised);
    }
    let middle = row.center().y;
    let name_color = if is_present { tokens.mint } else { tokens.text };
    text_within(
        painter,
        pos2(row.left(), middle),
        Align2::LEFT_CENTER,
        policy::title(policy),
        (TEXT, name_color),
        row.width() * 0.28,
    );
    let ms = |nanos: Option<u64>| {
        nanos.map_or_else(
            || UNKNOWN.to_owned(),
            |nanos| format::ms_figure(ms_from_nanos(nanos)),
        )
    };
    let rate = summary
        .drop_rate
        .map_or_else(|| UNKNOWN.to_owned(), |rate| format::percent(rate.share));
    let cells = [
        format::count(summary.counts.skipped),
        format::count(summary.counts.late),
        rate,
        ms(summary.p99_response_nanos),
        ms(summary.max_response_nanos),
        ms(summary.longest_freeze_nanos),
        format::count(summary.episodes),
    ];
    for ((_, right, _), text) in COLUMNS.iter().zip(&cells) {
        let at = pos2(row.left() + row.width() * right, middle);
        text_at(painter, at, Align2::RIGHT_CENTER, text, (TEXT, tokens.text));
    }
    if response.clicked() && !is_present {
        out.push(UiCommand::SetPolicy(policy));
    }
    response.on_hover_text(hint(policy, summary, is_present));
}

fn hint(policy: Policy, summary: &ReplaySummary, is_present: bool) -> String {
    let mut hint = policy::line(policy).to_owned();
    if let Some(rate) = summary.drop_rate {
        let _ = write!(
            hint,
            " Drop rate between {} and {} with 95 % confidence.",
            format::percent(rate.low),
            format::percent(rate.high)
        );
    }
    if summary.late_by_queue > 0 {
        let _ = write!(
            hint,
            " {} late only because they waited for others; up to {} waited.",
            format::count(summary.late_by_queue),
            summary.deepest_queue
        );
    }
    if summary.imputed > 0 {
        let _ = write!(
            hint,
            " {} frames were skipped when they were recorded; their service time is the median of those before (imputed).",
            format::count(summary.imputed)
        );
    }
    if !is_present {
        hint += " Click to take it.";
    }
    hint
}

fn plots_beside(ui: &Ui, rect: Rect, (view, answer): (&WhatIfView, &WhatIf)) {
    let has_map = rect.width() > 460.0;
    let count = if has_map { 3.0 } else { 2.0 };
    let width = (rect.width() - GROUP * (count - 1.0)) / count;
    let place = |number: f32| {
        let left = rect.left() + number * (width + GROUP);
        Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()))
    };
    curve(
        ui,
        place(0.0),
        (&answer.by_tolerance, view.tolerance_percent),
        ("drop rate over tolerance", "%"),
    );
    curve(
        ui,
        place(1.0),
        (&answer.by_rate, view.fps),
        ("drop rate over rate", "fps"),
    );
    if has_map {
        map(ui, place(2.0), (&answer.map, view));
    }
}

/// A curve with its interval as a band, and the present setting as a dot on it.
fn curve(ui: &Ui, rect: Rect, (curve, present): (&Curve, f64), (title, unit): (&str, &str)) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter_at(rect.expand2(vec2(6.0, 2.0)));
    text_within(
        &painter,
        rect.left_top(),
        Align2::LEFT_TOP,
        title,
        (CAPTION, tokens.muted),
        rect.width(),
    );
    let known: Vec<_> = curve
        .points
        .iter()
        .filter_map(|point| Some((point.x, point.drop_rate?)))
        .collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        empty_note(ui, rect, "This rule says nothing about this policy.");
        return;
    };
    let plot = Rect::from_min_max(
        rect.min + vec2(30.0, 20.0),
        rect.max - vec2(2.0, AXIS + 2.0),
    );
    if plot.height() < 20.0 || plot.width() < 30.0 {
        return;
    }
    let top = known
        .iter()
        .map(|(_, rate)| rate.high)
        .fold(0.02, f64::max)
        .min(1.0);
    let x = |value: f64| {
        plot.left() + ((value - first.0) / (last.0 - first.0).max(1e-9)) as f32 * plot.width()
    };
    let y = |share: f64| plot.bottom() - (share / top) as f32 * plot.height();
    frame(&painter, plot, (first.0, last.0, top), unit, tokens);
    for pair in known.windows(2) {
        let band = vec![
            pos2(x(pair[0].0), y(pair[0].1.high)),
            pos2(x(pair[1].0), y(pair[1].1.high)),
            pos2(x(pair[1].0), y(pair[1].1.low)),
            pos2(x(pair[0].0), y(pair[0].1.low)),
        ];
        painter.add(Shape::convex_polygon(
            band,
            tokens.cyan.gamma_multiply(0.15),
            Stroke::NONE,
        ));
    }
    let line = known
        .iter()
        .map(|(value, rate)| pos2(x(*value), y(rate.share)))
        .collect();
    painter.line(line, Stroke::new(1.5, tokens.cyan));
    let nearest = known
        .iter()
        .min_by(|a, b| (a.0 - present).abs().total_cmp(&(b.0 - present).abs()));
    if let Some((value, rate)) = nearest {
        let at = pos2(x(present.clamp(first.0, last.0)), y(rate.share));
        painter.circle(at, 4.0, tokens.panel, Stroke::new(2.0, tokens.mint));
        let response = ui.interact(plot, ui.scope_id().with(title), Sense::hover());
        let spoken = format!(
            "{title}: {} at {}{THIN}{unit}",
            format::percent(rate.share),
            format::plain(*value)
        );
        let response = named(response, Role::Label, &spoken);
        if let Some(pointer) = response.hover_pos() {
            let wanted =
                first.0 + f64::from((pointer.x - plot.left()) / plot.width()) * (last.0 - first.0);
            let under = known
                .iter()
                .min_by(|a, b| (a.0 - wanted).abs().total_cmp(&(b.0 - wanted).abs()));
            if let Some((value, rate)) = under {
                response.on_hover_text_at_pointer(format!(
                    "{}{THIN}{unit}: {} [{}–{}]",
                    format::plain(*value),
                    format::percent(rate.share),
                    format::percent_figure(rate.low),
                    format::percent_figure(rate.high)
                ));
            }
        }
    }
}

fn frame(
    painter: &Painter,
    plot: Rect,
    (from, to, top): (f64, f64, f64),
    unit: &str,
    tokens: &Tokens,
) {
    let style = (CAPTION, tokens.muted);
    painter.hline(
        plot.x_range(),
        plot.bottom(),
        Stroke::new(1.0, tokens.muted.gamma_multiply(0.6)),
    );
    painter.hline(plot.x_range(), plot.top(), Stroke::new(1.0, tokens.line));
    let left = plot.left() - 5.0;
    text_at(
        painter,
        pos2(left, plot.top()),
        Align2::RIGHT_CENTER,
        &format!("{}{THIN}%", format::plain((top * 100.0).round())),
        style,
    );
    text_at(
        painter,
        pos2(left, plot.bottom()),
        Align2::RIGHT_CENTER,
        "0",
        style,
    );
    let y = plot.bottom() + 3.0;
    text_at(
        painter,
        pos2(plot.left(), y),
        Align2::LEFT_TOP,
        &format::plain(from),
        style,
    );
    text_at(
        painter,
        pos2(plot.right(), y),
        Align2::RIGHT_TOP,
        &format!("{}{THIN}{unit}", format::plain(to)),
        style,
    );
}

/// Drop rate over rate (across) and tolerance (up), with the present setting as a ring.
fn map(ui: &Ui, rect: Rect, (map, view): (&Map, &WhatIfView)) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter_at(rect.expand2(vec2(6.0, 2.0)));
    let title = "drop rate over rate and tolerance";
    text_within(
        &painter,
        rect.left_top(),
        Align2::LEFT_TOP,
        title,
        (CAPTION, tokens.muted),
        rect.width(),
    );
    let plot = Rect::from_min_max(
        rect.min + vec2(30.0, 20.0),
        rect.max - vec2(2.0, AXIS + 2.0),
    );
    let (columns, rows) = (map.rates_fps.len(), map.tolerances_percent.len());
    if plot.height() < 20.0 || plot.width() < 30.0 || columns == 0 || rows == 0 {
        return;
    }
    let cell = vec2(plot.width() / columns as f32, plot.height() / rows as f32);
    let place = |column: usize, row: usize| {
        let min = pos2(
            plot.left() + cell.x * column as f32,
            plot.bottom() - cell.y * (row as f32 + 1.0),
        );
        Rect::from_min_size(min, cell)
    };
    // A map of small rates is not painted as if they were large.
    let largest = map.drop_rates.iter().flatten().copied().fold(0.2, f64::max);
    for (number, rate) in map.drop_rates.iter().enumerate() {
        let at = place(number % columns, number / columns);
        if let Some(rate) = rate {
            painter.rect_filled(at.shrink(0.5), 0.0, tokens.drop_rate(*rate, largest));
        }
    }
    let nearest = |values: &[f64], wanted: f64| {
        let distance = |index: &usize| (values[*index] - wanted).abs();
        (0..values.len())
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .unwrap_or(0)
    };
    let present = place(
        nearest(&map.rates_fps, view.fps),
        nearest(&map.tolerances_percent, view.tolerance_percent),
    );
    painter.circle_stroke(present.center(), 5.0, Stroke::new(2.0, tokens.text));
    let style = (CAPTION, tokens.muted);
    let (first, last) = (map.rates_fps[0], map.rates_fps[columns - 1]);
    let y = plot.bottom() + 3.0;
    text_at(
        &painter,
        pos2(plot.left(), y),
        Align2::LEFT_TOP,
        &format::plain(first),
        style,
    );
    text_at(
        &painter,
        pos2(plot.right(), y),
        Align2::RIGHT_TOP,
        &format!("{}{THIN}fps", format::plain(last)),
        style,
    );
    let left = plot.left() - 5.0;
    text_at(
        &painter,
        pos2(left, plot.bottom()),
        Align2::RIGHT_CENTER,
        "0",
        style,
    );
    let most = map.tolerances_percent[rows - 1];
    text_at(
        &painter,
        pos2(left, plot.top()),
        Align2::RIGHT_CENTER,
        &format!("{}{THIN}%", format::plain(most)),
        style,
    );
    let response = ui.interact(plot, ui.scope_id().with(title), Sense::hover());
    let response = named(response, Role::Label, title);
    if let Some(pointer) = response.hover_pos() {
        let column = (((pointer.x - plot.left()) / cell.x) as usize).min(columns - 1);
        let row = (((plot.bottom() - pointer.y) / cell.y) as usize).min(rows - 1);
        let rate = map
            .drop_rates
            .get(row * columns + column)
            .copied()
            .flatten();
        response.on_hover_text_at_pointer(format!(
            "{}{THIN}fps, tolerance {}{THIN}%: {}",
            format::plain(map.rates_fps[column]),
            format::plain(map.tolerances_percent[row]),
            rate.map_or_else(|| UNKNOWN.to_owned(), format::percent)
        ));
    }
}
