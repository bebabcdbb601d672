//! One frame looked at closely: its times from arrival to finish, why it was late, what was counted, its picture.

use eframe::egui::{
    self, Align2, CornerRadius, Grid, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind,
    Ui, pos2, vec2,
};

use crate::app::{
    CauseKind, DropsCommand, FrameDetail, Looker, SpanKind, TimeSpan, UiCommand, ViewModel,
    cause_label,
};
use crate::judge::DroppedEvidence;
use crate::ui::Panel;
use crate::ui::causes::{cause_mark, evidence_bar};
use crate::ui::format;
use crate::ui::theme::{CAPTION, GAP, TEXT, Tokens};
use crate::ui::thumbs::Thumbs;
use crate::ui::widgets::{capitals, empty_note, named, text_at, text_within, verdict_mark};

/// Size of the picture.
const PICTURE: [f32; 2] = [144.0, 81.0];

/// From this width on, the numbers stand beside the picture.
const WIDE: f32 = 520.0;

/// The panel of the selected frame.
#[derive(Default)]
pub(in crate::ui) struct FramePanel {
    thumbs: Thumbs,
}

impl Panel for FramePanel {
    fn title(&self) -> &'static str {
        "Frame"
    }

    fn has_head(&self) -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let Some(detail) = &model.watch.detail else {
            let rest = ui.available_rect_before_wrap();
            empty_note(
                ui,
                rest,
                "Select a frame, in the drops, the timeline or the frames, to see where its time went.",
            );
            return;
        };
        out.push(UiCommand::Drops(DropsCommand::LookAt(
            Looker::Detail,
            vec![detail.frame],
        )));
        let is_wide = ui.available_width() >= WIDE;
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            if is_wide {
                ui.columns(2, |columns| {
                    if let [left, right] = columns {
                        left.vertical(|ui| self.what_and_why(ui, model, detail, out));
                        right.vertical(|ui| numbers(ui, detail));
                    }
                });
            } else {
                self.what_and_why(ui, model, detail, out);
                ui.add_space(GAP);
                numbers(ui, detail);
            }
        });
    }
}

/// Where its time went, and what was counted.
fn numbers(ui: &mut Ui, detail: &FrameDetail) {
    if !detail.spans.is_empty() {
        spans(ui, detail);
        ui.add_space(GAP);
    }
    if let Some(bar) = &detail.bar {
        parts(ui, bar);
        ui.add_space(GAP);
    }
    evidence(ui, detail);
}

impl FramePanel {
    fn what_and_why(
        &mut self,
        ui: &mut Ui,
        model: &ViewModel,
        detail: &FrameDetail,
        out: &mut Vec<UiCommand>,
    ) {
        self.head(ui, model, detail, out);
        ui.add_space(GAP);
        sentence(ui, detail);
        ui.add_space(GAP);
        neighbours(ui, detail, out);
    }

    fn head(
        &mut self,
        ui: &mut Ui,
        model: &ViewModel,
        detail: &FrameDetail,
        out: &mut Vec<UiCommand>,
    ) {
        let tokens = Tokens::of(ui);
        ui.horizontal_top(|ui| {
            let (rect, response) =
                ui.allocate_exact_size(vec2(PICTURE[0], PICTURE[1]), Sense::hover());
            let state = model.watch.pictures.get(&detail.frame);
            self.thumbs.draw(ui, rect, detail.frame, state);
            let hint = match state {
                Some(crate::app::FramePicture::NotKept(reason)) => {
                    format!("Its picture is not there: {reason}.")
                }
                _ => "The frame's picture, small.".to_owned(),
            };
            response.on_hover_text(hint);
            ui.vertical(|ui| {
                ui.horizontal(|ui| {
                    let (mark, _) = ui.allocate_exact_size(vec2(10.0, 14.0), Sense::hover());
                    verdict_mark(ui.painter(), mark, detail.verdict, tokens);
                    let text = format!("#{} {}", detail.frame, detail.verdict.word());
                    ui.label(RichText::new(text).size(TEXT).color(tokens.text));
                });
                let caption = |text: String| RichText::new(text).size(CAPTION).color(tokens.muted);
                ui.label(caption(format!(
                    "arrived at {:.3}{}s",
                    detail.arrival_s,
                    format::THIN
                )));
                let picture = match detail.picture {
                    Some(number) => format!("picture {}", format::count(number)),
                    None => "picture not known".to_owned(),
                };
                ui.label(caption(picture));
                ui.horizontal(|ui| {
                    let hint = "The dropped frame before this one ( [ )";
                    if ui.small_button("<").on_hover_text(hint).clicked() {
                        out.push(UiCommand::Drops(DropsCommand::Previous));
                    }
                    let hint = "The dropped frame after this one ( ] )";
                    if ui.small_button(">").on_hover_text(hint).clicked() {
                        out.push(UiCommand::Drops(DropsCommand::Next));
                    }
                    let hint = "Pause, and show this picture in the viewer.";
                    let button =
                        ui.add_enabled(detail.picture.is_some(), egui::Button::new("Show").small());
                    if button.on_hover_text(hint).clicked() {
                        out.push(UiCommand::Drops(DropsCommand::ShowInViewer(detail.frame)));
                    }
                });
            });
        });
    }
}

/// The line that says why.
fn sentence(ui: &mut Ui, detail: &FrameDetail) {
    let tokens = Tokens::of(ui);
    if let Some(cause) = &detail.cause {
        ui.horizontal(|ui| {
            let (place, _) = ui.allocate_exact_size(vec2(12.0, 14.0), Sense::hover());
            let kind = CauseKind::of(cause);
            cause_mark(ui.painter(), place.center(), kind, tokens);
            ui.label(
                RichText::new(cause_label(cause))
                    .size(TEXT)
                    .color(tokens.text),
            )
            .on_hover_text(kind.meaning());
        });
    }
    let text = RichText::new(&detail.text).size(CAPTION).color(tokens.text);
    ui.add(egui::Label::new(text).wrap().selectable(true));
    if ui
        .small_button("Copy line")
        .on_hover_text("Copy this frame's line.")
        .clicked()
    {
        ui.ctx().copy_text(detail.text.clone());
    }
}

/// The frames before and after it.
fn neighbours(ui: &mut Ui, detail: &FrameDetail, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for frame in &detail.neighbours {
            let (rect, response) = ui.allocate_exact_size(vec2(14.0, 18.0), Sense::click());
            let spoken = format!("Neighbour #{}: {}", frame.frame, frame.verdict.word());
            let response = named(response, Role::Button, &spoken);
            let is_it = frame.frame == detail.frame;
            verdict_mark(
                ui.painter(),
                rect.shrink2(vec2(3.0, 3.0)),
                frame.verdict,
                tokens,
            );
            if is_it || response.hovered() || response.has_focus() {
                let line = Stroke::new(1.0, if is_it { tokens.cyan } else { tokens.muted });
                ui.painter()
                    .rect_stroke(rect, 2.0, line, StrokeKind::Inside);
            }
            let time = frame.response_ms.map(|ms| format!(", {}", format::ms(ms)));
            let hint = format!(
                "#{} {}{}",
                frame.frame,
                frame.verdict.word(),
                time.unwrap_or_default()
            );
            if response.on_hover_text(hint).clicked() && !is_it {
                out.push(UiCommand::Select(Some(frame.frame)));
            }
        }
    });
}

fn span_name(kind: &SpanKind) -> String {
    match kind {
        SpanKind::Queue => "waited in the queue".to_owned(),
        SpanKind::WakeUp => "woken up late".to_owned(),
        SpanKind::Source => "waited for the source".to_owned(),
        SpanKind::Stage(id) => id.clone(),
        SpanKind::Between => "outside the stages".to_owned(),
    }
}

/// The times from the arrival to the finish, one behind the other, with the budget and the deadline.
fn spans(ui: &mut Ui, detail: &FrameDetail) {
    let tokens = Tokens::of(ui);
    ui.label(capitals("Arrival to finish", tokens));
    let width = (ui.available_width() - 4.0).max(8.0);
    let (rect, _) = ui.allocate_exact_size(vec2(width, 34.0), Sense::hover());
    let end_ms = detail.response_ms.max(detail.deadline_ms) * 1.02;
    let x = |ms: f64| rect.left() + rect.width() * (ms / end_ms.max(1e-9)) as f32;
    let body = Rect::from_min_max(rect.min + vec2(0.0, 2.0), rect.max - vec2(0.0, 14.0));
    for span in &detail.spans {
        let place = Rect::from_min_max(
            pos2(x(span.from_ms), body.top()),
            pos2(x(span.to_ms).max(x(span.from_ms) + 1.0), body.bottom()),
        );
        ui.painter()
            .rect_filled(place, CornerRadius::ZERO, color_of(&span.kind, tokens));
        ui.painter().vline(
            place.left(),
            place.y_range(),
            Stroke::new(1.0, tokens.panel),
        );
        let text = format!(
            "{} {}",
            span_name(&span.kind),
            format::ms(span.to_ms - span.from_ms)
        );
        let id = ui.scope_id().with(("span", span_name(&span.kind)));
        ui.interact(place, id, Sense::hover()).on_hover_text(text);
    }
    for (ms, color, name) in [
        (detail.budget_ms, tokens.muted, "budget"),
        (detail.deadline_ms, tokens.amber, "deadline"),
    ] {
        ui.painter().vline(
            x(ms),
            body.top()..=body.bottom() + 3.0,
            Stroke::new(1.0, color),
        );
        let is_left = name == "budget";
        let anchor = if is_left {
            Align2::RIGHT_BOTTOM
        } else {
            Align2::LEFT_BOTTOM
        };
        let at = pos2(x(ms) + if is_left { -2.0 } else { 2.0 }, rect.bottom());
        let room = if is_left {
            at.x - rect.left()
        } else {
            rect.right() - at.x
        };
        text_within(ui.painter(), at, anchor, name, (CAPTION, color), room);
    }
    legend(ui, &detail.spans);
}

fn color_of(kind: &SpanKind, tokens: &Tokens) -> egui::Color32 {
    match kind {
        SpanKind::Queue => tokens.cause(CauseKind::Queue),
        SpanKind::WakeUp => tokens.cause(CauseKind::WakeUp),
        SpanKind::Source => tokens.cause(CauseKind::Source),
        SpanKind::Stage(id) => tokens.stage(id),
        SpanKind::Between => tokens.line,
    }
}

/// The same as numbers.
fn legend(ui: &mut Ui, spans: &[TimeSpan]) {
    let tokens = Tokens::of(ui);
    for span in spans {
        let width = (ui.available_width() - 4.0).max(8.0);
        let (rect, _) = ui.allocate_exact_size(vec2(width, 16.0), Sense::hover());
        let middle = rect.center().y;
        let square = Rect::from_center_size(pos2(rect.left() + 5.0, middle), vec2(8.0, 8.0));
        ui.painter()
            .rect_filled(square, CornerRadius::ZERO, color_of(&span.kind, tokens));
        let time = text_at(
            ui.painter(),
            pos2(rect.right(), middle),
            Align2::RIGHT_CENTER,
            &format::ms(span.to_ms - span.from_ms),
            (CAPTION, tokens.text),
        );
        let left = rect.left() + 16.0;
        let name = span_name(&span.kind);
        let at = pos2(left, middle);
        text_within(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            &name,
            (CAPTION, tokens.text),
            time.left() - left - GAP,
        );
    }
}

/// What the excess consists of.
fn parts(ui: &mut Ui, bar: &crate::app::EvidenceBar) {
    let tokens = Tokens::of(ui);
    ui.label(capitals("Over its typical response", tokens));
    let width = (ui.available_width() - 4.0).max(8.0);
    let (rect, _) = ui.allocate_exact_size(vec2(width, 18.0), Sense::hover());
    evidence_bar(ui.painter(), rect, bar, bar.end_ms() * 1.02, tokens);
    let line = |ui: &mut Ui, cause: Option<&str>, name: &str, ms: f64| {
        let width = (ui.available_width() - 4.0).max(8.0);
        let (rect, response) = ui.allocate_exact_size(vec2(width, 16.0), Sense::hover());
        let middle = rect.center().y;
        if let Some(cause) = cause {
            let kind = CauseKind::of(cause);
            cause_mark(ui.painter(), pos2(rect.left() + 5.0, middle), kind, tokens);
            response.on_hover_text(kind.meaning());
        }
        let at = pos2(rect.left() + 16.0, middle);
        let room = rect.width() - 90.0;
        text_within(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            name,
            (CAPTION, tokens.text),
            room,
        );
        let at = pos2(rect.right(), middle);
        text_at(
            ui.painter(),
            at,
            Align2::RIGHT_CENTER,
            &format::ms(ms),
            (CAPTION, tokens.text),
        );
    };
    if bar.parts.is_empty() {
        let text = "There was nothing before it to compare with.";
        ui.label(RichText::new(text).size(CAPTION).color(tokens.muted));
        return;
    }
    line(ui, None, "typical response", bar.typical_ms);
    for part in &bar.parts {
        line(ui, Some(&part.cause), &cause_label(&part.cause), part.ms());
    }
}

/// What was counted.
fn evidence(ui: &mut Ui, detail: &FrameDetail) {
    let tokens = Tokens::of(ui);
    ui.label(capitals("Evidence", tokens));
    Grid::new("evidence")
        .num_columns(2)
        .spacing([GAP, 2.0])
        .show(ui, |ui| {
            for (name, value, hint) in evidence_rows(&detail.evidence) {
                ui.label(RichText::new(name).size(CAPTION).color(tokens.muted))
                    .on_hover_text(hint);
                let (text, color) = match value {
                    Some(value) => (value, tokens.text),
                    None => ("not available".to_owned(), tokens.muted),
                };
                ui.label(RichText::new(text).size(CAPTION).color(color));
                ui.end_row();
            }
        });
}

type EvidenceRow = (&'static str, Option<String>, &'static str);

fn evidence_rows(evidence: &DroppedEvidence) -> [EvidenceRow; 12] {
    let ms = |value: Option<f64>| value.map(format::ms);
    let count = |value: Option<u64>| value.map(format::count);
    [
        (
            "processor time",
            ms(evidence.cpu_ms),
            "What the stream's thread used of the processor between start and finish.",
        ),
        (
            "involuntary switches",
            count(evidence.involuntary_switches),
            "Times that the scheduler took the processor away.",
        ),
        (
            "voluntary switches",
            count(evidence.voluntary_switches),
            "Times that the thread gave the processor away.",
        ),
        (
            "migrated",
            evidence
                .has_migrated
                .map(|has| if has { "yes" } else { "no" }.to_owned()),
            "Whether it ended on another processor than it began on.",
        ),
        (
            "minor faults",
            count(evidence.minor_faults),
            "Page faults without input or output.",
        ),
        (
            "major faults",
            count(evidence.major_faults),
            "Page faults that waited for input or output.",
        ),
        (
            "allocations",
            count(evidence.allocations),
            "Requests for memory by the stream's thread.",
        ),
        (
            "allocated bytes",
            count(evidence.allocated_bytes),
            "Bytes asked for by the stream's thread.",
        ),
        (
            "wake-up error",
            ms(evidence.wakeup_error_ms),
            "How late the stream was woken up for it; not available if it did not wait.",
        ),
        (
            "source wait",
            ms(evidence.source_wait_ms),
            "How long it waited for its picture after it was due.",
        ),
        (
            "queue",
            ms(evidence.queue_ms),
            "How long it waited behind other frames.",
        ),
        (
            "queue depth",
            evidence.queue_depth.map(|depth| depth.to_string()),
            "Frames that waited behind it.",
        ),
    ]
}
