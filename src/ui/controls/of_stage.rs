//! The controls of one stage or probe alone, for whoever shows it by its name.

use eframe::egui::Ui;

use super::{Controls, clock, execution, live, note, policy};
use crate::app::{Settings, UiCommand, ViewModel};

/// The same controls as in the panel, a few at a time.
#[derive(Debug, Default)]
pub(in crate::ui) struct StageControls(Controls);

impl StageControls {
    /// Draws the controls that belong to a name; whether there are any.
    pub(in crate::ui) fn ui(
        &mut self,
        ui: &mut Ui,
        id: &str,
        settings: &Settings,
        model: &ViewModel,
        out: &mut Vec<UiCommand>,
    ) -> bool {
        let controls = &mut self.0;
        match id {
            "blur" => controls.blur(ui, settings, out),
            "resize" => {
                controls.model_size(ui, settings, out);
                controls.model_short_side(ui, settings, out);
            }
            "infer" => controls.infer.ui(ui, settings, out),
            "fused" => {
                execution::ui(ui, settings, out);
                controls.blur(ui, settings, out);
                controls.model_size(ui, settings, out);
                controls.model_short_side(ui, settings, out);
            }
            "convert" | "normalize" | "pipeline" | "process_frame" => {
                execution::ui(ui, settings, out);
            }
            "decode" => clock::decode(ui, settings, out),
            "source" | "camera_feed" | "frame_input" | "arrivals" => {
                controls.rate(ui, settings, out);
                if let Some(buffer) = settings.live_buffer {
                    live::ui(ui, buffer, model, out);
                } else {
                    clock::arrivals(ui, settings, out);
                }
            }
            "timing" | "pacer" => clock::waiting(ui, settings, out),
            "judge" | "deadline_check" | "frame_processor" | "timing_analysis" | "start_delay" => {
                controls.budget(ui, settings, out);
                controls.tolerance(ui, settings, out);
                policy::ui(ui, settings, out);
            }
            "gc_collector" => {
                note(ui, "Simulated: this program has no garbage collector.");
                controls.disturb.ui(ui, settings, out);
            }
            "memory_collector" | "allocations" => super::pool(ui, settings, out),
            _ => return false,
        }
        true
    }
}
