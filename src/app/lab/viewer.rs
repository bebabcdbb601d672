//! The viewer's place in the lab.

use super::Lab;
use crate::app::view_model::RunState;
use crate::app::viewer::{Setting, ViewerCommand};
use crate::measure::Clock;

impl Lab {
    /// Does what the viewer, the tensor panel and the A/B panel ask for.
    pub(super) fn look(&mut self, command: ViewerCommand) {
        let now_nanos = self.clock.now_nanos();
        self.inspector
            .apply(command, &mut self.model.viewer, now_nanos);
        self.refresh_probe();
    }

    /// Brings what was made of the latest frame into the view model, and has more of it made.
    pub(super) fn refresh_viewer(&mut self) {
        let Some(playing) = &mut self.playing else {
            return;
        };
        if let Some(tap) = playing.stream.tap() {
            if tap.take().is_some() {
                self.inspector.note_new_pictures();
            }
            let setting = Setting {
                recipe: &self.wishes.recipe,
                options: &self.wishes.options,
                is_running: self.model.state == RunState::Running,
                now_nanos: self.clock.now_nanos(),
            };
            self.inspector.tick(
                tap.latest(),
                setting,
                &mut self.model.pictures,
                &mut self.model.viewer,
            );
        }
    }
}
