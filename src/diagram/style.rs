//! What `classDef`, `style` and `linkStyle` say, and what that looks like on a light or a dark ground.

use merman_core::theme_color::ThemeColor;

use super::Stroke;
use super::label::is_bold;

/// A colour: sRGB with straight alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// 255 is opaque.
    pub a: u8,
}

impl Color {
    /// An opaque colour as `0xRRGGBB`.
    pub const fn hex(code: u32) -> Self {
        let [_, r, g, b] = code.to_be_bytes();
        Self { r, g, b, a: 255 }
    }

    /// A colour of CSS: `#46EDC8`, `rgb(…)`, `hsl(…)`, `gray`; `none` and `transparent` are no colour, but see-through.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if matches!(text, "none" | "transparent") {
            return Some(Self {
                a: 0,
                ..Self::hex(0)
            });
        }
        let rgba = ThemeColor::parse(text).ok()?.rgba_channels();
        let byte = |value: f64| value.round().clamp(0.0, 255.0) as u8;
        Some(Self {
            r: byte(rgba.red),
            g: byte(rgba.green),
            b: byte(rgba.blue),
            a: byte(rgba.alpha * 255.0),
        })
    }

    /// The colour that this one gives on an opaque ground.
    #[must_use]
    pub fn over(self, ground: Self) -> Self {
        let share = f32::from(self.a) / 255.0;
        Self {
            a: 255,
            ..ground.toward(Self { a: 255, ..self }, share)
        }
    }

    fn toward(self, other: Self, share: f32) -> Self {
        let mix =
            |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
        Self {
            r: mix(self.r, other.r),
            g: mix(self.g, other.g),
            b: mix(self.b, other.b),
            a: mix(self.a, other.a),
        }
    }

    /// Relative luminance, 0 to 1 (WCAG 2.2).
    fn luminance(self) -> f32 {
        let linear = |value: u8| {
            let value = f32::from(value) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.r) + 0.7152 * linear(self.g) + 0.0722 * linear(self.b)
    }

    /// The contrast of two opaque colours, 1 to 21 (WCAG 2.2).
    pub fn contrast(self, other: Self) -> f32 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// This colour, or the closest one on its way to black or white that can be read on `ground`: a contrast of 4.5, what
    /// WCAG 2.2 asks for text.
    #[must_use]
    pub fn readable_on(self, ground: Self) -> Self {
        const CONTRAST: f32 = 4.5;
        let own = self.over(ground);
        let (black, white) = (Self::hex(0), Self::hex(0x00FF_FFFF));
        let goal = if black.contrast(ground) >= white.contrast(ground) {
            black
        } else {
            white
        };
        let steps = (0..=20).map(|step| own.toward(goal, step as f32 / 20.0));
        let mut readable = steps.filter(|color| color.contrast(ground) >= CONTRAST);
        readable.next().unwrap_or(goal)
    }
}

/// As CSS writes it.
impl std::fmt::Display for Color {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { r, g, b, a } = self;
        match a {
            0 => f.write_str("none"),
            255 => write!(f, "#{r:02X}{g:02X}{b:02X}"),
            _ => write!(f, "rgba({r},{g},{b},{:.3})", f32::from(*a) / 255.0),
        }
    }
}

/// What is said about a node, an edge or a frame. What is not said is the theme's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Style {
    /// The ground.
    pub fill: Option<Color>,
    /// The line.
    pub stroke: Option<Color>,
    /// Width of the line.
    pub stroke_width_px: Option<f32>,
    /// Lengths of dashes and gaps in turn.
    pub dash_px: Option<[f32; 2]>,
    /// The text.
    pub text: Option<Color>,
    /// Whether the text is bold.
    pub is_bold: Option<bool>,
    /// Whether the text is italic.
    pub is_italic: Option<bool>,
    /// The size of the text.
    pub font_size_px: Option<f32>,
    /// Room between text and line: top, right, bottom, left.
    pub padding_px: [Option<f32>; 4],
    /// 0 to 1.
    pub opacity: Option<f32>,
}

/// Names and values of declarations such as `stroke-width: 4px`, in small letters, without `!important`.
pub(super) fn declarations<'a>(
    texts: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = (String, String)> {
    texts.filter_map(|text| {
        let (name, value) = text.split_once(':')?;
        let value = value
            .trim()
            .trim_end_matches(';')
            .trim_end_matches("!important");
        Some((
            name.trim().to_ascii_lowercase(),
            value.trim().to_ascii_lowercase(),
        ))
    })
}

impl Style {
    /// Adds declarations; a later one wins. What is not known is left out.
    pub(super) fn extend<'a>(&mut self, texts: impl Iterator<Item = &'a str>) {
        for (name, value) in declarations(texts.flat_map(|text| text.split(';'))) {
            self.declare(&name, &value);
        }
    }

    fn declare(&mut self, name: &str, value: &str) {
        let color = |old: Option<Color>| Color::parse(value).or(old);
        let length = |most: f32| length_px(value).map(|px| px.min(most));
        match name {
            "fill" | "background" | "background-color" => self.fill = color(self.fill),
            "stroke" | "border-color" => self.stroke = color(self.stroke),
            "color" => self.text = color(self.text),
            "stroke-width" => self.stroke_width_px = length(20.0).or(self.stroke_width_px),
            "font-size" => {
                self.font_size_px = length(64.0).map(|px| px.max(6.0)).or(self.font_size_px);
            }
            "font-weight" => self.is_bold = Some(is_bold(value)),
            "font-style" => self.is_italic = Some(value == "italic" || value == "oblique"),
            "opacity" => {
                let share = value.parse::<f32>().ok().filter(|share| share.is_finite());
                self.opacity = share.map(|share| share.clamp(0.0, 1.0)).or(self.opacity);
            }
            "stroke-dasharray" => {
                let mut parts = value.split([' ', ',']).filter_map(length_px);
                self.dash_px = parts
                    .next()
                    .map(|dash| [dash, parts.next().unwrap_or(dash)]);
                self.dash_px = self.dash_px.filter(|dash| dash.iter().sum::<f32>() > 0.1);
            }
            "padding" => self.padding(value),
            _ => {
                let sides = [
                    "padding-top",
                    "padding-right",
                    "padding-bottom",
                    "padding-left",
                ];
                if let Some(side) = sides.iter().position(|side| *side == name) {
                    self.padding_px[side] = length(200.0).or(self.padding_px[side]);
                }
            }
        }
    }

    /// One to four lengths, as in CSS.
    fn padding(&mut self, value: &str) {
        let lengths = value.split_whitespace().filter_map(length_px);
        let lengths: Vec<f32> = lengths.map(|px| px.min(200.0)).collect();
        let sides = match lengths[..] {
            [all] => [all; 4],
            [vertical, horizontal] => [vertical, horizontal, vertical, horizontal],
            [top, horizontal, bottom] => [top, horizontal, bottom, horizontal],
            [top, right, bottom, left] => [top, right, bottom, left],
            _ => return,
        };
        self.padding_px = sides.map(Some);
    }
}

fn length_px(value: &str) -> Option<f32> {
    let number: f32 = value.trim().trim_end_matches("px").trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// The colours of what says nothing about itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theme {
    /// Behind everything.
    pub ground: Color,
    /// Text.
    pub text: Color,
    /// A node.
    pub node_fill: Color,
    /// A node's line.
    pub node_stroke: Color,
    /// A frame.
    pub frame_fill: Color,
    /// A frame's line.
    pub frame_stroke: Color,
    /// An edge.
    pub edge: Color,
}

/// How something is drawn, all decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paint {
    /// Its ground.
    pub fill: Color,
    /// Its line.
    pub stroke: Color,
    /// The line's width.
    pub stroke_width_px: f32,
    /// Dashes and gaps; a full line without.
    pub dash_px: Option<[f32; 2]>,
    /// Its text, readable on its ground.
    pub text: Color,
    /// What its text stands on: [`Paint::fill`] over what is behind it.
    pub ground: Color,
    /// 0 to 1.
    pub opacity: f32,
}

impl Theme {
    /// Dark on light.
    pub const LIGHT: Self = Self {
        ground: Color::hex(0x00FF_FFFF),
        text: Color::hex(0x001F_2328),
        node_fill: Color::hex(0x00EE_F2F6),
        node_stroke: Color::hex(0x005B_6B7C),
        frame_fill: Color::hex(0x00F7_F9FB),
        frame_stroke: Color::hex(0x00B6_C2CE),
        edge: Color::hex(0x004A_5866),
    };
    /// Light on dark.
    pub const DARK: Self = Self {
        ground: Color::hex(0x0016_1A1F),
        text: Color::hex(0x00E6_EAEE),
        node_fill: Color::hex(0x002A_313A),
        node_stroke: Color::hex(0x008F_9DAB),
        frame_fill: Color::hex(0x001D_2228),
        frame_stroke: Color::hex(0x0046_515D),
        edge: Color::hex(0x00A7_B4C1),
    };

    /// A node.
    pub fn node(&self, style: &Style) -> Paint {
        self.box_of(style, self.node_fill, self.node_stroke, 1.5)
    }

    /// The frame of a subgraph.
    pub fn frame(&self, style: &Style) -> Paint {
        self.box_of(style, self.frame_fill, self.frame_stroke, 1.0)
    }

    /// An edge; its text stands on the frame or on the ground.
    pub fn edge(&self, style: &Style, stroke: Stroke) -> Paint {
        let (width_px, dash_px) = match stroke {
            Stroke::Solid | Stroke::Invisible => (1.5, None),
            Stroke::Dotted => (1.5, Some([3.0, 4.0])),
            Stroke::Thick => (3.5, None),
        };
        let color = style.stroke.filter(|color| color.a > 0);
        Paint {
            fill: style.fill.unwrap_or(self.ground),
            stroke: color.unwrap_or(self.edge),
            stroke_width_px: style.stroke_width_px.unwrap_or(width_px),
            dash_px: style.dash_px.or(dash_px),
            text: style.text.unwrap_or(self.text).readable_on(self.ground),
            ground: self.ground,
            opacity: style.opacity.unwrap_or(1.0),
        }
    }

    fn box_of(&self, style: &Style, fill: Color, stroke: Color, width_px: f32) -> Paint {
        let fill = style.fill.unwrap_or(fill);
        let ground = fill.over(self.frame_fill);
        Paint {
            fill,
            stroke: style.stroke.unwrap_or(stroke),
            stroke_width_px: style.stroke_width_px.unwrap_or(width_px),
            dash_px: style.dash_px,
            text: style.text.unwrap_or(self.text).readable_on(ground),
            ground,
            opacity: style.opacity.unwrap_or(1.0),
        }
    }
}
