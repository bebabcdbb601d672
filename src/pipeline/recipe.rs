//! The editable description of a pipeline, and its JSON.

use serde::{Deserialize, Serialize};

use super::blur::{BlurKind, BlurSpec};
use super::check::check;
use super::crop::CropSpec;
use super::resize::{ResizeSpec, ResizeTarget};
use super::{RecipeError, Simulation};
use crate::frame::{ColorMatrix, ColorRange, Layout, MAX_SIDE_PX, Size, ValueType};
use crate::kernel::ChannelOrder;

/// The most stages of a recipe: more than any model needs, few enough to keep a record of each in fixed space.
pub const MAX_STAGES: usize = 8;

/// An ordered list of stages: first `convert`, somewhere `normalize`, and any of crop, blur and resize around it.
///
/// ```
/// use framescope::frame::Size;
/// use framescope::pipeline::Recipe;
///
/// let recipe = Recipe::from_json(r#"{"name": "small", "stages": [
///     {"stage": "convert"},
///     {"stage": "resize", "width_px": 320, "height_px": 320, "fit": "stretch", "kernel": "bilinear"},
///     {"stage": "normalize", "scale": 0.003921569, "mean": [0, 0, 0], "std": [1, 1, 1], "order": "rgb"}
/// ]}"#)?;
/// assert_eq!(recipe.resize_size(), Some(Size::new(320, 320)));
/// assert_eq!(recipe.with_blur_radius(2).blur_radius_px(), 2);
/// # Ok::<(), framescope::pipeline::RecipeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What the recipe is called on the screen and in files.
    pub name: String,
    /// The stages in the order in which they run.
    pub stages: Vec<StageSpec>,
}

/// One stage of a recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "kebab-case", deny_unknown_fields)]
pub enum StageSpec {
    /// From the planes of the source to RGB.
    Convert {
        /// The matrix to use; `None` takes the stream's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        matrix: Option<ColorMatrix>,
        /// The range to assume; `None` takes the stream's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        range: Option<ColorRange>,
    },
    /// Keeps a rectangle of the picture as it is at this point.
    Crop(CropSpec),
    /// Smooths the picture.
    Blur(BlurSpec),
    /// Brings the picture to a size.
    Resize(ResizeSpec),
    /// From 8-bit RGB to tensor values: `(pixel · scale - mean) / std`, per tensor channel.
    ///
    /// Stages behind it work on planes of `f32`; the last of them puts the values into `layout` and `value_type`.
    Normalize {
        /// Factor on the 8-bit pixel, usually 1/255.
        scale: f32,
        /// Subtracted after scaling, in the tensor's channel order.
        mean: [f32; 3],
        /// Divided by in the end, in the tensor's channel order.
        std: [f32; 3],
        /// Which channel comes first.
        order: ChannelOrder,
        /// In which order the tensor's values lie.
        #[serde(default)]
        layout: Layout,
        /// What the tensor's values are.
        #[serde(default, rename = "type")]
        value_type: ValueType,
    },
    /// A simulated service time in place of preprocessing that is not run here.
    Preprocess(Simulation),
    /// A simulated service time in place of the model.
    Infer(Simulation),
    /// A simulated service time in place of what comes after the model.
    Postprocess(Simulation),
}

impl StageSpec {
    /// The stage's name in JSON and, with a number from the second one on, its id.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Convert { .. } => "convert",
            Self::Crop(_) => "crop",
            Self::Blur(_) => "blur",
            Self::Resize(_) => "resize",
            Self::Normalize { .. } => "normalize",
            Self::Preprocess(_) => "preprocess",
            Self::Infer(_) => "infer",
            Self::Postprocess(_) => "postprocess",
        }
    }

    /// The simulation, if the stage only takes time.
    pub const fn simulation(&self) -> Option<&Simulation> {
        match self {
            Self::Preprocess(simulation)
            | Self::Infer(simulation)
            | Self::Postprocess(simulation) => Some(simulation),
            _ => None,
        }
    }
}

impl Recipe {
    /// Reads a recipe and checks all that can be known without a frame.
    ///
    /// # Errors
    /// If the text is no recipe, or a number in it cannot work; the message names the field and a way out.
    pub fn from_json(text: &str) -> Result<Self, RecipeError> {
        let recipe: Self = serde_json::from_str(text).map_err(|error| {
            RecipeError::new(
                "recipe",
                error.to_string(),
                "Compare it with a preset's recipe (`framescope presets --json -`)",
            )
        })?;
        recipe.check()?;
        Ok(recipe)
    }

    /// The recipe as indented JSON, which [`Self::from_json`] reads back as the same recipe.
    pub fn to_json(&self) -> String {
        // Only a map whose keys are no strings, or a failing writer, could fail; a recipe has neither.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Checks all that can be known without a frame.
    ///
    /// # Errors
    /// If the stages or a number in them cannot work; the message names the field and a way out.
    pub fn check(&self) -> Result<(), RecipeError> {
        check(self)
    }

    /// The id of every stage: its name, from the second of that name on with a number (`resize-2`).
    pub fn stage_ids(&self) -> Vec<String> {
        let names: Vec<_> = self.stages.iter().map(StageSpec::name).collect();
        let id = |(index, name): (usize, &&'static str)| {
            let number = names[..=index]
                .iter()
                .filter(|other| *other == name)
                .count();
            if number == 1 {
                (*name).to_owned()
            } else {
                format!("{name}-{number}")
            }
        };
        names.iter().enumerate().map(id).collect()
    }

    /// The size of the (last) resize, or with a stride the most that it may be; `None` if there is none, or if it goes
    /// by the short side.
    pub fn resize_size(&self) -> Option<Size> {
        match self.last_resize()?.target {
            ResizeTarget::Size { size, .. } => Some(size),
            ResizeTarget::ShortSide(_) => None,
        }
    }

    /// The short side that the (last) resize goes by; `None` if there is none, or if it goes to a size.
    pub fn resize_short_px(&self) -> Option<u32> {
        match self.last_resize()?.target {
            ResizeTarget::ShortSide(short_side) => Some(short_side.short_px),
            ResizeTarget::Size { .. } => None,
        }
    }

    /// The recipe with another size in its (last) resize; unchanged if that has no size.
    #[must_use]
    pub fn with_resize_size(&self, new_size: Size) -> Self {
        self.with_last_resize(|target| {
            if let ResizeTarget::Size { size, .. } = target {
                *size = new_size;
            }
        })
    }

    /// The recipe with another short side in its (last) resize; unchanged if that does not go by it. The most that the
    /// long side may be grows with it in the same ratio.
    #[must_use]
    pub fn with_resize_short_px(&self, short_px: u32) -> Self {
        self.with_last_resize(|target| {
            if let ResizeTarget::ShortSide(short_side) = target {
                let ratio = f64::from(short_px) / f64::from(short_side.short_px);
                let long_px = |long_px: u32| {
                    let scaled = (f64::from(long_px) * ratio).round() as u32;
                    scaled.clamp(short_px, MAX_SIDE_PX.max(short_px))
                };
                short_side.long_max_px = short_side.long_max_px.map(long_px);
                short_side.short_px = short_px;
            }
        })
    }

    fn last_resize(&self) -> Option<&ResizeSpec> {
        self.stages.iter().rev().find_map(|stage| match stage {
            StageSpec::Resize(resize) => Some(resize),
            _ => None,
        })
    }

    fn with_last_resize(&self, change: impl FnOnce(&mut ResizeTarget)) -> Self {
        let mut recipe = self.clone();
        let resize = recipe
            .stages
            .iter_mut()
            .rev()
            .find_map(|stage| match stage {
                StageSpec::Resize(resize) => Some(resize),
                _ => None,
            });
        if let Some(resize) = resize {
            change(&mut resize.target);
        }
        recipe
    }

    /// The (first) blur; `None` if there is none.
    pub fn blur(&self) -> Option<&BlurSpec> {
        self.stages.iter().find_map(|stage| match stage {
            StageSpec::Blur(blur) => Some(blur),
            _ => None,
        })
    }

    /// The radius of the (first) blur; 0 if there is none or it is off.
    pub fn blur_radius_px(&self) -> u32 {
        self.blur().map_or(0, BlurSpec::radius_px)
    }

    /// The kind of the (first) blur.
    pub fn blur_kind(&self) -> BlurKind {
        self.blur().map_or(BlurKind::Off, BlurSpec::kind)
    }

    /// The recipe with another radius in its (first) blur; 0 turns it off. Without a blur, a box blur comes in; a median
    /// takes the nearest window that there is.
    #[must_use]
    pub fn with_blur_radius(&self, radius_px: u32) -> Self {
        let kind = match self.blur_kind() {
            BlurKind::Off => BlurKind::Box,
            kind => kind,
        };
        self.with_blur(kind, radius_px)
    }

    /// The recipe with another kind of its (first) blur, of the same radius, or 1 if it was off.
    #[must_use]
    pub fn with_blur_kind(&self, kind: BlurKind) -> Self {
        if kind == self.blur_kind() {
            return self.clone();
        }
        self.with_blur(kind, self.blur_radius_px().max(1))
    }

    /// A new blur goes before the first resize or `normalize`, whichever comes first: there pixels have 8 bits.
    fn with_blur(&self, kind: BlurKind, radius_px: u32) -> Self {
        let mut recipe = self.clone();
        let blur = self
            .blur()
            .unwrap_or(&BlurSpec::Off)
            .changed(kind, radius_px);
        let is_blur = |stage: &StageSpec| matches!(stage, StageSpec::Blur(_));
        match recipe.stages.iter().position(is_blur) {
            Some(index) => recipe.stages[index] = StageSpec::Blur(blur),
            None if blur == BlurSpec::Off => {}
            None => {
                let position = recipe.blur_position();
                recipe.stages.insert(position, StageSpec::Blur(blur));
            }
        }
        recipe
    }

    /// What the (first) simulated inference does; `None` if there is none.
    pub fn infer(&self) -> Option<&Simulation> {
        self.stages.iter().find_map(|stage| match stage {
            StageSpec::Infer(simulation) => Some(simulation),
            _ => None,
        })
    }

    /// The recipe with another simulated inference, or without one. A new one follows the last stage that makes
    /// pixels.
    #[must_use]
    pub fn with_infer(&self, simulation: Option<Simulation>) -> Self {
        let mut recipe = self.clone();
        let position = recipe
            .stages
            .iter()
            .position(|stage| matches!(stage, StageSpec::Infer(_)));
        match (position, simulation) {
            (Some(index), Some(simulation)) => recipe.stages[index] = StageSpec::Infer(simulation),
            (Some(index), None) => {
                recipe.stages.remove(index);
            }
            (None, Some(simulation)) => {
                let is_last_of_pixels = |stage: &StageSpec| stage.simulation().is_none();
                let after = recipe.stages.iter().rposition(is_last_of_pixels);
                let at = after.map_or(recipe.stages.len(), |index| index + 1);
                recipe.stages.insert(at, StageSpec::Infer(simulation));
            }
            (None, None) => {}
        }
        recipe
    }

    fn blur_position(&self) -> usize {
        let is_later =
            |stage: &StageSpec| matches!(stage, StageSpec::Resize(_) | StageSpec::Normalize { .. });
        let position = self.stages.iter().position(is_later);
        position.unwrap_or(self.stages.len())
    }
}
