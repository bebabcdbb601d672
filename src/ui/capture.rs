//! A panel as it is on the screen: its shapes without the toolkit, and its pixels.
//!
//! A request waits for one picture of the window, so that the menu it came from is closed. Then the shapes that lie in
//! the panel are copied, and the screen is asked for its pixels, which come with a later picture.

use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui::epaint::text::FontDefinitions;
use eframe::egui::epaint::{self, ClippedShape, ColorMode, TextShape};
use eframe::egui::{
    self, Color32, ColorImage, Context, CornerRadius, FontFamily, Id, LayerId, Mesh, Pos2, Rect,
    Shape, Stroke, TextureId, Ui,
};

use super::theme::Tokens;
use crate::app::{
    Drawing, ExportCommand, Font, Glyph, Ink, Mark, PanelPicture, PictureFormat, Pixels, Triangle,
    UiCommand,
};

/// Pictures of the window that pixels may take to come, before the picture is made without them.
const PATIENCE: u32 = 120;

/// The most letters of a label.
const MAX_WORDS: usize = 400;

/// A wish for a picture of a panel.
#[derive(Clone, Copy)]
struct Wanted {
    panel: &'static str,
    rect: Rect,
    format: PictureFormat,
}

/// Asks for a picture of what is drawn in `rect`; it is taken when the next picture of the window is whole.
pub(super) fn ask(ctx: &Context, panel: &'static str, rect: Rect, format: PictureFormat) {
    let wanted = Wanted {
        panel,
        rect,
        format,
    };
    ctx.data_mut(|data| data.insert_temp(place(), wanted));
    ctx.request_repaint();
}

fn place() -> Id {
    Id::unique("framescope.capture")
}

/// Where the screen's pixels arrive.
type Slot = Arc<Mutex<Option<Arc<ColorImage>>>>;

/// The picture that is being taken.
#[derive(Default)]
pub(super) struct Capture {
    wanted: Option<Wanted>,
    waiting: Option<(Wanted, Option<Drawing>, u32)>,
    slot: Slot,
}

impl Capture {
    /// Called at the end of each picture of the window.
    pub(super) fn step(&mut self, ui: &Ui, out: &mut Vec<UiCommand>) {
        let ctx = ui.ctx();
        self.deliver(ctx, out);
        if let Some(wanted) = self.wanted.take() {
            self.take(ctx, ui.layer_id(), wanted, Tokens::of(ui).panel);
        }
        let asked = ctx.data_mut(|data| {
            let asked = data.get_temp::<Wanted>(place());
            data.remove::<Wanted>(place());
            asked
        });
        if asked.is_some() && self.waiting.is_none() {
            self.wanted = asked;
            ctx.request_repaint();
        }
    }

    fn take(&mut self, ctx: &Context, layer: LayerId, wanted: Wanted, ground: Color32) {
        let drawing =
            (wanted.format == PictureFormat::Svg).then(|| drawing(ctx, layer, wanted.rect, ground));
        self.waiting = Some((wanted, drawing, 0));
        let slot = Arc::clone(&self.slot);
        let asker = ctx.clone();
        ctx.request_screenshot(move |image| {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(image);
            asker.request_repaint();
        });
    }

    fn deliver(&mut self, ctx: &Context, out: &mut Vec<UiCommand>) {
        let Some((wanted, drawing, waited)) = self.waiting.take() else {
            return;
        };
        let image = self
            .slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if image.is_none() && waited < PATIENCE {
            self.waiting = Some((wanted, drawing, waited + 1));
            ctx.request_repaint();
            return;
        }
        let scale = ctx.pixels_per_point();
        let picture = PanelPicture {
            panel: wanted.panel,
            format: wanted.format,
            pixels: image.map(|image| Arc::new(cut(&image, wanted.rect, scale))),
            drawing: drawing.map(Arc::new),
        };
        out.push(UiCommand::Export(ExportCommand::SavePicture(picture)));
    }
}

/// The pixels of a rectangle in points.
fn cut(image: &ColorImage, rect: Rect, scale: f32) -> Pixels {
    let [width, height] = image.size;
    let whole = Pixels {
        width,
        height,
        rgba: image.pixels.iter().flat_map(Color32::to_array).collect(),
    };
    let at = |pos: Pos2| [pos.x, pos.y].map(|side| (side.max(0.0) * scale).round() as usize);
    let (start, end) = (at(rect.min), at(rect.max));
    whole.cut(
        start,
        [0, 1].map(|axis| end[axis].saturating_sub(start[axis])),
    )
}

/// The shapes of a layer that lie in `rect`, on the ground of a panel.
fn drawing(ctx: &Context, layer: LayerId, rect: Rect, ground: Color32) -> Drawing {
    let shapes: Vec<ClippedShape> = ctx.graphics(|layers| {
        layers.get(layer).map_or_else(Vec::new, |list| {
            list.all_entries()
                .filter(|entry| {
                    let seen = entry
                        .shape
                        .visual_bounding_rect()
                        .intersect(entry.clip_rect);
                    seen.intersects(rect)
                })
                .cloned()
                .collect()
        })
    });
    let mut sketch = Sketch {
        origin: rect.min,
        clip: [0.0; 4],
        marks: Vec::new(),
    };
    sketch.clip = sketch.edges(rect);
    sketch.add(&Shape::rect_filled(rect, CornerRadius::ZERO, ground));
    for ClippedShape {
        clip_rect, shape, ..
    } in &shapes
    {
        sketch.clip = sketch.edges(clip_rect.intersect(rect));
        sketch.add(shape);
    }
    let definitions = ctx.fonts(|fonts| fonts.definitions().clone());
    Drawing {
        size: [rect.width(), rect.height()],
        pixels_per_point: ctx.pixels_per_point(),
        marks: sketch.marks,
        fonts: [FontFamily::Proportional, FontFamily::Monospace]
            .map(|family| fonts(&definitions, &family))
            .to_vec(),
    }
}

fn fonts(definitions: &FontDefinitions, family: &FontFamily) -> Vec<Font> {
    let names = definitions.families.get(family).into_iter().flatten();
    let font = |name: &String| {
        let data = definitions.font_data.get(name)?;
        Some(Font {
            name: name.clone(),
            bytes: Arc::from((*data.font).as_ref()),
            index: data.index,
            scale: data.tweak.scale,
            y_offset: data.tweak.y_offset_factor,
        })
    };
    names.filter_map(font).collect()
}

/// Shapes on their way.
struct Sketch {
    origin: Pos2,
    clip: [f32; 4],
    marks: Vec<([f32; 4], Mark)>,
}

fn ink(color: Color32) -> Ink {
    color.to_srgba_unmultiplied()
}

fn stroke(stroke: Stroke) -> (f32, Ink) {
    (stroke.width, ink(stroke.color))
}

impl Sketch {
    fn at(&self, pos: Pos2) -> [f32; 2] {
        [pos.x - self.origin.x, pos.y - self.origin.y]
    }

    fn edges(&self, rect: Rect) -> [f32; 4] {
        let ([left, top], [right, bottom]) = (self.at(rect.min), self.at(rect.max));
        [left, top, right, bottom]
    }

    fn push(&mut self, mark: Mark) {
        self.marks.push((self.clip, mark));
    }

    fn path(&mut self, points: &[Pos2], is_closed: bool, fill: Color32, line: (f32, Ink)) {
        if points.len() > 1 {
            let mark = Mark::Path {
                points: points.iter().map(|pos| self.at(*pos)).collect(),
                is_closed,
                fill: ink(fill),
                stroke: line,
            };
            self.push(mark);
        }
    }

    fn add(&mut self, shape: &Shape) {
        match shape {
            Shape::Noop => {}
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| self.add(shape)),
            Shape::Circle(circle) => self.push(Mark::Ellipse {
                at: self.at(circle.center),
                radii: [circle.radius; 2],
                fill: ink(circle.fill),
                stroke: stroke(circle.stroke),
            }),
            Shape::Ellipse(ellipse) => self.push(Mark::Ellipse {
                at: self.at(ellipse.center),
                radii: [ellipse.radius.x, ellipse.radius.y],
                fill: ink(ellipse.fill),
                stroke: stroke(ellipse.stroke),
            }),
            Shape::LineSegment {
                points,
                stroke: line,
            } => self.path(points, false, Color32::TRANSPARENT, stroke(*line)),
            Shape::Path(path) => {
                let line = (path.stroke.width, line_ink(path));
                self.path(&path.points, path.closed, path.fill, line);
            }
            Shape::Band(band) => {
                let upper = band
                    .points
                    .iter()
                    .map(|point| Pos2::new(point.x, point.y.min));
                let lower = band.points.iter().rev();
                let lower = lower.map(|point| Pos2::new(point.x, point.y.max));
                let points: Vec<Pos2> = upper.chain(lower).collect();
                self.path(&points, true, band.fill, stroke(band.stroke));
            }
            Shape::Rect(rect) => self.rect(rect),
            Shape::Text(text) => self.text(text),
            Shape::Mesh(mesh) => self.mesh(mesh),
            Shape::QuadraticBezier(curve) => {
                let line = (curve.stroke.width, solid(&curve.stroke.color));
                self.path(&curve.flatten(Some(0.1)), curve.closed, curve.fill, line);
            }
            Shape::CubicBezier(curve) => {
                let line = (curve.stroke.width, solid(&curve.stroke.color));
                self.path(&curve.flatten(Some(0.1)), curve.closed, curve.fill, line);
            }
            Shape::Callback(callback) => self.push(Mark::Image(self.edges(callback.rect))),
        }
    }

    fn rect(&mut self, shape: &epaint::RectShape) {
        let is_image = shape
            .brush
            .as_ref()
            .is_some_and(|brush| brush.fill_texture_id != TextureId::default());
        if is_image {
            self.push(Mark::Image(self.edges(shape.rect)));
            return;
        }
        // SVG draws outlines on the edge; the toolkit inside or outside of it, too.
        let half = shape.stroke.width / 2.0;
        let rect = match shape.stroke_kind {
            _ if shape.stroke.width == 0.0 => shape.rect,
            egui::StrokeKind::Inside => shape.rect.shrink(half),
            egui::StrokeKind::Middle => shape.rect,
            egui::StrokeKind::Outside => shape.rect.expand(half),
        };
        self.push(Mark::Rect {
            at: self.edges(rect),
            radius: f32::from(shape.corner_radius.nw),
            fill: ink(shape.fill),
            stroke: stroke(shape.stroke),
        });
    }

    fn mesh(&mut self, mesh: &Mesh) {
        if mesh.texture_id != TextureId::default() {
            self.push(Mark::Image(self.edges(mesh.calc_bounds())));
            return;
        }
        let corner = |index: &u32| mesh.vertices.get(*index as usize).copied();
        let triangle = |corners: &[u32]| {
            let [a, b, c] = [
                corner(&corners[0])?,
                corner(&corners[1])?,
                corner(&corners[2])?,
            ];
            let colors = [a, b, c].map(|vertex| ink(vertex.color));
            let mean = |part: usize| {
                let sum: u16 = colors.iter().map(|color| u16::from(color[part])).sum();
                (sum / 3) as u8
            };
            Some(Triangle {
                at: [a, b, c].map(|vertex| self.at(vertex.pos)),
                ink: std::array::from_fn(mean),
            })
        };
        let triangles = mesh.indices.chunks_exact(3).filter_map(triangle).collect();
        self.push(Mark::Mesh(triangles));
    }

    fn text(&mut self, text: &TextShape) {
        let job = &text.galley.job;
        let mut letters = job.text.char_indices();
        let mut glyphs = Vec::new();
        let mut words = String::new();
        for placed in &text.galley.rows {
            let row_at = text.pos + placed.pos.to_vec2();
            for glyph in &placed.row.glyphs {
                let byte = letters.next().map_or(job.text.len(), |(byte, _)| byte);
                words.push(glyph.chr);
                if glyph.chr.is_whitespace() {
                    continue;
                }
                let section = job
                    .sections
                    .iter()
                    .find(|section| byte < section.byte_range.end.0)
                    .or(job.sections.last());
                let Some(section) = section else { continue };
                let vertices = &placed.row.visuals.mesh.vertices;
                let own = vertices
                    .get(glyph.first_vertex as usize)
                    .map(|vertex| vertex.color)
                    .filter(|color| *color != Color32::PLACEHOLDER);
                let color = text
                    .override_text_color
                    .or(own)
                    .unwrap_or(text.fallback_color)
                    .gamma_multiply(text.opacity_factor);
                glyphs.push(Glyph {
                    letter: glyph.chr,
                    at: self.at(row_at + glyph.pos.to_vec2()),
                    size: section.format.font_id.size,
                    family: usize::from(section.format.font_id.family == FontFamily::Monospace),
                    ink: ink(color),
                });
            }
            if placed.ends_with_newline {
                letters.next();
            }
        }
        if !glyphs.is_empty() {
            self.push(Mark::Text {
                words: words.chars().take(MAX_WORDS).collect(),
                glyphs,
                turn: (self.at(text.pos), text.angle.to_degrees()),
            });
        }
    }
}

fn solid(color: &ColorMode) -> Ink {
    match color {
        ColorMode::Solid(color) => ink(*color),
        ColorMode::UV(color) => ink(color(Rect::ZERO, Pos2::ZERO)),
    }
}

/// The colour of a path's line, at its first point if it changes along it.
fn line_ink(path: &epaint::PathShape) -> Ink {
    match &path.stroke.color {
        ColorMode::Solid(color) => ink(*color),
        ColorMode::UV(color) => {
            let first = path.points.first().copied().unwrap_or_default();
            ink(color(Rect::from_points(&path.points), first))
        }
    }
}
