//! A live source: how many of its pictures may wait, and what it did.

use eframe::egui::{DragValue, Ui};

use super::{choice, note, row};
use crate::app::{LiveBuffer, LiveView, MAX_LIVE_BUFFER, UiCommand, ViewModel};
use crate::ui::format::{self, THIN, UNKNOWN};

const fn title(buffer: LiveBuffer) -> &'static str {
    match buffer {
        LiveBuffer::DropOldest(_) => "drop the oldest",
        LiveBuffer::DropNewest(_) => "drop the newest",
        LiveBuffer::Wait(_) => "source waits",
    }
}

const fn line(buffer: LiveBuffer) -> &'static str {
    match buffer {
        LiveBuffer::DropOldest(_) => "Low latency: what is shown is never older than it must be.",
        LiveBuffer::DropNewest(_) => {
            "What waits is played to the end; new pictures are lost meanwhile."
        }
        LiveBuffer::Wait(_) => {
            "Nothing is lost here, and everything grows older. Arrivals then depend on the work."
        }
    }
}

/// The picker, the room, and what the source did.
pub(super) fn ui(ui: &mut Ui, present: LiveBuffer, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let all = LiveBuffer::all(present.frames()).map(|buffer| (buffer, title(buffer).to_owned()));
    let hint = "What happens when a picture of the live source comes and the buffer is full. Frames arrive when they arrive: the rate is that of the budget.";
    if let Some(buffer) = choice(ui, ("Live buffer", hint), title(present), &all, &present) {
        out.push(UiCommand::SetLiveBuffer(buffer));
    }
    let hint = "Pictures that may wait for the pipeline, at most 256 MiB of them.";
    row(ui, "Buffer for", hint, |ui, label| {
        let mut frames = present.frames();
        let value = DragValue::new(&mut frames)
            .range(1..=MAX_LIVE_BUFFER)
            .speed(0.1)
            .suffix(if present.frames() == 1 {
                " picture"
            } else {
                " pictures"
            });
        ui.add(value).labelled_by(label).on_hover_text(hint);
        if frames != present.frames() {
            out.push(UiCommand::SetLiveBuffer(present.with_frames(frames)));
        }
    });
    note(ui, line(present));
    if let Some(live) = &model.live {
        note(ui, &hint_counts(live));
    }
}

/// What a live source did, for its tooltip.
pub(in crate::ui) fn hint(live: &LiveView) -> String {
    format!("The live source. {}", hint_counts(live))
}

fn hint_counts(live: &LiveView) -> String {
    let ms = |value: Option<f64>| value.map_or(UNKNOWN.to_owned(), format::ms_figure);
    let [median, p99, largest] = live.jitter_ms.map(ms);
    format!(
        "Reconnections {} · stalls {} · {:.1}{THIN}s without pictures · dropped by the buffer {} · arrival jitter p50 {median}, p99 {p99}, max {largest}{THIN}ms",
        format::count(live.reconnections),
        format::count(live.stalls),
        live.outage_s,
        format::count(live.buffer_dropped),
    )
}
