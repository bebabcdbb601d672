//! Python with OpenCV and NumPy.

use super::python::{Program, numbers};
use super::{harmless, stage_words};
use crate::frame::{Layout, ValueType};
use crate::pipeline::{BlurSpec, ChannelOrder, Edge, Recipe, ResizeKernel, ResizeSpec, StageSpec};

/// The program.
pub(super) fn program(recipe: &Recipe) -> String {
    let mut program = Program::default();
    let mut form = None;
    for (id, stage) in recipe.stage_ids().iter().zip(&recipe.stages) {
        program.comment(stage_words(id, stage));
        add_stage(&mut program, stage, form.is_some());
        if let StageSpec::Normalize {
            layout, value_type, ..
        } = stage
        {
            form = Some((*layout, *value_type));
        }
    }
    let (layout, value_type) = form.unwrap_or_default();
    add_end(&mut program, layout, value_type);
    let fractions = if program.needs_fractions {
        "from fractions import Fraction\n"
    } else {
        ""
    };
    let head = format!(
        r#""""{name}: a picture to the model's input, as Framescope {version} does it.

    python -m pip install numpy opencv-python-headless
    python preprocess.py PICTURE TENSOR.npy

Checked with Python 3.11, NumPy 2.4.6 and OpenCV 5.0.0. Where OpenCV works on bytes, values differ from Framescope's by
one level of a pixel at most (its coefficients have 11 bits); most are equal. An alpha channel is left out, where
Framescope lays the picture over black.
"""

import sys
{fractions}
import cv2
import numpy as np"#,
        name = harmless(&recipe.name),
        version = env!("CARGO_PKG_VERSION"),
    );
    program.text(
        &head,
        "def preprocess(picture):\n    \"\"\"8-bit RGB of (height, width, 3) to the tensor.\"\"\"",
        MAIN,
    )
}

fn add_stage(program: &mut Program, stage: &StageSpec, is_planes: bool) {
    match stage {
        StageSpec::Convert { .. }
        | StageSpec::Preprocess(_)
        | StageSpec::Infer(_)
        | StageSpec::Postprocess(_) => {}
        StageSpec::Crop(crop) => {
            program.needs(CROP);
            program.line("height, width = picture.shape[:2]");
            program.crop(crop);
        }
        StageSpec::Blur(blur) => add_blur(program, blur),
        StageSpec::Resize(resize) => add_resize(program, resize, is_planes),
        StageSpec::Normalize {
            scale,
            mean,
            std,
            order,
            ..
        } => {
            if *order == ChannelOrder::Bgr {
                program.line("picture = picture[:, :, ::-1]  # to BGR");
            }
            program.line(format!(
                "scale, mean, std = {scale}, {}, {}",
                numbers(*mean),
                numbers(*std)
            ));
            program.line(
                "picture = (picture.astype(np.float32) * np.float32(scale) - np.float32(mean)) / np.float32(std)",
            );
        }
    }
}

fn add_blur(program: &mut Program, blur: &BlurSpec) {
    let wrapped = |radius_px: u32, call: String| match blur_edge(blur) {
        Some(border) => format!("{call}, borderType={border})"),
        None => format!("wrapped(picture, {radius_px}, lambda picture: {call}))"),
    };
    let call = match blur {
        BlurSpec::Off => return,
        BlurSpec::Box { radius_px, .. } => {
            let side = 2 * radius_px + 1;
            wrapped(*radius_px, format!("cv2.blur(picture, ({side}, {side})"))
        }
        BlurSpec::Gaussian {
            sigma_px,
            radius_px,
            ..
        } => {
            let side = 2 * radius_px + 1;
            wrapped(
                *radius_px,
                format!("cv2.GaussianBlur(picture, ({side}, {side}), {sigma_px}"),
            )
        }
        BlurSpec::Median { window, .. } => {
            format!("cv2.medianBlur(picture, {})", 2 * window.radius_px() + 1)
        }
    };
    if call.starts_with("wrapped") {
        program.needs(WRAPPED);
    }
    let regions = blur.regions();
    if regions.is_empty() {
        program.line(format!("picture = {call}"));
        return;
    }
    program.line(format!("blurred, picture = {call}, picture.copy()"));
    let list: Vec<String> = regions
        .iter()
        .map(|rect| {
            format!(
                "({}, {}, {}, {})",
                rect.x_px, rect.y_px, rect.width_px, rect.height_px
            )
        })
        .collect();
    program.line(format!("for x, y, w, h in [{}]:", list.join(", ")));
    program.line("    picture[y:y + h, x:x + w] = blurred[y:y + h, x:x + w]");
}

/// OpenCV's name of the edge; its filters cannot wrap.
const fn blur_edge(blur: &BlurSpec) -> Option<&'static str> {
    match blur {
        BlurSpec::Box { edge, .. } | BlurSpec::Gaussian { edge, .. } => match edge {
            Edge::Clamp => Some("cv2.BORDER_REPLICATE"),
            Edge::Mirror => Some("cv2.BORDER_REFLECT_101"),
            Edge::Wrap => None,
        },
        BlurSpec::Off | BlurSpec::Median { .. } => Some("cv2.BORDER_REPLICATE"),
    }
}

fn add_resize(program: &mut Program, resize: &ResizeSpec, is_planes: bool) {
    program.line("height, width = picture.shape[:2]");
    let padding = program.sides(resize);
    match resize.kernel {
        ResizeKernel::Bilinear => resize_by_opencv(program, "INTER_LINEAR"),
        ResizeKernel::Cubic => resize_by_opencv(program, "INTER_CUBIC"),
        ResizeKernel::Nearest => {
            program.comment("INTER_NEAREST misses a pixel where a place is a whole number: its factor is rounded.");
            program
                .line("rows = np.minimum((np.arange(h) * (height / h)).astype(int), height - 1)");
            program
                .line("columns = np.minimum((np.arange(w) * (width / w)).astype(int), width - 1)");
            program.line("picture = picture[rows][:, columns]");
        }
        ResizeKernel::Area => {
            program.needs_weights(ResizeKernel::Area);
            program.needs(WEIGHED);
            program.line("if h > height or w > width:");
            program.line("    # INTER_AREA misses a pixel where a place is a whole number: its factor is rounded.");
            program.line(
                "    picture = weighed(picture, area(height, h, True), area(width, w, True))",
            );
            program.line("else:");
            program.line("    picture = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)");
        }
        kernel @ (ResizeKernel::BilinearAntialias
        | ResizeKernel::BilinearAlignCorners
        | ResizeKernel::Lanczos3) => {
            program.comment("OpenCV has no such filter, so its weights are computed here.");
            let weights = program.needs_weights(kernel);
            program.needs(WEIGHED);
            program.line(format!(
                "picture = weighed(picture, {weights}(height, h), {weights}(width, w){})",
                rounds_between(kernel, is_planes)
            ));
        }
    }
    if let Some(padding) = padding {
        program.line(format!(
            "canvas_w, canvas_h = {}, {}",
            padding.canvas[0], padding.canvas[1]
        ));
        program.line(format!(
            "canvas = np.full((canvas_h, canvas_w, 3), {}, dtype=picture.dtype)",
            padding.fill(is_planes)
        ));
        program.line(format!("x, y = {}", padding.place()));
        program.line("canvas[y:y + h, x:x + w] = picture");
        program.line("picture = canvas");
    }
}

fn resize_by_opencv(program: &mut Program, flag: &str) {
    program.line(format!(
        "picture = cv2.resize(picture, (w, h), interpolation=cv2.{flag})"
    ));
}

/// Lanczos of bytes is rounded between the axes, as Pillow does it.
pub(super) fn rounds_between(kernel: ResizeKernel, is_planes: bool) -> &'static str {
    if kernel == ResizeKernel::Lanczos3 && !is_planes {
        ", rounds_between=True"
    } else {
        ""
    }
}

fn add_end(program: &mut Program, layout: Layout, value_type: ValueType) {
    program.comment(format!("tensor: {} {}", layout.name(), value_type.name()));
    match value_type {
        ValueType::F32 => {}
        ValueType::F16 => program.line("picture = picture.astype(np.float16)"),
        ValueType::U8 => {
            program.line("picture = np.clip(np.rint(picture), 0, 255).astype(np.uint8)");
        }
        ValueType::U8Truncate => {
            program.line("picture = np.clip(picture, 0, 255).astype(np.uint8)");
        }
    }
    program.line(match layout {
        Layout::Nchw => "return np.ascontiguousarray(picture.transpose(2, 0, 1)[None])",
        Layout::Nhwc => "return np.ascontiguousarray(picture[None])",
    });
}

const CROP: &str = r#"
def crop(picture, x, y, width, height):
    if x < 0 or y < 0 or x + width > picture.shape[1] or y + height > picture.shape[0]:
        sys.exit(f"crop: {width}x{height} at {x}, {y} lies outside the {picture.shape[1]}x{picture.shape[0]} picture")
    return picture[y:y + height, x:x + width]
"#;

const WRAPPED: &str = r#"
def wrapped(picture, radius, blur):
    """A blur of a picture that repeats beyond its edges, which OpenCV's filters cannot do themselves."""
    height, width = picture.shape[:2]
    larger = np.pad(picture, ((radius, radius), (radius, radius), (0, 0)), mode="wrap")
    return np.ascontiguousarray(blur(larger)[radius:radius + height, radius:radius + width])
"#;

const WEIGHED: &str = r#"
def weighed(picture, rows, columns, rounds_between=False):
    """The picture with weights for its rows and columns; bytes are rounded to bytes again."""
    rounded = lambda values: np.floor(np.clip(values, 0, 255) + 0.5)
    values = np.einsum("hwc,xw->hxc", picture.astype(np.float64), columns, optimize=True)
    values = np.einsum("hxc,yh->yxc", rounded(values) if rounds_between else values, rows, optimize=True)
    return (rounded(values) if picture.dtype == np.uint8 else values).astype(picture.dtype)
"#;

const MAIN: &str = r#"
def main():
    if len(sys.argv) != 3:
        sys.exit("usage: python preprocess.py PICTURE TENSOR.npy")
    picture = cv2.imread(sys.argv[1], cv2.IMREAD_COLOR)
    if picture is None:
        sys.exit(f"{sys.argv[1]}: could not be read as a picture")
    np.save(sys.argv[2], preprocess(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)))


if __name__ == "__main__":
    main()
"#;
