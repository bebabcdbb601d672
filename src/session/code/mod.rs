//! A recipe as a program that others can run: Python with OpenCV or torchvision, an FFmpeg filter chain, Rust with this
//! crate, and the recipe itself as JSON.
//!
//! ```text
//!  Recipe ── code(recipe, kind) ──► text: takes a picture's path, writes the tensor
//! ```
//!
//! *Promise.* Every field of the recipe is honoured, or a comment in the code says what it does not do and by how much
//! the result differs. `tests/it/code.rs` runs the Python and the FFmpeg code against our own tensors.
//! *Not handled.* Video: the code takes one picture, whose pixels are RGB already. Simulated stages take no time there.

mod ffmpeg;
mod opencv;
mod python;
mod rust;
mod torchvision;

use crate::pipeline::{
    BlurSpec, CropPlace, Fit, Recipe, ResizeTarget, SideRounding, Simulation, StageSpec,
};

/// A language that recipes are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CodeKind {
    /// Python with OpenCV and NumPy.
    #[default]
    PythonOpencv,
    /// Python with PyTorch and torchvision.
    PythonTorchvision,
    /// A shell script around one FFmpeg filter chain.
    Ffmpeg,
    /// A Rust program with this crate.
    Rust,
    /// The recipe itself, as it is read back.
    Json,
}

impl CodeKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::PythonOpencv,
        Self::PythonTorchvision,
        Self::Ffmpeg,
        Self::Rust,
        Self::Json,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PythonOpencv => "python-opencv",
            Self::PythonTorchvision => "python-torchvision",
            Self::Ffmpeg => "ffmpeg",
            Self::Rust => "rust",
            Self::Json => "json",
        }
    }

    /// Its name on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::PythonOpencv => "Python, OpenCV",
            Self::PythonTorchvision => "Python, torchvision",
            Self::Ffmpeg => "FFmpeg",
            Self::Rust => "Rust",
            Self::Json => "JSON",
        }
    }

    /// How its files' names end, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::PythonOpencv | Self::PythonTorchvision => "py",
            Self::Ffmpeg => "sh",
            Self::Rust => "rs",
            Self::Json => "json",
        }
    }

    /// The code of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The recipe as a program, ending in a line feed.
///
/// ```
/// use framescope::pipeline::preset;
/// use framescope::session::{CodeKind, code};
///
/// let recipe = &preset("yolov8").expect("a preset").recipe;
/// assert!(code(recipe, CodeKind::PythonOpencv).contains("interpolation=cv2.INTER_LINEAR"));
/// ```
pub fn code(recipe: &Recipe, kind: CodeKind) -> String {
    match kind {
        CodeKind::PythonOpencv => opencv::program(recipe),
        CodeKind::PythonTorchvision => torchvision::program(recipe),
        CodeKind::Ffmpeg => ffmpeg::script(recipe),
        CodeKind::Rust => rust::program(recipe),
        CodeKind::Json => recipe.to_json() + "\n",
    }
}

/// A name as it may stand in any comment: nothing that ends one.
fn harmless(name: &str) -> String {
    let is_harmless =
        |c: char| !c.is_control() && !matches!(c, '"' | '\\' | '`' | '\u{2028}' | '\u{2029}');
    name.chars()
        .map(|c| if is_harmless(c) { c } else { ' ' })
        .take(80)
        .collect()
}

/// What a stage is, in one line.
fn stage_words(id: &str, stage: &StageSpec) -> String {
    match stage {
        StageSpec::Convert {
            matrix: None,
            range: None,
        } => format!("{id}: a picture file holds RGB already"),
        StageSpec::Convert { .. } => format!(
            "{id}: a picture file holds RGB already; the recipe's matrix and range apply to video, which is not read here"
        ),
        StageSpec::Crop(crop) => match crop.place {
            CropPlace::At { x_px, y_px } => format!("{id}: {} at {x_px}, {y_px}", crop.size),
            CropPlace::Center(_) => format!("{id}: {} in the middle", crop.size),
        },
        StageSpec::Blur(blur) => format!("{id}: {}", blur_words(blur)),
        StageSpec::Resize(resize) => {
            let to = match &resize.target {
                ResizeTarget::Size {
                    size,
                    fit: Fit::Stretch,
                } => format!("to {size}"),
                ResizeTarget::Size {
                    size,
                    fit: Fit::Letterbox(letterbox),
                } => match letterbox.stride_px {
                    None => format!("into {size}, padded"),
                    Some(stride_px) => {
                        format!("into {size}, padded to multiples of {stride_px} from it")
                    }
                },
                ResizeTarget::ShortSide(short) => {
                    let long = short
                        .long_max_px
                        .map(|long_px| format!(", long side at most {long_px}"));
                    let padding = short
                        .padding
                        .map(|padding| format!(", padded to multiples of {}", padding.stride_px));
                    format!(
                        "short side to {}{}{}",
                        short.short_px,
                        long.unwrap_or_default(),
                        padding.unwrap_or_default()
                    )
                }
            };
            format!("{id}: {to}, {}", resize.kernel.name())
        }
        StageSpec::Normalize { .. } => format!("{id}: (pixel * scale - mean) / std"),
        StageSpec::Preprocess(simulation)
        | StageSpec::Infer(simulation)
        | StageSpec::Postprocess(simulation) => simulated_words(id, simulation),
    }
}

fn blur_words(blur: &BlurSpec) -> String {
    match blur {
        BlurSpec::Off => "off".to_owned(),
        BlurSpec::Box {
            radius_px, edge, ..
        } => format!("box, radius {radius_px}, edge {}", edge.name()),
        BlurSpec::Gaussian {
            sigma_px,
            radius_px,
            edge,
            ..
        } => format!(
            "Gaussian, sigma {sigma_px}, radius {radius_px}, edge {}",
            edge.name()
        ),
        BlurSpec::Median { window, .. } => format!("median, {}", window.name()),
    }
}

fn simulated_words(id: &str, _simulation: &Simulation) -> String {
    format!("{id}: a simulated time in Framescope, nothing to compute here")
}

/// What a rounding rule is called, with the arithmetic that it stands for.
const fn rounding_words(rounding: SideRounding) -> &'static str {
    match rounding {
        SideRounding::Round => "to the nearest, halves to even",
        SideRounding::Floor => "down, in double precision",
        SideRounding::FloorExact => "down, in whole numbers",
        SideRounding::FloorSingle => "down, in single precision",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::presets;

    #[test]
    fn every_preset_becomes_code_in_every_language() {
        for preset in presets() {
            for kind in CodeKind::ALL {
                let text = code(&preset.recipe, kind);
                assert!(text.ends_with('\n'), "{} {}", preset.name, kind.name());
                assert!(
                    text.lines().all(|line| line == line.trim_end()),
                    "{} {}",
                    preset.name,
                    kind.name()
                );
                for id in preset.recipe.stage_ids() {
                    let is_named = text.contains(&format!("# {id}:"))
                        || matches!(kind, CodeKind::Rust | CodeKind::Json);
                    assert!(is_named, "{} {} {id}\n{text}", preset.name, kind.name());
                }
            }
        }
    }

    #[test]
    fn a_hostile_name_stays_in_its_comment() {
        let mut recipe = presets()[0].recipe.clone();
        recipe.name = "a\"\"\"\nimport os\n\"## + evil! \\ `rm`".to_owned();
        for kind in [
            CodeKind::PythonOpencv,
            CodeKind::PythonTorchvision,
            CodeKind::Ffmpeg,
        ] {
            let text = code(&recipe, kind);
            let is_clean = text.lines().all(|line| !line.starts_with("import os"));
            assert!(is_clean && !text.contains("`rm`"), "{text}");
        }
        let text = code(&recipe, CodeKind::Rust);
        assert!(text.contains("r###\""), "{text}");
        let json = code(&recipe, CodeKind::Json);
        assert_eq!(Recipe::from_json(&json).unwrap(), recipe);
    }

    #[test]
    fn names_are_told_apart() {
        for kind in CodeKind::ALL {
            assert_eq!(CodeKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(CodeKind::from_name("cobol"), None);
    }
}
