//! A drawing as SVG. Letters are outlines, so that they look the same everywhere and stand where they stood; what a text
//! says is its group's label, for search and for screen readers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, MetadataProvider};

use super::png::write_pixels;
use super::{Drawing, Font, Glyph, Ink, Mark, Pixels};

/// The units of an outline: a letter of size 1 is so many, which keeps numbers short.
const UNITS: f32 = 1_000.0;

/// The drawing as an SVG document; `pixels` are those of the panel, for the images in it.
pub fn svg_text(drawing: &Drawing, title: &str, pixels: Option<&Pixels>) -> String {
    let mut writer = Writer {
        drawing,
        pixels,
        body: String::new(),
        outlines: BTreeMap::new(),
        clips: BTreeMap::new(),
    };
    for (clip, mark) in &drawing.marks {
        writer.mark(*clip, mark);
    }
    writer.document(title)
}

struct Writer<'a> {
    drawing: &'a Drawing,
    pixels: Option<&'a Pixels>,
    body: String,
    /// The path of every letter that occurs; `None` if no font has it.
    outlines: BTreeMap<(usize, char), Option<Outline>>,
    /// The clip rectangles by their text.
    clips: BTreeMap<String, usize>,
}

struct Outline {
    path: String,
    scale: f32,
    y_offset: f32,
}

impl Writer<'_> {
    fn document(&self, title: &str) -> String {
        let [width, height] = self.drawing.size;
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\">\n<title>{}</title>\n<defs>\n",
            escaped(title),
            w = short(width),
            h = short(height),
        );
        // Writing to a string cannot fail.
        let mut by_number: Vec<_> = self.clips.iter().collect();
        by_number.sort_by_key(|(_, number)| **number);
        for (rect, number) in by_number {
            let _ = writeln!(text, "<clipPath id=\"c{number}\"><rect {rect}/></clipPath>");
        }
        for ((family, letter), outline) in &self.outlines {
            if let Some(outline) = outline.as_ref().filter(|outline| !outline.path.is_empty()) {
                let _ = writeln!(
                    text,
                    "<path id=\"g{family}-{}\" d=\"{}\"/>",
                    u32::from(*letter),
                    outline.path
                );
            }
        }
        text += "</defs>\n";
        text += &self.body;
        text += "</svg>\n";
        text
    }

    fn mark(&mut self, clip: [f32; 4], mark: &Mark) {
        let mut text = String::new();
        match mark {
            Mark::Rect {
                at: [left, top, right, bottom],
                radius,
                fill,
                stroke,
            } => {
                let _ = write!(
                    text,
                    "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
                    short(*left),
                    short(*top),
                    short((right - left).max(0.0)),
                    short((bottom - top).max(0.0))
                );
                if *radius > 0.0 {
                    let _ = write!(text, " rx=\"{}\"", short(*radius));
                }
                text += &paint(*fill, *stroke);
                text += "/>\n";
            }
            Mark::Ellipse {
                at: [x, y],
                radii: [rx, ry],
                fill,
                stroke,
            } => {
                let _ = writeln!(
                    text,
                    "<ellipse cx=\"{}\" cy=\"{}\" rx=\"{}\" ry=\"{}\"{}/>",
                    short(*x),
                    short(*y),
                    short(*rx),
                    short(*ry),
                    paint(*fill, *stroke)
                );
            }
            Mark::Path {
                points,
                is_closed,
                fill,
                stroke,
            } => {
                let end = if *is_closed { "Z" } else { "" };
                let _ = writeln!(
                    text,
                    "<path d=\"{}{end}\" stroke-linejoin=\"round\"{}/>",
                    line(points),
                    paint(*fill, *stroke)
                );
            }
            Mark::Mesh(triangles) => {
                for triangle in triangles {
                    // A hair of outline closes the seams between neighbours.
                    let _ = writeln!(
                        text,
                        "<path d=\"{}Z\"{}/>",
                        line(&triangle.at),
                        paint(triangle.ink, (0.2, triangle.ink))
                    );
                }
            }
            Mark::Text {
                words,
                glyphs,
                turn,
            } => text = self.text(words, glyphs, *turn),
            Mark::Image(at) => text = self.image(*at).unwrap_or_default(),
        }
        if !text.is_empty() {
            let number = self.clip(clip);
            let _ = writeln!(self.body, "<g clip-path=\"url(#c{number})\">\n{text}</g>");
        }
    }

    fn clip(&mut self, [left, top, right, bottom]: [f32; 4]) -> usize {
        let rect = format!(
            "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            short(left),
            short(top),
            short((right - left).max(0.0)),
            short((bottom - top).max(0.0))
        );
        let next = self.clips.len();
        *self.clips.entry(rect).or_insert(next)
    }

    fn text(
        &mut self,
        words: &str,
        glyphs: &[Glyph],
        ([x, y], degrees): ([f32; 2], f32),
    ) -> String {
        let fonts = &self.drawing.fonts;
        let mut text = format!("<g role=\"text\" aria-label=\"{}\"", escaped(words));
        if degrees != 0.0 {
            let _ = write!(
                text,
                " transform=\"rotate({} {} {})\"",
                short(degrees),
                short(x),
                short(y)
            );
        }
        text += ">\n";
        for glyph in glyphs {
            let outline = self
                .outlines
                .entry((glyph.family, glyph.letter))
                .or_insert_with(|| {
                    let family = fonts.get(glyph.family).or(fonts.first())?;
                    outline(family, glyph.letter)
                });
            let Some(outline) = outline.as_ref().filter(|outline| !outline.path.is_empty()) else {
                continue;
            };
            let scale = glyph.size * outline.scale / UNITS;
            let _ = writeln!(
                text,
                "<use href=\"#g{}-{}\" transform=\"translate({} {}) scale({scale:.5})\"{}/>",
                glyph.family,
                u32::from(glyph.letter),
                short(glyph.at[0]),
                short(glyph.at[1] + outline.y_offset * glyph.size),
                paint(glyph.ink, (0.0, [0; 4]))
            );
        }
        text + "</g>\n"
    }

    /// The pixels of the screen at a rectangle, inside the file.
    fn image(&self, [left, top, right, bottom]: [f32; 4]) -> Option<String> {
        let scale = self.drawing.pixels_per_point;
        let start = [left, top].map(|side| (side.max(0.0) * scale).round() as usize);
        let end = [right, bottom].map(|side| (side.max(0.0) * scale).round() as usize);
        let size = [0, 1].map(|axis| end[axis].saturating_sub(start[axis]));
        let part = self.pixels?.cut(start, size);
        if part.width == 0 || part.height == 0 {
            return None;
        }
        let mut png = Vec::new();
        write_pixels(&part, &mut png).ok()?;
        let at = start.map(|side| side as f32 / scale);
        Some(format!(
            "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" href=\"data:image/png;base64,{}\"/>\n",
            short(at[0]),
            short(at[1]),
            short(part.width as f32 / scale),
            short(part.height as f32 / scale),
            STANDARD.encode(png)
        ))
    }
}

/// The outline of a letter in the first font that has it.
fn outline(fonts: &[Font], letter: char) -> Option<Outline> {
    fonts.iter().find_map(|font| {
        let file = FontRef::from_index(&font.bytes, font.index).ok()?;
        let glyph = file.charmap().map(letter)?;
        let mut pen = Pen(String::new());
        // A letter without an outline, such as a space, draws nothing.
        if let Some(glyph) = file.outline_glyphs().get(glyph) {
            let settings = DrawSettings::unhinted(Size::new(UNITS), LocationRef::default());
            glyph.draw(settings, &mut pen).ok()?;
        }
        Some(Outline {
            path: pen.0,
            scale: font.scale,
            y_offset: font.y_offset,
        })
    })
}

/// Writes an outline as the commands of a path; fonts count upwards, SVG downwards.
struct Pen(String);

impl Pen {
    fn add(&mut self, command: char, points: &[(f32, f32)]) {
        self.0.push(command);
        for (index, (x, y)) in points.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            let _ = write!(self.0, "{space}{} {}", short(*x), short(-*y));
        }
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add('L', &[(x, y)]);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.add('Q', &[(cx, cy), (x, y)]);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.add('C', &[(ax, ay), (bx, by), (x, y)]);
    }

    fn close(&mut self) {
        self.0.push('Z');
    }
}

fn line(points: &[[f32; 2]]) -> String {
    let mut text = String::with_capacity(12 * points.len());
    for (index, [x, y]) in points.iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        let _ = write!(text, "{command}{} {}", short(*x), short(*y));
    }
    text
}

/// The attributes of inside and outline.
fn paint(fill: Ink, (width, ink): (f32, Ink)) -> String {
    let color = |[red, green, blue, _]: Ink| format!("#{red:02x}{green:02x}{blue:02x}");
    let mut text = if fill[3] == 0 {
        " fill=\"none\"".to_owned()
    } else {
        format!(" fill=\"{}\"", color(fill))
    };
    if fill[3] != 0 && fill[3] != 255 {
        let _ = write!(text, " fill-opacity=\"{:.3}\"", f32::from(fill[3]) / 255.0);
    }
    if width > 0.0 && ink[3] != 0 {
        let _ = write!(
            text,
            " stroke=\"{}\" stroke-width=\"{}\"",
            color(ink),
            short(width)
        );
        if ink[3] != 255 {
            let _ = write!(text, " stroke-opacity=\"{:.3}\"", f32::from(ink[3]) / 255.0);
        }
    }
    text
}

/// A number with two decimals at most; what is no number is 0.
fn short(number: f32) -> String {
    if !number.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{number:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// Text that can stand in an attribute; what XML does not allow is left out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\n' | '\t' => safe.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_becomes_shapes_in_their_clips() {
        let drawing = Drawing {
            size: [20.0, 10.0],
            pixels_per_point: 2.0,
            marks: vec![
                (
                    [0.0, 0.0, 20.0, 10.0],
                    Mark::Path {
                        points: vec![[1.0, 2.0], [3.25, 4.0]],
                        is_closed: false,
                        fill: [0; 4],
                        stroke: (1.5, [255, 0, 16, 128]),
                    },
                ),
                ([5.0, 0.0, 10.0, 10.0], Mark::Image([5.0, 0.0, 7.0, 1.0])),
                (
                    [0.0, 0.0, 20.0, 10.0],
                    Mark::Text {
                        words: "a < \"b\" & \u{1}c".into(),
                        glyphs: Vec::new(),
                        turn: ([1.0, 2.0], -90.0),
                    },
                ),
            ],
            fonts: Vec::new(),
        };
        let pixels = Pixels {
            width: 40,
            height: 20,
            rgba: vec![200; 4 * 800],
        };
        let text = svg_text(&drawing, "Drops & more", Some(&pixels));
        for part in [
            "<title>Drops &amp; more</title>",
            "d=\"M1 2L3.25 4\"",
            "stroke=\"#ff0010\" stroke-width=\"1.5\" stroke-opacity=\"0.502\"",
            "<image x=\"5\" y=\"0\" width=\"2\" height=\"1\"",
            "aria-label=\"a &lt; &quot;b&quot; &amp; c\" transform=\"rotate(-90 1 2)\"",
            "<clipPath id=\"c1\"><rect x=\"5\" y=\"0\" width=\"5\" height=\"10\"/></clipPath>",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert_eq!(text.matches("<clipPath").count(), 2);
    }

    #[test]
    fn what_lies_outside_the_screen_is_left_out() {
        let pixels = Pixels {
            width: 3,
            height: 2,
            rgba: (0..24).collect(),
        };
        assert_eq!(
            pixels.cut([1, 1], [9, 9]).rgba,
            (16..24).collect::<Vec<u8>>()
        );
        assert_eq!(pixels.cut([7, 7], [1, 1]), Pixels::default());
    }
}
