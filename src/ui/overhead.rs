//! What the window costs the pipeline, and what it takes itself.

use eframe::egui::{self, Grid, ProgressBar, RichText, ScrollArea, Ui};

use super::Panel;
use super::format;
use super::theme::{CAPTION, GAP, TEXT, Tokens};
use super::widgets::capitals;
use crate::app::{
    Compared, ComparedShare, Finding, OverheadResult, OverheadState, OverheadView, QuietResult,
    UiCommand, ViewModel, WatchCommand,
};
use crate::measure::{QuantileMs, Share};

/// Seconds of the timed quiet measurement.
const QUIET_SECONDS: u32 = 10;

/// From this width on, what the window takes stands beside what is measured.
const WIDE: f32 = 860.0;

/// The overhead panel.
#[derive(Debug, Default)]
pub(super) struct OverheadPanel;

impl Panel for OverheadPanel {
    fn title(&self) -> &'static str {
        "Overhead"
    }

    fn has_head(&self) -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        out.push(UiCommand::Watch(WatchCommand::LookAtOverhead));
        let view = &model.watch.overhead;
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            if ui.available_width() >= WIDE {
                ui.columns(2, |columns| {
                    if let [left, right] = columns {
                        left.vertical(|ui| measured(ui, view, out));
                        right.vertical(|ui| window(ui, view, model));
                    }
                });
            } else {
                measured(ui, view, out);
                ui.add_space(GAP);
                window(ui, view, model);
            }
        });
    }
}

/// What is measured on purpose.
fn measured(ui: &mut Ui, view: &OverheadView, out: &mut Vec<UiCommand>) {
    pipeline(ui, view, out);
    ui.add_space(GAP);
    quiet(ui, view, out);
}

/// Drawing on beside drawing off.
fn pipeline(ui: &mut Ui, view: &OverheadView, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    ui.label(capitals("Drawing on and off", tokens));
    let muted = |ui: &mut Ui, text: &str| {
        ui.add(egui::Label::new(RichText::new(text).size(CAPTION).color(tokens.muted)).wrap());
    };
    if let OverheadState::Measuring {
        block,
        blocks,
        is_drawing,
        share,
        left_s,
    } = view.state
    {
        let drawing = if is_drawing { "on" } else { "off" };
        muted(
            ui,
            &format!(
                "Block {block} of {blocks}, drawing {drawing}. About {:.0} s are left.",
                left_s.ceil()
            ),
        );
        ui.add(ProgressBar::new(share as f32).desired_height(8.0));
        if ui
            .button("Cancel")
            .on_hover_text("Stop measuring.")
            .clicked()
        {
            out.push(UiCommand::Watch(WatchCommand::MeasureOverhead(false)));
        }
        return;
    }
    match &view.state {
        OverheadState::Done(result) => found(ui, result),
        OverheadState::Ended(why) => muted(ui, why),
        OverheadState::Idle | OverheadState::Measuring { .. } => muted(
            ui,
            "Does looking disturb what is looked at? 16 blocks of 60 frames, half of them with nothing drawn, say so.",
        ),
    }
    let button = ui.add_enabled(
        view.cannot.is_none(),
        egui::Button::new("Measure what the window costs"),
    );
    let hint = "Alternating equal blocks with drawing on and off; the 15 frames behind each switch are discarded.";
    let button = button.on_hover_text(hint);
    let button = button.on_disabled_hover_text(view.cannot.as_deref().unwrap_or_default());
    if button.clicked() {
        out.push(UiCommand::Watch(WatchCommand::MeasureOverhead(true)));
    }
}

const fn word(finding: Finding) -> &'static str {
    match finding {
        Finding::TooFew => "too few frames",
        Finding::NotDistinguishable => "not distinguishable",
        Finding::Differs => "differs",
    }
}

fn found(ui: &mut Ui, result: &OverheadResult) {
    let tokens = Tokens::of(ui);
    let caption = |text: &str| RichText::new(text).size(CAPTION).color(tokens.muted);
    let figure = |text: String| RichText::new(text).size(CAPTION).color(tokens.text);
    Grid::new("drawing on and off")
        .num_columns(4)
        .spacing([GAP, 2.0])
        .show(ui, |ui| {
            for head in ["", "on, ms", "off, ms", ""] {
                ui.label(caption(head));
            }
            ui.end_row();
            let rows = [
                ("service p50", &result.service[0]),
                ("service p99", &result.service[1]),
                ("response p50", &result.response[0]),
                ("response p99", &result.response[1]),
            ];
            for (name, Compared { on, off, finding }) in rows {
                ui.label(caption(name));
                for side in [on, off] {
                    ui.label(figure(quantile(side))).on_hover_text(gate(side));
                }
                finding_label(ui, *finding, name.ends_with("p99"));
                ui.end_row();
            }
            let ComparedShare {
                on,
                off,
                dropped,
                finding,
            } = &result.drops;
            ui.label(caption("drop rate"));
            for (side, dropped) in [(on, dropped[0]), (off, dropped[1])] {
                ui.label(figure(
                    side.as_ref()
                        .map_or_else(|| format::UNKNOWN.to_owned(), share),
                ))
                .on_hover_text(format!("{} dropped", format::count(dropped)));
            }
            finding_label(ui, *finding, false);
            ui.end_row();
        });
    let text = format!(
        "{} pairs of blocks of {} frames",
        result.pairs, result.block_frames
    );
    ui.label(caption(&text));
}

fn finding_label(ui: &mut Ui, finding: Finding, is_by_interval: bool) {
    let tokens = Tokens::of(ui);
    let color = match finding {
        Finding::Differs => tokens.amber,
        Finding::NotDistinguishable => tokens.mint,
        Finding::TooFew => tokens.muted,
    };
    let hint = if is_by_interval {
        "They differ if their 95 % intervals have nothing in common."
    } else {
        "From the differences of the pairs of blocks: told in at most 5 of 100 measurements in which there is no difference."
    };
    ui.label(RichText::new(word(finding)).size(CAPTION).color(color))
        .on_hover_text(hint);
}

/// A value with its interval, without unit.
fn quantile(value: &QuantileMs) -> String {
    match value.value {
        Some(ms) => format!(
            "{} {}",
            format::ms_figure(ms),
            format::interval(value.low, value.high)
        ),
        None => format::UNKNOWN.to_owned(),
    }
}

fn gate(value: &QuantileMs) -> String {
    if value.needs > 0 {
        format!("needs {} more frames", format::count(value.needs as u64))
    } else {
        format!(
            "rank {} of {}",
            format::count(value.rank as u64),
            format::count(value.of as u64)
        )
    }
}

fn share(share: &Share) -> String {
    format!(
        "{}{}% [{}–{}]",
        format::percent_figure(share.share),
        format::THIN,
        format::percent_figure(share.low),
        format::percent_figure(share.high)
    )
}

/// Measuring with nothing drawn.
fn quiet(ui: &mut Ui, view: &OverheadView, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    ui.label(capitals("Quiet", tokens));
    ui.horizontal_wrapped(|ui| {
        let hint = "Draw nothing for 10 s, count anew meanwhile, and come back with the numbers.";
        if ui
            .button("Measure quietly for 10 s")
            .on_hover_text(hint)
            .clicked()
        {
            out.push(UiCommand::Watch(WatchCommand::MeasureQuietly(
                QUIET_SECONDS,
            )));
        }
        let hint = "Draw nothing until a key is pressed, and count anew meanwhile.";
        if ui.button("Until a key").on_hover_text(hint).clicked() {
            out.push(UiCommand::Watch(WatchCommand::BeQuiet));
        }
    });
    if let Some(result) = &view.quiet {
        quiet_result(ui, result);
    }
    let drawing = if view.is_drawing_era {
        "The frames on the screen were measured with the window drawing."
    } else {
        "The frames on the screen were measured with nothing drawn."
    };
    ui.add(egui::Label::new(RichText::new(drawing).size(CAPTION).color(tokens.muted)).wrap());
}

fn quiet_result(ui: &mut Ui, result: &QuietResult) {
    let tokens = Tokens::of(ui);
    let rate = result
        .drop_rate
        .as_ref()
        .map_or_else(|| format::UNKNOWN.to_owned(), share);
    let counts = &result.counts;
    let text = format!(
        "{:.0} s, {} frames: drop rate {rate}, {} late, {} skipped",
        result.seconds,
        format::count(counts.arrived()),
        format::count(counts.late),
        format::count(counts.skipped),
    );
    ui.add(egui::Label::new(RichText::new(text).size(TEXT).color(tokens.text)).wrap());
    rows(
        ui,
        "quiet",
        &[
            (
                "service p50, ms",
                quantile(&result.service[0]),
                gate(&result.service[0]),
            ),
            (
                "service p99, ms",
                quantile(&result.service[1]),
                gate(&result.service[1]),
            ),
            (
                "response p50, ms",
                quantile(&result.response[0]),
                gate(&result.response[0]),
            ),
            (
                "response p99, ms",
                quantile(&result.response[1]),
                gate(&result.response[1]),
            ),
        ],
    );
}

/// What the window takes itself.
fn window(ui: &mut Ui, view: &OverheadView, model: &ViewModel) {
    let tokens = Tokens::of(ui);
    ui.label(capitals("The window itself", tokens));
    let times = &view.window;
    let unknown = || "not available".to_owned();
    let cores =
        |share: Option<f64>| share.map_or_else(unknown, |share| format!("{share:.2} cores"));
    let mib = |bytes: f64| format!("{:.1}{}MiB", bytes / f64::from(1 << 20), format::THIN);
    rows(ui, "window", &[
        ("picture p50, ms", quantile(&times.p50), "Time on the window's thread for one picture of the window; what a graphics driver does on other threads is not in it.".to_owned()),
        ("picture p99, ms", quantile(&times.p99), gate(&times.p99)),
        ("longest picture", format::ms_or_unknown(times.worst_ms), format!("Of the last {} pictures.", format::count(times.pictures as u64))),
        ("pictures a second", times.per_second.map_or_else(unknown, |rate| format!("{rate:.1}")), "How often the window was drawn.".to_owned()),
        ("window's thread", cores(times.thread_share), "Its processor time ÷ time.".to_owned()),
        ("whole program", cores(times.program_share), "Processor time of all threads ÷ time: the stream, the source, and what draws on processors where there is no graphics card.".to_owned()),
        ("textures", times.uploaded_per_second.map_or_else(unknown, |bytes| format!("{} a second", mib(bytes))), "Pixels handed over to be drawn.".to_owned()),
        ("tick p50, ms", quantile(&times.tick_p50), "The lab's own work for one picture: taking in what the stream has brought, statistics.".to_owned()),
        ("tick p99, ms", quantile(&times.tick_p99), gate(&times.tick_p99)),
        ("probes", format::ms_or_unknown(model.answer.probe_cost_ms), "What measuring itself costs the stream, for each frame.".to_owned()),
        ("records lost", format::count(model.answer.records_lost), "Frames whose record did not fit into the ring to the window.".to_owned()),
    ]);
    ui.add_space(GAP);
    ui.label(capitals("The shelf of pictures", tokens));
    let shelf = &view.shelf;
    rows(ui, "shelf", &[
        ("made", format::count(shelf.made), "Pictures that were read, or kept as they passed, and made small.".to_owned()),
        ("its cost", cores(view.shelf_share), "Processor time of its thread ÷ time since the source was opened; for a live source, time of the source's thread.".to_owned()),
        ("kept", format!("{} in {} of {}", format::count(shelf.pictures as u64), mib(shelf.bytes as f64), mib(shelf.limit_bytes as f64)), "The one that nobody asked for longest makes room.".to_owned()),
        ("made room", format::count(shelf.evicted), "Pictures that made room for others.".to_owned()),
        ("given up", format::count(shelf.given_up), "Wishes for pictures that newer ones took the place of.".to_owned()),
        ("not kept", format::count(shelf.missed), "Pictures of a live source that were not kept, because the window was reading.".to_owned()),
    ]);
}

fn rows(ui: &mut Ui, id: &str, rows: &[(&str, String, String)]) {
    let tokens = Tokens::of(ui);
    Grid::new(id)
        .num_columns(2)
        .spacing([GAP, 2.0])
        .show(ui, |ui| {
            for (name, value, hint) in rows {
                ui.label(RichText::new(*name).size(CAPTION).color(tokens.muted))
                    .on_hover_text(hint);
                ui.label(RichText::new(value).size(CAPTION).color(tokens.text))
                    .on_hover_text(hint);
                ui.end_row();
            }
        });
}
