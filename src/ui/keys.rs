//! From keys to commands of the table, and the ring around what has the keyboard.

use eframe::egui::{
    self, CornerRadius, Event, Key, LayerId, Modifiers, Popup, Stroke, StrokeKind, Ui,
};

use super::theme::Tokens;
use crate::app::{UiCommand, ViewModel, commands};

/// A key as the toolkit calls it.
pub(super) fn parse(text: &str) -> Option<(Modifiers, Key)> {
    let mut modifiers = Modifiers::NONE;
    let mut rest = text;
    loop {
        // The last part may be the plus sign itself.
        match rest.split_once('+') {
            Some(("Ctrl", after)) => {
                modifiers |= Modifiers::COMMAND;
                rest = after;
            }
            Some(("Shift", after)) => {
                modifiers |= Modifiers::SHIFT;
                rest = after;
            }
            _ => break,
        }
    }
    Key::from_name(rest).map(|key| (modifiers, key))
}

/// Whether a pressed key is the one that is meant. Signs may need Shift on some keyboards and not on others.
fn is_meant((wanted, key): (Modifiers, Key), pressed: Key, modifiers: Modifiers) -> bool {
    let is_sign = key
        .symbol_or_name()
        .chars()
        .all(|sign| !sign.is_alphanumeric());
    key == pressed
        && wanted.command == modifiers.command
        && !modifiers.alt
        && (is_sign || wanted.shift == modifiers.shift)
}

/// What has the keyboard, as far as the shortcuts care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Nothing,
    /// It takes the space bar, and Escape lets it go.
    Widget,
    /// It takes letters, and has an undo of its own.
    Text,
    /// A page over the panels: only keys with Ctrl go past it.
    Page,
}

impl Holder {
    fn lets_pass(self, modifiers: Modifiers, key: Key) -> bool {
        let is_plain = !modifiers.command && !matches!(key, Key::F1 | Key::F2);
        match self {
            Self::Nothing => true,
            Self::Widget => !matches!(key, Key::Space | Key::Escape | Key::Enter),
            Self::Text => !is_plain && !matches!(key, Key::Z | Key::Y | Key::K),
            Self::Page => !is_plain,
        }
    }
}

/// Runs the commands whose keys were pressed.
pub(super) fn ask(ui: &Ui, model: &ViewModel, is_page_open: bool, out: &mut Vec<UiCommand>) {
    let pressed: Vec<(Key, Modifiers)> = ui.input(|input| {
        let keys = input.events.iter().filter_map(|event| match event {
            Event::Key {
                key,
                pressed: true,
                modifiers,
                ..
            } => Some((*key, *modifiers)),
            _ => None,
        });
        keys.collect()
    });
    if pressed.is_empty() {
        return;
    }
    let context = ui.ctx();
    let holder = if is_page_open {
        Holder::Page
    } else if context.text_edit_focused() {
        Holder::Text
    } else if context.egui_wants_keyboard_input() || Popup::is_any_open(context) {
        Holder::Widget
    } else {
        Holder::Nothing
    };
    let all = commands(model);
    for (key, modifiers) in pressed {
        if !holder.lets_pass(modifiers, key) {
            continue;
        }
        let found = all.iter().find(|command| {
            let mut keys = command.keys.iter().filter_map(|text| parse(text));
            keys.any(|wanted| is_meant(wanted, key, modifiers))
        });
        if let Some(Ok(wish)) = found.map(|command| command.wish.clone()) {
            out.push(wish);
        }
    }
}

/// The ring: shown from the first Tab on until the pointer is used again.
#[derive(Debug, Default)]
pub(super) struct FocusRing {
    is_shown: bool,
}

impl FocusRing {
    pub(super) fn ui(&mut self, ui: &Ui) {
        let context = ui.ctx();
        let (has_tabbed, has_clicked) =
            context.input(|input| (input.key_pressed(Key::Tab), input.pointer.any_pressed()));
        self.is_shown = (self.is_shown || has_tabbed) && !has_clicked;
        if !self.is_shown {
            return;
        }
        let focused = context.memory(egui::Memory::focused);
        let Some(response) = focused.and_then(|id| context.read_response(id)) else {
            return;
        };
        let rect = response.interact_rect;
        if rect.width() < 1.0 || rect.height() < 1.0 {
            return;
        }
        let layer = LayerId::new(egui::Order::Tooltip, egui::Id::unique("framescope.focus"));
        context.layer_painter(layer).rect_stroke(
            rect.expand(2.0),
            CornerRadius::same(super::theme::RADIUS),
            Stroke::new(2.0, Tokens::of(ui).cyan),
            StrokeKind::Inside,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_is_known_to_the_toolkit() {
        let mut seen = Vec::new();
        for command in commands(&ViewModel::default()) {
            for text in command.keys {
                let parsed = parse(text);
                let (modifiers, key) = parsed.unwrap_or_else(|| panic!("{text} of {}", command.id));
                let clash = seen
                    .iter()
                    .find(|(known, _)| is_meant(*known, key, modifiers));
                assert_eq!(clash, None, "{text} of {}", command.id);
                seen.push(((modifiers, key), command.id.clone()));
            }
        }
    }

    #[test]
    fn keys_are_read_with_their_modifiers() {
        assert_eq!(parse("Ctrl++"), Some((Modifiers::COMMAND, Key::Plus)));
        let both = Modifiers::COMMAND | Modifiers::SHIFT;
        assert_eq!(parse("Ctrl+Shift+Z"), Some((both, Key::Z)));
        assert_eq!(parse("["), Some((Modifiers::NONE, Key::OpenBracket)));
        assert_eq!(parse("Ctrl+Nonsense"), None);
    }
}
