//! The clock: rate, budget, tolerance, the pattern of arrivals, and how the stream waits for them.

use eframe::egui::{self, ComboBox, DragValue, Key, RichText, Slider, TextEdit, Ui};

use super::{Controls, choice, number_in, row, wide_slider};
use crate::app::{Settings, UiCommand, numbers};
use crate::frame::FrameRate;
use crate::judge::{ArrivalPattern, Tolerance};
use crate::measure::Waiting;
use crate::ui::format::{self, THIN};
use crate::ui::theme::{CAPTION, Tokens, UNIT};

const RATES: [(u32, u32); 7] = [
    (15, 1),
    (24, 1),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (50, 1),
    (60, 1),
];

/// How far arrivals are scattered when the user asks for it; the disturbance `jitter` takes any other distance.
const SCATTER_NANOS: u64 = 5_000_000;

impl Controls {
    pub(super) fn rate(&mut self, ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
        let hint = numbers::RATE.line;
        row(ui, "Rate", hint, |ui, label| {
            let field = ui.add(
                TextEdit::singleline(&mut self.rate_text)
                    .hint_text("other")
                    .desired_width(48.0),
            );
            let field = field.accessible_name("Other rate").on_hover_text(hint);
            if field.changed() {
                self.rate_refused = None;
            }
            if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
                match self.rate_text.trim().parse::<FrameRate>() {
                    Ok(rate) => {
                        self.rate_text.clear();
                        out.push(UiCommand::SetRate(rate));
                    }
                    Err(refused) => self.rate_refused = Some(refused.to_string()),
                }
            }
            let width = (ui.available_width() - UNIT).max(40.0);
            let combo = ComboBox::from_id_salt("rate")
                .selected_text(rate_text(settings.rate))
                .width(width)
                .truncate()
                .show_ui(ui, |ui| rates(ui, settings, out));
            combo.response.labelled_by(label).on_hover_text(hint);
        });
        if let Some(refused) = &self.rate_refused {
            let text = RichText::new(refused)
                .size(CAPTION)
                .color(Tokens::of(ui).amber);
            ui.add(egui::Label::new(text).wrap());
        }
    }

    pub(super) fn budget(&mut self, ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
        let shown = self.budget.value(settings.budget_nanos);
        let mut budget = shown;
        let in_force = shown.unwrap_or(settings.budget_in_force_nanos);
        let mut ms = in_force as f64 / 1e6;
        let before = ms;
        let hint =
            "The response time allowed: a frame finished later than that is tolerated or late.";
        let mut is_interval = shown.is_none();
        let has_room = ui.available_width() > 226.0;
        let (label, ()) = row(ui, "Budget", hint, |ui, label| {
            let value = DragValue::new(&mut ms)
                .range(0.01..=10_000.0)
                .speed(before * 0.005)
                .custom_formatter(|ms, _| format::ms(ms))
                .custom_parser(|text| number_in(text, "ms"));
            ui.add(value).labelled_by(label).on_hover_text(hint);
            if has_room {
                interval(ui, &mut is_interval);
            }
        });
        if !has_room {
            interval(ui, &mut is_interval);
        }
        if is_interval != shown.is_none() {
            budget = (!is_interval).then_some(in_force);
        }
        let slider = Slider::new(&mut ms, 1.0..=200.0)
            .logarithmic(true)
            .clamping(egui::SliderClamping::Edits);
        wide_slider(ui, slider, label, hint);
        if ms != before {
            budget = Some((ms * 100.0).round() as u64 * 10_000);
        }
        if budget != shown {
            self.budget.ask(budget);
            out.push(UiCommand::SetBudget(budget));
        }
    }

    pub(super) fn tolerance(&mut self, ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
        let shown = self.tolerance.value(settings.tolerance);
        let mut percent = shown.percent();
        let hint = numbers::TOLERANCE.line;
        let (label, ()) = row(ui, "Tolerance", hint, |ui, label| {
            let value = DragValue::new(&mut percent)
                .range(0.0..=1000.0)
                .speed(0.2)
                .custom_formatter(|percent, _| format!("{}{THIN}%", format::plain(percent)))
                .custom_parser(|text| number_in(text, "%"));
            ui.add(value).labelled_by(label).on_hover_text(hint);
        });
        let slider = Slider::new(&mut percent, 0.0..=100.0)
            .step_by(0.5)
            .clamping(egui::SliderClamping::Edits);
        wide_slider(ui, slider, label, hint);
        if let Ok(tolerance) = Tolerance::from_percent(percent)
            && tolerance != shown
        {
            self.tolerance.ask(tolerance);
            out.push(UiCommand::SetTolerance(tolerance));
        }
    }
}

fn interval(ui: &mut Ui, is_interval: &mut bool) {
    let hint = "As long as one interval of the rate: a frame is done when the next is due.";
    ui.checkbox(is_interval, "= interval").on_hover_text(hint);
}

fn rates(ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
    let source = format!("source rate, {}", rate_text(settings.source_rate));
    let is_source = settings.rate == settings.source_rate;
    if ui.selectable_label(is_source, source).clicked() && !is_source {
        out.push(UiCommand::SetRate(settings.source_rate));
    }
    for rate in RATES
        .into_iter()
        .filter_map(|(frames, seconds)| FrameRate::new(frames, seconds))
    {
        let is_present = rate == settings.rate;
        if ui.selectable_label(is_present, rate_text(rate)).clicked() && !is_present {
            out.push(UiCommand::SetRate(rate));
        }
    }
}

fn rate_text(rate: FrameRate) -> String {
    format!("{rate}{THIN}fps")
}

/// How arrivals lie around the rate.
pub(super) fn arrivals(ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
    let all = [
        (ArrivalPattern::Fixed, "on the grid".to_owned()),
        (
            ArrivalPattern::Jittered {
                max_nanos: SCATTER_NANOS,
            },
            format!("within ± {}", format::ms(SCATTER_NANOS as f64 / 1e6)),
        ),
        (ArrivalPattern::Poisson, "at random".to_owned()),
    ];
    let shown = all
        .iter()
        .find(|(pattern, _)| *pattern == settings.arrivals)
        .map_or("recorded", |(_, text)| text);
    let hint = "When frames arrive: exactly on the grid of the rate, scattered around it as from a network, or at random with the same mean rate.";
    if let Some(pattern) = choice(ui, ("Arrivals", hint), shown, &all, &settings.arrivals) {
        out.push(UiCommand::SetArrivals(pattern));
    }
}

/// Whether decoding is on the clock.
pub(super) fn decode(ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
    if settings.live_buffer.is_some() {
        // What is live is decoded beside the stream.
        return;
    }
    let mut is_counted = settings.is_decode_counted;
    let hint = "Decode on the stream's own thread, as its first stage: its time is then part of every frame's service. Otherwise pictures are decoded ahead on another thread. Changing it opens the source again.";
    if ui
        .checkbox(&mut is_counted, "Count decode")
        .on_hover_text(hint)
        .changed()
    {
        out.push(UiCommand::SetDecodeCounted(is_counted));
    }
}

/// How the stream waits.
pub(super) fn waiting(ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
    let text = |waiting: Waiting| match waiting {
        Waiting::Hybrid => "sleep, then spin".to_owned(),
        Waiting::Sleep => "sleep only".to_owned(),
        Waiting::Spin => "spin only".to_owned(),
    };
    let all = Waiting::ALL.map(|waiting| (waiting, text(waiting)));
    let hint = "How the stream waits for an arrival. Sleeping wakes up late by a fraction of a millisecond; spinning takes a whole core; sleeping and then spinning for 0.3 ms is exact for about 1 % of one.";
    let shown = text(settings.waiting);
    if let Some(waiting) = choice(ui, ("Waiting", hint), &shown, &all, &settings.waiting) {
        out.push(UiCommand::SetWaiting(waiting));
    }
}
