//! Thumbnails: the textures of small pictures, and a strip of frames that any list of frames can be shown in.
//!
//! *Bounds.* [`TEXTURES`] textures a panel; the one that was shown longest ago makes room.

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{
    Align2, ColorImage, Context, CornerRadius, CursorIcon, Painter, Rect, Role, ScrollArea, Sense,
    Stroke, StrokeKind, TextureHandle, TextureOptions, Ui, pos2, vec2,
};

use super::format;
use super::theme::{CAPTION, GAP, Tokens};
use super::widgets::{named, text_at, text_within, verdict_mark};
use crate::app::{FramePicture, RgbPicture, StripFrame};

/// Textures that a panel keeps.
const TEXTURES: usize = 96;

/// Width ÷ height of a picture in the strip.
const ASPECT: f32 = 16.0 / 9.0;

/// Height of a picture in the strip, as far as there is room.
const HEIGHTS: [f32; 2] = [63.0, 108.0];

/// Height of a frame's caption below its picture.
const LEGEND: f32 = 20.0;

/// Textures by the frame that they show.
#[derive(Default)]
pub(super) struct Thumbs {
    textures: BTreeMap<u64, Thumb>,
    uses: u64,
}

struct Thumb {
    picture: Arc<RgbPicture>,
    texture: TextureHandle,
    used: u64,
}

impl Thumbs {
    fn texture(
        &mut self,
        ctx: &Context,
        frame: u64,
        picture: &Arc<RgbPicture>,
    ) -> Option<&TextureHandle> {
        self.uses += 1;
        let is_known = self
            .textures
            .get(&frame)
            .is_some_and(|thumb| Arc::ptr_eq(&thumb.picture, picture));
        if !is_known {
            let texture = ctx.load_texture("thumb", image_of(picture)?, TextureOptions::LINEAR);
            let thumb = Thumb {
                picture: Arc::clone(picture),
                texture,
                used: 0,
            };
            self.textures.insert(frame, thumb);
            self.make_room();
        }
        let thumb = self.textures.get_mut(&frame)?;
        thumb.used = self.uses;
        Some(&thumb.texture)
    }

    fn make_room(&mut self) {
        while self.textures.len() > TEXTURES {
            // The new one has not been used yet.
            let oldest = self
                .textures
                .iter()
                .filter(|(_, thumb)| thumb.used > 0)
                .min_by_key(|(_, thumb)| thumb.used)
                .map(|(frame, _)| *frame);
            let Some(oldest) = oldest else { break };
            self.textures.remove(&oldest);
        }
    }

    /// Draws the picture of a frame into `rect`, or says why there is none.
    pub(super) fn draw(&mut self, ui: &Ui, rect: Rect, frame: u64, picture: Option<&FramePicture>) {
        let tokens = Tokens::of(ui);
        let painter = ui.painter();
        painter.rect_filled(rect, CornerRadius::ZERO, tokens.surface);
        match picture {
            Some(FramePicture::Here(picture)) => {
                if let Some(texture) = self.texture(ui.ctx(), frame, picture) {
                    let size = texture.size_vec2();
                    let scale = (rect.width() / size.x).min(rect.height() / size.y);
                    let place = Rect::from_center_size(rect.center(), size * scale);
                    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                    painter.image(texture.id(), place, whole, super::theme::pixel([255; 3]));
                }
            }
            Some(FramePicture::NotKept(_)) => {
                painter.line_segment(
                    [rect.left_bottom(), rect.right_top()],
                    Stroke::new(1.0, tokens.line),
                );
                note(painter, rect, "not kept", tokens);
            }
            Some(FramePicture::Coming) => note(painter, rect, "…", tokens),
            Some(FramePicture::Unasked) | None => {}
        }
    }
}

fn note(painter: &Painter, rect: Rect, text: &str, tokens: &Tokens) {
    text_within(
        painter,
        rect.center(),
        Align2::CENTER_CENTER,
        text,
        (CAPTION, tokens.muted),
        rect.width() - 4.0,
    );
}

/// The picture for the graphics card.
pub(super) fn image_of(picture: &RgbPicture) -> Option<ColorImage> {
    let size = picture.size?;
    let is_whole = picture.rgb.len() == 3 * size.area() && !picture.rgb.is_empty();
    is_whole.then(|| ColorImage::from_rgb([size.width(), size.height()], &picture.rgb))
}

/// What happened in a strip.
#[derive(Debug, Default)]
pub(super) struct StripAnswer {
    /// The frames that are seen: their pictures are wanted.
    pub(super) seen: Vec<u64>,
    /// The frame that was clicked.
    pub(super) clicked: Option<u64>,
}

/// A strip of frames with their pictures and verdicts, as long as it likes: what is not seen costs nothing.
pub(super) fn strip(
    ui: &mut Ui,
    thumbs: &mut Thumbs,
    frames: &[StripFrame],
    pictures: &BTreeMap<u64, FramePicture>,
    selected: Option<u64>,
) -> StripAnswer {
    let mut answer = StripAnswer::default();
    // Room for the bar that scrolls is left.
    let room = ui.available_height() - LEGEND - 2.0 * GAP;
    let height = room.clamp(HEIGHTS[0], HEIGHTS[1]);
    let size = vec2(height * ASPECT, height + LEGEND);
    let step = size.x + GAP;
    let whole = vec2(step * frames.len() as f32, size.y);
    ScrollArea::horizontal()
        .auto_shrink(false)
        .show_viewport(ui, |ui, view| {
            ui.set_min_size(whole);
            let origin = ui.min_rect().min;
            let first = ((view.left() / step).floor().max(0.0) as usize).min(frames.len());
            let last = ((view.right() / step).ceil().max(0.0) as usize).min(frames.len());
            for (at, frame) in (first..).zip(&frames[first..last.max(first)]) {
                let min = origin + vec2(at as f32 * step, 0.0);
                let rect = Rect::from_min_size(min, size);
                if cell(ui, rect, thumbs, frame, pictures, selected) {
                    answer.clicked = Some(frame.frame);
                }
                answer.seen.push(frame.frame);
            }
        });
    answer
}

/// One frame of a strip; whether it was clicked.
fn cell(
    ui: &Ui,
    rect: Rect,
    thumbs: &mut Thumbs,
    frame: &StripFrame,
    pictures: &BTreeMap<u64, FramePicture>,
    selected: Option<u64>,
) -> bool {
    let tokens = Tokens::of(ui);
    let response = ui.interact(rect, ui.scope_id().with(frame.frame), Sense::click());
    let spoken = format!("Frame #{}: {}", frame.frame, frame.verdict.word());
    let response = named(response, Role::Button, &spoken).on_hover_cursor(CursorIcon::PointingHand);
    let picture = Rect::from_min_max(rect.min, rect.max - vec2(0.0, LEGEND));
    let state = pictures.get(&frame.frame);
    thumbs.draw(ui, picture, frame.frame, state);
    let painter = ui.painter();
    let is_selected = selected == Some(frame.frame);
    if is_selected || response.hovered() || response.has_focus() {
        let color = if is_selected {
            tokens.cyan
        } else {
            tokens.muted
        };
        let line = Stroke::new(2.0, color);
        painter.rect_stroke(picture, CornerRadius::ZERO, line, StrokeKind::Inside);
    }
    let middle = picture.bottom() + LEGEND / 2.0;
    let mark = Rect::from_center_size(pos2(rect.left() + 5.0, middle), vec2(7.0, 10.0));
    verdict_mark(painter, mark, frame.verdict, tokens);
    text_at(
        painter,
        pos2(rect.left() + 14.0, middle),
        Align2::LEFT_CENTER,
        &format!("#{}", frame.frame),
        (CAPTION, tokens.text),
    );
    let time = frame
        .response_ms
        .map_or_else(|| frame.verdict.word().to_owned(), format::ms);
    text_at(
        painter,
        pos2(rect.right(), middle),
        Align2::RIGHT_CENTER,
        &time,
        (CAPTION, tokens.muted),
    );
    let why = match state {
        Some(FramePicture::NotKept(reason)) => format!("Its picture is not there: {reason}."),
        _ => "Select this frame everywhere.".to_owned(),
    };
    response.on_hover_text(why).clicked()
}
