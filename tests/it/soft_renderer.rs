//! Paints the window with the processor alone, so that it can be looked at and tested where there is no display.
//!
//! Colours are blended as the graphics card does it: premultiplied, in gamma space.

use std::collections::HashMap;

use eframe::egui::{
    self, Color32, ImageData, Mesh, Pos2, TextureFilter, TextureId, TextureOptions, TexturesDelta,
    epaint::{ImageDelta, Primitive, Vertex},
};
use egui_kittest::TestRenderer;
use image::{Rgba, RgbaImage};

/// Keeps the textures and paints meshes.
#[derive(Default)]
pub(crate) struct SoftRenderer {
    textures: HashMap<TextureId, Texture>,
}

struct Texture {
    size: [usize; 2],
    pixels: Vec<Color32>,
    options: TextureOptions,
}

impl TestRenderer for SoftRenderer {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        for (id, changes) in delta.set.drain() {
            for change in changes {
                self.change(id, &change);
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    fn render(
        &mut self,
        ctx: &egui::Context,
        output: &egui::FullOutput,
    ) -> Result<RgbaImage, String> {
        let scale = output.pixels_per_point;
        let size = ctx.content_rect().size() * scale;
        let [width, height] = [size.x, size.y].map(|side| side.round() as usize);
        let mut canvas = Canvas {
            width,
            height,
            pixels: vec![[0.0, 0.0, 0.0, 255.0]; width * height],
        };
        for clipped in ctx.tessellate(output.shapes.clone(), scale) {
            let Primitive::Mesh(mesh) = &clipped.primitive else {
                continue;
            };
            if let Some(texture) = self.textures.get(&mesh.texture_id) {
                let clip = [clipped.clip_rect.min, clipped.clip_rect.max]
                    .map(|corner| corner.to_vec2() * scale);
                canvas.mesh(mesh, texture, clip, scale);
            }
        }
        Ok(canvas.image())
    }
}

impl SoftRenderer {
    fn change(&mut self, id: TextureId, change: &ImageDelta) {
        let ImageData::Color(image) = &change.image;
        let [width, height] = image.size;
        match change.pos {
            None => {
                let texture = Texture {
                    size: image.size,
                    pixels: image.pixels.clone(),
                    options: change.options,
                };
                self.textures.insert(id, texture);
            }
            Some([left, top]) => {
                let Some(texture) = self.textures.get_mut(&id) else {
                    return;
                };
                for row in 0..height {
                    let to = (top + row) * texture.size[0] + left;
                    texture.pixels[to..to + width]
                        .copy_from_slice(&image.pixels[row * width..(row + 1) * width]);
                }
            }
        }
    }
}

impl Texture {
    fn pixel(&self, x: f32, y: f32) -> [f32; 4] {
        let at = |value: f32, length: usize| (value.max(0.0) as usize).min(length - 1);
        let index = at(y, self.size[1]) * self.size[0] + at(x, self.size[0]);
        self.pixels[index].to_array().map(f32::from)
    }

    fn sample(&self, u: f32, v: f32) -> [f32; 4] {
        let (x, y) = (u * self.size[0] as f32, v * self.size[1] as f32);
        if self.options.magnification == TextureFilter::Nearest {
            return self.pixel(x, y);
        }
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (right_part, lower_part) = (x - left, y - top);
        let mix = |a: [f32; 4], b: [f32; 4], part: f32| -> [f32; 4] {
            std::array::from_fn(|i| a[i] + (b[i] - a[i]) * part)
        };
        let row = |y: f32| mix(self.pixel(left, y), self.pixel(left + 1.0, y), right_part);
        mix(row(top), row(top + 1.0), lower_part)
    }
}

struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<[f32; 4]>,
}

impl Canvas {
    fn mesh(&mut self, mesh: &Mesh, texture: &Texture, clip: [egui::Vec2; 2], scale: f32) {
        let limit = |value: f32, length: usize| (value.round().max(0.0) as usize).min(length);
        let columns = limit(clip[0].x, self.width)..limit(clip[1].x, self.width);
        let rows = limit(clip[0].y, self.height)..limit(clip[1].y, self.height);
        for corners in mesh.indices.chunks_exact(3) {
            let corners = [0, 1, 2].map(|i| mesh.vertices[corners[i] as usize]);
            let places = corners.map(|corner| corner.pos * scale);
            let [xs, ys] = [places.map(|p| p.x), places.map(|p| p.y)];
            let first = |values: [f32; 3]| values.into_iter().fold(f32::MAX, f32::min).floor();
            let last = |values: [f32; 3]| values.into_iter().fold(f32::MIN, f32::max).ceil();
            let inside = |range: &std::ops::Range<usize>, values: [f32; 3]| {
                let from = (first(values).max(0.0) as usize).max(range.start);
                from..(last(values).max(0.0) as usize).min(range.end)
            };
            for y in inside(&rows, ys) {
                for x in inside(&columns, xs) {
                    let at = Pos2::new(x as f32 + 0.5, y as f32 + 0.5);
                    if let Some(weights) = weights(places, at) {
                        self.blend(x, y, &corners, weights, texture);
                    }
                }
            }
        }
    }

    fn blend(
        &mut self,
        x: usize,
        y: usize,
        corners: &[Vertex; 3],
        weights: [f32; 3],
        texture: &Texture,
    ) {
        let mixed = |value: &dyn Fn(&Vertex) -> f32| -> f32 {
            corners.iter().zip(weights).map(|(c, w)| value(c) * w).sum()
        };
        let texel = texture.sample(mixed(&|c| c.uv.x), mixed(&|c| c.uv.y));
        let source: [f32; 4] = std::array::from_fn(|i| {
            mixed(&|c| f32::from(c.color.to_array()[i])) * texel[i] / 255.0
        });
        let pixel = &mut self.pixels[y * self.width + x];
        let through = 1.0 - source[3] / 255.0;
        *pixel = std::array::from_fn(|i| source[i] + pixel[i] * through);
    }

    fn image(&self) -> RgbaImage {
        RgbaImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            let pixel = self.pixels[y as usize * self.width + x as usize];
            Rgba(pixel.map(|value| value.round().clamp(0.0, 255.0) as u8))
        })
    }
}

/// The barycentric weights of a place in a triangle; `None` outside. An edge belongs to one of its two triangles.
fn weights(corners: [Pos2; 3], at: Pos2) -> Option<[f32; 3]> {
    let cross = |a: Pos2, b: Pos2, c: Pos2| (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    let [a, b, c] = corners;
    let area = cross(a, b, c);
    if area == 0.0 {
        return None;
    }
    let mut weights = [0.0; 3];
    for (weight, [from, to]) in weights.iter_mut().zip([[b, c], [c, a], [a, b]]) {
        *weight = cross(from, to, at) / area;
        let edge = (to - from) * area.signum();
        let owns_edge = edge.y < 0.0 || (edge.y == 0.0 && edge.x > 0.0);
        if *weight < 0.0 || (*weight == 0.0 && !owns_edge) {
            return None;
        }
    }
    Some(weights)
}
