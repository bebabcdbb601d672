//! The window.
mod shell;
pub use shell::{WindowError, open_window};
/// Stand-in.
pub struct Window;
impl Window {
    /// New.
    pub fn new(_: &eframe::egui::Context) -> Self {
        Self
    }
    /// Draw.
    pub fn ui(
        &mut self,
        _: &mut eframe::egui::Ui,
        _: &crate::app::ViewModel,
    ) -> Vec<crate::app::UiCommand> {
        Vec::new()
    }
}
