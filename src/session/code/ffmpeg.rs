//! A shell script around one FFmpeg filter chain.
//!
//! The sides are computed by the script, so that the chain holds plain numbers. Bytes are scaled as planes (`gbrp`), which
//! neither convert colours nor round twice; zimg's `zscale` is used, since swscale takes RGB through YUV. What FFmpeg's
//! scalers cannot do (two pixels per axis whatever the scale, nearest by the rounded-down place, darknet's corners) is
//! written as an expression of `geq`.

use std::fmt::Write as _;

use super::{harmless, rounding_words, stage_words};
use crate::frame::{Layout, Size, ValueType};
use crate::pipeline::{
    Anchor, BlurSpec, CropPlace, CropRounding, CropSpec, Edge, Fit, Normalization, Recipe,
    ResizeKernel, ResizeSpec, ResizeTarget, SideRounding, StageSpec,
};

/// The largest radius of a window that FFmpeg's `convolution` takes: 49 weights.
const MAX_CONVOLUTION_RADIUS: u32 = 24;

/// The script in the making.
#[derive(Default)]
struct Script {
    lines: Vec<String>,
    normalization: Option<Normalization>,
    /// Whether the planes are floats from 0 to 1 by now; they become it when it first makes a difference.
    is_float: bool,
}

/// What surrounds a resized picture: canvas as shell arithmetic, place, fill.
struct Padding {
    canvas: [String; 2],
    anchor: Anchor,
    pad: [f32; 3],
}

/// The script.
pub(super) fn script(recipe: &Recipe) -> String {
    let mut script = Script::default();
    let mut form = (Layout::Nchw, ValueType::F32);
    for (id, stage) in recipe.stage_ids().iter().zip(&recipe.stages) {
        script.comment(&stage_words(id, stage));
        script.stage(stage);
        if let StageSpec::Normalize {
            layout, value_type, ..
        } = stage
        {
            form = (*layout, *value_type);
        }
    }
    let output = script.end(form);
    format!(
        r#"#!/bin/sh
# {name}: a picture to the model's input, as Framescope {version} does it.
#
#     sh preprocess.sh PICTURE TENSOR.npy
#
# Checked with FFmpeg 5.1; its build needs zscale (zimg), as those of Debian, Ubuntu, and the usual static ones have it.
# Values differ from Framescope's by one level of a pixel at most where nothing else is said. An alpha channel is left
# out, where Framescope lays the picture over black; a camera's orientation is not applied.
set -eu
[ $# -eq 2 ] || {{ echo "usage: sh preprocess.sh PICTURE TENSOR.npy" >&2; exit 2; }}
picture=$1 tensor=$2
set -- $(ffprobe -v error -select_streams v:0 -show_entries stream=width,height -of csv=p=0 "$picture" | tr , ' ')
W=$1 H=$2
chain="format=gbrp"

{body}

{output}"#,
        name = harmless(&recipe.name),
        version = env!("CARGO_PKG_VERSION"),
        body = script.lines.join("\n"),
    )
}

impl Script {
    fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    fn comment(&mut self, text: &str) {
        self.line(format!("# {text}"));
    }

    fn filter(&mut self, text: &str) {
        self.line(format!("chain=\"$chain,{text}\""));
    }

    const fn is_planes(&self) -> bool {
        self.normalization.is_some()
    }

    fn make_float(&mut self) {
        if !self.is_float {
            self.filter("zscale,format=gbrpf32le");
            self.is_float = true;
        }
    }

    fn stage(&mut self, stage: &StageSpec) {
        match stage {
            StageSpec::Convert { .. }
            | StageSpec::Preprocess(_)
            | StageSpec::Infer(_)
            | StageSpec::Postprocess(_) => {}
            StageSpec::Crop(crop) => self.crop(crop),
            StageSpec::Blur(blur) => self.blur(blur),
            StageSpec::Resize(resize) => self.resize(resize),
            StageSpec::Normalize {
                scale,
                mean,
                std,
                order,
                ..
            } => {
                self.comment("At the end of the chain, since what follows here is linear; from here on nothing is rounded.");
                self.normalization = Some(Normalization {
                    scale: *scale,
                    mean: *mean,
                    std: *std,
                    order: *order,
                });
            }
        }
    }

    fn crop(&mut self, crop: &CropSpec) {
        let Size {
            width_px: w,
            height_px: h,
        } = crop.size;
        let half = |side: &str, crop_px: u32, rounding: CropRounding| match rounding {
            CropRounding::Round => half_even(side, crop_px),
            CropRounding::Floor => format!("$(( ({side} - {crop_px}) / 2 ))"),
        };
        let (x, y) = match crop.place {
            CropPlace::At { x_px, y_px } => (x_px.to_string(), y_px.to_string()),
            CropPlace::Center(rounding) => (half("W", w, rounding), half("H", h, rounding)),
        };
        self.line(format!("x={x} y={y}"));
        self.line(format!(
            "[ $((x + {w})) -le $W ] && [ $((y + {h})) -le $H ] && [ $W -ge {w} ] && [ $H -ge {h} ] || {{ echo \"crop: {w}x{h} at $x, $y lies outside the ${{W}}x$H picture\" >&2; exit 1; }}"
        ));
        self.filter(&format!("crop={w}:{h}:$x:$y:exact=1"));
        self.line(format!("W={w} H={h}"));
    }

    fn blur(&mut self, blur: &BlurSpec) {
        if *blur == BlurSpec::Off {
            return;
        }
        if !blur.regions().is_empty() {
            self.comment("NOT DONE: the recipe blurs regions only, which one chain cannot; here nothing is blurred, so");
            self.comment("pixels inside the regions differ by what the blur takes from them.");
            return;
        }
        if self.is_planes() {
            self.make_float();
        }
        match blur {
            BlurSpec::Off => {}
            BlurSpec::Box {
                radius_px,
                edge: Edge::Clamp,
                ..
            } => {
                if !self.is_planes() {
                    self.comment("FFmpeg rounds down here: up to one level darker, half a level in the mean.");
                }
                self.filter(&format!("avgblur=sizeX={radius_px}:sizeY={radius_px}"));
            }
            BlurSpec::Box {
                radius_px, edge, ..
            } => {
                let weights = vec![1; 2 * *radius_px as usize + 1];
                self.convolution(&weights, *radius_px, *edge, || {
                    format!("avgblur=sizeX={radius_px}:sizeY={radius_px}")
                });
            }
            BlurSpec::Gaussian {
                sigma_px,
                radius_px,
                edge,
                ..
            } => {
                let weights = gaussian(*sigma_px, *radius_px);
                self.convolution(&weights, *radius_px, *edge, || {
                    format!("gblur=sigma={sigma_px}:steps=6")
                });
            }
            BlurSpec::Median { window, .. } => {
                let radius_px = window.radius_px();
                self.filter(&format!("median=radius={radius_px}:radiusV={radius_px}"));
            }
        }
    }

    /// A separable window: exact with mirrored edges.
    fn convolution(
        &mut self,
        weights: &[u32],
        radius_px: u32,
        edge: Edge,
        otherwise: impl FnOnce() -> String,
    ) {
        if radius_px > MAX_CONVOLUTION_RADIUS || self.is_planes() {
            self.comment("DIFFERS: FFmpeg's convolution takes no window of this size or no floats; this filter is near it, and");
            self.comment("differs by some levels, most at the edges.");
            self.filter(&otherwise());
            return;
        }
        if edge != Edge::Mirror {
            self.comment(&format!(
                "DIFFERS in the outer {radius_px} pixels: FFmpeg mirrors the picture there, the recipe says {}.",
                edge.name()
            ));
        }
        let list: Vec<String> = weights.iter().map(ToString::to_string).collect();
        let (list, total) = (list.join(" "), weights.iter().sum::<u32>());
        let pass = |mode: &str| {
            let plane = |index: u32| {
                format!(
                    "{index}m={list}:{index}mode={mode}:{index}rdiv={:.12}",
                    1.0 / f64::from(total)
                )
            };
            format!("convolution={}", [0, 1, 2].map(plane).join(":"))
        };
        self.filter(&pass("row"));
        self.filter(&pass("column"));
    }

    fn resize(&mut self, resize: &ResizeSpec) {
        let padding = self.sides(resize);
        let is_expression = matches!(
            resize.kernel,
            ResizeKernel::Bilinear | ResizeKernel::Nearest | ResizeKernel::BilinearAlignCorners
        );
        match &padding {
            None => self.line("cw=$w ch=$h x=0 y=0"),
            Some(padding) => {
                self.line(format!(
                    "cw=$(( {} )) ch=$(( {} ))",
                    padding.canvas[0], padding.canvas[1]
                ));
                self.line(match padding.anchor {
                    Anchor::TopLeft => "x=0 y=0",
                    Anchor::Center => "x=$(( (cw - w) / 2 )) y=$(( (ch - h) / 2 ))",
                });
            }
        }
        let pad = padding.as_ref().map(|padding| self.pad_levels(padding.pad));
        if is_expression {
            self.resize_by_expression(resize.kernel, pad.unwrap_or_default());
        } else {
            self.resize_by_filter(resize.kernel);
            if let Some(pad) = pad {
                if pad.iter().any(|level| level.fract() != 0.0) {
                    self.comment("DIFFERS: FFmpeg pads with whole levels; the padding is off by half a level at most.");
                }
                let [r, g, b] = pad.map(|level| level.clamp(0.0, 255.0).round() as u8);
                self.filter(&format!("pad=$cw:$ch:$x:$y:color=0x{r:02x}{g:02x}{b:02x}"));
            }
        }
        self.line("W=$cw H=$ch");
    }

    /// The fill as levels of red, green and blue, whatever its units are in the recipe.
    fn pad_levels(&self, pad: [f32; 3]) -> [f32; 3] {
        match &self.normalization {
            None => pad.map(f32::round),
            Some(normalization) => std::array::from_fn(|color| {
                let channel = normalization.order.rgb_channel(color);
                normalization.pixel(pad[channel], channel)
            }),
        }
    }

    fn resize_by_filter(&mut self, kernel: ResizeKernel) {
        match kernel {
            ResizeKernel::Lanczos3 => {
                self.comment(
                    "Up to 3 levels at the edges, where zimg continues the picture in another way.",
                );
                self.filter("zscale=w=$w:h=$h:filter=lanczos");
            }
            ResizeKernel::Cubic => {
                self.comment("DIFFERS where the picture shrinks: zimg then widens the filter (antialias), the recipe's has four");
                self.comment("pixels per axis whatever the scale. Fine detail may differ by tens of levels; growing, by one, and by five at the edges.");
                self.filter("zscale,format=gbrpf32le");
                self.filter("zscale=w=$w:h=$h:filter=bicubic:param_a=0:param_b=0.75");
                self.filter("format=gbrpf32le,zscale");
            }
            ResizeKernel::Area => {
                self.comment("Through swscale, which takes RGB through YUV: within 4 levels. Where an axis grows, OpenCV's area is");
                self.comment("another filter than this one.");
                self.filter("scale=$w:$h:flags=area+accurate_rnd+full_chroma_int+full_chroma_inp");
            }
            _ => {
                self.comment(
                    "Up to 3 levels at the edges, where zimg continues the picture in another way.",
                );
                self.filter("zscale=w=$w:h=$h:filter=bilinear");
            }
        }
        if self.is_planes() {
            self.filter("format=gbrpf32le");
            self.is_float = true;
        } else {
            self.filter("format=gbrp");
        }
    }

    /// The resized picture in its place as an expression over a canvas that holds both; then all else is cut off.
    fn resize_by_expression(&mut self, kernel: ResizeKernel, pad: [f32; 3]) {
        let is_planes = self.is_planes();
        let (places, interpolation) = match kernel {
            ResizeKernel::Nearest => (
                [
                    "min(floor((X-$x)*$W/$w),$W-1)",
                    "min(floor((Y-$y)*$H/$h),$H-1)",
                ],
                "nearest",
            ),
            ResizeKernel::BilinearAlignCorners => (
                [
                    "if(eq(X-$x,$w-1),$W-1,(X-$x)*($W-1)/max($w-1,1))",
                    "if(eq(Y-$y,$h-1),$H-1,(Y-$y)*($H-1)/max($h-1,1))",
                ],
                "bilinear",
            ),
            _ => (
                [
                    "clip((X-$x+0.5)*$W/$w-0.5,0,$W-1)",
                    "clip((Y-$y+0.5)*$H/$h-0.5,0,$H-1)",
                ],
                "bilinear",
            ),
        };
        self.comment("FFmpeg's scalers have no such filter, so its places are computed here, pixel by pixel, on a canvas that");
        self.comment("holds both pictures.");
        self.line(
            "canvas_w=$(( W > cw ? W + 1 : cw + 1 )) canvas_h=$(( H > ch ? H + 1 : ch + 1 ))",
        );
        if is_planes {
            if self.is_float {
                self.comment("DIFFERS by half a level at most: FFmpeg's pad knows no floats, so they are rounded for it.");
                self.filter("zscale,format=gbrp");
                self.is_float = false;
            }
            self.filter("pad=$canvas_w:$canvas_h");
            self.make_float();
        } else {
            self.filter("pad=$canvas_w:$canvas_h");
        }
        let [x, y] = places;
        // Bytes are cut off by FFmpeg, so a half is added.
        let (half, unit) = if is_planes {
            ("", 255.0)
        } else {
            ("+0.5", 1.0)
        };
        self.line(format!("sx='{x}' sy='{y}'").replace('\'', "\""));
        self.line("inside=\"gte(X,$x)*lt(X,$x+$w)*gte(Y,$y)*lt(Y,$y+$h)\"");
        let plane = |name: &str, level: f32| {
            format!(
                "{name}='if($inside,{name}($sx,$sy){half},{})'",
                level / unit
            )
        };
        let planes = ["r", "g", "b"];
        let planes: Vec<String> = planes
            .iter()
            .zip(pad)
            .map(|(name, level)| plane(name, level))
            .collect();
        self.filter(&format!(
            "geq=interpolation={interpolation}:{}",
            planes.join(":")
        ));
        self.filter("crop=$cw:$ch:0:0:exact=1");
    }

    /// Sets `w` and `h` from `W` and `H`.
    fn sides(&mut self, resize: &ResizeSpec) -> Option<Padding> {
        match &resize.target {
            ResizeTarget::Size {
                size,
                fit: Fit::Stretch,
            } => {
                self.line(format!("w={} h={}", size.width_px, size.height_px));
                None
            }
            ResizeTarget::Size {
                size,
                fit: Fit::Letterbox(letterbox),
            } => {
                let [width_px, height_px] = [size.width_px, size.height_px];
                self.scaled(
                    letterbox.rounding,
                    &[(width_px, "W"), (height_px, "H")],
                    Some([width_px, height_px]),
                );
                let side = |side_px: u32, name: &str| match letterbox.stride_px {
                    None => side_px.to_string(),
                    Some(stride) => {
                        format!("{side_px} - ({side_px} - {name}) / {stride} * {stride}")
                    }
                };
                Some(Padding {
                    canvas: [side(width_px, "w"), side(height_px, "h")],
                    anchor: letterbox.anchor,
                    pad: letterbox.pad,
                })
            }
            ResizeTarget::ShortSide(short) => {
                let mut ratios = vec![(short.short_px, "(W < H ? W : H)")];
                ratios.extend(short.long_max_px.map(|to| (to, "(W > H ? W : H)")));
                self.scaled(short.rounding, &ratios, None);
                short.padding.map(|padding| {
                    let stride = padding.stride_px;
                    let side =
                        |name: &str| format!("({name} + {stride} - 1) / {stride} * {stride}");
                    Padding {
                        canvas: [side("w"), side("h")],
                        anchor: padding.anchor,
                        pad: padding.pad,
                    }
                })
            }
        }
    }

    fn scaled(&mut self, rounding: SideRounding, ratios: &[(u32, &str)], most: Option<[u32; 2]>) {
        self.comment(&format!("Sides: {}.", rounding_words(rounding)));
        if rounding == SideRounding::FloorSingle {
            self.comment("DIFFERS: awk computes in double precision; of rare sizes a side may be one pixel longer.");
        }
        let [first, more @ ..] = ratios else { return };
        let mut choice = format!("to = {}; of = {}", first.0, first.1);
        for (to, of) in more {
            // Writing to a string cannot fail.
            let _ = write!(
                choice,
                "; if ({to} * of < to * {of}) {{ to = {to}; of = {of} }}"
            );
        }
        let side = |name: &str, limit: Option<u32>| {
            let whole = match rounding {
                SideRounding::Round => format!("sprintf(\"%.0f\", {name} * (to / of)) + 0"),
                SideRounding::FloorExact => format!("int({name} * to / of)"),
                SideRounding::Floor | SideRounding::FloorSingle => {
                    format!("int({name} * (to / of))")
                }
            };
            match limit {
                Some(limit) => format!("within({whole}, {limit})"),
                None => format!("within({whole}, 1e9)"),
            }
        };
        let [most_w, most_h] = most.map_or([None, None], |[w, h]| [Some(w), Some(h)]);
        self.line(format!(
            "set -- $(awk -v W=$W -v H=$H 'function within(side, most) {{ return side < 1 ? 1 : side > most ? most : side }}\n    BEGIN {{ {choice}; print {}, {} }}')",
            side("W", most_w),
            side("H", most_h)
        ));
        self.line("w=$1 h=$2");
    }

    /// The end of the chain, and the call.
    fn end(&mut self, (layout, value_type): (Layout, ValueType)) -> String {
        let normalization = self.normalization.unwrap_or(Normalization::IDENTITY);
        self.comment(&format!("tensor: {} {}", layout.name(), value_type.name()));
        // FFmpeg stores the planes of green, blue and red: each is written where the file wants it.
        let stored = ["r", "g", "b"];
        let channel = |channel: usize| {
            let color = stored[normalization.order.rgb_channel(channel)];
            let factor =
                255.0 * f64::from(normalization.scale) / f64::from(normalization.std[channel]);
            let offset =
                -f64::from(normalization.mean[channel]) / f64::from(normalization.std[channel]);
            format!("{color}(X,Y)*{factor:.9}{offset:+.9}")
        };
        let expressions: [String; 3] = std::array::from_fn(channel);
        let is_bytes = matches!(value_type, ValueType::U8 | ValueType::U8Truncate);
        let whole = |text: &String| match value_type {
            // Halves away from zero, where the recipe says to even.
            ValueType::U8 => format!("clip(round({text}),0,255)/255"),
            // What a float is short of a whole number is not cut off.
            ValueType::U8Truncate => format!("clip(trunc({text}+1e-4),0,255)/255"),
            _ => text.clone(),
        };
        let [first, second, third] = expressions.each_ref().map(whole);
        let is_interleaved = is_bytes && layout == Layout::Nhwc;
        let planes = if is_interleaved {
            format!("r='{first}':g='{second}':b='{third}'")
        } else {
            format!("g='{first}':b='{second}':r='{third}'")
        };
        self.make_float();
        self.filter(&format!("geq=interpolation=nearest:{planes}"));
        let (format, kind) = match (is_bytes, layout) {
            (true, Layout::Nhwc) => ("rgb24", "|u1"),
            (true, Layout::Nchw) => ("gbrp", "|u1"),
            (false, _) => ("gbrpf32le", "<f4"),
        };
        if is_bytes {
            self.filter(&format!("zscale,format=gbrp,format={format}"));
        }
        if !is_bytes && layout == Layout::Nhwc {
            self.comment("DIFFERS: FFmpeg writes planes of floats, so the file is NCHW; NumPy's transpose(0, 2, 3, 1) makes it NHWC.");
        }
        if value_type == ValueType::F16 {
            self.comment("DIFFERS: FFmpeg 5 has no half precision, so the file holds single; NumPy's astype(\"float16\") makes it half.");
        }
        let shape = if is_interleaved {
            "1, $H, $W, 3"
        } else {
            "1, 3, $H, $W"
        };
        format!(
            r#"# NumPy's header of 128 bytes, then what FFmpeg writes.
{{
    printf '\223NUMPY\001\000\166\000%-117s\n' "{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}"
    ffmpeg -v error -i "$picture" -frames:v 1 -vf "$chain" -f rawvideo -pix_fmt {format} -
}} > "$tensor.part"
mv "$tensor.part" "$tensor"
"#
        )
    }
}

/// Half of what is left over, halves to even, in the shell's whole numbers: of 3 pixels 2, of 5 also 2.
fn half_even(side: &str, crop_px: u32) -> String {
    format!(
        "$(( ({side} - {crop_px}) / 2 + ({side} - {crop_px}) % 2 * (({side} - {crop_px}) / 2 % 2) ))"
    )
}

/// The weights of a Gaussian as whole numbers, 65,536 together.
fn gaussian(sigma_px: f32, radius_px: u32) -> Vec<u32> {
    let sigma = f64::from(sigma_px);
    let weight = |tap: u32| {
        let distance = f64::from(tap) - f64::from(radius_px);
        (-distance * distance / (2.0 * sigma * sigma)).exp()
    };
    let weights: Vec<f64> = (0..=2 * radius_px).map(weight).collect();
    let total: f64 = weights.iter().sum();
    weights
        .iter()
        .map(|weight| (65_536.0 * weight / total).round() as u32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_to_the_even_side() {
        // The same arithmetic in Rust, as the shell computes it.
        let half = |margin: u32| margin / 2 + margin % 2 * (margin / 2 % 2);
        let expected = |margin: u32| (f64::from(margin) / 2.0).round_ties_even() as u32;
        for margin in 0..40 {
            assert_eq!(half(margin), expected(margin), "{margin}");
        }
        assert!(half_even("W", 224).contains("% 2 * "));
    }

    #[test]
    fn a_gaussian_of_whole_numbers_is_symmetric() {
        let weights = gaussian(1.5, 4);
        assert!(weights.iter().eq(weights.iter().rev()));
        assert!(weights.iter().sum::<u32>().abs_diff(65_536) < 9);
    }

    #[test]
    fn the_channels_of_bgr_are_written_in_its_order() {
        let script = script(&crate::pipeline::preset("yolox").unwrap().recipe);
        assert!(script.contains("g='b(X,Y)*255"), "{script}");
    }
}
