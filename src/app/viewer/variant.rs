//! The present recipe and a second one on the same frame: pictures, differences, cost.

use std::collections::VecDeque;
use std::sync::Arc;

use super::capture::{Beside, options};
use super::grid::tensor_colors;
use super::still::Still;
use super::tensor::levels;
use super::{FieldDifference, Look, TensorErrors, VariantView, raster};
use crate::app::{PictureMapping, RgbPicture, pictures};
use crate::frame::{Size, Tensor, TensorView};
use crate::kernel;
use crate::measure::{Quantile, Sample, SystemClock, ms_from_nanos};
use crate::pipeline::{
    Anchor, BlurKind, CompileOptions, Fit, Geometry, Letterbox, Normalization, Pipeline, Recipe,
    ResizeKernel, SideRounding, preset,
};

/// Service times of each side that are kept.
const RUNS_KEPT: usize = 99;

/// Runs of each side on a picture that stands still: enough for a median with its interval.
const RUNS_PAUSED: usize = 31;

/// The second recipe: a base with up to three things changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// A preset's name; `None` is the present recipe.
    pub preset: Option<String>,
    /// Another filter in the (last) resize.
    pub kernel: Option<ResizeKernel>,
    /// Another (first) blur.
    pub blur: Option<BlurChoice>,
    /// Another fit in the (last) resize.
    pub fit: Option<FitChoice>,
}

impl Default for Variant {
    /// The question that comes first: which bilinear?
    fn default() -> Self {
        Self {
            preset: None,
            kernel: Some(ResizeKernel::BilinearAntialias),
            blur: None,
            fit: None,
        }
    }
}

/// A kind of blur and its radius in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlurChoice {
    /// The kind.
    pub kind: BlurKind,
    /// Pixels on either side of the middle.
    pub radius_px: u32,
}

/// How a picture fits into another ratio of sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitChoice {
    /// Each axis is scaled on its own.
    Stretch,
    /// Padded around the middle.
    LetterboxCenter,
    /// Padded at the right and below.
    LetterboxTopLeft,
}

impl FitChoice {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Stretch, Self::LetterboxCenter, Self::LetterboxTopLeft];

    /// Its name on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stretch => "stretch",
            Self::LetterboxCenter => "letterbox, centred",
            Self::LetterboxTopLeft => "letterbox, top left",
        }
    }

    /// The fit; padding and rounding are those of the recipe where it has a letterbox.
    fn fit(self, present: Option<Fit>) -> Fit {
        let letterbox = match present {
            Some(Fit::Letterbox(letterbox)) => letterbox,
            _ => Letterbox {
                anchor: Anchor::Center,
                rounding: SideRounding::Round,
                pad: [114.0; 3],
                stride_px: None,
            },
        };
        let at = |anchor| {
            Fit::Letterbox(Letterbox {
                anchor,
                ..letterbox
            })
        };
        match self {
            Self::Stretch => Fit::Stretch,
            Self::LetterboxCenter => at(Anchor::Center),
            Self::LetterboxTopLeft => at(Anchor::TopLeft),
        }
    }
}

impl Variant {
    /// The second recipe, if the present one is this.
    pub(super) fn recipe(&self, present: &Recipe) -> Recipe {
        let base = self.preset.as_deref().and_then(preset);
        let mut recipe = base.map_or_else(|| present.clone(), |preset| preset.recipe.clone());
        if let Some(kernel) = self.kernel {
            recipe = recipe.with_resize_kernel(kernel);
        }
        if let Some(blur) = self.blur {
            recipe =
                recipe
                    .with_blur_kind(blur.kind)
                    .with_blur_radius(if blur.kind == BlurKind::Off {
                        0
                    } else {
                        blur.radius_px
                    });
        }
        if let Some(fit) = self.fit {
            recipe = recipe.with_resize_fit(fit.fit(recipe.resize_fit()));
        }
        recipe
    }
}

/// What is compared: changes when anything of it does.
#[derive(Clone, Debug, PartialEq)]
struct Question {
    recipe: u64,
    variant: Variant,
    size: Size,
}

/// Both pipelines, their last pictures and their times.
#[derive(Default)]
pub(super) struct Comparison {
    pipelines: [Beside; 2],
    question: Option<Question>,
    /// Counts questions: the version of the pipelines.
    asked: u64,
    times: [VecDeque<u64>; 2],
    still: Option<u64>,
    /// Changes with the pictures.
    pub(super) version: u64,
    pub(super) colors: [Option<Arc<RgbPicture>>; 2],
    /// B as it lies on the grid of A.
    b_on_a: Option<Arc<RgbPicture>>,
    pub(super) view: VariantView,
}

impl Comparison {
    /// Whether another run would tell something new about this still.
    pub(super) fn wants(&self, still: u64) -> bool {
        self.view.trouble.is_empty()
            && (self.still != Some(still) || self.times[0].len() < RUNS_PAUSED)
    }

    /// Whether the last comparison was made of the recipe of this version.
    pub(super) fn is_of(&self, recipe_version: u64) -> bool {
        let mut question = self.question.iter();
        question.any(|question| question.recipe == recipe_version)
    }

    /// Runs A and then B on the still, and compares what they made. `recipe_version` changes with `present` and with
    /// `stream_options`.
    pub(super) fn run(
        &mut self,
        still: &Still,
        variant: &Variant,
        (recipe_version, present): (u64, &Recipe),
        stream_options: &CompileOptions,
    ) {
        let question = Question {
            recipe: recipe_version,
            variant: variant.clone(),
            size: still.info().size,
        };
        let second = variant.recipe(present);
        if self.question.as_ref() != Some(&question) {
            self.question = Some(question);
            self.asked += 1;
            self.times = [VecDeque::new(), VecDeque::new()];
            self.still = None;
            self.view = VariantView {
                variant: variant.clone(),
                differences: differences(present, &second),
                ..VariantView::default()
            };
        }
        let options = options(stream_options, stream_options.execution);
        let recipes = [present.without_simulations(), second.without_simulations()];
        let mut tensors: [Option<Kept>; 2] = [None, None];
        let is_new = self.still != Some(still.version);
        for (side, recipe) in recipes.iter().enumerate() {
            match self.pipelines[side].of(self.asked, still.info(), recipe, &options) {
                Ok(pipeline) => {
                    let nanos: u64 = pipeline.process(&still.frame, &SystemClock).iter().sum();
                    let times = &mut self.times[side];
                    times.push_back(nanos);
                    if times.len() > RUNS_KEPT {
                        times.pop_front();
                    }
                    if is_new {
                        tensors[side] = Kept::of(pipeline);
                    }
                }
                Err(trouble) => {
                    self.still = Some(still.version);
                    self.view.trouble = trouble;
                    self.colors = [None, None];
                    self.b_on_a = None;
                    self.version += 1;
                    return;
                }
            }
        }
        if let [Some(a), Some(b)] = tensors {
            self.still = Some(still.version);
            self.view.source_frame = Some(still.frame.index);
            self.compare(&a, &b);
        }
        self.view.runs = self.times[0].len();
        self.view.median_ms = [0, 1].map(|side| {
            let sample = Sample::new(self.times[side].iter().copied());
            sample.quantile(Quantile::P50).map(ms_from_nanos)
        });
    }

    fn compare(&mut self, a: &Kept, b: &Kept) {
        let [first, second] = [a, b].map(|kept| {
            let mut colors = RgbPicture::default();
            tensor_colors(kept.tensor.view(), &kept.normalization, &mut colors);
            Arc::new(colors)
        });
        let sizes = [a.tensor.size(), b.tensor.size()];
        self.view.sizes = Some(sizes);
        self.view.errors = (sizes[0] == sizes[1])
            .then(|| errors(a.tensor.view(), b.tensor.view()))
            .flatten();
        if a.geometry == b.geometry {
            self.view.caption.clear();
            let (left, size) = levels(a.tensor.view(), &a.normalization, &a.geometry);
            let (right, _) = levels(b.tensor.view(), &b.normalization, &b.geometry);
            self.view.psnr_db = kernel::psnr_db(&left, &right);
            let (left, right) = (kernel::luma(&left, size), kernel::luma(&right, size));
            self.view.ssim = kernel::ssim(&left, &right, size);
            self.b_on_a = Some(Arc::clone(&second));
        } else {
            let (size, mapping) = (sizes[0], between(&b.geometry, &a.geometry));
            let moved = raster::onto_grid(&second.rgb, sizes[1], mapping, (&first.rgb, size));
            self.view.caption = format!(
                "B brought onto the {size} grid of A ({}), in levels of 8 bits",
                raster::filter_name(mapping.scale)
            );
            let [left, right] = [&first.rgb, &moved].map(|rgb| planes(rgb));
            self.view.psnr_db = kernel::psnr_db(&left, &right);
            let (left, right) = (kernel::luma(&left, size), kernel::luma(&right, size));
            self.view.ssim = kernel::ssim(&left, &right, size);
            self.b_on_a = Some(Arc::new(RgbPicture {
                size: Some(size),
                rgb: moved,
            }));
        }
        self.colors = [Some(first), Some(second)];
        self.version += 1;
    }

    /// B − A on the grid of A.
    pub(super) fn difference(&self, look: &Look) -> Option<RgbPicture> {
        let (a, b) = (self.colors[0].as_ref()?, self.b_on_a.as_ref()?);
        Some(RgbPicture {
            size: a.size,
            rgb: raster::difference(&a.rgb, &b.rgb, look.difference, look.gain, None),
        })
    }
}

/// What is kept of one side's run.
struct Kept {
    tensor: Tensor,
    geometry: Geometry,
    normalization: Normalization,
}

impl Kept {
    fn of(pipeline: &Pipeline) -> Option<Self> {
        let mut tensor = Tensor::zeroed(pipeline.tensor_size(), pipeline.tensor_form());
        tensor.copy_from(pipeline.tensor()?);
        Some(Self {
            tensor,
            geometry: pipeline.geometry(),
            normalization: pipeline.normalization(),
        })
    }
}

/// Where the pixels of one tensor are in another of the same frame.
fn between(from: &Geometry, to: &Geometry) -> PictureMapping {
    let (from, to) = (pictures::mapping(from), pictures::mapping(to));
    let scale = [0, 1].map(|axis| to.scale[axis] / from.scale[axis].max(1e-9));
    PictureMapping {
        scale,
        offset: [0, 1].map(|axis| to.offset[axis] - from.offset[axis] * scale[axis]),
    }
}

/// Interleaved RGB as planes of levels.
fn planes(rgb: &[u8]) -> Vec<f32> {
    (0..3)
        .flat_map(|channel| rgb[channel..].iter().step_by(3).copied().map(f32::from))
        .collect()
}

/// `|B − A|` of tensors of one size, channel by channel; `None` if no value is finite in both.
fn errors(a: TensorView<'_>, b: TensorView<'_>) -> Option<TensorErrors> {
    let mut not_finite = 0;
    let mut found: Vec<f32> = Vec::with_capacity(a.values.len());
    for channel in 0..Tensor::CHANNELS {
        for (a, b) in a.channel(channel).zip(b.channel(channel)) {
            let error = (b - a).abs();
            if error.is_finite() {
                found.push(error);
            } else {
                not_finite += 1;
            }
        }
    }
    let max = found.iter().copied().fold(0.0f32, f32::max);
    let mean = found.iter().copied().map(f64::from).sum::<f64>() / found.len().max(1) as f64;
    if found.is_empty() {
        return None;
    }
    let quantile = Quantile::P999;
    let p999 = (found.len() >= quantile.frames_needed()).then(|| {
        let rank = quantile.rank(found.len());
        let (_, value, _) = found.select_nth_unstable_by(rank - 1, f32::total_cmp);
        f64::from(*value)
    });
    Some(TensorErrors {
        max: f64::from(max),
        mean,
        p999,
        not_finite,
    })
}

fn differences(present: &Recipe, second: &Recipe) -> Vec<FieldDifference> {
    let absent = |value: Option<String>| value.unwrap_or_else(|| "absent".to_owned());
    present
        .differences(second)
        .into_iter()
        .map(|difference| FieldDifference {
            field: difference.field,
            a: absent(difference.first),
            b: absent(difference.second),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensor_errors_are_those_of_the_values() {
        let size = Size::new(2, 1);
        let a = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let b = [0.5, 1.0, 2.0, 1.0, 4.0, f32::NAN];
        let found = errors(TensorView::planes(size, &a), TensorView::planes(size, &b));
        let found = found.expect("finite values");
        assert_eq!((found.max, found.mean, found.not_finite), (2.0, 0.5, 1));
        assert_eq!(found.p999, None);
    }

    #[test]
    fn a_variant_changes_what_it_names() {
        let present = &preset("yolov8").expect("a preset").recipe;
        assert_eq!(
            Variant {
                kernel: None,
                ..Variant::default()
            }
            .recipe(present),
            *present
        );
        let variant = Variant {
            kernel: Some(ResizeKernel::Area),
            blur: Some(BlurChoice {
                kind: BlurKind::Box,
                radius_px: 2,
            }),
            fit: Some(FitChoice::Stretch),
            ..Variant::default()
        };
        let fields: Vec<String> = differences(present, &variant.recipe(present))
            .into_iter()
            .map(|difference| difference.field)
            .collect();
        assert!(fields.contains(&"resize.kernel".to_owned()), "{fields:?}");
        assert!(fields.contains(&"blur".to_owned()), "{fields:?}");
        assert!(
            fields.iter().any(|field| field.starts_with("resize.fit")),
            "{fields:?}"
        );
    }
}
