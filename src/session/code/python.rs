//! What both Python programs have in common: sides, weights of an axis, the frame around `preprocess`.

use super::rounding_words;
use crate::frame::Size;
use crate::pipeline::{
    Anchor, CropPlace, CropRounding, CropSpec, Fit, ResizeKernel, ResizeSpec, ResizeTarget,
    SideRounding,
};

/// A Python program in the making: the body of `preprocess`, and the helpers that it calls.
#[derive(Default)]
pub(super) struct Program {
    body: Vec<String>,
    helpers: Vec<&'static str>,
    pub(super) needs_fractions: bool,
}

impl Program {
    /// Adds a line of `preprocess`, indented.
    pub(super) fn line(&mut self, text: impl AsRef<str>) {
        self.body.push(format!("    {}", text.as_ref()));
    }

    /// Adds a comment of `preprocess`.
    pub(super) fn comment(&mut self, text: impl AsRef<str>) {
        self.line(format!("# {}", text.as_ref()));
    }

    /// Adds a function, once.
    pub(super) fn needs(&mut self, helper: &'static str) {
        if !self.helpers.contains(&helper) {
            self.helpers.push(helper);
        }
    }

    /// The whole program: `head` is the docstring and the imports, `main` what stands behind `preprocess`.
    pub(super) fn text(&self, head: &str, signature: &str, main: &str) -> String {
        let mut helpers = String::new();
        for helper in &self.helpers {
            helpers += helper.trim();
            helpers += "\n\n\n";
        }
        format!(
            "{head}\n\n\n{helpers}{signature}\n{}\n\n\n{}\n",
            self.body.join("\n"),
            main.trim()
        )
    }

    /// Lines that set `w` and `h`, the sides of the resized picture, from `width` and `height`; and where it lies, if
    /// something surrounds it.
    pub(super) fn sides(&mut self, resize: &ResizeSpec) -> Option<Padding> {
        match &resize.target {
            ResizeTarget::Size {
                size,
                fit: Fit::Stretch,
            } => {
                self.line(format!("w, h = {}, {}", size.width_px, size.height_px));
                None
            }
            ResizeTarget::Size {
                size,
                fit: Fit::Letterbox(letterbox),
            } => {
                let Size {
                    width_px,
                    height_px,
                } = *size;
                let ratios = [(width_px, "width"), (height_px, "height")];
                self.scaled(letterbox.rounding, &ratios);
                self.line(format!("w, h = min(w, {width_px}), min(h, {height_px})"));
                let side = |side_px: u32, name: &str| match letterbox.stride_px {
                    None => side_px.to_string(),
                    Some(stride_px) => {
                        format!("{side_px} - ({side_px} - {name}) // {stride_px} * {stride_px}")
                    }
                };
                Some(Padding {
                    canvas: [side(width_px, "w"), side(height_px, "h")],
                    anchor: letterbox.anchor,
                    pad: letterbox.pad,
                })
            }
            ResizeTarget::ShortSide(short) => {
                let mut ratios = vec![(short.short_px, "min(width, height)")];
                ratios.extend(
                    short
                        .long_max_px
                        .map(|long_px| (long_px, "max(width, height)")),
                );
                self.scaled(short.rounding, &ratios);
                short.padding.map(|padding| {
                    let stride_px = padding.stride_px;
                    let side = |name: &str| format!("-(-{name} // {stride_px}) * {stride_px}");
                    Padding {
                        canvas: [side("w"), side("h")],
                        anchor: padding.anchor,
                        pad: padding.pad,
                    }
                })
            }
        }
    }

    fn scaled(&mut self, rounding: SideRounding, ratios: &[(u32, &str)]) {
        let ratio = |(to, of): &(u32, &str)| match rounding {
            SideRounding::Round | SideRounding::Floor => format!("{to} / {of}"),
            SideRounding::FloorExact => format!("Fraction({to}, {of})"),
            SideRounding::FloorSingle => format!("np.float32({to}) / np.float32({of})"),
        };
        self.needs_fractions |= rounding == SideRounding::FloorExact;
        let ratios: Vec<String> = ratios.iter().map(ratio).collect();
        let smallest = match &*ratios {
            [one] => one.clone(),
            more => format!("min({})", more.join(", ")),
        };
        let side = |name: &str| match rounding {
            SideRounding::Round => format!("max(1, round({name} * ratio))"),
            SideRounding::Floor | SideRounding::FloorExact => {
                format!("max(1, int({name} * ratio))")
            }
            SideRounding::FloorSingle => format!("max(1, int(np.float32({name}) * ratio))"),
        };
        self.line(format!(
            "ratio = {smallest}  # sides: {}",
            rounding_words(rounding)
        ));
        self.line(format!("w, h = {}, {}", side("width"), side("height")));
    }

    /// The call that cuts a rectangle out of the picture of `width` and `height`.
    pub(super) fn crop(&mut self, crop: &CropSpec) {
        let Size {
            width_px,
            height_px,
        } = crop.size;
        let start = |side: &str, crop_px: u32, rounding: CropRounding| match rounding {
            CropRounding::Round => format!("round(({side} - {crop_px}) / 2)"),
            CropRounding::Floor => format!("({side} - {crop_px}) // 2"),
        };
        let (x, y) = match crop.place {
            CropPlace::At { x_px, y_px } => (x_px.to_string(), y_px.to_string()),
            CropPlace::Center(rounding) => (
                start("width", width_px, rounding),
                start("height", height_px, rounding),
            ),
        };
        self.line(format!(
            "picture = crop(picture, {x}, {y}, {width_px}, {height_px})"
        ));
    }

    /// The functions that make the weights of an axis for a kernel which the library does not have.
    pub(super) fn needs_weights(&mut self, kernel: ResizeKernel) -> &'static str {
        match kernel {
            ResizeKernel::BilinearAlignCorners => {
                self.needs(ALIGN_CORNERS);
                "align_corners"
            }
            ResizeKernel::Area => {
                self.needs(AREA);
                "area"
            }
            ResizeKernel::Lanczos3 => {
                self.needs(LANCZOS);
                "lanczos"
            }
            _ => {
                self.needs(TRIANGLE);
                "triangle"
            }
        }
    }
}

/// What surrounds a resized picture of `w` by `h`.
pub(super) struct Padding {
    /// Width and height of the whole, as expressions.
    pub(super) canvas: [String; 2],
    anchor: Anchor,
    /// The fill.
    pub(super) pad: [f32; 3],
}

impl Padding {
    /// Where the picture begins in a whole of `canvas_w` by `canvas_h`.
    pub(super) const fn place(&self) -> &'static str {
        match self.anchor {
            Anchor::TopLeft => "0, 0",
            Anchor::Center => "(canvas_w - w) // 2, (canvas_h - h) // 2",
        }
    }

    /// The fill as a Python tuple: bytes before `normalize`, floats after it.
    pub(super) fn fill(&self, is_planes: bool) -> String {
        if is_planes {
            return numbers(self.pad);
        }
        let [red, green, blue] = self.pad.map(|pad| pad.round() as u8);
        format!("({red}, {green}, {blue})")
    }
}

/// Three numbers as a Python tuple, each as short as it can be told from its neighbours.
pub(super) fn numbers([a, b, c]: [f32; 3]) -> String {
    format!("({a}, {b}, {c})")
}

const TRIANGLE: &str = r#"
def triangle(source, target):
    """The weights of one axis, target rows of source pixels: a triangle as wide as the scale (Pillow's BILINEAR)."""
    scale = source / target
    centers = (np.arange(target)[:, None] + 0.5) * scale
    distance = (np.arange(source) + 0.5 - centers) / max(scale, 1.0)
    weights = np.maximum(1.0 - np.abs(distance), 0.0)
    return weights / weights.sum(axis=1, keepdims=True)
"#;

const LANCZOS: &str = r#"
def lanczos(source, target):
    """The weights of one axis, target rows of source pixels: three lobes as wide as the scale (Pillow's LANCZOS)."""
    scale = source / target
    centers = (np.arange(target)[:, None] + 0.5) * scale
    distance = (np.arange(source) + 0.5 - centers) / max(scale, 1.0)
    weights = np.where(np.abs(distance) < 3.0, np.sinc(distance) * np.sinc(distance / 3.0), 0.0)
    return weights / weights.sum(axis=1, keepdims=True)
"#;

const ALIGN_CORNERS: &str = r#"
def align_corners(source, target):
    """The weights of one axis, target rows of source pixels: the outer pixels' centres on each other (darknet)."""
    position = (np.arange(target) * (source - 1) / max(target - 1, 1)).astype(np.float32)
    position[-1] = source - 1
    low = position.astype(int)
    weights = np.zeros((target, source))
    np.add.at(weights, (np.arange(target), low), 1.0 - (position - low))
    np.add.at(weights, (np.arange(target), np.minimum(low + 1, source - 1)), position - low)
    return weights
"#;

const AREA: &str = r#"
def area(source, target, is_growing):
    """The weights of one axis, target rows of source pixels: the part of each that is covered (OpenCV's INTER_AREA)."""
    if source == target:
        return np.eye(source)
    scale = source / target
    index = np.arange(target)[:, None]
    pixel = np.arange(source)
    if not is_growing:
        covered = np.minimum(pixel + 1, (index + 1) * scale) - np.maximum(pixel, index * scale)
        weights = np.where(covered > 1e-3, covered, 0.0)
        return weights / weights.sum(axis=1, keepdims=True)
    start = np.floor(index * scale)
    share = ((index + 1) - (start + 1) / scale).astype(np.float32).astype(np.float64)
    share = np.where(share <= 0, 0.0, share - np.floor(share))
    share = np.where(start + 1 >= source, 0.0, share)
    return (pixel == start) * (1.0 - share) + (pixel == start + 1) * share
"#;
