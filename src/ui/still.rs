//! The still page: what is measured while nothing is drawn, and how to end it. Drawn about once a second.

use eframe::egui::{Align2, Event, Ui, vec2};

use super::theme::{FIGURE, GROUP, TEXT, Tokens};
use super::widgets::text_within;
use crate::app::{Still, UiCommand, WatchCommand};

/// Draws the page into all of `ui`.
pub(super) fn ui(ui: &Ui, still: &Still, out: &mut Vec<UiCommand>) {
    let tokens = Tokens::of(ui);
    let whole = ui.max_rect();
    let (title, line, way_out) = words(still);
    let width = whole.width() - 2.0 * GROUP;
    for (below, text, size, color) in [
        (-32.0, title.as_str(), FIGURE, tokens.text),
        (4.0, line.as_str(), TEXT, tokens.muted),
        (28.0, way_out, TEXT, tokens.muted),
    ] {
        let at = whole.center() + vec2(0.0, below);
        text_within(
            ui.painter(),
            at,
            Align2::CENTER_CENTER,
            text,
            (size, color),
            width,
        );
    }
    let is_woken = ui.input(|input| {
        let mut events = input.events.iter();
        events.any(|event| {
            matches!(
                event,
                Event::Key { pressed: true, .. } | Event::PointerButton { pressed: true, .. }
            )
        })
    });
    if is_woken {
        out.push(UiCommand::Watch(WatchCommand::Wake));
    }
}

fn words(still: &Still) -> (String, String, &'static str) {
    const STOP: &str = "Any key or click ends it.";
    match still {
        Still::Quiet(quiet) => match quiet.left_s {
            Some(left_s) => (
                "Measuring quietly".to_owned(),
                format!(
                    "Nothing is drawn for {:.0} s more, so that the window costs the pipeline nothing.",
                    left_s.ceil()
                ),
                STOP,
            ),
            None => (
                "Measuring quietly".to_owned(),
                format!(
                    "Nothing has been drawn for {:.0} s, so that the window costs the pipeline nothing.",
                    quiet.elapsed_s
                ),
                STOP,
            ),
        },
        Still::Overhead {
            block,
            blocks,
            left_s,
        } => (
            "Measuring what the window costs".to_owned(),
            format!(
                "Block {block} of {blocks}, with drawing off. About {:.0} s are left of all blocks.",
                left_s.ceil()
            ),
            "Any key or click stops the measurement.",
        ),
    }
}
