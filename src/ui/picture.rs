//! One picture of the viewer: its texture, and where its pixels are on the screen.

use eframe::egui::{self, ColorImage, Pos2, Rect, TextureHandle, TextureOptions, Vec2, pos2, vec2};

use crate::app::RgbPicture;

/// A texture that follows a picture, uploaded only when the picture or the filter has changed.
#[derive(Default)]
pub(super) struct Texture {
    handle: Option<TextureHandle>,
    uploaded: Option<(u64, bool)>,
}

impl Texture {
    /// The texture of this version of the picture; `None` if there is none to show.
    pub(super) fn follow(
        &mut self,
        ctx: &egui::Context,
        name: &str,
        picture: &RgbPicture,
        (version, is_nearest): (u64, bool),
    ) -> Option<egui::TextureId> {
        if self.uploaded != Some((version, is_nearest)) || self.handle.is_none() {
            let max_side = ctx.input(|input| input.max_texture_side);
            let image = image_of(picture, max_side)?;
            let options = if is_nearest {
                TextureOptions::NEAREST
            } else {
                TextureOptions::LINEAR
            };
            match &mut self.handle {
                Some(handle) => handle.set(image, options),
                None => self.handle = Some(ctx.load_texture(name, image, options)),
            }
            self.uploaded = Some((version, is_nearest));
        }
        self.handle.as_ref().map(TextureHandle::id)
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

    /// The part from 0 to 1 that is in the middle of the cell.
    pub(super) fn centre(&self) -> Vec2 {
        self.pixel_at(self.cell.center()) / self.size
    }

    /// The centre that puts `pixel` under the pointer at another zoom.
    pub(super) fn centre_for(&self, pixel: Vec2, at: Pos2, factor: f32) -> Vec2 {
        (pixel - (at - self.cell.center()) / (self.scale * factor)) / self.size
    }
}

/// The part of the texture that is seen through `visible`, for painting without reaching far outside.
pub(super) fn texture_part(placement: &Placement, visible: Rect) -> Rect {
    let min = placement.pixel_at(visible.min) / placement.size;
    let max = placement.pixel_at(visible.max) / placement.size;
    Rect::from_min_max(pos2(min.x, min.y), pos2(max.x, max.y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;

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
