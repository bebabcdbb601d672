//! The viewer: the original beside what the model sees, with one zoom and one cursor for both.

use eframe::egui::{
    Align2, Color32, CornerRadius, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, pos2,
    vec2,
};

use super::Panel;
use super::format;
use super::picture::{Placement, Texture, texture_part};
use super::theme::{CAPTION, GAP, GROUP, TEXT, Tokens};
use super::transport::{self, TransportBar};
use super::widgets::{empty_note, named, text_within};
use crate::app::{PictureMapping, PixelProbe, RgbPicture, RunState, UiCommand, ViewModel};

const MAX_ZOOM: f32 = 64.0;
/// From this enlargement on, pixels are shown as squares.
const NEAREST_FROM: f32 = 3.0;
const CAPTION_HEIGHT: f32 = 18.0;
const VALUES_HEIGHT: f32 = 22.0;

/// The viewer panel.
pub(super) struct Viewer {
    zoom: f32,
    /// What is in the middle, from 0 to 1 of the original.
    centre: Vec2,
    textures: [Texture; 2],
    probed: Option<[u32; 2]>,
    transport: TransportBar,
}

impl Default for Viewer {
    fn default() -> Self {
        Self {
            zoom: 1.0,
            centre: vec2(0.5, 0.5),
            textures: [Texture::default(), Texture::default()],
            probed: None,
            transport: TransportBar::default(),
        }
    }
}

/// The two pictures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Original,
    Model,
}

impl Panel for Viewer {
    fn title(&self) -> &'static str {
        "Viewer"
    }

    fn head(
        &self,
        painter: &eframe::egui::Painter,
        rect: Rect,
        model: &ViewModel,
        tokens: &Tokens,
    ) {
        if model.pictures.original.size.is_none() {
            return;
        }
        let zoom = if self.zoom > 1.0 {
            format!(" · {:.1}× · double-click to fit", self.zoom)
        } else {
            String::new()
        };
        let pictures = &model.pictures;
        let look_ms = model.transport.as_ref().and_then(|bar| bar.look_ms);
        let what = match (pictures.is_look, look_ms) {
            (true, Some(ms)) => format!("service {} · not counted", format::ms(ms)),
            (true, None) => "not counted".to_owned(),
            (false, _) => format!("frame #{}", pictures.frame),
        };
        text_within(
            painter,
            rect.right_top() - vec2(0.0, 1.0),
            Align2::RIGHT_TOP,
            &format!("picture {} · {what}{zoom}", pictures.source_frame),
            (CAPTION, tokens.muted),
            rect.width(),
        );
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let mut whole = ui.max_rect();
        if model.transport.is_some() && whole.height() > 4.0 * transport::HEIGHT {
            let bar = whole.split_top_bottom_at_y(whole.bottom() - transport::HEIGHT);
            whole = bar.0;
            self.transport.ui(ui, bar.1, model, out);
        }
        let pictures = &model.pictures;
        let Some(size) = pictures.original.size else {
            self.probe(None, out);
            let text = match &model.state {
                RunState::Stopped(message) => message.as_str(),
                _ => "Waiting for the first picture",
            };
            empty_note(ui, whole, text);
            return;
        };
        let original_size = vec2(size.width_px as f32, size.height_px as f32);
        let model_size = pictures
            .model_input
            .size
            .map(|size| vec2(size.width_px as f32, size.height_px as f32));
        let cells = cells(whole, original_size, model_size);
        if cells[0].width() < 8.0 || cells[0].height() < 8.0 {
            return;
        }
        Self::caption(ui, cells[0], "original", Some(size.to_string()));
        Self::caption(
            ui,
            cells[1],
            "what the model sees",
            pictures.model_input.size.map(|size| size.to_string()),
        );
        let responses = [Side::Original, Side::Model].map(|side| cell_response(ui, cells, side));
        let placements = self.placements(cells, original_size, model_size, pictures.mapping);
        self.navigate(ui, &responses, &placements, pictures.mapping);
        // Where things are after this frame's zoom and pan.
        let placements = self.placements(cells, original_size, model_size, pictures.mapping);
        self.paint(
            ui,
            &pictures.original,
            placements[0].as_ref(),
            0,
            pictures.version,
        );
        if let Some(placement) = &placements[1] {
            self.paint(
                ui,
                &pictures.model_input,
                Some(placement),
                1,
                pictures.version,
            );
        } else {
            empty_note(ui, cells[1], "No model input yet");
        }
        let pointed = pointed(&responses, &placements, pictures.mapping, original_size);
        self.probe(pointed, out);
        if let Some(pixel) = pointed {
            crosshairs(ui, pixel, &placements, pictures.mapping);
        }
        if let RunState::Stopped(message) = &model.state {
            stopped_over(ui, cells, message);
        }
        let values = Rect::from_min_max(
            pos2(whole.left(), whole.bottom() - VALUES_HEIGHT),
            whole.max,
        );
        let probe = model.probe.as_ref().filter(|_| pointed.is_some());
        value_line(ui, values, probe);
    }
}

impl Viewer {
    fn caption(ui: &Ui, cell: Rect, name: &str, size: Option<String>) {
        let tokens = Tokens::of(ui);
        let painter = ui.painter();
        let at = pos2(cell.left(), cell.top() - CAPTION_HEIGHT);
        let name = text_within(
            painter,
            at,
            Align2::LEFT_TOP,
            name,
            (CAPTION, tokens.text),
            cell.width(),
        );
        text_within(
            painter,
            at + vec2(name.width() + GAP, 0.0),
            Align2::LEFT_TOP,
            &size.unwrap_or_default(),
            (CAPTION, tokens.muted),
            cell.width() - name.width() - GAP,
        );
    }

    /// Both pictures' places. The second shows the same part of the scene as the first.
    fn placements(
        &self,
        cells: [Rect; 2],
        original: Vec2,
        model: Option<Vec2>,
        mapping: PictureMapping,
    ) -> [Option<Placement>; 2] {
        let first = Placement::new(cells[0], original, self.zoom, self.centre);
        let second = model.map(|size| {
            let centre = to_model(self.centre * original, mapping) / size;
            Placement::new(cells[1], size, self.zoom, centre)
        });
        [Some(first), second]
    }

    fn navigate(
        &mut self,
        ui: &Ui,
        responses: &[Response; 2],
        placements: &[Option<Placement>; 2],
        mapping: PictureMapping,
    ) {
        for (response, (side, placement)) in responses
            .iter()
            .zip([Side::Original, Side::Model].into_iter().zip(placements))
        {
            let (Some(placement), Some(first)) = (placement, &placements[0]) else {
                continue;
            };
            if response.double_clicked() {
                self.zoom = 1.0;
                self.centre = vec2(0.5, 0.5);
                return;
            }
            let to_scene = |centre: Vec2| match side {
                Side::Original => centre,
                Side::Model => to_original(centre * placement.size, mapping) / first.size,
            };
            if response.dragged() && self.zoom > 1.0 {
                let moved = response.drag_delta() / (placement.scale * placement.size);
                self.centre = to_scene(placement.centre() - moved);
            }
            let Some(at) = response.hover_pos() else {
                continue;
            };
            let (scroll, pinch) =
                ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
            let wanted = self.zoom * (scroll / 240.0).exp() * pinch;
            let zoom = wanted.clamp(1.0, MAX_ZOOM);
            if zoom != self.zoom {
                let pixel = placement.pixel_at(at);
                self.centre = to_scene(placement.centre_for(pixel, at, zoom / self.zoom));
                self.zoom = zoom;
            }
        }
        self.centre = self.centre.clamp(Vec2::ZERO, Vec2::splat(1.0));
    }

    fn paint(
        &mut self,
        ui: &Ui,
        picture: &RgbPicture,
        placement: Option<&Placement>,
        index: usize,
        version: u64,
    ) {
        let Some(placement) = placement else { return };
        let tokens = Tokens::of(ui);
        let is_nearest = placement.scale * ui.pixels_per_point() > NEAREST_FROM;
        let name = ["framescope.original", "framescope.model"][index];
        let texture = self.textures[index].follow(ui.ctx(), name, picture, (version, is_nearest));
        let visible = placement.visible();
        if let Some(texture) = texture
            && visible.is_positive()
        {
            let part = texture_part(placement, visible);
            ui.painter().image(texture, visible, part, Color32::WHITE);
        }
        ui.painter().rect_stroke(
            visible,
            CornerRadius::ZERO,
            Stroke::new(1.0, tokens.line),
            StrokeKind::Outside,
        );
    }

    fn probe(&mut self, pixel: Option<[u32; 2]>, out: &mut Vec<UiCommand>) {
        if pixel != self.probed {
            self.probed = pixel;
            out.push(UiCommand::Probe(pixel));
        }
    }
}

/// Two cells of one height in the pictures' own ratios, side by side in the middle.
fn cells(whole: Rect, original: Vec2, model: Option<Vec2>) -> [Rect; 2] {
    let top = whole.top() + CAPTION_HEIGHT;
    let room = (whole.bottom() - VALUES_HEIGHT - top).max(0.0);
    let ratio = |size: Vec2| (size.x / size.y.max(1.0)).clamp(0.1, 10.0);
    let ratios = [ratio(original), ratio(model.unwrap_or(original))];
    let width = (whole.width() - GROUP).max(0.0);
    let height = room.min(width / (ratios[0] + ratios[1]));
    let widths = ratios.map(|ratio| ratio * height);
    let left = whole.left() + (width - widths[0] - widths[1]) / 2.0;
    let top = top + (room - height) / 2.0;
    let cell = |left: f32, width: f32| Rect::from_min_size(pos2(left, top), vec2(width, height));
    [
        cell(left, widths[0]),
        cell(left + widths[0] + GROUP, widths[1]),
    ]
}

fn cell_response(ui: &Ui, cells: [Rect; 2], side: Side) -> Response {
    let (cell, name) = match side {
        Side::Original => (cells[0], "Original picture"),
        Side::Model => (cells[1], "Model input picture"),
    };
    let response = ui.interact(cell, ui.scope_id().with(name), Sense::click_and_drag());
    named(response, Role::Image, name)
}

fn to_model(original: Vec2, mapping: PictureMapping) -> Vec2 {
    original * Vec2::from(mapping.scale) + Vec2::from(mapping.offset)
}

fn to_original(model: Vec2, mapping: PictureMapping) -> Vec2 {
    let scale = Vec2::from(mapping.scale).max(Vec2::splat(1e-6));
    (model - Vec2::from(mapping.offset)) / scale
}

/// The pixel of the original under the pointer, on whichever side it is.
fn pointed(
    responses: &[Response; 2],
    placements: &[Option<Placement>; 2],
    mapping: PictureMapping,
    original: Vec2,
) -> Option<[u32; 2]> {
    let place = responses.iter().zip(placements).enumerate().find_map(
        |(index, (response, placement))| {
            let placement = (*placement)?;
            let at = response.hover_pos()?;
            let pixel = placement
                .visible()
                .contains(at)
                .then(|| placement.pixel_at(at))?;
            Some(if index == 0 {
                pixel
            } else {
                to_original(pixel, mapping)
            })
        },
    )?;
    let is_inside =
        place.x >= 0.0 && place.y >= 0.0 && place.x < original.x && place.y < original.y;
    is_inside.then_some([place.x as u32, place.y as u32])
}

/// The same place in both pictures, seen on light and dark ground alike.
fn crosshairs(
    ui: &Ui,
    pixel: [u32; 2],
    placements: &[Option<Placement>; 2],
    mapping: PictureMapping,
) {
    let tokens = Tokens::of(ui);
    let middle = vec2(pixel[0] as f32 + 0.5, pixel[1] as f32 + 0.5);
    for (index, placement) in placements.iter().enumerate() {
        let Some(placement) = placement else { continue };
        let place = if index == 0 {
            middle
        } else {
            to_model(middle, mapping)
        };
        let at = placement.screen_at(place);
        let visible = placement.visible();
        if !visible.contains(at) {
            continue;
        }
        let painter = ui.painter().with_clip_rect(visible);
        for (width, color) in [
            (3.0, tokens.over_dark.gamma_multiply(0.5)),
            (1.0, tokens.over_light.gamma_multiply(0.9)),
        ] {
            let stroke = Stroke::new(width, color);
            for (from, to) in [(-14.0, -4.0), (4.0, 14.0)] {
                painter.line_segment([at + vec2(from, 0.0), at + vec2(to, 0.0)], stroke);
                painter.line_segment([at + vec2(0.0, from), at + vec2(0.0, to)], stroke);
            }
        }
    }
}

fn stopped_over(ui: &Ui, cells: [Rect; 2], message: &str) {
    let tokens = Tokens::of(ui);
    let whole = cells[0].union(cells[1]);
    ui.painter()
        .rect_filled(whole, CornerRadius::ZERO, tokens.panel.gamma_multiply(0.85));
    empty_note(ui, whole, message);
}

/// One pixel from the source's codes to the model's values.
fn value_line(ui: &Ui, rect: Rect, probe: Option<&PixelProbe>) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter();
    let Some(probe) = probe else {
        text_within(
            painter,
            rect.left_center() + vec2(0.0, 2.0),
            Align2::LEFT_CENTER,
            "Point at a pixel to follow it; scroll to zoom, drag to pan.",
            (CAPTION, tokens.muted),
            rect.width(),
        );
        return;
    };
    let [x, y] = probe.original;
    let [red, green, blue] = probe.rgb;
    let mut parts = vec![("", format!("x {x}  y {y}"))];
    if let Some([luma, cb, cr]) = probe.yuv {
        parts.push(("YUV", format!("{luma} {cb} {cr}")));
    }
    parts.push(("RGB", format!("{red} {green} {blue}")));
    match (probe.values, probe.tensor) {
        (Some([a, b, c]), _) => parts.push(("tensor", format!("{a:.3} {b:.3} {c:.3}"))),
        (None, None) => parts.push(("tensor", "cropped away".to_owned())),
        (None, Some(_)) => {}
    }
    let mut left = rect.left();
    let middle = rect.center().y + 2.0;
    for (name, value) in parts {
        for (text, color) in [(name, tokens.muted), (value.as_str(), tokens.text)] {
            if !text.is_empty() {
                let drawn = text_within(
                    painter,
                    pos2(left, middle),
                    Align2::LEFT_CENTER,
                    text,
                    (TEXT, color),
                    rect.right() - left,
                );
                left = drawn.right() + 6.0;
            }
        }
        left += 14.0;
    }
    let swatch = Rect::from_center_size(pos2(rect.right() - 7.0, middle), vec2(12.0, 12.0));
    if left < swatch.left() {
        painter.rect_filled(
            swatch,
            CornerRadius::same(2),
            super::theme::pixel([red, green, blue]),
        );
    }
}
