//! Zoom and place that several pictures share.

use eframe::egui::{Response, Ui, Vec2, vec2};

use crate::app::PictureMapping;
use crate::ui::picture::Placement;

/// The largest a pixel of the first picture gets, in points: large enough for its values.
const MAX_PIXEL: f32 = 64.0;

/// One zoom and one middle for pictures of one scene.
pub(in crate::ui) struct LinkedView {
    /// Enlargement over the picture that fits.
    pub(super) zoom: f32,
    /// What is in the middle, from 0 to 1 of the original.
    pub(super) centre: Vec2,
}

impl Default for LinkedView {
    fn default() -> Self {
        Self {
            zoom: 1.0,
            centre: vec2(0.5, 0.5),
        }
    }
}

impl LinkedView {
    /// A picture of `size` in its cell, the same part of it in the middle as of all others.
    pub(in crate::ui) fn place(&self, cell: eframe::egui::Rect, size: Vec2) -> Placement {
        Placement::new(cell, size, self.zoom, self.centre)
    }

    /// Scrolling zooms where the pointer is, dragging moves, a double-click fits. `fit` is the scale at which the first
    /// picture fits; `to_scene` takes the middle of this picture to that of the scene.
    pub(in crate::ui) fn navigate(
        &mut self,
        ui: &Ui,
        response: &Response,
        placement: &Placement,
        fit: f32,
        to_scene: impl Fn(Vec2) -> Vec2,
    ) {
        if response.double_clicked() {
            *self = Self::default();
            return;
        }
        if response.dragged() && self.zoom > 1.0 {
            let moved = response.drag_delta() / (placement.scale * placement.size);
            self.centre = to_scene(placement.centre() - moved);
        }
        if let Some(at) = response.hover_pos() {
            let (scroll, pinch) =
                ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
            let most = (MAX_PIXEL / fit.max(1e-6)).max(1.0);
            let zoom = (self.zoom * (scroll / 240.0).exp() * pinch).clamp(1.0, most);
            if zoom != self.zoom {
                let pixel = placement.pixel_at(at);
                self.centre = to_scene(placement.centre_for(pixel, at, zoom / self.zoom));
                self.zoom = zoom;
            }
        }
        self.centre = self.centre.clamp(Vec2::ZERO, Vec2::splat(1.0));
    }
}

/// A place of the original in a picture.
pub(super) fn to_model(original: Vec2, mapping: PictureMapping) -> Vec2 {
    original * Vec2::from(mapping.scale) + Vec2::from(mapping.offset)
}

/// A place of a picture in the original.
pub(super) fn to_original(model: Vec2, mapping: PictureMapping) -> Vec2 {
    let scale = Vec2::from(mapping.scale).max(Vec2::splat(1e-6));
    (model - Vec2::from(mapping.offset)) / scale
}
