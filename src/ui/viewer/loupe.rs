//! The loupe: the pixels around the pointer, large, from each picture.

use eframe::egui::{CornerRadius, Pos2, Rect, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};

use super::Side;
use super::canvas::Canvas;
use super::overlay;
use super::view::to_model;
use crate::app::{UiCommand, ViewModel};
use crate::ui::picture::Placement;
use crate::ui::theme::Tokens;

/// Pixels across.
const PIXELS: f32 = 15.0;
/// Points across, if there is room.
const SIDE: f32 = 120.0;

/// Draws a loupe for every picture at the pixel `at` of the original; the number is that of the picture under the pointer.
pub(super) fn ui(
    ui: &Ui,
    canvases: &mut [Canvas; 4],
    sides: &[Side],
    at: Option<([u32; 2], usize)>,
    model: &ViewModel,
    out: &mut Vec<UiCommand>,
) {
    for (index, canvas) in canvases[2..].iter_mut().enumerate() {
        let (Some((pixel, _)), Some(side)) = (at, sides.get(index)) else {
            canvas.show_nothing(model, out);
            continue;
        };
        let middle = to_model(
            vec2(pixel[0] as f32 + 0.5, pixel[1] as f32 + 0.5),
            side.mapping,
        );
        let rect = place(side, middle, index, sides.len());
        // What is as large already needs no loupe.
        let scale = rect.width() / PIXELS;
        if rect.width() < 24.0 || side.placement.scale >= scale {
            canvas.show_nothing(model, out);
            continue;
        }
        // The pixel under the pointer is in the middle, also at the picture's edges.
        let middle = middle.floor() + Vec2::splat(0.5);
        let placement = Placement {
            cell: rect,
            origin: rect.center() - middle * scale,
            scale,
            size: side.placement.size,
        };
        let tokens = Tokens::of(ui);
        ui.painter()
            .rect_filled(rect.expand(2.0), CornerRadius::same(3), tokens.panel);
        canvas.ui(ui, side.subject, &placement, rect, model, out);
        let pixel = Rect::from_center_size(rect.center(), Vec2::splat(scale));
        for (grow, color) in [(1.0, tokens.over_dark), (0.0, tokens.over_light)] {
            let stroke = Stroke::new(1.0, color);
            ui.painter().rect_stroke(
                pixel.expand(grow),
                CornerRadius::ZERO,
                stroke,
                StrokeKind::Outside,
            );
        }
        overlay::frame(ui, rect);
    }
}

/// Beside the place, inside the cell; where both pictures share a cell, the second's is right of the first's.
fn place(side: &Side, middle: Vec2, index: usize, count: usize) -> Rect {
    let cell = side.placement.cell;
    let is_shared = count == 2 && side.name == "Both pictures";
    let room = if is_shared { 2.0 } else { 1.0 };
    let length = SIDE.min(cell.height() * 0.8).min(cell.width() * 0.8 / room);
    let at = side.placement.screen_at(middle);
    let width = length * room;
    let keep = |wanted: f32, from: f32, to: f32| wanted.clamp(from, (to).max(from));
    let beside = |at: f32, length: f32, end: f32| {
        if at + 18.0 + length <= end {
            at + 18.0
        } else {
            at - 18.0 - length
        }
    };
    let corner: Pos2 = pos2(
        keep(
            beside(at.x, width, cell.right()),
            cell.left(),
            cell.right() - width,
        ),
        keep(
            beside(at.y, length, cell.bottom()),
            cell.top(),
            cell.bottom() - length,
        ),
    );
    let shift = if is_shared {
        index as f32 * length
    } else {
        0.0
    };
    Rect::from_min_size(corner + vec2(shift, 0.0), Vec2::splat(length))
}
