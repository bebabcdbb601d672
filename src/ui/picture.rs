//! One picture of the viewer: its texture, and where its pixels are on the screen.

use eframe::egui::{self, ColorImage, Pos2, Rect, TextureHandle, TextureOptions, Vec2, vec2};

use crate::app::{MAX_VALUES, RgbPicture, Shown, Subject, Wanted};
use crate::frame::Size;

/// Points per pixel from which on its values are written into it.
pub(super) const VALUES_FROM: f32 = 36.0;

/// A texture that follows a shown part of a picture, uploaded only when that or the filter has changed.
#[derive(Default)]
pub(super) struct Texture {
    handle: Option<TextureHandle>,
    uploaded: Option<Uploaded>,
}

/// What a texture shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Uploaded {
    version: u64,
    is_nearest: bool,
    subject: Subject,
    size: Size,
    part: [u32; 4],
}

impl Texture {
    /// Takes over the shown part, if it is another than the one before.
    pub(super) fn follow(
        &mut self,
        ctx: &egui::Context,
        name: &str,
        shown: &Shown,
        is_nearest: bool,
    ) {
        let new = Uploaded {
            version: shown.version,
            is_nearest,
            subject: shown.subject,
            size: shown.size,
            part: shown.part,
        };
        if self.uploaded == Some(new) && self.handle.is_some() {
            return;
        }
        let max_side = ctx.input(|input| input.max_texture_side);
        let Some(image) = image_of(&shown.image, max_side) else {
            return;
        };
        let options = if is_nearest {
            TextureOptions::NEAREST
        } else {
            TextureOptions::LINEAR
        };
        match &mut self.handle {
            Some(handle) => handle.set(image, options),
            None => self.handle = Some(ctx.load_texture(name, image, options)),
        }
        self.uploaded = Some(new);
    }

    /// Paints it where it belongs, seen through `clip`: the last part that was shown, until there is a newer one.
    pub(super) fn paint(
        &self,
        painter: &egui::Painter,
        placement: &Placement,
        subject: Subject,
        clip: Rect,
    ) {
        let (Some(handle), Some(uploaded)) = (&self.handle, &self.uploaded) else {
            return;
        };
        let size = vec2(
            uploaded.size.width_px as f32,
            uploaded.size.height_px as f32,
        );
        if uploaded.subject != subject || size != placement.size {
            return;
        }
        let [x, y, width, height] = uploaded.part.map(|side| side as f32);
        let whole = Rect::from_min_max(
            placement.screen_at(vec2(x, y)),
            placement.screen_at(vec2(x + width, y + height)),
        );
        let visible = whole.intersect(clip);
        if !visible.is_positive() {
            return;
        }
        let at = |pos: Pos2| ((pos - whole.min) / whole.size()).to_pos2();
        let part = Rect::from_min_max(at(visible.min), at(visible.max));
        painter.image(handle.id(), visible, part, super::theme::AS_IT_IS);
    }
}

/// The picture for the graphics card; pixels are left out if it is larger than the card can take.
fn image_of(picture: &RgbPicture, max_side: usize) -> Option<ColorImage> {
    let size = picture.size?;
    let (width, height) = (size.width(), size.height());
    if width == 0 || height == 0 || picture.rgb.len() != 3 * size.area() {
        return None;
    }
    let stride = width.max(height).div_ceil(max_side.max(1));
    if stride <= 1 {
        return Some(ColorImage::from_rgb([width, height], &picture.rgb));
    }
    let shown = [width.div_ceil(stride), height.div_ceil(stride)];
    let pixels = (0..shown[1])
        .flat_map(|row| (0..shown[0]).map(move |column| (column, row)))
        .map(|(column, row)| {
            let at = 3 * (row * stride * width + column * stride);
            super::theme::pixel([picture.rgb[at], picture.rgb[at + 1], picture.rgb[at + 2]])
        })
        .collect();
    Some(ColorImage::new(shown, pixels))
}

/// How a picture lies in its cell: `screen = origin + pixel · scale`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    /// The cell.
    pub(super) cell: Rect,
    /// Where pixel (0, 0) begins.
    pub(super) origin: Pos2,
    /// Points per pixel.
    pub(super) scale: f32,
    /// Width and height in pixels.
    pub(super) size: Vec2,
}

impl Placement {
    /// Fits a picture of `size` pixels into `cell`, enlarged by `zoom`, with `centre` (from 0 to 1 in both
    /// directions) in the middle as far as the picture's edges allow.
    pub(super) fn new(cell: Rect, size: Vec2, zoom: f32, centre: Vec2) -> Self {
        let size = size.max(Vec2::splat(1.0));
        let fit = (cell.width() / size.x).min(cell.height() / size.y);
        let scale = (fit * zoom).max(1e-4);
        let half = cell.size() / (2.0 * scale);
        let keep = |wanted: f32, half: f32, length: f32| {
            if half * 2.0 >= length {
                length / 2.0
            } else {
                wanted.clamp(half, length - half)
            }
        };
        let middle = vec2(
            keep(centre.x * size.x, half.x, size.x),
            keep(centre.y * size.y, half.y, size.y),
        );
        Self {
            cell,
            origin: cell.center() - middle * scale,
            scale,
            size,
        }
    }

    /// The whole picture on the screen; may reach beyond the cell.
    pub(super) fn rect(&self) -> Rect {
        Rect::from_min_size(self.origin, self.size * self.scale)
    }

    /// What is seen of it.
    pub(super) fn visible(&self) -> Rect {
        self.rect().intersect(self.cell)
    }

    /// The place in the picture, in pixels.
    pub(super) fn pixel_at(&self, at: Pos2) -> Vec2 {
        (at - self.origin) / self.scale
    }

    /// A place of the picture on the screen.
    pub(super) fn screen_at(&self, pixel: Vec2) -> Pos2 {
        self.origin + pixel * self.scale
    }

    /// The part of `subject` that is seen, and how large it is on the screen.
    pub(super) fn wanted(&self, subject: Subject, pixels_per_point: f32) -> Option<Wanted> {
        let visible = self.visible();
        if !visible.is_positive() {
            return None;
        }
        let end = self.size;
        let from = self.pixel_at(visible.min).floor().clamp(Vec2::ZERO, end);
        let to = self.pixel_at(visible.max).ceil().clamp(from, end);
        let part = (to - from).max(Vec2::splat(1.0));
        let pixels = (part * self.scale * pixels_per_point)
            .ceil()
            .max(Vec2::splat(1.0));
        Some(Wanted {
            subject,
            part: [from.x as u32, from.y as u32, part.x as u32, part.y as u32],
            pixels: [
                (pixels.x as u32).min(part.x as u32),
                (pixels.y as u32).min(part.y as u32),
            ],
            has_values: self.scale >= VALUES_FROM && (part.x * part.y) as usize <= MAX_VALUES,
        })
    }

    /// The part from 0 to 1 that is in the middle of the cell.
    pub(super) fn centre(&self) -> Vec2 {
        self.pixel_at(self.cell.center()) / self.size
    }

    /// The centre that puts `pixel` under the pointer at another zoom.
    pub(super) fn centre_for(&self, pixel: Vec2, at: Pos2, factor: f32) -> Vec2 {
        (pixel - (at - self.cell.center()) / (self.scale * factor)) / self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::pos2;

    #[test]
    fn a_picture_is_fitted_and_centred() {
        let cell = Rect::from_min_size(pos2(10.0, 20.0), vec2(200.0, 100.0));
        let placement = Placement::new(cell, vec2(100.0, 100.0), 1.0, vec2(0.9, 0.9));
        assert_eq!(placement.scale, 1.0);
        assert_eq!(placement.rect().center(), cell.center());
        let pixel = placement.pixel_at(placement.screen_at(vec2(30.0, 40.0)));
        assert!((pixel - vec2(30.0, 40.0)).length() < 1e-3);
    }

    #[test]
    fn zooming_keeps_the_pixel_under_the_pointer() {
        let cell = Rect::from_min_size(Pos2::ZERO, vec2(400.0, 400.0));
        let before = Placement::new(cell, vec2(100.0, 100.0), 4.0, vec2(0.5, 0.5));
        let at = pos2(150.0, 260.0);
        let pixel = before.pixel_at(at);
        let centre = before.centre_for(pixel, at, 2.0);
        let after = Placement::new(cell, vec2(100.0, 100.0), 8.0, centre);
        assert!((after.pixel_at(at) - pixel).length() < 1e-3);
    }

    #[test]
    fn what_is_wanted_is_what_is_seen() {
        let cell = Rect::from_min_size(Pos2::ZERO, vec2(400.0, 300.0));
        let fitted = Placement::new(cell, vec2(1920.0, 1080.0), 1.0, vec2(0.5, 0.5));
        let wanted = fitted.wanted(Subject::Original, 2.0).expect("a part");
        assert_eq!(
            (wanted.part, wanted.pixels),
            ([0, 0, 1920, 1080], [800, 450])
        );
        let near = Placement::new(cell, vec2(1920.0, 1080.0), 192.0, vec2(0.5, 0.5));
        let wanted = near.wanted(Subject::Original, 1.0).expect("a part");
        assert!(wanted.has_values && wanted.part[2] <= 12, "{wanted:?}");
        assert_eq!(wanted.pixels, [wanted.part[2], wanted.part[3]]);
        let dot = Placement::new(cell, vec2(1.0, 1.0), 1.0, vec2(0.5, 0.5));
        let wanted = dot.wanted(Subject::Original, 1.0).expect("a part");
        assert_eq!(wanted.part, [0, 0, 1, 1]);
    }

    #[test]
    fn a_picture_beyond_the_limit_is_thinned_out() {
        let picture = RgbPicture {
            size: Some(Size::new(10, 4)),
            rgb: (0..120).collect(),
        };
        let image = image_of(&picture, 4).map(|image| image.size);
        assert_eq!(image, Some([4, 2]));
        let broken = RgbPicture {
            size: Some(Size::new(10, 4)),
            rgb: vec![0; 7],
        };
        assert!(image_of(&broken, 4).is_none());
    }
}
