//! Python with PyTorch and torchvision.

use super::opencv::rounds_between;
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

    python -m pip install numpy torch torchvision
    python preprocess.py PICTURE TENSOR.npy

Checked with Python 3.11, NumPy 2.4.6, PyTorch 2.15.0 and torchvision 0.29.2 on a processor. Where torchvision works on
bytes, values differ from Framescope's by one level of a pixel at most; most are equal. An alpha channel is left out,
where Framescope lays the picture over black.
"""

import sys
{fractions}
import numpy as np
import torch
from torchvision.io import ImageReadMode, decode_image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F"#,
        name = harmless(&recipe.name),
        version = env!("CARGO_PKG_VERSION"),
    );
    program.text(
        &head,
        "def preprocess(picture):\n    \"\"\"8-bit RGB of (3, height, width) to the tensor.\"\"\"",
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
            program.line("height, width = picture.shape[-2:]");
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
                program.line("picture = picture.flip(0)  # to BGR");
            }
            program.line(format!(
                "picture = F.normalize(picture.float() * {scale}, mean={}, std={})",
                numbers(*mean),
                numbers(*std)
            ));
        }
    }
}

fn add_blur(program: &mut Program, blur: &BlurSpec) {
    let (radius_px, edge, call) = match blur {
        BlurSpec::Off => return,
        BlurSpec::Box {
            radius_px, edge, ..
        } => {
            let side = 2 * radius_px + 1;
            let call = format!("torch.nn.functional.avg_pool2d(larger, {side}, stride=1)");
            (*radius_px, *edge, call)
        }
        BlurSpec::Gaussian {
            sigma_px,
            radius_px,
            edge,
            ..
        } => {
            let side = 2 * radius_px + 1;
            let call = format!(
                "F.gaussian_blur(larger, [{side}, {side}], [{sigma_px}, {sigma_px}])[..., {radius_px}:-{radius_px}, {radius_px}:-{radius_px}]"
            );
            (*radius_px, *edge, call)
        }
        BlurSpec::Median { window, .. } => {
            let side = 2 * window.radius_px() + 1;
            let call = format!(
                "larger.unfold(1, {side}, 1).unfold(2, {side}, 1).flatten(-2).median(-1).values"
            );
            (window.radius_px(), Edge::Clamp, call)
        }
    };
    program.needs(BLURRED);
    let mode = match edge {
        Edge::Clamp => "replicate",
        Edge::Mirror => "reflect",
        Edge::Wrap => "circular",
    };
    let call = format!("blurred(picture, {radius_px}, \"{mode}\", lambda larger: {call})");
    let regions = blur.regions();
    if regions.is_empty() {
        program.line(format!("picture = {call}"));
        return;
    }
    program.line(format!("smooth, picture = {call}, picture.clone()"));
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
    program.line("    picture[:, y:y + h, x:x + w] = smooth[:, y:y + h, x:x + w]");
}

fn add_resize(program: &mut Program, resize: &ResizeSpec, is_planes: bool) {
    program.line("height, width = picture.shape[-2:]");
    let padding = program.sides(resize);
    let call = |mode: &str, antialias: &str| {
        format!(
            "picture = F.resize(picture, [h, w], InterpolationMode.{mode}, antialias={antialias})"
        )
    };
    match resize.kernel {
        ResizeKernel::Bilinear => program.line(call("BILINEAR", "False")),
        ResizeKernel::BilinearAntialias => program.line(call("BILINEAR", "True")),
        ResizeKernel::Cubic if is_planes => program.line(call("BICUBIC", "False")),
        ResizeKernel::Cubic => {
            program.comment(
                "Of bytes torchvision rounds and clamps between the axes; of floats it does not.",
            );
            program.line("picture = picture.float()");
            program.line(call("BICUBIC", "False"));
            program.line("picture = (picture.clamp(0, 255) + 0.5).floor().to(torch.uint8)");
        }
        ResizeKernel::Nearest => {
            program.comment("PyTorch computes the places in single precision, which can miss a pixel: in double here.");
            program.line("rows = (torch.arange(h, dtype=torch.float64) * (height / h)).long()");
            program.line("columns = (torch.arange(w, dtype=torch.float64) * (width / w)).long()");
            program.line("picture = picture[:, rows.clamp(max=height - 1)][:, :, columns.clamp(max=width - 1)]");
        }
        kernel @ (ResizeKernel::Area
        | ResizeKernel::BilinearAlignCorners
        | ResizeKernel::Lanczos3) => {
            program.comment(
                "PyTorch has no such filter for tensors, so its weights are computed here.",
            );
            let weights = program.needs_weights(kernel);
            program.needs(WEIGHED);
            let more = if kernel == ResizeKernel::Area {
                ", h > height or w > width"
            } else {
                ""
            };
            program.line(format!(
                "picture = weighed(picture, {weights}(height, h{more}), {weights}(width, w{more}){})",
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
            "canvas = torch.tensor({}, dtype=picture.dtype)[:, None, None].repeat(1, canvas_h, canvas_w)",
            padding.fill(is_planes)
        ));
        program.line(format!("x, y = {}", padding.place()));
        program.line("canvas[:, y:y + h, x:x + w] = picture");
        program.line("picture = canvas");
    }
}

fn add_end(program: &mut Program, layout: Layout, value_type: ValueType) {
    program.comment(format!("tensor: {} {}", layout.name(), value_type.name()));
    match value_type {
        ValueType::F32 => {}
        ValueType::F16 => program.line("picture = picture.half()"),
        ValueType::U8 => {
            program.line("picture = picture.round().clamp(0, 255).to(torch.uint8)");
        }
        ValueType::U8Truncate => program.line("picture = picture.clamp(0, 255).to(torch.uint8)"),
    }
    program.line(match layout {
        Layout::Nchw => "return picture[None].contiguous()",
        Layout::Nhwc => "return picture.permute(1, 2, 0)[None].contiguous()",
    });
}

const CROP: &str = r#"
def crop(picture, x, y, width, height):
    if x < 0 or y < 0 or x + width > picture.shape[2] or y + height > picture.shape[1]:
        sys.exit(f"crop: {width}x{height} at {x}, {y} lies outside the {picture.shape[2]}x{picture.shape[1]} picture")
    return picture[:, y:y + height, x:x + width]
"#;

const BLURRED: &str = r#"
def blurred(picture, radius, mode, blur):
    """A blur of a picture with its edges continued by `mode`; bytes are rounded to bytes again."""
    larger = torch.nn.functional.pad(picture.float()[None], [radius] * 4, mode=mode)[0]
    values = blur(larger)
    return (values + 0.5).floor().to(torch.uint8) if picture.dtype == torch.uint8 else values
"#;

const WEIGHED: &str = r#"
def weighed(picture, rows, columns, rounds_between=False):
    """The picture with weights for its rows and columns; bytes are rounded to bytes again."""
    rounded = lambda values: (values.clamp(0, 255) + 0.5).floor()
    values = picture.double() @ torch.from_numpy(columns.T)
    values = torch.from_numpy(rows) @ (rounded(values) if rounds_between else values)
    return (rounded(values) if picture.dtype == torch.uint8 else values).to(picture.dtype)
"#;

const MAIN: &str = r#"
def main():
    if len(sys.argv) != 3:
        sys.exit("usage: python preprocess.py PICTURE TENSOR.npy")
    picture = decode_image(sys.argv[1], mode=ImageReadMode.RGB, apply_exif_orientation=True)
    np.save(sys.argv[2], preprocess(picture).numpy())


if __name__ == "__main__":
    main()
"#;
