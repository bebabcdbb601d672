//! The viewer by keyboard: the pinned pixel and the loupe. Modes and overlays are in the table of commands.

use eframe::egui::{EventFilter, InputState, Key, Modifiers, Response, Ui};

use crate::app::{UiCommand, ViewModel, ViewerCommand};

/// A step of the arrow keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) x: i32,
    pub(super) y: i32,
}

/// Whether the loupe's key is held down.
pub(super) fn is_loupe_held(ui: &Ui) -> bool {
    !ui.ctx().egui_wants_keyboard_input()
        && ui.input(|input| input.key_down(Key::Z) && is_plain(input))
}

fn is_plain(input: &InputState) -> bool {
    !input.modifiers.command && !input.modifiers.alt
}

/// The keys that work when nothing has the keyboard.
pub(super) fn ui(ui: &Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    if ui.ctx().egui_wants_keyboard_input() {
        return;
    }
    let view = &model.viewer;
    let (pinned, has_let_go) = ui.input(|input| {
        if !is_plain(input) {
            return (None, false);
        }
        let step = arrows(input, |key| input.num_presses(key) as i32);
        let pinned = view
            .pinned
            .zip(step)
            .and_then(|(pixel, step)| moved(pixel, step, model));
        (
            pinned,
            input.key_pressed(Key::Escape) && view.pinned.is_some(),
        )
    });
    if pinned.is_some() || has_let_go {
        out.push(UiCommand::Viewer(ViewerCommand::Pin(pinned)));
    }
}

/// How far the arrow keys go: a pixel, with Shift ten.
fn arrows(input: &InputState, mut presses: impl FnMut(Key) -> i32) -> Option<Step> {
    let factor = if input.modifiers.shift { 10 } else { 1 };
    let step = Step {
        x: factor * (presses(Key::ArrowRight) - presses(Key::ArrowLeft)),
        y: factor * (presses(Key::ArrowDown) - presses(Key::ArrowUp)),
    };
    (step != Step { x: 0, y: 0 }).then_some(step)
}

/// The arrow keys of a widget that has the keyboard.
pub(super) fn steps(ui: &Ui, response: &Response) -> Option<Step> {
    if !response.has_focus() {
        return None;
    }
    let filter = EventFilter {
        horizontal_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    ui.input_mut(|input| {
        let factor = if input.modifiers.shift { 10 } else { 1 };
        let mut step = Step { x: 0, y: 0 };
        for (key, by) in [(Key::ArrowLeft, -1), (Key::ArrowRight, 1)] {
            for modifiers in [Modifiers::NONE, Modifiers::SHIFT] {
                if input.consume_key(modifiers, key) {
                    step.x += by * factor;
                }
            }
        }
        (step.x != 0).then_some(step)
    })
}

fn moved([x, y]: [u32; 2], step: Step, model: &ViewModel) -> Option<[u32; 2]> {
    let size = model.pictures.original.size?;
    let along = |at: u32, by: i32, side_px: u32| {
        at.saturating_add_signed(by).min(side_px.saturating_sub(1))
    };
    Some([
        along(x, step.x, size.width_px),
        along(y, step.y, size.height_px),
    ])
}
